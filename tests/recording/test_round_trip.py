"""What was recorded comes back, without a network."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
import requests
import yaml

from postorder_nb import clock, recording
from postorder_nb.errors import CassetteError, CassetteMiss, InputError
from postorder_nb.recording import active, current, replay

# What the server echoes is about nobody, and is to come back as it was.
record = partial(recording.record, persons="keep")

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def test_an_answer_comes_back_after_the_server_is_gone(server, session, folder, request):
    with record("demo/first", folder=folder):
        live = session.get(f"{server.url}/return/1", params={"b": "2", "a": "1"})
        posted = session.post(f"{server.url}/return/1/decide", json={"decision": "ACCEPT"})
    server.close()
    request.getfixturevalue("no_sockets")
    with replay("demo/first", folder=folder, strict=True):
        again = session.get(f"{server.url}/return/1?a=1&b=2")
        posted_again = session.post(f"{server.url}/return/1/decide", json={"decision": "ACCEPT"})
    assert again.json() == live.json() == {"number": 1, "path": "/return/1?b=2&a=1", "body": ""}
    assert posted_again.json() == posted.json()
    assert posted.json()["body"] == '{"decision": "ACCEPT"}'
    assert again.headers["X-EBAY-C-REQUEST-ID"] == "id-1"
    assert (again.status_code, again.reason) == (200, "OK")


def test_the_port_does_not_count(server, session, folder, no_sockets, monkeypatch):
    monkeypatch.undo()
    with record("port", folder=folder):
        session.get(f"{server.url}/x")
    for address in (
        "http://127.0.0.1:1",
        "http://localhost:9",
        "https://[::1]:8",
        "http://simulator",
    ):
        with replay("port", folder=folder):
            assert session.get(f"{address}/x").json()["path"] == "/x"
    text = (folder / "port.yaml").read_text()
    assert "uri: http://simulator/x" in text
    assert "127.0.0.1" not in text


def test_https_is_replayed_without_a_socket(folder, session, no_sockets):
    write(folder / "live.yaml", interactions=[interaction("https://api.ebay.com/post-order/v2/x")])
    with replay("live", folder=folder):
        assert session.get("https://api.ebay.com/post-order/v2/x").json() == {"ok": True}
        with pytest.raises(CassetteMiss, match=r"address: recorded https://api\.ebay\.com"):
            session.get("https://api.sandbox.ebay.com/post-order/v2/x")


def test_a_proxy_is_not_asked_either(folder, session, no_sockets):
    write(folder / "live.yaml", interactions=[interaction("https://api.ebay.com/x")])
    session.proxies = {"https": "http://proxy.invalid:3128"}
    with replay("live", folder=folder):
        assert session.get("https://api.ebay.com/x").json() == {"ok": True}


def test_compressed_binary_and_error_answers_survive(server, session, folder):
    def ask():
        return [session.get(f"{server.url}{path}") for path in ("/gzip", "/binary", "/limited")]

    with record("kinds", folder=folder):
        ask()
    with replay("kinds", folder=folder):
        packed, binary, limited = ask()
    assert "Content-Encoding" not in packed.headers
    assert packed.json() == {"number": 1, "path": "/gzip", "body": ""}
    assert binary.content == bytes(range(256)) * 3
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")


def test_a_redirect_leads_to_the_recorded_answer(server, session, folder):
    with record("moved", folder=folder):
        session.get(f"{server.url}/moved")
    server.close()
    with replay("moved", folder=folder):
        assert session.get(f"{server.url}/moved").json()["path"] == "/arrived"


def test_json_bodies_can_be_read_line_by_line_and_keep_their_digits(server, session, folder):
    with record("amount", folder=folder):
        session.get(f"{server.url}/amount")
    lines = (folder / "amount.yaml").read_text().splitlines()
    assert '"value": 12.50,' in [line.strip() for line in lines]
    with replay("amount", folder=folder):
        answer = session.get(f"{server.url}/amount")
    assert '"value": 12.50,' in answer.text
    assert answer.json() == {
        "value": 12.5, "text": "crème 🎁", "lines": [1, {"a": None}], "none": {}
    }  # fmt: skip


def test_equal_requests_get_their_answers_in_order_and_a_read_repeats_the_last(
    server, session, folder
):
    with record("again", folder=folder):
        for _ in range(3):
            session.get(f"{server.url}/x")
    with replay("again", folder=folder):
        numbers = [session.get(f"{server.url}/x").json()["number"] for _ in range(5)]
    assert numbers == [1, 2, 3, 3, 3]


def test_a_write_is_answered_only_as_often_as_it_was_recorded(server, session, folder):
    def refund():
        return session.post(f"{server.url}/return/1/issue_refund", json={"amount": 5}).json()

    with record("refund", folder=folder):
        first = refund()
    with replay("refund", folder=folder):
        assert refund() == first
        with pytest.raises(CassetteMiss, match=r"issue_refund once, and it was sent once more"):
            refund()


def test_recording_again_replaces(server, session, folder):
    for path in ("/old", "/new"):
        with record("same", folder=folder):
            session.get(server.url + path)
    assert uris(folder / "same.yaml") == ["http://simulator/new"]
    assert [file.name for file in folder.iterdir()] == ["same.yaml"]


def test_a_block_that_asks_nothing_is_a_recording_too(server, session, folder):
    with record("none", folder=folder):
        pass
    with replay("none", folder=folder, strict=True):
        assert active()
    with (
        replay("none", folder=folder),
        pytest.raises(CassetteMiss, match="nothing was asked while it was recorded"),
    ):
        session.get(f"{server.url}/x")


def test_a_strict_replay_names_what_was_not_asked(server, session, folder):
    with record("two", folder=folder):
        session.get(f"{server.url}/a")
        session.get(f"{server.url}/b")
    with replay("two", folder=folder):
        session.get(f"{server.url}/a")
    with (
        pytest.raises(CassetteError, match=r"1 of the 2 answers .* that to GET http://simulator/b"),
        replay("two", folder=folder, strict=True),
    ):
        session.get(f"{server.url}/a")
    with (
        pytest.raises(ZeroDivisionError),
        replay("two", folder=folder, strict=True),
    ):
        _ = 1 / 0


def test_credentials_are_not_in_the_file(server, session, folder):
    sent = {
        name: secrets.token_hex(16) for name in ("iaf", "header", "cookie", "refresh", "url", "key")
    }
    server.secret = secrets.token_hex(16)
    session.cookies.set("sid", sent["cookie"])
    session.headers.update(
        {
            "Authorization": f"IAF {sent['iaf']}",
            "X-Secret": sent["header"],
            "X-EBAY-API-IAF-TOKEN": sent["key"],
        }
    )
    with record("secret", folder=folder):
        session.get(f"{server.url}/secrets?access_token={sent['url']}")
        form = {"grant_type": "refresh_token", "refresh_token": sent["refresh"], "scope": "s"}
        live = session.post(f"{server.url}/secrets", data=form)
        session.put(f"{server.url}/secrets", json={"refresh_token": sent["refresh"]})
    assert live.json()["access_token"] == server.secret
    arrived = str(server.seen)
    stored = (folder / "secret.yaml").read_bytes().decode()
    assert [value for value in sent.values() if value not in arrived] == []
    assert [value for value in (*sent.values(), server.secret) if value in stored] == []
    assert "grant_type=refresh_token" in stored
    with replay("secret", folder=folder):
        form["refresh_token"] = "another"
        assert session.post(f"{server.url}/secrets", data=form).json()["expires_in"] == 7200


def test_a_miss_does_not_show_credentials(server, session, folder):
    with record("empty", folder=folder):
        pass
    token = secrets.token_hex(16)
    session.headers["Authorization"] = f"IAF {token}"
    with replay("empty", folder=folder), pytest.raises(CassetteMiss) as caught:
        session.get(f"{server.url}/x?access_token={token}")
    assert token not in str(caught.value)


def test_the_clock_stands_still_at_the_moment_of_the_recording(server, session, folder):
    before = datetime.now(UTC)
    with record("clock", folder=folder) as running:
        moments = {clock.now() for _ in range(50)}
        session.get(f"{server.url}/x")
    assert moments == {running.recorded_at}
    assert before <= running.recorded_at <= datetime.now(UTC)
    with replay("clock", folder=folder):
        assert clock.now() == running.recorded_at
        elsewhere = ThreadPoolExecutor(1)
        assert elsewhere.submit(clock.now).result() == running.recorded_at
        elsewhere.shutdown()
    assert not clock.is_frozen()


def test_the_moment_can_be_given(folder):
    berlin = MOMENT.astimezone(timezone(timedelta(hours=1)))
    with record("given", folder=folder, at=berlin):
        assert clock.now() == MOMENT
    with replay("given", folder=folder):
        assert clock.now() == MOMENT
    with pytest.raises(InputError, match="no time zone"):
        record("given", folder=folder, at=datetime(2026, 3, 1))


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_what_was_recorded_before_an_exception_is_kept(server, session, folder, kind):
    @record("broken", folder=folder)
    def ask():
        session.get(f"{server.url}/a")
        raise kind

    with pytest.raises(kind):
        ask()
    assert uris(folder / "broken.yaml") == ["http://simulator/a"]
    assert not active()
    assert not clock.is_frozen()


def test_an_exception_before_the_first_answer_leaves_the_old_recording(server, session, folder):
    with record("kept", folder=folder):
        session.get(f"{server.url}/a")
    server.close()
    with pytest.raises(requests.ConnectionError), record("kept", folder=folder):
        session.get(f"{server.url}/b")
    assert uris(folder / "kept.yaml") == ["http://simulator/a"]


def test_after_the_block_requests_go_out_again(server, session, folder):
    session.get(f"{server.url}/before")
    with record("x", folder=folder):
        session.get(f"{server.url}/x")
    with replay("x", folder=folder):
        session.get(f"{server.url}/x")
    assert session.get(f"{server.url}/after").json()["number"] == 3
    assert [path for _, path, _, _ in server.seen] == ["/before", "/x", "/after"]


def test_decorators(server, session, folder):
    @record("decorated", folder=folder)
    def ask(path: str, *, times: int) -> list[int]:
        """Ask."""
        assert current().name == "decorated"
        return [session.get(server.url + path).json()["number"] for _ in range(times)]

    assert ask("/x", times=2) == [1, 2]
    assert (ask.__name__, ask.__doc__) == ("ask", "Ask.")
    again = replay("decorated", folder=folder)(ask.__wrapped__)
    assert [again("/x", times=2), again("/x", times=1)] == [[1, 2], [1]]


def test_functions_that_others_run_between_are_not_decorated():
    async def later() -> None: ...

    async def one_by_one():
        yield 1

    for function in (later, one_by_one):
        with pytest.raises(InputError, match="others run while it waits"):
            replay("x")(function)


def test_a_generator_has_its_cassette_from_its_first_step_to_its_end(server, session, folder):
    @record("steps", folder=folder)
    def steps():
        yield session.get(f"{server.url}/a").json()["path"]
        yield session.get(f"{server.url}/b").json()["path"]
        return "end"

    made = steps()
    assert not active()
    assert next(made) == "/a"
    assert active()
    assert [*made] == ["/b"]
    assert not active()
    assert uris(folder / "steps.yaml") == ["http://simulator/a", "http://simulator/b"]

    left = replay("steps", folder=folder)(steps.__wrapped__)()
    assert next(left) == "/a"
    left.close()
    assert not active()


def test_an_inner_block_has_its_own_cassette_for_its_span(server, session, folder, request):
    def ask(path):
        return session.get(server.url + path).json()["number"]

    with record("outer", folder=folder, at=MOMENT) as outer:
        assert ask("/x") == 1
        with record("inner", folder=folder, at=MOMENT + timedelta(days=1)) as inner:
            assert (current(), clock.now()) == (inner, MOMENT + timedelta(days=1))
            assert ask("/x") == 2
        assert (current(), clock.now()) == (outer, MOMENT)
        assert ask("/y") == 3
        with replay("inner", folder=folder):
            assert ask("/x") == 2
    assert uris(folder / "outer.yaml") == ["http://simulator/x", "http://simulator/y"]
    assert uris(folder / "inner.yaml") == ["http://simulator/x"]
    server.close()
    request.getfixturevalue("no_sockets")
    with replay("outer", folder=folder, strict=True):
        with replay("inner", folder=folder, strict=True):
            assert ask("/x") == 2
            with pytest.raises(CassetteMiss):
                ask("/y")
        assert [ask("/x"), ask("/y")] == [1, 3]


def test_a_replay_within_a_recording_opens_no_socket(folder, session, no_sockets):
    write(folder / "live.yaml", interactions=[interaction("https://api.ebay.com/x")])
    with replay("live", folder=folder):
        session.get("https://api.ebay.com/x")
    with record("outer", folder=folder):
        with pytest.raises(AssertionError, match="a socket was asked"):
            session.get("https://api.ebay.com/x")
        with replay("live", folder=folder):
            assert session.get("https://api.ebay.com/x").json() == {"ok": True}
            with pytest.raises(CassetteMiss):
                session.get("https://api.ebay.com/y")
        with pytest.raises(AssertionError, match="a socket was asked"):
            session.get("https://api.ebay.com/y")


def test_blocks_may_end_in_another_order(server, session, folder):
    def asking(name, path):
        with record(name, folder=folder):
            yield session.get(server.url + path)

    first, second = asking("first", "/a"), asking("second", "/b")
    next(first), next(second)
    first.close()
    assert current().name == "second"
    second.close()
    assert (current(), clock.is_frozen()) == (None, False)
    assert uris(folder / "first.yaml") == ["http://simulator/a"]
    assert uris(folder / "second.yaml") == ["http://simulator/b"]


def test_the_same_cassette_is_not_opened_twice(server, session, folder):
    with record("same", folder=folder):
        session.get(f"{server.url}/x")
        with (
            pytest.raises(CassetteError, match="being made by another block"),
            record("same", folder=folder),
        ):
            pytest.fail("the inner block ran")
    again = replay("same", folder=folder)
    with again, pytest.raises(CassetteError, match="it is at work"), again:
        pytest.fail("the inner block ran")
    with again:
        assert session.get(f"{server.url}/x").json()["number"] == 1


def test_another_thread_opens_no_cassette_of_its_own(folder):
    with record("one", folder=folder):
        pass

    def other():
        with replay("one", folder=folder):
            pytest.fail("the block ran")

    with (
        record("two", folder=folder),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(CassetteError, match='"two" is at work in another thread'),
    ):
        pool.submit(other).result()


def test_an_answer_that_comes_too_late_is_not_lost_without_a_word(server, session, folder):
    server.hold.clear()
    with ThreadPoolExecutor(1) as pool, record("outer", folder=folder):
        with record("inner", folder=folder):
            late = pool.submit(session.get, f"{server.url}/held")
            assert server.held.wait(5)
        server.hold.set()
        with pytest.raises(CassetteError, match="was over before this answer came"):
            late.result()


def test_active_and_current_tell_what_runs(folder):
    assert (active(), current()) == (False, None)
    with record("demo/x", folder=folder, at=MOMENT) as running:
        assert active()
        assert current() is running
    assert (running.name, running.mode, running.recorded_at) == ("demo/x", "record", MOMENT)
    assert running.path == folder / "demo" / "x.yaml"
    with replay("demo/x", folder=folder):
        seen = []
        thread = threading.Thread(target=lambda: seen.append((active(), current().mode)))
        thread.start()
        thread.join()
    assert seen == [(True, "replay")]
    assert (active(), current()) == (False, None)


def test_importing_the_package_is_light():
    code = (
        "import sys, postorder_nb.recording as r; r.record('x'); "
        "heavy = {'vcr', 'yaml', 'urllib3', 'requests', 'pandas', 'orjson', 'cryptography'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def uris(path: Path) -> list[str]:
    document = yaml.safe_load(path.read_text())
    return [row["request"]["uri"] for row in document["interactions"]]


def interaction(uri: str) -> dict[str, object]:
    return {
        "request": {"method": "GET", "uri": uri, "body": None, "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"]},
            "body": {"string": json.dumps({"ok": True})},
        },
    }


def write(path: Path, *, interactions: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ours = {"version": 1, "recorded_at": MOMENT.isoformat()}
    path.write_text(
        yaml.safe_dump({"postorder_nb": ours, "version": 1, "interactions": interactions})
    )
