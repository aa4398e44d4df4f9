"""Whether two requests ask the same thing, and if not, what differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile, zip_longest
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from postorder_nb.recording.exchange import Request

Pairs = tuple[tuple[str, str], ...]

_NOTHING = object()
_LONGEST = 80


class Difference(NamedTuple):
    """One thing in which two requests differ; `part` is one of `Asked`'s fields."""

    part: str
    where: str
    recorded: str
    asked: str

    def __str__(self) -> str:
        return f"{self.where}: recorded {self.recorded}, asked {self.asked}"


@dataclass(frozen=True)
class Form:
    """A body of name=value pairs, in no order."""

    pairs: Pairs


@dataclass(frozen=True)
class Asked:
    """
    What a request asks, in the form it is compared in.

    Query and form are sorted pairs. A JSON body is its value: numbers are compared as numbers
    (10 and 10.00 are one amount), key order and white space do not count. Any other body is bytes.
    """

    method: str
    address: str
    path: str
    query: Pairs
    marketplace: str
    body: Any

    @property
    def key(self) -> tuple[object, ...]:
        """All but the body: hashable, to look a request up by."""
        return self.method, self.address, self.path, self.query, self.marketplace


def asked(request: Request) -> Asked:
    """Read what a request asks."""
    parts = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(
        method=request.method.upper(),
        address=f"{parts.scheme}://{parts.netloc}".lower(),
        path="/".join(unquote(word) for word in (parts.path or "/").split("/")),
        query=_pairs(parts.query),
        marketplace=headers.get("x-ebay-c-marketplace-id", ""),
        body=_body(request.body, headers.get("content-type", "")),
    )


def differences(recorded: Asked, asked: Asked) -> list[Difference]:
    """List in what two requests differ; an empty list says they ask the same thing."""
    return [
        *_plain("method", recorded.method, asked.method),
        *_plain("address", recorded.address, asked.address),
        *_plain("path", recorded.path, asked.path),
        *_in_pairs("query", "query parameter", recorded.query, asked.query),
        *_plain("marketplace", recorded.marketplace, asked.marketplace),
        *_in_bodies(recorded.body, asked.body),
    ]


def same_body(recorded: Asked, asked: Asked) -> bool:
    """Tell whether two requests have the same body."""
    return not any(_in_bodies(recorded.body, asked.body))


def nearest(asked: Asked, recorded: Iterable[Asked]) -> tuple[int, list[Difference]] | None:
    """
    Find the recorded request that is most like `asked`.

    Returns
    -------
    tuple of (int, list of Difference) or None
        Its position and how it differs; None when nothing was recorded.
    """
    found = [(differences(one, asked), one.path) for one in recorded]
    if not found:
        return None

    def strangeness(position: int) -> tuple[int, int, int]:
        lines, path = found[position]
        return (
            len({line.part for line in lines}),
            -_shared_start(path, asked.path),
            len(lines),
        )

    position = min(range(len(found)), key=strangeness)
    return position, found[position][0]


def _shared_start(one: str, other: str) -> int:
    return len([*takewhile(lambda signs: signs[0] == signs[1], zip(one, other, strict=False))])


def _pairs(text: str) -> Pairs:
    return tuple(sorted(parse_qsl(text, keep_blank_values=True)))


def _body(body: bytes, content_type: str) -> Any:
    if not body:
        return _NOTHING
    try:
        text = body.decode()
        if "form-urlencoded" in content_type:
            return Form(_pairs(text))
        return json.loads(text, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError):
        return body


def _plain(part: str, recorded: str, asked: str) -> Iterator[Difference]:
    if recorded != asked:
        yield Difference(part, part, recorded or "nothing", asked or "nothing")


def _in_pairs(part: str, noun: str, recorded: Pairs, asked: Pairs) -> Iterator[Difference]:
    for name in sorted({name for name, _ in (*recorded, *asked)}):
        before, now = ([value for key, value in side if key == name] for side in (recorded, asked))
        if before != now:
            yield Difference(part, f"{noun} {name}", _listed(before), _listed(now))


def _in_bodies(recorded: Any, asked: Any) -> Iterator[Difference]:
    if isinstance(recorded, Form) and isinstance(asked, Form):
        return _in_pairs("body", "body field", recorded.pairs, asked.pairs)
    return _in_values(recorded, asked, "$")


def _in_values(recorded: Any, asked: Any, at: str) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in sorted(recorded.keys() | asked.keys()):
            before, now = recorded.get(key, _NOTHING), asked.get(key, _NOTHING)
            yield from _in_values(before, now, f"{at}.{key}")
    elif isinstance(recorded, list) and isinstance(asked, list):
        for place, (before, now) in enumerate(zip_longest(recorded, asked, fillvalue=_NOTHING)):
            yield from _in_values(before, now, f"{at}[{place}]")
    # Python holds True for equal to 1; JSON does not.
    elif recorded != asked or isinstance(recorded, bool) != isinstance(asked, bool):
        yield Difference("body", f"body at {at}", _shown(recorded), _shown(asked))


def _listed(values: list[str]) -> str:
    return _short(", ".join(value or '""' for value in values) if values else "nothing")


def _shown(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes that are not JSON"
    if isinstance(value, Form):
        return "a form"
    return _short(json.dumps(value, ensure_ascii=False, default=str))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
