"""
Fetch eBay's records as tables: every page, each record once, or an error that keeps what came.

>>> from postorder_nb import fetch
>>> fetch.returns(None, since="90d", sellerr="me")
Traceback (most recent call last):
    ...
postorder_nb.errors.InputError: returns have no filter 'sellerr'
What to do: known are: order_id, item_id, transaction_id, return_state, states, role
"""

from __future__ import annotations

from .details import cancellation_details, case_details, inquiry_details, return_details
from .records import cancellations, cases, inquiries, returns
from .snapshot import Snapshot, snapshot

__all__ = [
    "Snapshot",
    "cancellation_details",
    "cancellations",
    "case_details",
    "cases",
    "inquiries",
    "inquiry_details",
    "return_details",
    "returns",
    "snapshot",
]
