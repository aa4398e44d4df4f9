"""What a sync asks eBay for, and keeps at once: members of searches, and details."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future, as_completed
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import tables
from ..api.client import PostOrder
from ..errors import NotFound, PostOrderError, RateLimited, TokenRefused
from ..fetch.details import ask
from ..fetch.search import SEARCHES, Members, Run
from ..fetch.windows import Window
from . import adding, log, parsing, schema, versions
from .frames import current
from .observations import Observation, identity, kept, mark
from .planning import Wanted
from .results import Result
from .store import Store

#: Detail answers that are kept in one append: what a kill can lose.
_AT_ONCE = 64
# Members of searches that are kept in one append.
_MEMBERS = 2_000
# After as many failures in a row it is not the records that are at fault.
_PATIENCE = 20
_SPENT = "the budget of calls is used up"
_OUTLOOK = ("created_at", "open", "urgent", "due_at", "worth")
_FACTS = ("table", "record_id", *_OUTLOOK, "summary_hash", "detail_hash", "detail_at", "owed")
Facts = dict[str, Any]


class Asking:
    """
    The calls of one sync of one seller.

    Parameters
    ----------
    store : Store
        Where to keep what comes.
    po : PostOrder
        The client.
    pool : concurrent.futures.Executor
        Runs the calls.
    result : Result
        Is told what came.
    budget : int or None
        The most calls.

    Attributes
    ----------
    known : dict
        What is known, by table and id, of the records that are open, owed or in a window that
        was asked for.
    seen : dict of str to set of str
        The records whose summary was seen in this sync, by table.
    covered : dict
        The windows that were read to their ends, by this sync or before, by table.
    wanted : dict
        The records whose details are to be read, by table and id.
    """

    def __init__(
        self, store: Store, po: PostOrder, pool: Executor, result: Result, budget: int | None
    ) -> None:
        self.store = store
        self.po = po
        self.pool = pool
        self.result = result
        self.seen: dict[str, set[str]] = {name: set() for name in tables.NAMES}
        self.wanted: dict[tuple[str, str], Wanted] = {}
        self.covered = log.windows(store, result.seller)
        # Of the merge before this sync: another does not come before its end.
        self.known: dict[str, dict[str, Facts]] = {name: {} for name in tables.NAMES}
        self._known_from: datetime | None = None
        self._fresh: list[adding.Kept] = []
        self._read_to_end: list[tuple[str, Window, int]] = []
        self._budget = budget
        self._asked = 0
        self._before = self._count()
        self._resting: set[str] = set()

    # -- what it costs

    def _count(self) -> int:
        return sum(usage.used for usage in self.po.quota.rows())

    @property
    def calls(self) -> int:
        """The calls so far; repetitions count as far as this process made them."""
        return max(self._asked, self._count() - self._before)

    @property
    def left(self) -> float:
        """How many calls may still be made."""
        return float("inf") if self._budget is None else self._budget - self.calls

    def _rest(self, table: str, why: str) -> None:
        """Ask no more about a table: its calls of the day are used up."""
        self._resting.add(table)
        self.result.stopped = self.result.stopped or why

    # -- what is known

    def recall(self, since: datetime) -> None:
        """Look up what is known of all records that are open, owed or were created since then."""
        self._known_from = since
        for one in (("open", "==", True), ("owed", "==", True), ("created_at", ">=", since)):
            self._look_up([one])

    def _look_up(self, filters: list[tuple[str, str, Any]]) -> None:
        where = [("seller", "==", self.result.seller), *filters]
        for row in current(self.store, "known", columns=_FACTS, filters=where).to_pylist():
            self.known[row["table"]].setdefault(row["record_id"], row)

    # -- searches

    def search(self, table: str, window: Window) -> bool:
        """
        Read a window to its end, and keep what is new; return whether there were calls left for it.

        What came is kept even if a later page fails.
        """
        if table in self._resting or self.left < 1:
            self._rest(table, _SPENT)
            return False
        search = SEARCHES[table]
        since, until = window
        if self._known_from is None or since < self._known_from:
            created = [("created_at", ">=", since), ("created_at", "<=", until)]
            self._look_up([("table", "==", table), *created])
        found: list[Any] = []

        def take(some: list[Any]) -> None:
            found.extend(some)
            if len(found) >= _MEMBERS:
                self._keep_members(table, found)

        members = Members(search, take)
        role = {"role": self.po.settings["role"]} if search.has_role else {}
        try:
            Run(self.po, search, role, [window], members, self._came).pages(self.pool)
        except RateLimited as error:
            self._rest(table, error.message)
            return False
        finally:
            self._keep_members(table, found)
        self.covered[table].append((window, len(members)))
        self._read_to_end.append((table, window, len(members)))
        return True

    def _came(self, _done: int, _total: int) -> None:
        self._asked += 1

    def _keep_members(self, table: str, found: list[Any]) -> None:
        """Keep the members whose answer changed, and want their details; none is left over."""
        now = self.po.now()
        known, bodies = self.known[table], []
        for member in found:
            record_id = identity(table, member)
            if record_id is None:
                continue
            self.seen[table].add(record_id)
            body = kept(member)
            before = known.get(record_id)
            if before is None or before["summary_hash"] != mark(body):
                seen = Observation(self.result.seller, table, "search", record_id, now, member)
                self._fresh.append((seen, mark(body), body))
                bodies.append(body)
                (self.result.new if before is None else self.result.changed)[table] += 1
        found.clear()
        if bodies:
            self._want(table, bodies, now)
        if len(self._fresh) >= _MEMBERS:
            self.flush()

    def flush(self) -> None:
        """Keep what searches brought, then write down which windows are done."""
        if self._fresh:
            adding.append(self.store, self._fresh, self.result.sync)
            self._fresh = []
        if self._read_to_end:
            log.note_windows(
                self.store, self._read_to_end,
                seller=self.result.seller, at=self.po.now(), sync=self.result.sync,
            )  # fmt: skip
            self._read_to_end = []

    def _want(self, table: str, bodies: list[bytes], now: datetime) -> None:
        """Want the details of records, for what their summaries say."""
        rows = parsing.summaries(table, bodies, ["v2"] * len(bodies))
        rows = rows.filter(pa.array(self._is_news(table, rows)))
        told = versions.outlook(table, rows, pa.scalar(now, pa.timestamp("us", "UTC")))
        columns = [rows[tables.KEYS[table]], *(told[name] for name in _OUTLOOK)]
        for record_id, *facts in zip(*(column.to_pylist() for column in columns), strict=True):
            self.want(Wanted(table, record_id, *facts))

    def _is_news(self, table: str, rows: pa.Table) -> versions.Flags:
        """Tell of each summary whether it is more than the end of a record that was read since."""
        key = tables.KEYS[table]
        known = [self.known[table].get(record_id) for record_id in rows[key].to_pylist()]
        ended = [bool(f and f["detail_hash"] and not f["open"]) for f in known]
        news = np.ones(len(known), dtype=bool)
        if any(ended):
            some = rows.filter(pa.array(ended))
            mine = [("seller", "==", self.result.seller), (key, "in", some[key].to_pylist())]
            held = current(self.store, table, some.column_names, mine).cast(some.schema)
            stand = held.take(pc.index_in(some[key], held[key]))
            read_at = pa.array(
                [f["detail_at"] for f, end in zip(known, ended, strict=True) if f and end],
                schema.MOMENT,
            )
            news[np.array(ended)] = versions.tell_more(table, some, stand, read_at)
        return news

    def want(self, one: Wanted) -> None:
        """Want the details of a record."""
        self.wanted[one.table, one.record_id] = one

    # -- details

    def details(self, wanted: Iterable[Wanted]) -> None:
        """Read records one by one, in order, as far as the budget goes; keep them as they come."""
        batch: list[Wanted] = []
        failures = 0
        for one in wanted:
            if one.table in self._resting:
                continue
            if self.left < one.calls + sum(other.calls for other in batch):
                self.result.stopped = self.result.stopped or _SPENT
                break
            batch.append(one)
            if len(batch) == _AT_ONCE:
                failures = self._read(batch, failures)
                batch = []
        self._read(batch, failures)

    def _read(self, batch: list[Wanted], failures: int) -> int:
        """Read some records side by side; return how many failed in a row."""
        running: dict[Future[Any], Wanted] = {}
        came: list[tuple[Wanted, Any, datetime]] = []
        try:
            for one in batch:
                only = {"fieldgroups": "FULL"} if one.table == "returns" else {}
                options = {} if one.is_alone else only
                running[self.pool.submit(ask, self.po, one.table, one.record_id, options)] = one
            for future in as_completed(running):
                one = running[future]
                self._asked += one.calls
                try:
                    came.append((one, _answer(future), self.po.now()))
                    failures = 0
                except RateLimited as error:
                    self._rest(one.table, error.message)
                except TokenRefused:
                    raise
                except PostOrderError:
                    self.result.failed[one.table] += 1
                    failures += 1
                    if failures >= _PATIENCE:
                        raise
        finally:
            for future in running:
                future.cancel()
            self._keep_details(came)
        return failures

    def _keep_details(self, came: list[tuple[Wanted, Any, datetime]]) -> None:
        """Keep detail answers; of one that did not change only that it was read again."""
        rows: list[adding.Kept] = []
        for one, answer, at in came:
            seen = Observation(self.result.seller, one.table, "get", one.record_id, at, answer)
            body = kept(answer)
            digest = mark(body) if body else ""
            before = self.known[one.table].get(one.record_id)
            is_same = before is not None and body and before["detail_hash"] == digest
            rows.append((seen, digest, None if is_same else body))
            if answer is None:
                self.result.gone[one.table] += 1
            elif one.is_alone and not is_same:
                self.result.changed[one.table] += 1
        if rows:
            adding.append(self.store, rows, self.result.sync)


def _answer(future: Future[Any]) -> Any:
    """Return the answer, None if eBay knows no such record."""
    try:
        return future.result()
    except NotFound:
        return None
