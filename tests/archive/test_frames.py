"""Frames of an archive against an oracle: the rows of each owner's newest set, by plain Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import dask.dataframe as dd
import narwhals.stable.v2 as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake.fs import DeltaStorageHandler

from postorder_nb import errors, tables
from postorder_nb.archive import Archive, schema
from postorder_nb.archive.compacting import compact

START = datetime(2026, 1, 1, tzinfo=UTC)
Row = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore:Dask support is moving out:FutureWarning")


class History:
    """What was seen of some records, in batches, and what an archive must say of it."""

    def __init__(self, seed: int = 1, batches: int = 4) -> None:
        dice = Random(seed)
        self.batches: list[dict[str, list[Row]]] = []
        self.empty: list[Row] = []
        for number in range(1, batches + 1):
            returns, history = [], []
            for seller, owner in product(("north", "south"), range(12)):
                if number > 1 and dice.random() < 0.6:
                    continue
                seen = START + timedelta(days=number, minutes=dice.randrange(600))
                key = {"seller": seller, "seen_from": seen, "batch": number}
                returns.append({
                    **key, "return_id": str(5000 + owner),
                    "state": dice.choice(["OPEN", "CLOSED"]), "quantity": dice.choice([1, None]),
                    "rma_required": dice.choice([True, None]),
                    "refund_amount": dice.choice([1.25, None]), "refund_currency": "USD",
                    "created_at": START + timedelta(hours=owner), "buyer_comments": f"{number}",
                })  # fmt: skip
                of = {**key, "record": "return", "record_id": str(5000 + owner)}
                lines = dice.randrange(4)
                history += [{**of, "seq": n, "notes": f"{number}/{n}"} for n in range(lines)]
                if not lines:
                    history.append(of)
            self.batches.append({"returns": returns, "history": history})

    def write(self, archive: Archive, compacted: tuple[int, ...] = ()) -> None:
        """Append batch by batch; write the checkpoint after some of them."""
        for number, batch in enumerate(self.batches, start=1):
            for name, rows in batch.items():
                columns = schema.arrow(name)
                table = pa.Table.from_pylist(rows, schema=columns)
                archive.store.append(schema.versions(name), table, number)
            if number in compacted:
                compact(archive.store, always=True)

    def rows(self, name: str, as_of: datetime | None = None) -> list[Row]:
        """Return what holds at a moment."""
        sets: dict[tuple[Any, ...], list[Row]] = {}
        newest: dict[tuple[Any, ...], datetime] = {}
        for row in (row for batch in self.batches for row in batch[name]):
            owner = tuple(row[column] for column in schema.owner(name))
            if as_of is not None and row["seen_from"] > as_of:
                continue
            if row["seen_from"] != newest.get(owner):
                sets[owner] = []  # batches come in the order of time
            newest[owner] = row["seen_from"]
            sets[owner].append(row)
        held = [row for rows in sets.values() for row in rows]
        return [row for row in held if name == "returns" or "seq" in row]

    def told(self, name: str, as_of: datetime | None = None) -> list[tuple[Any, ...]]:
        """Return the same as `plain` does of a frame."""
        rows = self.rows(name, as_of)
        return sorted((tuple(row.get(c) for c in COLUMNS[name]) for row in rows), key=repr)


@pytest.fixture(scope="module")
def history() -> History:
    return History()


@pytest.fixture(scope="module", params=[(), (1, 3)], ids=lambda done: f"compacted{done}")
def archive(
    request: pytest.FixtureRequest, history: History, tmp_path_factory: pytest.TempPathFactory
) -> Archive:
    made = Archive(tmp_path_factory.mktemp("archive"))
    history.write(made, request.param)
    return made


def plain(frame: Any, columns: list[str]) -> list[tuple[Any, ...]]:
    """Return some columns of an engine's frame as sorted tuples of Python's values."""
    if isinstance(frame, dd.DataFrame):
        frame = frame.compute().reset_index(drop=True)
    rows = nw.from_native(frame).lazy().select(columns).collect("pyarrow").to_native().to_pylist()
    return sorted(map(tuple, (row.values() for row in rows)), key=repr)


COLUMNS = {
    "returns": [
        *("seller", "return_id", "state", "quantity", "rma_required", "refund_amount"),
        *("refund_currency", "created_at", "buyer_comments", "seen_from"),
    ],
    "history": ["seller", "record", "record_id", "seq", "notes", "seen_from"],
}
ENGINES = ["pandas", "polars", "duckdb"]
EVERY = [*ENGINES, "dask"]
# Dask plans long over each column: one test asks it for all that a return has, in files of several
# releases; the others for those that are looked at.
ASKED = {("dask", "returns"): COLUMNS["returns"]}


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_frame_holds_the_newest_rows_of_each_owner(
    archive: Archive, history: History, name: str, engine: str
) -> None:
    found = archive.frame(name, engine, columns=ASKED.get((engine, name)))
    assert plain(found, COLUMNS[name]) == history.told(name)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_frame_of_the_past_holds_what_was_seen_by_then(
    archive: Archive, history: History, name: str, engine: str
) -> None:
    for as_of in (START + timedelta(days=2, minutes=300), START + timedelta(days=3)):
        found = plain(archive.frame(name, engine, as_of=as_of), COLUMNS[name])
        assert found == history.told(name, as_of)


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_and_filters(archive: Archive, history: History, engine: str) -> None:
    day = START + timedelta(hours=4)
    asked = [
        ("state", "in", ["OPEN", "ESCALATED"]),
        ("created_at", ">=", day.isoformat()),
        ("seller", "!=", "north"),
    ]
    found = archive.frame("returns", engine, columns=["return_id", "state"], filters=asked)
    expected = sorted(
        (row["return_id"], row["state"])
        for row in history.rows("returns")
        if row["state"] == "OPEN" and row["created_at"] >= day and row["seller"] == "south"
    )
    assert expected
    assert plain(found, ["return_id", "state"]) == expected
    assert list(nw.from_native(found).lazy().collect_schema()) == ["return_id", "state"]


@pytest.mark.parametrize("engine", ENGINES)
def test_none_of_no_values(archive: Archive, engine: str) -> None:
    for column in ("state", "created_at"):
        none = [(column, "in", [])]
        found = archive.frame("returns", engine, columns=["return_id"], filters=none)
        assert plain(found, ["return_id"]) == []


def test_the_frame_in_pandas_has_the_dtypes_of_fresh_tables(archive: Archive) -> None:
    for name in COLUMNS:
        fresh, kept = tables.empty(name), archive.frame(name)
        assert set(kept.columns) == {"seller", *fresh.columns, "seen_from"}
        for column in fresh.columns.drop("seller", errors="ignore"):
            wanted, found = fresh[column].dtype, kept[column].dtype
            if isinstance(wanted, pd.CategoricalDtype):
                assert set(wanted.categories) <= set(found.categories)
            else:
                assert found == wanted, column


def test_files_of_several_row_groups_come_whole(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postorder_nb.archive.store._GROUP", 5)
    archive = Archive(tmp_path)
    history.write(archive, compacted=(1, 3))
    for name, columns in COLUMNS.items():
        (file,) = archive.store.table(name).file_uris()
        assert pq.ParquetFile(file).metadata.num_row_groups > 2
        assert plain(archive.frame(name), columns) == history.told(name)


@pytest.mark.parametrize("engine", EVERY)
def test_an_archive_without_a_table_gives_an_empty_frame(tmp_path: Path, engine: str) -> None:
    found = Archive(tmp_path).frame("inquiries", engine)
    assert plain(found, ["inquiry_id", "created_at"]) == []


@pytest.mark.parametrize("engine", EVERY)
def test_a_column_that_older_files_lack_is_empty(
    history: History, tmp_path: Path, engine: str
) -> None:
    archive = Archive(tmp_path)
    rows = pa.Table.from_pylist(history.batches[0]["returns"], schema=schema.arrow("returns"))
    archive.store.append("returns_versions", rows.drop_columns(["buyer_comments"]), 1)
    asked = ASKED.get((engine, "returns"))
    found = archive.frame("returns", engine, columns=asked)
    assert set(plain(found, ["buyer_comments"])) == {(None,)}
    newer = pa.Table.from_pylist(history.batches[1]["returns"], schema=schema.arrow("returns"))
    archive.store.append("returns_versions", newer, 2)
    told = {text for (text,) in plain(archive.frame("returns", engine), ["buyer_comments"])}
    assert told == {None, "2"}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda a: a.frame("retruns"), "there is no table"),
        (lambda a: a.frame("returns", "sqlite"), "there is no engine"),
        (lambda a: a.frame("returns", columns=["buyr"]), "did you mean buyer"),
        (lambda a: a.frame("returns", filters=[("state", "~", "X")]), "no comparison"),
        (lambda a: a.frame("returns", filters=[("quantity", ">", "many")]), "be compared with"),
        (lambda a: a.frame("returns", columns="state"), "columns='state' is one text"),
        (lambda a: a.frame("returns", filters=("state", "==", "CLOSED")), "'state' is no filter"),
        (lambda a: a.frame("returns", filters=[("state", "CLOSED")]), "'CLOSED'.* is no filter"),
        (lambda a: a.frame("returns", filters={"state": "CLOSED"}), "'state' is no filter"),
        (lambda a: a.frame("returns", filters=[("state", "in", "OPEN")]), "names no values"),
        (lambda a: a.frame("returns", filters=[("quantity", "not in", 3)]), "names no values"),
        (lambda a: a.frame("returns", filters=[("state", "==", None)]), "with what is missing"),
        (lambda a: a.frame("returns", filters=[("state", "in", ["X", pd.NA])]), "is missing"),
        (lambda a: a.frame("returns", filters=[("refund_amount", ">", float("nan"))]), "missing"),
        (lambda a: a.frame("returns", filters=[("created_at", ">", None)]), "created_at=None"),
        (lambda a: a.frame("returns", as_of="yesterday"), "as_of='yesterday' is no moment"),
    ],
)
def test_wrong_arguments_are_told(
    archive: Archive, call: Callable[[Archive], Any], told: str
) -> None:
    with pytest.raises(errors.InputError, match=told):
        call(archive)


def test_readers_see_the_same_while_a_checkpoint_is_written(
    archive: Archive, history: History
) -> None:
    before = archive.frame("returns", "polars")
    compact(archive.store, always=True)
    for frame in (before, archive.frame("returns")):
        assert plain(frame, COLUMNS["returns"]) == history.told("returns")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("looks", range(6))
def test_a_checkpoint_may_be_written_between_any_two_looks_at_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, looks: int
) -> None:
    history = History(seed=7)
    archive, other = Archive(tmp_path), Archive(tmp_path)
    history.write(archive, (2,))
    looked = archive.store.table
    left = iter(range(looks, -1, -1))

    def looks_on(name: str) -> Any:
        found = looked(name)
        if next(left, None) == 0:
            compact(other.store, always=True)
        return found

    monkeypatch.setattr(archive.store, "table", looks_on)
    found = archive.frame("returns", engine, columns=COLUMNS["returns"])
    assert plain(found, COLUMNS["returns"]) == history.told("returns")


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a list of things to do")
    for path in (tmp_path / "file", ""):
        with pytest.raises(errors.InputError, match="is no folder"):
            Archive(path)
    for address in ("s4://bucket/archive", "https://bucket.example/archive"):
        with pytest.raises(errors.InputError, match=f"no archive can lie at {address}"):
            Archive(address).frame("returns")


def test_duckdb_hands_its_rows_to_python(archive: Archive, history: History) -> None:
    found = archive.frame("returns", "duckdb", columns=COLUMNS["returns"]).fetchall()
    told = history.told("returns")
    assert (len(found), set(found)) == (len(told), set(told))


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize("folder", ["Zoë's #1 shop", "all? {a,b} *"])
def test_an_archive_may_lie_in_a_folder_of_any_name(
    tmp_path: Path, history: History, folder: str, engine: str
) -> None:
    archive = Archive(tmp_path / folder)
    history.write(archive, (2,))
    found = archive.frame("history", engine)
    assert plain(found, COLUMNS["history"]) == history.told("history")
    assert archive.sql("SELECT count(*) AS n FROM history")["n"].to_list() == [
        len(history.rows("history"))
    ]
    assert archive.store.damaged("history") == []


@pytest.mark.parametrize("folder", ["100%25", "50%", "[old]", "a|b", "^", "back\\slash", "a\tb"])
def test_a_folder_that_the_library_cannot_write_to_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(errors.InputError, match="a place without %"):
        Archive(tmp_path / folder)
    assert list(tmp_path.iterdir()) == []


def test_no_thread_of_arrow_asks_python_for_a_folders_files(
    archive: Archive, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does when the process ends aborts it, so that it seems to have failed."""
    for way in ("open_input_file", "open_input_stream"):
        monkeypatch.delattr(DeltaStorageHandler, way)
    assert plain(archive.frame("returns"), COLUMNS["returns"]) == history.told("returns")
    assert archive.store.read("returns_versions").num_rows
    assert list(archive.store.batches("returns_versions"))
    assert archive.store.damaged("returns_versions") == []


def test_moments_are_written_without_a_dictionary(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    History(batches=25).write(archive, compacted=(25,))
    archive.store.tidy("returns_versions")
    for name, pressed in {"returns": "LZ4", "returns_versions": "ZSTD"}.items():
        (file,) = archive.store.table(name).file_uris()
        group = pq.ParquetFile(file).metadata.row_group(0)
        columns = [group.column(number) for number in range(group.num_columns)]
        assert {column.compression for column in columns} == {pressed}
        told = {column.path_in_schema: column.encodings for column in columns}
        for moment in ("seen_from", "created_at"):
            assert {"DELTA_BINARY_PACKED"} <= set(told[moment]) <= {"DELTA_BINARY_PACKED", "RLE"}
        assert "RLE_DICTIONARY" in told["state"]
