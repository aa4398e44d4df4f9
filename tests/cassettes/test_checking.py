"""``postorder-nb cassettes check``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests

import postorder_nb as pn
from postorder_nb import cassettes
from postorder_nb.recording import plays, replay
from postorder_nb.recording.compact import MOST_UNPACKED

SOUND = {"returnId": "5001", "state": "CLOSED"}
LATER = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def found(make):
    """Check all that was made; return what was found, without the names."""

    def look(**options) -> list[tuple[str, str, str]]:
        rows = cassettes.check(cassettes.find(folder=make.folder), **options)
        return [(row.level, row.kind, row.words) for row in rows]

    return look


def test_a_sound_cassette_has_no_findings(make, command):
    page = {"members": [SOUND], "total": 1}
    make.write("one", *make.scrubbed(make.exchange("/return/search?limit=1", page)))
    assert command("check") == (0, "1 cassettes: 0 failures, 0 warnings\n", "")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"note": "v^1.1#i^1#p^3#f^0#r^1#I^3#t^Ul4xMF8yOkE5"}, "token"),
        ({"buyerEmail": "jane.doe@gmail.com"}, "e-mail address"),
        ({"access_token": "shortbutsecret"}, "secret"),
    ],
)
def test_a_leak_fails_and_is_not_repeated_whole(make, command, answer, kind):
    make.write("one", make.exchange("/return/5001", {}), make.exchange("/return/5002", answer))
    status, said, _ = command("check", "--quiet")
    assert status == 1
    [row] = [line for line in said.splitlines() if "leak" in line]
    assert kind in row
    assert row.split()[3] == "2"
    assert str(next(iter(answer.values()))) not in said


def test_what_was_not_scrubbed_fails(make, found):
    make.write("one", make.exchange("/return/5001", {}), mark="")
    [(level, kind, words)] = found()
    assert (level, kind) == ("fail", "not scrubbed")
    assert "postorder-nb cassettes scrub" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postorder_nb: !!python/object/apply:os.system ['touch pwned']", "unsafe"),
        ("interactions: !!python/object/apply:os.system ['touch pwned']", "unsafe"),
        ("postorder_nb: {version: 1}", "damaged"),
        ("hello: world", "not laid out as a cassette"),
    ],
)
def test_what_cannot_be_used_fails(make, found, text, words):
    make.folder.mkdir()
    (make.folder / "one.yaml").write_text(text)
    [(level, kind, said)] = found()
    assert (level, kind) == ("fail", "unusable")
    assert words in said


def test_one_that_leads_elsewhere_and_one_that_was_cut_off_fail(make, found):
    request, answer = make.exchange("/return/5001", {})
    answer.headers["Location"] = ["https://elsewhere.example/"]
    make.write("away", (request, answer))
    make.write("cut", make.exchange("/return/5001", {}), form="part.jsonl.gz", whole=False)
    away, cut = found()
    assert away[1] == "unusable"
    assert "leads on" in away[2]
    assert cut == ("fail", "unusable", "the recording was cut off after 1 answers")
    assert MOST_UNPACKED == 2**29  # larger ones are refused: tests/recording/test_hostile.py


def test_unknown_fields_and_values_are_warned_of(make, command):
    member = {**SOUND, "state": "PONDERING", "moonPhase": "FULL_MOON"}
    page = make.exchange("/return/search?limit=1", {"members": [member, member], "total": 2})
    make.write("one", page)
    status, said, _ = command("check")
    assert status == 0
    assert "unknown field summary.moonPhase (text), 2 times" in said
    assert "unknown value summary.state (PONDERING), 2 times" in said
    assert command("check", "--strict")[0] == 1
    assert "moonPhase" not in command("check", "--quiet")[1]


def test_calls_that_ended_are_warned_of(make, found):
    make.write(
        "one",
        make.exchange("/casemanagement/5001/issue_refund", {}, method="POST", body={}),
        make.exchange("/return/5001/mark_refund_sent", {}, method="POST", body={}),
    )
    first, second = found()
    assert first[:2] == second[:2] == ("warn", "stale")
    assert "cases.issue_refund since 2026-03-02" in first[2]
    assert "refund with returns.issue_refund" in second[2]


def test_old_recordings_are_warned_of(make, found, command):
    make.write("one", make.exchange("/return/5001", {}), at=pn.recording.blocks.clock.now())
    make.write("two", make.exchange("/return/5001", {}), at=datetime(2020, 1, 1, tzinfo=UTC))
    rows = found(oldest=timedelta(days=365))
    assert [row[:2] for row in rows] == [("warn", "stale")]
    assert "two" in command("check", "--older-than", "365")[1]


def test_older_shapes_are_warned_of(make, found):
    old = [{**SOUND, "returnId": str(n), "sellerTotalRefund": {}} for n in range(5001, 5005)]
    new = [{**SOUND, "returnId": str(n), "orderId": "1-2"} for n in range(5001, 5005)]
    make.write("old", make.exchange("/return/search?limit=4", {"members": old, "total": 4}))
    make.write("few", make.exchange("/return/search?limit=4", {"members": old[:2], "total": 2}))
    page = make.exchange("/return/search?limit=4", {"members": new, "total": 4})
    make.write("new", page, at=LATER)
    assert found() == [
        ("warn", "stale", "its records lack orderId, unlike all of the newer new"),
        ("warn", "stale", "its records still have sellerTotalRefund, unlike all of the newer new"),
    ]


def test_what_nobody_asked_for_fails(make, command, tmp_path, monkeypatch):
    asked = [
        make.exchange(f"/return/{n}", {"summary": {"returnId": n}}) for n in (5001, 5002, 5003)
    ]
    make.write("part", *asked)
    make.write("none", asked[0])
    make.write("all", asked[0])
    register = tmp_path / "played"
    monkeypatch.setenv(plays.VARIABLE, str(register))
    headers = {"Authorization": "IAF x"}
    with requests.Session() as session:
        for name, paths in (("part", (5001,)), ("all", (5001,)), ("part", (5003, 5003))):
            with replay(name, folder=make.folder):
                for path in paths:
                    url = f"http://localhost/post-order/v2/return/{path}"
                    said = session.get(url, headers=headers).json()
                    assert said == {"summary": {"returnId": path}}
    status, said, _ = command("check", "--played", register)
    assert status == 1
    rows = [line.split(maxsplit=3) for line in said.splitlines()[1:-1]]
    assert [row[1:3] for row in rows] == [["none", "unplayed"], ["part", "unplayed"]]
    assert rows[0][3] == "nobody replayed it"
    assert rows[1][3].split(maxsplit=1)[0] == "2"
    assert "1 of 3 were not asked for; the first is GET" in rows[1][3]
    assert "/return/5002" in rows[1][3]


def test_a_register_that_is_none_is_told(make, command, tmp_path):
    make.folder.mkdir()
    status, _, errors = command("check", "--played", tmp_path / "missing")
    assert status == 2
    assert plays.VARIABLE in errors
