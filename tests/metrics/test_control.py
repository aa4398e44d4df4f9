"""Watching: limits against SciPy's distributions, periods and spans against plain loops."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, poisson
from statsmodels.stats.multitest import multipletests

from postorder_nb.errors import InputError
from postorder_nb.metrics import alerts, control_chart
from postorder_nb.metrics.control import THREE_SIGMA
from postorder_nb.metrics.intervals import rates_p, shares_p

TAIL = (1 - THREE_SIGMA) / 2


def monday(moment):
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def weeks_between(first, last):
    count = (last - first) // timedelta(days=7)
    return [first + timedelta(days=7 * i) for i in range(count + 1)]


def limits(law, hits):
    """Least and greatest count that are not beyond chance, by looking at all of them."""
    counts = np.arange(300)
    lower = counts[law.cdf(counts) >= TAIL].min()
    upper = counts[law.sf(counts) <= TAIL].min()
    return lower, upper, "below" if hits < lower else "above" if hits > upper else "no"


@pytest.mark.parametrize("seed", range(50))
def test_a_chart_of_counts_and_one_of_shares(shop, seed):
    shop = shop(seed)
    records = shop.truth["returns"]
    first, last = (f(monday(r.created_at) for r in records) for f in (min, max))
    weeks = weeks_between(first, last)
    whole = [w for w in weeks if w + timedelta(days=7) <= shop.now]
    n = Counter(monday(r.created_at) for r in records)
    snad = Counter(monday(r.created_at) for r in records if r.reason_type == "SNAD")

    chart = control_chart(shop.frames["returns"], as_of=shop.now)
    assert chart["period"].tolist() == weeks
    assert chart["n_hit"].tolist() == [n[w] for w in weeks]
    assert chart["complete"].tolist() == [w in whole for w in weeks]
    centre = sum(n[w] for w in whole) / (7 * len(whole))
    assert chart["centre"].to_numpy() == pytest.approx(centre)
    for row in chart.head(len(whole)).to_dict("records"):
        lower, upper, outside = limits(poisson(7 * centre), n[row["period"]])
        assert (row["rate_lower"], row["rate_upper"]) == pytest.approx((lower / 7, upper / 7))
        assert row["outside"] == outside

    chart = control_chart(
        shop.frames["returns"], column="reason_type", values="SNAD", as_of=shop.now
    )
    centre = sum(snad[w] for w in whole) / sum(n[w] for w in whole)
    for row in chart.to_dict("records"):
        size, hits = n[row["period"]], snad[row["period"]]
        assert (row["n"], row["n_hit"]) == (size, hits)
        if size:
            lower, upper, outside = limits(binom(size, centre), hits)
            assert row["rate_lower"] == pytest.approx(lower / size)
            assert row["rate_upper"] == pytest.approx(upper / size)
            assert row["outside"] == outside
        else:
            assert np.isnan([row["rate"], row["rate_lower"]]).all()


def test_a_chart_per_order(shop):
    shop = shop(11)
    chart = control_chart(shop.frames["returns"], orders=shop.orders, freq="month")
    placed = Counter((o.placed_at.year, o.placed_at.month) for o in shop.placed)
    opened = Counter((r.created_at.year, r.created_at.month) for r in shop.truth["returns"])
    for row in chart.to_dict("records"):
        month = (row["period"].year, row["period"].month)
        assert (row["n"], row["n_hit"]) == (placed[month], opened[month])
    assert chart["n"].sum() == len(shop.placed)


def frame_of(counts, start="2026-01-05"):
    weeks = pd.date_range(start, periods=len(counts), freq="7D", tz="UTC")
    moments = weeks.repeat(counts) + pd.Timedelta(hours=1)
    ids = pd.Series(range(len(moments)), dtype="string")
    return pd.DataFrame({"return_id": ids, "created_at": moments.astype("datetime64[us, UTC]")})


END = datetime(2026, 12, 28, tzinfo=UTC)


def test_eight_on_one_side_are_a_run():
    chart = control_chart(frame_of([10, 14, 10, 14] + [13] * 10 + [9] * 9), as_of=END)
    side = np.sign(chart["n_hit"] - 7 * chart["centre"])
    assert side.iloc[3:14].eq(1).all()  # from the fourth week on above
    assert chart["run"].tolist() == [False] * 10 + [True] * 4 + [False] * 7 + [True] * 2
    assert set(chart["outside"]) == {"no"}


def test_weeks_without_records_are_zeros_and_count_for_the_centre():
    chart = control_chart(frame_of([9, 0, 0, 9]), as_of=END)
    assert chart["n_hit"].tolist() == [9, 0, 0, 9]
    assert chart["centre"].iloc[0] == pytest.approx(18 / 28)


def test_the_baseline_fixes_the_centre():
    chart = control_chart(frame_of([10, 10, 60]), baseline=2, as_of=END)
    assert chart["centre"].iloc[0] == pytest.approx(10 / 7)
    assert chart["outside"].tolist() == ["no", "no", "above"]


def test_days_of_a_clock_change_are_one_day_each():
    frame = frame_of([3] * 4, start="2026-03-16")
    chart = control_chart(frame, freq="day", tz="Europe/Berlin", as_of=END)
    assert chart["n"].tolist() == [1.0] * 22
    assert chart["n_hit"].sum() == 12
    assert chart["period"].dt.strftime("%H:%M").eq("00:00").all()


def test_charts_refuse_half_a_question():
    frame = frame_of([1, 2])
    for wrong in ({"column": "reason"}, {"values": "X"}, {"baseline": 0}, {"confidence": 1.0}):
        with pytest.raises(InputError):
            control_chart(frame, **wrong)
    with pytest.raises(InputError, match="no column 'colour'"):
        control_chart(frame, column="colour", values="red")


def test_charts_and_alerts_of_nothing_or_one(shop, engine):
    frame = frame_of([1])
    assert control_chart(engine(frame.head(0))).empty
    assert alerts(engine(frame.head(0))).empty
    one = control_chart(engine(frame), as_of=END)
    assert one[["n_hit", "outside", "run"]].to_numpy().tolist() == [[1, "no", False]]
    assert alerts(engine(frame), as_of=END).empty
    none = control_chart(engine(frame.assign(reason="A")), column="reason", values=[], as_of=END)
    assert none[["rate", "rate_lower", "rate_upper"]].to_numpy().tolist() == [[0.0, 0.0, 0.0]]


COLUMNS = {"item_id": "volume", "reason": "share", "marketplace": "share", "requestor": "share"}


def looks(shop, name, now):
    """Everything there is to look at in one table: (count, exposure) of both spans."""
    since = now - timedelta(days=7)
    frame, records = shop.frames[name], shop.truth[name]
    start = max(since - timedelta(weeks=8), min(r.created_at for r in records))
    spans = [
        1 if since < r.created_at <= now else 2 if start <= r.created_at <= since else 0
        for r in records
    ]
    weeks = (since - start) / timedelta(weeks=1)
    found = {("volume", "", ""): (spans.count(1), 1.0, spans.count(2), weeks)}
    for column, kind in COLUMNS.items():
        if column not in frame:
            continue
        values = ["(not given)" if pd.isna(v) else str(v) for v in frame[column]]
        pairs = Counter(zip(values, spans, strict=True))
        sizes = (1.0, weeks) if kind == "volume" else (spans.count(1), spans.count(2))
        for value in {v for v, span in pairs if span}:
            k, k0 = pairs[value, 1], pairs[value, 2]
            found[kind, column, value] = (k, sizes[0], k0, sizes[1])
    return found


@pytest.mark.parametrize("seed", range(0, 50, 5))
def test_alerts_look_at_everything_once(shop, seed):
    shop = shop(seed)
    told = {name: shop.frames[name] for name in ("returns", "cancellations")}
    found = alerts(told, as_of=shop.now, level=None)
    expected = {
        (name, *key): value for name in told for key, value in looks(shop, name, shop.now).items()
    }
    rows = {
        (row["table"], row["metric"], row["column"], row["value"]): row
        for row in found.to_dict("records")
    }
    assert rows.keys() == expected.keys()
    p = []
    for key, (k, n, k0, n0) in expected.items():
        row = rows[key]
        assert (row["n"], row["before_n"]) == (k, k0)
        if n and n0:
            assert (row["now"], row["before"]) == pytest.approx((k / n, k0 / n0))
            assert row["change_low"] <= row["change"] <= row["change_high"]
        test = shares_p if key[1] == "share" else rates_p
        p.append(float(test(k, n, k0, n0)))
        assert row["p_single"] == pytest.approx(p[-1], nan_ok=True)
    tested = [value for value in p if not np.isnan(value)]
    corrected = iter(multipletests(tested, method="fdr_bh")[1])
    for key, single in zip(expected, p, strict=True):
        if not np.isnan(single):
            assert rows[key]["p"] == pytest.approx(next(corrected))
    assert found.attrs["n_looked"] == len(tested)


def test_an_alert_says_what_happened(shop, table):
    frame = frame_of([6] * 8 + [6])
    frame["reason"] = ["WRONG_SIZE"] * 40 + ["DEFECTIVE_ITEM"] * 14
    frame["item_id"] = "1"
    end = pd.Timestamp("2026-03-09", tz="UTC")
    found = alerts(frame, as_of=end)
    assert found["metric"].tolist() == ["share", "share"]
    assert found["sentence"].tolist()[0].startswith("Returns, reason ")
    assert "of the last 7 days' records" in found["sentence"].iloc[0]
    assert (found["p"] <= 0.05).all()
    quiet = alerts(frame_of([6] * 9), as_of=end)
    assert quiet.empty
    assert quiet.attrs["n_looked"] == 1
    with pytest.raises(InputError, match="span"):
        alerts(frame, days=0)


def test_alerts_are_the_same_on_all_engines(shop, engine):
    shop = shop(6)
    frames = {name: shop.frames[name] for name in ("returns", "inquiries")}
    there = {name: engine(frame) for name, frame in frames.items()}
    found = alerts(there, as_of=shop.now, level=None)
    pd.testing.assert_frame_equal(found, alerts(frames, as_of=shop.now, level=None))


def test_false_alarms_are_rare():
    """40 shops in which nothing changes: hardly one in twenty raises any alarm."""
    dice = np.random.default_rng(3)
    alarms = 0
    for _ in range(40):
        counts = dice.poisson(6, 9)
        frame = frame_of(counts)
        frame["reason"] = dice.choice(list("ABCDE"), len(frame))
        alarms += not alerts(frame, as_of=datetime(2026, 3, 9, tzinfo=UTC)).empty
    assert alarms <= 5
