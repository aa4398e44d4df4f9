"""
Every write in every state: the tables under tests/data are the documents', not the simulator's.

``tests/data/lifecycles.py`` has written them from a description of the real service.
"""

from __future__ import annotations

from collections.abc import Callable
from csv import DictReader
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

Stage = Any
DATA = Path(__file__).parents[1] / "data"


def table(name: str) -> list[dict[str, str]]:
    text = (DATA / f"{name}.tsv").read_text("utf-8")
    return list(DictReader(text.splitlines(), delimiter="\t"))


RMA, READY, SHIPPED, BACK, OVERDUE = (
    "RMA_PENDING", "ITEM_READY_TO_SHIP", "ITEM_SHIPPED", "ITEM_DELIVERED", "REFUND_TIMEOUT",
)  # fmt: skip
OFFERED, REFUSED, FAILED, PART_FAILED, AUTO, ESCALATED = (
    "PARTIAL_REFUND_REQUESTED", "PARTIAL_REFUND_DECLINED", "REFUND_FAILED",
    "PARTIAL_REFUND_FAILED", "AUTO_REFUND_INITIATED", "ESCALATED",
)  # fmt: skip
LABEL, LABEL_LATE, REJECTED, KEPT = (
    "RETURN_LABEL_PENDING", "RETURN_LABEL_PENDING_TIMEOUT", "RETURN_REJECTED", "ITEM_KEPT",
)  # fmt: skip
BACK_FIRST = "ON_HOLD for the parcel"

# Known, but not states a record of today rests in; dead ones that calls of today can still meet.
NEVER = {"INITIAL", "OTHER", "UNKNOWN"}
MET = {"CONFIRM_REFUND_PENDING", "REFUND_SENT_PENDING_CONFIRMATION"}
STATES: dict[str, list[str]] = {}
for row in table("states"):
    if row["state"] not in NEVER and (row["alive"] == "True" or row["state"] in MET):
        STATES.setdefault(row["kind"], []).append(row["state"])
STATES["return"].append(ESCALATED)
STATES["case"].append(BACK_FIRST)

LEGAL: dict[tuple[str, str], set[str]] = {
    (row["call"], row["role"]): set(row["states"].split())
    for row in table("legality")
    if row["call"] != "return.files"  # it reads
}
OPEN_INQUIRY = {"CREATED", "TRACKING_PROVIDED", "SHIPPING_INFO_PROVIDED", "FULL_REFUND_AGREED"}
# Where the documents have no list of states: a step of theirs says where the call is possible.
LEGAL |= {
    ("return.decide OFFER_RETURN", "SELLER"): {REFUSED},
    ("inquiry.provide_refund_info", "SELLER"): OPEN_INQUIRY,
    ("inquiry.confirm_refund", "BUYER"): set(),
}
# Beyond the list, because the act is among the seller's options there, and the options decide: a
# parcel the carrier has delivered, the full refund while an offer waits, a message after failure.
LEGAL["return.mark_as_received", "SELLER"] |= {BACK}
LEGAL["return.issue_refund", "SELLER"] |= {OFFERED}
LEGAL["return.send_message", "SELLER"] |= {FAILED, PART_FAILED}
# Narrower than a list that names two calls, or both sides, together: the step of its own decides.
LEGAL["case.provide_shipment_info", "BUYER"] = {BACK_FIRST}
for call, role in list(LEGAL):
    if call.startswith("case.") and "ON_HOLD" in LEGAL[call, role]:
        LEGAL[call, role].add(BACK_FIRST)

