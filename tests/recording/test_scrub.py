"""Pseudonyms, their key, what requests are compared by, and what gives itself away."""

from __future__ import annotations

import json
import logging
import os
import random
import time
import unicodedata
from base64 import b64decode, b64encode
from urllib.parse import quote

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from postorder_nb import folders
from postorder_nb.api.client import connect
from postorder_nb.errors import CassetteError, CassetteMiss, PostOrderError
from postorder_nb.recording import record, replay, scrub
from postorder_nb.recording.exchange import Answer, Exchange, Request
from postorder_nb.recording.scrub import keys
from postorder_nb.recording.scrub.cipher import Keyed, Shape
from postorder_nb.simulator import Simulator

KEY = b"a key of the tests, known to all"
SCRUBBER = scrub.Scrubber(KEY)
URL = "https://api.ebay.com/post-order/v2/return/5000001"
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=40)


def _answer(value: object) -> Exchange:
    return Request("GET", URL), Answer(200, "OK", {}, json.dumps(value).encode())


def _kept(value: object, scrubber: scrub.Scrubber = SCRUBBER) -> object:
    return json.loads(scrubber.exchange(*_answer(value))[1].body)


# -- pseudonyms -----------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [
    [a + b for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghijklmnopqrstuvwxyz"],
    [f"{n:03}" for n in range(1000)], [str(n) for n in range(100, 1000)], [*"0123456789"][1:],
])  # fmt: skip
def test_all_texts_of_one_form_change_places_and_none_stays(texts):
    made = [Keyed(KEY).word(text) for text in texts]
    assert sorted(made) == sorted(texts)
    moved = [a != b for a, b in zip(made, texts, strict=True) if a != "000"]
    assert all(moved)


@settings(max_examples=60, deadline=None)
@given(WORDS)
def test_length_case_and_script_stay(text):
    made = Keyed(KEY).word(text)
    assert len(made) == len(text)
    for before, after in zip(text, made, strict=True):
        assert unicodedata.category(before) == unicodedata.category(after)
        if unicodedata.category(before)[0] not in ("L", "N") and before != after:
            assert unicodedata.category(before) == "So"
        elif before != after and before.isalpha():
            first, second = (unicodedata.name(sign, "none").split()[0] for sign in (before, after))
            assert first == second
    assert Shape().word(made) == Shape().word(text)


def test_another_key_makes_other_pseudonyms_and_capitals_none():
    assert Keyed(KEY).word("jo_miller") != Keyed(KEY + b"!").word("jo_miller")
    assert Keyed(KEY).word("Jo_Miller").lower() == Keyed(KEY).word("jo_miller")


def test_a_buyer_has_one_pseudonym_wherever_and_whenever():
    first = _kept({"buyerLoginName": "jo_miller_7", "newField": "jo_miller_7"})
    error = {"error": [{"errorId": 1, "message": "Invalid buyer jo_miller_7 for item 5000001"}]}
    later = _kept(error, scrub.Scrubber(KEY))
    name = SCRUBBER.pseudonym("login", "jo_miller_7")
    assert first == {"buyerLoginName": name, "newField": name}
    assert later["error"][0]["message"] == f"Invalid buyer {name} for item 5000001"


def test_a_name_that_everybody_uses_goes_where_it_is_known_to_be_one():
    told = {"lastName": "Market", "error": [{"errorId": 2, "message": "Market is not a market"}]}
    assert "arket" not in json.dumps(_kept(told)["error"])


def test_numbers_states_and_dates_stay_as_they_are_written():
    body = (
        b'{"returnId":"5000001","state":"A_STATE_OF_2031","amount":{"value":12.50,"currency":"USD"},'
        b'"creationDate":{"value":"2026-03-01T10:00:00.000Z"},"quantity":3,"exchangeRate":"1.070",'
        b'"orderId":"12-34567-89012","totalEntries":1e2,"newCount":12,"isGSP":"true","x":null}'
    )
    assert SCRUBBER.exchange(Request("GET", URL), Answer(200, "OK", {}, body))[1].body == body


def test_ids_go_on_request_and_stay_joined():
    scrubber = scrub.Scrubber(KEY, ids=True)
    sent = Request("GET", f"{URL}?item_id=110012345678")
    body = b'{"returnId":"5000001","caseId":5000001,"message":"return 5000001"}'
    request, answer = scrubber.exchange(sent, Answer(200, "OK", {}, body))
    kept = json.loads(answer.body)
    new = kept["returnId"]
    assert new == scrubber.pseudonym("id", "5000001") != "5000001"
    assert (str(kept["caseId"]), request.url.split("/")[-1].split("?")[0]) == (new, new)
    assert "110012345678" not in request.url
    assert scrubber.mark == f"{SCRUBBER.mark}-ids"


