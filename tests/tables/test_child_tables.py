"""Fundings, lines, label costs, conversions, and amounts reckoned from others."""

from __future__ import annotations

from copy import deepcopy

import pandas as pd
import pytest

from postorder_nb import errors, tables


def told(frame: pd.DataFrame) -> list[dict]:
    return [
        {
            name: held
            for name, held in row.items()
            if not pd.isna(held) and name not in ("record", "record_id")
        }
        for row in frame.to_dict("records")
    ]


def usd(value, **more):
    return {"value": value, "currency": "USD", **more}


CONVERTED = usd(24.4, convertedFromValue=20, convertedFromCurrency="EUR", exchangeRate="1.22")


def funding(value, brand):
    return {
        "amount": usd(value),
        "date": {"value": "2026-01-05T12:00:00Z"},
        "fundingSource": {"type": "CREDIT_CARD", "brand": brand, "memo": "1234"},
        "fundingStatus": "FUNDED",
    }


@pytest.mark.parametrize("name", ["returns", "cancellations"])
def test_fundings(name):
    refund = {"actualRefundDetail": {"fundings": [funding(5, "VISA"), funding(2.5, "DISCOVER")]}}
    answer = {"refundInfo": refund}
    made = tables.from_details(name, [{"detail": answer} if name == "returns" else answer], ["9"])
    assert made["fundings"]["record_id"].tolist() == ["9", "9"]
    assert told(made["fundings"])[1] == {
        "seq": 1,
        "at": pd.Timestamp("2026-01-05T12:00:00Z"),
        "amount": 2.5,
        "currency": "USD",
        "source": "CREDIT_CARD",
        "brand": "DISCOVER",
        "memo": "1234",
        "status": "FUNDED",
    }
    assert made[name].attrs == {}


def test_lines_of_a_cancellation():
    lines = [
        {"itemId": 37, "transactionId": "77", "itemTitle": "Pan", "cancelQuantity": 1},
        {"itemId": "38", "transactionId": "78", "colour": "red"},
    ]
    answers = [{"cancelId": "1", "lineItems": lines}, {"cancelId": "2", "lineItems": lines[1:]}]
    made = tables.from_details("cancellations", answers)
    assert made["lines"]["record_id"].tolist() == ["1", "1", "2"]
    assert told(made["lines"])[0] == {
        "seq": 0, "item_id": "37", "transaction_id": "77", "title": "Pan", "quantity": 1,
    }  # fmt: skip
    assert made["cancellations"]["item_id"].isna().tolist() == [True, False]
    # An unknown field of a line is told once, whether or not the line is the only one.
    assert made["lines"].attrs["drift"] == {"unknown field": {"lineItems[].colour": 2}}
    assert made["cancellations"].attrs == {}


def test_label_costs_of_both_parcels():
    def cost(*parts):
        listed = [{"amount": usd(value), "returnShippingCostType": kind} for kind, value in parts]
        return {"shippingLabelCost": {"itemizedReturnShippingCost": listed}}

    answer = {
        "returnShipmentInfo": cost(("LABEL_COST", 5), ("INSURANCE", 1)),
        "replacementShipmentInfo": {**cost(("LABEL_COST", 7)), "payee": "SELLER"},
    }
    made = tables.from_details("returns", [{"detail": answer}], ids=["9"])
    rows = made["label_costs"][["seq", "direction", "cost_type", "amount"]]
    assert [tuple(row) for row in rows.to_numpy()] == [
        (0, "return", "LABEL_COST", 5.0),
        (1, "return", "INSURANCE", 1.0),
        (2, "replacement", "LABEL_COST", 7.0),
    ]
    assert made["returns"]["replacement_label_payee"].tolist() == ["SELLER"]


# -- conversions -----------------------------------------------------------------------------


def test_converted_amounts_stand_apart_from_the_native_ones():
    movement = {"moneyMovementType": "AUTO_REFUND", "actualAmount": CONVERTED}
    detail = {
        "refundInfo": {"actualRefundDetail": {"netChargeAmount": CONVERTED}},
        "moneyMovementInfo": [{"moneyMovementType": "DONATION", "actualAmount": usd(1)}, movement],
    }
    plain = {"refundInfo": {"actualRefundDetail": {"netChargeAmount": usd(3)}}}
    made = tables.from_details("returns", [{"detail": plain}, {"detail": detail}], ids=["1", "2"])
    assert made["returns"]["net_charge_amount"].tolist() == [3.0, 24.4]
    assert made["conversions"]["record_id"].tolist() == ["2", "2"]
    amounts = {
        "amount": 24.4,
        "currency": "USD",
        "from_amount": 20.0,
        "from_currency": "EUR",
        "exchange_rate": 1.22,
    }
    assert told(made["conversions"]) == [
        {"seq": 0, "table": "returns", "column": "net_charge_amount", **amounts},
        {"seq": 1, "table": "money_movements", "row": 1, "column": "actual_amount", **amounts},
    ]
    assert made["conversions"]["record"].tolist() == ["return", "return"]


