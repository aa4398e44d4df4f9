"""A cassette somebody else made runs no code, leads nowhere else, and does not fill the memory."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from datetime import UTC, datetime

import pytest
import requests

from postorder_nb.errors import CassetteError
from postorder_nb.recording import compact, record, replay, rows, storage
from postorder_nb.recording.compact import Stored
from postorder_nb.recording.exchange import Answer, Request

HEAD = {"postorder_nb": {"version": 1, "recorded_at": "2026-03-01T00:00:00+00:00"}}
YAML_HEAD = "postorder_nb: {version: 1, recorded_at: '2026-03-01T00:00:00+00:00'}\nversion: 1\n"


def row(url="http://simulator/x", headers=None, *, code=200, method="GET", body="{}", reason="OK"):
    return {
        "request": {"method": method, "uri": url, "headers": {}, "body": None},
        "response": {
            "status": {"code": code, "message": reason},
            "headers": headers or {},
            "body": {"string": body},
        },
    }


def gz(path, *lines: object, end: bool = True) -> None:
    """Write lines as a compact cassette."""
    path.parent.mkdir(exist_ok=True)
    rest = [{"end": len(lines) - 1}] if end else []
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    with path.open("wb") as file:
        for line in (*lines, *rest):
            text = line if isinstance(line, bytes) else json.dumps(line).encode()
            file.write(packer.compress(text + b"\n"))
        file.write(packer.flush())


def refusal(name, folder) -> str:
    with pytest.raises(CassetteError) as caught, replay(name, folder=folder):
        pytest.fail("the block ran")
    return caught.value.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (row(headers={"Location": ["https://evil.example/x"]}), "another host: Location: https://ev"),
        (row(headers={"location": ["//evil.example/x"]}), "leads on from simulator:80 to another"),
        (row(headers={"Location": ["/ok", "https://evil.example"]}), "to another host"),
        (row(headers={"Location": ["http://simulator:81/"]}), "to another host"),
        (row(headers={"Location": ["http://simulator@evil.example/"]}), "to another host"),
        (row(headers={"Location": ["file:///etc/passwd"]}), "to another host"),
        (row(headers={"Content-Location": ["http://evil.example/"]}), "to another host"),
        (row(headers={"Refresh": ["0; url=https://evil.example/"]}), "to another host"),
        (row("https://user@api.ebay.com/x"), "asks no address"),
        (row("file:///etc/passwd"), "asks no address"),
        (row("//evil.example/x"), "asks no address"),
        (row("http://simulator:99999/x"), "asks no address"),
        (row("http://simulator/x\r\nHost: evil.example"), "asks no address"),
        (row(code=99), "no such status"),
        (row(code=10**400), "no such status"),
        (row(method="GET /evil HTTP/1.1\r\n"), "no such status or method"),
        (row(reason="OK\r\nSet-Cookie: a=b"), "no such status"),
        (row(headers={"A\r\nSet-Cookie": ["a=b"]}), "not laid out"),
        (row(headers={"A": ["b\r\nSet-Cookie: a=b"]}), "not laid out"),
        (row(headers={f"A{number}": ["b"] for number in range(201)}), "not laid out"),
        (row(body={"base64": "no base64!"}), "no base64"),
        (row(body={"base64": "aaaa", "more": 1}), "has no body"),
        (row(body=["{}"]), "has no body"),
        ({**row(), "sent_with": {"credentials": ["IAF"]}}, "how it was sent"),
        ([], "not laid out"),
        ("row", "not laid out"),
    ],
)  # fmt: skip
def test_an_unsound_interaction_is_refused_in_both_forms(folder, given, words):
    if given["response"]["status"]["code"] < 2**63 if isinstance(given, dict) else True:
        gz(folder / "c.jsonl.gz", HEAD, row(), given)
        assert words in refusal("c", folder)
        assert "interaction 2" in refusal("c", folder)
    document = json.dumps(HEAD | {"version": 1, "interactions": [row(), given]})
    (folder / "y.yaml").parent.mkdir(exist_ok=True)
    (folder / "y.yaml").write_text(document)
    assert words in refusal("y", folder)


@pytest.mark.parametrize("target", ["/y", "y?a=http://evil.example", "http://SIMULATOR:80/y"])
def test_a_redirect_on_the_same_host_is_none_of_them(folder, target, session):
    gz(folder / "c.jsonl.gz", HEAD, row(headers={"Location": [target]}))
    with replay("c", folder=folder):
        assert session.get("http://localhost/x").headers["Location"] == target


def test_a_live_redirect_to_another_host_is_not_recorded(server, session, folder):
    with record("away", folder=folder):
        session.get(f"{server.url}/stays")
        with pytest.raises(CassetteError, match="leads on from simulator:80 to another host"):
            session.get(f"{server.url}/away", allow_redirects=False)
    with replay("away", folder=folder, strict=True):
        session.get(f"{server.url}/stays")


def memory_of(code: str) -> tuple[str, int]:
    """Run code in a process; return what it said, and the most memory it had, in MiB."""
    # The peak of getrusage would count what this process had when it forked.
    code += """
