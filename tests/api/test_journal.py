"""The journal: nothing announced is lost, nothing torn is fatal, and it stays quick."""

from __future__ import annotations

import json
import stat
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postorder_nb.api.journal import Attempt, Journal
from postorder_nb.api.locks import FileLock
from postorder_nb.api.operation import Effect
from postorder_nb.errors import InDoubt

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    (tmp_path / "data").mkdir()
    return Journal(tmp_path / "data" / "journal-x.jsonl", now=lambda: AT)


def attempt(number: int = 1, record: str = "return 5001", effect: Effect = Effect.MONEY) -> Attempt:
    return Attempt(
        f"a{number}", AT, "returns.issue_refund", record, effect, f"f{number}", once=record
    )


def test_an_announced_write_is_open_until_it_has_ended(journal: Journal) -> None:
    one = attempt()
    journal.begin(one)
    assert [a.attempt for a in journal.open()] == ["a1"]
    journal.end(one, "done", status=200, request_id="rq", complaints=())
    assert journal.open() == []
    [row] = journal.rows()
    assert (row.outcome, row.status, row.request_id, row.ended) == ("done", 200, "rq", AT)


@pytest.mark.parametrize("outcome", ["", "doubt"])
def test_money_in_doubt_blocks_money_on_its_record_only(journal: Journal, outcome) -> None:
    journal.begin(attempt())
    if outcome:
        journal.end(attempt(), outcome)
    for seen in (journal, Journal(journal.path)):  # the same process, and one that starts later
        with pytest.raises(InDoubt) as caught:
            seen.begin(attempt(2))
        assert (caught.value.record, caught.value.attempt) == ("return 5001", "a1")
        assert 'po.settle("return 5001")' in str(caught.value)
    journal.begin(attempt(3, "return 5002"))
    journal.begin(attempt(4, effect=Effect.WRITE))
    assert len(journal.rows()) == 3


def test_doubts_that_move_no_money_block_nothing(journal: Journal) -> None:
    journal.begin(attempt(effect=Effect.FINAL))
    journal.end(attempt(effect=Effect.FINAL), "doubt")
    journal.begin(attempt(2))
    assert [a.attempt for a in journal.open("return 5001")] == ["a1", "a2"]


@pytest.mark.parametrize("outcome", ["done", "pending", "failed", "refused", "unsent"])
def test_any_known_end_frees_the_record(journal: Journal, outcome) -> None:
    journal.begin(attempt())
    journal.end(attempt(), outcome)
    journal.begin(attempt(2))
    assert [a.attempt for a in journal.open()] == ["a2"]


@pytest.mark.parametrize("verdict", ["happened", "did not happen"])
def test_a_settled_doubt_frees_the_record(journal: Journal, verdict) -> None:
    journal.begin(attempt())
    journal.end(attempt(), "doubt")
    journal.settle(attempt(), verdict, "the history has a new line")
    assert journal.open() == []
    assert journal.rows()[0].evidence == "the history has a new line"
    found = journal.happened("return 5001")
    assert (found is not None) == (verdict == "happened")


def test_another_process_sees_what_was_added(journal: Journal) -> None:
    other = Journal(journal.path)
    assert other.open() == []
    journal.begin(attempt())
    assert [a.attempt for a in other.open()] == ["a1"]
    other.end(attempt(), "done")
    assert journal.open() == []
    assert journal.happened("return 5001") == other.happened("return 5001") is not None


