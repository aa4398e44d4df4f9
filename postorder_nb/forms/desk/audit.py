"""The journal as a person reads it: who did what to which record, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ...api.journal import Attempt
from ...enums import label
from . import words

HEADERS = ("When", "Record", "What", "Amount", "Outcome", "Request id")
_OUTCOMES = {
    "done": "done",
    "pending": "accepted, money is on its way",
    "failed": "accepted, but the refund failed",
    "refused": "refused by eBay",
    "unsent": "not sent",
}


def rows(attempts: Iterable[Attempt], tz: str) -> list[tuple[str, ...]]:
    """Return a line for each write, the newest first, by the server's clock in the zone `tz`."""
    return [
        (
            words.when(_when(attempt), tz),
            attempt.record,
            label(attempt.operation.partition(".")[2].upper()) or attempt.operation,
            attempt.amount,
            outcome(attempt),
            attempt.request_id or "",
        )
        for attempt in sorted(attempts, key=lambda attempt: attempt.at, reverse=True)
    ]


def _when(attempt: Attempt) -> datetime:
    """Return its moment by the clock that all other moments of the Desk go by."""
    return datetime.fromisoformat(attempt.since) if attempt.since else attempt.at


def outcome(attempt: Attempt) -> str:
    """Say how a write ended."""
    if attempt.open:
        return "IN DOUBT: look again"
    if attempt.verdict:
        return f"{attempt.verdict} ({attempt.evidence})"
    said = _OUTCOMES[attempt.outcome]
    complaints = ", ".join(str(complaint) for complaint in attempt.complaints)
    return f"{said} (error {complaints})" if complaints else said
