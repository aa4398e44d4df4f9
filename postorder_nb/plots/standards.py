"""Pictures of where the seller stands against eBay's limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.standards import DEFECT_LIMIT, UNRESOLVED_LIMIT
from . import intervals
from .intervals import Figure


def defect_rate(
    *,
    cancellations: Any,
    cases: Any,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
    threshold: float = DEFECT_LIMIT,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of transactions with a defect, against eBay's limit.

    A point with its interval, the dotted line the limit; beside it how many more defects would
    still be allowed, or how many too many there are. With `by` a point a group, the highest on
    top; with `freq` a line over time in its band; with both, a panel a group.

    Parameters
    ----------
    cancellations, cases, orders, by, freq, tz, date, min_n, confidence, threshold
        As for `postorder_nb.metrics.defect_rate`, which computes what is drawn.
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
    rows = metrics.defect_rate(
        cancellations=cancellations, cases=cases, orders=orders, by=by, freq=freq, tz=tz,
        date=date, min_n=min_n, confidence=confidence, threshold=threshold,
    )  # fmt: skip
    return _against(rows, "Transactions with a defect", "n_defects", ax)


def cases_closed_without_resolution(
    cases: Any,
    *,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
    threshold: float = UNRESOLVED_LIMIT,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of transactions whose case eBay closed against the seller.

    Picture, result and errors are those of `defect_rate`; the parameters are those of the metric.
    """
    rows = metrics.cases_closed_without_resolution(
        cases, orders=orders, by=by, freq=freq, tz=tz, date=date, min_n=min_n,
        confidence=confidence, threshold=threshold,
    )  # fmt: skip
    return _against(rows, "Cases closed without resolution", "n_unresolved", ax)


def _against(rows: pd.DataFrame, what: str, hits: str, ax: Axes | None) -> Axes:
    facts = rows.attrs
    heading = f"{what} (n = {facts['n_total']:,} transactions)"
    known = rows[rows["n"] > 0].reset_index(drop=True)
    known.attrs = {**facts, "table": "transactions"}
    figure = Figure(
        "rate",
        "share of transactions",
        lambda row: f"{_percent(row.rate)}  ({getattr(row, hits):,} of {row.n:,}); {_left(row)}",
        limits=[(facts["threshold"], "eBay's limit")],
    )
    return intervals.draw(known, figure, heading, ax, note=_note(known, hits))


def _note(rows: pd.DataFrame, hits: str) -> str:
    """Say of all groups together, or of one, how far away the limit is."""
    facts = rows.attrs
    told = []
    if len(rows) > 1:
        over = int(rows["over"].sum())
        what = f"{facts['freq']}s" if facts["freq"] and not facts["by"] else "groups"
        told.append(f"above the limit: {over} of {len(rows):,} {what}")
        told.append(f"{rows[hits].sum():,} in all")
    if facts["n_unmatched"]:
        told.append(f"records of other orders: {facts['n_unmatched']:,}")
    return "; ".join(told)


def _percent(rate: float) -> str:
    return "-" if pd.isna(rate) else f"{rate:.2%}".replace("%", " %")


def _left(row: Any) -> str:
    left = int(row.events_left)
    if left < 0:
        return f"{-left:,} too many"
    return f"{left:,} more allowed" if left else "none more allowed"
