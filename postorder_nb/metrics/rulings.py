"""How eBay decides cases: who won, whose fault, and what appeals bring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from ..enums import AppealCloseReason, AppealGrantStatus, CaseCloseReason, CaseStatus
from . import lives
from .grouping import Source, dated, member, total, within
from .results import tidy
from .shares import bounded

BUYER_WON, SELLER_WON = "buyer_won", "seller_won"
SELLER_REFUNDED, WITHDRAWN, OTHER = "seller_refunded", "withdrawn", "other"

_OUTCOMES = {
    CaseCloseReason.AGENT_CLOSE_FOR_BUYER: BUYER_WON,
    CaseCloseReason.AGENT_CLOSE_FOR_SELLER: SELLER_WON,
    CaseCloseReason.BUYER_CLOSE: WITHDRAWN,
    CaseCloseReason.BUYER_REFUNDED: SELLER_REFUNDED,
    CaseCloseReason.EXPIRE_AFTER_ENTER_TRACKING_FOR_FORCED_RETURN: SELLER_WON,
    CaseCloseReason.EXPIRE_ENTER_TRACKING_AFTER_CS_DECISION: SELLER_WON,
    CaseCloseReason.ITEM_DELIVERED_FOR_FORCED_RETURN: BUYER_WON,
    CaseCloseReason.RETURN_TRACKING_DELIVERED: BUYER_WON,
    CaseCloseReason.SELLER_FULL_REFUND_PP: SELLER_REFUNDED,
    CaseCloseReason.SELLER_PARTIAL_REFUND_PP: SELLER_REFUNDED,
}
# The other reasons say it in their names, also those eBay may add.
_WORDS = (
    ("BUYER_WIN", BUYER_WON),
    ("SELLER_WIN", SELLER_WON),
    ("NO_SELLER_FAULT_BUYER", BUYER_WON),
    ("BUYER_CONFIRM_FULL_REFUND", SELLER_REFUNDED),
    ("BUYER_CONFIRM_PARTIAL_REFUND", SELLER_REFUNDED),
)
_GRANTED: dict[str, list[Any]] = {
    "appeal_status": [AppealGrantStatus.GRANTED],
    "appeal_close_reason": [
        AppealCloseReason.APPEAL_BUYER_WINS,
        AppealCloseReason.APPEAL_BUYER_WINS_PARTIAL_CREDIT,
        AppealCloseReason.APPEAL_SELLER_WINS_FULL_CREDIT,
        AppealCloseReason.APPEAL_SELLER_WINS_FULL_CREDIT_CANCEL_RECOUP,
        AppealCloseReason.APPEAL_SELLER_WINS_PARTIAL_CREDIT,
    ],
}
_DENIED: dict[str, list[Any]] = {
    "appeal_status": [AppealGrantStatus.DENIED],
    "appeal_close_reason": [
        AppealCloseReason.APPEAL_BUYER_DENIED,
        AppealCloseReason.APPEAL_SELLER_DENIED,
    ],
}
_REASONS = ("seller_close_reason", "buyer_close_reason")
_DETAILS = "read the details of the cases: the search answer does not hold this column"


def case_outcomes(
    cases: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Count how cases ended: who won, and whether eBay held the seller at fault.

    ``share = n / N``: numerator, the group's closed cases with this outcome; denominator, all
    its closed cases. Open ones (an appeal opens a case again) are left out and counted in
    ``attrs["n_open"]``. The outcome is read from `seller_close_reason`, else
    `buyer_close_reason`: ``buyer_won`` and ``seller_won`` by eBay's decision,
    ``seller_refunded`` before one, ``withdrawn`` by the buyer, else ``other`` (a payment
    dispute, an unknown reason). A reason that names no winner falls back on `seller_outcome`
    (WIN, LOSS). The seller is at fault where the reason says SELLER_FAULT, and neither it nor
    the flag `no_seller_fault` says the contrary.

    Parameters
    ----------
    cases : DataFrame
        The table of cases with its details, of pandas, Polars, pyarrow, DuckDB ...
    by : str or sequence of str, optional
        Columns to group by, such as `case_type`.
    freq : {"day", "week", "month", "quarter", "year"}, optional
        Also group by the period of `created_at`, the day of the escalation.
    tz : str
        Time zone of the periods.
    min_n : int
        Groups of fewer closed cases are left out and counted in ``attrs``.
    confidence : float
        Of the intervals, strictly between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``[period, by ...], outcome, n, share, share_low, share_high, n_seller_fault``: counts of
        cases, fractions with the Wilson interval. Sorted by group and falling `n`.

    Raises
    ------
    InputError
        If the table has no closing reasons, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({"case_id": list("123"), "case_type": "RETURN",
    ...     "status": ["CS_CLOSED", "CS_CLOSED", "OPEN"],
    ...     "seller_close_reason": ["BUYER_WINS_SELLER_FAULT", "SELLER_WINS_BUYER_FAULT", None]})
    >>> case_outcomes(cases)[["outcome", "n", "share", "n_seller_fault"]]
          outcome  n  share  n_seller_fault
    0   buyer_won  1    0.5               1
    1  seller_won  1    0.5               0
    """
    source = Source(cases)
    _check(source, "case_outcomes")
    taken = ("outcome", "n", "share", "n_seller_fault")
    grouping = source.grouping(by, freq, tz, taken=taken, min_n=min_n)
    closed = lives.closed(source)
    facts = {"outcome": outcome(source), "fault": seller_fault(source), "closed": closed}
    counts, undated = dated(source.tally(grouping, facts), grouping)
    over = counts["closed"].astype(bool)
    n_open = int(counts.loc[~over, "n"].sum())
    counts = counts[over]
    counts = counts.assign(n_seller_fault=counts["n"].where(counts["fault"].astype(bool), 0))
    rows = total(counts, [*grouping.columns, "outcome"], of=["n", "n_seller_fault"])
    rows = rows.astype({"outcome": "string"})
    whole = within(rows, grouping.columns)
    rows = rows.assign(**bounded("share", rows["n"], whole, confidence))
    rows["n_seller_fault"] = rows.pop("n_seller_fault")
    return tidy(
        rows,
        source,
        grouping,
        order={"n": False, "outcome": True},
        metric="case_outcomes",
        unit="share of closed cases",
        undated=undated,
        confidence=confidence,
        n_open=n_open,
    )


