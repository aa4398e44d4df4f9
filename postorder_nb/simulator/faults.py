"""Faults on purpose: what networks and busy services do to answers."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from ..errors import InputError
from .answers import JSON, Answer, gateway, page

MEANINGS = {
    "429": "the request limit is reached; nothing is done",
    "429-retry-after": "the same, with Retry-After; nothing is done",
    "500": "an internal error; nothing is done",
    "503": "a page that says the service is not there; nothing is done",
    "drop": "the connection ends before any byte; nothing is done",
    "truncate": "JSON that ends in the middle, the full length announced or the short one",
    "html": "a page in place of JSON, with 200 or 502; nothing is done",
    "lost": "what was asked is done, then the connection ends",
    "500-after-commit": "what was asked is done, then the answer is a 500",
    "mute": "what was asked is done, then no answer comes and the connection stays open",
    "half-open": "the request is taken and never answered, the connection stays open",
    "empty": "200 without a body; nothing is done",
    "garbled": "200 whose body is called JSON and is not; nothing is done",
    "401": "the token is refused this once; nothing is done",
    "expire": "the token ends with this request, and is refused from now on",
    "twice": "the request arrives twice; the first answer comes back, or the second",
    "late": "the connection ends; the request arrives after the next one",
    "overtaken": "the request waits until another was answered, then is done and answered",
    "drip": "the answer comes one byte at a time",
}
KINDS = ("429", "429-retry-after", "500", "503", "drop", "truncate", "html")
AFTER_COMMIT = ("lost", "500-after-commit", "mute")
INSTEAD = ("429", "500", "503", "drop", "html", "half-open", "empty", "garbled", "401", "expire")
METHODS = ("GET", "POST")
_VARIANTS = ("truncate", "html", "twice")
_HINT = 'write "5%:429,drop", "5%:drop quota=5000 storm=200/20", JSON, or the name of such a file'


@dataclass(repr=False)
class Faults:
    """
    What goes wrong: a share of the requests, and what holds for all of them.

    Parameters
    ----------
    rate : float
        The share, from 0 to 1.
    kinds : tuple of str
        What may happen, each as likely; `MEANINGS` has them all. By default what reads meet:
        ``429``, ``429-retry-after``, ``500``, ``503``, ``drop``, ``truncate``, ``html``. Only
        when asked for: those of writes (``lost``, ``500-after-commit``, ``mute``, ``twice``,
        ``late``, ``overtaken``), of tokens (``401``, ``expire``), and ``half-open``, ``empty``,
        ``garbled``, ``drip``.
    seed : int
        The same seed makes the same requests fail, by their number since these faults were made.
    retry_after : int
        Seconds that ``429-retry-after`` asks for.
    methods : tuple of str
        The HTTP methods that are spoilt; the others are not counted either.
    paths : tuple of str
        Parts of paths: only paths with one of them are spoilt, and counted; empty for all.
    quota : int or None
        Calls a day and resource; more are refused until midnight in California.
    storm : tuple of int, or None
        ``(every, length)``: in each run of `every` requests, `length` in a row meet a 503.
    skew : float
        Seconds that the server's clock is wrong: in the header Date, and in the records.
    drip : float
        Seconds between two bytes of ``drip``.
    patience : float
        Most seconds that ``overtaken`` waits.

    Examples
    --------
    >>> Faults.parse("5%:429,drop quota=5000")
    Faults(rate=0.05, kinds=('429', 'drop'), quota=5000)
    >>> faults = Faults(rate=1, kinds=("500",))
    >>> faults.draw()
    '500'
    """

    rate: float = 0.05
    kinds: tuple[str, ...] = KINDS
    seed: int = 0
    retry_after: int = 1
    methods: tuple[str, ...] = METHODS
    paths: tuple[str, ...] = ()
    quota: int | None = None
    storm: tuple[int, int] | None = None
    skew: float = 0.0
    drip: float = 0.01
    patience: float = 1.0
    _requests: count[int] = field(default_factory=count, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.kinds = tuple(self.kinds)
        self.methods = tuple(method.upper() for method in self.methods)
        self.paths = tuple(self.paths)
        unknown = [kind for kind in self.kinds if kind not in MEANINGS]
        if unknown or not self.kinds:
            raise InputError(
                f"no such fault: {', '.join(unknown) or '(none given)'}",
                advice=f"choose from {', '.join(MEANINGS)}",
            )
        if not 0 <= self.rate <= 1:
            raise InputError(f"rate is {self.rate}", advice="give a share from 0 to 1")
        if self.storm is not None:
            every, length = self.storm
            self.storm = every, length
            if not 0 < length <= every:
                raise InputError(f"storm is {self.storm}", advice="give (every, length) requests")
        for name in ("quota", "drip", "patience", "retry_after"):
            if (getattr(self, name) or 0) < 0:
                raise InputError(f"{name} is {getattr(self, name)}", advice="give 0 or more")

    def __repr__(self) -> str:
        return f"Faults({', '.join(f'{k}={v!r}' for k, v in self._settings().items())})"

    def __str__(self) -> str:
        """
        Write the short form, as `parse` reads it.

        Examples
        --------
        >>> str(Faults(rate=0.05, kinds=("429", "drop"), storm=(200, 20)))
        '5%:429,drop storm=200/20'
        """
        given = self._settings()
        words = [f"{given.pop('rate') * 100:.12g}%:{','.join(given.pop('kinds'))}"]
        if self.rate == 0 and self.kinds == KINDS:
            words = []
        for name, value in given.items():
            join = "/" if name == "storm" else ","
            parts = value if isinstance(value, tuple) else (value,)
            words.append(f"{name}={join.join(map(str, parts))}")
        return " ".join(words) or "0%"

    def _settings(self) -> dict[str, Any]:
        """Return what differs from the defaults, and always the share and its kinds."""
        usual = {f.name: f.default for f in fields(self)}
        return {
            name: value
            for name, value in asdict_of(self).items()
            if name in ("rate", "kinds") or value != usual[name]
        }

    @classmethod
    def parse(cls, text: str) -> Faults:
        """
        Read the short form.

        That is ``"5%"``, ``"0.05"`` or ``"5%:429,500,drop"``, and after it, or alone, words such
        as ``quota=5000``, ``storm=200/20``, ``skew=-90``, ``seed=3``, ``paths=/return/``.
        Raises `InputError` when it is neither.
        """
        given: dict[str, Any] = {}
        for place, word in enumerate(re.sub(r"\s*([:,=])\s*", r"\1", text).split()):
            name, equals, value = word.partition("=")
            try:
                given |= {name: _READ[name](value)} if equals else _share(word, place)
            except (ValueError, KeyError):
                raise InputError(
                    f"cannot read {word!r} in the faults {text!r}", advice=_HINT
                ) from None
        return cls(**{"rate": 0.0, **given})

    @classmethod
    def read(cls, text: str) -> Faults:
        """Read a JSON object, the name of a JSON or TOML file that holds one, or the short form."""
        try:
            if text.lstrip().startswith("{"):
                return cls.from_dict(json.loads(text))
            if text.endswith(".toml"):
                return cls.from_dict(tomllib.loads(Path(text).read_text(encoding="utf-8")))
            if text.endswith(".json"):
                return cls.from_dict(json.loads(Path(text).read_bytes()))
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"cannot read the faults: {error}", advice=_HINT) from None
        return cls.parse(text)

    @classmethod
    def from_dict(cls, given: object) -> Faults:
        """Make them of names and values as JSON and TOML have them; rate 0 if none is given."""
        known = {f.name for f in fields(cls) if f.init}
        if not isinstance(given, Mapping) or not given.keys() <= known:
            raise InputError(
                f"cannot read the faults {given!r}", advice=f"name {', '.join(sorted(known))}"
            )
        usual = {"rate": 0.05 if "kinds" in given else 0.0}
        try:
            return cls(**{**usual, **given})
        except (TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"cannot read the faults: {error}", advice=_HINT) from None

    def draw(self, method: str = "GET", path: str = "") -> str | None:
        """Say what goes wrong with the next request; None for nothing."""
        if method not in self.methods:
            return None
        if self.paths and not any(part in path for part in self.paths):
            return None
        number = next(self._requests)
        if self._stormy(number):
            return "503-storm"
        dice = Random(self.seed * 1_000_003 + number)
        if dice.random() >= self.rate:
            return None
        kind = dice.choice(self.kinds)
        return f"{kind}-{dice.randint(0, 1)}" if kind in _VARIANTS else kind

    def _stormy(self, number: int) -> bool:
        if self.storm is None:
            return False
        every, length = self.storm
        run, place = divmod(number, every)
        begin = Random(self.seed * 7_368_787 + run).randint(0, every - length)
        return begin <= place < begin + length

    def answer(self, kind: str) -> Answer | None:
        """Return the answer that stands in for the right one; None where there is none."""
        if kind.startswith("429"):
            answer = gateway(429, 2001, "ACCESS", "The request limit has been reached.")
            if kind == "429-retry-after":
                answer.headers["Retry-After"] = str(self.retry_after)
            return answer
        if kind in ("500", "500-after-commit"):
            return gateway(500, 2003, "ACCESS", "Internal error.", "APPLICATION")
        if kind.startswith("503"):
            return page(503, "Service Unavailable")
        if kind.startswith("html"):
            whole = kind.endswith("0")
            return page(200, "eBay is being updated") if whole else page(502, "Bad Gateway")
        if kind in ("401", "expire"):
            return gateway(401, 1001, "OAuth", "Invalid access token.")
        bodies = {"empty": b"", "garbled": b"\x1f\x8b{\xff upstream: \x00 not a body"}
        return Answer(200, bodies[kind], JSON) if kind in bodies else None


def asdict_of(faults: Faults) -> dict[str, Any]:
    """Return the settings of some faults by name, fit for JSON."""
    return {f.name: getattr(faults, f.name) for f in fields(faults) if f.init}


def _share(word: str, place: int) -> dict[str, Any]:
    share, _, kinds = word.partition(":")
    if place:
        raise ValueError
    rate = float(share.removesuffix("%")) / (100 if share.endswith("%") else 1)
    named = tuple(kind for kind in kinds.split(",") if kind)
    return {"rate": rate, "kinds": named or KINDS}


def _two(text: str) -> tuple[int, int]:
    every, length = text.split("/")
    return int(every), int(length)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


_READ: dict[str, Callable[[str], Any]] = {
    "seed": int, "retry_after": int, "methods": _names, "paths": _names, "quota": int,
    "storm": _two, "skew": float, "drip": float, "patience": float,
}  # fmt: skip
