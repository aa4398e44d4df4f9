"""The calls: their parameters, bodies and answers."""

from __future__ import annotations

from typing import Any

from ..calls import Call
from ..facts import Error, errors
from ..records import Cancellation, Case, Inquiry, Record, Return
from .parameters import parameters
from .schemas import named

Json = dict[str, Any]

RECORDS: dict[type[Record], str] = {
    Return: "return",
    Inquiry: "inquiry",
    Case: "case",
    Cancellation: "cancellation",
}
GATEWAY = ("ACCESS", "OAuth")
WORDS = {
    400: "What was sent is not valid",
    401: "No valid token",
    403: "Not for this caller",
    429: "Too many calls",
    500: "The state does not allow it, there is no such record, or something broke",
}


def operation(call: Call) -> Json:
    """Describe a call."""
    facts = call.facts
    found: Json = {
        "operationId": facts.name,
        "tags": [facts.path.split("/")[1]],
        "summary": facts.words,
        "parameters": parameters(call),
        "responses": _responses(call),
        "x-effect": facts.effect,
        "x-role": facts.role.lower(),
        "x-signed": facts.signed,
    }
    if facts.takes:
        content = {"application/json": {"schema": named(facts.takes)}}
        found["requestBody"] = {"required": not call.bare, "content": content}
    if facts.gone:
        found |= {"deprecated": True, "x-gone": facts.gone}
    return found


def errors_of(call: Call) -> list[Error]:
    """List the errors a call may be answered with."""
    facts, house = call.facts, call.house.name
    groups = {"gate", "limit"}
    if call.kind:
        groups.add(RECORDS[call.kind])
    if call.kind and facts.effect != "read":
        groups.add(f"{house} act")
    if facts.role != "EITHER":
        groups |= {f"{house} {facts.role.lower()}", f"{house} role"}
    if facts.signed:
        groups.add("signature")
    if call.shape is not None:
        groups.add("body")
    if call.shape or call.query:
        groups.add(f"{house} invalid")
    if call.shape is not None or any(rule.required for rule in call.query.values()):
        groups.add(f"{house} missing")
    if call.search:
        groups.add(f"{house} search")
        if call.search.last_required:
            groups.add(f"{house} missing")
    names = {*(call.shape or {}), *call.query} & set(call.house.own_ids)
    own = {*facts.also, *(call.house.own_ids[name] for name in names)}
    found = {
        (error.status, error.domain, error.number): error
        for error in reversed(errors())
        if error.group in groups or (error.number in own and error.group.startswith(f"{house} "))
    }
    return list(reversed(found.values()))


def _responses(call: Call) -> Json:
    facts = call.facts
    refused: dict[int, list[Error]] = {}
    for error in errors_of(call):
        refused.setdefault(error.status, []).append(error)
    answers = {facts.status: _good(call, refused.pop(facts.status, []))}
    answers |= {status: _refusal(status, found) for status, found in refused.items()}
    answers[503] = _page("Too busy")
    if facts.gone:
        answers[404] = _page(f"The call is no more (from {facts.gone} on)")
    answers[401]["content"]["text/plain"] = {"schema": {"type": "string"}}
    answers[429]["headers"]["Retry-After"] = {
        "description": "After how many seconds to try again; not always there",
        "schema": {"type": "integer", "minimum": 0},
    }
    return {str(status): answer for status, answer in sorted(answers.items())}


def _headers() -> Json:
    return {"X-EBAY-C-REQUEST-ID": {"$ref": "#/components/headers/RequestId"}}


def _good(call: Call, within: list[Error]) -> Json:
    """Describe what is answered when all is well; `within` are errors that come with it."""
    facts = call.facts
    answer: Json = {"description": "Done" if facts.effect != "read" else "Found"}
    answer["headers"] = _headers()
    if facts.status == 201:
        answer["headers"]["Location"] = {
            "description": "The path of the new record",
            "required": True,
            "schema": {"type": "string"},
        }
    schemas = [named(facts.gives)] if facts.gives else []
    if within:
        schemas.append(named("FailedCheck"))
        answer["x-errors"] = _listed(within)
    if schemas:
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _refusal(status: int, found: list[Error]) -> Json:
    """Describe a refusal: by the gateway, by the service behind it, or by either."""
    names = sorted(
        {"GatewayErrors" if error.domain in GATEWAY else "ServiceErrors" for error in found}
    )
    schemas = [named(name) for name in names]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {
        "description": WORDS[status],
        "headers": _headers(),
        "content": {"application/json": {"schema": schema}},
        "x-errors": _listed(found),
    }


def _listed(found: list[Error]) -> list[Json]:
    return [
        {"domain": error.domain, "errorId": error.number, "meaning": error.words} for error in found
    ]


def _page(words: str) -> Json:
    content = {"text/html": {"schema": {"type": "string"}}}
    return {"description": words, "headers": _headers(), "content": content}
