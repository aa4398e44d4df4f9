"""The catalogue against facts of the API, which are kept beside the tests in data/calls.json."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb.api import client, lives
from postorder_nb.api.operation import CATALOGUE, Effect, Role
from postorder_nb.api.parts import Address, RelistLineItem, Text
from postorder_nb.errors import InputError

FACTS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "calls.json").read_text(encoding="utf-8")
)
PNG = b"\x89PNG\r\n\x1a\n rest"
WORDS = Text(
    "Thank you", language="en",
    translated_from_content="Danke", translated_from_language="de",
)  # fmt: skip
LINE = {"item_id": "110012345678", "transaction_id": "28009001"}
DAY = "2026-01-15T00:00:00Z"

# The fewest arguments of each call; none of them may be left out.
FEWEST: dict[str, dict[str, Any]] = {
    "cancellations.check_eligibility": {"legacy_order_id": "12-1"},
    "cancellations.create": {"legacy_order_id": "12-1"},
    "cancellations.confirm": {"refund_date": DAY},
    "cases.close": {"close_reason": "OTHER"},
    "cases.provide_return_address": {"return_address": Address("1 Quay", "Galway", "IE")},
    "cases.provide_shipment_info": {"shipping_carrier_name": "UPS", "tracking_number": "1Z9"},
    "inquiries.create": LINE,
    "inquiries.close": {"close_reason": "ITEM_ARRIVED"},
    "inquiries.escalate": {"escalate_inquiry_reason": "OTHERS", "comments": "Please look."},
    "inquiries.provide_refund_info": {"message": "Sent by bank."},
    "inquiries.provide_shipment_info": {"shipping_carrier_name": "UPS", "shipping_date": DAY},
    "inquiries.send_message": {"message": "Hello"},
    "returns.tracking": {"carrier_used": "UPS", "tracking_number": "1Z9"},
    "returns.create": {**LINE, "reason": "WRONG_SIZE"},
    "returns.decide": {"decision": "APPROVE"},
    "returns.issue_refund": {"amount": "5.00 USD"},
    "returns.send_message": {"message": "Hello"},
    "returns.add_shipping_label": {"label_action": "EBAY_LABEL"},
    "returns.file_upload": {"data": PNG, "file_name": "a.png", "file_purpose": "ITEM_RELATED"},
    "returns.preferences_set": {"rma_required": True},
}

_WINDOW = ("creation_date_range_from", "creation_date_range_to")
_SEARCH = {"order_id": "12-1", **LINE, "sort": "Ascending", "limit": 5, "offset": 0}

# Arguments that reach every field of each call, in several goes where some exclude others.
FULL: dict[str, list[dict[str, Any]]] = {
    "cancellations.search": [
        {"cancel_id": "5", "legacy_order_id": "12-1", **LINE, "role": "SELLER", "limit": 5,
         "offset": 0, "sort": "+CANCEL_ID", **dict.fromkeys(_WINDOW, DAY)},
    ],
    "cancellations.get": [{"fieldgroups": "SUMMARY"}],
    "cancellations.check_eligibility": [{"legacy_order_id": "12-1"}],
    "cancellations.create": [
        {"legacy_order_id": "12-1", "cancel_reason": "ADDRESS_ISSUES", "buyer_paid": True,
         "buyer_paid_date": DAY, "relist_line_item": [RelistLineItem("11", "28", 2)]},
    ],
    "cancellations.reject": [{"shipment_date": DAY, "tracking_number": "1Z9"}],
    "cancellations.confirm": [{"refund_date": DAY, "unpaid_order": False}],
    "cases.search": [
        {"return_id": "5", "case_status_filter": "OPEN", **_SEARCH,
         **{f"case_{end}": DAY for end in _WINDOW}},
    ],
    "cases.appeal": [{"comments": WORDS}],
    "cases.close": [{"close_reason": "ITEM_ARRIVED", "comments": WORDS}],
    "cases.issue_refund": [{"comments": WORDS}],
    "cases.provide_return_address": [
        {"first_name": "Ann", "last_name": "Lee", "rma": "R-1", "return_address": Address(
            "1 Quay", "Galway", "IE", "Flat 2", "H91", "Connacht", "Galway", "West", "Europe",
            "RESIDENCE", "LATIN", True, "GREEK")},
    ],
    "cases.provide_shipment_info": [{"shipping_carrier_name": "UPS", "tracking_number": "1Z9"}],
    "inquiries.search": [
        {"inquiry_status": "OPEN", **_SEARCH, **{f"inquiry_{end}": DAY for end in _WINDOW}},
    ],
    "inquiries.create": [
        {**LINE, "claim_quantity": 1, "comments": WORDS, "desired_outcome": "FULL_REFUND"},
    ],
    "inquiries.close": [{"close_reason": "ITEM_ARRIVED", "comments": WORDS}],
    "inquiries.escalate": [{"escalate_inquiry_reason": "OTHERS", "comments": WORDS}],
    "inquiries.issue_refund": [{"comments": WORDS}],
    "inquiries.provide_refund_info": [{"message": WORDS}],
    "inquiries.provide_shipment_info": [
        {"shipping_carrier_name": "UPS", "shipping_date": DAY, "tracking_number": "1Z9",
         "shipped_with_tracking": True, "proof_of_shipment_uploaded": False,
         "seller_comments": WORDS},
    ],
    "inquiries.send_message": [{"message": WORDS}],
    "returns.search": [
        {"return_id": "5", "order_id": "12-1", **LINE, "return_state": "CLOSED", "limit": 5,
         "states": "CLOSED", "role": "SELLER", "sort": "-FILING_DATE", "offset": 0,
         **dict.fromkeys(_WINDOW, DAY)},
    ],
    "returns.get": [{"fieldgroups": "FULL"}],
    "returns.tracking": [{"carrier_used": "UPS", "tracking_number": "1Z9"}],
    "returns.create": [
        {**LINE, "reason": "WRONG_SIZE", "type": "MONEY_BACK", "return_quantity": 2,
         "carrier": "UPS", "comments": WORDS, "request_type": "CREATE", "fieldgroups": "FULL"},
        {"draft_id": "77"},
    ],
    "returns.decide": [
        {"decision": "OFFER_PARTIAL_REFUND", "partial_refund_amount": "5 USD",
         "keep_original_item": True, "comments": WORDS},
        {"decision": "PROVIDE_RMA", "rma_number": "R-1", "rma_provided": True},
    ],
    "returns.escalate": [{"reason": "OTHER", "comments": WORDS}],
    "returns.issue_refund": [{"amount": "5 USD", "relist_item": True, "comments": WORDS}],
    "returns.mark_as_received": [{"comments": WORDS}],
    "returns.send_message": [{"message": WORDS}],
    "returns.add_shipping_label": [
        {"label_action": "UPLOAD_LABEL", "file_id": "9", "carrier_enum": "OTHER",
         "carrier_name": "Post", "tracking_number": "1Z9", "return_label_cost": "4.25 USD",
         "comments": WORDS},
        {"label_action": "MARK_AS_SENT", "label_sent_date": DAY,
         "forward_shipping_label_provided": False},
        {"label_action": "NO_LABEL", "no_label_reason": "OTHER"},
    ],
    "returns.file_upload": [
        {"data": PNG, "file_name": "a.png", "file_purpose": "REFUND_RELATED"},
    ],
    "returns.preferences_set": [{"rma_required": False}],
}  # fmt: skip

# What no caller has anything to put in: eBay fills it, or has retired it.
NOT_FOR_CALLERS = (
    r"\.formattedValue$",  # reserved
    r"\.(convertedFromCurrency|convertedFromValue|exchangeRate)$",  # eBay converts
    r"^refundDetail\.(donationAmount|feeCreditAmount)\b",  # not of requests
    r"\.restockingFeePercentage$",  # retired
)
ONE_VALUE = {"inquiries.search": {"fieldgroups"}, "cases.search": {"fieldgroups"}}  # DEFAULT

# Asked for although optional on paper, because eBay asks for it all the same.
STRICTER = {
    "inquiries.close": {"closeReason"},
    "inquiries.escalate": {"comments", "escalateInquiryReason"},
}


class Desk:
    """Takes requests instead of a network."""

    def __init__(self) -> None:
        self.requests: list = []

    def send(self, request):
        self.requests.append(request)
        return {}

    write = send


def ask(key: str, **arguments: Any) -> Any:
    """Make a call at a desk, with an id if it needs one, and return what arrived there."""
    group, name = key.split(".")
    desk = Desk()
    ids = ["5012345678"] if "{" in FACTS[key]["path"] else []
    getattr(getattr(client, group.capitalize())(desk), name)(*ids, **arguments)
    return desk.requests[0]


def leaves(content: Any, at: str = "") -> Iterator[str]:
    """Yield the paths of all fields, containers included, the way calls.json writes them."""
    if isinstance(content, dict):
        for name, value in content.items():
            path = f"{at}.{name}" if at else name
            if isinstance(value, list):
                path += "[]"
            yield path
            yield from leaves(value, path)
    elif isinstance(content, list):
        for value in content:
            yield from leaves(value, at)


def is_for_callers(field: str) -> bool:
    return not any(re.search(pattern, field) for pattern in NOT_FOR_CALLERS)


def test_the_catalogue_holds_these_calls_and_no_others() -> None:
    assert len(FACTS) == 38
    assert set(CATALOGUE) == set(FACTS)


@pytest.mark.parametrize("key", FACTS)
def test_the_row_is_what_the_api_says(key: str) -> None:
    facts, row = FACTS[key], CATALOGUE[key]
    assert (row.verb, row.path) == (facts["verb"], facts["path"])
    assert row.effect is Effect(facts["effect"])
    assert row.role is Role(facts["role"])
    assert row.signed is facts["signed"]
    assert row.gone_on == (date.fromisoformat(facts["gone_on"]) if facts["gone_on"] else None)
    assert bool(row.instead) == bool(row.gone_on)


def test_six_calls_are_signed_and_nine_are_gone() -> None:
    assert {key for key, row in CATALOGUE.items() if row.signed} == {
        "cancellations.create", "cancellations.approve", "cases.issue_refund",
        "inquiries.issue_refund", "returns.decide", "returns.issue_refund",
    }  # fmt: skip
    gone = [row.gone_on for row in CATALOGUE.values() if row.gone_on]
    assert sorted(gone) == [date(2026, 3, 2)] * 5 + [date(2026, 3, 16)] * 4


@pytest.mark.parametrize("key", FACTS)
def test_the_request_knows_all_that_the_transport_asks(key: str) -> None:
    facts, sent = FACTS[key], ask(key, **FEWEST.get(key, {}))
    assert sent.method == facts["verb"]
    assert sent.path == "/post-order/v2" + re.sub(r"\{\w+\}", "5012345678", facts["path"])
    assert (sent.operation, sent.effect, sent.role) == (key, facts["effect"], facts["role"])
    assert sent.signed is facts["signed"]
    assert sent.gone_on == CATALOGUE[key].gone_on
    assert sent.instead == CATALOGUE[key].instead
    assert (sent.body is None) == (facts["body"] == "none")


@pytest.mark.parametrize("key", FACTS)
def test_every_field_reaches_the_wire_under_its_name_and_no_other_does(key: str) -> None:
    fields: set[str] = set()
    query: set[str] = set()
    for arguments in FULL.get(key, [{}]):
        sent = ask(key, **arguments)
        fields |= set(leaves(sent.body))
        query |= set(sent.query)
    assert fields == {field for field in FACTS[key]["fields"] if is_for_callers(field)}
    assert query == set(FACTS[key]["query"]) - ONE_VALUE.get(key, set())


@pytest.mark.parametrize("key", FACTS)
def test_required_fields_are_always_sent(key: str) -> None:
    sent = set(leaves(ask(key, **FEWEST.get(key, {})).body))
    for field, occurrence in FACTS[key]["fields"].items():
        parent = field.rpartition(".")[0]
        must = occurrence == "Required" and (not parent or parent in sent)
        if must or field in STRICTER.get(key, ()):
            assert field in sent


@pytest.mark.parametrize(("key", "name"), [(key, name) for key in FEWEST for name in FEWEST[key]])
def test_what_is_required_cannot_be_left_out(key: str, name: str) -> None:
    others = {other: value for other, value in FEWEST[key].items() if other != name}
    with pytest.raises((TypeError, InputError), match=name):
        ask(key, **others)
    with pytest.raises(InputError, match=name):
        ask(key, **others, **{name: None})


@pytest.mark.parametrize("key", FACTS)
def test_what_is_optional_can_be_left_out(key: str) -> None:
    asked = {
        name
        for name, parameter in list(CATALOGUE[key].signature.parameters.items())[1:]
        if parameter.default is parameter.empty
    }
    assert asked - set(CATALOGUE[key].ids) <= set(FEWEST.get(key, {}))


def test_ids_are_positional_and_all_else_is_by_keyword() -> None:
    for row in CATALOGUE.values():
        for parameter in list(row.signature.parameters.values())[1:]:
            positional = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            assert positional == (parameter.name in row.ids), (row.key, parameter.name)


def test_every_call_has_a_docstring_that_names_its_parameters() -> None:
    for row in CATALOGUE.values():
        assert row.function.__doc__, row.key
        for name in list(row.signature.parameters)[1 + len(row.ids) :]:
            assert name in row.function.__doc__, (row.key, name)


def test_a_write_promises_a_receipt_and_a_read_an_answer() -> None:
    for row in CATALOGUE.values():
        method = getattr(getattr(client, row.group.capitalize()), row.name)
        promised = inspect.signature(method).return_annotation
        assert promised == ("Answer" if row.effect is Effect.READ else "Receipt"), row.key


def test_records_are_named_by_kind_and_id() -> None:
    assert ask("returns.mark_as_received").record == "return 5012345678"
    assert ask("cases.appeal").record == "case 5012345678"
    assert ask("inquiries.confirm_refund").record == "inquiry 5012345678"
    assert ask("cancellations.approve").record == "cancellation 5012345678"
    assert ask("cancellations.create", legacy_order_id="12-1").record == "order 12-1"
    assert ask("inquiries.create", **LINE).record == "order line 110012345678-28009001"
    assert ask("returns.create", draft_id="7").record == ""
    assert ask("returns.preferences_set", rma_required=True).record == ""


def test_amounts_stay_decimal_in_the_body() -> None:
    total = ask("returns.issue_refund", amount="5.1 USD").body["refundDetail"]["totalAmount"]
    assert isinstance(total["value"], Decimal)
    assert str(total["value"]) == "5.10"


def test_operations_is_the_catalogue_as_a_table() -> None:
    table = pn.operations()
    assert list(table.columns) == [
        "group", "name", "verb", "path", "effect", "role", "signed", "life", "instead",
        "generation",
    ]  # fmt: skip
    rows = {f"{row.group}.{row.name}": row for row in table.itertuples()}
    assert set(rows) == set(FACTS)
    for key, facts in FACTS.items():
        row = rows[key]
        for fact in ("verb", "path", "effect", "role", "signed"):
            assert getattr(row, fact) == facts[fact], (key, fact)
        gone = facts["gone_on"]
        assert row.life == (f"gone since {gone}" if gone else "live")
        assert bool(row.instead) == bool(gone)
        assert row.generation == "v2"


def test_operations_lists_what_came_before_on_request() -> None:
    assert len(pn.operations(withdrawn=True)) == 38 + 34
    assert len(pn.operations(v1=True)) == 38 + 66
    both = pn.operations(withdrawn=True, v1=True).set_index(["verb", "path"])
    assert both.index.is_unique
    assert (both["instead"] != "")[both["life"] != "live"].all()
    estimate = both.loc[("POST", "/return/estimate")]
    assert (estimate["generation"], estimate["life"]) == ("withdrawn", "gone since 2026-02-02")
    refund = both.loc[("POST", "/sell/order/v1/return/{return_id}/issueRefund")]
    assert refund["instead"] == "use returns.issue_refund"
    closure = both.loc[("POST", "/buy/order/v1/inquiry/closure")]
    assert closure["instead"].startswith("inquiries.close followed, gone since 2026-03-16: ")


def test_the_ended_calls_lead_somewhere() -> None:
    ended = lives.ended()
    assert [sum(life.generation == g for life in ended) for g in ("withdrawn", "v1")] == [34, 66]
    for life in ended:
        assert life.instead
        assert not life.successor or life.successor in CATALOGUE
        calls = set(re.findall(r"\b(?:cancellations|cases|inquiries|returns)\.\w+", life.instead))
        calls.discard("returns.upload_label")  # two calls in one
        assert calls <= set(CATALOGUE)
        assert life.successor or not any(CATALOGUE[call].gone_on for call in calls)


def test_dates_of_the_withdrawn_calls() -> None:
    dated = {f"{life.verb} {life.path}": life.gone_on for life in lives.ended()}
    january, february = date(2026, 1, 20), date(2026, 2, 2)
    assert sum(gone == january for gone in dated.values()) == 16
    assert {call for call, gone in dated.items() if gone == february} == {
        "POST /return/estimate", "GET /return/{return_id}/get_shipping_label",
        "POST /return/{return_id}/file/submit", "POST /inquiry/check_eligibility",
    }  # fmt: skip
    assert dated["POST /return/{return_id}/mark_refund_sent"] == january
    assert dated["POST /rules"] is None


@pytest.mark.parametrize(
    ("verb", "path", "found"),
    [
        ("POST", "/return/5001/mark_as_shipped", "/return/{return_id}/mark_as_shipped"),
        ("GET", "/rules/custom_list", "/rules/custom_list"),
        ("GET", "/rules/77", "/rules/{rule_id}"),
        ("GET", "/return/draft/7", "/return/draft/{draft_id}"),
        ("POST", "/sell/order/v1/inquiry/refund", "/sell/order/v1/inquiry/refund"),
        ("POST", "/return/5001/decide", None),
    ],
)
def test_an_ended_call_is_recognised_by_its_path(verb: str, path: str, found: str | None) -> None:
    life = lives.of(verb, path)
    assert (life and life.path) == found


def test_no_call_of_the_catalogue_is_taken_for_an_ended_one() -> None:
    for facts in FACTS.values():
        assert lives.of(facts["verb"], re.sub(r"\{\w+\}", "5001", facts["path"])) is None
