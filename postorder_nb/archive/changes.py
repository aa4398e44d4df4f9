"""What changed in an archive's table, from what to what."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from .. import tables
from ..fetch.windows import When
from . import frames, schema
from .store import Store

_NOTHING: Any = None  # equal to itself, unlike NA
_KINDS = pd.CategoricalDtype(["new", "changed", "gone"])


def changes(store: Store, name: str, since: When, until: When | None = None) -> pd.DataFrame:
    """Return what changed in a table; see `Archive.changes`."""
    frames.check(name)
    versions = _versions(store, name, since, until)
    rows = tables.from_arrow(name, versions.drop_columns(["batch"]))
    rows["version"] = _counted(versions, name)
    own = schema.owner(name)
    # As objects: pandas cannot join an Arrow column that a filter left without chunks.
    rows = rows.astype(dict.fromkeys(own, object))
    stamps = rows[[*own, "version", "seen_from"]].drop_duplicates()
    keys = [*schema.keys(name), "version"]
    # A child's set that became empty is a version without rows.
    held = rows[rows["seq"].notna()] if "seq" in rows else rows
    held = held.reset_index(drop=True)
    place = held[keys].assign(row=held.index)
    pairs = place.merge(
        place.assign(version=place["version"] + 1), on=keys, how="outer", suffixes=("", "_before")
    )
    pairs = pairs.merge(stamps, on=[*own, "version"])  # what follows the last version is no change
    pairs = pairs[pairs["seen_from"] > frames.at(since, "since")]
    return _told(held, pairs, schema.keys(name))


def _versions(store: Store, name: str, since: When, until: When | None) -> pa.Table:
    """Return the versions of a span, and of the same owners what stood before."""
    start, stamp = frames.at(since, "since"), ds.field("seen_from")
    within = stamp > start
    if until is not None:
        within &= stamp <= frames.at(until, "until")
    after = frames.read(store, schema.versions(name), within)
    ids = ds.field(schema.owner(name)[-1]).isin(after[schema.owner(name)[-1]].unique())
    before = frames.read(store, schema.versions(name), (stamp <= start) & ids)
    known = pc.is_in(frames.owners(before, name), value_set=frames.owners(after, name))
    return pa.concat_tables([frames.last(before.filter(known), name), after])


def _counted(versions: pa.Table, name: str) -> pd.Series[Any]:
    """Return which version of its owner each row belongs to, counted in the order of time."""
    owners = frames.owners(versions, name).to_pandas()
    seen = versions["seen_from"].cast(pa.int64()).to_pandas()
    return cast("pd.Series[Any]", seen.groupby(owners.to_numpy()).rank("dense").astype("int64"))


def _told(held: pd.DataFrame, pairs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return one row for each row that came or went, and for each cell that is another."""
    pairs = pairs.rename(columns={"seen_from": "at"})
    came, went = pairs["row_before"].isna(), pairs["row"].isna()
    shared = ["at", *keys]
    found = [
        pairs.loc[came, shared].assign(what="new"),
        pairs.loc[went, shared].assign(what="gone"),
    ]
    both = pairs[~came & ~went]
    rows, rows_before = (both[side].to_numpy("int64") for side in ("row", "row_before"))
    for column in held.columns.difference([*keys, "version", "seen_from"], sort=False):
        after, before = (
            held[column].take(some).astype("string").to_numpy(object, na_value=_NOTHING)
            for some in (rows, rows_before)
        )
        other = before != after
        if other.any():  # few columns change
            cells = {"column": column, "before": before[other], "after": after[other]}
            found.append(both.loc[other, shared].assign(what="changed", **cells))
    told = pd.concat([part for part in found if len(part)] or found[:1])
    told = told.reindex(columns=[*shared, "what", "column", "before", "after"])
    texts = dict.fromkeys([*keys, "column", "before", "after"], "string")
    texts.pop("seq", None)
    told = told.astype({**texts, "what": _KINDS})
    return told.sort_values([*shared, "column"], kind="stable", ignore_index=True)
