"""Hostile words in every view of the Desk and in every form it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb.forms import Desk, desk

SHOWN = {
    *("div", "span", "b", "small", "p", "strong", "h2", "h3", "h4", "dl", "dt", "dd", "br"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "a", "img", "figure"),
    *("figcaption", "pre", "blockquote"),
}


def looked_through(made: Desk, hands: Any) -> Iterator[str]:
    """Open every view of a Desk, one after the other; yield what was opened."""
    made.show.value = "open"
    for line in made.listing.shown[::3]:
        line.open.click()
        yield line.open.description
        if made.card.files.children:
            made.card.files.children[0].click()
            yield "files"
        for button in made.card.actions.children:
            if hasattr(button, "icon"):
                button.click()
                assert made.card.form is not None
                hands.click(made.card.form, "po-preview-button")
                yield button.description
    made._tabs.selected_index = 1
    yield "journal"


@pytest.mark.parametrize("seed", [3, 8])
def test_every_view_shows_hostile_text_as_text(
    seed: int, hands: Any, read: Callable[[Any, Any], Any]
) -> None:
    words, views = "", set()
    with pn.demo(
        returns=60, days=30, seed=seed, now="2026-03-10T12:00:00Z", writes=True,
        scenario="adversarial",
    ) as po:  # fmt: skip
        shipped = next(r for r in po.simulator.world.returns.values() if r.state == "ITEM_SHIPPED")
        po.returns.send_message(shipped.id, message="<script>alert(1)</script>")
        made = desk(po)
        for view in looked_through(made, hands):
            assert made.error is None, view
            seen = read(made, hands)
            assert seen.tags <= SHOWN, view
            assert not [name for _, name in seen.attributes if name.startswith("on")], view
            assert all(
                link.startswith(("https://www.ebay.", "data:image/png;base64,"))
                for link in seen.links
            ), view
            words += seen.words
            views.add(view)
    assert any(mark in words for mark in ("alert(", "<b>", "</td>"))  # there, as words
    assert {"Send message", "Issue refund", "journal"} <= views
    assert f"return {shipped.id}" in made.journal.value
