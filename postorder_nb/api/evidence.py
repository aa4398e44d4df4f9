"""
What a record says about a write: read before it, read again after it, and compared.

A write leaves traces: a line in the history, a money movement, a refunded amount, a state, or a
new record that a search finds. Each write has a `Look` (where its traces would be); an answer
becomes a `Reading` (which of them are there); two readings become a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .journal import Verdict
from .operation import ROOT, Answer, Effect, Request

_RECORD = re.compile(rf"{ROOT}/(?P<kind>return|cancellation|inquiry|casemanagement)/[^/]+(?=/)")

# The line of the history that each act writes; the party's own where both have one.
_ACTS: dict[str, tuple[str, ...]] = {
    "returns.issue_refund": ("SELLER_ISSUE_REFUND", "SELLER_RETRY_REFUND"),
    "returns.mark_as_received": ("SELLER_MARK_AS_RECEIVED",),
    "returns.escalate": ("SELLER_ESCALATE", "BUYER_ESCALATE"),
    "returns.send_message": ("SELLER_SEND_MESSAGE", "BUYER_SEND_MESSAGE"),
    "returns.file_upload": ("SUBMIT_FILE",),
    "returns.add_shipping_label": ("SELLER_PROVIDE_LABEL", "SELLER_PRINT_SHIPPING_LABEL"),
    "cancellations.approve": ("SELLER_APPROVE",),
    "cancellations.reject": ("SELLER_REJECT",),
    "cancellations.confirm": ("BUYER_CONFIRM_REFUND", "BUYER_CONFIRM_NOT_PAID"),
    "inquiries.issue_refund": ("Voluntary refund pending",),
    "inquiries.send_message": (
        "Seller offered another solution.",
        "A message was sent from one party to another.",
    ),
    "inquiries.provide_shipment_info": (
        "Seller provided tracking information for shipment.",
        "Seller provided shipping information.",
    ),
    "inquiries.escalate": (
        "User has contacted customer support. Other party cannot see this activity.",
    ),
}
_REFUND = {
    "returns.issue_refund",
    "inquiries.issue_refund",
    "cases.issue_refund",
    "cancellations.approve",
}
_DECISIONS = {
    "APPROVE": ("SELLER_APPROVE_REQUEST",),
    "DECLINE": ("SELLER_DECLINE_REQUEST",),
    "OFFER_PARTIAL_REFUND": ("SELLER_OFFER_PARTIAL_REFUND",),
    "OFFER_RETURN": ("SELLER_OFFER_RETURNS", "SELLER_APPROVE_REQUEST"),
    "PROVIDE_RMA": ("SELLER_PROVIDE_RMA",),
    "ACCEPT_PARTIAL_REFUND": ("BUYER_ACCEPTS_PARTIAL_REFUND",),
    "DECLINE_PARTIAL_REFUND": ("BUYER_DECLINE_PARTIAL_REFUND",),
}
# Inquiries and cases tell their history in prose, and not always in English.
_PROSE = frozenset(
    line.casefold() for lines in _ACTS.values() for line in lines if not line.isupper()
) | {"a cps case was created."}

_REFUNDS = {"SELLER_VOLUNTARY_REFUND", "REFUND", "PAYPAL_REFUND", "PAYPAL_PARTIAL_REFUND"}
_PAYING = {
    "REFUND_INITIATED",
    "REFUND_PENDING",
    "PARTIAL_REFUND_INITIATED",
    "VOLUNTARY_REFUND_PAYOUT_PENDING",
}
_FAILED = {
    "REFUND_FAILED",
    "PARTIAL_REFUND_FAILED",
    "REFUND_FAILED_RETRY",
    "REFUND_AGREED_BUT_FAILED",
}
_SKEW = timedelta(seconds=60)

GRACE = 120.0
"""Seconds after which a request whose answer was lost can no longer be on its way."""


@dataclass(frozen=True)
class Look:
    """
    Where the traces of a write would be.

    Parameters
    ----------
    path, query
        What to read; no path where nothing can be read.
    acts : tuple of str
        The lines it writes into the history.
    match : mapping
        The fields that a found record must have: what it creates is looked for by search.
    pays : bool
        Whether refunded amounts and money movements are its traces, too.
    once : bool
        Whether a record takes the call once only: it refunds, or creates the record.
    role : str
        Who makes the call.
    """

    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    acts: tuple[str, ...] = ()
    match: Mapping[str, str] = field(default_factory=dict)
    pays: bool = False
    once: bool = False
    role: str = "SELLER"

    @property
    def request(self) -> Request:
        """The call that reads it."""
        label = f"reading {self.path.removeprefix(ROOT)}"
        return Request("GET", self.path, Effect.READ, query=self.query, label=label)


@dataclass(frozen=True)
class Reading:
    """
    Which traces there are; it holds nobody's words, so that it may stand in the journal.

    `acts` counts the lines of the act, `newest` is when the last was written, `foreign` counts
    the party's own lines in prose that is not known; `ids` are the records a search found.
    """

    acts: int = 0
    newest: str = ""
    foreign: int = 0
    movements: int = 0
    refunded: str = ""
    refund_status: str = ""
    state: str = ""
    ids: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the last refund came to nothing."""
        return self.state in _FAILED or self.refund_status == "FAILED"

    @property
    def traces(self) -> bool:
        """Whether there is any trace at all."""
        return bool(self.acts or self.movements or self.refunded or self.ids)


