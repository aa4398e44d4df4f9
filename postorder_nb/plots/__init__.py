"""
Pictures of the figures in `postorder_nb.metrics`: same names, same arguments, and ``ax=``.

Each computes its numbers through the metric of the same name and returns a matplotlib Axes; none
shows or saves it. `describe` says in words what an Axes shows, for those who cannot see it;
`vector` draws a plot as SVG for a page.
"""

from __future__ import annotations

from .alerts import alerts
from .canvas import describe
from .cohorts import cohorts
from .concentration import concentration
from .control import control_chart
from .costs import net_cost
from .deadlines import deadlines, late_share
from .durations import close_days, escalation_days, refund_days, response_days, ship_days
from .escalation import escalation_rate
from .outcomes import close_reasons, counts, outcomes
from .ranking import buyers, countries, items
from .rates import inquiry_rate, return_rate
from .reasons import cancellation_reasons, inquiry_reasons, reasons
from .refunds import refund_amount, refund_gap, refund_lines
from .rulings import appeals, case_outcomes
from .shifts import reason_shift
from .stages import stage_flow
from .stakes import exposure, pending_and_failed
from .standards import cases_closed_without_resolution, defect_rate
from .vector import Picture, vector

__all__ = [
    "Picture",
    "alerts",
    "appeals",
    "buyers",
    "cancellation_reasons",
    "case_outcomes",
    "cases_closed_without_resolution",
    "close_days",
    "close_reasons",
    "cohorts",
    "concentration",
    "control_chart",
    "countries",
    "counts",
    "deadlines",
    "defect_rate",
    "describe",
    "escalation_days",
    "escalation_rate",
    "exposure",
    "inquiry_rate",
    "inquiry_reasons",
    "items",
    "late_share",
    "net_cost",
    "outcomes",
    "pending_and_failed",
    "reason_shift",
    "reasons",
    "refund_amount",
    "refund_days",
    "refund_gap",
    "refund_lines",
    "response_days",
    "return_rate",
    "ship_days",
    "stage_flow",
    "vector",
]
