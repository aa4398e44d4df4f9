"""
The one door to the network: headers, time limits, repetitions by effect, and errors in words.

A read is repeated a few times where a repetition can help (429, 502, 503, 504, lost
connections, truncated answers; HTTP 500 twice at most, since eBay answers some bad input that
way). A write goes over a connection of its own, and is repeated only if it provably never left.
A call that was refused for its token is repeated once, with a fresh one. Redirects are never
followed.
"""

from __future__ import annotations

import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from .. import clock
from ..config import Secret, Settings, is_loopback
from ..errors import (
    AnswerError,
    InputError,
    NoAnswer,
    PostOrderError,
    RateLimited,
    ServerFault,
    UnreadableAnswer,
)
from .auth import Token
from .body import encode
from .envelopes import is_refusal, refusal
from .journal import Journal
from .operation import ROOT, Answer, Effect, Request
from .quota import Quota
from .receipt import Receipt
from .signing import Signer
from .writing import Reply, Writer

log = logging.getLogger("postorder_nb")

_CONNECT_SECONDS = 10.0
_LONGEST_WAIT = 60.0
_ATTEMPTS = 5
_FAULT = 500
_FAULTS_OF_A_RECORD = 3
_REPEATABLE = (429, 502, 503, 504)
_REQUEST_IDS = ("X-EBAY-C-REQUEST-ID", "X-EBAY-REQUEST-ID", "X-EBAY-C-CORRELATION-ID", "rlogid")
_NEVER_LEFT = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)


