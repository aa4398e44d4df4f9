"""Pictures of what was refunded: how much, against what was expected, and for what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.grouping import NOT_GIVEN
from ..metrics.results import interval, money, name_of, percent
from ..money import minor_units
from . import bars, canvas, intervals, parts

_GAP, _BESIDES = bars.Look("attention", "//"), bars.Look("good", "..")


def refund_amount(
    frame: Any,
    *,
    quantiles: Sequence[float] = (0.9,),
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw what was refunded, each currency by itself.

    Amounts of two currencies do not compare, so they never share an axis: without `by` and
    `freq` bars show the share of records refunded in each currency, with total, mean and
    quantiles beside them; with `by` a panel for each currency holds bars of the groups'
    totals, with `freq` of the periods' totals, with both one for each currency and group.

    Parameters
    ----------
    frame, quantiles, by, freq, tz, date, min_n, confidence
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
    rows = metrics.refund_amount(
        frame, quantiles=quantiles, by=by, freq=freq, tz=tz, date=date, min_n=min_n,
        confidence=confidence,
    )  # fmt: skip
    heading = f"Refunds for {rows.attrs['table']} (n = {rows.attrs['n_total']:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    if not (rows.attrs["by"] or freq):
        return _currencies(rows, heading, ax)
    return _panels(rows, heading, ax)


def _currencies(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    rows = rows.sort_values("n", ascending=False, kind="stable").reset_index(drop=True)
    ax = canvas.canvas(ax, height=1.6 + 0.62 * len(rows))
    said = [_said({str(name): row[name] for name in row}) for row in rows.to_dict("records")]
    bars.rows(
        ax, rows["refunded_share"], names=[str(code) for code in rows["currency"]], said=said,
        bounds=(rows["refunded_share_low"], rows["refunded_share_high"]),
    )  # fmt: skip
    canvas.percent_axis(ax.xaxis, upto=1)
    ax.set_xlabel(f"share of records refunded, with {canvas.level(rows)} interval")
    canvas.title(ax, heading, canvas.left_out(rows))
    told = "; ".join(
        f"{name}: {text}" for name, text in zip(rows["currency"], said, strict=True)
    ).replace("\n", ", ")
    return canvas.say(ax, f"{heading}, one bar a currency: {told}.")


def _said(row: dict[str, Any]) -> str:
    """Say the figures of a currency; names such as ``p99.9_amount`` make no named tuple."""
    counted = f"{row['n_refunded']:,} of {row['n']:,} refunded, {percent(row['refunded_share'])}"
    code = row["currency"]
    if code == NOT_GIVEN:
        return counted
    total = f"{counted}\ntotal {money(row['total_amount'], code)}"
    if not row["n_refunded"]:
        return total
    each = [name for name in row if re.fullmatch(r"(mean|median|p[\d.]+)_amount", name)]
    said = (f"{name.removesuffix('_amount')} {money(row[name], code)}" for name in each)
    return f"{total}\n{', '.join(said)}"


def _panels(rows: pd.DataFrame, heading: str, ax: Axes | None) -> Axes:
    by, freq = rows.attrs["by"], rows.attrs["freq"]
    known = rows[rows["currency"] != NOT_GIVEN]
    unknown = int(rows["n"].sum() - known["n"].sum())
    if known.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), f"{heading}, none with a currency")
    parts_, left = canvas.largest(known, ["currency", *(by if freq else [])], canvas.MOST_PANELS)
    rest = f"{unknown:,} records name no currency" if unknown else ""
    note = canvas.notes(canvas.left_out(rows), rest, canvas.not_shown(left))
    names = [canvas.headed(name, _sum(part)) for name, part in parts_]
    most = canvas.most_rows(len(parts_))
    heights = [canvas.PANEL if freq else 0.36 * min(len(part), most) for _, part in parts_]
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    draws = [
        partial(_columns, rows=part) if freq else partial(_groups, rows=part, most=most)
        for _, part in parts_
    ]
    canvas.panels(ax, names, draws, heights, same_x=freq is not None)
    canvas.title(ax, heading, note)
    what = f"bars of the {freq}s' totals" if freq else "bars of the groups' totals"
    return canvas.say(
        ax, f"{heading}: {what}, a panel for each of {'; '.join(names)}.{canvas.sentence(note)}"
    )


def _groups(ax: Axes, rows: pd.DataFrame, most: int) -> None:
    """Draw the totals of the groups of one currency."""
    by, currency = rows.attrs["by"], str(rows["currency"].iloc[0])
    shown = rows.nlargest(most, "total_amount").reset_index(drop=True)
    said = [
        f"{money(row.total_amount, currency)}  ({row.n_refunded:,} of {row.n:,})"
        for row in canvas.records(shown)
    ]
    names = [canvas.group_name(row, by) for _, row in shown.iterrows()]
    bars.rows(ax, shown["total_amount"], names=names, said=said)
    canvas.number_axis(ax.xaxis, upto=shown["total_amount"].max() * 1.02)
    more = canvas.not_shown(len(rows) - len(shown))
    label = f"{currency} in total (beside: refunded of all records){more}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)


def _columns(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the totals of the periods of one currency."""
    bars.columns(ax, rows, [("total_amount", bars.PLAIN)])
    canvas.number_axis(ax.yaxis, upto=rows["total_amount"].max() * 1.05)
    ax.set_ylabel(str(rows["currency"].iloc[0]), parse_math=False)


