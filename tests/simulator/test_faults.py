"""What goes wrong on purpose: that it does, the same each time, and that the log says so."""

from __future__ import annotations

import http.client
import json
import math
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from postorder_nb.errors import InputError
from postorder_nb.simulator import Faults, Simulator
from postorder_nb.simulator.faults import MEANINGS
from postorder_nb.simulator.latency import Delay, Delays

NOW = "2026-03-10T12:00:00Z"
Ask = Callable[..., Any]
SEARCH = "/return/search"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(returns=40, days=60, now=NOW) as running:
        yield running


def outcome(sim: Simulator, caller: Ask, path: str = SEARCH, **more: Any) -> Any:
    """The answer, or the name of what came instead."""
    try:
        return caller(sim, path, **more)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


def open_return(sim: Simulator) -> Any:
    return next(r for r in sim.world.returns.values() if r.state == "ITEM_READY_TO_SHIP")


def say(sim: Simulator, caller: Ask, record: Any, words: str) -> Any:
    body = {"message": {"content": words}}
    return outcome(sim, caller, f"/return/{record.id}/send_message", method="POST", body=body)


def notes(record: Any) -> list[str]:
    return [line.notes for line in record.history if line.notes in ("one", "two", "three")]


# -- every kind -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(set(MEANINGS) - {"half-open", "mute", "late"}))
def test_what_is_done_and_what_is_not(sim: Simulator, caller: Ask, kind: str) -> None:
    """The table of kinds says whether what was asked is done; so does the record."""
    record = open_return(sim)
    sim.faults = Faults(rate=1, kinds=(kind,), drip=0, patience=0)
    say(sim, caller, record, "one")
    times = 0 if "nothing is done" in MEANINGS[kind] or kind == "expire" else 1
    assert len(notes(record)) == (2 if kind == "twice" else times)
    assert sim.requests[-1].fault.startswith(kind)


def test_no_answer_and_the_connection_stays_open(sim: Simulator, caller: Ask) -> None:
    record = open_return(sim)
    for kind, times in (("half-open", 0), ("mute", 1)):
        sim.faults = Faults(rate=1, kinds=(kind,))
        host, port = urlsplit(sim.url).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=0.3) as connection:
            connection.sendall(request(sim, record, b'{"message":{"content":"one"}}'))
            with pytest.raises(TimeoutError):
                connection.recv(1)
        assert len(notes(record)) == times
        assert (sim.requests[-1].fault, sim.requests[-1].status) == (kind, None)


def request(sim: Simulator, record: Any, body: bytes) -> bytes:
    return (
        f"POST /post-order/v2/return/{record.id}/send_message HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: IAF {sim.token}\r\nX-EBAY-C-MARKETPLACE-ID: EBAY_US\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def test_closing_ends_connections_that_hang(sim: Simulator) -> None:
    sim.faults = Faults(rate=1, kinds=("half-open",))
    host, port = urlsplit(sim.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request(sim, open_return(sim), b"{}"))
        while not sim.requests:
            time.sleep(0.01)
        sim.close()
        assert connection.recv(1) == b""


def test_bodies_that_are_none(sim: Simulator, caller: Ask) -> None:
    sim.faults = Faults(rate=1, kinds=("empty",))
    answer = caller(sim, SEARCH)
    assert (answer.status, answer.body) == (200, b"")
    sim.faults = Faults(rate=1, kinds=("garbled",))
    answer = caller(sim, SEARCH)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match=r"decode|codec"):
        json.loads(answer.body)


def test_byte_by_byte(sim: Simulator, caller: Ask) -> None:
    whole = caller(sim, SEARCH, limit=1)
    sim.faults = Faults(rate=1, kinds=("drip",), drip=0.0002)
    begin = time.perf_counter()
    dripped = caller(sim, SEARCH, limit=1)
    assert time.perf_counter() - begin > 0.0002 * len(whole.body)
    assert dripped.json == whole.json


