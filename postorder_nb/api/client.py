"""The client: four groups of calls on one transport."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from .. import clock, display
from ..config import Settings, is_loopback, resolve
from ..errors import InputError
from .cancellations import Cancellations
from .cases import Cases
from .inquiries import Inquiries
from .journal import Journal, Verdict
from .operation import CATALOGUE, ROOT, Answer, Body, Effect, Operation, Request
from .quota import Quota
from .receipt import Receipt
from .returns import Returns
from .settling import Settlement, Settler
from .transport import Transport

# Here the catalogue is whole: the groups have been imported, each with its calls.
__all__ = ["CATALOGUE", "PostOrder", "connect"]


class PostOrder:
    """
    One account's after-sale records: ``cancellations``, ``inquiries``, ``returns``, ``cases``.

    Made by `connect` or `postorder_nb.demo`; a context manager that closes its connections.

    Parameters
    ----------
    settings : Settings
        The resolved settings.
    now : callable, optional
        Tells the time on the server's side; the computer's clock by default.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = clock.now) -> None:
        self.settings = settings
        self._now = now
        self._transport = Transport(settings, now=self.now)
        self._settler = Settler(self._transport.journal, self._transport.send)
        self.cancellations = Cancellations(self._transport, self.now)
        self.inquiries = Inquiries(self._transport, self.now)
        self.returns = Returns(self._transport, self.now)
        self.cases = Cases(self._transport, self.now)

    @property
    def environment(self) -> str:
        """PRODUCTION, SANDBOX or SIMULATOR: where the calls go."""
        url = self.settings["base_url"]
        if is_loopback(url):
            return "SIMULATOR"
        return "SANDBOX" if ".sandbox." in url else "PRODUCTION"

    def now(self) -> datetime:
        """Return the moment that counts as now: frozen in a replay, else the server's."""
        return clock.now() if clock.is_frozen() else self._now()

    def request(
        self,
        method: str,
        path: str,
        *,
        effect: Effect | str | None = None,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> Answer | Receipt:
        """
        Make a call that has no method of its own.

        Parameters
        ----------
        method, path : str
            Verb and path below ``/post-order/v2``, such as ``"GET", "/return/search"``.
        effect : Effect, optional
            What the call does. A known call has its own effect, and a GET is a READ; any other
            call needs one. Only a READ is repeated after a fault; the others need a client with
            ``writes=True``.
        query : mapping, optional
            Query parameters in wire names.
        body : dict, optional
            What is sent as JSON; amounts as `Decimal`.

        Returns
        -------
        dict or Receipt
            The decoded answer of a READ, the receipt of anything else.

        Raises
        ------
        InputError
            If the path is not below ``/post-order/v2``, or it is not said what the call does.
        """
        inner = path.removeprefix(ROOT)
        if not inner.startswith("/") or "://" in inner or ".." in inner or "?" in inner:
            raise InputError(
                f"{path!r} is no path below {ROOT}",
                advice='write it as "/return/search", and parameters as query={...}',
            )
        request = _bare(method.upper(), inner, effect, query or {}, body)
        if request.effect is Effect.READ:
            return self._transport.send(request)
        return self._transport.write(request)

    @property
    def preview(self) -> Preview:
        """The same calls without sending: ``po.preview.returns.issue_refund(...)``."""
        return Preview(self._transport, self.now)

    @property
    def quota(self) -> Quota:
        """How many calls were made today, and how many are left."""
        return self._transport.quota

    @property
    def journal(self) -> Journal:
        """Every write of this account: ``.rows()`` lists them, ``.open()`` those in doubt."""
        return self._transport.journal

    def settle(
        self, record: str | None = None, *, verdict: Verdict | None = None
    ) -> list[Settlement]:
        """
        Find out what became of writes whose answer was lost.

        The record is read again; its history and its refund amounts say whether the write
        happened. While it may still be on its way, or where the record does not tell, it stays in
        doubt, and the record stays closed to other calls that move money.

        Parameters
        ----------
        record : str, optional
            The record, such as ``"return 5001"``, or an attempt's id; all by default.
        verdict : {"happened", "did not happen"}, optional
            What a person found out who looked at the record on eBay's site.

        Returns
        -------
        list of Settlement
            One for each doubt; empty if there was none.

        Raises
        ------
        InputError
            If a verdict is given for no record in particular.
        """
        return self._settler.settle(record, verdict=verdict)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process by the settings alone; that one looks up its own secrets."""
        return _reconnected, (tuple(self.settings.given()),)

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<PostOrder {self.environment} {self.settings['marketplace']} {self._mode}>"

    def _repr_html_(self) -> str:
        rows = [("calls go to", self.environment), ("mode", self._mode)]
        in_doubt = [str(attempt) for attempt in self.journal.open()]
        rows += [("in doubt", f"{'; '.join(in_doubt)}: po.settle()")] if in_doubt else []
        rows += [(name, f"{value} ({source})") for name, value, source in self.settings.rows()]
        return display.card(f"PostOrder: {self.environment}, {self._mode}", rows)

    @property
    def _mode(self) -> str:
        if self.settings["dry_run"]:
            return "dry run"
        return "writes on" if self.settings["writes"] else "read-only"


class Preview:
    """
    The groups of calls on a sender that stops before sending.

    Each call that changes something returns the `Receipt` of what would be sent.
    """

    def __init__(self, transport: Transport, now: Callable[[], datetime]) -> None:
        sender = _Stopper(transport)
        self.cancellations = Cancellations(sender, now)
        self.inquiries = Inquiries(sender, now)
        self.returns = Returns(sender, now)
        self.cases = Cases(sender, now)

    def __repr__(self) -> str:
        return "<Preview: cancellations, inquiries, returns, cases>"


class _Stopper:
    """A sender that sends nothing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(self, request: Request) -> Answer:
        raise InputError(
            f"{request.label} only reads: there is nothing to preview",
            advice="call it without .preview",
        )

    def write(self, request: Request) -> Receipt:
        return self._transport.preview(request)


@cache
def _reconnected(given: tuple[tuple[str, Any], ...]) -> PostOrder:
    """Return the client of this process with these settings; one for all tasks that come here."""
    return PostOrder(resolve(**dict(given)))


def _bare(
    method: str,
    path: str,
    effect: Effect | str | None,
    query: Mapping[str, str],
    body: Body | None,
) -> Request:
    """Make a request; what the catalogue knows about the call counts more than what is said."""
    known = next((row for row in CATALOGUE.values() if _is_call(row, method, path)), None)
    if known is None and effect is None and method != "GET":
        raise InputError(
            f"it is not known what {method} {path} does",
            advice='say effect="read", "write", "final" (cannot be undone) or "money"',
        )
    request = Request(
        method,
        ROOT + path,
        known.effect if known else Effect(effect or Effect.READ),
        query=query,
        body=body,
        label=f"{method} {path}",
        record=_record(path, body or {}),
    )
    if known is None:
        return request
    return replace(
        request,
        operation=known.key,
        signed=known.signed,
        gone_on=known.gone_on,
        instead=known.instead,
        role=known.role,
    )


def _is_call(row: Operation, method: str, path: str) -> bool:
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(row.path))
    return row.verb == method and re.fullmatch(pattern, path) is not None


