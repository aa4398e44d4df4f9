"""
The one door to the network: headers, time limits, retries by effect, and errors in words.

A read is repeated a few times where a repetition can help (429, 502, 503, 504, lost
connections, truncated answers; HTTP 500 twice at most, since eBay answers some bad input that
way). Anything else is sent once. Redirects are never followed.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import requests
from requests.adapters import HTTPAdapter

from ..config import Settings, is_loopback
from ..errors import (
    InputError,
    NoAnswer,
    PostOrderError,
    RateLimited,
    ServerFault,
    UnreadableAnswer,
)
from .auth import Token
from .envelopes import is_refusal, refusal
from .operation import Answer, Effect, Request

log = logging.getLogger("postorder_nb")

_CONNECT_SECONDS = 10.0
_LONGEST_WAIT = 60.0
_ATTEMPTS = 5
_ATTEMPTS_AT_500 = 3
_REPEATABLE = (429, 502, 503, 504)
_REQUEST_IDS = ("X-EBAY-C-REQUEST-ID", "X-EBAY-REQUEST-ID", "X-EBAY-C-CORRELATION-ID", "rlogid")


class Transport:
    """
    Sends requests for one account.

    Parameters
    ----------
    settings : Settings
        The resolved settings of the client.
    sleep : callable
        Waits; tests pass their own.
    """

    def __init__(self, settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.settings = settings
        self._sleep = sleep
        self._token = Token(settings["token"], settings["token_kind"])
        self._session = requests.Session()
        self._session.headers.update(
            {
                "Accept": "application/json",
                "User-Agent": "postorder_nb",
                "X-EBAY-C-MARKETPLACE-ID": settings["marketplace"],
            }
        )
        # A return's two parts are read side by side, so each worker may need two connections.
        adapter = HTTPAdapter(pool_maxsize=2 * settings["workers"], max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        if is_loopback(settings["base_url"]):
            self._session.trust_env = False  # a proxy has no business between us and ourselves

    def __repr__(self) -> str:
        return f"<Transport to {self.settings['base_url']} with {self._token!r}>"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, request: Request) -> Answer:
        """
        Send a request and return the decoded answer.

        Returns
        -------
        dict
            The answer; an empty one for an empty body.

        Raises
        ------
        InputError
            For a call that changes something, on a client without ``writes=True``.
        AnswerError, NoAnswer, UnreadableAnswer
            As `postorder_nb.errors` says, after the repetitions a read allows.
        """
        if request.effect is not Effect.READ and not self.settings["writes"]:
            raise InputError(
                f"{request.label} changes something, and this client is read-only",
                advice="connect with writes=True",
            )
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._once(request)
            except PostOrderError as error:
                if request.effect is not Effect.READ or attempt >= _attempts(error):
                    raise
                wait = _wait(error, attempt)
                if wait > _LONGEST_WAIT:
                    raise
                log.info(
                    "%s: %s; attempt %d in %.1f s", request.label, error.message, attempt + 1, wait
                )
                self._sleep(wait)

    def _once(self, request: Request) -> Answer:
        response = self._exchange(request)
        status, headers, body = response.status_code, response.headers, response.content
        content = _decode(body)
        if is_refusal(status, content):
            text = self._token.hide(body[:10_000].decode("utf-8", "replace"))
            request_id = next((headers[name] for name in _REQUEST_IDS if name in headers), None)
            error = refusal(request.label, status, content, text, request_id)
            if isinstance(error, RateLimited):
                error.retry_after = _retry_after(headers.get("Retry-After"))
            raise error
        if not body.strip():
            return {}
        if not isinstance(content, dict):
            start = self._token.hide(body[:80].decode("utf-8", "replace").strip())
            raise UnreadableAnswer(
                f"{request.label}: the answer (HTTP {status}, {len(body)} bytes) is no JSON "
                f"object; it starts {start!r}"
            )
        return content

    def _exchange(self, request: Request) -> requests.Response:
        """Send once and read the whole body, so that a cut-off answer counts as no answer."""
        url = self.settings["base_url"] + request.path
        data = None if request.body is None else orjson.dumps(request.body)
        try:
            return self._session.request(
                request.method,
                url,
                params=dict(request.query),
                data=data,
                headers={"Content-Type": "application/json"} if data is not None else None,
                auth=self._token,
                timeout=(_CONNECT_SECONDS, self.settings["timeout"]),
                allow_redirects=False,
            )
        except requests.Timeout:
            seconds = self.settings["timeout"]
            raise NoAnswer(f"{request.label}: no answer within {seconds:g} seconds") from None
        except requests.RequestException as error:
            reason = self._token.hide(_reason(error))
            raise NoAnswer(f"{request.label}: the connection failed ({reason})") from None


def _attempts(error: PostOrderError) -> int:
    """Say how often a read may be tried in all when it ended in `error`."""
    if isinstance(error, NoAnswer | UnreadableAnswer):
        return _ATTEMPTS
    status = getattr(error, "status", None)
    if status in _REPEATABLE:
        return _ATTEMPTS
    return _ATTEMPTS_AT_500 if status == 500 and isinstance(error, ServerFault) else 1


def _wait(error: PostOrderError, attempt: int) -> float:
    """Return the seconds before the next attempt: what the server asks for, else full jitter."""
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    return random.uniform(0, min(8.0, 0.25 * 2**attempt))


def _retry_after(header: str | None) -> float | None:
    """Read Retry-After: seconds, or a date."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        then = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def _decode(body: bytes) -> Any:
    """Decode JSON; None if it is none. The stdlib reads what orjson is too strict for."""
    for loads in (orjson.loads, json.loads):
        try:
            return loads(body)
        except (ValueError, RecursionError):
            continue
    return None


def _reason(error: BaseException) -> str:
    """Find the innermost cause: requests and urllib3 wrap it in layers of themselves."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
