"""What a form must know of one record: whose it is, how it stands, what it may cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import inf
from typing import Any

import pandas as pd

from ..api.operation import Answer
from ..money import Money, minor_units
from ..tables import from_details

_CODE = re.compile("[A-Z]{3}")
_WRAPPED = {"returns": ("summary", "detail"), "cancellations": ("cancelDetail",)}


@dataclass(frozen=True)
class Facts:
    """
    One record, as far as acting on it is concerned.

    Parameters
    ----------
    row : mapping
        Its row of the table; columns that hold nothing are left out.
    estimated : mapping
        What eBay expects to be refunded for each kind of thing, such as PURCHASE_PRICE; empty
        where the record does not tell.
    refundable : mapping
        What can be refunded at most for each; it may name more kinds.
    labels : mapping
        The names of the label files that lie on the record, by file id, the newest last.
    """

    row: Mapping[str, Any] = field(default_factory=dict)
    estimated: Mapping[str, Money] = field(default_factory=dict)
    refundable: Mapping[str, Money] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, group: str, answer: Answer) -> Facts:
        """Read what `get` answered, or a member of a search."""
        wraps = _WRAPPED.get(group, ())
        whole = answer if not wraps or any(name in answer for name in wraps) else {wraps[0]: answer}
        tables = from_details(group, [whole])
        row, lines = tables[group].iloc[0], tables["refund_lines"]
        lines = lines[lines["stage"].astype("string").isin(["estimated", "optional"])]
        files = tables["files"].sort_values("created_at")
        labels = files[files["purpose"].astype("string") == "LABEL_RELATED"]
        return cls(
            row={str(name): value for name, value in row.items() if pd.notna(value)},
            estimated=_by_kind(lines, lines["amount"]),
            refundable=_by_kind(lines, lines["max_amount"].fillna(lines["amount"])),
            labels={str(i): str(n) for i, n in zip(labels["file_id"], labels["name"], strict=True)},
        )

    @property
    def whole(self) -> Money | None:
        """What eBay expects to be refunded in all; None where the record does not tell."""
        return _sum(self.estimated)

    @property
    def most(self) -> Money | None:
        """What can be refunded at most; None where the record does not tell."""
        return _sum(self.refundable)

    @property
    def currency(self) -> str:
        """The currency of its amounts; empty where there is none."""
        if self.refundable:
            return next(iter(self.refundable.values())).currency
        return next((str(v) for name, v in self.row.items() if name.endswith("_currency")), "")

    def text(self, name: str) -> str:
        """Return a column as text; empty where it holds nothing."""
        return str(self.row.get(name, ""))

    def moment(self, name: str) -> datetime | None:
        """Return a column of moments; None where it holds nothing."""
        value = self.row.get(name)
        return value.to_pydatetime() if isinstance(value, pd.Timestamp) else None


def _by_kind(lines: pd.DataFrame, amounts: pd.Series[float]) -> dict[str, Money]:
    """Return the amounts above zero by what they are for; a table holds them as floats."""
    columns = zip(lines["fee_type"], amounts, lines["currency"], strict=True)
    return {
        str(fee): Money(Decimal(f"{amount:.{minor_units(str(currency))}f}"), str(currency))
        for fee, amount, currency in columns
        if 0 < amount < inf and _CODE.fullmatch(str(currency))
    }


def _sum(parts: Mapping[str, Money]) -> Money | None:
    if len({part.currency for part in parts.values()}) != 1:
        return None  # nothing to add up, or a record that contradicts itself
    first, *others = parts.values()
    return sum(others, start=first)
