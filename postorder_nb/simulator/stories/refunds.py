"""How returns end: with money, with a part of it, or with a case."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from .. import settle
from ..deadlines import AFTER_DEDUCTION_DAYS, WEEK_PARTIAL_ANSWER, end_of_day
from ..machines.return_ import STATUSES
from ..odds import PARTIAL_ANSWER, REFUND_DAWDLES, REFUND_FAILS
from ..records import Due, Line, Payment, Return
from .base import Story

_SELLER_REASONS = {
    "ITEM_RECEIVED_IN_DIFFERENT_CONDITION": 0.6,
    "RECEIVED_EMPTY_BOX": 0.1,
    "RECEIVED_WRONG_ITEM": 0.2,
    "OTHER": 0.1,
}


class RefundStory(Story[Return]):
    """The last part of a return's story."""

    statuses: ClassVar[dict[str, str]] = STATUSES

    def answer_in_time(self) -> datetime:
        """Draw when the seller answers, before the time is over."""
        due = self.record.seller_due.at if self.record.seller_due else self.at
        return min(self.at + self.dice.hours(10, 70), max(self.at, due - timedelta(minutes=2)))

    def time_out(self, due: datetime, activity: str, reason: str) -> None:
        """Close because nobody did anything until `due`."""
        self.close(self.job(max(due, self.at)), "SYSTEM", activity, reason)

    def escalate(self, when: timedelta, actor: str, reason: str) -> None:
        """Hand the return to eBay: it keeps its state until the case ends."""
        record = self.record
        record.escalated_at = self.step(
            when, actor, f"{actor}_ESCALATE", status="ESCALATED", escalateReason=reason
        )
        record.escalated_by, record.escalate_reason = actor, reason

    # -- after delivery ---------------------------------------------------------------------

    def after_delivery(self, way: str) -> None:
        """Go one of the ways a returned parcel leads to."""
        record, dice = self.record, self.dice
        due = record.seller_due.at if record.seller_due else self.at
        in_time = min(self.at + dice.hours(18, 40), max(self.at, due - timedelta(minutes=4)))
        if way == "auto":
            self.refund(
                self.job(due),
                "SYSTEM",
                "SYSTEM_INITIATED_REFUND",
                to="AUTO_REFUND_INITIATED",
                type="AUTO_REFUND",
                close="AUTO_REFUNDED",
            )
        elif way == "deduction":
            self._deduct(in_time)
        elif way == "seller_escalates":
            reason = dice.pick(_SELLER_REASONS)
            self.escalate(in_time - self.at, "SELLER", reason)
        elif way == "late":
            self._late(due)
        else:
            self.refund(in_time, "SELLER", "SELLER_ISSUE_REFUND", fails=way == "fails")

    def refund(
        self,
        when: datetime | timedelta,
        actor: str,
        activity: str,
        *,
        to: str = "REFUND_INITIATED",
        type: str = "SELLER_VOLUNTARY_REFUND",
        close: str = "FULL_REFUNDED",
        fails: bool = False,
    ) -> None:
        """Refund the estimate in full."""
        record = self.record
        at = self.step(when, actor, activity, to)
        lines = settle.actual_lines(record.lines)
        payment = settle.send(record, self.dice, at, settle.total(lines), type=type, lines=lines)
        record.refund_initiator = "AUTO_REFUND" if type == "AUTO_REFUND" else "SELLER_INITIATED"
        if fails or self.dice.chance(REFUND_FAILS):
            self._failed(payment)
            return
        self._confirmed(payment, close)

    def _confirmed(self, payment: Payment, close: str) -> None:
        dice = self.dice
        slow = dice.chance(REFUND_DAWDLES)
        seconds = round(dice.about(240, 700, least=10, most=900))
        self.close(
            dice.hours(48, 96) if slow else timedelta(seconds=seconds),
            "SYSTEM",
            "NOTIFY_UPDATE_REFUND_STATUS",
            close,
        )
        settle.confirm(payment, dice, self.at)

    def _failed(self, payment: Payment) -> None:
        """Let the payment side refuse; the seller tries again, or eBay pays out."""
        record, dice = self.record, self.dice
        self.step(dice.seconds(60, 600), "SYSTEM", "NOTIFY_UPDATE_REFUND_STATUS", "REFUND_FAILED")
        settle.fail(payment, self.at)
        record.seller_due = Due(
            "SELLER_RETRY_REFUND", end_of_day(self.at, record.marketplace, weekdays=2)
        )
        if dice.chance(0.25):
            self.step(
                dice.hours(60, 120),
                "SYSTEM",
                "SYSTEM_BUYER_REFUND_AS_PAYOUT",
                "REFUND_AS_PAYOUT_INITIATED",
            )
            self._pay_out("TIME_OUT_AFTER_REFUNDED_AS_PAYOUT", "BUYER_REFUND_AS_PAYOUT")
            return
        at = self.step(dice.hours(20, 60), "SELLER", "SELLER_RETRY_REFUND", "REFUND_INITIATED")
        again = settle.send(
            record, dice, at, payment.amount, type=payment.movement.type, lines=payment.lines
        )
        self._confirmed(again, "FULL_REFUNDED")

    def _pay_out(self, activity: str, reason: str) -> None:
        record = self.record
        lines = settle.actual_lines(record.lines)
        self.close(self.dice.hours(10, 40), "SYSTEM", activity, reason)
        record.lines += lines
        settle.force(
            record,
            self.dice,
            self.at,
            settle.total(lines),
            charge=True,
            recoup="RECOUP_FROM_SELLER_T1",
        )

    def _deduct(self, when: datetime) -> None:
        """Refund less than all: the seller keeps a part of the price."""
        record, dice = self.record, self.dice
        percentage = dice.randrange(5, 55, 5)
        deduction = record.order.goods.share(Decimal(percentage) / 100)
        lines = settle.actual_lines(record.lines, deduction)
        at = self.step(
            when,
            "SELLER",
            "SELLER_ISSUE_REFUND",
            "LESS_THAN_A_FULL_REFUND_ISSUED",
            notes=self.say("used"),
            deduction=deduction,
            percentage=percentage,
        )
        payment = settle.send(
            record, dice, at, settle.total(lines), type="SELLER_VOLUNTARY_REFUND", lines=lines
        )
        settle.confirm(payment, dice, at, credit=False)
        record.refund_initiator = "SELLER_INITIATED"
        until = end_of_day(at, record.marketplace, days=AFTER_DEDUCTION_DAYS)
        record.buyer_due = Due("BUYER_ESCALATE", until)
        record.seller_due = Due("OTHER", until)
        self.time_out(until, "TIME_OUT_AFTER_REFUNDED", "BUYER_ACCEPT_LESS_THAN_FULL_REFUND")

    def _late(self, due: datetime) -> None:
        """Let the refund be overdue."""
        dice = self.dice
        self.step(self.job(due), "SYSTEM", "TIME_OUT_FOR_REFUND", "REFUND_TIMEOUT")
        ending = dice.pick({"escalate": 0.7, "payout": 0.15, "refund": 0.15})
        if ending == "escalate":
            self.escalate(dice.hours(20, 70), "BUYER", "NO_REFUND_RECEIVED")
        elif ending == "payout":
            self.step(dice.hours(20, 70), "SYSTEM", "SYSTEM_SELLER_CHARGE", "PAYOUT_INITIATED")
            self._pay_out("NOTIFY_UPDATE_REFUND_STATUS", "BUYER_PAYOUT")
        else:
            self.refund(dice.hours(20, 70), "SELLER", "SELLER_ISSUE_REFUND")

    # -- without the parcel -----------------------------------------------------------------

    def keep_item(self) -> None:
        """Refund a buyer who may keep the item."""
        record = self.record
        lines = settle.actual_lines(record.lines)
        payment = settle.send(
            record,
            self.dice,
            self.at,
            settle.total(lines),
            type="SELLER_VOLUNTARY_REFUND",
            lines=lines,
        )
        record.refund_initiator = "SELLER_INITIATED"
        self.close(self.dice.seconds(60, 600), "SYSTEM", "SYSTEM_CLOSE_RETURN", "FULL_REFUNDED")
        settle.confirm(payment, self.dice, self.at)

    def offer_part(self) -> str:
        """Offer a part of the money; returns ``approve`` when a return must follow after all."""
        record, dice = self.record, self.dice
        offer = record.estimated.share(Decimal(dice.randrange(10, 65, 5)) / 100)
        self.step(
            self.answer_in_time(),
            "SELLER",
            "SELLER_OFFER_PARTIAL_REFUND",
            "PARTIAL_REFUND_REQUESTED",
            partialRefundAmount=offer,
        )
        due = end_of_day(self.at, record.marketplace, weekdays=WEEK_PARTIAL_ANSWER)
        record.seller_due, record.buyer_due = None, Due("BUYER_ACCEPTS_PARTIAL_REFUND", due)
        answer = dice.pick(PARTIAL_ANSWER)
        when = min(self.at + dice.hours(15, 60), due)
        if answer == "accept":
            at = self.step(
                when, "BUYER", "BUYER_ACCEPTS_PARTIAL_REFUND", "PARTIAL_REFUND_INITIATED"
            )
            lines = [Line("actual", "ORDER_ADJUSTMENT", offer)]
            payment = settle.send(
                record, dice, at, offer, type="SELLER_VOLUNTARY_REFUND", lines=lines
            )
            record.refund_initiator = "SELLER_INITIATED"
            self._pay_part(payment)
            return "over"
        if answer == "silence":
            self.time_out(due, "TIME_OUT_FOR_AUTHORIZE", "REQUEST_TIMEOUT")
            return "over"
        self.step(when, "BUYER", "BUYER_DECLINE_PARTIAL_REFUND", "PARTIAL_REFUND_DECLINED")
        record.seller_due = Due(
            "SELLER_APPROVE_REQUEST", end_of_day(self.at, record.marketplace, weekdays=3)
        )
        ending = dice.pick({"approve": 0.5, "escalate": 0.3, "timeout": 0.2})
        if ending == "escalate":
            self.escalate(dice.hours(20, 80), "BUYER", "TROUBLE_COMMUNICATION_WITH_SELLER")
        elif ending == "timeout":
            self.time_out(record.escalate_until, "TIME_OUT_FOR_ESCALATION", "REQUEST_TIMEOUT")
        return ending

    def _pay_part(self, payment: Payment) -> None:
        record, dice = self.record, self.dice
        if dice.chance(0.05):
            self.step(
                dice.seconds(60, 600),
                "SYSTEM",
                "NOTIFY_UPDATE_REFUND_STATUS",
                "PARTIAL_REFUND_FAILED",
            )
            settle.fail(payment, self.at)
            at = self.step(
                dice.hours(20, 60), "SELLER", "SELLER_RETRY_REFUND", "PARTIAL_REFUND_INITIATED"
            )
            payment = settle.send(
                record, dice, at, payment.amount, type=payment.movement.type, lines=payment.lines
            )
        self._confirmed(payment, "PARTIALLY_REFUNDED")
