"""
Settings, and where each came from.

The argument of the call wins over the environment, that over the keyring (credentials only, and
only for eBay's own addresses), that over the user's config file, that over the default. A file in
the working directory is read for nothing.

The config file is ``config.toml`` in the folder ``postorder_nb`` of the user's config folder
(``~/.config`` on Linux, ``~/Library/Application Support`` on macOS, ``%LOCALAPPDATA%`` on Windows),
one setting a line. The keyring's entries have the service name ``postorder_nb`` and the setting's
name as the user name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from . import checks, folders, sources
from .checks import PRODUCTION, is_loopback
from .errors import InputError, SettingError

__all__ = [
    "PRODUCTION",
    "Secret",
    "Setting",
    "Settings",
    "is_loopback",
    "mask",
    "resolve",
    "survey",
]


def mask(secret: str) -> str:
    """
    Show that a secret is there, and at most its last four characters.

    Examples
    --------
    >>> mask("v^1.1#i^1#p^3#abcdef1234"), mask("short")
    ('••••1234', '••••')
    """
    return "••••" + (secret[-4:] if len(secret) >= 16 else "")


class Secret(str):
    """
    A text whose repr is masked, and which is not pickled.

    It is the text itself for everything that needs it; reprs of the dicts, objects and traceback
    frames that hold it show the mask.

    Examples
    --------
    >>> {"token": Secret("v^1.1#i^1#p^3#abcdef1234")}
    {'token': ••••1234}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return mask(self)

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not pickled: resolve the settings again in the other process")


@dataclass(frozen=True)
class Setting:
    """One resolved setting; the value of a secret never shows in its repr."""

    name: str
    value: Any
    source: str
    secret: bool = False

    def __repr__(self) -> str:
        return f"{self.name} = {self.shown} ({self.source})"

    @property
    def shown(self) -> str:
        """The value as it may be shown: a token keeps its last four characters, a key none."""
        if self.value is None:
            return "not set"
        if not self.secret:
            return str(self.value)
        return "••••" if self.name.startswith("signing_key") else mask(self.value)


