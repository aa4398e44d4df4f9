"""
Answers in, DataFrames out: the same columns with the same dtypes, whatever the answers hold.

Ids are text (``string``), times tz-aware UTC (``datetime64[us, UTC]``), amounts ``float64`` beside
a currency ``category``, closed sets ``category`` with the values eBay adds kept, quantities
``Int64``, flags ``boolean``. A value that cannot be read becomes missing; that, and every field
and value the tables do not know, is counted in ``frame.attrs["drift"]`` and told once in the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import groupby, repeat
from typing import Any

import pandas as pd

from ..errors import InputError
from .answers import decode, is_page
from .builders import Builder, DetailsBuilder
from .columns import Column
from .describing import describe
from .differences import with_differences
from .export import export
from .findings import Findings
from .linking import link
from .records import CHILD_TABLES, RECORDS, record_of
from .stored import POOL, Batch, enums, from_arrow, from_batches

NAMES = tuple(RECORDS)
KEYS = {name: record.key for name, record in RECORDS.items()}
CHILD_NAMES = tuple(CHILD_TABLES)


def from_search(name: str, pages: Iterable[Any]) -> pd.DataFrame:
    """
    Turn search pages into the record's table.

    Parameters
    ----------
    name : str
        cancellations, inquiries, returns or cases.
    pages : iterable
        Search answers, raw bytes or decoded; flattened one by one.

    Returns
    -------
    pandas.DataFrame
        One row per member, with the columns that a search tells; every column with its dtype
        even when there are no rows. ``describe(name)`` says what they mean.

    Raises
    ------
    InputError
        If there is no table of that name.
    UnreadableAnswer
        If raw bytes are not JSON.

    Examples
    --------
    >>> page = {"members": [{"returnId": "5001", "state": "CLOSED",
    ...     "sellerTotalRefund": {"actualRefundAmount": {"value": 12.5, "currency": "USD"}}}]}
    >>> from_search("returns", [page])[["return_id", "state", "refund_amount", "refund_currency"]]
      return_id   state  refund_amount refund_currency
    0      5001  CLOSED           12.5             USD
    """
    builder = Builder(name)
    for is_raw, some in groupby(_several(pages), lambda page: isinstance(page, bytes)):
        if is_raw:
            builder.add_raw(some)
        else:
            for page in some:
                builder.add(page)
    return builder.frame()


def from_details(
    name: str, answers: Iterable[Any], ids: Iterable[str | None] | None = None
) -> dict[str, pd.DataFrame]:
    """
    Turn detail answers into the record's table and its child tables.

    Parameters
    ----------
    name : str
        cancellations, inquiries, returns or cases.
    answers : iterable
        Answers of the get call, raw bytes or decoded.
    ids : iterable of str, optional
        The id of each answer's record, in the same order. A return asked for with field group
        FULL may come without its id; elsewhere the answer's own id counts.

    Returns
    -------
    dict of str to pandas.DataFrame
        `name` (one row per answer, all columns of ``describe(name)``) and the child tables
        ``history``, ``refund_lines``, ``money_movements``, ``files``, ``shipments``,
        ``fundings``, ``lines``, ``label_costs`` and ``conversions`` (rows in the order of the
        answers, keyed by ``record``, ``record_id`` and ``seq``).

    Raises
    ------
    InputError
        If there is no table of that name, or `ids` is not as long as `answers`.
    UnreadableAnswer
        If raw bytes are not JSON.

    Examples
    --------
    >>> frames = from_details("returns", [{"detail": {"marketplaceId": "EBAY_GB"}}], ids=["5001"])
    >>> frames["returns"][["return_id", "marketplace"]]
      return_id marketplace
    0      5001     EBAY_GB
    """
    builder = DetailsBuilder(name)
    try:
        for answer, record_id in zip(
            _several(answers), repeat(None) if ids is None else ids, strict=ids is not None
        ):
            builder.add(answer, record_id)
    except ValueError as error:
        if "zip()" not in str(error):
            raise
        raise InputError(
            "ids and answers differ in length", advice="give one id per answer, in the same order"
        ) from None
    return builder.frames()


def empty(name: str) -> pd.DataFrame:
    """
    Return a table without rows: a record's with all its columns, or a child table.

    Raises
    ------
    InputError
        If there is no table of that name.
    """
    return _blank(NAMES[0] if name in CHILD_TABLES else name)[name].copy()


@cache
def _blank(name: str) -> dict[str, pd.DataFrame]:
    """Return all tables of a record without rows; to make them takes a while."""
    return DetailsBuilder(name).frames()


def complete(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """
    Reckon the columns that follow from others, such as the tax of a return's refund.

    For tables whose columns were filled after they were made; ``from_details`` has done it.

    Raises
    ------
    InputError
        If there is no table of that name.
    """
    return with_differences(record_of(name), frame)


def drift(name: str, answers: Iterable[Any]) -> pd.DataFrame:
    """
    List what answers hold that the tables do not know, and what could not be read.

    Parameters
    ----------
    name : str
        cancellations, inquiries, returns or cases.
    answers : iterable
        Search pages and detail answers, mixed at will, raw bytes or decoded.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (unknown field, unknown value, unreadable), ``path``, ``value`` (an unknown
        value, or an example; personal data is hidden; of a field only its JSON kind is told) and
        ``n``. Empty when the answers hold nothing strange.

    Raises
    ------
    InputError
        If there is no table of that name.
    UnreadableAnswer
        If raw bytes are not JSON.

    Examples
    --------
    >>> drift("cases", [{"members": [{"caseId": "5001", "caseStatusEnum": "PAUSED"}]}])
                kind                   path   value  n
    0  unknown value  caseStatusEnum|status  PAUSED  1
    """
    search, details = Builder(name), DetailsBuilder(name)
    for answer in _several(answers):
        decoded = decode(answer)
        (search if is_page(decoded) else details).add(decoded)
    met = Findings()
    met.merge(search.met())
    met.merge(details.met())
    return met.frame()


def _several(answers: Iterable[Any]) -> Iterable[Any]:
    """Refuse a single answer where an iterable of them is due."""
    if isinstance(answers, bytes | bytearray | memoryview | str | dict):
        raise InputError("one answer was given, not a list of them", advice="put it in a list")
    return answers


__all__ = [
    "CHILD_NAMES",
    "KEYS",
    "NAMES",
    "POOL",
    "Batch",
    "Builder",
    "Column",
    "DetailsBuilder",
    "complete",
    "describe",
    "drift",
    "empty",
    "enums",
    "export",
    "from_arrow",
    "from_batches",
    "from_details",
    "from_search",
    "link",
]
