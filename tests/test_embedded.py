"""The demo: a shop on this computer, with a client on it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.simulator import Faults


def test_the_same_arguments_give_the_same_shop() -> None:
    tables = []
    for _ in range(2):
        with pn.demo(returns=50, days=60, seed=9, now="2026-03-01T00:00:00Z") as po:
            tables.append(pn.fetch.returns(po, since="60d"))
    assert tables[0].equals(tables[1])
    assert len(tables[0]) == 50


def test_its_clock_is_the_simulators() -> None:
    with pn.demo(returns=5, days=60, now="2026-03-01T00:00:00Z") as po:
        assert po.now() == datetime(2026, 3, 1, tzinfo=UTC)
    with pn.demo(returns=5, days=60) as po:
        assert abs(po.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_closing_it_ends_the_server() -> None:
    with pn.demo(returns=5, days=60) as po:
        host, port = po.simulator.url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    po.close()  # closing twice is nothing


def test_bad_arguments_leave_no_server_behind() -> None:
    with pytest.raises(errors.InputError, match="offset is 'lines'"):
        pn.demo(offset="lines")
    with pytest.raises(errors.SettingError, match="workers"):
        pn.demo(returns=5, workers=0)


def test_a_notebook_shows_a_card_without_the_token() -> None:
    with pn.demo(returns=5, days=60) as po:
        shown, _ = DisplayFormatter().format(po)
        assert "SIMULATOR" in shown["text/html"]
        assert "EBAY_US" in shown["text/html"]
        for text in shown.values():
            assert po.simulator.token not in text


def test_it_takes_what_the_simulator_takes(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    settings: dict[str, Any] = {"returns": 40, "days": 60, "now": "2026-03-01T00:00:00Z"}
    with pn.demo(
        **settings, scenario="bad-batch", behaviour="lively", dialect="2020", surprises=0.1,
        latency="uniform:0-0.001", db=path,
    ) as po:  # fmt: skip
        po.simulator.advance(days=3)
        found = pn.fetch.returns(po, since="90d")
        given = po.simulator.settings
        assert (given.scenario, given.dialect, given.surprises) == ("bad-batch", "2020", 0.1)
    with pn.demo(db=path) as po:
        assert pn.fetch.returns(po, since="90d").equals(found)


def test_the_servers_clock_may_be_wrong_and_ours_is_not() -> None:
    faults = Faults(rate=0, skew=600)
    with pn.demo(returns=5, days=60, now="2026-03-01T00:00:00Z", faults=faults) as po:
        assert po.now() == datetime(2026, 3, 1, tzinfo=UTC)
        assert po.simulator.clock.now() == datetime(2026, 3, 1, 0, 10, tzinfo=UTC)
