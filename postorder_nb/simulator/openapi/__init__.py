"""
The simulator described in OpenAPI 3.1: all 38 calls, from the facts by which it answers.

Parameters and bodies are told by the readers that take them, answers by the table of their fields,
refusals by the table of errors.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson

from ..calls import CALLS
from ..facts import SITES
from .operations import operation
from .schemas import MARKS, components

Json = dict[str, Any]

WORDS = """\
eBay's Post-Order API, version 2: cancellations, inquiries, returns and cases, as the simulator of
postorder_nb answers it. It is written from facts that eBay has published or that users have
reported, and it is not eBay's.

- Sets of values in answers are open: `x-extensible-enum` lists the known ones. In requests they
  are closed.
- What is null in an answer is as good as absent, and so it is in a body. Unknown fields of a body
  are passed over.
- `x-errors` lists the errors of each status by domain and number. HTTP 500 is also what a record
  answers whose present state does not allow a call: no such call should be repeated.
- `x-effect` says read, write, final (no call undoes it) or money (it moves money); `x-role` who
  may call; `x-signed` what sellers in the EU and the UK have to sign; `x-gone` the day from which
  a call is no more.
- Any call may also be answered with 429 or 503.
"""


def description() -> Json:
    """
    Describe the simulator.

    Returns
    -------
    dict
        An OpenAPI 3.1 document, always the same; a new one each time, so it may be changed.

    Examples
    --------
    >>> document = description()
    >>> decide = document["paths"]["/return/{returnId}/decide"]["post"]
    >>> decide["x-effect"], sorted(decide["responses"])
    ('money', ['200', '400', '401', '403', '429', '500', '503'])
    """
    document: Json = orjson.loads(_document())
    return document


@cache
def _document() -> bytes:
    paths: Json = {}
    for call in CALLS:
        facts = call.facts
        paths.setdefault(facts.path, {})[facts.method.lower()] = operation(call)
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Post-Order API (simulated)",
                "version": "2.10.0",
                "description": WORDS,
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [
                {"url": "/post-order/v2", "description": "The simulator itself"},
                {"url": "https://api.ebay.com/post-order/v2", "description": "eBay"},
            ],
            "security": [{"IAF": []}, {"TOKEN": []}],
            "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
            "paths": dict(sorted(paths.items())),
            "components": {
                "schemas": components(CALLS),
                "parameters": {"Marketplace": MARKETPLACE},
                "headers": {"RequestId": REQUEST_ID},
                "securitySchemes": SECURITY,
            },
        }
    )


TAGS = {
    "return": "Items that go back, or for which money goes back",
    "inquiry": "Items that did not arrive",
    "casemanagement": "Returns and inquiries that eBay decides",
    "cancellation": "Orders that are not to be carried out",
}
MARKETPLACE: Json = {
    "name": "X-EBAY-C-MARKETPLACE-ID",
    "in": "header",
    "required": True,
    "description": "The site whose rules apply",
    "schema": {"type": "string", "enum": sorted(SITES)},
    "example": "EBAY_US",
}
REQUEST_ID: Json = {
    "description": "What eBay's support asks for",
    "schema": {"type": "string"},
}
SECURITY: Json = {
    scheme: {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": f"`{scheme} <token>`: {words}. Never `Bearer`",
    }
    for scheme, words in (("IAF", "an OAuth user token"), ("TOKEN", "an Auth'n'Auth token"))
}

__all__ = ["MARKS", "description"]
