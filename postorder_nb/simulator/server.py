"""The HTTP side: connections, tokens, faults, the log. What is answered is up to `core`."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from socketserver import ThreadingTCPServer
from typing import Any

import orjson

from . import oauth, v1
from .answers import Answer, gateway, page, refuse
from .connection import Asked, Connection, Malformed
from .core import Core
from .delivery import Delivery
from .facts import SITES
from .faults import INSTEAD, Faults
from .latency import Delays
from .parties import Party
from .quota import Usage
from .routes import ROOT, Request

KEPT = 100_000
_BODY = 65_536
_API = (f"{ROOT}/", *v1.ROOTS)
_RATES = ("/developer/analytics/v1_beta/rate_limit", "/developer/analytics/v1_beta/user_rate_limit")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One request the server had.

    `status` is None when no answer was sent; `fault` names what was done to the request or the
    answer on purpose, `party` who asked: the login of a token that was taken; `waited` is how many
    seconds the latency was. Of a long `body` only the beginning is kept.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int | None
    fault: str | None
    at: datetime
    body: bytes = b""
    party: str | None = None
    waited: float = 0.0


class Server(ThreadingTCPServer):
    """
    A server that remembers its connections, to end them with itself.

    Parameters
    ----------
    address : tuple
        Host and port.
    core : Core
        What answers.
    aside : callable
        Answers what is not of the API: pages and the admin path; None for what it does not know.
    log : list of Entry
        Where requests are noted; the older half goes when there are `KEPT`.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        core: Core,
        aside: Callable[[Asked], Answer | None],
        log: list[Entry],
    ) -> None:
        self.core = core
        self.aside = aside
        self.log = log
        self.faults: Faults | None = None
        self.delays = Delays()
        self.delivery = Delivery()
        self.usage = Usage(core.clock)
        self.numbers = count(1)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
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

    def note(self, entry: Entry) -> None:
        """Add to the log."""
        self.log.append(entry)
        if len(self.log) > KEPT:
            del self.log[: KEPT // 2]

    # -- answering --------------------------------------------------------------------------------

    def party(self, asked: Asked) -> Party | None:
        """Tell whose token was sent; None for none that is taken."""
        scheme, token = asked.credentials
        return self.core.tokens.party(token) if scheme.upper() in ("IAF", "TOKEN") else None

    def fault(self, asked: Asked, party: Party | None) -> str | None:
        """Say what goes wrong with a request, and count it for the quota if it gets that far."""
        faults = self.faults
        fault = faults.draw(asked.method, asked.path) if faults else None
        if party is None or (fault and fault.startswith(INSTEAD)):
            return fault
        used = self.usage.count(asked.path)
        over = faults is not None and faults.quota is not None and used > faults.quota
        return "429-quota" if over else fault

    def answer(self, asked: Asked, party: Party | None) -> Answer:
        """Answer a request as if nothing went wrong."""
        if asked.path.startswith(oauth.ROOT):
            answer: Answer = self.core.do(
                "oauth",
                method=asked.method,
                path=asked.path,
                authorization=asked.headers.get("authorization", ""),
                body=asked.body.decode("latin-1"),
            )
            return answer
        if asked.path.rstrip("/") in _RATES:
            return self._rates(asked)
        if not asked.path.startswith(_API):
            return page(404, "Not Found")
        site = asked.headers.get("x-ebay-c-marketplace-id")
        if party is None or site not in SITES:
            return self._stopped_at_the_gate(asked, party)
        if party.role == "APPLICATION":
            return gateway(403, 1100, "ACCESS", "The token does not permit this call.")
        return self.core.call(
            Request(
                asked.method, asked.path, asked.query, asked.body, party, asked.headers, site
            )
        )  # fmt: skip

    def _rates(self, asked: Asked) -> Answer:
        """Say how much of the quota is used; here Bearer is the right scheme."""
        if self.core.tokens.party(asked.credentials[1]) is None:
            return gateway(401, 1001, "OAuth", "Invalid access token.")
        report = self.usage.report(self.faults.quota if self.faults else None)
        return Answer(200, orjson.dumps(report))

    def _stopped_at_the_gate(self, asked: Asked, party: Party | None) -> Answer:
        """Say what is wrong with the token, or with the marketplace."""
        if asked.credentials[0].lower() == "bearer":
            return Answer(401, b"Bad scheme: Bearer", "text/plain")
        if party is None:
            return gateway(401, 1001, "OAuth", "Invalid access token.")
        name = "X-EBAY-C-MARKETPLACE-ID"
        text = f"The header {name} is missing or not valid."
        given = f"{name}: {asked.headers.get(name.lower(), '')}"
        return refuse(400, 292004, "resolutionsErrorDomain", text, header=given).answer


class Handler(Connection):
    """One connection: its requests, one after the other."""

    server: Server

    def handle(self) -> None:
        """Answer until one side ends it."""
        goes_on = True
        while goes_on:
            try:
                asked = self.read()
            except Malformed as error:
                answer = page(error.status, str(error))
                self.send(answer, self.server.core.clock.now(), 0, last=True)
                return
            goes_on = asked is not None and self._serve(asked)

    def _serve(self, asked: Asked) -> bool:
        """Answer one request, or spoil that; tell whether another may follow."""
        server, clock = self.server, self.server.core.clock
        bare = asked.method == "HEAD"
        if aside := server.aside(asked):
            self.send(aside, clock.now(), 0, last=asked.last, bare=bare)
            return not asked.last
        number, faults = next(server.numbers), server.faults
        if waited := server.delays.seconds(asked.path, number):
            time.sleep(waited)
        party = server.party(asked)
        fault = server.fault(asked, party)
        if fault == "expire" and party:
            server.core.do("end", token=asked.credentials[1])
        login = party.login if party else None
        entry = Entry(
            asked.method, asked.path, asked.query, None, fault, clock.now(),
            asked.body[:_BODY], login, waited,
        )  # fmt: skip

        def execute() -> Answer:
            answer = server.answer(asked, party)
            if fault == "late":
                server.note(replace(entry, status=answer.status, fault="late-arrival"))
            return answer

        answer = server.delivery.answer(execute, fault, faults)
        server.note(replace(entry, status=answer.status if answer else None, at=clock.now()))
        server.delivery.finish(fault)
        if answer is None:
            if fault in ("half-open", "mute"):
                self.hold()
            return False
        last = asked.last or fault == "truncate-0"
        self.send(
            answer, clock.now(), number, fault=fault or "", drip=faults.drip if faults else 0.0,
            last=last, bare=bare,
        )  # fmt: skip
        return not last
