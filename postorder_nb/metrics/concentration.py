"""How much hangs on a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from .grouping import NOT_GIVEN, Source, dated, total
from .results import tidy
from .shares import bounded

_TOPS = (1, 5, 10)


def concentration(
    frame: Any,
    *,
    of: str = "buyer",
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Say how unevenly records are spread over buyers, items or countries.

    Of each group: ``repeat_share = n_repeat / n_members``, the members (buyers) with at least
    two records among those with any; ``top_5_share``, the share of the records that the busiest
    5 % of the members have (at least one member; the number rounded up); and Gini's coefficient
    ``sum((2 i - m - 1) x_i) / (m sum(x_i))`` over the ``m`` members' counts in rising order: 0
    if all have the same, near 1 if one has nearly all. Members without any record are not known,
    so a shop's buyers as a whole are less even than that.

    Parameters
    ----------
    frame : DataFrame
        Any of the four tables, of pandas, Polars, pyarrow, DuckDB ...
    of : str
        The column that names the members: `buyer`, `item_id`, `buyer_country` ...
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        Also group by the period of `date`; weeks begin on Monday. Records without a date are
        left out and counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.
    date : str
        The date basis: the column whose moment counts.
    min_n : int
        Leave out groups of fewer records.
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], n, n_members, n_repeat, repeat_share, repeat_share_low,
        repeat_share_high, top_1_share, top_5_share, top_10_share, gini``: counts of records and
        members, fractions of 1 (`repeat_share` with its Wilson interval), and a number from 0 to
        1. Records that name no member are left out and counted in ``attrs["n_not_given"]``.

    Raises
    ------
    InputError
        If the table lacks the column, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": list("1234"), "buyer": ["ann", "ann", "ann", "bob"]})
    >>> concentration(returns)[["n", "n_members", "n_repeat", "top_1_share", "gini"]]
       n  n_members  n_repeat  top_1_share  gini
    0  4          2         1         0.75  0.25
    """
    source = Source(frame)
    source.require(of)
    taken = (of, "n", "n_members", "n_repeat", "repeat_share", "gini")
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    counts, undated = dated(source.tally(grouping, {"member": of}), grouping)
    counts = total(counts, [*grouping.columns, "member"])
    named = counts["member"] != NOT_GIVEN
    rows = _spread(counts[named].sort_values("n"), grouping.columns)
    repeat = bounded("repeat_share", rows["n_repeat"], rows["n_members"], confidence)
    rows = rows.assign(**repeat)
    tops = [f"top_{top}_share" for top in _TOPS]
    columns = [*grouping.columns, "n", "n_members", "n_repeat", *repeat, *tops, "gini"]
    return tidy(
        rows[columns],
        source,
        grouping,
        order={},
        metric="concentration",
        unit="share of records",
        undated=undated,
        confidence=confidence,
        of=of,
        n_not_given=int(counts.loc[~named, "n"].sum()),
    )


def _spread(counts: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Describe each group's members; `counts` has one row a member, the busiest last."""
    keyed = counts.assign(all_=0)  # so that no group at all is a group like others
    keys = groups or ["all_"]
    parts = keyed.groupby(keys, dropna=False, sort=False)
    size = parts["n"].transform("size").astype("int64")
    rank = parts.cumcount() + 1
    keyed = keyed.assign(
        n_members=1,
        n_repeat=(keyed["n"] >= 2).astype("int64"),
        gini=(2 * rank - size - 1) * keyed["n"],
        **{f"top_{top}_share": keyed["n"].where(size - rank < -(-size * top // 100), 0)
           for top in _TOPS},
    )  # fmt: skip
    sums = ["n", "n_members", "n_repeat", "gini", *(f"top_{top}_share" for top in _TOPS)]
    rows = total(keyed, keys, of=sums)
    rows["gini"] = rows["gini"] / (rows["n_members"] * rows["n"])
    for top in _TOPS:
        rows[f"top_{top}_share"] = rows[f"top_{top}_share"] / rows["n"]
    return rows if groups else rows.drop(columns="all_")
