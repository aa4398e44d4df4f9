"""What the report says, before it becomes a page or lines in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from .. import clock, metrics
from ..errors import InputError

NAMES = ("cancellations", "inquiries", "returns", "cases")
_KEYS = {
    "cancellations": "cancel_id",
    "inquiries": "inquiry_id",
    "returns": "return_id",
    "cases": "case_id",
}
_SOURCES = {"SIMULATOR": "SIMULATOR (a made-up shop)", "PRODUCTION": "PRODUCTION (eBay)"}
_LEAD = {
    "returns": "Buyers ask to send something back. The seller answers, and refunds or replaces.",
    "inquiries": "Buyers say that an item has not arrived (item not received).",
    "cancellations": "Orders called off by the buyer or the seller before they were shipped.",
}
_REASONS = (
    "Counts each of the {table} once, by the reason given when it was opened. The share is of all"
    " {table}, those without a reason included."
)
_REFUNDS = (
    "Counts what the seller actually paid back, for each currency by itself. A refund of zero is"
    " none. Total, mean and median are of the refunded {table}; the share is of all {table} in"
    " that currency."
)
_ESCALATED = (
    "Counts the {table} that eBay was asked to decide, as a share of all {table} opened in the"
    " same period. Those still open may yet be escalated, so the last periods can rise."
)
_FROM_CASES = (
    " eBay's search leaves escalated inquiries out. Counted here from their case alone: {n}."
)
_NO_CASES = (
    " eBay's search leaves escalated inquiries out, and the cases were read without details: the"
    " rate is too low."
)


class Snapshot(Protocol):
    """What a report is made from: the four tables; ``meta``, if there is any, is read too."""

    @property
    def cancellations(self) -> pd.DataFrame:
        """One row a cancellation."""

    @property
    def inquiries(self) -> pd.DataFrame:
        """One row an inquiry."""

    @property
    def returns(self) -> pd.DataFrame:
        """One row a return."""

    @property
    def cases(self) -> pd.DataFrame:
        """One row a case."""


@dataclass(frozen=True)
class Finding:
    """
    One figure of the report.

    Attributes
    ----------
    title, counts : str
        Its heading, and the sentences that say what it counts.
    result : DataFrame or None
        The metric's result; None if the tables do not hold it.
    metric, frame, drawn : str, DataFrame, mapping
        The metric's name and table, and the arguments to draw it with.
    missing : str
        Why there is no result.
    """

    title: str
    counts: str
    metric: str
    frame: pd.DataFrame
    result: pd.DataFrame | None = None
    drawn: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""


def findings(snapshot: Snapshot, table: str) -> list[Finding]:
    """Return the figures about one of the tables."""
    frame = getattr(snapshot, table)
    found = [_finding("Reasons", _REASONS, "reasons", frame, table)]
    if table == "returns":
        found.append(_finding("Refunds", _REFUNDS, "refund_amount", frame, table))
    if table != "cancellations":
        found.append(_escalation(snapshot, frame, table))
    return found


def lead(table: str) -> str:
    """Say what the records of a table are."""
    return _LEAD[table]


def facts(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Say where the tables come from and what time they cover."""
    meta = _meta(snapshot)
    days = [frame["created_at"].dropna() for frame in _dated(snapshot)]
    first = min((part.min() for part in days if len(part)), default=None)
    last = max((part.max() for part in days if len(part)), default=None)
    since, until = meta.get("since"), meta.get("until")
    source = str(meta.get("source") or "not stated")
    span = f"{str(since)[:10]} to {str(until)[:10]} (UTC)" if since and until else ""
    if not span and first is not None and last is not None:
        span = f"{first:%Y-%m-%d} to {last:%Y-%m-%d} (UTC)"
    rows = [
        ("Source", _SOURCES.get(source, source)),
        ("Marketplace", meta.get("marketplace")),
        ("Records opened", span or "none"),
        ("Fetched", str(meta.get("fetched_at") or "").replace("T", " ")),
        ("Page written", f"{clock.now():%Y-%m-%d %H:%M} UTC"),
    ]
    return [(name, str(value)) for name, value in rows if value]


