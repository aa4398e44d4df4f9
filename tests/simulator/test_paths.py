"""
Every documented step of every life, taken: from each state it starts in, with its effects.

The steps are those of ``tests/data/lifecycles.tsv``, written from the documents.
"""

from __future__ import annotations

from csv import DictReader
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from postorder_nb.simulator import invariants, machines

Stage = Any
DATA = Path(__file__).parents[1] / "data"
SAME = "SAME"


def table(name: str) -> list[dict[str, str]]:
    text = (DATA / f"{name}.tsv").read_text("utf-8")
    return list(DictReader(text.splitlines(), delimiter="\t"))


STEPS = {row["id"]: row for row in table("lifecycles")}
PAIRS = {(row["kind"], row["state"]): row["status"].split() for row in table("states")}
OPENINGS = {"C1", "C8", "C9", "C17", "C18", "I1", "R1", "R2", "K1", "K2"}

# How a step is taken: ``happen EVENT`` on the site or by itself, else a call by its actor.
HOW = {
    "C2": "approve", "C3": "approve", "C4": "reject", "C5": "happen seller_silent",
    "C6": "happen seller_silent", "C7": "happen ship", "C10": "happen send_refund",
    "C11": "happen refund_confirmed", "C12": "happen refund_fails", "C13": "happen send_refund",
    "C14": "happen pay_out", "C15": "happen give_up", "C16": "happen chargeback",
    "C19": "confirm", "C20": "happen buyer_silent",
    "I2": "happen begin", "I3": "send_message", "I4": "send_message",
    "I5": "provide_shipment_info", "I6": "provide_shipment_info without tracking",
    "I7": "issue_refund", "I8": "happen expire", "I9": "happen refund_confirmed",
    "I10": "happen refund_fails", "I11": "happen close", "I12": "happen escalate",
    "I13": "happen expire", "I14": "happen courtesy", "I15": "happen courtesy_done",
    "I16": "happen hold", "I17": "happen release", "I18": "happen agent_closes",
    "I19": "happen chargeback", "I20": "happen promise",
    "R3": "happen auto_accept", "R4": "APPROVE", "R5": "APPROVE_WITHOUT_EBAY_LABEL",
    "R6": "APPROVE", "R7": "PROVIDE_RMA", "R8": "add_shipping_label", "R9": "happen ask_label",
    "R10": "happen label_late", "R10b": "happen label_late", "R11": "happen ship",
    "R12": "happen deliver", "R13": "mark_as_received", "R14": "issue_refund",
    "R15": "happen refund_confirmed", "R16": "refund in part", "R17": "happen expire",
    "R18": "happen refund_fails", "R19": "issue_refund", "R20": "happen pay_out",
    "R21": "happen paid_out", "R22": "happen refund_overdue", "R23": "happen refund_confirmed",
    "R24": "happen refund_overdue", "R25": "OFFER_PARTIAL_REFUND", "R26": "ACCEPT_PARTIAL_REFUND",
    "R27": "happen refund_confirmed", "R28": "happen refund_fails", "R29": "issue_refund",
    "R29b": "happen pay_out", "R29c": "happen paid_out", "R30": "DECLINE_PARTIAL_REFUND",
    "R31": "happen expire", "R32": "APPROVE", "R33": "happen expire", "R34": "DECLINE",
    "R35": "happen expire", "R36": "happen seller_silent", "R37": "happen auto_accept",
    "R38": "happen expire", "R39": "happen expire", "R40": "happen close",
    "R41": "happen escalate", "R42": "happen chargeback", "R43": "happen refund_at_once",
    "R44": "APPROVE keep", "R45": "happen refund_confirmed", "R46": "send_message",
    "R47": "happen lose", "R48": "happen pay_out", "R49": "happen paid_out",
    "R50": "happen tell_refund", "R51": "happen confirm",
    "K3": "issue_refund", "K4": "refund fails", "K5": "happen close",
    "K6": "happen buyer_wins_at_once", "K7": "happen seller_wins_at_once",
    "K8": "happen buyer_wins", "K9": "happen nobody_wins", "K10": "happen seller_wins",
    "K11": "happen return_first", "K12": "happen shipment", "K13": "happen deliver",
    "K14": "happen expire", "K15": "happen hold", "K16": "happen release", "K17": "happen dispute",
    "K18": "appeal", "K19": "happen grant", "K20": "happen deny", "K21": "happen review",
}  # fmt: skip
PARCEL = {"K12", "K14"}
APPEALS = {"K19", "K20"}
UNPAID = {"C3", "C6"}
ROOTS = {"case": "casemanagement"}
SHIPMENT = {
    "shippingCarrierName": "USPS",
    "trackingNumber": "9400111",
    "shippingDate": {"value": "2026-02-27T10:00:00.000Z"},
}


