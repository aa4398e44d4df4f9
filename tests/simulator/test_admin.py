"""The admin path, with nothing but HTTP; and the page in the browser."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from postorder_nb.simulator import Faults, Simulator

NOW = "2026-03-10T12:00:00Z"
Ask = Callable[..., Any]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(returns=120, days=60, now=NOW) as running:
        yield running


class Web:
    """A caller like curl: a method, a path, some text."""

    def __init__(self, sim: Simulator) -> None:
        self.netloc = urlsplit(sim.url).netloc

    def __call__(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self.netloc, timeout=10)
        connection.request(method, f"/_simulator{path}", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, json.loads(said)


@pytest.fixture
def web(sim: Simulator) -> Web:
    return Web(sim)


def test_the_state(sim: Simulator, web: Web, caller: Ask) -> None:
    caller(sim, "/return/search")
    status, state = web("GET", "/state")
    assert status == 200
    assert state["clock"] == {"now": "2026-03-10T12:00:00+00:00", "ticking": False}
    assert state["records"]["return"] == Counter(r.state for r in sim.world.returns.values())
    assert sum(state["records"]["inquiry"].values()) == len(sim.world.inquiries)
    assert state["requests"] == 1
    assert state["calls_today"]["return"] == 1
    assert (state["faults"], state["db"], state["settings"]["seed"]) == (None, None, 7)


def test_every_call_is_listed_and_there(web: Web) -> None:
    listed = web("GET", "")[1]
    assert len(listed) == len({(deed["method"], deed["path"]) for deed in listed}) > 12
    for deed in listed:
        path = deed["path"].removeprefix("/_simulator")
        status, _ = web("PATCH", path.replace("{", "").replace("}", ""))
        assert status == 405


def test_examples_are_good(web: Web, sim: Simulator) -> None:
    for deed in web("GET", "")[1]:
        if deed["example"]:
            ready = (r for r in sim.world.returns.values() if r.state == "ITEM_READY_TO_SHIP")
            record = next(ready)
            path = deed["path"].removeprefix("/_simulator").replace("{kind}", "return")
            path = path.replace("{id}", record.id).replace("{event}", "ship")
            assert web(deed["method"], path, deed["example"])[0] == 200, deed


def test_the_clock(sim: Simulator, web: Web) -> None:
    assert web("POST", "/clock", '{"days": 2, "hours": 1}')[0] == 200
    assert sim.clock.now() == datetime(2026, 3, 12, 13, tzinfo=UTC)
    for wrong in ('{"days": -1}', '{"weeks": 1}', '{"days": "x"}', "[]", "soon", '{"days": 1e99}'):
        status, said = web("POST", "/clock", wrong)
        assert (status, "error" in said) == (400, True), wrong
    assert sim.clock.now() == datetime(2026, 3, 12, 13, tzinfo=UTC)


def test_a_clock_can_be_stopped() -> None:
    with Simulator(returns=2) as ticking:
        assert Web(ticking)("POST", "/clock", '{"freeze": true}')[1]["ticking"] is False
        assert not ticking.clock.ticking


def test_faults(sim: Simulator, web: Web, caller: Ask) -> None:
    assert web("PUT", "/faults", "100%:500")[1]["rate"] == 1
    assert caller(sim, "/return/search").status == 500
    status, now = web("PUT", "/faults", '{"quota": 0, "skew": 60}')
    assert (status, now["quota"], sim.faults) == (200, 0, Faults(rate=0, quota=0, skew=60))
    assert caller(sim, "/return/search").status == 429
    assert web("PUT", "/faults", "5%:teapot")[0] == 400
    assert web("DELETE", "/faults") == (200, None)
    assert caller(sim, "/return/search").status == 200


def test_latency(sim: Simulator, web: Web) -> None:
    given = {"/search": "uniform:0.001-0.002"}
    assert web("PUT", "/latency", json.dumps(given)) == (200, given)
    assert sim.latency == given
    assert web("PUT", "/latency", "0.001")[1] == 0.001
    assert web("PUT", "/latency", '{"/search": []}')[0] == 400
    assert web("PUT", "/latency")[1] == 0


def test_requests(sim: Simulator, web: Web, caller: Ask) -> None:
    caller(sim, "/return/search", limit=5)
    caller(sim, "/inquiry/1/close", method="POST", body={"é": 1})
    latest, first = web("GET", "/requests")[1]
    assert (latest["method"], latest["path"]) == ("POST", "/post-order/v2/inquiry/1/close")
    assert json.loads(latest["body"]) == {"é": 1}
    assert (first["query"], first["status"], first["fault"]) == ({"limit": "5"}, 200, None)
    assert len(web("GET", "/requests?limit=1")[1]) == 1
    assert web("GET", "/requests?limit=0")[1] == []
    assert web("GET", "/requests?limit=x")[0] == 400
    web("DELETE", "/requests")
    assert sim.requests == []


def test_tokens(sim: Simulator, web: Web, caller: Ask) -> None:
    login = next(iter(sim.world.returns.values())).buyer.login
    assert web("GET", "/token")[1]["token"] == sim.token
    mine = web("GET", f"/token?login={login}")[1]
    assert (mine["token"], mine["refresh_token"]) == (
        sim.token_of(login),
        sim.refresh_token(login),
    )
    assert caller(sim, "/return/search", headers={"Authorization": mine["authorization"]})
    assert web("GET", "/token?login=nobody")[0] == 400
    old = sim.token
    assert web("POST", "/token/expire")[1]["token"] == sim.token != old
    assert web("POST", "/token/revoke", json.dumps({"token": sim.token}))[0] == 200
    assert caller(sim, "/return/search").status == 401
    assert web("POST", "/token/revoke", "{}")[0] == 400


def test_the_truth_of_records(sim: Simulator, web: Web) -> None:
    closed = [r for r in sim.world.returns.values() if r.state == "CLOSED"]
    status, found = web("GET", "/records/return?state=CLOSED&limit=3&offset=2")
    assert (status, found["total"]) == (200, len(closed))
    assert [one["id"] for one in found["records"]] == [r.id for r in closed[2:5]]
    record = next(r for r in closed if r.refund)
    one = web("GET", f"/records/return/{record.id}")[1]
    assert one["refund"]["amount"] == str(record.refund.amount)
    assert one["created_at"] == record.created_at.isoformat()
    assert len(one["history"]) == len(record.history)
    case = next(iter(sim.world.cases.values()))
    parent = web("GET", f"/records/case/{case.id}")[1]["parent"]
    assert parent == {"kind": type(case.parent).__name__.lower(), "id": case.parent.id}
    assert web("GET", "/records/letters")[0] == 400
    assert web("GET", "/records/return/1")[0] == 400
    assert web("GET", "/records/return?limit=-1")[0] == 400


def test_something_happens(sim: Simulator, web: Web) -> None:
    record = next(r for r in sim.world.returns.values() if r.state == "ITEM_READY_TO_SHIP")
    path = f"/records/return/{record.id}/ship"
    status, said = web("POST", path, '{"trackingNumber": "1Z9", "carrierEnum": "UPS"}')
    assert (status, said["state"]) == (200, "ITEM_SHIPPED")
    assert record.shipments[-1].tracking_number == "1Z9"
    assert web("POST", path)[0] == 400
    assert web("POST", path, "[1]")[0] == 400
    assert web("GET", "/check") == (200, [])
    web("POST", "/clock", '{"days": 40}')
    ledger = web("GET", "/ledger")[1]
    assert len(ledger) == len(sim.world.ledger) > 0
    assert ledger[0]["amount"] == str(sim.world.ledger[0].amount)


def test_refunds_and_reset(sim: Simulator, web: Web) -> None:
    assert web("PUT", "/refunds", '{"status": "FAILED"}')[1] == {"status": "FAILED"}
    assert sim.refund_status == "FAILED"
    assert web("PUT", "/refunds", '{"status": "MAYBE"}')[0] == 400
    web("POST", "/clock", '{"days": 5}')
    status, state = web("POST", "/reset")
    assert (status, state["refund_status"]) == (200, "SUCCESS")
    assert state["clock"]["now"] == "2026-03-10T12:00:00+00:00"


def test_what_is_not_there(web: Web) -> None:
    assert web("GET", "/nothing")[0] == 404
    assert web("GET", "/records/return/1/2/3")[0] == 404


def test_it_is_never_spoilt_and_never_logged(sim: Simulator, web: Web) -> None:
    sim.faults, sim.latency = Faults(rate=1, kinds=("drop",), methods=("GET", "PUT")), 30
    assert web("GET", "/state")[0] == 200
    assert sim.requests == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://example.org"}, {"Host": "example.org"}, {"Host": "example.org:80"},
     {"Origin": "null"}],
)  # fmt: skip
def test_pages_of_other_sites_are_kept_out(web: Web, headers: dict[str, str]) -> None:
    assert web("POST", "/reset", **headers)[0] == 403


def test_its_own_page_may_call(sim: Simulator, web: Web) -> None:
    assert web("GET", "/state", Origin=sim.url)[0] == 200
    assert web("GET", "/state", Host="localhost:1")[0] == 200
    assert web("GET", "/state", Host="[::1]:1")[0] == 200


def test_the_description_is_served(sim: Simulator, caller: Ask) -> None:
    answer = caller(sim, "/openapi.json", root="", headers={"Authorization": None})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["openapi"].startswith("3.1")
    assert sim.requests == []


# -- the page ---------------------------------------------------------------------------------


class Tags(HTMLParser):
    """What a page is made of, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        self.loads += [str(value) for name, value in attrs if name in ("src", "srcset", "data")]
        self.loads += [str(value) for name, value in attrs if tag == "link" and name == "href"]
        self.loads += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(sim: Simulator, caller: Ask) -> tuple[Any, Tags]:
    answer = caller(sim, "/", root="", headers={"Authorization": None})
    tags = Tags()
    tags.feed(answer.body.decode())
    return answer, tags


