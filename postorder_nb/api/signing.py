"""
Message signatures (RFC 9421, eBay's profile) that sellers in the EU and UK put on money calls.

A signature covers the request as it leaves: the body through its digest, the public key's JWE,
the method, the path and the authority. eBay's profile leaves the query out. The moment of
signing is part of it, so every send is signed anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import warnings
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from ..clock import now
from ..errors import InputError, SettingError, SigningKeyMissing

if TYPE_CHECKING:
    from requests import PreparedRequest

_COVERED = ("content-digest", "x-ebay-signature-key", "@method", "@path", "@authority")
_DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_WARN_AHEAD = timedelta(days=30)
_PEM = b"-----BEGIN"
_JWE = re.compile(r"[\w-]+(\.[\w-]+){4}", re.ASCII)
_KEY_FILE = re.compile(r"[^\n]{1,255}\.(pem|key|der|p8|pk8|txt)", re.IGNORECASE)
# What eBay's own verifier reads: it rebuilds the parameters, so any other one breaks it.
_INPUT = re.compile(
    r'(?P<label>[a-z*][\w.*-]*)=(?P<parameters>\((?P<covered>"[^"]+"(?: "[^"]+")*)\)'
    r';created=(?P<created>\d+)(?:;keyid="[^"]*")?)',
    re.ASCII,
)


class Signer:
    """
    Signs prepared requests with a private key of eBay's Key Management API.

    Neither the key nor its JWE shows in the repr, in errors or in warnings, and a signer is not
    pickled.

    Parameters
    ----------
    key : str
        The private key (Ed25519 or RSA): PEM text, bare base64 as eBay returns it, or the path of
        a file that holds PEM, base64 or DER.
    jwe : str
        What eBay returned as ``jwe`` together with the key.
    expires_at : datetime, int or str, optional
        When the key expires: eBay's ``expirationTime`` in seconds since 1970, ISO 8601 text, or a
        datetime, the last two with a time zone. From 30 days before it there is a warning; after
        it nothing is signed any more.

    Raises
    ------
    SigningKeyMissing
        If the file cannot be read.
    SettingError
        If `key` is no private key of the two kinds, or has a password, `jwe` is no JWE, or
        `expires_at` is no moment.

    Warns
    -----
    UserWarning
        If the file is open to others, or the key expires soon.
    """

    def __init__(
        self, key: str, jwe: str, *, expires_at: datetime | int | str | None = None
    ) -> None:
        self._key = _private_key(key)
        self._jwe = jwe.strip()
        self.expires_at = None if expires_at in (None, "") else _moment(expires_at)
        if not _JWE.fullmatch(self._jwe):
            raise SettingError(
                "signing_key_jwe is no JWE",
                advice="give the field jwe of Key Management's answer: five parts joined by dots, "
                "in one line; neither the id of the key nor the public key",
            )
        if self.expires_at is not None and self.expires_at - now() <= _WARN_AHEAD:
            warnings.warn(
                f"the signing key {'expires' if now() < self.expires_at else 'expired'} on "
                f"{self.expires_at:%Y-%m-%d}: make a new pair with eBay's Key Management API",
                stacklevel=3,
            )

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Signer | None:
        """
        Make the signer of ``signing_key``, ``signing_key_jwe`` and ``signing_key_expires_at``.

        Returns
        -------
        Signer or None
            None if neither the key nor its JWE is set.

        Raises
        ------
        SigningKeyMissing
            If there is a JWE without a key, or the key's file cannot be read.
        SettingError
            If there is a key without a JWE, or one of the settings is wrong.
        """
        key, jwe = settings.get("signing_key"), settings.get("signing_key_jwe")
        if not key and not jwe:
            return None
        if not key:
            raise SigningKeyMissing(
                "signing_key_jwe is set, but signing_key is not",
                advice="set EBAY_SIGNING_KEY to the private key that came with the JWE. eBay gives "
                "it once: if it is lost, make a new pair",
            )
        if not jwe:
            raise SettingError(
                "signing_key is set, but signing_key_jwe is not",
                advice="set EBAY_SIGNING_JWE to the field jwe that came with the key; Key "
                "Management gives it again at any time",
            )
        return cls(str(key), str(jwe), expires_at=settings.get("signing_key_expires_at"))

    def __repr__(self) -> str:
        until = f", expires {self.expires_at:%Y-%m-%d}" if self.expires_at else ""
        return f"<Signer {self.cipher}{until}>"

    def __reduce__(self) -> Any:
        raise TypeError("a signer is not pickled: connect again in the other process")

    @property
    def cipher(self) -> str:
        """The kind of the key in eBay's words: ED25519 or RSA."""
        return "RSA" if isinstance(self._key, RSAPrivateKey) else "ED25519"

    @property
    def public_key(self) -> str:
        """The public key in base64, as Key Management shows it in ``publicKey``."""
        spki = PublicFormat.SubjectPublicKeyInfo
        return _base64(self._key.public_key().public_bytes(Encoding.DER, spki))

    def hide(self, text: str) -> str:
        """Return `text` with the JWE taken out, wherever it stands."""
        return text.replace(self._jwe, "••••")

    def sign(self, prepared: PreparedRequest) -> None:
        """
        Put the signature headers on a request, in place of any earlier ones.

        It must be the last change: method, address and body are signed as they are now. A text
        body is turned into its UTF-8 bytes.

        Parameters
        ----------
        prepared : requests.PreparedRequest
            The request as it will be sent.

        Raises
        ------
        SettingError
            If the key has expired.
        InputError
            If the body is a stream, whose bytes are not known before they are sent.
        """
        moment = now()
        if self.expires_at is not None and moment >= self.expires_at:
            raise SettingError(
                f"the signing key expired on {self.expires_at:%Y-%m-%d}",
                advice="make a new pair with eBay's Key Management API, and set signing_key, "
                "signing_key_jwe and signing_key_expires_at",
            )
        body, headers = _fixed_body(prepared), prepared.headers
        headers.pop("Content-Digest", None)
        if body:
            headers["Content-Digest"] = content_digest(body)
        headers["x-ebay-signature-key"] = self._jwe
        covered = " ".join(f'"{name}"' for name in _required(body))
        parameters = f"({covered});created={int(moment.timestamp())}"
        base = signature_base(prepared.method or "", prepared.url or "", headers, parameters)
        headers["Signature-Input"] = f"sig1={parameters}"
        headers["Signature"] = f"sig1=:{_base64(self._sign(base.encode()))}:"

    def _sign(self, base: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(base, PKCS1v15(), SHA256())
        return self._key.sign(base)


@dataclass(frozen=True)
class Verdict:
    """What `verify` found; it is true if nothing is wrong."""

    findings: tuple[str, ...]
    """Everything that is wrong, in words."""
    created: datetime | None = None
    """When the request was signed (UTC); None where that cannot be read."""

    def __bool__(self) -> bool:
        return not self.findings


def verify(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    public_key: str,
    *,
    at: datetime | None = None,
    within: timedelta = timedelta(minutes=5),
) -> Verdict:
    """
    Check the signature of a request as eBay does, except for what only eBay's JWE key opens.

    Parameters
    ----------
    method, url : str
        As sent. The query is not covered: a change of it goes unnoticed, by eBay's rules.
    headers : mapping of str to str
        As sent; case does not matter.
    body : bytes or None
        As sent.
    public_key : str
        PEM text, or the bare base64 of Key Management's ``publicKey``.
    at : datetime, optional
        The moment to compare ``created`` with, tz-aware; without it time is not checked.
    within : timedelta
        How far ``created`` may be from `at`.

    Returns
    -------
    Verdict
        True if the signature fits; else its `findings` say what does not.

    Raises
    ------
    InputError
        If `public_key` is no Ed25519 or RSA public key, or `at` is naive.

    Examples
    --------
    >>> from requests import Request
    >>> key = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"  # RFC 9421's
    >>> signer = Signer(key, "not.a.jwe.of.ebay")
    >>> url = "https://api.ebay.com/post-order/v2/cancellation/5001/approve"
    >>> sent = Request("POST", url).prepare()
    >>> signer.sign(sent)
    >>> bool(verify("POST", url, sent.headers, None, signer.public_key))
    True
    >>> verify("POST", url, sent.headers, b"{}", signer.public_key).findings
    ('content-digest is not covered', 'Content-Digest is missing')
    """
    key = _public_key(public_key)
    if at is not None and at.tzinfo is None:
        raise InputError("at has no time zone", advice="pass datetime.now(timezone.utc)")
    sent = {name.lower(): value.strip() for name, value in headers.items()}
    found = _INPUT.fullmatch(sent.get("signature-input", ""))
    if found is None:
        return Verdict(("Signature-Input is missing, or not in eBay's form",))
    covered = re.findall('"([^"]+)"', found["covered"])
    seconds = found["created"]
    created = _since_1970(seconds) if len(seconds) == 10 else None
    findings = [f"{name} is not covered" for name in _required(body) if name not in covered]
    findings += _digest_findings(sent.get("content-digest"), body)
    if created is None:
        findings.append("created is not in whole seconds since 1970 (10 digits)")
    elif at is not None and abs(at - created) > within:
        findings.append(f"created is {abs(at - created)} away from {at.isoformat()}")
    try:
        base = signature_base(method, url, sent, found["parameters"])
    except InputError as error:
        findings.append(error.message)
    else:
        findings += _signature_findings(key, sent.get("signature", ""), found["label"], base)
    return Verdict(tuple(findings), created)


def content_digest(body: bytes) -> str:
    """
    Return the Content-Digest (RFC 9530) of a body.

    Examples
    --------
    >>> content_digest(b'{"hello": "world"}')
    'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:'
    """
    return f"sha-256=:{_base64(hashlib.sha256(body).digest())}:"


def signature_base(method: str, url: str, headers: Mapping[str, str], parameters: str) -> str:
    r"""
    Return the text that is signed: a line per covered component, then the parameters.

    Parameters
    ----------
    method, url : str
        As sent.
    headers : mapping of str to str
        As sent; a ``Host`` among them wins over the host of `url`.
    parameters : str
        The value of Signature-Input behind its label.

    Raises
    ------
    InputError
        If a covered component is not there.

    Examples
    --------
    >>> url = "https://API.ebay.com:443/post-order/v2/return/5001/decide?dry=1"
    >>> parameters = '("@method" "@path" "@authority");created=1700000000'
    >>> print(signature_base("post", url, {}, parameters))
    "@method": POST
    "@path": /post-order/v2/return/5001/decide
    "@authority": api.ebay.com
    "@signature-params": ("@method" "@path" "@authority");created=1700000000
    """
    parts = urlsplit(url)
    known = {name.lower(): value.strip() for name, value in headers.items()}
    authority = known.get("host", parts.netloc.rpartition("@")[2]).lower()
    known["@method"] = method.upper()
    known["@path"] = parts.path or "/"
    known["@authority"] = authority.removesuffix(":443" if parts.scheme == "https" else ":80")
    covered = re.findall('"([^"]+)"', parameters.partition(")")[0])
    for name in covered:
        if name not in known:
            raise InputError(f"{name} is covered, but not there")
    lines = [f'"{name}": {known[name]}' for name in covered]
    return "\n".join([*lines, f'"@signature-params": {parameters}'])


def _required(body: bytes | None) -> tuple[str, ...]:
    """List what has to be covered: an empty body has no digest."""
    return _COVERED if body else _COVERED[1:]


def _fixed_body(prepared: PreparedRequest) -> bytes | None:
    """Return the body's bytes, and make sure that they are what will be sent."""
    body: object = prepared.body
    if isinstance(body, str):
        body = prepared.body = body.encode()
    if body is None or isinstance(body, bytes):
        return body
    kind = type(body).__name__
    raise InputError(f"a body of type {kind} cannot be signed", advice="pass its bytes")


def _digest_findings(header: str | None, body: bytes | None) -> Iterator[str]:
    if not body:
        if header is not None:
            yield "there is a Content-Digest, but no body"
        return
    if header is None:
        yield "Content-Digest is missing"
        return
    algorithm = header.partition("=")[0]
    if algorithm not in _DIGESTS:
        yield f"the Content-Digest is neither {' nor '.join(_DIGESTS)}"
    elif header != f"{algorithm}=:{_base64(_DIGESTS[algorithm](body).digest())}:":
        yield "the body is not the one of the Content-Digest"


def _signature_findings(
    key: Ed25519PublicKey | RSAPublicKey, header: str, label: str, base: str
) -> Iterator[str]:
    found = re.fullmatch(rf"{re.escape(label)}=:([A-Za-z0-9+/]+={{0,2}}):", header)
    if found is None:
        yield f"Signature is missing, or not in the form {label}=:base64:"
        return
    try:
        signature = b64decode(found[1], validate=True)
        if isinstance(key, RSAPublicKey):
            key.verify(signature, base.encode(), PKCS1v15(), SHA256())
        else:
            key.verify(signature, base.encode())
    except (InvalidSignature, ValueError):
        yield "the signature does not fit the request and the key"


def _private_key(value: str) -> Ed25519PrivateKey | RSAPrivateKey:
    material = _material(value)
    try:
        load = load_pem_private_key if _PEM in material else load_der_private_key
        key = load(material, None)
    except TypeError:
        raise SettingError(
            "signing_key is protected by a password",
            advice="store it without one: openssl pkcs8 -topk8 -in protected.pem -nocrypt",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise SettingError(
            "signing_key is no readable private key",
            advice="give the field privateKey of Key Management's answer (PKCS#8, as PEM or bare "
            "base64), or the path of a file that holds it; not the public key",
        ) from None
    if not isinstance(key, Ed25519PrivateKey | RSAPrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey").lstrip("_")
        raise SettingError(
            f"signing_key is a key of the kind {kind}",
            advice="eBay signs with ED25519 (its recommendation) or RSA",
        )
    return key


def _material(value: str) -> bytes:
    """Return PEM or DER from text or a file. `value` may be a secret: no error shows it."""
    text = value.strip()
    if _PEM in (pem := text.encode("ascii", "replace")):
        return pem.replace(rb"\n", b"\n")  # one line in an environment file
    if text.startswith("eyJ"):
        raise SettingError(
            "signing_key holds a JWE", advice="the JWE goes to signing_key_jwe, the key here"
        )
    if der := _der(text):
        return der
    shown = text if _KEY_FILE.fullmatch(text) else "its name, not shown in case it is a key"
    reason = ""
    try:
        path = Path(text).expanduser()
        content, mode = path.read_bytes(), path.stat().st_mode
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such path"
    if reason:  # raised out here, so that the error has no context that names the file
        raise SigningKeyMissing(
            f"the file of signing_key cannot be read ({shown}): {reason}",
            advice="give the path of the file, the PEM text, or the base64 of eBay's privateKey",
        )
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        warnings.warn(
            f"the file of signing_key is open to other users ({shown}): chmod 600 it", stacklevel=5
        )
    return _der(content.decode("ascii", "replace")) or content


def _der(text: str) -> bytes | None:
    """Decode bare base64; None unless it is long enough for a key and starts as DER does."""
    try:
        content = b64decode("".join(text.split()), validate=True)
    except ValueError:
        return None
    return content if len(content) >= 40 and content.startswith(b"\x30") else None


def _public_key(text: str) -> Ed25519PublicKey | RSAPublicKey:
    try:
        der = _der(text)
        key = load_der_public_key(der) if der else load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise InputError(
            "public_key is no Ed25519 or RSA public key",
            advice="give Key Management's publicKey, or Signer.public_key",
        )
    return key


def _moment(value: object) -> datetime:
    text = str(value).strip()
    try:
        moment = _since_1970(text) if text.isdecimal() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SettingError(
            f"signing_key_expires_at {text!r} is no moment",
            advice="give eBay's expirationTime (whole seconds), or ISO 8601 with a time zone",
        )
    return moment.astimezone(UTC)


def _since_1970(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")
