"""One view of what was sold and what became of it: the four records joined line by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..errors import InputError
from .chains import CERTAINTIES, LINKS, Chains, Codes
from .records import RECORDS

# The records in the order of the view's columns; what a column of it starts with.
KINDS = {"cancellations": "cancel", "inquiries": "inquiry", "returns": "return", "cases": "case"}
_TEXT = pd.StringDtype("pyarrow")


class Snapshot(Protocol):
    """What holds the tables as attributes."""

    cancellations: pd.DataFrame
    inquiries: pd.DataFrame
    returns: pd.DataFrame
    cases: pd.DataFrame


def link(snapshot: Snapshot | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Join orders, cancellations, inquiries, returns and cases, sold line by sold line.

    A sold line is an item and a transaction. A row holds at most one record of each kind; a line
    with several records of a kind has several rows, told apart by ``chain``. Every record stands
    in exactly one row. A case stands beside the return or inquiry it came from.

    Parameters
    ----------
    snapshot : Snapshot, or mapping of str to DataFrame
        The tables; those left out count as empty. Details know more keys than searches: the
        lines of a cancellation and the return of a case.

    Returns
    -------
    pandas.DataFrame
        ``order_id`` (the id since payment, where any record tells it), ``item_id``,
        ``transaction_id``, ``chain`` (0, 1 ... within the line), and of each kind
        ``cancel_id``, ``inquiry_id``, ``return_id``, ``case_id``, with two columns beside it:

        ``cancel_link`` (...): the key that brought it into the row. Of a case: ``return_id`` (the
        case tells it), ``case_id`` (the return tells it), ``inquiry_id`` (a case keeps the number
        of its inquiry). Of all: ``item_transaction``, ``legacy_order_id`` (an order that is not
        paid is called by item and transaction), ``lines`` (of a cancellation), ``order_id``,
        ``item_buyer``; ``none`` if it stands alone for want of a key.

        ``cancel_certainty`` (...): *certain*; *likely*, by a key that other lines may share
        (order, or item and buyer); *ambiguous*, where more than one row would do: it then stands
        in the line's row of the same rank by age, or in a row of its own if not even the line
        is known. Missing where the link is ``none``.

        ``attrs["n_without_id"]`` and ``attrs["n_duplicates"]`` count the rows left out.

    Raises
    ------
    InputError
        If a table lacks the column of its ids.

    Examples
    --------
    >>> from postorder_nb import tables
    >>> sold = {"itemId": "110", "transactionId": "220"}
    >>> asked = {"returnId": "5001", "creationInfo": {"item": sold},
    ...     "escalationInfo": {"caseId": "5002"}}
    >>> frames = {
    ...     "returns": tables.from_search("returns", [{"members": [asked]}]),
    ...     "cases": tables.from_search("cases", [{"members": [{"caseId": "5002"}]}]),
    ... }
    >>> tables.link(frames)[["item_id", "return_id", "case_id", "case_link", "case_certainty"]]
      item_id return_id case_id case_link case_certainty
    0     110      5001    5002   case_id        certain
    """
    records, attrs = _gathered(snapshot)
    chains = Chains(records, _lines_of_cancellations(snapshot))
    chains.find_lines()
    chains.find_rows()
    frame = _view(chains)
    frame.attrs = attrs
    return frame


# -- the records as one table ----------------------------------------------------------------


def _gathered(
    snapshot: Snapshot | Mapping[str, pd.DataFrame],
) -> tuple[pd.DataFrame, dict[Any, Any]]:
    """Return the keys of all records, one row each, and how many rows were left out."""
    parts = [_keys_of(0, pd.DataFrame({"id": pd.Series(dtype=_TEXT)}), "id")]
    n_without = n_duplicates = 0
    for kind, name in enumerate(KINDS):
        frame = _table(snapshot, name)
        if frame is None or frame.empty:
            continue
        if (key := RECORDS[name].key) not in frame:
            raise InputError(f"the table has no column {key}", advice=f"pass a table of {name}")
        known = frame[key].notna()
        twice = known & frame[key].duplicated()
        n_without += int((~known).sum())
        n_duplicates += int(twice.sum())
        parts.append(_keys_of(kind, frame[known & ~twice], key))
    records = pd.concat(parts, ignore_index=True)
    return records, {"n_without_id": n_without, "n_duplicates": n_duplicates}


def _keys_of(kind: int, frame: pd.DataFrame, key: str) -> pd.DataFrame:
    keys = {"id": frame[key].astype(_TEXT)}
    for column in ("order_id", "item_id", "transaction_id", "buyer", "case_id", "return_id"):
        keys[column] = (
            frame[column].astype(_TEXT)
            if column in frame
            else pd.Series(pd.NA, index=frame.index, dtype=_TEXT)
        )
    created = pd.Series(frame.get("created_at"), index=frame.index, dtype="datetime64[us, UTC]")
    return pd.DataFrame({**keys, "created_at": created}).assign(kind=kind)


def _table(snapshot: Snapshot | Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame | None:
    if isinstance(snapshot, Mapping):
        return snapshot.get(name)
    return getattr(snapshot, name, None)


def _lines_of_cancellations(snapshot: Snapshot | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return id, item_id, transaction_id of the lines of cancellations, where known."""
    lines = _table(snapshot, "lines")
    columns = {"record_id": "id", "item_id": "item_id", "transaction_id": "transaction_id"}
    if lines is None:
        return pd.DataFrame({name: pd.Series(dtype=_TEXT) for name in columns.values()})
    return lines[list(columns)].rename(columns=columns).dropna().drop_duplicates()


# -- the view --------------------------------------------------------------------------------


def _view(chains: Chains) -> pd.DataFrame:
    """Return one row for each row of a line."""
    width = int(chains.chain.max(initial=0)) + 1
    rows, place = np.unique(chains.line * width + chains.chain, return_inverse=True)
    line = rows // width
    modern = ~chains.legacy
    columns: dict[str, Any] = {
        "order_id": chains.told("order_id", modern, chains.legacy)[line],
        "item_id": chains.told("item_id", chains.exact, ~chains.exact)[line],
        "transaction_id": chains.told("transaction_id", chains.exact)[line],
        "chain": pd.array(rows % width, dtype="Int64"),
    }
    for kind, name in enumerate(KINDS.values()):
        mine = np.flatnonzero(chains.kind == kind)
        at = place[mine]
        ids = np.full(len(rows), -1)
        ids[at] = mine
        columns[f"{name}_id"] = chains.records["id"].array.take(ids, allow_fill=True)
        columns[f"{name}_link"] = _words(len(rows), at, chains.link[mine], LINKS)
        columns[f"{name}_certainty"] = _words(len(rows), at, chains.certainty[mine], CERTAINTIES)
    return pd.DataFrame(columns)


def _words(n: int, at: Codes, codes: Codes, words: tuple[str, ...]) -> pd.Series[Any]:
    placed = np.full(n, -1)
    placed[at] = codes
    dtype = pd.CategoricalDtype(pd.Index(words, dtype="str"))
    return pd.Series(pd.Categorical.from_codes(placed, dtype=dtype))