def test_a_picture_becomes_an_empty_one_of_the_same_length():
    png = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(5000)
    told = {"files": [{"fileName": "Jo Miller.png", "fileData": b64encode(png).decode()}]}
    kept = _kept(told)["files"][0]
    data = b64decode(kept["fileData"])
    assert (len(data), data[:8], kept["fileName"][-4:]) == (len(png), png[:8], ".png")
    assert not scrub.leaks(SCRUBBER.exchange(*_answer(told)))
    assert [leak.kind for leak in scrub.leaks(_answer(told))] == ["file"]


def test_long_texts_take_no_longer_than_their_length_says():
    long = b64encode(random.Random(2).randbytes(100_000)).decode()
    started = time.process_time()
    SCRUBBER.exchange(Request("GET", URL), Answer(200, "OK", {}, long.encode()))
    SCRUBBER.exchange(*_answer({"newField": long}))
    assert time.process_time() - started < 10


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "application/json", "text/html; charset=x"]))
def test_any_body_comes_through(body, media):
    headers = {"Content-Type": [media]}
    request = Request("POST", URL, {"Content-Type": media}, body)
    SCRUBBER.exchange(request, Answer(200, "OK", headers, body))


# -- the key --------------------------------------------------------------------------------


def test_the_key_is_made_once_for_its_owner_only():
    path = keys.path()
    assert path is not None
    assert keys.found() is None
    mark = scrub.writer().mark
    assert path.parent == folders.user_folder("config")
    assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o600
    assert scrub.writer().mark == scrub.reader(mark).scrubber.mark == mark
    assert keys.own().hex() not in mark
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_key_that_others_may_read_or_that_is_damaged_is_refused():
    keys.own()
    path = keys.path()
    assert path is not None
    path.chmod(0o644)
    with pytest.raises(CassetteError, match="read by other users"):
        scrub.writer()
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(CassetteError, match="damaged"):
        scrub.writer()


def test_without_a_home_there_is_no_key_and_a_replay_makes_none(monkeypatch):
    scrub.reader(SCRUBBER.mark)
    assert keys.found() is None
    monkeypatch.setattr(folders, "user_folder", lambda kind: None)
    with pytest.raises(CassetteError, match="no home folder"):
        scrub.writer()


# -- replaying ------------------------------------------------------------------------------


BUYER, TEXT = "jo_miller_7", "Dear Jo, sorry for the delay"


def _ask(session, url: str, buyer: str = BUYER, text: str = TEXT, amount: str = "1.00"):
    body = {"comments": {"content": text}, "amount": {"value": amount, "currency": "USD"}}
    return session.post(
        f"{url}/return/5000001/decide", params={"buyer": buyer}, json=body, timeout=5
    )


@pytest.fixture
def recorded(server, session, folder):
    with record("talk", folder=folder, persons=SCRUBBER):
        _ask(session, server.url)
    assert BUYER.encode() not in (folder / "talk.yaml").read_bytes()
    return session, server.url


NAME = SCRUBBER.pseudonym("login", BUYER)
TEXT_KEPT = SCRUBBER.text(TEXT)
OTHER = scrub.Scrubber(b"the key of a colleague, another one")


@pytest.mark.parametrize(("buyer", "text"), [(BUYER, TEXT), (NAME, TEXT_KEPT), (NAME, TEXT)])
@pytest.mark.parametrize("scrubber", [SCRUBBER, OTHER, None])
def test_who_asks_by_real_names_or_by_pseudonyms_is_answered(
    recorded, folder, buyer, text, scrubber
):
    with replay("talk", folder=folder, scrubber=scrubber, strict=True):
        assert _ask(*recorded, buyer, text).status_code == 200


@pytest.mark.parametrize("scrubber", [SCRUBBER, None])
@pytest.mark.parametrize("wrong", [
    {"amount": "9999.00"}, {"amount": "2.00"}, {"text": TEXT + "!"}, {"buyer": "somebody_else_8"},
])  # fmt: skip
def test_who_asks_something_else_is_not(recorded, folder, wrong, scrubber):
    with replay("talk", folder=folder, scrubber=scrubber), pytest.raises(CassetteMiss):
        _ask(*recorded, **wrong)


@pytest.mark.parametrize(
    "wrong", [{"text": "Dear Al, worry for the delay"}, {"buyer": "al_miller_7"}]
)
def test_with_the_key_another_name_of_the_same_form_is_a_miss(recorded, folder, wrong):
    with replay("talk", folder=folder, scrubber=SCRUBBER), pytest.raises(CassetteMiss):
        _ask(*recorded, **wrong)
    with replay("talk", folder=folder, scrubber=OTHER):
        assert _ask(*recorded, **wrong).status_code == 200


