"""Rows of one table that belong to rows of another, found by the keys they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add, and_
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputError
from .grouping import Derived, Grouping, Source, brought

Frame = nw.LazyFrame[Any]
# What an order line and a record have in common, the surest first.
_KEYS = (("item_id", "transaction_id"), ("order_id", "item_id"), ("order_id",))
Kinds = Mapping[str, tuple[Source, nw.Expr | None]]


class Match:
    """
    Order lines, and which of them have records.

    Parameters
    ----------
    sold : Source
        The order lines.
    kinds : mapping of str to (Source, narwhals expression or None)
        Names of truth values, and of which records each says whether the line has one: those of
        a table that fulfil the condition.
    """

    def __init__(self, sold: Source, kinds: Kinds) -> None:
        if any(_engine(records) is not _engine(sold) for records, _ in kinds.values()):
            sold = sold.over(_in_pandas(sold.frame))
        self._names, self._in_memory, self._lost = tuple(kinds), _in_memory(sold), 0
        schema = sold.schema
        if not self._in_memory:
            sold = sold.over(sold.frame.with_columns(link_sold=nw.lit(value=True)))
        for name, (records, where) in kinds.items():
            keys = _shared(records, sold)
            if self._in_memory:
                theirs = _texts(records, keys, where)
                self._lost += pc.count_distinct(_without(theirs, _texts(sold, keys))).as_py()
                sold = _with_truth(sold, keys, theirs, name)
                continue
            # Also what is only in the records, so that one pass over both tells all.
            frame, own = _keyed(sold, keys)
            there, key = _distinct(records, keys, where, name)
            frame = frame.join(there, left_on=own, right_on=key, how="full").drop(*own, *key)
            sold = sold.over(frame.with_columns(**{name: ~nw.col(name).is_null()}))
        self.sold = sold
        self.sold.schema = {**sold.schema, **schema}  # a gap makes floats in Dask

    def tally(
        self,
        grouping: Grouping,
        derived: Derived | None = None,
        *,
        sums: Mapping[str, nw.Expr],
    ) -> tuple[pd.DataFrame, int]:
        """Tally the order lines; also say how many lines of records are not among them."""
        if self._in_memory:
            return self.sold.tally(grouping, derived, sums=sums), self._lost
        lost = reduce(add, (nw.col(name).cast(nw.Int64) for name in self._names))
        told = {**(derived or {}), "link_sold": ~nw.col("link_sold").is_null()}
        counts = self.sold.tally(grouping, told, sums={**sums, "link_lost": lost})
        here = counts["link_sold"].astype(bool)
        kept = counts[here].drop(columns=["link_sold", "link_lost"]).reset_index(drop=True)
        return kept, int(counts.loc[~here, "link_lost"].sum())


def beside(frame: Frame, there: Frame, key: str, columns: Sequence[str]) -> Frame:
    """Put moments of `there`, which has each key once, beside the rows of that key."""
    frame = frame.drop(*columns, strict=False)
    here = Source(frame)
    if not _in_memory(here):
        return frame.join(there.select(key, *columns), on=key, how="left")
    # A look-up of one column; a join would copy all the others, of which few are looked at.
    table, few = frame.collect().to_native(), there.collect().to_native()
    places = pc.index_in(
        _texts(here, [key]), value_set=_texts(Source(there), [key]), skip_nulls=True
    )
    if isinstance(table, pd.DataFrame):
        at = places.fill_null(-1).to_numpy()
        found = {name: few[name].array.take(at, allow_fill=True) for name in columns}
        return nw.from_native(table.assign(**found)).lazy()
    for name in columns:
        table = table.append_column(name, few[name].take(places))
    with_moments: Frame = nw.from_native(table).lazy()
    return with_moments


def marked(
    source: Source,
    keys: Sequence[str],
    there: Source,
    their_keys: Sequence[str],
    name: str,
    *,
    where: nw.Expr | None = None,
) -> Source:
    """
    Add the truth value `name`: whether the row's keys are among those of `there`.

    `where` says which rows of `there` count. If the two are of different engines, both are
    brought into pandas.
    """
    if _engine(source) is not _engine(there):
        source = source.over(_in_pandas(source.frame))
    if _in_memory(source):
        return _with_truth(source, keys, _texts(there, their_keys, where), name)
    frame, own = _keyed(source, keys)
    lines, key = _distinct(there, their_keys, where, name)
    frame = frame.join(lines, left_on=own, right_on=key, how="left")
    return source.over(frame.with_columns(**{name: ~nw.col(name).is_null()}).drop(*own))


def _shared(source: Source, sold: Source) -> tuple[str, ...]:
    for key in _KEYS:
        if all(column in table for column in key for table in (source, sold)):
            return key
    raise InputError(
        f"the orders and the table of {source.table} have no key in common",
        advice="give both item_id and transaction_id, or order_id",
    )


def _engine(source: Source) -> nw.Implementation:
    engine: nw.Implementation = source.frame.implementation
    return engine


def _in_memory(source: Source) -> bool:
    return _engine(source).is_pandas() or _engine(source).is_pyarrow()


def _texts(source: Source, keys: Sequence[str], where: nw.Expr | None = None) -> pa.ChunkedArray:
    """Return the keys as Arrow texts, several as one; null where one of them is missing."""
    named = {f"link_{i}": source.text(key) for i, key in enumerate(keys)}
    frame = source.frame.select(**named, link=nw.lit(value=True) if where is None else where)
    if where is not None:
        frame = frame.filter(nw.col("link"))
    table = frame.collect("pyarrow").to_native()
    columns = [table[name].cast(pa.large_string()) for name in named]
    if len(columns) == 1:
        return columns[0]
    return pc.binary_join_element_wise(*columns, pa.scalar("\0", pa.large_string()))


def _without(texts: pa.ChunkedArray, others: pa.ChunkedArray) -> pa.ChunkedArray:
    known = pc.or_kleene(pc.is_in(texts, value_set=others), pc.is_null(texts))
    return texts.filter(pc.invert(known))


def _with_truth(source: Source, keys: Sequence[str], there: pa.ChunkedArray, name: str) -> Source:
    """Add to a table in memory whether each row's keys are among those texts."""
    table = source.frame.collect().to_native()
    found = pc.is_in(_texts(source, keys), value_set=there, skip_nulls=True)
    if isinstance(table, pd.DataFrame):
        return source.over(nw.from_native(table.assign(**{name: found.to_numpy()})).lazy())
    return source.over(nw.from_native(table.append_column(name, found)).lazy())


