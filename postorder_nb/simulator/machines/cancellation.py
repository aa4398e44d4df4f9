"""The life of a cancellation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..acts import BUYER, SELLER, SYSTEM, Machine, Step, Timer, own_state, states
from ..effects import cancellations as does
from ..effects import money
from ..records import Cancellation

ASKED, OWED, SENT, FAILED, OVER = (
    "APPROVAL_PENDING", "REFUND_PENDING", "REFUND_INITIATED", "REFUND_FAILED_RETRY", "CLOSED",
)  # fmt: skip
START, CONFIRM = "INITIAL", "CONFIRM_REFUND_PENDING"
REFUNDED, FREE = "CANCEL_CLOSED_WITH_REFUND", "CANCEL_CLOSED_NO_REFUND"
REJECTED, PENDING = "CANCEL_REJECTED", "CANCEL_PENDING"
UNKNOWN = "CANCEL_CLOSED_UNKNOWN_REFUND"

STATUSES = {
    ASKED: "CANCEL_REQUESTED", OWED: PENDING, SENT: PENDING, FAILED: PENDING, CONFIRM: PENDING,
}  # fmt: skip


def _row(
    event: str, actor: str, at: frozenset[str], to: str, activity: str, **more: Any
) -> Step[Cancellation]:
    return Step(event, actor, at, to, activity, **more)


STEPS = (
    _row("create", BUYER, states(START), ASKED, "BUYER_CREATE_CANCEL", effects=(does.asked,)),
    _row("create", SELLER, states(START), OWED, "SELLER_CREATE_CANCEL", when=does.paid),
    _row("create", SELLER, states(START), OVER, "SELLER_CREATE_CANCEL",
         status=FREE, closes="SELLER_CANCEL_UNPAID"),
    _row("create", SYSTEM, states(START), OWED, "SYSTEM_CREATE_CANCEL", when=does.paid),
    _row("create_unconfirmed", SELLER, states(START), CONFIRM, "SELLER_CREATE_CANCEL",
         effects=(does.confirmation_asked,)),
    _row("approve", SELLER, states(ASKED), OWED, "SELLER_APPROVE", when=does.paid),
    _row("approve", SELLER, states(ASKED), OVER, "SELLER_APPROVE",
         status=FREE, closes="SELLER_APPROVE_UNPAID"),
    _row("reject", SELLER, states(ASKED), OVER, "SELLER_REJECT",
         status=REJECTED, closes="SELLER_DECLINE", effects=(does.shipped,)),
    _row("confirm", BUYER, states(CONFIRM), OVER, "BUYER_CONFIRM_REFUND",
         status=REFUNDED, closes="BUYER_CONFIRM_REFUND", when=does.was_refunded),
    _row("confirm", BUYER, states(CONFIRM), OVER, "BUYER_CONFIRM_REFUND",
         status=FREE, closes="BUYER_CONFIRM_NOT_PAID"),
    _row("seller_silent", SYSTEM, states(ASKED), OVER, "SYSTEM_TIMEOUT_FOR_APPROVAL",
         status=REJECTED, closes="SELLER_APPROVE_TIMEOUT_PAID", when=does.paid),
    _row("seller_silent", SYSTEM, states(ASKED), OVER, "SYSTEM_TIMEOUT_FOR_APPROVAL",
         status="CANCEL_CLOSED_FOR_COMMITMENT", closes="SELLER_APPROVE_TIMEOUT_UNPAID"),
    _row("buyer_silent", SYSTEM, states(CONFIRM), OVER, "SYSTEM_TIMEOUT_FOR_CONFIRMATION",
         status=UNKNOWN, closes="BUYER_CONFIRM_TIMEOUT_NON_PAYPAL_PAID"),
    _row("ship", SYSTEM, states(ASKED), OVER, "SYSTEM_REJECT",
         status=REJECTED, closes="SYSTEM_NOTIFY_SHIPPING_STATUS", effects=(does.shipped,)),
    _row("send_refund", SYSTEM, states(OWED, FAILED), SENT, "SYSTEM_REFUND", effects=(does.pay,)),
    _row("refund_confirmed", SYSTEM, states(SENT), OVER, "SYSTEM_NOTIFY_REFUND_STATUS",
         status=REFUNDED, closes="FULL_REFUNDED", effects=(money.confirmed,)),
    _row("refund_fails", SYSTEM, states(SENT), FAILED, "SYSTEM_NOTIFY_REFUND_STATUS",
         effects=(money.failed,)),
    _row("pay_out", SYSTEM, states(FAILED), OVER, "SYSTEM_NOTIFY_PAYOUT_STATUS",
         status=REFUNDED, closes="FULL_REFUNDED_AS_PAYOUT", effects=(does.pay_out,)),
    _row("give_up", SYSTEM, states(FAILED), OVER, "SYSTEM_TIMEOUT_FOR_NOTIFY_REFUND_STATUS",
         status=UNKNOWN, closes="REFUND_FAILED"),
    _row("chargeback", SYSTEM, states(ASKED, OWED, SENT, FAILED), OVER,
         "SYSTEM_CHARGEBACK_OPENED", status=FREE, closes="CHARGEBACK_DISPUTE_FILED",
         effects=(does.stopped,)),
    Step("recouped", SYSTEM, states(OVER), None, None, effects=(money.recouped,)),
)  # fmt: skip

TIMERS: tuple[Timer[Cancellation], ...] = (
    Timer(states(ASKED), lambda r: money.job(r, r.respond_by), "seller_silent"),
    Timer(states(OWED), lambda r: r.modified_at + timedelta(seconds=1), "send_refund"),
    Timer(states(SENT), money.payday, money.answer_of_bank),
    Timer(states(FAILED), does.retry_ends, "give_up"),
    Timer(states(CONFIRM), does.confirmation_ends, "buyer_silent"),
    Timer(states(OVER), money.recoup_due, "recouped"),
)

MACHINE = Machine(STEPS, TIMERS, STATUSES, states(OVER), own_state)
