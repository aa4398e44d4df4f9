"""How sure a share is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

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
    if not 0 < confidence < 1:
        raise InputError(
            f"confidence={confidence!r} is not between 0 and 1", advice="use a share such as 0.95"
        )
    hits, trials = np.broadcast_arrays(_floats(k), _floats(n))
    if ((hits < 0) | (hits > trials)).any():
        raise InputError("a count lies outside 0 and its total", advice="give k <= n, both >= 0")
    counted = np.where(trials > 0, trials, np.nan)
    share, z2 = hits / counted, float(ndtri((1 + confidence) / 2)) ** 2
    centre = share + z2 / (2 * counted)
    half = np.sqrt(z2 * (share * (1 - share) / counted + z2 / (4 * counted**2)))
    scale = 1 + z2 / counted
    # At the ends the bounds are 0 and 1 exactly; the formula misses them by a rounding error.
    low = np.where(hits == 0, 0.0 * counted, (centre - half) / scale)
    high = np.where(hits == trials, 1.0 + 0.0 * counted, (centre + half) / scale)
    return low, high


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)
