"""Curves of how long things take: the share that has ended by each day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..display import PALETTE, clean, shorten
from ..metrics.results import percent
from . import canvas

MOST_CURVES = 4
"""More curves than these cross each other past reading: their medians are drawn instead."""
_LINES = [("neutral", "-"), ("attention", "--"), ("accent", "-."), ("muted", ":")]
_FEW = 5  # where fewer are left, the curve hangs on single records
_STEPS = 600  # more of them than pixels
_MARKS = 60
_HALF = 0.5


@dataclass(frozen=True)
class Wording:
    """What is waited for: "returns are closed", "closed", and from when the days are counted."""

    heading: str
    done: str
    since: str = "the record was opened"


def draw(
    metric: Callable[..., pd.DataFrame], wording: Wording, *, ax: Axes | None, **given: Any
) -> Axes:
    """
    Draw a metric of durations, called with what is given.

    Curves of all records or a few groups; with more groups or with `freq` their medians.
    """
    frame = given.pop("frame")
    rows = metric(frame, **given)
    facts = rows.attrs
    heading = f"Days until {wording.heading.format(facts['table'])} (n = {facts['n_total']:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    ended = f"{rows['n_done'].sum():,} {wording.done}, {rows['n_other'].sum():,} ended otherwise"
    counted = f"{ended}, {rows['n_open'].sum():,} still open"
    legend = 0
    if facts["freq"]:
        ax, says = _over_time(rows, ax)
        legend = 0 if facts["by"] else canvas.legend_above(ax, ncols=4)
    elif len(rows) > MOST_CURVES:
        ax, says = _medians(rows, ax)
        legend = canvas.legend_above(ax)
    else:
        curves = metric(frame, **given, curve=True)
        ax = canvas.canvas(ax, height=4.4 + 0.16 * len(rows))
        says = _curves(ax, rows, curves, wording)
    canvas.title(ax, heading, counted, canvas.left_out(rows), over_legend=legend)
    return canvas.say(ax, f"{heading}; {counted}. {says}")


def _curves(ax: Axes, rows: pd.DataFrame, curves: pd.DataFrame, wording: Wording) -> str:
    by, level = rows.attrs["by"], canvas.level(rows)
    parts = [curves] if not by else [_of(curves, row, by) for _, row in rows.iterrows()]
    names = [""] if not by else [canvas.group_name(row, by) for _, row in rows.iterrows()]
    upto = max(_end(part) for part in parts) * 1.04 or 1.0
    top = max(part.loc[part["days"] <= upto, "share_high"].max() for part in parts)
    top = 1.0 if not top <= _HALF else max(top * 1.1, 0.01)
    _days_axis(ax, upto)
    for part, style in zip(parts, _LINES, strict=False):
        _curve(ax, part, upto, style, 0.2 if len(parts) <= 2 else 0.1)
    for row, (colour, _) in zip(canvas.records(rows), _LINES, strict=False):
        _mark_median(ax, row, upto, colour)
    canvas.percent_axis(ax.yaxis, upto=top)
    canvas.plain(ax, grid="y")
    ax.set_ylabel(f"share {wording.done}, with {level} interval")
    _at_risk(ax, parts, names)
    cut = "; cut at the last event" if upto < max(p["days"].max() for p in parts) else ""
    ax.set_xlabel(
        f"days since {wording.since}{cut}\nbelow: records that had not ended by then; ticks on "
        "the curve: last seen open",
        labelpad=10 + 12 * len(parts),
    )
    said = [_said(row, level) for row in canvas.records(rows)]
    if by:
        lines = [
            f"{shorten(canvas.drawable(clean(name)), 28)}\n{_briefly(row)}"
            for name, row in zip(names, canvas.records(rows), strict=True)
        ]
        _name_ends(ax, parts, upto, lines)
    else:
        ax.text(
            0.98, 0.04, said[0], transform=ax.transAxes, ha="right", va="bottom",
            parse_math=False,
        )  # fmt: skip
    told = [": ".join(filter(None, both)) for both in zip(names, said, strict=True)]
    return f"Rising curve of the share with a {level} band. {'; '.join(told)}.".replace("\n", ", ")


def _of(curves: pd.DataFrame, row: pd.Series[Any], by: list[str]) -> pd.DataFrame:
    """Return the curve of the group that a row of figures is about."""
    here = pd.Series(data=True, index=curves.index)
    for column in by:
        value = row[column]
        here &= curves[column].isna() if pd.isna(value) else (curves[column] == value).fillna(False)
    return curves[here]


def _end(curve: pd.DataFrame) -> float:
    """Return until when a curve is drawn: the last event while more than a few are left."""
    many = curve[curve["n_at_risk"] >= _FEW]
    told = many if len(many) else curve
    events = told.loc[told["n_done"] > 0, "days"]
    return float(events.max() if len(events) else told["days"].max())


def _curve(ax: Axes, part: pd.DataFrame, upto: float, style: tuple[str, str], alpha: float) -> None:
    colour, line = PALETTE[style[0]], style[1]
    seen_until = min(float(part["days"].max()), upto)
    part = part[part["days"] <= upto]
    steps = _thinned(part, upto)
    days = np.r_[0.0, steps["days"], seen_until]
    share, low, high = (
        np.r_[0.0, steps[name], [*steps[name], 0.0][len(steps) - 1]]
        for name in ("share", "share_low", "share_high")
    )
    ax.fill_between(days, low, high, step="post", color=colour, alpha=alpha, linewidth=0)
    ax.plot(days, share, line, drawstyle="steps-post", color=colour, linewidth=1.8)
    censored = part[part["n_open"] > 0]
    bins = (censored["days"] / (upto / _MARKS)).astype(int)
    seen = censored[~bins.duplicated(keep="last")]
    ax.plot(seen["days"], seen["share"], "|", color=canvas.ink(), markersize=7, markeredgewidth=1)


def _thinned(part: pd.DataFrame, upto: float) -> pd.DataFrame:
    """Keep the last step of each pixel."""
    if len(part) <= _STEPS:
        return part
    bins = (part["days"] / (upto / _STEPS)).astype(int)
    return part[~bins.duplicated(keep="last")]


def _mark_median(ax: Axes, row: Any, upto: float, colour: str) -> None:
    median, low, high = row.median_days, row.median_days_low, row.median_days_high
    if not median <= upto:
        return
    dotted = {"color": canvas.ink(), "linestyle": ":", "linewidth": 1}
    ax.plot([0, median, median], [_HALF, _HALF, 0], **dotted)
    ends = [low, upto if pd.isna(high) else min(upto, high)]
    ax.plot(ends, [_HALF, _HALF], color=canvas.ink(), linewidth=1.2)
    ax.plot(ends[:1], [_HALF], "|", color=canvas.ink(), markersize=8)
    ax.plot(ends[1:], [_HALF], "|" if high <= upto else ">", color=canvas.ink(), markersize=8)
    ax.plot([median], [_HALF], "o", color=PALETTE[colour], markersize=7, zorder=3)


def _days_axis(ax: Axes, upto: float) -> None:
    ticks = MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]).tick_values(0, upto)
    ax.set_xticks([tick for tick in ticks if 0 <= tick <= upto * (1 + 1e-9)])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda day, _: f"{day:g}"))
    ax.set_xlim(0, upto)


def _at_risk(ax: Axes, parts: list[pd.DataFrame], names: list[str]) -> None:
    """Write below each tick how many had not ended by then, a line for each curve."""
    write = partial(
        ax.annotate, xycoords=("data", "axes fraction"), textcoords="offset points", va="top",
        fontsize="small", parse_math=False, annotation_clip=False,
    )  # fmt: skip
    for i, (part, name) in enumerate(zip(parts, names, strict=True)):
        down = -18 - 12 * i
        for tick in ax.get_xticks():
            here = part.loc[part["days"] >= tick, "n_at_risk"]
            left = f"{int(here.iloc[0]) if len(here) else 0:,}"
            write(left, (tick, 0), xytext=(0, down), ha="center")
        if name:
            label = shorten(canvas.drawable(clean(name)), 18)
            write(label, (0, 0), xytext=(-20, down), ha="right")


def _name_ends(ax: Axes, parts: list[pd.DataFrame], upto: float, lines: list[str]) -> None:
    """Name each curve at its end, right of the axes, and keep the names apart."""
    top = ax.get_ylim()[1]
    ends = []
    for part in parts:
        seen = part[part["days"] <= upto].iloc[-1]
        ends.append((float(seen["days"]), float(seen["share"])))
    order = sorted(range(len(ends)), key=lambda i: ends[i][1])
    room = 0.24
    places: dict[int, float] = {}
    for k, i in enumerate(order):
        least = places[order[k - 1]] + room if k else 0.08
        most = 1.0 - room * (len(order) - 1 - k) - 0.08
        places[i] = min(max(ends[i][1] / top, least), most)
    for i, line in enumerate(lines):
        colour, style = _LINES[i]
        ax.annotate(
            line, ends[i], (1.07, places[i]), textcoords="axes fraction", va="center",
            fontsize="small", parse_math=False, annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": PALETTE[colour], "linestyle": style,
                "relpos": (0, 0.5), "shrinkA": 1, "shrinkB": 1,
            },
        )  # fmt: skip


def _said(row: Any, level: str) -> str:
    median = _days(row.median_days)
    if median == "-":
        share = percent(row.n_done / row.n)
        return f"half of them: not reached\n({row.n_done:,} of {row.n:,} so far, {share})"
    half = f"half within {median} days\n({level} interval {_interval(row)})"
    return f"{half}\n90 %: {_days(row.p90_days, 'within ')}"


def _briefly(row: Any) -> str:
    half = _days(row.median_days)
    if half == "-":
        return f"{row.n_done:,} of {row.n:,}\nhalf: not reached"
    return f"half: {half} days ({_interval(row)})\n90 %: {_days(row.p90_days, '')}"


def _interval(row: Any) -> str:
    low, high = _days(row.median_days_low), _days(row.median_days_high)
    return f"{low} and more" if high == "-" else f"{low} to {high}"


def _days(days: float, before: str | None = None) -> str:
    """Write a number of days; with `before`, in words."""
    if pd.isna(days):
        return "-" if before is None else "not reached"
    number = f"{days:,.1f}" if days >= 1 else f"{days:.2g}"
    return number if before is None else f"{before}{number} days"


def _medians(rows: pd.DataFrame, ax: Axes | None) -> tuple[Axes, str]:
    """Draw a row for each of the largest groups, the slowest on top."""
    by, level = rows.attrs["by"], canvas.level(rows)
    groups, left = canvas.largest(rows, by, canvas.MOST_GROUPS)
    shown = pd.concat([part.assign(name=name) for name, part in groups])
    shown = shown.sort_values(["median_days", "name"], ascending=[False, True])
    shown = shown.reset_index(drop=True)
    ax = canvas.canvas(ax, height=1.7 + 0.4 * len(shown))
    ends = shown[["median_days", "median_days_high", "p90_days"]].max().max()
    upto = ends * 1.04 if ends > 0 else 1.0
    known = shown[shown["median_days"].notna()]
    high = known["median_days_high"].fillna(upto)
    canvas.whiskers(ax, known["median_days"], known.index, known["median_days_low"], high)
    ax.plot(
        known["median_days"], known.index, "o", color=PALETTE["neutral"], markersize=7,
        clip_on=False, label="half of them",
    )  # fmt: skip
    ax.plot(
        shown["p90_days"], shown.index, "D", color=PALETTE["muted"], markersize=6, fillstyle="none",
        clip_on=False, label="90 %",
    )  # fmt: skip
    canvas.beside(ax, [_beside(row) for row in canvas.records(shown)])
    canvas.row_labels(ax, [str(name) for name in shown["name"]])
    canvas.number_axis(ax.xaxis, upto=upto)
    canvas.plain(ax, grid="x")
    more = canvas.not_shown(left)
    ax.set_xlabel(f"days, with {level} interval of the half{more}", parse_math=False)
    first = shown.iloc[0]
    slowest = f"slowest first: {first['name']} {_days(first['median_days'])} days"
    return ax, f"Medians with {level} intervals, one a group, {slowest}{more}."


def _beside(row: Any) -> str:
    median = _days(row.median_days, "")
    return f"{median}  (n = {row.n:,})"


def _over_time(rows: pd.DataFrame, ax: Axes | None) -> tuple[Axes, str]:
    by = rows.attrs["by"]
    top = rows[["median_days", "p90_days", "median_days_high"]].max().max()
    draw = partial(_line, top=top * 1.08 if top > 0 else 1.0)
    says = "Medians over time as a line in their band, with the 90th percentile as diamonds"
    if not by:
        ax = canvas.canvas(ax, height=4)
        draw(ax, rows=rows)
        known = rows[rows["median_days"].notna()]
        last = f", the last known {_days(known['median_days'].iloc[-1])} days" if len(known) else ""
        return ax, f"{says}{last}."
    groups, left = canvas.largest(rows, by, canvas.MOST_PANELS)
    heights = [canvas.PANEL] * len(groups)
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    names = [f"{name} (n = {part['n'].sum():,})" for name, part in groups]
    draws = [partial(draw, rows=part) for _, part in groups]
    canvas.panels(ax, names, draws, heights, same_x=True)
    return ax, f"{says}, for each group{canvas.not_shown(left)}."


def _line(ax: Axes, rows: pd.DataFrame, top: float) -> None:
    freq, colour = rows.attrs["freq"], PALETTE["neutral"]
    whole = canvas.every_period(rows, freq)
    known = whole["median_days"].notna()
    high = whole["median_days_high"].fillna(top).where(known)
    level = canvas.level(rows)
    ax.fill_between(
        whole.index, whole["median_days_low"].where(known), high, color=colour, alpha=0.25,
        linewidth=0, label=f"{level} interval",
    )  # fmt: skip
    ax.plot(
        whole.index, whole["median_days"], "o-", color=colour, markersize=4, clip_on=False,
        label="half within",
    )  # fmt: skip
    ax.plot(
        whole.index, whole["p90_days"], "D", color=PALETTE["muted"], markersize=5,
        fillstyle="none", clip_on=False, label="90 % within",
    )  # fmt: skip
    unknown = whole.index[whole["n"].notna() & ~known]
    if len(unknown):
        ax.plot(
            unknown, [top] * len(unknown), "^", color=canvas.ink(), markersize=6, fillstyle="none",
            clip_on=False, label="half not reached",
        )  # fmt: skip
    canvas.number_axis(ax.yaxis, upto=top)
    canvas.time_axis(ax, freq, rows.attrs["tz"])
    canvas.plain(ax, grid="y")
    ax.set_ylabel("days")
