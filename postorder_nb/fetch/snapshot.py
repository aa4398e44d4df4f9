"""All four records of a span of time, with their child tables, as one object to keep."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from .. import display, tables
from ..api.client import PostOrder
from ..errors import InputError
from . import details as one_by_one
from . import records
from .joining import combine, conform
from .windows import When, span
from .workers import keeping, threads

_NAMES = (*tables.NAMES, *tables.CHILD_NAMES)
#: Child tables that snapshots saved by version 0.1 do not have.
_LATER = ("fundings", "lines", "label_costs", "conversions")
_READERS = {
    "cancellations": one_by_one.cancellation_details,
    "inquiries": one_by_one.inquiry_details,
    "returns": one_by_one.return_details,
    "cases": one_by_one.case_details,
}
_FETCHERS = {
    "cancellations": records.cancellations,
    "inquiries": records.inquiries,
    "returns": records.returns,
    "cases": records.cases,
}


@dataclass(repr=False)
class Snapshot:
    """
    Cancellations, inquiries, returns and cases of a span of time.

    Attributes
    ----------
    cancellations, inquiries, returns, cases : DataFrame
        One row a record.
    history, refund_lines, money_movements, files, shipments, fundings, lines, label_costs, \
    conversions : DataFrame
        The child tables of all four, told apart by ``record`` and ``record_id``; empty where no
        details were read.
    meta : dict
        Where it came from: source, marketplace, since, until, fetched_at, details.
    """

    cancellations: pd.DataFrame = field(default_factory=lambda: tables.empty("cancellations"))
    inquiries: pd.DataFrame = field(default_factory=lambda: tables.empty("inquiries"))
    returns: pd.DataFrame = field(default_factory=lambda: tables.empty("returns"))
    cases: pd.DataFrame = field(default_factory=lambda: tables.empty("cases"))
    history: pd.DataFrame = field(default_factory=lambda: tables.empty("history"))
    refund_lines: pd.DataFrame = field(default_factory=lambda: tables.empty("refund_lines"))
    money_movements: pd.DataFrame = field(default_factory=lambda: tables.empty("money_movements"))
    files: pd.DataFrame = field(default_factory=lambda: tables.empty("files"))
    shipments: pd.DataFrame = field(default_factory=lambda: tables.empty("shipments"))
    fundings: pd.DataFrame = field(default_factory=lambda: tables.empty("fundings"))
    lines: pd.DataFrame = field(default_factory=lambda: tables.empty("lines"))
    label_costs: pd.DataFrame = field(default_factory=lambda: tables.empty("label_costs"))
    conversions: pd.DataFrame = field(default_factory=lambda: tables.empty("conversions"))
    meta: dict[str, Any] = field(default_factory=dict)

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Iterate over (name, table)."""
        for name in _NAMES:
            yield name, getattr(self, name)

    def save(self, folder: str | Path) -> Path:
        """
        Write the tables as Parquet files and the meta data as JSON into a folder.

        Raises
        ------
        InputError
            If the folder holds other files already.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        own = {f"{name}.parquet" for name, _ in self.tables()} | {"snapshot.json"}
        strangers = sorted(path.name for path in target.iterdir() if path.name not in own)
        if strangers:
            raise InputError(
                f"{target} holds other files ({', '.join(strangers[:3])})",
                advice="save into a new folder",
            )
        for name, table in self.tables():
            table.to_parquet(target / f"{name}.parquet", index=False)
        (target / "snapshot.json").write_text(json.dumps(self.meta, indent=2), encoding="utf-8")
        return target

    @classmethod
    def load(cls, folder: str | Path) -> Snapshot:
        """
        Read what `save` wrote; tables that its version did not know are empty.

        Raises
        ------
        InputError
            If the folder holds no snapshot.
        """
        source = Path(folder)
        if not (source / "snapshot.json").is_file():
            raise InputError(f"{source} holds no snapshot", advice="pass the folder given to save")
        meta = json.loads((source / "snapshot.json").read_text(encoding="utf-8"))
        paths = {name: source / f"{name}.parquet" for name in _NAMES}
        stored = {
            name: pd.read_parquet(path)
            for name, path in paths.items()
            if path.is_file() or name not in _LATER
        }
        return cls(**{n: conform(t, tables.empty(n)) for n, t in stored.items()}, meta=meta)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(table)} {name}" for name, table in self.tables() if len(table))
        return f"<Snapshot {self.meta.get('source', '')}: {counts or 'empty'}>"

    def _repr_html_(self) -> str:
        rows = [(key, str(value)) for key, value in self.meta.items()]
        rows += [(name, f"{len(table)} rows") for name, table in self.tables()]
        return display.card("Snapshot", rows)


def snapshot(
    po: PostOrder,
    since: When = "90d",
    until: When | None = None,
    *,
    details: bool | Collection[str] = False,
    progress: bool | None = None,
    executor: Executor | None = None,
) -> Snapshot:
    """
    Fetch all four records of a span of time.

    Parameters
    ----------
    po : PostOrder
        The client.
    since, until : str, date or datetime
        The span of creation, as for `postorder_nb.fetch.returns`.
    details : bool or collection of str
        True reads every record one by one, too: one call each, and the child tables are filled.
        Names of records (``["returns"]``) limit it to those.
    progress : bool, optional
        True or False to show bars or not.
    executor : concurrent.futures.Executor, optional
        Runs the calls.

    Returns
    -------
    Snapshot
        The tables. Inquiries that became cases stand among the cases only.

    Raises
    ------
    InputError
        For a bad span or an unknown name in `details`; before any network.
    AnswerError, NoAnswer, UnreadableAnswer, IncompleteFetch
        If a call fails for good; the snapshot so far is in ``.partial``.
    """
    wanted = tables.NAMES if details is True else tuple(details or ())
    for name in wanted:
        if name not in tables.NAMES:
            raise InputError(
                f"details={name!r} is no record", advice=f"use {', '.join(tables.NAMES)}"
            )
    # One span for all four: what is created while the first is read belongs to none of them.
    start, end = span(since, until, now=po.now())
    result = Snapshot(
        meta={
            "source": po.environment,
            "marketplace": po.settings["marketplace"],
            "since": start.isoformat(timespec="milliseconds"),
            "until": end.isoformat(timespec="milliseconds"),
            "fetched_at": po.now().isoformat(timespec="seconds"),
            "details": list(wanted),
        }
    )
    with keeping(lambda: result), threads(po, executor) as pool:
        for name in tables.NAMES:
            fetcher = _FETCHERS[name]
            table = fetcher(po, start, end, progress=progress, executor=pool)
            setattr(result, name, table)
            if name in wanted:
                found = _READERS[name](po, table, progress=progress, executor=pool)
                _add(result, name, found, table)
    return result


def _add(result: Snapshot, name: str, found: one_by_one.Frames, searched: pd.DataFrame) -> None:
    found[name].attrs = {**searched.attrs, **found[name].attrs}
    setattr(result, name, found[name])
    for child in tables.CHILD_NAMES:
        both = [table for table in (getattr(result, child), found[child]) if len(table)]
        if both:
            setattr(result, child, combine(both))
