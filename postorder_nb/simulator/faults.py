"""Faults on purpose: what networks and busy services do to answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from random import Random

from ..errors import InputError
from .answers import Answer, gateway, page

KINDS = ("429", "429-retry-after", "500", "503", "drop", "truncate", "html")
AFTER_COMMIT = ("lost", "500-after-commit")
METHODS = ("GET", "POST")


@dataclass
class Faults:
    """
    A share of requests that goes wrong.

    Parameters
    ----------
    rate : float
        The share, from 0 to 1.
    kinds : tuple of str
        What may happen, each as likely: ``429``, ``429-retry-after``, ``500``, ``503``, ``drop``
        (the connection ends before any byte), ``truncate`` (JSON that ends in the middle, with
        the full length announced or with the short one), ``html`` (a page, with 200 or 502).
        Only when asked for: ``lost`` (what was asked is done, then the connection ends) and
        ``500-after-commit`` (it is done, then the answer is a 500).
    seed : int
        The same seed makes the same requests fail, by their number since these faults were made.
    retry_after : int
        Seconds that ``429-retry-after`` asks for.
    methods : tuple of str
        The HTTP methods that are spoilt; the others are not counted either.

    Examples
    --------
    >>> Faults.parse("5%:429,drop")
    Faults(rate=0.05, kinds=('429', 'drop'), seed=0, retry_after=1, methods=('GET', 'POST'))
    >>> faults = Faults(rate=1, kinds=("500",))
    >>> faults.draw()
    '500'
    """

    rate: float = 0.05
    kinds: tuple[str, ...] = KINDS
    seed: int = 0
    retry_after: int = 1
    methods: tuple[str, ...] = METHODS
    _requests: count[int] = field(default_factory=count, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.kinds = tuple(self.kinds)
        self.methods = tuple(method.upper() for method in self.methods)
        known = KINDS + AFTER_COMMIT
        unknown = [kind for kind in self.kinds if kind not in known]
        if unknown or not self.kinds:
            raise InputError(
                f"no such fault: {', '.join(unknown) or '(none given)'}",
                advice=f"choose from {', '.join(known)}",
            )
        if not 0 <= self.rate <= 1:
            raise InputError(f"rate is {self.rate}", advice="give a share from 0 to 1")

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Read ``"5%"``, ``"0.05"`` or ``"5%:429,500,drop"``; `InputError` when it is neither."""
        share, _, kinds = text.partition(":")
        share = share.strip()
        try:
            rate = float(share.removesuffix("%")) / (100 if share.endswith("%") else 1)
        except ValueError:
            raise InputError(
                f"cannot read the share of faults in {text!r}", advice="write 5%:429,500,drop"
            ) from None
        named = tuple(kind.strip() for kind in kinds.split(",") if kind.strip())
        return cls(rate=rate, kinds=named or KINDS)

    def draw(self, method: str = "GET") -> str | None:
        """Say what goes wrong with the next request; None for nothing."""
        if method not in self.methods:
            return None
        dice = Random(self.seed * 1_000_003 + next(self._requests))
        if dice.random() >= self.rate:
            return None
        kind = dice.choice(self.kinds)
        if kind in ("truncate", "html"):
            return f"{kind}-{dice.randint(0, 1)}"
        return kind

    def answer(self, kind: str) -> Answer | None:
        """Return the answer that stands in for the right one; None where the right one is cut."""
        if kind.startswith("429"):
            answer = gateway(429, 2001, "ACCESS", "The request limit has been reached.")
            if kind == "429-retry-after":
                answer.headers["Retry-After"] = str(self.retry_after)
            return answer
        if kind in ("500", "500-after-commit"):
            return gateway(500, 2003, "ACCESS", "Internal error.", "APPLICATION")
        if kind == "503":
            return page(503, "Service Unavailable")
        if kind.startswith("html"):
            whole = kind.endswith("0")
            return page(200, "eBay is being updated") if whole else page(502, "Bad Gateway")
        return None
