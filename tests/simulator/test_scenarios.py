"""Scenarios: each plants what it says, where it says, and nothing else changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, sqrt
from typing import Any

import pytest

from postorder_nb.errors import InputError
from postorder_nb.simulator import Clock, Simulator, World
from postorder_nb.simulator.records import Case, Return
from postorder_nb.simulator.scenarios import SCENARIOS, BadBatch, FraudRing, Scenario, find
from postorder_nb.simulator.texts import HOSTILE, HOSTILE_FILES

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SNAD = {"DEFECTIVE_ITEM", "NOT_AS_DESCRIBED", "ARRIVED_DAMAGED", "MISSING_PARTS",
        "FAKE_OR_COUNTERFEIT"}  # fmt: skip


def make(scenario: str | Scenario | None, returns: int = 1600, **more: Any) -> World:
    given = {"days": 365, "seed": 13, "clock": Clock(NOW), "returns": returns} | more
    return World(scenario=scenario, **given)


@pytest.fixture(scope="module")
def usual() -> World:
    return make(None)


def near(ratio: float, expected: float, *counts: int) -> bool:
    """Tell whether a ratio of counts lies within four standard errors of what is expected."""
    spread = exp(4 * sqrt(sum(1 / count for count in counts)))
    return expected / spread < ratio < expected * spread


def opened(shelf: Any, since: datetime, until: datetime, *, by: Callable[[Any], datetime]) -> int:
    return sum(since <= by(record) < until for record in shelf.values())


def placed(record: Any) -> datetime:
    return record.order.placed_at


def sent(record: Any) -> datetime:
    return record.order.dispatch_at


def test_there_are_the_named_ones() -> None:
    named = {"holiday-peak", "bad-batch", "carrier-strike", "fraud-ring", "quiet-shop"}
    assert set(SCENARIOS) == named | {"usual", "adversarial"}
    assert all(scenario.summary.endswith(".") for scenario in SCENARIOS.values())
    assert find(None) is find("usual") is SCENARIOS["usual"]
    with pytest.raises(InputError, match="bad-patch"):
        find("bad-patch")


def test_the_usual_world_has_nothing_planted(usual: World) -> None:
    assert usual.planted == ()
    assert usual.scenario.name == "usual"
    assert make("usual").returns == usual.returns


@pytest.mark.parametrize("name", ["bad-batch", "fraud-ring", "quiet-shop", "adversarial"])
def test_the_same_seed_plants_the_same(name: str) -> None:
    one, two = make(name, 300), make(name, 300)
    assert one.returns == two.returns
    assert one.inquiries == two.inquiries
    assert one.planted == two.planted
    assert len(one.planted) == len(one.scenario.plants) > 0


def test_a_holiday_peak(usual: World) -> None:
    peak = make("holiday-peak")
    (season,) = peak.planted
    assert "month 12" in season.tells
    november, december, january = (datetime(2025, 11, 1, 8, tzinfo=UTC),
                                   datetime(2025, 12, 1, 8, tzinfo=UTC),
                                   datetime(2026, 1, 1, 8, tzinfo=UTC))  # fmt: skip
    june, july = datetime(2025, 6, 1, 7, tzinfo=UTC), datetime(2025, 7, 1, 7, tzinfo=UTC)

    def against_june(world: World, since: datetime, until: datetime) -> tuple[float, int, int]:
        many, few = world.orders.between(since, until), world.orders.between(june, july)
        return many / few, many, few

    for since, until, times in ((november, december, 2.0), (december, january, 2.6)):
        more, *counts = against_june(peak, since, until)
        before, *others = against_june(usual, since, until)
        assert near(more / before, times, *counts, *others)
    assert len(peak.returns) == len(usual.returns)
    late = january, january + 31 * DAY
    lifted = [opened(w.returns, *late, by=lambda r: r.created_at) for w in (peak, usual)]
    assert lifted[0] > 1.5 * lifted[1]


def test_a_bad_batch() -> None:
    world = make("bad-batch", 3000)
    (batch,) = world.planted
    assert world.items[batch.item_id].title == "LED Desk Lamp, Dimmable"
    assert batch.since == world.first + (NOW - world.first) / 2
    until = NOW - 45 * DAY  # by then nearly all returns are opened

    def rate(since: datetime, until: datetime, snad: bool) -> tuple[float, int]:
        count = sum(
            since <= placed(r) < until and (r.reason in SNAD) == snad
            for r in world.returns.values()
            if r.item_id == batch.item_id
        )
        return count / world.orders.by_item(since, until)[batch.item_id], count

    (before, few), (after, many) = (
        rate(world.first, batch.since, True),
        rate(batch.since, until, True),
    )
    assert near(after / before, 10.0, few, many)
    (before, few), (after, many) = (
        rate(world.first, batch.since, False),
        rate(batch.since, until, False),
    )
    assert near(after / before, 1.0, few, many)


def test_a_carrier_strike(usual: World) -> None:
    world = make("carrier-strike", 3000)
    (strike,) = world.planted
    assert strike.until - strike.since == 0.03 * (NOW - world.first)
    window = strike.since, strike.until
    calm = strike.since - 60 * DAY, strike.since - DAY
    counts = [opened(world.inquiries, *span, by=sent) for span in (window, calm)]
    orders = [world.orders.between(*span) for span in (window, calm)]
    # Their season lifts both alike: from August to October it is 1.
    assert near(counts[0] / orders[0] / (counts[1] / orders[1]), 8.0, *counts)
    struck = [r for r in world.returns.values() if window[0] <= sent(r) < window[1]]
    others = [r for r in world.returns.values() if not window[0] <= sent(r) < window[1]]
    ways = sorted((r.delivered_at - sent(r)) / DAY for r in struck)
    assert 9 < ways[len(ways) // 2] < 14  # 2 to 6 days, and 7 more
    assert all((r.delivered_at - sent(r)) <= 6 * DAY for r in others)
    late = sum(r.reason == "ARRIVED_LATE" for r in struck)
    # Of a share of 0.02 among others' 0.98: 30 times as many of these.
    assert near(late / len(struck), 0.6 / 1.58, late, len(struck) - late)
    assert sum(r.reason == "ARRIVED_LATE" for r in others) < 0.04 * len(others)


def test_a_fraud_ring() -> None:
    world = make("fraud-ring")
    (ring,) = world.planted
    assert len(ring.buyers) == 8
    members = [world.buyers[login] for login in ring.buyers]
    assert len({(m.street, m.city, m.postcode) for m in members}) == 2
    assert len({m.name for m in members}) > 2
    numbers = world.orders.columns().buyer
    many = [order_id for order_id, n in zip(world.orders, numbers, strict=False) if n > 10**8]
    theirs = [world.orders[order_id] for order_id in many]
    assert {o.buyer.login for o in theirs} >= set(ring.buyers)
    assert all(o.placed_at >= ring.since for o in theirs)
    claims = [r for o in theirs for r in world.records_of(o.order_id) if not isinstance(r, Case)]
    assert {r.order.order_id for r in claims} == set(ring.orders)
    assert len(claims) == len({r.order.order_id for r in claims})
    ripe = [o for o in theirs if o.placed_at < NOW - 45 * DAY]
    claimed = sum(o.order_id in ring.orders for o in ripe)
    assert 0.75 < claimed / len(ripe) <= 1.0
    kinds = Counter(type(r).__name__ for r in claims)
    assert set(kinds) == {"Inquiry", "Return"}
    assert 0.2 < kinds["Inquiry"] / len(claims) < 0.6
    for record in claims:
        false = {"EMPTY_BOX", "ITEM_NOT_RECEIVED_TRACKING_SHOWS_DELIVERED"}
        assert record.reason in (SNAD if type(record).__name__ == "Return" else false)


def test_a_quiet_shop() -> None:
    world = make("quiet-shop", 2000)
    assert len(world.returns) == 50
    (pause,) = world.planted
    assert pause.until - pause.since > 13 * DAY
    assert world.orders.between(pause.since + timedelta(hours=1), pause.until) == 0
    assert world.orders.between(pause.since - 14 * DAY, pause.since) > 20


def walk(value: Any) -> list[str]:
    """All texts of an answer."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in walk(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in walk(inner)]
    return [value] if isinstance(value, str) else []