ACTIVITY = {
    "decide APPROVE": "sellerApproveRequest", "decide DECLINE": "sellerDeclineRequest",
    "decide OFFER_PARTIAL_REFUND": "sellerOfferPartialRefund",
    "decide OFFER_RETURN": "sellerOfferReturns", "decide PROVIDE_RMA": "sellerProvideRma",
    "decide ACCEPT_PARTIAL_REFUND": "buyerAcceptsPartialRefund",
    "decide DECLINE_PARTIAL_REFUND": "buyerDeclinePartialRefund",
    "add_shipping_label": "sellerProvideLabel", "mark_as_received": "sellerMarkAsReceived",
    "issue_refund": "sellerIssueRefund", "send_message": "SendMessage",
    "file_upload": "submitFile", "escalate": "Escalate",
}  # fmt: skip
SHIPMENT = {
    "shippingCarrierName": "USPS",
    "trackingNumber": "9400111",
    "shippingDate": {"value": "2026-02-27T10:00:00.000Z"},
}
SAID = {"content": "Hello"}
BODIES: dict[str, Any] = {
    "return.send_message": {"message": SAID}, "return.add_shipping_label":
    {"labelAction": "EBAY_LABEL"}, "return.mark_as_received": None, "return.escalate":
    {"reason": "OTHER"}, "return.file_upload":
    {"data": "cGhvdG8=", "fileName": "a.png", "filePurpose": "ITEM_RELATED"},
    "inquiry.send_message": {"message": SAID}, "inquiry.provide_shipment_info": SHIPMENT,
    "inquiry.issue_refund": {}, "inquiry.provide_refund_info": {"message": SAID},
    "inquiry.close": {"closeReason": "ITEM_ARRIVED"}, "inquiry.confirm_refund": None,
    "inquiry.escalate": {"escalateInquiryReason": "OTHERS"},
    "case.issue_refund": {}, "case.close": {"closeReason": "WORKED_OUT_WITH_SELLER"},
    "case.provide_return_address": {"returnAddress": {"addressLine1": "1 Quay", "city": "Hull"}},
    "case.provide_shipment_info": {"shippingCarrierName": "UPS", "trackingNumber": "1Z9"},
    "case.appeal": {"comments": {"content": "Here is the proof"}},
    "cancellation.approve": None, "cancellation.reject": {},
    "cancellation.confirm": {"unpaidOrder": False},
}  # fmt: skip
ROOTS = {"case": "casemanagement"}


def ask(stage: Stage, ways: Any, record: Any, name: str, role: str) -> Any:
    kind, _, word = name.partition(".")
    by = record if role == "BUYER" else None
    if word.startswith("decide"):
        path, body = ways.body_of(stage, record, word.partition(" ")[2])
    elif name == "return.issue_refund":
        path, body = ways.body_of(stage, record, word)
    else:
        word = word.replace("file_upload", "file/upload")
        path, body = f"/{ROOTS.get(kind, kind)}/{record.id}/{word}", BODIES[name]
    return stage.call(path, body, by=by)


def open_window(record: Any) -> None:
    """Let the time come in which eBay may be asked in."""
    if type(record).__name__ == "Return":
        record.escalate_from = record.created_at
    elif type(record).__name__ == "Inquiry":
        record.respond_by = record.created_at - timedelta(seconds=1)


def look(stage: Stage, record: Any) -> Any:
    kind = type(record).__name__.lower()
    more = {"fieldgroups": "FULL"} if kind == "return" else {}
    return stage.get(f"/{ROOTS.get(kind, kind)}/{record.id}", **more), len(record.movements)


@pytest.fixture(scope="module")
def stages(two_stages: dict[bool, Stage]) -> Callable[[str], Stage]:
    """The one of two simulators that leads to a state: one refunds for the seller."""
    return lambda state: two_stages[state == AUTO]


def cases(*, legal: bool) -> list[Any]:
    return [
        pytest.param(name, role, state, id=f"{name} {role} {state}")
        for (name, role), states in LEGAL.items()
        for state in STATES[name.partition(".")[0]]
        if (state in states) == legal
    ]


@pytest.mark.parametrize(("name", "role", "state"), cases(legal=True))
def test_what_is_possible(
    stages: Callable[[str], Stage], ways: Any, *, campaign: Any, name: str, role: str, state: str
) -> None:
    stage = stages(state)
    kind = name.partition(".")[0]
    reason = ("WRONG_SIZE",) if name == "return.decide DECLINE" else ()
    record = ways.BRING[kind](stage, state, *reason)
    if name.endswith(".escalate"):
        open_window(record)
    before, lines = record.state, len(record.history)
    answer = ask(stage, ways, record, name, role)
    assert answer.status == 200, answer.body
    changed = record.state != before or record.status == ESCALATED
    assert changed or len(record.history) == lines + 1
    if not name.endswith(".escalate"):
        campaign.check(record, stage.sim)


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind, states in STATES.items() for state in states]
)
def test_what_is_not_possible(
    stages: Callable[[str], Stage], ways: Any, campaign: Any, kind: str, state: str
) -> None:
    stage = stages(state)
    record = ways.BRING[kind](stage, state)
    if kind == "return" and state != ESCALATED:
        open_window(record)
    before = look(stage, record)
    tried = 0
    for (name, role), states in LEGAL.items():
        if name.partition(".")[0] == kind and state not in states:
            answer = ask(stage, ways, record, name, role)
            refused(answer, record, name.partition(".")[2], role)
            assert look(stage, record) == before, name
            tried += 1
    assert tried


