"""What an analyst reads in today's answers is there, and agrees with the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from postorder_nb.simulator import Clock, World
from postorder_nb.simulator.style import Style

Json = dict[str, Any]
STYLE = Style()

# Every field of the gets that says something of the record; written from the documents' list.
FIELDS = {
    "returns": """
        summary.returnId summary.orderId summary.currentType summary.state summary.status
        summary.buyerLoginName summary.sellerLoginName summary.timeoutDate.value
        summary.creationInfo.creationDate.value summary.creationInfo.reason
        summary.creationInfo.reasonType summary.creationInfo.type
        summary.creationInfo.comments.content summary.creationInfo.item.itemId
        summary.creationInfo.item.transactionId summary.creationInfo.item.returnQuantity
        summary.sellerTotalRefund.estimatedRefundAmount.value
        summary.sellerTotalRefund.actualRefundAmount.value
        summary.buyerTotalRefund.estimatedRefundAmount.value
        summary.buyerTotalRefund.actualRefundAmount.currency
        summary.sellerResponseDue.activityDue summary.sellerResponseDue.respondByDate.value
        summary.buyerResponseDue.activityDue summary.buyerResponseDue.respondByDate.value
        summary.escalationInfo.caseId
        summary.escalationInfo.buyerEscalationEligibilityInfo.startTime.value
        summary.escalationInfo.sellerEscalationEligibilityInfo.endTime.value
        summary.sellerAvailableOptions.actionType summary.sellerAvailableOptions.actionURL
        summary.buyerAvailableOptions.actionType summary.returnPolicy.rmaRequired
        summary.isSellerProtected summary.flags.isGSP
        detail.marketplaceId detail.RMANumber detail.returnContentOnHold
        detail.buyerAddress.address.country detail.sellerAddress.address.postalCode
        detail.closeInfo.returnCloseReason detail.closeInfo.buyerCloseReason
        detail.closeInfo.returnCloseDate.value
        detail.files.fileId detail.files.fileFormat detail.files.filePurpose
        detail.files.fileStatus detail.files.submitter detail.files.secureUrl
        detail.holdInfo.holdStatus detail.holdInfo.holdCreationDate.value
        detail.holdInfo.holdReleaseDate.value detail.holdInfo.holdReferenceId
        detail.itemDetail.itemTitle detail.itemDetail.itemPrice.value
        detail.itemDetail.itemPicUrl detail.itemDetail.itemOnHold
        detail.itemDetail.transactionDate.value detail.itemDetail.listingSiteId
        detail.itemDetail.relistStatus
        detail.moneyMovementInfo.moneyMovementType detail.moneyMovementInfo.status
        detail.moneyMovementInfo.requestedAmount.value detail.moneyMovementInfo.actualAmount.value
        detail.moneyMovementInfo.creationDate.value detail.moneyMovementInfo.paymentProvider
        detail.moneyMovementInfo.externalPaymentId
        detail.payoutRecoupInfo.amountToRecoup.value detail.payoutRecoupInfo.payoutId
        detail.refundInfo.estimatedRefundDetail.itemizedRefundDetails.refundFeeType
        detail.refundInfo.estimatedRefundDetail.itemizedRefundDetails.estimatedAmount.value
        detail.refundInfo.estimatedRefundDetail.itemizedRefundDetails.minAmount.value
        detail.refundInfo.estimatedRefundDetail.itemizedRefundDetails.maxAmount.value
        detail.refundInfo.actualRefundDetail.refundStatus
        detail.refundInfo.actualRefundDetail.refundInitiationType
        detail.refundInfo.actualRefundDetail.refundIssuedDate.value
        detail.refundInfo.actualRefundDetail.netChargeAmount.value
        detail.refundInfo.actualRefundDetail.netChargeAmount.exchangeRate
        detail.refundInfo.actualRefundDetail.netChargeAmount.convertedFromValue
        detail.refundInfo.actualRefundDetail.netChargeAmount.convertedFromCurrency
        detail.refundInfo.actualRefundDetail.fundings.amount.value
        detail.refundInfo.actualRefundDetail.fundings.fundingSource.type
        detail.refundInfo.actualRefundDetail.fundings.fundingSource.brand
        detail.refundInfo.actualRefundDetail.fundings.fundingSource.memo
        detail.refundInfo.actualRefundDetail.fundings.fundingStatus
        detail.refundInfo.actualRefundDetail.actualRefund.totalAmount.value
        detail.refundInfo.actualRefundDetail.actualRefund.feeCreditAmount.value
        detail.refundInfo.actualRefundDetail.actualRefund.donationAmount.value
        detail.refundInfo.actualRefundDetail.actualRefund.itemizedRefundDetail.refundFeeType
        detail.refundInfo.provisionalRefund.refundProvided
        detail.refundInfo.provisionalRefund.refundReversed
        detail.responseHistory.author detail.responseHistory.activity
        detail.responseHistory.fromState detail.responseHistory.toState
        detail.responseHistory.notes detail.responseHistory.creationDate.value
        detail.responseHistory.attributes.escalateReason
        detail.responseHistory.attributes.partialRefundAmount.value
        detail.responseHistory.attributes.refundDeductionType.refundDeductionAmount.value
        detail.responseHistory.attributes.updatedTrackingNumber
        detail.responseHistory.attributes.moneyMovementRef.idref
        detail.returnShipmentInfo.payee detail.returnShipmentInfo.shipByDate.value
        detail.returnShipmentInfo.shippingLabelCost.totalAmount.value
        detail.returnShipmentInfo.shippingLabelCost.itemizedReturnShippingCost.amount.value
        detail.returnShipmentInfo.allShipmentTrackings.trackingNumber
        detail.returnShipmentInfo.allShipmentTrackings.deliveryStatus
        detail.returnShipmentInfo.allShipmentTrackings.actualShipDate.value
        detail.returnShipmentInfo.allShipmentTrackings.actualDeliveryDate.value
        detail.returnShipmentInfo.allShipmentTrackings.labelDate.value
        detail.returnShipmentInfo.allShipmentTrackings.labelId
        detail.returnShipmentInfo.allShipmentTrackings.labelAvailableUntilDate
        detail.returnShipmentInfo.allShipmentTrackings.shippingMethod
        detail.returnShipmentInfo.allShipmentTrackings.originAddress.address.country
        detail.returnShipmentInfo.allShipmentTrackings.destinationAddress.address.country
        detail.returnShipmentInfo.shipmentTracking.trackingNumber
    """,
    "inquiries": """
        inquiryId itemId transactionId buyer seller claimAmount.value shippingCost.value
        inquiryQuantity initiator creationReason state status sellerMakeItRightByDate.value
        inquiryClosureDate.value inquiryContentOnHold
        resolutionEstimate.resolutionEstimateDate.value
        inquiryDetails.creationDate.value inquiryDetails.expirationDate.value
        inquiryDetails.escalationDate.value inquiryDetails.refundDeadlineDate.value
        inquiryDetails.lastBuyerRespDate.value inquiryDetails.totalAmount.value
        inquiryDetails.refundChargeAmount.value
        inquiryDetails.refundAmounts.refundAmount.value
        inquiryDetails.refundAmounts.feeCreditAmount.value
        inquiryDetails.refundAmounts.buyerInitExpectRefundAmt.value
        inquiryDetails.refundAmounts.buyerFinalAcceptRefundAmt.value
        inquiryDetails.provisionalRefund.refundProvided
        itemDetails.itemTitle itemDetails.itemPrice.value itemDetails.itemOnHold
        inquiryHistoryDetails.history.date.value inquiryHistoryDetails.history.action
        inquiryHistoryDetails.history.actor inquiryHistoryDetails.history.description
        inquiryHistoryDetails.history.moneyMovement.moneyMovementEntryList.amount.value
        inquiryHistoryDetails.history.moneyMovement.moneyMovementEntryList.fundingSource.type
        inquiryHistoryDetails.history.moneyMovement.moneyMovementEntryList.fundingStatus
        inquiryHistoryDetails.shipmentTrackingDetails.carrier
        inquiryHistoryDetails.shipmentTrackingDetails.trackingNumber
        inquiryHistoryDetails.shipmentTrackingDetails.currentStatus
        inquiryHistoryDetails.shipmentTrackingDetails.estimateFromDate.value
    """,
    "cases": """
        caseId caseType status itemId transactionId buyer seller returnId caseQuantity
        claimAmount.value shippingFee.value initiator escalatedBy escalateReason
        creationDate.value lastModifiedDate.value sellerClosureReason buyerClosureReason
        sellerOutcome buyerOutcome caseContentOnHold itemOnHold fsnadnoSellerFault
        caseDetails.creationDate.value caseDetails.escalationDate.value
        caseDetails.expirationDate.value caseDetails.refundDeadlineDate.value
        caseDetails.lastBuyerRespDate.value caseDetails.lastSellerRespDate.value
        caseDetails.buyerInitExpectResolution caseDetails.buyerFinalAcceptResolution
        caseDetails.refundType caseDetails.refundChargeAmount.value
        caseDetails.refundAmounts.refundAmount.value
        caseDetails.refundAmounts.feeCreditAmount.value
        appealDetails.eligibleForAppeal actionDeadlines.daysToReturnItem
        caseHistoryDetails.history.action caseHistoryDetails.history.date.value
        caseHistoryDetails.history.moneyMovement.moneyMovementEntryList.type
    """,
    "cancellations": """
        cancelId marketplaceId legacyOrderId requestorType cancelReason cancelState cancelStatus
        cancelCloseReason paymentStatus partialOrderType requestRefundAmount.value
        cancelRequestDate.value cancelCloseDate.value sellerResponseDueDate.value
        shipmentDate.value buyerLoginName sellerLoginName
        activityHistories.activityType activityHistories.activityParty
        activityHistories.actionDate.value activityHistories.stateFrom activityHistories.stateTo
        moneyMovementInfo.moneyMovementType moneyMovementInfo.status
        moneyMovementInfo.requestedAmount.value moneyMovementInfo.actualAmount.value
        lineItems.itemId lineItems.transactionId lineItems.itemTitle lineItems.cancelQuantity
        refundInfo.actualRefundDetail.refundStatus
        refundInfo.actualRefundDetail.refundIssuedDate.value
        refundInfo.actualRefundDetail.netChargeAmount.value
        refundInfo.actualRefundDetail.fundings.fundingSource.type
        refundInfo.actualRefundDetail.actualRefund.totalAmount.value
        refundInfo.actualRefundDetail.actualRefund.feeCreditAmount.value
        refundInfo.actualRefundDetail.actualRefund.donationAmount.value
    """,
}


@cache
def shop() -> World:
    world = World(returns=700, days=300, seed=9, clock=Clock("2026-03-10T12:00:00Z"))
    for days in range(0, 90, 2):  # cases are rare
        world.add_case(world.clock.now() - timedelta(days=days))
    return world


@cache
def answers(kind: str) -> list[tuple[Any, Json]]:
    now, made = shop().clock.now(), []
    for record in getattr(shop(), kind).values():
        answer = STYLE.detail(record)
        if kind == "returns":
            answer = {"summary": STYLE.summary(record, now), "detail": answer}
        made.append((record, answer.get("cancelDetail", answer)))
    return made


def places(value: Any, at: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for inner in value:
            yield from places(inner, at)
    elif value is not None:
        yield at


def moment(held: Json | None) -> datetime | None:
    return datetime.fromisoformat(held["value"]) if held else None


def total(held: Json | None) -> Decimal | None:
    return Decimal(str(held["value"])) if held else None


@pytest.mark.parametrize("kind", FIELDS)
def test_every_field_is_told_of_some_record(kind: str) -> None:
    told = {place for _, answer in answers(kind) for place in places(answer)}
    assert set(FIELDS[kind].split()) - told == set()


def test_what_funded_a_refund_adds_up_to_the_charge() -> None:
    funded = 0
    for kind in ("returns", "cancellations"):
        for record, answer in answers(kind):
            detail = answer.get("detail", answer).get("refundInfo", {}).get("actualRefundDetail")
            parts = (detail or {}).get("fundings") or []
            if parts and not record.case_id:
                funded += 1
                charge = detail["netChargeAmount"]
                assert sum(Decimal(str(p["amount"]["value"])) for p in parts) == total(charge)
                assert {p["amount"]["currency"] for p in parts} == {charge["currency"]}
    assert funded > 300


def test_only_what_ebay_paid_was_provisional() -> None:
    provided = 0
    for record, answer in answers("returns"):
        told = answer["detail"]["refundInfo"]["provisionalRefund"]
        by_ebay = any(move.type == "BUYER_PAYOUT" for move in record.movements)
        assert told == {"refundProvided": by_ebay, "refundReversed": False}
        provided += by_ebay
    assert provided
    for record, answer in answers("inquiries"):
        told = answer["inquiryDetails"]["provisionalRefund"]["refundProvided"]
        assert told == any(move.type == "BUYER_PAYOUT" for move in record.movements)


def test_an_estimate_of_the_end_is_told_while_an_inquiry_is_open() -> None:
    for record, answer in answers("inquiries"):
        estimate = answer.get("resolutionEstimate", {}).get("resolutionEstimateDate")
        assert moment(estimate) == (record.expires_at if record.open else None)


def test_a_line_of_history_names_the_payment_it_sent() -> None:
    named = 0
    for record, answer in answers("returns"):
        sent = {m.external_id: m.created_at for m in record.movements if m.external_id}
        for line in answer["detail"]["responseHistory"]:
            if reference := line["attributes"].get("moneyMovementRef"):
                named += 1
                assert sent[reference["idref"]] == moment(line["creationDate"])
    assert named > 300


def test_a_case_knows_when_each_side_was_heard_of() -> None:
    for record, answer in answers("cases"):
        lines = sorted((*record.parent.history, *record.history), key=lambda line: line.at)
        for party, field in (("BUYER", "lastBuyerRespDate"), ("SELLER", "lastSellerRespDate")):
            heard = [line.at for line in lines if line.actor == party]
            assert moment(answer["caseDetails"][field]) == (heard[-1] if heard else None)


def test_a_case_says_how_much_of_the_claim_came_back() -> None:
    seen = set()
    for record, answer in answers("cases"):
        refund, extent = record.refund, answer["caseDetails"]["refundType"]
        seen.add(extent)
        if refund is None:
            assert extent is None
        else:
            assert (extent == "FULL") == (refund.amount >= record.estimated.amount)
            assert answer["caseDetails"]["buyerFinalAcceptResolution"] == f"{extent}_REFUND"
    assert {"FULL", None} <= seen


def test_a_case_clears_the_seller_where_the_decision_did() -> None:
    for record, answer in answers("cases"):
        told = answer.get("fsnadnoSellerFault")
        if record.case_type != "RETURN" or record.open:
            assert told is None
        else:
            assert told == ("NO_SELLER_FAULT" in record.close_reason)


def test_what_is_due_in_a_case_is_told_while_it_is_open() -> None:
    for record, answer in answers("cases"):
        due = answer.get("sellerResponseDue")
        if record.open and record.respond_by:
            assert moment(due["respondByDate"]) == record.respond_by
        else:
            assert due is None


def test_a_parcel_goes_from_the_buyer_to_the_seller() -> None:
    for record, answer in answers("returns"):
        for parcel in answer["detail"]["returnShipmentInfo"].get("allShipmentTrackings", []):
            assert parcel["originAddress"]["name"] == record.buyer.name
            assert parcel["destinationAddress"] == answer["detail"]["sellerAddress"]
            labelled = "labelDate" in parcel
            assert parcel["shippingMethod"] == ("SHIPPING_LABEL" if labelled else "SELF_MAIL")
            if text := parcel.get("labelAvailableUntilDate"):
                assert datetime.fromisoformat(text).astimezone(UTC) == record.ship_by
