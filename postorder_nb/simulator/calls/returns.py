"""The calls on returns."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from ... import enums
from .. import openings, wire
from ..answers import Answer, refuse
from ..bodies import (
    Field,
    Shape,
    amount,
    code,
    flag,
    many,
    moment,
    needed,
    one_of,
    part,
    said,
    text,
    whole,
    word,
)
from ..records import Return
from ..shop import DOMAIN
from .base import COMMENTS, RETURNS, Ask, Call, Desk, done, twice, wrong_role
from .refunds import issue_refund

Json = dict[str, Any]

# decision: the event it is, and whose it is
DECISIONS = {
    "APPROVE": ("approve", "SELLER"),
    "APPROVE_WITHOUT_EBAY_LABEL": ("approve", "SELLER"),
    "DECLINE": ("decline", "SELLER"),
    "OFFER_PARTIAL_REFUND": ("offer", "SELLER"),
    "OFFER_RETURN": ("offer_return", "SELLER"),
    "OFFER_RETURN_WITHOUT_LABEL": ("offer_return", "SELLER"),
    "PROVIDE_RMA": ("provide_rma", "SELLER"),
    "OFFER_REPLACEMENT": ("offer_replacement", "SELLER"),
    "ACCEPT_PARTIAL_REFUND": ("accept_offer", "BUYER"),
    "DECLINE_PARTIAL_REFUND": ("decline_offer", "BUYER"),
    "ACCEPT_REPLACEMENT_OFFER": ("accept_replacement", "BUYER"),
    "DECLINE_REPLACEMENT_OFFER": ("decline_replacement", "BUYER"),
}
_NAMES = {".bmp": "BMP", ".gif": "GIF", ".jpeg": "JPEG", ".jpg": "JPEG", ".png": "PNG",
          ".pdf": "PDF"}  # fmt: skip
_BASE64 = r"([0-9A-Za-z+/]{4})*([0-9A-Za-z+/]{2}(==|[0-9A-Za-z+/]=))?"
_FILE_NAME = r"[\s\S]*\.([Bb][Mm][Pp]|[Gg][Ii][Ff]|[Jj][Pp][Ee]?[Gg]|[Pp][Nn][Gg]|[Pp][Dd][Ff])"
_NO_LABEL = ("ITEM_TOO_LARGE", "OTHER", "REIMBURSE", "RETURN_TO_INTL_LOCATION", "RETURN_TO_STORE",
             "WORK_WITH_BUYER")  # fmt: skip
_ACTIONS = ("UPLOAD_LABEL", "EBAY_LABEL", "MARK_AS_SENT", "PURCHASE_LABEL", "NO_LABEL", "AU_LABEL")


def create(desk: Desk, ask: Ask) -> Answer:
    """Open a return for a buyer."""
    group = ask.query.get("fieldgroups", "NONE")
    asked = ask.values.get("returnRequest")
    if asked is None:
        raise RETURNS.missing("returnRequest")
    for name in ("itemId", "transactionId"):
        if not asked[name].isdecimal() or not int(asked[name]):
            words = "Item id and transaction id must be positive numbers."
            raise refuse(400, 1303, RETURNS.domain, words, **{name: asked[name]})
    if asked["type"] != "MONEY_BACK":
        raise RETURNS.invalid("returnRequest.type", asked["type"])
    record = openings.a_return(desk.engine, ask.party, asked)
    answer: Json = {"returnId": record.id}
    now = desk.world.clock.now()
    if group != "NONE":
        answer["detail"] = {"summary": desk.style.summary(record, now)}
        if group == "FULL":
            answer["detail"]["detail"] = desk.style.detail(record)
    return done(answer)


def decide(desk: Desk, ask: Ask) -> Answer:
    """Answer a request, or an offer."""
    values, record = ask.values, ask.record
    event, role = DECISIONS[values["decision"]]
    if role != ask.party.role:
        raise wrong_role(RETURNS.domain, ask.party)
    desk.require(ask, event)
    facts: Json = {}
    attributes: Json = {}
    if event == "offer":
        offer = values.get("partialRefundAmount")
        if offer is None:
            raise RETURNS.missing("partialRefundAmount")
        most = record.estimated
        if offer.currency != most.currency or not 0 < offer.amount < most.amount:
            raise RETURNS.invalid("partialRefundAmount", str(offer.amount))
        attributes["partialRefundAmount"] = offer
    if event in ("approve", "provide_rma"):
        number = values.get("RMANumber")
        if event == "provide_rma" and not number:
            raise RETURNS.missing("RMANumber")
        if number:
            facts["RMANumber"] = attributes["RMA"] = number
        facts["withoutLabel"] = values["decision"] == "APPROVE_WITHOUT_EBAY_LABEL"
    if event == "approve" and values.get("keepOriginalItem"):
        facts["keepOriginalItem"] = attributes["keepOriginalItem"] = True
    act = desk.act(ask, event, attributes=attributes, **facts)
    status = act.facts.get("refundStatus")
    return done({"refundStatus": status} if status else {})


def mark_as_received(desk: Desk, ask: Ask) -> Answer:
    """Acknowledge the parcel."""
    record = ask.record
    if record.state == "ITEM_DELIVERED" and any(p.marked_received for p in record.shipments):
        raise twice()
    desk.act(ask, "receive")
    return done()


def send_message(desk: Desk, ask: Ask) -> Answer:
    """Write to the other side."""
    desk.act(ask, "message", comments=ask.values["message"])
    return done()


def escalate(desk: Desk, ask: Ask) -> Answer:
    """Ask eBay in."""
    reason = ask.values.get("reason", "OTHER")
    act = desk.act(ask, "escalate", attributes={"escalateReason": reason})
    case_id = act.facts["caseId"]
    site = DOMAIN[ask.record.marketplace]
    return done({"caseId": case_id, "caseUrl": f"https://www.{site}/res/case/{case_id}"})


def add_shipping_label(desk: Desk, ask: Ask) -> Answer:
    """Give the buyer a label, or say why there is none."""
    values, record = ask.values, ask.record
    desk.require(ask, "provide_label")
    _check_label(record, values)
    sent: datetime | None = values.get("labelSentDate")
    if sent and sent > desk.world.clock.now():
        raise RETURNS.invalid("labelSentDate", sent.isoformat())
    desk.act(ask, "provide_label", **{k: v for k, v in values.items() if k != "comments"})
    parcels = record.shipments
    site = DOMAIN[record.marketplace]
    answer: Json = {
        "labelId": values.get("fileId") or (parcels[-1].shipment_id if parcels else ""),
        "labelURL": f"https://www.{site}/rtn/label?returnId={record.id}",
        "labelData": ", ".join(wire.values.SELLER_ADDRESS["address"].values()),
    }
    if parcels:
        answer["trackingNumber"] = parcels[-1].tracking_number
    return done(answer)


def _check_label(record: Return, values: Json) -> None:
    """Look at the fields that one action needs and another does not."""
    action = values["labelAction"]
    if action == "UPLOAD_LABEL":
        file_id = values.get("fileId") or values.get("labelId")
        if not file_id:
            raise RETURNS.missing("fileId")
        if not any(file.file_id == file_id for file in record.files):
            raise RETURNS.invalid("fileId", file_id)
        values["fileId"] = file_id
    if action == "MARK_AS_SENT" and "labelSentDate" not in values:
        raise RETURNS.missing("labelSentDate")
    if action == "NO_LABEL" and "noLabelReason" not in values:
        raise RETURNS.missing("noLabelReason")
    if "trackingNumber" in values and "carrierEnum" not in values:
        raise RETURNS.missing("carrierEnum")
    if values.get("carrierEnum") == "OTHER" and "carrierName" not in values:
        raise RETURNS.missing("carrierName")


def file_upload(desk: Desk, ask: Ask) -> Answer:
    """Keep a file: a picture, or a label as PDF."""
    values = ask.values
    data, name = values["data"], values["fileName"]
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise RETURNS.invalid("data", data[:40]) from None
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    kind = _NAMES.get(suffix)
    if kind is None or (kind == "PDF" and values["filePurpose"] != "LABEL_RELATED"):
        raise RETURNS.invalid("fileName", name)
    if not content:
        raise RETURNS.invalid("data", data)
    act = desk.act(ask, "file", format=kind, **values)
    return done({"fileId": act.facts["fileId"], "compressedFileData": data})


def set_preference(desk: Desk, ask: Ask) -> Answer:
    """Ask for RMA numbers from now on, or no longer."""
    with desk.world.lock:
        desk.world.rma_required = ask.values["rmaRequired"]
    return done()


REQUEST: Shape = {
    "itemId": needed(word),
    "transactionId": needed(word),
    "reason": needed(one_of(enums.ReturnReason)),
    "type": needed(one_of(enums.ReturnType)),
    "returnQuantity": needed(whole),
    "comments": Field(said),
    "carrier": Field(text),
    "requestType": Field(one_of(("CREATE", "REQUEST", "UNKNOWN"))),
}
DECISION: Shape = COMMENTS | {
    "decision": needed(one_of(tuple(DECISIONS))),
    "keepOriginalItem": Field(flag),
    "partialRefundAmount": Field(amount),
    "RMANumber": Field(code(r"[0-9A-Za-z+\-. */$%]+", number=1617)),
    "rMAProvided": Field(flag),
}
LABEL: Shape = COMMENTS | {
    "labelAction": needed(one_of(_ACTIONS)),
    "carrierEnum": Field(one_of(enums.ShippingCarrier)),
    "carrierName": Field(text),
    "fileId": Field(word),
    "labelId": Field(word),
    "forwardShippingLabelProvided": Field(flag),
    "labelSentDate": Field(moment),
    "noLabelReason": Field(one_of(_NO_LABEL)),
    "returnLabelCost": Field(amount),
    "trackingNumber": Field(text),
}
LINE: Shape = {
    "refundAmount": needed(amount),
    "refundFeeType": needed(one_of(enums.RefundFeeType)),
}
REFUND: Shape = COMMENTS | {
    "refundDetail": needed(
        part({"totalAmount": needed(amount), "itemizedRefundDetail": needed(many(LINE))})
    ),
    "relistItem": Field(flag),
}
FILE: Shape = {
    "data": needed(code(_BASE64)),
    "fileName": needed(code(_FILE_NAME)),
    "filePurpose": needed(one_of(("ITEM_RELATED", "LABEL_RELATED", "REFUND_RELATED"))),
}
FIELDGROUPS: Shape = {"fieldgroups": Field(one_of(enums.ReturnFieldGroup))}
ESCALATION: Shape = COMMENTS | {"reason": Field(one_of(enums.ReturnEscalationReason))}

CALLS: tuple[Call, ...] = (
    Call(
        "return.create",
        create,
        RETURNS,
        query=FIELDGROUPS,
        shape={"returnRequest": Field(part(REQUEST)), "draftId": Field(word)},
    ),
    Call("return.preferences_set", set_preference, RETURNS, shape={"rmaRequired": needed(flag)}),
    Call("return.decide", decide, RETURNS, kind=Return, shape=DECISION),
    Call("return.issue_refund", issue_refund, RETURNS, kind=Return, shape=REFUND),
    Call(
        "return.mark_as_received", mark_as_received, RETURNS, kind=Return, shape=COMMENTS, bare=True
    ),
    Call(
        "return.send_message", send_message, RETURNS, kind=Return, shape={"message": needed(said)}
    ),
    Call("return.escalate", escalate, RETURNS, kind=Return, shape=ESCALATION, bare=True),
    Call("return.add_shipping_label", add_shipping_label, RETURNS, kind=Return, shape=LABEL),
    Call("return.file_upload", file_upload, RETURNS, kind=Return, shape=FILE),
)
