"""eBay's notices of closed accounts: signed by a key made here, sent over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from postorder_nb.archive import notices
from postorder_nb.errors import InputError

TOKEN = "verification-token_0123456789abcdef"
ENDPOINT = "https://shop.example/closed-accounts"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey = KEY, digest: str = "SHA1") -> dict[str, str]:
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"algorithm": "ECDSA", "digest": digest, "key": pem.decode().replace("\n", "")}


def signed(
    body: bytes, key: ec.EllipticCurvePrivateKey = KEY, kid: str = "k-1", digest: Any = None
) -> str:
    raw = key.sign(body, ec.ECDSA(digest or hashes.SHA1()))
    told = {
        "alg": "ecdsa",
        "kid": kid,
        "signature": base64.b64encode(raw).decode(),
        "digest": "SHA1",
    }
    return base64.b64encode(json.dumps(told).encode()).decode()


def notice(number: str = "n-1", **data: str) -> bytes:
    told = {
        "metadata": {"topic": "MARKETPLACE_ACCOUNT_DELETION", "schemaVersion": "1.0"},
        "notification": {
            "notificationId": number,
            "eventDate": "2026-06-01T10:00:00.000Z",
            "publishAttemptCount": 1,
            "data": data or {"username": "käufer_7", "userId": "u7", "eiasToken": "e7=="},
        },
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def test_the_challenge_is_the_hash_of_code_token_and_address_in_that_order() -> None:
    want = hashlib.sha256(b"code-1" + TOKEN.encode() + ENDPOINT.encode()).hexdigest()
    assert notices.challenge("code-1", token=TOKEN, endpoint=ENDPOINT) == want


@pytest.mark.parametrize(
    ("token", "endpoint"),
    [("short", ENDPOINT), ("x" * 81, ENDPOINT), ("t" * 31 + "!", ENDPOINT), (TOKEN, "http://a.b")],
)
def test_what_ebay_would_not_have_taken_is_refused(token: str, endpoint: str) -> None:
    with pytest.raises(InputError):
        notices.challenge("code", token=token, endpoint=endpoint)


def test_a_notice_is_ebays_if_its_key_signed_it() -> None:
    body = notice()
    assert notices.verify(body, signed(body), public())
    assert not notices.verify(body, signed(body, OTHER), public())
    assert not notices.verify(notice("n-2"), signed(body), public())


def test_json_laid_out_anew_on_the_way_is_still_ebays() -> None:
    body = notice()
    apart = json.dumps(json.loads(body), indent=2).encode()
    assert notices.verify(apart, signed(body), public())


def test_the_key_says_the_digest_and_not_the_notice() -> None:
    body = notice()
    assert notices.verify(body, signed(body, digest=hashes.SHA256()), public(digest="SHA256"))
    assert not notices.verify(body, signed(body), public(digest="SHA256"))
    with pytest.raises(InputError, match="no public key"):
        notices.verify(body, signed(body), public(digest="MD5"))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "%%%",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"kid": "../x", "signature": "YQ=="}').decode(),
        base64.b64encode(b'{"kid": "k"}').decode(),
    ],
)
def test_a_header_that_is_no_signature_is_an_error(header: str) -> None:
    with pytest.raises(InputError, match="X-EBAY-SIGNATURE"):
        notices.key_id(header)


@pytest.mark.parametrize(
    "key", [{}, {"key": "no key", "digest": "SHA1"}, {"key": 5, "digest": "SHA1"}]
)
def test_a_key_that_is_none_is_an_error(key: Mapping[str, str]) -> None:
    body = notice()
    with pytest.raises(InputError, match="getPublicKey"):
        notices.verify(body, signed(body), key)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 60_000,
        b"[1]",
        b'{"notification": {"notificationId": "1", "data": {}}}',
        notice("", username="a"),
        notice().replace(b"MARKETPLACE_ACCOUNT_DELETION", b"ITEM_SOLD"),
    ],
)
def test_what_is_no_notice_is_an_error(body: bytes) -> None:
    with pytest.raises(InputError):
        notices.read(body)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Asked:
    """eBay's keys, as `getPublicKey` gives them; counts how often it was asked."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def __call__(self, name: str) -> Mapping[str, str]:
        self.ids.append(name)
        return public()


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def inbox(tmp_path: Path, asked: Asked) -> notices.Inbox:
    return notices.Inbox(tmp_path / "notices", token=TOKEN, endpoint=ENDPOINT, keys=asked)


@pytest.fixture
def url(inbox: notices.Inbox) -> Iterator[str]:
    with make_server("127.0.0.1", 0, validator(inbox), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/closed-accounts"
        server.shutdown()
        thread.join()


def call(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_the_application_answers_the_challenge(url: str) -> None:
    status, body = call(f"{url}?challenge_code=abc%20d")
    want = hashlib.sha256(f"abc d{TOKEN}{ENDPOINT}".encode()).hexdigest()
    assert (status, json.loads(body)) == (200, {"challengeResponse": want})
    assert call(url)[0] == 400


def test_a_notice_waits_until_its_person_is_forgotten(url: str, inbox: notices.Inbox) -> None:
    body = notice()
    assert call(url, body, X_EBAY_SIGNATURE=signed(body)) == (204, b"")
    assert call(url, body, X_EBAY_SIGNATURE=signed(body)) == (204, b"")  # eBay repeats itself
    assert [found.users for found in inbox.waiting()] == [["käufer_7", "u7", "e7=="]]

    def fails(*_: str) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        inbox.work(fails)
    assert len(inbox.waiting()) == 1
    forgotten: list[tuple[str, ...]] = []
    assert inbox.work(lambda *users: forgotten.append(users)) == 1
    assert forgotten == [("käufer_7", "u7", "e7==")]
    assert inbox.waiting() == []
    assert list(inbox.folder.iterdir()) == []  # a notice names a person, too
    assert inbox.work(fails) == 0


def test_what_is_not_ebays_is_refused_and_not_kept(url: str, inbox: notices.Inbox) -> None:
    body = notice()
    assert call(url, body)[0] == 412
    assert call(url, body, X_EBAY_SIGNATURE=signed(body, OTHER))[0] == 412
    assert call(url, b"{}", X_EBAY_SIGNATURE=signed(b"{}"))[0] == 412
    assert call(url, b"x" * 70_000, X_EBAY_SIGNATURE=signed(body))[0] == 413
    request = urllib.request.Request(url, method="DELETE")
    with pytest.raises(urllib.error.HTTPError, match="405") as refused:
        urllib.request.urlopen(request, timeout=10)
    refused.value.close()
    assert inbox.waiting() == []


def test_a_key_is_asked_for_once_an_hour_and_made_up_keys_use_nothing_up(
    url: str, asked: Asked
) -> None:
    for number in range(3):
        body = notice(f"n-{number}")
        assert call(url, body, X_EBAY_SIGNATURE=signed(body))[0] == 204
    assert asked.ids == ["k-1"]
    body = notice()
    codes = {call(url, body, X_EBAY_SIGNATURE=signed(body, kid=f"x{i}"))[0] for i in range(40)}
    assert 503 in codes
    assert len(asked.ids) == 20
    assert call(url, body, X_EBAY_SIGNATURE=signed(body))[0] == 204  # the known key goes on


def test_notices_are_for_this_user_alone(url: str, inbox: notices.Inbox) -> None:
    body = notice()
    call(url, body, X_EBAY_SIGNATURE=signed(body))
    (path,) = inbox.folder.iterdir()
    assert (path.stat().st_mode & 0o777, inbox.folder.stat().st_mode & 0o777) == (0o600, 0o700)
