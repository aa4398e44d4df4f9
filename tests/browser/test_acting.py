"""Every act of the queue by hand, in JupyterLab and on the Desk; the ledger is the judge."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect

from postorder_nb.simulator import Faults

BERLIN = ZoneInfo("Europe/Berlin")  # where the browser is
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAA"
    "AElFTkSuQmCC"
)
PATHS = {"returns": "return", "inquiries": "inquiry", "cases": "casemanagement",
         "cancellations": "cancellation"}  # fmt: skip


def shipped_at(local: str = "") -> str:
    """Return the noon of two days ago: as it is picked in Berlin, or as it must be sent."""
    noon = datetime.combine(datetime.now(BERLIN) - timedelta(days=2), time(12), BERLIN)
    return noon.strftime(local) if local else noon.astimezone(UTC).strftime("%FT%T.000Z")


def in_full(record: Any) -> Any:
    """Return the refund of all that the simulator's truth holds to be due."""
    lines = [line for line in record.lines if line.stage == "estimated"]
    money = [{"value": float(line.amount.amount), "currency": line.amount.currency}
             for line in lines]  # fmt: skip
    total = float(sum(line.amount.amount for line in lines))
    return {"refundDetail": {
        "totalAmount": {"value": total, "currency": lines[0].amount.currency},
        "itemizedRefundDetail": [
            {"refundFeeType": line.fee_type, "refundAmount": amount}
            for line, amount in zip(lines, money, strict=True)
        ],
    }}  # fmt: skip


