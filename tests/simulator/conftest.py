"""One world for all tests of the simulator, and a plain HTTP caller that knows nothing of it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from postorder_nb.simulator import Clock, Simulator, World

NOW = "2026-03-10T12:00:00Z"
ZONES = {
    "EBAY_US": ZoneInfo("America/Los_Angeles"),
    "EBAY_GB": ZoneInfo("Europe/London"),
    "EBAY_DE": ZoneInfo("Europe/Berlin"),
}


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    sim: Simulator,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str | None] | None = None,
    body: Any = None,
    root: str = "/post-order/v2",
    **query: object,
) -> Reply:
    sent = {
        "Authorization": f"IAF {sim.token}",
        "X-EBAY-C-MARKETPLACE-ID": "EBAY_US",
    } | (headers or {})
    connection = http.client.HTTPConnection(urlsplit(sim.url).netloc, timeout=10)
    try:
        connection.request(
            method,
            root + quote(path) + (f"?{urlencode(query)}" if query else ""),
            body=json.dumps(body) if body is not None else None,
            headers={name: value for name, value in sent.items() if value is not None},
        )
        answer = connection.getresponse()
        return Reply(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read(),
        )
    finally:
        connection.close()


@pytest.fixture(scope="session")
def sim() -> Iterator[Simulator]:
    with Simulator(returns=2000, days=600, seed=11, now=NOW) as running:
        yield running


@pytest.fixture
def get(sim: Simulator) -> Callable[..., Reply]:
    def call(path: str, **query: object) -> Reply:
        return ask(sim, path, **query)

    return call


@pytest.fixture
def caller() -> Callable[..., Reply]:
    return ask


@pytest.fixture(scope="session", params=["US", "GB", "young"])
def world(request: pytest.FixtureRequest) -> World:
    """Worlds of several seeds; the young one has many open records in every stage."""
    settings: dict[str, dict[str, Any]] = {
        "US": {"seed": 1, "days": 365},
        "GB": {"seed": 2, "days": 365, "marketplace": "EBAY_GB"},
        "young": {"seed": 3, "days": 25},
    }
    return World(returns=1500, clock=Clock(NOW), **settings[request.param])


class Calendar:
    """Deadlines by other means than the simulator's."""

    @staticmethod
    def time(at: datetime, site: str) -> str:
        return at.astimezone(ZONES[site]).strftime("%H:%M:%S")

    @staticmethod
    def business_days_after(at: datetime, days: int, site: str) -> datetime:
        start = np.datetime64(at.astimezone(ZONES[site]).date())
        day = np.busday_offset(start, days, roll="backward").astype(object)
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZONES[site])

    @staticmethod
    def days_after(at: datetime, days: int, site: str) -> datetime:
        day = at.astimezone(ZONES[site]).date() + timedelta(days=days)
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZONES[site])


@pytest.fixture(scope="session")
def calendar() -> type[Calendar]:
    return Calendar


@pytest.fixture(scope="session")
def cents() -> Callable[[Decimal], Decimal]:
    def rounded(amount: Decimal) -> Decimal:
        return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)

    return rounded
