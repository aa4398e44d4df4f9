"""The pictures of durations, deadlines, states and cohorts show their metric's numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from postorder_nb import metrics, plots

DAY = pd.Timestamp("2026-03-02", tz="UTC")


@pytest.fixture(scope="module")
def spells() -> pd.DataFrame:
    """Ten returns: eight closed after 1 to 8 days, two open since twenty."""
    closed = [DAY + pd.Timedelta(days=d) for d in range(1, 9)]
    return pd.DataFrame(
        {
            "return_id": list("abcdefghij"),
            "created_at": [DAY] * 10,
            "closed_at": pd.Series([*closed, None, None], dtype=pd.DatetimeTZDtype("us", "UTC")),
            "kind": ["x", "y"] * 5,
        }
    )


def drawn(ax) -> list[str]:
    return [text.get_text() for text in ax.figure.findobj(Text) if text.get_text()]


def test_the_curve_is_the_metrics_with_its_band_and_median(spells):
    now = DAY + pd.Timedelta(days=20)
    ax = plots.close_days(spells, as_of=now)
    curve = metrics.close_days(spells, as_of=now, curve=True)
    steps = next(line for line in ax.get_lines() if line.get_drawstyle() == "steps-post")
    shown = int((curve["days"] <= ax.get_xlim()[1]).sum())
    assert shown == 6  # the last event while five are left, then two per cent more
    np.testing.assert_allclose(steps.get_xdata()[1 : shown + 1], curve["days"][:shown])
    np.testing.assert_allclose(steps.get_ydata()[1 : shown + 1], curve["share"][:shown])
    corners = ax.collections[0].get_paths()[0].vertices
    assert set(np.round(curve["share_low"][:shown], 9)) <= set(np.round(corners[:, 1], 9))
    assert set(np.round(curve["share_high"][:shown], 9)) <= set(np.round(corners[:, 1], 9))
    median = next(line for line in ax.get_lines() if line.get_marker() == "o")
    assert (median.get_xdata()[0], median.get_ydata()[0]) == (5.0, 0.5)
    assert "half within 5.0 days" in " ".join(drawn(ax))
    assert "8 closed, 0 ended otherwise, 2 still open" in ax.get_title(loc="left")


def test_the_numbers_below_are_those_not_ended_by_then(spells):
    ax = plots.close_days(spells, as_of=DAY + pd.Timedelta(days=20))
    below = {text.xy[0]: text.get_text() for text in ax.texts if hasattr(text, "xy")}
    assert {day: int(n) for day, n in below.items()} == {
        day: 10 - max(0, int(np.ceil(day)) - 1) for day in ax.get_xticks()
    }


def test_few_groups_are_curves_named_at_their_end_and_many_are_rows(spells):
    few = plots.close_days(spells, by="kind", as_of=DAY + pd.Timedelta(days=20))
    assert sum(line.get_drawstyle() == "steps-post" for line in few.get_lines()) == 2
    styles = {line.get_linestyle() for line in few.get_lines() if "post" in line.get_drawstyle()}
    assert len(styles) == 2
    many = plots.close_days(spells, by="return_id", as_of=DAY + pd.Timedelta(days=20))
    points = next(line for line in many.get_lines() if line.get_marker() == "o")
    assert list(points.get_xdata()) == [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    assert sum("not reached" in text for text in drawn(many)) == 2


def test_a_median_that_is_not_reached_is_said_over_time(spells):
    now = DAY + pd.Timedelta(days=20)
    late = spells.assign(created_at=[DAY] * 8 + [DAY + pd.Timedelta(days=7)] * 2)
    ax = plots.close_days(late, freq="week", as_of=now)
    marks = {line.get_label(): line for line in ax.get_lines()}
    assert list(marks["half within"].get_ydata())[:1] == [4.0]
    assert len(marks["half not reached"].get_xdata()) == 1


def test_all_open_is_drawn_and_said(spells):
    ax = plots.close_days(spells.tail(2), as_of=DAY + pd.Timedelta(days=20))
    assert "half of them: not reached" in plots.describe(ax)
    assert "0 of 2 so far" in plots.describe(ax)


def test_the_queue_counts_each_record_once_and_keeps_currencies_apart(snap):
    names = ("returns", "inquiries", "cancellations", "cases")
    records = {name: snap[name] for name in names}
    queue = metrics.deadlines(records)
    ax = plots.deadlines(records)
    days, urgent = ax.child_axes
    assert sum(bar.get_width() for bar in days.patches) == len(queue)
    ends = [line.get_xdata()[0] for line in urgent.get_lines() if line.get_marker() in {"o", "X"}]
    assert ends == list(queue["days_left"].head(12))
    said = " ".join(drawn(ax))
    for currency, part in queue.groupby("at_stake_currency"):
        total = part["at_stake_amount"].sum()
        assert f"{total:,.2f} {currency}" in said.replace("\n", " ")


def test_bars_of_states_are_shares_and_all_moves_are_shown_or_counted(snap):
    history = snap["history"][snap["history"]["record"] == "cancellation"]
    rows = metrics.stage_flow(history)
    moves = rows[rows["share"].notna()]
    (panel,) = plots.stage_flow(history).child_axes
    assert sorted(bar.get_width() for bar in panel.patches) == sorted(moves["share"])
    assert f"{moves['n'].sum():,} moves" in panel.get_title(loc="left")


def test_the_triangle_leaves_what_is_not_reached_without_a_number(spells):
    now = DAY + pd.Timedelta(days=15)
    rows = metrics.cohorts(spells, event="closed", ages=3, as_of=now)
    ax = plots.cohorts(spells, event="closed", ages=3, as_of=now)
    cells = [text.get_text() for text in ax.texts]
    known = rows["rate"].dropna()
    assert [cell for cell in cells if "%" in cell] == [f"{rate * 100:.1f} %" for rate in known]
    hatched = [cell for cell in ax.patches if cell.get_hatch()]
    assert len(hatched) == rows["rate"].isna().sum() == 2


def test_late_steps_are_points_with_their_interval(snap):
    rows = metrics.late_share(snap["returns"], history=snap["history"])
    rows = rows[rows["n"] > 0]
    ax = plots.late_share(snap["returns"], history=snap["history"])
    points = next(line for line in ax.get_lines() if line.get_marker() == "o")
    assert list(points.get_xdata()) == sorted(rows["late_share"], reverse=True)
