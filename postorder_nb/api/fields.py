"""
The parameter vocabulary: a type, a label, a rule and a help text for each kind of argument.

A rule takes what the caller gave and returns what goes on the wire; it raises `InputError` in
words the caller can act on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from ..enums import (
    CancelFieldGroup,
    CaseStatusFilter,
    InquiryStatusFilter,
    OpenEnum,
    ReturnFieldGroup,
    ReturnState,
    ReturnStateFilter,
    ShippingCarrier,
    UserRole,
)
from ..errors import InputError


@dataclass(frozen=True)
class Field:
    """What is known about a parameter beside its type."""

    label: str
    rule: Callable[[Any], Any]
    help: str = ""


def identifier(value: object) -> str:
    """
    Check an id: text of letters, digits and the separators that order ids have.

    Examples
    --------
    >>> identifier(" 5012345678 ")
    '5012345678'
    """
    if not isinstance(value, str):
        raise InputError(
            f"{value!r} is no text", advice=f'ids are text: write "{value}" (zeros in front count)'
        )
    text = value.strip()
    if not re.fullmatch(r"[0-9A-Za-z!._-]{1,64}", text):
        raise InputError(f"{value!r} does not look like an id", advice="copy the id again")
    return text


def one_of(enum: type[OpenEnum]) -> Callable[[object], str]:
    """
    Make a rule that takes a member of `enum` or its text.

    Examples
    --------
    >>> one_of(UserRole)("SELLER")
    'SELLER'
    """

    def rule(value: object) -> str:
        text = str(value)
        if text in enum.__members__:
            return text
        near = enum.near(text) or [member.value for member in enum]
        raise InputError(
            f"{text!r} is no {enum.__name__}", advice=f"did you mean {' or '.join(near[:3])}?"
        )

    return rule


def one_word_of(*words: str) -> Callable[[object], str]:
    """Make a rule that takes one of a few words."""

    def rule(value: object) -> str:
        if value in words:
            return str(value)
        raise InputError(f"{value!r} is not known", advice=f"use one of {', '.join(words)}")

    return rule


def moment(value: object) -> str:
    """
    Write a moment the way the API wants it: UTC, milliseconds, ``Z``.

    Examples
    --------
    >>> moment("2026-03-01T09:30:00+01:00")
    '2026-03-01T08:30:00.000Z'
    """
    given = value
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise InputError(
                f"{value!r} is no moment", advice='write ISO 8601, such as "2026-03-01T00:00:00Z"'
            ) from None
    if not isinstance(given, datetime):
        raise InputError(f"{value!r} is no moment", advice="pass a datetime with a time zone")
    if given.tzinfo is None:
        raise InputError(
            f"{given.isoformat()} has no time zone",
            advice="add one, such as datetime(2026, 3, 1, tzinfo=timezone.utc)",
        )
    return given.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """Make a rule for a whole number between two bounds, both included."""

    def rule(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InputError(
                f"{value!r} is out of range", advice=f"use a number from {least} to {most}"
            )
        return value

    return rule


def text(most: int) -> Callable[[object], str]:
    """Make a rule for a text of bounded length."""

    def rule(value: object) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            raise InputError(f"{value!r} does not fit", advice=f"use 1 to {most} characters")
        return value.strip()

    return rule


def _signed(*keys: str) -> Callable[[object], str]:
    return one_word_of(*(sign + key for key in keys for sign in "-+"))


ReturnId = Annotated[str, Field("Return ID", identifier)]
InquiryId = Annotated[str, Field("Inquiry ID", identifier)]
CaseId = Annotated[str, Field("Case ID", identifier)]
CancelId = Annotated[str, Field("Cancellation ID", identifier)]
OrderId = Annotated[str, Field("Order ID", identifier, "changes when an unpaid order is paid")]
ItemId = Annotated[str, Field("Item ID", identifier)]
TransactionId = Annotated[str, Field("Transaction ID", identifier, "needs the item id beside it")]
TrackingNumber = Annotated[str, Field("Tracking number", text(64))]

Moment = Annotated[datetime | str, Field("Moment", moment, "with a time zone")]
Limit = Annotated[int, Field("Page size", whole_number(1, 200))]
CancelLimit = Annotated[int, Field("Page size", whole_number(1, 500))]
Offset = Annotated[int, Field("Offset", whole_number(0, 10**9))]

Carrier = Annotated[ShippingCarrier | str, Field("Carrier", one_of(ShippingCarrier))]
CallerRole = Annotated[UserRole | str, Field("Role of the caller", one_of(UserRole))]
ReturnStates = Annotated[ReturnState | str, Field("Exact state", one_of(ReturnState))]
ReturnGroup = Annotated[
    ReturnStateFilter | str, Field("Group of states", one_of(ReturnStateFilter))
]
CaseFilter = Annotated[CaseStatusFilter | str, Field("Status", one_of(CaseStatusFilter))]
InquiryFilter = Annotated[InquiryStatusFilter | str, Field("Status", one_of(InquiryStatusFilter))]
ReturnPart = Annotated[ReturnFieldGroup | str, Field("Part", one_of(ReturnFieldGroup))]
CancelPart = Annotated[CancelFieldGroup | str, Field("Part", one_of(CancelFieldGroup))]

DateOrder = Annotated[str, Field("Order", one_word_of("Ascending", "Descending"))]
ReturnOrder = Annotated[
    str,
    Field(
        "Order",
        _signed(
            "FILING_DATE",
            "RETURN_ID",
            "REFUND_DUE_DATE",
            "STATUS",
            "REASON",
            "ACTUAL_AMOUNT",
            "ESTIMATED_AMOUNT",
            "BUYER_LOGIN_NAME",
        ),
    ),
]
CancelOrder = Annotated[str, Field("Order", _signed("CANCEL_REQUEST_DATE", "CANCEL_ID"))]


def line_item(item_id: str | None, transaction_id: str | None) -> dict[str, str | None]:
    """
    Build the filter for one order line.

    Raises
    ------
    InputError
        For a transaction without its item: eBay ignores it without a word.
    """
    if transaction_id and not item_id:
        raise InputError(
            "transaction_id is ignored by eBay without item_id", advice="pass item_id, too"
        )
    return {"item_id": item_id, "transaction_id": transaction_id}
