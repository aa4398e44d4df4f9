"""What the pictures of counts, reasons and outcomes show are the numbers of the metrics."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from postorder_nb import metrics, plots
from postorder_nb.display import PALETTE


@pytest.mark.parametrize("freq", [None, "week"])
def test_counts_are_stacked_of_closed_and_open_records(snap, read, freq):
    by = None if freq else "marketplace"
    expected = metrics.counts(snap["returns"], by=by, freq=freq)
    ax = plots.counts(snap["returns"], by=by, freq=freq)
    if not freq:
        expected = expected.sort_values("n", ascending=False, kind="stable")
    drawn = read.columns(ax) if freq else read.rows(ax)
    closed = expected["n"] - expected["n_open"]
    assert drawn == [
        [(0, c), (c, n)] for c, n in zip(closed, expected["n"], strict=True)
    ]  # fmt: skip
    bounds = [*zip(expected["n_low"], expected["n_high"], strict=True)]
    np.testing.assert_allclose(read.intervals(ax, 1 if freq else 0), bounds)
    assert expected["n_open"].sum() > 0
    names = [t.get_text() for t in ax.get_legend().get_texts()]
    assert names == ["closed", "still open"]


def test_counts_without_an_end_are_one_bar(snap, read):
    bare = snap["returns"][["return_id", "created_at"]]
    ax = plots.counts(bare)
    assert read.rows(ax) == [[(0, len(bare))]]
    assert ax.get_legend() is None


def test_bars_of_reasons_are_the_shares_with_their_intervals(returns, read):
    ax, expected = plots.reasons(returns), metrics.reasons(returns)
    assert read.rows(ax) == [[(0, share)] for share in expected["share"]]
    bounds = [*zip(expected["share_low"], expected["share_high"], strict=True)]
    np.testing.assert_allclose(read.intervals(ax), bounds)
    labels = read.labels(ax)
    assert labels[:2] == ["Wrong size", "Defective item"]
    assert "\N{WHITE SQUARE}\N{WHITE SQUARE}" in labels
    bars = {round(b.get_y() + b.get_height() / 2): b for b in ax.patches}
    wrong, defective = bars[0], bars[1]
    assert mpl.colors.to_hex(defective.get_facecolor()) == PALETTE["attention"]
    assert mpl.colors.to_hex(wrong.get_facecolor()) == PALETTE["neutral"]
    assert defective.get_hatch() != wrong.get_hatch()


def test_the_line_of_reasons_adds_the_shares_up(returns, read):
    expected = metrics.reasons(returns)
    running = read.points(plots.reasons(returns), ".")
    np.testing.assert_allclose(running, [(s, i) for i, s in enumerate(expected["share"].cumsum())])


def test_reasons_by_money_have_a_panel_a_currency(returns, read):
    ax = plots.reasons(returns, measure="money")
    expected = metrics.reasons(returns, measure="money")
    assert len(ax.child_axes) == 3
    for panel in ax.child_axes:
        code = panel.get_title(loc="left")[:3]
        own = expected[expected["currency"] == code]
        assert read.rows(panel) == [[(0, share)] for share in own["share"]]
        assert f"{own['total_amount'].iloc[0]:,.0f}" in read.beside(panel)[0]


@pytest.mark.parametrize("freq", [None, "month"])
def test_stacks_add_up_to_the_whole(returns, read, freq):
    by = None if freq else "reason_type"
    ax = plots.reasons(returns, freq=freq, by=by)
    drawn = read.columns(ax) if freq else read.rows(ax)
    groups = metrics.reasons(returns, freq=freq, by=by).groupby("period" if freq else by)
    assert len(drawn) == groups.ngroups
    for parts in drawn:
        for (_, end), (start, _) in pairwise(parts):
            assert start == pytest.approx(end)
        assert parts[-1][1] == pytest.approx(1)
    if freq:
        first = groups.get_group(min(groups.groups)).set_index("reason")["share"]
        widths = {round(end - start, 9) for start, end in drawn[0]}
        assert round(first["WRONG_SIZE"], 9) in widths


def test_many_reasons_are_folded_and_said(returns):
    many = returns.assign(reason=[f"REASON_{i % 40}" for i in range(len(returns))])
    ax = plots.reasons(many.drop(columns="reason_type"))
    assert len(ax.patches) == 15
    assert "further reasons not shown: 25" in ax.get_xlabel().replace("\n", " ")
    stacked = plots.reasons(many, by="reason_type")
    assert [t.get_text() for t in stacked.get_legend().get_texts()][-1] == "all others"


def test_a_reason_of_two_kinds_is_told_apart(returns, read):
    two = returns.assign(reason="OTHER", reason_type=["SNAD", "REMORSE"] * (len(returns) // 2))
    labels = set(read.labels(plots.reasons(two)))
    assert labels == {"Other: Not as described (SNAD)", "Other: Changed mind (remorse)"}


def test_a_defect_stands_out_among_cancellations(snap, read):
    table = snap["cancellations"]
    ax, expected = plots.cancellation_reasons(table), metrics.cancellation_reasons(table)
    assert read.rows(ax) == [[(0, share)] for share in expected["share"]]
    (place,) = np.flatnonzero(expected["defect"])
    hatches = {round(b.get_y() + 0.35): b.get_hatch() for b in ax.patches}
    assert [i for i, hatch in hatches.items() if hatch == "xx"] == [place]
    defects = expected.loc[expected["defect"], "n"].sum()
    assert f"{defects} of {len(table)}" in ax.get_title(loc="left")


@pytest.mark.parametrize(
    ("name", "table"),
    [("close_reasons", "returns"), ("inquiry_reasons", "inquiries"), ("outcomes", "returns")],
)
def test_ranked_shares_are_those_of_the_metric(snap, read, name, table):
    ax = getattr(plots, name)(snap[table], confidence=0.8)
    expected = getattr(metrics, name)(snap[table], confidence=0.8)
    assert read.rows(ax) == [[(0, share)] for share in expected["share"]]
    bounds = [*zip(expected["share_low"], expected["share_high"], strict=True)]
    np.testing.assert_allclose(read.intervals(ax), bounds)
    assert "80 % interval" in ax.get_xlabel()
    assert read.beside(ax)[0].endswith(f"(n = {expected['n'][0]:,})")


def test_each_outcome_always_looks_the_same(snap):
    table = snap["returns"]
    looks = []
    for part in (table, table[table["closed_at"].isna()]):
        legend = plots.outcomes(part, by="marketplace").get_legend()
        patches = zip(legend.get_texts(), legend.get_patches(), strict=True)
        looks.append({t.get_text(): (p.get_facecolor(), p.get_hatch()) for t, p in patches})
    assert set(looks[1]) < set(looks[0])
    assert all(looks[0][name] == look for name, look in looks[1].items())
    assert len(set(looks[0].values())) == len(looks[0])


def _shifted() -> pd.DataFrame:
    opened = pd.to_datetime(["2026-03-01"] * 100 + ["2026-03-08"] * 100, utc=True)
    before = ["WRONG_SIZE"] * 60 + ["OTHER"] * 10 + ["DEFECTIVE_ITEM"] * 30
    now = ["WRONG_SIZE"] * 20 + ["OTHER"] * 49 + ["DEFECTIVE_ITEM"] * 31
    ids = [str(i) for i in range(200)]
    return pd.DataFrame({"return_id": ids, "created_at": opened, "reason": before + now})


def test_changes_of_reasons_are_marked_where_they_are_beyond_chance(read):
    options = {"days": 7, "until": "2026-03-15"}
    ax = plots.reason_shift(_shifted(), **options)
    expected = metrics.reason_shift(_shifted(), **options)
    expected = expected.sort_values("difference", ascending=False).reset_index(drop=True)
    assert read.labels(ax) == ["Other", "Defective item", "Wrong size"]
    drawn = {mark: read.points(ax, mark) for mark in "^ov"}
    np.testing.assert_allclose(
        [drawn["^"], drawn["o"], drawn["v"]],
        [[(difference, i)] for i, difference in enumerate(expected["difference"])],
    )
    bounds = [*zip(expected["difference_low"], expected["difference_high"], strict=True)]
    np.testing.assert_allclose(read.intervals(ax), bounds)
    assert "Other +39.0 points" in plots.describe(ax)
    assert "2026-03-08 \N{EN DASH} 03-14 against 2026-03-01" in ax.get_title(loc="left")


def test_a_span_without_records_has_no_change_to_show():
    only = _shifted().head(100)
    ax = plots.reason_shift(only, days=7, until="2026-03-15")
    assert "none in both spans" in plots.describe(ax)
