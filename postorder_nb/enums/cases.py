"""Closed sets of cases (escalated inquiries and returns)."""

from __future__ import annotations

from enum import auto

from .base import OpenEnum


class CaseType(OpenEnum):
    """``CaseTypeEnum`` of the Post-Order API."""

    ITEM_NOT_RECEIVED = auto()
    RETURN = auto()


class CaseStatus(OpenEnum):
    """``CaseStatusEnum`` of the Post-Order API."""

    CLOSED = auto()
    CS_CLOSED = auto()
    ON_HOLD = auto()
    OPEN = auto()
    OTHER = auto()
    REFUND_AGREED_BUT_FAILED = auto()
    WAITING_CS = auto()
    WAITING_DELIVERY = auto()


class CaseStatusFilter(OpenEnum):
    """``CaseStatusFilter`` of the Post-Order API."""

    CLOSED = auto()
    CS_CLOSED = auto()
    ON_HOLD = auto()
    OPEN = auto()
    OTHER = auto()
    REFUND_AGREED_BUT_FAILED = auto()
    WAITING_CS = auto()
    WAITING_DELIVERY = auto()


class CaseCloseReason(OpenEnum):
    """``CaseCloseReasonEnum`` of the Post-Order API."""

    AGENT_CLOSE_FOR_BUYER = auto()
    AGENT_CLOSE_FOR_EBAY = auto()
    AGENT_CLOSE_FOR_SELLER = auto()
    AUTO_DISPOSE_BUYER_WIN_NO_SELLER_FAULT = auto()
    AUTO_DISPOSE_SELLER_WIN_BUYER_FAULT = auto()
    BUYER_CLOSE = auto()
    BUYER_CONFIRM_FULL_REFUND_NPP = auto()
    BUYER_CONFIRM_FULL_REFUND_PP = auto()
    BUYER_CONFIRM_PARTIAL_REFUND_NPP = auto()
    BUYER_CONFIRM_PARTIAL_REFUND_PP = auto()
    BUYER_REFUNDED = auto()
    BUYER_WINS_DESTROY_ITEM = auto()
    BUYER_WINS_NO_ITEM_RETURNS = auto()
    BUYER_WINS_NO_SELLER_FAULT = auto()
    BUYER_WINS_NO_SELLER_FAULT_FOR_FORCED_RETURN = auto()
    BUYER_WINS_NO_SELLER_FAULT_PARTIAL_CREDIT = auto()
    BUYER_WINS_SELLER_FAULT = auto()
    BUYER_WINS_SELLER_FAULT_BUYER_RETURNS_ITEM = auto()
    BUYER_WINS_SELLER_FAULT_FOR_FORCED_RETURN = auto()
    BUYER_WINS_SELLER_FAULT_NO_CREDIT = auto()
    CLOSED_CS_CLOSE = auto()
    ECHECK_TIMEOUT = auto()
    ESCALATE_CS_AUTO_DISPOSE_BUYER_WINS_NO_SELLER_FAULT_NO_CREDIT = auto()
    ESCALATE_CS_AUTO_DISPOSE_BUYER_WIN_SELLER_FAULT = auto()
    ESCALATE_CS_AUTO_DISPOSE_BUYER_WIN_SELLER_FAULT_NO_RECOUP = auto()
    ESCALATE_CS_AUTO_DISPOSE_SELLER_WIN_BUYER_FAULT = auto()
    EXPIRE_AFTER_ENTER_TRACKING_FOR_FORCED_RETURN = auto()
    EXPIRE_ENTER_TRACKING_AFTER_CS_DECISION = auto()
    ITEM_DELIVERED_FOR_FORCED_RETURN = auto()
    NO_SELLER_FAULT_BUYER_DESTROYS_ITEM = auto()
    NO_SELLER_FAULT_BUYER_RETURNS_ITEM = auto()
    OTHER = auto()
    PAYMENT_PROCESSOR_CLAIM_FILED = auto()
    RETURN_TRACKING_DELIVERED = auto()
    SELLER_FULL_REFUND_PP = auto()
    SELLER_PARTIAL_REFUND_PP = auto()
    SELLER_WINS_BUYER_FAULT = auto()
    SELLER_WINS_BUYER_FAULT_FOR_FORCED_RETURN = auto()
    UNDEFINED = auto()


class AppealStatus(OpenEnum):
    """``AppealStatusEnum`` of the Post-Order API."""

    BUYER_APPEALED = auto()
    BUYER_SELLER_APPEALED = auto()
    OTHER = auto()
    SELLER_APPEALED = auto()
    SELLER_INVOICED_BUYER_APPEALED = auto()
    SELLER_RECOUPED_BUYER_APPEALED = auto()
    SELLER_RECOUPED_BUYER_APPEALED_CLOSED_CASE = auto()
    SELLER_RECOUP_APPEALED = auto()
    SELLER_RECOUP_NEEDED_BUYER_APPEALED = auto()
    SELLER_RECOUP_NEEDED_BUYER_APPEALED_CLOSED_CASE = auto()


class AppealCloseReason(OpenEnum):
    """``AppealCloseReasonEnum`` of the Post-Order API."""

    APPEAL_BUYER_DENIED = auto()
    APPEAL_BUYER_WINS = auto()
    APPEAL_BUYER_WINS_PARTIAL_CREDIT = auto()
    APPEAL_SELLER_DENIED = auto()
    APPEAL_SELLER_WINS_FULL_CREDIT = auto()
    APPEAL_SELLER_WINS_FULL_CREDIT_CANCEL_RECOUP = auto()
    APPEAL_SELLER_WINS_PARTIAL_CREDIT = auto()
    OTHER = auto()


class AppealGrantStatus(OpenEnum):
    """``AppealGrantStatusEnum`` of the Post-Order API."""

    DENIED = auto()
    GRANTED = auto()
    OTHER = auto()


__all__ = [
    "AppealCloseReason",
    "AppealGrantStatus",
    "AppealStatus",
    "CaseCloseReason",
    "CaseStatus",
    "CaseStatusFilter",
    "CaseType",
]
