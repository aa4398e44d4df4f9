"""What all enums share: a readable label, and the near name of a mistyped value."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum

_SPELLINGS = {
    "ebay": "eBay", "paypal": "PayPal", "nonpaypal": "non-PayPal", "rma": "RMA", "id": "ID",
    "fvf": "final value fee", "ppf": "payment processing fee", "snad": "SNAD", "inr": "INR",
    "cs": "eBay support", "ups": "UPS", "usps": "USPS", "dhl": "DHL", "mrw": "MRW",
    "lvt": "low-value", "t1": "T1", "t2": "T2", "p20": "P20", "us": "US", "uk": "UK",
}  # fmt: skip

_LABELS = {
    "SNAD": "Not as described (SNAD)",
    "REMORSE": "Changed mind (remorse)",
    "NORESPONSE": "No response",
    "BUYER_NORESPONSE": "Buyer did not respond",
    "SELLER_NORESPONSE": "Seller did not respond",
    "SELLER_NO_RESPONSE": "Seller did not respond",
    "INELIGIBLIE": "Ineligible",
    "INSTORE": "In store",
    "WONT_ARRIVE_IN_TIME": "Won't arrive in time",
    "OUT_OF_STOCK_OR_CANNOT_FULFILL": "Out of stock or cannot fulfil",
    "ITEM_NOT_RECEIVED_ASK_FOR_REFUND": "Not received, refund wanted",
    "ITEM_NOT_RECEIVED_TRACKING_SHOWS_DELIVERED": "Not received, tracking says delivered",
    "TRACKING_INFO_UNAVAILABLE": "No tracking information",
    "BUYER_ASKED_CANCEL": "Buyer asked to cancel",
}


def label(value: str) -> str:
    """
    Say a wire value in words; any value has a label, the unknown ones too.

    Parameters
    ----------
    value : str
        A wire value such as ``"ARRIVED_DAMAGED"``.

    Returns
    -------
    str
        The same in words.

    Examples
    --------
    >>> label("ARRIVED_DAMAGED"), label("RMA_PENDING"), label("EBAY_DE"), label("NEW_VALUE")
    ('Arrived damaged', 'RMA pending', 'eBay DE', 'New value')
    """
    if value in _LABELS:
        return _LABELS[value]
    words = [_SPELLINGS.get(word, word) for word in value.lower().split("_") if word]
    if words[:1] == ["eBay"]:  # a marketplace: the rest is a country's code
        words = [word.upper() if len(word) == 2 else word for word in words]
    text = " ".join(words)
    return text if not text or words[0] in _SPELLINGS.values() else text[0].upper() + text[1:]


class OpenEnum(StrEnum):
    """
    A closed set on paper that stays open in answers.

    Members are their wire text. Answers may hold values that are no member: they are kept as
    text everywhere. Arguments may be a member or its text.

    Examples
    --------
    >>> from postorder_nb.enums import ReturnReason
    >>> ReturnReason.ARRIVED_DAMAGED.label
    'Arrived damaged'
    >>> ReturnReason.near("ARIVED_DAMAGED")
    ['ARRIVED_DAMAGED', 'ARRIVED_LATE']
    """

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        """Let ``auto()`` mean the member's own name, as eBay writes it."""
        return name

    @property
    def label(self) -> str:
        """The value in words."""
        return label(self.value)

    @classmethod
    def near(cls, text: str, n: int = 3) -> list[str]:
        """Return up to `n` members that look like `text`, nearest first."""
        return get_close_matches(text.upper().replace(" ", "_"), [m.value for m in cls], n=n)
