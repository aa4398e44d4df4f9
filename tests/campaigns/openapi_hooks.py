"""What the command of schemathesis is to look at beside its own checks: see openapi_fuzz.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import schemathesis

sys.path.insert(0, str(Path(__file__).parent))  # the command does not know this folder
from openapi_fuzz import Judge

from postorder_nb.simulator.openapi import description

JUDGE = Judge(description())


@schemathesis.check
def as_described(ctx: Any, response: Any, case: Any) -> None:
    """Hold an answer against the closed schemas, and its errors against those described."""
    if response.status_code == 405:  # a method that is not described: looked at by other checks
        return
    name = case.operation.definition.raw["operationId"]
    headers = {key.lower(): ", ".join(values) for key, values in response.headers.items()}
    JUDGE.check(name, response.status_code, headers, response.content or b"")
