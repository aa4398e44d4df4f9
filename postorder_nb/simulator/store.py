"""
A SQLite file that outlives the process: which world it was, and every command that changed it.

The world itself is not stored: the same seed makes it again, and the same commands at the same
moments bring it to where it was. Each command carries a mark of what was answered; a replay that
answers anything else is refused, so that what comes back is what was there, or a clear error.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from .. import __version__
from ..errors import InputError
from .answers import Answer

FORMAT = 1
_OURS = 0x504F5342  # marks the file as ours, in its header
_TABLES = """
create table settings (name text primary key, value text not null) without rowid;
create table commands (
    number integer primary key, at text not null, kind text not null,
    facts blob not null, mark text not null
);
"""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """Something that changed the world: when, what, and a mark of what came of it."""

    number: int
    at: datetime
    kind: str
    facts: Json
    mark: str


class Store:
    """
    The file of one simulator; no other process may open it meanwhile.

    A commit is in the operating system's hands when `append` returns: the end of the process
    cannot undo it, the end of the power supply may undo the last ones, but leaves the file whole.

    Parameters
    ----------
    path : str or Path
        Where; made when it is not there.

    Raises
    ------
    InputError
        The file is not one of ours, of a newer format, or open elsewhere.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._failed = False
        try:
            self._file = sqlite3.connect(
                self.path, timeout=0.5, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        try:
            self._open()
        except sqlite3.Error as error:
            self._file.close()
            raise self._unusable(error) from None
        except InputError:
            self._file.close()
            raise

    def _open(self) -> None:
        fresh = not self._one("select count(*) from sqlite_master")
        if not fresh and self._one("pragma application_id") != _OURS:
            raise InputError(
                f"{self.path} is not a file of the simulator's", advice="name another file"
            )
        if not fresh and (found := self._one("pragma user_version")) != FORMAT:
            raise InputError(
                f"{self.path} has format {found}, and this release reads {FORMAT}",
                advice=f"open it with release {self.release()}, or name a new file",
            )
        self._file.execute("pragma locking_mode = exclusive")
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        self._file.execute("begin exclusive")
        if fresh:
            for statement in _TABLES.split(";"):
                self._file.execute(statement)
            self._file.execute(f"pragma application_id = {_OURS}")
            self._file.execute(f"pragma user_version = {FORMAT}")
        self._file.execute("commit")

    def _one(self, query: str) -> Any:
        return self._file.execute(query).fetchone()[0]

    def _unusable(self, error: sqlite3.Error) -> InputError:
        locked = "locked" in str(error)
        return InputError(
            f"cannot use {self.path}: {error}",
            advice="another simulator has it open" if locked else "name another file",
        )

    # -- settings ---------------------------------------------------------------------------------

    def settings(self) -> Json:
        """Return what world it holds; empty for a new file."""
        rows = self._file.execute("select name, value from settings where name <> 'release'")
        return {name: orjson.loads(value) for name, value in rows}

    def release(self) -> str:
        """Return the release that made it."""
        found = self._file.execute("select value from settings where name = 'release'").fetchone()
        return str(orjson.loads(found[0])) if found else "(unknown)"

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Write down what world it holds, and forget all commands."""
        rows = {**settings, "release": __version__}
        self._file.execute("begin immediate")
        self._file.execute("delete from commands")
        self._file.execute("delete from settings")
        self._file.executemany(
            "insert into settings values (?, ?)",
            [(name, orjson.dumps(value).decode()) for name, value in rows.items()],
        )
        self._file.execute("commit")

    # -- commands ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise when a command was lost: what is in memory is ahead of the file then."""
        if self._failed:
            raise OSError(f"{self.path} could not be written; start the simulator again")

    def append(self, kind: str, at: datetime, facts: Json, mark: str) -> None:
        """Keep a command; it is kept when this returns."""
        row = (at.isoformat(), kind, orjson.dumps(facts, default=_tagged), mark)
        try:
            self._file.execute("insert into commands (at, kind, facts, mark) values (?,?,?,?)", row)
        except BaseException:
            self._failed = True
            raise

    def commands(self) -> Iterator[Command]:
        """Yield all commands, in order."""
        query = "select number, at, kind, facts, mark from commands order by number"
        for number, at, kind, facts, mark in self._file.execute(query):
            known = {name: _untagged(value) for name, value in orjson.loads(facts).items()}
            yield Command(number, datetime.fromisoformat(at), kind, known, mark)

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        with suppress(sqlite3.Error):
            self._file.close()


def mark(outcome: object) -> str:
    """Return a mark of what came of a command: equal for equal outcomes, else different."""
    if isinstance(outcome, Answer):
        said = f"{outcome.status} {sorted(outcome.headers.items())} ".encode() + outcome.body
    else:
        said = str(outcome).encode()
    return hashlib.sha256(said).hexdigest()[:24]


def _tagged(value: object) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(f"{value!r} cannot be kept in a file")


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"$decimal"}:
            return Decimal(value["$decimal"])
        return {name: _untagged(inner) for name, inner in value.items()}
    return value
