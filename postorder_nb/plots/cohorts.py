"""The triangle: what has become of each period's records by each age."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from .. import metrics
from ..display import PALETTE
from ..metrics.results import name_of, percent
from . import canvas

MOST_PERIODS = 16
_WORDS = {"escalated": "handed to eBay", "refunded": "refunded", "closed": "closed"}
_ROW = 0.42
_PALEST, _STRONGEST = 0.06, 0.5  # the ink stays readable on it, on light and dark ground


def cohorts(
    frame: Any,
    *,
    event: str = "escalated",
    cases: Any = None,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str = "week",
    ages: int = 8,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of each period's records with the event by each age, as a triangle.

    A row for each period, the youngest at the bottom; a column for each age in weeks; in each
    cell the share and its interval, the stronger the colour the higher. A cell that not all of
    the period's records have reached is empty and hatched: a young period is not a good one.
    Compare within a column, not along a row. With `by` each of the largest groups has a panel.

    Parameters
    ----------
    frame, event, cases, history, by, freq, ages, tz, min_n, confidence, as_of
        As for `postorder_nb.metrics.cohorts`, which computes what is drawn.
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
    rows = metrics.cohorts(
        frame, event=event, cases=cases, history=history, by=by, freq=freq, ages=ages, tz=tz,
        min_n=min_n, confidence=confidence, as_of=as_of,
    )  # fmt: skip
    facts = rows.attrs
    what = _WORDS[event]
    heading = f"{facts['table'].capitalize()} {what} by age (n = {facts['n_total']:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    groups, left = canvas.largest(rows, facts["by"], 4)
    most = MOST_PERIODS if len(groups) == 1 else MOST_PERIODS // 2
    parts = [_youngest(part, most) for _, part in groups]
    older = rows["period"].nunique() - max(part["period"].nunique() for part in parts)
    upto = float(rows["rate"].max())
    heights = [_ROW * part["period"].nunique() for part in parts]
    if facts["by"]:
        ax = canvas.canvas(ax, height=canvas.height_of(heights))
        names = [f"{name} (n = {_records(part):,})" for name, part in groups]
        draws = [partial(_triangle, rows=part, upto=upto) for part in parts]
        canvas.panels(ax, names, draws, heights, same_x=False)
    else:
        ax = canvas.canvas(ax, height=max(2.4, 1.7 + heights[0]))
        _triangle(ax, parts[0], upto)
    note = f"earlier {freq}s not shown: {older:,}" if older else ""
    small = canvas.not_shown(left).removeprefix("; ")
    note = "; ".join(text for text in (note, small, canvas.left_out(rows)) if text)
    canvas.title(ax, heading, f"share {what}, with {canvas.level(rows)} interval", note)
    return canvas.say(
        ax,
        f"{heading}: a triangle of {freq}s by age in weeks. {_last(rows)}{canvas.sentence(note)}",
    )


def _youngest(part: pd.DataFrame, most: int) -> pd.DataFrame:
    kept = part["period"].drop_duplicates().sort_values().tail(most)
    return part[part["period"].isin(kept)]


def _records(part: pd.DataFrame) -> int:
    return int(part.drop_duplicates("period")["n"].sum())


def _triangle(ax: Axes, rows: pd.DataFrame, upto: float) -> None:
    periods = list(rows["period"].drop_duplicates().sort_values())
    place = {period: i for i, period in enumerate(periods)}
    for row in canvas.records(rows):
        _cell(ax, row, row.age_weeks - 1, place[row.period], upto)
    ages = int(rows["age_weeks"].max())
    ax.set_xlim(0, ages)
    weeks = [f"{age}" for age in range(1, ages + 1)]
    ax.set_xticks(np.arange(ages) + 0.5, weeks)
    sizes = rows.drop_duplicates("period").set_index("period")["n"]
    names = [
        f"{name_of(period, 'period', rows.attrs['freq'])}  (n = {sizes[period]:,})"
        for period in periods
    ]
    canvas.row_labels(ax, names)
    ax.set_ylim(len(periods) - 0.5, -0.5)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    told = f"{rows.attrs['freq']} of opening ({rows.attrs['tz']})"
    ax.set_xlabel(f"age in weeks; hatched: not all of them are that old yet; rows: {told}")


def _cell(ax: Axes, row: Any, x: float, y: float, upto: float) -> None:
    box = partial(Rectangle, (x + 0.03, y - 0.47), 0.94, 0.94, linewidth=0.0)
    if pd.isna(row.rate):
        ax.add_patch(box(facecolor="none", edgecolor=to_rgba("0.5", 0.6), hatch="///"))
        return
    strength = _PALEST + (_STRONGEST - _PALEST) * (row.rate / upto if upto else 0.0)
    ax.add_patch(box(facecolor=to_rgba(PALETTE["neutral"], strength)))
    look: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": False}
    ax.text(x + 0.5, y - 0.16, percent(row.rate), **look, fontsize="small")
    bounds = f"{row.rate_low * 100:.0f} to {row.rate_high * 100:.0f}"
    ax.text(x + 0.5, y + 0.25, bounds, **look, fontsize="x-small", alpha=0.8)


def _last(rows: pd.DataFrame) -> str:
    known = rows[rows["rate"].notna()]
    if known.empty:
        return "No period is old enough for a figure."
    row: Any = known.sort_values(["age_weeks", "period"]).iloc[-1]
    period = name_of(row["period"], "period", rows.attrs["freq"])
    of = f"{row['n_done']:,} of {row['n']:,}"
    return f"Of the last one {row['age_weeks']} weeks old, {period}: {percent(row['rate'])} ({of})."
