"""A form from the first field to the receipt, on a simulated shop whose ledger is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from postorder_nb import forms
from postorder_nb.errors import (
    AlreadyDone,
    InDoubt,
    NoAnswer,
    RequestRefused,
    TokenExpired,
)
from postorder_nb.simulator import Faults

Writes = Callable[[], list[tuple[str, bytes]]]


@pytest.fixture
def po(shop: Any) -> Any:
    return shop.client()


@pytest.fixture
def spoiled(shop: Any) -> Iterator[Callable[[str], None]]:
    """Let something go wrong with every write until the test is over."""
    sim = shop.simulator

    def spoil(kind: str) -> None:
        sim.faults = Faults(rate=1, kinds=(kind,), methods=("POST",))

    yield spoil
    sim.faults = None


def paid(shop: Any, record: Any) -> list[Decimal]:
    """Return what the simulator has paid out on a record since it started."""
    ledger = shop.simulator.world.ledger
    return [moved.amount for moved in ledger if moved.record_id == record.id]


def message(po: Any, record: Any, text: str = "One moment") -> forms.Form:
    return forms.send_message(po, return_id=record.id, message=text)


class TestOneClick:
    def test_a_preview_sends_nothing_and_says_what_would_be_sent(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED")
        form = message(po, record)
        assert hands.find(form, "po-confirm").disabled
        assert hands.find(form, "po-confirm").description == "Send message"
        hands.click(form, "po-preview-button")
        assert form.preview_text.splitlines() == [
            f"Write to the other party of return {record.id} (buyer {record.buyer.login})."
            " They will read: “One moment”",
            f"POST /post-order/v2/return/{record.id}/send_message",
            '{"message":{"content":"One moment"}}',
        ]
        assert not hands.find(form, "po-confirm").disabled
        assert writes() == []

    @pytest.mark.parametrize("clicks", [2, 3])
    def test_clicks_that_queue_up_send_once(
        self, clicks: int, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        form = message(po, shop.a_return("ITEM_SHIPPED"), f"Clicked {clicks} times")
        hands.click(form, "po-preview-button")
        button = hands.find(form, "po-confirm")
        for _ in range(clicks):
            button.click()  # the browser sent all of them before it heard an answer
        assert len(writes()) == 1
        assert form.result is not None
        assert form.result.ok
        assert form.error is None

    def test_the_fields_are_deaf_while_it_runs_and_afterwards(
        self, po: Any, shop: Any, hands: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form = message(po, shop.a_return("ITEM_SHIPPED"), "deaf")
        hands.click(form, "po-preview-button")
        seen = []
        send = po.returns.send_message

        def slow(**arguments: Any) -> Any:
            seen.append((form.stage, form.fields.controls["message"].inputs[0].disabled))
            seen.append((hands.said(form), hands.find(form, "po-confirm").disabled))
            return send(**arguments)

        monkeypatch.setattr(po.returns, "send_message", slow)
        hands.click(form, "po-confirm")
        assert seen[0] == ("sending", True)
        assert "Sending" in seen[1][0]
        assert seen[1][1]
        assert form.fields.controls["message"].inputs[0].disabled
        assert hands.seen(form, "po-again")
        assert not hands.seen(form, "po-confirm")

    def test_any_edit_disarms(self, po: Any, shop: Any, hands: Any, writes: Writes) -> None:
        form = message(po, shop.a_return("ITEM_SHIPPED"), "before")
        hands.click(form, "po-preview-button")
        hands.type(form, "message", "after")
        assert form.stage == "open"
        assert form.preview_text == ""
        hands.find(form, "po-confirm").click()
        assert writes() == []
        assert "preview it again" in hands.said(form)
        hands.click(form, "po-preview-button")
        hands.click(form, "po-confirm")
        assert [body for _, body in writes()] == [b'{"message":{"content":"after"}}']

    def test_the_receipt_stays_until_another_is_started(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED")
        form = message(po, record, "first")
        heard: list[forms.Form] = []
        form.on_done(heard.append)
        form.preview()
        form.confirm()
        assert heard == [form]
        assert form.result
        assert form.result.record == f"return {record.id}"
        assert "HTTP status" in hands.find(form, "po-receipt").value
        form.preview()  # a form that is done stays so
        assert form.stage == "done"
        hands.click(form, "po-again")
        assert (form.result, form.stage) == (None, "open")
        assert hands.find(form, "po-receipt").value == ""
        assert form.fields.controls["return_id"].value == record.id
        assert form.fields.controls["return_id"].inputs[0].disabled
        hands.type(form, "message", "second")
        form.preview()
        form.confirm()
        assert [body for _, body in writes()] == [
            b'{"message":{"content":"first"}}', b'{"message":{"content":"second"}}',
        ]  # fmt: skip


class TestMoney:
    def test_a_full_refund_is_prefilled_and_its_amount_typed(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_DELIVERED", kinds=2)
        lines = {line.fee_type: line.amount.amount for line in record.lines}
        whole = sum(lines.values())
        form = forms.issue_refund(po, return_id=record.id)
        hands.click(form, "po-preview-button")
        assert f"Refund {whole} USD to the buyer for return {record.id}" in form.preview_text
        button = hands.find(form, "po-confirm")
        for typed in ("", str(whole + 1), "yes", str(whole).replace(".", ",")):
            form.deliberate.typed.value = typed
            assert button.disabled
            button.click()
        assert writes() == []
        form.deliberate.typed.value = str(whole)
        hands.click(form, "po-confirm")
        assert form.result
        assert form.result.outcome in ("done", "pending")
        assert sorted(lines) == sorted(["PURCHASE_PRICE", "ORIGINAL_SHIPPING"])
        assert len(writes()) == 1
        shop.simulator.advance(hours=1)
        assert paid(shop, record)

    def test_a_partial_offer_asks_for_its_amount(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED", used={shop.a_return("ITEM_SHIPPED").id})
        form = forms.decide(po, return_id=record.id)
        amount = form.fields.controls["partial_refund_amount"]
        assert amount.hidden
        hands.type(form, "decision", "OFFER_PARTIAL_REFUND")
        assert not amount.hidden
        assert amount.required
        assert "Offer partial refund" in amount._note.value
        assert hands.find(form, "po-confirm").description == "Offer partial refund"
        hands.type(form, "partial_refund_amount", "1.25")
        hands.click(form, "po-preview-button")
        assert "Offer 1.25 USD as a partial refund" in form.preview_text
        form.deliberate.typed.value = "1.25"
        hands.click(form, "po-confirm")
        assert form.result
        assert [body for _, body in writes()] == [
            b'{"decision":"OFFER_PARTIAL_REFUND",'
            b'"partialRefundAmount":{"value":1.25,"currency":"USD"}}'
        ]
        assert shop.simulator.world.returns[record.id].state == "PARTIAL_REFUND_REQUESTED"

    def test_a_decision_offers_what_the_return_offers(self, po: Any, shop: Any) -> None:
        form = forms.decide(po, return_id=shop.a_return("ITEM_READY_TO_SHIP").id)
        options = [value for _, value in form.fields.controls["decision"].inputs[0].options]
        assert options == [None, "OFFER_PARTIAL_REFUND"]

    def test_what_is_final_asks_for_a_tick(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED", kinds=2)
        form = forms.mark_as_received(po, return_id=record.id)
        hands.click(form, "po-preview-button")
        assert hands.find(form, "po-confirm").disabled
        form.deliberate.tick.value = True
        hands.click(form, "po-confirm")
        assert len(writes()) == 1
        assert shop.simulator.world.returns[record.id].state == "ITEM_DELIVERED"

    def test_what_can_be_set_right_asks_for_nothing(self, po: Any, shop: Any) -> None:
        form = message(po, shop.a_return("ITEM_SHIPPED"))
        form.preview()
        assert form.deliberate.asks is None

    def test_more_than_can_be_refunded_is_refused_beside_the_field(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_READY_TO_SHIP")
        form = forms.issue_refund(po, return_id=record.id)
        hands.type(form, "amount", "9999.00")
        hands.click(form, "po-preview-button")
        assert form.stage == "open"
        assert "more than can be refunded" in form.fields.controls["amount"]._problem.value
        assert str(form.fields.controls["amount"].most.amount) in (
            form.fields.controls["amount"]._note.value
        )
        assert form.error is not None
        assert writes() == []

    def test_an_edited_amount_survives_a_refusal(
        self, po: Any, shop: Any, hands: Any, spoiled: Callable[[str], None]
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED")
        form = forms.issue_refund(po, return_id=record.id)
        assert form.fields.controls["lines"].hidden  # there is one thing to refund
        hands.type(form, "amount", "1.00")
        form.preview()
        hands.agree(form)
        spoiled("401")
        form.confirm()
        assert isinstance(form.error, TokenExpired)
        assert str(form.fields.controls["amount"].value) == "1.00 USD"

    def test_the_label_that_was_uploaded_is_the_one_to_send(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("RETURN_LABEL_PENDING", kinds=2)
        upload = forms.file_upload(
            po, return_id=record.id, data=b"%PDF-1.4 a label", file_name="label.pdf",
            file_purpose="LABEL_RELATED",
        )  # fmt: skip
        upload.preview()
        upload.confirm()
        assert upload.result
        form = forms.add_shipping_label(po, return_id=record.id, label_action="UPLOAD_LABEL")
        assert form.fields.controls["file_id"].value == str(upload.result.answer["fileId"])
        assert "label.pdf" in form.fields.controls["file_id"]._note.value
        form.preview()
        hands.agree(form)
        form.confirm()
        assert form.result
        assert [path.rsplit("/", 1)[1] for path, _ in writes()] == ["upload", "add_shipping_label"]
        assert record.state == "ITEM_READY_TO_SHIP"


class TestWhatGoesWrong:
    def test_a_lost_answer_leaves_one_way_on(
        self, po: Any, shop: Any, hands: Any, writes: Writes, spoiled: Callable[[str], None]
    ) -> None:
        record = shop.a_return("ITEM_DELIVERED")
        form = forms.issue_refund(po, return_id=record.id)
        heard: list[str] = []
        form.on_done(lambda form: heard.append(form.stage))
        form.preview()
        hands.agree(form)
        spoiled("lost")
        hands.click(form, "po-confirm")
        assert form.stage == "doubt"
        assert isinstance(form.error, InDoubt)
        assert [name for name in ("po-preview-button", "po-confirm", "po-look", "po-again")
                if hands.seen(form, name)] == ["po-look"]  # fmt: skip
        hands.find(form, "po-confirm").click()
        form.preview()
        other = forms.issue_refund(po, return_id=record.id)  # not a new form, either
        assert other.stage == "doubt"
        assert hands.seen(other, "po-look")
        shop.simulator.faults = None
        hands.click(form, "po-look")
        assert form.stage == "done"
        assert "happened" in hands.said(form)
        assert form.error is None
        assert heard == ["doubt", "done"]
        assert len(writes()) == 1

    @pytest.mark.parametrize("foreseen", [True, False])
    def test_a_look_that_fails_leaves_nothing_but_to_look_again(
        self, foreseen: bool, shop: Any, hands: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        po, record = shop.client(), shop.a_return("ITEM_SHIPPED")
        before = len(shop.writes())
        form = message(po, record, "Once only")
        form.preview()
        with monkeypatch.context() as broken:
            lost = Faults(rate=1, kinds=("lost",), methods=("POST",))
            broken.setattr(shop.simulator, "faults", lost)
            form.confirm()
        with monkeypatch.context() as broken:
            if foreseen:
                refused = Faults(rate=1, kinds=("401",), methods=("GET",))
                broken.setattr(shop.simulator, "faults", refused)
            else:
                broken.setattr(po, "settle", lambda _: 1 / 0)
            hands.click(form, "po-look")
        for each in (form, message(po, record, "Once more")):
            assert each.stage == "doubt"
            assert [name for name in ("po-preview-button", "po-confirm", "po-look", "po-again")
                    if hands.seen(each, name)] == ["po-look"]  # fmt: skip
            assert "in doubt" in hands.said(each)
        hands.click(form, "po-look")
        assert form.stage == "done"
        assert len(shop.writes()) == before + 1

    def test_of_two_forms_for_one_refund_one_sends(
        self, po: Any, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_DELIVERED", used={shop.a_return("ITEM_DELIVERED").id})
        both = [forms.issue_refund(po, return_id=record.id) for _ in range(2)]
        for form in both:
            form.preview()
            hands.agree(form)
        for form in both:
            hands.click(form, "po-confirm")
        assert [form.stage for form in both] == ["done", "open"]
        assert isinstance(both[1].error, AlreadyDone)
        assert len(writes()) == 1

    def test_what_did_not_happen_can_be_previewed_again(
        self, po: Any, shop: Any, hands: Any, writes: Writes, spoiled: Callable[[str], None]
    ) -> None:
        record = shop.a_return("ITEM_READY_TO_SHIP", kinds=2)
        form = forms.issue_refund(po, return_id=record.id)
        form.preview()
        hands.agree(form)
        spoiled("drop")
        form.confirm()
        assert form.stage == "doubt"
        shop.simulator.faults = None
        form.look_again()  # it may be on its way still
        assert form.stage == "doubt"
        assert "ask again" in hands.said(form)
        po._settler.grace = 0.0
        form.look_again()
        assert form.stage == "open"
        form.preview()
        hands.agree(form)
        form.confirm()
        assert form.result
        assert len(writes()) == 2

    def test_an_expired_token_is_said_and_nothing_is_sent(
        self, shop: Any, hands: Any, writes: Writes, spoiled: Callable[[str], None]
    ) -> None:
        form = message(shop.client(), shop.a_return("ITEM_SHIPPED"))
        form.preview()
        spoiled("401")
        form.confirm()
        assert isinstance(form.error, TokenExpired)
        assert form.stage == "open"
        assert "get a fresh user token" in hands.said(form)
        assert form.result is None

    def test_a_token_that_is_no_good_is_said_at_once(self, shop: Any, hands: Any) -> None:
        form = message(shop.client(token="v^1.1#no-good"), shop.a_return("ITEM_SHIPPED"))
        assert "could not be read" in hands.said(form)
        assert form.error is not None
        form.preview()
        assert form.stage == "armed"  # a preview needs no token

    def test_a_record_that_changed_meanwhile_is_read_again(
        self, po: Any, shop: Any, hands: Any
    ) -> None:
        record = shop.a_return("RETURN_REQUESTED")
        form = forms.decide(po, return_id=record.id, decision="DECLINE")
        form.preview()
        hands.agree(form)
        shop.client().returns.decide(record.id, decision="APPROVE")
        form.confirm()
        assert form.stage == "open"
        assert isinstance(form.error, RequestRefused)
        assert "1502" in hands.said(form)
        assert record.state == "ITEM_READY_TO_SHIP"
        options = [value for _, value in form.fields.controls["decision"].inputs[0].options]
        assert "APPROVE" not in options

    def test_nothing_is_swallowed(
        self, po: Any, shop: Any, hands: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form = message(po, shop.a_return("ITEM_SHIPPED"))
        hands.click(form, "po-preview-button")

        def broken(**_: Any) -> None:
            raise ZeroDivisionError("in the middle of <b>it</b>")

        monkeypatch.setattr(po.returns, "send_message", broken)
        hands.click(form, "po-confirm")
        assert isinstance(form.error, ZeroDivisionError)
        assert "ZeroDivisionError: in the middle of &lt;b&gt;it&lt;/b&gt;" in hands.said(form)
        assert "Traceback" not in hands.html(form)

    def test_an_interrupt_leaves_a_doubt_and_goes_on(
        self, shop: Any, hands: Any, writes: Writes
    ) -> None:
        po = shop.client()
        form = message(po, shop.a_return("ITEM_SHIPPED"))
        form.preview()

        def interrupted(*_: Any) -> None:
            raise KeyboardInterrupt

        po._transport._writer._delivery = interrupted
        with pytest.raises(KeyboardInterrupt):
            form.confirm()
        assert form.stage == "doubt"
        assert hands.seen(form, "po-look")
        assert writes() == []

    def test_a_listener_that_fails_is_told_of(self, po: Any, shop: Any, hands: Any) -> None:
        form = message(po, shop.a_return("ITEM_SHIPPED"), "to a bad listener")

        def bad(_form: forms.Form) -> None:
            raise LookupError("the list is gone")

        form.on_done(bad)
        hands.click(form, "po-preview-button")
        hands.click(form, "po-confirm")
        assert isinstance(form.error, LookupError)
        assert form.result
        assert form.result.ok
        assert form.stage == "done"
        assert "the list is gone" in hands.said(form)

    def test_no_server_no_harm(self, shop: Any) -> None:
        nobody = shop.client(base_url="http://127.0.0.1:9")
        nobody._transport._sleep = lambda _seconds: None
        form = message(nobody, shop.a_return("ITEM_SHIPPED"))
        assert isinstance(form.error, NoAnswer)
        form.preview()
        form.confirm()
        assert isinstance(form.error, NoAnswer)
        assert not form.error.sent
        assert form.stage == "open"


class TestWhoMay:
    def test_a_client_without_writes_shows_and_does_not_send(
        self, shop: Any, hands: Any, writes: Writes
    ) -> None:
        form = message(shop.client(writes=False), shop.a_return("ITEM_SHIPPED"))
        assert "Read-only" in hands.find(form, "po-banner").value
        hands.click(form, "po-preview-button")
        assert "One moment" in form.preview_text
        hands.find(form, "po-confirm").click()
        form.confirm()
        assert form.result is None
        assert writes() == []
        assert "read-only" in hands.said(form)

    def test_a_dry_run_ends_with_what_would_have_been_sent(
        self, shop: Any, hands: Any, writes: Writes
    ) -> None:
        form = message(shop.client(dry_run=True), shop.a_return("ITEM_SHIPPED"))
        hands.click(form, "po-preview-button")
        hands.click(form, "po-confirm")
        assert form.result
        assert form.result.outcome == "not sent"
        assert writes() == []

    def test_the_other_party_s_call_is_refused_in_the_preview(self, po: Any, hands: Any) -> None:
        form = forms.form(po, "returns.create", item_id="1", transaction_id="2", reason="OTHER")
        hands.click(form, "po-preview-button")
        assert "a call of the buyer" in hands.said(form)


def test_strangers_words_are_text_everywhere(po: Any, shop: Any, hands: Any) -> None:
    record = shop.a_return("ITEM_SHIPPED")
    answer = po.returns.get(record.id)
    evil = "<img src=x onerror=alert(1)>"
    answer["detail"]["itemDetail"]["itemTitle"] = evil
    answer["detail"]["buyerLoginName"] = answer["summary"]["buyerLoginName"] = evil
    form = forms.send_message(po, return_id=record.id, message=evil, answer=answer)
    form.preview()
    assert "<img" not in hands.html(form)
    assert hands.html(form).count("&lt;img") >= 3
