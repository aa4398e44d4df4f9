"""Money as whole minor units (cents), so that sums are exact on every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..money import MINOR_UNITS, minor_units

if TYPE_CHECKING:
    from .grouping import Source

_COMMON = 2
_FINEST = max(MINOR_UNITS.values())
_ODD = {
    digits: [code for code, n in MINOR_UNITS.items() if n == digits]
    for digits in sorted(set(MINOR_UNITS.values()) - {_COMMON})
}


def known(source: Source, name: str) -> nw.Expr:
    """Tell whether the amount `name` is a number; never null, False without such a column."""
    if _column(name, "amount") not in source:
        return nw.lit(value=False)
    # Polars and DuckDB tell NaN from null, pandas does not.
    return _amount(name).is_finite().fill_null(value=False)


def currency(source: Source, name: str) -> nw.Expr:
    """Return the currency of the amount `name` as text, null where it is missing."""
    ready = _column(name, "code")
    return nw.col(ready) if ready in source else source.text(_column(name, "currency"))


def minor(source: Source, name: str) -> nw.Expr:
    """
    Return the amount `name` in whole minor units of its currency, 0 where it is missing.

    Fractions of a minor unit are rounded, halves up. An unknown currency has two digits.
    """
    if (ready := _column(name, "minor")) in source:
        return nw.col(ready)
    if _column(name, "amount") not in source:
        return nw.lit(0)
    scale = nw.lit(10.0**_COMMON)
    for digits, codes in _ODD.items():
        odd = source.among(_column(name, "currency"), codes)
        scale = nw.when(odd).then(nw.lit(10.0**digits)).otherwise(scale)
    return _whole(source, name, scale)


def mills(source: Source, name: str) -> nw.Expr:
    """
    Return the amount `name` in thousandths, 0 where it is missing.

    No currency has finer minor units, so amounts of one currency compare as in `minor`; without
    a look at each row's currency, which is most of the work.
    """
    if (ready := _column(name, "mills")) in source:
        return nw.col(ready)
    if _column(name, "amount") not in source:
        return nw.lit(0)
    return _whole(source, name, nw.lit(10.0**_FINEST))


def _whole(source: Source, name: str, scale: nw.Expr) -> nw.Expr:
    units = nw.when(known(source, name)).then(_amount(name) * scale + 0.5).otherwise(nw.lit(0.0))
    return units.floor().cast(nw.Int64)


def with_minor(source: Source, *names: str) -> Source:
    """Return the table with the minor units of these amounts reckoned once for all uses."""
    return _with(source, names, "amount", "minor", minor)


def with_mills(source: Source, *names: str) -> Source:
    """Return the table with the thousandths of these amounts reckoned once for all uses."""
    return _with(source, names, "amount", "mills", mills)


def with_currencies(source: Source, *names: str) -> Source:
    """Return the table with the currencies of these amounts as text, cast once for all uses."""
    return _with(source, names, "currency", "code", currency)


def _with(
    source: Source,
    names: Sequence[str],
    part: str,
    made: str,
    reckon: Callable[[Source, str], nw.Expr],
) -> Source:
    here = [name for name in names if _column(name, part) in source]
    added = {_column(name, made): reckon(source, name) for name in here}
    return source.over(source.frame.with_columns(**added)) if added else source


def major(units: pd.Series[Any], codes: pd.Series[Any]) -> pd.Series[float]:
    """
    Turn minor units back into amounts, rounding halves away from zero.

    Parameters
    ----------
    units : Series
        Minor units; fractions of them, as a mean has, are rounded.
    codes : Series of str
        The currency of each.

    Examples
    --------
    >>> import pandas as pd
    >>> major(pd.Series([1250, 1250.5]), pd.Series(["EUR", "JPY"])).tolist()
    [12.5, 1251.0]
    """
    value = units.to_numpy("float64", na_value=np.nan)
    whole = np.sign(value) * np.floor(np.abs(value) + 0.5)
    return scaled(pd.Series(whole, index=units.index), codes)


def scaled(units: pd.Series[Any], codes: pd.Series[Any]) -> pd.Series[float]:
    """Turn minor units back into amounts without rounding."""
    return units.astype("float64") / scales(codes)


def scales(codes: pd.Series[Any]) -> pd.Series[float]:
    """Return how many minor units the unit of each currency has."""
    return codes.astype(object).map(lambda code: 10.0 ** minor_units(str(code))).astype("float64")


def to_major(rows: pd.DataFrame, columns: Sequence[str], code: str = "currency") -> pd.DataFrame:
    """Turn columns of minor units into amounts, by the currency of each row."""
    return rows.assign(**{name: major(rows[name], rows[code]) for name in columns})


def _column(name: str, part: str) -> str:
    """Name a column of an amount; the amount of a child table has no name of its own."""
    return f"{name}_{part}" if name else part


def _amount(name: str) -> nw.Expr:
    return nw.col(_column(name, "amount")).cast(nw.Float64)
