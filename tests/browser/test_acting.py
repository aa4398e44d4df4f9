"""Every act of the queue by hand, in JupyterLab and on the Desk; the ledger is the judge."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from postorder_nb.simulator import Faults

BERLIN = ZoneInfo("Europe/Berlin")  # where the browser is
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAA"
    "AElFTkSuQmCC"
)
IDS = {"returns": "return_id", "inquiries": "inquiry_id", "cases": "case_id",
       "cancellations": "cancel_id"}  # fmt: skip
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
    "refused": "write", "expired": "write",
}  # fmt: skip


class Place:
    """Where forms are: a page with a form for every act and every trouble."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.acts = BY_NAME | {name: BY_NAME[act] for name, act in TROUBLE.items()}
        self.records = {name: shop.record(act.stage) for name, act in self.acts.items()}
        self.page: Page
        self.watch = shop.watch


class Lab(Place):
    """A notebook in JupyterLab, one form a cell."""

    def serve(self, ends: ExitStack, harness: Any, folder: Path, page: Page) -> None:
        cells = ["from postorder_nb import connect, forms\npo = connect(writes=True)"]
        for name, act in self.acts.items():
            known = f"{IDS[act.call.partition('.')[0]]}={self.records[name].id!r}"
            cells.append(f"forms.form(po, {act.call!r}, {known})")
        harness.write_notebook(folder / "act.ipynb", cells)
        url = ends.enter_context(harness.lab_server(self.shop, folder))
        self.page = page
        harness.run_in_lab(page, url, "act.ipynb")
        expect(page.locator(".po-form")).to_have_count(len(self.acts), timeout=90_000)

    def form(self, name: str) -> Locator:
        return self.page.locator(".po-form").nth(list(self.acts).index(name))


class Desk(Place):
    """The page of the command, with its queue."""

    def serve(self, ends: ExitStack, harness: Any, folder: Path, page: Page) -> None:
        url = ends.enter_context(harness.desk_server(self.shop, folder, "--writes"))
        self.page = page
        page.goto(url, timeout=90_000, wait_until="commit")
        expect(page.locator(".po-open").first).to_be_visible(timeout=90_000)
        page.get_by_label("Show").select_option(label="Everything open")

    def form(self, name: str) -> Locator:
        act, record = self.acts[name], self.records[name]
        search = self.page.locator(".po-search input")
        search.fill(record.id)
        search.press("Enter")
        row = self.page.locator(".po-row").filter(has_text=record.id)
        expect(self.page.locator(".po-row")).to_have_count(1)
        row.locator(".po-open").click()
        expect(self.page.locator(".po-status").first).to_contain_text(f"{record.id} is open")
        self.page.locator(f".po-do-{act.call.replace('.', '-')}").click()
        form = self.page.locator(".po-form")
        expect(form.locator(".po-title")).to_contain_text(record.id)
        return form


@pytest.fixture(scope="module", params=[Lab, Desk])
def place(
    request: pytest.FixtureRequest,
    harness: Any,
    open_page: Callable[..., Page],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    with ExitStack() as ends:
        shop = harness.Shop()
        ends.callback(shop.sim.close)
        found: Place = request.param(shop)
        found.serve(ends, harness, tmp_path_factory.mktemp("place"), open_page())
        yield found


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
    deliberate = form.locator(".po-deliberate")
    if deliberate.locator("input[type=checkbox]").count():
        deliberate.locator("input").check()
    elif deliberate.locator("input").count():
        asked = re.search(r"amount, ([\d.]+)", deliberate.inner_text())
        assert asked
        deliberate.locator("input").fill(asked[1])
    button = form.locator(".po-confirm")
    expect(button).to_be_enabled()
    return button


def expect_receipt(form: Locator) -> None:
    """Wait for the receipt, where the keyboard goes on with the next one."""
    expect(form.locator(".po-receipt .widget-html-content")).not_to_be_empty()
    expect(form.locator(".po-again")).to_be_focused()


@pytest.mark.parametrize("name", BY_NAME)
def test_an_act_sends_one_call_and_changes_one_record(place: Place, name: str) -> None:
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


@pytest.fixture
def trouble(place: Place, request: pytest.FixtureRequest) -> tuple[Locator, Act, Any]:
    """Open and fill in the form of the trouble that the test is about, on its own record."""
    name = request.param
    form = place.form(name)
    fill(form, place.acts[name].says)
    return form, place.acts[name], place.records[name]


def about(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("trouble", [name], indirect=True)


@pytest.mark.parametrize(
    ("trouble", "clicks"),
    [("clicked twice", 2), ("clicked three times", 3)],
    indirect=["trouble"],
)
def test_more_clicks_send_no_more(place: Place, trouble: Any, clicks: int) -> None:
    form, act, record = trouble
    button = arm(form)
    with place.watch() as seen:
        button.click(click_count=clicks)
        expect_receipt(form)
    assert [path for path, _ in seen["sent"]] == [act.path(record)]


@about("edited")
def test_an_edit_after_the_preview_disarms(place: Place, trouble: Any) -> None:
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


@about("slow")
def test_while_a_slow_server_answers_nothing_can_be_clicked(place: Place, trouble: Any) -> None:
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
def test_after_a_lost_answer_there_is_only_looking_again(place: Place, trouble: Any) -> None:
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
def test_a_record_that_changed_meanwhile_is_left_alone(place: Place, trouble: Any) -> None:
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
    place: Place, trouble: Any
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


@about("expired")
def test_an_expired_token_is_said_and_nothing_changes(place: Place, trouble: Any) -> None:
    form, act, record = trouble
    button = arm(form)
    before = record.state
    place.shop.sim.expire_token()
    with place.watch() as seen:
        button.click()
        expect(form.locator(".po-status [role=alert]")).to_contain_text("token")
    assert [path for path, _ in seen["sent"]] in ([], [act.path(record)])
    assert (record.state, paid(seen, record)) == (before, [])
    assert "Traceback" not in form.inner_text()
