"""Dates that cannot be."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import tables
from .findings import Findings
from .view import View

#: Clocks differ, and eBay writes some dates seconds before others.
_SLACK = pd.Timedelta(minutes=15)
_ENDS = {
    "closed before created": "closed_at",
    "escalated before created": "escalated_at",
    "refunded before created": "refunded_at",
    "deadline before created": "respond_by",
}
_PAST = ("created_at", "modified_at", "closed_at", "escalated_at", "refunded_at")


def look(view: View, found: Findings) -> None:
    """Look for ends before beginnings, and for dates in the future."""
    for name in tables.NAMES:
        for finding, column in _ENDS.items():
            dates = view.record(name, "created_at", column)
            _too_early(dates.rename(columns={column: "end"}), finding, name, found)
        for column in _PAST:
            dates = view.record(name, column)
            late = dates[_after(dates.get(column), view.now)]
            told = [f"{column} {at:%Y-%m-%d %H:%M}" for at in late.get(column, ())]
            found.add("in the future", name, late.index, told)
        _history(view, name, found)


def _history(view: View, name: str, found: Findings) -> None:
    created = view.record(name, "created_at")
    if created.empty:
        return
    first = view.rows("history", name).groupby("record_id")["at"].min()
    both = created.join(first.rename("end"), how="inner")
    _too_early(both, "history before created", name, found)
    last = view.rows("history", name).groupby("record_id")["at"].max()
    late = last[_after(last, view.now)]
    found.add("in the future", name, late.index, [f"history {at:%Y-%m-%d %H:%M}" for at in late])


def _too_early(dates: pd.DataFrame, finding: str, name: str, found: Findings) -> None:
    """Tell whose ``end`` lies before ``created_at``."""
    if dates.empty:
        return
    wrong = dates[_after(dates["created_at"], dates["end"])]
    pairs = zip(wrong["end"], wrong["created_at"], strict=True)
    details = [f"{end:%Y-%m-%d %H:%M}, created {start:%Y-%m-%d %H:%M}" for end, start in pairs]
    found.add(finding, name, wrong.index, details)


def _after(moments: Any, limit: Any) -> Any:
    """Tell which moments lie after a limit, by more than the slack."""
    if moments is None or not len(moments):
        return slice(0, 0)
    return (moments - limit > _SLACK).to_numpy(dtype=bool)
