"""How records move from state to state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from ..enums import ReturnState
from . import spells
from .grouping import Grouping, Source, total, within
from .intervals import wilson
from .spells import MINUTES_A_DAY
from .survival import DONE, OPEN, estimate

STILL = "(still there)"
"""What stands for the next state of a record that has not left its state."""

_PROSE = ("inquiry", "case")
_NEEDED = ("record", "record_id", "seq", "at", "activity", "from_state", "to_state")


def stage_flow(
    history: Any, *, as_of: Any = None, min_n: int = 0, confidence: float = 0.95
) -> pd.DataFrame:
    """
    Count the moves from state to state, and how long records stay before each.

    Lines that keep the state (messages, files, reminders) are no moves. Each record's moves are
    ordered by `at`, then by `seq`, however the table is ordered. A stay begins with the move
    into a state and ends with the next move; the last one is still going on at `as_of`, except
    in a CLOSED state, which is no stay. Inquiries and cases have no states in their history:
    there each line is a stage, named by its `activity`, and the last line has no stay.

    ``share = n / (stays that ended)`` of the state. Of a move, `median_days` and `p90_days` are
    of the stays that ended with it; `stay_median_days` is of all stays in the state, those going
    on taken as censored (Kaplan-Meier), the same in each of its rows. Durations are in whole
    minutes; a stay whose end lies before its beginning cannot occur, since lines are sorted.

    Parameters
    ----------
    history : DataFrame
        The history table of one or all records, of pandas, Polars, DuckDB ... Engines that
        cannot look at a group's previous row (pyarrow, Dask) hand it to pandas first.
    as_of : str or datetime, optional
        The moment to look from; later lines have not happened. By default the table's
        ``attrs["fetched_at"]``, else the latest line.
    min_n : int
        Moves of fewer records are left out; shares are of all.
    confidence : float
        Of the intervals, strictly between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``record, from_state, to_state, n, share, share_low, share_high, median_days, p90_days,
        stay_median_days``: fractions with Wilson intervals, and days. Rows whose `to_state` is
        ``(still there)`` count those that have not left; they have no share, and their days are
        how long they have stayed so far.

    Raises
    ------
    InputError
        If a column of the history is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta([0, 1, 0, 3], unit="D")
    >>> history = pd.DataFrame({"record": "cancellation", "record_id": ["1", "1", "2", "2"],
    ...     "seq": [0, 1, 0, 1], "at": day, "activity": "...",
    ...     "from_state": ["INITIAL", "APPROVAL_PENDING"] * 2,
    ...     "to_state": ["APPROVAL_PENDING", "CLOSED"] * 2})
    >>> stage_flow(history)[["from_state", "to_state", "n", "share", "median_days"]]
             from_state          to_state  n  share  median_days
    0  APPROVAL_PENDING            CLOSED  2    1.0          1.0
    1           INITIAL  APPROVAL_PENDING  2    1.0          NaN
    """
    source = Source(history)
    source.require(*_NEEDED, advice="give the history table that comes with the details")
    spells.zoned(source, "at")
    now = spells.moment(as_of, source)
    counts = _stays(source, now)
    rows = _rows(counts, confidence)
    small = rows["n"] < min_n
    rows = rows[~small].sort_values(
        ["record", "from_state", "n", "to_state"], ascending=[True, True, False, True]
    )
    rows = rows.reset_index(drop=True)
    rows.attrs = {
        "metric": "stage_flow",
        "table": "history",
        "unit": "share of moves; days",
        "date_basis": "at",
        "by": [],
        "freq": None,
        "tz": "UTC",
        "as_of": now.isoformat(),
        "n_total": int(rows["n"].sum()),
        "min_n": min_n,
        "n_small": int(small.sum()),
        "confidence": confidence,
        "resolution": "whole minutes",
    }
    return rows


def _stays(source: Source, now: datetime) -> pd.DataFrame:
    """Tally stays: record, from_state, to_state, minutes (missing at the first move), n."""
    past = (nw.col("at") <= nw.lit(now)).fill_null(value=False)
    lines = source.over(source.frame.select(*_NEEDED).filter(past))
    parts = []
    for name in sorted(lines.texts(lines.text("record"))):
        own = lines.over(lines.frame.filter(lines.among("record", [name])))
        found = _of_prose(own) if name in _PROSE else _of_states(own, now)
        parts += [part.assign(record=name) for part in found if len(part)]
    columns = ["record", "from_state", "to_state"]
    none = pd.DataFrame(columns=[*columns, "minutes", "n"])
    types = dict.fromkeys(columns, "string") | {"minutes": "float64", "n": "int64"}
    return pd.concat([part.astype(types) for part in parts or [none]], ignore_index=True)


def _of_states(lines: Source, now: datetime) -> list[pd.DataFrame]:
    """Tally the stays of one kind of record in the states that its lines name."""
    kept = lines.over(lines.frame.with_columns(line_moves=_moves(lines)))
    kept = kept.over(kept.frame.filter(nw.col("line_moves")))
    moves = _beside(kept, since=("at", 1), next=("at", -1))
    moves = moves.over(moves.frame.with_columns(now=nw.lit(now)))
    for name, start, end in (("took", "since", "at"), ("so_far", "at", "now")):
        moves = spells.with_minutes(moves, name, start, end)
    kinds: dict[str, nw.Expr | str] = {"from_state": "from_state", "to_state": "to_state"}
    kinds["minutes"] = nw.col("took")
    ended = moves.tally(Grouping(), kinds, where=~nw.col("from_state").is_null())
    last = nw.col("next").is_null() & ~moves.among("to_state", [ReturnState.CLOSED])
    kinds = {"from_state": "to_state", "minutes": nw.col("so_far")}
    going = moves.tally(Grouping(), kinds, where=last)
    return [ended, going.assign(to_state=STILL)]


def _of_prose(lines: Source) -> list[pd.DataFrame]:
    """Tally the steps from line to line of a kind of record whose lines name no states."""
    moves = _beside(lines, since=("at", 1), last=("activity", 1))
    moves = spells.with_minutes(moves, "took", "since", "at")
    kinds: dict[str, nw.Expr | str] = {"from_state": "last", "to_state": "activity"}
    kinds["minutes"] = nw.col("took")
    return [moves.tally(Grouping(), kinds, where=~nw.col("since").is_null())]


def _moves(lines: Source) -> nw.Expr:
    """Tell which lines change the state; states are looked up, for comparing texts costs more."""
    pairs = lines.tally(Grouping(), {"before": "from_state", "after": "to_state"})
    same = pairs.loc[pairs["before"].astype(str) == pairs["after"].astype(str), "before"]
    moved = ~nw.col("to_state").is_null()
    for state in same.astype(str):
        moved = moved & ~(lines.among("from_state", [state]) & lines.among("to_state", [state]))
    return moved


def _beside(lines: Source, **columns: tuple[str, int]) -> Source:
    """Put beside each line what a neighbouring line of the same record holds."""
    frame = lines.frame
    if frame.implementation.is_duckdb() or frame.implementation.is_spark_like():
        order = {"order_by": ["at", "seq"]}
        shifted = {
            name: nw.col(column).shift(by).over("record_id", **order)
            for name, (column, by) in columns.items()
        }
        return lines.over(frame.with_columns(**shifted))
    # In memory one sort, and a look at the row beside, do the same for all columns at once.
    eager = _ordered(frame.collect())
    shifted = {
        name: nw.when(_same(by)).then(nw.col(column).shift(by))
        for name, (column, by) in columns.items()
    }
    return lines.over(eager.with_columns(**shifted).lazy())


def _ordered(lines: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Sort lines by record and time, unless they lie so already, as tables mostly do."""
    at, seq = nw.col("at"), nw.col("seq")
    later = (at > at.shift(1)) | ((at == at.shift(1)) & (seq >= seq.shift(1)))
    checked = lines.select(same=_same(1), later=later.fill_null(value=False))
    same, later_ = checked.get_column("same"), checked.get_column("later")
    together = int((~same).sum()) == lines.get_column("record_id").n_unique()
    if together and bool((~same | later_).all()):
        return lines
    return lines.sort("record_id", "at", "seq")


