"""
Cassettes for the tests of any project: a marker, a fixture and two options.

With this package installed pytest knows them; ``-p postorder_nb.recording.pytest_plugin`` loads
them where plugins are not found by themselves. ::

    @pytest.mark.postorder_cassette                        # named after the test
    def test_the_shop(session): ...

    @pytest.mark.postorder_cassette("shop", strict=False)  # shared by several tests
    def test_one_more(session): ...

    def test_which(postorder_cassette):                    # the fixture does the same
        assert postorder_cassette.mode == "replay"

``postorder_cassette(name=None, *, mode="replay", strict=True, folder=None)``: while the test and
its function-scoped fixtures run, requests are answered from the cassette, and the clock of this
package stands at the moment of its recording.

- ``name``: by default the test's own place, ``tests/test_shop/TestReturns/test_one-EBAY_US``.
- ``mode``: ``replay`` opens no socket; ``all``, ``new`` and ``once`` record, as `record` says.
- ``strict``: the test has to ask for exactly what was recorded; see `replay`.
- ``folder``: by default ``cassettes`` in pytest's root folder, or what ``postorder_cassettes`` in
  pytest's settings says.

``pytest --postorder-record once`` (or ``new``, ``all``) records for this run, whatever the markers
say, and ``--postorder-record replay`` makes sure that nothing is. Parallel runs (xdist) replay side
by side, because each worker is a process of its own.

The fixture ``postorder_vcr`` is a `vcr.VCR` with vcrpy's defaults whose cassettes lose nothing of
what several threads ask; see `postorder_nb.recording.plain`.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from postorder_nb.errors import InputError
from postorder_nb.recording.blocks import Block, Mode, record, replay

if TYPE_CHECKING:
    from postorder_nb.recording.stack import Running

_MARKER = "postorder_cassette"
_MODES = ("replay", *get_args(Mode))
_LONGEST = 90
_failed: pytest.StashKey[bool] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the setting."""
    parser.getgroup("postorder_nb").addoption(
        "--postorder-record",
        choices=_MODES,
        metavar="MODE",
        help="what cassettes do in this run: replay, or record all, new, or once",
    )
    parser.addini("postorder_cassettes", "the folder of the cassettes", default="cassettes")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f'{_MARKER}(name=None, *, mode="replay", strict=True, folder=None): '
        "answer what the test asks from a cassette",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note that a test failed: then nobody wants to hear what it did not ask for."""
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def _postorder_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker(_MARKER):
        request.getfixturevalue(_MARKER)


@pytest.fixture
def postorder_cassette(request: pytest.FixtureRequest) -> Generator[Running, None, None]:
    """Answer what the test asks from its cassette; tell which one it is."""
    with suppress(_Failed), _block(request) as running:
        yield running
        if request.node.stash.get(_failed, False):
            raise _Failed


@pytest.fixture
def postorder_vcr() -> Any:
    """Return a `vcr.VCR` for vcrpy's own cassettes that loses nothing threads ask."""
    from postorder_nb.recording import plain  # noqa: PLC0415 - vcrpy is imported when used

    return plain.mended()


class _Failed(Exception):
    """Leaves a block of a test that failed."""


def _block(request: pytest.FixtureRequest) -> Block:
    marker = request.node.get_closest_marker(_MARKER)
    given = _given(*marker.args, **marker.kwargs) if marker else _given()
    config = request.config
    name = given["name"] or own_name(request.node.nodeid)
    folder = given["folder"] or config.rootpath / config.getini("postorder_cassettes")
    mode = config.getoption("--postorder-record") or given["mode"]
    if mode not in _MODES:
        raise InputError(f"mode={mode!r} is unknown", advice=f"use one of {', '.join(_MODES)}")
    if mode == "replay":
        advice = f'record it with: pytest --postorder-record all "{request.node.nodeid}"'
        return replay(name, folder=folder, strict=given["strict"], advice=advice)
    return record(name, folder=folder, mode=mode)


def _given(
    name: str | None = None, *, mode: str = "replay", strict: Any = True, folder: Any = None
) -> dict[str, Any]:
    """Read the arguments of the marker."""
    return {"name": name, "mode": mode, "strict": strict, "folder": folder}


def own_name(nodeid: str) -> str:
    """
    Return the name of a test's own cassette.

    Signs that no name has are replaced, and a mark of eight signs keeps such names apart.

    Examples
    --------
    >>> own_name("tests/test_shop.py::TestReturns::test_one[EBAY_US]")
    'tests/test_shop/TestReturns/test_one-EBAY_US'
    >>> own_name("tests/test_shop.py::test_one[a b]")
    'tests/test_shop/test_one-a_b-14e99c8f'
    """
    path, *words = nodeid.split("::")
    return "/".join(_word(word) for word in (*Path(path).with_suffix("").parts, *words))


def _word(text: str) -> str:
    plain = re.sub(r"\[(.*)\]$", r"-\1", text, flags=re.S)
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", plain)
    safe = safe if re.match(r"[A-Za-z0-9_]", safe) else f"_{safe}"
    if safe == plain and len(safe) <= _LONGEST:
        return safe
    return f"{safe[:_LONGEST]}-{sha256(text.encode()).hexdigest()[:8]}"
