"""What is fetched is the simulator's world: every record once, every amount to the cent."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb.simulator import Faults

DAYS = 100
NOW = "2026-06-30T12:00:00Z"
FAULTS = Faults(rate=0.05, kinds=("429", "500", "503", "drop", "truncate"), seed=3)


@contextmanager
def additions(po: pn.Demo) -> Iterator[None]:
    """Add records with dates all over the span, as fast as possible, while the block runs."""
    world, now = po.simulator.world, po.now()
    stop = threading.Event()

    def add() -> None:
        for i in range(400):
            if stop.wait(0.002):
                return
            moment = now - timedelta(days=(i * 37) % (DAYS - 1), minutes=i)
            adder = (world.add_return, world.add_inquiry, world.add_cancellation, world.add_case)
            adder[i % 4](moment)

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def same(value: Any, truth: Any) -> bool:
    if truth is None:
        return bool(pd.isna(value))
    return bool(value == truth)


def cents(value: float) -> Decimal | None:
    """Read a table's amount back exactly; what is not to the cent stays visible."""
    return None if math.isnan(value) else Decimal(str(value))


def money(truth: Any) -> tuple[Decimal | None, str | None]:
    return (None, None) if truth is None else (truth.amount.normalize(), truth.currency)


def assert_amount(row: Any, name: str, truth: Any) -> None:
    amount, currency = money(truth)
    found = cents(getattr(row, f"{name}_amount"))
    assert (None if found is None else found.normalize()) == amount, (row, name, truth)
    assert same(getattr(row, f"{name}_currency"), currency), (row, name, truth)


COMMON = ("created_at", "state", "status", "closed_at")


def assert_rows(table: pd.DataFrame, key: str, truths: dict[str, Any], columns: dict[str, str]):
    """Compare every row with its truth; `columns` maps a column to the truth's attribute."""
    assert table[key].is_unique
    for row in table.itertuples():
        truth = truths[getattr(row, key)]
        for column, attribute in columns.items():
            if column == "close_reason" and truth.open:
                continue  # an open return may carry OTHER there: only the date means closed
            expected = truth
            for name in attribute.split("."):
                expected = None if expected is None else getattr(expected, name)
            if column.endswith("*"):
                assert_amount(row, column.rstrip("_*"), expected)
            else:
                assert same(getattr(row, column), expected), (column, row, expected)


RETURNS = {
    "created_at": "created_at", "state": "state", "status": "status", "reason": "reason",
    "reason_type": "reason_type", "closed_at": "closed_at", "close_reason": "close_reason",
    "buyer": "buyer.login", "seller": "seller", "item_id": "item.item_id",
    "order_id": "order.order_id", "transaction_id": "order.transaction_id",
    "quantity": "order.quantity", "buyer_comments": "comments", "case_id": "case_id",
    "respond_by": "seller_due.at", "timeout_at": "timeout_at", "marketplace": "marketplace",
    "refund_status": "refund_status", "refunded_at": "refunded_at",
    "refund_*": "refund", "buyer_refund_*": "buyer_refund", "refund_estimated_*": "estimated",
    "buyer_refund_estimated_*": "buyer_estimated", "fee_credit_*": "fee_credit",
    "net_charge_*": "net_charge", "label_cost_*": "label_cost",
}  # fmt: skip
INQUIRIES = {
    "created_at": "created_at", "state": "state", "status": "status", "reason": "reason",
    "closed_at": "closed_at", "buyer": "buyer.login", "item_id": "item.item_id",
    "transaction_id": "order.transaction_id", "escalated_at": "escalated_at",
    "claim_*": "estimated", "refund_*": "refund", "total_*": "total",
}  # fmt: skip
CASES = {
    "created_at": "created_at", "status": "status", "buyer": "buyer.login",
    "item_id": "item.item_id", "transaction_id": "order.transaction_id",
    "case_type": "case_type", "return_id": "return_id", "claim_*": "estimated",
    "refund_*": "refund",
}  # fmt: skip
CANCELLATIONS = {
    "created_at": "created_at", "state": "state", "status": "status", "reason": "reason",
    "closed_at": "closed_at", "close_reason": "close_reason", "requestor": "requestor",
    "order_id": "order.legacy_id", "marketplace": "marketplace", "refund_*": "refund",
}  # fmt: skip


