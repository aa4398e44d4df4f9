"""Records that name one another."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .findings import Findings
from .view import View, among

#: So long before its case a return may have been opened.
_REACH = pd.Timedelta(days=120)


def look(view: View, found: Findings) -> None:
    """Look for cases and returns that are named but not there, or not by both."""
    escalated = view.record("returns", "status", "case_id")
    if len(escalated):
        lost = escalated["status"].astype(object).eq("ESCALATED") & escalated["case_id"].isna()
        found.add("escalated without a case", "returns", escalated.index[lost])
    named = view.record("returns", "case_id")["case_id"].astype(object).dropna()
    if view.has("cases"):
        cases = view.record("cases")
        missing = named[~among(named, cases.index)]
        found.add("case is missing", "returns", missing.index, [f"case {i}" for i in missing])
    origins = view.record("cases", "return_id")["return_id"].astype(object).dropna()
    if view.has("returns"):
        returns = view.record("returns").index
        gone = origins[~among(origins, returns) & _due(view, origins.index)]
        found.add("return is missing", "cases", gone.index, [f"return {i}" for i in gone])
    _both_ways(named, origins, found)


def _due(view: View, cases: pd.Index) -> pd.Series[Any]:
    """Tell for which cases the return must lie within the snapshot, too."""
    since = view.meta.get("since")
    if since is None:
        return pd.Series(True, index=cases)
    created = view.record("cases", "created_at").reindex(cases)
    return created["created_at"] > pd.Timestamp(since) + _REACH


def _both_ways(named: pd.Series[Any], origins: pd.Series[Any], found: Findings) -> None:
    there = pd.DataFrame({"case": named.to_numpy(), "return": named.index})
    back = there.merge(pd.DataFrame({"case": origins.index, "told": origins.to_numpy()}), on="case")
    wrong = back[back["return"] != back["told"]]
    told = [
        f"return {one} names the case, the case names {other}"
        for one, other in zip(wrong["return"], wrong["told"], strict=True)
    ]
    found.add("not linked back", "cases", wrong["case"], told)
