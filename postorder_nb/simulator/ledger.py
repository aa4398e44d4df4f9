"""The ledger: every movement of money that the simulator has seen happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Moved:
    """
    One movement of money that came about while the simulator ran.

    `record` is ``return``, ``inquiry``, ``case`` or ``cancellation``; `kind` is the movement's
    type in the API's words. What a case moves is listed under the case alone.
    """

    record: str
    record_id: str
    kind: str
    amount: Decimal
    currency: str
    at: datetime
