"""What the writes on returns do: states, money, history, and the answers' shapes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

Stage = Any
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def back(stage: Stage, **more: Any) -> Any:
    """A return whose parcel is back."""
    record = stage.open_return(**more)
    assert stage.call(f"/return/{record.id}/decide", {"decision": "APPROVE"}).status == 200
    stage.sim.happen(record, "ship")
    stage.sim.happen(record, "deliver")
    return record


def moved(stage: Stage, record: Any) -> list[tuple[str, Decimal]]:
    return [(e.kind, e.amount) for e in stage.sim.world.ledger if e.record_id == record.id]


def test_a_buyer_opens_a_return(stage: Stage, calendar: Any) -> None:
    order = stage.order(12, shipping=True)
    request = {
        "itemId": order.item.item_id,
        "transactionId": order.transaction_id,
        "reason": "NOT_AS_DESCRIBED",
        "type": "MONEY_BACK",
        "returnQuantity": 1,
        "comments": {"content": "Not the colour <I> ordered"},
    }
    body = {"returnRequest": request}
    answer = stage.call("/return", body, by=order, fieldgroups="FULL").json
    assert set(answer) == {"returnId", "detail"}
    assert set(answer["detail"]) == {"detail", "summary"}
    summary = answer["detail"]["summary"]
    assert (summary["state"], summary["status"]) == ("RETURN_REQUESTED", "RETURN_REQUESTED")
    creation = summary["creationInfo"]
    assert creation["reasonType"] == "SNAD"
    assert creation["comments"]["content"] == "Not the colour <I> ordered"
    due = calendar.business_days_after(NOW, 3, "EBAY_US").astimezone(UTC)
    assert summary["sellerResponseDue"] == {
        "activityDue": "SELLER_APPROVE_REQUEST",
        "respondByDate": {"value": due.strftime("%Y-%m-%dT%H:%M:%S.000Z")},
    }
    price, shipping = order.item.price.amount, order.item.shipping.amount
    estimated = summary["sellerTotalRefund"]["estimatedRefundAmount"]
    assert Decimal(str(estimated["value"])) == price + shipping
    with_tax = price + shipping + cents((price + shipping) * order.tax_rate)
    assert Decimal(str(summary["buyerTotalRefund"]["estimatedRefundAmount"]["value"])) == with_tax
    assert stage.get("/return/search", limit=5)["total"] == 1


def test_an_approved_return_waits_for_the_parcel(stage: Stage, calendar: Any) -> None:
    record = stage.open_return()
    body = {"decision": "APPROVE", "comments": {"content": "Please send it back"}}
    answer = stage.call(f"/return/{record.id}/decide", body)
    assert answer.json == {}
    found = stage.get(f"/return/{record.id}")["detail"]
    line = found["responseHistory"][-1]
    assert (line["author"], line["activity"]) == ("SELLER", "SELLER_APPROVE_REQUEST")
    assert (line["fromState"], line["toState"]) == ("RETURN_REQUESTED", "ITEM_READY_TO_SHIP")
    assert line["notes"] == "Please send it back"
    assert found["returnShipmentInfo"]["shipmentTracking"]["deliveryStatus"] == "CREATED"
    days = {days: calendar.days_after(NOW, days, "EBAY_US") for days in (14, 21, 35)}
    assert record.buyer_due.activity == "NOTIFIED_SHIPPED"
    assert record.buyer_due.at == days[14]
    assert record.ship_by == days[21] + timedelta(seconds=1, milliseconds=1)
    assert record.timeout_at == days[35] + timedelta(milliseconds=999)


def test_a_full_refund(stage: Stage) -> None:
    record = back(stage, shipping=True)
    path = f"/return/{record.id}/issue_refund"
    assert stage.call(path, stage.refund_body(record)).json == {"refundStatus": "SUCCESS"}
    assert (record.state, record.status) == ("REFUND_INITIATED", "ITEM_DELIVERED")
    assert record.refund is None
    info = stage.get(f"/return/{record.id}")["detail"]["refundInfo"]["actualRefundDetail"]
    assert info == {
        "refundStatus": "PENDING",
        "refundInitiationType": "SELLER_INITIATED",
    }
    assert [e for e in moved(stage, record) if "REFUND" in e[0]] == []
    stage.sim.advance(seconds=9)
    assert record.state == "REFUND_INITIATED"
    stage.sim.advance(seconds=471)
    assert (record.state, record.status) == ("CLOSED", "CLOSED")
    assert record.close_reason == "FULL_REFUNDED"
    claim = record.item.price.amount + record.item.shipping.amount
    got = claim + cents(claim * record.order.tax_rate)
    assert record.refund.amount == claim
    assert ("SELLER_VOLUNTARY_REFUND", got) in moved(stage, record)
    assert ("REFUND_FINAL_VALUE_FEE_P20", record.fee_credit.amount) in moved(stage, record) or (
        record.item.promoted
    )
    found = stage.get(f"/return/{record.id}")["detail"]
    assert found["closeInfo"]["returnCloseReason"] == "FULL_REFUNDED"
    given = found["refundInfo"]["actualRefundDetail"]
    lines = given["actualRefund"]["itemizedRefundDetail"]
    assert {line["refundFeeType"] for line in lines} == {"PURCHASE_PRICE", "ORIGINAL_SHIPPING"}
    assert Decimal(str(given["actualRefund"]["totalAmount"]["value"])) == claim
    charge = claim - record.fee_credit.amount
    assert Decimal(str(given["netChargeAmount"]["value"])) == charge


def test_the_same_refund_again_moves_nothing(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_lag=0)
    record = back(stage)
    path, body = f"/return/{record.id}/issue_refund", stage.refund_body(record)
    assert stage.call(path, body).json == {"refundStatus": "SUCCESS"}
    assert record.close_reason == "FULL_REFUNDED"
    before = list(stage.sim.world.ledger)
    again = stage.call(path, body)
    (error,) = again.json["error"]
    assert (again.status, error["errorId"], error["domain"]) == (500, 1001, "returnErrorDomain")
    assert error["parameter"][0]["value"] == "Duplicate warning"
    assert stage.sim.world.ledger == before


def test_a_deduction_after_the_item_came_back(stage: Stage, calendar: Any) -> None:
    record = back(stage)
    answer = stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record, "0.75"))
    assert answer.json == {"refundStatus": "SUCCESS"}
    assert record.state == record.status == "LESS_THAN_A_FULL_REFUND_ISSUED"
    price = record.order.goods.amount
    assert record.refund.amount == cents(price * Decimal("0.75"))
    assert record.fee_credit.amount == 0
    line = stage.get(f"/return/{record.id}")["detail"]["responseHistory"][-1]
    deduction = line["attributes"]["refundDeductionType"]
    assert deduction["refundDeductionPercentage"] == 25
    kept = Decimal(str(deduction["refundDeductionAmount"]["value"]))
    assert kept == price - record.refund.amount
    assert record.buyer_due.at == calendar.days_after(NOW, 10, "EBAY_US")
    stage.sim.advance(days=11)
    assert (record.state, record.close_reason) == ("CLOSED", "BUYER_ACCEPT_LESS_THAN_FULL_REFUND")


def test_a_deduction_whose_refund_fails_first(stage: Stage, campaign: Any) -> None:
    record = back(stage)
    path, body = f"/return/{record.id}/issue_refund", stage.refund_body(record, "0.8")
    stage.sim.refund_status = "FAILED"
    assert stage.call(path, body).json == {"refundStatus": "FAILED"}
    assert (record.state, record.refund) == ("REFUND_FAILED", None)
    campaign.check(record, stage.sim)
    other = stage.call(path, stage.refund_body(record))
    assert (other.status, other.json["error"][0]["errorId"]) == (400, 1616)
    stage.sim.refund_status = "SUCCESS"
    assert stage.call(path, body).json == {"refundStatus": "SUCCESS"}
    assert record.history[-1].activity == "SELLER_RETRY_REFUND"
    assert record.state == "LESS_THAN_A_FULL_REFUND_ISSUED"
    assert record.refund.amount == cents(record.order.goods.amount * Decimal("0.8"))
    assert record.outstanding is None
    campaign.check(record, stage.sim)


def test_a_deduction_whose_refund_dawdles(stage: Stage) -> None:
    record = back(stage)
    stage.sim.refund_status = "PENDING"
    answer = stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record, "0.8"))
    assert answer.json == {"refundStatus": "PENDING"}
    assert (record.state, record.refund) == ("REFUND_INITIATED", None)
    stage.sim.advance(days=5)
    assert record.state == "LESS_THAN_A_FULL_REFUND_ISSUED"
    assert record.refund.amount == cents(record.order.goods.amount * Decimal("0.8"))


def test_a_part_whose_payment_fails_first(stage: Stage, campaign: Any) -> None:
    record = stage.open_return()
    offer = {"value": 3.5, "currency": "USD"}
    path = f"/return/{record.id}"
    body = {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": offer}
    stage.call(f"{path}/decide", body)
    stage.sim.refund_status = "FAILED"
    taken = stage.call(f"{path}/decide", {"decision": "ACCEPT_PARTIAL_REFUND"}, by=record)
    assert taken.json == {"refundStatus": "FAILED"}
    assert (record.state, record.status) == ("PARTIAL_REFUND_FAILED", "PARTIAL_REFUND_FAILED")
    stage.sim.refund_status = "SUCCESS"
    again = stage.itemized(record, ("ORDER_ADJUSTMENT", Decimal("3.5")))
    assert stage.call(f"{path}/issue_refund", again).status == 200
    stage.sim.advance(seconds=480)
    assert record.close_reason == "PARTIALLY_REFUNDED"
    assert record.refund.amount == Decimal("3.50")
    campaign.check(record, stage.sim)


def test_an_rma_number_asked_for_after_the_request(stage: Stage) -> None:
    asked, told = stage.open_return(), stage.open_return()
    for record in (asked, told):
        record.rma_required = True
    stage.call(f"/return/{asked.id}/decide", {"decision": "APPROVE"})
    assert (asked.state, asked.seller_due.activity) == ("RMA_PENDING", "SELLER_PROVIDE_RMA")
    stage.call(f"/return/{told.id}/decide", {"decision": "APPROVE", "RMANumber": "R 2"})
    assert (told.state, told.rma_number) == ("ITEM_READY_TO_SHIP", "R 2")


def test_a_partial_offer_taken(stage: Stage) -> None:
    record = stage.open_return()
    offer = {"value": 3.5, "currency": "USD"}
    body = {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": offer}
    assert stage.call(f"/return/{record.id}/decide", body).json == {}
    line = stage.get(f"/return/{record.id}")["detail"]["responseHistory"][-1]
    assert line["attributes"]["partialRefundAmount"] == offer
    taken = {"decision": "ACCEPT_PARTIAL_REFUND"}
    answer = stage.call(f"/return/{record.id}/decide", taken, by=record)
    assert answer.json == {"refundStatus": "SUCCESS"}
    assert record.status == "PARTIAL_REFUND_INITIATED"
    stage.sim.advance(seconds=480)
    assert record.close_reason == "PARTIALLY_REFUNDED"
    assert record.refund.amount == Decimal("3.50")
    (line,) = [line for line in record.lines if line.stage == "actual"]
    assert (line.fee_type, line.amount.amount) == ("ORDER_ADJUSTMENT", Decimal("3.50"))


def test_a_partial_offer_refused_then_a_return_after_all(stage: Stage) -> None:
    record = stage.open_return()
    path = f"/return/{record.id}/decide"
    offer = {"value": 2, "currency": "USD"}
    stage.call(path, {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": offer})
    assert stage.call(path, {"decision": "DECLINE_PARTIAL_REFUND"}, by=record).status == 200
    assert record.state == "PARTIAL_REFUND_DECLINED"
    assert stage.call(path, {"decision": "OFFER_RETURN"}).status == 200
    assert record.history[-1].activity == "SELLER_OFFER_RETURNS"
    twice = stage.call(path, {"decision": "OFFER_RETURN"})
    assert (twice.status, twice.json["error"][0]["errorId"]) == (500, 1001)
    other = stage.call(path, {"decision": "DECLINE_PARTIAL_REFUND"}, by=record)
    assert (other.status, other.json["error"][0]["errorId"]) == (500, 1502)
    assert record.state == "ITEM_READY_TO_SHIP"


def test_a_part_is_offered_once(stage: Stage, ways: Any) -> None:
    record = ways.bring(stage, "PARTIAL_REFUND_DECLINED")
    path = f"/return/{record.id}/decide"
    assert stage.call(path, {"decision": "APPROVE"}).status == 200
    assert record.state == "ITEM_READY_TO_SHIP"
    summary = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    offered = [option["actionType"] for option in summary["sellerAvailableOptions"]]
    assert "SELLER_OFFER_PARTIAL_REFUND" not in offered
    assert "SELLER_ISSUE_REFUND" in offered
    offer = {"value": 2, "currency": "USD"}
    answer = stage.call(path, {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": offer})
    assert (answer.status, answer.json["error"][0]["errorId"]) == (500, 1502)


@pytest.mark.parametrize(("payee", "state"), [
    ("SELLER", "RETURN_LABEL_PENDING"), ("BUYER", "ITEM_READY_TO_SHIP"),
])  # fmt: skip
def test_a_label_is_voided(stage: Stage, ways: Any, campaign: Any, payee: str, state: str) -> None:
    record = ways.bring(stage, "ITEM_READY_TO_SHIP")
    record.label_payee = payee
    stage.sim.happen(record, "void_label")
    assert (record.state, [parcel.active for parcel in record.shipments]) == (state, [False])
    summary = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    offered = [option["actionType"] for option in summary["sellerAvailableOptions"]]
    assert "SELLER_VOID_LABEL" not in offered
    campaign.check(record, stage.sim)


def test_eBay_asks_itself_in(stage: Stage, ways: Any, campaign: Any) -> None:
    record = ways.bring(stage, "RETURN_REQUEST_TIMEOUT")
    stage.sim.happen(record, "escalate", actor="SYSTEM")
    case = stage.sim.world.cases[record.case_id]
    assert (record.status, case.escalated_by, case.return_id) == ("ESCALATED", "SYSTEM", record.id)
    assert stage.get(f"/casemanagement/{case.id}")["escalatedBy"] == "SYSTEM"
    campaign.check(record, stage.sim)
    campaign.check(case, stage.sim)


def test_the_buyer_keeps_the_item(stage: Stage) -> None:
    record = stage.open_return()
    body = {"decision": "APPROVE", "keepOriginalItem": True}
    answer = stage.call(f"/return/{record.id}/decide", body)
    assert answer.json == {"refundStatus": "SUCCESS"}
    assert record.state == "ITEM_KEPT"
    stage.sim.advance(seconds=480)
    assert record.close_reason == "FULL_REFUNDED"
    assert record.refund == record.estimated


def test_rma_numbers_when_the_seller_wants_them(stage: Stage) -> None:
    assert stage.get("/return/preference")["rmaRequired"] is False
    answer = stage.call("/return/preference", {"rmaRequired": True})
    assert (answer.status, answer.body) == (200, b"")
    assert stage.get("/return/preference")["rmaRequired"] is True
    record = stage.open_return()
    assert (record.state, record.status) == ("RMA_PENDING", "WAITING_FOR_RMA")
    assert record.seller_due.activity == "SELLER_PROVIDE_RMA"
    body = {"decision": "PROVIDE_RMA", "RMANumber": "A-17/b"}
    assert stage.call(f"/return/{record.id}/decide", body).status == 200
    assert stage.get(f"/return/{record.id}")["detail"]["RMANumber"] == "A-17/b"
    assert record.state == "ITEM_READY_TO_SHIP"


def test_a_label_of_the_sellers(stage: Stage) -> None:
    record = stage.open_return()
    path = f"/return/{record.id}"
    stage.call(f"{path}/decide", {"decision": "APPROVE_WITHOUT_EBAY_LABEL"})
    assert (record.state, record.seller_due.activity) == (
        "RETURN_LABEL_PENDING",
        "SELLER_PROVIDE_LABEL",
    )
    data = base64.b64encode(b"%PDF-1.4 label").decode()
    file = {"data": data, "fileName": "label.pdf", "filePurpose": "LABEL_RELATED"}
    uploaded = stage.call(f"{path}/file/upload", file).json
    assert uploaded["compressedFileData"] == data
    (listed,) = stage.get(f"{path}/files")["files"]
    assert (listed["fileId"], listed["fileFormat"]) == (uploaded["fileId"], "PDF")
    assert listed["fileData"] == data
    body = {
        "labelAction": "UPLOAD_LABEL",
        "fileId": uploaded["fileId"],
        "carrierEnum": "UPS",
        "trackingNumber": "1Z999",
    }
    answer = stage.call(f"{path}/add_shipping_label", body).json
    assert set(answer) == {"labelId", "labelURL", "labelData", "trackingNumber"}
    assert (answer["labelId"], answer["trackingNumber"]) == (uploaded["fileId"], "1Z999")
    parcel = stage.get(path)["detail"]["returnShipmentInfo"]["shipmentTracking"]
    assert (parcel["carrierEnum"], parcel["trackingNumber"]) == ("UPS", "1Z999")
    query = {"carrier_used": "UPS", "tracking_number": "1Z999"}
    assert stage.get(f"{path}/tracking", **query)["trackingStatus"] == "CREATED"


def test_marking_a_parcel_as_received(stage: Stage, calendar: Any) -> None:
    record = stage.open_return()
    stage.call(f"/return/{record.id}/decide", {"decision": "APPROVE"})
    stage.sim.happen(record, "ship")
    answer = stage.call(f"/return/{record.id}/mark_as_received")
    assert (answer.status, answer.body) == (200, b"")
    assert record.state == "ITEM_DELIVERED"
    assert record.shipments[-1].marked_received
    assert record.seller_due.activity == "SELLER_ISSUE_REFUND"
    assert record.seller_due.at == calendar.business_days_after(NOW, 2, "EBAY_US")
    again = stage.call(f"/return/{record.id}/mark_as_received")
    assert (again.status, again.json["error"][0]["errorId"]) == (500, 1001)


def test_messages_are_not_the_same_message(stage: Stage) -> None:
    record = stage.open_return()
    for _ in range(2):
        body = {"message": {"content": "Could you send a photo?"}}
        answer = stage.call(f"/return/{record.id}/send_message", body)
        assert (answer.status, answer.body) == (200, b"")
    notes = [line.notes for line in record.history if line.activity == "SELLER_SEND_MESSAGE"]
    assert notes == ["Could you send a photo?"] * 2


@pytest.mark.parametrize("outcome", ["seller_wins", "buyer_wins", "nobody_wins"])
def test_an_escalated_return_ends_with_its_case(stage: Stage, campaign: Any, outcome: str) -> None:
    record = stage.open_return()
    stage.sim.happen(record, "seller_silent")
    body = {"reason": "SELLER_NO_RESPONSE"}
    answer = stage.call(f"/return/{record.id}/escalate", body, by=record).json
    assert set(answer) == {"caseId", "caseUrl"}
    summary = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    assert summary["status"] == "ESCALATED"
    assert summary["escalationInfo"]["caseId"] == answer["caseId"]
    assert summary["sellerAvailableOptions"] == []
    case = stage.sim.world.cases[answer["caseId"]]
    stage.sim.happen(case, outcome)
    assert (record.state, record.close_reason) == ("CLOSED", "ESCALATED")
    paid = record.order.with_tax(record.estimated)
    expected = {
        "seller_wins": [],
        "buyer_wins": [("BUYER_PAYOUT", paid.amount),
                       ("RECOUP_FROM_SELLER_T1", record.estimated.amount)],
        "nobody_wins": [("BUYER_PAYOUT", paid.amount)],
    }  # fmt: skip
    assert moved(stage, case) == expected[outcome]
    assert moved(stage, record) == []
    assert (record.buyer_refund == paid) == (outcome != "seller_wins")
    campaign.check(record, stage.sim)
    campaign.check(case, stage.sim)


def test_a_case_after_a_deduction_is_about_the_rest(stage: Stage, campaign: Any) -> None:
    record = back(stage)
    stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record, "0.5"))
    first = record.refund.amount
    case_id = stage.call(f"/return/{record.id}/escalate", {}, by=record).json["caseId"]
    case = stage.sim.world.cases[case_id]
    assert case.estimated.amount == record.estimated.amount - first
    stage.sim.happen(case, "buyer_wins")
    assert record.refund == record.estimated
    campaign.check(record, stage.sim)
