"""``postorder-nb simulator``: every setting from the command line, in a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pyarrow.parquet as pq
import pytest

from postorder_nb.cli import main
from postorder_nb.simulator import Simulator

NOW = "2026-03-10T12:00:00Z"


@contextmanager
def running(*arguments: str) -> Iterator[tuple[str, str, list[str]]]:
    """A simulator's address, its Authorization header, and all it said."""
    command = [sys.executable, "-m", "postorder_nb.cli", "simulator", "--now", NOW, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = [process.stdout.readline() for _ in range(3)]
        found = re.search(r"http://\S+:\d+", said[0])
        assert found, process.stderr and process.stderr.read()
        yield found[0], said[1].partition(": ")[2].strip(), said
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert errors == ""
        assert process.returncode in (0, 130)


def get(url: str, authorization: str | None = None) -> Any:
    headers = {"X-EBAY-C-MARKETPLACE-ID": "EBAY_US"}
    if authorization:
        headers["Authorization"] = authorization
    with urlopen(Request(url, headers=headers), timeout=20) as answer:
        return json.loads(answer.read())


def test_every_setting(tmp_path: Path) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text('rate = 1.0\nkinds = ["503"]\npaths = ["/inquiry/"]\nquota = 9\n')
    latency = '{"/return/": 0.001, "": "uniform:0.001-0.002"}'
    arguments = [
        "--returns", "30", "--days", "45", "--seed", "5", "--marketplace", "EBAY_GB",
        "--scenario", "bad-batch", "--behaviour", "lively", "--dialect", "2020",
        "--surprises", "0.25", "--life", "2026", "--offset", "pages", "--latency", latency,
        "--faults", str(faults), "--db", str(tmp_path / "shop.db"),
    ]  # fmt: skip
    with running(*arguments) as (url, token, said):
        state = get(f"{url}/_simulator/state")
        assert get(f"{url}/post-order/v2/return/search", token)["total"] > 0
        with pytest.raises(HTTPError, match="503"):
            get(f"{url}/post-order/v2/inquiry/search", token)
        assert f"{url}/" in said[2]
    settings = state["settings"]
    assert {name: settings[name] for name in ("returns", "days", "seed", "marketplace")} == {
        "returns": 30, "days": 45, "seed": 5, "marketplace": "EBAY_GB",
    }  # fmt: skip
    assert (settings["scenario"], settings["dialect"], settings["surprises"]) == (
        "bad-batch", "2020", 0.25,
    )  # fmt: skip
    assert (settings["life"], settings["offset"]) == ("2026", "pages")
    assert settings["behaviour"]["seller"] == 1
    assert (state["faults"]["quota"], state["faults"]["paths"]) == (9, ["/inquiry/"])
    assert state["latency"] == {"/return/": 0.001, "": "uniform:0.001-0.002"}
    assert state["clock"] == {"now": "2026-03-10T12:00:00+00:00", "ticking": False}
    assert state["db"] == str(tmp_path / "shop.db")
    with Simulator(db=tmp_path / "shop.db") as again:
        assert again.settings.plain() == settings


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "others could reach 0.0.0.0"),
        (["--host", "::"], "others could reach ::"),
        (["--scenario", "calm"], "calm"),
        (["--behaviour", "odd"], "behaviour is 'odd'"),
        (["--dialect", "1999"], "dialect is '1999'"),
        (["--surprises", "2"], "surprises is 2.0"),
        (["--faults", "5%:teapot"], "no such fault: teapot"),
        (["--latency", "soon"], "cannot read the latency 'soon'"),
        (["--now", "yesterday"], "cannot read the moment 'yesterday'"),
        (["--port", "99999"], "99999"),
    ],
)
def test_what_cannot_be(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulator", "--returns", "2", "--days", "20", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_it_may_be_seen_by_others_when_that_is_said() -> None:
    with running("--returns", "2", "--host", "0.0.0.0", "--public") as (url, token, _):
        local = url.replace("0.0.0.0", "127.0.0.1")
        assert get(f"{local}/post-order/v2/return/search", token)["total"] == 2


def test_the_description_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "openapi.json"
    assert main(["simulator", "--openapi", str(path)]) == 0
    assert json.loads(path.read_bytes())["openapi"].startswith("3.1")
    assert str(path) in capsys.readouterr().out


def test_the_truth_as_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = str(tmp_path / "shop.db")
    with Simulator(returns=25, days=60, now=NOW, db=db) as sim:
        sim.advance(days=5)
        states = sorted(record.state for record in sim.world.returns.values())
    assert main(["simulator", "--db", db, "--truth", str(tmp_path / "truth")]) == 0
    paths = re.findall(r"Truth: (.*)", capsys.readouterr().out)
    assert len(paths) >= 5
    tables = {Path(path).stem: pq.read_table(path) for path in paths}
    assert sorted(tables["returns"]["state"].to_pylist()) == states
