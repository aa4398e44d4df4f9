"""Values in other shapes than documented: read without guessing, or missing and counted."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime

import pandas as pd
import pytest

from postorder_nb import tables

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
REST = {"returnId": "2", "state": "CLOSED"}


def read(member, column, name="returns"):
    """Return the column's value, and how many values were unreadable; neighbours stay whole."""
    page = {"members": [REST, member, REST]}
    frame = tables.from_search(name, [page])
    raw = json.dumps(page).encode()
    if max(map(len, re.findall(rb"\d+", raw)), default=0) < 19:  # a parser's integers may be 64 bit
        pd.testing.assert_frame_equal(tables.from_search(name, [raw]), frame)
    assert frame["return_id"].tolist()[::2] == ["2", "2"]
    assert frame["state"].tolist()[::2] == ["CLOSED", "CLOSED"]
    value = frame[column][1]
    counted = frame.attrs.get("drift", {}).get("unreadable", {})
    return (None if pd.isna(value) else value), sum(counted.values())


def nested(path, value):
    for key in reversed(path.split(".")):
        value = {key: value}
    return {"returnId": "1", **value}


@pytest.mark.parametrize(
    "given",
    [
        "2026-01-05T12:00:00.000Z",
        "2026-01-05T12:00:00Z",
        "2026-01-05T12:00Z",
        "2026-01-05T05:00:00-07:00",
        "2026-01-05T17:30:00.000+0530",
        "2026-01-05T12:00:00",
        "2026-01-05 12:00:00Z",
        " 2026-01-05T12:00:00.0000000Z ",
        int(NOON.timestamp() * 1000),
        float(NOON.timestamp() * 1000),
        str(int(NOON.timestamp() * 1000)),
        {"value": "2026-01-05T12:00:00.000Z", "formattedValue": None},
        {"value": int(NOON.timestamp() * 1000)},
    ],
)
def test_times_that_are_read(given):
    assert read(nested("timeoutDate", given), "timeout_at") == (pd.Timestamp(NOON), 0)


def test_a_date_alone_is_its_midnight_in_utc():
    value, counted = read(nested("timeoutDate.value", "2026-01-05"), "timeout_at")
    assert (value, counted) == (pd.Timestamp(2026, 1, 5, tz="UTC"), 0)


@pytest.mark.parametrize(
    "given",
    [
        "2026-13-45T00:00:00Z",
        "2026-02-30T00:00:00.000Z",
        "9999-12-31T23:59:59.000Z",
        "0001-01-01T00:00:00.000Z",
        "yesterday",
        "05/01/2026",
        True,
        17,
        1_700_000_000,
        -1_700_000_000_000,
        10**40,
        1e300,
        ["2026-01-05T12:00:00.000Z"],
        {"value": {"value": "2026-01-05T12:00:00.000Z"}},
    ],
)
@pytest.mark.parametrize("path", ["timeoutDate", "timeoutDate.value"])
def test_times_that_are_not_read_are_counted(given, path):
    if path == "timeoutDate" and isinstance(given, dict):
        given = {"value": given}
    assert read(nested(path, given), "timeout_at") == (None, 1)


@pytest.mark.parametrize("given", [None, "", "  ", {}, {"value": None}, {"formattedValue": "x"}])
def test_blank_times_are_missing_and_not_counted(given):
    assert read(nested("timeoutDate", given), "timeout_at") == (None, 0)


REFUND = "sellerTotalRefund.actualRefundAmount"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("81.0", 81.0),
        (" -2.80 ", -2.8),
        ("0", 0.0),
        (0, 0.0),
        (12, 12.0),
        (12.5, 12.5),
        ("1e2", 100.0),
        (".5", 0.5),
    ],
)
def test_amounts_that_are_read(given, value):
    assert read(nested(f"{REFUND}.value", given), "refund_amount") == (value, 0)
    assert read(nested(REFUND, given), "refund_amount") == (value, 0)


@pytest.mark.parametrize(
    "given",
    [
        "12,50",
        "1,234.50",
        "$5",
        "NaN",
        "inf",
        "1e999",
        "0x10",
        "1_000",
        "٣",
        math.nan,
        math.inf,
        True,
        False,
        2**53 + 1,
        10**400,
        [5],
        {"amount": 5},
    ],
)
def test_amounts_that_are_not_read_are_counted(given):
    assert read(nested(f"{REFUND}.value", given), "refund_amount") == (None, 1)


def test_an_amount_keeps_what_it_has():
    only_value = {"returnId": "1", "sellerTotalRefund": {"actualRefundAmount": {"value": 5}}}
    assert read(only_value, "refund_amount") == (5.0, 0)
    assert read(only_value, "refund_currency") == (None, 0)
    assert read(nested(f"{REFUND}.currency", "USD"), "refund_currency") == ("USD", 0)
    assert read(nested(f"{REFUND}.currency", ["USD"]), "refund_currency") == (None, 1)
    assert read(nested(f"{REFUND}.currency", ""), "refund_currency") == (None, 0)
    assert read(nested(REFUND, None), "refund_amount") == (None, 0)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("007", "007"),
        (7, "7"),
        (2**63, str(2**63)),
        (10**30, "1" + "0" * 30),
        (12.0, "12"),
        ({"value": 7}, "7"),
    ],
)
def test_ids_that_are_read(given, value):
    assert read({**REST, "orderId": given}, "order_id") == (value, 0)


