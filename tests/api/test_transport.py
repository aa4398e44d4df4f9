"""The transport against a real server: headers, retries by effect, and every kind of no."""

from __future__ import annotations

import logging
import pickle
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

import postorder_nb as pn
from postorder_nb import errors

from .conftest import TOKEN, Answer, Server

PAGE = {"members": [], "paginationOutput": {"totalEntries": 0}}


def v2(number: int, *, status: int = 400, domain: str = "returnErrorDomain", **more) -> Answer:
    item = {"errorId": number, "domain": domain, "severity": "ERROR", "category": "REQUEST",
            "message": f"words of {number}", **more}  # fmt: skip
    return Answer(status, {"error": [item]}, {"X-EBAY-C-REQUEST-ID": "rq-77"})


def test_a_read_sends_the_headers_the_api_wants(po, server: Server) -> None:
    server.says(Answer(body=PAGE))
    assert po.returns.search(limit=3, states="CLOSED") == PAGE
    method, path, headers, body = server.requests[0]
    assert (method, path) == ("GET", "/post-order/v2/return/search?states=CLOSED&limit=3")
    assert headers["Authorization"] == f"IAF {TOKEN}"
    assert headers["X-EBAY-C-MARKETPLACE-ID"] == "EBAY_DE"
    assert headers["Accept"] == "application/json"
    assert "Content-Type" not in headers
    assert body == b""


def test_an_authnauth_token_goes_under_its_own_word(server: Server) -> None:
    with pn.connect(
        token="AgAAAA**abc", token_kind="token", marketplace="EBAY_US", base_url=server.url
    ) as po:
        po.returns.preferences_get()
    assert server.requests[0][2]["Authorization"] == "TOKEN AgAAAA**abc"


