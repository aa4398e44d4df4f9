"""When things are due: weekdays, and the last second of a local day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONES = {
    "EBAY_US": ZoneInfo("America/Los_Angeles"),
    "EBAY_GB": ZoneInfo("Europe/London"),
    "EBAY_DE": ZoneInfo("Europe/Berlin"),
}

# Calendar days and weekdays (WEEK_) of the after-sale timers; eBay changes them, so here they are.
CANCEL_ANSWER_DAYS = 3
CANCEL_WINDOW_DAYS = 30
CANCEL_UNPAID_DAYS = 4
CANCEL_RETRY_DAYS = 5
CANCEL_CONFIRM_DAYS = 10
WEEK_INQUIRY_ANSWER = 3
WEEK_INQUIRY_CLOSE = 21
INQUIRY_DELIVERED_HOURS = 24
HOLD_DAYS = 5
REFUND_DEADLINE_DAYS = 3
WEEK_RETURN_ANSWER = 3
WEEK_RETURN_RMA = 2
WEEK_RMA_THEN = 5
WEEK_RETURN_LABEL = 3
SHIP_REMIND_DAYS = 14
SHIP_BY_DAYS = 21
SHIP_CLOSE_DAYS = 35
TRANSIT_DAYS = 21
WEEK_REFUND_DUE = 2
WEEK_PARTIAL_ANSWER = 3
AFTER_DEDUCTION_DAYS = 10
WEEK_ESCALATE_UNTIL = 21
APPEAL_DAYS = 30
DELIVERY_DAYS = 4
LATEST_DELIVERY_DAYS = 6
CLAIM_WINDOW_DAYS = 30
WEEK_PROOF_OF_SHIPMENT = 5
WEEK_AGREED_REFUND = 2
RECOUP_DAYS = 14
REFUND_WORD_DAYS = 10
REMIND_HOURS = 24


def end_of_day(at: datetime, marketplace: str, *, days: int = 0, weekdays: int = 0) -> datetime:
    """
    Return 23:59:59 local time, `days` calendar days or `weekdays` business days after `at`.

    The day of the event does not count; holidays do count as business days.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> end_of_day(datetime(2026, 8, 10, 15, tzinfo=UTC), "EBAY_US", weekdays=3).isoformat()
    '2026-08-14T06:59:59+00:00'
    """
    day = _local_day(int(at.timestamp()) // 3600, marketplace)
    return _end(day, marketplace, days, weekdays)


@lru_cache(maxsize=1 << 15)
def _local_day(hour: int, marketplace: str) -> date:
    return datetime.fromtimestamp(hour * 3600, ZONES[marketplace]).date()


@lru_cache(maxsize=1 << 15)
def _end(day: date, marketplace: str, days: int, weekdays: int) -> datetime:
    day += timedelta(days=days)
    while weekdays:
        day += timedelta(days=1)
        weekdays -= day.weekday() < 5
    return datetime.combine(day, time(23, 59, 59), ZONES[marketplace]).astimezone(UTC)