def test_hostile_words_everywhere(caller: Any) -> None:
    settings: dict[str, Any] = {"returns": 250, "days": 60, "now": NOW.isoformat()}
    with Simulator(scenario=replace(SCENARIOS["adversarial"], surprises=0.0), **settings) as sim:
        world = sim.world
        returns = list(world.returns.values())
        assert {item.title for item in world.items.values()} >= set(HOSTILE)
        assert len({r.comments for r in returns} & set(HOSTILE)) > 20
        assert {b.name for b in world.buyers.values()} <= set(HOSTILE)
        notes = {e.notes for r in returns for e in r.history if e.actor == "SELLER" and e.notes}
        assert notes
        assert notes <= set(HOSTILE)
        assert {f.name for r in returns for f in r.files} >= set(HOSTILE_FILES[:3])
        odd = [login for login in world.buyers if login.startswith(("<", "=", "+", "@", "$"))]
        assert len(odd) > 20
        page = caller(sim, "/return/search", limit=200)
        assert page.status == 200
        seen = set(walk(page.json))
        assert len(seen & set(HOSTILE)) > 20
        record = next(r for r in returns if r.buyer.login in odd)
        head = {"Authorization": f"IAF {sim.token_of(record.buyer.login)}"}
        answer = caller(sim, f"/return/{record.id}", headers=head)
        assert answer.status == 200
        assert record.buyer.login in walk(answer.json)
        with pytest.raises(InputError):
            sim.token_of("<b>bold</b>_1us")
    json.dumps(HOSTILE).encode("utf-8")
    "".join(HOSTILE).encode("utf-8")


def test_scenarios_of_ones_own() -> None:
    own = Scenario(
        "own", "Two things at once.",
        (BadBatch("Oil Filter Kit", begins=0.2, times=20),
         FraudRing(3, addresses=1, orders=20, claims=1.0, inquiries=0.0, begins=0.0)),
    )  # fmt: skip
    world = make(own, 800)
    batch, ring = world.planted
    assert world.items[batch.item_id].title == "Oil Filter Kit"
    assert len(ring.buyers) == 3
    assert len(world.returns) == 800
    assert all(isinstance(world.records_of(o)[-1], Return | Case) for o in ring.orders)
