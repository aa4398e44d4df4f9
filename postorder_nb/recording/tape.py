"""
The only place that touches vcrpy: it puts a deck between urllib3 and the network.

vcrpy replaces urllib3's connections. What its cassette then does is done by a deck instead,
because a list compared one by one is slow at thousands of exchanges, and always replays the first
of several equal requests.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import vcr.patch
from vcr.cassette import Cassette
from vcr.filters import decode_response
from vcr.record_mode import RecordMode
from vcr.util import read_body

from postorder_nb.recording.deck import Player, Recorder
from postorder_nb.recording.exchange import Answer, Request

# While a connection opens, vcrpy puts the real classes back for the whole process, and what other
# threads send meanwhile passes unrecorded. It does so for libraries that look their own classes up
# by name as they connect; urllib3, the only one patched here, does not.
_NO_GAPS = ((vcr.patch, "force_reset", nullcontext),)
_OTHERS = tuple(name for name in vcr.patch.PATCHER_NAMES if name != "urllib3")


class _NoFile:
    """Where vcrpy finds nothing to load; the file is the business of `storage`."""

    @staticmethod
    def load_cassette(path: str, serializer: Any) -> tuple[list[Any], list[Any]]:
        return [], []


class _Tape(Cassette):  # type: ignore[misc]
    """A vcrpy cassette that leaves remembering to a deck."""

    def __init__(self, deck: Recorder | Player, **settings: Any) -> None:
        super().__init__(**settings)
        self._deck = deck

    def can_play_response_for(self, request: Any) -> bool:
        """Say yes to everything on replay: the deck answers or raises, and nothing connects."""
        return isinstance(self._deck, Player)

    def play_response(self, request: Any) -> dict[str, Any]:
        """Return the recorded answer, in vcrpy's form."""
        if not isinstance(self._deck, Player):
            raise TypeError("a recording has nothing to play")
        answer = self._deck.play(_request(request))
        return {
            "status": {"code": answer.status, "message": answer.reason},
            "headers": {name: list(values) for name, values in answer.headers.items()},
            "body": {"string": answer.body},
        }

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Keep what was asked and answered."""
        if not isinstance(self._deck, Recorder):
            raise TypeError("a replay keeps nothing")
        self._deck.keep(_request(request), _answer(response))


def between(deck: Recorder | Player, name: str) -> AbstractContextManager[Any]:
    """Send all that passes through urllib3 (and so through requests) to `deck`, in the block."""
    tape: AbstractContextManager[Any] = _Tape.use(
        deck=deck,
        path=name,
        record_mode=RecordMode.NONE if isinstance(deck, Player) else RecordMode.ALL,
        persister=_NoFile,
        custom_patches=_NO_GAPS,
        skip_patchers=_OTHERS,
    )
    return tape


def _request(request: Any) -> Request:
    headers = {str(name): _text(value) for name, value in request.headers.items()}
    body = read_body(request) or b""
    return Request(
        request.method, request.uri, headers, body.encode() if isinstance(body, str) else body
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
