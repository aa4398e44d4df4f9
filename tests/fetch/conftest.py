"""A small shop that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

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


class AtOnce(Executor):
    """Runs each call as it is submitted, so that all of them are done at the same moment."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as a pool does, Ctrl-C included
            future.set_exception(error)
        return future


@pytest.fixture
def at_once() -> AtOnce:
    return AtOnce()
