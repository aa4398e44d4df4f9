"""Writing a table's checkpoint: the rows that count now, so that readers need not look for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import pyarrow as pa

from . import engines, frames, schema
from .store import Store

# Readers look through this many rows behind the checkpoint without being slower for it ...
_FEW = 20_000
# ... or through this share of the checkpoint.
_SHARE = 0.02
_BATCH = 50_000
# What DuckDB may hold of versions that are compared; more goes to temporary files.
_MEMORY = "1GB"
_END = datetime.max.replace(tzinfo=UTC)


def compact(store: Store, names: Iterable[str] | None = None, *, always: bool = False) -> list[str]:
    """
    Write the checkpoints of tables that have many newer versions; frames say the same after it.

    Each is one commit: readers see the old checkpoint or the new one, also after a kill.

    Parameters
    ----------
    store : Store
        The tables.
    names : iterable of str, optional
        Which of them; all by default.
    always : bool
        Also where there are few newer versions; and of all versions, so that nothing depends on
        the checkpoint of before.

    Returns
    -------
    list of str
        The tables whose checkpoint was written.
    """
    with store.lock("compact"):
        return write(store, names or schema.VERSIONED, always=always)


def write(store: Store, names: Iterable[str], *, always: bool) -> list[str]:
    """Compact as `compact` does, for a caller that holds the lock."""
    return [
        name
        for name in names
        if (reached := store.reached(schema.versions(name))) > store.reached(name)
        and (always or _is_due(store, name))
        and _write(store, name, reached, anew=always)
    ]


def _is_due(store: Store, name: str) -> bool:
    behind = _count(store, schema.versions(name), store.reached(name))
    return behind > max(_FEW, _SHARE * _count(store, name, -1))


def _count(store: Store, name: str, through: int) -> int:
    """Count the rows of the files that hold later merges, by what the table's log says of them."""
    table = store.table(name)
    files = [] if table is None else pa.table(table.get_add_actions(flatten=True)).to_pylist()
    return sum(file["num_records"] for file in files if file["max.batch"] > through)


def _write(store: Store, name: str, reached: int, *, anew: bool) -> bool:
    """Write the rows of the merges up to `reached`, streamed if they are many."""
    wanted, as_of = schema.arrow(name), _END if anew else None
    if _count(store, schema.versions(name), -1) + _count(store, name, -1) <= _FEW:
        rows = frames.current(store, name, wanted.names, as_of=as_of).cast(wanted)
        store.overwrite(name, rows, number=reached)
        return True
    with TemporaryDirectory() as folder:
        connection = engines.connect()
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute("SET temp_directory = ?", [folder])
        opened = engines.opener("duckdb", connection, store.options)
        found = frames.lazy(store, name, opened, columns=wanted.names, as_of=as_of)
        reader = found.to_native().to_arrow_reader(_BATCH)
        store.overwrite(name, reader.cast(wanted), number=reached)
        connection.close()
    return True
