"""
The Delta tables of an archive: opened, read, appended to.

Each append is one commit, there or not there, and carries a number in the table's own log: two
writers that hold the same number cannot both succeed, and after a kill the number tells how far
a table has come. Readers see the commits that were there when they began, and never wait.
"""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import get_ident
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from pyarrow.fs import FileSystem, FileType, LocalFileSystem, PyFileSystem, SubTreeFileSystem

from ..api.locks import FileLock
from ..errors import ArchiveError, InputError, MissingExtra
from . import schema

#: Whose numbers they are in a table's log.
WRITER = "postorder_nb"
_ATTEMPTS = 20
# A table of so many small files is tidied up; what that leaves stays for readers that began.
_MANY = 24
_SMALL = 16 * 2**20
_KEPT = 24
#: Rows that a writer holds in memory, and a reader reads or leaves out, at a time.
_GROUP = 100_000
_UNWRITABLE = "%[]|^\\"  # the library stops for good at these, or writes elsewhere
_FULL = ("No space left", "os error 28", "StorageFull", "Disk quota exceeded", "os error 122")
_REFUSED = ("Read-only file system", "Permission denied", "os error 13", "os error 30")


class Conflict(Exception):
    """Another writer was first."""


class Store:
    r"""
    The tables of one archive.

    Parameters
    ----------
    path : str or Path
        A local folder, or an address that `deltalake` reaches, such as ``s3://bucket/archive``.
    options : dict, optional
        What `deltalake` needs to reach it.

    Raises
    ------
    InputError
        If the path is that of a file, or holds one of ``% [ ] | ^ \`` or a control character;
        in an address that is no folder's, a ``?``.
    MissingExtra
        If the library is not installed.
    """

    def __init__(self, path: str | Path, options: dict[str, str] | None = None) -> None:
        self.path, self.local = _place(path)
        self.options = options
        self.delta = _library()
        # By thread: to write moves a table's state, from which another one's writing may follow.
        self._held: dict[tuple[int, str], Any] = {}
        self._reached: dict[str, tuple[int, int]] = {}

    def address(self, name: str) -> str:
        """Return where a table lies."""
        return f"{self.path}/{name}"

    def table(self, name: str) -> Any:
        """Return the newest state of a table as a `deltalake.DeltaTable`; None if there is none."""
        with self.telling(name):
            return self._opened(name)

    def _opened(self, name: str) -> Any:
        key = get_ident(), name
        held = self._held.get(key)
        if held is not None and self._is_newest(name, held.version()):
            return held
        if self.local is not None and not (self.local / name / "_delta_log").is_dir():
            return None
        try:
            held = self.delta.DeltaTable(self.address(name), storage_options=self.options)
        except self.delta.exceptions.TableNotFoundError as error:
            if "Unknown scheme" in str(error):
                raise InputError(
                    f"no archive can lie at {self.path}",
                    advice="name a folder, or an address such as s3://bucket/archive",
                ) from error
            return None
        self._held[key] = held
        return held

    def _is_newest(self, name: str, version: int) -> bool:
        """Tell whether a table has no later state: one look says it, however many it had."""
        log = f"{name}/_delta_log"
        following = f"{log}/{version + 1:020d}.json"
        if self.local is None:
            [found] = self._files.get_file_info([following])
            return found.type is FileType.NotFound
        return (self.local / log).is_dir() and not (self.local / following).exists()

    def files(self, table: Any, where: str | None = None) -> list[str]:
        """List the addresses of a table's files that may hold rows of the SQL condition `where`."""
        if table is None:
            return []
        found = table.file_uris(file_pruning_predicate=where)
        return found if self.local is None else [unquote(address) for address in found]

    def dataset(self, name: str, table: Any, **how: Any) -> Any:
        """
        Return a table's files as a `pyarrow.dataset.Dataset`; `how` to open them.

        Of a folder Arrow reads them itself. By the library's way its threads need Python's lock,
        which takes longer, and a process that ends before they do is aborted.
        """
        files = None
        if self.local is not None:
            files = SubTreeFileSystem(self.address(name), LocalFileSystem())
        return table.to_pyarrow_dataset(filesystem=files, **how)

    @cached_property
    def _files(self) -> FileSystem:
        """What is not a local folder, as the library reaches it."""
        handler = import_module("deltalake.fs").DeltaStorageHandler(self.path, self.options)
        return PyFileSystem(handler)

    def read(self, name: str, columns: list[str] | None = None, where: Any = None) -> pa.Table:
        """
        Return the rows of a table that `where` (a `pyarrow.dataset` expression) holds for.

        Columns that a later release added are null in rows of an earlier one.
        """
        wanted = schema.arrow(name)
        if columns is not None:
            wanted = pa.schema([wanted.field(column) for column in columns])
        table = self.table(name)
        if table is None:
            return wanted.empty_table()
        with self.telling(name):
            data = self.dataset(name, table, schema=_over(table, schema.arrow(name)))
            return data.to_table(columns=wanted.names, filter=where).cast(wanted)

    def batches(
        self, name: str, columns: list[str] | None = None, where: Any = None
    ) -> Iterator[pa.RecordBatch]:
        """Return the rows that `read` returns, few at a time."""
        wanted = schema.arrow(name)
        table = self.table(name)
        if table is None:
            return iter(())
        with self.telling(name):  # now: the library cannot be asked while it writes
            data = self.dataset(name, table, schema=_over(table, wanted))
            scan = data.scanner(columns=columns or wanted.names, filter=where, batch_size=10_000)
            batches: Iterator[pa.RecordBatch] = scan.to_batches()
        return batches

    def reached(self, name: str) -> int:
        """Return the number of the newest append of a table; 0 before the first."""
        table = self.table(name)
        if table is None:
            return 0
        version, number = self._reached.get(name, (-1, 0))
        if version != table.version():  # the library looks through the whole log for it
            version, number = table.version(), table.transaction_version(WRITER) or 0
            self._reached[name] = (version, number)
        return number

    def append(
        self, name: str, rows: pa.Table, number: int | None = None, *, after: int | None = None
    ) -> None:
        """
        Append rows in one commit.

        Parameters
        ----------
        name : str
            The table; made if it is missing.
        rows : pyarrow.Table
            The rows.
        number : int, optional
            The append's number, to be larger than `reached`.
        after : int, optional
            What `reached` must be, since the rows follow from that state of the table.

        Raises
        ------
        Conflict
            If another writer came in between; nothing is appended.
        ArchiveError
            If the place cannot be written to.
        """
        table = self.table(name) or self._made(name, rows.schema)
        if number is not None:
            reached = self.reached(name)
            if reached >= number or after not in (None, reached):
                raise Conflict
        self._write(name, table, rows, "append", number)

    def replace(self, name: str, rows: pa.Table, where: str) -> None:
        """Put rows in the place of those for which the SQL condition `where` holds, at once."""
        table = self.table(name)
        if table is not None:
            # Also of no rows: what the library's own `delete` leaves, Arrow cannot filter.
            self._write(name, table, rows, "overwrite", None, predicate=where)
        elif rows.num_rows:
            self._write(name, self._made(name, rows.schema), rows, "append", None)

    def overwrite(self, name: str, rows: Any, number: int | None = None) -> None:
        """Put rows (a table, or a reader of batches) in the place of all that are there."""
        table = self.table(name) or self._made(name, rows.schema)
        self._write(name, table, rows, "overwrite", number, schema_mode="overwrite")

    def _made(self, name: str, columns: pa.Schema) -> Any:
        """
        Return a table that was made without rows.

        Several writers may make it at once and all succeed, as the library has it. It says the
        same each time; rows come in commits of which only one can follow a state.
        """
        delta = self.delta
        with self.telling(name):
            try:
                delta.DeltaTable.create(
                    self.address(name), columns, mode="ignore",
                    configuration=_settings(name), storage_options=self.options,
                )  # fmt: skip
            except delta.exceptions.CommitFailedError as error:
                if _is_of_the_place(error):
                    raise
            return self._opened(name)

    def _write(
        self, name: str, table: Any, rows: Any, mode: str, number: int | None, **how: Any
    ) -> None:
        delta = self.delta
        told = [] if number is None else [delta.Transaction(WRITER, number)]
        if mode == "append" and _lacks(table, rows.schema):
            how["schema_mode"] = "merge"
        with self.telling(name):
            try:
                delta.write_deltalake(
                    table, rows, mode=mode, **how,
                    commit_properties=delta.CommitProperties(app_transactions=told),
                    writer_properties=_written(delta, name, rows.schema),
                )  # fmt: skip
            except delta.exceptions.CommitFailedError as error:
                if _is_of_the_place(error):
                    raise
                raise Conflict from error

    def again(self, step: Callable[[], Any]) -> Any:
        """Do a step until no other writer comes in between."""
        for attempt in range(_ATTEMPTS):
            try:
                return step()
            except Conflict:
                time.sleep(min(0.5, 0.01 * 2**attempt))
        raise ArchiveError(
            f"{self.path}: other writers were first {_ATTEMPTS} times in a row",
            advice="let one sync end before the next begins",
        )

    def lock(self, name: str = "merge", *, wait: bool = True) -> AbstractContextManager[bool]:
        """
        Hold a lock of this archive for a block; yields whether it was free.

        Of a local folder only: elsewhere the numbers of the appends alone part the writers.
        """
        if self.local is None:
            return nullcontext(True)
        return _held(self, FileLock(self.local / "locks" / name), wait)

    def vacuum(self, name: str, *, hours: int = 0) -> int:
        """Take away the files of a table that no state of the last `hours` holds; say how many."""
        table = self.table(name)
        if table is None:
            return 0
        with self.telling(name):
            gone = table.vacuum(
                hours, dry_run=False, enforce_retention_duration=False, full=hours == 0
            )
        return len(gone)

    def tidy(self, name: str) -> None:
        """Put the small files that many appends left into few."""
        table = self.table(name)
        if table is None or len(self.files(table)) < _MANY:
            return
        sizes = pa.table(table.get_add_actions(flatten=True))["size_bytes"].to_pylist()
        if sum(size < _SMALL for size in sizes) < _MANY:
            return
        with self.telling(name):
            try:
                how = _written(self.delta, name, schema.arrow(name))
                table.optimize.compact(writer_properties=how)
                table.create_checkpoint()
            except self.delta.exceptions.CommitFailedError:
                return  # somebody else writes there: another time
        self.vacuum(name, hours=_KEPT)

    def remove(self, name: str) -> None:
        """Take a table, or a folder of tables, away with all its files."""
        self._held = {}
        with self.telling(name):
            if self.local is None:
                self._files.delete_dir(name)
            elif (self.local / name).exists():
                shutil.rmtree(self.local / name)

    def damaged(self, name: str) -> list[str]:
        """Return the files of a table that are missing or cannot be read; all are read."""
        broken = (OSError, pa.ArrowException, self.delta.exceptions.DeltaError)
        try:
            table = self._opened(name)
            files = [] if table is None else self.dataset(name, table).get_fragments()
        except broken:
            return [f"{name}/_delta_log"]
        return [f"{name}/{file.path}" for file in files if not _is_readable(file, broken)]

    @contextmanager
    def telling(self, name: str) -> Iterator[None]:
        """Say of an error of the library what failed, and what to do."""
        errors = self.delta.exceptions
        try:
            yield
        except errors.CommitFailedError as error:
            raise self._told(name, error) from error
        except (errors.DeltaError, OSError, pa.ArrowException) as error:
            raise self._told(name, error) from error

    def _told(self, name: str, error: Exception) -> ArchiveError:
        text = str(error)
        number = getattr(error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT) or any(words in text for words in _FULL):
            advice = (
                "make room; nothing that was kept is lost, and the next sync goes on from there"
            )
            return ArchiveError(f"{self.path} is full: {name} cannot be written", advice=advice)
        if number in (errno.EACCES, errno.EROFS, errno.EPERM) or any(w in text for w in _REFUSED):
            advice = "give this user the right to write there, or name another folder"
            return ArchiveError(f"{self.path} cannot be written to ({name})", advice=advice)
        files = ", ".join(self.damaged(name))
        why = f"missing or damaged: {files}" if files else text.partition("\n")[0] or repr(error)
        return ArchiveError(
            f"{self.address(name)} cannot be used: {why}",
            advice="archive.check() tells what else is damaged; archive.rebuild() makes all tables "
            "but the observations anew",
        )


