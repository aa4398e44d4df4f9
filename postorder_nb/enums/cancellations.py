"""Closed sets of cancellations."""

from __future__ import annotations

from enum import auto

from .base import OpenEnum


class CancelReason(OpenEnum):
    """``CancelReasonEnum`` of the Post-Order API."""

    ADDRESS_ISSUE = auto()
    ADDRESS_ISSUES = auto()
    BUYER_ASKED_CANCEL = auto()
    BUYER_CANCEL_OR_ADDRESS_ISSUE = auto()
    FOUND_CHEAPER_PRICE = auto()
    ORDER_MISTAKE = auto()
    ORDER_UNPAID = auto()
    OTHER = auto()
    OUT_OF_STOCK_OR_CANNOT_FULFILL = auto()
    PRICE_TOO_HIGH = auto()
    UNKNOWN = auto()
    WONT_ARRIVE_IN_TIME = auto()
    WRONG_PAYMENT_METHOD = auto()
    WRONG_SHIPPING_ADDRESS = auto()
    WRONG_SHIPPING_METHOD = auto()


class CancelState(OpenEnum):
    """``CancelStateEnum`` of the Post-Order API."""

    APPROVAL_PENDING = auto()
    CLOSED = auto()
    CONFIRM_REFUND_PENDING = auto()
    INITIAL = auto()
    OTHER = auto()
    REFUND_FAILED_RETRY = auto()
    REFUND_INITIATED = auto()
    REFUND_PENDING = auto()


class CancelStatus(OpenEnum):
    """``CancelStatusEnum`` of the Post-Order API."""

    CANCEL_CLOSED_FOR_COMMITMENT = auto()
    CANCEL_CLOSED_NO_REFUND = auto()
    CANCEL_CLOSED_UNKNOWN_REFUND = auto()
    CANCEL_CLOSED_WITH_REFUND = auto()
    CANCEL_PENDING = auto()
    CANCEL_REJECTED = auto()
    CANCEL_REQUESTED = auto()
    INVALID = auto()


class CancelCloseReason(OpenEnum):
    """``CancelCloseReasonEnum`` of the Post-Order API."""

    BUYER_CONFIRM_NOT_PAID = auto()
    BUYER_CONFIRM_REFUND = auto()
    BUYER_CONFIRM_TIMEOUT_NON_PAYPAL_PAID = auto()
    BUYER_CONFIRM_TIMEOUT_PAYPAL_PAID = auto()
    CHARGEBACK_DISPUTE_FILED = auto()
    FULL_REFUNDED = auto()
    FULL_REFUNDED_AS_PAYOUT = auto()
    FULL_REFUNDED_T2_FAILED = auto()
    FULL_REFUNDED_T2_ONLY = auto()
    INELIGIBLE_FOR_CANCEL = auto()
    PAYOUT_FAILED = auto()
    REFUND_FAILED = auto()
    SELLER_APPROVE_TIMEOUT_PAID = auto()
    SELLER_APPROVE_TIMEOUT_UNPAID = auto()
    SELLER_APPROVE_UNPAID = auto()
    SELLER_CANCEL_UNPAID = auto()
    SELLER_DECLINE = auto()
    SYSTEM_NOTIFY_SHIPPING_STATUS = auto()
    UNKNOWN = auto()


class CancelActivity(OpenEnum):
    """``CancelActivityTypeEnum`` of the Post-Order API."""

    BUYER_CONFIRM_REFUND = auto()
    BUYER_CREATE_CANCEL = auto()
    SELLER_APPROVE = auto()
    SELLER_CREATE_CANCEL = auto()
    SELLER_REJECT = auto()
    SYSTEM_CHARGEBACK_OPENED = auto()
    SYSTEM_CREATE_CANCEL = auto()
    SYSTEM_NOTIFYPP_REFUND = auto()
    SYSTEM_NOTIFY_PAYOUT_STATUS = auto()
    SYSTEM_NOTIFY_REFUND_STATUS = auto()
    SYSTEM_PAYOUT = auto()
    SYSTEM_REFUND = auto()
    SYSTEM_REJECT = auto()
    SYSTEM_TIMEOUT_FOR_APPROVAL = auto()
    SYSTEM_TIMEOUT_FOR_CONFIRMATION = auto()
    SYSTEM_TIMEOUT_FOR_NOTIFY_PAYOUT_STATUS = auto()
    SYSTEM_TIMEOUT_FOR_NOTIFY_REFUND_STATUS = auto()
    UNKNOWN = auto()


class PaymentStatus(OpenEnum):
    """``PaymentStatusEnum`` of the Post-Order API."""

    MARK_AS_PAID = auto()
    NOT_PAID = auto()
    ONLINE_PAID = auto()
    PAYPAL_PAID = auto()
    UNKNOWN = auto()


class PartialOrderType(OpenEnum):
    """``PartialOrderTypeEnum`` of the Post-Order API."""

    FULL_ORDER = auto()
    PARTIAL_ORDER = auto()
    UNKNOWN = auto()


class CancelFieldGroup(OpenEnum):
    """``GetCancelFieldGroup`` of the Post-Order API."""

    FULL = auto()
    SUMMARY = auto()


class CancelFailureReason(OpenEnum):
    """``EligibilityFailureReasonEnum`` of the Post-Order API."""

    CANCELLATION_EXIST = auto()
    CANCEL_WINDOW_ELAPSED = auto()
    CASE_EXIST = auto()
    CHARGEBACK_OPENED = auto()
    CROSS_SITE_ORDER = auto()
    DELETED_BUYER = auto()
    DUPLICATE_LINEITEM = auto()
    EBAY_NOW_ORDER_STATUS = auto()
    ELV_RETURN_OR_REVERSAL_EXISTS = auto()
    FULL_REFUNDED_LINEITEM = auto()
    FULL_REFUNDED_ORDER = auto()
    INSTORE_PICKUP_MADE = auto()
    INTERNAL_SYSTEM_ERROR = auto()
    INVALID_LINEITEM = auto()
    INVALID_ORDER = auto()
    INVALID_USER = auto()
    IN_STORE_PICKUP_READY = auto()
    ITEM_LEVEL_ELIGIBILITY_FAILURE = auto()
    PARTIAL_CANCEL_NOT_ALLOWED = auto()
    PARTIAL_QUANTITY_NOT_ALLOWED = auto()
    PARTIAL_REFUNDED_ORDER = auto()
    PAYMENT_PENDING = auto()
    PAYPAL_DISPUTE_EXIST = auto()
    REQUESTED_QUANTITY_NOT_AVAILABLE = auto()
    RETURN_EXIST = auto()
    SHIPPED_ORDER = auto()
    UNKNOWN = auto()
    UNPAID_ORDER = auto()
    UNSUPPORTED_ORDER = auto()
    UNSUPPORTED_PAYMENT_METHOD = auto()
    UNSUPPORTED_SITE = auto()


__all__ = [
    "CancelActivity",
    "CancelCloseReason",
    "CancelFailureReason",
    "CancelFieldGroup",
    "CancelReason",
    "CancelState",
    "CancelStatus",
    "PartialOrderType",
    "PaymentStatus",
]
