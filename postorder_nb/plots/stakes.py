"""Pictures of money that has not arrived, and of money still at stake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.grouping import NOT_GIVEN
from ..metrics.results import money, name_of
from ..metrics.stakes import DEADLINES
from . import bars, canvas
from .bars import Look

_DUE = {
    "overdue": Look("bad", "xx", "Overdue"),
    "today": Look("attention", "//", "Today"),
    "3_days": Look("accent", "\\\\", "Within 3 days"),
    "7_days": Look("neutral", "", "Within 7 days"),
    "later": Look("good", "..", "Later"),
    "none": Look("muted", "", "No deadline"),
}


def pending_and_failed(
    frame: Any,
    *,
    movements: Any,
    as_of: Any = None,
    by: str | Sequence[str] | None = None,
    min_n: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the money of refunds that have not arrived, each currency by itself.

    A bar for each status (and group), with the number of records and how long they wait beside
    it. Records without an amount have a panel of their own, which counts them.

    Parameters
    ----------
    frame, movements, as_of, by, min_n
        As for `postorder_nb.metrics.pending_and_failed`, which computes what is drawn.
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
    rows = metrics.pending_and_failed(frame, movements=movements, as_of=as_of, by=by, min_n=min_n)
    heading = f"Refunds that have not arrived (n = {rows.attrs['n_total']:,})"
    return _panels(rows, heading, "total_amount", _waiting, ax)


def exposure(
    frame: Any,
    *,
    as_of: Any = None,
    by: str | Sequence[str] | None = None,
    tz: str = "UTC",
    date: str = "respond_by",
    min_n: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the money at stake in open records by what is due when, each currency by itself.

    A bar for each deadline, the most urgent on top, with the number of records beside it; with
    `by` a bar for each group, cut into the deadlines.

    Parameters
    ----------
    frame, as_of, by, tz, date, min_n
        As for `postorder_nb.metrics.exposure`, which computes what is drawn.
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
    rows = metrics.exposure(frame, as_of=as_of, by=by, tz=tz, date=date, min_n=min_n)
    heading = f"At stake in open {rows.attrs['table']} (n = {rows.attrs['n_total']:,})"
    draw = _groups if rows.attrs["by"] else _deadlines
    return _panels(rows, heading, "at_stake_amount", draw, ax)


def _panels(
    rows: pd.DataFrame, heading: str, amount: str, draw: Callable[..., None], ax: Axes | None
) -> Axes:
    """Draw a panel for each currency."""
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    groups, left = canvas.largest(rows, ["currency"], canvas.MOST_PANELS)
    groups.sort(key=lambda group: group[0] == NOT_GIVEN)
    most = canvas.most_rows(len(groups))
    titles = [f"{name}: {_sum(part, amount)}n = {part['n'].sum():,}" for name, part in groups]
    draws = [partial(draw, rows=part, most=most) for _, part in groups]
    heights = [
        (0.46 if draw is _waiting else 0.36) * _height(part, draw, most) for _, part in groups
    ]
    grouped = draw is _groups
    ax = canvas.canvas(ax, height=canvas.height_of(heights) + (0.6 if grouped else 0))
    canvas.panels(ax, titles, draws, heights, same_x=False)
    legend = bars.legend(ax, list(_DUE.values())) if grouped else 0
    at = datetime.fromisoformat(rows.attrs["as_of"]).astimezone(UTC)
    seen = f"as of {at:%Y-%m-%d %H:%M} UTC"
    note = canvas.notes(canvas.left_out(rows), canvas.not_shown(left))
    canvas.title(ax, heading, seen, note, over_legend=legend)
    told = "; ".join(_told(part, amount) for _, part in groups)
    return canvas.say(
        ax, f"{heading}, {seen}, bars in a panel for each currency: {told}.{canvas.sentence(note)}"
    )


def _sum(part: pd.DataFrame, amount: str) -> str:
    code = str(part["currency"].iloc[0])
    return "" if code == NOT_GIVEN else f"{money(part[amount].sum(), code)} in total, "


def _height(part: pd.DataFrame, draw: Callable[..., None], most: int) -> int:
    if draw is _deadlines:
        return len(DEADLINES)
    groups = part.groupby(part.attrs["by"], dropna=False).ngroups if draw is _groups else len(part)
    return min(most, groups)


def _told(part: pd.DataFrame, amount: str) -> str:
    """Say the figures of a currency by status or deadline, over all groups."""
    code, column = (
        str(part["currency"].iloc[0]),
        "deadline" if "deadline" in part else "refund_status",
    )
    sums = part.groupby(column, sort=False)[["n", amount]].sum()
    figures = ", ".join(
        f"{name_of(kind, column)} n = {row['n']:,.0f}"
        + ("" if code == NOT_GIVEN else f" {money(row[amount], code)}")
        for kind, row in sums.iterrows()
    )
    return f"{code} {figures}"


def _waiting(ax: Axes, rows: pd.DataFrame, most: int) -> None:
    """Draw the largest rows of one currency."""
    by, code = rows.attrs["by"], str(rows["currency"].iloc[0])
    value = "n" if code == NOT_GIVEN else "total_amount"
    shown = rows.nlargest(most, value).reset_index(drop=True)
    looks = [
        Look("bad", "xx") if s == "FAILED" else Look("attention", "//")
        for s in shown["refund_status"]
    ]
    names = [canvas.group_name(row, ["refund_status", *by]) for _, row in shown.iterrows()]
    said = [_since(row, code) for row in canvas.records(shown)]
    bars.rows(ax, shown[value], names=names, said=said, looks=looks)
    _axis(ax, code, shown[value].max(), canvas.not_shown(len(rows) - len(shown)))


def _since(row: Any, code: str) -> str:
    if code == NOT_GIVEN:
        return f"n = {row.n:,}"
    waits = f"{row.oldest_days:,.1f} days, median {row.median_days:,.1f}"
    return f"{money(row.total_amount, code)}  (n = {row.n:,})\noldest {waits}"


def _deadlines(ax: Axes, rows: pd.DataFrame, most: int) -> None:
    """Draw a bar for each deadline of one currency; all of them, so that currencies compare."""
    code = str(rows["currency"].iloc[0])
    value = "n" if code == NOT_GIVEN else "at_stake_amount"
    shown = rows.set_index("deadline").reindex(list(DEADLINES))[["n", "at_stake_amount"]].fillna(0)
    said = [
        "-"
        if not row.n
        else f"n = {row.n:,.0f}"
        if code == NOT_GIVEN
        else f"{money(row.at_stake_amount, code)}  (n = {row.n:,.0f})"
        for row in canvas.records(shown)
    ]
    looks = [_DUE[deadline] for deadline in DEADLINES]
    names = [look.name for look in looks]
    bars.rows(ax, shown[value], names=names, said=said, looks=looks)
    _axis(ax, code, shown[value].max(), "")


def _groups(ax: Axes, rows: pd.DataFrame, most: int) -> None:
    """Draw a bar for each of the largest groups of one currency, cut into the deadlines."""
    by, code = rows.attrs["by"], str(rows["currency"].iloc[0])
    value = "n" if code == NOT_GIVEN else "at_stake_amount"
    parts = [part for _, part in rows.groupby(by, dropna=False, sort=False)]
    parts.sort(key=lambda part: -float(part[value].sum()))
    left, parts = len(parts[most:]), parts[:most]
    wide = pd.DataFrame([part.set_index("deadline")[value] for part in parts])
    wide = wide.reindex(columns=list(DEADLINES)).fillna(0).reset_index(drop=True)
    said = [
        _sum(part, "at_stake_amount").replace(" in total, ", "  ") + f"(n = {part['n'].sum():,})"
        for part in parts
    ]
    names = [canvas.group_name(part.iloc[0], by) for part in parts]
    bars.stacked(ax, wide, list(_DUE.items()), names=names, said=said)
    _axis(ax, code, wide.sum(axis=1).max(), canvas.not_shown(left))


def _axis(ax: Axes, code: str, most: float, more: str) -> None:
    counted = code == NOT_GIVEN
    canvas.number_axis(ax.xaxis, upto=float(most) * 1.02, whole=counted)
    unit = "records that name no amount" if counted else code
    ax.set_xlabel(canvas.wrapped(f"{unit}{more}"), parse_math=False)