def test_without_the_key_two_buyers_of_the_same_form_are_told_apart_by_nobody(
    server, session, folder
):
    with record("talk", folder=folder, persons=SCRUBBER):
        _ask(session, server.url)
        _ask(session, server.url, "al_miller_7")
    with replay("talk", folder=folder, scrubber=SCRUBBER):
        assert _ask(session, server.url, "al_miller_7").status_code == 200
    with replay("talk", folder=folder), pytest.raises(CassetteMiss):
        _ask(session, server.url)


def test_scrubbing_is_the_default_with_the_users_own_key(server, session, folder):
    with record("talk", folder=folder):
        _ask(session, server.url)
    kept = (folder / "talk.yaml").read_text()
    assert (BUYER in kept, f"scrubbed: {scrub.writer().mark}" in kept.replace("'", "")) == (
        False, True,
    )  # fmt: skip
    with replay("talk", folder=folder, strict=True):
        _ask(session, server.url)


# -- journal, log and what a notebook shows -------------------------------------------------


PLANTS = ("Quentin Übelhör", "quentin.uebelhoer@mail.de", "+49 151 7654321", "v^1.1#i^1#secret")


def test_nothing_of_a_write_is_in_cassette_journal_log_or_output(folder, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="postorder_nb")
    said = f"Call {', '.join(PLANTS)}"
    shown = []
    with Simulator(returns=40, days=60, seed=3) as shop:
        one = next(r for r in shop.world.returns.values() if r.open)
        how = {"base_url": shop.url, "writes": True, "token": shop.token, "marketplace": "EBAY_US"}
        with (
            connect(**how, data_folder=tmp_path / "data") as po,
            record("talk", folder=folder, persons=SCRUBBER, at=shop.clock.now()),
        ):
            shown += [repr(po.returns.send_message(one.id, message=said))]
            with pytest.raises(PostOrderError) as refused:
                po.request("GET", f"/return/{quote(PLANTS[0])}", effect="read")
        names = {one.buyer.login, one.buyer.name, shop.token}
    with connect(**how, data_folder=tmp_path / "other") as po, replay("talk", folder=folder):
        shown += [repr(po.returns.send_message(one.id, message=said))]
    files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    everywhere = "\n".join([*files, *shown, caplog.text])
    assert len(files) >= 2
    for plant in (*PLANTS, *names):
        assert plant not in everywhere, plant
        assert quote(plant) not in everywhere, plant
    assert refused.value


NOTEBOOK = """
import os
import postorder_nb as pn
from postorder_nb.recording import scrub
from postorder_nb.simulator import Simulator

plants = os.environ["PLANTS"].split("|")
shop = Simulator(returns=40, days=60, seed=3).start()
one = next(r for r in shop.world.returns.values() if r.open)
po = pn.connect(
    base_url=shop.url, token=shop.token, marketplace="EBAY_US", writes=True,
    data_folder=os.path.abspath("data"),
)
po
---
%load_ext postorder_nb
with pn.record("talk", at=shop.clock.now()) as tape:
    receipt = po.returns.send_message(one.id, message="Call " + ", ".join(plants))
    answer = po.returns.get(one.id)
print(tape)
receipt
---
po.returns.get("4040404040")
---
%%cassette talk
found = po.returns.get(one.id)
display(pn.tables.from_details("returns", [found])["returns"].T)
display(pn.tables.from_details("returns", [found])["history"])
found
---
po.journal
---
scrub.writer()
"""


def test_nothing_is_in_what_a_saved_notebook_shows(tmp_path, monkeypatch):
    """Of records only what is replayed is shown here: what eBay answers shows who it is about."""
    monkeypatch.setenv("PLANTS", "|".join(PLANTS))
    cells = [nbformat.v4.new_code_cell(text.strip()) for text in NOTEBOOK.split("---")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, allow_errors=True, resources=folder).execute()
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    failed = [o.ename for cell in cells for o in cell.outputs if o.output_type == "error"]
    told = [o.evalue for cell in cells for o in cell.outputs if o.output_type == "error"]
    assert failed == ["NotFound"], told
    assert all(cell.outputs for cell in cells)
    with Simulator(returns=40, days=60, seed=3) as shop:
        one = next(r for r in shop.world.returns.values() if r.open)
        names = {one.buyer.login, one.buyer.name, shop.token}
    for cell in notebook.cells:
        cell.source = ""
    shown = json.loads(nbformat.writes(notebook))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    saved = [path.read_text(encoding="utf-8") for path in files]
    everywhere = "\n".join([json.dumps(shown, ensure_ascii=False), *saved])
    assert any(path.parent.name == "cassettes" for path in files)
    for plant in (*PLANTS, *names):
        assert plant not in everywhere, plant
