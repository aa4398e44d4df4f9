"""Closed sets of refunds and money movements."""

from __future__ import annotations

from enum import auto

from .base import OpenEnum


class ReturnMoneyMovementType(OpenEnum):
    """``MoneyMovementTypeEnum`` of the Post-Order API."""

    AUTO_REFUND = auto()
    BUYER_MASS_PAYOUT = auto()
    BUYER_PARTIAL_REFUND_AS_PAYOUT = auto()
    BUYER_PAYOUT = auto()
    BUYER_RECOUP = auto()
    BUYER_REFUND_AS_PAYOUT = auto()
    CHARGE_BUYER_FOR_REPLACEMENT = auto()
    CHARGE_BUYER_FOR_RETURN_SHIPPING = auto()
    DONATION = auto()
    INVOICE_SELLER_FOR_RETURN_SHIPPING = auto()
    LVT_IMMEDIATE_REFUND = auto()
    NON_PAYPAL_FULL_REFUND = auto()
    NON_PAYPAL_PARTIAL_REFUND = auto()
    PAYPAL_PARTIAL_REFUND = auto()
    PAYPAL_REFUND = auto()
    RECOUP_FROM_SELLER_T1 = auto()
    REFUND_FINAL_VALUE_FEE_P20 = auto()
    REFUND_FVF_ITEM_COST = auto()
    REFUND_FVF_SHIPPING_COST = auto()
    REFUND_IMPORT_TAX_FEE = auto()
    REFUND_PPF = auto()
    REFUND_PROMOTED_LISTING_FEE = auto()
    REFUND_SNAD_FVF = auto()
    REFUND_SNAD_FVF_SHIPPING = auto()
    REFUND_STATE_TAX = auto()
    SELLER_PAYOUT = auto()
    SELLER_VOLUNTARY_REFUND = auto()
    STORE_CREDIT = auto()
    UNKNOWN = auto()


class ReturnMoneyMovementStatus(OpenEnum):
    """``MoneyMovementStatusEnum`` of the Post-Order API."""

    FAILED = auto()
    PENDING = auto()
    REQUESTED = auto()
    REVERSED = auto()
    SUCCESS = auto()
    TIMEDOUT = auto()
    UNKNOWN = auto()


class CancelMoneyMovementType(OpenEnum):
    """``MoneyMovementTypeEnum`` of the Post-Order API."""

    BUYER_PAYOUT = auto()
    PAYPAL_REFUND = auto()
    RECOUP_FROM_SELLER = auto()
    SELLER_VOLUNTARY_REFUND = auto()
    UNKNOWN = auto()


class CancelMoneyMovementStatus(OpenEnum):
    """``MoneyMovementStatusEnum`` of the Post-Order API."""

    FAILED = auto()
    PENDING = auto()
    REQUESTED = auto()
    SKIPPED = auto()
    SUCCESS = auto()
    UNKNOWN = auto()


class RefundFeeType(OpenEnum):
    """``RefundFeeTypeEnum`` of the Post-Order API."""

    DOMESTIC_SHIPPING = auto()
    IMPORT_CHARGE = auto()
    INTERNATIONAL_SHIPPING = auto()
    ITEM_IMPORT_TAX = auto()
    ITEM_TAX = auto()
    ORDER_ADJUSTMENT = auto()
    ORIGINAL_SHIPPING = auto()
    OTHER = auto()
    PURCHASE_PRICE = auto()
    REFUND_FROM_PAYPAL = auto()
    RESTOCKING_FEE = auto()
    RETURN_SHIPPING = auto()
    SHIPPING_IMPORT_TAX = auto()
    SHIPPING_TAX = auto()


class RefundStatus(OpenEnum):
    """``RefundStatusEnum`` of the Post-Order API."""

    FAILED = auto()
    OTHER = auto()
    PENDING = auto()
    SUCCESS = auto()


class RefundType(OpenEnum):
    """``RefundType`` of the Post-Order API."""

    FULL = auto()
    OTHER = auto()
    PARTIAL = auto()


class RefundPaymentType(OpenEnum):
    """``RefundPaymentTypeEnum`` of the Post-Order API."""

    ECHECK = auto()
    INSTANT_REFUND = auto()
    INTERMEDIATED_REFUND = auto()
    OTHER = auto()
    PAYOUT = auto()


class RefundInitiator(OpenEnum):
    """``ReturnRefundInitiatorEnum`` of the Post-Order API."""

    AUTO_REFUND = auto()
    OTHER = auto()
    SELLER_INITIATED = auto()


class FundingMethodType(OpenEnum):
    """``FundingMethodTypeEnum`` of the Post-Order API."""

    AVAILABLE_FUNDS = auto()
    CREDIT_CARD = auto()
    DIRECT_DEBIT = auto()
    PAY_UPON_INVOICE = auto()


class FundingMethodBrand(OpenEnum):
    """``FundingMethodBrandEnum`` of the Post-Order API."""

    AMERICAN_EXPRESS = auto()
    DISCOVER = auto()
    MASTERCARD = auto()
    VISA = auto()


class FundingStatus(OpenEnum):
    """``FundingStatusEnum`` of the Post-Order API."""

    FAILED = auto()
    FUNDED = auto()


class PaymentProvider(OpenEnum):
    """``PaymentProviderEnum`` of the Post-Order API."""

    PAYPAL = auto()
    UNKNOWN = auto()


__all__ = [
    "CancelMoneyMovementStatus",
    "CancelMoneyMovementType",
    "FundingMethodBrand",
    "FundingMethodType",
    "FundingStatus",
    "PaymentProvider",
    "RefundFeeType",
    "RefundInitiator",
    "RefundPaymentType",
    "RefundStatus",
    "RefundType",
    "ReturnMoneyMovementStatus",
    "ReturnMoneyMovementType",
]
