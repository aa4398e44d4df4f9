"""Pictures of why records are opened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE
from ..enums import ReturnReasonType
from ..metrics.results import interval, name_of, percent
from . import canvas

_SERIES = [
    ("neutral", ""), ("attention", "//"), ("good", ".."), ("bad", "\\\\"), ("accent", "xx"),
    ("muted", ""),
]  # fmt: skip
_OTHERS = "other reasons"
_KINDS = {
    ReturnReasonType.SNAD.value: ("attention", "//", ReturnReasonType.SNAD.label),
    ReturnReasonType.REMORSE.value: ("neutral", "", ReturnReasonType.REMORSE.label),
}
_OTHER_KIND = ("muted", "..", "Other or not given")


def reasons(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of each reason among all records.

    Bars with 95 % intervals, largest on top, coloured and hatched by kind of reason (not as
    described, changed mind) where the table tells it. With `by` or `freq` each group is one
    bar of 100 %, cut into the five most frequent reasons and the others; with both, each of
    the largest groups has a panel.

    Parameters
    ----------
    frame, by, freq, tz
        As for `postorder_nb.metrics.reasons`, which computes what is drawn.
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
    rows = metrics.reasons(frame, by=by, freq=freq, tz=tz)
    heading = f"Reasons for {rows.attrs['table']} (n = {rows.attrs['n_total']:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    if rows.attrs["by"] or freq:
        return _stacks(rows, heading, ax)
    return _bars(rows, heading, ax)


def _bars(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    shown = rows.head(canvas.MOST_GROUPS)
    ax = canvas.canvas(ax, height=1.4 + 0.36 * len(shown))
    if "reason_type" in shown:
        _bars_by_kind(ax, shown)
    else:
        ax.barh(shown.index, shown["share"], height=0.7, color=PALETTE["neutral"])
    canvas.whiskers(ax, shown["share"], shown.index, shown["share_low"], shown["share_high"])
    said = [f"{percent(row.share)}  (n = {row.n:,})" for row in canvas.records(shown)]
    canvas.beside(ax, said)
    canvas.row_labels(ax, _labels(shown))
    canvas.percent_axis(ax.xaxis, upto=min(1.0, shown["share_high"].max() * 1.02))
    canvas.plain(ax, grid="x")
    left = len(rows) - len(shown)
    more = f"; rarer reasons not shown: {left}" if left else ""
    ax.set_xlabel(f"share of all {rows.attrs['table']}, with 95 % interval{more}")
    canvas.title(ax, heading, over_legend="reason_type" in shown)
    largest = "; ".join(
        f"{name} {percent(row.share)} ({interval(row.share_low, row.share_high)})"
        for name, row in zip(_labels(shown)[:3], canvas.records(shown.head(3)), strict=True)
    )
    return canvas.say(ax, f"{heading}: {len(shown)} bars, largest first. {largest}{more}.")


def _bars_by_kind(ax: Axes, shown: pd.DataFrame) -> None:
    kinds = [_KINDS.get(kind, _OTHER_KIND) for kind in shown["reason_type"]]
    for kind in [*_KINDS.values(), _OTHER_KIND]:
        at = [i for i, own in enumerate(kinds) if own == kind]
        if at:
            colour, hatch, name = kind
            ax.barh(
                at, shown["share"].iloc[at], height=0.7, color=PALETTE[colour], hatch=hatch,
                edgecolor="white", linewidth=0, label=name,
            )  # fmt: skip
    canvas.legend_above(ax)


def _labels(shown: pd.DataFrame) -> list[str]:
    """Name the reasons; one that occurs with several kinds is named with its kind."""
    names = [name_of(value, "reason") for value in shown["reason"]]
    if "reason_type" not in shown:
        return names
    kinds = [name_of(value, "reason_type") for value in shown["reason_type"]]
    double = shown["reason"].duplicated(keep=False)
    return [
        f"{name}: {kind}" if two else name
        for name, kind, two in zip(names, kinds, double, strict=True)
    ]


def _stacks(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    by, freq = rows.attrs["by"], rows.attrs["freq"]
    order = list(rows.groupby("reason", sort=False)["n"].sum().nlargest(5).index)
    rows = rows.assign(series=rows["reason"].where(rows["reason"].isin(order), _OTHERS))
    order += [_OTHERS] if _OTHERS in set(rows["series"]) else []
    if not by:
        ax = canvas.canvas(ax, height=4.5)
        _columns(ax, rows, order)
        shown = "one bar a period"
    else:
        groups, left = canvas.largest(rows, by, canvas.MOST_PANELS if freq else canvas.MOST_GROUPS)
        shown = f"one {'panel' if freq else 'bar'} a group{canvas.not_shown(left)}"
        names = [f"{name} (n = {part['n'].sum():,})" for name, part in groups]
        if freq:
            heights = [canvas.PANEL] * len(groups)
            ax = canvas.canvas(ax, height=canvas.height_of(heights))
            draws = [partial(_columns, rows=part, order=order) for _, part in groups]
            canvas.panels(ax, names, draws, heights, same_x=True)
        else:
            ax = canvas.canvas(ax, height=1.6 + 0.45 * len(groups))
            _lines(ax, [part for _, part in groups], names, order)
    _legend(ax, order, upwards=freq is not None)
    canvas.title(ax, heading)
    parts = ", ".join(_name(reason) for reason in order)
    return canvas.say(ax, f"{heading}: shares of 100 %, {shown}, cut into {parts}.")


def _columns(ax: Axes, rows: pd.DataFrame, order: Sequence[str]) -> None:
    """Draw one bar of 100 % for each period."""
    freq = rows.attrs["freq"]
    at = canvas.local(rows["period"])
    shares = rows["share"].groupby([at, rows["series"]]).sum().unstack().fillna(0.0)
    base = np.zeros(len(shares))
    for reason, (colour, hatch) in _styles(order):
        if reason in shares:
            ax.bar(
                shares.index, shares[reason], bottom=base, width=canvas.bar_days(freq),
                color=PALETTE[colour], hatch=hatch, edgecolor="white", linewidth=0,
            )  # fmt: skip
            base += shares[reason].to_numpy()
    canvas.percent_axis(ax.yaxis, upto=1)
    canvas.time_axis(ax, freq, rows.attrs["tz"])
    canvas.plain(ax, grid="y")
    ax.set_ylabel(f"share of {rows.attrs['table']}")


def _lines(
    ax: Axes, groups: Sequence[pd.DataFrame], names: Sequence[str], order: Sequence[str]
) -> None:
    """Draw one bar of 100 % for each group."""
    shares = pd.DataFrame([part.groupby("series")["share"].sum() for part in groups])
    shares = shares.reindex(columns=list(order)).fillna(0.0).reset_index(drop=True)
    base = np.zeros(len(shares))
    for reason, (colour, hatch) in _styles(order):
        part = shares[reason].to_numpy()
        ax.barh(
            shares.index, part, left=base, height=0.7, color=PALETTE[colour], hatch=hatch,
            edgecolor="white", linewidth=0,
        )  # fmt: skip
        base += part
    canvas.row_labels(ax, names)
    canvas.percent_axis(ax.xaxis, upto=1)
    canvas.plain(ax, grid="x")
    ax.set_xlabel(f"share of each group's {groups[0].attrs['table']}")


def _legend(ax: Axes, order: Sequence[str], *, upwards: bool) -> None:
    handles = [
        canvas.patch(PALETTE[colour], hatch, _name(reason))
        for reason, (colour, hatch) in _styles(order)
    ]
    canvas.legend_beside(ax, handles[::-1] if upwards else handles)


def _styles(order: Sequence[str]) -> list[tuple[str, tuple[str, str]]]:
    """Give each reason its colour and hatch; the rest is muted."""
    return [
        (reason, _SERIES[-1] if reason == _OTHERS else style)
        for reason, style in zip(order, _SERIES, strict=False)
    ]


def _name(reason: str) -> str:
    return reason if reason == _OTHERS else name_of(reason, "reason")
