"""The one way a body becomes bytes: what is shown, fingerprinted, signed and sent is the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from ..errors import InputError
from .operation import Answer

# Money and moments have their wire form before they come here; orjson must not invent one.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def encode(body: Answer | None) -> bytes:
    """
    Return the JSON of a body; no bytes at all for None.

    A `Decimal` becomes a number with exactly its digits, without a detour over binary floats.

    Raises
    ------
    InputError
        If the body holds something JSON has no form for.

    Examples
    --------
    >>> encode({"totalAmount": {"value": Decimal("19.90"), "currency": "USD"}})
    b'{"totalAmount":{"value":19.90,"currency":"USD"}}'
    >>> encode({}), encode(None)
    (b'{}', b'')
    """
    if body is None:
        return b""
    try:
        return orjson.dumps(body, default=_exact, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        reason = str(error.__cause__ or error)
    raise InputError(f"the body is not JSON: {reason}", advice="correct the value and call again")


def _exact(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(f"{value:f}".encode())
    raise TypeError(f"{value!r} ({type(value).__name__}) has no JSON form")
