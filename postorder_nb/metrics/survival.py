"""
How long things take when some have not ended yet.

`estimate` gives the share that has ended by each time, with records still open (censored) and
records that ended in another way (competing) treated as such. It is written in numpy because
SciPy's censored distribution knows neither competing ends nor weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from ..errors import InputError
from .intervals import check_confidence

Floats = NDArray[np.float64]

OPEN, DONE, OTHER = 0, 1, 2
"""How a spell ended: not yet, with the event asked about, or otherwise."""

_NEAR = 1e-12  # products of shares miss a round figure by a rounding error


@dataclass(frozen=True)
class Curve:
    """
    The share that has ended with the event, by time: a step function.

    Attributes
    ----------
    time : numpy.ndarray
        Times at which anything happened, ascending, in the unit given to `estimate`.
    at_risk, done, other, open : numpy.ndarray
        Counts at each time: not ended before it; ended then with the event; ended then
        otherwise; last seen then, not ended.
    share : numpy.ndarray
        Cumulative share with the event, from each time on.
    se : numpy.ndarray
        Its standard error.
    left : float
        Share not ended in any way after the last time; above 0, the later course is unknown.
    """

    time: Floats
    at_risk: Floats
    done: Floats
    other: Floats
    open: Floats
    share: Floats
    se: Floats
    left: float

    def bounds(self, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """
        Return the pointwise log-log interval of the share.

        With ``S = 1 - share`` and ``h = z se / (S log S)``: from ``1 - S ** exp(-h)`` to
        ``1 - S ** exp(h)``, whichever is less first. Where the share is 0 or 1 it is that.
        """
        check_confidence(confidence)
        return _loglog(self.share, self.se, confidence)

    def at(self, time: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats, Floats]:
        """Return share and bounds at given times; NaN beyond what has been seen."""
        here = np.searchsorted(self.time, np.asarray(time, dtype=np.float64), side="right")
        steps = [np.concatenate([[0.0], line]) for line in (self.share, *self.bounds(confidence))]
        unseen = self._unseen(np.asarray(time, dtype=np.float64))
        share, low, high = (np.where(unseen, np.nan, line[here]) for line in steps)
        return share, low, high

    def quantile(self, q: float, confidence: float = 0.95) -> tuple[float, float, float]:
        """
        Return the first time at which the share is at least `q`, and its interval.

        The bounds are where the share's upper and lower bound reach `q` (Brookmeyer and Crowley
        on the log-log scale). What is not reached is NaN.
        """
        low, high = self.bounds(confidence)
        return self._first(self.share, q), self._first(high, q), self._first(low, q)

    def mean(self, horizon: float, confidence: float = 0.95) -> tuple[float, float, float]:
        """
        Return the mean time without the event within the horizon, and its normal interval.

        It is the area above the curve up to `horizon` (restricted mean); NaN if the curve is not
        known that far.
        """
        check_confidence(confidence)
        if not len(self.time) or self._unseen(np.array(horizon)):
            return math.nan, math.nan, math.nan
        used = self.time <= horizon
        steps = np.diff(self.share[used], prepend=0.0)
        ahead = horizon - self.time[used]
        lost = steps * ahead
        mean = horizon - float(lost.sum())
        # What each time's ending changes in the area, by itself and by whom it leaves for later.
        later = lost.sum() - lost.cumsum()
        half = float(ndtri((1 + confidence) / 2)) * math.sqrt(self._variance(used, ahead, later))
        return mean, max(mean - half, 0.0), min(mean + half, horizon)

    def frame(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return the curve as a table: time, counts, share and bounds."""
        low, high = self.bounds(confidence)
        columns: dict[str, Any] = {"time": self.time}
        for name in ("at_risk", "done", "other", "open"):
            columns[f"n_{name}"] = getattr(self, name).astype(np.int64)
        return pd.DataFrame(columns | {"share": self.share, "share_low": low, "share_high": high})

    def _variance(self, used: NDArray[np.bool_], ahead: Floats, later: Floats) -> float:
        risk, done, other = (line[used] for line in (self.at_risk, self.done, self.other))
        hazard, rival = done / risk, other / risk
        stay = 1 - hazard - rival
        before = _before(stay)
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = np.where(stay > 0, later / stay, 0.0)
        own = before * ahead - moved
        parts = own**2 * hazard * (1 - hazard) + moved**2 * rival * (1 - rival)
        return float(((parts + 2 * own * moved * hazard * rival) / risk).sum())

    def _unseen(self, time: NDArray[Any]) -> NDArray[np.bool_]:
        last = self.time[-1] if len(self.time) else -math.inf
        return (time > last) & (self.left > _NEAR)

    def _first(self, line: Floats, q: float) -> float:
        reached = np.flatnonzero(line >= q - _NEAR)
        return float(self.time[reached[0]]) if len(reached) else math.nan


