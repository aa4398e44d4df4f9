"""Closed sets of returns."""

from __future__ import annotations

from enum import auto

from .base import OpenEnum


class ReturnReason(OpenEnum):
    """``ReturnReasonEnum`` of the Post-Order API."""

    ARRIVED_DAMAGED = auto()
    ARRIVED_LATE = auto()
    BUYER_CANCEL_ORDER = auto()
    BUYER_NOT_SCHEDULED = auto()
    BUYER_NO_SHOW = auto()
    BUYER_REFUSED_TO_PICKUP = auto()
    CUSTOMIZED = auto()
    DEFECTIVE_ITEM = auto()
    DIFFERENT_FROM_LISTING = auto()
    DOES_NOT_FIT = auto()
    EXPIRED_ITEM = auto()
    FAKE_OR_COUNTERFEIT = auto()
    FOUND_BETTER_PRICE = auto()
    IN_STORE_RETURN = auto()
    MISCATEGORIZED = auto()
    MISSING_PARTS = auto()
    NOT_AS_DESCRIBED = auto()
    NO_LONGER_NEED_ITEM = auto()
    NO_REASON = auto()
    ORDERED_ACCIDENTALLY = auto()
    ORDERED_DIFFERENT_ITEM = auto()
    ORDERED_WRONG_ITEM = auto()
    OTHER = auto()
    OUT_OF_STOCK = auto()
    RETURNING_GIFT = auto()
    VALET_DELIVERY_ISSUES = auto()
    VALET_UNAVAILABLE = auto()
    WITHDRAW_FROM_PURCHASE_CONTRACT = auto()
    WRONG_SIZE = auto()


class ReturnReasonType(OpenEnum):
    """``ReturnReasonTypeEnum`` of the Post-Order API."""

    CANCEL = auto()
    INSTORE = auto()
    REMORSE = auto()
    SNAD = auto()
    UNKNOWN = auto()


class ReturnState(OpenEnum):
    """``ReturnStateEnum`` of the Post-Order API."""

    AUTO_REFUND_INITIATED = auto()
    CLOSED = auto()
    INITIAL = auto()
    ITEM_DELIVERED = auto()
    ITEM_KEPT = auto()
    ITEM_READY_TO_SHIP = auto()
    ITEM_SHIPPED = auto()
    LESS_THAN_A_FULL_REFUND_ISSUED = auto()
    PARTIAL_REFUNDED = auto()
    PARTIAL_REFUND_AS_PAYOUT_INITIATED = auto()
    PARTIAL_REFUND_DECLINED = auto()
    PARTIAL_REFUND_FAILED = auto()
    PARTIAL_REFUND_INITIATED = auto()
    PARTIAL_REFUND_NON_PAYPAL_INITIATED = auto()
    PARTIAL_REFUND_REQUESTED = auto()
    PAYOUT_INITIATED = auto()
    REFUND_AS_PAYOUT_INITIATED = auto()
    REFUND_FAILED = auto()
    REFUND_INITIATED = auto()
    REFUND_SENT_PENDING_CONFIRMATION = auto()
    REFUND_TIMEOUT = auto()
    REPLACED = auto()
    REPLACEMENT_CLOSED = auto()
    REPLACEMENT_DELIVERED = auto()
    REPLACEMENT_LABEL_PENDING = auto()
    REPLACEMENT_LABEL_PENDING_TIMEOUT = auto()
    REPLACEMENT_LABEL_REQUESTED = auto()
    REPLACEMENT_LABEL_REQUESTED_TIMEOUT = auto()
    REPLACEMENT_OFFER_PENDING = auto()
    REPLACEMENT_REQUESTED = auto()
    REPLACEMENT_REQUEST_TIMEOUT = auto()
    REPLACEMENT_RMA_PENDING = auto()
    REPLACEMENT_SHIPPED = auto()
    REPLACEMENT_STARTED = auto()
    RETURN_ACCEPTED = auto()
    RETURN_LABEL_PENDING = auto()
    RETURN_LABEL_PENDING_TIMEOUT = auto()
    RETURN_LABEL_REQUESTED = auto()
    RETURN_LABEL_REQUESTED_TIMEOUT = auto()
    RETURN_REJECTED = auto()
    RETURN_REQUESTED = auto()
    RETURN_REQUEST_TIMEOUT = auto()
    RMA_PENDING = auto()
    UNKNOWN = auto()


