"""
How buyers, the seller and eBay act by themselves while the clock moves.

A `Behaviour` is data: shares and delays. Every reaction is drawn from the record's id and the
length of its history, so that it is the same whenever it is asked for, and the same seed takes
the same course. Acts are events of the state machines: nothing happens that no call could do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..errors import InputError
from .odds import (
    AFTER_ACCEPT,
    AFTER_DELIVERY,
    APPEAL,
    AUTO_ACCEPT,
    BUYER_CANCEL_PATHS,
    INQUIRY_PATHS,
    NEVER_AUTO_ACCEPTED,
    PARTIAL_ANSWER,
    RETURN_PATHS,
    SILENCE,
    Dice,
)
from .records import Cancellation, Case, Inquiry, Record, Return
from .settle import actual_lines
from .shop import CARRIERS


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody is going to do with a record, and when."""

    due: datetime
    event: str
    actor: str
    facts: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Behaviour:
    """
    Who acts by themselves, how often and how fast.

    All shares go from 0 to 1. The paths people take are drawn from the same tables as the past
    of the world (see `postorder_nb.simulator.odds`).

    Parameters
    ----------
    arrivals : float
        The share of the usual returns, inquiries and cancellations that are opened; the orders
        behind them are placed at the rate of the past.
    seller : float
        The share of requests the seller answers at all; the timers see to the others.
    buyer : float
        The share of the buyer's turns in which the buyer does something.
    ebay : float
        The share of cases and requests in which eBay does more than let timers fire: accepts by
        rule, refunds as a courtesy, hears of chargebacks.
    pace : float
        How long everybody takes, as a multiple of the usual delays.

    Examples
    --------
    >>> Behaviour.still().arrivals, Behaviour.lively().seller
    (0.0, 1.0)
    """

    arrivals: float = 0.0
    seller: float = 0.0
    buyer: float = 0.0
    ebay: float = 0.0
    pace: float = 1.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value < 0 or (one.name != "pace" and value > 1):
                raise InputError(
                    f"{one.name} is {value}", advice="give shares from 0 to 1, and a pace above 0"
                )

    @classmethod
    def still(cls) -> Behaviour:
        """Nobody acts: only eBay's timers fire. This is the default."""
        return cls()

    @classmethod
    def lively(cls) -> Behaviour:
        """Everybody acts as the past of the world has it."""
        return cls(arrivals=1.0, seller=1.0, buyer=1.0, ebay=1.0)

    def reaction(self, record: Record) -> Reaction | None:
        """Return what somebody does next with a record, if anybody does."""
        if not (self.seller or self.buyer or self.ebay) or record.pending:
            return None
        react = _REACTIONS[type(record)]
        found: Reaction | None = react(_Turn(self, record))
        return found


BEHAVIOURS = {
    "still": Behaviour.still(),
    "lively": Behaviour.lively(),
    "slow-seller": Behaviour(arrivals=1.0, seller=0.6, buyer=1.0, ebay=1.0, pace=2.0),
}


class _Turn:
    """One look at a record: its dice, and ways to say who does what when."""

    def __init__(self, behaviour: Behaviour, record: Any) -> None:
        self.behaviour = behaviour
        self.record = record
        self.dice = Dice(f"{record.id}:{len(record.history)}:turn")

    def fate(self, question: str) -> Dice:
        """Return the dice for what is decided once for a record, whatever has happened since."""
        return Dice(f"{self.record.id}:{question}")

    def by(
        self,
        actor: str,
        event: str,
        delay: timedelta,
        *,
        most: datetime | None = None,
        attributes: dict[str, Any] | None = None,
        **facts: Any,
    ) -> Reaction | None:
        """Let `actor` do something after `delay`, before `most`; None if they never act."""
        share = {"SELLER": self.behaviour.seller, "BUYER": self.behaviour.buyer}
        if not self.dice.chance(share.get(actor, self.behaviour.ebay)):
            return None
        since = self.record.modified_at
        due = since + delay * self.behaviour.pace
        if most is not None:
            due = min(due, max(since, most - timedelta(minutes=2)))
        return Reaction(due, event, actor, facts, attributes or {})

    def escalates(self, actor: str, reason: str, due: datetime) -> Reaction | None:
        """Let `actor` ask eBay in some time after `due`."""
        wait = max(due - self.record.modified_at, timedelta(0)) / (self.behaviour.pace or 1)
        return self.by(
            actor,
            "escalate",
            wait + self.dice.hours(20, 70),
            attributes={"escalateReason": reason},
        )


