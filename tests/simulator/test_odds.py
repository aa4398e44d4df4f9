"""The world holds the distributions it documents: counted here, expected from the tables alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom, chisquare

from postorder_nb.simulator import Clock, World, odds

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOME = ZoneInfo("America/Los_Angeles")
DAY = timedelta(days=1)
UNLIKELY = 1e-4  # nothing below would happen once in ten thousand worlds


@pytest.fixture(scope="module")
def shop() -> World:
    return World(returns=5000, days=365, seed=21, clock=Clock(NOW))


@pytest.fixture(scope="module")
def sold(shop: World) -> list[Any]:
    """Every twentieth order: placed, item, buyer's number, quantity."""
    return [shop.orders[order_id] for order_id in list(shop.orders)[::20]]


@pytest.fixture(scope="module")
def returns(shop: World) -> list[Any]:
    return list(shop.returns.values())


def fits(seen: Mapping[Any, float], expected: Mapping[Any, float]) -> bool:
    """Tell whether counts agree with shares or counts; rare cells are put together."""
    whole, total = sum(seen.values()), sum(expected.values())
    cells = sorted(expected, key=lambda key: expected[key], reverse=True)
    assert set(seen) <= {key for key in cells if expected[key]}
    observed, hoped = [0.0], [0.0]
    for key in cells:
        observed[-1] += seen.get(key, 0)
        hoped[-1] += expected[key] / total * whole
        if hoped[-1] >= 8:
            observed.append(0.0)
            hoped.append(0.0)
    if hoped[-1] < 8 and len(hoped) > 1:
        rest, few = observed.pop(), hoped.pop()
        observed[-1] += rest
        hoped[-1] += few
    return bool(chisquare(observed, hoped).pvalue > UNLIKELY)


def share_fits(seen: int, count: int, share: float) -> bool:
    """Tell whether so many of a count are as likely as not too unlikely, both ways."""
    low, high = binom.ppf([UNLIKELY, 1 - UNLIKELY], count, share)
    return bool(low <= seen <= high)


def hours(first: datetime, last: datetime) -> list[datetime]:
    """All hours of a time, local."""
    count = int((last - first) / timedelta(hours=1))
    return [(first + timedelta(hours=hour)).astimezone(HOME) for hour in range(count)]


def busy(at: datetime, kind: str) -> float:
    month = odds.MONTH[kind].get(at.month, 1.0)
    return month * odds.WEEKDAY[at.weekday()] * odds.HOUR[at.hour]


def test_orders_follow_the_calendar(sold: list[Any]) -> None:
    grid: dict[str, defaultdict[int, float]] = {
        kind: defaultdict(float) for kind in ("month", "weekday", "hour")
    }
    for at in hours(sold[0].placed_at, NOW):
        weight = busy(at, "orders")
        grid["month"][at.month] += weight
        grid["weekday"][at.weekday()] += weight
        grid["hour"][at.hour] += weight
    local = [order.placed_at.astimezone(HOME) for order in sold]
    assert fits(Counter(at.month for at in local), grid["month"])
    assert fits(Counter(at.weekday() for at in local), grid["weekday"])
    assert fits(Counter(at.hour for at in local), grid["hour"])


def test_items_sell_by_popularity_and_mostly_once(shop: World, sold: list[Any]) -> None:
    popular = {item.item_id: item.popularity for item in shop.items.values()}
    assert set(popular.values()) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert fits(Counter(order.item.item_id for order in sold), popular)
    assert fits(Counter(o.quantity for o in sold), {1: 0.93, 2: 0.04, 3: 0.03})
    waits = [(o.dispatch_at - o.placed_at) / timedelta(hours=1) for o in sold]
    assert 8 <= min(waits) < 8.2
    assert 47.8 < max(waits) <= 48
    assert share_fits(sum(wait < 18 for wait in waits), len(waits), 0.25)
    home = sum(item.marketplace == "EBAY_US" for item in shop.items.values())
    assert home == 0.7 * len(shop.items)


