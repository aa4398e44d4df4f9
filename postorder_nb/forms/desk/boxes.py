"""Small things that all parts of the Desk need of the widget toolkit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets


def button(words: str, names: str, step: Callable[[], None]) -> ipywidgets.Button:
    """Return a button with these CSS classes; `step` is called without the button."""
    made = ipywidgets.Button(description=words)
    for name in names.split():
        made.add_class(name)
    made.on_click(lambda _: step())
    return made


def put(box: ipywidgets.Box, parts: Sequence[ipywidgets.Widget]) -> None:
    """
    Put these into a box, and throw away what was in it.

    The toolkit keeps every widget until it is closed: a page that is open all day would grow.
    """
    before, box.children = box.children, tuple(parts)
    for part in before:
        if part not in parts:
            _close(part)


def visible(box: ipywidgets.DOMWidget, *, on: bool) -> None:
    """Show a widget, or hide it from the eye, the keyboard and the screen reader."""
    box.layout.display = None if on else "none"


def _close(widget: ipywidgets.Widget) -> None:
    for child in getattr(widget, "children", ()):
        _close(child)
    for model in (getattr(widget, "style", None), getattr(widget, "layout", None)):
        if model is not None:
            model.close()
    widget.close()
