"""A world as a whole: the same twice, as large as asked for, and as likely as it should be."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from postorder_nb.errors import InputError
from postorder_nb.simulator import Clock, Simulator, World

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def make(seed: int = 7, **settings: object) -> World:
    options: dict = {"returns": 600, "days": 365, "clock": Clock(NOW)} | settings
    return World(seed=seed, **options)


def test_the_same_arguments_make_the_same_world() -> None:
    one, two, other = make(5), make(5), make(6)
    for kind in ("returns", "inquiries", "cases", "cancellations", "items", "buyers"):
        assert getattr(one, kind) == getattr(two, kind)
        assert getattr(one, kind) != getattr(other, kind)
    for first, second in zip(list(one.orders)[:50], list(two.orders)[:50], strict=True):
        assert one.orders[first] == two.orders[second]


@pytest.mark.parametrize("count", [0, 1, 7, 250])
def test_there_are_exactly_as_many_returns_as_asked_for(count: int) -> None:
    world = make(4, returns=count)
    assert len(world.returns) == count
    assert all(world.first <= r.created_at <= NOW for r in world.returns.values())


def test_the_rest_is_in_proportion_to_the_orders() -> None:
    world = make(9, returns=3000)
    sold = world.orders.between(world.first, NOW)
    assert sold == pytest.approx(3000 / 0.03, rel=0.06)
    assert len(world.inquiries) / sold == pytest.approx(0.008, rel=0.1)
    by = Counter(record.requestor for record in world.cancellations.values())
    assert by["BUYER"] / sold == pytest.approx(0.011, rel=0.1)
    assert by["SELLER"] / sold == pytest.approx(0.006, rel=0.1)


def test_outcomes_come_about_as_often_as_they_should() -> None:
    world = make(9, returns=4000)
    returns = list(world.returns.values())
    kinds = Counter(r.reason_type for r in returns)
    assert set(kinds) == {"SNAD", "REMORSE"}
    assert 0.42 < kinds["SNAD"] / 4000 < 0.62
    reasons = Counter(r.reason for r in returns)
    assert len(reasons) == 13
    assert 0.10 < reasons["NO_LONGER_NEED_ITEM"] / 4000 < 0.24
    escalated = sum(r.escalated_at is not None for r in returns)
    assert 0.02 < escalated / 4000 < 0.06
    answers = Counter(
        next(
            (e.activity for e in r.history if e.from_state != e.to_state and e.at > r.created_at),
            None,
        )
        for r in returns
    )
    assert 0.38 < answers["EBAY_RULE_AUTO_APPROVE"] / 4000 < 0.52
    assert 0.22 < answers["SELLER_APPROVE_REQUEST"] / 4000 < 0.34
    assert 0.03 < answers["SELLER_OFFER_PARTIAL_REFUND"] / 4000 < 0.09
    assert 0.03 < answers["TIME_OUT_FOR_AUTHORIZE"] / 4000 < 0.09
    inquiries = [r for r in world.inquiries.values() if not r.open]
    refunded = sum(r.refund is not None for r in inquiries)
    assert 0.27 < refunded / len(inquiries) < 0.45
    january = sum(r.created_at.month == 1 for r in returns)
    july = sum(r.created_at.month == 7 for r in returns)
    assert january > 1.3 * july


def test_orders_are_counted_as_they_are_kept() -> None:
    world = make(2, returns=30)
    world.add_cancellation(NOW - timedelta(hours=3))
    month = NOW - timedelta(days=30)
    placed = [order for order in world.orders.values() if month <= order.placed_at < NOW]
    assert len(world.orders) == len(set(world.orders)) == len(list(world.orders.values()))
    assert world.orders.between(month, NOW) == len(placed) > 50
    assert world.orders.by_item(month, NOW) == Counter(o.item.item_id for o in placed)
    assert "10-00000-0" not in world.orders
    assert "nonsense" not in world.orders


def test_trouble_has_names() -> None:
    world = make(9, returns=4000)
    returned = Counter(r.item.item_id for r in world.returns.values())
    sold = world.orders.by_item(world.first, NOW)
    rates = {item: returned[item] / sold[item] for item in sold}
    worst = max(rates, key=lambda item: world.items[item].trouble)
    best = min(rates, key=lambda item: world.items[item].trouble)
    assert rates[worst] > 2.5 * rates[best]
    buyers = Counter(r.buyer.login for r in world.returns.values())
    assert buyers.most_common(1)[0][1] >= 3
    assert {item.price.currency for item in world.items.values()} == {"USD", "GBP", "EUR"}
    assert len(world.items) == 40


def test_open_returns_stand_in_many_states() -> None:
    world = make(3, returns=4000, days=30)
    states = {r.state for r in world.returns.values() if r.open}
    assert states >= {
        "RETURN_REQUESTED",
        "RETURN_LABEL_PENDING",
        "ITEM_READY_TO_SHIP",
        "ITEM_SHIPPED",
        "ITEM_DELIVERED",
        "PARTIAL_REFUND_REQUESTED",
        "LESS_THAN_A_FULL_REFUND_ISSUED",
        "RETURN_REJECTED",
        "REFUND_INITIATED",
    }


def test_records_can_be_added_while_it_runs() -> None:
    world = make(2, returns=20)
    at = NOW - timedelta(days=40)
    added = world.add_return(at, reason="FAKE_OR_COUNTERFEIT")
    assert world.returns[added.id] is added
    assert (added.reason, added.reason_type, added.created_at) == (
        "FAKE_OR_COUNTERFEIT",
        "SNAD",
        at,
    )
    assert added in world.returns.between(at, at)
    fresh = [world.add_return(), world.add_inquiry(), world.add_case(), world.add_cancellation()]
    assert [record.created_at for record in fresh] == [NOW] * 4
    assert fresh[2].parent.id in world.inquiries
    assert len(world.returns) == 22
    with pytest.raises(InputError, match="after now"):
        world.add_return(NOW + timedelta(seconds=1))
    with pytest.raises(InputError, match="time zone"):
        world.add_inquiry(datetime(2026, 1, 1))


def test_a_world_may_reach_back_further_than_a_search() -> None:
    world = make(2, returns=300, days=900)
    assert min(r.created_at for r in world.returns.values()) < NOW - timedelta(days=800)


def test_settings_are_checked() -> None:
    for wrong in (
        {"offset": "lines"},
        {"marketplace": "EBAY_FR"},
        {"full": "none"},
        {"returns": -1},
        {"days": 0},
        {"now": "yesterday"},
        {"now": datetime(2026, 1, 1)},
    ):
        with pytest.raises(InputError):
            Simulator(**({"returns": 1} | wrong))


def test_the_clock_stands_where_it_was_set_and_ticks_otherwise() -> None:
    assert Clock("2026-03-10T13:00:00+01:00").now() == NOW
    ticking = Clock()
    start = ticking.now()
    assert start.microsecond == 0
    assert abs(datetime.now(UTC) - start) < timedelta(seconds=5)
    ticking.freeze()
    assert ticking.now() - start < timedelta(seconds=5)
    assert not ticking.ticking


@pytest.mark.parametrize(
    ("count", "days"), [(0, 1), (1, 1), (1, 365), (30, 1), (80, 30), (3, 1500)]
)
@pytest.mark.parametrize("scenario", [None, "fraud-ring", "carrier-strike"])
def test_a_world_may_be_of_any_size_and_length(count: int, days: int, scenario: str | None) -> None:
    world = make(8, returns=count, days=days, scenario=scenario)
    assert len(world.returns) == count
    assert all(world.first <= r.created_at <= NOW for r in world.returns.values())
    assert all(order.placed_at <= NOW for order in world.orders.values())
    assert (world.next_arrival() is None) == (count == 0)


def test_order_ids_do_not_repeat_however_many_there_are() -> None:
    orders = make(2, returns=5).orders
    heads = [orders.prefix(block) for block in range(2000)]  # of 200 million orders
    assert len(set(heads)) == 2000
    assert {first for first, _ in heads} == set(range(10, 99))  # 99- is for those placed singly
    ids = list(orders)
    assert len(set(ids)) == len(ids) > 100
    assert [orders[order_id].order_id for order_id in ids] == ids


def test_an_order_is_found_by_its_old_id_too() -> None:
    world = make(2, returns=30)
    order = next(iter(world.orders.values()))
    assert world.order(f"{order.item.item_id}-{order.transaction_id}") == order
    assert world.order(order.order_id) == order
    assert world.order("nonsense") is None


def test_who_comes_next_was_not_there_before() -> None:
    world = make(6, returns=300, days=60)
    known = {r.order.order_id for shelf in (world.returns, world.inquiries, world.cancellations)
             for r in shelf.values()}  # fmt: skip
    moments = []
    for _ in range(60):
        at = world.next_arrival()
        record, actor, _facts, _attributes = world.arrive()
        moments.append(record.created_at)
        assert at == record.created_at > NOW
        assert record.state == "INITIAL"
        assert actor in ("BUYER", "SELLER")
        assert record.order.order_id not in known
        known.add(record.order.order_id)
    assert moments == sorted(moments)
    assert world.next_arrival(0.0) is None
