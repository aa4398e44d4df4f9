"""What the pictures of items, buyers, countries and rates show are the numbers of the metrics."""

import numpy as np
import pandas as pd
import pytest

from postorder_nb import metrics, plots


@pytest.mark.parametrize("name", ["items", "buyers", "countries"])
def test_rankings_show_the_estimate_and_the_plain_rate(snap, read, name):
    options = {} if name == "buyers" else {"orders": snap["orders"]}
    ax = getattr(plots, name)(snap["returns"], **options)
    expected = getattr(metrics, name)(snap["returns"], **options)
    shown = expected.head(15)
    assert len(ax.get_yticks()) == len(shown)
    estimates = [(rate, i - 0.17) for i, rate in enumerate(shown["rate_shrunk"])]
    np.testing.assert_allclose(read.points(ax, "o"), estimates)
    np.testing.assert_allclose([x for x, _ in read.points(ax, "D")], shown["rate"])
    bounds = [
        pair
        for rate in ("rate_shrunk", "rate")
        for pair in zip(shown[f"{rate}_low"], shown[f"{rate}_high"], strict=True)
    ]
    np.testing.assert_allclose(read.intervals(ax), bounds, atol=1e-12)
    first = shown.iloc[0]
    assert read.beside(ax)[0].endswith(f"({first['n_event']:,} of {first['n']:,})")
    left = len(expected) - len(shown)
    assert (f"not shown: {left:,}" in ax.get_xlabel().replace("\n", " ")) == (left > 0)


def test_items_of_one_title_are_told_apart_by_their_ids(read):
    table = pd.DataFrame({
        "return_id": list("1234"), "item_id": ["11", "22", "33", "33"],
        "item_title": ["Vase", "Vase", "  ", "  "], "reason_type": ["SNAD"] * 4,
    })  # fmt: skip
    assert set(read.labels(plots.items(table))) == {"11 Vase", "22 Vase", "33"}


def test_the_busiest_are_compared_with_an_even_spread(read):
    buyers = ["ann"] * 10 + [f"b{i}" for i in range(90)]
    table = pd.DataFrame({"return_id": [str(i) for i in range(100)], "buyer": buyers})
    ax, expected = plots.concentration(table), metrics.concentration(table).iloc[0]
    shares = [expected[f"top_{top}_share"] for top in (1, 5, 10)]
    assert read.rows(ax) == [[(0, share)] for share in (*shares, expected["repeat_share"])]
    # One, five and ten of 91 buyers, and ann has ten of the hundred returns.
    assert shares == [0.1, 0.14, 0.19]
    even = [x for x, row in read.points(ax, "|") if row < 3 and not np.isnan(x)]
    np.testing.assert_allclose(even, [1 / 91, 5 / 91, 10 / 91])
    assert f"{expected['gini']:.2f}" in ax.get_title(loc="left")


@pytest.mark.parametrize(
    ("name", "hits"), [("return_rate", "n_returned"), ("inquiry_rate", "n_reported")]
)
def test_rates_of_groups_are_points_highest_first(snap, read, name, hits):
    table = snap["returns" if name == "return_rate" else "inquiries"]
    options = {"orders": snap["orders"], "by": "marketplace"}
    ax = getattr(plots, name)(table, **options)
    expected = getattr(metrics, name)(table, **options).sort_values("rate", ascending=False)
    rates = [x for x, _ in read.points(ax, "o")]
    np.testing.assert_allclose(rates, expected["rate"])
    bounds = [*zip(expected["rate_low"], expected["rate_high"], strict=True)]
    np.testing.assert_allclose(read.intervals(ax), bounds)
    (dashed,) = {line.get_xdata()[0] for line in ax.get_lines() if line.get_linestyle() == "--"}
    assert dashed == expected[hits].sum() / expected["n"].sum()


def test_a_rate_over_time_breaks_where_no_order_was_placed(snap, read):
    orders = snap["orders"]
    week = orders["placed_at"].dt.strftime("%G-%V")
    gap = orders[week != week.sort_values().iloc[len(week) // 2]]
    ax = plots.return_rate(snap["returns"], orders=gap, freq="week")
    expected = metrics.return_rate(snap["returns"], orders=gap, freq="week")
    (line,) = [line for line in ax.get_lines() if line.get_label() == "each week"]
    drawn = np.asarray(line.get_ydata(), dtype="float64")
    assert np.isnan(drawn).sum() == 1
    np.testing.assert_allclose(drawn[~np.isnan(drawn)], expected["rate"])


def test_an_axis_over_time_is_not_flattened_by_a_period_of_few(returns):
    week = pd.DataFrame({
        "return_id": [str(i) for i in range(601)],
        "buyer": [f"b{i}" for i in range(601)],
        "created_at": pd.to_datetime(["2026-01-05"] + ["2026-01-12", "2026-01-19"] * 300, utc=True),
    })  # fmt: skip
    ax = plots.concentration(week, freq="week")
    highs = metrics.concentration(week, freq="week")["repeat_share_high"]
    assert highs.iloc[0] > 0.7
    assert highs.iloc[1] < ax.get_ylim()[1] < 0.1


@pytest.mark.parametrize(
    ("freq", "names"),
    [
        ("day", ["2026-02-28", "2026-03-01"]),
        ("week", ["2026-02-23"]),
        ("month", ["2026-02", "2026-03"]),
        ("quarter", ["2026 Q1"]),
        ("year", ["2026"]),
    ],
)
def test_few_periods_are_named_each(freq, names):
    opened = pd.to_datetime(["2026-02-28", "2026-03-01"], utc=True)
    ax = plots.counts(pd.DataFrame({"return_id": ["1", "2"], "created_at": opened}), freq=freq)
    ax.figure.draw_without_rendering()
    assert [t.get_text() for t in ax.get_xticklabels()] == names


def test_many_groups_are_cut_and_said(returns):
    one = returns.assign(buyer=returns["return_id"])
    ax = plots.concentration(one, by="buyer", of="return_id")
    assert len(ax.get_yticks()) == 15
    assert "smaller groups not shown: 285" in ax.get_xlabel().replace("\n", " ")
    panels = plots.counts(one, by="buyer", freq="month")
    assert len(panels.child_axes) == 6
    assert "smaller groups not shown: 294" in panels.get_title(loc="left").lower()


def test_what_is_left_out_is_said(returns):
    holes = returns.assign(created_at=returns["created_at"].where(returns.index % 10 > 0))
    ax = plots.counts(holes, freq="month", min_n=40)
    says = ax.get_title(loc="left").replace("\n", " ")
    assert "30 without a date left out; groups of fewer than 40 left out: " in says
    assert "without a date" in plots.describe(ax)


def test_names_are_cut_before_what_is_told_of_them(returns):
    wide = returns.assign(seller="W" * 200)
    ax = plots.counts(wide, by="seller", freq="month")
    assert ax.child_axes[0].get_title(loc="left").endswith(": n = 300")
    (label,) = [t.get_text() for t in plots.reasons(wide, by="seller").get_yticklabels()]
    assert label.endswith("(n = 300)")
    assert max(map(len, label.split("\n"))) < 32
