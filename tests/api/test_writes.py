"""What each write sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from postorder_nb import Money
from postorder_nb.api.body import encode
from postorder_nb.api.operation import CATALOGUE
from postorder_nb.api.parts import Address, RelistLineItem, Text
from postorder_nb.enums import RefundFeeType

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-1.4 label"
TRACKING = "9400100000000000000000"


QUAY = Address(
    "1 Quay", "Galway", "IE", address_line2="Flat 2", postal_code="H91 A1A1", county="Galway",
    address_type="RESIDENCE", script="LATIN", is_transliterated=False,
)  # fmt: skip

# name: (call, path below /post-order/v2, body)
BODIES = {
    "a cancellation": (
        lambda po: po.cancellations.create(
            legacy_order_id="12-34567-89012", cancel_reason="OUT_OF_STOCK_OR_CANNOT_FULFILL"
        ),
        "/cancellation",
        {"legacyOrderId": "12-34567-89012", "cancelReason": "OUT_OF_STOCK_OR_CANNOT_FULFILL"},
    ),
    "a cancellation in full": (
        lambda po: po.cancellations.create(
            legacy_order_id="12-34567-89012",
            cancel_reason="BUYER_ASKED_CANCEL",
            buyer_paid=True,
            buyer_paid_date=datetime(2026, 2, 27, 10, 30, tzinfo=timezone(timedelta(hours=1))),
            relist_line_item=[RelistLineItem("110012345678", "28009001", 2), ("11", "28", 1)],
        ),
        "/cancellation",
        {
            "legacyOrderId": "12-34567-89012",
            "cancelReason": "BUYER_ASKED_CANCEL",
            "buyerPaid": True,
            "buyerPaidDate": {"value": "2026-02-27T09:30:00.000Z"},
            "relistLineItem": [
                {"itemId": 110012345678, "transactionId": 28009001, "quantity": 2},
                {"itemId": 11, "transactionId": 28, "quantity": 1},
            ],
        },
    ),
    "approving a cancellation": (
        lambda po: po.cancellations.approve("5001"), "/cancellation/5001/approve", None,
    ),
    "rejecting a cancellation": (
        lambda po: po.cancellations.reject("5001"), "/cancellation/5001/reject", {},
    ),
    "rejecting a cancellation in full": (
        lambda po: po.cancellations.reject(
            "5001", shipment_date="2026-02-28T08:00:00Z", tracking_number=TRACKING
        ),
        "/cancellation/5001/reject",
        {"shipmentDate": {"value": "2026-02-28T08:00:00.000Z"}, "trackingNumber": TRACKING},
    ),
    "confirming a refund": (
        lambda po: po.cancellations.confirm("5001", refund_date="2026-02-28T08:00:00Z"),
        "/cancellation/5001/confirm",
        {"refundDate": {"value": "2026-02-28T08:00:00.000Z"}},
    ),
    "confirming that nothing was paid": (
        lambda po: po.cancellations.confirm("5001", unpaid_order=True),
        "/cancellation/5001/confirm",
        {"unpaidOrder": True},
    ),
    "an inquiry": (
        lambda po: po.inquiries.create(
            item_id="11", transaction_id="28", claim_quantity=2, desired_outcome="FULL_REFUND",
            comments=Text("Wo ist es?", language="de"),
        ),
        "/inquiry",
        {
            "itemId": "11", "transactionId": "28", "claimQuantity": 2,
            "desiredOutcome": "FULL_REFUND",
            "comments": {"content": "Wo ist es?", "language": "de"},
        },
    ),
    "a message of an inquiry": (
        lambda po: po.inquiries.send_message("7", message=" It left on Monday. "),
        "/inquiry/7/send_message",
        {"message": {"content": "It left on Monday."}},
    ),
    "a translated message": (
        lambda po: po.returns.send_message(
            "7", message=Text("Thank you", "en", "Danke", "de")
        ),
        "/return/7/send_message",
        {
            "message": {
                "content": "Thank you", "language": "en",
                "translatedFromContent": "Danke", "translatedFromLanguage": "de",
            }
        },
    ),
    "a shipment with tracking": (
        lambda po: po.inquiries.provide_shipment_info(
            "7", shipping_carrier_name="USPS", shipping_date="2026-02-26T00:00:00Z",
            tracking_number=TRACKING, seller_comments="It is on its way.",
        ),
        "/inquiry/7/provide_shipment_info",
        {
            "shippingCarrierName": "USPS",
            "shippingDate": {"value": "2026-02-26T00:00:00.000Z"},
            "trackingNumber": TRACKING,
            "shippedWithTracking": True,
            "sellerComments": {"content": "It is on its way."},
        },
    ),
    "a shipment without tracking": (
        lambda po: po.inquiries.provide_shipment_info(
            "7", shipping_carrier_name="OTHER", shipping_date="2026-02-26T00:00:00Z"
        ),
        "/inquiry/7/provide_shipment_info",
        {
            "shippingCarrierName": "OTHER",
            "shippingDate": {"value": "2026-02-26T00:00:00.000Z"},
            "shippedWithTracking": False,
        },
    ),
    "a shipment with an uploaded proof": (
        lambda po: po.inquiries.provide_shipment_info("7", proof_of_shipment_uploaded=True),
        "/inquiry/7/provide_shipment_info",
        {"shippedWithTracking": False, "proofOfShipmentUploaded": True},
    ),
    "the refund of an inquiry": (
        lambda po: po.inquiries.issue_refund("7"), "/inquiry/7/issue_refund", {},
    ),
    "the refund of an inquiry with a word": (
        lambda po: po.inquiries.issue_refund("7", comments="Sorry."),
        "/inquiry/7/issue_refund",
        {"comments": {"content": "Sorry."}},
    ),
    "a refund by other means": (
        lambda po: po.inquiries.provide_refund_info("7", message="By bank."),
        "/inquiry/7/provide_refund_info",
        {"message": {"content": "By bank."}},
    ),
    "an inquiry before eBay": (
        lambda po: po.inquiries.escalate(
            "7", escalate_inquiry_reason="SELLER_NORESPONSE", comments="Nobody answers."
        ),
        "/inquiry/7/escalate",
        {
            "escalateInquiryReason": "SELLER_NORESPONSE",
            "comments": {"content": "Nobody answers."},
        },
    ),
    "the end of an inquiry": (
        lambda po: po.inquiries.close("7", close_reason="ITEM_ARRIVED", comments="It came."),
        "/inquiry/7/close",
        {"closeReason": "ITEM_ARRIVED", "comments": {"content": "It came."}},
    ),
    "confirming the refund of an inquiry": (
        lambda po: po.inquiries.confirm_refund("7"), "/inquiry/7/confirm_refund", None,
    ),
    "an appeal": (lambda po: po.cases.appeal("9"), "/casemanagement/9/appeal", {}),
    "an appeal with a word": (
        lambda po: po.cases.appeal("9", comments="It was signed for."),
        "/casemanagement/9/appeal",
        {"comments": {"content": "It was signed for."}},
    ),
    "the end of a case": (
        lambda po: po.cases.close("9", close_reason="WORKED_OUT_WITH_SELLER"),
        "/casemanagement/9/close",
        {"closeReason": "WORKED_OUT_WITH_SELLER"},
    ),
    "the refund of a case": (
        lambda po: po.cases.issue_refund("9"), "/casemanagement/9/issue_refund", {},
    ),
    "tracking of a case": (
        lambda po: po.cases.provide_shipment_info(
            "9", shipping_carrier_name="UPS", tracking_number="1Z999"
        ),
        "/casemanagement/9/provide_shipment_info",
        {"shippingCarrierName": "UPS", "trackingNumber": "1Z999"},
    ),
    "the address of a case": (
        lambda po: po.cases.provide_return_address(
            "9", return_address=QUAY, first_name="Ann", last_name="Lee", rma="R-1 $5"
        ),
        "/casemanagement/9/provide_return_address",
        {
            "firstName": "Ann",
            "lastName": "Lee",
            "RMA": "R-1 $5",
            "returnAddress": {
                "addressLine1": "1 Quay", "addressLine2": "Flat 2", "city": "Galway",
                "county": "Galway", "country": "IE", "postalCode": "H91 A1A1",
                "addressType": "RESIDENCE", "script": "LATIN", "isTransliterated": False,
            },
        },
    ),
    "a return": (
        lambda po: po.returns.create(item_id="11", transaction_id="28", reason="WRONG_SIZE"),
        "/return",
        {
            "returnRequest": {
                "itemId": "11", "transactionId": "28", "reason": "WRONG_SIZE",
                "type": "MONEY_BACK", "returnQuantity": 1,
            }
        },
    ),
    "a return in full": (
        lambda po: po.returns.create(
            item_id="11", transaction_id="28", reason="DEFECTIVE_ITEM", type="REPLACEMENT",
            return_quantity=3, carrier="UPS", comments="Broken.", request_type="REQUEST",
        ),
        "/return",
        {
            "returnRequest": {
                "itemId": "11", "transactionId": "28", "reason": "DEFECTIVE_ITEM",
                "type": "REPLACEMENT", "returnQuantity": 3, "carrier": "UPS",
                "comments": {"content": "Broken."}, "requestType": "REQUEST",
            }
        },
    ),
    "a return from a draft": (
        lambda po: po.returns.create(draft_id="77"), "/return", {"draftId": "77"},
    ),
    "approving a return": (
        lambda po: po.returns.decide("5", decision="APPROVE", comments="Send it."),
        "/return/5/decide",
        {"decision": "APPROVE", "comments": {"content": "Send it."}},
    ),
    "approving a return with a number": (
        lambda po: po.returns.decide("5", decision="APPROVE", rma_number="A+1 *%/$.-"),
        "/return/5/decide",
        {"decision": "APPROVE", "RMANumber": "A+1 *%/$.-"},
    ),
    "giving a number": (
        lambda po: po.returns.decide(
            "5", decision="PROVIDE_RMA", rma_number="R1", rma_provided=True
        ),
        "/return/5/decide",
        {"decision": "PROVIDE_RMA", "RMANumber": "R1", "rMAProvided": True},
    ),
    "offering a part": (
        lambda po: po.returns.decide(
            "5", decision="OFFER_PARTIAL_REFUND", keep_original_item=True,
            partial_refund_amount=Money(Decimal("7.5"), "EUR"),
        ),
        "/return/5/decide",
        {
            "decision": "OFFER_PARTIAL_REFUND",
            "partialRefundAmount": {"value": Decimal("7.50"), "currency": "EUR"},
            "keepOriginalItem": True,
        },
    ),
    "taking a part": (
        lambda po: po.returns.decide("5", decision="ACCEPT_PARTIAL_REFUND"),
        "/return/5/decide",
        {"decision": "ACCEPT_PARTIAL_REFUND"},
    ),
    "a return before eBay": (
        lambda po: po.returns.escalate("5", reason="RECEIVED_EMPTY_BOX", comments="Empty."),
        "/return/5/escalate",
        {"reason": "RECEIVED_EMPTY_BOX", "comments": {"content": "Empty."}},
    ),
    "a refund": (
        lambda po: po.returns.issue_refund("5", amount="24.90 EUR"),
        "/return/5/issue_refund",
        {
            "refundDetail": {
                "totalAmount": {"value": Decimal("24.90"), "currency": "EUR"},
                "itemizedRefundDetail": [
                    {
                        "refundFeeType": "PURCHASE_PRICE",
                        "refundAmount": {"value": Decimal("24.90"), "currency": "EUR"},
                    }
                ],
            }
        },
    ),
    "a refund in lines": (
        lambda po: po.returns.issue_refund(
            "5",
            amount=Money("24.20", "USD"),
            lines={"PURCHASE_PRICE": "19.95 USD", RefundFeeType.ORIGINAL_SHIPPING: "4.25 USD"},
            relist_item=False,
            comments="Thank you.",
        ),
        "/return/5/issue_refund",
        {
            "refundDetail": {
                "totalAmount": {"value": Decimal("24.20"), "currency": "USD"},
                "itemizedRefundDetail": [
                    {
                        "refundFeeType": "PURCHASE_PRICE",
                        "refundAmount": {"value": Decimal("19.95"), "currency": "USD"},
                    },
                    {
                        "refundFeeType": "ORIGINAL_SHIPPING",
                        "refundAmount": {"value": Decimal("4.25"), "currency": "USD"},
                    },
                ],
            },
            "relistItem": False,
            "comments": {"content": "Thank you."},
        },
    ),
    "a refund of something else, in whole yen": (
        lambda po: po.returns.issue_refund("5", amount="1200 JPY", fee="RETURN_SHIPPING"),
        "/return/5/issue_refund",
        {
            "refundDetail": {
                "totalAmount": {"value": Decimal("1200"), "currency": "JPY"},
                "itemizedRefundDetail": [
                    {
                        "refundFeeType": "RETURN_SHIPPING",
                        "refundAmount": {"value": Decimal("1200"), "currency": "JPY"},
                    }
                ],
            }
        },
    ),
    "an item that came back": (
        lambda po: po.returns.mark_as_received("5"), "/return/5/mark_as_received", {},
    ),
    "an item that came back with a word": (
        lambda po: po.returns.mark_as_received("5", comments="Thanks."),
        "/return/5/mark_as_received",
        {"comments": {"content": "Thanks."}},
    ),
    "an uploaded label": (
        lambda po: po.returns.add_shipping_label(
            "5", label_action="UPLOAD_LABEL", file_id="81", carrier_enum="OTHER",
            carrier_name="Bike", tracking_number="B-1", return_label_cost="4.50 EUR",
            comments="Print it.",
        ),
        "/return/5/add_shipping_label",
        {
            "labelAction": "UPLOAD_LABEL", "fileId": "81", "carrierEnum": "OTHER",
            "carrierName": "Bike", "trackingNumber": "B-1",
            "returnLabelCost": {"value": Decimal("4.50"), "currency": "EUR"},
            "comments": {"content": "Print it."},
        },
    ),
    "a label sent by post": (
        lambda po: po.returns.add_shipping_label(
            "5", label_action="MARK_AS_SENT", label_sent_date="2026-02-28T00:00:00Z",
            forward_shipping_label_provided=True,
        ),
        "/return/5/add_shipping_label",
        {
            "labelAction": "MARK_AS_SENT",
            "labelSentDate": {"value": "2026-02-28T00:00:00.000Z"},
            "forwardShippingLabelProvided": True,
        },
    ),
    "no label": (
        lambda po: po.returns.add_shipping_label(
            "5", label_action="NO_LABEL", no_label_reason="ITEM_TOO_LARGE"
        ),
        "/return/5/add_shipping_label",
        {"labelAction": "NO_LABEL", "noLabelReason": "ITEM_TOO_LARGE"},
    ),
    "a picture": (
        lambda po: po.returns.file_upload(
            "5", data=PNG, file_name="box.png", file_purpose="ITEM_RELATED"
        ),
        "/return/5/file/upload",
        {"fileName": "box.png", "data": "iVBORw0KGgo=", "filePurpose": "ITEM_RELATED"},
    ),
    "preferences": (
        lambda po: po.returns.preferences_set(rma_required=False),
        "/return/preference",
        {"rmaRequired": False},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
def test_the_body(shop, case: str) -> None:
    call, path, body = BODIES[case]
    po = shop()
    receipt = call(po)
    [request] = po.desk.requests
    assert (request.method, request.path) == ("POST", f"/post-order/v2{path}")
    assert request.body == body
    assert request.query == {}
    assert receipt.request is request


def test_every_write_is_shown_above(shop) -> None:
    shown = set()
    for call, _, _ in BODIES.values():
        po = shop()
        call(po)
        shown.add(po.desk.requests[0].operation)
    assert shown == {key for key, row in CATALOGUE.items() if row.effect != "read"}


def test_how_much_of_a_new_return_comes_back_is_asked_in_the_query(shop) -> None:
    po = shop()
    po.returns.create(item_id="1", transaction_id="2", reason="OTHER", fieldgroups="SUMMARY")
    assert po.desk.requests[0].query == {"fieldgroups": "SUMMARY"}
    assert set(po.desk.requests[0].body) == {"returnRequest"}


def test_amounts_are_numbers_with_their_digits(shop) -> None:
    po = shop()
    po.returns.decide("5", decision="OFFER_PARTIAL_REFUND", partial_refund_amount="0.10 USD")
    written = encode(po.desk.requests[0].body)
    assert b'"value":0.10' in written
    assert json.loads(written, parse_float=Decimal)["partialRefundAmount"] == {
        "value": Decimal("0.10"), "currency": "USD",
    }  # fmt: skip
