"""Whether cassettes may be shared, and are still worth replaying."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from .. import clock
from ..errors import CassetteError, UnreadableAnswer
from ..recording import scrub
from ..recording.exchange import Answer, Exchange
from ..tables import drift
from . import calls
from .shapes import Shape
from .shelf import Cassette

_ENOUGH = 3  # records, before what all of them lack is said to be missing
_MOST = 5  # fields in one sentence


class Finding(NamedTuple):
    """
    Something wrong with a cassette: a row of `check`.

    ``level`` is fail for what must not be shared or cannot be used, warn for what to look at;
    ``where`` tells the interactions, counted from 1.
    """

    level: Literal["fail", "warn"]
    cassette: str
    kind: str
    where: str
    words: str


def check(
    cassettes: Sequence[Cassette],
    *,
    played: Mapping[Path, Collection[int]] | None = None,
    oldest: timedelta | None = None,
) -> list[Finding]:
    """
    Look for what is wrong with cassettes; no key is needed.

    Parameters
    ----------
    cassettes : sequence of Cassette
        See `find`.
    played : mapping, optional
        What was played of each file, see `postorder_nb.recording.plays.read`.
    oldest : timedelta, optional
        How old a recording may be.

    Returns
    -------
    list of Finding
        By cassette. They fail for: ``unusable`` (damaged, cut off, too large, or it would run code
        or point elsewhere), ``leak`` (a secret or a person), ``not scrubbed``, ``unplayed``. They
        warn of: ``unknown`` fields and values, which the tables leave out, and ``stale`` answers
        (of calls that have ended, of another shape than newer recordings, or too old).
    """
    found: list[Finding] = []
    sound = []
    for one in cassettes:
        try:
            exchanges = one.stored.exchanges
        except CassetteError as error:
            found.append(Finding("fail", one.name, "unusable", "", error.message))
            continue
        sound.append(one)
        found += _safety(one)
        found += _unknown(one.name, exchanges)
        found += _ended(one.name, exchanges)
        if played is not None:
            found += _unplayed(one, played.get(one.path.resolve(), ()))
        if oldest is not None and clock.now() - one.stored.recorded_at > oldest:
            days = (clock.now() - one.stored.recorded_at).days
            found.append(Finding("warn", one.name, "stale", "", f"was recorded {days} days ago"))
    found += _other_shapes(sound)
    order = {one.name: place for place, one in enumerate(cassettes)}
    return sorted(found, key=lambda finding: order[finding.cassette])


def _safety(one: Cassette) -> Iterator[Finding]:
    stored = one.stored
    if not stored.complete:
        words = f"the recording was cut off after {len(stored.exchanges)} answers"
        yield Finding("fail", one.name, "unusable", "", words)
    if not stored.scrubbed and stored.exchanges:
        words = "nobody has taken persons out of it; run: postorder-nb cassettes scrub"
        yield Finding("fail", one.name, "not scrubbed", "", words)
    for n, exchange in enumerate(stored.exchanges, 1):
        for leak in scrub.leaks(exchange):
            yield Finding(
                "fail", one.name, "leak", str(n), f"{leak.where}: {leak.kind}, {leak.sample}"
            )


def _unknown(name: str, exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    answers: defaultdict[str, list[bytes]] = defaultdict(list)
    for sent, came in exchanges:
        call = calls.of_request(sent)
        if call and call.table and came.status == 200:
            answers[call.table].append(came.body)
    for table, bodies in answers.items():
        try:
            rows = drift(table, bodies)
        except UnreadableAnswer as error:
            yield Finding("fail", name, "unusable", table, error.message)
            continue
        # A record without its id is no fault: what asks for details knows whose they are.
        strange = rows[rows["kind"] != "unreadable"]
        for kind, path, value, n in strange.itertuples(index=False):
            words = f"{kind} {path}" + (f" ({value})" if value else "")
            yield Finding("warn", name, "unknown", table, f"{words}, {n} times" if n > 1 else words)


def _ended(name: str, exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    places: defaultdict[calls.Call, list[str]] = defaultdict(list)
    for n, (sent, _) in enumerate(exchanges, 1):
        call = calls.of_request(sent)
        if call and call.gone:
            places[call].append(str(n))
    for call, numbers in places.items():
        since = f" since {call.gone_on}" if call.gone_on else ""
        instead = f": {call.instead}" if call.instead else ""
        words = f"eBay no longer answers {call.key}{since}{instead}"
        yield Finding("warn", name, "stale", _listed(numbers), words)


def _unplayed(one: Cassette, played: Collection[int]) -> Iterator[Finding]:
    exchanges = one.stored.exchanges
    left = [n for n in range(len(exchanges)) if n not in played]
    if len(left) == len(exchanges) and left:
        yield Finding("fail", one.name, "unplayed", "", "nobody replayed it")
    elif left:
        first = exchanges[left[0]][0]
        words = f"{len(left)} of {len(exchanges)} were not asked for; the first is {first}"
        yield Finding("fail", one.name, "unplayed", _listed([str(n + 1) for n in left]), words)


def _other_shapes(cassettes: Sequence[Cassette]) -> Iterator[Finding]:
    """Compare what each cassette has of a call with the newest recording of that call."""
    by_call: defaultdict[str, list[tuple[datetime, str, Shape]]] = defaultdict(list)
    for one in cassettes:
        answers: defaultdict[str, list[Answer]] = defaultdict(list)
        for sent, came in one.stored.exchanges:
            call = calls.of_request(sent)
            if call and came.status == 200:
                answers[call.key].append(came)
        for key, given in answers.items():
            shape = Shape(given)
            if shape.records >= _ENOUGH:
                by_call[key].append((one.stored.recorded_at, one.name, shape))
    for key, recorded in by_call.items():
        newest = max(recorded, key=lambda entry: entry[0])
        for moment, name, shape in recorded:
            if moment < newest[0]:
                yield from _older(key, name, shape, newest[1], newest[2])


def _older(key: str, name: str, shape: Shape, newer: str, other: Shape) -> Iterator[Finding]:
    for words, fields in (
        ("lack", other.always - set(shape.seen)),
        ("still have", shape.always - set(other.seen)),
    ):
        # A field below another one that is missing says nothing new.
        first = [f for f in sorted(fields) if not any(_is_below(f, above) for above in fields)]
        if first:
            told = f"its records {words} {_listed(first)}, unlike all of the newer {newer}"
            yield Finding("warn", name, "stale", key, told)


def _is_below(field: str, above: str) -> bool:
    return field.startswith((f"{above}.", f"{above}[]"))


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return ", ".join(words[:_MOST]) + more
