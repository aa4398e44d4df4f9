"""Pictures of how eBay decides cases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.results import name_of, percent
from ..metrics.rulings import BUYER_WON, OTHER, SELLER_REFUNDED, SELLER_WON, WITHDRAWN
from . import canvas, intervals, parts
from .bars import Look
from .intervals import Figure

_OUTCOMES = {
    BUYER_WON: Look("bad", "\\\\"),
    SELLER_WON: Look("good", ".."),
    SELLER_REFUNDED: Look("attention", "//"),
    WITHDRAWN: Look("neutral"),
    OTHER: Look("muted"),
}


def case_outcomes(
    cases: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how cases ended: who won, and whether eBay held the seller at fault.

    Bars with intervals, the commonest on top; the second line of the title says in how many
    the seller was at fault. With `by` or `freq` each group is one bar of 100 %, cut into the
    outcomes; with both, each of the largest groups has a panel. Open cases are in no share.

    Parameters
    ----------
    cases, by, freq, tz, min_n, confidence
        As for `postorder_nb.metrics.case_outcomes`, which computes what is drawn.
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
    rows = metrics.case_outcomes(cases, by=by, freq=freq, tz=tz, min_n=min_n, confidence=confidence)
    names = {outcome: name_of(outcome, "outcome") for outcome in _OUTCOMES}
    looks = [_OUTCOMES[outcome] for outcome in rows["outcome"]]
    rows = rows.assign(
        part=[names[outcome] for outcome in rows["outcome"]],
        look=pd.Series(looks, index=rows.index, dtype=object),
    )
    heading = f"How cases ended (n = {rows.attrs['n_total']:,} closed)"
    fault, still = int(rows["n_seller_fault"].sum()), rows.attrs["n_open"]
    note = f"seller at fault in {fault:,}"
    note += f"; still open, in no share: {still:,}" if still else ""
    fixed = {names[outcome]: look for outcome, look in _OUTCOMES.items()}
    whole = parts.Whole("closed cases", "outcomes", fixed)
    return parts.draw(rows, whole, heading, ax, note=note)


_SHARES = {
    "appealed_share": ("Appealed", "share of decided cases appealed", ("n_appealed", "n")),
    "granted_rate": ("Granted", "share of answered appeals granted", ("n_granted", "n_answered")),
}


def appeals(
    cases: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how often eBay's decisions are appealed, and with what success.

    Two panels: the share of decided cases that were appealed, and the share of answered appeals
    that were granted, each with its interval; without groups a point, with `by` one a group,
    with `freq` a line over time. With both, the three largest groups have two panels each.

    Parameters
    ----------
    cases, by, freq, tz, min_n, confidence
        As for `postorder_nb.metrics.appeals`, which computes what is drawn.
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
    rows = metrics.appeals(cases, by=by, freq=freq, tz=tz, min_n=min_n, confidence=confidence)
    facts = rows.attrs
    heading = f"Appeals against eBay's decisions (n = {facts['n_total']:,} decided cases)"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    rows = rows.assign(n_answered=rows["n_granted"] + rows["n_denied"])
    rows.attrs = facts
    by_panel = facts["by"] if freq else []
    groups, left = canvas.largest(rows, by_panel, canvas.MOST_PANELS // 2)
    names: list[str] = []
    draws: list[Any] = []
    heights: list[float] = []
    for group, part in groups:
        for value, (name, what, counts) in _SHARES.items():
            named = f"{name}: {_totals(part, counts)}"
            names.append(f"{group}, {named.lower()}" if by_panel else named)
            figure = Figure(value, what, partial(_said, value=value, counts=counts))
            draws.append(partial(_panel, rows=part, figure=figure))
            rows_of = 1 if not facts["by"] else min(len(part), canvas.most_rows(2))
            heights.append(canvas.PANEL if freq else max(0.5, 0.36 * rows_of))
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    canvas.panels(ax, names, draws, heights, same_x=bool(freq))
    waiting = f"no answer yet: {rows['n_pending'].sum():,}"
    can = f"can still be appealed: {rows['n_can_appeal'].sum():,}"
    more = canvas.not_shown(left).removeprefix("; ")
    note = "; ".join(text for text in (waiting, can, more, canvas.left_out(rows)) if text)
    canvas.title(ax, heading, note)
    return canvas.say(ax, f"{heading}: {'; '.join(names)}; {note}.")


def _panel(ax: Axes, rows: pd.DataFrame, figure: Figure) -> None:
    known = rows[rows[figure.value].notna()].reset_index(drop=True)
    known.attrs = rows.attrs
    if known.empty:
        ax.set_axis_off()
        ax.text(0, 0.5, "none answered yet", transform=ax.transAxes, va="center", color="0.5")
    elif rows.attrs["freq"]:
        intervals.band(ax, known, figure, upto=1.0)
    else:
        intervals.points(ax, known, figure, most=canvas.most_rows(2))
        canvas.percent_axis(ax.xaxis, upto=1.0)


def _said(row: Any, value: str, counts: tuple[str, str]) -> str:
    hits, of = (getattr(row, name) for name in counts)
    return f"{percent(getattr(row, value))}  ({hits:,} of {of:,})"


def _totals(part: pd.DataFrame, counts: tuple[str, str]) -> str:
    hits, of = (int(part[name].sum()) for name in counts)
    return f"{hits:,} of {of:,}"
