"""
Refunds under fire: processes killed at every step, answers lost, two at once; then the ledger.

Each schedule has a return of its own, one to three processes that refund it, and a server that
misbehaves by plan. Afterwards an operator, a process that may be killed as well, settles what is
in doubt, and refunds again what did not happen. Then the server's ledger is compared with what
the journal says::

    python tests/campaigns/exactly_once.py --schedules 1000 --seed 1
    python tests/campaigns/exactly_once.py --steps        # every step once, in order
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request as Ask
from urllib.request import urlopen

import postorder_nb as pn
from postorder_nb.api import journal as journals
from postorder_nb.api.journal import Journal
from postorder_nb.api.transport import Transport
from postorder_nb.api.writing import Writer

TIMEOUT = 0.25  # seconds a client waits for an answer
LATE = 0.4  # seconds after which a late server commits: the client has given up
GRACE = 1.2
ROUNDS = 40

# Where a client dies by its own hand: a method, and whether before or after it.
STEPS: dict[str, tuple[type, str]] = {
    "baseline": (Writer, "_baseline"),
    "announce": (Journal, "begin"),
    "send": (Transport, "_exchange"),
    "deliver": (Transport, "_deliver"),
    "end": (Journal, "end"),
}
KILLS = [f"{step}:{when}" for step in STEPS for when in ("before", "after")]
KILLS += ["line 1:torn", "line 1:unflushed", "line 2:torn", "line 2:unflushed"]
SETTLING = ["settle:before", "settle:after", "line 1:torn"]
# (is the refund accepted, what is answered)
ANSWERS = [
    *((done, answer) for done in (True, False) for answer in ("drop", "500", "502", "503", "hang")),
    *((done, answer) for done in (True, False) for answer in ("cut", "html", "empty", "302")),
    *((True, answer) for answer in ("500/292014", "500/1001", "200/292014")),
    *((False, answer) for answer in ("500/1502", "400/1616", "500/1505", "429", "403", "500/1001")),
]


@dataclass
class Actor:
    """One process that refunds: what it says, and how it dies."""

    words: str
    kill: str = ""
    after: float | None = None  # seconds until it is killed from outside
    hand: int = signal.SIGKILL


@dataclass
class Schedule:
    """One return, its processes, and the server's plans for its calls, in order."""

    record: str
    actors: list[Actor]
    plans: list[dict[str, Any]]
    together: bool = True
    operator: str = ""  # where the first operator dies
    again: bool = True  # whether the operator refunds again
    name: str = ""


@dataclass
class Report:
    """What became of a schedule."""

    record: str
    name: str
    refunds: int
    attempts: list[tuple[str, str]]
    doubts: int
    problems: list[str] = field(default_factory=list)


def client(url: str, folder: str) -> pn.PostOrder:
    po = pn.connect(
        token="v^1.1#i^1#the-token-of-the-campaign",
        marketplace="EBAY_US",
        base_url=url,
        writes=True,
        timeout=TIMEOUT,
        account="campaign",
        data_folder=folder,
        cache_folder=folder,
    )
    po._settler.grace = GRACE
    transport = po._transport
    transport._sleep = lambda seconds: time.sleep(min(seconds, 0.01))
    opened = transport._connections

    def connections(size: int = 1) -> Any:
        session = opened(size)
        session.headers["X-Test-Process"] = str(os.getpid())
        return session

    transport._connections = connections
    return po


def die(step: str) -> None:
    """Make this process kill itself at a step."""
    name, _, when = step.partition(":")
    if name.startswith("line"):
        _die_in_line(int(name.split()[1]), when)
        return
    owner, method = STEPS.get(name, (Journal, name))
    real = getattr(owner, method)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if any(getattr(arg, "method", "") == "GET" for arg in args):
            return real(*args, **kwargs)  # the step is one of the refund, not of a reading
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, method, dying)


