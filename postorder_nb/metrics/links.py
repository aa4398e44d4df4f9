"""Rows of one table that belong to rows of another, found by the keys they share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw

from .grouping import Source, brought

Frame = nw.LazyFrame[Any]


def beside(frame: Frame, there: Frame, on: Sequence[str], columns: Sequence[str]) -> Frame:
    """
    Put `columns` of `there`, which has each key `on` once, beside the rows of that key.

    A pyarrow table comes back as a pandas one: Arrow joins neither all types nor in order.
    """
    if frame.implementation.is_pyarrow():
        frame, there = _in_pandas(frame), _in_pandas(there)
    frame = frame.drop(*columns, strict=False)
    if not frame.implementation.is_pandas():
        return frame.join(there.select(*on, *columns), on=list(on), how="left")
    # pandas would copy all columns of the frame, of which few are looked at.
    whole, few = frame.collect(), there.select(*on, *columns).collect()
    joined = whole.select(*on).join(few, on=list(on), how="left")
    return whole.with_columns(*(joined.get_column(name) for name in columns)).lazy()


def distinct(source: Source, keys: Sequence[str], where: nw.Expr | None = None) -> Frame:
    """
    Return the different keys of a table's rows, as text, in the columns ``link_0 ...``.

    Rows that lack one of the keys have none. `where` says which rows count.
    """
    named = _named(source, keys)
    told = reduce(and_, (~nw.col(name).is_null() for name in named))
    frame = source.frame.with_columns(**named, link=nw.lit(value=True) if where is None else where)
    frame = frame.select(*named, "link").filter(nw.col("link") & told)
    return frame.group_by(*named).agg(nw.len().alias("link"))


def marked(source: Source, keys: Sequence[str], there: Frame, name: str) -> Source:
    """
    Add the truth value `name`: whether the row's keys are among those of `there`.

    If the two are of different engines, both are brought into pandas.
    """
    frame = source.frame
    if frame.implementation is not there.implementation:
        frame, there = _in_pandas(frame), nw.from_native(brought(there)).lazy()
    named = _named(source.over(frame), keys)
    frame = beside(frame.with_columns(**named), there, list(named), ["link"])
    return source.over(frame.with_columns(**{name: ~nw.col("link").is_null()}).drop("link", *named))


def size(frame: Frame) -> int:
    """Return how many rows there are."""
    return int(frame.select(nw.len().alias("n")).collect("pyarrow").get_column("n").to_list()[0])


def _in_pandas(frame: Frame) -> Frame:
    """Bring a whole table into pandas, in which gaps make no float of a whole number."""
    kinds = frame.collect_schema().items()
    kept = {name: "Int64" for name, kind in kinds if kind.is_integer()}
    kept |= {name: "boolean" for name, kind in kinds if kind == nw.Boolean}
    return nw.from_native(brought(frame).astype(kept)).lazy()


def _named(source: Source, keys: Sequence[str]) -> dict[str, nw.Expr]:
    return {f"link_{i}": source.text(key) for i, key in enumerate(keys)}
