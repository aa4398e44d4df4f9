"""The metrics of what happened and why, against plain loops over the simulator's truth."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from postorder_nb import metrics
from postorder_nb.errors import InputError

NONE = "(not given)"
TABLES = ("returns", "inquiries", "cancellations", "cases")


def quarter(moment):
    return pd.Timestamp(moment.year, (moment.month - 1) // 3 * 3 + 1, 1, tz="UTC")


def wilson(k, n):
    return proportion_confint(k, n, method="wilson")


def close(found, expected, tolerance=1e-9):
    assert list(found) == pytest.approx(list(expected), abs=tolerance, nan_ok=True)


def outcome(kind, record):
    """How a record ended, from the truth alone."""
    escalated = kind in {"returns", "inquiries"} and (
        record.case_id is not None or record.escalated_at is not None
    )
    if escalated:
        return "escalated"
    if record.open:
        return "open"
    paid = record.refund or (record.buyer_refund if kind == "returns" else None)
    if paid and paid.amount > 0:
        whole = record.estimated if record.refund else record.buyer_estimated
        return "partial_refund" if paid.amount < whole.amount else "full_refund"
    by_buyer = record.close_reason in {"BUYER_CLOSED", "BUYER_CLOSE"}
    return "withdrawn" if by_buyer else "no_refund"


def told(found, *columns):
    """The rows of a result by shop: the values of some columns to the number of records."""
    rows = zip(found["shop"], *(found[column] for column in columns), found["n"], strict=True)
    counts = defaultdict(Counter)
    for shop, *key, n in rows:
        counts[shop][key[0] if len(key) == 1 else tuple(key)] += n
    return counts


@pytest.mark.parametrize("name", TABLES)
def test_counts(shops, name):
    found = metrics.counts(shops.frames[name], by="shop", freq="quarter")
    n = told(found, "period")
    for key, shop in shops:
        assert n[key] == Counter(quarter(record.created_at) for record in shop.truth[name])
        still = Counter(quarter(record.created_at) for record in shop.truth[name] if record.open)
        part = found[found["shop"] == key]
        assert list(part["n_open"]) == [still[period] for period in part["period"]]
    close(found["n_low"], chi2.ppf(0.025, 2 * found["n"]) / 2)
    close(found["n_high"], chi2.ppf(0.975, 2 * found["n"] + 2) / 2)


def test_reasons_by_records(shops):
    found = metrics.reasons(shops.frames["returns"], level="type", by="shop")
    n = told(found, "reason_type")
    for key, shop in shops:
        types = Counter(record.reason_type for record in shop.truth["returns"])
        assert n[key] == types
        part = found[found["shop"] == key]
        falling = sorted(types.values(), reverse=True)
        close(part["share"], [k / types.total() for k in falling])
        close(part["cumulative_share"], [k / types.total() for k in accumulate(falling)])
        ends = wilson(part["n"], types.total())
        close([*part["share_low"], *part["share_high"]], [*ends[0], *ends[1]])


def test_reasons_by_money(shops):
    kinds = ["reason", "reason_type"]
    found = metrics.reasons(shops.frames["returns"], measure="money", by="shop")
    n = told(found, "currency", *kinds)
    for key, shop in shops:
        paid = defaultdict(list)
        for record in shop.truth["returns"]:
            if record.refund and record.refund.amount:
                kind = (record.refund.currency, record.reason, record.reason_type)
                paid[kind].append(record.refund.amount)
        assert n[key] == {kind: len(amounts) for kind, amounts in paid.items()}
        for currency, part in found[found["shop"] == key].groupby("currency"):
            rows = list(zip(part["reason"], part["reason_type"], strict=True))
            totals = [sum(paid[currency, *row]) for row in rows]
            assert totals == sorted(totals, reverse=True)
            assert list(part["total_amount"]) == list(map(float, totals))
            whole = sum(totals)
            close(part["share"], [float(amount / whole) for amount in totals])
            close(part["cumulative_share"], [float(a / whole) for a in accumulate(totals)])
            own = [(kind[1:], float(a)) for kind in paid if kind[0] == currency for a in paid[kind]]
            ends = zip(part["share_low"], part["share_high"], strict=True)
            for row, (low, high) in zip(rows, ends, strict=True):
                share = float(sum(paid[currency, *row]) / whole)
                off = sum((amount * ((kind == row) - share)) ** 2 for kind, amount in own)
                half = 1.959963984540054 * math.sqrt(off) / float(whole)
                close([low, high], [max(share - half, 0), min(share + half, 1)])


def test_reason_shift(shops):
    end = datetime(2026, 3, 10, tzinfo=UTC)
    frame = shops.frames["returns"]
    found = metrics.reason_shift(frame, until="2026-03-10", level="type", by="shop", days=42)
    spans = {}
    for key, shop in shops:
        now, before = Counter(), Counter()
        for record in shop.truth["returns"]:
            if end - timedelta(days=42) <= record.created_at < end:
                now[record.reason_type] += 1
            elif end - timedelta(days=84) <= record.created_at < end - timedelta(days=42):
                before[record.reason_type] += 1
        spans[key] = now, before
    assert len(found) == sum(len({*now, *before}) for now, before in spans.values())
    p = []
    for row in found.itertuples():
        now, before = spans[row.shop]
        k, n, k0, n0 = now[row.reason_type], now.total(), before[row.reason_type], before.total()
        assert (row.n, row.n_now, row.n_before) == (k + k0, k, k0)
        close([row.share_now, row.share_before, row.difference], [k / n, k0 / n0, k / n - k0 / n0])
        ends = confint_proportions_2indep(k, n, k0, n0, method="newcomb")
        close([row.difference_low, row.difference_high], ends)
        p.append(fisher_exact([[k, n - k], [k0, n0 - k0]]).pvalue)
    close(found["p"], p)
    close(found["p_adjusted"], multipletests(p, method="fdr_bh")[1])
    assert list(found["changed"]) == [bool(q <= 0.05) for q in found["p_adjusted"]]


@pytest.mark.parametrize("name", TABLES)
def test_outcomes(shops, name):
    found = metrics.outcomes(shops.frames[name], by="shop")
    n = told(found, "outcome")
    for key, shop in shops:
        expected = Counter(outcome(name, record) for record in shop.truth[name])
        assert n[key] == expected
        part = found[found["shop"] == key]
        close(part["share"], [k / expected.total() for k in part["n"]])
        ends = wilson(part["n"], expected.total())
        close([*part["share_low"], *part["share_high"]], [*ends[0], *ends[1]])


@pytest.mark.parametrize("seed", range(5))
def test_outcomes_of_inquiries_with_the_escalated(shop, seed):
    shop = shop(seed)
    found = metrics.outcomes(shop.all_inquiries)
    expected = Counter(outcome("inquiries", r) for r in shop.truth["all_inquiries"])
    assert dict(zip(found["outcome"], found["n"], strict=True)) == expected


@pytest.mark.parametrize("name", ["returns", "cancellations", "cases"])
def test_close_reasons(shops, name):
    found = metrics.close_reasons(shops.frames[name], by="shop")
    n, n_open = told(found, "close_reason"), 0
    for key, shop in shops:
        closed = [record for record in shop.truth[name] if not record.open]
        n_open += len(shop.truth[name]) - len(closed)
        assert n[key] == Counter(record.close_reason or NONE for record in closed)
        part = found[found["shop"] == key]
        close(part["share"], [k / len(closed) for k in part["n"]])
    assert found.attrs["n_open"] == n_open


def test_cancellation_reasons(shops):
    defect = ("SELLER", "OUT_OF_STOCK_OR_CANNOT_FULFILL")
    found = metrics.cancellation_reasons(shops.frames["cancellations"], by="shop")
    n, defects = told(found, "requestor", "reason"), 0
    for key, shop in shops:
        records = shop.truth["cancellations"]
        assert n[key] == Counter((r.requestor, r.reason or NONE) for r in records)
        defects += n[key][defect]
        part = found[found["shop"] == key]
        ends = wilson(part["n"], len(records))
        close([*part["share_low"], *part["share_high"]], [*ends[0], *ends[1]])
    pairs = zip(found["requestor"], found["reason"], strict=True)
    assert list(found["defect"]) == [pair == defect for pair in pairs]
    assert found.attrs["n_defects"] == defects > 0


def test_inquiry_reasons(shops):
    n = told(metrics.inquiry_reasons(shops.frames["inquiries"], by="shop"), "reason")
    for key, shop in shops:
        assert n[key] == Counter(record.reason for record in shop.truth["inquiries"])


@settings(max_examples=12, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["A", "B", None]), st.sampled_from(["x", "y", None])), max_size=20
    ),
    data=st.data(),
)
def test_neither_the_order_of_rows_nor_how_they_are_grouped_changes_counts(table, rows, data):
    frame = table(
        return_id=[str(i) for i in range(len(rows))],
        reason=[reason for reason, _ in rows],
        marketplace=[place for _, place in rows],
    )
    mixed = frame.iloc[data.draw(st.permutations(range(len(rows))))]
    grouped = metrics.reasons(frame, by="marketplace")
    pd.testing.assert_frame_equal(metrics.reasons(mixed, by="marketplace"), grouped)
    whole = metrics.reasons(frame).set_index("reason")["n"].to_dict()
    assert grouped.groupby("reason")["n"].sum().to_dict() == whole


# -- edges ---------------------------------------------------------------------------------------

WHAT = {
    **dict.fromkeys(["counts", "reasons", "outcomes", "close_reasons"], "returns"),
    "cancellation_reasons": "cancellations",
    "inquiry_reasons": "inquiries",
}


@pytest.mark.parametrize("name", WHAT)
def test_no_record_and_one(shop, name, other_engine):
    table, engine = WHAT[name], other_engine
    frame = shop(0).frames[table]
    metric = getattr(metrics, name)
    full = metric(frame, by="seller", freq="month")
    none = metric(engine(frame.head(0)), by="seller", freq="month")
    assert len(none) == 0
    assert none.dtypes.to_dict() == full.dtypes.to_dict()
    assert none.attrs["n_total"] == 0
    one = metric(engine(frame.head(1)))
    assert one["n"].tolist() == [1]
    assert list(metric(engine(frame.head(0))).columns) == list(one.columns)


@pytest.mark.parametrize("name", WHAT)
def test_every_engine_gives_the_same(shop, name, other_engine):
    frame = shop(1).frames[WHAT[name]]
    metric = getattr(metrics, name)
    by = "marketplace" if "marketplace" in frame else "seller"
    expected = metric(frame, by=by, freq="month")
    found = metric(other_engine(frame), by=by, freq="month")
    pd.testing.assert_frame_equal(found, expected)


def test_reason_shift_is_the_same_on_every_engine(shop, other_engine):
    frame = shop(1).frames["returns"]
    expected = metrics.reason_shift(frame, until="2026-03-01", by="marketplace")
    found = metrics.reason_shift(other_engine(frame), until="2026-03-01", by="marketplace")
    pd.testing.assert_frame_equal(found, expected)


def test_all_open(shop):
    frame = shop(0).frames["returns"]
    frame = frame[frame["closed_at"].isna() & frame["case_id"].isna()]
    assert metrics.outcomes(frame)["outcome"].tolist() == ["open"]
    found = metrics.close_reasons(frame)
    assert len(found) == 0
    assert found.attrs["n_open"] == len(frame) > 0


def test_values_of_tomorrow_are_counted_as_they_are(table, engine):
    frame = table(return_id=list("123"), reason=["NEW_REASON"] * 3, status=["NEW_STATUS"] * 3)
    assert metrics.outcomes(engine(frame))[["outcome", "n"]].to_numpy().tolist() == [["open", 3]]
    assert metrics.counts(engine(frame))["n_open"].tolist() == [3]


def test_each_row_is_a_record_even_of_the_same_id(table, engine):
    frame = table(return_id=["1", "1"], status=["CLOSED", "CLOSED"], reason=["OTHER", "OTHER"])
    assert metrics.counts(engine(frame))["n"].tolist() == [2]
    assert metrics.reasons(engine(frame))["n"].tolist() == [2]


def test_a_refund_in_another_currency_than_expected_is_no_partial_one(table, engine):
    frame = table(
        return_id=list("12"), status=["CLOSED", "CLOSED"], refund_amount=[5.0, 5.0],
        refund_currency=["EUR", "USD"], refund_estimated_amount=[9.0, 9.0],
        refund_estimated_currency=["EUR", "EUR"],
    )  # fmt: skip
    found = metrics.outcomes(engine(frame))
    assert found["outcome"].tolist() == ["full_refund", "partial_refund"]


@pytest.mark.parametrize(
    ("paid", "due", "outcome"),
    [
        (19.999, 20.0, "partial_refund"),
        (20.0, 20.0, "full_refund"),
        (0.1 + 0.2, 0.3, "full_refund"),
        (0.3, 0.1 + 0.2, "full_refund"),
    ],
)
def test_amounts_are_compared_to_the_thousandth(table, paid, due, outcome):
    frame = table(
        return_id=["1"], status=["CLOSED"], refund_amount=[paid], refund_currency=["USD"],
        refund_estimated_amount=[due], refund_estimated_currency=["USD"],
    )  # fmt: skip
    assert metrics.outcomes(frame)["outcome"].tolist() == [outcome]


def test_the_rare_endings(engine):
    frame = pd.DataFrame({
        "return_id": list("1234567"),
        "state": ["CLOSED"] * 7,
        "close_reason": ["REPLACED", "BUYER_CLOSED", "BUYER_CLOSED", "AUTO_PARTIAL_REFUNDED",
                         "FULL_REFUNDED", "REQUEST_TIMEOUT", "ESCALATED"],
        "refund_amount": [None, None, 3.0, None, None, 0.0, None],
        "refund_currency": [None, None, "EUR", None, None, "EUR", None],
    })  # fmt: skip
    frame = frame.astype({"refund_amount": "float64"})
    found = metrics.outcomes(engine(frame), by="return_id")
    assert found["outcome"].tolist() == [
        "replacement", "withdrawn", "full_refund", "partial_refund", "full_refund", "no_refund",
        "escalated",
    ]  # fmt: skip


def test_small_groups_are_left_out_and_told(returns):
    found = metrics.reasons(returns, by="marketplace", min_n=150)
    sizes = returns["marketplace"].astype("string").fillna(NONE).value_counts()
    small = sizes[sizes < 150]
    assert len(small) > 0
    assert set(found["marketplace"]) == set(sizes[sizes >= 150].index)
    assert found.attrs["n_small_groups"] == len(small)
    assert found.attrs["n_small"] == small.sum()
    assert found.attrs["n_total"] == 600 - small.sum()
    assert len(metrics.counts(returns, min_n=601)) == 0


def test_the_date_basis_is_the_users(shop):
    shop = shop(2)
    expected = Counter(
        record.closed_at.date().replace(day=1)
        for record in shop.truth["returns"]
        if record.closed_at
    )
    found = metrics.close_reasons(shop.frames["returns"], freq="month", date="closed_at")
    months = found.groupby(found["period"].dt.date)["n"].sum()
    assert months.to_dict() == expected
    assert found.attrs["date_basis"] == "closed_at"


@pytest.mark.parametrize("freq", ["day", "year"])
def test_days_and_years(shop, freq):
    shop = shop(3)
    first = {"day": lambda day: day, "year": lambda day: day.replace(month=1, day=1)}[freq]
    expected = Counter(first(record.created_at.date()) for record in shop.truth["returns"])
    found = metrics.counts(shop.frames["returns"], freq=freq)
    assert dict(zip(found["period"].dt.date, found["n"], strict=True)) == expected


def test_a_group_without_records_in_one_span_has_no_difference(table):
    frame = table(
        return_id=list("12"), reason=["OTHER", "OTHER"], marketplace=["EBAY_US", "EBAY_DE"],
        created_at=["2026-03-01T00:00:00Z", "2026-02-27T00:00:00Z"],
    )  # fmt: skip
    found = metrics.reason_shift(frame, days=2, until="2026-03-02", by="marketplace")
    assert found["difference"].isna().all()
    assert found["p_adjusted"].isna().all()
    assert not found["changed"].any()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda f: metrics.reasons(f, level="kind"), '"type"'),
        (lambda f: metrics.reasons(f, measure="euros"), '"money"'),
        (lambda f: metrics.reasons(f, min_n=-1), "count of records"),
        (lambda f: metrics.reasons(f.drop(columns="reason_type"), level="type"), "only returns"),
        (lambda f: metrics.reasons(f.drop(columns="refund_amount"), measure="money"), "details"),
        (lambda f: metrics.reason_shift(f, days=0), "at least one day"),
        (lambda f: metrics.reason_shift(f, until="soon"), "2026-03-01"),
        (lambda f: metrics.reason_shift(f, date="status"), "time zone"),
        (lambda f: metrics.counts(f, freq="month", date="closed"), "'closed'"),
        (metrics.close_reasons, "details"),
        (metrics.cancellation_reasons, "cancellations"),
        (metrics.inquiry_reasons, "inquiries"),
        (lambda f: metrics.outcomes(f[["return_id", "reason"]]), "closed_at, state or status"),
        (lambda f: metrics.outcomes(f, by="outcome"), "no column"),
        (lambda f: metrics.reasons(f, confidence=1.5), "0.95"),
    ],
)
def test_wrong_questions_say_what_would_be_right(returns, call, says):
    with pytest.raises(InputError) as caught:
        call(returns)
    assert says in str(caught.value)
