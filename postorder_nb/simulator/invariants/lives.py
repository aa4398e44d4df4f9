"""Rules of the life: which steps follow each other, and which status and end go with a state."""

from __future__ import annotations

from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from ..records import Cancellation, Case, Inquiry, Record, Return
from ..world import World

Found = Iterator[str]

READY, SHIPPED, BACK = "READY_FOR_SHIPPING", "ITEM_SHIPPED", "ITEM_DELIVERED"
_SAME = (
    "RETURN_REQUESTED", "RETURN_LABEL_REQUESTED", "ITEM_SHIPPED", "ITEM_DELIVERED",
    "PARTIAL_REFUND_REQUESTED", "PARTIAL_REFUND_DECLINED", "PARTIAL_REFUND_INITIATED",
    "PARTIAL_REFUND_FAILED", "LESS_THAN_A_FULL_REFUND_ISSUED", "RETURN_REJECTED", "CLOSED",
)  # fmt: skip
RETURN_PAIRS: dict[str, tuple[str, ...]] = {
    **{state: (state,) for state in _SAME},
    "RETURN_REQUEST_TIMEOUT": ("RETURN_REQUESTED_TIMEOUT",),
    "RMA_PENDING": ("WAITING_FOR_RMA",),
    "RETURN_LABEL_REQUESTED_TIMEOUT": ("RETURN_LABEL_REQUESTED",),
    "RETURN_LABEL_PENDING": ("WAITING_FOR_RETURN_LABEL",),
    "RETURN_LABEL_PENDING_TIMEOUT": ("WAITING_FOR_RETURN_LABEL",),
    "ITEM_READY_TO_SHIP": (READY,),
    "PARTIAL_REFUND_AS_PAYOUT_INITIATED": ("PARTIAL_REFUND_INITIATED",),
    "ITEM_KEPT": ("CLOSED", "LESS_THAN_A_FULL_REFUND_ISSUED"),
    "REFUND_INITIATED": ("RETURN_REQUESTED", READY, SHIPPED, BACK),
    "AUTO_REFUND_INITIATED": (BACK,), "REFUND_FAILED": (BACK,), "REFUND_TIMEOUT": (BACK,),
    "PAYOUT_INITIATED": (BACK,), "REFUND_AS_PAYOUT_INITIATED": (BACK,),
    "REFUND_SENT_PENDING_CONFIRMATION": (BACK,),
}  # fmt: skip
_TURNS = ("WAITING_SELLER_RESPONSE", "WAITING_BUYER_RESPONSE")
INQUIRY_PAIRS = {
    "PENDING_CREATED": ("PENDING",),
    "CREATED": (*_TURNS, "OPEN"),
    "TRACKING_PROVIDED": _TURNS,
    "SHIPPING_INFO_PROVIDED": _TURNS,
    "FULL_REFUND_AGREED": _TURNS,
    "VOLUNTARY_REFUND_PAYOUT_PENDING": ("PENDING",),
    "AUTO_DISPOSE_MONEY_MOVEMENT_PENDING": ("PENDING",),
    "ON_HOLD_FOR_UPLOAD": ("PENDING",),
    "CLOSED": ("CLOSED", "CLOSED_WITH_ESCALATION", "CS_CLOSED"),
}
CANCEL_PAIRS = {
    "APPROVAL_PENDING": ("CANCEL_REQUESTED",),
    "REFUND_PENDING": ("CANCEL_PENDING",),
    "REFUND_INITIATED": ("CANCEL_PENDING",),
    "REFUND_FAILED_RETRY": ("CANCEL_PENDING",),
    "CONFIRM_REFUND_PENDING": ("CANCEL_PENDING",),
}
CANCEL_ENDS = {
    "FULL_REFUNDED": "CANCEL_CLOSED_WITH_REFUND",
    "FULL_REFUNDED_AS_PAYOUT": "CANCEL_CLOSED_WITH_REFUND",
    "BUYER_CONFIRM_REFUND": "CANCEL_CLOSED_WITH_REFUND",
    "BUYER_CONFIRM_NOT_PAID": "CANCEL_CLOSED_NO_REFUND",
    "SELLER_APPROVE_UNPAID": "CANCEL_CLOSED_NO_REFUND",
    "SELLER_CANCEL_UNPAID": "CANCEL_CLOSED_NO_REFUND",
    "CHARGEBACK_DISPUTE_FILED": "CANCEL_CLOSED_NO_REFUND",
    "BUYER_CONFIRM_TIMEOUT_NON_PAYPAL_PAID": "CANCEL_CLOSED_UNKNOWN_REFUND",
    "REFUND_FAILED": "CANCEL_CLOSED_UNKNOWN_REFUND",
    "SELLER_APPROVE_TIMEOUT_UNPAID": "CANCEL_CLOSED_FOR_COMMITMENT",
    "SELLER_APPROVE_TIMEOUT_PAID": "CANCEL_REJECTED",
    "SELLER_DECLINE": "CANCEL_REJECTED",
    "SYSTEM_NOTIFY_SHIPPING_STATUS": "CANCEL_REJECTED",
}
CASE_STATES = frozenset(
    {"OPEN", "WAITING_CS", "WAITING_DELIVERY", "ON_HOLD", "REFUND_AGREED_BUT_FAILED", "CLOSED",
     "CS_CLOSED"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Life:
    """One row of what is known: where an activity of an actor's leads."""

    activity: str
    actors: frozenset[str]
    begins: frozenset[str]
    to: str
    closes: str


@cache
def lives() -> dict[str, tuple[Life, ...]]:
    """Return the known transitions by kind of record."""
    found: dict[str, list[Life]] = {}
    text = (files(__package__) / ".." / "facts" / "lives.tsv").read_text("utf-8")
    for row in DictReader(text.splitlines(), delimiter="\t"):
        life = Life(
            row["activity"], frozenset(row["actors"].split()), frozenset(row["from"].split()),
            row["to"], row["closes"],
        )  # fmt: skip
        found.setdefault(row["kind"], []).append(life)
    return {kind: tuple(rows) for kind, rows in found.items()}


def kind_of(record: Record) -> str:
    """Return ``return``, ``inquiry``, ``case`` or ``cancellation``."""
    return type(record).__name__.lower()


# -- the history ----------------------------------------------------------------------------------


def history_starts(record: Record, world: World) -> Found:
    """Expect that the first line is the opening."""
    first = record.history[0] if record.history else None
    if first is None or first.from_state != "INITIAL" or first.at != record.created_at:
        yield f"the first line is {first}"


def history_in_order(record: Record, world: World) -> Found:
    """Expect that lines are in the order of time, and none lies ahead."""
    now = world.clock.now()
    for one, other in pairwise(record.history):
        if other.at < one.at:
            yield f"{other.activity} at {other.at} follows a line at {one.at}"
    if record.history and record.history[-1].at > now:
        yield f"a line at {record.history[-1].at}, and it is {now}"


def history_chains(record: Record, world: World) -> Found:
    """Expect that each line begins where the last one led, and the last one is the state."""
    for one, other in pairwise(record.history):
        if one.to_state != other.from_state:
            yield f"{other.activity} begins in {other.from_state} after {one.to_state}"
    if record.history and record.history[-1].to_state != record.state:
        yield f"the state is {record.state} after {record.history[-1].to_state}"


def history_is_legal(record: Record, world: World) -> Found:
    """Expect that each line is a known step."""
    for line in record.history:
        if not any(_fits(life, line) for life in lives()[kind_of(record)]):
            yield f"{line.actor} {line.activity}: {line.from_state} to {line.to_state}"


def _fits(life: Life, line: Any) -> bool:
    to = line.from_state if life.to == "=" else life.to
    return (
        life.activity in ("-", line.activity)
        and line.actor in life.actors
        and line.from_state in life.begins
        and line.to_state == to
    )


# -- states and their ends ------------------------------------------------------------------------


def status_goes_with_state(record: Record, world: World) -> Found:
    """Expect that the coarse status is one of those the state goes with."""
    if isinstance(record, Case):
        fits = record.state == record.status and record.state in CASE_STATES
    elif isinstance(record, Inquiry):
        fits = record.status in INQUIRY_PAIRS.get(record.state, ())
    elif isinstance(record, Cancellation):
        end = CANCEL_ENDS.get(record.close_reason or "")
        fits = record.status in ((end,) if end else CANCEL_PAIRS.get(record.state, ()))
    elif isinstance(record, Return) and record.open and record.escalated_at:
        fits = record.status == "ESCALATED"
    else:
        fits = record.status in RETURN_PAIRS.get(record.state, ())
    if not fits:
        yield f"{record.status} in {record.state}"


def closed_says_when(record: Record, world: World) -> Found:
    """Expect that what is over has a date, that of its last line; what is open has none."""
    over = record.state in ("CLOSED", "CS_CLOSED")
    if over != (record.closed_at is not None):
        yield f"{record.state}, closed {record.closed_at}"
    elif over and record.history and record.closed_at != record.history[-1].at:
        yield f"closed {record.closed_at}, last line {record.history[-1].at}"


def closed_says_why(record: Record, world: World) -> Found:
    """Expect that the last line leads to the reason; inquiries never have one."""
    if isinstance(record, Inquiry):
        if record.close_reason:
            yield f"an inquiry closed for {record.close_reason}"
        return
    if (record.close_reason is not None) != (not record.open):
        yield f"{record.state} with the reason {record.close_reason}"
    elif record.close_reason and record.history:
        line = record.history[-1]
        rows = [life for life in lives()[kind_of(record)] if _fits(life, line)]
        if not any(life.closes in ("*", record.close_reason) for life in rows):
            yield f"{line.activity} does not close for {record.close_reason}"
