"""
Cassettes beside plain vcrpy's: threads, CPU time to record, to open and to replay, and size.

``python tests/benchmarks/bench_cassettes.py [--calls 5000] [--plain 500]`` prints one line for
each. Plain vcrpy's time grows with the square of the calls, so it is measured with fewer; give
``--plain 5000`` an hour.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import requests
import vcr

from postorder_nb.recording import plain, record, replay
from postorder_nb.simulator import Simulator

THREADS = 8
FIRST = 5_100_000_000
WORDS = ("the", "box", "came", "late", "one", "glove", "torn", "please", "send", "money", "back")
COMMENTS = 1_000  # letters of a buyer: with them 5,000 answers are 18 MB as vcrpy's YAML


def template() -> dict[str, Any]:
    """Return the details of a return as the simulator writes them."""
    with Simulator(returns=20, days=60, seed=7) as simulator:
        number = next(iter(simulator.world.returns.values())).id
        url = f"{simulator.url}/post-order/v2/return/{number}"
        site = {"X-EBAY-C-MARKETPLACE-ID": "EBAY_US"}
        headers = {"Authorization": f"IAF {simulator.token}", **site}
        answer = requests.get(url, headers=headers, timeout=30)
        answer.raise_for_status()
    return dict(answer.json())


def answer(whole: dict[str, Any], number: int) -> bytes:
    """Return a return's details with its own id, buyer, amount and comments."""
    dice = random.Random(number)
    words = " ".join(dice.choices(WORDS, k=COMMENTS // 6))[:COMMENTS]
    summary = {
        "returnId": str(number),
        "buyerLoginName": f"buyer_{dice.randrange(3000)}",
        "sellerTotalRefund": {
            "estimatedRefundAmount": {"value": dice.randrange(20_000) / 100, "currency": "USD"}
        },
        "creationInfo": {"reason": "WRONG_SIZE", "comments": {"content": words}},
    }
    return json.dumps({"summary": summary, "detail": whole["detail"]}).encode()


@contextmanager
def server() -> Iterator[str]:
    """Answer for any return, quickly."""
    whole = template()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            said = answer(whole, int(self.path.rpartition("/")[2]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            self.wfile.flush()

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def ask(url: str, calls: int, block: AbstractContextManager[object], threads: int) -> list[float]:
    """Ask for `calls` returns in a block; return CPU seconds to open, ask, close, and failures."""
    marks = [time.process_time()]
    with requests.Session() as session:
        session.trust_env = False

        def failed(number: int) -> bool:
            path = f"/post-order/v2/return/{FIRST + number}"
            try:
                came = session.get(url + path, timeout=60).json()
                return bool(came["summary"]["returnId"] != str(FIRST + number))
            except Exception as error:  # noqa: BLE001 - any failure counts, of whichever library
                return bool(error)

        with block:
            marks.append(time.process_time())
            with ThreadPoolExecutor(threads) as pool:
                failures = sum(pool.map(failed, range(calls)))
            marks.append(time.process_time())
    marks.append(time.process_time())
    return [later - sooner for sooner, later in pairwise(marks)] + [failures]


def measure(
    name: str, calls: int, url: str, folder: Path,
    block: Callable[[bool], AbstractContextManager[object]], *, columns: str,
) -> None:  # fmt: skip
    """Record with all threads and replay with one, and print the figures."""
    _, asked, closed, _ = ask(url, calls, block(False), THREADS)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    opened, one, _, lost = ask(url, calls, block(True), 1)
    print(columns.format(name, calls, asked + closed, size, opened, calls / one, lost), flush=True)


def of_vcr(my_vcr: vcr.VCR, folder: Path) -> Callable[[bool], AbstractContextManager[object]]:
    """Return what makes a block of vcrpy: to record, or (True) to replay."""
    folder.mkdir()
    path = str(folder / "x.yaml")
    return lambda again: my_vcr.use_cassette(path, record_mode="none" if again else "once")


def ours(folder: Path) -> Callable[[bool], AbstractContextManager[object]]:
    """Return what makes a block of this package: to record, or (True) to replay."""
    return lambda again: replay("x", folder=folder) if again else record("x", folder=folder)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--plain", type=int, default=500)
    few, many = vars(parser.parse_args()).values()
    few, many = sorted((few, many))
    print("                  calls   record, 8 threads       size       open       replay    lost")
    columns = "{:<16} {:>6} {:>17.1f} s {:>7.2f} MB {:>8.2f} s {:>9.0f} /s {:>7.0f}"
    with server() as url, tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch, name) for name in "abcdef"]
        rows = [
            ("plain vcrpy", few, of_vcr(vcr.VCR(), folders[0])),
            ("mended vcrpy", few, of_vcr(plain.mended(), folders[1])),
            ("mended vcrpy", many, of_vcr(plain.mended(), folders[2])),
            ("postorder_nb", few, ours(folders[3])),
            ("postorder_nb", many, ours(folders[4])),
            ("postorder_nb", 2 * many, ours(folders[5])),
        ]
        for (name, calls, block), folder in zip(rows, folders, strict=True):
            measure(name, calls, url, folder, block, columns=columns)


if __name__ == "__main__":
    main()
