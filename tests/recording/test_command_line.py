"""``postorder-nb demo | report --cassette NAME``."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from postorder_nb import cli
from postorder_nb.recording import storage
from postorder_nb.recording.compact import Stored


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run a command that prints what it fetched in place of the whole report."""

    def told(found, *_: object) -> None:
        persons = ["buyer", "seller", "buyer_comments"]
        print(found.returns.drop(columns=persons).to_csv())

    monkeypatch.setattr(cli, "_tell", told)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").mkdir()

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main([*arguments, "-o", "page.html"])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


SHOP = ("demo", "--returns", "12", "--days", "20", "--cassette", "shop")


def test_a_demo_is_recorded_and_replayed_without_a_shop(command, tmp_path, request):
    status, live, _ = command(*SHOP, "--mode", "all")
    assert status == 0
    assert storage.read(tmp_path / "cassettes" / "shop.yaml", advice="").complete
    request.getfixturevalue("no_sockets")
    status, again, errors = command(*SHOP)
    assert (status, errors) == (0, "")
    # The first two lines tell that a shop is started.
    assert live.splitlines()[2:] == again.splitlines()
    assert len(again.splitlines()) == 14


def test_a_replay_needs_no_account_but_a_cassette(command, no_sockets):
    status, _, errors = command("report", "--cassette", "none")
    assert status == 1
    assert errors.startswith("CassetteError: there is no recording")
    assert "record it with the same options and --cassette none --mode all" in errors


def test_what_was_not_recorded_is_a_miss(command):
    command(*SHOP, "--mode", "once")
    status, _, errors = command("report", "--since", "5d", "--cassette", "shop")
    assert status == 1
    assert "query parameter creation_date_range_from: recorded" in errors


def test_an_empty_cassette_says_so(command, tmp_path):
    path = tmp_path / "cassettes" / "empty.yaml"
    storage.write(path, Stored(datetime(2026, 3, 1, tzinfo=UTC), []))
    status, _, errors = command("report", "--cassette", "empty")
    assert (status, errors.splitlines()[0]) == (2, "InputError: the cassette is empty")
