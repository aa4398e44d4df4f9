"""Which cassettes are at work: an inner one stands before an outer one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from postorder_nb import clock
from postorder_nb.errors import CassetteError

if TYPE_CHECKING:
    from postorder_nb.recording.deck import Deck
    from postorder_nb.recording.exchange import Request


@dataclass(frozen=True)
class Running:
    """
    A cassette at work: its name, what it does, its file, and the moment of its clock.

    The file of a recording that grows large is ``.jsonl.gz`` in place of ``.yaml``.
    """

    name: str
    mode: Literal["record", "replay"]
    path: Path
    recorded_at: datetime
    first: Request | None = None
    """The first request of a replay: it tells the address and marketplace that were asked."""


@dataclass(frozen=True, eq=False)
class _Frame:
    running: Running
    deck: Deck
    thread: int


_lock = threading.Lock()
_frames: list[_Frame] = []
_patches: list[AbstractContextManager[Any]] = []  # one, while there are frames


def current() -> Running | None:
    """
    Return the cassette that is at work in this process, the innermost; None if there is none.

    Examples
    --------
    >>> current() is None
    True
    """
    frames = _frames[-1:]
    return frames[0].running if frames else None


def active() -> bool:
    """Tell whether a cassette is recording or replaying. All threads share it."""
    return bool(_frames)


@contextmanager
def at_work(running: Running, deck: Deck) -> Iterator[None]:
    """
    Let a deck answer, and the clock stand at the moment of its recording, for the block.

    Raises
    ------
    CassetteError
        If the same cassette, or one of another thread, is at work.
    """
    frame = _Frame(running, deck, threading.get_ident())
    with _lock:
        _enter(frame)
    try:
        with clock.frozen(running.recorded_at):
            yield
    finally:
        with _lock:
            _frames.remove(frame)
            if not _frames:
                _patches.pop().__exit__(None, None, None)


def _enter(frame: _Frame) -> None:
    name = frame.running.name
    for other in _frames:
        if other.running.path == frame.running.path:
            raise CassetteError(
                f'the cassette "{name}" cannot start: it is at work',
                advice="end the other block first, or give the inner one a name of its own",
            )
        if other.thread != frame.thread:
            raise CassetteError(
                f'the cassette "{name}" cannot start: "{other.running.name}" is at work in another '
                "thread",
                advice="cassettes are shared by all threads: open it where the other one is opened",
            )
    if not _frames:
        from postorder_nb.recording import tape  # noqa: PLC0415 - vcrpy is imported when used

        patches = tape.before_network(_top)
        patches.__enter__()
        _patches.append(patches)
    _frames.append(frame)


def _top() -> Deck:
    frames = _frames[-1:]
    if frames:
        return frames[0].deck
    from postorder_nb.recording.deck import Through  # noqa: PLC0415 - only for a late request

    return Through()
