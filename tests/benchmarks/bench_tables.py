"""
Time and memory of `tables.from_search` beside ``json.loads`` and ``pandas.json_normalize``.

    python tests/benchmarks/bench_tables.py [--pages 500] [--repeats 5]

Both routes get the same raw pages of 200 full return summaries, each run in a fresh process, in
turns. json_normalize gets what it takes: the members of all pages as one list of records, with
their nesting. Its frame is left as it comes (text for times and ids), which spares it work.
Memory is the peak above what the process held with the raw pages loaded and pandas
imported.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from postorder_nb import tables

PER_PAGE = 200
REASONS = ["ARRIVED_DAMAGED", "DEFECTIVE_ITEM", "NO_LONGER_NEED_ITEM", "WRONG_SIZE", "DOES_NOT_FIT"]
OPTIONS = ["SELLER_APPROVE_REQUEST", "SELLER_DECLINE_REQUEST", "SELLER_OFFER_PARTIAL_REFUND"]
WORDS = "the seam came apart after one wash and the colour is not as shown"


def moment(dice: random.Random) -> dict[str, str]:
    """Return a DateTime of 2025."""
    day, hour = dice.randint(1, 28), dice.randint(0, 23)
    return {"value": f"2025-{dice.randint(1, 12):02}-{day:02}T{hour:02}:07:31.000Z"}


def money(dice: random.Random) -> dict[str, Any]:
    """Return an Amount."""
    return {"value": dice.randint(100, 20_000) / 100, "currency": dice.choice(["USD", "GBP"])}


def window(dice: random.Random) -> dict[str, Any]:
    """Return who may escalate from when."""
    return {"eligible": dice.random() < 0.5, "startTime": moment(dice), "endTime": moment(dice)}


def option(name: str) -> dict[str, str]:
    """Return an AvailableOption; published search answers leave its actionURL out."""
    return {"actionType": name}


def summary(dice: random.Random, number: int) -> dict[str, Any]:
    """Return a full return summary."""
    closed = dice.random() < 0.7
    step = "CLOSED" if closed else "RETURN_REQUESTED"
    made = {
        "returnId": str(5_300_000_000 + number),
        "orderId": f"{dice.randint(10, 27)}-{dice.randint(10_000, 99_999)}-{number:05}",
        "state": step,
        "status": step,
        "currentType": "MONEY_BACK",
        "creationInfo": {
            "item": {
                "itemId": str(dice.randint(10**11, 10**12 - 1)),
                "transactionId": str(dice.randint(10**12, 10**13 - 1)),
                "returnQuantity": dice.randint(1, 3),
            },
            "type": "MONEY_BACK",
            "reason": dice.choice(REASONS),
            "reasonType": dice.choice(["SNAD", "REMORSE"]),
            "comments": {"content": " ".join(dice.choices(WORDS.split(), k=dice.randint(4, 12)))},
            "creationDate": moment(dice),
        },
        "buyerLoginName": f"buyer-{dice.randint(1, 60_000)}",
        "sellerLoginName": "the-seller",
        "buyerTotalRefund": {"estimatedRefundAmount": money(dice)},
        "sellerTotalRefund": {"estimatedRefundAmount": money(dice)},
        "sellerResponseDue": {
            "activityDue": "SELLER_APPROVE_REQUEST",
            "respondByDate": moment(dice),
        },
        "buyerResponseDue": {"activityDue": "BUYER_ESCALATE", "respondByDate": moment(dice)},
        "timeoutDate": moment(dice),
        "escalationInfo": {
            "buyerEscalationEligibilityInfo": window(dice),
            "sellerEscalationEligibilityInfo": window(dice),
        },
        "buyerAvailableOptions": [option("BUYER_SEND_MESSAGE"), option("BUYER_CLOSE_RETURN")],
        "sellerAvailableOptions": [option(name) for name in OPTIONS],
        "returnPolicy": {"rmaRequired": False},
    }
    if closed:
        made["buyerTotalRefund"]["actualRefundAmount"] = money(dice)
        made["sellerTotalRefund"]["actualRefundAmount"] = money(dice)
    if dice.random() < 0.05:
        made["escalationInfo"]["caseId"] = str(5_400_000_000 + number)
    return made


def write_pages(folder: Path, count: int) -> None:
    """Write `count` raw pages."""
    dice = random.Random(11)
    for page in range(count):
        members = [summary(dice, page * PER_PAGE + at) for at in range(PER_PAGE)]
        paging = {"limit": 200, "offset": page * 200, "totalEntries": count * 200}
        body = {"members": members, "paginationOutput": paging}
        (folder / f"{page:05}.json").write_text(json.dumps(body, separators=(",", ":")))


def resident(field: str) -> int:
    """Return VmRSS or VmHWM of this process in kB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    raise OSError(f"/proc/self/status holds no {field}")


def measure(route: str, folder: Path) -> None:
    """Run one route once and print seconds, MB above the start, rows."""
    pages = [path.read_bytes() for path in sorted(folder.glob("*.json"))]
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts here
    before, start = resident("VmRSS"), time.perf_counter()
    if route == "tables":
        frame = tables.from_search("returns", pages)
    else:
        records = [member for page in pages for member in json.loads(page)["members"]]
        frame = pd.json_normalize(records)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, (resident("VmHWM") - before) / 1024, len(frame)]))


def compare(pages: int, repeats: int) -> None:
    """Run both routes in turns and print the medians and their ratios."""
    results: dict[str, list[list[float]]] = {"json_normalize": [], "tables": []}
    with tempfile.TemporaryDirectory() as name:
        write_pages(Path(name), pages)
        size = sum(path.stat().st_size for path in Path(name).iterdir()) / 2**20
        print(f"{pages} pages, {pages * PER_PAGE:,} returns, {size:.0f} MB of JSON")
        for _ in range(repeats):
            for route, runs in results.items():
                command = [sys.executable, __file__, "--route", route, "--folder", name]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                runs.append(json.loads(done.stdout))
    medians = {}
    for route, runs in results.items():
        seconds, memory = (statistics.median(run[at] for run in runs) for at in (0, 1))
        medians[route] = (seconds, memory)
        spread = f"{min(r[0] for r in runs):.2f} to {max(r[0] for r in runs):.2f}"
        print(f"{route:15} {seconds:7.2f} s ({spread})  {memory:7.0f} MB  {runs[0][2]:,} rows")
    slow, fast = medians["json_normalize"], medians["tables"]
    print(
        f"ratio           {slow[0] / fast[0]:7.1f} x faster  {slow[1] / fast[1]:7.1f} x less memory"
    )


def main() -> None:
    """Compare the routes, or run one of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--route", choices=["tables", "json_normalize"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.route:
        measure(given.route, given.folder)
    else:
        compare(given.pages, given.repeats)


if __name__ == "__main__":
    main()
