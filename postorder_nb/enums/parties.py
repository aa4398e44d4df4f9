"""Closed sets shared by all four records: parties, marketplaces, carriers."""

from __future__ import annotations

from enum import auto

from .base import OpenEnum


class UserRole(OpenEnum):
    """``UserRoleFilterEnum`` of the Post-Order API."""

    BUYER = auto()
    SELLER = auto()


class UserParty(OpenEnum):
    """``UserPartyEnum`` of the Post-Order API."""

    BUYER = auto()
    CSR = auto()
    SELLER = auto()
    SYSTEM = auto()
    UNKNOWN = auto()


class ReturnUserRole(OpenEnum):
    """``ReturnUserRoleEnum`` of the Post-Order API."""

    BUYER = auto()
    EBAY = auto()
    OTHER = auto()
    SELLER = auto()
    SYSTEM = auto()


class Party(OpenEnum):
    """``PartyEnum`` of the Post-Order API."""

    BUYER = auto()
    SELLER = auto()
    UNKNOWN = auto()


class Marketplace(OpenEnum):
    """``MarketplaceIdEnum`` of the Post-Order API."""

    EBAY_AT = auto()
    EBAY_AU = auto()
    EBAY_BE = auto()
    EBAY_CA = auto()
    EBAY_CH = auto()
    EBAY_CN = auto()
    EBAY_CZ = auto()
    EBAY_DE = auto()
    EBAY_DK = auto()
    EBAY_ES = auto()
    EBAY_FI = auto()
    EBAY_FR = auto()
    EBAY_GB = auto()
    EBAY_GR = auto()
    EBAY_HALF_US = auto()
    EBAY_HK = auto()
    EBAY_HU = auto()
    EBAY_ID = auto()
    EBAY_IE = auto()
    EBAY_IL = auto()
    EBAY_IN = auto()
    EBAY_IT = auto()
    EBAY_JP = auto()
    EBAY_MOTORS_US = auto()
    EBAY_MY = auto()
    EBAY_NL = auto()
    EBAY_NO = auto()
    EBAY_NZ = auto()
    EBAY_PE = auto()
    EBAY_PH = auto()
    EBAY_PL = auto()
    EBAY_PR = auto()
    EBAY_PT = auto()
    EBAY_RU = auto()
    EBAY_SE = auto()
    EBAY_SG = auto()
    EBAY_TH = auto()
    EBAY_TW = auto()
    EBAY_US = auto()
    EBAY_VN = auto()
    EBAY_ZA = auto()


class ShippingCarrier(OpenEnum):
    """``ShippingCarrierEnum`` of the Post-Order API."""

    AUSTRALIA_POST = auto()
    BARTOLINI = auto()
    CANADA_POST = auto()
    COLISSIMO = auto()
    COLLECT_PLUS = auto()
    CORREOS = auto()
    DEUTSCHE_POST = auto()
    DHL = auto()
    FEDEX = auto()
    HERMES = auto()
    LA_POSTE = auto()
    MONDIAL_RELAY = auto()
    MRW = auto()
    NEXIVE = auto()
    OTHER = auto()
    PARCEL_FORCE = auto()
    POSTE = auto()
    ROYAL_MAIL = auto()
    SEUR = auto()
    UNKNOWN = auto()
    UPS = auto()
    USPS = auto()


__all__ = [
    "Marketplace",
    "Party",
    "ReturnUserRole",
    "ShippingCarrier",
    "UserParty",
    "UserRole",
]
