"""What all pictures share: the axes, text from data, periods, panels, and a sentence for all."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num, num2date
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..display import clean, shorten
from ..metrics.grouping import NOT_GIVEN
from ..metrics.results import name_of, percent

MOST_GROUPS = 15
"""More groups than this are not read off a picture: it shows the largest."""
MOST_PANELS = 6
PANEL = 1.4
"""Height of a panel over time, in inches."""
_AROUND = 0.9  # inches for a panel's title, ticks and label
_LABEL = "Picture of postorder_nb: "
_HOLD = "\N{NO-BREAK SPACE}"
_PANEL_LINE = 74  # widths of an n
_TWO_LINES = 54
_LINE = 60  # characters of a title's line
_FREQS = {  # pandas' name of the first days; the axis' name; how wide a bar is, in days
    "day": ("D", "day", 0.8),
    "week": ("W-MON", "week, from Monday", 5.6),
    "month": ("MS", "month", 24.0),
    "quarter": ("QS", "quarter", 72.0),
    "year": ("YS", "year", 290.0),
}
_FEW_PERIODS = 7  # so many can be named each


def canvas(ax: Axes | None, *, height: float) -> Axes:
    """Return `ax`, or the axes of a new pyplot figure of that height (inches)."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # noqa: PLC0415 - it keeps figures for the process: only if one is asked for

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
    return frozenset(code for family in families for code in get_font(_file(family)).get_charmap())


def _file(family: str) -> Any:
    return findfont(FontProperties(family=[family]))


def _wide(line: str) -> float:
    """Return how wide a line is, in widths of an n."""
    font = get_font([_file(family) for family in mpl.rcParams["font.family"]])
    widths = []
    for text in (line, "n"):
        font.set_text(text, 0.0)
        widths.append(font.get_width_height()[0])
    return widths[0] / widths[1]


def words(value: str, *, width: int = 32, lines: int = 2) -> str:
    """Make text from data fit a label: harmless, drawable, wrapped, cut with an ellipsis."""
    text = _held(drawable(clean(value))).strip() or "(blank)"
    most = width
    while True:
        parts = textwrap.wrap(text, width, break_on_hyphens=False)
        if len(parts) > lines:
            last = " ".join(parts[lines - 1 :])
            parts = [*parts[: lines - 1], last[: width - 1].rstrip() + "…"]
        # Capitals and other scripts are wider than the usual letters.
        widest = max(map(_wide, parts))
        if widest <= most or width <= 8:
            return "\n".join(parts).replace(_HOLD, " ")
        width = max(8, min(width - 1, int(width * most / widest)))


def _held(text: str) -> str:
    """Keep the count in brackets on one line."""
    return re.sub(r"\(n = [^()]*\)", lambda found: found[0].replace(" ", _HOLD), text)


def headed(name: str, told: str) -> str:
    """Put a group's name, cut if need be, before what is told of it."""
    name, cells = drawable(clean(name)), _PANEL_LINE
    while cells > 8 and _wide(f"{shorten(name, cells)}: {told}") > _PANEL_LINE:
        cells -= 2
    return f"{shorten(name, cells)}: {told}"


def counted(name: str, count: float) -> str:
    """Name a group with its number of records; both are seen, however long the name is."""
    name, cells, told = drawable(clean(name)), 42, f"(n = {count:,.0f})"
    while cells > 8 and _wide(f"{shorten(name, cells)} {told}") > _TWO_LINES:
        cells -= 2
    return f"{shorten(name, cells)} {told}"


def group_name(row: pd.Series[Any], by: Sequence[str]) -> str:
    """Name a group of one or several columns."""
    return " \N{MIDDLE DOT} ".join(name_of(row[column], column) for column in by)


def wrapped(text: str, width: int = 72) -> str:
    """Break a sentence of ours (with names from data in it) into lines."""
    lines = textwrap.wrap(_held(drawable(clean(text))), width)
    return "\n".join(lines).replace(_HOLD, " ")


def title(ax: Axes, *lines: str, over_legend: int = 0) -> None:
    """Set the title over the left edge, over a legend of so many lines; no empty lines."""
    text = "\n".join(wrapped(line[0].upper() + line[1:], _LINE) for line in lines if line)
    pad = 10 + 14 * over_legend if over_legend else None
    ax.set_title(text, loc="left", parse_math=False, pad=pad)


def level(rows: pd.DataFrame) -> str:
    """Say of how many percent the intervals of a result are."""
    return f"{100 * rows.attrs['confidence']:g} %"


def left_out(rows: pd.DataFrame) -> str:
    """Say which records a result does not hold, if any."""
    undated, groups = rows.attrs["n_undated"], rows.attrs["n_small_groups"]
    told = [f"{undated:,} without a date left out"] if undated else []
    if groups:
        small = f"groups of fewer than {rows.attrs['min_n']} left out: {groups:,}"
        told.append(f"{small} ({rows.attrs['n_small']:,} records)")
    return "; ".join(told)


