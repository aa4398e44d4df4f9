"""The command line as a person uses it: in a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

import postorder_nb as pn
from postorder_nb.cli import main


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "postorder_nb.cli", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_demo_prints_the_tables_and_writes_a_page(tmp_path: Path) -> None:
    done = run("demo", "--returns", "120", "--days", "90", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for heading in ("AT A GLANCE", "Reasons for returns", "Refunds of returns", "DATA QUALITY"):
        assert heading in done.stdout
    assert re.search(r"^Returns +120 ", done.stdout, flags=re.M)
    page = tmp_path / "postorder-report.html"
    assert f"Report: {page}" in done.stdout
    parser = Pictures()
    parser.feed(page.read_text(encoding="utf-8"))
    assert parser.count >= 3
    assert not parser.outside


class Pictures(HTMLParser):
    """Counts pictures and notes whatever would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count += tag in ("svg", "img")
        for name, value in attrs:
            loads = name in ("src", "href", "xlink:href")
            if loads and value and not value.startswith(("data:", "#")):
                self.outside.append(value)


def test_the_page_goes_where_it_is_told(tmp_path: Path) -> None:
    arguments = ("demo", "--returns", "30", "--days", "60", "-o", "out/page.html")
    (tmp_path / "out").mkdir()
    assert run(*arguments, cwd=tmp_path).returncode == 0
    assert (tmp_path / "out" / "page.html").stat().st_size > 10_000


def test_the_simulator_prints_its_address_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "postorder_nb.cli", "simulator", "--returns", "20"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline() + process.stdout.readline()
    url = re.search(r"http://127\.0\.0\.1:\d+", said)
    token = re.search(r"IAF (\S+)", said)
    assert url
    assert token
    request = Request(
        f"{url[0]}/post-order/v2/return/search",
        headers={"Authorization": f"IAF {token[1]}", "X-EBAY-C-MARKETPLACE-ID": "EBAY_US"},
    )
    with urlopen(request) as answer:
        assert b'"members"' in answer.read()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "Traceback" not in errors
    assert process.returncode in (0, 130)


def test_operations_lists_every_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operations"]) == 0
    printed = capsys.readouterr().out
    for path in pn.operations()["path"]:
        assert path in printed


def test_the_doctor_finds_what_is_missing_and_what_works(capsys, monkeypatch) -> None:
    assert main(["doctor"]) == 1
    assert "there is no token" in capsys.readouterr().out
    with pn.demo(returns=5, days=60) as po:
        monkeypatch.setenv("EBAY_TOKEN", po.simulator.token)
        monkeypatch.setenv("EBAY_MARKETPLACE", "EBAY_US")
        monkeypatch.setenv("EBAY_BASE_URL", po.simulator.url)
        assert main(["doctor"]) == 0
        said = capsys.readouterr().out
        assert "environment (EBAY_TOKEN)" in said
        assert po.simulator.token not in said


def test_a_report_without_a_token_says_what_to_do(capsys, monkeypatch) -> None:
    monkeypatch.delenv("EBAY_TOKEN", raising=False)
    assert main(["report"]) == 2
    said = capsys.readouterr().err
    assert "there is no token" in said
    assert "EBAY_TOKEN" in said


def test_a_report_of_an_account(tmp_path: Path, monkeypatch, capsys) -> None:
    with pn.demo(returns=60, days=60, seed=4) as po:
        monkeypatch.setenv("EBAY_TOKEN", po.simulator.token)
        monkeypatch.setenv("EBAY_MARKETPLACE", "EBAY_US")
        monkeypatch.setenv("EBAY_BASE_URL", po.simulator.url)
        page = tmp_path / "mine.html"
        orders = tmp_path / "orders.csv"
        orders.write_text("order_id,placed_at\n1,2026-01-01T00:00:00Z\n", encoding="utf-8")
        options = ["--orders", str(orders), "--tz", "Europe/Berlin", "--out", str(page)]
        assert main(["report", "--since", "59d", *options]) == 0
        truth = list(po.simulator.world.returns)
    said = capsys.readouterr().out
    assert 0 < int(re.search(r"Returns +(\d+)", said)[1]) <= len(truth)
    assert "Europe/Berlin" in said
    assert "Orders that came back" in page.read_text(encoding="utf-8")


def test_what_the_report_cannot_use_is_refused_before_the_fetch(capsys) -> None:
    assert main(["demo", "--tz", "Berlin"]) == 2
    assert main(["demo", "--orders", "none.csv"]) == 2
    said = capsys.readouterr()
    assert "there is no file none.csv" in said.err
    assert "Starting" not in said.out


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    for command in ("demo", "report", "lab", "simulator", "operations", "doctor"):
        assert re.search(rf"^    {command}\s", printed, flags=re.M)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m postorder_nb.cli operations | true; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
