"""Signed requests: recorded without what is secret, replayed, and checked with a test key."""

from __future__ import annotations

import base64
from functools import partial

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from postorder_nb import clock
from postorder_nb.api.signing import Signer, verify
from postorder_nb.errors import CassetteMiss
from postorder_nb.recording import record, replay, storage
from postorder_nb.recording.exchange import credentials, signature

JWE = "eyJhbGciOiJBMjU2R0NNS1cifQ.a2V5.aXY.Y2lwaGVy.dGFn"
REFUND = {"amount": {"value": "10.00", "currency": "EUR"}}


def signer() -> Signer:
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Signer(base64.b64encode(raw).decode(), JWE)


@pytest.fixture
def refund(server, session):
    """Send a refund, signed or not, changed or not after it was signed."""

    def send(signed_by=None, *, kind="IAF", body=REFUND, after=None):
        request = requests.Request("POST", f"{server.url}/refund", json=body)
        prepared = session.prepare_request(request)
        prepared.headers["Authorization"] = f"{kind} a-secret-token"
        if signed_by:
            signed_by.sign(prepared)
        if after:
            after(prepared)
        return session.send(prepared).json()["number"]

    return send


def test_a_signed_request_is_recorded_without_secrets_and_replayed_with_another_key(
    server, refund, folder
):
    with record("signed", folder=folder):
        assert refund(signer()) == 1
    (path,) = folder.iterdir()
    text = path.read_text()
    sent = {name.lower(): value for name, value in server.seen[0][2].items()}
    for secret in (JWE, "a-secret-token", sent["signature"], sent["signature-input"]):
        assert secret not in text
    (request, _), *_ = storage.read(path, advice="").exchanges
    assert request.credentials == "IAF"
    assert request.signature == (
        '("content-digest" "x-ebay-signature-key" "@method" "@path" "@authority")'
    )
    test_key = signer()
    with clock_moved(), replay("signed", folder=folder, strict=True, verify=checking(test_key)):
        assert refund(test_key) == 1


def checking(key: Signer):
    return partial(verify, public_key=key.public_key)


def clock_moved():
    """Another moment than that of the recording: ``created`` differs."""
    return clock.frozen(clock.now().replace(year=2031))


def change_body(prepared):
    prepared.body = prepared.body.replace(b'"10.00"', b'"10.0" ')
    prepared.headers["Content-Digest"] = "sha-256=:" + "A" * 43 + "=:"


@pytest.mark.parametrize("change", [change_body, lambda p: p.headers.pop("Content-Digest")])
def test_a_wrong_signature_is_found_with_the_test_key(refund, folder, change):
    with record("signed", folder=folder):
        refund(signer())
    test_key, other = signer(), signer()
    checked = replay("signed", folder=folder, verify=checking(test_key))
    with checked, pytest.raises(CassetteMiss, match=r"the signature of POST .*/refund is wrong"):
        refund(other)
    with checked, pytest.raises(CassetteMiss):
        refund(test_key, after=change)


def test_a_missing_signature_is_a_miss_and_one_too_many_is_none(refund, folder):
    with record("signed", folder=folder):
        refund(signer())
    with replay("signed", folder=folder), pytest.raises(CassetteMiss) as caught:
        refund()
    assert '  signature: recorded ("content-digest"' in str(caught.value)
    assert ", asked nothing" in str(caught.value)
    with record("unsigned", folder=folder):
        refund()
    with replay("unsigned", folder=folder, verify=checking(signer()), strict=True):
        assert refund(signer()) == 2


@pytest.mark.parametrize("kind", ["TOKEN", "Bearer", "v^1.1"])
def test_a_wrong_kind_of_credentials_is_a_miss(refund, folder, kind):
    with record("kind", folder=folder):
        refund()
    with replay("kind", folder=folder), pytest.raises(CassetteMiss) as caught:
        refund(kind=kind)
    asked = kind if kind in ("TOKEN", "Bearer") else "other"
    assert f"  kind of credentials: recorded IAF, asked {asked}" in str(caught.value)
    assert "a-secret-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "none"),
        ({"Authorization": "IAF x"}, "IAF"),
        ({"AUTHORIZATION": "bearer x"}, "Bearer"),
        ({"Authorization": "x"}, "other"),
        ({"Authorization": "secret x"}, "other"),
        ({"X-EBAY-API-IAF-TOKEN": "x"}, "X-EBAY-API-IAF-TOKEN"),
    ],
)
def test_kinds_of_credentials(headers, kind):
    assert credentials(headers) == kind


@pytest.mark.parametrize(
    ("headers", "covered"),
    [
        ({"Signature": "sig1=:x:"}, "unreadable"),
        ({"Signature-Input": "sig1=secret"}, "unreadable"),
        ({"Signature-Input": 'sig1=("@method" "secret'}, "unreadable"),
        ({"signature-input": 'a=("@path");created=1;keyid="secret"'}, '("@path")'),
    ],
)
def test_what_a_signature_covers(headers, covered):
    assert signature(headers) == covered
