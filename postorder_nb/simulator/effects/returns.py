"""What acts do to returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from .. import legal, settle
from ..acts import Act
from ..deadlines import (
    AFTER_DEDUCTION_DAYS,
    REFUND_WORD_DAYS,
    SHIP_BY_DAYS,
    SHIP_CLOSE_DAYS,
    SHIP_REMIND_DAYS,
    WEEK_PARTIAL_ANSWER,
    WEEK_REFUND_DUE,
    WEEK_RETURN_ANSWER,
    WEEK_RETURN_LABEL,
    WEEK_RETURN_RMA,
    WEEK_RMA_THEN,
    end_of_day,
)
from ..records import Due, File, Line, Money, Return, Shipment
from ..shop import CARRIERS
from . import money

ReturnAct = Act[Return]
SEEN_DURING_REFUND = ("RETURN_REQUESTED", "READY_FOR_SHIPPING", "ITEM_SHIPPED", "ITEM_DELIVERED")
GRACE_DAYS = 7
USUAL_OFFER = Decimal("0.3")


def place(record: Return) -> str:
    """Return where a return stands: with eBay, or in its state."""
    escalated = record.status == "ESCALATED" and record.open
    return "ESCALATED" if escalated else record.state


# -- conditions -------------------------------------------------------------------------------


def keeps_item(act: ReturnAct) -> bool:
    """Tell whether the seller lets the buyer keep the item."""
    return bool(act.facts.get("keepOriginalItem"))


def wants_back(act: ReturnAct) -> bool:
    """Tell whether the item has to come back."""
    return not keeps_item(act)


def owes_rma(act: ReturnAct) -> bool:
    """Tell whether an RMA number is still missing."""
    return act.record.rma_required and not act.facts.get("RMANumber")


def owes_label(act: ReturnAct) -> bool:
    """Tell whether the seller has to come up with the label."""
    record = act.record
    return record.label_payee == "SELLER" and (
        not record.ebay_label or bool(act.facts.get("withoutLabel"))
    )


def has_label(act: ReturnAct) -> bool:
    """Tell whether there is a label of eBay's that is not used yet."""
    return act.record.ebay_label and any(parcel.active for parcel in act.record.shipments)


def pays_label(act: ReturnAct) -> bool:
    """Tell whether the seller owes another label when this one is void."""
    return has_label(act) and act.record.label_payee == "SELLER"


def may_decline(act: ReturnAct) -> bool:
    """Tell whether the seller may say no: not to an item that was not as described."""
    return act.record.reason_type != "SNAD"


def not_yet_offered(act: ReturnAct) -> bool:
    """Tell whether the seller may still offer a part of the money: once in a return."""
    return not legal.offered(act.record)


def deducts(act: ReturnAct) -> bool:
    """Tell whether less than all is refunded, or was to be by the refund that failed."""
    return "deduction" in act.facts or bool(act.record.payment and not act.record.payment.credit)


def deducts_at_once(act: ReturnAct) -> bool:
    """Tell whether less than all is refunded, and nothing delays it."""
    return deducts(act) and money.outlook(act) == "SUCCESS"


def came_back(act: ReturnAct) -> bool:
    """Tell whether the seller has the item back, though an offer came between."""
    return any(parcel.delivered_at for parcel in act.record.shipments)


def was_sent(act: ReturnAct) -> bool:
    """Tell whether the item is on its way back, though an offer came between."""
    return any(parcel.shipped_at for parcel in act.record.shipments)


def by_tracking(act: ReturnAct) -> bool:
    """Tell whether the buyer says which parcel it is."""
    return "trackingNumber" in act.facts or not any(p.active for p in act.record.shipments)


def unmarked(act: ReturnAct) -> bool:
    """Tell whether a parcel came that the seller has not acknowledged."""
    return any(p.delivered_at and not p.marked_received for p in act.record.shipments)


def refunded_by_ebay(act: ReturnAct) -> bool:
    """Tell whether eBay refunds what the seller has not."""
    return act.policy.auto_refund


def by_rule(act: ReturnAct) -> bool:
    """Tell whether a rule of the seller's started the refund."""
    return act.record.history[-1].activity == "SYSTEM_IMMEDIATE_REFUND"


