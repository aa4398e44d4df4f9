"""Two recordings of the same thing: what eBay changed between them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from ..recording.exchange import Answer, Exchange
from ..recording.matching import asked
from . import calls
from .shapes import Shape
from .shelf import Cassette

_LONGEST = 60
_FEW = 5


class Change(NamedTuple):
    """One thing in which two recordings differ: a row of `diff`."""

    call: str
    what: str
    field: str
    before: str
    after: str


def diff(before: Cassette, after: Cassette, *, values: bool = False) -> list[Change]:
    """
    Compare two recordings of the same thing, call by call.

    Ids, names and moments differ between any two recordings, so what is compared is what the
    answers are made of: the calls that were asked, their statuses, and the fields of the records
    in their answers, with the JSON kinds of their values and the words of closed sets.

    Parameters
    ----------
    before, after : Cassette
        See `find`.
    values : bool
        Also every value of answers to the very same request.

    Returns
    -------
    list of Change
        ``call``; ``what`` (only before, only after, statuses, answers, new field, field gone, now
        always, no longer always, kinds, new words, value); ``field``; and what was there
        ``before`` and ``after``.
    """
    old, new = (_by_call(one.stored.exchanges) for one in (before, after))
    changes: list[Change] = []
    for call in sorted(old.keys() | new.keys()):
        if call not in new:
            changes.append(Change(call, "only before", "", f"{len(old[call])} times", ""))
        elif call not in old:
            changes.append(Change(call, "only after", "", "", f"{len(new[call])} times"))
        else:
            changes += _statuses(call, old[call], new[call])
            changes += _shapes(call, Shape(_good(old[call])), Shape(_good(new[call])))
            changes += _values(call, old[call], new[call]) if values else ()
    return changes


def _by_call(exchanges: Sequence[Exchange]) -> dict[str, list[Exchange]]:
    found: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        found[calls.label(exchange[0])].append(exchange)
    return found


def _good(exchanges: Sequence[Exchange]) -> Iterator[Answer]:
    return (came for _, came in exchanges if came.status < 300)


def _statuses(call: str, old: Sequence[Exchange], new: Sequence[Exchange]) -> Iterator[Change]:
    before, after = (Counter(came.status for _, came in side) for side in (old, new))
    if before.keys() != after.keys():
        yield Change(call, "statuses", "", _counted(before), _counted(after))


def _counted(statuses: Counter[int]) -> str:
    return ", ".join(f"{status} ({n})" for status, n in sorted(statuses.items()))


def _shapes(call: str, old: Shape, new: Shape) -> Iterator[Change]:
    if not (old.records and new.records):
        return
    for field in sorted(old.seen.keys() | new.seen.keys()):
        was, now = _share(old, field), _share(new, field)
        kinds = [", ".join(sorted(side.kinds[field])) for side in (old, new)]
        if field not in old.seen:
            yield Change(call, "new field", field, "", f"{kinds[1] or 'null'}, in {now}")
        elif field not in new.seen:
            yield Change(call, "field gone", field, f"{kinds[0] or 'null'}, in {was}", "")
        elif kinds[0] != kinds[1] and all(kinds):
            yield Change(call, "kinds", field, *kinds)
        elif (field in old.always) != (field in new.always):
            what = "now always" if field in new.always else "no longer always"
            yield Change(call, what, field, f"in {was}", f"in {now}")
        if old.words[field] and (added := sorted(new.words[field] - old.words[field])):
            known = ", ".join(sorted(old.words[field])[:_FEW])
            yield Change(call, "new words", field, known, ", ".join(added[:_FEW]))


def _share(shape: Shape, field: str) -> str:
    return f"{shape.seen[field]} of {shape.records}"


def _values(call: str, old: Sequence[Exchange], new: Sequence[Exchange]) -> Iterator[Change]:
    """Compare the first answers to equal requests, value by value."""
    before = {asked(sent).key: came for sent, came in reversed(old)}
    after = {asked(sent).key: came for sent, came in reversed(new)}
    for key in [key for key in before if key in after]:
        was, now = (_flat(side[key]) for side in (before, after))
        for place in sorted(was.keys() | now.keys()):
            if was.get(place) != now.get(place):
                yield Change(call, "value", place, was.get(place, ""), now.get(place, ""))


def _flat(answer: Answer) -> dict[str, str]:
    try:
        value = orjson.loads(answer.body)
    except ValueError:
        return {"(body)": f"{len(answer.body)} bytes"}
    return {place: _short(one) for place, one in _leaves(value, "$")}


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, f"{at}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _leaves(one, f"{at}[{place}]")
    else:
        yield at, value


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
