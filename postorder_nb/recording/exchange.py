"""What goes over the wire, as plain data: a request and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request: what was asked."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@dataclass(frozen=True)
class Answer:
    """One answer; a header may come several times."""

    status: int
    reason: str
    headers: Mapping[str, list[str]] = field(default_factory=dict)
    body: bytes = b""


Exchange = tuple[Request, Answer]
