"""Opening an archive's files with the engine of one's choice, lazily."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.fs import PyFileSystem

from ..errors import InputError, MissingExtra

#: The engines of lazy frames, with what installs each.
_PACKAGES = {
    "polars": ("polars", "pip install polars"),
    "duckdb": ("duckdb", 'pip install "postorder_nb[archive]"'),
    "dask": ("dask.dataframe", 'pip install "postorder_nb[scale]"'),
    "spark": ("pyspark.sql", 'pip install "postorder_nb[scale]"'),
}
ENGINES = ("pandas", *_PACKAGES)

_NULLABLE = {
    pa.string(): pd.StringDtype("pyarrow"),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
_PATTERN = re.compile(r"[\\*?\[\]{}]")
"""What an engine may take for more than a letter of a file's name."""
Open = Callable[[Sequence[str], pa.Schema], Any]


def opener(engine: str, session: Any = None, options: dict[str, str] | None = None) -> Open:
    """
    Return what makes an engine's lazy frame of Parquet files and the schema they should have.

    A column that a file lacks is null, or missing if all of them lack it. No file: no row.

    Parameters
    ----------
    engine : {"polars", "duckdb", "dask", "spark"}
        The engine.
    session : object, optional
        The DuckDB connection or Spark session to use; by default one of this process.
    options : dict, optional
        What is needed to reach files that are not local; Spark has its own settings for that.

    Raises
    ------
    InputError
        If there is no such engine.
    MissingExtra
        If it is not installed.
    """
    if engine not in _PACKAGES:
        raise InputError(f"there is no engine {engine!r}", advice=f"use {', '.join(ENGINES)}")
    package, line = _PACKAGES[engine]
    try:
        module = import_module(package)
    except ImportError:
        raise MissingExtra(f"{package} is not installed", advice=f"run: {line}") from None
    if engine == "polars":
        return lambda files, schema: _polars(module, files, schema, options)
    if engine == "duckdb":
        return lambda files, schema: _duckdb(session or _shared(), files, schema, options)
    if engine == "dask":
        return lambda files, schema: _dask(module, files, schema, options)
    return lambda files, schema: _spark(session or _session(module), files, schema)


def connect() -> Any:
    """Return a new DuckDB connection, in UTC."""
    connection = import_module("duckdb").connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = false")  # no order is promised, memory is
    connection.execute("SET parquet_metadata_cache = true")
    return connection


@cache
def _shared() -> Any:
    """Return this process's DuckDB connection: only what one connection opened can be joined."""
    return connect()


def _session(module: Any) -> Any:
    return module.SparkSession.getActiveSession() or module.SparkSession.builder.getOrCreate()


def _polars(
    module: Any, files: Sequence[str], schema: pa.Schema, options: dict[str, str] | None
) -> Any:
    empty = module.from_arrow(schema.empty_table())
    if not files:
        return empty.lazy()
    return module.scan_parquet(
        [unquote(file) if "://" in file else file for file in files],
        schema=empty.schema,
        missing_columns="insert",
        extra_columns="ignore",
        glob=False,
        storage_options=options,
    )


def _duckdb(
    connection: Any, files: Sequence[str], schema: pa.Schema, options: dict[str, str] | None
) -> Any:
    if not files:
        return connection.from_arrow(schema.empty_table())
    # By itself DuckDB would need an extension for what is remote, and secrets of its own; and it
    # takes a folder's name for a pattern.
    if "://" in files[0] or _PATTERN.search(files[0]):
        return connection.from_arrow(_dataset(files, schema, options))
    return connection.read_parquet(list(files), union_by_name=True)


def _dataset(
    files: Sequence[str], schema: pa.Schema, options: dict[str, str] | None
) -> ds.FileSystemDataset:
    """Open files, which lie in one folder, with Arrow, by the way that `deltalake` reaches them."""
    if "://" not in files[0]:
        return ds.dataset(list(files), schema=schema, format="parquet")
    folder = files[0].rpartition("/")[0]
    handler = import_module("deltalake.fs").DeltaStorageHandler(folder, options)
    names = [file.rpartition("/")[2] for file in files]
    return ds.dataset(names, schema=schema, format="parquet", filesystem=PyFileSystem(handler))


def _spark(session: Any, files: Sequence[str], schema: pa.Schema) -> Any:
    if not files:
        return session.createDataFrame(schema.empty_table())
    plain = [_PATTERN.sub(r"\\\g<0>", file) for file in files]
    return session.read.option("mergeSchema", value=True).parquet(*plain)


def _dask(
    module: Any, files: Sequence[str], schema: pa.Schema, options: dict[str, str] | None
) -> Any:
    if not files:
        return module.from_pandas(to_pandas(schema.empty_table()), npartitions=1)
    meta = to_pandas(schema.empty_table())
    return module.from_map(read_part, list(files), schema=schema, options=options, meta=meta)


def read_part(
    file: str,
    schema: pa.Schema,
    options: dict[str, str] | None,
    columns: list[str] | None = None,
) -> pd.DataFrame:
    """Read one file into pandas; Dask says which columns it needs."""
    return to_pandas(_dataset([file], schema, options).to_table(columns=columns))


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table in pandas, where a gap does not change a column's dtype."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=_NULLABLE.get)
    return frame
