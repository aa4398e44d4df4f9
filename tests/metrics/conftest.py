"""Record tables as the package makes them: built by hand, or from a simulated shop's answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from postorder_nb import tables
from postorder_nb.fetch.joining import combine
from postorder_nb.simulator import Clock, World, wire

DTYPES = {
    **dict.fromkeys(
        ["return_id", "inquiry_id", "case_id", "cancel_id", "item_id", "transaction_id"], "string"
    ),
    **dict.fromkeys(["buyer", "seller", "order_id"], "string"),
    **dict.fromkeys(["reason", "reason_type", "status", "marketplace", "case_type"], "category"),
    **dict.fromkeys(["created_at", "escalated_at"], "datetime64[us, UTC]"),
    **dict.fromkeys(["seller_protected"], "boolean"),
    "quantity": "Int64",
}


def table(**columns: list[Any]) -> pd.DataFrame:
    """A frame with the dtypes of the record tables."""
    frame = pd.DataFrame(
        {name: pd.Series(values, dtype=object) for name, values in columns.items()}
    )
    for name in frame:
        if name.endswith("_amount"):
            frame[name] = frame[name].astype("float64")
        elif name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601").astype(
                "datetime64[us, UTC]"
            )
        elif name.endswith("_currency"):
            frame[name] = frame[name].astype("category")
        else:
            frame[name] = frame[name].astype(DTYPES[name])
    return frame


@pytest.fixture(name="table", scope="session")
def table_builder() -> Callable[..., pd.DataFrame]:
    return table


CONNECTION = duckdb.connect()  # a relation does not keep its connection alive
CONNECTION.execute("SET TimeZone = 'UTC'")


def _duckdb(frame: pd.DataFrame) -> Any:
    return CONNECTION.from_arrow(pa.Table.from_pandas(frame))


ENGINES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "polars with NaN": lambda frame: pl.from_pandas(frame, nan_to_null=False),
    "polars lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "pyarrow": pa.Table.from_pandas,
    "duckdb": _duckdb,
}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Callable[[pd.DataFrame], Any]:
    return ENGINES[request.param]


@pytest.fixture(params=["polars lazy", "duckdb"])
def other_engine(request: pytest.FixtureRequest) -> Callable[[pd.DataFrame], Any]:
    """An engine that plans before it reads: one without, one with a language of its own."""
    return ENGINES[request.param]


@pytest.fixture(scope="session")
def returns() -> pd.DataFrame:
    """600 returns with gaps everywhere, three currencies and an unknown reason."""
    dice = random.Random(11)
    n = 600
    reasons = ["WRONG_SIZE", "DEFECTIVE_ITEM", "ARRIVED_DAMAGED", "BRAND_NEW_REASON", None]
    snad = {"DEFECTIVE_ITEM": "SNAD", "ARRIVED_DAMAGED": "SNAD", "WRONG_SIZE": "REMORSE"}
    reason = dice.choices(reasons, [5, 3, 2, 1, 1], k=n)
    currency = dice.choices(["USD", "EUR", "GBP", "JPY", None], [5, 3, 2, 2, 1], k=n)
    refunded = [dice.random() < 0.6 for _ in range(n)]
    amount = [
        (dice.choice([0.0, None]) if not paid else _price(dice, money))
        for paid, money in zip(refunded, currency, strict=True)
    ]
    start = pd.Timestamp("2026-01-01T00:00:00Z")
    moments = [start + pd.Timedelta(minutes=dice.randrange(60 * 24 * 120)) for _ in range(n)]
    return table(
        return_id=[f"5{i:06}" for i in range(n)],
        reason=reason,
        reason_type=[snad.get(r or "") for r in reason],
        status=dice.choices(["CLOSED", "ESCALATED", "RETURN_REQUESTED", None], [7, 1, 2, 1], k=n),
        case_id=[f"9{i}" if dice.random() < 0.05 else None for i in range(n)],
        marketplace=dice.choices(["EBAY_US", "EBAY_DE", None], [3, 2, 1], k=n),
        seller_protected=dice.choices([True, False, None], k=n),
        quantity=dice.choices([1, 2, None], k=n),
        created_at=[m.isoformat() if dice.random() < 0.97 else None for m in moments],
        refund_amount=amount,
        refund_currency=[
            c if a is not None else None for a, c in zip(amount, currency, strict=True)
        ],
        refund_estimated_amount=[10.0 if c else np.nan for c in currency],
        refund_estimated_currency=currency,
    )


def _price(dice: random.Random, currency: str | None) -> float:
    return (
        float(dice.randrange(100, 9000)) if currency == "JPY" else dice.randrange(100, 9000) / 100
    )


NOW = "2026-03-10T12:00:00Z"
HOMES = ("EBAY_US", "EBAY_GB", "EBAY_DE")


@dataclass
class Shop:
    """
    A simulated shop twice: its truth, and the tables made from its own answers.

    `frames` has the nine tables of a snapshot with details. As eBay's search does, it leaves
    escalated inquiries out; `all_inquiries` and ``truth["all_inquiries"]`` have them. ``truth``
    holds the ground truth of each table's rows, in the same order; `orders` is a table of the
    orders in `placed`.
    """

    seed: int
    world: World
    now: datetime

    @cached_property
    def truth(self) -> dict[str, list[Any]]:
        world = self.world
        return {
            "cancellations": list(world.cancellations.values()),
            "inquiries": [r for r in world.inquiries.values() if r.escalated_at is None],
            "all_inquiries": list(world.inquiries.values()),
            "returns": list(world.returns.values()),
            "cases": list(world.cases.values()),
        }

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        made = [tables.from_details(name, self.answers(name)) for name in tables.NAMES]
        own = {name: one[name] for name, one in zip(tables.NAMES, made, strict=True)}
        return own | {name: combine([one[name] for one in made]) for name in tables.CHILD_NAMES}

    @cached_property
    def all_inquiries(self) -> pd.DataFrame:
        return tables.from_details("inquiries", self.answers("all_inquiries"))["inquiries"]

    @cached_property
    def placed(self) -> list[Any]:
        """Every eighth order, and all with a record: enough to count, and quick to build."""
        orders, taken = self.world.orders, {}
        for name in ("returns", "all_inquiries", "cancellations"):
            taken |= {record.order.order_id: record.order for record in self.truth[name]}
        some = (order_id for i, order_id in enumerate(orders) if i % 8 == 0)
        return [*taken.values(), *(orders[order_id] for order_id in some if order_id not in taken)]

    @cached_property
    def orders(self) -> pd.DataFrame:
        rows = [
            (o.order_id, o.transaction_id, o.item.item_id, o.item.title, o.buyer.login,
             o.buyer.country, o.marketplace, o.quantity, o.placed_at)
            for o in self.placed
        ]  # fmt: skip
        names = ["order_id", "transaction_id", "item_id", "item_title", "buyer", "buyer_country"]
        frame = pd.DataFrame(rows, columns=[*names, "marketplace", "quantity", "placed_at"])
        types = dict.fromkeys(names, "string") | {"marketplace": "category", "quantity": "Int64"}
        return frame.astype(types | {"placed_at": "datetime64[us, UTC]"})

    def answers(self, name: str) -> list[Any]:
        """What the API says of each record."""
        if name == "returns":
            return [
                {"summary": wire.returns.summary(r, self.now), "detail": wire.returns.detail(r)}
                for r in self.truth[name]
            ]
        draw = {"cancellations": wire.cancellations, "cases": wire.cases}.get(name, wire.inquiries)
        return [draw.detail(record) for record in self.truth[name]]


@cache
def open_shop(seed: int) -> Shop:
    clock = Clock(NOW)
    home = HOMES[seed % len(HOMES)]
    world = World(returns=80, days=120, seed=seed, clock=clock, marketplace=home)
    return Shop(seed, world, clock.now())


class Shops:
    """
    Fifty shops, and their tables on top of each other, told apart by the column `shop`.

    One call with ``by="shop"`` asks a metric about all of them. Iterating gives the name of each
    shop in that column ("00" to "49"), and the shop. Ids of records begin with that name.
    """

    def __iter__(self) -> Iterator[tuple[str, Shop]]:
        return ((f"{seed:02}", open_shop(seed)) for seed in range(50))

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        made = {name: self._details(name) for name in tables.NAMES}
        own = {name: _labelled(made[name][name], tables.KEYS[name]) for name in tables.NAMES}
        children = {n: combine([made[of][n] for of in tables.NAMES]) for n in tables.CHILD_NAMES}
        return own | {n: _labelled(frame, "record_id") for n, frame in children.items()}

    @cached_property
    def orders(self) -> pd.DataFrame:
        parts = [shop.orders.assign(shop=key) for key, shop in self]
        frame = pd.concat(parts, ignore_index=True).astype({"shop": "string"})
        assert not frame.duplicated(["item_id", "transaction_id"]).any()
        return frame.astype({"marketplace": "category"})

    def _details(self, name: str) -> dict[str, pd.DataFrame]:
        answers = ((key, answer) for key, shop in self for answer in shop.answers(name))
        return tables.from_details(name, (_renamed(key, answer) for key, answer in answers))


def _renamed(shop: str, answer: Any) -> Any:
    """Put the shop before every id of a record: each world counts from the same number."""
    record = answer.get("cancelDetail") or answer.get("summary") or answer
    for place in (record, record.get("escalationInfo") or {}):
        for name in ("cancelId", "returnId", "inquiryId", "caseId"):
            if place.get(name):
                place[name] = f"{shop}{place[name]}"
    return answer


def _labelled(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame.assign(shop=frame[key].str[:2].astype("string"))


@pytest.fixture(scope="session")
def shops() -> Shops:
    """All shops at once."""
    return Shops()


@pytest.fixture(name="shop", scope="session")
def shop_opener() -> Callable[[int], Shop]:
    """Shop number `seed`: 80 returns of 120 days, seen on 10 March 2026 at noon UTC."""
    return open_shop