class ReturnStatus(OpenEnum):
    """``ReturnStatusEnum`` of the Post-Order API."""

    CLOSED = auto()
    ESCALATED = auto()
    ITEM_DELIVERED = auto()
    ITEM_SHIPPED = auto()
    LESS_THAN_A_FULL_REFUND_ISSUED = auto()
    PARTIAL_REFUND_DECLINED = auto()
    PARTIAL_REFUND_FAILED = auto()
    PARTIAL_REFUND_INITIATED = auto()
    PARTIAL_REFUND_REQUESTED = auto()
    READY_FOR_SHIPPING = auto()
    REPLACED = auto()
    REPLACEMENT_CLOSED = auto()
    REPLACEMENT_DELIVERED = auto()
    REPLACEMENT_LABEL_REQUESTED = auto()
    REPLACEMENT_REQUESTED = auto()
    REPLACEMENT_SHIPPED = auto()
    REPLACEMENT_STARTED = auto()
    REPLACEMENT_WAITING_FOR_RMA = auto()
    RETURN_LABEL_REQUESTED = auto()
    RETURN_REJECTED = auto()
    RETURN_REQUESTED = auto()
    RETURN_REQUESTED_TIMEOUT = auto()
    UNKNOWN = auto()
    WAITING_FOR_RETURN_LABEL = auto()
    WAITING_FOR_RMA = auto()


class ReturnType(OpenEnum):
    """``ReturnTypeEnum`` of the Post-Order API."""

    CANCEL = auto()
    EXCHANGE = auto()
    MONEY_BACK = auto()
    REPLACEMENT = auto()
    UNKNOWN = auto()


class ReturnCloseReason(OpenEnum):
    """``CloseReturnReasonEnum`` of the Post-Order API."""

    AUTO_PARTIAL_REFUNDED = auto()
    AUTO_REFUNDED = auto()
    BUYER_ACCEPT_LESS_THAN_FULL_REFUND = auto()
    BUYER_ACCEPT_LESS_THAN_FULL_REFUND_AS_PAYOUT = auto()
    BUYER_CLOSED = auto()
    BUYER_NO_ACTION = auto()
    BUYER_PARTIAL_REFUND_AS_PAYOUT = auto()
    BUYER_PAYOUT = auto()
    BUYER_PAYOUT_FAILED = auto()
    BUYER_REFUND_AS_PAYOUT = auto()
    CHARGEBACK_DISPUTE_FILED = auto()
    ESCALATED = auto()
    FULL_REFUNDED = auto()
    FULL_REFUNDED_BY_DISPOSITION_RULE = auto()
    LVT_IMMEDIATE_REFUND = auto()
    MARK_PARTIAL_REFUND_RECEIVED = auto()
    MARK_REFUND_RECEIVED = auto()
    MARK_REFUND_RECEIVED_TIMEOUT = auto()
    OTHER = auto()
    PARTIALLY_REFUNDED = auto()
    REFUND_TIMEOUT = auto()
    REPLACED = auto()
    REPLACEMENT_PAYOUT_RECOUP = auto()
    REQUEST_DECLINED = auto()
    REQUEST_TIMEOUT = auto()
    RETURN_REJECTED = auto()
    SELLER_INVOICED = auto()
    SELLER_PAYOUT_FAILED = auto()
    SHIPMENT_TIMEOUT = auto()
    STORE_CREDIT_REFUNDED = auto()


class BuyerReturnCloseReason(OpenEnum):
    """``BuyerCloseReturnReasonEnum`` of the Post-Order API."""

    BUYER_NO_LONGER_WANTS_RETURN = auto()
    BUYER_RECEIVED_REFUND = auto()
    BUYER_RECEIVED_REPLACEMENT = auto()
    BUYER_STARTED_RETURN_ACCIDENTALLY = auto()
    CHARGE_BACK_OPENED = auto()
    OTHER = auto()
    UNKNOWN = auto()


class ReturnStateFilter(OpenEnum):
    """``ReturnCountFilterEnum`` of the Post-Order API."""

    ALL_OPEN = auto()
    ALL_OPEN_REPLACEMENT = auto()
    ALL_OPEN_RETURN = auto()
    CLOSED = auto()
    EBAY_PLUS = auto()
    ITEM_DELIVERED = auto()
    ITEM_SHIPPED = auto()
    RETURN_STARTED = auto()
    SELLER_ACTION_DUE = auto()
    SELLER_ACTION_OVERDUE = auto()
    SELLER_NO_ACTION = auto()
    UNKNOWN = auto()


class ReturnFieldGroup(OpenEnum):
    """``GetReturnFieldGroupEnum`` of the Post-Order API."""

    FULL = auto()
    NONE = auto()
    SUMMARY = auto()


