"""What the Desk shows, as HTML: every word of it goes through `postorder_nb.display`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ... import display
from . import words
from .record import Fact, Record

HEADINGS = {
    "deadline": "Due",
    "what": "To do",
    "stake": "At stake",
    "why": "Why",
    "buyer": "Buyer",
}
_SOON = timedelta(days=1)


def cells(row: Mapping[Any, Any], tz: str, now: datetime) -> str:
    """Return one record of the queue: when, what, how much, why, who."""
    at = None if words.missing(row["due_at"]) else row["due_at"]
    said = words.due(row["action"])
    left = words.countdown(at, now)
    due = (
        f"<b>{display.text(left)}</b> <small>{display.text(words.when(at, tz, short=True))}</small>"
    )
    shown = {
        "what": said or f"Nothing now ({row['state'] or 'state not given'})",
        "stake": words.money(row["at_stake_amount"], row["at_stake_currency"]),
        "why": row["why"],
        "buyer": words.cut(words.raw(row["buyer"]), 40),
    }
    first = f'<span class="po-cell po-deadline {urgency(at, now)}">{due}</span>'
    return _cells(shown, first)


def headings() -> str:
    """Return the headings of `cells`."""
    return _cells(HEADINGS)


def urgency(at: datetime | None, now: datetime) -> str:
    """Return the class of a deadline: overdue, or due within a day, or none."""
    if at is None:
        return ""
    return "po-late" if at < now else "po-soon" if at < now + _SOON else ""


def summary(sums: Mapping[str, Any]) -> str:
    """Return the counts and amounts of `queue.sums` in a line."""
    stakes = [words.money(amount, code) for code, amount in sums["stakes"].items()]
    parts = [
        f"{sums['due']:,} to do",
        f"{sums['overdue']:,} overdue",
        f"{sums['today']:,} more due today",
        f"{sums['open']:,} open",
        f"at stake in what is to do: {', '.join(stakes) or 'nothing'}",
    ]
    return f"<div>{display.text(' · '.join(parts))}</div>"


def heading(words_: str, level: int = 3) -> str:
    """Return a heading."""
    return f"<h{level}>{display.text(words_)}</h{level}>"


def facts(found: Iterable[Fact]) -> str:
    """Return the facts of a record as a list of terms."""
    lines = "".join(
        f"<dt>{display.text(fact.name)}</dt><dd>{display.link(fact.address, fact.value)}</dd>"
        for fact in found
    )
    return f"<dl>{lines}</dl>"


def story(record: Record, tz: str) -> str:
    """Return timeline, money and parcels of a record."""
    tables = [
        ("Timeline", ("When", "Who", "What", "Words"), record.timeline(tz)),
        (
            "What the refund is made of",
            ("Stage", "For", "Amount", "At most"),
            record.refund_lines(),
        ),
        ("Money moved", ("When", "What", "Asked for", "Moved", "Status"), record.money(tz)),
        (
            "Parcels",
            ("Way", "Carrier", "Tracking number", "Status", "Sent", "Delivered"),
            record.parcels(tz),
        ),
    ]
    return "".join(display.table(head, rows, caption) for caption, head, rows in tables if rows)


def _cells(shown: Mapping[str, str], first: str = "") -> str:
    spans = "".join(
        f'<span class="po-cell po-{name}">{display.text(value)}</span>'
        for name, value in shown.items()
    )
    return f'<div class="po-cells">{first}{spans}</div>'
