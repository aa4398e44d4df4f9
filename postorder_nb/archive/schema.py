"""
What stands in an archive's tables, as Arrow schemas.

Observations are what was answered, and everything else follows from them: the versions of each
row, the current rows, and what the next sync has to know. Enums are plain strings here; the
frames that are read give them back their dtype.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import pyarrow as pa

from .. import tables

#: The form of the archive itself; columns may be added to a table without a new number.
VERSION = 1

MOMENT = pa.timestamp("us", tz="UTC")
_TYPES = {
    "string": pa.string(),
    "category": pa.string(),
    "datetime64[us, UTC]": MOMENT,
    "float64": pa.float64(),
    "Int64": pa.int64(),
    "boolean": pa.bool_(),
}

#: What the archive adds to each row: since when it stands so, and which merge wrote it. Order is
#: told by the merges, which count up; the moments of several sellers need not.
STAMPS = (("seen_from", MOMENT), ("batch", pa.int64()))

OBSERVATIONS = pa.schema(
    [
        ("seller", pa.string()),
        ("dialect", pa.string()),  # "v2", or "v1" for the surface of 2014
        ("call", pa.string()),  # "search": a member of a page; "get": the record's own answer
        ("table", pa.string()),
        ("record_id", pa.string()),
        ("seen_at", MOMENT),
        ("hash", pa.string()),  # of the JSON with sorted keys
        ("body", pa.binary()),  # that JSON; empty: no such record; null: the same as before
        ("schema", pa.int32()),  # form of the body: observations.FORM
        ("sync", pa.string()),  # which run brought it
        ("batch", pa.int64()),  # counts the appends of an archive, without a gap
    ]
)

#: What the next sync has to know of a record.
KNOWN = pa.schema(
    [
        ("seller", pa.string()),
        ("table", pa.string()),
        ("record_id", pa.string()),
        ("created_at", MOMENT),
        ("open", pa.bool_()),
        ("urgent", pa.bool_()),  # escalated, or eBay has stepped in
        ("due_at", MOMENT),  # the next deadline
        ("worth", pa.float64()),  # money at risk, in the record's own currency
        ("changed_at", MOMENT),  # since when its row and its child rows stand as they do
        ("summary_at", MOMENT),
        ("summary_hash", pa.string()),
        ("summary_batch", pa.int64()),
        ("detail_at", MOMENT),  # when its details were last read, changed or not
        ("detail_hash", pa.string()),
        ("detail_batch", pa.int64()),
        ("gone_at", MOMENT),  # when eBay said that it knows no such record
        ("owed", pa.bool_()),  # its details were never read, or its summary changed since
        *STAMPS,
    ]
)

#: Which spans of creation were read to their end, and when.
WINDOWS = pa.schema(
    [
        ("seller", pa.string()),
        ("table", pa.string()),
        ("since", MOMENT),
        ("until", MOMENT),
        ("read_at", MOMENT),
        ("total", pa.int64()),
        ("sync", pa.string()),
    ]
)

#: What was done to the archive, one row each time.
LOG = pa.schema(
    [
        ("at", MOMENT),
        ("act", pa.string()),  # create, sync, import, rebuild, forget ...
        ("seller", pa.string()),
        ("account", pa.string()),
        ("sync", pa.string()),
        ("release", pa.string()),
        ("version", pa.int32()),
        ("columns", pa.string()),  # fingerprint of the column specs
        ("told", pa.string()),  # the result, as JSON
    ]
)

#: Who was forgotten, in marks that name nobody.
FORGOTTEN = pa.schema([("at", MOMENT), ("salt", pa.binary()), ("mark", pa.string())])

BASE = {"observations": OBSERVATIONS, "windows": WINDOWS, "log": LOG, "forgotten": FORGOTTEN}
#: The tables of rows that users read.
ROWS = (*tables.NAMES, *tables.CHILD_NAMES)
#: All that is kept in versions: what is appended to ``X_versions``, and now and then summed up
#: in ``X``, which holds the newest version of each row.
VERSIONED = (*ROWS, "known")


def versions(name: str) -> str:
    """Return the name of the table of a table's versions."""
    return f"{name}_versions"


def names() -> list[str]:
    """List all tables of an archive."""
    return [*BASE, *VERSIONED, *map(versions, VERSIONED)]


def owner(name: str) -> list[str]:
    """Return the columns that tell whose rows they are: a version replaces all rows of one."""
    name = name.removesuffix("_versions")
    if name == "known":
        return ["seller", "table", "record_id"]
    if name in tables.KEYS:
        return ["seller", tables.KEYS[name]]
    return ["seller", "record", "record_id"]


def keys(name: str) -> list[str]:
    """Return the columns that tell the current rows of a table apart."""
    return [*owner(name), "seq"] if name in tables.CHILD_NAMES else owner(name)


@cache
def arrow(name: str) -> pa.Schema:
    """
    Return the Arrow schema of a table.

    Examples
    --------
    >>> arrow("returns").names[:3], arrow("returns_versions") == arrow("returns")
    (['seller', 'return_id', 'order_id'], True)
    """
    if name in BASE:
        return BASE[name]
    name = name.removesuffix("_versions")
    if name == "known":
        return KNOWN
    told = tables.describe(name)
    fields = [
        (column, _TYPES[dtype])
        for column, dtype in zip(told["column"], told["dtype"], strict=True)
        if column != "seller"
    ]
    return pa.schema([("seller", pa.string()), *fields, *STAMPS])


@cache
def fingerprint() -> str:
    """Return a text that changes when a column, its type or its place in the answers does."""
    told = sha256()
    for name in ROWS:
        for row in tables.describe(name)[["column", "dtype", "path"]].itertuples(index=False):
            told.update(f"{name} {' '.join(row)}\n".encode())
    return told.hexdigest()[:16]
