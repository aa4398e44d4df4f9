"""How far the tables can be trusted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .. import quality, tables
from .material import Material
from .parts import Part, Section, Table

_GAPS = ("created_at", "reason", "status")
_MOST_IDS = 3
_DRIFT = ("unknown value", "unknown field")
_INCOMPLETE = ("not fetched", "cut by a limit", "fetched for less")
_LEAD = (
    "What contradicts itself, what is missing, and what eBay's answers held that the tables do not"
    " know."
)


def section(material: Material) -> Section:
    """Return the section on the quality of the data."""
    found = quality.check(material.snapshot, now=material.as_of.to_pydatetime())
    summary = str(found.attrs["summary"]).split("\n")[:1]
    cut = found[found["finding"].isin(_INCOMPLETE)]
    rest = found[~found["finding"].isin((*_INCOMPLETE, *_DRIFT))]
    parts = [
        Part("", sentences=[*summary, *_fetches(cut, material)]),
        Part(
            "Findings",
            "Errors contradict themselves; warnings are missing or doubtful.",
            _findings(rest),
            none="None.",
            most=40,
        ),
        Part(
            "New to the tables",
            "Fields and values in eBay's answers that no column knows. Values are kept.",
            _drift(material),
            none="The answers held no field and no value that is new to the tables.",
            most=40,
        ),
        Part(
            "Gaps",
            "A dash means that the table has no such column: some are only known when the details"
            " of each record are read.",
            _gaps(material),
        ),
    ]
    return Section("quality", "Data quality", _LEAD, parts=parts)


def _fetches(cut: pd.DataFrame, material: Material) -> list[str]:
    """Say which tables are incomplete, and of which no details were read."""
    said = [
        f"Incomplete: {table}, {finding} ({detail})."
        for table, finding, detail in cut[["table", "finding", "detail"]].itertuples(index=False)
    ]
    details = material.meta.get("details")
    without = [name for name in tables.NAMES if details is not None and name not in details]
    if without:
        said.append(f"Read without details: {', '.join(without)}.")
    return said or ["All tables were fetched whole."]


def _findings(found: pd.DataFrame) -> Table:
    """Count each kind of finding in each table, with a few of the records."""
    rows = []
    keys = ["severity", "finding", "table"]
    for (severity, finding, table), part in found.groupby(keys, sort=False, observed=True):
        ids = ", ".join(part["record_id"].dropna().head(_MOST_IDS))
        more = ", ..." if part["record_id"].notna().sum() > _MOST_IDS else ""
        meaning = quality.RULES[str(finding)].meaning
        rows.append(
            [str(severity).capitalize(), str(finding).capitalize(), str(table), f"{len(part):,}",
             meaning, ids + more]
        )  # fmt: skip
    return ["Severity", "Finding", "Table", "Times", "Meaning", "For example"], rows


def _drift(material: Material) -> Table:
    rows = []
    for name in tables.NAMES:
        frame = getattr(material.snapshot, name)
        told: Mapping[str, Mapping[str, int]] = frame.attrs.get("drift") or {}
        for kind, entries in told.items():
            rows += [[name.capitalize(), kind, what, f"{n:,}"] for what, n in entries.items()]
    return ["Records", "What", "Where", "Times"], rows


def _gaps(material: Material) -> Table:
    rows = []
    for name, key in tables.KEYS.items():
        frame = material[name]
        double = int(frame[key].dropna().duplicated().sum()) if key in frame else 0
        gaps = [_gap(frame, column) for column in (key, *_GAPS)]
        rows.append([name.capitalize(), f"{len(frame):,}", f"{double:,}", *gaps])
    headers = ["Records", "Count", "Ids twice", "No id", "No date", "No reason", "No status"]
    return headers, rows


def _gap(frame: pd.DataFrame, column: str) -> str:
    return f"{int(frame[column].isna().sum()):,}" if column in frame else "-"
