"""Rules between records: escalations, appeals, and one open record of a kind on an order line."""

from __future__ import annotations

from datetime import timedelta

from ..deadlines import APPEAL_DAYS
from ..records import Case, Inquiry, Record, Return
from ..world import World
from .lives import Found

NUMBERS = {"SELLER_APPEALED": "SELLER", "BUYER_APPEALED": "BUYER"}


def escalated_has_a_case(record: Record, world: World) -> Found:
    """Expect that what was escalated and its case name each other, and nothing else does."""
    if not isinstance(record, Inquiry | Return):
        return
    case = world.cases.get(record.case_id) if record.case_id else None
    if (record.escalated_at is not None, record.case_id is not None) != (case is not None,) * 2:
        yield f"escalated {record.escalated_at}, case {record.case_id}"
        return
    if case is None or record.escalated_at is None:
        return
    if case.parent is not record or case.created_at != record.escalated_at:
        yield f"case {case.id} of {case.parent.id}, opened {case.created_at}"
    if isinstance(record, Inquiry):
        if record.status != "CLOSED_WITH_ESCALATION" or case.return_id or case.id != record.id:
            yield f"{record.status} with case {case.id} of return {case.return_id}"
        if not record.respond_by < record.escalated_at:
            yield f"escalated {record.escalated_at}, the seller had until {record.respond_by}"
    else:
        if case.return_id != record.id:
            yield f"case {case.id} is of return {case.return_id}"
        if not (record.open == case.open or case.appealed_at is not None):
            yield f"{record.state} while the case is {case.state}"
        if not record.open and record.close_reason != "ESCALATED":
            yield f"closed for {record.close_reason} after an escalation"


def case_has_a_parent(record: Case, world: World) -> Found:
    """Expect that a case belongs to the record it came from: order, type, dates."""
    parent = record.parent
    if parent.case_id != record.id or parent.order != record.order:
        yield f"{parent.id} has the case {parent.case_id}"
    kind = "RETURN" if isinstance(parent, Return) else "ITEM_NOT_RECEIVED"
    if record.case_type != kind:
        yield f"{record.case_type} of a {type(parent).__name__.lower()}"
    if record.escalated_by != parent.escalated_by:
        yield f"escalated by {record.escalated_by}, and {parent.escalated_by}"


def appeals_have_their_time(record: Case, world: World) -> Found:
    """Expect that an appeal is open for a while after the decision, and only once."""
    now = world.clock.now()
    if record.can_appeal:
        closed = record.closed_at
        if record.state != "CS_CLOSED" or closed is None:
            yield f"an appeal is open in {record.state}"
        elif now >= closed + timedelta(days=APPEAL_DAYS):
            yield f"an appeal is open {now - closed} after the decision"
    if record.appeal_grant and (record.can_appeal or record.appealed_at is None):
        yield f"{record.appeal_grant}, asked {record.appealed_at}"
    if (record.appealed_at is not None) != (record.appeal_status in NUMBERS):
        yield f"{record.appeal_status}, asked {record.appealed_at}"
    if record.appeal_refund and record.appeal_grant != "GRANTED":
        yield f"{record.appeal_refund.amount} back, {record.appeal_grant}"
    runs = record.appealed_at is not None and record.appeal_grant is None
    if runs and record.state != "ON_HOLD":
        yield f"an appeal runs in {record.state}"


def outcomes_go_together(record: Case, world: World) -> Found:
    """Expect that support decides for one side; who closes a case otherwise decides nothing."""
    decided = {record.seller_outcome, record.buyer_outcome}
    if decided == {None}:
        if record.state == "CS_CLOSED":
            yield "decided for nobody"
    elif None in decided or not (record.state == "CS_CLOSED" or record.appealed_at):
        yield f"{record.seller_outcome} and {record.buyer_outcome} in {record.state}"


def one_open_record_of_a_kind(record: Record, world: World) -> Found:
    """Expect that an order line has one open record of a kind."""
    same = [
        other.id
        for other in world.records_of(record.order.order_id)
        if type(other) is type(record) and other.open
    ]
    if len(same) > 1:
        yield f"{same} are open on {record.order.order_id}"


def dates_follow_each_other(record: Record, world: World) -> Found:
    """Expect that parcels are labelled, shipped and delivered in this order."""
    now = world.clock.now()
    for parcel in record.shipments:
        dates = [parcel.shipped_at, parcel.delivered_at]
        if parcel.direction == "return":
            dates.insert(0, parcel.labelled_at)
        known = [at for at in dates if at]
        if known != sorted(known) or (known and known[-1] > now):
            yield f"parcel {parcel.tracking_number}: {[str(at) for at in known]}"
    if record.order.placed_at >= record.created_at:
        yield f"opened {record.created_at}, bought {record.order.placed_at}"