def in_part(record: Any) -> Any:
    amount = {"value": 1.25, "currency": record.order.currency}
    return {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": amount}


@dataclass(frozen=True)
class Act:
    """
    What a person does to a record, and what must follow from it.

    `says` is filled in, by argument; `sent` is the JSON that must arrive, or what makes it from
    the record; `after` is the state or status the record must be in.
    """

    name: str
    call: str
    stage: str
    says: dict[str, Any] = field(default_factory=dict)
    sent: Any = None
    after: str = ""

    def path(self, record: Any) -> str:
        group, _, call = self.call.partition(".")
        return f"/{PATHS[group]}/{record.id}/{call.replace('file_upload', 'file/upload')}"


ACTS = [
    Act("approve", "returns.decide", "asked", {"decision": "Approve"},
        {"decision": "APPROVE"}, "ITEM_READY_TO_SHIP"),
    Act("decline", "returns.decide", "asked", {"decision": "Decline", "comments": "Too late"},
        {"decision": "DECLINE", "comments": {"content": "Too late"}}, "RETURN_REJECTED"),
    Act("offer a part", "returns.decide", "delivered",
        {"decision": "Offer partial refund", "partial_refund_amount": "1.25"}, in_part,
        "PARTIAL_REFUND_REQUESTED"),
    Act("refund in full", "returns.issue_refund", "delivered", {}, in_full, "REFUND_INITIATED"),
    Act("upload a file", "returns.file_upload", "label wanted",
        {"data": PNG, "file_purpose": "Label related"},
        {"data": base64.b64encode(PNG).decode(), "fileName": "label.png",
         "filePurpose": "LABEL_RELATED"}, "RETURN_LABEL_REQUESTED"),
    Act("write", "returns.send_message", "delivered", {"message": "It is <b>here</b> & fine"},
        {"message": {"content": "It is <b>here</b> & fine"}}, "ITEM_DELIVERED"),
    Act("mark as received", "returns.mark_as_received", "shipped", {}, {}, "ITEM_DELIVERED"),
    Act("escalate", "returns.escalate", "delivered", {}, {}, "ESCALATED"),
    Act("cancel", "cancellations.approve", "cancellation", {}, None, "REFUND_PENDING"),
    Act("do not cancel", "cancellations.reject", "cancellation", {"tracking_number": "9400"},
        {"trackingNumber": "9400"}, "CLOSED"),
    Act("tell the shipment", "inquiries.provide_shipment_info", "inquiry",
        {"shipping_carrier_name": "UPS", "shipping_date": shipped_at("%FT%H:%M"),
         "tracking_number": "1Z999AA10123456784"},
        {"shippingCarrierName": "UPS", "shippingDate": {"value": shipped_at()},
         "trackingNumber": "1Z999AA10123456784", "shippedWithTracking": True}, "TRACKING_PROVIDED"),
    Act("refund what is lost", "inquiries.issue_refund", "inquiry", {}, {},
        "VOLUNTARY_REFUND_PAYOUT_PENDING"),
    Act("appeal", "cases.appeal", "case", {"comments": "The parcel was scanned"},
        {"comments": {"content": "The parcel was scanned"}}, "ON_HOLD"),
]  # fmt: skip
BY_NAME = {act.name: act for act in ACTS}
# The same acts where something comes in between, each on a record of its own.
TROUBLE = {
    "clicked twice": "write", "clicked three times": "refund in full", "edited": "write",
    "slow": "refund what is lost", "lost": "refund in full", "changed": "decline",
    "refused": "write", "expired": "write", "by keyboard": "refund in full",
    "pressed slowly": "write",
}  # fmt: skip


@pytest.fixture(scope="module")
def acts() -> dict[str, Act]:
    """Name what is done in a place: each act, and each trouble with one."""
    return BY_NAME | {name: BY_NAME[act] for name, act in TROUBLE.items()}


def fill(form: Locator, says: dict[str, Any]) -> None:
    """Type, choose and pick as a person does."""
    for argument, value in says.items():
        at = form.locator(f".po-field-{argument}")
        if isinstance(value, bytes):
            with form.page.expect_file_chooser() as chooser:
                at.locator("button").click()
            chooser.value.set_files([{"name": "label.png", "mimeType": "image/png",
                                      "buffer": value}])  # fmt: skip
        elif at.locator("select").count():
            at.locator("select").first.select_option(label=value)
        else:
            at.locator("input, textarea").first.fill(value)
            at.locator("input, textarea").first.press("Tab")


def arm(form: Locator) -> Locator:
    """Preview, do what else is asked for, and return the button that sends."""
    form.locator(".po-preview-button").click()
    expect(form.locator(".po-status")).to_contain_text("Nothing is sent yet")
    expect(form.locator(".po-sentence")).to_be_visible()
    if form.locator(".po-known").is_visible():
        form.locator(".po-known input").check()
    elif form.locator(".po-typed").is_visible():
        form.locator(".po-typed input").fill(asked(form))
    button = form.locator(".po-confirm")
    expect(button).to_be_enabled()
    return button


def asked(form: Locator) -> str:
    """Return the amount that is to be typed before it is paid."""
    found = re.search(r"amount, ([\d.]+)", form.locator(".po-typed").inner_text())
    assert found
    return found[1]


def expect_receipt(form: Locator) -> None:
    """Wait for the receipt, where the keyboard goes on with the next one."""
    expect(form.locator(".po-receipt .widget-html-content")).not_to_be_empty()
    expect(form.locator(".po-again")).to_be_focused()


@pytest.mark.parametrize("name", BY_NAME)
def test_an_act_sends_one_call_and_changes_one_record(place: Any, name: str) -> None:
    act, record = place.acts[name], place.records[name]
    wanted = act.sent(record) if callable(act.sent) else act.sent
    form = place.form(name)
    with place.watch() as seen:
        fill(form, act.says)
        arm(form).click()
        expect_receipt(form)
        assert act.after in (record.state, record.status)
        place.shop.sim.advance(seconds=600)  # what was refunded is confirmed by then
    assert seen["sent"] == [(act.path(record), wanted)]
    if name == "refund in full":
        assert paid(seen, record) == [due(record)]


def due(record: Any) -> Decimal:
    """Return what the buyer gets back of a refund in full: the lines, and the tax on them."""
    lines = [line.amount for line in record.lines if line.stage == "estimated"]
    amount: Decimal = record.order.with_tax(sum(lines[1:], lines[0])).amount
    return amount


def paid(seen: dict[str, list[Any]], record: Any) -> list[Decimal]:
    """List what the record's buyer was paid; what eBay gives back of its fees is not that."""
    return [
        moved.amount
        for moved in seen["moved"]
        if moved.record_id == record.id and not moved.kind.startswith("REFUND_")
    ]


def prepared(place: Any, name: str) -> tuple[Locator, Act, Any]:
    """Open and fill in the form of a trouble, on its own record."""
    form = place.form(name)
    fill(form, place.acts[name].says)
    return form, place.acts[name], place.records[name]


@pytest.fixture
def trouble(place: Any, request: pytest.FixtureRequest) -> tuple[Locator, Act, Any]:
    return prepared(place, request.param)


def about(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("trouble", [name], indirect=True)


@pytest.mark.parametrize(
    ("trouble", "clicks"),
    [("clicked twice", 2), ("clicked three times", 3)],
    indirect=["trouble"],
)
def test_more_clicks_send_no_more(place: Any, trouble: Any, clicks: int) -> None:
    form, act, record = trouble
    button = arm(form)
    with place.watch() as seen:
        button.click(click_count=clicks)
        expect(form.locator(".po-receipt .widget-html-content")).not_to_be_empty()
        expect(form.locator(".po-again")).to_be_visible()
    assert [path for path, _ in seen["sent"]] == [act.path(record)]


@about("edited")
def test_an_edit_after_the_preview_disarms(place: Any, trouble: Any) -> None:
    form, act, record = trouble
    with place.watch() as seen:
        button = arm(form)
        fill(form, {"message": "Other words"})
        expect(button).to_be_disabled()
        expect(form.locator(".po-sentence")).to_have_count(0)
        button.dispatch_event("click")
        arm(form).click()
        expect_receipt(form)
    assert seen["sent"] == [(act.path(record), {"message": {"content": "Other words"}})]


@about("pressed slowly")
def test_a_press_is_not_lost_when_the_form_moves_under_it(place: Any, trouble: Any) -> None:
    form, _, _ = trouble
    arm(form)
    form.locator("textarea").fill("Other words")
    button = form.locator(".po-preview-button")
    button.hover()
    place.page.mouse.down()
    expect(form.locator(".po-sentence")).to_have_count(0)
    place.page.mouse.up()
    expect(form.locator(".po-sentence")).to_be_visible()
    expect(form.locator(".po-request")).to_contain_text("Other words")


@about("slow")
def test_while_a_slow_server_answers_nothing_can_be_clicked(place: Any, trouble: Any) -> None:
    form, act, record = trouble
    button = arm(form)
    place.shop.sim.latency = 1.0
    try:
        with place.watch() as seen:
            button.click()
            expect(form.locator(".po-status")).to_contain_text("Sending")
            expect(button).to_be_disabled()
            for name in (".po-confirm", ".po-preview-button"):
                form.locator(name).dispatch_event("click")
            place.shop.sim.latency = 0.0
            expect_receipt(form)
    finally:
        place.shop.sim.latency = 0.0
    assert [path for path, _ in seen["sent"]] == [act.path(record)]


@about("lost")
def test_after_a_lost_answer_there_is_only_looking_again(place: Any, trouble: Any) -> None:
    form, act, record = trouble
    button = arm(form)
    place.shop.sim.faults = Faults(rate=1.0, kinds=("lost",), methods=("POST",))
    with place.watch() as seen:
        button.click()
        look = form.locator(".po-look")
        expect(look).to_be_visible()
        expect(form.locator(".po-confirm")).to_be_hidden()
        expect(form.locator(".po-preview-button")).to_be_hidden()
        expect(form.locator(".po-status")).to_contain_text("in doubt")
        place.shop.sim.faults = None
        look.click()
        expect(form.locator(".po-status")).to_contain_text("happened")
        expect(look).to_be_hidden()
        place.shop.sim.advance(seconds=600)
    assert [path for path, _ in seen["sent"]] == [act.path(record)]
    assert paid(seen, record) == [due(record)]


@about("changed")
def test_a_record_that_changed_meanwhile_is_left_alone(place: Any, trouble: Any) -> None:
    form, act, record = trouble
    button = arm(form)
    place.shop.sim.happen(record, "close")
    with place.watch() as seen:
        button.click()
        expect(form.locator(".po-status [role=alert]")).to_be_visible()
    assert [path for path, _ in seen["sent"]] == [act.path(record)]
    assert paid(seen, record) == []
    assert record.state == "CLOSED"
    assert "Traceback" not in form.inner_text()


@about("refused")
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_sent(
    place: Any, trouble: Any
) -> None:
    form, *_ = trouble
    with place.watch() as seen:
        fill(form, {"message": ""})
        form.locator(".po-preview-button").click()
        problem = form.locator(".po-field-message .po-field-problem [role=alert]")
        expect(problem).to_be_visible()
        expect(form.locator(".po-field-message textarea")).to_be_focused()
        expect(form.locator(".po-confirm")).to_be_disabled()
    assert seen["sent"] == []


def tab_to(at: Locator, *, key: str = "Tab") -> None:
    """Press a key until the element has the focus: the keyboard must get there."""
    for _ in range(20):
        at.page.keyboard.press(key)
        if at.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{at} cannot be reached with {key}")


@about("by keyboard")
def test_a_form_takes_the_keyboard_alone(place: Any, trouble: Any) -> None:
    form, act, record = trouble
    keys = form.page.keyboard  # Enter is JupyterLab's own, to edit a cell: Space presses a button
    form.locator(".po-field-amount input").first.focus()
    with place.watch() as seen:
        tab_to(form.locator(".po-field-comments textarea"))
        keys.type("Thank you")
        tab_to(form.locator(".po-preview-button"))
        keys.press("Space")
        expect(form.locator(".po-typed input")).to_be_focused()
        keys.type(asked(form))
        expect(form.locator(".po-confirm")).to_be_enabled()
        tab_to(form.locator(".po-confirm"))
        keys.press("Space")
        expect_receipt(form)
    wanted = in_full(record) | {"comments": {"content": "Thank you"}}
    assert seen["sent"] == [(act.path(record), wanted)]


def test_the_desk_takes_the_keyboard_alone(desk: Any) -> None:
    record, page, keys = desk.spare["delivered"].pop(), desk.page, desk.page.keyboard
    page.locator(".po-refresh").focus()
    tab_to(page.locator(".po-search input"))
    keys.press("Control+A")
    keys.type(record.id)
    keys.press("Enter")
    row = page.locator(".po-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(record.id)
    with desk.watch() as seen:
        tab_to(row.locator(".po-open"))
        keys.press("Enter")
        expect(page.locator(".po-back")).to_be_focused()
        tab_to(page.locator(".po-do-returns-send_message"))
        keys.press("Enter")
        expect(page.locator(".po-shut")).to_be_focused()
        form = page.locator(".po-form")
        keys.press("Tab")
        expect(form.locator(".po-field-message textarea")).to_be_focused()
        keys.type("It is here")
        tab_to(form.locator(".po-preview-button"))
        keys.press("Space")
        expect(form.locator(".po-confirm")).to_be_focused()
        keys.press("Enter")
        expect_receipt(form)
        tab_to(page.locator(".po-shut"), key="Shift+Tab")
        keys.press("Enter")
        expect(page.locator(".po-back")).to_be_focused()
        keys.press("Enter")
        expect(row.locator(".po-open")).to_be_focused()
    message = {"message": {"content": "It is here"}}
    assert seen["sent"] == [(f"/return/{record.id}/send_message", message)]


def test_a_label_is_uploaded_and_then_given_to_the_buyer(desk: Any) -> None:
    record = desk.spare["label wanted"].pop()
    desk.find(record.id).locator(".po-open").click()
    expect(desk.page.locator(".po-status").first).to_contain_text(f"{record.id} is shown")
    with desk.watch() as seen:
        for call, says in (
            ("returns.file_upload", {"data": PNG, "file_purpose": "Label related"}),
            ("returns.add_shipping_label", {"label_action": "Upload label"}),
        ):
            form = desk.do(call, record)
            fill(form, says)
            arm(form).click()
            expect_receipt(form)
    (file,) = record.files
    assert seen["sent"] == [
        (f"/return/{record.id}/file/upload", BY_NAME["upload a file"].sent),
        (f"/return/{record.id}/add_shipping_label",
         {"labelAction": "UPLOAD_LABEL", "fileId": file.file_id}),
    ]  # fmt: skip
    assert record.state == "ITEM_READY_TO_SHIP"


def tick(desk: Any, records: list[Any], call: str, text: str) -> None:
    """Tick records, choose what to do with them, and preview it."""
    page = desk.page
    if page.locator(".po-bulk-none").is_enabled():
        page.locator(".po-bulk-none").click()
        expect(page.locator(".po-bulk-ticks")).to_contain_text("0 ticked")
    for record in records:
        desk.find(record.id).locator(".po-tick input").check()
    expect(page.locator(".po-bulk-ticks")).to_contain_text(f"{len(records)} ticked")
    page.locator(".po-bulk-what select").select_option(label=call)
    page.locator(".po-bulk-message textarea").fill(text)
    page.locator(".po-bulk-preview-button").click()
    expect(page.locator(".po-bulk-preview")).to_contain_text("SIMULATOR")


def told(desk: Any) -> dict[str, str]:
    """Return what the list of results says of each record."""
    rows = desk.page.locator(".po-bulk-results tbody tr").all()
    return {row.locator("td").nth(0).inner_text().split()[-1]: row.locator("td").nth(1).inner_text()
            for row in rows}  # fmt: skip


def test_one_click_does_the_same_to_several_records(desk: Any) -> None:
    shipped = [desk.spare["shipped"].pop() for _ in range(2)]
    unfit, page = desk.spare["cancellation"].pop(), desk.page
    with desk.watch() as seen:
        tick(desk, [*shipped, unfit], "Mark returns as received", "")
        left_out = re.compile(f"Left out.*cancellation {unfit.id}")
        expect(page.locator(".po-bulk-preview")).to_contain_text(left_out)
        page.locator(".po-bulk-deliberate input").check()
        page.locator(".po-bulk-confirm").click(click_count=3)
        expect(page.locator(".po-bulk-results")).to_contain_text("2 of 2: 2 done, 0 not")
        expect(page.locator(".po-bulk-what select")).to_be_enabled()
        expect(page.locator(".po-bulk-ticks")).to_contain_text("1 ticked")
    assert seen["sent"] == [(f"/return/{each.id}/mark_as_received", {}) for each in shipped]
    assert told(desk) == dict.fromkeys((each.id for each in shipped), "✓ done")
    assert {each.state for each in shipped} == {"ITEM_DELIVERED"}


def test_a_run_over_several_records_can_be_stopped(desk: Any) -> None:
    records, page = [desk.spare["delivered"].pop() for _ in range(5)], desk.page
    tick(desk, records, "Send a message", "We are <b>closed</b> on Monday")
    desk.shop.sim.latency = 0.5
    try:
        with desk.watch() as seen:
            page.locator(".po-bulk-confirm").click()
            expect(page.locator(".po-bulk-stop")).to_be_focused()
            expect(page.locator(".po-bulk-results")).to_contain_text("2 of 5")
            page.keyboard.press("Enter")
            expect(page.locator(".po-bulk-results")).to_contain_text("5 of 5")
            desk.shop.sim.latency = 0.0
            expect(page.locator(".po-bulk-what select")).to_be_enabled()
    finally:
        desk.shop.sim.latency = 0.0
    n = len(seen["sent"])
    assert 2 <= n < len(records)
    message = {"message": {"content": "We are <b>closed</b> on Monday"}}
    assert seen["sent"] == [(f"/return/{r.id}/send_message", message) for r in records[:n]]
    assert told(desk) == {
        r.id: "✓ done" if at < n else "✗ not sent: stopped" for at, r in enumerate(records)
    }


def test_an_expired_token_is_said_and_nothing_changes(lab: Any, desk: Any) -> None:
    """Last of all: nobody can do anything after it."""
    for place in (lab, desk):
        form, act, record = prepared(place, "expired")
        button = arm(form)
        before = record.state
        place.shop.sim.expire_token()
        with place.watch() as seen:
            button.click()
            expect(form.locator(".po-status [role=alert]")).to_contain_text("token")
        assert [path for path, _ in seen["sent"]] in ([], [act.path(record)])
        assert (record.state, paid(seen, record)) == (before, [])
        assert "Traceback" not in form.inner_text()
