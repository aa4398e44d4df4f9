"""Cases as JSON."""

from __future__ import annotations

from ..records import Case
from .inquiries import refund_amounts, tracking
from .values import (
    SELLER_ADDRESS,
    Json,
    amount,
    claim_history,
    moment,
    optional_amount,
    optional_moment,
    present,
)


def summary(record: Case) -> Json:
    """Return one ``members[]`` entry of the search; nothing due is an explicit null."""
    return {
        "caseId": record.id,
        "itemId": record.item.item_id,
        "transactionId": record.order.transaction_id,
        "buyer": record.buyer.login,
        "seller": record.seller,
        "caseStatusEnum": record.status,
        "claimAmount": amount(record.estimated, text=True),
        "creationDate": moment(record.created_at),
        "lastModifiedDate": moment(record.modified_at),
        "respondByDate": optional_moment(record.respond_by),
    }


def detail(record: Case) -> Json:
    """Return the answer of the get."""
    return present(
        caseId=record.id,
        caseType=record.case_type,
        status=record.status,
        itemId=record.item.item_id,
        transactionId=record.order.transaction_id,
        buyer=record.buyer.login,
        seller=record.seller,
        returnId=record.return_id,
        caseQuantity=record.order.quantity,
        claimAmount=amount(record.estimated),
        shippingFee=amount(record.item.shipping),
        initiator=record.escalated_by,
        escalatedBy=record.escalated_by,
        escalateReason=record.escalate_reason,
        creationDate=moment(record.created_at),
        lastModifiedDate=moment(record.modified_at),
        sellerClosureReason=record.close_reason,
        buyerClosureReason=record.close_reason,
        sellerOutcome=record.seller_outcome,
        buyerOutcome=record.buyer_outcome,
        fsnadShipToSellerByDate=optional_moment(record.ship_back_by),
        caseContentOnHold=record.on_hold,
        itemOnHold=record.on_hold,
    ) | {
        "extTransactionId": None,
        "returnDetails": _return_address(record),
        "actionDeadlines": {"daysForBuyerToProvideProofOfShipment": 5, "daysToReturnItem": 5},
        "appealDetails": _appeal(record),
        "caseDetails": _inner(record),
        "caseHistoryDetails": {
            "history": claim_history(record.history, record.movements, record.net_charge),
            "shipmentTrackingDetails": tracking(record, "return")
            if record.shipments
            else tracking(record.parent),
        },
    }


def _return_address(record: Case) -> Json | None:
    if record.ship_back_by is None:
        return None
    first, last = record.return_name
    return {
        "address": record.return_address or SELLER_ADDRESS["address"],
        "firstName": first or "Tidy",
        "lastName": last or "Harbor",
        "RMA": record.rma_number,
        "editable": False,
    }


def _appeal(record: Case) -> Json:
    return {
        "appealStatus": record.appeal_grant,
        "appealStatusEnum": record.appeal_status,
        "appealReasonCode": record.appeal_reason,
        "appealCloseReasonEnum": record.appeal_close_reason,
        "appealDate": optional_moment(record.appealed_at),
        "eligibleForAppeal": record.can_appeal,
        "appealRefundAmount": optional_amount(record.appeal_refund),
    }


def _inner(record: Case) -> Json:
    return {
        "creationDate": moment(record.created_at),
        "escalationDate": moment(record.created_at),
        "expirationDate": moment(record.expires_at),
        "refundDeadlineDate": moment(record.refund_due_at),
        "lastBuyerRespDate": None,
        "lastSellerRespDate": None,
        "paypalPaid": False,
        "refundType": "FULL" if record.refund else None,
        "refundAmounts": refund_amounts(record),
        "refundChargeAmount": optional_amount(record.net_charge),
    }
