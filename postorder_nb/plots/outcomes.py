"""Pictures of how many records there are, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.results import name_of
from . import bars, canvas, parts
from .bars import Look

_CLOSED, _OPEN = Look("neutral", "", "closed"), Look("attention", "//", "still open")
_ALL = Look("neutral", "", "records")
_OUTCOMES = {
    "full_refund": Look("neutral"),
    "partial_refund": Look("accent", "//"),
    "replacement": Look("good", ".."),
    "no_refund": Look("muted"),
    "withdrawn": Look("attention", "\\\\"),
    "escalated": Look("bad", "xx"),
    "open": Look("muted", ".."),
}


def counts(
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
    Draw how many records there are, and how many of them are still open.

    Bars of groups, the largest on top; with `freq` columns over time; with both, each of the
    largest groups has a panel. The interval says how far such a count varies by chance alone.

    Parameters
    ----------
    frame, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.counts`, which computes what is drawn.
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
    rows = metrics.counts(
        frame, by=by, freq=freq, tz=tz, date=date, min_n=min_n, confidence=confidence
    )
    table = rows.attrs["table"]
    heading = f"{table.capitalize()} (n = {rows.attrs['n_total']:,})"
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    told = bool(rows["n_open"].notna().all())
    rows["n_open"] = rows["n_open"].fillna(0).astype("int64")
    rows["n_over"] = rows["n"] - rows["n_open"]
    looks = [("n_over", _CLOSED), ("n_open", _OPEN)] if told else [("n", _ALL)]
    ax, left = _over_time(rows, looks, ax) if freq else (_groups(rows, looks, ax), 0)
    legend = bars.legend(ax, [look for _, look in looks]) if told else 0
    note = canvas.notes(canvas.left_out(rows), canvas.not_shown(left))
    canvas.title(ax, heading, note, over_legend=legend)
    still = f", {rows['n_open'].sum():,} of them still open" if told else ""
    most = rows.iloc[int(rows["n"].argmax())]
    columns = [*(["period"] if freq else []), *rows.attrs["by"]]
    named = " \N{MIDDLE DOT} ".join(name_of(most[column], column, freq) for column in columns)
    largest = f" The most in {named}: {most['n']:,}." if columns else ""
    what = "columns over time" if freq else "bars"
    shape = f"{what} with {canvas.level(rows)} intervals of chance"
    return canvas.say(ax, f"{heading}{still}: {shape}.{largest}{canvas.sentence(note)}")


def _over_time(
    rows: pd.DataFrame, looks: list[tuple[str, Look]], ax: Axes | None
) -> tuple[Axes, int]:
    by = rows.attrs["by"]
    upto = float(rows["n_high"].max()) * 1.05
    draw = partial(_columns, looks=looks, upto=upto)
    if not by:
        ax = canvas.canvas(ax, height=4)
        draw(ax, rows)
        return ax, 0
    groups, left = canvas.largest(rows, by, canvas.MOST_PANELS)
    names = [canvas.headed(name, f"n = {part['n'].sum():,}") for name, part in groups]
    heights = [canvas.PANEL] * len(groups)
    ax = canvas.canvas(ax, height=canvas.height_of(heights) + 0.3)
    draws = [partial(draw, rows=part) for _, part in groups]
    canvas.panels(ax, names, draws, heights, same_x=True)
    return ax, left


def _columns(ax: Axes, rows: pd.DataFrame, looks: list[tuple[str, Look]], upto: float) -> None:
    bars.columns(ax, rows, looks, bounds=("n_low", "n_high"))
    canvas.number_axis(ax.yaxis, upto=upto, whole=True)
    ax.set_ylabel(rows.attrs["table"])


def _groups(rows: pd.DataFrame, looks: list[tuple[str, Look]], ax: Axes | None) -> Axes:
    by, table = rows.attrs["by"], rows.attrs["table"]
    groups, left = canvas.largest(rows, by, canvas.MOST_GROUPS)
    shown = pd.concat([part for _, part in groups], ignore_index=True)
    ax = canvas.canvas(ax, height=max(2.4, 1.6 + 0.36 * len(shown)))
    said = [
        f"{row.n:,}" + (f"  ({row.n_open:,} open)" if len(looks) > 1 else "")
        for row in canvas.records(shown)
    ]
    names = [name if by else f"all {table}" for name, _ in groups]
    bars.stacked(ax, shown, looks, names=names, said=said, bounds=("n_low", "n_high"))
    canvas.number_axis(ax.xaxis, upto=float(shown["n_high"].max()) * 1.02, whole=True)
    label = f"{table}, with {canvas.level(rows)} interval of chance{canvas.not_shown(left)}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)
    return ax


def outcomes(
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
    Draw the shares of the ways in which records ended.

    Bars with intervals, in the order from full refund to open. With `by` or `freq` each group
    is one bar of 100 %, cut into the ways; with both, each of the largest groups has a panel.

    Parameters
    ----------
    frame, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.outcomes`, which computes what is drawn.
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
    rows = metrics.outcomes(
        frame, by=by, freq=freq, tz=tz, date=date, min_n=min_n, confidence=confidence
    )
    table = rows.attrs["table"]
    names = {outcome: name_of(outcome, "outcome") for outcome in _OUTCOMES}
    looks = [_OUTCOMES[outcome] for outcome in rows["outcome"]]
    rows = rows.assign(
        part=[names[outcome] for outcome in rows["outcome"]],
        look=pd.Series(looks, index=rows.index, dtype=object),
    )
    heading = f"How {table} ended (n = {rows.attrs['n_total']:,})"
    fixed = {names[outcome]: look for outcome, look in _OUTCOMES.items()}
    whole = parts.Whole(table, "outcomes", fixed)
    return parts.draw(rows, whole, heading, ax)


def close_reasons(
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
    Draw the share of each close reason among the closed records.

    As `reasons`: ranked bars with intervals and their running sum; bars of 100 % for groups and
    periods.

    Parameters
    ----------
    frame, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.close_reasons`, which computes what is drawn.
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
    rows = metrics.close_reasons(
        frame, by=by, freq=freq, tz=tz, date=date, min_n=min_n, confidence=confidence
    )
    table = rows.attrs["table"]
    rows = rows.assign(part=[name_of(reason, "close_reason") for reason in rows["close_reason"]])
    heading = f"Why {table} were closed (n = {rows.attrs['n_total']:,})"
    n_open = rows.attrs["n_open"]
    note = f"open {table} left out: {n_open:,}" if n_open else ""
    whole = parts.Whole(f"closed {table}", "reasons")
    return parts.draw(rows, whole, heading, ax, note=note)
