"""Pictures of what is due, and of what came late."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE
from ..enums import label
from ..metrics.results import money, percent
from . import bars, canvas, intervals
from .bars import Look
from .intervals import Figure

MOST_URGENT = 12
_DAYS_AHEAD = 7
_LOOKS = {
    "return": Look("neutral", "", "returns"),
    "inquiry": Look("attention", "//", "inquiries"),
    "cancellation": Look("accent", "..", "cancellations"),
    "case": Look("bad", "xx", "cases"),
}


def deadlines(
    records: Any,
    *,
    as_of: Any = None,
    within: float | None = None,
    tz: str = "UTC",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the work queue: how much is due on which day, and what is most urgent.

    Above, a bar for what is overdue, for each of the next seven days and for what comes later,
    cut by kind of record, with the money at stake beside it, each currency by itself. Below, a
    row for each of the most urgent records: a line from now to its deadline (to the left where
    it is past), what is to be done, and the money that hangs on it.

    Parameters
    ----------
    records, as_of, within, tz
        As for `postorder_nb.metrics.deadlines`, which computes what is drawn.
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
    rows = metrics.deadlines(records, as_of=as_of, within=within, tz=tz)
    heading = f"What is due (n = {len(rows):,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    days = _by_day(rows)
    urgent = rows.head(MOST_URGENT)
    heights = [0.36 * len(days), 0.36 * len(urgent)]
    ax = canvas.canvas(ax, height=canvas.height_of(heights) + 0.3)
    names = ["By day", "Most urgent"]
    draws = [partial(_days, days=days), partial(_urgent, rows=urgent)]
    canvas.panels(ax, names, draws, heights, same_x=False)
    looks = [look for kind, look in _LOOKS.items() if (rows["record"] == kind).any()]
    now = pd.Timestamp(rows.attrs["as_of"]).tz_convert(tz)
    stake = f"at stake: {_stake(rows)}"
    seen = f"seen on {now:%Y-%m-%d %H:%M} ({tz}); {stake}"
    canvas.title(ax, heading, seen, over_legend=bars.legend(ax, looks, ncols=4))
    first: Any = canvas.records(rows)[0]
    says = f"{rows.attrs['n_overdue']:,} overdue. {stake[0].upper()}{stake[1:]}. Most urgent: "
    says += f"{first.record} {first.record_id}, {label(first.action).lower()}, {_left(first)}"
    return canvas.say(ax, f"{heading}: {says}.")


def _by_day(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Split the queue by the calendar days of its time zone."""
    tz = rows.attrs["tz"]
    now = pd.Timestamp(rows.attrs["as_of"]).tz_convert(tz)
    today = now.normalize().tz_localize(None)
    day = canvas.local(rows["due_at"]).dt.normalize()
    late = rows["days_left"] < 0
    found = [("overdue", rows[late])]
    ahead = pd.date_range(today, periods=_DAYS_AHEAD)
    for date in ahead:
        name = "today" if date == today else f"{date:%a} {date.day} {date:%b}"
        found.append((name, rows[~late & (day == date)]))
    found.append(("later", rows[day > ahead[-1]]))
    # What lies behind the last one due is no news.
    while not len(found[-1][1]):
        found.pop()
    return found


def _days(ax: Axes, days: list[tuple[str, pd.DataFrame]]) -> None:
    for i, (_, part) in enumerate(days):
        base = 0
        for kind, look in _LOOKS.items():
            count = int((part["record"] == kind).sum())
            if count:
                ax.barh(i, count, left=base, height=0.7, **look.fill())
            base += count
    said = [f"{len(part):,}  {_stake(part)}" if len(part) else "" for _, part in days]
    canvas.beside(ax, said)
    canvas.row_labels(ax, [name for name, _ in days])
    canvas.number_axis(ax.xaxis, upto=max(len(part) for _, part in days) * 1.03, whole=True)
    canvas.plain(ax, grid="x")
    ax.set_xlabel("records due (beside: money at stake)")


