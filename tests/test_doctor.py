"""What the doctor sees, on a client whose account is a small server of the test."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import postorder_nb as pn
from postorder_nb.config import resolve
from postorder_nb.doctor import Check, examine, render

TOKEN = "v^1.1#i^1#f^0#token-of-the-doctor-8c1d"
KEY = Ed25519PrivateKey.generate().private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
).decode()  # fmt: skip
NO = b'{"errors": [{"errorId": %d, "domain": "%s", "message": "no"}]}'


@pytest.fixture
def account() -> Iterator[SimpleNamespace]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            account.asked.append(self.path)
            self.send_response(account.status)
            self.send_header("Content-Length", str(len(account.body)))
            self.end_headers()
            self.wfile.write(account.body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    account = SimpleNamespace(
        url=f"http://127.0.0.1:{http.server_port}", status=200, body=b"{}", asked=[]
    )
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield account
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def settings(account: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set an account in the environment, and nothing else."""
    for kind in ("CONFIG", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    for name, value in (("TOKEN", TOKEN), ("MARKETPLACE", "EBAY_DE"), ("BASE_URL", account.url)):
        monkeypatch.setenv(f"EBAY_{name}", value)


@pytest.fixture
def seen(
    settings: None, account: SimpleNamespace, tmp_path: Path
) -> Callable[..., dict[str, Check]]:
    """Examine a client with more settings; the checks by name."""

    def look(skew: Callable[[], float | None] | None = None, **more: Any) -> dict[str, Check]:
        with pn.PostOrder(resolve(**more)) as po:
            return {check.name: check for check in examine(po, skew=skew)}

    return look


def test_it_reads_once_and_tells_every_setting_with_its_source(settings, account) -> None:
    checks = {check.name: check for check in examine()}
    assert checks["marketplace"] == (
        "marketplace",
        "ok",
        "EBAY_DE (environment (EBAY_MARKETPLACE))",
    )
    assert checks["token"].words == "••••8c1d (environment (EBAY_TOKEN))"
    assert checks["timeout"].words == "30.0 (default)"
    assert checks["token works"] == ("token works", "ok", f"accepted by {account.url}")
    assert checks["quota: return"].words == "1 calls today, without a limit"
    assert account.asked == ["/post-order/v2/return/preference"]
    text = render(checks.values())
    assert TOKEN not in text
    assert len(text.splitlines()) == len(checks) + 1


def test_settings_that_are_wrong_are_all_told_and_nothing_is_sent(
    settings, account, monkeypatch
) -> None:
    monkeypatch.delenv("EBAY_TOKEN")
    monkeypatch.setenv("EBAY_ROLE", "AGENT")
    checks = examine()
    failed = [check.words for check in checks if check.state == "fail"]
    assert any("there is no token" in words and "EBAY_TOKEN" in words for words in failed)
    assert any("role 'AGENT'" in words for words in failed)
    assert ("token works", "fail") in [check[:2] for check in checks]
    assert account.asked == []


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ((401, NO % (1001, b"OAuth")), "fail", "fresh user token"),
        ((401, b"Bad scheme: Bearer"), "fail", "IAF"),
        ((403, NO % (1100, b"ACCESS")), "warn", "missing scope"),
        ((404, b""), "fail", "HTTP 404"),
    ],
)
def test_a_token_that_does_not_work(seen, account, answer, state: str, words: str) -> None:
    account.status, account.body = answer
    check = seen()["token works"]
    assert check.state == state
    assert words in check.words
    assert "\n" not in check.words


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [
        (None, "ok", "not compared"),
        (2.0, "ok", "2 seconds behind the server's"),
        (-29.0, "ok", "29 seconds ahead of the server's"),
        (31.0, "warn", "set this computer's clock"),
        (-301.0, "fail", "301 seconds ahead of"),
    ],
)
def test_the_clock_is_compared_with_the_servers(seen, seconds, state, words) -> None:
    check = seen(skew=lambda: seconds)["clock"]
    assert check.state == state
    assert words in check.words


def test_the_signing_key(seen) -> None:
    def key(**more: Any) -> Check:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # the doctor tells it, and does not warn besides
            return seen(**more)["signing key"]

    def until(days: int) -> dict[str, str]:
        end = datetime.now(UTC) + timedelta(days=days)
        pair = {"signing_key": KEY, "signing_key_jwe": "a.b.c.d.e"}
        return {**pair, "signing_key_expires_at": end.isoformat()}

    assert key().state == "ok"
    assert key(must_sign=True).state == "fail"
    good = key(must_sign=True, **until(400))
    assert good.state == "ok"
    assert good.words.startswith("ED25519, expires on 20")
    assert key(**until(20))[1:2] == ("warn",)
    assert "expires on" in key(**until(20)).words
    assert key(**{**until(400), "signing_key_jwe": None}).state == "fail"


def test_the_quota_is_told_with_its_state(seen) -> None:
    assert seen(calls_per_day=100)["quota: return"][1:] == (
        "ok",
        "1 of 100 calls used today, 98 left",
    )
    assert seen(calls_per_day=2)["quota: return"].state == "fail"
    assert seen(calls_per_day=2)["quota: inquiry"].state == "ok"


def test_the_calls_that_are_gone_are_named(seen) -> None:
    checks = seen()
    assert checks["calls"].words == "29 of 38 are live"
    gone = {name.removeprefix("call ") for name in checks if name.startswith("call ")}
    assert len(gone) == 9
    assert "cases.close" in gone
    assert checks["call cases.close"].words.startswith("gone since 2026-03")


def test_folders_that_cannot_be_written(seen, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checks = seen(cache_folder=tmp_path / "file" / "cache")
    folders = [check for check in checks.values() if "cannot be written" in check.words]
    assert [check.state for check in folders] == ["fail"]


def test_the_clock_of_a_shop_in_the_past_is_its_own() -> None:
    with pn.demo(returns=3, days=60, now="2026-03-01T00:00:00Z") as po:
        found = {check.name: check for check in examine(po)}
    assert found["token works"].state == "ok"
    assert found["clock"].words.startswith("0 seconds")
