"""The life of a case. What v2 calls its status is also its state; its history is prose."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..acts import BUYER, CSR, SELLER, SYSTEM, Machine, Step, Timer, own_state, states
from ..deadlines import APPEAL_DAYS
from ..effects import cases as does
from ..effects import money
from ..records import Case

START, OPEN, REVIEW, HELD, TRANSIT, FAILED, OVER, DECIDED = (
    "INITIAL", "OPEN", "WAITING_CS", "ON_HOLD", "WAITING_DELIVERY", "REFUND_AGREED_BUT_FAILED",
    "CLOSED", "CS_CLOSED",
)  # fmt: skip
STATUSES = {state: state for state in (OPEN, REVIEW, HELD, TRANSIT, FAILED, OVER, DECIDED)}

WORDS = {
    "opened": "A case was opened with support.",
    "reviewed": "Support reviews the case.",
    "held": "Support asked for more information.",
    "released": "The information was received.",
    "return_first": "Support asked the buyer to send the item back.",
    "address": "Seller provided a return address.",
    "sent_back": "Buyer provided tracking information.",
    "decided": "Support decided the case.",
    "refunding": "Seller's refund is on its way.",
    "refunded": "Seller refunded the buyer.",
    "failed": "The seller's refund failed.",
    "withdrawn": "Buyer closed the case.",
    "disputed": "Buyer opened a payment dispute.",
    "appealed": "The decision was appealed.",
    "answered": "Support answered the appeal.",
}

BEFORE_REVIEW = states(OPEN, REVIEW)
DECIDABLE = states(OPEN, REVIEW, HELD)
CLOSABLE = DECIDABLE | {TRANSIT}
AUTO_BUYER = "ESCALATE_CS_AUTO_DISPOSE_BUYER_WIN_SELLER_FAULT"
AUTO_SELLER = "ESCALATE_CS_AUTO_DISPOSE_SELLER_WIN_BUYER_FAULT"


def _row(
    event: str, actor: str, at: frozenset[str], to: str | None, word: str, **more: Any
) -> Step[Case]:
    return Step(event, actor, at, to, WORDS[word], **more)


def _verdict(
    event: str, actor: str, at: frozenset[str], reason: str, *effects: Any, **more: Any
) -> Step[Case]:
    when = more.pop("when", does.undecided)
    return _row(event, actor, at, DECIDED, "decided", closes=reason, when=when,
                effects=(*effects, does.ends_parent))  # fmt: skip


STEPS = (
    _row("review", SYSTEM, states(OPEN), REVIEW, "reviewed", effects=(does.parties_done,)),
    _row("refund", SELLER, DECIDABLE | {FAILED}, None, "refunding", when=does.refundable,
         effects=(does.pay,)),
    _row("refund_confirmed", SYSTEM, DECIDABLE | {FAILED}, OVER, "refunded",
         closes="BUYER_REFUNDED", when=money.under_way,
         effects=(money.confirmed, does.ends_parent)),
    _row("refund_fails", SYSTEM, DECIDABLE | {FAILED}, FAILED, "failed",
         when=money.under_way, effects=(money.failed,)),
    _row("close", BUYER, CLOSABLE, OVER, "withdrawn", closes="BUYER_CLOSE", when=does.undecided,
         effects=(does.ends_parent,)),
    _verdict("buyer_wins_at_once", SYSTEM, BEFORE_REVIEW, AUTO_BUYER, does.for_buyer,
             does.charged),
    _verdict("seller_wins_at_once", SYSTEM, BEFORE_REVIEW, AUTO_SELLER, does.for_seller),
    _verdict("buyer_wins", CSR, DECIDABLE, "BUYER_WINS_SELLER_FAULT", does.for_buyer,
             does.charged),
    _verdict("nobody_wins", CSR, DECIDABLE, "BUYER_WINS_NO_SELLER_FAULT", does.for_buyer,
             does.paid_by_ebay),
    _verdict("seller_wins", CSR, DECIDABLE, "SELLER_WINS_BUYER_FAULT", does.for_seller),
    _row("return_first", CSR, BEFORE_REVIEW, HELD, "return_first", when=does.undecided,
         effects=(does.ship_back,)),
    _row("address", SELLER, DECIDABLE | {FAILED}, None, "address", when=does.undecided,
         effects=(does.address_given,)),
    _row("shipment", BUYER, states(HELD), TRANSIT, "sent_back", when=does.waits_for_parcel,
         effects=(does.sent_back,)),
    _verdict("deliver", SYSTEM, states(TRANSIT), "RETURN_TRACKING_DELIVERED", does.came_back,
             does.for_buyer, does.charged),
    _verdict("expire", SYSTEM, states(HELD), "EXPIRE_ENTER_TRACKING_AFTER_CS_DECISION",
             does.for_seller, when=does.waits_for_parcel),
    _row("hold", CSR, BEFORE_REVIEW, HELD, "held", when=does.undecided),
    _row("release", SYSTEM, states(HELD), REVIEW, "released", when=does.waits_for_facts),
    _row("dispute", SYSTEM, CLOSABLE, OVER, "disputed", closes="PAYMENT_PROCESSOR_CLAIM_FILED",
         when=does.undecided, effects=(does.ends_parent,)),
    _row("appeal", SELLER, states(DECIDED), HELD, "appealed", when=does.may_appeal,
         effects=(does.appealed,)),
    _row("appeal", BUYER, states(DECIDED), HELD, "appealed", when=does.may_appeal,
         effects=(does.appealed,)),
    _row("grant", CSR, states(HELD), DECIDED, "answered", when=does.appeal_runs,
         closes="SELLER_WINS_BUYER_FAULT", effects=(does.granted,)),
    _row("deny", CSR, states(HELD), DECIDED, "answered", when=does.appeal_runs,
         closes="BUYER_WINS_SELLER_FAULT", effects=(does.denied,)),
    Step("recouped", SYSTEM, states(DECIDED, HELD), None, None, effects=(does.recouped,)),
    Step("appeal_over", SYSTEM, states(DECIDED), None, None, effects=(does.too_late,)),
)  # fmt: skip


def _hours(word: str, median: float, p95: float) -> Any:
    def due(record: Case) -> datetime:
        return record.modified_at + money.drawn(record, word).hours(median, p95)

    return due


def _when(holds: Any, due: Any) -> Any:
    def guarded(record: Case) -> datetime | None:
        return due(record) if holds(record) else None

    return guarded


def _appeal_ends(record: Case) -> datetime | None:
    if not record.can_appeal or record.closed_at is None:
        return None
    return record.closed_at + timedelta(days=APPEAL_DAYS)


TIMERS: tuple[Timer[Case], ...] = (
    Timer(states(OPEN), lambda r: r.modified_at + money.drawn(r, "review").seconds(120, 1800),
          "review"),
    Timer(DECIDABLE | {FAILED}, money.payday, money.answer_of_bank),
    Timer(states(REVIEW), _when(does.idle, _hours("decision", 30, 72)), does.verdict,
          does.judge),
    Timer(states(HELD), _when(does.facts_awaited, _hours("facts", 10, 40)), "release"),
    Timer(states(HELD), _when(does.parcel_awaited, lambda r: money.job(r, r.ship_back_by)),
          "expire"),
    Timer(states(HELD), _when(does.appealing, _hours("appeal", 36, 72)), does.appeal_verdict,
          CSR),
    Timer(states(TRANSIT), _hours("parcel", 90, 200), "deliver"),
    Timer(states(DECIDED), _appeal_ends, "appeal_over"),
    Timer(states(DECIDED, HELD), money.recoup_due, "recouped"),
)  # fmt: skip

MACHINE = Machine(STEPS, TIMERS, STATUSES, states(OVER, DECIDED), own_state)
