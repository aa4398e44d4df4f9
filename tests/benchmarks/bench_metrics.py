"""
Time and memory of every metric: a million returns on pandas, ten million through DuckDB.

    python tests/benchmarks/bench_metrics.py [--engine pandas|duckdb] [--only counts reasons ...]

The tables are made from a simulated shop's: its records drawn again and again with ids, dates,
durations and amounts of their own, so columns, dtypes and gaps are those of real tables; beyond a
million, copies of these with other ids and buyers. Beside
the returns stand as many orders, half as many cancellations and inquiries, a tenth as many cases,
and the whole history. Each metric runs in a fresh process, once to load what it imports (on two
rows), then once measured: wall and processor seconds, and the peak of resident memory above what
the process held before. On pandas that is compared with the size of the tables it was given.

A figure is missed if the wall clock says so and the processor seconds, shared among DuckDB's
threads, say so too: other work on the machine stretches only the former. `in_currency` gives a
table back, in DuckDB one not computed yet: measured are the refunds added up of what it gives, of
the columns of one amount.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from postorder_nb import metrics, tables
from postorder_nb.fetch.joining import combine
from postorder_nb.simulator import Clock, World, wire

NOW = "2026-03-10T12:00:00Z"
PART = 500_000
BASE = 1_000_000
BUYERS = 1_000_000
SHARES = {"returns": 1.0, "cancellations": 0.5, "inquiries": 0.5, "cases": 0.1}
TARGETS = {"pandas": (2.0, 3.0), "duckdb": (5.0, 600.0)}
ROWS = {"pandas": 1_000_000, "duckdb": 10_000_000}
Tables = Mapping[str, Any]

_LIVES = {"as_of": NOW}
CALLS: dict[str, tuple[str, Callable[..., pd.DataFrame]]] = {
    "alerts": ("returns", lambda r: metrics.alerts(r, as_of=NOW)),
    "appeals": ("cases", lambda c: metrics.appeals(c, by="case_type")),
    "buyers": ("returns", metrics.buyers),
    "cancellation_reasons": ("cancellations", metrics.cancellation_reasons),
    "case_outcomes": ("cases", metrics.case_outcomes),
    "cases_closed_without_resolution": (
        "cases orders",
        lambda c, o: metrics.cases_closed_without_resolution(c, orders=o),
    ),
    "close_days": ("returns", lambda r: metrics.close_days(r, by="reason", **_LIVES)),
    "close_reasons": ("returns", lambda r: metrics.close_reasons(r, freq="month")),
    "cohorts": ("returns", lambda r: metrics.cohorts(r, event="refunded", **_LIVES)),
    "concentration": ("returns", metrics.concentration),
    "control_chart": (
        "returns",
        lambda r: metrics.control_chart(r, column="reason", values="WRONG_SIZE", **_LIVES),
    ),
    "countries": ("returns orders", lambda r, o: metrics.countries(r, orders=o)),
    "counts": ("returns", lambda r: metrics.counts(r, by="marketplace", freq="week")),
    "deadlines": ("returns", lambda r: metrics.deadlines(r, within=7, **_LIVES)),
    "defect_rate": (
        "cancellations cases orders",
        lambda x, c, o: metrics.defect_rate(cancellations=x, cases=c, orders=o, freq="month"),
    ),
    "escalation_days": (
        "returns cases",
        lambda r, c: metrics.escalation_days(r, cases=c, **_LIVES),
    ),
    "escalation_rate": (
        "inquiries cases",
        lambda i, c: metrics.escalation_rate(i, cases=c, freq="month"),
    ),
    "exposure": ("returns", lambda r: metrics.exposure(r, **_LIVES)),
    "in_currency": (
        "returns",
        lambda r: metrics.refund_amount(
            metrics.in_currency(one_amount(r), RATES, to="EUR", date="sold_at"), date="sold_at"
        ),
    ),
    "inquiry_rate": ("inquiries orders", lambda i, o: metrics.inquiry_rate(i, orders=o)),
    "inquiry_reasons": ("inquiries", metrics.inquiry_reasons),
    "items": ("returns", metrics.items),
    "late_share": ("returns", lambda r: metrics.late_share(r, **_LIVES)),
    "net_cost": ("returns", lambda r: metrics.net_cost(r, freq="month")),
    "outcomes": ("returns", lambda r: metrics.outcomes(r, by="reason")),
    "pending_and_failed": (
        "returns money_movements",
        lambda r, m: metrics.pending_and_failed(r, movements=m, **_LIVES),
    ),
    "reason_shift": ("returns", lambda r: metrics.reason_shift(r, until="2026-03-10")),
    "reasons": ("returns", lambda r: metrics.reasons(r, measure="money", freq="month")),
    "refund_amount": ("returns", lambda r: metrics.refund_amount(r, by="reason", freq="month")),
    "refund_days": ("returns", lambda r: metrics.refund_days(r, freq="month", **_LIVES)),
    "refund_gap": ("returns", lambda r: metrics.refund_gap(r, by="marketplace")),
    "refund_lines": ("refund_lines", metrics.refund_lines),
    "response_days": ("returns", lambda r: metrics.response_days(r, **_LIVES)),
    "return_rate": ("returns orders", lambda r, o: metrics.return_rate(r, orders=o, freq="month")),
    "ship_days": ("returns", lambda r: metrics.ship_days(r, **_LIVES)),
    "stage_flow": ("history", lambda h: metrics.stage_flow(h, **_LIVES)),
}
RATES = pd.DataFrame(
    {"date": ["2020-01-01"] * 3, "currency": ["USD", "GBP", "CAD"], "rate": [0.92, 1.15, 0.68]}
)


def one_amount(returns: Any) -> Any:
    """Return what it takes to convert the refunds."""
    columns = ["return_id", "sold_at", "refund_amount", "refund_currency"]
    return nw.from_native(returns).select(columns).to_native()


def shop() -> dict[str, pd.DataFrame]:
    """Return the tables of a simulated shop."""
    clock = Clock(NOW)
    world = World(returns=3000, days=365, seed=3, clock=clock)
    parts = {}
    for name in tables.NAMES:
        records = getattr(world, name).values()
        draw = getattr(wire, name)
        answers = [
            {"summary": draw.summary(r, clock.now()), "detail": draw.detail(r)}
            if name == "returns"
            else draw.detail(r)
            for r in records
        ]
        parts[name] = tables.from_details(name, answers)
    own = {name: made[name] for name, made in parts.items()}
    children = ("history", "refund_lines", "money_movements")
    return own | {name: combine([made[name] for made in parts.values()]) for name in children}


def many(frame: pd.DataFrame, drawn: Any, dice: dict[str, Any], ids: dict[str, Any]) -> Any:
    """Return the drawn records with their own ids, dates, durations and amounts."""
    made = frame.iloc[drawn["row"]].reset_index(drop=True)
    record = drawn["record"]
    start = dice["start"].iloc[record].reset_index(drop=True)
    for name in made:
        if name in ids:
            known = made[name].notna()
            made[name] = pd.Series(ids[name][record], dtype="string").where(known)
        elif isinstance(made[name].dtype, pd.DatetimeTZDtype):
            lasted = (made[name] - start) * dice["pace"][record]
            moment = start + lasted.dt.floor("us") + dice["moved"][record]
            made[name] = moment.astype("datetime64[us, UTC]")
        elif str(name).endswith("amount"):
            made[name] = (made[name] * dice["price"][record]).round(2)
    return made


def write_part(shop_tables: Tables, folder: Path, part: int, count: int) -> None:
    """Write one part of every table."""
    rng = np.random.default_rng(part)
    for name, share in SHARES.items():
        frame = shop_tables[name]
        n = int(count * share)
        row = rng.integers(len(frame), size=n)
        start = frame["created_at"].iloc[row].reset_index(drop=True)
        dice = {
            "start": start,
            "pace": rng.uniform(0.5, 1.0, n),
            "moved": pd.to_timedelta(rng.integers(-(10**6), 0, n), unit="s").to_numpy(),
            "price": rng.integers(1, 12, n),
        }
        number = np.arange(part * PART, part * PART + n)
        ids = {
            tables.KEYS[name]: texts(5_000_000_000 + number),
            "order_id": texts(10_000_000_000 + number),
            "transaction_id": texts(1_000_000_000_000 + number),
            "item_id": texts(110_000_000_000 + rng.zipf(1.2, n) % 50_000),
            "buyer": texts(rng.integers(BUYERS, size=n), "buyer-"),
        }
        if name == "cases":  # a case that names its return: one of ours
            ids["return_id"] = texts(5_000_000_000 + rng.permutation(count)[:n] + part * PART)
        made = many(frame, {"row": row, "record": np.arange(n)}, dice, ids)
        save(made, folder, name, part)
        if name == "returns":
            for child in ("history", "refund_lines", "money_movements"):
                lines = shop_tables[child].query("record == 'return'")
                drawn = children(lines, frame["return_id"], row)
                own = {"record_id": ids["return_id"]}
                save(many(lines, drawn, dice, own), folder, child, part)
            columns = ["order_id", "transaction_id", "item_id", "item_title", "buyer"]
            columns += ["buyer_country", "marketplace", "sold_at"]
            sold = made[columns].rename(columns={"sold_at": "placed_at"})
            back = rng.random(n) < 0.9  # of the others another order is not known
            for column in ("order_id", "transaction_id"):
                sold[column] = sold[column].where(back, "0" + sold[column])
            save(sold, folder, "orders", part)


def children(lines: pd.DataFrame, keys: pd.Series[str], row: Any) -> dict[str, Any]:
    """Return the places of the child rows of each drawn record, and whose they are."""
    places = lines.reset_index(drop=True).groupby("record_id").indices
    own = [places.get(key, np.array([], dtype=np.int64)) for key in keys]
    sizes = np.array([len(some) for some in own])
    starts = np.concatenate([[0], sizes.cumsum()[:-1]])
    flat, taken = np.concatenate(own), sizes[row]
    first = np.repeat(taken.cumsum() - taken, taken)
    within = np.arange(taken.sum()) - first
    where = np.repeat(starts[row], taken) + within
    return {"row": flat[where], "record": np.repeat(np.arange(len(row)), taken)}


def texts(numbers: Any, prefix: str = "") -> Any:
    """Return numbers as an array of text."""
    return (prefix + pd.Series(numbers).astype("string")).array


def save(frame: pd.DataFrame, folder: Path, name: str, part: int) -> None:
    """Write one part of a table."""
    where = folder / name
    where.mkdir(exist_ok=True)
    frame.to_parquet(where / f"{part:03}.parquet", index=False, row_group_size=100_000)


def write(folder: Path, rows: int) -> None:
    """Write all tables of so many returns: a million one by one, the others as copies of them."""
    made = shop()
    for part, start in enumerate(range(0, min(rows, BASE), PART)):
        write_part(made, folder, part, min(PART, rows - start))
    for copy in range(1, rows // BASE):
        for table in folder.iterdir():
            write_copy(table, copy)


def write_copy(table: Path, copy: int) -> None:
    """Write the first million records of a table again, with ids and buyers of their own."""
    import duckdb  # noqa: PLC0415 - only ten million need it

    with duckdb.connect() as connection:
        first = connection.read_parquet(str(table / "0*.parquet"))
        ids = {"record_id", "order_id", "transaction_id", "return_id", tables.KEYS.get(table.name)}
        mark, shift = "CASE WHEN {0} LIKE '0%' THEN '0' ELSE '' END", copy * BASE
        moved = dict.fromkeys(ids, f"{mark} || ({{0}}::BIGINT + {shift})::VARCHAR")
        moved["buyer"] = f"'buyer-' || (substr({{0}}, 7)::BIGINT + {shift // 7}) % {BUYERS}"
        columns = (
            moved.get(name, "{0}").format(f'"{name}"') + f' AS "{name}"' for name in first.columns
        )
        made = first.project(", ".join(columns))
        made.write_parquet(str(table / f"copy{copy}.parquet"), row_group_size=100_000)


def opened(engine: str, folder: Path, names: list[str]) -> list[Any]:
    """Read tables into pandas, or open relations over their files."""
    if engine == "pandas":
        return [pd.read_parquet(folder / name) for name in names]
    import duckdb  # noqa: PLC0415 - only this route needs it

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET memory_limit = '400MB'")
    connection.execute(f"SET temp_directory = '{folder}/spill'")
    connection.execute("SET preserve_insertion_order = false")
    KEPT.append(connection)
    return [connection.read_parquet(str(folder / name / "*.parquet")) for name in names]


KEPT: list[Any] = []


def resident(field: str) -> float:
    """Return VmRSS or VmHWM of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/self/status holds no {field}")


