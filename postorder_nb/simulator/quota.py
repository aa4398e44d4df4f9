"""How many calls of the day are used: counted always, refused when a quota is set."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from .clock import Clock
from .deadlines import ZONES

DEFAULT = 5000
RESOURCES = ("return", "cancellation", "inquiry", "casemanagement")
_ZONE = ZONES["EBAY_US"]


class Usage:
    """
    The calls of one application, by resource, in the day that ends at midnight in California.

    Parameters
    ----------
    clock : Clock
        What time it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._day: date | None = None
        self._counts: Counter[str] = Counter()

    def count(self, path: str) -> int:
        """Count a call, and return how many of its resource the day has seen; 0 for no resource."""
        resource = _resource(path)
        if resource is None:
            return 0
        with self._guard:
            self._look()
            self._counts[resource] += 1
            return self._counts[resource]

    def today(self) -> dict[str, int]:
        """Return the calls of the day by resource."""
        with self._guard:
            self._look()
            return {resource: self._counts[resource] for resource in RESOURCES}

    def resets_at(self) -> datetime:
        """Return when the day ends."""
        tomorrow = self._clock.now().astimezone(_ZONE).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), _ZONE).astimezone(UTC)

    def report(self, limit: int | None) -> dict[str, Any]:
        """Return what the Developer Analytics API says of the Post-Order calls."""
        most, reset = limit or DEFAULT, self.resets_at()
        rates = {
            resource: {
                "count": used,
                "limit": most,
                "remaining": max(0, most - used),
                "reset": f"{reset:%Y-%m-%dT%H:%M:%S.000Z}",
                "timeWindow": 86_400,
            }
            for resource, used in self.today().items()
        }
        resources = [
            {"name": f"post-order.{resource}", "rates": [rate]} for resource, rate in rates.items()
        ]
        api = {"apiContext": "sell", "apiName": "post-order", "apiVersion": "v2"}
        return {"rateLimits": [{**api, "resources": resources}]}

    def _look(self) -> None:
        today = self._clock.now().astimezone(_ZONE).date()
        if today != self._day:
            self._day, self._counts = today, Counter()


def _resource(path: str) -> str | None:
    parts = path.split("/")
    return parts[3] if len(parts) > 3 and parts[3] in RESOURCES else None
