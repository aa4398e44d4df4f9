"""Locks that end with their process, however it ends."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Self

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BufferedRandom) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: BufferedRandom) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """
    A lock on a file, held by one thread of one process; the system lets go of it for a dead one.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made when they are missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BufferedRandom | None = None

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; without `wait`, return False if somebody else holds it."""
        pause = 0.0005
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            file = self.path.open("a+b")
            if _lock(file) and self._is_current(file):
                self._file = file
                return True
            taken = self._is_current(file)
            file.close()
            if taken and not wait:
                return False
            time.sleep(pause)
            pause = min(0.02, pause * 2)

    def release(self, *, remove: bool = False) -> None:
        """Let go of the lock, and `remove` its file first if nobody needs it again."""
        if self._file is None:
            return
        if remove:
            with suppress(OSError):  # Windows keeps a file that is open
                self.path.unlink()
        self._file.close()
        self._file = None

    def _is_current(self, file: BufferedRandom) -> bool:
        """Tell whether the opened file is still the one at the path: its holder may remove it."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
