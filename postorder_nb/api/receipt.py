"""What a call that changes something returns: what was sent, and what eBay made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .. import display
from .body import encode
from .operation import Answer, Request

Answered = Literal["done", "pending", "failed"]
Outcome = Answered | Literal["not sent"]

_SENTENCES = {
    "done": "{what} is done",
    "pending": "{what} was accepted and is not done yet (refundStatus {refund}): "
    "read the record again later",
    "failed": "{what} was accepted and failed (refundStatus {refund}): no money has moved; "
    "read the record before you try again",
    "not sent": "{what} was not sent: {method} {path}",
}


@dataclass(frozen=True)
class Receipt:
    """
    The receipt of one write.

    Parameters
    ----------
    operation : str
        The call, such as ``returns.issue_refund``.
    record : str
        The record it acts on, such as ``return 5001``; empty where there is none.
    outcome : {"done", "pending", "failed", "not sent"}
        A refund that eBay accepted may still be pending or have failed: that is no success.
    at : datetime
        When the answer came, tz-aware UTC.
    request : Request
        What was, or would be, sent; it holds no credentials.
    answer : dict
        The decoded answer; empty where the body was.
    status : int or None
        The HTTP status; None when nothing was sent.
    request_id : str or None
        eBay's id of the request, for its support.
    refund_status : str or None
        eBay's ``refundStatus``, where the answer holds one.
    attempt : str
        The id of the attempt in the journal; empty when nothing was sent.
    """

    operation: str
    record: str
    outcome: Outcome
    at: datetime
    request: Request = field(repr=False)
    answer: Answer = field(repr=False)
    status: int | None = None
    request_id: str | None = None
    refund_status: str | None = None
    attempt: str = ""

    @property
    def ok(self) -> bool:
        """Whether the change is done: neither pending, nor failed, nor unsent."""
        return self.outcome == "done"

    @property
    def body(self) -> str:
        """The body as JSON, letter by letter as it is sent; empty for a call without one."""
        return encode(self.request.body).decode()

    def __str__(self) -> str:
        what = f"{self.operation} on {self.record}" if self.record else self.operation
        return _SENTENCES[self.outcome].format(
            what=what,
            refund=self.refund_status,
            method=self.request.method,
            path=self.request.path,
        )

    def _repr_html_(self) -> str:
        facts = {
            "record": self.record or "-",
            "sent": f"{self.request.method} {self.request.path}",
            # What was sent is known, and may tell of a person; the card is saved with a notebook.
            "body": "" if self.attempt else display.shorten(self.body, 300) or "(none)",
            "at": self.at.isoformat(timespec="seconds"),
            "HTTP status": self.status,
            "refund status": self.refund_status,
            "request id": self.request_id,
            "journal": self.attempt,
        }
        shown = {name: fact for name, fact in facts.items() if fact not in (None, "")}
        return display.card(f"{self.operation}: {self.outcome}", shown)
