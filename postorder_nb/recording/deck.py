"""The decks a cassette is put in: one keeps what passes, one answers from memory, one does both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

from postorder_nb.errors import CassetteError, CassetteMiss
from postorder_nb.recording.exchange import Answer, Exchange, Request
from postorder_nb.recording.matching import Asked, asked, nearest
from postorder_nb.recording.rows import Unsound, strays
from postorder_nb.recording.scrub import Reader, Scrubber, shape

_REPEATABLE = ("GET", "HEAD")


class Verdict(Protocol):
    """What is wrong with a signature."""

    @property
    def findings(self) -> Sequence[str]:
        """Everything that is wrong, in words."""


Verify = Callable[[str, str, Mapping[str, str], bytes], Verdict]


class Deck(Protocol):
    """What stands between a program and the network."""

    offline: bool
    """Whether nothing may reach the network."""

    def take(self, sent: Request) -> Answer | None:
        """Return the recorded answer; None if the request goes out."""

    def keep(self, sent: Request, came: Answer) -> None:
        """Keep what the network answered."""


class Through:
    """Lets everything pass: what is asked when no cassette is at work any more."""

    offline = False

    def take(self, sent: Request) -> Answer | None:
        """Let the request go out."""
        return None

    def keep(self, sent: Request, came: Answer) -> None:
        """Keep nothing."""


class Recorder:
    """
    Hands what the scrubber leaves of every exchange to a journal, from any thread.

    With a `player`, what it holds is not asked again.
    """

    offline = False

    def __init__(
        self, write: Callable[[Exchange], None], scrubber: Scrubber, player: Player | None = None
    ) -> None:
        self._write = write
        self._scrubber = scrubber
        self._player = player

    def take(self, sent: Request) -> Answer | None:
        """Return the answer that was recorded before, if any."""
        return self._player.take(sent) if self._player else None

    def keep(self, sent: Request, came: Answer) -> None:
        """
        Write one exchange down.

        Raises
        ------
        CassetteError
            If it cannot be kept: no room, or it leads on to another host.
        """
        kept = self._scrubber.exchange(sent, came)
        try:
            if problem := strays(*kept):
                raise Unsound(f"cannot keep {kept[0]}: it {problem}")
            self._write(kept)
        except (Unsound, OSError) as error:
            words = error.strerror if isinstance(error, OSError) else error
            raise CassetteError(
                f"the recording {words}",
                advice="what was answered before is kept; record the rest as another cassette",
            ) from error


class Player:
    """
    Answers requests from what was recorded, for any thread.

    Equal requests get their recorded answers one after the other. When those are used up a read
    gets the last one again, because reading twice changes nothing, unless the play is `strict`; a
    write is answered only as often as it was recorded, so that a program that refunds twice does
    not pass.

    Parameters
    ----------
    name : str
        The cassette, for messages.
    exchanges : sequence of Exchange
        What was recorded.
    reader : Reader
        Tells under which forms a request may have been recorded.
    advice : str
        How it is recorded anew.
    strict : bool
        Whether a read, too, is answered only as often as it was recorded.
    note : str
        What else a miss has to say.
    verify : callable, optional
        Says what is wrong with the signature of a request whose recording was signed.
    """

    offline = True

    def __init__(
        self, name: str, exchanges: Sequence[Exchange], reader: Reader, *, advice: str,
        strict: bool = False, note: str = "", verify: Verify | None = None,
    ) -> None:  # fmt: skip
        self._name, self._advice, self._note = name, advice, note
        self._repeatable = () if strict else _REPEATABLE
        self._verify = verify
        self._reader = reader
        self._exchanges = list(exchanges)
        self._asked = [asked(sent) for sent, _ in self._exchanges]
        self._tracks: dict[tuple[object, ...], _Track] = {}
        for place, one in enumerate(self._asked):
            self._tracks.setdefault(one.key, _Track()).places.append(place)
        self._played = bytearray(len(self._asked))
        self._lock = threading.Lock()

    @property
    def played(self) -> list[int]:
        """The places of the recorded requests that were asked, from 0."""
        return [place for place, done in enumerate(self._played) if done]

    @property
    def unplayed(self) -> list[Request]:
        """The recorded requests that nobody asked."""
        return [self._exchanges[place][0] for place, done in enumerate(self._played) if not done]

    def take(self, sent: Request) -> Answer | None:
        """Return the answer to a request, None if there is none (left)."""
        return self._find(self._read(sent), sent)

    def play(self, sent: Request) -> Answer:
        """
        Return the answer to a request.

        Raises
        ------
        CassetteMiss
            If no recorded request asks the same, or it is sent more often than recorded.
        """
        readings = self._read(sent)
        answer = self._find(readings, sent)
        if answer is not None:
            return answer
        for now in readings:
            track = self._tracks.get(now.key)
            times = sum(now.sent_like(self._asked[p]) for p in track.places) if track else 0
            if times:
                raise self._used_up(self._reader.readings(sent)[0], times)
        raise self._miss(sent, readings)

    def keep(self, sent: Request, came: Answer) -> None:
        """Refuse: nothing comes from the network."""
        raise CassetteError(f"{sent} was answered by the network in a replay")

    def _read(self, sent: Request) -> list[Asked]:
        readings = [asked(request) for request in self._reader.readings(sent)]
        if self._reader.by_shape and not any(now.key in self._tracks for now in readings):
            readings += self._alike(sent, readings[0])
        return readings

    def _alike(self, sent: Request, now: Asked) -> list[Asked]:
        """Find what a request may stand as, where the key of the pseudonyms is not here."""
        places = self._shapes.get(asked(shape(sent)).key, [])
        alike = {self._asked[place].key: self._asked[place] for place in places}
        if len(alike) > 1:
            raise CassetteMiss(
                f'the cassette "{self._name}" holds {len(alike)} requests that {now.method} '
                f"{now.path} may be: they differ in texts and names, which were scrubbed with a "
                "key that is not here",
                advice=f"replay it with that key, by scrubber=, or {self._advice}",
            )
        return [
            replace(one, credentials=now.credentials, signature=now.signature)
            for one in alike.values()
        ]

    @cached_property
    def _shapes(self) -> dict[tuple[object, ...], list[int]]:
        found: dict[tuple[object, ...], list[int]] = {}
        for place, (sent, _) in enumerate(self._exchanges):
            found.setdefault(asked(shape(sent)).key, []).append(place)
        return found

    def _find(self, readings: Sequence[Asked], sent: Request) -> Answer | None:
        for now in readings:
            with self._lock:
                place = self._place(now)
            if place is not None:
                if self._verify and self._asked[place].signature:
                    verdict = self._verify(sent.method, sent.url, sent.headers, sent.body)
                    self._examine(sent, verdict.findings)
                return self._exchanges[place][1]
        return None

    def _place(self, now: Asked) -> int | None:
        track = self._tracks.get(now.key)
        if track is None:
            return None
        while track.first < len(track.places) and self._played[track.places[track.first]]:
            track.first += 1
        later = (track.places[one] for one in range(track.first, len(track.places)))
        fresh = (place for place in later if not self._played[place])
        fitting = (place for place in fresh if now.sent_like(self._asked[place]))
        place = next(fitting, None)
        if place is None and now.method in self._repeatable:
            return next((p for p in reversed(track.places) if now.sent_like(self._asked[p])), None)
        if place is not None:
            self._played[place] = True
        return place

    def _examine(self, sent: Request, findings: Sequence[str]) -> None:
        if findings:
            said = "\n".join(f"  {finding}" for finding in findings)
            raise CassetteMiss(
                f"the signature of {self._reader.readings(sent)[0]} is wrong:\n{said}",
                advice="sign the request as it leaves, with the key whose public half was given",
            )

    def _used_up(self, request: Request, times: int) -> CassetteMiss:
        often = "once" if times == 1 else f"{times} times"
        what = "a write" if request.method not in _REPEATABLE else "in a strict replay a request"
        return CassetteMiss(
            f'the cassette "{self._name}" holds {request} {often}, and it was sent once more',
            advice=f"{what} is answered only as often as it was recorded; look why it is repeated, "
            f"or {self._advice}",
        )

    def _miss(self, sent: Request, readings: Sequence[Asked]) -> CassetteMiss:
        request = self._reader.readings(sent)[0]
        lines = [f'the cassette "{self._name}" holds no answer to {request}']
        recorded = self._asked
        if self._reader.by_shape:  # texts and persons differ without the key in any case
            recorded = [asked(shape(one)) for one, _ in self._exchanges]
            readings = [asked(shape(sent))]
        found = [near for now in readings if (near := nearest(now, recorded))]
        if not found:
            lines.append("It is empty: nothing was asked while it was recorded.")
        else:
            place, different = min(found, key=lambda near: len(near[1]))
            lines.append(f"The nearest request in it is {self._exchanges[place][0]}, but for")
            lines += [f"  {difference}" for difference in different[:5]]
            if len(different) > 5:
                lines.append(f"  and {len(different) - 5} more")
        lines += [self._note] if self._note else []
        return CassetteMiss("\n".join(lines), advice=f"if the new request is right, {self._advice}")


class _Track:
    """The places of equal requests, in the order of the recording."""

    __slots__ = ("first", "places")

    def __init__(self) -> None:
        self.places: list[int] = []
        self.first = 0
