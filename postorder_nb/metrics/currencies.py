"""Amounts of several currencies in one, by rates that the user gives."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..errors import InputError
from ..money import minor_units
from . import periods
from .conversion import Moments, Quoted, lazily
from .grouping import Source
from .spells import zoned

_RATES = "give a table with the columns date, currency and rate"


def in_currency(frame: Any, rates: Any, *, to: str, date: str = "created_at") -> Any:
    """
    Convert every amount of a table into one currency, each at the rate of its day.

    ``converted = amount x rate``, rounded to the minor unit of `to`, halves away from zero. The
    rate is the latest of the amount's currency that is not after the record's `date` (as-of
    join). All columns ``X_amount`` with an ``X_currency`` beside them are converted, a child
    table's `amount` with its `currency` too; amounts that are in `to` already stay as they are.
    This is the only place where currencies meet: no metric converts by itself.

    What plans before it reads (a DuckDB relation, a Polars LazyFrame, Dask, Spark) gives such a
    frame again: nothing is computed until it is asked for, as in
    ``refund_amount(in_currency(relation, ...))``. So a missing rate cannot be an error there: such
    an amount stays as it is, in its own currency, and shows in each result beside the others.
    Rates hold there from whole minutes on.

    Parameters
    ----------
    frame : DataFrame
        A record table, of pandas, Polars, pyarrow, DuckDB ...
    rates : DataFrame
        Columns `date` (the moment from which the rate holds, with a time zone; or plain days,
        which begin at midnight UTC), `currency` and `rate`: how many units of `to` one unit of
        `currency` is worth. Up to six decimals of a rate are exact.
    to : str
        The currency to convert into (ISO 4217).
    date : str
        The date basis: the column whose moment picks the rate; of a refund, `refunded_at` is
        nearer to what was booked.

    Returns
    -------
    pandas.DataFrame, or a lazy frame of the engine
        The table with the same columns. In pandas the dtypes are the same, and
        ``attrs["converted_to"]`` and ``attrs["converted_by"]`` name `to` and `date`; in a lazy
        frame currencies are text.

    Raises
    ------
    InputError
        If a rate is missing for one of the amounts (it names the first), or the tables lack
        columns.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({
    ...     "created_at": pd.to_datetime(["2026-03-01", "2026-03-05"], utc=True),
    ...     "refund_amount": [10.0, 10.0], "refund_currency": ["GBP", "EUR"]})
    >>> rates = pd.DataFrame({"date": ["2026-02-28", "2026-03-02"], "currency": ["GBP", "GBP"],
    ...                       "rate": [1.15, 1.17]})
    >>> in_currency(returns, rates, to="EUR")[["refund_amount", "refund_currency"]]
       refund_amount refund_currency
    0           11.5             EUR
    1           10.0             EUR
    """
    source = Source(frame)
    pairs = [
        (column, f"{column.removesuffix('amount')}currency")
        for column in source.schema
        if column.endswith("amount") and f"{column.removesuffix('amount')}currency" in source
    ]
    quoted = _quoted(rates)
    if pairs:
        zoned(source, date)
    if isinstance(nw.from_native(frame), nw.LazyFrame):
        return lazily(source, pairs, quoted, to, date) if pairs else frame
    table = _as_pandas(source)
    moments = periods.microseconds(table[date]) if pairs else np.array([], dtype="int64")
    columns: dict[str, Any] = {}
    for amount, code in pairs:
        values, codes = _converted(table, (amount, code), moments, quoted, to)
        columns[amount], columns[code] = values, codes
    converted = table.assign(**columns)
    converted.attrs = table.attrs | {"converted_to": to, "converted_by": date}
    return converted


def _quoted(rates: Any) -> Quoted:
    """Return for each currency the moments of its rates, rising, and the rates."""
    source = Source(rates)
    source.require("date", "currency", "rate", advice=_RATES)
    table = _as_pandas(source)
    dates = pd.to_datetime(table["date"], utc=True, format="ISO8601")
    rate = pd.to_numeric(table["rate"], errors="coerce").astype("float64")
    if dates.isna().any() or rate.isna().any() or (rate <= 0).any():
        raise InputError("a rate is not above zero, or has no date", advice=_RATES)
    rows = pd.DataFrame(
        {
            "at": periods.microseconds(dates),
            "code": table["currency"].astype(str),
            "rate": rate.to_numpy(),
        }
    ).sort_values("at", kind="stable")
    return {
        str(code): (group["at"].to_numpy(), group["rate"].to_numpy())
        for code, group in rows.groupby("code")
    }


def _converted(
    table: pd.DataFrame,
    pair: tuple[str, str],
    moments: Moments,
    quoted: Quoted,
    to: str,
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    amount, code = pair
    values = table[amount].to_numpy("float64", na_value=np.nan).copy()
    told = pd.Categorical(table[code])
    some, scale = ~np.isnan(values), 10.0 ** minor_units(to)
    for place, name in [(-1, ""), *enumerate(map(str, told.categories))]:
        here = np.flatnonzero(some & (told.codes == place))
        if name == to or not len(here):
            continue
        dates, rates = quoted.get(name, (np.array([], dtype="int64"), np.array([])))
        found = np.searchsorted(dates, moments[here], side="right") - 1
        if (found < 0).any():
            raise _no_rate(name, to, table, amount, here[found < 0][0])
        # Beyond the sixth decimal of a minor unit lies only what binary fractions add.
        units = np.round(values[here] * rates[found] * scale, 6)
        values[here] = np.sign(units) * np.floor(np.abs(units) + 0.5) / scale
    kind = table[code].dtype
    labels = pd.Series(to, index=table.index).mask(told.codes < 0).astype("category")
    plain = labels if isinstance(kind, pd.CategoricalDtype) else labels.astype(kind)
    return pd.Series(values, index=table.index), plain


def _no_rate(code: str, to: str, table: pd.DataFrame, amount: str, row: int) -> InputError:
    name = code or "(not given)"
    what = f"row {row} ({amount} {table[amount].iloc[row]:g} {name})"
    return InputError(
        f"there is no rate from {name} to {to} for {what}",
        advice="add a rate with a date not after the record's, or leave such records out",
    )


def _as_pandas(source: Source) -> pd.DataFrame:
    table: pd.DataFrame = source.frame.collect().to_pandas()
    return table
