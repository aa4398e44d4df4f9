"""
Bringing an archive up to date.

Searches come first, since a page tells of hundreds of records: what was created since the last
sync and, by the overlap, a while before it; older spans with more open records than pages; then
what the backfill still lacks, newest first. Details follow, of what changed or is open, most
valuable first, as far as the calls go; what is owed is known to the next sync.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid4

from .. import tables
from ..api.client import PostOrder
from ..errors import ArchiveBusy, InputError, PostOrderError
from ..fetch.search import SEARCHES
from ..fetch.windows import LONGEST, When, Window, earliest, moment
from ..fetch.workers import threads
from . import log
from .asking import Asking, Facts
from .frames import current
from .merging import catch_up, merge
from .planning import Wanted, order, slices, uncovered, worth_a_search
from .rebuilding import finish
from .results import Result
from .store import Store

logger = logging.getLogger("postorder_nb")
Details = Literal["changed", "none"]
# A sync takes its time: what is at the edge of eBay's reach now is beyond it at the end.
_MARGIN = timedelta(hours=6)
# An open record is read once a day, though nothing may have changed, but not at every sync.
_FRESH = timedelta(hours=12)


def sync(
    store: Store,
    po: PostOrder,
    *,
    seller: str | None,
    since: When | None,
    overlap: When,
    details: Details,
    budget: int | None,
    executor: Executor | None,
) -> Result:
    """Bring one seller's records up to date; see `Archive.sync`."""
    now = po.now()
    first = earliest(now) + _MARGIN
    start = first if since is None else max(moment(since, now=now, name="since"), first)
    recent = moment(overlap, now=now, name="overlap")
    counts = budget is None or (isinstance(budget, int) and budget > 0)
    if details not in ("changed", "none") or not counts:
        raise InputError(
            f"details={details!r}, budget={budget!r} is no plan",
            advice='details: "changed" or "none"; budget: a number of calls, or None',
        )
    if po.settings["role"] != "SELLER":
        raise InputError(
            "an archive keeps a seller's records, and this client is the buyer",
            advice='connect with role="SELLER"',
        )
    log.check_version(store)
    if log.is_outdated(store):
        logger.warning("%s: columns have changed since: archive.rebuild() fills them", store.path)
    name = seller or log.seller_of(store, po.settings["account"]) or _login(po, now)
    result = Result(name, f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}", now)
    with _alone(store, name), threads(po, executor) as pool:
        finish(store)
        with store.lock("merge"):
            catch_up(store)
        asking = Asking(store, po, pool, result, budget)
        try:
            _search(asking, (start, now), recent)
            if details == "changed":
                _plan(asking, now)
                asking.details(order(asking.wanted.values(), now))
        except (PostOrderError, KeyboardInterrupt) as stop:
            result.stopped = str(getattr(stop, "message", "interrupted"))
            vars(stop)["partial"] = result
            raise
        finally:
            _finish(asking)
    return result


def _login(po: PostOrder, now: datetime) -> str:
    """Return the seller's name as the newest answers tell it; the account's name without any."""
    for name, search in SEARCHES.items():
        window = {search.start: now - LONGEST, search.end: now}
        page = getattr(po, name).search(**window, limit=1, sort=search.order)
        found = tables.from_search(name, [page])["seller"].dropna()
        if len(found):
            return str(found.iloc[0])
    return str(po.settings["account"])


@contextmanager
def _alone(store: Store, seller: str) -> Iterator[None]:
    """See that no other sync of this seller runs on this computer."""
    safe = "".join(letter if letter.isalnum() else "-" for letter in seller)
    with store.lock(f"sync-{safe}", wait=False) as free:
        if not free:
            raise ArchiveBusy(
                f"another sync of {seller} is running on {store.path}",
                advice="let it end; it brings the same records",
            )
        yield


def _search(asking: Asking, span: Window, recent: datetime) -> None:
    """Read summaries: the recent span of every table, what is open, then the backfill."""
    begins = {}
    for table, covered in asking.covered.items():
        last = max((until for (_, until), _ in covered), default=recent)
        begins[table] = max(span[0], min(recent, last))
    asking.recall(min(begins.values()))
    for table, begin in begins.items():
        covered = asking.covered[table]
        _read(asking, table, slices(begin, span[1]))
        known = asking.known[table].values()
        created = [row["created_at"] for row in known if row["open"] and _is_before(row, begin)]
        if created:
            older = (max(min(created), span[0]), begin)
            size = SEARCHES[table].size
            _read(asking, table, worth_a_search(older, created, covered, size))
    for table in tables.NAMES:
        for gap in uncovered(span, [window for window, _ in asking.covered[table]]):
            _read(asking, table, slices(*gap))
    asking.flush()


def _read(asking: Asking, table: str, windows: list[Window]) -> None:
    """Read windows one after the other, as far as the calls go."""
    for window in windows:
        if not asking.search(table, window):
            return


def _is_before(row: Facts, moment: datetime) -> bool:
    return row["created_at"] is not None and row["created_at"] < moment


def _plan(asking: Asking, now: datetime) -> None:
    """Want what is owed, and every open record: not all of its steps show in a summary."""
    for table, known in asking.known.items():
        for record_id, row in known.items():
            if (table, record_id) in asking.wanted or not (row["owed"] or row["open"]):
                continue
            is_alone = row["open"] and record_id not in asking.seen[table]
            read = row["detail_at"]
            is_due = row["due_at"] is not None and row["due_at"] <= now
            if row["owed"] or is_alone or is_due or read is None or now - read >= _FRESH:
                asking.want(_wanted(table, row, is_alone=is_alone))


def _wanted(table: str, row: Facts, *, is_alone: bool) -> Wanted:
    return Wanted(
        table, row["record_id"], row["created_at"], row["open"], row["urgent"], row["due_at"],
        row["worth"], is_alone, is_changed=row["owed"],
    )  # fmt: skip


def _finish(asking: Asking) -> None:
    """Merge what came, and write down what was done."""
    store, result = asking.store, asking.result
    asking.flush()
    merge(store)
    result.ended = asking.po.now()
    result.calls = asking.calls
    owed = [("seller", "==", result.seller), ("owed", "==", True)]
    left = Counter(current(store, "known", ["table"], owed)["table"].to_pylist())
    result.owed.update(left)
    for table, covered in asking.covered.items():
        if covered:
            result.backfill[table] = _reach([window for window, _ in covered], result.began)
    log.note(
        store, "sync", result.began, result.plain(), seller=result.seller,
        account=asking.po.settings["account"], sync=result.sync,
    )  # fmt: skip


def _reach(covered: list[Window], now: datetime) -> datetime:
    """Return how far back from now the windows reach without a gap."""
    gaps = uncovered((min(since for since, _ in covered), now), covered)
    return gaps[0][1] if gaps else min(since for since, _ in covered)
