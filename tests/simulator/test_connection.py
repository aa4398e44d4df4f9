"""HTTP as it comes over the wire: what any client may send, and what none should."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from postorder_nb.errors import InputError
from postorder_nb.simulator import Simulator

NOW = "2026-03-10T12:00:00Z"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(returns=20, days=60, now=NOW) as running:
        yield running


@pytest.fixture
def wire(sim: Simulator) -> Iterator[socket.socket]:
    host, port = urlsplit(sim.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        yield connection


def read(wire: socket.socket) -> bytes:
    """Read until the server ends the connection."""
    parts = []
    while part := wire.recv(65536):
        parts.append(part)
    return b"".join(parts)


def head(sim: Simulator, line: str, *more: str) -> bytes:
    lines = [
        line, "Host: x", f"Authorization: IAF {sim.token}", "X-EBAY-C-MARKETPLACE-ID: EBAY_US",
        *more, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode("latin-1")


SEARCH = "/post-order/v2/return/search"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"HELLO\r\n\r\n", 400),
        (b"GET / HTTP/9\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: ten\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", 413),
        (b"GET http://[x HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 1 + b"".join(b"h%d: 1\r\n" % n for n in range(300))
         + b"\r\n", 431),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else str(value),
)  # fmt: skip
def test_what_is_no_request(wire: socket.socket, sent: bytes, status: int) -> None:
    wire.sendall(sent)
    try:
        answer = read(wire)
    except ConnectionResetError:  # it went on sending after the answer
        return
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nConnection: close\r\n" in answer


def test_a_body_that_breaks_off_does_nothing(sim: Simulator, wire: socket.socket) -> None:
    record = next(iter(sim.world.returns.values()))
    lines = len(record.history)
    path = f"/post-order/v2/return/{record.id}/send_message"
    wire.sendall(head(sim, f"POST {path} HTTP/1.1", "Content-Length: 100") + b'{"message":')
    wire.shutdown(socket.SHUT_WR)
    assert read(wire).startswith(b"HTTP/1.1 400 ")
    assert len(record.history) == lines


def test_two_requests_at_once(sim: Simulator, wire: socket.socket) -> None:
    first = head(sim, f"GET {SEARCH}?limit=1 HTTP/1.1")
    last = head(sim, f"GET {SEARCH}?limit=2 HTTP/1.1", "Connection: close")
    wire.sendall(first + last)
    answers = read(wire).split(b"HTTP/1.1 200 OK")[1:]
    bodies = [json.loads(answer.partition(b"\r\n\r\n")[2]) for answer in answers]
    assert [len(body["members"]) for body in bodies] == [1, 2]


def test_old_clients(sim: Simulator, wire: socket.socket) -> None:
    wire.sendall(head(sim, f"GET {SEARCH} HTTP/1.0"))
    assert read(wire).startswith(b"HTTP/1.1 200 OK\r\n")


def test_chunks(sim: Simulator, wire: socket.socket) -> None:
    record = next(iter(sim.world.returns.values()))
    body = json.dumps({"message": {"content": "in parts"}}).encode()
    path = f"/post-order/v2/return/{record.id}/send_message"
    wire.sendall(
        head(sim, f"POST {path} HTTP/1.1", "Transfer-Encoding: chunked", "Connection: close")
    )
    for part in (body[:5], body[5:]):
        wire.sendall(b"%x;note=1\r\n%s\r\n" % (len(part), part))
    wire.sendall(b"0\r\nTrailer: x\r\n\r\n")
    read(wire)
    assert sim.requests[-1].body == body


def test_clients_that_ask_before_they_send(sim: Simulator, wire: socket.socket) -> None:
    line = "POST /post-order/v2/return/1/send_message HTTP/1.1"
    wire.sendall(head(sim, line, "Expect: 100-continue", "Content-Length: 2", "Connection: close"))
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(b"{}")
    assert read(wire).startswith(b"HTTP/1.1 4")


def test_names_of_headers_in_any_case(sim: Simulator, wire: socket.socket) -> None:
    lines = [
        f"GET {SEARCH} HTTP/1.1", "HOST:x", f"authorization:  token {sim.token} ",
        "x-Ebay-c-Marketplace-ID: EBAY_US", "CONNECTION: Close", "", "",
    ]  # fmt: skip
    wire.sendall("\r\n".join(lines).encode())
    assert read(wire).startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_answer_without_a_body_has_no_type(sim: Simulator, wire: socket.socket) -> None:
    wire.sendall(head(sim, "GET /favicon.ico HTTP/1.1", "Connection: close"))
    answer = read(wire)
    assert answer.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"Content-Type" not in answer


def test_a_newer_address_family() -> None:
    with Simulator(returns=1, now=NOW, host="::1") as sim:
        assert sim.url.startswith("http://[::1]:")
        port = urlsplit(sim.url).port
        assert port
        with socket.create_connection(("::1", port), timeout=5) as wire:
            wire.sendall(head(sim, f"GET {SEARCH} HTTP/1.1", "Connection: close"))
            assert read(wire).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_port_that_is_taken(sim: Simulator) -> None:
    port = urlsplit(sim.url).port
    assert port
    with pytest.raises(InputError, match=f"{port}"):
        Simulator(returns=1, now=NOW, port=port)
