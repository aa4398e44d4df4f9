"""The Desk as a page: who may see it, what it may load, and what strangers' words do to it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

TOKEN = "a-long-and-secret-word"
CANARY = "window.__canary = document.title; window.alert = () => { window.__canary = 'alert'; };"

KINDS = {"Returns": "Return", "Inquiries": "Inquiry", "Cancellations": "Cancellation",
         "Cases": "Case"}  # fmt: skip
MARKS = ("<script>alert('postorder')</script>", "<img src=x onerror=alert(1)>",
         "</td></tr></table><h1>over</h1><!--", "<svg/onload=alert(1)>")  # fmt: skip
OF_ONE_KIND = """one => [...document.querySelectorAll('.po-open')]
    .every(button => button.innerText.includes(one))"""


class Served:
    """A page of the Desk, all that it asked for, and the shop behind it."""

    def __init__(self, shop: Any, url: str, page: Page) -> None:
        self.shop, self.url, self.page = shop, url, page
        self.asked: list[str] = []
        self.errors: list[str] = []
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.asked.remove(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))

    def open(self) -> None:
        self.page.goto(f"{self.url}/?token={TOKEN}", timeout=90_000, wait_until="commit")
        expect(self.page.locator(".po-open").first).to_be_visible(timeout=90_000)


def bearer(shop: Any, words: str) -> str:
    """Name an open return whose buyer has written these words."""
    while words not in ((made := shop.record("requested")).comments or ""):
        pass
    return str(made.id)


@pytest.fixture(scope="module")
def hostile(
    harness: Any, open_page: Callable[..., Page], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Serve a shop full of hostile words, to those who know the token, for looking only."""
    with ExitStack() as ends:
        shop = harness.Shop(returns=60, scenario="adversarial")
        ends.callback(shop.sim.close)
        folder = tmp_path_factory.mktemp("hostile")
        secret = {"POSTORDER_DESK_TOKEN": TOKEN}
        served = harness.desk_server(shop, folder, "--tz", "Europe/Berlin", environment=secret)
        found = Served(shop, ends.enter_context(served), open_page())
        found.page.add_init_script(CANARY)
        found.open()
        yield found


def test_a_visitor_without_the_token_sees_nothing(hostile: Served) -> None:
    for path in ("/", "/?token=wrong"):
        with urlopen(hostile.url + path, timeout=10) as answer:
            assert "/login" in answer.url
            assert "rendered_cells" not in answer.read().decode()
    for path in ("Desk.ipynb", "kernels/postorder-desk/kernel.json"):
        with pytest.raises(HTTPError, match="403"):
            urlopen(f"{hostile.url}/voila/files/{path}", timeout=10)


def test_another_name_for_this_computer_is_refused(hostile: Served) -> None:
    for path in ("/", f"/?token={TOKEN}"):
        with pytest.raises(HTTPError, match="403"):
            urlopen(Request(hostile.url + path, headers={"Host": "evil.example"}), timeout=10)


def test_the_page_asks_no_other_host_and_cannot_be_framed(hostile: Served) -> None:
    hosts = {urlsplit(url).netloc for url in hostile.asked if "://" in url}
    assert hosts == {urlsplit(hostile.url).netloc}
    with urlopen(f"{hostile.url}/login", timeout=10) as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_without_writes_there_is_nothing_to_act_with(hostile: Served) -> None:
    page = hostile.page
    page.locator(".po-open").first.click()
    expect(page.locator(".po-facts dt").first).to_be_visible()
    expect(page.locator(".po-desk-head")).to_contain_text("read-only")
    for name in (".po-do", ".po-form", ".po-tick", ".po-bulk"):
        expect(page.locator(name)).to_have_count(0)


def test_the_queue_can_be_saved_as_a_file(hostile: Served) -> None:
    page = hostile.page
    page.get_by_role("button", name="Save as CSV").click()
    with page.expect_download() as saved:
        page.locator(".po-saved a").click()
    told = page.locator(".po-saved").inner_text()
    with saved.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"{len(rows):,} record" in told
    assert rows
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "@"))]


