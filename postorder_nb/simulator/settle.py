"""How refunds are made up, sent, confirmed, and charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from .odds import Dice
from .records import Case, Funding, Line, Money, Movement, Order, Payment, Record, Return

DONATED = Decimal("0.10")
_NO_AD = Money(Decimal("0.0"), "")
_CREDITS = [Decimal(points) / 10_000 for points in range(1000, 1601)]
MOVED = (
    "refund", "buyer_refund", "fee_credit", "net_charge", "donation", "recoup", "payout_id",
    "refund_status", "refunded_at", "outstanding",
)  # fmt: skip


def total(lines: Sequence[Line]) -> Money:
    """Add up lines of one currency."""
    amount = lines[0].amount
    for line in lines[1:]:
        amount += line.amount
    return amount


def estimated_lines(order: Order, *, snad: bool, postage: Money | None = None) -> list[Line]:
    """
    Return what a return is expected to give back, line by line, without tax.

    Original shipping comes back when the item was not as described, or the seller is generous;
    `postage` the buyer may have paid for the way back is an optional line.
    """
    goods, shipping = order.goods, order.item.shipping
    nothing = Money(Decimal("0.00"), order.currency)
    lines = [Line("estimated", "PURCHASE_PRICE", goods, goods.share(Decimal("0.5")), goods)]
    if shipping.amount and (snad or order.item.free_returns):
        lines.append(Line("estimated", "ORIGINAL_SHIPPING", shipping, nothing, shipping))
    if postage:
        lines.append(Line("optional", "RETURN_SHIPPING", nothing, nothing, postage))
    return lines


def actual_lines(lines: Sequence[Line], deduction: Money | None = None) -> list[Line]:
    """Turn estimated lines into refunded ones, the goods less `deduction`."""
    given = []
    for line in lines:
        if line.stage == "estimated":
            less = deduction if deduction and line.fee_type == "PURCHASE_PRICE" else None
            given.append(Line("actual", line.fee_type, line.amount - less if less else line.amount))
    return given


def send(
    record: Record,
    dice: Dice,
    at: datetime,
    amount: Money,
    *,
    type: str,
    lines: Sequence[Line] = (),
) -> Payment:
    """Start a refund of `amount`, tax on top."""
    movement = Movement(
        type=type,
        status="PENDING",
        requested=record.order.with_tax(amount),
        created_at=at,
        provider="UNKNOWN",
        external_id=str(dice.randrange(10**11, 10**12)),
    )
    record.movements.append(movement)
    record.refund_status = "PENDING"
    record.payment = Payment(record, amount, movement, list(lines))
    return record.payment


def fail(payment: Payment, at: datetime) -> None:
    """Let the payment side refuse: the amount is still owed."""
    record = payment.record
    payment.movement.status, payment.movement.settled_at = "FAILED", at
    record.refund_status = "FAILED"
    record.outstanding = payment.amount.convert(record.payout_currency, record.rate)


def confirm(payment: Payment, dice: Dice, at: datetime, *, credit: bool = True) -> None:
    """
    Let the money arrive, a few seconds before the line in the history at `at` says so.

    The fees of the sale are credited in proportion unless `credit` is false; the seller is
    charged the refund less that credit, in the payout currency.
    """
    record, amount, movement = payment.record, payment.amount, payment.movement
    record.payment = None
    record.refunded_at = max(movement.created_at, at - timedelta(seconds=dice.randint(2, 4)))
    movement.status, movement.actual, movement.settled_at = "SUCCESS", movement.requested, at
    movement.source = dice.pick({"AVAILABLE_FUNDS": 0.93, "CREDIT_CARD": 0.07})
    movement.brand = "VISA" if movement.source == "CREDIT_CARD" else None
    record.refund_status = "SUCCESS"
    record.refund, record.buyer_refund = amount, movement.requested
    record.lines += payment.lines
    record.outstanding = None
    share = dice.choice(_CREDITS) if credit else Decimal(0)
    record.fee_credit = amount.share(share)
    charge = amount - record.fee_credit
    record.net_charge = charge.convert(record.payout_currency, record.rate)
    fund(record, movement.source, record.net_charge, record.refunded_at)
    if record.item.charity:
        record.donation = amount.share(DONATED)
        gift = record.donation
        if isinstance(record, Return):
            record.movements.append(Movement("DONATION", "SUCCESS", gift, at, at, gift))
    if isinstance(record, Return) and credit:
        _credit_fees(record, record.fee_credit, at)


def fund(record: Record, source: str, charge: Money, at: datetime) -> None:
    """
    Take the seller's charge: from the funds first, and what they lack from the payment method.

    A `source` other than the funds means that these do not suffice; one time in two they hold a
    part of it.
    """
    if source == "AVAILABLE_FUNDS":
        record.fundings.append(Funding(source, charge, at))
        return
    dice = Dice(f"{record.id}:funds:{len(record.fundings)}")
    part = charge.share(Decimal(dice.randrange(20, 90, 10)) / 100) if dice.chance(0.5) else None
    if part and part.amount:
        record.fundings.append(Funding("AVAILABLE_FUNDS", part, at))
        charge -= part
    brand = "VISA" if source == "CREDIT_CARD" else None
    record.fundings.append(Funding(source, charge, at, brand))


def _credit_fees(record: Return, fees: Money, at: datetime) -> None:
    """Book the fee credit: final value fee, and the advertising fee when there was one."""
    ads = fees.share(Decimal("0.15")) if record.item.promoted else None
    sale = fees - ads if ads else fees
    record.movements.append(Movement("REFUND_FINAL_VALUE_FEE_P20", "SUCCESS", sale, at, at, sale))
    record.movements.append(
        Movement("REFUND_PROMOTED_LISTING_FEE", "SUCCESS", ads, at, at, ads)
        if ads
        else Movement("REFUND_PROMOTED_LISTING_FEE", "FAILED", _NO_AD, at, at, _NO_AD)
    )


def force(
    record: Record,
    dice: Dice,
    at: datetime,
    amount: Money,
    *,
    charge: bool,
    recoup: str,
    short: bool = False,
) -> None:
    """
    Let eBay pay the buyer, and with `charge` take it from the seller.

    There is no fee credit for money eBay had to force. A seller who is `short` of funds owes it
    until `recouped`.
    """
    paid = record.order.with_tax(amount)
    record.movements.append(Movement("BUYER_PAYOUT", "SUCCESS", paid, at, at, paid))
    record.buyer_refund, record.outstanding = paid, None
    record.refund_status = "SUCCESS"
    record.refunded_at = at
    if charge:
        record.movements.append(Movement(recoup, "PENDING", amount, at))
        record.refund = amount
        record.fee_credit = Money(Decimal("0.00"), amount.currency)
        record.net_charge = amount.convert(record.payout_currency, record.rate)
        record.recoup = record.outstanding = record.net_charge
        record.payout_id = dice.randrange(10**9, 10**10)
        if not short:
            recouped(record, at, "AVAILABLE_FUNDS")


def owed(record: Record) -> Movement | None:
    """Return what eBay still has to take from the seller for the money it has paid."""
    pending = (m for m in record.movements if m.status == "PENDING" and m.type.startswith("RECOUP"))
    return next(pending, None)


def recouped(record: Record, at: datetime, source: str) -> None:
    """Let eBay have its money back."""
    movement = owed(record)
    if movement:
        movement.status, movement.actual, movement.settled_at = "SUCCESS", movement.requested, at
        charge = movement.requested.convert(record.payout_currency, record.rate)
        fund(record, source, charge, at)
    record.outstanding = None


def charge_label(record: Return, at: datetime) -> None:
    """Charge the eBay label of a return that is on its way to who pays for it."""
    if record.ebay_label and record.label_cost:
        payer = "INVOICE_SELLER" if record.label_payee == "SELLER" else "CHARGE_BUYER"
        cost = record.label_cost
        record.movements.append(
            Movement(f"{payer}_FOR_RETURN_SHIPPING", "SUCCESS", cost, at, at, cost)
        )


def follow(record: Return, case: Case) -> None:
    """Give a return the money its case has moved, beside what it had moved itself."""
    before, buyer_before, credit = record.refund, record.buyer_refund, record.fee_credit
    if case.refund_status:
        for name in MOVED:
            setattr(record, name, getattr(case, name))
    record.movements += [
        replace(
            move,
            type="SELLER_VOLUNTARY_REFUND" if move.type == "REFUND" else move.type,
            booked=False,
        )
        for move in case.movements
    ]
    record.fundings += case.fundings
    if case.refund:
        record.refund_initiator = "OTHER"
        rest = [Line("actual", "OTHER", case.refund)]
        record.lines += rest if before else actual_lines(record.lines)
    if before and case.refund_status:
        record.refund = plus(before, case.refund)
        record.buyer_refund = plus(buyer_before, case.buyer_refund)
        record.fee_credit = plus(credit, case.fee_credit)
        charge = record.refund - record.fee_credit
        record.net_charge = charge.convert(record.payout_currency, record.rate)


def plus(one: Money | None, other: Money | None) -> Money:
    """Add two amounts, one of which may be missing."""
    if one and other:
        return one + other
    return one or other or Money(Decimal("0.00"), "")


def label_price(dice: Dice, currency: str) -> Money:
    """Draw the cost of a return label."""
    return _price(dice.randint(450, 950), currency)


@cache
def _price(amount: int, currency: str) -> Money:
    return Money(Decimal(amount).scaleb(-2), currency)
