"""The OAuth token endpoint, and the end of tokens by revocation."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qs, unquote_plus

import orjson

from .answers import Answer, page
from .tokens import ACCESS_LIFE, APPLICATION, CLIENT_ID, CLIENT_SECRET, SCOPES, Tokens

ROOT = "/identity/v1/oauth2/"


def answer(tokens: Tokens, method: str, path: str, authorization: str, body: bytes) -> Answer:
    """
    Answer a request to the token endpoint, or to the one that revokes.

    Parameters
    ----------
    tokens : Tokens
        The tokens there are.
    method, path : str
        What was asked.
    authorization : str
        The header: ``Basic`` with the keyset.
    body : bytes
        The form.

    Returns
    -------
    Answer
        A token, nothing, or ``{"error": ..., "error_description": ...}``.
    """
    what = path.removeprefix(ROOT)
    if method != "POST" or what not in ("token", "token/revoke"):
        return page(404, "Not Found")
    if not _is_the_keyset(authorization):
        return _no(401, "invalid_client", "The client could not be authenticated.")
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if what == "token/revoke":
        if "token" not in form:
            return _no(400, "invalid_request", "The parameter token is missing.")
        tokens.end(form["token"])
        return Answer(200, b"")
    return _grant(tokens, form)


def _grant(tokens: Tokens, form: dict[str, str]) -> Answer:
    kind = form.get("grant_type", "")
    if kind not in ("refresh_token", "client_credentials"):
        text = "The grant type is missing, or not supported here."
        return _no(400, "unsupported_grant_type", text)
    if not set(form.get("scope", "").split()) <= set(SCOPES):
        return _no(400, "invalid_scope", "The scope is unknown, or exceeds what was granted.")
    if kind == "client_credentials":
        return _token(tokens.give(APPLICATION, ""), "Application Access Token")
    if "refresh_token" not in form:
        return _no(400, "invalid_request", "The parameter refresh_token is missing.")
    party, why = tokens.granted_to(form["refresh_token"])
    if party is None:
        return _no(400, "invalid_grant", why)
    return _token(tokens.give(party, form["refresh_token"]), "User Access Token")


def _is_the_keyset(authorization: str) -> bool:
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    # Some clients encode both as in a form before they join them, as RFC 6749 asks.
    given = (unquote_plus(name), unquote_plus(secret))
    return scheme.lower() == "basic" and given == (CLIENT_ID, CLIENT_SECRET)


def _token(value: str, kind: str) -> Answer:
    life = int(ACCESS_LIFE.total_seconds())
    return Answer(
        200, orjson.dumps({"access_token": value, "expires_in": life, "token_type": kind})
    )


def _no(status: int, error: str, text: str) -> Answer:
    return Answer(status, orjson.dumps({"error": error, "error_description": text}))
