"""
Figures about after-sale records: a table in, a small tidy DataFrame out.

=======================  ===================================================================
*what and why*
`counts`                 how many records, and how many of them are open
`reasons`                why records are opened, by records or by money, the largest first
`reason_shift`           what has changed in that, beyond chance
`outcomes`               how records end: refund in full, in part, none, escalated, open ...
`close_reasons`          why records were closed
`cancellation_reasons`   who calls orders off and why; what counts as a defect
`inquiry_reasons`        why buyers say that an item has not arrived
*money*
`refund_amount`          what was refunded, for each currency by itself
`refund_gap`             refunded against expected, the buyer's side against the seller's
`refund_lines`           what the refunded money was for
`net_cost`               refund and label, less the credits of fees and donations
`pending_and_failed`     refunds that have not arrived
`exposure`               money at stake in open records, by what is due when
`in_currency`            a table with all amounts in one currency, by rates you give
*time*
`response_days`          how long sellers take to answer
`ship_days`              how long buyers take to send back
`refund_days`            how long until money is refunded
`close_days`             how long until records are closed
`escalation_days`        how long until eBay is asked in
`late_share`             how often eBay's deadlines were missed
`deadlines`              what is due when, and the money that hangs on it
`stage_flow`             from state to state: how often, how quickly
*escalation and defects*
`escalation_rate`        share of returns or inquiries that ended up with eBay, also by age
`cohorts`                what has become of each week's records by each age
`case_outcomes`          who won, and who was at fault
`appeals`                how often decisions are appealed, with what success
`defect_rate`            transaction defects against eBay's limit
`cases_closed_without_resolution`   likewise, the cases lost
*watching*
`control_chart`          which periods are beyond chance
`alerts`                 what has changed lately, in sentences
*who and which*
`items`                  items by how often they make trouble, surest first
`buyers`                 buyers likewise
`countries`              countries likewise
`concentration`          how much hangs on a few buyers or items
`return_rate`            share of orders that came back
`inquiry_rate`           share of orders reported as not received
=======================  ===================================================================

They take any engine's table and, where it makes sense, ``by=`` (columns), ``freq=`` ("day",
"week", "month", "quarter", "year"), ``tz=``, ``date=`` (the date basis), ``min_n=`` and
``confidence=``. A picture of each is in `postorder_nb.plots` under the same name. `wilson` is the
interval of shares; `shrink` draws the shares of small groups towards the whole; `as_text` puts a
result into words.
"""

from __future__ import annotations

from .alerts import alerts
from .cohorts import cohorts
from .concentration import concentration
from .control import control_chart
from .costs import net_cost
from .currencies import in_currency
from .deadlines import deadlines, late_share
from .durations import close_days, escalation_days, refund_days, response_days, ship_days
from .escalation import escalation_rate
from .intervals import wilson
from .outcomes import close_reasons, counts, outcomes
from .ranking import buyers, countries, items
from .rates import inquiry_rate, return_rate
from .reasons import cancellation_reasons, inquiry_reasons, reasons
from .refunds import refund_amount, refund_gap, refund_lines
from .results import as_text
from .rulings import appeals, case_outcomes
from .shifts import reason_shift
from .shrinkage import shrink
from .stages import stage_flow
from .stakes import exposure, pending_and_failed
from .standards import cases_closed_without_resolution, defect_rate

__all__ = [
    "alerts",
    "appeals",
    "as_text",
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
    "escalation_days",
    "escalation_rate",
    "exposure",
    "in_currency",
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
    "shrink",
    "stage_flow",
    "wilson",
]
