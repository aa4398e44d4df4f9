"""The pictures of escalations, standards, rulings and changes show their metric's numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from postorder_nb import metrics, plots

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")


def test_escalation_over_time_breaks_at_empty_weeks(returns):
    ax = plots.escalation_rate(returns, freq="week")
    rows = metrics.escalation_rate(returns, freq="week")
    line = next(line for line in ax.get_lines() if line.get_marker() == "o").get_ydata()
    assert np.isnan(line).sum() > 0
    np.testing.assert_allclose(line[~np.isnan(line)], rows["rate"])
    overall = next(line for line in ax.get_lines() if line.get_linestyle() == "--")
    assert overall.get_ydata()[0] == rows["escalated"].sum() / rows["n"].sum()


def test_escalation_points_are_sorted_by_rate(returns):
    ax = plots.escalation_rate(returns, by="reason_type")
    points = next(line for line in ax.get_lines() if line.get_marker() == "o")
    rates = metrics.escalation_rate(returns, by="reason_type")["rate"]
    assert list(points.get_xdata()) == sorted(rates, reverse=True)


def test_incidence_by_age_is_the_metrics_with_its_interval(snap):
    given = {"cases": snap["cases"], "days": [3, 7, 30]}
    rows = metrics.escalation_rate(snap["returns"], **given)
    ax = plots.escalation_rate(snap["returns"], **given)
    (line, _, (bars,)) = ax.containers[0]
    np.testing.assert_allclose(line.get_xdata().astype(float), rows["days"])
    np.testing.assert_allclose(line.get_ydata().astype(float), rows["rate"])
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, rows[["rate_low", "rate_high"]])


def test_the_limit_is_drawn_and_the_events_left_are_said():
    called_off = pd.DataFrame(
        {
            "cancel_id": [str(i) for i in range(7)],
            "requestor": "SELLER",
            "reason": "OUT_OF_STOCK_OR_CANNOT_FULFILL",
        }
    )
    cases = pd.DataFrame(
        {"case_id": [], "case_type": [], "status": [], "seller_close_reason": []}, dtype="string"
    )
    given = {"cancellations": called_off, "cases": cases}
    ax = plots.defect_rate(**given, orders=500)
    assert "1.40 %  (7 of 500); 3 more allowed" in [text.get_text() for text in ax.texts]
    limit = next(line for line in ax.get_lines() if line.get_linestyle() == ":")
    assert limit.get_xdata()[0] == 0.02
    assert ax.get_xlim()[1] > 0.02
    over = plots.defect_rate(**given, orders=100)
    assert "5 too many" in plots.describe(over) or "5 too many" in over.texts[0].get_text()
    exact = plots.defect_rate(**given, orders=350)
    assert "none more allowed" in exact.texts[0].get_text()


def test_outcomes_of_cases_are_bars_of_their_shares(snap):
    rows = metrics.case_outcomes(snap["cases"])
    ax = plots.case_outcomes(snap["cases"])
    assert sorted(bar.get_width() for bar in ax.patches) == sorted(rows["share"])
    assert f"Seller at fault in {rows['n_seller_fault'].sum()}" in ax.get_title(loc="left")


def test_appeals_are_two_shares(snap):
    row = metrics.appeals(snap["cases"]).iloc[0]
    first, second = plots.appeals(snap["cases"]).child_axes
    for panel, value in ((first, row["appealed_share"]), (second, row["granted_rate"])):
        point = next(line for line in panel.get_lines() if line.get_marker() == "o")
        assert list(point.get_xdata()) == [value]


@pytest.fixture(scope="module")
def weeks() -> pd.DataFrame:
    """Ten returns a week, then thirty, then one in a week that is not over."""
    counts = [10] * 9 + [30, 1]
    noon = MONDAY + pd.Timedelta(hours=12)
    opened = [noon + pd.Timedelta(weeks=w) for w, n in enumerate(counts) for _ in range(n)]
    ids = [str(i) for i in range(len(opened))]
    return pd.DataFrame({"return_id": ids, "created_at": opened, "reason": "OTHER"})


def test_periods_beyond_chance_have_a_shape_of_their_own(weeks):
    rows = metrics.control_chart(weeks, baseline=9)
    ax = plots.control_chart(weeks, baseline=9)
    shapes = {line.get_marker(): line for line in ax.get_lines() if line.get_marker() != "None"}
    assert list(shapes["^"].get_ydata()) == list(rows.loc[rows["outside"] == "above", "rate"])
    assert len(shapes["^"].get_ydata()) == 1
    joined = [line for line in ax.get_lines() if line.get_drawstyle() == "default"]
    whole = next(line for line in joined if line.get_linestyle() == "-")
    np.testing.assert_allclose(whole.get_ydata(), rows["rate"])
    edges = [line for line in ax.get_lines() if line.get_drawstyle() == "steps-mid"]
    np.testing.assert_allclose(edges[0].get_ydata(), rows["rate_lower"])
    np.testing.assert_allclose(edges[1].get_ydata(), rows["rate_upper"])
    assert "1 of 11 weeks beyond the limits of chance" in ax.get_title(loc="left")


def test_alerts_are_drawn_before_and_now_with_the_interval_of_the_change(weeks):
    end = MONDAY + pd.Timedelta(weeks=10)
    rows = metrics.alerts(weeks, as_of=end)
    assert len(rows) == 1
    (panel,) = plots.alerts(weeks, as_of=end).child_axes
    hollow, full = [line for line in panel.get_lines() if line.get_marker() == "o"]
    assert (hollow.get_fillstyle(), list(hollow.get_xdata())) == ("none", list(rows["before"]))
    assert list(full.get_xdata()) == list(rows["now"])
    (segment,) = panel.collections[0].get_segments()
    bounds = rows["before"] + rows["change_low"], rows["before"] + rows["change_high"]
    np.testing.assert_allclose(segment[:, 0], [bounds[0][0], bounds[1][0]])
    assert rows["sentence"][0][:60] in panel.texts[0].get_text()


def test_calm_is_said_with_how_many_were_looked_at(weeks):
    quiet = weeks[weeks["created_at"] < MONDAY + pd.Timedelta(weeks=9)]
    ax = plots.alerts(quiet, as_of=MONDAY + pd.Timedelta(weeks=9))
    looked = metrics.alerts(quiet, as_of=MONDAY + pd.Timedelta(weeks=9)).attrs["n_looked"]
    assert f"n = {looked} looked at" in ax.get_title(loc="left")
    assert "nothing has changed beyond chance" in plots.describe(ax)
