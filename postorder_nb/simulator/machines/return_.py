"""The life of a return."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ..acts import BUYER, SELLER, SYSTEM, Machine, Step, Timer, states
from ..deadlines import (
    REMIND_HOURS,
    TRANSIT_DAYS,
    WEEK_REFUND_DUE,
    WEEK_RETURN_ANSWER,
    end_of_day,
)
from ..effects import money
from ..effects import returns as does
from ..odds import Dice
from ..records import Due, Return

SHIP_REMINDER_HOURS = 16
Moment = Callable[[Return], datetime | None]
START, ASKED, SILENT, RMA, READY, SHIPPED, BACK = (
    "INITIAL", "RETURN_REQUESTED", "RETURN_REQUEST_TIMEOUT", "RMA_PENDING", "ITEM_READY_TO_SHIP",
    "ITEM_SHIPPED", "ITEM_DELIVERED",
)  # fmt: skip
WANTED, WANTED_LATE, LABEL, LABEL_LATE = (
    "RETURN_LABEL_REQUESTED", "RETURN_LABEL_REQUESTED_TIMEOUT", "RETURN_LABEL_PENDING",
    "RETURN_LABEL_PENDING_TIMEOUT",
)  # fmt: skip
OFFERED, REFUSED, PART, PART_FAILED, PART_PAYOUT = (
    "PARTIAL_REFUND_REQUESTED", "PARTIAL_REFUND_DECLINED", "PARTIAL_REFUND_INITIATED",
    "PARTIAL_REFUND_FAILED", "PARTIAL_REFUND_AS_PAYOUT_INITIATED",
)  # fmt: skip
PAID, AUTO, FAILED, OVERDUE, PAYOUT, CHARGED = (
    "REFUND_INITIATED", "AUTO_REFUND_INITIATED", "REFUND_FAILED", "REFUND_TIMEOUT",
    "REFUND_AS_PAYOUT_INITIATED", "PAYOUT_INITIATED",
)  # fmt: skip
LESS, KEPT, REJECTED, ESCALATED, OVER, TOLD = (
    "LESS_THAN_A_FULL_REFUND_ISSUED", "ITEM_KEPT", "RETURN_REJECTED", "ESCALATED", "CLOSED",
    "REFUND_SENT_PENDING_CONFIRMATION",
)  # fmt: skip

# A refund under way has no coarse word: the last one stays.
STATUSES = {
    ASKED: "RETURN_REQUESTED",
    SILENT: "RETURN_REQUESTED_TIMEOUT",
    RMA: "WAITING_FOR_RMA",
    WANTED: "RETURN_LABEL_REQUESTED",
    WANTED_LATE: "RETURN_LABEL_REQUESTED",
    LABEL: "WAITING_FOR_RETURN_LABEL",
    LABEL_LATE: "WAITING_FOR_RETURN_LABEL",
    READY: "READY_FOR_SHIPPING",
    SHIPPED: "ITEM_SHIPPED",
    BACK: "ITEM_DELIVERED",
    KEPT: "LESS_THAN_A_FULL_REFUND_ISSUED",
    OFFERED: "PARTIAL_REFUND_REQUESTED",
    REFUSED: "PARTIAL_REFUND_DECLINED",
    PART: "PARTIAL_REFUND_INITIATED",
    PART_FAILED: "PARTIAL_REFUND_FAILED",
    PART_PAYOUT: "PARTIAL_REFUND_INITIATED",
    LESS: "LESS_THAN_A_FULL_REFUND_ISSUED",
    AUTO: "ITEM_DELIVERED",
    FAILED: "ITEM_DELIVERED",
    OVERDUE: "ITEM_DELIVERED",
    CHARGED: "ITEM_DELIVERED",
    PAYOUT: "ITEM_DELIVERED",
    REJECTED: "RETURN_REJECTED",
    TOLD: "ITEM_DELIVERED",
    OVER: "CLOSED",
}

LABEL_OWED = states(LABEL, LABEL_LATE, WANTED, WANTED_LATE)
TALKING = states(
    ASKED, SILENT, RMA, WANTED, WANTED_LATE, LABEL, LABEL_LATE, READY, SHIPPED, BACK, OFFERED,
    REFUSED, REJECTED, LESS, OVERDUE,
)  # fmt: skip
CLOSABLE = TALKING - {BACK, OVERDUE}
REFUNDABLE = states(
    ASKED, SILENT, RMA, LABEL, LABEL_LATE, READY, SHIPPED, BACK, OVERDUE, OFFERED, REFUSED
)
ESCALABLE = states(
    ASKED, SILENT, LABEL_LATE, SHIPPED, BACK, OVERDUE, REFUSED, LESS, REJECTED, FAILED
)
NOTICE = "NOTIFY_UPDATE_REFUND_STATUS"


def _row(
    event: str, actor: str, at: frozenset[str], to: str | None, activity: str, **more: Any
) -> Step[Return]:
    return Step(event, actor, at, to, activity, **more)


REQUEST = (
    _row("create", BUYER, states(START), RMA, "BUYER_CREATE_RETURN", when=does.owes_rma,
         effects=(does.opened,)),
    _row("create", BUYER, states(START), ASKED, "BUYER_CREATE_RETURN", effects=(does.opened,)),
    _row("auto_accept", SYSTEM, states(ASKED, SILENT), READY, "EBAY_RULE_AUTO_APPROVE",
         effects=(does.accepted,)),
    _row("approve", SELLER, states(ASKED), KEPT, "SELLER_APPROVE_REQUEST", when=does.keeps_item,
         effects=(does.pay,)),
    _row("approve", SELLER, states(ASKED), RMA, "SELLER_APPROVE_REQUEST", when=does.owes_rma,
         effects=(does.rma_due,)),
    _row("approve", SELLER, states(ASKED), LABEL, "SELLER_APPROVE_REQUEST", when=does.owes_label,
         effects=(does.label_due,)),
    _row("approve", SELLER, states(REFUSED), BACK, "SELLER_APPROVE_REQUEST",
         when=does.came_back, effects=(does.back,)),
    _row("approve", SELLER, states(REFUSED), SHIPPED, "SELLER_APPROVE_REQUEST",
         when=does.was_sent, effects=(does.travels,)),
    _row("offer_return", SELLER, states(REFUSED), BACK, "SELLER_OFFER_RETURNS",
         when=does.came_back, effects=(does.back,)),
    _row("offer_return", SELLER, states(REFUSED), SHIPPED, "SELLER_OFFER_RETURNS",
         when=does.was_sent, effects=(does.travels,)),
    _row("approve", SELLER, states(ASKED, SILENT, REFUSED), READY, "SELLER_APPROVE_REQUEST",
         when=does.wants_back, effects=(does.accepted,)),
    _row("offer_return", SELLER, states(REFUSED), READY, "SELLER_OFFER_RETURNS",
         effects=(does.accepted,)),
    _row("provide_rma", SELLER, states(RMA), READY, "SELLER_PROVIDE_RMA",
         effects=(does.accepted,)),
    _row("ask_label", BUYER, states(ASKED), WANTED, "BUYER_PRINT_SHIPPING_LABEL",
         effects=(does.label_due,)),
    _row("provide_label", SELLER, LABEL_OWED, READY, "SELLER_PROVIDE_LABEL",
         effects=(does.label_given,)),
    _row("rma_late", SYSTEM, states(RMA), None, "TIME_OUT_FOR_RMA"),
    _row("void_label", SELLER, states(READY), LABEL, "SELLER_VOID_LABEL", when=does.pays_label,
         effects=(does.label_voided, does.label_due)),
    _row("void_label", SELLER, states(READY), None, "SELLER_VOID_LABEL", when=does.has_label,
         effects=(does.label_voided,)),
    _row("print_label", BUYER, states(READY), None, "BUYER_PRINT_SHIPPING_LABEL"),
    _row("label_late", SYSTEM, states(LABEL), LABEL_LATE, "TIME_OUT_FOR_PROVIDE_LABEL",
         effects=(does.buyers_turn,)),
    _row("label_late", SYSTEM, states(WANTED), WANTED_LATE, "TIME_OUT_FOR_PROVIDE_LABEL",
         effects=(does.buyers_turn,)),
    _row("decline", SELLER, states(ASKED, SILENT), REJECTED, "SELLER_DECLINE_REQUEST",
         when=does.may_decline, effects=(does.declined,)),
    _row("seller_silent", SYSTEM, states(ASKED), SILENT, "TIME_OUT_FOR_AUTHORIZE",
         effects=(does.buyers_turn,)),
    _row("refund_at_once", SYSTEM, states(ASKED), PAID, "SYSTEM_IMMEDIATE_REFUND",
         effects=(does.pay,)),
)  # fmt: skip

PARCEL = (
    _row("ship", BUYER, states(READY), SHIPPED, "BUYER_PROVIDE_TRACKING_INFO",
         when=does.by_tracking, effects=(does.on_its_way,)),
    _row("ship", BUYER, states(READY), SHIPPED, "NOTIFIED_SHIPPED", effects=(does.on_its_way,)),
    _row("deliver", SYSTEM, states(SHIPPED), BACK, "NOTIFIED_DELIVERED", effects=(does.back,)),
    _row("receive", SELLER, states(SHIPPED, READY), BACK, "SELLER_MARK_AS_RECEIVED",
         effects=(does.back, does.marked)),
    _row("receive", SELLER, states(BACK), None, "SELLER_MARK_AS_RECEIVED", when=does.unmarked,
         effects=(does.marked,)),
    _row("lose", SYSTEM, states(SHIPPED), None, "TIME_OUT_FOR_DELIVERY"),
    _row("update_tracking", BUYER, states(SHIPPED), None, "BUYER_UPDATE_TRACKING",
         effects=(does.tracking_changed,)),
)  # fmt: skip

MONEY = (
    _row("refund", SELLER, states(FAILED), LESS, "SELLER_RETRY_REFUND", when=does.deducts_at_once,
         effects=(does.pay_again, does.deducted)),
    _row("refund", SELLER, states(FAILED), PAID, "SELLER_RETRY_REFUND",
         effects=(does.pay_again, does.keep_step)),
    _row("refund", SELLER, states(PART_FAILED), PART, "SELLER_RETRY_REFUND",
         effects=(does.pay_again,)),
    _row("refund", SELLER, states(BACK, OVERDUE), LESS, "SELLER_ISSUE_REFUND",
         when=does.deducts_at_once, effects=(does.pay, does.deducted)),
    _row("refund", SELLER, REFUNDABLE, PAID, "SELLER_ISSUE_REFUND", effects=(does.pay,)),
    _row("refund_confirmed", SYSTEM, states(PAID), LESS, NOTICE, when=does.deducts,
         effects=(does.deducted,)),
    _row("refund_confirmed", SYSTEM, states(PAID), OVER, NOTICE, when=does.by_rule,
         closes="FULL_REFUNDED_BY_DISPOSITION_RULE", effects=(money.confirmed,)),
    _row("refund_confirmed", SYSTEM, states(PAID), OVER, NOTICE, closes="FULL_REFUNDED",
         effects=(money.confirmed,)),
    _row("refund_confirmed", SYSTEM, states(AUTO), OVER, NOTICE, closes="AUTO_REFUNDED",
         effects=(money.confirmed,)),
    _row("refund_confirmed", SYSTEM, states(PART), OVER, NOTICE, closes="PARTIALLY_REFUNDED",
         effects=(money.confirmed,)),
    _row("refund_confirmed", SYSTEM, states(KEPT), OVER, "SYSTEM_CLOSE_RETURN",
         closes="FULL_REFUNDED", effects=(money.confirmed,)),
    _row("refund_fails", SYSTEM, states(PAID, AUTO, KEPT), FAILED, NOTICE,
         effects=(money.failed, does.retry_due)),
    _row("refund_fails", SYSTEM, states(PART), PART_FAILED, NOTICE,
         effects=(money.failed, does.retry_due)),
    _row("pay_out", SYSTEM, states(FAILED), PAYOUT, "SYSTEM_BUYER_REFUND_AS_PAYOUT"),
    _row("pay_out", SYSTEM, states(PART_FAILED), PART_PAYOUT,
         "SYSTEM_BUYER_PARTIAL_REFUND_AS_PAYOUT"),
    _row("pay_out", SYSTEM, states(OVERDUE), CHARGED, "SYSTEM_SELLER_CHARGE"),
    _row("paid_out", SYSTEM, states(PAYOUT), OVER, "TIME_OUT_AFTER_REFUNDED_AS_PAYOUT",
         closes="BUYER_REFUND_AS_PAYOUT", effects=(does.paid_out,)),
    _row("paid_out", SYSTEM, states(PART_PAYOUT), OVER, NOTICE,
         closes="BUYER_PARTIAL_REFUND_AS_PAYOUT", effects=(does.paid_out,)),
    _row("paid_out", SYSTEM, states(CHARGED), OVER, NOTICE, closes="BUYER_PAYOUT",
         effects=(does.paid_out,)),
    _row("refund_overdue", SYSTEM, states(BACK), AUTO, "SYSTEM_INITIATED_REFUND",
         when=does.refunded_by_ebay, effects=(does.auto,)),
    _row("refund_overdue", SYSTEM, states(BACK), OVERDUE, "TIME_OUT_FOR_REFUND",
         effects=(does.buyers_turn,)),
    _row("offer", SELLER, states(ASKED, SILENT, READY, LABEL, SHIPPED, BACK), OFFERED,
         "SELLER_OFFER_PARTIAL_REFUND", when=does.not_yet_offered, effects=(does.offered,)),
    _row("accept_offer", BUYER, states(OFFERED), PART, "BUYER_ACCEPTS_PARTIAL_REFUND",
         effects=(does.pay_part,)),
    _row("decline_offer", BUYER, states(OFFERED), REFUSED, "BUYER_DECLINE_PARTIAL_REFUND",
         effects=(does.offer_declined,)),
    _row("tell_refund", SELLER, states(BACK), TOLD, "SELLER_MARK_REFUND_SENT",
         effects=(does.told_of_refund,)),
    _row("confirm", BUYER, states(TOLD), OVER, "BUYER_MARK_REFUND_RECEIVED",
         closes="MARK_REFUND_RECEIVED"),
)  # fmt: skip

ENDS = (
    _row("expire", SYSTEM, states(OFFERED), OVER, "TIME_OUT_FOR_AUTHORIZE",
         closes="REQUEST_TIMEOUT"),
    _row("expire", SYSTEM, states(SILENT, RMA, REFUSED) | LABEL_OWED - {LABEL, WANTED}, OVER,
         "TIME_OUT_FOR_ESCALATION", closes="REQUEST_TIMEOUT"),
    _row("expire", SYSTEM, states(REJECTED), OVER, "TIME_OUT_AFTER_DECLINE",
         closes="RETURN_REJECTED"),
    _row("expire", SYSTEM, states(READY), OVER, "TIME_OUT_FOR_SHIPPING_SYSTEM_CLOSE",
         closes="SHIPMENT_TIMEOUT", effects=(does.label_voided,)),
    _row("expire", SYSTEM, states(TOLD), OVER, "TIME_OUT_FOR_MARK_REFUND_RECEIVED",
         closes="MARK_REFUND_RECEIVED_TIMEOUT"),
    _row("expire", SYSTEM, states(OVERDUE), OVER, "TIME_OUT_FOR_ESCALATION",
         closes="REFUND_TIMEOUT"),
    _row("expire", SYSTEM, states(LESS), OVER, "TIME_OUT_AFTER_REFUNDED",
         closes="BUYER_ACCEPT_LESS_THAN_FULL_REFUND"),
    _row("close", BUYER, CLOSABLE, OVER, "BUYER_CLOSE_RETURN",
         closes="BUYER_CLOSED", effects=(does.closed_by_buyer,)),
    _row("chargeback", SYSTEM, states(ASKED, READY, SHIPPED, BACK, OVERDUE), OVER,
         "CHARGEBACK_OPEN", closes="CHARGEBACK_DISPUTE_FILED", effects=(does.charged_back,)),
    _row("escalate", BUYER, ESCALABLE, None, "BUYER_ESCALATE", status="ESCALATED",
         when=does.may_escalate, effects=(does.escalated,)),
    _row("escalate", SELLER, ESCALABLE, None, "SELLER_ESCALATE", status="ESCALATED",
         when=does.may_escalate, effects=(does.escalated,)),
    _row("escalate", SYSTEM, states(SILENT, OVERDUE), None, "TIME_OUT_FOR_ESCALATION",
         status="ESCALATED", effects=(does.escalated,)),
    Step("case_recouped", SYSTEM, states(OVER), None, None, effects=(money.recouped,)),
    Step("recouped", SYSTEM, states(OVER), None, None, effects=(money.recouped,)),
    _row("case_ends", SYSTEM, states(ESCALATED), OVER, "SYSTEM_CLOSE_RETURN",
         closes="ESCALATED", effects=(does.case_ended,)),
    _row("message", SELLER, TALKING | {FAILED, PART_FAILED}, None, "SELLER_SEND_MESSAGE"),
    _row("message", BUYER, TALKING, None, "BUYER_SEND_MESSAGE"),
    _row("file", SELLER, TALKING, None, "SUBMIT_FILE", effects=(does.filed,)),
    _row("file", BUYER, TALKING, None, "SUBMIT_FILE", effects=(does.filed,)),
)  # fmt: skip


def _seller_late(record: Return) -> datetime | None:
    grace = end_of_day(record.modified_at, record.marketplace, weekdays=WEEK_REFUND_DUE)
    return money.job(record, record.seller_due.at if record.seller_due else grace)


def _buyer_late(record: Return) -> datetime | None:
    return money.job(record, record.buyer_due.at if record.buyer_due else None)


def _window_ends(record: Return) -> datetime | None:
    """Return when it is too late to ask eBay in: some days after the last line, at the least."""
    due = record.buyer_due
    if due and due.activity == "BUYER_ESCALATE" and record.state != RMA:
        return money.job(record, due.at)
    least = end_of_day(record.modified_at, record.marketplace, weekdays=WEEK_RETURN_ANSWER)
    return money.job(record, max(record.escalate_until, least))


def _once(activity: str, due: Moment) -> Moment:
    """Return the moment of a line that is written once while the state lasts."""

    def moment(record: Return) -> datetime | None:
        for line in reversed(record.history):
            if line.activity == activity:
                return None
            if line.from_state != line.to_state:
                break
        return due(record)

    return moment


def _before(hours: int, name: str) -> Moment:
    """Return the moment some hours before a due of the record."""

    def moment(record: Return) -> datetime | None:
        due = getattr(record, name)
        at: datetime | None = due.at if isinstance(due, Due) else due
        return at - timedelta(hours=hours) if at else None

    return moment


def _carrier_done(record: Return) -> datetime | None:
    """Return when the parcel arrives, or is given up for lost."""
    shipped = next((p.shipped_at for p in reversed(record.shipments) if p.shipped_at), None)
    if shipped is None or any(ln.activity == "TIME_OUT_FOR_DELIVERY" for ln in record.history):
        return None
    if _lost(record):
        return shipped + timedelta(days=TRANSIT_DAYS)
    days = Dice(f"{record.id}:transit").about(4, 9, least=0.8, most=20)
    return shipped + timedelta(seconds=round(days * 86400))


def _lost(record: Return) -> bool:
    return Dice(f"{record.id}:lost").chance(0.01)


def _payout_done(record: Return) -> datetime:
    return record.modified_at + money.drawn(record, "payout").hours(10, 40)


# Which reminder is written in which state, and when: so long before what is due.
REMINDERS: tuple[tuple[str, str, Moment], ...] = (
    (ASKED, "REMINDER_SELLER_TO_RESPOND", _before(REMIND_HOURS, "seller_due")),
    (RMA, "REMINDER_FOR_RMA", _before(REMIND_HOURS, "seller_due")),
    (READY, "REMINDER_BUYER_TO_SHIP", _before(SHIP_REMINDER_HOURS, "buyer_due")),
    (READY, "REMINDER_FOR_SHIPPING", _before(REMIND_HOURS, "ship_by")),
    (BACK, "REMINDER_FOR_REFUND", _before(REMIND_HOURS, "seller_due")),
    (OFFERED, "REMINDER_BUYER_TO_RESPOND_RE_OFFER", _before(REMIND_HOURS, "buyer_due")),
    (KEPT, "REMINDER_FOR_REFUND_NO_SHIPPING",
     lambda record: record.modified_at + timedelta(hours=REMIND_HOURS)),
)  # fmt: skip

TIMERS: tuple[Timer[Return], ...] = (
    *(Timer(states(state), _once(activity, due), activity, lapses=True)
      for state, activity, due in REMINDERS),
    Timer(states(RMA), _once("TIME_OUT_FOR_RMA", _seller_late), "rma_late", lapses=True),
    Timer(states(TOLD), _buyer_late, "expire"),
    Timer(states(OVER), money.recoup_due, "recouped"),
    Timer(states(ASKED), _seller_late, "seller_silent"),
    Timer(states(LABEL, WANTED), _seller_late, "label_late"),
    Timer(states(SILENT, RMA, LABEL_LATE, WANTED_LATE, REFUSED, REJECTED, OVERDUE),
          _window_ends, "expire"),
    Timer(states(OFFERED, LESS), _buyer_late, "expire"),
    Timer(states(READY), lambda r: money.job(r, r.timeout_at), "expire"),
    Timer(states(SHIPPED), _carrier_done, lambda r: "lose" if _lost(r) else "deliver"),
    Timer(states(BACK), _seller_late, "refund_overdue"),
    Timer(states(FAILED, PART_FAILED), _seller_late, "pay_out"),
    Timer(states(PAYOUT, PART_PAYOUT, CHARGED), _payout_done, "paid_out"),
    Timer(states(PAID, AUTO, PART, KEPT), money.payday, money.answer_of_bank),
)  # fmt: skip

WORDS = tuple(
    _row(activity, SYSTEM, states(state), None, activity) for state, activity, _ in REMINDERS
)
MACHINE = Machine(
    REQUEST + PARCEL + MONEY + ENDS + WORDS, TIMERS, STATUSES, states(OVER), does.place
)
