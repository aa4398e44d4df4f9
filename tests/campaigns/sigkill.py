"""
Kill the simulator in the middle of writes, many times, and compare all it kept.

Run it by hand: ``python tests/campaigns/sigkill.py [--rounds 100] [--seed 1]``. The tests do the
same a few times.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).parents[1] / "simulator"


def load(name: str) -> ModuleType:
    """Load a file of the tests as a module."""
    spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    store, caller = load("test_store"), load("conftest").ask
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        dice = random.Random(chosen.seed)
        answered = store.kill_again_and_again(path, caller, dice, chosen.rounds)
    took = time.perf_counter() - begin
    print(f"{chosen.rounds} kills, {answered:,} answers kept, nothing lost, {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
