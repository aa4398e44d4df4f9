"""How often a return or inquiry ends up with eBay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from ..enums import CaseType, InquiryStatus, ReturnStatus
from ..errors import InputError
from .grouping import Grouping, Source, dated, member, total
from .intervals import wilson
from .results import tidy

_SOLD_LINE = ("item_id", "transaction_id")
_DETAILS = "give the cases with their details: the search answer does not hold this column"


def escalation_rate(
    frame: Any,
    *,
    cases: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
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

    Parameters
    ----------
    frame : DataFrame
        A table of returns or of inquiries, of pandas, Polars, pyarrow, DuckDB ...
    cases : DataFrame, optional
        The table of cases, with the details (`return_id`, `case_type`); it may be of another
        engine.
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"week", "month"}, optional
        Also group by the period of `created_at`, the day the record was opened, not the day of
        its escalation; weeks begin on Monday. Periods without records have no row; records
        without a date are left out and counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], n, escalated, rate, rate_low, rate_high``: counts of records,
        and fractions of 1 with the 95 % Wilson interval. Sorted by group. ``attrs`` says where
        the escalated ones were found: ``n_in_record``, ``n_by_link`` (only through their case)
        and ``n_added`` (cases that belong to no inquiry of the frame).

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
    grouping = source.grouping(by, freq, tz, taken=("n", "escalated", "rate"))
    if source.table not in {"returns", "inquiries"}:
        raise InputError(
            f"a table of {source.table} has no escalation rate",
            advice="give a table of returns or of inquiries",
        )
    link = _Link(source, None if cases is None else Source(cases))
    kinds = {"in_record": link.in_record, "escalated": link.in_record | link.by_case}
    counts, undated = dated(source.tally(grouping, kinds), grouping)
    in_record = int(counts.loc[counts["in_record"].astype(bool), "n"].sum())
    escalated = int(counts.loc[counts["escalated"].astype(bool), "n"].sum())
    added, undated_cases = dated(link.added(grouping), grouping)
    return tidy(
        _rates(counts, added, grouping),
        source,
        grouping,
        order={},
        metric="escalation_rate",
        unit="share of records",
        undated=undated + undated_cases,
        n_in_record=in_record,
        n_by_link=escalated - in_record,
        n_added=int(added["n"].sum()),
    )


class _Link:
    """
    How records and cases find each other.

    Attributes
    ----------
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
                self.by_case = member(
                    source.text("return_id"), cases.texts(cases.text("return_id"))
                )
        else:
            self.in_record = _in_record(
                source, "escalated_at", InquiryStatus.CLOSED_WITH_ESCALATION
            )
            if cases:
                cases.require("case_id", "case_type", advice=_DETAILS)
                self._match_inquiries(source, cases)

    def _match_inquiries(self, source: Source, cases: Source) -> None:
        ours = member(cases.text("case_type"), [CaseType.ITEM_NOT_RECEIVED])
        links = []
        if "inquiry_id" in source:
            links.append((cases.text("case_id"), source.text("inquiry_id")))
        if all(column in table for column in _SOLD_LINE for table in (source, cases)):
            links.append((_sold_line(cases), _sold_line(source)))
        self._stray = ours
        for there, here in links:
            named = member(here, cases.texts(there, where=ours))
            self.by_case = self.by_case | named
            self._stray = self._stray & ~member(there, source.texts(here, where=named))

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


def _sold_line(source: Source) -> nw.Expr:
    """Name what was sold by item and transaction; null unless both are known."""
    return nw.concat_str(*map(source.text, _SOLD_LINE), separator="/")


def _rates(counts: pd.DataFrame, added: pd.DataFrame, grouping: Grouping) -> pd.DataFrame:
    counts = counts.assign(escalated=counts["n"].where(counts["escalated"].astype(bool), 0))
    parts = [counts, added.assign(escalated=added["n"])] if len(added) else [counts]
    types = counts.dtypes[[*grouping.columns]].to_dict()
    columns = [*grouping.columns, "n", "escalated"]
    rows = pd.concat([part[columns].astype(types) for part in parts])
    rows = total(rows, grouping.columns, of=["n", "escalated"])
    rows["rate"] = rows["escalated"] / rows["n"]
    rows["rate_low"], rows["rate_high"] = wilson(rows["escalated"], rows["n"])
    return rows
