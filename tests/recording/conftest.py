"""A server on this machine that answers with what it was asked, and counts."""

from __future__ import annotations

import gc
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
import requests

BINARY = bytes(range(256)) * 3


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer, or each waits for the last one to be acknowledged
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            number = next(self.server.numbers)
            self.server.seen.append((self.command, self.path, dict(self.headers), body))
        route = self.path.partition("?")[0]
        said = json.dumps({"number": number, "path": self.path, "body": body.decode()}).encode()
        headers = {"Content-Type": "application/json", "X-EBAY-C-REQUEST-ID": f"id-{number}"}
        status = 200
        if route == "/gzip":
            said, headers["Content-Encoding"] = gzip.compress(said), "gzip"
        elif route == "/binary":
            said, headers["Content-Type"] = BINARY, "image/png"
        elif route == "/secrets":
            headers |= {
                "Set-Cookie": f"session={self.server.secret}",
                "X-Secret": self.server.secret,
            }
            said = json.dumps({"access_token": self.server.secret, "expires_in": 7200}).encode()
        elif route == "/moved":
            status, headers["Location"] = 302, f"{self.server.url}/arrived"
        elif route == "/held":
            self.server.held.set()
            self.server.hold.wait(5)
        elif route == "/away":
            status, headers["Location"] = 302, "https://elsewhere.example/"
        elif route == "/limited":
            status, headers["Retry-After"] = 429, "7"
        elif route == "/amount":
            said = '{"value":12.50,"text":"crème 🎁","lines":[1,{"a":null}],"none":{}}'.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = _answer


class Server(ThreadingHTTPServer):
    """The server; `close` makes the port refuse."""

    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock, self.numbers, self.secret = threading.Lock(), count(1), ""
        self.hold, self.held = threading.Event(), threading.Event()
        self.hold.set()
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
            self.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
    gc.collect()  # an unclosed socket warns when it is collected, and a warning fails the test


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cassettes"


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forbid connecting, and looking names up, to whoever tries."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was asked to connect")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(f"socket.socket.{name}", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
