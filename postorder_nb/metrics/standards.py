"""Where the seller stands against eBay's limits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..errors import InputError
from . import lives, rulings
from .grouping import Grouping, Source, dated, total
from .links import Match
from .results import tidy
from .shares import bounded

DEFECT_LIMIT = 0.02
"""eBay's published limit of the transaction defect rate; 0.005 for a Top Rated seller."""
UNRESOLVED_LIMIT = 0.003
"""eBay's published limit of cases closed without seller resolution."""


def defect_rate(
    *,
    cancellations: Any,
    cases: Any,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
    threshold: float = DEFECT_LIMIT,
) -> pd.DataFrame:
    """
    Return the share of transactions with a defect, against eBay's limit.

    ``rate = n_defects / n``: denominator, the transactions; numerator, those the seller
    cancelled for being out of stock (`n_out_of_stock`: requestor SELLER, reason
    OUT_OF_STOCK_OR_CANNOT_FULFILL) and those whose case eBay closed against the seller, who had
    not settled it (`n_unresolved`: won by the buyer, seller at fault; see `case_outcomes`). A
    transaction with both counts once. A case still open, or an appeal, may change the figure.

    ``events_left = floor(threshold n) - n_defects``: how many more defects among the same
    transactions would still keep the rate at or below the limit; below 0, how many too many
    there are. eBay asks for at most 2 % (Top Rated sellers 0.5 %: pass ``threshold=0.005``);
    choose the span eBay judges by giving the orders of that span.

    Parameters
    ----------
    cancellations, cases : DataFrame
        The tables, the cases with details; of pandas, Polars, pyarrow, DuckDB ...
    orders : DataFrame or int
        The transactions, as for `return_rate`: a defect counts in the period its order was
        placed in, and those of other orders are ``attrs["n_unmatched"]``. Or just their number:
        then all records of the two tables count, and there are no groups.
    by, freq, tz, date, min_n, confidence
        As for `return_rate`; columns and date of the orders.
    threshold : float
        The limit, a fraction.

    Returns
    -------
    pandas.DataFrame
        ``[period, by ...], n, n_defects, n_out_of_stock, n_unresolved, rate, rate_low,
        rate_high, threshold, events_left, over``: counts of transactions, fractions with the
        Wilson interval, and whether the rate is above the limit.

    Raises
    ------
    InputError
        If a table lacks a column, `orders` is neither a table nor a count, or an argument is
        wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> cancellations = pd.DataFrame({"cancel_id": list("12"), "requestor": ["SELLER", "BUYER"],
    ...                               "reason": ["OUT_OF_STOCK_OR_CANNOT_FULFILL", None]})
    >>> cases = pd.DataFrame({"case_id": ["9"], "case_type": "RETURN", "status": "CS_CLOSED",
    ...                       "seller_close_reason": "BUYER_WINS_SELLER_FAULT"})
    >>> result = defect_rate(cancellations=cancellations, cases=cases, orders=250)
    >>> result[["n", "n_defects", "rate", "threshold", "events_left", "over"]]
         n  n_defects   rate  threshold  events_left   over
    0  250          2  0.008       0.02            3  False
    """
    called_off, closed = Source(cancellations), Source(cases)
    called_off.expect("cancellations", metric="defect_rate")
    called_off.require("requestor", "reason")
    kinds = {
        "n_out_of_stock": (called_off, lives.out_of_stock(called_off)),
        "n_unresolved": (closed, rulings.unresolved(closed)),
    }
    options: dict[str, Any] = {"by": by, "freq": freq, "tz": tz, "date": date, "min_n": min_n}
    options |= {"threshold": threshold, "confidence": confidence}
    return _against("defect_rate", kinds, orders, "n_defects", **options)


