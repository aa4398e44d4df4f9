"""Tables that were kept as Arrow, with the dtypes of fresh ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa

from .describing import specs
from .frames import framed

_CATEGORIES = ("enum", "currency")
# Columns that no answer holds.
_TEXT = ("text", None)
_STAMPS = {"seen_from": ("time", None)}


def enums(name: str) -> list[str]:
    """List the columns of a table that are categories; none for a table that is not known."""
    fields = [field for spec, _, _ in specs(name) for field in spec.fields]
    return [column for column, kind in fields if kind in _CATEGORIES]


def from_arrow(name: str, table: pa.Table) -> pd.DataFrame:
    """
    Return a stored table as a DataFrame with the dtypes that `from_details` gives.

    Parameters
    ----------
    name : str
        A record or a child table.
    table : pyarrow.Table
        Columns of it, enums as text or as dictionaries; ``seen_from`` is a moment, every other
        column text.

    Raises
    ------
    InputError
        If there is no table of that name.
    """
    fields = {field: (kind, spec) for spec, _, _ in specs(name) for field, kind in spec.fields}
    known = [
        (column, *fields.get(column, _STAMPS.get(column, _TEXT))) for column in table.column_names
    ]
    arrays = []
    for (_, kind, _), chunks in zip(known, table.columns, strict=True):
        plain = kind in _CATEGORIES and not pa.types.is_dictionary(chunks.type)
        arrays.append(chunks.dictionary_encode() if plain else chunks)
    with ThreadPoolExecutor() as pool:  # Arrow and numpy convert columns side by side
        return framed(known, arrays, pool.map)