def estimate(time: ArrayLike, end: ArrayLike, n: ArrayLike | None = None) -> Curve:
    """
    Estimate the share that has ended with the event, by time.

    Aalen-Johansen: at each time, of those at risk the share ``done / at_risk`` ends with the
    event; ``share(t)`` adds up ``S(u-) done(u) / at_risk(u)`` over ``u <= t``, ``S`` being the
    share that has not ended in any way. Without competing ends it is one minus Kaplan-Meier, and
    the standard error is Greenwood's; with them it is the delta method's (Marubini and
    Valsecchi). Of a tie, ends come before censoring.

    Parameters
    ----------
    time : array_like
        Durations, at least 0.
    end : array_like
        `OPEN` (0), `DONE` (1) or `OTHER` (2) for each.
    n : array_like, optional
        How many records have this duration and end; 1 by default.

    Returns
    -------
    Curve

    Raises
    ------
    InputError
        If a duration is negative or missing.

    Examples
    --------
    >>> curve = estimate([1, 2, 2, 3, 4], [1, 1, 0, 1, 0])
    >>> curve.share.round(4)
    array([0.2, 0.4, 0.7, 0.7])
    >>> curve.quantile(0.5)
    (3.0, 1.0, nan)
    """
    durations = np.asarray(time, dtype=np.float64)
    if not (durations >= 0).all():
        raise InputError("a duration is negative or missing", advice="leave such records out")
    ends = np.asarray(end)
    weights = np.ones(len(durations)) if n is None else np.asarray(n, dtype=np.float64)
    times, where = np.unique(durations, return_inverse=True)
    done, other, open_ = (
        np.bincount(where, weights * (ends == kind), len(times)).astype(np.float64)
        for kind in (DONE, OTHER, OPEN)
    )
    leaving = done + other + open_
    risk = leaving[::-1].cumsum()[::-1]
    hazard, rival = done / risk, other / risk
    stay = 1 - hazard - rival
    before = _before(stay)
    share = (before * hazard).cumsum()
    se = np.sqrt(_share_variance(share, before, hazard, stay, risk))
    left = float(before[-1] * stay[-1]) if len(times) else 1.0
    return Curve(times, risk, done, other, open_, share, se, left)


def _before(stay: Floats) -> Floats:
    """Return the share not ended just before each time."""
    return np.concatenate([[1.0], stay.cumprod()[:-1]]) if len(stay) else stay


def _share_variance(
    share: Floats, before: Floats, hazard: Floats, stay: Floats, risk: Floats
) -> Floats:
    """
    Return the share's variance at each time.

    It is the sum over earlier times ``u`` of ``S² h (1 - h) - 2 S h s G + G² (1 - s) / s``, each
    by the number at risk, with ``G = share(t) - share(u)``, ``S`` before and ``s`` staying at u.
    The square of G is multiplied out, so that one pass of running sums does.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(stay > _NEAR, (1 - stay) / stay, 0.0) / risk
    ours = before**2 * hazard * (1 - hazard) / risk
    cross = before * hazard / risk
    a, b, c, d, e = (line.cumsum() for line in (ours, cross, cross * share, odds, odds * share))
    f = (odds * share**2).cumsum()
    variance: Floats = a - 2 * (share * b - c) + share**2 * d - 2 * share * e + f
    return variance.clip(0.0)


def _loglog(share: Floats, se: Floats, confidence: float) -> tuple[Floats, Floats]:
    z = float(ndtri((1 + confidence) / 2))
    rest = 1 - share
    inner = (share > _NEAR) & (rest > _NEAR)
    safe = np.where(inner, rest, 0.5)
    half = z * se / np.abs(safe * np.log(safe))
    low, high = 1 - safe ** np.exp(-half), 1 - safe ** np.exp(half)
    edge = np.where(share > 0.5, 1.0, 0.0)
    return np.where(inner, low, edge), np.where(inner, high, edge)
