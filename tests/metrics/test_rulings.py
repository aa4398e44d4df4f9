"""Cases, defects and limits of fifty shops, against plain loops over their truth."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from postorder_nb.enums import CaseCloseReason
from postorder_nb.errors import InputError
from postorder_nb.metrics import (
    appeals,
    case_outcomes,
    cases_closed_without_resolution,
    defect_rate,
)
from postorder_nb.metrics.rulings import name_outcome

# What the simulator's reasons mean, by hand.
MEANING = {
    "BUYER_WINS_SELLER_FAULT": ("buyer_won", True),
    "ESCALATE_CS_AUTO_DISPOSE_BUYER_WIN_SELLER_FAULT": ("buyer_won", True),
    "BUYER_WINS_NO_SELLER_FAULT": ("buyer_won", False),
    "SELLER_WINS_BUYER_FAULT": ("seller_won", False),
    "ESCALATE_CS_AUTO_DISPOSE_SELLER_WIN_BUYER_FAULT": ("seller_won", False),
    "BUYER_REFUNDED": ("seller_refunded", False),
    "BUYER_CLOSE": ("withdrawn", False),
    "PAYMENT_PROCESSOR_CLAIM_FILED": ("other", False),
    "RETURN_TRACKING_DELIVERED": ("buyer_won", False),
    "EXPIRE_ENTER_TRACKING_AFTER_CS_DECISION": ("seller_won", False),
}


def over(case):
    return case.status in {"CLOSED", "CS_CLOSED"}


def test_outcomes_of_cases(shops):
    found = case_outcomes(shops.frames["cases"], by="shop")
    rows = {(row["shop"], row["outcome"]): row for row in found.to_dict("records")}
    n, fault, still = Counter(), Counter(), 0
    for key, shop in shops:
        for case in shop.truth["cases"]:
            if not over(case):
                still += 1
                continue
            outcome, guilty = MEANING[case.close_reason]
            n[key, outcome] += 1
            fault[key, outcome] += guilty
    assert rows.keys() == n.keys()
    assert found.attrs["n_open"] == still
    for key, count in n.items():
        whole = sum(value for other, value in n.items() if other[0] == key[0])
        row = rows[key]
        assert (row["n"], row["n_seller_fault"], row["share"]) == (
            count,
            fault[key],
            count / whole,
        )
        bounds = proportion_confint(count, whole, method="wilson")
        assert (row["share_low"], row["share_high"]) == pytest.approx(bounds, abs=1e-9)


def test_appeals(shops):
    found = appeals(shops.frames["cases"], by="shop")
    rows = {row["shop"]: row for row in found.to_dict("records")}
    for key, shop in shops:
        cases = [c for c in shop.truth["cases"] if c.status == "CS_CLOSED" or c.appeal_status]
        if not cases:
            assert key not in rows
            continue
        row = rows[key]
        appealed = [c for c in cases if c.appealed_at]
        granted = sum(c.appeal_grant == "GRANTED" for c in appealed)
        denied = sum(c.appeal_grant == "DENIED" for c in appealed)
        expected = {
            "n": len(cases),
            "n_appealed": len(appealed),
            "n_granted": granted,
            "n_denied": denied,
            "n_pending": len(appealed) - granted - denied,
            "n_can_appeal": sum(c.can_appeal for c in cases),
            "appealed_share": len(appealed) / len(cases),
            "granted_rate": granted / (granted + denied) if granted + denied else math.nan,
        }
        for column, value in expected.items():
            assert row[column] == pytest.approx(value, nan_ok=True), column
    assert sum(row["n_appealed"] for row in rows.values()) > 5


def defects(shop):
    """The order lines with a defect, by what it was."""
    lines = {(o.item.item_id, o.transaction_id) for o in shop.placed}
    stock = {
        (c.item_id, c.transaction_id)
        for c in shop.truth["cancellations"]
        if c.requestor == "SELLER" and c.reason == "OUT_OF_STOCK_OR_CANNOT_FULFILL"
    }
    lost = {
        (c.item_id, c.transaction_id)
        for c in shop.truth["cases"]
        if over(c) and MEANING[c.close_reason] == ("buyer_won", True)
    }
    return lines, stock & lines, lost & lines


def test_defects_and_lost_cases_against_their_limits(shops):
    frames = shops.frames
    found = defect_rate(
        cancellations=frames["cancellations"], cases=frames["cases"], orders=shops.orders, by="shop"
    )
    lost_only = cases_closed_without_resolution(frames["cases"], orders=shops.orders, by="shop")
    rows = {row["shop"]: row for row in found.to_dict("records")}
    lost_rows = {row["shop"]: row for row in lost_only.to_dict("records")}
    for key, shop in shops:
        lines, stock, lost = defects(shop)
        row, other = rows[key], lost_rows[key]
        assert (row["n"], row["n_out_of_stock"], row["n_unresolved"], row["n_defects"]) == (
            len(lines),
            len(stock),
            len(lost),
            len(stock | lost),
        )
        assert row["rate"] == len(stock | lost) / len(lines)
        allowed = math.floor(Fraction(2, 100) * len(lines))
        assert row["events_left"] == allowed - len(stock | lost)
        assert row["over"] == (Fraction(len(stock | lost), len(lines)) > Fraction(2, 100))
        assert (other["n"], other["n_unresolved"]) == (len(lines), len(lost))
        assert other["events_left"] == math.floor(Fraction(3, 1000) * len(lines)) - len(lost)
        bounds = proportion_confint(len(lost), len(lines), method="wilson")
        assert (other["rate_low"], other["rate_high"]) == pytest.approx(bounds, abs=1e-9)
    assert lost_only["n_unresolved"].sum() > 0


def test_a_bare_count_of_orders(shop):
    shop = shop(1)
    frames = shop.frames
    _, stock, lost = defects(shop)
    told = {"cancellations": frames["cancellations"], "cases": frames["cases"]}
    found = defect_rate(**told, orders=5000, threshold=0.005)
    assert found["n_defects"].tolist() == [len(stock) + len(lost)]
    assert found["events_left"].tolist() == [25 - len(stock) - len(lost)]
    with pytest.raises(InputError, match="no groups"):
        defect_rate(**told, orders=5000, freq="week")
    with pytest.raises(InputError, match="same span"):
        defect_rate(**told, orders=1)
    with pytest.raises(InputError, match="threshold"):
        defect_rate(**told, orders=5000, threshold=2)
    with pytest.raises(InputError, match="no table"):
        defect_rate(**told, orders="many")


def test_every_reason_of_ebay_has_an_outcome():
    vague = {
        *("AGENT_CLOSE_FOR_EBAY", "CLOSED_CS_CLOSE", "ECHECK_TIMEOUT", "OTHER", "UNDEFINED"),
        "PAYMENT_PROCESSOR_CLAIM_FILED",
    }
    assert {r for r in CaseCloseReason if name_outcome(r) == "other"} == vague
    for reason, (outcome, _) in MEANING.items():
        assert name_outcome(reason) == outcome


def test_reasons_that_name_no_winner_fall_back_on_the_outcome(table):
    frame = pd.DataFrame(
        {
            "case_id": list("12345"),
            "case_type": "RETURN",
            "status": ["CS_CLOSED"] * 4 + ["BRAND_NEW"],
            "seller_close_reason": ["BRAND_NEW", "BRAND_NEW", None, "NO_WAY_SELLER_FAULT", None],
            "seller_outcome": ["WIN", "LOSS", None, "LOSS", "WIN"],
            "no_seller_fault": pd.array([None, None, None, True, None], dtype="boolean"),
        }
    )
    found = case_outcomes(frame)
    assert dict(zip(found["outcome"], found["n"], strict=True)) == {
        "buyer_won": 2,
        "seller_won": 1,
        "other": 1,
    }
    assert found["n_seller_fault"].sum() == 0  # the flag clears the seller
    assert found.attrs["n_open"] == 1


def test_all_engines_agree(shop, engine):
    shop = shop(9)
    frames = {name: shop.frames[name] for name in ("cancellations", "cases")}
    there = {name: engine(frame) for name, frame in frames.items()}
    orders = engine(shop.orders)
    for call in (
        lambda t, o: case_outcomes(t["cases"], by="case_type", freq="month"),
        lambda t, o: appeals(t["cases"], freq="quarter"),
        lambda t, o: defect_rate(**t, orders=o, freq="month"),
    ):
        pd.testing.assert_frame_equal(call(there, orders), call(frames, shop.orders))


def test_no_cases_and_the_wrong_table(shop, engine):
    shop = shop(1)
    none = engine(shop.frames["cases"].head(0))
    assert case_outcomes(none).empty
    assert appeals(none).empty
    found = cases_closed_without_resolution(none, orders=100)
    assert found[["n", "n_unresolved", "events_left"]].to_numpy().tolist() == [[100, 0, 0]]
    for metric in (case_outcomes, appeals):
        with pytest.raises(InputError):
            metric(shop.frames["returns"])
    with pytest.raises(InputError, match="details"):
        case_outcomes(shop.frames["cases"][["case_id", "case_type", "status"]])
