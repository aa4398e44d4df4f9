"""The form of a figure with its interval: points for groups, a line in its band over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..display import PALETTE
from ..metrics.results import interval, percent
from . import canvas

FULL = 1.03
"""Where an axis up to 100 % ends: points there stand off the words beside it."""


@dataclass(frozen=True)
class Figure:
    """
    What is drawn of a result.

    Attributes
    ----------
    value : str
        The column of fractions; its bounds are in ``{value}_low`` and ``{value}_high``.
    what : str
        The name of its axis, such as "share escalated".
    said : callable
        Says the figure of a row (a named tuple), beside its point.
    overall : float, optional
        The same figure of all records together: a dashed line.
    limits : sequence of (float, str)
        Further lines, dotted, with their names.
    """

    value: str
    what: str
    said: Callable[[Any], str]
    overall: float | None = None
    limits: Sequence[tuple[float, str]] = ()


def draw(
    rows: pd.DataFrame,
    figure: Figure,
    heading: str,
    ax: Axes | None,
    *,
    over: Sequence[str] = (),
    names: Callable[[pd.DataFrame], str] | None = None,
    note: str = "",
) -> Axes:
    """
    Draw a figure of each group, of each period, or of each period in panels for the groups.

    Parameters
    ----------
    rows : DataFrame
        A metric's result.
    figure : Figure
        What to draw of it.
    heading : str
        The title.
    ax : Axes, optional
        Where to draw.
    over : sequence of str
        Columns whose values never share axes, such as `currency`.
    names : callable, optional
        Says more of a panel's rows, after its name.
    note : str
        A second line of the title.
    """
    note = canvas.notes(note, canvas.left_out(rows))
    if "currency" in over:
        rows, unnamed = canvas.with_currency(rows)
        note = canvas.notes(note, unnamed)
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    freq = rows.attrs["freq"]
    if over or (freq and rows.attrs["by"]):
        ax, shown, left = _panels(rows, figure, ax, over, names)
        note = canvas.notes(note, canvas.not_shown(left))
    elif freq:
        ax = canvas.canvas(ax, height=4)
        band(ax, rows, figure)
        last = canvas.records(rows)[-1]
        shown = f"A line over time (periods: {len(rows):,}), the last one {figure.said(last)}"
    else:
        ax = canvas.canvas(ax, height=max(2.2, 1.4 + 0.36 * min(len(rows), canvas.MOST_GROUPS)))
        shown = points(ax, rows, figure)
    legend = 0
    if freq and ax.axison:
        legend = canvas.legend_above(ax, ncols=3)
    canvas.title(ax, heading, note, over_legend=legend)
    overall = "" if figure.overall is None else f" {percent(figure.overall)} overall."
    said = f"{heading}: {figure.what}.{overall} {shown}."
    return canvas.say(ax, f"{said} Intervals of {canvas.level(rows)}.{canvas.sentence(note)}")


def points(ax: Axes, rows: pd.DataFrame, figure: Figure, *, most: int = canvas.MOST_GROUPS) -> str:
    """Draw a point with its interval for each of the largest groups; say what is shown."""
    by, value = rows.attrs["by"], figure.value
    groups, left = canvas.largest(rows, by, most)
    named = [
        part.assign(name=name if by else f"all {rows.attrs['table']}") for name, part in groups
    ]
    shown = pd.concat(named).sort_values([value, "name"], ascending=[False, True])
    shown = shown.reset_index(drop=True)
    at, low, high = (shown[f"{value}{end}"] for end in ("", "_low", "_high"))
    canvas.whiskers(ax, at, shown.index, low, high)
    ax.plot(at, shown.index, "o", color=PALETTE["neutral"], markersize=7, clip_on=False)
    canvas.beside(ax, [figure.said(row) for row in canvas.records(shown)])
    canvas.row_labels(ax, [str(name) for name in shown["name"]])
    told = lines(ax.axvline, figure if by else replace(figure, overall=None))
    canvas.percent_axis(ax.xaxis, upto=top(shown, figure))
    canvas.plain(ax, grid="x")
    more = canvas.not_shown(left)
    label = f"{figure.what}, with {canvas.level(rows)} interval{told}{more}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)
    first = shown.iloc[0]
    says = f"{first['name']} {percent(first[value])}"
    says += f" ({interval(first[f'{value}_low'], first[f'{value}_high'])})"
    return f"Points with intervals, one a group, highest first: {says}{more}"


def band(ax: Axes, rows: pd.DataFrame, figure: Figure, *, upto: float | None = None) -> None:
    """Draw a line over time in its band; gaps where a period has no records."""
    freq, value = rows.attrs["freq"], figure.value
    whole = canvas.every_period(rows, freq)
    at, low, high = (whole[f"{value}{end}"] for end in ("", "_low", "_high"))
    colour = PALETTE["neutral"]
    ax.fill_between(
        whole.index, low, high, color=colour, alpha=0.25, linewidth=0,
        label=f"{canvas.level(rows)} interval",
    )  # fmt: skip
    # A period between two gaps has no band, but still an interval.
    alone = at.notna() & at.shift().isna() & at.shift(-1).isna()
    ends = np.vstack([at - low, high - at]).clip(0)[:, alone]
    ax.errorbar(
        whole.index[alone], at[alone], yerr=ends, fmt="none", ecolor=colour, elinewidth=3,
        alpha=0.25,
    )  # fmt: skip
    ax.plot(whole.index, at, "o-", color=colour, markersize=4, clip_on=False, label=f"each {freq}")
    if len(whole) == 1:  # by itself it would stand amid four years
        step = pd.Timedelta(days=canvas.bar_days(freq))
        ax.set_xlim(whole.index[0] - step, whole.index[0] + step)
    lines(ax.axhline, figure)
    canvas.percent_axis(ax.yaxis, upto=upto or near(rows, figure))
    canvas.time_axis(ax, freq, rows.attrs["tz"])
    canvas.plain(ax, grid="y")
    ax.set_ylabel(canvas.wrapped(figure.what, 28), parse_math=False)


def lines(draw_at: Callable[..., Any], figure: Figure | None) -> str:
    """Draw the lines to compare with; say what they are."""
    if figure is None:
        return ""
    named = [] if figure.overall is None else [(figure.overall, "all", "--")]
    named += [(at, name, ":") for at, name in figure.limits]
    for at, name, style in named:
        draw_at(
            at, color=canvas.ink(), linestyle=style, linewidth=1, label=f"{name}: {percent(at)}"
        )
    words = {"--": "dashed", ":": "dotted"}
    return "".join(f"; {words[style]}: {name}, {percent(at)}" for at, name, style in named)


def top(rows: pd.DataFrame, figure: Figure) -> float:
    """Return where the axis ends: above all intervals and lines."""
    high = [rows[figure.value].max(), rows[f"{figure.value}_high"].max(), figure.overall or 0]
    highest = float(np.nanmax([*high, *(at for at, _ in figure.limits), 0.0]))
    return min(FULL, highest * 1.05)


def near(rows: pd.DataFrame, figure: Figure) -> float:
    """
    Return where the axis of a line ends: above all points and most of the band.

    A first or last period of a few records has an interval that would flatten all others.
    """
    points = [rows[figure.value].max(), figure.overall or 0, *(at for at, _ in figure.limits)]
    usual = 2 * rows[f"{figure.value}_high"].median()
    return min(top(rows, figure), float(np.nanmax([usual, *points, 0.0])) * 1.05)


def _panels(
    rows: pd.DataFrame,
    figure: Figure,
    ax: Axes | None,
    over: Sequence[str],
    names: Callable[[pd.DataFrame], str] | None,
) -> tuple[Axes, str, int]:
    by, freq = rows.attrs["by"], rows.attrs["freq"]
    groups, left = canvas.largest(rows, [*over, *(by if freq else [])], canvas.MOST_PANELS)
    most = canvas.most_rows(len(groups))
    told = names or (lambda part: f"n = {part['n'].sum():,}")
    titles = [canvas.headed(name, told(part)) for name, part in groups]
    draws: list[Callable[[Axes], Any]]
    if freq:
        heights = [canvas.PANEL] * len(groups)
        upto = near(pd.concat([part for _, part in groups]), figure)
        draws = [partial(band, rows=part, figure=figure, upto=upto) for _, part in groups]
    else:
        heights = [
            0.36 * min(part.groupby(by, dropna=False).ngroups if by else 1, most)
            for _, part in groups
        ]
        draws = [partial(points, rows=part, figure=figure, most=most) for _, part in groups]
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    canvas.panels(ax, titles, draws, heights, same_x=bool(freq))
    what = "a line over time in its band" if freq else "points with intervals"
    return ax, f"{what.capitalize()} in a panel for each of {'; '.join(titles)}", left
