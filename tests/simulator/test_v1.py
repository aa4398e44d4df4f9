"""The surface of 2014: its paths, its shapes, its refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from postorder_nb.simulator import Simulator

Ask = Callable[..., Any]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def shop() -> Iterator[Simulator]:
    with Simulator(returns=160, days=80, seed=4, now="2026-03-10T12:00:00Z") as running:
        yield running


@pytest.fixture
def read(shop: Simulator, caller: Ask) -> Callable[..., Any]:
    def call(path: str, *, by: Any = None, **query: object) -> Any:
        side = "buy" if by is not None else "sell"
        token = shop.token_of(by.buyer.login) if by is not None else shop.token
        headers = {"Authorization": f"IAF {token}"}
        return caller(shop, path, headers=headers, root=f"/{side}/order", **query)

    return call


def milliseconds(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def every(read: Ask, path: str, listed: str, **query: object) -> list[Json]:
    members: list[Json] = []
    for number in range(1, 100):
        page = read(path, pageNumber=number, **query).json
        assert page["paginationOutput"]["pageNumber"] == number
        members += page.get(listed, [])
        if number >= page["paginationOutput"]["totalPages"]:
            assert len(members) == page["paginationOutput"]["totalEntries"]
            return members
    raise AssertionError("no last page")


def test_returns_come_by_page_number(shop: Simulator, read: Ask) -> None:
    found = every(
        read, "/v1/return/summary", "members", entriesPerPage=30,
        returnStateFilter="ALL_OPEN,CLOSED",
    )  # fmt: skip
    assert [member["id"] for member in found] == [
        r.id for r in sorted(shop.world.returns.values(), key=lambda r: r.created_at)
    ]
    for member in found:
        record = shop.world.returns[member["id"]]
        created = member["creationInfo"]["creationDate"]
        assert created == milliseconds(record.created_at)
        total = member["sellerTotalRefund"]["estimatedRefundAmount"]
        assert total["currencyId"] == record.order.currency
        assert Decimal(str(total["value"])) == record.estimated.amount
        assert member["creationInfo"].get("comments") == record.comments
        assert {"currency", "returnId", "caseId", "value", "orderId"} & set(keys(member)) == {
            "value"
        }
    page = read("/v1/return/summary").json["paginationOutput"]
    assert page.keys() == {"pageNumber", "entriesPerPage", "totalPages", "totalEntries"}
    assert (page["pageNumber"], page["entriesPerPage"]) == (1, 25)


def test_returns_that_are_over_have_to_be_asked_for(shop: Simulator, read: Ask) -> None:
    still = {r.id for r in shop.world.returns.values() if r.open}
    assert still
    assert {m["id"] for m in every(read, "/v1/return/summary", "members")} == still


def test_codes_are_in_camel_case(shop: Simulator, read: Ask) -> None:
    seen = set()
    for record in shop.world.returns.values():
        if record.state not in seen:
            seen.add(record.state)
            said = {"ITEM_READY_TO_SHIP": "RETURN_ACCEPTED", "REFUND_FAILED": "UNKNOWN"}
            head, *rest = said.get(record.state, record.state).lower().split("_")
            answer = read(f"/v1/return/{record.id}").json
            assert answer["summary"]["state"] == head + "".join(word.title() for word in rest)
            assert answer["detail"]["responseHistory"][0]["fromState"] == "initial"
    assert len(seen - {"CLOSED"}) >= 2


@pytest.mark.parametrize("by_buyer", [False, True])
def test_one_record_of_each_kind(shop: Simulator, read: Ask, by_buyer: bool) -> None:
    world = shop.world
    for path, shelf in (
        ("/v1/cancellation", world.cancellations),
        ("/v1/inquiry", world.inquiries),
        ("/v2/resolutioncasemanagement", world.cases),
        ("/v1/return", world.returns),
    ):
        record: Any = next(iter(shelf.values()))
        answer = read(f"{path}/{record.id}", by=record if by_buyer else None)
        assert answer.status == 200
        body = answer.json.get("cancelDetail") or answer.json.get("summary") or answer.json
        assert body["id"] == record.id
        assert "currency" not in set(keys(answer.json))


def test_the_case_of_a_return_was_its_claim(shop: Simulator, read: Ask) -> None:
    record = next(r for r in shop.world.returns.values() if r.case_id)
    assert read(f"/v1/return/{record.id}").json["summary"]["escalationInfo"]["claimId"] == (
        record.case_id
    )


def test_the_history_of_an_inquiry_is_a_call_of_its_own(shop: Simulator, read: Ask) -> None:
    record = next(r for r in shop.world.inquiries.values() if len(r.history) > 2)
    assert "inquiryHistoryDetails" not in read(f"/v1/inquiry/{record.id}").json
    answer = read(f"/v1/inquiry/{record.id}/history").json
    assert answer["id"] == record.id
    assert [(line["date"], line["action"]) for line in answer["history"]] == [
        (milliseconds(event.at), event.activity) for event in record.history
    ]


def test_cancellations_are_found(shop: Simulator, read: Ask) -> None:
    records = shop.world.cancellations
    found = every(read, "/v1/cancellation/find", "cancellations", entriesPerPage=9)
    assert {member["id"] for member in found} == set(records)
    record = next(iter(records.values()))
    for query in (
        {"cancelId": record.id},
        {"orderId": f"{record.item.item_id}-{record.order.transaction_id}"},
        {"itemId": record.item.item_id, "transactionId": record.order.transaction_id},
    ):
        assert [m["id"] for m in read("/v1/cancellation/find", **query).json["cancellations"]] == [
            record.id
        ]
    mine = {r.id for r in records.values() if r.buyer == record.buyer}
    named = every(read, "/v1/cancellation/find", "cancellations", buyerLoginName=record.buyer.login)
    assert {member["id"] for member in named} == mine
    assert read("/v1/cancellation/find", by=record, sellerLoginName="nobody").json["total"] == 0


def test_a_window_is_told_in_words_or_in_milliseconds(shop: Simulator, read: Ask) -> None:
    last = datetime(2026, 3, 1, tzinfo=UTC)
    first = last - timedelta(days=20)
    wanted = {r.id for r in shop.world.cancellations.values() if first <= r.created_at <= last}
    assert wanted
    for begin, end in (
        (first.isoformat(), last.isoformat()),
        (milliseconds(first), milliseconds(last)),
    ):
        found = every(read, "/v1/cancellation/find", "cancellations",
                      creationDateRangeFrom=begin, creationDateRangeTo=end)  # fmt: skip
        assert {member["id"] for member in found} == wanted


def test_parcels_and_eligibility(shop: Simulator, read: Ask) -> None:
    record = next(r for r in shop.world.returns.values() if r.shipments)
    parcel = record.shipments[0]
    query = {"carrier": parcel.carrier, "trackingNumber": parcel.tracking_number}
    answer = read(f"/v1/return/{record.id}/trackingHistory", **query)
    assert answer.json["trackingNumber"] == parcel.tracking_number
    order = next(o for o in shop.world.orders.values() if not shop.world.records_of(o.order_id))
    line = {"itemId": order.item.item_id, "transactionId": order.transaction_id}
    assert read("/v1/cancellation/checkEligibility", **line).status == 200
    assert read("/v1/cancellation/checkEligibility").status == 400


@pytest.mark.parametrize(
    ("path", "query", "status", "error_id"),
    [
        ("/v1/return/1", {}, 400, 1304),
        ("/v1/return/summary", {"pageNumber": 0}, 400, 1616),
        ("/v1/return/summary", {"returnStateFilter": "NONE"}, 400, 1616),
        ("/v1/return/summary", {"reasonTypeFilter": "NONE"}, 400, 1616),
        ("/v1/return/summary", {"entriesPerPage": 201}, 400, 1401),
        ("/v1/inquiry/1", {}, 500, 2003),
        ("/v1/nothing", {}, 404, 2002),
    ],
)
def test_refusals_stand_in_the_envelope_of_2014(
    read: Ask, path: str, query: Json, status: int, error_id: int
) -> None:
    answer = read(path, **query)
    assert answer.status == status
    assert answer.json["ackValue"] == "FAILURE"
    assert answer.json["responseStatus"] == status
    (error,) = answer.json["errorMessage"]["error"]
    assert error["errorId"] == error_id


def test_each_side_has_its_paths(shop: Simulator, caller: Ask) -> None:
    record = next(iter(shop.world.returns.values()))
    assert caller(shop, f"/v1/return/{record.id}", root="/buy/order").status == 403
    token = shop.token_of(record.buyer.login)
    for path in (f"/v1/return/{record.id}", "/v1/return/summary"):
        headers = {"Authorization": f"IAF {token}"}
        assert caller(shop, path, root="/sell/order", headers=headers).status == 403


def test_nothing_can_be_written(shop: Simulator, caller: Ask) -> None:
    record = next(iter(shop.world.returns.values()))
    for path in (f"/v1/return/{record.id}/issueRefund", "/v1/cancellation/approve"):
        assert caller(shop, path, method="POST", body={}, root="/sell/order").status == 404
    assert caller(shop, f"/v1/return/{record.id}", method="POST", body={},
                  root="/sell/order").status == 404  # fmt: skip
