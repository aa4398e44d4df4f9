"""The records behind the Desk: fetched once, looked into one by one, kept up to date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from ... import fetch, tables
from ...api.client import PostOrder
from ...fetch import Snapshot
from ...fetch.windows import When
from ...metrics.deadlines import APPEAL_DAYS
from ..facts import Facts
from . import words
from .queue import COLUMNS, entry, listed
from .record import Other, Record


class Records:
    """
    The account's records of a span of time.

    Parameters
    ----------
    po : PostOrder
        The client.
    since : str, date or datetime
        From when on records were opened, as for `postorder_nb.fetch.snapshot`.

    Attributes
    ----------
    snapshot : Snapshot or None
        All records, as the searches told last; None before they were read.
    rows : DataFrame
        The open ones, as `listed` lists them.
    """

    def __init__(self, po: PostOrder, since: When = "180d") -> None:
        self.po = po
        self.since = since
        self.snapshot: Snapshot | None = None
        self.rows = pd.DataFrame(columns=COLUMNS)
        self._states: dict[tuple[str, str], str] = {}

    def load(self) -> None:
        """
        Read all records anew; what is there stays as it is if that fails.

        Of the cases closed lately the details are read, too: only these tell what can be
        appealed.
        """
        snapshot = fetch.snapshot(self.po, self.since, progress=False)
        now = self.po.now()
        late = snapshot.cases["modified_at"] >= pd.Timestamp(now - timedelta(days=APPEAL_DAYS))
        details = fetch.case_details(self.po, snapshot.cases[late], progress=False)["cases"]
        parts = [(group, getattr(snapshot, group)) for group in tables.NAMES if group != "cases"]
        parts += [("cases", snapshot.cases[~late]), ("cases", details)]
        self.rows = pd.concat([listed(*part, now) for part in parts], ignore_index=True)
        self.snapshot = snapshot
        self._states = {}

    def read(self, group: str, record_id: str) -> Record:
        """Read one record with its history; the queue then tells what it is like now."""
        answer = getattr(self.po, group).get(record_id)
        frames = tables.from_details(group, [answer], ids=[record_id])
        known = Facts.told(group, frames)
        owed = entry(group, known.row, self.po.now())
        there = self.rows["group"].eq(group) & self.rows["record_id"].eq(record_id)
        self.rows = self.rows[~there]
        if owed:
            row = pd.DataFrame([owed], columns=COLUMNS).astype(self.rows.dtypes)
            self.rows = pd.concat([self.rows, row], ignore_index=True)
        self._states[group, record_id] = _state(known.row)
        others = self._others(group, record_id, known.text("buyer"))
        return Record(group, record_id, answer, frames, known, owed or {}, others)

    def _others(self, group: str, own: str, buyer: str) -> list[Other]:
        """List what else the record's buyer has, the newest first."""
        if self.snapshot is None or not buyer:
            return []
        found: list[Other] = []
        for name in tables.NAMES:
            table, key = getattr(self.snapshot, name), tables.KEYS[name]
            kept = [column for column in (key, "state", "status", "created_at") if column in table]
            mine = table["buyer"].eq(buyer).to_numpy(bool, na_value=False)
            if not mine.any():
                continue
            for row in table.loc[mine, kept].to_dict("records"):
                if (name, row[key]) != (group, own):
                    state = self._states.get((name, row[key])) or _state(row)
                    found.append(Other(name, row[key], state, row["created_at"]))
        return sorted(found, key=_age)


def _state(row: Mapping[Any, Any]) -> str:
    return words.plain(row.get("state")) or words.plain(row.get("status"))


def _age(other: Other) -> float:
    moment = other.created_at
    return 0.0 if moment is None or words.missing(moment) else -moment.timestamp()
