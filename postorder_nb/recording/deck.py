"""The two decks a cassette is put in: one that keeps what passes, one that answers from memory."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence

from postorder_nb.errors import CassetteMiss
from postorder_nb.recording import scrub
from postorder_nb.recording.exchange import Answer, Exchange, Request
from postorder_nb.recording.matching import asked, nearest, same_body

_REPEATABLE = ("GET", "HEAD")


class Recorder:
    """Keeps what may be kept of every exchange, from any thread, in the order of the answers."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._lock = threading.Lock()

    def keep(self, sent: Request, came: Answer) -> None:
        """Add one exchange."""
        kept = scrub.request(sent), scrub.answer(came)
        with self._lock:
            self.exchanges.append(kept)


class Player:
    """
    Answers requests from what was recorded, for any thread.

    Equal requests get their recorded answers one after the other. When those are used up a read
    gets the last one again, because reading twice changes nothing; a write is answered only as
    often as it was recorded, so that a program that refunds twice does not pass.
    """

    def __init__(self, name: str, exchanges: Sequence[Exchange], *, advice: str) -> None:
        self._name = name
        self._advice = advice
        self._exchanges = [(scrub.request(sent), came) for sent, came in exchanges]
        self._asked = [asked(sent) for sent, _ in self._exchanges]
        self._positions: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for position, one in enumerate(self._asked):
            self._positions[one.key].append(position)
        self._plays: Counter[int] = Counter()
        self._lock = threading.Lock()

    @property
    def unplayed(self) -> list[Request]:
        """The recorded requests that nobody asked."""
        return [sent for place, (sent, _) in enumerate(self._exchanges) if not self._plays[place]]

    def play(self, sent: Request) -> Answer:
        """
        Return the answer to a request.

        Raises
        ------
        CassetteMiss
            If no recorded request asks the same, or a write is sent more often than recorded.
        """
        request = scrub.request(sent)
        now = asked(request)
        with self._lock:
            same = [p for p in self._positions.get(now.key, ()) if same_body(self._asked[p], now)]
            fresh = [position for position in same if not self._plays[position]]
            if fresh or (same and now.method in _REPEATABLE):
                position = fresh[0] if fresh else same[-1]
                self._plays[position] += 1
                return self._exchanges[position][1]
        if same:
            raise self._used_up(request, len(same))
        raise self._miss(request)

    def _used_up(self, request: Request, times: int) -> CassetteMiss:
        often = "once" if times == 1 else f"{times} times"
        return CassetteMiss(
            f'the cassette "{self._name}" holds {request} {often}, and it was sent once more',
            advice="a write is answered only as often as it was recorded; look why it is repeated, "
            f"or {self._advice}",
        )

    def _miss(self, request: Request) -> CassetteMiss:
        lines = [f'the cassette "{self._name}" holds no answer to {request}']
        found = nearest(asked(request), self._asked)
        if found is None:
            lines.append("It is empty: nothing was asked while it was recorded.")
        else:
            position, different = found
            lines.append(f"The nearest request in it is {self._exchanges[position][0]}, but for")
            lines += [f"  {difference}" for difference in different[:5]]
            if len(different) > 5:
                lines.append(f"  and {len(different) - 5} more")
        return CassetteMiss("\n".join(lines), advice=f"if the new request is right, {self._advice}")
