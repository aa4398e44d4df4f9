"""One small shop, synced once; each test gets a copy of the archive."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb.archive import Archive
from postorder_nb.archive.store import Store

NOW = "2026-03-01T00:00:00Z"


class Killed(BaseException):
    """A process ends; nothing catches this."""


class Cut:
    """Ends the process, as it were, before a commit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._write = Store._write

    def off(self, commits: int, act: Any) -> bool:
        """Let an act make so many commits and no more; return whether it wanted more."""
        left = [commits]

        def counted(store: Store, *args: Any, **more: Any) -> None:
            if not left[0]:
                raise Killed
            left[0] -= 1
            self._write(store, *args, **more)

        with self._patch.context() as patched:
            patched.setattr(Store, "_write", counted)
            try:
                act()
            except Killed:
                return True
        return False


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cut:
    return Cut(monkeypatch)


@pytest.fixture(scope="session")
def shop() -> Iterator[pn.Demo]:
    """Nobody may let its time pass."""
    with pn.demo(returns=25, days=60, seed=4, now=NOW) as po:
        yield po


@pytest.fixture(scope="session")
def synced(shop: pn.Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "history"
    Archive(path).sync(shop)
    return path


@pytest.fixture
def kept(synced: Path, tmp_path: Path) -> Archive:
    """An archive of the whole shop, to be spoiled."""
    shutil.copytree(synced, tmp_path / "history")
    return Archive(tmp_path / "history")