def acts_of(operation: str, decision: str = "") -> tuple[str, ...]:
    """
    Return the lines that an act writes into the history; eBay offers it under the same names.

    Examples
    --------
    >>> acts_of("returns.decide", "DECLINE")
    ('SELLER_DECLINE_REQUEST',)
    """
    return _DECISIONS.get(decision, ()) if decision else _ACTS.get(operation, ())


def look(request: Request, role: str) -> Look:
    """Say where the traces of a write would be."""
    body = request.body or {}
    acts = _ACTS.get(request.operation, ())
    once = request.operation in _REFUND
    if request.operation == "returns.decide":
        acts = _DECISIONS.get(str(body.get("decision")), ())
        once = body.get("decision") == "ACCEPT_PARTIAL_REFUND"
    pays = once or (request.effect is Effect.MONEY and not acts)
    own = tuple(act for act in acts if not act.startswith(_other(role)))
    found = _RECORD.match(request.path)
    if found:
        query = {"fieldgroups": "FULL"} if found["kind"] in ("return", "cancellation") else {}
        return Look(found[0], query, own or acts, pays=pays, once=once, role=role)
    return _search(request.path.removeprefix(ROOT), body, role)


def read(sight: Look, answer: Answer) -> Reading:
    """Find the traces in the decoded answer."""
    if sight.match:
        return Reading(ids=tuple(sorted(_matching(sight, answer))))
    view = _VIEWS[sight.path.removeprefix(ROOT).split("/")[1]](answer)
    wanted = {act.casefold() for act in sight.acts}
    lines = [line for line in view.lines if line.act.casefold() in wanted]
    foreign = [
        line
        for line in view.lines
        if view.prose and line.actor == sight.role and line.act.casefold() not in _PROSE
    ]
    return Reading(
        acts=len(lines),
        newest=max((line.at for line in lines), default=""),
        foreign=len(foreign),
        movements=sum(kind in _REFUNDS for kind in view.movements),
        refunded=view.refunded,
        refund_status=view.refund_status,
        state=view.state,
    )


def compare(
    sight: Look, before: Reading | None, after: Reading, since: datetime
) -> tuple[Verdict | None, str]:
    """
    Decide whether a write happened.

    Parameters
    ----------
    sight : Look
        Where its traces would be.
    before : Reading or None
        What the record said before; None where it was not read.
    after : Reading
        What it says now.
    since : datetime
        When the write was announced, on the server's clock.

    Returns
    -------
    tuple
        The verdict, None if the record does not tell; and the evidence in words.
    """
    if sight.match:
        return _compare_found(before, after)
    if before is None:
        return _compare_dates(sight, after, since)
    trace, unclear = "", ""
    if after.acts > before.acts:
        trace = f"the history has a new line {sight.acts[0]} of {after.newest}"
    elif sight.pays:
        trace = _trace_of_money(before, after)
        if after.foreign > before.foreign:
            unclear = "the history has a new line of yours that cannot be read: look at it"
    elif not sight.acts:
        unclear = "nothing in the record tells: look at it"
    if trace or unclear:
        return ("happened", trace) if trace else (None, unclear)
    return "did not happen", "neither the history nor the refund amounts have changed since"


def _trace_of_money(before: Reading, after: Reading) -> str:
    if after.movements > before.movements:
        return "a new refund stands among the money movements"
    if after.refunded not in ("", before.refunded):
        return f"the refunded amount is now {after.refunded}"
    if after.state in _PAYING and before.state not in _PAYING:
        return f"its state is now {after.state}"
    return ""


def _compare_found(before: Reading | None, after: Reading) -> tuple[Verdict | None, str]:
    if before is None:
        return None, f"the search finds {', '.join(after.ids) or 'nothing'}: look at it"
    new = [found for found in after.ids if found not in before.ids]
    if new:
        return "happened", f"the search finds {', '.join(new)}, which was not there before"
    return "did not happen", "the search finds nothing that was not there before"


def _compare_dates(sight: Look, after: Reading, since: datetime) -> tuple[Verdict | None, str]:
    if not sight.acts:
        return None, "nothing in the record tells: look at it"
    newest = _moment(after.newest)
    if after.acts and newest is None:
        return None, f"the history has a line {sight.acts[0]} without a date: look at it"
    if newest and newest >= since - _SKEW:
        return "happened", f"the history has a line {sight.acts[0]} of {after.newest}"
    return "did not happen", f"the history has no line {sight.acts[0]} since then"


