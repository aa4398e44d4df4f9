"""Any JSON in: no crash, right dtypes; valid records: what an independent reader reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postorder_nb import tables
from postorder_nb.enums import ReturnReason, ReturnState

FIELDS = sorted(
    {
        part.removesuffix("[only]")
        for name in tables.NAMES
        for path in tables.describe(name)["path"]
        for part in path.replace("|", ".").split(".")
    }
    | {"members", "summary", "detail", "cancelDetail", "value", "currency", "content", "actionType"}
    | {"history", "responseHistory", "activityHistories", "allShipmentTrackings", "lineItems"}
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=8)
    | st.sampled_from(["", "CLOSED", "2026-01-05T12:00:00.000Z", "2026-99-99", "12.5", "1e999"])
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=25,
)


def assert_typed(frame: pd.DataFrame, name: str) -> None:
    expected = tables.empty(name).dtypes
    for column, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            assert isinstance(expected[column], pd.CategoricalDtype)
        else:
            assert dtype == expected[column]


def replaced(tree, path, value):
    """Return a copy of `tree` with the node at `path` (keys and positions) replaced."""
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = replaced(tree[path[0]], path[1:], value)
    return copy


def nodes(tree, path=()):
    """Yield the path of every node."""
    yield path
    if isinstance(tree, dict | list):
        for key, inner in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from nodes(inner, (*path, key))


@pytest.mark.parametrize("name", tables.NAMES)
@given(answers=st.lists(ANY_JSON, max_size=3))
@settings(max_examples=30, deadline=None)
def test_any_json_is_survived(name, answers):
    assert_typed(tables.from_search(name, answers), name)
    assert_typed(tables.from_search(name, [{"members": answers}]), name)
    for child, frame in tables.from_details(name, answers).items():
        assert_typed(frame, child)
    assert (tables.drift(name, answers)["n"] >= 1).all()


@given(data=st.data(), odd=ANY_JSON)
@settings(max_examples=60, deadline=None)
def test_odd_json_inside_a_valid_record_disturbs_nothing_else(record, data, odd):
    path = data.draw(st.sampled_from(list(nodes(record))))
    other = replaced(record, ("summary", "returnId"), "other")
    broken = replaced(record, path, odd)
    made = tables.from_details("returns", [other, broken, other])
    for child, frame in made.items():
        assert_typed(frame, child)
    alone, both = undisturbed(json.dumps(other))
    kept = made["returns"]["return_id"] == "other"
    assert_same_rows(made["returns"][kept.fillna(value=False)], pd.concat([alone["returns"]] * 2))
    history = made["history"]
    whole = history[(history["record_id"] == "other").fillna(value=False)]
    assert_same_rows(whole, both["history"])
    if isinstance(broken, dict) and isinstance(broken.get("summary"), dict):
        members = [other["summary"], broken["summary"]]
        frame = tables.from_search("returns", [{"members": members}])
        assert len(frame) == 2
        assert_same_rows(frame[:1], tables.from_search("returns", [{"members": members[:1]}]))


@cache
def undisturbed(record: str):
    """Return the tables of a record, and of two of them."""
    own = json.loads(record)
    return tables.from_details("returns", [own]), tables.from_details("returns", [own, own])


def assert_same_rows(left: pd.DataFrame, right: pd.DataFrame) -> None:
    left, right = (
        frame.astype({c: object for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)})
        for frame in (left.reset_index(drop=True), right.reset_index(drop=True))
    )
    pd.testing.assert_frame_equal(left, right, check_like=False)


@given(pages=st.lists(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=4), max_size=3))
@settings(max_examples=80, deadline=None)
def test_raw_bytes_give_what_their_decoded_form_gives(pages):
    raw = [orjson.dumps(json.loads(json.dumps(page, default=str)), default=str)
           for page in pages if storable(page)]  # fmt: skip
    decoded = [orjson.loads(page) for page in raw]
    pd.testing.assert_frame_equal(
        tables.from_search("returns", raw), tables.from_search("returns", decoded)
    )


def storable(page) -> bool:
    """Tell whether the strict encoder takes the page (no half surrogates, no huge integers)."""
    try:
        orjson.dumps(page)
    except TypeError:
        return False
    return True


# -- an independent reader -------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))


@st.composite
def written_moments(draw):
    """Return a moment as some server may write it."""
    moment = draw(MOMENTS)
    style = draw(st.sampled_from(["milli", "second", "micro", "offset", "bare"]))
    if style == "offset":
        zone = timezone(timedelta(minutes=15 * draw(st.integers(-40, 40))))
        text = moment.replace(tzinfo=UTC).astimezone(zone).isoformat()
    else:
        timespec = {"milli": "milliseconds", "second": "seconds"}.get(style, "microseconds")
        text = moment.isoformat(timespec=timespec) + "Z"
    return text if style == "bare" else {"value": text}


CENTS = st.decimals(min_value=-9999999, max_value=9999999, places=2)
AMOUNTS = CENTS.flatmap(
    lambda cents: st.sampled_from(
        [{"value": float(cents), "currency": "USD"}, {"value": str(cents), "currencyId": "GBP"}]
    )
)
IDS = st.integers(0, 2**63 - 1).flatmap(lambda n: st.sampled_from([n, str(n), f"00{n}"]))


def maybe(strategy):
    return st.none() | strategy


MEMBERS = st.fixed_dictionaries(
    {"returnId": IDS},
    optional={
        "orderId": maybe(IDS),
        "state": maybe(st.sampled_from([*ReturnState, "BRAND_NEW"]).map(str)),
        "creationInfo": maybe(
            st.fixed_dictionaries(
                {},
                optional={
                    "creationDate": maybe(written_moments()),
                    "reason": maybe(st.sampled_from(ReturnReason).map(str)),
                    "comments": maybe(st.fixed_dictionaries({"content": maybe(st.text())})),
                },
            )
        ),
        "sellerTotalRefund": maybe(
            st.fixed_dictionaries({}, optional={"actualRefundAmount": maybe(AMOUNTS)})
        ),
        "sellerAvailableOptions": maybe(
            st.lists(st.fixed_dictionaries({"actionType": st.sampled_from(["A_B", "C_D"])}))
        ),
    },
)


def naive(member: dict) -> dict:
    """Read a member the plain way, with Decimal and fromisoformat."""
    made = member.get("creationInfo") or {}
    date = made.get("creationDate")
    text = date["value"] if isinstance(date, dict) else date
    refund = (member.get("sellerTotalRefund") or {}).get("actualRefundAmount") or {}
    options = member.get("sellerAvailableOptions")
    return {
        "return_id": str(member["returnId"]),
        "order_id": None if member.get("orderId") is None else str(member["orderId"]),
        "state": member.get("state"),
        "reason": made.get("reason"),
        "buyer_comments": (made.get("comments") or {}).get("content"),
        "created_at": None if text is None else datetime.fromisoformat(text).astimezone(UTC),
        "refund_amount": float(Decimal(str(refund["value"]))) if refund else None,
        "refund_currency": refund.get("currency") or refund.get("currencyId"),
        "seller_options": None if options is None else " ".join(o["actionType"] for o in options),
    }


@given(members=st.lists(MEMBERS, max_size=30), size=st.integers(1, 5), raw=st.booleans())
@settings(max_examples=80, deadline=None)
def test_valid_records_read_as_by_a_naive_reader(members, size, raw):
    pages = [{"members": members[at : at + size]} for at in range(0, len(members), size)]
    frame = tables.from_search("returns", [json.dumps(p).encode() for p in pages] if raw else pages)
    assert frame.attrs.get("drift", {}).keys() <= {"unknown value"}
    assert len(frame) == len(members)
    for row, member in zip(frame.to_dict("records"), members, strict=True):
        for column, expected in naive(member).items():
            value = None if pd.isna(row[column]) else row[column]
            assert value == expected, column
