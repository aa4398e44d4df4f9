"""
The compact form of a cassette: JSON lines, compressed, each exchange on the disk as it happens.

The first line tells the moment of the recording, each further one is an exchange, and the last
one, ``{"end": n}``, that the recording came to its end. Every line is flushed by itself. A file
that breaks off, because its process was killed, is read up to its last whole line.
"""

from __future__ import annotations

import os
import secrets
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from postorder_nb.recording import rows
from postorder_nb.recording.exchange import Exchange
from postorder_nb.recording.rows import Unsound

LONGEST_LINE = 64 * 2**20
MOST_UNPACKED = 2 * rows.MOST_BYTES  # a body of control signs takes more room than it has bytes
_CHUNK = 2**20
_BINARY = getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_MORE = os.O_WRONLY | os.O_APPEND | _BINARY
_GZIP = 31  # zlib's name for a window of 32 KiB in a gzip file


@dataclass(frozen=True)
class Stored:
    """
    What a cassette's file holds.

    `complete` is False if the recording was cut off; `scrubbed` tells the key that took the
    persons out, see `postorder_nb.recording.scrub.Scrubber.mark`, and is empty if none did.
    """

    recorded_at: datetime
    exchanges: list[Exchange]
    complete: bool = True
    scrubbed: str = ""


class Journal:
    """
    Writes a compact cassette, one exchange at a time, from any thread.

    The file is made with the first exchange, in place of what was there.

    Parameters
    ----------
    path : Path
        The file.
    recorded_at : datetime
        The moment of the recording.
    before : sequence of Exchange
        What stands in the file before anything is added.
    scrubbed : str
        Which key took the persons out.
    """

    def __init__(
        self, path: Path, recorded_at: datetime, before: Sequence[Exchange] = (), scrubbed: str = ""
    ) -> None:
        self.path = path
        self.recorded_at = recorded_at
        self.scrubbed = scrubbed
        self.tally = rows.Tally()
        self.begun = False
        self._before = before
        self._lock = threading.Lock()
        self._file = -1
        self._packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
        self._closed = False
        self._written = 0

    def append(self, exchange: Exchange) -> None:
        """
        Put an exchange on the disk; when this returns, killing the process does not lose it.

        Raises
        ------
        Unsound
            If the recording grows beyond what may be read again, or is over.
        OSError
            If it cannot be written.
        """
        with self._lock:
            if self._closed:
                raise Unsound("was over before this answer came")
            self._begin()
            self._add(exchange)

    def begin(self) -> None:
        """Make the file now, without an exchange."""
        with self._lock:
            self._begin()

    def close(self, *, whole: bool = True) -> None:
        """Mark the end, if anything was written and it is `whole`; harmless when repeated."""
        with self._lock:
            if self._closed or not self.begun:
                self._closed = True
                return
            self._closed = True
            try:
                if whole:
                    self._write(orjson.dumps({"end": self.tally.exchanges}))
                self._put(self._packer.flush())
                os.fsync(self._file)
            finally:
                os.close(self._file)

    def _begin(self) -> None:
        if self.begun:
            return
        # What stood in the file before is not lost if the process is killed meanwhile.
        making = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            self._file = os.open(making, _NEW, 0o666)
            self._write(orjson.dumps({rows.OURS: rows.head(self.recorded_at, self.scrubbed)}))
            for exchange in self._before:
                self._add(exchange)
            os.close(self._file)
            making.replace(self.path)
        finally:
            making.unlink(missing_ok=True)
        self._file = os.open(self.path, _MORE)
        self.begun, self._before = True, ()

    def _add(self, exchange: Exchange) -> None:
        line = orjson.dumps(rows.row(exchange, rows.as_json))
        if len(line) >= LONGEST_LINE or self._written + len(line) > MOST_UNPACKED:
            raise Unsound(f"grows beyond {MOST_UNPACKED >> 20} MiB")
        self.tally.add(exchange)
        self._write(line)

    def _write(self, line: bytes) -> None:
        self._written += len(line) + 1
        packed = self._packer.compress(line + b"\n")
        self._put(packed + self._packer.flush(zlib.Z_SYNC_FLUSH))

    def _put(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]


def write(path: Path, stored: Stored) -> None:
    """Write a whole cassette; a journal's errors are raised as they come."""
    journal = Journal(path, stored.recorded_at, stored.exchanges, stored.scrubbed)
    journal.begin()
    journal.close(whole=stored.complete)


def read(path: Path) -> Stored:
    """
    Read a compact cassette, whole or broken off.

    Raises
    ------
    Unsound
        If it is damaged, unsafe, or larger than `rows.MOST_BYTES`, unpacked.
    OSError
        If it cannot be read.
    """
    lines = _lines(path)
    first = _value(next(lines, b""))
    moment, scrubbed = rows.read_head(first.get(rows.OURS) if isinstance(first, dict) else None)
    ends: list[Any] = []

    def exchanges() -> Iterator[Exchange]:
        for place, line in enumerate(lines):
            if ends:
                raise Unsound("is damaged: it goes on behind its end")
            value = _value(line)
            if isinstance(value, dict) and "end" in value:
                ends.append(value["end"])
            else:
                yield rows.exchange(place, value)

    found = rows.Tally().counted(exchanges())
    if ends and ends != [len(found)]:
        raise Unsound(f"is damaged: {len(found)} of its {ends[0]} interactions are there")
    return Stored(moment, found, bool(ends), scrubbed)


def _value(line: bytes) -> Any:
    try:
        return orjson.loads(line) if line else None
    except ValueError as error:
        raise Unsound("is damaged: a line is no JSON") from error


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the whole lines; what is not ended by a line break was not written whole."""
    pieces: list[bytes] = []
    held = 0
    for chunk in _chunks(path):
        first, *others = chunk.split(b"\n")
        pieces.append(first)
        held += len(first)
        for other in others:
            yield b"".join(pieces)
            pieces, held = [other], len(other)
        if held > LONGEST_LINE:
            raise Unsound(f"is unsafe: it has a line of more than {LONGEST_LINE >> 20} MiB")


def _chunks(path: Path) -> Iterator[bytes]:
    """Unpack a file piece by piece: what a small file may blow up to is bounded."""
    packer = zlib.decompressobj(_GZIP)
    total = 0
    with path.open("rb") as file:
        while not packer.eof and (packed := file.read(_CHUNK)):
            chunk = b"more"
            while chunk and not packer.eof:
                try:
                    chunk = packer.decompress(packed, _CHUNK)
                except zlib.error as error:
                    raise Unsound("is damaged: it cannot be unpacked") from error
                packed = packer.unconsumed_tail
                total += len(chunk)
                if total > MOST_UNPACKED:
                    raise Unsound(f"is unsafe: unpacked it has over {MOST_UNPACKED >> 20} MiB")
                yield chunk
        if packer.eof and (packer.unused_data or file.read(1)):
            raise Unsound("is damaged: something follows its end")
