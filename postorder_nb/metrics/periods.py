"""Cutting time into days, weeks, months, quarters and years of one time zone."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputError

# What an engine tells of a moment; the period's first day is found from it here.
PARTS = {
    "day": ("year", "month", "day"),
    "week": ("year", "month", "day"),
    "month": ("year", "month"),
    "quarter": ("year", "month"),
    "year": ("year", "month"),
}

_PLAIN = "period_at"


def check(freq: str, tz: str, date: str, kind: Any) -> None:
    """Raise InputError unless the column `date` of type `kind` can be cut that way."""
    if freq not in PARTS:
        names = ", ".join(f'"{name}"' for name in PARTS)
        raise InputError(f"freq={freq!r} is unknown", advice=f"use {names} or None")
    check_zone(tz)
    if not isinstance(kind, nw.Datetime) or kind.time_zone is None:
        raise InputError(
            f"{date} is {kind}, not a time with a time zone",
            advice='in pandas: pd.to_datetime(..., utc=True, format="ISO8601")',
        )


def check_zone(tz: str) -> None:
    """Raise InputError if `tz` is no time zone."""
    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"tz={tz!r} is no time zone", advice='use a name such as "Europe/Berlin"'
        ) from None


def parts(
    frame: nw.LazyFrame[Any], date: str, kind: Any, freq: str, tz: str
) -> tuple[nw.LazyFrame[Any], list[nw.Expr]]:
    """
    Return what the engine is to tell of the column `date`, in the order of `PARTS`.

    The frame comes back with what that needs.

    Raises
    ------
    InputError
        If the engine keeps its times in one time zone, and it is not `tz`.
    """
    moment = nw.col(date)
    if tz == "UTC" and frame.implementation.is_duckdb():
        # Its calendar of zones takes ten times as long, and cuts by the connection's zone.
        relation: Any = frame.to_native()
        plain = f'make_timestamp(epoch_us("{date}"))'
        frame = nw.from_native(relation.project(f"*, {plain} AS {_PLAIN}")).lazy()
        moment = nw.col(_PLAIN)
    elif kind.time_zone != tz:
        moment = moment.dt.convert_time_zone(tz)
        try:
            frame.select(moment)
        except NotImplementedError as error:  # narwhals, of an engine that has one zone for all
            raise InputError(
                f"this engine keeps all times in {kind.time_zone} and cannot cut periods in {tz}",
                advice=f"set the connection's time zone to {tz}, "
                f"in DuckDB with SET TimeZone = '{tz}'",
            ) from error
    return frame, [getattr(moment.dt, part)() for part in PARTS[freq]]


def period(told: pd.DataFrame, freq: str, tz: str) -> pd.Series[Any]:
    """Build each period's first midnight in the time zone from what the engine told."""
    told = told.astype("float64")
    if freq == "quarter":
        told["month"] = (told["month"] - 1) // 3 * 3 + 1
    elif freq == "year":
        told["month"] = 1.0
    day = told.get("day", 1)
    start = pd.to_datetime(told[["year", "month"]].assign(day=day))
    if freq == "week":
        start = start - pd.to_timedelta(start.dt.day_of_week, unit="D")
    return midnight(start, tz)


def midnight(day: pd.Series[Any], tz: str) -> pd.Series[Any]:
    """Return the first moment of days without a time zone, in `tz`."""
    # A clock change can skip midnight or have two: the first moment of the day is meant.
    local = day.dt.tz_localize(
        tz, ambiguous=np.ones(len(day), dtype=bool), nonexistent="shift_forward"
    )
    start: pd.Series[Any] = local.astype(pd.DatetimeTZDtype("us", tz))
    return start


def microseconds(moments: pd.Series[Any]) -> NDArray[np.int64]:
    """Return microseconds since 1970; a missing moment lies before all others."""
    naive = moments.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
    counted: NDArray[np.int64] = naive.to_numpy().astype("int64")
    return counted
