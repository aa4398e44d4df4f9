"""How records move from state to state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import spells, stays
from .grouping import Source, total, within
from .intervals import wilson
from .spells import MINUTES_A_DAY
from .stays import STILL
from .survival import DONE, OPEN, estimate


def stage_flow(
    history: Any, *, as_of: Any = None, min_n: int = 0, confidence: float = 0.95
) -> pd.DataFrame:
    """
    Count the moves from state to state, and how long records stay before each.

    Lines that keep the state (messages, files, reminders) are no moves. Each record's moves are
    ordered by `at`, then by `seq`, however the table is ordered. A stay begins with the move
    into a state and ends with the next move; the last one is still going on at `as_of`, except
    in a CLOSED state, which is no stay. Inquiries and cases have no states in their history:
    there each line is a stage, named by its `activity`, and the last line has no stay.

    ``share = n / (stays that ended)`` of the state. Of a move, `median_days` and `p90_days` are
    of the stays that ended with it; `stay_median_days` is of all stays in the state, those going
    on taken as censored (Kaplan-Meier), the same in each of its rows. Durations are in whole
    minutes; a stay whose end lies before its beginning cannot occur, since lines are sorted.

    Parameters
    ----------
    history : DataFrame
        The history table of one or all records, of pandas, Polars, DuckDB ... If its lines do
        not tell of each other (`moved`, `since`, `until`, `last_activity`), that is found out
        first, in memory.
    as_of : str or datetime, optional
        The moment to look from; later lines have not happened. By default the table's
        ``attrs["fetched_at"]``, else the latest line.
    min_n : int
        Moves of fewer records are left out; shares are of all.
    confidence : float
        Of the intervals, strictly between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``record, from_state, to_state, n, share, share_low, share_high, median_days, p90_days,
        stay_median_days``: fractions with Wilson intervals, and days. Rows whose `to_state` is
        ``(still there)`` count those that have not left; they have no share, and their days are
        how long they have stayed so far.

    Raises
    ------
    InputError
        If a column of the history is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta([0, 1, 0, 3], unit="D")
    >>> history = pd.DataFrame({"record": "cancellation", "record_id": ["1", "1", "2", "2"],
    ...     "seq": [0, 1, 0, 1], "at": day, "activity": "...",
    ...     "from_state": ["INITIAL", "APPROVAL_PENDING"] * 2,
    ...     "to_state": ["APPROVAL_PENDING", "CLOSED"] * 2})
    >>> stage_flow(history)[["from_state", "to_state", "n", "share", "median_days"]]
             from_state          to_state  n  share  median_days
    0  APPROVAL_PENDING            CLOSED  2    1.0          1.0
    1           INITIAL  APPROVAL_PENDING  2    1.0          NaN
    """
    source = Source(history)
    source.require(*stays.NEEDED, advice="give the history table that comes with the details")
    spells.zoned(source, "at")
    counts, now = stays.tally(source, as_of)
    rows = _rows(counts, confidence)
    small = rows["n"] < min_n
    rows = rows[~small].sort_values(
        ["record", "from_state", "n", "to_state"], ascending=[True, True, False, True]
    )
    rows = rows.reset_index(drop=True)
    rows.attrs = {
        "metric": "stage_flow",
        "table": "history",
        "unit": "share of moves; days",
        "date_basis": "at",
        "by": [],
        "freq": None,
        "tz": "UTC",
        "as_of": now.isoformat(),
        "n_total": int(rows["n"].sum()),
        "min_n": min_n,
        "n_small": int(small.sum()),
        "confidence": confidence,
        "resolution": "whole minutes",
    }
    return rows


def _rows(counts: pd.DataFrame, confidence: float) -> pd.DataFrame:
    keys = ["record", "from_state", "to_state"]
    rows = total(counts, keys)
    still = rows["to_state"] == STILL
    rows["ended"] = rows["n"].where(~still, 0)
    ended = within(rows, keys[:2], of="ended")
    rows["share"] = (rows["n"] / ended.where(ended > 0)).where(~still)
    low, high = wilson(rows["ended"], ended.where(~still, 0), confidence)
    rows["share_low"], rows["share_high"] = low, high
    days = counts.dropna(subset=["minutes"])
    days = days.assign(days=days["minutes"] / MINUTES_A_DAY)
    moves = {key: _quantiles(group) for key, group in days.groupby(keys, sort=False)}
    figures = [moves.get(tuple(key), (np.nan, np.nan)) for key in rows[keys].to_numpy()]
    rows[["median_days", "p90_days"]] = pd.DataFrame(figures, columns=["a", "b"], dtype="float64")
    days["end"] = np.where(days["to_state"] == STILL, OPEN, DONE)
    waits = {key: _stay(group) for key, group in days.groupby(keys[:2], sort=False)}
    medians = [waits.get(tuple(key), np.nan) for key in rows[keys[:2]].to_numpy()]
    rows["stay_median_days"] = pd.Series(medians, dtype="float64")
    return rows.drop(columns="ended")


def _quantiles(group: pd.DataFrame) -> tuple[float, float]:
    line = estimate(group["days"], np.full(len(group), DONE), group["n"])
    return line.quantile(0.5)[0], line.quantile(0.9)[0]


def _stay(group: pd.DataFrame) -> float:
    return estimate(group["days"], group["end"], group["n"]).quantile(0.5)[0]
