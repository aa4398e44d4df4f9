"""What detail answers become: the record's row and its child rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from postorder_nb import errors, tables


def moment(*parts: int) -> pd.Timestamp:
    return pd.Timestamp(datetime(*parts, tzinfo=UTC))


def told(frame: pd.DataFrame) -> list[dict]:
    """Return the rows as dicts of what is not missing."""
    return [
        {name: value for name, value in row.items() if not pd.isna(value)}
        for row in frame.to_dict("records")
    ]


@pytest.fixture
def frames(summary, detail):
    made = tables.from_details("returns", [{"summary": summary, "detail": detail}])
    assert {name: frame.attrs for name, frame in made.items() if frame.attrs} == {}
    return made


def test_return_with_summary_and_detail(frames, summary):
    row = told(frames["returns"])[0]
    searched = told(tables.from_search("returns", [{"members": [summary]}]))[0]
    assert {name: row[name] for name in searched} == searched
    assert {name: value for name, value in row.items() if name not in searched} == {
        "marketplace": "EBAY_US",
        "close_reason": "FULL_REFUNDED",
        "buyer_close_reason": "UNKNOWN",
        "buyer_close_comment": "all good",
        "closed_at": moment(2025, 12, 6, 10),
        "refund_status": "SUCCESS",
        "refund_initiator": "SELLER_INITIATED",
        "refunded_at": moment(2025, 12, 5, 17, 30),
        "net_charge_amount": 24.4,
        "net_charge_currency": "EUR",
        "fee_credit_amount": 2.1,
        "fee_credit_currency": "USD",
        "donation_amount": 0.0,
        "donation_currency": "USD",
        "recoup_amount": 3.5,
        "recoup_currency": "USD",
        "payout_id": "9007199254740993",
        "label_cost_amount": 5.24,
        "label_cost_currency": "USD",
        "label_payee": "SELLER",
        "ship_by": moment(2025, 12, 4, 8, 0, 0, 1000),
        "item_title": "Blue kettle",
        "item_price_amount": 15.75,
        "item_price_currency": "USD",
        "sold_at": moment(2025, 11, 1, 8),
        "rma_number": "RMA-7",
        "content_on_hold": False,
        "item_on_hold": False,
        "hold_status": "HOLD_RELEASE_SUCCESS",
        "relist_status": "RELIST_ELIGIBLE",
        "buyer_country": "US",
        "last_step_at": moment(2025, 11, 12, 21, 40, 6),
        "settled_at": moment(2025, 11, 12, 21, 40, 6),
        "ready_to_ship_at": moment(2025, 11, 12, 21, 40, 6),
    }


def test_return_with_detail_only_takes_its_id_from_the_caller(detail):
    made = tables.from_details("returns", [{"detail": detail}, {"detail": {}}], ids=["71", "72"])
    row = told(made["returns"])[0]
    assert made["returns"]["return_id"].tolist() == ["71", "72"]
    assert (row["item_id"], row["transaction_id"]) == ("370000000001", "7700000000001")
    assert (row["quantity"], row["buyer"], row["seller"]) == (2, "kettle-fan", "pots-and-pans")
    assert (row["refund_amount"], row["refund_currency"]) == (30.0, "USD")
    assert "state" not in row
    assert set(made["history"]["record_id"]) == {"71"}


def test_the_answers_own_id_counts_more_than_the_callers(summary):
    made = tables.from_details("returns", [{"summary": summary}], ids=["71"])
    assert made["returns"]["return_id"].tolist() == ["5300000001"]


def test_answer_to_a_created_return(summary, detail):
    del summary["returnId"]
    created = {"returnId": "42", "detail": {"summary": summary, "detail": detail}}
    made = tables.from_details("returns", [created])
    row = told(made["returns"])[0]
    assert (row["return_id"], row["state"], row["marketplace"]) == (
        "42",
        "ITEM_DELIVERED",
        "EBAY_US",
    )
    assert len(made["history"]) == 2


def test_a_bare_summary_stands_for_itself(summary):
    made = tables.from_details("returns", [summary])
    assert made["returns"]["reason"].tolist() == ["DEFECTIVE_ITEM"]


def test_history_of_a_return(frames):
    first = {"record": "return", "record_id": "5300000001"}
    assert told(frames["history"]) == [
        {
            **first,
            "seq": 0,
            "at": moment(2025, 11, 12, 21, 40, 5, 250_000),
            "actor": "BUYER",
            "activity": "BUYER_CREATE_RETURN",
            "from_state": "INITIAL",
            "to_state": "RETURN_REQUESTED",
            "notes": "The lid is broken",
            "moved": True,
            "until": moment(2025, 11, 12, 21, 40, 6),
        },
        {
            **first,
            "seq": 1,
            "at": moment(2025, 11, 12, 21, 40, 6),
            "actor": "SYSTEM",
            "activity": "SELLER_APPROVE_REQUEST",
            "from_state": "RETURN_REQUESTED",
            "to_state": "ITEM_READY_TO_SHIP",
            "escalate_reason": "NO_REFUND_RECEIVED",
            "partial_refund_amount": 10.0,
            "partial_refund_currency": "USD",
            "rma_number": "RMA-7",
            "tracking_number": "TRK-2",
            "moved": True,
            "since": moment(2025, 11, 12, 21, 40, 5, 250_000),
        },
    ]


def test_refund_lines(frames):
    lines = frames["refund_lines"]
    assert lines["seq"].tolist() == [0, 1, 2, 3]
    assert lines["stage"].tolist() == ["estimated", "optional", "actual", "actual"]
    assert lines["fee_type"].tolist() == [
        "PURCHASE_PRICE",
        "RETURN_SHIPPING",
        "PURCHASE_PRICE",
        "RESTOCKING_FEE",
    ]
    assert lines["amount"].tolist() == [31.5, 4.25, 31.5, -1.5]
    assert set(lines["currency"]) == {"USD"}
    assert (lines["min_amount"][0], lines["max_amount"][0]) == (0.0, 31.5)
    assert lines["restocking_fee_percentage"].tolist()[3] == 5.0


def test_money_movements_files_and_shipments(frames):
    assert told(frames["money_movements"]) == [
        {
            "record": "return",
            "record_id": "5300000001",
            "seq": 0,
            "type": "SELLER_VOLUNTARY_REFUND",
            "status": "SUCCESS",
            "requested_amount": 30.0,
            "requested_currency": "USD",
            "actual_amount": 30.0,
            "actual_currency": "USD",
            "created_at": moment(2025, 12, 5, 17, 30, 1),
            "provider": "UNKNOWN",
            "external_payment_id": "EXT-1",
        }
    ]
    file = told(frames["files"])[0]
    assert (file["file_id"], file["name"], file["format"]) == ("8800001", "lid.jpg", "JPEG")
    assert (file["submitter"], file["status"]) == ("BUYER", "PUBLISHED")
    assert "AAAA" not in file.values()
    shipments = frames["shipments"]
    assert shipments["tracking_number"].tolist() == ["TRK-1", "TRK-2", "TRK-3"]
    assert shipments["direction"].tolist() == ["return", "return", "replacement"]
    assert shipments["delivered_at"][1] == moment(2025, 12, 1, 16)
    assert shipments["delivery_status"][1] == "DELIVERED"
    assert shipments["active"].tolist()[:2] == [False, True]
    assert shipments["marked_received"][1]


def test_child_rows_follow_the_answers():
    def answer(n, actual, optional):
        line = {"refundFeeType": "OTHER"}
        return {
            "summary": {"returnId": str(n)},
            "detail": {
                "refundInfo": {
                    "actualRefundDetail": {
                        "actualRefund": {"itemizedRefundDetail": [line] * actual}
                    },
                    "estimatedRefundDetail": {"optionalRefundLineItems": [line] * optional},
                }
            },
        }

    lines = tables.from_details("returns", [answer(n, n % 3, n % 2) for n in range(120)])[
        "refund_lines"
    ]
    expected = [
        (str(n), seq, stage)
        for n in range(120)
        for seq, stage in enumerate(["optional"] * (n % 2) + ["actual"] * (n % 3))
    ]
    assert list(zip(lines["record_id"], lines["seq"], lines["stage"], strict=True)) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("stateFrom", "stateTo"),
        ("cancelStateFrom", "cancelStateTo"),
        ("cancelStateFrom", "cancelStatetateTo"),
    ],
)
def test_cancellation_with_either_spelling_of_the_states(before, after):
    event = {
        "activityType": "SELLER_APPROVE",
        "activityParty": "SELLER",
        "actionDate": {"value": "2026-01-02T03:04:05.000Z"},
        before: "APPROVAL_PENDING",
        after: "REFUND_PENDING",
    }
    made = tables.from_details(
        "cancellations", [{"cancelDetail": {"cancelId": "9", "activityHistories": [event]}}]
    )
    assert told(made["history"]) == [
        {
            "record": "cancellation",
            "record_id": "9",
            "seq": 0,
            "at": moment(2026, 1, 2, 3, 4, 5),
            "actor": "SELLER",
            "activity": "SELLER_APPROVE",
            "from_state": "APPROVAL_PENDING",
            "to_state": "REFUND_PENDING",
            "moved": True,
        }
    ]
    assert made["history"].attrs == {}


def test_refund_and_line_of_a_cancellation():
    lines = [{"itemId": 37, "transactionId": "77", "itemTitle": "Pan", "cancelQuanity": 1}]
    record = {
        "cancelId": "9",
        "legacyOrderId": "37-77",
        "lineItems": lines,
        "refundInfo": {
            "actualRefundDetail": {
                "actualRefund": {
                    "totalAmount": {"value": 20, "currency": "USD"},
                    "feeCreditAmount": {"value": 1.5, "currency": "USD"},
                },
                "netChargeAmount": {"value": 18.5, "currency": "USD"},
                "refundStatus": "PENDING",
                "refundIssuedDate": {"value": "2026-01-02T00:00:00Z"},
            }
        },
    }
    two = {**record, "lineItems": lines * 2}
    made = tables.from_details("cancellations", [{"cancelDetail": record}, two])["cancellations"]
    one, other = told(made)
    assert {k: one[k] for k in ("item_id", "transaction_id", "item_title", "quantity")} == {
        "item_id": "37",
        "transaction_id": "77",
        "item_title": "Pan",
        "quantity": 1,
    }
    assert not {"item_id", "transaction_id", "item_title", "quantity"} & set(other)
    for row in (one, other):
        assert (row["refund_amount"], row["fee_credit_amount"]) == (20.0, 1.5)
        assert (row["net_charge_amount"], row["refund_status"]) == (18.5, "PENDING")
        assert row["refunded_at"] == moment(2026, 1, 2)


def claim(kind: str) -> dict:
    """Return an inquiry or case as its details tell it; most of the tree is the same."""
    return {
        f"{kind}Id": "54",
        "itemId": "37",
        "transactionId": "77",
        f"{kind}Quantity": 3,
        "initiator": "BUYER",
        "claimAmount": {"value": 40, "currency": "USD"},
        f"{kind}Details": {
            "creationDate": {"value": "2026-01-01T00:00:00.000Z"},
            "escalationDate": {"value": "2026-01-09T00:00:00.000Z"},
            "expirationDate": None,
            "refundDeadlineDate": {"value": "2026-01-12T00:00:00.000Z"},
            "refundAmounts": {
                "refundAmount": {"value": 40, "currency": "USD"},
                "feeCreditAmount": {"value": 3, "currency": "USD"},
                "buyerInitExpectRefundAmt": {"value": 45, "currency": "USD"},
                "buyerFinalAcceptRefundAmt": None,
            },
            "refundChargeAmount": {"value": 37, "currency": "EUR"},
        },
        f"{kind}HistoryDetails": {
            "history": [
                {
                    "date": {"value": "2026-01-01T00:00:00.000Z"},
                    "action": "Buyer asked",
                    "actor": "BUYER",
                    "description": "Where is it?",
                },
                {
                    "date": {"value": "2026-01-10T00:00:00.000Z"},
                    "action": "Refund",
                    "actor": "CSR",
                    "moneyMovement": {
                        "moneyMovementEntryList": [
                            {
                                "type": "Refund to buyer",
                                "amount": {"value": 40, "currency": "USD"},
                                "date": {"value": "2026-01-10T00:00:01.000Z"},
                                "fundingStatus": "FUNDED",
                                "fundingSource": {"type": "CREDIT_CARD", "brand": "VISA"},
                            },
                            {"type": "REFUND_FVF_ITEM_COST", "fundingStatus": "FUNDED"},
                        ]
                    },
                },
                {"action": "Closed", "actor": "SYSTEM", "moneyMovement": None},
            ],
            "shipmentTrackingDetails": {
                "trackingNumber": "TRK-9",
                "carrier": "UPS",
                "currentStatus": "in transit",
                "estimateFromDate": {"value": "2026-01-03T00:00:00.000Z"},
                "estimateToDate": None,
            },
        },
    }


@pytest.mark.parametrize(("name", "kind"), [("inquiries", "inquiry"), ("cases", "case")])
def test_claims(name, kind):
    made = tables.from_details(name, [claim(kind)])
    assert {child: frame.attrs for child, frame in made.items() if frame.attrs} == {}
    row = told(made[name])[0]
    assert row[f"{kind}_id"] == "54"
    assert (row["quantity"], row["initiator"]) == (3, "BUYER")
    assert row["created_at"] == moment(2026, 1, 1)
    assert row["escalated_at"] == moment(2026, 1, 9)
    assert row["refund_due_at"] == moment(2026, 1, 12)
    assert (row["refund_amount"], row["refund_currency"]) == (40.0, "USD")
    assert (row["refund_charge_amount"], row["refund_charge_currency"]) == (37.0, "EUR")
    assert (row["expected_refund_amount"], row["fee_credit_amount"]) == (45.0, 3.0)
    assert not {"expires_at", "accepted_refund_amount"} & set(row)
    history = made["history"]
    assert history["activity"].tolist() == ["Buyer asked", "Refund", "Closed"]
    assert history["actor"].tolist() == ["BUYER", "CSR", "SYSTEM"]
    assert history["notes"][0] == "Where is it?"
    assert set(history["record"]) == {kind}
    key = {"record": kind, "record_id": "54"}
    assert told(made["money_movements"]) == [
        {
            **key,
            "seq": 0,
            "type": "Refund to buyer",
            "status": "FUNDED",
            "actual_amount": 40.0,
            "actual_currency": "USD",
            "created_at": moment(2026, 1, 10, 0, 0, 1),
            "funding_source": "CREDIT_CARD",
            "funding_brand": "VISA",
        },
        {**key, "seq": 1, "type": "REFUND_FVF_ITEM_COST", "status": "FUNDED"},
    ]
    assert told(made["shipments"]) == [
        {
            **key,
            "seq": 0,
            "direction": "outbound",
            "carrier": "UPS",
            "tracking_number": "TRK-9",
            "delivery_status": "in transit",
            "estimate_from": moment(2026, 1, 3),
        }
    ]


def test_inquiry_only_fields():
    answer = {
        "inquiryId": "54",
        "state": "CREATED",
        "status": "OPEN",
        "creationReason": "LATE_ORDER",
        "shippingCost": {"value": 0.0, "currency": "EUR"},
        "sellerMakeItRightByDate": {"value": "2026-01-05T07:59:59.000Z"},
        "inquiryClosureDate": {"value": "2026-01-06T00:00:00.000Z"},
        "inquiryContentOnHold": True,
        "extTransactionId": None,
        "returnDetails": None,
        "inquiryDetails": {
            "totalAmount": {"value": 131.0, "currency": "EUR"},
            "lastBuyerRespDate": {"value": "2026-01-04T00:00:00.000Z"},
            "appealDetails": {"appealStatusEnum": "SELLER_APPEALED", "appealDate": None},
        },
        "itemDetails": {"itemTitle": "****", "itemOnHold": True},
    }
    row = told(tables.from_details("inquiries", [answer])["inquiries"])[0]
    assert row == {
        "inquiry_id": "54",
        "status": "OPEN",
        "state": "CREATED",
        "reason": "LATE_ORDER",
        "shipping_cost_amount": 0.0,
        "shipping_cost_currency": "EUR",
        "respond_by": moment(2026, 1, 5, 7, 59, 59),
        "closed_at": moment(2026, 1, 6),
        "content_on_hold": True,
        "total_amount": 131.0,
        "total_currency": "EUR",
        "last_buyer_response_at": moment(2026, 1, 4),
        "appeal_outcome": "SELLER_APPEALED",
        "item_title": "****",
        "item_on_hold": True,
    }


def test_case_only_fields():
    answer = {
        "caseId": "54",
        "caseType": "RETURN",
        "returnId": "53",
        "status": "CS_CLOSED",
        "creationDate": {"value": "2026-01-01T00:00:00.000Z"},
        "escalatedBy": "BUYER",
        "escalateReason": "NO_REFUND",
        "shippingFee": {"value": 4.5, "currency": "USD"},
        "buyerClosureReason": "BUYER_WINS_SELLER_FAULT",
        "sellerClosureReason": None,
        "sellerOutcome": "LOST",
        "itemOnHold": False,
        "nextSteps": [],
        "caseDetails": {"refundType": "FULL"},
        "appealDetails": {
            "appealStatus": "DENIED",
            "appealCloseReasonEnum": "APPEAL_SELLER_DENIED",
            "appealDate": {"value": "2026-02-01T00:00:00.000Z"},
            "appealRefundAmount": {"value": 4, "currency": "USD"},
            "eligibleForAppeal": False,
        },
    }
    frame = tables.from_details("cases", [answer])["cases"]
    assert frame.attrs == {}
    assert told(frame)[0] == {
        "case_id": "54",
        "case_type": "RETURN",
        "return_id": "53",
        "status": "CS_CLOSED",
        "created_at": moment(2026, 1, 1),
        "escalated_by": "BUYER",
        "escalate_reason": "NO_REFUND",
        "shipping_fee_amount": 4.5,
        "shipping_fee_currency": "USD",
        "buyer_close_reason": "BUYER_WINS_SELLER_FAULT",
        "seller_outcome": "LOST",
        "item_on_hold": False,
        "refund_type": "FULL",
        "appeal_status": "DENIED",
        "appeal_close_reason": "APPEAL_SELLER_DENIED",
        "appealed_at": moment(2026, 2, 1),
        "appeal_refund_amount": 4.0,
        "appeal_refund_currency": "USD",
        "can_appeal": False,
    }


def test_a_shipment_of_nulls_is_no_shipment():
    answer = {
        "inquiryId": "1",
        "inquiryHistoryDetails": {
            "shipmentTrackingDetails": {"trackingNumber": None, "carrier": None}
        },
    }
    assert len(tables.from_details("inquiries", [answer])["shipments"]) == 0


@pytest.mark.parametrize("ids", [["1"], ["1", "2", "3"]])
def test_ids_must_be_as_many_as_answers(ids):
    with pytest.raises(errors.InputError, match="length"):
        tables.from_details("returns", [{"detail": {}}, {"detail": {}}], ids=ids)
