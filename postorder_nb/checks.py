"""What a setting may be: each check turns what was given into the value, or says what is wrong."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .enums import Marketplace, UserRole
from .errors import SettingError

PRODUCTION = "https://api.ebay.com"
_EBAY_HOSTS = (".ebay.com",)
_KEY_FILE = re.compile(r"[^\n]{1,255}\.(pem|key|der|p8|pk8|txt)", re.IGNORECASE)


def is_loopback(url: str) -> bool:
    """Tell whether a URL points at this computer."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def token(value: Any) -> str:
    """Return a token without its kind, in one piece."""
    text = credential("token")(value)
    scheme = text.split(None, 1)[0].upper() if text else ""
    if scheme in ("BEARER", "IAF", "TOKEN") and len(text.split()) > 1:
        raise SettingError(
            f"the token starts with the word {scheme.title() if scheme == 'BEARER' else scheme}",
            advice="pass the token alone; its kind goes to token_kind (IAF for an OAuth user "
            "token, TOKEN for an Auth'n'Auth token). eBay refuses Bearer for this API",
        )
    if " " in text:
        raise _unlike("token")
    return text


def credential(name: str) -> Callable[[Any], str]:
    """Return the check of a credential: one line of visible characters; no error shows it."""

    def check(value: Any) -> str:
        text = str(value).strip()
        if not text.isprintable() or not text.isascii() or (" " in text and name != "token"):
            raise _unlike(name)
        return text

    return check


def _unlike(name: str) -> SettingError:
    return SettingError(
        f"the {name} holds characters that no {name} has",
        advice=f"copy the {name} again, in one line and without quotes",
    )


def text(value: Any) -> str:
    """Return any text without the white space around it."""
    return str(value).strip()


def token_kind(value: Any) -> str:
    """Return IAF or TOKEN."""
    kind = str(value).strip().upper()
    if kind not in ("IAF", "TOKEN"):
        raise SettingError(
            f"token_kind {value!r} is unknown",
            advice="use IAF for an OAuth user token or TOKEN for an Auth'n'Auth token; "
            "eBay refuses Bearer for this API",
        )
    return kind


def marketplace(value: Any) -> str:
    """Return the name of a marketplace, such as EBAY_US."""
    if value is None:
        raise SettingError(
            "there is no marketplace",
            advice='pass connect(marketplace="EBAY_US"), set EBAY_MARKETPLACE, or write '
            'marketplace = "EBAY_US" into your config file',
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


def base_url(value: Any) -> str:
    """Return eBay's address or one of this computer's, without the API's path."""
    url = str(value).strip().rstrip("/").removesuffix("/post-order/v2")
    try:
        parts = urlsplit(url)
        host, plain = parts.hostname or "", parts.port in (None, 443) and "@" not in parts.netloc
        if is_loopback(url) and parts.scheme in ("http", "https"):
            return url
    except ValueError:
        host, plain = "", False
    if not plain or parts.scheme != "https" or not host.endswith(_EBAY_HOSTS):
        raise SettingError(
            f"the address {url!r} is neither eBay's nor on this computer",
            advice=f"use {PRODUCTION}, or a simulator on 127.0.0.1: a token must not go elsewhere",
        )
    return url


def role(value: Any) -> str:
    """Return SELLER or BUYER."""
    name = str(value).strip().upper()
    if name not in UserRole.__members__:
        raise SettingError(f"role {value!r} is unknown", advice="use SELLER or BUYER")
    return name


_FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def flag(name: str) -> Callable[[Any], bool]:
    """Return the check of a yes or no."""

    def check(value: Any) -> bool:
        found = _FLAGS.get(str(value).strip().lower())
        if found is None:
            raise SettingError(
                f"{name} {value!r} is neither yes nor no", advice="use True or False"
            )
        return found

    return check


def number(
    name: str, kind: type[int | float], within: tuple[float, float], what: str, advice: str
) -> Callable[[Any], Any]:
    """Return the check of a number; `what` completes "is no ..."."""
    least, most = within

    def check(value: Any) -> Any:
        try:
            found = kind(str(value))  # through text, so that 8.5 and True are no whole numbers
        except ValueError:
            found = math.nan
        if not least <= found <= most:
            raise SettingError(f"{name} {value!r} is no {what}", advice=advice)
        return found

    return check


def account(value: Any) -> str:
    """Return a name that can be part of a file's name."""
    name = str(value).strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise SettingError(
            f"account {value!r} cannot name a file",
            advice='use letters, digits, ".", "_" and "-", such as "my-shop"',
        )
    return name


def folder(name: str) -> Callable[[Any], Path]:
    """Return the check of a folder: a full path, or one that starts with ``~``."""

    def check(value: Any) -> Path:
        try:
            path = Path(str(value).strip()).expanduser()
        except RuntimeError:
            path = Path()
        if not path.is_absolute():
            # A journal that depends on where a program is started does not see every attempt.
            raise SettingError(
                f"{name} {str(value)!r} is no full path",
                advice="write the whole path; a relative one would change with the "
                "working directory",
            )
        return path

    return check


def is_relative_file(value: str) -> bool:
    """Tell whether a signing key is given as the name of a file in the working directory."""
    return bool(_KEY_FILE.fullmatch(value)) and not Path(value).expanduser().is_absolute()
