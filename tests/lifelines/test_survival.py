"""The survival estimates against lifelines."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.utils import median_survival_times, restricted_mean_survival_time

from postorder_nb.metrics import close_days
from postorder_nb.metrics.survival import estimate


def drawn(seed, n=400, ties=True):
    rng = np.random.default_rng(seed)
    time = rng.gamma(1.5, 6.0, n)
    if ties:
        time = np.ceil(time)
    return time, rng.choice([0, 1, 2], n, p=[0.3, 0.5, 0.2])


@pytest.mark.parametrize("seed", range(20))
def test_kaplan_meier_and_its_interval(seed):
    time, end = drawn(seed)
    ours = estimate(time, end == 1)
    theirs = KaplanMeierFitter().fit(time, end == 1)
    curve = theirs.survival_function_.loc[ours.time].to_numpy()[:, 0]
    np.testing.assert_allclose(1 - ours.share, curve, rtol=0, atol=1e-9)
    low, high = ours.bounds()
    limits = theirs.confidence_interval_.loc[ours.time].to_numpy()
    np.testing.assert_allclose(1 - high, limits[:, 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(1 - low, limits[:, 1], rtol=0, atol=1e-9)
    assert ours.quantile(0.5)[0] == theirs.median_survival_time_
    interval = median_survival_times(theirs.confidence_interval_).to_numpy()[0]
    assert ours.quantile(0.5)[1:] == pytest.approx(tuple(interval))
    assert ours.mean(20.0)[0] == pytest.approx(
        restricted_mean_survival_time(theirs, 20.0), abs=1e-9
    )


@pytest.mark.parametrize("seed", range(10))
def test_aalen_johansen_and_its_variance(seed):
    time, end = drawn(seed, ties=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = AalenJohansenFitter(calculate_variance=True).fit(time, end, event_of_interest=1)
    ours = estimate(time, end)
    curve = theirs.cumulative_density_.iloc[:, 0]
    np.testing.assert_allclose(ours.share, curve.loc[ours.time], rtol=0, atol=1e-9)
    variance = theirs.variance_.loc[ours.time].to_numpy().ravel()
    # Greenwood's and Aalen's variances differ in the second order: one part in the number at risk.
    early = ours.at_risk > 40
    np.testing.assert_allclose(ours.se[early] ** 2, variance[early], rtol=0.05, atol=1e-6)


def test_a_metric_from_the_table_to_the_curve():
    time, end = drawn(3)
    start = pd.Timestamp("2026-01-01", tz="UTC")
    minutes = np.floor(time * 997)
    now = start + pd.Timedelta(minutes=minutes.max() + 1)
    opened = now - pd.to_timedelta(minutes, unit="min")
    closed = pd.Series(np.where(end == 1, now, pd.NaT)).pipe(pd.to_datetime, utc=True)
    frame = pd.DataFrame({"cancel_id": range(len(time)), "created_at": opened, "closed_at": closed})
    found = close_days(frame, as_of=now, curve=True)
    theirs = KaplanMeierFitter().fit(minutes / 1440, end == 1)
    curve = 1 - theirs.survival_function_.loc[found["days"]].to_numpy()[:, 0]
    np.testing.assert_allclose(found["share"], curve, rtol=0, atol=1e-9)
