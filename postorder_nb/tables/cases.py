"""Cases: what each column means and where answers hold it."""

from __future__ import annotations

from ..enums import CaseCloseReason, CaseStatus, CaseType, RefundType, UserParty
from .columns import Record, Source, Unread, column
from .inquiries import CLAIM_UNREAD, NOT_DOCUMENTED, appeal_columns, refund_columns

SEARCH = (
    column("case_id", "id", "caseId|id", "the case"),
    column("item_id", "id", "itemId", "listing"),
    column("transaction_id", "id", "transactionId", "line of the order"),
    column("buyer", "id", "buyer", "buyer's user name or immutable id", personal=True),
    column("seller", "id", "seller", "seller's user name or immutable id", personal=True),
    column("status", "enum", "caseStatusEnum|status", "step of the case's life", CaseStatus),
    column("claim", "amount", "claimAmount", "what the buyer claims"),
    column("created_at", "time", "creationDate|caseDetails.creationDate", "when it was opened"),
    column("modified_at", "time", "lastModifiedDate", "when it last changed"),
    column(
        "respond_by",
        "time",
        "respondByDate|sellerResponseDue.respondByDate",
        "the seller's deadline",
    ),
)

DETAILS = (
    column("case_type", "enum", "caseType", "what it came from", CaseType),
    column("state", "enum", "caseStateEnum", "fine step, where eBay tells it"),
    column("return_id", "id", "returnId", "return it came from"),
    column("order_id", "id", "orderId", "order, where eBay tells it"),
    column("quantity", "integer", "caseQuantity", "units in dispute", unit="pieces"),
    column("initiator", "enum", "initiator", "who opened it", UserParty),
    column("escalated_by", "enum", "escalatedBy", "who escalated it", UserParty),
    column("escalate_reason", "enum", "escalateReason", "why it was escalated"),
    column("shipping_fee", "amount", "shippingFee", "postage the buyer paid"),
    column("escalated_at", "time", "caseDetails.escalationDate", "when it was escalated"),
    column("expires_at", "time", "caseDetails.expirationDate", "when eBay closes it"),
    *refund_columns("caseDetails"),
    column("refund_type", "enum", "caseDetails.refundType", "full or partial", RefundType),
    column("refund_due_at", "time", "caseDetails.refundDeadlineDate", "until when to refund"),
    column(
        "buyer_close_reason",
        "enum",
        "buyerClosureReason",
        "the closing as the buyer is told it",
        CaseCloseReason,
    ),
    column(
        "seller_close_reason",
        "enum",
        "sellerClosureReason",
        "the closing as the seller is told it",
        CaseCloseReason,
    ),
    *appeal_columns("appealDetails"),
    column("buyer_outcome", "enum", "buyerOutcome", "how it ended for the buyer"),
    column("seller_outcome", "enum", "sellerOutcome", "how it ended for the seller"),
    column(
        "no_seller_fault", "flag", "fsnadnoSellerFault", "whether eBay clears the seller of fault"
    ),
    column(
        "expected_resolution",
        "text",
        "caseDetails.buyerInitExpectResolution",
        "outcome the buyer asked for at first",
    ),
    column(
        "accepted_resolution",
        "text",
        "caseDetails.buyerFinalAcceptResolution",
        "outcome the buyer accepted in the end",
    ),
    column(
        "last_buyer_response_at",
        "time",
        "caseDetails.lastBuyerRespDate",
        "when the buyer last answered",
    ),
    column(
        "last_seller_response_at",
        "time",
        "caseDetails.lastSellerRespDate",
        "when the seller last answered",
    ),
    column("ship_by", "time", "fsnadShipToSellerByDate", "until when the buyer must ship"),
    column(
        "seller_activity_due",
        "enum",
        "sellerResponseDue.activityDue",
        "what the seller must do next, where eBay tells it",
    ),
    *(
        column(name, "integer", path, meaning, unit="days")
        for name, path, meaning in (
            (
                "file_claim_days",
                "actionDeadlines.maxDaysToFileClaim",
                "time the buyer has to open a case",
            ),
            (
                "return_item_days",
                "actionDeadlines.daysToReturnItem",
                "time the buyer has to send the item back",
            ),
            (
                "proof_of_shipment_days",
                "actionDeadlines.daysForBuyerToProvideProofOfShipment",
                "time the buyer has to prove that it was sent",
            ),
            (
                "add_tracking_days",
                "fsnadDaysToAddTrackingAfterShippingItem",
                "time the buyer has to add tracking once it was sent",
            ),
            (
                "expire_with_response_days",
                "actionDeadlines.daysToExpireWithResponse",
                "time until eBay closes a case that was answered",
            ),
            (
                "expire_without_response_days",
                "actionDeadlines.daysToExpireWithoutResponse",
                "time until eBay closes a case that was not",
            ),
        )
    ),
    column("content_on_hold", "flag", "caseContentOnHold", "whether texts are masked by eBay"),
    column("item_on_hold", "flag", "itemOnHold", "whether the listing is masked"),
    column("external_transaction_id", "id", "extTransactionId", "payment at the provider"),
    column("rma_number", "text", "returnDetails.RMA", "the seller's authorisation number"),
)

CASES = Record(
    name="cases",
    singular="case",
    key="case_id",
    search=SEARCH,
    details=DETAILS,
    sources={
        "history": (Source(("caseHistoryDetails.history[]",)),),
        "money_movements": (
            Source(("caseHistoryDetails.history[].moneyMovement.moneyMovementEntryList[]",)),
        ),
        "shipments": (Source(("caseHistoryDetails.shipmentTrackingDetails",), "outbound"),),
    },
    unread=(
        Unread(
            "",
            "buyerProtectedProgramLink eventTicketsLink payForItemLink recalledItemLink",
            "links to pages of eBay, the same for every case",
        ),
        Unread("", "nextSteps", NOT_DOCUMENTED),
        Unread("", "priceSignatureConfirmationAmount", "a rule of the site, without a currency"),
        Unread("caseDetails", "paypalPaid", "withdrawn with PayPal"),
        Unread("caseHistoryDetails", "additionalInfo buyerrequested", NOT_DOCUMENTED),
        *CLAIM_UNREAD,
    ),
    meaning="An inquiry or a return that eBay was asked to decide.",
)
