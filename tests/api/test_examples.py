"""The examples in the docstrings of the calls are true, against a simulated shop."""

from __future__ import annotations

import doctest
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from postorder_nb import Money
from postorder_nb.api import client
from postorder_nb.api.client import PostOrder
from postorder_nb.api.operation import CATALOGUE, Effect
from postorder_nb.config import resolve
from postorder_nb.simulator import Simulator


class Shop:
    """A simulated shop with its seller, and whichever of its buyers is asked for."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.world = simulator.world
        self.folder = folder
        self.clients: list[PostOrder] = []
        self.po = self.client(simulator.token, "SELLER")

    def client(self, token: str, role: str) -> PostOrder:
        settings = resolve(
            token=token, role=role, base_url=self.simulator.url, marketplace="EBAY_US",
            writes=True, data_folder=self.folder / "data", cache_folder=self.folder / "cache",
        )  # fmt: skip
        self.clients.append(PostOrder(settings, now=self.simulator.clock.now))
        return self.clients[-1]

    def buyer_of(self, record: Any) -> PostOrder:
        return self.client(self.simulator.token_of(record.buyer.login), "BUYER")

    def order(self, fits: Callable[[Any], bool]) -> Any:
        """Find a paid order that nobody has opened anything on."""
        return next(
            order
            for order in self.world.orders.values()
            if order.paid and fits(order) and not self.world.records_of(order.order_id)
        )

    def unsent(self, order: Any) -> bool:
        return bool(order.placed_at <= self.simulator.clock.now() < order.dispatch_at)

    def overdue(self, order: Any) -> bool:
        """Tell whether an item should have arrived, and can be complained about or sent back."""
        age = self.simulator.clock.now() - order.dispatch_at
        return timedelta(days=8) < age < timedelta(days=20)

    def a_return(self, *story: str) -> Any:
        """Open a return of an item with free shipping, and let one thing after another happen."""
        order = self.order(lambda o: self.overdue(o) and not o.item.shipping.amount)
        answer = (
            self.buyer_of(order)
            .returns.create(
                item_id=order.item.item_id,
                transaction_id=order.transaction_id,
                reason="DEFECTIVE_ITEM",
                return_quantity=order.quantity,
            )
            .answer
        )
        record = self.world.returns[answer["returnId"]]
        for event in story:
            self.simulator.happen(record, event)
        return record

    def inquiry(self, *, late: bool = False) -> Any:
        """Open an inquiry; a late one is one whose seller has let the time for an answer pass."""
        order = self.order(self.overdue)
        buyer = self.buyer_of(order)
        buyer.inquiries.create(item_id=order.item.item_id, transaction_id=order.transaction_id)
        record = next(r for r in self.world.inquiries.values() if r.order_id == order.order_id)
        self.simulator.advance(hours=1)
        if late:
            record.respond_by = record.created_at
        return record

    def case(self) -> Any:
        """Let an inquiry come before eBay."""
        inquiry = self.inquiry(late=True)
        self.po.inquiries.escalate(
            inquiry.id, escalate_inquiry_reason="SHIPPED_ITEM", comments="Please look."
        )
        return next(c for c in self.world.cases.values() if c.parent is inquiry)

    def wish_to_cancel(self) -> Any:
        order = self.order(self.unsent)
        answer = self.buyer_of(order).cancellations.create(legacy_order_id=order.legacy_id).answer
        return self.world.cancellations[answer["cancelId"]]


def order_to_cancel(shop: Shop) -> dict[str, Any]:
    return {"order_id": shop.order(shop.unsent).legacy_id}


def wish_to_cancel(shop: Shop) -> dict[str, Any]:
    return {"cancel_id": shop.wish_to_cancel().id}


def unconfirmed(shop: Shop) -> dict[str, Any]:
    record = shop.wish_to_cancel()
    record.state = "CONFIRM_REFUND_PENDING"
    return {"cancel_id": record.id, "buyer": shop.buyer_of(record)}


def inquiry(shop: Shop) -> dict[str, Any]:
    record = shop.inquiry()
    return {"inquiry_id": record.id, "buyer": shop.buyer_of(record)}


def late_inquiry(shop: Shop) -> dict[str, Any]:
    return {"inquiry_id": shop.inquiry(late=True).id}


def refunded_elsewhere(shop: Shop) -> dict[str, Any]:
    names = inquiry(shop)
    shop.po.inquiries.provide_refund_info(names["inquiry_id"], message="By bank.")
    return names


def order_line(shop: Shop) -> dict[str, Any]:
    order = shop.order(shop.overdue)
    return {
        "item_id": order.item.item_id,
        "transaction_id": order.transaction_id,
        "buyer": shop.buyer_of(order),
    }


def case(shop: Shop) -> dict[str, Any]:
    record = shop.case()
    return {"case_id": record.id, "buyer": shop.buyer_of(record)}


def lost_case(shop: Shop) -> dict[str, Any]:
    record = shop.case()
    shop.simulator.happen(record, "buyer_wins")
    return {"case_id": record.id}


def case_with_a_parcel(shop: Shop) -> dict[str, Any]:
    record = shop.case()
    shop.simulator.happen(record, "return_first")
    return {"case_id": record.id, "buyer": shop.buyer_of(record)}


def returned(*story: str) -> Callable[[Shop], dict[str, Any]]:
    def scene(shop: Shop) -> dict[str, Any]:
        record = shop.a_return(*story)
        record.escalate_from = record.created_at
        price = Money(record.estimated.amount, record.estimated.currency)
        return {"return_id": record.id, "price": price}

    return scene


BACK = ("approve", "ship", "deliver")

# What each example needs: records in a state that allows the call.
SCENES: dict[str, Callable[[Shop], dict[str, Any]]] = {
    "cancellations.create": order_to_cancel,
    "cancellations.approve": wish_to_cancel,
    "cancellations.reject": wish_to_cancel,
    "cancellations.confirm": unconfirmed,
    "inquiries.create": order_line,
    "inquiries.send_message": inquiry,
    "inquiries.provide_shipment_info": inquiry,
    "inquiries.issue_refund": inquiry,
    "inquiries.provide_refund_info": inquiry,
    "inquiries.escalate": late_inquiry,
    "inquiries.close": inquiry,
    "inquiries.confirm_refund": refunded_elsewhere,
    "cases.appeal": lost_case,
    "cases.issue_refund": case,
    "cases.close": case,
    "cases.provide_return_address": case_with_a_parcel,
    "cases.provide_shipment_info": case_with_a_parcel,
    "returns.create": order_line,
    "returns.decide": returned(),
    "returns.escalate": returned(*BACK),
    "returns.issue_refund": returned(*BACK),
    "returns.mark_as_received": returned("approve", "ship"),
    "returns.send_message": returned(),
    "returns.add_shipping_label": returned("ask_label"),
    "returns.upload_label": returned("ask_label"),
    "returns.file_upload": returned(),
    "returns.preferences_set": lambda _: {},
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Simulator(returns=40, days=40, seed=5, now="2026-03-01T12:00:00Z") as simulator:
        shop = Shop(simulator, tmp_path)
        yield shop
        for po in shop.clients:
            po.close()


def test_every_write_has_a_scene() -> None:
    writes = {key for key, row in CATALOGUE.items() if row.effect is not Effect.READ}
    assert set(SCENES) == writes | {"returns.upload_label"}


@pytest.mark.parametrize("key", SCENES)
def test_the_example_is_true(shop: Shop, key: str) -> None:
    group, name = key.split(".")
    method = getattr(getattr(client, group.capitalize()), name)
    names = {"po": shop.po, **SCENES[key](shop)}
    example = doctest.DocTestParser().get_doctest(method.__doc__, names, key, None, 0)
    assert example.examples
    said: list[str] = []
    result = doctest.DocTestRunner().run(example, out=said.append)
    assert not result.failed, "".join(said)
