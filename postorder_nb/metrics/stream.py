"""Moves from state to state, counted in one pass as DuckDB reads the lines of a history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from math import prod
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..enums import CancelState, ReturnState
from ..tables.moments import PROSE
from . import bins
from .grouping import NOT_GIVEN, Source

LEFT = {"record": "record", "from_state": "from_state", "to_state": "to_state"}
"""Where a stay that was left has what makes it."""

GOING = {"record": "record", "from_state": "to_state"}
"""Where a stay that goes on has it."""

OVER = ReturnState.CLOSED
"""No stay."""

_STATES = [NOT_GIVEN, *map(str, ReturnState), *map(str, CancelState)]
_NAMED = {"record": ["return", "cancellation", *PROSE], "from_state": _STATES, "to_state": _STATES}
_SOME = 20_000  # lines that tell what most lines hold
MINUTE = 60_000_000  # microseconds
_MOST_CODES = 1 << 20  # that could occur; how many do, `bins.MOST_CODES` limits
Held = Mapping[str, list[str]]


class Moves(NamedTuple):
    """What was counted: record, from_state, to_state (of stays that were left), minutes and n."""

    left: pd.DataFrame
    going: pd.DataFrame
    now: datetime | None
    """The moment asked for, or the latest of the lines; None without a line."""


def count(lines: Source, now: datetime | None) -> Moves | None:
    """
    Count what was left and what goes on, or went on at the moment `now`.

    What the columns hold is guessed first: to ask for it takes another pass, in which an archive
    joins its newer rows to the others once more.

    None where there are too many states, which only the engine's own count will do.
    """
    try:
        return _counted(lines, now, _guess(lines))
    except _Unlisted:
        return _counted(lines, now, texts(lines, list(LEFT)))


class _Unlisted(Exception):
    """Some line holds a text that was not looked for."""


def _counted(lines: Source, now: datetime | None, held: Held) -> Moves | None:
    """Count moves between the texts in `held`."""
    kinds = [{name: held[column] for name, column in kind.items()} for kind in (LEFT, GOING)]
    sizes = [prod(len(some) + 1 for some in kind.values()) for kind in kinds]
    if max(sizes) > _MOST_CODES:
        return None
    left, going = map(bins.Bins, sizes)
    latest: datetime | None = None
    last: list[tuple[NDArray[np.int32], NDArray[np.datetime64]]] = []
    for batch in _read(lines, now, held):
        if now is None:
            latest = max(filter(None, (latest, pc.max(batch["at"]).as_py())), default=None)
        since, at, moved, still, *found = (
            column.to_numpy(zero_copy_only=False) for column in batch.columns
        )
        place = dict(zip(LEFT, found, strict=True))
        if not place["record"].all():
            raise _Unlisted
        # So 0 is the code of what was no move.
        left.add(_codes(LEFT, place, held) * moved, minutes(at - since))
        if left.full:
            return None
        # Few are: to take them by their places is quicker than by flags.
        on = np.flatnonzero(moved & still & (place["to_state"] != _place(held["to_state"], OVER)))
        there = {column: places[on] for column, places in place.items()}
        last.append((_codes(GOING, there, held), at[on]))
    now = now or latest
    till = np.datetime64("NaT" if now is None else pd.Timestamp(now).tz_convert(None), "us")
    for codes, at in last:
        going.add(codes, minutes(till - at))
    moves = left.counts()
    moves = moves[moves["code"] > 0]
    if not all(places.all() for places in _places(moves, kinds[0]).values()):
        raise _Unlisted
    return Moves(worded(moves, kinds[0]), worded(going.counts(), kinds[1]), now)


def _read(lines: Source, now: datetime | None, held: Held) -> pa.RecordBatchReader:
    """Read when a line was written, what it ended and began, and which texts it holds."""
    moved, still = nw.col("moved").fill_null(value=False), nw.col("until").is_null()
    frame = lines.frame
    if now is not None:
        frame, still = frame.filter(nw.col("at") <= nw.lit(now)), still | (nw.col("until") > now)
    # As little as can be, for what is reckoned here takes DuckDB twice as long; and bytes, for
    # Arrow's bits are first taken apart.
    columns = ["since", '"at"', *(f"{flag}::UTINYINT" for flag in ("moved", "still"))]
    columns += [_find(column, held[column]) for column in LEFT]
    read: Any = frame.with_columns(moved=moved, still=still).to_native()
    return pa.RecordBatchReader.from_stream(read.project(", ".join(columns)))


def _guess(lines: Source) -> dict[str, list[str]]:
    """Name what the columns may hold, what is frequent first: it is looked for in that order."""
    some: Any = lines.frame.select(*LEFT).head(_SOME).collect("pyarrow").to_native()
    frequent = {at: Counter(some[at].to_pylist()).most_common() for at in LEFT}
    return {
        at: list(dict.fromkeys([*(text or NOT_GIVEN for text, _ in frequent[at]), *_NAMED[at]]))
        for at in LEFT
    }


def texts(lines: Source, columns: Collection[str]) -> dict[str, list[str]]:
    """Return the distinct texts of columns, `NOT_GIVEN` among them where there are gaps."""
    asked = ", ".join(f'list(DISTINCT "{column}"::VARCHAR)' for column in columns)
    relation: Any = lines.frame.to_native()
    [found] = relation.aggregate(asked).fetchall()
    return {
        column: sorted({NOT_GIVEN if text is None else text for text in some or ()})
        for column, some in zip(columns, found, strict=True)
    }


def code(columns: Mapping[str, str], held: Held) -> str:
    """Write in DuckDB's language one number for what the columns hold."""
    found = "0::BIGINT"
    for column in columns.values():
        found = f"({found}) * {len(held[column]) + 1} + {_find(column, held[column])}"
    return found


