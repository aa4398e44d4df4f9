"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "postorder_nb"
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)
# The examples of the calls need a shop: tests/api/test_examples.py runs them in one.
CALLS = [
    f"postorder_nb.api.{group}"
    for group in ("cancellations", "cases", "inquiries", "labels", "returns")
]


@pytest.mark.parametrize("name", [name for name in MODULES if name not in CALLS])
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
