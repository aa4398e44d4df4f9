"""What a sync has to ask for, and what of it first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..fetch.windows import LONGEST, Window, split

# Older spans are searched for the sake of their open records, in slices so fine.
_SLICE = timedelta(days=30)
_SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record whose details are to be read, and what tells how much they matter."""

    table: str
    record_id: str
    created_at: datetime | None
    is_open: bool
    is_urgent: bool
    due_at: datetime | None
    worth: float | None
    #: Whether its summary is to be read anew, too, since no search of this sync shows it.
    is_alone: bool = False
    #: Whether its summary changed since its details were read, or they never were.
    is_changed: bool = True

    @property
    def calls(self) -> int:
        """How many calls it takes: eBay gives a return's detail and its summary apart."""
        return 2 if self.is_alone and self.table == "returns" else 1


def order(wanted: Iterable[Wanted], now: datetime) -> list[Wanted]:
    """
    Sort records by what is at stake: open, changed, escalated, due soon, then by money and age.

    Examples
    --------
    >>> from datetime import timezone
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> old, open_, urgent = (
    ...     Wanted("cases", name, now, name != "old", name == "urgent", None, 9.0)
    ...     for name in ("old", "open", "urgent")
    ... )
    >>> [one.record_id for one in order([old, open_, urgent], now)]
    ['urgent', 'open', 'old']
    """
    epoch = datetime.min.replace(tzinfo=now.tzinfo)

    def place(one: Wanted) -> tuple[bool, bool, bool, bool, float, float, str]:
        is_due = one.due_at is not None and one.due_at <= now + _SOON
        age = (now - (one.created_at or epoch)).total_seconds()
        return (
            not one.is_open,
            not one.is_changed,
            not one.is_urgent,
            not (one.is_open and is_due),
            -(one.worth or 0.0) if one.is_open else 0.0,
            age,
            one.record_id,
        )

    return sorted(wanted, key=place)


def slices(since: datetime, until: datetime, longest: timedelta = LONGEST) -> list[Window]:
    """Cut a span into windows to search, the newest first."""
    return split(since, until, longest)[::-1] if since < until else []


def uncovered(span: Window, covered: Iterable[Window]) -> list[Window]:
    """
    Return the parts of a span that no covered window holds, the newest first.

    Examples
    --------
    >>> from datetime import timezone
    >>> day = [datetime(2026, 3, d, tzinfo=timezone.utc) for d in range(1, 9)]
    >>> [(a.day, b.day) for a, b in uncovered((day[0], day[7]), [(day[2], day[4])])]
    [(5, 8), (1, 3)]
    """
    gaps, start = [], span[0]
    for since, until in sorted(covered):
        if since > start:
            gaps.append((start, min(since, span[1])))
        start = max(start, until)
        if start >= span[1]:
            break
    if start < span[1]:
        gaps.append((start, span[1]))
    return [gap for gap in gaps[::-1] if gap[0] < gap[1]]


def worth_a_search(
    span: Window, opened: Iterable[datetime], totals: Iterable[tuple[Window, int]], size: int
) -> list[Window]:
    """
    Return the slices in which one search costs less than reading their open records one by one.

    Parameters
    ----------
    span : tuple of datetime
        The span to cut.
    opened : iterable of datetime
        When each open record was created.
    totals : iterable
        How many records were found in windows that were read before.
    size : int
        The records on a page.
    """
    known, created = list(totals), list(opened)
    worth = []
    for since, until in slices(*span, _SLICE):
        n = sum(since <= moment <= until for moment in created)
        records = max(
            (total * _share((since, until), window) for window, total in known), default=0
        )
        pages = 1 if records < size else 1 + -(-records // (size - 1))
        if n > pages:
            worth.append((since, until))
    return worth


def _share(span: Window, window: Window) -> float:
    """Return the share of a window that lies in a span."""
    overlap = min(span[1], window[1]) - max(span[0], window[0])
    return max(overlap / (window[1] - window[0]), 0.0) if window[1] > window[0] else 0.0