def _sum(part: pd.DataFrame) -> str:
    currency = str(part["currency"].iloc[0])
    refunded = f"{part['n_refunded'].sum():,} of {part['n'].sum():,} refunded"
    return f"{money(part['total_amount'].sum(), currency)} in total, {refunded}"


def refund_gap(
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
    Draw what was expected to be refunded against what was, each currency by itself.

    Without `by` and `freq` the money: from what was expected over the gap to what the seller
    refunded, and what the buyer got besides (tax). With them the share of refunds below
    expectation, with its interval: points of groups, or a line over time in its band.

    Parameters
    ----------
    frame, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.refund_gap`, which computes what is drawn.
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
    rows = metrics.refund_gap(
        frame, by=by, freq=freq, tz=tz, date=date, min_n=min_n, confidence=confidence
    )
    heading = f"Refunds against what was expected (n = {rows.attrs['n_total']:,})"
    other = rows.attrs["n_other_currency"]
    note = f"{other:,} expected in another currency left out" if other else ""
    if rows.empty or not (rows.attrs["by"] or freq):
        return _gaps(rows, heading, note, ax)
    figure = intervals.Figure(
        "below_share",
        "share of refunds below expectation",
        lambda row: (
            f"{percent(row.below_share)}  ({row.n_below:,} of {row.n:,}),"
            f" gap {money(row.gap_amount, row.currency)}"
        ),
    )
    return intervals.draw(rows, figure, heading, ax, over=["currency"], names=_gap_of, note=note)


def _gap_of(part: pd.DataFrame) -> str:
    code = str(part["currency"].iloc[0])
    gap, expected = (money(part[f"{name}_amount"].sum(), code) for name in ("gap", "expected"))
    return f"n = {part['n'].sum():,}, gap {gap} of {expected}"


def _gaps(rows: pd.DataFrame, heading: str, note: str, ax: Axes | None) -> Axes:
    """Draw a waterfall for each currency."""
    rows, unnamed = canvas.with_currency(rows)
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    groups, left = canvas.largest(rows, ["currency"], canvas.MOST_PANELS)
    steps = [_steps(canvas.records(part)[0]) for _, part in groups]
    titles = [
        f"{code}: {row.n_below:,} of {row.n:,} below expectation, {percent(row.below_share)}"
        f" ({interval(row.below_share_low, row.below_share_high)})"
        for code, part in groups
        for row in canvas.records(part)
    ]
    heights = [0.36 * len(own) for own in steps]
    ax = canvas.canvas(ax, height=canvas.height_of(heights))
    draws = [
        partial(bars.waterfall, steps=own, unit=code)
        for own, (code, _) in zip(steps, groups, strict=True)
    ]
    canvas.panels(ax, titles, draws, heights, same_x=False)
    note = canvas.notes(note, canvas.left_out(rows), unnamed, canvas.not_shown(left))
    canvas.title(ax, heading, note)
    told = "; ".join(
        f"{title}: " + ", ".join(f"{step.name} {step.said}" for step in own)
        for title, own in zip(titles, steps, strict=True)
    )
    said = f"{heading}, a waterfall for each currency: {told}"
    return canvas.say(ax, f"{said}. Intervals of {canvas.level(rows)}.{canvas.sentence(note)}")


def _steps(row: Any) -> list[bars.Step]:
    code = row.currency
    expected = money(row.expected_amount, code)
    gap = "Less than expected" if row.gap_amount >= 0 else "More than expected"
    steps = [
        bars.Step("Expected", 0, row.expected_amount, bars.REST, f"{expected} {code}"),
        bars.Step(
            gap, row.expected_amount, row.refund_amount, _GAP,
            f"{money(-row.gap_amount, code)}  ({percent(abs(row.gap_share))})",
        ),
        bars.Step("Refunded", 0, row.refund_amount, bars.PLAIN, money(row.refund_amount, code)),
    ]  # fmt: skip
    if row.n_buyer:
        most = row.refund_amount + row.buyer_gap_amount
        said = f"{row.buyer_gap_amount:+,.{minor_units(code)}f}  (known of {row.n_buyer:,})"
        steps.append(bars.Step("Buyer got besides", row.refund_amount, most, _BESIDES, said))
    return steps


def refund_lines(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw what refunds were for: price, shipping, tax ...

    Bars of shares with intervals, largest on top, and their running sum, in a panel for each
    currency, group and stage.

    Parameters
    ----------
    frame, by, min_n, confidence
        As for `postorder_nb.metrics.refund_lines`, which computes what is drawn.
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
    rows = metrics.refund_lines(frame, by=by, min_n=min_n, confidence=confidence)
    rows = rows.assign(part=[name_of(kind, "fee_type") for kind in rows["fee_type"]])
    heading = f"What refunds are for (n = {rows.attrs['n_total']:,} lines)"
    whole = parts.Whole("the money", "kinds")
    return parts.panels(rows, whole, heading, ax, keys=["currency", *rows.attrs["by"], "stage"])
