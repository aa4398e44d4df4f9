"""Pictures of how records move from state to state."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE
from ..enums import label
from ..metrics.results import percent
from ..metrics.stays import STILL
from . import canvas

MOST_ROWS = {1: 34, 2: 20, 3: 15, 4: 12}
"""How many rows each of so many panels has; the rarest moves are left out."""
_ROW = 0.29
_RECORDS = {
    "return": "Returns",
    "inquiry": "Inquiries",
    "case": "Cases",
    "cancellation": "Cancellations",
}


def stage_flow(
    history: Any,
    *,
    as_of: Any = None,
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw where records go from each state, and how long they stay before.

    A list, one panel for each kind of record: each state in bold, with how many records came by,
    how long half of them stay, and how many are still there; below it a bar for each next
    state, with the share of the stays that ended there and its interval, and the days these
    took. The states most records come by stand first; rare moves are left out and counted.

    Parameters
    ----------
    history, as_of, min_n, confidence
        As for `postorder_nb.metrics.stage_flow`, which computes what is drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new pyplot figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; `describe` says in words what they show.

    Raises
    ------
    InputError
        As the metric does.
    """
    rows = metrics.stage_flow(history, as_of=as_of, min_n=min_n, confidence=confidence)
    moves = rows[rows["to_state"] != STILL]
    heading = f"From state to state (n = {moves['n'].sum():,} moves)"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    sizes = rows.groupby("record")["n"].sum().sort_values(ascending=False)
    told = rows[~_beginnings(rows)]
    most = MOST_ROWS.get(len(sizes), min(MOST_ROWS.values()))
    kinds = {kind: _states(told[told["record"] == kind], most) for kind in sizes.index}
    kinds = {kind: states for kind, states in kinds.items() if states}
    if not kinds:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    heights = [_ROW * (1 + sum(1 + len(ways) for _, ways in kind)) for kind in kinds.values()]
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    names = [
        f"{_RECORDS.get(str(kind), str(kind))}{_rare(told[told['record'] == kind], states)}"
        for kind, states in kinds.items()
    ]
    shown = canvas.level(rows)
    draws = [partial(_list, states=states, level=shown) for states in kinds.values()]
    canvas.panels(ax, names, draws, heights, same_x=False)
    canvas.title(ax, heading)
    said = f"a panel for each of {'; '.join(names)}. {_commonest(moves)}"
    return canvas.say(ax, f"{heading}: the next states of each state, ranked, in {said}.")


States = list[tuple[pd.DataFrame, pd.DataFrame]]


def _beginnings(rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell the moves that say no more than that a record begins: no stay, one way."""
    ways = rows.groupby(["record", "from_state"])["to_state"].transform("size")
    return (ways == 1) & rows["stay_median_days"].isna() & rows["median_days"].isna()


def _states(rows: pd.DataFrame, most: int) -> States:
    """Choose the commonest moves for so many rows, and put them under their states."""
    moves = rows[rows["to_state"] != STILL].sort_values("n", ascending=False, kind="stable")
    chosen: list[Any] = []
    seen: set[str] = set()
    room = most
    for at, state in moves["from_state"].items():
        cost = 1 + (state not in seen)
        if cost <= room:
            chosen.append(at)
            seen.add(state)
            room -= cost
    if moves.empty:  # nothing has left its state yet
        seen = set(rows["from_state"].head(most))
    sizes = rows.groupby("from_state")["n"].sum().sort_values(ascending=False, kind="stable")
    common = moves.loc[chosen]
    return [
        (rows[rows["from_state"] == state], common[common["from_state"] == state])
        for state in sizes.index
        if state in seen
    ]


def _rare(rows: pd.DataFrame, states: States) -> str:
    """Say how many moves there are, and how many are in no row."""
    moves = int(rows.loc[rows["to_state"] != STILL, "n"].sum())
    left = moves - sum(int(ways["n"].sum()) for _, ways in states)
    return f": {moves:,} moves" + (f"; rarer ones not shown: {left:,}" if left else "")


def _list(ax: Axes, states: States, level: str) -> None:
    labels, heads, texts, at = [], [], [], 0
    for state, ways in states:
        heads.append(at)
        labels.append(label(str(state["from_state"].iloc[0])))
        texts.append(_stay(state))
        for i, row in enumerate(canvas.records(ways), start=at + 1):
            labels.append(f"\N{RIGHTWARDS ARROW} {label(row.to_state)}")
            texts.append(_took(row))
            ax.barh(i, row.share, height=0.6, color=PALETTE["neutral"])
            bounds = np.array([[row.share, row.share_low, row.share_high]]).T
            canvas.whiskers(ax, bounds[0], [i], bounds[1], bounds[2])
        at += 1 + len(ways)
    canvas.beside(ax, texts)
    _one_line_labels(ax, labels)
    for i, name in enumerate(ax.get_yticklabels()):
        name.set_fontweight("bold" if i in heads else "normal")
    canvas.percent_axis(ax.xaxis, upto=1)
    canvas.plain(ax, grid="x")
    ax.set_xlabel(f"share of the stays that ended, with {level} interval", parse_math=False)


def _one_line_labels(ax: Axes, labels: list[str]) -> None:
    names = [canvas.words(name, width=36, lines=1) for name in labels]
    ax.set_yticks(np.arange(len(labels)), names, fontsize="small", parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)


def _stay(state: pd.DataFrame) -> str:
    still = int(state.loc[state["to_state"] == STILL, "n"].sum())
    half = state["stay_median_days"].iloc[0]
    stays = "half stay longer" if pd.isna(half) else f"half stay {_days(half)}"
    if pd.isna(half) and state["median_days"].isna().all():
        stays = "no stay before"
    there = f", {still:,} still there" if still else ""
    return f"n = {state['n'].sum():,}, {stays}{there}"


def _took(row: Any) -> str:
    days = "" if pd.isna(row.median_days) else f"  half in {_days(row.median_days)}"
    return f"{percent(row.share)}  (n = {row.n:,}){days}"


def _days(days: float) -> str:
    if days < 1 / 24:
        return f"{days * 1440:.0f} min"
    return f"{days * 24:.1f} h" if days < 1 else f"{days:,.1f} days"


def _commonest(moves: pd.DataFrame) -> str:
    if moves.empty:
        return "No record has moved yet"
    row: Any = canvas.records(moves.nlargest(1, "n"))[0]
    days = f", half within {_days(row.median_days)}" if not pd.isna(row.median_days) else ""
    ends = f"{label(row.from_state)} to {label(row.to_state)}"
    return f"The commonest move is {ends}: {row.n:,}, {percent(row.share)} of the stays{days}"
