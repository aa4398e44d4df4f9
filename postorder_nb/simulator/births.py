"""How records come into the world: their order, their reason, their money, then their story."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from . import settle
from .deadlines import (
    CANCEL_UNPAID_DAYS,
    REFUND_DEADLINE_DAYS,
    WEEK_ESCALATE_UNTIL,
    WEEK_INQUIRY_ANSWER,
    WEEK_INQUIRY_CLOSE,
    end_of_day,
)
from .odds import (
    BUYER_CANCEL_REASONS,
    BUYER_CANCEL_UNPAID,
    CATEGORY_REASONS,
    INQUIRY_REASONS,
    RETURN_REASONS,
    SELLER_CANCEL_REASONS,
    SNAD,
    Dice,
)
from .orders import Orders
from .records import Cancellation, Case, Inquiry, Money, Order, Return
from .shop import CURRENCY, comment, rate
from .stories import CancellationStory, CaseStory, InquiryStory, ReturnStory

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

CancelRequest = tuple[datetime, Order, str, str | None]


class Births:
    """The makers of the four kinds of record."""

    def __init__(self, dice: Dice, orders: Orders, seller: str, home: str) -> None:
        self.dice = dice
        self.orders = orders
        self.seller = seller
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
        tilt = CATEGORY_REASONS[order.item.category]
        trouble = max(1.0, order.item.trouble) ** 0.5
        return self.dice.pick(
            {
                reason: share * tilt.get(reason, 1.0) * (trouble if reason in SNAD else 1.0)
                for reason, share in RETURN_REASONS.items()
            }
        )

    def _reason_type(self, reason: str) -> str:
        if reason in SNAD:
            return "SNAD"
        unsure = reason in {"DOES_NOT_FIT", "ARRIVED_LATE", "OTHER"}
        return "SNAD" if unsure and self.dice.chance(0.3) else "REMORSE"

    def a_return(
        self, created_at: datetime, reason: str | None, order: Order | None, now: datetime
    ) -> tuple[Return, ReturnStory]:
        """Make a return opened at `created_at`, and tell its story until `now`."""
        record = self.new_return(created_at, reason, order)
        story = ReturnStory(record, self.dice, now)
        story.tell()
        return record, story

    def new_return(self, created_at: datetime, reason: str | None, order: Order | None) -> Return:
        """Make a return to which nothing has happened yet."""
        dice = self.dice
        after = timedelta(seconds=round(dice.about(4, 16, least=0.1, most=29) * 86400))
        way = timedelta(seconds=round(dice.uniform(3, 8) * 86400))
        order = order or self.orders.near(dice, created_at - after - way, trouble=True)
        reason = reason or self._return_reason(order)
        kind = self._reason_type(reason)
        snad = kind == "SNAD"
        seller_pays = snad or order.item.free_returns or reason == "DOES_NOT_FIT"
        postage = settle.label_price(dice, order.currency) if snad and dice.chance(0.1) else None
        label = postage is None and (seller_pays or dice.chance(0.5))
        lines = settle.estimated_lines(order, snad=snad, postage=postage)
        estimated = settle.total([line for line in lines if line.stage == "estimated"])
        return Return(
            id=self._id("return"),
            order=order,
            seller=self.seller,
            created_at=created_at,
            payout_currency=self.payout,
            rate=self._rate(order),
            reason=reason,
            reason_type=kind,
            comments=comment(dice, reason),
            estimated=estimated,
            buyer_estimated=order.with_tax(estimated),
            delivered_at=max(created_at - after, order.placed_at),
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
        return InquiryStory(record, self.dice, now).tell()

    def new_inquiry(self, created_at: datetime, reason: str | None, order: Order | None) -> Inquiry:
        """Make an inquiry to which nothing has happened yet."""
        dice = self.dice
        late = 1.0
        while not dice.chance(0.21) and late < 30:
            late += 1
        way = timedelta(seconds=round((late + dice.uniform(5, 9)) * 86400))
        order = order or self.orders.near(dice, created_at - way)
        site = order.marketplace
        close_by = end_of_day(created_at, site, weekdays=WEEK_INQUIRY_CLOSE)
        return Inquiry(
            id=self._id("inquiry"),
            order=order,
            seller=self.seller,
            created_at=created_at,
            payout_currency=self.payout,
            rate=self._rate(order),
            reason=reason or dice.pick(INQUIRY_REASONS),
            comments=comment(dice, "INR"),
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
        InquiryStory(record, self.dice, now).escalate_at(escalated_at)
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
        telling = CaseStory(case, self.dice, now)
        telling.tell()
        return case, telling.decided_at

    # -- cancellations --------------------------------------------------------------------------

    def cancel_request(self, by: str, first: datetime, now: datetime) -> CancelRequest | None:
        """Draw who cancels which order, when and why; None where that would lie after now."""
        dice = self.dice
        unpaid = dice.chance(BUYER_CANCEL_UNPAID) if by == "buyer" else False
        reasons: dict[str | None, float]
        reasons = BUYER_CANCEL_REASONS if by == "buyer" else SELLER_CANCEL_REASONS
        reason = dice.pick(reasons)
        unpaid = unpaid or reason == "ORDER_UNPAID"
        order = self.orders.any(dice, first, paid=not unpaid)
        if order is None:
            return None
        if reason == "ORDER_UNPAID":
            wait = timedelta(days=CANCEL_UNPAID_DAYS) + dice.hours(20, 100)
        elif dice.chance(0.35):
            wait = dice.seconds(60, 3600)
        else:
            latest = (order.dispatch_at - order.placed_at).total_seconds()
            wait = timedelta(seconds=round(dice.uniform(3600, min(latest, 170_000))))
        created_at = order.placed_at + wait
        return (created_at, order, by.upper(), reason) if created_at <= now else None

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
        return CancellationStory(record, self.dice, now).tell()

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
