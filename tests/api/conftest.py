"""A real HTTP server whose answers are written by the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb.api.client import Cancellations, Cases, Inquiries, Returns
from postorder_nb.api.receipt import Receipt

TOKEN = "v^1.1#i^1#f^0#secret-of-the-test-7f3a"


@dataclass
class Answer:
    """What the server says next."""

    status: int = 200
    body: bytes | Any = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0  # announce so many bytes more than are sent
    drop: bool = False  # close without a word

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Server:
    """The running server: `answers` are given in order, the last one again and again."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def says(self, *answers: Answer) -> None:
        self.answers[:] = answers
        self.requests.clear()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            seen = (self.command, self.path, dict(self.headers), self.rfile.read(length))
            server.requests.append(seen)
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            if answer.drop:
                self.close_connection = True
                return
            body = answer.bytes()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body) + answer.cut))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if answer.cut:
                self.close_connection = True

        do_GET = do_POST = reply

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def server(running: Server) -> Server:
    running.says(Answer())
    return running


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the waits between attempts instead of waiting."""
    return []


@pytest.fixture
def po(server: Server, waits: list[float]) -> Iterator[pn.PostOrder]:
    with pn.connect(token=TOKEN, marketplace="EBAY_DE", base_url=server.url) as client:
        client._transport._sleep = waits.append
        yield client


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Desk:
    """Takes requests instead of a network, and answers writes with a receipt."""

    def __init__(self, outcome="done", answer=None, error=None) -> None:
        self.requests: list = []
        self.outcome, self.answer, self.error = outcome, answer or {}, error

    def send(self, request):
        self.requests.append(request)
        return self.answer

    def write(self, request):
        self.requests.append(request)
        if self.error and request.operation == "returns.add_shipping_label":
            raise self.error
        return Receipt(
            request.operation, request.record, self.outcome, NOW, request, self.answer, 200
        )


class Shop:
    """The four groups at one desk."""

    def __init__(self, **desk) -> None:
        self.desk = Desk(**desk)
        self.cancellations = Cancellations(self.desk, lambda: NOW)
        self.inquiries = Inquiries(self.desk, lambda: NOW)
        self.returns = Returns(self.desk, lambda: NOW)
        self.cases = Cases(self.desk, lambda: NOW)


@pytest.fixture(scope="session")
def shop() -> type[Shop]:
    """Make the four groups at a desk that takes their requests: ``shop()``."""
    return Shop
