"""A small shop on a simulator, and what a person does with a form, in process."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import ipywidgets
import pytest

from postorder_nb.api.client import PostOrder
from postorder_nb.config import resolve
from postorder_nb.forms import Form
from postorder_nb.simulator import Simulator

NOW = "2026-03-10T12:00:00Z"


def _loaded(path: Path) -> ModuleType:
    """Load another test module for the facts it keeps."""
    spec = importlib.util.spec_from_file_location(f"kept_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CALLS = _loaded(Path(__file__).parent.parent / "test_catalogue.py")


class Shop:
    """A simulated shop, with as many clients of both parties as are asked for."""

    def __init__(self, simulator: Simulator, folders: Callable[[], Path]) -> None:
        self.simulator = simulator
        self._folders = folders
        self._clients: list[PostOrder] = []

    def client(self, *, buyer: str | None = None, **settings: Any) -> PostOrder:
        """Connect as the seller, or as a buyer, each time with a journal of its own."""
        token = self.simulator.token_of(buyer) if buyer else self.simulator.token
        given = {
            "token": token, "role": "BUYER" if buyer else "SELLER", "writes": True,
            "base_url": self.simulator.url, "marketplace": "EBAY_US",
            "data_folder": self._folders(),
        }  # fmt: skip
        made = PostOrder(resolve(**(given | settings)), now=self.simulator.clock.now)
        self._clients.append(made)
        return made

    def close(self) -> None:
        for each in self._clients:
            each.close()

    def a_return(self, state: str, *, used: set[str] | None = None, kinds: int = 1) -> Any:
        """Find a return in that state, in dollars, with so many things to refund."""
        return next(
            record
            for record in self.simulator.world.returns.values()
            if record.state == state
            and record.status != "ESCALATED"
            and record.order.currency == "USD"
            and len(record.lines) == kinds
            and record.id not in (used or ())
        )

    def writes(self) -> list[tuple[str, bytes]]:
        """Return path and body of each write the server has seen."""
        return [
            (entry.path, entry.body) for entry in self.simulator.requests if entry.method == "POST"
        ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Simulator(returns=600, days=40, seed=5, now=NOW) as simulator:
        made = Shop(simulator, lambda: tmp_path_factory.mktemp("account"))
        yield made
        made.close()


@pytest.fixture
def writes(shop: Shop) -> Callable[[], list[tuple[str, bytes]]]:
    """Return what was written since the test began."""
    before = len(shop.writes())
    return lambda: shop.writes()[before:]


@pytest.fixture(scope="session")
def calls() -> ModuleType:
    """Return the arguments of every call: ``FEWEST`` and ``FULL``."""
    return CALLS


class Hands:
    """What a person does with a form: looks for things, clicks, types."""

    def all(self, widget: Any) -> Iterator[Any]:
        """Yield a widget and everything in it."""
        yield widget
        for child in getattr(widget, "children", ()):
            yield from self.all(child)

    def find(self, form: Form, name: str) -> Any:
        """Find what has the CSS class."""
        found = [each for each in self.all(form) if name in each._dom_classes]
        assert len(found) == 1, (name, found)
        return found[0]

    def seen(self, form: Form, name: str) -> bool:
        """Tell whether that is on the page."""
        return self.find(form, name).layout.display != "none"

    def click(self, form: Form, name: str) -> None:
        """Click as the browser does: a button that is disabled takes no click."""
        button = self.find(form, name)
        assert not button.disabled
        assert button.layout.display != "none"
        button.click()

    def type(self, form: Form, argument: str, text: Any, part: int = 0) -> None:
        """Type into, or choose in, the control of an argument."""
        form.fields.controls[argument].inputs[part].value = text

    def agree(self, form: Form) -> None:
        """Do the deliberate act that the form asks for."""
        asked = form.deliberate
        if asked.asks is asked.typed:
            asked.typed.value = asked.typed.description.split(", ")[1].split(" ")[0]
        elif asked.asks is asked.tick:
            asked.tick.value = True

    def said(self, form: Form) -> str:
        """Return what the status says."""
        return str(self.find(form, "po-status").value)

    def html(self, form: Form) -> str:
        """Return all HTML of the form."""
        return "\n".join(each.value for each in self.all(form) if isinstance(each, ipywidgets.HTML))


@pytest.fixture(scope="session")
def hands() -> Hands:
    return Hands()
