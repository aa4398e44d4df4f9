"""What acts do to inquiries."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal

from ..acts import Act
from ..deadlines import (
    REFUND_DEADLINE_DAYS,
    WEEK_AGREED_REFUND,
    WEEK_INQUIRY_CLOSE,
    end_of_day,
)
from ..records import Inquiry, Shipment
from . import money

InquiryAct = Act[Inquiry]


def tracked(act: InquiryAct) -> bool:
    """Tell whether the seller named a parcel."""
    return bool(act.facts.get("trackingNumber"))


def told_of_refund(act: InquiryAct) -> bool:
    """Tell whether the buyer's turn is to confirm a refund made elsewhere."""
    return act.record.refund_told and act.record.status == "WAITING_BUYER_RESPONSE"


def tells_of_refund(act: InquiryAct) -> None:
    """Note that the seller says there was a refund."""
    act.record.refund_told = True


def may_escalate(act: InquiryAct) -> bool:
    """Tell whether the seller's time is over, and the last day has not passed."""
    record = act.record
    last = end_of_day(record.created_at, record.marketplace, weekdays=WEEK_INQUIRY_CLOSE)
    return record.respond_by < act.at <= last


def buyer_spoke(act: InquiryAct) -> None:
    """Note when the buyer was heard of last."""
    act.record.last_buyer_response_at = act.at


def parcel(act: InquiryAct) -> None:
    """Note the parcel the seller names."""
    facts = act.facts
    shipped = facts.get("shippingDate") or act.record.order.dispatch_at
    act.record.shipments.append(
        Shipment(
            direction="outbound",
            carrier=facts.get("shippingCarrierName") or "OTHER",
            tracking_number=facts["trackingNumber"],
            shipment_id="",
            shipped_at=shipped,
            estimate_from=shipped + timedelta(days=3),
            estimate_until=shipped + timedelta(days=6),
        )
    )


def delivered(act: InquiryAct) -> None:
    """Note that the carrier has delivered."""
    act.record.delivered_at = act.at
    for outbound in act.record.shipments:
        outbound.delivered_at = act.at


def pay(act: InquiryAct) -> None:
    """Send the whole claim back."""
    money.send(act, act.record.estimated, type="REFUND")


def agreed(act: InquiryAct) -> None:
    """Give the seller two business days for the refund; after them eBay may be asked in."""
    record = act.record
    due = end_of_day(act.at, record.marketplace, weekdays=WEEK_AGREED_REFUND)
    record.respond_by = max(record.respond_by, due)
    record.expires_at = max(record.expires_at, record.respond_by + timedelta(days=1))


def refund_closes(act: InquiryAct) -> None:
    """Note until when the refund was due, and what came on top for import."""
    record = act.record
    record.refund_due_at = act.at + timedelta(days=REFUND_DEADLINE_DAYS)
    if record.rate != 1 and act.dice.chance(0.2):
        record.international = record.estimated.share(Decimal(act.dice.randint(2, 9)) / 100)


def reminder(record: Inquiry) -> datetime | None:
    """Return when the seller is reminded: at 07:00 UTC two days on, before the time is over."""
    at = datetime.combine(
        record.created_at.date() + timedelta(days=2), time(7), record.created_at.tzinfo
    )
    return at if at < record.respond_by else None


def paid_by_ebay(act: InquiryAct) -> None:
    """Let eBay pay."""
    money.force(act, act.record.estimated)


def escalated(act: InquiryAct) -> None:
    """Hand the inquiry to eBay: it goes on as a case."""
    record = act.record
    record.escalated_at, record.escalated_by = act.at, act.actor
    record.escalate_reason = act.attributes["escalateReason"]
    act.facts["caseId"] = act.world.open_case(record, act.at).id
