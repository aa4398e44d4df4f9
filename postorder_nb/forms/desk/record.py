"""One record as a person reads it: facts, timeline, money, parcels, files, the buyer's others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from ...api.operation import Answer
from ..facts import Facts
from . import words

Rows = list[tuple[str, ...]]

# What is told of a record, in this order, where the record tells it. An amount is its column's
# stem; "due_at" and "action" come from the queue.
_FACTS = [
    ("Item", "item_title"),
    ("Item ID", "item_id"),
    ("Order", "order_id"),
    ("Quantity", "quantity"),
    ("Price", "item_price"),
    ("Buyer", "buyer"),
    ("Reason", "reason"),
    ("Buyer's words", "buyer_comments"),
    ("State", "state"),
    ("To do", "action"),
    ("Due", "due_at"),
    ("Buyer has to", "buyer_activity_due"),
    ("Buyer's time ends", "buyer_respond_by"),
    ("Expected refund", "refund_estimated"),
    ("Requested", "requested"),
    ("Claimed", "claim"),
    ("Refunded", "refund"),
    ("Refund status", "refund_status"),
    ("Opened", "created_at"),
    ("Closed", "closed_at"),
    ("Closed because", "close_reason"),
    ("You can ask eBay to step in from", "seller_escalate_from"),
    ("... until", "seller_escalate_until"),
    ("RMA number", "rma_number"),
    ("Return", "return_id"),
    ("Case", "case_id"),
    ("Appeal", "appeal_status"),
    ("Marketplace", "marketplace"),
]
_NO_NEWS = ("OTHER", "UNKNOWN")
_WRITTEN = {"item_title", "buyer", "buyer_comments", "rma_number"}


class Fact(NamedTuple):
    """One fact; `address` is where it leads, if anywhere."""

    name: str
    value: str
    address: str = ""


class Other(NamedTuple):
    """Another record of the same buyer."""

    group: str
    record_id: str
    state: str
    created_at: datetime | None


@dataclass(frozen=True)
class Record:
    """
    A record that was read.

    Parameters
    ----------
    group, record_id : str
        What it is: ``returns`` and its id.
    answer : dict
        The answer of the call.
    frames : dict of DataFrame
        The same as tables, from `postorder_nb.tables.from_details`.
    known : Facts
        The same, as far as acting on it is concerned.
    owed : dict
        Its row of the queue; empty if it is not in the queue.
    others : list of Other
        What else its buyer has, the newest first.
    """

    group: str
    record_id: str
    answer: Answer
    frames: dict[str, pd.DataFrame]
    known: Facts
    owed: dict[Any, Any]
    others: list[Other]

    @property
    def name(self) -> str:
        """The record as the journal names it, such as ``return 5001``."""
        return words.named(self.group, self.record_id)

    def facts(self, tz: str, now: datetime) -> list[Fact]:
        """Return what is known, in words; moments in the zone `tz`."""
        row = self.frames[self.group].iloc[0].to_dict()
        due = self.owed.get("due_at")
        row["action"] = words.due(self.owed.get("action"))
        if words.missing(row.get("state")):
            row["state"] = row["status"]
        if not words.missing(due):
            row["due_at"] = f"{words.when(due, tz)} ({words.countdown(due, now)})"
        return list(_facts(row, self.group, tz))

    def timeline(self, tz: str) -> Rows:
        """Return moment, who, what, and their words, line by line."""
        return [
            (
                words.when(line["at"], tz),
                words.plain(line["actor"]),
                " ".join(filter(None, [words.plain(line["activity"]), _step(line)])),
                words.cut(words.raw(line["notes"]), 300),
            )
            for line in self._lines("history")
        ]

    def money(self, tz: str) -> Rows:
        """Return the movements of money: moment, what, asked for, moved, status."""
        return [
            (
                words.when(line["created_at"], tz),
                words.plain(line["type"]),
                words.money(line["requested_amount"], line["requested_currency"]),
                words.money(line["actual_amount"], line["actual_currency"]),
                words.plain(line["status"]),
            )
            for line in self._lines("money_movements")
        ]

    def refund_lines(self) -> Rows:
        """Return what a refund is made of: stage, what for, amount, the most."""
        return [
            (
                words.plain(str(line["stage"]).upper()),
                words.plain(line["fee_type"]),
                words.money(line["amount"], line["currency"]),
                words.money(line["max_amount"], line["max_currency"]),
            )
            for line in self._lines("refund_lines")
        ]

    def parcels(self, tz: str) -> Rows:
        """Return the parcels: direction, carrier, tracking number, status, sent, delivered."""
        return [
            (
                words.plain(str(line["direction"]).upper()),
                words.plain(line["carrier"]),
                words.raw(line["tracking_number"]),
                words.plain(line["delivery_status"]),
                words.when(line["shipped_at"], tz, short=True),
                words.when(line["delivered_at"], tz, short=True),
            )
            for line in self._lines("shipments")
        ]

    @property
    def files(self) -> int:
        """How many files there are."""
        return len(self.frames["files"])

    def _lines(self, name: str) -> list[dict[Any, Any]]:
        return self.frames[name].to_dict("records")


def _facts(row: dict[Any, Any], group: str, tz: str) -> Iterator[Fact]:
    for name, column in _FACTS:
        if column == "return_id" and group == "returns":
            continue
        if column == "case_id" and group == "cases":
            continue
        value = row.get(column)
        if f"{column}_amount" in row:
            said = words.money(row[f"{column}_amount"], row[f"{column}_currency"])
        elif isinstance(value, datetime) and not words.missing(value):
            said = words.when(value, tz)
        elif column in _WRITTEN or column in ("action", "due_at"):
            said = words.cut(words.raw(value))
        else:
            said = words.plain(value)
        if said and value not in _NO_NEWS:
            item = column == "item_id"
            yield Fact(name, said, f"https://www.ebay.com/itm/{value}" if item else "")


def _step(line: dict[Any, Any]) -> str:
    before, after = words.plain(line["from_state"]), words.plain(line["to_state"])
    return f"({before or '?'} to {after})" if after and after != before else ""
