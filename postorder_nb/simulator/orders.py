"""The orders behind the after-sale records: many, so kept as compact rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from .odds import MONTH, Dice
from .records import Item, Order
from .shop import buyer

LEAD_DAYS = 60
_BLOCK = 100_000
_STRIDE = 48_271
_FIRST_LINE = 1_000_000_000_013
_LINE_STRIDE = 1009
_EXTRA = 90_000_000


class Orders(Mapping[str, Order]):
    """
    All orders by order id, oldest first; an `Order` is built when it is asked for.

    They begin `LEAD_DAYS` before the records do, for what comes back early in the period was
    bought before it. `between` counts the orders of a period: the denominator of a rate.
    """

    def __init__(self, items: Sequence[Item], dice: Dice, first: datetime, last: datetime) -> None:
        self.items_sold = items
        self.first = first
        self._salt = dice.randrange(_BLOCK)
        self._placed: array[int] = array("q")
        self._item: array[int] = array("H")
        self._buyer: array[int] = array("L")
        self._last = last
        self._extra: dict[str, Order] = {}
        self._taken: set[int] = set()
        self._unpaid: set[int] = set()

    def fill(self, dice: Dice, count: int) -> None:
        """Draw `count` orders between the first moment and the last."""
        if not count:
            return
        span = (self._last - self.first).total_seconds()
        days = max(1, int(span // 86400))
        weights = [
            MONTH["orders"].get((self.first + timedelta(days=day)).month, 1.0)
            for day in range(days)
        ]
        start, width = self.first.timestamp(), span / days
        self._placed = array(
            "q",
            sorted(
                int(start + (day + dice.random()) * width)
                for day in dice.choices(range(days), weights, k=count)
            ),
        )
        shares = [1.0 + (index * 7 % 5) for index in range(len(self.items_sold))]
        self._item = array("H", dice.choices(range(len(shares)), shares, k=count))
        crowd = count // 3 + 1
        self._buyer = array("L", [int(crowd * dice.random() ** 1.3) for _ in range(count)])

    def _id(self, index: int) -> str:
        block, place = divmod(index, _BLOCK)
        return f"{10 + block % 90}-{self._salt:05d}-{place * _STRIDE % _BLOCK:05d}"

    def _extra_id(self, number: int) -> str:
        return f"99-{self._salt:05d}-{number:05d}"

    def _index(self, order_id: str) -> int | None:
        try:
            block, salt, place = (int(part) for part in order_id.split("-"))
        except ValueError:
            return None
        index = (block - 10) * _BLOCK + place * pow(_STRIDE, -1, _BLOCK) % _BLOCK
        known = salt == self._salt and 0 <= index < len(self._placed)
        return index if known and self._id(index) == order_id else None

    def _build(self, index: int) -> Order:
        return self._order(
            self._id(index),
            index,
            self.items_sold[self._item[index]],
            self._buyer[index],
            datetime.fromtimestamp(self._placed[index], UTC),
        )

    def _order(self, order_id: str, index: int, item: Item, who: int, placed: datetime) -> Order:
        mixed = (index + 7) * 2246822519 % 2**32
        taxed = item.marketplace == "EBAY_US" and mixed % 10 > 0
        return Order(
            order_id=order_id,
            transaction_id=str(_FIRST_LINE + index * _LINE_STRIDE),
            item=item,
            buyer=buyer(who, item.marketplace),
            quantity=1 if mixed % 100 < 93 else 2 + mixed % 2,
            placed_at=placed,
            dispatch_at=placed + timedelta(seconds=28_800 + mixed // 100 % 144_000),
            paid=index not in self._unpaid,
            tax_rate=Decimal(400 + mixed // 1000 % 600) / 10_000 if taxed else Decimal(0),
        )

    def __getitem__(self, order_id: str) -> Order:
        index = self._index(order_id)
        if index is None:
            return self._extra[order_id]
        return self._build(index)

    def __iter__(self) -> Iterator[str]:
        yield from (self._id(index) for index in range(len(self._placed)))
        yield from self._extra

    def __len__(self) -> int:
        return len(self._placed) + len(self._extra)

    def between(self, first: datetime, last: datetime) -> int:
        """Count the orders placed from `first` up to, but not including, `last`."""
        return self.by_item(first, last).total()

    def by_item(self, first: datetime, last: datetime) -> Counter[str]:
        """Count the orders of a period by item id."""
        begin = bisect_left(self._placed, first.timestamp())
        end = bisect_left(self._placed, last.timestamp())
        counts = Counter(
            {
                self.items_sold[place].item_id: count
                for place, count in Counter(self._item[begin:end]).items()
            }
        )
        counts.update(o.item.item_id for o in self._extra.values() if first <= o.placed_at < last)
        return counts

    def near(self, dice: Dice, at: datetime, *, trouble: bool = False) -> Order:
        """
        Take an order placed shortly before `at` that no other record has taken.

        With `trouble`, articles and buyers known for it are taken more often. Where all near
        orders are taken a new one is placed.
        """
        end = bisect_right(self._placed, at.timestamp())
        reach = max(4, min(24, end - bisect_left(self._placed, at.timestamp() - 2 * 86400)))
        free = [i for i in range(max(0, end - reach), end) if i not in self._taken]
        if not free or at.timestamp() - self._placed[free[-1]] > 20 * 86400:
            return self.place(dice, at)
        if trouble:
            weights = [self._weight(index) for index in free]
            index = dice.choices(free, weights)[0]
        else:
            index = dice.choice(free)
        self._taken.add(index)
        return self._build(index)

    def any(self, dice: Dice, first: datetime, *, paid: bool = True) -> Order | None:
        """Take any order placed since `first` that no other record has; None if none is left."""
        begin, end = bisect_left(self._placed, first.timestamp()), len(self._placed)
        for _ in range(20 if begin < end else 0):
            index = dice.randrange(begin, end)
            if index not in self._taken:
                self._taken.add(index)
                if not paid:
                    self._unpaid.add(index)
                return self._build(index)
        return None

    def line(self, item_id: str, transaction_id: str) -> Order | None:
        """Return the order of an order line, if there is one."""
        try:
            index, rest = divmod(int(transaction_id) - _FIRST_LINE, _LINE_STRIDE)
        except ValueError:
            return None
        order: Order | None = None
        if rest == 0 and 0 <= index < len(self._placed):
            order = self._build(index)
        elif rest == 0 and 0 <= index - _EXTRA < len(self._extra):
            order = self._extra[self._extra_id(index - _EXTRA)]
        return order if order and order.item.item_id == item_id else None

    def take(self, order: Order) -> None:
        """Note that a record was opened on an order, so that no other is made up for it."""
        index = self._index(order.order_id)
        if index is not None:
            self._taken.add(index)

    def _weight(self, index: int) -> float:
        keen = 8.0 if self._buyer[index] % 53 == 5 else 1.0
        return keen * self.items_sold[self._item[index]].trouble

    def place(self, dice: Dice, at: datetime, item: Item | None = None) -> Order:
        """Add one order placed at `at`."""
        index = _EXTRA + len(self._extra)
        order = self._order(
            self._extra_id(len(self._extra)),
            index,
            item or dice.choice(self.items_sold),
            dice.randrange(10_000),
            at,
        )
        self._extra[order.order_id] = order
        return order
