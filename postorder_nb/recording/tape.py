"""
The only place that touches vcrpy for `record` and `replay`: it puts decks before the network.

vcrpy replaces urllib3's connections. What its cassette then does is done by a deck instead,
because a list compared one by one is slow at thousands of exchanges, and always replays the first
of several equal requests.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from http.client import HTTPMessage
from typing import Any

import vcr.patch
import vcr.stubs
from vcr.cassette import Cassette
from vcr.filters import decode_response
from vcr.record_mode import RecordMode
from vcr.util import read_body

from postorder_nb.recording.deck import Deck
from postorder_nb.recording.exchange import Answer, Request, credentials, signature

# It would write every address that is asked, and the names in it, into the program's log.
logging.getLogger("vcr").setLevel(logging.WARNING)

# While a connection opens, vcrpy puts the real classes back for the whole process, and what other
# threads send meanwhile passes unrecorded. It does so for libraries that look their own classes up
# by name as they connect; urllib3, the only one patched here, does not.
_NO_GAPS = (vcr.patch, "force_reset", nullcontext)
_OTHERS = tuple(name for name in vcr.patch.PATCHER_NAMES if name != "urllib3")


def _message(headers: Mapping[str, list[str]]) -> HTTPMessage:
    """Return headers as http.client does; vcrpy has them printed and parsed, twice an answer."""
    message = HTTPMessage()
    for name, values in headers.items():
        for value in values:
            message[name] = value
    return message


_QUICKER = (vcr.stubs, "parse_headers", _message)


class _NoFile:
    """Where vcrpy finds nothing to load; the file is the business of `storage`."""

    @staticmethod
    def load_cassette(path: str, serializer: Any) -> tuple[list[Any], list[Any]]:
        return [], []


class _Tape(Cassette):  # type: ignore[misc]  # vcrpy tells no types
    """A vcrpy cassette that leaves remembering to a deck."""

    def __init__(self, deck: Callable[[], Deck], **settings: Any) -> None:
        super().__init__(**settings)
        self._top = deck

    def can_play_response_for(self, request: Any) -> bool:
        """
        Say whether the request stays here: always on a replay, whose deck answers or raises.

        A request belongs to the deck that is at work when it is first seen, or to a replay that
        begins before it is sent. vcrpy asks more than once, and two threads may ask for the same
        answer, so what was found stays with the request.
        """
        top = self._top()
        if not hasattr(request, "deck") or (top.offline and not request.deck.offline):
            request.deck = top
            request.plain = _request(request)
            request.found = None if top.offline else top.take(request.plain)
        return request.deck.offline or request.found is not None

    def play_response(self, request: Any) -> dict[str, Any]:
        """Return the recorded answer, in vcrpy's form."""
        answer = request.deck.play(request.plain) if request.deck.offline else request.found
        return {
            "status": {"code": answer.status, "message": answer.reason},
            "headers": {name: list(values) for name, values in answer.headers.items()},
            "body": {"string": answer.body},
        }

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Keep what was asked and answered."""
        request.deck.keep(request.plain, _answer(response))


def before_network(deck: Callable[[], Deck]) -> AbstractContextManager[Any]:
    """Send all that passes through urllib3 (and so requests) to the deck of the moment."""
    tape: AbstractContextManager[Any] = _Tape.use(
        deck=deck,
        path="",
        record_mode=RecordMode.ALL,
        persister=_NoFile,
        custom_patches=(_NO_GAPS, _QUICKER),
        skip_patchers=_OTHERS,
    )
    return tape


def _request(request: Any) -> Request:
    headers = {str(name): _text(value) for name, value in request.headers.items()}
    body = read_body(request) or b""
    return Request(
        request.method,
        request.uri,
        headers,
        body.encode() if isinstance(body, str) else body,
        credentials(headers),
        signature(headers),
    )


def _answer(response: dict[str, Any]) -> Answer:
    response = decode_response(response)
    status = response["status"]
    headers = {
        name: [_text(value) for value in values] for name, values in response["headers"].items()
    }
    return Answer(status["code"], status["message"] or "", headers, response["body"]["string"])


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
