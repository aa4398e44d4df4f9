"""The calls on cancellations."""

from __future__ import annotations

from typing import Any

from ... import enums
from .. import openings
from ..answers import Answer
from ..bodies import Field, Shape, flag, many, moment, needed, one_of, text, whole, word
from ..records import Cancellation
from .base import CANCELLATIONS, Ask, Call, Desk, done

Json = dict[str, Any]


def create(desk: Desk, ask: Ask) -> Answer:
    """Cancel an order as its seller, or ask for that as its buyer; or say why that cannot be."""
    values = ask.values
    order_id, reason = values["legacyOrderId"], values.get("cancelReason")
    if reason and reason not in openings.CANCEL_REASONS[ask.party.role]:
        raise CANCELLATIONS.invalid("cancelReason", reason)
    found = openings.cancellation(desk.engine, ask.party, order_id, reason)
    if isinstance(found, Cancellation):
        return done({"cancelId": found.id})
    return done({"orderEligibilityResult": found})


def approve(desk: Desk, ask: Ask) -> Answer:
    """Agree: the refund follows."""
    desk.act(ask, "approve")
    return done()


def reject(desk: Desk, ask: Ask) -> Answer:
    """Refuse: the order goes on."""
    facts = {k: v for k, v in ask.values.items() if k in ("shipmentDate", "trackingNumber")}
    desk.act(ask, "reject", **facts)
    return done()


def confirm(desk: Desk, ask: Ask) -> Answer:
    """Say whether money came that was sent outside eBay."""
    desk.act(ask, "confirm", **ask.values)
    return done()


CREATION: Shape = {
    "legacyOrderId": needed(text),
    "buyerPaid": Field(flag),
    "buyerPaidDate": Field(moment),
    "cancelReason": Field(one_of(enums.CancelReason)),
    "relistLineItem": Field(
        many({"itemId": Field(word), "quantity": Field(whole), "transactionId": Field(word)})
    ),
}
REJECTION: Shape = {"shipmentDate": Field(moment), "trackingNumber": Field(text)}
CONFIRMATION: Shape = {"refundDate": Field(moment), "unpaidOrder": Field(flag)}

CALLS: tuple[Call, ...] = (
    Call("cancellation.create", create, CANCELLATIONS, shape=CREATION),
    Call("cancellation.approve", approve, CANCELLATIONS, kind=Cancellation, shape=None),
    Call("cancellation.reject", reject, CANCELLATIONS, kind=Cancellation, shape=REJECTION),
    Call("cancellation.confirm", confirm, CANCELLATIONS, kind=Cancellation, shape=CONFIRMATION),
)
