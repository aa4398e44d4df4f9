"""The client: four groups of calls on one transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self

from .. import clock, display
from ..config import Settings, is_loopback, resolve
from ..errors import InputError
from .cancellations import Cancellations
from .cases import Cases
from .inquiries import Inquiries
from .operation import ROOT, Answer, Effect, Request
from .returns import Returns
from .transport import Transport


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
        self._transport = Transport(settings)
        self.cancellations = Cancellations(self._transport)
        self.inquiries = Inquiries(self._transport)
        self.returns = Returns(self._transport)
        self.cases = Cases(self._transport)

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
        effect: Effect | str = Effect.READ,
        query: Mapping[str, str] | None = None,
        body: Answer | None = None,
    ) -> Answer:
        """
        Make a call that has no method of its own.

        Parameters
        ----------
        method, path : str
            Verb and path below ``/post-order/v2``, such as ``"GET", "/return/search"``.
        effect : Effect
            What the call does. Only a READ is repeated after a fault; the others need a client
            with ``writes=True``.
        query : mapping, optional
            Query parameters in wire names.
        body : dict, optional
            What is sent as JSON.

        Returns
        -------
        dict
            The decoded answer.

        Raises
        ------
        InputError
            If the path is not below ``/post-order/v2``.
        """
        inner = path.removeprefix(ROOT)
        if not inner.startswith("/") or "://" in inner or ".." in inner or "?" in inner:
            raise InputError(
                f"{path!r} is no path below {ROOT}",
                advice='write it as "/return/search", and parameters as query={...}',
            )
        return self._transport.send(
            Request(
                method.upper(),
                ROOT + inner,
                Effect(effect),
                query=query or {},
                body=body,
                label=f"{method.upper()} {inner}",
            )
        )

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        mode = "writes on" if self.settings["writes"] else "read-only"
        return f"<PostOrder {self.environment} {self.settings['marketplace']} {mode}>"

    def _repr_html_(self) -> str:
        rows = [(name, f"{value} ({source})") for name, value, source in self.settings.rows()]
        return display.card(f"PostOrder: {self.environment}", rows)


def connect(
    *,
    token: str | None = None,
    token_kind: str | None = None,
    marketplace: str | None = None,
    base_url: str | None = None,
    role: str | None = None,
    writes: bool | None = None,
    workers: int | None = None,
    timeout: float | None = None,
) -> PostOrder:
    """
    Connect to an account. Nothing is sent yet.

    A setting that is not given is read from the environment.

    Parameters
    ----------
    token : str
        A user token of the account (``EBAY_TOKEN``).
    token_kind : str
        IAF for an OAuth token (default), TOKEN for an Auth'n'Auth token (``EBAY_TOKEN_KIND``).
    marketplace : str
        Such as EBAY_US (``EBAY_MARKETPLACE``).
    base_url : str
        eBay's address, or a simulator's on this computer (``EBAY_BASE_URL``).
    role : str
        SELLER (default) or BUYER: what the account is in its records (``EBAY_ROLE``).
    writes : bool
        Whether calls that change something are allowed; False by default (``EBAY_WRITES``).
    workers : int
        How many records are read at a time; 8 by default (``EBAY_WORKERS``).
    timeout : float
        Seconds to wait for an answer; 30 by default (``EBAY_TIMEOUT``).

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
