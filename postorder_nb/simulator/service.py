"""The simulator as one handle: a world, a clock, and the server in front of them."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import InputError
from .admin import Admin
from .behaviour import Behaviour
from .clock import Clock
from .core import Core
from .faults import Faults
from .latency import Delays, Latency
from .records import Record
from .scenarios import Scenario
from .server import Entry, Server
from .settings import Settings, check_outlook
from .store import Store
from .tokens import CLIENT_ID, CLIENT_SECRET
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
    latency : float, str or dict
        Seconds every answer waits; or ``"uniform:0.1-0.5"``, ``"lognormal:0.12/0.8"`` (median and
        95th percentile); or a dict of these by part of the path. May be set at run time.
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
        What refunds are answered with: ``SUCCESS``, ``PENDING``, ``FAILED``, ``REFUSED`` (nothing
        moves), or ``shares`` for the shares seen in practice; may be set at run time.
    refund_lag : float or None
        After how many seconds a refund is confirmed; None draws 10 to 480. 0: at once.
    auto_refund : bool
        Whether eBay refunds what a seller owes for too long.
    require_signatures : bool
        Whether a seller of EBAY_GB or EBAY_DE has to sign the calls that ask for it; the headers
        and the digest are looked at, the signature itself is not computed.
    scenario : Scenario, str or None
        What kind of shop it is: a name of `postorder_nb.simulator.scenarios.SCENARIOS`, such as
        ``holiday-peak``. None: nothing unusual.
    behaviour : Behaviour, str or None
        How buyers, the seller and eBay act by themselves while time passes: ``still`` (nobody
        does; only deadlines fire), ``lively``, ``slow-seller``, or a `Behaviour` of one's own.
        None is ``still``.
    dialect : str
        What answers look like: as in ``2015``, ``2020`` or ``2026``; with ``2026-ids`` buyers
        of the US have an opaque id in place of their name.
    surprises : float or None
        The share of records with fields and values nobody has described; None takes the
        scenario's.
    db : str, Path or None
        A SQLite file that keeps every change until its answer is sent: the same file makes the
        same simulator again, where it was left, also after a SIGKILL. What is given here with it
        has to agree with the file, what is not given is taken from it. Faults, latency, the log
        and the count of calls are the process's, and so is what a program changes in `world`
        by itself. None: all is in memory.

    Attributes
    ----------
    world : World
        The truth: records with Decimal amounts, by id.
    clock : Clock
        What time it is in the world.
    requests : list of Entry
        What was asked of the API so far; of very many the latest.
    url, token : str
        Where it listens, and a token it takes as ``Authorization: IAF <token>``.

    Raises
    ------
    InputError
        An argument is out of range; or the file is not the simulator's, is open elsewhere, holds
        another world, or was made by a release whose answers this one would not give.

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
        scenario: Scenario | str | None = None,
        behaviour: Behaviour | str | None = None,
        dialect: str = "2026",
        surprises: float | None = None,
        db: str | Path | None = None,
    ) -> None:
        settings = Settings(
            returns, days, seed, now, offset, marketplace, full, life, refund_status, refund_lag,
            auto_refund, require_signatures, scenario=scenario,
            behaviour=behaviour,
            dialect=dialect, surprises=surprises,
        )  # fmt: skip
        self.clock = Clock(now)
        delays = Delays(latency, seed)
        self.requests: list[Entry] = []
        self._store = Store(db) if db is not None else None
        try:
            self._core = Core(settings, self.clock, self._store)
            self._server = _listen((host, port), self._core, Admin(self), self.requests)
        except BaseException:
            if self._store:
                self._store.close()
            raise
        self._server.delays = delays
        self.faults = faults
        self._thread: threading.Thread | None = None

    # -- who and where ----------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """The truth."""
        return self._core.world

    @property
    def settings(self) -> Settings:
        """What the world and its answers follow from."""
        return self._core.settings

    @property
    def db(self) -> Path | None:
        """The file that outlives the process, if there is one."""
        return self._store.path if self._store else None

    @property
    def url(self) -> str:
        """Where the server listens; the API lives under ``/post-order/v2``."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    @property
    def token(self) -> str:
        """The seller's token."""
        return self._core.tokens.seller

    @property
    def client_id(self) -> str:
        """The application that the token endpoint knows, with `client_secret`."""
        return CLIENT_ID

    @property
    def client_secret(self) -> str:
        """The application's secret."""
        return CLIENT_SECRET

    def token_of(self, login: str) -> str:
        """Return the token of a buyer (or of the seller) by login; `InputError` for nobody's."""
        return self._core.tokens.of(login)

    def refresh_token(self, login: str | None = None) -> str:
        """
        Return a refresh token: the seller's, or that of `login`.

        ``/identity/v1/oauth2/token`` gives access tokens of two hours for it; it ends after 18
        months of the simulator's time, or when it is revoked.
        """
        return self._core.tokens.refresh_of(login or self.world.seller)

    def expire_token(self) -> str:
        """Let the seller's token expire; returns the next one, which `token` is from now on."""
        token: str = self._core.do("renew")
        return token

    def revoke(self, token: str) -> None:
        """Let a token open nothing from now on; with a refresh token end those it gave."""
        self._core.do("end", token=token)

    # -- what happens -----------------------------------------------------------------------------

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
        now: datetime = self._core.do("advance", seconds=way.total_seconds())
        return now

    def freeze(self) -> datetime:
        """Stop the clock where it is, and return that moment."""
        self._core.do("freeze", at=self.clock.right().isoformat())
        return self.clock.now()

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
        return self._core.happen(record, event, actor, facts)

    def reset(self) -> None:
        """
        Begin anew: the world as it was made, with no request in the log and an empty file.

        `world` is another object then; faults and latency stay.
        """
        with self.world.lock:
            self._core.reset()
            self.requests.clear()

    # -- what goes wrong --------------------------------------------------------------------------

    @property
    def faults(self) -> Faults | None:
        """What goes wrong on purpose."""
        return self._server.faults

    @faults.setter
    def faults(self, faults: Faults | None) -> None:
        self._server.faults = faults
        self.clock.skew = timedelta(seconds=faults.skew if faults else 0)

    @property
    def latency(self) -> Latency:
        """How long answers wait, as it was given."""
        return self._server.delays.given

    @latency.setter
    def latency(self, latency: Latency) -> None:
        self._server.delays = Delays(latency, self.settings.seed)

    @property
    def calls_today(self) -> dict[str, int]:
        """The calls that count for the quota, by resource, since midnight in California."""
        return self._server.usage.today()

    @property
    def refund_status(self) -> str:
        """What refunds are answered with."""
        return self._core.engine.policy.refund_status

    @refund_status.setter
    def refund_status(self, status: str) -> None:
        check_outlook(status)
        self._core.do("outlook", status=status)

    # -- its life ---------------------------------------------------------------------------------

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
        if self._store:
            with self.world.lock:
                self._store.close()

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


def _listen(address: tuple[str, int], core: Core, admin: Admin, log: list[Entry]) -> Server:
    host, port = address
    try:
        return Server(address, core, admin.answer, log)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot listen at {host} port {port}: {error}", advice="give another port, or 0"
        ) from None


def serve(**settings: Any) -> None:
    """
    Run a simulator in this thread until Ctrl-C, saying first where it is and what token it takes.

    Parameters
    ----------
    **settings
        As of `Simulator`.
    """
    with Simulator(**settings) as simulator, suppress(KeyboardInterrupt):
        sys.stdout.write(
            f"{simulator!r}\nAuthorization: IAF {simulator.token}\n"
            f"Open {simulator.url}/ in a browser; Ctrl-C ends it.\n"
        )
        sys.stdout.flush()
        threading.Event().wait()
