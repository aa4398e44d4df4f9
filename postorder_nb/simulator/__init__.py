"""
A Post-Order server of one's own: a seeded world of after-sale records behind real HTTP.

`Simulator` starts it; `Faults` spoils a share of its answers. All 38 calls are answered: what
they do to a record is data in `machines`, and what they move is in the ledger of `World`.
"""

from __future__ import annotations

from .clock import Clock
from .faults import Faults
from .ledger import Moved
from .server import Entry
from .service import Simulator, serve
from .world import World

__all__ = ["Clock", "Entry", "Faults", "Moved", "Simulator", "World", "serve"]
