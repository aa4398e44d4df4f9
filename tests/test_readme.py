"""The README's promises that a machine can check without running them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(heading: str) -> list[str]:
    """Return the lines of the code block under a heading."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = re.findall(r"^```\w*\n(.*?)^```", section, flags=re.M | re.S)
    return found[0].splitlines()


@pytest.mark.parametrize("heading", ["Try it", "Test it"])
def test_trying_and_testing_take_one_line_each(heading: str) -> None:
    assert len(block(heading)) == 1


def test_the_line_to_test_runs_pytest_from_a_new_environment() -> None:
    (line,) = block("Test it")
    assert line.startswith("python3 -m venv .venv && ")
    assert line.endswith("python -m pytest -n auto --dist loadfile")


def test_every_file_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
