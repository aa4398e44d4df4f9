"""
The rows of an archive's tables, now or at a past moment, on any engine.

On disk a table is two: its versions, to which every change appends the owner's new rows, and a
checkpoint, the rows that counted when it was last compacted. So a merge costs what it brings,
however large the archive is. What counts is by one rule, for all tables alike: of each owner the
rows of the newest ``seen_from``. A set of child rows that became empty is one row without ``seq``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow.parquet import filters_to_expression

from .. import clock, tables
from ..errors import InputError
from ..fetch.windows import When, moment
from . import engines, schema
from .store import Store

Filter = tuple[str, str, Any]
# Which rows of a checkpoint count: no column is called so.
_COUNTS = "counts?"
_NARWHALS = {
    pa.string(): nw.String(),
    pa.float64(): nw.Float64(),
    pa.int64(): nw.Int64(),
    pa.bool_(): nw.Boolean(),
    schema.MOMENT: nw.Datetime("us", "UTC"),
}
_OPS: dict[str, Callable[[nw.Expr, Any], nw.Expr]] = {
    "==": nw.Expr.__eq__,
    "!=": nw.Expr.__ne__,
    "<": nw.Expr.__lt__,
    "<=": nw.Expr.__le__,
    ">": nw.Expr.__gt__,
    ">=": nw.Expr.__ge__,
    "in": lambda column, values: column.is_in(values.to_pylist()),
    "not in": lambda column, values: ~column.is_in(values.to_pylist()),
}


def frame(
    store: Store,
    name: str,
    *,
    engine: str = "pandas",
    columns: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
    as_of: When | None = None,
    session: Any = None,
) -> Any:
    """Return a table on an engine; see `Archive.frame`."""
    check(name, columns)
    if engine == "pandas":
        if not filters and as_of is None:
            return _whole(store, name, columns)
        found = current(store, name, columns=columns, filters=filters, as_of=as_of)
        return tables.from_arrow(name, found)
    opened = engines.opener(engine, session, store.options)
    return nw.to_native(lazy(store, name, opened, columns=columns, filters=filters, as_of=as_of))


def lazy(
    store: Store,
    name: str,
    opened: engines.Open,
    *,
    columns: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
    as_of: When | None = None,
) -> nw.LazyFrame[Any]:
    """Return a table as a lazy frame of the engine that `opened` opens files with."""
    owner, checked = schema.owner(name), _filters(name, filters)
    wanted = _needed(name, columns, [column for column, _, _ in checked])

    def scan(table: Any, where: str | None = None) -> nw.LazyFrame[Any]:
        rows = opened(store.files(table, where), wanted)
        return _completed(nw.from_native(rows).lazy(), wanted)

    # In this order: a checkpoint or versions that come meanwhile hold more, but lack nothing.
    through, checkpoint = store.reached(name), store.table(name)
    versions = store.table(schema.versions(name))
    if as_of is not None:
        past = at(as_of)
        rows = scan(versions).filter(nw.col("seen_from") <= past)
        found = _newest(rows, _seen(rows, owner), owner)
    else:
        found = scan(checkpoint)
        fresh = f"batch > {through}"
        if store.files(versions, fresh):
            rows = scan(versions, fresh).filter(nw.col("batch") > through)
            seen = _seen(rows, owner)
            # By each owner once: by each of its rows, DuckDB takes seven times as long.
            others = found.join(seen.select(owner), on=owner, how="anti")
            found = nw.concat([others, _newest(rows, seen, owner)])
    for column, op, value in checked:
        found = found.filter(_OPS[op](nw.col(column), value))
    return found.select(list(columns or [c for c in wanted.names if c != "batch"]))


def _needed(name: str, columns: Sequence[str] | None, filtered: Sequence[str]) -> pa.Schema:
    """Return the columns to read: of those that nobody asked for, what tells rows apart."""
    whole = schema.arrow(name)
    if not columns:
        return whole
    needed = {*columns, *filtered, *schema.keys(name), *dict(schema.STAMPS)}
    return pa.schema([field for field in whole if field.name in needed])


def _seen(rows: nw.LazyFrame[Any], owner: list[str]) -> nw.LazyFrame[Any]:
    """Return when each owner was seen last."""
    return rows.group_by(owner).agg(nw.col("seen_from").max().alias("newest"))


def _newest(
    rows: nw.LazyFrame[Any], seen: nw.LazyFrame[Any], owner: list[str]
) -> nw.LazyFrame[Any]:
    joined = rows.join(seen, on=owner, how="inner")
    found = joined.filter(nw.col("seen_from") == nw.col("newest")).drop("newest")
    return found.filter(~nw.col("seq").is_null()) if "seq" in found.columns else found


def _completed(rows: nw.LazyFrame[Any], wanted: pa.Schema) -> nw.LazyFrame[Any]:
    """Give the columns their order; one that no file has is null."""
    here = set(rows.collect_schema())
    lacking = [field for field in wanted if field.name not in here]
    if lacking:
        nothing = {f.name: nw.lit(None).cast(_NARWHALS[f.type]) for f in lacking}
        rows = rows.with_columns(**nothing)
    return rows.select(wanted.names)


def current(
    store: Store,
    name: str,
    columns: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
    as_of: When | None = None,
) -> pa.Table:
    """Return a table as Arrow, enums as dictionaries or text; arguments as of `frame`."""
    wanted = _wanted(name, columns)
    where = _filters(name, filters)
    needed = _needed(name, columns, [column for column, _, _ in where]).names
    if as_of is not None:
        past = ds.field("seen_from") <= at(as_of)
        found = read(store, schema.versions(name), past, needed, where)
        return _where(newest(found, name), where).select(wanted)
    asked = filters_to_expression(where) if where else None
    left, newer = _newer(store, name, needed, where)
    if newer is None:
        return read(store, name, asked, wanted, where)
    newer = newer.select(wanted)
    if store.table(name) is None:
        return newer
    kept = read(store, name, left if asked is None else asked & left, wanted, where)
    return pa.concat_tables([kept, newer]) if kept.num_rows else newer


def _whole(store: Store, name: str, columns: Sequence[str] | None) -> pd.DataFrame:
    """Return a table in pandas as it is read, so that it is never in memory as Arrow too."""
    wanted = _wanted(name, columns)
    left, newer = _newer(store, name, _needed(name, columns, []).names, [])
    table = store.table(name)
    if table is None:
        found = read(store, name, columns=wanted) if newer is None else newer.select(wanted)
        return tables.from_arrow(name, found)
    later = [] if newer is None else newer.select(wanted).to_batches()
    asked = {column: ds.field(column) for column in wanted}
    if left is not None:
        asked[_COUNTS] = left
    with store.telling(name):
        data = _opened(store, name, table)
        rows = data.count_rows() + sum(map(len, later))

    def told(batch: pa.RecordBatch) -> tables.Batch:
        pieces = batch.columns
        return pieces, None if left is None else pieces.pop()

    def batches() -> Iterator[tables.Batch]:
        with store.telling(name):
            yield from map(told, _read_on(data, asked, ahead=store.local is None))
        yield from ((batch.columns, None) for batch in later)

    return tables.from_batches(name, wanted, batches(), rows)


def _read_on(data: Any, asked: dict[str, Any], *, ahead: bool) -> Iterator[pa.RecordBatch]:
    """Yield row group by row group; `ahead`, several are on their way, which takes more memory."""
    how = {"columns": asked, "memory_pool": tables.POOL}
    if ahead:
        yield from data.to_batches(**how)
        return
    for file in data.get_fragments():
        for group in file.split_by_row_group():
            yield from group.to_table(schema=data.schema, **how).to_batches()


def _wanted(name: str, columns: Sequence[str] | None) -> list[str]:
    return list(columns or [c for c in schema.arrow(name).names if c != "batch"])


def _newer(
    store: Store, name: str, needed: Sequence[str], where: Sequence[Filter]
) -> tuple[Any, pa.Table | None]:
    """Return what holds of the checkpoint's rows that still count, and the newer rows, if any."""
    through = store.reached(name)
    versions = schema.versions(name)
    if store.reached(versions) == through:
        return None, None
    fresh = last(read(store, versions, ds.field("batch") > through, needed, where), name)
    return _of_others(fresh, name), _where(_rows(fresh), where)


