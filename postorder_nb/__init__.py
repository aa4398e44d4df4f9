"""
eBay's after-sale records as DataFrames, metrics and pictures.

    import postorder_nb as pn

    with pn.demo() as po:                       # a simulator, no account needed
        returns = pn.fetch.returns(po, since="90d")
        pn.metrics.reasons(returns)
        pn.plots.reasons(returns)

``pn.connect(...)`` instead of ``pn.demo()`` speaks to eBay. Every name below is loaded on first
use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import enums, errors, fetch, metrics, plots, recording, report, tables
    from .api.client import PostOrder, connect
    from .api.parts import Address, RelistLineItem, Text
    from .catalogue import operations
    from .embedded import Demo, demo
    from .fetch import Snapshot
    from .money import Money
    from .recording import record, replay
    from .simulator import Simulator

__version__ = "0.1.0"

_MODULES = ("enums", "errors", "fetch", "metrics", "plots", "recording", "report", "tables")
_HOMES = {
    "Address": "api.parts",
    "Demo": "embedded",
    "Money": "money",
    "PostOrder": "api.client",
    "RelistLineItem": "api.parts",
    "Simulator": "simulator",
    "Snapshot": "fetch",
    "Text": "api.parts",
    "connect": "api.client",
    "demo": "embedded",
    "operations": "catalogue",
    "record": "recording",
    "replay": "recording",
}

__all__ = [
    "Address",
    "Demo",
    "Money",
    "PostOrder",
    "RelistLineItem",
    "Simulator",
    "Snapshot",
    "Text",
    "connect",
    "demo",
    "enums",
    "errors",
    "fetch",
    "metrics",
    "operations",
    "plots",
    "record",
    "recording",
    "replay",
    "report",
    "tables",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name in _HOMES:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
