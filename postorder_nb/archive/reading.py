"""What one asks an archive for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .. import tables
from ..errors import InputError
from ..fetch import Snapshot
from ..fetch.windows import When
from . import changes as differences
from . import engines, frames, schema
from . import snapshots as spans
from . import sql as queries
from .store import Store


class Reading:
    """An archive as its readers see it; they never wait for one who writes."""

    store: Store

    def frame(
        self,
        name: str,
        engine: str = "pandas",
        *,
        columns: Sequence[str] | None = None,
        filters: Sequence[frames.Filter] = (),
        as_of: When | None = None,
        session: Any = None,
    ) -> Any:
        """
        Return a table, now or as it stood at a past moment, on the engine of your choice.

        Parameters
        ----------
        name : str
            A record (cancellations, inquiries, returns, cases) or a child table (history ...).
        engine : {"pandas", "polars", "duckdb", "dask", "spark"}
            What holds the table: a pandas DataFrame, or the lazy frame of another engine, which
            reads no more of the archive's files than what is then asked of it.
        columns : sequence of str, optional
            The columns to read; all by default.
        filters : sequence of (column, comparison, value)
            What must hold of a row, all of it, such as ``("created_at", ">=", "2026-01-01")``;
            comparisons are ==, !=, <, <=, >, >=, in, not in.
        as_of : str, date or datetime, optional
            The moment: what had been seen by then. Now by default.
        session : object, optional
            The DuckDB connection or Spark session to use. By default all DuckDB frames come from
            one connection of this process, so that they can be joined.

        Returns
        -------
        pandas.DataFrame, polars.LazyFrame, duckdb.DuckDBPyRelation, dask or Spark DataFrame
            The table's columns as `postorder_nb.tables.describe` tells them, ``seller`` first
            (the account's name in this archive) and ``seen_from`` last: since when the row stands
            as it does. In no order.

        Raises
        ------
        InputError
            If there is no such table, column, engine or comparison.
        MissingExtra
            If the engine is not installed.
        ArchiveError
            If the archive cannot be read.
        """
        return frames.frame(
            self.store,
            name,
            engine=engine,
            columns=columns,
            filters=filters,
            as_of=as_of,
            session=session,
        )

    def changes(self, name: str, since: When, until: When | None = None) -> pd.DataFrame:
        """
        List what changed in a table, from what to what.

        Parameters
        ----------
        name : str
            A record or a child table.
        since, until : str, date or datetime
            The span in which the changes were seen; up to now by default.

        Returns
        -------
        pandas.DataFrame
            ``at`` (when it was seen), the row's key (``seller`` and the record's id; of a child
            table ``seller``, ``record``, ``record_id``, ``seq``), ``what`` (new, changed or
            gone) and, where it changed, ``column`` and the values ``before`` and ``after`` as
            text. A row that changed twice is there twice. Sorted by time and key.

        Raises
        ------
        InputError
            If there is no such table, or a moment cannot be read.
        """
        return differences.changes(self.store, name, since, until)

    def snapshot(
        self,
        since: When | None = None,
        until: When | None = None,
        *,
        as_of: When | None = None,
        sellers: Collection[str] | str | None = None,
    ) -> Snapshot:
        """
        Return records and child rows in pandas, for metrics, plots, `check` and the report.

        Parameters
        ----------
        since, until : str, date or datetime, optional
            The span of creation; all by default.
        as_of : str, date or datetime, optional
            The moment: what had been seen by then. Now by default.
        sellers : str or collection of str, optional
            Whose records; all sellers' by default.

        Returns
        -------
        Snapshot
            As `postorder_nb.fetch.snapshot` would have made it, with the archive as its source.
        """
        return spans.snapshot(self.store, since, until, as_of=as_of, sellers=sellers)

    def sql(
        self,
        query: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        as_of: When | None = None,
    ) -> pd.DataFrame:
        """
        Answer a question in DuckDB's SQL.

        Parameters
        ----------
        query : str
            The query; each record and child table is a view of its name.
        parameters : sequence or mapping, optional
            Values for ``?`` or ``$name`` in it.
        as_of : str, date or datetime, optional
            The moment that all tables are of. Now by default.

        Returns
        -------
        pandas.DataFrame
            The answer; times in UTC.

        Raises
        ------
        InputError
            If DuckDB refuses the query.
        MissingExtra
            If DuckDB is not installed.
        """
        return queries.sql(self.store, query, parameters, as_of=as_of)

    def export(
        self,
        folder: str | Path,
        form: str = "csv",
        *,
        names: str | Sequence[str] = schema.ROWS,
        as_of: When | None = None,
    ) -> list[Path]:
        """
        Write tables to files, one each, streamed: an archive may be larger than memory.

        Parameters
        ----------
        folder : str or Path
            Where to; made if need be.
        form : {"csv", "xlsx", "parquet"}
            The files' form; see `postorder_nb.tables.export`.
        names : str or sequence of str
            The tables; all by default.
        as_of : str, date or datetime, optional
            The moment. Now by default.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        InputError
            If there is a file in the folder's place, no such table, or no such form.
        """
        target = Path(folder)
        if target.is_file():
            raise InputError(f"{target} is a file", advice="name a folder for the files")
        wanted = [names] if isinstance(names, str) else names
        for name in wanted:
            frames.check(name)
        target.mkdir(parents=True, exist_ok=True)
        opened = engines.opener("duckdb", engines.connect(), self.store.options)
        return [
            tables.export(
                frames.lazy(self.store, name, opened, as_of=as_of).to_native(),
                target / f"{name}.{form}",
            )
            for name in wanted
        ]
