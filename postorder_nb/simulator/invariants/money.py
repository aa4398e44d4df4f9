"""Rules of money: what moved, what was refunded and charged, and what the ledger says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..ledger import Moved
from ..records import Cancellation, Case, Movement, Record, Return
from ..world import World
from .lives import Found, kind_of

CENT = Decimal("0.01")
TO_BUYER = frozenset({"SELLER_VOLUNTARY_REFUND", "AUTO_REFUND", "REFUND", "BUYER_PAYOUT"})
FAILED_STATES = frozenset(
    {"REFUND_FAILED", "PARTIAL_REFUND_FAILED", "REFUND_FAILED_RETRY", "REFUND_AGREED_BUT_FAILED",
     "REFUND_AS_PAYOUT_INITIATED", "PARTIAL_REFUND_AS_PAYOUT_INITIATED"}
)  # fmt: skip
# What a return's close reason says of the money: all of it, a part, or none by this return.
ALL = frozenset(
    {"FULL_REFUNDED", "FULL_REFUNDED_BY_DISPOSITION_RULE", "AUTO_REFUNDED", "BUYER_PAYOUT"}
)
SOME = frozenset(
    {"BUYER_REFUND_AS_PAYOUT", "PARTIALLY_REFUNDED", "BUYER_ACCEPT_LESS_THAN_FULL_REFUND",
     "BUYER_PARTIAL_REFUND_AS_PAYOUT"}
)  # fmt: skip
PERHAPS = frozenset({"ESCALATED", "BUYER_CLOSED"})


def cents(amount: Decimal) -> Decimal:
    """Round half up to two decimals."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _amount(money: Any) -> Decimal:
    return money.amount if money else Decimal(0)


def _is_recoup(move: Movement) -> bool:
    return move.type.startswith("RECOUP")


def refund_goes_with_reason(record: Record, world: World) -> Found:
    """Expect that the reason a record was closed for says what was refunded."""
    got, reason, fits = record.refund, record.close_reason, True
    if isinstance(record, Return) and reason:
        if reason in ALL:
            fits = _amount(got) >= record.estimated.amount
        elif reason in SOME:
            fits = got is not None
        else:
            fits = got is None or reason in PERHAPS
    elif isinstance(record, Cancellation):
        full = reason in ("FULL_REFUNDED", "FULL_REFUNDED_AS_PAYOUT")
        fits = (record.buyer_refund == record.estimated) if full else got is None
    elif isinstance(record, Case) and reason == "BUYER_REFUNDED":
        fits = got == record.estimated
    if not fits:
        yield f"{reason} with a refund of {got and got.amount}"


def movements_make_the_refund(record: Record, world: World) -> Found:
    """Expect that the movements towards the buyer add up to what the buyer got."""
    done = [m for m in record.movements if m.status == "SUCCESS" and m.type in TO_BUYER]
    paid = sum((_amount(move.actual) for move in done), Decimal(0))
    if paid != _amount(record.buyer_refund):
        yield f"the buyer got {_amount(record.buyer_refund)}, the movements say {paid}"
    claim = record.order.with_tax(record.order.total).amount
    postage = sum((_amount(ln.maximum) for ln in record.lines if ln.stage == "optional"), CENT * 0)
    if paid > claim + cents(postage * (1 + record.order.tax_rate)):
        yield f"the buyer got {paid} of {claim}"


def movements_have_a_time(record: Record, world: World) -> Found:
    """Expect that money moves in whole cents, after the opening and never ahead of time."""
    now = world.clock.now()
    for move in record.movements:
        if not record.created_at <= move.created_at <= (move.settled_at or now) <= now:
            yield f"{move.type} from {move.created_at} to {move.settled_at}"
        for money in (move.requested, move.actual):
            if money and money.amount != cents(money.amount):
                yield f"{move.type} of {money.amount}"
        done = move.actual is not None and move.settled_at is not None
        no_fee = move.status == "FAILED" and not _amount(move.actual)
        if (move.status == "SUCCESS") != done and not no_fee:
            yield f"{move.type} {move.status} with {_amount(move.actual)}"


def one_refund_is_under_way(record: Record, world: World) -> Found:
    """Expect that at most one refund is under way, and none of what is over."""
    waiting = [m for m in record.movements if m.status == "PENDING" and not _is_recoup(m)]
    if len(waiting) > 1 or (waiting and not record.open):
        yield f"{[move.type for move in waiting]} under way in {record.state}"
    if waiting and record.refund_status != "PENDING":
        yield f"a refund is under way and its status is {record.refund_status}"


def status_says_how_it_went(record: Record, world: World) -> Found:
    """Expect that the refund's status, its date and its amounts are there together."""
    got = record.refund is not None or record.buyer_refund is not None
    if got and record.refund_status not in ("SUCCESS", "PENDING", "FAILED"):
        yield f"money moved and the status is {record.refund_status}"
    if record.refund_status == "SUCCESS" and not (got and record.refunded_at):
        yield f"SUCCESS without {'a date' if got else 'money'}"
    if record.refunded_at and not record.created_at <= record.refunded_at <= world.clock.now():
        yield f"refunded {record.refunded_at}"


