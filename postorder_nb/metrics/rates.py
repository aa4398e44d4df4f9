"""How many of the orders come back, or are reported missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from .grouping import Source, dated, total
from .links import Match
from .results import tidy
from .shares import bounded


def return_rate(
    returns: Any,
    *,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Return the share of orders that came back.

    ``rate = n_returned / n``: denominator, the orders of the group (rows of `orders`: order
    lines); numerator, those of them on which at least one return was opened, whenever that was.
    So a return counts in the period in which its order was *placed* (cohort), not in which it
    was opened: the rate never exceeds 1, and of young periods it may still rise.

    A return belongs to an order when both have the same `item_id` and `transaction_id`; where
    one of the tables lacks these columns, the same `order_id` and `item_id`; else the same
    `order_id`. Returns of no order of the table are counted in ``attrs["n_unmatched"]``
    (distinct order lines).

    Parameters
    ----------
    returns : DataFrame
        The table of returns, of pandas, Polars, pyarrow, DuckDB ...
    orders : DataFrame
        One row an order line: `placed_at` (with a time zone), and `item_id` with
        `transaction_id`, or `order_id`; further columns to group by. An export of eBay's
        Fulfillment API fits once its ``orderId``, ``legacyItemId`` and ``creationDate`` are
        called `order_id`, `item_id` and `placed_at`. It may be of another engine.
    by : str or sequence of str, optional
        Columns of `orders` to group by.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        Also group by the period of `date`; weeks begin on Monday. Orders without a date are left
        out and counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.
    date : str
        The date basis: a column of `orders`.
    min_n : int
        Leave out groups of fewer orders (``attrs["n_small_groups"]``, ``attrs["n_small"]``).
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], n, n_returned, rate, rate_low, rate_high``: orders, and
        fractions of 1 with the Wilson interval. Sorted by group.

    Raises
    ------
    InputError
        If the tables have no key in common, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({"order_id": ["1", "2", "3", "4"], "item_id": ["a", "a", "b", "b"]})
    >>> returns = pd.DataFrame({"return_id": ["51"], "order_id": ["3"], "item_id": ["b"]})
    >>> return_rate(returns, orders=orders, by="item_id").round(3)
      item_id  n  n_returned  rate  rate_low  rate_high
    0       a  2           0   0.0     0.000      0.658
    1       b  2           1   0.5     0.095      0.905
    """
    source, sold = Source(returns), Source(orders)
    source.expect("returns", metric="return_rate")
    options = {"by": by, "freq": freq, "tz": tz, "date": date, "min_n": min_n}
    return _rate(source, sold, "n_returned", "return_rate", confidence, **options)


def inquiry_rate(
    inquiries: Any,
    *,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Return the share of orders that the buyer reported as not received.

    ``rate = n_reported / n``: as `return_rate`, with inquiries for returns: an inquiry counts in
    the period in which its order was placed. eBay's search leaves escalated inquiries out, so
    that the rate of what it finds is too low.

    Parameters
    ----------
    inquiries : DataFrame
        The table of inquiries, of pandas, Polars, pyarrow, DuckDB ...
    orders, by, freq, tz, date, min_n, confidence
        As in `return_rate`.

    Returns
    -------
    pandas.DataFrame
        Columns ``[period, by ...], n, n_reported, rate, rate_low, rate_high``: orders, and
        fractions of 1 with the Wilson interval. Sorted by group.

    Raises
    ------
    InputError
        If the tables have no key in common, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({"item_id": ["a"] * 4, "transaction_id": ["1", "2", "3", "4"]})
    >>> inquiries = pd.DataFrame({"inquiry_id": ["7"], "item_id": ["a"], "transaction_id": ["2"]})
    >>> inquiry_rate(inquiries, orders=orders)[["n", "n_reported", "rate"]]
       n  n_reported  rate
    0  4           1  0.25
    """
    source, sold = Source(inquiries), Source(orders)
    source.expect("inquiries", metric="inquiry_rate")
    options = {"by": by, "freq": freq, "tz": tz, "date": date, "min_n": min_n}
    return _rate(source, sold, "n_reported", "inquiry_rate", confidence, **options)


def _rate(
    source: Source,
    sold: Source,
    hits: str,
    metric: str,
    confidence: float,
    **options: Any,
) -> pd.DataFrame:
    grouping = sold.grouping(
        options["by"],
        options["freq"],
        options["tz"],
        taken=("n", hits, "rate"),
        date=options["date"],
        min_n=options["min_n"],
    )
    match = Match(sold, {"hit": (source, None)})
    counts, unmatched = match.tally(grouping, sums={hits: nw.col("hit")})
    counts, undated = dated(counts, grouping)
    rows = total(counts, grouping.columns, of=["n", hits])
    return tidy(
        rows.assign(**bounded("rate", rows[hits], rows["n"], confidence)),
        source,
        grouping,
        order={},
        metric=metric,
        unit="share of orders",
        undated=undated,
        confidence=confidence,
        n_unmatched=unmatched,
    )
