"""How cases go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from .. import settle
from ..deadlines import APPEAL_DAYS, WEEK_PROOF_OF_SHIPMENT, end_of_day
from ..machines.case import STATUSES, WORDS
from ..odds import APPEAL, APPEAL_GRANTED, CASE_PATHS
from ..records import Case, Inquiry, Return
from .base import Story

OPENED = WORDS["opened"]
REVIEWED = WORDS["reviewed"]
HELD = WORDS["held"]
RELEASED = WORDS["released"]
RETURN_FIRST = WORDS["return_first"]
SENT_BACK = WORDS["sent_back"]
DECIDED = WORDS["decided"]
REFUNDED = WORDS["refunded"]
FAILED = WORDS["failed"]
WITHDRAWN = WORDS["withdrawn"]
DISPUTED = WORDS["disputed"]
APPEALED = WORDS["appealed"]
ANSWERED = WORDS["answered"]


class CaseStory(Story[Case]):
    """A case from the escalation to the decision, and the appeal against it."""

    statuses: ClassVar[dict[str, str]] = STATUSES
    decided_at: datetime | None = None

    def walk(self) -> None:
        """Open, be reviewed, be decided, be appealed."""
        record, dice = self.record, self.dice
        self.step(timedelta(0), record.escalated_by, OPENED, "OPEN", notes=record.comments)
        path = dice.pick(CASE_PATHS)
        if path in ("refunds", "buyer_closes", "disputed"):
            getattr(self, f"_{path}")()
            return
        self.step(dice.seconds(120, 1800), "SYSTEM", REVIEWED, "WAITING_CS")
        record.respond_by = None
        if dice.chance(0.1):
            self.step(dice.hours(4, 10), "CSR", HELD, "ON_HOLD")
            self.step(dice.hours(10, 40), "SYSTEM", RELEASED, "WAITING_CS")
        if path == "buyer" and self._needs_return() and dice.chance(0.3):
            self._return_first()
            return
        getattr(self, f"_{path}")(dice.hours(30, 72))

    def _needs_return(self) -> bool:
        parent = self.record.parent
        return isinstance(parent, Return) and not any(
            parcel.delivered_at for parcel in parent.shipments
        )

    def _decide(self, when: timedelta, reason: str, buyer: str, actor: str = "CSR") -> None:
        """Close by support; `buyer` is what the decision is for the buyer."""
        record = self.record
        self.close(when, actor, DECIDED, reason, to="CS_CLOSED")
        self.decided_at = self.at
        record.buyer_outcome = buyer
        record.seller_outcome = {"WIN": "LOSS", "LOSS": "WIN"}[buyer]
        record.can_appeal = self.now < self.at + timedelta(days=APPEAL_DAYS)

    def _buyer(self, when: timedelta) -> None:
        """Let the buyer win, at the seller's cost."""
        record, dice = self.record, self.dice
        automatic = isinstance(record.parent, Inquiry) and not record.parent.shipments
        if automatic and dice.chance(0.7):
            reason = "ESCALATE_CS_AUTO_DISPOSE_BUYER_WIN_SELLER_FAULT"
            self._decide(when, reason, "WIN", "SYSTEM")
        else:
            self._decide(when, "BUYER_WINS_SELLER_FAULT", "WIN")
        self._charge()
        self._appeal()

    def _charge(self) -> None:
        record = self.record
        settle.force(
            record,
            self.dice,
            self.at,
            record.estimated,
            charge=True,
            recoup="RECOUP_FROM_SELLER_T1",
        )

    def _nobody(self, when: timedelta) -> None:
        """Let eBay pay."""
        record = self.record
        self._decide(when, "BUYER_WINS_NO_SELLER_FAULT", "WIN")
        settle.force(record, self.dice, self.at, record.estimated, charge=False, recoup="")

    def _seller(self, when: timedelta) -> None:
        """Let the seller win."""
        parent = self.record.parent
        if isinstance(parent, Inquiry) and parent.shipments and self.dice.chance(0.7):
            reason = "ESCALATE_CS_AUTO_DISPOSE_SELLER_WIN_BUYER_FAULT"
            self._decide(when, reason, "LOSS", "SYSTEM")
        else:
            self._decide(when, "SELLER_WINS_BUYER_FAULT", "LOSS")

    def _buyer_closes(self) -> None:
        """Let the buyer give up the claim."""
        self.close(self.dice.hours(10, 40), "BUYER", WITHDRAWN, "BUYER_CLOSE")
        self.decided_at = self.at

    def _disputed(self) -> None:
        """Let the buyer go to the bank instead."""
        self.close(self.dice.hours(10, 40), "SYSTEM", DISPUTED, "PAYMENT_PROCESSOR_CLAIM_FILED")
        self.decided_at = self.at

    def _refunds(self) -> None:
        """Let the seller refund before anybody decides."""
        record, dice = self.record, self.dice
        if dice.chance(0.1):
            self.step(dice.hours(5, 20), "SELLER", FAILED, "REFUND_AGREED_BUT_FAILED")
        self.close(dice.hours(10, 40), "SELLER", REFUNDED, "BUYER_REFUNDED")
        self.decided_at = self.at
        payment = settle.send(record, dice, self.at, record.estimated, type="REFUND")
        settle.confirm(payment, dice, self.at)

    def _return_first(self) -> None:
        """Let the buyer send the item back before the money comes."""
        record, dice = self.record, self.dice
        self.step(dice.hours(30, 72), "CSR", RETURN_FIRST, "ON_HOLD")
        due = end_of_day(self.at, record.marketplace, weekdays=WEEK_PROOF_OF_SHIPMENT)
        record.ship_back_by = due
        if dice.chance(0.25):
            late = self.job(due) - self.at
            self._decide(late, "EXPIRE_ENTER_TRACKING_AFTER_CS_DECISION", "LOSS", "SYSTEM")
            return
        self.step(min(self.at + dice.hours(40, 90), due), "BUYER", SENT_BACK, "WAITING_DELIVERY")
        self._decide(dice.hours(90, 200), "RETURN_TRACKING_DELIVERED", "WIN", "SYSTEM")
        self._charge()

    def _appeal(self) -> None:
        """Let some sellers appeal, and some of them be right."""
        record, dice = self.record, self.dice
        if not dice.chance(APPEAL):
            return
        reason = record.close_reason
        record.appealed_at = self.step(dice.hours(40, 200), "SELLER", APPEALED, "ON_HOLD")
        record.can_appeal, record.appeal_status = False, "SELLER_APPEALED"
        record.appeal_reason = "NEW_EVIDENCE"
        record.closed_at = record.close_reason = None
        granted = dice.chance(APPEAL_GRANTED)
        self.step(dice.hours(36, 72), "CSR", ANSWERED, "CS_CLOSED")
        record.closed_at = self.at
        record.close_reason = "SELLER_WINS_BUYER_FAULT" if granted else reason
        record.appeal_grant = "GRANTED" if granted else "DENIED"
        record.appeal_close_reason = (
            "APPEAL_SELLER_WINS_FULL_CREDIT" if granted else "APPEAL_SELLER_DENIED"
        )
        if granted:
            record.appeal_refund = record.net_charge
            record.seller_outcome = "WIN"
