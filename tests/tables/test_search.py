"""What search pages become, value by value."""

from __future__ import annotations

import gc
import json
from datetime import UTC, datetime

import pandas as pd
import pytest

from postorder_nb import errors, tables
from postorder_nb.enums import ReturnState


def moment(*parts: int) -> pd.Timestamp:
    return pd.Timestamp(datetime(*parts, tzinfo=UTC))


def row_of(name, member, key="members"):
    frame = tables.from_search(name, [{key: [member]}])
    assert len(frame) == 1
    return frame.iloc[0]


def test_every_field_of_a_return_summary(summary):
    row = row_of("returns", summary)
    assert "drift" not in row.attrs
    missing = {"buyer_escalate_until"}
    assert set(row.index[row.isna()]) == missing
    assert row.drop(list(missing)).to_dict() == {
        "return_id": "5300000001",
        "order_id": "11-22222-33333",
        "item_id": "370000000001",
        "transaction_id": "7700000000001",
        "quantity": 2,
        "created_at": moment(2025, 11, 12, 21, 40, 5, 250_000),
        "state": "ITEM_DELIVERED",
        "status": "ITEM_DELIVERED",
        "current_type": "MONEY_BACK",
        "requested_type": "MONEY_BACK",
        "reason": "DEFECTIVE_ITEM",
        "reason_type": "SNAD",
        "buyer_comments": "The lid is broken",
        "buyer": "kettle-fan",
        "seller": "pots-and-pans",
        "refund_amount": 30.0,
        "refund_currency": "USD",
        "refund_estimated_amount": 31.5,
        "refund_estimated_currency": "USD",
        "buyer_refund_amount": 32.75,
        "buyer_refund_currency": "GBP",
        "buyer_refund_estimated_amount": 33.02,
        "buyer_refund_estimated_currency": "GBP",
        "seller_activity_due": "SELLER_ISSUE_REFUND",
        "respond_by": moment(2025, 12, 4, 7, 59, 59),
        "buyer_activity_due": "BUYER_ESCALATE",
        "buyer_respond_by": moment(2025, 11, 27, 7, 59, 59),
        "timeout_at": moment(2025, 12, 18, 7, 59, 59, 999_000),
        "case_id": "5400000009",
        "buyer_can_escalate": True,
        "buyer_escalate_from": moment(2025, 12, 5),
        "seller_can_escalate": False,
        "seller_escalate_from": moment(2025, 11, 13),
        "seller_escalate_until": moment(2025, 12, 13),
        "seller_options": "SELLER_ISSUE_REFUND SELLER_SEND_MESSAGE",
        "buyer_options": "",
        "rma_required": True,
        "seller_protected": True,
    }


def test_cancellation_page():
    member = {
        "cancelId": "5200000001",
        "legacyOrderId": "370000000001-7700000000001",
        "marketplaceId": "EBAY_GB",
        "requestorType": "BUYER",
        "cancelState": "CLOSED",
        "cancelStatus": "CANCEL_REJECTED",
        "cancelCloseReason": "SELLER_DECLINE",
        "paymentStatus": "ONLINE_PAID",
        "requestRefundAmount": {"value": 9.99, "currency": "GBP"},
        "cancelRequestDate": {"value": "2026-02-01T10:00:00.000Z"},
        "cancelCloseDate": {"value": "2026-02-02T11:00:00.000Z"},
        "shipmentDate": {"value": "2026-02-01T23:00:00.000Z"},
        "sellerResponseDueDate": {"value": "2026-02-04T22:00:00.000Z"},
        "payoutRecoupInfo": {"amountToRecoup": {"value": 1, "currency": "GBP"}, "payoutId": 81},
        "buyerLoginName": "b",
        "sellerLoginName": "s",
    }
    row = row_of("cancellations", member, key="cancellations")
    assert row["cancel_id"] == "5200000001"
    assert row["order_id"] == "370000000001-7700000000001"
    assert (row["requestor"], row["state"], row["status"]) == ("BUYER", "CLOSED", "CANCEL_REJECTED")
    assert (row["close_reason"], row["payment_status"]) == ("SELLER_DECLINE", "ONLINE_PAID")
    assert (row["requested_amount"], row["requested_currency"]) == (9.99, "GBP")
    assert row["created_at"] == moment(2026, 2, 1, 10)
    assert row["closed_at"] == moment(2026, 2, 2, 11)
    assert row["shipped_at"] == moment(2026, 2, 1, 23)
    assert row["respond_by"] == moment(2026, 2, 4, 22)
    assert (row["recoup_amount"], row["payout_id"]) == (1.0, "81")
    assert row[["reason", "buyer_respond_by", "partial_order_type"]].isna().all()


