"""What outlives the process: every answer that was sent, after any end."""

from __future__ import annotations

import base64
import http.client
import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from postorder_nb.errors import InputError
from postorder_nb.simulator import Faults, Simulator

NOW = "2026-03-10T12:00:00Z"
SMALL: dict[str, Any] = {"returns": 60, "days": 60, "now": NOW}
Ask = Callable[..., Any]


def truth(sim: Simulator) -> Any:
    """All there is, by what the objects say of themselves; when it is, and the policy."""
    world = sim.world
    shelves = (world.returns, world.inquiries, world.cases, world.cancellations)
    return [[repr(record) for record in shelf.values()] for shelf in shelves] + [
        list(world.ledger),
        sim.clock.now(),
        sim.refund_status,
    ]


def lives(sim: Simulator, caller: Ask) -> None:
    """Do a bit of everything that changes a world."""
    opened = [r for r in sim.world.returns.values() if r.open]
    for number, record in enumerate(opened):
        caller(sim, f"/return/{record.id}", fieldgroups="SUMMARY")
        decision = {"decision": ("APPROVE", "DECLINE", "OFFER_PARTIAL_REFUND")[number % 3]}
        caller(sim, f"/return/{record.id}/decide", method="POST", body=decision)
        message = {"message": {"content": "Größe & <b> 小"}}
        caller(sim, f"/return/{record.id}/send_message", method="POST", body=message)
        if number % 4 == 0:
            sim.advance(hours=13.5)
    sim.refund_status = "PENDING"
    for record in sim.world.inquiries.values():
        if record.open:
            body = {"comments": "sorry"}
            caller(sim, f"/inquiry/{record.id}/issue_refund", method="POST", body=body)
    order = next(o for o in sim.world.orders.values() if not sim.world.records_of(o.order_id))
    caller(sim, "/cancellation", method="POST", body={"legacyOrderId": order.order_id})
    shipping = next((r for r in opened if r.state == "ITEM_READY_TO_SHIP"), None)
    if shipping:
        sim.happen(shipping, "ship", trackingNumber="1Z9", carrierEnum="UPS")
    sim.expire_token()
    sim.advance(days=9)


def test_the_same_file_is_the_same_simulator(tmp_path: Path, caller: Ask) -> None:
    path = tmp_path / "shop.db"
    with Simulator(**SMALL, db=path) as first, Simulator(**SMALL) as memory:
        untouched = truth(first)
        for sim in (first, memory):
            lives(sim, caller)
        left, token, now = truth(first), first.token, first.clock.now()
        assert left == truth(memory)
        assert left != untouched
    with Simulator(db=path) as again:
        assert truth(again) == left
        assert (again.token, again.clock.now()) == (token, now)
        assert (again.refund_status, again.settings.returns) == ("PENDING", 60)
        assert caller(again, "/return/search").status == 200
        again.advance(days=30)
        memory.advance(days=30)
        assert truth(again) == truth(memory)


def test_a_refused_change_changes_nothing_that_comes_after(tmp_path: Path, caller: Ask) -> None:
    path = tmp_path / "shop.db"
    with Simulator(**SMALL, db=path) as sim:
        record = next(r for r in sim.world.returns.values() if not r.open)
        answer = caller(sim, f"/return/{record.id}/decide", method="POST", body={"decision": "?"})
        assert answer.status >= 400
        with pytest.raises(InputError):
            sim.happen(record, "dance")
        lives(sim, caller)
        left = truth(sim)
    with Simulator(db=path) as again:
        assert truth(again) == left


def test_an_answer_that_was_lost_was_kept(tmp_path: Path, caller: Ask) -> None:
    path = tmp_path / "shop.db"
    with Simulator(**SMALL, db=path) as sim:
        record = next(r for r in sim.world.returns.values() if r.open)
        message = {"message": {"content": "hello"}}
        sim.faults = Faults(rate=1, kinds=("lost",))
        with pytest.raises(http.client.RemoteDisconnected):
            caller(sim, f"/return/{record.id}/send_message", method="POST", body=message)
        assert record.history[-1].notes == "hello"
    with Simulator(db=path) as again:
        assert again.world.returns[record.id].history[-1].notes == "hello"


