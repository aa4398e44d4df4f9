"""
Fuzz a simulator by its own description, with schemathesis: the long run.

    python tests/campaigns/openapi_fuzz.py --examples 2000 --seed 7

First the command of schemathesis tries what it thinks of by itself. Then valid and invalid calls
are made up from the description, and led to records that exist, so that they reach every state.
Each answer is judged by what is described, and by nothing else: status, content type, schema
(closed: no unknown field, no unknown word) and the errors of each status.
tests/simulator/test_schemathesis.py runs the same for a moment.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import ParameterLocation

from postorder_nb.simulator import Simulator
from postorder_nb.simulator.openapi import MARKS, description

Json = dict[str, Any]
ROOT = "/post-order/v2"
NOW = "2026-03-10T12:00:00Z"
SHELVES = {
    "returnId": "returns",
    "inquiryId": "inquiries",
    "caseId": "cases",
    "cancelId": "cancellations",
}
# What an answer is judged by beside `Judge`. Not among them: no 5xx at all, because a wrong state
# is one, and that all valid data is taken, because records have states.
NAMES = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
)


def checks() -> list[Any]:
    """Return the checks of schemathesis that apply."""
    return CHECKS.get_by_names(list(NAMES))


class Judge:
    """What the description allows, looked at as closely as the simulator lets us."""

    def __init__(self, document: Json) -> None:
        self.operations: dict[str, Json] = {
            found["operationId"]: found
            for item in document["paths"].values()
            for found in item.values()
        }
        self.components = document["components"]
        self._closed = closed(document["components"]["schemas"])
        self._seen: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def check(self, name: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Raise an AssertionError for an answer that is not described."""
        answers = self.operations[name]["responses"]
        assert str(status) in answers, f"{name}: {status} is not described"
        told = answers[str(status)]
        content = headers.get("content-type", "").split(";")[0]
        if "content" not in told:
            assert not body, f"{name}: a body with {status}: {body[:200]!r}"
            return
        assert content in told["content"], f"{name}: {content!r} with {status}"
        if content != "application/json":
            return
        found = json.loads(body)
        schema = told["content"][content]["schema"]
        for error in self.validator(schema).iter_errors(found):
            raise AssertionError(f"{name}: {status}: {error.instance_path}: {error!s:.300}")
        self._check_errors(name, status, told, found)

    def check_body(self, name: str, body: bytes) -> None:
        """Raise an AssertionError for a body that the description does not allow."""
        told = self.operations[name].get("requestBody")
        if not told or not body:
            assert not (told and told["required"]), f"{name}: no body"
            return
        validator = self.validator(told["content"]["application/json"]["schema"])
        for error in validator.iter_errors(json.loads(body)):
            raise AssertionError(f"{name}: {error.instance_path}: {error!s:.300}")

    @staticmethod
    def _check_errors(name: str, status: int, told: Json, found: Json) -> None:
        allowed = {(e["domain"], e["errorId"]) for e in told.get("x-errors", ())}
        inner = found.get("errorMessage", found)
        given = inner.get("error") or inner.get("errors") or []
        for error in given:
            key = error["domain"], error["errorId"]
            assert key in allowed, f"{name}: {key} is not described for {status}"

    def validator(self, schema: Json) -> jsonschema_rs.Draft202012Validator:
        """Return a validator of a schema whose references are the closed components."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._seen:
            whole = schema | {"components": {"schemas": self._closed}}
            self._seen[key] = jsonschema_rs.Draft202012Validator(whole)
        return self._seen[key]


def closed(schemas: Json) -> Json:
    """Return the schemas with no room for fields and words that they do not name."""
    schemas = copy.deepcopy(schemas)
    for schema in schemas.values():
        if MARKS in schema:
            schema["enum"] = schema[MARKS]
        elif schema.get("type") == "object":
            schema["additionalProperties"] = False
    return schemas


class Guide:
    """Leads made-up calls to records that exist, as somebody who may make them."""

    def __init__(self, sim: Simulator, operations: dict[str, Json], seed: int = 0) -> None:
        self.sim = sim
        self.dice = Random(seed)
        self._operations = operations
        self._orders = list(sim.world.orders)

    def lead(self, case: Any) -> dict[str, str]:
        """Fill in ids, lines and amounts where the case is valid; return the headers to send."""
        name = case.operation.definition.raw["operationId"]
        record = self._choose(case)
        order = record.order if record else self._order()
        if case.meta is None or not case.meta.is_negative_at(ParameterLocation.BODY):
            self._fill(name, case, record, order)
        if name == "return.tracking" and record and record.shipments and self._often():
            parcel = record.shipments[-1]
            if not case.meta.is_negative_at(ParameterLocation.QUERY):
                case.query["carrier_used"] = parcel.carrier
                case.query["tracking_number"] = parcel.tracking_number
        return {"Authorization": f"IAF {self._token(name, order)}"}

    def _often(self) -> bool:
        return self.dice.random() < 0.8

    def _choose(self, case: Any) -> Any:
        """Put the id of a record into the path."""
        (name,) = [name for name in case.path_parameters or {} if name in SHELVES] or [""]
        if not name or case.meta.is_negative_at(ParameterLocation.PATH) or not self._often():
            return None
        shelf = list(getattr(self.sim.world, SHELVES[name]).values())
        chosen = [record for record in shelf if record.open] if self._often() else shelf
        record = self.dice.choice(chosen or shelf)
        case.path_parameters[name] = record.id
        return record

    def _order(self) -> Any:
        """Take an order, a young one more often than not: those can still be cancelled."""
        ids = self._orders[-60:] if self._often() else self._orders
        return self.sim.world.orders[self.dice.choice(ids)]

    def _token(self, name: str, order: Any) -> str:
        """Let somebody call who may, most of the time."""
        role = self._operations[name]["x-role"]
        if role == "either":
            role = self.dice.choice(("seller", "buyer"))
        elif not self._often():
            role = "buyer" if role == "seller" else "seller"
        return self.sim.token if role == "seller" else self.sim.token_of(order.buyer.login)

    def _fill(self, name: str, case: Any, record: Any, order: Any) -> None:
        body = case.body
        if not isinstance(body, dict) or not self._often():
            return
        line = {"itemId": order.item.item_id, "transactionId": order.transaction_id}
        if name == "return.create" and isinstance(body.get("returnRequest"), dict):
            body["returnRequest"] |= line | {"type": "MONEY_BACK", "returnQuantity": 1}
        elif name == "inquiry.create":
            body |= line
        elif name in ("cancellation.create", "cancellation.check_eligibility"):
            body["legacyOrderId"] = order.order_id
        elif name == "return.issue_refund" and record:
            body["refundDetail"] = self._lines(record)
        elif name == "return.decide" and isinstance(body.get("partialRefundAmount"), dict):
            body["partialRefundAmount"] = {"value": 1.5, "currency": order.currency}
        elif name == "return.add_shipping_label" and record and record.files:
            body["fileId"] = record.files[0].file_id

    def _lines(self, record: Any) -> Json:
        """Refund what is expected, or a little less."""
        less = self.dice.choice((0, 0, 1))
        lines = [
            {"refundFeeType": line.fee_type, "value": line.amount.amount}
            for line in record.lines
            if line.stage == "estimated"
        ]
        if lines:
            lines[0]["value"] -= less
        amount = {"currency": record.order.currency}
        return {
            "totalAmount": amount | {"value": str(sum(line["value"] for line in lines))},
            "itemizedRefundDetail": [
                {
                    "refundFeeType": line["refundFeeType"],
                    "refundAmount": amount | {"value": str(line["value"])},
                }
                for line in lines
            ],
        }


def shop(seed: int) -> Simulator:
    """Return a shop in which much is going on, and refunds fail now and then."""
    return Simulator(returns=150, days=40, seed=seed, now=NOW, refund_status="shares")


def operations(document: Json) -> Iterator[Any]:
    """Yield the operations of a document, as schemathesis knows them."""
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        yield found.ok()


def send(
    sim: Simulator, guide: Guide, judge: Judge, case: Any, session: requests.Session
) -> tuple[int, str]:
    """Make a call, and judge the answer; returns its status and first error."""
    headers = guide.lead(case)
    name = case.operation.definition.raw["operationId"]
    response = case.call(base_url=sim.url + ROOT, headers=headers, session=session)
    body = response.content or b""
    told = {key.lower(): ", ".join(values) for key, values in response.headers.items()}
    judge.check(name, response.status_code, told, body)
    case.validate_response(response, checks=checks())
    error = re.search(rb'"errorId":(\d+)', body)
    return response.status_code, error[1].decode() if error else ""


def command(
    sim: Simulator, seed: int, folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """Point the command of schemathesis at a running simulator."""
    named = ["as_described", "unsupported_method", "ignored_auth", "allow_header_conformance"]
    line = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{sim.url}/openapi.json",
        "--url", sim.url + ROOT, "--header", f"Authorization: IAF {sim.token}",
        "--checks", ",".join([*NAMES, *named]), "--seed", str(seed), "--no-color",
        "--continue-on-failure", "--generation-database", "none", *more,
    ]  # fmt: skip
    hooks = Path(__file__).with_name("openapi_hooks.py")
    return subprocess.run(
        line, cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(hooks)},
    )  # fmt: skip


def campaign(examples: int, seed: int) -> Counter[tuple[str, int, str]]:
    """Make `examples` valid and as many invalid calls of each operation."""
    document = description()
    judge = Judge(document)
    tally: Counter[tuple[str, int, str]] = Counter()
    wrong: dict[str, Exception] = {}
    limits = settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    with shop(seed) as sim, requests.Session() as session:
        guide = Guide(sim, judge.operations, seed)

        def play(case: Any) -> None:
            name = case.operation.definition.raw["operationId"]
            try:
                tally[(name, *send(sim, guide, judge, case, session))] += 1
            except (AssertionError, FailureGroup, requests.RequestException) as error:
                wrong.setdefault(f"{name}: {str(error).splitlines()[-1]}", error)
            if sum(tally.values()) % 500 == 0:
                sim.advance(hours=7)

        for number, operation in enumerate(operations(document)):
            for mode in GenerationMode:
                cases = operation.as_strategy(generation_mode=mode)
                seeded(seed * 1000 + number)(limits(given(case=cases)(play)))()
    for words, error in wrong.items():
        print(f"{words}\n{error}\n{'-' * 100}")
    if wrong:
        raise SystemExit(f"{len(wrong)} kinds of answers are not as described")
    return tally


def main() -> int:
    """Run, and print how often each call was answered how."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    given_ = parser.parse_args()
    begun = time.perf_counter()
    with shop(given_.seed) as sim, tempfile.TemporaryDirectory() as folder:
        phases = ("--phases", "coverage,fuzzing,stateful", "-n", str(given_.examples))
        ran = command(sim, given_.seed, Path(folder), *phases)
    print(ran.stdout)
    if ran.returncode:
        return ran.returncode
    tally = campaign(given_.examples, given_.seed)
    for (name, status, error), count in sorted(tally.items()):
        print(f"{name:35} {status} {error:7} {count:6}")
    print(f"{sum(tally.values())} answers as described, {time.perf_counter() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
