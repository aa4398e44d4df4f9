"""What the pictures of money show are the numbers of the metrics, each currency by itself."""

import numpy as np
import pandas as pd
import pytest

from postorder_nb import metrics, plots


def codes(ax):
    """The panels by their currency."""
    return {panel.get_title(loc="left")[:3]: panel for panel in ax.child_axes}


def test_currencies_never_share_an_axis(returns):
    ax = plots.refund_amount(returns, freq="week")
    expected = metrics.refund_amount(returns, freq="week").groupby("currency")["total_amount"]
    panels = {panel.get_ylabel(): panel for panel in ax.child_axes}
    assert set(panels) == {"USD", "EUR", "JPY"}
    for currency, panel in panels.items():
        heights = [bar.get_height() for bar in panel.patches]
        assert heights == list(expected.get_group(currency))
    assert len({panel.get_xlim() for panel in ax.child_axes}) == 1
    assert "records name no currency" in ax.get_title(loc="left")


def test_refunds_without_groups_are_shares_with_amounts_beside(returns, read):
    options = {"quantiles": [0.25, 0.999]}
    ax, expected = (
        plots.refund_amount(returns, **options),
        metrics.refund_amount(returns, **options),
    )
    drawn = [share for ((_, share),) in read.rows(ax)]
    assert sorted(drawn) == sorted(expected["refunded_share"])
    usd = expected.set_index("currency").loc["USD"]
    said = " ".join(read.beside(ax))
    assert f"total {usd['total_amount']:,.2f}" in said
    assert f"p25 {usd['p25_amount']:,.2f}, p99.9 {usd['p99.9_amount']:,.2f}" in said
    assert ax.get_xlim() == (0, 1)


def test_groups_of_refunds_are_the_totals_largest_first(snap, read):
    ax = plots.refund_amount(snap["returns"], by="item_title")
    expected = metrics.refund_amount(snap["returns"], by="item_title")
    for code, panel in codes(ax).items():
        own = expected.loc[expected["currency"] == code, "total_amount"]
        assert read.rows(panel) == [[(0, t)] for t in own.nlargest(len(panel.get_yticks()))]


def test_the_gap_leads_from_what_was_expected_to_what_was_refunded(snap, read):
    ax, expected = plots.refund_gap(snap["returns"]), metrics.refund_gap(snap["returns"])
    assert len(ax.child_axes) == len(expected)
    for row in expected.itertuples():
        panel = codes(ax)[row.currency]
        due, paid, more = row.expected_amount, row.refund_amount, row.buyer_gap_amount
        spans = [(0, due), (due, paid), (0, paid), (paid, paid + more)]
        drawn = [span for (span,) in read.rows(panel)]
        np.testing.assert_allclose(drawn, spans[: len(drawn)])
        assert len(drawn) == (4 if row.n_buyer else 3)
        assert f"{row.n_below} of {row.n} below" in panel.get_title(loc="left")


def test_gaps_of_groups_are_shares_with_intervals(snap, read):
    table = snap["returns"]
    ax = plots.refund_gap(table, by="reason_type")
    expected = metrics.refund_gap(table, by="reason_type")
    for code, panel in codes(ax).items():
        own = expected[expected["currency"] == code]
        own = own.sort_values("below_share", ascending=False)
        shares = [x for x, _ in read.points(panel, "o")]
        np.testing.assert_allclose(shares, own["below_share"])
        ends = sorted(read.intervals(panel))
        np.testing.assert_allclose(
            ends, sorted(zip(own["below_share_low"], own["below_share_high"], strict=True))
        )


def test_lines_of_refunds_have_a_panel_a_stage(snap, read):
    ax, expected = (
        plots.refund_lines(snap["refund_lines"]),
        metrics.refund_lines(snap["refund_lines"]),
    )
    groups = expected.groupby(["currency", "stage"])
    for panel in ax.child_axes:
        code, stage = panel.get_title(loc="left").split(":")[0].split(" \N{MIDDLE DOT} ")
        own = groups.get_group((code, stage.lower()))
        assert read.rows(panel) == [[(0, 0 if pd.isna(s) else s)] for s in own["share"]]
    left = groups.ngroups - len(ax.child_axes)
    assert ("not shown" in ax.get_title(loc="left")) == (left > 0)


