"""The tables as the checks see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import clock, tables
from ..errors import InputError
from ..money import minor_units

SINGULARS = {
    "cancellations": "cancellation",
    "inquiries": "inquiry",
    "returns": "return",
    "cases": "case",
}


class Snapshot(Protocol):
    """What holds the tables as attributes; ``meta``, if there is any, is read, too."""

    cancellations: pd.DataFrame
    inquiries: pd.DataFrame
    returns: pd.DataFrame
    cases: pd.DataFrame


class View:
    """The tables of a snapshot or a mapping; what is not there is empty."""

    def __init__(
        self, snapshot: Snapshot | Mapping[str, pd.DataFrame], now: datetime | None
    ) -> None:
        names = (*tables.NAMES, *tables.CHILD_NAMES)
        self._tables = (
            snapshot
            if isinstance(snapshot, Mapping)
            else {name: getattr(snapshot, name, None) for name in names}
        )
        self.meta: Mapping[str, Any] = getattr(snapshot, "meta", None) or {}
        self._once: dict[str, pd.DataFrame] = {}
        self._rows: dict[tuple[str, str], pd.DataFrame] = {}
        self.now = self._moment(now)

    def _moment(self, now: datetime | None) -> pd.Timestamp:
        if now is not None and now.tzinfo is None:
            raise InputError("now has no time zone", advice="write datetime(..., tzinfo=UTC)")
        told = [
            self.meta.get("fetched_at"),
            *(t.attrs.get("fetched_at") for _, t in self.records()),
        ]
        moments = [pd.Timestamp(moment) for moment in told if moment]
        return pd.Timestamp(now) if now else max(moments, default=pd.Timestamp(clock.now()))

    def records(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Iterate over (name, table) of the record tables that are there, with their key."""
        for name, key in tables.KEYS.items():
            frame = self._tables.get(name)
            if frame is not None and key in frame:
                yield name, frame

    def has(self, name: str) -> bool:
        """Tell whether a table is there."""
        return self._tables.get(name) is not None

    def record(self, name: str, *columns: str) -> pd.DataFrame:
        """
        Return some columns of a record table, by its id; each id once.

        Empty where the table or any of the columns is not there.
        """
        key = tables.KEYS[name]
        frame = self._tables.get(name)
        if frame is None or not {key, *columns} <= {*frame.columns}:
            return pd.DataFrame(columns=[*columns], index=pd.Index([], dtype="object"))
        if name not in self._once:
            once = (frame[key].notna() & ~frame[key].duplicated()).to_numpy(dtype=bool)
            whole = frame.copy(deep=False) if once.all() else frame[once]
            whole.index = pd.Index(whole[key].to_numpy(dtype=object), dtype=object)
            whole.attrs = {}  # pandas copies them at each step
            self._once[name] = whole
        return self._once[name][[*columns]]

    def rows(self, child: str, name: str) -> pd.DataFrame:
        """Return the rows that a child table holds of a record, in the order of the answers."""
        if (child, name) not in self._rows:
            frame = self._tables.get(child)
            frame = tables.empty(child) if frame is None else frame
            mine = frame[(frame["record"] == SINGULARS[name]).to_numpy(dtype=bool)]
            mine.attrs = {}
            made = mine.assign(record_id=mine["record_id"].astype(object))
            self._rows[child, name] = made
        return self._rows[child, name]

    def counts(self) -> dict[str, int]:
        """Count the records of each table, in words."""
        found = {name: len(frame) for name, frame in self.records() if len(frame)}
        return {SINGULARS[name] if n == 1 else name: n for name, n in found.items()}


def among(ids: Any, held: Any) -> npt.NDArray[np.bool_]:
    """Tell which ids are among those held."""
    values = pd.Series(np.asarray(ids, dtype=object), dtype=object)
    found: npt.NDArray[np.bool_] = values.isin(np.asarray(held, dtype=object)).to_numpy()
    return found


def minor(frame: pd.DataFrame, stem: str) -> pd.Series[Any]:
    """Return an amount in whole minor units of its currency (cents); NaN where it is missing."""
    prefix = f"{stem}_" if stem else ""
    currencies = frame[f"{prefix}currency"].astype("category")
    units = [10.0 ** minor_units(str(code)) for code in currencies.cat.categories]
    scale = np.array([*units, np.nan])[currencies.cat.codes]
    amounts: pd.Series[Any] = frame[f"{prefix}amount"].astype("float64")
    whole: pd.Series[Any] = (amounts * scale).round()
    return whole


def shown(amounts: pd.Series[Any], currency: pd.Series[Any]) -> list[str]:
    """Write amounts in minor units for a reader."""
    return [
        "none" if pd.isna(amount) else _money(amount, str(code))
        for amount, code in zip(amounts, currency, strict=True)
    ]


def _money(minor_amount: float, code: str) -> str:
    digits = minor_units(code)
    return f"{minor_amount / 10**digits:,.{digits}f} {code}"
