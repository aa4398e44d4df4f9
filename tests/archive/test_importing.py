"""Answers of any year, kept elsewhere, become history: what the tables say is what was told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from postorder_nb import errors
from postorder_nb.archive import Archive

THEN = datetime(2015, 6, 1, tzinfo=UTC)


def usd(value: float) -> dict[str, Any]:
    return {"value": value, "currency": "USD"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pages and single answers of version 2, and of version 1 under names that tell the record."""
    page = {"members": [{"returnId": "5001", "state": "CLOSED"}], "paginationOutput": {}}
    files = {
        "monday.json": page,
        "cases.json": [{"caseId": "7001", "status": "CLOSED"}, {"caseId": "7002"}],
        "5002.json": {"summary": {"returnId": "5002", "state": "ESCALATED"}, "detail": {}},
        "old/inquiries/6001.json": {"id": "6001", "state": "csClosed", "claimAmount": usd(3)},
        "old/inquiries/6001-history.json": {"id": "6001", "history": [{"description": "asked"}]},
        "old/returns.json": {
            "members": [{"id": "5003", "state": "itemShipped"}],
            "paginationOutput": {"pageNumber": 1},
        },
        "old/cancellation-find.json": {"cancellations": [{"cancelId": "4001"}]},
    }
    for name, held in files.items():
        path = tmp_path / "answers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(held))
    return tmp_path / "answers"


def test_a_folder_of_several_years(folder: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "kept")
    assert archive.import_folder(folder, seller="north", seen_at=THEN) == (7, 0)
    returns = archive.frame("returns").set_index("return_id")
    assert returns["state"].to_dict() == {
        "5001": "CLOSED", "5002": "ESCALATED", "5003": "ITEM_SHIPPED",
    }  # fmt: skip
    assert set(returns["seller"]) == {"north"}
    assert set(archive.frame("cases")["case_id"]) == {"7001", "7002"}
    assert archive.frame("cancellations")["cancel_id"].tolist() == ["4001"]
    inquiry = archive.frame("inquiries").iloc[0]
    assert (inquiry["inquiry_id"], inquiry["claim_amount"]) == ("6001", 3)
    assert archive.frame("history")["record_id"].tolist() == ["6001"]
    assert archive.frame("returns", as_of="2015-05-31").empty
    assert len(archive.frame("returns", as_of="2015-06-02")) == 3


def test_the_same_folder_twice_is_kept_once(folder: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "kept")
    archive.import_folder(folder, seller="north", seen_at=THEN)
    assert archive.import_folder(folder, seller="north", seen_at=THEN) == (0, 7)
    assert len(archive.frame("returns")) == 3


def test_whose_and_which_answers_they_are_has_to_be_told_rightly(tmp_path: Path) -> None:
    (tmp_path / "5001.json").write_text('{"returnId": "5001"}')
    archive = Archive(tmp_path / "kept")
    with pytest.raises(errors.InputError, match="there is no table 'retruns'"):
        archive.import_folder(tmp_path, seller="north", table="retruns")
    for load, path in ((archive.import_folder, "."), (archive.import_cassette, "x.yaml")):
        with pytest.raises(errors.InputError, match="the seller has no name"):
            load(tmp_path / path, seller=" ")
    assert archive.frame("returns").empty


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ("{", "is no JSON"),
        ("[5001]", "holds no answer"),
        ("7", "holds no answer"),
        ('{"id": "1"}', "cannot be told which record"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, held: str, told: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.json").write_text(held)
    with pytest.raises(errors.InputError, match=told):
        Archive(tmp_path / "kept").import_folder(tmp_path / "in", seller="north")
    with pytest.raises(errors.InputError, match="is no folder"):
        Archive(tmp_path / "kept").import_folder(tmp_path / "out", seller="north")


def test_a_cassette_says_what_was_fetched(tmp_path: Path) -> None:
    import postorder_nb as pn  # noqa: PLC0415 - only this test needs the whole package

    with pn.demo(returns=40, days=60, seed=3) as po, pn.record("shop", folder=tmp_path):
        fetched = pn.fetch.returns(po, since="60d")
        details = pn.fetch.return_details(po, fetched.head(3))
    archive = Archive(tmp_path / "kept")
    archive.import_cassette(tmp_path / "shop.yaml", seller="north")
    kept = archive.frame("returns").set_index("return_id")
    assert set(kept.index) == set(fetched["return_id"])
    wanted = fetched.set_index("return_id")
    for column in ("state", "created_at", "refund_amount"):
        one, other = kept[column].astype("string"), wanted[column].astype("string")
        assert one.to_dict() == other.to_dict()
    assert len(archive.frame("history")) == len(details["history"])
