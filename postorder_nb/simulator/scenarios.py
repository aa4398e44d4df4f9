"""
Worlds with something in them to be found: a scenario says what is planted, and where.

Scenarios are data. Places in time are shares of the period the records lie in, from 0.0 (its
first day) to 1.0 (now); `World.planted` tells them as moments, with the ids concerned.

================== ============================================================================
Name               What is planted
================== ============================================================================
``holiday-peak``   Twice the orders in November and 2.6 times in December; orders that lead to
                   inquiries twice as often in December and January, to returns 1.5 times as
                   often in January.
``bad-batch``      From the middle of the period on, orders of the LED desk lamp come back as
                   not as described ten times as often.
``carrier-strike`` For three hundredths of the period after its middle, parcels take a week
                   longer (95 % within 18 days more), eight times as many of these orders lead
                   to inquiries, and ARRIVED_LATE is given for returns 30 times as often.
``fraud-ring``     Eight buyers at two addresses who claim for nine of ten orders, from the
                   second third of the period on: empty boxes, parcels delivered yet missed,
                   goods not as described.
``quiet-shop``     A fortieth of the returns asked for, and two weeks without any order.
``adversarial``    Hostile text wherever text is free: comments, messages, titles, file names,
                   names, streets, logins; and odd shapes in three of ten answers.
================== ============================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import InputError
from .texts import ADVERSARIAL, PLAIN, Texts


@dataclass(frozen=True, slots=True)
class BadBatch:
    """From `begins` on, orders of an item come back as SNAD `times` as often."""

    title: str
    begins: float
    times: float

    def tells(self) -> str:
        """Say it in a sentence."""
        return f"{self.title}: SNAD returns {self.times:g} times as often"


@dataclass(frozen=True, slots=True)
class CarrierStrike:
    """
    Orders handed over from `begins` to `ends` are late.

    By `days` more (median and 95th percentile); they lead to inquiries `inquiries` times as
    often, and to returns for ARRIVED_LATE `returns` times.
    """

    begins: float
    ends: float
    days: tuple[float, float]
    inquiries: float
    returns: float

    def tells(self) -> str:
        """Say it in a sentence."""
        return f"parcels {self.days[0]:g} days late, inquiries {self.inquiries:g} times as often"


@dataclass(frozen=True, slots=True)
class FraudRing:
    """
    `buyers` people at `addresses` streets who order `orders` times each, on average.

    From `begins` on they claim for a share of `claims` of their orders: `inquiries` of these as
    not received, the others as not as described.
    """

    buyers: int
    addresses: int
    orders: float
    claims: float
    inquiries: float
    begins: float

    def tells(self) -> str:
        """Say it in a sentence."""
        return f"{self.buyers} buyers at {self.addresses} addresses with false claims"


@dataclass(frozen=True, slots=True)
class Pause:
    """No orders from `begins` to `ends`."""

    begins: float
    ends: float

    def tells(self) -> str:
        """Say it in a sentence."""
        return "no orders"


@dataclass(frozen=True, slots=True)
class Season:
    """In calendar months, what happens `times` as often as usual, by kind and month."""

    times: Mapping[str, Mapping[int, float]]

    def tells(self) -> str:
        """Say it in a sentence."""
        return "; ".join(
            f"{kind} in month {month} x {times:g}"
            for kind, months in self.times.items()
            for month, times in months.items()
        )


@dataclass(frozen=True, slots=True)
class HostileText:
    """Hostile words wherever text is free; the words are the scenario's `texts`."""

    def tells(self) -> str:
        """Say it in a sentence."""
        return "hostile text in comments, messages, titles, file names, names, streets, logins"


Plant = BadBatch | CarrierStrike | FraudRing | Pause | Season | HostileText


@dataclass(frozen=True)
class Scenario:
    """
    What makes a world special.

    Parameters
    ----------
    name, summary : str
        What it is called, and one sentence that says what is planted where.
    plants : tuple
        What is planted: `BadBatch`, `CarrierStrike`, `FraudRing`, `Pause`, `Season`.
    volume : float
        The share of the returns asked for that there are.
    texts : Texts
        What people write.
    surprises : float
        The share of answers that are given an odd shape.

    Examples
    --------
    >>> find("bad-batch").plants[0].title
    'LED Desk Lamp, Dimmable'
    """

    name: str
    summary: str
    plants: tuple[Plant, ...] = ()
    volume: float = 1.0
    texts: Texts = field(default=PLAIN, repr=False)
    surprises: float = 0.0


USUAL = Scenario("usual", "Nothing is planted: the distributions of `odds`, everywhere.")

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        USUAL,
        Scenario(
            "holiday-peak",
            "Orders double in November and more in December, and what comes back follows them.",
            (
                Season(
                    {
                        "orders": {11: 2.0, 12: 2.6},
                        "inquiries": {12: 2.0, 1: 2.0},
                        "returns": {1: 1.5},
                    }
                ),
            ),
        ),
        Scenario(
            "bad-batch",
            "From the middle of the period on, one lamp comes back as not as described ten times"
            " as often.",
            (BadBatch("LED Desk Lamp, Dimmable", begins=0.5, times=10.0),),
        ),
        Scenario(
            "carrier-strike",
            "After the middle of the period parcels are late for some days: inquiries, and returns"
            " of what came late.",
            (CarrierStrike(0.55, 0.58, days=(7.0, 18.0), inquiries=8.0, returns=30.0),),
        ),
        Scenario(
            "fraud-ring",
            "Eight buyers at two addresses claim for nearly everything they order, from the second"
            " third of the period on.",
            (FraudRing(8, addresses=2, orders=9.0, claims=0.9, inquiries=0.4, begins=1 / 3),),
        ),
        Scenario(
            "quiet-shop",
            "A fortieth of the returns asked for, and before the last third of the period two"
            " weeks without orders.",
            (Pause(0.6, 0.6 + 14 / 365),),
            volume=1 / 40,
        ),
        Scenario(
            "adversarial",
            "Hostile text wherever text is free, and odd shapes in three of ten answers.",
            (HostileText(),),
            texts=ADVERSARIAL,
            surprises=0.3,
        ),
    )
}


def find(scenario: Scenario | str | None) -> Scenario:
    """
    Return a scenario by its name; None is the usual one.

    Raises
    ------
    InputError
        There is none of this name.
    """
    if isinstance(scenario, Scenario):
        return scenario
    try:
        return SCENARIOS[scenario or USUAL.name]
    except KeyError:
        raise InputError(
            f"no scenario is called {scenario!r}", advice=f"choose {', '.join(SCENARIOS)}"
        ) from None
