"""The simulated shop's whole truth: its orders and what became of some of them."""

from __future__ import annotations

import gc
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from threading import RLock
from typing import Any, Generic, TypeVar

from ..errors import InputError
from . import settle
from .births import Births
from .clock import Clock
from .deadlines import WEEK_REFUND_DUE, ZONES
from .demand import Claim, Demand
from .ledger import Moved
from .odds import Dice
from .orders import Orders
from .planting import Garden, Planted
from .records import Buyer, Cancellation, Case, Inquiry, Item, Order, Record, Return
from .scenarios import Scenario, find
from .shop import Crowd, goods

R = TypeVar("R", bound=Record)
_CANCELLERS = {"buyer_cancels": "BUYER", "seller_cancels": "SELLER"}


class Shelf(Mapping[str, R], Generic[R]):
    """Records of one kind by id, kept in the order they were opened."""

    def __init__(self) -> None:
        self._by_id: dict[str, R] = {}
        self._sorted: list[R] = []

    def __getitem__(self, record_id: str) -> R:
        return self._by_id[record_id]

    def __iter__(self) -> Iterator[str]:
        return (record.id for record in self._sorted)

    def __len__(self) -> int:
        return len(self._by_id)

    def put(self, record: R) -> R:
        """Add a record."""
        self._by_id[record.id] = record
        if self._sorted and record.created_at < self._sorted[-1].created_at:
            insort(self._sorted, record, key=_opened)
        else:
            self._sorted.append(record)
        return record

    def between(self, first: datetime | None, last: datetime | None) -> list[R]:
        """Return what was opened from `first` to `last`, both included, oldest first."""
        begin = 0 if first is None else bisect_left(self._sorted, first, key=_opened)
        end = len(self) if last is None else bisect_right(self._sorted, last, key=_opened)
        return self._sorted[begin:end]


def _opened(record: Record) -> datetime:
    return record.created_at


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Spare the collector looking at millions of new objects, none of which is garbage."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.freeze()
            gc.unfreeze()  # by this they have become old without having been looked at
            gc.enable()


