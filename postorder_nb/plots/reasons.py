"""Pictures of why records are opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..enums import ReturnReasonType, UserParty
from ..metrics.results import name_of
from . import canvas, parts
from .bars import Look

_KINDS = {
    ReturnReasonType.SNAD.value: Look("attention", "//", ReturnReasonType.SNAD.label),
    ReturnReasonType.REMORSE.value: Look("neutral", "", ReturnReasonType.REMORSE.label),
}
_OTHER_KIND = Look("muted", "..", "Other or not given")
_ASKED = {
    UserParty.BUYER.value: Look("neutral", "", "Buyer cancels"),
    UserParty.SELLER.value: Look("attention", "//", "Seller cancels"),
}
_OTHER_ASKED = Look("muted", "..", "Others cancel")
_DEFECT = Look("bad", "xx", "Seller cancels: a defect")


def reasons(
    frame: Any,
    *,
    level: str = "reason",
    measure: str = "records",
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of each reason among all records, or among the money refunded.

    Bars with intervals, largest on top, coloured and hatched by kind of reason (not as
    described, changed mind) where the table tells it; the line adds them up (Pareto). With `by`
    or `freq` each group is one bar of 100 %, cut into the five most frequent reasons and the
    others; with both, each of the largest groups has a panel. Money has a panel for each
    currency.

    Parameters
    ----------
    frame, level, measure, by, freq, tz, date, min_n, confidence
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
    rows = metrics.reasons(
        frame, level=level, measure=measure, by=by, freq=freq, tz=tz, date=date, min_n=min_n,
        confidence=confidence,
    )  # fmt: skip
    if "reason_type" in rows:
        kinds = [_KINDS.get(kind, _OTHER_KIND) for kind in rows["reason_type"]]
        rows = rows.assign(look=pd.Series(kinds, index=rows.index, dtype=object))
    of_groups = bool(rows.attrs["by"] or freq)
    column = "reason_type" if level == "type" else "reason"
    rows = rows.assign(part=_names(rows, column, told_apart=not of_groups))
    table = rows.attrs["table"]
    money = measure == "money"
    of = "refunded money" if money else table
    heading = f"Reasons for {'refunds of ' if money else ''}{table} (n = {rows.attrs['n_total']:,})"
    return parts.draw(rows, parts.Whole(of, "reasons"), heading, ax)


def inquiry_reasons(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the share of each reason that buyers give for an item not received.

    As `reasons`: ranked bars with intervals and their running sum; bars of 100 % for groups and
    periods.

    Parameters
    ----------
    frame, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.inquiry_reasons`, which computes what is drawn.
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
    rows = metrics.inquiry_reasons(
        frame, by=by, freq=freq, tz=tz, date=date, min_n=min_n, confidence=confidence
    )
    rows = rows.assign(part=_names(rows, "reason"))
    heading = f"Reasons for inquiries (n = {rows.attrs['n_total']:,})"
    return parts.draw(rows, parts.Whole("inquiries", "reasons"), heading, ax)


def cancellation_reasons(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw who calls orders off, and why.

    As `reasons`: ranked bars with intervals and their running sum, coloured and hatched by who
    cancels; what eBay counts as a defect stands out. Bars of 100 % for groups and periods.

    Parameters
    ----------
    frame, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.cancellation_reasons`, which computes what is drawn.
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
    rows = metrics.cancellation_reasons(
        frame, by=by, freq=freq, tz=tz, date=date, min_n=min_n, confidence=confidence
    )
    looks = [
        _DEFECT if defect else _ASKED.get(party, _OTHER_ASKED)
        for party, defect in zip(rows["requestor"], rows["defect"], strict=True)
    ]
    names = [
        f"{name_of(party, 'requestor')}: {name_of(reason, 'reason')}"
        for party, reason in zip(rows["requestor"], rows["reason"], strict=True)
    ]
    rows = rows.assign(part=names, look=pd.Series(looks, index=rows.index, dtype=object))
    total, defects = rows.attrs["n_total"], rows.attrs["n_defects"]
    heading = f"Reasons for cancellations (n = {total:,})"
    note = f"defects (out of stock): {canvas.part_of(defects, total)}" if total else ""
    whole = parts.Whole("cancellations", "reasons")
    return parts.draw(rows, whole, heading, ax, note=note)


def _names(rows: pd.DataFrame, column: str, *, told_apart: bool = True) -> list[str]:
    """Name the reasons; one that occurs with several kinds is named with its kind."""
    names = [name_of(value, column) for value in rows[column]]
    if not told_apart or column == "reason_type" or "reason_type" not in rows:
        return names
    kinds = [name_of(value, "reason_type") for value in rows["reason_type"]]
    double = rows.duplicated([*(["currency"] if "currency" in rows else []), column], keep=False)
    return [
        f"{name}: {kind}" if two else name
        for name, kind, two in zip(names, kinds, double, strict=True)
    ]
