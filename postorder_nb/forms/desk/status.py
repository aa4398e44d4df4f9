"""The line that tells how the last step went; nothing that goes wrong in a click is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from ..box import attempt
from ..messages import explained, told


class Status:
    """
    A line of text that is announced when it changes.

    Attributes
    ----------
    box : ipywidgets.HTML
        The widget.
    error : Exception or None
        What went wrong in the last step.
    """

    def __init__(self) -> None:
        self.box = ipywidgets.HTML()
        self.box.add_class("po-status")
        self.error: Exception | None = None

    def say(self, lines: str | list[str], tone: str = "neutral") -> None:
        """Show a message."""
        self.box.value = told(lines, tone)

    def fail(self, error: Exception) -> None:
        """Show an error and keep it."""
        self.error = error
        self.say(explained(error), "bad")

    def guard(self, step: Callable[..., None]) -> Callable[..., None]:
        """Wrap the handler of a click or a change: what it raises is shown here."""

        def guarded(*given: Any) -> None:
            self.error = None
            attempt(step, self.fail, *given)

        return guarded