@pytest.mark.parametrize("given", [1e300, 2.0**53, 1.5, True, ["7"], {"id": 7}, math.inf, math.nan])
def test_ids_that_lost_digits_or_are_none_are_counted(given):
    assert read({**REST, "orderId": given}, "order_id") == (None, 1)


@pytest.mark.parametrize(
    ("given", "value"), [(2, 2), ("2", 2), (2.0, 2), ("3.0", 3), (-(2**63), -(2**63))]
)
def test_integers_that_are_read(given, value):
    assert read(nested("creationInfo.item.returnQuantity", given), "quantity") == (value, 0)


@pytest.mark.parametrize("given", [2.5, "2.5", True, 2**63, "two", [2], 1e300, math.nan])
def test_integers_that_are_not_read_are_counted(given):
    assert read(nested("creationInfo.item.returnQuantity", given), "quantity") == (None, 1)


@pytest.mark.parametrize(
    ("given", "value"), [(True, True), (False, False), ("true", True), (" False ", False)]
)
def test_flags_that_are_read(given, value):
    assert read({**REST, "isSellerProtected": given}, "seller_protected") == (value, 0)


@pytest.mark.parametrize("given", [0, 1, "yes", [], 1.0])
def test_flags_that_are_not_read_are_counted(given):
    assert read({**REST, "isSellerProtected": given}, "seller_protected") == (None, 1)


@pytest.mark.parametrize(
    ("given", "value"),
    [({"content": "hi"}, "hi"), ("hi", "hi"), ({"content": 5}, "5"), ({"content": ""}, "")],
)
def test_comments_wrapped_or_bare(given, value):
    assert read(nested("creationInfo.comments", given), "buyer_comments") == (value, 0)


@pytest.mark.parametrize("given", [5, True, ["CLOSED"], {"state": "CLOSED"}])
def test_states_that_are_no_text_are_counted(given):
    assert read({"returnId": "1", "state": given}, "state") == (None, 1)


@pytest.mark.parametrize(
    ("given", "value", "counted"),
    [
        ([{"actionType": "A"}, {"actionType": "B", "actionURL": None}], "A B", 0),
        (["A", "B"], "A B", 0),
        ("A", "A", 0),
        ([], "", 0),
        (None, None, 0),
        ([{"actionType": "A"}, None, 3], "A", 2),
        ([{"actionURL": "u"}], "", 1),
        ({"actionType": "A"}, None, 1),
        (True, None, 1),
    ],
)
def test_options(given, value, counted):
    assert read({**REST, "sellerAvailableOptions": given}, "seller_options") == (value, counted)


@pytest.mark.parametrize("wrong", ["text", 5, True, ["list"], [{"reason": "OTHER"}]])
@pytest.mark.parametrize(
    "path", ["creationInfo", "creationInfo.item", "sellerTotalRefund", "sellerResponseDue", "flags"]
)
def test_containers_of_the_wrong_type_are_counted_once(wrong, path):
    value, counted = read(nested(path, wrong), "return_id")
    assert (value, counted) == ("1", 1)


@pytest.mark.parametrize("odd", [None, 5, "text", True, [], 1.5])
def test_members_that_are_no_objects_are_dropped_and_counted(odd):
    frame = tables.from_search("returns", [{"members": [odd, REST, odd]}])
    assert frame["return_id"].tolist() == ["2"]
    assert frame.attrs["drift"] == {"unreadable": {"members[]": 2}}


def test_a_row_without_its_id_is_kept_and_counted():
    frame = tables.from_search("returns", [{"members": [{"state": "CLOSED"}]}])
    assert frame["return_id"].isna().tolist() == [True]
    assert frame["state"].tolist() == ["CLOSED"]
    assert sum(frame.attrs["drift"]["unreadable"].values()) == 1


@pytest.mark.parametrize("page", [None, 5, "text", True, 1.5])
def test_a_page_that_is_no_object_is_counted(page):
    frame = tables.from_search("returns", [page, {"members": [REST]}])
    assert frame["return_id"].tolist() == ["2"]
    assert frame.attrs["drift"] == {"unreadable": {"page": 1}}


@pytest.mark.parametrize("members", [{"returnId": "1"}, "text", 5, True])
def test_a_list_that_is_no_list_is_counted(members):
    frame = tables.from_search("returns", [{"members": members}])
    assert len(frame) == 0
    assert frame.attrs["drift"] == {"unreadable": {"members": 1}}


def test_one_odd_page_does_not_disturb_the_others():
    pages = [{"members": [REST] * 30} for _ in range(30)]
    pages[13] = {"members": [REST, {"returnId": 7, "timeoutDate": 5, "creationInfo": "?"}]}
    frame = tables.from_search("returns", pages)
    assert len(frame) == 29 * 30 + 2
    assert frame["return_id"].value_counts().to_dict() == {"2": 29 * 30 + 1, "7": 1}
    assert sum(frame.attrs["drift"]["unreadable"].values()) == 2


def test_lists_in_details_may_be_anything():
    answer = {
        "caseId": "1",
        "caseHistoryDetails": {"history": [None, 3, {"action": "Opened"}, [], "x"]},
    }
    made = tables.from_details("cases", [answer])
    assert made["history"]["activity"].tolist() == ["Opened"]
    assert made["history"].attrs["drift"]["unreadable"] == {"caseHistoryDetails.history[]": 3}
