"""Doubts settled: did the write whose answer was lost happen? The record itself is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..errors import InputError, PostOrderError
from .evidence import GRACE, Look, Reading, compare, read
from .journal import Attempt, Journal, Verdict
from .operation import Answer, Request


@dataclass(frozen=True)
class Settlement:
    """
    What became of one doubt.

    Parameters
    ----------
    record, operation, attempt : str
        What was in doubt: the record, the call, and the id in the journal.
    verdict : {"happened", "did not happen", "in doubt"}
        Whether the write happened.
    evidence : str
        Why, in words.
    at : datetime
        When it was decided, tz-aware UTC.
    amount : str
        The amount that the record says was refunded, else the one that was sent, such as
        ``19.95 USD``; empty where nothing happened or no amount is known.
    refund_status : str
        eBay's word for the refund, where the record holds one.
    """

    record: str
    operation: str
    attempt: str
    verdict: Verdict | Literal["in doubt"]
    evidence: str
    at: datetime
    amount: str = ""
    refund_status: str = ""

    @property
    def settled(self) -> bool:
        """Whether it is known now."""
        return self.verdict != "in doubt"

    def __str__(self) -> str:
        what = f"{self.operation} on {self.record}" if self.record else self.operation
        words = f"{self.verdict}" if self.settled else "is still in doubt"
        amount = f" ({self.amount})" if self.amount else ""
        return f"{what} {words}{amount}: {self.evidence}"


class Settler:
    """
    Settles what the journal has in doubt.

    Parameters
    ----------
    journal : Journal
        The journal.
    reading : callable
        Sends a read and returns the decoded answer.
    grace : float
        Seconds during which a write that left no trace may still be on its way.
    """

    def __init__(
        self, journal: Journal, reading: Callable[[Request], Answer], *, grace: float = GRACE
    ) -> None:
        self.grace = grace
        self._journal = journal
        self._reading = reading

    def settle(
        self, record: str | None = None, *, verdict: Verdict | None = None
    ) -> list[Settlement]:
        """Settle one record's doubts, or all; see `PostOrder.settle`."""
        if verdict is None:
            return [self._settle(attempt) for attempt in self._journal.open(record)]
        if record is None or verdict not in ("happened", "did not happen"):
            raise InputError(
                "a verdict of your own is for one record, and says happened or did not happen",
                advice='write po.settle("return 5001", verdict="happened")',
            )
        return [self._settle(attempt, verdict) for attempt in self._journal.open(record)]

    def _settle(self, attempt: Attempt, verdict: Verdict | None = None) -> Settlement:
        lock = self._journal.lock(attempt)
        if not lock.acquire(wait=False):
            return self._told(attempt, None, "it is on its way at this moment")
        try:
            present = self._journal.open(attempt.attempt)
            if not present:
                return self._told(attempt, None, "it has ended at this moment: ask again")
            if verdict:
                self._journal.settle(attempt, verdict, "a person looked, and says so")
                return self._told(attempt, verdict, "a person looked, and says so")
            return self._decide(present[0])
        finally:
            lock.release(remove=True)

    def _decide(self, attempt: Attempt) -> Settlement:
        if not attempt.outcome:
            # Its process is gone, and nobody knows since when: from now on the request is old.
            self._journal.end(attempt, "doubt")
        sight = Look(**{**attempt.look, "acts": tuple(attempt.look.get("acts", ()))})
        if not sight.path:
            return self._told(attempt, None, "there is nothing to read: look on ebay.com")
        try:
            after = read(sight, self._reading(sight.request))
        except PostOrderError as error:
            return self._told(attempt, None, f"the record could not be read: {error.message}")
        since = datetime.fromisoformat(attempt.since)
        verdict, evidence = compare(sight, _baseline(attempt), after, since)
        if verdict == "did not happen" and (wait := self._wait(attempt)) > 0:
            return self._told(
                attempt, None, f"{evidence}, and it may be on its way: ask again in {wait:.0f} s"
            )
        if verdict:
            self._journal.settle(attempt, verdict, evidence)
        return self._told(attempt, verdict, evidence, after)

    def _wait(self, attempt: Attempt) -> float:
        """Return for how many seconds the request may still be on its way."""
        now = self._journal.now()
        since = attempt.ended or now
        return (since + timedelta(seconds=self.grace) - now).total_seconds()

    def _told(
        self,
        attempt: Attempt,
        verdict: Verdict | None,
        evidence: str,
        after: Reading | None = None,
    ) -> Settlement:
        happened = verdict == "happened"
        return Settlement(
            record=attempt.record,
            operation=attempt.operation,
            attempt=attempt.attempt,
            verdict=verdict or "in doubt",
            evidence=evidence,
            at=self._journal.now(),
            amount=((after.refunded if after else "") or attempt.amount) if happened else "",
            refund_status=after.refund_status if happened and after else "",
        )


def _baseline(attempt: Attempt) -> Reading | None:
    if attempt.baseline is None:
        return None
    return Reading(**{**attempt.baseline, "ids": tuple(attempt.baseline.get("ids", ()))})