def test_one_delivery_becomes_two(sim: Simulator, caller: Ask) -> None:
    """The caller sees the first answer, or the second: that the refund was made before."""
    answers = set()
    for seed in range(6):
        sim.faults = Faults(rate=1, kinds=("twice",), seed=seed)
        record = sim.world.add_return(reason="DEFECTIVE_ITEM")
        while record.state != "RETURN_REQUESTED":
            record = sim.world.add_return(reason="DEFECTIVE_ITEM")
        body = {"decision": "APPROVE"}
        answer = caller(sim, f"/return/{record.id}/decide", method="POST", body=body)
        approvals = [e for e in record.history if e.activity == "SELLER_APPROVE_REQUEST"]
        assert len(approvals) == 1
        answers.add((sim.requests[-1].fault, answer.status))
    assert answers == {("twice-0", 200), ("twice-1", 500)}


def test_a_write_that_comes_after_the_next(sim: Simulator, caller: Ask) -> None:
    record = open_return(sim)
    sim.faults = Faults(rate=1, kinds=("late",))
    assert say(sim, caller, record, "one") == "RemoteDisconnected"
    assert notes(record) == []
    sim.faults = None
    assert say(sim, caller, record, "two").status == 200
    assert notes(record) == ["two", "one"]
    assert say(sim, caller, record, "three").status == 200
    assert notes(record) == ["two", "one", "three"]
    seen = [(entry.fault, entry.status) for entry in sim.requests]
    assert seen == [("late", None), (None, 200), ("late-arrival", 200), (None, 200)]


def test_a_write_that_another_overtakes(sim: Simulator, caller: Ask) -> None:
    record = open_return(sim)
    sim.faults = Faults(rate=1, kinds=("overtaken",), patience=30)
    first: list[Any] = []
    slow = threading.Thread(target=lambda: first.append(say(sim, caller, record, "one")))
    slow.start()
    while not sim._server.delivery.waiting:
        time.sleep(0.005)
    sim.faults = None
    assert say(sim, caller, record, "two").status == 200
    slow.join(20)
    assert [answer.status for answer in first] == [200]
    assert notes(record) == ["two", "one"]


def test_patience_ends(sim: Simulator, caller: Ask) -> None:
    sim.faults = Faults(rate=1, kinds=("overtaken",), patience=0.15)
    begin = time.perf_counter()
    assert caller(sim, SEARCH).status == 200
    assert time.perf_counter() - begin >= 0.15


def test_tokens_that_end(sim: Simulator, caller: Ask) -> None:
    sim.faults = Faults(rate=1, kinds=("401",))
    assert caller(sim, SEARCH).status == 401
    sim.faults = None
    assert caller(sim, SEARCH).status == 200
    sim.faults = Faults(rate=1, kinds=("expire",))
    assert caller(sim, SEARCH).status == 401
    sim.faults = None
    assert caller(sim, SEARCH).status == 401
    sim.expire_token()
    assert caller(sim, SEARCH).status == 200


# -- what holds for all requests --------------------------------------------------------------


def test_the_calls_of_a_day_are_limited(caller: Ask) -> None:
    """Since 8 March 2026 California is seven hours behind UTC: its midnight is 07:00 UTC."""
    faults = Faults.parse("quota=3")
    with Simulator(returns=5, days=60, now="2026-03-10T06:30:00Z", faults=faults) as sim:
        codes = [caller(sim, SEARCH).status for _ in range(4)]
        assert codes == [200, 200, 200, 429]
        refused = caller(sim, "/return/1").json["errors"][0]
        assert (refused["errorId"], refused["domain"]) == (2001, "ACCESS")
        assert "retry-after" not in caller(sim, SEARCH).headers
        assert sim.requests[-1].fault == "429-quota"
        # Each resource has a quota of its own, and what is stopped at the gate costs nothing.
        assert caller(sim, SEARCH, headers={"Authorization": None}).status == 401
        assert caller(sim, "/inquiry/search").status == 200
        assert sim.calls_today == {
            "return": 6,
            "cancellation": 0,
            "inquiry": 1,
            "casemanagement": 0,
        }
        sim.advance(seconds=29 * 60)
        assert caller(sim, SEARCH).status == 429
        sim.advance(seconds=61)
        assert caller(sim, SEARCH).status == 200


