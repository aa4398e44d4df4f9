"""The rules every record keeps, checked by a walker that shares no code with the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from postorder_nb.simulator import World

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def records(world: World) -> Iterator[Any]:
    for shelf in (world.returns, world.inquiries, world.cases, world.cancellations):
        yield from shelf.values()


def test_histories_chain_from_the_start_to_the_state(world: World) -> None:
    for record in records(world):
        lines = record.history
        assert lines[0].from_state == "INITIAL"
        assert lines[0].at == record.created_at
        assert lines[-1].to_state == record.state
        for one, next_one in pairwise(lines):
            assert one.to_state == next_one.from_state, record.id
            assert one.at <= next_one.at <= NOW, record.id


def test_what_is_closed_says_when_and_what_is_open_does_not(world: World) -> None:
    for record in records(world):
        over = record.state in ("CLOSED", "CS_CLOSED")
        assert (record.closed_at is not None) == over, record.id
        if over:
            assert record.closed_at == record.history[-1].at
    for shelf in (world.returns, world.cancellations, world.cases):
        assert all((r.close_reason is not None) == (not r.open) for r in shelf.values())


def test_money_is_there_only_after_it_moved(world: World) -> None:
    for record in records(world):
        paid = [move for move in record.movements if move.status == "SUCCESS"]
        if record.refund is None and record.buyer_refund is None:
            kinds = {move.type for move in paid}
            assert not kinds - {
                "INVOICE_SELLER_FOR_RETURN_SHIPPING",
                "CHARGE_BUYER_FOR_RETURN_SHIPPING",
            }, record.id
        else:
            assert record.refund_status == "SUCCESS"
            assert any(move.actual == record.buyer_refund for move in paid), record.id
            assert record.created_at <= record.refunded_at <= (record.closed_at or NOW)
        for move in record.movements:
            assert record.created_at <= move.created_at <= NOW
            if move.status == "PENDING":
                assert move.actual is None
                assert record.open


def test_the_seller_is_charged_the_refund_less_the_credit(world: World, cents: Any) -> None:
    converted = 0
    for record in records(world):
        if record.refund is None:
            assert record.net_charge is None
            continue
        charge = record.refund.amount - record.fee_credit.amount
        assert record.net_charge.amount == cents(charge * record.rate), record.id
        assert record.net_charge.currency == record.payout_currency
        if record.payout_currency != record.refund.currency:
            converted += 1
            assert record.net_charge.origin.amount == charge
            assert record.net_charge.rate == record.rate != 1
        assert record.refund.amount <= record.estimated.amount
        assert record.buyer_refund.amount >= record.refund.amount
        tax = cents(record.refund.amount * record.order.tax_rate)
        assert record.buyer_refund.amount - record.refund.amount == tax
    assert converted > 10


def test_amounts_are_whole_cents(world: World, cents: Any) -> None:
    for record in records(world):
        for money in (record.refund, record.buyer_refund, record.estimated, record.net_charge):
            assert money is None or money.amount == cents(money.amount)


def test_an_order_has_one_record_and_its_case(world: World) -> None:
    orders = Counter(
        record.order.order_id
        for shelf in (world.returns, world.inquiries, world.cancellations)
        for record in shelf.values()
    )
    assert set(orders.values()) == {1}
    for record in records(world):
        assert world.orders[record.order.order_id] == record.order
        assert record.order.placed_at < record.created_at
        assert world.items[record.item.item_id] is record.item
        assert world.buyers[record.buyer.login] == record.buyer
