"""Inquiries (item not received): what each column means and where answers hold it."""

from __future__ import annotations

from ..enums import (
    AppealCloseReason,
    AppealGrantStatus,
    AppealStatus,
    InquiryReason,
    InquiryState,
    InquiryStatus,
    UserParty,
)
from .children import STREETS
from .columns import ADDRESS, Column, Record, Source, Unread, column
from .moments import ANSWERS


def appeal_columns(root: str) -> tuple[Column, ...]:
    """Return the appeal's columns; inquiries and cases hold the same container."""
    return (
        column("appeal_status", "enum", f"{root}.appealStatus", "eBay's answer", AppealGrantStatus),
        column(
            "appeal_outcome", "enum", f"{root}.appealStatusEnum", "who appealed what", AppealStatus
        ),
        column("appeal_reason", "text", f"{root}.appealReasonCode", "why it was appealed"),
        column(
            "appeal_close_reason",
            "enum",
            f"{root}.appealCloseReasonEnum",
            "how the appeal ended",
            AppealCloseReason,
        ),
        column("appealed_at", "time", f"{root}.appealDate", "when it was appealed"),
        column("can_appeal", "flag", f"{root}.eligibleForAppeal", "whether an appeal is open"),
        column("appeal_refund", "amount", f"{root}.appealRefundAmount", "refunded by the appeal"),
    )


def refund_columns(root: str) -> tuple[Column, ...]:
    """Return the refund's columns; inquiries and cases hold the same containers."""
    amounts = f"{root}.refundAmounts"
    return (
        column("refund", "amount", f"{amounts}.refundAmount", "refunded by the seller"),
        column(
            "refund_charge",
            "amount",
            f"{root}.refundChargeAmount",
            "charged to the seller in the seller's currency",
        ),
        column("fee_credit", "amount", f"{amounts}.feeCreditAmount", "selling fees given back"),
        column("donation", "amount", f"{amounts}.donationAmount", "charity share of the refund"),
        column(
            "expected_refund",
            "amount",
            f"{amounts}.buyerInitExpectRefundAmt",
            "what the buyer asked for at first",
        ),
        column(
            "accepted_refund",
            "amount",
            f"{amounts}.buyerFinalAcceptRefundAmt",
            "what the buyer accepted in the end",
        ),
        column(
            "international_refund",
            "amount",
            f"{amounts}.internationalRefundAmount",
            "refund of the international leg",
        ),
    )


SEARCH = (
    column("inquiry_id", "id", "inquiryId|id", "the inquiry"),
    column("item_id", "id", "itemId", "listing"),
    column("transaction_id", "id", "transactionId", "line of the order"),
    column("order_id", "id", "orderId", "order, where eBay tells it (rarely)"),
    column("buyer", "id", "buyer", "buyer's user name or immutable id", personal=True),
    column("seller", "id", "seller", "seller's user name or immutable id", personal=True),
    column("status", "enum", "inquiryStatusEnum|status", "coarse step", InquiryStatus),
    column("claim", "amount", "claimAmount", "what the buyer claims"),
    column("created_at", "time", "creationDate|inquiryDetails.creationDate", "when it was opened"),
    column("modified_at", "time", "lastModifiedDate", "when it last changed"),
    column("respond_by", "time", "respondByDate|sellerMakeItRightByDate", "the seller's deadline"),
)

DETAILS = (
    column("state", "enum", "state", "fine step", InquiryState),
    column("reason", "enum", "creationReason", "why the buyer asks", InquiryReason),
    column("initiator", "enum", "initiator", "who opened it", UserParty),
    column("quantity", "integer", "inquiryQuantity", "units that did not arrive", unit="pieces"),
    column("shipping_cost", "amount", "shippingCost", "postage the buyer paid"),
    column("total", "amount", "inquiryDetails.totalAmount", "price and postage together"),
    column(
        "expected_resolution",
        "text",
        "inquiryDetails.buyerInitialExpectedResolution",
        "outcome the buyer asked for at first",
    ),
    column("closed_at", "time", "inquiryClosureDate", "when it was closed"),
    column("expires_at", "time", "inquiryDetails.expirationDate", "when eBay closes it"),
    column("escalated_at", "time", "inquiryDetails.escalationDate", "when it became a case"),
    *refund_columns("inquiryDetails"),
    column("refund_due_at", "time", "inquiryDetails.refundDeadlineDate", "until when to refund"),
    column(
        "provisional_refund",
        "flag",
        "inquiryDetails.provisionalRefund.refundProvided",
        "whether eBay refunded ahead of the outcome",
    ),
    column(
        "provisional_refund_reversed",
        "flag",
        "inquiryDetails.provisionalRefund.refundReversed",
        "whether that refund was taken back",
    ),
    column(
        "resolution_expected_at",
        "time",
        "resolutionEstimate.resolutionEstimateDate",
        "when eBay expects it settled",
    ),
    column(
        "last_buyer_response_at",
        "time",
        "inquiryDetails.lastBuyerRespDate",
        "when the buyer last answered",
    ),
    *appeal_columns("inquiryDetails.appealDetails"),
    column("item_title", "text", "itemDetails.itemTitle", "title of the listing"),
    column("item_price", "amount", "itemDetails.itemPrice", "price of one unit"),
    column("item_picture_url", "text", "itemDetails.itemPictureUrl", "picture of the listing"),
    column("content_on_hold", "flag", "inquiryContentOnHold", "whether texts are masked by eBay"),
    column("item_on_hold", "flag", "itemDetails.itemOnHold", "whether the listing is masked"),
    column("external_transaction_id", "id", "extTransactionId", "payment at the provider"),
    column("rma_number", "text", "returnDetails.RMA", "the seller's authorisation number"),
)

#: What no column reads of inquiries, nor of cases.
CLAIM_UNREAD = (
    Unread("returnDetails", "address editable firstName lastName", STREETS),
    Unread("returnDetails.address", ADDRESS, STREETS),
)
NOT_DOCUMENTED = "not documented, and what it holds is not known"

INQUIRIES = Record(
    name="inquiries",
    singular="inquiry",
    key="inquiry_id",
    search=SEARCH,
    details=DETAILS,
    sources={
        "history": (Source(("inquiryHistoryDetails.history[]",)),),
        "money_movements": (
            Source(("inquiryHistoryDetails.history[].moneyMovement.moneyMovementEntryList[]",)),
        ),
        "shipments": (Source(("inquiryHistoryDetails.shipmentTrackingDetails",), "outbound"),),
    },
    unread=(
        Unread("", "inquiryPaymentInfo buyerrequested", NOT_DOCUMENTED),
        Unread("", "viewPPTrasanctionUrl", "withdrawn with PayPal"),
        Unread("itemDetails", "viewPurchasedItemUrl", "a link that item_id gives, too"),
        Unread("inquiryHistoryDetails", "additionalInfo buyerrequested", NOT_DOCUMENTED),
        *CLAIM_UNREAD,
    ),
    meaning="A buyer's report that an item did not arrive.",
    moments=ANSWERS,
)
