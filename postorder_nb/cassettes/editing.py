"""Changing cassettes that exist: taking persons out, forgetting one of them, another form."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

from ..errors import CassetteError, InputError
from ..recording import scrub as scrubbing
from ..recording import storage
from ..recording.exchange import Exchange
from ..recording.names import COMPACT, Place
from ..recording.scrub import Scrubber
from .shelf import Cassette


class Forgotten(NamedTuple):
    """What `forget` did to a cassette; `interactions` is None where it could do nothing."""

    cassette: str
    interactions: int | None
    words: str


def scrub(cassette: Cassette, scrubber: Scrubber | None = None, to: Path | None = None) -> Path:
    """
    Take secrets and persons out of a cassette that was made by other means, or without that.

    What vcrpy recorded is still read by vcrpy, if it stays YAML, and by `postorder_nb.replay`.

    Parameters
    ----------
    cassette : Cassette
        See `find`.
    scrubber : Scrubber, optional
        By default one with this user's own key.
    to : Path, optional
        The file to write, ``.yaml`` or ``.jsonl.gz``. By default it takes the place of what was
        there, as YAML unless it was compact.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    CassetteError
        If it cannot be read or written, or was scrubbed before, with another key.
    InputError
        If `to` has another ending.
    """
    using = scrubber or scrubbing.writer()
    stored = cassette.stored
    if stored.scrubbed not in ("", using.mark):
        raise CassetteError(
            f"{cassette.path} was scrubbed before, with another key",
            advice="nothing is left to do; record it again to have pseudonyms of this key",
        )
    default = cassette.path if cassette.ours else cassette.path.with_suffix(".yaml")
    target = to or default
    if not target.name.endswith((".yaml", COMPACT)):
        raise InputError(f"{target} has no such ending", advice=f"use .yaml or {COMPACT}")
    kept = [using.exchange(sent, came) for sent, came in stored.exchanges]
    storage.write(target, replace(stored, exchanges=kept, scrubbed=using.mark))
    if to is None and target != cassette.path:
        cassette.path.unlink()  # what it held is what was to go
    return target


def forget(
    user: str, cassettes: Iterable[Cassette], scrubber: Scrubber | None = None
) -> list[Forgotten]:
    """
    Put somebody nobody knows in the place of a user, in all cassettes alike.

    The interactions stay, so replays and the numbers of an analysis stay as they are; but no key
    leads from the user to them any more.

    Parameters
    ----------
    user : str
        The login name.
    cassettes : iterable of Cassette
        See `find`.
    scrubber : Scrubber, optional
        With the key of the recordings; by default with this user's own.

    Returns
    -------
    list of Forgotten
        ``cassette``, in how many ``interactions`` the user was, None if that cannot be told
        (another key, other means, or damaged), and ``words`` that say why.

    Raises
    ------
    CassetteError
        If a cassette cannot be written.
    InputError
        If `user` is empty.
    """
    if not user.strip():
        raise InputError("nobody is named", advice="give the login name of the user to forget")
    using = scrubber or scrubbing.writer()
    nobody = using.pseudonym("login", secrets.token_hex(16))
    renamed = _renamer({user, using.pseudonym("login", user)}, nobody)
    return [_forgotten(one, using, renamed) for one in cassettes]


def _forgotten(
    one: Cassette, using: Scrubber, renamed: Callable[[Exchange], Exchange]
) -> Forgotten:
    try:
        stored = one.stored
    except CassetteError as error:
        return Forgotten(one.name, None, error.message)
    if not one.ours:
        return Forgotten(one.name, None, "made by other means: scrub it first")
    if stored.scrubbed not in ("", using.mark):
        return Forgotten(one.name, None, "scrubbed with another key: who has it must do this")
    changed = [renamed(exchange) for exchange in stored.exchanges]
    count = sum(new != old for new, old in zip(changed, stored.exchanges, strict=True))
    if count:
        storage.write(one.path, replace(stored, exchanges=changed))
    return Forgotten(one.name, count, "forgotten" if count else "not in it")


def _renamer(names: set[str], nobody: str) -> Callable[[Exchange], Exchange]:
    """Return what puts `nobody` in the place of names, as they are or escaped, but whole only."""
    forms = {form for name in names for form in (name, json.dumps(name)[1:-1], quote(name))}
    longest_first = sorted(forms, key=len, reverse=True)
    pattern = re.compile(
        rf"(?<![\w.*-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w*-])", re.I
    )
    packed = re.compile(pattern.pattern.encode(), re.I)

    def rename(exchange: Exchange) -> Exchange:
        sent, came = exchange
        return (
            replace(
                sent, url=pattern.sub(nobody, sent.url), body=packed.sub(nobody.encode(), sent.body)
            ),
            replace(came, body=packed.sub(nobody.encode(), came.body)),
        )

    return rename


def convert(cassette: Cassette, form: Literal["yaml", "compact"] | None = None) -> Path:
    """
    Lay a cassette out in the other form, or the one named, in place of its file.

    Raises
    ------
    CassetteError
        If it was made by other means, was cut off, or cannot be read or written.
    """
    if not cassette.ours or not cassette.stored.complete:
        raise CassetteError(
            f"{cassette.path} is no whole cassette of this package",
            advice="scrub it first, or record the rest of it",
        )
    wanted = form or ("compact" if cassette.form == "yaml" else "yaml")
    place = Place(cassette.path.with_name(cassette.path.name.partition(".")[0] + ".yaml"))
    target = place.yaml if wanted == "yaml" else place.compact
    storage.write(target, cassette.stored)
    if target != cassette.path:
        cassette.path.unlink()
    return target
