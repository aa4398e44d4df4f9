"""From kept answers to typed rows: one per answer, and the child rows of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .. import tables
from ..fetch.search import SEARCHES
from . import schema

_PAGE = 200
_ADDED = frozenset({"seller", *(name for name, _ in schema.STAMPS)})
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def summaries(table: str, bodies: list[bytes], dialects: list[str]) -> pa.Table:
    """Return one row for each member of a search, in their order; details' columns are null."""
    order = sorted(range(len(bodies)), key=dialects.__getitem__)
    pages = []
    for start in range(0, len(order), _PAGE):
        for dialect in sorted(set(dialects)):
            some = [bodies[i] for i in order[start : start + _PAGE] if dialects[i] == dialect]
            if some:
                pages.append(_page(table, some, dialect))
    builder = tables.Builder(table)
    builder.add_raw(pages)
    back = np.empty(len(order), dtype="int64")
    back[order] = np.arange(len(order))
    return _typed(builder.arrow(), table).take(pa.array(back))


def _page(table: str, members: list[bytes], dialect: str) -> bytes:
    """Put members into a page, as the tables read them; 2014 is known by its paging."""
    end = b"]" if dialect == "v2" else b'],"paginationOutput":{"pageNumber":1}'
    return b'{"%b":[%b%b}' % (SEARCHES[table].members.encode(), b",".join(members), end)


@dataclass
class Children:
    """
    The child rows of many answers: sorted by answer, those of each in one run.

    One answer more than there are, without rows, stands for "none read yet".
    """

    rows: pa.Table
    starts: Places
    counts: Places

    def of(self, answers: Places) -> tuple[pa.Table, Places]:
        """Return the rows of some answers, and for each row the place in `answers`."""
        counts = self.counts[answers]
        owners = np.repeat(np.arange(len(answers)), counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.rows.take(pa.array(self.starts[answers][owners] + within)), owners

    def differ(self, some: Places, others: Places) -> Flags:
        """Tell of each pair of answers whether their child rows differ."""
        differ: Flags = self.counts[some] != self.counts[others]
        pairs = np.flatnonzero(~differ & (some != others))
        ours, owners = self.of(some[pairs])
        theirs, _ = self.of(others[pairs])
        differ[pairs[owners[~same(ours, theirs)]]] = True
        return differ


@dataclass
class Details:
    """Detail answers as rows, in their order, and their child rows by table."""

    rows: pa.Table
    children: dict[str, Children]


def details(table: str, bodies: list[bytes]) -> Details:
    """Return one row for each detail answer, in their order, and the child rows."""
    return _details(table, bodies) if bodies else _no_details(table)


@cache
def _no_details(table: str) -> Details:
    """Return what no answers make: after many a search there is nothing else to merge."""
    return _details(table, [])


def _details(table: str, bodies: list[bytes]) -> Details:
    builder = tables.DetailsBuilder(table, own_ids=False)
    for place, body in enumerate(bodies):
        builder.add(body, str(place))
    made = builder.arrow()
    return Details(
        _typed(made[table], table),
        {name: _children(made[name], name, len(bodies)) for name in tables.CHILD_NAMES},
    )


def _children(made: pa.Table, name: str, answers: int) -> Children:
    places = made["record_id"].cast(pa.int64()).to_numpy()
    counts = np.bincount(places, minlength=answers + 1)
    starts = np.cumsum(counts) - counts
    rows = _typed(made, name)
    nobody = pa.nulls(made.num_rows, pa.string())  # whose they are is said by their round
    return Children(
        rows.set_column(rows.column_names.index("record_id"), "record_id", nobody), starts, counts
    )


def _typed(made: pa.Table, name: str) -> pa.Table:
    """Return rows with the columns of an archive's table, less the stamps; null what they lack."""
    fields = [field for field in schema.arrow(name) if field.name not in _ADDED]
    here = set(made.column_names)
    arrays = [
        made[field.name].cast(field.type).combine_chunks()
        if field.name in here
        else pa.nulls(made.num_rows, field.type)
        for field in fields
    ]
    return pa.table(arrays, schema=pa.schema(fields))


def same(rows: pa.Table, others: pa.Table) -> Flags:
    """Tell of each row whether it says the same as its counterpart; null is equal to null."""
    equal = np.ones(rows.num_rows, dtype=bool)
    for one, other in zip(rows.columns, others.columns, strict=True):
        if one.equals(other):
            continue  # most columns are, without a look at each row
        told = pc.fill_null(pc.equal(one, other), fill_value=False)
        told = pc.or_(told, pc.and_(pc.is_null(one), pc.is_null(other)))
        equal &= told.to_numpy()
    return equal
