"""``postorder-nb cassettes scrub``, ``forget`` and ``convert``."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import requests
import vcr
import yaml

import postorder_nb as pn
from postorder_nb import cassettes
from postorder_nb.errors import CassetteError, CassetteMiss
from postorder_nb.recording import replay, storage
from postorder_nb.recording.scrub import Scrubber, writer

SHOP = {"returns": 12, "days": 40, "seed": 3, "now": "2026-03-01T12:00:00Z"}
SITE = {"X-EBAY-C-MARKETPLACE-ID": "EBAY_US"}
SEARCH = "/post-order/v2/return/search?limit=50"


@pytest.fixture
def foreign(tmp_path: Path) -> tuple[Path, set[str], str, dict]:
    """Record a shop with plain vcrpy; return the file, the buyers, the token and the answer."""
    path = tmp_path / "theirs.yaml"
    with pn.demo(**SHOP) as po:
        token = po.simulator.token
        headers = {"Authorization": f"IAF {token}", "Accept-Encoding": "gzip", **SITE}
        with vcr.use_cassette(str(path)), requests.Session() as session:
            answer = session.get(po.simulator.url + SEARCH, headers=headers, timeout=30).json()
    buyers = {member["buyerLoginName"] for member in answer["members"]}
    assert len(buyers) > 5
    assert token in path.read_text()
    return path, buyers, token, answer


def test_what_vcrpy_recorded_is_scrubbed_and_replays(foreign, command):
    path, buyers, token, answer = foreign
    before = path.read_text()
    assert "not scrubbed" in command("check", path)[1]
    status, said, _ = command("scrub", path)
    assert (status, said.strip()) == (0, f"{path}: {path}")
    text = path.read_text()
    for secret in (token, *buyers):
        assert secret in before
        assert secret not in text
    assert command("check", "--quiet", path)[0] == 0
    with replay("theirs", folder=path.parent), requests.Session() as session:
        headers = {"Authorization": "IAF another", **SITE}
        replayed = session.get(f"http://localhost{SEARCH}", headers=headers).json()
        with pytest.raises(CassetteMiss, match="kind of credentials: recorded IAF, asked none"):
            session.get(f"http://localhost{SEARCH}", headers=SITE)
    for was, now in zip(answer["members"], replayed["members"], strict=True):
        for key in ("returnId", "state", "status", "sellerTotalRefund"):
            assert was[key] == now[key]
    with vcr.use_cassette(str(path), record_mode="none") as theirs:
        assert len(theirs) == 1  # vcrpy still reads it


def test_the_original_may_stay_and_the_copy_be_compact(foreign, command, tmp_path):
    path, _, token, _ = foreign
    target = tmp_path / "ours.jsonl.gz"
    assert command("scrub", path, "-o", target)[0] == 0
    assert token in path.read_text()
    assert storage.read(target, advice="").scrubbed == writer().mark
    status, _, errors = command("scrub", path, "-o", tmp_path / "ours.txt")
    assert status == 2
    assert "use .yaml or .jsonl.gz" in errors


def test_json_gzip_and_odd_headers_of_vcrpys_kin_are_read(tmp_path, command):
    packed = gzip.compress(b'{"members":[],"total":0}').hex()
    url = "https://api.ebay.com/post-order/v2/return/search?limit=1"
    made = {
        "version": 1,
        "interactions": [
            {
                "request": {"method": "GET", "uri": url, "headers": {"Accept": "*/*"}},
                "response": {
                    "status": {"code": 200, "message": None},
                    "headers": {"Date": ["Sun, 01 Mar 2026 12:00:00 GMT"], "X-Empty": []},
                    "body": {"string": '{"members":[],"total":0}'},
                },
            }
        ],
    }
    path = tmp_path / "kin.json"
    path.write_text(json.dumps(made))
    command("scrub", path)
    stored = storage.read(tmp_path / "kin.yaml", advice="")
    assert not path.exists()
    assert stored.recorded_at.isoformat() == "2026-03-01T12:00:00+00:00"
    response = made["interactions"][0]["response"]
    response["headers"]["Content-Encoding"] = "gzip"
    response["body"]["string"] = bytes.fromhex(packed)
    binary = tmp_path / "binary.yaml"

    binary.write_text(yaml.dump(made))
    [one] = cassettes.find([binary])
    assert json.loads(one.stored.exchanges[0][1].body) == {"members": [], "total": 0}


def test_another_key_leaves_a_cassette_alone(make):
    other = Scrubber(b"another key")
    path = make.write("one", make.exchange("/return/5001", {}), mark=other.mark)
    before = path.read_bytes()
    with pytest.raises(CassetteError, match="with another key"):
        cassettes.scrub(*cassettes.find(["one"], make.folder))
    assert path.read_bytes() == before


def member(login: str, number: int) -> dict[str, str]:
    return {"returnId": str(number), "buyerLoginName": login, "state": "CLOSED"}


def test_a_forgotten_user_is_in_no_cassette(make, command):
    scrubber = writer()
    known = scrubber.pseudonym("login", "jane_doe_77")
    page = {"members": [member("jane_doe_77", 5001), member("other_buyer", 5002)], "total": 2}
    first = make.exchange("/return/search?limit=2", page)
    second = make.exchange("/return/5001", {"detail": member("jane_doe_77", 5001)})
    paths = [
        make.write("one", *make.scrubbed(first, second)),
        make.write("two", *make.scrubbed(second), form="jsonl.gz"),
        make.write("three", *make.scrubbed(make.exchange("/return/5002", member("other", 5002)))),
    ]
    untouched = paths[2].read_bytes()
    before = cassettes.find(["one"], make.folder)[0].stored
    assert known.encode() in before.exchanges[0][1].body
    status, said, _ = command("forget", "jane_doe_77")
    assert status == 0
    assert "jane_doe_77 was in 2 of 3 cassettes" in said
    one, two = (cassettes.find([name], make.folder)[0].stored for name in ("one", "two"))
    bodies = [came.body for _, came in (*one.exchanges, *two.exchanges)]
    assert not any(known.encode() in body for body in bodies)
    stands_in = {json.loads(body)["detail"]["buyerLoginName"] for body in bodies[1:]}
    assert stands_in == {json.loads(bodies[0])["members"][0]["buyerLoginName"]}
    assert stands_in != {known}
    other = scrubber.pseudonym("login", "other_buyer")
    assert json.loads(bodies[0])["members"][1]["buyerLoginName"] == other
    assert one.recorded_at == before.recorded_at
    assert paths[2].read_bytes() == untouched
    assert "was in 0 of 3" in command("forget", "jane_doe_77")[1]


def test_only_whole_names_are_forgotten(make):
    detail = {"detail": {"a": "jane", "b": "jane_doe", "c": "x-jane", "d": "Jane!"}}
    make.write("one", make.exchange("/return/5001", detail), mark="")
    [row] = cassettes.forget("jane", cassettes.find(folder=make.folder))
    [one] = cassettes.find(folder=make.folder)
    now = json.loads(one.stored.exchanges[0][1].body)["detail"]
    assert (row.interactions, now["b"], now["c"]) == (1, "jane_doe", "x-jane")
    assert now["a"] not in ("jane", "")
    assert now["d"] == f"{now['a']}!"


def test_what_cannot_be_searched_for_a_user_fails(make, command):
    make.write("theirs", make.exchange("/return/5001", {}), mark=Scrubber(b"theirs").mark)
    (make.folder / "damaged.yaml").write_text("postorder_nb: {}")
    status, said, _ = command("forget", "jane_doe_77")
    assert status == 1
    assert "with another key: who has it must do this" in said
    assert "damaged" in said
    assert command("forget", " ")[0] == 2


def test_the_two_forms_are_turned_into_each_other(make, command):
    made = [make.exchange(f"/return/{n}", {"summary": {"returnId": n}}) for n in range(5000, 5040)]
    path = make.write("shop/many", *made)
    before = storage.read(path, advice="")
    status, said, _ = command("convert", "shop/many")
    assert status == 0
    assert "many.jsonl.gz" in said
    assert not path.exists()
    compact = path.with_name("many.jsonl.gz")
    assert storage.read(compact, advice="") == before
    assert command("convert", "shop/many", "--to", "compact")[0] == 0
    assert command("convert", "shop/many")[0] == 0
    assert not compact.exists()
    assert storage.read(path, advice="") == before


def test_what_was_cut_off_is_not_converted(make, command):
    make.write("cut", make.exchange("/return/5001", {}), form="part.jsonl.gz", whole=False)
    status, _, errors = command("convert", "cut")
    assert status == 1
    assert "no whole cassette" in errors


def test_forgetting_leaves_a_cut_off_recording_cut_off(make, command):
    detail = {"detail": {"buyerLoginName": "jane_doe_77"}}
    made = make.scrubbed(make.exchange("/return/5001", detail))
    path = make.write("cut", *made, form="part.jsonl.gz", whole=False)
    assert command("forget", "jane_doe_77")[0] == 0
    assert not storage.read(path, advice="").complete
