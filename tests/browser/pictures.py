"""
Take the pictures of the notebooks: ``python tests/browser/pictures.py [FOLDER]``.

A Desk on a simulated shop in light and dark colours and on a narrow screen, and the form of a
refund. In a FOLDER of one's own come the forms of all calls, too, to be looked at.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
PICTURES = HERE.parent.parent / "notebooks" / "pictures"
STAGES = {"returns": "delivered", "inquiries": "inquiry", "cases": "case",
          "cancellations": "cancellation"}  # fmt: skip
ALL = """\
from postorder_nb import connect, forms
from postorder_nb.api.operation import CATALOGUE
po, ids = connect(writes=True, allow_decommissioned=True), {ids!r}
for key, row in CATALOGUE.items():
    if row.effect != "read":
        display(forms.form(po, key, **({{row.ids[0]: ids[row.group]}} if row.ids else {{}})))
"""


def harness() -> Any:
    """Load what the tests use to serve a shop."""
    spec = spec_from_file_location("harness", HERE / "conftest.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def desk(page: Page, url: str, folder: Path, tools: Any) -> None:
    """Take the Desk: light with a card, dark, narrow; and a form that waits for its click."""
    page.goto(url, timeout=90_000, wait_until="commit")
    page.locator(".po-row").first.wait_for(timeout=90_000)
    page.locator(".po-row", has_text="Issue refund").first.locator(".po-open").click()
    page.locator(".po-do-returns-issue_refund").click()
    form = page.locator(".po-form")
    form.locator(".po-preview-button").click()
    form.locator(".po-typed").wait_for()
    page.wait_for_timeout(500)  # until all of it is drawn
    page.set_viewport_size({"width": 1280, "height": 2000})
    form.screenshot(path=folder / "form.png")
    page.set_viewport_size(tools.CONTEXT["viewport"])
    page.locator(".po-shut").click()
    page.locator(".po-shut").wait_for(state="hidden")
    page.locator(".po-desk-head").scroll_into_view_if_needed()
    page.screenshot(path=folder / "desk.png")
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=folder / "desk-dark.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 420, "height": 900})
    page.locator(".po-desk-head").scroll_into_view_if_needed()
    page.screenshot(path=folder / "desk-narrow.png")


def forms(page: Page, url: str, folder: Path, tools: Any) -> None:
    """Take the form of every call that writes."""
    tools.run_in_lab(page, url, "forms.ipynb")
    page.locator(".po-form").nth(25).wait_for(timeout=90_000)
    for form in page.locator(".po-form").all():
        form.scroll_into_view_if_needed()
        name = form.locator("h3").first.inner_text()[:40].replace("/", " ")
        form.screenshot(path=folder / f"form {name}.png")


def main(folder: Path) -> None:
    """Serve a shop and take the pictures."""
    tools = harness()
    shop = tools.Shop(returns=300)
    ids = {group: shop.record(stage).id for group, stage in STAGES.items()}
    with sync_playwright() as playwright, TemporaryDirectory() as name:
        browser = playwright.chromium.launch(executable_path=tools.CHROMIUM, args=tools.FLAGS)
        page = browser.new_page(**tools.CONTEXT)
        with tools.desk_server(shop, Path(name), "--writes", "--tz", "Europe/Berlin") as url:
            desk(page, url, folder, tools)
        if folder != PICTURES:
            page = browser.new_page(**tools.CONTEXT)
            tools.write_notebook(Path(name) / "forms.ipynb", [ALL.format(ids=ids)])
            with tools.lab_server(shop, Path(name)) as url:
                forms(page, url, folder, tools)
        browser.close()
    shop.sim.close()
    for picture in folder.glob("*.png"):
        with Image.open(picture) as image:
            image.quantize(96).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PICTURES)
