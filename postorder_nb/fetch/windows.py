"""From "the last 90 days" to the closed windows that eBay's searches take."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from ..errors import InputError

LOOKBACK_MONTHS = 18
LONGEST = timedelta(days=90)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}

When = str | date | datetime
Window = tuple[datetime, datetime]


def moment(value: When, *, now: datetime, name: str) -> datetime:
    """
    Read a moment: ``"90d"`` (also h, w) before now, a date, an aware datetime, ISO 8601 text.

    A date means its first instant in UTC.

    Parameters
    ----------
    value : str, date or datetime
        The moment.
    now : datetime
        What "90d" counts back from.
    name : str
        The argument's name, for the error.

    Returns
    -------
    datetime
        The moment, tz-aware UTC.

    Raises
    ------
    InputError
        If it cannot be read, or has no time zone.

    Examples
    --------
    >>> noon = datetime(2026, 3, 31, 12, tzinfo=UTC)
    >>> moment("90d", now=noon, name="since").isoformat()
    '2025-12-31T12:00:00+00:00'
    >>> moment("2026-02-01", now=noon, name="since").isoformat()
    '2026-02-01T00:00:00+00:00'
    """
    if isinstance(value, str):
        span = re.fullmatch(r"\s*(\d{1,5})\s*([hdw])\s*", value)
        if span:
            return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
        value = _from_iso(value, name)
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise InputError(f"{name}={value!r} is no moment", advice=_HOW)
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value.tzinfo is None:
        raise InputError(
            f"{name}={value.isoformat()} has no time zone",
            advice="add one, such as datetime(2026, 3, 1, tzinfo=timezone.utc)",
        )
    return value.astimezone(UTC)


def span(since: When, until: When | None, *, now: datetime) -> Window:
    """
    Read both ends and check that eBay can answer for them.

    Raises
    ------
    InputError
        If `since` is in the future, over 18 months back, or not before `until`.
    """
    start = moment(since, now=now, name="since")
    end = min(moment(until, now=now, name="until"), now) if until is not None else now
    first = earliest(now)
    if start > now:
        raise InputError(
            f"since={start.isoformat()} is in the future (now is {now.isoformat()})",
            advice='"30d" means the last 30 days',
        )
    if start < first:
        raise InputError(
            f"since={start.isoformat()} is over {LOOKBACK_MONTHS} months back",
            advice=f"eBay's searches reach back to {first.date()} only; start there",
        )
    if end <= start:
        raise InputError(
            f"until={end.isoformat()} is not after since={start.isoformat()}",
            advice="swap them, or leave until out",
        )
    return start, end


def earliest(now: datetime) -> datetime:
    """Return how far back eBay's searches reach at a moment."""
    return _months_before(now, LOOKBACK_MONTHS)


def split(start: datetime, end: datetime, longest: timedelta = LONGEST) -> list[Window]:
    """
    Cut a span into closed windows of at most `longest`, oldest first, of equal length.

    Neighbours share their border: a record created at that instant is found twice and counted
    once, where a gap of a millisecond would lose it. Borders are whole milliseconds, the finest
    the API takes: the first is rounded down, the last up.

    Examples
    --------
    >>> year = split(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    >>> len(year), year[0][1] == year[1][0]
    (5, True)
    """
    step = timedelta(milliseconds=1)
    first = start - timedelta(microseconds=start.microsecond % 1000)
    last = end + timedelta(microseconds=-end.microsecond % 1000)
    total = max(1, (last - first) // step)
    n = max(1, -(-total // (longest // step)))
    borders = [first + step * (total * i // n) for i in range(n)] + [last]
    return list(pairwise(borders))


_HOW = 'use "90d", a date, a datetime with a time zone, or ISO 8601 text'


def _from_iso(text: str, name: str) -> date | datetime:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text.strip())
        except ValueError:
            continue
    raise InputError(f"{name}={text!r} is no moment", advice=_HOW)


def _months_before(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue  # the month is shorter: its last day counts
    return moment.replace(year=year, month=month + 1)
