"""What goes over the wire, as plain data: a request and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Only known words are kept: an unknown first word may itself be the token.
_SCHEMES = {scheme.lower(): scheme for scheme in ("IAF", "TOKEN", "Bearer", "Basic", "Digest")}
_ALONE = "X-EBAY-API-IAF-TOKEN"  # a header whose whole value is the credential
_COVERED = re.compile(r'[^=]+=(\((?:"[\w@;=-]+"(?: (?=")|(?=\))))*\))', re.ASCII)


@dataclass(frozen=True)
class Request:
    """
    One request: what was asked.

    `credentials` and `signature` say how it was sent, without anything secret: the kind of its
    Authorization (``none`` without one), and what its message signature covers (``""`` without
    one). They are None where that is not known, as in files that were not recorded here.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    credentials: str | None = None
    signature: str | None = None

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


def credentials(headers: Mapping[str, str]) -> str:
    """
    Name the kind of credential that a request carries, never the credential.

    Examples
    --------
    >>> credentials({"Authorization": "IAF v^1.1#secret"})
    'IAF'
    >>> credentials({"authorization": "v^1.1#secret"}), credentials({})
    ('other', 'none')
    """
    given = {name.lower(): value for name, value in headers.items()}
    if "authorization" in given:
        scheme, _, rest = given["authorization"].strip().partition(" ")
        return _SCHEMES.get(scheme.lower(), "other") if rest else "other"
    return _ALONE if _ALONE.lower() in given else "none"


def signature(headers: Mapping[str, str]) -> str:
    """
    Tell what the message signature of a request covers: neither its moment nor its key.

    Examples
    --------
    >>> signature({"Signature-Input": 'sig1=("@method" "@path");created=1767225600;keyid="k"'})
    '("@method" "@path")'
    >>> signature({})
    ''
    """
    given = {name.lower(): value for name, value in headers.items()}
    if not {"signature", "signature-input"} & given.keys():
        return ""
    found = _COVERED.match(given.get("signature-input", ""))
    return found[1] if found else "unreadable"
