"""Changes, SQL, snapshots and exports of an archive whose history was written by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from postorder_nb import errors
from postorder_nb.archive import Archive, schema
from postorder_nb.archive.compacting import compact

DAYS = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 6)]


def put(archive: Archive, name: str, number: int, *rows: dict[str, Any]) -> None:
    """Append rows that were seen on the day of that number."""
    made = [{"seller": "north", "seen_from": DAYS[number], "batch": number, **row} for row in rows]
    table = pa.Table.from_pylist(made, schema=schema.arrow(name))
    archive.store.append(schema.versions(name), table, number)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two returns; the first is escalated on day 2 and closed on day 3, without its notes."""
    made = Archive(tmp_path_factory.mktemp("archive") / "kept")
    first = {"return_id": "5001", "created_at": DAYS[0], "quantity": 1}
    second = {"return_id": "5002", "created_at": DAYS[1], "state": "OPEN", "buyer": "=SUM(A1)"}
    line = {"record": "return", "record_id": "5001"}
    put(made, "returns", 1, {**first, "state": "OPEN"}, second)
    put(made, "history", 1, {**line, "seq": 0, "notes": "opened"})
    put(made, "returns", 2, {**first, "state": "ESCALATED"})
    put(made, "history", 2, *({**line, "seq": n, "notes": t} for n, t in enumerate("ab")))
    put(made, "returns", 3, {**first, "state": "CLOSED", "refund_amount": 12.5})
    put(made, "history", 3, line)
    return Path(made.store.path)


@pytest.fixture
def archive(written: Path, tmp_path: Path) -> Archive:
    shutil.copytree(written, tmp_path / "kept")
    return Archive(tmp_path / "kept")


