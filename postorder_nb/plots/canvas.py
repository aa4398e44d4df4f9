"""What all pictures share: the axes, text from data, periods, panels, and a sentence for all."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..display import clean
from ..metrics.results import name_of

MOST_GROUPS = 15
"""More groups than this are not read off a picture: it shows the largest."""
MOST_PANELS = 6
PANEL = 1.4
"""Height of a panel over time, in inches."""
_AROUND = 0.9  # inches for a panel's title, ticks and label
_LABEL = "Picture of postorder_nb: "


def canvas(ax: Axes | None, *, height: float) -> Axes:
    """Return `ax`, or the axes of a new pyplot figure of that height (inches)."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # noqa: PLC0415  (only who wants a figure starts a backend)

    _, new = plt.subplots(figsize=(8, height), layout="constrained")
    return new


def ink() -> Any:
    """Return the colour of text in the style in force."""
    return mpl.rcParams["text.color"]


def drawable(text: str) -> str:
    """
    Return the text with a box for each character that the font in force cannot draw.

    For other scripts set a font that has them, e.g.
    ``matplotlib.rcParams["font.family"] = ["DejaVu Sans", "Noto Sans CJK JP"]``.
    """
    known = _characters(tuple(mpl.rcParams["font.family"]))
    return "".join(c if c == "\n" or ord(c) in known else "\N{WHITE SQUARE}" for c in text)


@lru_cache(maxsize=8)
def _characters(families: tuple[str, ...]) -> frozenset[int]:
    known: set[int] = set()
    for family in families:
        known |= set(get_font(findfont(FontProperties(family=[family]))).get_charmap())
    return frozenset(known)


def words(value: str, *, width: int = 32, lines: int = 2) -> str:
    """Make text from data fit a label: harmless, drawable, wrapped, cut with an ellipsis."""
    return "\n".join(
        textwrap.wrap(
            drawable(clean(value)), width, max_lines=lines, placeholder="…", break_on_hyphens=False
        )
    )


def group_name(row: pd.Series[Any], by: Sequence[str]) -> str:
    """Name a group of one or several columns."""
    return " \N{MIDDLE DOT} ".join(name_of(row[column], column) for column in by)


def title(ax: Axes, *lines: str, over_legend: bool = False) -> None:
    """Set the title over the left edge; empty lines are left out."""
    text = "\n".join(drawable(clean(line)) for line in lines if line)
    ax.set_title(text, loc="left", parse_math=False, pad=24 if over_legend else None)


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows as named tuples."""
    return list(frame.itertuples(index=False))


def percent_axis(axis: Axis, *, upto: float) -> None:
    """Let an axis of fractions read in percent, from 0 to `upto`."""
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x * 100:.4g} %"))
    _limit(axis, upto or 0.01)


def number_axis(axis: Axis, *, upto: float) -> None:
    """Let an axis of amounts read with thousands separated, from 0 to `upto`."""
    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}" if x >= 10 else f"{x:,.5g}"))
    _limit(axis, upto or 1)


def _limit(axis: Axis, upto: float) -> None:
    (axis.axes.set_xlim if isinstance(axis, XAxis) else axis.axes.set_ylim)(0, upto)


def plain(ax: Axes, *, grid: str) -> None:
    """Take away the frame, leave a faint grid along the values (`grid` is "x" or "y")."""
    ax.spines[["top", "right"]].set_visible(False)
    if grid == "x":
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    ax.grid(axis="x" if grid == "x" else "y", color="0.5", alpha=0.25, linewidth=0.8)
    ax.set_axisbelow(True)


def row_labels(ax: Axes, labels: Sequence[str]) -> None:
    """Put a label on each row, the first on top."""
    ax.set_yticks(np.arange(len(labels)), [words(text) for text in labels], parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)


def beside(ax: Axes, texts: Sequence[str]) -> None:
    """Write a text for each row in a column right of the axes; line breaks are kept."""
    for i, text in enumerate(texts):
        lines = "\n".join(drawable(clean(line)) for line in text.split("\n"))
        ax.text(
            1.015, i, lines, transform=ax.get_yaxis_transform(), va="center", fontsize="small",
            parse_math=False,
        )  # fmt: skip


def local(period: pd.Series[Any]) -> pd.Series[Any]:
    """Return the periods as the wall clock of their time zone shows them."""
    clock: pd.Series[Any] = period.dt.tz_localize(None)
    return clock


def every_period(rows: pd.DataFrame, freq: str) -> pd.DataFrame:
    """Index by wall clock and give periods without records a row of gaps, so that lines break."""
    indexed = rows.set_index(local(rows["period"]).dt.normalize())
    step = "W-MON" if freq == "week" else "MS"
    return indexed.reindex(pd.date_range(indexed.index.min(), indexed.index.max(), freq=step))


def time_axis(ax: Axes, freq: str, tz: str) -> None:
    """Let x read in dates and say what a point on it stands for."""
    # matplotlib tells no types of these two.
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(
        ConciseDateFormatter(  # type: ignore[no-untyped-call]
            locator, zero_formats=["", "%b\n%Y", "%b", "%d %b", "%H:%M", "%H:%M"]
        )
    )
    first = "week, from Monday" if freq == "week" else "month"
    ax.set_xlabel(f"{first} ({tz})", parse_math=False)


def bar_days(freq: str) -> float:
    """Return how wide a period's bar is, in days."""
    return 5.6 if freq == "week" else 24.0


