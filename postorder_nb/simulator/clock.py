"""The simulator's own clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from .. import clock
from ..errors import InputError


class Clock:
    """
    What time it is in the simulated world.

    Parameters
    ----------
    start : datetime, str or None
        A tz-aware moment, or its ISO 8601 text: the clock stands there. None: the real present,
        cut to the second, and the clock ticks.

    Attributes
    ----------
    ticking : bool
        Whether it goes on by itself.
    skew : timedelta
        How much it is ahead of the right time: a server whose clock is wrong.
    """

    def __init__(self, start: datetime | str | None = None) -> None:
        self.skew = timedelta(0)
        self._held: datetime | None = None
        self.set(start)

    def set(self, start: datetime | str | None) -> None:
        """Set the clock anew, as it is made."""
        self.ticking = start is None
        self._since = time.monotonic()
        if start is None:
            self._start = clock.now().replace(microsecond=0)
            return
        if isinstance(start, str):
            try:
                start = datetime.fromisoformat(start)
            except ValueError:
                raise InputError(
                    f"cannot read the moment {start!r}", advice="write 2026-03-01T12:00:00Z"
                ) from None
        if start.tzinfo is None:
            raise InputError("now needs a time zone", advice="add one, such as datetime.UTC")
        self._start = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the present moment, tz-aware UTC, in whole seconds while the clock ticks."""
        return self._held or self.right() + self.skew

    def right(self) -> datetime:
        """Return the present moment of everybody else: without the skew."""
        if not self.ticking:
            return self._start
        passed = timedelta(seconds=int(time.monotonic() - self._since))
        return self._start + passed

    def freeze(self) -> None:
        """Stop the clock where it is."""
        self.set(self.right())

    def advance(self, way: timedelta) -> None:
        """Move the clock forward by `way`; a clock that ticks goes on ticking."""
        self._start += way
        if self._held:
            self._held += way

    @contextmanager
    def held(self, at: datetime | None = None) -> Iterator[datetime]:
        """
        Let one moment last, so that all that belongs to one request happens at once.

        Parameters
        ----------
        at : datetime or None
            That moment; None for the present. Held already, the outer moment lasts.
        """
        outer = self._held
        self._held = outer or at or self.now()
        try:
            yield self._held
        finally:
            self._held = outer
