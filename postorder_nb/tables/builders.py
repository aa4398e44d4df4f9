"""What grows a record's tables answer by answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa

from ..errors import InputError
from .answers import collector_paused, decode, members
from .cancellations import CANCELLATIONS
from .cases import CASES
from .children import CHILDREN
from .columns import Child, Column, Json, Record, Source, column
from .engine import (
    Growing,
    Objects,
    carry,
    known_fields,
    read,
    rows_at,
    tell_unknown_fields,
)
from .express import Express, Known
from .findings import Findings, attach, json_kind
from .frames import to_frame, unknown_values
from .inquiries import INQUIRIES
from .returns import RETURNS

RECORDS: dict[str, Record] = {
    record.name: record for record in (CANCELLATIONS, INQUIRIES, RETURNS, CASES)
}
SINGULARS = tuple(record.singular for record in RECORDS.values())
KEY_COLUMNS = (
    column("record", "enum", "", "which of the four records", SINGULARS),
    column("record_id", "id", "", "id of the record"),
    column("seq", "integer", "", "position in the record's answer, from 0"),
)


def record_of(name: str) -> Record:
    """
    Return the spec of a record.

    Raises
    ------
    InputError
        If there is no such record.
    """
    try:
        return RECORDS[name]
    except (KeyError, TypeError):
        raise InputError(
            f"there is no table {name!r}", advice=f"choose one of {', '.join(RECORDS)}"
        ) from None


@cache
def _known(name: str, *, details: bool) -> Known:
    record = RECORDS[name]
    places = [path for group in record.sources.values() for s in group for path in s.paths]
    known = known_fields(record.search + record.details, places, record.known)
    if details:
        return known
    at = record.member_at
    return {
        p: names for p, names in known.items() if p == at or p.startswith(f"{at}." if at else "")
    }


@cache
def _known_in_row(child: str) -> Known:
    return known_fields(CHILDREN[child].columns, (), CHILDREN[child].known)


def child_columns(child: Child) -> tuple[Column, ...]:
    """Return all columns of a child table, the key and the mark included."""
    return (*KEY_COLUMNS, *((child.mark,) if child.mark else ()), *child.columns)


class _Rows:
    """A growing table and what was met while it grew."""

    def __init__(self, columns: Iterable[Column], prefix: str = "") -> None:
        self.findings = Findings()
        self._growing = Growing(columns, self.findings, prefix)

    def met(self) -> Findings:
        """Return what was met so far."""
        findings = unknown_values(self._growing)
        findings.merge(self.findings)
        return findings

    def frame(self) -> tuple[pd.DataFrame, Findings]:
        """Return the table so far, and what was met."""
        findings = self.met()
        return attach(to_frame(self._growing), findings), findings


class _RecordRows(_Rows):
    """The growing table of the records themselves."""

    def __init__(self, record: Record, *, details: bool) -> None:
        super().__init__(record.columns(details=details))
        self._key = record.key
        self._known = _known(record.name, details=details)

    def extend(self, objects: Objects, ids: Sequence[Any] | None = None) -> list[Any]:
        """Append a batch; return the records' ids."""
        keys: list[Any] = []
        arrays: list[pa.Array] = []
        for spec in self._growing.columns:
            found = read(objects, spec)
            if spec.name == self._key:
                keys = found[0]
                if ids is not None:
                    keys = [i if key is None else key for key, i in zip(keys, ids, strict=True)]
                    found = [keys]
                if missing := sum(key is None for key in keys):
                    objects.findings.add("unreadable", spec.path, "missing", missing)
            arrays += carry(found, spec, objects.findings)
        tell_unknown_fields(objects, self._known)
        self._growing.extend(arrays)
        return keys

    def extend_typed(self, arrays: Sequence[pa.Array]) -> None:
        """Append a batch that is of the final types already."""
        for (_, _, spec), array in zip(self._growing.fields, arrays, strict=True):
            if spec.name == self._key and array.null_count:
                self.findings.add("unreadable", spec.path, "missing", array.null_count)
        self._growing.extend_typed(arrays)

    def express(self, record: Record) -> Express:
        """Return the quick reader of raw pages for these columns."""
        return Express(record, self._growing.columns, self._known)


