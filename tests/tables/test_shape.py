"""The same columns with the same dtypes, always, and what `describe` says of them."""

from __future__ import annotations

import pandas as pd
import pytest

from postorder_nb import tables

DTYPES = {
    "string": lambda dtype: dtype == "string",
    "category": lambda dtype: isinstance(dtype, pd.CategoricalDtype),
    "datetime64[us, UTC]": lambda dtype: str(dtype) == "datetime64[us, UTC]",
    "float64": lambda dtype: dtype == "float64",
    "Int64": lambda dtype: dtype == "Int64",
    "boolean": lambda dtype: dtype == "boolean",
}

SEARCH_COLUMNS = {
    "returns": (
        "return_id order_id item_id transaction_id quantity created_at state status current_type "
        "requested_type reason reason_type buyer_comments buyer seller refund_amount "
        "refund_currency refund_estimated_amount refund_estimated_currency buyer_refund_amount "
        "buyer_refund_currency buyer_refund_estimated_amount buyer_refund_estimated_currency "
        "seller_activity_due respond_by buyer_activity_due buyer_respond_by timeout_at case_id "
        "buyer_can_escalate buyer_escalate_from buyer_escalate_until seller_can_escalate "
        "seller_escalate_from seller_escalate_until seller_options buyer_options rma_required "
        "seller_protected"
    ),
    "inquiries": (
        "inquiry_id item_id transaction_id order_id buyer seller status claim_amount "
        "claim_currency created_at modified_at respond_by"
    ),
    "cases": (
        "case_id item_id transaction_id buyer seller status claim_amount claim_currency "
        "created_at modified_at respond_by"
    ),
    "cancellations": (
        "cancel_id order_id marketplace requestor reason state status close_reason payment_status "
        "requested_amount requested_currency created_at closed_at shipped_at respond_by "
        "buyer_respond_by partial_order_type recoup_amount recoup_currency payout_id buyer seller"
    ),
}
CHILD_COLUMNS = {
    "history": (
        "record record_id seq at actor activity from_state to_state notes escalate_reason "
        "partial_refund_amount partial_refund_currency keep_item deduction_amount "
        "deduction_currency deduction_percentage rma_number tracking_number label_type "
        "money_movement_ref moved since until last_activity"
    ),
    "refund_lines": (
        "record record_id seq stage fee_type amount currency min_amount min_currency max_amount "
        "max_currency restocking_fee_percentage"
    ),
    "money_movements": (
        "record record_id seq type status requested_amount requested_currency actual_amount "
        "actual_currency created_at provider external_payment_id funding_source funding_brand "
        "funding_memo"
    ),
    "files": "record record_id seq file_id name format purpose status submitter created_at url",
    "shipments": (
        "record record_id seq direction carrier tracking_number delivery_status shipped_at "
        "delivered_at labelled_at estimate_from estimate_until marked_received active shipment_id "
        "shipped_by shipping_method label_id label_until tracking_url error_code origin_country "
        "destination_country"
    ),
    "fundings": "record record_id seq at amount currency source brand memo status",
    "lines": "record record_id seq item_id transaction_id title quantity",
    "label_costs": "record record_id seq direction cost_type amount currency",
    "conversions": (
        "record record_id seq table row column amount currency from_amount from_currency "
        "exchange_rate"
    ),
}


def assert_described(frame: pd.DataFrame, described: pd.DataFrame) -> None:
    assert list(frame.columns) == described["column"].tolist()
    for column, dtype in zip(described["column"], described["dtype"], strict=True):
        assert DTYPES[dtype](frame[column].dtype), (column, frame[column].dtype)


@pytest.mark.parametrize("name", tables.NAMES)
def test_an_empty_search_has_every_column_with_its_dtype(name):
    frame = tables.from_search(name, [])
    assert list(frame.columns) == SEARCH_COLUMNS[name].split()
    described = tables.describe(name)
    assert_described(frame, described[described["source"] == "search"])
    assert frame.index.equals(pd.RangeIndex(0))


@pytest.mark.parametrize("name", tables.NAMES)
def test_empty_details_have_every_column_with_its_dtype(name):
    frames = tables.from_details(name, [])
    assert list(frames) == [name, *CHILD_COLUMNS]
    assert_described(frames[name], tables.describe(name))
    for child, columns in CHILD_COLUMNS.items():
        assert list(frames[child].columns) == columns.split()
        assert_described(frames[child], tables.describe(child))


@pytest.mark.parametrize("name", [*tables.NAMES, *CHILD_COLUMNS])
def test_empty(name):
    frame = tables.empty(name)
    assert len(frame) == 0
    assert_described(frame, tables.describe(name))


def test_names_and_keys():
    assert set(tables.NAMES) == {"cancellations", "inquiries", "returns", "cases"}
    assert tables.KEYS == {
        "cancellations": "cancel_id",
        "inquiries": "inquiry_id",
        "returns": "return_id",
        "cases": "case_id",
    }
    for name, key in tables.KEYS.items():
        assert tables.empty(name).columns[0] == key


@pytest.mark.parametrize("name", [*tables.NAMES, *CHILD_COLUMNS])
def test_describe_says_something_of_each_column(name):
    described = tables.describe(name)
    assert list(described.columns) == (
        ["column", "dtype", "path", "meaning", "unit", "source", "personal"]
    )
    assert described["column"].is_unique
    assert (described["meaning"].str.len() > 3).all()
    synthetic = ["record", "record_id", "seq", "stage", "direction", "table", "row", "column"]
    assert (described["path"] != "")[~described["column"].isin(synthetic)].all()


def test_personal_data_is_marked():
    for name in tables.NAMES:
        described = tables.describe(name).set_index("column")
        assert described.loc[["buyer", "seller"], "personal"].all()
    assert tables.describe("returns").set_index("column").loc["buyer_comments", "personal"]
    shipments = tables.describe("shipments").set_index("column")
    assert shipments.index[shipments["personal"]].tolist() == (
        ["tracking_number", "tracking_url", "origin_country", "destination_country"]
    )
    assert tables.describe("history").set_index("column").loc["notes", "personal"]


def test_tables_of_the_four_records_stack_without_losing_a_dtype(detail):
    tracked = {"shipmentTrackingDetails": {"trackingNumber": "T"}}
    stacked = pd.concat(
        [
            tables.from_details("returns", [{"detail": detail}], ids=["1"])["shipments"],
            tables.from_details("cases", [{"caseHistoryDetails": tracked}], ids=["2"])["shipments"],
        ],
        ignore_index=True,
    )
    assert stacked["record"].tolist() == ["return"] * 3 + ["case"]
    assert stacked["direction"].tolist() == ["return", "return", "replacement", "outbound"]
    assert_described(stacked, tables.describe("shipments"))
