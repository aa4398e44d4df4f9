"""From bytes to decoded answers, and from a search page to its members."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from ..errors import UnreadableAnswer
from .columns import Json
from .findings import Findings, json_kind

#: The keys a search page may hold its members under.
LISTS = ("members", "cancellations", "returns", "inquiries", "cases")

PAGE = frozenset(
    {*LISTS, "paginationOutput", "total", "totalNumberOfCases", "totalNumberOfInquiries"}
    | {"countSummary"}
)


@contextmanager
def collector_paused() -> Iterator[None]:
    """
    Keep the garbage collector from walking a page's fresh objects, all of them alive.

    JSON holds no cycles, so nothing is missed. Restored whatever happens.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def decode(answer: Any) -> Any:
    """
    Decode raw bytes; let a decoded answer pass.

    Raises
    ------
    UnreadableAnswer
        If the bytes are not JSON.
    """
    if not isinstance(answer, bytes | bytearray | memoryview):
        return answer
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError:
        return _decode_leniently(bytes(answer))


def _decode_leniently(raw: bytes) -> Any:
    """Read what orjson refuses: NaN, half surrogates, a byte order mark, UTF-16."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        start = raw[:60].decode("utf-8", "replace")
        raise UnreadableAnswer(f"The answer is not JSON ({error}). It starts: {start!r}") from None


def is_page(answer: Any) -> bool:
    """Tell a search page from a detail answer."""
    return type(answer) is list or (
        type(answer) is dict and any(type(answer.get(key)) is list for key in LISTS)
    )


def members(page: Any, findings: Findings) -> list[Json]:
    """Return the objects a search page lists; what else it holds goes to `findings`."""
    found: Any = page
    if type(page) is dict:
        for name in page.keys() - PAGE:
            findings.add("unknown field", name, json_kind(page[name]))
        held = [page[key] for key in LISTS if page.get(key) is not None]
        for value in held:
            if type(value) is not list:
                findings.unreadable("members", value)
        found = next((value for value in held if type(value) is list and value), [])
    elif type(page) is not list:
        findings.add("unreadable", "page", json_kind(page))
        return []
    objects = [member for member in found if type(member) is dict]
    if len(objects) < len(found):
        odd = next(member for member in found if type(member) is not dict)
        findings.add("unreadable", "members[]", json_kind(odd), len(found) - len(objects))
    return objects
