"""The calls that change nothing."""

from __future__ import annotations

from typing import Any

from ... import enums
from .. import openings, search
from ..answers import Answer, good
from ..bodies import Field, needed, one_of, text, word
from ..records import Cancellation, Case, Inquiry, Return
from .base import CANCELLATIONS, CLAIMS, RETURNS, Ask, Call, Desk
from .queries import taken

Json = dict[str, Any]


def find(kind: search.Search[Any]) -> Any:
    """Make the handler of a search."""

    def handle(desk: Desk, ask: Ask) -> Answer:
        now = desk.world.clock.now()
        return good(
            kind.answer(desk.world, ask.query, now, desk.offset, desk.style, party=ask.party)
        )

    return handle


def get_return(desk: Desk, ask: Ask) -> Answer:
    """Read a return: one half of it, or both where the simulator is set so."""
    group = ask.query.get("fieldgroups", "FULL")
    now = desk.world.clock.now()
    answer: Json = {}
    if group == "SUMMARY" or (group == "FULL" and desk.full == "both"):
        answer["summary"] = desk.style.summary(ask.record, now)
    if group == "FULL":
        answer["detail"] = desk.style.detail(ask.record)
    return good(answer)


def list_files(desk: Desk, ask: Ask) -> Answer:
    """List a return's files."""
    return good(desk.style.files(ask.record))


def track(desk: Desk, ask: Ask) -> Answer:
    """Read a parcel's scans."""
    number = ask.query["tracking_number"]
    for parcel in ask.record.shipments:
        if (parcel.tracking_number, parcel.carrier) == (number, ask.query["carrier_used"]):
            return good(desk.style.tracking(parcel))
    raise RETURNS.invalid("tracking_number", number)


def get_preference(desk: Desk, ask: Ask) -> Answer:
    """Tell whether RMA numbers are wanted."""
    wanted = desk.world.rma_required
    return good({"rmaRequired": wanted, "advanceRulesEnabled": True, "versionId": 1})


def get_inquiry(desk: Desk, ask: Ask) -> Answer:
    """Read an inquiry."""
    return good(desk.style.detail(ask.record))


def get_case(desk: Desk, ask: Ask) -> Answer:
    """Read a case."""
    return good(desk.style.detail(ask.record))


def get_cancellation(desk: Desk, ask: Ask) -> Answer:
    """Read a cancellation."""
    group = ask.query.get("fieldgroups", "FULL")
    return good(desk.style.detail(ask.record, full=group == "FULL"))


def check_eligibility(desk: Desk, ask: Ask) -> Answer:
    """Say whether an order can be cancelled."""
    return good(openings.eligibility(desk.world, ask.values["legacyOrderId"], ask.party))


def _search(name: str, kind: search.Search[Any], house: Any) -> Call:
    return Call(name, find(kind), house, shape=None, query=taken(kind), search=kind)


CALLS: tuple[Call, ...] = (
    _search("return.search", search.RETURNS, RETURNS),
    Call("return.preferences_get", get_preference, RETURNS, shape=None),
    Call(
        "return.get",
        get_return,
        RETURNS,
        kind=Return,
        shape=None,
        query={"fieldgroups": Field(one_of(enums.ReturnFieldGroup))},
    ),
    Call("return.files", list_files, RETURNS, kind=Return, shape=None),
    Call(
        "return.tracking",
        track,
        RETURNS,
        kind=Return,
        shape=None,
        query={"carrier_used": needed(text), "tracking_number": needed(text)},
    ),
    _search("inquiry.search", search.INQUIRIES, CLAIMS),
    Call("inquiry.get", get_inquiry, CLAIMS, kind=Inquiry, shape=None),
    _search("case.search", search.CASES, CLAIMS),
    Call("case.get", get_case, CLAIMS, kind=Case, shape=None),
    _search("cancellation.search", search.CANCELLATIONS, CANCELLATIONS),
    Call(
        "cancellation.check_eligibility",
        check_eligibility,
        CANCELLATIONS,
        shape={"legacyOrderId": needed(word)},
    ),
    Call(
        "cancellation.get",
        get_cancellation,
        CANCELLATIONS,
        kind=Cancellation,
        shape=None,
        query={"fieldgroups": Field(one_of(enums.CancelFieldGroup))},
    ),
)
