"""The five child tables, one shape each for all four records."""

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
    ReturnState,
    TrackingStatus,
    UserParty,
)
from .columns import ADDRESS, Child, column

#: A user role of returns has two values more than the party of inquiries and cases.
ACTORS = (UserParty, "EBAY", "OTHER")

HISTORY = Child(
    "history",
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
    ),
    known={
        "": "attributes moneyMovement",
        "attributes": (
            "carrierUsed keepOriginalItem moneyMovementRef refundDeductionType rlspType "
            "sellerRefundWindow sellerReturnAddress toEmailAddress"
        ),
        "attributes.moneyMovementRef": "idref",
        "attributes.refundDeductionType": "refundDeductionAmount refundDeductionPercentage",
        "attributes.sellerReturnAddress": "name address",
        "attributes.sellerReturnAddress.address": ADDRESS,
        "moneyMovement": "moneyMovementEntryList",
    },
)

REFUND_LINES = Child(
    "refund_lines",
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
        ),
    ),
    known={"": "amountEditable overwritableBySeller purchasePriceDeductedPercentageList"},
    mark=column("stage", "enum", "", "how firm the amount is", ("estimated", "optional", "actual")),
)

MONEY_MOVEMENTS = Child(
    "money_movements",
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
        column("funding_source", "enum", "fundingSource.type", "where from", FundingMethodType),
        column("funding_brand", "enum", "fundingSource.brand", "card brand", FundingMethodBrand),
    ),
    known={"fundingSource": "memo"},
)

FILES = Child(
    "files",
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
    known={"": "fileData resizedFileData"},
)

SHIPMENTS = Child(
    "shipments",
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
    ),
    known={
        "": (
            "carrierUsed carrierName carrierEnum carrierId destinationAddress originAddress "
            "errorCode labelAvailableUntilDate labelId labelPrintExpired labelVoidExpired "
            "multipleCarrierAvailable shipmentId shippedBy shippingMethod trackingURL"
        ),
        "destinationAddress": "name address",
        "destinationAddress.address": ADDRESS,
        "originAddress": "name address",
        "originAddress.address": ADDRESS,
    },
    mark=column(
        "direction", "enum", "", "which way it goes", ("return", "replacement", "outbound")
    ),
)

CHILDREN = {
    child.name: child for child in (HISTORY, REFUND_LINES, MONEY_MOVEMENTS, FILES, SHIPMENTS)
}
