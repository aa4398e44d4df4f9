"""The oddities of real answers: shapes no document promises, which say nothing untrue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from .dialects import copied
from .records import Record

Json = dict[str, Any]
Oddity = Callable[[Json, Random, str], None]

IDS = frozenset(
    ["returnId", "inquiryId", "caseId", "cancelId", "itemId", "transactionId", "payoutId", "fileId"]
)  # order ids have dashes
NEW_WORDS = {
    "currentType": "STORE_CREDIT_OFFER",
    "paymentStatus": "PAID_LATER",
    "partialOrderType": "BUNDLE",
    "initiator": "PARTNER",
    "sellerOutcome": "SHARED_FAULT",
    "relistStatus": "RELIST_QUEUED",
    "deliveryStatus": "AT_LOCKER",
    "filePurpose": "AUTHENTICITY_CHECK",
}
SPELLINGS = {
    "rmaRequired": ("RMARequired", "rmarequired"),
    "inquiryStatusEnum": ("status",),
    "caseStatusEnum": ("status",),
    "RMANumber": ("rmaNumber",),
    "fileName": ("fielName",),
    "stateFrom": ("cancelStateFrom",),
    "stateTo": ("cancelStatetateTo",),
    "respondByDate": ("sellerMakeItRightByDate",),
    "updatedTrackingNumber": ("trackingNumber",),
    "cancelQuantity": ("cancelQuanity",),
}
#: What may be there as a null, or as an empty list, though there is nothing: by kind and part.
NULLS = {
    "Return.summary": ("buyerResponseDue", "sellerResponseDue", "timeoutDate", "returnPolicy"),
    "Return.detail": ("closeInfo", "holdInfo", "RMANumber", "payoutRecoupInfo"),
    "Inquiry.detail": ("inquiryPaymentInfo", "inquiryClosureDate", "sellerMakeItRightByDate"),
    "Case.detail": ("returnId", "eventTicketsLink", "sellerClosureReason"),
    "Cancellation.summary": ("cancelReason", "shipmentDate", "payoutRecoupInfo"),
}
LISTS = {
    "Return.summary": ("buyerAvailableOptions", "sellerAvailableOptions"),
    "Return.detail": ("files", "moneyMovementInfo"),
    "Case.detail": ("nextSteps",),
}


def surprise(tree: Json, record: Record, part: str, share: float) -> Json:
    """Return an answer as it is, or odd if the record is one of the `share` that are."""
    place = f"{type(record).__name__}.{part}"
    dice = Random(f"{type(record).__name__}:{record.id}:odd")
    if dice.random() >= share:
        return tree
    dice.seed(f"{place}:{record.id}")
    odd: Json = copied(tree)
    for oddity in ODDITIES:
        if dice.random() < 0.35:
            oddity(odd, dice, place)
    return odd


def _objects(value: Any) -> Iterator[Json]:
    """Yield all objects of a tree, the outer ones first."""
    if type(value) is dict:
        yield value
        value = list(value.values())
    if type(value) is list:
        for inner in value:
            yield from _objects(inner)


def _amounts(tree: Json) -> Iterator[Json]:
    return (held for held in _objects(tree) if "value" in held and "currency" in held)


def _moments(tree: Json) -> Iterator[Json]:
    for held in _objects(tree):
        if held.keys() == {"value"} and type(held["value"]) is str and held["value"][-1:] == "Z":
            yield held


def _new_fields(tree: Json, dice: Random, place: str) -> None:
    tree["trustTier"] = dice.choice(["GOLD", 7, None, {"level": 3}, ["A", "B"]])
    told = [held for held in _objects(tree) if any(value is not None for value in held.values())]
    held = dice.choice(told)
    held["experimentBucket"] = {"id": dice.randrange(1000), "on": True}


def _new_words(tree: Json, dice: Random, place: str) -> None:
    for held in list(_objects(tree)):
        for field, word in NEW_WORDS.items():
            if type(held.get(field)) is str and dice.random() < 0.5:
                held[field] = word
    if tree.get("buyerAvailableOptions"):
        tree["buyerAvailableOptions"].append({"actionType": "EXTERNAL_CLAIM_OPENED"})
    if tree.get("caseStatusEnum") in ("OPEN", "CLOSED"):
        tree["caseStatusEnum"] = f"CS_{tree['caseStatusEnum']}"


def _numbers_as_text(tree: Json, dice: Random, place: str) -> None:
    for held in list(_amounts(tree)):
        if type(held["value"]) is float and dice.random() < 0.6:
            held["value"] = str(held["value"])
        elif type(held["value"]) is str:
            held["value"] = float(held["value"])
    for held in list(_objects(tree)):
        for field in ("returnQuantity", "caseQuantity", "inquiryQuantity", "cancelQuantity"):
            if type(held.get(field)) is int:
                held[field] = str(held[field])


def _ids_as_numbers(tree: Json, dice: Random, place: str) -> None:
    for held in list(_objects(tree)):
        for field in IDS & held.keys():
            if type(held[field]) is str and held[field].isdecimal():
                held[field] = int(held[field])
            elif type(held[field]) is int:
                held[field] = str(held[field])


def _flags_as_text(tree: Json, dice: Random, place: str) -> None:
    for held in list(_objects(tree)):
        for field, value in held.items():
            if type(value) is bool and dice.random() < 0.5:
                held[field] = str(value).lower()


def _nulls(tree: Json, dice: Random, place: str) -> None:
    """Write null where nothing is, or where something is that nobody needs."""
    for name in NULLS.get(place, ()):
        if name not in tree and dice.random() < 0.4:
            tree[name] = None
    for held in list(_objects(tree)):
        for name in ("attributes", "moneyMovement", "returnDetails"):
            if name in held and not held[name]:
                held[name] = None


def _empty_or_missing(tree: Json, dice: Random, place: str) -> None:
    for name in LISTS.get(place, ()):
        if name in tree and not tree[name]:
            del tree[name]
        elif name not in tree and dice.random() < 0.3:
            tree[name] = []
    for held in list(_objects(tree)):
        if held.get("attributes", 0) == {}:
            del held["attributes"]


def _no_currency(tree: Json, dice: Random, place: str) -> None:
    amounts = list(_amounts(tree))
    if amounts:
        del dice.choice(amounts)["currency"]


def _no_status(tree: Json, dice: Random, place: str) -> None:
    if "state" in tree and "creationInfo" in tree:
        tree.pop("status", None)


def _two_spellings(tree: Json, dice: Random, place: str) -> None:
    for held in list(_objects(tree)):
        for field, others in SPELLINGS.items():
            if field in held:
                for other in others:
                    held.setdefault(other, held[field])


def _other_zone(tree: Json, dice: Random, place: str) -> None:
    zone = timezone(timedelta(hours=-7))
    for held in list(_moments(tree)):
        if dice.random() < 0.5:
            at = datetime.fromisoformat(held["value"])
            held["value"] = at.astimezone(zone).isoformat(timespec="milliseconds")


def _bare_moments(tree: Json, dice: Random, place: str) -> None:
    moments = {id(held) for held in _moments(tree)}
    for held in list(_objects(tree)):
        for field, value in held.items():
            if id(value) in moments and dice.random() < 0.3:
                held[field] = value["value"]


def _reserved(tree: Json, dice: Random, place: str) -> None:
    for held in list(_moments(tree)):
        held["formattedValue"] = None


def _empty_close(tree: Json, dice: Random, place: str) -> None:
    if "returnContentOnHold" in tree:
        tree.setdefault("closeInfo", {"returnCloseReason": "OTHER", "buyerCloseReason": "UNKNOWN"})


ODDITIES: tuple[Oddity, ...] = (
    _empty_close, _no_status, _two_spellings, _new_words, _numbers_as_text, _ids_as_numbers,
    _flags_as_text, _no_currency, _bare_moments, _other_zone, _reserved, _empty_or_missing,
    _nulls, _new_fields,
)  # fmt: skip
