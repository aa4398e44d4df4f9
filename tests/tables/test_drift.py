"""Nothing unknown vanishes silently: counted, told once, and without personal data."""

from __future__ import annotations

import json
import logging

import pandas as pd
import pytest

from postorder_nb import tables


def rows(frame: pd.DataFrame) -> list[tuple]:
    return list(frame.itertuples(index=False, name=None))


def test_documented_answers_give_no_drift(summary, detail):
    found = tables.drift(
        "returns", [{"members": [summary]}, {"summary": summary, "detail": detail}]
    )
    assert rows(found) == []
    assert [str(dtype) for dtype in found.dtypes] == ["string", "string", "string", "Int64"]


def test_unknown_fields_at_every_depth(summary):
    summary["colour"] = "red"
    summary["creationInfo"]["item"]["weight"] = 3
    summary["sellerTotalRefund"]["actualRefundAmount"]["tax"] = 1
    summary["timeoutDate"]["zone"] = None
    summary["sellerAvailableOptions"][0]["hint"] = []
    summary["flags"]["isNew"] = True
    summary["creationInfo"]["comments"]["tone"] = {}
    page = {"members": [summary, summary], "mood": 1}
    assert sorted(rows(tables.drift("returns", [page]))) == sorted(
        ("unknown field", *rest)
        for rest in [
            ("mood", "number", 1),
            ("summary.colour", "text", 2),
            ("summary.creationInfo.comments.tone", "object", 2),
            ("summary.creationInfo.item.weight", "number", 2),
            ("summary.flags.isNew", "flag", 2),
            ("summary.sellerAvailableOptions[].hint", "list", 2),
            ("summary.sellerTotalRefund.actualRefundAmount.tax", "number", 2),
            ("summary.timeoutDate.zone", "null", 2),
        ]
    )


def test_unknown_fields_of_details_and_their_lists(detail):
    detail["newThing"] = 1
    detail["responseHistory"][0]["mood"] = "x"
    detail["responseHistory"][1]["attributes"]["extra"] = 1
    detail["buyerAddress"]["address"]["planet"] = "Earth"
    found = rows(tables.drift("returns", [{"summary": {"returnId": "1"}, "detail": detail}]))
    assert sorted(found) == [
        ("unknown field", "detail.buyerAddress.address.planet", "text", 1),
        ("unknown field", "detail.newThing", "number", 1),
        ("unknown field", "detail.responseHistory[].attributes.extra", "number", 1),
        ("unknown field", "detail.responseHistory[].mood", "text", 1),
    ]


def test_unknown_values_and_unreadable_ones_with_counts():
    members = [
        {"caseId": str(n), "caseStatusEnum": status, "claimAmount": {"value": value}}
        for n, (status, value) in enumerate(
            [("PAUSED", 1), ("PAUSED", "12,50"), ("OPEN", "a lot"), ("MELTED", 2)]
        )
    ]
    assert rows(tables.drift("cases", [json.dumps({"members": members}).encode()])) == [
        ("unknown value", "caseStatusEnum|status", "PAUSED", 2),
        ("unknown value", "caseStatusEnum|status", "MELTED", 1),
        ("unreadable", "claimAmount", "12,50", 2),
    ]


def test_prose_is_no_unknown_value_but_a_new_constant_is():
    history = [{"action": "Buyer asked for help"}, {"action": "BUYER_TELEPORTED_ITEM"}]
    answer = {"caseId": "1", "caseHistoryDetails": {"history": history}}
    assert rows(tables.drift("cases", [answer])) == [
        ("unknown value", "history[].activity|activityType|action", "BUYER_TELEPORTED_ITEM", 1)
    ]


def test_personal_examples_are_hidden():
    member = {"caseId": "1", "buyer": 1.5, "nickname": "Jane Roe", "seller": {"name": "Jane Roe"}}
    found = tables.drift("cases", [{"members": [member]}])
    assert sorted(rows(found)) == [
        ("unknown field", "nickname", "text", 1),
        ("unreadable", "buyer", "•••", 1),
        ("unreadable", "seller", "object", 1),
    ]
    assert "Jane" not in found.to_csv()


def test_attrs_are_plain_and_compare(caplog):
    page = {"members": [{"caseId": "1", "caseStatusEnum": "PAUSED", "mood": 1}]}
    first, second = (tables.from_search("cases", [page]) for _ in range(2))
    assert first.attrs == second.attrs
    assert first.attrs == {
        "drift": {
            "unknown field": {"mood": 1},
            "unknown value": {"caseStatusEnum|status = PAUSED": 1},
        }
    }
    assert pd.concat([first, second]).attrs == first.attrs
    assert json.loads(json.dumps(first.attrs)) == first.attrs


def test_one_warning_per_build(caplog, summary):
    with caplog.at_level(logging.WARNING, logger="postorder_nb"):
        tables.from_search("returns", [{"members": [summary]}] * 3)
        assert caplog.records == []
        tables.from_search("returns", [{"members": [{**summary, "colour": 1}]}] * 3)
        tables.from_details("returns", [{"detail": {"mood": 1, "files": [{"size": 2}]}}], ids=["1"])
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert "summary.colour (3)" in messages[0]
    assert "detail.mood (1)" in messages[1]
    assert "detail.files[].size (1)" in messages[1]


def test_rubbish_cannot_grow_the_findings_without_end():
    pages = [{"members": [{f"field{n}": 1, "caseId": "1"}]} for n in range(2000)]
    found = tables.drift("cases", pages)
    assert len(found) <= 510
    assert found["n"].sum() == 2000


@pytest.mark.parametrize("answer", [None, 5, "text", True])
def test_an_answer_that_is_no_object(answer):
    assert rows(tables.drift("cases", [answer])) == [("unreadable", "answer", *kind_of(answer))]


def kind_of(answer):
    kinds = {type(None): "null", int: "number", str: "text", bool: "flag"}
    return (kinds[type(answer)], 1)
