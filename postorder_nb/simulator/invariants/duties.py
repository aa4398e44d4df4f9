"""Rules of what is offered, what is due, and when what is not done has its consequences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from .. import legal, machines
from ..deadlines import ZONES
from ..records import Cancellation, Case, Record, Return
from ..world import World
from .lives import Found, lives

JOB = (timedelta(minutes=5), timedelta(minutes=26))

# What a party owes in a state, and the time for it: weekdays after the line that led there.
SELLER_DUES = {
    "RETURN_REQUESTED": ("SELLER_APPROVE_REQUEST", 3),
    "RETURN_REQUEST_TIMEOUT": ("SELLER_APPROVE_REQUEST", None),
    "RMA_PENDING": ("SELLER_PROVIDE_RMA", 2),
    "RETURN_LABEL_PENDING": ("SELLER_PROVIDE_LABEL", 3),
    "ITEM_DELIVERED": ("SELLER_ISSUE_REFUND", 2),
    "REFUND_FAILED": ("SELLER_RETRY_REFUND", 2),
    "PARTIAL_REFUND_FAILED": ("SELLER_RETRY_REFUND", 2),
    "PARTIAL_REFUND_DECLINED": ("SELLER_APPROVE_REQUEST", 3),
}
BUYER_DUES = {
    "PARTIAL_REFUND_REQUESTED": ("BUYER_ACCEPTS_PARTIAL_REFUND", 3),
    "ITEM_READY_TO_SHIP": ("NOTIFIED_SHIPPED", None),
    "ITEM_SHIPPED": ("BUYER_ESCALATE", None),
    "ITEM_DELIVERED": ("BUYER_ESCALATE", None),
    "LESS_THAN_A_FULL_REFUND_ISSUED": ("BUYER_ESCALATE", None),
    "RETURN_REJECTED": ("BUYER_ESCALATE", None),
}
# The due that ends a state when nobody does anything; other timers there only remind.
ENDED_BY = {
    "RETURN_REQUESTED": "seller_due", "RETURN_LABEL_PENDING": "seller_due",
    "RETURN_LABEL_REQUESTED": "seller_due", "ITEM_DELIVERED": "seller_due",
    "REFUND_FAILED": "seller_due", "PARTIAL_REFUND_FAILED": "seller_due",
    "PARTIAL_REFUND_REQUESTED": "buyer_due", "LESS_THAN_A_FULL_REFUND_ISSUED": "buyer_due",
    "RETURN_REJECTED": "buyer_due", "REFUND_SENT_PENDING_CONFIRMATION": "buyer_due",
    "ITEM_READY_TO_SHIP": "timeout_at",
}  # fmt: skip

_OTHER_WORDS = {"SELLER_PRINT_SHIPPING_LABEL": "SELLER_PROVIDE_LABEL"}
_DECIDES: dict[str, Callable[[Return], bool]] = {
    "SELLER_DECLINE_REQUEST": lambda r: r.reason_type != "SNAD",
    "SELLER_OFFER_PARTIAL_REFUND": lambda r: (
        not any(line.activity == "SELLER_OFFER_PARTIAL_REFUND" for line in r.history)
    ),
    "SELLER_VOID_LABEL": lambda r: r.ebay_label and any(p.active for p in r.shipments),
}


def options_are_possible(record: Return, world: World) -> Found:
    """Expect that what is offered to a side is a known step of its from here."""
    waits = record.open and record.escalated_at is not None
    for side, offered in zip(("SELLER", "BUYER"), legal.options(record), strict=True):
        if len(set(offered)) != len(offered):
            yield f"{side} twice: {offered}"
        if waits and offered:
            yield f"{side} has {offered} while eBay decides"
        for option in offered:
            if option == "OTHER":
                possible = not record.open
            else:
                word = _OTHER_WORDS.get(option, option)
                possible = _step_exists(record, word, side) and (
                    option not in _DECIDES or _DECIDES[option](record)
                )
            if not possible:
                yield f"{side} is offered {option} in {record.state}"


def _step_exists(record: Return, activity: str, side: str) -> bool:
    return any(
        life.activity == activity and side in life.actors and record.state in life.begins
        for life in lives()["return"]
    )


def options_are_complete(record: Return, world: World) -> Found:
    """Expect that where it is a party's turn, that party is offered what is due."""
    if not record.open or record.escalated_at:
        return
    seller, buyer = legal.options(record)
    due = SELLER_DUES.get(record.state)
    if due and due[0] not in seller:
        yield f"the seller owes {due[0]} in {record.state} and is offered {seller}"
    if record.state == "PARTIAL_REFUND_REQUESTED" and "BUYER_ACCEPTS_PARTIAL_REFUND" not in buyer:
        yield f"the buyer has an offer and is offered {buyer}"


