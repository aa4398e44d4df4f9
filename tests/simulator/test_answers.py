"""The gets against the truth: shapes as eBay documents them, amounts to the cent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from postorder_nb.simulator import Simulator

Ask = Callable[..., Any]


def exact(answer: Any) -> Any:
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/json"
    return json.loads(answer.body, parse_float=Decimal, parse_int=Decimal)


def text(at: datetime | None) -> dict[str, str] | None:
    if at is None:
        return None
    at = at.astimezone(UTC)
    return {"value": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"}


def money(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    shape = {"value": value.amount, "currency": value.currency}
    if value.origin:
        shape |= {
            "convertedFromValue": value.origin.amount,
            "convertedFromCurrency": value.origin.currency,
            "exchangeRate": str(value.rate),
        }
    return shape


def same(found: Any, value: Any) -> bool:
    """Compare an ``Amount`` with the truth; a missing one is a None."""
    return found == money(value)


def test_every_return_reads_back_as_it_is(sim: Simulator, get: Ask) -> None:
    for record in list(sim.world.returns.values())[::9]:
        detail = exact(get(f"/return/{record.id}"))["detail"]
        assert detail["itemDetail"]["itemId"] == record.item.item_id
        assert detail["itemDetail"]["itemTitle"] in (record.item.title, "***")
        assert same(detail["itemDetail"]["itemPrice"], record.item.price)
        assert detail["itemDetail"]["transactionDate"] == text(record.order.placed_at)
        assert detail["marketplaceId"] == record.marketplace
        assert detail.get("RMANumber") == record.rma_number
        close = detail.get("closeInfo", {})
        assert close.get("returnCloseDate") == text(record.closed_at)
        if record.closed_at:
            assert close["returnCloseReason"] == record.close_reason
        info = detail["refundInfo"]
        actual = info.get("actualRefundDetail", {})
        assert actual.get("refundStatus") == record.refund_status
        assert actual.get("refundIssuedDate") == text(record.refunded_at)
        given = actual.get("actualRefund", {})
        assert same(given.get("totalAmount"), record.refund)
        assert same(given.get("feeCreditAmount"), record.fee_credit)
        assert same(given.get("donationAmount"), record.donation)
        assert same(actual.get("netChargeAmount"), record.net_charge)
        assert same(actual.get("outstandingAmount"), record.outstanding)
        lines = given.get("itemizedRefundDetail", [])
        assert sum(line["refundAmount"]["value"] for line in lines) == (
            record.refund.amount if record.refund else 0
        )
        estimates = info["estimatedRefundDetail"]["itemizedRefundDetails"]
        total = sum(line["estimatedAmount"]["value"] for line in estimates)
        assert total == record.estimated.amount


def test_the_history_of_a_return_is_told_line_by_line(sim: Simulator, get: Ask) -> None:
    seen: set[str] = set()
    for record in list(sim.world.returns.values())[::5]:
        lines = exact(get(f"/return/{record.id}"))["detail"]["responseHistory"]
        assert len(lines) == len(record.history)
        for line, event in zip(lines, record.history, strict=True):
            assert line["author"] == event.actor
            assert line["activity"] == event.activity
            assert (line["fromState"], line["toState"]) == (event.from_state, event.to_state)
            assert line["creationDate"] == text(event.at)
            assert line.get("notes") == event.notes
            seen |= set(line["attributes"])
            if "partialRefundAmount" in line["attributes"]:
                offer = line["attributes"]["partialRefundAmount"]
                assert same(offer, event.attributes["partialRefundAmount"])
    assert seen >= {
        "sellerRefundWindow",
        "partialRefundAmount",
        "refundDeductionType",
        "updatedTrackingNumber",
        "escalateReason",
    }


def test_a_deduction_is_what_the_refund_lacks(sim: Simulator, get: Ask) -> None:
    record = next(
        r
        for r in sim.world.returns.values()
        if r.close_reason == "BUYER_ACCEPT_LESS_THAN_FULL_REFUND"
    )
    lines = exact(get(f"/return/{record.id}"))["detail"]["responseHistory"]
    (deduction,) = (
        line["attributes"]["refundDeductionType"]
        for line in lines
        if "refundDeductionType" in line["attributes"]
    )
    lacking = record.estimated.amount - record.refund.amount
    assert deduction["refundDeductionAmount"]["value"] == lacking
    share = deduction["refundDeductionPercentage"] / 100
    goods = record.item.price.amount * record.order.quantity
    assert abs(goods * share - lacking) <= Decimal("0.005")


def test_movements_and_shipments_of_a_return(sim: Simulator, get: Ask) -> None:
    kinds: set[str] = set()
    for record in list(sim.world.returns.values())[::7]:
        detail = exact(get(f"/return/{record.id}"))["detail"]
        moves = detail["moneyMovementInfo"]
        for found, move in zip(moves, record.movements, strict=True):
            kinds.add(move.type)
            assert (found["moneyMovementType"], found["status"]) == (move.type, move.status)
            if move.requested.currency:
                assert same(found["requestedAmount"], move.requested)
                assert same(found.get("actualAmount"), move.actual)
            else:
                assert found["actualAmount"] == {"value": 0}
        parcels = detail["returnShipmentInfo"].get("allShipmentTrackings", [])
        for found, parcel in zip(parcels, record.shipments, strict=True):
            assert found["trackingNumber"] == parcel.tracking_number
            assert found["carrierEnum"] == parcel.carrier
            assert found.get("actualShipDate") == text(parcel.shipped_at)
            assert found.get("actualDeliveryDate") == text(parcel.delivered_at)
            assert found["markAsReceived"] == parcel.marked_received
        cost = detail["returnShipmentInfo"].get("shippingLabelCost", {}).get("totalAmount")
        assert same(cost, record.label_cost)
    assert kinds >= {
        "SELLER_VOLUNTARY_REFUND",
        "AUTO_REFUND",
        "REFUND_FINAL_VALUE_FEE_P20",
        "REFUND_PROMOTED_LISTING_FEE",
        "INVOICE_SELLER_FOR_RETURN_SHIPPING",
    }


def test_the_summary_is_the_same_in_search_and_get(sim: Simulator, get: Ask) -> None:
    members = get("/return/search", limit=200, sort="-FILING_DATE").json["members"]
    for member in members[::10]:
        path = f"/return/{member['returnId']}"
        assert get(path, fieldgroups="SUMMARY").json == {"summary": member}


def test_summaries_of_returns(sim: Simulator, get: Ask) -> None:
    extra: set[str] = set()
    members = exact(get("/return/search", limit=200, sort="-FILING_DATE"))["members"]
    for member in members:
        record = sim.world.returns[member["returnId"]]
        extra |= set(member)
        made = member["creationInfo"]
        assert made["creationDate"] == text(record.created_at)
        assert (made["reason"], made["reasonType"]) == (record.reason, record.reason_type)
        assert made.get("comments", {}).get("content") == record.comments
        assert made["item"]["transactionId"] == record.order.transaction_id
        assert made["item"]["returnQuantity"] == record.order.quantity
        assert (member["state"], member["status"]) == (record.state, record.status)
        for name, estimated, actual in (
            ("sellerTotalRefund", record.estimated, record.refund),
            ("buyerTotalRefund", record.buyer_estimated, record.buyer_refund),
        ):
            assert same(member[name]["estimatedRefundAmount"], estimated)
            assert same(member[name].get("actualRefundAmount"), actual)
        due = member.get("sellerResponseDue")
        if record.seller_due:
            assert due["activityDue"] == record.seller_due.activity
            assert due["respondByDate"] == text(record.seller_due.at)
        else:
            assert due is None
        assert member["escalationInfo"].get("caseId") == record.case_id
        options = {option["actionType"] for option in member["sellerAvailableOptions"]}
        if record.closed_at:
            assert options == {"OTHER"}
            assert member["buyerAvailableOptions"] == []
        if record.reason_type == "SNAD":
            assert "SELLER_DECLINE_REQUEST" not in options
        if record.state == "ITEM_DELIVERED" and record.status == "ITEM_DELIVERED":
            assert "SELLER_ISSUE_REFUND" in options
        for side in ("buyer", "seller"):
            may = member["escalationInfo"][f"{side}EscalationEligibilityInfo"]
            assert may["eligible"] == (may["startTime"] is not None)
    assert extra >= {"flags", "isSellerProtected", "timeoutDate", "returnPolicy", "orderId"}


def test_fieldgroups_choose_what_a_return_shows(caller: Ask, sim: Simulator, get: Ask) -> None:
    path = f"/return/{next(iter(sim.world.returns))}"
    assert set(get(path).json) == set(get(path, fieldgroups="FULL").json) == {"detail"}
    assert set(get(path, fieldgroups="SUMMARY").json) == {"summary"}
    assert get(path, fieldgroups="NONE").json == {}
    assert get(path, fieldgroups="ALL").json["error"][0]["errorId"] == 1616
    with Simulator(returns=3, now="2026-03-10T12:00:00Z", full="both") as both:
        path = f"/return/{next(iter(both.world.returns))}"
        assert set(caller(both, path).json) == {"summary", "detail"}


def test_files_and_tracking_of_a_return(sim: Simulator, get: Ask) -> None:
    record = next(r for r in sim.world.returns.values() if r.files)
    files = get(f"/return/{record.id}/files").json["files"]
    assert [file["fileId"] for file in files] == [file.file_id for file in record.files]
    assert [file["filePurpose"] for file in files] == [file.purpose for file in record.files]
    assert files[0]["fileData"]
    bare = next(r for r in sim.world.returns.values() if not r.files)
    assert get(f"/return/{bare.id}/files").json == {"files": []}

    record = next(
        r for r in sim.world.returns.values() if r.shipments and r.shipments[-1].delivered_at
    )
    parcel = record.shipments[-1]
    path = f"/return/{record.id}/tracking"
    query = {"carrier_used": parcel.carrier, "tracking_number": parcel.tracking_number}
    answer = get(path, **query).json
    assert answer["trackingStatus"] == "DELIVERED"
    times = [datetime.fromisoformat(scan["eventTime"]["value"]) for scan in answer["scanHistory"]]
    assert times == sorted(times, reverse=True)
    assert times[0] == parcel.delivered_at
    assert times[0].utcoffset() == timedelta(hours=-7)
    for missing in query:
        rest = {name: value for name, value in query.items() if name != missing}
        error = get(path, **rest).json["error"][0]
        assert (error["errorId"], error["parameter"][0]["name"]) == (1601, missing)
    assert get(path, **(query | {"tracking_number": "1"})).json["error"][0]["errorId"] == 1616


def test_every_cancellation_reads_back_as_it_is(sim: Simulator, get: Ask) -> None:
    for record in list(sim.world.cancellations.values())[::7]:
        path = f"/cancellation/{record.id}"
        found = exact(get(path))["cancelDetail"]
        assert (found["cancelState"], found["cancelStatus"]) == (record.state, record.status)
        assert found.get("cancelReason") == record.reason
        assert found.get("cancelCloseReason") == record.close_reason
        assert found["requestorType"] == record.requestor
        assert found["cancelRequestDate"] == text(record.created_at)
        assert found.get("cancelCloseDate") == text(record.closed_at)
        assert found.get("sellerResponseDueDate") == text(record.respond_by)
        assert found.get("shipmentDate") == text(record.shipped_at)
        assert found["paymentStatus"] == ("ONLINE_PAID" if record.order.paid else "NOT_PAID")
        assert same(found["requestRefundAmount"], record.estimated)
        detail = found.get("refundInfo", {}).get("actualRefundDetail", {})
        assert same(detail.get("actualRefund", {}).get("totalAmount"), record.refund)
        assert same(detail.get("netChargeAmount"), record.net_charge)
        lines = found["activityHistories"]
        assert [line["stateTo"] for line in lines] == [e.to_state for e in record.history]
        (line,) = found["lineItems"]
        assert line["transactionId"] == record.order.transaction_id
        bare = get(path, fieldgroups="SUMMARY").json["cancelDetail"]
        assert "activityHistories" not in bare
        assert "refundInfo" not in bare


def test_buyers_sometimes_give_no_reason(sim: Simulator) -> None:
    reasons = {(r.requestor, r.reason) for r in sim.world.cancellations.values()}
    assert ("BUYER", None) in reasons
    assert ("SELLER", None) not in reasons


def test_every_inquiry_reads_back_as_it_is(sim: Simulator, get: Ask) -> None:
    for record in list(sim.world.inquiries.values())[::3]:
        found = exact(get(f"/inquiry/{record.id}"))
        assert (found["state"], found["status"]) == (record.state, record.status)
        assert found["creationReason"] == record.reason
        assert same(found["claimAmount"], record.estimated)
        assert found["sellerMakeItRightByDate"] == text(record.respond_by)
        assert found.get("inquiryClosureDate") == text(record.closed_at)
        inner = found["inquiryDetails"]
        assert inner["creationDate"] == text(record.created_at)
        assert inner["escalationDate"] == text(record.escalated_at)
        assert same(inner["totalAmount"], record.total)
        assert same(inner["refundAmounts"]["refundAmount"], record.refund)
        assert same(inner["refundAmounts"].get("feeCreditAmount"), record.fee_credit)
        assert same(inner["refundChargeAmount"], record.net_charge)
        lines = found["inquiryHistoryDetails"]["history"]
        assert [line["action"] for line in lines] == [e.activity for e in record.history]
        moved = [line["moneyMovement"] for line in lines if line["moneyMovement"]]
        if record.refund:
            entry = moved[-1]["moneyMovementEntryList"][-1]
            assert (entry["type"], entry["fundingStatus"]) == ("REFUND", "FUNDED")
            assert same(entry["amount"], record.net_charge)
            assert lines[-1]["action"] == "Voluntary refund completed or failed"
        parcel = record.shipments[0] if record.shipments else None
        number = found["inquiryHistoryDetails"]["shipmentTrackingDetails"]["trackingNumber"]
        assert number == (parcel.tracking_number if parcel else None)


def test_every_case_reads_back_as_it_is(sim: Simulator, get: Ask) -> None:
    for record in sim.world.cases.values():
        found = exact(get(f"/casemanagement/{record.id}"))
        assert (found["caseType"], found["status"]) == (record.case_type, record.status)
        assert found.get("returnId") == record.return_id
        assert found.get("sellerClosureReason") == record.close_reason
        assert found["escalateReason"] == record.escalate_reason
        assert same(found["claimAmount"], record.estimated)
        inner = found["caseDetails"]
        assert inner["escalationDate"] == text(record.created_at)
        assert same(inner["refundAmounts"]["refundAmount"], record.refund)
        assert same(inner["refundChargeAmount"], record.net_charge)
        appeal = found["appealDetails"]
        assert appeal["appealStatus"] == record.appeal_grant
        assert appeal["appealDate"] == text(record.appealed_at)
        assert same(appeal["appealRefundAmount"], record.appeal_refund)


@pytest.mark.parametrize(
    ("path", "kind", "singular"),
    [("/inquiry/search", "inquiries", "inquiry"), ("/casemanagement/search", "cases", "case")],
)
def test_claims_in_searches_are_text(
    sim: Simulator, get: Ask, path: str, kind: str, singular: str
) -> None:
    for member in get(path, limit=200).json["members"]:
        record = getattr(sim.world, kind)[member[f"{singular}Id"]]
        claim = member["claimAmount"]
        assert isinstance(claim["value"], str)
        assert Decimal(claim["value"]) == record.estimated.amount
        assert member[f"{singular}StatusEnum"] == record.status
        assert member["lastModifiedDate"] == text(record.history[-1].at)
        assert member.get("respondByDate") == text(record.respond_by)


def test_unknown_ids(get: Ask) -> None:
    answer = get("/return/5999999999")
    assert answer.status == 400
    (error,) = answer.json["error"]
    assert (error["errorId"], error["domain"]) == (1304, "returnErrorDomain")
    assert error["parameter"] == [{"name": "returnId", "value": "5999999999"}]
    assert get("/return/1/files").status == get("/return/1/tracking").status == 400
    assert get("/cancellation/1").status == 400
    for path in ("/inquiry/1", "/casemanagement/1"):
        answer = get(path)
        assert answer.status == 500
        (error,) = answer.json["errors"]
        assert (error["errorId"], error["domain"]) == (2003, "ACCESS")


def test_preference_is_no_return_id(get: Ask) -> None:
    assert set(get("/return/preference").json) == {
        "rmaRequired",
        "advanceRulesEnabled",
        "versionId",
    }


def test_what_may_be_cancelled(sim: Simulator, caller: Ask) -> None:
    def check(order_id: Any) -> dict[str, Any]:
        body = {"legacyOrderId": order_id}
        answer = caller(sim, "/cancellation/check_eligibility", method="POST", body=body)
        assert answer.status == 200
        return answer.json

    world, now = sim.world, sim.clock.now()
    taken = {
        record.order.order_id
        for shelf in (world.returns, world.inquiries, world.cancellations)
        for record in shelf.values()
    }
    free = [o for o in world.orders.values() if o.order_id not in taken and o.paid]
    fresh = next(o for o in free if o.dispatch_at > now)
    answer = check(fresh.order_id)
    assert answer["eligible"] is True
    assert "OUT_OF_STOCK_OR_CANNOT_FULFILL" in answer["eligibleCancelReason"]
    assert answer["itemEligibilityResult"][0]["transactionId"] == fresh.transaction_id
    sent = next(o for o in free[::-1] if o.dispatch_at <= now)
    assert check(sent.order_id)["failureReason"] == ["SHIPPED_ORDER"]
    assert set(check(free[0].order_id)["failureReason"]) == {
        "CANCEL_WINDOW_ELAPSED",
        "SHIPPED_ORDER",
    }
    assert check("1-2-3") == {
        "legacyOrderId": "1-2-3",
        "eligible": False,
        "failureReason": ["INVALID_ORDER"],
    }
    for shelf, reason in (
        (world.cancellations, "CANCELLATION_EXIST"),
        (world.returns, "RETURN_EXIST"),
        (world.inquiries, "CASE_EXIST"),
    ):
        order = next(iter(shelf.values())).order
        assert reason in check(order.order_id)["failureReason"]
    bad = caller(sim, "/cancellation/check_eligibility", method="POST", body=[])
    assert (bad.status, bad.json["error"][0]["errorId"]) == (400, 10003)


def test_buyers_write_in_many_scripts(sim: Simulator) -> None:
    written = "".join(r.comments or "" for r in sim.world.returns.values())
    assert all(sign in written for sign in ("ß", "é", "小", "😢", '"', "&", "$", "<", "'"))
    titles = "".join(item.title for item in sim.world.items.values())
    assert all(sign in titles for sign in ("ö", "浮", "&", "<", '"', "$"))
