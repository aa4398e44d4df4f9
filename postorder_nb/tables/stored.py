"""Tables that were kept as Arrow, with the dtypes of fresh ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .describing import specs
from .frames import Filling, filling

# Columns, and which of their rows count: all, if that is None.
Batch = tuple[list[pa.Array], pa.Array | None]
# For what is read only to be converted. Arrow's usual pool asks for huge pages anew each time,
# which a virtual machine hands out slowly: a million returns took a third longer.
_GIVEN = "jemalloc" in pa.supported_memory_backends()
POOL = pa.jemalloc_memory_pool() if _GIVEN else pa.system_memory_pool()
_CATEGORIES = ("enum", "currency")
# Columns that no answer holds.
_TEXT: tuple[str, None] = ("text", None)
_STAMPS: dict[str, tuple[str, None]] = {"seen_from": ("time", None)}


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
    batches = ((batch.columns, None) for batch in table.to_batches())
    return from_batches(name, table.column_names, batches, table.num_rows)


def from_batches(
    name: str, columns: Sequence[str], batches: Iterable[Batch], rows: int
) -> pd.DataFrame:
    """
    Do the same for a table that comes in batches, of which nothing is kept but text.

    Parameters
    ----------
    name : str
        As for `from_arrow`.
    columns : sequence of str
        The columns, in the order in which each batch has them.
    batches : iterable of (list of pyarrow.Array, pyarrow.BooleanArray or None)
        The columns of some rows, and which of these rows count; None: all.
    rows : int
        No more rows than these count; memory for their numbers is taken at once.
    """
    fields = {field: (kind, spec) for spec, _, _ in specs(name) for field, kind in spec.fields}
    told = [fields.get(column, _STAMPS.get(column, _TEXT)) for column in columns]
    growing = [filling(kind, spec, rows) for kind, spec in told]
    with ThreadPoolExecutor() as pool:  # Arrow and numpy convert columns side by side

        def put(batch: Batch) -> None:
            pieces, counts = batch

            def put_one(column: Filling, piece: pa.Array) -> None:
                column.put(piece if counts is None else pc.filter(piece, counts, memory_pool=POOL))

            list(pool.map(put_one, growing, pieces))

        for _ in map(put, batches):  # a batch is let go before the next one comes
            pass
        made = dict(zip(columns, pool.map(lambda column: column.done(), growing), strict=True))
    return pd.DataFrame(made, copy=False)  # the arrays are the frame's own
