"""The child tables, one shape each for all four records."""

from __future__ import annotations

from ..enums import (
    CancelActivity,
    CancelMoneyMovementStatus,
    CancelMoneyMovementType,
    CancelState,
    FileFormat,
    FilePurpose,
    FileStatus,
    FundingMethodBrand,
    FundingMethodType,
    FundingStatus,
    PaymentProvider,
    RefundFeeType,
    ReturnActivity,
    ReturnEscalationReason,
    ReturnMoneyMovementStatus,
    ReturnMoneyMovementType,
    ReturnShippingCostType,
    ReturnState,
    ReturnUserRole,
    ShippingMethod,
    TrackingStatus,
    UserParty,
)
from .columns import ADDRESS, Child, Column, Unread, column
from .moments import BESIDE

ACTORS = (UserParty, ReturnUserRole)
STREETS = "an address tells more of a person than any count needs"
DIRECTIONS = ("return", "replacement")


def funding_columns(prefix: str, at: str) -> tuple[Column, ...]:
    """Return the columns of a funding source, the container `at`."""
    return (
        column(f"{prefix}source", "enum", f"{at}.type", "where from", FundingMethodType),
        column(f"{prefix}brand", "enum", f"{at}.brand", "card brand", FundingMethodBrand),
        column(
            f"{prefix}memo", "text", f"{at}.memo", "account or card, as eBay cuts it", personal=True
        ),
    )


HISTORY = Child(
    "history",
    "What happened to a record, step by step.",
    (
        column("at", "time", "creationDate|actionDate|date", "when it happened"),
        column("actor", "enum", "author|activityParty|actor", "who did it", ACTORS),
        column(
            "activity",
            "text",
            "activity|activityType|action",
            "what was done; prose in inquiries and cases",
            (ReturnActivity, CancelActivity),
        ),
        column(
            "from_state",
            "enum",
            "fromState|stateFrom|cancelStateFrom",
            "state before",
            (ReturnState, CancelState),
        ),
        column(
            "to_state",
            "enum",
            "toState|stateTo|cancelStateTo|cancelStatetateTo",
            "state after",
            (ReturnState, CancelState),
        ),
        column("notes", "text", "notes|description", "what was written", personal=True),
        column(
            "escalate_reason",
            "enum",
            "attributes.escalateReason",
            "why it was escalated",
            ReturnEscalationReason,
        ),
        column(
            "partial_refund", "amount", "attributes.partialRefundAmount", "partial refund offered"
        ),
        column("keep_item", "flag", "attributes.keepOriginalItem", "whether the buyer keeps it"),
        column(
            "deduction",
            "amount",
            "attributes.refundDeductionType.refundDeductionAmount",
            "taken off the refund by the seller",
        ),
        column(
            "deduction_percentage",
            "number",
            "attributes.refundDeductionType.refundDeductionPercentage",
            "the same as a share of the price",
            unit="%",
        ),
        column(
            "rma_number",
            "text",
            "attributes.RMA|attributes.RMANumber",
            "the seller's return authorisation number",
        ),
        column(
            "tracking_number",
            "id",
            "attributes.updatedTrackingNumber|attributes.trackingNumber",
            "tracking number given",
            personal=True,
        ),
        column("label_type", "enum", "attributes.rlspType", "service that made the return label"),
        column(
            "money_movement_ref",
            "id",
            "attributes.moneyMovementRef.idref",
            "money movement that the step set off",
        ),
    ),
    unread=(
        Unread("", "moneyMovement", "its entries are rows of money_movements"),
        Unread("attributes", "carrierUsed", "withdrawn; shipments tells the carrier"),
        Unread("attributes", "sellerRefundWindow", "not documented: its unit is not known"),
        Unread("attributes", "sellerReturnAddress toEmailAddress", STREETS),
        Unread("attributes.sellerReturnAddress", "name address", STREETS),
        Unread("attributes.sellerReturnAddress.address", ADDRESS, STREETS),
        Unread("moneyMovement", "moneyMovementEntryList", "they are rows of money_movements"),
    ),
    beside=BESIDE,
)

REFUND_LINES = Child(
    "refund_lines",
    "What a refund is made of: price, shipping, tax, deductions.",
    (
        column("fee_type", "enum", "refundFeeType", "what the money is for", RefundFeeType),
        column("", "amount", "refundAmount|estimatedAmount", "the line's amount"),
        column("min", "amount", "minAmount", "least the seller may refund"),
        column("max", "amount", "maxAmount", "most the seller may refund"),
        column(
            "restocking_fee_percentage",
            "number",
            "restockingFeePercentage",
            "share kept as restocking fee",
            unit="%",
        ),
    ),
    unread=(
        Unread(
            "",
            "amountEditable overwritableBySeller purchasePriceDeductedPercentageList",
            "choices of the refund form",
        ),
    ),
    mark=column("stage", "enum", "", "how firm the amount is", ("estimated", "optional", "actual")),
)

