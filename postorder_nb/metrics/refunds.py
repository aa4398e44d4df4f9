"""What was refunded: how much, against what was expected, and for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..errors import InputError
from . import lives, shares
from .amounts import (
    currency,
    known,
    major,
    minor,
    scaled,
    scales,
    to_major,
    with_currencies,
    with_minor,
)
from .grouping import NOT_GIVEN, Derived, Source, dated, total
from .intervals import mean_interval
from .results import tidy

_OTHER_CURRENCIES = ("refund", "refund_estimated", "requested", "claim", "total")
_GAP = ["expected_amount", "refund_amount", "gap_amount", "buyer_gap_amount"]


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
) -> pd.DataFrame:
    """
    Add up what was refunded, for each currency by itself.

    A record is refunded when its `refund_amount`, what the seller actually paid back, is above
    zero: 0.00 is no refund. ``refunded_share = n_refunded / n``. Total, mean and quantiles are
    of the refunded records. Amounts are added in whole minor units, so exactly; mean and
    quantiles are rounded to them, halves away from zero. Currencies are never added up.

    A refunded record belongs to the currency of its refund. One without a refund belongs to the
    currency it would have been refunded in: that of the estimated, requested or claimed amount.
    So the denominator of `refunded_share` holds the unrefunded ones of the same currency.
    Records that name no currency at all form the group ``(not given)``; amounts there are NaN,
    because they may be of different currencies.

    Parameters
    ----------
    frame : DataFrame
        A table with `refund_amount` and `refund_currency`, of pandas, Polars, pyarrow, DuckDB ...
    quantiles : sequence of float
        Which to give besides the median, between 0 and 1; 0.9 makes the column `p90_amount`.
        They lie between two amounts in proportion (linear), and are exact on every engine: it
        counts how often each amount occurs.
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        Also group by the period of `date`; weeks begin on Monday. Periods without records have
        no row; records without a date are left out and counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.
    date : str
        The date basis: `created_at`, when the record was opened, or `refunded_at`.
    min_n : int
        Leave out groups of fewer records (``attrs["n_small_groups"]``, ``attrs["n_small"]``).
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``currency, [period, by ...], n, n_refunded, refunded_share, refunded_share_low,
        refunded_share_high, total_amount, mean_amount, mean_amount_low, mean_amount_high,
        median_amount, p90_amount``: counts of records, a fraction of 1 with its Wilson interval,
        and amounts in units of `currency`; the mean has Student's interval, which needs two
        refunds. Mean and quantiles are NaN where nothing was refunded. Sorted by currency and
        group.

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
    _require_refund(source)
    points = _points(quantiles)
    taken = ("currency", "n", "n_refunded", "refunded_share", "total_amount", *points)
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    source = with_minor(source, "refund")
    paid = minor(source, "refund") > 0
    own = nw.when(paid).then(currency(source, "refund")).otherwise(_expected_currency(source))
    derived = {
        "currency": nw.coalesce(own, nw.lit(NOT_GIVEN)),
        "units": nw.when(paid).then(minor(source, "refund")).otherwise(nw.lit(0)),
    }
    counts, undated = dated(source.tally(grouping, derived), grouping)
    counts = counts.astype({"currency": "string", "units": "int64"})
    return tidy(
        _sums(counts, ["currency", *grouping.columns], points, confidence),
        source,
        grouping,
        first=("currency",),
        order={},
        metric="refund_amount",
        unit="currency",
        undated=undated,
        confidence=confidence,
    )


