"""What a record's state allows, against the facts of the API that are kept in the tests."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from postorder_nb.forms import allowed

GROUPS = {"inquiry": "inquiries", "case": "cases", "cancellation": "cancellations"}
_FILE = Path(__file__).parent.parent / "data" / "legality.tsv"
# In which states a seller may make a call, and which of the calls eBay still has.
LEGAL = {
    f"{GROUPS[kind]}.{call}": set(row["states"].split())
    for row in csv.DictReader(_FILE.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    for kind, _, call in [row["call"].partition(".")]
    if row["role"] == "SELLER" and kind in GROUPS
}
GONE = {"cases.issue_refund", "cases.provide_return_address"}
# What the options of a return mean; eBay has calls for no others.
OPTIONS = {
    "SELLER_APPROVE_REQUEST": ["decide"],
    "SELLER_DECLINE_REQUEST": ["decide"],
    "SELLER_OFFER_PARTIAL_REFUND": ["decide"],
    "SELLER_PROVIDE_RMA": ["decide"],
    "SELLER_ISSUE_REFUND": ["issue_refund"],
    "SELLER_RETRY_REFUND": ["issue_refund"],
    "SELLER_MARK_AS_RECEIVED": ["mark_as_received"],
    "SELLER_PROVIDE_LABEL": ["add_shipping_label"],
    "SELLER_PRINT_SHIPPING_LABEL": ["add_shipping_label"],
    "SELLER_ESCALATE": ["escalate"],
    "SELLER_SEND_MESSAGE": ["send_message", "file_upload"],
    "SELLER_VOID_LABEL": [],
    "OTHER": [],
}


@pytest.fixture(scope="module")
def world(shop: Any) -> Any:
    return shop.simulator.world


def two_of_each_state(records: dict[str, Any]) -> Iterator[Any]:
    seen: dict[str, int] = defaultdict(int)
    for record in records.values():
        seen[record.state] += 1
        if seen[record.state] <= 2:
            yield record


def test_a_return_allows_what_it_lists(shop: Any, world: Any) -> None:
    po, states = shop.client(), set()
    for record in two_of_each_state(world.returns):
        answer = po.returns.get(record.id)
        summary = answer["summary"]
        listed = [option["actionType"] for option in summary.get("sellerAvailableOptions") or ()]
        expected = {f"returns.{call}" for option in listed for call in OPTIONS[option]}
        if summary["escalationInfo"]["sellerEscalationEligibilityInfo"]["eligible"]:
            expected.add("returns.escalate")
        assert set(allowed(po, "returns", answer)) == expected, record.id
        states.add(record.state)
    assert {"RETURN_REQUESTED", "ITEM_SHIPPED", "ITEM_DELIVERED", "RETURN_LABEL_PENDING"} <= states


def test_the_other_records_allow_what_is_legal_in_their_state(shop: Any, world: Any) -> None:
    po, now = shop.client(), shop.simulator.clock.now()
    for group in GROUPS.values():
        for record in two_of_each_state(getattr(world, group)):
            expected = {
                key
                for key, states in LEGAL.items()
                if key.startswith(group) and record.state in states and key not in GONE
            }
            if group == "cases" and not record.can_appeal:
                expected.discard("cases.appeal")
            if group == "inquiries" and now < record.respond_by:
                expected.discard("inquiries.escalate")
            found = allowed(po, group, getattr(po, group).get(record.id))
            assert set(found) == expected, record.id


def test_a_search_member_tells_as_much_as_the_whole_record(shop: Any) -> None:
    po = shop.client()
    for group, page in (
        ("returns", po.returns.search(return_state="ALL_OPEN")["members"][:6]),
        ("cancellations", po.cancellations.search()["cancellations"][:4]),
    ):
        for member in page:
            number = member.get("returnId") or member["cancelId"]
            whole = getattr(po, group).get(number)
            assert allowed(po, group, member) == allowed(po, group, whole)


def test_the_buyer_s_options_are_the_buyer_s(shop: Any) -> None:
    record = shop.a_return("ITEM_READY_TO_SHIP")
    buyer = shop.client(buyer=record.buyer.login)
    assert allowed(buyer, "returns", buyer.returns.get(record.id)) == [
        "returns.file_upload", "returns.send_message",
    ]  # fmt: skip


def test_an_inquiry_is_escalated_once_its_time_is_over(shop: Any, world: Any) -> None:
    po = shop.client()
    record = next(r for r in world.inquiries.values() if r.state == "CREATED")
    answer = po.inquiries.get(record.id)
    for year, may in ((2025, False), (2027, True)):
        moment = record.respond_by.replace(year=year)
        po._now = lambda moment=moment: moment
        assert ("inquiries.escalate" in allowed(po, "inquiries", answer)) is may