def _record(path: str, body: Body) -> str:
    """Name the record that a call acts on, as the calls with a method do."""
    if path == "/cancellation" and body.get("legacyOrderId"):
        return f"order {body['legacyOrderId']}"
    found = re.fullmatch(r"/(return|inquiry|cancellation|casemanagement)/([^/]+)/.+", path)
    if found is None:
        return ""
    return f"{found[1].replace('casemanagement', 'case')} {unquote(found[2])}"


def connect(
    *,
    token: str | None = None,
    token_kind: str | None = None,
    refresh_token: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    marketplace: str | None = None,
    base_url: str | None = None,
    role: str | None = None,
    writes: bool | None = None,
    dry_run: bool | None = None,
    allow_decommissioned: bool | None = None,
    must_sign: bool | None = None,
    signing_key: str | Path | None = None,
    signing_key_jwe: str | None = None,
    signing_key_expires_at: str | datetime | int | None = None,
    workers: int | None = None,
    timeout: float | None = None,
    calls_per_second: float | None = None,
    calls_per_day: int | None = None,
    account: str | None = None,
    data_folder: str | Path | None = None,
    cache_folder: str | Path | None = None,
) -> PostOrder:
    """
    Connect to an account. Nothing is sent yet.

    A setting that is not given is read from the environment (``EBAY_`` and its name in
    capitals), from the keyring if it is a credential, and from the user's config file.

    Parameters
    ----------
    token : str
        A user token of the account.
    token_kind : str
        IAF for an OAuth token (default), TOKEN for an Auth'n'Auth token.
    refresh_token, client_id, client_secret : str
        What renews the token: a refresh token and the keyset it was made with.
    marketplace : str
        Such as EBAY_US.
    base_url : str
        eBay's address, or a simulator's on this computer.
    role : str
        SELLER (default) or BUYER: what the account is in its records.
    writes : bool
        Whether calls that change something are allowed; False by default.
    dry_run : bool
        Whether such calls return their receipt without being sent; False by default.
    allow_decommissioned : bool
        Whether calls that eBay switched off are sent all the same; False by default.
    must_sign : bool
        Whether the account has to sign calls that move money (EU and UK); False by default.
    signing_key, signing_key_jwe : str
        The private key (a file or PEM text) and what eBay returned as ``jwe`` with it.
    signing_key_expires_at : str, datetime or int
        When the key expires; there is a warning from 30 days before.
    workers : int
        How many records are read at a time; 8 by default.
    timeout : float
        Seconds to wait for an answer; 30 by default.
    calls_per_second : float
        Most calls a second; not limited by default.
    calls_per_day : int
        The keyset's calls a day and resource; 5,000 by default.
    account : str
        The name of the account's journal and cache.
    data_folder, cache_folder : path
        Where the journal, and what can be got again, are kept.

    Returns
    -------
    PostOrder
        The client.

    Raises
    ------
    SettingError
        If a setting is missing or wrong; it says how to give it.

    Examples
    --------
    >>> connect(token="a-user-token", marketplace="EBAY_US")
    <PostOrder PRODUCTION EBAY_US read-only>
    """
    given: dict[str, Any] = dict(locals())
    return PostOrder(resolve(**given))
