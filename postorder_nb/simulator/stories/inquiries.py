"""How inquiries go."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar

from .. import settle
from ..deadlines import (
    INQUIRY_DELIVERED_HOURS,
    REFUND_DEADLINE_DAYS,
    WEEK_INQUIRY_CLOSE,
    end_of_day,
)
from ..machines.inquiry import STATUSES, WORDS
from ..odds import INQUIRY_PATHS
from ..records import Inquiry, Payment, Shipment
from ..shop import CARRIERS
from .base import Story

CREATED = WORDS["created"]
APPROVED = WORDS["approved"]
BUYER_MESSAGE = WORDS["buyer_message"]
SELLER_MESSAGE = WORDS["seller_message"]
TRACKING = WORDS["tracking"]
SHIPPED = WORDS["shipped"]
REMINDER = "Reminder"
REFUND_PENDING = WORDS["refund_pending"]
REFUND_DONE = WORDS["refund_done"]
EXPIRED = WORDS["expired"]
ESCALATED = WORDS["escalated"]
BUYER_CLOSED = WORDS["buyer_closed"]
COURTESY = WORDS["courtesy"]
COURTESY_DONE = WORDS["courtesy_done"]
HELD = WORDS["held"]
RELEASED = WORDS["released"]
CHARGEBACK = WORDS["chargeback"]

_REASONS = {
    "BUYER": {"NOT_RECEIVED": 0.6, "SELLER_NORESPONSE": 0.25, "NO_REFUND": 0.1, "OTHERS": 0.05},
    "SELLER": {"SHIPPED_ITEM": 0.7, "BUYER_TROUBLE": 0.2, "OTHERS": 0.1},
}


class InquiryStory(Story[Inquiry]):
    """An inquiry from the buyer's report to the refund, the parcel, or the escalation."""

    statuses: ClassVar[dict[str, str]] = STATUSES

    def walk(self) -> None:
        """Open, then go the way that was drawn."""
        record, dice = self.record, self.dice
        self.step(timedelta(0), "BUYER", CREATED, "PENDING_CREATED", notes=record.comments)
        record.last_buyer_response_at = self.at
        self.step(dice.seconds(31, 131), "SYSTEM", APPROVED, "CREATED")
        path = dice.pick(INQUIRY_PATHS)
        getattr(self, f"_{path}")()

    def _answer_at(self) -> datetime:
        return min(self.at + self.dice.hours(10, 60), self.record.respond_by - timedelta(minutes=3))

    def _remind(self, until: datetime) -> None:
        """Remind the seller at 07:00Z two days on, unless something happened by then."""
        opened = self.record.created_at
        at = datetime.combine(opened.date() + timedelta(days=2), time(7), opened.tzinfo)
        if self.at < at < min(until, self.record.respond_by):
            self.step(at, "SYSTEM", REMINDER)

    def _chat(self) -> None:
        """Let the parties talk, sometimes."""
        if self.dice.chance(0.3):
            at = self._answer_at()
            self._remind(at)
            self.step(
                at,
                "SELLER",
                SELLER_MESSAGE,
                status="WAITING_BUYER_RESPONSE",
                notes=self.say("sorry"),
            )
            if self.dice.chance(0.5):
                self.step(
                    self.dice.hours(8, 30),
                    "BUYER",
                    BUYER_MESSAGE,
                    notes=self.say("nothing"),
                    status="WAITING_SELLER_RESPONSE",
                )
                self.record.last_buyer_response_at = self.at

    def _track(self) -> None:
        """Let the seller say where the parcel is."""
        record, dice = self.record, self.dice
        at = self._answer_at()
        self._remind(at)
        if dice.chance(0.12):
            self.step(at, "SELLER", SHIPPED, "SHIPPING_INFO_PROVIDED")
            return
        number = f"9{dice.getrandbits(63):019d}"
        self.step(at, "SELLER", TRACKING, "TRACKING_PROVIDED", trackingNumber=number)
        shipped = record.order.dispatch_at
        record.shipments.append(
            Shipment(
                direction="outbound",
                carrier=dice.choice(CARRIERS[record.marketplace]),
                tracking_number=number,
                shipment_id="",
                shipped_at=shipped,
                estimate_from=shipped + timedelta(days=3),
                estimate_until=shipped + timedelta(days=6),
            )
        )

    def _refund(self) -> None:
        self._chat()
        at = self.at + self.dice.hours(10, 60)
        if self.record.status == "WAITING_SELLER_RESPONSE" and len(self.record.history) == 2:
            at = self._answer_at()
            self._remind(at)
        at = self.step(at, "SELLER", REFUND_PENDING, "VOLUNTARY_REFUND_PAYOUT_PENDING")
        payment = settle.send(self.record, self.dice, at, self.record.estimated, type="REFUND")
        if self.dice.chance(0.02):
            self.step(self.dice.seconds(200, 500), "SYSTEM", REFUND_DONE, "FULL_REFUND_AGREED")
            settle.fail(payment, self.at)
            self._refund_again()
            return
        self._paid(payment)

    def _refund_again(self) -> None:
        at = self.step(
            self.dice.hours(10, 30), "SELLER", REFUND_PENDING, "VOLUNTARY_REFUND_PAYOUT_PENDING"
        )
        self._paid(settle.send(self.record, self.dice, at, self.record.estimated, type="REFUND"))

    def _paid(self, payment: Payment) -> None:
        slow = self.dice.chance(0.015)
        delay = self.dice.hours(30, 90) if slow else self.dice.seconds(120, 480)
        self.close(delay, "SYSTEM", REFUND_DONE)
        settle.confirm(payment, self.dice, self.at)
        self.record.refund_due_at = self.at + timedelta(days=REFUND_DEADLINE_DAYS)
        if self.record.rate != 1 and self.dice.chance(0.2):
            part = Decimal(self.dice.randint(2, 9)) / 100
            self.record.international = self.record.estimated.share(part)

    def _arrived(self) -> None:
        if self.dice.chance(0.7):
            self._track()
        self.close(self.dice.hours(60, 200), "BUYER", BUYER_CLOSED, notes=self.say("came"))
        self.record.last_buyer_response_at = self.at

    def _delivered(self) -> None:
        self._track()
        delivered = self.at + self.dice.hours(40, 150)
        self._close_when_delivered(delivered)

    def _close_when_delivered(self, delivered: datetime) -> None:
        if delivered <= self.now:
            self.record.delivered_at = delivered
            for parcel in self.record.shipments:
                parcel.delivered_at = delivered
        self.close(
            self.job(delivered + timedelta(hours=INQUIRY_DELIVERED_HOURS)), "SYSTEM", EXPIRED
        )

    def _expires(self) -> None:
        self._remind(self.record.respond_by)
        due = end_of_day(
            self.record.created_at, self.record.marketplace, weekdays=WEEK_INQUIRY_CLOSE
        )
        self.close(self.job(due), "SYSTEM", EXPIRED)

    def _escalates(self) -> None:
        dice = self.dice
        if dice.chance(0.5):
            self._track()
        else:
            self._remind(self.record.respond_by)
        self._escalate(self.record.respond_by + dice.hours(20, 150))

    def _escalate(self, at: datetime) -> None:
        actor = self.dice.pick({"BUYER": 0.9, "SELLER": 0.1})
        self.close(at, actor, ESCALATED, status="CLOSED_WITH_ESCALATION")
        self.record.escalated_at, self.record.escalated_by = self.at, actor
        self.record.escalate_reason = self.dice.pick(_REASONS[actor])

    def escalate_at(self, at: datetime) -> None:
        """Tell another story: nothing happens until eBay is asked to step in at `at`."""
        self.step(timedelta(0), "BUYER", CREATED, "PENDING_CREATED", notes=self.record.comments)
        self.step(self.dice.seconds(31, 131), "SYSTEM", APPROVED, "CREATED")
        self._escalate(at)

    def _courtesy(self) -> None:
        self.step(
            self.dice.hours(20, 60), "SYSTEM", COURTESY, "AUTO_DISPOSE_MONEY_MOVEMENT_PENDING"
        )
        self.close(self.dice.seconds(200, 900), "SYSTEM", COURTESY_DONE, status="CS_CLOSED")
        settle.force(
            self.record, self.dice, self.at, self.record.estimated, charge=False, recoup=""
        )

    def _hold(self) -> None:
        self.step(self.dice.hours(10, 30), "CSR", HELD, "ON_HOLD_FOR_UPLOAD")
        self.step(self.dice.hours(40, 120), "SYSTEM", RELEASED, "CREATED")
        self._expires()

    def _chargeback(self) -> None:
        self.close(self.dice.hours(30, 90), "SYSTEM", CHARGEBACK)
