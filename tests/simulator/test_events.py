"""Random events in any order: after each of them every record keeps every rule."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test


def test_random_events_break_no_rule(campaign: Any) -> None:
    class Events(RuleBasedStateMachine):
        running: Any = None

        @initialize(
            seed=st.integers(0, 2**20), settings=st.sampled_from(range(len(campaign.SETTINGS)))
        )
        def start(self, seed: int, settings: int) -> None:
            self.running = campaign.Campaign(random.Random(seed), **campaign.SETTINGS[settings])

        @rule()
        def open(self) -> None:
            self.running.open()
            self.running.check_changed()

        @rule(seed=st.integers(0, 2**20))
        def touch(self, seed: int) -> None:
            self.running.choose.seed(seed)
            self.running.touch()
            self.running.check_changed()

        @rule(seconds=st.sampled_from((1, 60, 600, 86_400, 400_000)))
        def advance(self, seconds: int) -> None:
            self.running.sim.advance(seconds=seconds)
            self.running.check_changed()

        def teardown(self) -> None:
            if self.running:
                try:
                    self.running.check_all()
                finally:
                    self.running.close()

    run_state_machine_as_test(
        Events,
        settings=settings(
            max_examples=16,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_the_long_run_is_a_command() -> None:
    script = Path(__file__).parents[1] / "campaigns" / "simulator_events.py"
    command = [sys.executable, str(script), "--events", "600", "--each", "200", "--seed", "5"]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    assert out.stdout.startswith("600 events")
    assert "every rule kept" in out.stdout
