"""How often things happen in the simulated shop, and the dice."""

from __future__ import annotations

import math
from datetime import timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")

PER_ORDER = {"returns": 0.03, "inquiries": 0.008, "buyer_cancels": 0.011, "seller_cancels": 0.006}

RETURN_REASONS = {
    "DEFECTIVE_ITEM": 0.16, "NOT_AS_DESCRIBED": 0.17, "ARRIVED_DAMAGED": 0.09,
    "MISSING_PARTS": 0.05, "ORDERED_WRONG_ITEM": 0.07, "WRONG_SIZE": 0.13,
    "NO_LONGER_NEED_ITEM": 0.17, "DOES_NOT_FIT": 0.05, "FOUND_BETTER_PRICE": 0.03,
    "ORDERED_ACCIDENTALLY": 0.04, "FAKE_OR_COUNTERFEIT": 0.01, "ARRIVED_LATE": 0.02, "OTHER": 0.01,
}  # fmt: skip
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
    "SNAD": {"approve": 0.23, "at_once": 0.14, "partial": 0.10, "silence": 0.06},
    "REMORSE": {
        "approve": 0.31,
        "at_once": 0.10,
        "partial": 0.02,
        "silence": 0.06,
        "decline": 0.08,
    },
}
AUTO_ACCEPT = {"SNAD": 0.66, "REMORSE": 0.43}
AFTER_ACCEPT = {"shipped": 0.80, "timeout": 0.12, "buyer_closes": 0.08}
AFTER_DELIVERY = {
    "full": 0.72, "auto": 0.16, "deduction": 0.06, "seller_escalates": 0.02,
    "fails": 0.02, "late": 0.02,
}  # fmt: skip
PARTIAL_ANSWER = {"accept": 0.55, "decline": 0.25, "silence": 0.20}
SILENCE = {"ebay_accepts": 0.40, "escalate": 0.25, "timeout": 0.20, "late_answer": 0.15}

INQUIRY_REASONS = {
    "ITEM_NOT_RECEIVED_ASK_FOR_REFUND": 0.55, "LATE_ORDER": 0.2, "TRACKING_INFO_UNAVAILABLE": 0.1,
    "ITEM_NOT_RECEIVED_TRACKING_SHOWS_DELIVERED": 0.1, "INCOMPLETE_ORDER": 0.03, "EMPTY_BOX": 0.02,
}  # fmt: skip
INQUIRY_PATHS = {
    "refund": 0.345, "arrived": 0.215, "delivered": 0.235, "expires": 0.075, "escalates": 0.10,
    "courtesy": 0.01, "hold": 0.01, "chargeback": 0.01,
}  # fmt: skip

SELLER_CANCEL_REASONS: dict[str | None, float] = {
    "OUT_OF_STOCK_OR_CANNOT_FULFILL": 0.45, "BUYER_ASKED_CANCEL": 0.35, "ADDRESS_ISSUES": 0.08,
    "ORDER_UNPAID": 0.12,
}  # fmt: skip
BUYER_CANCEL_REASONS: dict[str | None, float] = {
    "ORDER_MISTAKE": 0.38, "FOUND_CHEAPER_PRICE": 0.12, "WRONG_SHIPPING_ADDRESS": 0.14,
    "WONT_ARRIVE_IN_TIME": 0.12, "PRICE_TOO_HIGH": 0.04, "WRONG_PAYMENT_METHOD": 0.06,
    "WRONG_SHIPPING_METHOD": 0.02, None: 0.12,
}  # fmt: skip
BUYER_CANCEL_PATHS = {
    "approve": 0.795, "decline": 0.10, "silence": 0.05, "shipped": 0.05, "chargeback": 0.005,
}  # fmt: skip
BUYER_CANCEL_UNPAID = 0.08

CASE_PATHS = {
    "buyer": 0.44, "seller": 0.34, "nobody": 0.11, "refunds": 0.08, "buyer_closes": 0.02,
    "disputed": 0.01,
}  # fmt: skip
APPEAL = 0.15
APPEAL_GRANTED = 0.25
CHARGEBACK = 0.01
REFUND_FAILS = 0.01
REFUND_DAWDLES = 0.015

# How the calendar month lifts or lowers what is opened in it (1.0 where a month is missing).
MONTH = {
    "orders": {11: 1.2, 12: 1.35},
    "returns": {1: 1.6, 7: 0.9},
    "inquiries": {1: 1.8, 12: 1.8},
}

_P95 = 1.6448536269514722


class Dice(Random):
    """Seeded randomness with the few shapes the stories need."""

    def pick(self, weights: dict[T, float]) -> T:
        """Draw one key in proportion to its weight."""
        point = self.random() * sum(weights.values())
        for key, weight in weights.items():
            point -= weight
            if point < 0:
                return key
        return next(reversed(weights))  # rounding has eaten the end

    def chance(self, share: float) -> bool:
        """Tell whether something of probability `share` happens."""
        return self.random() < share

    def about(self, median: float, p95: float, *, least: float = 0, most: float = 1e9) -> float:
        """Draw from a lognormal given by its median and 95th percentile, cut to a range."""
        sigma = math.log(p95 / median) / _P95
        return min(most, max(least, self.lognormvariate(math.log(median), sigma)))

    def hours(self, median: float, p95: float, *, most: float = 1e9) -> timedelta:
        """Draw a delay of `median` hours, in whole seconds."""
        return timedelta(seconds=round(self.about(median, p95, least=0.02, most=most) * 3600))

    def seconds(self, low: int, high: int) -> timedelta:
        """Draw a delay between `low` and `high` seconds."""
        return timedelta(seconds=self.randint(low, high))