@pytest.mark.parametrize(
    ("name", "key", "status"),
    [("inquiries", "inquiry", "WAITING_SELLER_RESPONSE"), ("cases", "case", "OPEN")],
)
def test_claims_with_ids_as_numbers_and_amounts_as_text(name, key, status):
    member = {
        f"{key}Id": 5400000001,
        f"{key}StatusEnum": status,
        "itemId": 370000000001,
        "transactionId": 0,
        "buyer": "b",
        "seller": "s",
        "claimAmount": {"value": "81.0", "currency": "EUR"},
        "creationDate": {"value": "2026-03-01T00:00:00.000Z"},
        "lastModifiedDate": {"value": "2026-03-02T00:00:00.000Z"},
        "respondByDate": None,
    }
    row = row_of(name, member)
    assert (row[f"{key}_id"], row["item_id"]) == ("5400000001", "370000000001")
    assert row["transaction_id"] == "0"
    assert row["status"] == status
    assert (row["claim_amount"], row["claim_currency"]) == (81.0, "EUR")
    assert row["created_at"] == moment(2026, 3, 1)
    assert row["modified_at"] == moment(2026, 3, 2)
    assert pd.isna(row["respond_by"])


def test_status_of_a_case_under_either_name():
    frame = tables.from_search(
        "cases",
        [{"members": [{"caseId": "1", "status": "CS_CLOSED"}, {"caseStatusEnum": "OPEN"}]}],
    )
    assert frame["status"].tolist() == ["CS_CLOSED", "OPEN"]


def test_version_1_shapes():
    member = {
        "id": 5100000001,
        "creationInfo": {"creationDate": {"value": 1409264100000}, "item": {"itemId": 11}},
        "sellerTotalRefund": {"actualRefundAmount": {"value": 14, "currencyId": "USD"}},
        "timeoutDate": 1409264100000,
    }
    row = row_of("returns", member)
    assert (row["return_id"], row["item_id"]) == ("5100000001", "11")
    assert row["created_at"] == row["timeout_at"] == moment(2014, 8, 28, 22, 15)
    assert (row["refund_amount"], row["refund_currency"]) == (14.0, "USD")


@pytest.mark.parametrize("spelling", ["rmaRequired", "RMARequired", "rmarequired"])
def test_spellings_of_the_rma_flag(spelling):
    assert row_of("returns", {"returnId": "1", "returnPolicy": {spelling: True}})["rma_required"]


def test_rows_keep_the_order_of_the_pages():
    pages = [
        {"members": [{"caseId": str(page * 10 + at)} for at in range(3)]} for page in range(25)
    ]
    frame = tables.from_search("cases", pages)
    assert frame["case_id"].tolist() == [str(p * 10 + at) for p in range(25) for at in range(3)]
    assert frame.index.equals(pd.RangeIndex(75))


def test_unknown_values_become_categories_after_the_known_ones():
    states = ["ZEBRA", "CLOSED", "APPLE", None]
    page = {"members": [{"returnId": str(n), "state": s} for n, s in enumerate(states)]}
    state = tables.from_search("returns", [page])["state"]
    assert state.tolist()[:3] == ["ZEBRA", "CLOSED", "APPLE"]
    assert state.isna().tolist() == [False, False, False, True]
    assert list(state.cat.categories) == [*(s.value for s in ReturnState), "APPLE", "ZEBRA"]


@pytest.mark.parametrize("page", [{}, {"members": []}, {"members": None}, {"total": 0}, []])
def test_nothing_found_is_an_empty_table_without_drift(page):
    frame = tables.from_search("returns", [page])
    pd.testing.assert_frame_equal(frame, tables.from_search("returns", []))
    assert len(frame) == 0
    assert frame.attrs == {}


@pytest.mark.parametrize("key", ["members", "returns", "cancellations"])
def test_the_list_may_stand_under_any_known_key(key):
    assert tables.from_search("returns", [{key: [{"returnId": "7"}]}])["return_id"].tolist() == [
        "7"
    ]


def test_raw_bytes_are_read_as_their_decoded_form(summary):
    page = {"members": [summary, {**summary, "returnId": 5, "state": None}]}
    decoded = tables.from_search("returns", [page, page])
    for raw in (json.dumps(page).encode(), bytearray(json.dumps(page, indent=2).encode())):
        pd.testing.assert_frame_equal(tables.from_search("returns", [raw, raw]), decoded)


def cancellation() -> dict:
    amount = {"value": 3, "currency": "USD"}
    return {
        "cancelId": "5",
        "cancelState": "CLOSED",
        "cancelRequestDate": {"value": "2026-02-01T10:00:00.000Z"},
        "payoutRecoupInfo": {"amountToRecoup": amount},
        "requestRefundAmount": amount,
    }


