"""Pictures of what has changed in why records are opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE
from ..metrics.results import name_of, percent, points
from . import canvas

# Marker, colour, name: what is beyond chance is told by the form, too.
_MARKS = {
    "more": ("^", "bad", "beyond chance: more"),
    "less": ("v", "good", "beyond chance: less"),
    "chance": ("o", "muted", "may be chance"),
}


def reason_shift(
    frame: Any,
    *,
    days: int = 28,
    until: dt.date | str | None = None,
    level: str = "reason",
    by: str | Sequence[str] | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how the shares of the reasons have changed between two spans.

    A point with its interval for each reason, in percentage points, from what has become more
    frequent to what has become rarer; triangles mark what is beyond chance. With `by`, each of
    the largest groups has a panel.

    Parameters
    ----------
    frame, days, until, level, by, tz, date, min_n, confidence
        As for `postorder_nb.metrics.reason_shift`, which computes what is drawn.
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
    rows = metrics.reason_shift(
        frame, days=days, until=until, level=level, by=by, tz=tz, date=date, min_n=min_n,
        confidence=confidence,
    )  # fmt: skip
    table, keys = rows.attrs["table"], rows.attrs["by"]
    heading = f"Change in the reasons for {table} (n = {rows.attrs['n_total']:,})"
    known = rows[rows["difference"].notna()]
    if known.empty:
        reason = "" if rows.empty else ", none in both spans"
        return canvas.nothing(canvas.canvas(ax, height=3), f"{heading}{reason}")
    groups, left = canvas.largest(known, keys, canvas.MOST_PANELS)
    most = canvas.most_rows(len(groups))
    heights = [0.4 * min(len(part), most) for _, part in groups]
    draws = [partial(_differences, rows=part, most=most) for _, part in groups]
    if keys:
        ax = canvas.canvas(ax, height=canvas.height_of(heights) + 0.5)
        titles = [canvas.headed(name, f"n = {part['n'].sum():,}") for name, part in groups]
        canvas.panels(ax, titles, draws, heights, same_x=True)
    else:
        ax = canvas.canvas(ax, height=max(2.6, 2 + heights[0]))
        draws[0](ax)
    marks = [
        ax.plot([], [], mark, color=PALETTE[colour], markersize=7, label=name)[0]
        for mark, colour, name in _MARKS.values()
    ]
    legend = canvas.legend_above(ax, marks)
    spans = _spans(rows)
    note = canvas.notes(canvas.left_out(rows), canvas.not_shown(left))
    canvas.title(ax, heading, spans, note, over_legend=legend)
    return canvas.say(ax, f"{heading}, {spans}: {_told(known)}{canvas.sentence(note)}")


def _differences(ax: Axes, rows: pd.DataFrame, most: int) -> None:
    """Draw the surest changes of one group, the largest rise on top."""
    shown = rows.head(most).sort_values("difference", ascending=False, kind="stable")
    shown = shown.reset_index(drop=True)
    ends = shown["difference_low"], shown["difference_high"]
    canvas.whiskers(ax, shown["difference"], shown.index, *ends)
    kinds = [_kind(row) for row in canvas.records(shown)]
    for kind, (mark, colour, _) in _MARKS.items():
        at = [i for i, own in enumerate(kinds) if own == kind]
        ax.plot(shown["difference"].iloc[at], at, mark, color=PALETTE[colour], markersize=8)
    ax.axvline(0, color=canvas.ink(), linewidth=1)
    canvas.beside(
        ax,
        [
            f"{percent(row.share_before)} \N{RIGHTWARDS ARROW} {percent(row.share_now)}"
            f"  (n = {row.n_before:,}, {row.n_now:,})"
            for row in canvas.records(shown)
        ],
    )
    canvas.row_labels(ax, _names(shown))
    low, high = float(np.nanmin([ends[0].min(), 0])), float(np.nanmax([ends[1].max(), 0]))
    room = (high - low) * 0.04 or 0.01
    canvas.points_axis(ax.xaxis, low=low - room, high=high + room)
    canvas.plain(ax, grid="x")
    more = f"; less sure ones not shown: {len(rows) - len(shown):,}" if len(rows) > most else ""
    label = f"change of the share in points, with {canvas.level(rows)} interval{more}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)


def _kind(row: Any) -> str:
    if pd.isna(row.changed) or not row.changed:
        return "chance"
    return "more" if row.difference > 0 else "less"


def _names(rows: pd.DataFrame) -> list[str]:
    columns = [column for column in ("reason", "reason_type") if column in rows]
    twice = rows[columns[0]].duplicated(keep=False)
    return [
        ": ".join(name_of(row[column], column) for column in (columns if two else columns[:1]))
        for (_, row), two in zip(rows.iterrows(), twice, strict=True)
    ]


def _spans(rows: pd.DataFrame) -> str:
    """Name the days compared."""
    zone = ZoneInfo(rows.attrs["tz"])
    since, between, until = (
        dt.datetime.fromisoformat(rows.attrs[name]).astimezone(zone).date()
        for name in ("since", "between", "until")
    )
    now, before = _days(between, until), _days(since, between)
    return f"{now} against {before} ({rows.attrs['tz']})"


def _days(start: dt.date, end: dt.date) -> str:
    """Name days, without the last one; the year once, if it is one."""
    last = end - dt.timedelta(days=1)
    shown = f"{last:%m-%d}" if start.year == last.year else str(last)
    return f"{start} \N{EN DASH} {shown}"


def _told(rows: pd.DataFrame) -> str:
    """Say what is beyond chance."""
    changed = rows[rows["changed"].fillna(value=False).astype(bool)]
    if changed.empty:
        return f"points with {canvas.level(rows)} intervals; no change is beyond chance."
    said = [
        f"{name} {points(row.difference)}"
        for name, row in zip(_names(changed), canvas.records(changed), strict=True)
    ]
    return f"points with {canvas.level(rows)} intervals; beyond chance: {'; '.join(said[:5])}."
