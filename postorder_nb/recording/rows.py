"""
One exchange as plain values, in vcrpy's layout: what a cassette's file is made of.

Whoever reads a file reads it through here, so that nothing but a sound exchange comes out of it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

from postorder_nb.recording.exchange import Answer, Exchange, Request

OURS = "postorder_nb"
VERSION = 1

# What a file may hold at most; a recording stops at the same bounds.
MOST_EXCHANGES = 200_000
MOST_BYTES = 256 * 2**20
MOST_HEADERS = 200

_METHOD = re.compile(r"[A-Z]{1,20}")
_MARK = re.compile(r"(?:[0-9a-f]{8}(?:-ids)?)?")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_BREAKS = re.compile(r"[\r\n\0]")  # a line break would start a header of its own
_LEADS_ON = ("location", "content-location", "refresh")
_REFRESH = re.compile(r"^\s*\d+\s*[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]*)", re.I)


class Unsound(Exception):
    """Something in a file that this package would not have written; the text says what."""


def head(recorded_at: datetime, scrubbed: str) -> dict[str, Any]:
    """Return what stands before the exchanges: the moment, and which key scrubbed them, if any."""
    laid_out = {"version": VERSION, "recorded_at": recorded_at.isoformat()}
    return laid_out | {"scrubbed": scrubbed} if scrubbed else laid_out


def read_head(mark: Any) -> tuple[datetime, str]:
    """Read `head`; raise `Unsound` if it is none, or of a later version of this package."""
    match mark:
        case {"version": 1, "recorded_at": str(text)}:
            scrubbed = mark.get("scrubbed", "")
        case {"version": int(version)} if version > VERSION:
            raise Unsound(f"has format {version}; this version of the package reads {VERSION}")
        case _:
            raise Unsound("was not made by this package, or has been damaged")
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unsound(f"says it was recorded at {text!r}, which is no moment") from error
    if found.tzinfo is None:
        raise Unsound(f"says it was recorded at {text}, without a time zone")
    if not (isinstance(scrubbed, str) and _MARK.fullmatch(scrubbed)):
        raise Unsound("does not say which key scrubbed it")
    return found, scrubbed


def row(exchange: Exchange, body: Callable[[bytes], Any]) -> dict[str, Any]:
    """Lay an exchange out; `body` makes plain values of the bytes of a body."""
    request, answer = exchange
    laid_out = {
        "request": {
            "method": request.method,
            "uri": request.url,
            "headers": {name: [value] for name, value in request.headers.items()},
            "body": body(request.body) if request.body else None,
        },
        "response": {
            "status": {"code": answer.status, "message": answer.reason},
            "headers": {name: list(values) for name, values in answer.headers.items()},
            "body": {"string": body(answer.body)},
        },
    }
    kinds = {"credentials": request.credentials, "signature": request.signature}
    sent_with = {name: kind for name, kind in kinds.items() if kind}
    return laid_out | {"sent_with": sent_with} if sent_with else laid_out


def exchange(place: int, given: Any) -> Exchange:
    """Read `row`; `place` counts from 0, for what `Unsound` says."""
    match given:
        case {
            "request": {
                "method": str(method),
                "uri": str(url),
                "headers": dict(sent),
                "body": asked,
            },
            "response": {
                "status": {"code": int(code), "message": str(reason)},
                "headers": dict(came),
                "body": {"string": said},
            },
        } if _are_headers(sent) and _are_headers(came):
            pass
        case _:
            _damaged(place, "is not laid out as a request and its answer")
    if not _METHOD.fullmatch(method) or not 100 <= code <= 599 or not reason.isprintable():
        _damaged(place, f"has no such status or method: {code}, {method!r}")
    request = Request(
        method,
        url,
        {name: values[0] for name, values in sent.items()},
        _raw(place, asked),
        **_kinds(place, given.get("sent_with", {})),
    )
    answer = Answer(code, reason, came, _raw(place, said))
    if problem := strays(request, answer):
        raise Unsound(f"is unsafe at interaction {place + 1}: it {problem}")
    return request, answer


def size(one: Exchange) -> int:
    """Return about how many bytes an exchange takes."""
    request, answer = one
    return len(request.body) + len(answer.body) + len(request.url) + 500


def strays(request: Request, answer: Answer) -> str:
    """
    Say why an exchange points elsewhere than to the host that was asked; ``""`` if it does not.

    A redirect in a file somebody else made must not lead a program to another host.
    """
    at = _origin(request.url)
    if at is None:
        return f"asks no address: {request.url[:80]!r}"
    for name, values in answer.headers.items():
        if name.lower() not in _LEADS_ON:
            continue
        for value in values:
            found = _REFRESH.match(value) if name.lower() == "refresh" else None
            target = _origin(urljoin(request.url, found[1] if found else value))
            if target != at:
                return f"leads on from {at} to another host: {name}: {value[:80]}"
    return ""


def as_json(body: bytes) -> str | dict[str, str]:
    """Return a body as JSON can hold it: text, or base64 where it is no text."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def _origin(url: str) -> str | None:
    """Return the host of an http address; None if it has none, or a user, or unseen signs."""
    if not url.isprintable() or " " in url:
        return None
    return _host("/".join(url.split("/", 3)[:3]))  # the rest of an address says nothing of it


@lru_cache(maxsize=256)
def _host(start: str) -> str | None:
    try:
        parts = urlsplit(start)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"


def _kinds(place: int, given: Any) -> dict[str, str | None]:
    match given:
        case dict() if all(isinstance(part, str) for pair in given.items() for part in pair):
            credentials = given.get("credentials")
            # One that was recorded here tells both, and leaves out what there is none of.
            nothing = None if credentials is None else ""
            return {"credentials": credentials, "signature": given.get("signature", nothing)}
    return _damaged(place, "does not say how it was sent")


def _are_headers(headers: Mapping[Any, Any]) -> bool:
    return len(headers) <= MOST_HEADERS and all(
        isinstance(name, str) and _HEADER_NAME.fullmatch(name)
        and isinstance(values, list) and 0 < len(values) <= MOST_HEADERS
        and all(isinstance(value, str) and not _BREAKS.search(value) for value in values)
        for name, values in headers.items()
    )  # fmt: skip


def _raw(place: int, body: Any) -> bytes:
    match body:
        case None:
            return b""
        case bytes():
            return body
        case str():
            try:
                return body.encode()
            except UnicodeEncodeError:
                _damaged(place, "has a body that is no text")
        case {"base64": str(text), **rest} if not rest:
            try:
                return b64decode(text, validate=True)
            except ValueError:
                _damaged(place, "has a body that is no base64")
    return _damaged(place, "has no body")


def _damaged(place: int, words: str) -> NoReturn:
    raise Unsound(f"is damaged at interaction {place + 1}: it {words}")


class Tally:
    """Counts what comes out of a file, or goes into one, and stops at the bounds."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.bytes = 0

    def add(self, one: Exchange) -> None:
        """Count an exchange; raise `Unsound` if that is one too many."""
        room = self.bytes + size(one)
        if self.exchanges >= MOST_EXCHANGES or room > MOST_BYTES:
            raise Unsound(
                f"holds more than {MOST_EXCHANGES:,} interactions or {MOST_BYTES >> 20} MiB"
            )
        self.exchanges, self.bytes = self.exchanges + 1, room

    def counted(self, exchanges: Iterator[Exchange]) -> list[Exchange]:
        """Return a list of exchanges, counted one by one as they are made."""
        kept = []
        for one in exchanges:
            self.add(one)
            kept.append(one)
        return kept
