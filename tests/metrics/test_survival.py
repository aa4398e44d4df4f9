import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from postorder_nb.errors import InputError
from postorder_nb.metrics.survival import DONE, OPEN, OTHER, estimate


def drawn(seed, n=300):
    rng = np.random.default_rng(seed)
    return np.ceil(rng.gamma(1.5, 6.0, n)), rng.choice([OPEN, DONE, OTHER], n, p=[0.3, 0.5, 0.2])


def theirs_of(estimator, time, end):
    with np.errstate(all="ignore"):  # statsmodels divides by zero where the curve ends
        return estimator(time, end)


@pytest.mark.parametrize("seed", range(50))
def test_kaplan_meier_agrees_with_statsmodels(seed):
    time, end = drawn(seed)
    ours, theirs = estimate(time, end == DONE), theirs_of(SurvfuncRight, time, end == DONE)
    at = np.searchsorted(ours.time, theirs.surv_times)
    np.testing.assert_allclose(1 - ours.share[at], theirs.surv_prob, rtol=0, atol=1e-9)
    known = theirs.surv_prob > 1e-9
    np.testing.assert_allclose(ours.se[at][known], theirs.surv_prob_se[known], rtol=0, atol=1e-9)
    assert ours.at_risk[at].tolist() == theirs.n_risk.tolist()
    for q in (0.25, 0.5, 0.9):
        value, low, high = ours.quantile(q)
        if np.isfinite([value, low, high]).all():
            assert value == theirs.quantile(q)
            with np.errstate(all="ignore"):
                interval = theirs.quantile_ci(q, method="cloglog")
            assert (low, high) == pytest.approx(interval)


@pytest.mark.parametrize("seed", range(50))
def test_aalen_johansen_agrees_with_statsmodels(seed):
    time, end = drawn(seed)
    ours, theirs = estimate(time, end), theirs_of(CumIncidenceRight, time, end)
    at = np.searchsorted(ours.time, theirs.times)
    np.testing.assert_allclose(ours.share[at], theirs.cinc[0], rtol=0, atol=1e-9)
    known = np.isfinite(theirs.cinc_se[0])  # theirs is not where nobody is left
    assert known[: np.searchsorted(theirs.times, ours.time[-1])].all()
    np.testing.assert_allclose(ours.se[at][known], theirs.cinc_se[0][known], rtol=0, atol=1e-9)


def test_the_shares_of_all_ends_add_up():
    time, end = drawn(1)
    done, other = estimate(time, end), estimate(time, np.array([OPEN, OTHER, DONE])[end])
    either = estimate(time, end != OPEN)
    np.testing.assert_allclose(done.share + other.share, either.share, rtol=0, atol=1e-12)


def test_weights_are_records():
    time, end = drawn(2, n=60)
    n = np.arange(60) % 4 + 1
    whole = estimate(np.repeat(time, n), np.repeat(end, n))
    weighed = estimate(time, end, n)
    np.testing.assert_allclose(weighed.share, whole.share, rtol=0, atol=1e-12)
    np.testing.assert_allclose(weighed.se, whole.se, rtol=0, atol=1e-12)
    assert weighed.mean(10.0) == pytest.approx(whole.mean(10.0), abs=1e-12)


@pytest.mark.parametrize("rivals", [False, True])
def test_the_mean_and_its_interval_by_the_jackknife(rivals):
    time, end = drawn(4, n=400)
    end = end if rivals else (end == DONE) * DONE
    mean, low, high = estimate(time, end).mean(15.0)
    curve = estimate(time, end)
    grid = np.linspace(0, 15, 200_001)
    assert mean == pytest.approx(np.mean(1 - curve.at(grid)[0]) * 15, abs=1e-3)
    left_out = np.array(
        [estimate(np.delete(time, i), np.delete(end, i)).mean(15.0)[0] for i in range(400)]
    )
    jackknife = np.sqrt(399 / 400 * ((left_out - left_out.mean()) ** 2).sum())
    assert (high - low) / 2 / 1.959964 == pytest.approx(jackknife, rel=0.02)


def test_without_censoring_it_is_the_plain_share():
    time = np.array([1.0, 2, 2, 5, 8])
    curve = estimate(time, [DONE] * 5)
    assert curve.share.tolist() == pytest.approx([0.2, 0.6, 0.8, 1.0])
    assert curve.se[:3].tolist() == pytest.approx(
        [np.sqrt(p * (1 - p) / 5) for p in (0.2, 0.6, 0.8)]
    )
    assert curve.quantile(0.6)[0] == 2
    assert curve.mean(100.0)[0] == pytest.approx(time.mean())
    share, low, high = curve.at([0, 2, 99])
    assert share.tolist() == pytest.approx([0.0, 0.6, 1.0])
    assert (low[0], high[0], low[2], high[2]) == (0.0, 0.0, 1.0, 1.0)


def test_what_has_not_been_seen_is_not_known():
    curve = estimate([1.0, 3.0, 4.0], [DONE, OPEN, OPEN])
    assert np.isnan(curve.at([5.0])[0]).all()
    assert curve.at([4.0])[0].tolist() == pytest.approx([1 / 3])
    assert np.isnan(curve.mean(5.0)).all()
    assert np.isnan(curve.quantile(0.9)[0])


@pytest.mark.parametrize("end", [OPEN, DONE, OTHER])
def test_one_record(end):
    curve = estimate([2.0], [end])
    assert curve.share.tolist() == [1.0 if end == DONE else 0.0]
    assert np.isfinite(curve.se).all()
    assert curve.quantile(0.5)[0] == 2.0 if end == DONE else np.isnan(curve.quantile(0.5)[0])


def test_no_records():
    curve = estimate([], [])
    assert len(curve.frame()) == 0
    assert np.isnan(curve.mean(3.0)).all()
    assert np.isnan(curve.quantile(0.5)).all()
    assert np.isnan(curve.at([1.0])[0]).all()


@pytest.mark.parametrize("time", [[-1.0, 2.0], [np.nan, 1.0]])
def test_impossible_durations_are_refused(time):
    with pytest.raises(InputError, match="negative or missing"):
        estimate(time, [DONE, DONE])


def test_a_million_records_keep_their_precision():
    rng = np.random.default_rng(5)
    minutes = rng.integers(0, 50_000, 300_000) / 1440
    end = rng.choice([OPEN, DONE, OTHER], 300_000)
    curve = estimate(minutes, end)
    assert (np.diff(curve.share) >= 0).all()
    low, high = curve.bounds()
    assert (low <= curve.share + 1e-12).all()
    assert (curve.share <= high + 1e-12).all()
    middle = np.searchsorted(curve.time, 10.0)
    small = theirs_of(CumIncidenceRight, minutes, end)
    at = np.searchsorted(small.times, curve.time[middle])
    assert curve.se[middle] == pytest.approx(small.cinc_se[0][at], rel=1e-9)
