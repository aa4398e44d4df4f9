"""What eBay answered, record by record, as it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
import pyarrow as pa

from .. import tables
from ..errors import InputError
from ..fetch.search import SEARCHES
from ..tables.answers import LISTS, decode
from . import schema

#: The release of the form that bodies are kept in; negative where somebody was taken out of one
#: of somebody else's, so that its hash is not that of the body; without its own person it is BARE.
FORM = 1
BARE = 0
_IDS = {search.name: (search.key, "id") for search in SEARCHES.values()}


@dataclass(frozen=True, slots=True)
class Observation:
    """
    What was answered about one record at one moment.

    Parameters
    ----------
    seller : str
        Whose record it is, as the archive calls the account.
    table : str
        cancellations, inquiries, returns or cases.
    call : str
        ``search``: a member of a page; ``get``: the answer about this record alone.
    record_id : str
        The record.
    seen_at : datetime
        When, tz-aware.
    body : dict, bytes or None
        The answer; None: eBay knows no such record.
    dialect : str
        ``v2``, or ``v1`` for the surface of 2014.
    """

    seller: str
    table: str
    call: str
    record_id: str
    seen_at: datetime
    body: Any
    dialect: str = "v2"

    def __post_init__(self) -> None:
        if self.table not in tables.NAMES or self.call not in ("search", "get"):
            raise InputError(
                f"no answer of {self.table!r}, {self.call!r} is kept",
                advice=f"table: {', '.join(tables.NAMES)}; call: search or get",
            )
        if self.seen_at.tzinfo is None:
            raise InputError("seen_at has no time zone", advice="add one, such as timezone.utc")


def from_page(
    seller: str, table: str, page: Mapping[str, Any], seen_at: datetime, dialect: str = "v2"
) -> Iterator[Observation]:
    """Cut a search page into its members; what has no id is left out."""
    for key in LISTS:
        found = page.get(key)
        for member in found if isinstance(found, list) else ():
            if (record_id := identity(table, member)) is not None:
                yield Observation(seller, table, "search", record_id, seen_at, member, dialect)


def identity(table: str, member: Any) -> str | None:
    """Return the id of a search's member, None if it has none."""
    if isinstance(member, dict):
        for key in _IDS[table]:
            if member.get(key) is not None:
                return str(member[key])
    return None


def kept(body: Any) -> bytes:
    """
    Return an answer as it is kept: JSON with sorted keys, so that equal answers are equal bytes.

    Examples
    --------
    >>> kept({"b": 1, "a": None}), kept(None)
    (b'{"a":null,"b":1}', b'')
    """
    if body is None:
        return b""
    decoded = decode(body)
    try:
        return orjson.dumps(decoded, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half a surrogate, or a number beyond 64 bits
        return json.dumps(decoded, sort_keys=True, separators=(",", ":")).encode()


def mark(body: bytes) -> str:
    """Return the hash of a kept answer."""
    return blake2b(body, digest_size=16).hexdigest()


def to_arrow(
    observed: Iterable[tuple[Observation, str, bytes | None]], sync: str, batch: int
) -> pa.Table:
    """Return (observation, hash, kept body) as rows of the table."""
    rows = [
        (
            seen.seller, seen.dialect, seen.call, seen.table, seen.record_id, seen.seen_at,
            digest, body, FORM, sync, batch,
        )
        for seen, digest, body in observed
    ]  # fmt: skip
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema.OBSERVATIONS]
    arrays = [
        pa.array(column, field.type)
        for column, field in zip(columns, schema.OBSERVATIONS, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema.OBSERVATIONS)


def bare(row: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """
    Return an observation whose person was taken out.

    It keeps the hash of what was answered, so that the same answer is known again.
    """
    return {**row, "body": body, "schema": BARE}


def retouched(row: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """Return an observation in which somebody else was spoken of; its own person is still there."""
    if body == row["body"]:
        return dict(row)
    return {**row, "body": body, "schema": -abs(row["schema"])}
