"""Which items, buyers and countries stand out, beyond what luck explains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from ..errors import InputError
from . import lives
from .grouping import NOT_GIVEN, Derived, Source, total
from .links import Match
from .results import tidy
from .shares import bounded
from .shrinkage import shrink

EVENTS: dict[str, Callable[[Source], nw.Expr]] = {
    "snad": lives.snad,
    "refunded": lives.refunded,
    "escalated": lives.escalated,
    "out_of_stock": lives.out_of_stock,
}
_USUAL = {"returns": "snad", "cancellations": "out_of_stock"}
_NEEDS = {
    "snad": ("reason_type",),
    "refunded": ("refund_amount", "refund_currency"),
    "out_of_stock": ("requestor", "reason"),
}


def items(
    frame: Any,
    *,
    orders: Any = None,
    event: str | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Rank items by how often they make trouble, surest first.

    With `orders`: ``rate = n_event / n``, denominator the orders of the item, numerator those of
    them with a record (see `return_rate`); with `event` too, only such records count. Without:
    denominator the item's records, numerator those of them to which `event` applies.

    An item with one order and one return has a rate of 100 % by luck. So each rate is drawn
    towards that of all items, the more the fewer its `n` (empirical Bayes, see
    ``postorder_nb.metrics.shrink``), and items are ranked by the *lower end* of that estimate's
    interval: at the top stands what is bad for certain, not what looks worst.

    Parameters
    ----------
    frame : DataFrame
        Any of the four tables, of pandas, Polars, pyarrow, DuckDB ...
    orders : DataFrame, optional
        All orders, as for `return_rate`; it may be of another engine.
    event : {"snad", "refunded", "escalated", "out_of_stock"}, optional
        ``snad``: returns of a reason that eBay counts as not as described; ``out_of_stock``:
        cancellations by the seller for want of the item; ``refunded``, ``escalated``: see
        `outcomes`. By default snad for returns, out_of_stock for cancellations, else refunded;
        with `orders`, every record.
    min_n : int
        Leave out items of fewer orders or records (``attrs["n_small_groups"]``); the estimate
        still knows them.
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``item_id, [item_title,] n, n_event, rate, rate_low, rate_high, rate_shrunk,
        rate_shrunk_low, rate_shrunk_high, share``: orders or records, fractions of 1 (`rate` with
        its Wilson interval, `rate_shrunk` with its own), and the item's `share` of all events.
        Records without an item are counted in ``attrs["n_not_given"]``. The date basis is all of
        the table: select its rows to look at a period.

    Raises
    ------
    InputError
        If the table lacks a column, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({"order_id": [str(i) for i in range(101)],
    ...                        "item_id": ["a"] * 50 + ["b"] * 50 + ["c"]})
    >>> back = orders.iloc[[*range(9), 60, 100]]  # 9 of 50, 1 of 50, and 1 of 1
    >>> returns = back.assign(return_id=back["order_id"])
    >>> items(returns, orders=orders)[["item_id", "n", "n_event", "rate"]]
      item_id   n  n_event  rate
    0       a  50        9  0.18
    1       c   1        1  1.00
    2       b  50        1  0.02
    """
    options = {"orders": orders, "event": event, "min_n": min_n, "confidence": confidence}
    return _ranking("items", "item_id", frame, **options)


