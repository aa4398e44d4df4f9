"""What is set, and whether it works: the settings, the token, the clock, the key, the quota."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from . import display
from .api.client import PostOrder
from .api.operation import CATALOGUE
from .api.quota import Quota
from .api.signing import Signer
from .config import Settings, survey
from .errors import NotPermitted, PostOrderError, RateLimited

State = Literal["ok", "warn", "fail"]
Skew = Callable[[], float | None]

_SKEW_WARN = 30.0  # seconds
_SKEW_FAIL = 300.0  # a signature is not accepted any more


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    state: State
    words: str


def examine(po: PostOrder | None = None, *, skew: Skew | None = None) -> list[Check]:
    """
    Look at everything an account needs, and make one cheap read.

    Parameters
    ----------
    po : PostOrder, optional
        The client to look at; without it, one with the settings of the environment, the keyring
        and the config file.
    skew : callable, optional
        Returns how many seconds the server's clock is ahead of this computer's, or None; asked
        after the read. By default, what the client has heard.

    Returns
    -------
    list of Check
        ``name``, ``state`` (ok, warn, fail) and ``words``: the settings with their sources, then
        folders, signing key, token, clock, quota and calls. Secrets are masked.
    """
    if po is not None:
        return _all(po.settings, [], po, skew)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        settings, problems = survey()
    checks = [Check("settings", "fail", _told(problem)) for problem in problems]
    checks += [Check("settings", "warn", str(warning.message)) for warning in heard]
    if problems:
        return _all(settings, checks, None, skew)
    with PostOrder(settings) as own:
        return _all(settings, checks, own, skew)


def render(checks: Iterable[Check]) -> str:
    """Return the checks as text for a terminal, in three columns."""
    return display.columns(("check", "state", "what"), checks, align=("left", "left", "left"))


def _all(
    settings: Settings, problems: list[Check], po: PostOrder | None, skew: Skew | None
) -> list[Check]:
    checks = [Check(name, "ok", f"{value} ({source})") for name, value, source in settings.rows()]
    checks += [*problems, *_folders(settings), *_signing(settings)]
    if po is None:
        checks.append(Check("token works", "fail", "not tried: the settings come first"))
    else:
        checks.append(_token(po))
        checks.append(_clock(po, skew))
        checks += _quota(po._transport.quota)
    return [*checks, *_calls()]


def _folders(settings: Settings) -> Iterator[Check]:
    for name in ("data_folder", "cache_folder"):
        folder: Path | None = settings[name]
        if folder is None:
            continue
        there = next((path for path in (folder, *folder.parents) if path.exists()), folder)
        if not (there.is_dir() and os.access(there, os.W_OK)):
            yield Check(name, "fail", f"{folder} cannot be written")


def _signing(settings: Settings) -> Iterator[Check]:
    name = "signing key"
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            signer = Signer.from_settings(settings)
        except PostOrderError as error:
            yield Check(name, "fail", _told(error))
            return
    yield from (Check(name, "warn", str(warning.message)) for warning in heard)
    if signer is None:
        needed = bool(settings["must_sign"])
        words = "there is none; sellers in the EU and UK need one for calls that move money"
        yield Check(name, "fail" if needed else "ok", words)
    elif not heard:
        until = signer.expires_at
        end = f"expires on {until:%Y-%m-%d}" if until else "its expiry is not known"
        yield Check(name, "ok", f"{signer.cipher}, {end}")


def _token(po: PostOrder) -> Check:
    name = "token works"
    try:
        po.returns.preferences_get()
    except (RateLimited, NotPermitted) as error:
        return Check(name, "warn", _told(error))
    except PostOrderError as error:
        return Check(name, "fail", _told(error))
    token = po._transport._token
    left = token.seconds_left()
    words = f"accepted by {po.settings['base_url']}"
    if left is not None:
        words += f", good for {left / 60:.0f} minutes"
    return Check(name, "ok", words + (", renews itself" if token.renews else ""))


def _clock(po: PostOrder, skew: Skew | None) -> Check:
    seconds = skew() if skew else _heard(po)
    if seconds is None:
        return Check("clock", "ok", "not compared: no answer told the time")
    state: State = "ok"
    if abs(seconds) > _SKEW_WARN:
        state = "fail" if abs(seconds) > _SKEW_FAIL else "warn"
    side = "behind" if seconds > 0 else "ahead of"
    words = f"{abs(seconds):.0f} seconds {side} the server's"
    return Check("clock", state, words + ("" if state == "ok" else ": set this computer's clock"))


def _heard(po: PostOrder) -> float | None:
    """Return the difference to the moment of the last answer, if the transport noted it."""
    told: datetime | None = getattr(po._transport, "server_date", None)
    return None if told is None else (told - po.now()).total_seconds()


def _quota(quota: Quota) -> Iterator[Check]:
    for row in quota.rows():
        name = f"quota: {row.resource}"
        if row.limit is None or row.left is None:
            yield Check(name, "ok", f"{row.used} calls today, without a limit")
            continue
        state: State = "warn" if row.used >= 0.8 * row.limit else "ok"
        words = f"{row.used} of {row.limit} calls used today, {row.left} left"
        yield Check(name, "fail" if row.left == 0 else state, words)


def _calls() -> Iterator[Check]:
    gone = [row for row in CATALOGUE.values() if row.gone_on]
    alive = len(CATALOGUE) - len(gone)
    yield Check("calls", "ok", f"{alive} of {len(CATALOGUE)} are live")
    for row in gone:
        yield Check(f"call {row.key}", "warn", f"gone since {row.gone_on}: {row.instead}")


def _told(error: PostOrderError) -> str:
    """Return an error in one line."""
    return "; ".join(str(error).splitlines())