class World:
    """
    One seller's shop over a stretch of days.

    Parameters
    ----------
    returns : int
        How many returns were opened; all else is in proportion to the orders behind them.
    days : int
        Over how many days before `now`.
    seed : int
        The same seed and `now` make the same world.
    clock : Clock
        What time it is: where all stories stop.
    marketplace : str
        The seller's home: where most is sold, and in whose currency the seller is paid.
    scenario : Scenario, str or None
        What is planted; None: nothing. See `postorder_nb.simulator.scenarios`.

    Attributes
    ----------
    returns, inquiries, cases, cancellations : Shelf
        The records by id, oldest first.
    orders : Orders
        All orders by id.
    items : dict of str to Item
        The listings by item id.
    buyers : dict of str to Buyer
        Everybody who opened a record, by login.
    scenario : Scenario
        What was to be planted.
    planted : tuple of Planted
        What was: moments, and the ids of the item, the buyers and the orders concerned.
    ledger : list of Moved
        Every movement of money since the world began to move, oldest first.
    fresh : list
        What was put here and is not watched yet: records, and until when they were told.
    rma_required : bool
        Whether the seller asks for an RMA number.
    """

    def __init__(
        self,
        *,
        returns: int,
        days: int,
        seed: int,
        clock: Clock,
        marketplace: str = "EBAY_US",
        scenario: Scenario | str | None = None,
    ) -> None:
        self.lock = RLock()
        self.clock = clock
        now = clock.now()
        self.first = now - timedelta(days=days)
        self.marketplace = marketplace
        self.seller = "tidy_harbor_outlet"
        self.scenario = find(scenario)
        texts = self.scenario.texts
        dice = Dice(seed)
        stock = goods(dice, marketplace, texts)
        self.items: dict[str, Item] = {item.item_id: item for item in stock}
        garden = Garden(self.scenario, self.first, now, stock)
        self.crowd = Crowd(texts, garden.homes)
        self.orders = Orders(stock, self.crowd, dice.randrange(10**5))
        self.returns: Shelf[Return] = Shelf()
        self.inquiries: Shelf[Inquiry] = Shelf()
        self.cases: Shelf[Case] = Shelf()
        self.cancellations: Shelf[Cancellation] = Shelf()
        self.buyers: dict[str, Buyer] = {}
        self.ledger: list[Moved] = []
        self.fresh: list[tuple[Record, datetime]] = []
        self.rma_required = False
        self._births = Births(
            dice, self.orders, garden, texts, seller=self.seller, home=marketplace
        )
        self._demand = Demand(
            self.orders, garden, seed, first=self.first, now=now, zone=ZONES[marketplace]
        )
        self._coming: list[Claim] = []
        self._garden = garden
        self.planted: tuple[Planted, ...] = tuple(garden.planted)
        self._dice = dice
        self._by_order: dict[str, Record | tuple[Record, ...]] = {}
        with _collector_off():
            self._populate(round(returns * self.scenario.volume), now)

    def order(self, order_id: str) -> Order | None:
        """Return the order of this id, in its new or its old form."""
        order = self.orders.get(order_id)
        if order:
            return order
        known = self.records_of(order_id)
        if known:
            return known[0].order
        item_id, _, transaction_id = order_id.partition("-")
        return self.orders.line(item_id, transaction_id)

    def records_of(self, order_id: str) -> list[Record]:
        """Return the records opened on an order."""
        known = self._by_order.get(order_id, ())
        return list(known) if isinstance(known, tuple) else [known]

    def shelf(self, kind: type[R]) -> Shelf[R]:
        """Return the shelf of a kind of record."""
        shelves: dict[type[Record], Any] = {
            Return: self.returns,
            Inquiry: self.inquiries,
            Case: self.cases,
            Cancellation: self.cancellations,
        }
        found: Shelf[R] = shelves[kind]
        return found

    def _populate(self, returns: int, now: datetime) -> None:
        for claim in self._demand.begin(returns):
            if claim.at > now.timestamp():
                heappush(self._coming, claim)
            else:
                self._tell(claim, now)
        for _ in range(returns - len(self.returns)):
            self._open_return(self._moments(now), None, None, now)

    def _tell(self, claim: Claim, now: datetime) -> None:
        """Open what came of an order, and tell it until now."""
        order, opened, reason = self._claimed(claim)
        if claim.kind == "returns":
            self._open_return(opened, reason, order, now, _at(claim.delivered))
        elif claim.kind == "inquiries":
            self._open_inquiry(opened, reason, order, now)
        else:
            actor = _CANCELLERS[claim.kind]
            why = self._births.cancel_reason(actor, unpaid=claim.unpaid)
            record = self._births.cancellation(opened, order, actor, why, now)
            self._shelve(self.cancellations, record)

    def _claimed(self, claim: Claim) -> tuple[Order, datetime, str | None]:
        """Take a claim's order; returns it, when that is, and the reason of a false claim."""
        order = self.orders.claim(claim.order, paid=not claim.unpaid)
        if not claim.false:
            return order, _at(claim.at), None
        self._garden.lied(self.orders.number(claim.order), order)
        return order, _at(claim.at), self._births.false_reason(claim.kind)

    def _moments(self, now: datetime) -> datetime:
        """Draw any moment of the period."""
        span = int((now - self.first).total_seconds())
        return self.first + timedelta(seconds=self._dice.randrange(span))

    # -- what is still to come -----------------------------------------------------------------

    def next_arrival(self, share: float = 1.0) -> datetime | None:
        """
        Return when somebody opens something next, as the odds have it; None if nobody ever does.

        Orders are placed day by day as far as that needs, at the rate of the days before. With
        `share` below 1 only so many of those who would come do.
        """
        with self.lock:
            if share <= 0 or not self._demand.sells:
                return None
            while True:
                while self._coming and self._stays_away(self._coming[0], share):
                    heappop(self._coming)
                if self._coming and self._coming[0].at < self._demand.until:
                    return _at(self._coming[0].at)
                for claim in self._demand.next_day():
                    heappush(self._coming, claim)

    def _stays_away(self, claim: Claim, share: float) -> bool:
        drawn = claim.order * 2654435761 % 2**32 / 2**32
        return drawn >= share or self.orders.taken(claim.order)

    def arrive(self) -> tuple[Record, str, dict[str, Any], dict[str, Any]]:
        """
        Put what arrives next on its shelf: nothing has happened to it yet.

        Returns the record, and of the act that opens it (``create``) the actor, the facts and the
        attributes.
        """
        with self.lock:
            claim = heappop(self._coming)
            order, opened, reason = self._claimed(claim)
            record: Record
            if claim.kind == "returns":
                record = self._births.new_return(opened, reason, order, _at(claim.delivered))
                self._begin(self.returns, record)
                facts = {"comments": record.comments}
                return record, "BUYER", facts, {"sellerRefundWindow": WEEK_REFUND_DUE}
            if claim.kind == "inquiries":
                record = self._births.new_inquiry(opened, reason, order)
                self._begin(self.inquiries, record)
                return record, "BUYER", {"comments": record.comments}, {}
            actor = _CANCELLERS[claim.kind]
            why = self._births.cancel_reason(actor, unpaid=claim.unpaid)
            return self.new_cancellation(order, actor, why, opened), actor, {}, {}

    # -- adding ------------------------------------------------------------------------------

    def add_return(
        self,
        created_at: datetime | None = None,
        *,
        reason: str | None = None,
        order: Order | None = None,
    ) -> Return:
        """
        Open a return at `created_at` (default: now) and let it go on until now.

        Safe from any thread; what is not given is drawn. Raises `InputError` when `created_at`
        has no time zone or lies after now.
        """
        with self.lock:
            return self._open_return(self._moment(created_at), reason, order, self.clock.now())

    def add_inquiry(
        self,
        created_at: datetime | None = None,
        *,
        reason: str | None = None,
        order: Order | None = None,
    ) -> Inquiry:
        """Open an inquiry, as `add_return` opens a return."""
        with self.lock:
            return self._open_inquiry(self._moment(created_at), reason, order, self.clock.now())

    def add_case(self, created_at: datetime | None = None) -> Case:
        """Open an inquiry some days before `created_at` that is escalated then."""
        with self.lock:
            moment = self._moment(created_at)
            parent = self._births.escalated_inquiry(moment, self.clock.now())
            self._shelve(self.inquiries, parent)
            return self._shelve(self.cases, self._births.case(parent, self.clock.now())[0])

    def add_cancellation(
        self,
        created_at: datetime | None = None,
        *,
        requestor: str = "BUYER",
        reason: str | None = None,
        order: Order | None = None,
    ) -> Cancellation:
        """Open a cancellation, as `add_return` opens a return."""
        with self.lock:
            moment = self._moment(created_at)
            order = order or self.orders.place(self._dice, moment - timedelta(hours=1))
            record = self._births.cancellation(moment, order, requestor, reason, self.clock.now())
            return self._shelve(self.cancellations, record)

    def _moment(self, created_at: datetime | None) -> datetime:
        if created_at is None:
            return self.clock.now()
        if created_at.tzinfo is None:
            raise InputError("created_at needs a time zone", advice="pass an aware datetime")
        if created_at > self.clock.now():
            raise InputError("created_at lies after now", advice="pass a moment up to clock.now()")
        return created_at

    # -- keeping -----------------------------------------------------------------------------

    def open_case(self, parent: Inquiry | Return, at: datetime) -> Case:
        """Open the case of a record that is escalated at `at`."""
        return self._shelve(self.cases, self._births.case(parent, at)[0], told_at=at)

    def new_return(self, order: Order, reason: str, at: datetime) -> Return:
        """Put a return on its shelf to which nothing has happened yet."""
        record = self._births.new_return(at, reason, order)
        record.rma_required = self.rma_required
        return self._begin(self.returns, record)

    def new_inquiry(self, order: Order, reason: str, at: datetime) -> Inquiry:
        """Put an inquiry on its shelf, as `new_return` does a return."""
        return self._begin(self.inquiries, self._births.new_inquiry(at, reason, order))

    def new_cancellation(
        self, order: Order, requestor: str, reason: str | None, at: datetime
    ) -> Cancellation:
        """Put a cancellation on its shelf, as `new_return` does a return."""
        record = self._births.new_cancellation(at, order, requestor, reason)
        return self._begin(self.cancellations, record)

    def _begin(self, shelf: Shelf[R], record: R) -> R:
        self.orders.take(record.order)
        return self._shelve(shelf, record, told_at=record.created_at)

    def _shelve(self, shelf: Shelf[R], record: R, told_at: datetime | None = None) -> R:
        if record.open or isinstance(record, Case):
            self.fresh.append((record, told_at or self.clock.now()))
        self.buyers[record.buyer.login] = record.buyer
        order, known = record.order, self._by_order
        for order_id in (order.order_id,) if order.paid else (order.order_id, order.legacy_id):
            # Nearly all orders have one record, which then needs no tuple around it.
            first = known.setdefault(order_id, record)
            if first is not record:
                known[order_id] = (*self.records_of(order_id), record)
        return shelf.put(record)

    def _open_return(
        self,
        created_at: datetime,
        reason: str | None,
        order: Order | None,
        now: datetime,
        delivered_at: datetime | None = None,
    ) -> Return:
        record, story = self._births.a_return(created_at, reason, order, now, delivered_at)
        if record.escalated_at:
            case, decided_at = self._births.case(record, now)
            self._shelve(self.cases, case)
            if decided_at:
                story.close(decided_at, "SYSTEM", "SYSTEM_CLOSE_RETURN", "ESCALATED")
                settle.follow(record, case)
        return self._shelve(self.returns, record)

    def _open_inquiry(
        self, created_at: datetime, reason: str | None, order: Order | None, now: datetime
    ) -> Inquiry:
        record = self._births.inquiry(created_at, reason, order, now)
        if record.escalated_at:
            self._shelve(self.cases, self._births.case(record, now)[0])
        return self._shelve(self.inquiries, record)

    def refunded(self) -> dict[str, Decimal]:
        """Return what the seller refunded over all records, by currency."""
        sums: dict[str, Decimal] = {}
        for shelf in (self.returns, self.inquiries, self.cases, self.cancellations):
            for record in shelf.values():
                inside = isinstance(record, Case) and isinstance(record.parent, Return)
                if record.refund and not inside:
                    money = record.refund
                    sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
        return sums
