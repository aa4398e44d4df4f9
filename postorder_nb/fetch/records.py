"""The four searches, each as one table."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..api.client import PostOrder
from ..errors import InputError
from .progress import Progress
from .search import SEARCHES, Collector, Run, Search, check_filters
from .windows import When, Window, span, split
from .workers import keeping, threads

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("postorder_nb")

_DOC = """
Fetch all {name} created in a span of time.{note}

Parameters
----------
po : PostOrder
    The client.
since, until : str, date or datetime
    The span of creation: ``"90d"`` (also ``h``, ``w``) back from now, a date, an aware
    datetime or ISO 8601 text. At most 18 months back; `until` is now by default.
limit : int, optional
    The newest so many only; ``attrs["truncated"]`` then says if there were more.
progress : bool, optional
    True or False to show a bar or not; by default one shows when it takes over a second.
executor : concurrent.futures.Executor, optional
    Runs the calls; by default a pool of ``workers`` threads.
**filters
    Filters of ``po.{name}.search``: {filters}. They are applied once more to what comes back,
    since eBay has been seen to ignore some.

Returns
-------
pandas.DataFrame
    One row a record, oldest first; columns as ``tables.describe("{name}")`` lists for searches.
    ``attrs``: source, query, fetched_at, truncated, and drift if there was any.

Raises
------
InputError
    For a bad span, an unknown filter or a role the caller is not in; before any network.
AnswerError, NoAnswer, UnreadableAnswer, IncompleteFetch
    If a page fails for good; what was fetched is in ``.partial`` (also of a KeyboardInterrupt).
"""


class Fetch(Protocol):
    """The signature that the four functions share."""

    def __call__(
        self,
        po: PostOrder,
        since: When = "90d",
        until: When | None = None,
        *,
        limit: int | None = None,
        progress: bool | None = None,
        executor: Executor | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        """Fetch the records created in a span of time."""
        ...


@dataclass(frozen=True)
class _Question:
    """What was asked for, checked."""

    search: Search
    filters: Mapping[str, Any]
    window: Window
    limit: int | None
    attrs: Mapping[Hashable, Any]

    def table(self, collector: Collector) -> pd.DataFrame:
        """Make the table: what was asked for and no more, whatever eBay made of the filters."""
        frame = collector.frame()
        attrs: dict[Hashable, Any] = {**frame.attrs, **self.attrs, "truncated": False}
        start, end = self.window
        keep = ~((frame["created_at"] < start) | (frame["created_at"] > end))
        for name, column in self.search.checks.items():
            if name in self.filters:
                keep &= frame[column].astype("string").eq(self.filters[name]).fillna(False)
        frame = frame[keep.astype(bool)]
        if self.limit is not None and len(frame) > self.limit:
            frame = frame.tail(self.limit)
            attrs["truncated"] = True
            log.warning("%s: there are more than the newest %d", self.search.name, self.limit)
        if frame.empty:
            log.info("no %s for %s", self.search.name, self.attrs["query"])
        frame = frame.reset_index(drop=True)
        frame.attrs = attrs
        return frame


def _question(
    po: PostOrder,
    search: Search,
    span_: tuple[When, When | None],
    limit: int | None,
    filters: Mapping[str, Any],
) -> _Question:
    checked = check_filters(po, search, filters)
    window = span(*span_, now=po.now())
    if limit is not None and (isinstance(limit, bool) or limit < 1):
        raise InputError(f"limit={limit!r} is no count", advice="leave it out for all records")
    start, end = (moment.isoformat(timespec="milliseconds") for moment in window)
    attrs: dict[Hashable, Any] = {
        "source": po.environment,
        "marketplace": po.settings["marketplace"],
        "fetched_at": po.now().isoformat(timespec="seconds"),
        "query": {"since": start, "until": end, **checked},
    }
    return _Question(search, checked, window, limit, attrs)


def _fetcher(search: Search, note: str = "") -> Fetch:
    def fetch(
        po: PostOrder,
        since: When = "90d",
        until: When | None = None,
        *,
        limit: int | None = None,
        progress: bool | None = None,
        executor: Executor | None = None,
        **filters: Any,
    ) -> pd.DataFrame:
        question = _question(po, search, (since, until), limit, filters)
        collector = Collector(search)
        windows = split(*question.window)
        # With a limit one window after the other, newest first: no call beyond the limit.
        batches = [windows] if limit is None else [[window] for window in reversed(windows)]
        with (
            keeping(lambda: question.table(collector)),
            Progress(search.name, "records", progress) as bar,
            threads(po, executor) as pool,
        ):
            for batch in batches:
                if limit is not None and len(collector) > limit:
                    break
                Run(po, search, question.filters, batch, collector, bar.at).pages(pool)
        return question.table(collector)

    fetch.__name__ = fetch.__qualname__ = search.name
    fetch.__doc__ = _DOC.format(name=search.name, note=note, filters=", ".join(search.filters()))
    return fetch


cancellations = _fetcher(SEARCHES["cancellations"])
inquiries = _fetcher(
    SEARCHES["inquiries"],
    note="\n\neBay leaves out inquiries that became cases: find those through `cases`.",
)
returns = _fetcher(SEARCHES["returns"])
cases = _fetcher(SEARCHES["cases"])