def counts(snapshot: Snapshot) -> tuple[list[str], list[list[str]]]:
    """Count the records of each table, with the first and last day of opening."""
    rows = []
    for name in NAMES:
        frame = getattr(snapshot, name)
        days = frame["created_at"].dropna() if "created_at" in frame else pd.Series(dtype=object)
        ends = [f"{day:%Y-%m-%d}" for day in (days.min(), days.max())] if len(days) else ["-", "-"]
        rows.append([name.capitalize(), f"{len(frame):,}", *ends])
    return ["Records", "Count", "First opened", "Last opened"], rows


def quality(snapshot: Snapshot) -> tuple[list[str], list[list[str]]]:
    """Count what is amiss in each table."""
    rows = []
    for name in NAMES:
        frame = getattr(snapshot, name)
        key = _KEYS[name]
        double = int(frame[key].dropna().duplicated().sum()) if key in frame else 0
        gaps = [_gaps(frame, column) for column in (key, "created_at", "reason", "status")]
        rows.append([name.capitalize(), f"{len(frame):,}", f"{double:,}", *gaps])
    headers = ["Records", "Count", "Ids twice", "No id", "No date", "No reason", "No status"]
    return headers, rows


def drift(snapshot: Snapshot) -> list[list[str]]:
    """List what the answers held that the tables do not know."""
    rows = []
    for name in NAMES:
        told: Mapping[str, Mapping[str, int]] = getattr(snapshot, name).attrs.get("drift") or {}
        for kind, entries in told.items():
            rows += [[name.capitalize(), kind, what, f"{n:,}"] for what, n in entries.items()]
    return rows


def truncated(snapshot: Snapshot) -> list[str]:
    """Name the tables that were cut by a limit."""
    return [name for name in NAMES if getattr(snapshot, name).attrs.get("truncated")]


def _finding(
    title: str, says: str, metric: str, frame: pd.DataFrame, table: str, **arguments: Any
) -> Finding:
    says = says.format(table=table)
    try:
        result = getattr(metrics, metric)(frame, **arguments)
    except InputError as error:
        missing = f"{error.message}. To have it: {error.advice}."
        return Finding(title, says, metric, frame, missing=missing)
    return Finding(title, says, metric, frame, result, arguments)


def _escalation(snapshot: Snapshot, frame: pd.DataFrame, table: str) -> Finding:
    link = "return_id" if table == "returns" else "case_type"
    cases = snapshot.cases
    linked = link in cases and bool(cases[link].notna().any() or cases.empty)
    options = {"cases": cases} if linked else {}
    found = _finding("Escalation", _ESCALATED, "escalation_rate", frame, table, **options)
    if found.result is None:
        return found
    says = found.counts
    if table == "inquiries":
        added = found.result.attrs["n_added"]
        says += _FROM_CASES.format(n=f"{added:,}") if linked else _NO_CASES
    drawn = {**options, "freq": _period(frame)}
    return Finding(found.title, says, found.metric, frame, found.result, drawn)


def _period(frame: pd.DataFrame) -> str | None:
    """Choose months for a long history, weeks for a short one."""
    if "created_at" not in frame or frame["created_at"].notna().sum() < 2:
        return None
    days = frame["created_at"]
    return "month" if (days.max() - days.min()).days > 150 else "week"


def _gaps(frame: pd.DataFrame, column: str) -> str:
    return f"{int(frame[column].isna().sum()):,}" if column in frame else "-"


def _dated(snapshot: Snapshot) -> list[pd.DataFrame]:
    frames = [getattr(snapshot, name) for name in NAMES]
    return [frame for frame in frames if "created_at" in frame]


def _meta(snapshot: Snapshot) -> dict[str, Any]:
    """Read where the tables come from: from the snapshot, else from the tables themselves."""
    meta: dict[str, Any] = {}
    for name in NAMES:
        attrs = getattr(snapshot, name).attrs
        query = attrs.get("query") or {}
        for key, value in {**query, **attrs}.items():
            if key in {"source", "marketplace", "since", "until", "fetched_at"}:
                meta.setdefault(key, value)
    return meta | dict(getattr(snapshot, "meta", None) or {})
