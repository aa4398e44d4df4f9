"""From tallied spells to figures: median, 90th percentile, restricted mean, curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import InputError
from . import spells
from .grouping import Grouping, Source, dated, within
from .results import tidy
from .spells import MINUTES_A_DAY, Spell
from .survival import DONE, OPEN, OTHER, Curve, estimate

_TAKEN = ("n", "n_done", "n_other", "n_open", "median_days", "p90_days", "mean_days", "days")


def options(given: dict[str, Any]) -> dict[str, Any]:
    """Pick what `lifetimes` takes from a metric's arguments."""
    names = ("by", "freq", "tz", "min_n", "confidence", "as_of", "horizon", "competing", "curve")
    return {name: given[name] for name in names}


def lifetimes(
    metric: str,
    spell: Spell,
    history: Source | None,
    *,
    by: str | Sequence[str] | None,
    freq: str | None,
    tz: str,
    min_n: int,
    confidence: float,
    as_of: Any,
    horizon: float,
    competing: bool,
    curve: bool,
) -> pd.DataFrame:
    """Make the result of a metric from its spells; the options are those of `close_days`."""
    if not horizon > 0:
        raise InputError(f"horizon={horizon!r} is not above 0", advice="give days, such as 30")
    source = spell.source
    grouping = source.grouping(by, freq, tz, taken=_TAKEN, min_n=min_n)
    now = spells.moment(as_of, source, *([history] if history else []))
    counts, left_out = spells.tally(spell, grouping, now)
    counts, undated = dated(counts, grouping)
    counts, small = enough(counts, grouping)
    if not competing:
        counts.loc[counts["end"] == OTHER, "end"] = -OTHER  # ended otherwise, taken as censored
    parts = []
    for key, group in groups(counts, grouping.columns):
        line = curve_of(group)
        figures = pd.DataFrame([_figures(line, group, horizon, confidence)])
        part = _steps(line, group, confidence) if curve else figures
        parts.append(keyed(part, grouping.columns, key, counts))
    none = _nothing(counts, grouping.columns, curve)
    rows = pd.concat(parts, ignore_index=True) if parts else none
    result = tidy(
        rows if not curve else rows.assign(n=0),
        source,
        replace(grouping, min_n=0),
        order={"days": True} if curve else {},
        metric=metric,
        unit="share of records by day" if curve else "days",
        undated=undated,
        confidence=confidence,
        as_of=now.isoformat(),
        horizon_days=horizon,
        estimator="Aalen-Johansen" if competing else "Kaplan-Meier",
        resolution="whole minutes",
        **left_out,
    )
    result.attrs |= small
    return result.drop(columns="n") if curve else result


def enough(counts: pd.DataFrame, grouping: Grouping) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out groups of too few records; say how many these and the others are."""
    size = within(counts, grouping.columns)
    kept, small = counts[size >= grouping.min_n], counts[size < grouping.min_n]
    columns = grouping.columns
    n_groups = len(small[columns].drop_duplicates()) if columns else int(len(small) > 0)
    facts = {
        "n_total": int(kept["n"].sum()),
        "min_n": grouping.min_n,
        "n_small": int(small["n"].sum()),
        "n_small_groups": n_groups,
    }
    return kept.reset_index(drop=True), facts


def keyed(
    part: pd.DataFrame, columns: list[str], key: tuple[Any, ...], counts: pd.DataFrame
) -> pd.DataFrame:
    """Put the group's own values before the figures of one group."""
    own = {
        column: pd.Series([value] * len(part), dtype=counts[column].dtype)
        for column, value in zip(columns, key, strict=True)
    }
    return pd.concat([pd.DataFrame(own, index=part.index), part], axis=1)


def groups(counts: pd.DataFrame, columns: list[str]) -> Any:
    """Iterate over the groups and their keys; without columns all are one group."""
    if not columns:
        return [((), counts)] if len(counts) else []
    return counts.groupby(columns, dropna=False, sort=False)


def curve_of(group: pd.DataFrame) -> Curve:
    """Return the curve of tallied spells, in days."""
    ends = group["end"].where(group["end"] >= 0, OPEN)
    return estimate(group["minutes"].to_numpy() / MINUTES_A_DAY, ends.to_numpy(), group["n"])


def _figures(line: Curve, group: pd.DataFrame, horizon: float, confidence: float) -> dict[str, Any]:
    counted = {
        name: int(group.loc[group["end"].abs() == end, "n"].sum())
        for name, end in (("n_done", DONE), ("n_other", OTHER), ("n_open", OPEN))
    }
    figures: dict[str, Any] = {"n": int(group["n"].sum()), **counted}
    found = {
        "median_days": line.quantile(0.5, confidence),
        "p90_days": line.quantile(0.9, confidence),
        "mean_days": line.mean(horizon, confidence),
    }
    for name, (value, low, high) in found.items():
        figures |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return figures


def _steps(line: Curve, group: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return the curve, with what ended otherwise told apart also where it is censoring."""
    steps = line.frame(confidence).rename(columns={"time": "days"})
    aside = group.loc[group["end"] == -OTHER].groupby("minutes")["n"].sum()
    if len(aside):
        aside.index = aside.index / MINUTES_A_DAY
        moved = steps["days"].map(aside).fillna(0).astype("int64")
        steps["n_other"] += moved
        steps["n_open"] -= moved
    return steps


def _nothing(counts: pd.DataFrame, columns: list[str], curve: bool) -> pd.DataFrame:
    """Return a result without rows, with the columns and dtypes of one with rows."""
    line = estimate([0.0], [OPEN])
    group = pd.DataFrame({"minutes": [0], "end": [OPEN], "n": [1]})
    made = _steps(line, group, 0.95) if curve else pd.DataFrame([_figures(line, group, 1.0, 0.95)])
    return pd.concat([counts[columns].head(0), made.head(0)], axis=1)
