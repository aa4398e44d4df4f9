"""How long answers take: the same for all, or drawn, by part of the path."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from ..errors import InputError

_SPREAD = 1.6448536269514722  # standard deviations from the median to the 95th percentile
_FORMS = 'write 0.2, "uniform:0.1-0.5" or "lognormal:0.12/0.8" (median / 95th percentile), seconds'


@dataclass(frozen=True, slots=True)
class Delay:
    """
    How long one answer takes.

    Parameters
    ----------
    kind : str
        ``fixed`` (always `low`), ``uniform`` (from `low` to `high`), or ``lognormal`` (half take
        less than `low`, 95 of 100 less than `high`), as services are measured.
    low, high : float
        Seconds.

    Examples
    --------
    >>> Delay.read("uniform:0.1-0.5")
    Delay(kind='uniform', low=0.1, high=0.5)
    >>> Delay.read(0.2).draw(Random(1))
    0.2
    """

    kind: str
    low: float
    high: float

    @classmethod
    def read(cls, given: object) -> Delay:
        """Read seconds, or a distribution's text; `InputError` when it is neither."""
        try:
            return cls._read(given)
        except (ValueError, TypeError):
            raise InputError(f"cannot read the latency {given!r}", advice=_FORMS) from None

    @classmethod
    def _read(cls, given: object) -> Delay:
        if isinstance(given, int | float):
            delay = cls("fixed", float(given), float(given))
        else:
            kind, colon, numbers = str(given).partition(":")
            if not colon:
                kind, numbers = "fixed", f"{kind}-{kind}"
            low, _, high = numbers.partition("/" if kind == "lognormal" else "-")
            delay = cls(kind.strip(), float(low), float(high))
        known = delay.kind in ("fixed", "uniform", "lognormal")
        least = 0 if delay.kind != "lognormal" else math.ulp(0)
        if not known or not least <= delay.low <= delay.high < math.inf:
            raise ValueError
        return delay

    def draw(self, dice: Random) -> float:
        """Draw the seconds of one answer."""
        if self.kind == "uniform":
            return dice.uniform(self.low, self.high)
        if self.kind == "lognormal":
            sigma = math.log(self.high / self.low) / _SPREAD
            return dice.lognormvariate(math.log(self.low), sigma)
        return self.low


Latency = float | str | Delay | Mapping[str, "float | str | Delay"]


def _read(text: str) -> dict[str, float | str | Delay]:
    try:
        found: dict[str, float | str | Delay] = json.loads(text)
    except ValueError:
        raise InputError(f"cannot read the latency {text!r}", advice=_FORMS) from None
    return found


class Delays:
    """
    The latency of a server: by part of the path, the longest part that fits; seeded.

    Parameters
    ----------
    given : float, str, Delay, or dict of these by part of the path
        The part ``""`` fits every path. The dict may be the text of a JSON object.
    seed : int
        The same seed draws the same for the same number of request.
    """

    def __init__(self, given: Latency = 0.0, seed: int = 0) -> None:
        if isinstance(given, str) and given.lstrip().startswith("{"):
            given = _read(given)
        self.given = given
        parts = given if isinstance(given, Mapping) else {"": given}
        read = {part: d if isinstance(d, Delay) else Delay.read(d) for part, d in parts.items()}
        self._parts = sorted(read.items(), key=lambda pair: -len(pair[0]))
        self._seed = seed

    def seconds(self, path: str, number: int) -> float:
        """Return how long the answer to the request of this number waits."""
        for part, delay in self._parts:
            if part in path:
                return delay.draw(Random(self._seed * 1_000_003 + number))
        return 0.0
