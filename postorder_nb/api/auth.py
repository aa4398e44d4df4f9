"""
The token: the header it makes, how it renews itself, and that nobody gets to see it.

An OAuth user token lives two hours. With a refresh token and the keyset it was made with, it is
renewed some minutes ahead of its end and once when eBay refuses it, by one thread for all; it is
kept in the user's cache folder, because the number of renewals is limited as well.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest
from requests.auth import AuthBase

from .. import folders, recording
from ..config import Secret, Settings, is_loopback, mask
from ..errors import (
    AnswerError,
    NoAnswer,
    PostOrderError,
    TokenExpired,
    TokenRevoked,
    UnreadableAnswer,
    WrongKeyset,
)
from .envelopes import refusal

log = logging.getLogger("postorder_nb")

SessionFactory = Callable[[], requests.Session]

_PATH = "/identity/v1/oauth2/token"
_LIFETIME = 7200.0
_AHEAD = 300.0  # renewed so many seconds before its end, or in the last tenth of a shorter life
_PAUSE = 30.0  # before a renewal that failed ahead of time is tried again
_CONSENT = "let the account's owner consent again, and set refresh_token to the new one"
_KEYSET = "take client_id, client_secret and refresh_token from one keyset"


class Token(AuthBase):
    """
    Puts ``Authorization: IAF <token>`` or ``TOKEN <token>`` on a request; never Bearer.

    It is given to requests as its auth object, so that a ``.netrc`` entry cannot replace it.

    Examples
    --------
    >>> Token("v^1.1#i^1#abcdef1234", "IAF")
    <Token IAF ••••1234>
    """

    def __init__(self, value: str, kind: str) -> None:
        self.kind = kind
        self._value = Secret(value)
        self._grant: _Grant | None = None
        self._ends = math.inf  # on the monotonic clock
        self._margin = 0.0
        self._not_before = -math.inf
        self._lock = threading.Lock()
        self._tries = 0
        self._failure: PostOrderError | None = None
        self._hidden = [self._value] if value else []

    @classmethod
    def from_settings(
        cls, settings: Settings, session_factory: SessionFactory = requests.Session
    ) -> Self:
        """
        Make the token of a client; nothing is sent yet.

        Parameters
        ----------
        settings : Settings
            ``token``, or ``refresh_token`` with ``client_id`` and ``client_secret``, or both.
        session_factory : callable
            Makes the session that asks for a new token.
        """
        token = cls(settings["token"] or "", settings["token_kind"])
        if settings["refresh_token"]:
            grant = token._grant = _Grant.from_settings(settings, session_factory)
            token._hidden += [grant.refresh_token, grant.client_secret, grant.client_id]
            if kept := grant.kept():
                token._take(kept)
            elif not token._value:
                token._ends = -math.inf
        return token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """
        Put the header on a request, with a token that is renewed if need be.

        Raises
        ------
        TokenExpired, TokenRevoked, WrongKeyset, NoAnswer, PostOrderError
            If there is no valid token and none is given. Nothing was sent then.
        """
        if self._grant is not None:
            self._renew_in_time()
        request.headers["Authorization"] = f"{self.kind} {self._value}"
        return request

    @property
    def renews(self) -> bool:
        """Whether it renews itself."""
        return self._grant is not None

    @property
    def value(self) -> Secret:
        """The token as it is now; its repr is masked."""
        return self._value

    def seconds_left(self) -> float | None:
        """Return for how long it is good; None if that is not known."""
        return max(0.0, self._ends - time.monotonic()) if math.isfinite(self._ends) else None

    def refresh(self, stale: str) -> bool:
        """
        Get a new token in place of one that eBay refused; one renewal serves all threads.

        Parameters
        ----------
        stale : str
            The refused token, or the Authorization header that carried it.

        Returns
        -------
        bool
            Whether there is another token to try; False if this one does not renew itself.

        Raises
        ------
        TokenExpired, TokenRevoked, WrongKeyset
            If eBay gives no new token any more.
        PostOrderError
            If the renewal failed in another way.
        """
        if self._grant is None:
            return False
        if _replaying():
            return True
        tries, stale = self._tries, Secret(stale.removeprefix(f"{self.kind} "))
        with self._lock:
            if self._value != stale:
                return True
            if self._failure is not None and (self._tries != tries or _is_final(self._failure)):
                raise copy(self._failure)  # another thread was told so while this one waited
            self._renew()
        return True

    def hide(self, text: str) -> str:
        """Return `text` with the token and all that renews it taken out, wherever they stand."""
        return _hide(text, self._hidden)

    def __repr__(self) -> str:
        renews = ", renews itself" if self.renews else ""
        return f"<Token {self.kind} {mask(self._value)}{renews}>"

    def __reduce__(self) -> Any:
        raise TypeError("a token is not pickled: connect again in the other process")

    def _renew_in_time(self) -> None:
        now = time.monotonic()
        if self._ends - now > self._margin or _replaying():
            return
        if now >= self._ends:
            self.refresh(self._value)
        elif now >= self._not_before and self._lock.acquire(blocking=False):
            # It is still good: one thread renews it, the others go on with it.
            try:
                if self._ends - now <= self._margin:
                    self._renew()
            except PostOrderError as error:
                self._not_before = now + _PAUSE
                log.warning("the token was not renewed ahead of its end: %s", error.message)
            finally:
                self._lock.release()

    def _renew(self) -> None:
        """Take a token that another process got meanwhile, else ask for one. Under the lock."""
        grant = self._grant
        if grant is None:
            return
        try:
            kept = grant.kept()
            fresh = kept if kept and kept.value != self._value else grant.ask()
        except PostOrderError as error:
            self._failure = copy(error)  # without the traceback, which holds what it ran through
            raise
        finally:
            self._tries += 1  # who read it before has waited for this outcome
        self._failure = None
        self._take(fresh)

    def _take(self, fresh: _Fresh) -> None:
        self._hidden.append(fresh.value)
        self._margin = min(_AHEAD, fresh.lifetime / 10)
        self._ends = fresh.ends
        self._value = fresh.value


@dataclass(frozen=True)
class _Fresh:
    """An access token, its end on the monotonic clock, and how long it lives in all."""

    value: Secret
    ends: float
    lifetime: float


@dataclass
class _Grant:
    """What renews a token: the refresh token and the keyset it was made with."""

    refresh_token: Secret
    client_id: Secret
    client_secret: Secret
    base_url: str
    timeout: float
    path: Path
    session_factory: SessionFactory
    worked: bool = False  # whether this refresh token and keyset ever gave a token

    @classmethod
    def from_settings(cls, settings: Settings, session_factory: SessionFactory) -> Self:
        return cls(
            settings["refresh_token"],
            settings["client_id"],
            settings["client_secret"],
            settings["base_url"],
            settings["timeout"],
            settings["cache_folder"] / f"access-{settings['account']}.json",
            session_factory,
        )

    @property
    def url(self) -> str:
        """The address that gives tokens: eBay's, or the simulator's on this computer."""
        if is_loopback(self.base_url):
            return self.base_url + _PATH
        host = "api.sandbox.ebay.com" if self._sandbox else "api.ebay.com"
        return f"https://{host}{_PATH}"

    @property
    def _sandbox(self) -> bool:
        return ".sandbox." in urlsplit(self.base_url).netloc

    @property
    def _mark(self) -> str:
        """Tell whose token a file holds, without telling any of it."""
        return sha256(f"{self.url} {self.client_id} {self.refresh_token}".encode()).hexdigest()

    def kept(self) -> _Fresh | None:
        """Return the token of an earlier run or of another process, if it is still good."""
        try:
            if folders.is_open_to_others(self.path):
                return None
            kept = json.loads(self.path.read_bytes())
            if kept["mark"] != self._mark:
                return None
            value, lifetime = Secret(kept["access_token"]), float(kept["expires_in"])
            age = time.time() - float(kept["made_at"])
        except (OSError, ValueError, TypeError, KeyError):
            return None  # there is none, or it is not ours
        self.worked = True
        # A token from the future was written under another clock: nobody knows when it ends.
        if not 0 <= age < lifetime - min(_AHEAD, lifetime / 10):
            return None
        return _Fresh(value, time.monotonic() + lifetime - age, lifetime)

    def ask(self) -> _Fresh:
        """Ask eBay for a new token, and keep it."""
        began, made_at = time.monotonic(), time.time()
        response = self._exchange()
        if response.status_code != requests.codes.ok:
            raise self._refused(response)
        value, lifetime = _granted(response)
        if not value:
            raise UnreadableAnswer(
                f"renewing the token: the answer (HTTP 200) of {self.url} holds no access_token"
            )
        self.worked = True
        self._keep(value, lifetime, made_at)
        return _Fresh(value, began + lifetime, lifetime)

    def _exchange(self) -> requests.Response:
        failure = ""
        with self.session_factory() as session:
            session.trust_env = session.trust_env and not is_loopback(self.base_url)
            try:
                return session.post(
                    self.url,
                    data={"grant_type": "refresh_token", "refresh_token": self.refresh_token},
                    auth=(self.client_id, self.client_secret),
                    headers={"Accept": "application/json"},
                    timeout=(10.0, self.timeout),
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                failure = type(error).__name__
        # Raised outside: the caught error holds the request, and the request the secrets.
        raise NoAnswer(f"the token was not renewed: no answer of {self.url} ({failure})")

    def _refused(self, response: requests.Response) -> AnswerError:
        text = _hide(_text(response), (self.refresh_token, self.client_secret, self.client_id))
        request_id = response.headers.get("X-EBAY-C-REQUEST-ID")
        status, content = response.status_code, _decode(text)
        error = refusal("renewing the token", status, content, text, request_id)
        code = error.items[0].error_id if error.items else None
        words = error.items[0].message.lower() if error.items else ""
        kind, advice = self._verdict(str(code), words)
        if kind is None:
            return error
        return kind(
            error.message,
            status=error.status,
            items=error.items,
            request_id=error.request_id,
            advice=advice,
        )

    def _verdict(self, code: str, words: str) -> tuple[type[AnswerError] | None, str]:
        """Tell apart what eBay answers with one code for an end, a revocation and a mix-up."""
        if code in ("invalid_client", "unauthorized_client"):
            return WrongKeyset, f"the keyset is not accepted at {self.url}: {_KEYSET}"
        if code != "invalid_grant":
            return None, ""
        if self._other_environment:
            return WrongKeyset, f"client_id is not of the environment of {self.url}: {_KEYSET}"
        if "another" in words and not self.worked:
            return WrongKeyset, f"{_KEYSET}; if they are, {_CONSENT}"
        if "expired" in words:
            return TokenExpired, f"a refresh token lives about 18 months: {_CONSENT}"
        return TokenRevoked, f"the consent was taken back, or the password changed: {_CONSENT}"

    @property
    def _other_environment(self) -> bool:
        """Whether the client id names the environment that the address is not of."""
        if is_loopback(self.base_url):
            return False
        return ("-PRD-" if self._sandbox else "-SBX-") in self.client_id

    def _keep(self, value: Secret, lifetime: float, made_at: float) -> None:
        kept = {
            "access_token": str(value),
            "expires_in": lifetime,
            "made_at": made_at,
            "mark": self._mark,
        }
        try:
            folders.write(self.path, json.dumps(kept).encode())
        except OSError as error:
            log.warning("the token is not kept for the next run: %s", error.strerror)


def _granted(response: requests.Response) -> tuple[Secret, float]:
    """Read an answer's token and its seconds to live; an empty token if there is none."""
    content = _decode(_text(response))
    value = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(value, str):
        return Secret(), 0.0
    lifetime = content.get("expires_in")
    return Secret(value), float(lifetime) if isinstance(lifetime, int | float) else _LIFETIME


def _text(response: requests.Response) -> str:
    return response.content.decode("utf-8", "replace")


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _hide(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, mask(secret))
    return text


def _is_final(failure: PostOrderError) -> bool:
    """Tell whether asking again cannot help."""
    return isinstance(failure, TokenExpired | TokenRevoked | WrongKeyset)


def _replaying() -> bool:
    """Tell whether a cassette answers: it takes any token, and holds no renewal to play."""
    running = recording.current()
    return running is not None and running.mode == "replay"
