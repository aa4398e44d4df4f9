"""What the fields of the API hold (``fields.txt``), and the words that its programs use."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, cast

from postorder_nb import enums

Kind = Literal[
    "id",  # joins records; stays unless ids are to be exchanged, too
    "word",  # an enum, or what looks like one
    "date",
    "number",  # also the value of an amount or a date
    "currency",
    "country",
    "url",
    "person",  # somebody's name, address, parcel: exchanged word by word
    "text",  # what somebody wrote: exchanged as a whole
    "file",  # a file's name
    "blob",  # a file's content
    "prose",  # what eBay's programs say: words that everybody uses stay
    "name",  # of a parameter, or somebody's
    "secret",
    "part",  # an object or a flag
    "unknown",
]
_LONGEST = 64
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Words of sentences that are names, too; with a capital they are taken for those.
_NAMES = {
    "Andy", "April", "Art", "August", "Grace", "Grant", "Jan", "Joy", "June", "Li", "Mark", "Max",
    "May", "Price", "Will", "Win",
}  # fmt: skip


def plain(name: str) -> str:
    """Return the name of a field as it is looked up: itemId, item_id and ItemID are one."""
    return name.replace("_", "").replace("-", "").lower()


@lru_cache(maxsize=16_384)
def kind(name: str) -> Kind:
    """
    Return what a field holds.

    Examples
    --------
    >>> kind("buyerLoginName"), kind("item_id"), kind("shoeSize")
    ('person', 'id', 'unknown')
    """
    return _kinds().get(plain(name), "unknown")


@lru_cache(maxsize=16_384)
def is_api_word(word: str) -> bool:
    """
    Tell whether a word is one of the API, or of what its programs say, and nobody's name.

    Examples
    --------
    >>> [is_api_word(word) for word in ("refund", "returnId", "ITEM_SHIPPED", "Miller", "Mark")]
    [True, True, True, False, False]
    """
    if word in _NAMES or len(word) > _LONGEST:
        return False
    return word in _enum_words() or kind(word) != "unknown" or _is_made_of_words(word)


def _is_made_of_words(word: str) -> bool:
    if word.lower() in _words():
        return True
    parts = _CAMEL.findall(word)
    return (
        "".join(parts) == re.sub(r"[_.-]", "", word)
        and all(part.lower() in _words() or (len(part) < 3 and part.isdigit()) for part in parts)
        and any(part.isalpha() for part in parts)
    )


@cache
def _kinds() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    now: Kind = "unknown"
    for line in _lines("fields.txt"):
        if line.startswith("["):
            now = cast("Kind", line.strip("[]"))
        else:
            found |= {plain(name): now for name in line.split()}
    return found


@cache
def _words() -> frozenset[str]:
    return frozenset(word for line in _lines("words.txt") for word in line.split())


@cache
def _enum_words() -> frozenset[str]:
    sets = (getattr(enums, name) for name in enums.__all__)
    found = (one for one in sets if isinstance(one, type) and issubclass(one, enums.OpenEnum))
    return frozenset(str(word) for one in found for word in one)


def _lines(name: str) -> list[str]:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
