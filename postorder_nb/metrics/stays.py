"""How long records stay in each state: the lines of their histories, tallied on any engine."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..enums import ReturnState
from . import periods, spells
from .grouping import NOT_GIVEN, Derived, Grouping, Source

STILL = "(still there)"
"""What stands for the next state of a record that has not left its state."""

NEEDED = ("record", "record_id", "seq", "at", "activity", "from_state", "to_state")
_PROSE = ("inquiry", "case")
_COLUMNS = ["record", "from_state", "to_state", "minutes", "n"]
_NO_MINUTES = -1
_MINUTE = 60_000_000  # microseconds
_BITS = 32  # for minutes
Integers = NDArray[np.integer[Any]]


def tally(source: Source, now: datetime) -> pd.DataFrame:
    """Tally stays: record, from_state, to_state, minutes (missing at the first move), n."""
    lines = source.over(source.frame.select(*NEEDED))
    past = (nw.col("at") <= nw.lit(now)).fill_null(value=False) & ~nw.col("record_id").is_null()
    engine = lines.frame.implementation
    if engine.is_duckdb() or engine.is_spark_like():
        counts = _on_engine(lines, past, now)
    else:
        counts = _in_memory(lines.frame.collect("pandas").to_native(), now)
    types = dict.fromkeys(_COLUMNS[:3], "string") | {"minutes": "float64", "n": "int64"}
    return counts[_COLUMNS].astype(types)


def _on_engine(lines: Source, past: nw.Expr, now: datetime) -> pd.DataFrame:
    """Look at each record's neighbouring lines where they lie."""
    moves, parts = _moves(lines), []
    for name in sorted(lines.texts("record")):
        own = past & lines.among("record", [name])
        if name in _PROSE:
            found = _of_prose(lines.over(lines.frame.filter(own)))
        else:
            found = _of_states(lines.over(lines.frame.filter(own & moves)), now)
        parts += [part.assign(record=name) for part in found if len(part)]
    return pd.concat(parts or [pd.DataFrame(columns=_COLUMNS)], ignore_index=True)


def _of_states(lines: Source, now: datetime) -> list[pd.DataFrame]:
    """Tally the stays of one kind of record in the states that its lines, all moves, name."""
    moves = _beside(lines, since=("at", 1), next=("at", -1))
    moves = moves.over(moves.frame.with_columns(now=nw.lit(now)))
    for name, start, end in (("took", "since", "at"), ("so_far", "at", "now")):
        moves = spells.with_minutes(moves, name, start, end)
    kinds: Derived = {"from_state": "from_state", "to_state": "to_state"}
    kinds["minutes"] = nw.col("took")
    ended = moves.tally(Grouping(), kinds, where=~nw.col("from_state").is_null())
    last = nw.col("next").is_null() & ~moves.among("to_state", [ReturnState.CLOSED])
    kinds = {"from_state": "to_state", "minutes": nw.col("so_far")}
    going = moves.tally(Grouping(), kinds, where=last)
    return [ended, going.assign(to_state=STILL)]


def _of_prose(lines: Source) -> list[pd.DataFrame]:
    """Tally the steps from line to line of a kind of record whose lines name no states."""
    moves = _beside(lines, since=("at", 1), last=("activity", 1))
    moves = spells.with_minutes(moves, "took", "since", "at")
    kinds: Derived = {"from_state": "last", "to_state": "activity", "minutes": nw.col("took")}
    return [moves.tally(Grouping(), kinds, where=~nw.col("since").is_null())]


def _moves(lines: Source) -> nw.Expr:
    """Tell which lines change the state; states are looked up, for comparing texts costs more."""
    pairs = lines.tally(Grouping(), {"before": "from_state", "after": "to_state"})
    same = pairs.loc[pairs["before"].astype(str) == pairs["after"].astype(str), "before"]
    moved = ~nw.col("to_state").is_null()
    for state in same.astype(str):
        moved = moved & ~(lines.among("from_state", [state]) & lines.among("to_state", [state]))
    return moved


def _beside(lines: Source, **columns: tuple[str, int]) -> Source:
    """Put beside each line what a neighbouring line of the same record holds."""
    shifted = {
        name: nw.col(column).shift(by).over("record_id", order_by=["at", "seq"])
        for name, (column, by) in columns.items()
    }
    return lines.over(lines.frame.with_columns(**shifted))


