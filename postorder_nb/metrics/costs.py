"""What refunds cost the seller in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..enums import UserParty
from .amounts import minor, to_major, with_minor
from .grouping import Grouping, Source, dated, total
from .results import tidy

_COSTS = {"refund": 1, "label_cost": 1, "fee_credit": -1, "donation": -1}
_PARTS = ["refund_amount", "label_amount", "fee_credit_amount", "donation_amount"]


def net_cost(
    frame: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    date: str = "created_at",
    min_n: int = 0,
) -> pd.DataFrame:
    """
    Add up what refunds cost the seller in the end.

    ``net cost = refund + label - fee credit - donation credit``: `refund_amount`, the
    `label_cost_amount` of returns whose `label_payee` is the seller, less the selling fees and
    the charity's share that the seller gets back. Each amount counts in its own currency, so
    that a label bought in another currency than the sale's makes a row there; nothing is
    converted, and nothing is lost. ``mean = net cost / n``, over the refunded records.

    The item's own worth is not in it, nor what eBay charges for conversion.

    Parameters
    ----------
    frame : DataFrame
        A table with details, of pandas, Polars, pyarrow, DuckDB ...; columns it lacks besides
        the refund (cancellations have no label) count as nothing.
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        Also group by the period of `date`; weeks begin on Monday. Records without a date are
        left out; the refunded ones of them are counted in ``attrs["n_undated"]``.
    tz : str
        Time zone of the periods.
    date : str
        The date basis: `created_at`, or `refunded_at`.
    min_n : int
        Leave out groups of fewer refunded records.

    Returns
    -------
    pandas.DataFrame
        Columns ``currency, [period, by ...], n, n_labels, refund_amount, label_amount,
        fee_credit_amount, donation_amount, net_cost_amount, mean_cost_amount``: refunded
        records, labels paid, and amounts in units of `currency`, exact to its minor unit (the
        mean rounded to it; NaN without a refund in that currency). Sorted by currency and group.

    Raises
    ------
    InputError
        If the table has no refund columns, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> returns = pd.DataFrame({
    ...     "return_id": ["1", "2"], "label_payee": ["SELLER", "BUYER"],
    ...     "refund_amount": [20.0, 10.0], "refund_currency": ["EUR"] * 2,
    ...     "label_cost_amount": [4.5, 4.5], "label_cost_currency": ["EUR"] * 2,
    ...     "fee_credit_amount": [2.0, 1.0], "fee_credit_currency": ["EUR"] * 2})
    >>> found = net_cost(returns)
    >>> found[["n", "refund_amount", "label_amount", "net_cost_amount", "mean_cost_amount"]]
       n  refund_amount  label_amount  net_cost_amount  mean_cost_amount
    0  2           30.0           4.5             31.5             15.75
    """
    source = Source(frame)
    source.require("refund_amount", "refund_currency", advice=source.details("refund"))
    taken = ("currency", "n", "n_labels", "net_cost_amount", "mean_cost_amount", *_PARTS)
    grouping = source.grouping(by, freq, tz, taken=taken, date=date, min_n=min_n)
    source = with_minor(source, *_COSTS)
    parts, undated = [], 0
    for name, part in zip(_COSTS, _PARTS, strict=True):
        found, left_out = dated(_component(source, grouping, name), grouping)
        undated += left_out if name == "refund" else 0
        parts.append(_placed(found, name, part))
    rows = total(
        pd.concat(parts), ["currency", *grouping.columns], of=["n", "n_labels", *_PARTS]
    ).astype({"currency": "string"})
    net = sum((rows[part] * sign for part, sign in zip(_PARTS, _COSTS.values(), strict=True)))
    rows["net_cost_amount"] = net
    rows["mean_cost_amount"] = net / rows["n"].where(rows["n"] > 0)
    return tidy(
        to_major(rows, [*_PARTS, "net_cost_amount", "mean_cost_amount"]),
        source,
        grouping,
        first=("currency",),
        order={},
        metric="net_cost",
        unit="currency",
        undated=undated,
    )


def _component(source: Source, grouping: Grouping, name: str) -> pd.DataFrame:
    """Add up one part of the cost by its own currency."""
    units = minor(source, name)
    counted = units > 0
    if name == "label_cost":
        counted = counted & source.among("label_payee", [UserParty.SELLER])
    code = {"currency": f"{name}_currency"}
    return source.tally(grouping, code, where=counted, sums={"units": units})


def _placed(found: pd.DataFrame, name: str, part: str) -> pd.DataFrame:
    """Give one part of the cost the columns of all."""
    nothing = dict.fromkeys(["n", "n_labels", *_PARTS], 0)
    count = {"refund": "n", "label_cost": "n_labels"}.get(name)
    own = {part: found["units"]} | ({count: found["n"]} if count else {})
    return found.drop(columns="units").assign(**(nothing | own))
