"""The signature headers of sellers in the EU and the UK: what is wrong with them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from .answers import Refusal, gateway

SITES = frozenset({"EBAY_GB", "EBAY_UK", "EBAY_DE"})
_INPUT = re.compile(r'sig1=\((?P<parts>"[^()]*")\);created=(?P<created>[^;\s]+)')
_SIGNATURE = re.compile(r"sig1=:(?P<value>[A-Za-z0-9+/=]+):")
_DIGEST = re.compile(r"(?P<name>sha-256|sha-512)=:(?P<value>[A-Za-z0-9+/=]+):")
_PARTS = ('"x-ebay-signature-key"', '"@method"', '"@path"', '"@authority"')
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def check(headers: Mapping[str, str], body: bytes) -> None:
    """
    Look at the four headers of a call that has to be signed.

    The digest is computed; whether the signature itself is right is not looked into. Raises a
    `Refusal` of HTTP 403 that says what is wrong.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    key = headers.get("x-ebay-signature-key", "")
    if not key:
        raise _no(215001, "The header x-ebay-signature-key is missing.")
    if key.count(".") != 4:
        raise _no(215120, "The header x-ebay-signature-key is not a JWE.")
    given = _INPUT.fullmatch(headers.get("signature-input", ""))
    if not given:
        raise _no(215122, "The header Signature-Input is missing or malformed.")
    _check_created(given["created"])
    parts = given["parts"].split()
    wanted = ['"content-digest"', *_PARTS] if body else [*_PARTS]
    if sorted(parts) != sorted(wanted):
        raise _no(215122, "Signature-Input does not cover what it has to.")
    signature = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if not signature or len(_decoded(signature["value"])) < 64:
        raise _no(215122, "The header Signature is missing or malformed.")
    if body:
        _check_digest(headers.get("content-digest", ""), body)


def _check_created(text: str) -> None:
    if re.fullmatch(r"\d{13}", text):
        raise _no(215114, "created is not the time of signing.")
    if not re.fullmatch(r"\d{10}", text):
        raise _no(215113, "created is not usable.")


def _check_digest(header: str, body: bytes) -> None:
    digest = _DIGEST.fullmatch(header)
    if not digest or _decoded(digest["value"]) != _HASHES[digest["name"]](body).digest():
        raise _no(215122, "Content-Digest does not fit the body.")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _no(number: int, text: str) -> Refusal:
    return Refusal(gateway(403, number, "ACCESS", text))
