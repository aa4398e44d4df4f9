"""Pictures as SVG, for pages that may be light or dark."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .canvas import describe

_INK = "#010203"
_ON_BOTH = (
    "<style>svg{color:#1a1a1a}@media screen and (prefers-color-scheme:dark){svg{color:#e8e8e8}}"
    "</style>"
)
_COLOURS = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")


class Picture(NamedTuple):
    """An SVG document, the sentence that says what it shows, and its size in CSS pixels."""

    svg: str
    says: str
    width: int
    height: int


def vector(plot: Callable[..., Axes], *arguments: Any, **options: Any) -> Picture:
    """
    Draw a plot of this package as SVG.

    Parameters
    ----------
    plot : callable
        Any of its plots.
    *arguments, **options
        What it takes; no `ax`.

    Returns
    -------
    Picture
        Its text stays text, its ground is transparent and its ink follows the reader's light or
        dark scheme. The same data give the same bytes.

    Examples
    --------
    >>> import pandas as pd
    >>> from postorder_nb import plots
    >>> picture = vector(plots.reasons, pd.DataFrame({"reason": ["WRONG_SIZE"]}))
    >>> picture.svg[:4], picture.says.split(":")[0]
    ('<svg', 'Reasons for records (n = 1)')
    """
    import matplotlib.pyplot as plt  # noqa: PLC0415 - it keeps figures for the process: only if one is asked for

    style: Any = {
        **dict.fromkeys(_COLOURS, _INK),
        "svg.fonttype": "none",
        "svg.hashsalt": "postorder_nb",
    }
    with mpl.rc_context(style), plt.ioff():
        ax = plot(*arguments, **options)
        figure = ax.figure
        if not isinstance(figure, Figure):
            raise TypeError("a plot to be written as SVG draws a figure of its own")
        file = io.StringIO()
        figure.savefig(
            file, format="svg", transparent=True,
            metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")),
        )  # fmt: skip
        plt.close(figure)
    document = file.getvalue().replace(_INK, "currentColor")
    document = document[document.index("<svg") :]
    end = document.index(">") + 1
    width, height = figure.get_size_inches() * 96
    says = describe(ax)
    return Picture(document[:end] + _ON_BOTH + document[end:], says, round(width), round(height))
