"""Why records are opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..enums import CancelReason
from ..errors import InputError
from . import shares
from .amounts import with_minor
from .grouping import Derived, Grouping, Source, dated
from .results import tidy

LEVELS = {"reason": ("reason", "reason_type"), "type": ("reason_type",)}
_OUT_OF_STOCK = CancelReason.OUT_OF_STOCK_OR_CANNOT_FULFILL
_ADVICE = {
    "cases": "count the case_type or escalate_reason column instead; a case has no reason",
    "inquiries": "fetch the details: an inquiry's reason is not in the search answer",
}


def reasons(
    frame: Any,
    *,
    level: str = "reason",
    measure: str = "records",
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Rank the reasons of cancellations, inquiries or returns (Pareto).

    ``share = n / N``: numerator, the group's records with this reason; denominator, all records
    of the group, those without a reason included. A missing reason is a row of its own,
    ``(not given)``. Values that eBay adds later are counted as they are. `cumulative_share` adds
    the shares up from the most frequent.

    With ``measure="money"`` it is money instead: numerator, what was refunded for this reason
    (`refund_amount`, zero is no refund); denominator, all refunds of the group in that currency.
    Currencies are never added up.

    Parameters
    ----------
    frame : DataFrame
        A table with a `reason` column, of pandas, Polars, pyarrow, DuckDB ...
    level : {"reason", "type"}
        Each reason, or only eBay's grouping of a return's reasons: SNAD (not as described),
        REMORSE (changed mind) ...
    measure : {"records", "money"}
        What to count.
    by : str or sequence of str, optional
        Columns to group by; shares then add up to 1 in each group.
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
        Columns ``[period, by ...], reason, [reason_type,] n, share, share_low, share_high,
        cumulative_share``: `period` the start of the period (in `tz`), `n` records, the rest
        fractions of 1, with the Wilson interval of the share. Sorted by group, then by falling
        `n`, then by name. With ``measure="money"`` a `currency` comes first, `n` is the refunded
        records, and `total_amount` follows it, by which the rows fall; the interval is the
        linearised one of a ratio (normal, for some dozens of refunds).

    Raises
    ------
    InputError
        If the table has no `reason` (cases), or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": ["1", "2", "3", "4"],
    ...                         "reason": ["WRONG_SIZE", "DEFECTIVE_ITEM", "WRONG_SIZE", None]})
    >>> reasons(returns).round(3)
               reason  n  share  share_low  share_high  cumulative_share
    0      WRONG_SIZE  2   0.50      0.150       0.850              0.50
    1     (not given)  1   0.25      0.046       0.699              0.75
    2  DEFECTIVE_ITEM  1   0.25      0.046       0.699              1.00
    """
    source = Source(frame)
    kinds = kinds_of(source, level, by)
    if measure not in {"records", "money"}:
        raise InputError(f"measure={measure!r} is unknown", advice='use "records" or "money"')
    money = measure == "money"
    if money:
        source.require("refund_amount", "refund_currency", advice=source.details("refund"))
    taken = (*kinds, "n", "share", *(["currency", "total_amount"] if money else []))
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    derived: Derived = {kind: kind for kind in kinds}
    if money:
        source = with_minor(source, "refund")
        derived |= {"currency": "refund_currency", "units": source.minor("refund")}
    paid = source.minor("refund") > 0 if money else None
    counts, undated = dated(source.tally(grouping, derived, where=paid), grouping)
    split = shares.of_money if money else shares.of_records
    return tidy(
        split(counts, grouping.columns, kinds, confidence),
        source,
        grouping,
        first=("currency",) if money else (),
        order={},
        metric="reasons",
        unit="share of refunded money" if money else "share of records",
        undated=undated,
        confidence=confidence,
    )


