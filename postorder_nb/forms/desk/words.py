"""How the Desk says things: moments in the chosen zone, countdowns, amounts, eBay's values."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ...enums import label
from ...metrics.spells import SINGULAR
from ...money import minor_units

_VALUE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_DUE = {
    "SELLER_APPROVE_REQUEST": "Approve or decline",
    "SELLER_RETRY_REFUND": "Refund again",
    "SELLER_RESPONSE": "Answer",
    "OTHER": "Answer",
    "answer": "Answer",
    "approve_or_reject": "Approve or reject",
    "appeal": "May be appealed",
}


def plain(value: object) -> str:
    """
    Say a value of eBay's in words, a sentence of eBay's as it is; a missing one is empty.

    Examples
    --------
    >>> plain("ARRIVED_DAMAGED"), plain("A message was sent."), plain(None)
    ('Arrived damaged', 'A message was sent.', '')
    """
    if missing(value):
        return ""
    line = str(value)
    return label(line) if _VALUE.fullmatch(line) else line


def raw(value: object) -> str:
    """
    Return a person's words as they are; a missing one is empty.

    Examples
    --------
    >>> raw("WRONG_SIZE"), raw(None)
    ('WRONG_SIZE', '')
    """
    return "" if missing(value) else str(value)


def missing(value: Any) -> bool:
    """Tell whether a cell of a table is empty."""
    return bool(pd.isna(value))


def due(action: object) -> str:
    """
    Say what the seller owes.

    Examples
    --------
    >>> due("SELLER_APPROVE_REQUEST"), due("SELLER_ISSUE_REFUND"), due("appeal")
    ('Approve or decline', 'Issue refund', 'May be appealed')
    """
    if missing(action):
        return ""
    line = str(action)
    return _DUE.get(line) or plain(line.removeprefix("SELLER_"))


def when(moment: datetime | None, tz: str, *, short: bool = False) -> str:
    """
    Say a moment in a zone, to the minute; in short, without year and zone. None is empty.

    Examples
    --------
    >>> from datetime import UTC
    >>> when(datetime(2026, 7, 1, 12, 30, tzinfo=UTC), "Europe/Berlin")
    '1 Jul 2026 14:30 CEST'
    """
    if moment is None or missing(moment):
        return ""
    local = moment.astimezone(ZoneInfo(tz))
    return f"{local.day} {local:{'%b %H:%M' if short else '%b %Y %H:%M %Z'}}"


def countdown(until: datetime | None, now: datetime) -> str:
    """
    Say how much time is left, or how much too late it is, in its two largest units.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 7, 1, tzinfo=UTC)
    >>> countdown(now + timedelta(days=2, hours=3, minutes=9), now)
    '2 d 3 h left'
    >>> countdown(now - timedelta(minutes=12), now)
    '12 min overdue'
    """
    if until is None or missing(until):
        return ""
    minutes = int(abs(until - now) / timedelta(minutes=1))
    days, hours = divmod(minutes // 60, 24)
    if days:
        span = f"{days} d {hours} h"
    elif hours:
        span = f"{hours} h {minutes % 60} min"
    else:
        span = f"{minutes} min"
    return f"{span} {'left' if until >= now else 'overdue'}"


def money(amount: object, currency: object) -> str:
    """
    Say an amount of a table with the digits of its currency; a missing one is empty.

    Examples
    --------
    >>> money(1234.5, "EUR"), money(1200.0, "JPY"), money(5.0, None), money(None, "USD")
    ('1,234.50 EUR', '1,200 JPY', '5.00 (currency not given)', '')
    """
    if missing(amount):
        return ""
    code = "" if missing(currency) else str(currency)
    return f"{amount:,.{minor_units(code)}f} {code or '(currency not given)'}"


def cut(line: str, most: int = 600) -> str:
    """
    Cut a text that would bury what stands below it, and say how much is missing.

    Examples
    --------
    >>> cut("abcdef", 4), cut("abc", 4)
    ('abcd… (2 more characters)', 'abc')
    """
    return line if len(line) <= most else f"{line[:most]}… ({len(line) - most:,} more characters)"


def named(group: str, record_id: str) -> str:
    """
    Name a record as the journal does.

    Examples
    --------
    >>> named("inquiries", "5001")
    'inquiry 5001'
    """
    return f"{SINGULAR[group]} {record_id}"
