"""
Time and memory of an archive, by its size: merge, load, metrics, sync of what changed, growth.

    python tests/benchmarks/bench_archive.py [--rows 10000 1000000 10000000] [--folder F]

An archive of so many returns is written from drawn records (see `bench_metrics.py`), as one merge
and a checkpoint. Then, each in a fresh process: 10,000 changed rows are merged in, scattered over
all years; the table is loaded into pandas with them; and the metrics run through DuckDB, limited
to 400 MB beside what it holds itself. Wall and processor seconds, and the peak of resident memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bench_metrics
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from postorder_nb.archive import Archive, engines, frames, schema
from postorder_nb.archive.compacting import compact

CHANGED = 10_000
LOADED = 1_000_000  # larger tables are left to the lazy engines
TABLES = (
    *("cancellations", "inquiries", "returns", "cases"),
    *("history", "refund_lines", "money_movements"),
)
_START = 1_700_000_000_000_000  # microseconds


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


def write(folder: Path, rows: int) -> None:
    """Draw records and write them as an archive of one merge."""
    drawn = folder / "drawn"
    if not drawn.exists():
        drawn.mkdir(parents=True)
        bench_metrics.write(drawn, rows)
    archive = Archive(folder / "archive")
    for name in TABLES:
        if archive.store.reached(schema.versions(name)):
            continue

        def batches(name: str = name) -> Iterator[pa.RecordBatch]:
            for path in sorted((drawn / name).iterdir()):
                yield from shaped(name, ds.dataset(path).to_table(), _START, 1).to_batches()

        reader = pa.RecordBatchReader.from_batches(schema.arrow(name), batches())
        archive.store.append(schema.versions(name), reader, 1)
        compact(archive.store, [name], always=True)


def merge(archive: Archive) -> None:
    """Merge 10,000 rows of any age that changed."""
    number = archive.store.reached("returns_versions") + 1
    ids = archive.store.read("returns", ["return_id"])["return_id"].to_numpy()
    some = np.random.default_rng(number).choice(ids, min(CHANGED, len(ids)), replace=False)
    rows = frames.read(archive.store, "returns", ds.field("return_id").isin(some))
    changed = shaped("returns", rows, _START + number, number)
    state = schema.arrow("returns").get_field_index("state")
    changed = changed.set_column(state, "state", pa.repeat("CLOSED", len(changed)))
    start, cpu = started()
    archive.store.append("returns_versions", changed, number)
    compact(archive.store, ["returns"])
    told(start, cpu, len(changed))
    found = archive.frame(
        "returns", columns=["return_id", "seen_from"], filters=[("return_id", "in", list(some))]
    )
    assert len(found) == len(changed)
    assert set(found["seen_from"].astype("int64")) == {_START + number}


def load(archive: Archive) -> None:
    """Load the whole table, changes included."""
    archive.frame("returns", columns=["return_id"])
    start, cpu = started()
    told(start, cpu, len(archive.frame("returns")))


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
    call(*(frame.limit(2) for frame in given))  # what it imports is no part of the time
    start, cpu = started()
    told(start, cpu, len(call(*given)))


def started() -> tuple[float, float]:
    """Start the clocks, and the high-water mark of memory."""
    Path("/proc/self/clear_refs").write_text("5")
    return time.perf_counter(), time.process_time()


def told(start: float, cpu: float, rows: int) -> None:
    """Print what a step took: wall and processor seconds, peak memory in MB, rows."""
    peak = bench_metrics.resident("VmHWM")
    print(json.dumps([time.perf_counter() - start, time.process_time() - cpu, peak, rows]))


def step(name: str, folder: Path) -> None:
    """Do one step in this process."""
    archive = Archive(folder / "archive")
    if name == "merge":
        merge(archive)
    elif name == "load":
        load(archive)
    else:
        metric(archive, name, folder / "drawn")


def measure(folder: Path, rows: int, metrics: list[str]) -> None:
    """Write an archive if it is not there, and print a row for each step."""
    write(folder, rows)
    archive = Archive(folder / "archive")
    for name in ("returns", "returns_versions"):
        size = pa.table(archive.store.table(name).get_add_actions())["size_bytes"]
        print(f"{rows:>10,}  {name:30} {pc.sum(size).as_py() / rows:7.0f} bytes a return")
    steps = ["merge", *(["load"] if rows <= LOADED else []), *metrics]
    for name in steps:
        command = [sys.executable, __file__, "--folder", str(folder), "--step", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{rows:>10,}  {name:30} {done.stderr.strip().splitlines()[-1]}", flush=True)
            continue
        wall, cpu, peak, found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{rows:>10,}  {name:30} {wall:7.2f} s {cpu:7.2f} cpu s {peak:7.0f} MB"
            f" {found:>10,} rows  load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def main() -> None:
    """Measure archives of several sizes, or do one step in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--metrics", nargs="*", choices=list(bench_metrics.CALLS))
    parser.add_argument("--folder", type=Path, help="where the archives are, or are kept")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step(given.step, given.folder)
        return
    wanted = list(bench_metrics.CALLS) if given.metrics is None else given.metrics
    with tempfile.TemporaryDirectory() as name:
        for rows in given.rows:
            folder = (given.folder or Path(name)) / str(rows)
            measure(folder, rows, wanted)


if __name__ == "__main__":
    main()