def test_few_buyers_buy_very_often(shop: World) -> None:
    numbers = shop.orders.columns().buyer
    crowd = len(numbers) // 3 + 1
    for part in (0.001, 0.01, 0.1, 0.5):
        # Of a number that is u ** 1.4 of the crowd, u ** 1.4 < part has this probability.
        assert share_fits(int((numbers < part * crowd).sum()), len(numbers), part ** (1 / 1.4))
    often = np.sort(np.bincount(numbers))[::-1]
    assert often[0] > 8 * often[often > 0].mean()


def test_returns_come_from_trouble_and_from_serial_returners(
    shop: World, returns: list[Any]
) -> None:
    columns = shop.orders.columns()
    every, which, times = odds.SERIAL
    trouble = np.array([item.trouble for item in shop.orders.items_sold])[columns.item]
    serial = columns.buyer % every == which
    weights = trouble * np.where(serial, times, 1.0)
    # The calendar's factor of an opening, whenever it may be.
    calendar = np.array([d * h for d, h in product(odds.WEEKDAY, odds.HOUR)])

    def chances(level: float) -> Any:
        kinds, place = np.unique(weights, return_inverse=True)
        return (1 - np.exp(-level * np.outer(kinds, calendar))).mean(axis=1)[place]

    level = brentq(lambda x: chances(x).sum() - len(returns), 1e-4, 1)
    expected = chances(level)
    by_item = np.bincount(columns.item, expected)
    stock = shop.orders.items_sold
    assert fits(
        Counter(r.item.item_id for r in returns),
        {item.item_id: by_item[place] for place, item in enumerate(stock)},
    )
    theirs = sum(int(r.buyer.login.split("_")[2][:-2]) % every == which for r in returns)
    assert share_fits(theirs, len(returns), expected[serial].sum() / expected.sum())
    assert theirs / len(returns) > 4 * serial.mean()


def test_reasons_go_with_the_category(returns: list[Any]) -> None:
    for category in odds.CATEGORY_REASONS:
        there = [r for r in returns if r.item.category == category]
        expected: defaultdict[str, float] = defaultdict(float)
        for record in there:
            trouble = max(1.0, record.item.trouble) ** 0.5
            weights = {
                reason: share
                * odds.CATEGORY_REASONS[category].get(reason, 1.0)
                * (trouble if reason in odds.SNAD else 1.0)
                for reason, share in odds.RETURN_REASONS.items()
            }
            for reason, weight in weights.items():
                part = weight / sum(weights.values())
                expected[reason] += part
        assert fits(Counter(r.reason for r in there), expected), category


def test_snad_against_remorse(returns: list[Any]) -> None:
    for record in returns:
        if record.reason in odds.SNAD:
            assert record.reason_type == "SNAD"
        elif record.reason not in odds.UNSURE:
            assert record.reason_type == "REMORSE"
    unsure = [r for r in returns if r.reason in {"DOES_NOT_FIT", "ARRIVED_LATE", "OTHER"}]
    assert share_fits(sum(r.reason_type == "SNAD" for r in unsure), len(unsure), 0.3)


def test_returns_are_opened_in_their_time(returns: list[Any]) -> None:
    after = [(r.created_at - r.delivered_at) / DAY for r in returns]
    assert share_fits(sum(days <= 4 for days in after), len(after), 0.5)
    assert share_fits(sum(days <= 16 for days in after), len(after), 0.95)
    assert max(after) < 29.01
    way = [(r.delivered_at - r.order.dispatch_at) / DAY for r in returns]
    assert 2 <= min(way) < max(way) <= 6
    seen = Counter(r.created_at.astimezone(HOME).hour for r in returns)
    assert fits(seen, dict(enumerate(odds.HOUR)))


