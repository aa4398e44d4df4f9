"""Settling: the record's own history and amounts decide whether a write happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.api.evidence import compare, look, read
from postorder_nb.api.receipt import Receipt
from postorder_nb.api.settling import Settlement
from postorder_nb.simulator import Simulator

from .conftest import TOKEN, Answer, Server

LOST = Answer(500, b"")
NEXT = "2026-03-02T10:00:00.000Z"


def seller_return(*acts: str, status: str = "", total: str = "", state: str = "") -> Answer:
    """Return a return whose history holds the acts."""
    lines = [
        {"author": "SELLER", "activity": act, "toState": state, "creationDate": {"value": NEXT}}
        for act in acts
    ]
    actual: dict[str, Any] = {"refundStatus": status} if status else {}
    if total:
        actual["actualRefund"] = {"totalAmount": {"value": total, "currency": "USD"}}
    refund = {"actualRefundDetail": actual} if actual else None
    return Answer(body={"detail": {"responseHistory": lines, "refundInfo": refund}})


def claim(
    *acts: str, state: str = "CREATED", moved: bool = False, refunded: bool = False
) -> Answer:
    """Return an inquiry whose history holds the acts, in prose."""
    entries = {"moneyMovementEntryList": [{"type": "REFUND", "fundingStatus": "FUNDED"}]}
    lines = [{"action": act, "actor": "SELLER", "date": {"value": NEXT}} for act in acts]
    if moved:
        lines.append({"action": "x", "actor": "SYSTEM", "date": None, "moneyMovement": entries})
    amounts = {"refundAmount": {"value": 9.5, "currency": "EUR"}} if refunded else None
    body = {
        "state": state,
        "inquiryHistoryDetails": {"history": lines},
        "inquiryDetails": {"refundAmounts": amounts},
    }
    return Answer(body=body)


def cancellation(*acts: str, state: str = "APPROVAL_PENDING") -> Answer:
    lines = [{"activityType": act, "activityParty": "SELLER", "actionDate": NEXT} for act in acts]
    return Answer(body={"cancelDetail": {"activityHistories": lines, "cancelState": state}})


@pytest.fixture
def po(server: Server, waits: list[float], tmp_path: Path) -> Iterator[pn.PostOrder]:
    with pn.connect(
        token=TOKEN, marketplace="EBAY_US", base_url=server.url, writes=True, data_folder=tmp_path
    ) as client:
        client._transport._sleep = waits.append
        client._settler.grace = 0.0
        yield client


def refund_return(po: pn.PostOrder) -> None:
    po.returns.issue_refund("5001", amount="19.95 USD")


def refund_inquiry(po: pn.PostOrder) -> None:
    po.inquiries.issue_refund("5001")


def lose(po: pn.PostOrder, server: Server, write: Any, before: Answer | None) -> None:
    """Lose the answer to a write; `before` is what the record says before it."""
    server.says(*([before] if before else []), LOST)
    with pytest.raises(errors.InDoubt):
        write(po)


def settle(
    po: pn.PostOrder, server: Server, after: Answer, record: str | None = None
) -> Settlement:
    server.says(after)
    [settlement] = po.settle(record)
    return settlement


@pytest.mark.parametrize(
    ("write", "before", "after", "happened"),
    [
        (refund_return, seller_return(), seller_return("SELLER_ISSUE_REFUND"), True),
        (refund_return, seller_return(), seller_return(), False),
        (refund_return, seller_return("SELLER_SEND_MESSAGE"),
         seller_return("SELLER_SEND_MESSAGE", "SELLER_SEND_MESSAGE"), False),
        (refund_return, seller_return("SELLER_ISSUE_REFUND", state="REFUND_FAILED"),
         seller_return("SELLER_ISSUE_REFUND", "SELLER_RETRY_REFUND"), True),
        (refund_return, seller_return("SELLER_ISSUE_REFUND", state="REFUND_FAILED"),
         seller_return("SELLER_ISSUE_REFUND", state="REFUND_FAILED"), False),
        (refund_return, seller_return(), seller_return(status="SUCCESS", total="19.95"), True),
        (refund_inquiry, claim(), claim("Voluntary refund pending"), True),
        (refund_inquiry, claim(), claim(moved=True), True),
        (refund_inquiry, claim(), claim(refunded=True), True),
        (refund_inquiry, claim(), claim(state="VOLUNTARY_REFUND_PAYOUT_PENDING"), True),
        (refund_inquiry, claim(), claim("Seller offered another solution."), False),
        (refund_inquiry, claim(), claim(), False),
        (lambda po: po.cancellations.approve("5001"), cancellation(),
         cancellation("SELLER_APPROVE"), True),
        (lambda po: po.cancellations.approve("5001"), cancellation(),
         cancellation(state="REFUND_PENDING"), True),
        (lambda po: po.cancellations.approve("5001"), cancellation(),
         cancellation("SYSTEM_REJECT", state="CLOSED"), False),
        (lambda po: po.returns.decide("5001", decision="APPROVE"), seller_return(),
         seller_return("SELLER_APPROVE_REQUEST"), True),
        (lambda po: po.returns.decide("5001", decision="DECLINE"), seller_return(),
         seller_return("SELLER_APPROVE_REQUEST"), False),
    ],
)  # fmt: skip
def test_history_and_amounts_decide(po, server, *, write, before, after, happened) -> None:
    lose(po, server, write, before)
    settlement = settle(po, server, after)
    assert settlement.verdict == ("happened" if happened else "did not happen")
    assert settlement.record.endswith(" 5001")
    assert settlement.evidence
    assert po.settle() == []
    server.says(before, Answer(body={"refundStatus": "SUCCESS", "refundResult": None}))
    if not happened:
        write(po)  # the record is free again


def test_what_happened_is_told_with_its_amount(po, server: Server) -> None:
    lose(po, server, refund_return, seller_return())
    after = seller_return("SELLER_ISSUE_REFUND", status="SUCCESS", total="19.95")
    settlement = settle(po, server, after, "return 5001")
    assert (settlement.amount, settlement.refund_status) == ("19.95 USD", "SUCCESS")
    assert settlement.settled
    assert str(settlement) == (
        "returns.issue_refund on return 5001 happened (19.95 USD): "
        f"the history has a new line SELLER_ISSUE_REFUND of {NEXT}"
    )


def test_what_leaves_no_trace_may_still_be_on_its_way(po, server: Server) -> None:
    moments = [datetime(2026, 3, 1, tzinfo=UTC)]
    po.journal.now = lambda: moments[-1]
    po._settler.grace = 120.0
    lose(po, server, refund_return, seller_return())
    moments.append(moments[0] + timedelta(seconds=119))
    early = settle(po, server, seller_return())
    assert (early.verdict, early.settled) == ("in doubt", False)
    assert "ask again in 1 s" in str(early)
    moments.append(moments[0] + timedelta(seconds=121))
    assert settle(po, server, seller_return()).verdict == "did not happen"


def test_a_trace_decides_at_once(po, server: Server) -> None:
    po._settler.grace = 120.0
    lose(po, server, refund_return, seller_return())
    assert settle(po, server, seller_return("SELLER_ISSUE_REFUND")).verdict == "happened"


def test_prose_in_another_language_is_left_to_a_person(po, server: Server) -> None:
    lose(po, server, refund_inquiry, claim())
    settlement = settle(po, server, claim("Freiwillige Rückerstattung ausstehend"))
    assert settlement.verdict == "in doubt"
    assert "cannot be read" in settlement.evidence
    with pytest.raises(errors.InDoubt):
        refund_inquiry(po)
    [told] = po.settle("inquiry 5001", verdict="happened")
    assert (told.verdict, told.evidence) == ("happened", "a person looked, and says so")
    assert po.journal.open() == []


@pytest.mark.parametrize(("record", "verdict"), [(None, "happened"), ("return 1", "perhaps")])
def test_a_persons_verdict_names_its_record(po, record, verdict) -> None:
    with pytest.raises(errors.InputError, match="verdict of your own"):
        po.settle(record, verdict=verdict)


def test_an_unreadable_record_stays_in_doubt(po, server: Server) -> None:
    lose(po, server, refund_return, seller_return())
    settlement = settle(po, server, Answer(404, b""))
    assert settlement.verdict == "in doubt"
    assert "could not be read" in settlement.evidence
    assert len(po.journal.open("return 5001")) == 1


def test_a_write_of_another_thread_is_not_settled(po, server: Server) -> None:
    lose(po, server, refund_return, seller_return())
    lock = po.journal.lock(po.journal.open()[0])
    assert lock.acquire(wait=False)
    assert "on its way at this moment" in settle(po, server, seller_return()).evidence
    with pytest.raises(errors.InDoubt, match="on its way at this moment"):
        refund_return(po)
    lock.release()


def test_the_doubt_of_a_dead_process_counts_from_when_it_is_found(po, server: Server) -> None:
    lose(po, server, refund_return, seller_return())
    lines = po.journal.path.read_text().splitlines()
    po.journal.path.write_text(lines[0] + "\n")  # as if it was killed before the end was written
    moments = [datetime.now(UTC) + timedelta(days=1)]
    po.journal.now = lambda: moments[-1]
    po._settler.grace = 120.0
    assert settle(po, server, seller_return()).verdict == "in doubt"
    moments.append(moments[0] + timedelta(seconds=121))
    assert settle(po, server, seller_return()).verdict == "did not happen"


@pytest.mark.parametrize(
    ("acts", "verdict"),
    [(["SELLER_SEND_MESSAGE"], "happened"), ([], "did not happen")],
)
def test_what_moves_no_money_is_settled_by_the_dates(po, server, acts, verdict) -> None:
    lose(po, server, lambda po: po.returns.send_message("5001", message="Hello"), None)
    after = seller_return(*acts)
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    for line in after.body["detail"]["responseHistory"]:
        line["creationDate"]["value"] = soon
    assert settle(po, server, after).verdict == verdict


@pytest.mark.parametrize("moment", ["", "yesterday"])
def test_a_line_without_a_date_is_left_to_a_person(po, server: Server, moment: str) -> None:
    lose(po, server, lambda po: po.returns.mark_as_received("5001"), None)
    after = seller_return("SELLER_MARK_AS_RECEIVED")
    after.body["detail"]["responseHistory"][0]["creationDate"]["value"] = moment
    assert settle(po, server, after).verdict == "in doubt"


def test_an_older_message_is_not_taken_for_the_lost_one(po, server: Server) -> None:
    lose(po, server, lambda po: po.returns.send_message("5001", message="Hello"), None)
    after = seller_return("SELLER_SEND_MESSAGE")
    after.body["detail"]["responseHistory"][0]["creationDate"]["value"] = "2020-01-01T00:00:00Z"
    assert settle(po, server, after).verdict == "did not happen"


def found(*ids: str, order: str = "12-1-1") -> Answer:
    return Answer(body={"cancellations": [{"cancelId": i, "legacyOrderId": order} for i in ids]})


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (found("1", "2"), "happened"),
        (found("1"), "did not happen"),
        (Answer(body={"cancellations": [{"cancelId": 9, "legacyOrderId": "other"}]}),
         "did not happen"),
        (Answer(body={}), "did not happen"),
    ],
)  # fmt: skip
def test_a_new_cancellation_is_looked_for_by_its_order(po, server, after, verdict) -> None:
    def create(po: pn.PostOrder) -> None:
        po.cancellations.create(
            legacy_order_id="12-1-1", cancel_reason="OUT_OF_STOCK_OR_CANNOT_FULFILL"
        )

    lose(po, server, create, found("1"))
    settlement = settle(po, server, after, "order 12-1-1")
    assert settlement.verdict == verdict
    path = server.requests[0][1]
    assert path.startswith("/post-order/v2/cancellation/search?legacy_order_id=12-1-1")


def test_a_new_return_is_looked_for_by_its_order_line(server: Server, tmp_path: Path) -> None:
    members = [
        {"returnId": "7", "creationInfo": {"item": {"itemId": "110", "transactionId": "220"}}},
        {"returnId": "8", "creationInfo": {"item": {"itemId": "111", "transactionId": "220"}}},
    ]
    with pn.connect(
        token=TOKEN, marketplace="EBAY_US", base_url=server.url, writes=True, role="BUYER",
        data_folder=tmp_path,
    ) as po:  # fmt: skip
        po._settler.grace = 0.0

        def create(po: pn.PostOrder) -> None:
            po.returns.create(item_id="110", transaction_id="220", reason="DEFECTIVE_ITEM")

        lose(po, server, create, Answer(body={"members": members[1:]}))
        settlement = settle(po, server, Answer(body={"members": members}))
        assert (settlement.verdict, settlement.record) == ("happened", "order line 110-220")
        assert "finds 7," in settlement.evidence


def test_a_call_without_traces_is_left_to_a_person(po, server: Server) -> None:
    def write(po: pn.PostOrder) -> None:
        po.request("POST", "/return/5001/new_act", effect="write", body={})

    lose(po, server, write, None)
    assert "nothing in the record tells" in settle(po, server, seller_return()).evidence
    lose(po, server, lambda po: po.request("POST", "/new", effect="write", body={}), None)
    assert any("look on ebay.com" in s.evidence for s in po.settle())


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.PostOrder]:
    with (
        Simulator(returns=120, days=60, seed=3, now="2026-03-01T00:00:00Z") as sim,
        pn.connect(
            token=sim.token, marketplace="EBAY_US", base_url=sim.url, writes=True,
            data_folder=tmp_path_factory.mktemp("data"),
        ) as po,
    ):  # fmt: skip
        yield po


def open_return(po: pn.PostOrder, *options: str) -> str:
    """Find a return that offers the options."""
    for found in po.returns.search(limit=200)["members"]:
        offered = {option["actionType"] for option in found.get("sellerAvailableOptions") or ()}
        if offered >= set(options):
            return str(found["returnId"])
    raise AssertionError(f"the shop has no return that offers {options}")


def _refund_all(po: pn.PostOrder) -> Receipt:
    number = open_return(po, "SELLER_ISSUE_REFUND")
    known = po.returns.get(number)
    refund = known["detail"]["refundInfo"]["estimatedRefundDetail"]["itemizedRefundDetails"]
    amounts = {x["refundFeeType"]: x["estimatedAmount"] for x in refund}
    lines = {fee: f"{x['value']} {x['currency']}" for fee, x in amounts.items()}
    total = sum(Decimal(str(x["value"])) for x in amounts.values())
    (currency,) = {x["currency"] for x in amounts.values()}
    return po.returns.issue_refund(number, amount=f"{total} {currency}", lines=lines)


def _refund_inquiry(po: pn.PostOrder) -> Receipt:
    members = po.inquiries.search(limit=200)["members"]
    waiting = [x for x in members if x["inquiryStatusEnum"] == "WAITING_SELLER_RESPONSE"]
    return po.inquiries.issue_refund(str(waiting[0]["inquiryId"]))


def _decide(po: pn.PostOrder) -> Receipt:
    return po.returns.decide(open_return(po, "SELLER_APPROVE_REQUEST"), decision="APPROVE")


def _offer(po: pn.PostOrder) -> Receipt:
    number = open_return(po, "SELLER_OFFER_PARTIAL_REFUND")
    summary = po.returns.get(number)["summary"]
    currency = summary["sellerTotalRefund"]["estimatedRefundAmount"]["currency"]
    return po.returns.decide(
        number, decision="OFFER_PARTIAL_REFUND", partial_refund_amount=f"1.00 {currency}"
    )


def _receive(po: pn.PostOrder) -> Receipt:
    return po.returns.mark_as_received(open_return(po, "SELLER_MARK_AS_RECEIVED"))


def _write_to(po: pn.PostOrder) -> Receipt:
    return po.returns.send_message(open_return(po, "SELLER_SEND_MESSAGE"), message="Hello")


@pytest.mark.parametrize(
    "act", [_refund_all, _refund_inquiry, _decide, _offer, _receive, _write_to]
)
def test_the_simulator_leaves_the_traces_that_are_looked_for(simulated, act) -> None:
    receipt = act(simulated)
    sight = look(receipt.request, "SELLER")
    after = read(sight, simulated._transport.send(sight.request))
    assert after.acts >= 1
    verdict, evidence = compare(
        sight, replace(after, acts=after.acts - 1), after, datetime(2026, 3, 1, tzinfo=UTC)
    )
    assert verdict == "happened"
    assert sight.acts[0] in evidence
    [attempt] = [a for a in simulated.journal.rows() if a.attempt == receipt.attempt]
    if attempt.baseline:
        assert attempt.baseline["acts"] == after.acts - 1
