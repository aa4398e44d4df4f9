"""How long an archive keeps what: whole records, and the persons in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from .. import tables
from ..errors import InputError
from ..fetch.windows import LOOKBACK_MONTHS
from . import forgetting, frames, merging, schema
from .anonymising import Anonymiser
from .forgetting import Owners
from .observations import BARE, bare
from .store import Store
from .timelines import Owner

_SPAN = re.compile(r"\s*([1-9][0-9]{0,3})\s*(d|w|mo|y)\s*")
#: What tells when a record ended, best first; eBay does not say when a case was closed.
_ENDS = ("closed_at", "modified_at", "created_at")
_UNITS = {"d": "days", "w": "weeks", "mo": "months", "y": "years"}


@dataclass(frozen=True)
class Retained:
    """
    What `Archive.retain` did.

    Parameters
    ----------
    removed : int
        Records that were removed.
    anonymised : int
        Records that lost their person.
    files : int
        Files of old versions that were removed.
    """

    removed: int = 0
    anonymised: int = 0
    files: int = 0


def limit(span: str, now: datetime, name: str) -> datetime:
    """
    Return the moment a span of days, weeks, months or years before now.

    Raises
    ------
    InputError
        If it is no such span.

    Examples
    --------
    >>> from datetime import UTC
    >>> limit("5y", datetime(2026, 6, 30, tzinfo=UTC), "keep").isoformat()
    '2021-06-30T00:00:00+00:00'
    """
    found = _SPAN.fullmatch(span) if isinstance(span, str) else None
    if found is None:
        raise InputError(f"{name}={span!r} is no span", advice='write "5y", "18mo", "6w" or "90d"')
    span_of: dict[str, Any] = {_UNITS[found[2]]: int(found[1])}
    back = pd.DateOffset(**span_of)
    moment: datetime = (pd.Timestamp(now) - back).to_pydatetime()
    return moment


def retain(store: Store, keep: str | None, personal: str | None, now: datetime) -> Retained:
    """Remove what is older than the rules allow; see `Archive.retain`."""
    oldest = None if keep is None else limit(keep, now, "keep")
    if oldest is not None and oldest > limit(f"{LOOKBACK_MONTHS}mo", now, "keep"):
        raise InputError(
            f"keep={keep!r} is shorter than eBay's own {LOOKBACK_MONTHS} months: the next sync "
            "would bring back what is removed",
            advice=f'take keep="{LOOKBACK_MONTHS}mo" or more, and personal={keep!r} for persons',
        )
    youngest = None if personal is None else limit(personal, now, "personal")
    if store.table("observations") is None:
        return Retained()
    with forgetting.alone(store):
        merging.catch_up(store)
        gone = _ended_before(store, oldest)
        persons = _with_person(store, _less(_ended_before(store, youngest), gone))
        if not (forgetting.count(gone) or forgetting.count(persons) or forgetting.is_begun(store)):
            return Retained()
        forgetting.begin(store, "retain")
        for table, owners in gone.items():
            _remove(store, table, owners)
        anonymiser = Anonymiser({})
        forgetting.exchange(store, persons, lambda row: bare(row, anonymiser.own(row["body"])))
        files = forgetting.cleared(store)
        told = Retained(forgetting.count(gone), forgetting.count(persons), files)
        forgetting.done(store, "retain", told)
    return told


def _less(all_: Owners, some: Owners) -> Owners:
    return {table: all_[table] - some[table] for table in tables.NAMES}


def _ended_before(store: Store, moment: datetime | None) -> Owners:
    """Return the records that ended, or began and never ended in sight, before a moment."""
    found = forgetting.empty()
    if moment is None:
        return found
    still_open = frames.current(
        store, "known", ["seller", "table", "record_id"], [("open", "==", True)]
    )
    for table in tables.NAMES:
        ends = [name for name in _ENDS if name in schema.arrow(table).names]
        rows = frames.current(store, table, ["seller", tables.KEYS[table], *ends])
        ended = pc.coalesce(*(rows[name] for name in ends))
        old = rows.filter(pc.fill_null(pc.less(ended, pa.scalar(moment, schema.MOMENT)), False))
        found[table] = _owners(old, tables.KEYS[table])
        found[table] -= _owners(
            still_open.filter(pc.equal(still_open["table"], table)), "record_id"
        )
    return found


def _owners(rows: pa.Table, key: str) -> set[Owner]:
    return set(zip(rows["seller"].to_pylist(), rows[key].to_pylist(), strict=True))


def _with_person(store: Store, owners: Owners) -> Owners:
    """Return those records of which an answer is kept that has its person."""
    columns = ["seller", "table", "record_id"]
    is_whole = (ds.field("schema") != BARE) & (pc.binary_length(ds.field("body")) > 0)
    whole = store.read("observations", columns, is_whole)
    return {
        table: some & _owners(whole.filter(pc.equal(whole["table"], table)), "record_id")
        for table, some in owners.items()
    }


def _remove(store: Store, table: str, owners: set[Owner]) -> None:
    """Remove records: their rows first, so that a removal that was cut off is found again."""
    if not owners:
        return
    ids = {record_id for _, record_id in owners}
    for name in (*tables.CHILD_NAMES, "known", table):
        where = merging.condition(name, table, owners)
        for there in (schema.versions(name), name):
            if merging.holds(store, there, table, ids):
                store.replace(there, schema.arrow(name).empty_table(), where)
    where = merging.condition("observations", table, owners)
    store.replace("observations", schema.OBSERVATIONS.empty_table(), where)