@pytest.mark.parametrize("offset", ["rows", "pages", "pages1"])
@pytest.mark.parametrize("faults", [None, FAULTS], ids=["calm", "5 % faults"])
def test_a_snapshot_equals_the_world(offset: Any, faults: Faults | None) -> None:
    with pn.demo(returns=450, days=DAYS, seed=11, now=NOW, offset=offset, faults=faults) as po:
        world = po.simulator.world
        before = {
            "returns": dict(world.returns),
            "inquiries": {i: r for i, r in world.inquiries.items() if r.escalated_at is None},
            "cases": dict(world.cases),
            "cancellations": dict(world.cancellations),
        }
        with additions(po):
            snapshot = pn.fetch.snapshot(po, since=f"{DAYS}d", details=True, progress=False)
        po.simulator.faults = None
        for name, table in list(snapshot.tables())[:4]:
            found = set(table[pn.tables.KEYS[name]])
            assert set(before[name]) <= found, f"{name} were lost"
            assert len(table) == len(found), f"{name} came twice"
            assert found <= set(getattr(world, name))
        assert_rows(snapshot.returns, "return_id", world.returns, RETURNS)
        assert_rows(snapshot.inquiries, "inquiry_id", world.inquiries, INQUIRIES)
        assert_rows(snapshot.cases, "case_id", world.cases, CASES)
        assert_rows(snapshot.cancellations, "cancel_id", world.cancellations, CANCELLATIONS)
        assert_children(snapshot, world)


def assert_children(snapshot: pn.Snapshot, world: Any) -> None:
    shelves = {
        "return": world.returns, "inquiry": world.inquiries,
        "case": world.cases, "cancellation": world.cancellations,
    }  # fmt: skip
    keys = [
        (record, i)
        for record, table in (
            ("cancellation", snapshot.cancellations["cancel_id"]),
            ("inquiry", snapshot.inquiries["inquiry_id"]),
            ("return", snapshot.returns["return_id"]),
            ("case", snapshot.cases["case_id"]),
        )
        for i in table
    ]
    lines, history, movements = Counter(), Counter(), Counter()
    for record, i in keys:
        truth = shelves[record][i]
        for event in truth.history:
            # The API's cancellations have no word for eBay itself as a party.
            system = "UNKNOWN" if record == "cancellation" else "SYSTEM"
            history[record, i, event.at, event.actor.replace("SYSTEM", system)] += 1
        for line in truth.lines:
            lines[record, i, line.stage, line.fee_type, line.amount.amount.normalize(),
                  line.amount.currency] += 1  # fmt: skip
        for movement in truth.movements:
            # Claims tell when money arrived, returns and cancellations when it was sent.
            claim = record in ("inquiry", "case")
            moment = (claim and movement.settled_at) or movement.created_at
            movements[record, i, moment] += 1
    assert history == Counter(
        (r.record, r.record_id, r.at, r.actor) for r in snapshot.history.itertuples()
    )
    assert lines == Counter(
        (r.record, r.record_id, r.stage, r.fee_type, Decimal(str(r.amount)).normalize(), r.currency)
        for r in snapshot.refund_lines.itertuples()
    )
    assert movements == Counter(
        (r.record, r.record_id, r.created_at) for r in snapshot.money_movements.itertuples()
    )


def test_totals_by_currency_are_the_ledgers() -> None:
    with pn.demo(returns=400, days=DAYS, seed=5) as po:
        table = pn.fetch.returns(po, since=f"{DAYS}d")
        ledger: Counter[str] = Counter()
        for record in po.simulator.world.returns.values():
            if record.refund:
                ledger[record.refund.currency] += int(record.refund.amount * 100)
        sums = (
            table.groupby("refund_currency", observed=True)["refund_amount"].sum() * 100
        ).round()
        assert len(ledger) == 3
        assert {currency: int(cents) for currency, cents in sums.items()} == dict(ledger)
