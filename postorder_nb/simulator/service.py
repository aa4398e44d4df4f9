"""The simulator as one handle: a world, a clock, and the server in front of them."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any

from ..errors import InputError
from .clock import Clock
from .faults import Faults
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
    ) -> None:
        _one_of("offset", offset, OFFSETS)
        _one_of("marketplace", marketplace, tuple(CURRENCY))
        _one_of("full", full, ("detail", "both"))
        if returns < 0 or days < 1:
            raise InputError(
                f"a world of {returns} returns over {days} days cannot be",
                advice="give returns >= 0 and days >= 1",
            )
        self.clock = Clock(now)
        self.world = World(
            returns=returns, days=days, seed=seed, clock=self.clock, marketplace=marketplace
        )
        self.requests: list[Entry] = []
        self._seed = seed
        self._tokens = 0
        self._server = Server(
            (host, port),
            Api(self.world, self.clock, offset=offset, full=full),
            self._admits,
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
        return f"v^1.1#i^1#seller^{self._seed}#t^{self._tokens}"

    def _admits(self, token: str) -> bool:
        return token == self.token

    def expire_token(self) -> str:
        """Let the seller's token expire; returns the next one, which `token` is from now on."""
        self._tokens += 1
        return self.token

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
