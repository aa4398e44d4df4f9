"""What a section is made of, before it becomes a page or lines in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from .. import metrics, plots
from ..errors import InputError

Table = tuple[list[str], list[list[str]]]
"""Headers, and rows of cells, as they read."""


@dataclass(frozen=True)
class Figure:
    """
    One headline: a number, how sure it is, and how it compares with the period before.

    Attributes
    ----------
    name, value : str
        What is counted, and the number.
    interval, change : str
        The number's interval; the difference to the period before, with its own.
    verdict : str
        "more", "less" or "same": whether the difference is beyond chance. Empty: not compared.
    """

    name: str
    value: str
    interval: str = ""
    change: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Part:
    """
    A piece of a section.

    Attributes
    ----------
    title, says : str
        Its heading, if it has one, and the sentences that say what it counts.
    table : tuple or None
        Headers and rows, as they read. None: there is no table to this part.
    drawing : callable or None
        Draws the picture: a function of `postorder_nb.plots` with its arguments.
    missing : str
        Why there is nothing to show, and how to get it.
    sentences : sequence of str
        Findings in words, each a line of its own.
    most : int
        So many rows are shown.
    none : str
        What to say of a table without rows.
    """

    title: str
    says: str = ""
    table: Table | None = None
    drawing: Callable[[], plots.Picture] | None = None
    missing: str = ""
    sentences: Sequence[str] = ()
    most: int = 15
    none: str = "No records."


@dataclass(frozen=True)
class Section:
    """A chapter of the report, with the name it is linked by."""

    anchor: str
    title: str
    lead: str = ""
    figures: Sequence[Figure] = ()
    parts: Sequence[Part] = field(default_factory=tuple)


def measured(
    title: str,
    metric: str,
    *arguments: Any,
    says: str = "",
    drawn: bool = False,
    shown: Callable[[pd.DataFrame], pd.DataFrame | None] | None = None,
    leave: Sequence[str] = (),
    most: int = 15,
    none: str = "No records.",
    **options: Any,
) -> Part:
    """
    Compute a metric as a part.

    `drawn` asks for its picture, `leave` names columns that are not told, `shown` makes of the
    result what stands in the table (None: no table).
    """
    try:
        result = getattr(metrics, metric)(*arguments, **options)
    except InputError as error:
        return Part(title, says, missing=lacking(error))
    drawing = None
    if drawn and len(result):
        drawing = partial(plots.vector, getattr(plots, metric), *arguments, **options)
    told = result.drop(columns=list(leave), errors="ignore") if shown is None else shown(result)
    table = None if told is None else metrics.as_text(told)
    return Part(title, says, table, drawing, most=most, none=none)


def lacking(error: InputError) -> str:
    """Say what the tables do not hold, and how to come by it."""
    return f"{error.message}. To have it: {error.advice}."
