"""Where a setting came from: the argument of the call, else the environment, else the default."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from .enums import Marketplace, UserRole
from .errors import InputError, SettingError

PRODUCTION = "https://api.ebay.com"
_EBAY_HOSTS = (".ebay.com",)


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
        """The value as it may be shown: secrets keep their last four characters only."""
        if not self.secret or self.value is None:
            return str(self.value)
        return mask(self.value)


def mask(secret: str) -> str:
    """
    Show that a secret is there, and at most its last four characters.

    Examples
    --------
    >>> mask("v^1.1#i^1#p^3#abcdef1234"), mask("short")
    ('••••1234', '••••')
    """
    return "••••" + (secret[-4:] if len(secret) >= 16 else "")


class Settings(Mapping[str, Any]):
    """The settings of one client, by name, each with its source."""

    def __init__(self, settings: Iterator[Setting]) -> None:
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

    def rows(self) -> list[tuple[str, str, str]]:
        """List (name, value as it may be shown, source)."""
        return [(s.name, s.shown, s.source) for s in self._settings.values()]


def resolve(**arguments: Any) -> Settings:
    """
    Resolve every setting: an argument that is not None, else the environment, else the default.

    Parameters
    ----------
    **arguments
        Settings by name: ``token``, ``token_kind``, ``marketplace``, ``base_url``, ``role``,
        ``writes``, ``workers``, ``timeout``.

    Returns
    -------
    Settings
        All settings, each with its source.

    Raises
    ------
    InputError
        If a name is unknown.
    SettingError
        If a value is missing or wrong; the message names the three ways to give it.

    Examples
    --------
    >>> settings = resolve(token="a-user-token", marketplace="EBAY_DE")
    >>> settings["marketplace"], settings.source("marketplace"), settings["workers"]
    ('EBAY_DE', 'argument', 8)
    """
    for name in arguments:
        if name not in _KNOWN:
            near = get_close_matches(name, _KNOWN, n=1)
            raise InputError(
                f"there is no setting {name!r}",
                advice=f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(_KNOWN)}",
            )
    return Settings(_resolve(kind, arguments.get(kind.name)) for kind in _KINDS)


def is_loopback(url: str) -> bool:
    """Tell whether a URL points at this computer."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class _Kind:
    name: str
    variable: str
    default: Any
    read: Callable[[Any], Any]
    secret: bool = False


def _resolve(kind: _Kind, argument: Any) -> Setting:
    if argument is not None:
        value, source = argument, "argument"
    elif kind.variable in os.environ:
        value, source = os.environ[kind.variable], f"environment ({kind.variable})"
    else:
        value, source = kind.default, "default"
    try:
        return Setting(kind.name, kind.read(value), source, kind.secret)
    except SettingError as error:
        error.message += f" (from the {source})"
        raise


def _token(value: str | None) -> str:
    if value is None or not str(value).strip():
        raise SettingError(
            "there is no token",
            advice="pass connect(token=...), or set EBAY_TOKEN to a user token; "
            "pn.demo() needs none",
        )
    token = str(value).strip()
    scheme = token.split(None, 1)[0].upper()
    if scheme in ("BEARER", "IAF", "TOKEN") and len(token.split()) > 1:
        raise SettingError(
            f"the token starts with the word {scheme.title() if scheme == 'BEARER' else scheme}",
            advice="pass the token alone; its kind goes to token_kind (IAF for an OAuth user "
            "token, TOKEN for an Auth'n'Auth token). eBay refuses Bearer for this API",
        )
    if not token.isprintable() or not token.isascii() or " " in token:
        raise SettingError(
            "the token holds characters that no token has",
            advice="copy the token again, in one line and without quotes",
        )
    return token


def _token_kind(value: str) -> str:
    kind = str(value).strip().upper()
    if kind not in ("IAF", "TOKEN"):
        raise SettingError(
            f"token_kind {value!r} is unknown",
            advice="use IAF for an OAuth user token or TOKEN for an Auth'n'Auth token; "
            "eBay refuses Bearer for this API",
        )
    return kind


def _marketplace(value: str | None) -> str:
    if value is None:
        raise SettingError(
            "there is no marketplace",
            advice='pass connect(marketplace="EBAY_US"), or set EBAY_MARKETPLACE',
        )
    name = str(value).strip()
    # The pages of the API offer EBAY_UK, its list of marketplaces says EBAY_GB: both go through.
    if name in Marketplace.__members__ or name == "EBAY_UK":
        return name
    near = Marketplace.near(name if "_" in name else f"EBAY_{name}")
    advice = f"did you mean {' or '.join(near)}?" if near else "use a name such as EBAY_US"
    if re.fullmatch(r"EBAY_[A-Z]{2}(_[A-Z]+)?", name):
        # eBay may open a marketplace after this release: let eBay decide, but say so.
        warnings.warn(f"marketplace {name} is not known here; {advice}", stacklevel=2)
        return name
    raise SettingError(f"marketplace {name!r} is unknown", advice=advice)


def _base_url(value: str) -> str:
    url = str(value).strip().rstrip("/").removesuffix("/post-order/v2")
    parts = urlsplit(url)
    if is_loopback(url) and parts.scheme in ("http", "https"):
        return url
    host = parts.hostname or ""
    if parts.scheme != "https" or not host.endswith(_EBAY_HOSTS):
        raise SettingError(
            f"the address {url!r} is neither eBay's nor on this computer",
            advice=f"use {PRODUCTION}, or a simulator on 127.0.0.1: a token must not go elsewhere",
        )
    return url


def _role(value: str) -> str:
    role = str(value).strip().upper()
    if role not in UserRole.__members__:
        raise SettingError(f"role {value!r} is unknown", advice="use SELLER or BUYER")
    return role


def _flag(value: bool | str) -> bool:
    known = {
        "1": True,
        "true": True,
        "yes": True,
        "0": False,
        "false": False,
        "no": False,
        "": False,
    }
    found = value if isinstance(value, bool) else known.get(str(value).strip().lower())
    if found is None:
        raise SettingError(f"writes {value!r} is neither yes nor no", advice="use True or False")
    return found


def _workers(value: int | str) -> int:
    try:
        workers = int(value)
    except (TypeError, ValueError):
        workers = 0
    if not 1 <= workers <= 64:
        raise SettingError(f"workers {value!r} is no number from 1 to 64", advice="8 is plenty")
    return workers


def _timeout(value: float | str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise SettingError(f"timeout {value!r} is no number of seconds up to 600", advice="use 30")
    return seconds


_KINDS = (
    _Kind("token", "EBAY_TOKEN", None, _token, secret=True),
    _Kind("token_kind", "EBAY_TOKEN_KIND", "IAF", _token_kind),
    _Kind("marketplace", "EBAY_MARKETPLACE", None, _marketplace),
    _Kind("base_url", "EBAY_BASE_URL", PRODUCTION, _base_url),
    _Kind("role", "EBAY_ROLE", "SELLER", _role),
    _Kind("writes", "EBAY_WRITES", False, _flag),
    _Kind("workers", "EBAY_WORKERS", 8, _workers),
    _Kind("timeout", "EBAY_TIMEOUT", 30.0, _timeout),
)
_KNOWN = [kind.name for kind in _KINDS]