def test_a_clock_that_ticks_goes_on_with_the_world(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with Simulator(returns=5, db=path) as sim:
        sim.advance(days=40)
        then = sim.clock.now()
    with Simulator(db=path) as again:
        assert again.clock.ticking
        assert timedelta(0) <= again.clock.now() - then < timedelta(minutes=1)
        assert again.clock.now() - datetime.now(UTC) > timedelta(days=39)
        stood = again.freeze()
        again.advance(hours=1)
    with Simulator(db=path) as third:
        assert not third.clock.ticking
        assert third.clock.now() == stood + timedelta(hours=1)


def test_tokens_that_were_given_out_are_good_after_a_restart(tmp_path: Path, caller: Ask) -> None:
    path = tmp_path / "shop.db"
    with Simulator(**SMALL, db=path) as sim:
        token = json.loads(mint(sim))["access_token"]
        dead = json.loads(mint(sim))["access_token"]
        sim.revoke(dead)
    with Simulator(db=path) as again:
        headers = {"Authorization": f"IAF {token}"}
        assert caller(again, "/return/search", headers=headers).status == 200
        headers = {"Authorization": f"IAF {dead}"}
        assert caller(again, "/return/search", headers=headers).status == 401
        assert json.loads(mint(again))["access_token"] not in (token, dead)


def mint(sim: Simulator) -> bytes:
    connection = http.client.HTTPConnection(urlsplit(sim.url).netloc, timeout=10)
    keyset = base64.b64encode(f"{sim.client_id}:{sim.client_secret}".encode()).decode()
    form = urlencode({"grant_type": "refresh_token", "refresh_token": sim.refresh_token()})
    connection.request(
        "POST", "/identity/v1/oauth2/token", form, {"Authorization": f"Basic {keyset}"}
    )
    body = connection.getresponse().read()
    connection.close()
    return body


@pytest.mark.parametrize("scenario", ["fraud-ring", "adversarial"])
def test_people_who_act_by_themselves_do_so_again(
    tmp_path: Path, caller: Ask, scenario: str
) -> None:
    """Reads in between, and how far the clock goes at a time, make no difference."""
    path = tmp_path / "shop.db"
    settings = SMALL | {"scenario": scenario, "behaviour": "lively", "db": path}
    with Simulator(**settings) as sim:
        for days in (0.2, 3, 0.01, 6, 1.5):
            sim.advance(days=days)
            caller(sim, "/return/search", limit=200)
        lives(sim, caller)
        left = truth(sim)
        assert len(sim.world.returns) > 60
    with Simulator(db=path) as again:
        assert truth(again) == left
        assert again.settings.manners.arrivals == 1


def test_reset_begins_anew(tmp_path: Path, caller: Ask) -> None:
    path = tmp_path / "shop.db"
    with Simulator(**SMALL, db=path) as sim:
        untouched = truth(sim)
        lives(sim, caller)
        assert truth(sim) != untouched
        sim.reset()
        assert sim.refund_status == "SUCCESS"
        assert truth(sim) == untouched
        assert sim.requests == []
        assert caller(sim, "/return/search").json["total"] == 60
    with Simulator(db=path) as again:
        assert truth(again) == untouched


# -- files that do not fit --------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path, caller: Ask) -> Path:
    path = tmp_path / "shop.db"
    with Simulator(**SMALL, db=path) as sim:
        record = next(r for r in sim.world.returns.values() if r.open)
        message = {"message": {"content": "hello"}}
        caller(sim, f"/return/{record.id}/send_message", method="POST", body=message)
    return path


def test_another_world_is_refused(kept: Path) -> None:
    with pytest.raises(InputError, match="seed is 8, and the file holds a world of 7") as caught:
        Simulator(seed=8, db=kept)
    assert "leave seed away" in caught.value.advice
    with pytest.raises(InputError, match="began at 2026-03-10T12:00:00Z"):
        Simulator(now="2026-03-11T12:00:00Z", db=kept)
    Simulator(now="2026-03-10T13:00:00+01:00", db=kept).close()
    with pytest.raises(InputError, match="scenario is 'bad-batch'"):
        Simulator(scenario="bad-batch", db=kept)
    Simulator(returns=60, seed=7, db=kept).close()


def test_it_is_open_once(kept: Path) -> None:
    with Simulator(db=kept), pytest.raises(InputError) as caught:
        Simulator(db=kept)
    assert "another simulator has it open" in caught.value.advice


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(statement)


def test_a_newer_format_is_refused(kept: Path) -> None:
    change(kept, "pragma user_version = 2")
    with pytest.raises(InputError, match="has format 2, and this release reads 1") as caught:
        Simulator(db=kept)
    assert re.search(r"release \d+\.\d+", caught.value.advice)


def test_a_setting_of_another_release_is_refused(kept: Path) -> None:
    change(kept, """insert into settings values ('gravity', '9.81')""")
    with pytest.raises(InputError, match="'gravity'"):
        Simulator(db=kept)


def test_rules_that_answer_otherwise_are_noticed(kept: Path) -> None:
    change(kept, "update commands set mark = 'other'")
    words = "command 1 .POST /post-order/v2/return/.*/send_message at 2026-03-10 12:00:00."
    with pytest.raises(InputError, match=words):
        Simulator(db=kept)


@pytest.mark.parametrize(
    "content", [b"hello, this is text" * 100, b"SQLite format 3\0" + b"\1" * 99]
)
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot use"):
        Simulator(returns=1, db=path)
    assert path.read_bytes() == content


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    change(path, "create table mine (a)")
    before = path.read_bytes()
    with pytest.raises(InputError, match="not a file of the simulator's"):
        Simulator(returns=1, db=path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot use"):
        Simulator(returns=1, db=tmp_path / "no" / "shop.db")


# -- the end of the process -------------------------------------------------------------------


class Process:
    """A simulator in a process of its own."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "postorder_nb.cli", "simulator", "--db", str(path)]
        settings = ["--returns", "60", "--days", "60", "--now", NOW]
        self._process = subprocess.Popen(
            [*command, *settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        said = [self._process.stdout.readline() for _ in range(2)]
        found = re.search(r"http://\S+:\d+", said[0])
        assert found, self._process.communicate()
        self.netloc = urlsplit(found[0]).netloc
        self.headers = {
            "Authorization": said[1].partition(": ")[2].strip(),
            "X-EBAY-C-MARKETPLACE-ID": "EBAY_US",
            "Content-Type": "application/json",
        }

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate(timeout=20)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.netloc, timeout=20)
        try:
            sent = json.dumps(body) if body is not None else None
            connection.request(method, path, sent, self.headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def writes(ids: list[str], dice: random.Random) -> Iterator[tuple[str, Any]]:
    """Yield what a seller might send, without an end; some of it will be refused."""
    yield "/_simulator/refunds", {"status": "PENDING"}
    while True:
        path = f"/post-order/v2/return/{dice.choice(ids)}"
        match dice.randrange(5):
            case 0:
                yield f"{path}/decide", {"decision": "APPROVE"}
            case 1:
                yield f"{path}/mark_as_received", {"comments": {"content": "here it is"}}
            case 2:
                yield "/_simulator/clock", {"hours": dice.randrange(20)}
            case _:
                content = f"message {dice.randrange(10**9)} " + "ö" * dice.randrange(2000)
                yield f"{path}/send_message", {"message": {"content": content}}


def method_of(path: str) -> str:
    return "PUT" if path.endswith("/refunds") else "POST"


def test_kill_dash_nine_between_any_two_answers(tmp_path: Path, caller: Ask) -> None:
    assert kill_again_and_again(tmp_path / "shop.db", caller, random.Random(11), 4) > 50


def kill_again_and_again(path: Path, caller: Ask, dice: random.Random, rounds: int) -> int:
    """
    Kill it in the middle of writes, again and again; return how many were answered.

    A simulator in memory is told the same, answered requests only: its records are what has to be
    there. The one request that had no answer may be there too, as a whole.
    """
    answered = 0
    with Simulator(**SMALL) as memory:
        sending = writes([r.id for r in memory.world.returns.values() if r.open], dice)
        for _ in range(rounds):
            process = Process(path)
            stop = threading.Timer(dice.uniform(0.02, 0.6), process.kill)
            reader = threading.Thread(target=read_on, args=(process,), daemon=True)
            reader.start()
            stop.start()
            for where, body in sending:
                try:
                    status, said = process.ask(method_of(where), where, body)
                except (OSError, http.client.HTTPException):
                    break
                known = caller(memory, where, root="", method=method_of(where), body=body)
                assert (status, said) == (known.status, known.body)
                answered += 1
            stop.join()
            reader.join()
            compare(path, memory, caller, where, body)
    return answered


def read_on(process: Process) -> None:
    """Read all the while, for reads must not matter."""
    try:
        while process.ask("GET", "/post-order/v2/return/search?limit=200")[0] == 200:
            time.sleep(0.001)
    except (OSError, http.client.HTTPException):
        return


def compare(path: Path, memory: Simulator, caller: Ask, where: str, body: Any) -> None:
    """Compare all there is; the last request may have been done, or not."""
    with Simulator(db=path) as again:
        found = truth(again)
        if found != truth(memory):
            caller(memory, where, root="", method=method_of(where), body=body)
            assert found == truth(memory)