class _ChildRows(_Rows):
    """The growing rows of one child table."""

    def __init__(self, child: Child, record: Record) -> None:
        super().__init__(child_columns(child), f"{child.name}[].")
        self._child = child
        self._record = record.singular
        self._sources: tuple[Source, ...] = record.sources.get(child.name, ())

    def extend(self, objects: Objects, ids: Sequence[Any]) -> None:
        """Append the rows that a batch of records holds, in the records' order."""
        mine = Objects(objects, self.findings)
        batches = [self._rows(mine, source) for source in self._sources]
        owners = [owner for batch in batches for owner in batch[0]]
        if not owners:
            return
        order = sorted(range(len(owners)), key=owners.__getitem__)
        joined = [
            [value for part in parts for value in part]
            for parts in zip(*(b[1] for b in batches), strict=True)
        ]
        ordered = [[values[at] for at in order] for values in joined]
        owners.sort()
        seq = [0] * len(owners)
        for at in range(1, len(owners)):
            seq[at] = seq[at - 1] + 1 if owners[at] == owners[at - 1] else 0
        arrays: list[pa.Array] = []
        keys = [[self._record] * len(owners), [ids[owner] for owner in owners], seq]
        values = iter([*keys, *ordered])
        for spec in self._growing.columns:
            found = [next(values) for _ in spec.fields]
            arrays += carry(found, spec, self.findings, self._growing.prefix)
        self._growing.extend(arrays)

    def _rows(self, objects: Objects, source: Source) -> tuple[list[int], list[list[Any]]]:
        """Return the owner of each row of a source, and the rows' raw values by field."""
        owners: list[int] = []
        rows: list[Json] = []
        taken: set[int] = set()
        for path in source.paths:
            more, found = rows_at(objects, path)
            for owner, row in zip(more, found, strict=True):
                if owner not in taken and any(value is not None for value in row.values()):
                    owners.append(owner)
                    rows.append(row)
            taken.update(more)
        at = source.paths[0].removesuffix("[]")
        inside = Objects(
            {"": rows}, self.findings, f"{at}[]." if "[]" in source.paths[0] else f"{at}."
        )
        tell_unknown_fields(inside, _known_in_row(self._child.name))
        values = [field for spec in self._child.columns for field in read(inside, spec)]
        return owners, ([[source.mark] * len(rows)] if self._child.mark else []) + values


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
        self._rows = _RecordRows(self._record, details=False)

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
        for batch, arrays in self._rows.express(self._record).read_all(pages):
            if arrays is not None:
                self._rows.extend_typed(arrays)
            else:
                for page in batch:
                    self.add(page)

    def _flatten(self, page: Any) -> None:
        """Read one page; its tree is gone when this returns, before the collector is back."""
        found = members(decode(page), self._rows.findings)
        if found:
            self._rows.extend(Objects({self._record.member_at: found}, self._rows.findings))

    def frame(self) -> pd.DataFrame:
        """Return the table so far; one line of log tells what it did not know."""
        frame, findings = self._rows.frame()
        findings.warn(self._record.name)
        return frame

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
    """

    _batch = 50

    def __init__(self, name: str) -> None:
        self._record = record_of(name)
        self._rows = _RecordRows(self._record, details=True)
        self._children = {
            child.name: _ChildRows(child, self._record) for child in CHILDREN.values()
        }
        self._waiting: list[tuple[Json, Any]] = []

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
            decoded = decode(answer)
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
            keys = self._rows.extend(objects, ids)
            for child in self._children.values():
                child.extend(objects, keys)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables so far; one line of log tells what they did not know."""
        self._flatten()
        frames = {}
        every = Findings()
        tables: dict[str, _Rows] = {self._record.name: self._rows}
        for name, rows in {**tables, **self._children}.items():
            frames[name], findings = rows.frame()
            every.merge(findings)
        every.warn(self._record.name)
        return frames

    def met(self) -> Findings:
        """Return all that was met so far."""
        self._flatten()
        every = Findings()
        tables: list[_Rows] = [self._rows, *self._children.values()]
        for rows in tables:
            every.merge(rows.met())
        return every
