"""What is due, and what came late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from ..enums import (
    CancelState,
    InquiryState,
    InquiryStatus,
    Party,
)
from ..errors import InputError
from ..tables.moments import STEPS
from . import lives, spells
from .grouping import Source, brought, dated, total
from .lives import EXPECTED
from .results import tidy
from .shares import bounded

APPEAL_DAYS = 30
"""Calendar days after a case was closed in which it can be appealed (eBay's published figure)."""

# Whose turn it is: in these an inquiry or cancellation does not wait for the seller.
NOT_OURS: dict[str, dict[str, set[Any]]] = {
    "inquiries": {
        "status": {InquiryStatus.WAITING_BUYER_RESPONSE, InquiryStatus.CLOSED},
        "state": {InquiryState.VOLUNTARY_REFUND_PAYOUT_PENDING, InquiryState.CLOSED},
    },
    "cancellations": {
        "state": set(CancelState) - {CancelState.APPROVAL_PENDING, CancelState.OTHER},
    },
    "returns": {},
    "cases": {},
}
_NOT_OWED, _WAITING, _DONE, _LATE = range(4)
_QUEUE = [
    *("due_at", "days_left", "record", "record_id", "action", "item_id", "buyer"),
    *("at_stake_amount", "at_stake_currency"),
]


def deadlines(
    records: Any, *, as_of: Any = None, within: float | None = None, tz: str = "UTC"
) -> pd.DataFrame:
    """
    List what the seller has to do, by when, and how much money hangs on it: the work queue.

    A row for each open record that waits for the seller: returns with what is owed
    (`seller_activity_due`) by `respond_by`, unless the table knows the seller's options and it
    is not among them, for eBay leaves old dues standing; inquiries by `respond_by` unless it is
    the buyer's turn; cancellations that await approval; cases by `respond_by`, and closed ones
    that can be appealed, by 30 calendar days after their last change. What is overdue is
    listed, too. At stake is the refund estimated, claimed or requested; for an appeal, what was
    refunded.

    Parameters
    ----------
    records : Snapshot, mapping or DataFrame
        A snapshot; or tables by name ("returns", "inquiries" ...); or one table. Any engine.
    as_of : str or datetime, optional
        From when the days are counted; by default when the tables were fetched, else the latest
        moment in them.
    within : float, optional
        Only what is due within so many days, and what is overdue.
    tz : str
        Time zone in which `due_at` is shown.

    Returns
    -------
    pandas.DataFrame
        ``due_at, days_left, record, record_id, action, item_id, buyer, at_stake_amount,
        at_stake_currency``; `days_left` is below 0 where overdue; amounts are in units of their
        own currency and not added up. Sorted by `due_at`, then by falling amount.

    Raises
    ------
    InputError
        If a table has no deadline column, or `records` is nothing of the kind.

    Examples
    --------
    >>> import pandas as pd
    >>> noon = pd.Timestamp("2026-03-10 12:00", tz="UTC")
    >>> returns = pd.DataFrame({
    ...     "return_id": ["1", "2"], "state": ["RETURN_REQUESTED", "CLOSED"],
    ...     "seller_activity_due": "SELLER_APPROVE_REQUEST", "created_at": noon,
    ...     "respond_by": noon + pd.Timedelta(days=1.5),
    ...     "refund_estimated_amount": 20.0, "refund_estimated_currency": "EUR"})
    >>> deadlines(returns, as_of=noon)[["record_id", "action", "days_left", "at_stake_amount"]]
      record_id                  action  days_left  at_stake_amount
    0         1  SELLER_APPROVE_REQUEST        1.5             20.0
    """
    sources = tables_of(records)
    now = spells.moment(as_of, *sources)
    parts = [_queue(source) for source in sources]
    parts += [_appeals(source, now) for source in sources if source.table == "cases"]
    rows = pd.concat([part.astype(_types(tz)) for part in parts], ignore_index=True)
    rows["days_left"] = (rows["due_at"] - pd.Timestamp(now)).dt.total_seconds() / 86400
    if within is not None:
        rows = rows[rows["days_left"] <= within]
    order = ["due_at", "at_stake_amount", "record", "record_id"]
    rows = rows.sort_values(order, ascending=[True, False, True, True], kind="stable")
    rows = rows.reset_index(drop=True)[_QUEUE]
    rows.attrs = {
        "metric": "deadlines",
        "table": " ".join(source.table for source in sources),
        "unit": "days left",
        "date_basis": "respond_by",
        "by": [],
        "freq": None,
        "tz": tz,
        "as_of": now.isoformat(),
        "n_total": len(rows),
        "n_overdue": int((rows["days_left"] < 0).sum()),
    }
    return rows


def late_share(
    frame: Any,
    *,
    history: Any = None,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
    as_of: Any = None,
) -> pd.DataFrame:
    """
    Return how often the seller missed eBay's deadline, for each step that is owed.

    ``late_share = n_late / n``: denominator, the records whose step was done or fell due;
    numerator, those not done when it fell due. Steps still within their time are `n_waiting`, in
    neither. A record counts in each of its steps, and for each of them once.

    The deadlines are eBay's own: nothing is reckoned from business days. Of returns the history
    tells: the steps `answer`, `rma`, `label` and `refund` are owed in the states
    RETURN_REQUESTED, RMA_PENDING, RETURN_LABEL_PENDING and ITEM_DELIVERED; late is what a
    TIME_OUT line ends, or eBay's own refund; in time, what a line of the seller ends. One still
    in the state is late once `respond_by` is past; tables with details hold the moments, such as
    `label_done_at` and `label_missed_at`. Of inquiries and of the buyers' cancellations
    the one step is `answer`: the first line of the seller that is no plain message, against
    `respond_by` (`answered_at`); if the record was closed or settled otherwise before, none was
    due.

    Parameters
    ----------
    frame : DataFrame
        Returns, inquiries or cancellations with their details.
    history : DataFrame, optional
        The history table, of the same engine, to find the moments in instead; it is taken to be
        whole. By the table's own columns, records whose history was not read are left out and
        counted in ``attrs["n_unread"]``.
    by, freq, tz, min_n, confidence, as_of
        As for `close_days`; periods are of `created_at`.

    Returns
    -------
    pandas.DataFrame
        ``[period, by ...], step, n, n_late, late_share, late_share_low, late_share_high,
        n_waiting``: counts, a fraction with its Wilson interval, and the steps not due yet.

    Raises
    ------
    InputError
        For cases, or if a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta([0, 2, 4], unit="D")
    >>> inquiries = pd.DataFrame({"inquiry_id": ["1", "2"], "created_at": day[[0, 0]],
    ...     "respond_by": day[1], "status": "CLOSED", "closed_at": day[2], "escalated_at": None})
    >>> inquiries["escalated_at"] = inquiries["escalated_at"].astype(day.dtype)
    >>> history = pd.DataFrame({"record": "inquiry", "record_id": ["1", "2"], "at": day[[0, 2]],
    ...     "actor": "SELLER", "activity": "Voluntary refund pending",
    ...     "from_state": None, "to_state": None})
    >>> late_share(inquiries, history=history)[["step", "n", "n_late", "late_share"]]
         step  n  n_late  late_share
    0  answer  2       1         0.5
    """
    source = Source(frame)
    if source.table == "cases":
        raise InputError("a case awaits no answer of the seller", advice="give another table")
    spells.zoned(source, "respond_by")
    taken = ("step", "n", "n_late", "n_waiting", "late_share")
    grouping = source.grouping(by, freq, tz, taken=taken, min_n=min_n)
    lines = [] if history is None else [Source(history)]
    now = spells.moment(as_of, source, *lines)
    ends_of = _return_steps if source.table == "returns" else _answer_step
    source, steps = ends_of(source, history, now)
    kinds = {}
    for step, (late, done, waiting) in steps.items():
        kind = nw.when(waiting).then(nw.lit(_WAITING)).otherwise(nw.lit(_NOT_OWED))
        kind = nw.when(done).then(nw.lit(_DONE)).otherwise(kind)
        kinds[step] = nw.when(late).then(nw.lit(_LATE)).otherwise(kind)
    read = nw.col("spell_read")
    tallied, undated = dated(source.tally(grouping, kinds, where=read), grouping)
    columns = [*grouping.columns, "n"]
    parts = [tallied[columns].assign(end=tallied[step], step=step) for step in steps]
    counts = pd.concat(parts, ignore_index=True).astype({"step": "string"})
    counts = counts[counts["end"] != _NOT_OWED]
    for name, end in (("n_late", _LATE), ("n_waiting", _WAITING)):
        counts[name] = counts["n"].where(counts["end"] == end, 0)
    counts["n"] = counts["n"].where(counts["end"] != _WAITING, 0)
    rows = total(counts, [*grouping.columns, "step"], of=["n", "n_late", "n_waiting"])
    rows = rows.assign(**bounded("late_share", rows["n_late"], rows["n"], confidence))
    rows["n_waiting"] = rows.pop("n_waiting")
    return tidy(
        rows,
        source,
        grouping,
        order={"step": True},
        metric="late_share",
        unit="share of steps",
        undated=undated,
        confidence=confidence,
        as_of=now.isoformat(),
        n_unread=spells.unread(source, history),
    )


def tables_of(records: Any) -> list[Source]:
    """Open the record tables of a snapshot, of a mapping by name, or the one table given."""
    if hasattr(records, "tables") and callable(records.tables):
        records = dict(records.tables())
    if isinstance(records, Mapping):
        known = [records[name] for name in EXPECTED if records.get(name) is not None]
        if not known:
            raise InputError(
                "there is no record table among these",
                advice=f"name them {', '.join(EXPECTED)}",
            )
        return [Source(frame) for frame in known]
    return [Source(records)]


def _queue(source: Source) -> pd.DataFrame:
    """Return the open records of one table that wait for the seller, on the engine's side few."""
    if source.table not in EXPECTED:
        raise InputError(
            f"a table of {source.table} has no deadlines",
            advice=f"give a table of {', '.join(EXPECTED)}",
        )
    spells.zoned(source, "respond_by")
    waits = ~nw.col("respond_by").is_null() & ~lives.closed(source) & ~lives.escalated(source)
    for column, values in NOT_OURS[source.table].items():
        waits = waits & ~source.among(column, values)
    rows = _rows(source, waits, nw.col("respond_by"), EXPECTED[source.table])
    if source.table == "returns":
        rows["action"] = rows["seller_activity_due"].fillna("SELLER_RESPONSE")
        told = zip(rows["action"], rows["seller_options"], strict=True)
        owed = [pd.isna(options) or action in options.split() for action, options in told]
        return rows[pd.Series(owed, index=rows.index, dtype=bool)]
    actions = {"inquiries": "answer", "cancellations": "approve_or_reject", "cases": "answer"}
    return rows.assign(action=actions[source.table])


def _appeals(source: Source, now: datetime) -> pd.DataFrame:
    if "can_appeal" not in source or "modified_at" not in source:
        return pd.DataFrame(columns=_QUEUE)
    spells.zoned(source, "modified_at")
    can = nw.col("can_appeal").fill_null(value=False) & lives.closed(source)
    rows = _rows(source, can, nw.col("modified_at"), "refund")
    rows["due_at"] = rows["due_at"] + timedelta(days=APPEAL_DAYS)
    return rows[rows["due_at"] >= now].assign(action="appeal")


def _rows(source: Source, where: nw.Expr, due: nw.Expr, stake: str) -> pd.DataFrame:
    key = spells.KEYS[source.table]
    source.require(key)
    wanted = {
        "record_id": key,
        "item_id": "item_id",
        "buyer": "buyer",
        "seller_activity_due": "seller_activity_due",
        "seller_options": "seller_options",
        "at_stake_currency": f"{stake}_currency",
    }
    picked = {name: source.text(column) for name, column in wanted.items()}
    amount = nw.col(f"{stake}_amount") if f"{stake}_amount" in source else nw.lit(None)
    frame = source.frame.select(
        queue_waits=where, due_at=due, at_stake_amount=amount.cast(nw.Float64), **picked
    )
    frame = frame.filter(nw.col("queue_waits")).select("due_at", "at_stake_amount", *wanted)
    rows = brought(frame)
    texts = dict.fromkeys(wanted, "string")
    return rows.astype(texts).assign(record=spells.SINGULAR[source.table], days_left=0.0)


def _types(tz: str) -> dict[str, Any]:
    texts = ["record", "record_id", "action", "item_id", "buyer", "at_stake_currency"]
    numbers = dict.fromkeys(["days_left", "at_stake_amount"], "float64")
    return {**dict.fromkeys(texts, "string"), **numbers, "due_at": pd.DatetimeTZDtype("us", tz)}


Ends = tuple[nw.Expr, nw.Expr, nw.Expr]


def _return_steps(source: Source, history: Any, now: datetime) -> tuple[Source, dict[str, Ends]]:
    """Return, for each step of a return, whether it was late, done in time, not due yet."""
    names = [f"{step}_{end}_at" for step in STEPS for end in ("missed", "done")]
    source = spells.with_moments(source, history, *names)
    source.require("state")
    open_ = ~lives.closed(source) & ~lives.escalated(source)
    past = (nw.col("respond_by") < nw.lit(now)).fill_null(value=False)
    source = source.over(source.frame.with_columns(step_open=open_, step_past=past))
    steps = {}
    for step, state in STEPS.items():
        there = source.among("state", [state]) & nw.col("step_open")
        late, done = (
            (nw.col(f"{step}_{end}_at") <= nw.lit(now)).fill_null(value=False)
            for end in ("missed", "done")
        )
        steps[step] = (late | (there & nw.col("step_past") & ~done), done, there)
    return source, steps


def _answer_step(source: Source, history: Any, now: datetime) -> tuple[Source, dict[str, Ends]]:
    """Return whether the one answer owed was late, given in time, not due yet."""
    source = spells.flagged(spells.with_moments(source, history, "answered_at", "settled_at"))
    due, answered_at = nw.col("respond_by"), nw.col("answered_at")
    settled = spells.earlier(nw.col("settled_at"), spells.closing(source))
    settled = spells.earlier(settled, spells.escalation(source))
    answered = (answered_at <= nw.lit(now)).fill_null(value=False)
    in_time = answered & (answered_at <= due).fill_null(value=False)
    freed = ~in_time & (settled <= due).fill_null(value=False)
    asked = ~due.is_null() & (nw.col("created_at") <= nw.lit(now)).fill_null(value=False) & ~freed
    if source.table == "cancellations":
        source.require("requestor")
        asked = asked & source.among("requestor", [Party.BUYER])
    past = (due < nw.lit(now)).fill_null(value=False)
    return source, {"answer": (asked & ~in_time & past, asked & in_time, asked)}
