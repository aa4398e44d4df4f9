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
    from . import (
        cassettes,
        enums,
        errors,
        fetch,
        forms,
        metrics,
        plots,
        recording,
        tables,
    )
    from .api.client import PostOrder, connect
    from .api.parts import Address, RelistLineItem, Text
    from .archive import Archive
    from .catalogue import operations
    from .embedded import Demo, demo
    from .fetch import Snapshot
    from .money import Money
    from .quality import check
    from .recording import record, replay
    from .report import Reporting
    from .simulator import Simulator

    report: Reporting  # the module, which can be called, too

__version__ = "0.1.0"

_MODULES = {
    "cassettes", "enums", "errors", "fetch", "forms",
    "metrics", "plots", "recording", "report", "tables",
}  # fmt: skip
_HOMES = {
    "Address": "api.parts",
    "Archive": "archive",
    "Demo": "embedded",
    "Money": "money",
    "PostOrder": "api.client",
    "RelistLineItem": "api.parts",
    "Simulator": "simulator",
    "Snapshot": "fetch",
    "Text": "api.parts",
    "check": "quality",
    "connect": "api.client",
    "demo": "embedded",
    "operations": "catalogue",
    "record": "recording",
    "replay": "recording",
}

__all__ = [
    "Address",
    "Archive",
    "Demo",
    "Money",
    "PostOrder",
    "RelistLineItem",
    "Simulator",
    "Snapshot",
    "Text",
    "cassettes",
    "check",
    "connect",
    "demo",
    "enums",
    "errors",
    "fetch",
    "forms",
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


def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magic ``%%cassette``: ``%load_ext postorder_nb``."""
    shell.register_magics(import_module(".magics", __name__).CassetteMagics)
