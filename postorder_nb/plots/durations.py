"""Pictures of how long things take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from .. import metrics
from . import lifetimes
from .lifetimes import Wording


def close_days(
    frame: Any,
    *,
    cases: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
    horizon: float = 30.0,
    competing: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how many days it takes until records are closed: the share closed by each day.

    A step curve in its interval band, the median marked with its own interval; ticks on the curve
    are records last seen open, numbers below the axis those that had not ended by then. With `by`
    up to four groups are curves, named at their end; more are rows with median and 90th
    percentile, the slowest on top. With `freq` the medians run over time in their band; with
    both, each of the largest groups has a panel. What is not reached yet is said, not guessed.

    Parameters
    ----------
    frame, cases, by, freq, tz, min_n, confidence, as_of, horizon, competing
        As for `postorder_nb.metrics.close_days`, which computes what is drawn. The picture
        decides itself whether it needs the curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new pyplot figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; `describe` says in words what they show.

    Raises
    ------
    InputError
        As the metric does.
    """
    return lifetimes.draw(metrics.close_days, Wording("{} are closed", "closed"), **locals())


def refund_days(
    frame: Any,
    *,
    cases: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
    horizon: float = 30.0,
    competing: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how many days it takes until money is refunded.

    The curve is the share of all records refunded by each day; it need not come near 100 %.

    Picture, result and errors are those of `close_days`; the parameters are those of the metric.
    """
    return lifetimes.draw(metrics.refund_days, Wording("{} are refunded", "refunded"), **locals())


def escalation_days(
    frame: Any,
    *,
    cases: Any = None,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
    horizon: float = 30.0,
    competing: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how many days it takes until returns or inquiries are handed to eBay.

    Few ever are: the axis ends where the curve does, and no median is marked.

    Picture, result and errors are those of `close_days`; the parameters are those of the metric.
    """
    return lifetimes.draw(
        metrics.escalation_days, Wording("{} are handed to eBay", "handed to eBay"), **locals()
    )


def response_days(
    frame: Any,
    *,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
    horizon: float = 30.0,
    competing: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how many days it takes until the seller answers.

    Picture, result and errors are those of `close_days`; the parameters are those of the metric.
    """
    return lifetimes.draw(
        metrics.response_days, Wording("the seller answers {}", "answered"), **locals()
    )


def ship_days(
    frame: Any,
    *,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
    horizon: float = 30.0,
    competing: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how many days it takes until accepted returns are sent back.

    Picture, result and errors are those of `close_days`; the parameters are those of the metric.
    """
    return lifetimes.draw(
        metrics.ship_days,
        Wording("accepted {} are sent back", "sent back", since="the return was accepted"),
        **locals(),
    )