class ReturnActivity(OpenEnum):
    """``ActivityOptionEnum`` of the Post-Order API."""

    AUTO_APPROVE_REMORSE = auto()
    BUYER_ACCEPTS_NON_PAYPAL_PARTIAL_REFUND = auto()
    BUYER_ACCEPTS_PARTIAL_REFUND = auto()
    BUYER_ACCEPT_REPLACEMENT_OFFER = auto()
    BUYER_CLOSE_RETURN = auto()
    BUYER_CREATE_RETURN = auto()
    BUYER_DECLINE_PARTIAL_REFUND = auto()
    BUYER_DECLINE_REPLACEMENT_OFFER = auto()
    BUYER_ESCALATE = auto()
    BUYER_MARK_AS_RECEIVED = auto()
    BUYER_MARK_REFUND_RECEIVED = auto()
    BUYER_MARK_RETURN_SHIPPED = auto()
    BUYER_PRINT_SHIPPING_LABEL = auto()
    BUYER_PROVIDE_LABEL = auto()
    BUYER_PROVIDE_TRACKING_INFO = auto()
    BUYER_SEND_MESSAGE = auto()
    BUYER_UPDATE_TRACKING = auto()
    BUYER_VOID_LABEL = auto()
    CHARGEBACK_OPEN = auto()
    DELETE_FILE = auto()
    DISPOSITION_RULE_AUTO_REFUND = auto()
    DISPOSITION_RULE_AUTO_ROUTE = auto()
    DISPOSITION_RULE_REPLACE_SEND_NO_SHIP = auto()
    EBAY_RULE_AUTO_APPROVE = auto()
    EMAIL_SHIPPING_LABEL = auto()
    EXTERNAL_CLAIM_OPENED = auto()
    GENERAL_TIME_OUT = auto()
    NOTIFIED_DELIVERED = auto()
    NOTIFIED_SHIPPED = auto()
    NOTIFY_REPLACEMENT_DELIVERED = auto()
    NOTIFY_REPLACEMENT_SHIPPED = auto()
    NOTIFY_UPDATE_REFUND_STATUS = auto()
    OTHER = auto()
    REMINDER_BUYER_TO_RESPOND_RE_OFFER = auto()
    REMINDER_BUYER_TO_SHIP = auto()
    REMINDER_FOR_REFUND = auto()
    REMINDER_FOR_REFUND_NO_SHIPPING = auto()
    REMINDER_FOR_RMA = auto()
    REMINDER_FOR_SHIPPING = auto()
    REMINDER_SELLER_TO_RESPOND = auto()
    REMINDER_SELLER_TO_SHIP = auto()
    SELLER_APPROVE_REQUEST = auto()
    SELLER_DECLINE_REQUEST = auto()
    SELLER_ESCALATE = auto()
    SELLER_ISSUE_REFUND = auto()
    SELLER_ISSUE_STORE_CREDIT_REFUND = auto()
    SELLER_MARK_AS_RECEIVED = auto()
    SELLER_MARK_REFUND_SENT = auto()
    SELLER_MARK_REPLACEMENT_SHIPPED = auto()
    SELLER_OFFER_PARTIAL_REFUND = auto()
    SELLER_OFFER_REPLACEMENT = auto()
    SELLER_OFFER_RETURNS = auto()
    SELLER_PRINT_SHIPPING_LABEL = auto()
    SELLER_PROVIDE_LABEL = auto()
    SELLER_PROVIDE_RMA = auto()
    SELLER_PROVIDE_TRACKING_INFO = auto()
    SELLER_RETRY_REFUND = auto()
    SELLER_SEND_MESSAGE = auto()
    SELLER_UPDATE_TRACKING = auto()
    SELLER_VOID_LABEL = auto()
    SUBMIT_FILE = auto()
    SYSTEM_BUYER_PARTIAL_REFUND_AS_PAYOUT = auto()
    SYSTEM_BUYER_REFUND_AS_PAYOUT = auto()
    SYSTEM_CLOSE_RETURN = auto()
    SYSTEM_CREATE_RETURN = auto()
    SYSTEM_IMMEDIATE_REFUND = auto()
    SYSTEM_INITIATED_REFUND = auto()
    SYSTEM_SELLER_CHARGE = auto()
    TIME_OUT_AFTER_DECLINE = auto()
    TIME_OUT_AFTER_REFUNDED = auto()
    TIME_OUT_AFTER_REFUNDED_AS_PAYOUT = auto()
    TIME_OUT_AFTER_REPLACED = auto()
    TIME_OUT_FOR_AUTHENTICATION = auto()
    TIME_OUT_FOR_AUTHORIZE = auto()
    TIME_OUT_FOR_AUTO_REFUND = auto()
    TIME_OUT_FOR_BUYER_RECOUP = auto()
    TIME_OUT_FOR_DELIVERY = auto()
    TIME_OUT_FOR_ESCALATION = auto()
    TIME_OUT_FOR_ESCALATION_AFTER_SMIR = auto()
    TIME_OUT_FOR_ITEM_REPLACED = auto()
    TIME_OUT_FOR_MARK_REFUND_RECEIVED = auto()
    TIME_OUT_FOR_MARK_REFUND_SENT = auto()
    TIME_OUT_FOR_MASS_PAYOUT = auto()
    TIME_OUT_FOR_PAYOUT = auto()
    TIME_OUT_FOR_PROVIDE_LABEL = auto()
    TIME_OUT_FOR_REFUND = auto()
    TIME_OUT_FOR_REPLACEMENT_DELIVERED_ITEM_NOT_RETURNED = auto()
    TIME_OUT_FOR_REPLACEMENT_SHIPPED = auto()
    TIME_OUT_FOR_RETURN_SHIPPING = auto()
    TIME_OUT_FOR_RMA = auto()
    TIME_OUT_FOR_SELLER_INVOICE = auto()
    TIME_OUT_FOR_SELLER_PAYOUT = auto()
    TIME_OUT_FOR_SHIPMENT_TRACKING = auto()
    TIME_OUT_FOR_SHIPPING = auto()
    TIME_OUT_FOR_SHIPPING_SYSTEM_CLOSE = auto()
    UPDATE_RETURN_SHIPPING_CARRIER = auto()


