"""The description of the simulator: complete, valid, and true of what is sent and answered."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import openapi_spec_validator
import pytest

from postorder_nb.api.body import encode
from postorder_nb.simulator import Simulator
from postorder_nb.simulator.openapi import description
from postorder_nb.simulator.routes import Api

TESTS = Path(__file__).parents[1]
HASH = (
    "import hashlib, json; from postorder_nb.simulator.openapi import description; "
    "print(hashlib.sha256(json.dumps(description()).encode()).hexdigest())"
)

# From the documents: who may, what it does, whether EU and UK sellers sign, when it went.
CALLS = """
GET /return/search either read
GET /return/{returnId} either read
GET /return/{returnId}/files either read
GET /return/{returnId}/tracking either read
GET /return/preference seller read
POST /return/preference seller write
POST /return buyer write
POST /return/{returnId}/decide either money signed
POST /return/{returnId}/issue_refund seller money signed
POST /return/{returnId}/mark_as_received seller final
POST /return/{returnId}/send_message either write
POST /return/{returnId}/escalate either final
POST /return/{returnId}/add_shipping_label seller money
POST /return/{returnId}/file/upload either write
GET /inquiry/search either read
GET /inquiry/{inquiryId} either read
POST /inquiry buyer write 2026-03-16
POST /inquiry/{inquiryId}/send_message either write
POST /inquiry/{inquiryId}/provide_shipment_info seller write
POST /inquiry/{inquiryId}/issue_refund seller money signed
POST /inquiry/{inquiryId}/escalate either final
POST /inquiry/{inquiryId}/close buyer final 2026-03-16
POST /inquiry/{inquiryId}/confirm_refund buyer final 2026-03-16
POST /inquiry/{inquiryId}/provide_refund_info seller write 2026-03-16
GET /casemanagement/search either read
GET /casemanagement/{caseId} either read
POST /casemanagement/{caseId}/appeal either final
POST /casemanagement/{caseId}/close buyer final 2026-03-02
POST /casemanagement/{caseId}/issue_refund seller money signed 2026-03-02
POST /casemanagement/{caseId}/provide_return_address seller write 2026-03-02
POST /casemanagement/{caseId}/provide_shipment_info buyer write 2026-03-02
GET /cancellation/search either read
GET /cancellation/{cancelId} either read
POST /cancellation/check_eligibility either read
POST /cancellation either money signed
POST /cancellation/{cancelId}/approve seller money signed
POST /cancellation/{cancelId}/reject seller final
POST /cancellation/{cancelId}/confirm buyer final 2026-03-02
""".strip().splitlines()

# The most a page may hold, and what it holds when nothing is said.
PAGES = {"return": (200, 25), "inquiry": (200, 25), "case": (200, 25), "cancellation": (500, 10)}


def load(path: str) -> ModuleType:
    """Load a file of the tests that is no module of a package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, TESTS / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return description()


@pytest.fixture(scope="module")
def judge(document: dict[str, Any]) -> Any:
    return load("campaigns/openapi_fuzz.py").Judge(document)


@pytest.fixture(scope="module")
def name_of(document: dict[str, Any]) -> Callable[[str, str], str]:
    """Return the call's name of a method and a path below the root."""
    table = [
        (method.upper(), re.compile(re.sub(r"{\w+}", "[^/]+", path)), found["operationId"])
        for path, item in document["paths"].items()
        for method, found in item.items()
    ]

    def find(method: str, path: str) -> str:
        names = [n for m, pattern, n in table if m == method and pattern.fullmatch(path)]
        return sorted(names, key=lambda name: name.endswith(".get"))[0]

    return find


# -- the document ---------------------------------------------------------------------------------


def test_it_is_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


def test_it_has_the_38_calls(document: dict[str, Any]) -> None:
    told = []
    for path, item in document["paths"].items():
        for method, found in item.items():
            words = [method.upper(), path, found["x-role"], found["x-effect"]]
            words += ["signed"] * found["x-signed"] + [found.get("x-gone", "")]
            told.append(" ".join(words).strip())
            assert found.get("deprecated", False) == ("x-gone" in found)
    assert sorted(told) == sorted(CALLS)
    assert len(told) == 38


