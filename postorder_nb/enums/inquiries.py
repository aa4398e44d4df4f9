"""Closed sets of inquiries (item not received, INR)."""

from __future__ import annotations

from enum import auto

from .base import OpenEnum


class InquiryReason(OpenEnum):
    """``INRCreationReasonEnum`` of the Post-Order API."""

    EMPTY_BOX = auto()
    INCOMPLETE_ORDER = auto()
    ITEM_NOT_RECEIVED_ASK_FOR_REFUND = auto()
    ITEM_NOT_RECEIVED_TRACKING_SHOWS_DELIVERED = auto()
    LATE_ORDER = auto()
    TRACKING_INFO_UNAVAILABLE = auto()
    UNKNOWN = auto()


class InquiryState(OpenEnum):
    """``InquiryStateEnum`` of the Post-Order API."""

    AUTO_DISPOSE_MONEY_MOVEMENT_PENDING = auto()
    CLOSED = auto()
    CREATED = auto()
    FULL_REFUND_AGREED = auto()
    INITIAL = auto()
    ON_HOLD_FOR_UPLOAD = auto()
    OTHER = auto()
    PARTIAL_REFUND_ACCEPTED = auto()
    PARTIAL_REFUND_OFFERED = auto()
    PENDING_CREATED = auto()
    SELLER_ECHECK_FULL_REFUND_INITIATED = auto()
    SELLER_ECHECK_PARTIAL_REFUND_INITIATED = auto()
    SELLER_ECHECK_REFUND_GRACE_EXPIRED = auto()
    SHIPPING_INFO_PROVIDED = auto()
    TRACKING_PROVIDED = auto()
    VOLUNTARY_REFUND_PAYOUT_PENDING = auto()


class InquiryStatus(OpenEnum):
    """``InquiryStatusEnum`` of the Post-Order API."""

    CLOSED = auto()
    CLOSED_WITH_ESCALATION = auto()
    CS_CLOSED = auto()
    OPEN = auto()
    OTHER = auto()
    PENDING = auto()
    WAITING_BUYER_RESPONSE = auto()
    WAITING_SELLER_RESPONSE = auto()


class InquiryStatusFilter(OpenEnum):
    """``InquiryStatusFilter`` of the Post-Order API."""

    CLOSED = auto()
    CLOSED_WITH_ESCALATION = auto()
    CS_CLOSED = auto()
    OPEN = auto()
    OTHER = auto()
    PENDING = auto()
    WAITING_BUYER_RESPONSE = auto()
    WAITING_SELLER_RESPONSE = auto()


class InquiryEscalationReason(OpenEnum):
    """``InquiryEscalationReasonEnum`` of the Post-Order API."""

    BUYER_TROUBLE = auto()
    BUYER_UNHAPPY = auto()
    NOT_RECEIVED = auto()
    NO_REFUND = auto()
    OTHERS = auto()
    SELLER_NORESPONSE = auto()
    SHIPPED_ITEM = auto()
    TROUBLE_COMMUNICATION = auto()


__all__ = [
    "InquiryEscalationReason",
    "InquiryReason",
    "InquiryState",
    "InquiryStatus",
    "InquiryStatusFilter",
]
