"""What was answered is on the disk, in every mode of recording, whatever happens then."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import pytest
import yaml

from postorder_nb import clock, recording
from postorder_nb.errors import CassetteError, CassetteMiss, InputError
from postorder_nb.recording import compact, replay, storage
from postorder_nb.recording.exchange import Answer, Request

# What the server echoes is about nobody, and is to come back as it was.
record = partial(recording.record, persons="keep")

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)

RECORDER = """
import sys, requests
from postorder_nb.recording import record
url, folder, mode = sys.argv[1:]
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = "IAF a-secret-of-this-test"
with record("killed", folder=folder, mode=mode):
    for number in range(10**6):
        answer = session.get(f"{url}/return/{number}")
        print(number, answer.json()["number"], flush=True)
"""


def record_until_killed(url, folder, mode="all", answers=25) -> dict[int, int]:
    """Start a recording in a process, kill it amid its requests; return the answers it told."""
    command = [sys.executable, "-c", RECORDER, url, str(folder), mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(answers)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
        assert process.wait() == -signal.SIGKILL
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {int(asked): int(told) for asked, told in whole}


def test_a_killed_recording_opens_and_holds_every_answer(server, session, folder, request):
    told = record_until_killed(server.url, folder)
    assert [file.name for file in folder.glob("[!.]*")] == ["killed.part.jsonl.gz"]
    assert b"a-secret-of-this-test" not in unpacked(folder / "killed.part.jsonl.gz")
    server.close()
    request.getfixturevalue("no_sockets")
    with replay("killed", folder=folder):
        for asked, number in told.items():
            assert (
                session.get(f"{server.url}/return/{asked}", headers=IAF).json()["number"] == number
            )
        with pytest.raises(CassetteMiss, match=r"The recording was cut off after \d+ answers"):
            session.get(f"{server.url}/return/999999", headers=IAF)


IAF = {"Authorization": "IAF x"}


def unpacked(path) -> bytes:
    return b"".join(compact._chunks(path))


def test_a_killed_recording_is_gone_on_with(server, session, folder):
    told = record_until_killed(server.url, folder)
    more = record_until_killed(server.url, folder, mode="new", answers=len(told) + 25)
    assert {asked: more[asked] for asked in told} == told
    before = len(server.seen)
    with recording.record("killed", folder=folder, mode="new"):
        for asked, number in more.items():
            assert (
                session.get(f"{server.url}/return/{asked}", headers=IAF).json()["number"] == number
            )
    assert len(server.seen) == before
    assert [file.name for file in folder.iterdir()] == ["killed.yaml"]
    stored = storage.read(folder / "killed.yaml", advice="")
    assert stored.complete
    assert len(stored.exchanges) == len(more)


def test_a_killed_one_beside_an_older_one_is_for_a_person_to_settle(server, session, folder):
    with record("killed", folder=folder):
        session.get(f"{server.url}/old")
    record_until_killed(server.url, folder)
    for block in (replay("killed", folder=folder), record("killed", folder=folder, mode="new")):
        with pytest.raises(CassetteError, match=r"killed\.yaml and killed\.part\.jsonl\.gz"), block:
            pytest.fail("the block ran")
    with record("killed", folder=folder):
        session.get(f"{server.url}/again")
    assert [file.name for file in folder.iterdir()] == ["killed.yaml"]


def journal(path, count=40) -> list[int]:
    """Write a compact recording; return the size of its file after each answer."""
    sizes = []
    made = compact.Journal(path, MOMENT)
    for number in range(count):
        body = json.dumps({"number": number, "noise": os.urandom(200).hex()}).encode()
        made.append((Request("GET", f"http://simulator/{number}"), Answer(200, "OK", {}, body)))
        sizes.append(path.stat().st_size)
    made.close()
    return sizes


def test_cut_at_any_byte_it_holds_what_was_written_whole(tmp_path):
    sizes = journal(tmp_path / "whole.jsonl.gz")
    content = (tmp_path / "whole.jsonl.gz").read_bytes()
    cut = tmp_path / "cut.jsonl.gz"
    for length in range(sizes[0], len(content), 37):
        cut.write_bytes(content[:length])
        stored = storage.read(cut, advice="")
        whole = sum(size <= length for size in sizes)
        assert [sent.url for sent, _ in stored.exchanges][:whole] == [
            f"http://simulator/{number}" for number in range(whole)
        ]
        assert len(stored.exchanges) <= whole + 1
        assert not (stored.complete and length <= sizes[-1])
    assert storage.read(tmp_path / "whole.jsonl.gz", advice="").complete


def test_no_file_with_a_changed_byte_passes_for_a_whole_one(tmp_path):
    journal(tmp_path / "whole.jsonl.gz", count=5)
    whole = storage.read(tmp_path / "whole.jsonl.gz", advice="")
    content = bytearray((tmp_path / "whole.jsonl.gz").read_bytes())
    passed = []
    for place in range(10, len(content), 5):
        content[place] ^= 0x55
        (tmp_path / "hurt.jsonl.gz").write_bytes(content)
        content[place] ^= 0x55
        with suppress(CassetteError):
            passed.append(storage.read(tmp_path / "hurt.jsonl.gz", advice=""))
    assert len(passed) < len(content) * 0.01
    assert [stored for stored in passed if stored.complete and stored != whole] == []


def test_it_is_a_gzip_file_of_json_lines(tmp_path):
    journal(tmp_path / "x.jsonl.gz", count=3)
    with gzip.open(tmp_path / "x.jsonl.gz") as file:
        head, *rows, end = map(json.loads, file)
    assert head == {"postorder_nb": {"version": 1, "recorded_at": "2026-03-01T00:00:00+00:00"}}
    assert [row["request"]["uri"] for row in rows] == [f"http://simulator/{n}" for n in range(3)]
    assert end == {"end": 3}


def ask(session, server, *paths) -> list[int]:
    return [session.get(server.url + path).json()["number"] for path in paths]


def test_mode_all_asks_everything_anew(server, session, folder):
    for expected in ([1, 2], [3, 4]):
        with record("all", folder=folder) as running:
            assert ask(session, server, "/a", "/b") == expected
        assert running.mode == "record"
    with replay("all", folder=folder, strict=True):
        assert ask(session, server, "/a", "/b") == [3, 4]


def test_mode_new_asks_only_what_is_missing_request_for_request(server, session, folder):
    with record("new", folder=folder, at=MOMENT):
        assert ask(session, server, "/a") == [1]
    with record("new", folder=folder, mode="new"):
        assert clock.now() == MOMENT
        # The second /a is one more request than was recorded.
        assert ask(session, server, "/b", "/a", "/a") == [2, 1, 3]
    with record("new", folder=folder, mode="new"):
        assert ask(session, server, "/a") == [1]
    with replay("new", folder=folder, strict=True) as running:
        assert running.recorded_at == MOMENT
        assert ask(session, server, "/a", "/b", "/a") == [1, 2, 3]


def test_mode_new_repeats_no_write_that_was_recorded(server, session, folder):
    def refund():
        return session.post(f"{server.url}/refund", json={"amount": 5}).json()["number"]

    for _ in range(3):
        with record("writes", folder=folder, mode="new"):
            assert refund() == 1
    assert len(server.seen) == 1


def test_mode_new_without_news_leaves_the_file_alone(server, session, folder):
    with record("new", folder=folder):
        ask(session, server, "/a")
    before = (folder / "new.yaml").stat().st_mtime_ns
    with record("new", folder=folder, mode="new"):
        ask(session, server, "/a")
    assert (folder / "new.yaml").stat().st_mtime_ns == before


def test_mode_once_records_once(server, session, folder):
    for _ in range(2):
        with record("once", folder=folder, mode="once") as running:
            assert ask(session, server, "/a") == [1]
    assert running.mode == "replay"
    with record("once", folder=folder, mode="once"), pytest.raises(CassetteMiss):
        ask(session, server, "/b")
    assert len(server.seen) == 1


def test_mode_once_makes_a_broken_off_one_anew(server, session, folder):
    folder.mkdir()
    record_until_killed(server.url, folder, mode="once", answers=3)
    before = len(server.seen)
    with record("killed", folder=folder, mode="once"):
        session.get(f"{server.url}/return/0")
    assert len(server.seen) == before + 1
    assert [file.name for file in folder.iterdir()] == ["killed.yaml"]


def test_there_is_no_other_mode():
    with pytest.raises(InputError, match="'any' is no mode of recording"):
        record("x", mode="any")


def test_large_ones_stay_compact_and_small_ones_become_readable(
    server, session, folder, monkeypatch
):
    assert storage._READABLE == (200, 2**20)
    monkeypatch.setattr(storage, "_READABLE", (20, 20_000))

    def record_paths(count):
        with record("size", folder=folder):
            ask(session, server, *(f"/{number}" for number in range(count)))
        return [file.name for file in folder.iterdir()]

    assert record_paths(21) == ["size.jsonl.gz"]
    assert record_paths(20) == ["size.yaml"]
    assert record_paths(21) == ["size.jsonl.gz"]
    with record("bytes", folder=folder):
        session.post(f"{server.url}/x", data="b" * 20_000)
    assert (folder / "bytes.jsonl.gz").is_file()


def test_the_compact_form_is_smaller_than_a_fifth(tmp_path):
    def record_of(number):
        """About as much that is its own as in a return: ids, amounts, moments, a name."""
        own = random.Random(number)
        history = [
            {"activityType": "BUYER_SENT_MESSAGE", "creationDate": {"value": f"2026-03-{day:02}T"
             f"{own.randrange(24):02}:{own.randrange(60):02}:{own.randrange(60):02}.000Z"},
             "author": own.choice(["BUYER", "SELLER"]), "amount": {"value": own.random()}}
            for day in range(1, 16)
        ]  # fmt: skip
        return {"returnId": str(own.randrange(10**10)), "buyer": own.randbytes(6).hex(),
                "responseHistory": history}  # fmt: skip

    exchanges = [
        (
            Request("GET", f"http://simulator/post-order/v2/return/{5_000_000_000 + number}"),
            Answer(200, "OK", {}, json.dumps(record_of(number)).encode()),
        )
        for number in range(300)
    ]
    for ending in ("yaml", "jsonl.gz"):
        storage.write(tmp_path / f"x.{ending}", compact.Stored(MOMENT, exchanges))
    sizes = [(tmp_path / f"x.{ending}").stat().st_size for ending in ("yaml", "jsonl.gz")]
    assert sizes[1] < sizes[0] / 5


def test_both_forms_are_the_same_cassette(server, session, folder):
    paths = ["/a?x=1", "/binary", "/gzip", "/amount", "/limited", "/moved"]

    def answers():
        found = [session.get(server.url + path) for path in paths]
        found.append(session.post(f"{server.url}/p", json={"a": "ä\u2028"}))
        return [
            (one.status_code, one.reason, json_or_bytes(one), dict(one.headers)) for one in found
        ]

    with record("form", folder=folder, at=MOMENT):
        live = answers()
    with replay("form", folder=folder, strict=True):
        readable = answers()
    stored = storage.read(folder / "form.yaml", advice="")
    storage.write(folder / "form.jsonl.gz", stored)
    with pytest.raises(CassetteError, match=r"form\.yaml and form\.jsonl\.gz"):
        replay("form", folder=folder).__enter__()
    (folder / "form.yaml").unlink()
    assert storage.read(folder / "form.jsonl.gz", advice="") == stored
    with replay("form", folder=folder, strict=True) as running:
        assert running.path == folder / "form.jsonl.gz"
        assert answers() == readable
    assert [body for _, _, body, _ in readable] == [body for _, _, body, _ in live]


def json_or_bytes(answer):
    return answer.json() if answer.headers["Content-Type"] == "application/json" else answer.content


def test_a_full_disk_is_told_to_who_asks_and_what_was_kept_stays(
    server, session, folder, monkeypatch
):
    write = os.write

    def full(file, data):
        if len(server.seen) > 2:
            raise OSError(28, "No space left on device")
        return write(file, data)

    def story():
        with record("full", folder=folder):
            ask(session, server, "/a", "/b")
            monkeypatch.setattr(os, "write", full)
            with pytest.raises(CassetteError, match="No space left on device"):
                ask(session, server, "/c")

    with pytest.raises(CassetteError, match="No space left"):
        story()
    monkeypatch.undo()
    with replay("full", folder=folder):
        assert ask(session, server, "/a", "/b") == [1, 2]


def test_only_one_process_records_a_cassette(server, folder):
    command = [sys.executable, "-c", RECORDER, server.url, str(folder), "all"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        with (
            pytest.raises(CassetteError, match="being made by another block or process"),
            record("killed", folder=folder),
        ):
            pytest.fail("the block ran")
        process.kill()
        process.stdout.read()
    with record("killed", folder=folder):
        pass
    assert yaml.safe_load((folder / "killed.yaml").read_text())["interactions"] == []
