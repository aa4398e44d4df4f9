"""What a record's columns say of its life: whether it is over, was escalated, was refunded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_

import narwhals.stable.v2 as nw

from ..enums import (
    CancelReason,
    CancelState,
    CancelStatus,
    CaseCloseReason,
    CaseStatus,
    InquiryStatus,
    Party,
    RefundType,
    ReturnCloseReason,
    ReturnReasonType,
    ReturnState,
    ReturnStatus,
    ReturnType,
)
from .amounts import currency, known, mills, with_currencies, with_mills
from .grouping import Source

OUTCOMES = (
    *("full_refund", "partial_refund", "replacement", "no_refund", "withdrawn", "escalated"),
    "open",
)
Values = Mapping[str, Collection[str]]

# One set for all records: no value means "over" in one of them and "open" in another.
OVER: Values = {
    "state": {CancelState.CLOSED, ReturnState.PARTIAL_REFUNDED, ReturnState.REPLACEMENT_CLOSED},
    "status": {
        CancelStatus.CANCEL_CLOSED_FOR_COMMITMENT,
        CancelStatus.CANCEL_CLOSED_NO_REFUND,
        CancelStatus.CANCEL_CLOSED_UNKNOWN_REFUND,
        CancelStatus.CANCEL_CLOSED_WITH_REFUND,
        CancelStatus.CANCEL_REJECTED,
        CaseStatus.CLOSED,
        CaseStatus.CS_CLOSED,
        InquiryStatus.CLOSED_WITH_ESCALATION,
        ReturnStatus.REPLACEMENT_CLOSED,
    },
}
ESCALATED: Values = {
    "status": {ReturnStatus.ESCALATED, InquiryStatus.CLOSED_WITH_ESCALATION},
    "close_reason": {ReturnCloseReason.ESCALATED},
}
_REPLACED: Values = {
    "state": {ReturnState.REPLACED, ReturnState.REPLACEMENT_CLOSED},
    "status": {ReturnStatus.REPLACED, ReturnStatus.REPLACEMENT_CLOSED},
    "close_reason": {ReturnCloseReason.REPLACED, ReturnCloseReason.REPLACEMENT_PAYOUT_RECOUP},
    "current_type": {ReturnType.REPLACEMENT, ReturnType.EXCHANGE},
}
_WITHDRAWN: Values = {
    "close_reason": {ReturnCloseReason.BUYER_CLOSED},
    "seller_close_reason": {CaseCloseReason.BUYER_CLOSE},
}
_PARTIAL: Values = {
    "close_reason": {
        ReturnCloseReason.AUTO_PARTIAL_REFUNDED,
        ReturnCloseReason.BUYER_ACCEPT_LESS_THAN_FULL_REFUND,
        ReturnCloseReason.BUYER_ACCEPT_LESS_THAN_FULL_REFUND_AS_PAYOUT,
        ReturnCloseReason.BUYER_PARTIAL_REFUND_AS_PAYOUT,
        ReturnCloseReason.MARK_PARTIAL_REFUND_RECEIVED,
        ReturnCloseReason.PARTIALLY_REFUNDED,
    },
    "refund_type": {RefundType.PARTIAL},
}
_FULL: Values = {
    "close_reason": {
        ReturnCloseReason.AUTO_REFUNDED,
        ReturnCloseReason.BUYER_PAYOUT,
        ReturnCloseReason.BUYER_REFUND_AS_PAYOUT,
        ReturnCloseReason.FULL_REFUNDED,
        ReturnCloseReason.FULL_REFUNDED_BY_DISPOSITION_RULE,
        ReturnCloseReason.LVT_IMMEDIATE_REFUND,
        ReturnCloseReason.MARK_REFUND_RECEIVED,
        ReturnCloseReason.STORE_CREDIT_REFUNDED,
    },
    "refund_type": {RefundType.FULL},
    "status": {CancelStatus.CANCEL_CLOSED_WITH_REFUND},
}
# The amount a refund is measured by, for the seller and, where it is told, for the buyer.
EXPECTED = {
    "returns": "refund_estimated",
    "cancellations": "requested",
    "inquiries": "claim",
    "cases": "claim",
}


def closed(source: Source) -> nw.Expr:
    """
    Tell whether a record is over, by any of `closed_at`, `state` and `status`; never null.

    Raises InputError where the table has none of the three.
    """
    if not any(column in source for column in ("closed_at", "state", "status")):
        source.require("status", advice="keep the column closed_at, state or status of the table")
    return _given(source, "closed_at") | _one_of(source, OVER)


def escalated(source: Source) -> nw.Expr:
    """Tell whether a record was handed to eBay: a case, or a status that says so; never null."""
    marks = ("case_id",) if source.table == "returns" else ("escalated_at",)
    if source.table == "cases":  # each of them is an escalation, none is escalated further
        return nw.lit(value=False)
    return reduce(or_, (_given(source, mark) for mark in marks)) | _one_of(source, ESCALATED)


def refunded(source: Source) -> nw.Expr:
    """Tell whether the seller's refund, or what the buyer got, is above zero; never null."""
    return (mills(source, "refund") > 0) | (mills(source, "buyer_refund") > 0)


