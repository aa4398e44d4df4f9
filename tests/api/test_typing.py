"""A type checker knows every signature: what mypy says of good and of bad calls."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from mypy import api as mypy

import postorder_nb
from postorder_nb.api.operation import CATALOGUE

PACKAGE = Path(postorder_nb.__file__).parent
# Only what the signatures are made of; all else counts as Any, so that this takes seconds.
CHECKED = [
    *sorted((PACKAGE / "enums").glob("*.py")),
    *(PACKAGE / f"{name}.py" for name in ("errors", "money", "clock", "display")),
    *(
        PACKAGE / "api" / f"{name}.py"
        for name in (
            "operation", "receipt", "body", "choices", "fields", "amounts", "parts", "uploads",
            "labels", "returns", "inquiries", "cases", "cancellations",
        )
    ),
]  # fmt: skip

GOOD = """
from decimal import Decimal
from pathlib import Path
from typing import assert_type

from postorder_nb.api.cancellations import Cancellations
from postorder_nb.api.inquiries import Inquiries
from postorder_nb.api.operation import Answer
from postorder_nb.api.parts import RelistLineItem, Text
from postorder_nb.api.receipt import Receipt
from postorder_nb.api.returns import Returns
from postorder_nb.enums import RefundFeeType, ShippingCarrier
from postorder_nb.money import Money


def good(returns: Returns, inquiries: Inquiries, cancellations: Cancellations) -> None:
    assert_type(returns.get("5"), Answer)
    assert_type(cancellations.check_eligibility(legacy_order_id="1"), Answer)
    assert_type(returns.issue_refund("5", amount="5 USD"), Receipt)
    assert_type(cancellations.approve("5"), Receipt)
    assert_type(returns.upload_label("5", Path("label.pdf")), Receipt)
    price = Money(Decimal(5), "USD")
    enums = {RefundFeeType.PURCHASE_PRICE: price}
    texts = {"PURCHASE_PRICE": "5 USD"}
    returns.issue_refund("5", amount=price, lines=enums, fee=RefundFeeType.PURCHASE_PRICE)
    returns.issue_refund("5", amount=price, lines=texts, comments=Text("Danke", language="de"))
    returns.issue_refund("5", amount=price, lines={"PURCHASE_PRICE": price})
    returns.file_upload("5", data=b"GIF89a", file_name="a.gif", file_purpose="ITEM_RELATED")
    inquiries.provide_shipment_info("5", shipping_carrier_name=ShippingCarrier.UPS)
    cancellations.create(legacy_order_id="1", relist_line_item=[RelistLineItem("1", "2", 3)])
"""

BAD = {
    'returns.issue_refund("5", amount=24.9)': '"float"; expected "Money | str"',
    'returns.issue_refund(5, amount="5 USD")': '"int"; expected "str"',
    'returns.issue_refund("5")': 'Missing named argument "amount"',
    'returns.issue_refund("5", "5 USD")': "Too many positional arguments",
    'returns.issue_refund("5", ammount="5 USD")': 'did you mean "amount"',
    'returns.issue_refund("5", amount="5 USD", lines={"OTHER": 5.0})': '"dict[str, float]"',
    'returns.decide("5")': 'Missing named argument "decision"',
    'returns.mark_as_received("5", comments=5)': 'expected "str | Text | None"',
    'returns.preferences_set(rma_required="no")': '"str"; expected "bool"',
    'returns.mark_as_received("5").outcom': '"Receipt" has no attribute "outcom"',
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Let mypy read a good and a bad file, and return what it said, by line of the bad one."""
    folder = tmp_path_factory.mktemp("typing")
    (folder / "good_calls.py").write_text(GOOD)
    head = "from postorder_nb.api.returns import Returns\n\n\ndef bad(returns: Returns) -> None:\n"
    (folder / "bad_calls.py").write_text(head + "".join(f"    {line}\n" for line in BAD))
    files = [*CHECKED, folder / "good_calls.py", folder / "bad_calls.py"]
    options = [
        "--strict", "--follow-imports=skip", "--cache-dir", str(folder / "cache"),
        "--config-file=", "--allow-untyped-decorators", "--no-error-summary",
    ]  # fmt: skip
    printed, failed, _ = mypy.run([*options, *map(str, files)])
    assert not failed, failed
    found: dict[str, str] = {}
    for line in printed.splitlines():
        where, _, words = line.partition(": ")
        name, _, number = where.rpartition(":")
        if name.endswith("bad_calls.py"):
            call = list(BAD)[int(number) - 5]
            found[call] = f"{found.get(call, '')}{words}\n"
        else:
            found["elsewhere"] = f"{found.get('elsewhere', '')}{line}\n"
    return found


def test_good_calls_are_good(said: dict[str, str]) -> None:
    assert said.get("elsewhere", "") == ""


@pytest.mark.parametrize("call", BAD)
def test_bad_calls_are_bad(said: dict[str, str], call: str) -> None:
    assert BAD[call] in said.get(call, "")


def test_every_parameter_has_a_type() -> None:
    for row in CATALOGUE.values():
        for parameter in list(row.signature.parameters.values())[1:]:
            assert parameter.annotation is not inspect.Parameter.empty, (row.key, parameter.name)
