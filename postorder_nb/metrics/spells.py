"""
Spells: from when to when something took, and how it ended, tallied on any engine.

A spell starts, and ends with the event asked about, or otherwise, or has not ended when the
tables were read. Durations are counted in whole minutes, begun ones left out: of a million
records some ten thousand different ones remain, and eBay's own clocks are no finer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import and_, or_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..errors import InputError
from ..tables.columns import First
from ..tables.moments import LAST, matching
from ..tables.records import RECORDS
from . import lives, periods
from .grouping import Grouping, Source
from .links import beside
from .survival import DONE, OPEN, OTHER

MINUTES_A_DAY = 1440.0

SINGULAR = {
    "cancellations": "cancellation",
    "inquiries": "inquiry",
    "returns": "return",
    "cases": "case",
}
KEYS = {
    "cancellations": "cancel_id",
    "inquiries": "inquiry_id",
    "returns": "return_id",
    "cases": "case_id",
}
_SEEN = ("created_at", "modified_at", "closed_at", "escalated_at", "refunded_at", "at", LAST.name)
_DETAILS = "read the details: the search answer does not hold this moment"
HISTORY = ("record", "record_id", "at", "actor", "activity", "from_state", "to_state")


@dataclass(frozen=True)
class Spell:
    """
    One kind of spell of a table's records, as expressions of moments.

    Attributes
    ----------
    source : Source
        The records, with what was joined to them.
    start, done, other : narwhals expression
        When it began, ended with the event, ended otherwise; null where not.
    untimed : narwhals expression
        Whether the record ended at a moment that is not told.
    """

    source: Source
    start: nw.Expr
    done: nw.Expr
    other: nw.Expr | None
    untimed: nw.Expr


def told(as_of: Any, *sources: Source) -> datetime | None:
    """Return the moment that is given, or that a fetched table bears, in UTC."""
    if as_of is not None:
        return utc(as_of)
    fetched = [source.attrs["fetched_at"] for source in sources if source.attrs.get("fetched_at")]
    return max(map(utc, fetched), default=None)


def moments(source: Source) -> list[str]:
    """Return the columns that tell when something has happened."""
    return [column for column in _SEEN if isinstance(source.schema.get(column), nw.Datetime)]


def moment(as_of: Any, *sources: Source) -> datetime:
    """
    Return the moment as of which the tables are looked at, in UTC.

    `as_of` if given; else the `fetched_at` that a fetched table bears; else the latest moment
    that any of the tables tells of what has happened.
    """
    if (given := told(as_of, *sources)) is not None:
        return given
    seen = [latest for source in sources if (latest := _latest(source)) is not None]
    return max(seen, default=datetime(1970, 1, 1, tzinfo=UTC))


def tally(
    spell: Spell, grouping: Grouping, now: datetime, *, step: int = 1
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """
    Count the records of each duration and end; durations are rounded up to `step` minutes.

    Returns
    -------
    rows : pandas.DataFrame
        The grouping's columns, ``minutes`` (int64), ``end`` (`OPEN`, `DONE`, `OTHER`), ``n``.
    left_out : dict
        ``n_untimed``, records that ended at an unknown moment, and ``n_impossible``, those
        that ended before they began. Records that had not begun at `now` are not counted.
    """
    source = spell.source
    frame = source.frame.with_columns(
        spell_start=spell.start,
        spell_done=spell.done,
        spell_other=spell.done if spell.other is None else spell.other,
        spell_untimed=spell.untimed,
    )
    frame = frame.with_columns(
        spell_done=_until(nw.col("spell_done"), now), spell_other=_until(nw.col("spell_other"), now)
    )
    done, other = nw.col("spell_done"), nw.col("spell_other")
    first = ~done.is_null() & (other.is_null() | (done <= other).fill_null(value=False))
    late = nw.when(~other.is_null()).then(nw.lit(OTHER)).otherwise(nw.lit(OPEN))
    frame = frame.with_columns(
        spell_kind=nw.when(first).then(nw.lit(DONE)).otherwise(late),
        spell_end=nw.coalesce(nw.when(first).then(done).otherwise(other), nw.lit(now)),
    )
    opened = with_minutes(source.over(frame), "spell_minutes", "spell_start", "spell_end")
    whole = nw.col("spell_minutes")
    if step > 1:  # fewer groups, if the exact duration does not matter
        up = (whole + (step - 1)) // step * step
        whole = nw.when(whole >= 0).then(up).otherwise(nw.lit(-1))
    derived = {
        "minutes": whole,
        "end": nw.col("spell_kind"),
        "untimed": nw.col("spell_untimed"),
    }
    begun = (nw.col("spell_start") <= nw.lit(now)).fill_null(value=False)
    rows = opened.tally(grouping, derived, where=begun)
    rows["end"] = rows["end"].astype("int64")
    untimed = rows["untimed"].astype(bool) & (rows["end"] == OPEN)
    impossible = ~untimed & (rows["minutes"] < 0)
    kept = rows[~untimed & ~impossible].drop(columns="untimed")
    left_out = {
        "n_untimed": int(rows.loc[untimed, "n"].sum()),
        "n_impossible": int(rows.loc[impossible, "n"].sum()),
    }
    return kept.astype({"minutes": "int64"}).reset_index(drop=True), left_out


def flagged(source: Source) -> Source:
    """Add, once for all, whether each record is over (`spell_over`) and with eBay."""
    known = any(column in source for column in ("closed_at", "state", "status"))
    over = lives.closed(source) if known else nw.lit(value=False)
    return source.over(
        source.frame.with_columns(spell_over=over, spell_escalated=lives.escalated(source))
    )


def with_moments(source: Source, history: Any, *names: str) -> Source:
    """
    Give each record moments of its history, and `spell_read`: whether its history is known.

    Parameters
    ----------
    source : Source
        The records. Tables with details hold these moments as columns.
    history : DataFrame or None
        The history table, of the same engine, to find them in instead; it may hold other
        records' lines, too, and is taken to be whole: a record without lines has done nothing.
    *names : str
        Names of `tables.moments.First`; those that this table does not know are left out.

    Raises
    ------
    InputError
        If neither has them, the history is of another engine, or the records have no key.
    """
    record = RECORDS.get(source.table)
    wanted = [moment for moment in record.moments if moment.name in names] if record else []
    if history is not None:
        found = _from_history(source, history, wanted)
        return found.over(found.frame.with_columns(spell_read=nw.lit(value=True)))
    for name in (LAST.name, *(moment.name for moment in wanted)):
        zoned(source, name, advice=f"pass history=, or keep {name} of a table with details")
    return source.over(source.frame.with_columns(spell_read=~nw.col(LAST.name).is_null()))


def unread(source: Source, history: Any) -> int:
    """Count the records whose history is not known; see `with_moments`."""
    if history is not None:
        return 0
    row = source.frame.select(n=(~nw.col("spell_read")).cast(nw.Int64).sum()).collect("pyarrow")
    return int(row.get_column("n").item() or 0)  # Dask puts an index beside it


def _from_history(source: Source, history: Any, wanted: Sequence[First]) -> Source:
    """Join to each record the moment of its first history line of each kind."""
    key = KEYS.get(source.table, "")
    if key not in source:
        raise InputError(
            f"a table of {source.table} has no key to find its history by",
            advice=f"keep the column {key or 'return_id, inquiry_id ...'} of the table",
        )
    lines = opened(history, "history")
    lines.require(*HISTORY, advice="give the history table that comes with the details")
    zoned(lines, "at")
    own = lines.among("record", [SINGULAR[source.table]])
    kinds = {moment.name: _fits(lines, moment) & own for moment in wanted}
    frame = lines.frame.with_columns(**kinds).select("record_id", "at", *kinds)
    frame = frame.filter(reduce(or_, map(nw.col, kinds)))
    frame = frame.select(
        "record_id", **{name: nw.when(nw.col(name)).then(nw.col("at")) for name in kinds}
    )
    return joined(source, key, lines.over(frame), "record_id", tuple(kinds))


def _fits(lines: Source, moment: First) -> nw.Expr:
    """Tell which history lines are of the kind that the moment is of."""
    held = [_holds(lines, column, texts) for column, texts in moment.fits.items()]
    held += [~_holds(lines, column, texts) for column, texts in moment.but.items()]
    return reduce(and_, held)


def _holds(lines: Source, column: str, texts: Collection[str | None]) -> nw.Expr:
    whole = [text for text in texts if text is not None]
    if any(text.endswith("*") for text in whole):  # few words occur, and texts are quick to find
        whole = matching(lines.texts(column), whole)
    held = lines.among(column, whole)
    return held | nw.col(column).is_null() if None in texts else held


def with_cases(source: Source, cases: Any) -> Source:
    """Join to each return the moment `case_at` at which its first case was opened."""
    there = opened(cases, "cases")
    there.require("return_id", advice="give the cases with their details")
    told = [column for column in ("escalated_at", "created_at") if column in there]
    if not told:
        there.require("created_at")
    for column in told:
        zoned(there, column)
    frame = there.frame.filter(~nw.col("return_id").is_null())
    frame = frame.with_columns(case_at=nw.coalesce(*map(nw.col, told)))
    return joined(source, "return_id", there.over(frame), "return_id", ("case_at",))


def joined(
    source: Source, key: str, there: Source, there_key: str, columns: tuple[str, ...]
) -> Source:
    """Join the least of each of the columns, found by key, to the records."""
    if source.frame.implementation is not there.frame.implementation:
        raise InputError(
            "the tables are of two engines and cannot be joined",
            advice="give all tables as pandas, or all as relations of one connection",
        )
    least = there.frame.group_by(there_key).agg(*(nw.col(name).min() for name in columns))
    least = least.rename({there_key: key} if there_key != key else {})
    return source.over(beside(source.frame, least, key, columns))


def opened(frame: Any, name: str) -> Source:
    """Open a further table; None is refused with its name."""
    if frame is None:
        raise InputError(f"no table of {name} is given", advice=f"pass {name}=")
    return Source(frame)


def closing(source: Source) -> nw.Expr:
    """
    Return when each record was closed, null while it is open.

    The source is `flagged`. Cases do not tell it: of a closed one it is the last change, which
    an appeal moves.
    """
    if source.table == "cases":
        zoned(source, "modified_at")
        return nw.when(nw.col("spell_over")).then(nw.col("modified_at"))
    zoned(source, "closed_at")
    return nw.col("closed_at")


def escalation(source: Source) -> nw.Expr | None:
    """
    Return when each record was handed to eBay, None for tables where that does not happen.

    Of one that says it was, but not when, it is the closing. The source is `flagged`.
    """
    if source.table == "inquiries":
        zoned(source, "escalated_at")
    elif source.table != "returns":
        return None
    names = ("case_at", "escalated_at")
    told = [nw.col(name) for name in names if name in source]
    if "closed_at" in source:
        told.append(nw.when(nw.col("spell_escalated")).then(nw.col("closed_at")))
    return nw.coalesce(*told) if told else None


def refunded(source: Source) -> nw.Expr:
    """Tell whether the seller's refund, or what the buyer got, is above zero; never null."""
    names = [name for name in ("refund_amount", "buyer_refund_amount") if name in source]
    amounts = [nw.col(name).cast(nw.Float64) for name in names]
    # Polars and DuckDB hold NaN to be above every number.
    return reduce(or_, ((x > 0).fill_null(value=False) & ~_nan(x) for x in amounts))


