"""Conversion of amounts where they lie: as expressions, on engines that plan before they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from ..money import minor_units
from . import spells
from .grouping import Source

Moments = NDArray[np.int64]
Quoted = Mapping[str, tuple[Moments, NDArray[np.float64]]]
"""For each currency the moments of its rates (microseconds since 1970), rising, and the rates."""

_MINUTE = 60_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PERIOD, _SCALE = "rate_period", "rate_scale"
_OWN = 1e6  # what lies beyond the sixth decimal of a minor unit is what binary fractions add


def lazily(
    source: Source, pairs: Sequence[tuple[str, str]], quoted: Quoted, to: str, date: str
) -> Any:
    """
    Return the engine's own frame with the amounts converted; see `metrics.in_currency`.

    Time is cut into periods of one length in which no rate changes, and the rates of each period
    are looked up by its number: one join, of a small table, for all amounts.
    """
    columns = list(source.schema)
    unit, table = _by_period(quoted)
    rates = {code: f"rate_{number}" for number, code in enumerate(quoted)}
    dated = source.over(source.frame.with_columns(rate_epoch=nw.lit(_EPOCH)))
    frame = spells.with_minutes(dated, "rate_minutes", "rate_epoch", date).frame
    number, last = (nw.col("rate_minutes") // unit).fill_null(-1), table[_PERIOD][-1]
    number = nw.when(number > last).then(nw.lit(last)).otherwise(number)
    # A column, for by a literal Polars does not divide: it multiplies by the inverse.
    scale = nw.lit(10.0 ** minor_units(to))
    frame = frame.with_columns(**{_PERIOD: number.cast(nw.Int64), _SCALE: scale})
    frame = frame.join(_on_engine(frame, table), on=_PERIOD, how="left")
    for amount, code in pairs:
        frame = frame.with_columns(**_converted(source, amount, code, rates, to))
    return frame.select(*columns).to_native()


def _converted(
    source: Source, amount: str, code: str, rates: Mapping[str, str], to: str
) -> dict[str, nw.Expr]:
    """Return an amount and its currency, converted where there is a rate."""
    value, told, scale = nw.col(amount).cast(nw.Float64), source.text(code), nw.col(_SCALE)
    rate: nw.Expr = nw.when(nw.lit(value=False)).then(nw.lit(1.0))
    for name, column in rates.items():
        rate = nw.when(told == name).then(nw.col(column)).otherwise(rate)
    own = (told == to).fill_null(value=False)
    units = ((value * rate * scale).abs() * _OWN + 0.5).floor() / _OWN
    whole = (units + 0.5).floor() / scale
    signed = nw.when(value < 0).then(-whole).otherwise(whole)
    done = own | ~rate.is_null() | value.is_null()
    return {
        amount: nw.when(own | rate.is_null()).then(value).otherwise(signed),
        code: nw.when(done & ~told.is_null()).then(nw.lit(to)).otherwise(told),
    }


def _by_period(quoted: Quoted) -> tuple[int, dict[str, list[Any]]]:
    """Return how many minutes a period has, and a table of periods and their rates."""
    minutes = {code: -(-moments // _MINUTE) for code, (moments, _) in quoted.items()}
    starts = np.concatenate([np.array([0], dtype=np.int64), *minutes.values()])
    unit = int(np.gcd.reduce(starts)) or 1
    numbers = np.arange(starts[1:].min(initial=starts.max()) // unit, starts.max() // unit + 1)
    table: dict[str, list[Any]] = {_PERIOD: numbers.tolist()}
    for place, (code, (_, rates)) in enumerate(quoted.items()):
        held = np.searchsorted(minutes[code], numbers * unit, side="right") - 1
        found = np.where(held >= 0, rates[held], np.nan)
        table[f"rate_{place}"] = [None if np.isnan(rate) else rate for rate in found.tolist()]
    return unit, table


def _on_engine(frame: nw.LazyFrame[Any], table: Mapping[str, list[Any]]) -> nw.LazyFrame[Any]:
    """Bring a small table of numbers to where the frame is."""
    native: Any = frame.to_native()
    engine = frame.implementation
    if engine.is_polars():
        return nw.from_dict(table, backend="polars").lazy()
    if engine.is_spark_like():
        kinds = ", ".join(f"{n} {'bigint' if n == _PERIOD else 'double'}" for n in table)
        rows = list(zip(*table.values(), strict=True))
        native = native.sparkSession.createDataFrame(rows, kinds)
    elif engine.is_duckdb():  # of the same connection, which a relation does not tell
        columns = (f'unnest({_sql(name, values)}) AS "{name}"' for name, values in table.items())
        native = native.limit(0).aggregate("count(*) AS n").project(", ".join(columns))
    else:
        return nw.from_dict(table, backend="pandas").lazy(backend=engine)
    small: nw.LazyFrame[Any] = nw.from_native(native).lazy()
    return small


def _sql(name: str, values: list[Any]) -> str:
    """Write numbers as a list in DuckDB's language."""
    told = ", ".join("NULL" if value is None else repr(value) for value in values)
    return f"[{told}]::{'BIGINT' if name == _PERIOD else 'DOUBLE'}[]"
