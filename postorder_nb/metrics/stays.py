"""How long records stay in each state: the lines of their histories, tallied on any engine."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ..enums import ReturnState
from ..tables.moments import BESIDE, PROSE, beside
from . import periods, spells
from .grouping import NOT_GIVEN, Derived, Grouping, Source

STILL = "(still there)"
"""What stands for the next state of a record that has not left its state."""

NEEDED = ("record", "record_id", "seq", "at", "activity", "from_state", "to_state")
_BESIDE = tuple(column.name for column in BESIDE)
_NO_MINUTES = -1
_MINUTE = 60_000_000  # microseconds
_BITS = 32  # for minutes
Integers = NDArray[np.integer[Any]]
_COLUMNS = ["record", "from_state", "to_state", "minutes", "n"]


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
    """Count where the lines lie: of records with states, of those without, and what goes on."""
    lines = source.over(source.frame.with_columns(now=nw.lit(now)))
    for name, start, end in (("took", "since", "at"), ("so_far", "at", "now")):
        lines = spells.with_minutes(lines, name, start, end)
    moved = nw.col("moved").fill_null(value=False)
    past = moved & (nw.col("at") <= nw.lit(now)).fill_null(value=False)
    going_on = nw.col("until").is_null() | (nw.col("until") > nw.lit(now)).fill_null(value=False)
    prose, over = lines.among("record", PROSE), lines.among("to_state", [ReturnState.CLOSED])
    kinds: list[tuple[Derived, nw.Expr]] = [
        (
            {"from_state": "from_state", "to_state": "to_state", "minutes": nw.col("took")},
            ~prose & ~nw.col("from_state").is_null(),
        ),
        (
            {"from_state": "last_activity", "to_state": "activity", "minutes": nw.col("took")},
            prose & ~nw.col("since").is_null(),
        ),
        ({"from_state": "to_state", "minutes": nw.col("so_far")}, ~prose & going_on & ~over),
    ]
    *ended, going = (
        lines.tally(Grouping(), {"record": "record", **kind}, where=past & where)
        for kind, where in kinds
    )
    return pd.concat([*ended, going.assign(to_state=STILL)], ignore_index=True)


def _in_memory(table: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Do the same in numpy, which counts millions of lines in half the time."""
    kind, names = pd.Categorical(table["record"]), _names(table)
    before, after, activity, last = (
        _codes(table[name], names)
        for name in ("from_state", "to_state", "activity", "last_activity")
    )
    at, since, until = (periods.microseconds(table[name]) for name in ("at", "since", "until"))
    till = pd.Timestamp(now).value // 1000  # it counts nanoseconds
    known, left = ~table["since"].isna().to_numpy(), ~table["until"].isna().to_numpy()
    prose = np.isin(kind.codes, np.flatnonzero(kind.categories.isin(PROSE)))
    past = table["moved"].to_numpy(bool, na_value=False) & (at <= till)
    ended = past & np.where(prose, known, before >= 0)
    going = past & ~prose & ~(left & (until <= till)) & (after != names[ReturnState.CLOSED])
    took = np.where(known, (at - since) // _MINUTE, _NO_MINUTES)
    since_, to = np.where(prose, last, before), np.where(prose, activity, after)
    still = np.full(len(at), names[STILL])
    parts = [
        [column[which] for column in columns]
        for which, *columns in (
            (ended, kind.codes, since_, to, took),
            (going, kind.codes, after, still, (till - at) // _MINUTE),
        )
    ]
    return _counted([np.concatenate(both) for both in zip(*parts, strict=True)], kind, names)


def _names(table: pd.DataFrame) -> dict[str, int]:
    """Give each text that is a stage a number."""
    stages = ("from_state", "to_state", "activity", "last_activity")
    texts = (pd.Categorical(table[name]).categories for name in stages)
    told = dict.fromkeys([STILL, ReturnState.CLOSED.value, *map(str, chain(*texts))])
    return {name: number for number, name in enumerate(told)}


def _codes(column: pd.Series[Any], names: dict[str, int]) -> Integers:
    """Return the numbers of a column's texts, -1 for a gap."""
    told = pd.Categorical(column)
    numbers = np.array([*(names[str(text)] for text in told.categories), -1], dtype=np.int32)
    codes: Integers = numbers[told.codes]
    return codes


def _counted(columns: list[Integers], kind: pd.Categorical, names: dict[str, int]) -> pd.DataFrame:
    """Count what is alike in kind, both states and minutes, packed into one number each."""
    kinds, since, to, minutes = (column.astype(np.int64) for column in columns)
    size = len(names) + 1
    states = (kinds * size + since + 1) * size + to + 1
    counts = pd.Series((states << _BITS) + minutes + 1).value_counts(sort=False)
    packed = counts.index.to_numpy("int64")
    states, minutes = packed >> _BITS, (packed & ((1 << _BITS) - 1)) - 1
    labels = np.array([NOT_GIVEN, *names], dtype=object)
    return pd.DataFrame({
        "record": kind.categories.to_numpy(dtype=object)[states // size**2],
        "from_state": labels[states // size % size],
        "to_state": labels[states % size],
        "minutes": np.where(minutes == _NO_MINUTES, np.nan, minutes),
        "n": counts.to_numpy(),
    })  # fmt: skip


def _with_neighbours(source: Source) -> Source:
    """Find the lines before and after in a history that does not tell of them, in memory."""
    table: Any = source.frame.select(*NEEDED).collect("pyarrow").to_native()
    found = {column.name: array for column, array in beside(table).items()}
    return source.over(nw.from_native(pa.table({**dict(_columns(table)), **found})).lazy())


def _columns(table: pa.Table) -> zip[tuple[str, pa.ChunkedArray]]:
    return zip(table.column_names, table.columns, strict=True)
