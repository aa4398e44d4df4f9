"""The four searches: their parameters, windows, pages, and what makes each of them different."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar

import orjson

from .. import enums
from ..enums import OpenEnum
from . import legal, wire
from .answers import refuse
from .parties import Party
from .records import Cancellation, Case, Inquiry, Record, Return
from .world import Shelf, World

R = TypeVar("R", bound=Record)
Query = Mapping[str, str]
Json = dict[str, Any]

Drawn = dict[tuple[str, str, int], orjson.Fragment]

DRAWN_MOST = 20_000
WINDOW = timedelta(days=90)
MONTHS_BACK = 18
OFFSETS = ("rows", "pages", "pages1")


def bad(domain: str, parameter: str, value: str, error_id: int = 2004) -> Exception:
    """Refuse a parameter's value."""
    return refuse(400, error_id, domain, f"Invalid value for {parameter}.", **{parameter: value})


def months_before(at: datetime, months: int) -> datetime:
    """Return the same day so many months before, or that month's last."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    for day in range(at.day, 0, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at


@dataclass(frozen=True)
class Search(Generic[R]):
    """
    What one search accepts and how it answers.

    `keep` says whether the search knows the record at all. `filters` take values of an enum, one
    or several, and `equals` one text. `sorts` orders by key (FILING_DATE ...), or is empty where
    only ``Ascending`` and ``Descending`` exist. The id of `sole` overrides every other parameter.
    """

    shelf: Callable[[World], Shelf[R]]
    render: Callable[[R, datetime], Json]
    domain: str
    members: str
    total: str
    first: str
    last: str
    order: str
    limit: int
    most: int
    keep: Callable[[R], bool] = lambda record: True
    filters: Mapping[str, tuple[type[OpenEnum], Callable[[R, datetime], Any]]] = field(
        default_factory=dict
    )
    equals: Mapping[str, Callable[[R], str | None]] = field(default_factory=dict)
    sorts: Mapping[str, Callable[[R], Any]] = field(default_factory=dict)
    sole: str | None = None
    has_role: bool = False
    last_required: bool = False
    empty_members: bool = False
    empty_pagination: bool = True
    too_small: int = 2004
    too_large: int = 2004
    invalid: int = 2004

    def number(self, query: Query, name: str, default: int) -> int:
        """Read a whole number."""
        text = query.get(name, str(default))
        try:
            return int(text)
        except ValueError:
            raise bad(self.domain, name, text, self.invalid) from None

    def page_size(self, query: Query) -> int:
        """Read ``limit``."""
        limit = self.number(query, "limit", self.limit)
        if limit < 1:
            raise bad(self.domain, "limit", str(limit), self.too_small)
        if limit > self.most:
            raise bad(self.domain, "limit", str(limit), self.too_large)
        return limit

    def offset(self, query: Query) -> int:
        """Read ``offset``."""
        offset = self.number(query, "offset", 0)
        if offset < 0:
            raise bad(self.domain, "offset", str(offset), self.too_small)
        return offset

    def moment(self, query: Query, name: str) -> datetime | None:
        """Read one end of the window."""
        text = query.get(name)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            raise bad(self.domain, name, text, self.invalid) from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def window(self, query: Query, now: datetime) -> tuple[datetime, datetime | None]:
        """Read the window: one end alone means 90 days, and nothing is older than 18 months."""
        first, last = self.moment(query, self.first), self.moment(query, self.last)
        if first and last is None:
            if self.last_required:
                raise refuse(
                    400,
                    10003,
                    self.domain,
                    f"Required input is missing: {self.last}.",
                    **{self.last: ""},
                )
            last = first + WINDOW
        if last and first is None:
            first = last - WINDOW
        oldest = months_before(now, MONTHS_BACK)
        return max(first or oldest, oldest), last

    def wanted(self, query: Query, name: str) -> frozenset[str] | None:
        """Read a filter of one or several values, separated by commas."""
        text = query.get(name)
        if not text:
            return None
        allowed = self.filters[name][0]
        values = frozenset(value.strip() for value in text.split(","))
        for value in values:
            if value not in allowed.__members__:
                raise bad(self.domain, name, text, self.invalid)
        return values

    def select(self, world: World, query: Query, now: datetime, party: Party) -> list[R]:
        """Return the records that fit all parameters but those in `filters`, oldest first."""
        if self.sole and (sole := query.get(self.sole)):
            record = self.shelf(world).get(sole)
            return [record] if record and party.sees(record) else []
        first, last = self.window(query, now)
        if self.has_role and not self._in_role(query, party):
            return []
        found = [r for r in self.shelf(world).between(first, last) if self.keep(r)]
        if party.role == "BUYER":
            found = [r for r in found if party.sees(r)]
        if item := query.get("item_id"):
            found = [r for r in found if r.item.item_id == item]
            if line := query.get("transaction_id"):
                found = [r for r in found if r.order.transaction_id == line]
        if order := query.get(self.order):
            found = [r for r in found if order in (r.order.order_id, r.order.legacy_id)]
        for name, value in self.equals.items():
            if name in query:
                found = [r for r in found if value(r) == query[name]]
        return found

    def _in_role(self, query: Query, party: Party) -> bool:
        """Tell whether the caller asks as what the caller is."""
        role = query.get("role", party.role)
        if role not in enums.UserRole.__members__:
            raise bad(self.domain, "role", role, self.invalid)
        return role == party.role

    def narrow(self, found: list[R], query: Query, now: datetime) -> list[R]:
        """Keep what the filters by state or status let through."""
        for name, (_, values) in self.filters.items():
            wanted = self.wanted(query, name)
            if wanted is not None and not (self.sole and query.get(self.sole)):
                found = [r for r in found if not wanted.isdisjoint(values(r, now))]
        return found

    def arrange(self, found: list[R], query: Query) -> list[R]:
        """Sort, oldest or smallest first unless the sort says otherwise; ties by age."""
        text = query.get("sort")
        if not self.sorts:
            if text not in (None, "Ascending", "Descending"):
                raise bad(self.domain, "sort", text or "", self.invalid)
            return found if text == "Ascending" else found[::-1]
        if not text:
            return found
        # A form decoder has made a space of an unescaped plus sign.
        sign, key = text[0], text[1:]
        if sign not in "+- " or key not in self.sorts:
            raise bad(self.domain, "sort", text, self.invalid)
        return sorted(found, key=self.sorts[key], reverse=sign == "-")

    def answer(
        self,
        world: World,
        query: Query,
        now: datetime,
        offsets: str,
        drawn: Drawn,
        *,
        party: Party,
    ) -> Json:
        """Search for `party`; `drawn` keeps what closed records look like."""
        limit, offset = self.page_size(query), self.offset(query)
        with world.lock:
            candidates = self.select(world, query, now, party)
            found = self.arrange(self.narrow(candidates, query, now), query)
        start = {"rows": offset, "pages": offset * limit, "pages1": max(0, offset - 1) * limit}
        page = found[start[offsets] : start[offsets] + limit]
        answer: Json = {self.total: len(found)}
        if page or self.empty_members:
            answer[self.members] = [self._draw(record, now, drawn) for record in page]
        if found or self.empty_pagination:
            answer["paginationOutput"] = {
                "limit": limit,
                "offset": offset,
                "totalEntries": len(found),
                "totalPages": -(-len(found) // limit),
            }
        if "return_state" in self.filters:
            answer["countSummary"] = self._counts(candidates, query, now)
        return answer

    def _draw(self, record: R, now: datetime, drawn: Drawn) -> Json | orjson.Fragment:
        """Render a record; a closed one looks the same until something is written to it."""
        if record.open:
            return self.render(record, now)
        key = (type(record).__name__, record.id, len(record.history))
        if key not in drawn:
            if len(drawn) >= DRAWN_MOST:
                drawn.clear()
            drawn[key] = orjson.Fragment(orjson.dumps(self.render(record, now)))
        return drawn[key]

    def _counts(self, candidates: list[R], query: Query, now: datetime) -> list[Json]:
        counts = dict.fromkeys(legal.GROUPS, 0)
        groups = self.filters["return_state"][1]
        for record in candidates:
            for group in groups(record, now):
                counts[group] += 1
        asked = self.wanted(query, "return_state")
        return [
            {"type": group, "count": count}
            for group, count in counts.items()
            if asked is None or group in asked
        ]


_LATEST = datetime.max.replace(tzinfo=UTC)

RETURNS: Search[Return] = Search(
    shelf=attrgetter("returns"),
    render=wire.returns.summary,
    domain="returnErrorDomain",
    members="members",
    total="total",
    first="creation_date_range_from",
    last="creation_date_range_to",
    order="order_id",
    limit=25,
    most=200,
    filters={
        "return_state": (enums.ReturnStateFilter, legal.groups),
        "states": (enums.ReturnState, lambda r, now: (r.state,)),
    },
    sorts={
        "FILING_DATE": attrgetter("created_at"),
        "RETURN_ID": lambda r: int(r.id),
        "REASON": attrgetter("reason"),
        "STATUS": attrgetter("status"),
        "BUYER_LOGIN_NAME": lambda r: r.buyer.login,
        "ESTIMATED_AMOUNT": lambda r: r.estimated.amount,
        "ACTUAL_AMOUNT": lambda r: r.refund.amount if r.refund else 0,
        "REFUND_DUE_DATE": lambda r: r.seller_due.at if r.seller_due else _LATEST,
    },
    sole="return_id",
    has_role=True,
    too_large=1401,
    too_small=1402,
    invalid=1616,
)

INQUIRIES: Search[Inquiry] = Search(
    shelf=attrgetter("inquiries"),
    render=lambda record, now: wire.inquiries.summary(record),
    domain="resolutionsErrorDomain",
    members="members",
    total="totalNumberOfInquiries",
    first="inquiry_creation_date_range_from",
    last="inquiry_creation_date_range_to",
    order="order_id",
    limit=25,
    most=200,
    keep=lambda record: record.escalated_at is None,
    filters={"inquiry_status": (enums.InquiryStatusFilter, lambda r, now: (r.status,))},
)

CASES: Search[Case] = Search(
    shelf=attrgetter("cases"),
    render=lambda record, now: wire.cases.summary(record),
    domain="resolutionsErrorDomain",
    members="members",
    total="totalNumberOfCases",
    first="case_creation_date_range_from",
    last="case_creation_date_range_to",
    order="order_id",
    limit=25,
    most=200,
    empty_members=True,
    equals={"return_id": attrgetter("return_id")},
    filters={"case_status_filter": (enums.CaseStatusFilter, lambda r, now: (r.status,))},
)

CANCELLATIONS: Search[Cancellation] = Search(
    shelf=attrgetter("cancellations"),
    render=lambda record, now: wire.cancellations.summary(record),
    domain="cancelErrorDomain",
    members="cancellations",
    total="total",
    first="creation_date_range_from",
    last="creation_date_range_to",
    order="legacy_order_id",
    limit=10,
    most=500,
    sorts={
        "CANCEL_ID": lambda r: int(r.id),
        "CANCEL_REQUEST_DATE": attrgetter("created_at"),
    },
    sole="cancel_id",
    has_role=True,
    last_required=True,
    empty_members=True,
    empty_pagination=False,
)
