"""The gallery shows every plot."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

GALLERY = Path(__file__).parents[2] / "notebooks" / "20_gallery.ipynb"


def test_every_plot_is_in_the_gallery_with_words_before_it(examples):
    cells = json.loads(GALLERY.read_text(encoding="utf-8"))["cells"]
    shown = []
    for before, cell in pairwise(cells):
        code = "".join(cell["source"])
        names = re.findall(r"pn\.plots\.(\w+)\(shop|pn\.plots\.(\w+)\(cancellations", code)
        if cell["cell_type"] == "code" and len(names) == 1 and "ax=" not in code:
            assert before["cell_type"] == "markdown"
            assert len("".join(before["source"]).split()) > 15
            assert any("image/png" in output.get("data", {}) for output in cell["outputs"])
            shown.append("".join(names[0]))
    assert sorted(shown) == sorted(examples)


def test_it_is_small_enough_to_be_opened_in_a_browser():
    assert GALLERY.stat().st_size < 2_500_000
