"""What has changed lately, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..enums import label
from ..errors import InputError
from . import spells
from .deadlines import tables_of
from .grouping import Derived, Grouping, Source
from .intervals import (
    benjamini_hochberg,
    check_confidence,
    newcombe,
    poisson,
    rates_p,
    shares_p,
)
from .results import name_of

#: Columns whose values are counted by themselves (events a week), and as shares of the whole.
VOLUMES = ("item_id",)
SHARES = ("reason", "case_type", "marketplace", "requestor")

_COLUMNS = [
    *("table", "metric", "column", "value", "n", "before_n", "now", "before"),
    *("change", "change_low", "change_high", "p_single", "p", "sentence"),
]
_LATELY, _BEFORE, _NEITHER = 1, 2, 0


def alerts(
    records: Any,
    *,
    days: float = 7.0,
    weeks: float = 8.0,
    volumes: Sequence[str] = VOLUMES,
    shares: Sequence[str] = SHARES,
    level: float | None = 0.05,
    confidence: float = 0.95,
    as_of: Any = None,
) -> pd.DataFrame:
    """
    Tell what is different in the last days from the weeks before, beyond chance.

    Looked at, in each table: the records opened (`metric` "volume"); those of each value of the
    columns `volumes`, as of one listing; and each value's share among the records of the columns
    `shares`, as of a reason (`metric` "share"). *Now* is the span of `days` up to `as_of`,
    *before* the `weeks` ahead of it, or as many as the table reaches back.

    A volume is a rate per week, ``n / weeks``: tested by the exact conditional Poisson test, its
    change has the interval ``d ± sqrt(...)`` made from the two exact Poisson intervals as
    Newcombe's is from Wilson's. A share is ``n / records``, tested by Fisher's exact test, with
    Newcombe's interval. So many are looked at that some would stand out by chance: `p` is
    corrected by Benjamini and Hochberg over all of them, and told are those with ``p <= level``,
    of which about that share may be false. The intervals are not corrected.

    Parameters
    ----------
    records : Snapshot, mapping or DataFrame
        A snapshot; or tables by name ("returns", "inquiries" ...); or one table. Any engine.
    days : float
        Length of the span that is looked at.
    weeks : float
        Length of the span it is compared with.
    volumes, shares : sequence of str
        Columns to look at; those a table lacks are passed over.
    level : float, optional
        The false discovery rate; None returns everything that was looked at.
    confidence : float
        Of the intervals, strictly between 0 and 1.
    as_of : str or datetime, optional
        The end of the span; default as for `close_days`.

    Returns
    -------
    pandas.DataFrame
        ``table, metric, column, value, n, before_n, now, before, change, change_low,
        change_high, p_single, p, sentence``: counts in the two spans; the rates per week or the
        shares; the change with its interval; p-values before and after correction; and the
        finding in words. Sorted by `p_single`. ``attrs["n_looked"]`` is how many were tested.

    Raises
    ------
    InputError
        If a table has no `created_at`, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> end = pd.Timestamp("2026-03-30", tz="UTC")
    >>> opened = [end - pd.Timedelta(hours=h) for h in [*range(1, 31), *range(170, 1500, 50)]]
    >>> returns = pd.DataFrame({"return_id": [str(i) for i in range(57)], "created_at": opened})
    >>> alerts(returns, as_of=end)["sentence"].tolist()
    ['Returns: 30 in the last 7 days, 3.5 a week before (+26.5, 95 % interval +16.6 to +39.4)']
    """
    check_confidence(confidence)
    if not (days > 0 and weeks > 0):
        raise InputError("a span is not above 0", advice="give days such as 7 and weeks such as 8")
    sources = tables_of(records)
    for source in sources:
        spells.zoned(source, "created_at")
    now = spells.moment(as_of, *sources)
    parts = [
        part
        for source in sources
        for part in _looks(source, now, (days, weeks), (tuple(volumes), tuple(shares)))
    ]
    rows = _tested(pd.concat(parts, ignore_index=True) if parts else _none(), confidence)
    told = rows if level is None else rows[rows["p"] <= level]
    told = told.sort_values(["p_single", "table", "column", "value"], kind="stable")
    sentences = [_sentence(row, days, confidence) for row in told.to_dict("records")]
    told = told.assign(sentence=pd.Series(sentences, index=told.index, dtype="string"))
    told = told[_COLUMNS].reset_index(drop=True)
    told.attrs = {
        "metric": "alerts",
        "table": " ".join(source.table for source in sources),
        "unit": "records per week; share of records",
        "date_basis": "created_at",
        "by": [],
        "freq": None,
        "tz": "UTC",
        "as_of": now.isoformat(),
        "days": days,
        "weeks": weeks,
        "level": level,
        "n_looked": int(rows["p_single"].notna().sum()),
        "n_total": len(told),
        "confidence": confidence,
    }
    return told


def _looks(
    source: Source,
    now: datetime,
    spans: tuple[float, float],
    columns: tuple[tuple[str, ...], tuple[str, ...]],
) -> list[pd.DataFrame]:
    """Count what one table holds in the two spans, for each thing to look at."""
    since = now - timedelta(days=spans[0])
    first = _first(source)
    if first is None or first >= since:
        return []
    start = max(since - timedelta(weeks=spans[1]), first)
    weeks = (since - start) / timedelta(weeks=1)
    at = nw.col("created_at")
    lately = (at > nw.lit(since)) & (at <= nw.lit(now))
    before = (at >= nw.lit(start)) & (at <= nw.lit(since))
    earlier = nw.when(before).then(nw.lit(_BEFORE)).otherwise(nw.lit(_NEITHER))
    span = nw.when(lately).then(nw.lit(_LATELY)).otherwise(earlier)
    frame = source.over(source.frame.with_columns(span=span))
    exposure = {"exposure": spans[0] / 7, "before_exposure": weeks}
    whole = _spans(frame, None)
    parts = [whole.assign(metric="volume", column="", value="", **exposure)]
    for name in columns[0]:
        if name in source:
            parts.append(_spans(frame, name).assign(metric="volume", column=name, **exposure))
    sizes = {"exposure": float(whole["n"].sum()), "before_exposure": float(whole["before_n"].sum())}
    for name in columns[1]:
        if name in source:
            parts.append(_spans(frame, name).assign(metric="share", column=name, **sizes))
    return [part.assign(table=source.table) for part in parts]


def _spans(source: Source, column: str | None) -> pd.DataFrame:
    """Count the records of both spans, by the column's values."""
    derived: Derived = {"span": nw.col("span")}
    if column:
        derived["value"] = column
    counts = source.tally(Grouping(), derived, where=nw.col("span") != _NEITHER)
    counts["before_n"] = counts["n"].where(counts["span"] == _BEFORE, 0)
    counts["n"] = counts["n"].where(counts["span"] == _LATELY, 0)
    if not column:
        return counts[["n", "before_n"]].sum().to_frame().T
    return counts.groupby("value", as_index=False)[["n", "before_n"]].sum()