def _place(path: str | Path) -> tuple[str, Path | None]:
    """Return where an archive is, and its folder if it is a local one."""
    text = str(path)
    local = None if "://" in text else Path(path).expanduser().absolute()
    if local is None:
        where, odd = text.rstrip("/"), _UNWRITABLE + "?"
    else:
        where, odd = str(local), _UNWRITABLE
    if any(letter in odd or letter < " " for letter in (local.as_posix() if local else where)):
        raise InputError(
            f"an archive cannot lie in {where!r}",
            advice=f"name a place without {' '.join(odd)}: the library that keeps it takes them "
            "for something else",
        )
    if not text or (local and local.is_file()):
        raise InputError(f"{text!r} is no folder", advice="name one; it need not be there yet")
    return where, local


def _library() -> Any:
    try:
        return import_module("deltalake")
    except ImportError:
        raise MissingExtra(
            "deltalake is not installed", advice='run: pip install "postorder_nb[archive]"'
        ) from None


@contextmanager
def _held(store: Store, lock: FileLock, wait: bool) -> Iterator[bool]:
    with store.telling(lock.path.name):
        free = lock.acquire(wait=wait)
    try:
        yield free
    finally:
        lock.release()


def _is_readable(file: Any, broken: tuple[type[Exception], ...]) -> bool:
    try:
        for _ in file.to_batches():
            pass
    except broken:
        return False
    return True