class Settings(Mapping[str, Any]):
    """The settings of one client, by name, each with its source."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        self._settings = {setting.name: setting for setting in settings}

    def __getitem__(self, name: str) -> Any:
        return self._settings[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)

    def __repr__(self) -> str:
        return "\n".join(repr(setting) for setting in self._settings.values())

    def source(self, name: str) -> str:
        """Say where the value of `name` came from."""
        return self._settings[name].source

    def given(self) -> list[tuple[str, Any]]:
        """List (name, value) of what was set and is no secret: enough to connect elsewhere."""
        known = self._settings.values()
        return [(s.name, s.value) for s in known if s.source != "default" and not s.secret]

    def rows(self) -> list[tuple[str, str, str]]:
        """List (name, value as it may be shown, source)."""
        return [(s.name, s.shown, s.source) for s in self._settings.values()]


def resolve(**arguments: Any) -> Settings:
    """
    Resolve every setting: argument, else environment, else keyring, else config file, else default.

    Parameters
    ----------
    **arguments
        Settings by name; None counts as not given. Who signs in: ``token``, ``token_kind``, or
        ``refresh_token`` with ``client_id`` and ``client_secret``. Where: ``marketplace``,
        ``base_url``. What is allowed: ``role``, ``writes``, ``dry_run``, ``allow_decommissioned``.
        Signing: ``must_sign``, ``signing_key``, ``signing_key_jwe``, ``signing_key_expires_at``.
        How fast: ``workers``, ``timeout`` (seconds), ``calls_per_second``, ``calls_per_day``.
        What is kept on this computer, and where: ``account``, ``data_folder``, ``cache_folder``.

    Returns
    -------
    Settings
        All settings, each with its source.

    Raises
    ------
    InputError
        If a name is unknown.
    SettingError
        If a value is missing or wrong; the message names the ways to give it.

    Notes
    -----
    ``token`` and ``refresh_token`` say who signs in, so both are taken from the stronger of their
    sources: a token passed as an argument is not renewed with the refresh token of somebody else
    that happens to lie in the environment.

    Examples
    --------
    >>> settings = resolve(token="a-user-token", marketplace="EBAY_DE")
    >>> settings["marketplace"], settings.source("marketplace"), settings["workers"]
    ('EBAY_DE', 'argument', 8)
    """
    settings, problems = survey(**arguments)
    if problems:
        raise problems[0]
    return settings


def survey(**arguments: Any) -> tuple[Settings, list[SettingError]]:
    """
    Resolve as `resolve` does, and return the problems instead of raising the first one.

    Returns
    -------
    settings : Settings
        All settings; one that is wrong is None.
    problems : list of SettingError
        What is missing or wrong.

    Raises
    ------
    InputError
        If the name of an argument is unknown.
    """
    for name in arguments:
        if name not in _KINDS:
            raise InputError(f"there is no setting {name!r}", advice=sources.near(name, _KINDS))
    file_problems, problems = list[SettingError](), list[SettingError]()
    stored: Mapping[str, Any] = {}
    try:
        stored = sources.from_file(sources.config_file(), _KINDS)
    except SettingError as error:
        file_problems.append(error)
    found: dict[str, Setting] = {}
    ranks: dict[str, int] = {}
    for kind in _KINDS.values():
        ring = kind.secret and not is_loopback(found["base_url"].value or "")
        given, source, ranks[kind.name] = _look(kind, arguments.get(kind.name), stored, ring=ring)
        try:
            value = _read(kind, given, source, found)
        except SettingError as error:
            error.message += f" (from the {source})"
            problems.append(error)
            value, source = None, source + _WRONG
        found[kind.name] = Setting(kind.name, value, source, kind.secret)
    unsettled = list(_settle(found, ranks))  # it may set one aside
    return Settings(found.values()), [*file_problems, *unsettled, *problems]


@dataclass(frozen=True)
class _Kind:
    name: str
    check: Callable[[Any], Any]
    default: Any = None  # a value, or a function of the settings above it
    secret: bool = False
    needed: bool = False
    short: str = ""  # the variable's name, where it is not the setting's

    @property
    def variable(self) -> str:
        return f"EBAY_{self.short or self.name.upper()}"


_WRONG = ", which is wrong"


def _look(
    kind: _Kind, argument: Any, stored: Mapping[str, Any], *, ring: bool
) -> tuple[Any, str, int]:
    """Find what was given, say where, and how strong that is: 0 is the strongest."""
    if argument is not None:
        return argument, "argument", 0
    if (value := sources.environment(kind.variable)) is not None:
        return value, f"environment ({kind.variable})", 1
    if ring and (value := sources.keyring(kind.name)):
        return value, "keyring", 2
    if kind.name in stored:
        return stored[kind.name], "config file", 3
    return None, "default", 4


def _read(kind: _Kind, given: Any, source: str, found: Mapping[str, Setting]) -> Any:
    if given is None:
        if kind.needed:
            kind.check(None)
        return kind.default(found) if callable(kind.default) else kind.default
    value = kind.check(given)
    if not kind.secret:
        return value
    if kind.name == "signing_key" and source != "argument" and checks.is_relative_file(value):
        raise SettingError(
            "signing_key names a file in the working directory",
            advice="write the whole path of the key's file",
        )
    return Secret(value) if value else None


def _settle(found: dict[str, Setting], ranks: Mapping[str, int]) -> Iterator[SettingError]:
    """See that what signs in belongs together, and is there."""
    pair = ("token", "refresh_token")
    weaker, stronger = sorted(pair, key=lambda name: -ranks[name])
    if found[stronger].value and found[weaker].value and ranks[weaker] != ranks[stronger]:
        source = f"set aside: {stronger} comes from the {found[stronger].source}"
        found[weaker] = Setting(weaker, None, source, secret=True)
    if found["refresh_token"].value is None:
        if found["token"].value is None and not any(_is_wrong(found[name]) for name in pair):
            yield SettingError(
                f"there is no token (from the {found['token'].source})",
                advice="pass connect(token=...), set EBAY_TOKEN to a user token, or give "
                "refresh_token, client_id and client_secret; pn.demo() needs none",
            )
        return
    if missing := [name for name in ("client_id", "client_secret") if not found[name].value]:
        names = " and ".join(missing)
        variables = " and ".join(_KINDS[name].variable for name in missing)
        yield SettingError(
            f"there is a refresh_token, but no {names}",
            advice=f"set {variables} to those of the keyset that the refresh token was made with",
        )
    if found["token_kind"].value == "TOKEN":
        yield SettingError(
            "an Auth'n'Auth token (token_kind TOKEN) is not renewed by a refresh_token",
            advice="leave token_kind out, or give the token alone",
        )


def _is_wrong(setting: Setting) -> bool:
    return setting.source.endswith(_WRONG)


def _account(found: Mapping[str, Setting]) -> str:
    """
    Name the journal and the cache after where the calls go and who makes them.

    The marketplace is no part of it: a refund in doubt is in doubt whatever that header says.
    """
    address = urlsplit(found["base_url"].value or PRODUCTION)
    if is_loopback(address.geturl()):
        return f"local-{address.port or address.scheme}"
    who = found["client_id"].value or found["token_kind"].value or ""
    digest = sha256(f"{address.netloc} {who}".encode()).hexdigest()[:12]
    return f"{'sandbox' if '.sandbox.' in address.netloc else 'production'}-{digest}"


def _calls_per_day(found: Mapping[str, Setting]) -> int | None:
    return None if is_loopback(found["base_url"].value or "") else 5000


def _folder(kind: folders.Kind) -> Callable[[Mapping[str, Setting]], Any]:
    def default(_: Mapping[str, Setting]) -> Any:
        if (folder := folders.user_folder(kind)) is not None:
            return folder
        raise SettingError(
            f"there is no {kind}_folder, because the home folder is not known",
            advice=f"set HOME, or pass {kind}_folder",
        )

    return default


_WORKERS = checks.number("workers", int, (1, 64), "number from 1 to 64", "8 is plenty")
_TIMEOUT = checks.number("timeout", float, (1e-9, 600), "number of seconds up to 600", "use 30")
_PER_SECOND = checks.number(
    "calls_per_second", float, (0.01, 1000), "number from 0.01 to 1000", "leave it out, or use 10"
)
_PER_DAY = checks.number(
    "calls_per_day", int, (2, 10**9), "whole number above 1", "5000, unless eBay gave you more"
)
# In the order they are resolved: a default may depend on what stands above it.
_KINDS = {
    kind.name: kind
    for kind in (
        _Kind("base_url", checks.base_url, PRODUCTION),
        _Kind("token", checks.token, secret=True),
        _Kind("token_kind", checks.token_kind, "IAF"),
        _Kind("refresh_token", checks.credential("refresh_token"), secret=True),
        _Kind("client_id", checks.credential("client_id"), secret=True),
        _Kind("client_secret", checks.credential("client_secret"), secret=True),
        _Kind("marketplace", checks.marketplace, needed=True),
        _Kind("role", checks.role, "SELLER"),
        _Kind("writes", checks.flag("writes"), default=False),
        _Kind("dry_run", checks.flag("dry_run"), default=False),
        _Kind("allow_decommissioned", checks.flag("allow_decommissioned"), default=False),
        _Kind("must_sign", checks.flag("must_sign"), default=False),
        _Kind("signing_key", checks.text, secret=True),
        _Kind("signing_key_jwe", checks.text, secret=True, short="SIGNING_JWE"),
        _Kind("signing_key_expires_at", checks.text),
        _Kind("workers", _WORKERS, 8),
        _Kind("timeout", _TIMEOUT, 30.0),
        _Kind("calls_per_second", _PER_SECOND),
        _Kind("calls_per_day", _PER_DAY, _calls_per_day),
        _Kind("account", checks.account, _account),
        _Kind("data_folder", checks.folder("data_folder"), _folder("data")),
        _Kind("cache_folder", checks.folder("cache_folder"), _folder("cache")),
    )
}
