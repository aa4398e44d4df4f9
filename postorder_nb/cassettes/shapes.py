"""The shape of answers: which fields they have, of which kinds, with which words of closed sets."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from ..recording.exchange import Answer
from ..tables.answers import LISTS, is_page
from ..tables.findings import json_kind

_WORD = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,}")


class Shape:
    """
    What the records in some answers of one call have in common.

    Attributes
    ----------
    records : int
        How many there were: the members of a search page, or the answer itself.
    seen : Counter
        By field, such as ``refundInfo.actualRefund.value``, in how many records it was; ``[]``
        stands for the elements of a list.
    kinds : dict of set
        By field, the JSON kinds of its values.
    words : dict of set
        By field, its values that look like words of a closed set, such as ``CLOSED``.
    """

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.records = 0
        self.seen: Counter[str] = Counter()
        self.kinds: defaultdict[str, set[str]] = defaultdict(set)
        self.words: defaultdict[str, set[str]] = defaultdict(set)
        for answer in answers:
            for record in records(answer):
                self._add(record)

    @property
    def always(self) -> set[str]:
        """The fields that every record has."""
        return {field for field, n in self.seen.items() if n == self.records}

    def _add(self, record: Any) -> None:
        self.records += 1
        found = set()
        for field, value in fields(record):
            found.add(field)
            if value is not None:
                self.kinds[field].add(json_kind(value))
            if isinstance(value, str) and _WORD.fullmatch(value):
                self.words[field].add(value)
        self.seen.update(found)


def records(answer: Answer) -> list[Any]:
    """Return the members of a search page, or else the answer; nothing for one that is no JSON."""
    try:
        value = orjson.loads(answer.body)
    except ValueError:
        return []
    if not is_page(value):
        return [value]
    pages = [value] if isinstance(value, list) else [value.get(name) for name in LISTS]
    return [member for page in pages if isinstance(page, list) for member in page]


def fields(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """
    Yield every field below a decoded value, with what is in it.

    Examples
    --------
    >>> dict(fields({"a": {"b": 1}, "c": [2, 3]}))
    {'a': {'b': 1}, 'a.b': 1, 'c': [2, 3], 'c[]': 3}
    """
    if isinstance(value, dict):
        inner = [(f"{at}.{name}" if at else name, one) for name, one in value.items()]
    elif isinstance(value, list):
        inner = [(f"{at}[]", one) for one in value]
    else:
        return
    for field, one in inner:
        yield field, one
        yield from fields(one, field)
