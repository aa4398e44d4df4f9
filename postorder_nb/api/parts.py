"""Parts of requests that are more than one value: texts, addresses, order lines to relist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from ..errors import InputError
from .choices import AddressType, Script
from .fields import Field, flag, identifier, matching, one_of, text, whole_number

_language = matching("[a-z]{2}", 'a language of two small letters, such as "de"')


@dataclass(frozen=True)
class Text:
    """
    A text for the other party whose language is told.

    Parameters
    ----------
    content : str
        The text.
    language : str, optional
        Its language in two letters; by default that of the site.
    translated_from_content, translated_from_language : str, optional
        What it was translated from, and out of which language.

    Raises
    ------
    InputError
        If the text is empty, a language no code, or only one of the last two is given.

    Examples
    --------
    >>> Text("Danke, das Paket ist da.", language="de").on_wire()
    {'content': 'Danke, das Paket ist da.', 'language': 'de'}
    """

    content: str
    language: str | None = None
    translated_from_content: str | None = None
    translated_from_language: str | None = None

    def __post_init__(self) -> None:
        for content in (self.content, self.translated_from_content):
            if content is not None and not (isinstance(content, str) and content.strip()):
                raise InputError(f"{content!r} says nothing", advice="write a text")
        for language in (self.language, self.translated_from_language):
            if language is not None:
                _language(language)
        if (self.translated_from_content is None) != (self.translated_from_language is None):
            raise InputError(
                "a translation has an original and its language",
                advice="pass translated_from_content and translated_from_language together",
            )

    def on_wire(self) -> dict[str, str]:
        """Return it in wire names."""
        named = {
            "content": self.content.strip(),
            "language": self.language,
            "translatedFromContent": self.translated_from_content,
            "translatedFromLanguage": self.translated_from_language,
        }
        return {name: value for name, value in named.items() if value is not None}


def wording(value: object) -> dict[str, str]:
    """
    Check what is said to the other party.

    Examples
    --------
    >>> wording(" Thank you! ")
    {'content': 'Thank you!'}
    """
    if isinstance(value, str):
        value = Text(value)
    if not isinstance(value, Text):
        raise InputError(f"{value!r} is no text", advice='write a text, or Text("...", "de")')
    return value.on_wire()


_ADDRESS: Mapping[str, tuple[str, Any]] = {
    "address_line1": ("addressLine1", text(256)),
    "city": ("city", text(128)),
    "country": ("country", matching("[A-Z]{2}", 'a country of two capitals, such as "DE"')),
    "address_line2": ("addressLine2", text(256)),
    "postal_code": ("postalCode", text(32)),
    "state_or_province": ("stateOrProvince", text(128)),
    "county": ("county", text(128)),
    "national_region": ("nationalRegion", text(128)),
    "world_region": ("worldRegion", text(128)),
    "address_type": ("addressType", one_of(AddressType)),
    "script": ("script", one_of(Script)),
    "is_transliterated": ("isTransliterated", flag),
    "transliterated_from_script": ("transliteratedFromScript", one_of(Script)),
}


@dataclass(frozen=True)
class Address:
    """
    Where an item is to be sent.

    Parameters
    ----------
    address_line1, city : str
        Street and place.
    country : str
        ISO 3166 code of two capitals.
    address_line2, postal_code, state_or_province, county, national_region, world_region : str
        The rest, where the country has it.
    address_type : str, optional
        BUSINESS, PO_BOX or RESIDENCE.
    script, transliterated_from_script : str, optional
        What it is written in, such as LATIN, and was before.
    is_transliterated : bool, optional
        Whether it was written in another script before.

    Raises
    ------
    InputError
        If a part does not fit.

    Examples
    --------
    >>> Address("1 Quay", "Galway", "IE").on_wire()
    {'addressLine1': '1 Quay', 'city': 'Galway', 'country': 'IE'}
    """

    address_line1: str
    city: str
    country: str
    address_line2: str | None = None
    postal_code: str | None = None
    state_or_province: str | None = None
    county: str | None = None
    national_region: str | None = None
    world_region: str | None = None
    address_type: AddressType | str | None = None
    script: Script | str | None = None
    is_transliterated: bool | None = None
    transliterated_from_script: Script | str | None = None

    def __post_init__(self) -> None:
        self.on_wire()

    def on_wire(self) -> dict[str, Any]:
        """Return it in wire names."""
        written = {}
        for name, (wire, rule) in _ADDRESS.items():
            value = getattr(self, name)
            if value is None and name not in ("address_line1", "city", "country"):
                continue
            try:
                written[wire] = rule(value)
            except InputError as error:
                raise InputError(f"{name}: {error.message}", advice=error.advice) from None
        return written


def _address(value: object) -> dict[str, Any]:
    if not isinstance(value, Address):
        raise InputError(
            f"{value!r} is no address", advice='write Address("1 Quay", "Galway", "IE")'
        )
    return value.on_wire()


class RelistLineItem(NamedTuple):
    """An order line that eBay is to offer again, and how many pieces of it."""

    item_id: str
    transaction_id: str
    quantity: int


def _relist(value: object) -> list[dict[str, int]]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise InputError(f"{value!r} is no list of order lines", advice="pass a list")
    written = []
    for line in value:
        if not isinstance(line, tuple) or len(line) != len(RelistLineItem._fields):
            raise InputError(
                f"{line!r} is no order line",
                advice='write RelistLineItem(item_id="...", transaction_id="...", quantity=1)',
            )
        item_id, transaction_id, quantity = line
        written.append(
            {
                "itemId": _number(item_id),
                "transactionId": _number(transaction_id),
                "quantity": whole_number(1, 10**6)(quantity),
            }
        )
    return written


def _number(value: object) -> int:
    written = identifier(value)
    if not written.isdecimal():
        raise InputError(f"{value!r} is not made of digits", advice="copy the id again")
    return int(written)


Comments = Annotated[str | Text, Field("Comments", wording, "the other party reads them")]
Message = Annotated[str | Text, Field("Message", wording, "to the other party")]
ReturnAddress = Annotated[Address, Field("Address", _address)]
RelistLines = Annotated[Sequence[RelistLineItem], Field("Order lines to offer again", _relist)]
