"""What has become of each period's records by each age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import InputError
from . import durations, periods, spells
from .grouping import dated
from .intervals import wilson
from .lifetimes import enough
from .results import tidy
from .survival import DONE

_WEEK = 7 * 1440  # minutes
NEXT = {
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}


def cohorts(
    frame: Any,
    *,
    event: str = "escalated",
    cases: Any = None,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str = "week",
    ages: int = 8,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
) -> pd.DataFrame:
    """
    Follow the records of each period: the share with the event by each age in weeks.

    ``rate(age) = n_done / n``: denominator, all records of the period (of their group);
    numerator, those with the event within ``age`` times seven days of their own `created_at`.
    The figure is given only once *every* record of the period could reach that age before
    `as_of`, else it is NaN: so a young week is not read as a good week. A record counts with
    what it has become by then, closed or not.

    The events are those of `escalation_days`, `refund_days` and `close_days`, with the same
    starts and ends; durations are in whole minutes.

    Parameters
    ----------
    frame : DataFrame
        A record table with its details, of any engine.
    event : {"escalated", "refunded", "closed"}
        What to follow.
    cases, history : DataFrame, optional
        As for `escalation_days`, which needs one of them for returns.
    by, tz, min_n, confidence, as_of
        As for `close_days`.
    freq : {"day", "week", "month", "quarter", "year"}
        Length of the periods of `created_at`.
    ages : int
        Ages 1 to so many weeks.

    Returns
    -------
    pandas.DataFrame
        ``period, [by ...], age_weeks, n, n_done, rate, rate_low, rate_high``, one row for each
        period and age; `n_done` and the fractions (Wilson interval) are missing where the age
        is not reached. ``result.pivot(index="period", columns="age_weeks", values="rate")`` is
        the triangle.

    Raises
    ------
    InputError
        If the event is unknown or a column missing.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta([0, 8, 10, 21], unit="D")
    >>> returns = pd.DataFrame({"return_id": list("123"), "created_at": day[[0, 0, 1]],
    ...                         "closed_at": [day[1], None, day[2]]})
    >>> result = cohorts(returns, event="closed", ages=2, as_of=day[3])
    >>> result[["period", "age_weeks", "n", "n_done", "rate"]]
                         period  age_weeks  n  n_done  rate
    0 2026-03-02 00:00:00+00:00          1  2       0   0.0
    1 2026-03-02 00:00:00+00:00          2  2       1   0.5
    2 2026-03-09 00:00:00+00:00          1  1       1   1.0
    3 2026-03-09 00:00:00+00:00          2  1    <NA>   NaN
    """
    if ages < 1:
        raise InputError(f"ages={ages!r} is below 1", advice="give a number of weeks")
    spell = durations.until(event, frame, cases=cases, history=history)
    source = spell.source
    taken = ("age_weeks", "n", "n_done", "rate")
    grouping = source.grouping(by, freq, tz, taken=taken, min_n=min_n)
    now = spells.moment(as_of, source)
    counts, left_out = spells.tally(spell, grouping, now, step=_WEEK)
    counts, undated = dated(counts, grouping)
    counts, small = enough(counts, grouping)
    rows = _triangle(counts, grouping.columns, ages)
    end = periods.midnight(rows["period"].dt.tz_localize(None) + NEXT[freq], tz)
    youngest = end + pd.to_timedelta(rows["age_weeks"].to_numpy() * 7, unit="D")
    reached = youngest <= pd.Timestamp(now)
    rows["n_done"] = rows["n_done"].astype("Int64").where(reached)
    rows["rate"] = (rows["n_done"] / rows["n"]).astype("float64")
    hits = rows["n_done"].fillna(0).astype("int64")
    low, high = wilson(hits, rows["n"].where(reached, 0), confidence)
    rows["rate_low"], rows["rate_high"] = low, high
    result = tidy(
        rows,
        source,
        replace(grouping, min_n=0),
        order={"age_weeks": True},
        metric="cohorts",
        unit="share of records",
        undated=undated,
        confidence=confidence,
        as_of=now.isoformat(),
        event=event,
        **left_out,
    )
    result.attrs |= small
    return result


def _triangle(counts: pd.DataFrame, columns: list[str], ages: int) -> pd.DataFrame:
    """Return n and n_done of each group at each age, whether or not it is reached."""
    counts = counts.copy()
    done = counts["end"] == DONE
    made = []
    for age in range(1, ages + 1):
        hits = counts["n"].where(done & (counts["minutes"] <= age * _WEEK), 0)
        part = counts[columns].assign(age_weeks=age, n=counts["n"], n_done=hits)
        keys = [*columns, "age_weeks"]
        made.append(
            part.groupby(keys, dropna=False, sort=False, as_index=False)[["n", "n_done"]].sum()
        )
    return pd.concat(made, ignore_index=True).astype({"n": "int64", "age_weeks": "int64"})
