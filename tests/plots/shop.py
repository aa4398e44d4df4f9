"""The tables of a small simulated shop whose buyers, items and comments are named to do harm."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from postorder_nb import tables
from postorder_nb.fetch.joining import combine
from postorder_nb.simulator import Clock, World, wire

NOW = "2026-03-10T12:00:00Z"


@cache
def frames(returns: int = 150, days: int = 90) -> dict[str, pd.DataFrame]:
    """Return all tables of a snapshot with details, and `orders`."""
    clock = Clock(NOW)
    world = World(returns=returns, days=days, seed=5, clock=clock, scenario="adversarial")
    made = [tables.from_details(name, _answers(world, name, clock)) for name in tables.NAMES]
    own = {name: one[name] for name, one in zip(tables.NAMES, made, strict=True)}
    own |= {name: combine([one[name] for one in made]) for name in tables.CHILD_NAMES}
    for table in own.values():
        table.attrs["fetched_at"] = NOW
    return own | {"orders": _orders(world)}


def _answers(world: World, name: str, clock: Clock) -> list[Any]:
    records = list(getattr(world, name).values())
    if name == "returns":
        draw = wire.returns
        return [
            {"summary": draw.summary(r, clock.now()), "detail": draw.detail(r)} for r in records
        ]
    ours = {"cancellations": wire.cancellations, "cases": wire.cases}.get(name, wire.inquiries)
    return [ours.detail(record) for record in records]


def _orders(world: World) -> pd.DataFrame:
    names = ["order_id", "transaction_id", "item_id", "item_title", "buyer", "country"]
    placed = [
        (o.order_id, o.transaction_id, o.item.item_id, o.item.title, o.buyer.login,
         o.buyer.country, o.marketplace, o.placed_at)
        for o in world.orders.values()
    ]  # fmt: skip
    frame = pd.DataFrame(placed, columns=[*names, "marketplace", "placed_at"])
    return frame.astype(
        dict.fromkeys(names, "string")
        | {"marketplace": "category", "placed_at": "datetime64[us, UTC]"}
    )
