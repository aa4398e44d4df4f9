"""Returns as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from .. import legal
from ..records import Due, Event, Line, Money, Return, Shipment
from ..shop import DOMAIN, SITE_ID
from .values import (
    SELLER_ADDRESS,
    Json,
    amount,
    moment,
    movement,
    optional_amount,
    optional_moment,
    party,
    present,
    provisional,
    recoup,
    refunded,
)

MASK = "***"
PHOTO = (  # a PNG of one grey pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


def summary(record: Return, now: datetime) -> Json:
    """Return one ``members[]`` entry of the search: also the ``summary`` of the get."""
    seller, buyer = legal.options(record)
    url = f"https://www.{DOMAIN[record.marketplace]}/rt/ReturnDetails?returnId={record.id}"
    return present(
        returnId=record.id,
        orderId=record.order.order_id,
        currentType="MONEY_BACK",
        state=record.state,
        status=record.status,
        creationInfo=_creation(record),
        buyerLoginName=record.buyer.login,
        sellerLoginName=record.seller,
        sellerTotalRefund=_refund_total(record.estimated, record.refund),
        buyerTotalRefund=_refund_total(record.buyer_estimated, record.buyer_refund),
        sellerResponseDue=_due(record.seller_due),
        buyerResponseDue=_due(record.buyer_due),
        escalationInfo=_escalation(record, now),
        sellerAvailableOptions=[{"actionType": option, "actionURL": url} for option in seller],
        buyerAvailableOptions=[{"actionType": option, "actionURL": url} for option in buyer],
        returnPolicy={"rmaRequired": record.rma_required},
        timeoutDate=optional_moment(record.timeout_at),
        isSellerProtected=record.seller_protected,
        flags=record.flags,
    )


def _creation(record: Return) -> Json:
    item: Json = {
        "itemId": record.item.item_id,
        "transactionId": record.order.transaction_id,
        "returnQuantity": record.order.quantity,
    }
    if record.flags is not None:
        item["itemTitle"] = MASK if record.on_hold else record.item.title
    return present(
        creationDate=moment(record.created_at),
        item=item,
        reason=record.reason,
        reasonType=record.reason_type,
        type="MONEY_BACK",
        comments={"content": record.comments} if record.comments else None,
    )


def _refund_total(estimated: Money, actual: Money | None) -> Json:
    return present(
        estimatedRefundAmount=amount(estimated), actualRefundAmount=optional_amount(actual)
    )


def _due(due: Due | None) -> Json | None:
    return {"activityDue": due.activity, "respondByDate": moment(due.at)} if due else None


def _escalation(record: Return, now: datetime) -> Json:
    buyer, seller = legal.may_escalate(record, now)
    return present(
        buyerEscalationEligibilityInfo=_eligibility(record, buyer),
        sellerEscalationEligibilityInfo=_eligibility(record, seller),
        caseId=record.case_id,
    )


def _eligibility(record: Return, eligible: bool) -> Json:
    return {
        "eligible": eligible,
        "startTime": optional_moment(record.escalate_from) if eligible else None,
        "endTime": moment(record.escalate_until) if eligible else None,
    }


def detail(record: Return) -> Json:
    """Return the ``detail`` of the get."""
    return present(
        buyerLoginName=record.buyer.login,
        sellerLoginName=record.seller,
        buyerAddress=party(record.buyer),
        sellerAddress=SELLER_ADDRESS,
        marketplaceId=record.marketplace,
        itemDetail=_item(record),
        returnContentOnHold=record.on_hold,
        closeInfo=_close(record),
        files=[file_entry(record, number) for number in range(len(record.files))] or None,
        holdInfo=_hold(record),
        moneyMovementInfo=[movement(move, paid_by=True) for move in record.movements],
        refundInfo=_refund(record),
        responseHistory=[_line(event, record) for event in record.history],
        returnShipmentInfo=_shipment(record),
        RMANumber=record.rma_number,
        payoutRecoupInfo=recoup(record),
    )


def _item(record: Return) -> Json:
    item = record.item
    return present(
        itemId=item.item_id,
        transactionId=record.order.transaction_id,
        itemTitle=MASK if record.on_hold else item.title,
        itemPrice=amount(item.price),
        itemPicUrl=MASK if record.on_hold else f"https://i.ebayimg.com/{item.item_id}.jpg",
        itemOnHold=record.on_hold,
        returnQuantity=record.order.quantity,
        transactionDate=moment(record.order.placed_at),
        listingSiteId=SITE_ID[record.marketplace],
        ebayPlusTxn=False,
        relistStatus=_relist(record),
        relistedItemId=relisted(record) if record.relist else None,
    )


def relisted(record: Return) -> str:
    """Return the number of the listing under which the item was listed again."""
    return str(int(record.item.item_id) + 1 + int(record.id) % 1_000_000_000)


def _relist(record: Return) -> str | None:
    if record.relist:
        return "SUCCESS"
    return "RELIST_ELIGIBLE" if record.shipments and not record.open else None


def _close(record: Return) -> Json | None:
    if record.closed_at is None:
        # Some open returns carry an empty close record: the date tells, not the container.
        empty = {"returnCloseReason": "OTHER", "buyerCloseReason": "UNKNOWN"}
        return empty if record.flags else None
    return present(
        returnCloseReason=record.close_reason,
        buyerCloseReason=record.buyer_close_reason or "UNKNOWN",
        buyerCloseComment=record.buyer_close_comment,
        returnCloseDate=moment(record.closed_at),
    )


def _hold(record: Return) -> Json | None:
    if record.hold_status is None:
        return None
    return present(
        holdStatus="HOLD_RELEASE_SUCCESS" if record.closed_at else record.hold_status,
        holdCreationDate=moment(record.created_at),
        holdReleaseDate=optional_moment(record.closed_at),
        holdReferenceId=f"H{record.id}",
        holdTransactionId=record.order.transaction_id,
    )


def file_entry(record: Return, number: int) -> Json:
    """Return one file with its content."""
    file = record.files[number]
    return {
        "fileId": file.file_id,
        "fileName": file.name,
        "fileFormat": file.format,
        "filePurpose": file.purpose,
        "fileStatus": file.status,
        "submitter": file.submitter,
        "creationDate": moment(file.created_at),
        "secureUrl": file.url,
        "fileData": file.data or PHOTO,
        "resizedFileData": file.data or PHOTO,
    }


def _refund(record: Return) -> Json:
    estimate = present(
        itemizedRefundDetails=[_estimated(ln) for ln in record.lines if ln.stage == "estimated"],
        optionalRefundLineItems=[_estimated(ln) for ln in record.lines if ln.stage == "optional"]
        or None,
    )
    if record.refund_status is None:
        return {"estimatedRefundDetail": estimate, "provisionalRefund": provisional(record)}
    given = {
        "itemizedRefundDetail": [
            {"refundFeeType": line.fee_type, "refundAmount": amount(line.amount)}
            for line in record.lines
            if line.stage == "actual"
        ]
    }
    return {
        "estimatedRefundDetail": estimate,
        "actualRefundDetail": refunded(
            record,
            given if record.refund else None,
            refundInitiationType=record.refund_initiator,
        ),
        "provisionalRefund": provisional(record),
    }


def _estimated(line: Line) -> Json:
    return present(
        refundFeeType=line.fee_type,
        estimatedAmount=amount(line.amount),
        minAmount=optional_amount(line.minimum),
        maxAmount=optional_amount(line.maximum),
    )


def _line(event: Event, record: Return) -> Json:
    paid = [m.external_id for m in record.movements if m.created_at == event.at and m.external_id]
    return present(
        author=event.actor,
        activity=event.activity,
        fromState=event.from_state,
        toState=event.to_state,
        creationDate=moment(event.at),
        notes=event.notes,
        attributes=_attributes(event.attributes)
        | ({"moneyMovementRef": {"idref": paid[0]}} if paid else {}),
    )


def _attributes(facts: Mapping[str, Any]) -> Json:
    answer: Json = {}
    for name, value in facts.items():
        if name == "deduction":
            answer["refundDeductionType"] = {
                "refundDeductionAmount": amount(value),
                "refundDeductionPercentage": facts["percentage"],
            }
        elif name == "trackingNumber":
            answer["updatedTrackingNumber"] = value
        elif name != "percentage":
            answer[name] = amount(value) if isinstance(value, Money) else value
    return answer


def _shipment(record: Return) -> Json:
    parcels = [_parcel(parcel, record) for parcel in record.shipments]
    cost = amount(record.label_cost) if record.label_cost else None
    return present(
        shipmentTracking=parcels[-1] if parcels else None,
        allShipmentTrackings=parcels or None,
        payee=record.label_payee,
        shippingLabelCost={
            "totalAmount": cost,
            "itemizedReturnShippingCost": [
                {"amount": cost, "returnShippingCostType": "LABEL_COST"}
            ],
        }
        if cost
        else None,
        shipByDate=optional_moment(record.ship_by),
    )


def _parcel(parcel: Shipment, record: Return) -> Json:
    labelled = parcel.labelled_at is not None
    return present(
        carrierEnum=parcel.carrier,
        carrierUsed=parcel.carrier,
        carrierName=parcel.carrier.replace("_", " ").title(),
        trackingNumber=parcel.tracking_number,
        shipmentId=parcel.shipment_id,
        deliveryStatus=parcel.status,
        labelDate=optional_moment(parcel.labelled_at),
        shipDate=optional_moment(parcel.shipped_at),
        actualShipDate=optional_moment(parcel.shipped_at),
        deliveryDate=optional_moment(parcel.delivered_at),
        actualDeliveryDate=optional_moment(parcel.delivered_at),
        minDeliveryEstimate=optional_moment(parcel.estimate_from),
        maxDeliveryEstimate=optional_moment(parcel.estimate_until),
        markAsReceived=parcel.marked_received,
        active=parcel.active,
        shippedBy="BUYER",
        shippingMethod="SHIPPING_LABEL" if labelled else "SELF_MAIL",
        labelId=parcel.shipment_id if labelled else None,
        labelAvailableUntilDate=moment(record.ship_by)["value"]
        if labelled and record.ship_by
        else None,
        originAddress=party(record.buyer),
        destinationAddress=SELLER_ADDRESS,
    )


def tracking(parcel: Shipment) -> Json:
    """Return the answer of the tracking call, newest scan first, in local time."""
    scans = [
        (parcel.delivered_at, "DELIVERED", "Delivered"),
        (parcel.shipped_at, "IN_TRANSIT", "Accepted at the counter"),
        (parcel.labelled_at, "CREATED", "Label made"),
    ]
    zone = timezone(timedelta(hours=-7))
    return {
        "carrierUsed": parcel.carrier,
        "trackingNumber": parcel.tracking_number,
        "trackingStatus": parcel.status,
        "scanHistory": [
            {
                "eventStatus": status,
                "eventDesc": text,
                "eventTime": {"value": at.astimezone(zone).isoformat(timespec="milliseconds")},
                "eventCity": "Portland",
                "eventStateOrProvince": "OR",
                "eventPostalCode": "97201",
                "eventCode": "UNKNOWN",
            }
            for at, status, text in scans
            if at
        ],
    }
