"""
The express lane: raw search pages straight into Arrow, as long as they are as documented.

Arrow's own JSON reader makes no Python objects, which is most of the work spared, and lets other
threads run meanwhile. It is also strict: at the first odd value, unknown field or invalid byte
the batch is given back untouched, and `engine`, which bears everything and counts it, reads it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from .answers import LISTS, PAGE
from .columns import WRAPPERS, Column, Record
from .reading import ARROW, EXACT, Unreadable, finished

_BATCH = 10
# After as many odd batches in a row the others are taken to be odd as well.
_PATIENCE = 3
# Unlike Arrow's usual pool it gives memory back at once: a batch needs much for a short time.
_POOL = pa.system_memory_pool()
_WORKERS = min(4, os.cpu_count() or 1)
# Of the final types where Arrow can read them. What mostly is not there is not asked for: each
# object without it would cost time.
_LEAVES = {
    "id": ARROW["id"],
    "time": pa.struct([("value", ARROW["time"])]),
    "text": pa.struct([("content", ARROW["text"])]),
    "amount": pa.struct([("value", ARROW["number"]), ("currency", pa.string())]),
    "options": pa.list_(pa.struct([("actionType", pa.string())])),
    "number": ARROW["number"],
    "integer": ARROW["integer"],
    "flag": ARROW["flag"],
}

Known = Mapping[str, frozenset[str]]


class Express:
    """Reads raw search pages of one record into arrays of the final type, one per field."""

    def __init__(self, record: Record, columns: Sequence[Column], known: Known) -> None:
        self._record = record
        self._columns = columns
        self._known = dict(known)
        tree: dict[str, Any] = {}
        for spec in columns:
            for path in spec.paths:
                *containers, name = self._inside(path)
                here = tree
                for part in containers:
                    here = here.setdefault(part, {})
                here[name] = _LEAVES.get(spec.kind, pa.string())
                if spec.kind in WRAPPERS:
                    at = f"{path}[]" if spec.kind == "options" else path
                    self._known[at] = WRAPPERS[spec.kind]
        self._schema = pa.schema([(record.listed, pa.list_(_struct(tree)))])

    def read_all(
        self, pages: Iterable[bytes]
    ) -> Iterator[tuple[list[bytes], list[pa.Array] | None]]:
        """
        Yield the pages in batches, in order, each with what `read` makes of it.

        The batches are read on all processors; few are held at a time. Where one after the other
        is odd, as when eBay has added a field, no more are tried.
        """
        rest = iter(pages)
        waiting: deque[tuple[list[bytes], Future[list[pa.Array] | None]]] = deque()
        odd = 0
        with ThreadPoolExecutor(_WORKERS) as pool:
            while odd < _PATIENCE and (batch := list(islice(rest, _BATCH))):
                waiting.append((batch, pool.submit(self.read, batch)))
                if len(waiting) > _WORKERS:  # one is ready for whoever is done first
                    first, future = waiting.popleft()
                    odd = odd + 1 if future.result() is None else 0
                    yield first, future.result()
            for first, future in waiting:
                yield first, future.result()
        while batch := list(islice(rest, _BATCH)):
            yield batch, None

    def read(self, pages: Sequence[bytes]) -> list[pa.Array] | None:
        """Return the fields of all members, or None if any page is not as documented."""
        lines = b"\n".join(pages)
        if lines.count(b"\n") >= len(pages):  # a line break is what parts the pages
            return None
        try:
            if not lines.isascii():
                lines.decode()  # Arrow's reader does not look whether text is UTF-8
            table = self._parsed(lines)
            if table.num_rows != len(pages):
                return None
            self._refuse_unknown(table.schema)
            members = pc.list_flatten(table.column(self._record.listed).combine_chunks())
            if members.null_count:
                return None
            places = _Places({self._record.member_at: members})
            return [field for spec in self._columns for field in _fields(places, spec)]
        except (ValueError, pa.ArrowException):
            return None

    def _parsed(self, lines: bytes) -> pa.Table:
        return pj.read_json(
            pa.BufferReader(lines),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=pj.ParseOptions(explicit_schema=self._schema),
            memory_pool=_POOL,
        )

    def _inside(self, path: str) -> list[str]:
        """Return the parts of `path` from the member on."""
        at = self._record.member_at
        return path.removeprefix(f"{at}." if at else "").split(".")

    def _refuse_unknown(self, schema: pa.Schema) -> None:
        """Leave pages with unknown fields to the engine, which counts them."""
        names = set(schema.names)
        if not names <= PAGE or names.intersection(LISTS) != {self._record.listed}:
            raise Unreadable
        if "paginationOutput" in names and _has(schema.field("paginationOutput"), "pageNumber"):
            raise Unreadable  # of 2014, when codes were spelled otherwise
        member = schema.field(self._record.listed).type.value_type
        self._refuse_unknown_in(member, self._record.member_at)

    def _refuse_unknown_in(self, kind: pa.DataType, path: str) -> None:
        if path not in self._known:
            return
        for at in range(kind.num_fields):
            field = kind.field(at)
            if field.name not in self._known[path]:
                raise Unreadable
            inner, below = field.type, f"{path}.{field.name}" if path else field.name
            if pa.types.is_list(inner):
                inner, below = inner.value_type, f"{below}[]"
            if pa.types.is_struct(inner):
                self._refuse_unknown_in(inner, below)


class _Places(dict[str, pa.Array]):
    """The arrays at each path of a batch of members, found when first asked for."""

    def __missing__(self, path: str) -> pa.Array:
        parent, _, name = path.rpartition(".")
        self[path] = _part(self[parent], name)
        return self[path]


def _part(held: pa.Array, name: str) -> pa.Array:
    """Return a field of objects; of an object that is null, null."""
    return pc.struct_field(held, name) if held.null_count else held.field(name)


def _fields(places: _Places, spec: Column) -> list[pa.Array]:
    """Return the fields of a column: the first of its places that holds something counts."""
    first, *others = spec.paths
    taken = _read(places[first], spec.kind)
    for path in others:
        if not taken[0].null_count:
            break
        gaps = pc.is_null(taken[0])
        taken = [
            pc.if_else(pc.and_(gaps, pc.is_valid(new)), new, old)
            for old, new in zip(taken, _read(places[path], spec.kind), strict=True)
        ]
    return [finished(kind, array) for array, (_, kind) in zip(taken, spec.fields, strict=True)]


def _read(held: pa.Array, kind: str) -> list[pa.Array]:
    if kind == "amount":
        values = _part(held, "value")
        if (pc.max(pc.abs(values)).as_py() or 0) >= EXACT:
            raise Unreadable
        currencies = _part(held, "currency")
        if _has(held, "currencyId"):  # how version 1 of the API spelled it
            currencies = pc.coalesce(currencies, _texts(_part(held, "currencyId")))
        return [values, currencies]
    if kind == "options":
        names = _part(held.values, "actionType")
        if names.null_count:
            raise Unreadable
        listed = pa.ListArray.from_arrays(held.offsets, names, mask=pc.is_null(held))
        return [pc.binary_join(listed, " ")]
    if kind in ("time", "text"):
        return [_part(held, "value" if kind == "time" else "content")]
    return [held]


def _has(held: pa.Array | pa.Field, name: str) -> bool:
    return bool(pa.types.is_struct(held.type) and held.type.get_field_index(name) >= 0)


def _texts(held: pa.Array) -> pa.Array:
    """Take what Arrow found the type of itself for texts, or for nothing at all."""
    if not (pa.types.is_string(held.type) or held.null_count == len(held)):
        raise Unreadable
    return held.cast(pa.string())


def _struct(tree: Mapping[str, Any]) -> pa.DataType:
    return pa.struct(
        [(name, _struct(kind) if isinstance(kind, dict) else kind) for name, kind in tree.items()]
    )
