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
