"""A Desk on the shop of the forms' tests, and a reader of HTML that believes nothing."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import ipywidgets
import pytest

from postorder_nb.forms import Desk, desk


class Markup(HTMLParser):
    """Collects tags, attributes and text as a browser would read them."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.words = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_comment(self, data: str) -> None:
        self.tags.add("comment")

    def handle_data(self, data: str) -> None:
        self.words += data


def everything(desk: Desk, hands: Any) -> Markup:
    """Read all HTML of a Desk but its stylesheet."""
    return Markup(
        "\n".join(
            each.value
            for each in hands.all(desk)
            if isinstance(each, ipywidgets.HTML) and "po-sheet" not in each._dom_classes
        )
    )


@pytest.fixture(scope="session")
def read() -> Callable[[Desk, Any], Markup]:
    return everything


@pytest.fixture(scope="module")
def boards(shop: Any) -> dict[bool, Desk]:
    """Open a Desk that acts and a viewer, once: reading all records takes a second."""
    return {writes: desk(shop.client(writes=writes), tz="UTC") for writes in (True, False)}


@pytest.fixture
def board(boards: dict[bool, Desk]) -> Callable[..., Desk]:
    """Return a Desk as it was when it was opened, but for what the records tell by now."""

    def opened(*, writes: bool = True) -> Desk:
        made = boards[writes]
        made.show.value, made.kind.value, made.sort.value = "due", "all", "due_at"
        made.search.value, made.zone.value = "", "UTC"
        made._tabs.selected_index = 0
        made.card.close_form()
        made.listing.mark([])
        made.listing.turn(0)
        if made.batch is not None:
            made.batch.what.value, made.batch.text.value = "send_message", ""
        made.status.error = None
        return made

    return opened
