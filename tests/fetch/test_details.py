"""Details one by one: the calls they take, the order they keep, and what fills them."""

from __future__ import annotations

from concurrent.futures import Executor

import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb import errors


def test_ids_alone_take_two_calls_a_return_and_a_table_one(po: pn.Demo) -> None:
    table = pn.fetch.returns(po, "60d").head(5)
    po.simulator.requests.clear()
    by_table = pn.fetch.return_details(po, table)
    assert len(po.simulator.requests) == 5
    po.simulator.requests.clear()
    by_ids = pn.fetch.return_details(po, list(table["return_id"]))
    assert len(po.simulator.requests) == 10
    assert list(by_ids) == ["returns", *pn.tables.CHILD_NAMES]
    for name, frame in by_table.items():
        pd.testing.assert_frame_equal(frame, by_ids[name], check_categorical=False)


@pytest.mark.parametrize("name", ["cancellation", "inquiry", "case"])
def test_the_other_records_take_one_call(po: pn.Demo, name: str) -> None:
    plural = {"inquiry": "inquiries"}.get(name, f"{name}s")
    table = getattr(pn.fetch, plural)(po, "60d").head(3)
    po.simulator.requests.clear()
    found = getattr(pn.fetch, f"{name}_details")(po, table)
    assert len(po.simulator.requests) == 3
    key = pn.tables.KEYS[plural]
    assert list(found[plural][key]) == list(table[key])
    assert found[plural]["buyer"].equals(table["buyer"]) or plural == "cancellations"
    assert set(found["history"]["record"]) == {name}


def test_rows_keep_the_order_of_the_ids_and_ids_come_once(po: pn.Demo) -> None:
    ids = list(pn.fetch.returns(po, "60d")["return_id"].head(4))[::-1]
    found = pn.fetch.return_details(po, ids + ids[:2])
    assert list(found["returns"]["return_id"]) == ids


def test_no_ids_give_empty_tables(po: pn.Demo) -> None:
    found = pn.fetch.return_details(po, [])
    assert len(found["returns"]) == len(found["history"]) == 0
    assert "net_charge_amount" in found["returns"]


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ("5001", "is one id"),
        ([5001], 'write "5001"'),
        (pd.DataFrame({"id": ["5001"]}), "no column return_id"),
    ],
)
def test_bad_ids_are_refused_before_any_network(po: pn.Demo, ids: object, words: str) -> None:
    with pytest.raises(errors.InputError, match=words):
        pn.fetch.return_details(po, ids)
    assert po.simulator.requests == []


def test_an_id_that_does_not_exist_is_named(po: pn.Demo) -> None:
    with pytest.raises(errors.NotFound, match=r"returns\.get 4040404040") as caught:
        pn.fetch.return_details(po, ["4040404040"])
    assert caught.value.partial["returns"].empty


def test_what_came_beside_a_failure_is_kept(po: pn.Demo, at_once: Executor) -> None:
    ids = list(pn.fetch.returns(po, "60d")["return_id"].head(4))
    with pytest.raises(errors.NotFound) as caught:
        pn.fetch.return_details(po, [*ids[:2], "4040404040", *ids[2:]], executor=at_once)
    assert list(caught.value.partial["returns"]["return_id"]) == ids


def test_an_expired_token_says_what_to_do(po: pn.Demo) -> None:
    other = pn.connect(token="v^1.1#old", marketplace="EBAY_US", base_url=po.simulator.url)
    with pytest.raises(errors.TokenRefused, match="fresh user token"):
        pn.fetch.returns(other)
    other.close()


def test_a_marketplace_the_server_does_not_know(po: pn.Demo) -> None:
    with pytest.warns(UserWarning, match="EBAY_XX"):
        other = pn.connect(
            token=po.simulator.token, marketplace="EBAY_XX", base_url=po.simulator.url
        )
    with pytest.raises(errors.RequestRefused, match=r"(?i)marketplace"):
        pn.fetch.returns(other)
    other.close()
