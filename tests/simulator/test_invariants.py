"""The walker that proves the rules can fail: every rule names the record that is damaged for it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from postorder_nb.simulator import Clock, Simulator, World, invariants
from postorder_nb.simulator.ledger import Moved
from postorder_nb.simulator.records import Due, Funding, Money, Movement

DAY = timedelta(days=1)
WORLDS: dict[str, dict[str, Any]] = {
    "US": {"seed": 1, "days": 365},
    "GB": {"seed": 2, "days": 365, "marketplace": "EBAY_GB"},
    "DE": {"seed": 8, "days": 90, "marketplace": "EBAY_DE"},
    "young": {"seed": 3, "days": 25},
}


@pytest.mark.parametrize("name", WORLDS)
def test_worlds_as_they_are_told_keep_every_rule(name: str) -> None:
    world = World(returns=600, clock=Clock("2026-03-10T12:00:00Z"), **WORLDS[name])
    assert invariants.walk(world) == []


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world of every kind of record, some of them moved by the engine."""
    with Simulator(returns=700, days=60, seed=5, now="2026-03-10T12:00:00Z") as sim:
        sim.advance(days=6)
        for _ in range(12):
            sim.world.add_return()
            sim.world.add_cancellation()
            sim.world.add_case(sim.clock.now() - timedelta(hours=3))
        assert invariants.walk(sim.world) == []
        yield sim.world


def records(world: World) -> Iterator[Any]:
    for shelf in (world.returns, world.inquiries, world.cases, world.cancellations):
        yield from shelf.values()


def kind(name: str, **wanted: Any) -> Callable[[Any], bool]:
    def fits(record: Any) -> bool:
        return type(record).__name__ == name and all(
            getattr(record, field) == value for field, value in wanted.items()
        )

    return fits


def first_line(record: Any) -> None:
    record.history[0] = replace(record.history[0], from_state="CLOSED")


def swap(record: Any) -> None:
    record.history[-1] = replace(record.history[-1], at=record.created_at - DAY)


def gap(record: Any) -> None:
    record.history[1] = replace(record.history[1], from_state="CLOSED", to_state="CLOSED")


def strange(record: Any) -> None:
    record.history[-1] = replace(record.history[-1], activity="SELLER_DANCES", actor="CSR")


def half(record: Any) -> None:
    record.net_charge = record.net_charge.share(Decimal("0.5"))


def take_away(record: Any) -> None:
    record.refund = record.buyer_refund = None


def moved(record: Any) -> Movement:
    return next(m for m in record.movements if m.status == "SUCCESS" and m.actual)


def lift(record: Any) -> None:
    moved(record).actual = record.order.total + record.order.total


def later(record: Any) -> None:
    moved(record).settled_at = record.modified_at + DAY * 90


def pending(record: Any) -> None:
    move = moved(record)
    record.movements.append(replace(move, status="PENDING", actual=None, settled_at=None))


def label_twice(record: Any) -> None:
    record.movements += [m for m in record.movements if m.type.endswith("_RETURN_SHIPPING")]


def unbooked(record: Any) -> None:
    for move in record.movements:
        move.booked = False


def lost_parcel(record: Any) -> None:
    record.shipments[-1].shipped_at = record.shipments[-1].delivered_at + DAY


def put(**values: Any) -> Callable[[Any], None]:
    def damage(record: Any) -> None:
        for name, value in values.items():
            setattr(record, name, value)

    return damage


def late_due(record: Any) -> None:
    record.seller_due = Due(record.seller_due.activity, record.seller_due.at + DAY)


def early_due(record: Any) -> None:
    record.respond_by = record.respond_by - timedelta(hours=2)


def other_side(record: Any) -> None:
    record.parent = copy.copy(record.parent)
    record.parent.case_id = "1"


def shipped(record: Any) -> bool:
    return any(p.delivered_at and p.shipped_at for p in getattr(record, "shipments", ()))


