"""
Making all tables anew from the observations, as after a change of the columns.

The new versions are written beside the archive, piece by piece, each with its number: what was
cut off goes on where it was. Only when all are there do they take the old ones' place, one commit
a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from .. import tables
from ..errors import ArchiveError
from . import log, schema
from .compacting import compact
from .merging import catch_up
from .store import Store
from .versions import build

#: Records of one piece.
_PIECE = 5_000
_AHEAD = 8
Piece = tuple[str, str, str]


def rebuild(store: Store, executor: Executor | None = None) -> int:
    """Make all versions anew; return how many rows they have. See `Archive.rebuild`."""
    log.check_version(store)
    with store.lock("merge"), store.lock("observations"):
        target = unfinished(store) or _begin(store)
        staged = Store(f"{store.path}/rebuild/{target}", store.options)
        parts = pieces(store, target)
        with _pool(executor) as pool:
            _stage(store, staged, parts, target, pool)
        _drop_unreadable(store)
        rows = _swap(store, staged, target)
        log.note(store, "rebuild", datetime.now(UTC), {"target": target, "rows": rows})
        store.remove("rebuild")
    with store.lock("merge"):
        catch_up(store)
    compact(store, always=True)
    return rows


def finish(store: Store) -> None:
    """End a rebuild that was begun and cut off."""
    if unfinished(store):
        rebuild(store)


def unfinished(store: Store) -> int | None:
    """Return the last append that a rebuild covers which was begun and not finished, if any."""
    rows = store.read("log", ["at", "act", "columns", "told"])
    acts = sorted(
        (row for row in rows.to_pylist() if row["act"].startswith("rebuild")),
        key=lambda row: row["at"],
    )
    if not acts or acts[-1]["act"] == "rebuild" or acts[-1]["columns"] != schema.fingerprint():
        return None
    target: int = json.loads(acts[-1]["told"])["target"]
    return target


def _begin(store: Store) -> int:
    # A number of its own: newer than any version and any checkpoint.
    store.remove("rebuild")  # what an older release began and nobody ended
    target = store.reached("observations") + 1
    store.append("observations", schema.OBSERVATIONS.empty_table(), target)
    log.note(store, "rebuild begun", datetime.now(UTC), {"target": target})
    return target


def _drop_unreadable(store: Store) -> None:
    """Take tables away whose log is damaged, now that their rows are there anew."""
    for name in schema.VERSIONED:
        for there in (name, schema.versions(name)):
            try:
                store.table(there)
            except ArchiveError:
                store.remove(there)


@contextmanager
def _pool(executor: Executor | None) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    with ThreadPoolExecutor(2) as pool:
        yield pool


def pieces(store: Store, target: int) -> list[Piece]:
    """Cut all records that were observed into ranges of ids: table, first id, last id."""
    found = []
    for table in tables.NAMES:
        where = (ds.field("table") == table) & (ds.field("batch") <= target)
        ids: Any = pa.array([], pa.string())
        for batch in store.batches("observations", ["record_id"], where):
            ids = pc.unique(pa.concat_arrays([ids, batch["record_id"].unique()]))
        ordered = sorted(ids.to_pylist())
        for start in range(0, len(ordered), _PIECE):
            some = ordered[start : start + _PIECE]
            found.append((table, some[0], some[-1]))
    return found


def piece(
    path: str, options: dict[str, str] | None, part: Piece, target: int
) -> dict[str, pa.Table]:
    """Return the versions of some records; a function of the module, for other processes."""
    table, first, last = part
    where = (
        (ds.field("table") == table)
        & (ds.field("batch") <= target)
        & (ds.field("record_id") >= first)
        & (ds.field("record_id") <= last)
    )
    rows = Store(path, options).read("observations", where=where)
    marked = rows.append_column("merged", pa.repeat(pa.scalar(False), rows.num_rows))
    return build(table, marked, {}, target)


def _stage(store: Store, staged: Store, parts: list[Piece], target: int, pool: Executor) -> None:
    """Write what is not staged yet, in the order of the pieces, a few ahead at a time."""
    done = staged.reached(schema.versions("known"))
    numbered = list(enumerate(parts, start=1))[done:]
    rest = iter(numbered)

    def submit(n: int) -> list[tuple[int, Any]]:
        return [
            (number, pool.submit(piece, store.path, store.options, part, target))
            for number, part in islice(rest, n)
        ]

    waiting = submit(_AHEAD)
    while waiting:
        number, future = waiting.pop(0)
        made = future.result()
        waiting += submit(1)
        for name in schema.VERSIONED:  # the last one says that the piece is whole
            there = schema.versions(name)
            if (name in made or name == "known") and staged.reached(there) < number:
                staged.append(there, made.get(name, schema.arrow(name).empty_table()), number)


def _swap(store: Store, staged: Store, target: int) -> int:
    """Put the staged versions in the place of the old ones; return how many rows they have."""
    n = 0
    for name in schema.VERSIONED:
        there = schema.versions(name)
        table = staged.table(there)
        rows = 0 if table is None else table.count()
        n += rows
        if store.reached(there) < target and (rows or store.table(there) is not None):
            batches = staged.batches(there)
            reader = pa.RecordBatchReader.from_batches(schema.arrow(there), batches)
            store.overwrite(there, reader, target)
    return n
