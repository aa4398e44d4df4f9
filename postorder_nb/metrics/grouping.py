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
from functools import reduce
from operator import or_
from typing import Any, Literal

import narwhals.stable.v2 as nw
import pandas as pd

from ..errors import InputError
from . import amounts, periods

NOT_GIVEN = "(not given)"
"""What stands in a result where the records hold no value."""

_FEW = 12  # texts; more of them are looked up, not compared one by one
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
    freq : {"day", "week", "month", "quarter", "year"} or None
        Length of the periods; weeks begin on Monday.
    tz : str
        Time zone whose midnights bound the periods.
    date : str
        The column whose moment puts a record into its period.
    min_n : int
        Groups of fewer records are left out of the result.
    """

    by: tuple[str, ...] = ()
    freq: str | None = None
    tz: str = "UTC"
    date: str = "created_at"
    min_n: int = 0

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
        self.attrs = dict(frame.attrs) if isinstance(frame, pd.DataFrame) else {}

    def over(self, frame: nw.LazyFrame[Any]) -> Source:
        """Return the same table with further columns or fewer rows."""
        other = Source(frame)
        other.attrs = self.attrs
        return other

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
        self,
        by: str | Sequence[str] | None,
        freq: str | None,
        tz: str,
        *,
        taken: Iterable[str],
        date: str = "created_at",
        min_n: int = 0,
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
            self.require(date)
            periods.check(freq, tz, date, self.schema[date])
        if min_n < 0:
            raise InputError(f"min_n={min_n!r} is below zero", advice="give a count of records")
        return Grouping(tuple(dict.fromkeys(names)), freq, tz, date, min_n)

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

    def expect(self, *names: str, metric: str) -> None:
        """Raise InputError unless this is one of the tables."""
        if self.table not in names:
            raise InputError(
                f"{metric} is not for a table of {self.table}",
                advice=f"give a table of {' or '.join(names)}",
            )

    def details(self, what: str) -> str | None:
        """Advise how to come by a column that the search answer does not hold."""
        if self.table == "records":
            return None
        return f"fetch the details of the {self.table}: the search answer holds no {what}"

    def tally(
        self,
        grouping: Grouping,
        derived: Mapping[str, nw.Expr | str] | None = None,
        *,
        where: nw.Expr | None = None,
        sums: Mapping[str, nw.Expr] | None = None,
    ) -> pd.DataFrame:
        """
        Count the records of each combination of values that occurs, and add up what they hold.

        Parameters
        ----------
        grouping : Grouping
            Its columns come first; a text column missing here is `NOT_GIVEN` in every row, any
            other kind of column is left empty.
        derived : mapping of str to narwhals expression or str
            Further values to tell records apart by; a str is the name of a text column, whose
            gaps become `NOT_GIVEN` (also where there is no such column).
        where : narwhals expression, optional
            Which records to count; all of them by default.
        sums : mapping of str to narwhals expression
            Whole numbers or truth values to add up, exactly; nulls count as 0.

        Returns
        -------
        pandas.DataFrame
            `grouping.columns`, the derived columns, ``n`` and the sums (int64). Records without
            a date have the period NaT. A period may have several rows: `total` joins them. No
            order is promised.
        """
        derived, sums = dict(derived or {}), dict(sums or {})
        frame, parts = self._parts(grouping)
        keys = [*parts, *map(self._raw, [*grouping.by, *derived.values()])]
        named = {f"key_{i}": key for i, key in enumerate(keys or [nw.lit(1)])}
        added = {f"sum_{i}": _whole(value) for i, value in enumerate(sums.values())}
        # Filtered last, when only what is asked for is left: pandas copies all that it filters.
        counted = {} if where is None else {"counted": where}
        opened = frame.with_columns(**named, **added, **counted)
        opened = opened.select(*named, *added, *counted)
        if counted:
            opened = opened.filter(nw.col("counted"))
        rows = brought(opened.group_by(*named).agg(nw.len().alias("n"), *map(_sum, added)))
        names = iter(named)
        result = pd.DataFrame(index=rows.index)
        if grouping.freq:
            told = {part: rows[next(names)] for part in periods.PARTS[grouping.freq]}
            result["period"] = periods.period(pd.DataFrame(told), grouping.freq, grouping.tz)
        for column in grouping.by:
            result[column] = _filled(rows[next(names)].astype(self.dtype(column)))
        for name, value in derived.items():
            here = rows[next(names)]
            result[name] = _filled(here.astype("string")) if isinstance(value, str) else here
        result["n"] = rows["n"].astype("int64")
        for name, column in zip(sums, added, strict=True):
            result[name] = rows[column].astype("int64")
        return result

    def minor(self, name: str) -> nw.Expr:
        """Return the amount `name` in whole minor units, 0 where missing; see `amounts.minor`."""
        return amounts.minor(self, name)

    def known(self, name: str) -> nw.Expr:
        """Tell whether the amount `name` is a number; never null."""
        return amounts.known(self, name)

    def texts(self, value: nw.Expr | str) -> set[str]:
        """Return the distinct texts that a column or an expression has among the records."""
        counts = self.tally(Grouping(), {"value": value})
        return set(counts["value"].dropna().astype(str)) - {NOT_GIVEN}

    def among(self, column: str, of: Iterable[str]) -> nw.Expr:
        """Tell whether the column holds one of the texts; never null, also for no such column."""
        if column not in self:
            return nw.lit(value=False)
        kind = self.schema[column]
        if isinstance(kind, nw.Enum):  # Polars refuses to look for what the column cannot hold
            return member(nw.col(column), set(map(str, of)).intersection(kind.categories))
        # pyarrow has no type for the values of a categorical column without any.
        plain = (
            (nw.String,) if self.frame.implementation.is_pyarrow() else (nw.String, nw.Categorical)
        )
        told = isinstance(kind, plain)
        return member(nw.col(column) if told else self.text(column), of)  # a cast costs dearly

    def filled(self, column: str) -> nw.Expr:
        """Return the column as text with `NOT_GIVEN` for the gaps, or for all if there is none."""
        if column not in self:
            return nw.lit(NOT_GIVEN)
        here = nw.col(column)
        return nw.when(here.is_null()).then(nw.lit(NOT_GIVEN)).otherwise(here.cast(nw.String))

    def text(self, column: str) -> nw.Expr:
        """Return the column as text, null where it is missing."""
        if column not in self:
            return nw.when(nw.lit(value=False)).then(nw.lit(NOT_GIVEN))
        here = nw.col(column)
        if self.schema[column] == nw.String:
            return here
        return nw.when(~here.is_null()).then(here.cast(nw.String))

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

    def _raw(self, value: nw.Expr | str) -> nw.Expr:
        """Return what to group by: a column as it is, for a cast of each row costs dearly."""
        if not isinstance(value, str):
            return value
        return nw.col(value) if value in self else nw.lit(NOT_GIVEN)

    def _parts(self, grouping: Grouping) -> tuple[nw.LazyFrame[Any], list[nw.Expr]]:
        if not grouping.freq:
            return self.frame, []
        date = grouping.date
        return periods.parts(self.frame, date, self.schema[date], grouping.freq, grouping.tz)


Derived = dict[str, nw.Expr | str]
"""What tells records apart in `Source.tally`."""


def member(value: nw.Expr, of: Iterable[str]) -> nw.Expr:
    """Tell whether `value` is one of the texts; never null, also for no text at all."""
    texts = sorted(map(str, of))  # an enum member would become a type of its own in Polars
    if not texts:
        return nw.lit(value=False)
    if len(texts) > _FEW:
        return value.is_in(texts).fill_null(value=False)
    # In pandas a comparison takes a twentieth of the time, in DuckDB a third.
    return reduce(or_, (value == text for text in texts)).fill_null(value=False)


def brought(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Bring the few rows of a result from their engine into pandas."""
    if frame.implementation.is_dask():  # its Arrow form has gaps among the categories
        found = frame.collect("pandas").to_native()
    else:
        found = frame.collect("pyarrow").to_native().to_pandas()
    rows: pd.DataFrame = found
    return rows


