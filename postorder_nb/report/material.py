"""What a report is made from: the tables made ready, and the two periods that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from .. import clock, tables
from ..errors import InputError
from ..metrics.periods import check_zone
from . import orders as sold
from . import people

SPAN = "report_span"
"""The column that tells the period ("now") from the one before ("before")."""
_SHORTEST = 7  # days; what is shorter is not compared


class Snapshot(Protocol):
    """What a report is made from: the four tables; ``meta`` and child tables are read too."""

    cancellations: pd.DataFrame
    inquiries: pd.DataFrame
    returns: pd.DataFrame
    cases: pd.DataFrame


class Material:
    """
    The tables of a snapshot as the sections read them.

    Attributes
    ----------
    snapshot : Snapshot
        As it was given: only the checks of its quality look at it.
    frames : dict of str to DataFrame
        Record tables and child tables without personal data, unless asked for, and without what
        they bear of their fetch.
    orders : DataFrame or None
        The orders.
    meta : dict
        Where the tables come from.
    as_of : Timestamp
        The moment they are looked at: when they were fetched, else their latest record.
    days : int or None
        Length of the periods that are compared; None if the tables cover too little time.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        buyers: bool = False,
        orders: pd.DataFrame | str | Path | None = None,
        tz: str = "UTC",
        days: int = 28,
    ) -> None:
        check_zone(tz)
        if days < _SHORTEST:
            raise InputError(f"days={days} is too short", advice=f"give {_SHORTEST} or more")
        self.snapshot = snapshot
        self.buyers = buyers
        self.tz = tz
        self.orders = _orders(orders)
        self.meta = _meta(snapshot)
        self.frames = _frames(snapshot, buyers=buyers)
        self.first, self.last = _ends(self.frames)
        self.as_of = _moment(self.meta, self.last)
        self.days = self._compared(days)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]

    @property
    def records(self) -> dict[str, pd.DataFrame]:
        """The four record tables by name."""
        return {name: self.frames[name] for name in tables.NAMES}

    @property
    def linked(self) -> pd.DataFrame | None:
        """The cases, if they tell which return they came from."""
        cases = self["cases"]
        if "return_id" not in cases or "case_type" not in cases:
            return None
        return cases if cases.empty or cases["case_type"].notna().any() else None

    def spans(self, name: str, date: str = "created_at") -> pd.DataFrame:
        """Return the records of both periods, by the moment `date`, told apart by `SPAN`."""
        frame = self[name]
        if self.days is None or date not in frame:
            return frame.assign(**{SPAN: "now"})
        length = pd.Timedelta(days=self.days)
        age = self.as_of - frame[date]
        span = pd.Series("before", index=frame.index).mask(age < length, "now")
        inside = (age >= pd.Timedelta(0)) & (age < 2 * length)
        return frame.assign(**{SPAN: span})[inside]

    def _compared(self, days: int) -> int | None:
        start = self.meta.get("since") or self.first
        if start is None or pd.isna(start):
            return None
        whole = (self.as_of - _utc(start)) / pd.Timedelta(days=1)
        length = min(days, int(whole / 2 + 0.01))  # a fetch takes its time: 55.99 days are 56
        return length if length >= _SHORTEST else None


def _orders(given: pd.DataFrame | str | Path | None) -> pd.DataFrame | None:
    if given is None:
        return None
    return sold.checked(given) if isinstance(given, pd.DataFrame) else sold.read(given)


def _frames(snapshot: Snapshot, *, buyers: bool) -> dict[str, pd.DataFrame]:
    frames = {}
    for name in (*tables.NAMES, *tables.CHILD_NAMES):
        frame = getattr(snapshot, name, None)
        # A copy that shares the columns: what a table bears of its fetch is copied at each step.
        frames[name] = tables.empty(name) if frame is None else frame.copy(deep=False)
        frames[name].attrs = {}
    return frames if buyers else people.hide(frames)


def _meta(snapshot: Snapshot) -> dict[str, Any]:
    """Read where the tables come from: from the snapshot, else from the tables themselves."""
    meta: dict[str, Any] = {}
    for name in tables.NAMES:
        attrs = getattr(snapshot, name).attrs
        query = attrs.get("query") or {}
        for key, value in {**query, **attrs}.items():
            if key in {"source", "marketplace", "since", "until", "fetched_at"}:
                meta.setdefault(key, value)
    return meta | dict(getattr(snapshot, "meta", None) or {})


def _ends(frames: Mapping[str, pd.DataFrame]) -> tuple[Any, Any]:
    """Return the first and the last moment at which a record was opened, or None."""
    days = [
        frames[name]["created_at"].dropna() for name in tables.NAMES if "created_at" in frames[name]
    ]
    days = [part for part in days if len(part)]
    return min((d.min() for d in days), default=None), max((d.max() for d in days), default=None)


def _moment(meta: Mapping[str, Any], last: Any) -> pd.Timestamp:
    told = meta.get("fetched_at") or meta.get("until") or last
    return _utc(clock.now() if told is None else told)


def _utc(moment: Any) -> pd.Timestamp:
    stamp = pd.Timestamp(moment)
    return stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")


__all__ = ["SPAN", "Material", "Snapshot", "check_zone"]
