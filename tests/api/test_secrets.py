"""Ten thousand secrets, and none of them ever shows."""

from __future__ import annotations

import json
import logging
import pickle
import random
import string
import traceback
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from requests.adapters import HTTPAdapter

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.api import journal as journals

URL = "http://127.0.0.1:9"
LETTERS = string.ascii_letters + string.digits + "^#+/=*!~._-"
PARTS = 20  # a file of one long test would be the last to end
SECRETS = ("token", "refresh_token", "client_secret", "signing_key", "signing_key_jwe")


def secrets_of(random_: random.Random) -> dict[str, str]:
    """Draw one secret of each kind, as long as real ones, or shorter."""
    return {name: "".join(random_.choices(LETTERS, k=random_.randint(24, 120))) for name in SECRETS}


def carried(request: requests.PreparedRequest) -> str:
    """Return every secret that a request carries: a server can repeat no others."""
    header = request.headers["Authorization"]
    if not header.startswith("Basic "):
        return header
    keyset = b64decode(header.removeprefix("Basic ")).decode()
    return f"{keyset} {parse_qs(request.body)['refresh_token'][0]}"


def echo(status: int, words: Callable[[str], Any]) -> Callable[..., requests.Response]:
    """Answer with what was sent, as a careless server would."""

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        said = words(carried(request))
        response = requests.Response()
        response.status_code = status
        response._content = (said if isinstance(said, str) else json.dumps(said)).encode()
        response.request, response.url = request, request.url or ""
        return response

    return send


def broken(kind: type[requests.RequestException]) -> Callable[..., requests.Response]:
    def send(_: HTTPAdapter, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        raise kind(f"while sending {carried(request)}", request=request)

    return send


def complaint(words: str) -> dict[str, Any]:
    given = [{"name": "a", "value": words}]
    return {"errorId": 1, "message": f"bad {words}", "parameter": given}


BEHAVIOURS = [
    echo(400, lambda words: {"error": [complaint(words)]}),
    echo(500, lambda words: f"<html>you sent {words}</html>"),
    echo(200, lambda words: f"{words} is no JSON"),
    echo(401, lambda words: {"errors": [{"domain": "OAuth", "errorId": 1001, "message": words}]}),
    echo(400, lambda words: {"error": "invalid_grant", "error_description": words}),
    echo(200, lambda words: {"errorMessage": {"error": [complaint(words)]}}),
    broken(requests.ConnectionError),
    broken(requests.ReadTimeout),
    broken(requests.ConnectTimeout),
]


def shown(po: pn.PostOrder) -> Iterator[str]:
    """Show the client in every way there is."""
    yield from (repr(po), po._repr_html_(), repr(po.settings), repr(po._transport))
    yield from (repr(po.settings.rows()), repr(dict(po.settings)), repr(po.__dict__))
    yield from (repr(po.journal.rows()), repr(po.quota), repr(vars(po._transport._token)))
    yield pickle.dumps(po).decode("latin-1")  # it travels, its secrets stay
    for what in (po.settings, po._transport._token):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(what)
        yield str(caught.value)


def told(error: BaseException) -> Iterator[str]:
    """Tell the error in every way there is."""
    lines = traceback.TracebackException.from_exception(error).format()
    yield from ("".join(lines), repr(error), repr(error.__dict__), repr(error.args))
    cause: BaseException | None = error
    while cause is not None:
        assert isinstance(cause, errors.PostOrderError), "a layer of requests, which holds headers"
        yield repr(vars(cause))
        cause = cause.__cause__ or cause.__context__
    yield pickle.dumps(error).decode("latin-1")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "_flush", lambda _: None)
    monkeypatch.setattr(pn.api.transport.time, "sleep", lambda _: None)


@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_secrets_never_show(
    part: int,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    random_ = random.Random(20260301 + part)
    for _ in range(10_000 // len(SECRETS) // PARTS):
        secret = secrets_of(random_)
        monkeypatch.setattr(HTTPAdapter, "send", random_.choice(BEHAVIOURS))
        seen: list[str] = []
        with pn.connect(
            client_id="a-client", marketplace="EBAY_US", base_url=URL, writes=True,
            data_folder=tmp_path, cache_folder=tmp_path, **secret,
        ) as po:  # fmt: skip
            po._transport._sleep = lambda _: None
            for call in (po.returns.search, lambda po=po: po.returns.mark_as_received("5001")):
                with pytest.raises(errors.PostOrderError) as caught:
                    call()
                seen += told(caught.value)
            seen += shown(po)
        journal = po.journal.path
        seen += [journal.read_text(), caplog.text, *(str(path) for path in tmp_path.rglob("*"))]
        journal.unlink()
        caplog.clear()
        text = "\n".join(seen)
        for name, value in secret.items():
            assert value not in text, f"the {name} shows"
            assert value[:-4] not in text, f"most of the {name} shows"
