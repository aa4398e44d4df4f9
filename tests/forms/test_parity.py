"""For every call that writes, the form sends byte for byte what the method sends."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

import pytest

from postorder_nb import forms
from postorder_nb.api.client import PostOrder
from postorder_nb.api.operation import CATALOGUE, Effect, Role
from postorder_nb.errors import AnswerError, InDoubt
from postorder_nb.forms import sentences

WRITING = [key for key, row in CATALOGUE.items() if row.effect is not Effect.READ]


def goes(calls: Any, key: str) -> list[dict[str, Any]]:
    """Return the fewest arguments of a call, and those that reach every field of it."""
    return [calls.FEWEST.get(key, {}), *calls.FULL.get(key, [])]


def record_of(shop: Any, key: str) -> Any:
    """Find a record that the call has to do with; whether it is taken does not matter here."""
    group = CATALOGUE[key].group
    if group == "returns":
        return shop.a_return("ITEM_READY_TO_SHIP")
    return next(iter(getattr(shop.simulator.world, group).values()))


def clients(shop: Any, key: str, record: Any) -> list[PostOrder]:
    buyer = record.buyer.login if CATALOGUE[key].role is Role.BUYER else None
    return [shop.client(buyer=buyer, allow_decommissioned=True) for _ in range(2)]


@pytest.mark.parametrize("key", WRITING)
def test_the_form_sends_what_the_method_sends(key: str, shop: Any, calls: Any, hands: Any) -> None:
    row, record = CATALOGUE[key], record_of(shop, key)
    ids = dict.fromkeys(row.ids, record.id)
    for arguments in goes(calls, key):
        before = len(shop.writes())
        by_method, by_form = clients(shop, key, record)
        with suppress(AnswerError, InDoubt):  # eBay's no is as good as its yes: it was sent
            getattr(getattr(by_method, row.group), row.name)(**ids, **arguments)
        form = forms.form(by_form, key, **ids, **arguments)
        form.preview()
        assert form.stage == "armed", (form.error, arguments)
        shown = form.preview_text
        hands.agree(form)
        form.confirm()
        assert form.result or getattr(form.error, "sent", False), form.error
        method, sent = shop.writes()[before:]
        assert sent == method
        assert shown.endswith(sent[1].decode())


@pytest.mark.parametrize("key", WRITING)
def test_every_argument_of_every_call_has_a_control_and_words(
    key: str, shop: Any, hands: Any
) -> None:
    row = CATALOGUE[key]
    form = forms.form(shop.client(allow_decommissioned=True), key)
    controls = form.fields.controls
    assert list(controls) == list(inspect.signature(row.function).parameters)[1:]
    assert all(each.label and each.inputs[0].description for each in controls.values())
    assert hands.find(form, "po-confirm").description
    assert key in sentences._SAID
