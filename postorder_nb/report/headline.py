"""The figures at the top: the last weeks against the weeks before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import hypot, isnan, nan
from typing import Any

import pandas as pd

from .. import metrics, tables
from ..enums import ReturnReasonType
from ..errors import InputError
from ..metrics.grouping import NOT_GIVEN
from ..metrics.intervals import poisson, sum_interval
from ..metrics.results import interval, money, percent, points
from .material import SPAN, Material
from .parts import Figure, lacking

_AGE = 14  # days by which an escalation counts: so young records are not read as good ones
_MOST_CURRENCIES = 3


@dataclass(frozen=True)
class Estimate:
    """A figure of one period and the ends of its interval."""

    value: float = nan
    low: float = nan
    high: float = nan

    def less(self, other: Estimate) -> Estimate:
        """
        Return the difference of two independent figures.

        Its interval is made from the two intervals as Newcombe's is from Wilson's (the method
        of variance estimates recovery, MOVER, of Zou and Donner).
        """
        change = self.value - other.value
        below = hypot(self.value - self.low, other.high - other.value)
        above = hypot(self.high - self.value, other.value - other.low)
        return Estimate(change, change - below, change + above)


@dataclass(frozen=True)
class Kind:
    """How the numbers of a figure are written: by itself, as an interval, as a difference."""

    value: Callable[[float], str]
    interval: Callable[[float, float], str]
    change: Callable[[float], str]


COUNT = Kind("{:,.0f}".format, "{:,.0f} to {:,.0f}".format, "{:+,.0f}".format)
SHARE = Kind(percent, interval, points)
Pair = dict[str, Estimate]
"""The figure of each period: "now" and "before"."""


def figures(material: Material) -> tuple[list[Figure], list[str]]:
    """Return the headline figures, and what to do for those the tables do not hold."""
    found: list[Figure] = []
    missing: list[str] = []
    for source in (_opened, _not_as_described, _escalated, _refunded, _came_back):
        try:
            found += source(material)
        except InputError as error:
            missing.append(lacking(error))
    return found, missing


def _opened(material: Material) -> Iterator[Figure]:
    for name in tables.NAMES:
        rows = metrics.counts(material.spans(name), by=SPAN)
        low, high = poisson(0, 1)
        none = Estimate(0, float(low), float(high))
        yield _figure(f"{name.capitalize()} opened", _pair(rows, "n", none), COUNT, material)


def _not_as_described(material: Material) -> Iterator[Figure]:
    frame = material.spans("returns")
    rows = metrics.reasons(frame, level="type", by=SPAN)
    told = rows[rows["reason_type"] == ReturnReasonType.SNAD.value].set_index(SPAN)
    pair = {}
    for span, n in rows.groupby(SPAN)["n"].sum().items():
        k = told["n"].get(span, 0)
        low, high = metrics.wilson(k, n)
        pair[str(span)] = Estimate(k / n, float(low), float(high))
    yield _figure("Returns not as described", pair, SHARE, material)


def _escalated(material: Material) -> Iterator[Figure]:
    frame, cases = material.spans("returns"), material.linked
    options: dict[str, Any] = {"cases": cases, "by": SPAN}
    try:
        rows = metrics.escalation_rate(frame, **options, days=[_AGE], as_of=material.as_of)
        yield _figure(f"Returns escalated within {_AGE} days", _pair(rows, "rate"), SHARE, material)
    except InputError:  # a search tells no closing dates: so far, and young ones may still rise
        now = {"now": _pair(metrics.escalation_rate(frame, **options), "rate").get("now", _NONE)}
        yield _figure("Returns escalated so far", now, SHARE, material)


def _refunded(material: Material) -> Iterator[Figure]:
    """Give the money by the day it was refunded; where that is not known, by the return's."""
    dated = "refunded_at" in material["returns"]
    frame = material.spans("returns", "refunded_at" if dated else "created_at")
    rows = metrics.refund_amount(frame, by=SPAN)
    squares = (frame["refund_amount"] ** 2).groupby(
        [frame[SPAN], frame["refund_currency"].astype("string")]
    )
    squared = squares.sum()
    rows = rows[rows["currency"] != NOT_GIVEN]
    codes = rows.groupby("currency")["n_refunded"].sum().sort_values(ascending=False, kind="stable")
    for code in codes[codes > 0].index[:_MOST_CURRENCIES]:
        pair = {}
        for row in rows[rows["currency"] == code].itertuples():
            low, high = sum_interval(row.total_amount, squared.get((getattr(row, SPAN), code), 0.0))
            pair[str(getattr(row, SPAN))] = Estimate(row.total_amount, float(low), float(high))
        if not dated:
            pair = {"now": pair.get("now", Estimate(0, 0, 0))}
        name = f"Refunded in {code}" + ("" if dated else " so far")
        yield _figure(name, pair, _in(str(code)), material, none=Estimate(0, 0, 0))


def _came_back(material: Material) -> Iterator[Figure]:
    """Give the share of all orders; of those placed lately more may still come back."""
    if material.orders is None:
        return
    rows = metrics.return_rate(material["returns"], orders=material.orders)
    pair = {"now": Estimate(*rows.loc[0, ["rate", "rate_low", "rate_high"]])} if len(rows) else {}
    yield _figure("Orders that came back", pair, SHARE, material)


_NONE = Estimate()


def _pair(rows: pd.DataFrame, column: str, none: Estimate = _NONE) -> Pair:
    """Read the figure and its interval of both periods; `none` where there is no record."""
    names = [column, f"{column}_low", f"{column}_high"]
    told = {str(row[SPAN]): Estimate(*map(float, row[names])) for _, row in rows.iterrows()}
    return {"now": none, "before": none} | told


def _figure(
    name: str, pair: Pair, kind: Kind, material: Material, none: Estimate = _NONE
) -> Figure:
    now = pair.get("now", none)
    value = kind.value(now.value) if not isnan(now.value) else "-"
    sure = "" if isnan(now.low) else kind.interval(now.low, now.high)
    if material.days is None or "before" not in pair:
        return Figure(name, value, sure)
    change = now.less(pair["before"])
    if isnan(change.value) or isnan(change.low):
        return Figure(name, value, sure)
    verdict = "more" if change.low > 0 else "less" if change.high < 0 else "same"
    of = f"{kind.change(change.low).removesuffix(' points')} to {kind.change(change.high)}"
    return Figure(name, value, sure, f"{kind.change(change.value)} ({of})", verdict)


def _in(code: str) -> Kind:
    def whole(amount: float) -> str:
        return money(amount, code)

    def signed(amount: float) -> str:
        return f"{'+' if amount > 0 else ''}{money(amount, code)}"

    return Kind(whole, lambda low, high: f"{whole(low)} to {whole(high)}", signed)