def test_every_documented_step_is_tried() -> None:
    assert set(HOW) | OPENINGS == set(STEPS)
    assert not set(HOW) & OPENINGS


def taken() -> list[Any]:
    return [
        pytest.param(row, state, actor, id=f"{name} {state} {actor}")
        for name, row in STEPS.items()
        if name in HOW
        for state in row["from"].split()
        for actor in row["actors"].split()
    ]


@pytest.mark.parametrize(("row", "state", "actor"), taken())
def test_steps(
    two_stages: dict[bool, Stage],
    ways: Any,
    campaign: Any,
    *,
    row: dict[str, str],
    state: str,
    actor: str,
) -> None:
    name, kind = row["id"], row["kind"]
    stage = two_stages["AUTO_REFUND_INITIATED" in (state, row["to"])]
    record = bring(stage, ways, name, kind, state)
    lines = len(record.history)
    take(stage, ways, record, name, actor)
    if name == "K4":
        lines += 1  # the seller's refund comes before its failure
    to = state if row["to"] == SAME or name == "R41" else row["to"]
    assert record.state == to
    assert record.status in (row["status"].split() or PAIRS[kind, record.state])
    assert len(record.history) > lines
    line = record.history[lines]
    assert line.actor == actor
    expected = row["activity"].replace("SELLER_SEND", f"{actor}_SEND")
    if name == "R41":
        expected = f"{actor}_ESCALATE"
    if expected:
        assert line.activity == expected
    if name == "R41":
        assert record.open
        stage.sim.happen(stage.sim.world.cases[record.case_id], "close")
        assert record.state == "CLOSED"
    assert (record.close_reason or "") == (row["closes"] if name not in APPEALS else WON[name])
    if name not in ("I8", "R41"):
        campaign.check(record, stage.sim)


WON = {"K19": "SELLER_WINS_BUYER_FAULT", "K20": "BUYER_WINS_SELLER_FAULT"}


def bring(stage: Stage, ways: Any, name: str, kind: str, state: str) -> Any:
    """Bring a record into the state, and let be what the step supposes."""
    if name in UNPAID:
        return unpaid(stage)
    if name in PARCEL:
        state = ways.BACK_FIRST
    if name in APPEALS:
        record = ways.bring_case(stage, "CS_CLOSED")
        stage.sim.happen(record, "appeal", actor="SELLER")
        return record
    reason = ("WRONG_SIZE",) if name == "R34" else ()
    record = ways.BRING[kind](stage, state, *reason)
    if name == "R4":
        record.rma_required = True
    if name == "I8":
        stage.sim.happen(record, "deliver")
    if name == "R41":
        record.escalate_from = record.created_at
    if name == "I12":
        stage.sim.advance(days=7)
    return record


def unpaid(stage: Stage) -> Any:
    world, now = stage.sim.world, stage.sim.clock.now()
    record = world.new_cancellation(replace(stage.order(0.05), paid=False), "BUYER", None, now)
    return stage.sim.happen(record, "create", actor="BUYER")


def take(stage: Stage, ways: Any, record: Any, name: str, actor: str) -> None:
    how, kind = HOW[name], type(record).__name__.lower()
    if how.startswith("happen "):
        stage.sim.happen(record, how.split()[1], actor=actor)
        return
    by = record if actor == "BUYER" else None
    path = f"/{ROOTS.get(kind, kind)}/{record.id}/{how.split()[0]}"
    bodies: dict[str, Any] = {
        "approve": None, "reject": {}, "confirm": {"unpaidOrder": False}, "issue_refund": {},
        "send_message": {"message": {"content": "Hello"}}, "provide_shipment_info": SHIPMENT,
        "appeal": {},
    }  # fmt: skip
    if name == "K4":
        path = f"/casemanagement/{record.id}/issue_refund"
        answer = stage.call(path, {})
    elif kind == "return" and how == "refund in part":
        path = f"/return/{record.id}/issue_refund"
        answer = stage.call(path, stage.refund_body(record, "0.8"))
    elif kind == "return":
        answer = stage.call(*ways.body_of(stage, record, how), by=by)
    elif how.endswith("without tracking"):
        body = {key: value for key, value in SHIPMENT.items() if key != "trackingNumber"}
        answer = stage.call(path, body)
    else:
        answer = stage.call(path, bodies[how], by=by)
    assert answer.status == 200, answer.body
    if name == "K3":
        stage.sim.happen(record, "refund_confirmed")
    if name == "K4":
        stage.sim.happen(record, "refund_fails")


