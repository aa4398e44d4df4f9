"""Cancellations: what each column means and where answers hold it."""

from __future__ import annotations

from ..enums import (
    CancelCloseReason,
    CancelMoneyMovementStatus,
    CancelReason,
    CancelState,
    CancelStatus,
    Marketplace,
    PartialOrderType,
    Party,
    PaymentStatus,
)
from .columns import Json, Record, Source, column
from .moments import ANSWERS


def _unwrap(answer: Json) -> Json:
    """Take the record out of its envelope; a bare record stands for itself."""
    inner = answer.get("cancelDetail")
    return inner if type(inner) is dict else answer


_REFUND = "refundInfo.actualRefundDetail"

SEARCH = (
    column("cancel_id", "id", "cancelId|id", "the cancellation"),
    column("order_id", "id", "legacyOrderId|orderId", "order; its id changes when it is paid"),
    column("marketplace", "enum", "marketplaceId", "eBay site of the sale", Marketplace),
    column("requestor", "enum", "requestorType", "who asked", Party),
    column(
        "reason", "enum", "cancelReason", "why; often absent when the buyer asked", CancelReason
    ),
    column("state", "enum", "cancelState", "step of its life; CLOSED is the end", CancelState),
    column("status", "enum", "cancelStatus", "how it stands or ended", CancelStatus),
    column("close_reason", "enum", "cancelCloseReason", "why it was closed", CancelCloseReason),
    column("payment_status", "enum", "paymentStatus", "whether the order was paid", PaymentStatus),
    column("requested", "amount", "requestRefundAmount", "refund asked for"),
    column("created_at", "time", "cancelRequestDate", "when it was asked for"),
    column("closed_at", "time", "cancelCloseDate", "when it was closed"),
    column("shipped_at", "time", "shipmentDate", "when the order was shipped all the same"),
    column("respond_by", "time", "sellerResponseDueDate", "the seller's deadline"),
    column("buyer_respond_by", "time", "buyerResponseDueDate", "the buyer's deadline"),
    column(
        "partial_order_type",
        "enum",
        "partialOrderType",
        "whole order or part of it",
        PartialOrderType,
    ),
    column("recoup", "amount", "payoutRecoupInfo.amountToRecoup", "charged back to the seller"),
    column("payout_id", "id", "payoutRecoupInfo.payoutId", "payout it is charged to"),
    column("buyer", "id", "buyerLoginName", "buyer's user name or immutable id", personal=True),
    column("seller", "id", "sellerLoginName", "seller's user name or immutable id", personal=True),
)

DETAILS = (
    column("refund", "amount", f"{_REFUND}.actualRefund.totalAmount", "refunded by the seller"),
    column(
        "refund_status",
        "enum",
        f"{_REFUND}.refundStatus",
        "how the refund went",
        CancelMoneyMovementStatus,
    ),
    column("refunded_at", "time", f"{_REFUND}.refundIssuedDate", "when the refund was issued"),
    column(
        "fee_credit",
        "amount",
        f"{_REFUND}.actualRefund.feeCreditAmount",
        "selling fees given back",
    ),
    column(
        "net_charge",
        "amount",
        f"{_REFUND}.netChargeAmount",
        "charged to the seller in the seller's currency, credits taken off",
    ),
    column(
        "outstanding", "amount", f"{_REFUND}.outstandingAmount", "still to be paid by the seller"
    ),
    column(
        "donation",
        "amount",
        f"{_REFUND}.actualRefund.donationAmount",
        "charity share of the refund",
    ),
    column("item_id", "id", "lineItems[only].itemId|itemId", "listing, of a one-line order"),
    column(
        "transaction_id",
        "id",
        "lineItems[only].transactionId|transactionId",
        "line of the order, of a one-line order",
    ),
    column("item_title", "text", "lineItems[only].itemTitle", "title, of a one-line order"),
    column(
        "quantity",
        "integer",
        "lineItems[only].cancelQuantity|lineItems[only].cancelQuanity",
        "units cancelled, of a one-line order",
        unit="pieces",
    ),
)

CANCELLATIONS = Record(
    name="cancellations",
    singular="cancellation",
    key="cancel_id",
    search=SEARCH,
    details=DETAILS,
    sources={
        "history": (Source(("activityHistories[]",)),),
        "money_movements": (Source(("moneyMovementInfo[]",)),),
        "fundings": (Source((f"{_REFUND}.fundings[]",)),),
        "lines": (Source(("lineItems[]",)),),
    },
    unread=(),
    meaning="An order, or the wish for one, called off before it was shipped.",
    moments=ANSWERS,
    listed="cancellations",
    unwrap=_unwrap,
)
