"""
Time, memory and growth of an archive, by its size.

    python tests/benchmarks/bench_archive.py [--rows 10000 100000 1000000 10000000] [--folder F]

First a made-up shop is synced daily until all its records are closed: what is stored of them, what
the daily syncs themselves leave, and how many calls a day takes by the number of open records.

Then archives of so many returns are written from drawn records (see `bench_metrics.py`), as one
merge and a checkpoint, and measured, each step in a process of its own: 10,000 changed rows are
merged in, scattered over all years; a shop of 300 returns is synced into it, the daily sync after
the first one; as much memory is touched as the table needs in pandas, for a virtual machine that
was idle gets it from its host page by page, and the table is loaded; its checkpoint is written
anew; and the metrics run through DuckDB, limited to 400 MB beside what it holds itself. Wall and
processor seconds, and the peak of resident memory above what the process held before.

The answers that the drawn returns came from are not theirs but 200 bytes of noise each: a sync
reads none of them, since these returns are closed and older than eBay shows.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import bench_metrics
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

import postorder_nb as pn
from postorder_nb.api.client import PostOrder
from postorder_nb.archive import Archive, compacting, engines, frames, schema
from postorder_nb.archive.compacting import compact
from postorder_nb.config import resolve

CHANGED = 10_000
LOADED = 1_000_000  # larger tables are left to the lazy engines
TABLES = (
    *("cancellations", "inquiries", "returns", "cases"),
    *("history", "refund_lines", "money_movements"),
)
NOW = "2026-06-30T09:00:00Z"
DAYS = 40
_START = 1_600_000_000_000_000  # microseconds; eBay shows nothing so old
_NOISE = 200
_STEP = 100_000


def shaped(name: str, rows: pa.Table, seen: int, batch: int) -> pa.Table:
    """Return drawn rows as rows of an archive's table."""
    stamps = {"seller": "shop", "seen_from": seen, "batch": batch}
    arrays = []
    for field in schema.arrow(name):
        if field.name in stamps:
            arrays.append(pa.repeat(pa.scalar(stamps[field.name], field.type), rows.num_rows))
        elif field.name in rows.column_names:
            arrays.append(rows[field.name].cast(field.type))
        else:
            arrays.append(pa.nulls(rows.num_rows, field.type))
    return pa.table(arrays, schema=schema.arrow(name))


def known(ids: pa.Array, name: str) -> pa.Table:
    """Return what an archive keeps of closed returns beside their rows."""
    n = len(ids)
    facts = {
        "table": "returns", "created_at": _START, "open": False, "urgent": False, "worth": 10.0,
        "changed_at": _START, "summary_at": _START, "summary_batch": 1, "detail_at": _START,
        "detail_batch": 1, "owed": False, "dialect": "v2", "call": "get", "seen_at": _START,
        "schema": 1, "sync": "drawn", "batch": 1,
    }  # fmt: skip
    rows = {
        column: pa.repeat(pa.scalar(value, field.type), n)
        for column, value in facts.items()
        for field in schema.arrow(name)
        if field.name == column
    }
    noise = np.random.default_rng(n).bytes(n * _NOISE)
    ends = pa.py_buffer(np.arange(0, (n + 1) * _NOISE, _NOISE, dtype="int32"))
    rows["body"] = pa.Array.from_buffers(pa.binary(), n, [None, ends, pa.py_buffer(noise)])
    hashes = pc.binary_join_element_wise("hash-of-an-answer-", ids, "")
    rows |= {"record_id": ids} | dict.fromkeys(("hash", "summary_hash", "detail_hash"), hashes)
    return shaped(name, pa.table(rows), _START, 1)


def write(folder: Path, rows: int) -> None:
    """Draw records and write them as an archive of one merge."""
    drawn = folder / "drawn"
    if not drawn.exists():
        drawn.mkdir(parents=True)
        bench_metrics.write(drawn, rows)
    archive = Archive(folder / "archive")

    def fill(name: str, batches: Iterator[pa.RecordBatch]) -> None:
        there = name if name in schema.BASE else schema.versions(name)
        if not archive.store.reached(there):
            reader = pa.RecordBatchReader.from_batches(schema.arrow(name), batches)
            archive.store.append(there, reader, 1)
            compact(archive.store, set(schema.VERSIONED) & {name}, always=True)

    def rows_of(name: str) -> Iterator[pa.RecordBatch]:
        for path in sorted((drawn / name).iterdir()):
            for batch in ds.dataset(path).to_batches(batch_size=_STEP):
                yield from shaped(name, pa.table(batch), _START, 1).to_batches()

    def beside(name: str) -> Iterator[pa.RecordBatch]:
        for batch in ds.dataset(drawn / "returns").to_batches(["return_id"], batch_size=_STEP):
            yield from known(batch["return_id"].cast(pa.string()), name).to_batches()

    for name in TABLES:
        fill(name, rows_of(name))
    for name in ("observations", "known"):
        fill(name, beside(name))


