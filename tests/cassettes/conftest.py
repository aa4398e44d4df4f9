"""Cassettes made by hand, and the command that looks after them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from postorder_nb import cli
from postorder_nb.recording import storage
from postorder_nb.recording.compact import Stored
from postorder_nb.recording.exchange import Answer, Exchange, Request
from postorder_nb.recording.scrub import Scrubber, writer

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
API = "http://simulator/post-order/v2"


class Maker:
    """Writes cassettes into a folder; they are marked as scrubbed with this user's key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exchange(
        self, path: str, answer: Any, *, method: str = "GET", body: Any = None, status: int = 200
    ) -> Exchange:
        kind = {"Content-Type": "application/json"}
        sent = json.dumps(body).encode() if body is not None else b""
        said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        headers = {name: [value] for name, value in kind.items()}
        request = Request(method, API + path, kind if sent else {}, sent, "IAF", "")
        return request, Answer(status, "OK", headers, said)

    def write(
        self, name: str, *exchanges: Exchange, mark: str | None = None,
        at: datetime = MOMENT, form: str = "yaml", whole: bool = True,
    ) -> Path:  # fmt: skip
        path = self.folder / f"{name}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        mark = writer().mark if mark is None else mark
        storage.write(path, Stored(at, list(exchanges), whole, mark))
        return path

    def scrubbed(self, *exchanges: Exchange, scrubber: Scrubber | None = None) -> list[Exchange]:
        using = scrubber or writer()
        return [using.exchange(*one) for one in exchanges]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "cassettes")


@pytest.fixture
def command(make: Maker, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run ``postorder-nb cassettes``; return its exit code and what it printed."""

    def run(*arguments: object) -> tuple[int, str, str]:
        words = [*map(str, arguments), "--folder", str(make.folder)]
        status = cli.main(["cassettes", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run
