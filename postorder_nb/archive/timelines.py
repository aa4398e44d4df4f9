"""
Which answers stood side by side, and when: the rounds of each record's life.

A sync sees a record's summary in a search and, if that changed, reads its details: both make one
round, and a round makes at most one version of the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

# A summary and details that came farther apart are two rounds.
_LONGEST = timedelta(hours=6)
TICK = timedelta(microseconds=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
Owner = tuple[str, str]


@dataclass(slots=True)
class Round:
    """
    What was known of a record when a round had ended.

    `summary` and `detail` are places among the observations, -1 for none; `seen` is the moment
    the round counts from, later than that of the round before.
    """

    owner: Owner
    seen: datetime
    summary: int
    detail: int
    known: dict[str, Any]
    is_new: bool = True

    @property
    def is_read(self) -> bool:
        """Whether the details are at least as recent as the summary."""
        told, read = self.known["summary_at"], self.known["detail_at"]
        return read is not None and (told is None or read >= told)


@dataclass(slots=True)
class _Life:
    """One record while its observations pass by."""

    owner: Owner
    known: dict[str, Any]
    floor: datetime | None
    summary: int = -1
    detail: int = -1
    began: datetime | None = None
    latest: datetime = _NEVER
    sync: str = ""
    calls: set[str] = field(default_factory=set)

    def takes(self, at: datetime, sync: str, call: str) -> bool:
        """Tell whether an observation belongs to the round that is open."""
        return (
            self.began is not None
            and sync == self.sync
            and call not in self.calls
            and at - self.began <= _LONGEST
        )

    def end(self) -> Iterator[Round]:
        """End the open round, if there is one."""
        if self.began is None:
            return
        seen = self.latest if self.floor is None else max(self.latest, self.floor + TICK)
        self.floor, self.began = seen, None
        self.calls.clear()
        yield Round(self.owner, seen, self.summary, self.detail, dict(self.known))

    def see(self, row: dict[str, Any], place: int) -> None:
        """Take an observation into the open round, or begin one."""
        call, at = row["call"], row["seen_at"]
        if self.began is None:
            self.began, self.sync = at, row["sync"]
        self.calls.add(call)
        self.latest = at
        stem = "summary" if call == "search" else "detail"
        known = self.known
        if row["size"] == 0:  # eBay knows it no more: what it was stays
            known["gone_at"] = at
            known["detail_at"] = at
            return
        known["gone_at"] = None
        known[f"{stem}_at"] = at
        known[f"{stem}_hash"] = row["hash"]
        if row["size"] is not None:
            known[f"{stem}_batch"] = row["batch"]
            setattr(self, stem, place)

    def start_from(self, row: dict[str, Any], place: int) -> None:
        """Take an observation that was merged before."""
        setattr(self, "summary" if row["call"] == "search" else "detail", place)


def rounds(observed: pa.Table, known: dict[Owner, dict[str, Any]]) -> list[Round]:
    """
    Return the rounds of all records, each record's in order.

    Parameters
    ----------
    observed : pyarrow.Table
        Observations of one table without their bodies, but with `size` (null: the same as
        before, 0: no such record) and `merged` (whether it only says how the record stood).
    known : dict
        What is known of records so far.

    Returns
    -------
    list of Round
        Of a record that has merged observations the first round is what they say, with
        ``is_new`` False.
    """
    order = observed.append_column("place", pa.array(range(observed.num_rows))).sort_by(
        [
            ("seller", "ascending"),
            ("record_id", "ascending"),
            ("merged", "descending"),
            ("seen_at", "ascending"),
            ("batch", "ascending"),
            ("call", "descending"),  # the summary first
        ]
    )
    found: list[Round] = []
    life: _Life | None = None
    for row in _rows(order):
        owner = (row["seller"], row["record_id"])
        if life is None or owner != life.owner:
            if life is not None:
                found += life.end()
            before = known.get(owner)
            floor = before["seen_from"] if before else None
            life = _Life(owner, dict(before or _NOTHING), floor)
        if row["merged"]:
            life.start_from(row, row["place"])
            continue
        if not life.takes(row["seen_at"], row["sync"], row["call"]):
            found += life.end()
            if life.floor is not None and (not found or found[-1].owner != owner):
                found.append(_before(life, life.floor))
        life.see(row, row["place"])
    if life is not None:
        found += life.end()
    return found


def _before(life: _Life, seen: datetime) -> Round:
    return Round(life.owner, seen, life.summary, life.detail, dict(life.known), is_new=False)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


_FACTS = ("at", "hash", "batch")
_NOTHING: dict[str, Any] = {
    **{f"{stem}_{fact}": None for stem in ("summary", "detail") for fact in _FACTS},
    "gone_at": None,
    "changed_at": None,
}
