"""Money that has not arrived, and money still at stake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..enums import CancelMoneyMovementStatus, ReturnMoneyMovementStatus
from . import lives, periods
from .amounts import currency, known, major, minor, to_major, with_currencies, with_minor
from .grouping import NOT_GIVEN, Derived, Grouping, Source, total
from .results import tidy
from .spells import moment

_SETTLED = (
    ReturnMoneyMovementStatus.SUCCESS,
    ReturnMoneyMovementStatus.REVERSED,
    CancelMoneyMovementStatus.SKIPPED,
)
_SINGULAR = {"returns": "return", "cancellations": "cancellation"}
_KEY = {"returns": "return_id", "cancellations": "cancel_id"}
DEADLINES = ("overdue", "today", "3_days", "7_days", "later", "none")


def pending_and_failed(
    frame: Any,
    *,
    movements: Any,
    as_of: Any = None,
    by: str | Sequence[str] | None = None,
    min_n: int = 0,
) -> pd.DataFrame:
    """
    List the refunds that have not arrived: how many, how much, and since when.

    A record counts when its `refund_status` is neither SUCCESS, REVERSED nor SKIPPED, so also
    with a status that eBay adds later; without a status it counts not. How much and since when
    tell its money movements of that same status: the amount is what the latest of them asked
    for (what the buyer waits for, tax included), and it waits since the first of them.

    Parameters
    ----------
    frame : DataFrame
        Returns or cancellations with details, of pandas, Polars, pyarrow, DuckDB ...
    movements : DataFrame
        The child table `money_movements`; it may be of another engine.
    as_of : datetime or str, optional
        The moment to measure from; by default when the table was fetched, else the latest moment
        it tells of.
    by : str or sequence of str, optional
        Columns of `frame` to group by.
    min_n : int
        Leave out groups of fewer records.

    Returns
    -------
    pandas.DataFrame
        Columns ``currency, [by ...], refund_status, n, total_amount, oldest_at, oldest_days,
        median_days``: records; what they wait for in units of `currency`, exact; since when the
        oldest waits, and for how many days; and half of them. Records without such a movement
        have the currency ``(not given)`` and no amount. Sorted by currency, group and status.

    Raises
    ------
    InputError
        If the tables lack the columns, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": ["1", "2"], "refund_status": ["FAILED", "SUCCESS"]})
    >>> movements = pd.DataFrame({
    ...     "record": ["return"] * 2, "record_id": ["1", "2"], "status": ["FAILED", "SUCCESS"],
    ...     "requested_amount": [12.5, 9.0], "requested_currency": ["EUR", "EUR"],
    ...     "created_at": pd.to_datetime(["2026-03-01", "2026-03-02"], utc=True)})
    >>> found = pending_and_failed(
    ...     returns, movements=movements, as_of=pd.Timestamp("2026-03-04", tz="UTC"))
    >>> found[["currency", "refund_status", "n", "total_amount", "oldest_days"]]
      currency refund_status  n  total_amount  oldest_days
    0      EUR        FAILED  1          12.5          3.0
    """
    source, moved = Source(frame), Source(movements)
    source.expect(*_SINGULAR, metric="pending_and_failed")
    source.require("refund_status", advice=source.details("refund"))
    needed = ("record", "record_id", "status", "requested_amount", "requested_currency")
    moved.require(*needed, "created_at", advice="give the table money_movements")
    now = moment(as_of, source, moved)
    taken = ("currency", "refund_status", "n", "total_amount", "oldest_at", "oldest_days")
    grouping = source.grouping(by, None, "UTC", taken=taken, min_n=min_n)
    status = nw.col("refund_status")
    waiting = ~status.is_null() & ~source.among("refund_status", _SETTLED)
    derived = {"record_id": _KEY[source.table], "refund_status": "refund_status"}
    records = source.tally(grouping, derived, where=waiting)
    records = records.merge(
        _attempts(moved, _SINGULAR[source.table]), how="left", on=["record_id", "refund_status"]
    )
    records["currency"] = records["currency"].astype("string").fillna(NOT_GIVEN)
    records["refund_status"] = records["refund_status"].astype("string")
    return tidy(
        _waiting(records, ["currency", *grouping.columns, "refund_status"], now),
        source,
        grouping,
        first=("currency",),
        order={"refund_status": True},
        metric="pending_and_failed",
        unit="currency",
        undated=0,
        date_basis="created_at of the movement",
        as_of=now.isoformat(),
    )


def exposure(
    frame: Any,
    *,
    as_of: Any = None,
    by: str | Sequence[str] | None = None,
    tz: str = "UTC",
    date: str = "respond_by",
    min_n: int = 0,
) -> pd.DataFrame:
    """
    Add up the money still at stake in open records, by what is due when.

    At stake is what was expected to be refunded less what was refunded already in the same
    currency, never below zero. Expected is, of returns, `refund_estimated_amount`; of
    cancellations, `requested_amount`; of inquiries and cases, `claim_amount`. A record is open
    unless `closed_at`, `state` or `status` says that it is over.

    `deadline` says when the seller's answer is due (`respond_by`), in days of the time zone:
    ``overdue`` before now; ``today`` before midnight; ``3_days`` within the three days after
    today; ``7_days`` within the seven days after today; ``later``; ``none`` without a deadline.
    eBay leaves an answered deadline standing: overdue ones may be done.

    Parameters
    ----------
    frame : DataFrame
        Any of the four tables, of pandas, Polars, pyarrow, DuckDB ...
    as_of : datetime or str, optional
        The moment to measure from; by default when the table was fetched, else the latest moment
        it tells of.
    by : str or sequence of str, optional
        Columns to group by.
    tz : str
        Time zone of the days.
    date : str
        The date basis: the column with the deadline, such as `respond_by` or `refund_due_at`.
    min_n : int
        Leave out groups of fewer records.

    Returns
    -------
    pandas.DataFrame
        Columns ``currency, [by ...], deadline, n, at_stake_amount``: open records, and the
        amount in units of `currency`, exact to its minor unit. Open records that name no amount
        have the currency ``(not given)`` and NaN. Sorted by currency, group and deadline.

    Raises
    ------
    InputError
        If the table lacks the deadline, the amounts or the end of records.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({
    ...     "return_id": ["1", "2", "3"], "state": ["RETURN_REQUESTED", "CLOSED", "ITEM_SHIPPED"],
    ...     "respond_by": pd.to_datetime(["2026-03-04", "2026-03-01", None], utc=True),
    ...     "refund_estimated_amount": [20.0, 10.0, 5.0],
    ...     "refund_estimated_currency": ["EUR"] * 3})
    >>> exposure(returns, as_of=pd.Timestamp("2026-03-03", tz="UTC"))
      currency deadline  n  at_stake_amount
    0      EUR   3_days  1             20.0
    1      EUR     none  1              5.0
    """
    source = Source(frame)
    name = lives.EXPECTED.get(source.table, "refund_estimated")
    source.require(f"{name}_amount", f"{name}_currency", date)
    periods.check("day", tz, date, source.schema[date])
    taken = ("currency", "deadline", "n", "at_stake_amount")
    grouping = source.grouping(by, None, tz, taken=taken, min_n=min_n)
    now = moment(as_of, source)
    source = with_currencies(with_minor(source, name, "refund"), name, "refund")
    same = (currency(source, name) == currency(source, "refund")).fill_null(value=False)
    paid = nw.when(same).then(minor(source, "refund")).otherwise(nw.lit(0))
    due = minor(source, name)
    sums = {"at_stake_amount": nw.when(paid < due).then(due - paid).otherwise(nw.lit(0))}
    code = nw.when(known(source, name)).then(currency(source, name))
    derived = {
        "currency": nw.coalesce(code, nw.lit(NOT_GIVEN)),
        "place": _deadline(date, now, tz),
    }
    counts = source.tally(grouping, derived, where=~lives.closed(source), sums=sums)
    rows = total(counts, ["currency", *grouping.columns, "place"], of=["n", *sums])
    rows = to_major(rows.astype({"currency": "string"}), list(sums))
    rows.loc[rows["currency"] == NOT_GIVEN, "at_stake_amount"] = np.nan
    names = rows["place"].map(dict(enumerate(DEADLINES))).astype("string")
    rows.insert(list(rows.columns).index("n"), "deadline", names)
    return tidy(
        rows,
        source,
        grouping,
        first=("currency",),
        order={"place": True},
        metric="exposure",
        unit="currency",
        undated=0,
        date_basis=date,
        as_of=now.isoformat(),
    ).drop(columns="place")


def _attempts(moved: Source, record: str) -> pd.DataFrame:
    """Return the refunds not settled, one row a record and status: the latest, and since when."""
    unsettled = ~moved.among("status", _SETTLED)
    ours = moved.among("record", [record]) & unsettled & (minor(moved, "requested") > 0)
    derived: Derived = {
        "record_id": "record_id",
        "refund_status": "status",
        "at": nw.col("created_at"),
        "currency": "requested_currency",
        "units": minor(moved, "requested"),
    }
    rows = moved.tally(Grouping(), derived, where=ours).sort_values(["at", "units"])
    groups = rows.groupby(["record_id", "refund_status"], as_index=False)
    return groups.agg(since=("at", "min"), currency=("currency", "last"), units=("units", "last"))


def _waiting(records: pd.DataFrame, keys: list[str], now: datetime) -> pd.DataFrame:
    since = pd.to_datetime(records["since"], utc=True).astype("datetime64[us, UTC]")
    told = records["currency"] != NOT_GIVEN
    records = records.assign(
        total_amount=records["units"].where(told).astype("float64"),
        oldest_at=since,
        days=(pd.Timestamp(now) - since).dt.total_seconds() / 86400,
    )
    groups = records.groupby(keys, dropna=False, sort=False)
    rows = groups["n"].sum().astype("int64").reset_index()
    sums = groups["total_amount"].sum(min_count=1).to_numpy()
    rows["total_amount"] = major(pd.Series(sums, index=rows.index), rows["currency"])
    rows["oldest_at"] = groups["oldest_at"].min().astype("datetime64[us, UTC]").array
    rows["oldest_days"] = groups["days"].max().to_numpy("float64")
    rows["median_days"] = groups["days"].median().to_numpy("float64")
    return rows


def _deadline(date: str, now: datetime, tz: str) -> nw.Expr:
    """Return the place in `DEADLINES` of what is due at `date`."""
    zone = ZoneInfo(tz)
    today = now.astimezone(zone).date()
    ends = [now] + [
        datetime.combine(today + timedelta(days=days + 1), time(), zone).astimezone(now.tzinfo)
        for days in (0, 3, 7)
    ]
    place = nw.lit(DEADLINES.index("later"))
    for bucket, end in reversed(list(enumerate(ends))):
        place = nw.when(nw.col(date) < nw.lit(end)).then(nw.lit(bucket)).otherwise(place)
    return nw.when(nw.col(date).is_null()).then(nw.lit(DEADLINES.index("none"))).otherwise(place)