def charge_is_refund_less_credit(record: Record, world: World) -> Found:
    """Expect that the charge is the refund less the fee credit, converted and rounded once."""
    if record.refund is None:
        if record.net_charge is not None:
            yield "charged for no refund"
        return
    charge = record.refund.amount - _amount(record.fee_credit)
    net = record.net_charge
    if net is None or net.amount != cents(charge * record.rate):
        yield f"charged {_amount(net)} for {charge} at {record.rate}"
    elif net.currency != record.payout_currency:
        yield f"charged in {net.currency}, paid out in {record.payout_currency}"
    elif net.currency != record.refund.currency and not (
        net.origin and net.origin.amount == charge and net.rate == record.rate
    ):
        yield f"converted from {net.origin} at {net.rate}"


def fundings_make_the_charge(record: Record, world: World) -> Found:
    """Expect that what the charge was taken from adds up to it, but for what is still owed."""
    taken = sum((fund.amount.amount for fund in record.fundings), Decimal(0))
    owed = _amount(record.outstanding) if _debt(record) else Decimal(0)
    charges = 2 if isinstance(record, Return) and record.case_id else 1
    if abs(_amount(record.net_charge) - taken - owed) > CENT * (charges - 1):
        yield f"charged {_amount(record.net_charge)}, taken {taken}, owed {owed}"
    for fund in record.fundings:
        if fund.amount.currency != record.payout_currency or fund.amount.amount < 0:
            yield f"{fund.type} of {fund.amount}"


def _debt(record: Record) -> list[Movement]:
    return [m for m in record.movements if _is_recoup(m) and m.status == "PENDING"]


def debts_stand_in_the_books(record: Record, world: World) -> Found:
    """Expect that what eBay paid or could not refund, and nothing else, is outstanding."""
    debt = _debt(record)
    failed = record.refund_status == "FAILED"
    if debt and not record.outstanding:
        yield f"{debt[0].type} waits and nothing is outstanding"
    if record.outstanding and not (debt or failed or record.pending):
        yield f"{record.outstanding.amount} outstanding, nothing owed"
    if record.state in FAILED_STATES and record.open and not (record.outstanding or record.pending):
        yield f"nothing outstanding in {record.state}"
    recouped = [m for m in record.movements if _is_recoup(m)]
    if recouped and record.recoup is None:
        yield f"{recouped[0].type} without an amount to recoup"


def lines_make_the_refund(record: Return, world: World) -> Found:
    """Expect that the lines add up to the estimate, and to what was refunded."""
    sums: dict[str, Decimal] = {}
    for line in record.lines:
        sums[line.stage] = sums.get(line.stage, Decimal(0)) + line.amount.amount
    if sums.get("estimated") != record.estimated.amount:
        yield f"estimated {record.estimated.amount}, the lines say {sums.get('estimated')}"
    if sums.get("actual") != (record.refund.amount if record.refund else None):
        yield f"refunded {_amount(record.refund)}, the lines say {sums.get('actual')}"
    if record.buyer_estimated != record.order.with_tax(record.estimated):
        yield f"the buyer expects {record.buyer_estimated.amount}"


def labels_are_charged_once(record: Return, world: World) -> Found:
    """Expect that the label is charged to who pays for it, once, when it was used."""
    moves = [m for m in record.movements if m.type.endswith("_FOR_RETURN_SHIPPING")]
    if len(moves) > 1:
        yield f"charged {len(moves)} times"
    for move in moves:
        payer = "SELLER" if move.type.startswith("INVOICE_SELLER") else "BUYER"
        if payer != record.label_payee or move.actual != record.label_cost:
            yield f"{move.type} of {_amount(move.actual)}, {record.label_payee} pays"


def donation_is_a_part(record: Record, world: World) -> Found:
    """Expect that a donation is a part of the refund of what was sold for charity."""
    if record.donation and not (
        record.item.charity and 0 < record.donation.amount <= _amount(record.refund)
    ):
        yield f"{record.donation.amount} of {_amount(record.refund)}"


def ledger_agrees(record: Record, world: World, entries: Sequence[Moved] | None = None) -> Found:
    """Expect that what the ledger says of a record is what the record's movements say."""
    if entries is None:
        kind = kind_of(record)
        entries = [e for e in world.ledger if e.record_id == record.id and e.record == kind]
    booked = Counter(
        (m.type, m.actual.amount, m.actual.currency, m.settled_at)
        for m in record.movements
        if m.booked and m.actual
    )
    if booked != Counter((e.kind, e.amount, e.currency, e.at) for e in entries):
        yield f"{len(entries)} entries, {booked.total()} movements"