MONEY_MOVEMENTS = Child(
    "money_movements",
    "Money that moved, or was to move, for a record.",
    (
        column(
            "type",
            "text",
            "moneyMovementType|type",
            "what moved; prose in inquiries and cases",
            (ReturnMoneyMovementType, CancelMoneyMovementType),
        ),
        column(
            "status",
            "enum",
            "status|fundingStatus",
            "how it went",
            (ReturnMoneyMovementStatus, CancelMoneyMovementStatus, FundingStatus),
        ),
        column("requested", "amount", "requestedAmount", "asked for"),
        column("actual", "amount", "actualAmount|amount", "moved"),
        column("created_at", "time", "creationDate|date", "when"),
        column("provider", "enum", "paymentProvider", "payment provider", PaymentProvider),
        column("external_payment_id", "id", "externalPaymentId", "payment at the provider"),
        *funding_columns("funding_", "fundingSource"),
    ),
)

FUNDINGS = Child(
    "fundings",
    "What the seller's charge was taken from (cancellations and returns; inquiries and cases "
    "tell it with each money movement).",
    (
        column("at", "time", "date", "when"),
        column("", "amount", "amount", "taken"),
        *funding_columns("", "fundingSource"),
        column("status", "enum", "fundingStatus", "how it went", FundingStatus),
    ),
)

LINES = Child(
    "lines",
    "The order lines of a cancellation; the other records are of one line each and tell it in "
    "their own columns.",
    (
        column("item_id", "id", "itemId", "listing"),
        column("transaction_id", "id", "transactionId", "line of the order"),
        column("title", "text", "itemTitle", "title of the listing"),
        column(
            "quantity", "integer", "cancelQuantity|cancelQuanity", "units cancelled", unit="pieces"
        ),
    ),
)

FILES = Child(
    "files",
    "Pictures and documents put on a return.",
    (
        column("file_id", "id", "fileId", "the file"),
        column("name", "text", "fileName|fielName", "its name", personal=True),
        column("format", "enum", "fileFormat", "picture format", FileFormat),
        column("purpose", "enum", "filePurpose", "what it is for", FilePurpose),
        column("status", "enum", "fileStatus", "whether both sides see it", FileStatus),
        column("submitter", "enum", "submitter", "who uploaded it", ACTORS),
        column("created_at", "time", "creationDate", "when it was uploaded"),
        column("url", "text", "secureUrl", "where the picture lies", personal=True),
    ),
    unread=(Unread("", "fileData resizedFileData", "the picture itself, large and personal"),),
)

SHIPMENTS = Child(
    "shipments",
    "Parcels: back to the seller, to the buyer as a replacement, or the first one out.",
    (
        column("carrier", "text", "carrierUsed|carrierName|carrierEnum|carrier", "carrier"),
        column("tracking_number", "id", "trackingNumber", "tracking number", personal=True),
        column(
            "delivery_status",
            "text",
            "deliveryStatus|currentStatus",
            "where the parcel is; prose in inquiries and cases",
            TrackingStatus,
        ),
        column("shipped_at", "time", "actualShipDate|shipDate", "when it was handed over"),
        column("delivered_at", "time", "actualDeliveryDate|deliveryDate", "when it arrived"),
        column("labelled_at", "time", "labelDate", "when the label was made"),
        column("estimate_from", "time", "minDeliveryEstimate|estimateFromDate", "earliest arrival"),
        column("estimate_until", "time", "maxDeliveryEstimate|estimateToDate", "latest arrival"),
        column("marked_received", "flag", "markAsReceived", "whether marked as received"),
        column("active", "flag", "active", "whether it is the current shipment"),
        column("shipment_id", "id", "shipmentId", "the shipment at eBay"),
        column("shipped_by", "enum", "shippedBy", "who ships", ACTORS),
        column(
            "shipping_method", "enum", "shippingMethod", "eBay's label or own post", ShippingMethod
        ),
        column("label_id", "id", "labelId", "the label at eBay"),
        column("label_until", "time", "labelAvailableUntilDate", "until when it can be printed"),
        column("tracking_url", "text", "trackingURL", "where to follow it", personal=True),
        column("error_code", "text", "errorCode", "why tracking or label failed"),
        *(
            column(
                f"{end}_country",
                "enum",
                f"{end}Address.address.country",
                f"country of its {end}",
                personal=True,
            )
            for end in ("origin", "destination")
        ),
    ),
    unread=(
        Unread("", "carrierId", "a number for what carrier says in words"),
        Unread(
            "",
            "labelPrintExpired labelVoidExpired multipleCarrierAvailable",
            "choices of the label page",
        ),
        *(
            unread
            for end in ("origin", "destination")
            for unread in (
                Unread(f"{end}Address", "name", STREETS),
                Unread(f"{end}Address.address", ADDRESS.replace("country ", ""), STREETS),
            )
        ),
    ),
    mark=column("direction", "enum", "", "which way it goes", (*DIRECTIONS, "outbound")),
)

LABEL_COSTS = Child(
    "label_costs",
    "What the cost of a return label is made of.",
    (
        column("cost_type", "enum", "returnShippingCostType", "what for", ReturnShippingCostType),
        column("", "amount", "amount", "its share of the cost"),
    ),
    mark=column("direction", "enum", "", "which parcel's label", DIRECTIONS),
)

CHILDREN = {
    child.name: child
    for child in (
        HISTORY,
        REFUND_LINES,
        MONEY_MOVEMENTS,
        FILES,
        SHIPMENTS,
        FUNDINGS,
        LINES,
        LABEL_COSTS,
    )
}
