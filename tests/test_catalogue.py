"""The catalogue against facts of the API written down here, by hand."""

from __future__ import annotations

import inspect

import pytest

import postorder_nb as pn
from postorder_nb.api import client
from postorder_nb.api.operation import CATALOGUE, Effect, Role

# key: (verb, path, role, parameters in wire names)
FACTS = {
    "cancellations.search": (
        "GET", "/cancellation/search", "either",
        "cancel_id legacy_order_id item_id transaction_id role creation_date_range_from "
        "creation_date_range_to sort limit offset",
    ),
    "cancellations.get": ("GET", "/cancellation/{cancel_id}", "either", "fieldgroups"),
    "cancellations.check_eligibility": (
        "POST", "/cancellation/check_eligibility", "seller", "legacyOrderId",
    ),
    "inquiries.search": (
        "GET", "/inquiry/search", "either",
        "order_id item_id transaction_id inquiry_status inquiry_creation_date_range_from "
        "inquiry_creation_date_range_to sort limit offset",
    ),
    "inquiries.get": ("GET", "/inquiry/{inquiry_id}", "either", ""),
    "cases.search": (
        "GET", "/casemanagement/search", "either",
        "return_id order_id item_id transaction_id case_status_filter "
        "case_creation_date_range_from case_creation_date_range_to sort limit offset",
    ),
    "cases.get": ("GET", "/casemanagement/{case_id}", "either", ""),
    "returns.search": (
        "GET", "/return/search", "either",
        "return_id order_id item_id transaction_id return_state states role "
        "creation_date_range_from creation_date_range_to sort limit offset",
    ),
    "returns.get": ("GET", "/return/{return_id}", "either", "fieldgroups"),
    "returns.files": ("GET", "/return/{return_id}/files", "either", ""),
    "returns.tracking": (
        "GET", "/return/{return_id}/tracking", "either", "carrier_used tracking_number",
    ),
    "returns.preferences_get": ("GET", "/return/preference", "seller", ""),
}  # fmt: skip

EXAMPLES = {
    "limit": 5, "offset": 0, "role": "SELLER", "sort": None, "fieldgroups": "SUMMARY",
    "return_state": "CLOSED", "states": "CLOSED", "inquiry_status": "OPEN",
    "case_status_filter": "OPEN", "carrier_used": "USPS",
    "creation_date_range_from": "2026-01-01T00:00:00Z",
    "creation_date_range_to": "2026-02-01T00:00:00Z",
    "inquiry_creation_date_range_from": "2026-01-01T00:00:00Z",
    "inquiry_creation_date_range_to": "2026-02-01T00:00:00Z",
    "case_creation_date_range_from": "2026-01-01T00:00:00Z",
    "case_creation_date_range_to": "2026-02-01T00:00:00Z",
}  # fmt: skip
SORTS = {"returns": "-FILING_DATE", "cancellations": "+CANCEL_ID"}


class Desk:
    """Takes requests instead of a network."""

    def __init__(self) -> None:
        self.requests: list = []

    def send(self, request):
        self.requests.append(request)
        return {}


def test_the_catalogue_holds_these_calls_and_no_others() -> None:
    assert set(CATALOGUE) == set(FACTS)


@pytest.mark.parametrize("key", FACTS)
def test_the_row_is_what_the_api_says(key: str) -> None:
    verb, path, role, _ = FACTS[key]
    row = CATALOGUE[key]
    assert (row.verb, row.path) == (verb, path)
    assert row.role is Role(role)
    assert row.effect is Effect.READ
    assert row.signed is False
    assert row.gone_on is None


@pytest.mark.parametrize("key", FACTS)
def test_every_parameter_reaches_the_wire_under_its_name(key: str) -> None:
    verb, path, _, parameters = FACTS[key]
    group, name = key.split(".")
    desk = Desk()
    method = getattr(getattr(client, group.capitalize())(desk), name)
    arguments, ids = {}, []
    for parameter in inspect.signature(method).parameters.values():
        value = EXAMPLES.get(parameter.name, "5012345678")
        if parameter.name == "sort":
            value = SORTS.get(group, "Ascending")
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            ids.append(value)
        else:
            arguments[parameter.name] = value
    method(*ids, **arguments)
    sent = desk.requests[0]
    assert sent.method == verb
    assert sent.path == "/post-order/v2" + (
        path.split("{")[0] + "5012345678" + path.split("}")[1] if "{" in path else path
    )
    assert sorted(sent.query or sent.body or ()) == sorted(parameters.split())


def test_operations_is_the_catalogue_as_a_table() -> None:
    table = pn.operations()
    assert list(table.columns) == [
        "group", "name", "verb", "path", "effect", "role", "signed", "life",
    ]  # fmt: skip
    rows = {f"{r.group}.{r.name}": (r.verb, r.path, r.role) for r in table.itertuples()}
    assert rows == {key: facts[:3] for key, facts in FACTS.items()}
    assert set(table["life"]) == {"live"}


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
