import numpy as np
import pytest
from scipy.stats import binom, chi2, fisher_exact, sem, t
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import confint_poisson

from postorder_nb.errors import InputError
from postorder_nb.metrics import wilson
from postorder_nb.metrics.intervals import (
    benjamini_hochberg,
    mean_interval,
    newcombe,
    poisson,
    rates_p,
    shares_p,
    sum_interval,
)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_agrees_with_statsmodels(confidence):
    n = np.repeat([1, 2, 7, 100, 12_345, 10_000_000], 5)
    k = np.rint(n * np.tile([0.0, 0.1, 0.5, 0.93, 1.0], 6))
    expected = proportion_confint(k, n, alpha=1 - confidence, method="wilson")
    for ours, theirs in zip(wilson(k, n, confidence), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_stays_within_zero_and_one_and_keeps_a_width():
    low, high = wilson([0, 30], [30, 30])
    assert (low[0], high[1]) == (0.0, 1.0)
    assert high[0] == pytest.approx(1 - low[1])
    assert 0.1 < high[0] < 0.12


def test_no_trials_have_no_interval():
    low, high = wilson(0, 0)
    assert np.isnan(low)
    assert np.isnan(high)


def test_large_counts_do_not_overflow():
    low, high = wilson(np.uint32(3_000_000_000), np.uint32(4_000_000_000))
    assert low < 0.75 < high
    assert high - low < 1e-4


@pytest.mark.parametrize(
    ("k", "n", "confidence"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 1.0), (1, 4, 0)]
)
def test_nonsense_is_refused(k, n, confidence):
    with pytest.raises(InputError):
        wilson(k, n, confidence)


def test_newcombe_agrees_with_statsmodels():
    for k, n, k0, n0 in [(56, 70, 48, 80), (0, 10, 3, 20), (9, 10, 1, 1000), (5, 5, 0, 7)]:
        expected = confint_proportions_2indep(k, n, k0, n0, method="newcomb", compare="diff")
        found = newcombe(k, n, k0, n0)
        np.testing.assert_allclose(np.array(found), expected, rtol=0, atol=1e-9)


def test_newcombe_of_nothing():
    low, high = newcombe([1, 0], [2, 0], [0, 1], [0, 4])
    assert np.isnan([low, high]).all()


def test_poisson_agrees_with_scipy_and_statsmodels():
    for k in (0, 1, 4, 37, 1000):
        expected = confint_poisson(k, 5.0, method="exact-c")
        if k == 0:
            expected = (0.0, chi2.ppf(0.975, 2) / 2 / 5)
        found = np.array(poisson(k, 5.0))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert np.isnan(poisson(3, 0)).all()
    with pytest.raises(InputError):
        poisson(-1)


def test_means_agree_with_the_t_distribution():
    values = np.array([3.5, 10.0, 2.25, 8.0, 8.0])
    expected = t.interval(0.9, 4, loc=values.mean(), scale=sem(values))
    found = mean_interval(5, values.sum(), (values**2).sum(), 0.9)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.isnan(mean_interval(1, 3.0, 9.0)).all()


def test_sums_of_a_random_number_of_amounts():
    dice = np.random.default_rng(2)
    held = 0
    for _ in range(2000):
        amounts = dice.gamma(2.0, 10.0, dice.poisson(60))
        low, high = sum_interval(amounts.sum(), (amounts**2).sum())
        held += low <= 60 * 20 <= high
    assert 0.93 < held / 2000 < 0.965


def test_fisher_agrees_with_scipy_one_by_one():
    k, n, k0, n0 = (np.array(x) for x in ([8, 0, 5], [10, 4, 5], [1, 3, 50], [10, 4, 60]))
    for i, p in enumerate(shares_p(k, n, k0, n0)):
        expected = fisher_exact([[k[i], n[i] - k[i]], [k0[i], n0[i] - k0[i]]]).pvalue
        assert p == pytest.approx(expected, rel=1e-12)
    assert np.isnan(shares_p(0, 0, 1, 2))


@pytest.mark.parametrize(("k", "t1", "k0", "t0"), [(9, 1, 12, 4), (0, 1, 9, 8), (3, 2.5, 0, 1)])
def test_rates_by_the_conditional_binomial(k, t1, k0, t0):
    law = binom(k + k0, t1 / (t1 + t0))
    expected = min(1.0, 2 * min(law.cdf(k), law.sf(k - 1)))
    assert float(rates_p(k, t1, k0, t0)) == pytest.approx(expected, rel=1e-9)


def test_rates_without_events_or_exposure():
    assert float(rates_p(0, 1, 0, 8)) == 1.0
    assert np.isnan(rates_p(3, 0, 1, 1))
    with pytest.raises(InputError):
        rates_p(-1, 1, 1, 1)


def test_benjamini_hochberg_agrees_with_statsmodels():
    p = np.random.default_rng(1).random(200) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1])
    assert benjamini_hochberg([]).shape == (0,)
    gaps = benjamini_hochberg([np.nan, 0.02, np.nan])
    assert np.isnan(gaps).tolist() == [True, False, True]
    assert gaps[1] == 0.02
