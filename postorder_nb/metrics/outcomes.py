"""How many records there are, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from . import lives, shares
from .grouping import Derived, Source, dated, total
from .intervals import poisson
from .results import tidy

_CLOSE_REASON = {"cases": "seller_close_reason"}
_NO_CLOSE_REASON = {
    "inquiries": "eBay tells no close reason of an inquiry; ask metrics.outcomes instead",
    "returns": "fetch the details: a return's close reason is not in the search answer",
    "cases": "fetch the details: a case's close reason is not in the search answer",
}


def counts(
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
    Count records, and those of them that are still open.

    `n` is the number of rows: one row is one record. Its interval says how far a count of that
    size goes up and down by chance alone (exact Poisson, Garwood). A record is open unless it
    has a `closed_at`, or a `state` or `status` that says it is over.

    Parameters
    ----------
    frame : DataFrame
        Any of the four tables, of pandas, Polars, pyarrow, DuckDB ...
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        Also group by the period of `date`; weeks begin on Monday. Periods without records have
        no row; records without a date are left out and counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.
    date : str
        The date basis: the column whose moment counts.
    min_n : int
        Leave out groups of fewer records (``attrs["n_small_groups"]``, ``attrs["n_small"]``).
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], n, n_low, n_high, n_open``: records; `n_open` is missing
        where the table tells no end. Sorted by group.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": ["1", "2", "3"], "state": ["CLOSED"] * 2 + ["OPEN"]})
    >>> counts(returns).round(2)
       n  n_low  n_high  n_open
    0  3   0.62    8.77       1
    """
    source = Source(frame)
    taken = ("n", "n_low", "n_high", "n_open")
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    told = any(column in source for column in ("closed_at", "state", "status"))
    sums = {"n_open": ~lives.closed(source)} if told else {}
    found, undated = dated(source.tally(grouping, sums=sums), grouping)
    rows = total(found, grouping.columns, of=["n", *sums])
    bounds = dict(zip(("n_low", "n_high"), poisson(rows["n"], 1, confidence), strict=True))
    n_open = (rows["n_open"] if told else pd.Series(pd.NA, index=rows.index)).astype("Int64")
    return tidy(
        rows[[*grouping.columns, "n"]].assign(**bounds, n_open=n_open),
        source,
        grouping,
        order={},
        metric="counts",
        unit="records",
        undated=undated,
        confidence=confidence,
    )


def outcomes(
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
    Say how records ended: each record in exactly one of seven ways.

    ``share = n / N``: numerator, the group's records that ended so; denominator, all records of
    the group, open ones included. The first that holds counts:

    ``escalated``
        The record was handed to eBay: a return names a `case_id`, an inquiry has an
        `escalated_at`, or `status` or `close_reason` says so. (A case is never escalated.)
    ``open``
        Neither `closed_at`, `state` nor `status` says that it is over.
    ``replacement``
        `state`, `status`, `close_reason` or `current_type` names a replacement or an exchange.
    ``partial_refund``
        `close_reason` or `refund_type` says so, or `refund_amount` lies above zero and below
        what was expected in the same currency (returns `refund_estimated_amount`, cancellations
        `requested_amount`, inquiries and cases `claim_amount`). Where the seller paid nothing,
        what the buyer got is measured by `buyer_refund_estimated_amount`. Amounts are compared
        to the thousandth.
    ``full_refund``
        `refund_amount` or `buyer_refund_amount` lies above zero, or `close_reason`, `status` or
        `refund_type` says so.
    ``withdrawn``
        The buyer closed the return or case. Inquiries tell no reason of their closing: one that
        the buyer withdrew counts as closed without a refund.
    ``no_refund``
        All others: closed without a refund.

    Parameters
    ----------
    frame : DataFrame
        Any of the four tables; with details, for the search answer lacks refunds and closings.
    by, freq, tz, date, min_n, confidence
        As in `counts`; the date basis is `created_at`, so that young periods are still open.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], outcome, n, share, share_low, share_high``: records, and
        fractions of 1 with the Wilson interval. Sorted by group, then in the order full refund,
        partial refund, replacement, no refund, withdrawn, escalated, open. Ways that no record
        went have no row.

    Raises
    ------
    InputError
        If the table has none of the columns that tell whether a record is over.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({
    ...     "return_id": ["1", "2", "3", "4"], "state": ["CLOSED"] * 3 + ["ITEM_SHIPPED"],
    ...     "refund_amount": [20.0, 5.0, None, None], "refund_currency": ["EUR", "EUR", None, None],
    ...     "refund_estimated_amount": [20.0] * 4, "refund_estimated_currency": ["EUR"] * 4})
    >>> outcomes(returns)[["outcome", "n", "share"]]
              outcome  n  share
    0     full_refund  1   0.25
    1  partial_refund  1   0.25
    2       no_refund  1   0.25
    3            open  1   0.25
    """
    source = Source(frame)
    taken = ("outcome", "n", "share")
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    found = lives.with_outcome(source).tally(grouping, {"place": nw.col("outcome")})
    found, undated = dated(found, grouping)
    found["outcome"] = found["place"].map(dict(enumerate(lives.OUTCOMES)))
    rows = shares.of_records(found, grouping.columns, ["outcome"], confidence)
    rows["place"] = rows["outcome"].map(lives.OUTCOMES.index).astype("int64")
    result = tidy(
        rows,
        source,
        grouping,
        order={"place": True},
        metric="outcomes",
        unit="share of records",
        undated=undated,
        confidence=confidence,
    )
    return result.drop(columns=["place", "cumulative_share"])


def close_reasons(
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
    Rank why returns, cancellations or cases were closed.

    ``share = n / N``: numerator, the group's closed records with this close reason (of a case:
    as the seller is told it); denominator, all closed records of the group. Open records are
    left out and counted in ``attrs["n_open"]``.

    Parameters
    ----------
    frame : DataFrame
        Returns or cases with details, or cancellations.
    by, freq, tz, min_n, confidence
        As in `counts`.
    date : str
        The date basis: `created_at`, or `closed_at` for what was closed in a period.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], close_reason, n, share, share_low, share_high,
        cumulative_share``: closed records, and fractions of 1 with the Wilson interval. Sorted
        by group, then by falling `n`.

    Raises
    ------
    InputError
        If the table tells no close reason, as that of inquiries.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": ["1", "2", "3"], "close_reason": ["BUYER_CLOSED"] * 3,
    ...                         "state": ["CLOSED", "CLOSED", "ITEM_SHIPPED"]})
    >>> close_reasons(returns)[["close_reason", "n", "share"]]
       close_reason  n  share
    0  BUYER_CLOSED  2    1.0
    """
    source = Source(frame)
    column = _CLOSE_REASON.get(source.table, "close_reason")
    if column not in source:
        source.require(column, advice=_NO_CLOSE_REASON.get(source.table))
    grouping = source.grouping(
        by, freq, tz, taken=("close_reason", "n", "share"), date=date, min_n=min_n
    )
    over = lives.closed(source)
    derived: Derived = {"close_reason": column, "over": over}
    found, undated = dated(source.tally(grouping, derived), grouping)
    ended = found["over"].astype(bool)
    return tidy(
        shares.of_records(found[ended], grouping.columns, ["close_reason"], confidence),
        source,
        grouping,
        order={},
        metric="close_reasons",
        unit="share of closed records",
        undated=undated,
        confidence=confidence,
        n_open=int(found.loc[~ended, "n"].sum()),
    )
