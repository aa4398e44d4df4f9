"""The parameters of the calls: the record's id, the marketplace, and the query."""

from __future__ import annotations

from typing import Any

from ..bodies import Field, told
from ..calls import Call

Json = dict[str, Any]


def parameters(call: Call) -> list[Json]:
    """List a call's parameters."""
    found: list[Json] = [{"$ref": "#/components/parameters/Marketplace"}]
    name = call.facts.id_name
    if name:
        schema = {"type": "string", "pattern": "^[0-9]+$"}
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found + [_query(name, rule) for name, rule in call.query.items()]


def _query(name: str, rule: Field) -> Json:
    schema = told(rule.read)
    parameter: Json = {"name": name, "in": "query", "required": rule.required, "schema": schema}
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter | ({"description": rule.words} if rule.words else {})
