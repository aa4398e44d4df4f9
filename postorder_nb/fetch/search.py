"""One search over any span of time: windows, pages, threads, and nothing twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import orjson

from .. import tables
from ..api.client import PostOrder
from ..api.operation import CATALOGUE, Answer
from ..errors import IncompleteFetch, InputError
from .pager import Pager
from .windows import Window

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("postorder_nb")


@dataclass(frozen=True)
class Search:
    """How one of the four searches is spoken to."""

    name: str
    members: str
    key: str
    start: str
    end: str
    size: int
    order: str
    has_role: bool = False
    checks: Mapping[str, str] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """The catalogue's key of the call."""
        return f"{self.name}.search"

    def filters(self) -> list[str]:
        """List what a caller may filter by: the call's parameters less those fetch sets."""
        own = {"self", "limit", "offset", "sort", self.start, self.end, tables.KEYS[self.name]}
        return [name for name in CATALOGUE[self.operation].signature.parameters if name not in own]


_LINE = {"item_id": "item_id", "transaction_id": "transaction_id"}
SEARCHES = {
    search.name: search
    for search in (
        Search(
            "cancellations", "cancellations", "cancelId",
            "creation_date_range_from", "creation_date_range_to", 500, "-CANCEL_REQUEST_DATE",
            has_role=True, checks={"legacy_order_id": "order_id"},
        ),
        Search(
            "inquiries", "members", "inquiryId",
            "inquiry_creation_date_range_from", "inquiry_creation_date_range_to", 200, "Descending",
            checks={**_LINE, "inquiry_status": "status"},
        ),
        Search(
            "returns", "members", "returnId",
            "creation_date_range_from", "creation_date_range_to", 200, "-FILING_DATE",
            has_role=True,
            checks={**_LINE, "order_id": "order_id", "states": "state"},
        ),
        Search(
            "cases", "members", "caseId",
            "case_creation_date_range_from", "case_creation_date_range_to", 200, "Descending",
            checks={**_LINE, "case_status_filter": "status"},
        ),
    )
}  # fmt: skip


class Members:
    """Takes pages while they come in; hands each record once to `take`."""

    def __init__(self, search: Search, take: Callable[[list[Any]], object]) -> None:
        self._search = search
        self._take = take
        self._seen: set[str] = set()

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, page: Answer) -> tuple[list[str], int | None]:
        """Take a page; return its ids and the total it announces."""
        found = page.get(self._search.members)
        members = found if isinstance(found, list) else []
        ids = [self._identity(member) for member in members]
        fresh = []
        for identity, member in zip(ids, members, strict=True):
            if identity not in self._seen:
                self._seen.add(identity)
                fresh.append(member)
        self._take(fresh)
        return ids, _total(page)

    def _identity(self, member: Any) -> str:
        if isinstance(member, dict) and member.get(self._search.key) is not None:
            return str(member[self._search.key])
        return orjson.dumps(member, option=orjson.OPT_SORT_KEYS).decode()


class Collector(Members):
    """Turns pages into one table while they come in; keeps each record once."""

    def __init__(self, search: Search) -> None:
        self._builder = tables.Builder(search.name)
        super().__init__(search, lambda fresh: self._builder.add({search.members: fresh}))

    def frame(self) -> pd.DataFrame:
        """Return what came so far, oldest first."""
        frame = self._builder.frame()
        attrs = frame.attrs
        order = ["created_at", tables.KEYS[self._search.name]]
        frame = frame.sort_values(order, kind="stable", ignore_index=True)
        frame.attrs = attrs
        return frame


def _total(page: Answer) -> int | None:
    output = page.get("paginationOutput")
    total = output.get("totalEntries") if isinstance(output, dict) else None
    if isinstance(total, str) and total.isdecimal():
        return int(total)
    return total if isinstance(total, int) and total >= 0 else None


def check_filters(po: PostOrder, search: Search, filters: Mapping[str, Any]) -> dict[str, Any]:
    """
    Check the filters of a search before anything is sent, and set the role.

    Raises
    ------
    InputError
        For an unknown filter (naming the near ones), a bad value, or a role the caller is not in.
    """
    known = search.filters()
    for name in filters:
        if name not in known:
            near = " or ".join(get_close_matches(name, known, n=2, cutoff=0.5))
            advice = f"did you mean {near}?" if near else f"known are: {', '.join(known)}"
            raise InputError(f"{search.name} have no filter {name!r}", advice=advice)
    given = {name: value for name, value in filters.items() if value is not None}
    checked = CATALOGUE[search.operation].check(given)
    if search.has_role:
        role = po.settings["role"]
        if checked.setdefault("role", role) != role:
            raise InputError(
                f"role={checked['role']} finds nothing: this client is the {role.lower()}, and "
                "role means the role of the caller, not of the one who asked",
                advice=f"leave role out; who asked stands in the column "
                f"{'requestor' if search.name == 'cancellations' else 'buyer'}",
            )
    return checked


def _failed(future: Future[Answer]) -> bool:
    return future.exception() is not None


@dataclass
class Run:
    """The pages of one search, asked for by an executor and handed over as they come."""

    po: PostOrder
    search: Search
    filters: Mapping[str, Any]
    windows: list[Window]
    collector: Members
    advance: Callable[[int, int], None]

    def pages(self, executor: Executor) -> None:
        """Read all windows to their ends; raise on the first failure."""
        pagers = {window: Pager(self.search.size) for window in self.windows}
        running: dict[Future[Answer], tuple[Window, int]] = {}
        try:
            for window, pager in pagers.items():
                running.update(self._ask(executor, window, pager))
            while running:
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(ready, key=_failed):  # what came before a failure is kept
                    window, offset = running.pop(future)
                    pager = pagers[window]
                    pager.receive(offset, *self.collector.add(future.result()))
                    running.update(self._ask(executor, window, pager))
                total = sum(pager.total or 0 for pager in pagers.values())
                self.advance(len(self.collector), total)
        finally:
            for future in running:
                future.cancel()
        for window, pager in pagers.items():
            log.debug("%s %s: offset counts %s", self.search.name, window, pager.counts)
            if pager.missing:
                raise IncompleteFetch(
                    f"{self.search.name} from {window[0]:%Y-%m-%d} to {window[1]:%Y-%m-%d}: "
                    f"eBay announced {pager.missing} more than it gave"
                )

    def _ask(
        self, executor: Executor, window: Window, pager: Pager
    ) -> Iterator[tuple[Future[Answer], tuple[Window, int]]]:
        for offset in pager.wanted():
            asked = executor.submit(ask, self.po, self.search, self.filters, window, offset)
            yield asked, (window, offset)


def ask(
    po: PostOrder, search: Search, filters: Mapping[str, Any], window: Window, offset: int
) -> Answer:
    """Ask for one page; a function of the module, so that other processes find it."""
    page: Answer = getattr(po, search.name).search(
        **filters,
        **{search.start: window[0], search.end: window[1]},
        sort=search.order,
        limit=search.size,
        offset=offset,
    )
    return page