def _first(source: Source) -> datetime | None:
    least = source.frame.select(nw.col("created_at").min()).collect("pyarrow")
    value = least.get_column("created_at").to_list()[0]
    return None if value is None else spells.utc(value)


def _tested(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    k, n = rows["n"].to_numpy(np.float64), rows["exposure"].to_numpy(np.float64)
    k0, n0 = rows["before_n"].to_numpy(np.float64), rows["before_exposure"].to_numpy(np.float64)
    share = (rows["metric"] == "share").to_numpy(bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        now, before = k / n, k0 / n0
    low, high = poisson(k, n, confidence)
    low0, high0 = poisson(k0, n0, confidence)
    change = now - before
    change_low = change - np.hypot(now - low, high0 - before)
    change_high = change + np.hypot(high - now, before - low0)
    p = rates_p(k, n, k0, n0)
    of = (k[share], n[share], k0[share], n0[share])
    change_low[share], change_high[share] = newcombe(*of, confidence)
    p[share] = shares_p(*of)
    return rows.assign(
        now=now,
        before=before,
        change=change,
        change_low=change_low,
        change_high=change_high,
        p_single=p,
        p=benjamini_hochberg(p),
    )


def _sentence(row: dict[Any, Any], days: float, confidence: float) -> str:
    what = label(row["table"])
    if row["column"]:
        name = name_of(row["value"], row["column"])
        what += f", {label(row['column']).lower()} {name}"
    sure = f"{confidence:.0%}".replace("%", " %")
    if row["metric"] == "share":
        now, before, change, low, high = (
            f"{100 * row[name]:.1f}" if name in {"now", "before"} else f"{100 * row[name]:+.1f}"
            for name in ("now", "before", "change", "change_low", "change_high")
        )
        return (
            f"{what}: {now} % of the last {days:g} days' records, {before} % before "
            f"({change} points, {sure} interval {low} to {high})"
        )
    return (
        f"{what}: {row['n']} in the last {days:g} days, {row['before']:.1f} a week before "
        f"({row['change']:+.1f}, {sure} interval {row['change_low']:+.1f} to "
        f"{row['change_high']:+.1f})"
    )


def _none() -> pd.DataFrame:
    texts = dict.fromkeys(["table", "metric", "column", "value"], "string")
    counts = dict.fromkeys(["n", "before_n"], "int64")
    numbers = dict.fromkeys(["exposure", "before_exposure"], "float64")
    return pd.DataFrame(columns=[*texts, *counts, *numbers]).astype(texts | counts | numbers)
