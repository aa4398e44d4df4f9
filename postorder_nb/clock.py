"""The moment that counts as now: the wall clock, or the one a replay was recorded at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_frozen: list[datetime] = []


def now() -> datetime:
    """
    Return the present moment, tz-aware UTC.

    Inside `frozen` it is the frozen moment, in every thread: a replay asks for the same windows
    as its recording only if "the last 90 days" mean the same 90 days.
    """
    return _frozen[-1] if _frozen else datetime.now(UTC)


def is_frozen() -> bool:
    """Tell whether `frozen` is in force."""
    return bool(_frozen)


@contextmanager
def frozen(at: datetime) -> Iterator[datetime]:
    """
    Stop the clock at `at` (tz-aware) for the time of the block.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> with frozen(datetime(2026, 3, 1, tzinfo=timezone.utc)):
    ...     now().isoformat()
    '2026-03-01T00:00:00+00:00'
    """
    if at.tzinfo is None:
        raise ValueError("the frozen moment needs a time zone")
    moment = at.astimezone(UTC)
    _frozen.append(moment)
    try:
        yield moment
    finally:
        # Not always the last one: a generator that froze the clock may outlive the next block.
        del _frozen[len(_frozen) - 1 - _frozen[::-1].index(moment)]
