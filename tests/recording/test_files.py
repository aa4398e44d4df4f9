"""Names, places and files of cassettes."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from postorder_nb.errors import CassetteError, InputError
from postorder_nb.recording import record, replay, scrub, storage
from postorder_nb.recording.exchange import Answer, Request

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/x",
        "../x",
        "a/../b",
        "a/",
        "a//b",
        "a.yaml",
        "a b",
        "ä",
        "a\\b",
        "C:x",
        "-x",
        "a\n",
        7,
    ],
)
def test_bad_names_are_refused_at_once(name):
    for block in (record, replay):
        with pytest.raises(InputError, match="cannot be named"):
            block(name)


@pytest.mark.parametrize("name", ["x", "demo/snapshot", "a/b-c/d_1", "_x", "2026"])
def test_good_names_are_paths_in_the_folder(name, folder):
    with record(name, folder=str(folder)) as running:
        pass
    assert running.path == folder.joinpath(*f"{name}.yaml".split("/"))
    assert running.path.is_file()


def test_the_folder_is_the_nearest_above(tmp_path, monkeypatch):
    (tmp_path / "project" / "cassettes").mkdir(parents=True)
    deep = tmp_path / "project" / "notebooks" / "deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    with record("x") as running:
        pass
    assert running.path == tmp_path / "project" / "cassettes" / "x.yaml"
    (deep / "cassettes").mkdir()
    with record("x") as running:
        pass
    assert running.path == deep / "cassettes" / "x.yaml"


def test_a_missing_recording_names_the_line_that_makes_it(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").mkdir()
    with pytest.raises(CassetteError) as caught, replay("demo/x"):
        pytest.fail("the block ran")
    assert str(tmp_path / "cassettes" / "demo" / "x.yaml") in caught.value.message
    assert caught.value.advice == 'record it with: with pn.record("demo/x"): ...'


PYTHON = "!!python/object/apply:os.mkdir ['{pwned}']"
OURS = "postorder_nb: {version: 1, recorded_at: '2026-03-01T00:00:00+00:00'}\nversion: 1\n"
ROW = (
    "- request: {method: GET, uri: 'http://simulator/x', body: null, headers: {}}\n"
    "  response: {status: {code: 200, message: OK}, headers: {H}, body: {string: B}}\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OURS + "interactions: " + PYTHON, "unsafe"),
        (OURS + "interactions: [!!python/tuple [1, 2]]", "unsafe"),
        (OURS + "interactions: !mine []", "unsafe"),
        ("a: [", "not readable YAML"),
        ("a: \x01", "not readable YAML"),
        ("a: 2026-99-99", "not readable YAML"),
        ("", "not made by this package"),
        ("- request: {}", "not made by this package"),
        ("version: 1\ninteractions: []", "not made by this package"),
        (OURS.replace("version: 1,", "version: 2,") + "interactions: []", "format 2"),
        (OURS.replace("+00:00", "") + "interactions: []", "without a time zone"),
        (OURS.replace("2026-03-01T", "March ") + "interactions: []", "is no moment"),
        (OURS + "interactions:\n" + ROW.replace("{H}", "{A: b}"), "damaged at interaction 1"),
        (
            OURS + "interactions:\n" + ROW.replace("{H}", "{}").replace("B}", "[1]}"),
            "interaction 1",
        ),
        (OURS + "interactions:\n" + ROW.replace("{H}", '{A: ["b\\r\\nC: d"]}'), "interaction 1"),
    ],
)
def test_foreign_unsafe_and_damaged_files_are_refused(folder, text, words, tmp_path):
    folder.mkdir()
    pwned = tmp_path / "pwned"
    (folder / "x.yaml").write_text(text.replace("{pwned}", str(pwned)))
    with pytest.raises(CassetteError, match=words) as caught, replay("x", folder=folder):
        pytest.fail("the block ran")
    assert not pwned.exists()
    assert "with pn.record" in caught.value.advice


def test_a_sound_row_is_accepted(folder, session):
    folder.mkdir()
    (folder / "x.yaml").write_text(OURS + "interactions:\n" + ROW.replace("{H}", "{A: [b]}"))
    with replay("x", folder=folder) as running:
        assert session.get("http://simulator/x").text == "B"
    assert running.recorded_at == MOMENT


def test_a_folder_that_cannot_be_made_shows_before_the_block(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(CassetteError, match="cannot be written"),
        record("x", folder=tmp_path / "file" / "deeper"),
    ):
        pytest.fail("the block ran")


def test_a_failed_write_leaves_the_old_file_and_no_other(folder, server, session, monkeypatch):
    with record("x", folder=folder):
        session.get(f"{server.url}/old")
    before = (folder / "x.yaml").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CassetteError, match="No space left"), record("x", folder=folder):
        session.get(f"{server.url}/new")
    assert (folder / "x.yaml").read_bytes() == before
    # What was answered is not lost; which of the two counts is for a person to say.
    assert {file.name for file in folder.iterdir()} == {"x.yaml", "x.part.jsonl.gz"}
    with pytest.raises(CassetteError, match=r"x\.yaml and x\.part\.jsonl\.gz") as several:
        replay("x", folder=folder).__enter__()
    assert "keep one and delete the other" in several.value.advice


def test_the_file_is_whole_at_every_moment(folder, server, session, monkeypatch):
    with record("x", folder=folder):
        session.get(f"{server.url}/old")
    seen = []
    rename = Path.replace

    def spy(self: Path, target: Path) -> Path:
        if target.suffix == ".yaml":
            both = (yaml.safe_load(file.read_text()) for file in (self, target))
            seen.extend(len(document["interactions"]) for document in both)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", spy)
    with record("x", folder=folder):
        session.get(f"{server.url}/a")
        session.get(f"{server.url}/b")
    assert seen == [2, 1]


@given(st.binary() | st.text().map(str.encode))
@example(b"")
@example(b"\r\n \x85 \xc2")
@example("a\x85b".encode())
@example("a\u2028b\n\n\u2029 c\r\n".encode())
@example(b" leading\n  more \n")
@example("\ufeff\ufffe\U0001f381\x00\x7f".encode())
def test_every_body_comes_back(tmp_path_factory, body):
    path = tmp_path_factory.mktemp("bodies") / "x.yaml"
    exchange = (
        Request("POST", "http://simulator/x", {"Accept": "a: b"}, body),
        Answer(200, "", {"Location": ["1", "yes"]}, body),
    )
    storage.write(path, storage.Stored(MOMENT, [exchange]))
    (request, answer), *rest = storage.read(path, advice="").exchanges
    assert rest == []
    assert [same_json_or_bytes(came, body) for came in (request.body, answer.body)] == [True, True]
    assert (dict(request.headers), dict(answer.headers)) == (
        {"Accept": "a: b"},
        {"Location": ["1", "yes"]},
    )


@pytest.mark.parametrize("text", ["a\x85b", "\x85\n", "x\n\x85y", "a\u2028\n", "\r", "\ufeff\n"])
def test_every_text_comes_back_where_yaml_has_no_c_library(text):
    class Pure(yaml.SafeDumper):
        """The dumper that is there without libyaml."""

    Pure.add_representer(storage._Text, storage._represent_text)
    written = yaml.dump({"string": storage._Text(text)}, Dumper=Pure, allow_unicode=True)
    assert yaml.load(written, Loader=yaml.SafeLoader) == {"string": text}


def same_json_or_bytes(came: bytes, sent: bytes) -> bool:
    return came == sent or (sent[:1] in b"[{ \n\r\t" and json.loads(came) == json.loads(sent))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(JSON) | st.dictionaries(st.text(), JSON), st.booleans())
def test_laid_out_json_says_the_same_in_a_block(value, ascii_only):
    text = storage.indented(json.dumps(value, ensure_ascii=ascii_only))
    numbers_as_written = {"parse_float": str, "parse_int": str}
    assert json.loads(text, **numbers_as_written) == json.loads(
        json.dumps(value), **numbers_as_written
    )
    assert storage.indented(text) == text
    assert text.count("\n") >= len(value)


@pytest.mark.parametrize("text", ["plain", "[1, 2", '"[1]"', "[" * 100_000, "<html>{}</html>"])
def test_other_text_is_left_alone(text):
    assert storage.indented(text) == text


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:8080/a?b=c", "http://simulator/a?b=c"),
        ("https://LOCALHOST", "http://simulator"),
        ("http://[::1]:8080/a", "http://simulator/a"),
        ("http://::1:8080/a", "http://simulator/a"),
        ("http://localhost.evil.example/a", "http://localhost.evil.example/a"),
        ("http://127.0.0.10/a", "http://127.0.0.10/a"),
        ("https://user:word@api.ebay.com/a", "https://api.ebay.com/a"),
        ("http://user:word@localhost:1/a", "http://simulator/a"),
        ("/relative?x=http://localhost:1/", "/relative?x=http://localhost:1/"),
    ],
)
def test_addresses(url, kept):
    assert scrub.address(url) == kept


def test_scrubbing_twice_changes_nothing_more():
    form = {"content-type": "application/x-www-form-urlencoded", "authorization": "x"}
    sent = Request(
        "POST", "http://u:p@localhost:1/x?id_token=1&a=2", form, b"code=1&refresh_token=2"
    )
    once = scrub.request(sent)
    assert once == Request(
        "POST",
        "http://simulator/x?id_token=removed&a=2",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"code=removed&refresh_token=removed",
    )
    assert scrub.request(once) == once
