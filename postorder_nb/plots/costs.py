"""Pictures of what refunds cost the seller in the end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import metrics
from ..metrics.results import money
from . import bars, canvas
from .bars import Look, Step

_PARTS = {
    "refund_amount": (1, Look("neutral", "", "refunds")),
    "label_amount": (1, Look("attention", "//", "return labels")),
    "fee_credit_amount": (-1, Look("good", "..", "fee credits")),
    "donation_amount": (-1, Look("accent", "xx", "donation credits")),
}
_MANY = 30  # periods whose diamonds would cover each other
_NET = Look("muted", "", "net cost")


def net_cost(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw what refunds cost the seller in the end, each currency by itself.

    Without `by` and `freq` a waterfall: refunds, and return labels, less the credits of fees and
    donations, down to the net cost. With them a bar of each group or period: costs on one side
    of zero, credits on the other, the net cost a diamond.

    Parameters
    ----------
    frame, by, freq, tz, date, min_n
        As for `postorder_nb.metrics.net_cost`, which computes what is drawn.
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
    rows = metrics.net_cost(frame, by=by, freq=freq, tz=tz, date=date, min_n=min_n)
    table, groups = rows.attrs["table"], rows.attrs["by"]
    heading = f"Net cost of refunded {table} (n = {rows.attrs['n_total']:,})"
    rows, unnamed = canvas.with_currency(rows)
    if rows.empty:
        return canvas.nothing(canvas.canvas(ax, height=3), heading)
    panels, left = canvas.largest(rows, ["currency", *(groups if freq else [])], canvas.MOST_PANELS)
    titles = [canvas.headed(name, _sum(part)) for name, part in panels]
    most = canvas.most_rows(len(panels))
    if freq:
        heights = [canvas.PANEL] * len(panels)
        draws = [partial(_columns, rows=part) for _, part in panels]
    elif groups:
        heights = [0.36 * min(len(part), most) for _, part in panels]
        draws = [partial(_groups, rows=part, most=most) for _, part in panels]
    else:
        steps = [_steps(canvas.records(part)[0]) for _, part in panels]
        heights = [0.36 * len(own) for own in steps]
        draws = [
            partial(bars.waterfall, steps=own, unit=code)
            for own, (code, _) in zip(steps, panels, strict=True)
        ]
    ax = canvas.canvas(ax, height=canvas.height_of(heights) + (0.5 if freq or groups else 0))
    canvas.panels(ax, titles, draws, heights, same_x=bool(freq))
    looks = [look for _, look in _PARTS.values()]
    legend = bars.legend(ax, looks, ncols=4) if freq or groups else 0
    note = canvas.notes(canvas.left_out(rows), unnamed, canvas.not_shown(left))
    canvas.title(ax, heading, note, over_legend=legend)
    shape = "bars of costs and credits" if freq or groups else "a waterfall"
    return canvas.say(
        ax, f"{heading}, {shape} for each of {'; '.join(titles)}.{canvas.sentence(note)}"
    )


def _sum(part: pd.DataFrame) -> str:
    code = str(part["currency"].iloc[0])
    net, count = part["net_cost_amount"].sum(), part["n"].sum()
    return f"{money(net, code)} net, n = {count:,}, labels {part['n_labels'].sum():,}"


def _steps(row: Any) -> list[Step]:
    """Lay the parts end to end; those of nothing are left out."""
    steps, reached = [], 0.0
    for column, (sign, look) in _PARTS.items():
        amount = getattr(row, column)
        if not amount and column != "refund_amount":
            continue
        said = money(sign * amount, row.currency)
        steps.append(Step(look.name.capitalize(), reached, reached + sign * amount, look, said))
        reached += sign * amount
    said = f"{money(row.net_cost_amount, row.currency)} {row.currency}"
    if row.n:
        said += f"\n{money(row.mean_cost_amount, row.currency)} a refund"
    return [*steps, Step("Net cost", 0.0, row.net_cost_amount, _NET, said)]


def _signed(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn credits negative."""
    return rows.assign(**{column: rows[column] * sign for column, (sign, _) in _PARTS.items()})


def _ends(rows: pd.DataFrame) -> tuple[float, float]:
    signed = _signed(rows)[list(_PARTS)]
    low, high = signed.clip(upper=0).sum(axis=1).min(), signed.clip(lower=0).sum(axis=1).max()
    return float(low) * 1.05, float(high) * 1.05


def _layers() -> list[tuple[str, Look]]:
    return [(column, look) for column, (_, look) in _PARTS.items()]


def _groups(ax: Axes, rows: pd.DataFrame, most: int) -> None:
    by, code = rows.attrs["by"], str(rows["currency"].iloc[0])
    shown = rows.nlargest(most, "net_cost_amount").reset_index(drop=True)
    said = [f"{money(row.net_cost_amount, code)}  (n = {row.n:,})" for row in canvas.records(shown)]
    names = [canvas.group_name(row, by) for _, row in shown.iterrows()]
    bars.stacked(ax, _signed(shown), _layers(), names=names, said=said)
    _diamonds(ax, shown["net_cost_amount"], shown.index)
    low, high = _ends(shown)
    canvas.number_axis(ax.xaxis, upto=high, low=low)
    ax.axvline(0, color=canvas.ink(), linewidth=1)
    more = canvas.not_shown(len(rows) - len(shown))
    label = f"{code}; diamond, and beside it: net cost{more}"
    ax.set_xlabel(canvas.wrapped(label), parse_math=False)


def _columns(ax: Axes, rows: pd.DataFrame) -> None:
    signed = _signed(rows)
    bars.columns(ax, signed, _layers())
    _diamonds(ax, canvas.local(rows["period"]), rows["net_cost_amount"])
    low, high = _ends(rows)
    canvas.number_axis(ax.yaxis, upto=high, low=low)
    ax.axhline(0, color=canvas.ink(), linewidth=1)
    ax.set_ylabel(f"{rows['currency'].iloc[0]}\n(diamond: net)", parse_math=False)


def _diamonds(ax: Axes, x: Any, y: Any) -> None:
    size = 6 if len(x) <= _MANY else 3
    ax.plot(x, y, "D", color="black", markeredgecolor="white", markersize=size, clip_on=False)
