"""Stored tables in pandas, against the Python values that their batches were made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postorder_nb import tables

Row = dict[str, Any]
TIMES = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
WORDS = st.sampled_from(["OPEN", "CLOSED", "ESCALATED", "NEW_ONE", "ANOTHER", "a b"])
VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "return_id": (pa.string(), st.from_regex(r"[0-9]{1,12}", fullmatch=True)),
    "state": (pa.string(), WORDS | st.none()),
    "refund_currency": (pa.string(), st.sampled_from(["USD", "EUR", "JPY"]) | st.none()),
    "refund_amount": (pa.float64(), st.floats(allow_nan=False) | st.none()),
    "quantity": (pa.int64(), st.integers(0, 99) | st.none()),
    "rma_required": (pa.bool_(), st.booleans() | st.none()),
    "created_at": (pa.timestamp("us", "UTC"), TIMES | st.none()),
    "buyer_comments": (pa.string(), st.text(max_size=5) | st.none()),
}
CATEGORIES = {"state", "refund_currency"}
ROWS = st.fixed_dictionaries({column: values for column, (_, values) in VALUES.items()})
# Rows of a batch, which of them count, and whether its enums come as dictionaries.
BATCHES = st.lists(
    st.tuples(st.lists(st.tuples(ROWS, st.booleans()), max_size=6), st.booleans(), st.booleans())
)


def pieces(rows: list[Row], *, coded: bool) -> list[pa.Array]:
    arrays = {c: pa.array([row[c] for row in rows], of) for c, (of, _) in VALUES.items()}
    return [
        array.dictionary_encode() if coded and column in CATEGORIES else array
        for column, array in arrays.items()
    ]


def plain(frame: pd.DataFrame) -> list[Row]:
    rows = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False)]


@given(BATCHES)
def test_a_table_that_comes_in_batches_has_their_rows_that_count(batches: Any) -> None:
    given, expected = [], []
    for marked, coded, some in batches:
        rows = [row for row, _ in marked]
        counts = pa.array([mark for _, mark in marked], pa.bool_()) if some else None
        given.append((pieces(rows, coded=coded), counts))
        expected += [row for row, mark in marked if mark or not some]
    most = sum(len(marked) for marked, _, _ in batches)
    found = tables.from_batches("returns", list(VALUES), iter(given), most)
    assert plain(found) == expected
    fresh = tables.empty("returns")
    for column in set(VALUES) - CATEGORIES:
        assert found[column].dtype == fresh[column].dtype


@given(BATCHES)
def test_a_category_has_the_known_values_and_then_the_others_sorted(batches: Any) -> None:
    given = [(pieces([row for row, _ in marked], coded=c), None) for marked, c, _ in batches]
    rows = [row for marked, _, _ in batches for row, _ in marked]
    found = tables.from_batches("returns", list(VALUES), given, len(rows))
    for column in CATEGORIES:
        known = tables.empty("returns")[column].cat.categories.to_list()
        others = {row[column] for row in rows} - {None, *known}
        assert found[column].cat.categories.to_list() == [*known, *sorted(others)]


@pytest.mark.parametrize("kinds", [100, 128, 129, 300, 33_000])
def test_a_category_of_many_values(kinds: int) -> None:
    words = [f"{n:05}" for n in range(kinds)]
    halves = [[*words[kinds // 2 :], None], [None, *reversed(words)]]
    batches = [([pa.array(half, pa.string()).dictionary_encode()], None) for half in halves]
    found = tables.from_batches("returns", ["refund_currency"], batches, 2 * kinds + 2)
    assert [None if pd.isna(v) else v for v in found["refund_currency"]] == halves[0] + halves[1]


def test_a_frame_is_its_users_to_change() -> None:
    row = dict.fromkeys(VALUES) | {"refund_amount": 1.5}
    batch = (pieces([row, row], coded=True), None)
    found = tables.from_batches("returns", list(VALUES), [batch], 10)
    found.loc[0, "refund_amount"] = 2.25
    found.loc[1, "created_at"] = pd.Timestamp("2026-03-01", tz="UTC")
    assert found["refund_amount"].to_list() == [2.25, 1.5]
    assert found["created_at"].notna().to_list() == [False, True]
    assert len(found) == 2
