"""Moments found in histories, and what each line tells of its neighbours."""

from __future__ import annotations

import pandas as pd
import pytest

from postorder_nb import tables

DAY = "2026-03-{:02}T09:30:00.000Z"


def line(day: int | None, actor: str, activity: str, before: str | None, after: str | None):
    told = {"author": actor, "activity": activity, "fromState": before, "toState": after}
    return told | ({"creationDate": {"value": DAY.format(day)}} if day else {})


def returned(*lines):
    answer = {"summary": {"returnId": "7"}, "detail": {"responseHistory": list(lines)}}
    return tables.from_details("returns", [answer])


def moments(frame: pd.DataFrame) -> dict[str, int]:
    """The day of March of each moment that is told."""
    row = frame.iloc[0]
    reckoned = tables.describe("returns").query("source == 'reckoned'")["column"]
    told = [name for name in reckoned if name[-3:] == "_at" and not pd.isna(row[name])]
    return {name: row[name].day for name in told}


ASKED = line(1, "BUYER", "BUYER_CREATE_RETURN", "INITIAL", "RETURN_REQUESTED")
WROTE = line(2, "SELLER", "SELLER_SEND_MESSAGE", "RETURN_REQUESTED", "RETURN_REQUESTED")
TOOK = line(3, "SELLER", "SELLER_APPROVE_REQUEST", "RETURN_REQUESTED", "ITEM_READY_TO_SHIP")
SENT = line(5, "BUYER", "BUYER_MARK_AS_SHIPPED", "ITEM_READY_TO_SHIP", "ITEM_SHIPPED")
CAME = line(8, "SYSTEM", "NOTIFIED_DELIVERED", "ITEM_SHIPPED", "ITEM_DELIVERED")
MISSED = line(12, "SYSTEM", "TIME_OUT_FOR_SOMETHING_NEW", "ITEM_DELIVERED", "CLOSED")


def test_each_moment_is_that_of_the_first_line_that_fits() -> None:
    frames = returned(ASKED, WROTE, TOOK, SENT, CAME, MISSED)
    assert moments(frames["returns"]) == {
        "last_step_at": 12,
        "answered_at": 3,  # not the message of the 2nd
        "answer_done_at": 3,
        "ready_to_ship_at": 3,
        "shipped_back_at": 5,
        "refund_missed_at": 12,
    }
    assert moments(returned(MISSED, SENT, CAME, WROTE, TOOK, ASKED)["returns"]) == moments(
        frames["returns"]
    )


def test_who_else_ends_the_wait() -> None:
    gave_up = line(2, "BUYER", "BUYER_CLOSE_RETURN", "RETURN_REQUESTED", "CLOSED")
    assert moments(returned(ASKED, gave_up)["returns"]) == {"last_step_at": 2, "settled_at": 2}
    asked_ebay = line(4, "BUYER", "BUYER_ESCALATE", "RETURN_REQUESTED", None)
    told = moments(returned(ASKED, asked_ebay)["returns"])
    assert told == {"last_step_at": 4, "escalated_at": 4}


def test_what_was_not_read_is_told_from_what_was_not_done() -> None:
    assert moments(returned(ASKED)["returns"]) == {"last_step_at": 1}
    assert moments(returned()["returns"]) == {}
    undated = line(None, "SELLER", "SELLER_APPROVE_REQUEST", "RETURN_REQUESTED", "CLOSED")
    assert moments(returned(undated)["returns"]) == {}


def test_a_search_knows_no_moments() -> None:
    frame = tables.from_search("returns", [{"members": [{"returnId": "7"}]}])
    assert not {"answered_at", "last_step_at"} & set(frame)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_neighbours_are_those_in_time_whatever_the_order(order) -> None:
    lines = [ASKED, WROTE, TOOK, SENT]
    history = returned(*(lines[i] for i in order))["history"]
    history = history.assign(line=order).sort_values("line")
    days = history[["since", "until"]].apply(lambda column: column.dt.day)
    assert history["moved"].tolist() == [True, False, True, True]
    assert days["since"].fillna(0).tolist() == [0, 0, 1, 3]
    assert days["until"].fillna(0).tolist() == [3, 0, 5, 0]
    assert history["last_activity"].isna().all()


def test_where_no_states_are_told_each_line_is_a_stage() -> None:
    lines = [
        {"activity": name, "actor": "BUYER", "date": {"value": DAY.format(day)}}
        for day, name in ((1, "Asked"), (4, "Answered"), (4, "Closed"))
    ]
    answer = {"inquiryId": 9, "inquiryHistoryDetails": {"history": lines}}
    frames = tables.from_details("inquiries", [answer])
    history = frames["history"]
    assert history["moved"].tolist() == [True] * 3
    assert history["last_activity"].dropna().to_dict() == {1: "Asked", 2: "Answered"}
    assert history["since"].dt.day.fillna(0).tolist() == [0, 1, 4]
    # Found by the id, though that came as a number.
    assert frames["inquiries"]["last_step_at"].dt.day.tolist() == [4]


def test_records_are_kept_apart_and_answers_of_one_are_not() -> None:
    answers = [
        {"summary": {"returnId": number}, "detail": {"responseHistory": some}}
        for number, some in (("1", [ASKED]), ("2", [ASKED, TOOK]), ("1", [SENT]))
    ]
    frames = tables.from_details("returns", answers)
    days = frames["returns"]["last_step_at"].dt.day.tolist()
    assert days == [5, 3, 5]
    assert frames["returns"]["answered_at"].dt.day.fillna(0).tolist() == [0, 3, 0]
    assert frames["history"]["until"].dt.day.fillna(0).tolist() == [5, 3, 0, 0]