def _in_memory(table: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Do the same in numpy: all lines in one order, and a look at the lines before and after."""
    kind, whose = pd.Categorical(table["record"]), _numbered(table["record_id"])
    names, (before, after, activity) = _coded(table)
    at, till = periods.microseconds(table["at"]), pd.Timestamp(now).value // 1000  # nanoseconds
    prose = np.isin(kind.codes, np.flatnonzero(kind.categories.isin(_PROSE)))
    kept = (whose >= 0) & (kind.codes >= 0) & table["at"].notna().to_numpy() & (at <= till)
    kept &= prose | ((after >= 0) & (before != after))
    whose = whose * len(kind.categories) + kind.codes
    place = np.flatnonzero(kept)
    place = place[_order(whose[place], at[place], table["seq"].to_numpy("float64")[place])]
    whose, at, prose = whose[place], at[place], prose[place]
    kinds, before, after, activity = (
        codes[place] for codes in (kind.codes, before, after, activity)
    )
    first = np.append(True, whose[1:] != whose[:-1])[: len(place)]
    last = np.append(first[1:], True)[: len(place)]
    took = np.where(first, _NO_MINUTES, (at - np.roll(at, 1)) // _MINUTE)
    ended = np.where(prose, ~first, before >= 0)
    going = last & ~prose & (after != names.index(ReturnState.CLOSED))
    since, to = np.where(prose, np.roll(activity, 1), before), np.where(prose, activity, after)
    so_far, still = (till - at) // _MINUTE, np.full(len(place), names.index(STILL))
    lines = [(kinds, since, to, took, ended), (kinds, after, still, so_far, going)]
    parts = ([some[which] for some in columns] for *columns, which in lines)
    return _counted([np.concatenate(both) for both in zip(*parts, strict=True)], kind, names)


def _numbered(keys: pd.Series[str]) -> Integers:
    """Give texts numbers, -1 to none; of a row of alike ones only the first is looked up."""
    new = (keys != keys.shift()).to_numpy(bool, na_value=True)
    numbers: Integers = pd.factorize(keys[new])[0][new.cumsum() - 1]
    return numbers


def _coded(table: pd.DataFrame) -> tuple[list[str], list[Integers]]:
    """Give the texts of states and activities numbers; -1 is none."""
    columns = [pd.Categorical(table[name]) for name in ("from_state", "to_state", "activity")]
    texts = [[str(text) for text in column.categories] for column in columns]
    names = list(dict.fromkeys([STILL, ReturnState.CLOSED.value, *chain(*texts)]))
    place = {name: number for number, name in enumerate(names)}
    codes = [
        np.array([*map(place.__getitem__, own), -1], dtype=np.int32)[column.codes]
        for own, column in zip(texts, columns, strict=True)
    ]
    return names, codes


def _order(whose: Integers, at: Integers, seq: NDArray[np.float64]) -> Integers | slice:
    """Sort lines by record and time, unless they lie so already, as tables mostly do."""
    same = whose[1:] == whose[:-1]
    later = (at[1:] > at[:-1]) | ((at[1:] == at[:-1]) & (seq[1:] >= seq[:-1]))
    together = len(whose) - same.sum() == len(pd.unique(whose))
    if together and (~same | later).all():
        return slice(None)
    return np.lexsort((seq, at, whose))


def _counted(columns: list[Integers], kind: pd.Categorical, names: list[str]) -> pd.DataFrame:
    """Count what is alike in kind, both states and minutes, packed into one number each."""
    kinds, since, to, minutes = (column.astype(np.int64) for column in columns)
    size = len(names) + 1
    states = (kinds * size + since + 1) * size + to + 1
    packed, n = np.unique((states << _BITS) + minutes + 1, return_counts=True)
    states, minutes = packed >> _BITS, (packed & ((1 << _BITS) - 1)) - 1
    labels = np.array([NOT_GIVEN, *names], dtype=object)
    return pd.DataFrame({
        "record": kind.categories.to_numpy(dtype=object)[states // size**2],
        "from_state": labels[states // size % size],
        "to_state": labels[states % size],
        "minutes": np.where(minutes == _NO_MINUTES, np.nan, minutes),
        "n": n,
    })  # fmt: skip