def test_netrc_cannot_replace_the_token(po, server: Server, tmp_path, monkeypatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    po.returns.preferences_get()
    assert server.requests[0][2]["Authorization"] == f"IAF {TOKEN}"


def test_a_cookie_of_the_server_is_not_sent_back(po, server: Server) -> None:
    """Whoever is asked knows the caller by the token, and by nothing else."""
    server.says(Answer(headers={"Set-Cookie": "who=you; Path=/"}), Answer())
    po.returns.preferences_get()
    po.returns.preferences_get()
    assert [headers.get("Cookie") for _, _, headers, _ in server.requests] == [None, None]


def test_a_reading_post_sends_json(po, server: Server) -> None:
    po.cancellations.check_eligibility(legacy_order_id="12-345-6")
    method, path, headers, body = server.requests[0]
    assert (method, path) == ("POST", "/post-order/v2/cancellation/check_eligibility")
    assert headers["Content-Type"] == "application/json"
    assert body == b'{"legacyOrderId":"12-345-6"}'


def test_a_moment_goes_out_in_utc_with_milliseconds(po, server: Server) -> None:
    berlin = datetime.fromisoformat("2026-03-01T00:30:00.5+01:00")
    po.inquiries.search(inquiry_creation_date_range_from=berlin)
    assert server.requests[0][1].endswith("range_from=2026-02-28T23%3A30%3A00.500Z")


def test_a_return_is_read_in_both_halves_and_merged(po, server: Server) -> None:
    server.says(Answer(body={"detail": {"a": 1}}), Answer(body={"summary": {"b": 2}}))
    assert po.returns.get("5001") == {"detail": {"a": 1}, "summary": {"b": 2}}
    asked = sorted(path for _, path, _, _ in server.requests)
    assert asked == [
        "/post-order/v2/return/5001?fieldgroups=FULL",
        "/post-order/v2/return/5001?fieldgroups=SUMMARY",
    ]


def test_one_half_of_a_return_is_one_call(po, server: Server) -> None:
    server.says(Answer(body={"summary": {}}))
    po.returns.get("5001", fieldgroups="SUMMARY")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_until_it_succeeds(po, server: Server, waits, status: int) -> None:
    server.says(*[Answer(status, b"busy")] * 4, Answer(body=PAGE))
    assert po.cases.search() == PAGE
    assert len(server.requests) == 5
    assert len(waits) == 4
    assert all(0 <= wait <= 8 for wait in waits)


def test_a_read_is_given_up_after_five_attempts(po, server: Server) -> None:
    server.says(Answer(503, b"busy"))
    with pytest.raises(errors.ServerFault) as caught:
        po.cases.search()
    assert len(server.requests) == 5
    assert caught.value.status == 503


def test_http_500_may_mean_a_wrong_id_and_is_repeated_twice_at_most(po, server: Server) -> None:
    server.says(v2(1001, status=500))
    with pytest.raises(errors.ServerFault):
        po.returns.get("5001", fieldgroups="FULL")
    assert len(server.requests) == 3


def test_other_faults_before_do_not_count_as_http_500(po, server: Server) -> None:
    fault = v2(1001, status=500)
    server.says(Answer(503, b"busy"), Answer(429, b"busy"), fault, fault, Answer(body=PAGE))
    assert po.returns.get("5001", fieldgroups="FULL") == PAGE
    assert len(server.requests) == 5


def test_http_500_of_a_call_without_an_id_is_a_fault_as_any(po, server: Server) -> None:
    server.says(v2(2003, status=500))
    with pytest.raises(errors.ServerFault, match="try again later"):
        po.cases.search()
    assert len(server.requests) == 5


def test_a_wrong_state_under_http_500_is_not_repeated(po, server: Server) -> None:
    server.says(v2(1502, status=500, category="APPLICATION"))
    with pytest.raises(errors.RequestRefused) as caught:
        po.returns.get("5001", fieldgroups="FULL")
    assert len(server.requests) == 1
    assert "read the record again" in str(caught.value)


@pytest.mark.parametrize(
    "broken",
    [
        Answer(drop=True),
        Answer(body=b'{"members": [', cut=100),
        Answer(body=b'{"members": ['),
        Answer(body=b"<html>proxy</html>"),
    ],
    ids=["dropped", "cut short", "truncated", "html"],
)
def test_broken_answers_to_a_read_are_asked_for_again(po, server: Server, broken) -> None:
    server.says(broken, broken, Answer(body=PAGE))
    assert po.inquiries.search() == PAGE
    assert len(server.requests) == 3


def test_retry_after_is_obeyed(po, server: Server, waits) -> None:
    server.says(Answer(429, b"", {"Retry-After": "7"}), Answer(body=PAGE))
    po.returns.search()
    assert waits == [pytest.approx(7.0, abs=0.5)]


def test_retry_after_may_be_a_date(po, server: Server, waits) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    server.says(Answer(503, b""), Answer(429, b"", {"Retry-After": then}), Answer(body=PAGE))
    po.returns.search()
    assert 15 < waits[1] <= 20


def test_a_wait_of_hours_is_left_to_the_caller(po, server: Server, waits) -> None:
    server.says(Answer(429, b"", {"Retry-After": "21600"}))
    with pytest.raises(errors.RateLimited) as caught:
        po.returns.search()
    assert caught.value.retry_after == 21600
    assert waits == []


def test_what_changes_something_needs_writes(po, server: Server) -> None:
    with pytest.raises(errors.InputError, match="read-only"):
        po.request("POST", "/return/5001/mark_as_received", effect="final")
    assert server.requests == []


def test_redirects_are_not_followed(po, server: Server) -> None:
    server.says(Answer(302, b"", {"Location": server.url + "/elsewhere"}))
    with pytest.raises(errors.RequestRefused):
        po.returns.search()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(401, {"errors": [{"errorId": 1001, "domain": "OAuth", "message": "no"}]}),
         errors.TokenExpired),
        (Answer(401, b"Bad scheme: Bearer"), errors.TokenRefused),
        (Answer(403, {"errors": [{"errorId": 1100, "domain": "ACCESS"}]}), errors.NotPermitted),
        (Answer(404, b"<html><body>Not found</body></html>"), errors.NotFound),
        (v2(1304), errors.NotFound),
        (v2(1301), errors.NotPermitted),
        (v2(10003, domain="CancelSvcErrorDomain"), errors.RequestRefused),
        (Answer(200, {"errorMessage": {"error": {"errorId": 1501}}, "ackValue": "FAILURE"}),
         errors.RequestRefused),
        (Answer(400, {"error": "invalid_grant", "error_description": "d"}), errors.RequestRefused),
        (Answer(400, b""), errors.RequestRefused),
        (Answer(400, {"error": [None, 3, "x"]}), errors.RequestRefused),
    ],
)  # fmt: skip
def test_every_envelope_becomes_the_right_error(po, server: Server, answer, kind) -> None:
    server.says(answer)
    with pytest.raises(kind) as caught:
        po.cases.get("5009")
    assert type(caught.value) is kind
    assert caught.value.status == answer.status
    assert caught.value.advice