def test_inquiries_come_when_the_parcel_is_late(shop: World) -> None:
    late = Counter(
        min(15, int((r.created_at - r.order.dispatch_at) / DAY) - 6)
        for r in shop.inquiries.values()
    )
    expected = {days: 0.21 * 0.79 ** (days - 1) for days in range(1, 15)}
    expected[15] = 0.79**14
    assert fits(late, expected)
    reasons = Counter(r.reason for r in shop.inquiries.values())
    assert fits(reasons, odds.INQUIRY_REASONS)


def test_cancellations_come_soon(shop: World) -> None:
    by = {"BUYER": [], "SELLER": []}  # type: dict[str, list[Any]]
    for record in shop.cancellations.values():
        by[record.requestor].append(record)
    paid = [r for kind in by.values() for r in kind if r.order.paid]
    soon = sum((r.created_at - r.order.placed_at) <= timedelta(hours=1) for r in paid)
    assert share_fits(soon, len(paid), 0.35)
    assert all(r.created_at <= r.order.dispatch_at for r in paid)
    unpaid = sum(not r.order.paid for r in by["BUYER"])
    assert share_fits(unpaid, len(by["BUYER"]), 0.08)
    assert fits(Counter(r.reason for r in by["BUYER"]), odds.BUYER_CANCEL_REASONS)
    assert fits(Counter(r.reason for r in by["SELLER"]), odds.SELLER_CANCEL_REASONS)


ANSWERS = {
    "EBAY_RULE_AUTO_APPROVE": "auto",
    "SELLER_APPROVE_REQUEST": "approve",
    "SELLER_ISSUE_REFUND": "at_once",
    "SYSTEM_IMMEDIATE_REFUND": "at_once",
    "SELLER_OFFER_PARTIAL_REFUND": "partial",
    "SELLER_DECLINE_REQUEST": "decline",
    "TIME_OUT_FOR_AUTHORIZE": "silence",
}


def test_sellers_answer_as_documented(returns: list[Any]) -> None:
    seen: Counter[str] = Counter()
    expected: defaultdict[str, float] = defaultdict(float)
    for record in returns:
        if record.created_at > NOW - 15 * DAY or "CHARGEBACK" in str(record.close_reason):
            continue
        lines = [e for e in record.history if e.from_state != e.to_state][1:]
        answer = ANSWERS[lines[0].activity]
        kept = "keepOriginalItem" in lines[0].attributes
        seen["at_once" if kept else answer] += 1
        paths = odds.RETURN_PATHS[record.reason_type]
        ruled = odds.AUTO_ACCEPT[record.reason_type]
        if record.reason in {"ARRIVED_DAMAGED", "MISSING_PARTS"} or record.rma_required:
            ruled = 0.0
        expected["auto"] += ruled
        for path, share in paths.items():
            part = (1 - ruled) * share / sum(paths.values())
            expected[path] += part
    assert fits(seen, expected)


def test_so_many_are_escalated(shop: World, returns: list[Any]) -> None:
    old = [r for r in returns if r.created_at < NOW - 45 * DAY]
    # Of those not answered 25 %, of offers refused 30 %, of parcels 2 % by the seller and 1.4 %.
    assert 0.02 < sum(r.escalated_at is not None for r in old) / len(old) < 0.06
    asked = [r for r in shop.inquiries.values() if r.created_at < NOW - 45 * DAY]
    escalated = sum(r.escalated_at is not None for r in asked)
    assert share_fits(escalated, len(asked), odds.INQUIRY_PATHS["escalates"])


def test_cases_are_decided_as_documented(shop: World) -> None:
    old = [c for c in shop.cases.values() if c.created_at < NOW - 60 * DAY]
    refunded = sum(c.close_reason == "BUYER_REFUNDED" for c in old)
    assert share_fits(refunded, len(old), odds.CASE_PATHS["refunds"])
    lost = [c for c in old if c.net_charge and c.close_reason != "BUYER_REFUNDED"]
    appealed = sum(c.appealed_at is not None for c in lost if c.ship_back_by is None)
    assert share_fits(appealed, sum(c.ship_back_by is None for c in lost), odds.APPEAL)
