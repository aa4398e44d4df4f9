"""Never two refunds, and every doubt settled right: the server's own ledger is the judge."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CAMPAIGN = Path(__file__).parent.parent / "campaigns" / "exactly_once.py"


def play(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, CAMPAIGN, "--json", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    return reports


@pytest.fixture(scope="module")
def steps() -> dict[str, dict[str, Any]]:
    return {report["name"]: report for report in play("--steps")}


# What the process was doing when it was killed; how many refunds the ledger then has, and what
# the journal says in the end: the attempt's outcome and the verdict on it.
KILLED = {
    "baseline:before": (0, []),
    "baseline:after": (0, []),
    "announce:before": (0, []),
    "line 1:torn": (0, []),
    "line 1:unflushed": (0, [["doubt", "did not happen"]]),
    "announce:after": (0, [["doubt", "did not happen"]]),
    "deliver:before": (0, [["doubt", "did not happen"]]),
    "send:before": (0, [["doubt", "did not happen"]]),
    "send:after": (1, [["doubt", "happened"]]),
    "deliver:after": (1, [["doubt", "happened"]]),
    "end:before": (1, [["doubt", "happened"]]),
    "line 2:torn": (1, [["doubt", "happened"]]),
    "line 2:unflushed": (1, [["done", ""]]),
    "end:after": (1, [["done", ""]]),
}


@pytest.mark.parametrize("step", KILLED)
def test_a_process_is_killed_at_every_step_of_a_refund(steps, step: str) -> None:
    report = steps[f"killed at {step}"]
    assert (report["refunds"], report["attempts"], report["problems"]) == (*KILLED[step], [])


def test_no_step_is_left_out(steps) -> None:
    killed = {name.removeprefix("killed at ") for name in steps if name.startswith("killed at ")}
    assert killed == set(KILLED)


LOST = ["drop", "500", "502", "503", "hang", "cut", "html", "empty", "302", "500/1001"]


@pytest.mark.parametrize("answer", LOST)
@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_is_a_doubt_and_settled_right(steps, answer: str, done: bool) -> None:
    report = steps[f"{'done' if done else 'not done'}, {answer}"]
    verdict = "happened" if done else "did not happen"
    assert report["attempts"] == [["doubt", verdict]]
    assert (report["refunds"], report["doubts"], report["problems"]) == (int(done), 1, [])


@pytest.mark.parametrize("answer", ["500/292014", "200/292014"])
def test_an_answer_that_failed_after_processing_is_a_doubt(steps, answer: str) -> None:
    assert steps[f"done, {answer}"]["attempts"] == [["doubt", "happened"]]


@pytest.mark.parametrize("answer", ["500/1502", "400/1616", "500/1505", "429", "403"])
def test_a_final_no_is_no_doubt_whatever_its_status(steps, answer: str) -> None:
    report = steps[f"not done, {answer}"]
    assert (report["refunds"], report["doubts"]) == (0, 0)
    assert report["attempts"] == [["refused", ""]]


def test_pending_and_failed_are_no_success(steps) -> None:
    assert steps["PENDING, ok"]["attempts"] == [["pending", ""]]
    assert steps["FAILED, ok"]["attempts"] == [["failed", ""]]
    assert steps["FAILED, ok"]["refunds"] == 0
    for lost in ("PENDING, drop", "FAILED, drop"):
        assert steps[lost]["attempts"] == [["doubt", "happened"]]
        assert steps[lost]["problems"] == []


def test_a_refund_that_arrives_late_is_waited_for(steps) -> None:
    assert steps["late"]["attempts"] == [["doubt", "happened"]]
    assert (steps["late"]["refunds"], steps["late"]["problems"]) == (1, [])


@pytest.mark.parametrize("words", ["same", "other"])
@pytest.mark.parametrize("how", ["together", "in turn"])
def test_two_processes_refund_once(steps, words: str, how: str) -> None:
    report = steps[f"two, {words} words, {how}"]
    assert (report["refunds"], report["attempts"]) == (1, [["done", ""]])


@pytest.mark.parametrize("step", ["settle:before", "settle:after", "line 1:torn"])
def test_settling_may_be_killed_too(steps, step: str) -> None:
    report = steps[f"operator killed at {step}"]
    assert (report["refunds"], report["attempts"]) == (1, [["doubt", "happened"]])


def test_random_schedules_refund_at_most_once_and_settle_right() -> None:
    reports = play("--schedules", "40", "--seed", "20260301")
    assert [report for report in reports if report["problems"]] == []
    assert len(reports) == 40
    assert {report["refunds"] for report in reports} == {0, 1}
    assert sum(report["doubts"] for report in reports) >= 10  # it was no walk in the park