def refused(answer: Any, record: Any, word: str, role: str) -> None:
    """The answer of the documents; where they have none, that of the nearest kind."""
    kind = type(record).__name__
    (error,) = answer.json["error"]
    found = (answer.status, error["domain"], error["errorId"])
    if kind == "Cancellation":
        assert found == (400, "CancelSvcErrorDomain", 10005)
    elif kind != "Return":
        assert found == (500, "resolutionsErrorDomain", 292010)
    elif found != (500, "returnErrorDomain", 1001):
        assert found == (500, "returnErrorDomain", 1502)
        head, *rest = record.state.lower().split("_")
        camel = head + "".join(part.title() for part in rest)
        activity = ACTIVITY[word]
        activity = activity if activity[0].islower() else role.lower() + activity
        (parameter,) = error["parameter"]
        assert parameter == {
            "name": "message",
            "value": "java.lang.IllegalStateException: Illegal Activity for the "
            f"state:{camel}; activityId:{activity}; party:{role.lower()}; return:{record.id}",
        }
    else:
        assert error["parameter"][0]["value"] == "Duplicate warning"


def test_the_tables_hold_what_the_documents_say_of_refusals() -> None:
    documented = {
        (row["call"].partition(".")[0], row["status"], row["number"]) for row in table("legality")
    }
    assert documented == {
        ("return", "500", "1502"), ("cancellation", "", ""), ("inquiry", "", ""), ("case", "", ""),
    }  # fmt: skip


def test_a_message_and_a_file_can_be_read_in_every_state(
    stages: Callable[[str], Stage], ways: Any
) -> None:
    for state in (RMA, READY, OFFERED, "CLOSED"):
        stage = stages(state)
        record = ways.BRING["return"](stage, state)
        for by in (None, record):
            assert stage.get(f"/return/{record.id}/files", by=by) == {"files": []}


# -- what is offered ------------------------------------------------------------------------------

# What the options promise, and the call that keeps the promise.
OPTIONS = {
    "SELLER_APPROVE_REQUEST": "decide APPROVE", "SELLER_DECLINE_REQUEST": "decide DECLINE",
    "SELLER_ISSUE_REFUND": "issue_refund", "SELLER_RETRY_REFUND": "issue_refund",
    "SELLER_OFFER_PARTIAL_REFUND": "decide OFFER_PARTIAL_REFUND",
    "SELLER_SEND_MESSAGE": "send_message", "SELLER_PROVIDE_RMA": "decide PROVIDE_RMA",
    "SELLER_PROVIDE_LABEL": "add_shipping_label",
    "SELLER_PRINT_SHIPPING_LABEL": "add_shipping_label",
    "SELLER_MARK_AS_RECEIVED": "mark_as_received", "SELLER_ESCALATE": "escalate",
    "BUYER_ESCALATE": "escalate", "BUYER_SEND_MESSAGE": "send_message",
    "SUBMIT_FILE": "file_upload", "BUYER_ACCEPTS_PARTIAL_REFUND": "decide ACCEPT_PARTIAL_REFUND",
    "BUYER_DECLINE_PARTIAL_REFUND": "decide DECLINE_PARTIAL_REFUND",
}  # fmt: skip
ON_THE_SITE = {
    "BUYER_CLOSE_RETURN": "close", "BUYER_PROVIDE_TRACKING_INFO": "ship",
    "BUYER_PRINT_SHIPPING_LABEL": "print_label", "BUYER_UPDATE_TRACKING": "update_tracking",
    "SELLER_VOID_LABEL": "void_label", "OTHER": None,
}  # fmt: skip
UNLISTED = {
    KEPT, "REFUND_INITIATED", AUTO, "PARTIAL_REFUND_INITIATED", "REFUND_AS_PAYOUT_INITIATED",
    "PARTIAL_REFUND_AS_PAYOUT_INITIATED", "PAYOUT_INITIATED", ESCALATED, *MET,
}  # fmt: skip


