"""Pictures of how often records end up with eBay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE, clean, shorten
from ..metrics.results import interval, percent
from . import canvas, intervals
from .intervals import Figure

_SERIES = [("neutral", "o-"), ("attention", "s--"), ("accent", "D-."), ("good", "^:")]
_APART = 0.012  # how far lines are moved apart, in shares of the axis


def escalation_rate(
    frame: Any,
    *,
    cases: Any = None,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    days: Sequence[float] | None = None,
    as_of: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of returns or inquiries that were escalated to eBay.

    A point with its interval for each group, highest on top; with `freq` a line over time in
    its band; with both, each of the largest groups has a panel. The dashed line is the rate of
    all records together. Young periods may still rise.

    With `days` it is the share escalated by each of these ages, which open records do not bend:
    points with intervals over the age, a line a group, up to four; of more groups the rate at
    the last age, a point each. With `freq` a line over time for each age.

    Parameters
    ----------
    frame, cases, history, by, freq, tz, min_n, confidence, days, as_of
        As for `postorder_nb.metrics.escalation_rate`, which computes what is drawn.
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
    rows = metrics.escalation_rate(
        frame, cases=cases, history=history, by=by, freq=freq, tz=tz, min_n=min_n,
        confidence=confidence, days=days, as_of=as_of,
    )  # fmt: skip
    heading = f"{rows.attrs['table'].capitalize()} escalated to eBay"
    counted = f"{heading} (n = {rows.attrs['n_total']:,})"
    if days is not None:
        return _by_age(rows, heading, ax)
    overall = None if rows.empty else float(rows["escalated"].sum() / rows["n"].sum())
    figure = Figure("rate", "share escalated", _said, overall)
    added = rows.attrs["n_added"]
    note = f"known from their case alone: {added:,}" if added else ""
    return intervals.draw(rows, figure, counted, ax, note=note)


def _said(row: Any) -> str:
    return f"{percent(row.rate)}  ({row.escalated:,} of {row.n:,})"


def _by_age(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    facts = rows.attrs
    counted = f"{heading} by age (n = {facts['n_total']:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), counted)
    if facts["freq"]:
        return _ages_over_time(rows, counted, ax)
    groups, _ = canvas.largest(rows, facts["by"], len(rows))
    if len(groups) > len(_SERIES):
        return _last_age(rows, counted, ax)
    ax = canvas.canvas(ax, height=4.2)
    _incidence(ax, groups)
    canvas.percent_axis(ax.yaxis, upto=_top(rows))
    canvas.plain(ax, grid="y")
    ax.set_ylabel("share escalated by then")
    ax.set_xlabel(f"age in days, with {canvas.level(rows)} interval")
    legend = canvas.legend_above(ax, ncols=2) if facts["by"] else 0
    canvas.title(ax, counted, canvas.left_out(rows), over_legend=legend)
    said = "; ".join(f"{name}: {_last(part)}" for name, part in groups)
    return canvas.say(ax, f"{counted}: rising points with intervals over the age. {said}.")


def _incidence(ax: Axes, groups: list[tuple[str, pd.DataFrame]]) -> None:
    """Draw a line of points with intervals over the age for each group."""
    ages = groups[0][1]["days"]
    apart = float(ages.max() or 1.0) * _APART
    for i, ((name, part), (colour, style)) in enumerate(zip(groups, _SERIES, strict=False)):
        moved = part["days"] + apart * (i - (len(groups) - 1) / 2)
        ends = np.vstack([part["rate"] - part["rate_low"], part["rate_high"] - part["rate"]])
        named = f"{shorten(canvas.drawable(clean(name)), 30)} (n = {part['n'].iloc[0]:,})"
        ax.errorbar(
            moved, part["rate"], yerr=ends.clip(0), fmt=style, color=PALETTE[colour],
            markersize=6, linewidth=1.4, elinewidth=1, capsize=3, label=named,
        )  # fmt: skip
        if len(groups) == 1:
            for row in canvas.records(part[part["rate"].notna()]):
                ax.annotate(
                    percent(row.rate), (row.days, row.rate), (8, -9), textcoords="offset points",
                    fontsize="small", va="top", parse_math=False,
                )  # fmt: skip
    ax.set_xticks(list(ages), [f"{age:g}" for age in ages])
    ax.set_xlim(0, float(ages.max() or 1.0) * 1.08)


def _last(part: pd.DataFrame) -> str:
    known = part[part["rate"].notna()]
    if known.empty:
        return "no record is old enough"
    row: Any = canvas.records(known)[-1]
    bounds = interval(row.rate_low, row.rate_high)
    return f"{percent(row.rate)} ({bounds}) by day {row.days:g}"


def _top(rows: pd.DataFrame) -> float:
    return min(1.0, float(np.nanmax([*rows["rate_high"], 0.0])) * 1.1)


def _last_age(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    """Draw many groups at the last age that any of them has reached."""
    known = rows[rows["rate"].notna()]
    age = float(known["days"].max()) if len(known) else float(rows["days"].max())
    shown = known[known["days"] == age].reset_index(drop=True)
    shown.attrs = rows.attrs
    left = rows.drop_duplicates(rows.attrs["by"]).shape[0] - len(shown)
    figure = Figure("rate", f"share escalated by day {age:g}", _said)
    note = f"groups not old enough: {left:,}" if left else ""
    return intervals.draw(shown, figure, heading, ax, note=note)


def _ages_over_time(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    by = rows.attrs["by"]
    ages = sorted(rows["days"].unique())[-len(_SERIES) :]
    kept = rows[rows["days"].isin(ages)]
    upto = _top(kept)
    groups, left = canvas.largest(kept, by, canvas.MOST_PANELS)
    draw = partial(_age_lines, ages=ages, upto=upto)
    if by:
        heights = [canvas.PANEL] * len(groups)
        ax = canvas.canvas(ax, height=canvas.height_of(heights) + 0.3)
        sizes = [part.drop_duplicates("period")["n"].sum() for _, part in groups]
        names = [f"{name} (n = {n:,})" for (name, _), n in zip(groups, sizes, strict=True)]
        draws = [partial(draw, rows=part) for _, part in groups]
        canvas.panels(ax, names, draws, heights, same_x=True)
        first: Any = ax.child_axes[0]
        legend = canvas.legend_above(ax, first.get_legend_handles_labels()[0], ncols=4)
    else:
        ax = canvas.canvas(ax, height=4.2)
        draw(ax, rows=kept)
        legend = canvas.legend_above(ax, ncols=4)
    more = canvas.not_shown(left).removeprefix("; ")
    young = "no point: no record is that old yet"
    note = "; ".join(text for text in (young, more, canvas.left_out(rows)) if text)
    canvas.title(ax, heading, note, over_legend=legend)
    said = ", ".join(f"{age:g}" for age in ages)
    return canvas.say(ax, f"{heading}: a line over time for each of the ages {said} days; {note}.")


def _age_lines(ax: Axes, rows: pd.DataFrame, ages: list[float], upto: float) -> None:
    freq = rows.attrs["freq"]
    for age, (colour, style) in zip(ages, _SERIES, strict=False):
        part = rows[rows["days"] == age]
        whole = canvas.every_period(part, freq)
        at = whole["rate"]
        ends = np.vstack([at - whole["rate_low"], whole["rate_high"] - at]).clip(0)
        ax.errorbar(
            whole.index, at, yerr=ends, fmt=style, color=PALETTE[colour], markersize=4,
            linewidth=1.4, elinewidth=0.8, label=f"by day {age:g}",
        )  # fmt: skip
    canvas.percent_axis(ax.yaxis, upto=upto)
    canvas.time_axis(ax, freq, rows.attrs["tz"])
    canvas.plain(ax, grid="y")
    ax.set_ylabel("share escalated")
