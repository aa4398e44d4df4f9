"""From the observations of some records to the versions of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .. import tables
from ..metrics import lives
from ..metrics.grouping import Source
from ..tables.differences import with_differences
from ..tables.records import RECORDS
from . import parsing, schema
from .timelines import Owner, Round, rounds

_SKEW = timedelta(minutes=5)  # by which this computer's clock and eBay's may differ
_DEADLINES = ("respond_by", "buyer_respond_by", "timeout_at", "expires_at")
Flags = npt.NDArray[np.bool_]


def build(
    table: str, observed: pa.Table, known: Mapping[Owner, Mapping[str, Any]], batch: int
) -> dict[str, pa.Table]:
    """
    Return the new versions of records, of their child rows, and of what is known of them.

    Parameters
    ----------
    table : str
        cancellations, inquiries, returns or cases.
    observed : pyarrow.Table
        Observations, whole, with `merged`: whether one is new, or says how a record stood.
    known : mapping
        What is known so far of records that have merged observations.
    batch : int
        The number of the merge.

    Returns
    -------
    dict of str to pyarrow.Table
        By table, with the schemas of `schema.arrow`.
    """
    sizes = pc.binary_length(observed["body"])
    life = rounds(
        observed.drop_columns(["body"]).append_column("size", sizes),
        {owner: dict(facts) for owner, facts in known.items()},
    )
    told = _Told(table, observed, life)
    rows = told.rows()
    is_new = np.array([one.is_new for one in life], dtype=bool)
    follows = np.array([False, *(a.owner == b.owner for a, b in pairwise(life))], dtype=bool)
    stands = np.array([one.summary >= 0 or one.detail >= 0 for one in life], dtype=bool)
    changed = is_new & stands & _differs(rows, follows)
    made = {table: _stamped(rows.filter(pa.array(changed)), table, _at(life, changed), batch)}
    moved = changed.copy()
    for name in tables.CHILD_NAMES:
        rows_there, places = told.children(name, is_new, follows)
        moved[places] = True
        if len(places):
            made[name] = _stamped(rows_there, name, None, batch)
    made["known"] = _known(table, life, rows, moved, told.news(rows, follows), batch=batch)
    return {name: part for name, part in made.items() if part.num_rows}


def _at(life: list[Round], which: Flags) -> pa.Array:
    return pa.array([life[i].seen for i in np.flatnonzero(which)], schema.MOMENT)


class _Told:
    """The typed rows of the answers that stand behind rounds."""

    def __init__(self, table: str, observed: pa.Table, life: list[Round]) -> None:
        self.table = table
        self.life = life
        summary = np.array([one.summary for one in life], dtype="int64")
        detail = np.array([one.detail for one in life], dtype="int64")
        self._summaries, self._summary = self._used(summary)
        self._details, self._detail = self._used(detail)
        some = observed.take(pa.array(self._summaries))
        self._search = parsing.summaries(
            table, some["body"].to_pylist(), some["dialect"].to_pylist()
        )
        some = observed.take(pa.array(self._details))
        self._read = parsing.details(table, some["body"].to_pylist())

    @staticmethod
    def _used(places: npt.NDArray[np.int64]) -> tuple[Any, Any]:
        """Return the observations in use, and for each round the place among them, or -1."""
        used = np.unique(places[places >= 0])
        return used, np.where(places >= 0, np.searchsorted(used, places), -1)

    def rows(self) -> pa.Table:
        """Return one row for each round: what its two answers say, the newer first."""
        search = self._search.take(_nullable(self._summary))
        read = self._read.rows.take(_nullable(self._detail))
        newer = pa.array([one.is_read for one in self.life], pa.bool_())
        # A return's own answer may hold its summary, too: then no older one fills its gaps.
        is_whole = pc.is_valid(read["state"]) if self.table == "returns" else pa.scalar(False)
        searched = _searched(self.table)
        columns = {"seller": pa.array([one.owner[0] for one in self.life], pa.string())}
        for name in read.column_names:
            columns[name] = read[name]
            if name in searched:
                ahead = pc.if_else(newer, read[name], search[name])
                behind = pc.if_else(newer, pc.if_else(is_whole, None, search[name]), read[name])
                columns[name] = pc.coalesce(ahead, behind)
        columns[tables.KEYS[self.table]] = pa.array(
            [one.owner[1] for one in self.life], pa.string()
        )
        return _with_differences(self.table, pa.table(columns))

    def news(self, rows: pa.Table, follows: Flags) -> Flags:
        """Tell of each round whether its summary says more than was known; the first always."""
        told = [one.is_new and one.known["detail_hash"] is not None for one in self.life]
        some = np.flatnonzero(np.array(told, dtype=bool) & follows & (self._summary >= 0))
        read_at = pa.array([self.life[i].known["detail_at"] for i in some], schema.MOMENT)
        found = np.ones(len(self.life), dtype=bool)
        summaries = self._search.take(pa.array(self._summary[some]))
        found[some] = tell_more(self.table, summaries, rows.take(pa.array(some - 1)), read_at)
        return found

    def children(self, name: str, is_new: Flags, follows: Flags) -> tuple[pa.Table, Any]:
        """Return the child rows that changed as sets, and the rounds they changed in."""
        held = self._read.children[name]
        if not held.rows.num_rows:
            return held.rows, np.empty(0, dtype="int64")
        none = len(held.counts) - 1
        now = np.where(self._detail >= 0, self._detail, none)
        before = np.where(follows, np.roll(now, 1), none)
        rounds_ = np.flatnonzero(is_new & (now != before))
        places = rounds_[held.differ(now[rounds_], before[rounds_])]
        rows, owners = held.of(now[places])
        emptied = places[held.counts[now[places]] == 0]
        parts = [self._owned(rows, places[owners]), self._owned(_nothing(rows, emptied), emptied)]
        return pa.concat_tables(parts), places

    def _owned(self, rows: pa.Table, places: Any) -> pa.Table:
        """Say whose child rows they are, and since when."""
        owners = [self.life[i].owner for i in places]
        moments = pa.array([self.life[i].seen for i in places], schema.MOMENT)
        at = rows.column_names.index("record_id")
        kind = pa.repeat(RECORDS[self.table].singular, len(owners))
        rows = rows.set_column(at, "record_id", pa.array([i for _, i in owners], pa.string()))
        rows = rows.set_column(rows.column_names.index("record"), "record", kind)
        rows = rows.add_column(0, "seller", pa.array([seller for seller, _ in owners], pa.string()))
        return rows.append_column("seen_from", moments)


def _nothing(rows: pa.Table, places: Any) -> pa.Table:
    """Return rows of nulls, one for each set that became empty."""
    return pa.table(
        [pa.nulls(len(places), field.type) for field in rows.schema], schema=rows.schema
    )


def _nullable(places: Any) -> pa.Array:
    return pa.array(places, pa.int64(), mask=places < 0)


def _with_differences(table: str, rows: pa.Table) -> pa.Table:
    """Reckon the columns that follow from others, now that those are complete."""
    record = RECORDS[table]
    stems = {stem for d in record.differences for stem in (d.of, d.less)}
    filled = {stem for stem in stems if rows[f"{stem}_amount"].null_count < rows.num_rows}
    if not any({d.of, d.less} <= filled for d in record.differences):
        return rows
    frame = rows.select([f"{s}_{part}" for s in sorted(stems) for part in ("amount", "currency")])
    held = frame.to_pandas()
    for name in held:
        if name.endswith("_currency"):
            held[name] = held[name].astype("category")
    made = with_differences(record, held)
    for difference in record.differences:
        for name, _ in difference.column.fields:
            told = pa.array(made[name], from_pandas=True).cast(schema.arrow(table).field(name).type)
            rows = rows.set_column(rows.column_names.index(name), name, told)
    return rows


def _differs(rows: pa.Table, follows: Flags) -> Flags:
    """Tell of each row whether it says something else than the one before, of the same record."""
    before = np.maximum(np.arange(rows.num_rows) - 1, 0)
    return ~follows | ~parsing.same(rows, rows.take(pa.array(before)))


def _stamped(rows: pa.Table, name: str, at: pa.Array | None, batch: int) -> pa.Table:
    if at is not None:
        rows = rows.append_column("seen_from", at)
    numbers = pa.array(np.full(rows.num_rows, batch, dtype="int64"))
    wanted = schema.arrow(name)
    return rows.append_column("batch", numbers).select(wanted.names).cast(wanted)


def _known(
    table: str, life: list[Round], rows: pa.Table, moved: Flags, news: Flags, *, batch: int
) -> pa.Table:
    """Return what is known of each record after its last round."""
    last = [i for i, one in enumerate(life) if i + 1 == len(life) or life[i + 1].owner != one.owner]
    since: dict[Owner, datetime] = {}
    for i in np.flatnonzero(moved):
        since[life[i].owner] = life[i].seen
    seen = pa.array([life[i].seen for i in last], schema.MOMENT)
    told = outlook(table, rows.take(pa.array(last, pa.int64())), seen)
    unread = _unread(life, news)
    facts = [
        {
            **one.known,
            "seller": one.owner[0],
            "table": table,
            "record_id": one.owner[1],
            "changed_at": since.get(one.owner, one.known["changed_at"]),
            "owed": unread[one.owner] or (is_open and not one.is_read),
            "seen_from": one.seen,
            "batch": batch,
        }
        for one, is_open in zip((life[i] for i in last), told["open"].to_pylist(), strict=True)
    ]
    held = pa.Table.from_pylist(facts, schema=schema.KNOWN)
    for name, values in told.items():
        at = held.schema.get_field_index(name)
        held = held.set_column(at, schema.KNOWN.field(name), values)
    return held


def _unread(life: list[Round], news: Flags) -> dict[Owner, bool]:
    """Tell of each record whether it has news that its details were not read since."""
    found: dict[Owner, bool] = {}
    for one, is_news in zip(life, news, strict=True):
        if one.is_read:
            found[one.owner] = False
        elif not one.is_new:
            found[one.owner] = one.known["owed"]
        else:
            found[one.owner] = found.get(one.owner, False) or bool(is_news)
    return found


def outlook(table: str, rows: pa.Table, seen: Any) -> dict[str, Any]:
    """Say what a sync orders its work by: open or not, urgent, the next deadline, the money."""
    source = Source(rows.select([name for name in rows.column_names if name != "seller"]))
    flags = source.frame.select(
        open=~lives.closed(source), handed=lives.escalated(source)
    ).to_native()
    is_open = flags["open"]
    urgent = is_open if table == "cases" else pc.and_(is_open, flags["handed"])
    due = pa.nulls(rows.num_rows, schema.MOMENT)
    for name in _DEADLINES:
        if name in rows.column_names:
            ahead = pc.if_else(pc.greater(rows[name], seen), rows[name], None)
            sooner = pc.or_kleene(pc.is_null(due), pc.less(ahead, due))
            due = pc.if_else(pc.and_kleene(pc.is_valid(ahead), sooner), ahead, due)
    worth = rows[f"{lives.EXPECTED[table]}_amount"]
    created = rows["created_at"]
    return {"open": is_open, "urgent": urgent, "due_at": due, "worth": worth, "created_at": created}


def tell_more(table: str, summaries: pa.Table, stand: pa.Table, read_at: pa.Array) -> Flags:
    """
    Tell of each summary whether it says anything that the record's row does not.

    Not that the record was modified, if its details were read after that.
    """
    names = sorted(_searched(table).intersection(summaries.column_names))
    before = {name: stand[name] for name in names}
    if (name := "modified_at") in before:
        told = summaries[name].cast(schema.MOMENT)
        is_old = pc.less_equal(pc.add(told, _SKEW), read_at)
        before[name] = pc.if_else(pc.fill_null(is_old, fill_value=False), told, before[name])
    now = {name: pc.coalesce(summaries[name], column) for name, column in before.items()}
    return ~parsing.same(pa.table(now), pa.table(before))


def _searched(table: str) -> set[str]:
    """Return the columns that a search fills."""
    return {name for column in RECORDS[table].search for name, _ in column.fields}
