"""How a record is brought into each of its states, by calls and by what happens on the site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
TOLD = "REFUND_SENT_PENDING_CONFIRMATION"

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
    TOLD: (BACK, "happen tell_refund"),
}
STATES = [ASKED, RMA, *WAYS]


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


OPEN, REVIEW, HOLD, TRANSIT, CASE_FAILED, DECIDED = (
    "OPEN", "WAITING_CS", "ON_HOLD", "WAITING_DELIVERY", "REFUND_AGREED_BUT_FAILED", "CS_CLOSED",
)  # fmt: skip
BACK_FIRST = "ON_HOLD for the parcel"
CASE_STATES = [OPEN, REVIEW, HOLD, BACK_FIRST, TRANSIT, CASE_FAILED, CLOSED, DECIDED]


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


CANCEL_STATES = ["APPROVAL_PENDING", "REFUND_PENDING", "REFUND_INITIATED", "REFUND_FAILED_RETRY",
                 "CONFIRM_REFUND_PENDING", "CLOSED"]  # fmt: skip


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


BRING: dict[str, Callable[[Stage, str], Any]] = {
    "return": bring, "inquiry": bring_inquiry, "case": bring_case,
    "cancellation": bring_cancellation,
}  # fmt: skip
