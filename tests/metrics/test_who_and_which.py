"""The metrics of items, buyers, countries and orders, against plain loops over the truth."""

from __future__ import annotations

import math
from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from postorder_nb import metrics
from postorder_nb.errors import InputError

SNAD = "SNAD"
OF = {
    "items": ("item_id", lambda record: record.item_id),
    "buyers": ("buyer", lambda record: record.buyer.login),
    "countries": ("buyer_country", lambda record: record.buyer.country),
}


def close(found, expected):
    assert list(found) == pytest.approx(list(expected), abs=1e-9, nan_ok=True)


def wilson(k, n):
    low, high = proportion_confint(k, n, method="wilson")
    return [*low, *high]


def lines(records):
    return {(record.item_id, record.transaction_id) for record in records}


@pytest.mark.parametrize(("metric", "name", "hits"), [
    ("return_rate", "returns", "n_returned"), ("inquiry_rate", "inquiries", "n_reported"),
])  # fmt: skip
def test_rates_by_the_month_of_the_order(shops, metric, name, hits):
    found = getattr(metrics, metric)(
        shops.frames[name], orders=shops.orders, by="shop", freq="month"
    )
    rows = {(row.shop, row.period): (row.n, getattr(row, hits)) for row in found.itertuples()}
    expected = {}
    for key, shop in shops:
        n, k, reported = Counter(), Counter(), lines(shop.truth[name])
        for order in shop.placed:
            month = pd.Timestamp(order.placed_at.year, order.placed_at.month, 1, tz="UTC")
            n[month] += 1
            k[month] += (order.item.item_id, order.transaction_id) in reported
        expected |= {(key, month): (n[month], k[month]) for month in n}
    assert rows == expected
    assert found.attrs["n_unmatched"] == 0
    close(found["rate"], [k / n for n, k in rows.values()])
    close([*found["rate_low"], *found["rate_high"]], wilson(found[hits], found["n"]))


@pytest.mark.parametrize("metric", OF)
def test_rankings_count_as_a_loop_does(shops, metric):
    column, of = OF[metric]
    found = getattr(metrics, metric)(shops.frames["returns"])
    n, k = Counter(), Counter()
    for _, shop in shops:
        for record in shop.truth["returns"]:
            n[of(record)] += 1
            k[of(record)] += record.reason_type == SNAD
    assert dict(zip(found[column], found["n"], strict=True)) == n
    assert list(found["n_event"]) == [k[name] for name in found[column]]
    close(found["share"], [k[name] / k.total() for name in found[column]])
    close(found["rate"], found["n_event"] / found["n"])
    close([*found["rate_low"], *found["rate_high"]], wilson(found["n_event"], found["n"]))
    assert list(found["rate_shrunk_low"]) == sorted(found["rate_shrunk_low"], reverse=True)
    assert found.attrs["event"] == "snad"
    shrunk = metrics.shrink(found["n_event"], found["n"])
    close(found["rate_shrunk"], shrunk["rate_shrunk"])
    whole = k.total() / n.total()
    towards = (found["rate_shrunk"] - found["rate"]) * (whole - found["rate"])
    assert (towards[(found["rate"] - whole).abs() > 0.05] > 0).all()


@pytest.mark.parametrize("metric", OF)
@pytest.mark.parametrize("seed", [0, 7])
def test_rankings_per_order(shop, metric, seed):
    column, _ = OF[metric]
    shop = shop(seed)
    found = getattr(metrics, metric)(shop.frames["returns"], orders=shop.orders)
    n, k, back = Counter(), Counter(), lines(shop.truth["returns"])
    for order in shop.placed:
        name = {"items": order.item.item_id, "buyers": order.buyer.login}.get(
            metric, order.buyer.country
        )
        n[name] += 1
        k[name] += (order.item.item_id, order.transaction_id) in back
    assert dict(zip(found[column], found["n"], strict=True)) == n
    assert list(found["n_event"]) == [k[name] for name in found[column]]
    assert (found.attrs["event"], found.attrs["n_unmatched"]) == ("record", 0)
    if metric == "items":
        titles = {item.item_id: item.title for item in shop.world.items.values()}
        assert list(found["item_title"]) == [titles[name] for name in found["item_id"]]


def test_items_of_one_event_per_order(shop):
    shop = shop(3)
    found = metrics.items(shop.frames["returns"], orders=shop.orders, event="refunded")
    back = [r.refund or r.buyer_refund for r in shop.truth["returns"]]
    paid = zip(shop.truth["returns"], back, strict=True)
    k = Counter(record.item_id for record, money in paid if money and money.amount)
    assert list(found["n_event"]) == [k[item] for item in found["item_id"]]
    assert found["n_event"].sum() == k.total()


@pytest.mark.parametrize("of", ["buyer", "item_id"])
def test_concentration(shops, of):
    found = metrics.concentration(shops.frames["returns"], of=of, by="shop").set_index("shop")
    for key, shop in shops:
        counts = Counter(
            record.buyer.login if of == "buyer" else record.item_id
            for record in shop.truth["returns"]
        )
        row, sizes = found.loc[key], sorted(counts.values(), reverse=True)
        m, n = len(sizes), sum(sizes)
        repeat = sum(size > 1 for size in sizes)
        assert (row["n"], row["n_members"], row["n_repeat"]) == (n, m, repeat)
        ends = proportion_confint(repeat, m, method="wilson")
        close([row["repeat_share_low"], row["repeat_share_high"]], ends)
        for top in (1, 5, 10):
            close([row[f"top_{top}_share"]], [sum(sizes[: math.ceil(m * top / 100)]) / n])
        uneven = sum(abs(one - other) for one in sizes for other in sizes)
        close([row["gini"]], [uneven / (2 * m * n)])


