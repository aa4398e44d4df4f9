"""
Answers without their person: what stays is what an analysis counts and adds up.

Amounts, dates, states, reasons and ids stay, and so does the title of what was sold. Names,
addresses, parcels, comments, files go, known or unknown, exchanged with a key that is thrown away.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..recording import scrub
from ..recording.exchange import Answer, Request
from ..recording.scrub.fields import is_api_word, kind
from ..tables.answers import decode
from .observations import kept

#: Fields that hold the name an account goes by.
_LOGINS = frozenset(
    {"buyer", "buyerLoginName", "buyerUserId", "login", "loginName", "userId", "username"}
    | {"eiasToken", "otherParty", "otherPartyName", "counterparty", "initiatorName"}
)
# The seller's own words: whose archive it is need not be forgotten with a buyer.
_STAY = frozenset({"itemTitle", "title", "seller", "sellerLoginName", "sellerUserId"})
_EMAIL = re.compile(r"[^\s@\"'<>()]{1,64}@[^\s@\"'<>()]{3,}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{6,}[0-9]")
_FULL_NAMES = frozenset({"fullName", "recipient", "name"})
_FULL_NAME = re.compile(r"\w\S* .*\w{2}")
_WORD = re.compile(r"\w+")
_MAY_BE_LOGIN = re.compile(r"[\w.*!$-]*\w")
_NUMBER = re.compile(r"[0-9.-]+")
_ASKED = Request("GET", "https://api.ebay.com/post-order/v2")


class Words:
    """
    Finds names as whole words, whatever their capitals; how many names there are costs nothing.

    A text that is a word of the API as a whole, or a number, names nobody, but in a field of login
    names: or a buyer who calls himself ``closed`` would take the states of all records with him.

    Parameters
    ----------
    names : iterable of str
        What to find.

    Examples
    --------
    >>> found = Words(["jo_miller", "closed"])
    >>> [found.inside(text) for text in ("ask Jo_Miller!", "jo_miller2", "CLOSED")]
    [True, False, False]
    >>> found.inside("CLOSED", "buyer")
    True
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.strip().casefold() for name in names} - {""}
        said = {name: set(_WORD.findall(name)) for name in self._names}
        shared = Counter(word for words in said.values() for word in words)
        # Each name is looked for where its rarest word stands.
        self._by_word: dict[str, list[str]] = {}
        for name, words in said.items():
            rarest = min(words, key=lambda word: (shared[word], word), default="")
            self._by_word.setdefault(rarest, []).append(name)

    def inside(self, text: str, field: str = "") -> bool:
        """Tell whether a name stands in a text, which is the value of a field or column."""
        folded = text.casefold()
        if field in _LOGINS and folded.strip() in self._names:
            return True
        said = {"", *_WORD.findall(folded)} & self._by_word.keys()
        return any(_stands(name, folded) for word in said for name in self._by_word[word]) and not (
            _NUMBER.fullmatch(text) or is_api_word(text)
        )

    def answered(self, body: bytes) -> bool:
        """Tell whether a name stands in an answer."""
        if b"\\" not in body and not self.inside(body.decode("utf-8", "replace")):
            return False  # most answers, without a look at their fields
        return any(self.inside(text, field) for field, text in texts(decode(body)))


def _stands(name: str, text: str) -> bool:
    """Tell whether a name stands in a text, with no letter or digit more at its own ones."""
    at = text.find(name)
    while at >= 0:
        is_longer = at > 0 and _WORD.match(name) and _WORD.match(text[at - 1])
        if not (is_longer or (_WORD.match(name[-1]) and _WORD.match(text, at + len(name)))):
            return True
        at = text.find(name, at + 1)
    return False


