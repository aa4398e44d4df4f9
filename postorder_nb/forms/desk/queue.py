"""The work queue as a table: every open record, what is owed, until when, how much hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ... import metrics, tables
from ...metrics import lives
from ...metrics.deadlines import APPEAL_DAYS, NOT_OURS
from ...metrics.grouping import Source, brought
from . import words

COLUMNS = [
    *("group", "record_id", "due_at", "action", "at_stake_amount", "at_stake_currency", "why"),
    *("state", "buyer", "item_id", "order_id", "created_at", "options", "search"),
]
SHOW: Mapping[str, str] = {
    "due": "What I have to do",
    "overdue": "Overdue",
    "today": "Due by the end of today",
    "3_days": "Due within 3 days",
    "7_days": "Due within 7 days",
    "open": "Everything open",
}
KINDS: Mapping[str, str] = {
    "all": "All records",
    "returns": "Returns",
    "inquiries": "Inquiries",
    "cases": "Cases",
    "cancellations": "Cancellations",
}
SORTS: Mapping[str, str] = {
    "due_at": "Deadline",
    "stake": "Money at stake",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "buyer": "Buyer",
}
_DAYS = {"today": 0, "3_days": 3, "7_days": 7}
_ORDERS: Mapping[str, dict[str, bool]] = {
    # No amount is compared with one of another currency.
    "due_at": {"due_at": True, "at_stake_currency": True, "at_stake_amount": False},
    "stake": {"at_stake_currency": True, "at_stake_amount": False, "due_at": True},
    "newest": {"created_at": False},
    "oldest": {"created_at": True},
    "buyer": {"buyer": True, "due_at": True},
}
_WHY = {"inquiries": "Item not received", "cases": "eBay was asked to step in"}
_SEARCHED = ["record_id", "buyer", "item_id", "order_id", "why", "state", "comments"]


@dataclass(frozen=True)
class View:
    """
    What of the queue is looked at, and in what order.

    Parameters
    ----------
    show, kind, sort : str
        A key of `SHOW`, `KINDS`, `SORTS`.
    search : str
        Words that all have to occur in ids, buyer, reason, state or the buyer's comment.
    """

    show: str = "due"
    kind: str = "all"
    search: str = ""
    sort: str = "due_at"

    def of(self, rows: pd.DataFrame, now: datetime, tz: str = "UTC") -> pd.DataFrame:
        """
        Return these rows of a queue, in this order.

        "Due within" includes what is overdue; its days end at midnight in the zone `tz`.
        """
        keep = pd.Series(data=True, index=rows.index)
        if self.kind != "all":
            keep &= rows["group"].eq(self.kind)
        if self.show != "open":
            keep &= rows["due_at"].notna()
        if self.show == "overdue":
            keep &= rows["due_at"].lt(pd.Timestamp(now))
        elif self.show in _DAYS:
            keep &= rows["due_at"].lt(_midnight(now, tz, _DAYS[self.show]))
        for word in self.search.casefold().split():
            keep &= rows["search"].str.contains(word, regex=False)
        order = _ORDERS[self.sort]
        found = rows[keep].sort_values(
            [*order, "record_id"], ascending=[*order.values(), True], kind="stable"
        )
        return found.reset_index(drop=True)


def listed(group: str, frame: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """
    List the open records of one table, and the closed cases that may still be appealed.

    What is owed and by when is what `postorder_nb.metrics.deadlines` says; what waits for
    somebody else is listed without. Returns and inquiries that became cases are not listed:
    the case is.

    Parameters
    ----------
    group : str
        cancellations, inquiries, returns or cases.
    frame : DataFrame
        The table, from a search or from details.
    now : datetime
        The present moment, tz-aware.

    Returns
    -------
    pandas.DataFrame
        ``group`` and ``record_id`` (the key), ``due_at`` (UTC; missing where nothing is owed),
        ``action``, ``at_stake_amount`` and ``at_stake_currency``, ``why``, ``state`` and
        ``buyer`` (text), ``item_id``, ``order_id``, ``created_at``, ``options`` (what eBay lets
        the seller of a return do) and ``search`` (casefolded text to look for words in).
    """
    owed = metrics.deadlines(frame, as_of=now).drop(columns=["record", "buyer", "item_id"])
    mine = frame[tables.KEYS[group]].isin(owed["record_id"])
    open_ = frame if mine.all() else frame[_open(frame) | mine]
    rows = _rows(group, open_).merge(owed, on="record_id", how="left", suffixes=("_own", ""))
    for column in ("at_stake_amount", "at_stake_currency"):
        rows[column] = rows[column].fillna(rows[f"{column}_own"])
    return rows[COLUMNS]


def entry(group: str, row: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """
    List one record as `listed` lists a table, without the cost of an engine; None if it does not.

    Parameters
    ----------
    group : str
        cancellations, inquiries, returns or cases.
    row : mapping
        Its row of the table from details, without the columns that hold nothing.
    now : datetime
        The present moment, tz-aware.
    """
    closed = "closed_at" in row or _among(row, lives.OVER)
    mark = "case_id" if group == "returns" else "escalated_at"
    escalated = group != "cases" and (mark in row or _among(row, lives.ESCALATED))
    due, action, stake = None, None, lives.EXPECTED[group]
    if closed and group == "cases" and row.get("can_appeal", False) and "modified_at" in row:
        until = row["modified_at"] + timedelta(days=APPEAL_DAYS)
        if until >= now:
            due, action, stake = until, "appeal", "refund"
    elif not (closed or escalated or _among(row, NOT_OURS[group])):
        action = _action(group, row)
        due = row.get("respond_by") if action else None
    if due is None and (closed or escalated):
        return None
    own = lives.EXPECTED[group]
    kept = {column: row.get(column) for column in ("buyer", "item_id", "order_id", "created_at")}
    said = {
        "record_id": row[tables.KEYS[group]],
        "why": words.plain(row.get("reason")) or _WHY.get(group, ""),
        "state": words.plain(row.get("state")) or words.plain(row.get("status")),
        "comments": row.get("buyer_comments"),
    } | kept
    return said | {
        "group": group,
        "due_at": due,
        "action": action if due is not None else None,
        "at_stake_amount": row.get(f"{stake}_amount", row.get(f"{own}_amount")),
        "at_stake_currency": row.get(f"{stake}_currency", row.get(f"{own}_currency")),
        "options": row.get("seller_options"),
        "search": " ".join(words.raw(said[column]) for column in _SEARCHED).casefold(),
    }


def _action(group: str, row: Mapping[str, Any]) -> str:
    """Return what the seller of an open record owes; empty if eBay left an old due standing."""
    if group != "returns":
        return "approve_or_reject" if group == "cancellations" else "answer"
    action = str(row.get("seller_activity_due", "SELLER_RESPONSE"))
    options = row.get("seller_options")
    return action if options is None or action in options.split() else ""


def _among(row: Mapping[str, Any], values: Mapping[str, Collection[str]]) -> bool:
    return any(row.get(column) in known for column, known in values.items())


def sums(rows: pd.DataFrame, now: datetime, tz: str = "UTC") -> dict[str, Any]:
    """
    Count what is due, and add up the money that hangs on it, each currency for itself.

    Returns
    -------
    dict
        ``open``, ``due``, ``overdue``, ``today`` (until midnight in the zone, what is overdue
        left out) and ``stakes``: a Series of amounts by currency, the largest first.
    """
    due = rows[rows["due_at"].notna()]
    overdue = due["due_at"].lt(pd.Timestamp(now))
    today = due["due_at"].lt(_midnight(now, tz))
    stakes = due.groupby("at_stake_currency", observed=True)["at_stake_amount"].sum()
    return {
        "open": len(rows),
        "due": len(due),
        "overdue": int(overdue.sum()),
        "today": int((today & ~overdue).sum()),
        "stakes": stakes.sort_values(ascending=False),
    }


def _midnight(now: datetime, tz: str, days: int = 0) -> pd.Timestamp:
    """Return when the day ends that is so many days after today, in the zone."""
    zone = ZoneInfo(tz)
    day = now.astimezone(zone).date() + timedelta(days=days + 1)
    return pd.Timestamp(datetime.combine(day, time(), zone))


def _open(frame: pd.DataFrame) -> pd.Series[bool]:
    source = Source(frame)
    over = brought(source.frame.select(over=lives.closed(source) | lives.escalated(source)))
    return pd.Series(~over["over"].to_numpy(bool), index=frame.index)


def _rows(group: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Bring the records of one table into the queue's shape, without what is owed."""
    stake = lives.EXPECTED[group]
    rows = pd.DataFrame({"record_id": frame[tables.KEYS[group]].astype("string")})
    rows["group"] = pd.Series(group, index=rows.index, dtype="string")
    rows["created_at"] = frame["created_at"]
    rows["at_stake_amount_own"] = frame[f"{stake}_amount"]
    rows["at_stake_currency_own"] = frame[f"{stake}_currency"].astype("string")
    rows["why"] = _said(frame, "reason").replace("", _WHY.get(group, ""))
    state = _said(frame, "state")
    rows["state"] = state.where(state.ne(""), _said(frame, "status"))
    for column, name in (
        *((name, name) for name in ("buyer", "item_id", "order_id")),
        *(("options", "seller_options"), ("comments", "buyer_comments")),
    ):
        rows[column] = _text(frame, name)
    first, *rest = _SEARCHED
    rows["search"] = rows[first].str.cat(rows[rest], sep=" ", na_rep="").str.casefold()
    return rows.drop(columns="comments")


def _text(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    if column in frame:
        return frame[column].astype("string")
    return pd.Series(pd.NA, index=frame.index, dtype="string")


def _said(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    """Say the values of an enum's column in words; what is missing is empty."""
    values = _text(frame, column)
    said = {value: words.plain(value) for value in values.dropna().unique()}
    return values.map(said).astype("string").fillna("")