# -- returns --------------------------------------------------------------------------------------


def _return(turn: _Turn) -> Reaction | None:
    record: Return = turn.record
    if record.status == "ESCALATED":
        return None
    react = _RETURN_STATES.get(record.state)
    return react(turn, record) if react else None


def _asked(turn: _Turn, record: Return) -> Reaction | None:
    """Answer a request: by a rule at once, by the seller in time, or not at all."""
    due = record.seller_due.at if record.seller_due else None
    kind, hours = record.reason_type, turn.dice.hours(10, 70)
    ruled = turn.fate("rule").chance(AUTO_ACCEPT[kind]) and not record.rma_required
    if ruled and record.reason not in NEVER_AUTO_ACCEPTED:
        return turn.by("SYSTEM", "auto_accept", timedelta(seconds=3))
    path = turn.fate("answer").pick(RETURN_PATHS[kind])
    if path == "at_once":
        return turn.by("SELLER", "refund", hours, most=due, lines=actual_lines(record.lines))
    if path == "partial":
        part = Decimal(turn.dice.randrange(10, 65, 5)) / 100
        offer = {"partialRefundAmount": record.estimated.share(part)}
        return turn.by("SELLER", "offer", hours, most=due, attributes=offer)
    if path == "silence":
        return None
    return turn.by("SELLER", path, hours, most=due)


def _unanswered(turn: _Turn, record: Return) -> Reaction | None:
    ending = turn.dice.pick(SILENCE)
    if ending == "ebay_accepts":
        return turn.by("SYSTEM", "auto_accept", turn.dice.hours(2, 8))
    if ending == "escalate":
        return turn.escalates("BUYER", "SELLER_NO_RESPONSE", record.modified_at)
    if ending == "late_answer":
        return turn.by("SELLER", "approve", turn.dice.hours(20, 60))
    return None


def _number_owed(turn: _Turn, record: Return) -> Reaction | None:
    number = f"RMA-{turn.dice.randrange(10**5, 10**6)}"
    return turn.by(
        "SELLER", "provide_rma", turn.dice.hours(10, 30),
        attributes={"RMA": number}, RMANumber=number,
    )  # fmt: skip


def _label_owed(turn: _Turn, record: Return) -> Reaction | None:
    return turn.by("SELLER", "provide_label", turn.dice.hours(10, 40), labelAction="EBAY_LABEL")


def _ready(turn: _Turn, record: Return) -> Reaction | None:
    way = turn.fate("parcel").pick(AFTER_ACCEPT)
    if way == "shipped":
        days = turn.dice.about(4, 14, least=0.2)
        return turn.by(
            "BUYER", "ship", timedelta(seconds=round(days * 86_400)), most=record.timeout_at
        )
    if way == "buyer_closes":
        reason = "BUYER_NO_LONGER_WANTS_RETURN"
        return turn.by("BUYER", "close", turn.dice.hours(60, 200), reason=reason)
    return None