@pytest.mark.parametrize("name", ["returns", "cancellations"])
def test_documented_raw_pages_never_become_python_objects(name, summary, monkeypatch):
    summary["buyerTotalRefund"]["estimatedRefundAmount"]["value"] = 33.02  # not as text
    key, member = {
        "returns": ("members", summary),
        "cancellations": ("cancellations", cancellation()),
    }[name]
    pages = [{key: [member] * (n % 3), "paginationOutput": {"limit": 2}} for n in range(50)]
    decoded = tables.from_search(name, pages)

    def refuse(answer):
        raise AssertionError("decoded")

    monkeypatch.setattr("postorder_nb.tables.builders.decode", refuse)
    raw = [json.dumps(page).encode() for page in pages]
    frame = tables.from_search(name, raw)
    pd.testing.assert_frame_equal(frame, decoded)
    assert len(frame) == sum(n % 3 for n in range(50))


def test_one_odd_raw_page_among_many_changes_nothing_else(summary):
    pages = [{"members": [{**summary, "returnId": f"{n}"}]} for n in range(60)]
    pages[7] = {"members": [{**summary, "returnId": 7, "mood": "x", "timeoutDate": 1}]}
    pages[33] = {"members": [None, {"returnId": "33"}]}
    frame = tables.from_search("returns", [json.dumps(page).encode() for page in pages])
    assert frame["return_id"].tolist() == [str(n) for n in range(60)]
    assert frame["quantity"].isna().sum() == 1
    assert frame.attrs["drift"] == {
        "unknown field": {"summary.mood": 1},
        "unreadable": {"members[]": 1, "summary.timeoutDate": 1},
    }


def test_raw_and_decoded_pages_may_be_mixed(summary):
    pages = [{"members": [{**summary, "returnId": f"{n}"}]} for n in range(40)]
    mixed = [json.dumps(p).encode() if n // 7 % 2 else p for n, p in enumerate(pages)]
    pd.testing.assert_frame_equal(
        tables.from_search("returns", mixed), tables.from_search("returns", pages)
    )


def test_of_a_field_given_twice_the_last_counts():
    raw = b'{"members": [{"returnId": "1", "returnId": "2", "state": "CLOSED"}]}'
    assert tables.from_search("returns", [raw])["return_id"].tolist() == ["2"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"members": []}{"members": []}',
        b'{"members": []}\n{"members": []}',
        b'{"members": []} and more',
        b'{"members": [{"returnId": "\xff"}]}',
        b'{"members": [{"returnId": "1",}]}',
        b'{"members": [{"returnId": "tab\there"}]}',
        b"{'members': []}",
    ],
)
def test_nearly_json_is_refused(raw, summary):
    good = json.dumps({"members": [summary]}).encode()
    with pytest.raises(errors.UnreadableAnswer):
        tables.from_search("returns", [good, raw, good])


@pytest.mark.parametrize("raw", [b"", b"<html>", b'{"members": [', b"[" * 5000, b"\xff\xfe\x00"])
def test_bytes_that_are_not_json_are_refused(raw):
    with pytest.raises(errors.UnreadableAnswer):
        tables.from_search("returns", [raw])


def test_json_that_strict_parsers_refuse_is_still_read():
    raw = b"\xef\xbb\xbf" + (
        rb'{"members": [{"returnId": "1", "creationInfo": {"comments": {"content": "half \ud83d"}},'
        rb'"sellerTotalRefund": {"actualRefundAmount": {"value": NaN, "currency": "USD"}}}]}'
    )
    frame = tables.from_search("returns", [raw])
    assert frame["buyer_comments"].tolist() == ["half ?"]
    assert frame["refund_amount"].isna().all()
    assert frame["refund_currency"].tolist() == ["USD"]
    assert frame.attrs["drift"]["unreadable"] != {}


def test_a_builder_gives_what_from_search_gives(summary):
    pages = [{"members": [{**summary, "returnId": str(n)}]} for n in range(30)]
    builder = tables.Builder("returns")
    for page in pages[:7]:
        builder.add(page)
    assert len(builder.frame()) == 7
    for page in pages[7:]:
        builder.add(page)
    pd.testing.assert_frame_equal(builder.frame(), tables.from_search("returns", pages))


def test_the_collector_is_given_back_even_after_an_error():
    builder = tables.Builder("returns")
    builder.add({"members": [{"returnId": "1"}]})
    assert gc.isenabled()
    with pytest.raises(errors.UnreadableAnswer):
        builder.add(b"?")
    assert gc.isenabled()
    gc.disable()
    try:
        builder.add({"members": []})
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("name", ["return", "", None])
def test_unknown_names_are_refused(name):
    for ask in (tables.Builder, tables.empty, tables.describe):
        with pytest.raises(errors.InputError, match="no table"):
            ask(name)


@pytest.mark.parametrize("pages", [b"{}", {"members": []}, '{"members": []}'])
def test_a_single_page_is_refused(pages):
    with pytest.raises(errors.InputError):
        tables.from_search("returns", pages)