def measure(engine: str, metric: str, folder: Path) -> None:
    """Run one metric and print its wall and processor seconds, its memory and its tables'."""
    needed, call = CALLS[metric]
    given = opened(engine, folder, needed.split())
    size = 0.0
    if engine == "pandas":
        size = sum(float(frame.memory_usage(deep=True).sum()) for frame in given) / 2**20
        call(*(frame.head(2) for frame in given))
    else:
        # As tables of their own: which two rows a limit picks is another matter each time.
        call(*(KEPT[0].from_arrow(frame.limit(2).to_arrow_table()) for frame in given))
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # or what reading left behind would hide what comes
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts here
    before, wall, cpu = resident("VmRSS"), time.perf_counter(), time.process_time()
    result = call(*given)
    took = [time.perf_counter() - wall, time.process_time() - cpu]
    print(json.dumps([*took, resident("VmHWM") - before, size, len(result)]))


def table(engine: str, folder: Path, wanted: list[str]) -> None:
    """Measure the metrics one after the other and print a row of each."""
    print(f"{'metric':32} {'wall s':>7} {'cpu s':>7} {'MB':>6} {'tables':>7} {'x':>5} {'rows':>7}")
    seconds, memory = TARGETS[engine]
    for metric in wanted:
        command = [sys.executable, __file__, "--engine", engine, "--folder", str(folder)]
        command += ["--measure", metric]
        # Unlike Arrow's usual pool the system's gives memory back, so that it can be measured.
        setting = os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=setting)
        if done.returncode:
            print(f"{metric:32} {done.stderr.strip().splitlines()[-1]}", flush=True)
            continue
        wall, cpu, peak, size, rows = json.loads(done.stdout.splitlines()[-1])
        times = peak / size if size else float("nan")
        cores = 1 if engine == "pandas" else os.cpu_count() or 1
        missed = min(wall, cpu / cores) > seconds or (times if size else peak) > memory
        print(
            f"{metric:32} {wall:7.2f} {cpu:7.2f} {peak:6.0f} {size:7.0f} {times:5.1f} {rows:7,}"
            f" {'MISSED' if missed else ''}  load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def main() -> None:
    """Measure on one engine, or one metric in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=list(TARGETS), default="pandas")
    parser.add_argument("--rows", type=int, help="how many returns")
    parser.add_argument("--only", nargs="+", choices=list(CALLS), default=list(CALLS))
    parser.add_argument("--folder", type=Path, help="where the tables are, or are kept")
    parser.add_argument("--measure", choices=list(CALLS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.engine, given.measure, given.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        folder.mkdir(exist_ok=True)
        if not (folder / "returns").exists():
            write(folder, given.rows or ROWS[given.engine])
        table(given.engine, folder, given.only)


if __name__ == "__main__":
    main()