def _die_in_line(number: int, when: str) -> None:
    """Die while the journal's nth line of this process is written, or before it is flushed."""
    written = 0
    real_write, real_flush = os.write, journals._flush

    def write(file: int, line: bytes) -> int:
        nonlocal written
        written += 1
        if written == number and when == "torn":
            real_write(file, line[: len(line) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real_write(file, line)

    def flush(file: int) -> None:
        if written == number and when == "unflushed":
            os.kill(os.getpid(), signal.SIGKILL)
        real_flush(file)

    journals.os = _Os(write)  # type: ignore[attr-defined]  # a stand-in that may be killed
    journals._flush = flush


class _Os:
    """The module `os` with another `write`."""

    def __init__(self, write: Callable[[int, bytes], int]) -> None:
        self.write = write

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def fork(work: Callable[[], None]) -> int:
    """Run `work` in a process of its own, forked from this warm one."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        work()
        status = 0
    except (pn.errors.PostOrderError, KeyboardInterrupt):
        status = 3  # an error in the package's own words is what a client may end with
    except BaseException:  # noqa: BLE001 - a forked child must not return
        traceback.print_exc()
    finally:
        os._exit(status)


def refund(url: str, folder: str, record: str, actor: Actor) -> Callable[[], None]:
    def work() -> None:
        if actor.kill:
            die(actor.kill)
        with client(url, folder) as po:
            po.returns.issue_refund(record, amount="19.95 USD", comments=actor.words)

    return work


def operate(url: str, folder: str, schedule: Schedule, round_: int) -> Callable[[], None]:
    """Settle; and if nothing happened, refund again, as a person would."""

    def work() -> None:
        if schedule.operator and round_ == 0:
            die(schedule.operator)
        with client(url, folder) as po:
            name = f"return {schedule.record}"
            told = po.settle(name)
            nothing = all(s.verdict == "did not happen" for s in told) and not po.journal.open(name)
            if schedule.again and nothing:
                po.returns.issue_refund(
                    schedule.record, amount="19.95 USD", comments=f"operator, round {round_}"
                )

    return work


def run(url: str, folder: str, schedule: Schedule) -> Report:
    """Play one schedule to its end, and compare."""
    ask(f"{url}/plan", {"record": schedule.record, "plans": schedule.plans})
    problems = []
    children = []
    for actor in schedule.actors:
        child = fork(refund(url, folder, schedule.record, actor))
        if actor.after is not None:
            time.sleep(actor.after)
            os.kill(child, actor.hand)
        if schedule.together:
            children.append(child)
        else:
            problems += _ended(child)
    for child in children:
        problems += _ended(child)
    journal = client(url, folder).journal
    name = f"return {schedule.record}"
    doubts = len(journal.open(name))
    for round_ in range(ROUNDS):
        problems += _ended(fork(operate(url, folder, schedule, round_)))
        if not journal.open(name):
            break
        time.sleep(GRACE / 4)
    else:
        problems.append("a doubt was never settled")
    if any(plan.get("late") for plan in schedule.plans):
        time.sleep(LATE)  # whatever is still on its way arrives
    return _compared(url, journal, schedule, doubts, problems)


def _compared(
    url: str, journal: Journal, schedule: Schedule, doubts: int, problems: list[str]
) -> Report:
    """Compare the ledger with the journal, attempt by attempt."""
    truth = json.loads(urlopen(f"{url}/ledger").read())["accepted"].get(schedule.record, [])
    attempts = [a for a in journal.rows() if a.record == f"return {schedule.record}"]
    refunds = sum(entry["status"] != "FAILED" for entry in truth)
    if refunds > 1:
        problems.append(f"{refunds} refunds")
    accepted = Counter(entry["fingerprint"] for entry in truth)
    told = Counter(a.fingerprint for a in attempts if a.happened or a.outcome == "failed")
    if accepted != told:
        problems.append(f"the ledger has {dict(accepted)}, the journal {dict(told)}")
    ends = [(a.outcome, a.verdict) for a in attempts]
    return Report(schedule.record, schedule.name, refunds, ends, doubts, problems)


def _ended(child: int) -> list[str]:
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGINT)
    return [] if killed or os.WEXITSTATUS(status) in (0, 3) else [f"a client crashed: {status}"]


def draw(random_: random.Random, number: int) -> Schedule:
    """Draw a schedule."""
    actors = []
    for i in range(random_.choice((1, 1, 2, 2, 3))):
        actor = Actor(random_.choice(("the same words", f"words of {i}")))
        fate = random_.random()
        if fate < 0.3:
            actor.kill = random_.choice(KILLS)
        elif fate < 0.45:
            actor.after = random_.uniform(0, 0.12)
        elif fate < 0.55:
            actor.after, actor.hand = random_.uniform(0.005, 0.12), signal.SIGINT
        actors.append(actor)
    plans: list[dict[str, Any]] = []
    for _ in range(random_.choice((0, 1, 1, 2, 3))):
        plans.append(_draw_plan(random_))
    if random_.random() < 0.15:
        answer = random_.choice(("503", "500", "drop"))
        plans += [{"method": "GET", "answer": answer}] * random_.choice((1, 2, 6))
    operator = random_.choice(SETTLING) if random_.random() < 0.2 else ""
    together, again = random_.random() < 0.7, random_.random() < 0.6
    return Schedule(str(500000 + number), actors, plans, together, operator, again)


def _draw_plan(random_: random.Random) -> dict[str, Any]:
    fate = random_.random()
    if fate < 0.2:
        return {"kill": random_.choice(("before", "after")), "commit": random_.random() < 0.7}
    if fate < 0.35:
        return {"status": random_.choice(("PENDING", "FAILED"))} | (
            {"answer": random_.choice(("drop", "500", "ok"))}
        )
    if fate < 0.5:
        return {"late": LATE}
    if fate < 0.55:
        return {}
    commit, answer = random_.choice(ANSWERS)
    return {"commit": commit, "answer": answer}


def steps() -> Iterator[Schedule]:
    """Go through every step and every answer once."""
    for number, (name, actors, plans, more) in enumerate(_steps()):
        yield Schedule(str(400000 + number), actors, plans, name=name, **{"again": False, **more})


def _steps() -> Iterator[tuple[str, list[Actor], list[dict[str, Any]], dict[str, Any]]]:
    for kill in KILLS:
        yield f"killed at {kill}", [Actor("w", kill=kill)], [], {}
    for when in ("before", "after"):
        plan = {"kill": when}
        yield f"killed by the server {when}", [Actor("w")], [plan], {}
    for commit, answer in ANSWERS:
        plan = {"commit": commit, "answer": answer}
        yield f"{'done' if commit else 'not done'}, {answer}", [Actor("w")], [plan], {}
    for status in ("PENDING", "FAILED"):
        for answer in ("ok", "drop"):
            plan = {"status": status, "answer": answer}
            yield f"{status}, {answer}", [Actor("w")], [plan], {}
    yield "late", [Actor("w")], [{"late": LATE}], {}
    for words in ("w", "v"):
        for together in (True, False):
            name = f"two, {'same' if words == 'w' else 'other'} words, "
            name += "together" if together else "in turn"
            yield name, [Actor("w"), Actor(words)], [], {"together": together}
    for kill in SETTLING:
        plan = {"answer": "drop"}
        yield f"operator killed at {kill}", [Actor("w")], [plan], {"operator": kill}


def ask(url: str, content: Any) -> None:
    with urlopen(Ask(url, json.dumps(content).encode())) as answer:
        answer.read()


@contextmanager
def ledger() -> Iterator[str]:
    """Run the server in a process of its own."""
    script = Path(__file__).with_name("ledger.py")
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def campaign(schedules: list[Schedule], workers: int) -> list[Report]:
    """Play schedules in several processes at once, on one server and one journal."""
    with ledger() as url, tempfile.TemporaryDirectory() as folder:
        children = []
        for worker in range(workers):
            out = Path(folder) / f"reports-{worker}.jsonl"

            def work(out: Path = out, worker: int = worker) -> None:
                with out.open("w") as file:
                    for schedule in schedules[worker::workers]:
                        report = run(url, f"{folder}/data", schedule)
                        file.write(json.dumps(asdict(report)) + "\n")
                        file.flush()

            children.append((fork(work), out))
        crashed = [problem for child, _ in children for problem in _ended(child)]
        assert not crashed, crashed
        lines = [line for _, out in children for line in out.read_text().splitlines()]
        return [Report(**json.loads(line)) for line in lines]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--steps", action="store_true", help="every step once, in order")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    given = parser.parse_args()
    random_ = random.Random(given.seed)
    chosen = list(steps()) if given.steps else [draw(random_, i) for i in range(given.schedules)]
    began = time.monotonic()
    reports = campaign(chosen, given.workers)
    if given.json:
        print(json.dumps([asdict(report) for report in reports]))
        return 0
    wrong = [report for report in reports if report.problems]
    for report in wrong:
        print(report)
    ends = Counter(" ".join(end).strip() for report in reports for end in report.attempts)
    print(f"{len(reports)} schedules in {time.monotonic() - began:.0f} s, {len(wrong)} wrong")
    print(f"refunds per return: {dict(Counter(report.refunds for report in reports))}")
    print(f"doubts: {sum(report.doubts for report in reports)}; ends of attempts: {dict(ends)}")
    return 1 if wrong or len(reports) != len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