def _back(turn: _Turn, record: Return) -> Reaction | None:
    due = record.seller_due.at if record.seller_due else None
    way, hours = turn.fate("refund").pick(AFTER_DELIVERY), turn.dice.hours(18, 40)
    if way in ("auto", "late"):
        return None
    if way == "seller_escalates":
        why = {"escalateReason": "ITEM_RECEIVED_IN_DIFFERENT_CONDITION"}
        return turn.by("SELLER", "escalate", hours, most=due, attributes=why)
    if way != "deduction":
        return turn.by("SELLER", "refund", hours, most=due, lines=actual_lines(record.lines))
    percentage = turn.dice.randrange(5, 55, 5)
    less = record.order.goods.share(Decimal(percentage) / 100)
    return turn.by(
        "SELLER", "refund", hours, most=due,
        attributes={"deduction": less, "percentage": percentage},
        lines=actual_lines(record.lines, less), deduction=less,
    )  # fmt: skip


def _offered(turn: _Turn, record: Return) -> Reaction | None:
    answer = turn.dice.pick(PARTIAL_ANSWER)
    due = record.buyer_due.at if record.buyer_due else None
    if answer == "silence":
        return None
    return turn.by("BUYER", f"{answer}_offer", turn.dice.hours(15, 60), most=due)


def _refused(turn: _Turn, record: Return) -> Reaction | None:
    ending = turn.dice.pick({"approve": 0.5, "escalate": 0.3, "timeout": 0.2})
    if ending == "approve":
        return turn.by("SELLER", "approve", turn.dice.hours(10, 40))
    if ending == "escalate":
        return turn.escalates("BUYER", "TROUBLE_COMMUNICATION_WITH_SELLER", record.modified_at)
    return None


def _rejected(turn: _Turn, record: Return) -> Reaction | None:
    if not turn.dice.chance(0.2):
        return None
    reason = "BUYER_NO_LONGER_WANTS_RETURN"
    return turn.by("BUYER", "close", turn.dice.hours(40, 150), reason=reason)


def _failed(turn: _Turn, record: Return) -> Reaction | None:
    return turn.by("SELLER", "refund", turn.dice.hours(20, 60)) if turn.dice.chance(0.75) else None


def _overdue(turn: _Turn, record: Return) -> Reaction | None:
    ending = turn.dice.pick({"escalate": 0.7, "payout": 0.15, "refund": 0.15})
    if ending == "escalate":
        return turn.escalates("BUYER", "NO_REFUND_RECEIVED", record.modified_at)
    if ending == "payout":
        return turn.by("SYSTEM", "pay_out", turn.dice.hours(20, 70))
    lines = actual_lines(record.lines)
    return turn.by("SELLER", "refund", turn.dice.hours(20, 70), lines=lines)


_RETURN_STATES: dict[str, Callable[[_Turn, Return], Reaction | None]] = {
    "RETURN_REQUESTED": _asked,
    "RETURN_REQUEST_TIMEOUT": _unanswered,
    "RMA_PENDING": _number_owed,
    "RETURN_LABEL_PENDING": _label_owed,
    "RETURN_LABEL_PENDING_TIMEOUT": _label_owed,
    "ITEM_READY_TO_SHIP": _ready,
    "ITEM_DELIVERED": _back,
    "PARTIAL_REFUND_REQUESTED": _offered,
    "PARTIAL_REFUND_DECLINED": _refused,
    "PARTIAL_REFUND_FAILED": _failed,
    "RETURN_REJECTED": _rejected,
    "REFUND_FAILED": _failed,
    "REFUND_TIMEOUT": _overdue,
}


# -- inquiries ------------------------------------------------------------------------------------


def _inquiry(turn: _Turn) -> Reaction | None:
    record: Inquiry = turn.record
    if record.state == "FULL_REFUND_AGREED":
        return turn.by("SELLER", "refund", turn.dice.hours(10, 30))
    if record.state not in ("CREATED", "TRACKING_PROVIDED", "SHIPPING_INFO_PROVIDED"):
        return None
    path = turn.fate("path").pick(INQUIRY_PATHS)
    tracks = turn.fate("tracking").chance(_TRACKED.get(path, 0.0))
    if tracks and record.state == "CREATED":
        return _names_parcel(turn, record)
    react = _INQUIRY_PATHS.get(path)
    return react(turn, record) if react else None


