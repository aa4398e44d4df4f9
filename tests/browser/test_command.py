"""``postorder-nb desk`` refuses what would be unsafe or could not work, before anything listens."""

from __future__ import annotations

import socket

import pytest

from postorder_nb.cli import main
from postorder_nb.forms import page

DEMO = ("desk", "--demo", "--returns", "5", "--days", "30")


@pytest.fixture(autouse=True)
def _nothing_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    class Voila:
        def launch_instance(self, *_: object, **__: object) -> None:
            raise AssertionError("it is served all the same")

    monkeypatch.setattr(page, "_voila", Voila)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "0.0.0.0"), "others could reach 0.0.0.0"),
        (("--host", "::"), "others could reach ::"),
        (("--host", "0.0.0.0", "--token", "short"), "8 plain ones at least"),
        (("--token", "short"), "8 plain ones at least"),
        (("--token", "with\nbreaks"), "8 plain ones at least"),
        (("--host", "192.0.2.1", "--token", "long-enough"), "cannot listen at 192.0.2.1"),
        (("--port", "123456"), "cannot listen at 127.0.0.1 port 123456"),
        (("--tz", "Middle/Earth"), "Middle/Earth"),
    ],
)
def test_what_is_unsafe_or_wrong_is_said_at_once(
    options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*DEMO, *options]) == 2
    assert words in capsys.readouterr().err


def test_a_port_in_use_is_not_changed_for_another(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([*DEMO, "--port", str(port)]) == 2
    assert f"cannot listen at 127.0.0.1 port {port}" in capsys.readouterr().err


def test_an_account_without_a_token_is_told_before_a_visitor_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["desk", "--port", "0"]) == 2
    assert "there is no token" in capsys.readouterr().err


def test_the_token_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POSTORDER_DESK_TOKEN", "odd")
    assert main([*DEMO, "--host", "0.0.0.0"]) == 2
    assert "8 plain ones" in capsys.readouterr().err


def test_voila_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(page.util, "find_spec", lambda _: None)
    with pytest.raises(page.MissingExtra, match=r"postorder_nb\[lab\]"):
        page.serve(port=0, settings={})
