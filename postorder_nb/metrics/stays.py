"""How long records stay in each state: the lines of their histories, tallied on any engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from math import prod
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ..enums import ReturnState
from ..tables.moments import BESIDE, PROSE, beside
from . import bins, periods, spells
from .grouping import NOT_GIVEN, Grouping, Source

STILL = "(still there)"
"""What stands for the next state of a record that has not left its state."""

NEEDED = ("record", "record_id", "seq", "at", "activity", "from_state", "to_state")
_BESIDE = tuple(column.name for column in BESIDE)
_COLUMNS = ["record", "from_state", "to_state", "minutes", "n"]
# Where each kind of stay has what makes it: it was left, a stage without a state was, it goes on.
_LEFT = {"record": "record", "from_state": "from_state", "to_state": "to_state"}
_READ = {"record": "record", "from_state": "last_activity", "to_state": "activity"}
_GOING = {"record": "record", "from_state": "to_state"}
_MINUTE = 60_000_000  # microseconds
_BITS = 32  # for minutes
_OVER = ReturnState.CLOSED


def tally(source: Source, now: datetime) -> pd.DataFrame:
    """Tally stays: record, from_state, to_state, minutes (missing at the first move), n."""
    if not all(column in source for column in _BESIDE):
        source = _with_neighbours(source)
    engine = source.frame.implementation
    if engine.is_pandas() or engine.is_pyarrow():
        columns = dict.fromkeys((*NEEDED, *_BESIDE))
        counts = _in_memory(source.frame.select(*columns).collect().to_pandas(), now)
    else:
        counts = _on_engine(source, now)
    types = dict.fromkeys(_COLUMNS[:3], "string") | {"minutes": "float64", "n": "int64"}
    return counts[_COLUMNS].astype(types)


def _on_engine(source: Source, now: datetime) -> pd.DataFrame:
    """Count where the lines lie."""
    lines = source.over(source.frame.with_columns(now=nw.lit(now)))
    asked = _LEFT.values() if lines.frame.implementation.is_duckdb() else ["record"]
    held = _texts(lines, asked)
    wordy = sorted(set(PROSE).intersection(held["record"]))
    prose, over = lines.among("record", wordy), lines.among("to_state", [_OVER])
    # Where a gap makes a condition neither true nor false, engines leave the line out.
    past = nw.col("moved") & (nw.col("at") <= nw.lit(now))
    going_on = nw.col("until").is_null() | (nw.col("until") > nw.lit(now))
    held["record"] = [record for record in held["record"] if record not in wordy]
    found = _streamed(
        lines.frame.with_columns(still=going_on).filter(past & ~prose), held, now
    ) or [
        _tallied(lines, _LEFT, ("since", "at"), past & ~prose),
        _tallied(lines, _GOING, ("at", "now"), past & ~prose & going_on & ~over),
    ]
    left, going_ones = found
    # Which were left of no state, to ask of each line takes longer.
    counts = [left[left["from_state"] != NOT_GIVEN], going_ones.assign(to_state=STILL)]
    if wordy:
        # Asked by themselves: an engine passes over the parts of a file that hold none of them.
        read = lines.over(lines.frame.filter(nw.col("record").is_in(wordy)))
        counts.append(_tallied(read, _READ, ("since", "at"), past & ~nw.col("since").is_null()))
    return pd.concat(counts, ignore_index=True)


def _tallied(
    lines: Source, columns: Mapping[str, str], ends: tuple[str, str], where: nw.Expr
) -> pd.DataFrame:
    """Count the lines that are alike in these columns and in the minutes between two moments."""
    lines = spells.with_minutes(lines, "took", *ends)
    if not lines.frame.implementation.is_duckdb():
        return lines.tally(Grouping(), {**columns, "minutes": nw.col("took")}, where=where)
    # It counts one number in less time than texts.
    code, held = _code(columns, _texts(lines, columns.values()))
    packed = f"({code}) * {1 << _BITS} + greatest(took, -1) + 1 AS packed"
    relation: Any = lines.frame.to_native().project(f"*, {packed}")
    packs = lines.over(nw.from_native(relation).lazy())
    return _unpacked(packs.tally(Grouping(), {"packed": nw.col("packed")}, where=where), held)


def _streamed(
    lines: nw.LazyFrame[Any], held: Mapping[str, list[str]], now: datetime
) -> list[pd.DataFrame] | None:
    """
    Count what was left and what goes on, in one pass, as DuckDB reads the lines.

    None where only the engine's own count will do.
    """
    if not lines.implementation.is_duckdb():
        return None
    kinds = [{name: held[at] for name, at in kind.items()} for kind in (_LEFT, _GOING)]
    sizes = [prod(len(column) + 1 for column in kind.values()) for kind in kinds]
    if max(sizes) > bins.MOST_CODES:
        return None
    left, going = map(bins.Bins, sizes)
    till = np.datetime64(pd.Timestamp(now).tz_convert(None), "us")
    ended = 1 + held["to_state"].index(_OVER) if _OVER in held["to_state"] else 0
    # As little as can be: what is reckoned here takes DuckDB twice as long.
    columns = ["since", '"at"', "still", *(_place(column, some) for column, some in held.items())]
    read: Any = lines.to_native().project(", ".join(columns))
    for batch in pa.RecordBatchReader.from_stream(read):
        since, at, still, *found = (
            column.to_numpy(zero_copy_only=False) for column in batch.columns
        )
        place = dict(zip(held, found, strict=True))
        left.add(_codes(_LEFT, place, held), _minutes(at - since))
        # Few are: to take them by their places is quicker than by flags.
        on = np.flatnonzero(still & (place["to_state"] != ended))
        there = {column: places[on] for column, places in place.items()}
        going.add(_codes(_GOING, there, held), _minutes(till - at[on]))
    return [_worded(part.counts(), kind) for part, kind in zip((left, going), kinds, strict=True)]


def _codes(
    columns: Mapping[str, str],
    place: Mapping[str, NDArray[np.int32]],
    held: Mapping[str, list[str]],
) -> NDArray[np.int32]:
    """Make one number of the places of texts."""
    first, *others = columns.values()
    codes = place[first]
    for column in others:
        codes = codes * (len(held[column]) + 1) + place[column]
    return codes


def _minutes(apart: NDArray[np.timedelta64]) -> NDArray[np.int64]:
    """Return whole minutes, one too high; 0 for a gap."""
    minutes = apart.astype("timedelta64[us]", copy=False).view("int64")
    minutes //= _MINUTE
    np.maximum(minutes, -1, out=minutes)  # a gap is far below
    minutes += 1
    return minutes


def _code(
    columns: Mapping[str, str], texts: Mapping[str, list[str]]
) -> tuple[str, dict[str, list[str]]]:
    """Write in DuckDB's language one number for what the columns hold, and what they may hold."""
    held = {name: texts[column] for name, column in columns.items()}
    code = "0::BIGINT"
    for name, column in columns.items():
        code = f"({code}) * {len(held[name]) + 1} + {_place(column, held[name])}"
    return code, held


