"""The life of an inquiry. Its history is prose: the API has no codes there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..acts import BUYER, CSR, SELLER, SYSTEM, Machine, Step, Timer, own_state, states
from ..deadlines import HOLD_DAYS, INQUIRY_DELIVERED_HOURS
from ..effects import inquiries as does
from ..effects import money
from ..records import Inquiry

START, ASKED, OPEN, TRACKED, SHIPPED, AGREED = (
    "INITIAL", "PENDING_CREATED", "CREATED", "TRACKING_PROVIDED", "SHIPPING_INFO_PROVIDED",
    "FULL_REFUND_AGREED",
)  # fmt: skip
PAID, COURTESY, HELD, OVER = (
    "VOLUNTARY_REFUND_PAYOUT_PENDING", "AUTO_DISPOSE_MONEY_MOVEMENT_PENDING",
    "ON_HOLD_FOR_UPLOAD", "CLOSED",
)  # fmt: skip

SELLERS_TURN, BUYERS_TURN = "WAITING_SELLER_RESPONSE", "WAITING_BUYER_RESPONSE"
STATUSES = {
    ASKED: "PENDING",
    OPEN: SELLERS_TURN,
    TRACKED: BUYERS_TURN,
    SHIPPED: BUYERS_TURN,
    AGREED: SELLERS_TURN,
    PAID: "PENDING",
    COURTESY: "PENDING",
    HELD: "PENDING",
    OVER: "CLOSED",
}

WORDS = {
    "created": "A CPS case was created.",
    "approved": "Auto Dispose Approve the case",
    "buyer_message": "A message was sent from one party to another.",
    "seller_message": "Seller offered another solution.",
    "tracking": "Seller provided tracking information for shipment.",
    "shipped": "Seller provided shipping information.",
    "refund_info": "Seller provided refund information.",
    "refund_confirmed": "Buyer confirmed the refund.",
    "refund_pending": "Voluntary refund pending",
    "refund_done": "Voluntary refund completed or failed",
    "refund_promised": "Seller agreed to refund.",
    "reminder": "Reminder",
    "expired": "Case expired.",
    "escalated": "User has contacted customer support. Other party cannot see this activity.",
    "buyer_closed": "Buyer closed the case.",
    "courtesy": "Refund by eBay pending",
    "courtesy_done": "Refund by eBay completed",
    "held": "Documents requested",
    "released": "Documents received",
    "chargeback": "Payment dispute opened",
    "agent": "Support closed the case.",
}

TALKING = states(OPEN, TRACKED, SHIPPED)
OPEN_ALL = TALKING | {AGREED}


def _row(
    event: str, actor: str, at: frozenset[str], to: str | None, word: str, **more: Any
) -> Step[Inquiry]:
    return Step(event, actor, at, to, WORDS[word], **more)


STEPS = (
    _row("create", BUYER, states(START), ASKED, "created", effects=(does.buyer_spoke,)),
    _row("begin", SYSTEM, states(ASKED), OPEN, "approved"),
    _row("message", SELLER, TALKING, None, "seller_message", status=BUYERS_TURN),
    _row("message", BUYER, TALKING, None, "buyer_message", status=SELLERS_TURN,
         effects=(does.buyer_spoke,)),
    _row("shipment", SELLER, states(OPEN, SHIPPED), TRACKED, "tracking", when=does.tracked,
         effects=(does.parcel,)),
    _row("shipment", SELLER, states(OPEN), SHIPPED, "shipped"),
    _row("shipment", SELLER, states(SHIPPED), None, "shipped"),
    _row("refund", SELLER, OPEN_ALL, PAID, "refund_pending", effects=(does.pay,)),
    _row("refund_confirmed", SYSTEM, states(PAID), OVER, "refund_done",
         effects=(money.confirmed, does.refund_closes)),
    _row("refund_fails", SYSTEM, states(PAID), AGREED, "refund_done",
         effects=(money.failed, does.agreed)),
    _row("refund_info", SELLER, OPEN_ALL, None, "refund_info", status=BUYERS_TURN,
         effects=(does.tells_of_refund,)),
    _row("confirm_refund", BUYER, OPEN_ALL, OVER, "refund_confirmed", when=does.told_of_refund,
         effects=(does.buyer_spoke,)),
    _row("promise", SELLER, states(OPEN), AGREED, "refund_promised", effects=(does.agreed,)),
    _row("remind", SYSTEM, states(OPEN), None, "reminder"),
    _row("close", BUYER, OPEN_ALL, OVER, "buyer_closed", effects=(does.buyer_spoke,)),
    _row("expire", SYSTEM, OPEN_ALL, OVER, "expired"),
    Step("deliver", SYSTEM, states(OPEN, TRACKED), None, None, effects=(does.delivered,)),
    _row("escalate", BUYER, OPEN_ALL, OVER, "escalated", status="CLOSED_WITH_ESCALATION",
         when=does.may_escalate, effects=(does.escalated,)),
    _row("escalate", SELLER, OPEN_ALL, OVER, "escalated", status="CLOSED_WITH_ESCALATION",
         when=does.may_escalate, effects=(does.escalated,)),
    _row("courtesy", SYSTEM, TALKING, COURTESY, "courtesy"),
    _row("courtesy_done", SYSTEM, states(COURTESY), OVER, "courtesy_done", status="CS_CLOSED",
         effects=(does.paid_by_ebay,)),
    _row("hold", CSR, states(OPEN), HELD, "held"),
    _row("release", SYSTEM, states(HELD), OPEN, "released"),
    _row("agent_closes", CSR, TALKING, OVER, "agent", status="CS_CLOSED"),
    _row("chargeback", SYSTEM, TALKING, OVER, "chargeback"),
)  # fmt: skip


def _begins(record: Inquiry) -> datetime:
    return record.created_at + money.drawn(record, "begin").seconds(31, 131)


def _ends(record: Inquiry) -> datetime | None:
    """Return when it closes by itself: a day after delivery, or when nobody did anything."""
    if record.delivered_at and record.state != AGREED:
        return money.job(record, record.delivered_at + timedelta(hours=INQUIRY_DELIVERED_HOURS))
    return money.job(record, record.expires_at)


TIMERS: tuple[Timer[Inquiry], ...] = (
    Timer(states(ASKED), _begins, "begin"),
    Timer(OPEN_ALL, _ends, "expire"),
    Timer(states(OPEN), does.reminder, "remind", lapses=True),
    Timer(states(PAID), money.payday, money.answer_of_bank),
    Timer(states(COURTESY),
          lambda r: r.modified_at + money.drawn(r, "bank").seconds(200, 900), "courtesy_done"),
    Timer(states(HELD), lambda r: r.modified_at + timedelta(days=HOLD_DAYS), "release"),
)  # fmt: skip

MACHINE = Machine(STEPS, TIMERS, STATUSES, states(OVER), own_state)
