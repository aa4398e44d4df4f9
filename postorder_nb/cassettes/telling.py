"""What cassettes hold, as rows of tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..errors import CassetteError
from ..recording.storage import indented
from . import calls
from .shelf import Cassette

_FEW = 3


class Overview(NamedTuple):
    """One cassette: a row of `overview`."""

    name: str
    form: str
    interactions: int | None
    bytes: int
    recorded: str
    scrubbed: str
    calls: str


class Interaction(NamedTuple):
    """One request and its answer: a row of `show`."""

    n: int
    call: str
    asked: str
    sent: int
    credentials: str
    signed: bool
    status: int
    bytes: int


def overview(cassettes: Iterable[Cassette]) -> list[Overview]:
    """
    Tell what cassettes there are.

    Returns
    -------
    list of Overview
        ``name``; ``form`` (yaml, compact, cut off, foreign); ``interactions``, None if it cannot
        be read; ``bytes`` of the file; ``recorded``, a moment; ``scrubbed``, the mark of the key
        that took persons out; and the most frequent ``calls``.
    """
    return [_overview(one) for one in cassettes]


def _overview(one: Cassette) -> Overview:
    size = one.path.stat().st_size
    try:
        stored = one.stored
    except CassetteError as error:
        return Overview(one.name, one.form, None, size, "", "", f"unusable: {error.message}")
    asked = Counter(calls.label(sent) for sent, _ in stored.exchanges).most_common()
    told = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in asked[:_FEW])
    more = f" and {len(asked) - _FEW} more" if len(asked) > _FEW else ""
    moment = stored.recorded_at.strftime("%Y-%m-%d %H:%M %Z")
    count = len(stored.exchanges)
    return Overview(one.name, one.form, count, size, moment, stored.scrubbed or "no", told + more)


def show(cassette: Cassette) -> list[Interaction]:
    """
    Tell the interactions of a cassette.

    Returns
    -------
    list of Interaction
        ``n`` from 1; the ``call``; what was ``asked``, the end of the path and the query;
        how many bytes were ``sent``, as the file lays them out; the kind of ``credentials`` and
        whether it was ``signed``; the ``status`` and the ``bytes`` of the answer.
    """
    return [
        Interaction(
            n, calls.label(sent), _asked(sent.url), len(sent.body), sent.credentials or "unknown",
            bool(sent.signature), came.status, len(came.body),
        )
        for n, (sent, came) in enumerate(cassette.stored.exchanges, 1)
    ]  # fmt: skip


def _asked(url: str) -> str:
    parts = urlsplit(url)
    words = parts.path.rpartition("/v2")[2] or parts.path
    return unquote(f"{words}?{parts.query}" if parts.query else words)


def whole(cassette: Cassette, numbers: Sequence[int]) -> str:
    """Return some interactions of a cassette in full, as text; `numbers` count from 1."""
    parts = []
    for n in numbers:
        sent, came = cassette.stored.exchanges[n - 1]
        headers = [f"{name}: {value}" for name, value in sent.headers.items()]
        answered = [f"{name}: {one}" for name, values in came.headers.items() for one in values]
        parts += [f"{n}. {sent}", *headers, "", *_body(sent.body)]
        parts += [f"HTTP {came.status} {came.reason}", *answered, "", *_body(came.body)]
    return "\n".join(parts)


def _body(body: bytes) -> list[str]:
    if not body:
        return []
    try:
        return [indented(body.decode()), ""]
    except UnicodeDecodeError:
        return [f"({len(body)} bytes that are no text)", ""]
