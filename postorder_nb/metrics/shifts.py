"""What has changed in why records are opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import pandas as pd

from ..errors import InputError
from . import periods
from .grouping import Source, total, within
from .intervals import benjamini_hochberg, newcombe, shares_p
from .reasons import kinds_of
from .results import tidy
from .spells import moment


def reason_shift(
    frame: Any,
    *,
    days: int = 28,
    until: date | str | None = None,
    level: str = "reason",
    by: str | Sequence[str] | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Compare the reasons of the last days with those of as many days before.

    ``difference = n_now / N_now - n_before / N_before``: each numerator the records of that
    span with this reason, each denominator all records of the span (of the group). Both spans
    are `days` whole days of the time zone; the later one ends before `until`. Its interval is
    Newcombe's; `p` is of Fisher's exact test that the share has not changed. As many reasons are
    looked at, some differ by chance: `p_adjusted` is corrected for that over all rows (Benjamini
    and Hochberg), and `changed` tells whether it is at most ``1 - confidence``.

    Parameters
    ----------
    frame : DataFrame
        A table with a `reason` column, of pandas, Polars, pyarrow, DuckDB ...
    days : int
        Length of each of the two spans.
    until : date or str, optional
        The first day that does not count ("2026-03-01"); by default the day on which the table
        was fetched, else that of the latest moment it tells of: its records are not all there.
    level : {"reason", "type"}
        Each reason, or only eBay's grouping of a return's reasons (SNAD, REMORSE ...).
    by : str or sequence of str, optional
        Columns to group by.
    tz : str
        Time zone of the days.
    date : str
        The date basis: the column whose moment counts.
    min_n : int
        Leave out groups of fewer records in both spans together.
    confidence : float
        Of the intervals, and of `changed`.

    Returns
    -------
    pandas.DataFrame
        Columns ``[by ...], reason, [reason_type,] n, n_before, n_now, share_before, share_now,
        difference, difference_low, difference_high, p, p_adjusted, changed``: records (`n` of
        both spans), fractions of 1, their difference between -1 and 1, probabilities, and a
        truth value. Sorted by group, then by `p`. A group without records in one of the spans
        has no difference. ``attrs`` has `since`, `between` and `until`, the bounds of the spans.

    Raises
    ------
    InputError
        If the table has no `reason`, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> opened = pd.to_datetime(["2026-03-01"] * 20 + ["2026-03-08"] * 20, utc=True)
    >>> returns = pd.DataFrame({"return_id": [str(i) for i in range(40)], "created_at": opened,
    ...     "reason": ["WRONG_SIZE"] * 18 + ["OTHER"] * 2 + ["WRONG_SIZE"] * 4 + ["OTHER"] * 16})
    >>> shift = reason_shift(returns, days=7, until="2026-03-15")
    >>> shift[["reason", "share_before", "share_now", "difference", "changed"]]
           reason  share_before  share_now  difference  changed
    0       OTHER           0.1        0.8         0.7     True
    1  WRONG_SIZE           0.9        0.2        -0.7     True
    """
    source = Source(frame)
    kinds = kinds_of(source, level, by)
    grouping = source.grouping(by, None, tz, taken=(*kinds, "n", "p"), date=date, min_n=min_n)
    source.require(date)
    periods.check("day", tz, date, source.schema[date])
    last = moment(None, source).astimezone(ZoneInfo(tz)).date() if until is None else _day(until)
    bounds = _spans(days, last, tz)
    since, between, end = (nw.lit(bound) for bound in bounds)
    opened = nw.col(date)
    derived = {kind: kind for kind in kinds} | {"now": opened >= between}
    inside = ((opened >= since) & (opened < end)).fill_null(value=False)
    counts = source.tally(grouping, derived, where=inside)
    now = counts["now"].astype(bool)
    counts = counts.assign(n_now=counts["n"].where(now, 0), n_before=counts["n"].where(~now, 0))
    rows = total(counts, [*grouping.columns, *kinds], of=["n", "n_before", "n_now"])
    rows = rows.astype(dict.fromkeys(kinds, "string"))
    result = tidy(
        _compared(rows, grouping.columns, confidence),
        source,
        grouping,
        order={"p": True, **dict.fromkeys(kinds, True)},
        metric="reason_shift",
        unit="difference of shares",
        undated=0,
        confidence=confidence,
        since=bounds[0].isoformat(),
        between=bounds[1].isoformat(),
        until=bounds[2].isoformat(),
    )
    result["p_adjusted"] = benjamini_hochberg(result["p"])
    result["changed"] = (result["p_adjusted"] <= 1 - confidence).astype("boolean")
    return result


def _compared(rows: pd.DataFrame, groups: list[str], confidence: float) -> pd.DataFrame:
    before, now = (within(rows, groups, of=column) for column in ("n_before", "n_now"))
    trials = now.where(now > 0), before.where(before > 0)
    rows["share_before"], rows["share_now"] = (
        rows["n_before"] / trials[1],
        rows["n_now"] / trials[0],
    )
    rows["difference"] = rows["share_now"] - rows["share_before"]
    parts = (rows["n_now"], now, rows["n_before"], before)
    rows["difference_low"], rows["difference_high"] = newcombe(*parts, confidence)
    rows["p"] = shares_p(*parts)
    return rows


def _spans(days: int, last: date, tz: str) -> tuple[datetime, datetime, datetime]:
    """Return the midnights that bound the two spans, in UTC."""
    if days < 1:
        raise InputError(f"days={days!r} is no span", advice="give at least one day")
    zone = ZoneInfo(tz)
    ends = (last - timedelta(days=back) for back in (2 * days, days, 0))
    since, between, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in ends)
    return since, between, end


def _day(until: date | str) -> date:
    if isinstance(until, date):
        return until
    try:
        return datetime.fromisoformat(until).date()
    except ValueError:
        raise InputError(
            f"until={until!r} is no day", advice='write a day such as "2026-03-01"'
        ) from None