@pytest.mark.parametrize("state", STATES["return"])
@pytest.mark.parametrize("reason", ["DEFECTIVE_ITEM", "WRONG_SIZE"])
def test_what_is_offered_is_possible(
    stages: Callable[[str], Stage], ways: Any, campaign: Any, state: str, reason: str
) -> None:
    if state == REJECTED:
        reason = "WRONG_SIZE"
    if state in (LABEL, LABEL_LATE):
        reason = "DEFECTIVE_ITEM"
    stage = stages(state)
    record = ways.bring(stage, state, reason)
    summary = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    offered = [
        (side, option["actionType"])
        for side in ("seller", "buyer")
        for option in summary[f"{side}AvailableOptions"]
    ]
    assert bool(offered) == (state not in UNLISTED)
    for side, option in offered:
        copy = ways.bring(stage, state, reason)
        if option in OPTIONS:
            answer = ask(stage, ways, copy, f"return.{OPTIONS[option]}", side.upper())
            assert answer.status == 200, (option, answer.body)
        elif ON_THE_SITE[option]:
            stage.sim.happen(copy, ON_THE_SITE[option], actor=side.upper())
        campaign.check(copy, stage.sim)


@pytest.mark.parametrize("state", STATES["return"])
@pytest.mark.parametrize("side", ["seller", "buyer"])
def test_eBay_steps_in_when_its_window_is_open(
    stages: Callable[[str], Stage], ways: Any, state: str, side: str
) -> None:
    stage = stages(state)
    record = ways.bring(stage, state)
    summary = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    window = summary["escalationInfo"][f"{side}EscalationEligibilityInfo"]["eligible"]
    options = {option["actionType"] for option in summary[f"{side}AvailableOptions"]}
    answer = ask(stage, ways, record, "return.escalate", side.upper())
    if window or f"{side.upper()}_ESCALATE" in options:
        assert answer.status == 200
        case = stage.sim.world.cases[answer.json["caseId"]]
        assert case.return_id == record.id
        assert case.escalated_by == side.upper()
    else:
        assert (answer.status, answer.json["error"][0]["errorId"]) == (500, 1502)


# -- inquiries become cases -----------------------------------------------------------------------


@pytest.mark.parametrize("role", ["SELLER", "BUYER"])
@pytest.mark.parametrize("state", sorted(OPEN_INQUIRY))
def test_an_inquiry_becomes_a_case_after_the_sellers_time(
    stages: Callable[[str], Stage], ways: Any, state: str, role: str
) -> None:
    stage = stages(state)
    record = ways.bring_inquiry(stage, state)
    body = {"escalateInquiryReason": "OTHERS"}
    by = record if role == "BUYER" else None
    early = stage.call(f"/inquiry/{record.id}/escalate", body, by)
    assert (early.status, early.json["error"][0]["errorId"]) == (500, 292010)
    stage.sim.advance(days=7)
    answer = stage.call(f"/inquiry/{record.id}/escalate", body, by)
    assert answer.status == 200
    assert record.status == "CLOSED_WITH_ESCALATION"
    assert stage.get(f"/casemanagement/{record.id}")["escalatedBy"] == role
    found = stage.get("/inquiry/search", item_id=record.item_id, limit=200)
    assert record.id not in [member["inquiryId"] for member in found.get("members", [])]


def test_a_refund_outside_is_confirmed_by_the_buyer(stage: Stage, ways: Any) -> None:
    record = ways.bring_inquiry(stage, "CREATED")
    path = f"/inquiry/{record.id}"
    assert stage.call(f"{path}/confirm_refund", by=record).status == 500
    stage.call(f"{path}/provide_refund_info", {"message": {"content": "Sent by bank"}})
    assert record.status == "WAITING_BUYER_RESPONSE"
    assert stage.call(f"{path}/confirm_refund", by=record).status == 200
    assert (record.state, record.refund) == ("CLOSED", None)
