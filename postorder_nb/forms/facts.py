"""What a form must know of one record: whose it is, how it stands, what it may cost."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
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
    def of(cls, group: str, answer: Answer | Facts) -> Facts:
        """Read what `get` answered, or a member of a search; facts stay what they are."""
        if isinstance(answer, Facts):
            return answer
        wraps = _WRAPPED.get(group, ())
        whole = answer if not wraps or any(name in answer for name in wraps) else {wraps[0]: answer}
        return cls.told(group, from_details(group, [whole]))

    @classmethod
    def told(cls, group: str, tables: Mapping[str, pd.DataFrame]) -> Facts:
        """Take what the tables of one record tell, as `from_details` made them."""
        row = tables[group].iloc[0]
        lines = [
            line
            for line in tables["refund_lines"].to_dict("records")
            if line["stage"] in ("estimated", "optional")
        ]
        files = tables["files"]
        labels = files[files["purpose"].eq("LABEL_RELATED")].sort_values("created_at")
        return cls(
            row={str(name): value for name, value in row.items() if pd.notna(value)},
            estimated=_by_kind(lines, "amount"),
            refundable=_by_kind(lines, "max_amount", "amount"),
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


def _by_kind(lines: Iterable[Mapping[Hashable, Any]], *names: str) -> dict[str, Money]:
    """Return the amounts above zero by what they are for: of each line the first that is told."""
    found = {}
    for line in lines:
        amount = next((line[name] for name in names if pd.notna(line[name])), 0.0)
        currency = str(line["currency"])
        if 0 < amount < inf and _CODE.fullmatch(currency):
            exact = Decimal(f"{amount:.{minor_units(currency)}f}")  # a table holds floats
            found[str(line["fee_type"])] = Money(exact, currency)
    return found


def _sum(parts: Mapping[str, Money]) -> Money | None:
    if len({part.currency for part in parts.values()}) != 1:
        return None  # nothing to add up, or a record that contradicts itself
    first, *others = parts.values()
    return sum(others, start=first)
