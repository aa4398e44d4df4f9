"""The metrics of money, against plain loops over the simulator's truth with Decimal amounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from postorder_nb import metrics
from postorder_nb.errors import InputError

NONE = "(not given)"
CENT = Decimal("0.01")
NOTHING = Decimal(0)
EXPECTED = {"returns": "refund_estimated", "cancellations": "requested", "inquiries": "claim"}
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def rounded(amount):
    return float(amount.quantize(CENT, ROUND_HALF_UP))


def close(found, expected, tolerance=1e-9):
    assert list(found) == pytest.approx(list(expected), abs=tolerance, nan_ok=True)


def paid(record):
    return record.refund.amount if record.refund else NOTHING


def rows(found, *keys):
    """The rows of a result by their key, which no two of them share."""
    result = {tuple(getattr(row, key) for key in keys): row for row in found.itertuples()}
    assert len(result) == len(found)
    return result


@pytest.mark.parametrize("name", ["returns", "cancellations", "inquiries", "cases"])
def test_refund_amount(shops, name):
    found = metrics.refund_amount(shops.frames[name], by="shop", quantiles=[0.9])
    found = rows(found, "shop", "currency")
    expected = defaultdict(list)
    for key, shop in shops:
        for record in shop.truth[name]:
            expected[key, record.estimated.currency].append(paid(record))
    assert set(found) == set(expected)
    for key, amounts in expected.items():
        row, some = found[key], sorted(amount for amount in amounts if amount)
        assert (row.n, row.n_refunded) == (len(amounts), len(some))
        ends = proportion_confint(len(some), len(amounts), method="wilson")
        close([row.refunded_share_low, row.refunded_share_high], ends)
        assert row.total_amount == float(sum(some))
        if some:
            assert row.mean_amount == rounded(sum(some) / len(some))
            assert row.median_amount == rounded(median(some))
            ninth = np.quantile([float(amount) for amount in some], 0.9)
            assert row.p90_amount == pytest.approx(ninth, abs=0.005001)
        if len(some) > 1:
            values = np.array([float(amount) for amount in some])
            width = student.ppf(0.975, len(some) - 1) * values.std(ddof=1) / len(some) ** 0.5
            ends = [values.mean() - width, values.mean() + width]
            close([row.mean_amount_low, row.mean_amount_high], ends, 1e-7)


def test_refund_gap(shops):
    found = rows(metrics.refund_gap(shops.frames["returns"], by="shop"), "shop", "currency")
    sums = defaultdict(Counter)
    for key, shop in shops:
        for record in shop.truth["returns"]:
            if not paid(record):
                continue
            own = sums[key, record.refund.currency]
            own["n"] += 1
            own["below"] += record.refund.amount < record.estimated.amount
            own["due"] += record.estimated.amount
            own["paid"] += record.refund.amount
            own["bought"] += record.buyer_refund.amount - record.refund.amount
    assert set(found) == set(sums)
    for key, own in sums.items():
        row = found[key]
        assert (row.n, row.n_below, row.n_buyer) == (own["n"], own["below"], own["n"])
        assert row.expected_amount == float(own["due"])
        assert row.refund_amount == float(own["paid"])
        assert row.gap_amount == float(own["due"] - own["paid"])
        assert row.buyer_gap_amount == float(own["bought"])
        close([row.gap_share], [float((own["due"] - own["paid"]) / own["due"])])
        ends = proportion_confint(own["below"], own["n"], method="wilson")
        close([row.below_share_low, row.below_share_high], ends)


def test_refund_lines(shops):
    found = metrics.refund_lines(shops.frames["refund_lines"], by="shop")
    found = rows(found, "shop", "currency", "stage", "fee_type")
    lines, whole = defaultdict(list), Counter()
    for key, shop in shops:
        for record in shop.truth["returns"]:
            told = record.lines if record.refund_status else [
                line for line in record.lines if line.stage != "actual"
            ]  # fmt: skip
            for line in told:
                amount = line.amount
                if line.stage == "actual" and not record.refund:
                    continue
                lines[key, amount.currency, line.stage, line.fee_type].append(amount.amount)
                whole[key, amount.currency, line.stage] += amount.amount
    assert set(found) == set(lines)
    for key, amounts in lines.items():
        row = found[key]
        assert (row.n, row.total_amount) == (len(amounts), float(sum(amounts)))
        assert row.mean_amount == rounded(sum(amounts) / len(amounts))
        share = float(sum(amounts) / whole[key[:3]]) if whole[key[:3]] else float("nan")
        close([row.share], [share])


def test_net_cost(shops):
    found = rows(metrics.net_cost(shops.frames["returns"], by="shop"), "shop", "currency")
    sums = defaultdict(Counter)
    for key, shop in shops:
        for record in shop.truth["returns"]:
            parts = {"refund": record.refund, "fee": record.fee_credit, "gift": record.donation}
            if record.label_payee == "SELLER":
                parts["label"] = record.label_cost
            for part, money in parts.items():
                if money and money.amount:
                    sums[key, money.currency][part] += money.amount
                    sums[key, money.currency][f"n_{part}"] += 1
    assert set(found) == set(sums)
    for key, own in sums.items():
        row = found[key]
        assert (row.n, row.n_labels) == (own["n_refund"], own["n_label"])
        net = own["refund"] + own["label"] - own["fee"] - own["gift"]
        got = [row.refund_amount, row.label_amount, row.fee_credit_amount, row.donation_amount]
        assert got == [float(own[part]) for part in ("refund", "label", "fee", "gift")]
        assert row.net_cost_amount == float(net)
        if own["n_refund"]:
            assert row.mean_cost_amount == rounded(net / own["n_refund"])


@pytest.mark.parametrize(("name", "kind"), [("returns", "return"), ("cancellations", "cancel")])
def test_pending_and_failed(shops, name, kind):
    frames = shops.frames
    found = metrics.pending_and_failed(
        frames[name], movements=frames["money_movements"], as_of=NOW, by="shop"
    )
    found = rows(found, "shop", "currency", "refund_status")
    expected = defaultdict(list)
    for key, shop in shops:
        for record in shop.truth[name]:
            status = record.refund_status
            if status in (None, "SUCCESS"):
                continue
            moves = [m for m in record.movements if m.status == status and m.requested.amount]
            last = max(moves, key=lambda move: move.created_at).requested
            since = min(move.created_at for move in moves)
            expected[key, last.currency, status].append((last.amount, since))
    assert set(found) == set(expected)
    assert expected or kind == "cancel"
    for key, waiting in expected.items():
        row, days = found[key], [(NOW - since) / timedelta(days=1) for _, since in waiting]
        assert row.n == len(waiting)
        assert row.total_amount == float(sum(amount for amount, _ in waiting))
        assert row.oldest_at == min(since for _, since in waiting)
        close([row.oldest_days, row.median_days], [max(days), median(days)])


def bucket(due, midnight):
    if due is None:
        return "none"
    ends = [NOW, midnight, midnight + timedelta(days=3), midnight + timedelta(days=7)]
    names = ["overdue", "today", "3_days", "7_days"]
    return next((n for n, end in zip(names, ends, strict=True) if due < end), "later")


@pytest.mark.parametrize("name", ["returns", "cancellations", "inquiries", "cases"])
def test_exposure(shops, name):
    found = metrics.exposure(shops.frames[name], as_of=NOW, by="shop", tz="America/New_York")
    found = rows(found, "shop", "currency", "deadline")
    midnight = datetime(2026, 3, 11, 4, tzinfo=UTC)  # clocks went forward on 8 March
    sums = defaultdict(list)
    for key, shop in shops:
        for record in shop.truth[name]:
            if record.open:
                due = bucket(record.respond_by, midnight)
                stake = max(record.estimated.amount - paid(record), NOTHING)
                sums[key, record.estimated.currency, due].append(stake)
    assert set(found) == set(sums)
    for key, stakes in sums.items():
        assert (found[key].n, found[key].at_stake_amount) == (len(stakes), float(sum(stakes)))


def test_in_currency(shops):
    start = datetime(2025, 10, 1, tzinfo=UTC)
    steps = [("EUR", "1.0735", "1.0812"), ("GBP", "1.268", "1.2901")]
    rates = pd.DataFrame(
        [
            (start + timedelta(days=60 * i), code, float(rate))
            for code, *all_ in steps
            for i, rate in enumerate(all_)
        ],
        columns=["date", "currency", "rate"],
    )
    found = metrics.in_currency(shops.frames["returns"], rates, to="USD")
    truth = [record for _, shop in shops for record in shop.truth["returns"]]
    table = {code: list(map(Decimal, rate)) for code, *rate in steps}

    def converted(money, at):
        if money is None:
            return float("nan")
        late = at >= start + timedelta(days=60)
        rate = Decimal(1) if money.currency == "USD" else table[money.currency][late]
        return rounded(money.amount * rate)

    for column, name in (("refund", "refund"), ("refund_estimated", "estimated")):
        expected = [converted(getattr(r, name), r.created_at) for r in truth]
        np.testing.assert_array_equal(found[f"{column}_amount"].to_numpy("float64"), expected)
        assert set(found[f"{column}_currency"].dropna()) == {"USD"}
    before = shops.frames["returns"]
    assert {str(kind) for kind in found.dtypes} == {str(kind) for kind in before.dtypes}
    assert list(found.columns) == list(before.columns)
    assert (found.attrs["converted_to"], found.attrs["converted_by"]) == ("USD", "created_at")


# -- edges ---------------------------------------------------------------------------------------

MONEY = {
    "refund_amount": ("returns", {}),
    "refund_gap": ("returns", {}),
    "refund_lines": ("refund_lines", {}),
    "net_cost": ("returns", {}),
    "pending_and_failed": ("returns", {"as_of": NOW}),
    "exposure": ("returns", {"as_of": NOW}),
}


@pytest.fixture(scope="module")
def ask(shop):
    def asked(name, frame, seed=1, engine=lambda frame: frame, **more):
        options = MONEY[name][1] | more
        if name == "pending_and_failed":
            options["movements"] = engine(shop(seed).frames["money_movements"])
        return getattr(metrics, name)(engine(frame), **options)

    return asked


@pytest.mark.parametrize("name", MONEY)
def test_every_engine_gives_the_same(shop, ask, name, other_engine):
    frame = shop(1).frames[MONEY[name][0]]
    by = "record" if name == "refund_lines" else "marketplace"
    found = ask(name, frame, engine=other_engine, by=by)
    pd.testing.assert_frame_equal(found, ask(name, frame, by=by))


@pytest.mark.parametrize("name", MONEY)
def test_no_record_and_one(shop, ask, name, other_engine):
    frame = shop(1).frames[MONEY[name][0]]
    full, none = ask(name, frame), ask(name, frame.head(0), engine=other_engine)
    assert len(none) == 0
    assert none.dtypes.to_dict() == full.dtypes.to_dict()
    one = ask(name, frame.dropna(subset="refund_amount").head(1) if "refund_amount" in frame
              else frame.head(1), engine=other_engine)  # fmt: skip
    assert one["n"].sum() <= 1
    assert one.dtypes.to_dict() == full.dtypes.to_dict()


def test_days_pile_up_to_months_and_quarters(shop):
    frame = shop(2).frames["returns"]
    for metric in (metrics.net_cost, metrics.refund_amount):
        totals = [
            metric(frame, freq=freq).groupby("currency").sum(numeric_only=True).iloc[:, :2]
            for freq in ("day", "month", "quarter")
        ]
        pd.testing.assert_frame_equal(totals[0], totals[1])
        pd.testing.assert_frame_equal(totals[1], totals[2])


amounts = st.one_of(st.none(), st.integers(0, 500_000))


@settings(max_examples=12, deadline=None)
@given(rows_=st.lists(st.tuples(amounts, st.sampled_from(["USD", "JPY", "KWD"])), max_size=12))
def test_sums_are_exact_in_every_currency(table, rows_):
    digits = {"USD": 2, "JPY": 0, "KWD": 3}
    values = [None if n is None else float(Decimal(n).scaleb(-digits[c])) for n, c in rows_]
    frame = table(
        return_id=[str(i) for i in range(len(rows_))],
        refund_amount=values,
        refund_currency=[code if value is not None else None for value, (_, code) in
                         zip(values, rows_, strict=True)],
    )  # fmt: skip
    found = metrics.refund_amount(frame).set_index("currency")["total_amount"]
    for code, places in digits.items():
        units = sum(n for n, c in rows_ if c == code and n)
        if units:
            assert found[code] == float(Decimal(units).scaleb(-places))
    shuffled = metrics.refund_amount(frame.iloc[::-1])
    pd.testing.assert_frame_equal(shuffled, metrics.refund_amount(frame))


def test_quantiles_are_those_of_numpy(table):
    values = [1.0, 2.0, 4.0, 8.0, 8.0, 100.0]
    frame = table(return_id=list("123456"), refund_amount=values, refund_currency=["EUR"] * 6)
    found = metrics.refund_amount(frame, quantiles=[0, 0.25, 0.333, 1])
    got = found[["p0_amount", "p25_amount", "p33.3_amount", "p100_amount"]].iloc[0].tolist()
    close(got, np.quantile(values, [0, 0.25, 0.333, 1]), 0.005001)


def test_money_of_another_currency_makes_a_row_of_its_own(table, engine):
    frame = table(
        return_id=["1"], refund_amount=[10.0], refund_currency=["GBP"], fee_credit_amount=[1.0],
        fee_credit_currency=["GBP"],
    ).assign(
        label_cost_amount=[5.0], label_cost_currency=pd.Series(["USD"], dtype="category"),
        label_payee=pd.Series(["SELLER"], dtype="category"),
    )  # fmt: skip
    found = metrics.net_cost(engine(frame))
    got = found[["currency", "n", "n_labels", "net_cost_amount"]].to_numpy().tolist()
    assert got == [["GBP", 1, 0, 9.0], ["USD", 0, 1, 5.0]]
    assert found["mean_cost_amount"].isna().tolist() == [False, True]


def test_a_gap_never_crosses_currencies(table, engine):
    frame = table(
        return_id=["1", "2"], refund_amount=[10.0, 8.0], refund_currency=["GBP", "EUR"],
        refund_estimated_amount=[12.0, 10.0], refund_estimated_currency=["USD", "EUR"],
    )  # fmt: skip
    found = metrics.refund_gap(engine(frame))
    assert found[["currency", "n", "gap_amount"]].to_numpy().tolist() == [["EUR", 1, 2.0]]
    assert found.attrs["n_other_currency"] == 1


def test_nothing_known_is_told(table, engine):
    frame = table(
        return_id=["1"], status=["RETURN_REQUESTED"], refund_estimated_amount=[None],
        refund_estimated_currency=[None],
    ).assign(respond_by=pd.to_datetime([None], utc=True).astype("datetime64[us, UTC]"))  # fmt: skip
    found = metrics.exposure(engine(frame), as_of=NOW)
    assert found[["currency", "deadline", "n"]].to_numpy().tolist() == [[NONE, "none", 1]]
    assert found["at_stake_amount"].isna().all()


def test_a_status_of_tomorrow_waits_and_needs_no_movement():
    returns = pd.DataFrame({"return_id": ["1"], "refund_status": ["ON_ITS_WAY"]})
    movements = pd.DataFrame({
        "record": ["return"], "record_id": ["2"], "status": ["ON_ITS_WAY"],
        "requested_amount": [5.0], "requested_currency": ["EUR"],
        "created_at": pd.to_datetime(["2026-03-01"], utc=True),
    })  # fmt: skip
    found = metrics.pending_and_failed(returns, movements=movements, as_of=NOW)
    assert found[["currency", "refund_status", "n"]].to_numpy().tolist() == [
        [NONE, "ON_ITS_WAY", 1]
    ]
    assert found[["total_amount", "oldest_days"]].isna().all(axis=None)


RATES = pd.DataFrame({"date": ["2026-02-01"], "currency": ["GBP"], "rate": [1.25]})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda f: metrics.refund_amount(f, quantiles=[90]), "0.9"),
        (lambda f: metrics.refund_gap(f.drop(columns="refund_estimated_amount")), "refund_est"),
        (metrics.refund_lines, "refund_lines"),
        (lambda f: metrics.net_cost(f[["return_id", "reason"]]), "details"),
        (lambda f: metrics.pending_and_failed(f, movements=f), "details"),
        (metrics.exposure, "respond_by"),
        (lambda f: metrics.in_currency(f, RATES, to="EUR"), "no rate from USD to EUR for row"),
        (lambda f: metrics.in_currency(f, RATES.assign(rate=0.0), to="EUR"), "above zero"),
        (lambda f: metrics.in_currency(f, RATES[["date"]], to="EUR"), "currency and rate"),
        (lambda f: metrics.in_currency(f, RATES, to="EUR", date="reason"), "time zone"),
    ],
)
def test_wrong_questions_say_what_would_be_right(returns, call, says):
    frame = returns[returns["refund_currency"] == "USD"]
    with pytest.raises(InputError) as caught:
        call(frame)
    assert says in str(caught.value)


def test_a_rate_later_than_the_record_does_not_count(table):
    frame = table(
        return_id=["1"], refund_amount=[8.0], refund_currency=["GBP"],
        created_at=["2026-01-31T23:59:59Z"],
    )  # fmt: skip
    with pytest.raises(InputError, match="row 0 \\(refund_amount 8 GBP\\)"):
        metrics.in_currency(frame, RATES, to="EUR")
    frame["created_at"] += pd.Timedelta(seconds=1)
    assert metrics.in_currency(frame, RATES, to="EUR")["refund_amount"].tolist() == [10.0]
