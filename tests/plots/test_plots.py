import importlib
import inspect
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from postorder_nb import metrics, plots
from postorder_nb.display import PALETTE
from postorder_nb.errors import InputError

NAMES = ["reasons", "refund_amount", "escalation_rate"]
GROUPINGS = [
    {},
    {"by": "seller"},
    {"freq": "week"},
    {"freq": "month", "tz": "America/New_York"},
    {"by": "seller", "freq": "week"},
    {"by": ["seller", "reason_type"]},
]


def texts(ax):
    return [t.get_text() for t in ax.figure.findobj(Text) if t.get_text() and t.get_visible()]


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_has_the_arguments_of_its_metric_and_ax(name):
    ours = inspect.signature(getattr(plots, name)).parameters
    theirs = inspect.signature(getattr(metrics, name)).parameters
    assert list(ours) == [*theirs, "ax"]
    assert [p.default for p in ours.values()] == [*(p.default for p in theirs.values()), None]


@pytest.mark.parametrize("grouping", GROUPINGS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_no_font_complains_and_text_is_no_mathematics(returns, name, grouping):
    ax = getattr(plots, name)(returns, **grouping)
    ax.figure.canvas.draw()
    drawn, page = ax.figure.get_tightbbox(), ax.figure.bbox_inches
    assert drawn.x0 > page.x0 - 0.05
    assert drawn.y0 > page.y0 - 0.05
    assert drawn.x1 < page.x1 + 0.05
    assert drawn.y1 < page.y1 + 0.05
    _no_text_from_data_acts(ax, "seller" in str(grouping) or name == "reasons")


def _no_text_from_data_acts(ax, expected):
    with_dollar = [t for t in ax.figure.findobj(Text) if "$" in t.get_text()]
    assert [t for t in with_dollar if t.get_parse_math()] == []
    assert bool(with_dollar) == expected
    assert not any("\x00" in t or "\x1b" in t or "\u202e" in t for t in texts(ax))
    assert "\n" not in plots.describe(ax)


@pytest.mark.parametrize("name", NAMES)
def test_given_axes_are_drawn_on_and_no_figure_is_made(returns, name):
    figure = Figure()
    first, second = figure.subplots(1, 2)
    assert getattr(plots, name)(returns, ax=second) is second
    assert plt.get_fignums() == []
    assert not first.has_data()
    made = getattr(plots, name)(returns)
    assert plt.get_fignums() == [made.figure.number]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("grouping", GROUPINGS, ids=str)
def test_no_records_say_so(returns, name, grouping):
    ax = getattr(plots, name)(returns.head(0), **grouping)
    ax.figure.canvas.draw()
    assert "no records to show" in texts(ax)
    assert "no records to show" in plots.describe(ax)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("grouping", GROUPINGS, ids=str)
def test_one_record(returns, name, grouping):
    ax = getattr(plots, name)(returns.head(1), **grouping)
    ax.figure.canvas.draw()
    assert "n = 1)" in " ".join(texts(ax))


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_argument_is_the_metrics_error(returns, name):
    with pytest.raises(InputError, match="did you mean seller"):
        getattr(plots, name)(returns, by="sellr")
    assert plt.get_fignums() == []


def test_bars_of_reasons_are_the_shares_with_their_intervals(returns):
    ax, expected = plots.reasons(returns), metrics.reasons(returns)
    bars = sorted((round(b.get_y() + b.get_height() / 2), b) for b in ax.patches)
    assert [b.get_width() for _, b in bars] == list(expected["share"])
    low, high = zip(*((s[0][0], s[1][0]) for s in ax.collections[0].get_segments()), strict=True)
    np.testing.assert_allclose(low, expected["share_low"])
    np.testing.assert_allclose(high, expected["share_high"])
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[:2] == ["Wrong size", "Defective item"]
    assert "\N{WHITE SQUARE}\N{WHITE SQUARE}" in labels
    colours = {
        label: mpl.colors.to_hex(b.get_facecolor())
        for label, (_, b) in zip(labels, bars, strict=True)
    }
    hatches = {label: b.get_hatch() for label, (_, b) in zip(labels, bars, strict=True)}
    assert colours["Defective item"] == PALETTE["attention"]
    assert colours["Wrong size"] == PALETTE["neutral"]
    assert hatches["Defective item"] != hatches["Wrong size"]


@pytest.mark.parametrize("freq", [None, "month"])
def test_stacks_add_up_to_the_whole(returns, freq):
    ax = plots.reasons(returns, freq=freq, by=None if freq else "reason_type")
    sums = {}
    for bar in ax.patches:
        at, part = (bar.get_x(), bar.get_height()) if freq else (bar.get_y(), bar.get_width())
        sums[at] = sums.get(at, 0) + part
    assert len(sums) == 3 if not freq else len(sums) >= 3
    assert list(sums.values()) == pytest.approx([1] * len(sums))


def test_many_reasons_are_folded_and_said(returns):
    many = returns.assign(reason=[f"REASON_{i % 40}" for i in range(len(returns))])
    ax = plots.reasons(many.drop(columns="reason_type"))
    assert len(ax.patches) == 15
    assert "rarer reasons not shown: 25" in ax.get_xlabel()
    stacked = plots.reasons(many, by="reason_type")
    assert [t.get_text() for t in stacked.get_legend().get_texts()][-1] == "other reasons"


def test_a_reason_of_two_kinds_is_told_apart(returns):
    two = returns.assign(reason="OTHER", reason_type=["SNAD", "REMORSE"] * (len(returns) // 2))
    ax = plots.reasons(two)
    labels = {t.get_text().replace("\n", " ") for t in ax.get_yticklabels()}
    assert labels == {"Other: Not as described (SNAD)", "Other: Changed mind (remorse)"}


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


def test_refunds_without_groups_are_shares_with_amounts_beside(returns):
    ax, expected = plots.refund_amount(returns), metrics.refund_amount(returns)
    assert sorted(bar.get_width() for bar in ax.patches) == sorted(expected["refunded_share"])
    usd = expected.set_index("currency").loc["USD"]
    assert f"total {usd['total_amount']:,.2f} USD" in " ".join(texts(ax))
    assert ax.get_xlim() == (0, 1)


def test_escalation_over_time_breaks_at_empty_weeks(returns):
    ax, rows = (
        plots.escalation_rate(returns, freq="week"),
        metrics.escalation_rate(returns, freq="week"),
    )
    line = ax.get_lines()[0].get_ydata()
    assert np.isnan(line).sum() > 0
    np.testing.assert_allclose(line[~np.isnan(line)], rows["rate"])
    dashed = ax.get_lines()[1].get_ydata()
    assert dashed[0] == rows["escalated"].sum() / rows["n"].sum()


def test_escalation_points_are_sorted_by_rate(returns):
    ax = plots.escalation_rate(returns, by="reason_type")
    rates = [
        float(x) for line in ax.get_lines() for x in line.get_xdata() if line.get_marker() == "o"
    ]
    assert rates == sorted(metrics.escalation_rate(returns, by="reason_type")["rate"], reverse=True)


def test_many_groups_are_cut_and_said(returns):
    ax = plots.escalation_rate(returns, by="return_id")
    assert len(ax.get_yticks()) == 15
    assert "smaller groups not shown: 285" in ax.get_xlabel()
    panels = plots.escalation_rate(returns, by="return_id", freq="month")
    assert len(panels.child_axes) == 6


def test_describe_says_the_figures(returns):
    found = metrics.escalation_rate(returns)
    says = plots.describe(plots.escalation_rate(returns))
    assert says.startswith("Returns escalated to eBay (n = 300): ")
    assert f"{found['rate'][0] * 100:.1f} % overall" in says
    top = metrics.reasons(returns).iloc[0]
    assert f"Wrong size {top['share'] * 100:.1f} %" in plots.describe(plots.reasons(returns))


def test_describe_knows_little_of_other_axes():
    ax = Figure().subplots()
    assert plots.describe(ax) == "Untitled picture."
    ax.set(title="Rain", xlabel="day", ylabel="mm")
    assert plots.describe(ax) == "Rain: mm against day."


def test_a_font_that_has_the_characters_is_used(returns):
    canvas = importlib.import_module("postorder_nb.plots.canvas")
    assert canvas.drawable("a日é→\N{WHITE SQUARE}") == "a\N{WHITE SQUARE}é→\N{WHITE SQUARE}"
    with mpl.rc_context({"font.family": ["cmmi10"]}):
        assert canvas.drawable("é") == "\N{WHITE SQUARE}"
    with mpl.rc_context({"font.family": ["cmmi10", "DejaVu Sans"]}):
        assert canvas.drawable("é") == "é"


def test_pyplot_is_started_only_for_a_new_figure():
    code = (
        "import sys, pandas as pd, postorder_nb.plots as p\n"
        "from matplotlib.figure import Figure\n"
        "p.reasons(pd.DataFrame({'reason': ['OTHER']}), ax=Figure().subplots())\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", NAMES)
def test_vector_pictures_stand_alone(returns, name):
    picture = plots.vector(getattr(plots, name), returns, by="seller")
    assert plt.get_fignums() == []
    root = ElementTree.fromstring(picture.svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {
        "svg",
        "style",
        "defs",
        "g",
        "path",
        "use",
        "text",
        "tspan",
        "clipPath",
        "rect",
        "pattern",
    }
    links = {v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")}
    assert all(link.startswith("#") for link in links)
    assert "url(http" not in picture.svg
    assert "currentColor" in picture.svg
    assert "#000000" not in picture.svg
    assert "<img src=x onerror=alert(1)>" in "".join(root.itertext())
    assert picture.says == plots.describe(getattr(plots, name)(returns, by="seller"))
    assert plots.vector(getattr(plots, name), returns, by="seller") == picture