class Transport:
    """
    Sends requests for one account.

    Parameters
    ----------
    settings : Settings
        The resolved settings of the client.
    sleep : callable
        Waits; tests pass their own.
    now : callable
        Tells the time on the server's side; the computer's clock by default.

    Attributes
    ----------
    server_date : datetime or None
        The moment the latest answer gave as its own (tz-aware); None before the first.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.settings = settings
        self.journal = Journal.of(settings)
        self.server_date: datetime | None = None
        self._sleep = sleep
        self.quota = Quota.from_settings(settings, sleep=self._rest)
        self._token = Token.from_settings(settings, self._connections)
        # A return's two parts are read side by side, so each worker may need two connections.
        self._session = self._connections(2 * settings["workers"])
        self._writer = Writer(
            settings,
            self.journal,
            reading=self.send,
            delivery=self._deliver,
            can_sign=lambda: self._signer is not None,
            now=now,
        )

    def __repr__(self) -> str:
        return f"<Transport to {self.settings['base_url']} with {self._token!r}>"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, request: Request) -> Answer:
        """
        Send a request that reads, and return the decoded answer.

        Returns
        -------
        dict
            The answer; an empty one for an empty body.

        Raises
        ------
        InputError
            If the request changes something: that is what `write` is for.
        AnswerError, NoAnswer, UnreadableAnswer
            As `postorder_nb.errors` says, after the repetitions a read allows.
        """
        if request.effect is not Effect.READ:
            raise InputError(f"{request.label} changes something: it is no read")
        body = encode(request.body)
        attempt = faults = 0
        while True:
            attempt += 1
            try:
                return self._with_token(request, body, self._session).answer
            except PostOrderError as error:
                problem = error
            faults += getattr(problem, "status", None) == _FAULT
            wait = _wait(problem, attempt)
            if (
                not _passes(problem, request, faults)
                or attempt >= _ATTEMPTS
                or wait > _LONGEST_WAIT
            ):
                raise problem
            self._pause(request, problem, attempt, wait)

    def write(self, request: Request) -> Receipt:
        """
        Send a request that changes something, at most once, and return its receipt.

        Before it leaves, it is announced in the journal, together with what the record says if it
        moves money; afterwards its end is written down.

        Raises
        ------
        CallGone
            If eBay switched the call off. Not for a simulator, or with ``allow_decommissioned``.
        InputError
            On a client without ``writes=True``, or of the other party.
        SigningKeyMissing
            If the account must sign it and there is no key.
        AlreadyDone
            If the same money was moved before, and the record does not show that this failed.
        InDoubt
            If nobody knows whether it happened, or whether an earlier one on the record did.
        AnswerError
            If eBay refused it. Nothing was changed.
        NoAnswer
            If it never left this computer.
        """
        return self._writer.write(request)

    def preview(self, request: Request) -> Receipt:
        """Return the receipt of a request that is not sent."""
        return self._writer.preview(request)

    @cached_property
    def _signer(self) -> Signer | None:
        return Signer.from_settings(self.settings)

    def _deliver(self, request: Request, body: bytes) -> Reply:
        """Send a write; repeat it only as long as it provably never left."""
        attempt = 0
        while True:
            attempt += 1
            try:
                # A kept-alive connection may be dead already, and then nobody knows what arrived.
                with self._connections(1) as session:
                    return self._with_token(request, body, session)
            except NoAnswer as error:
                problem = error
            if problem.sent or attempt >= _ATTEMPTS:
                raise problem
            self._pause(request, problem, attempt, _wait(problem, attempt))

    def _pause(self, request: Request, problem: PostOrderError, attempt: int, wait: float) -> None:
        log.info("%s: %s; attempt %d in %.1f s", request.label, problem.message, attempt + 1, wait)
        if getattr(problem, "retry_after", None) is None:  # that wait is the quota's, for all
            self._rest(wait)

    def _rest(self, seconds: float) -> None:
        self._sleep(seconds)

    def _with_token(self, request: Request, body: bytes, session: requests.Session) -> Reply:
        """Send, and once more with a fresh token if the token was refused."""
        response = self._exchange(request, body, session)
        if response.status_code == requests.codes.unauthorized:
            with _unsent():
                stale = Secret(response.request.headers["Authorization"])
                renewed = self._token.refresh(stale)
            if renewed:
                response = self._exchange(request, body, session)
        return self._reply(request, response)

    def _reply(self, request: Request, response: requests.Response) -> Reply:
        status, headers, content = response.status_code, response.headers, response.content
        self.server_date = _date(headers.get("Date")) or self.server_date
        decoded = _decode(content)
        request_id = next((headers[name] for name in _REQUEST_IDS if name in headers), None)
        if is_refusal(status, decoded):
            raise self._refused(request, response, decoded, request_id)
        # A refund always answers with its status: without a word nobody knows what happened.
        if not content.strip() and not request.operation.endswith(".issue_refund"):
            return Reply(status, {}, request_id)
        if not isinstance(decoded, dict):
            start = self._hidden(content.decode("utf-8", "replace")).strip()[:80]
            raise UnreadableAnswer(
                f"{request.label}: the answer (HTTP {status}, {len(content)} bytes) is no JSON "
                f"object; it starts {start!r}"
            )
        return Reply(status, decoded, request_id)

    def _refused(
        self, request: Request, response: requests.Response, decoded: Any, request_id: str | None
    ) -> AnswerError:
        text = self._hidden(response.content.decode("utf-8", "replace"))[:10_000]
        status = response.status_code
        error = refusal(request.label, status, self._hidden(decoded), text, request_id)
        error.body = self._hidden(error.body)  # an excerpt has its entities resolved
        if isinstance(error, RateLimited):
            error.retry_after = _retry_after(response.headers.get("Retry-After"))
            if error.retry_after is not None:
                self.quota.penalise(_resource(request), error.retry_after)
        return error

    def _exchange(
        self, request: Request, body: bytes, session: requests.Session
    ) -> requests.Response:
        """Send once and read the whole body, so that a cut-off answer counts as no answer."""
        self.quota.admit(_resource(request))
        kind = {"Content-Type": "application/json"} if body else {}
        with _unsent():
            # Not by the session: it takes twice as long, to add its headers and a server's cookies.
            prepared = requests.Request(
                request.method,
                self.settings["base_url"] + request.path,
                params=dict(request.query),
                data=body or None,
                headers={**session.headers, **kind},
                auth=self._token,
            ).prepare()
            if request.signed and self._signer:
                self._signer.sign(prepared)
        seconds = self.settings["timeout"]
        timeout = (min(_CONNECT_SECONDS, seconds), seconds)
        try:
            return session.send(
                prepared, timeout=timeout, allow_redirects=False, **self._environment
            )
        except requests.ConnectTimeout:
            lost = NoAnswer(f"{request.label}: no connection within {timeout[0]:g} seconds")
            lost.sent = False
        except requests.Timeout:
            lost = NoAnswer(f"{request.label}: no answer within {seconds:g} seconds")
        except requests.RequestException as error:
            *_, cause = causes = [*_causes(error)]
            reason = self._hidden(f"{type(cause).__name__}: {cause}".removesuffix(": "))
            lost = NoAnswer(f"{request.label}: the connection failed ({reason})")
            lost.sent = not any(isinstance(cause, _NEVER_LEFT) for cause in causes)
        raise lost  # outside of the handler: the cause holds the request, and that the token

    @cached_property
    def _environment(self) -> Any:
        """The proxies and certificates that the environment names for this server."""
        base = self.settings["base_url"]
        return self._session.merge_environment_settings(base, {}, None, None, None)

    def _hidden(self, content: Any) -> Any:
        """Take the token out of what the server said, wherever it repeats it."""
        if isinstance(content, str):
            signer = self.__dict__.get("_signer")  # only if it was needed already
            return self._token.hide(signer.hide(content) if signer else content)
        if isinstance(content, dict):
            return {self._hidden(name): self._hidden(value) for name, value in content.items()}
        return [self._hidden(value) for value in content] if isinstance(content, list) else content

    def _connections(self, size: int = 1) -> requests.Session:
        """Open a session for so many connections at a time; it repeats nothing by itself."""
        session = requests.Session()
        session.headers.update(
            {
                "Accept": "application/json",
                "User-Agent": "postorder_nb",
                "X-EBAY-C-MARKETPLACE-ID": self.settings["marketplace"],
            }
        )
        adapter = HTTPAdapter(pool_connections=size, pool_maxsize=size, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        if is_loopback(self.settings["base_url"]):
            session.trust_env = False  # a proxy has no business between us and ourselves
        return session


def _passes(error: PostOrderError, request: Request, faults: int) -> bool:
    """Say whether a read that ended in `error`, and in so many faults so far, may yet succeed."""
    status = getattr(error, "status", None)
    if status == _FAULT and isinstance(error, ServerFault):
        # A wrong id is answered this way, too; where none was given it will pass.
        return faults < _FAULTS_OF_A_RECORD or not request.record
    return status in _REPEATABLE or isinstance(error, NoAnswer | UnreadableAnswer)


def _wait(error: PostOrderError, attempt: int) -> float:
    """Return the seconds before the next attempt: what the server asks for, else full jitter."""
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    return random.uniform(0, min(8.0, 0.25 * 2**attempt))


def _retry_after(header: str | None) -> float | None:
    """Read Retry-After: seconds, or a date."""
    if header and header.strip().isdecimal():
        return float(header)
    then = _date(header)
    return None if then is None else max(0.0, (then - datetime.now(UTC)).total_seconds())


def _date(header: str | None) -> datetime | None:
    """Read the date of a header; None if it is none."""
    try:
        then = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return then if then.tzinfo else then.replace(tzinfo=UTC)


def _decode(body: bytes) -> Any:
    """Decode JSON; None if it is none. The stdlib reads what orjson is too strict for."""
    for loads in (orjson.loads, json.loads):
        try:
            return loads(body)
        except (ValueError, RecursionError):
            continue
    return None


def _resource(request: Request) -> str:
    """Name what eBay counts the call under."""
    return request.path.removeprefix(ROOT).split("/")[1]


@contextmanager
def _unsent() -> Iterator[None]:
    """Mark what fails where nothing can have happened: making the token or the signature."""
    try:
        yield
    except PostOrderError as error:
        error.sent = False
        raise


def _causes(error: BaseException) -> Iterator[BaseException]:
    """
    Yield an error and what it was made of, the innermost last.

    Not along ``__context__``: there stand errors, too, that the caller was handling meanwhile.
    """
    inner: Any = error
    while isinstance(inner, BaseException):
        yield inner
        if isinstance(inner, MaxRetryError):
            inner = inner.reason
        else:
            inner = next((part for part in inner.args if isinstance(part, BaseException)), None)
