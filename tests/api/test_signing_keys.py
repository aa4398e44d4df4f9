"""The signing key: where it is read from, what is refused, when it ends, and who sees it."""

from __future__ import annotations

import copy
import pickle
import traceback
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from postorder_nb import clock
from postorder_nb.api.signing import Signer, verify
from postorder_nb.errors import InputError, SettingError, SigningKeyMissing

# The public example key of RFC 9421, appendix B.1.4.
ED_KEY = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
ED_PUBLIC = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
ED_PEM = f"-----BEGIN PRIVATE KEY-----\n{ED_KEY}\n-----END PRIVATE KEY-----\n"
JWE = "eyJhbGciOiJBMjU2R0NNS1cifQ.d3JhcHBlZC1rZXktb2YtdGhlLXRlc3Q.bm9uY2U.c2VjcmV0.dGFn"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def pem(private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, password: str = "") -> str:
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()


def own_file(folder: Path, content: bytes, name: str = "signing.pem") -> str:
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    "text",
    [ED_KEY, f"  {ED_KEY[:30]}\n{ED_KEY[30:]}\n", ED_PEM, ED_PEM.replace("\n", "\\n")],
    ids=["base64", "base64 in lines", "pem", "pem in one line"],
)
def test_a_key_as_text_and_as_a_file(text: str, tmp_path: Path) -> None:
    assert Signer(text, JWE).public_key == ED_PUBLIC
    in_file = text.replace("\\n", "\n").encode()
    assert Signer(own_file(tmp_path, in_file), JWE).public_key == ED_PUBLIC


def test_a_key_in_a_der_file(tmp_path: Path) -> None:
    signer = Signer(own_file(tmp_path, b64decode(ED_KEY), "key.der"), JWE)
    assert (signer.public_key, signer.cipher) == (ED_PUBLIC, "ED25519")


def test_a_short_file_name_is_no_base64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_file(tmp_path, ED_PEM.encode(), "MAIN")  # in base64 these letters start as a key does
    monkeypatch.chdir(tmp_path)
    assert Signer("MAIN", f" {JWE}\n").public_key == ED_PUBLIC


def test_a_key_file_open_to_others_is_told(tmp_path: Path) -> None:
    path = own_file(tmp_path, ED_PEM.encode())
    Signer(path, JWE)  # a warning would be an error here
    Path(path).chmod(0o640)
    with pytest.warns(UserWarning, match=r"open to other users \(.*signing\.pem\): chmod 600"):
        Signer(path, JWE)


def test_the_settings() -> None:
    assert Signer.from_settings({}) is None
    assert Signer.from_settings({"signing_key": None, "signing_key_jwe": ""}) is None
    signer = Signer.from_settings({"signing_key": ED_KEY, "signing_key_jwe": JWE})
    assert signer is not None
    assert (signer.public_key, signer.expires_at) == (ED_PUBLIC, None)
    with pytest.raises(SigningKeyMissing, match="signing_key_jwe is set, but signing_key is not"):
        Signer.from_settings({"signing_key_jwe": JWE})
    with pytest.raises(SettingError, match="signing_key is set, but signing_key_jwe is not"):
        Signer.from_settings({"signing_key": ED_KEY})


GARBLED = ED_KEY[3:] + "/x"
PROTECTED = pem(ed25519.Ed25519PrivateKey.from_private_bytes(b"\2" * 32), "word")
WRONG_KEYS = {
    "no file": ("/nowhere/signing.pem", r"cannot be read \(/nowhere/signing.pem\): No such file"),
    "a folder": ("/", "cannot be read .*its name, not shown"),
    "no user": ("~no-such-user-here/signing.pem", "no such path"),
    "garbled base64": (GARBLED, "cannot be read .*its name, not shown"),
    "a null byte": (f"{ED_KEY}\0", "cannot be read"),
    "cut": (ED_KEY[:60], "no readable private key"),
    "cut pem": (ED_PEM.replace("MC4C", ""), "no readable private key"),
    "public": (ED_PUBLIC, "no readable private key"),
    "a password": (PROTECTED, "protected by a password"),
    "elliptic": (pem(ec.derive_private_key(77, ec.SECP256R1())), "of the kind E"),
    "jwe": (JWE, "holds a JWE"),
}


@pytest.mark.parametrize(("key", "words"), WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_a_wrong_key_is_refused_and_not_shown(key: str, words: str) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        Signer.from_settings({"signing_key": key, "signing_key_jwe": JWE})
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__context__)
    shown += repr(pickle.dumps(error))
    lines = [JWE, *(line for line in key.split() if len(line) >= 48)]
    assert not [line for line in lines for i in (0, 16, 32) if line[i : i + 16] in shown]


@pytest.mark.parametrize("jwe", ["5b8a-key-id", ED_PUBLIC, JWE.rpartition(".")[0], JWE + "\nx: y"])
def test_a_wrong_jwe_is_refused_and_not_shown(jwe: str) -> None:
    with pytest.raises(SettingError, match="signing_key_jwe is no JWE") as caught:
        Signer(ED_KEY, jwe)
    assert jwe not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("public", ["", "no key", ED_KEY, JWE, "-----BEGIN PUBLIC KEY-----"])
def test_a_public_key_that_is_none(public: str) -> None:
    with pytest.raises(InputError, match="no Ed25519 or RSA public key"):
        verify("POST", "https://api.ebay.com/a", {}, None, public)


def test_nothing_secret_leaves_a_signer() -> None:
    signer = Signer(ED_KEY, JWE, expires_at=datetime(2999, 1, 1, tzinfo=UTC))
    assert repr(signer) == "<Signer ED25519, expires 2999-01-01>"
    assert JWE not in signer.hide(f"eBay says: bad key {JWE}")
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            leave(signer)


@pytest.mark.parametrize(
    "expires_at",
    [1777636800, "1777636800", "2026-05-01T14:00:00+02:00", datetime(2026, 5, 1, 12, tzinfo=UTC)],
)
def test_the_expiry_in_each_form(expires_at: object) -> None:
    given = {"signing_key": ED_KEY, "signing_key_jwe": JWE, "signing_key_expires_at": expires_at}
    with clock.frozen(NOW):
        signer = Signer.from_settings(given)
    assert signer is not None
    assert signer.expires_at == datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("expires_at", ["soon", "2026-05-01", 1777636800000, datetime(2026, 5, 1)])
def test_an_expiry_that_is_no_moment(expires_at: datetime | int | str) -> None:
    with pytest.raises(SettingError, match="is no moment"):
        Signer(ED_KEY, JWE, expires_at=expires_at)


def test_the_expiry_is_told_30_days_ahead_and_ends_the_signing() -> None:
    expires_at = NOW + timedelta(days=30)
    with clock.frozen(NOW - timedelta(seconds=1)):
        signer = Signer(ED_KEY, JWE, expires_at=expires_at)
    with (
        clock.frozen(NOW),
        pytest.warns(UserWarning, match="signing key expires on 2026-03-31: make a new pair"),
    ):
        Signer(ED_KEY, JWE, expires_at=expires_at)
    request = requests.Request("POST", "https://api.ebay.com/a").prepare()
    with clock.frozen(expires_at - timedelta(seconds=1)):
        signer.sign(request)
    before = dict(request.headers)
    with clock.frozen(expires_at):
        with pytest.raises(SettingError, match="expired on 2026-03-31"):
            signer.sign(request)
        with pytest.warns(UserWarning, match="signing key expired on 2026-03-31"):
            Signer(ED_KEY, JWE, expires_at=expires_at)
    assert dict(request.headers) == before