def may_escalate(act: ReturnAct) -> bool:
    """Tell whether the actor may ask eBay in: it is offered, or its window is open."""
    record = act.record
    buyer = act.actor == "BUYER"
    options = legal.options(record)[1 if buyer else 0]
    window = legal.may_escalate(record, act.at)[0 if buyer else 1]
    return window or f"{act.actor}_ESCALATE" in options


# -- the request and its answer ---------------------------------------------------------------


def opened(act: ReturnAct) -> None:
    """Give the seller time to answer."""
    record = act.record
    site = record.marketplace
    record.escalate_from = end_of_day(act.at, site, weekdays=WEEK_RETURN_ANSWER)
    if record.rma_required:
        record.seller_due = Due("SELLER_PROVIDE_RMA", _weekdays(act, WEEK_RETURN_RMA))
        record.buyer_due = Due("OTHER", _weekdays(act, WEEK_RETURN_RMA + WEEK_RMA_THEN))
    else:
        record.seller_due = Due("SELLER_APPROVE_REQUEST", record.escalate_from)
        record.buyer_due = Due("OTHER", record.escalate_until)


def _weekdays(act: ReturnAct, count: int) -> datetime:
    return end_of_day(act.at, act.record.marketplace, weekdays=count)


def rma_due(act: ReturnAct) -> None:
    """Give the seller time to name an RMA number."""
    act.record.seller_due = Due("SELLER_PROVIDE_RMA", _weekdays(act, WEEK_RETURN_RMA))


def label_due(act: ReturnAct) -> None:
    """Give the seller time to come up with a label."""
    record = act.record
    record.ebay_label, record.label_cost = False, None
    record.seller_due = Due("SELLER_PROVIDE_LABEL", _weekdays(act, WEEK_RETURN_LABEL))


def accepted(act: ReturnAct) -> None:
    """Let the buyer ship: the clock runs from the opening, or from a late answer."""
    record = act.record
    site = record.marketplace
    late = act.at - record.created_at > timedelta(days=GRACE_DAYS)
    start = act.at if late else record.created_at
    ship_by = end_of_day(start, site, days=SHIP_BY_DAYS)
    record.ship_by = ship_by + timedelta(seconds=1, milliseconds=1)
    record.timeout_at = end_of_day(start, site, days=SHIP_CLOSE_DAYS) + timedelta(milliseconds=999)
    record.seller_due = Due("SELLER_APPROVE_REQUEST", ship_by)
    record.buyer_due = Due("NOTIFIED_SHIPPED", end_of_day(start, site, days=SHIP_REMIND_DAYS))
    record.rma_number = act.facts.get("RMANumber") or record.rma_number
    if record.ebay_label and not any(parcel.active for parcel in record.shipments):
        _parcel(act)


def _parcel(act: ReturnAct) -> Shipment:
    record, dice, facts = act.record, act.dice, act.facts
    parcel = Shipment(
        direction="return",
        carrier=facts.get("carrierEnum") or dice.choice(CARRIERS[record.marketplace]),
        tracking_number=facts.get("trackingNumber") or str(dice.randrange(10**19, 10**20)),
        shipment_id=str(dice.randrange(10**9, 10**10)),
        labelled_at=act.at,
    )
    record.shipments.append(parcel)
    return parcel


def label_given(act: ReturnAct) -> None:
    """Take the label the seller provides, or eBay's."""
    record, facts = act.record, act.facts
    action = facts.get("labelAction", "EBAY_LABEL")
    record.ebay_label = action in ("EBAY_LABEL", "PURCHASE_LABEL")
    cost = facts.get("returnLabelCost")
    if record.ebay_label:
        record.label_payee = "SELLER"
        record.label_cost = cost or settle.label_price(act.dice, record.order.currency)
    else:
        record.label_cost = cost
        if facts.get("trackingNumber"):
            _parcel(act)
    accepted(act)


def declined(act: ReturnAct) -> None:
    """Leave it to the buyer to ask eBay in."""
    act.record.seller_due = None
    buyers_turn(act)


