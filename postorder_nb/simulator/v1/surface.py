"""The paths of 2014 and what answers them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from .. import openings, search
from ..answers import Answer, Refusal, good, refuse
from ..calls.base import find
from ..clock import Clock
from ..dialects import FIRST
from ..parties import Party
from ..records import Cancellation, Case, Inquiry, Record, Return
from ..style import Style
from ..world import World

Json = dict[str, Any]

ROOTS = ("/sell/order/", "/buy/order/")
DOMAINS = {"resolutionsErrorDomain": "resolutions"}
PAGE_MOST = 10_000


class Asked(Protocol):
    """A request, as the server passes it."""

    @property
    def method(self) -> str:
        """The HTTP verb."""

    @property
    def path(self) -> str:
        """The path below the root."""

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters."""

    @property
    def party(self) -> Party:
        """Who asks."""


@dataclass(frozen=True, slots=True)
class Find:
    """A search of 2014 by today's: what its parameters were called, what it took for granted."""

    by: search.Search[Any]
    names: Mapping[str, str]
    granted: Mapping[str, str] = field(default_factory=dict)


COMMON = {
    "creationDateRangeFrom": "creation_date_range_from",
    "creationDateRangeTo": "creation_date_range_to",
    "itemId": "item_id",
    "transactionId": "transaction_id",
    "sort": "sort",
}
CANCELLATIONS = Find(
    search.CANCELLATIONS, COMMON | {"orderId": "legacy_order_id", "cancelId": "cancel_id"}
)
RETURNS = Find(
    search.RETURNS,
    COMMON | {"orderId": "order_id", "returnStateFilter": "return_state"},
    {"return_state": "ALL_OPEN", "sort": "+FILING_DATE"},
)
REASON_TYPES = ("openEBPRequest", "allEBPRequest", "all")


