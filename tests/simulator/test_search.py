"""The four searches against a plain filter of the truth, over real HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from postorder_nb.simulator import Simulator

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
OLDEST = datetime(2024, 9, 10, 12, tzinfo=UTC)
Ask = Callable[..., Any]

# path, key of the list, key of the id, most per page, window names
SEARCHES = {
    "returns": ("/return/search", "members", "returnId", 200, "creation_date_range"),
    "inquiries": ("/inquiry/search", "members", "inquiryId", 200, "inquiry_creation_date_range"),
    "cases": ("/casemanagement/search", "members", "caseId", 200, "case_creation_date_range"),
    "cancellations": (
        "/cancellation/search",
        "cancellations",
        "cancelId",
        500,
        "creation_date_range",
    ),
}
KINDS = list(SEARCHES)


def text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def searchable(sim: Simulator, kind: str) -> list[Any]:
    """What a search of the kind may show at all, oldest first."""
    found = [r for r in getattr(sim.world, kind).values() if r.created_at >= OLDEST]
    if kind == "inquiries":
        found = [r for r in found if r.status != "CLOSED_WITH_ESCALATION"]
    return sorted(found, key=lambda r: (r.created_at, int(r.id)))


def fetch(get: Ask, kind: str, **query: object) -> list[str]:
    """All pages by rows: the ids in the order they came."""
    path, key, id_key, most, _ = SEARCHES[kind]
    ids: list[str] = []
    while True:
        answer = get(path, limit=most, offset=len(ids), **query)
        assert answer.status == 200, answer.body
        page = [member[id_key] for member in answer.json.get(key, [])]
        ids += page
        if len(page) < most:
            total = answer.json.get("paginationOutput", {"totalEntries": 0})["totalEntries"]
            assert total == len(ids)
            return ids


@pytest.mark.parametrize("kind", KINDS)
def test_without_parameters_everything_of_eighteen_months_comes(
    sim: Simulator, get: Ask, kind: str
) -> None:
    ids = fetch(get, kind)
    expected = [record.id for record in searchable(sim, kind)]
    assert ids == (expected if kind in ("returns", "cancellations") else expected[::-1])
    assert len(expected) < len(getattr(sim.world, kind)) - (kind == "inquiries")


@pytest.mark.parametrize("kind", KINDS)
def test_windows_include_both_ends(sim: Simulator, get: Ask, kind: str) -> None:
    window = SEARCHES[kind][4]
    known = searchable(sim, kind)
    first, last = known[len(known) // 3], known[len(known) // 2]
    ids = fetch(
        get,
        kind,
        **{f"{window}_from": text(first.created_at), f"{window}_to": text(last.created_at)},
    )
    expected = {r.id for r in known if first.created_at <= r.created_at <= last.created_at}
    assert {first.id, last.id} <= expected == set(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_one_end_of_a_window_means_ninety_days(sim: Simulator, get: Ask, kind: str) -> None:
    window = SEARCHES[kind][4]
    known = searchable(sim, kind)
    edge = datetime(2025, 6, 1, tzinfo=UTC)
    before = {r.id for r in known if edge - timedelta(days=90) <= r.created_at <= edge}
    assert set(fetch(get, kind, **{f"{window}_to": text(edge)})) == before != set()
    if kind == "cancellations":
        answer = get(SEARCHES[kind][0], **{f"{window}_from": text(edge)})
        assert answer.status == 400
        assert answer.json["error"][0]["errorId"] == 10003
        assert answer.json["error"][0]["parameter"][0]["name"] == f"{window}_to"
    else:
        after = {r.id for r in known if edge <= r.created_at <= edge + timedelta(days=90)}
        assert set(fetch(get, kind, **{f"{window}_from": text(edge)})) == after != set()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_older_than_eighteen_months_is_found(sim: Simulator, get: Ask, kind: str) -> None:
    path, key, _, _, window = SEARCHES[kind]
    shelf = getattr(sim.world, kind).values()
    assert any(r.created_at < OLDEST for r in shelf)
    ends = {f"{window}_from": "2024-01-01T00:00:00.000Z", f"{window}_to": text(OLDEST)}
    answer = get(path, **ends).json
    assert not answer.get(key)
    assert (key in answer) == (kind in ("cases", "cancellations"))
    assert ("paginationOutput" in answer) == (kind != "cancellations")


@pytest.mark.parametrize("kind", KINDS)
def test_filters_by_item_line_and_order(sim: Simulator, get: Ask, kind: str) -> None:
    known = searchable(sim, kind)
    one = known[len(known) // 2]
    item, line = one.item.item_id, one.order.transaction_id
    same_item = {r.id for r in known if r.item.item_id == item}
    assert set(fetch(get, kind, item_id=item)) == same_item
    assert fetch(get, kind, item_id=item, transaction_id=line) == [one.id]
    assert len(fetch(get, kind, transaction_id=line)) == len(known)
    order = "legacy_order_id" if kind == "cancellations" else "order_id"
    assert fetch(get, kind, **{order: one.order.order_id}) == [one.id]
    assert fetch(get, kind, **{order: "99-00000-99999"}) == []


def test_an_unpaid_order_has_its_old_number(sim: Simulator, get: Ask) -> None:
    unpaid = next(r for r in searchable(sim, "cancellations") if not r.order.paid)
    old = f"{unpaid.item.item_id}-{unpaid.order.transaction_id}"
    assert fetch(get, "cancellations", legacy_order_id=old) == [unpaid.id]


@pytest.mark.parametrize(
    ("kind", "parameter", "key"),
    [
        ("inquiries", "inquiry_status", "status"),
        ("cases", "case_status_filter", "status"),
        ("returns", "states", "state"),
    ],
)
def test_filters_by_state(sim: Simulator, get: Ask, kind: str, parameter: str, key: str) -> None:
    known = searchable(sim, kind)
    for value in {getattr(r, key) for r in known}:
        expected = {r.id for r in known if getattr(r, key) == value}
        assert set(fetch(get, kind, **{parameter: value})) == expected
    both = sorted({getattr(r, key) for r in known})[:2]
    expected = {r.id for r in known if getattr(r, key) in both}
    assert set(fetch(get, kind, **{parameter: ",".join(both)})) == expected


def test_return_groups_share_out_what_is_open(sim: Simulator, get: Ask) -> None:
    known = searchable(sim, "returns")
    groups = {
        group: set(fetch(get, "returns", return_state=group))
        for group in (
            "ALL_OPEN", "ALL_OPEN_RETURN", "CLOSED", "RETURN_STARTED", "ITEM_SHIPPED",
            "ITEM_DELIVERED", "SELLER_ACTION_DUE", "SELLER_ACTION_OVERDUE", "SELLER_NO_ACTION",
            "ALL_OPEN_REPLACEMENT", "EBAY_PLUS",
        )
    }  # fmt: skip
    still_open = {r.id for r in known if r.state != "CLOSED"}
    assert groups["ALL_OPEN"] == groups["ALL_OPEN_RETURN"] == still_open
    assert groups["CLOSED"] == {r.id for r in known} - still_open
    assert groups["ITEM_SHIPPED"] == {r.id for r in known if r.state == "ITEM_SHIPPED"}
    for shares in (
        ("RETURN_STARTED", "ITEM_SHIPPED", "ITEM_DELIVERED"),
        ("SELLER_ACTION_DUE", "SELLER_ACTION_OVERDUE", "SELLER_NO_ACTION"),
    ):
        assert sum(len(groups[share]) for share in shares) == len(still_open)
        assert set.union(*(groups[share] for share in shares)) == still_open
    waiting = {r.id: r for r in known if r.id in groups["SELLER_ACTION_DUE"]}
    assert waiting
    assert all(r.seller_due.at >= NOW for r in waiting.values())
    asked = {r.id for r in known if r.state == "RETURN_REQUESTED"}
    assert asked <= groups["SELLER_ACTION_DUE"]
    assert groups["ALL_OPEN_REPLACEMENT"] == groups["EBAY_PLUS"] == set()
    counts = {c["type"]: c["count"] for c in get("/return/search").json["countSummary"]}
    assert counts == {group: len(ids) for group, ids in groups.items()}
    only = get("/return/search", return_state="ITEM_SHIPPED").json["countSummary"]
    assert only == [{"type": "ITEM_SHIPPED", "count": len(groups["ITEM_SHIPPED"])}]


def test_sorts_of_the_return_search(sim: Simulator, get: Ask) -> None:
    known = {r.id: r for r in searchable(sim, "returns")}
    keys: dict[str, Callable[[Any], Any]] = {
        "FILING_DATE": lambda r: r.created_at,
        "RETURN_ID": lambda r: int(r.id),
        "REASON": lambda r: r.reason,
        "STATUS": lambda r: r.status,
        "BUYER_LOGIN_NAME": lambda r: r.buyer.login,
        "ESTIMATED_AMOUNT": lambda r: r.estimated.amount,
        "ACTUAL_AMOUNT": lambda r: r.refund.amount if r.refund else Decimal(0),
    }
    for name, key in keys.items():
        for sign in "+-":
            values = [key(known[i]) for i in fetch(get, "returns", sort=sign + name)]
            assert values == sorted(map(key, known.values()), reverse=sign == "-")
    due = [known[i].seller_due for i in fetch(get, "returns", sort="+REFUND_DUE_DATE")]
    dates = [d.at for d in due if d]
    assert dates == sorted(dates)


def test_sorts_of_the_other_searches(sim: Simulator, get: Ask) -> None:
    for kind in ("inquiries", "cases"):
        ids = [r.id for r in searchable(sim, kind)]
        assert fetch(get, kind, sort="Ascending") == ids
        assert fetch(get, kind, sort="Descending") == ids[::-1]
    ids = [r.id for r in searchable(sim, "cancellations")]
    assert fetch(get, "cancellations", sort="+CANCEL_ID") == sorted(ids, key=int)
    assert fetch(get, "cancellations", sort="-CANCEL_ID") == sorted(ids, key=int)[::-1]


def test_a_plus_that_was_not_escaped_is_understood(sim: Simulator, get: Ask) -> None:
    assert fetch(get, "returns", sort=" RETURN_ID") == fetch(get, "returns", sort="+RETURN_ID")


def test_one_id_overrides_everything_else(sim: Simulator, get: Ask) -> None:
    old = min(sim.world.returns.values(), key=lambda r: r.created_at)
    query = {"return_id": old.id, "states": "ITEM_SHIPPED", "item_id": "1", "role": "BUYER"}
    assert fetch(get, "returns", **query) == [old.id]
    assert fetch(get, "returns", return_id="1") == []
    cancel = min(sim.world.cancellations.values(), key=lambda r: r.created_at)
    query = {"cancel_id": cancel.id, "creation_date_range_from": text(NOW)}
    assert fetch(get, "cancellations", **query) == [cancel.id]


def test_cases_are_found_by_the_return_they_came_from(sim: Simulator, get: Ask) -> None:
    case = next(c for c in sim.world.cases.values() if c.return_id and c.created_at > OLDEST)
    assert fetch(get, "cases", return_id=case.return_id) == [case.id]
    assert fetch(get, "cases", return_id="1") == []


def test_a_seller_is_no_buyer(sim: Simulator, get: Ask) -> None:
    for kind in ("returns", "cancellations"):
        assert fetch(get, kind, role="BUYER") == []
        assert len(fetch(get, kind, role="SELLER")) == len(searchable(sim, kind))
    both = Counter(r.requestor for r in searchable(sim, "cancellations"))
    assert set(both) == {"BUYER", "SELLER"}


def test_totals_have_four_names(sim: Simulator, get: Ask) -> None:
    names = {"returns": "total", "cancellations": "total", "cases": "totalNumberOfCases",
             "inquiries": "totalNumberOfInquiries"}  # fmt: skip
    for kind, (path, key, _, most, _) in SEARCHES.items():
        answer = get(path).json
        assert answer[names[kind]] == len(searchable(sim, kind))
        assert len(answer[key]) == (10 if kind == "cancellations" else 25)
        pages = answer["paginationOutput"]
        assert pages["totalEntries"] == len(searchable(sim, kind))
        assert pages["totalPages"] == -(-pages["totalEntries"] // pages["limit"])
        assert get(path, limit=most).status == 200


@pytest.mark.parametrize("mode", ["rows", "pages", "pages1"])
@pytest.mark.parametrize("kind", KINDS)
def test_pages_share_out_the_records(caller: Ask, kind: str, mode: str) -> None:
    path, key, id_key, _, _ = SEARCHES[kind]
    with Simulator(returns=700, days=400, seed=3, now=NOW, offset=mode) as sim:
        known = [r.id for r in searchable(sim, kind)]
        starts = {
            "rows": range(0, len(known), 20),
            "pages": range(-(-len(known) // 20)),
            "pages1": range(1, -(-len(known) // 20) + 1),
        }[mode]
        ids = []
        for offset in starts:
            answer = caller(sim, path, limit=20, offset=offset).json
            assert answer["paginationOutput"]["offset"] == offset
            ids += [member[id_key] for member in answer[key]]
        assert len(ids) > 20
        assert sorted(ids) == sorted(known)
        beyond = caller(sim, path, limit=20, offset=starts[-1] + (20 if mode == "rows" else 1))
        assert not beyond.json.get(key)
        if mode == "pages1":
            first = caller(sim, path, limit=20, offset=0).json[key]
            assert [member[id_key] for member in first] == ids[:20]


def test_what_is_added_is_found(caller: Ask) -> None:
    with Simulator(returns=40, days=100, seed=3, now=NOW) as sim:
        at = NOW - timedelta(days=20, seconds=1)
        before = caller(sim, "/return/search").json["total"]
        added = sim.world.add_return(at)
        window = {"creation_date_range_from": text(at), "creation_date_range_to": text(at)}
        found = caller(sim, "/return/search", **window).json["members"]
        assert [member["returnId"] for member in found] == [added.id]
        assert caller(sim, "/return/search").json["total"] == before + 1


@pytest.mark.parametrize(
    ("path", "query", "number", "domain"),
    [
        ("/return/search", {"limit": 201}, 1401, "returnErrorDomain"),
        ("/return/search", {"limit": 0}, 1402, "returnErrorDomain"),
        ("/return/search", {"offset": -1}, 1402, "returnErrorDomain"),
        ("/return/search", {"limit": "many"}, 1616, "returnErrorDomain"),
        ("/return/search", {"states": "LOST"}, 1616, "returnErrorDomain"),
        ("/return/search", {"return_state": "OPEN"}, 1616, "returnErrorDomain"),
        ("/return/search", {"sort": "FILING_DATE"}, 1616, "returnErrorDomain"),
        ("/return/search", {"role": "seller"}, 1616, "returnErrorDomain"),
        ("/return/search", {"creation_date_range_to": "May 1"}, 1616, "returnErrorDomain"),
        ("/inquiry/search", {"limit": 201}, 2004, "resolutionsErrorDomain"),
        ("/inquiry/search", {"inquiry_status": "LOST"}, 2004, "resolutionsErrorDomain"),
        ("/inquiry/search", {"sort": "-FILING_DATE"}, 2004, "resolutionsErrorDomain"),
        ("/casemanagement/search", {"case_status_filter": "X"}, 2004, "resolutionsErrorDomain"),
        ("/casemanagement/search", {"offset": "x"}, 2004, "resolutionsErrorDomain"),
        ("/cancellation/search", {"limit": 501}, 2004, "cancelErrorDomain"),
        ("/cancellation/search", {"sort": "+CANCEL_STATE"}, 2004, "cancelErrorDomain"),
    ],
)
def test_bad_parameters_are_refused(
    get: Ask, path: str, query: dict[str, Any], number: int, domain: str
) -> None:
    answer = get(path, **query)
    assert answer.status == 400
    (error,) = answer.json["error"]
    assert (error["errorId"], error["domain"], error["severity"]) == (number, domain, "ERROR")
    assert error["category"] == "REQUEST"
    assert error["httpStatusCode"] == "400"
    ((name, value),) = query.items()
    assert error["parameter"] == [{"name": name, "value": str(value)}]


def test_unknown_parameters_are_ignored(sim: Simulator, get: Ask) -> None:
    assert len(fetch(get, "returns", retrun_state="CLOSED")) == len(searchable(sim, "returns"))
