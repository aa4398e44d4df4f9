"""
The truth of the simulated world: what each record is, in plain Python objects.

Amounts are `Decimal`, moments are tz-aware UTC, ids are text. A record keeps its history as data;
the JSON of the API is drawn from the record by `postorder_nb.simulator.wire`, never the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Round half up to two decimals."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(slots=True, unsafe_hash=True)  # as `Event`: made often, changed never
class Money:
    """An amount; a converted one also knows what it was converted from, and at which rate."""

    amount: Decimal
    currency: str
    origin: Money | None = None
    rate: Decimal | None = None

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - other.amount, self.currency)

    def share(self, part: Decimal) -> Money:
        """Return `part` of the amount, rounded to cents."""
        return Money(_part(self.amount, part), self.currency)

    def convert(self, currency: str, rate: Decimal) -> Money:
        """Return the amount in `currency`, keeping its origin; unchanged in its own currency."""
        if currency == self.currency:
            return self
        return Money(cents(self.amount * rate), currency, self, rate)


@lru_cache(maxsize=1 << 16)
def _part(amount: Decimal, part: Decimal) -> Decimal:
    return cents(amount * part)


@lru_cache(maxsize=1 << 16)
def _taxed(amount: Decimal, currency: str, rate: Decimal) -> Money:
    return Money(amount + cents(amount * rate), currency)


@dataclass(frozen=True, slots=True)
class Item:
    """
    A listing.

    `trouble` is how much likelier than usual its orders come back, `popularity` how much more
    often than others it is bought.
    """

    item_id: str
    title: str
    category: str
    marketplace: str
    price: Money
    shipping: Money
    trouble: float
    promoted: bool
    free_returns: bool
    charity: bool
    popularity: float = 1.0


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer; `login` is what the API shows, and is opaque."""

    login: str
    name: str
    street: str
    city: str
    region: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class Order:
    """
    One order of one line: the denominator of every rate.

    It is handed to the carrier at `dispatch_at`, unless it is cancelled before.
    """

    order_id: str
    transaction_id: str
    item: Item
    buyer: Buyer
    quantity: int
    placed_at: datetime
    dispatch_at: datetime
    paid: bool
    tax_rate: Decimal

    @property
    def marketplace(self) -> str:
        """Where the item was sold."""
        return self.item.marketplace

    @property
    def legacy_id(self) -> str:
        """The order's id in cancellations: while it is unpaid, item id and transaction id."""
        return self.order_id if self.paid else f"{self.item.item_id}-{self.transaction_id}"

    @property
    def currency(self) -> str:
        """The currency of the listing."""
        return self.item.price.currency

    @property
    def goods(self) -> Money:
        """Item price times quantity."""
        return Money(self.item.price.amount * self.quantity, self.currency)

    @property
    def total(self) -> Money:
        """What the seller was paid: goods and shipping, without tax that eBay collects."""
        return self.goods + self.item.shipping

    def with_tax(self, amount: Money) -> Money:
        """Add the tax eBay collects on `amount`: what the buyer pays or gets back."""
        return _taxed(amount.amount, amount.currency, self.tax_rate)


# Not frozen: that takes thrice as long to make, worlds are large, and nobody changes one.
@dataclass(slots=True)
class Event:
    """One line of a record's history. `activity` is a code, or prose where the API has prose."""

    at: datetime
    actor: str
    activity: str
    from_state: str
    to_state: str
    notes: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a refund. `stage` is ``estimated``, ``optional`` or ``actual``."""

    stage: str
    fee_type: str
    amount: Money
    minimum: Money | None = None
    maximum: Money | None = None


@dataclass(slots=True)
class Movement:
    """
    One movement of money; its status changes when the payment side answers.

    `booked` ones stand in the ledger: what happened before the world began to move does not, nor
    does what a return repeats of its case.
    """

    type: str
    status: str
    requested: Money
    created_at: datetime
    settled_at: datetime | None = None
    actual: Money | None = None
    provider: str | None = None
    external_id: str | None = None
    source: str | None = None
    brand: str | None = None
    booked: bool = field(default=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class File:
    """A file a party has put on a return; `data` is its base64 text where one was sent."""

    file_id: str
    name: str
    format: str
    purpose: str
    status: str
    submitter: str
    created_at: datetime
    url: str
    data: str | None = None


@dataclass(slots=True)
class Shipment:
    """A parcel. `direction` is ``return`` (back to the seller) or ``outbound``."""

    direction: str
    carrier: str
    tracking_number: str
    shipment_id: str
    labelled_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    estimate_from: datetime | None = None
    estimate_until: datetime | None = None
    marked_received: bool = False
    active: bool = True

    @property
    def status(self) -> str:
        """The carrier's word for where the parcel is."""
        if self.delivered_at:
            return "DELIVERED"
        return "IN_TRANSIT" if self.shipped_at else "CREATED"


@dataclass(frozen=True, slots=True)
class Due:
    """What one party owes, and until when."""

    activity: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Funding:
    """What a part of the seller's charge was taken from, in the payout currency."""

    type: str
    amount: Money
    at: datetime
    brand: str | None = None


@dataclass(slots=True)
class Payment:
    """
    A refund on its way: `amount` leaves the seller, the buyer gets it with tax.

    At `due_at` the payment side answers, with a no if `fails`. A failed payment stays with its
    record: it is what a new attempt repeats.
    """

    record: Record
    amount: Money
    movement: Movement
    lines: list[Line]
    due_at: datetime | None = None
    fails: bool = False
    credit: bool = True