def dues_go_with_state(record: Return, world: World) -> Found:
    """Expect that the state says who owes what, and the line that led there until when."""
    if not record.open or record.escalated_at:
        return
    sides = ((SELLER_DUES, record.seller_due), (BUYER_DUES, record.buyer_due))
    for known, due in sides:
        if record.state not in known:
            continue
        activity, weekdays = known[record.state]
        if due is None or due.activity != activity:
            yield f"{due and due.activity} is due in {record.state}, not {activity}"
        elif weekdays and due.at != _weekdays_after(_since(record), weekdays, record.marketplace):
            yield f"{activity} is due {due.at}"


def _since(record: Record) -> datetime:
    """Return when the record came into its state."""
    lines = (ln.at for ln in reversed(record.history) if ln.from_state != ln.to_state)
    return next(lines, record.created_at)


def _weekdays_after(at: datetime, count: int, site: str) -> datetime:
    zone = ZONES[site]
    day = at.astimezone(zone).date()
    while count:
        day += timedelta(days=1)
        count -= day.isoweekday() < 6
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone)


def deadlines_end_the_day(record: Record, world: World) -> Found:
    """Expect that who has until a date has the whole of that day, in local time."""
    zone = ZONES[record.marketplace]
    names = ("respond_by", "buyer_respond_by", "ship_back_by", "escalate_until")
    dates: dict[str, datetime | None] = {name: getattr(record, name, None) for name in names}
    if isinstance(record, Return):
        dates["buyer_due"] = record.buyer_due.at if record.buyer_due else None
        dates["timeout_at"] = record.timeout_at and record.timeout_at.replace(microsecond=0)
    for name, at in dates.items():
        if at and at.astimezone(zone).strftime("%H:%M:%S") != "23:59:59":
            yield f"{name} is {at}"


def deadlines_fire(record: Record, world: World) -> Found:
    """Expect that a wait ends when its deadline says, not before and hardly later."""
    waits, deadline = _deadline(record)
    if not waits:
        return
    machine = machines.of(record)
    place = machine.place(record)
    moments = [t.due(record) for t in machine.timers if place in t.states and not t.lapses]
    first = min((at for at in moments if at), default=None)
    if not (deadline and first and JOB[0] <= first - deadline <= JOB[1]):
        yield f"the deadline is {deadline}, and something happens {first}"


def _deadline(record: Record) -> tuple[bool, datetime | None]:
    """Tell whether the record's state ends when time is over, and when that is."""
    if isinstance(record, Return):
        name = ENDED_BY.get(record.state) if record.open and not record.escalated_at else None
        due = getattr(record, name) if name else None
        return name is not None, getattr(due, "at", due)
    if isinstance(record, Cancellation):
        if record.state == "CONFIRM_REFUND_PENDING":
            return True, record.buyer_respond_by
        return record.state == "APPROVAL_PENDING", record.respond_by
    if isinstance(record, Case) and record.ship_back_by:
        waits = record.state == "ON_HOLD" and not (record.appealed_at or record.pending)
        return waits, record.ship_back_by
    return False, None