def test_the_net_cost_is_where_the_waterfall_ends(snap, read):
    ax, expected = plots.net_cost(snap["returns"]), metrics.net_cost(snap["returns"])
    known = expected[expected["currency"] != "(not given)"]
    assert set(codes(ax)) == set(known["currency"])
    for row in known.itertuples():
        panel = codes(ax)[row.currency]
        labels = read.labels(panel)
        drawn = dict(zip(labels, (span for (span,) in read.rows(panel)), strict=True))
        assert drawn["Refunds"] == (0, row.refund_amount)
        width = {name: end - start for name, (start, end) in drawn.items()}
        assert width.get("Return labels", 0) == pytest.approx(row.label_amount)
        assert abs(width.get("Fee credits", 0)) == pytest.approx(row.fee_credit_amount)
        assert drawn["Net cost"] == (0, pytest.approx(row.net_cost_amount))
        assert drawn[labels[-2]][1] == pytest.approx(row.net_cost_amount)


def test_costs_and_credits_of_a_period_lie_on_two_sides_of_zero(snap, read):
    options = {"freq": "month"}
    ax = plots.net_cost(snap["returns"], **options)
    expected = metrics.net_cost(snap["returns"], **options)
    for panel in ax.child_axes:
        own = expected[expected["currency"] == panel.get_ylabel()[:3]]
        drawn = read.columns(panel)
        highs = [max(max(span) for span in spans) for spans in drawn]
        lows = [min(min(span) for span in spans) for spans in drawn]
        np.testing.assert_allclose(highs, own["refund_amount"] + own["label_amount"])
        np.testing.assert_allclose(lows, -own["fee_credit_amount"] - own["donation_amount"])
        diamonds = [line.get_ydata() for line in panel.get_lines() if line.get_marker() == "D"]
        np.testing.assert_allclose(diamonds[0], own["net_cost_amount"])


def test_refunds_not_arrived_show_amounts_or_counts(snap, read):
    table, moved = snap["unpaid_returns"], snap["unpaid_movements"]
    ax = plots.pending_and_failed(table, movements=moved)
    expected = metrics.pending_and_failed(table, movements=moved)
    assert len(ax.child_axes) == expected["currency"].nunique()
    for panel in ax.child_axes:
        code = panel.get_title(loc="left").split(":")[0]
        own = expected[expected["currency"] == code]
        value = "n" if code == "(not given)" else "total_amount"
        drawn = [end for ((_, end),) in read.rows(panel)]
        assert drawn == sorted(own[value], reverse=True)
    assert "$new$" in " ".join(label for panel in ax.child_axes for label in read.labels(panel))


def test_exposure_has_all_deadlines_in_their_order(snap, read):
    ax, expected = plots.exposure(snap["returns"]), metrics.exposure(snap["returns"])
    assert "As of 2026-03-10 12:00 UTC" in ax.get_title(loc="left")
    names = ["Overdue", "Today", "Within 3 days", "Within 7 days", "Later", "No deadline"]
    order = ["overdue", "today", "3_days", "7_days", "later", "none"]
    for code, panel in codes(ax).items():
        if code == "(no":
            continue
        own = expected[expected["currency"] == code].set_index("deadline")["at_stake_amount"]
        assert read.labels(panel) == names
        assert read.rows(panel) == [[(0, own.get(deadline, 0))] for deadline in order]


def test_exposure_of_groups_is_cut_into_deadlines(snap, read):
    ax = plots.exposure(snap["returns"], by="marketplace")
    expected = metrics.exposure(snap["returns"], by="marketplace")
    sums = expected.groupby(["currency", "marketplace"])["at_stake_amount"].sum()
    for code, panel in codes(ax).items():
        if code != "(no":
            ends = [max(end for _, end in spans) for spans in read.rows(panel)]
            np.testing.assert_allclose(ends, sorted(sums[code], reverse=True))


def test_amounts_without_a_currency_are_left_out_and_said():
    table = pd.DataFrame({
        "return_id": ["1", "2"], "refund_amount": [5.0, 7.0], "refund_currency": ["EUR", None],
    })  # fmt: skip
    ax = plots.net_cost(table)
    assert list(codes(ax)) == ["EUR"]
    assert "1 that name no currency left out" in ax.get_title(loc="left").replace("\n", " ")
