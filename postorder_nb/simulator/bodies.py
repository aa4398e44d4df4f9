"""Request bodies: what each call takes, and what is wrong with what came."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..enums import OpenEnum
from .answers import Refusal, gateway, refuse
from .records import Money, cents

Json = dict[str, Any]
VALUE_MOST = 200
AMOUNT_MOST = Decimal(10) ** 9


class Missing(ValueError):
    """A required field is missing: the text names it."""


class Invalid(ValueError):
    """A field's value is no good: the text names it."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(name)
        words = value if isinstance(value, str) else json.dumps(value, default=str)
        self.value = words.encode("utf-8", "replace").decode()[:VALUE_MOST]


@dataclass(frozen=True, slots=True)
class House:
    """How one of the four services says no to its input."""

    domain: str
    missing_id: int
    invalid_id: int
    own_ids: Mapping[str, int] = field(default_factory=dict)

    def missing(self, name: str) -> Refusal:
        """Refuse a body without a field it needs."""
        number = self.own_ids.get(name, self.missing_id)
        return refuse(400, number, self.domain, f"Required input is missing: {name}.", **{name: ""})

    def invalid(self, name: str, value: str, text: str | None = None) -> Refusal:
        """Refuse a field's value."""
        number = self.own_ids.get(name, self.invalid_id)
        words = text or f"Invalid value for {name}."
        return refuse(400, number, self.domain, words, **{name: value})


Reader = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is read, and whether it has to be there."""

    read: Reader
    required: bool = False


Shape = dict[str, Field]


def needed(read: Reader) -> Field:
    """Make a required field."""
    return Field(read, required=True)


def text(name: str, value: Any) -> str:
    """Read a text that is not empty, and that can be written down."""
    if not isinstance(value, str) or not value.strip():
        raise Invalid(name, value)
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise Invalid(name, value) from None
    return value


def word(name: str, value: Any) -> str:
    """Read an id: a text, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(name, value)


def flag(name: str, value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Invalid(name, value)
    return value


def whole(name: str, value: Any) -> int:
    """Read a whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Invalid(name, value)
    return value


def said(name: str, value: Any) -> str:
    """Read a ``Text``: its content."""
    if not isinstance(value, dict):
        raise Invalid(name, value)
    return text(f"{name}.content", _there(value, f"{name}.content", "content"))


def moment(name: str, value: Any) -> datetime:
    """Read a ``DateTime``."""
    if not isinstance(value, dict):
        raise Invalid(name, value)
    given = text(f"{name}.value", _there(value, f"{name}.value", "value"))
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise Invalid(name, given) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def amount(name: str, value: Any) -> Money:
    """Read an ``Amount`` in whole cents, not below nothing."""
    if not isinstance(value, dict):
        raise Invalid(name, value)
    given = _there(value, f"{name}.value", "value")
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        raise Invalid(name, given) from None
    if isinstance(given, bool) or not number.is_finite() or not 0 <= number < AMOUNT_MOST:
        raise Invalid(name, given)
    if number != cents(number):
        raise Invalid(name, given)
    currency = text(f"{name}.currency", _there(value, f"{name}.currency", "currency"))
    return Money(cents(number), currency)


def one_of(values: type[OpenEnum] | tuple[str, ...]) -> Reader:
    """Make a reader for one of some words."""
    allowed = values if isinstance(values, tuple) else tuple(values.__members__)

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise Invalid(name, value)
        return value

    return read


def part(shape: Shape) -> Reader:
    """Make a reader for an object within the body."""

    def read(name: str, value: Any) -> Json:
        return fields(value, shape, f"{name}.")

    return read


def many(shape: Shape) -> Reader:
    """Make a reader for a list of objects, at least one."""

    def read(name: str, value: Any) -> list[Json]:
        if not isinstance(value, list) or not value:
            raise Invalid(name, value)
        return [fields(entry, shape, f"{name}.") for entry in value]

    return read


def _there(value: Json, path: str, name: str) -> Any:
    if value.get(name) is None:
        raise Missing(path)
    return value[name]


def fields(value: Any, shape: Shape, prefix: str = "") -> Json:
    """Read an object; what its shape does not name is passed over."""
    if not isinstance(value, dict):
        raise Invalid(prefix.rstrip(".") or "body", value)
    found = {}
    for name, rule in shape.items():
        path = prefix + name
        if value.get(name) is not None:
            found[name] = rule.read(path, value[name])
        elif rule.required:
            raise Missing(path)
    return found


def read(body: bytes, shape: Shape | None, house: House, *, bare: bool) -> Json:
    """
    Read a body of the given shape; raises a `Refusal` where it does not fit.

    `bare` allows no body at all; a shape of None takes whatever comes and looks at none of it.
    """
    if shape is None:
        return {}
    if not body.strip():
        if bare:
            return {}
        raise house.missing("body")
    try:
        value = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Refusal(gateway(400, 2004, "ACCESS", "The request body is not JSON.")) from None
    try:
        return fields(value, shape)
    except Missing as missing:
        raise house.missing(str(missing)) from None
    except Invalid as wrong:
        raise house.invalid(str(wrong), wrong.value) from None
