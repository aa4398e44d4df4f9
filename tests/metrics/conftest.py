"""Record tables as the package makes them, built by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

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


@pytest.fixture(name="table")
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
