"""What answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from .. import enums
from . import bodies, openings, search, signatures, wire
from .answers import Answer, Refusal, good, page, refuse
from .calls import CALLS, Call, Desk
from .calls.base import RETURNS, Ask, find, fingerprint, wrong_role
from .clock import Clock
from .engine import Engine
from .parties import Party
from .records import Cancellation, Case, Inquiry, Return
from .world import World

ROOT = "/post-order/v2"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `id` is the record's id in the path, empty where there is none."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    party: Party
    headers: Mapping[str, str]
    site: str
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
    engine : Engine
        What changes the world.
    life : str
        ``all``, or ``2026`` without the calls that are gone by then.
    require_signatures : bool
        Whether a seller in the EU or the UK has to sign.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        engine: Engine,
        *,
        offset: str,
        full: str,
        life: str,
        require_signatures: bool,
    ) -> None:
        self.world = world
        self.clock = clock
        self.engine = engine
        self._desk = Desk(world, engine)
        self._require_signatures = require_signatures
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
        table += [
            ("POST", call.path.replace("{id}", one), self._write(call))
            for call in CALLS
            if life == "all" or not call.gone
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
                found = replace(request, id=match.groupdict().get("id", ""))
                try:
                    with self.world.lock:
                        self.engine.catch_up(self.clock.now())
                        answer = handle(found)
                        self.engine.catch_up(self.clock.now())
                        return answer
                except Refusal as refusal:
                    return refusal.answer
        return page(404, "Not Found")

    def _search(self, kind: search.Search[Any]) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            now = self.clock.now()
            query = request.query
            return good(
                kind.answer(self.world, query, now, self._offset, self._drawn, party=request.party)
            )

        return handle

    def _write(self, call: Call) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            self._check_signature(call, request)
            record = find(self.world, call.kind, request.id, request.party) if call.kind else None
            if call.role not in ("EITHER", request.party.role):
                raise wrong_role(call.house.domain, request.party)
            values = bodies.read(request.body, call.shape, call.house, bare=call.bare)
            mark = fingerprint(request.path, request.body, request.party)
            return call.handle(self._desk, Ask(request.party, request.query, values, record, mark))

        return handle

    def _check_signature(self, call: Call, request: Request) -> None:
        site = request.site
        abroad = {site, self.world.marketplace} & signatures.SITES
        if call.signed and abroad and self._require_signatures and request.party.role == "SELLER":
            signatures.check(request.headers, request.body)

    # -- returns ------------------------------------------------------------------------------

    def _find_return(self, request: Request) -> Return:
        return find(self.world, Return, request.id, request.party)

    def _return(self, request: Request) -> Answer:
        record = self._find_return(request)
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
        record = self._find_return(request)
        return good(
            {"files": [wire.returns.file_entry(record, n) for n in range(len(record.files))]}
        )

    def _tracking(self, request: Request) -> Answer:
        record = self._find_return(request)
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
        if request.party.role != "SELLER":
            raise wrong_role(RETURNS.domain, request.party)
        return good(
            {
                "rmaRequired": self.world.rma_required,
                "advanceRulesEnabled": True,
                "versionId": 1,
            }
        )

    # -- the other three --------------------------------------------------------------------------

    def _inquiry(self, request: Request) -> Answer:
        record = find(self.world, Inquiry, request.id, request.party)
        return good(wire.inquiries.detail(record))

    def _case(self, request: Request) -> Answer:
        record = find(self.world, Case, request.id, request.party)
        return good(wire.cases.detail(record))

    def _cancellation(self, request: Request) -> Answer:
        record = find(self.world, Cancellation, request.id, request.party)
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
        return good(openings.eligibility(self.world, order_id, request.party))