def earlier(one: nw.Expr, two: nw.Expr | None) -> nw.Expr:
    """Return the earlier of two moments, of one the one that is known."""
    if two is None:
        return one
    first = two.is_null() | (one <= two).fill_null(value=False)
    return nw.when(first).then(one).otherwise(two)


def untimed(*ends: nw.Expr | None) -> nw.Expr:
    """Tell whether a record is over or with eBay without any of the moments being known."""
    known = reduce(or_, (~end.is_null() for end in ends if end is not None))
    return (nw.col("spell_over") | nw.col("spell_escalated")) & ~known


def zoned(source: Source, column: str, *, advice: str | None = None) -> None:
    """Raise InputError unless the column is there and holds moments with a time zone."""
    usual = _DETAILS if column not in {"created_at", "at"} else None
    source.require(column, advice=advice or usual)
    kind = source.schema[column]
    if not isinstance(kind, nw.Datetime) or kind.time_zone is None:
        raise InputError(
            f"{column} is {kind}, not a time with a time zone",
            advice='in pandas: pd.to_datetime(..., utc=True, format="ISO8601")',
        )


def _nan(value: nw.Expr) -> nw.Expr:
    return value.is_nan().fill_null(value=False)


def _until(value: nw.Expr, now: datetime) -> nw.Expr:
    return nw.when(value <= nw.lit(now)).then(value)


