"""The token endpoint: what it gives, for how long, and what it refuses; our client against it."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import pytest

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.simulator import Faults, Simulator

NOW = "2026-03-10T12:00:00Z"
PATH = "/identity/v1/oauth2/token"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(returns=20, days=60, now=NOW) as running:
        yield running


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def post(
    sim: Simulator, form: dict[str, str], *, path: str = PATH, authorization: str | None = None
) -> tuple[int, Any]:
    keyset = basic(sim.client_id, sim.client_secret) if authorization is None else authorization
    connection = http.client.HTTPConnection(urlsplit(sim.url).netloc, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": keyset}
    connection.request("POST", path, urlencode(form), headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if body else None


def refresh(sim: Simulator, login: str | None = None, **more: str) -> tuple[int, Any]:
    return post(
        sim, {"grant_type": "refresh_token", "refresh_token": sim.refresh_token(login), **more}
    )


def status_with(sim: Simulator, token: str, scheme: str = "IAF") -> int:
    connection = http.client.HTTPConnection(urlsplit(sim.url).netloc, timeout=10)
    headers = {"Authorization": f"{scheme} {token}", "X-EBAY-C-MARKETPLACE-ID": "EBAY_US"}
    connection.request("GET", "/post-order/v2/return/search", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_refresh_token_gives_tokens_of_two_hours(sim: Simulator) -> None:
    status, given = refresh(sim)
    assert status == 200
    assert given.keys() == {"access_token", "expires_in", "token_type"}
    assert (given["expires_in"], given["token_type"]) == (7200, "User Access Token")
    token = given["access_token"]
    assert status_with(sim, token) == 200
    sim.advance(seconds=7199)
    assert status_with(sim, token) == 200
    sim.advance(seconds=1)
    assert status_with(sim, token) == 401
    other = refresh(sim)[1]["access_token"]
    assert other != token
    assert status_with(sim, other) == 200


def test_a_buyers_token_is_the_buyers(sim: Simulator) -> None:
    record = next(iter(sim.world.returns.values()))
    token = refresh(sim, record.buyer.login)[1]["access_token"]
    status_with(sim, token)
    assert sim.requests[-1].party == record.buyer.login


def test_it_lives_18_months(sim: Simulator) -> None:
    sim.advance(seconds=47_304_000 - 1)
    assert refresh(sim)[0] == 200
    sim.advance(seconds=1)
    status, said = refresh(sim)
    assert (status, said["error"]) == (400, "invalid_grant")
    assert "expired" in said["error_description"]


def test_revocation_ends_what_it_gave(sim: Simulator) -> None:
    token = refresh(sim)[1]["access_token"]
    assert post(sim, {"token": sim.refresh_token()}, path=f"{PATH}/revoke") == (200, None)
    assert status_with(sim, token) == 401
    status, said = refresh(sim)
    assert (status, said["error"]) == (400, "invalid_grant")
    assert "revoked" in said["error_description"]
    assert status_with(sim, sim.token) == 200
    sim.revoke(sim.token)
    assert status_with(sim, sim.token) == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "v^1.1#i^1#refresh^nobody#s^7"},
         "invalid_grant"),
        ({"grant_type": "client_credentials", "scope": "https://example.org/all"},
         "invalid_scope"),
    ],
)  # fmt: skip
def test_what_is_refused(sim: Simulator, form: dict[str, str], error: str) -> None:
    status, said = post(sim, form)
    assert (status, said["error"]) == (400, error)
    assert said.keys() == {"error", "error_description"}


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic !!!", "Bearer x", basic("other", "secret")]
)
def test_another_keyset_is_refused(sim: Simulator, authorization: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": sim.refresh_token()}
    status, said = post(sim, form, authorization=authorization)
    assert (status, said["error"]) == (401, "invalid_client")


def test_a_keyset_may_be_encoded_as_in_a_form(sim: Simulator) -> None:
    keyset = basic(quote_plus(sim.client_id), quote_plus(sim.client_secret))
    form = {"grant_type": "client_credentials"}
    assert post(sim, form, authorization=keyset)[0] == 200


def test_scopes(sim: Simulator) -> None:
    api = "https://api.ebay.com/oauth/api_scope"
    assert refresh(sim, scope=f"{api} {api}/sell.fulfillment")[0] == 200
    assert refresh(sim, scope=f"{api}/sell.everything")[1]["error"] == "invalid_scope"


def test_an_applications_token_opens_no_records(sim: Simulator) -> None:
    status, given = post(sim, {"grant_type": "client_credentials"})
    assert (status, given["token_type"]) == (200, "Application Access Token")
    assert status_with(sim, given["access_token"]) == 403


# -- our client -------------------------------------------------------------------------------


def client(sim: Simulator, **more: Any) -> pn.PostOrder:
    given = {
        "base_url": sim.url,
        "refresh_token": sim.refresh_token(),
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
        "marketplace": "EBAY_US",
    }
    return pn.connect(**(given | more))


def test_our_client_renews_its_token(sim: Simulator) -> None:
    with client(sim) as po:
        assert po.returns.search()["total"] == 20
        sim.advance(seconds=7200)
        assert po.returns.search()["total"] == 20
    fetched = [(entry.path.rpartition("/")[2], entry.status) for entry in sim.requests]
    assert fetched == [
        ("token", 200), ("search", 200), ("search", 401), ("token", 200), ("search", 200),
    ]  # fmt: skip


def test_our_client_outlives_tokens_that_expire_at_random(sim: Simulator) -> None:
    sim.faults = Faults(rate=0.4, kinds=("expire",), paths=("/return/",), seed=2)
    with client(sim) as po:
        asked = 0
        for _ in range(12):
            try:
                asked += po.returns.search()["total"] == 20
            except errors.TokenRefused:
                continue  # the new one was ended as well
    assert asked >= 6
    assert sum(entry.fault == "expire" for entry in sim.requests) >= 4


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"client_secret": "other"}, errors.WrongKeyset),
        ({"refresh_token": "v^1.1#of-another-application"}, errors.WrongKeyset),
        ({}, errors.TokenRevoked),
    ],
)
def test_our_client_says_why(sim: Simulator, given: dict[str, str], error: type) -> None:
    sim.revoke(sim.refresh_token())
    with client(sim, **given) as po, pytest.raises(error):
        po.returns.search()


def test_our_client_says_that_the_consent_ended(sim: Simulator) -> None:
    sim.advance(days=timedelta(seconds=47_304_000).days + 1)
    with client(sim) as po, pytest.raises(errors.TokenExpired):
        po.returns.search()
