"""The truth as JSON: what a record is, not what the API shows of it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .records import Record


def record(given: Record) -> dict[str, Any]:
    """Return a record with all it has; other records it knows are named by kind and id."""
    return {"kind": _kind(given), **{f.name: plain(getattr(given, f.name)) for f in fields(given)}}


def plain(value: Any) -> Any:
    """
    Return a value as JSON can hold it: amounts and moments as text.

    Examples
    --------
    >>> plain({"amount": Decimal("1.20"), "at": None})
    {'amount': '1.20', 'at': None}
    """
    if isinstance(value, Record):
        return {"kind": _kind(value), "id": value.id}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value


def _kind(given: Record) -> str:
    return type(given).__name__.lower()
