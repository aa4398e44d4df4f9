"""Shares of small groups, drawn towards the whole by as much as chance explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, expit, gammaln, logit

from ..errors import InputError
from .intervals import check_confidence

Floats = NDArray[np.float64]

_STEPS = 25  # points of the grid on each axis
_FAR = 12.0  # a point whose log density is this much below the best counts for nothing
_WIDEST = (-8.0, 18.0)  # log precision: from all groups apart to all alike


def shrink(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> pd.DataFrame:
    """
    Estimate the shares of many groups together, so that small groups do not stand out by luck.

    Model: group ``i`` has ``k_i ~ Binomial(n_i, p_i)`` and ``p_i ~ Beta(m s, (1 - m) s)``, with
    the mean ``m`` and the precision ``s`` common to all groups. Given both, a group's share is
    ``(k_i + m s) / (n_i + s)``: as if ``s`` more trials of the whole's share had been seen. Mean
    and precision come from all groups (empirical Bayes). They are not taken as known: estimates
    are averaged over a grid of them, weighted by the marginal likelihood of all counts and by
    the flat density of ``m`` and ``(1 + s) ** -0.5``. So few groups, or groups that are all
    alike, do not give an interval of no width. The interval is that of the Beta distribution
    with the posterior's mean and variance.

    Parameters
    ----------
    k, n : array_like
        Hits and trials of each group, one-dimensional, ``0 <= k <= n``.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row for each group, in the order given: ``rate_shrunk, rate_shrunk_low,
        rate_shrunk_high``, fractions. A group without trials gets the whole's share.
        ``attrs["prior_rate"]`` and ``attrs["prior_n"]`` are the common mean and precision
        (posterior mean and median).

    Raises
    ------
    InputError
        If the confidence is not between 0 and 1, or a `k` not between 0 and its `n`.

    Notes
    -----
    95 % of the groups' true shares lie within their intervals, on the average over the groups;
    not necessarily of each group by itself.

    Examples
    --------
    >>> shrink([3, 0, 40], [3, 10, 400]).round(3)
       rate_shrunk  rate_shrunk_low  rate_shrunk_high
    0        0.845            0.270             1.000
    1        0.033            0.000             0.201
    2        0.101            0.073             0.132
    """
    check_confidence(confidence)
    hits, trials = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (k, n))
    if ((hits < 0) | (hits > trials)).any():
        raise InputError("a count lies outside 0 and its total", advice="give k <= n, both >= 0")
    columns = ["rate_shrunk", "rate_shrunk_low", "rate_shrunk_high"]
    if not trials.any():
        return pd.DataFrame(np.nan, index=range(len(trials)), columns=columns)
    # Most groups of a shop are alike (one record, no hit): each kind is reckoned once.
    groups = pd.DataFrame({"hits": hits, "trials": trials}).groupby(["hits", "trials"], sort=False)
    kinds, kind = groups.size().rename("times").reset_index(), groups.ngroup().to_numpy()
    hits, trials, times = (kinds[name].to_numpy(np.float64) for name in kinds)
    prior = _Prior.of(hits, trials, times)
    mean, variance = prior.posterior(hits, trials)
    size = np.maximum(mean * (1 - mean) / variance - 1, 1e-9)
    tail = (1 - confidence) / 2
    low, high = (betaincinv(mean * size, (1 - mean) * size, q) for q in (tail, 1 - tail))
    figures = np.stack([mean, low, high], axis=1)[kind]
    result = pd.DataFrame(figures, columns=columns)
    result.attrs = {"prior_rate": prior.rate, "prior_n": prior.precision}
    return result


@dataclass(frozen=True)
class _Prior:
    """What is known of the common mean and precision: points with weights adding up to 1."""

    a: Floats
    b: Floats
    weight: Floats

    @property
    def rate(self) -> float:
        return float((self.weight * self.a / (self.a + self.b)).sum())

    @property
    def precision(self) -> float:
        size = self.a + self.b
        order = np.argsort(size)
        upto = self.weight[order].cumsum()
        return float(size[order][np.searchsorted(upto, upto[-1] / 2)])

    def posterior(self, hits: Floats, trials: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of each group's share, averaged over the points."""
        first, second = np.zeros_like(hits), np.zeros_like(hits)
        for a, b, weight in zip(self.a, self.b, self.weight, strict=True):
            size = trials + a + b
            mean = (hits + a) / size
            first += weight * mean
            second += weight * mean * (hits + a + 1) / (size + 1)
        return first, np.maximum(second - first**2, 1e-15)

    @classmethod
    def of(cls, hits: Floats, trials: Floats, times: Floats) -> _Prior:
        """
        Lay a grid over where the marginal likelihood is, narrowing it until it fits.

        `times` says how many groups have such hits and trials.
        """
        counts = [_tallied(part, times) for part in (hits, trials - hits, trials)]
        centre = logit(((hits * times).sum() + 0.5) / ((trials * times).sum() + 1))
        box = [(centre - 12.0, centre + 12.0), _WIDEST]
        for _ in range(6):
            axes = [np.linspace(*bounds, _STEPS) for bounds in box]
            x, y = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
            height = _density(x, y, counts)
            near = height > height.max() - _FAR
            box = [_around(axis, values[near]) for axis, values in zip(axes, (x, y), strict=True)]
        weight = np.exp(height - height.max())[near]
        a, b = expit(x[near]) * np.exp(y[near]), expit(-x[near]) * np.exp(y[near])
        return cls(a, b, weight / weight.sum())


def _tallied(values: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Return each value once, in order, and how many times it occurs."""
    distinct, place = np.unique(values, return_inverse=True)
    return distinct, np.bincount(place, weights=times).astype(np.float64)


def _density(x: Floats, y: Floats, counts: list[tuple[Floats, Floats]]) -> Floats:
    """Return the log density at mean ``expit(x)`` and precision ``exp(y)``, up to a constant."""
    mean, rest, size = expit(x), expit(-x), np.exp(y)
    height: Floats = np.log(mean) + np.log(rest) + y - 1.5 * np.log1p(size)
    for shape, (values, times), sign in zip(
        (mean * size, rest * size, size), counts, (1, 1, -1), strict=True
    ):
        for value, count in zip(values, times, strict=True):
            if value:  # no trial changes nothing
                height += sign * count * (gammaln(shape + value) - gammaln(shape))
    return height


def _around(axis: Floats, near: Floats) -> tuple[float, float]:
    """Return the bounds of what is near, a step wider, but never beyond the axis."""
    step = axis[1] - axis[0]
    return max(axis[0], near.min() - step), min(axis[-1], near.max() + step)