def _keyed(source: Source, keys: Sequence[str], prefix: str = "link") -> tuple[Frame, list[str]]:
    """Add the keys as text, null where missing; return also the names of these columns."""
    names = [f"{prefix}_{i}" for i in range(len(keys))]
    texts = {name: source.text(key) for name, key in zip(names, keys, strict=True)}
    frame = source.frame.with_columns(**texts)
    if not frame.implementation.is_duckdb() or len(names) == 1:
        return frame, names
    # Two texts as one number of 64 bits: a join of ten million keeps within its memory, and
    # that any two of them have the same is less likely than one in 100,000.
    all_ = ", ".join(f'"{name}"' for name in names)
    whole = " AND ".join(f'"{name}" IS NOT NULL' for name in names)
    relation: Any = frame.to_native()
    made = relation.project(
        f"* EXCLUDE ({all_}), CASE WHEN {whole} THEN hash({all_}) END AS {prefix}"
    )
    return nw.from_native(made).lazy(), [prefix]


def _distinct(
    source: Source, keys: Sequence[str], where: nw.Expr | None, name: str
) -> tuple[Frame, list[str]]:
    """Return the different keys of a table's rows, with their number in the column `name`."""
    frame, named = _keyed(source, keys, "there")
    told = reduce(and_, (~nw.col(key).is_null() for key in named))
    frame = frame.with_columns(there_counts=told if where is None else told & where)
    frame = frame.select(*named, "there_counts").filter(nw.col("there_counts"))
    return frame.group_by(*named).agg(nw.len().alias(name)), named


def _in_pandas(frame: Frame) -> Frame:
    """Bring a whole table into pandas, in which gaps make no float of a whole number."""
    kinds = frame.collect_schema().items()
    kept = {name: "Int64" for name, kind in kinds if kind.is_integer()}
    kept |= {name: "boolean" for name, kind in kinds if kind == nw.Boolean}
    return nw.from_native(brought(frame).astype(kept)).lazy()
