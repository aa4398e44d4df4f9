"""Whoever replays a scrubbed recording gets the numbers of the live traffic, in every metric."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from postorder_nb import fetch, metrics, tables
from postorder_nb.api.client import connect
from postorder_nb.recording import record, replay, scrub
from postorder_nb.simulator import Simulator

SCRUBBER = scrub.Scrubber(b"a key of the tests, known to all")
Tables = Mapping[str, Any]

DESCRIBED = pd.concat(tables.describe(name) for name in (*tables.NAMES, *tables.CHILD_NAMES))
PERSONAL = {*DESCRIBED.column[DESCRIBED.personal]}
TEXTS = {"item_title", "title", "rma_number", "hold_reference_id"}


def _beside(path: str) -> Any:
    """Return another folder's tests as a module: they know how every metric is called."""
    found = Path(__file__).parent.parent / path
    spec = importlib.util.spec_from_file_location(f"beside_{found.stem}", found)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ENGINES = _beside("engines/conftest.py")
PARITY = _beside("engines/test_parity.py")
CALLS = [(name, calls[0]) for name, calls in PARITY.CALLS.items()]


def _client(url: str, token: str) -> Any:
    return connect(token=token, base_url=url, marketplace="EBAY_GB")


def _fetched(po: Any) -> dict[str, pd.DataFrame]:
    snapshot = fetch.snapshot(po, since="120d", details=True, progress=False)
    found = {name: getattr(snapshot, name) for name in (*tables.NAMES, *tables.CHILD_NAMES)}
    returns = found["returns"]  # `in_currency` takes no amounts without a currency
    for name in returns.filter(regex="_amount$"):
        returns[name] = returns[name].where(returns[name.replace("_amount", "_currency")].notna())
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, Tables]:
    """The tables of one shop, live, and from the scrubbed recording of that."""
    folder = tmp_path_factory.mktemp("cassettes")
    with Simulator(
        returns=150, days=100, seed=5, now=ENGINES.NOW, marketplace="EBAY_GB", surprises=0.3
    ) as simulator:
        with (
            _client(simulator.url, simulator.token) as po,
            record("shop", folder=folder, at=simulator.clock.now(), persons=SCRUBBER),
        ):
            live = _fetched(po)
        orders = ENGINES._orders(simulator.world)
    with _client(simulator.url, "replayed") as po, replay("shop", folder=folder, strict=True):
        again = _fetched(po)
    return live | {"orders": orders}, again | {"orders": _named(orders)}


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the pseudonyms of buyers and sellers."""
    given = {
        name: frame[name].map(lambda one: SCRUBBER.pseudonym("login", one), na_action="ignore")
        for name in ("buyer", "seller", "group")
        if name in frame
    }
    return frame.assign(**given)


def _lined_up(frame: pd.DataFrame) -> pd.DataFrame:
    """Put rows in an order that does not depend on what buyers are called."""
    plain = (
        frame.drop(columns=TEXTS & {*frame.columns}).reset_index(drop=True).astype(object).map(repr)
    )
    return plain.sort_values(list(plain.columns), ignore_index=True)


@pytest.mark.parametrize("call", [call for _, call in CALLS], ids=[name for name, _ in CALLS])
def test_every_metric_says_the_same(both, call: Callable[[Tables], pd.DataFrame]):
    live, again = both
    before, after = _named(call(live)), call(again)
    pd.testing.assert_frame_equal(_lined_up(before), _lined_up(after))


def test_that_is_all_metrics():
    assert {name for name, _ in CALLS} == {*metrics.__all__} - PARITY.NO_TABLE


def test_only_persons_and_texts_differ(both):
    live, again = both
    for name in (*tables.NAMES, *tables.CHILD_NAMES):
        same = live[name].columns[[live[name][c].equals(again[name][c]) for c in live[name]]]
        changed = {*live[name].columns} - {*same}
        assert changed <= PERSONAL | TEXTS, name
    assert (live["returns"]["buyer"] != again["returns"]["buyer"]).all()
    lengths = [table["returns"]["buyer_comments"].str.len() for table in both]
    pd.testing.assert_series_equal(*lengths)