def with_currency(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Leave out amounts that name no currency, for they do not compare; say how many they are."""
    known = rows["currency"] != NOT_GIVEN
    count = int(rows.loc[~known, "n"].sum())
    note = f"{count:,} that name no currency left out" if count else ""
    return rows[known].reset_index(drop=True), note


def notes(*texts: str) -> str:
    """Join remarks; empty ones are left out."""
    return "; ".join(text.removeprefix("; ") for text in texts if text)


def most_rows(panels: int) -> int:
    """Return how many groups each of so many panels can show."""
    return max(4, MOST_GROUPS // max(panels, 1)) if panels > 1 else MOST_GROUPS


def part_of(count: int, whole: int) -> str:
    """Write a count and what share of the whole it is."""
    return f"{count:,} of {whole:,}, {percent(count / whole)}"


def sentence(note: str) -> str:
    """Make a remark a sentence that follows another."""
    return f" {note[0].upper()}{note[1:]}." if note else ""


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows as named tuples."""
    return list(frame.itertuples(index=False))


def percent_axis(axis: Axis, *, upto: float) -> None:
    """Let an axis of fractions read in percent, from 0 to `upto`."""
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x * 100:.4g} %"))
    _limit(axis, upto or 0.01)


def points_axis(axis: Axis, *, low: float, high: float) -> None:
    """Let an axis of differences of fractions read in percentage points."""
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x * 100:+.4g}" if x else "0"))
    _limit(axis, high, low)


def number_axis(axis: Axis, *, upto: float, low: float = 0, whole: bool = False) -> None:
    """Let an axis of numbers read with thousands separated, from `low` to `upto`."""
    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10], integer=whole))
    axis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{x:,.0f}" if abs(x) >= 10 else f"{x:,.5g}")
    )
    _limit(axis, upto or 1, low)


def _limit(axis: Axis, upto: float, low: float = 0) -> None:
    (axis.axes.set_xlim if isinstance(axis, XAxis) else axis.axes.set_ylim)(low, upto)


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
    ends = indexed.index.min(), indexed.index.max()
    return indexed.reindex(pd.date_range(*ends, freq=_FREQS[freq][0]))


def time_axis(ax: Axes, freq: str, tz: str) -> None:
    """Let x read in dates and say what a point on it stands for."""
    locator = _Periods(freq)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(_PeriodNames(locator))
    ax.set_xlabel(f"{_FREQS[freq][1]} ({tz})", parse_math=False)


class _Periods(AutoDateLocator):
    """Ticks at the first days of a few periods; of many, at round dates."""

    def __init__(self, freq: str) -> None:
        # matplotlib tells no types of its dates.
        super().__init__(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]  # untyped there
        self.freq = freq

    def few(self, vmin: float, vmax: float) -> pd.DatetimeIndex | None:
        """Return the first days in the view, unless they are many."""
        ends: Any = num2date([vmin, vmax])  # type: ignore[no-untyped-call]  # untyped there
        start, end = (pd.Timestamp(end).tz_localize(None) for end in ends)
        days = pd.date_range(start.ceil("D"), end.floor("D"), freq=_FREQS[self.freq][0])
        return days if 0 < len(days) <= _FEW_PERIODS else None

    def __call__(self) -> Any:
        view = self.axis.get_view_interval() if self.axis else (0, 0)
        days = self.few(*view)
        return super().__call__() if days is None else date2num(days)  # type: ignore[no-untyped-call]  # untyped there


class _PeriodNames(ConciseDateFormatter):
    """Names of a few periods; of many, as little of the date as tells them apart."""

    def __init__(self, locator: _Periods) -> None:
        zero = ["", "%b\n%Y", "%b", "%d %b", "%H:%M", "%H:%M"]
        super().__init__(locator, zero_formats=zero)  # type: ignore[no-untyped-call]  # untyped there
        self.periods = locator

    def format_ticks(self, values: Any) -> list[str]:
        days = self.periods.few(*self.axis.get_view_interval()) if self.axis else None
        if days is None or len(days) != len(values):
            told: list[str] = super().format_ticks(values)  # type: ignore[no-untyped-call]  # untyped there
            return told
        return [name_of(day, "period", self.periods.freq) for day in days]


def bar_days(freq: str) -> float:
    """Return how wide a period's bar is, in days."""
    return _FREQS[freq][2]


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


def legend_above(ax: Axes, handles: Sequence[Any] | None = None, *, ncols: int = 3) -> int:
    """Set the legend between the axes and the title; return how many lines it has."""
    entries = ax.get_legend_handles_labels()[0] if handles is None else handles
    legend = ax.legend(
        handles=entries, loc="lower left", bbox_to_anchor=(0, 1), ncols=ncols, frameon=False,
        fontsize="small", borderaxespad=0.2,
    )  # fmt: skip
    for entry in legend.get_texts():
        entry.set_parse_math(False)
    return -(-len(entries) // ncols)


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
    draws: Sequence[Callable[[Axes], Any]],
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
        heading = words(name, width=_PANEL_LINE, lines=1)
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
