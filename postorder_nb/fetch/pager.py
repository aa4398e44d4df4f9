"""
Which offsets to ask for, when nobody knows what an offset counts.

eBay's pages say that ``offset`` counts entries, and also that it counts pages. So the second
request asks for the last entry of the first page once more: a server that counts entries answers
with that entry and what follows, one that counts pages has no page of such a number and answers
with nothing. A chain of pages that overlap by an entry also proves that nothing slipped through
between two requests, however many records were added meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto


class _Mode(Enum):
    FIRST = auto()
    PROBE = auto()
    ROWS = auto()
    PAGES = auto()
    DONE = auto()


_MOST_ROUNDS = 1_000
_MOST_RESTARTS = 6


class Pager:
    """
    Plans the requests of one search; does no network itself.

    Ask `wanted` for offsets, hand each answer to `receive`, until `wanted` is empty. What was
    there at the first request is then in `seen`, whatever was added in between; `missing` tells
    if the server announced more than it gave, or gave it too disorderly to be sure.

    Parameters
    ----------
    size : int
        The page size that is asked for.

    Attributes
    ----------
    total : int or None
        How many entries the server says there are, as of the latest answer.
    seen : set of str
        The ids received so far.

    Examples
    --------
    >>> world = [f"id{i}" for i in range(70)]
    >>> pager = Pager(size=20)
    >>> while offsets := pager.wanted():
    ...     for offset in offsets:
    ...         pager.receive(offset, world[offset:offset + 20], total=70)
    >>> len(pager.seen), pager.counts, pager.missing
    (70, 'rows', 0)
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.total: int | None = None
        self.seen: set[str] = set()
        self._mode = _Mode.FIRST
        self._next: list[_Mode] = []
        self._tried: list[_Mode] = []
        self._step = size
        self._first_total = 0
        self._sweep: set[str] = set()
        self._reach = 0
        self._careful = False
        self._both_ways = False
        self._restarts = 0
        self._broken = False
        self._rounds = 0
        self._asked: list[int] = []
        self._answers: dict[int, tuple[list[str], int | None]] = {}

    @property
    def counts(self) -> str:
        """What the server's offset counts: ``rows``, ``pages``, or ``unknown`` so far."""
        return self._tried[-1].name.lower() if self._tried else "unknown"

    @property
    def missing(self) -> int:
        """How many entries the server announced at first and did not give; 0 if all is well."""
        return max(self._first_total - len(self.seen), 1 if self._broken else 0)

    def wanted(self) -> list[int]:
        """Return the offsets to ask for now; they may be asked side by side."""
        if any(offset not in self._answers for offset in self._asked):
            return []
        if self._answers:
            self._digest()
        self._rounds += 1
        if self._rounds > _MOST_ROUNDS:
            self._mode, self._broken = _Mode.DONE, True
        self._asked = self._plan()
        self._answers = {}
        return list(self._asked)

    def receive(self, offset: int, ids: Sequence[str], total: int | None) -> None:
        """Take the ids of one answer, in the answer's order, and the total it announced."""
        self._answers[offset] = (list(ids), total)

    def _plan(self) -> list[int]:
        match self._mode:
            case _Mode.FIRST:
                return [0]
            case _Mode.PROBE:
                return [self._step - 1]
            case _Mode.ROWS:
                start = max(0, self._reach - 1)
                if self._careful or self.total is None:
                    return [start]
                return list(range(start, max(start + 1, self.total - 1), self._step - 1))
            case _Mode.PAGES:
                return [self._reach]
            case _Mode.DONE:
                return []

    def _digest(self) -> None:
        answers = [(offset, *self._answers[offset]) for offset in self._asked]
        self.total = answers[-1][2] if answers[-1][2] is not None else self.total
        match self._mode:
            case _Mode.FIRST:
                self._first(answers[0][1])
            case _Mode.PROBE:
                # No page has such a number, so only a server that counts rows has an answer.
                self._next = [_Mode.ROWS, _Mode.PAGES]
                self._turn(_Mode.ROWS if answers[0][1] else _Mode.PAGES)
            case _Mode.ROWS:
                self._rows(answers)
            case _Mode.PAGES:
                self._page(*answers[0][:2])

    def _first(self, ids: list[str]) -> None:
        self.seen.update(ids)
        self._step = len(ids)
        self._first_total = self.total or 0
        enough = len(ids) < self.size if self.total is None else len(ids) >= self.total
        if enough or not ids:
            self._mode = _Mode.DONE
        elif self._step == 1:
            self._turn(_Mode.PAGES)  # with one entry a page, both readings ask the same
        elif self.total is not None and (self._step - 1) * self._step > 2 * self.total:
            self._mode = _Mode.PROBE
        else:
            # A page of that number may well exist: no probe can tell, so read both ways.
            self._careful = self._both_ways = True
            self._next = [_Mode.PAGES]
            self._turn(_Mode.ROWS)

    def _turn(self, mode: _Mode) -> None:
        """Begin to read in `mode`; the first reading goes on from the page that is here."""
        self._mode = mode
        self._sweep = set() if self._tried else set(self.seen)
        self._reach = 1 if mode is _Mode.PAGES else 0 if self._tried else self._step
        self._restarts = 0
        self._tried.append(mode)

    def _rows(self, answers: list[tuple[int, list[str], int | None]]) -> None:
        for offset, ids, total in answers:
            self.seen.update(ids)
            if ids and self._sweep and self._sweep.isdisjoint(ids):
                self._restart()
                return
            self._sweep.update(ids)
            stuck = offset + len(ids) <= self._reach  # nothing behind what is here already
            self._reach = max(1, offset + len(ids))
            end = self.total if total is None else total
            if stuck or (len(ids) < self._step if end is None else self._reach >= end):
                self._finish()
                return

    def _restart(self) -> None:
        """Begin a broken chain anew: too much was added or went away between two answers."""
        self._restarts += 1
        self._careful = True
        self._sweep = set()
        self._reach = 0
        if self._restarts > _MOST_RESTARTS:
            self._broken = not self._both_ways
            self._finish()

    def _page(self, number: int, ids: list[str]) -> None:
        before = len(self._sweep)
        self._sweep.update(ids)
        self.seen.update(ids)
        self._reach = number + 1
        if self.total is None:
            # Page 1 may be the first page again.
            last = len(ids) < self._step or (len(self._sweep) == before and number > 1)
        else:
            # The first page may be number 0 or 1: so the last one may be one later, too.
            last = number * self._step >= self.total
        if not ids or last:
            self._finish()

    def _finish(self) -> None:
        """End, or read the other way where that is still owed or something is missing."""
        owed = [mode for mode in self._next if mode not in self._tried]
        if owed and (self.missing or self._both_ways):
            self._turn(owed[0])
        else:
            self._mode = _Mode.DONE
