"""From typed Arrow columns to pandas, whole or piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .columns import Column
from .engine import Growing
from .findings import HIDDEN, Findings
from .reading import ARROW

_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", re.ASCII)

_STRING = pd.StringDtype("pyarrow")
_MOMENT = pd.DatetimeTZDtype("us", "UTC")
_EXTENSION: dict[str, Any] = {
    "id": _STRING,
    "text": _STRING,
    "options": _STRING,
    "integer": pd.Int64Dtype(),
    "flag": pd.BooleanDtype(),
}


def to_frame(growing: Growing) -> pd.DataFrame:
    """Return the columns as a DataFrame."""
    arrays = growing.arrays()
    if not len(arrays[0]):
        return _blank(growing.columns).copy()
    return framed(growing.fields, arrays)


@lru_cache(maxsize=64)
def _blank(columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return a table without rows: to make one takes as long as with rows, so it is kept."""
    growing = Growing(columns, Findings())
    return framed(growing.fields, growing.arrays())


def framed(
    fields: Iterable[tuple[str, str, Column | None]], arrays: Iterable[pa.ChunkedArray]
) -> pd.DataFrame:
    """Return typed Arrow columns, whose (name, kind, column) are told, as a DataFrame."""
    columns = {}
    for (name, kind, column), chunks in zip(fields, arrays, strict=True):
        growing = filling(kind, column, len(chunks))
        for piece in chunks.chunks:
            growing.put(piece)
        columns[name] = growing.done()
    return pd.DataFrame(columns, copy=False)  # the arrays are the frame's own


def unknown_values(growing: Growing) -> Findings:
    """Count the values of enums that no enum has."""
    findings = Findings()
    for (_, kind, column), chunks in zip(growing.fields, growing.arrays(), strict=True):
        if column.enum is not None and kind in ("enum", "text"):
            _count_unknown(chunks, kind, column, growing.prefix, findings)
    return findings


def _count_unknown(
    chunks: pa.ChunkedArray, kind: str, column: Column, prefix: str, findings: Findings
) -> None:
    known = set(column.known)
    for entry in pc.value_counts(chunks).to_pylist():
        value, n = entry["values"], entry["counts"]
        if value is None or value in known or (kind == "text" and not _CONSTANT.fullmatch(value)):
            continue
        shown = HIDDEN if column.personal else value
        findings.add("unknown value", prefix + column.path, shown, n)


class Filling(Protocol):
    """A column of pandas, to which pieces of Arrow are put."""

    def put(self, piece: pa.Array) -> None:
        """Take the next rows; the piece is not kept unless pandas itself keeps Arrow."""

    def done(self) -> Any:
        """Return the rows as what pandas makes a column of."""


def filling(kind: str, column: Column | None, rows: int) -> Filling:
    """Begin a column of at most so many rows."""
    if kind in ("enum", "currency"):
        return _Words(column.known if column and kind == "enum" else [])
    return _Kept(kind) if kind in _EXTENSION else _Numbers(kind, rows)


class _Kept:
    """Values that pandas takes from Arrow."""

    def __init__(self, kind: str) -> None:
        self._dtype, self._type = _EXTENSION[kind], ARROW[kind]
        self._pieces: list[pa.Array] = []

    def put(self, piece: pa.Array) -> None:
        self._pieces.append(piece)

    def done(self) -> Any:
        pieces = pa.chunked_array(self._pieces or [pa.array([], self._type)])
        self._pieces.clear()  # pandas makes their offsets wider, and needs the narrow ones no more
        return self._dtype.__from_arrow__(pieces)


class _Numbers:
    """Numbers or moments, which are written where they stay: so they are in memory only once."""

    def __init__(self, kind: str, rows: int) -> None:
        self._moments = kind == "time"
        self._type = pa.timestamp("us") if self._moments else pa.float64()
        self._values = np.empty(rows, self._type.to_pandas_dtype())
        self._end = 0

    def put(self, piece: pa.Array) -> None:
        start, self._end = self._end, self._end + len(piece)
        values = piece.cast(self._type).to_numpy(zero_copy_only=False)
        self._values[start : self._end] = values

    def done(self) -> Any:
        values = self._values[: self._end]
        return pd.array(values, dtype=_MOMENT, copy=False) if self._moments else values


class _Words:
    """A category of the known values, in their order, and the others met, sorted."""

    def __init__(self, known: list[str]) -> None:
        self._known = known
        self._place = {word: at for at, word in enumerate(known)}
        self._codes = [np.empty(0, "int8")]

    def put(self, piece: pa.Array) -> None:
        coded = piece if pa.types.is_dictionary(piece.type) else piece.dictionary_encode()
        words = coded.dictionary.to_pylist()
        places = [self._place.setdefault(word, len(self._place)) for word in words]
        indices = coded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
        self._codes.append(self._small([*places, -1])[indices])

    def done(self) -> Any:
        others = list(self._place)[len(self._known) :]
        words = [*self._known, *sorted(others)]
        codes = np.concatenate(self._codes)
        if words != list(self._place):
            after = {word: at for at, word in enumerate(words)}
            codes = self._small([*(after[word] for word in self._place), -1])[codes]
        return pd.Categorical.from_codes(codes, dtype=_category(tuple(words)))

    def _small(self, places: list[int]) -> Any:
        return np.array(places, np.min_scalar_type(-len(self._place) - 1))


@lru_cache(maxsize=256)
def _category(values: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(values, dtype="str"))
