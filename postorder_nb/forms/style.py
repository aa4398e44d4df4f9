"""The one stylesheet of forms and Desk, as a widget that carries it to wherever they are shown."""

from __future__ import annotations

from functools import cache
from importlib import resources

import ipywidgets

from ..display import PALETTE

FOLLOW = "po-follow"
"""The class of a Desk whose page turns dark when the visitor's system is."""


@cache
def css() -> str:
    """
    Return the stylesheet: colours by meaning, sizes that follow the reader's font and zoom.

    Examples
    --------
    >>> css().startswith(":root{--po-neutral:#")
    True
    """
    colours = ";".join(f"--po-{name}:{colour}" for name, colour in PALETTE.items())
    rules = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    return f":root{{{colours}}}\n{rules}"


def sheet() -> ipywidgets.HTML:
    """Return the stylesheet as a widget that takes no room; a form or Desk has it first."""
    carrier = ipywidgets.HTML(f"<style>{css()}</style>")
    carrier.add_class("po-sheet")
    return carrier
