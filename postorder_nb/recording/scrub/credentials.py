"""
Credentials, and addresses of this machine: what no cassette keeps, whether scrubbed or not.

What takes something away takes it away from both sides of the comparison on a replay, and leaves
alone what it has already treated.
"""

from __future__ import annotations

import re
from dataclasses import replace

from postorder_nb.recording.exchange import Answer, Request

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
_IN_JSON = re.compile(rf'("(?:{_TOKENS}|privateKey|jwe)"\s*:\s*)"(?:[^"\\]|\\.)*"'.encode())
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


def request(sent: Request) -> Request:
    """Return a request without credentials."""
    given = {name.lower(): value for name, value in sent.headers.items()}
    headers = {name: given[name.lower()] for name in REQUEST_HEADERS if name.lower() in given}
    body = _IN_JSON.sub(rb'\1"%s"' % REMOVED.encode(), sent.body)
    if "form-urlencoded" in headers.get("Content-Type", ""):
        body = _IN_FORM.sub(rb"\1=%s" % REMOVED.encode(), body)
    url = _IN_QUERY.sub(rf"\1={REMOVED}", address(sent.url))
    return replace(sent, url=url, headers=headers, body=body)


def answer(came: Answer) -> Answer:
    """Return an answer without credentials."""
    given = {name.lower(): values for name, values in came.headers.items()}
    headers = {name: given[name.lower()] for name in ANSWER_HEADERS if name.lower() in given}
    if "Location" in headers:
        headers["Location"] = [address(url) for url in headers["Location"]]
    return replace(
        came, headers=headers, body=_IN_JSON.sub(rb'\1"%s"' % REMOVED.encode(), came.body)
    )
