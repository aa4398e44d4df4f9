"""The page in a real browser: nothing runs, is loaded or sticks out, and ids are whole."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import postorder_nb as pn

CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-sync", "--disable-background-networking", "--disable-component-update"),
    "--disable-dev-shm-usage",
]
# The page stands in a frame as narrow as a telephone, which this script can look into.
PROBE = """<!DOCTYPE html><title>probe</title><body><iframe id="f" width="400" height="800"
 srcdoc="{page}"></iframe><script>
const frame = document.getElementById("f");
frame.onload = () => {{
  const page = frame.contentDocument, root = page.documentElement;
  const broken = [...page.images].filter(image => !image.complete || !image.naturalWidth);
  const loaded = frame.contentWindow.performance.getEntriesByType("resource")
    .filter(entry => !entry.name.startsWith("data:"));
  const ids = [...page.querySelectorAll("td")]
    .filter(cell => /^[0-9]{{10,}}$/.test(cell.innerText));
  const lines = text => {{ const all = page.createRange(); all.selectNodeContents(text);
    return all.getClientRects().length; }};
  document.title = [page.title, root.clientWidth, root.scrollWidth, page.scripts.length,
    loaded.length, broken.length, page.images.length > 2, ids.length > 2,
    ids.filter(id => lines(id) > 1).length].join("|");
}};
</script></body>"""


def test_chromium_is_there_where_it_must_be():
    assert CHROMIUM or not os.environ.get("POSTORDER_CI")


@pytest.mark.parametrize("scenario", [None, "adversarial"])
def test_nothing_runs_is_loaded_or_sticks_out(scenario, tmp_path: Path):
    if CHROMIUM is None:
        return
    with pn.demo(returns=60, days=90, seed=5, scenario=scenario, now="2026-06-15T10:00Z") as po:
        snapshot = pn.fetch.snapshot(po, since="90d", progress=False)
    page = pn.report(snapshot, buyers=True).html
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(page=html.escape(page)), encoding="utf-8")
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, probe.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title
    name, inner, needed, *rest = title[1].split("|")
    assert name == "After-sale report"
    assert 300 < int(inner) == int(needed) <= 400
    assert rest == ["0", "0", "0", "true", "true", "0"]
