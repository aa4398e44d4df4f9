"""The refund of a return: the one call that names amounts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ..answers import Answer, refuse
from ..odds import Dice
from ..records import Line, Money, Return
from .base import CLAIMS, RETURNS, Ask, Desk, done

Json = dict[str, Any]
DEDUCTIBLE = ("ITEM_DELIVERED", "REFUND_TIMEOUT")
# What a refund that the payment side does not even take on is answered with.
NOT_TAKEN = {
    RETURNS.domain: (1754, 1755, 1764),
    CLAIMS.domain: (292051, 292052, 292053, 292054, 292057, 292058),
}
ABOVE = "The refund amount cannot exceed the estimated amount."


def check_funds(desk: Desk, ask: Ask, domain: str) -> None:
    """Refuse the refund where the policy says so: nothing moves, and the state stays."""
    desk.require(ask, "refund")
    if desk.engine.policy.refund_status == "REFUSED":
        record = ask.record
        number = Dice(f"{record.id}:{len(record.history)}:funds").choice(NOT_TAKEN[domain])
        text = "The refund could not be sent: look at the payment options, or try later."
        raise refuse(400, number, domain, text, category="APPLICATION")


def issue_refund(desk: Desk, ask: Ask) -> Answer:
    """Refund what is expected, or less where a deduction is allowed."""
    record: Return = ask.record
    desk.require(ask, "refund")
    named = ask.values["refundDetail"]
    lines = _lines(record, named)
    facts: Json = {"lines": lines, "relistItem": ask.values.get("relistItem", False)}
    attributes: Json = {}
    if record.state not in ("REFUND_FAILED", "PARTIAL_REFUND_FAILED"):
        less = _deduction(record, lines)
        if less.amount:
            share = less.amount / record.order.goods.amount * 100
            facts["deduction"] = attributes["deduction"] = less
            attributes["percentage"] = int(share.to_integral_value())
    check_funds(desk, ask, RETURNS.domain)
    act = desk.act(ask, "refund", attributes=attributes, **facts)
    return done({"refundStatus": act.facts["refundStatus"]})


def _lines(record: Return, named: Json) -> list[Line]:
    """Read the lines, and check them against the total and against what is expected."""
    total: Money = named["totalAmount"]
    entries = named["itemizedRefundDetail"]
    expected = _expected(record)
    given: dict[str, Money] = {}
    for entry in entries:
        kind, money = entry["refundFeeType"], entry["refundAmount"]
        if money.currency != record.order.currency or kind in given:
            raise RETURNS.invalid("itemizedRefundDetail", f"{kind} {money.currency}")
        if money.amount > expected.get(kind, Decimal(0)):
            raise RETURNS.invalid("refundAmount", f"{kind} {money.amount}", ABOVE)
        given[kind] = money
    sum_of_lines = sum((money.amount for money in given.values()), Decimal(0))
    if (total.amount, total.currency) != (sum_of_lines, record.order.currency):
        raise RETURNS.invalid("totalAmount", str(total.amount))
    if not sum_of_lines:
        raise RETURNS.invalid("totalAmount", str(total.amount))
    _check_repeated(record, given)
    return [Line("actual", kind, money) for kind, money in given.items() if money.amount]


def _expected(record: Return) -> dict[str, Decimal]:
    """Return the most of each line: the estimate, or the refund that failed."""
    if record.payment and record.state in ("REFUND_FAILED", "PARTIAL_REFUND_FAILED"):
        return {line.fee_type: line.amount.amount for line in record.payment.lines}
    return {
        line.fee_type: (line.maximum or line.amount).amount
        for line in record.lines
        if line.stage in ("estimated", "optional")
    }


def _check_repeated(record: Return, given: dict[str, Money]) -> None:
    """Hold a repeated refund to the one that failed."""
    failed = record.state in ("REFUND_FAILED", "PARTIAL_REFUND_FAILED")
    if (
        failed
        and record.payment
        and _sum(record.payment.lines) != sum(money.amount for money in given.values())
    ):
        raise RETURNS.invalid("totalAmount", str(sum(m.amount for m in given.values())))


def _sum(lines: Sequence[Line]) -> Decimal:
    return sum((line.amount.amount for line in lines), Decimal(0))


def _deduction(record: Return, lines: Sequence[Line]) -> Money:
    """Return what is kept back, and refuse it where nothing may be, or not so much."""
    given = {line.fee_type: line.amount.amount for line in lines}
    less = Decimal(0)
    for line in record.lines:
        if line.stage != "estimated":
            continue
        kept = line.amount.amount - given.get(line.fee_type, Decimal(0))
        least = line.minimum.amount if line.minimum else Decimal(0)
        back = record.state in DEDUCTIBLE
        if kept and (not back or given.get(line.fee_type, Decimal(0)) < least):
            raise refuse(
                400, 1760, RETURNS.domain, "A deduction from the refund is not allowed.",
                refundFeeType=line.fee_type,
            )  # fmt: skip
        less += kept
    return Money(less, record.order.currency)
