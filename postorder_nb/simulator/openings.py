"""Opening a record by a call: who may, on which order, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from .answers import Answer, Refusal, refuse
from .deadlines import (
    CANCEL_UNPAID_DAYS,
    CANCEL_WINDOW_DAYS,
    CLAIM_WINDOW_DAYS,
    DELIVERY_DAYS,
    LATEST_DELIVERY_DAYS,
    WEEK_REFUND_DUE,
)
from .engine import Engine
from .odds import SNAD
from .parties import Party
from .records import Cancellation, Case, Inquiry, Order, Record, Return
from .settle import estimated_lines, total
from .world import World

Json = dict[str, Any]
CANCEL_REASONS = {
    "SELLER": ("OUT_OF_STOCK_OR_CANNOT_FULFILL", "BUYER_ASKED_CANCEL", "ADDRESS_ISSUES",
               "ORDER_UNPAID"),
    "BUYER": ("ORDER_MISTAKE", "FOUND_CHEAPER_PRICE", "WRONG_SHIPPING_ADDRESS",
              "WONT_ARRIVE_IN_TIME", "PRICE_TOO_HIGH", "WRONG_PAYMENT_METHOD",
              "WRONG_SHIPPING_METHOD"),
}  # fmt: skip
DISPUTED = ("CHARGEBACK_DISPUTE_FILED", "PAYMENT_PROCESSOR_CLAIM_FILED")
_RECORD_OBSTACLES = (
    (Cancellation, "CANCELLATION_EXIST"),
    (Return, "RETURN_EXIST"),
    ((Inquiry, Case), "CASE_EXIST"),
)


# -- returns --------------------------------------------------------------------------------------


def a_return(engine: Engine, party: Party, asked: Json, at: datetime | None = None) -> Return:
    """Open a return for a buyer; raises a `Refusal` that names what stands in the way."""
    world, now = engine.world, at or engine.world.clock.now()
    with world.lock:
        order = world.orders.line(asked["itemId"], asked["transactionId"])
        if order is None:
            raise refuse(
                400, 1616, "returnErrorDomain", "Invalid value for transactionId.",
                transactionId=asked["transactionId"],
            )  # fmt: skip
        if order.buyer.login != party.login:
            text = "The caller is not the buyer of this item."
            raise refuse(403, 1306, "returnErrorDomain", text)
        count = asked["returnQuantity"]
        if count > order.quantity:
            text = "Invalid value for returnQuantity."
            raise refuse(400, 1616, "returnErrorDomain", text, returnQuantity=str(count))
        obstacle = _return_obstacle(world, order, now)
        if obstacle:
            raise _failed_check(*obstacle)
        part = replace(order, quantity=count)
        record = world.new_return(part, asked["reason"], now)
        record.delivered_at = order.dispatch_at + timedelta(days=DELIVERY_DAYS)
        record.comments = asked.get("comments")
        _tidy(record)
        engine.act(
            record, "create", "BUYER", at=now,
            facts={"comments": record.comments},
            attributes={"sellerRefundWindow": WEEK_REFUND_DUE},
        )  # fmt: skip
        return record


def _tidy(record: Return) -> None:
    """Take back what made-up returns vary at random: the reason says what applies."""
    record.on_hold = False
    snad = record.reason in SNAD
    record.reason_type = "SNAD" if snad else "REMORSE"
    record.lines = estimated_lines(record.order, snad=snad)
    record.estimated = total(record.lines)
    record.buyer_estimated = record.order.with_tax(record.estimated)
    seller_pays = snad or record.item.free_returns or record.reason == "DOES_NOT_FIT"
    record.label_payee = "SELLER" if seller_pays else "BUYER"
    record.ebay_label = record.ebay_label or seller_pays
    if not record.ebay_label:
        record.label_cost = None


def _return_obstacle(world: World, order: Order, now: datetime) -> tuple[str, str] | None:
    records = world.records_of(order.order_id)
    delivered = order.dispatch_at + timedelta(days=DELIVERY_DAYS)
    checks = (
        (not order.paid, "1001", "BUYER_NOT_PAID"),
        (any(isinstance(r, Return) for r in records), "1009", "RETURN_ALREADY_EXITS"),
        (any(isinstance(r, Cancellation) and _stands(r) for r in records),
         "1006", "CT_ALREADY_EXITS"),
        (any(isinstance(r, Inquiry) and _stands(r) for r in records),
         "1005", "EBP_INR_ALREADY_EXITS"),
        (any(isinstance(r, Case) and _stands(r) for r in records),
         "1008", "EBAY_CASE_ALREADY_EXITS"),
        (now < delivered, "1011", "RETURN_TOO_EARLY"),
        (now > delivered + timedelta(days=CLAIM_WINDOW_DAYS), "1012", "RETURN_TOO_LATE"),
    )  # fmt: skip
    return next(((code, name) for holds, code, name in checks if holds), None)


def _stands(record: Record) -> bool:
    """Tell whether a record is open, or gave the money back."""
    return record.open or record.buyer_refund is not None


def _failed_check(code: str, name: str) -> Refusal:
    """Say no within an answer that says yes: that is how the pre-check fails."""
    error = {
        "errorId": 1501,
        "domain": "returnErrorDomain",
        "severity": "ERROR",
        "category": "APPLICATION",
        "message": "The eligibility check did not pass.",
        "longMessage": "The eligibility check did not pass.",
        "parameter": [{"name": "eligibilityError", "value": f"{code} {name}"}],
        "httpStatusCode": "200",
    }
    return Refusal(Answer(200, orjson.dumps({"errorMessage": {"error": [error]}})))


# -- inquiries ------------------------------------------------------------------------------------


def inquiry(engine: Engine, party: Party, asked: Json, at: datetime | None = None) -> Inquiry:
    """Open an inquiry for a buyer."""
    world, now = engine.world, at or engine.world.clock.now()
    with world.lock:
        order = world.orders.line(asked["itemId"], asked["transactionId"])
        if order is None or order.buyer.login != party.login:
            raise refuse(
                500, 292008, "resolutionsErrorDomain", "The transaction was not found.",
                category="APPLICATION", transactionId=asked["transactionId"],
            )  # fmt: skip
        obstacle = _inquiry_obstacle(world, order, now)
        if obstacle:
            raise refuse(
                500, 292010, "resolutionsErrorDomain", "No inquiry can be opened.",
                category="APPLICATION", reason=obstacle,
            )  # fmt: skip
        count = min(asked.get("claimQuantity", order.quantity), order.quantity)
        record = world.new_inquiry(
            replace(order, quantity=count), "ITEM_NOT_RECEIVED_ASK_FOR_REFUND", now
        )
        record.comments = asked.get("comments")
        record.expected = asked.get("desiredOutcome", "STILL_WANT_ITEM")
        record.on_hold = False
        engine.act(record, "create", "BUYER", at=now, facts={"comments": record.comments})
        return record


def _inquiry_obstacle(world: World, order: Order, now: datetime) -> str | None:
    latest = order.dispatch_at + timedelta(days=LATEST_DELIVERY_DAYS)
    records = world.records_of(order.order_id)
    if not order.paid:
        return "The order is not paid."
    if any(isinstance(r, Inquiry) or _stands(r) for r in records):
        return "There is another request for this order."
    if now < latest + timedelta(days=1):
        return "The latest estimated delivery date has not passed."
    if now > latest + timedelta(days=CLAIM_WINDOW_DAYS):
        return "The time for a request is over."
    return None


# -- cancellations --------------------------------------------------------------------------------


def cancellation(
    engine: Engine, party: Party, order_id: str, reason: str | None, at: datetime | None = None
) -> Cancellation | Json:
    """Cancel an order, or return the eligibility that says why not."""
    world, now = engine.world, at or engine.world.clock.now()
    with world.lock:
        order = world.order(order_id)
        result = eligibility(world, order_id, party, now)
        unpaid = reason == "ORDER_UNPAID"
        if order and not result.get("failureReason"):
            early = now - order.placed_at < timedelta(days=CANCEL_UNPAID_DAYS)
            if unpaid and (order.paid or early):
                result = refused(order_id, order, ["PAYMENT_PENDING"])
        if order is None or result.get("failureReason"):
            return result
        record = world.new_cancellation(order, party.role, reason, now)
        engine.act(record, "create", party.role, at=now)
        return record


def eligibility(world: World, order_id: str, party: Party, at: datetime | None = None) -> Json:
    """Say whether an order can be cancelled."""
    order = world.order(order_id)
    reasons = obstacles(world, order, at or world.clock.now()) if order else ["INVALID_ORDER"]
    if order and party.role == "BUYER" and order.buyer.login != party.login:
        reasons = ["INVALID_USER"]
    if order is None or reasons:
        return refused(order_id, order, reasons)
    return {
        "legacyOrderId": order_id,
        "eligible": True,
        "eligibleCancelReason": _cancel_reasons(order, party),
        "itemEligibilityResult": [_item(order, [])],
    }


def refused(order_id: str, order: Order | None, reasons: list[str]) -> Json:
    """Say that an order cannot be cancelled."""
    answer: Json = {"legacyOrderId": order_id, "eligible": False, "failureReason": reasons}
    if order:
        answer["itemEligibilityResult"] = [_item(order, reasons)]
    return answer


def _item(order: Order, reasons: list[str]) -> Json:
    return {
        "itemId": order.item.item_id,
        "transactionId": order.transaction_id,
        "cancelQuantity": order.quantity,
        "eligible": not reasons,
        "failureReason": reasons,
    }


def obstacles(world: World, order: Order, now: datetime) -> list[str]:
    """List what keeps an order from being cancelled."""
    records = world.records_of(order.order_id)
    reasons = [
        reason
        for kind, reason in _RECORD_OBSTACLES
        if any(isinstance(record, kind) for record in records)
    ]
    if now - order.placed_at > timedelta(days=CANCEL_WINDOW_DAYS):
        reasons.append("CANCEL_WINDOW_ELAPSED")
    if order.paid and order.dispatch_at <= now:
        reasons.append("SHIPPED_ORDER")
    got = sum((r.buyer_refund.amount for r in records if r.buyer_refund), Decimal(0))
    if got:
        full = got >= order.with_tax(order.total).amount
        reasons.append("FULL_REFUNDED_ORDER" if full else "PARTIAL_REFUNDED_ORDER")
    if any(record.close_reason in DISPUTED for record in records):
        reasons.append("CHARGEBACK_OPENED")
    return reasons


def _cancel_reasons(order: Order, party: Party) -> list[str]:
    if party.role == "BUYER":
        return list(CANCEL_REASONS["BUYER"])
    if not order.paid:
        return ["ORDER_UNPAID", "BUYER_ASKED_CANCEL"]
    return ["OUT_OF_STOCK_OR_CANNOT_FULFILL", "BUYER_ASKED_CANCEL", "ADDRESS_ISSUES"]
