"""What several threads ask side by side is recorded and replayed whole, each answer its own."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
import requests
import urllib3
import vcr
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException as Refused

from postorder_nb import recording
from postorder_nb.errors import CassetteMiss
from postorder_nb.recording import plain, replay, storage
from postorder_nb.recording.compact import Stored
from postorder_nb.recording.exchange import Answer, Request

# What the server echoes is about nobody, and is to come back as it was.
record = partial(recording.record, persons="keep")

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def ask_all(session: requests.Session, url: str, paths: list[str]) -> list[str]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda path: session.get(url + path).json()["path"], paths))


def test_eight_threads_on_one_session_lose_nothing(server, session, folder, request):
    paths = [f"/thread/{number}" for number in range(500)]
    with record("threads", folder=folder):
        assert ask_all(session, server.url, paths) == paths
    stored = storage.read(folder / "threads.jsonl.gz", advice="")
    assert sorted(sent.url for sent, _ in stored.exchanges) == sorted(
        f"http://simulator{path}" for path in paths
    )
    assert all(json.loads(came.body)["path"] in sent.url for sent, came in stored.exchanges)
    server.close()
    request.getfixturevalue("no_sockets")
    with replay("threads", folder=folder, strict=True):
        assert ask_all(session, server.url, paths) == paths


def test_five_thousand_answers_reach_their_own_requests(folder, no_sockets):
    def exchange(path: str) -> tuple[Request, Answer]:
        return Request("GET", f"http://simulator{path}"), Answer(200, "OK", {}, path.encode())

    paths = [f"/return/{number}" for number in range(5000)]
    folder.mkdir()
    storage.write(folder / "many.jsonl.gz", Stored(MOMENT, [exchange(path) for path in paths]))
    with (
        urllib3.HTTPConnectionPool("localhost", maxsize=8) as connections,
        ThreadPoolExecutor(8) as pool,
        replay("many", folder=folder, strict=True),
    ):
        told = pool.map(lambda path: connections.request("GET", path).data.decode(), paths)
        assert list(told) == paths


def test_equal_requests_of_many_threads_get_each_answer_once(server, session, folder):
    def numbers(ask):
        with ThreadPoolExecutor(8) as pool:
            return Counter(answer.json()["number"] for answer in pool.map(ask, range(100)))

    with record("equal", folder=folder):
        live = numbers(lambda _: session.post(f"{server.url}/x", json={"a": 1}))
    with replay("equal", folder=folder, strict=True):
        assert numbers(lambda _: session.post(f"{server.url}/x", json={"a": 1})) == live
        with pytest.raises(CassetteMiss, match="100 times, and it was sent once more"):
            session.post(f"{server.url}/x", json={"a": 1})


def test_what_is_new_is_asked_once_by_many_threads(server, session, folder):
    paths = [f"/{number}" for number in range(60)]
    with record("grows", folder=folder):
        ask_all(session, server.url, paths[:30])
    with record("grows", mode="new", folder=folder):
        assert ask_all(session, server.url, paths) == paths
    assert sorted(path for _, path, _, _ in server.seen) == sorted(paths)
    with replay("grows", folder=folder, strict=True):
        assert ask_all(session, server.url, paths) == paths


def asked_of_vcr(my_vcr: vcr.VCR, path, server, session, paths: list[str]) -> tuple[int, int]:
    """Return how many are missing from the file, and how many fail when it is replayed."""
    with my_vcr.use_cassette(str(path)):
        assert ask_all(session, server.url, paths) == paths
    document = yaml.load(path.read_text(), Loader=storage._Loader)
    held = {row["request"]["uri"] for row in document["interactions"]}

    def fails(name: str) -> bool:
        try:
            return session.get(server.url + name).json()["path"] != name
        except Refused:
            return True

    with my_vcr.use_cassette(str(path), record_mode="none"), ThreadPoolExecutor(8) as pool:
        failed = sum(pool.map(fails, paths))
    return len(paths) - len(held), failed


def test_a_mended_vcr_loses_nothing(server, session, tmp_path):
    paths = [f"/thread/{number}" for number in range(250)]
    mended = plain.mended(vcr.VCR())
    assert asked_of_vcr(mended, tmp_path / "mended.yaml", server, session, paths) == (0, 0)


def test_where_the_real_classes_come_back_a_plain_vcr_loses_what_others_ask(
    server, session, tmp_path, monkeypatch
):
    """The fault itself, made certain: a request is sent while another connection opens."""
    reset = vcr.patch.reset_patchers
    within: list[int] = []

    def slowly():
        yield from reset()
        if not within:
            within.append(1)
            with requests.Session() as other:
                other.trust_env = False
                other.get(f"{server.url}/meanwhile")
            within.clear()

    monkeypatch.setattr(vcr.patch, "reset_patchers", slowly)
    monkeypatch.setattr(plain, "_real_reset", slowly)

    def held(my_vcr: vcr.VCR, path) -> set[str]:
        with my_vcr.use_cassette(str(path)):
            session.get(f"{server.url}/asked")
        rows = yaml.load(path.read_text(), Loader=storage._Loader)["interactions"]
        return {row["request"]["uri"].removeprefix(server.url) for row in rows}

    assert held(vcr.VCR(), tmp_path / "plain.yaml") == {"/asked"}
    assert held(plain.mended(), tmp_path / "mended.yaml") == {"/asked", "/meanwhile"}


@pytest.mark.parametrize("drop", [True, False])
def test_a_mended_vcr_is_vcrpy_otherwise(server, session, tmp_path, drop):
    """The same answers, files and errors as the plain one, mode by mode."""

    def story(my_vcr: vcr.VCR, path) -> list[object]:
        seen: list[object] = []
        for mode in ("once", "once", "new_episodes", "all", "none"):
            start = len(server.seen)
            with my_vcr.use_cassette(str(path), record_mode=mode) as cassette:
                for name in ("/a", "/b?x=1", "/a") if mode != "new_episodes" else ("/a", "/new"):
                    try:
                        seen.append((mode, session.get(server.url + name).json()["path"]))
                    except Refused as error:
                        seen.append((mode, type(error).__name__))
                seen.append((len(cassette), cassette.play_count, cassette.all_played))
            seen.append(len(server.seen) - start)
            rows = yaml.load(path.read_text(), Loader=storage._Loader)["interactions"]
            seen.append([row["request"]["uri"] for row in rows])
        return seen

    settings = {"drop_unused_requests": drop, "match_on": ("method", "uri", "body")}
    assert story(plain.mended(vcr.VCR(**settings)), tmp_path / "mended.yaml") == story(
        vcr.VCR(**settings), tmp_path / "plain.yaml"
    )


def test_a_mended_vcr_tells_all_answers_and_starts_again(server, session, tmp_path):
    path = str(tmp_path / "again.yaml")
    with plain.mended().use_cassette(path, record_mode="all"):
        first = [session.get(f"{server.url}/x").json()["number"] for _ in range(2)]
    with plain.mended().use_cassette(path, record_mode="none") as cassette:
        asked = [session.get(f"{server.url}/x").json()["number"] for _ in range(2)]
        cassette.rewind()
        asked += [session.get(f"{server.url}/x").json()["number"] for _ in range(2)]
        bodies = [
            json.loads(answer["body"]["string"])["number"]
            for answer in cassette.responses_of(cassette.requests[0])
        ]
    assert (asked, bodies) == (first * 2, first)
