"""Pictures of how many of the orders come back, or are reported missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.results import percent
from . import intervals


def return_rate(
    returns: Any,
    *,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of orders that came back.

    A point with its interval for each group, highest on top; with `freq` a line over time in
    its band; with both, each of the largest groups has a panel. The dashed line is the rate of
    all orders together.

    Parameters
    ----------
    returns, orders, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.return_rate`, which computes what is drawn.
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
    rows = metrics.return_rate(
        returns, orders=orders, by=by, freq=freq, tz=tz, date=date, min_n=min_n,
        confidence=confidence,
    )  # fmt: skip
    return _rate(rows, "n_returned", "Orders returned", "share of orders returned", ax)


def inquiry_rate(
    inquiries: Any,
    *,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of orders that the buyer reported as not received, as `return_rate`.

    Parameters
    ----------
    inquiries, orders, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.inquiry_rate`, which computes what is drawn.
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
    rows = metrics.inquiry_rate(
        inquiries, orders=orders, by=by, freq=freq, tz=tz, date=date, min_n=min_n,
        confidence=confidence,
    )  # fmt: skip
    what = "share of orders reported"
    return _rate(rows, "n_reported", "Orders reported as not received", what, ax)


def _rate(rows: pd.DataFrame, hits: str, heading: str, what: str, ax: Axes | None) -> Axes:
    orders = int(rows["n"].sum())
    figure = intervals.Figure(
        "rate",
        what,
        lambda row: f"{percent(row.rate)}  ({getattr(row, hits):,} of {row.n:,})",
        overall=rows[hits].sum() / orders if orders else None,
    )
    table, unmatched = rows.attrs["table"], rows.attrs["n_unmatched"]
    note = f"{table} of no order of the table: {unmatched:,}" if unmatched else ""
    rows.attrs["table"] = "orders"
    return intervals.draw(rows, figure, f"{heading} (n = {orders:,} orders)", ax, note=note)
