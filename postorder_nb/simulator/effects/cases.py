"""What acts do to cases, and how eBay decides them."""

from __future__ import annotations

from datetime import timedelta

from .. import settle
from ..acts import Act
from ..deadlines import WEEK_PROOF_OF_SHIPMENT, end_of_day
from ..odds import APPEAL_GRANTED
from ..records import Case, Return, Shipment
from . import money

CaseAct = Act[Case]
VERDICTS = {"buyer_wins": 0.48, "seller_wins": 0.38, "nobody_wins": 0.14}


# -- where a case stands -------------------------------------------------------------------------


def appealing(record: Case) -> bool:
    """Tell whether an appeal runs."""
    return record.appealed_at is not None and record.appeal_grant is None


def parcel_awaited(record: Case) -> bool:
    """Tell whether the buyer has to send the item back."""
    asked = record.ship_back_by is not None and not appealing(record)
    return asked and not record.pending


def facts_awaited(record: Case) -> bool:
    """Tell whether eBay waits for facts."""
    return record.ship_back_by is None and not appealing(record) and not record.pending


def idle(record: Case) -> bool:
    """Tell whether no money is on its way."""
    return not record.pending


def undecided(act: CaseAct) -> bool:
    """Tell whether the case may still be decided."""
    return not appealing(act.record) and not act.record.pending


def refundable(act: CaseAct) -> bool:
    """Tell whether the seller can still refund."""
    return undecided(act) and money.unpaid(act)


def waits_for_parcel(act: CaseAct) -> bool:
    """Tell whether the item has to come back first."""
    return parcel_awaited(act.record)


def waits_for_facts(act: CaseAct) -> bool:
    """Tell whether facts are missing."""
    return facts_awaited(act.record)


def may_appeal(act: CaseAct) -> bool:
    """Tell whether the window for an appeal is open."""
    return act.record.can_appeal


def appeal_runs(act: CaseAct) -> bool:
    """Tell whether an appeal waits for its answer."""
    return appealing(act.record)


# -- how eBay decides ----------------------------------------------------------------------------


def verdict(record: Case) -> str:
    """Return the decision: drawn, but the same whenever it is asked for."""
    dice = money.drawn(record, "verdict")
    choice = dice.pick(VERDICTS)
    parent = record.parent
    if isinstance(parent, Return):
        back = any(parcel.delivered_at for parcel in parent.shipments)
        asked_before = record.ship_back_by is not None
        if choice == "buyer_wins" and not back and not asked_before and dice.chance(0.3):
            return "return_first"
        return choice
    if choice == "buyer_wins" and not parent.shipments and dice.chance(0.7):
        return "buyer_wins_at_once"
    if choice == "seller_wins" and parent.delivered_at and dice.chance(0.7):
        return "seller_wins_at_once"
    return choice


def judge(record: Case) -> str:
    """Return who decides: an agent, or nobody."""
    return "SYSTEM" if verdict(record).endswith("at_once") else "CSR"


def appeal_verdict(record: Case) -> str:
    """Return the answer to an appeal."""
    granted = money.drawn(record, "appeal").chance(APPEAL_GRANTED)
    return "grant" if granted else "deny"


# -- effects --------------------------------------------------------------------------------------


def parties_done(act: CaseAct) -> None:
    """Nobody but eBay has anything to do now."""
    act.record.respond_by = None


def pay(act: CaseAct) -> None:
    """Send the whole claim back."""
    money.send(act, act.record.estimated, type="REFUND")


def ends_parent(act: CaseAct) -> None:
    """Let the return end with its case."""
    if isinstance(act.record.parent, Return):
        act.next.append((act.record.parent, "case_ends", "SYSTEM"))


def _decided(act: CaseAct, buyer: str) -> None:
    record = act.record
    record.buyer_outcome = buyer
    record.seller_outcome = {"WIN": "LOSS", "LOSS": "WIN"}[buyer]
    record.can_appeal = True
    record.respond_by = None


def for_buyer(act: CaseAct) -> None:
    """Let the buyer win."""
    _decided(act, "WIN")


def for_seller(act: CaseAct) -> None:
    """Let the seller win."""
    _decided(act, "LOSS")


def charged(act: CaseAct) -> None:
    """Let eBay pay and take it from the seller."""
    money.force(act, act.record.estimated, recoup="RECOUP_FROM_SELLER_T1")


def paid_by_ebay(act: CaseAct) -> None:
    """Let eBay pay."""
    money.force(act, act.record.estimated)


def ship_back(act: CaseAct) -> None:
    """Give the buyer time to send the item back."""
    record = act.record
    record.ship_back_by = end_of_day(act.at, record.marketplace, weekdays=WEEK_PROOF_OF_SHIPMENT)
    record.respond_by = None


def address_given(act: CaseAct) -> None:
    """Note where the item goes."""
    act.record.return_address = dict(act.facts.get("returnAddress") or {})
    act.record.return_name = (act.facts.get("firstName"), act.facts.get("lastName"))
    act.record.rma_number = act.facts.get("RMA")


def sent_back(act: CaseAct) -> None:
    """Note the parcel."""
    act.record.shipments.append(
        Shipment(
            direction="return",
            carrier=act.facts.get("shippingCarrierName") or "OTHER",
            tracking_number=act.facts.get("trackingNumber") or "",
            shipment_id="",
            shipped_at=act.at,
            estimate_until=act.at + timedelta(days=6),
        )
    )


def came_back(act: CaseAct) -> None:
    """Note that the parcel arrived."""
    for parcel in act.record.shipments[-1:]:
        parcel.delivered_at = act.at


def appealed(act: CaseAct) -> None:
    """Let eBay look at it once more."""
    record = act.record
    record.appealed_at = act.at
    record.can_appeal, record.appeal_status = False, f"{act.actor}_APPEALED"
    record.appeal_reason = "NEW_EVIDENCE"
    record.appeal_against = record.close_reason
    record.closed_at = record.close_reason = None


def granted(act: CaseAct) -> None:
    """Give who appealed what they wanted; a seller's charge is given back."""
    record = act.record
    record.appeal_grant = "GRANTED"
    if record.appeal_status == "SELLER_APPEALED":
        recouped(act)  # what is given back was taken before
        record.appeal_close_reason = "APPEAL_SELLER_WINS_FULL_CREDIT"
        record.appeal_refund = record.net_charge
        record.seller_outcome = "WIN"
        return
    record.appeal_close_reason = "APPEAL_BUYER_WINS"
    record.close_reason = "BUYER_WINS_NO_SELLER_FAULT"
    record.buyer_outcome = "WIN"
    if record.buyer_refund is None:
        paid_by_ebay(act)


def recouped(act: CaseAct) -> None:
    """Take what the seller owes, and say so to the return."""
    if settle.owed(act.record):
        money.recouped(act)
        if isinstance(act.record.parent, Return):
            act.next.append((act.record.parent, "case_recouped", "SYSTEM"))


def denied(act: CaseAct) -> None:
    """Leave it as it was."""
    record = act.record
    record.appeal_grant = "DENIED"
    side = (record.appeal_status or "").removesuffix("_APPEALED")
    record.appeal_close_reason = f"APPEAL_{side}_DENIED"
    record.close_reason = record.appeal_against or record.close_reason


def too_late(act: CaseAct) -> None:
    """Close the window for an appeal."""
    act.record.can_appeal = False
