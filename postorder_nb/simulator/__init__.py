"""
A Post-Order server of one's own: a seeded world of after-sale records behind real HTTP.

`Simulator` starts it; `Faults` spoils a share of its answers.
"""

from __future__ import annotations

from .clock import Clock
from .faults import Faults
from .server import Entry
from .service import Simulator, serve
from .world import World

__all__ = ["Clock", "Entry", "Faults", "Simulator", "World", "serve"]
