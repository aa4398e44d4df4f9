"""
Counting records per group, on whatever engine holds them.

Every metric asks its engine for one thing: how many records share these values (`Source.tally`).
That step is written against narwhals, so pandas, Polars, pyarrow, DuckDB and others run it where
the records lie; the few rows that come back are finished in pandas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..errors import InputError

NOT_GIVEN = "(not given)"
"""What stands in a result where the records hold no value."""

_PARTS = {"week": ("year", "month", "day"), "month": ("year", "month")}
_KEYS = {"cancel_id": "cancellations", "inquiry_id": "inquiries", "return_id": "returns"}
_CASES_ONLY = ("case_type", "escalated_by", "buyer_outcome", "seller_outcome")


@dataclass(frozen=True)
class Grouping:
    """
    How a metric splits its records.

    Attributes
    ----------
    by : tuple of str
        Columns whose values make the groups.
    freq : {"week", "month"} or None
        Length of the periods; weeks begin on Monday.
    tz : str
        Time zone whose midnights bound the periods.
    """

    by: tuple[str, ...] = ()
    freq: str | None = None
    tz: str = "UTC"

    @property
    def columns(self) -> list[str]:
        """The columns that the groups have in the result."""
        return [*(["period"] if self.freq else []), *self.by]


class Source:
    """
    A frame opened for counting.

    Parameters
    ----------
    frame : any frame narwhals knows
        A pandas, Polars or pyarrow table, a DuckDB relation ...

    Raises
    ------
    InputError
        If `frame` is no such thing.
    """

    def __init__(self, frame: Any) -> None:
        try:
            opened = nw.from_native(frame)
        except TypeError:
            raise InputError(
                f"{type(frame).__name__} is no table",
                advice="give a pandas, Polars or pyarrow table, or a DuckDB relation",
            ) from None
        self.frame: nw.LazyFrame[Any] = opened.lazy()
        self.schema = self.frame.collect_schema()

    def __contains__(self, column: str) -> bool:
        return column in self.schema

    @property
    def table(self) -> str:
        """Which record table this is: by its key column, else ``"records"``."""
        if any(column in self for column in _CASES_ONLY):
            return "cases"
        for key, name in _KEYS.items():
            if key in self:
                return name
        return "cases" if "case_id" in self else "records"

    def grouping(
        self, by: str | Sequence[str] | None, freq: str | None, tz: str, *, taken: Iterable[str]
    ) -> Grouping:
        """Check the arguments that every metric has; `taken` are names the result needs."""
        names = (by,) if isinstance(by, str) else tuple(by or ())
        for name in names:
            self.require(name)
            if name in {*taken, "period"}:
                raise InputError(
                    f"by={name!r} names a column the result has anyway",
                    advice="leave it out, or rename the column in your frame",
                )
        if freq is not None:
            self._check_period(freq, tz)
        return Grouping(tuple(dict.fromkeys(names)), freq, tz)

    def require(self, *columns: str, advice: str | None = None) -> None:
        """Raise InputError for the first column that the frame lacks."""
        for column in columns:
            if column in self:
                continue
            near = get_close_matches(column, list(self.schema), n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else _columns(self.schema)
            raise InputError(
                f"the table of {self.table} has no column {column!r}", advice=advice or hint
            )

    def _check_period(self, freq: str, tz: str) -> None:
        if freq not in _PARTS:
            raise InputError(f"freq={freq!r} is unknown", advice='use "week", "month" or None')
        try:
            ZoneInfo(tz)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(
                f"tz={tz!r} is no time zone", advice='use a name such as "Europe/Berlin"'
            ) from None
        self.require("created_at")
        kind = self.schema["created_at"]
        if not isinstance(kind, nw.Datetime) or kind.time_zone is None:
            raise InputError(
                f"created_at is {kind}, not a time with a time zone",
                advice='in pandas: pd.to_datetime(..., utc=True, format="ISO8601")',
            )

    def tally(
        self,
        grouping: Grouping,
        derived: Mapping[str, nw.Expr] | None = None,
        *,
        where: nw.Expr | None = None,
    ) -> pd.DataFrame:
        """
        Count the records of each combination of values that occurs.

        Parameters
        ----------
        grouping : Grouping
            Its columns come first; a text column missing here is `NOT_GIVEN` in every row, any
            other kind of column is left empty.
        derived : mapping of str to narwhals expression
            Further values to tell records apart by.
        where : narwhals expression, optional
            Which records to count; all of them by default.

        Returns
        -------
        pandas.DataFrame
            `grouping.columns`, the derived columns, and ``n`` (int64). Records without a date
            have the period NaT. No order is promised.
        """
        derived = dict(derived or {})
        keys = [*self._parts(grouping), *map(self.value, grouping.by), *derived.values()]
        named = {f"key_{i}": key for i, key in enumerate(keys or [nw.lit(1)])}
        frame = self.frame
        if where is not None:  # as a column first: a filter refuses literals
            frame = frame.with_columns(counted=where).filter(nw.col("counted"))
        try:
            grouped = frame.with_columns(**named).group_by(*named).agg(nw.len().alias("n"))
            rows: pd.DataFrame = grouped.collect("pyarrow").to_native().to_pandas()
        except NotImplementedError:
            if not grouping.freq:
                raise  # only the periods of another time zone are known to be beyond an engine
            raise _one_zone(self.schema["created_at"], grouping.tz) from None
        names = iter(named)
        result = pd.DataFrame(index=rows.index)
        if grouping.freq:
            parts = {part: rows[next(names)] for part in _PARTS[grouping.freq]}
            result["period"] = _period(pd.DataFrame(parts), grouping)
        for column in grouping.by:
            result[column] = rows[next(names)].astype(self.dtype(column))
        for name in derived:
            result[name] = rows[next(names)]
        result["n"] = rows["n"].astype("int64")
        return result

    def texts(self, value: nw.Expr, *, where: nw.Expr | None = None) -> set[str]:
        """Return the distinct texts that `value` has among the records."""
        counts = self.tally(Grouping(), {"value": value}, where=where)
        return {str(text) for text in counts["value"].dropna()}

    def value(self, column: str) -> nw.Expr:
        """Return the column's values, with `NOT_GIVEN` for the gaps of a text column."""
        return self.filled(column) if self.dtype(column) == "string" else nw.col(column)

    def filled(self, column: str) -> nw.Expr:
        """Return the column as text with `NOT_GIVEN` for the gaps, or for all if there is none."""
        if column not in self:
            return nw.lit(NOT_GIVEN)
        here = nw.col(column)
        return nw.when(here.is_null()).then(nw.lit(NOT_GIVEN)).otherwise(here.cast(nw.String))

    def text(self, column: str) -> nw.Expr:
        """Return the column as text, null where it is missing."""
        value = self.filled(column)
        return nw.when(value != NOT_GIVEN).then(value)

    def dtype(self, column: str) -> Any:
        """Return the pandas dtype that the column has in a result."""
        kind = self.schema[column] if column in self else nw.String()
        if kind == nw.Boolean:
            return "boolean"
        if kind.is_integer():
            return "Int64"
        if kind.is_float():
            return "float64"
        if isinstance(kind, nw.Datetime):
            return f"datetime64[us, {kind.time_zone}]" if kind.time_zone else "datetime64[us]"
        return "string"

    def _parts(self, grouping: Grouping) -> list[nw.Expr]:
        if not grouping.freq:
            return []
        created = nw.col("created_at")
        kind = self.schema["created_at"]
        if isinstance(kind, nw.Datetime) and kind.time_zone != grouping.tz:
            created = created.dt.convert_time_zone(grouping.tz)
        return [getattr(created.dt, part)() for part in _PARTS[grouping.freq]]


