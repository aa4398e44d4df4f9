"""Why records are opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from .grouping import Source, dated, total, within
from .intervals import wilson
from .results import tidy

_ADVICE = {
    "cases": "count the case_type or escalate_reason column instead; a case has no reason",
    "inquiries": "fetch the details: an inquiry's reason is not in the search answer",
}


def reasons(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
) -> pd.DataFrame:
    """
    Count the reasons of cancellations, inquiries or returns.

    ``share = n / N``: numerator, the group's records with this reason; denominator, all records
    of the group, those without a reason included. A missing reason is a row of its own,
    ``(not given)``. Values that eBay adds later are counted as they are.

    Parameters
    ----------
    frame : DataFrame
        A table with a `reason` column, of pandas, Polars, pyarrow, DuckDB ...
    by : str or sequence of str, optional
        Columns to group by; shares then add up to 1 in each group.
    freq : {"week", "month"}, optional
        Also group by the period of `created_at`; weeks begin on Monday. Periods without records
        have no row; records without a date are left out and counted in
        ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], reason, [reason_type,] n, share, share_low, share_high``:
        `period` the start of the period (in `tz`), `n` records, the rest fractions of 1 with
        the 95 % Wilson interval. Sorted by group, then by falling `n`, then by name.

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
               reason  n  share  share_low  share_high
    0      WRONG_SIZE  2   0.50      0.150       0.850
    1     (not given)  1   0.25      0.046       0.699
    2  DEFECTIVE_ITEM  1   0.25      0.046       0.699
    """
    source = Source(frame)
    if "reason" not in source:
        source.require("reason", advice=_ADVICE.get(source.table))
    grouping = source.grouping(by, freq, tz, taken=("reason", "n", "share"))
    kinds = ["reason"]
    if "reason_type" in source and "reason_type" not in grouping.by:
        kinds.append("reason_type")
    counts = source.tally(grouping, {kind: source.filled(kind) for kind in kinds})
    counts, undated = dated(counts, grouping)
    rows = total(counts, [*grouping.columns, *kinds]).astype(dict.fromkeys(kinds, "string"))
    whole = within(rows, grouping.columns)
    rows["share"] = rows["n"] / whole
    rows["share_low"], rows["share_high"] = wilson(rows["n"], whole)
    return tidy(
        rows,
        source,
        grouping,
        order={"n": False, **dict.fromkeys(kinds, True)},
        metric="reasons",
        unit="share of records",
        undated=undated,
    )
