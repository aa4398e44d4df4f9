"""Records whose history contradicts them."""

from __future__ import annotations

import pandas as pd

from .. import tables
from .findings import Findings
from .view import View, among

_CLOSED = "CLOSED"


def look(view: View, found: Findings) -> None:
    """Look for histories that do not lead to the record's state, or not step by step."""
    for name in tables.NAMES:
        steps = view.rows("history", name).sort_values(["record_id", "seq"], kind="stable")
        _ends(view, name, steps, found)
        _gaps(name, steps, found)
        _order(name, steps, found)
        _closing(view, name, found)
        if name in view.meta.get("details", ()):
            ids = view.record(name).index
            found.add("no history", name, ids[~among(ids, steps["record_id"])])


def _ends(view: View, name: str, steps: pd.DataFrame, found: Findings) -> None:
    last = steps.groupby("record_id")["to_state"].last().astype(object).rename("ended")
    states = view.record(name, "state").astype(object).join(last, how="inner").dropna()
    wrong = states[states["state"] != states["ended"]] if len(states) else states
    told = [f"{row.state}, history ends in {row.ended}" for row in wrong.itertuples()]
    found.add("state differs from history", name, wrong.index, told)


def _gaps(name: str, steps: pd.DataFrame, found: Findings) -> None:
    told = steps[["record_id", "from_state", "to_state"]].astype(object)
    before = told.shift()
    same = told["record_id"].eq(before["record_id"])
    gap = (
        same
        & told["from_state"].notna()
        & before["to_state"].notna()
        & told["from_state"].ne(before["to_state"])
    )
    pairs = zip(before.loc[gap, "to_state"], told.loc[gap, "from_state"], strict=True)
    details = [f"from {start} on after {end}" for end, start in pairs]
    found.add("history has a gap", name, told.loc[gap, "record_id"], details)


def _order(name: str, steps: pd.DataFrame, found: Findings) -> None:
    """Tell the histories that run neither forward nor, as a whole, backward."""
    same = steps["record_id"].eq(steps["record_id"].shift())
    ahead = steps["at"].diff().dt.total_seconds().where(same, 0)
    signs = pd.DataFrame({"back": ahead < 0, "forth": ahead > 0}).groupby(steps["record_id"]).any()
    mixed = signs.index[signs["back"] & signs["forth"]] if len(signs) else signs.index
    found.add("history out of order", name, mixed)


def _closing(view: View, name: str, found: Findings) -> None:
    rows = view.record(name, "state", "closed_at")
    if rows.empty:
        return
    state = rows["state"].astype(object)
    closed, dated = state.eq(_CLOSED), rows["closed_at"].notna()
    found.add("closed without a date", name, rows.index[closed & ~dated])
    still = state.notna() & ~closed & dated
    told = [
        f"{kind}, closed {at:%Y-%m-%d %H:%M}"
        for kind, at in zip(state[still], rows.loc[still, "closed_at"], strict=True)
    ]
    found.add("open with a closing date", name, rows.index[still], told)
