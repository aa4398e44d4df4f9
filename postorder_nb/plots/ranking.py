"""Pictures of which items, buyers and countries stand out."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..display import PALETTE
from ..metrics.results import interval, percent
from . import canvas
from .intervals import FULL

_EVENTS = {
    "snad": "not as described",
    "refunded": "refunded",
    "escalated": "escalated to eBay",
    "out_of_stock": "for lack of stock",
}
_APART = 0.17  # how far the two points of a row lie from its middle


def items(
    frame: Any,
    *,
    orders: Any = None,
    event: str | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the items that make trouble for certain, surest on top.

    For each, the estimate drawn towards the rate of all (filled, with its interval, by whose
    lower end they are ranked), and below it the plain rate (hollow, with its own). The dashed
    line is the rate of all items together.

    Parameters
    ----------
    frame, orders, event, min_n, confidence
        As for `postorder_nb.metrics.items`, which computes what is drawn.
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
    rows = metrics.items(frame, orders=orders, event=event, min_n=min_n, confidence=confidence)
    named = "item_title" if "item_title" in rows else "item_id"
    return _ranking(rows, "Items", named, with_orders=orders is not None, ax=ax)


def buyers(
    frame: Any,
    *,
    orders: Any = None,
    event: str | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the buyers that return, claim or escalate most often, surest on top, as `items`.

    The names are personal data.

    Parameters
    ----------
    frame, orders, event, min_n, confidence
        As for `postorder_nb.metrics.buyers`, which computes what is drawn.
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
    rows = metrics.buyers(frame, orders=orders, event=event, min_n=min_n, confidence=confidence)
    return _ranking(rows, "Buyers", "buyer", with_orders=orders is not None, ax=ax)


def countries(
    frame: Any,
    *,
    orders: Any = None,
    event: str | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the buyers' countries by how often they make trouble, surest on top, as `items`.

    Parameters
    ----------
    frame, orders, event, min_n, confidence
        As for `postorder_nb.metrics.countries`, which computes what is drawn.
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
    rows = metrics.countries(frame, orders=orders, event=event, min_n=min_n, confidence=confidence)
    return _ranking(rows, "Countries", "buyer_country", with_orders=orders is not None, ax=ax)


def _ranking(
    rows: pd.DataFrame, who: str, named: str, *, with_orders: bool, ax: Axes | None
) -> Axes:
    table = rows.attrs["table"]
    of = "orders" if with_orders else table
    event = _EVENTS.get(rows.attrs["event"], "")
    event = f"with {table} {event}".rstrip() if with_orders else event
    heading = f"{who} by share of {of} {event} (n = {rows.attrs['n_total']:,} {of})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    shown = rows.head(canvas.MOST_GROUPS)
    overall = rows["n_event"].sum() / rows["n"].sum()
    ax = canvas.canvas(ax, height=max(2.6, 1.8 + 0.42 * len(shown)))
    _points(ax, shown)
    label = f"all: {percent(overall)}"
    ax.axvline(overall, color=canvas.ink(), linestyle="--", linewidth=1, label=label)
    said = [f"{percent(row.rate)}  ({row.n_event:,} of {row.n:,})" for row in canvas.records(shown)]
    canvas.beside(ax, said)
    names = [str(name) for name in shown[named]]
    canvas.row_labels(ax, _unlike(names, shown))
    high = max(shown["rate_shrunk_high"].max(), shown["rate_high"].max(), overall)
    canvas.percent_axis(ax.xaxis, upto=min(FULL, high * 1.02))
    canvas.plain(ax, grid="x")
    left = len(rows) - len(shown)
    more = f"; lower {who.lower()} not shown: {left:,}" if left else ""
    label = f"share of {of} {event}, with {canvas.level(rows)} intervals{more}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)
    legend = canvas.legend_above(ax)
    canvas.title(ax, heading, _left_out(rows), over_legend=legend)
    told = "; ".join(
        f"{name} {percent(row.rate_shrunk)} ({interval(row.rate_shrunk_low, row.rate_shrunk_high)})"
        for name, row in zip(names[:3], canvas.records(shown.head(3)), strict=True)
    )
    says = f"{heading}: {percent(overall)} overall. Surest first: {told}{more}."
    return canvas.say(ax, says + canvas.sentence(_left_out(rows)))


def _points(ax: Axes, shown: pd.DataFrame) -> None:
    """Draw the estimate above, the plain rate below."""
    looks = {
        "rate_shrunk": ("estimate, drawn towards all", -_APART, "o", PALETTE["neutral"], 1.0),
        "rate": ("as counted", _APART, "D", PALETTE["attention"], 0.7),
    }
    for value, (name, shift, mark, colour, alpha) in looks.items():
        at = shown.index + shift
        low, high = shown[f"{value}_low"], shown[f"{value}_high"]
        ends = [(shown[value] - low).clip(lower=0), (high - shown[value]).clip(lower=0)]
        ax.errorbar(
            shown[value], at, xerr=ends, fmt="none", ecolor=colour, alpha=alpha,
            elinewidth=2 if alpha == 1 else 1,
        )  # fmt: skip
        inside = colour if alpha == 1 else "none"
        ax.plot(
            shown[value],
            at,
            mark,
            color=colour,
            markersize=6,
            markerfacecolor=inside,
            label=name,
            clip_on=False,
        )


def _unlike(names: list[str], shown: pd.DataFrame) -> list[str]:
    """Tell apart what bears the same title, or none, by its id."""
    if "item_title" not in shown:
        return names
    ids = [str(one) for one in shown["item_id"]]
    return [
        f"{one} {name}" if names.count(name) > 1 or not name.strip() else name
        for name, one in zip(names, ids, strict=True)
    ]


def _left_out(rows: pd.DataFrame) -> str:
    told = [canvas.left_out(rows)]
    if missing := rows.attrs["n_not_given"]:
        told.append(f"{missing:,} that name none left out")
    if unmatched := rows.attrs.get("n_unmatched"):
        told.append(f"{unmatched:,} records of no order of the table")
    return canvas.notes(*told)
