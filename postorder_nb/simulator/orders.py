"""The orders behind the after-sale records: many, so kept as columns."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .odds import SERIAL, Dice
from .records import Buyer, Item, Order
from .shop import Crowd

_BLOCK = 100_000
_BLOCKS = 89  # 10- to 98-; 99- is for orders placed one by one
_STRIDE = 48_271
_SALT_STRIDE = 7919
_FIRST_LINE = 1_000_000_000_013
_LINE_STRIDE = 1009
_EXTRA = 90_000_000

Numbers = npt.NDArray[Any]


class Columns(NamedTuple):
    """A run of orders, oldest first: seconds since 1970, place in the stock, buyer's number."""

    start: int
    placed: Numbers
    item: Numbers
    buyer: Numbers

    @property
    def mixed(self) -> Numbers:
        """What all else about an order is derived from."""
        mixed: Numbers = _mixed(
            np.arange(self.start, self.start + len(self.placed), dtype=np.uint64)
        )
        return mixed

    @property
    def dispatched(self) -> Numbers:
        """When each is handed to the carrier, in seconds since 1970."""
        sent: Numbers = self.placed + _waits(self.mixed).astype(np.int64)
        return sent


def _mixed(index: Any) -> Any:
    """Scatter an index over 32 bits; also a whole column of ``uint64``."""
    mixed = (index + 7) * 2246822519 % 2**32
    mixed = (mixed ^ mixed >> 15) * 2654435761 % 2**32
    return mixed ^ mixed >> 13


def _waits(mixed: Any) -> Any:
    return 28_800 + mixed // 100 % 144_000


def quantity(mixed: Any) -> Any:
    """Return how many pieces are bought: 1, sometimes 2 or 3; also of a whole column."""
    return 1 + (mixed % 100 >= 93) + (mixed % 100 >= 97)