def buyers(
    frame: Any,
    *,
    orders: Any = None,
    event: str | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Rank buyers by how often they return, claim or escalate, surest first.

    As `items`, of the column `buyer`: with `orders`, the share of a buyer's orders that came
    back (repeat returners); without, the share of a buyer's records to which `event` applies.
    The names are personal data. `concentration` says how much hangs on a few buyers.

    Parameters
    ----------
    frame, orders, event, min_n, confidence
        As in `items`.

    Returns
    -------
    pandas.DataFrame
        As `items`, with `buyer` first.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": list("123"), "buyer": ["ann", "ann", "bob"],
    ...                         "reason_type": ["SNAD", "SNAD", "REMORSE"]})
    >>> buyers(returns)[["buyer", "n", "n_event", "rate"]]
      buyer  n  n_event  rate
    0   ann  2        2   1.0
    1   bob  1        0   0.0
    """
    options = {"orders": orders, "event": event, "min_n": min_n, "confidence": confidence}
    return _ranking("buyers", "buyer", frame, **options)


def countries(
    frame: Any,
    *,
    orders: Any = None,
    event: str | None = None,
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Rank the buyers' countries, surest first.

    As `items`, of the column `buyer_country` (of returns with details; two letters, ISO 3166).

    Parameters
    ----------
    frame, orders, event, min_n, confidence
        As in `items`; `orders` needs a column `buyer_country` too.

    Returns
    -------
    pandas.DataFrame
        As `items`, with `buyer_country` first.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"return_id": list("123"), "buyer_country": ["DE", "FR", "DE"],
    ...                         "reason_type": ["SNAD", "REMORSE", "SNAD"]})
    >>> countries(returns)[["buyer_country", "n", "rate"]]
      buyer_country  n  rate
    0            DE  2   1.0
    1            FR  1   0.0
    """
    options = {"orders": orders, "event": event, "min_n": min_n, "confidence": confidence}
    return _ranking("countries", "buyer_country", frame, **options)


def _ranking(
    metric: str,
    column: str,
    frame: Any,
    *,
    orders: Any,
    event: str | None,
    min_n: int,
    confidence: float,
) -> pd.DataFrame:
    source = Source(frame)
    wanted = _event(source, event, usual=orders is None)
    counted, match = source, None
    if orders is None:
        source.require(column, advice=_advice(source, column))
    else:
        counted = Source(orders)
        counted.require(column, advice=f"keep the column {column!r} of the orders")
        match = Match(counted, {"hit": (source, wanted)})
    grouping = counted.grouping(column, None, "UTC", taken=("n", "n_event", "rate"), min_n=min_n)
    title = "item_title" if column == "item_id" and "item_title" in counted else None
    derived: Derived = {title: title} if title else {}
    if match is not None:
        rows, unmatched = match.tally(grouping, derived, sums={"n_event": nw.col("hit")})
    else:
        hit = nw.lit(value=True) if wanted is None else wanted
        rows, unmatched = counted.tally(grouping, derived, sums={"n_event": hit}), None
    rows, not_given = _counts(rows, column, title)
    rows = rows.assign(**bounded("rate", rows["n_event"], rows["n"], confidence))
    rows = rows.join(shrink(rows["n_event"], rows["n"], confidence))
    events = rows["n_event"].sum()
    rows["share"] = rows["n_event"] / (events or float("nan"))
    return tidy(
        rows,
        source,
        grouping,
        order={"rate_shrunk_low": False, "n": False, column: True},
        ranked=True,
        metric=metric,
        unit="share of orders" if orders is not None else "share of records",
        undated=0,
        confidence=confidence,
        date_basis=None,
        event=event or ("record" if orders is not None else _usual(source)),
        n_not_given=not_given,
        n_unmatched=unmatched,
    )


def _counts(rows: pd.DataFrame, column: str, title: str | None) -> tuple[pd.DataFrame, int]:
    """Leave the groups' own rows; say how many records have no group."""
    sums = rows
    if title:  # an item is called what it was called most often
        sums = total(rows, [column], of=["n", "n_event"])
        rows = rows.sort_values(["n", title], ascending=[False, True])
        names = rows.drop_duplicates(column).set_index(column)[title]
        sums.insert(1, title, sums[column].map(names).astype("string"))
    known = sums[column] != NOT_GIVEN
    return sums[known].reset_index(drop=True), int(sums.loc[~known, "n"].sum())


def _usual(source: Source) -> str:
    return _USUAL.get(source.table, "refunded")


def _event(source: Source, event: str | None, *, usual: bool) -> nw.Expr | None:
    name = event or (_usual(source) if usual else None)
    if name is None:
        return None
    if name not in EVENTS:
        raise InputError(f"event={name!r} is unknown", advice=f"use {', '.join(EVENTS)} or None")
    source.require(*_NEEDS.get(name, ()))
    return EVENTS[name](source)


def _advice(source: Source, column: str) -> str | None:
    return source.details("country") if column == "buyer_country" else None