def test_how_much_of_the_quota_is_used_can_be_asked(sim: Simulator, caller: Ask) -> None:
    sim.faults = Faults(rate=0, quota=100)
    caller(sim, SEARCH)
    caller(sim, "/casemanagement/search")
    headers = {"Authorization": f"Bearer {sim.token}"}
    path = "/developer/analytics/v1_beta/rate_limit/"
    answer = caller(sim, path, root="", headers=headers)
    rates = {r["name"]: r["rates"][0] for r in answer.json["rateLimits"][0]["resources"]}
    assert {name: rate["count"] for name, rate in rates.items()} == {
        "post-order.return": 1, "post-order.cancellation": 0, "post-order.inquiry": 0,
        "post-order.casemanagement": 1,
    }  # fmt: skip
    rate = rates["post-order.return"]
    assert (rate["limit"], rate["remaining"], rate["timeWindow"]) == (100, 99, 86_400)
    assert rate["reset"] == "2026-03-11T07:00:00.000Z"
    assert caller(sim, path, root="", headers={"Authorization": "Bearer x"}).status == 401


def test_storms(sim: Simulator, caller: Ask) -> None:
    sim.faults = Faults(rate=0, storm=(20, 5), seed=1)
    codes = [caller(sim, SEARCH).status for _ in range(60)]
    for run in range(3):
        part = codes[run * 20 : run * 20 + 20]
        begin = part.index(503)
        assert part[begin : begin + 5] == [503] * 5
        assert part.count(503) == 5
    assert [c == 503 for c in codes] == [e.fault == "503-storm" for e in sim.requests]
    sim.faults = Faults(rate=0, storm=(20, 5), seed=1)
    assert [caller(sim, SEARCH).status for _ in range(60)] == codes


def test_only_some_paths(sim: Simulator, caller: Ask) -> None:
    sim.faults = Faults(rate=1, kinds=("500",), paths=("/inquiry/", "/return/search"))
    assert caller(sim, SEARCH).status == 500
    assert caller(sim, "/cancellation/search", **CANCELS).status == 200
    assert caller(sim, f"/return/{open_return(sim).id}").status == 200


CANCELS = {
    "creation_date_range_from": "2026-03-01T00:00:00.000Z",
    "creation_date_range_to": "2026-03-10T00:00:00.000Z",
}


def test_a_clock_that_is_wrong(sim: Simulator, caller: Ask) -> None:
    record = open_return(sim)
    sim.faults = Faults(rate=0, skew=-90)
    assert caller(sim, SEARCH).headers["date"] == "Tue, 10 Mar 2026 11:58:30 GMT"
    say(sim, caller, record, "one")
    assert record.history[-1].at == datetime(2026, 3, 10, 11, 58, 30, tzinfo=UTC)
    assert sim.clock.right() == datetime(2026, 3, 10, 12, tzinfo=UTC)
    sim.faults = None
    assert caller(sim, SEARCH).headers["date"] == "Tue, 10 Mar 2026 12:00:00 GMT"


# -- as text ----------------------------------------------------------------------------------


def test_the_short_form() -> None:
    text = "2%: lost, mute quota=10 storm=100/5 skew=-3.5 seed=4 methods=post paths=/a,/b drip=0.5"
    assert Faults.parse(text) == Faults(
        rate=0.02, kinds=("lost", "mute"), quota=10, storm=(100, 5), skew=-3.5, seed=4,
        methods=("POST",), paths=("/a", "/b"), drip=0.5,
    )  # fmt: skip
    assert Faults.parse("quota=7") == Faults(rate=0, quota=7)
    assert Faults.parse("") == Faults(rate=0)


