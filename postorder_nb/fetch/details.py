"""One call per record: histories, refund lines, money movements, files and shipments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, as_completed
from typing import Any, Protocol

import pandas as pd

from .. import tables
from ..api.client import PostOrder
from ..api.operation import Answer
from ..errors import InputError
from .joining import fill
from .progress import Progress
from .workers import keeping, threads

Frames = dict[str, pd.DataFrame]

_DOC = """
Read {name} one by one and return their tables.

Parameters
----------
po : PostOrder
    The client.
ids : DataFrame or iterable of str
    The ids, or a table of {name} (from ``fetch.{name}``): its columns then fill what the details
    leave out{note}.
progress : bool, optional
    True or False to show a bar or not; by default one shows when it takes over a second.
executor : concurrent.futures.Executor, optional
    Runs the calls; by default a pool of ``workers`` threads.

Returns
-------
dict of str to pandas.DataFrame
    ``{name}`` (one row a record, in the order of `ids`; every column that
    ``tables.describe("{name}")`` lists) and the child tables, all that are in
    ``tables.CHILD_NAMES``: ``history``, ``refund_lines``, ``money_movements`` and so on.

Raises
------
InputError
    If an id is no text; before any network.
AnswerError, NoAnswer, UnreadableAnswer
    If a record fails for good; the tables of those read before are in ``.partial`` (also of a
    KeyboardInterrupt).
"""


class Details(Protocol):
    """The signature that the four functions share."""

    def __call__(
        self,
        po: PostOrder,
        ids: pd.DataFrame | Iterable[str],
        *,
        progress: bool | None = None,
        executor: Executor | None = None,
    ) -> Frames:
        """Read records one by one."""
        ...


def _reader(name: str, function: str, note: str = "", **asked_with_a_table: str) -> Details:
    def details(
        po: PostOrder,
        ids: pd.DataFrame | Iterable[str],
        *,
        progress: bool | None = None,
        executor: Executor | None = None,
    ) -> Frames:
        known = ids if isinstance(ids, pd.DataFrame) else None
        wanted = _ids(name, ids)
        options = {} if known is None else asked_with_a_table
        answers: dict[str, Answer] = {}

        def frames() -> Frames:
            read = [i for i in wanted if i in answers]
            found = tables.from_details(name, [answers[i] for i in read], ids=read)
            if known is not None:
                filled = _filled(found[name], known, tables.KEYS[name])
                found[name] = tables.complete(name, filled)
            found[name].attrs |= {
                "source": po.environment,
                "fetched_at": po.now().isoformat(timespec="seconds"),
            }
            return found

        with (
            keeping(frames),
            Progress(f"{name}, details", "records", progress) as bar,
            threads(po, executor) as pool,
        ):
            running = {pool.submit(ask, po, name, i, options): i for i in wanted}
            try:
                for future in as_completed(running):
                    answers[running[future]] = future.result()
                    bar.at(len(answers), len(wanted))
            finally:
                for future, i in running.items():
                    if not future.cancel() and future.done() and future.exception() is None:
                        answers[i] = future.result()  # came, though another failed first
        return frames()

    details.__name__ = details.__qualname__ = function
    details.__doc__ = _DOC.format(name=name, note=note)
    return details


def ask(po: PostOrder, name: str, record_id: str, options: Mapping[str, str]) -> Answer:
    """Read one record; a function of the module, so that other processes find it."""
    answer: Answer = getattr(po, name).get(record_id, **options)
    return answer


def _ids(name: str, ids: Any) -> list[str]:
    key = tables.KEYS[name]
    if isinstance(ids, pd.DataFrame):
        if key not in ids:
            raise InputError(
                f"the table has no column {key}", advice=f"pass ids, or a table of {name}"
            )
        ids = ids[key].dropna()
    if isinstance(ids, str):
        raise InputError(f"{ids!r} is one id", advice=f'pass a list: ["{ids}"]')
    wanted = list(dict.fromkeys(ids))
    for i in wanted:
        if not isinstance(i, str):
            raise InputError(f"{i!r} is no text", advice=f'ids are text: write "{i}"')
    return wanted


def _filled(found: pd.DataFrame, known: pd.DataFrame, key: str) -> pd.DataFrame:
    """Fill what the details leave out from the table the ids came from."""
    attrs = found.attrs
    rows = known.drop_duplicates(key).set_index(key).reindex(found[key]).reset_index()
    columns = {}
    for name, column in found.items():
        columns[name] = column
        if name in rows and name != key and column.isna().any():
            columns[name] = fill(column, rows[name])
    filled = pd.DataFrame(columns)
    filled.attrs = attrs
    return filled


cancellation_details = _reader("cancellations", "cancellation_details")
inquiry_details = _reader("inquiries", "inquiry_details")
return_details = _reader(
    "returns",
    "return_details",
    note=". With a table a return takes one call, else two: eBay gives its detail and its "
    "summary apart",
    fieldgroups="FULL",
)
case_details = _reader("cases", "case_details")
