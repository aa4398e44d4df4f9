"""One connection of a client: requests are read here, and answers written, whole or spoilt."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from io import BufferedIOBase
from socketserver import StreamRequestHandler
from urllib.parse import parse_qsl, urlsplit

from .answers import Answer

LONGEST_BODY = 32 * 1024 * 1024
_LONGEST_LINE = 65_536
_MOST_HEADERS = 200
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Malformed(Exception):
    """What came is not a request; `status` says what about it."""

    def __init__(self, status: int) -> None:
        super().__init__(_PHRASES[status])
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; the names of headers are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    last: bool

    @property
    def credentials(self) -> tuple[str, str]:
        """The scheme and the rest of the header Authorization."""
        scheme, _, rest = self.headers.get("authorization", "").partition(" ")
        return scheme, rest.strip()


class Connection(StreamRequestHandler):
    """
    What a client and the server say to each other; HTTP/1.1, several requests in a row.

    The standard library's handler reads headers with the parser of e-mails, which takes longer
    than all else here.
    """

    disable_nagle_algorithm = True

    def read(self) -> Asked | None:
        """Read a request; None when the client has gone. Raises `Malformed`."""
        line = self._line()
        if line in ("\r\n", "\n"):  # some clients send one too many after a body
            line = self._line()
        if not line:
            return None
        words = line.split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Malformed(400)
        method, target, version = words
        headers = self._headers()
        try:
            parts = urlsplit(target)
        except ValueError:
            raise Malformed(400) from None
        wish = headers.get("connection", "").lower()
        if "100-continue" in headers.get("expect", "").lower():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Asked(
            method,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers,
            self._body(headers),
            "close" in wish or (version == "HTTP/1.0" and "keep-alive" not in wish),
        )

    def _line(self) -> str:
        line = self.rfile.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise Malformed(431)
        return line.decode("latin-1")

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while (line := self._line()) not in ("\r\n", "\n"):
            name, colon, value = line.partition(":")
            if not colon or name != name.strip() or not name:
                raise Malformed(400)
            if len(headers) >= _MOST_HEADERS:
                raise Malformed(431)
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return _chunks(self.rfile)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise Malformed(400)
        if int(length) > LONGEST_BODY:
            raise Malformed(413)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Malformed(400)
        return body

    def send(
        self,
        answer: Answer,
        at: datetime,
        number: int,
        *,
        fault: str = "",
        drip: float = 0.0,
        last: bool = False,
        bare: bool = False,
    ) -> None:
        """
        Write head and body at once.

        Parameters
        ----------
        answer : Answer
            What to say.
        at : datetime
            The header Date.
        number : int
            The number of the request, for its id.
        fault : str
            ``truncate-0`` ends the body in the middle and the connection with it, ``truncate-1``
            announces the shorter body, ``drip`` writes byte by byte.
        drip : float
            Seconds between two bytes of a drip.
        last : bool
            Whether the connection ends with this answer.
        bare : bool
            Whether the body stays away, as the method HEAD asks.
        """
        body = answer.body
        sent = body[: len(body) // 2] if fault.startswith("truncate") else body
        length = len(sent) if fault == "truncate-1" else len(body)
        head = [
            f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, '')}",
            f"Date: {_date(at)}",
            f"Content-Length: {length}",
            f"X-EBAY-C-REQUEST-ID: ri={number:012x}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        if body:
            head.append(f"Content-Type: {answer.content_type}")
        if last:
            head.append("Connection: close")
        whole = "\r\n".join([*head, "", ""]).encode("latin-1") + (b"" if bare else sent)
        if fault != "drip":
            self.wfile.write(whole)
            return
        for byte in whole:
            self.wfile.write(bytes((byte,)))
            time.sleep(drip)

    def hold(self) -> None:
        """Keep the connection open and say nothing until the client goes, or the server ends."""
        while self.rfile.read(1):
            continue


def _chunks(stream: BufferedIOBase) -> bytes:
    """Read a body that comes in chunks, and the headers after it."""
    body = b""
    while True:
        try:
            size = int(stream.readline(1024).partition(b";")[0], 16)
        except ValueError:
            raise Malformed(400) from None
        if size < 0 or len(body) + size > LONGEST_BODY:
            raise Malformed(413)
        chunk = stream.read(size)
        if len(chunk) < size:
            raise Malformed(400)
        body += chunk
        if size:
            stream.readline(16)
            continue
        while stream.readline(_LONGEST_LINE) not in (b"\r\n", b"\n", b""):
            continue
        return body


@lru_cache(maxsize=16)
def _date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)
