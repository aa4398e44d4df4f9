"""What looks as if it should not stand in a cassette; no key is needed to look."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from postorder_nb.recording.exchange import Answer, Exchange, Request
from postorder_nb.recording.scrub import credentials
from postorder_nb.recording.scrub.blobs import is_stand_in
from postorder_nb.recording.scrub.bodies import Body, opened
from postorder_nb.recording.scrub.fields import is_api_word, kind
from postorder_nb.recording.scrub.values import fields_of

_PATTERNS = {
    "token": re.compile(
        r"v\^1\.1#\S{4,}|\beyJ[\w-]{8,}\.[\w-]{4,}\.|\b(?:IAF|TOKEN|Bearer|Basic)\s+[\w^#+/=.~-]{16,}"
        r"|-----BEGIN [A-Z ]*PRIVATE KEY|\bMC4CAQAwBQYDK2VwBCIEI"
    ),
    "e-mail address": re.compile(
        r"[\w.+-]{1,64}@(?!(?:[\w-]+\.)*(?:test|example|invalid)\b)(?!example\.(?:com|net|org)\b)"
        r"[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}"
    ),
}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")


class Leak(NamedTuple):
    """Something in a cassette that should not be there."""

    where: str
    kind: str
    sample: str
    """Its beginning, not the whole."""

    def __str__(self) -> str:
        return f"{self.where}: {self.kind} {self.sample}"


def leaks(one: Exchange) -> list[Leak]:
    """
    List what should not be in a cassette.

    That is what gives itself away: headers that are never kept, tokens, e-mail addresses, also in
    base64 and in URLs, files that show something. A pseudonym looks like a name, so whether names
    were exchanged is told by the cassette's mark, not by this.
    """
    sent, came = one
    found = [
        *_headers("request", sent.headers, credentials.REQUEST_HEADERS),
        *_headers("answer", came.headers, credentials.ANSWER_HEADERS),
    ]
    for where, said in _texts(one):
        found += [
            Leak(where, what, _sample(hit[0]))
            for reading in _readings(said)
            for what, pattern in _PATTERNS.items()
            for hit in pattern.finditer(reading)
        ]
    for side, body in _bodies(one):
        for path, name, value in _leaves(body.value, "$", "") if body.is_json else ():
            if kind(name) == "secret" and value not in (credentials.REMOVED, "", None):
                found.append(Leak(f"{side} body {path}", "secret", _sample(str(value))))
            elif kind(name) == "blob" and isinstance(value, str) and _shows_something(value):
                found.append(Leak(f"{side} body {path}", "file", _sample(value)))
    return list(dict.fromkeys(found))


def unknown(one: Exchange) -> list[str]:
    """List the paths of fields that are not known, in answer and request: ``$.members[].new``."""
    found = [
        re.sub(r"\[\d+\]", "[]", path)
        for _, body in _bodies(one)
        if body.is_json
        for path, name in _names(body.value, "$")
        if kind(name) == "unknown"
    ]
    return list(dict.fromkeys(found))


def _headers(side: str, given: Any, kept: tuple[str, ...]) -> Iterator[Leak]:
    known = {name.lower() for name in kept}
    for name in given:
        if name.lower() not in known:
            yield Leak(f"{side} header {name}", "header", "that is never kept")


def _bodies(one: Exchange) -> list[tuple[str, Body]]:
    sent, came = one
    return [
        ("request", opened(sent.body, _media(sent))),
        ("answer", opened(came.body, _media(came))),
    ]


def _media(message: Request | Answer) -> str:
    given = {name.lower(): value for name, value in message.headers.items()}
    media = given.get("content-type", "")
    return media if isinstance(media, str) else "".join(media[:1])


def _texts(one: Exchange) -> Iterator[tuple[str, str]]:
    sent, came = one
    yield "request address", sent.url
    for name, value in sent.headers.items():
        yield f"request header {name}", value
    for name, values in came.headers.items():
        for value in values:
            yield f"answer header {name}", value
    for side, body in _bodies(one):
        if body.is_json:
            for path, _, value in _leaves(body.value, "$", ""):
                yield f"{side} body {path}", str(value)
            for path, name in _names(body.value, "$"):
                yield f"{side} body {path.removesuffix(name)}*", name
        else:
            yield f"{side} body", body.text or body.raw.decode("latin-1")


def _readings(said: str) -> Iterator[str]:
    yield said
    if "%" in said:
        yield unquote(said)
    for hit in _BASE64.finditer(said):
        text = hit[0].replace("-", "+").replace("_", "/").rstrip("=")
        try:
            yield b64decode(text + "=" * (-len(text) % 4)).decode()
        except ValueError:
            continue


def _leaves(value: Any, path: str, name: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for key, inner, as_ in fields_of(value):
            yield from _leaves(inner, f"{path}.{key}", as_)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{place}]", name)
    else:
        yield path, name, value


def _names(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}", key
            yield from _names(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner, f"{path}[]")


def _shows_something(text: str) -> bool:
    """Tell whether a file is none of the empty ones."""
    try:
        data = b64decode(text.rpartition(",")[2])
    except ValueError:
        return len(text) > 64 and not is_api_word(text)
    return not is_stand_in(data)


def _sample(said: str) -> str:
    return f"{said[:4]}…" if len(said) > 4 else "…"
