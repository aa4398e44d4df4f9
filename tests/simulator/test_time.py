"""What happens by itself when time passes: in order, and when it is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from postorder_nb.errors import InputError

Stage = Any
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
JOB = (timedelta(minutes=5), timedelta(minutes=26))


def served(at: datetime, due: datetime) -> bool:
    return JOB[0] <= at - due <= JOB[1]


def approved(stage: Stage) -> Any:
    record = stage.open_return()
    stage.call(f"/return/{record.id}/decide", {"decision": "APPROVE"})
    return record


def test_a_frozen_clock_stands_still(stage: Stage) -> None:
    record = stage.open_return()
    for _ in range(5):
        stage.get(f"/return/{record.id}")
    assert stage.sim.clock.now() == NOW
    assert len(record.history) == 1
    assert stage.sim.advance(days=1, hours=2, seconds=3) == NOW + timedelta(
        days=1, hours=2, seconds=3
    )
    with pytest.raises(InputError, match="backwards"):
        stage.sim.advance(days=-1)


def test_reading_a_world_changes_nothing_in_it(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(returns=200, days=40, seed=3)
    world = stage.sim.world
    before = {r.id: (r.state, len(r.history)) for r in world.returns.values()}
    for record_id in before:
        stage.get(f"/return/{record_id}")
    assert {r.id: (r.state, len(r.history)) for r in world.returns.values()} == before
    assert world.ledger == []


def test_a_silent_seller(stage: Stage, calendar: Any) -> None:
    record = stage.open_return()
    due = calendar.business_days_after(NOW, 3, "EBAY_US")
    stage.sim.advance(days=3)
    assert record.state == "RETURN_REQUESTED"
    stage.sim.advance(days=1)
    assert (record.state, record.status) == ("RETURN_REQUEST_TIMEOUT", "RETURN_REQUESTED_TIMEOUT")
    assert record.history[-1].activity == "TIME_OUT_FOR_AUTHORIZE"
    assert served(record.history[-1].at, due)
    stage.sim.advance(days=40)
    assert (record.close_reason, record.history[-1].activity) == (
        "REQUEST_TIMEOUT",
        "TIME_OUT_FOR_ESCALATION",
    )
    assert served(record.closed_at, calendar.business_days_after(NOW, 21, "EBAY_US"))


def test_a_buyer_who_never_ships(stage: Stage, calendar: Any) -> None:
    record = approved(stage)
    stage.sim.advance(days=35)
    assert record.open
    stage.sim.advance(days=1)
    assert (record.close_reason, record.refund) == ("SHIPMENT_TIMEOUT", None)
    assert served(record.closed_at, record.timeout_at)


@pytest.mark.parametrize("auto", [True, False])
def test_a_refund_that_is_overdue(
    make_stage: Callable[..., Stage], calendar: Any, auto: bool
) -> None:
    stage = make_stage(auto_refund=auto)
    record = approved(stage)
    stage.sim.happen(record, "ship")
    stage.sim.happen(record, "deliver")
    stage.sim.advance(days=3)
    assert record.history[4].activity == "REMINDER_FOR_REFUND"
    line = record.history[5]
    assert served(line.at, calendar.business_days_after(NOW, 2, "EBAY_US"))
    if auto:
        assert (line.activity, line.to_state) == (
            "SYSTEM_INITIATED_REFUND",
            "AUTO_REFUND_INITIATED",
        )
        assert (record.close_reason, record.refund) == ("AUTO_REFUNDED", record.estimated)
        lag = record.closed_at - line.at
        assert timedelta(seconds=10) <= lag <= timedelta(seconds=480)
        assert stage.sim.world.ledger[0].kind == "INVOICE_SELLER_FOR_RETURN_SHIPPING"
        assert stage.sim.world.ledger[1].kind == "AUTO_REFUND"
    else:
        assert (line.activity, record.state) == ("TIME_OUT_FOR_REFUND", "REFUND_TIMEOUT")
        stage.sim.advance(days=40)
        assert (record.close_reason, record.refund) == ("REFUND_TIMEOUT", None)


def test_a_parcel_arrives(stage: Stage) -> None:
    record = approved(stage)
    stage.sim.happen(record, "ship", trackingNumber="1Z9", carrierEnum="UPS")
    assert record.history[-1].activity == "BUYER_PROVIDE_TRACKING_INFO"
    stage.sim.advance(days=20)
    activities = [line.activity for line in record.history]
    assert activities[3] == "NOTIFIED_DELIVERED"
    assert record.shipments[-1].delivered_at == record.history[3].at


def test_an_offer_nobody_answers(stage: Stage, calendar: Any) -> None:
    record = stage.open_return()
    offer = {"value": 2, "currency": "USD"}
    body = {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": offer}
    stage.call(f"/return/{record.id}/decide", body)
    stage.sim.advance(days=4)
    assert (record.close_reason, record.history[-1].activity) == (
        "REQUEST_TIMEOUT",
        "TIME_OUT_FOR_AUTHORIZE",
    )
    assert served(record.closed_at, calendar.business_days_after(NOW, 3, "EBAY_US"))


def test_a_label_that_does_not_come(stage: Stage, calendar: Any) -> None:
    record = stage.open_return()
    body = {"decision": "APPROVE_WITHOUT_EBAY_LABEL"}
    stage.call(f"/return/{record.id}/decide", body)
    stage.sim.advance(days=4)
    assert record.state == "RETURN_LABEL_PENDING_TIMEOUT"
    assert served(record.history[-1].at, calendar.business_days_after(NOW, 3, "EBAY_US"))


def test_a_refund_that_failed_is_paid_out_by_eBay(
    make_stage: Callable[..., Stage], campaign: Any
) -> None:
    stage = make_stage(refund_status="FAILED")
    record = stage.open_return()
    body = stage.refund_body(record)
    answer = stage.call(f"/return/{record.id}/issue_refund", body)
    assert answer.json == {"refundStatus": "FAILED"}
    assert (record.state, record.status) == ("REFUND_FAILED", "ITEM_DELIVERED")
    assert record.outstanding.amount == record.estimated.amount
    options = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    assert options["sellerAvailableOptions"][0]["actionType"] == "SELLER_RETRY_REFUND"
    assert options["sellerResponseDue"]["activityDue"] == "SELLER_RETRY_REFUND"
    stage.sim.advance(days=6)
    assert record.close_reason == "BUYER_REFUND_AS_PAYOUT"
    assert record.recoup.amount == record.estimated.amount
    campaign.check(record, stage.sim)


def test_a_refund_that_dawdles(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_status="PENDING", refund_lag=0)
    record = stage.open_return()
    answer = stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record))
    assert answer.json == {"refundStatus": "PENDING"}
    stage.sim.advance(hours=1)
    assert record.state == "REFUND_INITIATED"
    stage.sim.advance(days=5)
    assert record.close_reason == "FULL_REFUNDED"


def test_the_shares_of_refunds_that_do_not_succeed(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_status="shares", refund_lag=0)
    answers = []
    for _ in range(150):
        record = stage.open_return()
        answer = stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record))
        answers.append(answer.json["refundStatus"])
    assert set(answers) <= {"SUCCESS", "PENDING", "FAILED"}
    assert 130 <= answers.count("SUCCESS") < 150


HOURS_16, DAY = timedelta(hours=16), timedelta(days=1)
# What is written in a state before its deadline, and when: so long before which date.
REMINDED = {
    "RETURN_REQUESTED": ("REMINDER_SELLER_TO_RESPOND", lambda r: r.seller_due.at - DAY),
    "RMA_PENDING": ("REMINDER_FOR_RMA", lambda r: r.seller_due.at - DAY),
    "ITEM_READY_TO_SHIP": ("REMINDER_BUYER_TO_SHIP", lambda r: r.buyer_due.at - HOURS_16),
    "ITEM_DELIVERED": ("REMINDER_FOR_REFUND", lambda r: r.seller_due.at - DAY),
    "PARTIAL_REFUND_REQUESTED": (
        "REMINDER_BUYER_TO_RESPOND_RE_OFFER", lambda r: r.buyer_due.at - DAY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("state", REMINDED)
def test_who_has_to_act_is_reminded_once(stage: Stage, ways: Any, state: str) -> None:
    activity, moment = REMINDED[state]
    record = ways.bring(stage, state)
    at = moment(record)
    stage.sim.advance(seconds=(at - stage.sim.clock.now()).total_seconds() - 1)
    assert activity not in [line.activity for line in record.history]
    stage.sim.advance(seconds=1)
    line = record.history[-1]
    assert (line.activity, line.actor, line.at) == (activity, "SYSTEM", at)
    assert (line.from_state, line.to_state) == (state, state)
    stage.sim.advance(days=60)
    assert [line.activity for line in record.history].count(activity) == 1


def test_a_reminder_that_comes_too_late_is_not_written(stage: Stage) -> None:
    record = stage.open_return()
    stage.sim.advance(days=2)
    stage.call(f"/return/{record.id}/send_message", {"message": {"content": "Soon"}})
    moved = [line.activity for line in record.history]
    assert moved == ["BUYER_CREATE_RETURN", "SELLER_SEND_MESSAGE"]
    stage.sim.advance(hours=20)
    assert [line.activity for line in record.history].count("REMINDER_SELLER_TO_RESPOND") == 1


def test_an_inquirys_seller_is_reminded_two_days_on(stage: Stage) -> None:
    record = stage.open_inquiry()
    stage.sim.advance(days=3)
    line = record.history[2]
    assert (line.activity, line.at) == ("Reminder", datetime(2026, 3, 12, 7, tzinfo=UTC))


def test_an_rma_number_that_does_not_come(stage: Stage, ways: Any, calendar: Any) -> None:
    record = ways.bring(stage, "RMA_PENDING")
    due = calendar.business_days_after(NOW, 2, "EBAY_US")
    assert record.seller_due.at == due
    stage.sim.advance(days=4)
    line = record.history[-1]
    assert line.activity == "TIME_OUT_FOR_RMA"
    assert served(line.at, due)
    stage.sim.advance(days=40)
    assert (record.close_reason, record.history[-1].activity) == (
        "REQUEST_TIMEOUT", "TIME_OUT_FOR_ESCALATION",
    )  # fmt: skip


def test_a_buyer_who_does_not_confirm(stage: Stage, ways: Any, calendar: Any) -> None:
    record = ways.bring_cancellation(stage, "CONFIRM_REFUND_PENDING")
    due = calendar.days_after(NOW, 10, "EBAY_US")
    shown = stage.get(f"/cancellation/{record.id}")["cancelDetail"]
    assert shown["buyerResponseDueDate"]["value"] == due.astimezone(UTC).strftime(
        "%Y-%m-%dT%H:%M:%S.000Z"
    )
    stage.sim.advance(days=11)
    assert record.close_reason == "BUYER_CONFIRM_TIMEOUT_NON_PAYPAL_PAID"
    assert served(record.closed_at, due)


def test_an_unused_label_is_void_when_nobody_ships(stage: Stage) -> None:
    record = approved(stage)
    assert [parcel.active for parcel in record.shipments] == [True]
    stage.sim.advance(days=36)
    assert (record.close_reason, [p.active for p in record.shipments]) == (
        "SHIPMENT_TIMEOUT", [False],
    )  # fmt: skip


def test_a_cancellation_nobody_answers(stage: Stage, calendar: Any) -> None:
    record = stage.open_cancellation()
    stage.sim.advance(days=4)
    assert (record.status, record.close_reason) == (
        "CANCEL_REJECTED",
        "SELLER_APPROVE_TIMEOUT_PAID",
    )
    assert served(record.closed_at, calendar.days_after(NOW, 3, "EBAY_US"))


def test_a_cancellations_refund_that_fails_for_good(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_status="FAILED")
    record = stage.open_cancellation(by_buyer=False)
    stage.sim.advance(seconds=2)
    assert record.state == "REFUND_FAILED_RETRY"
    stage.sim.advance(days=6)
    assert (record.status, record.close_reason) == (
        "CANCEL_CLOSED_UNKNOWN_REFUND",
        "REFUND_FAILED",
    )


def test_an_inquiry_nobody_cares_for(stage: Stage, calendar: Any) -> None:
    record = stage.open_inquiry()
    stage.sim.advance(days=29)
    assert record.open
    stage.sim.advance(days=2)
    due = calendar.business_days_after(NOW, 21, "EBAY_US")
    assert record.history[-1].activity == "Case expired."
    assert served(record.closed_at, due + timedelta(seconds=1))


def test_the_window_in_which_an_inquiry_can_become_a_case(stage: Stage, calendar: Any) -> None:
    record = stage.open_inquiry()
    path, body = f"/inquiry/{record.id}/escalate", {"escalateInquiryReason": "NOT_RECEIVED"}
    stage.sim.advance(days=2)
    assert stage.call(path, body, by=record).status == 500
    due = calendar.business_days_after(NOW, 3, "EBAY_US")
    stage.sim.advance(seconds=(due - stage.sim.clock.now()).total_seconds())
    assert stage.call(path, body, by=record).status == 500
    stage.sim.advance(seconds=1)
    assert stage.call(path, body, by=record).status == 200


def test_eBay_decides_and_the_window_for_an_appeal_closes(stage: Stage) -> None:
    decided = []
    for _ in range(12):
        record = stage.open_return()
        stage.sim.happen(record, "seller_silent")
        case_id = stage.call(f"/return/{record.id}/escalate", {}, by=record).json["caseId"]
        decided.append(stage.sim.world.cases[case_id])
    stage.sim.advance(hours=1)
    assert {case.status for case in decided} == {"WAITING_CS"}
    assert all(case.respond_by is None for case in decided)
    stage.sim.advance(days=28)
    assert {case.status for case in decided} == {"CS_CLOSED"}
    assert len({case.close_reason for case in decided}) > 1
    assert all(not case.parent.open for case in decided)
    assert any(case.can_appeal for case in decided)
    stage.sim.advance(days=30)
    for case in decided:
        assert not case.can_appeal
        answer = stage.call(f"/casemanagement/{case.id}/appeal", {})
        assert (answer.status, answer.json["error"][0]["errorId"]) == (500, 292010)


def test_an_appeal_is_answered(stage: Stage) -> None:
    record = stage.open_return()
    stage.sim.happen(record, "seller_silent")
    case_id = stage.call(f"/return/{record.id}/escalate", {}, by=record).json["caseId"]
    case = stage.sim.world.cases[case_id]
    stage.sim.happen(case, "buyer_wins")
    stage.call(f"/casemanagement/{case_id}/appeal", {})
    stage.sim.advance(days=14)
    assert case.appeal_grant in ("GRANTED", "DENIED")
    assert case.status == "CS_CLOSED"


def test_it_does_not_matter_how_time_passes(make_stage: Callable[..., Stage]) -> None:
    def end(steps: int) -> list[Any]:
        stage = make_stage(returns=120, days=30, seed=4)
        for _ in range(steps):
            stage.sim.advance(days=60 / steps)
        world = stage.sim.world
        return [
            (r.id, r.close_reason, r.closed_at, r.refund)
            for shelf in (world.returns, world.inquiries, world.cases, world.cancellations)
            for r in shelf.values()
        ]

    assert end(1) == end(60)


def test_a_world_left_alone_comes_to_rest(make_stage: Callable[..., Stage], campaign: Any) -> None:
    stage = make_stage(returns=300, days=30, seed=6)
    world = stage.sim.world
    waiting = [r for r in world.returns.values() if r.open]
    assert len(waiting) > 30
    stage.sim.advance(days=120)
    for shelf in (world.returns, world.inquiries, world.cases, world.cancellations):
        for record in shelf.values():
            campaign.check(record, stage.sim)
            lost = record.state == "ITEM_SHIPPED" and (
                record.history[-1].activity == "TIME_OUT_FOR_DELIVERY"
            )
            failed = record.state == "REFUND_AGREED_BUT_FAILED"
            assert not record.open or lost or failed, record
    times = [entry.at for entry in world.ledger]
    assert all(one <= other for one, other in pairwise(times))
    assert len(times) > 10


def test_a_ticking_clock_moves_what_is_due(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(now=None, refund_lag=1)
    record = stage.open_return()
    stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record))
    assert record.state == "REFUND_INITIATED"
    threading.Event().wait(2.1)
    assert record.state == "REFUND_INITIATED"
    assert stage.get(f"/return/{record.id}")["detail"]["closeInfo"]["returnCloseReason"] == (
        "FULL_REFUNDED"
    )
    stage.sim.advance(days=1)
    ahead = stage.sim.clock.now() - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < ahead < timedelta(hours=24, minutes=1)


def test_what_cannot_happen_is_said(stage: Stage) -> None:
    record = stage.open_return()
    with pytest.raises(InputError, match=r"SYSTEM cannot deliver while .* is RETURN_REQUESTED"):
        stage.sim.happen(record, "deliver")
    with pytest.raises(InputError, match="cannot dance"):
        stage.sim.happen(record, "dance")
