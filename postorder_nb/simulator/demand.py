"""Who orders when, and what becomes of the orders: the outline of all records of a world."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from .deadlines import CANCEL_UNPAID_DAYS, LATEST_DELIVERY_DAYS
from .odds import (
    BUYER_CANCEL_UNPAID,
    CANCEL_AT_ONCE,
    HOUR,
    INQUIRY_LATE,
    INQUIRY_MOST,
    MONTH,
    PER_ORDER,
    RANK,
    RETURN_DAYS,
    RETURN_LEAST,
    RETURN_MOST,
    SELLER_CANCEL_REASONS,
    SERIAL,
    TRANSIT_DAYS,
    WEEKDAY,
)
from .orders import Columns, Numbers, Orders
from .planting import RING_NUMBERS, Garden

LEAD_DAYS = 60
DAY, HOUR_SECONDS = 86_400, 3600
# In this order they take an order: the first to happen first.
KINDS = ("buyer_cancels", "seller_cancels", "inquiries", "returns")
_RUN = 1_000_000
_P95 = 1.6448536269514722


class Claim(NamedTuple):
    """
    A record to be: when it is opened, its kind, its order, and when the parcel was there.

    `order` is the index of its order, `unpaid` is for cancellations, `false` for claims of a
    fraud ring.
    """

    at: int
    kind: str
    order: int
    delivered: int
    unpaid: bool = False
    false: bool = False


class _Draw(NamedTuple):
    """A run of orders: key, moment, delivery, index, unpaid, false; and the weights' sums."""

    table: Numbers
    planned: float
    usual: float