def numbered(archive: Archive) -> int:
    """Return the number of the next merge, which all but the returns have come to."""
    number = archive.store.reached("observations") + 1
    for name in ("observations", "known_versions"):
        archive.store.append(name, schema.arrow(name).empty_table(), number)
    return number


def merge(archive: Archive) -> None:
    """Merge 10,000 rows of any age that changed."""
    number = numbered(archive)
    ids = archive.store.read("returns", ["return_id"], ds.field("seller") == "shop")["return_id"]
    dice = np.random.default_rng(number)
    some = ids.take(dice.choice(len(ids), min(CHANGED, len(ids)), replace=False))
    rows = frames.read(archive.store, "returns", ds.field("return_id").isin(some))
    changed = shaped("returns", rows, _START + number, number)
    state = schema.arrow("returns").get_field_index("state")
    changed = changed.set_column(state, "state", pa.repeat("CLOSED", len(changed)))
    del ids, rows
    clock = Clock()
    archive.store.append("returns_versions", changed, number)
    compact(archive.store, ["returns"])
    clock.tell(len(changed))
    asked = [("return_id", "in", some.to_pylist())]
    found = archive.frame("returns", columns=["return_id", "seen_from"], filters=asked)
    assert len(found) == len(changed)
    assert set(found["seen_from"].astype("int64")) == {_START + number}


def sync(archive: Archive, url: str, now: str) -> None:
    """Sync the shop at a simulator's address."""
    with tempfile.TemporaryDirectory() as name:
        settings = resolve(base_url=url, marketplace="EBAY_US", data_folder=name, cache_folder=name)
        with PostOrder(settings, now=lambda: datetime.fromisoformat(now)) as po:
            clock = Clock()
            clock.tell(archive.sync(po, seller=url).calls)


def memory(archive: Archive) -> None:
    """Touch as much memory as the whole table needs in pandas, and do nothing else."""
    rows = len(archive.frame("returns", columns=["return_id"]))
    clock = Clock()
    np.ones(rows * len(schema.arrow("returns")))
    clock.tell(rows)


def load(archive: Archive) -> None:
    """Load the whole table, changes included."""
    archive.frame("returns", columns=["return_id"])
    clock = Clock()
    clock.tell(len(archive.frame("returns")))


def rewrite(archive: Archive) -> None:
    """Write the checkpoint of the returns anew, as it is done when 2 % of them changed."""
    number = numbered(archive)
    empty = schema.arrow("returns").empty_table()
    archive.store.append("returns_versions", empty, number)  # or there would be nothing to do
    compacting._FEW = compacting._SHARE = -1
    clock = Clock()
    written = compact(archive.store, ["returns"])
    clock.tell(len(written))
    assert archive.store.reached("returns") == number


def metric(archive: Archive, name: str, drawn: Path) -> None:
    """Run one metric through DuckDB; orders are not archived, and come from their files."""
    connection = engines.connect()
    connection.execute("SET memory_limit = '400MB'")
    connection.execute(f"SET temp_directory = '{drawn}/spill'")
    needed, call = bench_metrics.CALLS[name]
    given = [
        connection.read_parquet(f"{drawn}/orders/*.parquet")
        if table == "orders"
        else archive.frame(table, "duckdb", session=connection)
        for table in needed.split()
    ]
    # What it imports is no part of the time.
    call(*(connection.from_arrow(frame.limit(2).to_arrow_table()) for frame in given))
    clock = Clock()
    clock.tell(len(call(*given)))


class Clock:
    """Starts when it is made, and the high-water mark of memory with it."""

    def __init__(self) -> None:
        ctypes.CDLL(None).malloc_trim(0)
        pa.default_memory_pool().release_unused()
        Path("/proc/self/clear_refs").write_text("5")
        self._held = bench_metrics.resident("VmRSS")
        self._start, self._cpu = time.perf_counter(), time.process_time()

    def tell(self, rows: int) -> None:
        """Print wall and processor seconds, peak memory in MB, rows or calls."""
        took = [time.perf_counter() - self._start, time.process_time() - self._cpu]
        print(json.dumps([*took, bench_metrics.resident("VmHWM") - self._held, rows]))