class Anonymiser:
    """
    Takes persons out of answers.

    Parameters
    ----------
    aliases : mapping
        What stands for a login name.
    words : Words, optional
        What else is to go where others are concerned; the login names by default.

    Examples
    --------
    >>> anonymiser = Anonymiser({"jo_miller": "forgotten-1"})
    >>> anonymiser.own(b'{"buyer":"Jo_Miller","itemId":"4711","comments":"call 030 1234567"}')[:35]
    b'{"buyer":"forgotten-1","comments":"'
    >>> anonymiser.mention(b'{"buyer":"ann","comments":"Hi","notes":["ask jo_miller"]}')[:37]
    b'{"buyer":"ann","comments":"Hi","notes'
    """

    def __init__(self, aliases: Mapping[str, str], words: Words | None = None) -> None:
        self._aliases = {name.casefold(): alias for name, alias in aliases.items()}
        self._words = words or Words(aliases)
        self._key = os.urandom(32)  # gone with this object: nothing leads back

    def own(self, body: bytes) -> bytes:
        """Return an answer about a record of a person's own."""

        def goes(name: str, text: str) -> bool:
            return name not in _STAY or self._words.inside(text, name)

        return self._without(body, goes)

    def mention(self, body: bytes) -> bytes:
        """Return an answer about somebody else's record in which a person is spoken of."""
        return self._without(body, lambda name, text: self._words.inside(text, name))

    def _without(self, body: bytes, goes: Callable[[str, str], bool]) -> bytes:
        real = decode(body)
        # A new one each time: it learns names, and has no business to look for those elsewhere.
        _, came = scrub.Scrubber(self._key).exchange(_ASKED, Answer(200, "OK", body=body))
        return kept(self._chosen(real, decode(came.body), "", goes))

    def _chosen(self, real: Any, scrubbed: Any, name: str, goes: Callable[[str, str], bool]) -> Any:
        if isinstance(real, dict):
            return {
                new if goes(name, old) else old: self._chosen(real[old], scrubbed[new], old, goes)
                for old, new in zip(real, scrubbed, strict=True)
            }
        if isinstance(real, list):
            pairs = zip(real, scrubbed, strict=True)
            return [self._chosen(*pair, name, goes) for pair in pairs]
        text = str(real)
        if name in _LOGINS and text.casefold() in self._aliases:
            return self._aliases[text.casefold()]
        return scrubbed if goes(name, text) else real


def logins(body: bytes) -> set[str]:
    """Return the login names that an answer tells of its buyer."""
    return {text for name, text in texts(decode(body)) if name in _LOGINS}


def writings(body: bytes) -> set[str]:
    """Return the words of what somebody wrote in an answer, as far as they may be login names."""
    written = (text for name, text in texts(decode(body)) if kind(name) == "text")
    return {word for text in written for word in _MAY_BE_LOGIN.findall(text)}


def particulars(body: bytes) -> set[str]:
    """Return what else points at the buyer: mail addresses, telephones, first with last name."""
    found: set[str] = set()
    for tree in _of_buyers(decode(body)):
        for name, text in texts(tree):
            found.update(_EMAIL.findall(text))
            if "phone" in name.lower():
                found.update(_PHONE.findall(text))
            if name in _FULL_NAMES and _FULL_NAME.search(text.strip()):
                found.add(text.strip())
        found |= _pairs_of_names(tree)
    return found


def texts(tree: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield all texts of a decoded answer, names of fields included, with their field's name."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield "", key
            yield from texts(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from texts(value, name)
    elif isinstance(tree, str):
        yield name, tree


def _of_buyers(tree: Any) -> Iterator[Any]:
    """Yield the parts of an answer that are about the buyer alone."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            name = key.lower()
            if "buyer" in name or name == "originaddress":
                yield {key: value}
            elif "seller" not in name:
                yield from _of_buyers(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _of_buyers(value)


def _pairs_of_names(tree: Any) -> set[str]:
    """Return first and last names that stand side by side, as one would write them."""
    found: set[str] = set()
    if isinstance(tree, dict):
        first, last = tree.get("firstName"), tree.get("lastName")
        if isinstance(first, str) and isinstance(last, str) and first and last:
            found |= {f"{first} {last}", f"{last}, {first}"}
        for value in tree.values():
            found |= _pairs_of_names(value)
    elif isinstance(tree, list):
        for value in tree:
            found |= _pairs_of_names(value)
    return found
