"""How cancellations go."""

from __future__ import annotations

from datetime import timedelta

from .. import settle
from ..deadlines import CANCEL_ANSWER_DAYS, CANCEL_RETRY_DAYS, end_of_day
from ..odds import BUYER_CANCEL_PATHS, REFUND_DAWDLES
from ..records import Cancellation, Payment
from .base import Story

REFUND_FAILS = 0.02


class CancellationStory(Story[Cancellation]):
    """A cancellation from the request to the refund, or to the refusal."""

    def walk(self) -> None:
        """Take the buyer's way or the seller's."""
        if self.record.requestor == "BUYER":
            self._by_buyer()
        else:
            self._by_seller()

    def _by_seller(self) -> None:
        if not self.record.order.paid:
            self.close(
                timedelta(0),
                "SELLER",
                "SELLER_CREATE_CANCEL",
                "SELLER_CANCEL_UNPAID",
                status="CANCEL_CLOSED_NO_REFUND",
            )
            return
        self.step(
            timedelta(0),
            "SELLER",
            "SELLER_CREATE_CANCEL",
            "REFUND_PENDING",
            status="CANCEL_PENDING",
        )
        self._refund()

    def _by_buyer(self) -> None:
        record, dice = self.record, self.dice
        due = end_of_day(record.created_at, record.marketplace, days=CANCEL_ANSWER_DAYS)
        record.respond_by = due
        self.step(
            timedelta(0),
            "BUYER",
            "BUYER_CREATE_CANCEL",
            "APPROVAL_PENDING",
            status="CANCEL_REQUESTED",
            notes=record.comments,
        )
        answer = min(record.created_at + dice.hours(6, 60), due - timedelta(minutes=5))
        path = dice.pick(BUYER_CANCEL_PATHS)
        if path == "approve" and record.order.paid:
            self.step(answer, "SELLER", "SELLER_APPROVE", "REFUND_PENDING", status="CANCEL_PENDING")
            self._refund()
        elif path == "approve":
            self.close(
                answer,
                "SELLER",
                "SELLER_APPROVE",
                "SELLER_APPROVE_UNPAID",
                status="CANCEL_CLOSED_NO_REFUND",
            )
        elif path == "decline":
            self.close(
                answer, "SELLER", "SELLER_REJECT", "SELLER_DECLINE", status="CANCEL_REJECTED"
            )
            record.shipped_at = record.closed_at
        elif path == "shipped":
            self.close(
                answer,
                "SYSTEM",
                "SYSTEM_REJECT",
                "SYSTEM_NOTIFY_SHIPPING_STATUS",
                status="CANCEL_REJECTED",
            )
            record.shipped_at = record.closed_at
        elif path == "chargeback":
            self.close(
                answer,
                "SYSTEM",
                "SYSTEM_CHARGEBACK_OPENED",
                "CHARGEBACK_DISPUTE_FILED",
                status="CANCEL_CLOSED_NO_REFUND",
            )
        else:
            paid = record.order.paid
            self.close(
                self.job(due),
                "SYSTEM",
                "SYSTEM_TIMEOUT_FOR_APPROVAL",
                "SELLER_APPROVE_TIMEOUT_PAID" if paid else "SELLER_APPROVE_TIMEOUT_UNPAID",
                status="CANCEL_REJECTED" if paid else "CANCEL_CLOSED_FOR_COMMITMENT",
            )

    def _send(self, when: timedelta) -> Payment:
        at = self.step(when, "SYSTEM", "SYSTEM_REFUND", "REFUND_INITIATED", status="CANCEL_PENDING")
        return settle.send(
            self.record, self.dice, at, self.record.order.total, type="SELLER_VOLUNTARY_REFUND"
        )

    def _refund(self) -> None:
        dice, record = self.dice, self.record
        payment = self._send(timedelta(seconds=1))
        if dice.chance(REFUND_FAILS):
            self.step(
                dice.seconds(10, 480),
                "SYSTEM",
                "SYSTEM_NOTIFY_REFUND_STATUS",
                "REFUND_FAILED_RETRY",
                status="CANCEL_PENDING",
            )
            settle.fail(payment, self.at)
            ending = dice.pick({"retry": 0.6, "payout": 0.2, "gives_up": 0.2})
            if ending == "gives_up":
                due = end_of_day(self.at, record.marketplace, days=CANCEL_RETRY_DAYS)
                self.close(
                    self.job(due),
                    "SYSTEM",
                    "SYSTEM_TIMEOUT_FOR_NOTIFY_REFUND_STATUS",
                    "REFUND_FAILED",
                    status="CANCEL_CLOSED_UNKNOWN_REFUND",
                )
                return
            if ending == "payout":
                self.close(
                    dice.hours(20, 60),
                    "SYSTEM",
                    "SYSTEM_NOTIFY_PAYOUT_STATUS",
                    "FULL_REFUNDED_AS_PAYOUT",
                    status="CANCEL_CLOSED_WITH_REFUND",
                )
                settle.force(
                    record,
                    dice,
                    self.at,
                    record.order.total,
                    charge=True,
                    recoup="RECOUP_FROM_SELLER",
                )
                return
            payment = self._send(dice.hours(12, 40))
        slow = dice.chance(REFUND_DAWDLES)
        self.close(
            dice.hours(48, 96) if slow else dice.seconds(10, 480),
            "SYSTEM",
            "SYSTEM_NOTIFY_REFUND_STATUS",
            "FULL_REFUNDED",
            status="CANCEL_CLOSED_WITH_REFUND",
        )
        settle.confirm(payment, dice, self.at)
