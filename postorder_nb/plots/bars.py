"""The form of bars: ranked rows, and columns over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..display import PALETTE
from . import canvas


class Look(NamedTuple):
    """Colour (a meaning of the palette) and hatch of an area, and its name in the legend."""

    colour: str
    hatch: str = ""
    name: str = ""

    def fill(self) -> dict[str, Any]:
        """Return the arguments of matplotlib that draw it."""
        return {
            "color": PALETTE[self.colour], "hatch": self.hatch, "edgecolor": "white",
            "linewidth": 0,
        }  # fmt: skip

    def patch(self) -> Any:
        """Return the entry of a legend."""
        return canvas.patch(PALETTE[self.colour], self.hatch, self.name)


PLAIN = Look("neutral")
SERIES = (
    Look("neutral"), Look("attention", "//"), Look("good", ".."), Look("bad", "\\\\"),
    Look("accent", "xx"),
)  # fmt: skip
REST = Look("muted")
"""What is left of a whole once its largest parts have a look of `SERIES`."""


def rows(
    ax: Axes,
    values: pd.Series[Any],
    *,
    names: Sequence[str],
    said: Sequence[str],
    bounds: tuple[Any, Any] | None = None,
    looks: Sequence[Look] | None = None,
) -> None:
    """Draw a bar a row, the first on top, with its interval and what is said beside it."""
    at = np.arange(len(values))
    looks = looks or [PLAIN] * len(values)
    for look in dict.fromkeys(looks):
        own = [i for i, one in enumerate(looks) if one == look]
        ax.barh(own, values.iloc[own].fillna(0), height=0.7, label=look.name, **look.fill())
    if bounds is not None:
        canvas.whiskers(ax, values.to_numpy("float64"), at, *(np.asarray(b) for b in bounds))
    canvas.beside(ax, said)
    canvas.row_labels(ax, names)
    canvas.plain(ax, grid="x")


def stacked(
    ax: Axes,
    groups: pd.DataFrame,
    layers: Sequence[tuple[str, Look]],
    *,
    names: Sequence[str],
    said: Sequence[str],
    bounds: tuple[str, str] | None = None,
) -> None:
    """
    Draw a bar a row, the first on top; `layers` are columns laid end to end, negative ones left.

    `bounds` are the interval of their sum.
    """
    at = np.arange(len(groups))
    right, left = np.zeros(len(groups)), np.zeros(len(groups))
    for column, look in layers:
        values = groups[column].fillna(0).to_numpy("float64")
        base = np.where(values < 0, left, right)
        ax.barh(at, values, left=base, height=0.7, label=look.name, **look.fill())
        right, left = right + values.clip(min=0), left + values.clip(max=0)
    if bounds is not None:
        canvas.whiskers(ax, right, at, *(groups[end].to_numpy("float64") for end in bounds))
    canvas.beside(ax, said)
    canvas.row_labels(ax, names)
    canvas.plain(ax, grid="x")


class Step(NamedTuple):
    """A row of a waterfall: from where to where it reaches, and what is said beside it."""

    name: str
    start: float
    end: float
    look: Look
    said: str


def waterfall(ax: Axes, steps: Sequence[Step], unit: str) -> None:
    """Draw amounts that add up, each from where the one above it ends."""
    for i, step in enumerate(steps):
        ax.barh(i, step.end - step.start, left=step.start, height=0.7, **step.look.fill())
        if i + 1 < len(steps):
            ax.plot([step.end] * 2, [i, i + 1], color=canvas.ink(), linewidth=0.8, zorder=0.5)
    canvas.beside(ax, [step.said for step in steps])
    canvas.row_labels(ax, [step.name for step in steps])
    ends = [end for step in steps for end in step[1:3]]
    canvas.number_axis(ax.xaxis, upto=max(ends) * 1.02, low=min(0.0, *ends) * 1.05)
    ax.set_xlabel(unit, parse_math=False)
    canvas.plain(ax, grid="x")


def columns(
    ax: Axes,
    periods: pd.DataFrame,
    layers: Sequence[tuple[str, Look]],
    *,
    bounds: tuple[str, str] | None = None,
) -> None:
    """
    Draw a column a period; `layers` are columns on top of each other, negative ones below zero.

    `bounds` are the interval of their sum.
    """
    freq = periods.attrs["freq"]
    at = canvas.local(periods["period"])
    above, below = np.zeros(len(periods)), np.zeros(len(periods))
    for column, look in layers:
        values = periods[column].fillna(0).to_numpy("float64")
        bottom = np.where(values < 0, below, above)
        ax.bar(
            at, values, bottom=bottom, width=canvas.bar_days(freq), label=look.name, **look.fill()
        )
        above, below = above + values.clip(min=0), below + values.clip(max=0)
    if bounds is not None:
        low, high = (periods[end].to_numpy("float64") for end in bounds)
        ends = np.vstack([above - low, high - above]).clip(0)
        ax.errorbar(at, above, yerr=ends, fmt="none", ecolor=canvas.ink(), elinewidth=1, capsize=2)
    canvas.time_axis(ax, freq, periods.attrs["tz"])
    canvas.plain(ax, grid="y")


def legend(ax: Axes, looks: Sequence[Look], *, ncols: int = 3) -> int:
    """Set the looks that have a name between axes and title; return how many lines they take."""
    entries = [look.patch() for look in dict.fromkeys(looks) if look.name]
    return canvas.legend_above(ax, entries, ncols=ncols) if entries else 0
