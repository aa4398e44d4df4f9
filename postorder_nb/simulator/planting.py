"""What a scenario plants, in one world: moments and ids instead of shares and titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from .odds import CATEGORY_REASONS, RETURN_REASONS, SNAD, Shares
from .orders import Columns, Numbers
from .records import Item, Order
from .scenarios import BadBatch, CarrierStrike, FraudRing, Pause, Plant, Scenario, Season
from .shop import titled

RING_NUMBERS = 900_000_000
FALSE_INQUIRIES = {"ITEM_NOT_RECEIVED_TRACKING_SHOWS_DELIVERED": 0.6, "EMPTY_BOX": 0.4}
FALSE_RETURNS = {"NOT_AS_DESCRIBED": 0.6, "MISSING_PARTS": 0.25, "FAKE_OR_COUNTERFEIT": 0.15}
LATE_INQUIRIES = {"LATE_ORDER": 5.0, "TRACKING_INFO_UNAVAILABLE": 3.0}


@dataclass(slots=True)
class Planted:
    """
    One thing that was planted: the truth to be found.

    It holds for orders placed (with a strike: handed over) from `since` up to `until`. `buyers`
    are logins, `orders` the ids of the orders that false claims were made for.
    """

    kind: str
    tells: str
    since: datetime
    until: datetime
    item_id: str | None = None
    buyers: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()


class Garden:
    """
    All that is planted in a world, as factors on its odds.

    Parameters
    ----------
    scenario : Scenario
        What to plant.
    first, now : datetime
        The period its shares of time are shares of.
    items : sequence of Item
        The stock.
    """

    def __init__(
        self, scenario: Scenario, first: datetime, now: datetime, items: Sequence[Item]
    ) -> None:
        self.items = items
        self.planted: list[Planted] = []
        self.batches: list[tuple[int, float, float]] = []
        self.strikes: list[tuple[float, float, CarrierStrike]] = []
        self.pauses: list[tuple[float, float]] = []
        self.rings: list[tuple[range, FraudRing, float]] = []
        self.seasons: list[Season] = []
        start, span = first.timestamp(), (now - first).total_seconds()

        def moment(share: float) -> float:
            return start + share * span

        for plant in scenario.plants:
            begins = moment(getattr(plant, "begins", 0.0))
            ends = moment(getattr(plant, "ends", 1.0))
            self._set(plant, begins, ends)

    def _set(self, plant: Plant, begins: float, ends: float) -> None:
        found = Planted(type(plant).__name__, plant.tells(), _at(begins), _at(ends))
        if isinstance(plant, BadBatch):
            place = titled(plant.title)
            self.batches.append((place, begins, plant.times))
            found.item_id = self.items[place].item_id
        elif isinstance(plant, CarrierStrike):
            self.strikes.append((begins, ends, plant))
        elif isinstance(plant, Pause):
            self.pauses.append((begins, ends))
        elif isinstance(plant, FraudRing):
            number = RING_NUMBERS + 1000 * len(self.rings)
            self.rings.append((range(number, number + plant.buyers), plant, begins))
        elif isinstance(plant, Season):
            self.seasons.append(plant)
        self.planted.append(found)

    @property
    def homes(self) -> list[tuple[range, int]]:
        """The numbers of people who live together, and at how many addresses."""
        return [(people, ring.addresses) for people, ring, _ in self.rings]

    def lied(self, number: int, order: Order) -> None:
        """Note that somebody of a ring made a false claim."""
        found = [planted for planted in self.planted if planted.kind == "FraudRing"]
        for planted, (people, _, _) in zip(found, self.rings, strict=True):
            if number in people:
                planted.buyers = tuple(sorted({*planted.buyers, order.buyer.login}))
                planted.orders = (*planted.orders, order.order_id)

    # -- whole columns -----------------------------------------------------------------------

    def month(self, kind: str, month: int) -> float:
        """Return the factor of a calendar month."""
        times = 1.0
        for season in self.seasons:
            times *= season.times.get(kind, {}).get(month, 1.0)
        return times

    def factor(self, kind: str, orders: Columns) -> Numbers | float:
        """Return how much likelier than usual each order leads to a record of a kind."""
        times: Numbers | float = 1.0
        if kind == "returns":
            for place, since, lift in self.batches:
                struck = (orders.item == place) & (orders.placed >= since)
                share = _snad_share(self.items[place])
                times = times * np.where(struck, 1 + share * (lift - 1), 1.0)
        for since, until, strike in self.strikes if kind in ("returns", "inquiries") else ():
            struck = _within(orders.dispatched, since, until)
            late = RETURN_REASONS["ARRIVED_LATE"] * (strike.returns - 1) + 1
            lift = strike.inquiries if kind == "inquiries" else late
            times = times * np.where(struck, lift, 1.0)
        return times

    def delay(self, orders: Columns, draw: np.random.RandomState) -> Numbers | float:
        """Return by how many seconds each parcel is later than usual."""
        late: Numbers | float = 0.0
        for since, until, strike in self.strikes:
            struck = _within(orders.dispatched, since, until)
            median, p95 = strike.days
            sigma = np.log(p95 / median) / 1.6448536269514722
            days = np.zeros(len(struck))
            days[struck] = median * np.exp(sigma * draw.standard_normal(int(struck.sum())))
            late = late + days * 86_400
        return late

    def closed(self, hours: Numbers) -> Numbers:
        """Tell for hours (in seconds since 1970) whether nobody orders in them."""
        shut = np.zeros(len(hours), dtype=bool)
        for since, until in self.pauses:
            shut |= _within(hours + 3600, since + 3600, until)
        return shut

    # -- single orders -----------------------------------------------------------------------

    def return_reasons(self, order: Order, weights: Mapping[str, float]) -> Mapping[str, float]:
        """Return the weights of the reasons for a return of an order."""
        placed, sent = order.placed_at.timestamp(), order.dispatch_at.timestamp()
        for place, since, lift in self.batches:
            if order.item is self.items[place] and placed >= since:
                weights = {r: w * (lift if r in SNAD else 1.0) for r, w in weights.items()}
        for begins, until, strike in self.strikes:
            if begins <= sent < until:
                late = weights["ARRIVED_LATE"] * strike.returns
                weights = {**weights, "ARRIVED_LATE": late}
        return weights

    def inquiry_reasons(self, order: Order, weights: Mapping[str, float]) -> Mapping[str, float]:
        """Return the weights of the reasons for an inquiry into an order."""
        sent = order.dispatch_at.timestamp()
        for begins, until, _ in self.strikes:
            if begins <= sent < until:
                weights = {r: w * LATE_INQUIRIES.get(r, 1.0) for r, w in weights.items()}
        return weights


def _at(second: float) -> datetime:
    return datetime.fromtimestamp(round(second), UTC)


def _within(moments: Numbers, since: float, until: float) -> Numbers:
    inside: Numbers = (moments >= since) & (moments < until)
    return inside


def return_weights(item: Item) -> Shares[str]:
    """Return the usual weights of the reasons for a return of an item."""
    tilt = CATEGORY_REASONS[item.category]
    trouble = max(1.0, item.trouble) ** 0.5
    return Shares(
        {
            reason: share * tilt.get(reason, 1.0) * (trouble if reason in SNAD else 1.0)
            for reason, share in RETURN_REASONS.items()
        }
    )


def _snad_share(item: Item) -> float:
    weights = return_weights(item)
    return sum(w for r, w in weights.items() if r in SNAD) / sum(weights.values())
