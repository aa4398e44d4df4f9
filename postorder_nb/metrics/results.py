"""What all results have in common: order, provenance, and their form in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..enums import label
from ..money import minor_units
from .grouping import NOT_GIVEN, Grouping, Source, within

_HEADERS = {
    "n": "Records",
    "n_refunded": "Refunded",
    "n_event": "Events",
    "n_members": "Members",
    "n_now": "Records now",
    "n_before": "Records before",
    "p": "p-value",
    "p_adjusted": "p-value, adjusted",
    "mean_cost_amount": "Mean cost",
    "median_amount": "Median",
    "mean_amount": "Mean",
    "total_amount": "Total",
    "at_stake_amount": "At stake",
    "period": "Period",
    "gini": "Gini",
    **{f"top_{top}_share": f"Share of the top {top} %" for top in (1, 5, 10)},
}
_ENDINGS = {"_amount": "", "_days": " (days)", "_at": ""}
_ENUMS = (
    *("reason", "type", "state", "status", "marketplace", "requestor", "initiator", "payee"),
    *("outcome", "escalated_by", "activity_due", "stage", "deadline", "party"),
)


def tidy(
    rows: pd.DataFrame,
    source: Source,
    grouping: Grouping,
    *,
    order: Mapping[str, bool],
    metric: str,
    unit: str,
    undated: int,
    first: tuple[str, ...] = (),
    ranked: bool = False,
    confidence: float = 0.95,
    **extra: Any,
) -> pd.DataFrame:
    """
    Sort a result by its groups, then by `order` (column to ascending), and say what it is.

    With `ranked` it is sorted by `order` alone.

    A group is what has the same values in `first` and in the grouping's columns; those of fewer
    than ``grouping.min_n`` records are left out and counted.
    """
    groups, small = [*first, *grouping.columns], rows.head(0)
    if grouping.min_n:
        large = within(rows, groups) >= grouping.min_n
        small, rows = rows[~large], rows[large]
    columns = {**dict.fromkeys([] if ranked else groups, True), **order}
    place = np.arange(len(rows))
    for column, ascending in reversed(columns.items()):  # of many rows quicker than all at once
        held = pd.Series(rows[column].array.take(place))
        place = place[held.sort_values(ascending=ascending, kind="stable").index]
    rows = rows.take(place).reset_index(drop=True)
    facts: dict[Hashable, Any] = {
        "metric": metric,
        "table": source.table,
        "unit": unit,
        "date_basis": grouping.date,
        "by": list(grouping.by),
        "freq": grouping.freq,
        "tz": grouping.tz,
        "n_total": int(rows["n"].sum()),
        "n_undated": undated,
        "min_n": grouping.min_n,
        "n_small": int(small["n"].sum()),
        "n_small_groups": len(small[groups].drop_duplicates()) if groups else int(len(small) > 0),
        "confidence": confidence,
    }
    rows.attrs = facts | extra
    return rows


def as_text(result: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """
    Put a metric's result into words, for `display.table` and `display.columns`.

    Parameters
    ----------
    result : pandas.DataFrame
        What a function of this package returned.

    Returns
    -------
    headers : list of str
        A figure and its two bounds become two columns, the figure and its interval.
    rows : list of list of str
        Enum values as labels, shares in percent, differences of shares in points, amounts with
        their currency's digits, durations in days with one decimal, truth values as yes and no;
        a missing figure as a dash.

    Examples
    --------
    >>> import pandas as pd
    >>> from postorder_nb.metrics import reasons
    >>> headers, rows = as_text(reasons(pd.DataFrame({"reason": ["WRONG_SIZE"] * 2})))
    >>> headers
    ['Reason', 'Records', 'Share', '95 % interval', 'Cumulative share']
    >>> rows
    [['Wrong size', '2', '100.0 %', '34.2 to 100.0 %', '100.0 %']]
    """
    columns = [str(column) for column in result.columns]
    bounded = [name for name in columns if {f"{name}_low", f"{name}_high"} <= set(columns)]
    ends = {f"{name}_{end}" for name in bounded for end in ("low", "high")}
    cells: dict[str, list[str]] = {}
    for name in columns:
        if name in ends:
            continue
        header = _header(name)
        header = label(name) if header in cells else header
        cells[header] = _cells(result, name)
        if name in bounded:
            level = f"{100 * result.attrs.get('confidence', 0.95):g} % interval"
            of = level if len(bounded) == 1 else f"{header}, {level}"
            cells[of] = _intervals(result, name)
    return list(cells), [list(row) for row in zip(*cells.values(), strict=True)]


def percent(share: float) -> str:
    """
    Write a fraction in percent with one decimal.

    Examples
    --------
    >>> percent(0.1234), percent(float("nan"))
    ('12.3 %', '-')
    """
    return "-" if pd.isna(share) else f"{share:.1%}".replace("%", " %")


def interval(low: float, high: float) -> str:
    """
    Write an interval of fractions in percent.

    Examples
    --------
    >>> interval(0.1, 0.25)
    '10.0 to 25.0 %'
    """
    return "-" if pd.isna(low) else f"{low * 100:.1f} to {percent(high)}"


def money(amount: float, currency: str) -> str:
    """
    Write an amount with its currency's digits, without the currency.

    Examples
    --------
    >>> money(1234.5, "EUR"), money(1234.0, "JPY")
    ('1,234.50', '1,234')
    """
    return "-" if pd.isna(amount) else f"{amount:,.{minor_units(currency)}f}"


def name_of(value: Any, column: str, freq: str | None = None) -> str:
    """
    Write one value of a grouping column: enum values as labels, a period as its date.

    Parameters
    ----------
    value : object
        The value; a missing one is named so.
    column : str
        Its column. Only in the columns of closed sets do capitals mean a wire value; a login or
        a title stays as it is.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        The length of a period.

    Examples
    --------
    >>> import pandas as pd
    >>> name_of("ARRIVED_DAMAGED", "reason"), name_of("ACME", "seller"), name_of(pd.NA, "quantity")
    ('Arrived damaged', 'ACME', '(not given)')
    >>> name_of(pd.Timestamp("2026-03-01", tz="UTC"), "period", "month")
    '2026-03'
    """
    if pd.isna(value):
        return NOT_GIVEN
    if isinstance(value, pd.Timestamp):
        plain = "%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M"
        if freq == "quarter":
            return f"{value.year} Q{value.quarter}"
        return value.strftime({"month": "%Y-%m", "year": "%Y"}.get(freq or "", plain))
    text = str(value)
    return label(text) if column.endswith(_ENUMS) and text != NOT_GIVEN else text


def points(difference: float) -> str:
    """
    Write a difference of fractions in percentage points.

    Examples
    --------
    >>> points(0.0312), points(-0.2)
    ('+3.1 points', '-20.0 points')
    """
    return "-" if pd.isna(difference) else f"{difference * 100:+.1f} points"


def _header(name: str) -> str:
    if name in _HEADERS:
        return _HEADERS[name]
    for ending, instead in _ENDINGS.items():
        if name.endswith(ending):
            return label(name.removesuffix(ending)) + instead
    return label(name.removeprefix("n_"))


def _cells(result: pd.DataFrame, column: str) -> list[str]:
    """Write a column's values, by what its name says they are."""
    values = result[column]
    if column.endswith("amount") and "currency" in result:
        return [money(v, str(c)) for v, c in zip(values, result["currency"], strict=True)]
    if pd.api.types.is_bool_dtype(values.dtype):
        return ["-" if pd.isna(value) else "yes" if value else "no" for value in values]
    if pd.api.types.is_integer_dtype(values.dtype):
        return ["-" if pd.isna(value) else f"{value:,}" for value in values]
    if pd.api.types.is_float_dtype(values.dtype):
        return [_number(column)(value) for value in values]
    freq = result.attrs.get("freq") if column == "period" else None
    return [name_of(value, column, freq) for value in values]


def _intervals(result: pd.DataFrame, name: str) -> list[str]:
    ends = [_cells(result, f"{name}_{end}") for end in ("low", "high")]
    unit = " points" if _number(name) is points else " %"
    return [
        low
        if low == "-"
        else f"{low} and more"
        if high == "-"
        else f"{low.removesuffix(unit)} to {high}"
        for low, high in zip(*ends, strict=True)
    ]


def _number(column: str) -> Callable[[float], str]:
    """Return how the numbers of a column are written."""
    name = column.removesuffix("_low").removesuffix("_high")
    words = name.split("_")
    if words[0] in {"difference", "change"}:
        return points
    if not {"share", "rate"}.isdisjoint(words):
        return percent
    if words[0] == "p":
        return _probability
    return _plain if name == "gini" else _decimal


def _probability(p: float) -> str:
    return "-" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _decimal(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:,.1f}"


def _plain(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:,.2f}"
