"""What personal data an archive holds, where, and since when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from .. import tables
from ..recording.scrub.fields import kind
from . import schema
from .observations import BARE
from .store import Store

#: What the fields of an answer may hold of a person, by the name of the field.
_PERSONAL = {
    "person": "names, addresses, parcels",
    "text": "words of somebody's own",
    "file": "names of files",
}
#: Columns made of such fields that are about the seller, or about what was sold.
_OTHERS = frozenset({"seller", "item_title", "title"})
_COLUMNS = ["place", "column", "holds", "rows", "since", "until"]


def audit(store: Store) -> pd.DataFrame:
    """Say what personal data is held; see `Archive.audit`."""
    rows = [*_answers(store), *(row for name in schema.ROWS for row in _rows(store, name))]
    rows.append(_forgotten(store))
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    for moment in ("since", "until"):
        frame[moment] = pd.to_datetime(frame[moment], utc=True).astype("datetime64[us, UTC]")
    return frame.astype({"place": "string", "column": "string", "holds": "string"})


def personal(name: str) -> dict[str, str]:
    """
    Return the columns of a table that hold personal data, and what they hold.

    Examples
    --------
    >>> personal("files")
    {'name': 'names of files'}
    """
    told = tables.describe(name)
    found = {}
    for column, path in zip(told["column"], told["path"], strict=True):
        fields = (re.sub(r"\[.*", "", step).rpartition(".")[2] for step in path.split("|"))
        kinds = [_PERSONAL[what] for field in fields if (what := kind(field)) in _PERSONAL]
        if kinds and column not in _OTHERS:
            found[column] = kinds[0]
    return found


def _rows(store: Store, name: str) -> Iterator[dict[str, Any]]:
    columns = personal(name)
    versions = store.read(schema.versions(name), [*columns, "seen_from"])
    for column, holds in columns.items():
        filled = versions.filter(pc.is_valid(versions[column]))
        if filled.num_rows:
            yield _row(name, column, holds, filled["seen_from"])


def _answers(store: Store) -> Iterator[dict[str, Any]]:
    """Tell the kept answers that have their person, and those that lost it, apart."""
    said = pc.binary_length(ds.field("body")) > 0
    held = store.read("observations", ["seen_at", "schema"], said)
    is_bare = pc.equal(held["schema"], BARE)
    for which, holds in (
        (pc.invert(is_bare), "whole answers: all that eBay says of a buyer"),
        (is_bare, "answers whose person was taken out"),
    ):
        rows = held.filter(which)
        if rows.num_rows:
            yield _row("observations", "body", holds, rows["seen_at"])


def _forgotten(store: Store) -> dict[str, Any]:
    marks = store.read("forgotten", ["at"])
    return _row("forgotten", "mark", "marks of forgotten names, which name nobody", marks["at"])


def _row(place: str, column: str, holds: str, seen: pa.ChunkedArray) -> dict[str, Any]:
    bounds = pc.min_max(seen).as_py()
    told = (place, column, holds, len(seen), bounds["min"], bounds["max"])
    return dict(zip(_COLUMNS, told, strict=True))
