"""Cases as JSON."""

from __future__ import annotations

from datetime import datetime

from ..records import Case, Inquiry
from .inquiries import refund_amounts, tracking
from .values import (
    SELLER_ADDRESS,
    Json,
    amount,
    claim_history,
    head,
    moment,
    optional_amount,
    optional_moment,
    present,
)

DEADLINES = {
    "daysForBuyerToProvideProofOfShipment": 5,
    "daysToReturnItem": 5,
    "maxDaysToFileClaim": 30,
}


def summary(record: Case) -> Json:
    """Return one ``members[]`` entry of the search; nothing due is an explicit null."""
    return head(record, "case") | {
        "caseStatusEnum": record.status,
        "claimAmount": amount(record.estimated, text=True),
        "creationDate": moment(record.created_at),
        "lastModifiedDate": moment(record.modified_at),
        "respondByDate": optional_moment(record.respond_by),
    }


def detail(record: Case) -> Json:
    """Return the answer of the get."""
    return (
        head(record, "case")
        | present(
            caseType=record.case_type,
            status=record.status,
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
            fsnadnoSellerFault="NO_SELLER_FAULT" in record.close_reason
            if record.return_id and record.close_reason
            else None,
            sellerResponseDue={"respondByDate": moment(record.respond_by)}
            if record.open and record.respond_by
            else None,
            fsnadShipToSellerByDate=optional_moment(record.ship_back_by),
            caseContentOnHold=record.on_hold,
            itemOnHold=record.on_hold,
        )
        | {
            "extTransactionId": None,
            "returnDetails": _return_address(record),
            "actionDeadlines": DEADLINES,
            "appealDetails": _appeal(record),
            "caseDetails": _inner(record),
            "caseHistoryDetails": {
                "history": claim_history(record.history, record.movements, record.net_charge),
                "shipmentTrackingDetails": tracking(record, "return")
                if record.shipments
                else tracking(record.parent),
                "buyerrequested": _wanted(record),
            },
        }
    )


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


def _wanted(record: Case) -> str:
    """Return what the buyer wanted at first."""
    return record.parent.expected if isinstance(record.parent, Inquiry) else "FULL_REFUND"


def _heard(record: Case, party: str) -> datetime | None:
    """Return when a party did something last, in the case or in what it came from."""
    lines = (*record.parent.history, *record.history)
    return max((line.at for line in lines if line.actor == party), default=None)


def _extent(record: Case) -> str | None:
    if record.refund is None:
        return None
    return "FULL" if record.refund.amount >= record.estimated.amount else "PARTIAL"


def _inner(record: Case) -> Json:
    extent = _extent(record)
    return {
        "creationDate": moment(record.created_at),
        "escalationDate": moment(record.created_at),
        "expirationDate": moment(record.expires_at),
        "refundDeadlineDate": moment(record.refund_due_at),
        "lastBuyerRespDate": optional_moment(_heard(record, "BUYER")),
        "lastSellerRespDate": optional_moment(_heard(record, "SELLER")),
        "buyerInitExpectResolution": _wanted(record),
        "buyerFinalAcceptResolution": f"{extent}_REFUND" if extent else None,
        "paypalPaid": False,
        "refundType": extent,
        "refundAmounts": refund_amounts(record),
        "refundChargeAmount": optional_amount(record.net_charge),
    }