@dataclass(slots=True, kw_only=True)
class Record:
    """
    What cancellations, inquiries, returns and cases have in common.

    `refund` is what the seller refunded and `buyer_refund` what the buyer got, both None until
    money has moved; `net_charge` is what the refund cost the seller, in the payout currency.
    `version` grows with every act: what was drawn from the record stands while it is the same.
    """

    id: str
    order: Order
    seller: str
    created_at: datetime
    payout_currency: str
    rate: Decimal
    state: str = "INITIAL"
    status: str = ""
    reason: str | None = None
    comments: str | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    refund: Money | None = None
    buyer_refund: Money | None = None
    fee_credit: Money | None = None
    net_charge: Money | None = None
    outstanding: Money | None = None
    donation: Money | None = None
    recoup: Money | None = None
    payout_id: int | None = None
    refund_status: str | None = None
    refunded_at: datetime | None = None
    history: list[Event] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    fundings: list[Funding] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    case_id: str | None = None
    on_hold: bool = False
    payment: Payment | None = field(default=None, repr=False, compare=False)
    version: int = field(default=0, repr=False, compare=False)

    @property
    def pending(self) -> bool:
        """Whether money is on its way."""
        return self.payment is not None and self.payment.movement.status == "PENDING"

    @property
    def open(self) -> bool:
        """Whether anything can still happen."""
        return self.closed_at is None

    @property
    def buyer(self) -> Buyer:
        """Who bought."""
        return self.order.buyer

    @property
    def item(self) -> Item:
        """What was sold."""
        return self.order.item

    @property
    def marketplace(self) -> str:
        """Where it was sold."""
        return self.order.marketplace

    @property
    def order_id(self) -> str:
        """The order's id, as the API shows it with this record."""
        return self.order.order_id

    @property
    def item_id(self) -> str:
        """The listing's id."""
        return self.order.item.item_id

    @property
    def transaction_id(self) -> str:
        """The order line's id."""
        return self.order.transaction_id

    @property
    def quantity(self) -> int:
        """How many pieces."""
        return self.order.quantity

    @property
    def modified_at(self) -> datetime:
        """When the last line was written."""
        return self.history[-1].at if self.history else self.created_at


@dataclass(slots=True, kw_only=True)
class Cancellation(Record):
    """A cancelled order, or the wish for one. `estimated` is what the buyer would get back."""

    requestor: str
    estimated: Money
    respond_by: datetime | None = None
    buyer_respond_by: datetime | None = None
    shipped_at: datetime | None = None

    @property
    def order_id(self) -> str:
        """The order's id: of an unpaid order the old one."""
        return self.order.legacy_id


@dataclass(slots=True, kw_only=True)
class Inquiry(Record):
    """An item not received. `estimated` is the claim, `total` the claim with tax."""

    estimated: Money
    total: Money
    respond_by: datetime
    expires_at: datetime
    expected: str = "STILL_WANT_ITEM"
    delivered_at: datetime | None = None
    escalated_at: datetime | None = None
    escalated_by: str | None = None
    escalate_reason: str | None = None
    refund_due_at: datetime | None = None
    refund_told: bool = False
    last_buyer_response_at: datetime | None = None
    international: Money | None = None


@dataclass(slots=True, kw_only=True)
class Return(Record):
    """
    A return. `estimated` and `buyer_estimated` are the refund it was opened with.

    `delivered_at` is when the buyer got the item; when it came back is in `shipments`.
    """

    reason_type: str
    estimated: Money
    buyer_estimated: Money
    delivered_at: datetime
    escalate_until: datetime
    escalate_from: datetime | None = None
    seller_due: Due | None = None
    buyer_due: Due | None = None
    timeout_at: datetime | None = None
    ship_by: datetime | None = None
    buyer_close_reason: str | None = None
    buyer_close_comment: str | None = None
    refund_initiator: str | None = None
    escalated_at: datetime | None = None
    escalated_by: str | None = None
    escalate_reason: str | None = None
    label_cost: Money | None = None
    label_payee: str | None = None
    ebay_label: bool = False
    rma_required: bool = False
    rma_number: str | None = None
    hold_status: str | None = None
    seller_protected: bool | None = None
    relist: bool = False
    flags: dict[str, bool] | None = None

    @property
    def respond_by(self) -> datetime | None:
        """Until when the seller owes something, or owed it last."""
        return self.seller_due.at if self.seller_due else None


@dataclass(slots=True, kw_only=True)
class Case(Record):
    """What an escalated inquiry or return becomes; `parent` is that record."""

    case_type: str
    parent: Inquiry | Return
    estimated: Money
    total: Money
    escalated_by: str
    escalate_reason: str
    expires_at: datetime
    refund_due_at: datetime
    respond_by: datetime | None = None
    seller_outcome: str | None = None
    buyer_outcome: str | None = None
    ship_back_by: datetime | None = None
    appealed_at: datetime | None = None
    appeal_status: str | None = None
    appeal_grant: str | None = None
    appeal_reason: str | None = None
    appeal_close_reason: str | None = None
    appeal_refund: Money | None = None
    appeal_against: str | None = None
    can_appeal: bool = False
    return_address: dict[str, str] | None = None
    return_name: tuple[str | None, str | None] = (None, None)
    rma_number: str | None = None

    @property
    def return_id(self) -> str | None:
        """The return this case came from, if it was one."""
        return self.parent.id if isinstance(self.parent, Return) else None
