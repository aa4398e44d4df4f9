"""A seller's history of their own, in one folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ..api.client import PostOrder
from ..fetch.windows import When
from . import adding, checking, importing, log, merging, rebuilding, syncing
from .duties import Duties
from .observations import Observation
from .reading import Reading
from .results import Result
from .store import Store

if TYPE_CHECKING:
    import pandas as pd


class Archive(Reading, Duties):
    r"""
    A history of after-sale records that outlives eBay's window.

    Nothing is read or written before the first call that needs it.

    Parameters
    ----------
    path : str or Path
        A local folder, or an address that the library `deltalake` reaches, such as
        ``s3://bucket/archive``; made by the first `sync`.
    storage_options : dict, optional
        What `deltalake` needs to reach it; see its documentation. It travels to the workers of an
        executor and of Dask as it is: leave secrets to their environment. Two syncs at once are
        parted there by commits that only one of them can make ("conditional put", which S3 and its
        like have); where a server has none, let only one sync run. Only a local folder has locks
        besides.

    Raises
    ------
    InputError
        If the path is that of a file, or holds one of ``% [ ] | ^ \`` or a control character;
        in an address that is no folder's, a ``?``.
    MissingExtra
        If `deltalake` is not installed.
    """

    def __init__(self, path: str | Path, *, storage_options: dict[str, str] | None = None) -> None:
        self.store = Store(path, storage_options)

    def sync(
        self,
        po: PostOrder | Mapping[str, PostOrder],
        since: When | None = None,
        *,
        details: syncing.Details = "changed",
        budget: int | None = None,
        overlap: When = "30d",
        seller: str | None = None,
        executor: Executor | None = None,
    ) -> Result | dict[str, Result]:
        """
        Bring the archive up to date with eBay; stop it whenever you like, it goes on from there.

        The first syncs fill in the past, newest first. Each one reads the summaries of all
        records created since the last one and `overlap` before it, and looks at every record
        that is still open, however old. So a change of a closed record is seen if it comes
        within `overlap` of the record's creation. Details are read of records whose summary
        changed, and once in twelve hours at most of open ones, since not every step shows in a
        summary; the most valuable first: open, changed, escalated, due soon, much money.

        Parameters
        ----------
        po : PostOrder or mapping of str to PostOrder
            The client; or several, by the name the archive gives the seller.
        since : str, date or datetime, optional
            How far back; by default, and at most, as far as eBay's searches reach (18 months).
        details : {"changed", "none"}
            Whether to read details, and so fill the child tables.
        budget : int, optional
            The most calls of this sync and seller. What is left over is owed to the next one.
        overlap : str, date or datetime
            How far back records are read again that are closed.
        seller : str, optional
            What the archive calls this client's seller: by default the name of the last sync
            with this account, or the login that the answers tell. It stands in the column
            ``seller`` of every table, whatever becomes of the login.
        executor : concurrent.futures.Executor, optional
            Runs the calls, such as ``dask.distributed.Client().get_executor(pure=False)``. The
            clients travel without their secrets: each worker looks up its own in environment,
            keyring or config file.

        Returns
        -------
        Result or dict of str to Result
            What was new, changed and gone, and what is still owed; of several clients by seller.

        Raises
        ------
        InputError
            If an argument is wrong; nothing was sent.
        ArchiveError
            If the archive cannot be written, or another sync of this seller is running.
        AnswerError, NoAnswer, UnreadableAnswer, IncompleteFetch
            If a call fails for good; what came before is kept, and the `Result` is in
            ``.partial``. A used-up quota is no error: the result says so in ``stopped``.
        """
        sync = partial(
            syncing.sync,
            self.store,
            since=since,
            details=details,
            budget=budget,
            overlap=overlap,
            executor=executor,
        )
        if isinstance(po, PostOrder):
            return sync(po, seller=seller)
        with ThreadPoolExecutor(min(8, len(po) or 1)) as pool:
            runs = {name: pool.submit(sync, one, seller=name) for name, one in po.items()}
            return {name: run.result() for name, run in runs.items()}

    def add(self, observed: Iterable[Observation], *, act: str = "import") -> tuple[int, int]:
        """
        Keep answers that were got elsewhere, of any age; the history of their records is retold.

        Returns
        -------
        tuple of int
            How many were new, and how many said the same as the answer before them.
        """
        log.check_version(self.store)
        rebuilding.finish(self.store)
        now = datetime.now(UTC)
        sync = f"{act}-{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        new, same = adding.add(self.store, observed, sync)
        merging.merge(self.store)
        log.note(self.store, act, now, {"new": new, "same": same}, sync=sync)
        return new, same

    def import_cassette(self, path: str | Path, *, seller: str) -> tuple[int, int]:
        """
        Keep the answers of a cassette, as seen at the moment of its recording.

        Parameters
        ----------
        path : str or Path
            The cassette's file.
        seller : str
            What the archive calls the seller.

        Returns
        -------
        tuple of int
            How many answers were new, and how many said the same as the answer before them.

        Raises
        ------
        CassetteError
            If it cannot be read, or is no cassette.
        """
        return self.add(importing.from_cassette(path, seller))

    def import_folder(
        self,
        folder: str | Path,
        *,
        seller: str,
        table: str | None = None,
        seen_at: datetime | None = None,
    ) -> tuple[int, int]:
        """
        Keep the answers of a folder of JSON files, of any year: API version 2, or 1 of 2014.

        Parameters
        ----------
        folder : str or Path
            The folder; folders in it count, too. A file ``*.json`` holds one answer or a list.
        seller : str
            What the archive calls the seller.
        table : str, optional
            Which record the answers are of. By default what their keys tell, such as
            ``returnId``, else a word in the name of file or folder, such as ``returns/5001.json``.
        seen_at : datetime, optional
            When they were got; by default when each file was last changed.

        Returns
        -------
        tuple of int
            How many answers were new, and how many said the same as the answer before them.

        Raises
        ------
        InputError
            If a file is no JSON, or it cannot be told which record it is of; nothing is kept.
        """
        return self.add(importing.from_folder(folder, seller, table=table, seen_at=seen_at))

    def rebuild(self, executor: Executor | None = None) -> int:
        """
        Make all tables anew from the answers that are kept, as after an update of this package.

        Readers see the old tables until the new ones are whole. A rebuild that was stopped goes
        on where it was.

        Parameters
        ----------
        executor : concurrent.futures.Executor, optional
            Does the work, piece by piece: processes make it faster, threads hardly do.

        Returns
        -------
        int
            How many row versions there are.
        """
        return rebuilding.rebuild(self.store, executor)

    def check(self, po: PostOrder | None = None, *, whole: bool = False) -> pd.DataFrame:
        """
        Look for what is wrong; an archive that is whole has no findings.

        Every file is read, every answer compared with the hash it came with, and rows are looked
        for that are there twice. Rows of records are made anew from their answers and compared:
        up to 10,000 records of each table, or all.

        Parameters
        ----------
        po : PostOrder, optional
            A client whose seller was synced: then eBay is asked, with some thirty calls, for the
            number of records in the spans that were read. The archive may have more: it keeps
            what eBay shows no longer, such as inquiries that became cases.
        whole : bool
            Whether to make the rows of all records anew.

        Returns
        -------
        pandas.DataFrame
            One row a finding: ``what`` (damaged, altered, double, missing, extra, differs,
            outdated, fewer), ``table``, ``told`` (in words), ``seller`` and ``record_id``, if
            it is about one. `rebuild` heals all but damaged or altered observations, and
            what eBay has more, which a `sync` with a longer overlap brings.

        Raises
        ------
        InputError
            If the client's seller was never synced.
        ArchiveError
            If the archive is of a later form.
        """
        return checking.check(self.store, po, whole=whole)

    def __repr__(self) -> str:
        return f"<Archive {self.store.path}>"
