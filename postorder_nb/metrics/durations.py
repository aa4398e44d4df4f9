"""How long things take: answers, parcels, refunds, closings, escalations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from ..enums import Party
from ..errors import InputError
from . import spells
from .grouping import Source
from .lifetimes import lifetimes, options
from .spells import Spell


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
    curve: bool = False,
) -> pd.DataFrame:
    """
    Return how many days records take to be closed.

    A spell starts at `created_at` and ends with the event at `closed_at` (of cases, which do not
    tell it, at the `modified_at` of a closed one). Being handed to eBay is a competing end: of
    inquiries at `escalated_at`, of returns when their case was opened (with `cases`; without, at
    `escalated_at`, else when they were closed as escalated). Records still open are censored at
    `as_of`.

    Let ``F(t)`` be the share closed within t days (`survival.estimate`). The median and the 90th
    percentile are the first ``t`` with ``F(t) >= 0.5`` and ``0.9``; NaN if so many never are, or
    not yet. The mean is restricted: days without the event within `horizon`, the area above
    ``F`` up to it. With competing ends, ``F`` is Aalen and Johansen's; without, one minus Kaplan
    and Meier's. Intervals: of the quantiles, where the log-log bounds of ``F`` (Greenwood)
    reach 0.5 and 0.9; of the mean, normal. Durations are counted in whole minutes, exactly, on
    any engine.

    Parameters
    ----------
    frame : DataFrame
        A record table with its details, of pandas, Polars, pyarrow, DuckDB ...
    cases : DataFrame, optional
        The cases with details, of the same engine: when returns were escalated.
    by : str or sequence of str, optional
        Columns to group by.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        Also group by the period of `created_at`. Young periods are no better for being young:
        their open records are censored.
    tz : str
        Time zone of the periods.
    min_n : int
        Groups of fewer records are left out and counted in ``attrs``.
    confidence : float
        Of the intervals, strictly between 0 and 1.
    as_of : str or datetime, optional
        The moment to look from, with a time zone; later ends have not happened, later records
        do not count. By default the table's ``attrs["fetched_at"]``; where there is none, the
        latest moment in it that tells of something past.
    horizon : float
        Days that the restricted mean looks ahead.
    competing : bool
        False takes other ends as censoring: how long it takes *if nothing else comes first*.
    curve : bool
        True returns the curves themselves.

    Returns
    -------
    pandas.DataFrame
        ``[period, by ...], n, n_done, n_other, n_open, median_days, p90_days, mean_days``, the
        last three each with `_low` and `_high`; in days. ``n = n_done + n_other + n_open``. A
        bound that is NaN is not reached yet. With `curve`, one row for each day something
        happened: ``[period, by ...], days, n_at_risk, n_done, n_other, n_open, share,
        share_low, share_high``. ``attrs`` has `as_of`, `estimator`, `n_untimed` (ended at a
        moment that is not told) and `n_impossible` (ended before they began), both left out.

    Raises
    ------
    InputError
        If a column or moment is missing, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta([1, 2, 4, 8], unit="D")
    >>> returns = pd.DataFrame({"return_id": list("1234"), "created_at": day[[0, 0, 0, 0]],
    ...                         "closed_at": [day[1], day[2], day[3], None]})
    >>> close_days(returns)[["n", "n_done", "n_open", "median_days", "mean_days"]]
       n  n_done  n_open  median_days  mean_days
    0  4       3       1          3.0        NaN
    """
    return lifetimes("close_days", _until_closed(frame, cases), None, **options(locals()))


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
    curve: bool = False,
) -> pd.DataFrame:
    """
    Return how many days it takes until money is refunded.

    A spell starts at `created_at` and ends with the event when the refund was issued:
    `refunded_at` of a return or cancellation whose refund is above zero; of a refunded inquiry
    or case, which do not tell it, its closing. Competing ends are being closed without a refund
    and being handed to eBay (as for `close_days`). Records open and not refunded are censored at
    `as_of`. So ``F(t)`` is the share of *all* records refunded within t days; it need not come
    near 1.

    Parameters, result, formula and errors are those of `close_days`.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta([0, 2, 4, 6], unit="D")
    >>> returns = pd.DataFrame({"return_id": list("123"), "created_at": day[[0, 0, 0]],
    ...     "refunded_at": [day[1], day[2], None], "closed_at": [day[1], day[2], day[3]],
    ...     "refund_amount": [9.5, 20.0, None], "refund_currency": ["EUR", "EUR", None]})
    >>> refund_days(returns)[["n", "n_done", "n_other", "median_days", "mean_days"]].round(2)
       n  n_done  n_other  median_days  mean_days
    0  3       2        1          4.0       12.0
    """
    return lifetimes("refund_days", _until_refunded(frame, cases), None, **options(locals()))


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
    curve: bool = False,
) -> pd.DataFrame:
    """
    Return how many days it takes until a return or inquiry is handed to eBay.

    A spell starts at `created_at` and ends with the event when eBay was asked to step in: of an
    inquiry at `escalated_at`, of a return when its case was opened (`cases`) or at the first
    history line of an escalation (`escalated_at` of a table with details, or found in `history`,
    which then counts instead); one of them is needed for returns. Being closed
    without it is a competing end; without that, records settled long ago would count as if they
    might still be escalated. Open records are censored at `as_of`. Few are ever escalated, so
    median and percentile are mostly NaN: look at the `curve`, or at `escalation_rate` by days.

    eBay's inquiry search leaves escalated inquiries out, and their case does not tell when the
    inquiry began: a table of inquiries found by search shows too few.

    Parameters, result, formula and errors are those of `close_days`; `history` is the history
    table of the same engine.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta([0, 2, 4, 6], unit="D")
    >>> inquiries = pd.DataFrame({"inquiry_id": list("1234"), "created_at": day[[0, 0, 0, 0]],
    ...                           "escalated_at": [day[2], None, None, None],
    ...                           "closed_at": [day[2], day[1], day[3], None]})
    >>> escalation_days(inquiries, curve=True)[["days", "n_at_risk", "n_done", "n_other", "share"]]
       days  n_at_risk  n_done  n_other  share
    0   2.0          4       0        1   0.00
    1   4.0          3       1        0   0.25
    2   6.0          2       0        1   0.25
    """
    return lifetimes(
        "escalation_days", _until_escalated(frame, cases, history), None, **options(locals())
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
    curve: bool = False,
) -> pd.DataFrame:
    """
    Return how many days the seller takes to answer a buyer's request.

    A spell starts at `created_at` and ends with the event at the first line of its history that
    the seller wrote (`answered_at`); a plain message or a file is no answer. Cancellations the
    seller asked for await none and are left out. Otherwise it ends when the seller need no longer
    answer: the first line by somebody else that leads out of the states in which an answer is
    awaited (`settled_at`: eBay approves, the buyer withdraws; not the time-out itself), the
    closing, the escalation.
    By default such an end is censoring (`competing` False): the question is how quick the seller
    is while it is up to him, and ``1 - F`` is the Kaplan-Meier curve. Open unanswered records are
    censored at `as_of`.

    Tables with details hold these moments. For those that do not, or to look into another
    history, pass `history`, the history table of the same engine: it then counts instead of the
    columns. By the columns, records whose history was not read (no `last_step_at`) are left out
    and counted in ``attrs["n_unread"]``; a `history` that is given is taken to be whole.

    Parameters, result, formula and errors are those of `close_days`. Cases are refused: there
    the parties wait for eBay.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta([0, 1, 3], unit="D")
    >>> returns = pd.DataFrame({"return_id": ["1", "2"], "created_at": day[[0, 0]],
    ...                         "closed_at": [day[2], None]})
    >>> history = pd.DataFrame({"record": "return", "record_id": ["1", "1"], "at": day[[0, 1]],
    ...     "actor": ["BUYER", "SELLER"], "from_state": ["INITIAL", "RETURN_REQUESTED"],
    ...     "activity": ["BUYER_CREATE_RETURN", "SELLER_APPROVE_REQUEST"],
    ...     "to_state": ["RETURN_REQUESTED", "ITEM_READY_TO_SHIP"]})
    >>> response_days(returns, history=history)[["n", "n_done", "n_open", "median_days"]]
       n  n_done  n_open  median_days
    0  2       1       1          1.0
    """
    source = Source(frame)
    if source.table == "cases":
        raise InputError("a case awaits no answer of the seller", advice="give another table")
    spells.zoned(source, "created_at")
    names = ("answered_at", "settled_at", "escalated_at")
    source = spells.flagged(spells.with_moments(source, history, *names))
    asked = nw.col("spell_read")
    if source.table == "cancellations":
        source.require("requestor")
        asked = asked & source.among("requestor", [Party.BUYER])
    start = nw.when(asked).then(nw.col("created_at"))
    closing, escalation = spells.closing(source), spells.escalation(source)
    other = spells.earlier(spells.earlier(nw.col("settled_at"), closing), escalation)
    done = nw.col("answered_at")
    spell = Spell(source, start, done, other, spells.untimed(done, other))
    return _of_history("response_days", spell, history, locals())


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
    curve: bool = False,
) -> pd.DataFrame:
    """
    Return how many days buyers take to send an accepted return back.

    A spell starts at the first line of its history that brings the return to the state
    ITEM_READY_TO_SHIP (`ready_to_ship_at`), and ends with the event at the first that brings it
    to ITEM_SHIPPED or, where no scan was seen, ITEM_DELIVERED (`shipped_back_at`). Being closed
    (refunded without the parcel, withdrawn, timed out) or handed to eBay before is a competing
    end. Returns not shipped and open are censored at `as_of`; those never accepted do not count.
    `history` and ``attrs["n_unread"]`` are as for `response_days`.

    Parameters, result, formula and errors are those of `close_days`. Only returns are shipped
    back.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta([0, 1, 5], unit="D")
    >>> returns = pd.DataFrame({"return_id": ["1"], "created_at": day[[0]], "closed_at": [None],
    ...                         "state": "ITEM_SHIPPED"}).astype({"closed_at": day.dtype})
    >>> history = pd.DataFrame({"record": "return", "record_id": "1", "at": day[[1, 2]],
    ...     "actor": ["SYSTEM", "BUYER"],
    ...     "activity": ["EBAY_RULE_AUTO_APPROVE", "NOTIFIED_SHIPPED"],
    ...     "from_state": ["RETURN_REQUESTED", "ITEM_READY_TO_SHIP"],
    ...     "to_state": ["ITEM_READY_TO_SHIP", "ITEM_SHIPPED"]})
    >>> ship_days(returns, history=history)[["n", "n_done", "median_days"]]
       n  n_done  median_days
    0  1       1          4.0
    """
    source = Source(frame)
    if source.table != "returns":
        raise InputError(f"{source.table} are not shipped back", advice="give a table of returns")
    names = ("ready_to_ship_at", "shipped_back_at", "escalated_at")
    source = spells.flagged(spells.with_moments(source, history, *names))
    start, done = nw.col("ready_to_ship_at"), nw.col("shipped_back_at")
    other = spells.earlier(spells.closing(source), spells.escalation(source))
    spell = Spell(source, start, done, other, spells.untimed(done, other))
    return _of_history("ship_days", spell, history, locals())


def _of_history(metric: str, spell: Spell, history: Any, given: dict[str, Any]) -> pd.DataFrame:
    """Make the result of a metric that needs the history, and say how many records lack it."""
    lines = None if history is None else Source(history)
    result = lifetimes(metric, spell, lines, **options(given))
    result.attrs["n_unread"] = spells.unread(spell.source, history)
    return result


def until(event: str, frame: Any, *, cases: Any = None, history: Any = None) -> Spell:
    """Return the spells from the opening of records to "escalated", "refunded" or "closed"."""
    if event == "escalated":
        return _until_escalated(frame, cases, history)
    if event == "refunded":
        return _until_refunded(frame, cases)
    if event == "closed":
        return _until_closed(frame, cases)
    raise InputError(
        f"event={event!r} is unknown", advice='use "escalated", "refunded" or "closed"'
    )


def _until_closed(frame: Any, cases: Any) -> Spell:
    source = spells.flagged(_returns_with_cases(Source(frame), cases))
    spells.zoned(source, "created_at")
    closing, escalation = spells.closing(source), spells.escalation(source)
    # Where the same moment says both, the record was escalated: that is what closed it.
    done = nw.when(~nw.col("spell_escalated")).then(closing)
    return Spell(
        source, nw.col("created_at"), done, escalation, spells.untimed(closing, escalation)
    )


def _until_refunded(frame: Any, cases: Any) -> Spell:
    source = spells.flagged(_returns_with_cases(Source(frame), cases))
    spells.zoned(source, "created_at")
    source.require("refund_amount", "refund_currency", advice="read the details of the records")
    closing = spells.closing(source)
    if source.table in {"returns", "cancellations"}:
        spells.zoned(source, "refunded_at")
        issued = nw.col("refunded_at")
    else:
        issued = closing
    source = source.over(source.frame.with_columns(spell_refunded=spells.refunded(source)))
    refunded = nw.col("spell_refunded")
    done = nw.when(refunded).then(issued)
    other = spells.earlier(nw.when(~refunded).then(closing), spells.escalation(source))
    lost = (refunded & issued.is_null()) | spells.untimed(done, other)
    return Spell(source, nw.col("created_at"), done, other, lost)


def _until_escalated(frame: Any, cases: Any, history: Any) -> Spell:
    """Return the spells from the opening of returns or inquiries until eBay was asked in."""
    source = Source(frame)
    if source.table not in {"returns", "inquiries"}:
        raise InputError(
            f"a table of {source.table} is not escalated",
            advice="give a table of returns or of inquiries",
        )
    spells.zoned(source, "created_at")
    if source.table == "returns":
        if cases is None and history is None and "escalated_at" not in source:
            raise InputError(
                "this table of returns does not tell when they were escalated",
                advice="give returns with their details, or pass cases= with theirs, or history=",
            )
        source = _returns_with_cases(source, cases)
        if history is not None:
            source = spells.with_moments(source, history, "escalated_at")
    source = spells.flagged(source)
    closing = spells.closing(source)
    done = spells.escalation(source)
    other = nw.when(~nw.col("spell_escalated")).then(closing)
    lost = spells.untimed(done, closing)
    return Spell(source, nw.col("created_at"), other if done is None else done, other, lost)


def _returns_with_cases(source: Source, cases: Any) -> Source:
    if cases is None or source.table != "returns":
        return source
    source.require("return_id")
    return spells.with_cases(source, cases)
