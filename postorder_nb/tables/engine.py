"""
From answers to columns.

Columnar: of each page the containers are found once, each column is one comprehension over its
container, and the page's tree is dropped before the next is read. Every few pages the lists are
typed by Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from .columns import WRAPPERS, Column, Json, Unread
from .findings import Findings, json_kind
from .reading import ARROW, carried, typed

_EMPTY: Json = {}
_OBJECT_OR_NULL = {dict, type(None)}
_ONLY = "[only]"
_BATCH = 10


class Objects(dict[str, list[Json]]):
    """
    The objects at each path of a batch of rows, found when first asked for.

    Nothing is trusted to be of the type it should be: where it is not, an empty object takes its
    place and `findings` is told. `prefix` is what the findings put before a path.
    """

    def __init__(
        self, roots: Mapping[str, list[Json]], findings: Findings, prefix: str = ""
    ) -> None:
        super().__init__(roots)
        self.findings = findings
        self.prefix = prefix

    def __missing__(self, path: str) -> list[Json]:
        raw = self.values_at(path)
        if not set(map(type, raw)) <= _OBJECT_OR_NULL:
            for value in raw:
                if value is not None and type(value) is not dict:
                    self.findings.add("unreadable", self.prefix + path, json_kind(value))
        return self._set_objects(path, raw)

    def _set_objects(self, path: str, raw: list[Any]) -> list[Json]:
        self[path] = [value if type(value) is dict else _EMPTY for value in raw]
        return self[path]

    def values_at(self, path: str) -> list[Any]:
        """Return what stands at `path` in each row, None where nothing does."""
        parent, _, key = path.rpartition(".")
        if not key.endswith(_ONLY):
            return [held.get(key) for held in self[parent]]
        listed = self.values_at(path.removesuffix(_ONLY))
        return [
            (value[0] if len(value) == 1 else None) if type(value) is list else value
            for value in listed
        ]

    def unwrapped(self, path: str, key: str) -> list[Any]:
        """Return what is wrapped under `key` in the objects at `path`, or stands there bare."""
        raw = self.values_at(path)
        self._set_objects(path, raw)
        return [value.get(key) if type(value) is dict else value for value in raw]

    def joined(self, path: str) -> list[str | None]:
        """Return the action types of the options listed at `path`, joined by a space."""
        return [self._joined(path, value) for value in self.values_at(path)]

    def _joined(self, path: str, value: Any) -> str | None:
        if value is None or type(value) is str:
            return value
        if type(value) is not list:
            self.findings.unreadable(self.prefix + path, value)
            return None
        names = []
        for option in value:
            name = option.get("actionType") if type(option) is dict else option
            if type(name) is str:
                names.append(name)
            else:
                self.findings.unreadable(f"{self.prefix}{path}[]", option)
        objects = [option for option in value if type(option) is dict]
        tell_unknown(self, f"{path}[]", objects, WRAPPERS["options"])
        return " ".join(names)


def read(objects: Objects, column: Column) -> list[list[Any]]:
    """Return the raw values of each field of `column`, one per row."""
    first, *others = column.paths
    taken = _read_at(objects, first, column.kind)
    for path in others:
        if None not in taken[0]:
            break
        more = _read_at(objects, path, column.kind)
        gaps = [value is None for value in taken[0]]
        taken = [  # all fields of a row come from the same place
            [new if gap and new is not None else old for gap, old, new in zip(gaps, *pair)]  # noqa: B905 - equal by make, and hot
            for pair in zip(taken, more, strict=True)
        ]
    return taken


def _read_at(objects: Objects, path: str, kind: str) -> list[list[Any]]:
    if kind == "amount":
        return _amounts(objects, path)
    if kind in ("time", "text"):
        values = objects.unwrapped(path, "value" if kind == "time" else "content")
        held = objects[path]
        if sum(map(len, held)) != len(list(filter(None, values))):  # more than the values
            tell_unknown(objects, path, held, WRAPPERS[kind])
        return [values]
    return [objects.joined(path) if kind == "options" else objects.values_at(path)]


def _amounts(objects: Objects, path: str) -> list[list[Any]]:
    values = objects.unwrapped(path, "value")
    held = objects[path]
    currencies = [amount.get("currency") for amount in held]
    plain = len(list(filter(None, values))) + len(list(filter(None, currencies)))
    if sum(map(len, held)) != plain:
        tell_unknown(objects, path, held, WRAPPERS["amount"])
        if None in currencies:  # currencyId is how version 1 of the API spelled it
            currencies = [
                amount.get("currencyId") if currency is None else currency
                for amount, currency in zip(held, currencies, strict=True)
            ]
    return [values, currencies]


def rows_at(objects: Objects, path: str) -> tuple[list[int], list[Json]]:
    """Return the objects listed at `path`, and for each the row it belongs to."""
    head, mark, rest = path.partition("[]")
    owners: list[int] = []
    found: list[Json] = []
    for row, value in enumerate(objects.values_at(head)):
        if value is None:
            continue
        for element in value if type(value) is list else [value]:
            if type(element) is dict:
                owners.append(row)
                found.append(element)
            elif element is not None:
                where = f"{objects.prefix}{head}{mark}"
                objects.findings.add("unreadable", where, json_kind(element))
    if not rest:
        return owners, found
    prefix = f"{objects.prefix}{head}[]."
    inner_owners, inner = rows_at(Objects({"": found}, objects.findings, prefix), rest[1:])
    return [owners[row] for row in inner_owners], inner


# -- what is known ---------------------------------------------------------------------------


def known_fields(
    columns: Iterable[Column], paths: Iterable[str], unread: Iterable[Unread]
) -> dict[str, frozenset[str]]:
    """Return the known names of each container: those on a column's path, and the unread ones."""
    names: dict[str, set[str]] = {}
    for left in unread:
        names.setdefault(left.at, set()).update(left.names.split())
    for path in (*(path for column in columns for path in column.paths), *paths):
        here = ""
        for part in path.partition("[]")[0].removesuffix(_ONLY).split("."):
            names.setdefault(here, set()).add(part.removesuffix(_ONLY))
            here = f"{here}.{part}" if here else part
    for path in list(names):  # a container is itself a known field of its parent
        parent, _, key = path.rpartition(".")
        if path:
            names.setdefault(parent, set()).add(key.removesuffix(_ONLY))
    return {path: frozenset(known) for path, known in names.items()}


