"""The simulator as one handle: a world, a clock, and the server in front of them."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from ..errors import InputError
from .acts import OUTLOOKS, Policy
from .clock import Clock
from .engine import Engine, Impossible, happen
from .faults import Faults
from .parties import Tokens
from .records import Record
from .routes import Api
from .search import OFFSETS
from .server import Entry, Latency, Server
from .shop import CURRENCY
from .world import World


class Simulator:
    """
    A Post-Order server of one's own, on the loopback address.

    Parameters
    ----------
    returns : int
        How many returns the shop has; cancellations, inquiries and cases follow in proportion.
    days : int
        Over how many days before now.
    seed : int
        The same seed and `now` make the same world.
    now : datetime, str or None
        The moment the world has come to (tz-aware, or ISO 8601 text); its clock stands there.
        None: the real present, and the clock ticks.
    offset : str
        What the searches count with ``offset``: ``rows``, ``pages`` from 0, or ``pages1``.
    latency : float or dict
        Seconds every answer waits, or seconds by part of the path; may be set at run time.
    faults : Faults or None
        What goes wrong on purpose; may be set at run time.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    marketplace : str
        The seller's home: ``EBAY_US``, ``EBAY_GB`` or ``EBAY_DE``.
    full : str
        What a return with ``fieldgroups=FULL`` holds: ``detail`` alone as measured on the real
        service, or ``both``, as documented.
    life : str
        ``all``: every call there ever was of the 38; ``2026``: those gone by then are not there.
    refund_status : str
        What refunds are answered with: ``SUCCESS``, ``PENDING``, ``FAILED``, or ``shares`` for
        the shares seen in practice; may be set at run time.
    refund_lag : float or None
        After how many seconds a refund is confirmed; None draws 10 to 480. 0: at once.
    auto_refund : bool
        Whether eBay refunds what a seller owes for too long.
    require_signatures : bool
        Whether a seller of EBAY_GB or EBAY_DE has to sign the calls that ask for it; the headers
        and the digest are looked at, the signature itself is not computed.

    Attributes
    ----------
    world : World
        The truth: records with Decimal amounts, by id.
    clock : Clock
        What time it is in the world.
    requests : list of Entry
        What was asked so far.
    url, token : str
        Where it listens, and a token it takes as ``Authorization: IAF <token>``.

    Raises
    ------
    InputError
        An argument is out of range.

    Examples
    --------
    >>> with Simulator(returns=5, now="2026-03-01T12:00:00Z") as sim:
    ...     len(sim.world.returns), sim.url.startswith("http://127.0.0.1:")
    (5, True)
    """

    def __init__(
        self,
        returns: int = 2000,
        days: int = 365,
        seed: int = 7,
        *,
        now: datetime | str | None = None,
        offset: str = "rows",
        latency: Latency = 0.0,
        faults: Faults | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        marketplace: str = "EBAY_US",
        full: str = "detail",
        life: str = "all",
        refund_status: str = "SUCCESS",
        refund_lag: float | None = None,
        auto_refund: bool = True,
        require_signatures: bool = False,
    ) -> None:
        _one_of("offset", offset, OFFSETS)
        _one_of("marketplace", marketplace, tuple(CURRENCY))
        _one_of("full", full, ("detail", "both"))
        _one_of("life", life, ("all", "2026"))
        _one_of("refund_status", refund_status, OUTLOOKS)
        if returns < 0 or days < 1:
            raise InputError(
                f"a world of {returns} returns over {days} days cannot be",
                advice="give returns >= 0 and days >= 1",
            )
        if refund_lag is not None and refund_lag < 0:
            raise InputError(f"refund_lag is {refund_lag}", advice="give seconds, or None")
        self.clock = Clock(now)
        self.world = World(
            returns=returns, days=days, seed=seed, clock=self.clock, marketplace=marketplace
        )
        self.requests: list[Entry] = []
        self._tokens = Tokens(self.world.seller, seed)
        self._engine = Engine(self.world, Policy(refund_status, refund_lag, auto_refund))
        self._server = Server(
            (host, port),
            Api(
                self.world,
                self.clock,
                self._engine,
                offset=offset,
                full=full,
                life=life,
                require_signatures=require_signatures,
            ),
            self._tokens.party,
            self.requests,
        )
        self._server.faults, self._server.latency = faults, latency
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the server listens; the API lives under ``/post-order/v2``."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def token(self) -> str:
        """The seller's token."""
        return self._tokens.seller

    def token_of(self, login: str) -> str:
        """Return the token of a buyer (or of the seller) by login; `InputError` for nobody's."""
        return self._tokens.of(login)

    def expire_token(self) -> str:
        """Let the seller's token expire; returns the next one, which `token` is from now on."""
        return self._tokens.renew()

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> datetime:
        """
        Move the clock forward, and let everything happen that is due on the way, in order.

        Parameters
        ----------
        days, hours, seconds : float
            How far; they add up. A clock that ticks goes on ticking from there.

        Returns
        -------
        datetime
            What time it is then.

        Raises
        ------
        InputError
            The way leads back.
        """
        way = timedelta(days=days, hours=hours, seconds=seconds)
        if way < timedelta(0):
            raise InputError("time does not run backwards", advice="give positive numbers")
        with self.world.lock:
            self.clock.advance(way)
            now = self.clock.now()
            self._engine.catch_up(now)
        return now

    def happen(
        self, record: Record, event: str, *, actor: str | None = None, **facts: Any
    ) -> Record:
        """
        Let something happen that no call does: a scan, a click on the site, a decision of eBay's.

        Parameters
        ----------
        record : Return, Inquiry, Case or Cancellation
            To whom it happens.
        event : str
            The event, by its name in `postorder_nb.simulator.machines`: ``ship``, ``deliver``,
            ``close``, ``chargeback``, ``refund_fails``, ``buyer_wins`` ...
        actor : str or None
            Who does it; None for whoever may.
        **facts
            What goes with it, such as ``trackingNumber``.

        Returns
        -------
        Record
            The same record, afterwards.

        Raises
        ------
        InputError
            The record's state does not allow it.
        """
        try:
            happen(self._engine, record, event, actor, facts)
        except Impossible as error:
            raise InputError(
                str(error), advice="look at the record's state, and at the machine of its kind"
            ) from None
        self._engine.catch_up(self.clock.now())
        return record

    @property
    def faults(self) -> Faults | None:
        """What goes wrong on purpose."""
        return self._server.faults

    @faults.setter
    def faults(self, faults: Faults | None) -> None:
        self._server.faults = faults

    @property
    def latency(self) -> Latency:
        """Seconds every answer waits, or seconds by part of the path."""
        return self._server.latency

    @latency.setter
    def latency(self, latency: Latency) -> None:
        self._server.latency = latency

    @property
    def refund_status(self) -> str:
        """What refunds are answered with."""
        return self._engine.policy.refund_status

    @refund_status.setter
    def refund_status(self, status: str) -> None:
        _one_of("refund_status", status, OUTLOOKS)
        self._engine.policy = replace(self._engine.policy, refund_status=status)

    def start(self) -> Simulator:
        """Start to answer, in a thread of its own; starting twice does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(0.05,), name="simulator", daemon=True
            )
            self._thread.start()
        return self

    def close(self) -> None:
        """Stop to answer and end all connections; closing twice does nothing."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.hang_up()
        self._server.server_close()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "answers" if self._thread else "is closed"
        return f"<Simulator {state} at {self.url}: {len(self.world.returns)} returns>"


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} is {value!r}", advice=f"choose {' or '.join(map(repr, allowed))}")


def serve(**settings: Any) -> None:
    """
    Run a simulator in this thread until Ctrl-C, saying first where it is and what token it takes.

    Parameters
    ----------
    **settings
        As of `Simulator`.
    """
    with Simulator(**settings) as simulator:
        sys.stdout.write(f"{simulator!r}\nAuthorization: IAF {simulator.token}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
