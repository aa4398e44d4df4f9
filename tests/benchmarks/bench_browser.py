"""
Time the forms as their user does: from the click to the receipt, in Chromium.

Run ``python tests/benchmarks/bench_browser.py [-n 20]``. For JupyterLab and for the Desk's page it
prints, by act, the milliseconds from the click on the button with the verb to the first frame that
shows the receipt (median and 95th percentile of n), and the CPU time that the kernel took for all
that the click made it do; on the Desk that includes reading the record again for the card beside
the form. The simulator, the browser and this script share the machine.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from playwright.sync_api import Locator, Page, expect, sync_playwright

ACTS = {
    "returns.send_message": ("delivered", {"message": "It is on its way."}),
    "returns.mark_as_received": ("shipped", {}),
    "returns.decide": ("asked", {"decision": "Approve"}),
    "returns.issue_refund": ("delivered", {}),
    "inquiries.issue_refund": ("inquiry", {}),
    "cancellations.approve": ("cancellation", {}),
}
NOTEBOOK = f"""\
from postorder_nb import connect, forms
po = connect(writes=True)
for key in {list(ACTS)!r}:
    display(forms.form(po, key))"""
# From the click to the frame after which the element holds the words.
CLOCK = """([button, shown, words]) => new Promise(done => {
    const start = performance.now();
    const look = () => {
        if (!shown.textContent.includes(words)) return;
        watch.disconnect();
        requestAnimationFrame(() => done(performance.now() - start));
    };
    const watch = new MutationObserver(look);
    watch.observe(shown, {childList: true, characterData: true, subtree: true});
    button.click();
})"""


def harness() -> Any:
    """Load what the tests of the browser use to serve a shop."""
    path = Path(__file__).parents[1] / "browser" / "conftest.py"
    spec = spec_from_file_location("harness", path)
    assert spec
    assert spec.loader
    module = sys.modules["harness"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Kernel:
    """The one process that runs the page's Python."""

    def __init__(self) -> None:
        (self._process,) = [
            child
            for child in psutil.Process().children(recursive=True)
            if "ipykernel_launcher" in child.cmdline()
        ]

    def seconds(self) -> float:
        """Return the CPU time it took, once it has nothing more to do."""
        before, now = -1.0, 0.0
        while before != now:
            before = now
            self._process.cpu_percent(0.2)
            now = sum(self._process.cpu_times()[:2])
        return now


def timed(button: Locator, shown: Locator, words: str) -> float:
    """Click, and return the milliseconds until the words are shown."""
    handles = [button.element_handle(), shown.element_handle(), words]
    return float(button.page.evaluate(CLOCK, handles))


def acted(form: Locator, says: dict[str, str]) -> float:
    """Fill in and preview a form; return how long its click takes."""
    for name, value in says.items():
        at = form.locator(f".po-field-{name}")
        if at.locator("select").count():
            at.locator("select").select_option(label=value)
        else:
            at.locator("textarea").fill(value)
    form.locator(".po-preview-button").click()
    expect(form.locator(".po-status")).to_contain_text("Nothing is sent yet")
    if form.locator(".po-known").is_visible():
        form.locator(".po-known input").check()
    elif form.locator(".po-typed").is_visible():
        asked = re.search(r"amount, ([\d.]+)", form.locator(".po-typed").inner_text())
        assert asked
        form.locator(".po-typed input").fill(asked[1])
    button = form.locator(".po-confirm")
    expect(button).to_be_enabled()
    taken = timed(button, form.locator(".po-receipt .widget-html-content"), "HTTP status")
    expect(form.locator(".po-again")).to_be_focused()
    return taken


@contextmanager
def lab(tools: Any, shop: Any, page: Page, folder: Path) -> Iterator[Callable[..., list[float]]]:
    """Serve a notebook with a form for each act; the records are typed in."""
    tools.write_notebook(folder / "act.ipynb", [NOTEBOOK])
    with tools.lab_server(shop, folder) as url:
        tools.run_in_lab(page, url, "act.ipynb")
        expect(page.locator(".po-form")).to_have_count(len(ACTS), timeout=90_000)

        def act(key: str, record: Any) -> list[float]:
            form = page.locator(".po-form").nth(list(ACTS).index(key))
            if form.locator(".po-again").is_visible():
                form.locator(".po-again").click()
            field = form.locator(f".po-field-{tools.IDS[key.partition('.')[0]]} input")
            field.fill(record.id)
            field.press("Tab")
            expect(form.locator(".po-title")).to_contain_text(record.id)
            return [acted(form, ACTS[key][1])]

        yield act


@contextmanager
def desk(tools: Any, shop: Any, page: Page, folder: Path) -> Iterator[Callable[..., list[float]]]:
    """Serve the Desk; each record is searched for and opened."""
    with tools.desk_server(shop, folder, "--writes") as url:
        page.goto(url, timeout=90_000, wait_until="commit")
        expect(page.locator(".po-open").first).to_be_visible(timeout=90_000)
        page.get_by_label("Show").select_option(label="Everything open")

        def act(key: str, record: Any) -> list[float]:
            page.locator(".po-search input").fill(record.id)
            page.locator(".po-search input").press("Enter")
            expect(page.locator(".po-row")).to_have_count(1)
            row = page.locator(".po-row").filter(has_text=record.id)
            opened = timed(row.locator(".po-open"), page.locator(".po-card-head"), record.id)
            page.locator(f".po-do-{key.replace('.', '-')}").click()
            form = page.locator(".po-form")
            expect(form.locator(".po-title")).to_contain_text(record.id)
            return [acted(form, ACTS[key][1]), opened]

        yield act


def told(name: str, taken: list[float], cpu: float | None = None) -> None:
    """Print one line of the table."""
    late = statistics.quantiles(taken, n=20, method="inclusive")[-1]
    held = f"{cpu * 1000:8.0f}" if cpu is not None else ""
    print(f"{name:40s}{len(taken):4d}{statistics.median(taken):10.0f}{late:10.0f}{held}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("-n", type=int, default=20, help="how often each act is done")
    parser.add_argument("--only", choices=["lab", "desk"], help="one of the two places")
    given = parser.parse_args()
    times, tools = given.n, harness()
    print(f"{'milliseconds from click to answer':40s}   n    median       p95  CPU ms")
    for place in (lab, desk):
        if given.only not in (None, place.__name__):
            continue
        with ExitStack() as ends:
            folder = Path(ends.enter_context(TemporaryDirectory()))
            shop = tools.Shop()
            ends.callback(shop.sim.close)
            made = {key: [shop.record(stage) for _ in range(times)]
                    for key, (stage, _) in ACTS.items()}  # fmt: skip
            playwright = ends.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=tools.CHROMIUM, args=tools.FLAGS)
            ends.callback(browser.close)
            page = browser.new_page(**tools.CONTEXT)
            page.set_default_timeout(tools.SOON)
            act = ends.enter_context(place(tools, shop, page, folder))
            kernel, opened = Kernel(), []
            for key, records in made.items():
                before = kernel.seconds()
                taken = [act(key, record) for record in records]
                spent = (kernel.seconds() - before) / times
                told(f"{place.__name__}: {key}", [one[0] for one in taken], spent)
                opened += [wait for one in taken for wait in one[1:]]
            if opened:
                told(f"{place.__name__}: a record opens", opened)


if __name__ == "__main__":
    main()
