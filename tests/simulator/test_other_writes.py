"""What the writes on inquiries, cases and cancellations do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

Stage = Any
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def moved(stage: Stage, record: Any) -> list[tuple[str, Decimal]]:
    return [(e.kind, e.amount) for e in stage.sim.world.ledger if e.record_id == record.id]


# -- inquiries ------------------------------------------------------------------------------------


def test_an_inquiry_from_the_report_to_the_refund(stage: Stage) -> None:
    order = stage.order(14, shipping=True)
    body = {
        "itemId": order.item.item_id,
        "transactionId": order.transaction_id,
        "desiredOutcome": "FULL_REFUND",
        "comments": {"content": "Where is it?"},
    }
    answer = stage.call("/inquiry", body, by=order)
    assert (answer.status, answer.body) == (201, b"")
    inquiry_id = answer.headers["location"].rpartition("/")[2]
    record = stage.sim.world.inquiries[inquiry_id]
    assert record.state == "PENDING_CREATED"
    stage.sim.advance(seconds=131)
    assert (record.state, record.status) == ("CREATED", "WAITING_SELLER_RESPONSE")
    path = f"/inquiry/{inquiry_id}"
    refund = stage.call(f"{path}/issue_refund", {"comments": {"content": "Sorry"}}).json
    assert refund == {"refundResult": {"refundSource": "INSTANT_REFUND", "refundStatus": "SUCCESS"}}
    assert record.state == "VOLUNTARY_REFUND_PAYOUT_PENDING"
    stage.sim.advance(seconds=480)
    assert (record.state, record.status) == ("CLOSED", "CLOSED")
    claim = order.item.price.amount * order.quantity + order.item.shipping.amount
    assert record.refund.amount == claim
    found = stage.get(path)
    (entry,) = found["inquiryHistoryDetails"]["history"][-1]["moneyMovement"][
        "moneyMovementEntryList"
    ]
    assert (entry["type"], entry["fundingStatus"]) == ("REFUND", "FUNDED")
    assert Decimal(str(entry["amount"]["value"])) == claim - record.fee_credit.amount
    assert moved(stage, record) == [("REFUND", claim + cents(claim * order.tax_rate))]


def test_where_the_parcel_is(stage: Stage) -> None:
    record = stage.open_inquiry()
    stage.sim.happen(record, "begin")
    body = {
        "shippingCarrierName": "USPS",
        "shippingDate": {"value": "2026-02-26T10:00:00.000Z"},
        "shippedWithTracking": True,
        "trackingNumber": "94001118",
        "sellerComments": {"content": "Sent in time"},
    }
    answer = stage.call(f"/inquiry/{record.id}/provide_shipment_info", body)
    assert (answer.status, answer.body) == (200, b"")
    assert (record.state, record.status) == ("TRACKING_PROVIDED", "WAITING_BUYER_RESPONSE")
    details = stage.get(f"/inquiry/{record.id}")["inquiryHistoryDetails"]
    tracking = details["shipmentTrackingDetails"]
    assert (tracking["carrier"], tracking["trackingNumber"]) == ("USPS", "94001118")
    assert details["history"][-1]["description"] == "Sent in time"
    stage.sim.happen(record, "deliver")
    stage.sim.advance(hours=24, seconds=1600)
    assert (record.state, record.refund) == ("CLOSED", None)


def test_a_failed_refund_of_an_inquiry_is_tried_again(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_status="FAILED")
    record = stage.open_inquiry()
    stage.sim.happen(record, "begin")
    refund = stage.call(f"/inquiry/{record.id}/issue_refund", {}).json["refundResult"]
    assert refund["refundStatus"] == "FAILED"
    assert (record.state, record.refund_status) == ("FULL_REFUND_AGREED", "FAILED")
    assert record.outstanding.amount == record.estimated.amount
    assert stage.call(f"/inquiry/{record.id}/issue_refund", {}).status == 200
    assert moved(stage, record) == []


# -- cases ----------------------------------------------------------------------------------------


def a_case(stage: Stage) -> Any:
    record = stage.open_return()
    stage.sim.happen(record, "seller_silent")
    case_id = stage.call(f"/return/{record.id}/escalate", {}, by=record).json["caseId"]
    return stage.sim.world.cases[case_id]


def test_a_seller_refunds_before_eBay_decides(stage: Stage) -> None:
    case = a_case(stage)
    answer = stage.call(f"/casemanagement/{case.id}/issue_refund", {}).json
    assert answer["refundResult"]["refundStatus"] == "SUCCESS"
    stage.sim.advance(seconds=480)
    assert (case.status, case.close_reason) == ("CLOSED", "BUYER_REFUNDED")
    assert case.refund == case.parent.refund == case.estimated
    assert [kind for kind, _ in moved(stage, case)] == ["REFUND"]
    again = stage.call(f"/casemanagement/{case.id}/issue_refund", {})
    assert (again.status, again.json["error"][0]["errorId"]) == (500, 292010)


def test_the_item_goes_back_first(stage: Stage) -> None:
    case = a_case(stage)
    stage.sim.happen(case, "return_first")
    path = f"/casemanagement/{case.id}"
    address = {"addressLine1": "1 Quay", "city": "Hull", "country": "GB"}
    body = {"returnAddress": address, "firstName": "Ann", "RMA": "R1"}
    assert stage.call(f"{path}/provide_return_address", body).status == 200
    details = stage.get(path)["returnDetails"]
    assert (details["address"], details["firstName"], details["RMA"]) == (address, "Ann", "R1")
    parcel = {"shippingCarrierName": "UPS", "trackingNumber": "1Z9"}
    assert stage.call(f"{path}/provide_shipment_info", parcel, by=case).status == 200
    assert case.status == "WAITING_DELIVERY"
    tracking = stage.get(path)["caseHistoryDetails"]["shipmentTrackingDetails"]
    assert tracking["trackingNumber"] == "1Z9"
    stage.sim.happen(case, "deliver")
    assert (case.status, case.close_reason) == ("CS_CLOSED", "RETURN_TRACKING_DELIVERED")
    assert case.buyer_refund == case.total


@pytest.mark.parametrize(("answer", "grant"), [("grant", "GRANTED"), ("deny", "DENIED")])
def test_an_appeal(stage: Stage, answer: str, grant: str) -> None:
    case = a_case(stage)
    stage.sim.happen(case, "buyer_wins")
    path = f"/casemanagement/{case.id}"
    assert stage.get(path)["appealDetails"]["eligibleForAppeal"] is True
    assert stage.call(f"{path}/appeal", {"comments": {"content": "Proof"}}).status == 200
    appeal = stage.get(path)["appealDetails"]
    assert appeal["appealStatusEnum"] == "SELLER_APPEALED"
    assert appeal["eligibleForAppeal"] is False
    stage.sim.happen(case, answer)
    appeal = stage.get(path)["appealDetails"]
    assert appeal["appealStatus"] == grant
    assert (appeal["appealRefundAmount"] is not None) == (grant == "GRANTED")
    outcome = {"GRANTED": "SELLER_WINS_BUYER_FAULT", "DENIED": "BUYER_WINS_SELLER_FAULT"}
    assert (case.status, case.close_reason) == ("CS_CLOSED", outcome[grant])


# -- cancellations --------------------------------------------------------------------------------


def test_a_seller_cancels_and_the_money_follows(stage: Stage) -> None:
    record = stage.open_cancellation(by_buyer=False)
    assert (record.state, record.status) == ("REFUND_PENDING", "CANCEL_PENDING")
    stage.sim.advance(seconds=1)
    assert record.state == "REFUND_INITIATED"
    stage.sim.advance(seconds=480)
    assert (record.state, record.status) == ("CLOSED", "CANCEL_CLOSED_WITH_REFUND")
    assert record.close_reason == "FULL_REFUNDED"
    total = record.order.total.amount
    with_tax = total + cents(total * record.order.tax_rate)
    assert moved(stage, record) == [("SELLER_VOLUNTARY_REFUND", with_tax)]
    lines = stage.get(f"/cancellation/{record.id}")["cancelDetail"]["activityHistories"]
    assert [(line["activityType"], line["activityParty"]) for line in lines] == [
        ("SELLER_CREATE_CANCEL", "SELLER"),
        ("SYSTEM_REFUND", "UNKNOWN"),
        ("SYSTEM_NOTIFY_REFUND_STATUS", "UNKNOWN"),
    ]


def test_a_buyers_wish_is_granted_or_not(stage: Stage, calendar: Any) -> None:
    granted, refused = stage.open_cancellation(), stage.open_cancellation()
    assert granted.status == "CANCEL_REQUESTED"
    assert granted.respond_by == calendar.days_after(NOW, 3, "EBAY_US")
    answer = stage.call(f"/cancellation/{granted.id}/approve")
    assert (answer.status, answer.body) == (200, b"")
    shipped = {"shipmentDate": {"value": "2026-03-10T09:00:00.000Z"}, "trackingNumber": "94"}
    assert stage.call(f"/cancellation/{refused.id}/reject", shipped).status == 200
    assert (refused.status, refused.close_reason) == ("CANCEL_REJECTED", "SELLER_DECLINE")
    found = stage.get(f"/cancellation/{refused.id}")["cancelDetail"]
    assert found["shipmentDate"] == {"value": "2026-03-10T09:00:00.000Z"}
    stage.sim.advance(seconds=600)
    assert granted.buyer_refund == granted.estimated
    assert refused.movements == []


@pytest.mark.parametrize(
    ("events", "reasons"),
    [
        (("send_refund", "refund_confirmed"), ["CANCELLATION_EXIST", "FULL_REFUNDED_ORDER"]),
        (("chargeback",), ["CANCELLATION_EXIST", "CHARGEBACK_OPENED"]),
    ],
)
def test_what_became_of_an_order_is_among_the_reasons(
    stage: Stage, events: tuple[str, ...], reasons: list[str]
) -> None:
    record = stage.open_cancellation(by_buyer=False)
    for event in events:
        stage.sim.happen(record, event)
    asked = stage.call("/cancellation/check_eligibility", {"legacyOrderId": record.order_id})
    assert (asked.json["eligible"], asked.json["failureReason"]) == (False, reasons)


def test_a_part_that_was_refunded_is_among_the_reasons(stage: Stage, ways: Any) -> None:
    record = ways.bring(stage, "LESS_THAN_A_FULL_REFUND_ISSUED")
    asked = stage.call("/cancellation/check_eligibility", {"legacyOrderId": record.order_id})
    assert asked.json["failureReason"] == [
        "RETURN_EXIST",
        "SHIPPED_ORDER",
        "PARTIAL_REFUNDED_ORDER",
    ]


def test_an_order_that_cannot_be_cancelled(stage: Stage) -> None:
    record = stage.open_cancellation()
    answer = stage.call("/cancellation", {"legacyOrderId": record.order.order_id})
    assert answer.status == 200
    assert set(answer.json) == {"orderEligibilityResult"}
    result = answer.json["orderEligibilityResult"]
    assert (result["eligible"], result["failureReason"]) == (False, ["CANCELLATION_EXIST"])
    nobody = stage.call("/cancellation", {"legacyOrderId": "1-1-1"}).json
    assert nobody["orderEligibilityResult"]["failureReason"] == ["INVALID_ORDER"]
    assert len(stage.sim.world.cancellations) == 1
