"""The calls on cases."""

from __future__ import annotations

from ... import enums
from ..answers import Answer
from ..bodies import Field, Shape, flag, needed, one_of, part, text
from ..records import Case
from .base import CLAIMS, COMMENTS, Ask, Call, Desk, done
from .inquiries import CLOSING, check_tracking, close, issue_refund


def appeal(desk: Desk, ask: Ask) -> Answer:
    """Ask eBay to look at its decision once more."""
    desk.act(ask, "appeal")
    return done({})


def provide_shipment_info(desk: Desk, ask: Ask) -> Answer:
    """Say which parcel brings the item back."""
    values = ask.values
    check_tracking(values["trackingNumber"])
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
    "trackingNumber": needed(text),
}
_ONE = "/casemanagement/{id}"

CALLS: tuple[Call, ...] = (
    Call("case.appeal", f"{_ONE}/appeal", appeal, CLAIMS, role="EITHER", kind=Case,
         shape=COMMENTS, bare=True),
    Call("case.close", f"{_ONE}/close", close, CLAIMS, role="BUYER", kind=Case, shape=CLOSING,
         gone=True),
    Call("case.issue_refund", f"{_ONE}/issue_refund", issue_refund, CLAIMS, kind=Case,
         shape=COMMENTS, bare=True, signed=True, gone=True),
    Call("case.provide_return_address", f"{_ONE}/provide_return_address", provide_return_address,
         CLAIMS, kind=Case, shape=RETURN_ADDRESS, gone=True),
    Call("case.provide_shipment_info", f"{_ONE}/provide_shipment_info", provide_shipment_info,
         CLAIMS, role="BUYER", kind=Case, shape=SHIPMENT, gone=True),
)  # fmt: skip
