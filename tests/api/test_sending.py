"""Writes: checked before any network, announced, sent once, and told for what they became."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from urllib3.exceptions import NewConnectionError

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.simulator import Simulator

from .conftest import TOKEN, Answer, Server


@pytest.fixture
def writer(server: Server, waits, tmp_path) -> Iterator[pn.PostOrder]:
    with pn.connect(
        token=TOKEN, marketplace="EBAY_US", base_url=server.url, writes=True, data_folder=tmp_path
    ) as client:
        client._transport._sleep = waits.append
        yield client


def production(tmp_path, **settings) -> pn.PostOrder:
    return pn.connect(token=TOKEN, marketplace="EBAY_US", data_folder=tmp_path, **settings)


def ends(po: pn.PostOrder) -> list[str]:
    return [attempt.outcome for attempt in po.journal.rows()]


def test_a_write_sends_its_amounts_digit_by_digit(writer, server: Server) -> None:
    server.says(Answer(body={"detail": {}}), Answer(body={"refundStatus": "SUCCESS"}))
    receipt = writer.returns.issue_refund("5001", amount="19.90 USD")
    read, sent = server.requests
    assert read[:2] == ("GET", "/post-order/v2/return/5001?fieldgroups=FULL")
    assert sent[:2] == ("POST", "/post-order/v2/return/5001/issue_refund")
    assert b'"totalAmount":{"value":19.90,"currency":"USD"}' in sent[3]
    assert sent[3].decode() == receipt.body
    assert sent[2]["Content-Type"] == "application/json"
    assert (receipt.outcome, receipt.ok, receipt.status) == ("done", True, 200)
    assert str(receipt) == "returns.issue_refund on return 5001 is done"
    [row] = writer.journal.rows()
    assert (row.attempt, row.amount, row.outcome) == (receipt.attempt, "19.90 USD", "done")


def test_a_call_without_body_sends_none(writer, server: Server) -> None:
    server.says(Answer(body={"cancelDetail": {}}), Answer(body=b""))
    assert writer.cancellations.approve("5001").ok
    _, _, headers, body = server.requests[1]
    assert (body, headers["Content-Length"]) == (b"", "0")
    assert "Content-Type" not in headers


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"refundStatus": "SUCCESS"}, "done"),
        ({"refundStatus": "PENDING"}, "pending"),
        ({"refundStatus": "FAILED"}, "failed"),
        ({"refundStatus": "OTHER"}, "pending"),
        ({"refundStatus": "A_NEW_WORD"}, "pending"),
        ({"refundResult": {"refundStatus": "FAILED"}}, "failed"),
        ({}, "pending"),
    ],
)
def test_only_success_is_success(writer, server: Server, answer, outcome) -> None:
    server.says(Answer(body={}), Answer(body=answer))
    receipt = writer.inquiries.issue_refund("5001")
    assert (receipt.outcome, receipt.ok) == (outcome, outcome == "done")
    assert ends(writer) == [outcome]
    assert outcome == "done" or "not done yet" in str(receipt) or "failed" in str(receipt)


def test_a_cancellation_that_is_not_eligible_has_failed(writer, server: Server) -> None:
    refused = {"orderEligibilityResult": {"eligible": False}}
    server.says(Answer(body={}), Answer(body=refused))
    receipt = writer.cancellations.create(legacy_order_id="12-1-1", cancel_reason="ADDRESS_ISSUES")
    assert (receipt.outcome, receipt.answer) == ("failed", refused)


def test_each_write_has_a_connection_of_its_own(writer, server: Server, monkeypatch) -> None:
    opened: list[int] = []
    real = writer._transport._connections

    def connections(size: int = 1):
        opened.append(size)
        return real(size)

    monkeypatch.setattr(writer._transport, "_connections", connections)
    for _ in range(2):
        writer.returns.mark_as_received("5001")
    assert opened == [1, 1]


def test_the_order_of_the_checks(tmp_path) -> None:
    with production(tmp_path) as po:
        with pytest.raises(errors.CallGone, match="2026-03-02") as gone:
            po.cases.issue_refund("5001")
        assert gone.value.advice
        with pytest.raises(errors.InputError, match="read-only") as closed:
            po.returns.issue_refund("5001", amount="1.00 EUR")
        assert type(closed.value) is errors.InputError
    with (
        production(tmp_path, writes=True, role="BUYER", must_sign=True) as po,
        pytest.raises(errors.InputError, match="call of the seller, and this client is the BUYER"),
    ):
        po.returns.issue_refund("5001", amount="1.00 EUR")
    with (
        production(tmp_path, writes=True, must_sign=True) as po,
        pytest.raises(errors.SigningKeyMissing, match="must be signed"),
    ):
        po.returns.issue_refund("5001", amount="1.00 EUR")
    assert list(tmp_path.iterdir()) == []  # nothing was announced


def test_a_preview_is_the_request_and_nothing_is_sent(po, server: Server) -> None:
    receipt = po.preview.returns.issue_refund("5001", amount="19.90 USD", comments="Sorry")
    assert (receipt.outcome, receipt.status, receipt.attempt) == ("not sent", None, "")
    assert (receipt.request.method, receipt.request.path) == (
        "POST",
        "/post-order/v2/return/5001/issue_refund",
    )
    assert json.loads(receipt.body)["refundDetail"]["totalAmount"]["value"] == 19.9
    assert '"value":19.90' in receipt.body
    assert "was not sent" in str(receipt)
    with pytest.raises(errors.InputError, match="only reads"):
        po.preview.returns.get("5001")
    assert server.requests == []


def test_a_dry_run_reads_and_does_not_write(server: Server, tmp_path) -> None:
    with pn.connect(
        token=TOKEN, marketplace="EBAY_US", base_url=server.url, dry_run=True, data_folder=tmp_path
    ) as po:
        assert po.returns.preferences_get() == {}
        assert po.returns.mark_as_received("5001").outcome == "not sent"
        assert len(server.requests) == 1
        assert "dry run" in po._repr_html_()
        assert list(tmp_path.iterdir()) == []


def test_a_gone_call_is_sent_if_that_is_wanted(tmp_path) -> None:
    with production(tmp_path, dry_run=True, allow_decommissioned=True) as po:
        assert po.cases.issue_refund("5001").outcome == "not sent"


def test_what_never_left_is_repeated(tmp_path, waits) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pn.connect(
        token=TOKEN, marketplace="EBAY_US", base_url=url, writes=True, data_folder=tmp_path
    ) as po:
        po._transport._sleep = waits.append
        with pytest.raises(errors.NoAnswer, match="refused") as caught:
            po.returns.mark_as_received("5001")
        assert (caught.value.sent, len(waits), ends(po)) == (False, 4, ["unsent"])


def test_a_lost_answer_is_a_doubt_that_closes_the_record(writer, server: Server) -> None:
    server.says(Answer(body={}), Answer(drop=True))
    with pytest.raises(errors.InDoubt) as caught:
        writer.returns.issue_refund("5001", amount="1.00 USD")
    error = caught.value
    assert (error.record, error.operation) == ("return 5001", "returns.issue_refund")
    assert error.attempt == writer.journal.open()[0].attempt
    assert 'po.settle("return 5001")' in str(error)
    assert isinstance(error.__cause__, errors.NoAnswer)
    assert "in doubt" in writer._repr_html_()
    assert len(server.requests) == 2
    server.says(Answer())
    with pytest.raises(errors.InDoubt):
        writer.returns.issue_refund("5001", amount="2.00 USD")
    assert server.requests == []
    assert writer.returns.mark_as_received("5001").ok  # moves no money


@pytest.mark.parametrize("status", [302, 408, 499, 500, 502, 503, 504])
def test_a_status_that_proves_nothing_is_a_doubt(writer, server: Server, status: int) -> None:
    server.says(Answer(status, b"", {"Location": server.url}))
    with pytest.raises(errors.InDoubt):
        writer.returns.mark_as_received("5001")
    assert (len(server.requests), ends(writer)) == (1, ["doubt"])


def test_the_same_refund_is_not_made_again(writer, server: Server) -> None:
    server.says(Answer(body={}), Answer(body={"refundStatus": "SUCCESS"}), Answer(body={}))
    writer.returns.issue_refund("5001", amount="1.00 USD")
    with pytest.raises(errors.AlreadyDone, match="was made before"):
        writer.returns.issue_refund("5001", amount="1.00 USD", comments="again")
    assert [method for method, *_ in server.requests] == ["GET", "POST", "GET"]
    failed = {"detail": {"refundInfo": {"actualRefundDetail": {"refundStatus": "FAILED"}}}}
    server.says(Answer(body=failed), Answer(body={"refundStatus": "SUCCESS"}))
    assert writer.returns.issue_refund("5001", amount="1.00 USD").ok


def test_a_refused_token_is_renewed_once(writer, server: Server, monkeypatch) -> None:
    stale: list[str] = []
    token = writer._transport._token
    monkeypatch.setattr(token, "refresh", lambda old: stale.append(old) or True)
    server.says(Answer(401, b""), Answer(body=b""))
    assert writer.returns.mark_as_received("5001").ok
    assert stale == [f"IAF {TOKEN}"]
    server.says(Answer(401, b""))
    with pytest.raises(errors.TokenRefused):
        writer.returns.mark_as_received("5001")
    assert len(server.requests) == 2
    assert ends(writer) == ["done", "refused"]


def test_a_token_that_cannot_be_renewed_is_no_doubt(writer, server: Server, monkeypatch) -> None:
    def refresh(_: str) -> bool:
        raise errors.NoAnswer("the token was not renewed")

    monkeypatch.setattr(writer._transport._token, "refresh", refresh)
    server.says(Answer(401, b""))
    with pytest.raises(errors.NoAnswer, match="not renewed"):
        writer.returns.mark_as_received("5001")
    assert ends(writer) == ["unsent"]


def test_an_error_handled_meanwhile_proves_nothing(writer, server: Server) -> None:
    server.says(Answer(body={}), Answer(drop=True))
    try:
        raise NewConnectionError("elsewhere", "refused")  # type: ignore[arg-type]  # no pool is at hand
    except NewConnectionError:
        with pytest.raises(errors.InDoubt):
            writer.returns.issue_refund("5001", amount="1.00 USD")
    assert len(server.requests) == 2


def test_an_interrupt_is_a_doubt_and_stays_an_interrupt(writer, server, monkeypatch) -> None:
    def send(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("requests.Session.send", send)
        with pytest.raises(KeyboardInterrupt) as caught:
            writer.returns.mark_as_received("5001")
    assert "po.settle" in caught.value.__notes__[0]
    assert ends(writer) == ["doubt"]


def test_what_the_journal_cannot_keep_is_not_sent(server: Server, tmp_path) -> None:
    with pn.connect(
        token=TOKEN, marketplace="EBAY_US", base_url=server.url, writes=True, data_folder=tmp_path
    ) as po:
        po.journal.path.mkdir()
        with pytest.raises(errors.SettingError, match="nothing was sent"):
            po.returns.mark_as_received("5001")
    assert server.requests == []


def test_an_end_the_journal_cannot_keep_is_a_doubt(writer, server: Server, monkeypatch) -> None:
    def end(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer.journal, "end", end)
    with pytest.raises(errors.InDoubt, match=r"'done'.*No space left"):
        writer.returns.mark_as_received("5001")


def test_the_catalogue_knows_better_what_a_bare_call_does(writer, server: Server) -> None:
    server.says(Answer(body={}), Answer(503, b""))
    with pytest.raises(errors.InDoubt) as caught:
        writer.request("POST", "/return/5001/issue_refund", effect="read", body={})
    assert (caught.value.operation, caught.value.record) == ("returns.issue_refund", "return 5001")
    assert len(server.requests) == 2
    with pytest.raises(errors.InputError, match="not known what POST /return/5001/new does"):
        writer.request("POST", "/return/5001/new", body={})


def test_what_changes_something_is_never_repeated(writer, server: Server) -> None:
    for answer in (Answer(503, b""), Answer(drop=True), Answer(500, b"")):
        server.says(answer)
        with pytest.raises(errors.InDoubt):
            writer.request("POST", "/return/5001/mark_as_received", effect="final", body={})
        assert len(server.requests) == 1


def test_a_replayed_write_is_no_news_for_the_journal(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Simulator(returns=120, days=60, seed=3, now="2026-03-01T00:00:00Z") as sim:
        settings = {"token": sim.token, "base_url": sim.url, "marketplace": "EBAY_US"}

        def refund() -> tuple[str, int]:
            with pn.connect(**settings, writes=True, data_folder=tmp_path) as po:
                found = po.inquiries.search(limit=200)["members"]
                waiting = [x for x in found if x["inquiryStatusEnum"] == "WAITING_SELLER_RESPONSE"]
                receipt = po.inquiries.issue_refund(str(waiting[0]["inquiryId"]))
                return receipt.outcome, len(po.journal.rows())

        with pn.record("refund"):
            first = refund()
    for _ in range(2):  # the simulator is gone
        with pn.replay("refund"):
            assert refund() == first == (first[0], 1)
