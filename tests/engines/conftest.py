"""The same records on every engine: one small shop, written to Parquet and read by each."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import duckdb
import pandas as pd
import polars as pl
import pytest

from postorder_nb import tables
from postorder_nb.fetch.joining import combine
from postorder_nb.simulator import Clock, World, wire

NOW = "2026-03-10T12:00:00Z"
Tables = Mapping[str, Any]
# No metric reads columns of these names. Dask plans anew for each column of a table at each step:
# without them it takes half the time. `test_archive` has tables with all of them.
UNREAD = (
    "hold_", "relist", "refund_tax_", "net_charge_", "outstanding_", "recoup_", "provisional_",
    "replacement_label_", "label_subsidy_", "buyer_can_", "seller_can_", "buyer_escalate_",
    "seller_escalate_", "content_on_", "item_on_", "item_price_", "item_picture_", "shipping_",
    "refund_charge_", "expected_", "accepted_", "international_", "appeal_refund_", "last_buyer_",
    "last_seller_", "rma_number", "external_", "escalate_reason", "deduction_", "listing_site",
)  # fmt: skip


def _answers(world: World, now: Any, name: str) -> list[Any]:
    records = getattr(world, name).values()
    if name == "returns":
        wired = wire.returns
        return [{"summary": wired.summary(r, now), "detail": wired.detail(r)} for r in records]
    return [getattr(wire, name).detail(record) for record in records]


def _orders(world: World) -> pd.DataFrame:
    rows = [
        (o.order_id, o.transaction_id, o.item.item_id, o.item.title, o.buyer.login,
         o.buyer.country, o.marketplace, o.placed_at)
        for o in world.orders.values()
    ]  # fmt: skip
    names = ["order_id", "transaction_id", "item_id", "item_title", "buyer", "buyer_country"]
    frame = pd.DataFrame(rows, columns=[*names, "marketplace", "placed_at"])
    types = dict.fromkeys(names, "string") | {"marketplace": "category"}
    return frame.astype(types | {"placed_at": "datetime64[us, UTC]"})


@pytest.fixture(scope="session")
def whole() -> Tables:
    """The tables of a snapshot with details, and its `orders`, in pandas; with gaps."""
    clock = Clock(NOW)
    world = World(returns=250, days=120, seed=5, clock=clock, marketplace="EBAY_GB")
    made = [tables.from_details(n, _answers(world, clock.now(), n)) for n in tables.NAMES]
    own = {name: part[name] for name, part in zip(tables.NAMES, made, strict=True)}
    for frame in own.values():
        frame.loc[frame.index % 29 == 3, "created_at"] = pd.NaT
        if "reason" in frame:
            frame.loc[frame.index % 17 == 5, "reason"] = None
    children = {name: combine([part[name] for part in made]) for name in tables.CHILD_NAMES}
    return own | children | {"orders": _orders(world)}


@pytest.fixture(scope="session")
def frames(whole: Tables) -> Tables:
    """The same without what no metric reads."""
    return {n: f[[c for c in f if not c.startswith(UNREAD)]] for n, f in whole.items()}


@pytest.fixture(scope="session")
def parquet(frames: Tables, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each table, in several row groups so that engines divide the work."""
    folder = tmp_path_factory.mktemp("parquet")
    paths = {name: folder / f"{name}.parquet" for name in frames}
    for name, frame in frames.items():
        frame.to_parquet(paths[name], row_group_size=max(len(frame) // 3, 1))
    return paths


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session, of two threads in this process's own Java machine."""
    if shutil.which("java") is None:
        why = "PySpark needs Java: install openjdk-17-jre-headless"
        if os.environ.get("POSTORDER_CI"):
            pytest.fail(why)
        pytest.skip(why)
    from pyspark.sql import SparkSession  # noqa: PLC0415 - it is slow to load

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        # Hundreds of short queries: what compiles them costs more than what it saves.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
    }
    builder = SparkSession.builder.master("local[2]").appName("parity")
    session = builder.config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def _spark(request: pytest.FixtureRequest, path: Path) -> Any:
    return request.getfixturevalue("spark").read.parquet(str(path))


def _duckdb(request: pytest.FixtureRequest, path: Path) -> Any:
    return request.getfixturevalue("connection").read_parquet(str(path))


@pytest.fixture(scope="session", autouse=True)
def shuffled_in_memory() -> Iterator[None]:
    """Keep Dask from writing thousands of small files, which takes longer than what is in them."""
    with dask.config.set({"dataframe.shuffle.method": "tasks"}):
        yield


ENGINES: dict[str, Callable[[pytest.FixtureRequest, Path], Any]] = {
    "polars": lambda _, path: pl.read_parquet(path),
    "polars lazy": lambda _, path: pl.scan_parquet(path),
    "duckdb": _duckdb,
    "dask": lambda _, path: dd.read_parquet(path, split_row_groups=True),
    "pyspark": _spark,
}


@pytest.fixture(scope="session", params=ENGINES)
def elsewhere(request: pytest.FixtureRequest, parquet: dict[str, Path]) -> Tables:
    """The tables on one of the engines other than pandas."""
    read = partial(ENGINES[request.param], request)
    return {name: read(path) for name, path in parquet.items()}