def refund_gap(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Compare what was refunded with what was expected, and the buyer's side with the seller's.

    Over the records with a refund above zero whose expected amount is known in the same
    currency: ``gap = expected - refund`` (above zero: the seller paid less than expected),
    ``gap_share = gap / expected``, ``below_share = n_below / n`` with `n_below` the records
    refunded below expectation. ``buyer_gap = buyer's refund - seller's refund``, over the
    `n_buyer` of them whose buyer's side is known: the tax that eBay collects and gives back.

    Expected is, of returns, `refund_estimated_amount`; of cancellations, `requested_amount`; of
    inquiries and cases, `claim_amount`. Only returns tell the buyer's side. Records whose two
    amounts are of different currencies are left out and counted in
    ``attrs["n_other_currency"]``.

    Parameters
    ----------
    frame : DataFrame
        A table with refund columns, of pandas, Polars, pyarrow, DuckDB ...
    by, freq, tz, date, min_n, confidence
        As in `refund_amount`.

    Returns
    -------
    pandas.DataFrame
        Columns ``currency, [period, by ...], n, n_below, below_share, below_share_low,
        below_share_high, expected_amount, refund_amount, gap_amount, gap_share, n_buyer,
        buyer_gap_amount``: counts of records, fractions of 1 (`below_share` with its Wilson
        interval), and amounts in units of `currency`, exact to its minor unit. Sorted by
        currency and group.

    Raises
    ------
    InputError
        If the table lacks refunds or what was expected, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": ["1", "2"], "refund_amount": [10.0, 7.5],
    ...     "refund_currency": ["EUR", "EUR"], "refund_estimated_amount": [10.0, 10.0],
    ...     "refund_estimated_currency": ["EUR", "EUR"]})
    >>> refund_gap(returns)[["n", "n_below", "expected_amount", "gap_amount", "gap_share"]]
       n  n_below  expected_amount  gap_amount  gap_share
    0  2        1             20.0         2.5      0.125
    """
    source = Source(frame)
    _require_refund(source)
    name = lives.EXPECTED.get(source.table, "refund_estimated")
    source.require(f"{name}_amount", f"{name}_currency")
    taken = ("currency", "n", "n_below", "below_share", "gap_share", *_GAP)
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    source = with_minor(source, "refund", name, "buyer_refund")
    source = with_currencies(source, "refund", name, "buyer_refund")
    refund, due, bought = (minor(source, of) for of in ("refund", name, "buyer_refund"))
    code = currency(source, "refund")
    comparable = (refund > 0) & known(source, name)
    same = (code == currency(source, name)).fill_null(value=False)
    both = known(source, "buyer_refund") & (code == currency(source, "buyer_refund"))
    both = both.fill_null(value=False)
    sums = {
        "n_below": refund < due,
        "expected_amount": due,
        "refund_amount": refund,
        "gap_amount": due - refund,
        "n_buyer": both,
        "buyer_gap_amount": nw.when(both).then(bought - refund).otherwise(nw.lit(0)),
    }
    derived: Derived = {"currency": "refund_currency", "same": same}
    counts = source.tally(grouping, derived, where=comparable, sums=sums)
    counts, undated = dated(counts, grouping)
    alike = counts["same"].astype(bool)
    rows = total(counts[alike], ["currency", *grouping.columns], of=["n", *sums])
    rows = to_major(rows.astype({"currency": "string"}), _GAP)
    below = shares.bounded("below_share", rows["n_below"], rows["n"], confidence)
    rows = rows.assign(**below)
    rows["gap_share"] = rows["gap_amount"] / rows["expected_amount"]
    order = ["n", "n_below", *below, *_GAP[:3]]
    order += ["gap_share", "n_buyer", "buyer_gap_amount"]
    return tidy(
        rows[["currency", *grouping.columns, *order]],
        source,
        grouping,
        first=("currency",),
        order={},
        metric="refund_gap",
        unit="currency",
        undated=undated,
        confidence=confidence,
        n_other_currency=int(counts.loc[~alike, "n"].sum()),
    )


def refund_lines(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Split refunds by what the money is for: price, shipping, tax ...

    ``share = amount / whole``: numerator, the lines of this fee type; denominator, all lines of
    the same stage, currency and group. Stages are never added up: an estimated line and the
    actual one may be of the same money. Lines have no date of their own, so no `freq`.

    Parameters
    ----------
    frame : DataFrame
        The child table `refund_lines`, of pandas, Polars, pyarrow, DuckDB ...
    by : str or sequence of str, optional
        Columns to group by, such as `record`.
    min_n : int
        Leave out groups (with their stage and currency) of fewer lines.
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``currency, [by ...], stage, fee_type, n, total_amount, mean_amount, share,
        share_low, share_high, cumulative_share``: lines, amounts in units of `currency` (the
        total exact, the mean rounded to minor units), and fractions of 1 with the interval of
        ``reasons(measure="money")``. Sorted by currency, group and stage, then by falling total.

    Raises
    ------
    InputError
        If the frame is no table of refund lines.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"stage": ["actual"] * 3, "amount": [20.0, 5.0, 15.0],
    ...     "fee_type": ["PURCHASE_PRICE", "ORIGINAL_SHIPPING", "PURCHASE_PRICE"],
    ...     "currency": ["EUR"] * 3})
    >>> refund_lines(lines)[["stage", "fee_type", "n", "total_amount", "share"]]
        stage           fee_type  n  total_amount  share
    0  actual     PURCHASE_PRICE  2          35.0  0.875
    1  actual  ORIGINAL_SHIPPING  1           5.0  0.125
    """
    source = Source(frame)
    source.require("stage", "fee_type", "amount", "currency", advice="give the table refund_lines")
    taken = ("currency", "stage", "fee_type", "n", "total_amount", "mean_amount", "share")
    grouping = source.grouping(by, None, "UTC", taken=taken, min_n=min_n)
    derived = {name: name for name in ("currency", "stage", "fee_type")}
    counts = source.tally(grouping, derived | {"units": minor(source, "")}, where=known(source, ""))
    rows = shares.of_money(counts, [*grouping.columns, "stage"], ["fee_type"], confidence)
    rows["stage"] = rows["stage"].astype("string")
    units = (rows["total_amount"] * scales(rows["currency"])).round()
    rows["mean_amount"] = major(units / rows["n"], rows["currency"])
    parts = ["n", "total_amount", "mean_amount", "share", "share_low", "share_high"]
    return tidy(
        rows[["currency", *grouping.columns, "stage", "fee_type", *parts, "cumulative_share"]],
        source,
        grouping,
        first=("currency",),
        order={"stage": True, "total_amount": False},
        metric="refund_lines",
        unit="currency",
        undated=0,
        confidence=confidence,
        table="refund_lines",
        date_basis=None,
    )


