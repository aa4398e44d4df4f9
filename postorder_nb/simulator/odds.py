"""
How often things happen in the simulated shop, and the dice.

Orders are the ground; all else comes of an order, each of which leads to one record at most.

================== ============================================================================
What               Distribution
================== ============================================================================
orders             a Poisson process in the home market's local time; its rate is in proportion
                   to ``MONTH`` x ``WEEKDAY`` x ``HOUR``
order's item       in proportion to ``Item.popularity``: 1 to 5
order's buyer      heavy-tailed: rank r of the crowd (a third of the orders) buys in proportion
                   to r ** -0.29 (``RANK``), so that few buy very often and most of them once
order's quantity   1 (93 %), 2 (4 %) or 3 (3 %)
dispatch           8 to 48 hours after the order, uniform; delivery ``TRANSIT_DAYS`` after it
record of an order with probability 1 - exp(-level x weight); `level` makes ``PER_ORDER`` come
                   true, returns exactly
  of a return      weight: ``Item.trouble`` (0.4 to 2.6) x 8 for serial returners (``SERIAL``, 1
                   buyer in 53) x ``MONTH`` x ``WEEKDAY`` x ``HOUR`` of the opening
  of an inquiry    weight: ``MONTH`` x ``WEEKDAY`` x ``HOUR`` of the opening
  cancellation     weight: 1
return opened      after delivery: lognormal, median 4 days, 95 % within 16, cut to 0.1-29
return's reason    ``RETURN_REASONS`` x ``CATEGORY_REASONS`` x sqrt(trouble) for SNAD, trouble >= 1
remorse or SNAD    by ``SNAD``; of ``UNSURE`` reasons 30 % count as SNAD
inquiry opened     latest estimate (6 days after dispatch) + geometric(0.21) days, 30 at most
cancellation       35 % within the hour, the rest uniform until dispatch; an unpaid order's after
                   4 days and hours (median 20)
seller answers     hours: returns 10 (95 %: 70), inquiries 10 (60), cancellations 6 (60)
buyer ships        days: 4 (14); the parcel takes 4 (9)
refund by seller   18 hours after delivery (40), never after the deadline
paths, endings     ``RETURN_PATHS``, ``AFTER_ACCEPT``, ``AFTER_DELIVERY``, ``PARTIAL_ANSWER``,
                   ``SILENCE``, ``INQUIRY_PATHS``, ``BUYER_CANCEL_PATHS``, ``CASE_PATHS``;
                   about 4 % of returns and 11 % of inquiries end as cases
appeals            15 % of lost cases, granted in 25 %
price              lognormal, median 28, sigma 0.9, in the listing's currency; shipping is free
                   in 60 %, else 4 to 12; tax 4 to 10 % on nine of ten US orders
currencies         70 % of the listings at home, the rest on the two other marketplaces
================== ============================================================================

"lognormal, median m (p)" gives the median and the 95th percentile. A scenario
(`postorder_nb.simulator.scenarios`) changes some of this in some places, and says where.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


class Shares(dict[T, float]):
    """Weights that never change, so that drawing from them needs no adding up."""

    __slots__ = ("limits", "names")

    def __init__(self, weights: Mapping[T, float]) -> None:
        super().__init__(weights)
        self.names = list(weights)
        self.limits = list(accumulate(weights.values()))


PER_ORDER = {"returns": 0.03, "inquiries": 0.008, "buyer_cancels": 0.011, "seller_cancels": 0.006}

RETURN_REASONS = Shares({
    "DEFECTIVE_ITEM": 0.16, "NOT_AS_DESCRIBED": 0.17, "ARRIVED_DAMAGED": 0.09,
    "MISSING_PARTS": 0.05, "ORDERED_WRONG_ITEM": 0.07, "WRONG_SIZE": 0.13,
    "NO_LONGER_NEED_ITEM": 0.17, "DOES_NOT_FIT": 0.05, "FOUND_BETTER_PRICE": 0.03,
    "ORDERED_ACCIDENTALLY": 0.04, "FAKE_OR_COUNTERFEIT": 0.01, "ARRIVED_LATE": 0.02, "OTHER": 0.01,
})  # fmt: skip
SNAD = frozenset(
    {
        "DEFECTIVE_ITEM",
        "NOT_AS_DESCRIBED",
        "ARRIVED_DAMAGED",
        "MISSING_PARTS",
        "FAKE_OR_COUNTERFEIT",
    }
)
NEVER_AUTO_ACCEPTED = frozenset({"ARRIVED_DAMAGED", "MISSING_PARTS"})
CATEGORY_REASONS: dict[str, dict[str, float]] = {
    "Clothing": {"WRONG_SIZE": 2.2, "DOES_NOT_FIT": 1.8, "DEFECTIVE_ITEM": 0.4,
                 "MISSING_PARTS": 0.1, "ARRIVED_DAMAGED": 0.3},
    "Shoes": {"WRONG_SIZE": 2.6, "DOES_NOT_FIT": 2.0, "DEFECTIVE_ITEM": 0.4, "MISSING_PARTS": 0.1,
              "FAKE_OR_COUNTERFEIT": 3.0},
    "Electronics": {"WRONG_SIZE": 0.0, "DOES_NOT_FIT": 0.0, "DEFECTIVE_ITEM": 1.8},
    "Car parts": {"WRONG_SIZE": 0.2, "DOES_NOT_FIT": 3.0, "ORDERED_WRONG_ITEM": 1.8},
    "Home": {"WRONG_SIZE": 0.4, "DOES_NOT_FIT": 0.4, "ARRIVED_DAMAGED": 2.2, "MISSING_PARTS": 1.6},
    "Collectibles": {"WRONG_SIZE": 0.0, "DOES_NOT_FIT": 0.0, "NOT_AS_DESCRIBED": 1.8,
                     "FAKE_OR_COUNTERFEIT": 5.0},
}  # fmt: skip

# Return paths. Given the reason they differ, so that over all reasons they come to: accepted by
# rule 45 %, approved by the seller 27 %, refunded at once 12 %, partial offer 6 %, declined 4 %,
# no answer 6 %.
RETURN_PATHS = {
    "SNAD": Shares({"approve": 0.23, "at_once": 0.14, "partial": 0.10, "silence": 0.06}),
    "REMORSE": Shares(
        {"approve": 0.31, "at_once": 0.10, "partial": 0.02, "silence": 0.06, "decline": 0.08}
    ),
}
AUTO_ACCEPT = {"SNAD": 0.66, "REMORSE": 0.43}
AFTER_ACCEPT = Shares({"shipped": 0.80, "timeout": 0.12, "buyer_closes": 0.08})
AFTER_DELIVERY = Shares({
    "full": 0.72, "auto": 0.16, "deduction": 0.06, "seller_escalates": 0.02,
    "fails": 0.02, "late": 0.02,
})  # fmt: skip
PARTIAL_ANSWER = Shares({"accept": 0.55, "decline": 0.25, "silence": 0.20})
SILENCE = Shares({"ebay_accepts": 0.40, "escalate": 0.25, "timeout": 0.20, "late_answer": 0.15})

INQUIRY_REASONS = Shares({
    "ITEM_NOT_RECEIVED_ASK_FOR_REFUND": 0.55, "LATE_ORDER": 0.2, "TRACKING_INFO_UNAVAILABLE": 0.1,
    "ITEM_NOT_RECEIVED_TRACKING_SHOWS_DELIVERED": 0.1, "INCOMPLETE_ORDER": 0.03, "EMPTY_BOX": 0.02,
})  # fmt: skip
INQUIRY_PATHS = Shares({
    "refund": 0.345, "arrived": 0.215, "delivered": 0.235, "expires": 0.075, "escalates": 0.10,
    "courtesy": 0.01, "hold": 0.01, "chargeback": 0.01,
})  # fmt: skip

SELLER_CANCEL_REASONS: Shares[str | None] = Shares({
    "OUT_OF_STOCK_OR_CANNOT_FULFILL": 0.45, "BUYER_ASKED_CANCEL": 0.35, "ADDRESS_ISSUES": 0.08,
    "ORDER_UNPAID": 0.12,
})  # fmt: skip
BUYER_CANCEL_REASONS: Shares[str | None] = Shares({
    "ORDER_MISTAKE": 0.38, "FOUND_CHEAPER_PRICE": 0.12, "WRONG_SHIPPING_ADDRESS": 0.14,
    "WONT_ARRIVE_IN_TIME": 0.12, "PRICE_TOO_HIGH": 0.04, "WRONG_PAYMENT_METHOD": 0.06,
    "WRONG_SHIPPING_METHOD": 0.02, None: 0.12,
})  # fmt: skip
BUYER_CANCEL_PATHS = Shares({
    "approve": 0.795, "decline": 0.10, "silence": 0.05, "shipped": 0.05, "chargeback": 0.005,
})  # fmt: skip
BUYER_CANCEL_UNPAID = 0.08

CASE_PATHS = Shares({
    "buyer": 0.44, "seller": 0.34, "nobody": 0.11, "refunds": 0.08, "buyer_closes": 0.02,
    "disputed": 0.01,
})  # fmt: skip
APPEAL = 0.15
APPEAL_GRANTED = 0.25
CHARGEBACK = 0.01
REFUND_FAILS = 0.01
REFUND_DAWDLES = 0.015

# How the calendar lifts or lowers the rate of orders, and the chance of an order to lead to a
# record that is opened then (1.0 where a month is missing).
MONTH: dict[str, dict[int, float]] = {
    "orders": {11: 1.2, 12: 1.35},
    "returns": {1: 1.3, 7: 0.9},
    "inquiries": {12: 1.45, 1: 1.5},
}
# Monday to Sunday, and the hours of the local day from midnight on.
WEEKDAY = (1.0, 0.95, 0.95, 0.95, 0.9, 1.05, 1.2)
HOUR = (
    0.45, 0.25, 0.15, 0.1, 0.1, 0.2, 0.4, 0.7, 0.95, 1.15, 1.25, 1.3,
    1.35, 1.3, 1.25, 1.25, 1.25, 1.3, 1.45, 1.65, 1.85, 1.8, 1.5, 1.0,
)  # fmt: skip

RANK = 1.4  # a buyer's number is the crowd times random ** RANK
SERIAL = (53, 5, 8.0)  # buyers whose number leaves 5 when divided by 53 return 8 times as often
UNSURE = frozenset({"DOES_NOT_FIT", "ARRIVED_LATE", "OTHER"})
UNSURE_IS_SNAD = 0.3
TRANSIT_DAYS = (2.0, 6.0)
RETURN_DAYS, RETURN_LEAST, RETURN_MOST = (4.0, 16.0), 0.1, 29.0
INQUIRY_LATE, INQUIRY_MOST = 0.21, 30
CANCEL_AT_ONCE = 0.35

_P95 = 1.6448536269514722


@cache
def _lognormal(median: float, p95: float) -> tuple[float, float]:
    return math.log(median), math.log(p95 / median) / _P95


class Dice(Random):
    """Seeded randomness with the few shapes the stories need."""

    def randint(self, a: int, b: int) -> int:
        """Draw a whole number from `a` to `b`, both included."""
        return a + int(self.random() * (b + 1 - a))

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """Draw a whole number as `random.randrange` does, faster where a float is enough."""
        if step != 1 or (stop or start) > 1e15:
            return super().randrange(start, stop, step)
        low, high = (0, start) if stop is None else (start, stop)
        return low + int(self.random() * (high - low))

    def choice(self, seq: Any) -> Any:
        """Draw one of a sequence."""
        return seq[int(self.random() * len(seq))]

    def pick(self, weights: Mapping[T, float]) -> T:
        """Draw one key in proportion to its weight."""
        if isinstance(weights, Shares):
            limits = weights.limits
            place = bisect_right(limits, self.random() * limits[-1], 0, len(limits) - 1)
            name: T = weights.names[place]
            return name
        point = self.random() * sum(weights.values())
        for key, weight in weights.items():
            point -= weight
            if point < 0:
                return key
        return next(reversed(list(weights)))  # rounding has eaten the end

    def chance(self, share: float) -> bool:
        """Tell whether something of probability `share` happens."""
        return self.random() < share

    def about(self, median: float, p95: float, *, least: float = 0, most: float = 1e9) -> float:
        """Draw from a lognormal given by its median and 95th percentile, cut to a range."""
        mean, sigma = _lognormal(median, p95)
        return min(most, max(least, math.exp(mean + sigma * self.gauss(0.0, 1.0))))

    def hours(self, median: float, p95: float, *, most: float = 1e9) -> timedelta:
        """Draw a delay of `median` hours, in whole seconds."""
        mean, sigma = _lognormal(median, p95)
        hours = math.exp(mean + sigma * self.gauss(0.0, 1.0))
        return timedelta(0, round(min(most, max(0.02, hours)) * 3600))

    def seconds(self, low: int, high: int) -> timedelta:
        """Draw a delay between `low` and `high` seconds."""
        return timedelta(0, low + int(self.random() * (high + 1 - low)))
