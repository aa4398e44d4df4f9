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
)
from .children import ACTORS, DIRECTIONS, STREETS
from .columns import ADDRESS, Difference, Json, Record, Source, Unread, column
from .moments import OF_RETURNS

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
_ESTIMATE = "detail.refundInfo.estimatedRefundDetail"
_SHIPMENT = "detail.returnShipmentInfo"
_REPLACEMENT = "detail.replacementShipmentInfo"

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
        unit="pieces",
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
        "charged back to the seller",
    ),
    column("payout_id", "id", "detail.payoutRecoupInfo.payoutId", "payout it is charged to"),
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
        ACTORS,
    ),
    column(
        "replacement_label_cost",
        "amount",
        f"{_REPLACEMENT}.shippingLabelCost.totalAmount",
        "cost of a replacement's label",
    ),
    column(
        "replacement_label_payee",
        "enum",
        f"{_REPLACEMENT}.payee",
        "who pays for that label",
        ACTORS,
    ),
    column("ship_by", "time", f"{_SHIPMENT}.shipByDate", "until when the buyer must ship"),
    column(
        "item_title",
        "text",
        "detail.itemDetail.itemTitle|summary.creationInfo.item.itemTitle",
        "title of the listing",
    ),
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
    column("hold_reference_id", "id", "detail.holdInfo.holdReferenceId", "the hold at eBay"),
    column("hold_transaction_id", "id", "detail.holdInfo.holdTransactionId", "payment it holds"),
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
    column(
        "buyer_region",
        "text",
        "detail.buyerAddress.address.stateOrProvince",
        "state or province of the buyer's address",
        personal=True,
    ),
)

FLAGS = (
    "postTransactionRtn escalateAvableForBuyer escalateAvableForSeller canSellerDeclineReturn "
    "shippingLabelAvailable shippingLabelPrinted buyerShipmentDue autoRefundTriggered "
    "notifyAutoRefund triggerByDispositionRule autoRouteRuleTriggered requestLabel4Return "
    "request4Return isGSP isGeo enterpriseReturn replacementLabelPrinted "
    "dspReplaceSendNoShipTriggered"
)
_RULES = "return rules are withdrawn"

UNREAD = (
    Unread("", "eligibilityResult", "of answers to a created return only"),
    Unread("summary", "dispositionRuleTriggered", _RULES),
    Unread("summary", "flags", "not documented; states, options and deadlines tell the same"),
    Unread("summary.flags", FLAGS, "not documented; states, options and deadlines tell the same"),
    Unread("detail", "dispositionRuleDetail", _RULES),
    Unread("detail.buyerAddress", "name", STREETS),
    Unread(
        "detail.buyerAddress.address",
        ADDRESS.replace("country ", "").replace("stateOrProvince ", ""),
        STREETS,
    ),
    Unread(_REPLACEMENT, "shipByDate", "replacements are withdrawn"),
    Unread(f"{_REPLACEMENT}.shippingLabelCost", "subsidyAmount", "replacements are withdrawn"),
    Unread("detail.sellerAddress", "name address", "the seller's own, the same in every return"),
    Unread("detail.sellerAddress.address", ADDRESS, "the seller's own, the same in every return"),
)

RETURNS = Record(
    name="returns",
    singular="return",
    key="return_id",
    search=SEARCH,
    details=DETAILS,
    sources={
        "history": (Source(("detail.responseHistory[]",)),),
        "refund_lines": (
            Source((f"{_ESTIMATE}.itemizedRefundDetails[]",), "estimated"),
            Source((f"{_ESTIMATE}.optionalRefundLineItems[]",), "optional"),
            Source((f"{_REFUND}.actualRefund.itemizedRefundDetail[]",), "actual"),
        ),
        "money_movements": (Source(("detail.moneyMovementInfo[]",)),),
        "fundings": (Source((f"{_REFUND}.fundings[]",)),),
        "files": (Source(("detail.files[]",)),),
        "shipments": tuple(
            Source((f"{of}.allShipmentTrackings[]", f"{of}.shipmentTracking"), mark)
            for of, mark in zip((_SHIPMENT, _REPLACEMENT), DIRECTIONS, strict=True)
        ),
        "label_costs": tuple(
            Source((f"{of}.shippingLabelCost.itemizedReturnShippingCost[]",), mark)
            for of, mark in zip((_SHIPMENT, _REPLACEMENT), DIRECTIONS, strict=True)
        ),
    },
    unread=UNREAD,
    meaning="A buyer's wish to send an item back.",
    differences=(
        Difference(
            "refund_tax",
            "buyer_refund",
            "refund",
            "tax refunded that eBay had collected: the buyer's refund less the seller's",
        ),
        Difference(
            "refund_tax_estimated",
            "buyer_refund_estimated",
            "refund_estimated",
            "the same, as expected",
        ),
    ),
    moments=OF_RETURNS,
    member_at="summary",
    unwrap=_unwrap,
)
