"""What grows a record's tables answer by answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa

from . import dialects
from .answers import collector_paused, decode, members
from .children import CHILDREN
from .columns import Column, Json
from .differences import with_differences
from .engine import Objects
from .findings import Findings, json_kind
from .frames import framed
from .moments import beside, firsts
from .reading import carried, typed
from .records import CONVERSIONS, record_of
from .rows import ChildRows, ConversionRows, RecordRows, Rows


class Builder:
    """
    Grow a record's table from search pages, one page at a time.

    Each page is flattened as it is added and may be dropped at once, so the memory needed is
    that of the table. Not for use from several threads at a time.

    Parameters
    ----------
    name : str
        cancellations, inquiries, returns or cases.

    Examples
    --------
    >>> builder = Builder("cases")
    >>> builder.add({"members": [{"caseId": "5001", "caseStatusEnum": "OPEN"}]})
    >>> builder.add(b'{"members": []}')
    >>> builder.frame()[["case_id", "status"]]
      case_id status
    0    5001   OPEN
    """

    def __init__(self, name: str) -> None:
        self._record = record_of(name)
        self._rows = RecordRows(self._record, details=False)

    def add(self, page: Any) -> None:
        """
        Flatten one search page, raw bytes or decoded.

        Raises
        ------
        UnreadableAnswer
            If the bytes are not JSON.
        """
        with collector_paused():
            self._flatten(page)

    def add_raw(self, pages: Iterable[bytes]) -> None:
        """
        Flatten many raw search pages, several at a time.

        Raises
        ------
        UnreadableAnswer
            If the bytes are not JSON.
        """
        for batch, arrays in self._rows.express().read_all(pages):
            if arrays is not None:
                self._rows.extend_typed(arrays)
            else:
                for page in batch:
                    self.add(page)

    def _flatten(self, page: Any) -> None:
        """Read one page; its tree is gone when this returns, before the collector is back."""
        today = dialects.page(self._record.name, decode(page))
        found = members(today, self._rows.findings)
        if found:
            self._rows.extend(Objects({self._record.member_at: found}, self._rows.findings))

    def frame(self) -> pd.DataFrame:
        """Return the table so far; one line of log tells what it did not know."""
        frame, findings = self._rows.frame()
        findings.warn(self._record.name)
        return frame

    def arrow(self) -> pa.Table:
        """Return the table so far as Arrow has it, and log nothing."""
        return self._rows.arrow()

    def met(self) -> Findings:
        """Return all that was met so far."""
        return self._rows.met()


class DetailsBuilder:
    """
    Grow a record's table and its child tables from detail answers, one at a time.

    Parameters
    ----------
    name : str
        cancellations, inquiries, returns or cases.
    own_ids : bool
        Whether the answers' own ids count more than those given with them; if not, the child
        rows are keyed by what is given, so that answers about one record are told apart.
    """

    _batch = 50

    def __init__(self, name: str, *, own_ids: bool = True) -> None:
        self._own_ids = own_ids
        self._record = record_of(name)
        self._rows = RecordRows(self._record, details=True)
        self._children = {child.name: ChildRows(child, self._record) for child in CHILDREN.values()}
        self._conversions = ConversionRows(self._record)
        self._waiting: list[tuple[Json, Any]] = []
        self._keys: list[Any] = []

    def add(self, answer: Any, record_id: str | None = None) -> None:
        """
        Take in one detail answer, raw bytes or decoded.

        `record_id` is the record's id, for answers that do not hold it themselves.

        Raises
        ------
        UnreadableAnswer
            If the bytes are not JSON.
        """
        with collector_paused():
            decoded = dialects.detail(self._record.name, decode(answer))
            if type(decoded) is not dict:
                self._rows.findings.add("unreadable", "answer", json_kind(decoded))
                return
            self._waiting.append((self._record.unwrap(decoded), record_id))
            if len(self._waiting) >= self._batch:
                self._flatten()

    def _flatten(self) -> None:
        roots = [root for root, _ in self._waiting]
        ids = [record_id for _, record_id in self._waiting]
        self._waiting = []
        if roots:
            objects = Objects({"": roots}, self._rows.findings)
            own = self._rows.extend(objects, ids)
            keys = own if self._own_ids else ids
            self._keys += keys
            converted = self._rows.converted(objects)
            for child in self._children.values():
                converted += child.extend(objects, keys)
            self._conversions.extend(converted, keys)

    @property
    def _tables(self) -> dict[str, Rows]:
        """All tables, the record's first."""
        return {
            self._record.name: self._rows,
            **self._children,
            CONVERSIONS.name: self._conversions,
        }

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables so far; one line of log tells what they did not know."""
        self._flatten()
        frames = {}
        every = Findings()
        for name, rows in self._tables.items():
            frames[name], findings = rows.frame()
            every.merge(findings)
        frames[self._record.name] = with_differences(self._record, frames[self._record.name])
        for name, told in self._told(self._children["history"].arrow()).items():
            fields = ((column.name, column.kind, column) for column in told)
            frames[name] = frames[name].assign(**framed(fields, told.values()))
        every.warn(self._record.name)
        return frames

    def arrow(self) -> dict[str, pa.Table]:
        """Return the tables so far as Arrow has them, without the differences; log nothing."""
        self._flatten()
        made = {name: rows.arrow() for name, rows in self._tables.items()}
        for name, told in self._told(made["history"]).items():
            for column, array in told.items():
                made[name] = made[name].append_column(column.name, array)
        return made

    def _told(self, history: pa.Table) -> dict[str, dict[Column, pa.ChunkedArray]]:
        """Return by table the columns that are found in the history."""
        found = {"history": beside(history)}
        if self._record.moments:
            keys = typed("id", carried("id", self._keys, _told_before), _told_before)
            found[self._record.name] = firsts(self._record.moments, history, keys)
        return found

    def met(self) -> Findings:
        """Return all that was met so far."""
        self._flatten()
        every = Findings()
        for rows in self._tables.values():
            every.merge(rows.met())
        return every


def _told_before(_: object) -> None:
    """Pass over an id that cannot be read; the record's own table has told of it."""
