"""
Pictures of the figures in `postorder_nb.metrics`: same names, same arguments, and ``ax=``.

Each computes its numbers through the metric of the same name and returns a matplotlib Axes; none
shows or saves it. `describe` says in words what an Axes shows, for those who cannot see it;
`vector` draws a plot as SVG for a page.
"""

from __future__ import annotations

from .canvas import describe
from .escalation import escalation_rate
from .reasons import reasons
from .refunds import refund_amount
from .vector import Picture, vector

__all__ = ["Picture", "describe", "escalation_rate", "reasons", "refund_amount", "vector"]
