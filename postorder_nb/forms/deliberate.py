"""One more deliberate act before money moves, or before what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import ipywidgets as widgets

from ..api.operation import Effect, Operation
from ..money import Money
from .controls import PAID
from .messages import small
from .sentences import warning


class Deliberate(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """
    What has to be done before the button works: type the amount, or tick.

    Parameters
    ----------
    row : Operation
        The call: one that can be set right by another asks for nothing.
    changed : callable
        Called when `given` may have changed.
    """

    def __init__(self, row: Operation, changed: Callable[[], None]) -> None:
        self._row = row
        self._amount: Decimal | None = None
        self.children: tuple[Any, ...]
        self.typed = widgets.Text(style={"description_width": "initial"})
        self.tick = widgets.Checkbox(indent=False)
        self._said = widgets.HTML(small(warning(row))).add_class("po-warning")
        super().__init__()
        self.add_class("po-deliberate")
        for each in (self.typed, self.tick):
            each.observe(lambda _change: changed(), names="value")
        self.start(None)

    def start(self, arguments: Mapping[str, Any] | None) -> None:
        """Ask anew, for the request with these arguments; for none, ask nothing."""
        self.typed.value, self.tick.value = "", False
        self._amount = None
        if arguments is None or self._row.effect is Effect.WRITE:
            self.children = ()
            return
        money = next((arguments[n] for n in PAID if n in arguments), None)
        if self._row.effect is Effect.MONEY and money is not None:
            money = Money.parse(money) if isinstance(money, str) else money
            self._amount = money.amount
            self.typed.description = f"Type the amount, {money}, to go on"
            self.children = (self._said, self.typed)
            return
        self.tick.description = "I know that this cannot be taken back"
        self.children = (self._said, self.tick)

    @property
    def given(self) -> bool:
        """Whether it was done, or nothing is asked for."""
        if not self.children:
            return True
        if self._amount is None:
            return bool(self.tick.value)
        number = self.typed.value.strip().split(" ")[0]
        try:
            return Decimal(number) == self._amount
        except InvalidOperation:
            return False

    def lead(self) -> bool:
        """Put the keyboard's focus on it; tell whether there is anything to do."""
        for each in self.children[1:]:
            each.focus()
        return bool(self.children)