@pytest.mark.parametrize("left", [1, 40, -1])
def test_a_torn_last_line_is_closed_and_skipped(journal: Journal, left: int) -> None:
    journal.begin(attempt())
    whole = journal.path.read_bytes()
    journal.end(attempt(), "done")
    added = journal.path.read_bytes()[len(whole) :]
    journal.path.write_bytes(whole + added[: left if left > 0 else len(added) // 2])
    again = Journal(journal.path, now=lambda: AT)
    assert [a.attempt for a in again.open()] == ["a1"]  # the end was not on the disk
    again.begin(attempt(2, "return 5002"))
    assert [a.attempt for a in Journal(journal.path).open()] == ["a1", "a2"]
    assert [a.attempt for a in again.rows()] == ["a1", "a2"]


def test_a_line_that_lacks_only_its_end_counts(journal: Journal) -> None:
    journal.begin(attempt())
    journal.path.write_bytes(journal.path.read_bytes().rstrip(b"\n"))
    again = Journal(journal.path)
    again.begin(attempt(2, "return 5002"))
    assert [a.attempt for a in again.open()] == ["a1", "a2"]


def test_lines_of_a_later_release_are_read(journal: Journal) -> None:
    journal.begin(attempt())
    line = json.loads(journal.path.read_text())
    journal.path.write_text(json.dumps({**line, "mood": "good"}) + "\n")
    assert [a.attempt for a in Journal(journal.path).open()] == ["a1"]


def test_a_replaced_file_is_read_anew(journal: Journal) -> None:
    journal.begin(attempt())
    line = journal.path.read_text().replace("a1", "b1")
    journal.path.unlink()
    assert journal.open() == []
    journal.path.write_text(line)
    assert [a.attempt for a in journal.open()] == ["b1"]


def test_only_its_owner_can_read_it(journal: Journal) -> None:
    journal.begin(attempt())
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_sixteen_threads_begin_one_write(journal: Journal) -> None:
    begun: list[str] = []
    barrier = threading.Barrier(16)

    def work(number: int) -> None:
        own = Journal(journal.path)  # as if each were a process of its own
        barrier.wait()
        try:
            own.begin(attempt(number))
        except InDoubt:
            return
        begun.append(f"a{number}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 1
    assert [a.attempt for a in journal.open()] == begun


def test_a_hundred_thousand_lines_do_not_slow_it_down(journal: Journal) -> None:
    journal.begin(attempt())
    journal.end(attempt(), "done")
    intent, outcome = journal.path.read_text().splitlines()
    with journal.path.open("w") as file:
        for number in range(50_000):
            name = f'"n{number}"'
            file.write(intent.replace("5001", str(number)).replace('"a1"', name) + "\n")
            file.write(outcome.replace('"a1"', name) + "\n")
    again = Journal(journal.path)
    assert again.open() == []
    before = time.process_time()
    for number in range(100):
        assert again.open(f"return {number}") == []
    again.begin(attempt(7, "return 7"))
    assert [a.attempt for a in again.open()] == ["a7"]
    assert time.process_time() - before < 0.5  # reading it all takes longer than that, each time
    assert again._read == journal.path.stat().st_size


def test_the_lock_of_a_record_is_one_for_money(journal: Journal) -> None:
    lock = journal.lock(attempt())
    assert lock.acquire(wait=False)
    assert not journal.lock(attempt(2)).acquire(wait=False)
    other = journal.lock(attempt(2, effect=Effect.WRITE))
    assert other.acquire(wait=False)
    other.release(remove=True)
    lock.release(remove=True)
    assert lock.acquire(wait=False)
    lock.release(remove=True)
    assert list(lock.path.parent.iterdir()) == []


def test_whoever_waits_for_a_removed_lock_gets_a_new_one(tmp_path: Path) -> None:
    order: list[str] = []
    first, second, third = (FileLock(tmp_path / "x.lock") for _ in range(3))
    first.acquire()

    def work() -> None:
        second.acquire()
        order.append("second")

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.05)
    assert order == []
    first.release(remove=True)
    thread.join()
    assert not third.acquire(wait=False)  # the second holds the file that is there now
    second.release(remove=True)
    assert third.acquire(wait=False)
    third.release(remove=True)


def test_it_says_what_is_in_doubt(journal: Journal) -> None:
    journal.begin(attempt())
    assert "1 in doubt" in repr(journal)
    assert str(journal.open()[0]) == "returns.issue_refund on return 5001"
    assert str(replace(attempt(), record="")) == "returns.issue_refund"
    assert [row.attempt for row in journal] == ["a1"]