def test_it_is_always_the_same() -> None:
    once = description()
    once["paths"].clear()
    expected = hashlib.sha256(json.dumps(description()).encode()).hexdigest()
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", HASH], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert ran.stdout.strip() == expected


def test_how_callers_are_known(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {name: (s["type"], s["in"], s["name"]) for name, s in schemes.items()} == {
        "IAF": ("apiKey", "header", "Authorization"),
        "TOKEN": ("apiKey", "header", "Authorization"),
    }
    assert document["security"] == [{"IAF": []}, {"TOKEN": []}]
    header = document["components"]["parameters"]["Marketplace"]
    assert header["required"]
    assert {"EBAY_US", "EBAY_GB", "EBAY_UK", "EBAY_DE"} <= set(header["schema"]["enum"])


@pytest.mark.parametrize("kind", PAGES)
def test_pages(judge: Any, kind: str) -> None:
    found = {p.get("name"): p for p in judge.operations[f"{kind}.search"]["parameters"]}
    assert (found["limit"]["schema"]["maximum"], found["limit"]["schema"]["default"]) == PAGES[kind]
    assert found["limit"]["schema"]["minimum"] == 1
    assert found["offset"]["schema"]["minimum"] == 0


def test_every_call_tells_its_troubles(judge: Any) -> None:
    for name, told in judge.operations.items():
        answers = told["responses"]
        assert {"400", "401", "429", "503"} <= set(answers), name
        assert list(answers["503"]["content"]) == ["text/html"]
        assert ("404" in answers) == ("x-gone" in told)
    state = judge.operations["return.issue_refund"]["responses"]["500"]["x-errors"]
    assert {("returnErrorDomain", 1502), ("returnErrorDomain", 1001)} <= {
        (error["domain"], error["errorId"]) for error in state
    }


def test_words_in_answers_are_open_and_in_bodies_closed(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    reason = schemas["ReturnCreationInfoType"]["properties"]["reason"]
    assert reason == {"$ref": "#/components/schemas/ReturnReason"}
    assert "enum" not in schemas["ReturnReason"]
    assert "ARRIVED_DAMAGED" in schemas["ReturnReason"]["x-extensible-enum"]
    sent = schemas["CreateReturnRequest"]["properties"]["returnRequest"]
    assert "ARRIVED_DAMAGED" in sent["properties"]["reason"]["enum"]


# -- the answers ----------------------------------------------------------------------------------


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Everything that is asked of simulators from now on, with its answer."""
    made: list[tuple[Any, Any]] = []
    answer = Api.answer

    def note(self: Api, request: Any) -> Any:
        made.append((request, answer(self, request)))
        return made[-1][1]

    monkeypatch.setattr(Api, "answer", note)
    return made


@pytest.fixture(scope="module")
def examples() -> ModuleType:
    return load("api/test_examples.py")


@pytest.fixture
def shop(examples: ModuleType, tmp_path: Path) -> Iterator[Any]:
    with Simulator(returns=40, days=40, seed=5, now="2026-03-01T12:00:00Z") as simulator:
        shop = examples.Shop(simulator, tmp_path)
        yield shop
        for po in shop.clients:
            po.close()


def hold(judge: Any, name: str, request: Any, answer: Any) -> None:
    """Hold one exchange against the description."""
    judge.check(name, answer.status, {"content-type": answer.content_type}, answer.body)
    if answer.status < 300:
        judge.check_body(name, request.body)


def test_every_write_of_our_client(
    examples: ModuleType, shop: Any, exchanges: Any, judge: Any, name_of: Any
) -> None:
    """The examples of the client's docstrings: 26 writes, each in a state that allows it."""
    for key in examples.SCENES:
        examples.test_the_example_is_true(shop, key)
    done = set()
    for request, answer in exchanges:
        name = name_of(request.method, request.path.removeprefix("/post-order/v2"))
        hold(judge, name, request, answer)
        done |= {name} if answer.status < 300 else set()
    writes = {n for n, told in judge.operations.items() if told["x-effect"] != "read"}
    assert writes <= done


def test_every_read(sim: Simulator, caller: Any, exchanges: Any, judge: Any, name_of: Any) -> None:
    world = sim.world
    for name, most in (("return", 200), ("inquiry", 200), ("casemanagement", 200),
                       ("cancellation", 500)):  # fmt: skip
        window = {"creation_date_range_from": "2025-09-01T00:00:00.000Z",
                  "creation_date_range_to": "2026-03-10T12:00:00.000Z"}  # fmt: skip
        caller(sim, f"/{name}/search", limit=most, **(window if name == "cancellation" else {}))
        caller(sim, f"/{name}/search", limit=most, item_id="1")
    shelves = {"return": world.returns, "inquiry": world.inquiries,
               "casemanagement": world.cases, "cancellation": world.cancellations}  # fmt: skip
    for name, shelf in shelves.items():
        for record in list(shelf.values())[:: max(1, len(shelf) // 60)]:
            caller(sim, f"/{name}/{record.id}")
    for group in ("SUMMARY", "NONE"):
        caller(sim, f"/return/{next(iter(world.returns))}", fieldgroups=group)
    sent = next(r for r in world.returns.values() if r.files and r.shipments)
    parcel = sent.shipments[-1]
    caller(sim, f"/return/{sent.id}/files")
    caller(sim, f"/return/{sent.id}/tracking", carrier_used=parcel.carrier,
           tracking_number=parcel.tracking_number)  # fmt: skip
    caller(sim, "/return/preference")
    body = {"legacyOrderId": sent.order.order_id}
    caller(sim, "/cancellation/check_eligibility", method="POST", body=body)
    done = set()
    for request, answer in exchanges:
        name = name_of(request.method, request.path.removeprefix("/post-order/v2"))
        assert answer.status == 200, (request, answer)
        hold(judge, name, request, answer)
        done.add(name)
    assert done == {n for n, told in judge.operations.items() if told["x-effect"] == "read"}


WRITTEN = load("api/test_writes.py").BODIES


@pytest.mark.parametrize("case", WRITTEN)
def test_bodies_that_our_client_writes(judge: Any, name_of: Any, case: str) -> None:
    _, path, body = WRITTEN[case]
    judge.check_body(name_of("POST", path), encode(body) if body is not None else b"")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/return/1/decide", {}),
        ("/return/1/decide", {"decision": "PLEASE"}),
        ("/return/1/issue_refund", {"refundDetail": {"totalAmount": {"value": 1}}}),
        ("/return/1/send_message", {"message": "Hello"}),
        ("/inquiry/1/provide_shipment_info", {"trackingNumber": "12 34"}),
        ("/inquiry/1/provide_shipment_info", {"trackingNumber": "1" * 65}),
        ("/cancellation", {"legacyOrderId": " "}),
        ("/cancellation/1/reject", {"shipmentDate": "2026-03-01"}),
    ],
)
def test_bodies_that_do_not_do(judge: Any, name_of: Any, path: str, body: Any) -> None:
    with pytest.raises(AssertionError):
        judge.check_body(name_of("POST", path), json.dumps(body).encode())


# -- the gate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_nobody_gets_in_without_a_token(
    sim: Simulator, caller: Any, judge: Any, name_of: Any, call: str
) -> None:
    method, template, *_ = call.split()
    path = re.sub(r"{\w+}", "5", template)
    name = name_of(method, template)
    for headers, status in (
        ({"Authorization": None}, 401),
        ({"Authorization": "IAF of nobody"}, 401),
        ({"Authorization": f"Bearer {sim.token}"}, 401),
        ({"X-EBAY-C-MARKETPLACE-ID": None}, 400),
    ):
        answer = caller(sim, path, method=method, headers=headers)
        assert answer.status == status
        judge.check(name, answer.status, answer.headers, answer.body)


def test_other_methods(sim: Simulator, caller: Any) -> None:
    allowed = {
        "/return/search": "GET", "/return/5/decide": "POST", "/return/preference": "GET, POST",
        "/cancellation/check_eligibility": "POST", "/cancellation/5": "GET",
    }  # fmt: skip
    for path, methods in allowed.items():
        answer = caller(sim, path, method="DELETE")
        assert (answer.status, answer.headers["allow"]) == (405, methods)
    assert caller(sim, "/nothing", method="GET").status == 404
