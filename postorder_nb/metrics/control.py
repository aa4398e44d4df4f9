"""Whether a figure is still under control, period by period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputError
from . import periods, spells
from .cohorts import NEXT
from .grouping import Source, dated, total
from .intervals import check_confidence
from .results import tidy

RUN = 8
"""So many periods in a row on one side of the centre are a signal (Western Electric)."""

THREE_SIGMA = 0.9973002039367398
"""The share of a normal distribution within three standard deviations."""


def control_chart(
    frame: Any,
    *,
    column: str | None = None,
    values: str | Sequence[str] | None = None,
    orders: Any = None,
    freq: str = "week",
    tz: str = "UTC",
    date: str = "created_at",
    orders_date: str = "placed_at",
    baseline: int | None = None,
    confidence: float = THREE_SIGMA,
    as_of: Any = None,
) -> pd.DataFrame:
    """
    Tell the periods in which a share or a rate left the range of chance.

    With `column` and `values` a p-chart: of the period's ``n`` records, the ``n_hit`` that hold
    one of the values; ``rate = n_hit / n``. Without, a u-chart: the period's ``n_hit`` records
    per exposure, ``rate = n_hit / n``: ``n`` orders of the period if `orders` is given, else days.

    The centre is ``sum(n_hit) / sum(n)`` over the complete periods, or over the first `baseline`
    of them. The limits are exact: those counts which a binomial (p) or Poisson (u) variable with
    the centre as its mean and the period's own `n` falls below, or above, with a probability of
    at most ``(1 - confidence) / 2`` each. So small periods have wide limits, and a rate of 0 is
    no signal where zeros are to be expected. By default they are as strict as three sigma.

    Two signals: `outside` (the count is "below" or "above" its limits), and `run` (the eighth or
    later complete period in a row on the same side of the centre).

    Parameters
    ----------
    frame : DataFrame
        A record table, of pandas, Polars, pyarrow, DuckDB ...
    column, values : str, sequence of str
        Which records to count, for a p-chart: such as ``column="reason", values="WRONG_SIZE"``.
    orders : DataFrame, optional
        For a u-chart per order: one row an order, with the column `orders_date`.
    freq : {"day", "week", "month", "quarter", "year"}
        The periods. Those without records between the first and the last are zeros.
    tz : str
        Time zone of the periods.
    date, orders_date : str
        The moments that put records and orders into their periods.
    baseline : int, optional
        Fix the centre by the first so many complete periods.
    confidence : float
        How often a count lies within the limits if nothing has changed.
    as_of : str or datetime, optional
        A period that ends after it is not complete: it is shown with the limits of what it holds
        (a u-chart's days are only those past), but does not count for centre and runs. Default
        as for `close_days`. The first period is taken to be whole: give a table that begins
        with one.

    Returns
    -------
    pandas.DataFrame
        ``period, n, n_hit, rate, centre, rate_lower, rate_upper, complete, outside, run``: rates
        are fractions or events per unit of `n`; NaN where `n` is 0. `outside` is "no", "below"
        or "above".

    Raises
    ------
    InputError
        If only one of `column` and `values` is given, or a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.date_range("2026-01-05", periods=6, freq="7D", tz="UTC")
    >>> returns = pd.DataFrame({"return_id": [str(i) for i in range(73)],
    ...                         "created_at": weeks.repeat([9, 11, 10, 8, 34, 1])})
    >>> chart = control_chart(returns, baseline=4)
    >>> chart[["n_hit", "rate_lower", "rate_upper", "complete", "outside"]].round(2)
       n_hit  rate_lower  rate_upper  complete outside
    0      9        0.29        2.86      True      no
    1     11        0.29        2.86      True      no
    2     10        0.29        2.86      True      no
    3      8        0.29        2.86      True      no
    4     34        0.29        2.86      True   above
    5      1         NaN         NaN     False      no
    """
    check_confidence(confidence)
    if (column is None) != (values is None):
        raise InputError("a p-chart needs column and values", advice="give both, or neither")
    if baseline is not None and baseline < 1:
        raise InputError(f"baseline={baseline!r} is below 1", advice="give a number of periods")
    source = Source(frame)
    grouping = source.grouping(None, freq, tz, taken=(), date=date)
    now = spells.moment(as_of, source)
    hit = nw.lit(value=True)
    if column is not None and values is not None:
        source.require(column)
        hit = source.among(column, [values] if isinstance(values, str) else values)
    counts, undated = dated(source.tally(grouping, sums={"n_hit": hit}), grouping)
    rows = total(counts, ["period"], of=["n", "n_hit"])
    if column is None:
        rows = rows.drop(columns="n")
        rows = _exposed(rows, orders, freq, tz, date=orders_date, now=now)
    else:
        rows = _filled(rows, freq, tz)
    end = periods.midnight(rows["period"].dt.tz_localize(None) + NEXT[freq], tz)
    rows["complete"] = end <= pd.Timestamp(now)
    rows = _judged(rows, "p" if column else "u", baseline, confidence)
    per = "day" if orders is None else "order"
    return tidy(
        rows,
        source,
        grouping,
        order={},
        metric="control_chart",
        unit="share of records" if column else f"records per {per}",
        undated=undated,
        confidence=confidence,
        kind="p" if column else "u",
        column=column,
        values=[values] if isinstance(values, str) else list(values or []),
        as_of=now.isoformat(),
        baseline=baseline,
        run_length=RUN,
    )


def _filled(rows: pd.DataFrame, freq: str, tz: str) -> pd.DataFrame:
    """Add the periods without records between the first and the last, in order."""
    rows = rows.sort_values("period", ignore_index=True)
    if rows.empty:
        return rows
    starts = [rows["period"].iloc[0].tz_localize(None).normalize()]
    last = rows["period"].iloc[-1].tz_localize(None)
    while starts[-1] + NEXT[freq] <= last:
        starts.append(starts[-1] + NEXT[freq])
    every = periods.midnight(pd.Series(starts), tz).rename("period")
    filled = every.to_frame().merge(rows, on="period", how="left")
    numbers = [column for column in rows if column != "period"]
    return filled.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, "int64"))


def _exposed(
    rows: pd.DataFrame, orders: Any, freq: str, tz: str, *, date: str, now: datetime
) -> pd.DataFrame:
    """Give each period its exposure `n`: orders, or days that are past."""
    if orders is not None:
        sold = Source(orders)
        grouping = sold.grouping(None, freq, tz, taken=(), date=date)
        placed, _ = dated(sold.tally(grouping), grouping)
        both = rows.merge(total(placed, ["period"]), on="period", how="outer")
        return _filled(both.fillna({"n": 0, "n_hit": 0}), freq, tz)
    rows = _filled(rows, freq, tz)
    start = rows["period"].dt.tz_localize(None)
    end = pd.Series(start + NEXT[freq], dtype="datetime64[us]")
    local = pd.Timestamp(now).tz_convert(tz).tz_localize(None)
    past = (end.where(end <= local, local) - start).dt.total_seconds() / 86400
    return rows.assign(n=past.clip(lower=0.0))


def _judged(rows: pd.DataFrame, kind: str, baseline: int | None, confidence: float) -> pd.DataFrame:
    from scipy.stats import binom, poisson  # noqa: PLC0415 - about a second to load, and most metrics do without

    sound = rows[rows["complete"]].head(baseline or len(rows))
    exposure = float(sound["n"].sum())
    centre = float(sound["n_hit"].sum()) / exposure if exposure else np.nan
    n = rows["n"].to_numpy(np.float64)
    tail = (1 - confidence) / 2
    known = (n > 0) & ~np.isnan(centre)
    mean = np.where(known, n * centre, 0.0)
    if kind == "p":
        lower, upper = (binom.ppf(q, n, centre) for q in (tail, 1 - tail))
    else:
        lower, upper = (poisson.ppf(q, mean) for q in (tail, 1 - tail))
    lower, upper = np.maximum(lower, 0), np.maximum(upper, 0)  # of no chance at all it says -1
    hits = rows["n_hit"].to_numpy(np.float64)
    per = np.where(known, n, np.nan)
    outside = np.select([known & (hits < lower), known & (hits > upper)], ["below", "above"], "no")
    columns = {
        "n": rows["n"],
        "n_hit": rows["n_hit"],
        "rate": hits / np.where(n > 0, n, np.nan),
        "centre": centre,
        "rate_lower": lower / per,
        "rate_upper": upper / per,
        "complete": rows["complete"],
        "outside": pd.Series(outside, index=rows.index, dtype="string"),
        "run": _runs(np.sign(hits - mean) * known, rows["complete"].to_numpy()),
    }
    return rows[["period"]].assign(**columns)


def _runs(side: NDArray[Any], complete: NDArray[Any]) -> list[bool]:
    """Tell where so many complete periods in a row were on one side."""
    found, length, last = [], 0, 0.0
    for here, whole in zip(side, complete, strict=True):
        length = (length + 1 if here == last else 1) if whole and here else 0
        last = here
        found.append(length >= RUN)
    return found
