"""Pictures of how much hangs on a few."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.results import interval, percent
from . import bars, canvas, intervals

_TOPS = (1, 5, 10)
_PLURALS = {"buyer": "buyers", "item_id": "items", "buyer_country": "countries"}
_BUSIEST, _REPEAT = bars.Look("neutral"), bars.Look("attention", "//")


def concentration(
    frame: Any,
    *,
    of: str = "buyer",
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how unevenly records are spread over buyers, items or countries.

    Bars of what share of the records the busiest 1, 5 and 10 % have, with a mark at what they
    would have if all had the same, and of the share of members with more than one record, with
    its interval. With `by` or `freq` only the latter: points of groups, or a line over time.

    Parameters
    ----------
    frame, of, by, freq, tz, date, min_n, confidence
        As for `postorder_nb.metrics.concentration`, which computes what is drawn.
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
    rows = metrics.concentration(
        frame, of=of, by=by, freq=freq, tz=tz, date=date, min_n=min_n, confidence=confidence
    )
    table, who = rows.attrs["table"], _PLURALS.get(of, f"values of {of}")
    heading = f"How {table} are spread over {who} (n = {rows.attrs['n_total']:,})"
    missing = rows.attrs["n_not_given"]
    note = f"{table} that name none left out: {missing:,}" if missing else ""
    if rows.empty or rows.attrs["by"] or freq:
        figure = intervals.Figure(
            "repeat_share",
            f"share of {who} with more than one",
            lambda row: (
                f"{percent(row.repeat_share)}  ({row.n_repeat:,} of {row.n_members:,}),"
                f" Gini {row.gini:.2f}"
            ),
        )
        return intervals.draw(rows, figure, heading, ax, note=note)
    return _bars(rows, who, heading, note, ax)


def _bars(rows: pd.DataFrame, who: str, heading: str, note: str, ax: Axes | None) -> Axes:
    row, table = canvas.records(rows)[0], rows.attrs["table"]
    counts = [ceil(row.n_members * top / 100) for top in _TOPS]
    shares = [getattr(row, f"top_{top}_share") for top in _TOPS]
    said = [
        f"{percent(share)} of {table}\nby {count:,} of {row.n_members:,} {who}"
        for share, count in zip(shares, counts, strict=True)
    ]
    said.append(f"{percent(row.repeat_share)} of {who}\n{row.n_repeat:,} of {row.n_members:,}")
    names = [*(f"Busiest {top} % of {who}" for top in _TOPS), "More than one"]
    ax = canvas.canvas(ax, height=3.9)
    looks = [_BUSIEST] * len(_TOPS) + [_REPEAT]
    none = [np.nan] * len(_TOPS)
    bounds = [*none, row.repeat_share_low], [*none, row.repeat_share_high]
    values = pd.Series([*shares, row.repeat_share])
    bars.rows(ax, values, names=names, said=said, bounds=bounds, looks=looks)
    even = [count / row.n_members for count in counts]
    ax.plot(even, range(len(even)), "|", color=canvas.ink(), markersize=22, markeredgewidth=2)
    mark = ax.plot([], [], "|", color=canvas.ink(), markersize=9, label="if all had the same")
    highest = max(*shares, *even, row.repeat_share_high)
    canvas.percent_axis(ax.xaxis, upto=min(1.0, highest * 1.05))
    label = f"share of {table}; last bar: of {who}, with {canvas.level(rows)} interval"
    ax.set_xlabel(canvas.wrapped(label, 60), parse_math=False)
    legend = canvas.legend_above(ax, mark)
    gini = f"Gini's coefficient {row.gini:.2f} (0: all have the same)"
    note = canvas.notes(note, canvas.left_out(rows))
    canvas.title(ax, heading, gini, note, over_legend=legend)
    told = "; ".join(f"{name} {text}" for name, text in zip(names, said, strict=True))
    last = interval(row.repeat_share_low, row.repeat_share_high)
    says = f"{heading}. {gini}. {told}, {last}".replace("\n", ", ")
    return canvas.say(ax, f"{says}.{canvas.sentence(note)}")
