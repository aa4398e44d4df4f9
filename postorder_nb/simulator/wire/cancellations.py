"""Cancellations as JSON."""

from __future__ import annotations

from ..records import Cancellation
from .values import (
    Json,
    amount,
    moment,
    movement,
    optional_moment,
    present,
    recoup,
    refunded,
)


def summary(record: Cancellation) -> Json:
    """Return one ``cancellations[]`` member of the search."""
    return present(
        cancelId=record.id,
        marketplaceId=record.marketplace,
        legacyOrderId=record.order.legacy_id,
        requestorType=record.requestor,
        cancelReason=record.reason,
        cancelState=record.state,
        cancelStatus=record.status,
        cancelCloseReason=record.close_reason,
        paymentStatus="ONLINE_PAID" if record.order.paid else "NOT_PAID",
        partialOrderType="FULL_ORDER",
        requestRefundAmount=amount(record.estimated),
        cancelRequestDate=moment(record.created_at),
        cancelCloseDate=optional_moment(record.closed_at),
        sellerResponseDueDate=optional_moment(record.respond_by),
        buyerResponseDueDate=optional_moment(record.buyer_respond_by),
        shipmentDate=optional_moment(record.shipped_at),
        buyerLoginName=record.buyer.login,
        sellerLoginName=record.seller,
        payoutRecoupInfo=recoup(record),
    )


def detail(record: Cancellation, *, full: bool = True) -> Json:
    """Return the answer of the get; without `full` it lacks history and money."""
    answer = summary(record)
    if full:
        answer["activityHistories"] = [
            {
                "activityType": event.activity,
                "activityParty": "UNKNOWN" if event.actor == "SYSTEM" else event.actor,
                "actionDate": moment(event.at),
                "stateFrom": event.from_state,
                "stateTo": event.to_state,
            }
            for event in record.history
        ]
        answer["moneyMovementInfo"] = [movement(move, paid_by=False) for move in record.movements]
        answer["lineItems"] = [
            {
                "itemId": record.item.item_id,
                "transactionId": record.order.transaction_id,
                "itemTitle": record.item.title,
                "cancelQuantity": record.order.quantity,
            }
        ]
        if record.refund_status:
            moved = record.refund is not None and record.refunded_at is not None
            answer["refundInfo"] = {"actualRefundDetail": refunded(record, {} if moved else None)}
    return {"cancelDetail": answer}