def with_minutes(source: Source, name: str, start: str, end: str) -> Source:
    """Add the whole minutes between the moments of two columns, null where one is missing."""
    frame = source.frame
    kind = frame.implementation
    if kind.is_duckdb():
        # Its difference of moments goes by the calendar, which costs eight times as much.
        whole = f'(epoch_us("{end}") - epoch_us("{start}")) // 60000000'
        relation: Any = frame.to_native().project(f'*, {whole} AS "{name}"')
        return source.over(nw.from_native(relation).lazy())
    if kind.is_pandas():
        held = frame.collect().to_native()  # narwhals' own way there takes three times as long
        both = held[end].notna() & held[start].notna()
        apart = periods.microseconds(held[end]) - periods.microseconds(held[start])
        whole_ones = pd.Series(np.trunc(apart / 60e6), index=held.index).where(both)
        return source.over(nw.from_native(held.assign(**{name: whole_ones})).lazy())
    if kind.is_spark_like():
        # It tells no difference of moments, but a moment as seconds: whole at the microsecond.
        seconds = nw.col(end).cast(nw.Float64) - nw.col(start).cast(nw.Float64)
        took = ((seconds + 1e-6) / 60).floor()
    else:
        took = (nw.col(end) - nw.col(start)).dt.total_minutes()
    return source.over(frame.with_columns(**{name: took}))


def _latest(source: Source) -> datetime | None:
    columns = moments(source)
    if not columns:
        return None
    for column in columns:
        zoned(source, column)
    row = source.frame.select(*(nw.col(column).max() for column in columns)).collect("pyarrow")
    values = [value for column in columns for value in row.get_column(column).to_list() if value]
    return max(map(utc, values), default=None)


def utc(value: Any) -> datetime:
    """Return the moment in UTC; without a time zone it is refused."""
    try:
        stamp = pd.Timestamp(value)
    except (TypeError, ValueError):
        raise InputError(
            f"as_of={value!r} is no moment", advice='such as "2026-03-10T12:00Z"'
        ) from None
    if pd.isna(stamp) or stamp.tzinfo is None:
        raise InputError(
            f"as_of={value!r} has no time zone", advice='write it such as "2026-03-10T12:00Z"'
        )
    return stamp.tz_convert("UTC").to_pydatetime(warn=False)
