"""The rules of cancellations, inquiries and cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from postorder_nb.simulator import World

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CANCEL_STEPS = {
    "SELLER_CREATE_CANCEL": {("INITIAL", "REFUND_PENDING"), ("INITIAL", "CLOSED")},
    "BUYER_CREATE_CANCEL": {("INITIAL", "APPROVAL_PENDING")},
    "SELLER_APPROVE": {("APPROVAL_PENDING", "REFUND_PENDING"), ("APPROVAL_PENDING", "CLOSED")},
    "SELLER_REJECT": {("APPROVAL_PENDING", "CLOSED")},
    "SYSTEM_REJECT": {("APPROVAL_PENDING", "CLOSED")},
    "SYSTEM_TIMEOUT_FOR_APPROVAL": {("APPROVAL_PENDING", "CLOSED")},
    "SYSTEM_CHARGEBACK_OPENED": {("APPROVAL_PENDING", "CLOSED")},
    "SYSTEM_REFUND": {
        ("REFUND_PENDING", "REFUND_INITIATED"),
        ("REFUND_FAILED_RETRY", "REFUND_INITIATED"),
    },
    "SYSTEM_NOTIFY_REFUND_STATUS": {
        ("REFUND_INITIATED", "CLOSED"),
        ("REFUND_INITIATED", "REFUND_FAILED_RETRY"),
    },
    "SYSTEM_NOTIFY_PAYOUT_STATUS": {("REFUND_FAILED_RETRY", "CLOSED")},
    "SYSTEM_TIMEOUT_FOR_NOTIFY_REFUND_STATUS": {("REFUND_FAILED_RETRY", "CLOSED")},
}
CANCEL_ENDS = {
    "FULL_REFUNDED": "CANCEL_CLOSED_WITH_REFUND",
    "FULL_REFUNDED_AS_PAYOUT": "CANCEL_CLOSED_WITH_REFUND",
    "SELLER_APPROVE_UNPAID": "CANCEL_CLOSED_NO_REFUND",
    "SELLER_CANCEL_UNPAID": "CANCEL_CLOSED_NO_REFUND",
    "CHARGEBACK_DISPUTE_FILED": "CANCEL_CLOSED_NO_REFUND",
    "REFUND_FAILED": "CANCEL_CLOSED_UNKNOWN_REFUND",
    "SELLER_APPROVE_TIMEOUT_UNPAID": "CANCEL_CLOSED_FOR_COMMITMENT",
    "SELLER_APPROVE_TIMEOUT_PAID": "CANCEL_REJECTED",
    "SELLER_DECLINE": "CANCEL_REJECTED",
    "SYSTEM_NOTIFY_SHIPPING_STATUS": "CANCEL_REJECTED",
}
INQUIRY_PAIRS = {
    "PENDING_CREATED": {"PENDING"},
    "CREATED": {"WAITING_SELLER_RESPONSE", "WAITING_BUYER_RESPONSE", "OPEN"},
    "TRACKING_PROVIDED": {"WAITING_BUYER_RESPONSE"},
    "SHIPPING_INFO_PROVIDED": {"WAITING_BUYER_RESPONSE"},
    "FULL_REFUND_AGREED": {"WAITING_SELLER_RESPONSE"},
    "VOLUNTARY_REFUND_PAYOUT_PENDING": {"PENDING"},
    "AUTO_DISPOSE_MONEY_MOVEMENT_PENDING": {"PENDING"},
    "ON_HOLD_FOR_UPLOAD": {"PENDING"},
    "CLOSED": {"CLOSED", "CLOSED_WITH_ESCALATION", "CS_CLOSED"},
}
CASE_STATES = {
    "OPEN",
    "WAITING_CS",
    "WAITING_DELIVERY",
    "ON_HOLD",
    "REFUND_AGREED_BUT_FAILED",
    "CLOSED",
    "CS_CLOSED",
}


def test_only_allowed_steps_are_taken(world: World) -> None:
    for record in world.cancellations.values():
        for line in record.history:
            assert (line.from_state, line.to_state) in CANCEL_STEPS[line.activity], record.id


def test_states_of_inquiries_and_cases_go_with_their_statuses(world: World) -> None:
    for record in world.inquiries.values():
        assert record.status in INQUIRY_PAIRS[record.state]
        escalated = record.status == "CLOSED_WITH_ESCALATION"
        assert escalated == (record.escalated_at is not None) == (record.id in world.cases)
    for case in world.cases.values():
        assert case.status == case.state
        assert case.state in CASE_STATES


def test_a_closed_cancellation_says_how_it_ended(world: World) -> None:
    for record in world.cancellations.values():
        if record.close_reason:
            assert record.status == CANCEL_ENDS[record.close_reason]
        else:
            waits = record.state == "APPROVAL_PENDING"
            assert record.status == ("CANCEL_REQUESTED" if waits else "CANCEL_PENDING")


def test_an_inquirys_case_keeps_its_number_and_claim(world: World) -> None:
    cases = [case for case in world.cases.values() if case.case_type == "ITEM_NOT_RECEIVED"]
    assert cases
    for case in cases:
        inquiry = world.inquiries[case.id]
        assert inquiry.case_id == case.id
        assert case.return_id is None
        assert case.created_at == inquiry.escalated_at == inquiry.closed_at
        assert case.created_at > inquiry.respond_by
        assert case.estimated == inquiry.estimated


def test_inquiries_claim_price_and_shipping(world: World, calendar: Any, cents: Any) -> None:
    for record in world.inquiries.values():
        item = record.item
        claim = item.price.amount * record.order.quantity + item.shipping.amount
        assert record.estimated.amount == claim
        assert record.total.amount == claim + cents(claim * record.order.tax_rate)
        assert record.refund is None or record.refund.amount == claim
        assert record.respond_by == calendar.business_days_after(
            record.created_at, 3, record.marketplace
        )
        if record.shipments and record.shipments[0].delivered_at:
            assert record.closed_at is None or record.closed_at > record.delivered_at


def test_cases_are_decided_with_the_money_that_follows(world: World) -> None:
    for case in world.cases.values():
        if case.appeal_grant:
            assert case.appealed_at < case.closed_at
            assert case.can_appeal is False
            assert (case.appeal_refund is not None) == (case.appeal_grant == "GRANTED")
            continue
        if case.close_reason in ("BUYER_WINS_SELLER_FAULT", "BUYER_REFUNDED"):
            assert case.refund == case.estimated
        elif case.close_reason == "BUYER_WINS_NO_SELLER_FAULT":
            assert case.refund is None
            assert case.buyer_refund.amount >= case.estimated.amount
        elif case.close_reason and case.close_reason.startswith("SELLER_WINS"):
            assert case.refund is None
            assert case.buyer_refund is None
        if case.close_reason and case.close_reason.startswith(("BUYER_WINS_S", "ESCALATE_CS_AUTO")):
            assert case.can_appeal == (NOW - case.closed_at < timedelta(days=30))


def test_cancellations_keep_their_dates_and_their_money(world: World, calendar: Any) -> None:
    for record in world.cancellations.values():
        order = record.order
        if record.requestor == "BUYER":
            due = calendar.days_after(record.created_at, 3, record.marketplace)
            assert record.respond_by == due
            if record.history[-1].activity == "SYSTEM_TIMEOUT_FOR_APPROVAL":
                late = record.closed_at - due
                assert timedelta(minutes=5) <= late <= timedelta(minutes=26)
        if record.reason == "ORDER_UNPAID":
            assert not order.paid
            assert record.created_at - order.placed_at >= timedelta(days=4)
            assert order.legacy_id == f"{record.item.item_id}-{order.transaction_id}"
        elif order.paid:
            assert record.created_at <= order.dispatch_at
            assert order.legacy_id == order.order_id
        if record.status == "CANCEL_CLOSED_WITH_REFUND":
            assert record.buyer_refund == record.estimated
        if not order.paid:
            assert record.movements == []
