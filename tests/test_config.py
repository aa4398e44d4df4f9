"""Where settings come from, and what is refused."""

from __future__ import annotations

import os
import pickle
import random
import string
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import platformdirs
import pytest

import postorder_nb as pn
from postorder_nb import folders
from postorder_nb.config import Secret, Settings, resolve, survey
from postorder_nb.errors import InputError, SettingError

GOOD = {"token": "a-token", "marketplace": "EBAY_US"}
KEYSET = {"client_id": "Shop-PRD-1", "client_secret": "PRD-secret"}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home folder of the test's own, an environment without settings, and no keyring."""
    for name in [name for name in os.environ if name.startswith(("EBAY_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "keyring", None)
    return tmp_path


@pytest.fixture
def config(home: Path) -> Callable[..., Path]:
    """Write the user's config file."""

    def write(text: str, mode: int = 0o600) -> Path:
        path = home / ".config" / "postorder_nb" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A stand-in for the package keyring: `entries` by user name, and what was asked."""

    class KeyringError(Exception):
        pass

    class NoKeyringError(KeyringError, RuntimeError):
        pass

    package, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    errors.KeyringError, errors.NoKeyringError = KeyringError, NoKeyringError
    package.entries, package.asked, package.problem = {}, [], None

    def get_password(service: str, name: str) -> str | None:
        package.asked.append((service, name))
        if package.problem:
            raise getattr(errors, package.problem)("no")
        return package.entries.get(name)

    package.get_password = get_password
    monkeypatch.setitem(sys.modules, "keyring", package)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return package


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


def test_argument_environment_keyring_file_default(
    monkeypatch: pytest.MonkeyPatch, ring: ModuleType, config
) -> None:
    """Each source wins over all that follow it; the strongest is taken away one by one."""
    config('token = "of-the-file"\nmarketplace = "EBAY_FR"\nworkers = 3\n')
    ring.entries["token"] = "of-the-keyring"
    monkeypatch.setenv("EBAY_TOKEN", "of-the-environment")

    def seen(**arguments: str) -> tuple[str, str]:
        settings = resolve(**arguments)
        return settings["token"], settings.source("token")

    assert seen(token="of-the-argument") == ("of-the-argument", "argument")
    assert seen() == ("of-the-environment", "environment (EBAY_TOKEN)")
    monkeypatch.delenv("EBAY_TOKEN")
    assert seen() == ("of-the-keyring", "keyring")
    ring.entries.clear()
    assert seen() == ("of-the-file", "config file")
    settings = resolve()
    assert (settings["workers"], settings.source("workers")) == (3, "config file")
    assert (settings["timeout"], settings.source("timeout")) == (30.0, "default")


def test_a_variable_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch, config) -> None:
    config('token = "of-the-file"')
    monkeypatch.setenv("EBAY_TOKEN", " ")
    assert resolve(marketplace="EBAY_US").source("token") == "config file"


def test_the_keyring_gives_credentials_of_ebays_addresses_only(ring: ModuleType) -> None:
    ring.entries.update(token="secret-of-the-ring", signing_key="k", marketplace="EBAY_US")
    with pytest.raises(SettingError, match="there is no marketplace"):
        resolve()
    assert {service for service, _ in ring.asked} == {"postorder_nb"}
    assert "marketplace" not in {name for _, name in ring.asked}
    assert resolve(marketplace="EBAY_US")["signing_key"] == "k"
    ring.asked.clear()
    with pytest.raises(SettingError, match="there is no token"):
        resolve(marketplace="EBAY_US", base_url="http://127.0.0.1:8000")
    assert ring.asked == []


def test_no_keyring_is_no_error_and_a_locked_one_a_warning(ring: ModuleType) -> None:
    ring.problem = "NoKeyringError"
    assert resolve(**GOOD)["refresh_token"] is None
    ring.problem = "KeyringError"
    with pytest.warns(UserWarning, match="keyring was not read"):
        assert resolve(**GOOD)["refresh_token"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('tokn = "a-token"', "did you mean 'token'?"),
        ('[token]\nvalue = "x"', "'token', which is no setting"),
        ('accounts = ["a"]', "'accounts', which is no setting"),
        ('token = "a-secret-of-mine\n', "is no TOML (at line 1"),
        ('marketplace = "US"', "did you mean EBAY_US"),
        ("workers = 8.5", "workers 8.5 is no number"),
        ('writes = "perhaps"', "writes 'perhaps' is neither yes nor no"),
        ("dry_run = 2", "dry_run 2 is neither yes nor no"),
        ('base_url = "https://example.com"', "neither eBay's nor on this computer"),
        ('base_url = "https://me:pw@api.ebay.com"', "neither eBay's nor on this computer"),
        ('account = "../elsewhere"', "cannot name a file"),
        ('data_folder = "journal"', "is no full path"),
        ('signing_key = "key.pem"', "a file in the working directory"),
    ],
)
def test_what_is_wrong_in_the_config_file_is_named(config, text: str, words: str) -> None:
    path = config(text)
    with pytest.raises(SettingError) as caught:
        resolve(**{name: value for name, value in GOOD.items() if name not in text})
    assert words in str(caught.value)
    assert "config file" in str(caught.value) or str(path) in str(caught.value)
    assert "a-secret-of-mine" not in str(caught.value)


def test_a_config_file_open_to_others_is_warned_of(config) -> None:
    config('marketplace = "EBAY_US"', mode=0o640)
    with pytest.warns(UserWarning, match="other users may read or change"):
        resolve(token="t")


def test_nothing_is_read_from_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path / "a-folder-of-somebody-else"
    for place in (".", "postorder_nb", ".config/postorder_nb"):
        (here / place).mkdir(parents=True, exist_ok=True)
        (here / place / "config.toml").write_text('token = "planted"\nbase_url = "http://[::1]:9"')
    (here / ".env").write_text("EBAY_TOKEN=planted")
    monkeypatch.chdir(here)
    for variable, value in (("HOME", ""), ("HOME", "."), ("XDG_CONFIG_HOME", "."), ("HOME", "/")):
        monkeypatch.setenv(variable, value)
        settings, _ = survey(marketplace="EBAY_US")
        assert settings["token"] is None
        assert settings["base_url"] == "https://api.ebay.com"


def test_the_users_folders_are_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def agree() -> None:
        assert folders.user_folder("config") == platformdirs.user_config_path("postorder_nb")
        assert folders.user_folder("data") == platformdirs.user_data_path("postorder_nb")
        assert folders.user_folder("cache") == platformdirs.user_cache_path("postorder_nb")

    agree()
    for kind in ("CONFIG", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    agree()
    settings = resolve(**GOOD)
    assert settings["data_folder"] == platformdirs.user_data_path("postorder_nb")
    assert settings["cache_folder"] == platformdirs.user_cache_path("postorder_nb")


def test_a_folder_may_start_at_home(home: Path) -> None:
    assert resolve(**GOOD, data_folder="~/trade")["data_folder"] == home / "trade"
    with pytest.raises(SettingError, match="no full path"):
        resolve(**GOOD, cache_folder="here")


def test_who_signs_in_comes_from_one_source(monkeypatch: pytest.MonkeyPatch, config) -> None:
    monkeypatch.setenv("EBAY_REFRESH_TOKEN", "of-another-account")
    settings = resolve(**GOOD)
    assert settings["refresh_token"] is None
    assert settings.source("refresh_token") == "set aside: token comes from the argument"
    config('token = "old"')
    settings = resolve(marketplace="EBAY_US", **KEYSET)
    assert settings["token"] is None
    assert "refresh_token comes from the environment" in settings.source("token")
    settings = resolve(**GOOD, **KEYSET, refresh_token="of-the-same-account")
    assert (settings["token"], settings["refresh_token"]) == ("a-token", "of-the-same-account")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": None}, "no client_id"),
        ({"client_id": None, "client_secret": None}, "no client_id and client_secret"),
        ({"client_secret": " "}, "no client_secret"),
        ({"token_kind": "TOKEN"}, "not renewed by a refresh_token"),
        ({"refresh_token": "v^1\n#x"}, "characters that no refresh_token has"),
    ],
)
def test_a_refresh_token_needs_its_keyset(change: dict[str, str | None], words: str) -> None:
    whole = {"marketplace": "EBAY_US", "refresh_token": "v^1.1#r", **KEYSET}
    assert resolve(**whole)["token"] is None
    with pytest.raises(SettingError, match=words) as caught:
        resolve(**{**whole, **change})
    assert caught.value.advice
    assert "v^1" not in str(caught.value)


def test_the_default_account_names_the_target_and_the_keyset() -> None:
    def account(**change: str) -> str:
        return resolve(**{**GOOD, **change})["account"]

    assert account() == account(marketplace="EBAY_DE") == account(token="another-token")
    sandbox = {"base_url": "https://api.sandbox.ebay.com"}
    names = {account(), account(**sandbox), account(client_id="a"), account(client_id="b"),
             account(token_kind="TOKEN")}  # fmt: skip
    assert len(names) == 5
    assert account(**sandbox).startswith("sandbox-")
    assert account(base_url="http://127.0.0.1:8123") == "local-8123"
    assert account(account="my-shop") == "my-shop"


def test_the_simulator_has_no_daily_limit_unless_one_is_set() -> None:
    local = {"base_url": "http://localhost:8000"}
    assert resolve(**GOOD)["calls_per_day"] == 5000
    assert resolve(**GOOD, **local)["calls_per_day"] is None
    assert resolve(**GOOD, **local, calls_per_day=7)["calls_per_day"] == 7
    for wrong in (1, 0, "many", 2.5, True):
        with pytest.raises(SettingError, match="calls_per_day"):
            resolve(**GOOD, calls_per_day=wrong)
    with pytest.raises(SettingError, match="calls_per_second"):
        resolve(**GOOD, calls_per_second=0)
    with pytest.raises(SettingError, match="timeout"):
        resolve(**GOOD, timeout=float("nan"))


def test_the_survey_tells_everything_at_once(config) -> None:
    config('workers = "some"')
    settings, problems = survey(role="AGENT")
    assert isinstance(settings, Settings)
    told = " ".join(problem.message for problem in problems)
    for words in ("no token", "no marketplace", "role 'AGENT'", "workers 'some'"):
        assert words in told
    assert settings["workers"] is None
    assert settings.source("workers") == "config file, which is wrong"
    assert settings["timeout"] == 30.0


SECRETS = ("token", "refresh_token", "client_id", "client_secret", "signing_key", "signing_key_jwe")


def test_a_thousand_random_secrets_show_nowhere() -> None:
    random.seed(8)
    letters = string.ascii_letters + string.digits + "^#.+/=-_"
    for _ in range(1000):
        given = {name: "".join(random.choices(letters, k=40)) for name in SECRETS}
        settings = resolve(marketplace="EBAY_US", **given)
        assert {name: settings[name] for name in SECRETS} == given
        shown = [
            repr(settings),
            repr(dict(settings)),
            repr(settings.rows()),
            repr(settings._settings),
        ]
        with pytest.raises(TypeError, match="not pickled") as caught:
            pickle.dumps(settings)
        shown.append("".join(traceback.format_exception(caught.value)))
        with pytest.raises(SettingError) as wrong:
            resolve(marketplace="US", **{**given, "token": given["token"] + "\n" + given["token"]})
        shown += [str(wrong.value), repr(wrong.value.__dict__)]
        for text in shown:
            assert not [name for name in SECRETS if given[name] in text]


def test_a_secret_is_its_text() -> None:
    secret = Secret("v^1.1#i^1#p^3#abcdef1234")
    assert secret == "v^1.1#i^1#p^3#abcdef1234"
    assert repr(secret) == "••••1234"
    with pytest.raises(TypeError):
        pickle.dumps({"token": secret})