class Surface:
    """
    Answers what is read in the way of 2014.

    Parameters
    ----------
    world : World
        Where the records are.
    clock : Clock
        What time it is.
    surprises : float
        The share of odd answers.
    """

    def __init__(self, world: World, clock: Clock, surprises: float = 0.0) -> None:
        self.world = world
        self.clock = clock
        self.style = Style("2015", surprises, at=FIRST)
        one = r"(?P<id>[^/]+)"
        either, seller = "(?P<side>buy|sell)", "(?P<side>sell)"
        table: tuple[tuple[str, Callable[[Asked, str], Answer]], ...] = (
            (f"/{either}/order/v1/cancellation/find", self._cancellations),
            (f"/{either}/order/v1/cancellation/checkEligibility", self._eligibility),
            (f"/{either}/order/v1/cancellation/{one}", self._get(Cancellation)),
            (f"/{either}/order/v1/inquiry/{one}/history", self._history),
            (f"/{either}/order/v1/inquiry/{one}", self._get(Inquiry)),
            (f"/{either}/order/v2/resolutioncasemanagement/{one}", self._get(Case)),
            (f"/{seller}/order/v1/return/summary", self._returns),
            (f"/{either}/order/v1/return/{one}/trackingHistory", self._tracking),
            (f"/{either}/order/v1/return/{one}", self._return),
        )
        self._table = [(re.compile(pattern), handle) for pattern, handle in table]

    def answer(self, request: Asked) -> Answer:
        """Answer a request; what is refused is refused in the envelope of 2014."""
        try:
            for pattern, handle in self._table:
                match = pattern.fullmatch(request.path)
                if match and request.method == "GET":
                    side = "SELLER" if match["side"] == "sell" else "BUYER"
                    if request.party.role != side:
                        raise refuse(403, 1308, _domain(request.path), "The wrong side calls.")
                    return handle(request, match.groupdict().get("id", ""))
            raise refuse(404, 2002, _domain(request.path), "There is nothing under this path.")
        except Refusal as refusal:
            return _enveloped(refusal.answer)

    # -- searches -----------------------------------------------------------------------------

    def _cancellations(self, request: Asked, _: str) -> Answer:
        return self._find(CANCELLATIONS, request)

    def _returns(self, request: Asked, _: str) -> Answer:
        kind = request.query.get("reasonTypeFilter", "all")
        if kind not in REASON_TYPES:
            raise search.bad("returnErrorDomain", "reasonTypeFilter", kind, 1616)
        return self._find(RETURNS, request)

    def _find(self, how: Find, request: Asked) -> Answer:
        query, now = request.query, self.clock.now()
        size = how.by.number(query, "entriesPerPage", how.by.limit)
        number = how.by.number(query, "pageNumber", 1)
        if not 1 <= number <= PAGE_MOST:
            raise search.bad(how.by.domain, "pageNumber", str(number), how.by.invalid)
        asked = dict(how.granted) | {
            today: _moment(query[name]) if name.startswith("creationDate") else query[name]
            for name, today in how.names.items()
            if name in query
        }
        if how.by.last_required and how.by.first in asked:
            asked.setdefault(how.by.last, now.isoformat())
        asked |= {"limit": str(size), "offset": str(max(0, (number - 1) * size))}
        answer = _with(how.by, query).answer(
            self.world, asked, now, "rows", self.style, party=request.party
        )
        if paging := answer.get("paginationOutput"):
            answer["paginationOutput"] = {
                "pageNumber": number,
                "entriesPerPage": size,
                "totalPages": paging["totalPages"],
                "totalEntries": paging["totalEntries"],
            }
        return good(answer)

    # -- one record ---------------------------------------------------------------------------

    def _get(self, kind: type[Record]) -> Callable[[Asked, str], Answer]:
        def handle(request: Asked, record_id: str) -> Answer:
            record = find(self.world, kind, record_id, request.party)
            answer = self.style.detail(record)
            answer.pop("inquiryHistoryDetails", None)
            return good(answer)

        return handle

    def _history(self, request: Asked, record_id: str) -> Answer:
        record = find(self.world, Inquiry, record_id, request.party)
        answer = self.style.detail(record)
        return good({"id": record.id, **answer["inquiryHistoryDetails"]})

    def _return(self, request: Asked, record_id: str) -> Answer:
        record = find(self.world, Return, record_id, request.party)
        now = self.clock.now()
        return good(
            {"summary": self.style.summary(record, now), "detail": self.style.detail(record)}
        )

    def _tracking(self, request: Asked, record_id: str) -> Answer:
        record = find(self.world, Return, record_id, request.party)
        number, carrier = request.query.get("trackingNumber"), request.query.get("carrier")
        for parcel in record.shipments:
            if (parcel.tracking_number, parcel.carrier) == (number, carrier):
                return good(self.style.tracking(parcel))
        raise search.bad("returnErrorDomain", "trackingNumber", number or "", 1616)

    def _eligibility(self, request: Asked, _: str) -> Answer:
        query = request.query
        order_id = query.get("orderId")
        if order_id is None and "itemId" in query and "transactionId" in query:
            line = self.world.orders.line(query["itemId"], query["transactionId"])
            order_id = line.order_id if line else ""
        if order_id is None:
            text = "Required input is missing: orderId."
            raise refuse(400, 10003, "cancelErrorDomain", text, orderId="")
        return good(openings.eligibility(self.world, order_id, request.party))


def _with(kind: search.Search[Any], query: Mapping[str, str]) -> search.Search[Any]:
    """Return the search narrowed to the other party, where the query names one."""
    buyer, seller = query.get("buyerLoginName"), query.get("sellerLoginName")
    if buyer is None and seller is None:
        return kind
    return replace(
        kind,
        keep=lambda r: buyer in (None, r.buyer.login) and seller in (None, r.seller),
    )


def _moment(text: str) -> str:
    """Let milliseconds stand for a moment, too."""
    if re.fullmatch(r"[0-9]{12,14}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat()
    return text


def _domain(path: str) -> str:
    if "/return" in path:
        return "returnErrorDomain"
    return "cancelErrorDomain" if "/cancellation" in path else "resolutionsErrorDomain"


def _enveloped(answer: Answer) -> Answer:
    """Put an error into the envelope of 2014."""
    held = orjson.loads(answer.body)
    errors = held.get("error") or held["errors"]
    for error in errors:
        error["domain"] = DOMAINS.get(error["domain"], error["domain"])
    body = {
        "errorMessage": {"error": errors},
        "ackValue": "FAILURE",
        "responseStatus": answer.status,
    }
    return Answer(answer.status, orjson.dumps(body))
