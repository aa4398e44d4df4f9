"""
From observations to versions: what was answered since the last merge becomes rows.

Each merge covers the observations of some appends, from the last merge on, and writes to each
table once, in one commit that carries the number of the last append; `known_versions` comes last.
So a merge that was cut off is done again with the same observations, and tables that have its
number already are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from .. import tables
from ..tables.records import RECORDS
from . import schema
from .compacting import compact
from .frames import current
from .store import Store
from .timelines import TICK, Owner
from .versions import build

#: Appends that one merge covers at most: what it holds in memory is bounded by them.
STEP = 64
_AT_ONCE = 500
Known = Mapping[Owner, Mapping[str, Any]]


def merge(store: Store) -> int:
    """Merge all observations that are not merged yet; return the number of the last append."""
    with store.lock("merge"):
        reached = catch_up(store)
        for name in schema.names():
            store.tidy(name)
    compact(store)
    return reached


def catch_up(store: Store) -> int:
    """Merge as `merge` does, for a caller that holds the lock and compacts by itself."""
    while store.again(lambda: _merge(store)):
        pass
    return store.reached("known_versions")


def restate(store: Store, owners: Mapping[str, Iterable[Owner]]) -> None:
    """
    Make the versions of records anew from all that is kept of them; the caller holds the lock.

    Parameters
    ----------
    store : Store
        The archive's tables, merged to their ends.
    owners : mapping
        The records (seller, id), by table.
    """
    stood = _stood(store)
    number = store.reached("observations") + 1
    store.append("observations", schema.OBSERVATIONS.empty_table(), number)
    made: dict[str, list[pa.Table]] = {}
    for table, some in owners.items():
        known = _known(store, sorted({record_id for _, record_id in some}))[table]
        for part in _all_restated(store, table, set(some), known, number):
            _gather(made, part)
    _append(store, made, number, stood)


def _merge(store: Store) -> bool:
    """Do one merge; return whether there was anything to merge."""
    stood = _stood(store)
    start, newest = stood["known"], store.reached("observations")
    # What was cut off is finished as it was begun.
    begun = max(stood.values())
    end = begun if begun > start else min(newest, start + STEP)
    if end <= start:
        return False
    made: dict[str, list[pa.Table]] = {}
    some = (ds.field("batch") > start) & (ds.field("batch") <= end)
    for part in _versions(store, store.read("observations", where=some), end):
        _gather(made, part)
    _append(store, made, end, stood)
    return True


def _stood(store: Store) -> dict[str, int]:
    """Return the number that each table of versions has come to."""
    return {name: store.reached(schema.versions(name)) for name in schema.VERSIONED}


def _gather(made: dict[str, list[pa.Table]], part: Mapping[str, pa.Table]) -> None:
    for name, rows in part.items():
        made.setdefault(name, []).append(rows)


def _append(
    store: Store, made: Mapping[str, list[pa.Table]], number: int, stood: Mapping[str, int]
) -> None:
    """Append versions to the tables that had not got this number yet."""
    for name in schema.VERSIONED:  # the last one says that all is done
        if (name in made or name == "known") and stood[name] < number:
            rows = made.get(name, [schema.arrow(name).empty_table()])
            there = schema.versions(name)
            store.append(there, pa.concat_tables(rows), number, after=stood[name])


def _versions(store: Store, observed: pa.Table, end: int) -> Iterator[dict[str, pa.Table]]:
    """Yield the versions to append; the history of records that is told anew is replaced here."""
    known = _known(store, observed["record_id"].unique().to_pylist())
    seeds = _seeds(store, known)
    for table in tables.NAMES:
        fresh = observed.filter(pc.equal(observed["table"], table))
        late = _late(fresh, known[table])
        told = [_marked(fresh, False), _marked(seeds.filter(pc.equal(seeds["table"], table)), True)]
        some = of_owners(pa.concat_tables(told), partial(_is_not_in, late))
        if some.num_rows:
            yield build(table, some, known[table], end)
        yield from _all_restated(store, table, late, known[table], end)


def _is_not_in(late: set[Owner], owner: Owner) -> bool:
    return owner not in late


def _all_restated(
    store: Store, table: str, owners: set[Owner], known: Known, end: int
) -> Iterator[dict[str, pa.Table]]:
    every = sorted(owners)
    for start in range(0, len(every), _AT_ONCE):
        yield _restated(store, table, every[start : start + _AT_ONCE], known, end)


def _restated(
    store: Store, table: str, owners: list[Owner], known: Known, end: int
) -> dict[str, pa.Table]:
    """Replace versions of records by those that all their answers make; return what is known."""
    ids = [record_id for _, record_id in owners]
    where = (ds.field("table") == table) & (ds.field("batch") <= end)
    every = store.read("observations", where=where & ds.field("record_id").isin(ids))
    made = build(table, _marked(of_owners(every, set(owners).__contains__), False), {}, end)
    told: dict[str, pa.Table] = {}
    for name in (table, *tables.CHILD_NAMES):
        there = schema.versions(name)
        if name not in made and not any(holds(store, one, table, ids) for one in (there, name)):
            continue  # a commit less: most records have rows in few of the tables
        # Nothing is left to append, but that the table has come to this number.
        told[name] = schema.arrow(name).empty_table()
        store.replace(there, made.get(name, told[name]), condition(name, table, owners))
    facts = made["known"].to_pylist() if "known" in made else []
    for row in facts:  # it is the newest, whenever its last answer was seen
        before = known.get((row["seller"], row["record_id"]))
        row["seen_from"] = max(
            row["seen_from"], before["seen_from"] + TICK if before else row["seen_from"]
        )
    return {**told, "known": pa.Table.from_pylist(facts, schema=schema.KNOWN)}


def _marked(rows: pa.Table, merged: bool) -> pa.Table:
    return rows.append_column("merged", pa.repeat(pa.scalar(merged), rows.num_rows))


def of_owners(rows: pa.Table, holds: Callable[[Owner], bool]) -> pa.Table:
    """Return the rows of the owners that `holds` is true for."""
    sellers, ids = rows["seller"].to_pylist(), rows["record_id"].to_pylist()
    return rows.filter(pa.array(map(holds, zip(sellers, ids, strict=True)), pa.bool_()))


def _known(store: Store, ids: list[str]) -> dict[str, Known]:
    """Return what is known of records of some numbers, by table, then by seller and id."""
    found: dict[str, dict[Owner, dict[str, Any]]] = {name: {} for name in tables.NAMES}
    for facts in current(store, "known", filters=[("record_id", "in", ids)]).to_pylist():
        found[facts["table"]][facts["seller"], facts["record_id"]] = facts
    return dict(found)


def _late(fresh: pa.Table, known: Known) -> set[Owner]:
    """Return the records of which an answer came that is older than one merged before."""
    late: set[Owner] = set()
    columns = [fresh[name].to_pylist() for name in ("seller", "record_id", "seen_at")]
    for seller, record_id, seen_at in zip(*columns, strict=True):
        facts = known.get((seller, record_id))
        if facts is not None and seen_at < _latest(facts):
            late.add((seller, record_id))
    return late


def _latest(facts: Mapping[str, Any]) -> datetime:
    told = [facts[name] for name in ("summary_at", "detail_at", "gone_at")]
    latest: datetime = max(moment for moment in told if moment is not None)
    return latest


def _seeds(store: Store, known: Mapping[str, Known]) -> pa.Table:
    """Return the answers that say how records stood before this merge."""
    wanted = {
        (table, *owner, call, facts[f"{stem}_batch"])
        for table, some in known.items()
        for owner, facts in some.items()
        for call, stem in (("search", "summary"), ("get", "detail"))
        if facts[f"{stem}_batch"] is not None
    }
    if not wanted:
        return schema.OBSERVATIONS.empty_table()
    numbers = sorted({number for *_, number in wanted})
    ids = sorted({record_id for _, _, record_id, _, _ in wanted})
    where = (
        (ds.field("batch") >= numbers[0])
        & (ds.field("batch") <= numbers[-1])
        & ds.field("batch").isin(numbers)
        & ds.field("record_id").isin(ids)
        & (pc.binary_length(ds.field("body")) > 0)
    )
    rows = store.read("observations", where=where)
    names = ("table", "seller", "record_id", "call", "batch")
    columns = [rows[name].to_pylist() for name in names]
    return rows.filter(pa.array([key in wanted for key in zip(*columns, strict=True)], pa.bool_()))


def holds(store: Store, name: str, table: str, ids: Iterable[str]) -> bool:
    """Tell whether a table on disk has rows of records of one table, whoever their seller is."""
    *groups, key = schema.owner(name)
    where = ds.field(key).isin(sorted(ids))
    if "record" in groups:
        where &= ds.field("record") == RECORDS[table].singular
    elif "table" in groups:
        where &= ds.field("table") == table
    return bool(store.read(name, [key], where).num_rows)


def condition(name: str, table: str, owners: Iterable[Owner]) -> str:
    """Return the SQL condition for the rows, in any table, of records of one table."""
    ids: dict[str, list[str]] = {}
    for seller, record_id in owners:
        ids.setdefault(seller, []).append(_quoted(record_id))
    head, column = "", "record_id"
    if name in tables.NAMES:
        column = tables.KEYS[table]
    elif name in tables.CHILD_NAMES:
        head = f"record = {_quoted(RECORDS[table].singular)} AND "
    else:
        head = f'"table" = {_quoted(table)} AND '
    return " OR ".join(
        f"({head}seller = {_quoted(seller)} AND {column} IN ({', '.join(some)}))"
        for seller, some in ids.items()
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
