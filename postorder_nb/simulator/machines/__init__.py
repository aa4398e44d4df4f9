"""
The four lives as data: which state, event and actor lead to which state, with which effects.

One module per kind of record; `of` finds the machine of a record.
"""

from __future__ import annotations

from typing import Any

from ..acts import Machine
from ..records import Cancellation, Case, Inquiry, Record, Return
from . import cancellation, case, inquiry, return_

MACHINES: dict[type[Record], Machine[Any]] = {
    Cancellation: cancellation.MACHINE,
    Inquiry: inquiry.MACHINE,
    Return: return_.MACHINE,
    Case: case.MACHINE,
}


def of(record: Record) -> Machine[Any]:
    """Return the machine of a record."""
    return MACHINES[type(record)]
