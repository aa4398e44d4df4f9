"""
How sure a figure is: intervals for shares, rates, means and sums, and tests of a difference.

All are closed formulas or exact tests; nothing is drawn at random. `wilson` is for a share,
`newcombe` for the difference of two shares, `poisson` for events per something, `mean_interval`
and `sum_interval` for amounts. `shares_p` and `rates_p` test whether two of them differ, and
`benjamini_hochberg` corrects such tests for having looked at many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincc, gammaincinv, ndtri, stdtrit

from ..errors import InputError

Floats = NDArray[np.float64]


def wilson(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """
    Return the Wilson score interval of a share.

    With ``p = k / n`` and ``z`` the normal quantile of the confidence, the bounds are
    ``(p + z²/2n ± z sqrt(p (1 - p) / n + z²/4n²)) / (1 + z²/n)``. Unlike the textbook interval
    it stays within 0 and 1 and has width at ``k = 0`` and ``k = n``.

    Parameters
    ----------
    k, n : array_like
        Hits and trials, ``0 <= k <= n``; broadcast against each other.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    low, high : numpy.ndarray
        Bounds as fractions (float64); NaN where ``n`` is 0.

    Raises
    ------
    InputError
        If the confidence is not between 0 and 1, or a `k` not between 0 and its `n`.

    Examples
    --------
    >>> low, high = wilson([0, 5, 10], 10)
    >>> low.round(4), high.round(4)
    (array([0.    , 0.2366, 0.7225]), array([0.2775, 0.7634, 1.    ]))
    """
    check_confidence(confidence)
    hits, trials = _parts(k, n)
    counted = np.where(trials > 0, trials, np.nan)
    share, z2 = hits / counted, float(ndtri((1 + confidence) / 2)) ** 2
    centre = share + z2 / (2 * counted)
    half = np.sqrt(z2 * (share * (1 - share) / counted + z2 / (4 * counted**2)))
    scale = 1 + z2 / counted
    # At the ends the bounds are 0 and 1 exactly; the formula misses them by a rounding error.
    low = np.where(hits == 0, 0.0 * counted, (centre - half) / scale)
    high = np.where(hits == trials, 1.0 + 0.0 * counted, (centre + half) / scale)
    return low, high


def newcombe(
    k: ArrayLike, n: ArrayLike, k0: ArrayLike, n0: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """
    Return Newcombe's interval of the difference ``k / n - k0 / n0`` of two independent shares.

    With ``p, l, u`` and ``p0, l0, u0`` the shares and their Wilson bounds, it is from
    ``d - sqrt((p - l)² + (u0 - p0)²)`` to ``d + sqrt((u - p)² + (p0 - l0)²)``, ``d = p - p0``
    (Newcombe 1998, method 10).

    Parameters
    ----------
    k, n : array_like
        Hits and trials now; broadcast against the others.
    k0, n0 : array_like
        Hits and trials of what they are compared with.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    low, high : numpy.ndarray
        Bounds as fractions between -1 and 1; NaN where `n` or `n0` is 0.

    Raises
    ------
    InputError
        As `wilson`.

    Examples
    --------
    >>> low, high = newcombe(56, 70, 48, 80)
    >>> float(low.round(4)), float(high.round(4))
    (0.0524, 0.3339)
    """
    low, high = wilson(k, n, confidence)
    low0, high0 = wilson(k0, n0, confidence)
    share, share0 = _share(k, n), _share(k0, n0)
    difference = share - share0
    below = np.hypot(share - low, high0 - share0)
    above = np.hypot(high - share, share0 - low0)
    return difference - below, difference + above


def poisson(
    k: ArrayLike, exposure: ArrayLike = 1.0, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """
    Return the exact (Garwood) interval of a rate: `k` events in so much `exposure`.

    The bounds are ``G(k, (1 - c) / 2) / exposure`` and ``G(k + 1, (1 + c) / 2) / exposure``, with
    ``G(a, q)`` the quantile of the Gamma distribution of shape ``a``; half a chi-square quantile
    of ``2 a`` degrees of freedom. Exact means: it holds the true rate *at least* that often.

    Parameters
    ----------
    k : array_like
        Numbers of events, at least 0.
    exposure : array_like
        Orders, days, records ... in which they were counted; broadcast against `k`.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    low, high : numpy.ndarray
        Events per unit of exposure; NaN where there is no exposure.

    Raises
    ------
    InputError
        If the confidence is not between 0 and 1, or a count or exposure is below 0.

    Examples
    --------
    >>> low, high = poisson([0, 10], 100)
    >>> low.round(4), high.round(4)
    (array([0.   , 0.048]), array([0.0369, 0.1839]))
    """
    check_confidence(confidence)
    events, exposed = np.broadcast_arrays(_floats(k), _floats(exposure))
    if ((events < 0) | (exposed < 0)).any():
        raise InputError("a count of events or an exposure is below 0", advice="give both >= 0")
    seen = np.where(exposed > 0, exposed, np.nan)
    # The quantile of shape 0 is 0, which the function does not say by itself.
    low = np.where(events > 0, gammaincinv(np.maximum(events, 1), (1 - confidence) / 2), 0.0)
    return low / seen, gammaincinv(events + 1, (1 + confidence) / 2) / seen


def mean_interval(
    n: ArrayLike, total: ArrayLike, squares: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """
    Return Student's interval of a mean, from sums that any engine can add up.

    With ``m = total / n`` and ``s² = (squares - n m²) / (n - 1)``: ``m ± t sqrt(s² / n)``, ``t``
    of ``n - 1`` degrees of freedom. Exact for normal values, near enough for the mean of some
    dozens of amounts.

    Parameters
    ----------
    n, total, squares : array_like
        Number of values, their sum, and the sum of their squares.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    low, high : numpy.ndarray
        In the unit of the values; NaN for fewer than two values.

    Examples
    --------
    >>> low, high = mean_interval(4, 10, 30)  # 1, 2, 3, 4
    >>> float(low.round(4)), float(high.round(4))
    (0.4457, 4.5543)
    """
    check_confidence(confidence)
    count, whole, square = np.broadcast_arrays(_floats(n), _floats(total), _floats(squares))
    count = np.where(count > 1, count, np.nan)
    mean = whole / count
    spread = np.maximum(square - count * mean**2, 0.0) / (count - 1)
    half = stdtrit(count - 1, (1 + confidence) / 2) * np.sqrt(spread / count)
    return mean - half, mean + half


def sum_interval(
    total: ArrayLike, squares: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """
    Return the interval of a sum whose number of summands is itself down to chance.

    If records come as a Poisson process with amounts independent of it, the sum's variance is
    estimated by ``squares``, the sum of the squared amounts: ``total ± z sqrt(squares)``, from
    below cut at 0 if no amount can be negative (as of refunds).

    Parameters
    ----------
    total, squares : array_like
        Sum of the amounts, and of their squares; amounts are taken to be at least 0.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    low, high : numpy.ndarray
        In the unit of the amounts.

    Examples
    --------
    >>> low, high = sum_interval(100.0, 400.0)  # 25 refunds of 4.00
    >>> float(low.round(2)), float(high.round(2))
    (60.8, 139.2)
    """
    check_confidence(confidence)
    whole, square = np.broadcast_arrays(_floats(total), _floats(squares))
    half = float(ndtri((1 + confidence) / 2)) * np.sqrt(square)
    return np.maximum(whole - half, 0.0), whole + half


def shares_p(k: ArrayLike, n: ArrayLike, k0: ArrayLike, n0: ArrayLike) -> Floats:
    """
    Return the p-value of "both shares are the same": Fisher's exact test, two-sided.

    Parameters
    ----------
    k, n, k0, n0 : array_like
        Hits and trials of the two; broadcast against each other.

    Returns
    -------
    numpy.ndarray
        Between 0 and 1; NaN where `n` or `n0` is 0, for then there is nothing to compare.

    Raises
    ------
    InputError
        If a `k` does not lie between 0 and its `n`.

    Examples
    --------
    >>> shares_p([8, 5], 10, [1, 4], 10).round(4)
    array([0.0055, 1.    ])
    """
    _parts(k, n), _parts(k0, n0)
    return _each(_fisher, k, n, k0, n0)


def rates_p(k: ArrayLike, exposure: ArrayLike, k0: ArrayLike, exposure0: ArrayLike) -> Floats:
    """
    Return the p-value of "both rates are the same": the exact conditional test, two-sided.

    Given ``k + k0`` events in all, `k` is binomial with the share ``exposure / (exposure +
    exposure0)`` if the rates are equal; twice the smaller tail, at most 1.

    Parameters
    ----------
    k, exposure, k0, exposure0 : array_like
        Events and exposure of the two; broadcast against each other.

    Returns
    -------
    numpy.ndarray
        Between 0 and 1; NaN where an exposure is 0.

    Examples
    --------
    >>> rates_p([9, 3], 1, [12, 12], 4).round(4)  # 9 and 3 this week, 12 in four weeks before
    array([0.0288, 1.    ])
    """
    events, exposed, events0, exposed0 = np.broadcast_arrays(
        *map(_floats, (k, exposure, k0, exposure0))
    )
    if (np.stack([events, exposed, events0, exposed0]) < 0).any():
        raise InputError("a count of events or an exposure is below 0", advice="give all >= 0")
    both = np.where((exposed > 0) & (exposed0 > 0), exposed + exposed0, np.nan)
    share, total = exposed / both, events + events0
    # The tails as the incomplete beta function, whose ends are set by hand.
    rest = total - events
    least = np.where(events > 0, betainc(np.maximum(events, 1), rest + 1, share), 1.0 + 0 * share)
    most = np.where(rest > 0, betaincc(events + 1, np.maximum(rest, 1), share), 1.0 + 0 * share)
    p: Floats = np.minimum(2 * np.minimum(least, most), 1.0)
    return p


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """
    Return p-values corrected for having looked at many things (false discovery rate).

    The i-th smallest of m becomes ``min(p_j m / j for j >= i)``. Of the findings below 0.05, no
    more than 5 % are expected to be chance (Benjamini and Hochberg 1995; independent or
    positively dependent tests).

    Parameters
    ----------
    p : array_like
        p-values; NaN stands for no test and is not counted.

    Returns
    -------
    numpy.ndarray
        Corrected p-values in the same order.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, float("nan"), 0.5]).round(4)
    array([0.04  , 0.0533, 0.0533,    nan, 0.5   ])
    """
    values = _floats(p)
    corrected = np.full(values.shape, np.nan)
    looked = ~np.isnan(values)
    order = np.argsort(values[looked])[::-1]
    m = len(order)
    steps = np.minimum.accumulate(values[looked][order] * m / np.arange(m, 0, -1))
    inner = np.empty(m)
    inner[order] = np.minimum(steps, 1.0)
    corrected[looked] = inner
    return corrected


def check_confidence(confidence: float) -> None:
    """Raise InputError unless the confidence lies strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise InputError(
            f"confidence={confidence!r} is not between 0 and 1", advice="use a share such as 0.95"
        )


def _fisher(k: float, n: float, k0: float, n0: float) -> float:
    if n == 0 or n0 == 0:
        return math.nan
    table = np.array([[k, n - k], [k0, n0 - k0]]).astype(np.int64)
    from scipy.stats import fisher_exact  # noqa: PLC0415 - about a second to load, and most metrics do without

    return float(fisher_exact(table).pvalue)


def _each(test: Callable[..., float], *values: ArrayLike) -> Floats:
    arrays = np.broadcast_arrays(*map(_floats, values))
    flat = zip(*(array.ravel() for array in arrays), strict=True)
    return np.array([test(*row) for row in flat]).reshape(arrays[0].shape)


def _parts(k: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Return hits and trials as arrays of one shape, having looked at their order."""
    hits, trials = np.broadcast_arrays(_floats(k), _floats(n))
    if ((hits < 0) | (hits > trials)).any():
        raise InputError("a count lies outside 0 and its total", advice="give k <= n, both >= 0")
    return hits, trials


def _share(k: ArrayLike, n: ArrayLike) -> Floats:
    hits, trials = _parts(k, n)
    share: Floats = hits / np.where(trials > 0, trials, np.nan)
    return share


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)