def _search(path: str, body: Mapping[str, Any], role: str) -> Look:
    """Look for what a call creates: a cancellation by order, the others by order line."""
    wanted = {name: str(_deep(body, name) or "") for name in ("itemId", "transactionId")}
    line = {"item_id": wanted["itemId"], "transaction_id": wanted["transactionId"]}
    if path == "/cancellation" and body.get("legacyOrderId"):
        order = str(body["legacyOrderId"])
        query = {"legacy_order_id": order, "role": role, "limit": "500"}
        return Look(f"{ROOT}/cancellation/search", query, match={"legacyOrderId": order}, once=True)
    if path == "/return" and all(wanted.values()):
        query = {**line, "role": role, "limit": "200"}
        return Look(f"{ROOT}/return/search", query, match=wanted, once=True)
    if path == "/inquiry" and all(wanted.values()):
        return Look(f"{ROOT}/inquiry/search", {**line, "limit": "200"}, match=wanted, once=True)
    return Look()


def _matching(sight: Look, answer: Answer) -> Iterator[str]:
    """Filter again: eBay was seen to ignore filters by item and transaction."""
    for found in answer.get("cancellations") or answer.get("members") or ():
        number = next(found[key] for key in ("cancelId", "returnId", "inquiryId") if key in found)
        if all(str(_deep(found, name)) == value for name, value in sight.match.items()):
            yield str(number)


@dataclass(frozen=True)
class _Line:
    actor: str
    act: str
    at: str
    to_state: str = ""


@dataclass(frozen=True)
class _View:
    """What the four kinds of records have in common, whatever their answers call it."""

    lines: list[_Line]
    movements: list[str]
    refunded: str
    refund_status: str = ""
    state: str = ""
    prose: bool = False


def _return(answer: Answer) -> _View:
    detail, summary = answer.get("detail") or {}, answer.get("summary") or {}
    lines = [
        _Line(
            _text(x, "author"), _text(x, "activity"), _date(x, "creationDate"), _text(x, "toState")
        )
        for x in detail.get("responseHistory") or ()
    ]
    refund = _at(detail, "refundInfo", "actualRefundDetail")
    total = _amount(_at(refund, "actualRefund", "totalAmount"))
    total = total or _amount(_at(summary, "sellerTotalRefund", "actualRefundAmount"))
    state = str(summary.get("state") or _last_state(lines))
    return _View(lines, _movements(detail), total, _text(refund, "refundStatus"), state)


def _cancellation(answer: Answer) -> _View:
    detail = answer.get("cancelDetail") or answer
    lines = [
        _Line(_text(x, "activityParty"), _text(x, "activityType"), _date(x, "actionDate"))
        for x in detail.get("activityHistories") or ()
    ]
    refund = _at(detail, "refundInfo", "actualRefundDetail")
    total = _amount(_at(refund, "actualRefund", "totalAmount"))
    state = _text(detail, "cancelState")
    return _View(lines, _movements(detail), total, _text(refund, "refundStatus"), state)


def _claim(answer: Answer, name: str) -> _View:
    history = _at(answer, f"{name}HistoryDetails").get("history") or ()
    lines = [_Line(_text(x, "actor"), _text(x, "action"), _date(x, "date")) for x in history]
    entries = [
        _text(entry, "type")
        for x in history
        for entry in _at(x, "moneyMovement").get("moneyMovementEntryList") or ()
        if entry.get("fundingStatus") != "FAILED"
    ]
    total = _amount(_at(answer, f"{name}Details", "refundAmounts", "refundAmount"))
    state = _text(answer, "state") or _text(answer, "status")
    return _View(lines, entries, total, state=state, prose=True)


_VIEWS: dict[str, Callable[[Answer], _View]] = {
    "return": _return,
    "cancellation": _cancellation,
    "inquiry": lambda answer: _claim(answer, "inquiry"),
    "casemanagement": lambda answer: _claim(answer, "case"),
}


def _other(role: str) -> str:
    return "SELLER_" if role == "BUYER" else "BUYER_"


def _at(answer: Any, *names: str) -> dict[str, Any]:
    """Go down through containers, any of which may be absent or null."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer if isinstance(answer, dict) else {}


def _text(answer: Mapping[str, Any], name: str) -> str:
    return str(answer.get(name) or "")


def _date(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    return str((value.get("value") if isinstance(value, dict) else value) or "")


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _amount(value: Mapping[str, Any]) -> str:
    return f"{value['value']} {value.get('currency', '')}".strip() if "value" in value else ""


def _movements(detail: Mapping[str, Any]) -> list[str]:
    return [
        _text(move, "moneyMovementType") or _text(move, "type")
        for move in detail.get("moneyMovementInfo") or ()
        if move.get("status") != "FAILED"
    ]


def _last_state(lines: list[_Line]) -> str:
    return max(lines, key=lambda line: line.at).to_state if lines else ""


def _deep(content: Any, name: str) -> Any:
    """Find a field wherever it stands."""
    if not isinstance(content, Mapping):
        return None
    if content.get(name) is not None:
        return content[name]
    return next((hit for part in content.values() if (hit := _deep(part, name)) is not None), None)