def _of_others(fresh: pa.Table, name: str) -> Any:
    """Return what holds of the rows of other owners; asked while reading, by all processors."""
    *groups, key = schema.owner(name)
    mine = ds.scalar(False)
    for group in (
        fresh.select(groups).unify_dictionaries().group_by(groups).aggregate([]).to_pylist()
    ):
        its = [ds.field(column) == value for column, value in group.items()]
        rows = fresh.filter(reduce(and_, its))
        mine |= reduce(and_, [*its, ds.field(key).isin(rows[key].unique())])
    return ~mine


def newest(rows: pa.Table, name: str) -> pa.Table:
    """Return the newest rows of each owner."""
    return _rows(last(rows, name))


def _rows(versions: pa.Table) -> pa.Table:
    """Leave out what stands for a child's set that became empty."""
    return (
        versions.filter(pc.is_valid(versions["seq"]))
        if "seq" in versions.column_names
        else versions
    )


def last(rows: pa.Table, name: str) -> pa.Table:
    """Return the newest version of each owner, as it is on disk."""
    told = owners(rows, name).combine_chunks().dictionary_encode()
    place = told.indices.to_numpy()
    seen = rows["seen_from"].cast(pa.int64()).to_numpy()
    newest_seen = np.full(len(told.dictionary), np.iinfo(np.int64).min)
    np.maximum.at(newest_seen, place, seen)
    return rows.filter(pa.array(seen == newest_seen[place]))


