"""
Time the Desk: opening 5,000 open records, and each single act from click to answer.

Run ``python tests/benchmarks/bench_desk.py [--returns 14500]``. For each step it prints the CPU
time of the process, in which the simulator answers, too, and the time by the clock: the median
of some rounds, and the longest. Without a browser: what the page draws is not in it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import count, cycle
from typing import Any
from unittest.mock import patch

import postorder_nb as pn
from postorder_nb.forms import Desk, Form, desk
from postorder_nb.forms.desk import records
from postorder_nb.forms.desk.bulk import Key

ROUNDS = 8


def timed(
    name: str,
    step: Callable[[Any], object],
    before: Callable[[], object] = lambda: None,
    rounds: int = ROUNDS,
) -> None:
    """Print how long `step` takes on what `before` made ready."""
    taken = []
    for _ in range(rounds):
        ready = before()
        cpu, wall = time.process_time(), time.perf_counter()
        step(ready)
        taken.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpus, walls = zip(*taken, strict=True)
    print(
        f"{name:36s} CPU {statistics.median(cpus):6.3f} s (at most {max(cpus):6.3f})   "
        f"by the clock {statistics.median(walls):6.3f} s (at most {max(walls):6.3f})"
    )


def opening(po: pn.Demo) -> Desk:
    """Open the Desk on records that were fetched before."""
    snapshot = pn.fetch.snapshot(po, "180d", progress=False)
    late = snapshot.cases["modified_at"] >= snapshot.cases["modified_at"].max()
    details = pn.fetch.case_details(po, snapshot.cases[late], progress=False)
    there = {"snapshot": lambda *_, **__: snapshot, "case_details": lambda *_, **__: details}
    with patch.multiple(records.fetch, **there):
        timed("the Desk opens, its data being there", lambda _: desk(po), rounds=3)
        made = desk(po)
    print(f"{len(made.records.rows):,} open records of {len(snapshot.returns):,} returns ...")
    return made


def browsing(board: Desk) -> None:
    """Turn pages, search, sort, and say the times of another zone."""
    board.show.value = "open"
    pages, words = count(1), count(5100)
    timed("another page", lambda _: board.listing.turn(next(pages)))
    timed("a search", lambda _: setattr(board.search, "value", f"{next(words)}"))
    board.search.value = ""
    sorts = cycle(["stake", "newest", "oldest", "buyer", "due_at"])
    timed("another order", lambda _: setattr(board.sort, "value", next(sorts)))
    zones = cycle(["Europe/Berlin", "UTC"])
    timed("another zone", lambda _: setattr(board.zone, "value", next(zones)))


def acting(po: pn.Demo, board: Desk) -> None:
    """Open records and forms, preview, confirm."""
    world = po.simulator.world
    for group in pn.tables.NAMES:
        some = [record.id for record in getattr(world, group).values() if record.open]
        ids = cycle(some[:ROUNDS])
        timed(f"a record opens: {group}", board.choose, lambda g=group, i=ids: Key(g, next(i)))
    shipped = iter([r.id for r in world.returns.values() if r.state == "ITEM_SHIPPED"])

    def filled() -> Form:
        board.choose(Key("returns", next(shipped)))
        board.card.open_form("returns.send_message")
        form = board.card.form
        assert form is not None
        form.fields.controls["message"].inputs[0].value = "It is on its way."
        return form

    def armed() -> Form:
        form = filled()
        form.preview()
        return form

    timed("a form opens", lambda _: board.card.open_form("returns.issue_refund"), filled)
    timed("preview", lambda form: form.preview(), filled)
    timed("confirm, receipt, the card anew", lambda form: form.confirm(), armed)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--returns", type=int, default=14_500)
    wanted = parser.parse_args().returns
    with pn.demo(returns=wanted, days=40, seed=5, now="2026-03-10T12:00:00Z", writes=True) as po:
        board = opening(po)
        browsing(board)
        acting(po, board)


if __name__ == "__main__":
    main()
