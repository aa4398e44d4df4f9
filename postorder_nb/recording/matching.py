"""Whether two requests ask the same thing, and if not, what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import takewhile, zip_longest
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from postorder_nb.recording.exchange import Request

Pairs = tuple[tuple[str, str], ...]

_NOTHING = object()
_LONGEST = 80
_COMPARED = 50  # of equally near requests, those whose differences are counted one by one


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
    content: str
    """The media type of the body; empty without one."""
    body: Any
    body_mark: Any
    """Stands for the body: two marks are equal just if the bodies are; hashable."""
    credentials: str | None = None
    signature: str | None = None

    @cached_property
    def key(self) -> tuple[object, ...]:
        """All that has to be equal: hashable, to look a request up by."""
        return (
            self.method, self.address, self.path, self.query,
            self.marketplace, self.content, self.body_mark,
        )  # fmt: skip

    def sent_like(self, recorded: Asked) -> bool:
        """
        Tell whether this was sent with the credentials and the signature that it takes.

        A file that does not tell them takes any; one more signature does no harm.
        """
        return recorded.credentials in (None, self.credentials) and (
            not recorded.signature or recorded.signature == self.signature
        )


def asked(request: Request) -> Asked:
    """Read what a request asks."""
    parts = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    content = headers.get("content-type", "").partition(";")[0].strip().lower()
    body, mark = _body(request.body, content)
    return Asked(
        method=request.method.upper(),
        address=f"{parts.scheme}://{parts.netloc}".lower(),
        path="/".join(unquote(word) for word in (parts.path or "/").split("/")),
        query=_pairs(parts.query),
        marketplace=headers.get("x-ebay-c-marketplace-id", ""),
        content=content if request.body else "",
        body=body,
        body_mark=mark,
        credentials=request.credentials,
        signature=request.signature,
    )


def differences(recorded: Asked, asked: Asked) -> list[Difference]:
    """List in what two requests differ; an empty list says they ask the same thing."""
    return [
        *_plain("method", recorded.method, asked.method),
        *_plain("address", recorded.address, asked.address),
        *_plain("path", recorded.path, asked.path),
        *_in_pairs("query", "query parameter", recorded.query, asked.query),
        *_plain("marketplace", recorded.marketplace, asked.marketplace),
        *_in_sending(recorded, asked),
        *_in_content(recorded, asked),
        *_in_bodies(recorded.body, asked.body),
    ]


def same_body(recorded: Asked, asked: Asked) -> bool:
    """Tell whether two requests have the same body."""
    return bool(recorded.body_mark == asked.body_mark)


def nearest(asked: Asked, recorded: Sequence[Asked]) -> tuple[int, list[Difference]] | None:
    """
    Find the recorded request that is most like `asked`.

    Returns
    -------
    tuple of (int, list of Difference) or None
        Its position and how it differs; None when nothing was recorded.
    """
    if not recorded:
        return None
    strangeness = [_strangeness(one, asked) for one in recorded]
    least = min(strangeness)
    likely = [place for place, strange in enumerate(strangeness) if strange == least]
    found = [(differences(recorded[place], asked), place) for place in likely[:_COMPARED]]
    different, place = min(found, key=lambda pair: len(pair[0]))
    return place, different


def _strangeness(recorded: Asked, asked: Asked) -> tuple[int, int]:
    """Tell in how many parts two requests differ, and how much of the path they share, negated."""
    parts = sum(one != other for one, other in zip(recorded.key, asked.key, strict=True))
    parts += not asked.sent_like(recorded)
    return parts, -_shared_start(recorded.path, asked.path)


def _shared_start(one: str, other: str) -> int:
    return len([*takewhile(lambda signs: signs[0] == signs[1], zip(one, other, strict=False))])


def _pairs(text: str) -> Pairs:
    return tuple(sorted(parse_qsl(text, keep_blank_values=True)))


def _body(body: bytes, content: str) -> tuple[Any, Any]:
    """Return what a body says, and its mark."""
    if not body:
        return _NOTHING, None
    try:
        text = body.decode()
        if content == "application/x-www-form-urlencoded":
            form = Form(_pairs(text))
            return form, form
        value = json.loads(text, parse_float=Decimal, parse_constant=str)
        return value, _mark(value)
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, or none that can be compared
        return body, body


def _mark(value: Any) -> Any:
    """Return a hashable value that is equal for JSON values that say the same."""
    if isinstance(value, dict):
        return "{", tuple(sorted((key, _mark(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return "[", tuple(map(_mark, value))
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        sign, digits, exponent = Decimal(value).as_tuple()
        kept = "".join(map(str, digits)).rstrip("0")
        return "#", kept and sign, kept, kept and int(exponent) + len(digits) - len(kept)
    # Python holds True for equal to 1; JSON does not.
    return type(value).__name__, value


def _plain(part: str, recorded: str, asked: str, noun: str = "") -> Iterator[Difference]:
    if recorded != asked:
        yield Difference(part, noun or part, recorded or "nothing", asked or "nothing")


def _in_sending(recorded: Asked, asked: Asked) -> Iterator[Difference]:
    if recorded.credentials not in (None, asked.credentials):
        before, now = recorded.credentials or "", asked.credentials or "unknown"
        yield from _plain("credentials", before, now, "kind of credentials")
    if recorded.signature and recorded.signature != asked.signature:
        yield from _plain("signature", recorded.signature, asked.signature or "")


def _in_content(recorded: Asked, asked: Asked) -> Iterator[Difference]:
    if _NOTHING not in (recorded.body, asked.body):  # otherwise that says enough
        yield from _plain("content", recorded.content, asked.content, "content type")


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