class ReturnEscalationReason(OpenEnum):
    """``EscalateReasonEnum`` of the Post-Order API."""

    BUYER_NORESPONSE = auto()
    BUYER_RETURNED_WRONG_ITEM = auto()
    DISAGREE_WITH_RETURN_REASON = auto()
    ITEM_NOT_RECEIVED = auto()
    ITEM_RECEIVED_IN_DIFFERENT_CONDITION = auto()
    NEW_ITEM_NOT_RECEIVED = auto()
    NO_REFUND_FOR_RETURN_SHIPPING = auto()
    NO_REFUND_RECEIVED = auto()
    OTHER = auto()
    RECEIVED_EMPTY_BOX = auto()
    RECEIVED_WRONG_ITEM = auto()
    RESOLVED_WITH_BUYER = auto()
    SELLER_NO_RESPONSE = auto()
    TROUBLE_COMMUNICATION_WITH_BUYER = auto()
    TROUBLE_COMMUNICATION_WITH_SELLER = auto()


class ReturnHoldStatus(OpenEnum):
    """``ReturnHoldStatusEnum`` of the Post-Order API."""

    HOLD_CREATION_SUCCESS = auto()
    HOLD_RELEASE_FAILED = auto()
    HOLD_RELEASE_SUCCESS = auto()
    INELIGIBLE_TO_RELEASE_HOLD = auto()
    OTHER = auto()


class RelistStatus(OpenEnum):
    """``RelistStatusEnum`` of the Post-Order API."""

    FAILED = auto()
    RELIST_ELIGIBLE = auto()
    SUCCESS = auto()


class FilePurpose(OpenEnum):
    """``FilePurposeEnum`` of the Post-Order API."""

    ITEM_RELATED = auto()
    LABEL_RELATED = auto()
    REFUND_RELATED = auto()
    UNKNOWN = auto()


class FileStatus(OpenEnum):
    """``FileStatusEnum`` of the Post-Order API."""

    CREATED = auto()
    DELETED = auto()
    PUBLISHED = auto()
    UNKNOWN = auto()


class FileFormat(OpenEnum):
    """``FileFormatEnum`` of the Post-Order API."""

    BMP = auto()
    GIF = auto()
    JPEG = auto()
    JPG = auto()
    PNG = auto()
    UNKNOWN = auto()


class TrackingStatus(OpenEnum):
    """``TrackingStatusEnum`` of the Post-Order API."""

    CANCELLED = auto()
    CREATED = auto()
    DELIVERED = auto()
    IN_TRANSIT = auto()
    UNKNOWN = auto()


class ShippingMethod(OpenEnum):
    """``ShippingMethodEnum`` of the Post-Order API."""

    SELF_MAIL = auto()
    SHIPPING_LABEL = auto()
    UNKNOWN = auto()


class ReturnShippingCostType(OpenEnum):
    """``ReturnShippingCostType`` of the Post-Order API."""

    INSURANCE = auto()
    LABEL_COST = auto()
    OTHER = auto()
    SIGNATURE_CONFIRMATION_COST = auto()


__all__ = [
    "BuyerReturnCloseReason",
    "FileFormat",
    "FilePurpose",
    "FileStatus",
    "RelistStatus",
    "ReturnActivity",
    "ReturnCloseReason",
    "ReturnEscalationReason",
    "ReturnFieldGroup",
    "ReturnHoldStatus",
    "ReturnReason",
    "ReturnReasonType",
    "ReturnShippingCostType",
    "ReturnState",
    "ReturnStateFilter",
    "ReturnStatus",
    "ReturnType",
    "ShippingMethod",
    "TrackingStatus",
]
