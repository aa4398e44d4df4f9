"""Counts of durations: of millions that lie here, or come from an engine piece by piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_CODES = 1 << 12
"""Codes that are counted in an array at most."""

_PIECE = 1 << 17  # numbers that stay in the processor's cache while they are counted
_NEAR = 1 << 15  # minutes, nearly 23 days: what takes longer is kept one by one
_BITS = 32  # for any minutes


class Bins:
    """
    Count pairs of a code and minutes, both from 0.

    Few pairs of states and many minutes occur: a hash table of all of them outgrows the
    processor's cache, an array by code and minute does not, for memory that no pair points
    to is never touched.

    Parameters
    ----------
    codes : int
        Codes lie below this, which is at most `MOST_CODES`.

    Examples
    --------
    >>> import numpy as np
    >>> bins = Bins(codes=3)
    >>> bins.add(np.array([2, 2, 1]), np.array([90, 90, 50_000]))
    >>> bins.counts()
       code  minutes  n
    0     2       90  2
    1     1    50000  1
    """

    def __init__(self, codes: int) -> None:
        self._row = np.full(codes, -1, dtype="int32")  # where in `_near` it begins
        self._codes = np.empty(0, dtype="int64")  # of each row
        # One place more for all that take longer: to add them there is quicker than to part them.
        self._near = np.zeros((0, _NEAR + 1), dtype="uint32")
        self._far: list[NDArray[np.int64]] = []
        self.full = False

    def add(self, codes: NDArray[np.integer[Any]], minutes: NDArray[np.int64]) -> None:
        """Count some more; nothing, once `full`."""
        rows = self._row[codes]
        if rows.min(initial=0) < 0:
            self._admit(np.unique(codes[rows < 0]))
            rows = self._row[codes]
        if self.full:
            return
        far = np.flatnonzero(minutes >= _NEAR)
        if len(far):
            self._far.append((codes[far].astype("int64") << _BITS) + minutes[far])
        places = np.minimum(minutes, _NEAR)
        places += rows
        np.add.at(self._near.reshape(-1), places, np.uint32(1))

    def _admit(self, codes: NDArray[np.integer[Any]]) -> None:
        """Give codes that came for the first time a row each."""
        known = len(self._codes)
        self._codes = np.append(self._codes, codes)
        self.full |= len(self._codes) > MOST_CODES
        if self.full:
            return
        self._row[codes] = np.arange(known, len(self._codes)) * (_NEAR + 1)
        if len(self._codes) > len(self._near):
            near = np.zeros((2 * len(self._codes), _NEAR + 1), dtype="uint32")
            near[:known] = self._near[:known]
            self._near = near

    def counts(self) -> pd.DataFrame:
        """Return code, minutes and n (int64) of what occurred, in no order."""
        near = self._near[: len(self._codes), :_NEAR]
        which, minutes = np.nonzero(near)
        far, times = np.unique(
            np.concatenate([np.empty(0, "int64"), *self._far]), return_counts=True
        )
        return pd.DataFrame({
            "code": np.append(self._codes[which], far >> _BITS),
            "minutes": np.append(minutes, far & ((1 << _BITS) - 1)),
            "n": np.append(near[which, minutes], times).astype("int64"),
        })  # fmt: skip


def counted(codes: NDArray[np.int64], minutes: NDArray[np.int64]) -> pd.DataFrame:
    """
    Count pairs of a code and minutes, both from 0: `Bins.counts` of them.

    Examples
    --------
    >>> import numpy as np
    >>> counted(np.array([7, 7, 0]), np.array([90, 90, 5]))
       code  minutes  n
    0     0        5  1
    1     7       90  2
    """
    there = np.flatnonzero(np.bincount(codes))
    if len(there) > MOST_CODES:
        pairs = pd.DataFrame({"code": codes, "minutes": minutes})
        return pairs.value_counts(sort=False).rename("n").reset_index()
    place = np.zeros(codes.max(initial=0) + 1, dtype="int64")
    place[there] = np.arange(len(there))
    bins = Bins(len(there))
    for start in range(0, len(codes), _PIECE):
        piece = slice(start, start + _PIECE)
        bins.add(place[codes[piece]], minutes[piece])
    found = bins.counts()
    return found.assign(code=there[found["code"]])
