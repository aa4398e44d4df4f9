"""A request that was not recorded fails, and the message says what differs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from postorder_nb import recording
from postorder_nb.errors import CassetteError, CassetteMiss, InputError
from postorder_nb.recording import replay, storage
from postorder_nb.recording.compact import Stored
from postorder_nb.recording.exchange import Answer, Request
from postorder_nb.recording.matching import asked, differences, same_body

# What the server echoes is about nobody, and is to come back as it was.
record = partial(recording.record, persons="keep")

REFUND = {
    "comments": {"content": "sorry"},
    "lines": [{"amount": {"value": 10.5, "currency": "USD"}}],
}


@pytest.fixture
def recorded(server, session, folder):
    """A search of a marketplace, two records, and a refund; the server is gone afterwards."""
    session.headers["X-EBAY-C-MARKETPLACE-ID"] = "EBAY_US"
    with record("shop", folder=folder):
        session.get(f"{server.url}/return/search", params={"limit": 200, "offset": 1, "sort": ""})
        session.get(f"{server.url}/return/5001")
        session.get(f"{server.url}/return/5002")
        session.post(f"{server.url}/return/5001/issue_refund", json=REFUND)
    server.close()
    return server.url


def miss(send) -> list[str]:
    with pytest.raises(CassetteMiss) as caught:
        send()
    assert not isinstance(caught.value, requests.RequestException)
    return str(caught.value).splitlines()


def test_a_wrong_amount(recorded, session, folder):
    wrong = json.loads(json.dumps(REFUND))
    wrong["lines"][0]["amount"]["value"] = 9999
    with replay("shop", folder=folder):
        lines = miss(lambda: session.post(f"{recorded}/return/5001/issue_refund", json=wrong))
    assert lines == [
        'the cassette "shop" holds no answer to POST http://simulator/return/5001/issue_refund',
        "The nearest request in it is POST http://simulator/return/5001/issue_refund, but for",
        "  body at $.lines[0].amount.value: recorded 10.5, asked 9999",
        "What to do: if the new request is right, record it with: "
        f'with pn.record("shop", folder={str(folder)!r}): ...',
    ]


@pytest.fixture
def replayed(recorded, folder):
    with replay("shop", folder=folder):
        yield recorded


@pytest.mark.parametrize(
    ("path", "marketplace", "expected"),
    [
        ("/return/5003", "EBAY_US", ["path: recorded /return/5001, asked /return/5003"]),
        ("/return/5002x", "EBAY_US", ["path: recorded /return/5002, asked /return/5002x"]),
        ("/return/5001?full=1", "EBAY_US", ["query parameter full: recorded nothing, asked 1"]),
        (
            "/return/search?limit=50&limit=60&offset=1",
            "EBAY_US",
            [
                "query parameter limit: recorded 200, asked 50, 60",
                'query parameter sort: recorded "", asked nothing',
            ],
        ),
        (
            "/return/5001",
            "EBAY_GB",
            ["marketplace: recorded EBAY_US, asked EBAY_GB"],
        ),
    ],
)
def test_what_differs_is_named(replayed, session, path, marketplace, expected):
    session.headers["X-EBAY-C-MARKETPLACE-ID"] = marketplace
    lines = miss(lambda: session.get(replayed + path))
    assert lines[2:-1] == [f"  {line}" for line in expected]


def test_a_wrong_verb_and_a_missing_body(recorded, session, folder):
    with replay("shop", folder=folder):
        verb = miss(lambda: session.put(f"{recorded}/return/5001/issue_refund", json=REFUND))
        body = miss(lambda: session.post(f"{recorded}/return/5001/issue_refund"))
    assert verb[2] == "  method: recorded POST, asked PUT"
    assert body[2].startswith('  body at $: recorded {"comments": {"content": "sorry"}')
    assert body[2].endswith(", asked nothing")
    assert len(body[2]) < 150


def test_many_differences_are_cut_short(recorded, session, folder):
    with replay("shop", folder=folder):
        many = "&".join(f"p{number}=1" for number in range(9))
        lines = miss(lambda: session.get(f"{recorded}/return/5001?{many}"))
    assert len(lines[2:-1]) == 6
    assert lines[-2] == "  and 4 more"


def test_a_miss_can_be_caught_and_the_replay_goes_on(recorded, session, folder):
    with replay("shop", folder=folder):
        miss(lambda: session.get(f"{recorded}/return/1"))
        assert session.get(f"{recorded}/return/5001").json()["path"] == "/return/5001"


def test_the_order_of_query_parameters_and_of_json_keys_does_not_count(recorded, session, folder):
    turned = {
        "lines": [{"amount": {"currency": "USD", "value": 10.50}}],
        "comments": {"content": "sorry"},
    }
    with replay("shop", folder=folder):
        session.get(f"{recorded}/return/search?sort=&offset=1&limit=200")
        text = json.dumps(turned, indent=3).replace("10.5", "10.500")
        kind = {"Content-Type": "application/json; charset=utf-8"}
        session.post(f"{recorded}/return/5001/issue_refund", data=text, headers=kind)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (b'{"a":1}', b'{"a":true}', "body at $.a: recorded 1, asked true"),
        (b'{"a":[1,2]}', b'{"a":[1]}', "body at $.a[1]: recorded 2, asked nothing"),
        (b'{"a":null}', b"{}", "body at $.a: recorded null, asked nothing"),
        (b'{"a":"1"}', b'{"a":1}', 'body at $.a: recorded "1", asked 1'),
        (b"\xff\x00", b"\xff\x01\x02", "body at $: recorded 2 bytes that are not JSON, "
                                       "asked 3 bytes that are not JSON"),
    ],
)  # fmt: skip
def test_bodies_that_differ(one, other, expected):
    before, now = (asked(Request("POST", "http://simulator/x", {}, body)) for body in (one, other))
    assert [str(line) for line in differences(before, now)] == [expected]
    assert not same_body(before, now)


def test_forms_are_compared_as_pairs():
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    one, turned, other = (
        asked(Request("POST", "http://simulator/x", kind, body))
        for body in (b"a=1&b=2", b"b=2&a=1", b"a=1&b=3")
    )
    assert differences(one, turned) == []
    assert [str(line) for line in differences(one, other)] == ["body field b: recorded 2, asked 3"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def wire(value: object, *, turned: bool = False) -> bytes:
    def turn(part):
        if isinstance(part, dict):
            return {key: turn(part[key]) for key in (reversed(part) if turned else part)}
        if isinstance(part, list):
            return [turn(item) for item in part]
        return float(part) if isinstance(part, Decimal) else part

    return json.dumps(turn(value)).encode()


@given(JSON)
def test_a_body_asks_the_same_as_itself_with_keys_turned(value):
    one = asked(Request("POST", "http://simulator/x", {}, wire(value)))
    other = asked(Request("POST", "http://simulator/x", {}, wire(value, turned=True)))
    assert differences(one, other) == []


@given(JSON, JSON)
def test_bodies_are_the_same_just_if_their_canonical_texts_are(one, other):
    def canonical(value):
        read = json.loads(wire(value), parse_float=Decimal, parse_int=Decimal)

        def plain(part):
            if isinstance(part, dict):
                return ["object", sorted((key, plain(inner)) for key, inner in part.items())]
            if isinstance(part, list):
                return ["list", *map(plain, part)]
            return (
                ["number", format(part.normalize() + 0, "f")] if isinstance(part, Decimal) else part
            )

        return json.dumps(plain(read))

    before, now = (asked(Request("POST", "http://simulator/x", {}, wire(v))) for v in (one, other))
    assert same_body(before, now) == (canonical(one) == canonical(other))


def test_a_call_too_many_and_a_call_too_few(recorded, session, folder):
    calls = ["/return/search?limit=200&offset=1&sort=", "/return/5001", "/return/5002"]

    def ask(*, times: int, refunds: int) -> None:
        for path in calls:
            for _ in range(times):
                session.get(recorded + path)
        for _ in range(refunds):
            session.post(f"{recorded}/return/5001/issue_refund", json=REFUND)

    with replay("shop", folder=folder, strict=True):
        ask(times=1, refunds=1)
        extra = miss(lambda: session.get(f"{recorded}/return/5002"))
    assert extra == [
        'the cassette "shop" holds GET http://simulator/return/5002 once, '
        "and it was sent once more",
        "What to do: in a strict replay a request is answered only as often as it was recorded; "
        "look why it is repeated, or record it with: "
        f'with pn.record("shop", folder={str(folder)!r}): ...',
    ]
    left = "1 of the 4 answers .* the first is that to POST http://simulator/return/5001/issue_ref"
    with (
        pytest.raises(CassetteError, match=left) as caught,
        replay("shop", folder=folder, strict=True),
    ):
        ask(times=1, refunds=0)
    assert "if they are no longer needed, record it with: with pn.record" in caught.value.advice
    with pytest.warns(UserWarning, match=left), replay("shop", folder=folder, strict="warn"):
        ask(times=2, refunds=0)
    with replay("shop", folder=folder):
        ask(times=2, refunds=0)


def test_a_wrong_content_type(recorded, session, folder):
    text = json.dumps(REFUND)
    with replay("shop", folder=folder):
        lines = miss(
            lambda: session.post(
                f"{recorded}/return/5001/issue_refund",
                data=text,
                headers={"Content-Type": "text/plain"},
            )
        )
    assert lines[2:-1] == ["  content type: recorded application/json, asked text/plain"]


def test_there_is_no_other_strictness():
    with pytest.raises(InputError, match="strict='very' is unknown"):
        replay("x", strict="very")


def test_a_miss_among_thousands_is_found_quickly(folder, session):
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    exchanges = [
        (
            Request("POST", "http://simulator/refund", JSON_KIND, b'{"amount":%d}' % number),
            Answer(200, "OK", {}, b"{}"),
        )
        for number in range(5000)
    ]
    folder.mkdir()
    storage.write(folder / "many.jsonl.gz", Stored(moment, exchanges))
    with replay("many", folder=folder):
        lines = miss(lambda: session.post("http://localhost/refund", json={"amount": 5000}))
    assert lines[2] == "  body at $.amount: recorded 0, asked 5000"


JSON_KIND = {"Content-Type": "application/json"}