def test_an_error_says_what_failed_ebays_words_advice_and_the_request_id(po, server) -> None:
    both = {
        "error": [
            {"errorId": 1616, "domain": "returnErrorDomain", "message": "Invalid Input.",
             "longMessage": "Invalid Input. See parameter.",
             "parameter": [{"name": "returnId", "value": "5001"}]},
            {"errorId": 9999, "domain": "returnErrorDomain", "message": "And another thing"},
        ]
    }  # fmt: skip
    server.says(Answer(400, both, {"X-EBAY-C-REQUEST-ID": "rq-1"}))
    with pytest.raises(errors.RequestRefused) as caught:
        po.returns.get("5001", fieldgroups="FULL")
    assert str(caught.value).splitlines() == [
        "returns.get 5001 was refused (HTTP 400)",
        "eBay says: [returnErrorDomain 1616] Invalid Input. See parameter. (returnId=5001)",
        "eBay says: [returnErrorDomain 9999] And another thing",
        "What to do: check what the parameters name: eBay expects something else",
        "Request id: rq-1",
    ]
    assert [item.error_id for item in caught.value.items] == [1616, 9999]


def test_an_html_error_is_told_in_its_words(po, server: Server) -> None:
    page = b"<html><style>p{}</style><body><h1>Blocked</h1>by&nbsp;the <b>proxy</b></body></html>"
    server.says(Answer(403, page))
    with pytest.raises(errors.NotPermitted) as caught:
        po.returns.search()
    assert "The answer was: Blocked by the proxy" in str(caught.value)


def test_html_under_http_200_is_no_answer(po, server: Server) -> None:
    server.says(Answer(200, b"<html>Sign in</html>"))
    with pytest.raises(errors.UnreadableAnswer, match="starts '<html>Sign in"):
        po.returns.search()


def test_no_server_is_no_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with pn.connect(token=TOKEN, marketplace="EBAY_US", base_url=url) as po:
        po._transport._sleep = lambda _: None
        with pytest.raises(errors.NoAnswer, match="refused"):
            po.returns.search()


def test_a_slow_server_is_no_answer(server: Server) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pn.connect(token=TOKEN, marketplace="EBAY_US", base_url=url, timeout=0.05) as po:
            po._transport._sleep = lambda _: None
            with pytest.raises(errors.NoAnswer, match=r"no answer within 0\.05 seconds"):
                po.returns.search()


def test_an_empty_body_is_an_empty_answer(po, server: Server) -> None:
    server.says(Answer(body=b""))
    assert po.returns.preferences_get() == {}


def test_the_token_shows_nowhere(po, server: Server, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    server.says(Answer(400, f'{{"x": "you sent IAF {TOKEN}"}}'.encode()))
    with pytest.raises(errors.RequestRefused) as caught:
        po.returns.search()
    server.says(Answer(200, f"IAF {TOKEN}".encode()))
    with pytest.raises(errors.UnreadableAnswer) as garbled:
        po.returns.search()
    shown = [repr(po), po._repr_html_(), repr(po.settings), repr(po._transport), repr(po.returns)]
    shown += [str(caught.value), repr(caught.value.__dict__), str(garbled.value), caplog.text]
    for text in shown:
        assert TOKEN not in text
    with pytest.raises(TypeError):
        pickle.dumps(po._transport._token)


def test_the_escape_hatch_stays_below_the_api(po, server: Server) -> None:
    po.request("get", "/return/preference", query={"a": "b c"})
    assert server.requests[0][:2] == ("GET", "/post-order/v2/return/preference?a=b+c")
    for path in ("return/search", "/../oauth", "http://elsewhere/x", "/return/search?limit=1"):
        with pytest.raises(errors.InputError, match="no path below"):
            po.request("GET", path)


def test_errors_of_the_network_hold_no_request(po, server: Server) -> None:
    server.says(Answer(drop=True))
    with pytest.raises(errors.NoAnswer) as caught:
        po.returns.search()
    error: BaseException | None = caught.value
    while error is not None:
        assert isinstance(error, errors.PostOrderError)  # no layer of requests, which holds headers
        error = error.__cause__ or error.__context__


def test_eBay_repeating_the_token_does_not_spread_it(po, server: Server) -> None:
    item = {"errorId": 1, "message": f"bad {TOKEN}", "parameter": [{"name": "h", "value": TOKEN}]}
    server.says(Answer(400, {"error": [item]}))
    with pytest.raises(errors.RequestRefused) as caught:
        po.returns.search()
    assert TOKEN not in str(caught.value)
    html = TOKEN.replace("^", "&#94;").replace("#", "&#35;")
    server.says(Answer(400, f"<p>{html}</p>".encode()), Answer(200, b"x" * 60 + TOKEN.encode()))
    with pytest.raises(errors.RequestRefused) as hidden:
        po.returns.search()
    assert TOKEN not in repr(hidden.value.__dict__)
