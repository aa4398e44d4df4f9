"""The control chart: which periods are beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from .. import metrics
from ..display import PALETTE
from ..enums import label
from ..metrics.control import THREE_SIGMA
from ..metrics.results import name_of, percent
from . import canvas

_SHAPES = {  # which points, how they look, their name in the legend
    "in": ("o", "neutral", 4, "within the limits"),
    "run": ("s", "attention", 6, "eighth or later in a row on one side"),
    "above": ("^", "bad", 9, "above the limits"),
    "below": ("v", "good", 9, "below the limits"),
    "partial": ("o", "muted", 5, "not over yet"),
}


def control_chart(
    frame: Any,
    *,
    column: str | None = None,
    values: str | Sequence[str] | None = None,
    orders: Any = None,
    freq: str = "week",
    tz: str = "UTC",
    date: str = "created_at",
    orders_date: str = "placed_at",
    baseline: int | None = None,
    confidence: float = THREE_SIGMA,
    as_of: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw a share or a rate of each period, within the limits of chance.

    Points joined by a line, the centre dashed, and a band whose edges are the limits: narrow
    where a period holds many records, wide where it holds few. A triangle is a period beyond
    its limits, a square the eighth or later in a row on one side of the centre, a hollow point
    a period that is not over. The shape says it; the colour only repeats it.

    Parameters
    ----------
    frame, column, values, orders, freq, tz, date, orders_date, baseline, confidence, as_of
        As for `postorder_nb.metrics.control_chart`, which computes what is drawn.
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
    rows = metrics.control_chart(
        frame, column=column, values=values, orders=orders, freq=freq, tz=tz, date=date,
        orders_date=orders_date, baseline=baseline, confidence=confidence, as_of=as_of,
    )  # fmt: skip
    what = _what(rows)
    heading = f"{what}, by {freq} (n = {rows['n_hit'].sum():,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    ax = canvas.canvas(ax, height=4.2)
    _limits(ax, rows)
    kinds = _kinds(rows)
    _points(ax, rows, kinds)
    high = float(np.nanmax([*rows["rate"], *rows["rate_upper"], 0.0])) * 1.06
    share = rows.attrs["kind"] == "p"
    canvas.percent_axis(ax.yaxis, upto=min(high, 1.0) if share else high)
    if not share:
        canvas.number_axis(ax.yaxis, upto=high)
    if rows.attrs["unit"].endswith("order"):
        ax.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x * 100:.4g}"))
    around = pd.Timedelta(days=canvas.bar_days(freq))
    ends = canvas.local(rows["period"]).agg(["min", "max"])
    ax.set_xlim(ends["min"] - around, ends["max"] + around)
    canvas.time_axis(ax, freq, tz)
    canvas.plain(ax, grid="y")
    ax.set_ylabel(_unit(rows), parse_math=False)
    beyond = kinds.isin(["above", "below"]).sum()
    runs = int((kinds == "run").sum())
    found = f"{beyond} of {len(rows)} {freq}s beyond the limits of chance"
    found += f", {runs} more in a run" if runs else ""
    canvas.title(ax, heading, found, over_legend=canvas.legend_above(ax))
    said = ", ".join(
        f"{name_of(row.period, 'period', freq)} {row.outside}"
        for row in canvas.records(rows[rows["outside"] != "no"].tail(10))
    )
    centre = _number(rows["centre"].iloc[0], rows)
    return canvas.say(ax, f"{heading}: centre {centre}; {found}{f': {said}' if said else ''}.")


def _what(rows: pd.DataFrame) -> str:
    facts = rows.attrs
    table = facts["table"].capitalize()
    if facts["kind"] == "u":
        return f"{table} per {'100 orders' if facts['unit'].endswith('order') else 'day'}"
    names = [name_of(value, facts["column"]) for value in facts["values"]]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{table}: {label(facts['column']).lower()} {' or '.join(names[:2])}{more}"


def _unit(rows: pd.DataFrame) -> str:
    facts = rows.attrs
    if facts["kind"] == "p":
        return f"share of {facts['table']}"
    return f"{facts['table']} per {'100 orders' if facts['unit'].endswith('order') else 'day'}"


def _number(rate: float, rows: pd.DataFrame) -> str:
    if pd.isna(rate):
        return "-"
    if rows.attrs["kind"] == "p":
        return percent(rate)
    return f"{rate * (100 if rows.attrs['unit'].endswith('order') else 1):,.3g}"


def _limits(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw centre and limits as steps: each period has its own."""
    at, centre = canvas.local(rows["period"]), rows["centre"].iloc[0]
    lower, upper = rows["rate_lower"], rows["rate_upper"]
    level = f"{100 * rows.attrs['confidence']:.4g} %"
    colour = PALETTE["muted"]
    name = f"limits of chance ({level})"
    if len(rows) == 1:  # no step to draw
        bounds = [[float(centre - lower.iloc[0])], [float(upper.iloc[0] - centre)]]
        ax.errorbar(at, [centre], yerr=bounds, fmt="none", ecolor=colour, capsize=12, label=name)
    else:
        ax.fill_between(
            at, lower, upper, step="mid", color=colour, alpha=0.18, linewidth=0, label=name
        )
        for edge in (lower, upper):
            ax.plot(at, edge, drawstyle="steps-mid", color=colour, linewidth=1)
    if not pd.isna(centre):
        ax.axhline(
            centre, color=canvas.ink(), linestyle="--", linewidth=1,
            label=f"centre: {_number(centre, rows)}",
        )  # fmt: skip


def _kinds(rows: pd.DataFrame) -> pd.Series[Any]:
    """Name the shape of each point."""
    run = rows["run"].astype(bool)
    kinds = rows["outside"].astype(object).where(rows["outside"] != "no", "in")
    kinds = kinds.mask(run & (kinds == "in"), "run")
    return kinds.mask(~rows["complete"].astype(bool) & (kinds == "in"), "partial")


def _points(ax: Axes, rows: pd.DataFrame, kinds: pd.Series[Any]) -> None:
    at = canvas.local(rows["period"])
    ax.plot(at, rows["rate"], "-", color=PALETTE["neutral"], linewidth=1, alpha=0.7)
    for kind, (shape, colour, size, name) in _SHAPES.items():
        own = kinds == kind
        if own.any():
            hollow: dict[str, Any] = {"fillstyle": "none"} if kind == "partial" else {}
            ax.plot(
                at[own], rows.loc[own, "rate"], shape, color=PALETTE[colour], markersize=size,
                label=name, clip_on=False, zorder=3, **hollow,
            )  # fmt: skip