def owners(rows: pa.Table, name: str) -> pa.ChunkedArray:
    """Return whose each row is, as one text."""
    parts = [rows[column].cast(pa.string()) for column in schema.owner(name)]
    return pc.binary_join_element_wise(*parts, "\0")


def read(
    store: Store,
    name: str,
    where: Any = None,
    columns: Sequence[str] | None = None,
    asked: Sequence[Filter] = (),
) -> pa.Table:
    """
    Read rows of one table on disk.

    Its enums come as dictionaries, which is quicker and smaller; but those that are `asked` come
    as text, for Arrow compares dictionaries with hardly anything.
    """
    table = store.table(name)
    if table is None:
        whole = schema.arrow(name)
        return whole.empty_table().select(list(columns or whole.names))
    with store.telling(name):
        return _opened(store, name, table, asked).to_table(columns=columns, filter=where)


def _opened(store: Store, name: str, table: Any, asked: Sequence[Filter] = ()) -> Any:
    """Return a table on disk as a `pyarrow.dataset.Dataset`."""
    plain, words = name.removesuffix("_versions"), {column for column, _, _ in asked}
    enums = [e for e in tables.enums(plain) if e not in words] if plain in schema.ROWS else []
    options = ds.ParquetReadOptions(dictionary_columns=enums)
    return store.dataset(name, table, schema=schema.arrow(name), parquet_read_options=options)


def _where(rows: pa.Table, checked: Sequence[Filter]) -> pa.Table:
    return rows.filter(filters_to_expression(checked)) if checked else rows


def _filters(name: str, filters: Sequence[Filter]) -> list[Filter]:
    """Check filters, and read the moments among their values."""
    checked = []
    for column, op, value in map(_parts, filters):
        check(name, [column])
        kind = schema.arrow(name).field(column).type
        several = list(value) if op.endswith("in") else [value]
        if kind == schema.MOMENT:
            several = [at(one, column) for one in several]
        try:
            typed = pa.array(several, kind, from_pandas=True)  # also none, of a type of its own
        except (pa.ArrowException, TypeError):
            raise InputError(
                f"{column} cannot be compared with {value!r}", advice=f"its values are {kind}"
            ) from None
        if typed.null_count:
            raise InputError(
                f"{column} cannot be compared with what is missing",
                advice=f"ask archive.sql for rows WHERE {column} IS NULL",
            )
        checked.append((column, op, typed if op.endswith("in") else several[0]))
    return checked


def _parts(given: Any) -> Filter:
    """Return a filter that is one: a column, a comparison and what to compare with."""
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise InputError(
            f"{given!r} is no filter", advice='write filters=[("state", "==", "CLOSED"), ...]'
        )
    column, op, value = given
    if op not in _OPS:
        raise InputError(f"{op!r} is no comparison", advice=f"use {', '.join(_OPS)}")
    if op.endswith("in") and (isinstance(value, str) or not isinstance(value, Iterable)):
        raise InputError(
            f"{column} {op} {value!r} names no values", advice=f"write a list: [{value!r}]"
        )
    return column, op, value


def at(value: When, name: str = "as_of") -> datetime:
    """Read a moment."""
    return moment(value, now=clock.now(), name=name)


def check(name: str, columns: Sequence[str] | None = None) -> None:
    """Refuse a table or a column that is not there."""
    if name not in schema.VERSIONED:
        raise InputError(f"there is no table {name!r}", advice=f"use {', '.join(schema.ROWS)}")
    if isinstance(columns, str):
        raise InputError(f"columns={columns!r} is one text", advice=f"write [{columns!r}]")
    known = schema.arrow(name).names
    for column in columns or ():
        if column not in known:
            near = get_close_matches(str(column), known, n=3)
            raise InputError(
                f"{name} has no column {column!r}",
                advice=f"did you mean {' or '.join(near)}?"
                if near
                else f"it has {', '.join(known)}",
            )
