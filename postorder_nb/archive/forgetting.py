"""
Forgetting a person: their records lose them, the numbers stay, and the files are written anew.

Everything here is done in an order that may be cut off at any point and begun again. Who is to be
forgotten is noted first, so that nothing of them comes back meanwhile. The records of others go
before their own, since these tell what to look for there. The log says that old files are still
to be removed until they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from .. import clock, tables
from ..errors import ArchiveError, InputError
from ..tables.records import RECORDS
from . import compacting, log, merging, rebuilding, schema, suppression
from .anonymising import Anonymiser, Words, logins, particulars
from .observations import bare, retouched
from .store import Store
from .timelines import Owner

Owners = dict[str, set[Owner]]
Row = dict[str, Any]
BEGUN = "begun"
_ACTS = ("forget", "retain")
_AT_ONCE = 2_000
# Whose archive it is need not be forgotten with a buyer; and hashes tell nothing.
_NOBODYS = frozenset(
    {"seller", "account", "hash", "summary_hash", "detail_hash", "sync", "columns"}
)
_TABLE_OF = {record.singular: name for name, record in RECORDS.items()}


@dataclass(frozen=True)
class Forgotten:
    """
    What `Archive.forget` did.

    Parameters
    ----------
    names : int
        Names that were looked for.
    records : int
        Records of the person's own, whose answers and rows lost all that is personal.
    mentions : int
        Records of others in which the person was spoken of.
    answers : int
        Kept answers that were written anew.
    files : int
        Files of old versions that were removed.
    """

    names: int
    records: int = 0
    mentions: int = 0
    answers: int = 0
    files: int = 0


def forget(store: Store, users: Iterable[str]) -> Forgotten:
    """Take people out of an archive; see `Archive.forget`."""
    names = _checked(users)
    if store.table("observations") is None:
        return Forgotten(len(names))
    _refuse_sellers(store, names)
    with alone(store):
        merging.catch_up(store)
        aliases = suppression.note(store, names, clock.now()).aliases(names)
        own, mentions, words = _found(store, names)
        if not (count(own) or count(mentions) or is_begun(store)):
            return Forgotten(len(names))
        begin(store, "forget")
        anonymiser = Anonymiser(aliases, words)
        answers = exchange(store, mentions, lambda r: retouched(r, anonymiser.mention(r["body"])))
        answers += exchange(store, own, lambda row: bare(row, anonymiser.own(row["body"])))
        files = cleared(store)
        _prove(store, words)
        told = Forgotten(len(names), count(own), count(mentions), answers, files)
        done(store, "forget", told)
    return told


def _checked(users: Iterable[str]) -> list[str]:
    names = list(users)
    for name in names:
        if not isinstance(name, str) or len(name.strip()) < 2:
            raise InputError(
                f"{name!r} is no user", advice="pass login names, user ids or EIAS tokens as text"
            )
    if not names:
        raise InputError("nobody is named", advice="pass at least one login name or user id")
    return list(dict.fromkeys(names))


def _refuse_sellers(store: Store, names: list[str]) -> None:
    here: set[str] = set()
    for batch in store.batches(schema.versions("known"), ["seller"]):
        here.update(batch["seller"].unique().to_pylist())
    if sellers := here.intersection(names):
        raise InputError(
            f"{sellers.pop()} is a seller of this archive",
            advice="remove the folder if all of it is to go",
        )


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Keep all other writers away; a rebuild that was cut off is brought to its end first."""
    rebuilding.finish(store)
    with ExitStack() as held:
        for name in ("merge", "observations", "compact"):  # the order in which a rebuild has them
            held.enter_context(store.lock(name))
        yield


def begin(store: Store, act: str) -> None:
    """Note that old files are to be removed."""
    log.note(store, f"{act} {BEGUN}", datetime.now(UTC), {})


def done(store: Store, act: str, told: Any) -> None:
    """Note that it is done."""
    log.note(store, act, datetime.now(UTC), asdict(told))


def is_begun(store: Store) -> bool:
    """Tell whether old files were to be removed, and may not have been."""
    acts = sorted(
        (row["at"], row["act"])
        for row in store.read("log", ["at", "act"]).to_pylist()
        if row["act"].startswith(_ACTS)
    )
    return bool(acts) and acts[-1][1].endswith(BEGUN)