def inquiry_reasons(
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
    Rank why buyers say that an item has not arrived.

    ``share = n / N``: numerator, the group's inquiries with this reason (`creationReason` of
    eBay's answer); denominator, all inquiries of the group. Arguments, result, date basis
    (`created_at`) and interval (Wilson) as in `reasons`.

    Raises
    ------
    InputError
        If the frame holds no inquiries, or only those of a search, which tells no reason.

    Examples
    --------
    >>> import pandas as pd
    >>> inquiries = pd.DataFrame({"inquiry_id": ["1", "2", "3"],
    ...                           "reason": ["LATE_ORDER", "EMPTY_BOX", "LATE_ORDER"]})
    >>> inquiry_reasons(inquiries)[["reason", "n", "cumulative_share"]].round(3)
           reason  n  cumulative_share
    0  LATE_ORDER  2             0.667
    1   EMPTY_BOX  1             1.000
    """
    source = Source(frame)
    source.expect("inquiries", metric="inquiry_reasons")
    source.require("reason", advice=_ADVICE["inquiries"])
    grouping = source.grouping(by, freq, tz, taken=("reason", "n", "share"), date=date, min_n=min_n)
    return _ranked(source, grouping, ["reason"], "inquiry_reasons", confidence)


def cancellation_reasons(
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
    Rank who calls orders off, and why.

    ``share = n / N``: numerator, the group's cancellations that this party asked for with this
    reason; denominator, all cancellations of the group. Date basis: `created_at`. A row is a
    `defect` where the seller cancels because the item is out of stock: eBay counts that as a
    transaction defect in the seller's level. Buyers need not say why: ``(not given)``.

    Parameters
    ----------
    frame : DataFrame
        The table of cancellations; those of a search are enough.
    by, freq, tz, date, min_n, confidence
        As in `reasons`.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], requestor, reason, defect, n, share, share_low, share_high,
        cumulative_share``: `defect` is a truth value, the rest as in `reasons`.
        ``attrs["n_defects"]`` counts the defects of all groups.

    Raises
    ------
    InputError
        If the frame holds no cancellations, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> cancellations = pd.DataFrame({
    ...     "cancel_id": ["1", "2", "3"], "requestor": ["SELLER", "BUYER", "SELLER"],
    ...     "reason": ["OUT_OF_STOCK_OR_CANNOT_FULFILL", None, "OUT_OF_STOCK_OR_CANNOT_FULFILL"]})
    >>> found = cancellation_reasons(cancellations)
    >>> found[["requestor", "defect", "n", "share"]].round(3)
      requestor  defect  n  share
    0    SELLER    True  2  0.667
    1     BUYER   False  1  0.333
    >>> found.attrs["n_defects"]
    2
    """
    source = Source(frame)
    source.expect("cancellations", metric="cancellation_reasons")
    source.require("requestor", "reason")
    taken = ("requestor", "reason", "defect", "n", "share")
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    result = _ranked(source, grouping, ["requestor", "reason"], "cancellation_reasons", confidence)
    defect = (result["requestor"] == "SELLER") & (result["reason"] == _OUT_OF_STOCK)
    result.insert(list(result.columns).index("n"), "defect", defect.astype("boolean"))
    result.attrs["n_defects"] = int(result.loc[defect, "n"].sum())
    return result


def kinds_of(source: Source, level: str, by: str | Sequence[str] | None) -> list[str]:
    """Return the columns that tell reasons apart."""
    if level not in LEVELS:
        raise InputError(f"level={level!r} is unknown", advice='use "reason" or "type"')
    if level == "type":
        source.require("reason_type", advice="only returns have a type of reason")
        return ["reason_type"]
    if "reason" not in source:
        source.require("reason", advice=_ADVICE.get(source.table))
    grouped = (by,) if isinstance(by, str) else tuple(by or ())
    more = "reason_type" in source and "reason_type" not in grouped
    return ["reason", "reason_type"] if more else ["reason"]


def _ranked(
    source: Source, grouping: Grouping, kinds: list[str], metric: str, confidence: float
) -> pd.DataFrame:
    counts = source.tally(grouping, {kind: kind for kind in kinds})
    counts, undated = dated(counts, grouping)
    return tidy(
        shares.of_records(counts, grouping.columns, kinds, confidence),
        source,
        grouping,
        order={},
        metric=metric,
        unit="share of records",
        undated=undated,
        confidence=confidence,
    )
