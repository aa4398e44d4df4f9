"""
The rules that every record of the simulator keeps, after any act.

They are written from eBay's documents and share no code with the simulator.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from postorder_nb.simulator import Simulator

READY, SHIPPED, BACK = "READY_FOR_SHIPPING", "ITEM_SHIPPED", "ITEM_DELIVERED"
SAME = (
    "RETURN_REQUESTED", "RETURN_LABEL_REQUESTED", "ITEM_SHIPPED", "ITEM_DELIVERED",
    "PARTIAL_REFUND_REQUESTED", "PARTIAL_REFUND_DECLINED", "PARTIAL_REFUND_INITIATED",
    "PARTIAL_REFUND_FAILED", "LESS_THAN_A_FULL_REFUND_ISSUED", "RETURN_REJECTED", "CLOSED",
)  # fmt: skip
RETURN_PAIRS: dict[str, set[str]] = {
    **{state: {state} for state in SAME},
    "RETURN_REQUEST_TIMEOUT": {"RETURN_REQUESTED_TIMEOUT"},
    "RMA_PENDING": {"WAITING_FOR_RMA"},
    "RETURN_LABEL_REQUESTED_TIMEOUT": {"RETURN_LABEL_REQUESTED"},
    "RETURN_LABEL_PENDING": {"WAITING_FOR_RETURN_LABEL"},
    "RETURN_LABEL_PENDING_TIMEOUT": {"WAITING_FOR_RETURN_LABEL"},
    "ITEM_READY_TO_SHIP": {READY},
    "PARTIAL_REFUND_AS_PAYOUT_INITIATED": {"PARTIAL_REFUND_INITIATED"},
    "ITEM_KEPT": {"CLOSED", "LESS_THAN_A_FULL_REFUND_ISSUED"},
    "REFUND_INITIATED": {"RETURN_REQUESTED", READY, SHIPPED, BACK},
    "AUTO_REFUND_INITIATED": {BACK}, "REFUND_FAILED": {BACK}, "REFUND_TIMEOUT": {BACK},
    "PAYOUT_INITIATED": {BACK}, "REFUND_AS_PAYOUT_INITIATED": {BACK},
}  # fmt: skip
INQUIRY_PAIRS = {
    "PENDING_CREATED": {"PENDING"},
    "CREATED": {"WAITING_SELLER_RESPONSE", "WAITING_BUYER_RESPONSE", "OPEN"},
    "TRACKING_PROVIDED": {"WAITING_BUYER_RESPONSE", "WAITING_SELLER_RESPONSE"},
    "SHIPPING_INFO_PROVIDED": {"WAITING_BUYER_RESPONSE", "WAITING_SELLER_RESPONSE"},
    "FULL_REFUND_AGREED": {"WAITING_SELLER_RESPONSE", "WAITING_BUYER_RESPONSE"},
    "VOLUNTARY_REFUND_PAYOUT_PENDING": {"PENDING"},
    "AUTO_DISPOSE_MONEY_MOVEMENT_PENDING": {"PENDING"},
    "ON_HOLD_FOR_UPLOAD": {"PENDING"},
    "CLOSED": {"CLOSED", "CLOSED_WITH_ESCALATION", "CS_CLOSED"},
}
CANCEL_PAIRS = {
    "APPROVAL_PENDING": {"CANCEL_REQUESTED"},
    "REFUND_PENDING": {"CANCEL_PENDING"},
    "REFUND_INITIATED": {"CANCEL_PENDING"},
    "REFUND_FAILED_RETRY": {"CANCEL_PENDING"},
    "CONFIRM_REFUND_PENDING": {"CANCEL_PENDING"},
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
CASE_STATES = {
    "OPEN", "WAITING_CS", "WAITING_DELIVERY", "ON_HOLD", "REFUND_AGREED_BUT_FAILED", "CLOSED",
    "CS_CLOSED",
}  # fmt: skip
# The due the seller's options ask for, in the states where it is the seller's turn.
SELLER_DUES = {
    "RETURN_REQUESTED": "SELLER_APPROVE_REQUEST",
    "RETURN_REQUEST_TIMEOUT": "SELLER_APPROVE_REQUEST",
    "RMA_PENDING": "SELLER_PROVIDE_RMA",
    "RETURN_LABEL_PENDING": "SELLER_PROVIDE_LABEL",
    "ITEM_DELIVERED": "SELLER_ISSUE_REFUND",
    "REFUND_FAILED": "SELLER_RETRY_REFUND",
    "PARTIAL_REFUND_FAILED": "SELLER_RETRY_REFUND",
    "PARTIAL_REFUND_DECLINED": "SELLER_APPROVE_REQUEST",
}
REFUNDED_IN_FULL = {
    "FULL_REFUNDED", "FULL_REFUNDED_BY_DISPOSITION_RULE", "AUTO_REFUNDED", "BUYER_PAYOUT",
}  # fmt: skip
# Money that reaches the buyer.
TO_BUYER = {"SELLER_VOLUNTARY_REFUND", "AUTO_REFUND", "REFUND", "BUYER_PAYOUT"}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


# -- the rules ------------------------------------------------------------------------------------


def check(record: Any, sim: Simulator) -> None:
    """Walk one record and assert every rule it has to keep."""
    now = sim.clock.now()
    _check_history(record, now)
    _check_money(record, now)
    kind = type(record).__name__
    {
        "Return": _check_return, "Inquiry": _check_inquiry, "Case": _check_case,
        "Cancellation": _check_cancellation,
    }[kind](record, sim)  # fmt: skip


def _check_history(record: Any, now: datetime) -> None:
    lines = record.history
    assert lines[0].from_state == "INITIAL"
    assert lines[0].at == record.created_at
    assert lines[-1].to_state == record.state, record
    for one, other in pairwise(lines):
        assert one.to_state == other.from_state, (record.id, one, other)
        assert one.at <= other.at <= now, (record.id, one, other)
    over = record.state in ("CLOSED", "CS_CLOSED")
    assert (record.closed_at is not None) == over, record
    if over:
        assert record.closed_at == lines[-1].at
    if type(record).__name__ != "Inquiry":
        assert (record.close_reason is not None) == over, record


def _check_money(record: Any, now: datetime) -> None:
    moves = record.movements
    pending = [move for move in moves if move.status == "PENDING"]
    assert len(pending) <= 1, record
    assert not pending or record.open, record
    paid = sum(
        (m.actual.amount for m in moves if m.status == "SUCCESS" and m.type in TO_BUYER), Decimal(0)
    )
    got = record.buyer_refund.amount if record.buyer_refund else Decimal(0)
    assert paid == got, (record.id, paid, got)
    claim = record.order.with_tax(record.order.total).amount
    postage = sum((ln.maximum.amount for ln in record.lines if ln.stage == "optional"), Decimal(0))
    assert got <= claim + cents(postage * (1 + record.order.tax_rate)), (record.id, got, claim)
    for move in moves:
        assert record.created_at <= move.created_at <= now, (record.id, move)
        assert (move.actual is not None) == (move.status == "SUCCESS") or (
            move.type == "REFUND_PROMOTED_LISTING_FEE"
        )
    if record.refund is None:
        assert record.net_charge is None
    else:
        charge = record.refund.amount - record.fee_credit.amount
        assert record.net_charge.amount == cents(charge * record.rate), record
        assert record.net_charge.currency == record.payout_currency
        assert record.refund.amount <= got
        assert record.refunded_at is not None
    if record.outstanding:
        assert record.refund_status in ("FAILED", "PENDING"), record
        assert record.open or record.close_reason == "REFUND_FAILED", record
    if pending:
        assert record.refund_status == "PENDING"
    if record.open and record.payment is not None and not pending:
        assert record.refund_status == "FAILED", record


def _check_return(record: Any, sim: Simulator) -> None:
    escalated = record.escalated_at is not None and record.open
    assert record.status in ({"ESCALATED"} if escalated else RETURN_PAIRS[record.state]), record
    sums: dict[str, Decimal] = {}
    for line in record.lines:
        sums[line.stage] = sums.get(line.stage, Decimal(0)) + line.amount.amount
    assert sums.get("estimated") == record.estimated.amount, record
    assert sums.get("actual") == (record.refund.amount if record.refund else None), record
    if record.close_reason in REFUNDED_IN_FULL:
        assert record.refund.amount >= record.estimated.amount, record
    if record.state in SELLER_DUES and record.seller_due and not escalated:
        assert record.seller_due.activity == SELLER_DUES[record.state], record
    if record.escalated_at:
        case = sim.world.cases[record.case_id]
        assert case.return_id == record.id
        assert case.open == record.open or case.appealed_at is not None, record
    else:
        assert record.case_id is None
    if not record.open:
        escalation = record.escalated_at is not None
        assert (record.close_reason == "ESCALATED") == escalation, record
    for parcel in record.shipments:
        assert not (parcel.shipped_at and parcel.labelled_at) or (
            parcel.labelled_at <= parcel.shipped_at
        )
        assert not (parcel.delivered_at and parcel.shipped_at) or (
            parcel.shipped_at <= parcel.delivered_at
        )


def _check_inquiry(record: Any, sim: Simulator) -> None:
    assert record.status in INQUIRY_PAIRS[record.state], record
    escalated = record.status == "CLOSED_WITH_ESCALATION"
    assert escalated == (record.escalated_at is not None) == (record.id in sim.world.cases)
    assert record.refund is None or record.refund == record.estimated
    if escalated:
        assert sim.world.cases[record.id].created_at == record.closed_at > record.respond_by


def _check_case(record: Any, sim: Simulator) -> None:
    assert record.state == record.status
    assert record.state in CASE_STATES
    assert record.refund is None or record.refund == record.estimated, record
    if record.close_reason == "BUYER_REFUNDED":
        assert record.refund == record.estimated, record
    if record.appeal_grant:
        assert not record.can_appeal
        assert (record.appeal_refund is not None) <= (record.appeal_grant == "GRANTED")
    assert not record.can_appeal or record.state == "CS_CLOSED"
    if record.can_appeal:
        assert sim.clock.now() < record.closed_at + timedelta(days=30)
    parent = record.parent
    assert parent.case_id == record.id
    assert parent.order == record.order


def _check_cancellation(record: Any, sim: Simulator) -> None:
    if record.close_reason:
        assert record.status == CANCEL_ENDS[record.close_reason], record
    else:
        assert record.status in CANCEL_PAIRS[record.state], record
    if record.close_reason in ("FULL_REFUNDED", "FULL_REFUNDED_AS_PAYOUT"):
        assert record.buyer_refund == record.estimated
    if not record.order.paid:
        assert record.movements == []
