"""What answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from .. import enums
from . import search, wire
from .answers import Answer, Refusal, gateway, good, page, refuse
from .clock import Clock
from .deadlines import CANCEL_WINDOW_DAYS
from .records import Cancellation, Case, Inquiry, Order, Return
from .world import World

ROOT = "/post-order/v2"
_RECORD_OBSTACLES = (
    (Cancellation, "CANCELLATION_EXIST"),
    (Return, "RETURN_EXIST"),
    ((Inquiry, Case), "CASE_EXIST"),
)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `id` is the record's id in the path, empty where there is none."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    id: str = ""


class Api:
    """
    The calls, over one world.

    Parameters
    ----------
    world : World
        Where the records are.
    clock : Clock
        What time it is.
    offset : str
        What the searches count with ``offset``: ``rows``, ``pages`` from 0, or ``pages1``, pages
        from 1 (0 is the first page, too).
    full : str
        What a return with ``fieldgroups=FULL`` holds: ``detail`` alone, or ``both``.
    """

    def __init__(self, world: World, clock: Clock, *, offset: str, full: str) -> None:
        self.world = world
        self.clock = clock
        self._offset = offset
        self._full = full
        self._drawn: search.Drawn = {}
        one = r"(?P<id>[^/]+)"
        table: list[tuple[str, str, Callable[[Request], Answer]]] = [
            ("GET", "/return/search", self._search(search.RETURNS)),
            ("GET", "/return/preference", self._preference),
            ("GET", f"/return/{one}/files", self._files),
            ("GET", f"/return/{one}/tracking", self._tracking),
            ("GET", f"/return/{one}", self._return),
            ("GET", "/inquiry/search", self._search(search.INQUIRIES)),
            ("GET", f"/inquiry/{one}", self._inquiry),
            ("GET", "/casemanagement/search", self._search(search.CASES)),
            ("GET", f"/casemanagement/{one}", self._case),
            ("GET", "/cancellation/search", self._search(search.CANCELLATIONS)),
            ("POST", "/cancellation/check_eligibility", self._eligibility),
            ("GET", f"/cancellation/{one}", self._cancellation),
        ]
        self._table = [
            (method, re.compile(re.escape(ROOT) + pattern + r"\Z"), handle)
            for method, pattern, handle in table
        ]

    def answer(self, request: Request) -> Answer:
        """Answer a request; a path that no call has is answered with a page."""
        for method, pattern, handle in self._table:
            match = pattern.match(request.path)
            if match and method == request.method:
                found = Request(
                    request.method,
                    request.path,
                    request.query,
                    request.body,
                    match.groupdict().get("id", ""),
                )
                try:
                    return handle(found)
                except Refusal as refusal:
                    return refusal.answer
        return page(404, "Not Found")

    def _search(self, kind: search.Search[Any]) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            now = self.clock.now()
            return good(kind.answer(self.world, request.query, now, self._offset, self._drawn))

        return handle

    # -- returns ------------------------------------------------------------------------------

    def _find_return(self, record_id: str) -> Return:
        record = self.world.returns.get(record_id)
        if record is None:
            raise refuse(
                400, 1304, "returnErrorDomain", "The return was not found.", returnId=record_id
            )
        return record

    def _return(self, request: Request) -> Answer:
        record = self._find_return(request.id)
        group = request.query.get("fieldgroups", "FULL")
        if group not in enums.ReturnFieldGroup.__members__:
            raise search.bad("returnErrorDomain", "fieldgroups", group, 1616)
        answer: Json = {}
        if group == "SUMMARY" or (group == "FULL" and self._full == "both"):
            answer["summary"] = wire.returns.summary(record, self.clock.now())
        if group == "FULL":
            answer["detail"] = wire.returns.detail(record)
        return good(answer)

    def _files(self, request: Request) -> Answer:
        record = self._find_return(request.id)
        return good(
            {"files": [wire.returns.file_entry(record, n) for n in range(len(record.files))]}
        )

    def _tracking(self, request: Request) -> Answer:
        record = self._find_return(request.id)
        for name in ("carrier_used", "tracking_number"):
            if not request.query.get(name):
                raise refuse(
                    400, 1601, "returnErrorDomain", "A required input is missing.", **{name: ""}
                )
        number = request.query["tracking_number"]
        for parcel in record.shipments:
            if parcel.tracking_number == number and (
                parcel.carrier == request.query["carrier_used"]
            ):
                return good(wire.returns.tracking(parcel))
        raise search.bad("returnErrorDomain", "tracking_number", number, 1616)

    def _preference(self, request: Request) -> Answer:
        return good({"rmaRequired": False, "advanceRulesEnabled": True, "versionId": 1})

    # -- the other three --------------------------------------------------------------------------

    def _inquiry(self, request: Request) -> Answer:
        record = self.world.inquiries.get(request.id)
        return good(wire.inquiries.detail(record)) if record else _nobody_knows()

    def _case(self, request: Request) -> Answer:
        record = self.world.cases.get(request.id)
        return good(wire.cases.detail(record)) if record else _nobody_knows()

    def _cancellation(self, request: Request) -> Answer:
        record = self.world.cancellations.get(request.id)
        if record is None:
            raise search.bad("cancelErrorDomain", "cancelId", request.id)
        group = request.query.get("fieldgroups", "FULL")
        if group not in enums.CancelFieldGroup.__members__:
            raise search.bad("cancelErrorDomain", "fieldgroups", group)
        return good(wire.cancellations.detail(record, full=group == "FULL"))

    def _eligibility(self, request: Request) -> Answer:
        try:
            body = orjson.loads(request.body)
            order_id = str(body["legacyOrderId"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise refuse(
                400, 10003, "cancelErrorDomain", "Required input is missing: legacyOrderId.",
                legacyOrderId="",
            ) from None  # fmt: skip
        order = self.world.order(order_id)
        reasons = self._obstacles(order, self.clock.now()) if order else ["INVALID_ORDER"]
        answer: Json = {"legacyOrderId": order_id, "eligible": not reasons}
        if reasons:
            answer["failureReason"] = reasons
        if order:
            if not reasons:
                answer["eligibleCancelReason"] = _cancel_reasons(order)
            answer["itemEligibilityResult"] = [
                {
                    "itemId": order.item.item_id,
                    "transactionId": order.transaction_id,
                    "cancelQuantity": order.quantity,
                    "eligible": not reasons,
                    "failureReason": reasons,
                }
            ]
        return good(answer)

    def _obstacles(self, order: Order, now: datetime) -> list[str]:
        records = self.world.records_of(order.order_id)
        reasons = [
            reason
            for kind, reason in _RECORD_OBSTACLES
            if any(isinstance(record, kind) for record in records)
        ]
        if now - order.placed_at > timedelta(days=CANCEL_WINDOW_DAYS):
            reasons.append("CANCEL_WINDOW_ELAPSED")
        if order.paid and order.dispatch_at <= now:
            reasons.append("SHIPPED_ORDER")
        return reasons


def _cancel_reasons(order: Order) -> list[str]:
    if not order.paid:
        return ["ORDER_UNPAID", "BUYER_ASKED_CANCEL"]
    return ["OUT_OF_STOCK_OR_CANNOT_FULFILL", "BUYER_ASKED_CANCEL", "ADDRESS_ISSUES"]


def _nobody_knows() -> Answer:
    """Answer an id that no inquiry and no case has, as the gateway does."""
    return gateway(500, 2003, "ACCESS", "Internal error.", "APPLICATION")