def appeals(
    cases: Any,
    *,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    tz: str = "UTC",
    min_n: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Return how often eBay's decisions are appealed, and with what success.

    ``appealed_share = n_appealed / n``: denominator, the cases eBay has decided (status
    CS_CLOSED, or appealed since); numerator, those with an appeal, by whomever
    (``by="appeal_outcome"`` tells). ``granted_rate = n_granted / (n_granted + n_denied)``:
    appeals without an answer are `n_pending`, in neither. `n_can_appeal` is how many can still
    be appealed.

    Parameters
    ----------
    cases, by, freq, tz, min_n, confidence
        As for `case_outcomes`.

    Returns
    -------
    pandas.DataFrame
        ``[period, by ...], n, n_appealed, appealed_share, appealed_share_low,
        appealed_share_high, n_granted, n_denied, n_pending, granted_rate, granted_rate_low,
        granted_rate_high, n_can_appeal``: counts of cases, fractions with Wilson intervals, NaN
        where nothing was answered.

    Raises
    ------
    InputError
        If the table has no appeal columns, or an argument is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({"case_id": list("123"), "case_type": "RETURN",
    ...     "status": "CS_CLOSED", "appeal_outcome": ["SELLER_APPEALED", None, None],
    ...     "appeal_status": ["GRANTED", None, None], "can_appeal": [False, True, False]})
    >>> appeals(cases)[["n", "n_appealed", "n_granted", "granted_rate", "n_can_appeal"]]
       n  n_appealed  n_granted  granted_rate  n_can_appeal
    0  3           1          1           1.0             1
    """
    source = Source(cases)
    source.expect("cases", metric="appeals")
    source.require("status", "appeal_status", advice=_DETAILS)
    taken = ("n", "n_appealed", "n_granted", "n_denied", "n_pending", "n_can_appeal")
    grouping = source.grouping(by, freq, tz, taken=taken, min_n=min_n)
    marks = [c for c in ("appeal_status", "appeal_outcome", "appealed_at") if c in source]
    appealed = nw.lit(value=False)
    for column in marks:
        appealed = appealed | ~nw.col(column).is_null()
    granted, denied = (_any(source, sets) & appealed for sets in (_GRANTED, _DENIED))
    can = nw.col("can_appeal").fill_null(value=False) if "can_appeal" in source else None
    sums = {
        "n_appealed": appealed,
        "n_granted": granted,
        "n_denied": denied & ~granted,
        "n_pending": appealed & ~granted & ~denied,
        "n_can_appeal": nw.lit(value=False) if can is None else can,
    }
    decided = source.among("status", [CaseStatus.CS_CLOSED]) | appealed
    counts, undated = dated(source.tally(grouping, sums=sums, where=decided), grouping)
    rows = total(counts, grouping.columns, of=["n", *sums])
    answered = rows["n_granted"] + rows["n_denied"]
    columns = {"n": rows["n"], "n_appealed": rows["n_appealed"]}
    columns |= bounded("appealed_share", rows["n_appealed"], rows["n"], confidence)
    columns |= {name: rows[name] for name in ("n_granted", "n_denied", "n_pending")}
    columns |= bounded("granted_rate", rows["n_granted"], answered, confidence)
    rows = rows[grouping.columns].assign(**columns, n_can_appeal=rows["n_can_appeal"])
    return tidy(
        rows,
        source,
        grouping,
        order={},
        metric="appeals",
        unit="share of decided cases",
        undated=undated,
        confidence=confidence,
    )


def outcome(cases: Source) -> nw.Expr:
    """Name how each case ended; see `case_outcomes`."""
    names = {text: name_outcome(text) for text in _reasons(cases)}
    found = nw.lit(OTHER)
    for label, mark in ((SELLER_WON, "WIN"), (BUYER_WON, "LOSS")):
        found = nw.when(cases.among("seller_outcome", [mark])).then(nw.lit(label)).otherwise(found)
    for label in dict.fromkeys(names.values()):
        if label != OTHER:
            such = [text for text, name in names.items() if name == label]
            found = nw.when(_closed_for(cases, such)).then(nw.lit(label)).otherwise(found)
    return found


def seller_fault(cases: Source) -> nw.Expr:
    """Tell whether eBay held the seller at fault; see `case_outcomes`."""
    texts = [t for t in _reasons(cases) if "SELLER_FAULT" in t and "NO_SELLER_FAULT" not in t]
    cleared = nw.lit(value=False)
    if "no_seller_fault" in cases:
        cleared = nw.col("no_seller_fault").fill_null(value=False)
    return _closed_for(cases, texts) & ~cleared


def unresolved(cases: Source) -> nw.Expr:
    """Tell which cases eBay closed against the seller, who had not settled them."""
    _check(cases, "cases_closed_without_resolution")
    won = member(outcome(cases), [BUYER_WON])
    return won & seller_fault(cases) & lives.closed(cases)


def name_outcome(reason: str) -> str:
    """
    Name the outcome that a closing reason stands for.

    Examples
    --------
    >>> name_outcome("BUYER_WINS_NO_SELLER_FAULT"), name_outcome("EXPIRED_SOMEHOW")
    ('buyer_won', 'other')
    """
    for known, name in _OUTCOMES.items():
        if reason == known:
            return name
    return next((name for word, name in _WORDS if word in reason), OTHER)


def _reasons(cases: Source) -> set[str]:
    """Return what closing reasons there are."""
    return {text for column in _REASONS if column in cases for text in cases.texts(column)}


def _closed_for(cases: Source, reasons: Iterable[str]) -> nw.Expr:
    """Tell which cases were closed for such a reason: the seller's, else the buyer's."""
    found, untold = nw.lit(value=False), nw.lit(value=True)
    for column in _REASONS:
        if column in cases:
            found = found | (untold & cases.among(column, reasons))
            untold = untold & nw.col(column).is_null()
    return found


def _check(source: Source, metric: str) -> None:
    source.expect("cases", metric=metric)
    if "seller_close_reason" not in source and "buyer_close_reason" not in source:
        source.require("seller_close_reason", advice=_DETAILS)


def _any(source: Source, sets: dict[str, list[Any]]) -> nw.Expr:
    found = nw.lit(value=False)
    for column, values in sets.items():
        found = found | source.among(column, values)
    return found
