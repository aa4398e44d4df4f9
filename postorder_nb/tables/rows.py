"""Tables that grow batch by batch: the records, their child rows, and what was converted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from .columns import Child, Column, Json, Record, Source
from .engine import Growing, Objects, carry, read, rows_at, tell_unknown_fields
from .express import Express
from .findings import Findings, attach
from .frames import to_frame, unknown_values
from .records import CONVERSIONS, KEY_COLUMNS, child_columns, known_in_row, known_of

_CONVERTED = frozenset({"convertedFromValue", "convertedFromCurrency"})


class Conversion(NamedTuple):
    """An amount that eBay converted: whose, in which table, row and column, and the object."""

    owner: int
    table: str
    row: int | None
    column: str
    amount: Json


class Rows:
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

    def arrow(self) -> pa.Table:
        """Return the table so far as Arrow has it, enums as dictionaries."""
        names = [name for name, _, _ in self._growing.fields]
        return pa.table(self._growing.arrays(), names=names)

    def _append(self, fields: Iterable[list[Any]]) -> None:
        """Append raw values, one list per field."""
        values = iter(fields)
        arrays: list[pa.Array] = []
        for spec in self._growing.columns:
            found = [next(values) for _ in spec.fields]
            arrays += carry(found, spec, self.findings, self._growing.prefix)
        self._growing.extend(arrays)


class RecordRows(Rows):
    """The growing table of the records themselves."""

    def __init__(self, record: Record, *, details: bool) -> None:
        super().__init__(record.columns(details=details))
        self._record = record
        self._known = known_of(record.name, details=details)

    def extend(self, objects: Objects, ids: Sequence[Any] | None = None) -> list[Any]:
        """Append a batch; return the records' ids."""
        keys: list[Any] = []
        arrays: list[pa.Array] = []
        for spec in self._growing.columns:
            found = read(objects, spec)
            if spec.name == self._record.key:
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

    def converted(self, objects: Objects) -> list[Conversion]:
        """Return the batch's amounts that eBay converted."""
        return [
            Conversion(at, self._record.name, None, column, amount)
            for at, column, amount in _converted(objects, self._growing.columns)
        ]

    def extend_typed(self, arrays: Sequence[pa.Array]) -> None:
        """Append a batch that is of the final types already."""
        for (_, _, spec), array in zip(self._growing.fields, arrays, strict=True):
            if spec.name == self._record.key and array.null_count:
                self.findings.add("unreadable", spec.path, "missing", array.null_count)
        self._growing.extend_typed(arrays)

    def express(self) -> Express:
        """Return the quick reader of raw pages for these columns."""
        return Express(self._record, self._growing.columns, self._known)


class ChildRows(Rows):
    """The growing rows of one child table."""

    def __init__(self, child: Child, record: Record) -> None:
        super().__init__(child_columns(child), f"{child.name}[].")
        self._child = child
        self._record = record.singular
        self._sources: tuple[Source, ...] = record.sources.get(child.name, ())

    def extend(self, objects: Objects, ids: Sequence[Any]) -> list[Conversion]:
        """Append the rows of a batch of records, in their order; return what was converted."""
        mine = Objects(objects, self.findings)
        owners: list[int] = []
        fields: list[list[Any]] = [[] for _ in self._growing.fields[len(KEY_COLUMNS) :]]
        converted: list[tuple[int, str, Json]] = []
        for source in self._sources:
            some, inside = self._rows_at(mine, source)
            start = len(owners)
            owners += some
            marks = [[source.mark] * len(some)] if self._child.mark else []
            values = [field for spec in self._child.columns for field in read(inside, spec)]
            for field, more in zip(fields, marks + values, strict=True):
                field.extend(more)
            found = _converted(inside, self._child.columns)
            converted += [(start + at, column, amount) for at, column, amount in found]
        if not owners:
            return []
        order = sorted(range(len(owners)), key=owners.__getitem__)
        arranged = [owners[at] for at in order]
        seq = _positions(arranged)
        self._append(
            [[self._record] * len(owners), [ids[owner] for owner in arranged], seq]
            + [[field[at] for at in order] for field in fields]
        )
        place = dict(zip(order, seq, strict=True))
        return [
            Conversion(owners[at], self._child.name, place[at], column, amount)
            for at, column, amount in converted
        ]

    def _rows_at(self, objects: Objects, source: Source) -> tuple[list[int], Objects]:
        """Return the owner of each row of a source, and the rows."""
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
        tell_unknown_fields(inside, known_in_row(self._child.name))
        return owners, inside


class ConversionRows(Rows):
    """The growing rows of the amounts that eBay converted."""

    def __init__(self, record: Record) -> None:
        super().__init__(child_columns(CONVERSIONS), f"{CONVERSIONS.name}[].")
        self._record = record.singular

    def extend(self, found: Sequence[Conversion], ids: Sequence[Any]) -> None:
        """Append the conversions of a batch of records, in the records' order."""
        if not found:
            return
        ordered = sorted(found, key=lambda conversion: conversion.owner)
        owners = [conversion.owner for conversion in ordered]
        amounts = [conversion.amount for conversion in ordered]
        values = [
            [self._record] * len(owners),
            [ids[owner] for owner in owners],
            _positions(owners),
            [conversion.table for conversion in ordered],
            [conversion.row for conversion in ordered],
            [conversion.column for conversion in ordered],
            [amount.get("value") for amount in amounts],
            [amount.get("currency", amount.get("currencyId")) for amount in amounts],
            [amount.get("convertedFromValue") for amount in amounts],
            [amount.get("convertedFromCurrency") for amount in amounts],
            [amount.get("exchangeRate") for amount in amounts],
        ]
        self._append(values)


def _converted(objects: Objects, columns: Iterable[Column]) -> list[tuple[int, str, Json]]:
    """Return (row, column, object) of each amount that was converted, where a column reads it."""
    found = []
    for spec in columns:
        if spec.kind != "amount" or not any(
            not _CONVERTED.isdisjoint(amount) for path in spec.paths for amount in objects[path]
        ):
            continue
        taken: set[int] = set()
        for path in spec.paths:
            for row, amount in enumerate(objects[path]):
                if row not in taken and amount.get("value") is not None:
                    taken.add(row)
                    if any(amount.get(name) is not None for name in _CONVERTED):
                        found.append((row, spec.amount, amount))
    return found


def _positions(owners: Sequence[int]) -> list[int]:
    """Count the rows of each owner from 0; the rows of an owner stand together."""
    seq = [0] * len(owners)
    for at in range(1, len(owners)):
        seq[at] = seq[at - 1] + 1 if owners[at] == owners[at - 1] else 0
    return seq
