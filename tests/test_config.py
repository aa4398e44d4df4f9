"""Where settings come from, and what is refused."""

from __future__ import annotations

import pytest

import postorder_nb as pn
from postorder_nb.config import resolve
from postorder_nb.errors import InputError, SettingError


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "TOKEN_KIND", "MARKETPLACE", "BASE_URL", "ROLE", "WRITES", "WORKERS"):
        monkeypatch.delenv(f"EBAY_{name}", raising=False)


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBAY_MARKETPLACE", "EBAY_GB")
    monkeypatch.setenv("EBAY_TOKEN", "from-the-environment")
    settings = resolve(marketplace="EBAY_DE")
    assert (settings["marketplace"], settings.source("marketplace")) == ("EBAY_DE", "argument")
    assert settings["token"] == "from-the-environment"
    assert settings.source("token") == "environment (EBAY_TOKEN)"
    assert (settings["workers"], settings.source("workers")) == (8, "default")


BAD = {
    "no token": ({"token": None}, "there is no token"),
    "an empty token": ({"token": "  "}, "there is no token"),
    "a Bearer token": ({"token": "Bearer abc"}, "starts with the word Bearer"),
    "a token with its kind": ({"token": "IAF abc"}, "starts with the word IAF"),
    "a token in two lines": ({"token": "abc\ndef"}, "characters that no token has"),
    "the kind Bearer": ({"token_kind": "Bearer"}, "token_kind 'Bearer' is unknown"),
    "no marketplace": ({"marketplace": None}, "there is no marketplace"),
    "a bare country": ({"marketplace": "US"}, "EBAY_US"),
    "small letters": ({"marketplace": "ebay_us"}, "EBAY_US"),
    "another host": ({"base_url": "https://example.com"}, "neither eBay's"),
    "a look-alike host": ({"base_url": "https://api.ebay.com.evil.org"}, "neither eBay's"),
    "eBay without TLS": ({"base_url": "http://api.ebay.com"}, "neither eBay's"),
    "no workers": ({"workers": 0}, "workers 0"),
    "a role of its own": ({"role": "AGENT"}, "role 'AGENT'"),
    "half a yes": ({"writes": "maybe"}, "neither yes nor no"),
    "an endless wait": ({"timeout": 1e9}, "timeout"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_setting_is_named(case: str) -> None:
    change, words = BAD[case]
    good = {"token": "a-token", "marketplace": "EBAY_US"}
    with pytest.raises(SettingError) as caught:
        resolve(**{**good, **change})
    assert words in str(caught.value)
    assert caught.value.advice
    if change.get("token"):
        assert "abc" not in str(caught.value)


def test_an_unknown_setting_names_the_near_one() -> None:
    with pytest.raises(InputError, match="did you mean 'marketplace'"):
        resolve(token="t", marketplce="EBAY_US")


def test_a_new_marketplace_goes_through_with_a_word_of_warning() -> None:
    with pytest.warns(UserWarning, match="EBAY_XX is not known"):
        assert resolve(token="t", marketplace="EBAY_XX")["marketplace"] == "EBAY_XX"


def test_both_names_of_the_british_marketplace_go_through() -> None:
    for name in ("EBAY_UK", "EBAY_GB"):
        assert resolve(token="t", marketplace=name)["marketplace"] == name


def test_the_repr_hides_the_token() -> None:
    settings = resolve(token="v^1.1#i^1#abcdefghij1234", marketplace="EBAY_US")
    assert "token = ••••1234 (argument)" in repr(settings)
    assert "abcdefghij" not in repr(settings)


def test_the_environment_of_a_client() -> None:
    def environment(url: str) -> str:
        return pn.connect(token="t", marketplace="EBAY_US", base_url=url).environment

    assert environment("https://api.ebay.com") == "PRODUCTION"
    assert environment("https://api.ebay.com/post-order/v2/") == "PRODUCTION"
    assert environment("https://api.sandbox.ebay.com") == "SANDBOX"
    assert environment("http://localhost:8000") == "SIMULATOR"
    assert environment("http://[::1]:8000") == "SIMULATOR"
