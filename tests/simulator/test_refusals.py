"""What is refused, and in which words: input, parties, signatures, calls that are gone."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from postorder_nb.errors import InputError
from postorder_nb.simulator import Faults, Simulator

Stage = Any


def error_of(answer: Any) -> tuple[int, str, int]:
    errors = answer.json.get("error") or answer.json["errors"]
    return answer.status, errors[0]["domain"], errors[0]["errorId"]


def back(stage: Stage, **more: Any) -> Any:
    record = stage.open_return(**more)
    stage.call(f"/return/{record.id}/decide", {"decision": "APPROVE"})
    stage.sim.happen(record, "ship")
    stage.sim.happen(record, "deliver")
    return record


# -- input ----------------------------------------------------------------------------------------

PHOTO = base64.b64encode(b"x").decode()
CENTS = {"value": 1.005, "currency": "USD"}
RETURN = "returnErrorDomain"
INPUT = [
    ("return", "decide", {}, 1601, "decision"),
    ("return", "decide", {"decision": "UNKNOWN"}, 1616, "decision"),
    ("return", "decide", {"decision": "PLEASE"}, 1616, "decision"),
    ("return", "decide", {"decision": "OFFER_PARTIAL_REFUND"}, 1601, "partialRefundAmount"),
    ("return", "decide", {"decision": "APPROVE", "keepOriginalItem": "yes"}, 1616,
     "keepOriginalItem"),
    ("return", "decide", {"decision": "APPROVE", "RMANumber": "é!"}, 1617, "RMANumber"),
    ("return", "decide",
     {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": CENTS}, 1616,
     "partialRefundAmount"),
    ("return", "decide", {"decision": "APPROVE", "comments": "text"}, 1616, "comments"),
    ("return", "decide", {"decision": "APPROVE", "comments": {}}, 1601, "comments.content"),
    ("return", "send_message", {}, 1601, "message"),
    ("return", "send_message", {"message": {"content": " "}}, 1616, "message.content"),
    ("return", "issue_refund", {}, 1601, "refundDetail"),
    ("return", "issue_refund", {"refundDetail": {}}, 1601, "refundDetail.totalAmount"),
    ("return", "issue_refund",
     {"refundDetail": {"totalAmount": {"value": 1, "currency": "USD"},
                       "itemizedRefundDetail": []}}, 1616, "refundDetail.itemizedRefundDetail"),
    ("return", "escalate", {"reason": "SELLER_NORESPONSE"}, 1616, "reason"),
    ("return", "file/upload", {"fileName": "a.png", "filePurpose": "ITEM_RELATED"}, 1601, "data"),
    ("return", "file/upload",
     {"data": "%%", "fileName": "a.png", "filePurpose": "ITEM_RELATED"}, 1616, "data"),
    ("return", "file/upload",
     {"data": PHOTO, "fileName": "a.exe", "filePurpose": "ITEM_RELATED"}, 1616, "fileName"),
    ("return", "file/upload",
     {"data": PHOTO, "fileName": "a.pdf", "filePurpose": "ITEM_RELATED"}, 1616, "fileName"),
    ("return", "preference", {}, 1601, "rmaRequired"),
    ("return", "preference", {"rmaRequired": "no"}, 1616, "rmaRequired"),
    ("inquiry", "send_message", {"message": "Hello"}, 2004, "message"),
    ("inquiry", "escalate", {"escalateInquiryReason": "SELLER_NO_RESPONSE"}, 2004,
     "escalateInquiryReason"),
    ("inquiry", "provide_shipment_info", {}, 292024, "shippingCarrierName"),
    ("inquiry", "provide_shipment_info", {"shippingCarrierName": "SNAIL"}, 292024,
     "shippingCarrierName"),
    ("inquiry", "provide_shipment_info", {"shippingCarrierName": "UPS"}, 292025, "shippingDate"),
    ("inquiry", "provide_shipment_info",
     {"shippingCarrierName": "UPS", "shippingDate": {"value": "2026-03-11T00:00:00.000Z"}},
     292025, "shippingDate"),
    ("inquiry", "provide_shipment_info",
     {"shippingCarrierName": "UPS", "shippingDate": {"value": "2026-03-01T00:00:00.000Z"},
      "trackingNumber": "12-34 5"}, 292023, "trackingNumber"),
    ("inquiry", "provide_shipment_info",
     {"shippingCarrierName": "UPS", "shippingDate": {"value": "2026-03-01T00:00:00.000Z"},
      "trackingNumber": "1" * 65}, 292050, "trackingNumber"),
    ("inquiry", "provide_shipment_info",
     {"shippingCarrierName": "UPS", "shippingDate": {"value": "2026-03-01T00:00:00.000Z"},
      "shippedWithTracking": True}, 292023, "trackingNumber"),
    ("cancellation", "reject", None, 10003, "body"),
    ("cancellation", "reject", {"shipmentDate": "2026-03-01"}, 2004, "shipmentDate"),
    ("cancellation", "", {}, 10003, "legacyOrderId"),
    ("cancellation", "", {"legacyOrderId": "1", "cancelReason": "ORDER_MISTAKE"}, 2004,
     "cancelReason"),
]  # fmt: skip


@pytest.mark.parametrize("given", INPUT, ids=lambda given: f"{given[0]} {given[1]} {given[4]}")
def test_bad_input(stage: Stage, given: tuple[str, str, Any, int, str]) -> None:
    kind, name, body, number, field = given
    makers = {"return": stage.open_return, "inquiry": stage.open_inquiry,
              "cancellation": stage.open_cancellation}  # fmt: skip
    record = makers[kind]()
    if kind == "inquiry":
        stage.sim.happen(record, "begin")
    path = f"/{kind}/{record.id}/{name}"
    if not name or name == "preference":
        path = f"/{kind}/{name}".rstrip("/")
    lines = len(record.history)
    answer = stage.call(path, body)
    domain = {"return": RETURN, "inquiry": "resolutionsErrorDomain",
              "cancellation": "cancelErrorDomain"}[kind]  # fmt: skip
    assert error_of(answer) == (400, domain, number)
    assert answer.json["error"][0]["parameter"][0]["name"] == field
    assert len(record.history) == lines


@pytest.mark.parametrize("sent", ["", "{", "nonsense", "[]", '"text"', "[" * 5000])
def test_a_body_that_is_none(stage: Stage, sent: str) -> None:
    record = stage.open_return()
    connection = http.client.HTTPConnection(stage.sim.url.removeprefix("http://"), timeout=10)
    headers = {"Authorization": f"IAF {stage.sim.token}", "X-EBAY-C-MARKETPLACE-ID": "EBAY_US"}
    path = f"/post-order/v2/return/{record.id}/decide"
    connection.request("POST", path, body=sent, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 400
    assert record.state == "RETURN_REQUESTED"


@pytest.mark.parametrize(
    "value", [1e30, -1, "1e400", True, [], {}, "NaN", "Infinity", "five", "1.001", None]
)
def test_amounts_that_are_none(stage: Stage, value: Any) -> None:
    record = stage.open_return()
    offer = {"value": value, "currency": "USD"}
    body = {"decision": "OFFER_PARTIAL_REFUND", "partialRefundAmount": offer}
    answer = stage.call(f"/return/{record.id}/decide", body)
    assert error_of(answer) in ((400, RETURN, 1616), (400, RETURN, 1601))
    assert record.state == "RETURN_REQUESTED"


def test_half_a_sign_is_refused_and_whole_ones_are_kept(stage: Stage) -> None:
    record = stage.open_return()
    path = f"/return/{record.id}/send_message"
    half = {"message": {"content": "half \ud83d"}}
    assert error_of(stage.call(path, half)) == (400, RETURN, 1616)
    whole = "😢 ß <b>&amp;</b> \u0000 浮"
    assert stage.call(path, {"message": {"content": whole}}).status == 200
    assert stage.get(f"/return/{record.id}")["detail"]["responseHistory"][-1]["notes"] == whole


def test_amounts_that_do_not_fit(stage: Stage) -> None:
    record = back(stage, shipping=True)
    path = f"/return/{record.id}/issue_refund"
    price, shipping = record.item.price.amount, record.item.shipping.amount
    lines = ("PURCHASE_PRICE", price), ("ORIGINAL_SHIPPING", shipping)
    wrong_sum = stage.itemized(record, *lines)
    wrong_sum["refundDetail"]["totalAmount"]["value"] += 0.01
    above = stage.itemized(record, ("PURCHASE_PRICE", price + Decimal("0.01")), lines[1])
    other = stage.itemized(record, *lines, ("ITEM_TAX", Decimal(1)))
    twice = stage.itemized(record, lines[0], lines[0])
    foreign = json.loads(json.dumps(stage.itemized(record, *lines)).replace("USD", "EUR"))
    nothing = stage.itemized(record, ("PURCHASE_PRICE", Decimal(0)))
    for body in (wrong_sum, above, other, twice, foreign, nothing):
        assert error_of(stage.call(path, body)) == (400, RETURN, 1616), body
    too_much = stage.refund_body(record, "0.49")
    assert error_of(stage.call(path, too_much)) == (400, RETURN, 1760)
    assert record.state == "ITEM_DELIVERED"
    assert [e for e in stage.sim.world.ledger if "REFUND" in e.kind] == []
    assert stage.call(path, stage.refund_body(record, "0.5")).status == 200


def test_no_deduction_from_what_has_not_come_back(stage: Stage) -> None:
    record = stage.open_return()
    answer = stage.call(f"/return/{record.id}/issue_refund", stage.refund_body(record, "0.9"))
    assert error_of(answer) == (400, RETURN, 1760)
    assert answer.json["error"][0]["parameter"] == [
        {"name": "refundFeeType", "value": "PURCHASE_PRICE"}
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/return/77/decide", (400, RETURN, 1304)),
        ("/return/77/issue_refund", (400, RETURN, 1304)),
        ("/inquiry/77/issue_refund", (500, "ACCESS", 2003)),
        ("/casemanagement/77/appeal", (500, "ACCESS", 2003)),
        ("/cancellation/77/approve", (400, "cancelErrorDomain", 2004)),
    ],
)
def test_records_that_are_not_there(stage: Stage, path: str, expected: Any) -> None:
    assert error_of(stage.call(path, {})) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [("again", "1009"), ("early", "1011"), ("late", "1012"), ("cancelled", "1006"),
     ("missing", "1005")],
)  # fmt: skip
def test_returns_that_cannot_be_opened(stage: Stage, name: str, code: str) -> None:
    order = stage.order({"early": 1, "late": 60, "cancelled": 0.05, "missing": 14}.get(name, 12))
    line = {"itemId": order.item.item_id, "transactionId": order.transaction_id}
    if name == "cancelled":
        stage.call("/cancellation", {"legacyOrderId": order.order_id})
    if name == "missing":
        assert stage.call("/inquiry", line, by=order).status == 201
    body = {
        "returnRequest": {
            **line, "reason": "DEFECTIVE_ITEM", "type": "MONEY_BACK", "returnQuantity": 1,
        }
    }  # fmt: skip
    if name == "again":
        assert "returnId" in stage.call("/return", body, by=order).json
    count = len(stage.sim.world.returns)
    answer = stage.call("/return", body, by=order)
    assert answer.status == 200
    (error,) = answer.json["errorMessage"]["error"]
    assert error["errorId"] == 1501
    assert error["parameter"][0]["value"].startswith(code)
    assert len(stage.sim.world.returns) == count


@pytest.mark.parametrize(("name", "value"), [("itemId", "v1|110|0"), ("transactionId", "0")])
def test_ids_are_positive_numbers(stage: Stage, name: str, value: str) -> None:
    order = stage.order(12)
    line = {"itemId": order.item.item_id, "transactionId": order.transaction_id}
    asked = {**line, "reason": "WRONG_SIZE", "type": "MONEY_BACK", "returnQuantity": 1}
    answer = stage.call("/return", {"returnRequest": asked | {name: value}}, by=order)
    assert error_of(answer) == (400, RETURN, 1303)
    assert answer.json["error"][0]["parameter"] == [{"name": name, "value": value}]


def test_an_orders_id_is_not_a_returns(stage: Stage) -> None:
    record = stage.open_return()
    answer = stage.call(f"/return/{record.order_id}/mark_as_received")
    assert error_of(answer) == (400, RETURN, 1616)
    assert answer.json["error"][0]["parameter"][0]["name"] == "returnId"


def test_inquiries_that_cannot_be_opened(stage: Stage) -> None:
    order = stage.order(3)
    line = {"itemId": order.item.item_id, "transactionId": order.transaction_id}
    domain = "resolutionsErrorDomain"
    assert error_of(stage.call("/inquiry", line, by=order)) == (500, domain, 292010)
    unknown = {**line, "transactionId": "1"}
    assert error_of(stage.call("/inquiry", unknown, by=order)) == (500, domain, 292008)


# -- parties --------------------------------------------------------------------------------------


def test_a_buyer_sees_only_own_records(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(returns=60)
    mine, other = stage.open_return(), stage.open_return("WRONG_SIZE")
    assert mine.buyer.login != other.buyer.login
    found = stage.get("/return/search", by=mine, limit=200)
    assert {m["buyerLoginName"] for m in found["members"]} == {mine.buyer.login}
    assert stage.get("/return/search", by=mine, role="BUYER")["total"] == found["total"]
    assert stage.get("/return/search", by=mine, role="SELLER")["total"] == 0
    assert stage.get("/return/search", by=mine, return_id=other.id)["total"] == 0
    assert stage.get(f"/return/{mine.id}", by=mine)["detail"]["buyerLoginName"] == (
        mine.buyer.login
    )
    body = {"message": {"content": "Hello"}}
    answer = stage.call(f"/return/{other.id}/send_message", body, by=mine)
    assert error_of(answer) == (403, RETURN, 1301)
    for kind in ("inquiry", "casemanagement"):
        assert stage.get(f"/{kind}/search", by=mine).get("members", []) == []
    record = next(iter(stage.sim.world.inquiries.values()))
    path = f"/inquiry/{record.id}/send_message"
    assert error_of(stage.call(path, body, by=mine)) == (500, "ACCESS", 2003)


SELLERS = [
    ("return", "issue_refund"), ("return", "mark_as_received"), ("return", "add_shipping_label"),
    ("inquiry", "issue_refund"), ("inquiry", "provide_shipment_info"),
    ("inquiry", "provide_refund_info"), ("casemanagement", "issue_refund"),
    ("casemanagement", "provide_return_address"), ("cancellation", "approve"),
    ("cancellation", "reject"),
]  # fmt: skip
BUYERS = [
    ("inquiry", "close"), ("inquiry", "confirm_refund"), ("casemanagement", "close"),
    ("casemanagement", "provide_shipment_info"), ("cancellation", "confirm"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), SELLERS + BUYERS)
def test_the_wrong_side(stage: Stage, kind: str, name: str) -> None:
    if kind == "casemanagement":
        parent = stage.open_return()
        stage.sim.happen(parent, "seller_silent")
        case_id = stage.call(f"/return/{parent.id}/escalate", {}, by=parent).json["caseId"]
        record = stage.sim.world.cases[case_id]
    else:
        record = {"return": stage.open_return, "inquiry": stage.open_inquiry,
                  "cancellation": stage.open_cancellation}[kind]()  # fmt: skip
    lines = len(record.history)
    by = record if (kind, name) in SELLERS else None
    answer = stage.call(f"/{kind}/{record.id}/{name}", {}, by=by)
    expected = (403, RETURN, 1308) if kind == "return" else (403, "ACCESS", 1100)
    assert error_of(answer) == expected
    assert len(record.history) == lines


def test_decisions_belong_to_one_side(stage: Stage) -> None:
    record = stage.open_return()
    path = f"/return/{record.id}/decide"
    assert error_of(stage.call(path, {"decision": "APPROVE"}, by=record)) == (403, RETURN, 1308)
    taken = {"decision": "ACCEPT_PARTIAL_REFUND"}
    assert error_of(stage.call(path, taken)) == (403, RETURN, 1306)
    assert error_of(stage.call("/return/preference", {"rmaRequired": True}, by=record)) == (
        403, RETURN, 1308,
    )  # fmt: skip
    order = stage.order(12)
    body = {
        "returnRequest": {
            "itemId": order.item.item_id, "transactionId": order.transaction_id,
            "reason": "WRONG_SIZE", "type": "MONEY_BACK", "returnQuantity": 1,
        }
    }  # fmt: skip
    assert error_of(stage.call("/return", body)) == (403, RETURN, 1306)
    assert error_of(stage.call("/return", body, by=record)) == (403, RETURN, 1306)


def test_only_the_buyer_of_an_order_opens_a_record_on_it(stage: Stage) -> None:
    other = stage.open_return()
    recent, late = stage.order(0.05), stage.order(14)
    assert other.buyer.login not in (recent.buyer.login, late.buyer.login)
    body = {"legacyOrderId": recent.order_id}
    refused = stage.call("/cancellation", body, by=other).json["orderEligibilityResult"]
    assert (refused["eligible"], refused["failureReason"]) == (False, ["INVALID_USER"])
    assert "cancelId" in stage.call("/cancellation", body, by=recent).json
    line = {"itemId": late.item.item_id, "transactionId": late.transaction_id}
    answer = stage.call("/inquiry", line, by=other)
    assert error_of(answer) == (500, "resolutionsErrorDomain", 292008)
    assert error_of(stage.call("/inquiry", line)) == (403, "ACCESS", 1100)
    assert stage.call("/inquiry", line, by=late).status == 201
    (record,) = stage.sim.world.cancellations.values()
    assert (record.requestor, record.state) == ("BUYER", "APPROVAL_PENDING")


def test_tokens_of_nobody(stage: Stage) -> None:
    record = stage.open_return()
    assert stage.sim.token_of(stage.sim.world.seller) == stage.sim.token
    token = stage.sim.token_of(record.buyer.login)
    assert token != stage.sim.token
    for login in ("", "nobody", record.buyer.login + "x", "amber_anchor_1us"):
        with pytest.raises(InputError, match="nobody is called"):
            stage.sim.token_of(login)
    forged = {"Authorization": "IAF " + token.replace(record.buyer.login, "amber_anchor_1us")}
    assert stage.call("/return/preference", {}, headers=forged).status == 401


# -- signatures -----------------------------------------------------------------------------------

JWE = "eyJ.a.b.c.d"
PARTS = '"x-ebay-signature-key" "@method" "@path" "@authority"'
SIGNATURE = "sig1=:" + base64.b64encode(b"s" * 64).decode() + ":"


def signed(body: Any, **changes: str | None) -> dict[str, str]:
    sent = json.dumps(body).encode() if body is not None else b""
    parts = f'"content-digest" {PARTS}' if sent else PARTS
    digest = base64.b64encode(hashlib.sha256(sent).digest()).decode()
    headers: dict[str, str | None] = {
        "x-ebay-signature-key": JWE,
        "Signature-Input": f"sig1=({parts});created=1773144000",
        "Signature": SIGNATURE,
    }
    if sent:
        headers["Content-Digest"] = f"sha-256=:{digest}:"
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"x_ebay_signature_key": None}, 215001),
        ({"x_ebay_signature_key": "no-jwe"}, 215120),
        ({"Signature_Input": None}, 215122),
        ({"Signature_Input": f"sig1=({PARTS});created=1773144000"}, 215122),
        ({"Signature_Input": f'sig1=("content-digest" {PARTS});created=1773144000000'}, 215114),
        ({"Signature_Input": f'sig1=("content-digest" {PARTS});created=soon'}, 215113),
        ({"Signature": None}, 215122),
        ({"Signature": SIGNATURE.removesuffix(":")}, 215122),
        ({"Signature": "sig1=:c2hvcnQ=:"}, 215122),
        ({"Content_Digest": None}, 215122),
        ({"Content_Digest": "sha-256=:" + base64.b64encode(b"x" * 32).decode() + ":"}, 215122),
    ],
)
def test_signatures(
    make_stage: Callable[..., Stage], changes: dict[str, str | None], number: int
) -> None:
    stage = make_stage(require_signatures=True, marketplace="EBAY_GB")
    record = stage.open_inquiry()
    stage.sim.happen(record, "begin")
    path, body = f"/inquiry/{record.id}/issue_refund", {"comments": {"content": "Sorry"}}
    answer = stage.call(path, body, headers=signed(body, **changes))
    assert error_of(answer) == (403, "ACCESS", number)
    assert record.state == "CREATED"
    assert stage.call(path, body, headers=signed(body)).status == 200


def test_where_no_signature_is_needed(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(require_signatures=True)
    record = stage.open_return()
    site = {"X-EBAY-C-MARKETPLACE-ID": "EBAY_GB"}
    path = f"/return/{record.id}"
    message = {"message": {"content": "Hello"}}
    assert stage.call(f"{path}/send_message", message, headers=site).status == 200
    decision = {"decision": "APPROVE"}
    assert error_of(stage.call(f"{path}/decide", decision, headers=site)) == (
        403, "ACCESS", 215001,
    )  # fmt: skip
    assert stage.call(f"{path}/decide", decision).status == 200
    asked = stage.open_cancellation()
    approve = f"/cancellation/{asked.id}/approve"
    assert stage.call(approve, headers=site).status == 403
    assert stage.call(approve, headers=site | signed(None)).status == 200


# -- calls that are gone --------------------------------------------------------------------------

GONE = [
    ("POST", "/cancellation/1/confirm"), ("POST", "/casemanagement/1/close"),
    ("POST", "/casemanagement/1/issue_refund"),
    ("POST", "/casemanagement/1/provide_return_address"),
    ("POST", "/casemanagement/1/provide_shipment_info"), ("POST", "/inquiry"),
    ("POST", "/inquiry/1/close"), ("POST", "/inquiry/1/confirm_refund"),
    ("POST", "/inquiry/1/provide_refund_info"),
]  # fmt: skip
ALIVE = [
    "/return", "/return/preference", "/return/1/decide", "/return/1/issue_refund",
    "/return/1/mark_as_received", "/return/1/send_message", "/return/1/escalate",
    "/return/1/add_shipping_label", "/return/1/file/upload", "/inquiry/1/send_message",
    "/inquiry/1/provide_shipment_info", "/inquiry/1/issue_refund", "/inquiry/1/escalate",
    "/casemanagement/1/appeal", "/cancellation", "/cancellation/check_eligibility",
    "/cancellation/1/approve", "/cancellation/1/reject",
]  # fmt: skip


def test_the_calls_of_2026(make_stage: Callable[..., Stage]) -> None:
    now, before = make_stage(life="2026"), make_stage()
    for _, path in GONE:
        assert now.call(path, {}).status == 404
        assert now.call(path, {}).body.startswith(b"<!DOCTYPE html>")
        assert before.call(path, {}).status != 404
    for path in ALIVE:
        assert now.call(path, {}).status != 404
    with pytest.raises(InputError, match="life"):
        Simulator(returns=1, life="2031")
    with pytest.raises(InputError, match="refund_status"):
        Simulator(returns=1, refund_status="MAYBE")
    with pytest.raises(InputError, match="refund_lag"):
        Simulator(returns=1, refund_lag=-1)


# -- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lost", "500-after-commit", "drop", "500", "503", "429"])
def test_faults_before_and_after_the_deed(make_stage: Callable[..., Stage], kind: str) -> None:
    stage = make_stage(refund_lag=0)
    record = stage.open_return()
    path, body = f"/return/{record.id}/issue_refund", stage.refund_body(record)
    stage.sim.faults = Faults(rate=1, kinds=(kind,), methods=("POST",))
    if kind in ("lost", "drop"):
        with pytest.raises(http.client.RemoteDisconnected):
            stage.call(path, body)
    else:
        assert stage.call(path, body).status == int(kind[:3])
    entry = stage.sim.requests[-1]
    assert (entry.fault, entry.party) == (kind, stage.sim.world.seller)
    assert json.loads(entry.body) == body
    done = kind in ("lost", "500-after-commit")
    assert (record.close_reason == "FULL_REFUNDED") == done
    refunds = [e for e in stage.sim.world.ledger if e.kind == "SELLER_VOLUNTARY_REFUND"]
    assert len(refunds) == done
    assert stage.get(f"/return/{record.id}")["detail"]
    stage.sim.faults = None
    assert stage.call(path, body).status == (500 if done else 200)
    assert len([e for e in stage.sim.world.ledger if e.kind == "SELLER_VOLUNTARY_REFUND"]) == 1


def test_only_the_named_methods_are_spoilt_and_counted() -> None:
    everything = Faults(rate=0.5, seed=4)
    posts = Faults(rate=0.5, seed=4, methods=("post",))
    drawn = []
    for _ in range(40):
        assert posts.draw("GET") is None
        drawn.append(posts.draw("POST"))
    assert drawn == [everything.draw("GET") for _ in range(40)]
    assert "lost" not in drawn
    with pytest.raises(InputError, match="lost"):
        Faults(kinds=("found",))
