"""Time metrics of tables that are empty, odd or wrong."""

from __future__ import annotations

import pandas as pd
import pytest

from postorder_nb.errors import InputError
from postorder_nb.metrics import (
    as_text,
    close_days,
    cohorts,
    escalation_days,
    escalation_rate,
    late_share,
    refund_days,
    response_days,
    ship_days,
    stage_flow,
)

NOON = pd.Timestamp("2026-03-10 12:00", tz="UTC")
METRICS = {
    "close": lambda f, h, **kw: close_days(f, **kw),
    "refund": lambda f, h, **kw: refund_days(f, **kw),
    "response": lambda f, h, **kw: response_days(f, history=h, **kw),
    "ship": lambda f, h, **kw: ship_days(f, history=h, **kw),
    "escalation": lambda f, h, **kw: escalation_days(f, history=h, **kw),
}


def days(*numbers):
    values = [None if n is None else NOON + pd.Timedelta(days=n) for n in numbers]
    return pd.Series(pd.to_datetime(values, utc=True)).astype("datetime64[us, UTC]")


@pytest.fixture
def returns():
    return pd.DataFrame(
        {
            "return_id": pd.Series(["1", "2", "3"], dtype="string"),
            "created_at": days(-20, -20, -20),
            "closed_at": days(-10, None, None),
            "refunded_at": days(-11, None, None),
            "state": pd.Categorical(["CLOSED", "RETURN_REQUESTED", "BRAND_NEW_STATE"]),
            "status": pd.Categorical(["CLOSED", "RETURN_REQUESTED", None]),
            "refund_amount": [10.0, None, None],
            "refund_currency": pd.Categorical(["EUR", None, None]),
        }
    )


LINES = [  # in an order eBay never gives
    (4, -10, "SYSTEM", "PAID", "REFUND_INITIATED", "CLOSED"),
    (3, -11, "SELLER", "SELLER_ISSUE_REFUND", "ITEM_SHIPPED", "REFUND_INITIATED"),
    (2, -15, "BUYER", "NOTIFIED_SHIPPED", "ITEM_READY_TO_SHIP", "ITEM_SHIPPED"),
    (1, -18, "SELLER", "NEW_WORD", "RETURN_REQUESTED", "ITEM_READY_TO_SHIP"),
    (0, -20, "BUYER", "BUYER_CREATE_RETURN", "INITIAL", "RETURN_REQUESTED"),
]


@pytest.fixture
def history():
    names = ["seq", "at", "actor", "activity", "from_state", "to_state"]
    frame = pd.DataFrame(LINES, columns=names).assign(record="return", record_id="1")
    frame["at"] = days(*frame["at"])
    enums = dict.fromkeys(["record", *names[2:]], "category")
    return frame.astype(enums | {"record_id": "string"})


def test_unknown_values_and_lines_out_of_order(returns, history):
    found = {name: metric(returns, history, as_of=NOON) for name, metric in METRICS.items()}
    told = {
        name: f[["n", "n_done", "n_other", "n_open"]].iloc[0].tolist() for name, f in found.items()
    }
    assert told == {
        "close": [3, 1, 0, 2],
        "refund": [3, 1, 0, 2],
        "response": [3, 1, 0, 2],
        "ship": [1, 1, 0, 0],
        "escalation": [3, 0, 1, 2],
    }
    assert found["ship"]["median_days"].tolist() == [3.0]
    flow = stage_flow(history, as_of=NOON)
    assert flow.set_index("from_state")["median_days"].drop("INITIAL").to_dict() == {
        "RETURN_REQUESTED": 2.0,
        "ITEM_READY_TO_SHIP": 3.0,
        "ITEM_SHIPPED": 4.0,
        "REFUND_INITIATED": 1.0,
    }


@pytest.mark.parametrize("name", METRICS)
def test_no_rows(returns, history, name):
    full = METRICS[name](returns, history, by="status", freq="week")
    none = METRICS[name](returns.head(0), history.head(0), by="status", freq="week")
    assert none.empty
    assert none.columns.tolist() == full.columns.tolist()
    assert none.dtypes.to_dict() == full.dtypes.to_dict()
    curve = METRICS[name](returns.head(0), history.head(0), curve=True)
    assert curve.empty
    assert curve.dtypes.to_dict() == METRICS[name](returns, history, curve=True).dtypes.to_dict()


@pytest.mark.parametrize("name", METRICS)
def test_one_row(returns, history, name):
    found = METRICS[name](returns.head(1), history, as_of=NOON)
    assert found["n"].tolist() == [1]


def test_all_open_means_nothing_is_known_yet(returns, history):
    open_ = returns.tail(2)
    for name in ("close", "refund", "response", "escalation"):
        found = METRICS[name](open_, history, as_of=NOON, horizon=60)
        assert found[["n", "n_open"]].iloc[0].tolist() == [2, 2]
        assert found[["median_days", "p90_days", "mean_days"]].isna().all(axis=None)
        within = METRICS[name](open_, history, as_of=NOON, horizon=20)
        assert within["mean_days"].tolist() == [20.0]  # nobody had it within the twenty days
    _, rows = as_text(close_days(open_, as_of=NOON, horizon=60))
    assert "nan" not in str(rows).lower()


