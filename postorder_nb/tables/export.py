"""Tables as files for others: CSV, Excel, Parquet. What a spreadsheet would run stays text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from ..errors import InputError, MissingExtra

# A cell begins where the text does, and where a program that parts cells otherwise cuts it.
_FORMULA = re.compile(r"""(^|[;\t\r\n])([\s\0"]*)([=+\-@＋－＝＠])""")  # noqa: RUF001 - they count, too
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
# What XML 1.0, and so a workbook, cannot hold.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SHEET_ROWS = 1_048_576
_CELL = 32_767


def export(frame: Any, path: str | Path) -> Path:
    """
    Write a table to a CSV, Excel or Parquet file, as its name's ending says.

    In CSV and Excel a text that a spreadsheet would take for a formula begins with an apostrophe,
    headings too. Ids stay text: quoted in CSV, text cells in Excel. (A spreadsheet that opens a
    CSV file by a double click reads long ids as numbers nevertheless, and rounds them: give people
    Excel files.) Times are in UTC; Excel knows no time zones, and no texts of more than 32,767
    characters: they are cut. Parquet keeps every value as it is.

    Parameters
    ----------
    frame : DataFrame or Arrow stream
        The table: pandas, Polars, pyarrow, a DuckDB relation, or anything else that offers Arrow's
        stream of batches, which are written one after the other.
    path : str or Path
        Ends in ``.csv``, ``.xlsx`` or ``.parquet``. A file that is there already is replaced,
        whole or not at all.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the ending is another, `frame` is no table, the file cannot be written, or the table is
        too long for Excel.
    MissingExtra
        For Excel without ``openpyxl``.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> said = pd.DataFrame({"return_id": ["5001"], "buyer_comments": ["=1+1"], "quantity": [1]})
    >>> print(export(said, Path(mkdtemp()) / "said.csv").read_text(encoding="utf-8-sig"))
    "return_id","buyer_comments","quantity"
    "5001","'=1+1",1
    <BLANKLINE>
    """
    target = Path(path)
    if target.suffix not in _WRITERS:
        raise InputError(
            f"{target.name!r} ends in none of {', '.join(_WRITERS)}",
            advice="name the file by the form it should have, such as returns.xlsx",
        )
    batches = _batches(frame)
    try:
        with _replacing(target) as fresh:
            _WRITERS[target.suffix](batches, fresh)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}",
            advice="choose a folder that may be written to and has room",
        ) from None
    return target


def neutral(text: str) -> str:
    """
    Return a text that no spreadsheet takes for a formula; most texts are returned as they are.

    Examples
    --------
    >>> neutral("=HYPERLINK(1)"), neutral("-12.50"), neutral("11-22222")
    ("'=HYPERLINK(1)", '-12.50', '11-22222')
    """
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1\2'\3", text)


def _batches(frame: Any) -> pa.RecordBatchReader:
    if isinstance(frame, pd.DataFrame):
        try:
            return pa.Table.from_pandas(frame, preserve_index=False).to_reader()
        except pa.ArrowException as error:
            raise InputError(
                f"a column holds values of several kinds ({error.args[0]})",
                advice="give each column one dtype",
            ) from None
    if not hasattr(frame, "__arrow_c_stream__"):
        raise InputError(
            f"{type(frame).__name__} is no table", advice="give a DataFrame, or an Arrow stream"
        )
    return pa.RecordBatchReader.from_stream(frame)


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a file to write that takes the target's place in the end, or is gone after an error."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield fresh
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _to_csv(batches: pa.RecordBatchReader, path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"\xef\xbb\xbf")  # without it Excel does not read UTF-8
        names = [neutral(name) for name in batches.schema.names]
        fields = [pa.field(n, _plain(f.type)) for n, f in zip(names, batches.schema, strict=True)]
        with pyarrow.csv.CSVWriter(file, pa.schema(fields)) as writer:
            for batch in batches:
                columns = [_neutralised(column) for column in batch.columns]
                writer.write(pa.record_batch(columns, schema=pa.schema(fields)))


def _to_parquet(batches: pa.RecordBatchReader, path: Path) -> None:
    with pq.ParquetWriter(path, batches.schema) as writer:
        for batch in batches:
            writer.write(batch)


def _to_sheet(batches: pa.RecordBatchReader, path: Path) -> None:
    try:
        openpyxl = import_module("openpyxl")  # an extra, and slow to load
    except ImportError:
        raise MissingExtra(
            "openpyxl is not installed", advice='run: pip install "postorder_nb[excel]"'
        ) from None
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        made = openpyxl.cell.WriteOnlyCell(sheet, value)
        if isinstance(value, str):
            made.data_type, made.number_format = "s", "@"
        return made

    sheet.append([cell(neutral(name)) for name in batches.schema.names])
    written = 1
    for batch in batches:
        written += batch.num_rows
        if written > _SHEET_ROWS:
            sheet.close()
            raise InputError(
                f"a sheet holds {_SHEET_ROWS - 1:,} records, the table has more",
                advice="write a .csv or .parquet file, or fewer records",
            )
        columns = [_for_sheet(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            sheet.append([cell(value) for value in row])
    book.save(path)


_WRITERS = {".csv": _to_csv, ".xlsx": _to_sheet, ".parquet": _to_parquet}


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _neutralised(column: pa.Array) -> pa.Array:
    """Return a column without dictionary and formulas."""
    column = column.cast(_plain(column.type))
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    risky = pc.fill_null(pc.match_substring_regex(column, _FORMULA.pattern), fill_value=False)
    if not pc.any(risky).as_py():
        return column
    made = [neutral(text) for text in column.filter(risky).to_pylist()]
    return pc.replace_with_mask(column, risky, pa.array(made, type=column.type))


def _for_sheet(column: pa.Array) -> list[Any]:
    column = _neutralised(column)
    if pa.types.is_timestamp(column.type):
        # Without its zone, in UTC, and to the millisecond, the finest that Excel knows.
        column = column.cast(pa.timestamp("us")).cast(pa.timestamp("ms"), safe=False)
    values: list[Any] = column.to_pylist()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return [None if v is None else _NO_XML.sub("", v)[:_CELL] for v in values]
    return values
