"""
How long a world takes to make, and how much memory: each size in a process of its own.

    python tests/benchmarks/bench_world.py [--truth] [SIZE ...]

The seconds are those of ``Simulator(returns=SIZE)``; the import before it is told apart. With
``--truth`` the truth is written as Parquet as well.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile

SIZES = (2_000, 20_000, 200_000)
CHILD = """
import resource, sys, time
start = time.perf_counter()
from postorder_nb.simulator import Simulator
imported = time.perf_counter()
sim = Simulator(returns=int(sys.argv[1]), now="2026-03-10T12:00:00Z")
made, used = time.perf_counter(), time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
line = f"{int(sys.argv[1]):>9,} returns, {len(sim.world.orders):>9,} orders: "
line += f"{made - imported:7.2f} s (CPU so far {used:.2f}, import {imported - start:.2f}), "
print(line + f"peak {peak:6.0f} MB", flush=True)
if len(sys.argv) > 2:
    from postorder_nb.simulator import truth
    begin = time.perf_counter()
    truth.write(sim.world, sys.argv[2])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'truth written in':>30} {time.perf_counter() - begin:7.2f} s, peak {peak:6.0f} MB")
sim.close()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="measure start-up time and memory")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--truth", action="store_true", help="write the truth as Parquet, too")
    options = parser.parse_args()
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            more = [folder] if options.truth else []
            subprocess.run([sys.executable, "-c", CHILD, str(size), *more], check=True)


if __name__ == "__main__":
    main()