def _found(store: Store, names: list[str]) -> tuple[Owners, Owners, Words]:
    """Return the people's own records, those of others they are in, and all that names them."""
    sought = {name.casefold() for name in names}
    own, mentions = empty(), empty()
    more = set(names)
    for _, table, owner, row in _naming(store, Words(names)):
        told = logins(row["body"]) if row.get("body") else {row.get("buyer") or ""}
        is_own = not sought.isdisjoint(map(str.casefold, told))
        (own if is_own else mentions)[table].add(owner)
    for rows in _answers(store, own):
        for body in filter(None, rows["body"].to_pylist()):
            more |= particulars(body)
    words = Words(more)
    if len(more) > len(names):
        for _, table, owner, _ in _naming(store, words):
            mentions[table].add(owner)
    return own, {table: some - own[table] for table, some in mentions.items()}, words


def empty() -> Owners:
    """Return no records."""
    return {table: set() for table in tables.NAMES}


def count(owners: Owners) -> int:
    """Count records."""
    return sum(map(len, owners.values()))


def _naming(store: Store, words: Words) -> Iterator[tuple[str, str, Owner, Mapping[str, Any]]]:
    """Yield the rows in which one of the names stands: where, the record's table and owner."""
    for name in ("observations", *map(schema.versions, schema.ROWS), *schema.ROWS):
        asked = {*_texts(name), *schema.owner(name)} if name != "observations" else {}
        columns = [field.name for field in schema.arrow(name) if field.name in asked]
        for batch in store.batches(name, columns or ["seller", "table", "record_id", "body"]):
            for row in _hits(batch, words):
                yield name, *_whose(name, row), row


def _hits(batch: pa.RecordBatch, words: Words) -> Iterator[dict[str, Any]]:
    """Yield the rows of a batch in which one of the names stands."""
    if "body" in batch.schema.names:
        told = [bool(body) and words.answered(body) for body in batch["body"].to_pylist()]
        yield from batch.filter(pa.array(told, pa.bool_())).to_pylist()
        return
    hits: Any = None
    for name in set(batch.schema.names) - _NOBODYS:
        said = batch[name].unique()
        here = [text for text in said.to_pylist() if text and words.inside(text, name)]
        if here:
            is_here = pc.is_in(batch[name], pa.array(here, said.type))
            hits = is_here if hits is None else pc.or_(hits, is_here)
    if hits is not None:
        yield from batch.filter(hits).to_pylist()


def _texts(name: str) -> list[str]:
    return [field.name for field in schema.arrow(name) if field.type == pa.string()]


def _whose(name: str, row: Mapping[str, Any]) -> tuple[str, Owner]:
    table = name.removesuffix("_versions")
    if table in tables.NAMES:
        return table, (row["seller"], row[tables.KEYS[table]])
    record = row["table"] if name == "observations" else _TABLE_OF[row["record"]]
    return record, (row["seller"], row["record_id"])


def _answers(store: Store, owners: Owners) -> Iterator[pa.Table]:
    """Yield all kept answers about some records, some records at a time."""
    for table, some in owners.items():
        ordered = sorted(some)
        for start in range(0, len(ordered), _AT_ONCE):
            chosen = ordered[start : start + _AT_ONCE]
            ids = sorted({record_id for _, record_id in chosen})
            where = (ds.field("table") == table) & ds.field("record_id").isin(ids)
            rows = store.read("observations", where=where)
            yield merging.of_owners(rows, set(chosen).__contains__)


def exchange(store: Store, owners: Owners, new: Callable[[Row], Row]) -> int:
    """Write answers about some records, and their rows, anew; say how many answers that were."""
    changed = 0
    for table in tables.NAMES:
        for rows in _answers(store, {table: owners[table]}):
            old = rows.to_pylist()
            told = [new(row) if row["body"] else row for row in old]
            there = {(row["seller"], row["record_id"]) for row in old}
            where = merging.condition("observations", table, there)
            store.replace("observations", pa.Table.from_pylist(told, rows.schema), where)
            changed += sum(
                one["body"] != other["body"] for one, other in zip(old, told, strict=True)
            )
    if count(owners):
        merging.restate(store, {table: some for table, some in owners.items() if some})
    return changed


def cleared(store: Store) -> int:
    """Write the checkpoints of what changed, and remove all files of before."""
    compacting.write(store, schema.VERSIONED, always=True)
    store.remove("rebuild")  # what rebuilds that were cut off have left behind
    return sum(store.vacuum(name) for name in schema.names())


def _prove(store: Store, words: Words) -> None:
    """Search every row of every table for what was to go."""
    for where, table, (_, record_id), _ in _naming(store, words):
        raise _left(f"{where}, {table} {record_id}")


def _left(where: str) -> ArchiveError:
    return ArchiveError(
        f"somebody who is to be forgotten is still in {where}",
        advice="run forget again; if it stays, remove the archive's table and rebuild it",
    )
