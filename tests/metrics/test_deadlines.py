"""What is due and what came late in fifty shops, against plain loops over their truth."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from postorder_nb.errors import InputError
from postorder_nb.metrics import deadlines, late_share, stage_flow

STEPS = {
    "RETURN_REQUESTED": "answer",
    "RMA_PENDING": "rma",
    "RETURN_LABEL_PENDING": "label",
    "ITEM_DELIVERED": "refund",
}
MESSAGES = {
    "SELLER_SEND_MESSAGE",
    "SUBMIT_FILE",
    "DELETE_FILE",
    "A message was sent from one party to another.",
}


def ends_of_return(record, now):
    found = {}
    for state, step in STEPS.items():
        left = [e for e in record.history if e.from_state == state and e.to_state != state]
        late = any(
            e.activity.startswith("TIME_OUT") or e.activity == "SYSTEM_INITIATED_REFUND"
            for e in left
        )
        done = any(e.actor == "SELLER" for e in left)
        here = record.state == state and record.open and record.escalated_at is None
        if here and not late and not done and record.respond_by and record.respond_by < now:
            late = True
        if late or done or here:
            found[step] = "late" if late else "done" if done else "waiting"
    return found


def end_of_claim(record, now, name):
    if name == "cancellations" and record.requestor != "BUYER":
        return {}
    if record.respond_by is None:
        return {}
    answers = [e.at for e in record.history if e.actor == "SELLER" and e.activity not in MESSAGES]
    if answers and min(answers) <= record.respond_by:
        return {"answer": "done"}
    settled = [
        e.at
        for e in record.history
        if name == "cancellations"
        and e.actor != "SELLER"
        and e.from_state == "APPROVAL_PENDING"
        and e.to_state != "APPROVAL_PENDING"
    ]
    ends = [*settled, record.closed_at, getattr(record, "escalated_at", None)]
    if any(end and end <= record.respond_by for end in ends):
        return {}
    return {"answer": "late" if record.respond_by < now else "waiting"}


@pytest.mark.parametrize("name", ["returns", "inquiries", "cancellations"])
def test_late_steps(shops, name):
    now = next(iter(shops))[1].now
    history = shops.frames["history"]
    found = late_share(shops.frames[name], history=history, by="shop", as_of=now)
    by_columns = late_share(shops.frames[name], by="shop", as_of=now)
    pd.testing.assert_frame_equal(by_columns, found)
    expected = Counter()
    for key, shop in shops:
        for record in shop.truth[name]:
            ends = (
                ends_of_return(record, now)
                if name == "returns"
                else end_of_claim(record, now, name)
            )
            expected.update((key, step, end) for step, end in ends.items())
    assert {(k, s) for k, s, _ in expected} == set(zip(found["shop"], found["step"], strict=True))
    assert sum(expected.values()) == found["n"].sum() + found["n_waiting"].sum()
    for row in found.to_dict("records"):
        late, done, waiting = (
            expected[row["shop"], row["step"], end] for end in ("late", "done", "waiting")
        )
        assert (row["n"], row["n_late"], row["n_waiting"]) == (late + done, late, waiting)
        if late + done:
            assert row["late_share"] == late / (late + done)
            bounds = proportion_confint(late, late + done, method="wilson")
            assert (row["late_share_low"], row["late_share_high"]) == pytest.approx(bounds)
    assert found["n_late"].sum() > 0


def owed(name, record):
    """(due, action) of an open record that waits for the seller, else None."""
    if not record.open or getattr(record, "escalated_at", None) or not record.respond_by:
        return None
    if name == "returns":
        due = record.seller_due
        return (due.at, due.activity)
    if name == "inquiries" and (
        record.status == "WAITING_BUYER_RESPONSE"
        or record.state == "VOLUNTARY_REFUND_PAYOUT_PENDING"
    ):
        return None
    if name == "cancellations" and record.state != "APPROVAL_PENDING":
        return None
    return record.respond_by, "approve_or_reject" if name == "cancellations" else "answer"


SINGULAR = {
    "returns": "return",
    "inquiries": "inquiry",
    "cancellations": "cancellation",
    "cases": "case",
}


def test_the_work_queue(shops):
    now = next(iter(shops))[1].now
    found = deadlines(shops.frames, as_of=now)
    rows = {(row["record"], row["record_id"]): row for row in found.to_dict("records")}
    table = shops.frames["returns"]
    options = dict(zip(table["return_id"], table["seller_options"], strict=True))
    expected = 0
    records = (
        (key, name, kind, record)
        for key, shop in shops
        for name, kind in SINGULAR.items()
        for record in shop.truth[name]
    )
    for key, name, kind, record in records:
        task, stake = owed(name, record), record.estimated
        if name == "returns" and task and task[1] not in options[key + record.id].split():
            task = None
        if name == "cases" and record.can_appeal and not record.open:
            last = record.modified_at + timedelta(days=30)
            task = (last, "appeal") if last >= now else None
            stake = record.refund
        if task is None:
            assert (kind, key + record.id) not in rows
            continue
        expected += 1
        row = rows[kind, key + record.id]
        assert row["due_at"] == pd.Timestamp(task[0]).floor("ms")
        assert row["action"] == task[1]
        assert row["days_left"] == pytest.approx((task[0] - now).total_seconds() / 86400)
        if stake is None:
            assert pd.isna(row["at_stake_amount"])
        else:
            assert row["at_stake_amount"] == float(stake.amount)
            assert row["at_stake_currency"] == stake.currency
    assert expected == len(found)
    assert found["due_at"].is_monotonic_increasing
    assert found.attrs["n_overdue"] == (found["days_left"] < 0).sum()


def test_the_queue_takes_a_snapshot_one_table_or_any_engine(shop, engine):
    shop = shop(2)
    names = ("returns", "cancellations", "inquiries", "cases")
    whole = deadlines(shop.frames, as_of=shop.now, tz="Europe/Berlin")
    assert str(whole["due_at"].dt.tz) == "Europe/Berlin"
    there = deadlines(
        {name: engine(shop.frames[name]) for name in names}, as_of=shop.now, tz="Europe/Berlin"
    )
    pd.testing.assert_frame_equal(there, whole)
    one = deadlines(engine(shop.frames["returns"]), as_of=shop.now)
    assert set(one["record"]) <= {"return"}
    near = deadlines(shop.frames, as_of=shop.now, within=1)
    assert len(near) == (whole["days_left"] <= 1).sum()
    with pytest.raises(InputError, match="no record table"):
        deadlines({"orders": shop.orders})
    with pytest.raises(InputError, match="no deadlines"):
        deadlines(shop.orders)


def moves(events, prose, now):
    """[(from, to, minutes or None)] of one record, a last stay included."""
    lines = sorted(enumerate(events), key=lambda pair: (pair[1].at, pair[0]))
    kept, last, since = [], None, None
    for _, event in lines:
        if event.at > now or (not prose and event.from_state == event.to_state):
            continue
        before = last if prose else event.from_state
        if before is not None:
            took = None if since is None else (event.at - since) // timedelta(minutes=1)
            kept.append((before, event.to_state if not prose else event.activity, took))
        last, since = (event.activity if prose else event.to_state), event.at
    if not prose and last != "CLOSED":
        kept.append((last, "(still there)", (now - since) // timedelta(minutes=1)))
    return kept


def quantile(values, q):
    """The least value that the share q of all does not exceed."""
    ordered = sorted(values)
    return next(v for i, v in enumerate(ordered, 1) if i >= q * len(ordered) - 1e-9)


def test_the_flow_of_states(shops):
    now = next(iter(shops))[1].now
    history = shops.frames["history"].sample(frac=1, random_state=1)  # in no order
    found = stage_flow(history, as_of=now)
    expected: dict[tuple[str, str, str], list[int | None]] = {}
    for _, shop in shops:
        for name, kind in SINGULAR.items():
            for record in shop.truth[name]:
                for before, after, took in moves(
                    record.history, name in {"inquiries", "cases"}, now
                ):
                    expected.setdefault((kind, before, after), []).append(took)
    rows = {
        (row["record"], row["from_state"], row["to_state"]): row for row in found.to_dict("records")
    }
    assert rows.keys() == expected.keys()
    for key, took in expected.items():
        row = rows[key]
        assert row["n"] == len(took)
        known = [t for t in took if t is not None]
        for name, q in (("median_days", 0.5), ("p90_days", 0.9)):
            if known:
                assert row[name] == pytest.approx(quantile(known, q) / 1440)
            else:
                assert pd.isna(row[name])
        left = sum(len(v) for k, v in expected.items() if k[:2] == key[:2] and "(" not in k[2])
        if key[2] == "(still there)":
            assert pd.isna(row["share"])
        else:
            assert row["share"] == len(took) / left


def test_the_flow_is_the_same_on_all_engines(shop, engine):
    history = shop(4).frames["history"]
    found = stage_flow(engine(history), min_n=3)
    pd.testing.assert_frame_equal(found, stage_flow(history, min_n=3))
    assert found["n"].min() >= 3
    assert found.attrs["n_small"] > 0


def test_nothing_is_due_nothing_flows(shop, engine):
    frames = {name: engine(frame.head(0)) for name, frame in shop(1).frames.items()}
    assert deadlines(frames, as_of=shop(1).now).empty
    assert stage_flow(frames["history"]).empty
    assert late_share(frames["returns"], history=frames["history"]).empty


def test_missing_columns_are_named(shop):
    frames = shop(1).frames
    with pytest.raises(InputError, match="respond_by"):
        late_share(frames["returns"].drop(columns="respond_by"), history=frames["history"])
    with pytest.raises(InputError, match="awaits no answer"):
        late_share(frames["cases"], history=frames["history"])
    with pytest.raises(InputError, match="'seq'"):
        stage_flow(frames["history"].drop(columns="seq"))
    with pytest.raises(InputError, match="respond_by is"):
        deadlines(frames["returns"].assign(respond_by="tomorrow"))
