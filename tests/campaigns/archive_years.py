"""
Sync a shop into an archive day by day, for years, with faults and kills; compare it with the truth.

Run it by hand: ``python tests/campaigns/archive_years.py [--days 1095] [--minutes 10]``; the
tests do a short one. Every third day the process that syncs is killed at a random moment, and
another goes on. Judges are the simulator's own records (as they were each evening, and on random
days by `as_of`) and its log of requests.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

import postorder_nb as pn
from postorder_nb.api.client import PostOrder
from postorder_nb.archive import Archive
from postorder_nb.archive.results import Result
from postorder_nb.config import resolve
from postorder_nb.errors import PostOrderError
from postorder_nb.simulator import Faults

FAULTS = ("429", "500", "503", "drop", "truncate")
QUOTA = 5_000
_TRIES = 3  # syncs of one evening, as a timer makes them
# What both the tables and the simulator's own records tell, by table.
TRUTH = {
    "returns": ("state", "status", "closed_at", "close_reason", "refund_status"),
    "inquiries": ("state", "status", "closed_at"),
    "cases": ("status",),
    "cancellations": ("state", "status", "closed_at", "close_reason"),
}
_DETAIL = re.compile(r"/post-order/v2/(return|inquiry|cancellation|casemanagement)/(\d+)$")
Facts = tuple[Any, ...]


def facts_of(name: str, record: Any) -> Facts:
    """Return what the simulator knows of a record, as the table should tell it."""
    told = [getattr(record, column) for column in TRUTH[name]]
    if "close_reason" in TRUTH[name] and record.open:  # an open record may carry a reason there
        told[TRUTH[name].index("close_reason")] = None
    refund = record.refund
    return (*told, None if refund is None else float(refund.amount), len(record.history))


def facts_in(name: str, table: pd.DataFrame, steps: dict[str, int]) -> dict[str, Facts]:
    """Return the same of an archive's table; `steps` counts the rows of each record's history."""
    found = {}
    columns = [pn.tables.KEYS[name], *TRUTH[name], "refund_amount", "closed_at"]
    columns = [column for column in dict.fromkeys(columns) if column in table]
    for row in table[columns].astype(object).itertuples(index=False):
        plain = {c: None if pd.isna(v) else v for c, v in zip(columns, row, strict=True)}
        record_id = plain[pn.tables.KEYS[name]]
        if "close_reason" in plain and plain["closed_at"] is None:
            plain["close_reason"] = None
        told = (plain[column] for column in TRUTH[name])
        found[record_id] = (*told, plain["refund_amount"], steps.get(record_id, 0))
    return found


class Campaign:
    """A shop, its archive, and what was true on each evening."""

    def __init__(self, folder: Path, *, days: int, returns: int, seed: int, rate: float) -> None:
        self.days = days
        self.dice = random.Random(seed)
        self.path = folder / "archive"
        self.faults = Faults(rate=rate, kinds=FAULTS, seed=seed, quota=QUOTA)
        self.po = pn.demo(
            returns=returns, days=60, seed=seed, now="2023-01-01T06:00:00Z", behaviour="lively"
        )
        self.truth: dict[tuple[str, str], list[tuple[datetime, Facts]]] = defaultdict(list)
        self.evenings: list[datetime] = []
        self.reads: Counter[tuple[str, str, int]] = Counter()
        self.most_calls = self.kills = self.syncs = self.failures = 0
        self.seconds = self.last = 0.0

    def run(self, minutes: float) -> None:
        """Live through the days, as many as the minutes allow."""
        end = time.monotonic() + minutes * 60
        for day in range(self.days):
            if time.monotonic() > end:
                return
            self.po.simulator.faults = self.faults
            if day % 3 == 2:
                self._killed()
            self._synced()
            self.po.simulator.faults = None
            self._note()
            self.po.simulator.advance(days=1)

    def _synced(self) -> None:
        """Sync until nothing has failed: of very many reads one fails as often as it is tried."""
        for _ in range(_TRIES):
            began = time.process_time()
            result: Result | PostOrderError
            try:
                result = Archive(self.path).sync(self.po)
            except PostOrderError as error:  # a search that failed each time it was tried
                result = error
            self.last = time.process_time() - began
            self.seconds += self.last
            self.syncs += 1
            self._count(killed=False)
            if isinstance(result, Result):
                assert not result.stopped, result
                if not any(result.failed.values()):
                    return
            self.failures += 1
        raise AssertionError(result)

    def _killed(self) -> None:
        """Sync in another process, and kill it at a random moment."""
        told = [self.path, self.po.simulator.url, self.po.now().isoformat()]
        child = subprocess.Popen(
            [sys.executable, __file__, "--child", *map(str, told)],
            env={**os.environ, "EBAY_TOKEN": self.po.simulator.token},
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.readline()  # it is about to begin
        time.sleep(self.dice.expovariate(1.5))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        self.kills += 1
        self._count(killed=True)

    def _count(self, *, killed: bool) -> None:
        """Count the reads of closed records that nothing changed since they were last read."""
        log = self.po.simulator.requests
        used: Counter[str] = Counter()
        for entry in log:
            found = _DETAIL.match(entry.path)
            used[entry.path.split("/")[3]] += 1
            if found and entry.status == 200 and entry.fault is None and not killed:
                shelf = getattr(self.po.simulator.world, _SHELVES[found[1]])
                record = shelf[found[2]]
                if not record.open:
                    part = entry.query.get("fieldgroups", "")
                    self.reads[found[1], found[2] + part, record.version] += 1
        log.clear()
        self.most_calls = max(self.most_calls, *used.values(), 0)

    def _note(self) -> None:
        """Write down what is true this evening."""
        now = self.po.now()
        self.evenings.append(now)
        for name in TRUTH:
            for record_id, record in getattr(self.po.simulator.world, name).items():
                facts = facts_of(name, record)
                told = self.truth[name, record_id]
                if not told or told[-1][1] != facts:
                    told.append((now, facts))

    def then(self, name: str, moment: datetime) -> dict[str, Facts]:
        """Return what was true of a table on an evening."""
        found = {}
        for (table, record_id), told in self.truth.items():
            known = [facts for at, facts in told if at <= moment]
            if table == name and known:
                found[record_id] = known[-1]
        return found

    def problems(self, evenings: int = 50) -> list[str]:
        """Compare the archive with the truth: now, and on random evenings."""
        archive = Archive(self.path)
        wrong = []
        some = self.dice.sample(self.evenings, min(evenings, len(self.evenings)))
        for moment in [self.evenings[-1], *some]:
            # The clock stood still meanwhile: two syncs of one moment are a microsecond apart.
            then = moment + timedelta(seconds=1)
            history = archive.frame("history", columns=["record", "record_id"], as_of=then)
            for name in TRUTH:
                mine = history[history["record"] == _SINGULARS[name]]
                steps = mine["record_id"].value_counts().to_dict()
                table = archive.frame(name, as_of=then)
                found = facts_in(name, table, steps)
                true = self.then(name, moment)
                missing = set(true) - set(found)
                if name == "inquiries":  # a search never shows those that became cases
                    cases = self.po.simulator.world.cases
                    missing = {i for i in missing if i not in cases}
                wrong += [f"{moment:%F} {name} {i}: missing" for i in sorted(missing)]
                wrong += [
                    f"{moment:%F} {name} {i}: too much" for i in sorted(set(found) - set(true))
                ]
                wrong += [
                    f"{moment:%F} {name} {i}: {found[i]} is {true[i]}"
                    for i in sorted(set(found) & set(true))
                    if found[i] != true[i]
                ]
        wrong += [f"read {n} times: {which}" for which, n in self.reads.items() if n > 1]
        return wrong


_SHELVES = {
    "return": "returns", "inquiry": "inquiries",
    "cancellation": "cancellations", "casemanagement": "cases",
}  # fmt: skip
_SINGULARS = {
    "returns": "return", "inquiries": "inquiry", "cancellations": "cancellation", "cases": "case"
}  # fmt: skip


def child(path: str, url: str, now: str) -> None:
    """Sync once, with the clock standing at `now`; for a process that is killed meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        settings = resolve(
            base_url=url, marketplace="EBAY_US", data_folder=folder, cache_folder=folder
        )
        with PostOrder(settings, now=lambda: datetime.fromisoformat(now)) as po:
            print("ready", flush=True)
            Archive(path).sync(po)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=1095)
    parser.add_argument("--returns", type=int, default=100, help="of the first 60 days")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.05)
    parser.add_argument("--evenings", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(*given.child)
        return 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(
            Path(folder), days=given.days, returns=given.returns, seed=given.seed, rate=given.faults
        )
        with campaign.po:
            campaign.run(given.minutes)
            wrong = campaign.problems(given.evenings)
            world = campaign.po.simulator.world
            told = {
                "days": len(campaign.evenings),
                "records": sum(len(getattr(world, name)) for name in TRUTH),
                "kills": campaign.kills,
                "syncs_with_a_failed_read": campaign.failures,
                "most_calls_of_a_resource_in_a_run": campaign.most_calls,
                "cpu_seconds_a_sync": round(campaign.seconds / campaign.syncs, 2),
                "cpu_seconds_of_the_last": round(campaign.last, 2),
                "findings": len(Archive(campaign.path).check(campaign.po, whole=True)),
                "bytes": sum(f.stat().st_size for f in campaign.path.rglob("*") if f.is_file()),
                "wrong": wrong,
            }
    if given.json:
        print(json.dumps(told))
        return 0
    for line in wrong[:50]:
        print(line)
    shown = {name: value for name, value in told.items() if name != "wrong"}
    print(f"{shown}, {len(wrong)} wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
