"""Returns: what each column of the table means and where answers hold it."""

from __future__ import annotations

from ..enums import (
    BuyerReturnCloseReason,
    Marketplace,
    RefundInitiator,
    RelistStatus,
    ReturnActivity,
    ReturnCloseReason,
    ReturnHoldStatus,
    ReturnMoneyMovementStatus,
    ReturnReason,
    ReturnReasonType,
    ReturnState,
    ReturnStatus,
    ReturnType,
    UserParty,
)
from .columns import ADDRESS, Json, Record, Source, column

_SUMMARY_MARKS = frozenset({"returnId", "id", "creationInfo", "sellerTotalRefund"})


def _unwrap(answer: Json) -> Json:
    """
    Bring the shapes of a return answer to ``{"summary": ..., "detail": ...}``.

    A created return holds both one level deeper; a bare summary stands for itself.
    """
    inner = answer.get("detail")
    if type(inner) is dict and (type(inner.get("detail")) is dict or "summary" in inner):
        return {**answer, "detail": None, **inner}
    if inner is None and answer.get("summary") is None and not _SUMMARY_MARKS.isdisjoint(answer):
        return answer if answer.keys() <= {"returnId", "eligibilityResult"} else {"summary": answer}
    return answer


_REFUND = "detail.refundInfo.actualRefundDetail"
_SHIPMENT = "detail.returnShipmentInfo"

SEARCH = (
    column("return_id", "id", "summary.returnId|returnId|summary.id", "the return"),
    column("order_id", "id", "summary.orderId", "order the item was sold in"),
    column("item_id", "id", "summary.creationInfo.item.itemId|detail.itemDetail.itemId", "listing"),
    column(
        "transaction_id",
        "id",
        "summary.creationInfo.item.transactionId|detail.itemDetail.transactionId",
        "line of the order",
    ),
    column(
        "quantity",
        "integer",
        "summary.creationInfo.item.returnQuantity|detail.itemDetail.returnQuantity",
        "units to be returned",
    ),
    column("created_at", "time", "summary.creationInfo.creationDate", "when the buyer asked"),
    column("state", "enum", "summary.state", "fine step of the return's life", ReturnState),
    column("status", "enum", "summary.status", "coarse step of the return's life", ReturnStatus),
    column("current_type", "enum", "summary.currentType", "outcome now pursued", ReturnType),
    column(
        "requested_type",
        "enum",
        "summary.creationInfo.type",
        "outcome the buyer asked for",
        ReturnType,
    ),
    column("reason", "enum", "summary.creationInfo.reason", "why the buyer returns", ReturnReason),
    column(
        "reason_type",
        "enum",
        "summary.creationInfo.reasonType",
        "group of the reason: SNAD (not as described), REMORSE ...",
        ReturnReasonType,
    ),
    column(
        "buyer_comments",
        "text",
        "summary.creationInfo.comments",
        "what the buyer wrote",
        personal=True,
    ),
    column(
        "buyer",
        "id",
        "summary.buyerLoginName|detail.buyerLoginName",
        "buyer's user name or immutable id",
        personal=True,
    ),
    column(
        "seller",
        "id",
        "summary.sellerLoginName|detail.sellerLoginName",
        "seller's user name or immutable id",
        personal=True,
    ),
    column(
        "refund",
        "amount",
        f"summary.sellerTotalRefund.actualRefundAmount|{_REFUND}.actualRefund.totalAmount",
        "refunded by the seller",
    ),
    column(
        "refund_estimated",
        "amount",
        "summary.sellerTotalRefund.estimatedRefundAmount",
        "expected from the seller",
    ),
    column(
        "buyer_refund",
        "amount",
        "summary.buyerTotalRefund.actualRefundAmount",
        "refunded to the buyer, taxes included",
    ),
    column(
        "buyer_refund_estimated",
        "amount",
        "summary.buyerTotalRefund.estimatedRefundAmount",
        "expected by the buyer, taxes included",
    ),
    column(
        "seller_activity_due",
        "enum",
        "summary.sellerResponseDue.activityDue",
        "what the seller must do next",
        ReturnActivity,
    ),
    column(
        "respond_by", "time", "summary.sellerResponseDue.respondByDate", "the seller's deadline"
    ),
    column(
        "buyer_activity_due",
        "enum",
        "summary.buyerResponseDue.activityDue",
        "what the buyer must do next",
        ReturnActivity,
    ),
    column(
        "buyer_respond_by", "time", "summary.buyerResponseDue.respondByDate", "the buyer's deadline"
    ),
    column("timeout_at", "time", "summary.timeoutDate", "when eBay closes it for lack of action"),
    column("case_id", "id", "summary.escalationInfo.caseId", "case it was escalated to"),
    *(
        made
        for party in ("buyer", "seller")
        for made in (
            column(
                f"{party}_can_escalate",
                "flag",
                f"summary.escalationInfo.{party}EscalationEligibilityInfo.eligible",
                f"whether the {party} may escalate",
            ),
            column(
                f"{party}_escalate_from",
                "time",
                f"summary.escalationInfo.{party}EscalationEligibilityInfo.startTime",
                f"from when the {party} may escalate",
            ),
            column(
                f"{party}_escalate_until",
                "time",
                f"summary.escalationInfo.{party}EscalationEligibilityInfo.endTime",
                f"until when the {party} may escalate",
            ),
        )
    ),
    column(
        "seller_options",
        "options",
        "summary.sellerAvailableOptions",
        "actions open to the seller, joined by a space",
    ),
    column(
        "buyer_options",
        "options",
        "summary.buyerAvailableOptions",
        "actions open to the buyer, joined by a space",
    ),
    column(
        "rma_required",
        "flag",
        "summary.returnPolicy.rmaRequired|summary.returnPolicy.RMARequired"
        "|summary.returnPolicy.rmarequired",
        "whether the seller must give a return authorisation number",
    ),
    column(
        "seller_protected",
        "flag",
        "summary.isSellerProtected",
        "whether eBay shields the seller from this return",
    ),
)