def tell_unknown_fields(objects: Objects, known: Mapping[str, frozenset[str]]) -> None:
    """Report the fields that stand beside the known ones."""
    for path, names in known.items():
        tell_unknown(objects, path, objects[path], names)


def tell_unknown(objects: Objects, path: str, held: list[Json], known: frozenset[str]) -> None:
    """Report the fields of the objects `held` that are not `known`."""
    for name in set().union(*held) - known:
        examples = [value[name] for value in held if name in value]
        where = f"{objects.prefix}{path}.{name}" if path else f"{objects.prefix}{name}"
        objects.findings.add("unknown field", where, json_kind(examples[0]), len(examples))


# -- growing columns -------------------------------------------------------------------------


def carry(
    values: list[list[Any]], column: Column, findings: Findings, prefix: str = ""
) -> list[pa.Array]:
    """Turn the raw values of a column's fields into Arrow, at once while they are at hand."""
    tell = _teller(column, findings, prefix)
    return [carried(kind, raw, tell) for raw, (_, kind) in zip(values, column.fields, strict=True)]


def _teller(column: Column, findings: Findings, prefix: str) -> Callable[[object], None]:
    """Return what is told the values of `column` that could not be read."""

    def tell(value: object) -> None:
        if column.paths:
            findings.unreadable(prefix + column.path, value, personal=column.personal)

    return tell


class Growing:
    """Columns that grow page by page; every few pages what came is given its final type."""

    def __init__(self, columns: Iterable[Column], findings: Findings, prefix: str = "") -> None:
        self.columns = tuple(columns)
        self.fields = [(name, kind, c) for c in self.columns for name, kind in c.fields]
        self.prefix = prefix
        self._findings = findings
        self._fresh: list[list[pa.Array]] = [[] for _ in self.fields]
        self._typed: list[list[pa.Array]] = [[] for _ in self.fields]

    def extend(self, arrays: Iterable[pa.Array]) -> None:
        """Append one carried array per field."""
        for fresh, array in zip(self._fresh, arrays, strict=True):
            fresh.append(array)
        if len(self._fresh[0]) >= _BATCH:
            self._flush()

    def extend_typed(self, arrays: Iterable[pa.Array]) -> None:
        """Append one array of its final type per field."""
        self._flush()
        for typed_so_far, array in zip(self._typed, arrays, strict=True):
            typed_so_far.append(array)

    def _flush(self) -> None:
        for at, (_, kind, column) in enumerate(self.fields):
            if self._fresh[at]:
                batch = pa.concat_arrays(self._fresh[at])
                self._typed[at].append(
                    typed(kind, batch, _teller(column, self._findings, self.prefix))
                )
                self._fresh[at] = []

    def arrays(self) -> list[pa.ChunkedArray]:
        """Return the typed columns so far, in the order of `fields`."""
        self._flush()
        return [
            pa.chunked_array(chunks, type=ARROW[kind])
            for chunks, (_, kind, _) in zip(self._typed, self.fields, strict=True)
        ]
