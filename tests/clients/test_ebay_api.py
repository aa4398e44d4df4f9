"""The npm package `ebay-api` works on the simulator unchanged but for the address."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from postorder_nb.simulator import Simulator

NOW = "2026-03-10T12:00:00Z"
WAYS = ("api", "interceptor")
REFUNDABLE = ("ITEM_READY_TO_SHIP", "ITEM_SHIPPED", "ITEM_DELIVERED")


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(returns=300, days=60, seed=5, now=NOW, refund_lag=0) as running:
        yield running


def money(amount: dict[str, Any]) -> tuple[Decimal, str]:
    return Decimal(str(amount["value"])), amount["currency"]


@pytest.mark.parametrize("by", WAYS)
def test_it_searches_reads_and_refunds(sim: Simulator, ebay_api: Any, by: str) -> None:
    record = next(r for r in sim.world.returns.values() if r.state in REFUNDABLE)
    expected = sum(
        (line.amount.amount for line in record.lines if line.stage == "estimated"), Decimal(0)
    )
    currency, with_tax = record.order.currency, record.buyer_estimated.amount
    opened = [r.id for r in sim.world.returns.values() if r.open]
    moved = len(sim.world.ledger)

    found, refund = ebay_api(
        url=sim.url,
        by=by,
        accessToken=sim.token,
        steps=[
            ["return", "search", {"return_state": "ALL_OPEN", "limit": 200}],
            ["return", "refund", record.id],
        ],
    )

    assert sorted(m["returnId"] for m in found["answer"]["members"]) == sorted(opened)
    assert found["answer"]["paginationOutput"]["totalEntries"] == len(opened)
    member = next(m for m in found["answer"]["members"] if m["returnId"] == record.id)
    assert member["creationInfo"]["reason"] == record.reason
    assert member["buyerLoginName"] == record.buyer.login
    assert money(member["sellerTotalRefund"]["estimatedRefundAmount"]) == (expected, currency)

    before, after = refund["answer"]["before"]["detail"], refund["answer"]["after"]["detail"]
    assert before["itemDetail"]["itemId"] == record.item.item_id
    assert "actualRefundDetail" not in before["refundInfo"]
    assert refund["answer"]["refunded"] == {"refundStatus": "SUCCESS"}
    given = after["refundInfo"]["actualRefundDetail"]["actualRefund"]["totalAmount"]
    assert money(given) == (expected, currency)
    assert after["closeInfo"]["returnCloseReason"] == record.close_reason == "FULL_REFUNDED"
    assert record.refund.amount == expected

    written = sim.world.ledger[moved:]
    refunds = [entry for entry in written if entry.record_id == record.id]
    assert [entry.kind for entry in refunds].count("SELLER_VOLUNTARY_REFUND") == 1
    (entry,) = (entry for entry in refunds if entry.kind == "SELLER_VOLUNTARY_REFUND")
    assert (entry.amount, entry.currency) == (with_tax, currency)
    assert {entry.record_id for entry in written} == {record.id}


def test_it_reads_all_four_kinds(sim: Simulator, ebay_api: Any) -> None:
    world = sim.world
    inquiry, case, cancellation = (
        next(iter(shelf.values())) for shelf in (world.inquiries, world.cases, world.cancellations)
    )
    window = {"creation_date_range_from": "2026-01-01T00:00:00.000Z",
              "creation_date_range_to": "2026-03-10T12:00:00.000Z"}  # fmt: skip
    steps = [
        ["inquiry", "getInquiry", inquiry.id],
        ["case", "getCase", case.id],
        ["cancellation", "getCancellation", cancellation.id],
        ["inquiry", "search", {"limit": 200}],
        ["case", "search", {"limit": 200}],
        ["cancellation", "search", {"limit": 500} | window],
        ["return", "getReturnPreferences"],
        ["cancellation", "checkCancellationEligibility", cancellation.order.order_id],
    ]
    answers = ebay_api(url=sim.url, by="api", accessToken=sim.token, steps=steps)
    one, two, three, inquiries, cases, cancellations, preference, eligible = (
        answer["answer"] for answer in answers
    )
    assert money(one["claimAmount"]) == (inquiry.estimated.amount, inquiry.order.currency)
    assert (two["status"], two["buyer"]) == (case.status, case.buyer.login)
    assert three["cancelDetail"]["cancelState"] == cancellation.state
    assert inquiries["totalNumberOfInquiries"] == sum(
        inquiry.escalated_at is None for inquiry in world.inquiries.values()
    )
    assert cases["totalNumberOfCases"] == len(world.cases)
    assert cancellations["total"] == len(world.cancellations)
    assert preference["rmaRequired"] == world.rma_required
    assert eligible["failureReason"][0] == "CANCELLATION_EXIST"


def test_it_takes_the_other_kind_of_token(sim: Simulator, ebay_api: Any) -> None:
    record = next(iter(sim.world.returns.values()))
    steps = [["return", "getReturn", record.id, "SUMMARY"]]
    (good,) = ebay_api(url=sim.url, by="api", authToken=sim.token, steps=steps)
    assert good["answer"]["summary"]["orderId"] == record.order.order_id
    (bad,) = ebay_api(url=sim.url, by="api", authToken="of nobody", steps=steps)
    assert "error" in bad


def test_it_is_told_what_is_refused(sim: Simulator, ebay_api: Any) -> None:
    closed = next(r for r in sim.world.returns.values() if not r.open)
    message = {"message": {"content": "Hello"}}
    steps = [
        ["return", "getReturn", "77"],
        ["return", "processReturnRequest", closed.id, {"decision": "APPROVE"}],
        ["return", "sendReturnMessage", closed.id, message],
    ]
    gone, illegal, _ = ebay_api(url=sim.url, by="interceptor", accessToken=sim.token, steps=steps)
    assert gone["error"]
    assert illegal["error"]
    asked = [(entry.path.rpartition("/")[2], entry.status) for entry in sim.requests]
    assert asked[:2] == [("77", 400), ("decide", 500)]


def test_it_renews_its_token(sim: Simulator, ebay_api: Any) -> None:
    """A token that has expired is renewed by the package itself, and the call made again."""
    expired = sim.token
    sim.expire_token()
    record = next(iter(sim.world.returns.values()))
    (good,) = ebay_api(
        url=sim.url,
        by="interceptor",
        accessToken=expired,
        refreshToken=sim.refresh_token(),
        appId=sim.client_id,
        certId=sim.client_secret,
        steps=[["return", "getReturn", record.id, "SUMMARY"]],
    )
    assert good["answer"]["summary"]["returnId"] == record.id
    asked = [(entry.path.rpartition("/")[2], entry.status) for entry in sim.requests]
    assert asked == [(record.id, 401), ("token", 200), (record.id, 200)]
