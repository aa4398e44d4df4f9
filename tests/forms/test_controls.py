"""The control of each kind of argument: what it takes, refuses, shows and hides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from ipywidgets import Combobox, Dropdown, Textarea
from ipywidgets import Text as TextBox
from PIL import Image

from postorder_nb import Address, Money, RelistLineItem, Text, forms
from postorder_nb.api.operation import CATALOGUE, Effect
from postorder_nb.enums import RefundFeeType, ReturnReason, ShippingCarrier

_DRAWN = BytesIO()
Image.new("RGB", (320, 160), "teal").save(_DRAWN, "GIF")
GIF = _DRAWN.getvalue()
Opened = Callable[..., forms.Form]


@pytest.fixture(scope="module")
def opened(shop: Any) -> Opened:
    po = shop.client(base_url="https://api.ebay.com", writes=False, allow_decommissioned=True)
    return lambda key, **known: forms.form(po, key, **known)


def problem(form: forms.Form, name: str) -> str:
    return str(form.fields.controls[name]._problem.value)


def note(form: forms.Form, name: str) -> str:
    return str(form.fields.controls[name]._note.value)


def shown(form: forms.Form) -> set[str]:
    return {name for name, each in form.fields.controls.items() if not each.hidden}


class TestAmounts:
    def test_digits_and_currency_are_exact(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.issue_refund")
        hands.type(form, "amount", "24.90")
        hands.type(form, "amount", "eur", part=1)
        assert form.fields.controls["amount"].value == Money(Decimal("24.90"), "EUR")

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("24,90", "24.90"),
            ("-3.00", "not above zero"),
            ("1.234", "more digits"),
            ("a lot", "no amount"),
        ],
    )
    def test_what_is_no_amount_is_said_beside_it(
        self, typed: str, words: str, opened: Opened, hands: Any
    ) -> None:
        form = opened("returns.issue_refund")
        hands.type(form, "amount", "USD", part=1)
        hands.type(form, "amount", typed)
        assert words in problem(form, "amount")
        hands.type(form, "amount", "24.90")
        assert problem(form, "amount") == ""

    def test_a_cost_is_not_limited_by_what_can_be_refunded(self, shop: Any) -> None:
        record = shop.a_return("ITEM_SHIPPED")
        form = forms.form(shop.client(), "returns.add_shipping_label", return_id=record.id)
        assert form.fields.controls["return_label_cost"].most is None


class TestLines:
    def test_they_must_sum_to_the_amount(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.issue_refund", return_id="5001")
        lines = form.fields.controls["lines"]
        hands.type(form, "amount", "10.00")
        hands.type(form, "amount", "USD", part=1)
        price, shipping = (
            lines._fees.index(fee) for fee in ("PURCHASE_PRICE", "ORIGINAL_SHIPPING")
        )
        hands.type(form, "lines", "7.00", part=price)
        hands.type(form, "lines", "2.00", part=shipping)
        assert "sum to 9.00, the amount is 10.00 USD" in hands.html(form)
        form.preview()
        assert "sum to 9.00 USD, not to 10.00 USD" in hands.said(form)
        hands.type(form, "lines", "3.00", part=shipping)
        assert lines.value == {
            "PURCHASE_PRICE": Money(Decimal("7.00"), "USD"),
            "ORIGINAL_SHIPPING": Money(Decimal("3.00"), "USD"),
        }
        assert "fee" not in shown(form)  # the lines say what it is for
        form.preview()
        assert '"value":7.00' in form.preview_text

    def test_a_line_above_its_most_is_said(self, shop: Any, hands: Any) -> None:
        record = shop.a_return("ITEM_READY_TO_SHIP", kinds=2)
        form = forms.form(shop.client(), "returns.issue_refund", return_id=record.id)
        lines = form.fields.controls["lines"]
        part = lines._fees.index("ORIGINAL_SHIPPING")
        hands.type(form, "lines", "999.00", part=part)
        assert "Original shipping" in problem(form, "lines")
        offered = {
            fee
            for fee, each in zip(lines._fees, lines.inputs, strict=True)
            if each.layout.display != "none"
        }
        assert offered == {line.fee_type for line in record.lines}

    def test_the_restocking_fee_is_not_among_them(self, opened: Opened) -> None:
        fees = opened("returns.issue_refund").fields.controls["lines"]._fees
        assert set(fees) == {fee.value for fee in RefundFeeType} - {"RESTOCKING_FEE"}


class TestChoices:
    def test_a_closed_set_is_offered_in_words(self, opened: Opened) -> None:
        options = opened("returns.create").fields.controls["reason"].inputs[0].options
        assert ("Arrived damaged", ReturnReason.ARRIVED_DAMAGED) in options
        assert len(options) == len(ReturnReason) + 1

    def test_what_the_call_refuses_is_not_offered(self, opened: Opened) -> None:
        options = opened("cancellations.create").fields.controls["cancel_reason"].inputs[0].options
        values = {value for _, value in options}
        assert "ADDRESS_ISSUES" in values
        assert not values & {"ADDRESS_ISSUE", "OTHER", "UNKNOWN"}

    def test_yes_no_and_neither(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.issue_refund")
        relist = form.fields.controls["relist_item"]
        assert relist.value is None
        hands.type(form, "relist_item", False)
        assert relist.value is False

    def test_a_yes_or_no_that_is_needed(self, opened: Opened) -> None:
        form = opened("returns.preferences_set")
        form.preview()
        assert "needed" in problem(form, "rma_required")
        assert "po-required" in form.fields.controls["rma_required"]._dom_classes


class TestTogether:
    def test_a_label_asks_for_what_its_action_needs(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.add_shipping_label", return_id="5001")
        conditional = {
            "UPLOAD_LABEL": {"file_id"},
            "MARK_AS_SENT": {"label_sent_date", "forward_shipping_label_provided"},
            "NO_LABEL": {"no_label_reason"},
            "EBAY_LABEL": set(),
        }
        every = set().union(*conditional.values())
        for action, names in conditional.items():
            hands.type(form, "label_action", action)
            assert shown(form) & every == names
        hands.type(form, "label_action", "NO_LABEL")
        assert form.fields.controls["no_label_reason"].required
        assert "Needed for “No label”" in note(form, "no_label_reason")

    def test_a_tracking_number_needs_its_carrier_and_other_its_name(
        self, opened: Opened, hands: Any
    ) -> None:
        form = opened("returns.add_shipping_label", return_id="5001", label_action="EBAY_LABEL")
        carrier = form.fields.controls["carrier_enum"]
        assert not carrier.required
        hands.type(form, "tracking_number", "1Z9")
        assert carrier.required
        assert "carrier_name" not in shown(form)
        hands.type(form, "carrier_enum", ShippingCarrier.OTHER)
        assert form.fields.controls["carrier_name"].required

    def test_what_is_hidden_is_not_sent(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.decide", return_id="5001", decision="PROVIDE_RMA", rma_number="R-1")
        form.preview()
        assert "RMANumber" in form.preview_text
        hands.type(form, "decision", "DECLINE")
        form.preview()
        assert form.preview_text.splitlines()[-1] == '{"decision":"DECLINE"}'

    def test_a_proof_of_shipment_stands_for_carrier_and_date(
        self, opened: Opened, hands: Any
    ) -> None:
        form = opened("inquiries.provide_shipment_info", inquiry_id="5001")
        assert form.fields.controls["shipping_date"].required
        hands.type(form, "proof_of_shipment_uploaded", True)
        assert not form.fields.controls["shipping_date"].required

    def test_a_date_of_payment_goes_with_a_payment(self, opened: Opened, hands: Any) -> None:
        form = opened("cancellations.create")
        assert "buyer_paid_date" not in shown(form)
        hands.type(form, "buyer_paid", True)
        assert "Buyer paid: yes" in note(form, "buyer_paid_date")


class TestTexts:
    def test_a_text_is_counted(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.send_message", return_id="5001")
        hands.type(form, "message", "Grüße")
        assert "5 characters" in hands.find(form, "po-counter").value

    def test_a_text_keeps_its_language_when_its_words_change(
        self, opened: Opened, hands: Any
    ) -> None:
        danke = Text(
            "Danke", language="de", translated_from_content="Thanks", translated_from_language="en"
        )
        form = opened("returns.send_message", return_id="5001", message=danke)
        assert form.fields.controls["message"].value is danke
        hands.type(form, "message", "Vielen Dank")
        assert form.fields.controls["message"].value == Text("Vielen Dank", language="de")

    def test_what_is_missing_is_said_beside_it(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.send_message", return_id="5001")
        form.preview()
        assert "needed" in problem(form, "message")
        assert "Please mend: Message" in hands.said(form)
        assert "po-wrong" in form.fields.controls["message"]._dom_classes


class TestTheOthers:
    def test_a_moment_is_sent_in_utc(self, opened: Opened, hands: Any) -> None:
        form = opened("cancellations.reject", cancel_id="5001")
        hands.type(form, "shipment_date", datetime(2025, 3, 1, 9, 30, tzinfo=UTC))
        form.preview()
        assert '"2025-03-01T09:30:00.000Z"' in form.preview_text

    def test_a_moment_in_the_future_is_refused(self, opened: Opened, hands: Any) -> None:
        form = opened("cancellations.reject", cancel_id="5001")
        hands.type(form, "shipment_date", datetime(2099, 3, 1, tzinfo=UTC))
        form.preview()
        assert "lies in the future" in hands.said(form)

    @pytest.mark.parametrize(("typed", "words"), [("two", "digits only"), ("0", "out of range")])
    def test_a_number_is_a_number(self, typed: str, words: str, opened: Opened, hands: Any) -> None:
        form = opened("returns.create")
        hands.type(form, "return_quantity", typed)
        assert words in problem(form, "return_quantity")

    def test_an_address_is_put_together(self, opened: Opened, hands: Any) -> None:
        form = opened("cases.provide_return_address", case_id="5001")
        address = form.fields.controls["return_address"]
        names = list(address._parts)
        hands.type(form, "return_address", "1 Quay", part=names.index("address_line1"))
        assert "City is missing" in problem(form, "return_address")
        hands.type(form, "return_address", "Galway", part=names.index("city"))
        hands.type(form, "return_address", "IE", part=names.index("country"))
        assert address.value == Address("1 Quay", "Galway", "IE")
        hands.type(form, "return_address", "Ireland", part=names.index("country"))
        assert "two capitals" in problem(form, "return_address")

    def test_order_lines_are_read_one_a_row(self, opened: Opened, hands: Any) -> None:
        form = opened("cancellations.create", legacy_order_id="12-1")
        lines = form.fields.controls["relist_line_item"]
        hands.type(form, "relist_line_item", "11 28 2\n12, 29\n")
        assert lines.value == [RelistLineItem("11", "28", 2), RelistLineItem("12", "29", 1)]
        hands.type(form, "relist_line_item", "11")
        assert "no order line" in problem(form, "relist_line_item")

    def test_a_picture_is_shown_and_sent(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.file_upload", return_id="5001", file_purpose="ITEM_RELATED")
        picked = {"name": "box.gif", "type": "image/gif", "size": len(GIF), "content": GIF,
                  "last_modified": datetime(2026, 3, 1, tzinfo=UTC)}  # fmt: skip
        hands.type(form, "data", (picked,))
        seen = hands.find(form, "po-thumbnail").children
        assert bytes(seen[0].value).startswith(b"\x89PNG")  # drawn anew, at most 160 pixels wide
        assert Image.open(BytesIO(seen[0].value)).size == (160, 80)
        assert "box.gif: GIF" in seen[1].value
        form.preview()
        assert '"fileName":"box.gif"' in form.preview_text

    def test_a_file_that_is_no_picture_is_refused(self, opened: Opened, hands: Any) -> None:
        form = opened("returns.file_upload", return_id="5001", file_purpose="ITEM_RELATED")
        picked = {"name": "a.png", "type": "image/png", "size": 20, "content": b"<svg onload=x>",
                  "last_modified": datetime(2026, 3, 1, tzinfo=UTC)}  # fmt: skip
        hands.type(form, "data", (picked,))
        assert hands.find(form, "po-thumbnail").children == ()
        assert "no known format" in problem(form, "data")
        form.preview()
        assert form.stage == "open"


WRITING = [key for key, row in CATALOGUE.items() if row.effect is not Effect.READ]


@pytest.mark.parametrize("key", WRITING)
def test_a_dropdown_shows_words_whatever_is_chosen(key: str, opened: Opened, hands: Any) -> None:
    form = opened(key)
    dropdowns = [each for each in hands.all(form.fields) if isinstance(each, Dropdown)]
    at_first = [each.index for each in dropdowns]
    for each in dropdowns:
        *_, last = each.options
        each.label = last[0]
        each.value = None
        assert (each.index, each.label) == (0, each.options[0][0])
        each.label = last[0]
        assert each.value == last[1]
    form.start_another()
    assert [each.index for each in dropdowns] == at_first
    assert None not in at_first


@pytest.mark.parametrize("key", WRITING)
def test_no_text_is_sent_while_it_is_typed(key: str, opened: Opened, hands: Any) -> None:
    """It would arrive after a quick click on Preview; but an amount that is asked for is."""
    form = opened(key)
    texts = [each for each in hands.all(form) if isinstance(each, TextBox | Textarea | Combobox)]
    assert {each for each in texts if each.continuous_update} == {form.deliberate.typed}


@pytest.mark.parametrize("key", WRITING)
def test_nothing_is_told_of_a_text_while_it_is_typed(key: str, opened: Opened, hands: Any) -> None:
    """A browser shows an input anew of which anything is told, and what is typed is lost."""
    form = opened(key)
    inputs = [each for control in form.fields.controls.values() for each in control.inputs]
    told: list[str] = []
    for each in inputs:
        if isinstance(each, TextBox | Textarea | Combobox):
            each.observe(lambda change: told.append(f"{change.owner.description}: {change.name}"))
    for each in inputs:
        if isinstance(each, Dropdown):
            for at in range(len(each.options)):
                each.index = at % len(each.options)
    assert told == []


@pytest.mark.parametrize("currency", ["EUR", "usd", None])
def test_amounts_that_contradict_each_other_set_no_limit(
    currency: str | None, shop: Any, hands: Any
) -> None:
    po, record = shop.client(), shop.a_return("ITEM_READY_TO_SHIP", kinds=2)
    answer = po.returns.get(record.id)
    for line in answer["detail"]["refundInfo"]["estimatedRefundDetail"]["itemizedRefundDetails"]:
        for amount in ("estimatedAmount", "maxAmount"):
            line[amount]["currency"] = currency if "SHIP" in line["refundFeeType"] else "USD"
    form = forms.issue_refund(po, return_id=record.id, answer=answer)
    assert form.stage == "open"
    assert "could not be read" not in hands.said(form)
    if currency == "EUR":
        assert form.fields.controls["amount"].value is None
