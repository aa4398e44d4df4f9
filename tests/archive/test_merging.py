"""Versions of rows against what was answered: in any order, in any portions, cut off anywhere."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from postorder_nb import errors
from postorder_nb.archive import Archive, Observation, schema
from postorder_nb.archive.compacting import compact
from postorder_nb.archive.store import Conflict, Store

START = datetime(2026, 3, 1, tzinfo=UTC)


def summary(day: float, state: str, record_id: str = "5001", **more: Any) -> Observation:
    body = {"returnId": record_id, "state": state, "status": state, **more}
    seen = START + timedelta(days=day)
    return Observation("me", "returns", "search", record_id, seen, body)


def detail(
    day: float, steps: list[str], record_id: str = "5001", table: str = "returns", **more: Any
) -> Observation:
    history = [{"activity": step} for step in steps]
    body = {"detail": {"responseHistory": history, **more}}
    return Observation("me", table, "get", record_id, START + timedelta(days=day), body)


def at(day: float) -> datetime:
    return START + timedelta(days=day, seconds=1)


def states(archive: Archive, days: list[float]) -> list[Any]:
    found = []
    for day in days:
        frame = archive.frame("returns", columns=["state"], as_of=at(day))
        found.append(None if frame.empty else frame["state"].iloc[0])
    return found


def steps(archive: Archive, day: float) -> list[str]:
    history = archive.frame("history", columns=["seq", "activity"], as_of=at(day))
    return history.sort_values("seq")["activity"].tolist()


LIFE = [
    summary(0, "RETURN_REQUESTED"),
    detail(0.01, ["SUBMIT"], marketplaceId="EBAY_GB"),
    summary(2, "ITEM_SHIPPED"),
    detail(2.01, ["SUBMIT", "BUYER_PROVIDE_TRACKING_INFO"], marketplaceId="EBAY_GB"),
    summary(5, "CLOSED"),
    detail(5.01, [], marketplaceId="EBAY_GB"),
]
DAYS = [-1.0, 0.5, 1.0, 2.5, 4.0, 6.0]
STATES = [None, "RETURN_REQUESTED", "RETURN_REQUESTED", "ITEM_SHIPPED", "ITEM_SHIPPED", "CLOSED"]


def check_life(archive: Archive) -> None:
    assert states(archive, DAYS) == STATES
    assert steps(archive, 1) == ["SUBMIT"]
    assert steps(archive, 3) == ["SUBMIT", "BUYER_PROVIDE_TRACKING_INFO"]
    assert steps(archive, 6) == []
    now = archive.frame("returns")
    assert now["state"].tolist() == ["CLOSED"]
    assert now["marketplace"].tolist() == ["EBAY_GB"]
    assert now["seller"].tolist() == ["me"]


def test_a_life_is_told_as_it_was_seen(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for one in LIFE:
        assert archive.add([one]) == (1, 0)
    check_life(archive)


@pytest.mark.parametrize("seed", range(2))
def test_answers_may_come_late_and_in_any_portions(tmp_path: Path, seed: int) -> None:
    dice, archive = Random(seed), Archive(tmp_path)
    some = dice.sample(LIFE, len(LIFE))
    while some:
        n = dice.randrange(1, 4)
        archive.add(some[:n])
        some = some[n:]
        if dice.random() < 0.5:
            compact(archive.store, always=True)
    check_life(archive)


def test_an_older_answer_right_after_compacting_is_seen(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.add([summary(5, "CLOSED")])
    compact(archive.store, always=True)
    archive.add([detail(1, ["SUBMIT"])])
    assert steps(archive, 1) == ["SUBMIT"]
    assert archive.frame("returns")["state"].tolist() == ["CLOSED"]
    archive.add([summary(9, "ITEM_SHIPPED")])
    assert archive.frame("returns")["state"].tolist() == ["ITEM_SHIPPED"]


def test_the_same_answer_is_kept_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert archive.add(LIFE) == (6, 0)
    assert archive.add(LIFE) == (0, 6)
    again = [summary(7, "CLOSED"), detail(7, [], marketplaceId="EBAY_GB")]
    assert archive.add(again) == (0, 2)
    assert archive.store.read("observations").num_rows == 6
    # Three rounds, three versions; the third made the history empty, which is a row, too.
    assert archive.store.read("returns_versions").num_rows == 3
    assert archive.store.read("history_versions").num_rows == 1 + 2 + 1


def test_an_old_summary_does_not_win_over_newer_details_nor_the_other_way(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    item = {"itemDetail": {"itemId": "7001"}}
    archive.add([summary(0, "RETURN_REQUESTED", creationInfo={"item": {"itemId": "7000"}})])
    archive.add([detail(1, [], **item)])
    assert archive.frame("returns")["item_id"].tolist() == ["7001"]
    archive.add([summary(2, "CLOSED", creationInfo={"item": {"itemId": "7002"}})])
    assert archive.frame("returns")["item_id"].tolist() == ["7002"]


def test_sellers_and_records_of_one_number_are_told_apart(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    seen = [
        Observation(seller, table, "search", "5001", START, {key: "5001", "status": status})
        for (seller, status), (table, key) in product(
            [("north", "OPEN"), ("south", "CLOSED")],
            [("inquiries", "inquiryId"), ("cases", "caseId")],
        )
    ]
    archive.add(seen)
    for table in ("inquiries", "cases"):
        frame = archive.frame(table).sort_values("seller")
        assert frame["seller"].tolist() == ["north", "south"]
        assert frame["status"].tolist() == ["OPEN", "CLOSED"]


def test_what_ebay_knows_no_more_stays(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.add(LIFE[:2])
    archive.add([Observation("me", "returns", "get", "5001", at(3), None)])
    assert states(archive, [4]) == ["RETURN_REQUESTED"]
    assert steps(archive, 4) == ["SUBMIT"]


@pytest.mark.parametrize("late", [False, True])
def test_a_merge_cut_off_at_any_commit_is_finished_by_the_next(
    tmp_path: Path, cut: Any, *, late: bool
) -> None:
    first, second = (LIFE[4:], LIFE[:4]) if late else (LIFE[:4], LIFE[4:])
    Archive(tmp_path / "first").add(first)
    commits = 0
    was_cut = True
    while was_cut:
        path = tmp_path / str(commits)
        shutil.copytree(tmp_path / "first", path)
        was_cut = cut.off(commits, lambda path=path: Archive(path).add(second))
        again = Archive(path)
        again.add(second)
        check_life(again)
        assert again.store.read("observations").num_rows == 6
        commits += 1 if late else 2
    assert commits > 5


def test_two_writers_cannot_both_have_a_number(tmp_path: Path) -> None:
    one, other = Archive(tmp_path), Archive(tmp_path)
    one.add(LIFE[:1])
    held = other.store.table("observations")
    rows = other.store.read("observations")
    one.add(LIFE[1:2])
    with pytest.raises(Conflict):
        other.store._write("observations", held, rows, "append", 2)
    with pytest.raises(Conflict):
        other.store.append("observations", rows, 2)


def test_of_two_writers_that_begin_a_table_at_once_one_is_first(tmp_path: Path) -> None:
    dice = Random(1)

    def append(path: Path, who: str, wait: float) -> bool:
        rows = pa.Table.from_pylist([{"sync": who}], schema=schema.OBSERVATIONS)
        store = Store(path)
        time.sleep(wait)
        try:
            store.append("observations", rows, 1, after=0)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        for turn in range(40):
            path = tmp_path / str(turn)
            first, second = pool.map(append, [path] * 2, "ab", [0, dice.random() / 100])
            assert first + second == 1
            assert Store(path).read("observations", ["sync"])["sync"].to_pylist() == [
                "a" if first else "b"
            ]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(errors.ArchiveError, match="file"):
        Archive(tmp_path / "file" / "archive").add(LIFE)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "is full"),
        (OSError(30, "Read-only file system"), "cannot be written to"),
    ],
)
def test_a_full_or_closed_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    archive = Archive(tmp_path)
    archive.add(LIFE[:2])

    def fails(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(archive.store.delta, "write_deltalake", fails)
        with pytest.raises(errors.ArchiveError, match=words):
            archive.add(LIFE[2:])
    archive.add(LIFE[2:])
    check_life(archive)


def test_bad_answers_are_refused(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with pytest.raises(errors.InputError, match="no JSON object"):
        archive.add([Observation("me", "cases", "get", "1", START, b"[1]")])
    with pytest.raises(errors.InputError, match="time zone"):
        Observation("me", "cases", "get", "1", START.replace(tzinfo=None), {})
    with pytest.raises(errors.InputError, match="no answer"):
        Observation("me", "orders", "get", "1", START, {})