def _require_refund(source: Source) -> None:
    for column in ("refund_amount", "refund_currency"):
        source.require(column, advice=source.details("refund"))


def _expected_currency(source: Source) -> nw.Expr:
    names = [name for name in _OTHER_CURRENCIES if f"{name}_currency" in source]
    return nw.coalesce(*(currency(source, name) for name in names))


def _points(quantiles: Sequence[float]) -> dict[str, float]:
    """Name the columns of the quantiles."""
    for point in quantiles:
        if not 0 <= point <= 1:
            raise InputError(f"{point!r} is no quantile", advice="give shares such as 0.9")
    return {"median_amount": 0.5} | {f"p{point * 100:g}_amount": point for point in quantiles}


def _sums(
    counts: pd.DataFrame, keys: list[str], points: dict[str, float], confidence: float
) -> pd.DataFrame:
    """Give one row to each group of the distinct amounts and how often they occur."""
    counts = counts.sort_values("units")
    units, paid = counts["units"], counts["n"].where(counts["units"] > 0, 0)
    exact = counts.assign(n_refunded=paid, total_amount=units * paid)
    rows = total(exact, keys, of=["n", "n_refunded", "total_amount"])
    squares = exact.assign(squares=units.astype("float64") ** 2 * paid)
    share = shares.bounded("refunded_share", rows["n_refunded"], rows["n"], confidence)
    rows = rows.assign(**share)
    some = rows["n_refunded"].where(rows["n_refunded"] > 0)
    rows["mean_amount"] = rows["total_amount"] / some
    spread = total(squares, keys, of=["squares"], dtype="float64")["squares"]
    ends = mean_interval(rows["n_refunded"], rows["total_amount"], spread, confidence)
    place = exact.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    for name, point in points.items():
        rows[name] = _quantile(place, units.to_numpy(), paid.to_numpy(), len(rows), point)
    rows = to_major(rows, ["total_amount", "mean_amount", *points])
    for column, end in zip(("mean_amount_low", "mean_amount_high"), ends, strict=True):
        rows[column] = scaled(pd.Series(end, index=rows.index), rows["currency"])
    money = ["total_amount", "mean_amount", "mean_amount_low", "mean_amount_high", *points]
    rows.loc[rows["currency"] == NOT_GIVEN, money] = np.nan
    return rows[[*keys, "n", "n_refunded", *share, *money]]


def _quantile(
    place: np.ndarray[Any, Any],
    units: np.ndarray[Any, Any],
    paid: np.ndarray[Any, Any],
    groups: int,
    point: float,
) -> np.ndarray[Any, Any]:
    """Return the quantile of each group; `units` rise, and occur `paid` times."""
    order = np.argsort(place, kind="stable")
    units, upto = units[order], paid[order].cumsum()
    sizes = np.bincount(place, weights=paid, minlength=groups)
    start = sizes.cumsum() - sizes
    at = np.round((sizes - 1) * point, 9).clip(min=0)
    low, high = (
        units[np.searchsorted(upto, start + side, side="right").clip(max=max(len(units) - 1, 0))]
        if len(units)
        else units.astype("float64")
        for side in (np.floor(at), np.ceil(at))
    )
    return np.where(sizes > 0, low + (high - low) * (at - np.floor(at)), np.nan)
