"""Which call of the API a recorded request is."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..api.client import CATALOGUE
from ..api.lives import of, pattern
from ..api.operation import ROOT
from ..recording.exchange import Request


class Call(NamedTuple):
    """A call: its key in the catalogue, or else verb and path; and what became of it."""

    key: str
    gone: bool = False
    gone_on: date | None = None
    instead: str = ""

    @property
    def table(self) -> str:
        """The name of the table that its answers are of, ``""`` if they are of none."""
        group, _, name = self.key.partition(".")
        return group if name in ("search", "get") else ""


def of_request(request: Request) -> Call | None:
    """
    Tell which call a request is; None if it is none of this API.

    Examples
    --------
    >>> of_request(Request("GET", "http://simulator/post-order/v2/return/5001")).key
    'returns.get'
    >>> of_request(Request("GET", "https://api.ebay.com/identity/v1/oauth2/token"))
    """
    path = unquote(urlsplit(request.url).path)
    below = path.removeprefix(ROOT) if path.startswith(f"{ROOT}/") else path
    if below != path:
        fits = [
            one for one in CATALOGUE.values()
            if one.verb == request.method and pattern(one.path).fullmatch(below)
        ]  # fmt: skip
        # A path without ids fits better than one whose id would be a fixed word.
        if fits:
            one = min(fits, key=lambda one: one.path.count("{"))
            return Call(one.key, one.gone_on is not None, one.gone_on, one.instead)
    life = of(request.method, below)
    if life:
        return Call(f"{life.verb} {life.path}", True, life.gone_on, life.instead)
    return None


def label(request: Request) -> str:
    """Name a request for a table: the call, or else verb and path."""
    call = of_request(request)
    return call.key if call else f"{request.method} {urlsplit(request.url).path}"
