"""
The journal of writes: what was about to be sent, how it ended, and what is still in doubt.

One append-only file of JSON lines for each account and address. A line is on the disk before
what it announces happens, so that a process killed at any moment leaves no change untold. It
holds ids, amounts and a SHA-256 of the request; neither tokens nor anybody's words.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from ..config import Settings
from ..errors import InDoubt
from .locks import FileLock
from .operation import Effect

if sys.platform == "darwin":
    import fcntl

log = logging.getLogger("postorder_nb")

Outcome = Literal["done", "pending", "failed", "refused", "unsent", "doubt"]
Verdict = Literal["happened", "did not happen"]
_Known = dict[str, Any]

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_UNKNOWN = ("", "doubt")
_ANNOUNCED = (
    "attempt", "at", "since", "operation", "record", "effect", "fingerprint", "once",
    "amount", "look", "baseline",
)  # fmt: skip


@dataclass(frozen=True)
class Attempt:
    """
    One write, as the journal knows it.

    Parameters
    ----------
    attempt : str
        Its id.
    at, ended : datetime
        When it was announced and when its outcome was written, tz-aware UTC.
    operation, record, effect : str
        The call, what it acts on, and what it does.
    fingerprint : str
        SHA-256 of verb, path and body.
    once : str
        What may happen once only: writes that move money and share it repeat each other.
    amount : str
        The amount that was sent, such as ``19.95 USD``; empty where there is none.
    since : str
        When it was announced, on the server's clock.
    look, baseline : dict
        How to read the record, and what it said before; see `postorder_nb.api.evidence`.
    outcome : str
        ``done``, ``pending``, ``failed``, ``refused``, ``unsent`` or ``doubt``; empty while
        none is known.
    status, request_id, complaints
        What came back: HTTP status, eBay's id of the request, eBay's error ids.
    verdict, evidence : str
        How a doubt was settled, and why.
    """

    attempt: str
    at: datetime
    operation: str
    record: str
    effect: Effect
    fingerprint: str
    once: str = ""
    amount: str = ""
    since: str = ""
    look: dict[str, Any] = field(default_factory=dict)
    baseline: dict[str, Any] | None = None
    outcome: Outcome | Literal[""] = ""
    ended: datetime | None = None
    status: int | None = None
    request_id: str | None = None
    complaints: tuple[int | str, ...] = ()
    verdict: Verdict | Literal[""] = ""
    evidence: str = ""

    @property
    def open(self) -> bool:
        """Whether nobody knows if it happened."""
        return self.outcome in _UNKNOWN and not self.verdict

    @property
    def happened(self) -> bool:
        """Whether eBay took it on, refunds that are still pending included."""
        return _happened(self.outcome, self.verdict)

    def __str__(self) -> str:
        return f"{self.operation} on {self.record}" if self.record else self.operation


_FIELDS = tuple(each.name for each in fields(Attempt))


def doubt(attempt: Attempt, why: str) -> InDoubt:
    """Make the error for a write that nobody knows the end of."""
    target = f'"{attempt.record}"' if attempt.record else ""
    return InDoubt(
        f"{attempt} is in doubt: {why}",
        record=attempt.record,
        operation=attempt.operation,
        attempt=attempt.attempt,
        advice=f"po.settle({target}) reads the record and decides; repeating it could do it twice",
    )


class Journal:
    """
    The journal in one file, for several threads and processes at once.

    Parameters
    ----------
    path : Path
        The file; it is made with the first line, readable by its owner only.
    now : callable
        Tells the time.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.path = path
        self.now = now
        self._guard = threading.RLock()
        self._file_lock = path.with_suffix(".lock")
        self._forget()

    @classmethod
    def of(cls, settings: Settings) -> Journal:
        """Return the journal of an account at an address."""
        name = settings["account"]
        if settings.source("account") != "default":  # that one tells the address already
            name += f"@{urlsplit(settings['base_url']).netloc}"
        safe = re.sub(r"[^\w.@-]", "_", name)
        return cls(Path(settings["data_folder"]) / f"journal-{safe}.jsonl")

    def __repr__(self) -> str:
        return f"<Journal {self.path}: {len(self.open())} in doubt>"

    def open(self, record: str | None = None) -> list[Attempt]:
        """Return the writes nobody knows the end of, oldest first; all, or those on a record."""
        with self._guard:
            self._catch_up()
            found = self._open.values()
            return [
                _attempt(known)
                for known in found
                if record in (None, known["record"], known["attempt"])
            ]

    def happened(self, once: str) -> Attempt | None:
        """Return the write that moved money and is known to have happened, the last one of it."""
        with self._guard:
            self._catch_up()
            known = self._done.get(once)
            return _attempt(known) if known else None

    def begin(self, attempt: Attempt) -> None:
        """
        Announce a write: when this returns, its line is on the disk and it may be sent.

        Raises
        ------
        InDoubt
            If both this and an open write on the same record move money.
        """
        with self._guard, FileLock(self._file_lock):
            if attempt.effect is Effect.MONEY:
                self.check(attempt.record)
            self._append({"kind": "intent"} | {name: getattr(attempt, name) for name in _ANNOUNCED})

    def check(self, record: str) -> None:
        """Raise InDoubt if a write that moves money is open on the record."""
        for attempt in self.open(record):
            if attempt.effect is Effect.MONEY:
                why = "no answer came" if attempt.outcome else "it was begun and never ended"
                raise doubt(attempt, f"sent at {attempt.at:%Y-%m-%d %H:%M:%S} UTC, {why}")

    def end(
        self,
        attempt: Attempt,
        outcome: Outcome,
        *,
        status: int | None = None,
        request_id: str | None = None,
        complaints: tuple[int | str, ...] = (),
    ) -> None:
        """Write down how an announced write ended."""
        self._add(
            {
                "kind": "outcome",
                "attempt": attempt.attempt,
                "at": self.now(),
                "outcome": outcome,
                "status": status,
                "request_id": request_id,
                "complaints": list(complaints),
            }
        )

    def settle(self, attempt: Attempt, verdict: Verdict, evidence: str) -> None:
        """Write down whether a write in doubt happened."""
        self._add(
            {
                "kind": "settled",
                "attempt": attempt.attempt,
                "at": self.now(),
                "verdict": verdict,
                "evidence": evidence,
            }
        )

    def lock(self, attempt: Attempt) -> FileLock:
        """
        Return the lock that is held while a write is on its way.

        Writes that move money share one for each record; any other write has its own.
        """
        key = attempt.record if attempt.effect is Effect.MONEY else attempt.attempt
        name = hashlib.sha256(f"{self.path.name} {key}".encode()).hexdigest()[:32]
        return FileLock(self.path.parent / "locks" / f"{name}.lock")

    def rows(self) -> list[Attempt]:
        """Return all writes, oldest first."""
        found: dict[str, _Known] = {}
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        for entry in filter(None, map(_entry, lines)):
            if known := _merged(entry, found.get(entry["attempt"])):
                found[known["attempt"]] = known
        return [_attempt(known) for known in found.values()]

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self.rows())

    def _add(self, entry: dict[str, Any]) -> None:
        with self._guard, FileLock(self._file_lock):
            self._append(entry)

    def _append(self, entry: dict[str, Any]) -> None:
        """Add one line, and return when it is on the disk."""
        line = orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
        new = not self.path.exists()
        number = os.open(self.path, _FLAGS, 0o600)
        try:
            size = os.lseek(number, 0, os.SEEK_END)
            if size:
                os.lseek(number, size - 1, os.SEEK_SET)
                if os.read(number, 1) != b"\n":
                    line = b"\n" + line  # whoever wrote the torn line was killed before it counted
            while line:
                line = line[os.write(number, line) :]
            _flush(number)
        finally:
            os.close(number)
        if new:
            for folder in (self.path.parent, self.path.parent.parent):
                _flush_folder(folder)

    def _forget(self) -> None:
        self._read = 0
        self._inode = 0
        self._open: dict[str, _Known] = {}
        self._done: dict[str, _Known] = {}

    def _catch_up(self) -> None:
        """Take in the lines that were added since the last look; a torn last one waits."""
        try:
            with self.path.open("rb") as file:
                found = os.fstat(file.fileno())
                if found.st_ino != self._inode or found.st_size < self._read:
                    self._forget()
                    self._inode = found.st_ino
                file.seek(self._read)
                added = file.read()
        except FileNotFoundError:
            self._forget()
            return
        whole = added.rfind(b"\n") + 1
        self._read += whole
        for entry in filter(None, map(_entry, added[:whole].splitlines())):
            self._take(entry)

    def _take(self, entry: _Known) -> None:
        name = entry["attempt"]
        known = _merged(entry, self._open.get(name))
        if known is None:
            return
        if known["outcome"] in _UNKNOWN and not known["verdict"]:
            self._open[name] = known
            return
        del self._open[name]
        if known["effect"] == Effect.MONEY and _happened(known["outcome"], known["verdict"]):
            self._done[known["once"]] = known | {"look": {}, "baseline": None}


