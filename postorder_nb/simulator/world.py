"""The simulated shop's whole truth: its orders and what became of some of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from threading import RLock
from typing import Any, Generic, TypeVar

from ..errors import InputError
from . import settle
from .births import Births
from .clock import Clock
from .ledger import Moved
from .odds import MONTH, PER_ORDER, Dice
from .orders import LEAD_DAYS, Orders
from .records import Buyer, Cancellation, Case, Inquiry, Item, Order, Record, Return
from .shop import goods

R = TypeVar("R", bound=Record)


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
        insort(self._sorted, record, key=_opened)
        return record

    def between(self, first: datetime | None, last: datetime | None) -> list[R]:
        """Return what was opened from `first` to `last`, both included, oldest first."""
        begin = 0 if first is None else bisect_left(self._sorted, first, key=_opened)
        end = len(self) if last is None else bisect_right(self._sorted, last, key=_opened)
        return self._sorted[begin:end]


def _opened(record: Record) -> datetime:
    return record.created_at


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
    ledger : list of Moved
        Every movement of money since the world began to move, oldest first.
    fresh : list
        What was put here and is not watched yet: records, and until when they were told.
    rma_required : bool
        Whether the seller asks for an RMA number.
    """

    def __init__(
        self, *, returns: int, days: int, seed: int, clock: Clock, marketplace: str = "EBAY_US"
    ) -> None:
        self.lock = RLock()
        self.clock = clock
        now = clock.now()
        self.first = now - timedelta(days=days)
        self.marketplace = marketplace
        self.seller = "tidy_harbor_outlet"
        dice = Dice(seed)
        stock = goods(dice, marketplace)
        self.items: dict[str, Item] = {item.item_id: item for item in stock}
        self.orders = Orders(stock, dice, self.first - timedelta(days=LEAD_DAYS), now)
        self.returns: Shelf[Return] = Shelf()
        self.inquiries: Shelf[Inquiry] = Shelf()
        self.cases: Shelf[Case] = Shelf()
        self.cancellations: Shelf[Cancellation] = Shelf()
        self.buyers: dict[str, Buyer] = {}
        self.ledger: list[Moved] = []
        self.fresh: list[tuple[Record, datetime]] = []
        self.rma_required = False
        self._births = Births(dice, self.orders, self.seller, marketplace)
        self._dice = dice
        self._by_order: dict[str, list[Record]] = {}
        self._populate(returns, days, now)

    def order(self, order_id: str) -> Order | None:
        """Return the order of this id, in its new or its old form."""
        order = self.orders.get(order_id)
        if order:
            return order
        known = self._by_order.get(order_id)
        return known[0].order if known else None

    def records_of(self, order_id: str) -> list[Record]:
        """Return the records opened on an order."""
        return self._by_order.get(order_id, [])

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

    def _populate(self, returns: int, days: int, now: datetime) -> None:
        sold = returns / PER_ORDER["returns"]
        self.orders.fill(self._dice, round(sold * (days + LEAD_DAYS) / max(days, 1)))
        for created_at in self._moments("returns", returns, days):
            self._open_return(created_at, None, None, now)
        count = round(sold * PER_ORDER["inquiries"])
        for created_at in self._moments("inquiries", count, days):
            self._open_inquiry(created_at, None, None, now)
        requests = [
            request
            for kind in ("buyer", "seller")
            for _ in range(round(sold * PER_ORDER[f"{kind}_cancels"]))
            if (request := self._births.cancel_request(kind, self.first, now))
        ]
        for created_at, order, requestor, reason in sorted(requests, key=lambda r: r[0]):
            record = self._births.cancellation(created_at, order, requestor, reason, now)
            self._shelve(self.cancellations, record)

    def _moments(self, kind: str, count: int, days: int) -> list[datetime]:
        """Draw `count` moments over the days, more of them in busy months."""
        if not count:
            return []
        busy = MONTH[kind]
        weights = [busy.get((self.first + timedelta(days=day)).month, 1.0) for day in range(days)]
        seconds = sorted(
            int((day + self._dice.random()) * 86400)
            for day in self._dice.choices(range(days), weights, k=count)
        )
        return [self.first + timedelta(seconds=second) for second in seconds]

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
        order = record.order
        for order_id in {order.order_id, order.legacy_id}:
            self._by_order.setdefault(order_id, []).append(record)
        return shelf.put(record)

    def _open_return(
        self, created_at: datetime, reason: str | None, order: Order | None, now: datetime
    ) -> Return:
        record, story = self._births.a_return(created_at, reason, order, now)
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