def _same(by: int) -> nw.Expr:
    whose = nw.col("record_id")
    return (whose == whose.shift(by)).fill_null(value=False)


def _rows(counts: pd.DataFrame, confidence: float) -> pd.DataFrame:
    keys = ["record", "from_state", "to_state"]
    rows = total(counts, keys)
    still = rows["to_state"] == STILL
    rows["ended"] = rows["n"].where(~still, 0)
    ended = within(rows, keys[:2], of="ended")
    rows["share"] = (rows["n"] / ended.where(ended > 0)).where(~still)
    low, high = wilson(rows["ended"], ended.where(~still, 0), confidence)
    rows["share_low"], rows["share_high"] = low, high
    moves = counts.groupby(keys, sort=False)
    figures = [_quantiles(moves.get_group(tuple(key))) for key in rows[keys].to_numpy()]
    rows[["median_days", "p90_days"]] = pd.DataFrame(figures, columns=["a", "b"], dtype="float64")
    states = counts.groupby(keys[:2], sort=False)
    stays = [_stay(states.get_group(tuple(key))) for key in rows[keys[:2]].to_numpy()]
    rows["stay_median_days"] = pd.Series(stays, dtype="float64")
    return rows.drop(columns="ended")


def _quantiles(group: pd.DataFrame) -> tuple[float, float]:
    known = group.dropna(subset=["minutes"])
    line = estimate(known["minutes"] / MINUTES_A_DAY, [DONE] * len(known), known["n"])
    return line.quantile(0.5)[0], line.quantile(0.9)[0]


def _stay(group: pd.DataFrame) -> float:
    known = group.dropna(subset=["minutes"])
    ends = [OPEN if state == STILL else DONE for state in known["to_state"]]
    return estimate(known["minutes"] / MINUTES_A_DAY, ends, known["n"]).quantile(0.5)[0]
