"""The four searches: their parameters, windows, pages, and what makes each of them different."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar

from .. import enums
from ..enums import OpenEnum
from . import legal
from .answers import refuse
from .dialects import long_id
from .parties import Party
from .records import Cancellation, Case, Inquiry, Record, Return
from .style import Style
from .world import Shelf, World

R = TypeVar("R", bound=Record)
Query = Mapping[str, str]
Json = dict[str, Any]

WINDOW = timedelta(days=90)
MONTHS_BACK = 18
OFFSET_MOST = 2**31 - 1
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9990, 1, 1, tzinfo=UTC)
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


@dataclass(frozen=True, kw_only=True)
class Search(Generic[R]):
    """
    What one search accepts and how it answers.

    `keep` says whether the search knows a record at all; None: it knows all. `filters` take values
    of an enum, one or several, and `equals` one text. `sorts` orders by key (FILING_DATE ...), or
    is empty where only ``Ascending`` and ``Descending`` exist; `age` is the key that means the
    order records are in anyway. The id of `sole` overrides every other parameter.
    """

    shelf: Callable[[World], Shelf[R]]
    domain: str
    members: str = "members"
    total: str = "total"
    first: str = "creation_date_range_from"
    last: str = "creation_date_range_to"
    order: str = "order_id"
    limit: int = 25
    most: int = 200
    keep: Callable[[R], bool] | None = None
    filters: Mapping[str, tuple[type[OpenEnum], Callable[[R, datetime], Any]]] = field(
        default_factory=dict
    )
    equals: Mapping[str, Callable[[R], str | None]] = field(default_factory=dict)
    sorts: Mapping[str, Callable[[R], Any]] = field(default_factory=dict)
    age: str = ""
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
        if not re.fullmatch(r"-?[0-9]{1,10}", text):
            raise bad(self.domain, name, text, self.invalid)
        return int(text)

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
        if offset > OFFSET_MOST:
            raise bad(self.domain, "offset", str(offset), self.too_large)
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
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        # A day from either end of the calendar, so that windows and time zones stay within it.
        if not FIRST <= at <= LAST:
            raise bad(self.domain, name, text, self.invalid)
        return at

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
        found = self.shelf(world).between(first, last)
        if self.keep:
            found = list(filter(self.keep, found))
        if party.role == "BUYER":
            found = [r for r in found if party.sees(r)]
        if item := query.get("item_id"):
            found = [r for r in found if r.item.item_id == item]
            if line := query.get("transaction_id"):
                found = [r for r in found if r.order.transaction_id == line]
        if order := query.get(self.order):
            found = [r for r in found if order in (r.order.order_id, r.order.legacy_id, long_id(r))]
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
            if wanted is None or (self.sole and query.get(self.sole)):
                continue
            if name == "return_state":  # most returns are closed, and then it is clear
                ended = "CLOSED" in wanted
                found = [
                    r
                    for r in found
                    if (ended if r.closed_at else not wanted.isdisjoint(values(r, now)))
                ]
            else:
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
        if key == self.age:
            return found[::-1] if sign == "-" else found
        return sorted(found, key=self.sorts[key], reverse=sign == "-")

    def answer(
        self,
        world: World,
        query: Query,
        now: datetime,
        offsets: str,
        style: Style,
        *,
        party: Party,
    ) -> Json:
        """Search for `party`, and answer in a style."""
        limit, offset = self.page_size(query), self.offset(query)
        start = {"rows": offset, "pages": offset * limit, "pages1": max(0, offset - 1) * limit}
        with world.lock:
            candidates = self.select(world, query, now, party)
            found = self.arrange(self.narrow(candidates, query, now), query)
            some = found[start[offsets] : start[offsets] + limit]
            page = [style.member(record, now, world) for record in some]
            counts = self._counts(candidates, query, now)
        answer: Json = {self.total: len(found)}
        if page or self.empty_members:
            answer[self.members] = page
        if found or self.empty_pagination:
            answer["paginationOutput"] = {
                "limit": limit,
                "offset": offset,
                "totalEntries": len(found),
                "totalPages": -(-len(found) // limit),
            }
        if counts is not None:
            answer["countSummary"] = counts
        return style.page(answer, self.members)

    def _counts(self, candidates: list[R], query: Query, now: datetime) -> list[Json] | None:
        """Count by group of states, where the search tells that."""
        if "return_state" not in self.filters:
            return None
        groups = self.filters["return_state"][1]
        still_open = [record for record in candidates if record.closed_at is None]
        counts = dict.fromkeys(legal.GROUPS, 0)
        counts["CLOSED"] = len(candidates) - len(still_open)
        for together, count in Counter([groups(record, now) for record in still_open]).items():
            for group in together:
                counts[group] += count
        asked = self.wanted(query, "return_state")
        return [
            {"type": group, "count": count}
            for group, count in counts.items()
            if asked is None or group in asked
        ]


_LATEST = datetime.max.replace(tzinfo=UTC)

RETURNS: Search[Return] = Search(
    shelf=attrgetter("returns"),
    domain="returnErrorDomain",
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
    age="FILING_DATE",
    sole="return_id",
    has_role=True,
    too_large=1401,
    too_small=1402,
    invalid=1616,
)

CANCELLATIONS: Search[Cancellation] = Search(
    shelf=attrgetter("cancellations"),
    domain="cancelErrorDomain",
    members="cancellations",
    order="legacy_order_id",
    limit=10,
    most=500,
    sorts={
        "CANCEL_ID": lambda r: int(r.id),
        "CANCEL_REQUEST_DATE": attrgetter("created_at"),
    },
    age="CANCEL_REQUEST_DATE",
    sole="cancel_id",
    has_role=True,
    last_required=True,
    empty_members=True,
    empty_pagination=False,
)


def _claims(kind: str, total: str, **more: Any) -> Search[Any]:
    """Return a search of the resolutions service: its parameters begin with the kind."""
    return Search(
        domain="resolutionsErrorDomain",
        total=total,
        first=f"{kind}_creation_date_range_from",
        last=f"{kind}_creation_date_range_to",
        **more,
    )


INQUIRIES: Search[Inquiry] = _claims(
    "inquiry",
    "totalNumberOfInquiries",
    shelf=attrgetter("inquiries"),
    keep=lambda record: record.escalated_at is None,
    filters={"inquiry_status": (enums.InquiryStatusFilter, lambda r, now: (r.status,))},
)
CASES: Search[Case] = _claims(
    "case",
    "totalNumberOfCases",
    shelf=attrgetter("cases"),
    empty_members=True,
    equals={"return_id": attrgetter("return_id")},
    filters={"case_status_filter": (enums.CaseStatusFilter, lambda r, now: (r.status,))},
)
