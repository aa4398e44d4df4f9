"""
How often the intervals hold the truth, over many shops drawn from known distributions.

Run ``python tests/campaigns/coverage.py [shops]``: by default 1,000 shops. Each draws its own
truth, then what a seller would see of it, and asks every interval whether it holds the truth.
Theory promises 95 % on the average over such truths for all of them but the exact Poisson
interval, which promises at least that. Ends with a code other than 0 if a figure is out of range.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from postorder_nb.metrics import close_days
from postorder_nb.metrics.intervals import mean_interval, newcombe, poisson, sum_interval, wilson
from postorder_nb.metrics.shrinkage import shrink
from postorder_nb.metrics.survival import estimate

Dice = np.random.Generator
NOON = pd.Timestamp("2026-03-10 12:00", tz="UTC")


def wilson_of_a_share(dice: Dice) -> list[bool]:
    n, p = dice.integers(20, 400), dice.uniform(0.02, 0.5)
    low, high = wilson(dice.binomial(n, p), n)
    return [bool(low <= p <= high)]


def newcombe_of_two_shares(dice: Dice) -> list[bool]:
    n, m = dice.integers(20, 400, 2)
    p, q = dice.uniform(0.02, 0.5, 2)
    low, high = newcombe(dice.binomial(n, p), n, dice.binomial(m, q), m)
    return [bool(low <= p - q <= high)]


def poisson_of_a_rate(dice: Dice) -> list[bool]:
    weeks, rate = dice.uniform(4, 30), dice.uniform(1, 20)
    low, high = poisson(dice.poisson(weeks * rate), weeks)
    return [bool(low <= rate <= high)]


def student_of_a_mean(dice: Dice) -> list[bool]:
    values = dice.normal(30, 8, dice.integers(3, 60))
    low, high = mean_interval(len(values), values.sum(), (values**2).sum())
    return [bool(low <= 30 <= high)]


def sum_of_refunds(dice: Dice) -> list[bool]:
    n, price = dice.uniform(60, 400), dice.uniform(10, 50)
    values = dice.gamma(2.0, price / 2, dice.poisson(n))
    low, high = sum_interval(values.sum(), (values**2).sum())
    return [bool(low <= n * price <= high)]


def _spells(dice: Dice, n: int) -> tuple[np.ndarray, np.ndarray, Callable[[float], float]]:
    """Durations, ends (1 done, 2 otherwise, 0 open), and the true incidence by day."""
    slow, other = dice.uniform(4, 10), dice.uniform(20, 60)
    done, rival = (dice.exponential(mean, n) for mean in (slow, other))
    seen = dice.uniform(2, 60, n)
    time = np.minimum(np.minimum(done, rival), seen)
    end = np.select([done == time, rival == time], [1, 2], 0)
    speed = 1 / slow + 1 / other
    return time, end, lambda day: float((1 - np.exp(-speed * day)) / slow / speed)


def kaplan_meier_by_day(dice: Dice) -> list[bool]:
    n, mean = int(dice.integers(60, 300)), dice.uniform(4, 10)
    done, seen = dice.exponential(mean, n), dice.uniform(2, 60, n)
    curve = estimate(np.minimum(done, seen), done <= seen)
    held = []
    for day in (2.0, 5.0, 12.0):
        truth = 1 - np.exp(-day / mean)
        _, low, high = curve.at(day)
        held.append(bool(low <= truth <= high))
    return held


def median_of_a_table(dice: Dice) -> list[bool]:
    """The median that `close_days` gives, from the table on."""
    n, mean = int(dice.integers(60, 300)), dice.uniform(4, 10)
    done, seen = dice.exponential(mean, n), dice.uniform(2, 60, n)
    opened = NOON - pd.to_timedelta(seen, unit="D")
    closed = pd.Series(opened + pd.to_timedelta(done, unit="D")).where(done <= seen)
    frame = pd.DataFrame({"cancel_id": "1", "created_at": opened, "closed_at": closed})
    row = close_days(frame, as_of=NOON).iloc[0]
    median = mean * np.log(2)
    return [not (row["median_days_low"] > median or row["median_days_high"] < median)]


def restricted_mean(dice: Dice) -> list[bool]:
    n, mean = int(dice.integers(60, 300)), dice.uniform(4, 10)
    done, seen = dice.exponential(mean, n), dice.uniform(2, 60, n)
    _, low, high = estimate(np.minimum(done, seen), done <= seen).mean(15.0)
    return [bool(low <= mean * (1 - np.exp(-15 / mean)) <= high)]


def aalen_johansen_by_day(dice: Dice) -> list[bool]:
    time, end, truth = _spells(dice, int(dice.integers(100, 400)))
    curve = estimate(time, end)
    held = []
    for day in (2.0, 5.0, 12.0):
        _, low, high = curve.at(day)
        held.append(bool(low <= truth(day) <= high))
    return held


def shrunk_shares(dice: Dice) -> list[bool]:
    a, b, groups = dice.uniform(0.5, 4), dice.uniform(10, 60), int(dice.integers(20, 120))
    p, n = dice.beta(a, b, groups), dice.integers(3, 200, groups)
    found = shrink(dice.binomial(n, p), n)
    held = (found["rate_shrunk_low"] <= p) & (p <= found["rate_shrunk_high"])
    return held.tolist()


LAWS: dict[str, tuple[Callable[[Dice], list[bool]], float, float]] = {
    "Wilson, a share": (wilson_of_a_share, 0.93, 0.97),
    "Newcombe, difference of shares": (newcombe_of_two_shares, 0.93, 0.97),
    "Poisson, a rate (at least)": (poisson_of_a_rate, 0.94, 0.99),
    "Student, a mean": (student_of_a_mean, 0.93, 0.97),
    "compound Poisson, a sum": (sum_of_refunds, 0.93, 0.97),
    "Kaplan-Meier, share by day": (kaplan_meier_by_day, 0.93, 0.97),
    "Kaplan-Meier, median from a table": (median_of_a_table, 0.93, 0.97),
    "restricted mean": (restricted_mean, 0.93, 0.97),
    "Aalen-Johansen, incidence by day": (aalen_johansen_by_day, 0.93, 0.97),
    "shrunk shares, under their model": (shrunk_shares, 0.93, 0.97),
}


def coverage(law: Callable[[Dice], list[bool]], shops: int, seed: int = 1) -> tuple[float, int]:
    """Return the share of intervals that held the truth, and how many there were."""
    dice = np.random.default_rng(seed)
    held = [one for _ in range(shops) for one in law(dice)]
    return float(np.mean(held)), len(held)


def main() -> int:
    shops = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    wrong = 0
    for name, (law, least, most) in LAWS.items():
        share, n = coverage(law, shops)
        wrong += not least <= share <= most
        print(f"{name:35} {share:7.2%} of {n:6,} intervals")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
