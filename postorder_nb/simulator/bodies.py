"""
Bodies and parameters: what each call takes, what is wrong with what came, and its JSON Schema.

A `Reader` is the one place where a kind of value is told: it reads the value, and it carries the
schema of what it reads, so that what is described and what is taken are the same.
"""

from __future__ import annotations

import json
import re
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
SOMETHING = r"\S"
NUMBER = r"[0-9]{1,9}(\.[0-9]{1,2}0*)?"


class Missing(ValueError):
    """A required field is missing: the text names it."""


class Invalid(ValueError):
    """A field's value is no good: the text names it; `number` is the error's own, if it has one."""

    def __init__(self, name: str, value: object, number: int = 0) -> None:
        super().__init__(name)
        words = value if isinstance(value, str) else json.dumps(value, default=str)
        self.value = words.encode("utf-8", "replace").decode()[:VALUE_MOST]
        self.number = number


@dataclass(frozen=True, slots=True)
class House:
    """How one of the four services says no to its input; `name` is its group in the errors."""

    name: str
    domain: str
    missing_id: int
    invalid_id: int
    own_ids: Mapping[str, int] = field(default_factory=dict)

    def missing(self, name: str) -> Refusal:
        """Refuse a body without a field it needs."""
        number = self.own_ids.get(name, self.missing_id)
        return refuse(400, number, self.domain, f"Required input is missing: {name}.", **{name: ""})

    def invalid(self, name: str, value: str, text: str | None = None, number: int = 0) -> Refusal:
        """Refuse a field's value."""
        number = number or self.own_ids.get(name, self.invalid_id)
        words = text or f"Invalid value for {name}."
        return refuse(400, number, self.domain, words, **{name: value})


@dataclass(frozen=True, slots=True)
class Reader:
    """
    One kind of value.

    Parameters
    ----------
    read : callable
        Takes the field's name and what came, returns the value; raises `Invalid` or `Missing`.
    schema : dict
        The same as JSON Schema.
    name : str
        What the schema is called where it is told only once; empty for one told in place.
    """

    read: Callable[[str, Any], Any]
    schema: Json
    name: str = ""

    def __call__(self, name: str, value: Any) -> Any:
        """Read a value."""
        return self.read(name, value)


@dataclass(frozen=True, slots=True)
class Field:
    """One field or parameter: how it is read, whether it has to be there, what it is for."""

    read: Reader
    required: bool = False
    words: str = ""


Shape = dict[str, Field]


def needed(read: Reader) -> Field:
    """Make a required field."""
    return Field(read, required=True)


def _text(name: str, value: Any) -> str:
    """Read a text that is not empty, and that can be written down."""
    if not isinstance(value, str) or not re.search(SOMETHING, value):
        raise Invalid(name, value)
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise Invalid(name, value) from None
    return value


def _word(name: str, value: Any) -> str:
    """Read an id: a text, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(name, value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(name, value)
    return value


def _whole(name: str, value: Any) -> int:
    """Read a whole number from 1; 2.0 is one, too."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Invalid(name, value)
    return value


def _said(name: str, value: Any) -> str:
    """Read a ``Text``: its content."""
    if not isinstance(value, dict):
        raise Invalid(name, value)
    return _text(f"{name}.content", _there(value, f"{name}.content", "content"))


def _moment(name: str, value: Any) -> datetime:
    """Read a ``DateTime``."""
    if not isinstance(value, dict):
        raise Invalid(name, value)
    given = _text(f"{name}.value", _there(value, f"{name}.value", "value"))
    try:
        at = datetime.fromisoformat(given)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(name, given) from None


def _amount(name: str, value: Any) -> Money:
    """Read an ``Amount`` in whole cents, not below nothing."""
    if not isinstance(value, dict):
        raise Invalid(name, value)
    given = _there(value, f"{name}.value", "value")
    if isinstance(given, bool) or (isinstance(given, str) and not re.fullmatch(NUMBER, given)):
        raise Invalid(name, given)
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        raise Invalid(name, given) from None
    if not number.is_finite() or not 0 <= number < AMOUNT_MOST or number != cents(number):
        raise Invalid(name, given)
    currency = _text(f"{name}.currency", _there(value, f"{name}.currency", "currency"))
    return Money(cents(number), currency)


