"""
Forms and Desk in a real browser: Debian's Chromium, JupyterLab or Voila, and a simulator in here.

The simulator runs in the process of the test, so that its ledger and its log of requests are the
independent word on what a click has sent.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect, sync_playwright

from postorder_nb.simulator import Simulator

CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
]
START = 90  # seconds until a server listens, and until a page shows its first widget
SOON = 30_000  # milliseconds for everything else
# Where the browser must be, its lack is a failure; elsewhere these tests are not collected.
collect_ignore_glob = [] if CHROMIUM or os.environ.get("POSTORDER_CI") else ["test_*.py"]

IDS = {"returns": "return_id", "inquiries": "inquiry_id", "cases": "case_id",
       "cancellations": "cancel_id"}  # fmt: skip
CONTEXT = {"viewport": {"width": 1280, "height": 900}, "timezone_id": "Europe/Berlin"}
PARCEL = {"trackingNumber": "1Z999AA10123456784", "carrierEnum": "UPS"}


class Shop:
    """A simulated shop with records in the states that acts need, and a watch on its ledger."""

    def __init__(self, **options: Any) -> None:
        self.sim = Simulator(**{"returns": 60, "days": 60, "seed": 11} | options).start()

    def record(self, stage: str) -> Any:
        """Make a new record that nobody has acted on."""
        world, happen = self.sim.world, self.sim.happen
        if stage == "cancellation":
            return world.add_cancellation()
        if stage == "inquiry":
            return happen(world.add_inquiry(), "begin")
        record = self._return()
        if stage == "case":
            happen(happen(record, "decline"), "escalate", actor="BUYER")
            return happen(world.cases[record.case_id], "buyer_wins")
        if stage == "label wanted":
            return happen(record, "ask_label")
        if stage in ("shipped", "delivered"):
            happen(happen(record, "approve"), "ship", **PARCEL)
        return happen(record, "deliver") if stage == "delivered" else record

    def _return(self) -> Any:
        """Make a return that may be declined, and needs no number or label to be approved."""
        while True:
            record = self.sim.world.add_return(reason="NO_LONGER_NEED_ITEM")
            if not record.rma_required and record.label_payee != "SELLER":
                return record

    def writes(self) -> list[tuple[str, Any]]:
        """List what was asked to be changed: the path below the API's root, and the JSON sent."""
        return [
            (entry.path.removeprefix("/post-order/v2"), json.loads(entry.body or b"null"))
            for entry in list(self.sim.requests)
            if entry.method != "GET" and entry.path.startswith("/post-order/")
        ]

    @contextmanager
    def watch(self) -> Iterator[dict[str, list[Any]]]:
        """Collect what is sent and what money moves in the meantime."""
        seen: dict[str, list[Any]] = {}
        sent, moved = len(self.writes()), len(self.sim.world.ledger)
        yield seen
        seen["sent"] = self.writes()[sent:]
        seen["moved"] = list(self.sim.world.ledger[moved:])

    def environment(self, folder: Path) -> dict[str, str]:
        """Name the settings of a client of this shop, with a journal of its own."""
        return {
            "EBAY_BASE_URL": self.sim.url,
            "EBAY_TOKEN": self.sim.token,
            "EBAY_MARKETPLACE": "EBAY_US",
            "EBAY_DATA_FOLDER": str(folder / "data"),
            "EBAY_CACHE_FOLDER": str(folder / "cache"),
        }


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(
    command: list[str], port: int, folder: Path, environment: dict[str, str]
) -> Iterator[str]:
    """Run a server in a process group and folders of its own until it is not needed any more."""
    own = {
        name: str(folder / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EBAY_")}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env={**kept, **own, **environment},
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server does not listen:\n{log.read_text(errors='replace')}")


def desk_server(
    shop: Shop, folder: Path, *options: str, environment: dict[str, str] | None = None
) -> Any:
    """Serve the Desk as a person would: by the command."""
    port = free_port()
    command = ["postorder_nb.cli", "desk", "--port", str(port), *options]
    return server(command, port, folder, shop.environment(folder) | (environment or {}))


def lab_server(shop: Shop, folder: Path) -> Any:
    """Serve JupyterLab on a folder, as ``postorder-nb lab`` does."""
    port = free_port()
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [
        "jupyterlab", f"--port={port}", "--no-browser", "--ip=127.0.0.1",
        "--IdentityProvider.token=", "--ServerApp.password=",
        "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--ServerApp.root_dir={folder}", *root,
    ]  # fmt: skip
    return server(command, port, folder, shop.environment(folder))


def write_notebook(path: Path, cells: list[str]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def run_in_lab(page: Page, url: str, name: str) -> None:
    """Open a notebook in JupyterLab and run all of it."""
    page.goto(f"{url}/lab/tree/{name}?reset")
    ready = "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"
    page.wait_for_function(ready, timeout=START * 1000)
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
            await window.jupyterapp.commands.execute('notebook:run-all-cells');
        }"""
    )


class Place:
    """Where forms are: a page with a form for every act and every trouble."""

    def __init__(self, shop: Shop, acts: Mapping[str, Any]) -> None:
        self.shop, self.acts = shop, acts
        self.records = {name: shop.record(act.stage) for name, act in self.acts.items()}
        self.page: Page
        self.watch = shop.watch


class Lab(Place):
    """A notebook in JupyterLab, one form a cell."""

    def serve(self, ends: ExitStack, folder: Path, page: Page) -> None:
        cells = ["from postorder_nb import connect, forms\npo = connect(writes=True)"]
        for name, act in self.acts.items():
            known = f"{IDS[act.call.partition('.')[0]]}={self.records[name].id!r}"
            cells.append(f"forms.form(po, {act.call!r}, {known})")
        write_notebook(folder / "act.ipynb", cells)
        url = ends.enter_context(lab_server(self.shop, folder))
        self.page = page
        run_in_lab(page, url, "act.ipynb")
        expect(page.locator(".po-form")).to_have_count(len(self.acts), timeout=90_000)

    def form(self, name: str) -> Locator:
        return self.page.locator(".po-form").nth(list(self.acts).index(name))


class Desk(Place):
    """The page of the command, with its queue, and records to spare in it."""

    def __init__(self, shop: Shop, acts: Mapping[str, Any]) -> None:
        super().__init__(shop, acts)
        # Made now: once the clock is moved on, a new record is in the future of the page's kernel.
        stages = ("delivered", "shipped", "label wanted", "cancellation")
        self.spare = {stage: [shop.record(stage) for _ in range(6)] for stage in stages}

    def serve(self, ends: ExitStack, folder: Path, page: Page) -> None:
        url = ends.enter_context(desk_server(self.shop, folder, "--writes"))
        self.page = page
        page.goto(url, timeout=90_000, wait_until="commit")
        expect(page.locator(".po-open").first).to_be_visible(timeout=90_000)
        page.get_by_label("Show").select_option(label="Everything open")

    def form(self, name: str) -> Locator:
        record = self.records[name]
        self.find(record.id).locator(".po-open").click()
        expect(self.page.locator(".po-status").first).to_contain_text(f"{record.id} is shown")
        return self.do(self.acts[name].call, record)

    def find(self, words: str, count: int = 1) -> Locator:
        """Search the queue; return its row, or rows."""
        search = self.page.locator(".po-search input")
        search.fill(words)
        search.press("Enter")
        rows = self.page.locator(".po-row")
        expect(rows.filter(has_text=words)).to_have_count(count)
        expect(rows).to_have_count(count)
        return rows

    def do(self, call: str, record: Any) -> Locator:
        """Open the form of a call on the record that is open."""
        name = call.replace(".", "-")
        self.page.locator(f".po-do-{name}").click()
        form = self.page.locator(f".po-form-{name}")
        expect(form.locator(".po-title")).to_contain_text(record.id)
        return form


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=SOON)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with closing(
        playwright.chromium.launch(executable_path=CHROMIUM or "chromium", args=FLAGS)
    ) as started:
        yield started


@pytest.fixture(scope="module")
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages that note every complaint of the browser and every host they ask."""
    contexts = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(**CONTEXT | options)
        contexts.append(context)
        context.set_default_timeout(SOON)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def harness() -> Any:
    """Lend what is in this file to the tests."""
    return sys.modules[__name__]


def served(kind: type[Place], acts: Mapping[str, Any], page: Page, folder: Path) -> Iterator[Place]:
    with ExitStack() as ends:
        shop = Shop()
        ends.callback(shop.sim.close)
        found = kind(shop, acts)
        found.serve(ends, folder, page)
        yield found


@pytest.fixture(scope="module")
def lab(acts: Any, open_page: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from served(Lab, acts, open_page(), tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def desk(acts: Any, open_page: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from served(Desk, acts, open_page(), tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module", params=["lab", "desk"])
def place(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)