# -- openings, and what is left --------------------------------------------------------------------


def test_openings(stage: Stage, ways: Any) -> None:
    world, now = stage.sim.world, stage.sim.clock.now()

    def odd(event: str, actor: str, *, paid: bool) -> Any:
        order = replace(stage.order(5), paid=paid)
        record = world.new_cancellation(order, actor, None, now)
        return stage.sim.happen(record, event, actor=actor)

    stage.call("/return/preference", {"rmaRequired": True})
    waits = stage.open_return()
    stage.call("/return/preference", {"rmaRequired": False})
    inquiry = ways.bring_inquiry(stage, "CREATED")
    stage.sim.advance(days=7)
    stage.sim.happen(inquiry, "escalate", actor="BUYER")
    opened = {
        "C1": stage.open_cancellation(),
        "C8": stage.open_cancellation(by_buyer=False),
        "C9": odd("create", "SELLER", paid=False),
        "C17": odd("create", "SYSTEM", paid=True),
        "C18": odd("create_unconfirmed", "SELLER", paid=True),
        "I1": stage.open_inquiry(),
        "R1": stage.open_return(),
        "R2": waits,
        "K1": world.cases[inquiry.case_id],
        "K2": ways.bring_case(stage, "OPEN"),
    }
    assert set(opened) == OPENINGS
    for name, record in opened.items():
        row, line = STEPS[name], record.history[0]
        assert (line.from_state, line.to_state) == ("INITIAL", row["to"]), name
        assert line.actor in row["actors"].split()
        assert line.activity == (row["activity"] or line.activity)
        if record.history[-1] is line:
            assert record.status in row["status"].split()
            assert (record.close_reason or "") == row["closes"]


# Known states that no step of today leads to: the time of PayPal, of partial offers in inquiries
# and of replacements; and those that are no states.
PASSED = (
    "PARTIAL_REFUND_OFFERED", "PARTIAL_REFUND_ACCEPTED", "SELLER_ECHECK", "RETURN_ACCEPTED",
    "PARTIAL_REFUNDED", "PARTIAL_REFUND_NON_PAYPAL", "REPLAC", "OTHER", "UNKNOWN", "INITIAL",
)  # fmt: skip


def test_every_state_is_reached() -> None:
    reached = {(row["kind"], row["to"]) for row in STEPS.values()}
    for kind, state in PAIRS:
        assert ((kind, state) in reached) != state.startswith(PASSED), (kind, state)


def test_the_machines_take_no_step_that_is_not_known() -> None:
    known = invariants.lives.lives()
    for kind, machine in machines.MACHINES.items():
        for step in machine.steps:
            for state in step.states if step.activity else ():
                begin = record_state(state)
                to = step.to or begin
                assert any(
                    life.activity in ("-", step.activity)
                    and step.actor in life.actors
                    and (begin in life.begins or state == "ESCALATED")
                    and to in (life.to, begin if life.to == "=" else life.to)
                    and life.closes in ("*", step.closes or "-", life.closes)
                    for life in known[kind.__name__.lower()]
                ), (kind, step, state)


def record_state(place: str) -> str:
    return "ITEM_DELIVERED" if place == "ESCALATED" else place


def test_what_is_known_holds_every_documented_step() -> None:
    known = invariants.lives.lives()
    for row in STEPS.values():
        if row["id"] in ("K1", "K2", "R41"):  # openings of cases, and a close that comes later
            continue
        for state in row["from"].split():
            for actor in row["actors"].split():
                activity = row["activity"].replace("SELLER_SEND", f"{actor}_SEND")
                assert any(
                    life.activity in ("-", activity)
                    and actor in life.actors
                    and state in life.begins
                    and life.to == ("=" if row["to"] == SAME else row["to"])
                    and life.closes in ("*", row["closes"] or "-")
                    for life in known[row["kind"]]
                ), row


def test_every_wait_ends() -> None:
    """Every state but the ends has something that ends it, or waits for somebody."""
    waits_for_somebody = {"ITEM_SHIPPED", "REFUND_AGREED_BUT_FAILED"}
    for kind, machine in machines.MACHINES.items():
        name = kind.__name__.lower()
        ended = {state for timer in machine.timers if not timer.lapses for state in timer.states}
        for known, state in PAIRS:
            if known == name and not state.startswith(PASSED) and state not in machine.ends:
                assert state in ended | waits_for_somebody, (name, state)
