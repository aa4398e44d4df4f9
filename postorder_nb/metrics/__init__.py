"""
Figures about after-sale records: a table in, a small tidy DataFrame out.

======================  ====================================================================
`reasons`               why records are opened: counts and shares of each reason
`refund_amount`         what was refunded, for each currency by itself
`escalation_rate`       share of returns or inquiries that ended up with eBay
======================  ====================================================================

All take ``by=`` (columns), ``freq=`` ("week" or "month" of `created_at`) and ``tz=``, and any
engine's table. A picture of each is in `postorder_nb.plots` under the same name. `wilson` is the
interval they use; `as_text` puts a result into words.
"""

from __future__ import annotations

from .escalation import escalation_rate
from .intervals import wilson
from .reasons import reasons
from .refunds import refund_amount
from .results import as_text

__all__ = ["as_text", "escalation_rate", "reasons", "refund_amount", "wilson"]
