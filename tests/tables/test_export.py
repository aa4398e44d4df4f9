"""Exports: what a spreadsheet would run stays text, ids stay ids, and nothing is half written."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postorder_nb import errors, tables
from postorder_nb.tables.export import neutral

MOMENT = pd.Timestamp("2026-03-01T10:20:30.456Z")
SAID = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\uff1d1", "fine;=1", "plain"]


@pytest.fixture
def frame() -> pd.DataFrame:
    n = len(SAID)
    return pd.DataFrame({
        "return_id": pd.Series([f"{5 * 10**17 + i}" for i in range(n)], dtype="string"),
        "=state": pd.Categorical(["CLOSED", "=OPEN", *["CLOSED"] * (n - 2)]),
        "comments": pd.Series(SAID, dtype="string"),
        "amount": [-1.5] * (n - 1) + [None],
        "quantity": pd.Series([1] * (n - 1) + [None], dtype="Int64"),
        "rma": pd.Series([True] * (n - 1) + [None], dtype="boolean"),
        "at": pd.Series([MOMENT] * (n - 1) + [pd.NaT], dtype="datetime64[us, UTC]"),
    })  # fmt: skip


def runs(text: str) -> bool:
    """Tell whether a spreadsheet would run a cell: OWASP's list, and not a plain number."""
    begins = re.match(r"[\s\0\"]*[=+\-@\uff0b\uff0d\uff1d\uff20]", text)
    return bool(begins) and not text.startswith("'") and not re.fullmatch(r"[+-]?[\d.]+", text)


def test_no_cell_of_a_csv_runs(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tables.export(frame, tmp_path / "a.csv")
    for delimiter in ",;\t":
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file, delimiter=delimiter):
                assert not [cell for cell in row if runs(cell)]


def test_a_csv_says_what_the_frame_says(frame: pd.DataFrame, tmp_path: Path) -> None:
    read = pd.read_csv(tables.export(frame, tmp_path / "a.csv"), dtype={"return_id": "string"})
    assert read["return_id"].tolist() == frame["return_id"].tolist()
    assert read["comments"].tolist() == [neutral(text) for text in SAID]
    assert pd.to_datetime(read["at"])[0] == MOMENT
    assert read["amount"].tolist()[:2] == [-1.5, -1.5]
    assert read.iloc[-1][["amount", "quantity", "rma", "at"]].isna().all()


def test_a_sheet_holds_texts_numbers_and_moments(frame: pd.DataFrame, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(tables.export(frame, tmp_path / "a.xlsx")).active
    rows = list(sheet.iter_rows())
    assert not [cell for row in rows for cell in row if cell.data_type == "f"]
    texts = [cell.value for row in rows for cell in row if cell.data_type == "s"]
    assert not [text for text in texts if runs(text)]
    assert [cell.value for cell in rows[0]][:2] == ["return_id", "'=state"]
    assert [row[0].value for row in rows[1:]] == frame["return_id"].tolist()
    assert {row[0].number_format for row in rows} == {"@"}
    first = [cell.value for cell in rows[1]][3:]
    assert first == [-1.5, 1, True, MOMENT.tz_localize(None).to_pydatetime()]


def test_parquet_keeps_every_value(frame: pd.DataFrame, tmp_path: Path) -> None:
    read = pd.read_parquet(tables.export(frame, tmp_path / "a.parquet"))
    pd.testing.assert_frame_equal(read, frame)


def test_streams_of_batches_are_written_batch_by_batch(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])
    batches = (pa.record_batch([pa.array([n, n])], schema=schema) for n in range(3))
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    path = tables.export(reader, tmp_path / "n.csv")
    assert path.read_text("utf-8-sig").split() == ['"n"', "0", "0", "1", "1", "2", "2"]


def test_what_fails_leaves_what_was_there(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tables.export(frame.head(1), tmp_path / "a.xlsx")
    before = path.read_bytes()
    with pytest.raises(errors.InputError, match="a sheet holds 1,048,575 records"):
        tables.export(pd.DataFrame({"n": range(1_048_576)}), path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"]


@pytest.mark.parametrize(
    ("frame", "name", "told"),
    [
        (pd.DataFrame(), "a.ods", "ends in none of"),
        ([1], "a.csv", "list is no table"),
        (pd.DataFrame({"n": [1, "a"]}), "a.csv", "values of several kinds"),
        (pd.DataFrame({"n": [1]}), "none/a.csv", "cannot be written"),
    ],
)
def test_wrong_arguments(frame: object, name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(errors.InputError, match=told):
        tables.export(frame, tmp_path / name)


def test_a_missing_library_is_named(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(errors.MissingExtra, match=r'pip install "postorder_nb\[excel\]"'):
        tables.export(frame, tmp_path / "a.xlsx")


@given(st.text())
def test_neutral_texts(text: str) -> None:
    made = neutral(text)
    assert not runs(made)
    assert not [cell for cell in re.split(r"[;\t\r\n]", made) if runs(cell)]
    assert made.replace("'", "") == text.replace("'", "")
