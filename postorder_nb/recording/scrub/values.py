"""The values of JSON, forms and addresses: what of them stays, and what stands for the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from postorder_nb.recording.scrub.blobs import in_base64
from postorder_nb.recording.scrub.cipher import Cipher
from postorder_nb.recording.scrub.fields import is_api_word, kind, plain
from postorder_nb.recording.scrub.prose import DATE, EMAIL, ID, TIMESTAMP, Sentences

REMOVED = "removed"
_WORD = re.compile(r"(?=.{1,64}\Z)(?!(?:\D*\d){5})[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?", re.ASCII)
_LONG_NUMBER = re.compile(r"(-?)([0-9]{5,})(.*)", re.ASCII | re.S)
_MILLISECONDS = re.compile(r"1[2-9][0-9]{11}", re.ASCII)  # 2008 to 2033; no telephone number
_VERSION = re.compile(r"v[0-9]{1,2}(?:_[a-z]+[0-9]?)?", re.ASCII)
_ID = re.compile(rf"(?:{ID.pattern})(?:\.(?:jpg|jpeg|png|gif|webp))?", re.ASCII)
_FIGURE = re.compile(rf"{DATE.pattern}|{_NUMBER.pattern}|true|false", re.ASCII | re.I)
_LOOKS = {
    "date": _FIGURE,
    "number": _FIGURE,
    "part": _FIGURE,  # some answers write a flag as text, or a date without its object
    "currency": re.compile("[A-Z]{3}"),
    "country": re.compile("[A-Z]{2}"),
}
_HOSTS = re.compile(
    r"(?:[\w-]+\.)*(?:ebay(?:\.com?)?\.[a-z]{2,3}|ebay(?:img|static)\.com|paypal\.com)|localhost|simulator"
)
_ERROR = {"errorid", "severity", "domain", "category", "errorname"}


class Number(str):
    """A number of JSON, written as it came: 12.50 stays 12.50."""

    __slots__ = ()


@dataclass
class Known:
    """What is known of an exchange: ids that its sentences may tell, persons they may not."""

    host: str = ""
    ids: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Values:
    """
    Scrubs values.

    Parameters
    ----------
    cipher : Cipher
        What stands for a word or a text.
    ids : bool
        Whether ids are exchanged, too.
    texts_only : bool
        Whether only what somebody wrote is exchanged: what a program took from a recording
        already has its pseudonym.
    """

    cipher: Cipher
    ids: bool = False
    texts_only: bool = False

    def json(self, text: str, known: Known) -> str:
        """Scrub a JSON text; ValueError or RecursionError if it is none."""
        return written(self.value(parse(text), "", known))

    def value(self, value: Any, name: str, known: Known) -> Any:
        """Scrub a value of JSON; `name` is that of its field."""
        if isinstance(value, dict):
            return {self._key(key, known): self.value(inner, as_, known)
                    for key, inner, as_ in fields_of(value)}  # fmt: skip
        if isinstance(value, list):
            return [self.value(inner, name, known) for inner in value]
        if isinstance(value, Number):
            return self._number(value, name)
        return self.text(value, name, known) if isinstance(value, str) else value

    def text(self, said: str, name: str, known: Known) -> str:
        """Scrub what a field holds."""
        what = kind(name)
        if what == "secret":
            return said and REMOVED
        if not said or self._may_stay(said, what, known):
            return said
        if self.texts_only and what not in ("text", "file", "blob"):
            return said
        return self._exchanged(said, what, known)

    def _exchanged(self, said: str, what: str, known: Known) -> str:
        match what:
            case "text":
                new = self.filler(said)
            case "person" | "country" | "name" | "id":
                new = "".join(map(self.word, re.split(r"(\s+)", said)))
            case "blob":
                new = in_base64(said, self.cipher.mark(said.encode())) or self.filler(said)
            case "url":
                new = self.url(said, known)
            case "word" | "prose":
                new = self.prose(said, known)
            case "file":
                stem, dot, ending = said.rpartition(".")
                named = dot and is_api_word(ending)
                new = f"{self.filler(stem)}.{ending}" if named else self.filler(said)
            case _:
                new = self._unknown(said, known)
        return new

    def word(self, said: str) -> str:
        """Return the pseudonym of a name or a number."""
        return EMAIL.sub(_at_test, self.cipher.word(said))

    filler = word

    def prose(self, said: str, known: Known) -> str:
        """Scrub a sentence of a program."""
        sentences = Sentences(self.word, lambda url: self.url(url, known))
        return sentences.scrub(said, () if self.ids else known.ids, known.persons)

    def url(self, said: str, known: Known) -> str:
        """Scrub an address; its host stays if it is eBay's or the one that was asked."""
        try:
            parts = urlsplit(said)
            host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
        except ValueError:
            return self.filler(said)
        if parts.scheme not in ("http", "https", ""):
            return self.filler(said)
        if host != known.host and not _HOSTS.fullmatch(host):
            host = self.word(host)
        return urlunsplit((
            parts.scheme,
            host + port,
            "/".join(map(self._segment, parts.path.split("/"))),
            self.form(parts.query, known),
            self.filler(parts.fragment),
        ))  # fmt: skip

    def form(self, text: str, known: Known) -> str:
        """Scrub name=value pairs; what stays is not written anew."""
        return "&".join(self._pair(pair, known) for pair in text.split("&"))

    def _pair(self, pair: str, known: Known) -> str:
        raw_name, equals, raw = pair.partition("=")
        name, said = unquote_plus(raw_name), unquote_plus(raw)
        new_name, new = self._key(name, known), self.text(said, name, known)
        written = raw_name if new_name == name else quote(new_name, safe="")
        return written + equals + (raw if new == said else quote(new, safe=""))

    def _segment(self, raw: str) -> str:
        said = unquote_plus(raw.replace("+", "%2B"))
        if not said or is_api_word(said) or _VERSION.fullmatch(said):
            return raw
        if self.texts_only or (_ID.fullmatch(said) and not self.ids):
            return raw
        new = self.word(said)
        return raw if new == said else quote(new, safe="!-.")

    def _key(self, name: str, known: Known) -> str:
        if kind(name) != "unknown" or self.texts_only:
            return name
        if is_api_word(name) and plain(name) not in known.persons:
            return name
        return self.word(name)

    def _may_stay(self, said: str, what: str, known: Known) -> bool:
        if what in _LOOKS:
            return bool(_LOOKS[what].fullmatch(said))
        if what == "id":
            return not self.ids and bool(_ID.fullmatch(said))
        if what == "word":
            named = not is_api_word(said) and not known.persons.isdisjoint(_words(said))
            return bool(_WORD.fullmatch(said)) and not named
        return what == "name" and is_api_word(said)

    def _number(self, said: Number, name: str) -> Any:
        what = kind(name)
        if what == "secret":
            return REMOVED
        personal = what in ("person", "text", "file", "blob", "country", "name")
        if what == "id":
            personal = self.ids
        elif what == "unknown":
            personal = bool(_LONG_NUMBER.fullmatch(said)) and not _MILLISECONDS.fullmatch(said)
        if not personal or self.texts_only:
            return said
        if re.fullmatch("-?[0-9]+", said):
            sign, digits = said[: said[0] == "-"], said.lstrip("-")
            return Number(sign + self.cipher.word(digits))
        return Number(re.sub("[0-9]", "1", said.partition("e")[0].partition("E")[0]))

    def _unknown(self, said: str, known: Known) -> str:
        if TIMESTAMP.fullmatch(said) or ("_" in said and is_api_word(said) and said.isupper()):
            return said
        if said[0] in "{[" and said[-1] in "}]":
            try:
                return self.json(said, known)
            except (ValueError, RecursionError):
                return self.filler(said)
        if said.startswith(("http://", "https://")) and not re.search(r"\s", said):
            return self.url(said, known)
        return self.filler(said)


