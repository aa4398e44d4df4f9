"""The token against a real token server: renewed in time, once for all, kept, and never shown."""

from __future__ import annotations

import json
import logging
import pickle
import random
import string
import threading
import time
import traceback
from base64 import b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from requests.adapters import BaseAdapter

import postorder_nb as pn
from postorder_nb import clock, errors
from postorder_nb.api import auth
from postorder_nb.api.auth import Token
from postorder_nb.config import resolve

GRANT = {
    "refresh_token": "v^1.1#i^1#r^1#refresh-of-the-test-91ce",
    "client_id": "Shop-of-the-test-PRD-41a7",
    "client_secret": "PRD-secret-of-the-test-7d02",
}
DEAD = "v^1.1#i^1#f^0#an-access-token-long-dead"


@dataclass
class Ebay:
    """A token server and an API behind one address; it gives T1, T2 ... and admits the last."""

    url: str
    lifetime: float = 7200
    delay: float = 0.0
    says: tuple[int, bytes] | None = None
    drops: bool = False
    asked: list[tuple[dict[str, str], dict[str, list[str]]]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def valid(self) -> str:
        return f"v^1.1#i^1#access-of-the-test-{len(self.asked)}"

    def grant(self, headers: dict[str, str], form: dict[str, list[str]]) -> tuple[int, bytes]:
        with self.lock:
            self.asked.append((headers, form))
            said = self.says
            token = {"access_token": self.valid, "expires_in": self.lifetime,
                     "token_type": "User Access Token"}  # fmt: skip
        time.sleep(self.delay)
        return said or (200, json.dumps(token).encode())

    def api(self, authorization: str) -> tuple[int, bytes]:
        with self.lock:
            self.heard.append(authorization)
            good = self.asked and authorization == f"IAF {self.valid}"
        if good:
            return 200, b"{}"
        return 401, b'{"errors": [{"errorId": 1001, "domain": "OAuth", "message": "no"}]}'


@pytest.fixture
def ebay() -> Iterator[Ebay]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            assert self.path == "/identity/v1/oauth2/token"
            self.reply(*server.grant(dict(self.headers), parse_qs(body)))

        def do_GET(self) -> None:
            self.reply(*server.api(self.headers["Authorization"]))

        def reply(self, status: int, body: bytes) -> None:
            if server.drops:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Ebay(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def make(ebay: Ebay, tmp_path: Path) -> Callable[..., Token]:
    """Make a token that renews itself at the server, with the cache in a folder of the test."""

    def token(**settings: Any) -> Token:
        given = {"marketplace": "EBAY_US", "base_url": ebay.url, "cache_folder": tmp_path, **GRANT}
        return Token.from_settings(resolve(**{**given, **settings}))

    return token


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The two clocks that `auth` reads, turned by hand."""
    hands = SimpleNamespace(monotonic=1000.0, wall=1.8e9)
    readings = SimpleNamespace(monotonic=lambda: hands.monotonic, time=lambda: hands.wall)
    monkeypatch.setattr(auth, "time", readings)
    return hands


def sent(token: Token) -> str:
    """Return the Authorization header that a request would carry."""
    return (
        requests.Request("GET", "http://127.0.0.1/", auth=token).prepare().headers["Authorization"]
    )


def read(token: Token, ebay: Ebay) -> int:
    """Read once, and once more if the token was refused, as a client does."""
    with requests.Session() as session:
        answer = session.get(ebay.url + "/post-order/v2/return/search", auth=token)
        if answer.status_code == 401 and token.refresh(answer.request.headers["Authorization"]):
            answer = session.get(answer.url, auth=token)
        return answer.status_code


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """Do the same in several threads that start together; errors are returned."""
    barrier = threading.Barrier(count)

    def one(_: int) -> Any:
        barrier.wait()
        try:
            return work()
        except errors.PostOrderError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_the_first_use_asks_with_the_keyset_and_the_refresh_token(make, ebay: Ebay) -> None:
    token = make()
    assert ebay.asked == []
    assert sent(token) == f"IAF {ebay.valid}"
    ((headers, form),) = ebay.asked
    assert form == {"grant_type": ["refresh_token"], "refresh_token": [GRANT["refresh_token"]]}
    scheme, basic = headers["Authorization"].split()
    assert scheme == "Basic"
    assert b64decode(basic).decode() == f"{GRANT['client_id']}:{GRANT['client_secret']}"


def test_eight_threads_with_one_expired_token_cause_one_renewal(make, ebay: Ebay) -> None:
    ebay.delay = 0.1
    token = make(token=DEAD)
    assert at_once(8, lambda: read(token, ebay)) == [200] * 8
    assert len(ebay.asked) == 1
    assert ebay.heard.count(f"IAF {DEAD}") <= 8


def test_eight_threads_without_a_token_cause_one_renewal(make, ebay: Ebay) -> None:
    ebay.delay = 0.1
    token = make()
    assert at_once(8, lambda: read(token, ebay)) == [200] * 8
    assert len(ebay.asked) == 1


def test_eight_threads_share_a_renewal_that_failed(make, ebay: Ebay) -> None:
    ebay.delay, ebay.says = 0.2, (503, b"")
    token = make(token=DEAD)
    found = at_once(8, lambda: token.refresh(DEAD))
    assert [type(error) for error in found] == [errors.ServerFault] * 8
    assert len({id(error) for error in found}) == 8  # each thread raises one of its own
    assert len(ebay.asked) == 1
    ebay.says = None
    assert token.refresh(DEAD)


def test_it_is_renewed_five_minutes_ahead(make, ebay: Ebay, hands) -> None:
    token = make()
    sent(token)
    hands.monotonic += 7200 - 301
    assert sent(token) == f"IAF {ebay.valid}"
    assert len(ebay.asked) == 1
    assert token.seconds_left() == 301
    hands.monotonic += 2
    hands.wall += 7200 - 299
    assert sent(token) == f"IAF {ebay.valid}"
    assert len(ebay.asked) == 2


def test_ahead_of_its_end_one_thread_renews_and_the_others_go_on(make, ebay: Ebay, hands) -> None:
    token = make()
    first = sent(token)
    hands.monotonic += 7000
    hands.wall += 7000
    ebay.delay = 0.2
    found = at_once(8, lambda: sent(token))
    assert len(ebay.asked) == 2
    assert found.count(first) == 7


def test_a_renewal_that_fails_ahead_of_the_end_stops_nobody(make, ebay, hands, caplog) -> None:
    token = make()
    first = sent(token)
    ebay.says = (500, b"")
    hands.monotonic += 7000
    hands.wall += 7000
    assert (sent(token), sent(token)) == (first, first)
    assert len(ebay.asked) == 2  # the next attempt waits for half a minute
    assert "not renewed ahead of its end" in caplog.text
    hands.monotonic += 31
    assert sent(token) == first
    assert len(ebay.asked) == 3
    hands.monotonic += 200
    with pytest.raises(errors.ServerFault):
        sent(token)


def test_a_frozen_clock_does_not_stop_renewals(make, ebay: Ebay, hands) -> None:
    with clock.frozen(datetime(2026, 3, 1, tzinfo=UTC)):
        token = make()
        sent(token)
        hands.monotonic += 8000
        hands.wall += 8000
        sent(token)
    assert len(ebay.asked) == 2


def test_a_short_life_is_used_to_nine_tenths(make, ebay: Ebay, hands) -> None:
    ebay.lifetime = 10
    token = make()
    sent(token)
    hands.monotonic += 8.9
    sent(token)
    assert len(ebay.asked) == 1
    hands.monotonic += 0.2
    hands.wall += 9.1
    sent(token)
    assert len(ebay.asked) == 2


def kept(folder: Path) -> Path:
    (path,) = folder.glob("access-*.json")
    return path


def test_it_is_kept_between_runs_for_its_owner_only(make, ebay: Ebay, hands, tmp_path) -> None:
    first = sent(make())
    path = kept(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [path.name]  # nothing half-written
    for secret in GRANT.values():
        assert secret not in path.read_text()
        assert secret not in path.name
    hands.wall += 6000
    hands.monotonic = 7.0  # another process: its monotonic clock starts elsewhere
    again = make()
    assert sent(again) == first
    assert again.seconds_left() == 1200
    assert len(ebay.asked) == 1
    hands.wall += 950
    sent(make())
    assert len(ebay.asked) == 2


def test_a_kept_token_that_cannot_be_trusted_is_not_used(make, ebay, hands, tmp_path) -> None:
    def asks() -> int:
        before = len(ebay.asked)
        sent(make())
        return len(ebay.asked) - before

    assert (asks(), asks()) == (1, 0)
    kept(tmp_path).chmod(0o644)
    assert (asks(), asks()) == (1, 0)
    kept(tmp_path).write_bytes(b'{"access_token": "torn')
    kept(tmp_path).chmod(0o600)
    assert (asks(), asks()) == (1, 0)
    hands.wall -= 600  # the clock was set back: nobody knows how old the token is
    assert (asks(), asks()) == (1, 0)
    before = len(ebay.asked)
    sent(make(refresh_token="v^1.1#of-another-seller-of-this-keyset"))
    assert len(ebay.asked) == before + 1


def test_a_kept_token_that_ebay_refuses_is_renewed(make, ebay: Ebay) -> None:
    sent(make())
    ebay.asked.append(({}, {}))  # from now on another token is the valid one
    token = make()
    assert read(token, ebay) == 200
    assert len(ebay.asked) == 3


def test_what_another_process_got_meanwhile_is_taken(make, ebay: Ebay) -> None:
    here, there = make(token=DEAD), make(token=DEAD)
    assert read(here, ebay) == 200
    assert read(there, ebay) == 200
    assert len(ebay.asked) == 1


def test_a_cache_that_cannot_be_written_is_no_error(make, ebay: Ebay, tmp_path, caplog) -> None:
    (tmp_path / "file").write_text("")
    token = make(cache_folder=tmp_path / "file")
    assert sent(token) == f"IAF {ebay.valid}"
    assert "not kept for the next run" in caplog.text


def no(code: str, words: str = "d") -> tuple[int, bytes]:
    status = 401 if code == "invalid_client" else 400
    return status, json.dumps({"error": code, "error_description": words}).encode()


# eBay's words for a grant that is over and for one of another keyset are the same.
BOTH = "the refresh token is invalid or was issued to another client"
ENDS = {
    "unknown keyset": (no("invalid_client"), False, errors.WrongKeyset),
    "keyset without the right": (no("unauthorized_client"), True, errors.WrongKeyset),
    "never worked": (no("invalid_grant", BOTH), False, errors.WrongKeyset),
    "worked before": (no("invalid_grant", BOTH), True, errors.TokenRevoked),
    "revoked": (no("invalid_grant", "revoked by the user"), False, errors.TokenRevoked),
    "too old": (no("invalid_grant", "the refresh token has expired"), True, errors.TokenExpired),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_ends_of_a_grant_are_told_apart_and_not_asked_for_again(make, ebay, hands, end) -> None:
    says, worked, kind = ENDS[end]
    if worked:
        sent(make())
        hands.wall += 7200
    ebay.says = says
    token, asked = make(), len(ebay.asked)
    for _ in range(3):
        with pytest.raises(errors.TokenRefused) as caught:
            sent(token)
        assert type(caught.value) is kind
        assert caught.value.advice
        assert caught.value.items[0].error_id == json.loads(says[1])["error"]
    assert len(ebay.asked) == asked + 1


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (no("invalid_scope"), errors.RequestRefused),
        ((429, b""), errors.RateLimited),
        ((500, b"<html>down</html>"), errors.ServerFault),
        ((200, b"<html>sign in</html>"), errors.UnreadableAnswer),
        ((200, b'{"access_token": ""}'), errors.UnreadableAnswer),
        ((200, b'["access_token"]'), errors.UnreadableAnswer),
    ],
)
def test_other_failures_may_pass(make, ebay: Ebay, says, kind) -> None:
    ebay.says = says
    token = make()
    with pytest.raises(kind) as caught:
        sent(token)
    assert type(caught.value) is kind
    ebay.says = None
    assert sent(token) == f"IAF {ebay.valid}"


def test_no_answer_of_the_token_server(make, ebay: Ebay) -> None:
    ebay.drops = True
    with pytest.raises(errors.NoAnswer, match="token was not renewed") as caught:
        sent(make())
    assert caught.value.__context__ is None  # it would hold the request, and that the secrets


class Line(BaseAdapter):
    """Takes the place of the network: notes the address, and refuses."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.urls.append(str(request.url))
        answer = requests.Response()
        answer.status_code, answer.url = 400, str(request.url)
        answer.raw, answer._content = None, b'{"error": "invalid_grant"}'
        return answer

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("base", "client", "host", "kind"),
    [
        ("https://api.ebay.com", "a-PRD-1", "api.ebay.com", errors.TokenRevoked),
        ("https://api.ebay.com", "a-SBX-1", "api.ebay.com", errors.WrongKeyset),
        ("https://api.sandbox.ebay.com", "a-SBX-1", "api.sandbox.ebay.com", errors.TokenRevoked),
        ("https://api.sandbox.ebay.com", "a-PRD-1", "api.sandbox.ebay.com", errors.WrongKeyset),
    ],
)
def test_each_environment_has_its_own_address_and_keysets(
    tmp_path, base: str, client: str, host: str, kind: type[Exception]
) -> None:
    line = Line()

    def session() -> requests.Session:
        made = requests.Session()
        made.mount("https://", line)
        return made

    given = {**GRANT, "client_id": client, "marketplace": "EBAY_US", "cache_folder": tmp_path}
    token = Token.from_settings(resolve(**given, base_url=base), session)
    with pytest.raises(errors.TokenRefused) as caught:
        sent(token)
    assert type(caught.value) is kind
    assert line.urls == [f"https://{host}/identity/v1/oauth2/token"]


def test_a_mere_token_does_not_renew_itself() -> None:
    token = Token("v^1.1#i^1#mere-token-of-the-test", "IAF")
    assert not token.refresh(token.value)
    assert token.seconds_left() is None
    assert not token.renews
    assert sent(token) == "IAF v^1.1#i^1#mere-token-of-the-test"
    assert sent(Token("AgAAAA**abc", "TOKEN")) == "TOKEN AgAAAA**abc"


def test_a_replay_needs_no_renewal(make, ebay: Ebay, tmp_path) -> None:
    with pn.record("read", folder=tmp_path / "cassettes"):
        assert read(make(), ebay) == 200
    asked = len(ebay.asked)
    with pn.replay("read", folder=tmp_path / "cassettes"):
        token = make(token=DEAD, cache_folder=tmp_path / "empty")
        assert read(token, ebay) == 200
        assert token.refresh(DEAD)
    assert len(ebay.asked) == asked
    stored = (tmp_path / "cassettes" / "read.yaml").read_text()
    assert not [secret for secret in (*GRANT.values(), ebay.valid) if secret in stored]


def shown_by(error: BaseException) -> str:
    """Show an error with the locals of all frames below the test's own."""
    assert error.__traceback__ is not None
    frames = traceback.TracebackException(
        type(error), error, error.__traceback__.tb_next, capture_locals=True
    )
    return "".join(frames.format()) + repr(error) + repr(error.__dict__)


def test_random_secrets_show_nowhere(make, ebay: Ebay, tmp_path, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    random.seed(11)
    letters = string.ascii_letters + string.digits + "^#.-"
    for number in range(150):
        grant = {name: "".join(random.choices(letters, k=48)) for name in GRANT}
        echo = json.dumps({"error": "invalid_grant", "error_description": " ".join(grant.values())})
        ebay.says = None
        token = make(**grant)
        header = sent(token)
        ebay.says = [(400, echo.encode()), (500, echo.encode()), (200, echo.encode())][number % 3]
        with pytest.raises(errors.PostOrderError) as caught:
            token.refresh(header)
        with pytest.raises(TypeError, match="not pickled") as unpickled:
            pickle.dumps(token)
        shown = [repr(token), repr(vars(token)), shown_by(caught.value), shown_by(unpickled.value)]
        shown += [caplog.text, repr(pickle.dumps(caught.value)), token.hide(f"{header} {grant}")]
        caplog.clear()
        secrets = [*grant.values(), header.removeprefix("IAF ")]
        for text in shown:
            assert not [secret for secret in secrets if secret in text]