def _urgent(ax: Axes, rows: pd.DataFrame) -> None:
    for i, row in enumerate(canvas.records(rows)):
        look = _LOOKS[row.record]
        ax.plot([0, row.days_left], [i, i], color=PALETTE[look.colour], linewidth=2)
        shape = "X" if row.days_left < 0 else "o"
        ax.plot([row.days_left], [i], shape, color=PALETTE[look.colour], markersize=8)
    ax.axvline(0, color=canvas.ink(), linewidth=1)
    canvas.beside(ax, [f"{_action(row)}, {_amount(row)}" for row in canvas.records(rows)])
    canvas.row_labels(ax, [f"{row.record} {row.record_id}" for row in canvas.records(rows)])
    low, high = min(0.0, rows["days_left"].min()), max(0.0, rows["days_left"].max())
    room = (high - low or 1.0) * 0.04
    canvas.number_axis(ax.xaxis, upto=high + room, low=low - room)
    canvas.plain(ax, grid="x")
    ax.set_xlabel("days from now; crosses: overdue")


def _action(row: Any) -> str:
    """Say what is to be done; that the seller is to do it goes without saying."""
    words = label(row.action.removeprefix("SELLER_"))
    return canvas.words(words, width=28, lines=1)


def _amount(row: Any) -> str:
    if pd.isna(row.at_stake_amount) or pd.isna(row.at_stake_currency):
        return "no amount"
    return f"{money(row.at_stake_amount, row.at_stake_currency)} {row.at_stake_currency}"


def _left(row: Any) -> str:
    days = abs(row.days_left)
    return f"{days:.1f} days overdue" if row.days_left < 0 else f"in {days:.1f} days"


def _stake(rows: pd.DataFrame) -> str:
    """Say how much is at stake, the currencies with most records first."""
    known = rows.dropna(subset=["at_stake_amount", "at_stake_currency"])
    sums = known.groupby("at_stake_currency")["at_stake_amount"].agg(["size", "sum"])
    sums = sums.sort_values("size", ascending=False, kind="stable")
    told = [f"{money(row['sum'], str(name))} {name}" for name, row in sums.head(3).iterrows()]
    if len(sums) > 3:
        told.append(f"{len(sums) - 3} more currencies")
    return " + ".join(told) or "no amount known"


def late_share(
    frame: Any,
    *,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how often the seller missed eBay's deadline, for each step that is owed.

    A point with its interval for each step, the latest on top; with `by` each step has a panel
    with the groups in it; with `freq` a line over time in its band; with both, each of the
    largest groups of a step has a panel. Steps not due yet are in no share; they are counted.

    Parameters
    ----------
    frame, history, by, freq, tz, min_n, confidence, as_of
        As for `postorder_nb.metrics.late_share`, which computes what is drawn.
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
    rows = metrics.late_share(
        frame, history=history, by=by, freq=freq, tz=tz, min_n=min_n, confidence=confidence,
        as_of=as_of,
    )  # fmt: skip
    table, waiting = rows.attrs["table"], int(rows["n_waiting"].sum())
    heading = f"Deadlines the seller missed: {table} (n = {rows.attrs['n_total']:,} steps)"
    note = f"steps not due yet, in no share: {waiting:,}" if waiting else ""
    facts, groups = rows.attrs, rows.attrs["by"]
    rows = rows[rows["n"] > 0].assign(step=lambda some: some["step"].map(_step).astype("string"))
    rows = rows.reset_index(drop=True)
    over = ["step"] if groups else []
    rows.attrs = facts if groups else {**facts, "by": ["step"]}
    figure = Figure(
        "late_share", "share late", lambda row: f"{percent(row.late_share)}  ({_of(row)})"
    )
    return intervals.draw(rows, figure, heading, ax, over=over, note=note)


def _step(step: str) -> str:
    return "RMA number" if step == "rma" else label(step)


def _of(row: Any) -> str:
    return f"{row.n_late:,} of {row.n:,}"