def told(changes: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return [
        tuple(None if value is pd.NA else value for value in row)
        for row in changes[list(columns)].itertuples(index=False)
    ]


def test_changes_of_records(archive: Archive) -> None:
    found = archive.changes("returns", since=DAYS[0])
    assert told(found, "at", "return_id", "what", "column", "before", "after") == [
        (DAYS[1], "5001", "new", None, None, None),
        (DAYS[1], "5002", "new", None, None, None),
        (DAYS[2], "5001", "changed", "state", "OPEN", "ESCALATED"),
        (DAYS[3], "5001", "changed", "refund_amount", None, "12.5"),
        (DAYS[3], "5001", "changed", "state", "ESCALATED", "CLOSED"),
    ]


def test_changes_of_a_span_know_what_stood_before(archive: Archive) -> None:
    for done in range(2):
        found = archive.changes("returns", since=DAYS[1], until=DAYS[2])
        assert told(found, "at", "column", "before", "after") == [
            (DAYS[2], "state", "OPEN", "ESCALATED")
        ]
        if not done:
            compact(archive.store, always=True)
    assert archive.changes("returns", since=DAYS[3]).empty
    assert archive.changes("cases", since=DAYS[0]).empty


def test_changes_of_child_rows(archive: Archive) -> None:
    found = archive.changes("history", since=DAYS[1])
    assert told(found, "at", "record_id", "seq", "what", "column", "before", "after") == [
        (DAYS[2], "5001", 0, "changed", "notes", "opened", "a"),
        (DAYS[2], "5001", 1, "new", None, None, None),
        (DAYS[3], "5001", 0, "gone", None, None, None),
        (DAYS[3], "5001", 1, "gone", None, None, None),
    ]


def test_sql_sees_the_current_rows_and_those_of_the_past(archive: Archive) -> None:
    query = "select r.return_id, state, count(h.seq) n from returns r left join history h "
    query += "on h.record_id = r.return_id where r.seller = ? group by all order by 1"
    now = archive.sql(query, ["north"])
    assert now.to_dict("list") == {
        "return_id": ["5001", "5002"], "state": ["CLOSED", "OPEN"], "n": [0, 0],
    }  # fmt: skip
    past = archive.sql(query, ["north"], as_of=DAYS[2])
    assert past["state"].tolist() == ["ESCALATED", "OPEN"]
    assert past["n"].tolist() == [2, 0]
    moments = archive.sql("select created_at from returns order by 1")["created_at"]
    assert moments.tolist() == DAYS[:2]


def test_a_query_that_duckdb_refuses(archive: Archive) -> None:
    with pytest.raises(errors.InputError, match="refuses the query"):
        archive.sql("select nothing from returns")


def test_a_snapshot_of_a_span_and_a_seller(archive: Archive) -> None:
    put(archive, "returns", 4, {"seller": "south", "return_id": "5001", "created_at": DAYS[2]})
    whole = archive.snapshot()
    assert sorted(whole.returns["seller"]) == ["north", "north", "south"]
    past = archive.snapshot(until=DAYS[0], as_of=DAYS[2])
    assert past.returns["state"].tolist() == ["ESCALATED"]
    assert past.history["notes"].tolist() == ["a", "b"]
    assert past.meta["details"] == ["returns"]
    assert past.meta["fetched_at"] == DAYS[2].isoformat()
    assert archive.snapshot(sellers="south").returns["return_id"].tolist() == ["5001"]
    later = archive.snapshot(since=DAYS[1], as_of=DAYS[2])
    assert later.returns["return_id"].tolist() == ["5002"]
    assert later.history.empty


def test_exports_hold_what_the_frames_hold(archive: Archive, tmp_path: Path) -> None:
    made = archive.export(tmp_path / "out", "csv", names=["returns", "history"], as_of=DAYS[2])
    assert [path.name for path in made] == ["returns.csv", "history.csv"]
    rows = pd.read_csv(made[0], dtype="string").set_index("return_id")
    assert rows["state"].to_dict() == {"5001": "ESCALATED", "5002": "OPEN"}
    assert rows["buyer"].dropna().to_dict() == {"5002": "'=SUM(A1)"}
    assert pd.read_csv(made[1], dtype="string")["notes"].tolist() == ["a", "b"]


def test_one_table_is_exported_by_its_name(archive: Archive, tmp_path: Path) -> None:
    assert [path.name for path in archive.export(tmp_path, "parquet", names="cases")] == [
        "cases.parquet"
    ]


def test_nothing_is_exported_if_the_names_are_wrong(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.InputError, match="file is a file"):
        archive.export(tmp_path / "file")
    with pytest.raises(errors.InputError, match="no table 'retruns'"):
        archive.export(tmp_path / "out", names=["returns", "retruns"])
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_is_written_when_it_pays(archive: Archive) -> None:
    assert compact(archive.store) == []  # a handful of rows are read at once
    put(archive, "returns", 4, *({"return_id": str(n)} for n in range(6000, 26_001)))
    assert compact(archive.store) == ["returns"]
    assert archive.store.table("returns").to_pyarrow_table().num_rows == 20_003
    assert compact(archive.store, always=True) == ["history"]
    assert compact(archive.store, always=True) == []
    assert len(archive.frame("returns")) == 20_003


def test_a_checkpoint_that_was_not_committed_is_not_there(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    before = archive.frame("returns").sort_values("return_id", ignore_index=True)
    monkeypatch.setattr(archive.store, "overwrite", killed)
    with pytest.raises(KeyboardInterrupt):
        compact(archive.store, always=True)
    monkeypatch.undo()
    after = archive.frame("returns").sort_values("return_id", ignore_index=True)
    pd.testing.assert_frame_equal(after, before)
    assert compact(archive.store, always=True) == ["returns", "history"]


@pytest.mark.parametrize(
    "call",
    [
        lambda a: a.changes("retruns", since="1d"),
        lambda a: a.export("/tmp", "ods"),
        lambda a: a.snapshot(since="soon"),
    ],
)
def test_wrong_arguments(archive: Archive, call: Callable[[Archive], Any]) -> None:
    with pytest.raises(errors.InputError):
        call(archive)


def test_moments_may_be_told_as_spans(archive: Archive) -> None:
    day = timedelta(days=1)
    assert archive.changes("returns", since=DAYS[3] + day).empty