def tax_points(mixed: Any, *, taxed: Any) -> Any:
    """Return the tax rate in hundredths of a percent; also of a whole column."""
    return (400 + mixed // 1000 % 600) * (taxed & (mixed % 10 > 0))


class Orders(Mapping[str, Order]):
    """
    All orders by order id, oldest first; an `Order` is built when it is asked for.

    They begin some weeks before the records do, for what comes back early in the period was
    bought before it. `between` counts the orders of a period: the denominator of a rate.
    """

    def __init__(self, items: Sequence[Item], crowd: Crowd, salt: int) -> None:
        self.items_sold = items
        self.crowd = crowd
        self._salt = salt % _BLOCK
        self._placed: array[int] = array("q")
        self._item: array[int] = array("H")
        self._buyer: array[int] = array("I")
        self._taken = bytearray()
        self._heads: list[str] = []
        self._extra: dict[str, Order] = {}
        self._unpaid: set[int] = set()

    # -- columns -----------------------------------------------------------------------------

    def append(self, placed: Numbers, item: Numbers, buyer: Numbers) -> Columns:
        """Add orders that are younger than all there are; returns them as columns."""
        start = len(self._placed)
        self._placed.frombytes(placed.astype(np.int64).tobytes())
        self._item.frombytes(item.astype(np.uint16).tobytes())
        self._buyer.frombytes(buyer.astype(np.uint32).tobytes())
        self._taken.extend(bytes(len(placed)))
        return Columns(start, placed, item, buyer)

    def columns(self, start: int = 0, stop: int | None = None) -> Columns:
        """Return the orders from one index to another, as copies that do not change."""
        stop = self.count if stop is None else stop
        return Columns(
            start,
            np.array(self._placed[start:stop], dtype=np.int64),
            np.array(self._item[start:stop], dtype=np.int64),
            np.array(self._buyer[start:stop], dtype=np.int64),
        )

    @property
    def count(self) -> int:
        """How many orders there are in columns, without those placed one by one."""
        return len(self._placed)

    @property
    def extra(self) -> list[Order]:
        """The orders placed one by one."""
        return list(self._extra.values())

    @property
    def unpaid(self) -> frozenset[int]:
        """The indices of the orders nobody paid."""
        return frozenset(self._unpaid)

    def claim(self, index: int, *, paid: bool = True) -> Order:
        """Take the order of an index for a record, and return it."""
        self._taken[index] = 1
        if not paid:
            self._unpaid.add(index)
        return self._build(index, meet=True)

    # -- ids ---------------------------------------------------------------------------------

    def prefix(self, block: int) -> tuple[int, int]:
        """Return the first two numbers of the order ids of a block of 100,000."""
        turn, place = divmod(block, _BLOCKS)
        return 10 + place, (self._salt + turn * _SALT_STRIDE) % _BLOCK

    def _id(self, index: int) -> str:
        block, place = divmod(index, _BLOCK)
        while block >= len(self._heads):
            first, salt = self.prefix(len(self._heads))
            self._heads.append(f"{first}-{salt:05d}-")
        return f"{self._heads[block]}{place * _STRIDE % _BLOCK:05d}"

    def _extra_id(self, number: int) -> str:
        return f"99-{self._salt:05d}-{number:05d}"

    def _index(self, order_id: str) -> int | None:
        try:
            first, salt, place = (int(part) for part in order_id.split("-"))
        except ValueError:
            return None
        turn = (salt - self._salt) * pow(_SALT_STRIDE, -1, _BLOCK) % _BLOCK
        block = turn * _BLOCKS + first - 10
        index = block * _BLOCK + place * pow(_STRIDE, -1, _BLOCK) % _BLOCK
        known = 10 <= first < 10 + _BLOCKS and 0 <= index < len(self._placed)
        return index if known and self._id(index) == order_id else None

    # -- orders ------------------------------------------------------------------------------

    def _build(self, index: int, *, meet: bool = False) -> Order:
        item = self.items_sold[self._item[index]]
        find = self.crowd.meet if meet else self.crowd.buyer
        who = find(self._buyer[index], item.marketplace)
        placed = datetime.fromtimestamp(self._placed[index], UTC)
        return self._order(self._id(index), index, item, who, placed)

    def _order(self, order_id: str, index: int, item: Item, who: Buyer, placed: datetime) -> Order:
        mixed = _mixed(index)
        return Order(
            order_id,
            str(_FIRST_LINE + index * _LINE_STRIDE),
            item,
            who,
            quantity(mixed),
            placed,
            placed + timedelta(0, _waits(mixed)),
            index not in self._unpaid,
            _RATES[tax_points(mixed, taxed=item.marketplace == "EBAY_US")],
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
        free = [i for i in range(max(0, end - reach), end) if not self._taken[i]]
        if not free or at.timestamp() - self._placed[free[-1]] > 20 * 86400:
            return self.place(dice, at)
        weights = [self._weight(index) if trouble else 1.0 for index in free]
        return self.claim(dice.choices(free, weights)[0])

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
            self._taken[index] = 1

    def taken(self, index: int) -> bool:
        """Tell whether a record was opened on the order of an index."""
        return bool(self._taken[index])

    def number(self, index: int) -> int:
        """Return the number of who bought."""
        return self._buyer[index]

    def _weight(self, index: int) -> float:
        every, which, times = SERIAL
        keen = times if self._buyer[index] % every == which else 1.0
        return keen * self.items_sold[self._item[index]].trouble

    def place(self, dice: Dice, at: datetime, item: Item | None = None) -> Order:
        """Add one order placed at `at`."""
        index = _EXTRA + len(self._extra)
        item = item or dice.choice(self.items_sold)
        order = self._order(
            self._extra_id(len(self._extra)),
            index,
            item,
            self.crowd.meet(dice.randrange(10_000), item.marketplace),
            at,
        )
        self._extra[order.order_id] = order
        return order


_RATES = [Decimal(points) / 10_000 for points in range(1000)]


def lines(start: int, count: int) -> Numbers:
    """Return the transaction ids of a run of orders, as numbers."""
    return _FIRST_LINE + np.arange(start, start + count, dtype=np.int64) * _LINE_STRIDE


def places(start: int, count: int) -> tuple[Numbers, Numbers]:
    """Return the block of a run of orders, and the last number of their ids."""
    index = np.arange(start, start + count, dtype=np.int64)
    return index // _BLOCK, index % _BLOCK * _STRIDE % _BLOCK
