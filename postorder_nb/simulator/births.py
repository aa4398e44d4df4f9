"""How records come into the world: their order, their reason, their money, then their story."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from . import settle
from .deadlines import (
    REFUND_DEADLINE_DAYS,
    WEEK_ESCALATE_UNTIL,
    WEEK_INQUIRY_ANSWER,
    WEEK_INQUIRY_CLOSE,
    end_of_day,
)
from .odds import (
    BUYER_CANCEL_REASONS,
    INQUIRY_REASONS,
    RETURN_DAYS,
    RETURN_LEAST,
    RETURN_MOST,
    SELLER_CANCEL_REASONS,
    SNAD,
    UNSURE,
    UNSURE_IS_SNAD,
    Dice,
)
from .orders import Orders
from .planting import FALSE_INQUIRIES, FALSE_RETURNS, Garden, return_weights
from .records import Cancellation, Case, Inquiry, Line, Money, Order, Return
from .shop import CURRENCY, rate
from .stories import CancellationStory, CaseStory, InquiryStory, ReturnStory
from .texts import Texts

FLAGS = (
    "escalateAvableForBuyer",
    "escalateAvableForSeller",
    "canSellerDeclineReturn",
    "shippingLabelAvailable",
    "shippingLabelPrinted",
    "buyerShipmentDue",
    "autoRefundTriggered",
    "isGSP",
    "isGeo",
)


class Births:
    """The makers of the four kinds of record."""

    def __init__(
        self, dice: Dice, orders: Orders, garden: Garden, texts: Texts, *, seller: str, home: str
    ) -> None:
        self.dice = dice
        self.orders = orders
        self.garden = garden
        self.texts = texts
        self.seller = seller
        self._reasons = {item.item_id: return_weights(item) for item in orders.items_sold}
        # Expectations are the same for all orders of as many of the same: they are shared.
        self._expected: dict[tuple[str, int, bool], tuple[list[Line], Money]] = {}
        self.payout = CURRENCY[home]
        self._last_id = {"return": 5_100_000_000, "inquiry": 5_300_000_000,
                         "case": 5_500_000_000, "cancellation": 5_700_000_000}  # fmt: skip

    def _id(self, kind: str) -> str:
        self._last_id[kind] += self.dice.randint(1, 97)
        return str(self._last_id[kind])

    def _rate(self, order: Order) -> Decimal:
        return rate(order.currency, self.payout, order.placed_at)

    # -- returns ------------------------------------------------------------------------------

    def _return_reason(self, order: Order) -> str:
        usual = self._reasons[order.item.item_id]
        return self.dice.pick(self.garden.return_reasons(order, usual))

    def _reason_type(self, reason: str) -> str:
        if reason in SNAD:
            return "SNAD"
        return "SNAD" if reason in UNSURE and self.dice.chance(UNSURE_IS_SNAD) else "REMORSE"

    def _expect(self, order: Order, snad: bool, postage: Money | None) -> tuple[list[Line], Money]:
        """Return what a return is expected to give back: the lines, and their sum."""
        key = order.item.item_id, order.quantity, snad
        found = self._expected.get(key)
        if found is None or postage:
            lines = settle.estimated_lines(order, snad=snad, postage=postage)
            found = lines, settle.total([line for line in lines if line.stage == "estimated"])
            if postage is None:
                self._expected[key] = found
        return [*found[0]], found[1]

    def a_return(
        self,
        created_at: datetime,
        reason: str | None,
        order: Order | None,
        now: datetime,
        delivered_at: datetime | None = None,
    ) -> tuple[Return, ReturnStory]:
        """Make a return opened at `created_at`, and tell its story until `now`."""
        record = self.new_return(created_at, reason, order, delivered_at)
        story = ReturnStory(record, self.dice, now, self.texts)
        story.tell()
        return record, story

    def new_return(
        self,
        created_at: datetime,
        reason: str | None,
        order: Order | None,
        delivered_at: datetime | None = None,
    ) -> Return:
        """Make a return to which nothing has happened yet."""
        dice = self.dice
        if delivered_at is None:
            after = dice.about(*RETURN_DAYS, least=RETURN_LEAST, most=RETURN_MOST)
            delivered_at = created_at - timedelta(seconds=round(after * 86400))
        if order is None:
            way = timedelta(seconds=round(dice.uniform(3, 8) * 86400))
            order = self.orders.near(dice, delivered_at - way, trouble=True)
        reason = reason or self._return_reason(order)
        kind = self._reason_type(reason)
        snad = kind == "SNAD"
        seller_pays = snad or order.item.free_returns or reason == "DOES_NOT_FIT"
        postage = settle.label_price(dice, order.currency) if snad and dice.chance(0.1) else None
        label = postage is None and (seller_pays or dice.chance(0.5))
        lines, estimated = self._expect(order, snad, postage)
        return Return(
            id=self._id("return"),
            order=order,
            seller=self.seller,
            created_at=created_at,
            payout_currency=self.payout,
            rate=self._rate(order),
            reason=reason,
            reason_type=kind,
            comments=self.texts.comment(dice, reason),
            estimated=estimated,
            buyer_estimated=order.with_tax(estimated),
            delivered_at=max(delivered_at, order.placed_at),
            escalate_until=end_of_day(created_at, order.marketplace, weekdays=WEEK_ESCALATE_UNTIL),
            lines=lines,
            ebay_label=label,
            label_payee="SELLER" if seller_pays and postage is None else "BUYER",
            label_cost=postage or (settle.label_price(dice, order.currency) if label else None),
            rma_required=dice.chance(0.03),
            on_hold=dice.chance(0.005),
            hold_status="HOLD_CREATION_SUCCESS" if dice.chance(0.25) else None,
            seller_protected=dice.choice((None, None, True, False)),
            flags={name: dice.chance(0.3) for name in FLAGS} if dice.chance(0.2) else None,
        )

    # -- inquiries ----------------------------------------------------------------------------

    def inquiry(
        self, created_at: datetime, reason: str | None, order: Order | None, now: datetime
    ) -> Inquiry:
        """Make an inquiry opened at `created_at`."""
        record = self.new_inquiry(created_at, reason, order)
        return InquiryStory(record, self.dice, now, self.texts).tell()

    def new_inquiry(self, created_at: datetime, reason: str | None, order: Order | None) -> Inquiry:
        """Make an inquiry to which nothing has happened yet."""
        dice = self.dice
        if order is None:
            way = timedelta(seconds=round(dice.uniform(8, 14) * 86400))
            order = self.orders.near(dice, created_at - way)
        site = order.marketplace
        close_by = end_of_day(created_at, site, weekdays=WEEK_INQUIRY_CLOSE)
        return Inquiry(
            id=self._id("inquiry"),
            order=order,
            seller=self.seller,
            created_at=created_at,
            payout_currency=self.payout,
            rate=self._rate(order),
            reason=reason or dice.pick(self.garden.inquiry_reasons(order, INQUIRY_REASONS)),
            comments=self.texts.comment(dice, "INR"),
            estimated=order.total,
            total=order.with_tax(order.total),
            respond_by=end_of_day(created_at, site, weekdays=WEEK_INQUIRY_ANSWER),
            expires_at=close_by + timedelta(seconds=1),
            expected=dice.pick({"STILL_WANT_ITEM": 0.6, "FULL_REFUND": 0.4}),
            on_hold=dice.chance(0.005),
        )

    def escalated_inquiry(self, escalated_at: datetime, now: datetime) -> Inquiry:
        """Make an inquiry that is escalated at `escalated_at`."""
        record = self.new_inquiry(escalated_at - timedelta(days=8), None, None)
        InquiryStory(record, self.dice, now, self.texts).escalate_at(escalated_at)
        return record

    # -- cases --------------------------------------------------------------------------------

    def case(self, parent: Inquiry | Return, now: datetime) -> tuple[Case, datetime | None]:
        """Make the case of an escalated record; also say when it was decided, if it was."""
        opened = parent.escalated_at or parent.created_at
        # An inquiry's case keeps the inquiry's number; a return's has its own.
        case_id = parent.id if isinstance(parent, Inquiry) else self._id("case")
        claim = parent.estimated - parent.refund if parent.refund else parent.estimated
        case = Case(
            id=case_id,
            order=parent.order,
            seller=self.seller,
            created_at=opened,
            payout_currency=parent.payout_currency,
            rate=parent.rate,
            reason=parent.reason,
            comments=parent.comments,
            case_type="ITEM_NOT_RECEIVED" if isinstance(parent, Inquiry) else "RETURN",
            parent=parent,
            estimated=claim,
            total=parent.order.with_tax(claim),
            escalated_by=parent.escalated_by or "BUYER",
            escalate_reason=parent.escalate_reason or "OTHER",
            expires_at=opened + timedelta(days=30),
            refund_due_at=opened + timedelta(days=REFUND_DEADLINE_DAYS),
            respond_by=end_of_day(opened, parent.marketplace, days=REFUND_DEADLINE_DAYS),
            on_hold=self.dice.chance(0.005),
        )
        parent.case_id = case.id
        telling = CaseStory(case, self.dice, now, self.texts)
        telling.tell()
        return case, telling.decided_at

    # -- cancellations --------------------------------------------------------------------------

    def cancel_reason(self, requestor: str, *, unpaid: bool) -> str | None:
        """Draw why an order is cancelled."""
        if requestor == "BUYER":
            return self.dice.pick(BUYER_CANCEL_REASONS)
        if unpaid:
            return "ORDER_UNPAID"
        others = {r: w for r, w in SELLER_CANCEL_REASONS.items() if r != "ORDER_UNPAID"}
        return self.dice.pick(others)

    def false_reason(self, kind: str) -> str:
        """Draw what somebody says who makes a false claim."""
        return self.dice.pick(FALSE_RETURNS if kind == "returns" else FALSE_INQUIRIES)

    def cancellation(
        self,
        created_at: datetime,
        order: Order,
        requestor: str,
        reason: str | None,
        now: datetime,
    ) -> Cancellation:
        """Make a cancellation opened at `created_at`, and tell its story until `now`."""
        record = self.new_cancellation(created_at, order, requestor, reason)
        return CancellationStory(record, self.dice, now, self.texts).tell()

    def new_cancellation(
        self, created_at: datetime, order: Order, requestor: str, reason: str | None
    ) -> Cancellation:
        """Make a cancellation to which nothing has happened yet."""
        nothing = Money(Decimal("0.00"), order.currency)
        return Cancellation(
            id=self._id("cancellation"),
            order=order,
            seller=self.seller,
            created_at=created_at,
            payout_currency=self.payout,
            rate=self._rate(order),
            reason=reason,
            requestor=requestor,
            estimated=order.with_tax(order.total) if order.paid else nothing,
        )
