"""What refunds cost the seller in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
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
    counted = {name: _counted(source, name) for name in _COSTS}
    units = {
        f"{name}_units": nw.when(counted[name]).then(minor(source, name)).otherwise(nw.lit(0))
        for name in _COSTS
    }
    codes = {f"{name}_code": f"{name}_currency" for name in _COSTS}
    counts = {f"{name}_n": where for name, where in counted.items()}
    tallied = source.tally(grouping, codes, sums=units | counts)
    found, _ = dated(tallied, grouping)
    undated = int(tallied["refund_n"].sum() - found["refund_n"].sum())
    parts = [
        _placed(found, grouping, name, part) for name, part in zip(_COSTS, _PARTS, strict=True)
    ]
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


def _counted(source: Source, name: str) -> nw.Expr:
    """Tell which records have this part of the cost."""
    counted = minor(source, name) > 0
    if name == "label_cost":
        counted = counted & source.among("label_payee", [UserParty.SELLER])
    return counted


def _placed(found: pd.DataFrame, grouping: Grouping, name: str, part: str) -> pd.DataFrame:
    """Give one part of the cost, by its own currency, the columns of all."""
    own = found[found[f"{name}_n"] > 0]
    nothing = dict.fromkeys(["n", "n_labels", *_PARTS], 0)
    count = {"refund": "n", "label_cost": "n_labels"}.get(name)
    columns = nothing | {"currency": own[f"{name}_code"], part: own[f"{name}_units"]}
    columns |= {count: own[f"{name}_n"]} if count else {}
    return own[grouping.columns].assign(**columns)
