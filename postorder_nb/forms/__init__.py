"""
Forms for the calls that change something: a preview, one deliberate click, a receipt.

    form = pn.forms.issue_refund(po, return_id="5001")      # one call on one record
    form = pn.forms.form(po, "returns.issue_refund", return_id="5001")

There is a form for every call of the catalogue that writes, under the call's own name; where
several groups have a call of that name, the id says which is meant (``return_id=``,
``inquiry_id=`` ...), or ``group="returns"``.
"""

from __future__ import annotations

from typing import Any

from .allowed import allowed
from .desk import Desk, desk
from .form import Form
from .opening import door, form, names

__all__ = ["Desk", "Form", "allowed", "desk", "form"]


def __getattr__(name: str) -> Any:
    if name in names():
        return door(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *names()})
