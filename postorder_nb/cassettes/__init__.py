"""
Looking after recordings: what ``postorder-nb cassettes`` does, for programs and notebooks.

::

    for one in cassettes.find(["demo/snapshot"]):
        pd.DataFrame(cassettes.show(one))       # its interactions
    cassettes.check(cassettes.find())           # leaks, unknown fields, stale or unplayed answers

`postorder_nb.recording` makes and replays them. Every name is loaded on first use, so that the
command line is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checking import Finding, check
    from .comparing import Change, diff
    from .editing import Forgotten, convert, forget, scrub
    from .shelf import Cassette, find
    from .telling import Interaction, Overview, overview, show

_HOMES = {
    "Cassette": "shelf",
    "Change": "comparing",
    "Finding": "checking",
    "Forgotten": "editing",
    "Interaction": "telling",
    "Overview": "telling",
    "check": "checking",
    "convert": "editing",
    "diff": "comparing",
    "find": "shelf",
    "forget": "editing",
    "overview": "telling",
    "scrub": "editing",
    "show": "telling",
}

__all__ = [
    "Cassette",
    "Change",
    "Finding",
    "Forgotten",
    "Interaction",
    "Overview",
    "check",
    "convert",
    "diff",
    "find",
    "forget",
    "overview",
    "scrub",
    "show",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
