"""Arguments are checked before any network, in words that help."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from postorder_nb import errors
from postorder_nb.api.parts import Address, RelistLineItem, Text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-1.4 label"

BAD = {
    "an id that is a number": (lambda po: po.returns.get(5001), 'write "5001"'),
    "an id with a slash": (lambda po: po.returns.get("../search"), "does not look like an id"),
    "an empty id": (lambda po: po.cases.get(""), "does not look like an id"),
    "a mistyped state": (lambda po: po.returns.search(states="ITEM_DELIVERD"), "ITEM_DELIVERED"),
    "a mistyped filter": (lambda po: po.inquiries.search(inquiry_status="open "), "OPEN"),
    "a mistyped carrier": (
        lambda po: po.returns.tracking("1", carrier_used="USP", tracking_number="9"), "USPS or UPS",
    ),
    "a page too large": (lambda po: po.returns.search(limit=201), "from 1 to 200"),
    "a page of True": (lambda po: po.cases.search(limit=True), "from 1 to 200"),
    "a naive moment": (
        lambda po: po.cases.search(case_creation_date_range_from=datetime(2026, 3, 1)),
        "has no time zone",
    ),
    "a moment in prose": (
        lambda po: po.cases.search(case_creation_date_range_from="yesterday"), "no moment",
    ),
    "a sort without its sign": (lambda po: po.returns.search(sort="FILING_DATE"), "-FILING_DATE"),
    "a transaction alone": (lambda po: po.returns.search(transaction_id="1"), "item_id"),
    "one end of a window of cancellations": (
        lambda po: po.cancellations.search(creation_date_range_from=datetime.now(UTC)), "together",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_before_any_network(po, server, case: str) -> None:
    call, words = BAD[case]
    with pytest.raises(errors.InputError) as caught:
        call(po)
    assert words in str(caught.value)
    assert server.requests == []


def test_an_unknown_argument_is_pythons_own_error(po) -> None:
    with pytest.raises(TypeError, match="stats"):
        po.returns.search(stats="CLOSED")


def test_the_larger_page_of_cancellations_is_allowed(po, server) -> None:
    po.cancellations.search(limit=500)
    assert server.requests[0][1].endswith("limit=500")


SHIPMENT = {"shipping_carrier_name": "USPS", "shipping_date": "2026-02-26T00:00:00Z"}
LABEL = {"label_action": "UPLOAD_LABEL", "file_id": "8"}

# name: (call, words of the message or the advice)
REFUSED = {
    "a float amount": (
        lambda po: po.returns.issue_refund("5", amount=24.9), 'Money("24.9", "EUR")',
    ),
    "a float in a line": (
        lambda po: po.returns.issue_refund(
            "5", amount="5 USD", lines={"PURCHASE_PRICE": 5.0}
        ),
        'returns.issue_refund: lines: 5.0 is a float',
    ),
    "a float offer": (
        lambda po: po.returns.decide(
            "5", decision="OFFER_PARTIAL_REFUND", partial_refund_amount=7.5
        ),
        'Money("7.5", "EUR")',
    ),
    "an amount without its currency": (
        lambda po: po.returns.issue_refund("5", amount=Decimal("24.90")), "has no currency",
    ),
    "an amount as bare text": (
        lambda po: po.returns.issue_refund("5", amount="24.90"), "no currency code",
    ),
    "an amount with a comma": (
        lambda po: po.returns.issue_refund("5", amount="24,90 EUR"), '"24.90"',
    ),
    "half a cent": (
        lambda po: po.returns.issue_refund("5", amount="24.905 EUR"), 'write "24.91 EUR"',
    ),
    "a part of a yen": (
        lambda po: po.returns.issue_refund("5", amount="24.5 JPY"), 'write "25 JPY"',
    ),
    "nothing": (lambda po: po.returns.issue_refund("5", amount="0 EUR"), "not above zero"),
    "a negative refund": (
        lambda po: po.returns.issue_refund("5", amount="-3 EUR"), "not above zero",
    ),
    "lines that do not sum": (
        lambda po: po.returns.issue_refund(
            "5", amount="24.21 USD",
            lines={"PURCHASE_PRICE": "19.95 USD", "ORIGINAL_SHIPPING": "4.25 USD"},
        ),
        "the lines sum to 24.20 USD, not to 24.21 USD",
    ),
    "no lines": (
        lambda po: po.returns.issue_refund("5", amount="5 USD", lines={}), "no refund lines",
    ),
    "a fee beside lines": (
        lambda po: po.returns.issue_refund(
            "5", amount="5 USD", fee="OTHER", lines={"PURCHASE_PRICE": "5 USD"}
        ),
        "leave fee out",
    ),
    "a mistyped fee": (
        lambda po: po.returns.issue_refund("5", amount="5 USD", fee="SHIPPING"), "SHIPPING_TAX",
    ),
    "a fee that was retired": (
        lambda po: po.returns.issue_refund("5", amount="5 USD", fee="RESTOCKING_FEE"),
        "eBay takes in no request",
    ),
    "an offer without an amount": (
        lambda po: po.returns.decide("5", decision="OFFER_PARTIAL_REFUND"),
        "OFFER_PARTIAL_REFUND needs partial_refund_amount",
    ),
    "an amount with an approval": (
        lambda po: po.returns.decide(
            "5", decision="APPROVE", partial_refund_amount="5 USD"
        ),
        "partial_refund_amount goes with OFFER_PARTIAL_REFUND only",
    ),
    "a number that is missing": (
        lambda po: po.returns.decide("5", decision="PROVIDE_RMA"), "needs rma_number",
    ),
    "a number with a refusal": (
        lambda po: po.returns.decide("5", decision="DECLINE", rma_number="R1"), "PROVIDE_RMA only",
    ),
    "a number with a strange letter": (
        lambda po: po.returns.decide("5", decision="PROVIDE_RMA", rma_number="R#1"),
        "letters, digits, spaces and + - . * / $ %",
    ),
    "a mistyped decision": (
        lambda po: po.returns.decide("5", decision="APROVE"), "did you mean APPROVE",
    ),
    "a decision that is none": (
        lambda po: po.returns.decide("5", decision="UNKNOWN"), "is no Decision",
    ),
    "the other spelling of a reason": (
        lambda po: po.returns.escalate("5", reason="SELLER_NORESPONSE"), "SELLER_NO_RESPONSE",
    ),
    "the other spelling of a reason, of an inquiry": (
        lambda po: po.inquiries.escalate(
            "5", escalate_inquiry_reason="SELLER_NO_RESPONSE", comments="x"
        ),
        "SELLER_NORESPONSE",
    ),
    "a reason that only answers have": (
        lambda po: po.returns.escalate("5", reason="RESOLVED_WITH_BUYER"), "in no request",
    ),
    "a reason that was retired": (
        lambda po: po.cancellations.create(legacy_order_id="1", cancel_reason="ADDRESS_ISSUE"),
        "did you mean ADDRESS_ISSUES",
    ),
    "a date of payment of an unpaid order": (
        lambda po: po.cancellations.create(
            legacy_order_id="1", buyer_paid=False, buyer_paid_date=NOW
        ),
        "goes with buyer_paid=True only",
    ),
    "yes as text": (
        lambda po: po.cancellations.create(legacy_order_id="1", buyer_paid="false"),
        "neither True nor False",
    ),
    "order lines that are none": (
        lambda po: po.cancellations.create(legacy_order_id="1", relist_line_item=["11"]),
        "RelistLineItem(",
    ),
    "an order line with a word for an id": (
        lambda po: po.cancellations.create(
            legacy_order_id="1", relist_line_item=[RelistLineItem("abc", "1", 1)]
        ),
        "not made of digits",
    ),
    "an order line of no pieces": (
        lambda po: po.cancellations.create(
            legacy_order_id="1", relist_line_item=[RelistLineItem("1", "1", 0)]
        ),
        "from 1 to",
    ),
    "neither refunded nor unpaid": (
        lambda po: po.cancellations.confirm("5"), "refund_date, or unpaid_order=True",
    ),
    "refunded and unpaid": (
        lambda po: po.cancellations.confirm("5", refund_date=NOW, unpaid_order=True),
        "refund_date, or unpaid_order=True",
    ),
    "a shipment in the future": (
        lambda po: po.inquiries.provide_shipment_info(
            "7", shipping_carrier_name="USPS", shipping_date=NOW + timedelta(seconds=1)
        ),
        "lies in the future",
    ),
    "a rejection because of a shipment in the future": (
        lambda po: po.cancellations.reject("7", shipment_date=NOW + timedelta(days=1)),
        "shipment_date: 2026-03-02T12:00:00.000Z lies in the future",
    ),
    "a shipment without a date": (
        lambda po: po.inquiries.provide_shipment_info("7", shipping_carrier_name="USPS"),
        "needs shipping_date",
    ),
    "a shipment without a carrier": (
        lambda po: po.inquiries.provide_shipment_info("7", shipping_date=NOW),
        "needs shipping_carrier_name",
    ),
    "tracking without a number": (
        lambda po: po.inquiries.provide_shipment_info(
            "7", **SHIPMENT, shipped_with_tracking=True
        ),
        "contradicts the tracking_number",
    ),
    "a number without tracking": (
        lambda po: po.inquiries.provide_shipment_info(
            "7", **SHIPMENT, shipped_with_tracking=False, tracking_number="1Z9"
        ),
        "contradicts the tracking_number",
    ),
    "a tracking number that is too long": (
        lambda po: po.inquiries.provide_shipment_info(
            "7", **SHIPMENT, tracking_number="1" * 65
        ),
        "1 to 64 characters",
    ),
    "a tracking number with a hyphen": (
        lambda po: po.cases.provide_shipment_info(
            "9", shipping_carrier_name="UPS", tracking_number="1Z-9"
        ),
        "no hyphens or spaces",
    ),
    "a tracking number with a space": (
        lambda po: po.cases.provide_shipment_info(
            "9", shipping_carrier_name="UPS", tracking_number="1Z 9"
        ),
        "no hyphens or spaces",
    ),
    "an address as text": (
        lambda po: po.cases.provide_return_address("9", return_address="1 Quay"), "Address(",
    ),
    "an empty message": (lambda po: po.returns.send_message("5", message="  "), "says nothing"),
    "a message that is a number": (
        lambda po: po.returns.send_message("5", message=5), "is no text",
    ),
    "an upload without a file": (
        lambda po: po.returns.add_shipping_label("5", label_action="UPLOAD_LABEL"),
        "UPLOAD_LABEL needs file_id",
    ),
    "a file with a label of eBay's": (
        lambda po: po.returns.add_shipping_label("5", label_action="EBAY_LABEL", file_id="8"),
        "file_id goes with UPLOAD_LABEL only",
    ),
    "a label sent at no time": (
        lambda po: po.returns.add_shipping_label("5", label_action="MARK_AS_SENT"),
        "needs label_sent_date",
    ),
    "a date with an upload": (
        lambda po: po.returns.add_shipping_label("5", **LABEL, label_sent_date=NOW),
        "MARK_AS_SENT only",
    ),
    "a forward label with an upload": (
        lambda po: po.returns.add_shipping_label(
            "5", **LABEL, forward_shipping_label_provided=True
        ),
        "MARK_AS_SENT only",
    ),
    "no label for no reason": (
        lambda po: po.returns.add_shipping_label("5", label_action="NO_LABEL"),
        "needs no_label_reason",
    ),
    "a reason for no label with a label": (
        lambda po: po.returns.add_shipping_label("5", **LABEL, no_label_reason="OTHER"),
        "NO_LABEL only",
    ),
    "a tracking number of nobody": (
        lambda po: po.returns.add_shipping_label("5", **LABEL, tracking_number="1Z9"),
        "a tracking number needs carrier_enum",
    ),
    "another carrier without a name": (
        lambda po: po.returns.add_shipping_label("5", **LABEL, carrier_enum="OTHER"),
        "the carrier OTHER needs carrier_name",
    ),
    "a name for a known carrier": (
        lambda po: po.returns.add_shipping_label(
            "5", **LABEL, carrier_enum="UPS", carrier_name="UPS"
        ),
        "the carrier OTHER only",
    ),
    "half an order line": (
        lambda po: po.returns.create(item_id="1", reason="OTHER"), "needs transaction_id",
    ),
    "a draft beside an order line": (
        lambda po: po.returns.create(draft_id="7", item_id="1"), "item_id goes with",
    ),
    "a quantity beside a draft": (
        lambda po: po.returns.create(draft_id="7", return_quantity=1), "return_quantity goes with",
    ),
    "a type that nobody may ask for": (
        lambda po: po.returns.create(
            item_id="1", transaction_id="2", reason="OTHER", type="CANCEL"
        ),
        "in no request",
    ),
    "no yes and no no": (
        lambda po: po.returns.preferences_set(rma_required=1), "neither True nor False",
    ),
    "nothing where something is asked for": (
        lambda po: po.returns.decide("5", decision=None), "decision is missing",
    ),
    "no id": (lambda po: po.cancellations.approve(None), "cancel_id is missing"),
    "a PDF that is no label": (
        lambda po: po.returns.file_upload(
            "5", data=PDF, file_name="a.pdf", file_purpose="ITEM_RELATED"
        ),
        "no PDF as ITEM_RELATED",
    ),
    "bytes without a name": (
        lambda po: po.returns.file_upload("5", data=PNG, file_purpose="ITEM_RELATED"),
        "bytes have no name",
    ),
    "a name with a path": (
        lambda po: po.returns.file_upload(
            "5", data=PNG, file_name="../a.png", file_purpose="ITEM_RELATED"
        ),
        "no file name",
    ),
    "an empty file": (
        lambda po: po.returns.file_upload(
            "5", data=b"", file_name="a.png", file_purpose="ITEM_RELATED"
        ),
        "the file is empty",
    ),
    "a file of another kind": (
        lambda po: po.returns.file_upload(
            "5", data=b"PK\x03\x04", file_name="a.zip", file_purpose="ITEM_RELATED"
        ),
        "of no known format",
    ),
    "a file in base64": (
        lambda po: po.returns.file_upload(
            "5", data=base64.b64encode(PNG), file_name="a.png", file_purpose="ITEM_RELATED"
        ),
        "in base64 already",
    ),
    "a file too large": (
        lambda po: po.returns.file_upload(
            "5", data=PNG + bytes(10 * 2**20), file_name="a.png", file_purpose="ITEM_RELATED"
        ),
        "10.0 MiB, more than 10",
    ),
    "a file that is not there": (
        lambda po: po.returns.file_upload(
            "5", data="nowhere/a.png", file_purpose="ITEM_RELATED"
        ),
        "there is no file 'nowhere/a.png'",
    ),
    "a file that is none": (
        lambda po: po.returns.file_upload(
            "5", data=7, file_name="a.png", file_purpose="ITEM_RELATED"
        ),
        "int is no file",
    ),
    "a purpose that is none": (
        lambda po: po.returns.file_upload(
            "5", data=PNG, file_name="a.png", file_purpose="UNKNOWN"
        ),
        "in no request",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_before_anything_is_sent(shop, case: str) -> None:
    call, words = REFUSED[case]
    po = shop()
    with pytest.raises(errors.InputError) as caught:
        call(po)
    assert words in str(caught.value)
    assert po.desk.requests == []


def test_lines_of_two_currencies_are_an_error_of_their_own(shop) -> None:
    po = shop()
    with pytest.raises(errors.MixedCurrencyError, match="EUR and USD"):
        po.returns.issue_refund("5", amount="5 USD", lines={"PURCHASE_PRICE": "5 EUR"})
    assert po.desk.requests == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("",), "says nothing"),
        (("Hello", "english"), "two small letters"),
        (("Hello", None, "Hallo"), "together"),
        (("Hello", None, None, "de"), "together"),
        (("Hello", None, " ", "de"), "says nothing"),
    ],
)
def test_a_text_is_checked_where_it_is_made(arguments, words: str) -> None:
    with pytest.raises(errors.InputError) as caught:
        Text(*arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"country": "Ireland"}, "country: 'Ireland'"),
        ({"city": ""}, "city: ''"),
        ({"address_line1": None}, "address_line1: None"),
        ({"address_type": "HOME"}, "is no AddressType"),
        ({"script": "LATN"}, "LATIN"),
        ({"is_transliterated": "no"}, "neither True nor False"),
    ],
)
def test_an_address_is_checked_where_it_is_made(change, words: str) -> None:
    with pytest.raises(errors.InputError) as caught:
        Address(**{"address_line1": "1 Quay", "city": "Galway", "country": "IE", **change})
    assert words in str(caught.value)


def test_a_mistyped_argument_of_a_write_is_pythons_own_error(shop) -> None:
    with pytest.raises(TypeError, match="coment"):
        shop().returns.mark_as_received("5", coment="Thanks.")
