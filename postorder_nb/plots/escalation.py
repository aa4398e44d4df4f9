"""Pictures of how often records end up with eBay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE
from ..metrics.results import interval, percent
from . import canvas


def escalation_rate(
    frame: Any,
    *,
    cases: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of returns or inquiries that were escalated to eBay.

    A point with its 95 % interval for each group, highest on top; with `freq` a line over time
    in its band; with both, each of the largest groups has a panel. The dashed line is the
    rate of all records together.

    Parameters
    ----------
    frame, cases, by, freq, tz
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
    rows = metrics.escalation_rate(frame, cases=cases, by=by, freq=freq, tz=tz)
    table, count = rows.attrs["table"], rows.attrs["n_total"]
    heading = f"{table.capitalize()} escalated to eBay (n = {count:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    overall = rows["escalated"].sum() / rows["n"].sum()
    if freq:
        ax, shown = _over_time(rows, overall, ax)
    else:
        ax, shown = _points(rows, overall, ax)
    canvas.title(ax, heading, over_legend=ax.get_legend() is not None)
    return canvas.say(ax, f"{heading}: {percent(overall)} overall. {shown}")


def _points(rows: pd.DataFrame, overall: float, ax: Axes | None) -> tuple[Axes, str]:
    by = rows.attrs["by"]
    groups, left = canvas.largest(rows, by, canvas.MOST_GROUPS)
    if not by:
        groups = [(f"all {rows.attrs['table']}", rows)]
    shown = pd.concat([part.assign(name=name) for name, part in groups])
    shown = shown.sort_values(["rate", "name"], ascending=[False, True]).reset_index(drop=True)
    ax = canvas.canvas(ax, height=1.4 + 0.36 * len(shown))
    canvas.whiskers(ax, shown["rate"], shown.index, shown["rate_low"], shown["rate_high"])
    ax.plot(shown["rate"], shown.index, "o", color=PALETTE["neutral"], markersize=7, clip_on=False)
    rates = [
        f"{percent(row.rate)}  ({row.escalated:,} of {row.n:,})" for row in canvas.records(shown)
    ]
    canvas.beside(ax, rates)
    if by:
        ax.axvline(overall, color=canvas.ink(), linestyle="--", linewidth=1)
    canvas.row_labels(ax, [str(name) for name in shown["name"]])
    canvas.percent_axis(ax.xaxis, upto=min(1.0, shown["rate_high"].max() * 1.05))
    canvas.plain(ax, grid="x")
    dashes = f"; dashed: all, {percent(overall)}" if by else ""
    more = canvas.not_shown(left)
    ax.set_xlabel(f"share escalated, with 95 % interval{dashes}{more}", parse_math=False)
    first = shown.iloc[0]
    says = f"{first['name']} {percent(first['rate'])}"
    says += f" ({interval(first['rate_low'], first['rate_high'])})"
    return ax, f"Points with 95 % intervals, one a group, highest first: {says}{more}."


def _over_time(rows: pd.DataFrame, overall: float, ax: Axes | None) -> tuple[Axes, str]:
    by = rows.attrs["by"]
    top = min(1.0, rows["rate_high"].max() * 1.05)
    draw = partial(_line, overall=overall, top=top)
    if not by:
        ax = canvas.canvas(ax, height=4)
        draw(ax, rows=rows)
        canvas.legend_above(ax)
        last = rows.iloc[-1]
        says = f"the last one {percent(last['rate'])} ({last['escalated']:,} of {last['n']:,})"
        return ax, f"A line over {len(rows)} periods within its 95 % band, {says}."
    groups, left = canvas.largest(rows, by, canvas.MOST_PANELS)
    heights = [canvas.PANEL] * len(groups)
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    names = [f"{name} (n = {part['n'].sum():,})" for name, part in groups]
    draws = [partial(draw, rows=part) for _, part in groups]
    canvas.panels(ax, names, draws, heights, same_x=True)
    return ax, f"A line over time in its 95 % band for each group{canvas.not_shown(left)}."


def _line(ax: Axes, rows: pd.DataFrame, overall: float, top: float) -> None:
    freq = rows.attrs["freq"]
    whole = canvas.every_period(rows, freq)
    ax.fill_between(
        whole.index, whole["rate_low"], whole["rate_high"], color=PALETTE["neutral"], alpha=0.25,
        linewidth=0, label="95 % interval",
    )  # fmt: skip
    ax.plot(
        whole.index, whole["rate"], "o-", color=PALETTE["neutral"], markersize=4, clip_on=False,
        label=f"rate of each {freq}",
    )  # fmt: skip
    ax.axhline(
        overall, color=canvas.ink(), linestyle="--", linewidth=1, label=f"all: {percent(overall)}"
    )
    canvas.percent_axis(ax.yaxis, upto=top)
    canvas.time_axis(ax, freq, rows.attrs["tz"])
    canvas.plain(ax, grid="y")
    ax.set_ylabel("share escalated")
