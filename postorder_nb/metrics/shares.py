"""How a group's records, or its money, are split among a few values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from .amounts import to_major
from .grouping import total, within
from .intervals import wilson


def bounded(
    name: str, k: pd.Series[int], n: pd.Series[int], confidence: float
) -> dict[str, pd.Series[float]]:
    """Return the columns `name`, ``name_low`` and ``name_high``: ``k / n``, Wilson's interval."""
    low, high = (pd.Series(end, index=n.index) for end in wilson(k, n, confidence))
    return {name: k / n.where(n > 0), f"{name}_low": low, f"{name}_high": high}


def of_records(
    counts: pd.DataFrame, groups: Sequence[str], kinds: Sequence[str], confidence: float
) -> pd.DataFrame:
    """
    Split each group's records among the values of `kinds`, the largest first.

    Returns ``[groups ...], [kinds ...], n, share, share_low, share_high, cumulative_share``:
    shares of the group's records with their Wilson interval, and added up from the largest.
    """
    rows = total(counts, [*groups, *kinds]).astype(dict.fromkeys(kinds, "string"))
    rows = rows.sort_values(["n", *kinds], ascending=[False, *[True] * len(kinds)])
    whole = within(rows, groups)
    rows = rows.assign(**bounded("share", rows["n"], whole, confidence))
    rows["cumulative_share"] = running(rows, "n", groups) / whole
    return rows


def of_money(
    counts: pd.DataFrame, groups: Sequence[str], kinds: Sequence[str], confidence: float
) -> pd.DataFrame:
    """
    Split each group's money among the values of `kinds`, the largest first.

    `counts` has ``currency``, ``units`` (minor units of one record) and ``n`` (records of that
    amount). The interval of a share ``s = A / T`` is ``s ± z sqrt((1 - s)² Q + s² (R - Q)) / T``,
    cut at 0 and 1, with ``Q`` the sum of the squared amounts of the value and ``R`` that of the
    group (the linearised ratio of two sums over records that come by chance).
    """
    keys = ["currency", *groups, *kinds]
    weighed = counts.assign(
        total_amount=counts["units"] * counts["n"],
        squares=counts["units"].astype("float64") ** 2 * counts["n"],
    )
    rows = total(weighed, keys, of=["n", "total_amount"])
    rows["squares"] = total(weighed, keys, of=["squares"], dtype="float64")["squares"]
    rows = rows.astype(dict.fromkeys(["currency", *kinds], "string"))
    rows = rows.sort_values(["total_amount", *kinds], ascending=[False, *[True] * len(kinds)])
    outer = ["currency", *groups]
    whole = within(rows, outer, of="total_amount").astype("float64")
    share, own = rows["total_amount"] / whole, rows["squares"]
    rest = within(rows, outer, of="squares") - own
    spread = np.sqrt((1 - share) ** 2 * own + share**2 * rest) / whole
    half = float(ndtri((1 + confidence) / 2)) * spread
    rows["share"] = share
    rows["share_low"], rows["share_high"] = (share - half).clip(0), (share + half).clip(upper=1)
    rows["cumulative_share"] = running(rows, "total_amount", outer) / whole
    return to_major(rows, ["total_amount"]).drop(columns="squares")


def running(rows: pd.DataFrame, column: str, groups: Sequence[str]) -> pd.Series[float]:
    """Add the column up within each group, in the order of the rows."""
    if groups:
        return rows.groupby(list(groups), dropna=False, sort=False)[column].cumsum()
    return rows[column].cumsum()
