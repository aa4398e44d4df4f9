"""``postorder-nb sync`` and ``forget``, as cron runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import postorder_nb as pn
from postorder_nb import cli
from postorder_nb.archive.store import Store


@pytest.fixture(scope="module")
def simulator() -> Iterator[pn.Simulator]:
    with pn.Simulator(returns=20, days=40, seed=3) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def settings(simulator: pn.Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBAY_TOKEN", simulator.token)
    monkeypatch.setenv("EBAY_BASE_URL", simulator.url)
    monkeypatch.setenv("EBAY_MARKETPLACE", "EBAY_US")


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    [line] = capsys.readouterr().out.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_it_says_in_one_line_what_it_did(
    simulator: pn.Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "history")
    arguments = ["sync", folder, "--since", "40d", "--seller", "shop", "--json"]
    assert cli.main([*arguments, "--budget", "8"]) == 0
    first = told(capsys)
    assert (first["seller"], first["calls"]) == ("shop", 8)
    assert any(first["owed"].values())  # type: ignore[attr-defined]  # a dict, as JSON has it
    assert cli.main(arguments) == 0
    second = told(capsys)
    assert not any(second["owed"].values())  # type: ignore[attr-defined]  # a dict, as JSON has it
    returns = pn.Archive(folder).frame("returns")
    assert set(returns["return_id"]) == set(simulator.world.returns)
    user = returns["buyer"].iloc[0]
    assert cli.main(["forget", folder, user]) == 0
    assert "records=" in capsys.readouterr().out
    assert user not in set(pn.Archive(folder).frame("returns")["buyer"])


def test_a_second_sync_has_its_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(tmp_path).lock("sync-shop"):
        assert cli.main(["sync", str(tmp_path), "--seller", "shop", "--json"]) == 3
    assert str(told(capsys)["error"]).startswith("ArchiveBusy: another sync of shop")
    with Store(tmp_path).lock("sync-shop"):
        assert cli.main(["sync", str(tmp_path), "--seller", "shop"]) == 3


@pytest.mark.parametrize(("option", "code"), [("--since", 2), ("--budget", 2)])
def test_bad_arguments_have_another(tmp_path: Path, option: str, code: int) -> None:
    assert cli.main(["sync", str(tmp_path), option, "0"]) == code


def test_a_refused_token_is_told_as_json_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EBAY_TOKEN", "v^1.1#none")
    assert cli.main(["sync", str(tmp_path), "--seller", "shop", "--json"]) == 1
    assert str(told(capsys)["error"]).startswith("Token")
    assert cli.main(["sync", str(tmp_path), "--seller", "shop"]) == 1
    assert "Token" in capsys.readouterr().err


def test_the_help_shows_cron_and_systemd(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["sync", "--help"])
    text = capsys.readouterr().out
    for words in ("exit codes", "15 3 * * *", "OnCalendar", "SuccessExitStatus=3"):
        assert words in text
