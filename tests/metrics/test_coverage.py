"""A small run of the campaign that asks how often intervals hold the truth."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / "campaigns" / "coverage.py"
spec = importlib.util.spec_from_file_location("coverage_campaign", PATH)
assert spec
assert spec.loader
campaign = importlib.util.module_from_spec(spec)
spec.loader.exec_module(campaign)


@pytest.mark.parametrize("name", campaign.LAWS)
def test_intervals_hold_the_truth(name):
    law, least, most = campaign.LAWS[name]
    share, n = campaign.coverage(law, 60 if "table" in name or "shrunk" in name else 300)
    slack = 3.5 * (0.95 * 0.05 / min(n, 300)) ** 0.5  # what so few shops may miss it by
    assert least - slack <= share <= most + slack
