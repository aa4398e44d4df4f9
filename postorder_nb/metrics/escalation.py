"""How often a return or inquiry ends up with eBay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..enums import CaseType, InquiryStatus, ReturnStatus
from ..errors import InputError
from .durations import until
from .grouping import Grouping, Source, dated, member, total
from .lifetimes import curve_of, enough, groups, keyed
from .links import marked
from .results import tidy
from .shares import bounded
from .spells import Spell, moment, tally

_SOLD_LINE = ("item_id", "transaction_id")
_DETAILS = "give the cases with their details: the search answer does not hold this column"


def escalation_rate(
    frame: Any,
    *,
    cases: Any = None,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    days: Sequence[float] | None = None,
    as_of: Any = None,
) -> pd.DataFrame:
    """
    Return the share of returns or inquiries that were escalated to eBay.

    ``rate = escalated / n``: numerator, the group's records that became a case; denominator, all
    records of the group, open ones included, so that young periods may still rise.

    A return counts as escalated when it names a `case_id`, when its `status` is ESCALATED, or
    when a case names its `return_id`. An inquiry counts when it has an `escalated_at`, when its
    `status` is CLOSED_WITH_ESCALATION, or when a case of type ITEM_NOT_RECEIVED bears its id or
    is of the same `item_id` and `transaction_id`.

    eBay's inquiry search leaves escalated inquiries out, so that the rate of what it finds is
    too low. Give `cases` (with details, of the same span of time): each ITEM_NOT_RECEIVED case
    that belongs to no inquiry of the frame is then counted as one escalated inquiry, in
    numerator and denominator, at the case's own `created_at` and with the case's own values of
    the `by` columns.

    With `days`, it is the share escalated by each age instead: the cumulative incidence of Aalen
    and Johansen, in which a record closed without escalation is a competing end and an open one
    is censored, so that young periods do not look better than they are. Starts, ends and their
    moments are those of `escalation_days`; cases that belong to no inquiry of the frame cannot
    be dated and are only counted (``attrs["n_stray"]``).

    Parameters
    ----------
    frame : DataFrame
        A table of returns or of inquiries, of pandas, Polars, pyarrow, DuckDB ...
    cases : DataFrame, optional
        The table of cases, with the details (`return_id`, `case_type`); it may be of another
        engine, except with `days`.
    history : DataFrame, optional
        With `days`, another way to date the escalation of returns: the history table.
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"week", "month"}, optional
        Also group by the period of `created_at`, the day the record was opened, not the day of
        its escalation; weeks begin on Monday. Periods without records have no row; records
        without a date are left out and counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.
    min_n : int
        Groups of fewer records are left out and counted in ``attrs``.
    confidence : float
        Of the intervals, strictly between 0 and 1.
    days : sequence of float, optional
        Ages at which to give the cumulative incidence.
    as_of : str or datetime, optional
        With `days`: the moment to look from, as for `close_days`.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], n, escalated, rate, rate_low, rate_high``: counts of records,
        and fractions of 1 with the Wilson interval. Sorted by group. ``attrs`` says where
        the escalated ones were found: ``n_in_record``, ``n_by_link`` (only through their case)
        and ``n_added`` (cases that belong to no inquiry of the frame).

        With `days`: ``[period, by ...], days, n, escalated, other, open, rate, rate_low,
        rate_high``: records that had been escalated, had ended otherwise, or had been lost from
        sight still open, by that age; and the incidence with its log-log interval, NaN at an
        age that nobody's record has reached.

    Raises
    ------
    InputError
        If the frame is neither returns nor inquiries, or `cases` lacks the linking columns.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": list("1234"), "case_id": ["9", None, None, None]})
    >>> escalation_rate(returns).round(3)
       n  escalated  rate  rate_low  rate_high
    0  4          1  0.25     0.046      0.699
    """
    source = Source(frame)
    taken = ("n", "escalated", "other", "open", "rate", "days")
    grouping = source.grouping(by, freq, tz, taken=taken, min_n=min_n)
    if source.table not in {"returns", "inquiries"}:
        raise InputError(
            f"a table of {source.table} has no escalation rate",
            advice="give a table of returns or of inquiries",
        )
    link = _Link(source, None if cases is None else Source(cases))
    if days is not None:
        spell = until("escalated", frame, cases=cases, history=history)
        return _incidence(
            spell, grouping, days, confidence=confidence, as_of=as_of, n_stray=_strays(link)
        )
    kinds = {"in_record": link.in_record, "escalated": link.in_record | link.by_case}
    counts, undated = dated(link.source.tally(grouping, kinds), grouping)
    in_record = int(counts.loc[counts["in_record"].astype(bool), "n"].sum())
    escalated = int(counts.loc[counts["escalated"].astype(bool), "n"].sum())
    added, undated_cases = dated(link.added(grouping), grouping)
    return tidy(
        _rates(counts, added, grouping, confidence),
        source,
        grouping,
        order={},
        metric="escalation_rate",
        unit="share of records",
        undated=undated + undated_cases,
        confidence=confidence,
        n_in_record=in_record,
        n_by_link=escalated - in_record,
        n_added=int(added["n"].sum()),
    )


class _Link:
    """
    How records and cases find each other.

    Attributes
    ----------
    source : Source
        The records; where there are cases, with the truth value `by_case`.
    in_record, by_case : narwhals expression
        Whether the record itself says that it was escalated; whether a case does.
    """

    def __init__(self, source: Source, cases: Source | None) -> None:
        self.source, self.cases = source, cases
        self.by_case: nw.Expr = nw.lit(value=False)
        self._stray: nw.Expr = nw.lit(value=False)
        if source.table == "returns":
            self.in_record = _in_record(source, "case_id", ReturnStatus.ESCALATED)
            if cases:
                cases.require("return_id", advice=_DETAILS)
                self._pair(cases, ["return_id"], ["return_id"])
        else:
            self.in_record = _in_record(
                source, "escalated_at", InquiryStatus.CLOSED_WITH_ESCALATION
            )
            if cases:
                cases.require("case_id", "case_type", advice=_DETAILS)
                self._match_inquiries(source, cases)

    def _match_inquiries(self, source: Source, cases: Source) -> None:
        ours = cases.among("case_type", [CaseType.ITEM_NOT_RECEIVED])
        self._stray = ours
        if "inquiry_id" in source:
            cases = self._pair(cases, ["inquiry_id"], ["case_id"], ours)
        if all(column in table for column in _SOLD_LINE for table in (source, cases)):
            cases = self._pair(cases, _SOLD_LINE, _SOLD_LINE, ours)
        self.cases = cases

    def _pair(
        self,
        cases: Source,
        keys: Sequence[str],
        their_keys: Sequence[str],
        ours: nw.Expr | None = None,
    ) -> Source:
        """Mark the records that have such a case; return the cases, marked if they have one."""
        by, of = (f"{word}_{'_'.join(keys)}" for word in ("case_by", "record_by"))
        records = self.source
        self.source = marked(records, keys, cases, their_keys, by, where=ours)
        self.by_case = self.by_case | nw.col(by)
        self._stray = self._stray & ~nw.col(of)
        if ours is None:
            return cases
        # Only the records just found can be those of a case, and they are few.
        return marked(cases, their_keys, self.source, keys, of, where=nw.col(by))

    def added(self, grouping: Grouping) -> pd.DataFrame:
        """Count the cases whose inquiry is not in the frame, one group a row."""
        if self.cases is None or self.source.table == "returns":
            return pd.DataFrame({column: [] for column in [*grouping.columns, "n"]})
        cases = self.cases
        cases.grouping(None, grouping.freq, grouping.tz, taken=())
        counts = cases.tally(grouping, where=self._stray)
        for column in grouping.by:
            if column not in cases and self.source.dtype(column) != "string":
                counts[column] = None
        return counts


def _in_record(source: Source, mark: str, status: str) -> nw.Expr:
    """Tell whether the record bears the mark or has the status."""
    if mark not in source and "status" not in source:
        source.require(mark, advice=f"keep the column {mark!r} or 'status' of the table")
    marked = ~nw.col(mark).is_null() if mark in source else nw.lit(value=False)
    return marked | member(source.text("status"), [status])


def _strays(link: _Link) -> int:
    """Count the cases whose inquiry is not in the frame."""
    return int(link.added(Grouping())["n"].sum())


def _incidence(
    spell: Spell,
    grouping: Grouping,
    days: Sequence[float],
    *,
    confidence: float,
    as_of: Any,
    n_stray: int,
) -> pd.DataFrame:
    ages = np.unique(np.asarray(days, dtype=np.float64))
    if not (ages >= 0).all():
        raise InputError(f"days={list(days)!r} has an age below 0", advice="such as days=[7, 30]")
    now = moment(as_of, spell.source)
    counts, left_out = tally(spell, grouping, now)
    counts, undated = dated(counts, grouping)
    counts, small = enough(counts, grouping)
    parts = []
    for key, group in groups(counts, grouping.columns):
        line = curve_of(group)
        rate, low, high = line.at(ages, confidence)
        by_then = np.searchsorted(line.time, ages, side="right")
        ended = {
            name: np.concatenate([[0], some.cumsum()])[by_then].astype(np.int64)
            for name, some in (("escalated", line.done), ("other", line.other), ("open", line.open))
        }
        part = pd.DataFrame({"days": ages, "n": int(group["n"].sum()), **ended})
        part = part.assign(rate=rate, rate_low=low, rate_high=high)
        parts.append(keyed(part, grouping.columns, key, counts))
    columns = ["days", "n", "escalated", "other", "open", "rate", "rate_low", "rate_high"]
    types = dict.fromkeys(columns, "float64") | dict.fromkeys(columns[1:5], "int64")
    none = pd.concat([counts[grouping.columns], pd.DataFrame(columns=columns)], axis=1).head(0)
    result = tidy(
        pd.concat(parts, ignore_index=True) if parts else none.astype(types),
        spell.source,
        replace(grouping, min_n=0),
        order={"days": True},
        metric="escalation_rate",
        unit="share of records by age in days",
        undated=undated,
        confidence=confidence,
        as_of=now.isoformat(),
        estimator="Aalen-Johansen",
        n_stray=n_stray,
        **left_out,
    )
    result.attrs |= small
    return result


def _rates(
    counts: pd.DataFrame, added: pd.DataFrame, grouping: Grouping, confidence: float
) -> pd.DataFrame:
    counts = counts.assign(escalated=counts["n"].where(counts["escalated"].astype(bool), 0))
    parts = [counts, added.assign(escalated=added["n"])] if len(added) else [counts]
    types = counts.dtypes[[*grouping.columns]].to_dict()
    columns = [*grouping.columns, "n", "escalated"]
    rows = pd.concat([part[columns].astype(types) for part in parts])
    rows = total(rows, grouping.columns, of=["n", "escalated"])
    return rows.assign(**bounded("rate", rows["escalated"], rows["n"], confidence))
