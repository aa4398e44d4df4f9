"""
What of a request and its answer may be kept: all that reaches a cassette passes through here.

`BEFORE_RECORD_REQUEST` and `BEFORE_RECORD_ANSWER` are the two chains, each step a function from
what came to what may stay. The request's chain is run on recording and on replaying, so a step
that takes something away takes it away from both sides of the comparison. Every step leaves alone
what it has already treated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import reduce

from postorder_nb.recording.exchange import Answer, Exchange, Request

SIMULATOR = "http://simulator"
REMOVED = "removed"

# Lists of what stays, not of what goes: a credential header nobody thought of is not kept either.
REQUEST_HEADERS = ("Accept", "Accept-Language", "Content-Type", "X-EBAY-C-MARKETPLACE-ID")
ANSWER_HEADERS = (
    "Content-Encoding",
    "Content-Type",
    "Location",
    "Retry-After",
    "X-EBAY-C-REQUEST-ID",
)

# urllib3 takes the brackets off an IPv6 host, so it comes with and without them.
_LOOPBACK = re.compile(
    r"^https?://(?:[^/?#@]*@)?(?:localhost|127\.0\.0\.1|\[?::1\]?)(?::\d+)?(?=[/?#]|$)", re.I
)
_USER = re.compile(r"^(https?://)[^/?#@]*@", re.I)

_TOKENS = "access_token|refresh_token|id_token|client_secret|assertion|client_assertion"
_IN_JSON = re.compile(rf'("(?:{_TOKENS})"\s*:\s*)"(?:[^"\\]|\\.)*"'.encode())
_IN_FORM = re.compile(rf"(?<![^?&])({_TOKENS}|code)=[^&#]*".encode())
_IN_QUERY = re.compile(rf"(?<=[?&])({_TOKENS})=[^&#]*")


def address(url: str) -> str:
    """
    Return `url` without user and password, and this machine's address as ``http://simulator``.

    Examples
    --------
    >>> address("http://127.0.0.1:40123/post-order/v2/return/1")
    'http://simulator/post-order/v2/return/1'
    >>> address("https://api.ebay.com/post-order/v2/return/1")
    'https://api.ebay.com/post-order/v2/return/1'
    """
    return _USER.sub(r"\1", _LOOPBACK.sub(SIMULATOR, url))


def _request_headers(request: Request) -> Request:
    sent = {name.lower(): value for name, value in request.headers.items()}
    kept = {name: sent[name.lower()] for name in REQUEST_HEADERS if name.lower() in sent}
    return replace(request, headers=kept)


def _request_address(request: Request) -> Request:
    return replace(request, url=address(request.url))


def _request_tokens(request: Request) -> Request:
    body = _IN_JSON.sub(rb'\1"%s"' % REMOVED.encode(), request.body)
    if "form-urlencoded" in request.headers.get("Content-Type", ""):
        body = _IN_FORM.sub(rb"\1=%s" % REMOVED.encode(), body)
    return replace(request, url=_IN_QUERY.sub(rf"\1={REMOVED}", request.url), body=body)


def _answer_headers(answer: Answer) -> Answer:
    came = {name.lower(): values for name, values in answer.headers.items()}
    kept = {name: came[name.lower()] for name in ANSWER_HEADERS if name.lower() in came}
    if "Location" in kept:
        kept["Location"] = [address(url) for url in kept["Location"]]
    return replace(answer, headers=kept)


def _answer_tokens(answer: Answer) -> Answer:
    return replace(answer, body=_IN_JSON.sub(rb'\1"%s"' % REMOVED.encode(), answer.body))


BEFORE_RECORD_REQUEST: tuple[Callable[[Request], Request], ...] = (
    _request_headers,
    _request_address,
    _request_tokens,
)
BEFORE_RECORD_ANSWER: tuple[Callable[[Answer], Answer], ...] = (
    _answer_headers,
    _answer_tokens,
)


def request(sent: Request) -> Request:
    """Return what of a request may be kept and compared."""
    return reduce(lambda so_far, step: step(so_far), BEFORE_RECORD_REQUEST, sent)


def answer(came: Answer) -> Answer:
    """Return what of an answer may be kept."""
    return reduce(lambda so_far, step: step(so_far), BEFORE_RECORD_ANSWER, came)


def exchange(sent: Request, came: Answer) -> Exchange:
    """Return what of a request and its answer may be kept."""
    return request(sent), answer(came)


def readings(sent: Request) -> list[Request]:
    """Return the forms under which a request may stand in a cassette, the likeliest first."""
    return [request(sent)]
