"""
Examples of the plots about time, escalation, standards and watching.

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
    {"by": ["item_title", "marketplace"], "min_n": 3, "confidence": 0.8},
    {"freq": "week", "tz": "America/New_York"},
    {"by": "item_title", "freq": "month"},
]
_FEW: list[dict[str, Any]] = [{"by": "reason_type"}, {"by": "marketplace", "freq": "quarter"}]
_CASES: list[dict[str, Any]] = [
    {},
    {"by": "buyer"},
    {"freq": "month"},
    {"by": "case_type", "freq": "month", "confidence": 0.8},
]
_STANDARDS: list[dict[str, Any]] = [*_GROUPS, {"threshold": 0.001}]


def _returns(*others: str) -> Callable[[Tables], Arguments]:
    return lambda snap: ((snap["returns"],), {name: snap[name] for name in others})


def _only(table: str) -> Callable[[Tables], Arguments]:
    return lambda snap: ((snap[table],), {})


def _queue(snap: Tables) -> Arguments:
    names = ("returns", "inquiries", "cancellations", "cases")
    return ({name: snap[name] for name in names},), {}


def _against(snap: Tables) -> Arguments:
    return (), {name: snap[name] for name in ("cancellations", "cases", "orders")}


EXAMPLES: dict[str, tuple[Callable[[Tables], Arguments], list[dict[str, Any]]]] = {
    "response_days": (_returns("history"), _GROUPS),
    "ship_days": (_returns("history"), _GROUPS),
    "refund_days": (_returns("cases"), _GROUPS),
    "close_days": (_returns("cases"), [*_GROUPS, *_FEW]),
    "escalation_days": (_returns("cases"), [*_GROUPS, *_FEW]),
    "late_share": (_returns("history"), _GROUPS),
    "deadlines": (_queue, [{}, {"tz": "Asia/Tokyo", "within": 3}]),
    "stage_flow": (_only("history"), [{}]),
    "escalation_rate": (
        _returns("cases"),
        [*_GROUPS, *({**more, "days": [3, 7, 30]} for more in (*_GROUPS, *_FEW))],
    ),
    "cohorts": (
        _returns("cases"),
        [{}, {"event": "closed", "freq": "month", "by": "item_title"}, {"freq": "day"}],
    ),
    "case_outcomes": (_only("cases"), _CASES),
    "appeals": (_only("cases"), _CASES),
    "defect_rate": (_against, _STANDARDS),
    "cases_closed_without_resolution": (
        lambda snap: ((snap["cases"],), {"orders": snap["orders"]}),
        _STANDARDS,
    ),
    "control_chart": (
        _returns(),
        [{}, {"column": "item_title", "values": ["$x$", "<b>"]}, {"freq": "day", "baseline": 30}],
    ),
    "alerts": (
        _queue,
        [{}, {"level": None, "volumes": ("item_title",), "shares": ("buyer",)}, {"days": 30}],
    ),
}
