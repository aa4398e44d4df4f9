import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import betabinom

from postorder_nb.errors import InputError
from postorder_nb.metrics.shrinkage import shrink


def by_brute_force(k, n, steps=160):
    """Posterior means and variances on a fine fixed grid, with SciPy's own beta-binomial."""
    x, y = np.meshgrid(np.linspace(-7, 3, steps), np.linspace(-4, 14, steps), indexing="ij")
    mean, size = expit(x), np.exp(y)
    height = np.log(mean * (1 - mean)) + y - 1.5 * np.log1p(size)
    for hits, trials in zip(k, n, strict=True):
        height += betabinom.logpmf(hits, trials, mean * size, (1 - mean) * size)
    weight = np.exp(height - height.max())
    weight /= weight.sum()
    found = []
    for hits, trials in zip(k, n, strict=True):
        a, b = mean * size + hits, (1 - mean) * size + trials - hits
        first = (weight * a / (a + b)).sum()
        second = (weight * a * (a + 1) / ((a + b) * (a + b + 1))).sum()
        found.append((first, second - first**2))
    return np.array(found)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_brute_force(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 60, 30)
    k = rng.binomial(n, rng.beta(2, 12, 30))
    found, expected = shrink(k, n), by_brute_force(k, n)
    np.testing.assert_allclose(found["rate_shrunk"], expected[:, 0], rtol=0.01, atol=2e-4)
    half = (found["rate_shrunk_high"] - found["rate_shrunk_low"]) / 2
    np.testing.assert_allclose(half / 1.96, np.sqrt(expected[:, 1]), rtol=0.15)


def test_the_tumours_of_rats():
    """Tarone's 71 experiments, as in Gelman's book: about Beta(2.4, 14.3), and 4 of 14 is 0.21."""
    zeros = [(0, n) for n in [20] * 7 + [19] * 4 + [18] * 2 + [17]]
    rest = (
        [(1, 20)] * 4 + [(1, 19)] * 2 + [(1, 18)] * 2 + [(2, 25), (2, 24), (2, 23)]
        + [(2, 20)] * 6 + [(1, 10), (5, 49), (2, 19), (5, 46), (3, 27), (2, 17), (7, 49), (7, 47)]
        + [(3, 20)] * 2 + [(2, 13), (9, 48), (10, 50)] + [(4, 20)] * 7
        + [(10, 48), (4, 19), (4, 19), (4, 19), (5, 22), (11, 46), (12, 49)]
        + [(5, 20)] * 2 + [(6, 23), (5, 19)] + [(6, 22)] + [(6, 20)] * 3 + [(16, 52), (15, 47)]
        + [(15, 46), (9, 24), (4, 14)]
    )  # fmt: skip
    k, n = np.array(zeros + rest).T
    found = shrink(k, n)
    assert found.attrs["prior_rate"] == pytest.approx(0.144, abs=0.01)
    assert 9 < found.attrs["prior_n"] < 25
    assert found["rate_shrunk"].iloc[-1] == pytest.approx(0.21, abs=0.015)


def test_small_groups_move_and_large_ones_stay():
    found = shrink([1, 0, 300, 100], [1, 1, 3000, 1000])
    assert 0.1 < found["rate_shrunk"].iloc[0] < 0.6
    assert 0.05 < found["rate_shrunk"].iloc[1] < found["rate_shrunk"].iloc[0]
    assert found["rate_shrunk"].iloc[2] == pytest.approx(0.1, abs=0.005)
    assert (found["rate_shrunk_low"] <= found["rate_shrunk"]).all()
    assert (found["rate_shrunk"] <= found["rate_shrunk_high"]).all()


def test_groups_all_alike_keep_a_width():
    found = shrink([10] * 3, [200] * 3)
    assert np.ptp(found["rate_shrunk"]) < 1e-9
    assert (found["rate_shrunk_high"] - found["rate_shrunk_low"] > 0.02).all()


def test_a_group_without_trials_is_like_the_others():
    found = shrink([5, 6, 0], [50, 50, 0])
    assert found["rate_shrunk"].iloc[2] == pytest.approx(found.attrs["prior_rate"], rel=1e-6)
    assert shrink([0, 0], [0, 0]).isna().all().all()
    assert len(shrink([], [])) == 0


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="outside"):
        shrink([3], [2])
    with pytest.raises(InputError, match="confidence"):
        shrink([1], [2], 1.5)


def test_the_intervals_hold_the_truth():
    rng = np.random.default_rng(8)
    held = total = 0
    for _ in range(12):
        p = rng.beta(2, 40, 150)
        n = rng.integers(5, 150, 150)
        found = shrink(rng.binomial(n, p), n)
        held += ((found["rate_shrunk_low"] <= p) & (p <= found["rate_shrunk_high"])).sum()
        total += len(p)
    assert 0.93 < held / total < 0.97
