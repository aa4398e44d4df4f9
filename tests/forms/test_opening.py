"""Which form opens, by the call's key or by its bare name and an id, and what stands above it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb import forms
from postorder_nb.api.operation import CATALOGUE, Effect
from postorder_nb.errors import CallGone, InputError

WRITING = [row for row in CATALOGUE.values() if row.effect is not Effect.READ]


@pytest.fixture
def po(shop: Any) -> Any:
    return shop.client(base_url="https://api.ebay.com", writes=False, allow_decommissioned=True)


def test_every_call_that_writes_has_a_form_under_its_name() -> None:
    for row in WRITING:
        assert row.name in dir(forms)
        shown = inspect.signature(getattr(forms, row.name)).parameters
        assert set(list(inspect.signature(row.function).parameters)[1:]) <= set(shown)
    assert "search" not in dir(forms)


@pytest.mark.parametrize("row", WRITING, ids=lambda row: row.key)
def test_the_group_decides_where_several_have_a_call_of_that_name(row: Any, po: Any) -> None:
    assert getattr(forms, row.name)(po, group=row.group).operation == row.key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("return_id", "returns.send_message"),
        ("inquiry_id", "inquiries.send_message"),
    ],
)
def test_the_id_decides_where_several_have_a_call_of_that_name(
    name: str, key: str, shop: Any
) -> None:
    kind = "returns" if name == "return_id" else "inquiries"
    record = next(iter(getattr(shop.simulator.world, kind).values()))
    form = forms.send_message(shop.client(), **{name: record.id})
    assert form.operation == key
    assert form.fields.controls[name].value == record.id


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (forms.send_message, "inquiry_id=... or return_id=..."),
        (forms.create, 'group="cancellations"'),
        (lambda po: forms.approve(po, group="cases"), "no cases.approve"),
        (lambda po: forms.form(po, "returns.issue_refunds"), "use returns.issue_refund"),
        (lambda po: forms.form(po, "returns.search"), "only reads"),
        (lambda po: forms.form(po, "returns.decide", decison="APPROVE"), "'decison'"),
    ],
)
def test_what_is_not_clear_is_said(call: Any, words: str, po: Any) -> None:
    with pytest.raises(InputError, match=words):
        call(po)


def test_a_name_that_is_no_call_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="issue_refunds"):
        forms.issue_refunds  # noqa: B018 - the access is what is tested


def test_an_id_that_is_typed_is_read(shop: Any, hands: Any) -> None:
    record = shop.a_return("ITEM_SHIPPED")
    form = forms.form(shop.client(), "returns.issue_refund")
    assert form.fields.controls["amount"].value is None
    hands.type(form, "return_id", record.id)
    title = hands.find(form, "po-title").value
    assert record.id in title
    assert record.buyer.login in title
    assert form.fields.controls["amount"].value.amount > 0


def test_an_answer_that_is_there_is_not_read_again(shop: Any) -> None:
    po, record = shop.client(), shop.a_return("ITEM_SHIPPED")
    answer = po.returns.get(record.id)
    before = len(shop.simulator.requests)
    form = forms.mark_as_received(po, return_id=record.id, answer=answer)
    assert len(shop.simulator.requests) == before
    assert repr(form) == f"<Form returns.mark_as_received return {record.id}: open>"


def test_the_public_face_knows_the_forms() -> None:
    assert pn.forms is forms


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ("PRODUCTION", "https://api.ebay.com"),
        ("SANDBOX", "https://api.sandbox.ebay.com"),
    ],
)
def test_the_place_stands_above_the_form_in_words(
    environment: str, url: str, shop: Any, hands: Any
) -> None:
    form = forms.form(shop.client(base_url=url, writes=False), "returns.issue_refund")
    assert environment in hands.find(form, "po-banner").value


def test_a_simulator_is_named(shop: Any, hands: Any) -> None:
    form = forms.form(shop.client(), "cases.appeal")
    assert "SIMULATOR" in hands.find(form, "po-banner").value


@pytest.mark.parametrize(
    ("key", "day"),
    [("cases.issue_refund", "2026-03-02"), ("inquiries.close", "2026-03-16")],
)
def test_a_call_that_is_gone_is_an_explanation(
    key: str, day: str, shop: Any, hands: Any, writes: Callable[[], list[tuple[str, bytes]]]
) -> None:
    form = forms.form(shop.client(), key)
    assert isinstance(form.error, CallGone)
    assert day in hands.said(form)
    assert "What to do instead" in hands.said(form)
    for name in ("po-fields", "po-preview-button", "po-confirm", "po-look", "po-again"):
        assert not hands.seen(form, name)
    form.preview()
    form.confirm()
    assert (form.stage, form.result, writes()) == ("gone", None, [])
