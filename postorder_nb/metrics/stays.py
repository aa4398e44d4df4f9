"""How long records stay in each state: the lines of their histories, tallied on any engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ..tables.moments import BESIDE, PROSE, beside
from . import bins, periods, spells, stream
from .grouping import NOT_GIVEN, Grouping, Source

STILL = "(still there)"
"""What stands for the next state of a record that has not left its state."""

NEEDED = ("record", "record_id", "seq", "at", "activity", "from_state", "to_state")
_BESIDE = tuple(column.name for column in BESIDE)
_COLUMNS = ["record", "from_state", "to_state", "minutes", "n"]
# Where a stage has what makes it, in a history that names no states.
_READ = {"record": "record", "from_state": "last_activity", "to_state": "activity"}
_BITS = 32  # for minutes


def tally(source: Source, as_of: Any) -> tuple[pd.DataFrame, datetime]:
    """
    Tally stays as they were at a moment, by default the latest that `source` tells of.

    Returns
    -------
    counts : pandas.DataFrame
        ``record, from_state, to_state, minutes`` (missing at the first move), ``n``.
    now : datetime
        The moment.
    """
    if not all(column in source for column in _BESIDE):
        source = _with_neighbours(source)
    engine = source.frame.implementation
    if engine.is_pandas() or engine.is_pyarrow():
        columns, now = dict.fromkeys((*NEEDED, *_BESIDE)), spells.moment(as_of, source)
        counts = _in_memory(source.frame.select(*columns).collect().to_pandas(), now)
    else:
        counts, now = _on_engine(source, as_of)
    types = dict.fromkeys(_COLUMNS[:3], "string") | {"minutes": "float64", "n": "int64"}
    return counts[_COLUMNS].astype(types), now


def _on_engine(source: Source, as_of: Any) -> tuple[pd.DataFrame, datetime]:
    """Count where the lines lie."""
    found = _streamed(source, as_of)
    now = spells.utc(found.now) if found and found.now else spells.moment(as_of, source)
    lines = source.over(source.frame.with_columns(now=nw.lit(now)))
    # Where a gap makes a condition neither true nor false, engines leave the line out.
    past = nw.col("moved") & (nw.col("at") <= nw.lit(now))
    if found is None:
        wordy = sorted(source.texts("record").intersection(PROSE))
        prose, over = lines.among("record", wordy), lines.among("to_state", [stream.OVER])
        going_on = nw.col("until").is_null() | (nw.col("until") > nw.lit(now))
        left = _tallied(lines, stream.LEFT, ("since", "at"), past & ~prose)
        going = past & ~prose & going_on & ~over
        going_ones = _tallied(lines, stream.GOING, ("at", "now"), going)
    else:
        wordy = sorted(set(PROSE).intersection(found.left["record"].unique()))
        left, going_ones = (rows[~rows["record"].isin(PROSE)] for rows in found[:2])
    # Which were left of no state, to ask of each line takes longer.
    counts = [left[left["from_state"] != NOT_GIVEN], going_ones.assign(to_state=STILL)]
    if wordy:
        # Asked by themselves: an engine passes over the parts of a file that hold none of them.
        read = lines.over(lines.frame.filter(nw.col("record").is_in(wordy)))
        counts.append(_tallied(read, _READ, ("since", "at"), past & ~nw.col("since").is_null()))
    return pd.concat(counts, ignore_index=True), now


def _streamed(source: Source, as_of: Any) -> stream.Moves | None:
    """Count as DuckDB reads; it tells the latest moment in passing, if no other column does."""
    if not source.frame.implementation.is_duckdb():
        return None
    now = spells.told(as_of, source)
    if now is None and spells.moments(source) != ["at"]:
        now = spells.moment(as_of, source)
    return stream.count(source, now)


def _tallied(
    lines: Source, columns: Mapping[str, str], ends: tuple[str, str], where: nw.Expr
) -> pd.DataFrame:
    """Count the lines that are alike in these columns and in the minutes between two moments."""
    lines = spells.with_minutes(lines, "took", *ends)
    if not lines.frame.implementation.is_duckdb():
        return lines.tally(Grouping(), {**columns, "minutes": nw.col("took")}, where=where)
    # It counts one number in less time than texts.
    held = stream.texts(lines, columns.values())
    packed = f"({stream.code(columns, held)}) * {1 << _BITS} + greatest(took, -1) + 1 AS packed"
    relation: Any = lines.frame.to_native().project(f"*, {packed}")
    packs = lines.over(nw.from_native(relation).lazy())
    counts = packs.tally(Grouping(), {"packed": nw.col("packed")}, where=where)
    numbers = counts["packed"].to_numpy("int64")
    parts = {"code": numbers >> _BITS, "minutes": numbers & ((1 << _BITS) - 1)}
    kind = {name: held[column] for name, column in columns.items()}
    return stream.worded(counts[["n"]].assign(**parts), kind)


def _in_memory(table: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Do the same in numpy, which counts millions of lines in half the time."""

    @cache
    def column(name: str) -> pd.Categorical:
        return pd.Categorical(table[name])

    at, since, until = (periods.microseconds(table[name]) for name in ("at", "since", "until"))
    till = pd.Timestamp(now).value // 1000  # it counts nanoseconds
    known, ended = table["since"].notna().to_numpy(), table["until"].notna().to_numpy()
    prose, over = _among(column("record"), PROSE), _among(column("to_state"), [stream.OVER])
    past = table["moved"].to_numpy(bool, na_value=False) & (at <= till)

    def counted(
        columns: Mapping[str, str], minutes: NDArray[np.int64], which: NDArray[np.bool_]
    ) -> pd.DataFrame:
        codes = np.zeros(which.sum(), dtype=np.int64)
        for name in columns.values():
            codes = codes * (len(column(name).categories) + 1) + column(name).codes[which] + 1
        held = {name: list(column(source).categories) for name, source in columns.items()}
        return stream.worded(bins.counted(codes, minutes[which] + 1), held)

    took = np.where(known, (at - since) // stream.MINUTE, -1)
    left = counted(stream.LEFT, took, past & ~prose & (column("from_state").codes >= 0))
    going_on = ~(ended & (until <= till)) & ~over
    going = counted(stream.GOING, (till - at) // stream.MINUTE, past & ~prose & going_on)
    counts = [left, going.assign(to_state=STILL)]
    if prose.any():
        counts.append(counted(_READ, took, past & prose & known))
    return pd.concat(counts, ignore_index=True)


def _among(column: pd.Categorical, texts: Iterable[str]) -> NDArray[np.bool_]:
    """Tell which rows hold one of the texts."""
    told = np.append(column.categories.isin(list(texts)), False)  # the last one is that of a gap
    flags: NDArray[np.bool_] = told[column.codes]
    return flags


def _with_neighbours(source: Source) -> Source:
    """Find the lines before and after in a history that does not tell of them, in memory."""
    table: Any = source.frame.select(*NEEDED).collect("pyarrow").to_native()
    found = {column.name: array for column, array in beside(table).items()}
    return source.over(nw.from_native(pa.table({**dict(_columns(table)), **found})).lazy())


def _columns(table: pa.Table) -> zip[tuple[str, pa.ChunkedArray]]:
    return zip(table.column_names, table.columns, strict=True)
