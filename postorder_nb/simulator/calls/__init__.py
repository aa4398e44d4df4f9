"""The calls that change something: one module per kind of record."""

from __future__ import annotations

from .base import Call, Desk
from .cancellations import CALLS as ON_CANCELLATIONS
from .cases import CALLS as ON_CASES
from .inquiries import CALLS as ON_INQUIRIES
from .returns import CALLS as ON_RETURNS

CALLS: tuple[Call, ...] = (*ON_RETURNS, *ON_INQUIRIES, *ON_CASES, *ON_CANCELLATIONS)

__all__ = ["CALLS", "Call", "Desk"]
