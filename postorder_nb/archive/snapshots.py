"""An archive's records of a span of time as a Snapshot, for metrics, plots and the report."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from .. import clock, tables
from ..fetch import Snapshot
from ..fetch.windows import When
from ..tables.records import RECORDS
from . import frames
from .store import Store


def snapshot(
    store: Store,
    since: When | None = None,
    until: When | None = None,
    *,
    as_of: When | None = None,
    sellers: Collection[str] | str | None = None,
) -> Snapshot:
    """Return records and child rows; see `Archive.snapshot`."""
    filters: list[frames.Filter] = []
    if since is not None:
        filters.append(("created_at", ">=", since))
    if until is not None:
        filters.append(("created_at", "<=", until))
    own: list[frames.Filter] = []
    if sellers is not None:
        own.append(("seller", "in", [sellers] if isinstance(sellers, str) else sellers))
    found = {
        name: frames.current(store, name, filters=[*own, *filters], as_of=as_of)
        for name in tables.NAMES
    }
    children = {
        name: frames.current(store, name, filters=own, as_of=as_of) for name in tables.CHILD_NAMES
    }
    if filters:
        known = pa.concat_arrays([_named(rows, name) for name, rows in found.items()])
        for name, rows in children.items():
            mine = pc.is_in(frames.owners(rows, name), value_set=known)
            children[name] = rows.filter(mine)
    made = {
        name: tables.from_arrow(name, rows.select(tables.empty(name).columns.to_list()))
        for name, rows in {**found, **children}.items()
    }
    start, end = (None if when is None else frames.at(when).isoformat() for when in (since, until))
    seen = _seen(store) if as_of is None else frames.at(as_of)
    meta = {
        "source": f"archive {store.path}",
        "marketplace": None,
        "since": start,
        "until": end or seen.isoformat(timespec="milliseconds"),
        "fetched_at": seen.isoformat(timespec="seconds"),
        "details": [
            n for n in tables.NAMES if RECORDS[n].singular in set(made["history"]["record"])
        ],
    }
    return Snapshot(**made, meta=meta)


def _named(rows: pa.Table, name: str) -> pa.Array:
    """Return the records as their child rows name them."""
    singular = pa.scalar(RECORDS[name].singular)
    key = rows[tables.KEYS[name]]
    return pc.binary_join_element_wise(rows["seller"], singular, key, "\0").combine_chunks()


def _seen(store: Store) -> datetime:
    """Return when the archive was last brought up to date."""
    last = pc.max(store.read("log", ["at"])["at"]).as_py()
    return last or clock.now()