RETURN, CLOSED = "Return", "CLOSED"
NOTHING = Money(Decimal("0.01"), "USD")
# rule: which record is damaged, and how
DAMAGE: dict[str, tuple[Callable[[Any], bool], Callable[[Any], None]]] = {
    "history_starts": (kind(RETURN), first_line),
    "history_in_order": (kind(RETURN, state=CLOSED), swap),
    "history_chains": (lambda r: len(r.history) > 3, gap),
    "history_is_legal": (kind(RETURN), strange),
    "status_goes_with_state": (kind("Inquiry", state="CREATED"), put(status="CLOSED")),
    "closed_says_when": (kind("Cancellation", state=CLOSED), put(closed_at=None)),
    "closed_says_why": (kind(RETURN, close_reason="FULL_REFUNDED"), put(close_reason="ESCALATED")),
    "options_are_possible": (kind(RETURN, state="ITEM_READY_TO_SHIP"), put()),
    "options_are_complete": (kind(RETURN, state="RETURN_REQUESTED"), put()),
    "dues_go_with_state": (kind(RETURN, state="RETURN_REQUESTED"), late_due),
    "deadlines_end_the_day": (kind("Inquiry", state="CREATED"), early_due),
    "deadlines_fire": (kind("Cancellation", state="APPROVAL_PENDING"), put(respond_by=None)),
    "refund_goes_with_reason": (kind(RETURN, close_reason="AUTO_REFUNDED"), take_away),
    "movements_make_the_refund": (
        kind("Cancellation", close_reason="FULL_REFUNDED"), put(buyer_refund=NOTHING),
    ),
    "movements_have_a_time": (lambda r: bool(r.refund and r.movements), later),
    "one_refund_is_under_way": (kind(RETURN, close_reason="FULL_REFUNDED"), pending),
    "status_says_how_it_went": (lambda r: r.refund is not None, put(refund_status=None)),
    "charge_is_refund_less_credit": (lambda r: r.refund is not None, half),
    "fundings_make_the_charge": (lambda r: bool(r.fundings), put(fundings=[])),
    "debts_stand_in_the_books": (
        kind(RETURN, close_reason="FULL_REFUNDED"), put(outstanding=NOTHING),
    ),
    "lines_make_the_refund": (kind(RETURN, close_reason="FULL_REFUNDED"), put(lines=[])),
    "labels_are_charged_once": (
        lambda r: any(m.type.endswith("_RETURN_SHIPPING") for m in r.movements), label_twice,
    ),
    "donation_is_a_part": (kind(RETURN, donation=None), put(donation=NOTHING)),
    "escalated_has_a_case": (
        kind("Inquiry", status="CLOSED_WITH_ESCALATION"), put(case_id=None),
    ),
    "case_has_a_parent": (kind("Case"), other_side),
    "appeals_have_their_time": (kind("Case", state="WAITING_CS"), put(can_appeal=True)),
    "outcomes_go_together": (kind("Case", state="CS_CLOSED"), put(seller_outcome=None)),
    "one_open_record_of_a_kind": (kind(RETURN, state="RETURN_REQUESTED"), put()),
    "dates_follow_each_other": (shipped, lost_parcel),
    "ledger_agrees": (lambda r: any(m.booked for m in r.movements), unbooked),
}  # fmt: skip


# What the seller is offered instead.
OFFERED = {
    "options_are_complete": "SELLER_SEND_MESSAGE", "options_are_possible": "SELLER_RETRY_REFUND",
}  # fmt: skip


def test_every_rule_is_damaged_once() -> None:
    names = {rule.__name__ for _, rule in invariants.RULES} | {"ledger_agrees"}
    assert set(DAMAGE) == names


@pytest.mark.parametrize("rule", DAMAGE)
def test_a_damaged_record_is_named(
    world: World, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits, damage = DAMAGE[rule]
    record = next(r for r in records(world) if fits(r))
    shelf = world.shelf(type(record))
    kept = copy.copy(record)
    kept.history, kept.movements = list(record.history), [replace(m) for m in record.movements]
    kept.shipments = [replace(parcel) for parcel in record.shipments]
    monkeypatch.setitem(shelf._by_id, record.id, kept)
    if rule == "one_open_record_of_a_kind":
        monkeypatch.setattr(world, "records_of", lambda _: [kept, copy.copy(kept)])
    if rule in OFFERED:
        offered = (OFFERED[rule],), ()
        monkeypatch.setattr(invariants.duties.legal, "options", lambda _: offered)
    damage(kept)
    found = invariants.check(kept, world)
    assert rule in {violation.rule for violation in found}
    named = next(violation for violation in found if violation.rule == rule)
    assert named.record_id == record.id
    assert str(named).startswith(f"{type(record).__name__.lower()} {record.id} breaks {rule}: ")
    monkeypatch.undo()
    assert invariants.check(record, world) == []


def test_the_ledger_names_no_stranger(world: World) -> None:
    at = world.clock.now()
    world.ledger.append(Moved("return", "1", "AUTO_REFUND", Decimal(1), "USD", at))
    (found,) = invariants.walk(world)
    world.ledger.pop()
    assert (found.rule, found.record_id, found.found) == ("ledger_agrees", "1", "no such record")


def test_more_money_than_the_claim_is_noticed(world: World) -> None:
    record = next(r for r in records(world) if kind(RETURN, close_reason="FULL_REFUNDED")(r))
    kept = copy.copy(record)
    kept.movements = [replace(move) for move in record.movements]
    lift(kept)
    kept.buyer_refund = moved(kept).actual
    found = [v.found for v in invariants.check(kept, world) if v.rule.endswith("_refund")]
    assert any(text.startswith("the buyer got") for text in found)


def test_a_funding_in_another_currency_is_noticed(world: World) -> None:
    record = next(r for r in records(world) if r.fundings)
    kept = copy.copy(record)
    kept.fundings = [*record.fundings, Funding("CREDIT_CARD", Money(Decimal(0), "XXX"), DAY)]  # type: ignore[arg-type]  # a wrong record is what it is about
    assert "fundings_make_the_charge" in {v.rule for v in invariants.check(kept, world)}
