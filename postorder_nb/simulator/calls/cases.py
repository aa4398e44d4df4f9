"""The calls on cases."""

from __future__ import annotations

from ... import enums
from ..answers import Answer
from ..bodies import Field, Shape, flag, needed, one_of, part, text
from ..records import Case
from .base import CLAIMS, COMMENTS, Ask, Call, Desk, done
from .inquiries import CLOSING, TRACKING, close, issue_refund


def appeal(desk: Desk, ask: Ask) -> Answer:
    """Ask eBay to look at its decision once more."""
    desk.act(ask, "appeal")
    return done()


def provide_shipment_info(desk: Desk, ask: Ask) -> Answer:
    """Say which parcel brings the item back."""
    values = ask.values
    number = values["trackingNumber"]
    desk.act(ask, "shipment", attributes={"trackingNumber": number}, **values)
    return done()


def provide_return_address(desk: Desk, ask: Ask) -> Answer:
    """Say where the item goes."""
    desk.act(ask, "address", **ask.values)
    return done()


ADDRESS: Shape = {
    name: Field(text)
    for name in (
        "addressLine1", "addressLine2", "addressType", "city", "country", "county",
        "nationalRegion", "postalCode", "script", "stateOrProvince", "transliteratedFromScript",
        "worldRegion",
    )
} | {"isTransliterated": Field(flag)}  # fmt: skip
RETURN_ADDRESS: Shape = {
    "returnAddress": needed(part(ADDRESS)),
    "firstName": Field(text),
    "lastName": Field(text),
    "RMA": Field(text),
}
SHIPMENT: Shape = {
    "shippingCarrierName": needed(one_of(enums.ShippingCarrier)),
    "trackingNumber": needed(TRACKING),
}

CALLS: tuple[Call, ...] = (
    Call("case.appeal", appeal, CLAIMS, kind=Case, shape=COMMENTS, bare=True),
    Call("case.close", close, CLAIMS, kind=Case, shape=CLOSING),
    Call("case.issue_refund", issue_refund, CLAIMS, kind=Case, shape=COMMENTS, bare=True),
    Call(
        "case.provide_return_address",
        provide_return_address,
        CLAIMS,
        kind=Case,
        shape=RETURN_ADDRESS,
    ),
    Call("case.provide_shipment_info", provide_shipment_info, CLAIMS, kind=Case, shape=SHIPMENT),
)
