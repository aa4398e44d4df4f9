"""The calls on inquiries."""

from __future__ import annotations

from typing import Any

from ... import enums
from .. import openings
from ..answers import Answer
from ..bodies import Field, Shape, code, flag, moment, needed, one_of, said, whole, word
from ..records import Inquiry
from .base import CLAIMS, COMMENTS, Ask, Call, Desk, done
from .refunds import check_funds

ROOT = "/post-order/v2"
TRACKING = code(r"[0-9A-Za-z]+", most=64, too_long=292050)


def create(desk: Desk, ask: Ask) -> Answer:
    """Report an item that did not arrive; the id comes in the Location header."""
    record = openings.inquiry(desk.engine, ask.party, ask.values)
    return Answer(201, b"", headers={"Location": f"{ROOT}/inquiry/{record.id}"})


def send_message(desk: Desk, ask: Ask) -> Answer:
    """Write to the other side."""
    desk.act(ask, "message", comments=ask.values["message"])
    return done()


def provide_shipment_info(desk: Desk, ask: Ask) -> Answer:
    """Say where the parcel is, or at least that it was sent."""
    values = ask.values
    if not values.get("proofOfShipmentUploaded"):
        for name in ("shippingCarrierName", "shippingDate"):
            if name not in values:
                raise CLAIMS.missing(name)
        if values.get("shippedWithTracking") and "trackingNumber" not in values:
            raise CLAIMS.missing("trackingNumber")
    shipped = values.get("shippingDate")
    if shipped and shipped > desk.world.clock.now():
        raise CLAIMS.invalid("shippingDate", shipped.isoformat())
    facts: dict[str, Any] = {
        name: values[name]
        for name in ("trackingNumber", "shippingCarrierName", "shippingDate")
        if name in values
    }
    if "sellerComments" in values:
        facts["comments"] = values["sellerComments"]
    number = values.get("trackingNumber")
    attributes = {"trackingNumber": number} if number else {}
    desk.act(ask, "shipment", attributes=attributes, **facts)
    return done()


def issue_refund(desk: Desk, ask: Ask) -> Answer:
    """Refund the whole claim."""
    check_funds(desk, ask, CLAIMS.domain)
    act = desk.act(ask, "refund")
    status = act.facts["refundStatus"]
    source = "INSTANT_REFUND" if status == "SUCCESS" else "INTERMEDIATED_REFUND"
    return done({"refundResult": {"refundSource": source, "refundStatus": status}})


def escalate(desk: Desk, ask: Ask) -> Answer:
    """Ask eBay in."""
    reason = ask.values.get("escalateInquiryReason", "OTHERS")
    desk.act(ask, "escalate", attributes={"escalateReason": reason})
    return done()


def close(desk: Desk, ask: Ask) -> Answer:
    """Close an inquiry or a case that the buyer no longer needs."""
    desk.act(ask, "close", reason=ask.values["closeReason"])
    return done()


def confirm_refund(desk: Desk, ask: Ask) -> Answer:
    """Say that money came outside eBay."""
    desk.act(ask, "confirm_refund")
    return done()


def provide_refund_info(desk: Desk, ask: Ask) -> Answer:
    """Say that money was sent outside eBay."""
    desk.act(ask, "refund_info", comments=ask.values["message"])
    return done()


MESSAGE: Shape = {"message": needed(said)}
CLOSING: Shape = COMMENTS | {
    "closeReason": needed(
        one_of(("ITEM_ARRIVED", "OTHER", "WORKED_OUT_WITH_SELLER", "WOULD_RATHER_KEEP_THE_ITEM"))
    )
}
SHIPMENT: Shape = {
    "proofOfShipmentUploaded": Field(flag),
    "sellerComments": Field(said),
    "shippedWithTracking": Field(flag),
    "shippingCarrierName": Field(one_of(enums.ShippingCarrier)),
    "shippingDate": Field(moment),
    "trackingNumber": Field(TRACKING),
}
OPENING: Shape = COMMENTS | {
    "itemId": needed(word),
    "transactionId": needed(word),
    "claimQuantity": Field(whole),
    "desiredOutcome": Field(one_of(("FULL_REFUND", "STILL_WANT_ITEM"))),
}
ESCALATION: Shape = COMMENTS | {
    "escalateInquiryReason": Field(one_of(enums.InquiryEscalationReason))
}

CALLS: tuple[Call, ...] = (
    Call("inquiry.create", create, CLAIMS, shape=OPENING),
    Call("inquiry.send_message", send_message, CLAIMS, kind=Inquiry, shape=MESSAGE),
    Call(
        "inquiry.provide_shipment_info", provide_shipment_info, CLAIMS, kind=Inquiry, shape=SHIPMENT
    ),
    Call("inquiry.issue_refund", issue_refund, CLAIMS, kind=Inquiry, shape=COMMENTS, bare=True),
    Call("inquiry.escalate", escalate, CLAIMS, kind=Inquiry, shape=ESCALATION),
    Call("inquiry.close", close, CLAIMS, kind=Inquiry, shape=CLOSING, bare=True),
    Call("inquiry.confirm_refund", confirm_refund, CLAIMS, kind=Inquiry, shape=None),
    Call("inquiry.provide_refund_info", provide_refund_info, CLAIMS, kind=Inquiry, shape=MESSAGE),
)