def test_a_conversion_is_of_the_place_that_counts():
    summary = {"returnId": "1", "sellerTotalRefund": {"actualRefundAmount": usd(9)}}
    refund = {"totalAmount": CONVERTED}
    detail = {"refundInfo": {"actualRefundDetail": {"actualRefund": refund}}}
    both = {"summary": summary, "detail": detail}
    made = tables.from_details("returns", [both, {"detail": detail}], ids=["1", "2"])
    assert made["returns"]["refund_amount"].tolist() == [9.0, 24.4]
    assert made["conversions"]["record_id"].tolist() == ["2"]


@pytest.mark.parametrize("odd", [{"exchangeRate": "1.22"}, {"convertedFromValue": None}, {}])
def test_what_was_not_converted_has_no_row(odd):
    made = tables.from_details("cases", [{"caseId": "1", "claimAmount": usd(5, **odd)}])
    assert len(made["conversions"]) == 0


def test_conversions_of_many_batches_keep_their_owners():
    answers = [
        {"caseId": str(n), "claimAmount": CONVERTED if n % 3 == 0 else usd(1)} for n in range(170)
    ]
    made = tables.from_details("cases", answers)["conversions"]
    assert made["record_id"].tolist() == [str(n) for n in range(0, 170, 3)]
    assert set(made["seq"]) == {0}


# -- differences -----------------------------------------------------------------------------


def taxed(buyer, seller, currency="USD", other="USD"):
    return {
        "returnId": "1",
        "buyerTotalRefund": {"actualRefundAmount": {"value": buyer, "currency": currency}},
        "sellerTotalRefund": {"actualRefundAmount": {"value": seller, "currency": other}},
    }


@pytest.mark.parametrize(
    ("summary", "tax"),
    [
        (taxed(10.7, 10.0), (0.7, "USD")),
        (taxed(0.3, 0.1), (0.2, "USD")),
        (taxed(1100, 1000, "JPY", "JPY"), (100.0, "JPY")),
        (taxed(1.234, 1.0, "KWD", "KWD"), (0.234, "KWD")),
        (taxed(5, 5), (0.0, "USD")),
        (taxed(8.5, 10, "GBP"), (None, None)),
        (taxed(None, 10), (None, None)),
    ],
)
def test_the_tax_of_a_refund(summary, tax):
    row = tables.from_details("returns", [{"summary": summary}])["returns"].iloc[0]
    got = row["refund_tax_amount"], row["refund_tax_currency"]
    assert tuple(None if pd.isna(part) else part for part in got) == tax


def test_what_was_filled_later_can_be_completed():
    frame = tables.from_details("returns", [{"summary": taxed(None, 10)}])["returns"]
    frame.attrs["source"] = "kept"
    frame["buyer_refund_amount"] = 10.8
    done = tables.complete("returns", frame)
    assert done["refund_tax_amount"].tolist() == [0.8]
    assert done.attrs == {"source": "kept"}
    assert list(done.columns) == list(frame.columns)
    assert done.dtypes["refund_tax_currency"] == "category"
    cases = tables.empty("cases")
    assert tables.complete("cases", cases).equals(cases)
    with pytest.raises(errors.InputError, match="no table"):
        tables.complete("orders", frame)


# -- describe --------------------------------------------------------------------------------


def test_units():
    def units(name):
        described = tables.describe(name).set_index("column")
        return described["unit"].to_dict()

    assert units("returns")["refund_amount"] == "refund_currency"
    assert units("returns")["refund_currency"] == "ISO 4217"
    assert units("returns")["created_at"] == "UTC"
    assert units("returns")["quantity"] == "pieces"
    assert units("cases")["return_item_days"] == "days"
    assert units("refund_lines")["amount"] == "currency"
    assert units("refund_lines")["restocking_fee_percentage"] == "%"
    for name in (*tables.NAMES, *tables.CHILD_NAMES):
        described = tables.describe(name)
        counted = described[described["dtype"].isin(["float64", "Int64"])]
        bare = counted.loc[counted["unit"] == "", "column"]
        assert set(bare) <= {"seq", "row"}
        money = described[described["column"].str.endswith("amount")]
        assert set(money["unit"]) <= set(described["column"])


def test_what_is_reckoned_says_from_what():
    described = tables.describe("returns").set_index("column")
    assert described.loc["refund_tax_amount", ["path", "source"]].tolist() == [
        "buyer_refund - refund",
        "reckoned",
    ]


def test_answers_are_left_as_they_are():
    answer = {"cancelId": "1", "requestRefundAmount": deepcopy(CONVERTED)}
    before = deepcopy(answer)
    tables.from_details("cancellations", [answer])
    assert answer == before