from pathlib import Path
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) >> 10)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *said, most = run.stdout.splitlines()
    return "\n".join(said), int(most)


READ = """
from postorder_nb.recording import replay
from postorder_nb.errors import CassetteError
try:
    replay("bomb", folder={folder!r}).__enter__()
except CassetteError as error:
    print(error.message)
"""


@pytest.mark.parametrize(
    ("start", "filling", "words"),
    [
        (b"", b"\0", "has a line of more than 64 MiB"),
        (b'{"a":"', b" ", "has a line of more than 64 MiB"),
        (b"", b"\n", "a line is no JSON|not laid out"),
    ],
)
def test_a_gigabyte_in_a_megabyte_is_refused(folder, start, filling, words):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(json.dumps(HEAD).encode() + b"\n" + start)
    packed += packer.flush(zlib.Z_FULL_FLUSH)
    blocks = zlib.compressobj(9, zlib.DEFLATED, -15)
    # After a full flush a block needs nothing that came before it, so it can be repeated.
    packed += 1024 * (blocks.compress(filling * 2**20) + blocks.flush(zlib.Z_FULL_FLUSH))
    assert len(packed) < 2 * 2**20
    folder.mkdir()
    (folder / "bomb.jsonl.gz").write_bytes(packed)
    said, most = memory_of(READ.format(folder=str(folder)))
    assert any(word in said for word in words.split("|"))
    assert most < 400


def test_what_is_unpacked_is_bounded_line_by_line(folder, monkeypatch):
    monkeypatch.setattr(compact, "MOST_UNPACKED", 2**20)
    gz(folder / "c.jsonl.gz", HEAD, *[row(body=" " * 100_000)] * 20)
    assert "unpacked it has over 1 MiB" in refusal("c", folder)


def test_the_bodies_and_the_interactions_are_bounded(folder, monkeypatch):
    monkeypatch.setattr(rows, "MOST_EXCHANGES", 10)
    gz(folder / "c.jsonl.gz", HEAD, *[row()] * 11)
    assert "holds more than 10 interactions" in refusal("c", folder)
    gz(folder / "c.jsonl.gz", HEAD, *[row()] * 10)
    with replay("c", folder=folder):
        pass
    monkeypatch.setattr(rows, "MOST_BYTES", 2**20)
    gz(folder / "c.jsonl.gz", HEAD, *[row(body=" " * 2**19)] * 3)
    assert "1 MiB" in refusal("c", folder)


def test_a_recording_stops_where_no_more_would_be_read(server, session, folder, monkeypatch):
    monkeypatch.setattr(rows, "MOST_EXCHANGES", 2)
    with record("many", folder=folder):
        session.get(f"{server.url}/a")
        session.get(f"{server.url}/b")
        with pytest.raises(CassetteError, match="holds more than 2 interactions"):
            session.get(f"{server.url}/c")
    with replay("many", folder=folder, strict=True):
        assert session.get(f"{server.url}/a").json()["number"] == 1
        assert session.get(f"{server.url}/b").json()["number"] == 2


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([HEAD, row(), {"end": 2}], "1 of its 2 interactions"),
        ([HEAD, {"end": 10**18}], "0 of its 1000000000000000000 interactions"),
        ([HEAD, {"end": "many"}], "0 of its many interactions"),
        ([HEAD, {"end": 0}, row()], "goes on behind its end"),
        ([HEAD, b"{"], "a line is no JSON"),
        ([HEAD, b"[" * 100_000], "a line is no JSON"),
        ([HEAD, b'{"a":' * 5000 + b"1" + b"}" * 5000], "a line is no JSON"),
        ([row()], "not made by this package"),
        ([[]], "not made by this package"),
        ([{"postorder_nb": {"version": 2}}], "has format 2"),
        ([{"postorder_nb": {"version": 1, "recorded_at": "2026-03-01"}}], "without a time zone"),
    ],
)
def test_unsound_lines_are_refused(folder, lines, words):
    gz(folder / "c.jsonl.gz", *lines, end=False)
    assert words in refusal("c", folder)


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", b"\x1f\x8b\x08\x00", b"\x1f\x8b" + b"\0" * 50]
)
def test_what_is_no_compact_cassette_is_refused(folder, content):
    folder.mkdir()
    (folder / "c.jsonl.gz").write_bytes(content)
    assert str(folder / "c.jsonl.gz") in refusal("c", folder)


