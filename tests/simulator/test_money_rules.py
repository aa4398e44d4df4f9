"""Money that is owed, taken in parts, or not taken at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

Stage = Any


def error_of(answer: Any) -> tuple[int, str, int]:
    (error,) = answer.json["error"]
    return answer.status, error["domain"], error["errorId"]


def entries(stage: Stage, record: Any) -> list[tuple[str, Decimal]]:
    return [(e.kind, e.amount) for e in stage.sim.world.ledger if e.record_id == record.id]


# -- what eBay has paid and the seller owes -------------------------------------------------------


def indebted(stage: Stage, ways: Any, opens: str) -> Any:
    """Let eBay pay until it does so for a seller who has no funds."""
    for _ in range(60):
        if opens == "cancellation":
            record = stage.open_cancellation(by_buyer=False)
            for event in ("send_refund", "refund_fails", "pay_out"):
                stage.sim.happen(record, event)
        else:
            record = stage.sim.happen(ways.bring_case(stage, "WAITING_CS"), "buyer_wins")
        if record.outstanding:
            return record
    raise AssertionError("the seller always has funds")


def test_most_of_what_eBay_paid_is_taken_at_once(stage: Stage, ways: Any) -> None:
    cases = [stage.sim.happen(ways.bring_case(stage, "OPEN"), "buyer_wins") for _ in range(40)]
    short = [case for case in cases if case.outstanding]
    assert 0 < len(short) < 16
    for case in cases:
        kinds = [move.type for move in case.movements]
        assert kinds == ["BUYER_PAYOUT", "RECOUP_FROM_SELLER_T1"]
        assert case.recoup == case.net_charge
        assert case.fee_credit.amount == 0


def test_a_debt_is_taken_within_two_weeks(stage: Stage, ways: Any, campaign: Any) -> None:
    record = indebted(stage, ways, "cancellation")
    total = record.order.total
    assert (record.outstanding, record.closed_at) == (record.recoup, stage.sim.clock.now())
    assert record.movements[-1].status == "PENDING"
    assert entries(stage, record) == [("BUYER_PAYOUT", record.buyer_refund.amount)]
    shown = stage.get(f"/cancellation/{record.id}")["cancelDetail"]["refundInfo"]
    owed = shown["actualRefundDetail"]["outstandingAmount"]["value"]
    assert Decimal(str(owed)) == total.amount
    campaign.check(record, stage.sim)
    lines = len(record.history)
    stage.sim.advance(days=14, seconds=1)
    assert (record.outstanding, record.movements[-1].status) == (None, "SUCCESS")
    assert entries(stage, record)[-1] == ("RECOUP_FROM_SELLER", total.amount)
    assert sum(part.amount.amount for part in record.fundings) == total.amount
    assert {part.type for part in record.fundings} <= {"AVAILABLE_FUNDS", "CREDIT_CARD"}
    assert len(record.history) == lines
    campaign.check(record, stage.sim)


def test_a_return_follows_what_its_case_owes(stage: Stage, ways: Any, campaign: Any) -> None:
    case = indebted(stage, ways, "case")
    parent = case.parent
    assert (parent.state, parent.outstanding) == ("CLOSED", case.outstanding)
    stage.sim.advance(days=15)
    assert case.outstanding is None
    assert parent.outstanding is None
    assert [m.status for m in parent.movements] == [m.status for m in case.movements]
    assert entries(stage, parent) == []
    for record in (case, parent):
        campaign.check(record, stage.sim)


def test_an_appeal_settles_the_debt_before_it_gives_back(
    stage: Stage, ways: Any, campaign: Any
) -> None:
    case = indebted(stage, ways, "case")
    assert stage.call(f"/casemanagement/{case.id}/appeal", {}).status == 200
    campaign.check(case, stage.sim)
    stage.sim.happen(case, "grant")
    assert (case.outstanding, case.appeal_refund) == (None, case.net_charge)
    assert case.movements[-1].status == "SUCCESS"
    assert case.parent.outstanding is None
    for record in (case, case.parent):
        campaign.check(record, stage.sim)


# -- where the seller's charge comes from ---------------------------------------------------------


@pytest.mark.parametrize("site", ["EBAY_US", "EBAY_GB"])
def test_what_funds_lack_comes_from_the_card(make_stage: Callable[..., Stage], site: str) -> None:
    stage = make_stage(returns=1200, days=300, seed=8, marketplace=site)
    split = converted = 0
    for record in stage.sim.world.returns.values():
        taken = record.fundings
        if not record.net_charge or record.case_id:
            assert not taken or record.case_id
            continue
        assert sum(part.amount.amount for part in taken) == record.net_charge.amount
        assert {part.amount.currency for part in taken} == {record.payout_currency}
        kinds = [part.type for part in taken]
        assert kinds in (
            ["AVAILABLE_FUNDS"], ["CREDIT_CARD"], ["AVAILABLE_FUNDS", "CREDIT_CARD"],
        )  # fmt: skip
        split += len(kinds) == 2
        converted += record.payout_currency != record.order.currency
        shown = stage.get(f"/return/{record.id}")["detail"]["refundInfo"]["actualRefundDetail"]
        values = [Decimal(str(fund["amount"]["value"])) for fund in shown["fundings"]]
        assert sum(values) == record.net_charge.amount
        assert [fund["fundingSource"]["type"] for fund in shown["fundings"]] == kinds
        if split > 3 and converted > 3:
            break
    assert split > 3


@pytest.mark.parametrize("state", ["ITEM_SHIPPED", "ITEM_DELIVERED"])
@pytest.mark.parametrize("decision", ["APPROVE", "OFFER_RETURN"])
def test_a_parcel_is_sent_once_though_an_offer_comes_between(
    stage: Stage, ways: Any, campaign: Any, *, state: str, decision: str
) -> None:
    record = ways.bring(stage, state)
    path = f"/return/{record.id}/decide"
    offer = {"value": 1, "currency": "USD"}
    body = {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": offer}
    assert stage.call(path, body).status == 200
    assert stage.call(path, {"decision": "DECLINE_PARTIAL_REFUND"}, by=record).status == 200
    assert stage.call(path, {"decision": decision}).status == 200
    assert record.state == state
    campaign.check(record, stage.sim)
    stage.sim.advance(days=24)
    label = ("INVOICE_SELLER_FOR_RETURN_SHIPPING", record.label_cost.amount)
    assert entries(stage, record).count(label) == 1
    assert record.close_reason == "AUTO_REFUNDED"
    campaign.check(record, stage.sim)


# -- refunds that are not taken on ----------------------------------------------------------------


def test_a_refund_is_refused_by_the_payment_side(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_status="REFUSED")
    record = stage.open_return()
    path, body = f"/return/{record.id}/issue_refund", stage.refund_body(record)
    status, domain, number = error_of(stage.call(path, body))
    assert (status, domain) == (400, "returnErrorDomain")
    assert number in (1754, 1755, 1764)
    assert (record.state, record.movements, len(record.history)) == ("RETURN_REQUESTED", [], 1)
    inquiry = stage.open_inquiry()
    stage.sim.happen(inquiry, "begin")
    path = f"/inquiry/{inquiry.id}/issue_refund"
    status, domain, number = error_of(stage.call(path, {}))
    assert (status, domain) == (400, "resolutionsErrorDomain")
    assert 292051 <= number <= 292058
    assert (inquiry.state, inquiry.movements) == ("CREATED", [])
    stage.sim.refund_status = "SUCCESS"
    assert stage.call(path, {}).status == 200


def test_the_wrong_state_is_said_before_the_payment_side_is_asked(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(refund_status="REFUSED")
    record = stage.open_return()
    stage.sim.happen(record, "close")
    answer = stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record))
    assert error_of(answer) == (500, "returnErrorDomain", 1502)


def test_where_no_call_can_be_refused_the_refund_fails(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_status="REFUSED")
    record = stage.open_cancellation(by_buyer=False)
    stage.sim.advance(seconds=2)
    assert record.state == "REFUND_FAILED_RETRY"


def test_a_cancellations_refund_is_tried_again(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(refund_status="FAILED")
    record = stage.open_cancellation(by_buyer=False)
    stage.sim.advance(seconds=2)
    assert record.outstanding.amount == record.order.total.amount
    stage.sim.refund_status = "SUCCESS"
    stage.sim.happen(record, "send_refund")
    assert record.state == "REFUND_INITIATED"
    stage.sim.advance(seconds=480)
    assert (record.close_reason, record.outstanding) == ("FULL_REFUNDED", None)
    assert [move.status for move in record.movements] == ["FAILED", "SUCCESS"]


# -- refunds made outside, and refunds promised ---------------------------------------------------


@pytest.mark.parametrize("confirms", [True, False])
def test_a_refund_outside_eBay(stage: Stage, ways: Any, calendar: Any, confirms: bool) -> None:
    record = ways.bring(stage, "REFUND_SENT_PENDING_CONFIRMATION")
    due = calendar.days_after(stage.sim.clock.now(), 10, "EBAY_US")
    assert (record.buyer_due.activity, record.buyer_due.at) == ("BUYER_MARK_REFUND_RECEIVED", due)
    if confirms:
        stage.sim.happen(record, "confirm")
    stage.sim.advance(days=12)
    reason = "MARK_REFUND_RECEIVED" if confirms else "MARK_REFUND_RECEIVED_TIMEOUT"
    assert (record.close_reason, record.refund) == (reason, None)


@pytest.mark.parametrize("how", ["promise", "fails"])
def test_a_promised_refund_is_due_in_two_business_days(
    stage: Stage, ways: Any, calendar: Any, how: str
) -> None:
    record = ways.bring_inquiry(stage, "CREATED")
    stage.sim.advance(days=2, hours=20)
    now = stage.sim.clock.now()
    if how == "promise":
        stage.sim.happen(record, "promise")
    else:
        stage.call(f"/inquiry/{record.id}/issue_refund", {})
        stage.sim.happen(record, "refund_fails")
    assert record.state == "FULL_REFUND_AGREED"
    due = calendar.business_days_after(now, 2, "EBAY_US")
    assert record.respond_by == due
    assert due > calendar.business_days_after(record.created_at, 3, "EBAY_US")
    body = {"escalateInquiryReason": "NO_REFUND"}
    path = f"/inquiry/{record.id}/escalate"
    stage.sim.advance(seconds=(due - now).total_seconds())
    assert stage.call(path, body, by=record).status == 500
    stage.sim.advance(seconds=1)
    assert stage.call(path, body, by=record).status == 200
    assert record.escalated_at == due + timedelta(seconds=1)