# -- edges ---------------------------------------------------------------------------------------


@pytest.fixture
def orders(table):
    return table(
        order_id=["1", "2", "3", "4", "5"],
        item_id=["a", "a", "b", "b", None],
        transaction_id=["1", "2", "3", "4", "5"],
    )


def test_engines_agree_and_may_be_mixed(shop, other_engine):
    shop = shop(4)
    frame = shop.frames["returns"]
    expected = metrics.return_rate(frame, orders=shop.orders, by="marketplace", freq="month")
    found = metrics.return_rate(
        frame, orders=other_engine(shop.orders), by="marketplace", freq="month"
    )
    pd.testing.assert_frame_equal(found, expected)
    expected = metrics.items(frame, orders=shop.orders)
    found = metrics.items(other_engine(frame), orders=other_engine(shop.orders))
    pd.testing.assert_frame_equal(found, expected)
    expected = metrics.concentration(frame, freq="month")
    pd.testing.assert_frame_equal(
        metrics.concentration(other_engine(frame), freq="month"), expected
    )


@pytest.mark.parametrize("drop", [[], ["transaction_id"], ["transaction_id", "item_id"]])
def test_orders_are_found_by_what_both_tables_hold(table, orders, drop, engine):
    returns = table(
        return_id=["51", "52", "53"], order_id=["3", "3", "9"], item_id=["b", "b", "z"],
        transaction_id=["3", "3", "9"],
    ).drop(columns=drop)  # fmt: skip
    found = metrics.return_rate(engine(returns), orders=engine(orders))
    assert found[["n", "n_returned"]].to_numpy().tolist() == [[5, 1]]
    assert found.attrs["n_unmatched"] == 1


def test_two_returns_of_one_order_are_one_returned_order(table, orders):
    returns = table(return_id=["51", "51"], order_id=["1", "1"])
    assert metrics.return_rate(returns, orders=orders)["n_returned"].tolist() == [1]


def test_what_names_no_item_is_told(table, orders, engine):
    returns = table(return_id=["51"], order_id=["5"])
    found = metrics.items(engine(returns), orders=engine(orders))
    assert found["item_id"].tolist() == ["a", "b"]
    assert found["n_event"].tolist() == [0, 0]
    assert found.attrs["n_not_given"] == 1
    assert found["share"].isna().all()


def test_no_record_and_one(shop, other_engine):
    frame = shop(1).frames["returns"]
    for metric in (metrics.items, metrics.buyers, metrics.countries, metrics.concentration):
        full, none = metric(frame), metric(other_engine(frame.head(0)))
        assert len(none) == 0
        assert none.dtypes.to_dict() == full.dtypes.to_dict()
        assert metric(other_engine(frame.head(1)))["n"].tolist() == [1]
    none = metrics.return_rate(frame.head(0), orders=other_engine(shop(1).orders))
    assert none["n_returned"].tolist() == [0]
    empty = metrics.return_rate(frame, orders=other_engine(shop(1).orders.head(0)))
    assert len(empty) == 0
    assert empty.attrs["n_unmatched"] == len(lines(shop(1).truth["returns"]))


def test_small_items_are_left_out_of_the_list_but_not_of_the_estimate(shop):
    frame = shop(5).frames["returns"]
    whole = metrics.items(frame)
    found = metrics.items(frame, min_n=3)
    pd.testing.assert_frame_equal(found, whole[whole["n"] >= 3].reset_index(drop=True))
    assert found.attrs["n_small_groups"] == (whole["n"] < 3).sum() > 0


def test_luck_does_not_lead_the_ranking(table):
    sold = {"steady": (400, 60), "lucky": (1, 1), "usual": (1000, 30)}
    rows = [(item, i < bad) for item, (n, bad) in sold.items() for i in range(n)]
    frame = table(
        return_id=[str(i) for i in range(len(rows))], item_id=[item for item, _ in rows],
        reason_type=["SNAD" if bad else "REMORSE" for _, bad in rows],
    )  # fmt: skip
    assert metrics.items(frame)["item_id"].tolist()[0] == "steady"


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30), st.randoms())
def test_concentration_knows_no_order_of_rows(table, names, dice):
    frame = table(return_id=[str(i) for i in range(len(names))], buyer=names)
    expected = metrics.concentration(frame)
    dice.shuffle(names)
    pd.testing.assert_frame_equal(metrics.concentration(frame.assign(buyer=names)), expected)
    assert 0 <= expected["gini"][0] < 1
    assert expected["top_10_share"][0] >= 1 / expected["n_members"][0]


def test_all_alike_is_even(table):
    frame = table(return_id=list("123"), buyer=["ann", "bob", "eve"])
    assert metrics.concentration(frame)["gini"].tolist() == [0]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda f: metrics.items(f, event="late"), "snad"),
        (metrics.items, "no column 'item_id'"),
        (lambda f: metrics.countries(f.assign(item_id="1")), "details"),
        (lambda f: metrics.concentration(f, of="buyer"), "'buyer'"),
        (lambda f: metrics.concentration(f, by="n_members"), "no column"),
        (lambda f: metrics.return_rate(f, orders=f), "no key in common"),
        (lambda f: metrics.inquiry_rate(f, orders=f), "inquiries"),
        (lambda f: metrics.return_rate([], orders=f), "no table"),
    ],
)
def test_wrong_questions_say_what_would_be_right(returns, call, says):
    with pytest.raises(InputError) as caught:
        call(returns)
    assert says in str(caught.value)
