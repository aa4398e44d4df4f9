"""
Examples of the plots about reasons, outcomes, money, and who and which.

For each plot: how to make its arguments from the tables of a shop, and the further arguments of
the variants to draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Tables = dict[str, Any]
Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_GROUPS: list[dict[str, Any]] = [
    {},
    {"by": "item_title"},
    {"freq": "week"},
    {"by": ["item_title", "marketplace"], "freq": "month", "tz": "America/New_York"},
]
_FEW: list[dict[str, Any]] = [{}, {"freq": "quarter", "confidence": 0.8}]
_RANKS: list[dict[str, Any]] = [{}, {"min_n": 5, "confidence": 0.8}]


def _only(table: str) -> Callable[[Tables], Arguments]:
    return lambda snap: ((snap[table],), {})


def _and(table: str, **others: str) -> Callable[[Tables], Arguments]:
    return lambda snap: ((snap[table],), {name: snap[other] for name, other in others.items()})


EXAMPLES: dict[str, tuple[Callable[[Tables], Arguments], list[dict[str, Any]]]] = {
    "counts": (_only("returns"), [*_GROUPS, {"freq": "day", "min_n": 2}]),
    "reasons": (
        _only("returns"),
        [*_GROUPS, {"measure": "money"}, {"measure": "money", "by": "buyer"}, {"level": "type"}],
    ),
    "reason_shift": (_only("returns"), [{}, {"by": "item_title", "days": 40, "tz": "Asia/Tokyo"}]),
    "outcomes": (_only("returns"), _GROUPS),
    "close_reasons": (_only("returns"), [*_FEW, {"by": "item_title", "min_n": 3}]),
    "cancellation_reasons": (_only("cancellations"), [*_FEW, {"by": "item_title"}]),
    "inquiry_reasons": (_only("inquiries"), [*_FEW, {"by": "buyer"}]),
    "refund_amount": (_only("returns"), [*_GROUPS, {"quantiles": [0.25, 0.999]}]),
    "refund_gap": (_only("returns"), _GROUPS),
    "refund_lines": (_only("refund_lines"), [{}, {"by": "record"}]),
    "net_cost": (_only("returns"), _GROUPS),
    "pending_and_failed": (
        _and("unpaid_returns", movements="unpaid_movements"),
        [{}, {"by": "item_title"}],
    ),
    "exposure": (_only("returns"), [{}, {"by": "item_title", "tz": "Asia/Tokyo"}]),
    "items": (_and("returns", orders="orders"), _RANKS),
    "buyers": (_only("returns"), _RANKS),
    "countries": (_and("returns", orders="orders"), _RANKS),
    "concentration": (_only("returns"), [*_GROUPS, {"of": "item_id", "by": "marketplace"}]),
    "return_rate": (_and("returns", orders="orders"), _GROUPS),
    "inquiry_rate": (_and("inquiries", orders="orders"), _FEW),
}
