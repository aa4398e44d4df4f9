"""Hand-written answers in the documented shapes; every value is made up."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

Json = dict[str, Any]


def usd(value: Any) -> Json:
    return {"value": value, "currency": "USD"}


def at(text: str) -> Json:
    return {"value": text}


#: A return summary with every field that the search documents.
SUMMARY: Json = {
    "returnId": "5300000001",
    "orderId": "11-22222-33333",
    "state": "ITEM_DELIVERED",
    "status": "ITEM_DELIVERED",
    "currentType": "MONEY_BACK",
    "creationInfo": {
        "item": {
            "itemId": "370000000001",
            "transactionId": "7700000000001",
            "returnQuantity": 2,
            "itemTitle": "Blue kettle",
        },
        "type": "MONEY_BACK",
        "reason": "DEFECTIVE_ITEM",
        "reasonType": "SNAD",
        "comments": {"content": "The lid is broken", "language": "en"},
        "creationDate": at("2025-11-12T21:40:05.250Z"),
    },
    "buyerLoginName": "kettle-fan",
    "sellerLoginName": "pots-and-pans",
    "sellerTotalRefund": {"estimatedRefundAmount": usd(31.5), "actualRefundAmount": usd(30)},
    "buyerTotalRefund": {
        "estimatedRefundAmount": {"value": "33.02", "currency": "GBP"},
        "actualRefundAmount": {"value": 32.75, "currency": "GBP", "exchangeRate": "1.3"},
    },
    "sellerResponseDue": {
        "activityDue": "SELLER_ISSUE_REFUND",
        "respondByDate": at("2025-12-04T07:59:59.000Z"),
    },
    "buyerResponseDue": {
        "activityDue": "BUYER_ESCALATE",
        "respondByDate": at("2025-11-27T07:59:59.000Z"),
    },
    "timeoutDate": at("2025-12-18T07:59:59.999Z"),
    "escalationInfo": {
        "caseId": "5400000009",
        "buyerEscalationEligibilityInfo": {
            "eligible": True,
            "startTime": at("2025-12-05T00:00:00Z"),
            "endTime": None,
        },
        "sellerEscalationEligibilityInfo": {
            "eligible": False,
            "startTime": at("2025-11-13T00:00:00.000Z"),
            "endTime": at("2025-12-13T00:00:00.000Z"),
        },
    },
    "sellerAvailableOptions": [
        {"actionType": "SELLER_ISSUE_REFUND", "actionURL": "https://api.example.org/refund"},
        {"actionType": "SELLER_SEND_MESSAGE"},
    ],
    "buyerAvailableOptions": [],
    "returnPolicy": {"rmaRequired": True},
    "flags": {"isGSP": False},
    "isSellerProtected": True,
}


def tracking(number: str, **more: Any) -> Json:
    return {"trackingNumber": number, "carrierUsed": "USPS", **more}


#: The detail container of a return answer.
DETAIL: Json = {
    "buyerLoginName": "kettle-fan",
    "sellerLoginName": "pots-and-pans",
    "marketplaceId": "EBAY_US",
    "RMANumber": "RMA-7",
    "returnContentOnHold": False,
    "buyerAddress": {"name": "K. Fan", "address": {"country": "US", "city": "Springfield"}},
    "closeInfo": {
        "returnCloseReason": "FULL_REFUNDED",
        "buyerCloseReason": "UNKNOWN",
        "buyerCloseComment": "all good",
        "returnCloseDate": at("2025-12-06T10:00:00.000Z"),
    },
    "holdInfo": {"holdStatus": "HOLD_RELEASE_SUCCESS", "holdCreationDate": None},
    "itemDetail": {
        "itemId": "370000000001",
        "transactionId": "7700000000001",
        "returnQuantity": 2,
        "itemTitle": "Blue kettle",
        "itemPrice": usd(15.75),
        "transactionDate": at("2025-11-01T08:00:00.000Z"),
        "itemOnHold": False,
        "relistStatus": "RELIST_ELIGIBLE",
    },
    "refundInfo": {
        "actualRefundDetail": {
            "actualRefund": {
                "totalAmount": usd(30.0),
                "feeCreditAmount": usd(2.1),
                "donationAmount": usd(0),
                "itemizedRefundDetail": [
                    {"refundFeeType": "PURCHASE_PRICE", "refundAmount": usd(31.5)},
                    {
                        "refundFeeType": "RESTOCKING_FEE",
                        "refundAmount": usd(-1.5),
                        "restockingFeePercentage": "5.0",
                    },
                ],
            },
            "netChargeAmount": {"value": 24.4, "currency": "EUR"},
            "outstandingAmount": None,
            "refundStatus": "SUCCESS",
            "refundInitiationType": "SELLER_INITIATED",
            "refundIssuedDate": at("2025-12-05T17:30:00.000Z"),
        },
        "estimatedRefundDetail": {
            "itemizedRefundDetails": [
                {
                    "refundFeeType": "PURCHASE_PRICE",
                    "estimatedAmount": usd("31.5"),
                    "minAmount": usd(0),
                    "maxAmount": usd(31.5),
                }
            ],
            "optionalRefundLineItems": [
                {"refundFeeType": "RETURN_SHIPPING", "estimatedAmount": usd(4.25)}
            ],
        },
    },
    "payoutRecoupInfo": {"amountToRecoup": usd(3.5), "payoutId": 9007199254740993},
    "moneyMovementInfo": [
        {
            "moneyMovementType": "SELLER_VOLUNTARY_REFUND",
            "status": "SUCCESS",
            "requestedAmount": usd(30.0),
            "actualAmount": usd(30.0),
            "creationDate": at("2025-12-05T17:30:01.000Z"),
            "paymentProvider": "UNKNOWN",
            "externalPaymentId": "EXT-1",
        }
    ],
    "files": [
        {
            "fileId": "8800001",
            "fielName": "lid.jpg",
            "fileData": "AAAA",
            "fileFormat": "JPEG",
            "filePurpose": "ITEM_RELATED",
            "fileStatus": "PUBLISHED",
            "submitter": "BUYER",
            "creationDate": at("2025-11-12T21:41:00.000Z"),
            "secureUrl": "https://files.example.org/8800001",
        }
    ],
    "returnShipmentInfo": {
        "payee": "SELLER",
        "shippingLabelCost": {"totalAmount": usd(5.24)},
        "shipByDate": at("2025-12-04T08:00:00.001Z"),
        "shipmentTracking": tracking("TRK-2"),
        "allShipmentTrackings": [
            tracking("TRK-1", active=False),
            tracking(
                "TRK-2",
                active=True,
                deliveryStatus="DELIVERED",
                actualDeliveryDate=at("2025-12-01T09:00:00-07:00"),
                markAsReceived=True,
            ),
        ],
    },
    "replacementShipmentInfo": {"shipmentTracking": tracking("TRK-3")},
    "responseHistory": [
        {
            "author": "BUYER",
            "activity": "BUYER_CREATE_RETURN",
            "creationDate": at("2025-11-12T21:40:05.250Z"),
            "fromState": "INITIAL",
            "toState": "RETURN_REQUESTED",
            "attributes": {},
            "notes": "The lid is broken",
        },
        {
            "author": "SYSTEM",
            "activity": "SELLER_APPROVE_REQUEST",
            "creationDate": at("2025-11-12T21:40:06.000Z"),
            "fromState": "RETURN_REQUESTED",
            "toState": "ITEM_READY_TO_SHIP",
            "attributes": {
                "escalateReason": "NO_REFUND_RECEIVED",
                "partialRefundAmount": usd(10),
                "RMA": "RMA-7",
                "updatedTrackingNumber": "TRK-2",
                "sellerRefundWindow": 2,
            },
        },
    ],
}


@pytest.fixture
def summary() -> Json:
    return deepcopy(SUMMARY)


@pytest.fixture
def detail() -> Json:
    return deepcopy(DETAIL)


@pytest.fixture(scope="session")
def record() -> Json:
    """A whole return answer, to be copied before it is changed."""
    return {"summary": SUMMARY, "detail": DETAIL}
