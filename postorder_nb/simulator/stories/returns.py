"""How returns go, until the parcel is back; what then happens is in `refunds`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .. import settle
from ..deadlines import (
    SHIP_BY_DAYS,
    SHIP_CLOSE_DAYS,
    SHIP_REMIND_DAYS,
    WEEK_REFUND_DUE,
    WEEK_RETURN_ANSWER,
    WEEK_RETURN_LABEL,
    WEEK_RETURN_RMA,
    end_of_day,
)
from ..odds import (
    AFTER_ACCEPT,
    AFTER_DELIVERY,
    AUTO_ACCEPT,
    CHARGEBACK,
    NEVER_AUTO_ACCEPTED,
    RETURN_PATHS,
    SILENCE,
    Shares,
)
from ..records import Due, File, Shipment
from ..shop import CARRIERS
from .refunds import RefundStory

_CLOSE_WORDS = {
    "BUYER_NO_LONGER_WANTS_RETURN": 0.5,
    "BUYER_STARTED_RETURN_ACCIDENTALLY": 0.2,
    "BUYER_RECEIVED_REFUND": 0.1,
    "OTHER": 0.2,
}
_CLOSE_NOTES = {
    "BUYER_NO_LONGER_WANTS_RETURN": "keeps",
    "BUYER_RECEIVED_REFUND": "settled",
    "OTHER": "fixed",
}


_WITH_RULE = {
    kind: Shares(
        {"auto": share / (1 - share) * sum(RETURN_PATHS[kind].values()), **RETURN_PATHS[kind]}
    )
    for kind, share in AUTO_ACCEPT.items()
}
_WINDOW = {"sellerRefundWindow": WEEK_REFUND_DUE}  # one for all returns; nobody writes to it


class ReturnStory(RefundStory):
    """A return from the request to whatever ends it."""

    def walk(self) -> None:
        """Open, then go the way that was drawn."""
        dice, record = self.dice, self.record
        self._open()
        if dice.chance(CHARGEBACK):
            self._chargeback()
            return
        ways = RETURN_PATHS[record.reason_type]
        if record.reason not in NEVER_AUTO_ACCEPTED and not record.rma_required:
            ways = _WITH_RULE[record.reason_type]
        getattr(self, f"_{dice.pick(ways)}")()

    def _open(self) -> None:
        record, dice = self.record, self.dice
        answer_by = end_of_day(record.created_at, record.marketplace, weekdays=WEEK_RETURN_ANSWER)
        record.escalate_from = answer_by
        record.seller_due = Due("SELLER_APPROVE_REQUEST", answer_by)
        record.buyer_due = Due("OTHER", record.escalate_until)
        self.step(
            timedelta(0),
            "BUYER",
            "BUYER_CREATE_RETURN",
            "RETURN_REQUESTED",
            notes=record.comments,
            facts=_WINDOW,
        )
        if record.reason_type == "SNAD" and dice.chance(0.45):
            for number in range(1, dice.randint(1, 3) + 1):
                self._file(f"photo{number}.jpg", "JPEG", "ITEM_RELATED", "BUYER")

    def _file(self, name: str, format: str, purpose: str, submitter: str) -> None:
        at = self.step(self.dice.seconds(20, 90), submitter, "SUBMIT_FILE")
        file_id = str(self.dice.randrange(10**9, 10**10))
        url = f"https://www.ebay.com/rtn/file/{self.record.id}/{file_id}"
        name = self.texts.file(self.dice, name)
        file = File(file_id, name, format, purpose, "PUBLISHED", submitter, at, url)
        self.record.files.append(file)

    def _chargeback(self) -> None:
        self.close(self.dice.hours(30, 90), "SYSTEM", "CHARGEBACK_OPEN", "CHARGEBACK_DISPUTE_FILED")
        self.record.buyer_close_reason = "CHARGE_BACK_OPENED"

    # -- the seller's answer ----------------------------------------------------------------

    def _auto(self) -> None:
        self._accept(timedelta(seconds=3), "SYSTEM", "EBAY_RULE_AUTO_APPROVE")

    def _approve(self) -> None:
        """Approve in time; some sellers write first, some owe a number or a label after it."""
        record, dice = self.record, self.dice
        answer = self.answer_in_time()
        if dice.chance(0.15):
            asked = self.at + (answer - self.at) / 2
            self.step(asked, "SELLER", "SELLER_SEND_MESSAGE", notes=self.say("photo_wanted"))
            self.step(
                asked + (answer - asked) / 2,
                "BUYER",
                "BUYER_SEND_MESSAGE",
                notes=self.say("photo_sent"),
            )
        if record.rma_required:
            self.step(answer, "SELLER", "SELLER_APPROVE_REQUEST", "RMA_PENDING")
            due = end_of_day(self.at, record.marketplace, weekdays=WEEK_RETURN_RMA)
            record.seller_due = Due("SELLER_PROVIDE_RMA", due)
            number = f"RMA-{dice.randrange(10**5, 10**6)}"
            at = min(self.at + dice.hours(10, 30), due)
            if at <= self.now:
                record.rma_number = number
            self._accept(at, "SELLER", "SELLER_PROVIDE_RMA", RMA=number)
        elif record.label_payee == "SELLER" and dice.chance(0.25):
            self.step(answer, "SELLER", "SELLER_APPROVE_REQUEST", "RETURN_LABEL_PENDING")
            self._owe_label()
        else:
            self._accept(answer, "SELLER", "SELLER_APPROVE_REQUEST")

    def _owe_label(self) -> None:
        record, dice = self.record, self.dice
        due = end_of_day(self.at, record.marketplace, weekdays=WEEK_RETURN_LABEL)
        record.seller_due = Due("SELLER_PROVIDE_LABEL", due)
        record.ebay_label, record.label_cost = False, None
        if dice.chance(0.1):
            self.step(
                self.job(due),
                "SYSTEM",
                "TIME_OUT_FOR_PROVIDE_LABEL",
                "RETURN_LABEL_PENDING_TIMEOUT",
            )
            if dice.chance(0.3):
                self.escalate(dice.hours(20, 60), "BUYER", "SELLER_NO_RESPONSE")
                return
            if dice.chance(0.4):
                self.time_out(record.escalate_until, "TIME_OUT_FOR_ESCALATION", "REQUEST_TIMEOUT")
                return
            self._accept(dice.hours(20, 60), "SELLER", "SELLER_PROVIDE_LABEL")
            return
        self._file("label.png", "PNG", "LABEL_RELATED", "SELLER")
        at = min(self.at + dice.hours(10, 40), due)
        self._accept(at, "SELLER", "SELLER_PROVIDE_LABEL")

    def _at_once(self) -> None:
        """Refund without wanting the item back: by the seller, or by a rule of the seller's."""
        if self.dice.chance(0.2):
            self.refund(
                self.dice.seconds(2, 9),
                "SYSTEM",
                "SYSTEM_IMMEDIATE_REFUND",
                close="FULL_REFUNDED_BY_DISPOSITION_RULE",
            )
        elif self.dice.chance(0.05):
            self.step(
                self.answer_in_time(),
                "SELLER",
                "SELLER_APPROVE_REQUEST",
                "ITEM_KEPT",
                keepOriginalItem=True,
            )
            self.keep_item()
        else:
            self.refund(self.answer_in_time(), "SELLER", "SELLER_ISSUE_REFUND")

    def _decline(self) -> None:
        record = self.record
        self.step(
            self.answer_in_time(),
            "SELLER",
            "SELLER_DECLINE_REQUEST",
            "RETURN_REJECTED",
            notes=self.say("declined"),
        )
        record.seller_due = None
        least = end_of_day(self.at, record.marketplace, weekdays=WEEK_RETURN_ANSWER)
        record.buyer_due = Due("BUYER_ESCALATE", max(record.escalate_until, least))
        if self.dice.chance(0.2):
            self._buyer_closes(self.dice.hours(40, 150))
            return
        self.time_out(record.buyer_due.at, "TIME_OUT_AFTER_DECLINE", "RETURN_REJECTED")

    def _partial(self) -> None:
        ending = self.offer_part()
        if ending == "approve":
            self._accept(self.dice.hours(10, 40), "SELLER", "SELLER_APPROVE_REQUEST")

    def _silence(self) -> None:
        """Let the seller's time pass."""
        record, dice = self.record, self.dice
        due = record.escalate_from or record.created_at
        self.step(due - timedelta(days=1), "SYSTEM", "REMINDER_SELLER_TO_RESPOND")
        self.step(self.job(due), "SYSTEM", "TIME_OUT_FOR_AUTHORIZE", "RETURN_REQUEST_TIMEOUT")
        ending = dice.pick(SILENCE)
        if ending == "ebay_accepts":
            self._accept(dice.hours(2, 8), "SYSTEM", "EBAY_RULE_AUTO_APPROVE")
        elif ending == "escalate":
            self.escalate(dice.hours(20, 120), "BUYER", "SELLER_NO_RESPONSE")
        elif ending == "timeout":
            self.time_out(record.escalate_until, "TIME_OUT_FOR_ESCALATION", "REQUEST_TIMEOUT")
        else:
            self._accept(dice.hours(20, 60), "SELLER", "SELLER_APPROVE_REQUEST")

    # -- the way back -----------------------------------------------------------------------

    def _accept(
        self, when: datetime | timedelta, actor: str, activity: str, **attributes: Any
    ) -> None:
        """Let the buyer ship, and see what the buyer does."""
        record, dice = self.record, self.dice
        self.step(when, actor, activity, "ITEM_READY_TO_SHIP", **attributes)
        opened, site = record.created_at, record.marketplace
        ship_by = end_of_day(opened, site, days=SHIP_BY_DAYS)
        record.ship_by = ship_by + timedelta(seconds=1, milliseconds=1)
        record.timeout_at = end_of_day(opened, site, days=SHIP_CLOSE_DAYS) + timedelta(
            milliseconds=999
        )
        record.seller_due = Due("SELLER_APPROVE_REQUEST", ship_by)
        record.buyer_due = Due("NOTIFIED_SHIPPED", end_of_day(opened, site, days=SHIP_REMIND_DAYS))
        if record.ebay_label:
            record.shipments.append(self._label())
        way = dice.pick(AFTER_ACCEPT)
        if way == "buyer_closes":
            self._buyer_closes(dice.hours(60, 200))
        elif way == "timeout":
            self._remind_to_ship(record.timeout_at)
            self.close(
                self.job(record.timeout_at),
                "SYSTEM",
                "TIME_OUT_FOR_SHIPPING_SYSTEM_CLOSE",
                "SHIPMENT_TIMEOUT",
            )
        else:
            self._ship()

    def _label(self) -> Shipment:
        dice, record = self.dice, self.record
        return Shipment(
            direction="return",
            carrier=dice.choice(CARRIERS[record.marketplace]),
            tracking_number=f"9{dice.getrandbits(63):019d}",
            shipment_id=str(dice.randrange(10**9, 10**10)),
            labelled_at=self.at,
        )

    def _remind_to_ship(self, until: datetime) -> None:
        at = end_of_day(
            self.record.created_at, self.record.marketplace, days=SHIP_REMIND_DAYS
        ) - timedelta(hours=16)
        if self.at < at < until:
            self.step(at, "SYSTEM", "REMINDER_BUYER_TO_SHIP")

    def _buyer_closes(self, when: timedelta) -> None:
        record = self.record
        self.close(when, "BUYER", "BUYER_CLOSE_RETURN", "BUYER_CLOSED")
        record.buyer_close_reason = self.dice.pick(_CLOSE_WORDS)
        moment = _CLOSE_NOTES.get(record.buyer_close_reason)
        record.buyer_close_comment = self.say(moment) if moment else None

    def _ship(self) -> None:
        record, dice = self.record, self.dice
        limit = record.created_at + timedelta(days=SHIP_CLOSE_DAYS - 2)
        at = min(self.at + timedelta(days=dice.about(4, 14, least=0.2)), limit).replace(
            microsecond=0
        )
        self._remind_to_ship(at)
        parcel = record.shipments[-1] if record.shipments else None
        if parcel and dice.chance(0.85):
            self.step(at, "BUYER", "NOTIFIED_SHIPPED", "ITEM_SHIPPED")
        else:
            parcel = parcel or self._label()
            parcel.labelled_at = parcel.labelled_at if record.ebay_label else None
            self.step(
                at,
                "BUYER",
                "BUYER_PROVIDE_TRACKING_INFO",
                "ITEM_SHIPPED",
                trackingNumber=parcel.tracking_number,
            )
            if parcel not in record.shipments:
                record.shipments.append(parcel)
        settle.charge_label(record, self.at)
        parcel.shipped_at = self.at
        parcel.estimate_from = self.at + timedelta(days=2)
        parcel.estimate_until = self.at + timedelta(days=6)
        record.seller_due = None
        record.buyer_due = Due("BUYER_ESCALATE", record.escalate_until)
        self._deliver(parcel)

    def _deliver(self, parcel: Shipment) -> None:
        record, dice = self.record, self.dice
        if dice.chance(0.01):
            self.step(timedelta(days=21), "SYSTEM", "TIME_OUT_FOR_DELIVERY")
        transit = timedelta(seconds=round(dice.about(4, 9, least=0.8) * 86400))
        if dice.chance(0.1):
            self.step(transit, "SELLER", "SELLER_MARK_AS_RECEIVED", "ITEM_DELIVERED")
            parcel.marked_received = True
        else:
            self.step(transit, "SYSTEM", "NOTIFIED_DELIVERED", "ITEM_DELIVERED")
        parcel.delivered_at = self.at
        due = end_of_day(self.at, record.marketplace, weekdays=WEEK_REFUND_DUE)
        record.seller_due = Due("SELLER_ISSUE_REFUND", due)
        record.escalate_from = due
        record.buyer_due = Due("BUYER_ESCALATE", max(due, record.escalate_until))
        self.after_delivery(dice.pick(AFTER_DELIVERY))