def test_the_page_shows_what_there_is(sim: Simulator, caller: Ask) -> None:
    sim.faults = Faults.parse("10%:429 quota=77")
    caller(sim, "/return/search", limit=7)
    answer, tags = page(sim, caller)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for text in (
        "2026-03-10 12:00:00 UTC, standing still", "quota=77", "/v2/return/search?limit=7",
        sim.token, "/_simulator/clock", "returns: 120", "ITEM_READY_TO_SHIP",
    ):  # fmt: skip
        assert text in tags.text


def test_the_page_loads_nothing_and_runs_nothing(sim: Simulator, caller: Ask) -> None:
    answer, tags = page(sim, caller)
    assert tags.loads == []
    assert not tags.count["script"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert b'http-equiv="refresh"' in answer.body
    assert b"light dark" in answer.body
    assert b"url(" not in answer.body


def test_what_comes_from_outside_is_text(sim: Simulator, caller: Ask) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J"
    caller(sim, "/return/search", evil=evil)
    caller(sim, f"/{evil}")
    _, tags = page(sim, caller)
    assert not tags.count["script"]
    assert not tags.count["img"]
    assert "onerror" in tags.text
    assert "\x1b" not in tags.text


def test_head_has_no_body(sim: Simulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(sim.url).netloc, timeout=10)
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1000
    connection.request("GET", "/openapi.json")
    assert connection.getresponse().status == 200
    connection.close()
