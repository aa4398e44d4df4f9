"""One more deliberate act before money moves, or before what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import ipywidgets as widgets

from ..api.operation import Effect, Operation
from ..money import Money
from .box import Box
from .controls import PAID
from .messages import small
from .sentences import warning

_KNOWN = "I know that this cannot be taken back"


class Deliberate(Box):
    """
    What has to be done before the button works: type the amount, or tick.

    Parameters
    ----------
    row : Operation
        The call: one that can be set right by another asks for nothing.
    changed : callable
        Called when `given` may have changed.

    Attributes
    ----------
    asks : Text, Checkbox or None
        What has to be filled in or ticked; None if nothing has to be done.
    """

    def __init__(self, row: Operation, changed: Callable[[], None]) -> None:
        self._row = row
        self._amount: Decimal | None = None
        self._said = widgets.HTML(small(warning(row))).add_class("po-warning")
        self.typed = widgets.Text(style={"description_width": "initial"}).add_class("po-typed")
        self.tick = widgets.Checkbox(indent=False, description=_KNOWN).add_class("po-known")
        self.asks: widgets.Text | widgets.Checkbox | None = None
        # All are there from the start: what is put in later cannot be given the focus at once.
        super().__init__([self._said, self.typed, self.tick])
        self.add_class("po-deliberate")
        for each in (self.typed, self.tick):
            each.observe(lambda _change: changed(), names="value")
        self.start(None)

    def start(self, arguments: Mapping[str, Any] | None) -> None:
        """Ask anew, for the request with these arguments; for none, ask nothing."""
        self.asks = self._amount = None
        self.typed.value, self.tick.value = "", False
        if arguments is not None and self._row.effect is not Effect.WRITE:
            money = next((arguments[n] for n in PAID if n in arguments), None)
            self.asks = self.tick
            if self._row.effect is Effect.MONEY and money is not None:
                money = Money.parse(money) if isinstance(money, str) else money
                self._amount = money.amount
                self.typed.description = f"Type the amount, {money}, to go on"
                self.asks = self.typed
        for each in (self.typed, self.tick):
            each.layout.display = None if each is self.asks else "none"
        self._said.layout.display = None if self.asks else "none"

    @property
    def given(self) -> bool:
        """Whether it was done, or nothing is asked for."""
        if self._amount is None:
            return self.asks is None or bool(self.tick.value)
        number = self.typed.value.strip().split(" ")[0]
        try:
            return Decimal(number) == self._amount
        except InvalidOperation:
            return False
