"""
The same shop fetched in the shapes of 2014, 2015, 2020 and 2026 gives the same tables.

Equal cell by cell, but for what a dialect does not tell (`LACKS`) or tells in fewer words
(`SAYS`). Both are written from what is known of the releases, and what is told is compared with
the shop's truth, not only with another dialect.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import orjson
import pandas as pd
import pytest

from postorder_nb import tables
from postorder_nb.simulator import Clock, World
from postorder_nb.simulator.dialects import FIRST
from postorder_nb.simulator.style import Style
from postorder_nb.tables import dialects

STYLES = {
    "2014": Style("2015", at=FIRST),
    "2015": Style("2015"),
    "2020": Style("2020"),
    "2026": Style("2026"),
}
LISTED = dict.fromkeys(tables.NAMES, "members") | {"cancellations": "cancellations"}

HELD_2026 = {"content_on_hold", "item_on_hold", "donation", "provisional_refund",
             "provisional_refund_reversed", "resolution_expected_at"}  # fmt: skip
CREDITS = {"fee_credit", "net_charge", "refund_charge", "appeal_refund"}
# What a dialect does not tell, by table; an amount stands for its two columns.
LACKS: dict[str, dict[str, set[str]]] = {
    "2020": dict.fromkeys(tables.NAMES, HELD_2026),
    "2015": {
        "returns": HELD_2026 | CREDITS | {
            "order_id", "reason_type", "timeout_at", "closed_at", "recoup", "payout_id",
            "outstanding", "relist_status", "relisted_item_id", "hold_transaction_id",
        },
        "cancellations": HELD_2026 | CREDITS | {
            "buyer", "seller", "partial_order_type", "recoup", "payout_id", "refund",
            "refund_status", "refunded_at", "outstanding", "item_title", "quantity",
        },
        "inquiries": HELD_2026 | CREDITS,
        "cases": HELD_2026 | CREDITS,
        "returns.history": {"keep_item", "deduction", "deduction_percentage"},
        "returns.files": {"url"},
        "inquiries.money_movements": {"status", "funding_source", "funding_brand",
                                      "funding_memo"},
        "cases.money_movements": {"status", "funding_source", "funding_brand", "funding_memo"},
    },
}  # fmt: skip
LACKS["2014"] = LACKS["2015"]

# Tables of which a dialect tells some rows only, or none.
SOME_ROWS = {
    "2020": {"returns.money_movements", "returns.conversions", "inquiries.conversions",
             "cases.conversions", "cancellations.conversions", "cancellations.fundings",
             "returns.fundings"},
    "2015": {"returns.money_movements", "cancellations.money_movements", "cancellations.fundings",
             "returns.fundings", "cancellations.lines", "returns.conversions",
             "inquiries.conversions", "cases.conversions", "cancellations.conversions"},
}  # fmt: skip
SOME_ROWS["2014"] = SOME_ROWS["2015"]

PAYPAL = {
    "payment_status": {"ONLINE_PAID": "PAYPAL_PAID"},
    "type": {"SELLER_VOLUNTARY_REFUND": "PAYPAL_REFUND"},
    "activity": {"SYSTEM_NOTIFY_REFUND_STATUS": "SYSTEM_NOTIFYPP_REFUND"},
}
# column -> today's word: what the dialect says instead.
SAYS: dict[str, dict[str, dict[str, str]]] = {
    "2020": {
        "reason": {"DOES_NOT_FIT": "WRONG_SIZE"},
        "activity": PAYPAL["activity"] | {
            "EBAY_RULE_AUTO_APPROVE": "SELLER_APPROVE_REQUEST",
            "SYSTEM_INITIATED_REFUND": "OTHER", "SYSTEM_SELLER_CHARGE": "OTHER",
        },
        "escalate_reason": {"RECEIVED_EMPTY_BOX": "OTHER"},
        "payment_status": PAYPAL["payment_status"],
        "type": PAYPAL["type"],
    },
    "2015": {
        "reason": {
            "DOES_NOT_FIT": "WRONG_SIZE", "BUYER_ASKED_CANCEL": "BUYER_CANCEL_OR_ADDRESS_ISSUE",
            "ADDRESS_ISSUES": "BUYER_CANCEL_OR_ADDRESS_ISSUE", "ORDER_UNPAID": "OTHER",
        },
        "activity": {
            **PAYPAL["activity"], "EBAY_RULE_AUTO_APPROVE": "SELLER_APPROVE_REQUEST",
            "SYSTEM_INITIATED_REFUND": "OTHER", "SYSTEM_SELLER_CHARGE": "OTHER",
            "SYSTEM_IMMEDIATE_REFUND": "OTHER", "CHARGEBACK_OPEN": "OTHER",
            "SELLER_RETRY_REFUND": "SELLER_ISSUE_REFUND",
            "SYSTEM_BUYER_REFUND_AS_PAYOUT": "OTHER",
            "TIME_OUT_AFTER_REFUNDED_AS_PAYOUT": "TIME_OUT_AFTER_REFUNDED",
            "SYSTEM_CHARGEBACK_OPENED": "UNKNOWN", "SYSTEM_NOTIFY_PAYOUT_STATUS": "SYSTEM_REFUND",
            "SYSTEM_PAYOUT": "SYSTEM_REFUND",
            "SYSTEM_TIMEOUT_FOR_NOTIFY_REFUND_STATUS": "UNKNOWN",
            "SYSTEM_TIMEOUT_FOR_NOTIFY_PAYOUT_STATUS": "UNKNOWN",
        },
        "close_reason": {
            "SELLER_CANCEL_UNPAID": "SELLER_APPROVE_UNPAID",
            "CHARGEBACK_DISPUTE_FILED": "OTHER UNKNOWN",
            "FULL_REFUNDED_AS_PAYOUT": "FULL_REFUNDED", "PAYOUT_FAILED": "UNKNOWN",
            "BUYER_REFUND_AS_PAYOUT": "BUYER_PAYOUT",
        },
        "buyer_close_reason": {"CHARGE_BACK_OPENED": "OTHER"},
        "escalate_reason": {"RECEIVED_WRONG_ITEM": "OTHER", "RECEIVED_EMPTY_BOX": "OTHER"},
        "seller_activity_due": {"SELLER_RETRY_REFUND": "SELLER_ISSUE_REFUND"},
        "payment_status": PAYPAL["payment_status"],
        **{
            column: {
                "ITEM_READY_TO_SHIP": "RETURN_ACCEPTED", "REFUND_FAILED": "UNKNOWN",
                "REFUND_AS_PAYOUT_INITIATED": "UNKNOWN",
                "PARTIAL_REFUND_AS_PAYOUT_INITIATED": "UNKNOWN",
            }
            for column in ("state", "from_state", "to_state")
        },
    },
}  # fmt: skip
SAYS["2014"] = SAYS["2015"]
# Columns whose difference has a test of its own below.
APART = {
    "2020": {"external_transaction_id", "item_title", "item_picture_url", "refund_missed_at"},
    "2015": {
        "external_transaction_id",
        "item_title",
        "item_picture_url",
        "seller_options",
        "refund_missed_at",
        "ready_to_ship_at",
    },
}
APART["2014"] = APART["2015"]
OWN_TEST = {"cancellations": {"order_id", "reason"}}


@pytest.fixture(scope="module")
def shop() -> World:
    return World(returns=260, days=300, seed=5, clock=Clock("2026-03-10T12:00:00Z"))


def answers(world: World, name: str, style: Style) -> list[bytes]:
    now = world.clock.now()
    made = []
    for record in getattr(world, name).values():
        detail = style.detail(record)
        if name == "returns":
            detail = {"summary": style.summary(record, now), "detail": detail}
        made.append(orjson.dumps(detail))
    return made


def page(world: World, name: str, style: Style) -> bytes:
    now = world.clock.now()
    listed = [style.summary(record, now) for record in getattr(world, name).values()]
    paging = {"pageNumber": 1} if style.at == FIRST else {"offset": 0}
    return orjson.dumps({LISTED[name]: listed, "paginationOutput": paging})


@pytest.fixture(scope="module")
def frames(shop: World) -> dict[str, dict[str, pd.DataFrame]]:
    """Every table by dialect; child tables as returns.history ..., searches as returns/search."""
    made: dict[str, dict[str, pd.DataFrame]] = {}
    for dialect, style in STYLES.items():
        made[dialect] = {}
        for name in tables.NAMES:
            found = tables.from_details(name, answers(shop, name, style))
            made[dialect][name] = found.pop(name)
            made[dialect] |= {f"{name}.{child}": frame for child, frame in found.items()}
            # In 2014 there was a search for returns and for cancellations only.
            if dialect != "2014" or name in ("returns", "cancellations"):
                made[dialect][f"{name}/search"] = tables.from_search(
                    name, [page(shop, name, style)]
                )
    return made


def columns(names: Iterable[str]) -> set[str]:
    return {n for name in names for n in (name, f"{name}_amount", f"{name}_currency")}


def plain(series: pd.Series[Any]) -> list[Any]:
    return series.astype(object).where(series.notna(), None).tolist()


@pytest.mark.parametrize("dialect", ["2014", "2015", "2020"])
def test_the_tables_are_those_of_today(
    frames: dict[str, dict[str, pd.DataFrame]], dialect: str
) -> None:
    told = 0
    for name, frame in frames[dialect].items():
        today = frames["2026"][name]
        assert list(frame.columns) == list(today.columns)
        assert dict(frame.dtypes.astype(str)) == dict(today.dtypes.astype(str))
        if name in SOME_ROWS[dialect]:
            assert not rows_of(frame) - rows_of(today), name
            continue
        assert len(frame) == len(today), name
        base = name.removesuffix("/search")
        lacks = columns(LACKS[dialect].get(base, ()))
        apart = APART[dialect] | OWN_TEST.get(base, set())
        for column in frame.columns:
            if column in lacks:
                assert frame[column].isna().all(), (name, column)
            elif column not in apart:
                told += int(frame[column].notna().sum())
                assert_same(frame, today, name, column, SAYS[dialect].get(column, {}))
    assert told > 20_000


def rows_of(frame: pd.DataFrame) -> Counter[tuple[Any, ...]]:
    """Count rows, leaving out their numbers and what PayPal and the missing rate change."""
    varying = {"seq", "row", "type", "provider", "exchange_rate"}
    told = frame[[column for column in frame.columns if column not in varying]]
    return Counter(zip(*(plain(told[column]) for column in told.columns), strict=True))


def assert_same(
    frame: pd.DataFrame, today: pd.DataFrame, name: str, column: str, says: dict[str, str]
) -> None:
    for was, now in zip(plain(frame[column]), plain(today[column]), strict=True):
        assert was == now or (now in says and was in says[now].split()), (name, column, was, now)


def test_the_first_dialect_leaves_nothing_unknown(
    frames: dict[str, dict[str, pd.DataFrame]],
) -> None:
    for name, frame in frames["2014"].items():
        assert "drift" not in frame.attrs, (name, frame.attrs)


TRUTH = {
    "returns": {
        "item_id": "item_id", "transaction_id": "transaction_id", "quantity": "quantity",
        "created_at": "created_at", "buyer": "buyer.login", "case_id": "case_id",
        "refund": "refund", "refund_estimated": "estimated", "buyer_refund": "buyer_refund",
        "buyer_refund_estimated": "buyer_estimated", "refunded_at": "refunded_at",
        "respond_by": "seller_due.at", "ship_by": "ship_by", "label_cost": "label_cost",
        "buyer_comments": "comments", "rma_number": "rma_number", "sold_at": "order.placed_at",
    },
    "inquiries": {
        "item_id": "item_id", "transaction_id": "transaction_id", "quantity": "quantity",
        "created_at": "created_at", "buyer": "buyer.login", "claim": "estimated",
        "total": "total", "refund": "refund", "closed_at": "closed_at",
        "escalated_at": "escalated_at", "expires_at": "expires_at", "reason": "reason",
        "state": "state", "status": "status", "refund_due_at": "refund_due_at",
    },
    "cases": {
        "item_id": "item_id", "transaction_id": "transaction_id", "return_id": "return_id",
        "created_at": "created_at", "buyer": "buyer.login", "claim": "estimated",
        "refund": "refund", "case_type": "case_type", "escalated_by": "escalated_by",
        "expires_at": "expires_at", "seller_close_reason": "close_reason",
    },
    "cancellations": {
        "item_id": "item_id", "transaction_id": "transaction_id", "created_at": "created_at",
        "closed_at": "closed_at", "requested": "estimated", "state": "state",
        "status": "status", "requestor": "requestor", "respond_by": "respond_by",
    },
}  # fmt: skip


@pytest.mark.parametrize("dialect", STYLES)
@pytest.mark.parametrize("name", tables.NAMES)
def test_what_is_told_is_true(
    shop: World, frames: dict[str, dict[str, pd.DataFrame]], name: str, dialect: str
) -> None:
    frame = frames[dialect][name].set_index(tables.KEYS[name])
    shelf = getattr(shop, name)
    assert set(frame.index) == set(shelf)
    for column, path in TRUTH[name].items():
        truths = {i: follow(record, path) for i, record in shelf.items()}
        if any(hasattr(truth, "currency") for truth in truths.values()):
            amounts = dict(zip(frame.index, plain(frame[f"{column}_amount"]), strict=True))
            kinds = dict(zip(frame.index, plain(frame[f"{column}_currency"]), strict=True))
            for i, truth in truths.items():
                found = None if amounts[i] is None else Decimal(str(amounts[i]))
                assert found == (truth and truth.amount), (column, i)
                assert kinds[i] == (truth and truth.currency), (column, i)
        else:
            found_all = dict(zip(frame.index, plain(frame[column]), strict=True))
            assert found_all == truths, column


def follow(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = None if record is None else getattr(record, name)
    return record


@pytest.mark.parametrize("dialect", ["2014", "2015", "2020"])
def test_a_moment_is_not_told_where_its_word_was_not_there_yet(
    frames: dict[str, dict[str, pd.DataFrame]], dialect: str
) -> None:
    then, today = frames[dialect]["returns"], frames["2026"]["returns"]
    history = frames["2026"]["returns.history"]
    by_ebay = history.loc[history["activity"] == "SYSTEM_INITIATED_REFUND", "record_id"]
    lost = today["return_id"].isin(by_ebay)
    pd.testing.assert_series_equal(
        then["refund_missed_at"][~lost], today["refund_missed_at"][~lost]
    )
    assert then["refund_missed_at"].isna().sum() > today["refund_missed_at"].isna().sum()
    assert then["ready_to_ship_at"].isna().all() == (dialect != "2020")


def test_what_differs_by_more_than_a_word(
    shop: World, frames: dict[str, dict[str, pd.DataFrame]]
) -> None:
    for dialect in ("2014", "2015"):
        table = frames[dialect]["cancellations"].set_index("cancel_id")
        for i, record in shop.cancellations.items():
            assert table.loc[i, "order_id"] == f"{record.item_id}-{record.transaction_id}"
            assert table["reason"].isna()[i] == (record.requestor == "BUYER")
        claims = frames[dialect]["inquiries"]["external_transaction_id"]
        assert claims.str.fullmatch("[0-9A-Z]{17}").all()
    for dialect in ("2014", "2015", "2020"):
        table = frames[dialect]["returns"].set_index("return_id")
        for i, record in shop.returns.items():
            assert table.loc[i, "item_title"] == record.item.title
    moves = frames["2015"]["returns.money_movements"]
    refunds = moves[moves["type"].str.startswith("PAYPAL")]
    sent = sum(bool(m.external_id) for r in shop.returns.values() for m in r.movements)
    assert len(refunds) <= sent
    assert set(refunds["provider"]) == {"PAYPAL"}


def test_every_lane_reads_the_first_dialect(shop: World) -> None:
    raw = page(shop, "returns", STYLES["2014"])
    from_raw = tables.from_search("returns", [raw])
    from_decoded = tables.from_search("returns", [orjson.loads(raw)])
    pd.testing.assert_frame_equal(from_raw, from_decoded)
    assert len(from_raw) == len(shop.returns)


def test_the_history_of_an_inquiry_is_put_back(shop: World) -> None:
    record = next(r for r in shop.inquiries.values() if len(r.history) > 2)
    answer = STYLES["2014"].detail(record)
    history = {"id": record.id, **answer.pop("inquiryHistoryDetails")}
    apart = tables.from_details("inquiries", [answer])["history"]
    assert apart.empty
    joined = tables.from_details("inquiries", [dialects.joined(answer, history)])["history"]
    assert list(joined["activity"]) == [event.activity for event in record.history]
    assert list(joined["at"]) == [event.at for event in record.history]


def test_answers_of_today_pass_untouched() -> None:
    whole = {"members": [{"returnId": "1", "state": "closed"}], "paginationOutput": {"offset": 0}}
    assert dialects.page("returns", whole) is whole
    for answer in ({"summary": {"returnId": "1"}}, {"inquiryId": "1"}, [], None, {"summary": None}):
        assert dialects.detail("returns", answer) is answer
    assert dialects.page("returns", [1, 2]) == [1, 2]


def test_nothing_given_is_changed() -> None:
    given = {"id": "1", "status": "closed", "held": [{"id": 3}]}
    before = orjson.dumps(given)
    assert dialects.detail("cases", given) is not given
    assert orjson.dumps(given) == before


@pytest.mark.parametrize("odd", [None, 7, "x", [], {}, [None], {"id": None}, [[1]]])
def test_odd_values_do_not_raise(odd: Any) -> None:
    held = {"members": [odd], "paginationOutput": {"pageNumber": odd}, "total": odd}
    assert isinstance(dialects.page("returns", held), dict)
    dialects.detail("returns", {"id": odd, "summary": odd, "detail": odd})
    tables.from_search("returns", [held])
    tables.from_details("returns", [{"id": odd, "summary": odd, "detail": odd}])


def test_surprises_cost_no_truth(shop: World) -> None:
    style = Style(surprises=1.0)
    for name in tables.NAMES:
        odd = tables.from_details(name, answers(shop, name, style))[name]
        usual = tables.from_details(name, answers(shop, name, STYLES["2026"]))[name]
        assert "unreadable" not in odd.attrs.get("drift", {})
        made_up = {c for c in odd.columns if c.startswith("refund_tax")}  # needs both currencies
        for column in odd.columns.difference(list(made_up)):
            if str(odd[column].dtype).startswith(("float", "datetime")) or column.endswith("_id"):
                assert plain(odd[column]) == plain(usual[column]), (name, column)


def test_a_raw_page_of_2014_says_what_the_decoded_one_says() -> None:
    page = {
        "members": [{"id": "5001", "state": "itemShipped"}],
        "paginationOutput": {"pageNumber": 1},
    }
    newer = {"members": [{"returnId": "5002", "state": "CLOSED"}]}
    raw = [json.dumps(answer).encode() for answer in (newer, page, newer)]
    assert tables.from_search("returns", raw)["state"].tolist() == [
        "CLOSED",
        "ITEM_SHIPPED",
        "CLOSED",
    ]
