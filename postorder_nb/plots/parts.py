"""The form of a whole and its parts: ranked shares with their running sum, and bars of 100 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ..metrics.results import interval, money, percent
from . import bars, canvas
from .bars import Look

OTHERS = "all others"


@dataclass(frozen=True)
class Whole:
    """
    What the shares of a result are shares of.

    Attributes
    ----------
    of : str
        What the whole is, such as "returns".
    parts : str
        What the parts are called, such as "reasons".
    looks : dict of str to Look
        The parts that always look the same, in their order; by default the largest five of a
        result do, and the others together are muted.
    """

    of: str
    parts: str
    looks: dict[str, Look] = field(default_factory=dict)


def draw(
    rows: pd.DataFrame, whole: Whole, heading: str, ax: Axes | None, *, note: str = ""
) -> Axes:
    """
    Draw the parts of all records as ranked bars, those of groups or periods as bars of 100 %.

    `rows` is a result with the columns `part` (as it should read), `n`, `share`; of ranked bars
    also the bounds of the share, `cumulative_share` if it is to be drawn, and `look`, if kinds
    of parts differ. A `currency` is never drawn with another.
    """
    note = canvas.notes(note, canvas.left_out(rows))
    if "currency" in rows:
        rows, unnamed = canvas.with_currency(rows)
        note = canvas.notes(note, unnamed)
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    legend, left = 0, 0
    if rows.attrs["by"] or rows.attrs["freq"]:
        ax, shown, left = _stacked(rows, whole, ax)
    elif "currency" in rows:
        ax, shown, left = _ranked_panels(rows, whole, ax, ["currency"])
        legend = _legend(ax, rows)
    else:
        ax = canvas.canvas(ax, height=max(2.4, 1.6 + 0.36 * min(len(rows), canvas.MOST_GROUPS)))
        shown = ranked(ax, rows, whole)
        legend = _legend(ax, rows)
    note = canvas.notes(note, canvas.not_shown(left))
    canvas.title(ax, heading, note, over_legend=legend)
    return canvas.say(ax, f"{heading}: {shown}.{canvas.sentence(note)}")


def panels(
    rows: pd.DataFrame, whole: Whole, heading: str, ax: Axes | None, *, keys: Sequence[str]
) -> Axes:
    """Draw ranked bars in a panel for each value of the columns `keys`."""
    rows, unnamed = canvas.with_currency(rows)
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    ax, shown, left = _ranked_panels(rows, whole, ax, keys)
    note = canvas.notes(canvas.left_out(rows), unnamed, canvas.not_shown(left))
    canvas.title(ax, heading, note)
    return canvas.say(ax, f"{heading}: {shown}.{canvas.sentence(note)}")


def ranked(ax: Axes, rows: pd.DataFrame, whole: Whole, *, most: int = canvas.MOST_GROUPS) -> str:
    """Draw a bar with its interval for each part, and the running sum; say what is shown."""
    shown = rows.head(most).reset_index(drop=True)
    looks = list(shown["look"]) if "look" in shown else None
    names = [str(part) for part in shown["part"]]
    said = [_said(row) for row in canvas.records(shown)]
    bounds = shown["share_low"], shown["share_high"]
    bars.rows(ax, shown["share"], names=names, said=said, bounds=bounds, looks=looks)
    upto = min(1.0, shown["share_high"].max() * 1.02)
    running = "cumulative_share" in shown and len(shown) > 1
    if running:
        ax.plot(
            shown["cumulative_share"], shown.index, ".-", color=canvas.ink(), linewidth=1,
            clip_on=False, label="running sum",
        )  # fmt: skip
        upto = 1.03  # the last point of the line stands off the words beside it
    canvas.percent_axis(ax.xaxis, upto=0.0 if pd.isna(upto) else upto)
    left = len(rows) - len(shown)
    more = f"; further {whole.parts} not shown: {left:,}" if left else ""
    line = "; line: running sum" if running else ""
    label = f"share of all {whole.of}, with {canvas.level(rows)} interval{line}{more}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)
    largest = "; ".join(
        f"{name} {percent(row.share)} ({interval(row.share_low, row.share_high)})"
        for name, row in zip(names[:3], canvas.records(shown.head(3)), strict=True)
    )
    order = "largest first" if running else "in order"
    return f"{len(shown)} bars, {order}: {largest}{more}"


def _said(row: Any) -> str:
    if not hasattr(row, "total_amount"):
        return f"{percent(row.share)}  (n = {row.n:,})"
    return f"{percent(row.share)}  {money(row.total_amount, row.currency)}  (n = {row.n:,})"


def _legend(ax: Axes, rows: pd.DataFrame) -> int:
    return bars.legend(ax, list(rows["look"])) if "look" in rows else 0


def _ranked_panels(
    rows: pd.DataFrame, whole: Whole, ax: Axes | None, keys: Sequence[str]
) -> tuple[Axes, str, int]:
    groups, left = canvas.largest(rows, keys, canvas.MOST_PANELS)
    most = canvas.most_rows(len(groups))
    heights = [0.36 * min(len(part), most) for _, part in groups]
    ax = canvas.canvas(ax, height=canvas.height_of(heights) + 0.3)
    titles = [canvas.headed(name, _whole(part)) for name, part in groups]
    draws = [partial(ranked, rows=part, whole=whole, most=most) for _, part in groups]
    canvas.panels(ax, titles, draws, heights, same_x=False)
    shown = f"ranked bars with intervals in a panel for each of {'; '.join(titles)}"
    return ax, shown, left


def _whole(part: pd.DataFrame) -> str:
    """Say how much the parts are together."""
    count = f"n = {part['n'].sum():,}"
    if "total_amount" not in part:
        return count
    total = money(part["total_amount"].sum(), str(part["currency"].iloc[0]))
    return f"{total} in total, {count}"


def _stacked(rows: pd.DataFrame, whole: Whole, ax: Axes | None) -> tuple[Axes, str, int]:
    by, freq = rows.attrs["by"], rows.attrs["freq"]
    looks = whole.looks or largest_looks(rows)
    folded = rows["part"].where(rows["part"].isin(list(looks)), OTHERS)
    rows = rows.assign(part=folded)
    looks = {part: look._replace(name=part) for part, look in looks.items() if part in set(folded)}
    if (folded == OTHERS).any():
        looks[OTHERS] = bars.REST._replace(name=OTHERS)
    over = ["currency"] if "currency" in rows else []
    if freq and not (by or over):
        ax = canvas.canvas(ax, height=4.5)
        columns(ax, rows, looks, whole.of)
        shown, left = "one bar a period", 0
    elif freq or over:
        keys = [*over, *(by if freq else [])]
        groups, left = canvas.largest(rows, keys, canvas.MOST_PANELS)
        most = canvas.most_rows(len(groups))
        heights = [
            canvas.PANEL if freq else 0.4 * min(part.groupby(by, dropna=False).ngroups, most)
            for _, part in groups
        ]
        ax = canvas.canvas(ax, height=canvas.height_of(heights))
        draw_one = partial(columns if freq else lines, looks=looks, of=whole.of)
        draws = [
            partial(draw_one, rows=part, **({} if freq else {"most": most})) for _, part in groups
        ]
        titles = [canvas.headed(name, _whole(part)) for name, part in groups]
        canvas.panels(ax, titles, draws, heights, same_x=freq is not None)
        shown = f"bars in a panel for each of {'; '.join(titles)}"
    else:
        count = min(rows.groupby(by, dropna=False).ngroups, canvas.MOST_GROUPS)
        ax = canvas.canvas(ax, height=max(2.6, 1.6 + 0.45 * count))
        shown, left = "one bar a group", 0
        more = lines(ax, rows, looks, whole.of)
        shown += canvas.not_shown(more)
    entries = [look.patch() for look in looks.values()]
    canvas.legend_beside(ax, entries[::-1] if freq else entries)
    return ax, f"shares of 100 %, {shown}, cut into {', '.join(looks)}", left


def largest_looks(rows: pd.DataFrame) -> dict[str, Look]:
    """Give the largest parts, by records, a look each."""
    order = rows.groupby("part", sort=False)["n"].sum().nlargest(len(bars.SERIES)).index
    return dict(zip(map(str, order), bars.SERIES, strict=False))


def columns(ax: Axes, rows: pd.DataFrame, looks: dict[str, Look], of: str) -> None:
    """Draw one bar of 100 % for each period."""
    shares = rows["share"].groupby([rows["period"], rows["part"]]).sum().unstack().fillna(0.0)
    periods = shares.reindex(columns=list(looks), fill_value=0.0).reset_index()
    periods.attrs = rows.attrs
    bars.columns(ax, periods, list(looks.items()))
    canvas.percent_axis(ax.yaxis, upto=1)
    ax.set_ylabel(canvas.wrapped(f"share of each {rows.attrs['freq']}'s {of}", 28))


def lines(
    ax: Axes,
    rows: pd.DataFrame,
    looks: dict[str, Look],
    of: str,
    *,
    most: int = canvas.MOST_GROUPS,
) -> int:
    """Draw one bar of 100 % for each of the largest groups; return how many are left out."""
    groups, left = canvas.largest(rows, rows.attrs["by"], most)
    shares = pd.DataFrame([part.groupby("part")["share"].sum() for _, part in groups])
    shares = shares.reindex(columns=list(looks)).fillna(0.0).reset_index(drop=True)
    base = pd.Series(0.0, index=shares.index)
    for part, look in looks.items():
        ax.barh(shares.index, shares[part], left=base, height=0.7, **look.fill())
        base += shares[part]
    canvas.row_labels(ax, [canvas.counted(name, part["n"].sum()) for name, part in groups])
    canvas.percent_axis(ax.xaxis, upto=1)
    canvas.plain(ax, grid="x")
    label = f"share of each group's {of}{canvas.not_shown(left)}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)
    return left
