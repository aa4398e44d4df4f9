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
    TokenRefused,
)

_BY_STATUS: dict[int, type[AnswerError]] = {
    401: TokenRefused,
    403: NotPermitted,
    404: NotFound,
    429: RateLimited,
}

# Complaints that mean the same whatever the status is: eBay answers some bad input with HTTP 500.
_BY_ID: dict[int, tuple[type[AnswerError], str]] = {
    1301: (NotPermitted, "connect with the token of the buyer or seller of this item"),
    1304: (NotFound, "check the return id"),
    1502: (RequestRefused, "read the record again: this is not possible in its present state"),
    1505: (RequestRefused, "read the record again and correct the amounts"),
    1508: (RequestRefused, "read the record again before you repeat anything"),
    1616: (RequestRefused, "check the ids and filters: one of them is not what eBay expects"),
    10003: (RequestRefused, "give both ends of the date window"),
    292008: (NotFound, "check the item and transaction ids"),
}
_BY_DOMAIN_AND_ID: dict[tuple[str, int], tuple[type[AnswerError], str]] = {
    ("OAuth", 1001): (TokenRefused, "the token has expired or is wrong: get a fresh user token"),
    ("ACCESS", 1100): (NotPermitted, "ask the account's owner for consent with the missing scope"),
    ("ACCESS", 2001): (RateLimited, "the keyset's calls of today are used up; go on tomorrow"),
    ("ACCESS", 2003): (ServerFault, "check the id: eBay answers ids it does not know this way"),
}


def is_refusal(status: int, content: Any) -> bool:
    """Tell whether an answer says no; v1 envelopes do so even under HTTP 200."""
    if not 200 <= status < 300:
        return True
    return isinstance(content, dict) and (
        content.get("ackValue") == "FAILURE" or isinstance(content.get("errorMessage"), dict)
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
    if any("bad scheme" in item.message.lower() for item in items) or "Bad scheme" in body:
        advice = "eBay refuses Bearer here: use token_kind IAF (OAuth) or TOKEN (Auth'n'Auth)"
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
    for item in items:
        if isinstance(item.error_id, int):
            known = _BY_DOMAIN_AND_ID.get((item.domain, item.error_id))
            known = known or (_BY_ID.get(item.error_id) if item.domain != "OAuth" else None)
            if known:
                return known
    kind = _BY_STATUS.get(status) or (ServerFault if status >= 500 else RequestRefused)
    return kind, None


def _items(content: Any) -> Iterator[ErrorItem]:
    if not isinstance(content, dict):
        return
    if isinstance(content.get("error"), str):
        yield ErrorItem(content["error"], message=str(content.get("error_description") or ""))
        return
    found = content.get("error") or content.get("errors")
    inner = content.get("errorMessage")
    if not found and isinstance(inner, dict):
        found = inner.get("error")
    for raw in found if isinstance(found, list) else [found]:
        if isinstance(raw, dict):
            yield _item(raw)


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
