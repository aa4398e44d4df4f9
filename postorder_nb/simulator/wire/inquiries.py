"""Inquiries as JSON."""

from __future__ import annotations

from ..records import Case, Inquiry, Record
from ..shop import DOMAIN
from .values import (
    Json,
    amount,
    claim_history,
    head,
    moment,
    optional_amount,
    optional_moment,
    present,
    provisional,
)

MASK = "***"


def summary(record: Inquiry) -> Json:
    """Return one ``members[]`` entry of the search."""
    return head(record, "inquiry") | present(
        inquiryStatusEnum=record.status,
        claimAmount=amount(record.estimated, text=True),
        creationDate=moment(record.created_at),
        lastModifiedDate=moment(record.modified_at),
        respondByDate=optional_moment(record.respond_by),
    )


def detail(record: Inquiry) -> Json:
    """Return the answer of the get, explicit nulls and all."""
    return (
        head(record, "inquiry")
        | present(
            claimAmount=amount(record.estimated),
            shippingCost=amount(record.item.shipping),
            inquiryQuantity=record.order.quantity,
            initiator="BUYER",
            creationReason=record.reason,
            state=record.state,
            status=record.status,
            sellerMakeItRightByDate=optional_moment(record.respond_by),
            inquiryClosureDate=optional_moment(record.closed_at),
            inquiryContentOnHold=record.on_hold,
            resolutionEstimate={"resolutionEstimateDate": moment(record.expires_at)}
            if record.open
            else None,
        )
        | {
            "extTransactionId": None,
            "returnDetails": None,
            "inquiryDetails": _inner(record),
            "itemDetails": item_details(record),
            "inquiryHistoryDetails": {
                "history": claim_history(record.history, record.movements, record.net_charge),
                "shipmentTrackingDetails": tracking(record),
                "buyerrequested": record.expected,
            },
        }
    )


def _inner(record: Inquiry) -> Json:
    return {
        "creationDate": moment(record.created_at),
        "expirationDate": moment(record.expires_at),
        "escalationDate": optional_moment(record.escalated_at),
        "refundDeadlineDate": optional_moment(record.refund_due_at),
        "lastBuyerRespDate": optional_moment(record.last_buyer_response_at),
        "totalAmount": amount(record.total),
        "buyerInitialExpectedResolution": record.expected,
        "refundAmounts": refund_amounts(record)
        | present(internationalRefundAmount=optional_amount(record.international)),
        "refundChargeAmount": optional_amount(record.net_charge),
        "provisionalRefund": provisional(record),
        "appealDetails": {
            "appealStatus": None,
            "appealStatusEnum": None,
            "appealReasonCode": None,
            "appealCloseReasonEnum": None,
            "appealDate": None,
            "eligibleForAppeal": None,
            "appealRefundAmount": None,
        },
    }


def refund_amounts(record: Inquiry | Case) -> Json:
    """Return what was refunded, expected and accepted for an inquiry or a case."""
    return {
        "refundAmount": optional_amount(record.refund),
        **present(
            feeCreditAmount=optional_amount(record.fee_credit),
            donationAmount=optional_amount(record.donation),
            buyerInitExpectRefundAmt=amount(record.estimated),
            buyerFinalAcceptRefundAmt=optional_amount(record.refund),
        ),
    }


def item_details(record: Record) -> Json:
    """Return the item as inquiries show it; masked while its content is on hold."""
    item = record.item
    site = DOMAIN[record.marketplace]
    return {
        "itemTitle": MASK if record.on_hold else item.title,
        "itemPrice": amount(item.price),
        "itemPictureUrl": MASK if record.on_hold else f"https://i.ebayimg.com/{item.item_id}.jpg",
        "viewPurchasedItemUrl": f"https://www.{site}/itm/{item.item_id}",
        "itemOnHold": record.on_hold,
    }


def tracking(record: Record, direction: str = "outbound") -> Json:
    """Return the last parcel that goes in a direction; all null when none is known."""
    parcels = [parcel for parcel in record.shipments if parcel.direction == direction]
    parcel = parcels[-1] if parcels else None
    return {
        "carrier": parcel.carrier if parcel else None,
        "trackingNumber": parcel.tracking_number if parcel else None,
        "currentStatus": parcel.status if parcel else None,
        "estimateFromDate": optional_moment(parcel.estimate_from) if parcel else None,
        "estimateToDate": optional_moment(parcel.estimate_until) if parcel else None,
        "trackingURL": None,
    }
