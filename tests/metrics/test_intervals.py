import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from postorder_nb.errors import InputError
from postorder_nb.metrics import wilson


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