def _happened(outcome: str, verdict: str) -> bool:
    return outcome in ("done", "pending") or verdict == "happened"


def _entry(line: bytes) -> _Known | None:
    """Read a line; None for one that was torn and then closed by the next writer."""
    try:
        entry = orjson.loads(line)
        return entry if entry["attempt"] else None
    except (ValueError, KeyError, TypeError):
        log.info("the journal holds a torn line of %d bytes", len(line))
        return None


def _merged(entry: _Known, known: _Known | None) -> _Known | None:
    """Bring an entry and what was known before it together."""
    if entry["kind"] == "intent":
        return {"once": "", "outcome": "", "verdict": "", **entry}
    if known is None:
        return None
    if entry["kind"] == "outcome":
        return known | entry | {"at": known["at"], "ended": entry["at"]}
    return known | entry | {"at": known["at"]}


def _attempt(known: _Known) -> Attempt:
    moments = {
        name: datetime.fromisoformat(known[name]) for name in ("at", "ended") if known.get(name)
    }
    given = {name: known[name] for name in _FIELDS if name in known}
    return Attempt(
        **{
            **given,
            **moments,
            "effect": Effect(known["effect"]),
            "complaints": tuple(known.get("complaints", ())),
        }
    )


def _flush(number: int) -> None:
    """Bring a file to the disk; macOS needs a stronger word for it."""
    if sys.platform == "darwin":
        fcntl.fcntl(number, fcntl.F_FULLFSYNC)
    else:
        os.fsync(number)


def _flush_folder(folder: Path) -> None:
    """Bring a new file's name to the disk; Windows does so by itself."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