def test_twice_the_same_record_is_two_records_but_never_four(returns, history):
    twice = pd.concat([returns, returns], ignore_index=True)
    cases = pd.DataFrame(
        {
            "case_id": ["9", "9"],
            "return_id": pd.Series(["2", "2"], dtype="string"),
            "case_type": "RETURN",
            "created_at": days(-4, -3),
        }
    )
    assert response_days(twice, history=history)["n"].tolist() == [6]
    found = escalation_days(twice, cases=cases, as_of=NOON)
    assert found[["n", "n_done"]].iloc[0].tolist() == [6, 2]
    one = escalation_days(returns, cases=cases, as_of=NOON, curve=True)
    assert one.loc[one["n_done"] == 1, "days"].tolist() == [16.0]  # the first of its cases


def test_ends_before_the_beginning_and_without_a_date_are_told(returns, history):
    odd = returns.assign(
        closed_at=days(-30, None, None), state=["CLOSED", "CLOSED", "RETURN_REQUESTED"], status=None
    )
    found = close_days(odd, as_of=NOON)
    assert found["n"].tolist() == [1]
    assert (found.attrs["n_impossible"], found.attrs["n_untimed"]) == (1, 1)
    undated = returns.assign(created_at=days(None, -20, -20))
    assert close_days(undated, as_of=NOON)["n"].tolist() == [2]


def test_what_is_not_yet_is_not_counted(returns, history):
    found = close_days(returns, as_of=NOON - pd.Timedelta(days=15))
    assert found[["n", "n_done", "n_open"]].iloc[0].tolist() == [3, 0, 3]
    assert close_days(returns, as_of=NOON - pd.Timedelta(days=30)).empty


def test_small_groups_are_left_out_and_told(returns, history):
    found = close_days(returns, by="state", min_n=2, as_of=NOON)
    assert found.empty
    assert (found.attrs["n_small"], found.attrs["n_small_groups"]) == (3, 3)
    found = cohorts(returns, event="closed", min_n=4, as_of=NOON)
    assert found.empty
    assert found.attrs["n_small"] == 3
    found = escalation_rate(returns, history=history, days=[7], min_n=4)
    assert found.empty


@pytest.mark.parametrize("name", METRICS)
def test_missing_columns_are_named(returns, history, name):
    for column in ("created_at", "closed_at"):
        if name == "ship" and column == "created_at":
            continue
        with pytest.raises(InputError, match=column):
            METRICS[name](returns.drop(columns=column), history)
    with pytest.raises(InputError, match="not a time with a time zone"):
        METRICS[name](returns.assign(closed_at="yesterday"), history)


def test_wrong_questions_are_refused(returns, history):
    with pytest.raises(InputError, match="horizon"):
        close_days(returns, horizon=0)
    with pytest.raises(InputError, match="confidence"):
        close_days(returns, confidence=95)
    with pytest.raises(InputError, match="pass cases="):
        escalation_days(returns)
    with pytest.raises(InputError, match="'record_id'"):
        response_days(returns, history=history.drop(columns="record_id"))
    with pytest.raises(InputError, match="pass history="):
        response_days(returns)
    with pytest.raises(InputError, match="awaits no answer"):
        response_days(pd.DataFrame({"case_id": ["1"]}), history=history)
    with pytest.raises(InputError, match="not shipped back"):
        ship_days(pd.DataFrame({"cancel_id": ["1"]}), history=history)
    with pytest.raises(InputError, match="event="):
        cohorts(returns, event="eaten")
    with pytest.raises(InputError, match="ages="):
        cohorts(returns, event="closed", ages=0)
    with pytest.raises(InputError, match="below 0"):
        escalation_rate(returns, history=history, days=[-1])
    with pytest.raises(InputError, match="names a column"):
        close_days(returns.assign(n=1), by="n")
    with pytest.raises(InputError, match="key"):
        response_days(pd.DataFrame({"created_at": days(1)}), history=history)


def test_tables_of_two_engines_are_not_joined(returns, history):
    pl = pytest.importorskip("polars")
    with pytest.raises(InputError, match="two engines"):
        late_share(
            returns.assign(respond_by=days(0, 0, 0)), history=pl.from_pandas(history), as_of=NOON
        )


def test_a_record_whose_history_was_not_read_is_not_one_without_an_answer(returns, history):
    read = {"last_step_at": days(-19, -18, None), "answered_at": days(-19, None, None)}
    told = returns.assign(**read, settled_at=days(None, None, None), escalated_at=days(*[None] * 3))
    found = response_days(told, as_of=NOON)
    assert found[["n", "n_done"]].iloc[0].tolist() == [2, 1]
    assert found.attrs["n_unread"] == 1
    assert response_days(told, history=history, as_of=NOON)["n"].tolist() == [3]
