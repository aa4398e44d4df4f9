"""The schemas: what is answered, what is sent, how is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import enums
from ...enums import OpenEnum
from .. import facts
from ..bodies import amount, moment, or_null, said, schema_of
from ..calls import Call
from ..facts import Fact

Json = dict[str, Any]

MARKS = "x-extensible-enum"
PLAIN: dict[str, Json] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "decimal": {"type": ["number", "string"]},
    "id": {"type": ["integer", "string"]},
    "moment": {"type": "string", "format": "date-time"},
    "country": {"type": "string", "description": "ISO 3166-1, two letters"},
    "currency": {"type": "string", "description": "ISO 4217"},
    "language": {"type": "string", "description": "ISO 639-1"},
    "any": {},
}


def components(calls: Iterable[Call]) -> Json:
    """Return all named schemas."""
    schemas: Json = {name: _answer(told) for name, told in facts.fields().items()}
    schemas |= {name: _open(values) for name, values in _sets().items()}
    schemas |= {reader.name: reader.schema for reader in (said, moment, amount)}
    for call in calls:
        if call.facts.takes and call.shape is not None:
            schemas[call.facts.takes] = schema_of(call.shape)
    return dict(sorted(schemas.items()))


def named(name: str) -> Json:
    """Refer to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def _sets() -> dict[str, tuple[str, ...]]:
    """Return the sets of values that answers hold, by name."""
    more = facts.values()
    sets = dict(more)
    for told in facts.fields().values():
        for fact in told:
            found = getattr(enums, fact.kind.strip("[]"), None)
            if isinstance(found, type) and issubclass(found, OpenEnum):
                words = tuple(member.value for member in found)
                sets[found.__name__] = (*words, *more.get(found.__name__, ()))
    return sets


def _open(values: tuple[str, ...]) -> Json:
    return {"type": "string", MARKS: list(values)}


def _answer(told: list[Fact]) -> Json:
    """Describe a type of which answers are made; others than its fields may come."""
    schema: Json = {"type": "object", "properties": {fact.field: _field(fact) for fact in told}}
    always = [fact.field for fact in told if fact.always]
    return schema | ({"required": always} if always else {})


def _field(fact: Fact) -> Json:
    schema = _kind(fact.kind)
    if fact.null:
        schema = or_null(schema)
    return schema | ({"x-undocumented": True} if fact.seen else {})


def _kind(kind: str) -> Json:
    if kind.startswith("["):
        return {"type": "array", "items": _kind(kind[1:-1])}
    return PLAIN[kind] if kind in PLAIN else named(kind)
