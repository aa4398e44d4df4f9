"""The rules of returns: which line leads where, and what money and dates follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from postorder_nb.simulator import World

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEEP = "(the same)"

# Which line may lead from where to where.
READY, ASKED = "ITEM_READY_TO_SHIP", "RETURN_REQUESTED"
RETURN_STEPS = {
    "BUYER_CREATE_RETURN": {("INITIAL", ASKED)},
    "SUBMIT_FILE": {(KEEP, KEEP)},
    "SELLER_SEND_MESSAGE": {(KEEP, KEEP)},
    "BUYER_SEND_MESSAGE": {(KEEP, KEEP)},
    "REMINDER_SELLER_TO_RESPOND": {(ASKED, ASKED)},
    "REMINDER_BUYER_TO_SHIP": {(READY, READY)},
    "TIME_OUT_FOR_DELIVERY": {("ITEM_SHIPPED", "ITEM_SHIPPED")},
    "EBAY_RULE_AUTO_APPROVE": {(ASKED, READY), ("RETURN_REQUEST_TIMEOUT", READY)},
    "SELLER_APPROVE_REQUEST": {
        (ASKED, READY),
        (ASKED, "RMA_PENDING"),
        (ASKED, "RETURN_LABEL_PENDING"),
        (ASKED, "ITEM_KEPT"),
        ("RETURN_REQUEST_TIMEOUT", READY),
        ("PARTIAL_REFUND_DECLINED", READY),
    },
    "SELLER_PROVIDE_RMA": {("RMA_PENDING", READY)},
    "SELLER_PROVIDE_LABEL": {
        ("RETURN_LABEL_PENDING", READY),
        ("RETURN_LABEL_PENDING_TIMEOUT", READY),
    },
    "TIME_OUT_FOR_PROVIDE_LABEL": {("RETURN_LABEL_PENDING", "RETURN_LABEL_PENDING_TIMEOUT")},
    "TIME_OUT_FOR_AUTHORIZE": {
        (ASKED, "RETURN_REQUEST_TIMEOUT"),
        ("PARTIAL_REFUND_REQUESTED", "CLOSED"),
    },
    "NOTIFIED_SHIPPED": {(READY, "ITEM_SHIPPED")},
    "BUYER_PROVIDE_TRACKING_INFO": {(READY, "ITEM_SHIPPED")},
    "NOTIFIED_DELIVERED": {("ITEM_SHIPPED", "ITEM_DELIVERED")},
    "SELLER_MARK_AS_RECEIVED": {("ITEM_SHIPPED", "ITEM_DELIVERED")},
    "SELLER_ISSUE_REFUND": {
        (ASKED, "REFUND_INITIATED"),
        ("ITEM_DELIVERED", "REFUND_INITIATED"),
        ("REFUND_TIMEOUT", "REFUND_INITIATED"),
        ("ITEM_DELIVERED", "LESS_THAN_A_FULL_REFUND_ISSUED"),
    },
    "SYSTEM_IMMEDIATE_REFUND": {(ASKED, "REFUND_INITIATED")},
    "SYSTEM_INITIATED_REFUND": {("ITEM_DELIVERED", "AUTO_REFUND_INITIATED")},
    "NOTIFY_UPDATE_REFUND_STATUS": {
        ("REFUND_INITIATED", "CLOSED"),
        ("REFUND_INITIATED", "REFUND_FAILED"),
        ("AUTO_REFUND_INITIATED", "CLOSED"),
        ("AUTO_REFUND_INITIATED", "REFUND_FAILED"),
        ("PARTIAL_REFUND_INITIATED", "CLOSED"),
        ("PARTIAL_REFUND_INITIATED", "PARTIAL_REFUND_FAILED"),
        ("PAYOUT_INITIATED", "CLOSED"),
    },
    "SELLER_RETRY_REFUND": {
        ("REFUND_FAILED", "REFUND_INITIATED"),
        ("PARTIAL_REFUND_FAILED", "PARTIAL_REFUND_INITIATED"),
    },
    "SYSTEM_BUYER_REFUND_AS_PAYOUT": {("REFUND_FAILED", "REFUND_AS_PAYOUT_INITIATED")},
    "TIME_OUT_AFTER_REFUNDED_AS_PAYOUT": {("REFUND_AS_PAYOUT_INITIATED", "CLOSED")},
    "TIME_OUT_FOR_REFUND": {("ITEM_DELIVERED", "REFUND_TIMEOUT")},
    "SYSTEM_SELLER_CHARGE": {("REFUND_TIMEOUT", "PAYOUT_INITIATED")},
    "TIME_OUT_AFTER_REFUNDED": {("LESS_THAN_A_FULL_REFUND_ISSUED", "CLOSED")},
    "SELLER_OFFER_PARTIAL_REFUND": {(ASKED, "PARTIAL_REFUND_REQUESTED")},
    "BUYER_ACCEPTS_PARTIAL_REFUND": {("PARTIAL_REFUND_REQUESTED", "PARTIAL_REFUND_INITIATED")},
    "BUYER_DECLINE_PARTIAL_REFUND": {("PARTIAL_REFUND_REQUESTED", "PARTIAL_REFUND_DECLINED")},
    "TIME_OUT_FOR_ESCALATION": {
        ("PARTIAL_REFUND_DECLINED", "CLOSED"),
        ("RETURN_REQUEST_TIMEOUT", "CLOSED"),
        ("RETURN_LABEL_PENDING_TIMEOUT", "CLOSED"),
    },
    "SELLER_DECLINE_REQUEST": {(ASKED, "RETURN_REJECTED")},
    "TIME_OUT_AFTER_DECLINE": {("RETURN_REJECTED", "CLOSED")},
    "TIME_OUT_FOR_SHIPPING_SYSTEM_CLOSE": {(READY, "CLOSED")},
    "BUYER_CLOSE_RETURN": {(READY, "CLOSED"), ("RETURN_REJECTED", "CLOSED")},
    "BUYER_ESCALATE": {
        (state, state)
        for state in (
            "RETURN_REQUEST_TIMEOUT",
            "RETURN_LABEL_PENDING_TIMEOUT",
            "REFUND_TIMEOUT",
            "PARTIAL_REFUND_DECLINED",
        )
    },
    "SELLER_ESCALATE": {("ITEM_DELIVERED", "ITEM_DELIVERED")},
    "SYSTEM_CLOSE_RETURN": {
        (state, "CLOSED")
        for state in (
            "ITEM_KEPT",
            "ITEM_DELIVERED",
            "RETURN_REQUEST_TIMEOUT",
            "RETURN_LABEL_PENDING_TIMEOUT",
            "REFUND_TIMEOUT",
            "PARTIAL_REFUND_DECLINED",
        )
    },
    "CHARGEBACK_OPEN": {(ASKED, "CLOSED")},
}
RETURN_PAIRS = {
    ASKED: {"RETURN_REQUESTED"},
    "RETURN_REQUEST_TIMEOUT": {"RETURN_REQUESTED_TIMEOUT"},
    "RMA_PENDING": {"WAITING_FOR_RMA"},
    "RETURN_LABEL_PENDING": {"WAITING_FOR_RETURN_LABEL"},
    "RETURN_LABEL_PENDING_TIMEOUT": {"WAITING_FOR_RETURN_LABEL"},
    READY: {"READY_FOR_SHIPPING"},
    "ITEM_SHIPPED": {"ITEM_SHIPPED"},
    "ITEM_DELIVERED": {"ITEM_DELIVERED"},
    "PARTIAL_REFUND_REQUESTED": {"PARTIAL_REFUND_REQUESTED"},
    "PARTIAL_REFUND_DECLINED": {"PARTIAL_REFUND_DECLINED"},
    "PARTIAL_REFUND_INITIATED": {"PARTIAL_REFUND_INITIATED"},
    "PARTIAL_REFUND_FAILED": {"PARTIAL_REFUND_FAILED"},
    "ITEM_KEPT": {"CLOSED", "LESS_THAN_A_FULL_REFUND_ISSUED"},
    "LESS_THAN_A_FULL_REFUND_ISSUED": {"LESS_THAN_A_FULL_REFUND_ISSUED"},
    "REFUND_INITIATED": {"RETURN_REQUESTED", "ITEM_DELIVERED"},
    "AUTO_REFUND_INITIATED": {"ITEM_DELIVERED"},
    "REFUND_FAILED": {"ITEM_DELIVERED"},
    "REFUND_TIMEOUT": {"ITEM_DELIVERED"},
    "PAYOUT_INITIATED": {"ITEM_DELIVERED"},
    "REFUND_AS_PAYOUT_INITIATED": {"ITEM_DELIVERED"},
    "RETURN_REJECTED": {"RETURN_REJECTED"},
    "CLOSED": {"CLOSED"},
}
RETURN_CLOSED_BY = {
    "NOTIFY_UPDATE_REFUND_STATUS": {
        "FULL_REFUNDED",
        "FULL_REFUNDED_BY_DISPOSITION_RULE",
        "AUTO_REFUNDED",
        "PARTIALLY_REFUNDED",
        "BUYER_PAYOUT",
    },
    "SYSTEM_CLOSE_RETURN": {"FULL_REFUNDED", "ESCALATED"},
    "TIME_OUT_AFTER_REFUNDED_AS_PAYOUT": {"BUYER_REFUND_AS_PAYOUT"},
    "TIME_OUT_AFTER_REFUNDED": {"BUYER_ACCEPT_LESS_THAN_FULL_REFUND"},
    "TIME_OUT_FOR_AUTHORIZE": {"REQUEST_TIMEOUT"},
    "TIME_OUT_FOR_ESCALATION": {"REQUEST_TIMEOUT"},
    "TIME_OUT_AFTER_DECLINE": {"RETURN_REJECTED"},
    "TIME_OUT_FOR_SHIPPING_SYSTEM_CLOSE": {"SHIPMENT_TIMEOUT"},
    "BUYER_CLOSE_RETURN": {"BUYER_CLOSED"},
    "CHARGEBACK_OPEN": {"CHARGEBACK_DISPUTE_FILED"},
}
REFUNDED_IN_FULL = {
    "FULL_REFUNDED",
    "FULL_REFUNDED_BY_DISPOSITION_RULE",
    "AUTO_REFUNDED",
    "BUYER_PAYOUT",
    "BUYER_REFUND_AS_PAYOUT",
}
REFUNDED_IN_PART = {"PARTIALLY_REFUNDED", "BUYER_ACCEPT_LESS_THAN_FULL_REFUND"}


def test_only_allowed_steps_are_taken(world: World) -> None:
    for record in world.returns.values():
        for line in record.history:
            step = (line.from_state, line.to_state)
            allowed = RETURN_STEPS[line.activity]
            kept = line.from_state == line.to_state and (KEEP, KEEP) in allowed
            assert kept or step in allowed, (record.id, line)


def test_states_go_with_their_statuses(world: World) -> None:
    for record in world.returns.values():
        waiting = record.escalated_at is not None and record.open
        expected = {"ESCALATED"} if waiting else RETURN_PAIRS[record.state]
        assert record.status in expected, record.id


def test_returns_close_for_the_reason_their_last_line_gives(world: World) -> None:
    for record in world.returns.values():
        if record.open:
            continue
        assert record.close_reason in RETURN_CLOSED_BY[record.history[-1].activity], record.id
        if record.close_reason in REFUNDED_IN_FULL:
            assert record.refund == record.estimated
        elif record.close_reason in REFUNDED_IN_PART:
            assert Decimal(0) < record.refund.amount < record.estimated.amount
        elif record.close_reason != "ESCALATED":
            assert record.refund is None


def test_lines_of_a_return_add_up(world: World) -> None:
    for record in world.returns.values():
        sums: dict[str, Decimal] = {}
        for line in record.lines:
            sums[line.stage] = sums.get(line.stage, Decimal(0)) + line.amount.amount
        assert sums["estimated"] == record.estimated.amount
        assert record.buyer_estimated.amount >= record.estimated.amount
        if record.refund:
            assert sums["actual"] == record.refund.amount, record.id
        else:
            assert "actual" not in sums


def test_dates_of_a_return_follow_each_other(world: World, calendar: Any) -> None:
    for record in world.returns.values():
        site = record.marketplace
        assert record.order.placed_at <= record.delivered_at <= record.created_at
        dates = [record.created_at]
        for parcel in record.shipments:
            dates += [at for at in (parcel.labelled_at, parcel.shipped_at) if at]
            dates += [parcel.delivered_at] if parcel.delivered_at else []
        if record.refunded_at:
            dates.append(record.refunded_at)
        dates.append(record.closed_at or NOW)
        assert dates == sorted(dates), record.id
        for due in (record.seller_due, record.buyer_due):
            assert due is None or calendar.time(due.at, site) == "23:59:59"
        if record.timeout_at:
            assert record.timeout_at == calendar.days_after(
                record.created_at, 35, site
            ) + timedelta(milliseconds=999)
            assert record.ship_by == calendar.days_after(record.created_at, 21, site) + timedelta(
                seconds=1, milliseconds=1
            )


def test_the_seller_has_three_business_days_and_two_for_the_refund(
    world: World, calendar: Any
) -> None:
    asked = delivered = 0
    for record in world.returns.values():
        if record.status == "RETURN_REQUESTED" and record.state == "RETURN_REQUESTED":
            asked += 1
            due = calendar.business_days_after(record.created_at, 3, record.marketplace)
            assert (record.seller_due.activity, record.seller_due.at) == (
                "SELLER_APPROVE_REQUEST",
                due,
            )
        if record.state == "ITEM_DELIVERED" and record.status == "ITEM_DELIVERED":
            delivered += 1
            at = record.shipments[-1].delivered_at
            assert record.seller_due.activity == "SELLER_ISSUE_REFUND"
            assert record.seller_due.at == calendar.business_days_after(at, 2, record.marketplace)
    if len(world.returns) and world.first > NOW - timedelta(days=30):
        assert asked > 5
        assert delivered > 5


def test_escalated_returns_and_their_cases_know_each_other(world: World) -> None:
    escalated = [record for record in world.returns.values() if record.escalated_at]
    assert escalated
    for record in escalated:
        case = world.cases[record.case_id]
        assert case.return_id == record.id
        assert case.case_type == "RETURN"
        assert case.created_at == record.escalated_at
        assert case.order == record.order
        assert record.refund == case.refund
        if record.close_reason:
            assert record.close_reason == "ESCALATED"
    assert all(r.case_id is None for r in world.returns.values() if not r.escalated_at)
    from_returns = {c.return_id for c in world.cases.values()} - {None}
    assert from_returns == {record.id for record in escalated}
