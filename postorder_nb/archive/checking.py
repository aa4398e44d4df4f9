"""Whether an archive is whole: its files, its answers, its rows, and what eBay says there is."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .. import tables
from ..api.client import PostOrder
from ..errors import InputError
from ..fetch.search import SEARCHES, Members
from ..fetch.windows import earliest
from ..tables.records import RECORDS
from . import engines, frames, log, parsing, rebuilding, schema
from .observations import mark
from .planning import slices, uncovered
from .store import Store

# Pieces of each record table that are made anew, unless all are.
_SOME = 2


class Finding(NamedTuple):
    """Something that is wrong."""

    what: str
    table: str
    told: str
    seller: str | None = None
    record_id: str | None = None


def check(store: Store, po: PostOrder | None, *, whole: bool) -> pd.DataFrame:
    """Look for what is wrong; see `Archive.check`."""
    log.check_version(store)
    with store.lock("merge"), store.lock("compact"):  # what is read belongs together
        found = list(_local(store, whole=whole))
    if po is not None:
        found += _totals(store, po)
    return pd.DataFrame(found, columns=Finding._fields).astype("string")


def _local(store: Store, *, whole: bool) -> Iterator[Finding]:
    damaged = {}
    for name in schema.names():
        damaged[name] = store.damaged(name)
        for file in damaged[name]:
            yield Finding("damaged", name, f"{file} is missing or cannot be read")
    if damaged["observations"]:
        return  # the rest is judged by them
    yield from _altered(store)
    opened = engines.opener("duckdb", engines.connect(), store.options)
    for name in schema.VERSIONED:
        for there, more in ((name, []), (schema.versions(name), ["seen_from"])):
            if not damaged[there]:
                yield from _doubles(store, opened, there, [*schema.keys(name), *more])
    if log.is_outdated(store):
        yield Finding("outdated", "", "columns have changed since: archive.rebuild() fills them")
    elif not any(damaged.values()):
        yield from _unlike(store, whole=whole)


def _altered(store: Store) -> Iterator[Finding]:
    """Find answers that are not what was received; those that lost their person cannot be told."""
    columns = ["seller", "table", "record_id", "call", "hash", "body", "schema"]
    for batch in store.batches("observations", columns):
        kept = batch.filter(pc.and_(pc.greater(batch["schema"], 0), pc.is_valid(batch["body"])))
        for row in kept.to_pylist():
            if row["hash"] != (mark(row["body"]) if row["body"] else ""):
                told = f"the answer ({row['call']}) is not the one that was received"
                yield Finding("altered", row["table"], told, row["seller"], row["record_id"])


def _doubles(
    store: Store, opened: engines.Open, name: str, columns: list[str]
) -> Iterator[Finding]:
    """Find rows that are there twice: in a checkpoint, or at one moment of the past."""
    table = store.table(name)
    if table is None:
        return
    keys = ", ".join(f'"{column}"' for column in columns)
    rows = opened(store.files(table), schema.arrow(name))
    several = rows.aggregate(f"{keys}, count(*) AS n", keys).filter("n > 1")
    for row in several.to_arrow_table().to_pylist():
        told = f"{row['n']} rows of one key"
        yield Finding("double", name, told, row["seller"], row[schema.owner(name)[-1]])


def _unlike(store: Store, *, whole: bool) -> Iterator[Finding]:
    """Make rows anew from the answers, of all records or of some, and compare."""
    merged = store.reached(schema.versions("known"))
    pieces = rebuilding.pieces(store, merged)
    for table in tables.NAMES:
        some = [part for part in pieces if part[0] == table]
        if not whole and len(some) > _SOME:
            some = Random().sample(some, _SOME)
        for part in some:
            made = rebuilding.piece(store.path, store.options, part, merged)
            for name in (table, *tables.CHILD_NAMES):
                yield from _compared(store, name, part, made.get(name))


def _compared(
    store: Store, name: str, part: rebuilding.Piece, made: pa.Table | None
) -> Iterator[Finding]:
    table, first, last = part
    wanted = schema.arrow(name)
    key = schema.owner(name)[-1]
    filters = [(key, ">=", first), (key, "<=", last)]
    if name in tables.CHILD_NAMES:
        filters.append(("record", "==", RECORDS[table].singular))
    here = frames.current(store, name, wanted.names, filters).cast(wanted)
    due = wanted.empty_table() if made is None else frames.newest(made, name)
    if not (here.num_rows or due.num_rows):
        return
    ours, theirs = _keys(here, name), _keys(due, name)
    for rows, lacking, told in (
        (due, pc.invert(pc.is_in(theirs, value_set=ours)), "the row is missing"),
        (here, pc.invert(pc.is_in(ours, value_set=theirs)), "there is no answer for the row"),
    ):
        for row in rows.filter(lacking).select(["seller", key]).to_pylist():
            yield Finding("missing" if rows is due else "extra", name, told, *row.values())
    both = pc.index_in(theirs, value_set=ours)
    due, mine = due.filter(pc.is_valid(both)), here.take(both.drop_null())
    columns = [c for c in wanted.names if c not in dict(schema.STAMPS)]
    same = parsing.same(due.select(columns), mine.select(columns))
    for i in (~same).nonzero()[0]:
        wrong = [c for c in columns if due[c][i].as_py() != mine[c][i].as_py()]
        told = f"{', '.join(wrong)}: not as answered"
        yield Finding("differs", name, told, due["seller"][i].as_py(), due[key][i].as_py())


def _keys(rows: pa.Table, name: str) -> pa.Array:
    parts = [rows[column].cast(pa.string()) for column in schema.keys(name)]
    return pc.binary_join_element_wise(*parts, "\0").combine_chunks()


def _totals(store: Store, po: PostOrder) -> Iterator[Finding]:
    """Find spans, read to their ends, of which eBay has more records than the archive."""
    seller = log.seller_of(store, po.settings["account"])
    if seller is None:
        raise InputError(
            "no sync of this client is noted here", advice="sync first, or pass its own client"
        )
    first = earliest(po.now())
    for table, read in log.windows(store, seller).items():
        windows = [window for window, _ in read if window[1] > first]
        if not windows:
            continue
        span = (max(first, min(windows)[0]), max(until for _, until in windows))
        for covered in uncovered(span, uncovered(span, windows)):
            for since, until in slices(*covered):
                created = [("created_at", ">=", since), ("created_at", "<=", until)]
                where = [("seller", "==", seller), ("table", "==", table), *created]
                kept = frames.current(store, "known", ["record_id"], where).num_rows
                total = _total(po, table, (since, until))
                if total is not None and total > kept:
                    told = f"eBay has {total}, the archive {kept}, from {since:%F} to {until:%F}"
                    yield Finding("fewer", table, told, seller)


def _total(po: PostOrder, table: str, window: tuple[object, object]) -> int | None:
    search = SEARCHES[table]
    asked = {search.start: window[0], search.end: window[1], "limit": 1, "sort": search.order}
    if search.has_role:
        asked["role"] = po.settings["role"]
    _, total = Members(search, len).add(getattr(po, table).search(**asked))
    return total