def member(value: nw.Expr, of: Iterable[str]) -> nw.Expr:
    """Tell whether `value` is one of the texts; never null, also for no text at all."""
    texts = sorted(of)
    return value.is_in(texts).fill_null(value=False) if texts else nw.lit(value=False)


def dated(counts: pd.DataFrame, grouping: Grouping) -> tuple[pd.DataFrame, int]:
    """Leave out the records that belong to no period; say how many they are."""
    if not grouping.freq:
        return counts, 0
    known = counts["period"].notna()
    return counts[known].reset_index(drop=True), int(counts.loc[~known, "n"].sum())


def total(
    counts: pd.DataFrame, columns: Sequence[str], *, of: Sequence[str] = ("n",)
) -> pd.DataFrame:
    """Add up the counts `of` over all columns but these; no record, no row."""
    if columns:
        groups = counts.groupby(list(columns), dropna=False, sort=False, as_index=False)
        return groups[list(of)].sum().astype(dict.fromkeys(of, "int64"))
    sums = counts[list(of)].sum().to_frame().T if len(counts) else counts[list(of)]
    return sums.astype("int64").reset_index(drop=True)


def within(counts: pd.DataFrame, columns: Sequence[str]) -> pd.Series[int]:
    """Return for every row how many records its group has."""
    if columns:
        whole = counts.groupby(list(columns), dropna=False, sort=False)["n"].transform("sum")
    else:
        whole = pd.Series(counts["n"].sum(), index=counts.index)
    return whole.astype("int64")


def _period(parts: pd.DataFrame, grouping: Grouping) -> pd.Series[Any]:
    """Build the period's first midnight in the grouping's time zone."""
    parts = parts.astype("float64")
    day = parts["day"] if grouping.freq == "week" else 1
    start = pd.to_datetime(parts[["year", "month"]].assign(day=day))
    if grouping.freq == "week":
        start = start - pd.to_timedelta(start.dt.day_of_week, unit="D")
    # A clock change can skip midnight or have two: the first moment of the day is meant.
    local = start.dt.tz_localize(
        grouping.tz, ambiguous=np.ones(len(start), dtype=bool), nonexistent="shift_forward"
    )
    return local.astype(pd.DatetimeTZDtype("us", grouping.tz))


def _one_zone(kind: Any, tz: str) -> InputError:
    return InputError(
        f"this engine keeps all times in {kind.time_zone} and cannot cut periods in {tz}",
        advice=f"set the connection's time zone to {tz}, in DuckDB with SET TimeZone = '{tz}'",
    )


def _columns(schema: Mapping[str, Any]) -> str:
    return f"its columns are {', '.join(schema) or 'none'}"
