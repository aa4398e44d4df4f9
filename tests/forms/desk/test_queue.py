"""The queue against the simulator's own world, and views against sorting by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb.forms.desk.queue import COLUMNS, SHOW, SORTS, View, entry, listed, sums
from postorder_nb.forms.desk.records import Records
from postorder_nb.forms.facts import Facts

NOW = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)  # half past eleven at night in Berlin


def rows(*due_hours: float | None, **columns: list[Any]) -> pd.DataFrame:
    """Make a queue of records that are due in so many hours; None: nothing is owed."""
    n = len(due_hours)
    made = {
        "group": ["returns"] * n,
        "record_id": [str(5001 + i) for i in range(n)],
        "at_stake_amount": [10.0] * n,
        "at_stake_currency": ["USD"] * n,
        "buyer": ["ann"] * n,
        "search": [""] * n,
    } | columns
    frame = pd.DataFrame(made).reindex(columns=COLUMNS)
    hours = [None if h is None else NOW + timedelta(hours=h) for h in due_hours]
    frame["due_at"] = pd.to_datetime(pd.Series(hours, dtype="object"), utc=True)
    frame["created_at"] = pd.Timestamp(NOW) - pd.to_timedelta(range(n), unit="h")
    return frame.astype({"search": "string", "group": "string", "record_id": "string"})


def ids(view: View, frame: pd.DataFrame, tz: str = "UTC") -> list[str]:
    return list(view.of(frame, NOW, tz)["record_id"])


@pytest.fixture(scope="module")
def world(shop: Any) -> Any:
    return shop.simulator.world


@pytest.fixture(scope="module")
def records(shop: Any) -> Records:
    made = Records(shop.client(writes=False))
    made.load()
    return made


@pytest.fixture(scope="module")
def found(records: Records) -> pd.DataFrame:
    return records.rows


class TestAgainstTheWorld:
    @pytest.mark.parametrize("group", ["returns", "inquiries", "cancellations", "cases"])
    def test_every_open_record_is_listed_and_no_other(
        self, world: Any, found: pd.DataFrame, group: str
    ) -> None:
        listed_ = found[found["group"] == group]
        listed_ = listed_[listed_["action"].ne("appeal").fillna(True)]
        waiting = {
            record.id
            for record in getattr(world, group).values()
            if record.open and (group == "cases" or record.case_id is None)
        }
        assert waiting
        assert set(listed_["record_id"]) == waiting

    def test_a_return_is_due_when_the_seller_owes_something(
        self, world: Any, found: pd.DataFrame
    ) -> None:
        owed = {
            "RETURN_REQUESTED": "SELLER_APPROVE_REQUEST",
            "ITEM_DELIVERED": "SELLER_ISSUE_REFUND",
        }
        due = found[(found["group"] == "returns") & found["due_at"].notna()]
        assert len(due) > 5
        for row in due.itertuples():
            record = world.returns[row.record_id]
            assert row.due_at == record.seller_due.at
            assert row.at_stake_currency == record.estimated.currency
            assert row.at_stake_amount == pytest.approx(float(record.estimated.amount))
            assert row.action == owed.get(record.state, row.action)
        for state, action in owed.items():
            there = {
                r.id
                for r in world.returns.values()
                if r.state == state and r.open and not r.case_id
            }
            assert there <= set(due.loc[due["action"] == action, "record_id"])

    def test_a_case_closed_lately_can_be_appealed_from_here(
        self, world: Any, found: pd.DataFrame
    ) -> None:
        appeals = found[found["action"].eq("appeal").fillna(False)]
        assert len(appeals)
        for row in appeals.itertuples():
            case = world.cases[row.record_id]
            assert case.closed_at is not None
            assert row.due_at <= case.closed_at + timedelta(days=31)

    def test_reading_one_record_changes_its_row_only(
        self, records: Records, found: pd.DataFrame
    ) -> None:
        key = records.rows.loc[records.rows["group"] == "returns", "record_id"].iloc[0]
        record = records.read("returns", key)
        assert record.owed["record_id"] == key
        before = found.sort_values(["group", "record_id"]).reset_index(drop=True)
        after = records.rows.sort_values(["group", "record_id"]).reset_index(drop=True)
        shown = ["group", "record_id", "due_at", "action", "why", "state", "buyer", "options"]
        pd.testing.assert_frame_equal(before[shown], after[shown])


class TestView:
    def test_the_default_is_what_is_owed_by_deadline_then_by_money(self) -> None:
        frame = rows(5, None, -1, 5, at_stake_amount=[1.0, 99.0, 2.0, 30.0])
        assert ids(View(), frame) == ["5003", "5004", "5001"]

    @pytest.mark.parametrize(
        ("show", "tz", "expected"),
        [
            ("overdue", "UTC", ["5001"]),
            ("today", "UTC", ["5001", "5002"]),  # the day ends in 1.5 hours
            ("today", "Europe/Berlin", ["5001"]),  # in half an hour
            ("3_days", "UTC", ["5001", "5002", "5003"]),
            ("7_days", "UTC", ["5001", "5002", "5003", "5004"]),
            ("due", "UTC", ["5001", "5002", "5003", "5004", "5005"]),
            ("open", "UTC", ["5001", "5002", "5003", "5004", "5005", "5006"]),
        ],
    )
    def test_due_within(self, show: str, tz: str, expected: list[str]) -> None:
        frame = rows(-2, 1, 48, 24 * 6, 24 * 30, None)
        assert ids(View(show=show), frame, tz) == expected

    def test_money_is_not_compared_across_currencies(self) -> None:
        frame = rows(
            1, 2, 3, at_stake_amount=[900.0, 10.0, 20.0], at_stake_currency=["JPY", "EUR", "EUR"]
        )
        assert ids(View(sort="stake"), frame) == ["5003", "5002", "5001"]

    def test_the_other_orders(self) -> None:
        frame = rows(1, 2, 3, buyer=["cid", "ann", "bob"])
        assert ids(View(sort="newest"), frame) == ["5001", "5002", "5003"]
        assert ids(View(sort="oldest"), frame) == ["5003", "5002", "5001"]
        assert ids(View(sort="buyer"), frame) == ["5002", "5003", "5001"]

    def test_all_words_must_occur_and_none_is_a_pattern(self) -> None:
        frame = rows(1, 2, 3, search=["ann wrong size", "ann (broken", "bob wrong"])
        assert ids(View(search="WRONG ann"), frame) == ["5001"]
        assert ids(View(search="(bro"), frame) == ["5002"]
        assert ids(View(search=".*"), frame) == []

    def test_every_view_takes_an_empty_queue(self) -> None:
        empty = listed("returns", pn.tables.empty("returns"), NOW)
        assert list(empty.columns) == COLUMNS
        for show in SHOW:
            for sort in SORTS:
                assert View(show, "all", "x", sort).of(empty, NOW).empty
        assert sums(empty, NOW)["due"] == 0


def test_sums_keep_currencies_apart() -> None:
    frame = rows(
        -1, 1, 30, None, at_stake_amount=[5.0, 7.0, 11.0, 99.0],
        at_stake_currency=["USD", "EUR", "USD", "USD"],
    )  # fmt: skip
    found = sums(frame, NOW)
    counts = [found[name] for name in ("open", "due", "overdue", "today")]
    assert counts == [4, 3, 1, 1]
    assert found["stakes"].to_dict() == {"USD": 16.0, "EUR": 7.0}


def test_one_record_is_listed_as_a_table_of_it_would_be(shop: Any) -> None:
    po, now = shop.client(), shop.simulator.clock.now()
    seen: Counter[tuple[str, bool, bool]] = Counter()
    for group in pn.tables.NAMES:
        states: Counter[str] = Counter()
        for record in list(getattr(shop.simulator.world, group).values())[::-1]:
            kind = f"{record.state} {record.status} {getattr(record, 'can_appeal', '')}"
            states[kind] += 1
            if states[kind] > 2:
                continue
            frames = pn.tables.from_details(group, [getattr(po, group).get(record.id)])
            wanted = listed(group, frames[group], now).to_dict("records")
            found = entry(group, Facts.told(group, frames).row, now)
            told = [{name: found[name] for name in COLUMNS}] if found else []
            assert [_plain(row) for row in told] == [_plain(row) for row in wanted], record.id
            seen[group, bool(found), bool(found and found["due_at"])] += 1
    assert {key[0] for key in seen if key[1:] == (True, True)} == set(pn.tables.NAMES)
    assert {key[0] for key in seen if key[1:] == (False, False)} == set(pn.tables.NAMES)
    assert {key[0] for key in seen if key[1:] == (True, False)} >= {"returns", "inquiries"}


def _plain(row: dict[Any, Any]) -> dict[Any, Any]:
    return {name: None if value == "" or pd.isna(value) else value for name, value in row.items()}