class Demand:
    """
    The making of orders, and of the claims that come of them.

    Each order gets, for each kind of record, a moment and an exponential draw divided by its
    weight; the orders with the smallest draws are chosen. For what lies before now the level is
    set so that the numbers are as asked for; the same level goes on to hold afterwards.

    Its draws come from `numpy.random.RandomState`, whose streams never change.
    """

    def __init__(
        self,
        orders: Orders,
        garden: Garden,
        seed: int,
        *,
        first: datetime,
        now: datetime,
        zone: ZoneInfo,
    ) -> None:
        self.orders = orders
        self.garden = garden
        self.crowd = 1
        self.level: dict[str, float] = dict.fromkeys(KINDS, -1.0)
        self.until = int(now.timestamp())
        self._first = int(first.timestamp())
        self._seed = seed % 2**32
        self._zone = zone
        self._rate = 0.0
        self._start = (self._first - LEAD_DAYS * DAY) // HOUR_SECONDS
        self._local = np.zeros((0, 3), dtype=np.int64)
        self._factors: dict[str, Numbers] = {}

    @property
    def sells(self) -> bool:
        """Whether the shop has any orders."""
        return self._rate > 0

    # -- the calendar ------------------------------------------------------------------------

    def busy(self, kind: str, moments: Numbers) -> Numbers:
        """Return the factor of the calendar for moments: local month, weekday and hour."""
        if not len(moments):
            return np.ones(0)
        hours = moments // HOUR_SECONDS - self._start
        last = int(hours.max())
        if last >= len(self._local):
            self._look_ahead(last + 24 * 90)
        factors = self._factors.get(kind)
        if factors is None or len(factors) <= last:
            factors = self._factors[kind] = self._table(kind)
        found: Numbers = factors[hours.astype(np.int64)]
        return found

    def _look_ahead(self, hours: int) -> None:
        """Extend the calendar; a day's offset from UTC is that of its first hour."""
        begin = self._start + len(self._local)
        stop = self._start + hours
        moments = np.arange(begin, stop) * HOUR_SECONDS
        days, place = np.unique(moments // DAY, return_inverse=True)
        offsets = [
            datetime.fromtimestamp(day * DAY, self._zone).utcoffset() or timedelta(0)
            for day in days.tolist()
        ]
        local = moments + np.array([offset.total_seconds() for offset in offsets])[place]
        months = local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12 + 1
        weekdays = (local // DAY + 3) % 7  # 1 January 1970 was a Thursday
        found = np.array([months, weekdays, local % DAY // HOUR_SECONDS], dtype=np.int64).T
        self._local = np.concatenate([self._local, found])

    def _table(self, kind: str) -> Numbers:
        usual = MONTH.get(kind, {})
        months = [1.0, *(usual.get(m, 1.0) * self.garden.month(kind, m) for m in range(1, 13))]
        month, weekday, hour = self._local.T
        table: Numbers = np.array(months)[month] * np.array(WEEKDAY)[weekday]
        table *= np.array(HOUR)[hour]
        return table

    # -- orders ------------------------------------------------------------------------------

    def begin(self, returns: int) -> list[Claim]:
        """
        Place the orders up to now, and choose what becomes of them.

        Returns all claims, those that lie after now included, oldest first.
        """
        draw = np.random.RandomState(self._seed)
        hours = np.arange(self._start, self.until // HOUR_SECONDS + 1) * HOUR_SECONDS
        weights = self._hour_weights(hours)
        inside = hours >= self._first
        if not returns:
            return []
        sold = returns / PER_ORDER["returns"]
        self._rate = sold / weights[inside].sum()
        count = round(self._rate * weights.sum())
        self.crowd = count // 3 + 1
        start = self._place(draw, hours, weights, count)
        return sorted(self._claims(draw, start, round(sold) or 1, returns))

    def next_day(self) -> list[Claim]:
        """Place the orders of the 24 hours that follow, and choose what becomes of them."""
        draw = np.random.RandomState([self._seed, self.until % 2**32])
        begin, self.until = self.until, self.until + DAY
        hours = np.arange(begin // HOUR_SECONDS, self.until // HOUR_SECONDS + 1) * HOUR_SECONDS
        weights = self._hour_weights(hours)
        weights[0] *= 1 - begin % HOUR_SECONDS / HOUR_SECONDS
        weights[-1] *= self.until % HOUR_SECONDS / HOUR_SECONDS
        count = int(draw.poisson(self._rate * weights.sum()))
        start = self._place(draw, hours, weights, count, since=begin)
        return sorted(self._claims(draw, start))

    def _hour_weights(self, hours: Numbers) -> Numbers:
        weights = self.busy("orders", hours)
        return np.where(self.garden.closed(hours), 0.0, weights)

    def _place(
        self, draw: np.random.RandomState, hours: Numbers, weights: Numbers, count: int,
        since: int | None = None,
    ) -> int:  # fmt: skip
        """Draw `count` orders within the hours; none lies outside of what is to be filled."""
        low = np.maximum(hours, since if since is not None else hours[0])
        width = np.minimum(hours + HOUR_SECONDS, self.until) - low
        weights = np.where(width > 0, weights, 0.0)
        if not count or not weights.any():
            return self.orders.count
        each = draw.multinomial(count, weights / weights.sum())
        placed = np.repeat(low, each)
        placed += (draw.random_sample(count) * np.repeat(width, each)).astype(np.int64)
        placed.sort()
        shares = np.cumsum([thing.popularity for thing in self.orders.items_sold])
        item = np.searchsorted(shares, draw.random_sample(count) * shares[-1], side="right")
        buyer = (self.crowd * draw.random_sample(count) ** RANK).astype(np.int64)
        self._ring(draw, placed, item, buyer)
        return self.orders.append(placed, item, buyer).start

    def _ring(
        self, draw: np.random.RandomState, placed: Numbers, item: Numbers, buyer: Numbers
    ) -> None:
        """Give orders of the home market to the people of rings."""
        stock = self.orders.items_sold
        home = np.array([thing.marketplace == stock[0].marketplace for thing in stock])
        for people, ring, since in self.garden.rings:
            candidates = np.flatnonzero((placed >= since) & home[item])
            whole = self._rate_share(since)
            count = min(len(candidates) // 20, int(draw.poisson(ring.buyers * ring.orders * whole)))
            chosen = draw.choice(candidates, count, replace=False)
            buyer[chosen] = draw.randint(people.start, people.stop, count)

    def _rate_share(self, since: float) -> float:
        """Return which part of a ring's orders falls into what is being placed."""
        return 1.0 if self.orders.count == 0 else DAY / max(DAY, self.until - since)

    # -- what becomes of them ----------------------------------------------------------------

    def _claims(
        self, draw: np.random.RandomState, start: int, sold: int = 0, returns: int = 0
    ) -> Iterator[Claim]:
        """Choose among the orders from an index on; `sold` and `returns` set the levels."""
        if start == self.orders.count:
            return
        free = np.ones(self.orders.count - start, dtype=bool)
        for kind in KINDS:
            runs = range(start, self.orders.count, _RUN)
            far = 4 * PER_ORDER[kind] if sold and len(runs) > 1 else np.inf
            parts, planned, usual = [], 0.0, 0.0
            for begin in runs:
                part = self._draw(draw, kind, begin, free[begin - start : begin - start + _RUN])
                planned, usual = planned + part.planned, usual + part.usual
                parts.append(part.table[:, part.table[0] <= (far if sold else self.level[kind])])
            key, at, delivered, index, unpaid, false = np.concatenate(parts, axis=1)
            if sold:
                more = planned / usual if usual else 1.0
                count = returns if kind == "returns" else round(sold * PER_ORDER[kind] * more)
                self.level[kind] = _smallest(key[at <= self.until], count)
            chosen = key <= self.level[kind]
            free[index[chosen].astype(np.int64) - start] = False
            rows = (at, index, delivered, unpaid, false)
            for moment, place, there, owed, lie in zip(
                *(r[chosen].tolist() for r in rows), strict=True
            ):
                yield Claim(int(moment), kind, int(place), int(there), owed > 0, lie > 0)

    def _draw(self, draw: np.random.RandomState, kind: str, begin: int, free: Numbers) -> _Draw:
        """Draw a moment and a key for each order of a run."""
        columns = self.orders.columns(begin, begin + len(free))
        at, delivered, unpaid = getattr(self, f"_{kind}")(draw, columns)
        usual = self._weights(kind, columns)
        if kind in ("returns", "inquiries"):
            usual = usual * self.busy(kind, at)
        weights = usual * self.garden.factor(kind, columns)
        key = draw.standard_exponential(len(at)) / np.maximum(weights, 1e-12)
        key[~free | (at < self._first)] = np.inf
        false = self._false(kind, columns, key)
        index = np.arange(begin, begin + len(free))
        table = np.array([key, at, delivered, index, unpaid, false], dtype=np.float64)
        return _Draw(table, float(weights.sum()), float(usual.sum()))

    def _weights(self, kind: str, columns: Columns) -> Numbers:
        if kind != "returns":
            return np.ones(len(columns.placed))
        every, which, times = SERIAL
        trouble = np.array([item.trouble for item in self.orders.items_sold])
        keen = np.where(columns.buyer % every == which, times, 1.0)
        weights: Numbers = trouble[columns.item] * keen
        return weights

    def _false(self, kind: str, columns: Columns, key: Numbers) -> Numbers:
        """Let the rings claim for what they want to claim for, and for nothing else."""
        false = np.zeros(len(key), dtype=bool)
        for people, ring, _ in self.garden.rings:
            members = np.flatnonzero(columns.buyer // 1000 == people.start // 1000)
            members = members[columns.buyer[members] >= RING_NUMBERS]
            # The same part of the draw for both kinds: nobody claims twice for one order.
            want = columns.mixed[members] % 1000 / 1000
            split = ring.claims * ring.inquiries
            wish = {
                "inquiries": want < split,
                "returns": (want >= split) & (want < ring.claims),
            }.get(kind, np.zeros(len(members), dtype=bool))
            ready = np.isfinite(key[members])
            key[members] = np.where(wish & ready, 0.0, np.inf)
            false[members] = wish & ready
        return false

    def _returns(
        self, draw: np.random.RandomState, columns: Columns
    ) -> tuple[Numbers, Numbers, Numbers]:
        count = len(columns.placed)
        low, high = TRANSIT_DAYS
        way = (low + (high - low) * draw.random_sample(count)) * DAY
        delivered = columns.dispatched + way + self.garden.delay(columns, draw)
        median, p95 = RETURN_DAYS
        sigma = np.log(p95 / median) / _P95
        days = median * np.exp(sigma * draw.standard_normal(count))
        after = np.clip(days, RETURN_LEAST, RETURN_MOST) * DAY
        at = (delivered + after).astype(np.int64)
        return at, delivered.astype(np.int64), np.zeros(count, dtype=bool)

    def _inquiries(
        self, draw: np.random.RandomState, columns: Columns
    ) -> tuple[Numbers, Numbers, Numbers]:
        count = len(columns.placed)
        late = np.minimum(draw.geometric(INQUIRY_LATE, count), INQUIRY_MOST)
        days = LATEST_DELIVERY_DAYS + late + draw.random_sample(count)
        at = (columns.dispatched + days * DAY).astype(np.int64)
        return at, at, np.zeros(count, dtype=bool)

    def _buyer_cancels(
        self, draw: np.random.RandomState, columns: Columns
    ) -> tuple[Numbers, Numbers, Numbers]:
        unpaid = draw.random_sample(len(columns.placed)) < BUYER_CANCEL_UNPAID
        at = columns.placed + self._before_dispatch(draw, columns)
        return at, at, unpaid

    def _seller_cancels(
        self, draw: np.random.RandomState, columns: Columns
    ) -> tuple[Numbers, Numbers, Numbers]:
        count = len(columns.placed)
        unpaid = draw.random_sample(count) < SELLER_CANCEL_REASONS["ORDER_UNPAID"]
        hours = 20 * np.exp(np.log(5) / _P95 * draw.standard_normal(count))
        waited = (CANCEL_UNPAID_DAYS * DAY + hours * HOUR_SECONDS).astype(np.int64)
        soon = self._before_dispatch(draw, columns)
        at = columns.placed + np.where(unpaid, waited, soon)
        return at, at, unpaid

    def _before_dispatch(self, draw: np.random.RandomState, columns: Columns) -> Numbers:
        count = len(columns.placed)
        part, latest = draw.random_sample(count), columns.dispatched - columns.placed
        soon = draw.random_sample(count) < CANCEL_AT_ONCE
        low, high = np.where(soon, 60, HOUR_SECONDS), np.where(soon, HOUR_SECONDS, latest)
        waits: Numbers = (low + part * (high - low)).astype(np.int64)
        return waits


def _smallest(keys: Numbers, count: int) -> float:
    """Return up to which key there are `count`; less than any where none is wanted."""
    keys = keys[np.isfinite(keys)]
    if not count or not len(keys):
        return -1.0
    count = min(count, len(keys))
    return float(np.partition(keys, count - 1)[count - 1])
