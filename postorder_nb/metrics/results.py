"""What all results have in common: order, provenance, and their form in words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from ..enums import label
from ..money import minor_units
from .grouping import NOT_GIVEN, Grouping, Source

_HEADERS = {
    "n": "Records",
    "n_refunded": "Refunded",
    "total_amount": "Total",
    "mean_amount": "Mean",
    "median_amount": "Median",
    "period": "Period",
}
_ENUMS = (
    *("reason", "type", "state", "status", "marketplace", "requestor", "initiator", "payee"),
    *("outcome", "escalated_by", "activity_due"),
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
    **extra: Any,
) -> pd.DataFrame:
    """Sort a result by its groups, then by `order` (column to ascending), and say what it is."""
    columns = {**dict.fromkeys([*first, *grouping.columns], True), **order}
    if columns:
        rows = rows.sort_values(list(columns), ascending=list(columns.values()), kind="stable")
    rows = rows.reset_index(drop=True)
    facts: dict[Hashable, Any] = {
        "metric": metric,
        "table": source.table,
        "unit": unit,
        "date_basis": "created_at",
        "by": list(grouping.by),
        "freq": grouping.freq,
        "tz": grouping.tz,
        "n_total": int(rows["n"].sum()),
        "n_undated": undated,
        "confidence": 0.95,
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
        A share and its two bounds become two columns, the share and its interval.
    rows : list of list of str
        Enum values as labels, shares in percent, amounts with their currency's digits.

    Examples
    --------
    >>> import pandas as pd
    >>> from postorder_nb.metrics import reasons
    >>> headers, rows = as_text(reasons(pd.DataFrame({"reason": ["WRONG_SIZE"] * 2})))
    >>> headers
    ['Reason', 'Records', 'Share', '95 % interval']
    >>> rows
    [['Wrong size', '2', '100.0 %', '34.2 to 100.0 %']]
    """
    cells: dict[str, list[str]] = {}
    for column in result.columns:
        name = str(column)
        if name.endswith(("_low", "_high")):
            continue
        cells[_HEADERS.get(name, label(name))] = _cells(result, name)
        if f"{name}_low" in result:
            pairs = zip(result[f"{name}_low"], result[f"{name}_high"], strict=True)
            cells["95 % interval"] = [interval(low, high) for low, high in pairs]
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
    freq : {"week", "month"}, optional
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
        return value.strftime("%Y-%m" if freq == "month" else plain)
    text = str(value)
    return label(text) if column.endswith(_ENUMS) and text != NOT_GIVEN else text


def _cells(result: pd.DataFrame, column: str) -> list[str]:
    values = result[column]
    if column in {"share", "rate"} or column.endswith("_share"):
        return [percent(value) for value in values]
    if column.endswith("_amount") and "currency" in result:
        return [money(v, str(c)) for v, c in zip(values, result["currency"], strict=True)]
    if pd.api.types.is_integer_dtype(values.dtype):
        return ["-" if pd.isna(value) else f"{value:,}" for value in values]
    freq = result.attrs.get("freq") if column == "period" else None
    return [name_of(value, column, freq) for value in values]
