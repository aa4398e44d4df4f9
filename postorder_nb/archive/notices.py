"""
eBay's notices that a user has closed their account: proved, kept, acted upon.

Who stores data of eBay's users has to subscribe to them. eBay first sends a challenge, then a
signed notice for each closed account, repeated until it is acknowledged. `Inbox` answers both as a
WSGI application: a notice that is proved to be eBay's is written down before it is acknowledged,
and waits there until `Inbox.work` has deleted the person, so that neither a slow deletion nor a
crash loses one.

Source: eBay's guide to marketplace account deletion, and ``getPublicKey`` of its Notification API.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..errors import InputError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

#: Asks eBay for a public key by its id: what ``getPublicKey`` answers, a ``key`` and a ``digest``.
Keys = Callable[[str], Mapping[str, str]]

TOPIC = "MARKETPLACE_ACCOUNT_DELETION"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,80}")
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_FRAME = re.compile(r"-----(BEGIN|END) PUBLIC KEY-----")
# The digest is the key's word, never the notice's. eBay signs its notices over SHA-1: without it
# no genuine notice could be verified, and no person's deletion would be carried out.
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "SHA1": hashes.SHA1(),  # noqa: S303 - what eBay signs with; only verified here
    "SHA256": hashes.SHA256(),
}
_LONGEST = 65_536
_KEPT = 3600.0  # eBay asks to keep a key for about an hour
_LOOKUPS = 20  # an hour; made-up key ids must not use up the quota


@dataclass(frozen=True)
class Notice:
    """
    A closed account.

    Parameters
    ----------
    id : str
        eBay's number of the notice; the same when it is sent again.
    username, user_id, eias_token : str
        The three names that eBay has for the user; empty where the notice lacks one.
    """

    id: str
    username: str
    user_id: str
    eias_token: str

    @property
    def users(self) -> list[str]:
        """The names to look for."""
        names = (self.username, self.user_id, self.eias_token)
        return [name for name in names if len(name.strip()) > 1]  # no account has a shorter one


def challenge(code: str, *, token: str, endpoint: str) -> str:
    """
    Return the answer to eBay's challenge.

    Parameters
    ----------
    code : str
        The ``challenge_code`` of the query.
    token : str
        The verification token set in the developer's account: 32 to 80 letters, digits, _ or -.
    endpoint : str
        The address set there, letter by letter; https.

    Raises
    ------
    InputError
        For a token or an address that eBay would not have taken.

    Examples
    --------
    >>> challenge("a1b2", token="t" * 32, endpoint="https://shop.example/closed")[:16]
    '45fe32d173d949b8'
    """
    if not _TOKEN.fullmatch(token):
        raise InputError(
            "this is no verification token", advice="take 32 to 80 letters, digits, _ or -"
        )
    if not endpoint.startswith("https://"):
        raise InputError(
            f"{endpoint!r} is no https address", advice="write it as it is set at eBay"
        )
    return sha256(f"{code}{token}{endpoint}".encode()).hexdigest()


def key_id(signature: str) -> str:
    """
    Return which of eBay's keys a notice is signed with.

    Parameters
    ----------
    signature : str
        The header ``X-EBAY-SIGNATURE``.

    Raises
    ------
    InputError
        If it is no such header.
    """
    return _signature(signature)[0]


def verify(body: bytes, signature: str, key: Mapping[str, str]) -> bool:
    """
    Tell whether a notice is eBay's.

    Parameters
    ----------
    body : bytes
        The notice, byte by byte as it came.
    signature : str
        The header ``X-EBAY-SIGNATURE``.
    key : mapping
        What ``getPublicKey`` answers for `key_id`: ``key`` (PEM) and ``digest``.

    Returns
    -------
    bool
        True if the key signed these bytes, or the same JSON written without spaces, which is what
        eBay signs, should something on the way have laid it out anew.

    Raises
    ------
    InputError
        If the header or the key cannot be read.
    """
    signed = _signature(signature)[1]
    public, digest = _public(key)
    for reading in dict.fromkeys((body, _compact(body))):
        try:
            public.verify(signed, reading, ec.ECDSA(digest))
        except InvalidSignature:
            continue
        return True
    return False


def read(body: bytes) -> Notice:
    """
    Read a notice.

    Raises
    ------
    InputError
        If it is no notice of a closed account, or names nobody.

    Examples
    --------
    >>> read(b'{"metadata": {"topic": "MARKETPLACE_ACCOUNT_DELETION"}, "notification":'
    ...      b' {"notificationId": "7", "data": {"username": "ann", "userId": "u1"}}}').users
    ['ann', 'u1']
    """
    told = _decoded(body)
    topic = _at(told, "metadata").get("topic", TOPIC)
    notification = _at(told, "notification")
    data = _at(notification, "data")
    names = [str(data.get(name) or "") for name in ("username", "userId", "eiasToken")]
    number = str(notification.get("notificationId") or "")
    if topic != TOPIC or not number or not any(names):
        raise InputError(
            f"this is no notice of a closed account (topic {str(topic)[:60]!r})",
            advice="subscribe this address to account deletion only",
        )
    return Notice(number, *names)


class Inbox:
    """
    Takes eBay's notices, as a WSGI application, and keeps them until they are acted upon.

    Parameters
    ----------
    folder : str or Path
        Where notices wait; made for this user alone. A notice names a person, and is removed once
        `work` is done with it.
    token, endpoint : str
        As for `challenge`.
    keys : callable
        Gets eBay's public key for an id; asked at most once an hour for each.

    Examples
    --------
    Any WSGI server will do, behind your https::

        inbox = Inbox("notices", token=TOKEN, endpoint="https://...", keys=ask_ebay)
        make_server("127.0.0.1", 8080, inbox).serve_forever()

    and, in another process or by cron::

        Inbox("notices", ...).work(archive.forget)
    """

    def __init__(self, folder: str | Path, *, token: str, endpoint: str, keys: Keys) -> None:
        challenge("", token=token, endpoint=endpoint)
        self.folder = Path(folder)
        self._token, self._endpoint, self._keys = token, endpoint, keys
        self._known: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._lookups: list[float] = []
        self._lock = threading.Lock()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def __repr__(self) -> str:
        return f"<Inbox {self.folder} {len(self._files())} waiting>"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request: 200 to a challenge, 204 to a notice that is kept, else why not."""
        method = environ["REQUEST_METHOD"]
        if method == "GET":
            status, told = self._challenged(environ.get("QUERY_STRING", ""))
        elif method == "POST":
            status, told = self._noticed(environ)
        else:
            status, told = "405 Method Not Allowed", {"problem": "send GET or POST"}
        if told is None:
            start_response(status, [])
            return []
        body = json.dumps(told).encode()
        length = ("Content-Length", str(len(body)))
        start_response(status, [("Content-Type", "application/json"), length])
        return [body]

    def waiting(self) -> list[Notice]:
        """List the notices that came and are not acted upon, oldest first."""
        return [read(path.read_bytes()) for path in self._files()]

    def work(self, forget: Callable[..., object]) -> int:
        """
        Delete everybody the waiting notices name; return how many notices that were.

        All names are passed at once, as ``forget(*users)``: eBay tells of all its users, and most
        of them never bought from you. Notices leave the folder after that; if `forget` raises,
        they stay and are done again. Forgetting somebody twice does no harm.
        """
        files = self._files()
        users = {user: None for path in files for user in read(path.read_bytes()).users}
        if users:
            forget(*users)
        for path in files:
            path.unlink(missing_ok=True)
        return len(files)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.json"), key=lambda path: (path.stat().st_mtime, path))

    def _challenged(self, query: str) -> tuple[str, Any]:
        code = parse_qs(query).get("challenge_code", [""])[0]
        if not code:
            return "400 Bad Request", {"problem": "challenge_code is missing"}
        answer = challenge(code, token=self._token, endpoint=self._endpoint)
        return "200 OK", {"challengeResponse": answer}

    def _noticed(self, environ: WSGIEnvironment) -> tuple[str, Any]:
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > _LONGEST:
            return "413 Content Too Large", {"problem": "a notice is shorter"}
        body = environ["wsgi.input"].read(int(length))
        signature = environ.get("HTTP_X_EBAY_SIGNATURE", "")
        try:
            key = self._key(key_id(signature))
            if key is None:
                return "503 Service Unavailable", {"problem": "too many keys were asked for"}
            if not verify(body, signature, key):
                return "412 Precondition Failed", {"problem": "the signature does not fit"}
            self._keep(read(body), body)
        except InputError as error:
            return "412 Precondition Failed", {"problem": error.message}
        return "204 No Content", None

    def _key(self, name: str) -> Mapping[str, str] | None:
        """Return a key, asking eBay for it at most once an hour; None when asked too often."""
        now = time.monotonic()
        with self._lock:
            at, key = self._known.get(name, (0.0, None))
            if key is not None and now - at < _KEPT:
                return key
            self._lookups = [then for then in self._lookups if now - then < _KEPT]
            if len(self._lookups) >= _LOOKUPS:
                return None
            self._lookups.append(now)
        found = self._keys(name)
        with self._lock:
            self._known[name] = (now, found)
        return found

    def _keep(self, notice: Notice, body: bytes) -> None:
        """Write a notice down so that it survives a crash; the same notice is the same file."""
        path = self.folder / f"{sha256(notice.id.encode()).hexdigest()[:32]}.json"
        part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
        private = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(private, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def _signature(header: str) -> tuple[str, bytes]:
    try:
        told = json.loads(base64.b64decode(header, validate=True))
        name, signed = told["kid"], base64.b64decode(told["signature"], validate=True)
    except (binascii.Error, ValueError, KeyError, TypeError):
        name, signed = None, b""
    if not isinstance(name, str) or not _KEY_ID.fullmatch(name) or not signed:
        raise InputError(
            "X-EBAY-SIGNATURE is missing or no signature", advice="hand on the header as it came"
        )
    return name, signed


def _public(key: Mapping[str, str]) -> tuple[ec.EllipticCurvePublicKey, hashes.HashAlgorithm]:
    text = "".join(_FRAME.sub("", str(key.get("key", ""))).split())
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
    digest = _DIGESTS.get(str(key.get("digest", "SHA1")).upper().replace("-", ""))
    try:
        public = serialization.load_pem_public_key(pem.encode())
    except ValueError:
        public = None
    if digest is None or not isinstance(public, ec.EllipticCurvePublicKey):
        raise InputError(
            "this is no public key of eBay's notices",
            advice="pass what getPublicKey answers: key, algorithm ECDSA, digest SHA1 or SHA256",
        )
    return public, digest


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("the notice is no JSON", advice="hand on the body as it came") from None


def _compact(body: bytes) -> bytes:
    text = json.dumps(_decoded(body), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _at(tree: Any, name: str) -> Mapping[str, Any]:
    found = tree.get(name) if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}
