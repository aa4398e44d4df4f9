"""One world for all tests of the simulator, and a plain HTTP caller that knows nothing of it."""

from __future__ import annotations

import http.client
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from postorder_nb.simulator import Clock, Simulator, World
from postorder_nb.simulator.odds import Dice

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


@pytest.fixture(scope="session")
def campaign() -> ModuleType:
    """The random events and the rules of every record, shared with the long run."""
    path = Path(__file__).parents[1] / "campaigns" / "simulator_events.py"
    sys.path.insert(0, str(path.parent))  # as when it is run as a script
    spec = importlib.util.spec_from_file_location("simulator_events", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(path.parent))
    return module


@pytest.fixture(scope="session")
def ways() -> ModuleType:
    """How a record gets into each of its states."""
    spec = importlib.util.spec_from_file_location("ways", Path(__file__).with_name("ways.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Stage:
    """A simulator with the acts that bring a record into any state, and short ways to call."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._dice = Dice(5)

    def call(self, path: str, body: Any = None, by: Any = None, **more: Any) -> Reply:
        """POST as the seller, or as the buyer of the record `by`."""
        token = self.sim.token_of(by.buyer.login) if by is not None else self.sim.token
        headers = {"Authorization": f"IAF {token}"} | more.pop("headers", {})
        return ask(self.sim, path, method="POST", body=body, headers=headers, **more)

    def get(self, path: str, by: Any = None, **query: object) -> Any:
        token = self.sim.token_of(by.buyer.login) if by is not None else self.sim.token
        answer = ask(self.sim, path, headers={"Authorization": f"IAF {token}"}, **query)
        assert answer.status == 200, answer.body
        return answer.json

    def order(self, days: float, *, shipping: bool = False) -> Any:
        """An order placed some days ago that nothing has happened to."""
        items = [i for i in self.sim.world.items.values() if bool(i.shipping.amount) == shipping]
        item = next(i for i in items if i.marketplace == "EBAY_US" and not i.charity)
        at = self.sim.clock.now() - timedelta(days=days)
        return self.sim.world.orders.place(self._dice, at, item)

    def open_return(self, reason: str = "DEFECTIVE_ITEM", *, shipping: bool = False) -> Any:
        order = self.order(12, shipping=shipping)
        request = {
            "itemId": order.item.item_id,
            "transactionId": order.transaction_id,
            "reason": reason,
            "type": "MONEY_BACK",
            "returnQuantity": order.quantity,
        }
        answer = self.call("/return", {"returnRequest": request}, by=order)
        assert answer.status == 200, answer.body
        return self.sim.world.returns[answer.json["returnId"]]

    def open_inquiry(self) -> Any:
        order = self.order(14)
        body = {"itemId": order.item.item_id, "transactionId": order.transaction_id}
        answer = self.call("/inquiry", body, by=order)
        assert answer.status == 201, answer.body
        return self.sim.world.inquiries[answer.headers["location"].rpartition("/")[2]]

    def open_cancellation(self, *, by_buyer: bool = True) -> Any:
        order = self.order(0.05)
        body = {"legacyOrderId": order.order_id}
        answer = self.call("/cancellation", body, by=order if by_buyer else None)
        assert answer.status == 200, answer.body
        return self.sim.world.cancellations[answer.json["cancelId"]]

    def refund_body(self, record: Any, share: str = "1") -> dict[str, Any]:
        """All that is expected, or a share of the price."""
        lines = []
        for line in record.lines:
            if line.stage == "estimated":
                part = Decimal(share) if line.fee_type == "PURCHASE_PRICE" else Decimal(1)
                value = (line.amount.amount * part).quantize(Decimal("0.01"), ROUND_HALF_UP)
                lines.append((line.fee_type, value))
        return self.itemized(record, *lines)

    @staticmethod
    def itemized(record: Any, *lines: tuple[str, Decimal]) -> dict[str, Any]:
        def amount(value: Decimal) -> dict[str, Any]:
            return {"value": float(value), "currency": record.order.currency}

        named = [{"refundFeeType": kind, "refundAmount": amount(value)} for kind, value in lines]
        total = amount(sum((value for _, value in lines), Decimal(0)))
        return {"refundDetail": {"itemizedRefundDetail": named, "totalAmount": total}}


@pytest.fixture
def make_stage() -> Iterator[Callable[..., Stage]]:
    running = []

    def make(**settings: Any) -> Stage:
        given: dict[str, Any] = {"returns": 0, "days": 60, "now": NOW} | settings
        running.append(Simulator(**given).start())
        return Stage(running[-1])

    yield make
    for sim in running:
        sim.close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    return make_stage()


@pytest.fixture(scope="module")
def two_stages() -> Iterator[dict[bool, Stage]]:
    """Two simulators: with and without eBay's automatic refund."""
    running = {
        auto: Simulator(returns=0, days=60, now=NOW, auto_refund=auto).start()
        for auto in (True, False)
    }
    yield {auto: Stage(sim) for auto, sim in running.items()}
    for sim in running.values():
        sim.close()
