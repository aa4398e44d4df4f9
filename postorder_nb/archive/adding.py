"""Keeping observations: each answer once, each append whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyarrow.dataset as ds

from .. import tables
from ..errors import InputError
from . import suppression
from .observations import Observation, kept, mark, to_arrow
from .store import Store

#: Observations of one append at most.
MOST = 5_000
Kept = tuple[Observation, str, bytes | None]
History = dict[tuple[str, ...], list[tuple[datetime, str]]]


def append(store: Store, rows: list[Kept], sync: str) -> int:
    """Append (observation, hash, body or None) in one commit; return the append's number."""

    def once() -> int:
        number = store.reached("observations") + 1
        arrived = suppression.arriving(store, to_arrow(rows, sync, number))
        store.append("observations", arrived, number)
        return number

    with store.lock("observations"):
        number: int = store.again(once)
    return number


def add(store: Store, observed: Iterable[Observation], sync: str) -> tuple[int, int]:
    """
    Keep observations of any age that are not kept already.

    Returns
    -------
    tuple of int
        How many were new, and how many said the same as the answer before them.
    """
    new = same = 0
    for batch in _batches(observed):
        told = [(seen, body, mark(body) if body else "") for seen, body in batch]
        before = _before(store, [seen for seen, _, _ in told])
        rows: list[Kept] = []
        for seen, body, digest in sorted(told, key=lambda one: one[0].seen_at):
            history = before.setdefault((seen.seller, seen.table, seen.call, seen.record_id), [])
            last = max((one for one in history if one[0] <= seen.seen_at), default=None)
            if last is not None and last[1] == digest:
                same += 1
                continue
            history.append((seen.seen_at, digest))
            rows.append((seen, digest, body))
        if rows:
            append(store, rows, sync)
        new += len(rows)
    return new, same


def _batches(observed: Iterable[Observation]) -> Iterable[list[tuple[Observation, bytes]]]:
    batch: list[tuple[Observation, bytes]] = []
    for seen in observed:
        batch.append((seen, _checked(seen)))
        if len(batch) == MOST:
            yield batch
            batch = []
    if batch:
        yield batch


def _checked(seen: Observation) -> bytes:
    body = kept(seen.body)
    if body and not body.startswith(b"{"):
        raise InputError(
            f"the answer about {seen.table} {seen.record_id} is no JSON object",
            advice="pass the decoded answer, or a member of a page",
        )
    return body


def _before(store: Store, some: list[Observation]) -> History:
    """Return the moments and hashes of all that is kept of the records, by call."""
    found: History = {}
    columns = ["seller", "table", "call", "record_id", "seen_at", "hash"]
    for table in tables.NAMES:
        ids = sorted({seen.record_id for seen in some if seen.table == table})
        if not ids:
            continue
        where = (
            (ds.field("table") == table)
            & (ds.field("record_id") >= ids[0])
            & (ds.field("record_id") <= ids[-1])
            & ds.field("record_id").isin(ids)
        )
        rows = store.read("observations", columns, where)
        for *key, at, digest in zip(*(rows[name].to_pylist() for name in columns), strict=True):
            found.setdefault(tuple(key), []).append((at, digest))
    return found