def dated(counts: pd.DataFrame, grouping: Grouping) -> tuple[pd.DataFrame, int]:
    """Leave out the records that belong to no period; say how many they are."""
    if not grouping.freq:
        return counts, 0
    known = counts["period"].notna()
    return counts[known].reset_index(drop=True), int(counts.loc[~known, "n"].sum())


def total(
    counts: pd.DataFrame,
    columns: Sequence[str],
    *,
    of: Sequence[str] = ("n",),
    dtype: Literal["int64", "float64"] = "int64",
) -> pd.DataFrame:
    """Add up the counts `of` over all columns but these; no record, no row."""
    if columns:
        groups = counts.groupby(list(columns), dropna=False, sort=False, as_index=False)
        return groups[list(of)].sum().astype(dict.fromkeys(of, dtype))
    sums = counts[list(of)].sum().to_frame().T if len(counts) else counts[list(of)]
    return sums.astype(dtype).reset_index(drop=True)


def within(rows: pd.DataFrame, columns: Sequence[str], *, of: str = "n") -> pd.Series[Any]:
    """Return for every row what `of` comes to in its group."""
    if columns:
        return rows.groupby(list(columns), dropna=False, sort=False)[of].transform("sum")
    return pd.Series(rows[of].sum(), index=rows.index, dtype=rows[of].dtype)


def _filled(values: pd.Series[Any]) -> pd.Series[Any]:
    """Name the gaps of texts."""
    return values.fillna(NOT_GIVEN) if values.dtype == "string" else values


def _whole(value: nw.Expr) -> nw.Expr:
    return value.cast(nw.Int64).fill_null(0)


def _sum(column: str) -> nw.Expr:
    return nw.col(column).sum().alias(column)


def _columns(schema: Mapping[str, Any]) -> str:
    return f"its columns are {', '.join(schema) or 'none'}"
