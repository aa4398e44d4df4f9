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
    CancelReason,
    CaseStatusFilter,
    InquiryEscalationReason,
    InquiryStatusFilter,
    OpenEnum,
    ReturnEscalationReason,
    ReturnFieldGroup,
    ReturnReason,
    ReturnState,
    ReturnStateFilter,
    ReturnType,
    ShippingCarrier,
    UserRole,
)
from ..errors import InputError
from .choices import (
    BuyerCloseReason,
    Decision,
    DesiredOutcome,
    LabelAction,
    NoLabelReason,
    RequestType,
)


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


def one_of(enum: type[OpenEnum], *refused: str) -> Callable[[object], str]:
    """
    Make a rule that takes a member of `enum` or its text, but none of those `refused`.

    Examples
    --------
    >>> one_of(UserRole)("SELLER")
    'SELLER'
    """
    taken = [member.value for member in enum if member not in refused]

    def rule(value: object) -> str:
        text = str(value)
        if text in taken:
            return text
        near = [name for name in enum.near(text, n=9) if name in taken] or taken
        known = "eBay takes in no request" if text in refused else f"is no {enum.__name__}"
        raise InputError(f"{text!r} {known}", advice=f"did you mean {' or '.join(near[:3])}?")

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


def flag(value: object) -> bool:
    """Check a yes or no; texts such as "false" are refused, because they would count as yes."""
    if not isinstance(value, bool):
        raise InputError(f"{value!r} is neither True nor False", advice="pass True or False")
    return value


def matching(pattern: str, words: str) -> Callable[[object], str]:
    """Make a rule for a text of one form, which `words` describe."""

    def rule(value: object) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if not re.fullmatch(pattern, text):
            raise InputError(f"{value!r} does not fit", advice=f"use {words}")
        return text

    return rule


def needs(use: str, **arguments: object) -> None:
    """Refuse a use that lacks an argument."""
    for name, value in arguments.items():
        if value is None:
            raise misfit(name, use, f"{use} needs {name}", f"pass {name}=...")


def only_for(use: str, **arguments: object) -> None:
    """Refuse an argument that was given outside its one use."""
    for name, value in arguments.items():
        if value is not None:
            raise misfit(name, use, f"{name} goes with {use} only", f"leave {name} out")


def misfit(name: str, use: str, message: str, advice: str) -> InputError:
    """Make the error for an argument that a use needs, or that goes with that use only."""
    error = InputError(message, advice=advice)
    error.argument, error.use = name, use
    return error


def belongs(use: str, used: bool, **arguments: object) -> None:
    """Ask for the arguments in that use, and refuse them in any other."""
    (needs if used else only_for)(use, **arguments)


def past(name: str, at: datetime | str | None, now: datetime) -> dict[str, str] | None:
    """
    Write the date of something that has happened, the way bodies have it.

    Raises
    ------
    InputError
        If it lies in the future.
    """
    written = dated(at)
    if written and datetime.fromisoformat(written["value"]) > now:
        raise InputError(
            f"{name}: {written['value']} lies in the future", advice="eBay wants a date in the past"
        )
    return written


def dated(at: datetime | str | None) -> dict[str, str] | None:
    """Write a date the way bodies have it."""
    return None if at is None else {"value": moment(at)}


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

BareTrackingNumber = Annotated[
    str,
    Field(
        "Tracking number",
        matching(r"[0-9A-Za-z]{1,64}", "1 to 64 letters and digits, no hyphens or spaces"),
    ),
]
CarrierName = Annotated[str, Field("Name of the carrier", text(64))]
FileId = Annotated[str, Field("File ID", identifier, "from `file_upload`")]
DraftId = Annotated[str, Field("Draft ID", identifier)]
Rma = Annotated[
    str,
    Field(
        "RMA number",
        matching(r"[0-9A-Za-z+\-. */$%]+", "letters, digits, spaces and + - . * / $ %"),
        "return merchandise authorization",
    ),
]
PersonName = Annotated[str, Field("Name", text(128))]

Moment = Annotated[datetime | str, Field("Moment", moment, "with a time zone")]
Flag = Annotated[bool, Field("Yes or no", flag)]
Quantity = Annotated[int, Field("Quantity", whole_number(1, 10**6))]
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

CancelWhy = Annotated[
    CancelReason | str,
    Field(
        "Reason",
        one_of(CancelReason, "ADDRESS_ISSUE", "BUYER_CANCEL_OR_ADDRESS_ISSUE", "OTHER", "UNKNOWN"),
    ),
]
ReturnWhy = Annotated[ReturnReason | str, Field("Reason", one_of(ReturnReason))]
ReturnWish = Annotated[ReturnType | str, Field("Wish", one_of(ReturnType, "CANCEL", "UNKNOWN"))]
ReturnRequestType = Annotated[RequestType | str, Field("Type of request", one_of(RequestType))]
ReturnEscalation = Annotated[
    ReturnEscalationReason | str,
    Field("Reason", one_of(ReturnEscalationReason, "RESOLVED_WITH_BUYER")),
]
InquiryEscalation = Annotated[
    InquiryEscalationReason | str, Field("Reason", one_of(InquiryEscalationReason))
]
InquiryWish = Annotated[DesiredOutcome | str, Field("Wish", one_of(DesiredOutcome))]
CloseWhy = Annotated[BuyerCloseReason | str, Field("Reason", one_of(BuyerCloseReason))]
ReturnDecision = Annotated[Decision | str, Field("Decision", one_of(Decision))]
LabelSource = Annotated[LabelAction | str, Field("Label", one_of(LabelAction))]
NoLabelWhy = Annotated[NoLabelReason | str, Field("Reason", one_of(NoLabelReason))]

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
