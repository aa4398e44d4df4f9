"""
Who was forgotten, told by marks, so that the next sync does not bring them back.

A mark is a salted hash: nobody is named here, yet a name that arrives can be recognised. Who holds
the archive can find out whether a name they know already was forgotten, and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import pyarrow as pa

from . import schema
from .anonymising import Anonymiser, logins, writings
from .observations import bare, retouched
from .store import Store

TABLE = "forgotten"


@dataclass(frozen=True)
class Suppressed:
    """The people who may not come back."""

    salt: bytes
    marks: frozenset[str]

    def mark(self, name: str) -> str:
        """Return a name's mark; capitals make no difference."""
        return blake2b(name.casefold().encode(), digest_size=12, key=self.salt).hexdigest()

    def alias(self, name: str) -> str:
        """Return what stands in the place of a forgotten name: always the same, and no name."""
        return f"forgotten-{self.mark(name)[:10]}"

    def aliases(self, names: Iterable[str]) -> Mapping[str, str]:
        """Return the aliases of those among the names that were forgotten."""
        return {name: self.alias(name) for name in names if self.mark(name) in self.marks}

    def without(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return an observation without the people who were forgotten."""
        body = row["body"]
        if not body:
            return row
        if aliases := self.aliases(logins(body)):
            return bare(row, Anonymiser(aliases).own(body))
        if aliases := self.aliases(writings(body)):
            return retouched(row, Anonymiser(aliases).mention(body))
        return row


def read(store: Store) -> Suppressed:
    """Return who was forgotten; with a new salt if nobody was."""
    rows = store.read(TABLE)
    salt = rows["salt"][0].as_py() if rows.num_rows else os.urandom(16)
    return Suppressed(salt, frozenset(rows["mark"].to_pylist()))


def note(store: Store, names: Iterable[str], at: datetime) -> Suppressed:
    """Note names as forgotten; once is enough."""
    known = read(store)
    new = sorted({known.mark(name) for name in names} - known.marks)
    if new:
        rows = [{"at": at, "salt": known.salt, "mark": mark} for mark in new]
        store.append(TABLE, pa.Table.from_pylist(rows, schema=schema.FORGOTTEN))
    return Suppressed(known.salt, known.marks | set(new))


def arriving(store: Store, rows: pa.Table) -> pa.Table:
    """Take the people who were forgotten out of observations that are about to be kept."""
    known = read(store)
    if not known.marks:
        return rows
    return pa.Table.from_pylist(list(map(known.without, rows.to_pylist())), rows.schema)
