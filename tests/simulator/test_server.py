"""The HTTP side: tokens, headers, paths, faults, and the life of the server."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from postorder_nb.errors import InputError
from postorder_nb.simulator import Faults, Simulator, server

NOW = "2026-03-10T12:00:00Z"
Ask = Callable[..., Any]


@pytest.fixture
def small() -> Iterator[Simulator]:
    with Simulator(returns=30, days=90, now=NOW) as running:
        yield running


# -- the gate ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["IAF", "TOKEN"])
def test_both_schemes_open_the_gate(small: Simulator, caller: Ask, scheme: str) -> None:
    answer = caller(small, "/return/search", headers={"Authorization": f"{scheme} {small.token}"})
    assert answer.status == 200


def test_bearer_is_refused_in_plain_words(small: Simulator, caller: Ask) -> None:
    answer = caller(small, "/return/search", headers={"Authorization": f"Bearer {small.token}"})
    assert (answer.status, answer.body) == (401, b"Bad scheme: Bearer")


@pytest.mark.parametrize("sent", [None, "", "IAF", "IAF wrong", "IAF ", "Basic abc", "{token}"])
def test_other_tokens_are_refused(small: Simulator, caller: Ask, sent: str | None) -> None:
    token = sent.format(token=small.token) if sent else sent
    answer = caller(small, "/return/search", headers={"Authorization": token})
    assert answer.status == 401
    (error,) = answer.json["errors"]
    assert (error["errorId"], error["domain"], error["category"]) == (1001, "OAuth", "REQUEST")


def test_a_token_can_expire(small: Simulator, caller: Ask) -> None:
    old = small.token
    new = small.expire_token()
    assert new == small.token != old
    stale = {"Authorization": f"IAF {old}"}
    assert caller(small, "/return/search", headers=stale).status == 401
    assert caller(small, "/return/search").status == 200


@pytest.mark.parametrize("site", [None, "", "EBAY_MOON", "ebay_us"])
def test_a_marketplace_is_required(small: Simulator, caller: Ask, site: str | None) -> None:
    answer = caller(small, "/return/search", headers={"X-EBAY-C-MARKETPLACE-ID": site})
    assert answer.status == 400
    assert answer.json["error"][0]["errorId"] == 292004


@pytest.mark.parametrize("site", ["EBAY_GB", "EBAY_UK", "EBAY_DE", "EBAY_AU"])
def test_the_marketplace_hides_nothing(small: Simulator, caller: Ask, site: str) -> None:
    answer = caller(small, "/return/search", headers={"X-EBAY-C-MARKETPLACE-ID": site})
    assert answer.json["total"] == 30


@pytest.mark.parametrize(
    ("method", "path", "root"),
    [
        ("GET", "/case/search", "/post-order/v2"),
        ("GET", "/return/1/2/3", "/post-order/v2"),
        ("POST", "/", ""),
        ("GET", "/index.html", ""),
        ("GET", "/return/search", "/post-order/v1"),
    ],
)
def test_unknown_paths_are_answered_with_a_page(
    small: Simulator, caller: Ask, method: str, path: str, root: str
) -> None:
    answer = caller(small, path, method=method, root=root)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_each_answer_has_its_own_request_id(small: Simulator, caller: Ask) -> None:
    ids = {
        caller(small, path).headers["x-ebay-c-request-id"]
        for path in ("/return/search", "/return/search", "/return/1", "/inquiry/1", "/nothing")
    }
    assert len(ids) == 5


# -- the life of the server -------------------------------------------------------------------


def test_a_connection_is_kept_alive(small: Simulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(small.url).netloc, timeout=5)
    headers = {"Authorization": f"IAF {small.token}", "X-EBAY-C-MARKETPLACE-ID": "EBAY_US"}
    socket = None
    for path in ("/return/search", "/return/1", "/inquiry/search"):
        connection.request("GET", f"/post-order/v2{path}", headers=headers)
        answer = connection.getresponse()
        assert answer.version == 11
        answer.read()
        socket = socket or connection.sock
        assert connection.sock is socket is not None
    connection.close()


def test_what_was_asked_is_remembered(small: Simulator, caller: Ask) -> None:
    caller(small, "/return/search", limit=5, states="CLOSED")
    caller(small, "/inquiry/1")
    one, two = small.requests
    assert (one.method, one.path) == ("GET", "/post-order/v2/return/search")
    assert (one.query, one.status) == ({"limit": "5", "states": "CLOSED"}, 200)
    assert one.at == datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert (two.status, two.fault) == (500, None)


def test_of_very_many_requests_the_latest_are_remembered(
    small: Simulator, caller: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEPT", 6)
    for number in range(15):
        caller(small, f"/return/{number}")
    numbers = [int(entry.path.rpartition("/")[2]) for entry in small.requests]
    assert 3 < len(numbers) <= 6
    assert numbers == list(range(15))[-len(numbers) :]


def _again(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    connection.getresponse()


def test_it_can_be_closed_twice_and_answers_no_more() -> None:
    sim = Simulator(returns=2, now=NOW).start().start()
    connection = http.client.HTTPConnection(urlsplit(sim.url).netloc, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    sim.close()
    sim.close()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        _again(connection)
    connection.close()
    assert "closed" in repr(sim)


def test_it_can_be_closed_without_a_start() -> None:
    Simulator(returns=1, now=NOW).close()


def test_answers_wait_as_long_as_they_are_told(small: Simulator, caller: Ask) -> None:
    def seconds(path: str) -> float:
        start = time.perf_counter()
        caller(small, path)
        return time.perf_counter() - start

    small.latency = 0.2
    assert seconds("/return/search") >= 0.2
    small.latency = {"/inquiry/": 0.3}
    assert seconds("/inquiry/search") >= 0.3
    small.latency = {"/inquiry/": 30}
    assert seconds("/return/search") < 10


def test_importing_it_is_light() -> None:
    code = (
        "import sys, postorder_nb.simulator; "
        "print([m for m in ('pandas', 'pyarrow', 'requests', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# -- faults -----------------------------------------------------------------------------------


def outcomes(sim: Simulator, caller: Ask, count: int) -> list[Any]:
    """What a caller sees: the status, or how the answer was broken."""
    seen: list[Any] = []
    for _ in range(count):
        try:
            answer = caller(sim, "/return/search")
        except http.client.IncompleteRead:
            seen.append("short")
        except http.client.RemoteDisconnected:
            seen.append("dropped")
        else:
            seen.append(answer)
    return seen


def test_the_same_faults_come_again(small: Simulator, caller: Ask) -> None:
    runs = []
    for seed in (4, 4, 5):
        small.faults = Faults(rate=0.5, seed=seed)
        small.requests.clear()
        outcomes(small, caller, 40)
        runs.append([entry.fault for entry in small.requests])
    assert runs[0] == runs[1] != runs[2]
    share = sum(fault is not None for fault in runs[0]) / 40
    assert 0.25 < share < 0.75


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [("429", 429, None), ("429-retry-after", 429, "3"), ("500", 500, None), ("503", 503, None)],
)
def test_busy_answers(
    small: Simulator, caller: Ask, kind: str, status: int, retry_after: str | None
) -> None:
    small.faults = Faults(rate=1, kinds=(kind,), retry_after=3)
    (answer,) = outcomes(small, caller, 1)
    assert answer.status == status
    assert answer.headers.get("retry-after") == retry_after
    if status == 429:
        assert answer.json["errors"][0]["errorId"] == 2001
    if status == 500:
        assert answer.json["errors"][0]["errorId"] == 2003
    assert small.requests[-1].fault == kind


def test_dropped_connections(small: Simulator, caller: Ask) -> None:
    small.faults = Faults(rate=1, kinds=("drop",))
    assert outcomes(small, caller, 2) == ["dropped", "dropped"]
    assert small.requests[-1].status is None
    small.faults = None
    assert caller(small, "/return/search").status == 200


def test_answers_cut_in_the_middle(small: Simulator, caller: Ask) -> None:
    small.faults = Faults(rate=1, kinds=("truncate",))
    seen = outcomes(small, caller, 20)
    assert "short" in seen
    whole = [answer for answer in seen if answer != "short"]
    assert whole
    for answer in whole:
        assert answer.status == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.body)


def test_pages_in_place_of_answers(small: Simulator, caller: Ask) -> None:
    small.faults = Faults(rate=1, kinds=("html",))
    seen = outcomes(small, caller, 20)
    assert Counter(answer.status for answer in seen).keys() == {200, 502}
    assert all(b"<html>" in answer.body for answer in seen)


def test_faults_as_text() -> None:
    assert Faults.parse("5%:429,500,drop") == Faults(rate=0.05, kinds=("429", "500", "drop"))
    assert Faults.parse("0.25").rate == 0.25
    assert Faults.parse("100%").kinds == Faults().kinds
    for wrong in ("often", "5%:teapot", "200%", "-1"):
        with pytest.raises(InputError):
            Faults.parse(wrong)
    with pytest.raises(InputError, match="none given"):
        Faults(kinds=())
