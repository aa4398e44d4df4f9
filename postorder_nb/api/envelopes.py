"""
From an answer that says no to an error: every envelope eBay uses, and what each error asks for.

Seen are ``{"error": [...]}``, ``{"errorMessage": {"error": [...] or {...}}}`` (also under HTTP
200), ``{"errors": [...]}`` of the gateway, ``{"error": "...", "error_description": "..."}`` of
the token endpoint, and plain text, HTML or nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from ..errors import (
    AnswerError,
    ErrorItem,
    NotFound,
    NotPermitted,
    RateLimited,
    RequestRefused,
    ServerFault,
    TokenExpired,
    TokenRefused,
)
from .advice import find

_BY_STATUS: dict[int, type[AnswerError]] = {
    401: TokenExpired,
    403: NotPermitted,
    404: NotFound,
    429: RateLimited,
}
_SCHEME = "eBay refuses Bearer here: use token_kind IAF (OAuth) or TOKEN (Auth'n'Auth)"


def is_refusal(status: int, content: Any) -> bool:
    """Tell whether an answer says no; some envelopes do so even under HTTP 200."""
    if not 200 <= status < 300:
        return True
    if not isinstance(content, dict):
        return False
    return (
        content.get("ackValue") == "FAILURE"
        or isinstance(content.get("errorMessage"), dict)
        or any(_is_error(raw) for raw in _listed(content))
    )


def refusal(
    label: str, status: int, content: Any, body: str, request_id: str | None
) -> AnswerError:
    """
    Make the error for an answer that says no.

    Parameters
    ----------
    label : str
        What was asked, such as ``returns.get 5012``.
    status : int
        The HTTP status.
    content : object
        The decoded JSON, or None.
    body : str
        The answer as text, for answers that are no JSON.
    request_id : str or None
        eBay's id of the request.
    """
    items = tuple(_items(content))
    kind, advice = _kind(status, items)
    said = [item.message for item in items] or [body]
    if any("bad scheme" in words.lower() for words in said):
        kind, advice = TokenRefused, _SCHEME
    return kind(
        f"{label} was refused (HTTP {status})"
        if status < 500
        else f"{label} failed on eBay's side (HTTP {status})",
        status=status,
        items=items,
        request_id=request_id,
        body="" if items else _excerpt(body),
        advice=advice,
    )


def _kind(status: int, items: Iterable[ErrorItem]) -> tuple[type[AnswerError], str | None]:
    """Take the kind of the first complaint that is known, and the advice to all of them."""
    known = [advice for item in items if (advice := find(item, status))]
    if known:
        return known[0].kind, "; ".join(dict.fromkeys(advice.words for advice in known))
    return _BY_STATUS.get(status) or (ServerFault if status >= 500 else RequestRefused), None


def _items(content: Any) -> Iterator[ErrorItem]:
    if not isinstance(content, dict):
        return
    if isinstance(content.get("error"), str):
        yield ErrorItem(content["error"], message=str(content.get("error_description") or ""))
        return
    for raw in _listed(content):
        if isinstance(raw, dict):
            yield _item(raw)


def _listed(content: dict[str, Any]) -> list[Any]:
    """Return the complaints of an envelope; a single one may stand without its list."""
    found = content.get("error") or content.get("errors")
    inner = content.get("errorMessage")
    if not found and isinstance(inner, dict):
        found = inner.get("error")
    return found if isinstance(found, list) else [found]


def _is_error(raw: Any) -> bool:
    """Tell a complaint from a warning, and from anything that is neither."""
    return isinstance(raw, dict) and "errorId" in raw and raw.get("severity") != "WARNING"


def _item(raw: dict[str, Any]) -> ErrorItem:
    given = raw.get("parameter") or raw.get("parameters")
    pairs = given if isinstance(given, list) else [given]
    number = raw.get("errorId")
    if isinstance(number, str) and number.isdecimal():
        number = int(number)
    short, long = (str(raw.get(key) or "") for key in ("message", "longMessage"))
    return ErrorItem(
        error_id=number if isinstance(number, int | str) else None,
        domain=str(raw.get("domain") or ""),
        category=str(raw.get("category") or ""),
        severity=str(raw.get("severity") or ""),
        message=long if short in long else f"{short} {long}".strip(),
        parameters={
            str(pair.get("name") or "value"): str(pair.get("value") or "")
            for pair in pairs
            if isinstance(pair, dict)
        },
    )


def _excerpt(body: str) -> str:
    """Return the start of a body in one line, HTML reduced to its words."""
    if not body.strip():
        return "(empty)"
    words = body
    if "<" in body:
        words = re.sub(r"(?is)<(script|style).*?</\1>|<[^>]*>", " ", body)
    text = " ".join(unescape(words).split())
    return text if len(text) <= 200 else text[:200] + "…"