def largest(
    rows: pd.DataFrame, by: Sequence[str], most: int
) -> tuple[list[tuple[str, pd.DataFrame]], int]:
    """Split into named groups, the one with most records first; say how many are left out."""
    if not by:
        return [("all", rows)], 0
    groups = [
        (group_name(part.iloc[0], by), part.reset_index(drop=True))
        for _, part in rows.groupby(list(by), dropna=False, sort=False)
    ]
    groups.sort(key=lambda group: -group[1]["n"].sum())
    return groups[:most], len(groups[most:])


def not_shown(groups: int) -> str:
    """Say how many groups are left out, if any."""
    return f"; smaller groups not shown: {groups:,}" if groups else ""


def whiskers(ax: Axes, at: Any, rows: Any, low: Any, high: Any) -> None:
    """Draw intervals along x."""
    ends = np.vstack([at - low, high - at]).clip(0)
    ax.errorbar(at, rows, xerr=ends, fmt="none", ecolor=ink(), elinewidth=1, capsize=3)


def patch(colour: str, hatch: str, name: str) -> Patch:
    """Make the legend's entry for a filled area."""
    return Patch(
        facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0, label=words(name, lines=1)
    )


def legend_above(ax: Axes) -> None:
    """Set the legend in one line between the axes and the title."""
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize="small",
        borderaxespad=0.2,
    )  # fmt: skip


def legend_beside(ax: Axes, handles: Sequence[Patch]) -> None:
    """Set the legend to the right of the axes."""
    legend = ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False,
        fontsize="small", handlelength=2, handleheight=1.2, borderaxespad=0,
    )  # fmt: skip
    for entry in legend.get_texts():
        entry.set_parse_math(False)


def height_of(panels: Sequence[float]) -> float:
    """Return the height of a figure (inches) for panels of these heights."""
    return 0.6 + sum(panels) + _AROUND * len(panels)


def panels(
    ax: Axes,
    names: Sequence[str],
    draws: Sequence[Callable[[Axes], None]],
    heights: Sequence[float],
    *,
    same_x: bool,
) -> None:
    """
    Draw panels below each other inside `ax`, which itself becomes invisible.

    Panels keep what does not compare apart (currencies), and still are one Axes to the caller.
    """
    ax.set_axis_off()
    whole = sum(heights) + _AROUND * len(heights)
    drawn, top = [], 1.0
    for name, draw, height in zip(names, draws, heights, strict=True):
        top -= (_AROUND / 2 + height) / whole
        panel = ax.inset_axes((0.0, top, 1.0, height / whole))
        top -= _AROUND / 2 / whole
        draw(panel)
        heading = words(name, width=80, lines=1)
        panel.set_title(heading, loc="left", fontsize="medium", parse_math=False)
        drawn.append(panel)
    if same_x:
        ends = np.array([panel.get_xlim() for panel in drawn])
        for panel in drawn:
            panel.set_xlim(ends.min(), ends.max())


def nothing(ax: Axes, what: str) -> Axes:
    """Say on the axes that there is no record to show."""
    ax.set_axis_off()
    title(ax, what)
    ax.text(
        0.5, 0.5, "no records to show", ha="center", va="center", transform=ax.transAxes,
        fontsize="large", color="0.5",
    )  # fmt: skip
    return say(ax, f"{what}: no records to show.")


def say(ax: Axes, sentence: str) -> Axes:
    """Keep the sentence that `describe` returns with the axes; return the axes."""
    ax.set_label(_LABEL + clean(sentence))
    return ax


def describe(ax: Axes) -> str:
    """
    Say in words what a picture of this package shows, for those who cannot see it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        What a function of `postorder_nb.plots` returned. For other axes the title and the names
        of the axes are all that is known.

    Returns
    -------
    str
        One or two sentences, as plain text: usable as alternative text once escaped.
    """
    label = str(ax.get_label())
    if label.startswith(_LABEL):
        return label.removeprefix(_LABEL)
    heading = ax.get_title() or ax.get_title(loc="left") or "Untitled picture"
    axes = " against ".join(name for name in (ax.get_ylabel(), ax.get_xlabel()) if name)
    return f"{heading}: {axes}." if axes else f"{heading}."
