"""Closed sets that only requests have: what a caller chooses, and never reads."""

from __future__ import annotations

from enum import auto

from ..enums import OpenEnum


class Decision(OpenEnum):
    """``DecisionEnum`` of the Post-Order API: what a party decides about an open return."""

    ACCEPT_PARTIAL_REFUND = auto()
    ACCEPT_REPLACEMENT_OFFER = auto()
    APPROVE = auto()
    APPROVE_WITHOUT_EBAY_LABEL = auto()
    DECLINE = auto()
    DECLINE_PARTIAL_REFUND = auto()
    DECLINE_REPLACEMENT_OFFER = auto()
    OFFER_PARTIAL_REFUND = auto()
    OFFER_REPLACEMENT = auto()
    OFFER_RETURN = auto()
    OFFER_RETURN_WITHOUT_LABEL = auto()
    PROVIDE_RMA = auto()


class LabelAction(OpenEnum):
    """``LabelActionEnum`` of the Post-Order API: where a return label comes from."""

    AU_LABEL = auto()
    EBAY_LABEL = auto()
    MARK_AS_SENT = auto()
    NO_LABEL = auto()
    PURCHASE_LABEL = auto()
    UPLOAD_LABEL = auto()


class NoLabelReason(OpenEnum):
    """``NoSellerUploadLabelReasonEnum`` of the Post-Order API."""

    ITEM_TOO_LARGE = auto()
    OTHER = auto()
    REIMBURSE = auto()
    RETURN_TO_INTL_LOCATION = auto()
    RETURN_TO_STORE = auto()
    WORK_WITH_BUYER = auto()


class DesiredOutcome(OpenEnum):
    """``DesiredOutcomeTypeEnum`` of the Post-Order API: what the buyer of an inquiry wants."""

    FULL_REFUND = auto()
    STILL_WANT_ITEM = auto()


class BuyerCloseReason(OpenEnum):
    """``BuyerCloseReasonEnum`` of the Post-Order API, of inquiries and cases."""

    ITEM_ARRIVED = auto()
    OTHER = auto()
    WORKED_OUT_WITH_SELLER = auto()
    WOULD_RATHER_KEEP_THE_ITEM = auto()


class RequestType(OpenEnum):
    """``RequestTypeEnum`` of the Post-Order API, of a new return."""

    CREATE = auto()
    REQUEST = auto()


class AddressType(OpenEnum):
    """``AddressTypeEnum`` of the Post-Order API."""

    BUSINESS = auto()
    PO_BOX = auto()
    RESIDENCE = auto()


class Script(OpenEnum):
    """``LanguageScriptEnum`` of the Post-Order API: what an address is written in."""

    ARABIC = auto()
    ARMENIAN = auto()
    CHINESE = auto()
    CYRILLIC = auto()
    GEORGIAN = auto()
    GREEK = auto()
    HEBREW = auto()
    INDIC = auto()
    JAPANESE = auto()
    KOREAN = auto()
    LATIN = auto()
    THAI = auto()


__all__ = [
    "AddressType",
    "BuyerCloseReason",
    "Decision",
    "DesiredOutcome",
    "LabelAction",
    "NoLabelReason",
    "RequestType",
    "Script",
]
