"""The Desk in notebooks under Voila: the one that is shipped, and one full of hostile words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

DASHBOARD = Path(__file__).parents[2] / "notebooks" / "dashboard.ipynb"
DESK = "from postorder_nb import connect, forms\nforms.desk(connect(writes=True))"
# What runs leaves a trace: a dialog, an error, another title, another canary.
CANARY = "window.__canary = 'sings'; window.alert = () => { window.__canary = 'alert'; };"
WORDS = "<img src=x onerror=alert(1)><script>alert('postorder')</script></pre></textarea>"
STAGES = ("delivered", "asked", "label wanted", "inquiry", "cancellation", "case")


@pytest.fixture(scope="module")
def shop(harness: Any) -> Iterator[Any]:
    made = harness.Shop(returns=60, scenario="adversarial")
    yield made
    made.sim.close()


@pytest.fixture(scope="module")
def url(shop: Any, harness: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("voila")
    shutil.copy(DASHBOARD, folder)
    harness.write_notebook(folder / "hostile.ipynb", [DESK])
    port = harness.free_port()
    command = ["voila", str(folder), f"--port={port}", "--no-browser", "--Voila.ip=127.0.0.1"]
    with ExitStack() as ends:
        yield ends.enter_context(harness.server(command, port, folder, shop.environment(folder)))


def opened(page: Page, address: str) -> Page:
    page.goto(address, timeout=90_000, wait_until="commit")
    expect(page.locator(".po-open").first).to_be_visible(timeout=90_000)
    return page


def test_the_dashboard_is_a_page_as_it_is(url: str, open_page: Callable[..., Page]) -> None:
    page = opened(open_page(), f"{url}/voila/render/{DASHBOARD.name}")
    expect(page.locator(".po-desk-head")).to_contain_text("SIMULATOR: nothing leaves this computer")
    expect(page.locator(".po-desk-head")).to_contain_text("read-only")
    first = page.locator(".po-open").first
    name = first.inner_text()
    first.click()
    expect(page.locator(".po-card-head h3")).to_have_text(name)
    expect(page.locator(".po-back")).to_be_focused()
    expect(page.locator(".po-facts dt").first).to_be_visible()
    before = page.locator(".po-row").count()
    page.get_by_label("Show").select_option(label="Everything open")
    page.wait_for_function(
        "n => document.querySelectorAll('.po-row').length > n || "
        "document.querySelector('.po-pager').innerText.includes('of')", arg=before
    )  # fmt: skip
    page.get_by_label("Records").select_option(label="Cases")
    expect(page.locator(".po-row").filter(has_not_text="Case")).to_have_count(0)
    page.get_by_role("tab", name="Journal").click()
    expect(page.locator(".po-audit")).to_contain_text("Nothing was written")
    expect(page.locator(".po-do, .po-bulk, .po-form")).to_have_count(0)
    page.context.close()


def fill_in(form: Locator) -> None:
    """Write hostile words wherever a word can be written, and choose what must be chosen."""
    for field in form.locator(".po-field.po-required").all():
        choice = field.locator("select")
        if choice.count() and choice.is_enabled():
            choice.select_option(index=1)
    for box in form.locator("textarea:visible").all():
        box.fill(WORDS)


def test_hostile_words_stay_words_in_every_form(
    url: str, shop: Any, open_page: Callable[..., Page]
) -> None:
    records = [shop.record(stage) for stage in STAGES]
    page, complaints = open_page(), []
    page.add_init_script(CANARY)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    opened(page, f"{url}/voila/render/hostile.ipynb")
    title = page.title()
    page.get_by_label("Show").select_option(label="Everything open")
    previewed, words = set(), ""
    for record in records:
        page.locator(".po-search input").fill(record.id)
        page.locator(".po-search input").press("Enter")
        row = page.locator(".po-row").filter(has_text=record.id)
        expect(page.locator(".po-row")).to_have_count(1)
        row.locator(".po-open").click()
        expect(page.locator(".po-card-head")).to_contain_text(record.id)
        for action in page.locator(".po-do").all():
            call = str(action.get_attribute("class")).rpartition("po-do-")[2].split()[0]
            if call in previewed:
                continue
            action.click()
            form = page.locator(f".po-form-{call}")
            expect(form.locator(".po-title")).to_contain_text(record.id)
            fill_in(form)
            form.locator(".po-preview-button").click()
            expect(form.locator(".po-status .po-message")).to_be_visible()
            if form.locator(".po-sentence").count():
                previewed.add(call)
            words += form.inner_text()
        words += page.locator(".po-card").inner_text()
    assert {"returns-send_message", "returns-decide", "returns-issue_refund", "cases-appeal",
            "cancellations-approve"} <= previewed  # fmt: skip
    assert f"They will read: “{WORDS}”" in words
    # Sent to two at once, the words stand in the preview, in the results and in the timeline.
    page.locator(".po-search input").fill("")
    page.locator(".po-search input").press("Enter")
    page.get_by_label("Records").select_option(label="Returns")
    expect(page.locator(".po-row").filter(has_not_text="Return")).to_have_count(0)
    for box in page.locator(".po-tick input").all()[:4]:
        box.check()
    page.locator(".po-bulk-message textarea").fill(WORDS)
    page.locator(".po-bulk-preview-button").click()
    expect(page.locator(".po-bulk-preview blockquote")).to_have_text(WORDS)
    page.locator(".po-bulk-confirm").click()
    expect(page.locator(".po-bulk-results [role=status]")).to_contain_text("done")
    expect(page.locator(".po-bulk-what select")).to_be_enabled()
    expect(page.locator(".po-bulk-results")).to_contain_text("✓ done")
    page.locator(".po-open").first.click()
    page.get_by_role("tab", name="Journal").click()
    expect(page.locator(".po-audit")).to_contain_text("Send message")
    assert page.evaluate("window.__canary") == "sings"
    assert page.title() == title
    assert complaints == []
    assert page.locator("img[src='x'], .po-desk script, .po-desk iframe").count() == 0
