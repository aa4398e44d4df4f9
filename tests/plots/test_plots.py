import importlib
import inspect
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from postorder_nb import metrics, plots
from postorder_nb.errors import InputError


def texts(ax):
    return [t.get_text() for t in ax.figure.findobj(Text) if t.get_text() and t.get_visible()]


def draw(name, arguments, more, **options):
    args, others = arguments
    return getattr(plots, name)(*args, **others, **more, **options)


def test_every_metric_has_a_picture_and_every_picture_an_example(examples):
    tools = {"as_text", "in_currency", "shrink", "wilson"}
    assert set(examples) == set(metrics.__all__) - tools
    assert set(examples) == set(plots.__all__) - {"Picture", "describe", "vector"}


def test_a_plot_has_the_arguments_of_its_metric_and_ax(example):
    ours = inspect.signature(getattr(plots, example)).parameters
    theirs = dict(inspect.signature(getattr(metrics, example)).parameters)
    theirs.pop("curve", None)  # how much of a curve is reckoned, the picture knows itself
    assert list(ours) == [*theirs, "ax"]
    assert [p.default for p in ours.values()] == [*(p.default for p in theirs.values()), None]


def lay_out(ax):
    """Set the figure as if it was drawn: all texts are measured, nothing is painted."""
    ax.figure.get_layout_engine().execute(ax.figure)


@pytest.mark.usefixtures("few_panels")
def test_nothing_is_cut_off_no_font_complains_and_text_is_no_mathematics(picture, arguments):
    name, more = picture
    ax = draw(name, arguments(name), more)
    figure = ax.figure
    lay_out(ax)
    drawn, page = figure.get_tightbbox(), figure.bbox_inches
    assert drawn.x0 > page.x0 - 0.05
    assert drawn.y0 > page.y0 - 0.05
    assert drawn.x1 < page.x1 + 0.05
    assert drawn.y1 < page.y1 + 0.05
    with_dollar = [t for t in figure.findobj(Text) if "$" in t.get_text()]
    assert [t for t in with_dollar if t.get_parse_math()] == []
    assert not any(c in t for t in texts(ax) for c in ("\x00", "\x1b", "\u202e"))
    says = plots.describe(ax)
    assert "\n" not in says
    assert says.endswith(".")
    assert "n = " in " ".join(texts(ax))


def test_given_axes_are_drawn_on_and_no_figure_is_made(example, arguments):
    figure = Figure()
    first, second = figure.subplots(1, 2)
    assert draw(example, arguments(example), {}, ax=second) is second
    assert plt.get_fignums() == []
    assert not first.has_data()


def test_no_records_say_so(edge, arguments):
    name, more = edge
    ax = draw(name, arguments(name, 0), more)
    assert "no records to show" in texts(ax)
    assert "no records to show" in plots.describe(ax)
    assert plt.get_fignums() == [ax.figure.number]


def test_one_record(edge, arguments):
    name, more = edge
    ax = draw(name, arguments(name, 1), more)
    lay_out(ax)
    assert plots.describe(ax).endswith(".")


def test_a_wrong_argument_is_the_metrics_error(example, arguments):
    if "by" not in inspect.signature(getattr(plots, example)).parameters:
        more = {"as_of": "soon"} if example == "deadlines" else {"confidence": 2}
    else:
        more = {"by": "sellr"}
    with pytest.raises(InputError):
        draw(example, arguments(example), more)
    assert plt.get_fignums() == []


def test_all_ink_follows_a_dark_style(example, arguments):
    with plt.style.context("dark_background"):
        ax = draw(example, arguments(example), {})
        own = ax.figure.findobj(lambda artist: isinstance(artist, Text | Line2D))
        ink = {to_hex(artist.get_color()) for artist in own if artist.get_visible()}
    assert "#ffffff" in ink
    assert "#000000" not in ink


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


@pytest.mark.parametrize("name", ["reasons", "refund_amount", "escalation_rate"])
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
