"""What refunds cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from ..money import minor_units
from .grouping import NOT_GIVEN, Source, dated
from .intervals import wilson
from .results import tidy

_OTHER_CURRENCIES = (
    "refund_currency",
    "refund_estimated_currency",
    "requested_currency",
    "claim_currency",
    "total_currency",
)


def refund_amount(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
) -> pd.DataFrame:
    """
    Add up what was refunded, for each currency by itself.

    A record is refunded when its `refund_amount`, what the seller actually paid back, is above
    zero: 0.00 is no refund. ``refunded_share = n_refunded / n``. Total, mean and median are of
    the refunded records. Amounts are added as decimals and rounded, halves away from zero, to
    the currency's minor unit; they never cross currencies.

    A refunded record belongs to the currency of its refund. One without a refund belongs to the
    currency it would have been refunded in: that of the estimated, requested or claimed amount.
    So the denominator of `refunded_share` holds the unrefunded ones of the same currency.
    Records that name no currency at all form the group ``(not given)``; amounts there are NaN,
    because they may be of different currencies.

    Parameters
    ----------
    frame : DataFrame
        A table with `refund_amount` and `refund_currency`, of pandas, Polars, pyarrow, DuckDB ...
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"week", "month"}, optional
        Also group by the period of `created_at` (the record's, not the refund's); weeks begin on
        Monday. Periods without records have no row; records without a date are left out and
        counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.

    Returns
    -------
    pandas.DataFrame
        Columns ``currency, [period, by ...], n, n_refunded, refunded_share, refunded_share_low,
        refunded_share_high, total_amount, mean_amount, median_amount``: counts of records, a
        fraction of 1 with its 95 % Wilson interval, and amounts in units of `currency`; mean and
        median are NaN where nothing was refunded. Sorted by currency and group.

    Raises
    ------
    InputError
        If the table has no refund columns, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({
    ...     "return_id": ["1", "2", "3"],
    ...     "refund_amount": [10.0, 15.5, None], "refund_currency": ["EUR", "EUR", None],
    ...     "refund_estimated_currency": ["EUR", "EUR", "EUR"]})
    >>> refund_amount(returns)[["currency", "n", "n_refunded", "total_amount", "median_amount"]]
      currency  n  n_refunded  total_amount  median_amount
    0      EUR  3           2          25.5          12.75
    """
    source = Source(frame)
    for column in ("refund_amount", "refund_currency"):
        source.require(column, advice=_advice(source))
    taken = ("currency", "n", "n_refunded", "refunded_share")
    grouping = source.grouping(by, freq, tz, taken=taken)
    counts = source.tally(grouping, _derived(source))
    counts, undated = dated(counts, grouping)
    counts["currency"] = counts["currency"].astype("string")
    keys = ["currency", *grouping.columns]
    rows = _sums(counts, keys)
    return tidy(
        rows,
        source,
        grouping,
        first=("currency",),
        order={},
        metric="refund_amount",
        unit="currency",
        undated=undated,
    )


def _derived(source: Source) -> dict[str, nw.Expr]:
    amount = nw.col("refund_amount").cast(nw.Float64)
    # Polars and DuckDB hold NaN to be above every number.
    refunded = ((amount > 0) & amount.is_finite()).fill_null(value=False)
    own = source.text("refund_currency")
    known = [source.text(column) for column in _OTHER_CURRENCIES if column in source]
    currency = nw.when(refunded).then(own).otherwise(nw.coalesce(*known))
    return {
        "currency": nw.coalesce(currency, nw.lit(NOT_GIVEN)),
        "amount": nw.when(refunded).then(amount),
    }


def _sums(counts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    groups = counts.groupby(keys, dropna=False, sort=False)
    rows = groups["n"].sum().reset_index()
    paid = counts["n"].where(counts["amount"].notna(), 0)
    rows["n_refunded"] = (
        paid.groupby([counts[key] for key in keys], dropna=False, sort=False).sum().to_numpy()
    )
    rows["refunded_share"] = rows["n_refunded"] / rows["n"]
    bounds = wilson(rows["n_refunded"], rows["n"])
    rows["refunded_share_low"], rows["refunded_share_high"] = bounds
    figures = [_figures(group) for _, group in groups]
    columns = ["total_amount", "mean_amount", "median_amount"]
    rows[columns] = pd.DataFrame(figures, columns=columns, dtype="float64")
    return rows.astype({"n_refunded": "int64"})


def _figures(group: pd.DataFrame) -> tuple[float, float, float]:
    """Return total, mean and median of one group's refunds."""
    currency = str(group["currency"].iloc[0])
    paid = group.loc[group["amount"].notna(), ["amount", "n"]].sort_values("amount")
    if currency == NOT_GIVEN:
        return math.nan, math.nan, math.nan
    if paid.empty:
        return 0.0, math.nan, math.nan
    amounts = [Decimal(repr(float(amount))) for amount in paid["amount"]]
    upto = paid["n"].cumsum().to_numpy()
    count = int(upto[-1])
    whole = sum((a * int(n) for a, n in zip(amounts, paid["n"], strict=True)), Decimal(0))
    low, high = (
        amounts[upto.searchsorted(i, side="right")] for i in ((count - 1) // 2, count // 2)
    )
    step = Decimal(1).scaleb(-minor_units(currency))
    total, mean, median = (
        float(figure.quantize(step, ROUND_HALF_UP))
        for figure in (whole, whole / count, (low + high) / 2)
    )
    return total, mean, median


def _advice(source: Source) -> str | None:
    if source.table == "records":
        return None
    return f"fetch the details of the {source.table}: the search answer holds no refund"
