"""Pictures of what refunds cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE
from ..metrics.grouping import NOT_GIVEN
from ..metrics.results import money
from . import canvas


def refund_amount(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw what was refunded, each currency by itself.

    Amounts of two currencies do not compare, so they never share an axis: without `by` and
    `freq` bars show the share of records refunded in each currency, with total and median
    beside them; with `by` a panel for each currency holds bars of the groups' totals, with
    `freq` bars of the periods' totals, with both one panel for each currency and group.

    Parameters
    ----------
    frame, by, freq, tz
        As for `postorder_nb.metrics.refund_amount`, which computes what is drawn.
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
    rows = metrics.refund_amount(frame, by=by, freq=freq, tz=tz)
    heading = f"Refunds for {rows.attrs['table']} (n = {rows.attrs['n_total']:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    if not (rows.attrs["by"] or freq):
        return _currencies(rows, heading, ax)
    return _panels(rows, heading, ax)


def _currencies(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    rows = rows.sort_values("n", ascending=False, kind="stable").reset_index(drop=True)
    ax = canvas.canvas(ax, height=1.6 + 0.5 * len(rows))
    ax.barh(rows.index, rows["refunded_share"], height=0.6, color=PALETTE["neutral"])
    low, high = rows["refunded_share_low"], rows["refunded_share_high"]
    canvas.whiskers(ax, rows["refunded_share"], rows.index, low, high)
    said = [_said(row) for row in canvas.records(rows)]
    canvas.beside(ax, said)
    canvas.row_labels(ax, [str(currency) for currency in rows["currency"]])
    canvas.percent_axis(ax.xaxis, upto=1)
    canvas.plain(ax, grid="x")
    ax.set_xlabel("share of records refunded, with 95 % interval")
    canvas.title(ax, heading)
    told = "; ".join(
        f"{name}: {text}" for name, text in zip(rows["currency"], said, strict=True)
    ).replace("\n", ", ")
    return canvas.say(ax, f"{heading}, one bar a currency: {told}.")


def _said(row: Any) -> str:
    share = f"{row.n_refunded:,} of {row.n:,} refunded"
    if row.currency == NOT_GIVEN:
        return share
    return f"{share}\ntotal {_money(row, 'total')}, median {_money(row, 'median')}"


def _panels(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    by, freq = rows.attrs["by"], rows.attrs["freq"]
    known = rows[rows["currency"] != NOT_GIVEN]
    unknown = int(rows["n"].sum() - known["n"].sum())
    if known.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), f"{heading}, none with a currency")
    keys = ["currency", *(by if freq else [])]
    parts, left = canvas.largest(known, keys, canvas.MOST_PANELS)
    rest = f"{unknown:,} records name no currency" if unknown else ""
    rest += canvas.not_shown(left)
    names = [
        f"{name}: {_sum(part)}, {part['n_refunded'].sum():,} of {part['n'].sum():,} refunded"
        for name, part in parts
    ]
    draw = _columns if freq else _groups
    heights = [canvas.PANEL if freq else 0.36 * min(len(p), canvas.MOST_GROUPS) for _, p in parts]
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    draws = [partial(draw, rows=part) for _, part in parts]
    canvas.panels(ax, names, draws, heights, same_x=freq is not None)
    canvas.title(ax, heading, rest.removeprefix("; "))
    what = f"bars of the {freq}s' totals" if freq else "bars of the groups' totals"
    return canvas.say(ax, f"{heading}: {what}, a panel for each of {'; '.join(names)}. {rest}")


def _groups(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the totals of the groups of one currency."""
    by, currency = rows.attrs["by"], str(rows["currency"].iloc[0])
    shown = rows.nlargest(canvas.MOST_GROUPS, "total_amount")
    ax.barh(range(len(shown)), shown["total_amount"], height=0.7, color=PALETTE["neutral"])
    said = [
        f"{money(row.total_amount, currency)}  ({row.n_refunded:,} of {row.n:,})"
        for row in canvas.records(shown)
    ]
    canvas.beside(ax, said)
    canvas.row_labels(ax, [canvas.group_name(row, by) for _, row in shown.iterrows()])
    canvas.number_axis(ax.xaxis, upto=shown["total_amount"].max() * 1.02)
    canvas.plain(ax, grid="x")
    more = canvas.not_shown(len(rows) - len(shown))
    ax.set_xlabel(f"{currency} in total (beside: refunded of all records){more}", parse_math=False)


def _columns(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the totals of the periods of one currency."""
    freq, currency = rows.attrs["freq"], str(rows["currency"].iloc[0])
    at = canvas.local(rows["period"])
    ax.bar(at, rows["total_amount"], width=canvas.bar_days(freq), color=PALETTE["neutral"])
    canvas.number_axis(ax.yaxis, upto=rows["total_amount"].max() * 1.05)
    canvas.time_axis(ax, freq, rows.attrs["tz"])
    canvas.plain(ax, grid="y")
    ax.set_ylabel(currency, parse_math=False)


def _money(row: Any, figure: str) -> str:
    amount = money(getattr(row, f"{figure}_amount"), row.currency)
    return amount if amount == "-" else f"{amount} {row.currency}"


def _sum(part: pd.DataFrame) -> str:
    currency = str(part["currency"].iloc[0])
    return f"{money(part['total_amount'].sum(), currency)} in total"
