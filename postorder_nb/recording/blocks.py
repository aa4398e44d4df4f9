"""`record` and `replay`: the blocks a program or a notebook cell is put in."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Literal, ParamSpec, TypeVar

from postorder_nb import clock
from postorder_nb.errors import CassetteError, InputError
from postorder_nb.recording import names
from postorder_nb.recording.deck import Player, Recorder

P = ParamSpec("P")
T = TypeVar("T")
Folder = str | PathLike[str] | None


@dataclass(frozen=True)
class Running:
    """The cassette at work: its name, what it does, its file, and the moment of its clock."""

    name: str
    mode: Literal["record", "replay"]
    path: Path
    recorded_at: datetime


_lock = threading.Lock()
_running: Running | None = None


def current() -> Running | None:
    """
    Return the cassette that is at work in this process, or None.

    Examples
    --------
    >>> current() is None
    True
    """
    return _running


def active() -> bool:
    """
    Tell whether a cassette is recording or replaying.

    Threads may share a cassette. A client that keeps to one thread meanwhile gets its exchanges
    written in the same order each time, so that a new recording differs only where answers do.
    """
    return _running is not None


class Block:
    """
    A block of code under a cassette: ``with block: ...``, or ``@block`` before a function.

    `record` and `replay` make it. It may be used again and again, but not inside itself.
    """

    def __init__(self, name: str, start: Callable[[], AbstractContextManager[Running]]) -> None:
        self.name = name
        self._start = start
        self._open: AbstractContextManager[Running] | None = None

    def __enter__(self) -> Running:
        block = self._start()
        running = block.__enter__()
        self._open = block
        return running

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        block, self._open = self._open, None
        return block.__exit__(kind, error, trace) if block is not None else None

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Run the whole of `function` in the block, each time it is called."""
        # Calling one of these only makes an object; its code would run when the block is over.
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise InputError(
                f"{function.__name__} cannot be decorated: it runs after the call has returned",
                advice="write the `with` block inside the function",
            )

        @wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> T:
            with Block(self.name, self._start):
                return function(*args, **kwargs)

        return inside


def record(name: str, *, folder: Folder = None, at: datetime | None = None) -> Block:
    """
    Record what the block asks and is answered, as the cassette `name`.

    The file is written when the block ends, in place of an earlier cassette of that name. If the
    block raises (or is interrupted), what was answered until then is written, unless that is
    nothing. No credential is stored: only some harmless headers are kept, and tokens in bodies
    are taken out. Requests that got no answer leave no trace.

    Parameters
    ----------
    name : str
        Words of letters, digits, ``_`` and ``-``, parted by ``/``: ``"demo/snapshot"`` is written
        to ``demo/snapshot.yaml`` in `folder`.
    folder : path, optional
        The folder of the cassettes; made if need be. Default: ``cassettes`` in the working
        directory, or in the nearest directory above it that has one.
    at : datetime, optional
        The tz-aware moment at which the clock stands in the block, and in every replay. Default:
        the moment the block begins.

    Returns
    -------
    Block
        A context manager (giving a `Running`) and decorator.

    Raises
    ------
    InputError
        If the name or the moment is wrong.
    CassetteError
        On entering, if another cassette is at work or the folder cannot be made; on leaving, if
        the file cannot be written.

    See Also
    --------
    replay : answer from the recording.
    """
    if at is not None and at.tzinfo is None:
        raise InputError(
            f"the moment {at.isoformat()} has no time zone",
            advice="give an aware datetime, e.g. datetime(2026, 3, 1, tzinfo=timezone.utc)",
        )
    return Block(name, partial(_recording, names.checked(name), folder, at))


def replay(name: str, *, folder: Folder = None, all_played: bool = False) -> Block:
    """
    Answer the block's requests from the cassette `name`; nothing reaches the network.

    Equal requests get their recorded answers one after the other. When those are used up, a read
    (GET, HEAD) gets the last one again; a write is answered only as often as it was recorded.
    This holds for all that goes through requests or urllib3.

    Parameters
    ----------
    name, folder
        As for `record`.
    all_played : bool
        Whether the block must ask for everything that was recorded.

    Returns
    -------
    Block
        A context manager (giving a `Running`) and decorator.

    Raises
    ------
    InputError
        If the name is wrong.
    CassetteError
        On entering, if there is no such cassette, or it is damaged or unsafe, or another one is
        at work; on leaving, if `all_played` and something recorded was not asked for.
    CassetteMiss
        In the block, from a request that was not recorded. It says what differs from the nearest
        recorded one.

    See Also
    --------
    record : make the recording.
    """
    return Block(name, partial(_replaying, names.checked(name), folder, all_played))


@contextmanager
def _recording(name: str, folder: Folder, at: datetime | None) -> Iterator[Running]:
    from postorder_nb.recording import storage  # noqa: PLC0415 - yaml is imported when used

    running = Running(name, "record", names.locate(name, folder), at or clock.now())
    deck = Recorder()

    def write() -> None:
        storage.write(running.path, storage.Stored(running.recorded_at, deck.exchanges))

    storage.prepare(running.path)
    try:
        with _at_work(running, deck):
            yield running
    except BaseException:
        if deck.exchanges:
            write()
        raise
    write()


@contextmanager
def _replaying(name: str, folder: Folder, all_played: bool) -> Iterator[Running]:
    from postorder_nb.recording import storage  # noqa: PLC0415 - yaml is imported when used

    again = f"record it with: {names.line('record', name, folder)}"
    path = names.locate(name, folder)
    stored = storage.read(path, advice=again)
    deck = Player(name, stored.exchanges, advice=again)
    running = Running(name, "replay", path, stored.recorded_at)
    with _at_work(running, deck):
        yield running
    unplayed = deck.unplayed
    if all_played and unplayed:
        raise CassetteError(
            f'{len(unplayed)} of the {len(stored.exchanges)} exchanges of the cassette "{name}" '
            f"were not asked for; the first is {unplayed[0]}",
            advice=f"if they are no longer needed, {again}",
        )


@contextmanager
def _at_work(running: Running, deck: Recorder | Player) -> Iterator[None]:
    from postorder_nb.recording import tape  # noqa: PLC0415 - vcrpy is imported when used

    global _running  # noqa: PLW0603 - connections are patched for the whole process
    with _lock:
        if _running is not None:
            raise CassetteError(
                f'the cassette "{running.name}" cannot start: "{_running.name}" is at work',
                advice="end the other block first; one cassette runs at a time in a process",
            )
        _running = running
    try:
        with clock.frozen(running.recorded_at), tape.between(deck, running.name):
            yield
    finally:
        _running = None