_TRACKED = {"delivered": 1.0, "arrived": 0.7, "escalates": 0.5}


def _names_parcel(turn: _Turn, record: Inquiry) -> Reaction | None:
    number = f"9{turn.dice.getrandbits(63):019d}"
    return turn.by(
        "SELLER", "shipment", turn.dice.hours(10, 60), most=record.respond_by,
        attributes={"trackingNumber": number}, trackingNumber=number,
        shippingCarrierName=turn.dice.choice(CARRIERS[record.marketplace]),
    )  # fmt: skip


def _delivered(turn: _Turn, record: Inquiry) -> Reaction | None:
    if record.delivered_at:
        return None
    return turn.by("SYSTEM", "deliver", turn.dice.hours(40, 150))


def _escalates(turn: _Turn, record: Inquiry) -> Reaction | None:
    actor = turn.dice.pick({"BUYER": 0.9, "SELLER": 0.1})
    reason = "NOT_RECEIVED" if actor == "BUYER" else "SHIPPED_ITEM"
    return turn.escalates(actor, reason, record.respond_by)


def _hold(turn: _Turn, record: Inquiry) -> Reaction | None:
    held_before = len(record.history) > 2
    return None if held_before else turn.by("CSR", "hold", turn.dice.hours(10, 30))


_INQUIRY_PATHS: dict[str, Callable[[_Turn, Inquiry], Reaction | None]] = {
    "refund": lambda turn, record: turn.by(
        "SELLER", "refund", turn.dice.hours(10, 60), most=record.respond_by
    ),
    "arrived": lambda turn, record: turn.by("BUYER", "close", turn.dice.hours(60, 200)),
    "delivered": _delivered,
    "escalates": _escalates,
    "courtesy": lambda turn, record: turn.by("SYSTEM", "courtesy", turn.dice.hours(20, 60)),
    "hold": _hold,
    "chargeback": lambda turn, record: turn.by("SYSTEM", "chargeback", turn.dice.hours(30, 90)),
}


# -- cancellations and cases ----------------------------------------------------------------------


def _cancellation(turn: _Turn) -> Reaction | None:
    record: Cancellation = turn.record
    if record.state == "REFUND_FAILED_RETRY":
        again = turn.dice.chance(0.6)
        return turn.by("SYSTEM", "send_refund", turn.dice.hours(12, 40)) if again else None
    if record.state != "APPROVAL_PENDING":
        return None
    path, hours = turn.fate("answer").pick(BUYER_CANCEL_PATHS), turn.dice.hours(6, 60)
    if path == "silence":
        return None
    event = {"decline": "reject", "shipped": "ship"}.get(path, path)
    actor = "SELLER" if event in ("approve", "reject") else "SYSTEM"
    return turn.by(actor, event, hours, most=record.respond_by)


def _case(turn: _Turn) -> Reaction | None:
    """Let some sellers refund before anybody decides, buyers ship back, and losers appeal."""
    record: Case = turn.record
    if record.state == "WAITING_CS" and turn.fate("refund").chance(0.08):
        return turn.by("SELLER", "refund", turn.dice.hours(10, 20))
    if record.state == "ON_HOLD" and record.ship_back_by and record.appealed_at is None:
        number = f"9{turn.dice.getrandbits(63):019d}"
        ships = turn.dice.chance(0.75)
        hours, most = turn.dice.hours(40, 90), record.ship_back_by
        return (
            turn.by("BUYER", "shipment", hours, most=most, trackingNumber=number) if ships else None
        )
    lost = record.state == "CS_CLOSED" and record.seller_outcome == "LOSS" and record.can_appeal
    if lost and record.appealed_at is None and turn.fate("appeal").chance(APPEAL):
        return turn.by("SELLER", "appeal", turn.dice.hours(40, 200))
    return None


_REACTIONS: dict[type[Record], Callable[[_Turn], Reaction | None]] = {
    Return: _return,
    Inquiry: _inquiry,
    Cancellation: _cancellation,
    Case: _case,
}
