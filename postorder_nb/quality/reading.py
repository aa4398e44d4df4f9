"""Ids, and what reading the answers already told: cut fetches, drift."""

from __future__ import annotations

import pandas as pd

from .. import tables
from .findings import Findings
from .view import SINGULARS, View, among


def look(view: View, found: Findings) -> None:
    """Look for ids that are missing or double, tables that are incomplete, and drift."""
    for name, frame in view.records():
        ids = frame[tables.KEYS[name]]
        counts = ids.value_counts()
        double = counts[counts > 1]
        found.add("duplicated id", name, double.index, [f"{n} rows" for n in double])
        if missing := int(ids.isna().sum()):
            found.add("no id", name, [None], f"{missing:,} rows")
        _incomplete(view, name, frame, found)
        _drift(name, frame, found)
    _children(view, found)


def _children(view: View, found: Findings) -> None:
    for name, frame in view.records():
        known = frame[tables.KEYS[name]]
        for child in tables.CHILD_NAMES:
            owners = view.rows(child, name)["record_id"]
            strange = owners[~among(owners, known)].value_counts()
            details = [f"{n} rows of a {SINGULARS[name]}" for n in strange]
            found.add("rows without a record", child, strange.index, details)


def _incomplete(view: View, name: str, frame: pd.DataFrame, found: Findings) -> None:
    if frame.attrs.get("truncated"):
        found.add("cut by a limit", name, [None], f"holds the newest {len(frame):,}")
    if "until" not in view.meta:
        return
    query = frame.attrs.get("query")
    if query is None:
        found.add("not fetched", name, [None], "the fetch ended before it")
        return
    for end in ("since", "until"):
        told, wanted = query.get(end), view.meta.get(end)
        if told and wanted and pd.Timestamp(told) != pd.Timestamp(wanted):
            found.add("fetched for less", name, [None], f"{end} {told}, not {wanted}")


def _drift(name: str, frame: pd.DataFrame, found: Findings) -> None:
    for kind, entries in (frame.attrs.get("drift") or {}).items():
        details = [f"{what} ({n:,})" for what, n in entries.items()]
        found.add(kind, name, [None] * len(details), details)