def cases_closed_without_resolution(
    cases: Any,
    *,
    orders: Any,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "placed_at",
    min_n: int = 0,
    confidence: float = 0.95,
    threshold: float = UNRESOLVED_LIMIT,
) -> pd.DataFrame:
    """
    Return the share of transactions whose case eBay closed against the seller.

    ``rate = n_unresolved / n``: denominator, the transactions; numerator, those whose case eBay
    decided for the buyer with the seller at fault (see `case_outcomes`), which eBay calls closed
    without seller resolution. The limit is 0.3 %; `events_left` as for `defect_rate`.

    Parameters
    ----------
    cases : DataFrame
        The cases with details.
    orders, by, freq, tz, date, min_n, confidence, threshold
        As for `defect_rate`.

    Returns
    -------
    pandas.DataFrame
        ``[period, by ...], n, n_unresolved, rate, rate_low, rate_high, threshold, events_left,
        over``.

    Raises
    ------
    InputError
        As for `defect_rate`.

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({"case_id": ["9"], "case_type": "RETURN", "status": "CS_CLOSED",
    ...                       "seller_close_reason": "BUYER_WINS_SELLER_FAULT"})
    >>> result = cases_closed_without_resolution(cases, orders=1000)
    >>> result[["n", "n_unresolved", "rate", "threshold", "events_left", "over"]]
          n  n_unresolved   rate  threshold  events_left   over
    0  1000             1  0.001      0.003            2  False
    """
    source = Source(cases)
    kinds = {"n_unresolved": (source, rulings.unresolved(source))}
    options: dict[str, Any] = {"by": by, "freq": freq, "tz": tz, "date": date, "min_n": min_n}
    options |= {"threshold": threshold, "confidence": confidence}
    return _against("cases_closed_without_resolution", kinds, orders, "n_unresolved", **options)


def _against(
    metric: str,
    kinds: dict[str, tuple[Source, nw.Expr]],
    orders: Any,
    hits: str,
    *,
    threshold: float,
    confidence: float,
    **options: Any,
) -> pd.DataFrame:
    if not 0 < threshold < 1:
        raise InputError(f"threshold={threshold!r} is not between 0 and 1", advice="such as 0.02")
    names = list(dict.fromkeys([hits, *kinds]))
    if isinstance(orders, int | np.integer) and not isinstance(orders, bool):
        rows, source, grouping, told = _of_count(kinds, int(orders), hits, options)
    else:
        rows, source, grouping, told = _of_orders(kinds, orders, hits, options)
    rows = rows.assign(**bounded("rate", rows[hits], rows["n"], confidence))
    rows["threshold"] = threshold
    # A tiny bit more, so that 0.003 of 1000 is 3 and not a rounding error below it.
    allowed = np.floor(rows["n"] * threshold + 1e-9).astype("int64")
    rows["events_left"] = allowed - rows[hits]
    rows["over"] = rows["events_left"] < 0
    bounds = ["rate", "rate_low", "rate_high", "threshold", "events_left", "over"]
    return tidy(
        rows[[*grouping.columns, "n", *names, *bounds]],
        source,
        grouping,
        order={},
        metric=metric,
        unit="share of transactions",
        confidence=confidence,
        threshold=threshold,
        **told,
    )


Told = tuple[pd.DataFrame, Source, Grouping, dict[str, Any]]


def _of_count(
    kinds: dict[str, tuple[Source, nw.Expr]], orders: int, hits: str, options: dict[str, Any]
) -> Told:
    if options["by"] or options["freq"]:
        raise InputError("a count of orders has no groups", advice="give the orders as a table")
    found = {}
    for name, (source, where) in kinds.items():
        counts = source.tally(Grouping(), where=where)
        found[name] = int(counts["n"].sum())
    defects = sum(found.values())
    if not 0 <= defects <= orders:
        raise InputError(
            f"{defects} records of {orders} orders", advice="give the orders of the same span"
        )
    rows = pd.DataFrame([{"n": orders, **found, hits: defects}])
    source = next(iter(kinds.values()))[0]
    return rows, source, Grouping(date=options["date"]), {"undated": 0, "n_unmatched": 0}


def _of_orders(
    kinds: dict[str, tuple[Source, nw.Expr]], orders: Any, hits: str, options: dict[str, Any]
) -> Told:
    sold = Source(orders)
    taken = (hits, *kinds, "n", "rate", "threshold", "events_left", "over")
    grouping = sold.grouping(
        options["by"],
        options["freq"],
        options["tz"],
        taken=taken,
        date=options["date"],
        min_n=options["min_n"],
    )
    match = Match(sold, {f"hit_{name}": kind for name, kind in kinds.items()})
    sums = {name: nw.col(f"hit_{name}") for name in kinds}
    sums |= {hits: reduce(or_, sums.values())}
    counts, lost = match.tally(grouping, sums=sums)
    counts, undated = dated(counts, grouping)
    rows = total(counts, grouping.columns, of=["n", *sums])
    return rows, sold, grouping, {"undated": undated, "n_unmatched": lost}