def parse(text: str) -> Any:
    """Read JSON, its numbers as they are written."""
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


def written(value: Any) -> str:
    """Write what `parse` read."""
    try:
        text = _written(value, encode_basestring)
        text.encode()
    except UnicodeEncodeError:  # half of a character, as only JSON's escapes can hold it
        return _written(value, encode_basestring_ascii)
    return text


def fields_of(value: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Yield the key, the value, and the name that says what it is, of an object's fields."""
    names = {key: key for key in value}
    told = value.get("name")
    if "value" in value and isinstance(told, str):
        names["value"] = told  # a parameter
    if "message" in value and not _ERROR.isdisjoint(map(plain, value)):
        names["message"] = "longMessage"
    return ((key, inner, names[key]) for key, inner in value.items())


def learn(value: Any, name: str, known: Known) -> None:
    """Note the ids and the persons of a value of JSON."""
    if isinstance(value, dict):
        for _, inner, as_ in fields_of(value):
            learn(inner, as_, known)
    elif isinstance(value, list):
        for inner in value:
            learn(inner, name, known)
    elif isinstance(value, str):
        what = kind(name)
        if what == "id" and ID.fullmatch(value):
            known.ids.add(value)
        elif what in ("person", "name") and not isinstance(value, Number):
            known.persons |= _words(value)


def _words(said: str) -> set[str]:
    return {*re.findall(r"[^\W\d_]{3,}", said.lower()), said.lower()}


def _at_test(found: re.Match[str]) -> str:
    """Move an e-mail address to a domain where nobody can have one."""
    name, _, domain = found[0].rpartition("@")
    return f"{name}@{domain[:-5].rstrip('.') or 'x'}.test"


def _written(value: Any, quoted: Callable[[str], str]) -> str:
    if isinstance(value, dict):
        pairs = (f"{quoted(key)}:{_written(inner, quoted)}" for key, inner in value.items())
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(_written(inner, quoted) for inner in value)}]"
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    return "null" if value is None else str(value).lower()
