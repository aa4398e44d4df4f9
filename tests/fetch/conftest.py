"""A small shop that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import postorder_nb as pn

NOW = "2026-06-30T12:00:00Z"


@pytest.fixture(scope="module")
def shop() -> Iterator[pn.Demo]:
    with pn.demo(returns=500, days=300, seed=2, now=NOW) as po:
        po._transport._sleep = lambda _: None
        yield po


@pytest.fixture
def po(shop: pn.Demo) -> Iterator[pn.Demo]:
    shop.simulator.requests.clear()
    yield shop
    shop.simulator.faults = None
