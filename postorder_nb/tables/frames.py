"""From typed Arrow columns to pandas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .columns import Column
from .engine import Growing
from .findings import HIDDEN, Findings

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
    fields: Iterable[tuple[str, str, Column | None]],
    arrays: Iterable[pa.ChunkedArray],
    each: Callable[..., Iterable[Any]] = map,
) -> pd.DataFrame:
    """Return typed Arrow columns, whose (name, kind, column) are told; `each` may be a pool's."""
    names, kinds, columns = zip(*fields, strict=True)
    made = zip(names, each(_column, kinds, columns, arrays), strict=True)
    return pd.DataFrame(dict(made), copy=False)  # the arrays are the frame's own


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


def _column(kind: str, column: Column | None, chunks: pa.ChunkedArray) -> Any:
    if kind in ("enum", "currency"):
        return _categorical(chunks, column.known if column and kind == "enum" else [])
    return _array(kind, chunks)


def _array(kind: str, chunks: pa.ChunkedArray) -> Any:
    if kind in _EXTENSION:
        return _EXTENSION[kind].__from_arrow__(chunks)
    moments = kind == "time"
    numbers = chunks.cast(pa.timestamp("us") if moments else pa.float64()).to_numpy()
    own = numbers if numbers.flags.writeable else numbers.copy()  # Arrow's may not be written to
    return pd.array(own, dtype=_MOMENT, copy=False) if moments else own


def _categorical(chunks: pa.ChunkedArray, known: list[str]) -> pd.Categorical:
    """Make a category of the known values, in their order, and the others met, sorted."""
    met = {value for chunk in chunks.chunks for value in chunk.dictionary.to_pylist()}
    categories = [*known, *sorted(met.difference(known))]
    place = {value: at for at, value in enumerate(categories)}
    codes = [np.empty(0, dtype="int32")]
    for chunk in chunks.chunks:
        words = chunk.dictionary.to_pylist()
        lookup = np.array([*(place[word] for word in words), -1], dtype="int32")
        codes.append(lookup[chunk.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)])
    return pd.Categorical.from_codes(np.concatenate(codes), dtype=_category(tuple(categories)))


@lru_cache(maxsize=256)
def _category(values: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(values, dtype="str"))