def _find(column: str, among: list[str]) -> str:
    """Write in DuckDB's language which of the texts, from 1, a column holds; 0 for none."""
    listed = ", ".join("'" + text.replace("'", "''") + "'" for text in among)
    place = f'list_position([{listed}]::VARCHAR[], "{column}"::VARCHAR)'
    gap = f'CASE WHEN "{column}" IS NULL THEN {_place(among, NOT_GIVEN)} ELSE 0 END'
    return f"coalesce({place}, {gap})"


def _place(among: list[str], text: str) -> int:
    return 1 + among.index(text) if text in among else 0


def _codes(
    columns: Mapping[str, str], place: Mapping[str, NDArray[np.int32]], held: Held
) -> NDArray[np.int32]:
    """Make one number of the places of texts."""
    first, *others = columns.values()
    codes = place[first]
    for column in others:
        codes = codes * (len(held[column]) + 1) + place[column]
    return codes


def minutes(apart: NDArray[np.timedelta64]) -> NDArray[np.int64]:
    """Return whole minutes, one too high; 0 for a gap."""
    whole = apart.astype("timedelta64[us]", copy=False).view("int64")
    whole //= MINUTE
    np.maximum(whole, -1, out=whole)  # a gap is far below
    whole += 1
    return whole


def worded(counts: pd.DataFrame, held: Held) -> pd.DataFrame:
    """Return the texts that a code stands for, and the minutes, which are held one too high."""
    took = counts["minutes"].to_numpy() - 1
    made = counts[["n"]].assign(minutes=np.where(took < 0, np.nan, took))
    for name, places in _places(counts, held).items():
        made[name] = np.array([NOT_GIVEN, *held[name]], dtype=object)[places]
    return made


def _places(counts: pd.DataFrame, held: Held) -> dict[str, NDArray[np.int64]]:
    """Take a code apart into the places of texts."""
    left, places = counts["code"].to_numpy("int64"), {}
    for name in reversed(list(held)):
        left, places[name] = np.divmod(left, len(held[name]) + 1)
    return places