def test_nothing_may_follow_the_end(folder):
    gz(folder / "c.jsonl.gz", HEAD)
    with (folder / "c.jsonl.gz").open("ab") as file:
        file.write(b"more")
    assert "something follows its end" in refusal("c", folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested more than 50 deep"),
        (YAML_HEAD + "interactions:\n  " + "- " * 100_000, "nested more than 50 deep"),
        ("{a: " * 100_000, "nested more than 50 deep"),
        ("? " * 100_000, "nested more than 50 deep"),
        (YAML_HEAD + "x: &a [1]\ninteractions: [*a, *a]", "stands for another"),
        ("a: &a ['x']\nb: &b [*a, *a]\nc: &c [*b, *b]", "stands for another"),
        (YAML_HEAD + "interactions:\n" + "- {}\n" * 3, "interaction 1"),
        (YAML_HEAD + "interactions: " + "9" * 100_000, "not readable YAML|not made by"),
        ("!!python/object/apply:os.system [\"touch pwned\"]", "unsafe"),
        ("a: !!python/name:os.system", "unsafe"),
        (YAML_HEAD + "interactions: !!python/object/new:type [x]", "unsafe"),
        ("\0", "not readable YAML"),
        ("%YAML 9.9\n---\n{}", "not readable YAML|not made by"),
        ("a: 1\n---\nb: 2", "not readable YAML"),
    ],
)  # fmt: skip
def test_hostile_yaml_is_refused_and_does_not_crash_the_loader(folder, text, words):
    folder.mkdir()
    (folder / "y.yaml").write_text(text)
    said = refusal("y", folder)
    assert any(word in said for word in words.split("|"))


def test_a_yaml_file_of_any_size_is_not_loaded(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setattr(storage, "LONGEST_YAML", 10_000)
    (folder / "y.yaml").write_text(YAML_HEAD + "interactions: []\n" + "#" * 10_000)
    assert "unsafe: it has more than" in refusal("y", folder)


def test_aliases_are_for_vcrpys_own_files_only(tmp_path):
    (tmp_path / "foreign.yaml").write_text("a: &a [1]\nb: *a\n")
    found = storage.document(tmp_path / "foreign.yaml", advice="", aliases=True)
    assert found == {"a": [1], "b": [1]}
    with pytest.raises(CassetteError, match="stands for another"):
        storage.document(tmp_path / "foreign.yaml", advice="")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1e99999999999999999999}', b'{"a":1e999999999}', b"9" * 5000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000, b"[" * 20_000, b'{"a":NaN}', b"\xff",
        b'"\\ud800"',
    ],
)  # fmt: skip
def test_any_body_can_be_recorded_compared_and_asked_again(folder, session, body):
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    kind = {"Content-Type": "application/json"}
    exchange = Request("POST", "http://simulator/x", kind, body), Answer(200, "OK", {}, body)
    folder.mkdir()
    storage.write(folder / "c.jsonl.gz", Stored(moment, [exchange]))
    with replay("c", folder=folder, strict=True):
        with pytest.raises(CassetteError, match="body at"):
            session.post("http://localhost/x", data=b'{"a":2}', headers=kind)
        assert session.post("http://localhost/x", data=body, headers=kind).content == body


def test_packed_answers_stay_packed(folder):
    """An answer that says it is gzip is not unpacked on replay: it was when it was recorded."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b"\0" * 2**24) + packer.flush()
    headers = {"Content-Encoding": ["gzip"]}
    exchange = Request("GET", "http://simulator/x"), Answer(200, "OK", headers, bomb)
    folder.mkdir()
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    storage.write(folder / "c.jsonl.gz", Stored(moment, [exchange]))
    with replay("c", folder=folder), requests.Session() as session:
        assert len(session.get("http://localhost/x").content) < 2**20
