"""Every write in every state: the tables are eBay's documents, not the simulator's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Stage = Any

ASKED, SILENT, RMA, READY = (
    "RETURN_REQUESTED", "RETURN_REQUEST_TIMEOUT", "RMA_PENDING", "ITEM_READY_TO_SHIP",
)  # fmt: skip
SHIPPED, BACK, OVERDUE = "ITEM_SHIPPED", "ITEM_DELIVERED", "REFUND_TIMEOUT"
LABEL, LABEL_LATE = "RETURN_LABEL_PENDING", "RETURN_LABEL_PENDING_TIMEOUT"
WANTED, WANTED_LATE = "RETURN_LABEL_REQUESTED", "RETURN_LABEL_REQUESTED_TIMEOUT"
OFFERED, REFUSED = "PARTIAL_REFUND_REQUESTED", "PARTIAL_REFUND_DECLINED"
PART, PART_FAILED = "PARTIAL_REFUND_INITIATED", "PARTIAL_REFUND_FAILED"
PART_PAYOUT = "PARTIAL_REFUND_AS_PAYOUT_INITIATED"
PAID, FAILED, LESS = "REFUND_INITIATED", "REFUND_FAILED", "LESS_THAN_A_FULL_REFUND_ISSUED"
PAYOUT, CHARGED, KEPT = "REFUND_AS_PAYOUT_INITIATED", "PAYOUT_INITIATED", "ITEM_KEPT"
REJECTED, ESCALATED, CLOSED = "RETURN_REJECTED", "ESCALATED", "CLOSED"
AUTO = "AUTO_REFUND_INITIATED"

# How a return gets into a state: from which one, and what then happens.
WAYS: dict[str, tuple[str, str]] = {
    SILENT: (ASKED, "happen seller_silent"),
    READY: (ASKED, "APPROVE"),
    LABEL: (ASKED, "APPROVE_WITHOUT_EBAY_LABEL"),
    LABEL_LATE: (LABEL, "happen label_late"),
    WANTED: (ASKED, "happen ask_label"),
    WANTED_LATE: (WANTED, "happen label_late"),
    SHIPPED: (READY, "happen ship"),
    BACK: (SHIPPED, "happen deliver"),
    OVERDUE: (BACK, "happen refund_overdue"),
    AUTO: (BACK, "happen refund_overdue"),
    CHARGED: (OVERDUE, "happen pay_out"),
    OFFERED: (ASKED, "OFFER_PARTIAL_REFUND"),
    REFUSED: (OFFERED, "DECLINE_PARTIAL_REFUND"),
    PART: (OFFERED, "ACCEPT_PARTIAL_REFUND"),
    PART_FAILED: (PART, "happen refund_fails"),
    PART_PAYOUT: (PART_FAILED, "happen pay_out"),
    PAID: (BACK, "refund"),
    FAILED: (PAID, "happen refund_fails"),
    PAYOUT: (FAILED, "happen pay_out"),
    LESS: (BACK, "refund in part"),
    KEPT: (ASKED, "APPROVE keep"),
    REJECTED: (ASKED, "DECLINE"),
    ESCALATED: (SILENT, "escalate"),
    CLOSED: (ASKED, "happen close"),
}
STATES = [ASKED, RMA, *WAYS]

# Where a call is possible. Three rows go beyond the plain list of transitions because the act is
# among the seller's options there, and the options decide: marking a parcel as received that the
# carrier has delivered, the full refund while an offer waits, and a message after a failed refund.
TALK = {
    ASKED, SILENT, RMA, WANTED, WANTED_LATE, LABEL, LABEL_LATE, READY, SHIPPED, BACK, OFFERED,
    REFUSED, REJECTED, LESS, OVERDUE,
}  # fmt: skip
LEGAL: dict[str, tuple[str, set[str]]] = {
    "APPROVE": ("SELLER", {ASKED, SILENT, REFUSED}),
    "DECLINE": ("SELLER", {ASKED, SILENT}),
    "OFFER_PARTIAL_REFUND": ("SELLER", {ASKED, SILENT, READY, LABEL, SHIPPED, BACK}),
    "OFFER_RETURN": ("SELLER", {REFUSED}),
    "PROVIDE_RMA": ("SELLER", {RMA}),
    "ACCEPT_PARTIAL_REFUND": ("BUYER", {OFFERED}),
    "DECLINE_PARTIAL_REFUND": ("BUYER", {OFFERED}),
    "add_shipping_label": ("SELLER", {LABEL, LABEL_LATE, WANTED, WANTED_LATE}),
    "mark_as_received": ("SELLER", {SHIPPED, READY, BACK}),
    "issue_refund": (
        "SELLER",
        {ASKED, SILENT, RMA, LABEL, LABEL_LATE, READY, SHIPPED, BACK, OVERDUE, REFUSED, OFFERED,
         FAILED, PART_FAILED},
    ),
    "send_message": ("SELLER", TALK | {FAILED, PART_FAILED}),
    "send_message by the buyer": ("BUYER", TALK),
    "file/upload": ("SELLER", TALK),
    "file/upload by the buyer": ("BUYER", TALK),
}  # fmt: skip
ACTIVITY = {
    "APPROVE": "sellerApproveRequest", "DECLINE": "sellerDeclineRequest",
    "OFFER_PARTIAL_REFUND": "sellerOfferPartialRefund", "OFFER_RETURN": "sellerOfferReturns",
    "PROVIDE_RMA": "sellerProvideRma", "ACCEPT_PARTIAL_REFUND": "buyerAcceptsPartialRefund",
    "DECLINE_PARTIAL_REFUND": "buyerDeclinePartialRefund",
    "add_shipping_label": "sellerProvideLabel", "mark_as_received": "sellerMarkAsReceived",
    "issue_refund": "sellerIssueRefund", "send_message": "sellerSendMessage",
    "send_message by the buyer": "buyerSendMessage", "file/upload": "submitFile",
    "file/upload by the buyer": "submitFile",
}  # fmt: skip
# What the seller's options promise, and the call that keeps the promise.
OPTIONS = {
    "SELLER_APPROVE_REQUEST": "APPROVE", "SELLER_DECLINE_REQUEST": "DECLINE",
    "SELLER_ISSUE_REFUND": "issue_refund", "SELLER_RETRY_REFUND": "issue_refund",
    "SELLER_OFFER_PARTIAL_REFUND": "OFFER_PARTIAL_REFUND", "SELLER_SEND_MESSAGE": "send_message",
    "SELLER_PROVIDE_RMA": "PROVIDE_RMA", "SELLER_PROVIDE_LABEL": "add_shipping_label",
    "SELLER_PRINT_SHIPPING_LABEL": "add_shipping_label",
    "SELLER_MARK_AS_RECEIVED": "mark_as_received", "SELLER_ESCALATE": "escalate",
    "BUYER_ESCALATE": "escalate by the buyer", "BUYER_SEND_MESSAGE": "send_message by the buyer",
    "SUBMIT_FILE": "file/upload by the buyer",
    "BUYER_ACCEPTS_PARTIAL_REFUND": "ACCEPT_PARTIAL_REFUND",
    "BUYER_DECLINE_PARTIAL_REFUND": "DECLINE_PARTIAL_REFUND",
}  # fmt: skip
ON_THE_SITE = {"BUYER_CLOSE_RETURN": "close", "BUYER_PROVIDE_TRACKING_INFO": "ship",
               "BUYER_PRINT_SHIPPING_LABEL": None, "BUYER_UPDATE_TRACKING": None,
               "OTHER": None}  # fmt: skip


@pytest.fixture(scope="module")
def stages(two_stages: dict[bool, Stage]) -> Callable[[str], Stage]:
    """The one of two simulators that leads to a state: one refunds for the seller."""
    return lambda state: two_stages[state == AUTO]


def body_of(stage: Stage, record: Any, name: str) -> tuple[str, Any]:
    """The path and the body of a call that has nothing wrong in it but perhaps its moment."""
    word = name.split(maxsplit=1)[0]
    if word.isupper():
        body: dict[str, Any] = {"decision": word}
        if word == "OFFER_PARTIAL_REFUND":
            body["partialRefundAmount"] = {"value": 1.25, "currency": record.order.currency}
        if word == "PROVIDE_RMA":
            body["RMANumber"] = "A-17"
        if name.endswith("keep"):
            body["keepOriginalItem"] = True
        return f"/return/{record.id}/decide", body
    bodies = {
        "issue_refund": stage.refund_body(record)
        if record.state != PART_FAILED
        else stage.itemized(record, ("ORDER_ADJUSTMENT", record.payment.amount.amount)),
        "add_shipping_label": {"labelAction": "EBAY_LABEL"},
        "mark_as_received": None,
        "send_message": {"message": {"content": "One moment, please"}},
        "file/upload": {"data": "cGhvdG8=", "fileName": "a.png", "filePurpose": "ITEM_RELATED"},
        "escalate": {"reason": "OTHER"},
    }
    return f"/return/{record.id}/{word}", bodies[word]


def do(stage: Stage, record: Any, name: str) -> Any:
    path, body = body_of(stage, record, name)
    buyers = name in ("ACCEPT_PARTIAL_REFUND", "DECLINE_PARTIAL_REFUND") or "buyer" in name
    return stage.call(path, body, by=record if buyers else None)


def bring(stage: Stage, state: str, reason: str = "") -> Any:
    """Make a return and bring it into a state."""
    if state in (ASKED, RMA):
        stage.call("/return/preference", {"rmaRequired": state == RMA})
        record = stage.open_return(reason or "DEFECTIVE_ITEM")
    else:
        before, how = WAYS[state]
        record = bring(stage, before, reason or ("WRONG_SIZE" if state == REJECTED else ""))
        if how.startswith("happen "):
            stage.sim.happen(record, how.split()[1])
        elif how.startswith("refund"):
            body = stage.refund_body(record, "0.8" if "part" in how else "1")
            assert stage.call(f"/return/{record.id}/issue_refund", body).status == 200
        elif how == "escalate":
            body = {"reason": "SELLER_NO_RESPONSE"}
            assert stage.call(f"/return/{record.id}/escalate", body, by=record).status == 200
        else:
            answer = do(stage, record, how)
            assert answer.status == 200, answer.body
    assert record.status == ESCALATED if state == ESCALATED else record.state == state
    return record


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", LEGAL)
def test_returns(stages: Callable[[str], Stage], campaign: Any, state: str, name: str) -> None:
    stage = stages(state)
    record = bring(stage, state, "WRONG_SIZE" if name == "DECLINE" else "")
    before = stage.get(f"/return/{record.id}", fieldgroups="FULL")
    old = record.state
    answer = do(stage, record, name)
    role, states = LEGAL[name]
    if state in states:
        assert answer.status == 200, answer.body
        assert len(record.history) == len(before["detail"]["responseHistory"]) + 1
    else:
        assert answer.status == 500
        (error,) = answer.json["error"]
        assert (error["errorId"], error["domain"]) in (
            (1502, "returnErrorDomain"),
            (1001, "returnErrorDomain"),
        )
        words = error["parameter"][0]["value"]
        head, *rest = old.lower().split("_")
        camel = head + "".join(part.title() for part in rest)
        if words != "Duplicate warning":
            assert words == (
                "java.lang.IllegalStateException: Illegal Activity for the "
                f"state:{camel}; activityId:{ACTIVITY[name]}; "
                f"party:{role.lower()}; return:{record.id}"
            )
        assert stage.get(f"/return/{record.id}", fieldgroups="FULL") == before
    campaign.check(record, stage.sim)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("reason", ["DEFECTIVE_ITEM", "WRONG_SIZE"])
def test_what_is_offered_is_possible(
    stages: Callable[[str], Stage], campaign: Any, state: str, reason: str
) -> None:
    if (state, reason) == (REJECTED, "DEFECTIVE_ITEM"):
        reason = "WRONG_SIZE"
    if state in (LABEL, LABEL_LATE):
        reason = "DEFECTIVE_ITEM"
    stage = stages(state)
    record = bring(stage, state, reason)
    summary = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    offered = [
        option["actionType"]
        for side in ("seller", "buyer")
        for option in summary[f"{side}AvailableOptions"]
    ]
    assert bool(offered) == (state in LISTED)
    for option in offered:
        copy = bring(stage, state, reason)
        if option in OPTIONS:
            answer = do(stage, copy, OPTIONS[option])
            assert answer.status == 200, (option, answer.body)
        elif ON_THE_SITE[option]:
            stage.sim.happen(copy, ON_THE_SITE[option])
        campaign.check(copy, stage.sim)


LISTED = set(STATES) - {KEPT, PAID, AUTO, PART, PAYOUT, PART_PAYOUT, CHARGED, ESCALATED}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("side", ["seller", "buyer"])
def test_eBay_steps_in_when_its_window_is_open(
    stages: Callable[[str], Stage], state: str, side: str
) -> None:
    stage = stages(state)
    record = bring(stage, state)
    summary = stage.get(f"/return/{record.id}", fieldgroups="SUMMARY")["summary"]
    window = summary["escalationInfo"][f"{side}EscalationEligibilityInfo"]["eligible"]
    options = {option["actionType"] for option in summary[f"{side}AvailableOptions"]}
    answer = do(stage, record, "escalate" + (" by the buyer" if side == "buyer" else ""))
    if window or f"{side.upper()}_ESCALATE" in options:
        assert answer.status == 200
        case = stage.sim.world.cases[answer.json["caseId"]]
        assert case.return_id == record.id
        assert case.escalated_by == side.upper()
    else:
        assert (answer.status, answer.json["error"][0]["errorId"]) == (500, 1502)


# -- the other three ------------------------------------------------------------------------------

CREATED, TRACKED, SENT, AGREED = (
    "CREATED", "TRACKING_PROVIDED", "SHIPPING_INFO_PROVIDED", "FULL_REFUND_AGREED",
)  # fmt: skip
OPENING, PAYING, COURTESY, HELD = (
    "PENDING_CREATED", "VOLUNTARY_REFUND_PAYOUT_PENDING", "AUTO_DISPOSE_MONEY_MOVEMENT_PENDING",
    "ON_HOLD_FOR_UPLOAD",
)  # fmt: skip
INQUIRY_STATES = [OPENING, CREATED, TRACKED, SENT, AGREED, PAYING, COURTESY, HELD, CLOSED]
SHIPMENT = {
    "shippingCarrierName": "USPS",
    "trackingNumber": "9400111",
    "shippingDate": {"value": "2026-02-27T10:00:00.000Z"},
}
INQUIRY_LEGAL: dict[str, tuple[str, Any, set[str]]] = {
    "send_message": ("SELLER", {"message": {"content": "Hello"}}, {CREATED, TRACKED, SENT}),
    "send_message ": ("BUYER", {"message": {"content": "Hello"}}, {CREATED, TRACKED, SENT}),
    "provide_shipment_info": ("SELLER", SHIPMENT, {CREATED, SENT}),
    "issue_refund": ("SELLER", {}, {CREATED, TRACKED, SENT, AGREED}),
    "provide_refund_info": (
        "SELLER", {"message": {"content": "By bank"}}, {CREATED, TRACKED, SENT, AGREED},
    ),
    "close": ("BUYER", {"closeReason": "ITEM_ARRIVED"}, {CREATED, TRACKED, SENT, AGREED}),
    "confirm_refund": ("BUYER", None, set()),
    "escalate": ("SELLER", {"escalateInquiryReason": "SHIPPED_ITEM"}, set()),
    "escalate ": ("BUYER", {"escalateInquiryReason": "NOT_RECEIVED"}, set()),
}  # fmt: skip


def bring_inquiry(stage: Stage, state: str) -> Any:
    record = stage.open_inquiry()
    if state != OPENING:
        stage.sim.happen(record, "begin")
    untracked = {k: v for k, v in SHIPMENT.items() if k != "trackingNumber"}
    calls = {
        TRACKED: ("provide_shipment_info", SHIPMENT),
        SENT: ("provide_shipment_info", untracked),
        PAYING: ("issue_refund", {}),
    }
    if state in calls:
        name, body = calls[state]
        assert stage.call(f"/inquiry/{record.id}/{name}", body).status == 200
    events = {AGREED: "promise", COURTESY: "courtesy", HELD: "hold", CLOSED: "expire"}
    if state in events:
        stage.sim.happen(record, events[state])
    assert record.state == state
    return record


@pytest.mark.parametrize("state", INQUIRY_STATES)
@pytest.mark.parametrize("name", INQUIRY_LEGAL)
def test_inquiries(stages: Callable[[str], Stage], campaign: Any, state: str, name: str) -> None:
    stage = stages(state)
    record = bring_inquiry(stage, state)
    role, body, states = INQUIRY_LEGAL[name]
    before = stage.get(f"/inquiry/{record.id}")
    path = f"/inquiry/{record.id}/{name.strip()}"
    answer = stage.call(path, body, by=record if role == "BUYER" else None)
    if state in states:
        assert answer.status == 200, answer.body
        assert len(record.history) > len(before["inquiryHistoryDetails"]["history"])
    else:
        (error,) = answer.json["error"]
        assert (answer.status, error["errorId"]) == (500, 292010)
        assert stage.get(f"/inquiry/{record.id}") == before
    campaign.check(record, stage.sim)


@pytest.mark.parametrize("role", ["SELLER", "BUYER"])
@pytest.mark.parametrize("state", [CREATED, TRACKED, SENT, AGREED])
def test_an_inquiry_becomes_a_case_after_the_sellers_time(
    stages: Callable[[str], Stage], state: str, role: str
) -> None:
    stage = stages(state)
    record = bring_inquiry(stage, state)
    stage.sim.advance(days=7)
    by = record if role == "BUYER" else None
    answer = stage.call(f"/inquiry/{record.id}/escalate", {"escalateInquiryReason": "OTHERS"}, by)
    assert answer.status == 200
    assert record.status == "CLOSED_WITH_ESCALATION"
    assert stage.get(f"/casemanagement/{record.id}")["escalatedBy"] == role
    found = stage.get("/inquiry/search", item_id=record.item_id, limit=200)
    assert record.id not in [member["inquiryId"] for member in found.get("members", [])]


def test_a_refund_outside_is_confirmed_by_the_buyer(stage: Stage) -> None:
    record = bring_inquiry(stage, CREATED)
    path = f"/inquiry/{record.id}"
    assert stage.call(f"{path}/confirm_refund", by=record).status == 500
    stage.call(f"{path}/provide_refund_info", {"message": {"content": "Sent by bank"}})
    assert record.status == "WAITING_BUYER_RESPONSE"
    assert stage.call(f"{path}/confirm_refund", by=record).status == 200
    assert (record.state, record.refund) == ("CLOSED", None)


OPEN, REVIEW, HOLD, TRANSIT, CASE_FAILED, DECIDED = (
    "OPEN", "WAITING_CS", "ON_HOLD", "WAITING_DELIVERY", "REFUND_AGREED_BUT_FAILED", "CS_CLOSED",
)  # fmt: skip
BACK_FIRST = "ON_HOLD for the parcel"
CASE_STATES = [OPEN, REVIEW, HOLD, BACK_FIRST, TRANSIT, CASE_FAILED, CLOSED, DECIDED]
CASE_LEGAL: dict[str, tuple[str, Any, set[str]]] = {
    "issue_refund": ("SELLER", {}, {OPEN, REVIEW, HOLD, BACK_FIRST, CASE_FAILED}),
    "close": (
        "BUYER", {"closeReason": "WORKED_OUT_WITH_SELLER"},
        {OPEN, REVIEW, HOLD, BACK_FIRST, TRANSIT},
    ),
    "provide_return_address": (
        "SELLER", {"returnAddress": {"addressLine1": "1 Quay", "city": "Hull"}}, {BACK_FIRST},
    ),
    "provide_shipment_info": (
        "BUYER", {"shippingCarrierName": "UPS", "trackingNumber": "1Z9"}, {BACK_FIRST},
    ),
    "appeal": ("SELLER", {"comments": {"content": "Here is the proof"}}, {DECIDED}),
    "appeal ": ("BUYER", {}, {DECIDED}),
}  # fmt: skip


def bring_case(stage: Stage, state: str) -> Any:
    parent = bring(stage, ESCALATED)
    record = stage.sim.world.cases[parent.case_id]
    for event in {
        REVIEW: ("review",),
        HOLD: ("hold",),
        BACK_FIRST: ("return_first",),
        TRANSIT: ("return_first", "shipment"),
        CLOSED: ("close",),
        DECIDED: ("buyer_wins",),
    }.get(state, ()):
        stage.sim.happen(record, event)
    if state == CASE_FAILED:
        stage.call(f"/casemanagement/{record.id}/issue_refund", {})
        stage.sim.happen(record, "refund_fails")
    assert record.state == state.split(maxsplit=1)[0]
    return record


@pytest.mark.parametrize("state", CASE_STATES)
@pytest.mark.parametrize("name", CASE_LEGAL)
def test_cases(stages: Callable[[str], Stage], campaign: Any, state: str, name: str) -> None:
    stage = stages(state)
    record = bring_case(stage, state)
    role, body, states = CASE_LEGAL[name]
    before = stage.get(f"/casemanagement/{record.id}")
    path = f"/casemanagement/{record.id}/{name.strip()}"
    answer = stage.call(path, body, by=record if role == "BUYER" else None)
    if state in states:
        assert answer.status == 200, answer.body
        assert len(record.history) > len(before["caseHistoryDetails"]["history"])
    else:
        (error,) = answer.json["error"]
        assert (answer.status, error["errorId"]) == (500, 292010)
        assert stage.get(f"/casemanagement/{record.id}") == before
    campaign.check(record, stage.sim)
    campaign.check(record.parent, stage.sim)


CANCEL_STATES = ["APPROVAL_PENDING", "REFUND_PENDING", "REFUND_INITIATED", "REFUND_FAILED_RETRY",
                 "CONFIRM_REFUND_PENDING", "CLOSED"]  # fmt: skip
CANCEL_LEGAL: dict[str, tuple[str, Any, set[str]]] = {
    "approve": ("SELLER", None, {"APPROVAL_PENDING"}),
    "reject": ("SELLER", {}, {"APPROVAL_PENDING"}),
    "confirm": ("BUYER", {"unpaidOrder": False}, {"CONFIRM_REFUND_PENDING"}),
}


def bring_cancellation(stage: Stage, state: str) -> Any:
    if state == "CONFIRM_REFUND_PENDING":
        world, now = stage.sim.world, stage.sim.clock.now()
        record = world.new_cancellation(stage.order(0.05), "SELLER", None, now)
        stage.sim.happen(record, "create_unconfirmed")
    else:
        record = stage.open_cancellation(by_buyer=state in ("APPROVAL_PENDING", "CLOSED"))
    for event in {
        "REFUND_INITIATED": ("send_refund",),
        "REFUND_FAILED_RETRY": ("send_refund", "refund_fails"),
        "CLOSED": ("ship",),
    }.get(state, ()):
        stage.sim.happen(record, event)
    assert record.state == state
    return record


@pytest.mark.parametrize("state", CANCEL_STATES)
@pytest.mark.parametrize("name", CANCEL_LEGAL)
def test_cancellations(
    stages: Callable[[str], Stage], campaign: Any, state: str, name: str
) -> None:
    stage = stages(state)
    record = bring_cancellation(stage, state)
    role, body, states = CANCEL_LEGAL[name]
    before = stage.get(f"/cancellation/{record.id}")
    path = f"/cancellation/{record.id}/{name}"
    answer = stage.call(path, body, by=record if role == "BUYER" else None)
    if state in states:
        assert (answer.status, answer.body) == (200, b"")
        assert record.state != state
    else:
        (error,) = answer.json["error"]
        assert answer.status == 400
        assert (error["domain"], error["errorId"]) == ("CancelSvcErrorDomain", 10005)
        assert stage.get(f"/cancellation/{record.id}") == before
    campaign.check(record, stage.sim)
