"""A healthy snapshot has no findings; each kind of damage has its own."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.quality import RULES, check

NOW = pd.Timestamp("2026-06-30T12:00:00Z")


def snapshot_of(seed: int, marketplace: str = "EBAY_US") -> pn.Snapshot:
    with pn.demo(returns=90, days=150, seed=seed, now=str(NOW), marketplace=marketplace) as po:
        return pn.fetch.snapshot(po, since="150d", details=True, progress=False)


@pytest.fixture(scope="module")
def healthy() -> pn.Snapshot:
    return snapshot_of(5)


@pytest.fixture
def snapshot(healthy: pn.Snapshot) -> pn.Snapshot:
    """A copy that may be damaged."""
    whole = copy(healthy)
    whole.meta = dict(healthy.meta)
    for name, frame in healthy.tables():
        setattr(whole, name, frame.copy())
    return whole


def set_to(frame: pd.DataFrame, where: Any, column: str, value: Any) -> None:
    """Set a cell; a category takes up the value."""
    if isinstance(frame[column].dtype, pd.CategoricalDtype) and value is not pd.NA:
        known = frame[column].cat.categories
        if value not in known:
            frame[column] = frame[column].cat.add_categories([value])
    frame.loc[where, column] = value


def first(frame: pd.DataFrame, mask: pd.Series) -> int:
    """Return the label of the first row that a mask picks."""
    return frame.index[mask.fillna(False).astype(bool)][0]


def told(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    rows = found[["table", "finding"]].assign(record_id=found["record_id"].fillna(""))
    return [tuple(row) for row in rows[["finding", "table", "record_id"]].to_numpy()]


@pytest.mark.parametrize(
    ("seed", "marketplace"), [(1, "EBAY_US"), (2, "EBAY_DE"), (3, "EBAY_GB"), (4, "EBAY_US")]
)
def test_a_healthy_snapshot_has_no_findings(seed, marketplace):
    snapshot = snapshot_of(seed, marketplace)
    found = check(snapshot)
    assert told(found) == []
    assert list(found.columns) == ["severity", "table", "record_id", "finding", "detail"]
    assert found.attrs["summary"].endswith("checked: nothing is amiss.")
    assert f"{len(snapshot.returns)} returns" in found.attrs["summary"]


def test_nor_has_one_without_details_or_without_records():
    with pn.demo(returns=40, days=60, seed=6, now=str(NOW)) as po:
        assert told(check(pn.fetch.snapshot(po, since="60d", progress=False))) == []
    assert told(check({})) == []
    assert check({}).attrs["summary"] == "Nothing checked: nothing is amiss."
    assert told(check(pn.Snapshot())) == []


def test_it_survives_the_disk(snapshot, tmp_path):
    snapshot.returns.loc[0, "refund_amount"] = -1.0
    kept = pn.Snapshot.load(snapshot.save(tmp_path / "kept"))
    assert told(check(kept)) == told(check(snapshot)) != []


# -- damage: each returns what is to be found ------------------------------------------------

Damage = Callable[[pn.Snapshot], list[tuple[str, str, str]]]


def double(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    attrs = s.cases.attrs
    s.cases = pd.concat([s.cases, s.cases.iloc[[0]]], ignore_index=True)
    s.cases.attrs = attrs
    return [("duplicated id", "cases", s.cases["case_id"][0])]


def nameless(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = first(s.returns, s.returns["case_id"].isna())
    owner = s.returns["return_id"][row]
    s.returns.loc[row, "return_id"] = pd.NA
    frames = dict(s.tables())
    children = [n for n in pn.tables.CHILD_NAMES if (frames[n]["record_id"] == owner).any()]
    return [
        ("no id", "returns", ""),
        *(("rows without a record", name, owner) for name in children),
    ]


def orphan(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    s.files.loc[0, "record_id"] = "999"
    return [("rows without a record", "files", "999")]


def dated(table: str, column: str, finding: str, days: float = -3) -> Damage:
    def damage(s: pn.Snapshot) -> list[tuple[str, str, str]]:
        frame = getattr(s, table)
        row = first(frame, frame[column].notna())
        frame.loc[row, column] = frame["created_at"][row] + pd.Timedelta(days=days)
        return [(finding, table, frame[pn.tables.KEYS[table]][row])]

    return damage


def tomorrow(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = first(s.cases, s.cases["modified_at"].notna())
    s.cases.loc[row, "modified_at"] = NOW + pd.Timedelta(days=1)
    return [("in the future", "cases", s.cases["case_id"][row])]


def early_step(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = first(s.history, (s.history["record"] == "return") & (s.history["seq"] == 0))
    s.history.loc[row, "at"] -= pd.Timedelta(days=1)
    return [("history before created", "returns", s.history["record_id"][row])]


def late_step(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    case = s.history[s.history["record"] == "case"]
    row = case.groupby("record_id")["seq"].idxmax().iloc[0]
    s.history.loc[row, "at"] = NOW + pd.Timedelta(days=1)
    return [("in the future", "cases", s.history["record_id"][row])]


def odd_line(stage: str, finding: str) -> Damage:
    def damage(s: pn.Snapshot) -> list[tuple[str, str, str]]:
        row = first(s.refund_lines, s.refund_lines["stage"] == stage)
        s.refund_lines.loc[row, "amount"] += 0.01
        return [(finding, "returns", s.refund_lines["record_id"][row])]

    return damage


def less_for_the_buyer(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    r = s.returns
    taxed = r["refund_tax_amount"] > 0
    row = first(r, taxed)
    r.loc[row, "buyer_refund_amount"] = r["refund_amount"][row] - 0.01
    owner = r["return_id"][row]
    moved = [("movements differ from the refund", "returns", owner)]
    paid = s.money_movements[s.money_movements["record_id"] == owner]
    exact = (paid["actual_amount"] == r["refund_amount"][row]).any()
    return [("buyer refunded less", "returns", owner), *([] if exact else moved)]


def refund_row(s: pn.Snapshot, record: str = "cancellation") -> int:
    m = s.money_movements
    return first(m, (m["record"] == record) & (m["type"] == "SELLER_VOLUNTARY_REFUND")
                 & (m["status"] == "SUCCESS"))  # fmt: skip


def odd_movement(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = refund_row(s)
    s.money_movements.loc[row, "actual_amount"] -= 0.02
    owner = s.money_movements["record_id"][row]
    return [("movements differ from the refund", "cancellations", owner)]


def no_movement(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    owner = s.money_movements["record_id"][refund_row(s)]
    s.money_movements = s.money_movements[s.money_movements["record_id"] != owner]
    return [("refunded but not moved", "cancellations", owner)]


def no_refund(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    owner = s.money_movements["record_id"][refund_row(s)]
    row = first(s.cancellations, s.cancellations["cancel_id"] == owner)
    s.cancellations.loc[row, "refund_amount"] = float("nan")
    return [("moved but not refunded", "cancellations", owner)]


def odd_charge(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    c = s.cancellations
    same = c["net_charge_currency"].astype(str) == c["refund_currency"].astype(str)
    row = first(c, same & c["net_charge_amount"].notna())
    c.loc[row, "fee_credit_amount"] += 0.01
    return [("charge differs", "cancellations", c["cancel_id"][row])]


def odd_funding(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = first(s.fundings, s.fundings["record"] == "return")
    s.fundings.loc[row, "amount"] += 0.01
    return [("fundings differ from the charge", "returns", s.fundings["record_id"][row])]


def failed_refund(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = first(s.returns, s.returns["refund_amount"] > 0)
    set_to(s.returns, row, "refund_status", "FAILED")
    return [("refund failed and given", "returns", s.returns["return_id"][row])]


def bare_amount(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = first(s.inquiries, s.inquiries["claim_amount"] > 0)
    set_to(s.inquiries, row, "claim_currency", pd.NA)
    return [("amount without currency", "inquiries", s.inquiries["inquiry_id"][row])]


def below_zero(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    s.inquiries.loc[0, "shipping_cost_amount"] = -0.5
    return [("negative amount", "inquiries", s.inquiries["inquiry_id"][0])]


def other_state(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    r = s.returns
    row = first(r, (r["state"] != "CLOSED") & r["closed_at"].isna())
    set_to(r, row, "state", "ITEM_KEPT")
    return [("state differs from history", "returns", r["return_id"][row])]


def gap(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    h = s.history
    row = first(h, (h["record"] == "return") & (h["seq"] == 1))
    set_to(h, row, "from_state", "ITEM_KEPT")
    return [("history has a gap", "returns", h["record_id"][row])]


def swapped(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    h = s.history
    longest = h[h["record"] == "inquiry"].groupby("record_id")["seq"].transform("max")
    row = first(h.loc[longest.index], (longest >= 2) & (h["seq"][longest.index] == 1))
    h.loc[row, "at"] = h["at"][row + 1] + pd.Timedelta(seconds=1)
    return [("history out of order", "inquiries", h["record_id"][row])]


def forgotten(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    owner = s.cases["case_id"][0]
    s.history = s.history[(s.history["record"] != "case") | (s.history["record_id"] != owner)]
    return [("no history", "cases", owner)]


def undated(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    row = first(s.inquiries, s.inquiries["closed_at"].notna())
    s.inquiries.loc[row, "closed_at"] = pd.NaT
    return [("closed without a date", "inquiries", s.inquiries["inquiry_id"][row])]


def still_open(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    r = s.returns
    row = first(r, r["closed_at"].isna())
    r.loc[row, "closed_at"] = r["created_at"][row] + pd.Timedelta(hours=1)
    return [("open with a closing date", "returns", r["return_id"][row])]


def lost_case(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    r = s.returns
    row = first(r, r["case_id"].notna())
    case = r["case_id"][row]
    r.loc[row, "case_id"] = "999"
    return [("case is missing", "returns", r["return_id"][row])] if case else []


def no_case(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    r = s.returns
    row = first(r, r["case_id"].notna())
    r.loc[row, "case_id"] = pd.NA
    set_to(r, row, "status", "ESCALATED")
    return [("escalated without a case", "returns", r["return_id"][row])]


def lost_return(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    c = s.cases
    row = c.index[c["return_id"].notna()][-1]
    s.meta["since"] = "2025-01-01T00:00:00.000+00:00"
    for _, frame in s.tables():
        if "query" in frame.attrs:
            frame.attrs["query"] = {**frame.attrs["query"], "since": s.meta["since"]}
    owner = c["return_id"][row]
    c.loc[row, "return_id"] = "999"
    return [
        ("not linked back", "cases", c["case_id"][row]),
        ("return is missing", "cases", c["case_id"][row]),
    ] if owner else []  # fmt: skip


def unfetched(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    s.cases.attrs = {}
    return [("not fetched", "cases", "")]


def cut(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    s.returns.attrs["truncated"] = True
    return [("cut by a limit", "returns", "")]


def shorter(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    later = {**s.returns.attrs["query"], "since": "2026-06-01T00:00:00.000+00:00"}
    s.returns.attrs["query"] = later
    return [("fetched for less", "returns", "")]


def drifted(s: pn.Snapshot) -> list[tuple[str, str, str]]:
    kinds = ("unreadable", "unknown value", "unknown field")
    s.returns.attrs["drift"] = {kind: {"summary.x": 2} for kind in kinds}
    return [(kind, "returns", "") for kind in kinds]


DAMAGES: dict[str, Damage] = {
    "duplicated id": double,
    "no id": nameless,
    "rows without a record": orphan,
    "closed before created": dated("inquiries", "closed_at", "closed before created"),
    "escalated before created": dated("cases", "escalated_at", "escalated before created"),
    "refunded before created": dated("cancellations", "refunded_at", "refunded before created"),
    "deadline before created": dated("inquiries", "respond_by", "deadline before created"),
    "in the future": tomorrow,
    "a step in the future": late_step,
    "history before created": early_step,
    "lines differ from the refund": odd_line("actual", "lines differ from the refund"),
    "lines differ from the estimate": odd_line("estimated", "lines differ from the estimate"),
    "buyer refunded less": less_for_the_buyer,
    "movements differ from the refund": odd_movement,
    "moved but not refunded": no_refund,
    "refunded but not moved": no_movement,
    "charge differs": odd_charge,
    "fundings differ from the charge": odd_funding,
    "refund failed and given": failed_refund,
    "amount without currency": bare_amount,
    "negative amount": below_zero,
    "state differs from history": other_state,
    "history has a gap": gap,
    "history out of order": swapped,
    "no history": forgotten,
    "closed without a date": undated,
    "open with a closing date": still_open,
    "escalated without a case": no_case,
    "case is missing": lost_case,
    "return is missing": lost_return,
    "not fetched": unfetched,
    "cut by a limit": cut,
    "fetched for less": shorter,
    "unreadable": drifted,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_nothing_else(name, snapshot):
    expected = DAMAGES[name](snapshot)
    found = check(snapshot)
    assert sorted(told(found)) == sorted(expected)
    severities = {RULES[finding].severity for finding, _, _ in expected}
    assert set(found["severity"]) == severities
    assert f"({len(expected)} in" in found.attrs["summary"] or len(expected) > 1


def test_every_finding_is_tried():
    tried = {"not linked back", "unknown value", "unknown field"} | set(DAMAGES)
    assert tried - {"a step in the future"} == set(RULES)
    assert all(len(rule.meaning) > 10 for rule in RULES.values())


def test_the_worst_comes_first(snapshot):
    drifted(snapshot)
    below_zero(snapshot)
    early_step(snapshot)
    found = check(snapshot)
    assert found["severity"].tolist() == ["error", "warning", "warning", "note", "note"]
    lines = found.attrs["summary"].splitlines()
    assert lines[0].endswith("checked: 1 error, 2 warnings, 2 notes.")
    assert "- error: history before created (1 in returns)" in lines


def test_the_details_say_what_differs(snapshot):
    odd_movement(snapshot)
    detail = check(snapshot)["detail"][0]
    assert detail.startswith("moved ")
    assert ", refund " in detail


def test_the_present_may_be_given(snapshot):
    early = snapshot.returns["created_at"].max() - pd.Timedelta(days=1)
    assert "in the future" in set(check(snapshot, now=early.to_pydatetime())["finding"])
    with pytest.raises(errors.InputError, match="no time zone"):
        check(snapshot, now=datetime(2026, 6, 30))


def test_yen_have_no_cents():
    lines = [{"refundFeeType": "PURCHASE_PRICE", "refundAmount": {"value": v, "currency": "JPY"}}
             for v in (1000, 200)]  # fmt: skip
    total = {"value": 1201, "currency": "JPY"}
    refund = {"itemizedRefundDetail": lines, "totalAmount": total}
    answer = {"detail": {"refundInfo": {"actualRefundDetail": {"actualRefund": refund}}}}
    found = check(pn.tables.from_details("returns", [answer], ids=["1"]))
    assert found["detail"].tolist() == ["1,200 JPY, not 1,201 JPY"]


def test_two_currencies_are_not_compared():
    lines = [{"refundAmount": {"value": 5, "currency": "USD"}}]
    refund = {"itemizedRefundDetail": lines, "totalAmount": {"value": 4, "currency": "EUR"}}
    answer = {"detail": {"refundInfo": {"actualRefundDetail": {"actualRefund": refund}}}}
    assert told(check(pn.tables.from_details("returns", [answer], ids=["1"]))) == []
