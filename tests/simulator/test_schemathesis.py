"""schemathesis, pointed at the description and a running simulator, finds nothing amiss."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.generation import GenerationMode

from postorder_nb.simulator import Simulator
from postorder_nb.simulator.openapi import description

EXAMPLES = 5
QUICK = settings(
    max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def load() -> ModuleType:
    path = Path(__file__).parents[1] / "campaigns" / "openapi_fuzz.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = load()
DOCUMENT = description()


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with FUZZ.shop(3) as running:
        yield running


def test_answers_are_as_described(sim: Simulator) -> None:
    """Valid calls on records that exist, by those who may; the campaign has invalid ones, too."""
    judge = FUZZ.Judge(DOCUMENT)
    guide = FUZZ.Guide(sim, judge.operations, seed=3)
    tally: Counter[tuple[str, int]] = Counter()
    with requests.Session() as session:

        def play(case: Any) -> None:
            status, _ = FUZZ.send(sim, guide, judge, case, session)
            tally[(case.operation.definition.raw["operationId"], status)] += 1

        for operation in FUZZ.operations(DOCUMENT):
            cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            seed(20260310)(QUICK(given(case=cases)(play)))()

    names = set(judge.operations)
    assert {name for name, _ in tally} == names
    assert tally.total() >= EXAMPLES * len(names)
    # Otherwise the calls would have told little: many went through, or met a state in their way.
    done = {name for name, status in tally if status < 300}
    assert {n for n in names if judge.operations[n]["x-effect"] == "read"} <= done
    assert len(done) >= 20
    assert len({name for name, status in tally if status == 500}) >= 3


def test_the_command_finds_nothing(sim: Simulator, tmp_path: Path) -> None:
    """All that schemathesis thinks of at the edges of each parameter and body: 5,000 calls."""
    ran = FUZZ.command(sim, 1, tmp_path, "--phases", "coverage")
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    tried = re.search(r"(\d+) generated", ran.stdout)
    assert tried
    assert int(tried[1]) > 3000
    assert "38 selected / 38 total" in ran.stdout
