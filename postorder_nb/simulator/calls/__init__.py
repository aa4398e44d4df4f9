"""The calls: those that only read, and those that change something by kind of record."""

from __future__ import annotations

from .base import Call, Desk
from .cancellations import CALLS as ON_CANCELLATIONS
from .cases import CALLS as ON_CASES
from .inquiries import CALLS as ON_INQUIRIES
from .reading import CALLS as READING
from .returns import CALLS as ON_RETURNS

CALLS: tuple[Call, ...] = (*READING, *ON_RETURNS, *ON_INQUIRIES, *ON_CASES, *ON_CANCELLATIONS)

__all__ = ["CALLS", "Call", "Desk"]
