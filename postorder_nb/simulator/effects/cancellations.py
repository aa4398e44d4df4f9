"""What acts do to cancellations."""

from __future__ import annotations

from datetime import datetime

from ..acts import Act
from ..deadlines import CANCEL_ANSWER_DAYS, CANCEL_CONFIRM_DAYS, CANCEL_RETRY_DAYS, end_of_day
from ..records import Cancellation
from . import money

CancelAct = Act[Cancellation]


def paid(act: CancelAct) -> bool:
    """Tell whether the order was paid."""
    return act.record.order.paid


def was_refunded(act: CancelAct) -> bool:
    """Tell whether the buyer says that money came."""
    return not act.facts.get("unpaidOrder", False)


def asked(act: CancelAct) -> None:
    """Give the seller three days."""
    record = act.record
    record.respond_by = end_of_day(act.at, record.marketplace, days=CANCEL_ANSWER_DAYS)


def confirmation_asked(act: CancelAct) -> None:
    """Give the buyer ten days to say whether the money came."""
    record = act.record
    due = end_of_day(act.at, record.marketplace, days=CANCEL_CONFIRM_DAYS)
    record.buyer_respond_by = due


def shipped(act: CancelAct) -> None:
    """Note that the order is on its way after all, where that was said."""
    if act.event == "ship" or act.facts.get("shipmentDate") or act.facts.get("trackingNumber"):
        act.record.shipped_at = act.facts.get("shipmentDate") or act.at


def pay(act: CancelAct) -> None:
    """Send the whole order's money back."""
    money.send(act, act.record.order.total, type="SELLER_VOLUNTARY_REFUND")


def pay_out(act: CancelAct) -> None:
    """Let eBay pay, and take it from the seller's pay-outs."""
    money.force(act, act.record.order.total, recoup="RECOUP_FROM_SELLER")


def stopped(act: CancelAct) -> None:
    """Stop what is on its way: the bank decides now."""
    record = act.record
    if record.payment and record.pending:
        record.payment.movement.status = "SKIPPED"
        record.refund_status = None


def retry_ends(record: Cancellation) -> datetime | None:
    """Return when a refund that failed is given up."""
    due = end_of_day(record.modified_at, record.marketplace, days=CANCEL_RETRY_DAYS)
    return money.job(record, due)


def confirmation_ends(record: Cancellation) -> datetime | None:
    """Return when the buyer's word is waited for no longer."""
    return money.job(record, record.buyer_respond_by)