def _is_of_the_place(error: Exception) -> bool:
    return any(words in str(error) for words in (*_FULL, *_REFUSED))


def _written(delta: Any, name: str, columns: pa.Schema) -> Any:
    """
    Say how files are written, so that what metrics read is read in half the time.

    A checkpoint is compressed by what is quickest to undo, everything else by what leaves least.
    Moments hardly repeat: a dictionary of them only costs. Pages are as large as their group.
    """
    step = delta.ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
    moments = [column.name for column in columns if pa.types.is_timestamp(column.type)]
    quick = name in schema.VERSIONED
    return delta.WriterProperties(
        compression="LZ4_RAW" if quick else "ZSTD",
        compression_level=None if quick else 3,
        max_row_group_size=_GROUP,
        data_page_row_count_limit=_GROUP,
        column_properties=dict.fromkeys(moments, step) or None,
    )


def _settings(name: str) -> dict[str, str | None]:
    """Name the columns whose bounds Delta notes for each file: those that readers look for."""
    noted = (
        ["seller", "table", "record_id", "seen_at", "batch"]
        if name == "observations"
        else list(dict.fromkeys([*schema.owner(name), "seen_from", "batch"]))
        if name.removesuffix("_versions") in schema.VERSIONED
        else []
    )
    return {"delta.dataSkippingStatsColumns": ",".join(noted)} if noted else {}


def _columns(table: Any) -> list[str]:
    return [field.name for field in table.schema().fields]


def _lacks(table: Any, rows: pa.Schema) -> bool:
    return not set(rows.names) <= set(_columns(table))


def _over(table: Any, wanted: pa.Schema) -> pa.Schema:
    """Return the schema to read files with: today's columns, and what earlier releases had."""
    here = pa.schema(table.schema().to_arrow())
    return pa.schema([*wanted, *(field for field in here if field.name not in wanted.names)])
