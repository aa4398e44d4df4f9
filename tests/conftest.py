"""No test sees this user's settings, tokens or journals."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How quick a machine is, is for the benchmarks to say: a busy one fails no test.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="module", autouse=True)
def _out_of_the_way() -> Iterator[None]:
    """Spare the garbage collector what modules before have left: it would grow and grow."""
    gc.freeze()
    yield
    gc.collect()


def pytest_sessionfinish() -> None:
    """Give it back, so that it is taken down in order."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _nobodys_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.startswith("EBAY_"):
            monkeypatch.delenv(name)
    home: Path = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