def buyers_turn(act: ReturnAct) -> None:
    """Let the buyer ask eBay in: until the window ends, some days at the least."""
    until = max(act.record.escalate_until, _weekdays(act, WEEK_RETURN_ANSWER))
    act.record.buyer_due = Due("BUYER_ESCALATE", until)


def label_voided(act: ReturnAct) -> None:
    """Take the label back that was not used."""
    for parcel in act.record.shipments:
        if parcel.shipped_at is None:
            parcel.active = False


def tracking_changed(act: ReturnAct) -> None:
    """Note which parcel it is after all."""
    for parcel in act.record.shipments[-1:]:
        parcel.tracking_number = act.facts.get("trackingNumber") or parcel.tracking_number
        act.attributes["trackingNumber"] = parcel.tracking_number


# -- the way back -------------------------------------------------------------------------------


def on_its_way(act: ReturnAct) -> None:
    """Note the parcel; the label is charged once it is used."""
    record = act.record
    active = [parcel for parcel in record.shipments if parcel.active]
    parcel = active[-1] if active else _parcel(act)
    if not active or "trackingNumber" in act.facts:
        parcel.tracking_number = act.facts.get("trackingNumber") or parcel.tracking_number
        parcel.carrier = act.facts.get("carrierEnum") or parcel.carrier
        act.attributes["trackingNumber"] = parcel.tracking_number
    settle.charge_label(record, act.at)
    parcel.shipped_at = act.at
    parcel.estimate_from = act.at + timedelta(days=2)
    parcel.estimate_until = act.at + timedelta(days=6)
    travels(act)


def travels(act: ReturnAct) -> None:
    """Let nobody owe anything until the parcel arrives."""
    act.record.seller_due = None
    act.record.buyer_due = Due("BUYER_ESCALATE", act.record.escalate_until)


def back(act: ReturnAct) -> None:
    """Start the seller's clock for the refund."""
    record = act.record
    for parcel in record.shipments[-1:]:
        parcel.delivered_at = parcel.delivered_at or act.at
    due = _weekdays(act, WEEK_REFUND_DUE)
    record.seller_due = Due("SELLER_ISSUE_REFUND", due)
    record.escalate_from = due
    record.buyer_due = Due("BUYER_ESCALATE", max(due, record.escalate_until))


def marked(act: ReturnAct) -> None:
    """Note that the seller has the parcel in hand."""
    for parcel in act.record.shipments[-1:]:
        parcel.marked_received = True


# -- money --------------------------------------------------------------------------------------


def pay(act: ReturnAct) -> None:
    """Refund the lines the seller named, or all that is expected."""
    record = act.record
    lines = act.facts.get("lines") or settle.actual_lines(record.lines)
    credit = "deduction" not in act.facts
    money.send(act, settle.total(lines), type="SELLER_VOLUNTARY_REFUND", lines=lines, credit=credit)
    record.refund_initiator = "SELLER_INITIATED"
    record.relist = bool(act.facts.get("relistItem"))
    keep_step(act)


def pay_again(act: ReturnAct) -> None:
    """Repeat the refund that failed."""
    last = act.record.payment
    if last is None:
        pay(act)
        return
    money.send(act, last.amount, type=last.movement.type, lines=last.lines, credit=last.credit)


def keep_step(act: ReturnAct) -> None:
    """Keep the coarse step during a refund: there is no word for the refund itself."""
    record = act.record
    if record.state == "REFUND_INITIATED" and record.status not in SEEN_DURING_REFUND:
        parcels = record.shipments
        if any(parcel.delivered_at for parcel in parcels):
            record.status = "ITEM_DELIVERED"
        else:
            record.status = "ITEM_SHIPPED" if _moving(record) else "RETURN_REQUESTED"


def _moving(record: Return) -> bool:
    return any(parcel.shipped_at for parcel in record.shipments)


def deducted(act: ReturnAct) -> None:
    """Let the money arrive, and the buyer dispute the deduction for a while."""
    record = act.record
    money.confirmed(act)
    until = end_of_day(act.at, record.marketplace, days=AFTER_DEDUCTION_DAYS)
    record.buyer_due = Due("BUYER_ESCALATE", until)
    record.seller_due = Due("OTHER", until)