text = Reader(_text, {"type": "string", "pattern": SOMETHING})
word = Reader(_word, {"type": ["string", "integer"], "pattern": SOMETHING})
flag = Reader(_flag, {"type": "boolean"})
whole = Reader(_whole, {"type": "integer", "minimum": 1})
said = Reader(
    _said,
    {
        "type": "object",
        "properties": {
            "content": {"type": "string", "pattern": SOMETHING},
            "language": {},
            "translatedFromContent": {},
            "translatedFromLanguage": {},
        },
        "required": ["content"],
    },
    "TextSent",
)
moment = Reader(
    _moment,
    {
        "type": "object",
        "properties": {"value": {"type": "string", "format": "date-time"}, "formattedValue": {}},
        "required": ["value"],
    },
    "DateTimeSent",
)
amount = Reader(
    _amount,
    {
        "type": "object",
        "properties": {
            "value": {
                "type": ["number", "string"],
                "minimum": 0,
                "exclusiveMaximum": int(AMOUNT_MOST),
                "pattern": f"^{NUMBER}$",
            },
            "currency": {"type": "string", "pattern": SOMETHING},
        },
        "required": ["value", "currency"],
    },
    "AmountSent",
)


def one_of(values: type[OpenEnum] | tuple[str, ...]) -> Reader:
    """Make a reader for one of some words."""
    allowed = values if isinstance(values, tuple) else tuple(values.__members__)

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise Invalid(name, value)
        return value

    return Reader(read, {"type": "string", "enum": list(allowed)})


def code(pattern: str, *, number: int = 0, most: int = 0, too_long: int = 0) -> Reader:
    """Make a reader for a text that is all of a pattern; its errors may have their own numbers."""

    def read(name: str, value: Any) -> str:
        given = _text(name, value)
        if most and len(given) > most:
            raise Invalid(name, given, too_long)
        if not re.fullmatch(pattern, given):
            raise Invalid(name, given, number)
        return given

    limits = {"maxLength": most} if most else {}
    return Reader(read, {"type": "string", "pattern": f"^({pattern})$"} | limits)


def part(shape: Shape) -> Reader:
    """Make a reader for an object within the body."""

    def read(name: str, value: Any) -> Json:
        return fields(value, shape, f"{name}.")

    return Reader(read, schema_of(shape))


def many(shape: Shape) -> Reader:
    """Make a reader for a list of objects, at least one."""

    def read(name: str, value: Any) -> list[Json]:
        if not isinstance(value, list) or not value:
            raise Invalid(name, value)
        return [fields(entry, shape, f"{name}.") for entry in value]

    return Reader(read, {"type": "array", "items": schema_of(shape), "minItems": 1})


def schema_of(shape: Shape) -> Json:
    """
    Return the JSON Schema of an object.

    A field that may be missing may as well be null; what the shape does not name is passed over.
    """
    schema: Json = {
        "type": "object",
        "properties": {
            name: told(rule.read) if rule.required else or_null(told(rule.read))
            for name, rule in shape.items()
        },
    }
    required = [name for name, rule in shape.items() if rule.required]
    return schema | ({"required": required} if required else {})


def told(reader: Reader) -> Json:
    """Return a reader's schema, or where it is told."""
    return {"$ref": f"#/components/schemas/{reader.name}"} if reader.name else reader.schema


def or_null(schema: Json) -> Json:
    """
    Let a schema take null, too.

    Examples
    --------
    >>> or_null({"type": "string", "enum": ["A"]})
    {'type': ['string', 'null'], 'enum': ['A', None]}
    """
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]} if schema else {}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [*kinds, "null"]} | more


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
            return checked(house, {}, shape)
        raise house.missing("body")
    try:
        value = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Refusal(gateway(400, 2004, "ACCESS", "The request body is not JSON.")) from None
    return checked(house, value, shape)


def checked(house: House, value: Any, shape: Shape) -> Json:
    """Read an object, refusing in the words of the house what does not fit."""
    try:
        return fields(value, shape)
    except Missing as missing:
        raise house.missing(str(missing)) from None
    except Invalid as wrong:
        raise house.invalid(str(wrong), wrong.value, number=wrong.number) from None
