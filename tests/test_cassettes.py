"""
The project's own cassettes: recorded from the simulator, replayed with the network closed.

``python tests/test_cassettes.py`` records them anew.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import postorder_nb as pn

FOLDER = Path(__file__).parent.parent / "cassettes"
SHOP: dict[str, Any] = {"returns": 24, "days": 90, "seed": 7, "now": "2026-06-30T12:00:00Z"}


def snapshot(po: pn.PostOrder) -> pn.Snapshot:
    """Make the snapshot that the quickstart replays."""
    return pn.fetch.snapshot(po, since="90d", details=True, progress=False)


CASSETTES: dict[str, Callable[[pn.PostOrder], Any]] = {"demo/snapshot": snapshot}


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close the network: every attempt to connect fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened during a replay")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("closed")
def test_the_snapshot_replays_without_a_network() -> None:
    po = pn.connect(token="none-is-needed", marketplace="EBAY_US", base_url="http://localhost:9")
    with po, pn.replay("demo/snapshot", folder=FOLDER, strict=True):
        replayed = snapshot(po)
    assert len(replayed.returns) == SHOP["returns"]
    assert replayed.meta["until"] == "2026-06-30T12:00:00.000+00:00"


def test_the_snapshot_is_still_what_the_simulator_says() -> None:
    with pn.demo(**SHOP) as po:
        fresh = snapshot(po)
        with pn.replay("demo/snapshot", folder=FOLDER):
            replayed = snapshot(po)
    assert replayed.meta == fresh.meta
    for (name, before), (_, after) in zip(fresh.tables(), replayed.tables(), strict=True):
        pd.testing.assert_frame_equal(before, after, obj=name)


def test_there_is_a_cassette_for_each_story_and_no_other() -> None:
    files = {str(p.relative_to(FOLDER).with_suffix("")) for p in FOLDER.rglob("*.yaml")}
    assert files == set(CASSETTES)


def test_no_cassette_holds_a_credential() -> None:
    for path in FOLDER.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for word in ("Authorization", "authorization", "v^1.1", "IAF ", "127.0.0.1"):
            assert word not in text, (path, word)


if __name__ == "__main__":
    for name, story in CASSETTES.items():
        with pn.demo(**SHOP) as po, pn.record(name, folder=FOLDER, at=po.now()):
            story(po)
