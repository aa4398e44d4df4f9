from collections import defaultdict

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from postorder_nb.errors import InputError
from postorder_nb.metrics import escalation_rate


def plain(value):
    return "(not given)" if pd.isna(value) else value


def test_returns_are_counted_as_in_a_loop(returns, engine):
    n, escalated = defaultdict(int), defaultdict(int)
    for row in returns.to_dict("records"):
        key = plain(row["marketplace"])
        n[key] += 1
        escalated[key] += not pd.isna(row["case_id"]) or row["status"] == "ESCALATED"
    found = escalation_rate(engine(returns), by="marketplace")
    assert list(found.columns) == ["marketplace", "n", "escalated", "rate", "rate_low", "rate_high"]
    assert dict(zip(found["marketplace"], found["n"], strict=True)) == n
    assert dict(zip(found["marketplace"], found["escalated"], strict=True)) == escalated
    low, high = proportion_confint(found["escalated"], found["n"], method="wilson")
    assert list(found["rate"]) == list(found["escalated"] / found["n"])
    assert list(found["rate_low"]) == pytest.approx(list(low), abs=1e-12)
    assert list(found["rate_high"]) == pytest.approx(list(high), abs=1e-12)
    assert 0 < found["escalated"].sum() < 600


def test_a_case_can_name_a_return(table, engine):
    returns = table(
        return_id=list("123"), status=["CLOSED", None, "BRAND_NEW"], case_id=["7", None, None]
    )
    cases = table(case_id=list("789"), return_id=["1", "2", None])
    found = escalation_rate(engine(returns), cases=engine(cases))
    assert found[["n", "escalated"]].to_numpy().tolist() == [[3, 2]]
    counted = [found.attrs[name] for name in ("n_in_record", "n_by_link", "n_added")]
    assert counted == [1, 1, 0]


@pytest.fixture
def inquiries(table):
    return table(
        inquiry_id=["1", "2", "3", "4", "5", None],
        item_id=["a", "b", "c", "d", None, "f"],
        transaction_id=["1", "1", "1", "0", None, None],
        status=["OPEN", "CLOSED_WITH_ESCALATION", "CLOSED", "BRAND_NEW", None, "OPEN"],
        escalated_at=["2026-02-01T00:00:00Z", None, None, None, None, None],
        created_at=["2026-01-30T00:00:00Z"] * 5 + [None],
        quantity=[1, 1, 2, None, 1, 1],
        marketplace=["EBAY_US", "EBAY_DE", None, "EBAY_US", "EBAY_US", "EBAY_US"],
    )


@pytest.fixture
def cases(table):
    inr = "ITEM_NOT_RECEIVED"
    return table(
        case_id=["1", "30", "4", "80", "81", "82", "83"],
        case_type=[inr, inr, inr, "RETURN", inr, inr, None],
        item_id=["a", "c", None, "z", "z", "f", "y"],
        transaction_id=["1", "1", None, "9", "9", None, "9"],
        created_at=["2026-02-01T00:00:00Z"] * 4 + ["2026-02-10T00:00:00Z", None, None],
        seller=["acme"] * 7,
    )


def test_inquiries_say_it_themselves(inquiries, engine):
    found = escalation_rate(engine(inquiries))
    assert found[["n", "escalated"]].to_numpy().tolist() == [[6, 2]]
    assert found["rate"][0] == pytest.approx(1 / 3)


def test_cases_tell_of_inquiries_that_the_search_left_out(inquiries, cases, engine):
    """1 by its own date, 2 by its status, 3 by the sold line, 4 by its id; 81, 82 are added."""
    found = escalation_rate(engine(inquiries), cases=engine(cases))
    assert found[["n", "escalated"]].to_numpy().tolist() == [[8, 6]]
    counted = [found.attrs[name] for name in ("n_in_record", "n_by_link", "n_added")]
    assert counted == [2, 2, 2]
    assert found.attrs["n_total"] == 8


def test_added_cases_come_with_their_own_date(inquiries, cases, engine):
    found = escalation_rate(engine(inquiries), cases=engine(cases), freq="month")
    assert list(found["period"]) == [
        pd.Timestamp("2026-01-01", tz="UTC"),
        pd.Timestamp("2026-02-01", tz="UTC"),
    ]
    assert found[["n", "escalated"]].to_numpy().tolist() == [[5, 4], [1, 1]]
    assert found.attrs["n_undated"] == 2


def test_groups_that_cases_do_not_know_are_not_given(inquiries, cases, engine):
    found = escalation_rate(engine(inquiries), cases=engine(cases), by=["marketplace", "quantity"])
    expected = [
        ["(not given)", 2, 1, 1], ["(not given)", None, 2, 2], ["EBAY_DE", 1, 1, 1],
        ["EBAY_US", 1, 3, 1], ["EBAY_US", None, 1, 1],
    ]  # fmt: skip
    got = found[["marketplace", "quantity", "n", "escalated"]].astype(object)
    assert got.where(got.notna(), None).to_numpy().tolist() == expected


def test_tables_may_be_of_two_engines(inquiries, cases, engine):
    expected = escalation_rate(inquiries, cases=cases, by="quantity", freq="week")
    found = escalation_rate(engine(inquiries), cases=cases, by="quantity", freq="week")
    pd.testing.assert_frame_equal(found, expected)


def test_no_records(inquiries, cases, engine):
    full = escalation_rate(inquiries, by="quantity", freq="week")
    none = escalation_rate(engine(inquiries.head(0)), by="quantity", freq="week")
    assert len(none) == 0
    assert none.dtypes.to_dict() == full.dtypes.to_dict()
    alone = escalation_rate(engine(inquiries.head(0)), cases=engine(cases))
    assert alone[["n", "escalated", "rate"]].to_numpy().tolist() == [[5, 5, 1.0]]


def test_an_empty_table_of_cases_changes_nothing(inquiries, cases, engine):
    found = escalation_rate(engine(inquiries), cases=engine(cases.head(0)), freq="month")
    pd.testing.assert_frame_equal(found, escalation_rate(inquiries, freq="month"))


def test_other_tables_are_refused(cases, table):
    with pytest.raises(InputError, match="a table of cases"):
        escalation_rate(cases)
    with pytest.raises(InputError, match="a table of records"):
        escalation_rate(table(order_id=["1"]))


def test_cases_without_details_are_refused(inquiries, returns, cases):
    with pytest.raises(InputError, match="details"):
        escalation_rate(inquiries, cases=cases.drop(columns="case_type"))
    with pytest.raises(InputError, match="details"):
        escalation_rate(returns, cases=cases)
    with pytest.raises(InputError, match="'status'"):
        escalation_rate(returns[["return_id", "reason"]])


def test_columns_that_link_may_be_missing(inquiries, cases, engine):
    """Without the sold line 3 stays unknown, and its case 30 counts as an inquiry of its own."""
    found = escalation_rate(engine(inquiries.drop(columns="item_id")), cases=engine(cases))
    assert found[["n", "escalated"]].to_numpy().tolist() == [[9, 6]]
    found = escalation_rate(engine(inquiries), cases=engine(cases[["case_id", "case_type"]]))
    assert found[["n", "escalated"]].to_numpy().tolist() == [[9, 6]]
