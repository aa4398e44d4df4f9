"""The truth as files: every row is what the world says, typed as an analyst expects it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from postorder_nb.simulator import Clock, World, truth

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEYS = {"returns": "return_id", "inquiries": "inquiry_id", "cases": "case_id",
        "cancellations": "cancel_id"}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    world = World(returns=150, days=60, seed=5, clock=Clock(NOW), scenario="fraud-ring")
    world.add_cancellation(NOW - timedelta(hours=3))  # on an order placed by itself
    return world


@pytest.fixture(scope="module")
def tables(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    folder = tmp_path_factory.mktemp("truth") / "new"
    paths = truth.write(world, folder)
    assert {path.parent for path in paths.values()} == {folder}
    return {name: pq.read_table(path) for name, path in paths.items()}


def test_there_is_a_file_for_every_table(tables: dict[str, pa.Table]) -> None:
    assert set(tables) == {"orders", "returns", "inquiries", "cases", "cancellations", "history",
                           "money_movements", "ledger", "planted"}  # fmt: skip


def test_money_is_decimal_and_time_is_utc(tables: dict[str, pa.Table]) -> None:
    for table in tables.values():
        for field in table.schema:
            if field.name == "amount" or field.name.endswith("_amount"):
                assert field.type == pa.decimal128(18, 2)
            if field.name.endswith("_at") or field.name in ("at", "respond_by", "since", "until"):
                assert field.type == pa.timestamp("us", tz="UTC")
            if field.name.endswith("_id"):
                assert field.type == pa.string()


def test_orders_are_the_worlds(world: World, tables: dict[str, pa.Table]) -> None:
    rows = tables["orders"].to_pylist()
    assert [row["order_id"] for row in rows] == list(world.orders)
    for row in [*rows[::7], rows[-1]]:
        order = world.orders[row["order_id"]]
        item = order.item
        assert row["transaction_id"] == order.transaction_id
        assert (row["item_id"], row["item_title"]) == (item.item_id, item.title)
        assert (row["category"], row["marketplace"]) == (item.category, item.marketplace)
        assert (row["buyer"], row["country"]) == (order.buyer.login, order.buyer.country)
        assert (row["quantity"], row["paid"]) == (order.quantity, order.paid)
        assert (row["placed_at"], row["dispatch_at"]) == (order.placed_at, order.dispatch_at)
        assert (row["price_amount"], row["price_currency"]) == (
            item.price.amount,
            item.price.currency,
        )
        assert row["shipping_amount"] == item.shipping.amount
        assert row["total_amount"] == order.total.amount
        assert row["total_currency"] == order.currency
        assert Decimal(row["tax_points"]) / 10_000 == order.tax_rate
    assert not all(row["paid"] for row in rows)


@pytest.mark.parametrize("name", KEYS)
def test_records_are_the_worlds(name: str, world: World, tables: dict[str, pa.Table]) -> None:
    rows, shelf = tables[name].to_pylist(), getattr(world, name)
    assert [row[KEYS[name]] for row in rows] == list(shelf)
    orders = set(tables["orders"]["order_id"].to_pylist())
    for row, record in zip(rows, shelf.values(), strict=True):
        assert row["order_id"] == record.order_id
        assert record.order.order_id in orders
        assert (row["buyer"], row["state"]) == (record.buyer.login, record.state)
        assert (row["created_at"], row["closed_at"]) == (record.created_at, record.closed_at)
        assert row["refund_amount"] == (record.refund.amount if record.refund else None)
        assert row["refund_currency"] == (record.refund.currency if record.refund else None)
        assert row["comments"] == record.comments


def children(world: World, part: Callable[[Any], list[Any]]) -> Counter[str]:
    return Counter(
        {
            record.id + type(record).__name__.lower(): len(part(record))
            for name in KEYS
            for record in getattr(world, name).values()
            if part(record)
        }
    )


def test_histories_and_movements_are_complete(world: World, tables: dict[str, pa.Table]) -> None:
    parts: dict[str, Callable[[Any], list[Any]]] = {
        "history": lambda r: r.history, "money_movements": lambda r: r.movements,
    }  # fmt: skip
    for name, part in parts.items():
        rows = tables[name].to_pylist()
        assert Counter(row["record_id"] + row["record"] for row in rows) == children(world, part)
    lines = tables["history"].to_pylist()
    first = next(row for row in lines if row["record"] == "return")
    record = world.returns[first["record_id"]]
    assert (first["seq"], first["at"], first["activity"], first["to_state"]) == (
        0, record.created_at, "BUYER_CREATE_RETURN", "RETURN_REQUESTED"
    )  # fmt: skip
    sums: dict[str, Decimal] = {}
    for row in tables["money_movements"].to_pylist():
        kind = row["record"], row["type"], row["status"]
        if kind == ("cancellation", "SELLER_VOLUNTARY_REFUND", "SUCCESS"):
            currency = row["actual_currency"]
            sums[currency] = sums.get(currency, Decimal(0)) + row["actual_amount"]
    expected: dict[str, Decimal] = {}
    for cancelled in world.cancellations.values():
        for move in cancelled.movements:
            if move.type == "SELLER_VOLUNTARY_REFUND" and move.status == "SUCCESS":
                money = move.actual
                expected[money.currency] = expected.get(money.currency, Decimal(0)) + money.amount
    assert sums == expected != {}


def test_what_was_planted_is_told(world: World, tables: dict[str, pa.Table]) -> None:
    (ring,) = tables["planted"].to_pylist()
    assert ring["kind"] == "FraudRing"
    assert ring["orders"] == list(world.planted[0].orders) != []
    assert ring["buyers"] == list(world.planted[0].buyers)
    assert ring["since"] == world.planted[0].since


def test_an_empty_world_has_empty_files(tmp_path: Path) -> None:
    world = World(returns=0, days=30, seed=5, clock=Clock(NOW))
    paths = truth.write(world, str(tmp_path))
    assert {pq.read_metadata(path).num_rows for path in paths.values()} == {0}
    assert sum(batch.num_rows for batch in truth.orders(world)) == 0
