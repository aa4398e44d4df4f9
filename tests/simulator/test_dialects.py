"""What answers looked like in 2015, in 2020 and today: the same world, told in other words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from postorder_nb.simulator import Clock, Simulator, World
from postorder_nb.simulator.style import Style

Ask = Callable[..., Any]
Json = dict[str, Any]
NOW = "2026-03-10T12:00:00Z"
KINDS = ("returns", "inquiries", "cases", "cancellations")

# The releases that named a field first; what stands in a dialect is older.
SINCE_2_5 = {
    "returns": {
        "orderId", "reasonType", "timeoutDate", "returnCloseDate", "payoutRecoupInfo",
        "secureUrl", "keepOriginalItem", "refundDeductionType", "relistStatus", "relistedItemId",
        "holdTransactionId", "fundings", "outstandingAmount",
    },
    "inquiries": {"fundingSource", "fundingStatus"},
    "cases": {"fundingSource", "fundingStatus"},
    "cancellations": {
        "buyerLoginName", "sellerLoginName", "partialOrderType", "payoutRecoupInfo",
        "moneyMovementInfo", "refundInfo", "lineItems",
    },
}  # fmt: skip
SINCE_2_7 = {
    "feeCreditAmount", "netChargeAmount", "exchangeRate", "refundChargeAmount",
    "appealRefundAmount",
}  # fmt: skip
SINCE_2021 = {
    "returnContentOnHold", "inquiryContentOnHold", "caseContentOnHold", "itemOnHold",
    "donationAmount", "provisionalRefund", "resolutionEstimate",
}  # fmt: skip
WORDS_OF_2_5 = {
    "ONLINE_PAID", "BUYER_ASKED_CANCEL", "ADDRESS_ISSUES", "ORDER_UNPAID", "CHARGEBACK_OPEN",
    "SELLER_RETRY_REFUND", "SYSTEM_IMMEDIATE_REFUND", "CHARGE_BACK_OPENED",
    "CHARGEBACK_DISPUTE_FILED", "BUYER_REFUND_AS_PAYOUT", "SYSTEM_NOTIFY_PAYOUT_STATUS",
    "SYSTEM_TIMEOUT_FOR_NOTIFY_REFUND_STATUS", "SELLER_CANCEL_UNPAID", "FULL_REFUNDED_AS_PAYOUT",
    "RECEIVED_WRONG_ITEM", "REFUND_AS_PAYOUT_INITIATED",
}  # fmt: skip
WORDS_SINCE_2021 = {"DOES_NOT_FIT", "RECEIVED_EMPTY_BOX", "EBAY_RULE_AUTO_APPROVE",
                    "SYSTEM_INITIATED_REFUND", "SYSTEM_SELLER_CHARGE"}  # fmt: skip


@cache
def world() -> World:
    made = World(returns=420, days=400, seed=22, clock=Clock(NOW))
    for hours in (*range(1, 40, 2), *range(100, 1400, 50)):  # cases are rare, open ones rarer
        made.add_case(made.clock.now() - timedelta(hours=hours))
    for record in list(made.returns.values())[:3]:
        record.on_hold = True
    return made


@pytest.fixture
def shop() -> World:
    return world()


@cache
def answers(dialect: str, kind: str, surprises: float = 0.0) -> list[tuple[Any, Json, Json]]:
    """Every record of a kind with its member of a search and its get."""
    now, style = world().clock.now(), Style(dialect, surprises)
    return [
        (record, style.summary(record, now), style.detail(record))
        for record in getattr(world(), kind).values()
    ]


def objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def fields(tree: Any) -> set[str]:
    return {name for held in objects(tree) for name in held}


def words(tree: Any) -> set[str]:
    return {v for held in objects(tree) for v in held.values() if isinstance(v, str)}


@pytest.mark.parametrize("kind", KINDS)
def test_fields_and_words_stand_in_no_answer_before_their_release(shop: World, kind: str) -> None:
    today, seen = Counter[str](), Counter[str]()
    for dialect in ("2026", "2020", "2015"):
        later = set(SINCE_2021) if dialect != "2026" else set()
        newer = set(WORDS_SINCE_2021) if dialect != "2026" else set()
        if dialect == "2015":
            later |= SINCE_2_7 | SINCE_2_5[kind]
            newer |= WORDS_OF_2_5
        for _, summary, detail in answers(dialect, kind):
            found = fields(summary) | fields(detail)
            assert not found & later
            assert not (words(summary) | words(detail)) & newer
            (today if dialect == "2026" else seen).update(found)
    # ... and today's hold them, or this test would test nothing.
    assert today.keys() >= (SINCE_2_5[kind] - {"keepOriginalItem", "relistedItemId"}) - (
        {"outstandingAmount"} if not any(r.outstanding for r in shop.returns.values()) else set()
    ) - ({"payoutRecoupInfo"} if kind == "cancellations" else set())
    if kind != "cancellations":
        assert {name for name in today if name.endswith("OnHold")}


def test_refunds_went_through_paypal_in_2015_and_through_both_in_2020(shop: World) -> None:
    for dialect, shares in (("2015", (1.0, 1.0)), ("2020", (0.35, 0.65)), ("2026", (0.0, 0.0))):
        paid, paypal = 0, 0
        for record, _, detail in answers(dialect, "returns"):
            for move in detail["moneyMovementInfo"]:
                if move["moneyMovementType"] in ("SELLER_VOLUNTARY_REFUND", "PAYPAL_REFUND",
                                                 "PAYPAL_PARTIAL_REFUND"):  # fmt: skip
                    paid += 1
                    through = move["paymentProvider"] == "PAYPAL"
                    assert through == move["moneyMovementType"].startswith("PAYPAL")
                    paypal += through
                    truth = next(m for m in record.movements if m.external_id and
                                 m.external_id == move["externalPaymentId"])  # fmt: skip
                    assert Decimal(str(move["requestedAmount"]["value"])) == truth.requested.amount
        assert paid > 150
        assert shares[0] <= paypal / paid <= shares[1]
        states = Counter(s["paymentStatus"] for _, s, _ in answers(dialect, "cancellations"))
        assert ("PAYPAL_PAID" in states) == (dialect != "2026")
        assert ("ONLINE_PAID" in states) == (dialect != "2015")
        assert states["NOT_PAID"] == sum(not c.order.paid for c in shop.cancellations.values())


def test_claims_paid_by_paypal_name_the_payment(shop: World) -> None:
    for _, _, detail in answers("2015", "inquiries"):
        assert re.fullmatch(r"[0-9A-Z]{17}", detail["extTransactionId"])
        assert detail["transactionId"] in detail["viewPPTrasanctionUrl"]
    for _, _, detail in answers("2015", "cases"):
        assert detail["caseDetails"]["paypalPaid"] is True
    for _, _, detail in answers("2026", "inquiries"):
        assert detail["extTransactionId"] is None
        assert "viewPPTrasanctionUrl" not in detail


@pytest.mark.parametrize(
    ("kind", "dialect", "spelled", "not_spelled"),
    [
        ("returns", "2015", {"RMARequired", "trackingNumber", "fileName"},
         {"rmaRequired", "rmarequired", "updatedTrackingNumber", "fielName"}),
        ("returns", "2020", {"rmarequired", "updatedTrackingNumber", "fielName"},
         {"rmaRequired", "RMARequired", "fileName"}),
        ("returns", "2026", {"rmaRequired", "updatedTrackingNumber", "fileName"},
         {"RMARequired", "rmarequired", "fielName"}),
        ("cancellations", "2015", {"cancelStateFrom", "cancelStatetateTo", "itemId"},
         {"stateFrom", "stateTo", "lineItems"}),
        ("cancellations", "2020", {"cancelStateFrom", "cancelStatetateTo", "cancelQuanity"},
         {"stateFrom", "stateTo", "cancelQuantity"}),
        ("cancellations", "2026", {"stateFrom", "stateTo", "cancelQuantity"},
         {"cancelStateFrom", "cancelStatetateTo", "cancelQuanity"}),
    ],
)  # fmt: skip
def test_each_time_has_its_spelling(
    shop: World, kind: str, dialect: str, spelled: set[str], not_spelled: set[str]
) -> None:
    seen: set[str] = set()
    for _, summary, detail in answers(dialect, kind):
        seen |= fields(summary) | fields(detail)
    assert spelled <= seen
    assert not not_spelled & seen


def test_orders_were_known_by_item_and_transaction(shop: World) -> None:
    for record, summary, detail in answers("2015", "cancellations"):
        long = f"{record.item.item_id}-{record.order.transaction_id}"
        assert summary["legacyOrderId"] == detail["cancelDetail"]["legacyOrderId"] == long
        assert detail["cancelDetail"]["itemId"] == record.item.item_id
        assert detail["cancelDetail"]["transactionId"] == record.order.transaction_id
    for record, summary, _ in answers("2020", "cancellations"):
        assert summary["legacyOrderId"] == record.order.legacy_id


def test_buyers_gave_no_reason_in_2015(shop: World) -> None:
    for record, summary, _ in answers("2015", "cancellations"):
        if record.requestor == "BUYER":
            assert "cancelReason" not in summary
        else:
            assert summary["cancelReason"] in (
                "OUT_OF_STOCK_OR_CANNOT_FULFILL", "BUYER_CANCEL_OR_ADDRESS_ISSUE", "OTHER",
            )  # fmt: skip


def test_an_accepted_return_had_a_state_of_its_own(shop: World) -> None:
    told: set[str] = set()
    for record, summary, detail in answers("2015", "returns"):
        if record.state == "ITEM_READY_TO_SHIP":
            assert (summary["state"], summary["status"]) == (
                "RETURN_ACCEPTED", "READY_FOR_SHIPPING",
            )  # fmt: skip
        told |= {line["toState"] for line in detail["responseHistory"]}
    assert "RETURN_ACCEPTED" in told
    assert "ITEM_READY_TO_SHIP" not in told


def test_what_is_on_hold_today_was_shown_before(shop: World) -> None:
    held = [r for r in shop.returns.values() if r.on_hold]
    assert held
    for record in held:
        assert Style().detail(record)["itemDetail"]["itemTitle"] == "***"
        item = Style("2020").detail(record)["itemDetail"]
        assert item["itemTitle"] == record.item.title
        assert item["itemPicUrl"].endswith(f"{record.item.item_id}.jpg")


def test_ids_stand_for_the_names_of_buyers_in_the_us_where_asked(shop: World) -> None:
    ids: dict[str, str] = {}
    for kind, field in (("returns", "buyerLoginName"), ("inquiries", "buyer"), ("cases", "buyer"),
                        ("cancellations", "buyerLoginName")):  # fmt: skip
        for record, summary, detail in answers("2026-ids", kind):
            shown = {
                summary[field],
                detail.get("cancelDetail", detail)[field],
            }
            assert len(shown) == 1
            login, (name,) = record.buyer.login, shown
            if record.buyer.country != "US":
                assert name == login
                continue
            assert re.fullmatch(r"[0-9a-z]{10,22}", name)
            assert ids.setdefault(login, name) == name
            assert login not in json.dumps([summary, detail])
    assert len(set(ids.values())) == len(ids) > 150


def test_a_dialect_is_chosen_when_the_simulator_is_started(caller: Ask) -> None:
    with Simulator(returns=40, days=60, seed=2, now=NOW, dialect="2015") as sim:
        page = caller(sim, "/return/search", limit=7, offset=0).json
        assert page["paginationOutput"] == {
            "limit": 7, "offset": 1, "totalEntries": 40, "totalPages": 6,
        }  # fmt: skip
        assert "total" not in page
        assert {row["type"] for row in page["countSummary"]} == {
            "ALL_OPEN", "ALL_OPEN_RETURN", "ALL_OPEN_REPLACEMENT", "RETURN_STARTED",
            "ITEM_SHIPPED", "ITEM_DELIVERED", "CLOSED",
        }  # fmt: skip
        assert all("orderId" not in member for member in page["members"])
        record = next(iter(sim.world.cancellations.values()))
        long = f"{record.item.item_id}-{record.order.transaction_id}"
        found = caller(sim, "/cancellation/search", legacy_order_id=long).json
        assert [row["cancelId"] for row in found["cancellations"]] == [record.id]
        assert found["paginationOutput"]["offset"] == 1
        assert found["total"] == 1
        cases = caller(sim, "/casemanagement/search").json
        assert cases["paginationOutput"]["offset"] == 0
        assert cases["totalNumberOfCases"] == len(sim.world.cases)


# -- members are drawn once -------------------------------------------------------------------


def member(stage: Any, record: Any) -> Json:
    (found,) = stage.get("/return/search", return_id=record.id)["members"]
    return found


def test_a_search_shows_what_was_written_a_moment_ago(make_stage: Callable[..., Any]) -> None:
    stage = make_stage(refund_lag=0.0)
    record = stage.open_return("NO_LONGER_NEED_ITEM")
    assert member(stage, record)["state"] == record.state
    assert "actualRefundAmount" not in member(stage, record)["sellerTotalRefund"]
    stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record))
    stage.sim.advance(seconds=900)
    shown = member(stage, record)
    assert shown["state"] == record.state == "CLOSED"
    assert Decimal(str(shown["sellerTotalRefund"]["actualRefundAmount"]["value"])) == (
        record.refund.amount
    )


def test_a_search_notices_that_time_has_passed(stage: Any) -> None:
    record = stage.open_return()
    may = [member(stage, record)["escalationInfo"]["buyerEscalationEligibilityInfo"]["eligible"]]
    start: datetime = record.escalate_from
    stage.sim.advance(seconds=(start - stage.sim.clock.now() + timedelta(hours=1)).total_seconds())
    may += [member(stage, record)["escalationInfo"]["buyerEscalationEligibilityInfo"]["eligible"]]
    assert may == [False, True]


# -- surprises -------------------------------------------------------------------------------------


def test_nothing_is_odd_unless_asked_for(shop: World) -> None:
    plain, none = Style(), Style(surprises=0.0)
    for record in list(shop.returns.values())[::20]:
        assert none.detail(record) == plain.detail(record)


def test_a_share_of_the_records_is_odd_always_in_the_same_way(shop: World) -> None:
    now, plain = shop.clock.now(), Style()
    some, again = Style(surprises=0.3), Style(surprises=0.3)
    odd = 0
    for record in shop.returns.values():
        assert some.detail(record) == again.detail(record)
        odd += some.summary(record, now) != plain.summary(record, now)
    assert 0.22 < odd / len(shop.returns) < 0.36


def test_every_kind_of_oddity_is_met() -> None:
    met: set[str] = set()
    for kind in KINDS:
        plain = {record.id: trees for record, *trees in answers("2026", kind)}
        for record, *trees in answers("2026", kind, 1.0):
            for tree, usual in zip(trees, plain[record.id], strict=True):
                met |= oddities(tree, usual)
    assert met == {
        "unknown field", "unknown word", "number as text", "text as number", "id as number",
        "flag as text", "null", "no currency", "two spellings", "other zone", "bare moment",
        "formattedValue", "no status", "closed without date", "list is missing", "empty list",
        "unknown option", "CS_",
    }  # fmt: skip


def oddities(tree: Json, usual: Json) -> set[str]:
    met = set()
    text = json.dumps(tree)
    names, before = fields(tree), fields(usual)
    checks = {
        "unknown field": "experimentBucket" in names,
        "unknown word": '"STORE_CREDIT_OFFER"' in text,
        "number as text": re.search(r'"value": "\d+\.\d+"', text) and "returnId" in names,
        "text as number": re.search(r'"value": \d', text) and "inquiryStatusEnum" in names,
        "id as number": re.search(r'"(returnId|caseId|inquiryId|cancelId)": \d', text),
        "flag as text": re.search(r'": "(true|false)"', text),
        "null": any(v is None and k not in usual for k, v in tree.items()),
        "no currency": any("value" in h and "currency" not in h and
                           isinstance(h["value"], float) for h in objects(tree)),
        "two spellings": {"rmaRequired", "RMARequired", "rmarequired"} <= names,
        "other zone": "-07:00" in text,
        "bare moment": re.search(r'[Dd]ate": "20', text),
        "formattedValue": "formattedValue" in names,
        "no status": "creationInfo" in tree and "status" not in tree,
        "closed without date": tree.get("closeInfo") == {"returnCloseReason": "OTHER",
                                                         "buyerCloseReason": "UNKNOWN"}
        and "closeInfo" not in usual,
        "list is missing": "buyerAvailableOptions" in before - names,
        "empty list": tree.get("nextSteps") == [] or tree.get("files") == [],
        "unknown option": "EXTERNAL_CLAIM_OPENED" in text,
        "CS_": tree.get("caseStatusEnum") in ("CS_OPEN", "CS_CLOSED")
        and tree["caseStatusEnum"] != usual["caseStatusEnum"],
    }  # fmt: skip
    met |= {name for name, found in checks.items() if found}
    return met


def test_ids_and_amounts_are_true_however_odd_the_answer(shop: World) -> None:
    for record, summary, _ in answers("2026", "returns", 1.0):
        assert str(summary["returnId"]) == record.id
        assert str(summary["creationInfo"]["item"]["itemId"]) == record.item.item_id
        total = summary["sellerTotalRefund"]["estimatedRefundAmount"]
        assert Decimal(str(total["value"])) == record.estimated.amount
        assert total.get("currency", record.order.currency) == record.order.currency
        made = summary["creationInfo"]["creationDate"]
        at = made if isinstance(made, str) else made["value"]
        assert datetime.fromisoformat(at) == record.created_at
