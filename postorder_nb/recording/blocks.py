"""`record` and `replay`: the blocks a program, a test or a notebook cell is put in."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial, wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, Union, get_args

from postorder_nb import clock
from postorder_nb.errors import CassetteError, InputError
from postorder_nb.recording import names, plays
from postorder_nb.recording.names import Place
from postorder_nb.recording.stack import Running, at_work

if TYPE_CHECKING:
    from postorder_nb.recording.compact import Stored
    from postorder_nb.recording.deck import Player, Verify
    from postorder_nb.recording.exchange import Exchange
    from postorder_nb.recording.scrub import Scrubber

P = ParamSpec("P")
T = TypeVar("T")
Folder = str | os.PathLike[str] | None
Mode = Literal["all", "new", "once"]
Strict = bool | Literal["warn"]
Persons = Union[Literal["scrub", "keep"], "Scrubber"]


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
        """
        Run the whole of `function` in the block, each time it is called.

        A generator, such as a pytest fixture, has its cassette from its first step to its end.
        """
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise InputError(
                f"{function.__name__} cannot be decorated: others run while it waits",
                advice="write the `with` block around what runs the event loop",
            )
        if inspect.isgeneratorfunction(function):

            @wraps(function)
            def step_by_step(*args: P.args, **kwargs: P.kwargs) -> Any:
                with Block(self.name, self._start):
                    return (yield from function(*args, **kwargs))

            return step_by_step

        @wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> T:
            with Block(self.name, self._start):
                return function(*args, **kwargs)

        return inside


def record(
    name: str,
    *,
    mode: Mode = "all",
    folder: Folder = None,
    at: datetime | None = None,
    persons: Persons = "scrub",
) -> Block:
    """
    Record what the block asks and is answered, as the cassette `name`.

    Every answer is on the disk before the program gets it: if the process is killed, the
    recording up to there can be replayed, and gone on with by ``mode="new"``. It takes the place
    of an earlier cassette of that name when the block ends, also by an exception, unless nothing
    was answered before that. Requests that got no answer leave no trace.

    No credential and no person is stored: everything passes a `scrub.Scrubber` before it touches
    the disk. It takes tokens out, and puts pseudonyms in the place of persons, the same ones in
    all cassettes of one key.

    A recording of up to 200 answers and 1 MiB becomes ``<name>.yaml``, to be read by people; a
    larger one stays ``<name>.jsonl.gz``. Both are the same cassette to `replay`. It ends with an
    error at 200,000 answers or 256 MiB, because no more is read.

    A block inside another one has its own cassette for its span; the outer one sees nothing of it.

    Parameters
    ----------
    name : str
        Words of letters, digits, ``_`` and ``-``, parted by ``/``: ``"demo/snapshot"`` is written
        to ``demo/snapshot.yaml`` in `folder`.
    mode : {"all", "new", "once"}
        What is asked of the network. ``all``: everything; an earlier cassette is replaced.
        ``new``: only what an earlier cassette does not hold, a request for a request; it is kept,
        what is new is added, and the clock stands where it stood. ``once``: everything if there is
        no complete cassette, and otherwise nothing, as in `replay`.
    folder : path, optional
        The folder of the cassettes; made if need be. Default: ``cassettes`` in the working
        directory, or in the nearest directory above it that has one.
    at : datetime, optional
        The tz-aware moment at which the clock stands in the block, and in every replay. Default:
        the moment the block begins, or that of the cassette it adds to.
    persons : {"scrub", "keep"} or Scrubber
        Whether pseudonyms take the place of persons: with this user's own key, not at all (for
        what a simulator made up; credentials go all the same), or with the key of a scrubber.

    Returns
    -------
    Block
        A context manager (giving a `Running`) and decorator.

    Raises
    ------
    InputError
        If the name, the mode or the moment is wrong.
    CassetteError
        On entering, if the same cassette is at work, here or in another process, or one of another
        thread, or the folder cannot be made; in the block, from a request whose answer cannot be
        kept; on leaving, if the file cannot be written; with ``mode="new"`` if the cassette was
        scrubbed with another key, because one buyer would have two pseudonyms in it.

    See Also
    --------
    replay : answer from the recording.
    """
    if mode not in get_args(Mode):
        raise InputError(
            f"{mode!r} is no mode of recording",
            advice='use "all" (ask everything anew), "new" (ask only what is missing) or "once" '
            "(ask only if there is no cassette)",
        )
    if at is not None and at.tzinfo is None:
        raise InputError(
            f"the moment {at.isoformat()} has no time zone",
            advice="give an aware datetime, e.g. datetime(2026, 3, 1, tzinfo=timezone.utc)",
        )
    return Block(name, partial(_recording, names.checked(name), folder, mode, at, persons))


def replay(
    name: str,
    *,
    folder: Folder = None,
    strict: Strict = False,
    verify: Verify | None = None,
    advice: str | None = None,
    scrubber: Scrubber | None = None,
) -> Block:
    """
    Answer the block's requests from the cassette `name`; nothing reaches the network.

    A request is answered if its method, address, path, query, marketplace, content type, body and
    kind of credentials are those of a recorded one, and it is signed if that was. Equal requests
    get their recorded answers one after the other. When those are used up, a read (GET, HEAD) gets
    the last one again; a write is answered only as often as it was recorded. This holds for all
    that goes through requests or urllib3.

    A block inside another one has its own cassette for its span; the outer one sees nothing of it.

    Parameters
    ----------
    name, folder
        As for `record`.
    strict : bool or "warn"
        Whether the block must ask for exactly what was recorded. With True a request that is left
        over is an error when the block ends, and one read too many is a miss; with ``"warn"`` what
        is left over is a warning, and reads may repeat.
    verify : callable, optional
        Checks requests that were signed when they were recorded: it is called with method, URL,
        headers and body as they leave, and returns what has ``findings``, empty if all is well.
        With a test key that is ``partial(postorder_nb.api.signing.verify, public_key=...)``.
    advice : str, optional
        What errors say is to be done, in place of the line of code that records anew.
    scrubber : Scrubber, optional
        With the key of the recording: finds a request that names a person under the pseudonym.
        Default: this user's own key. Without the key of the recording, names and texts of a
        request are compared by their form only, and if several recorded ones have that, it is a
        miss; amounts, ids, states and dates are compared as ever.

    Returns
    -------
    Block
        A context manager (giving a `Running`) and decorator.

    Raises
    ------
    InputError
        If the name or `strict` is wrong.
    CassetteError
        On entering, if there is no such cassette, or there are two, or it is damaged or unsafe, or
        at work, or another thread's is; on leaving, if `strict` and something recorded was not
        asked for.
    CassetteMiss
        In the block, from a request that was not recorded. It says what differs from the nearest
        recorded one. Also from one whose signature is wrong.

    Warns
    -----
    UserWarning
        On leaving, with ``strict="warn"``, if something recorded was not asked for.

    See Also
    --------
    record : make the recording.
    """
    if strict not in (True, False, "warn"):
        raise InputError(f"strict={strict!r} is unknown", advice='use True, False or "warn"')
    play = _Play(names.checked(name), folder, strict, verify, advice, scrubber)
    return Block(name, partial(_replaying, play))


@dataclass(frozen=True)
class _Play:
    """How a cassette is replayed."""

    name: str
    folder: Folder
    strict: Strict = False
    verify: Verify | None = None
    advice: str | None = None
    scrubber: Scrubber | None = None

    @property
    def again(self) -> str:
        return self.advice or f"record it with: {names.line('record', self.name, self.folder)}"

    def player(self, stored: Stored) -> Player:
        from postorder_nb.recording import scrub  # noqa: PLC0415 - so is what scrubs
        from postorder_nb.recording.deck import Player  # noqa: PLC0415 - so is what compares

        reader = scrub.reader(stored.scrubbed, self.scrubber)
        note = f"The recording was cut off after {len(stored.exchanges)} answers."
        return Player(
            self.name, stored.exchanges, reader, advice=self.again, strict=self.strict is True,
            note="" if stored.complete else note, verify=self.verify,
        )  # fmt: skip


@contextmanager
def _recording(
    name: str, folder: Folder, mode: Mode, at: datetime | None, persons: Persons
) -> Iterator[Running]:
    from postorder_nb.recording import scrub, storage  # noqa: PLC0415 - yaml is imported when used
    from postorder_nb.recording.compact import Stored  # noqa: PLC0415 - with it

    scrubber = scrub.writer(persons) if isinstance(persons, str) else persons
    place, play = names.place(name, folder), _Play(name, folder, scrubber=scrubber)
    storage.prepare(place.yaml)
    found = None if mode == "all" else place.found()
    stored = storage.read(found, advice=play.again) if found else None
    if mode == "once" and stored and stored.complete:
        with _replaying(play) as running:
            yield running
        return
    stored = stored if mode == "new" else None
    if stored and stored.scrubbed != scrubber.mark:
        raise CassetteError(
            f'the cassette "{name}" is of another key: its buyers would have two names',
            advice=f"give persons= as when it was recorded, or {play.again}",
        )
    moment = stored.recorded_at if stored else at or clock.now()
    running = Running(name, "record", place.yaml, moment)
    earlier = stored or Stored(moment, [], complete=False, scrubbed=scrubber.mark)
    with _sole(place), _writing(place, earlier) as write:
        from postorder_nb.recording.deck import Recorder  # noqa: PLC0415 - so is what compares

        before = replace(play, strict=True).player(stored) if stored else None
        with at_work(running, Recorder(write, scrubber, before)):
            yield running


@contextmanager
def _sole(place: Place) -> Iterator[None]:
    from postorder_nb.api.locks import FileLock  # noqa: PLC0415 - only for recordings

    lock = FileLock(place.lock)
    if not lock.acquire(wait=False):
        raise CassetteError(
            f"the recording {place.yaml} is being made by another block or process",
            advice="wait until it is done, or give another name",
        )
    try:
        yield
    finally:
        lock.release(remove=True)


@contextmanager
def _writing(place: Place, earlier: Stored) -> Iterator[Callable[[Exchange], None]]:
    """Yield what adds an exchange to the earlier ones; put the files in order at the end."""
    from postorder_nb.recording import compact, storage  # noqa: PLC0415 - yaml, when used

    journal = compact.Journal(place.part, earlier.recorded_at, earlier.exchanges, earlier.scrubbed)
    try:
        yield journal.append
    except BaseException:
        if journal.begun:
            storage.settle(place, journal)
        raise
    if not journal.begun and earlier.exchanges and not earlier.complete:
        journal.begin()  # nothing was added to what a killed process left
    if journal.begun or not earlier.complete:
        storage.settle(place, journal)


@contextmanager
def _replaying(play: _Play) -> Iterator[Running]:
    from postorder_nb.recording import storage  # noqa: PLC0415 - yaml is imported when used

    place = names.place(play.name, play.folder)
    path = place.found() or place.yaml
    stored = storage.read(path, advice=play.again)
    deck = play.player(stored)
    first = stored.exchanges[0][0] if stored.exchanges else None
    running = Running(play.name, "replay", path, stored.recorded_at, first)
    try:
        with at_work(running, deck):
            yield running
    finally:
        plays.note(path, deck.played)
    unplayed = deck.unplayed
    if play.strict and unplayed:
        words = (
            f'{len(unplayed)} of the {len(stored.exchanges)} answers of the cassette "{play.name}" '
            f"were not asked for; the first is that to {unplayed[0]}"
        )
        if play.strict == "warn":
            warnings.warn(words, stacklevel=4)
        else:
            raise CassetteError(words, advice=f"if they are no longer needed, {play.again}")