def with_outcome(source: Source) -> Source:
    """Add the column `outcome`: its place in `OUTCOMES`; see `metrics.outcomes`."""
    due = EXPECTED.get(source.table, "refund_estimated")
    amounts = ("refund", due, "buyer_refund", "buyer_refund_estimated")
    source = with_currencies(with_mills(source, *amounts), *amounts)
    partial = _one_of(source, _PARTIAL) | _below(source)
    full = _one_of(source, _FULL) | refunded(source)
    ways = [
        ("escalated", escalated(source)),
        ("open", ~closed(source)),
        ("replacement", _one_of(source, _REPLACED)),
        ("partial_refund", partial),
        ("full_refund", full),
        ("withdrawn", _one_of(source, _WITHDRAWN)),
    ]
    place = nw.lit(OUTCOMES.index("no_refund"))
    for way, holds in reversed(ways):
        place = nw.when(holds).then(nw.lit(OUTCOMES.index(way))).otherwise(place)
    return source.over(source.frame.with_columns(outcome=place))


def snad(source: Source) -> nw.Expr:
    """Tell whether a return is of a reason that eBay counts as "not as described"."""
    return source.among("reason_type", [ReturnReasonType.SNAD])


def out_of_stock(source: Source) -> nw.Expr:
    """Tell whether the seller called an order off for want of the item: a transaction defect."""
    by_seller = source.among("requestor", [Party.SELLER])
    return by_seller & source.among("reason", [CancelReason.OUT_OF_STOCK_OR_CANNOT_FULFILL])


def _below(source: Source) -> nw.Expr:
    """Tell whether less was refunded than expected: the seller's amounts, else the buyer's."""
    seller = _less(source, "refund", EXPECTED.get(source.table, "refund_estimated"))
    buyer = _less(source, "buyer_refund", "buyer_refund_estimated")
    return seller | (buyer & ~(mills(source, "refund") > 0))


def _less(source: Source, name: str, expected: str) -> nw.Expr:
    same = (currency(source, name) == currency(source, expected)).fill_null(value=False)
    paid, due = mills(source, name), mills(source, expected)
    return same & known(source, expected) & (paid > 0) & (paid < due)


def _given(source: Source, column: str) -> nw.Expr:
    return ~nw.col(column).is_null() if column in source else nw.lit(value=False)


def _one_of(source: Source, values: Values) -> nw.Expr:
    """Tell whether one of the columns holds one of its values; columns may be missing."""
    held = [source.among(column, some) for column, some in values.items() if column in source]
    return reduce(or_, held, nw.lit(value=False))
