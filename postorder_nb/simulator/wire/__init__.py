"""Records as the JSON of the API: one module per kind, drawn from the truth."""

from __future__ import annotations

from . import cancellations, cases, inquiries, returns

__all__ = ["cancellations", "cases", "inquiries", "returns"]