DETAILS = (
    column("marketplace", "enum", "detail.marketplaceId", "eBay site of the sale", Marketplace),
    column(
        "close_reason",
        "enum",
        "detail.closeInfo.returnCloseReason",
        "why eBay closed it",
        ReturnCloseReason,
    ),
    column(
        "buyer_close_reason",
        "enum",
        "detail.closeInfo.buyerCloseReason",
        "why the buyer closed it",
        BuyerReturnCloseReason,
    ),
    column(
        "buyer_close_comment",
        "text",
        "detail.closeInfo.buyerCloseComment",
        "what the buyer wrote when closing",
        personal=True,
    ),
    column("closed_at", "time", "detail.closeInfo.returnCloseDate", "when it was closed"),
    column(
        "refund_status",
        "enum",
        f"{_REFUND}.refundStatus",
        "how the refund went",
        ReturnMoneyMovementStatus,
    ),
    column(
        "refund_initiator",
        "enum",
        f"{_REFUND}.refundInitiationType",
        "who set the refund off",
        RefundInitiator,
    ),
    column("refunded_at", "time", f"{_REFUND}.refundIssuedDate", "when the refund was issued"),
    column(
        "net_charge",
        "amount",
        f"{_REFUND}.netChargeAmount",
        "charged to the seller in the seller's currency, credits taken off",
    ),
    column(
        "fee_credit",
        "amount",
        f"{_REFUND}.actualRefund.feeCreditAmount",
        "selling fees given back",
    ),
    column(
        "donation",
        "amount",
        f"{_REFUND}.actualRefund.donationAmount",
        "charity share of the refund",
    ),
    column(
        "outstanding", "amount", f"{_REFUND}.outstandingAmount", "still to be paid by the seller"
    ),
    column(
        "provisional_refund",
        "flag",
        "detail.refundInfo.provisionalRefund.refundProvided",
        "whether eBay refunded ahead of the outcome",
    ),
    column(
        "provisional_refund_reversed",
        "flag",
        "detail.refundInfo.provisionalRefund.refundReversed",
        "whether that refund was taken back",
    ),
    column(
        "recoup",
        "amount",
        "detail.payoutRecoupInfo.amountToRecoup",
        "to be recovered from the seller",
    ),
    column("payout_id", "id", "detail.payoutRecoupInfo.payoutId", "payout it is recovered from"),
    column(
        "label_cost", "amount", f"{_SHIPMENT}.shippingLabelCost.totalAmount", "cost of the label"
    ),
    column(
        "label_subsidy",
        "amount",
        f"{_SHIPMENT}.shippingLabelCost.subsidyAmount",
        "part of the label's cost that eBay bears",
    ),
    column(
        "label_payee",
        "enum",
        f"{_SHIPMENT}.payee",
        "who pays for the label",
        (UserParty, "EBAY", "OTHER"),
    ),
    column("ship_by", "time", f"{_SHIPMENT}.shipByDate", "until when the buyer must ship"),
    column("item_title", "text", "detail.itemDetail.itemTitle", "title of the listing"),
    column("item_price", "amount", "detail.itemDetail.itemPrice", "price of one unit"),
    column("item_picture_url", "text", "detail.itemDetail.itemPicUrl", "picture of the listing"),
    column("sold_at", "time", "detail.itemDetail.transactionDate", "when the item was sold"),
    column("ebay_plus", "flag", "detail.itemDetail.ebayPlusTxn", "whether an eBay Plus sale"),
    column("listing_site", "id", "detail.itemDetail.listingSiteId", "site number of the listing"),
    column(
        "rma_number",
        "text",
        "detail.RMANumber|detail.rmaNumber|detail.RMA",
        "the seller's return authorisation number",
    ),
    column(
        "content_on_hold", "flag", "detail.returnContentOnHold", "whether texts are masked by eBay"
    ),
    column("item_on_hold", "flag", "detail.itemDetail.itemOnHold", "whether the listing is masked"),
    column(
        "hold_status",
        "enum",
        "detail.holdInfo.holdStatus",
        "hold on the seller's money",
        ReturnHoldStatus,
    ),
    column("hold_created_at", "time", "detail.holdInfo.holdCreationDate", "when it was held"),
    column("hold_released_at", "time", "detail.holdInfo.holdReleaseDate", "when it was released"),
    column(
        "relist_status",
        "enum",
        "detail.itemDetail.relistStatus",
        "whether the item was listed again",
        RelistStatus,
    ),
    column("relisted_item_id", "id", "detail.itemDetail.relistedItemId", "the new listing"),
    column(
        "buyer_country",
        "enum",
        "detail.buyerAddress.address.country",
        "country of the buyer's address",
        personal=True,
    ),
)