def step(name: str, folder: Path, shop: list[str]) -> None:
    """Do one step in this process."""
    archive = Archive(folder / "archive")
    if name == "sync":
        sync(archive, *shop)
    elif name in STEPS:
        STEPS[name](archive)
    else:
        metric(archive, name, folder / "drawn")


STEPS = {"merge": merge, "memory": memory, "load": load, "rewrite": rewrite}


def run(rows: int, name: str, folder: Path, *shop: str, token: str = "") -> None:
    """Do one step in a process of its own, and print what it took."""
    command = [sys.executable, __file__, "--folder", str(folder), "--step", name]
    own = {"EBAY_TOKEN": token}
    if name in bench_metrics.CALLS:  # unlike Arrow's usual pool this one gives memory back
        own["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    done = subprocess.run(
        [*command, *(["--shop", *shop] if shop else [])],
        capture_output=True, text=True, check=False, env=os.environ | own,
    )  # fmt: skip
    if done.returncode:
        print(f"{rows:>10,}  {name:32} {done.stderr.strip().splitlines()[-1]}", flush=True)
        return
    wall, cpu, peak, found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{rows:>10,}  {name:32} {wall:7.2f} s {cpu:7.2f} cpu s {peak:6.0f} MB"
        f" {found:>10,} {'calls' if name == 'sync' else 'rows'}  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def measure(folder: Path, rows: int, steps: list[str]) -> None:
    """Write an archive if it is not there, and print a row for each step."""
    write(folder, rows)
    for name in steps:
        if name == "sync":
            with pn.demo(returns=300, days=60, seed=7, now=NOW, behaviour="lively") as po:
                for _ in range(2):
                    shop = (po.simulator.url, po.now().isoformat())
                    run(rows, name, folder, *shop, token=po.simulator.token)
                    po.simulator.advance(days=1)
        elif name not in ("memory", "load") or rows <= LOADED:
            run(rows, name, folder)


def grow(folder: Path) -> None:
    """Sync shops daily, and print what that takes and leaves."""
    for returns in (20, 200, 800):
        with pn.demo(returns=returns, days=60, seed=7, now=NOW) as po:
            archive = Archive(folder / f"shop-{returns}")
            archive.sync(po)
            po.simulator.advance(days=1)
            opened = archive.store.read("known_versions", ["record_id"], ds.field("open"))
            calls = archive.sync(po).calls
            print(f"{len(opened['record_id'].unique()):>10,} open records: {calls} calls a day")
    archive = Archive(folder / "lively")
    with pn.demo(returns=400, days=60, seed=7, now=NOW, behaviour="lively") as po:
        for _ in range(DAYS):
            archive.sync(po)
            po.simulator.advance(days=1)
    returns = archive.frame("returns", columns=["state"])["state"]
    for name in filter(archive.store.table, schema.names()):  # as it is tidied now and then
        archive.store.table(name).optimize.compact()
        archive.store.vacuum(name)
    size = {"logs": 0, "tables": 0}
    for path in filter(Path.is_file, (folder / "lively").rglob("*")):
        size["logs" if "_delta_log" in path.parts else "tables"] += path.stat().st_size
    left = (returns != "CLOSED").sum()
    each, log = size["tables"] / len(returns), size["logs"] / DAYS
    print(f"{len(returns):>10,} returns, all but {left} closed after {DAYS} daily syncs:")
    print(f"{'':>10}  {each:,.0f} bytes each, once; {log:,.0f} bytes a sync in the tables' logs")


def main() -> None:
    """Measure archives of several sizes, or do one step in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [10_000, 100_000, 1_000_000, 10_000_000]
    parser.add_argument("--rows", type=int, nargs="*", default=sizes)
    parser.add_argument("--only", nargs="*", choices=["sync", *STEPS, *bench_metrics.CALLS])
    parser.add_argument("--folder", type=Path, help="where the archives are, or are kept")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--shop", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step(given.step, given.folder, given.shop)
        return
    with tempfile.TemporaryDirectory() as name:
        if given.only is None:
            grow(Path(name))
        for rows in given.rows:
            folder = (given.folder or Path(name)) / str(rows)
            measure(folder, rows, given.only or ["sync", *STEPS, *bench_metrics.CALLS])


if __name__ == "__main__":
    main()
