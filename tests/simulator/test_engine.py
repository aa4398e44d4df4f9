"""What the parties do by themselves while time passes, among the timers and in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from postorder_nb.simulator import Clock, World, invariants
from postorder_nb.simulator.acts import Policy
from postorder_nb.simulator.engine import Engine

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Reaction:
    due: datetime
    event: str
    actor: str
    facts: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Habits:
    """Who does what how long after a record has come into a state."""

    ways: dict[str, tuple[timedelta, str, str]]
    arrivals: float = 0.0

    def reaction(self, record: Any) -> Reaction | None:
        way = self.ways.get(record.state)
        if way is None or not record.open or record.status == "ESCALATED":
            return None
        return Reaction(record.modified_at + way[0], way[1], way[2])


GOOD = Habits(
    {
        "RETURN_REQUESTED": (5 * HOUR, "approve", "SELLER"),
        "ITEM_READY_TO_SHIP": (50 * HOUR, "ship", "BUYER"),
        "ITEM_DELIVERED": (3 * HOUR, "refund", "SELLER"),
    }
)


def make(behaviour: Any, returns: int = 0) -> tuple[World, Engine]:
    world = World(returns=returns, days=30, seed=9, clock=Clock(NOW))
    return world, Engine(world, Policy(), behaviour)


def opened(world: World, engine: Engine, count: int = 1) -> list[Any]:
    records = []
    for _ in range(count):
        order = world.orders.place(world._dice, NOW - timedelta(days=12))
        record = world.new_return(order, "WRONG_SIZE", NOW)
        record.rma_required = False
        record.label_payee, record.ebay_label = "BUYER", False
        engine.act(record, "create", "BUYER", at=NOW)
        records.append(record)
    return records


def go(world: World, engine: Engine, way: timedelta, strides: int = 1) -> None:
    for _ in range(strides):
        world.clock.advance(way / strides)
        engine.catch_up(world.clock.now())


def test_parties_act_by_themselves() -> None:
    world, engine = make(GOOD)
    (record,) = opened(world, engine)
    assert engine.next_due() == NOW + 5 * HOUR
    go(world, engine, timedelta(days=40))
    lines = [line for line in record.history if not line.activity.startswith("REMINDER")]
    assert [line.activity for line in lines] == [
        "BUYER_CREATE_RETURN", "SELLER_APPROVE_REQUEST", "BUYER_PROVIDE_TRACKING_INFO",
        "NOTIFIED_DELIVERED", "SELLER_ISSUE_REFUND", "NOTIFY_UPDATE_REFUND_STATUS",
    ]  # fmt: skip
    assert lines[1].at == NOW + 5 * HOUR
    assert lines[2].at == NOW + 55 * HOUR
    assert lines[4].at == lines[3].at + 3 * HOUR
    assert record.close_reason == "FULL_REFUNDED"
    assert invariants.walk(world) == []


def test_without_anybody_only_timers_act() -> None:
    world, engine = make(None)
    (record,) = opened(world, engine)
    go(world, engine, timedelta(days=40))
    assert {line.actor for line in record.history[1:]} == {"SYSTEM"}
    assert record.close_reason == "REQUEST_TIMEOUT"


@pytest.mark.parametrize("event", ["deliver", "dance"])
def test_what_somebody_means_in_vain_is_dropped(event: str) -> None:
    world, engine = make(Habits({"RETURN_REQUESTED": (HOUR, event, "BUYER")}))
    (record,) = opened(world, engine)
    go(world, engine, timedelta(days=10))
    assert record.state == "RETURN_REQUEST_TIMEOUT"
    assert invariants.walk(world) == []


def test_the_earlier_of_timer_and_party_happens() -> None:
    late = Habits({"RETURN_REQUESTED": (timedelta(days=20), "approve", "SELLER")})
    world, engine = make(late)
    (record,) = opened(world, engine)
    go(world, engine, timedelta(days=30))
    assert "SELLER_APPROVE_REQUEST" not in [line.activity for line in record.history]


class Crowd(Habits):
    """Somebody opens a return every seven hours."""


def let_arrive(world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Give the world arrivals: a return every seven hours."""
    came: list[Any] = []

    def next_arrival(rate: float) -> datetime:
        assert rate == 1.5
        return NOW + 7 * HOUR * (len(came) + 1)

    def arrive() -> tuple[Any, str, dict[str, Any], dict[str, Any]]:
        at = next_arrival(1.5)
        order = world.orders.place(world._dice, at - timedelta(days=12))
        record = world.new_return(order, "WRONG_SIZE", at)
        came.append(record)
        return record, "BUYER", {"comments": "too small"}, {"sellerRefundWindow": 2}

    monkeypatch.setattr(world, "next_arrival", next_arrival, raising=False)
    monkeypatch.setattr(world, "arrive", arrive, raising=False)
    return came


def test_arrivals_reactions_and_timers_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    world, engine = make(Crowd(GOOD.ways, arrivals=1.5), returns=60)
    came = let_arrive(world, engine, monkeypatch)
    moments: list[datetime] = []
    commit = engine._commit

    def watched(act: Any, step: Any) -> None:
        moments.append(act.at)
        commit(act, step)

    monkeypatch.setattr(engine, "_commit", watched)
    go(world, engine, timedelta(days=21))
    assert len(came) == 21 * 24 // 7
    assert [r.created_at for r in came] == [NOW + 7 * HOUR * n for n in range(1, len(came) + 1)]
    assert came[0].history[0].notes == "too small"
    assert any(record.close_reason == "FULL_REFUNDED" for record in came)
    assert len(moments) > 200
    assert all(one <= other for one, other in pairwise(moments))
    assert invariants.walk(world) == []


def test_it_does_not_matter_in_how_many_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(strides: int) -> list[Any]:
        world, engine = make(Crowd(GOOD.ways, arrivals=1.5), returns=60)
        let_arrive(world, engine, monkeypatch)
        go(world, engine, timedelta(days=16), strides)
        return [
            (r.id, r.state, r.refund, [(line.at, line.activity) for line in r.history])
            for shelf in (world.returns, world.inquiries, world.cases, world.cancellations)
            for r in shelf.values()
        ]

    assert end(1) == end(97)


def test_a_change_of_a_record_is_told_by_its_version(make_stage: Callable[..., Any]) -> None:
    stage = make_stage()
    record, other = stage.open_return(), stage.open_return()
    before = record.version, other.version
    stage.call(f"/return/{record.id}/send_message", {"message": {"content": "Hello"}})
    assert (record.version, other.version) == (before[0] + 1, before[1])
    stage.get(f"/return/{record.id}")
    stage.call(f"/return/{record.id}/mark_as_received")
    assert record.version == before[0] + 1
