"""
How many requests a second the simulator answers, in a process of its own as others use it.

Run it by hand: ``python tests/benchmarks/bench_simulator.py [--returns 2000] [--seconds 4]``.
Clients are processes with raw sockets that look for the announced length only, so that what is
measured is the server; on two cores they still take their part of the second one. It also times
the start of small and large worlds, and how fast a file of writes is replayed.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from postorder_nb.simulator import Simulator

SEARCH = "/post-order/v2/return/search?limit=25&offset={offset}"
WINDOW = (
    "&creation_date_range_from=2025-12-10T00:00:00.000Z"
    "&creation_date_range_to=2026-03-10T00:00:00.000Z"
)
NOW = "2026-03-10T12:00:00Z"
TARGET = 500


class Process:
    """A simulator in a process of its own."""

    def __init__(self, *settings: str) -> None:
        command = [sys.executable, "-m", "postorder_nb.cli", "simulator", "--now", NOW, *settings]
        begin = time.perf_counter()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = [self._process.stdout.readline() for _ in range(2)]
        self.started = time.perf_counter() - begin
        found = re.search(r"http://\S+:\d+", said[0])
        assert found
        self.netloc, self.authorization = urlsplit(found[0]).netloc, said[1].strip()

    def cpu(self) -> float:
        """Return the processor seconds it has used, which other programs do not change."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return float("nan")
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)


def client(netloc: str, authorization: str, window: str, seconds: float, connections: int) -> int:
    """Ask over some connections, one thread each, until the time is over; count the answers."""
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(one(netloc, authorization, window, seconds)))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def one(netloc: str, authorization: str, window: str, seconds: float) -> int:
    host, port = netloc.split(":")
    end, count = time.perf_counter() + seconds, 0
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        while time.perf_counter() < end:
            target = SEARCH.format(offset=count * 25 % 400) + window
            wire.sendall(
                f"GET {target} HTTP/1.1\r\nHost: x\r\n{authorization}\r\n"
                "X-EBAY-C-MARKETPLACE-ID: EBAY_US\r\n\r\n".encode()
            )
            part = wire.recv(262_144)
            head, _, body = part.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
            read = len(body)
            while read < length:
                read += len(wire.recv(262_144))
            count += 1
    return count


def searches(returns: int, seconds: float) -> float:
    process = Process("--returns", str(returns))
    slowest = float("inf")
    try:
        for name, window in (("90 days", WINDOW), ("all", "")):
            for connections in (1, 8):
                workers = min(connections, 2)
                with ProcessPoolExecutor(workers) as pool:
                    ask = (process.netloc, process.authorization, window)
                    list(pool.map(client, *zip(*[(*ask, 0.3, 1)] * workers, strict=True)))
                    each = [(*ask, seconds, connections // workers)] * workers
                    used = process.cpu()
                    counts = list(pool.map(client, *zip(*each, strict=True)))
                rate, used = sum(counts) / seconds, process.cpu() - used
                slowest = min(slowest, rate)
                print(
                    f"{returns:>7,} returns, {name:>7}, {connections} connection(s): "
                    f"{rate:7,.0f} requests/s, "
                    f"{sum(counts) / used:7,.0f} per second of the server's processor"
                )
    finally:
        process.close()
    return slowest


def starts() -> None:
    for returns in (2_000, 20_000, 200_000):
        process = Process("--returns", str(returns))
        status = Path(f"/proc/{process._process.pid}/status")
        peak = "?"
        if status.exists():
            found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
            peak = f"{int(found[1]) / 1024:,.0f} MB" if found else "?"
        process.close()
        print(f"{returns:>7,} returns: starts in {process.started:5.2f} s, {peak}")


def replays(writes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        settings = {"returns": 2000, "now": NOW, "db": path}
        with Simulator(**settings) as sim:
            ids = list(sim.world.returns)
            host, port = urlsplit(sim.url).netloc.split(":")
            took = []
            with socket.create_connection((host, int(port)), timeout=10) as wire:
                for number in range(writes):
                    body = b'{"message":{"content":"number %d"}}' % number
                    target = f"/post-order/v2/return/{ids[number % len(ids)]}/send_message"
                    begin = time.perf_counter()
                    wire.sendall(
                        f"POST {target} HTTP/1.1\r\nHost: x\r\nAuthorization: IAF {sim.token}\r\n"
                        "X-EBAY-C-MARKETPLACE-ID: EBAY_US\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n".encode()
                        + body
                    )
                    assert wire.recv(65_536).startswith(b"HTTP/1.1 ")
                    took.append(time.perf_counter() - begin)
        size = path.stat().st_size / writes
        begin = time.perf_counter()
        Simulator(returns=2000, now=NOW).close()
        world = time.perf_counter() - begin
        begin = time.perf_counter()
        Simulator(db=path).close()
        replay = time.perf_counter() - begin - world
        print(
            f"{writes:,} writes kept: median {statistics.median(took) * 1e6:.0f} us each over HTTP,"
            f" {size:.0f} bytes; replayed at {writes / replay:,.0f} a second"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--returns", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--writes", type=int, default=10_000)
    chosen = parser.parse_args()
    slowest = searches(chosen.returns, chosen.seconds)
    replays(chosen.writes)
    starts()
    if slowest < TARGET:
        print(f"slower than {TARGET} requests/s")
    return int(slowest < TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
