"""People who act by themselves: as often as documented, the same twice, and by the rules."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from scipy.stats import binom, chisquare, poisson

from postorder_nb.errors import InputError
from postorder_nb.simulator import Clock, World, invariants, odds
from postorder_nb.simulator.acts import Policy
from postorder_nb.simulator.behaviour import BEHAVIOURS, Behaviour
from postorder_nb.simulator.engine import Engine

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UNLIKELY = 1e-4
SHELVES = ("returns", "inquiries", "cases", "cancellations")


class Course:
    """A world, its engine and its clock, without a server."""

    def __init__(self, behaviour: Behaviour | None, **more: Any) -> None:
        given: dict[str, Any] = {"returns": 300, "days": 120, "seed": 3} | more
        self.clock = Clock(NOW)
        self.world = World(clock=self.clock, **given)
        self._engine = Engine(self.world, Policy(), behaviour)

    def advance(self, days: float) -> None:
        self.clock.advance(timedelta(days=days))
        self._engine.catch_up(self.clock.now())


def begin(behaviour: Behaviour | str | None, **more: Any) -> Course:
    return Course(BEHAVIOURS[behaviour] if isinstance(behaviour, str) else behaviour, **more)


@cache
def lively() -> tuple[Course, int]:
    """Return a shop of about 15 returns a day after 30 days, and how many orders it had."""
    sim = begin("lively", returns=2000, seed=9)
    before = len(sim.world.orders)
    sim.advance(days=30)
    return sim, before


def arrived(shelf: Any) -> list[Any]:
    return [record for record in shelf.values() if record.created_at > NOW]


def likely(seen: int, expected: float) -> bool:
    low, high = poisson.ppf([UNLIKELY, 1 - UNLIKELY], expected)
    return bool(low <= seen <= high)


def test_by_default_nobody_acts() -> None:
    sim = begin(None)
    counts = [len(getattr(sim.world, name)) for name in SHELVES[:2]]
    orders = len(sim.world.orders)
    asked = [r for r in sim.world.returns.values() if r.state == "RETURN_REQUESTED"]
    sim.advance(days=30)
    assert [len(getattr(sim.world, name)) for name in SHELVES[:2]] == counts
    assert len(sim.world.orders) == orders
    assert asked
    assert {r.history[-1].actor for r in asked} == {"SYSTEM"}


def test_as_many_arrive_as_before() -> None:
    sim, before = lively()
    world = sim.world
    # February and March are months without a factor: the last weeks go on.
    weeks = NOW - 28 * DAY, NOW
    sold = world.orders.between(*weeks) / 28 * 30
    assert len(world.orders) - before == pytest.approx(sold, rel=0.1)
    for name in ("returns", "cancellations"):
        shelf = getattr(world, name)
        usual = len(shelf.between(*weeks)) / 28 * 30
        # Both counts vary: twice the variance of one.
        assert abs(len(arrived(shelf)) - usual) < 4.5 * (2 * usual) ** 0.5, name
    counts = Counter(r.requestor for r in arrived(world.cancellations))
    assert likely(counts["BUYER"], odds.PER_ORDER["buyer_cancels"] * (len(world.orders) - before))
    assert len(arrived(world.inquiries)) > 40
    orders = [world.orders[r.order.order_id] for r in arrived(world.returns)]
    assert any(order.placed_at > NOW for order in orders)
    assert any(order.placed_at < NOW for order in orders)


def fits(seen: Counter[str], expected: dict[str, float]) -> bool:
    assert set(seen) <= set(expected)
    whole, total = sum(seen.values()), sum(expected.values())
    hoped = [share / total * whole for share in expected.values()]
    return bool(chisquare([seen[key] for key in expected], hoped).pvalue > UNLIKELY)


def test_requests_are_answered_as_documented() -> None:
    sim, _ = lively()
    ripe = [r for r in arrived(sim.world.returns) if r.created_at < sim.clock.now() - 8 * DAY]
    word = {
        "EBAY_RULE_AUTO_APPROVE": "auto", "SELLER_APPROVE_REQUEST": "approve",
        "SELLER_ISSUE_REFUND": "at_once", "SELLER_OFFER_PARTIAL_REFUND": "partial",
        "SELLER_DECLINE_REQUEST": "decline", "TIME_OUT_FOR_AUTHORIZE": "silence",
    }  # fmt: skip
    seen: Counter[str] = Counter()
    expected = dict.fromkeys(word.values(), 0.0)
    for record in ripe:
        if record.history[0].to_state != "RETURN_REQUESTED":
            continue
        answers = [e for e in record.history if e.from_state == "RETURN_REQUESTED" != e.to_state]
        seen[word[answers[0].activity]] += 1
        ruled = odds.AUTO_ACCEPT[record.reason_type]
        ruled = 0.0 if record.reason in ("ARRIVED_DAMAGED", "MISSING_PARTS") else ruled
        paths = odds.RETURN_PATHS[record.reason_type]
        expected["auto"] += ruled
        for path, share in paths.items():
            expected[path] += (1 - ruled) * share / sum(paths.values())
    assert len(ripe) > 200
    assert fits(seen, expected)


def test_accepted_parcels_are_shipped_as_documented() -> None:
    sim, _ = lively()
    now = sim.clock.now()
    ripe = [
        r for r in arrived(sim.world.returns)
        if any(e.to_state == "ITEM_READY_TO_SHIP" and e.at < now - 15 * DAY for e in r.history)
    ]  # fmt: skip
    shipped = sum(any(e.to_state == "ITEM_SHIPPED" for e in r.history) for r in ripe)
    # Of four in five, 95 % take up to 14 days; some of these are still under way.
    low, _ = binom.ppf([UNLIKELY, 1 - UNLIKELY], len(ripe), 0.8 * 0.95)
    _, high = binom.ppf([UNLIKELY, 1 - UNLIKELY], len(ripe), 0.8)
    assert len(ripe) > 60
    assert low <= shipped <= high


def test_cancellations_are_answered_as_documented() -> None:
    sim, _ = lively()
    now = sim.clock.now()
    ripe = [
        r for r in arrived(sim.world.cancellations)
        if r.requestor == "BUYER" and r.created_at < now - 5 * DAY
    ]  # fmt: skip
    word = {"SELLER_APPROVE": "approve", "SELLER_REJECT": "decline", "SYSTEM_REJECT": "shipped",
            "SYSTEM_TIMEOUT_FOR_APPROVAL": "silence",
            "SYSTEM_CHARGEBACK_OPENED": "chargeback"}  # fmt: skip
    seen = Counter(
        next(word[e.activity] for e in r.history[1:] if e.activity in word) for r in ripe
    )
    seen["silence"] += seen.pop("chargeback", 0)  # rare: counted with the next rare one
    expected = {k: v for k, v in odds.BUYER_CANCEL_PATHS.items() if k != "chargeback"}
    expected["silence"] += odds.BUYER_CANCEL_PATHS["chargeback"]
    assert fits(seen, expected)


def test_the_rules_hold_all_the_way() -> None:
    sim, _ = lively()
    assert list(invariants.walk(sim.world)) == []
    small = begin("slow-seller")
    for _ in range(12):
        small.advance(days=2.5)
        assert list(invariants.walk(small.world)) == []
    assert any(r.escalated_at for r in arrived(small.world.returns)) or small.world.cases


def test_the_same_seed_takes_the_same_course_in_any_steps() -> None:
    worlds = []
    for steps in (1, 15, 60):
        sim = begin("lively")
        for _ in range(steps):
            sim.advance(days=30 / steps)
        worlds.append(sim.world)
    for name in SHELVES:
        first, *others = (getattr(world, name) for world in worlds)
        assert len(first)
        assert all(other == first for other in others)
    assert worlds[0].ledger == worlds[1].ledger == worlds[2].ledger
    other = begin("lively", seed=4)
    other.advance(days=30)
    assert other.world.returns != worlds[0].returns


def test_a_slow_seller_answers_less() -> None:
    silent = []
    for name in ("lively", "slow-seller"):
        sim = begin(name, returns=600)
        sim.advance(days=30)
        ripe = [r for r in arrived(sim.world.returns) if r.created_at < NOW + 22 * DAY]
        late = [r for r in ripe if any(e.to_state == "RETURN_REQUEST_TIMEOUT" for e in r.history)]
        silent.append(len(late) / len(ripe))
    assert silent[1] > 1.5 * silent[0]


def test_fewer_arrive_when_told_so() -> None:
    half = begin(Behaviour(arrivals=0.5))
    whole = begin(Behaviour(arrivals=1.0))
    for sim in (half, whole):
        sim.advance(days=30)
    few, many = (len(arrived(sim.world.returns)) for sim in (half, whole))
    assert likely(few, many / 2)
    assert len(half.world.orders) == len(whole.world.orders)
    assert {r.id for r in half.world.returns.values()}


@pytest.mark.parametrize("wrong", [{"arrivals": 1.5}, {"seller": -0.1}, {"pace": -1.0}])
def test_shares_are_shares(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Behaviour(**wrong)


def test_there_are_the_named_ones() -> None:
    assert set(BEHAVIOURS) == {"still", "lively", "slow-seller"}
    assert BEHAVIOURS["still"] == Behaviour.still() == Behaviour()
    assert BEHAVIOURS["lively"] == Behaviour.lively()