_SHIPMENT_KNOWN = "allShipmentTrackings shipmentTracking payee shippingLabelCost shipByDate"

KNOWN = {
    "": "summary detail eligibilityResult",
    "summary": "dispositionRuleTriggered flags",
    "summary.flags": (
        "postTransactionRtn escalateAvableForBuyer escalateAvableForSeller canSellerDeclineReturn "
        "shippingLabelAvailable shippingLabelPrinted buyerShipmentDue autoRefundTriggered "
        "notifyAutoRefund triggerByDispositionRule autoRouteRuleTriggered requestLabel4Return "
        "request4Return isGSP isGeo enterpriseReturn replacementLabelPrinted "
        "dspReplaceSendNoShipTriggered"
    ),
    "summary.creationInfo.item": "itemTitle",
    "detail": "sellerAddress dispositionRuleDetail",
    "detail.buyerAddress": "name",
    "detail.buyerAddress.address": ADDRESS,
    "detail.sellerAddress": "name address",
    "detail.sellerAddress.address": ADDRESS,
    "detail.holdInfo": "holdReferenceId holdTransactionId",
    "detail.refundInfo.actualRefundDetail": "fundings",
    "detail.refundInfo.estimatedRefundDetail": "itemizedRefundDetails optionalRefundLineItems",
    "detail.returnShipmentInfo": _SHIPMENT_KNOWN,
    "detail.returnShipmentInfo.shippingLabelCost": "itemizedReturnShippingCost",
    "detail.replacementShipmentInfo": _SHIPMENT_KNOWN,
    "detail.replacementShipmentInfo.shippingLabelCost": (
        "itemizedReturnShippingCost subsidyAmount totalAmount"
    ),
}

RETURNS = Record(
    name="returns",
    singular="return",
    key="return_id",
    search=SEARCH,
    details=DETAILS,
    sources={
        "history": (Source(("detail.responseHistory[]",)),),
        "refund_lines": (
            Source(
                ("detail.refundInfo.estimatedRefundDetail.itemizedRefundDetails[]",), "estimated"
            ),
            Source(
                ("detail.refundInfo.estimatedRefundDetail.optionalRefundLineItems[]",), "optional"
            ),
            Source((f"{_REFUND}.actualRefund.itemizedRefundDetail[]",), "actual"),
        ),
        "money_movements": (Source(("detail.moneyMovementInfo[]",)),),
        "files": (Source(("detail.files[]",)),),
        "shipments": tuple(
            Source((f"detail.{of}.allShipmentTrackings[]", f"detail.{of}.shipmentTracking"), mark)
            for of, mark in (
                ("returnShipmentInfo", "return"),
                ("replacementShipmentInfo", "replacement"),
            )
        ),
    },
    known=KNOWN,
    member_at="summary",
    unwrap=_unwrap,
)
