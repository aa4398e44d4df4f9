"""When the express lane is left, and that nothing depends on which lane is taken."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from postorder_nb import tables
from postorder_nb.tables import express


def page(number: int, **more: Any) -> bytes:
    amount = {"value": number + 0.25, "currency": "USD"}
    member = {
        "returnId": str(5000 + number),
        "state": "CLOSED",
        "sellerTotalRefund": {"actualRefundAmount": amount},
        **more,
    }
    return json.dumps({"members": [member]}).encode()


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pages that the express lane is given."""
    seen: list[int] = []
    read = express.Express.read

    def counted(self: express.Express, pages: list[bytes]) -> Any:
        seen.append(len(pages))
        return read(self, pages)

    monkeypatch.setattr(express.Express, "read", counted)
    return seen


@pytest.mark.parametrize("odd", [range(0), range(5), range(100, 130), range(200)])
def test_the_lane_makes_no_difference(odd: range) -> None:
    pages = [page(n, **({"newField": 1} if n in odd else {})) for n in range(200)]
    quick = tables.from_search("returns", pages)
    slow = tables.from_search("returns", [json.loads(p) for p in pages])
    pd.testing.assert_frame_equal(quick, slow)
    assert quick["return_id"].tolist() == [str(5000 + n) for n in range(200)]
    assert quick["refund_amount"].sum() == 200 * 199 / 2 + 200 * 0.25
    unknown = {"unknown field": {"summary.newField": len(odd)}} if odd else {}
    assert quick.attrs.get("drift", {}) == unknown


def test_after_odd_pages_in_a_row_no_more_are_tried(tried: list[int]) -> None:
    pages = [page(n, newField=1) for n in range(600)]
    assert len(tables.from_search("returns", pages)) == 600
    assert sum(tried) < 120


def test_single_odd_pages_do_not_end_it(tried: list[int]) -> None:
    odd = range(0, 600, 50)
    pages = [page(n, **({"newField": 1} if n in odd else {})) for n in range(600)]
    assert len(tables.from_search("returns", pages)) == 600
    assert sum(tried) == 600


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05T12:00:00.000Z", "2026-01-05T12:00:00Z"),
        ("2026-01-05T12:00:00.123456+02:00", "2026-01-05T10:00:00.123456Z"),
        ("2026-01-05T12:00:00", "2026-01-05T12:00:00Z"),
        ("2026-01-05 12:00", "2026-01-05T12:00:00Z"),
        ("2026-01-05", "2026-01-05T00:00:00Z"),
        ("1500-01-01T00:00:00Z", None),
        ("2026-02-30T00:00:00Z", None),
    ],
)
def test_both_lanes_read_a_moment_alike(text: str, moment: str | None) -> None:
    raw = page(1, creationInfo={"creationDate": {"value": text}})
    for given in (raw, json.loads(raw)):
        found = tables.from_search("returns", [given])["created_at"][0]
        assert found == pd.Timestamp(moment) if moment else found is pd.NaT


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ({"value": 4, "currencyId": "GBP"}, "GBP"),
        ({"value": 4, "currency": "USD", "currencyId": "GBP"}, "USD"),
        ({"value": 4, "currency": None, "currencyId": None}, None),
        ({"value": 4, "currencyId": 7}, None),
        ({"value": 4, "currencyId": "2026-01-05"}, "2026-01-05"),
    ],
)
def test_both_lanes_read_the_older_name_of_a_currency(
    amount: dict[str, Any], currency: str | None
) -> None:
    raw = page(1, sellerTotalRefund={"actualRefundAmount": amount})
    for given in (raw, json.loads(raw)):
        found = tables.from_search("returns", [given])
        assert found["refund_amount"].tolist() == [4.0]
        assert (
            found["refund_currency"].astype(object).where(lambda c: c.notna(), None)[0] == currency
        )


def test_pages_of_2014_are_left_to_the_engine() -> None:
    old = {"members": [{"id": "7", "state": "itemShipped"}], "paginationOutput": {"pageNumber": 1}}
    found = tables.from_search("returns", [page(1), json.dumps(old).encode(), page(2)])
    assert found["return_id"].tolist() == ["5001", "7", "5002"]
    assert found["state"].tolist() == ["CLOSED", "ITEM_SHIPPED", "CLOSED"]
    assert "drift" not in found.attrs
