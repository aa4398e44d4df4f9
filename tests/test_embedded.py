"""The demo: a shop on this computer, with a client on it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest
from IPython.core.formatters import DisplayFormatter

import postorder_nb as pn
from postorder_nb import errors


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
