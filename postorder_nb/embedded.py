"""The built-in simulator in a thread, with a client on it: everything runs without an account."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Literal
from weakref import finalize

from .api.client import PostOrder
from .config import resolve
from .simulator import Faults, Simulator
from .simulator.behaviour import Behaviour
from .simulator.latency import Latency
from .simulator.scenarios import Scenario


class Demo(PostOrder):
    """
    A client whose account lives in a simulator on this computer.

    Attributes
    ----------
    simulator : Simulator
        The simulator: its world is the truth, its clock is the client's clock.
    """

    def __init__(self, simulator: Simulator, **settings: Any) -> None:
        self.simulator = simulator
        # The shop ends with the program, and so do its journal and its caches.
        folder = mkdtemp(prefix="postorder-demo-")
        self._forget = finalize(self, rmtree, folder, ignore_errors=True)
        given = {
            "token": simulator.token,
            "base_url": simulator.url,
            "data_folder": folder,
            "cache_folder": folder,
            **settings,
        }
        super().__init__(resolve(**given), now=simulator.clock.right)

    def close(self) -> None:
        """Close the connections, stop the simulator and drop its journal."""
        super().close()
        self.simulator.close()
        self._forget()


def demo(
    returns: int = 2000,
    days: int = 365,
    seed: int = 7,
    *,
    now: datetime | str | None = None,
    offset: Literal["rows", "pages", "pages1"] = "rows",
    latency: Latency = 0.0,
    faults: Faults | None = None,
    marketplace: str = "EBAY_US",
    scenario: Scenario | str | None = None,
    behaviour: Behaviour | str | None = None,
    dialect: str = "2026",
    surprises: float | None = None,
    db: str | Path | None = None,
    workers: int | None = None,
    writes: bool = False,
) -> Demo:
    """
    Start a simulator of a made-up shop and connect to it. Nothing leaves this computer.

    Parameters
    ----------
    returns : int
        How many returns the shop has; the other records follow in proportion.
    days : int
        How far back its history goes.
    seed : int
        The same arguments give the same shop, seen from `now`.
    now : datetime or str, optional
        The moment the shop's clock starts at; the present by default.
    offset : str
        What the server's ``offset`` counts: ``rows``, ``pages`` (from 0) or ``pages1`` (from 1).
    latency : float, str or dict
        Seconds that each answer takes, a distribution such as ``"lognormal:0.12/0.8"``, or these
        by part of the path.
    faults : Faults, optional
        Which answers fail, and how.
    marketplace : str
        The marketplace the client names.
    scenario : Scenario or str, optional
        What kind of shop it is, such as ``holiday-peak``; see `Simulator`.
    behaviour : Behaviour or str, optional
        How people act by themselves while time passes: ``still`` (the default), ``lively``,
        ``slow-seller``.
    dialect : str
        What the answers look like: as in ``2015``, ``2020`` or ``2026``.
    surprises : float, optional
        The share of records with fields and values that nobody has described.
    db : str or Path, optional
        A file that outlives the program: the same file, the same shop, as it was left.
    workers : int, optional
        How many records are read at a time; 8 by default.
    writes : bool
        Whether the client may change the shop's records.

    Returns
    -------
    Demo
        The client; a context manager. ``.simulator`` is the simulator's handle.

    Examples
    --------
    >>> with demo(returns=20, days=30, seed=1, now="2026-03-01T00:00:00Z") as po:
    ...     po
    <PostOrder SIMULATOR EBAY_US read-only>
    """
    simulator = Simulator(
        returns=returns, days=days, seed=seed, now=now, offset=offset, latency=latency,
        faults=faults, marketplace=marketplace, scenario=scenario, behaviour=behaviour,
        dialect=dialect, surprises=surprises, db=db,
    )  # fmt: skip
    simulator.start()
    try:
        return Demo(simulator, marketplace=marketplace, workers=workers, writes=writes)
    except BaseException:
        simulator.close()
        raise
