"""Amounts that do not add up, each currency for itself and to the cent."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import tables
from .findings import Findings
from .view import View, among, minor, shown

#: Movements that bring money to the buyer; the last ones are paid by eBay, tax included.
_REFUNDS = (
    "REFUND",
    "SELLER_VOLUNTARY_REFUND",
    "AUTO_REFUND",
    "STORE_CREDIT",
    "LVT_IMMEDIATE_REFUND",
    "PAYPAL_REFUND",
    "PAYPAL_PARTIAL_REFUND",
    "NON_PAYPAL_FULL_REFUND",
    "NON_PAYPAL_PARTIAL_REFUND",
)
_PAYOUTS = (
    "BUYER_PAYOUT",
    "BUYER_MASS_PAYOUT",
    "BUYER_REFUND_AS_PAYOUT",
    "BUYER_PARTIAL_REFUND_AS_PAYOUT",
)
_DONE = ("SUCCESS", "FUNDED")
#: What a refund's movements may add up to: as the seller, the buyer or the account sees it.
_TOTALS = {
    "cancellations": ("refund", "requested"),
    "inquiries": ("refund", "refund_charge", "total"),
    "returns": ("refund", "buyer_refund"),
    "cases": ("refund", "refund_charge"),
}
_CHARGES = {
    "cancellations": "net_charge",
    "inquiries": "refund_charge",
    "returns": "net_charge",
    "cases": "refund_charge",
}


def look(view: View, found: Findings) -> None:
    """Look for sums that differ from what they should be."""
    for name, frame in view.records():
        _signs(name, frame, found)
        _movements(view, name, found)
        _charge(view, name, found)
        _fundings(view, name, found)
        _failed(view, name, found)
    _lines(view, "actual", "refund", "lines differ from the refund", found)
    _lines(view, "estimated", "refund_estimated", "lines differ from the estimate", found)
    _buyer(view, found)


def _amount(view: View, name: str, stem: str) -> pd.DataFrame:
    """Return an amount by id: ``amount`` in minor units and ``currency``, where both are told."""
    rows = view.record(name, f"{stem}_amount", f"{stem}_currency")
    return _clean(rows, stem) if len(rows) else _NOTHING


def _clean(rows: pd.DataFrame, stem: str = "") -> pd.DataFrame:
    currency = rows[f"{stem}_currency" if stem else "currency"].astype(object)
    made = pd.DataFrame({"amount": minor(rows, stem), "currency": currency})
    return made.dropna()


_NOTHING = pd.DataFrame(
    {"amount": pd.Series(dtype="float64"), "currency": pd.Series(dtype=object)},
    index=pd.Index([], dtype=object),
)


def _sums(rows: pd.DataFrame, stem: str = "") -> pd.DataFrame:
    """Add up the amounts of child rows by record and currency; ids may come several times."""
    clean = _clean(rows, stem).assign(record_id=rows["record_id"])
    summed = clean.groupby(["record_id", "currency"], sort=False)["amount"].sum()
    return summed.reset_index("currency")


def _differ(
    left: pd.DataFrame, right: pd.DataFrame, finding: str, name: str, found: Findings
) -> None:
    """Tell the records whose two amounts, in one currency, are not the same."""
    both = left.join(right.add_suffix("_due"), how="inner")
    wrong = both[
        (both["currency"] == both["currency_due"]) & (both["amount"] != both["amount_due"])
    ]
    pairs = zip(
        shown(wrong["amount"], wrong["currency"]),
        shown(wrong["amount_due"], wrong["currency"]),
        strict=True,
    )
    found.add(finding, name, wrong.index, [f"{one}, not {due}" for one, due in pairs])


def _lines(view: View, stage: str, total: str, finding: str, found: Findings) -> None:
    lines = view.rows("refund_lines", "returns")
    lines = lines[lines["stage"].astype(object) == stage]
    _differ(_sums(lines), _amount(view, "returns", total), finding, "returns", found)


def _buyer(view: View, found: Findings) -> None:
    seller = _amount(view, "returns", "refund").add_suffix("_seller")
    both = _amount(view, "returns", "buyer_refund").join(seller, how="inner")
    less = both[
        (both["currency"] == both["currency_seller"]) & (both["amount"] < both["amount_seller"])
    ]
    pairs = zip(
        shown(less["amount"], less["currency"]),
        shown(less["amount_seller"], less["currency"]),
        strict=True,
    )
    told = [f"buyer {one}, seller {other}" for one, other in pairs]
    found.add("buyer refunded less", "returns", less.index, told)


def _movements(view: View, name: str, found: Findings) -> None:
    moves = view.rows("money_movements", name)
    moves = moves[moves["status"].isin(_DONE)]
    paid = _sums(moves[among(moves["type"], _REFUNDS)], "actual")
    by_ebay = moves.loc[among(moves["type"], _PAYOUTS), "record_id"]
    refunds = _amount(view, name, "refund")
    given = refunds[refunds["amount"] > 0]
    details = view.rows("history", name)["record_id"]
    still = given[among(given.index, details) & ~among(given.index, moves["record_id"])]
    found.add(
        "refunded but not moved", name, still.index, shown(still["amount"], still["currency"])
    )
    known = view.record(name, "refund_amount").index
    paid = paid[among(paid.index, known)]
    none = paid[~among(paid.index, given.index)]
    found.add("moved but not refunded", name, none.index, shown(none["amount"], none["currency"]))
    # Where eBay paid, too, its share need not be the refund.
    rest = paid[among(paid.index, given.index) & ~among(paid.index, by_ebay)]
    fits = pd.Series(False, index=rest.index)
    compared = pd.Series(False, index=rest.index)
    for stem in _TOTALS[name]:
        total = _amount(view, name, stem).reindex(rest.index)
        same = (total["currency"] == rest["currency"]).to_numpy()
        compared |= same
        fits |= same & (total["amount"] == rest["amount"]).to_numpy()
    odd = rest[compared & ~fits]
    due = refunds.loc[odd.index]
    pairs = zip(
        shown(odd["amount"], odd["currency"]), shown(due["amount"], due["currency"]), strict=True
    )
    told = [f"moved {one}, refund {other}" for one, other in pairs]
    found.add("movements differ from the refund", name, odd.index, told)


def _charge(view: View, name: str, found: Findings) -> None:
    charge, refund, credit = (
        _amount(view, name, stem) for stem in (_CHARGES[name], "refund", "fee_credit")
    )
    credit = credit.reindex(refund.index)
    same = credit["amount"].isna() | (credit["currency"] == refund["currency"])
    less = refund["amount"] - credit["amount"].fillna(0)
    due = refund.assign(amount=less)[same & (less > 0)]
    _differ(charge, due, "charge differs", name, found)


def _fundings(view: View, name: str, found: Findings) -> None:
    taken = view.rows("fundings", name)
    taken = taken[taken["status"].astype(object) != "FAILED"]
    charge = _amount(view, name, _CHARGES[name])
    _differ(_sums(taken), charge, "fundings differ from the charge", name, found)


def _failed(view: View, name: str, found: Findings) -> None:
    rows = view.record(name, "refund_status", "refund_amount")
    if rows.empty:
        return
    failed = rows["refund_status"].astype(object).eq("FAILED") & (rows["refund_amount"] > 0)
    told = [f"refund {amount:,.2f}" for amount in rows.loc[failed, "refund_amount"]]
    found.add("refund failed and given", name, rows.index[failed], told)


def _signs(name: str, frame: pd.DataFrame, found: Findings) -> None:
    ids: Any = frame[tables.KEYS[name]]
    for column in frame.columns:
        if not column.endswith("_amount"):
            continue
        currency = column.removesuffix("amount") + "currency"
        below = frame[column] < 0
        told = [f"{column} {amount:,.2f}" for amount in frame.loc[below, column]]
        found.add("negative amount", name, ids[below], told)
        bare = frame[column].notna() & (frame[column] != 0) & frame[currency].isna()
        found.add("amount without currency", name, ids[bare], column)
