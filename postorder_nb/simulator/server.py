"""The HTTP side: connections, headers, tokens, faults. What is answered is up to `routes`."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..enums import Marketplace
from .answers import Answer, gateway, page, refuse
from .faults import AFTER_COMMIT, Faults
from .parties import Party
from .routes import ROOT, Api, Request

Latency = float | Mapping[str, float]
KNOWN_SITES = frozenset(Marketplace.__members__) | {"EBAY_UK"}


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One request the server had.

    `status` is None when the connection was dropped instead of an answer; `fault` names what was
    done to the answer on purpose, `party` who asked: the login of a token that was taken.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int | None
    fault: str | None
    at: datetime
    body: bytes = b""
    party: str | None = None


class Server(ThreadingHTTPServer):
    """A server on the loopback address that remembers its connections, to end them with itself."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        api: Api,
        admits: Callable[[str], Party | None],
        log: list[Entry],
    ) -> None:
        self.api = api
        self.admits = admits
        self.log = log
        self.faults: Faults | None = None
        self.latency: Latency = 0.0
        self.numbers = count(1)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, then serve it in its own thread."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; anything else is a bug, and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End all connections."""
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def delay(self, path: str) -> float:
        """Return how many seconds an answer to `path` waits."""
        if isinstance(self.latency, Mapping):
            return max((s for part, s in self.latency.items() if part in path), default=0.0)
        return self.latency


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer, or spoil the answer."""
        server = self.server
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if wait := server.delay(parts.path):
            time.sleep(wait)
        faults = server.faults
        fault = faults.draw(self.command) if faults else None
        party = self._party()
        answer = faults.answer(fault) if faults and fault and fault not in AFTER_COMMIT else None
        if answer is None and fault != "drop":
            answer = self._answer(parts.path, query, body, party)
        if faults and fault in AFTER_COMMIT:
            answer = faults.answer(fault)
        status = answer.status if answer else None
        now = server.api.clock.now()
        login = party.login if party else None
        server.log.append(Entry(self.command, parts.path, query, status, fault, now, body, login))
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer, cut=(fault or "").removeprefix("truncate-") if fault else "")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - http.server's names

    def _party(self) -> Party | None:
        """Tell whose token was sent; None for none that is taken."""
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        return self.server.admits(token.strip()) if scheme in ("IAF", "TOKEN") else None

    def _answer(self, path: str, query: dict[str, str], body: bytes, party: Party | None) -> Answer:
        if not path.startswith(f"{ROOT}/"):
            return page(404, "Not Found")
        site = self.headers.get("X-EBAY-C-MARKETPLACE-ID")
        if party is None or site not in KNOWN_SITES:
            return self._stopped_at_the_gate(party)
        request = Request(self.command, path, query, body, party, dict(self.headers), site)
        return self.server.api.answer(request)

    def _stopped_at_the_gate(self, party: Party | None) -> Answer:
        """Say what is wrong with the token, or with the marketplace."""
        scheme = (self.headers.get("Authorization") or "").partition(" ")[0]
        if scheme.lower() == "bearer":
            return Answer(401, b"Bad scheme: Bearer", "text/plain")
        if party is None:
            return gateway(401, 1001, "OAuth", "Invalid access token.")
        name = "X-EBAY-C-MARKETPLACE-ID"
        text = f"The header {name} is missing or not valid."
        given = f"{name}: {self.headers.get(name) or ''}"
        return refuse(400, 292004, "resolutionsErrorDomain", text, header=given).answer

    def _send(self, answer: Answer, *, cut: str) -> None:
        """Write head and body at once; `cut` ends the body in the middle, truthfully or not."""
        body = answer.body
        sent = body[: len(body) // 2] if cut in ("0", "1") else body
        length = len(body) if cut == "0" else len(sent)
        head = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            f"Date: {format_datetime(self.server.api.clock.now(), usegmt=True)}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {length}",
            f"X-EBAY-C-REQUEST-ID: ri={next(self.server.numbers):012x}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        if cut == "0":
            self.close_connection = True
        if self.close_connection:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + sent)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: `Server.log` has it all."""