def _texts(lines: Source, columns: Collection[str]) -> dict[str, list[str]]:
    """Return the distinct texts of columns, `NOT_GIVEN` among them where there are gaps."""
    if lines.frame.implementation.is_duckdb():
        # In one pass: what an archive joins to each of them costs as much as the count.
        asked = ", ".join(f'list(DISTINCT "{column}"::VARCHAR)' for column in columns)
        relation: Any = lines.frame.to_native()
        [lists] = relation.aggregate(asked).fetchall()
        found = [{NOT_GIVEN if text is None else text for text in some or ()} for some in lists]
    else:
        found = [set(lines.tally(Grouping(), {"text": column})["text"]) for column in columns]
    return {column: sorted(texts) for column, texts in zip(columns, found, strict=True)}


def _place(column: str, texts: list[str]) -> str:
    """Write in DuckDB's language which of the texts, from 1, a column holds."""
    if len(texts) == 1:
        return "1"
    listed = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    place = f'list_position([{listed}]::VARCHAR[], "{column}"::VARCHAR)'
    gap = texts.index(NOT_GIVEN) + 1 if NOT_GIVEN in texts else None
    return f"coalesce({place}, {gap})" if gap else place


def _in_memory(table: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Do the same in numpy, which counts millions of lines in half the time."""

    @cache
    def column(name: str) -> pd.Categorical:
        return pd.Categorical(table[name])

    at, since, until = (periods.microseconds(table[name]) for name in ("at", "since", "until"))
    till = pd.Timestamp(now).value // 1000  # it counts nanoseconds
    known, ended = table["since"].notna().to_numpy(), table["until"].notna().to_numpy()
    prose, over = _among(column("record"), PROSE), _among(column("to_state"), [_OVER])
    past = table["moved"].to_numpy(bool, na_value=False) & (at <= till)

    def counted(
        columns: Mapping[str, str], minutes: NDArray[np.int64], which: NDArray[np.bool_]
    ) -> pd.DataFrame:
        codes = np.zeros(which.sum(), dtype=np.int64)
        for name in columns.values():
            codes = codes * (len(column(name).categories) + 1) + column(name).codes[which] + 1
        held = {name: list(column(source).categories) for name, source in columns.items()}
        return _worded(bins.counted(codes, minutes[which] + 1), held)

    took = np.where(known, (at - since) // _MINUTE, -1)
    left = counted(_LEFT, took, past & ~prose & (column("from_state").codes >= 0))
    going_on = ~(ended & (until <= till)) & ~over
    going = counted(_GOING, (till - at) // _MINUTE, past & ~prose & going_on)
    counts = [left, going.assign(to_state=STILL)]
    if prose.any():
        counts.append(counted(_READ, took, past & prose & known))
    return pd.concat(counts, ignore_index=True)


def _among(column: pd.Categorical, texts: Iterable[str]) -> NDArray[np.bool_]:
    """Tell which rows hold one of the texts."""
    told = np.append(column.categories.isin(list(texts)), False)  # the last one is that of a gap
    flags: NDArray[np.bool_] = told[column.codes]
    return flags


def _unpacked(counts: pd.DataFrame, held: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return the texts and minutes of which each number in `packed` was made."""
    packed = counts["packed"].to_numpy("int64")
    parts = {"code": packed >> _BITS, "minutes": packed & ((1 << _BITS) - 1)}
    return _worded(counts[["n"]].assign(**parts), held)


def _worded(counts: pd.DataFrame, held: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return the texts that a code stands for, and the minutes, which are held one too high."""
    codes, minutes = counts["code"].to_numpy(), counts["minutes"].to_numpy() - 1
    made = counts[["n"]].assign(minutes=np.where(minutes < 0, np.nan, minutes))
    for name in reversed(list(held)):
        codes, places = np.divmod(codes, len(held[name]) + 1)
        made[name] = np.array([NOT_GIVEN, *held[name]], dtype=object)[places]
    return made


def _with_neighbours(source: Source) -> Source:
    """Find the lines before and after in a history that does not tell of them, in memory."""
    table: Any = source.frame.select(*NEEDED).collect("pyarrow").to_native()
    found = {column.name: array for column, array in beside(table).items()}
    return source.over(nw.from_native(pa.table({**dict(_columns(table)), **found})).lazy())


def _columns(table: pa.Table) -> zip[tuple[str, pa.ChunkedArray]]:
    return zip(table.column_names, table.columns, strict=True)
