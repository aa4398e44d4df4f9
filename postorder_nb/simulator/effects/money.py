"""Money: sent, confirmed, refused, paid out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from .. import settle
from ..acts import Act
from ..deadlines import RECOUP_DAYS
from ..odds import REFUND_DAWDLES, REFUND_FAILS, Dice
from ..records import Line, Money, Payment, Record, Return

LAG = (10, 480)
FUNDS_SHORT = 0.15


def drawn(record: Record, word: str) -> Dice:
    """Return dice for one decision about a record: the same now and whenever it is asked."""
    return Dice(f"{record.id}:{len(record.history)}:{word}")


def job(record: Record, due: datetime | None) -> datetime | None:
    """Return when the timer set to `due` is served: 5 to 26 minutes later."""
    return due + drawn(record, "job").seconds(300, 1560) if due else None


def payday(record: Record) -> datetime | None:
    """Return when the payment side answers; None when no money is on its way."""
    payment = record.payment
    if payment is None or not record.pending:
        return None
    if payment.due_at is None:
        payment.due_at = payment.movement.created_at + Dice(record.id).seconds(*LAG)
    return payment.due_at


def answer_of_bank(record: Record) -> str:
    """Return what the payment side says then."""
    return "refund_fails" if record.payment and record.payment.fails else "refund_confirmed"


def outlook(act: Act[Any]) -> str:
    """Return what a refund is answered with: decided once, and kept among the facts."""
    if "refundStatus" not in act.facts:
        status = act.policy.refund_status
        if status == "REFUSED":  # no call asked: it fails later instead
            status = "FAILED"
        if status == "shares":
            shares = {"FAILED": REFUND_FAILS, "PENDING": REFUND_DAWDLES}
            status = act.dice.pick({"SUCCESS": 1 - sum(shares.values()), **shares})
        act.facts["refundStatus"] = status
    return str(act.facts["refundStatus"])


def send(
    act: Act[Any],
    amount: Money,
    *,
    type: str,
    lines: Sequence[Line] = (),
    credit: bool = True,
) -> Payment:
    """Send `amount` to the buyer; the caller learns how that looks as ``refundStatus``."""
    payment = settle.send(act.record, act.dice, act.at, amount, type=type, lines=lines)
    payment.credit = credit
    status = outlook(act)
    payment.fails = status == "FAILED"
    lag = act.policy.refund_lag
    if payment.fails:
        wait = timedelta(0)
    elif status == "PENDING":
        wait = act.dice.hours(60, 96, most=96)
    else:
        wait = timedelta(seconds=lag) if lag is not None else act.dice.seconds(*LAG)
    payment.due_at = act.at + wait
    return payment


def confirmed(act: Act[Any]) -> None:
    """Let the money arrive."""
    payment = act.record.payment
    if payment:
        settle.confirm(payment, act.dice, act.at, credit=payment.credit)


def failed(act: Act[Any]) -> None:
    """Let the payment side refuse."""
    payment = act.record.payment
    if payment:
        settle.fail(payment, act.at)


def force(act: Act[Any], amount: Money, *, recoup: str | None = None) -> None:
    """Let eBay pay; with `recoup` the seller is charged, at once or when there are funds."""
    record = act.record
    short = Dice(f"{record.id}:short").chance(FUNDS_SHORT)
    settle.force(
        record, act.dice, act.at, amount, charge=bool(recoup), recoup=recoup or "", short=short
    )


def recoup_due(record: Record) -> datetime | None:
    """Return when eBay gets back what the seller owes; a return's case does that for it."""
    movement = settle.owed(record)
    if movement is None or (isinstance(record, Return) and record.case_id):
        return None
    wait = Dice(f"{record.id}:recoup").seconds(86_400, RECOUP_DAYS * 86_400)
    return movement.created_at + wait


def recouped(act: Act[Any]) -> None:
    """Take what is owed from the seller's payment method."""
    settle.recouped(act.record, act.at, "CREDIT_CARD")


def unpaid(act: Act[Any]) -> bool:
    """Tell whether nothing was refunded yet, and no refund is on its way."""
    record = act.record
    return record.buyer_refund is None and not record.pending


def under_way(act: Act[Any]) -> bool:
    """Tell whether money is on its way."""
    return bool(act.record.pending)