def test_hostile_words_are_shown_and_run_nothing(hostile: Served) -> None:
    page, sim = hostile.page, hostile.shop.sim
    page.get_by_label("Show").select_option(label="Everything open")
    rows = page.locator(".po-open")
    for kind, one in KINDS.items():
        page.get_by_label("Records").select_option(label=kind)
        page.wait_for_function(OF_ONE_KIND, arg=one)
        for number in range(min(rows.count(), 6)):
            name = re.sub(r"[^\w ]", "", rows.nth(number).inner_text()).strip()
            rows.nth(number).click()
            expect(page.locator(".po-status").first).to_contain_text(f"{name.split()[-1]} is shown")
    page.get_by_label("Records").select_option(label="Returns")
    bearers = {mark: bearer(hostile.shop, mark) for mark in MARKS}
    page.get_by_role("button", name="Refresh").click()
    for mark, record in bearers.items():
        page.get_by_label("Search").fill(record)
        page.get_by_label("Search").press("Enter")
        row = rows.filter(has_text=record)
        expect(row).to_have_count(1)
        row.click()
        expect(page.locator(".po-card-head")).to_contain_text(record)
        expect(page.locator(".po-facts")).to_contain_text(mark)
    page.get_by_role("tab", name="Journal").click()
    page.get_by_role("tab", name="Queue").click()
    assert page.evaluate("window.__canary") == ""
    assert page.title() == "Desk"
    assert hostile.errors == []
    assert page.locator(".po-desk script, .po-desk img[src='x'], .po-desk iframe").count() == 0
    links = page.locator(".po-desk a").evaluate_all("all => all.map(a => a.href)")
    assert [link for link in links if not re.match(r"https://[\w.]*\.?ebay\.[a-z.]+/", link)] == []
    assert not [entry for entry in sim.requests if entry.method != "GET"]


@pytest.mark.parametrize("width", [1280, 640, 400])
def test_nothing_sticks_out_at_any_width(hostile: Served, width: int) -> None:
    """640 pixels are a page of 1280 at 200 % zoom."""
    page = hostile.page
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_label("Records").select_option(label="Returns")
    page.locator(".po-open").first.click()
    expect(page.locator(".po-facts dt").first).to_be_visible()
    expect(page.locator(".po-back")).to_be_focused()
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert wide <= width


def test_every_control_has_a_name_and_the_keyboard_reaches_it(hostile: Served) -> None:
    page = hostile.page
    nameless = page.locator(".po-desk").locator("button, input, select, textarea").evaluate_all(
        """all => all.filter(e => e.offsetParent && !e.innerText?.trim() && !e.title
             && !(e.labels && [...e.labels].some(l => l.innerText.trim()))).map(e => e.outerHTML)"""
    )  # fmt: skip
    assert nameless == []
    page.get_by_label("Times in").focus()
    seen = []
    for _ in range(8):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "document.activeElement.innerText?.trim() || "
                "document.activeElement.labels?.[0]?.innerText.trim()"
            )
        )
    assert seen[0] == "Refresh"
    assert [name for name in seen if str(name).startswith(("Show", "Records", "Sort", "Search"))]


def test_each_visitor_has_a_kernel_of_their_own(
    hostile: Served, open_page: Callable[..., Page]
) -> None:
    other = Served(hostile.shop, hostile.url, open_page())
    other.open()
    for page, zone in ((other.page, "UTC"), (hostile.page, "Europe/London")):
        page.get_by_label("Times in").select_option(label=zone)
    expect(other.page.get_by_label("Times in")).to_have_value("UTC")
    kernels = [
        set(re.findall(r"/api/kernels/([\w-]+)/channels", " ".join(served.asked)))
        for served in (hostile, other)
    ]
    assert [len(found) for found in kernels] == [1, 1]
    assert not kernels[0] & kernels[1]
    other.page.context.close()
