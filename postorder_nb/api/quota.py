"""
How many calls may still be made today, and how fast.

eBay counts the calls of all sellers of one keyset together, for each resource: 5,000 a day unless
it gave more. What is counted here is every attempt made on this computer, by all its processes.
Where eBay's day ends is not documented: midnight in Pacific time is assumed.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .. import display, folders
from ..config import Settings, is_loopback
from ..errors import QuotaExhausted, RateLimited
from .locks import FileLock

log = logging.getLogger("postorder_nb")

RESOURCES = ("return", "inquiry", "cancellation", "casemanagement")
_LONGEST_WAIT = 60.0


class Usage(NamedTuple):
    """What one resource has used of its day; `limit` and `left` are None without a limit."""

    resource: str
    used: int
    limit: int | None
    left: int | None


class Quota:
    """
    Counts and paces the calls of one keyset; all threads share one.

    Parameters
    ----------
    limit : int, optional
        Calls a day and resource; None counts without a limit. The last hundredth (at least one
        call) is kept back, so that eBay never has to refuse.
    per_second : float, optional
        Most calls a second, all resources together, evenly spaced; None does not pace.
    folder : pathlib.Path, optional
        Where the counts are kept between runs and shared by processes; None keeps them in memory.
    name : str
        Whose counts they are; part of the file's name.
    clock, sleep : callable
        Monotonic seconds, and waiting; tests pass their own.
    now : callable
        The present, tz-aware.

    Examples
    --------
    >>> quota = Quota(limit=1000)
    >>> quota.admit("return")
    >>> quota.rows()[0]
    Usage(resource='return', used=1, limit=1000, left=989)
    """

    def __init__(
        self,
        limit: int | None = 5000,
        per_second: float | None = None,
        folder: Path | None = None,
        *,
        name: str = "all",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.limit = limit
        self.per_second = per_second
        self._most = None if limit is None else limit - max(1, limit // 100)
        self._path = folder / f"quota-{name}.json" if folder else None
        self._clock, self._sleep, self._now = clock, sleep, now
        self._guard = threading.Lock()
        self._day = ""
        self._counts: dict[str, int] = {}
        self._next = 0.0  # when the next call may go, on the monotonic clock
        self._held: dict[str, float] = {}  # until when eBay wants none of a resource

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Make the quota of a client; calls to this computer are counted in memory only."""
        here = is_loopback(settings["base_url"])
        who = settings["client_id"]  # the count is the keyset's, whatever the account is called
        name = sha256(f"{settings['base_url']} {who}".encode()).hexdigest()[:16] if who else None
        return cls(
            settings["calls_per_day"],
            settings["calls_per_second"],
            None if here else settings["cache_folder"],
            name=name or settings["account"],
            clock=clock,
            sleep=sleep,
        )

    def admit(self, resource: str) -> None:
        """
        Count one attempt, and wait for its turn. Call it before every attempt.

        Parameters
        ----------
        resource : str
            ``return``, ``inquiry``, ``cancellation`` or ``casemanagement``.

        Raises
        ------
        QuotaExhausted
            If the day's calls are used up.
        RateLimited
            If eBay asked for a longer wait than a minute.

        Warns
        -----
        UserWarning
            Once a day and resource, when four fifths are used.
        """
        with self._guard:
            wait = self._wait(resource)
            used = self._count(resource)
        if self.limit is not None and used == -(-self.limit * 4 // 5):
            warnings.warn(
                f"{used} of today's {self.limit} calls of the resource {resource!r} are used; "
                f"the count starts again at {self.resets_at():%Y-%m-%d %H:%M} UTC or so",
                stacklevel=2,
            )
        if wait > 0:
            self._sleep(wait)

    def penalise(self, resource: str, seconds: float) -> None:
        """Let no thread call a resource for some seconds, as eBay's Retry-After asks."""
        with self._guard:
            until = self._clock() + seconds
            self._held[resource] = max(until, self._held.get(resource, until))

    def count(self, resource: str) -> int:
        """Return how many attempts were made today."""
        with self._guard:
            self._look()
            return self._counts.get(resource, 0)

    def rows(self) -> list[Usage]:
        """List today's use of every resource."""
        with self._guard:
            self._look()
            counts = dict(self._counts)
        usages = []
        for resource in dict.fromkeys((*RESOURCES, *counts)):
            used = counts.get(resource, 0)
            left = None if self._most is None else max(0, self._most - used)
            usages.append(Usage(resource, used, self.limit, left))
        return usages

    def resets_at(self) -> datetime:
        """Return when the count starts again: midnight in Pacific time is assumed (UTC)."""
        zone = _pacific()
        tomorrow = self._now().astimezone(zone).date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(UTC)

    def __repr__(self) -> str:
        used = ", ".join(f"{row.resource} {row.used}" for row in self.rows() if row.used)
        limit = "no limit" if self.limit is None else f"limit {self.limit} each"
        return f"<Quota today: {used or 'no calls'}; {limit}>"

    def _repr_html_(self) -> str:
        facts = {
            row.resource: f"{row.used} used"
            + (f", {row.left} left of {row.limit}" if row.limit is not None else "")
            for row in self.rows()
        }
        facts["starts again"] = f"{self.resets_at():%Y-%m-%d %H:%M} UTC (Pacific midnight, assumed)"
        return display.card("Calls of today", facts)

    def _wait(self, resource: str) -> float:
        """Give the next free place in the row, and return the seconds until it comes."""
        now = self._clock()
        start = max(now, self._held.get(resource, now))
        if start - now > _LONGEST_WAIT:
            error = RateLimited(
                f"eBay wants no call of the resource {resource!r} for {start - now:.0f} seconds",
                status=429,
                advice="go on then; nothing was sent now",
            )
            error.retry_after = start - now
            raise error
        if self.per_second is not None:
            start = max(start, self._next)
            self._next = start + 1 / self.per_second
        return start - now

    def _count(self, resource: str) -> int:
        if self._path is None:
            self._look()
            return self._raise_by_one(resource)
        used = 0
        try:
            with FileLock(self._path.with_suffix(".lock")):
                self._look()
                used = self._raise_by_one(resource)
                folders.write(self._path, json.dumps([self._day, self._counts]).encode())
        except OSError as error:
            log.warning("calls are counted in memory only: %s", error.strerror)
            self._path = None
        return used or self._count(resource)

    def _raise_by_one(self, resource: str) -> int:
        used = self._counts.get(resource, 0)
        if self._most is not None and used >= self._most:
            raise QuotaExhausted(
                f"{used} of today's {self.limit} calls of the resource {resource!r} are used",
                advice=f"go on after {self.resets_at():%Y-%m-%d %H:%M} UTC (Pacific midnight; eBay "
                "does not say when its day ends), or raise calls_per_day if eBay gave you more",
            )
        self._counts[resource] = used + 1
        return used + 1

    def _look(self) -> None:
        """Bring the counts up to date: a new day, and what other processes have added."""
        today = self._now().astimezone(_pacific()).date()
        kept_day, kept = self._read()
        if kept_day > (today + timedelta(days=1)).isoformat():
            kept_day = ""  # written under a clock that was wrong
        if (newest := max(today.isoformat(), kept_day)) > self._day:
            self._day, self._counts = newest, {}
        if kept_day == self._day:
            for resource, used in kept.items():
                self._counts[resource] = max(used, self._counts.get(resource, 0))

    def _read(self) -> tuple[str, dict[str, int]]:
        if self._path is None:
            return "", {}
        try:
            day, counts = json.loads(self._path.read_bytes())
            return str(day), {str(name): int(used) for name, used in counts.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return "", {}  # there is none yet, or it is not ours: counting starts again


def _pacific() -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # a system without time zones; an hour off in summer
        return timezone(timedelta(hours=-8))
