"""The picture of what has changed lately."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from .. import metrics
from ..display import PALETTE, clean, shorten
from ..metrics.alerts import SHARES, VOLUMES
from . import canvas

MOST_ROWS = 12
_ROW = 0.56
_LINE = 112  # characters of a sentence that fit above its row


def alerts(
    records: Any,
    *,
    days: float = 7.0,
    weeks: float = 8.0,
    volumes: Sequence[str] = VOLUMES,
    shares: Sequence[str] = SHARES,
    level: float | None = 0.05,
    confidence: float = 0.95,
    as_of: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw what is different in the last days from the weeks before, beyond chance.

    A row for each finding, the surest on top: the sentence, and below it the figure before as
    a hollow point and the one now as a full one. The bar is the interval of the change, laid on
    the figure before; where it misses the hollow point, the change is more than chance alone.
    Records a week and shares have a panel each. If nothing stands out, it says among how many.

    Parameters
    ----------
    records, days, weeks, volumes, shares, level, confidence, as_of
        As for `postorder_nb.metrics.alerts`, which computes what is drawn.
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
    rows = metrics.alerts(
        records, days=days, weeks=weeks, volumes=volumes, shares=shares, level=level,
        confidence=confidence, as_of=as_of,
    )  # fmt: skip
    looked = rows.attrs["n_looked"]
    heading = f"Changes in the last {days:g} days (n = {looked:,} looked at)"
    if not looked:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    if rows.empty:
        return _calm(canvas.canvas(ax, height=2.2), heading)
    shown = rows.head(MOST_ROWS)
    parts = {
        "Records a week": shown[shown["metric"] == "volume"],
        "Shares of records": shown[shown["metric"] == "share"],
    }
    parts = {name: part for name, part in parts.items() if len(part)}
    heights = [_ROW * len(part) for part in parts.values()]
    ax = canvas.canvas(ax, height=canvas.height_of(heights) + 0.2)
    told = canvas.level(rows)
    draws = [partial(_forest, rows=part, level=told) for part in parts.values()]
    canvas.panels(ax, list(parts), draws, heights, same_x=False)
    legend = canvas.legend_above(ax, _legend(told))
    left = len(rows) - len(shown)
    more = f"less sure ones not shown: {left:,}" if left else ""
    canvas.title(ax, heading, more, over_legend=legend)
    surest = "; ".join(str(sentence) for sentence in shown["sentence"].head(3))
    return canvas.say(ax, f"{heading}: {len(rows):,} told, the surest first. {surest}.")


def _calm(ax: Axes, heading: str) -> Axes:
    ax.set_axis_off()
    canvas.title(ax, heading)
    text = "nothing has changed beyond chance"
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, fontsize="large")
    return canvas.say(ax, f"{heading}: {text}.")


def _forest(ax: Axes, rows: pd.DataFrame, level: str) -> None:
    rows = rows.reset_index(drop=True)
    before, now = rows["before"], rows["now"]
    low, high = before + rows["change_low"], before + rows["change_high"]
    canvas.whiskers(ax, now, rows.index + 0.22, low, high)
    ax.plot(
        before, rows.index + 0.22, "o", color=PALETTE["muted"], fillstyle="none", markersize=8,
        clip_on=False,
    )  # fmt: skip
    ax.plot(now, rows.index + 0.22, "o", color=PALETTE["neutral"], markersize=7, clip_on=False)
    for i, sentence in enumerate(rows["sentence"]):
        line = shorten(canvas.drawable(clean(sentence)), _LINE)
        ax.text(
            0, i - 0.2, line, transform=ax.get_yaxis_transform(), va="center", fontsize="small",
            parse_math=False,
        )  # fmt: skip
    ax.set_yticks([])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    least = min(0.0, float(low.min()))
    most = float(pd.concat([high, now, before]).max()) * 1.05
    if (rows["metric"] == "share").any():
        canvas.percent_axis(ax.xaxis, upto=min(most, 1.0))
        ax.set_xlabel(f"share of the records, with {level} interval of the change")
    else:
        canvas.number_axis(ax.xaxis, upto=most)
        ax.set_xlabel(f"records a week, with {level} interval of the change")
    ax.set_xlim(left=least * 1.05)
    canvas.plain(ax, grid="x")


def _legend(level: str) -> list[Any]:
    plain: dict[str, Any] = {"linestyle": "none", "marker": "o"}
    return [
        Line2D([], [], **plain, color=PALETTE["neutral"], markersize=7, label="now"),
        Line2D(
            [], [], **plain, color=PALETTE["muted"], fillstyle="none", markersize=8, label="before"
        ),
        Line2D([], [], color=canvas.ink(), linewidth=1, label=f"{level} interval of the change"),
    ]