@pytest.mark.parametrize(
    "text",
    ["quota", "quota=many", "5% 6%", "colour=red", "storm=5", "storm=5/6", "storm=0/0", "quota=-1",
     "5%:drop drip=-1", '{"rate": "x"}', '{"rat": 1}', "{", "[]", "nowhere.json", "nowhere.toml"],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Faults.read(text)


def test_files(tmp_path: Path) -> None:
    wanted = Faults(rate=0.1, kinds=("429", "drop"), storm=(200, 20), quota=5000)
    toml = tmp_path / "faults.toml"
    toml.write_text('rate = 0.1\nkinds = ["429", "drop"]\nstorm = [200, 20]\nquota = 5000\n')
    assert Faults.read(str(toml)) == wanted
    text = '{"rate": 0.1, "kinds": ["429", "drop"], "storm": [200, 20], "quota": 5000}'
    assert Faults.read(text) == wanted
    (tmp_path / "faults.json").write_text(text)
    assert Faults.read(str(tmp_path / "faults.json")) == wanted
    assert Faults.read('{"quota": 3}').rate == 0
    assert Faults.read('{"kinds": ["lost"]}').rate == 0.05
    assert Faults.read("5%:429") == Faults.parse("5%:429")


def test_what_they_are_is_shown() -> None:
    assert repr(Faults(rate=0.5, kinds=("drop",), skew=3)) == (
        "Faults(rate=0.5, kinds=('drop',), skew=3)"
    )
    for given in (Faults(), Faults(rate=1, kinds=("late",), storm=(9, 3), quota=0)):
        assert eval(repr(given)) == given
        assert Faults.parse(str(given)) == given
    assert str(Faults.parse("5%:429,drop quota=7")) == "5%:429,drop quota=7"


# -- latency ----------------------------------------------------------------------------------


def test_uniform() -> None:
    delays = Delays("uniform:0.1-0.5", seed=3)
    drawn = [delays.seconds("/x", number) for number in range(4000)]
    assert min(drawn) >= 0.1
    assert max(drawn) <= 0.5
    assert statistics.fmean(drawn) == pytest.approx(0.3, abs=0.01)
    assert drawn == [Delays("uniform:0.1-0.5", seed=3).seconds("/x", n) for n in range(4000)]
    assert drawn != [Delays("uniform:0.1-0.5", seed=4).seconds("/x", n) for n in range(4000)]


def test_lognormal_by_median_and_95th_percentile() -> None:
    delays = Delays("lognormal:0.12/0.8")
    drawn = sorted(delays.seconds("/x", number) for number in range(20_000))
    assert drawn[10_000] == pytest.approx(0.12, rel=0.05)
    assert drawn[19_000] == pytest.approx(0.8, rel=0.06)
    logs = [math.log(seconds) for seconds in drawn]
    assert statistics.fmean(logs) == pytest.approx(statistics.median(logs), abs=0.03)


def test_by_the_longest_part_of_the_path() -> None:
    delays = Delays({"/return/": 1, "/return/search": "0.25", "": Delay("fixed", 2.0, 2.0)})
    assert delays.seconds("/post-order/v2/return/search", 1) == 0.25
    assert delays.seconds("/post-order/v2/return/5", 1) == 1
    assert delays.seconds("/post-order/v2/inquiry/5", 1) == 2
    assert Delays({"/return/": 1}).seconds("/inquiry", 1) == 0
    assert Delays('{"/return/": "0.5"}').seconds("/return/1", 1) == 0.5


@pytest.mark.parametrize(
    "given",
    ["soon", "{", -1, "uniform:2-1", "uniform:1", "lognormal:0/1", "lognormal:1/0.5", "normal:1-2",
     float("nan"), math.inf, [1], "uniform:0-inf"],
)  # fmt: skip
def test_latencies_that_cannot_be(given: Any) -> None:
    with pytest.raises(InputError, match="latency"):
        Delays(given)


def test_the_log_says_how_long_it_waited(sim: Simulator, caller: Ask) -> None:
    sim.latency = "uniform:0.01-0.02"
    for _ in range(3):
        caller(sim, SEARCH)
    assert all(0.01 <= entry.waited <= 0.02 for entry in sim.requests)
    assert len({entry.waited for entry in sim.requests}) == 3
    sim.latency = 0
    caller(sim, SEARCH)
    assert sim.requests[-1].waited == 0
