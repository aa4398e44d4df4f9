"""The four searches as tables: what is asked, what is refused, and what is left of a failure."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.simulator import Faults

FETCHERS = ["cancellations", "inquiries", "returns", "cases"]


def fetch(name: str, po: pn.PostOrder, *args: Any, **kwargs: Any) -> pd.DataFrame:
    return getattr(pn.fetch, name)(po, *args, **kwargs)


@pytest.mark.parametrize("name", FETCHERS)
def test_windows_are_closed_and_at_most_90_days(po: pn.Demo, name: str) -> None:
    fetch(name, po, "300d")
    for entry in po.simulator.requests:
        ends = {k.rsplit("_", 1)[1]: v for k, v in entry.query.items() if "date_range" in k}
        assert set(ends) == {"from", "to"}
        length = pd.Timestamp(ends["to"]) - pd.Timestamp(ends["from"])
        assert length <= timedelta(days=90, milliseconds=1)
        assert int(entry.query["limit"]) == (500 if name == "cancellations" else 200)


def test_rows_come_oldest_first_and_the_same_each_time(po: pn.Demo) -> None:
    once, again = fetch("returns", po, "300d"), fetch("returns", po, "300d")
    assert once["created_at"].is_monotonic_increasing
    assert len(once) == 500
    pd.testing.assert_frame_equal(once, again)


def test_a_span_holds_what_was_created_in_it(po: pn.Demo) -> None:
    since, until = po.now() - timedelta(days=200), po.now() - timedelta(days=100)
    table = fetch("returns", po, since, until)
    truth = [
        record.id
        for record in po.simulator.world.returns.values()
        if since <= record.created_at <= until
    ]
    assert len(truth) > 100
    assert set(table["return_id"]) == set(truth)


def test_filters_reach_the_server_and_hold_here(po: pn.Demo) -> None:
    table = fetch("returns", po, "300d", states="CLOSED")
    closed = [r.id for r in po.simulator.world.returns.values() if r.state == "CLOSED"]
    assert set(table["return_id"]) == set(closed)
    assert all(entry.query["states"] == "CLOSED" for entry in po.simulator.requests)


def test_a_filter_that_the_server_ignores_is_applied_here(po: pn.Demo, monkeypatch) -> None:
    item = next(iter(po.simulator.world.returns.values())).item.item_id
    search = po.returns.search
    monkeypatch.setattr(
        po.returns, "search", lambda **kw: search(**{k: v for k, v in kw.items() if k != "item_id"})
    )
    table = fetch("returns", po, "300d", item_id=item)
    truth = [r.id for r in po.simulator.world.returns.values() if r.item.item_id == item]
    assert set(table["return_id"]) == set(truth)
    assert len(truth) < 500


@pytest.mark.parametrize("name", FETCHERS)
def test_nothing_found_is_a_table_with_every_column(po: pn.Demo, name: str) -> None:
    whole = fetch(name, po, "300d")
    order = "legacy_order_id" if name == "cancellations" else "order_id"
    none = fetch(name, po, "300d", **{order: "99-99999-99999"})
    assert len(none) == 0
    assert list(none.columns) == list(whole.columns)
    for column in none:
        if not isinstance(none[column].dtype, pd.CategoricalDtype):
            assert none[column].dtype == whole[column].dtype


def test_attrs_say_where_a_table_came_from(po: pn.Demo) -> None:
    attrs = fetch("returns", po, "10d", states="CLOSED").attrs
    assert attrs["source"] == "SIMULATOR"
    assert attrs["query"] == {
        "since": "2026-06-20T12:00:00.000+00:00",
        "until": "2026-06-30T12:00:00.000+00:00",
        "states": "CLOSED",
        "role": "SELLER",
    }
    assert attrs["fetched_at"] == "2026-06-30T12:00:00+00:00"
    assert attrs["truncated"] is False


def test_a_limit_keeps_the_newest_says_so_and_spares_calls(po: pn.Demo) -> None:
    whole = fetch("returns", po, "300d")
    calls = len(po.simulator.requests)
    po.simulator.requests.clear()
    some = fetch("returns", po, "300d", limit=10)
    assert list(some["return_id"]) == list(whole["return_id"].tail(10))
    assert some.attrs["truncated"] is True
    assert len(po.simulator.requests) < calls
    assert fetch("returns", po, "300d", limit=500).attrs["truncated"] is False


BAD = {
    "an unknown filter": ({"state": "CLOSED"}, "did you mean states"),
    "a filter of another search": ({"case_status_filter": "OPEN"}, "returns have no filter"),
    "the role of another": ({"role": "BUYER"}, "role of the caller"),
    "a mistyped value": ({"states": "CLOSD"}, "CLOSED"),
    "a limit of none": ({"limit": 0}, "limit=0 is no count"),
    "the future": ({"since": "2027-01-01"}, "in the future"),
    "long ago": ({"since": "2024-12-01"}, "18 months"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_before_any_network(po: pn.Demo, case: str) -> None:
    arguments, words = BAD[case]
    with pytest.raises(errors.InputError) as caught:
        fetch("returns", po, **{"since": "90d", **arguments})
    assert words in str(caught.value)
    assert po.simulator.requests == []


@pytest.mark.parametrize("name", FETCHERS)
def test_the_filters_are_those_of_the_call(name: str) -> None:
    assert "since, until" in getattr(pn.fetch, name).__doc__
    assert getattr(pn.fetch, name).__name__ == name
    assert "item_id, transaction_id" in getattr(pn.fetch, name).__doc__


def test_a_page_that_fails_for_good_raises_with_what_came_before(po: pn.Demo, monkeypatch) -> None:
    search = po.returns.search
    pages = []

    def third_fails(**query: Any) -> Any:
        pages.append(query)
        if len(pages) == 3:
            po.simulator.faults = Faults(rate=1, kinds=("503",))
        return search(**query)

    monkeypatch.setattr(po.returns, "search", third_fails)
    with ThreadPoolExecutor(1) as pool, pytest.raises(errors.ServerFault) as caught:
        fetch("returns", po, "300d", executor=pool)
    partial = caught.value.partial
    assert 0 < len(partial) < 500
    assert set(partial["return_id"]) <= set(po.simulator.world.returns)
    assert partial["created_at"].dtype == "datetime64[us, UTC]"


def test_ctrl_c_keeps_what_came(po: pn.Demo, at_once: Executor, monkeypatch) -> None:
    search = po.returns.search
    came: set[str] = set()
    calls = []

    def interrupted(**query: Any) -> Any:
        calls.append(query)
        if len(calls) == 2:
            raise KeyboardInterrupt
        page = search(**query)
        came.update(member["returnId"] for member in page["members"])
        return page

    monkeypatch.setattr(po.returns, "search", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        fetch("returns", po, "300d", executor=at_once)
    assert len(calls) == 4
    assert set(caught.value.partial["return_id"]) == came != set()


def test_fewer_records_than_announced_is_an_error(po: pn.Demo, monkeypatch) -> None:
    search = po.cases.search

    def short(**query: Any) -> Any:
        page = search(**query)
        return {**page, "members": page.get("members", [])[:-1]}

    monkeypatch.setattr(po.cases, "search", short)
    with pytest.raises(errors.IncompleteFetch, match="more than it gave") as caught:
        fetch("cases", po, "80d")
    assert len(caught.value.partial) > 0


def test_any_executor_will_do(po: pn.Demo) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert len(fetch("returns", po, "300d", executor=pool)) == 500
        assert pool.submit(len, "abc").result() == 3, "an executor that was passed stays open"


def test_a_short_fetch_shows_no_bar_and_a_wish_is_granted(po: pn.Demo, capsys) -> None:
    fetch("returns", po, "300d")
    assert capsys.readouterr() == ("", "")
    fetch("returns", po, "300d", progress=True)
    assert "500/500" in capsys.readouterr().err
