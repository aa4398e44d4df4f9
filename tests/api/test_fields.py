"""Arguments are checked before any network, in words that help."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from postorder_nb import errors

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