def auto(act: ReturnAct) -> None:
    """Refund for the seller."""
    lines = settle.actual_lines(act.record.lines)
    money.send(act, settle.total(lines), type="AUTO_REFUND", lines=lines)
    act.record.refund_initiator = "AUTO_REFUND"


def retry_due(act: ReturnAct) -> None:
    """Give the seller time to try again."""
    act.record.seller_due = Due("SELLER_RETRY_REFUND", _weekdays(act, WEEK_REFUND_DUE))


def paid_out(act: ReturnAct) -> None:
    """Let eBay pay what was owed, and charge the seller."""
    record = act.record
    lines = record.payment.lines if record.payment else settle.actual_lines(record.lines)
    record.lines += lines
    money.force(act, settle.total(lines), recoup="RECOUP_FROM_SELLER_T1")


def offered(act: ReturnAct) -> None:
    """Give the buyer time to take a part of the money."""
    record = act.record
    act.attributes.setdefault("partialRefundAmount", record.estimated.share(USUAL_OFFER))
    due = _weekdays(act, WEEK_PARTIAL_ANSWER)
    record.seller_due, record.buyer_due = None, Due("BUYER_ACCEPTS_PARTIAL_REFUND", due)


def offer(record: Return) -> Money:
    """Return the part of the money that was offered last."""
    for event in reversed(record.history):
        amount = event.attributes.get("partialRefundAmount")
        if isinstance(amount, Money):
            return amount
    return Money(Decimal("0.00"), record.order.currency)


def pay_part(act: ReturnAct) -> None:
    """Pay the offer: the buyer keeps the item."""
    amount = offer(act.record)
    lines = [Line("actual", "ORDER_ADJUSTMENT", amount)]
    money.send(act, amount, type="SELLER_VOLUNTARY_REFUND", lines=lines)
    act.record.refund_initiator = "SELLER_INITIATED"


def offer_declined(act: ReturnAct) -> None:
    """Ask the seller for another answer."""
    record = act.record
    record.seller_due = Due("SELLER_APPROVE_REQUEST", _weekdays(act, WEEK_RETURN_ANSWER))
    buyers_turn(act)


def told_of_refund(act: ReturnAct) -> None:
    """Let the buyer say whether the money came that was sent outside eBay."""
    until = end_of_day(act.at, act.record.marketplace, days=REFUND_WORD_DAYS)
    act.record.seller_due = None
    act.record.buyer_due = Due("BUYER_MARK_REFUND_RECEIVED", until)


# -- words, files, eBay ---------------------------------------------------------------------------


def filed(act: ReturnAct) -> None:
    """Keep a file."""
    facts, record = act.facts, act.record
    file_id = act.facts["fileId"] = str(act.dice.randrange(10**9, 10**10))
    url = f"https://www.ebay.com/rtn/file/{record.id}/{file_id}"
    record.files.append(
        File(
            file_id, facts.get("fileName", "photo.png"), facts.get("format", "PNG"),
            facts.get("filePurpose", "ITEM_RELATED"), "PUBLISHED", act.actor, act.at, url,
            facts.get("data"),
        )
    )  # fmt: skip


def closed_by_buyer(act: ReturnAct) -> None:
    """Note why the buyer gave up."""
    act.record.buyer_close_reason = act.facts.get("reason", "OTHER")
    act.record.buyer_close_comment = act.facts.get("comments")


def charged_back(act: ReturnAct) -> None:
    """Note that the bank decides now."""
    act.record.buyer_close_reason = "CHARGE_BACK_OPENED"


def escalated(act: ReturnAct) -> None:
    """Hand the return to eBay."""
    record = act.record
    record.escalated_at, record.escalated_by = act.at, act.actor
    record.escalate_reason = act.attributes["escalateReason"]
    act.facts["caseId"] = act.world.open_case(record, act.at).id


def case_ended(act: ReturnAct) -> None:
    """Take over what the case has decided."""
    record = act.record
    if record.case_id:
        settle.follow(record, act.world.cases[record.case_id])
