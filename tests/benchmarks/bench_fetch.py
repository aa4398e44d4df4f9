"""
Time a year of 2,000 returns and 500 details at 50 ms a call, beside a serial loop.

Run ``python tests/benchmarks/bench_fetch.py``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import postorder_nb as pn

LATENCY = 0.05
ROUNDS = 3


def parallel(po: pn.Demo, *, table: bool) -> int:
    """Fetch as a user would: a year of returns, then the details of 500 of them."""
    returns = pn.fetch.returns(po, since="365d", progress=False)
    wanted = returns.head(500) if table else returns["return_id"].head(500)
    found = pn.fetch.return_details(po, wanted, progress=False)
    return len(returns) + len(found["returns"])


def serial(po: pn.Demo) -> int:
    """Do the same with one call after the other."""
    ids: list[str] = []
    while page := po.returns.search(limit=200, offset=len(ids)).get("members"):
        ids += [member["returnId"] for member in page]
    return len(ids) + len([po.returns.get(i, fieldgroups="FULL") for i in ids[:500]])


def seconds(work: Callable[[], int], rounds: int) -> float:
    """Return the median time of a piece of work."""
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        assert work() == 2500
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def main() -> None:
    """Print the figures."""
    with pn.demo(returns=2000, days=365, latency=LATENCY) as po:
        loop = seconds(lambda: serial(po), 1)
        print(f"one call after the other             {loop:6.2f} s")
        for label, table in (("500 details of a table (1 call each)", True),
                             ("500 details of ids (2 calls each)", False)):  # fmt: skip
            taken = seconds(lambda table=table: parallel(po, table=table), ROUNDS)
            print(f"{label:36s} {taken:6.2f} s   {loop / taken:.1f} times faster")


if __name__ == "__main__":
    main()
