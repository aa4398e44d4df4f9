import math
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from postorder_nb.errors import InputError
from postorder_nb.metrics import refund_amount

DIGITS = {"USD": Decimal("0.01"), "EUR": Decimal("0.01"), "GBP": Decimal("0.01"), "JPY": Decimal(1)}
COLUMNS = [
    "currency", "n", "n_refunded", "refunded_share", "refunded_share_low", "refunded_share_high",
    "total_amount", "mean_amount", "mean_amount_low", "mean_amount_high", "median_amount",
    "p90_amount",
]  # fmt: skip


def loop(frame, *by):
    """The same figures in plain Python with decimals."""
    paid, count = defaultdict(list), defaultdict(int)
    for row in frame.to_dict("records"):
        amount = row["refund_amount"]
        refunded = not pd.isna(amount) and amount > 0
        names = [row["refund_currency"]]
        if not refunded:
            names.append(row["refund_estimated_currency"])
        currency = next((name for name in names if not pd.isna(name)), "(not given)")
        key = (currency, *("(not given)" if pd.isna(row[b]) else row[b] for b in by))
        count[key] += 1
        if refunded:
            paid[key].append(Decimal(str(amount)))
    return count, paid


def rounded(figure, currency):
    return float(figure.quantize(DIGITS[currency], ROUND_HALF_UP))


@pytest.mark.parametrize("by", [(), ("marketplace",)])
def test_figures_are_those_of_a_loop(returns, engine, by):
    found = refund_amount(engine(returns), by=by)
    count, paid = loop(returns, *by)
    assert list(found.columns) == [*COLUMNS[:1], *by, *COLUMNS[1:]]
    keys = list(found[["currency", *by]].itertuples(index=False, name=None))
    assert keys == sorted(count)
    for key, row in zip(keys, found.itertuples(index=False), strict=True):
        amounts = paid[key]
        assert (row.n, row.n_refunded) == (count[key], len(amounts))
        if key[0] == "(not given)":
            assert len(amounts) > 0
            assert math.isnan(row.total_amount)
            assert math.isnan(row.mean_amount)
            assert math.isnan(row.median_amount)
            continue
        assert row.total_amount == rounded(sum(amounts), key[0])
        assert row.mean_amount == rounded(sum(amounts) / len(amounts), key[0])
        assert row.median_amount == rounded(median(amounts), key[0])
    low, high = proportion_confint(found["n_refunded"], found["n"], method="wilson")
    assert list(found["refunded_share"]) == list(found["n_refunded"] / found["n"])
    assert list(found["refunded_share_low"]) == pytest.approx(list(low), abs=1e-12)
    assert list(found["refunded_share_high"]) == pytest.approx(list(high), abs=1e-12)


def test_engines_agree_over_time(returns, engine):
    expected = refund_amount(returns, freq="month", by=["seller_protected", "quantity"])
    found = refund_amount(engine(returns), freq="month", by=["seller_protected", "quantity"])
    pd.testing.assert_frame_equal(found, expected)
    assert found["n"].sum() == returns["created_at"].notna().sum()


def test_halves_are_rounded_away_from_zero(table):
    frame = table(
        return_id=list("1234"),
        refund_amount=[0.01, 0.02, 1.0, 2.0],
        refund_currency=["USD", "USD", "JPY", "JPY"],
    )
    found = refund_amount(frame).set_index("currency")
    assert found.loc["USD", ["mean_amount", "median_amount"]].tolist() == [0.02, 0.02]
    assert found.loc["JPY", ["mean_amount", "median_amount"]].tolist() == [2.0, 2.0]


def test_many_small_amounts_add_up_to_the_cent(table):
    frame = table(
        return_id=["1"] * 30_000, refund_amount=[0.1] * 30_000, refund_currency=["USD"] * 30_000
    )
    assert refund_amount(frame)["total_amount"].tolist() == [3000.0]


def test_zero_is_no_refund_and_stays_in_its_currency(table, engine):
    frame = table(return_id=list("12"), refund_amount=[0.0, None], refund_currency=["EUR", None],
                  claim_amount=[3.0, 5.0], claim_currency=["GBP", "GBP"])  # fmt: skip
    found = refund_amount(engine(frame))
    assert found[["currency", "n", "n_refunded", "total_amount"]].to_numpy().tolist() == [
        ["EUR", 1, 0, 0.0],
        ["GBP", 1, 0, 0.0],
    ]
    assert found["mean_amount"].isna().all()
    assert found["median_amount"].isna().all()


def test_an_amount_without_currency_is_not_taken_for_the_estimated_one(table, engine):
    frame = table(return_id=["1"], refund_amount=[7.0], refund_currency=[None],
                  refund_estimated_amount=[7.0], refund_estimated_currency=["EUR"])  # fmt: skip
    found = refund_amount(engine(frame))
    assert found[["currency", "n", "n_refunded"]].to_numpy().tolist() == [["(not given)", 1, 1]]
    assert math.isnan(found["total_amount"][0])


def test_no_records_and_one(returns, engine):
    full = refund_amount(returns, by="quantity", freq="week")
    for frame, rows in ((returns.head(0), 0), (returns.dropna(subset="created_at").head(1), 1)):
        found = refund_amount(engine(frame), by="quantity", freq="week")
        assert len(found) == rows
        assert found.dtypes.to_dict() == full.dtypes.to_dict()


def test_a_search_result_without_refunds_says_to_fetch_details(table):
    frame = table(inquiry_id=["1"], claim_amount=[1.0], claim_currency=["USD"])
    with pytest.raises(InputError, match="fetch the details of the inquiries"):
        refund_amount(frame)


def test_an_unknown_currency_has_two_digits(table):
    frame = table(return_id=["1"], refund_amount=[1.234], refund_currency=["XQQ"])
    assert refund_amount(frame)["total_amount"].tolist() == [1.23]
