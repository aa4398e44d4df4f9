"""The archive's diary: what was done to it, and which spans of creation were read."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from .. import __version__, tables
from ..errors import ArchiveError
from ..fetch.windows import Window
from . import schema
from .store import Store


def note(store: Store, act: str, at: datetime, told: dict[str, Any], **who: str) -> None:
    """Write what was done: one row, with what is told as JSON."""
    row = {
        "at": at,
        "act": act,
        **who,
        "release": __version__,
        "version": schema.VERSION,
        "columns": schema.fingerprint(),
        "told": json.dumps(told, default=str),
    }
    rows = pa.Table.from_pylist([row], schema=schema.LOG)
    store.again(lambda: store.append("log", rows))


def check_version(store: Store) -> None:
    """
    Refuse an archive that a later release has given another form.

    Raises
    ------
    ArchiveError
        If it has one.
    """
    made = store.read("log", ["version", "release"]).to_pylist()
    newest = max(made, key=lambda row: row["version"], default=None)
    if newest is not None and newest["version"] > schema.VERSION:
        raise ArchiveError(
            f"{store.path} was written by release {newest['release']}, in a form this one "
            "does not know",
            advice="run: pip install --upgrade postorder_nb",
        )


def is_outdated(store: Store) -> bool:
    """Tell whether versions were made with other columns than today's, and never rebuilt."""
    rows = sorted(store.read("log", ["at", "act", "columns"]).to_pylist(), key=lambda r: r["at"])
    last = max((i for i, row in enumerate(rows) if row["act"] == "rebuild"), default=0)
    return any(row["columns"] != schema.fingerprint() for row in rows[last:])


def seller_of(store: Store, account: str) -> str | None:
    """Return what the archive called the seller of an account in its latest sync."""
    rows = store.read("log", ["at", "seller"], ds.field("account") == account).to_pylist()
    latest = max(rows, key=lambda row: row["at"], default=None)
    return latest["seller"] if latest else None


def note_windows(
    store: Store, read: list[tuple[str, Window, int]], *, seller: str, at: datetime, sync: str
) -> None:
    """Write that windows of tables were read to their ends, and how many records they hold."""
    rows = [
        {
            "seller": seller, "table": table, "since": since, "until": until,
            "read_at": at, "total": total, "sync": sync,
        }
        for table, (since, until), total in read
    ]  # fmt: skip
    told = pa.Table.from_pylist(rows, schema=schema.WINDOWS)
    store.again(lambda: store.append("windows", told))


def windows(store: Store, seller: str) -> dict[str, list[tuple[Window, int]]]:
    """Return the windows that were read of a seller, with the records found, by table."""
    found: dict[str, list[tuple[Window, int]]] = {name: [] for name in tables.NAMES}
    for row in store.read("windows", where=ds.field("seller") == seller).to_pylist():
        window = (row["since"], row["until"])
        found[row["table"]].append((window, row["total"]))
    return found
