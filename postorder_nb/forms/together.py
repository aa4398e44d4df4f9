"""
Which arguments go together: the call itself is asked, with some valid value for each.

A call refuses an argument that does not go with the others, and names one that it needs. So what
a form shows and asks for follows from the call's own checks, and is written down nowhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api.operation import Group, Operation
from ..enums import label as in_words
from ..errors import InputError


@dataclass(frozen=True)
class Standing:
    """How an argument stands to those that are given."""

    fits: bool = True
    needed: bool = False
    reason: str = ""


class Together:
    """
    The call's own opinion of its arguments.

    Parameters
    ----------
    row : Operation
        The call.
    group : Group
        The group it belongs to, on any client: nothing is sent.
    samples : mapping
        Some valid value of every argument.
    """

    def __init__(self, row: Operation, group: Group, samples: Mapping[str, Any]) -> None:
        self._row, self._group = row, group
        self._samples = row.check(samples)
        defaults = {name: row.signature.parameters[name].default for name in samples}
        self._base = {
            name: self._samples[name] if default is inspect.Parameter.empty else default
            for name, default in defaults.items()
        }

    def standings(self, given: Mapping[str, Any]) -> dict[str, Standing]:
        """Return how each argument stands to the `given` ones, which are valid one by one."""
        base = self._base | self._row.check(given)
        return {name: self._standing(name, base) for name in self._samples}

    def _standing(self, name: str, base: Mapping[str, Any]) -> Standing:
        refusal = self._ask(name, {**base, name: self._samples[name]})
        if refusal is not None:
            return Standing(fits=False, reason=said(refusal.use))
        lack = self._ask(name, {**base, name: None})
        if lack is not None:
            return Standing(needed=True, reason=f"Needed for {said(lack.use)}")
        return Standing()

    def _ask(self, name: str, trial: dict[str, Any]) -> InputError | None:
        """Return the call's complaint about this argument; what others lack or break is mended."""
        for _ in trial:
            try:
                self._row.function(self._group, **trial)
            except InputError as error:
                if error.argument == name:
                    return error
                if not error.argument:
                    return None
                missing = trial[error.argument] is None
                trial[error.argument] = self._samples[error.argument] if missing else None
            else:
                return None
        return None


def said(use: str) -> str:
    """
    Say in words what an argument is for.

    Examples
    --------
    >>> said("OFFER_PARTIAL_REFUND"), said("buyer_paid=True"), said("a tracking number")
    ('“Offer partial refund”', '“Buyer paid: yes”', 'a tracking number')
    """
    name, _, value = use.partition("=")
    if value:
        return f"“{in_words(name.upper())}: {'yes' if value == 'True' else 'no'}”"
    return f"“{in_words(use)}”" if use.isupper() else use
