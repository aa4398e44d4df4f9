"""Which line of an order each record belongs to, and which row of that line."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LINKS = (
    "return_id",
    "inquiry_id",
    "case_id",
    "item_transaction",
    "legacy_order_id",
    "lines",
    "order_id",
    "item_buyer",
    "none",
)
CERTAINTIES = ("certain", "likely", "ambiguous")
_RETURN_ID, _INQUIRY_ID, _CASE_ID, _EXACT, _LEGACY_ID, _OWN_LINES, _ORDER, _BUYER, _NONE = range(9)
_CERTAIN, _LIKELY, _AMBIGUOUS = range(3)
_CANCEL, _INQUIRY, _RETURN, _CASE = range(4)
#: How an order is called before it is paid; its new id has three parts.
LEGACY_FORM = r"\d+-\d+"


class Chains:
    """
    Where each record stands: its line, its row there (``chain``), by which key, how certain.

    One entry per record in every array; -1 is not known. `records` holds the keys of all records,
    `own_lines` the lines of cancellations (id, item_id, transaction_id).
    """

    def __init__(self, records: pd.DataFrame, own_lines: pd.DataFrame) -> None:
        self.kind: Codes = records["kind"].to_numpy(dtype="int64")
        told = records["order_id"].str.fullmatch(LEGACY_FORM)
        self.legacy: Flags = told.fillna(False).to_numpy(dtype=bool)
        exact = (records["item_id"].notna() & records["transaction_id"].notna()).to_numpy(
            dtype=bool
        )
        bare = self.legacy & ~exact
        parts = records["order_id"][bare].str.split("-", expand=True)
        self.records = records.assign(
            item_id=records["item_id"].where(~bare, parts.get(0)),
            transaction_id=records["transaction_id"].where(~bare, parts.get(1)),
        )
        both = pd.concat([self.records, own_lines], ignore_index=True)
        lines = _lines(both["item_id"], both["transaction_id"])
        self.line, self._own = lines[: len(records)], lines[len(records) :]
        self._own_ids = own_lines["id"].reset_index(drop=True)
        self.exact: Flags = self.line >= 0
        self.link: Codes = np.where(exact, _EXACT, np.where(bare, _LEGACY_ID, _NONE))
        self.certainty: Codes = np.where(exact | bare, _CERTAIN, -1)
        self.chain: Codes = np.zeros(len(records), dtype="int64")
        self.parent: Codes = np.full(len(records), -1)

    def told(self, column: str, *preferred: Flags) -> Any:
        """Return what the first record of each line tells; of the preferred ones, if any does."""
        known = self.records[column].notna().to_numpy(dtype=bool)
        first = np.full(int(self.line.max(initial=-1)) + 1, -1)
        for some in reversed(preferred or (known,)):
            places = np.flatnonzero(known & some)[::-1]
            first[self.line[places]] = places
        return self.records[column].array.take(first, allow_fill=True)

    # -- lines

    def find_lines(self) -> None:
        """Find the line of every record; one without any key stands in a line of its own."""
        self._find_parents()
        self._follow_parents()
        held = self.records.assign(line=self.line)[self.line >= 0]
        by_line = pd.DataFrame({"key": self._own_ids, "line": self._own})
        cancels = by_line["line"].isin(held["line"])
        self._join("id", by_line[cancels], _OWN_LINES, _CERTAIN, only=self.kind == _CANCEL)
        self._join("order_id", _keyed(held, held["order_id"]), _ORDER, _LIKELY)
        self._join("item_buyer", _keyed(held, _item_buyer(held)), _BUYER, _LIKELY)
        self._stand_apart()
        self._follow_parents()

    def _find_parents(self) -> None:
        """Find of each case the return or inquiry it came from."""
        cases = np.flatnonzero(self.kind == _CASE)
        ways = (
            (_RETURN, "id", "return_id", _RETURN_ID),
            (_RETURN, "case_id", "id", _CASE_ID),
            (_INQUIRY, "id", "id", _INQUIRY_ID),
        )
        for kind, theirs, mine, way in ways:
            some = np.flatnonzero((self.kind == kind) & self.records[theirs].notna().to_numpy())
            some = some[~self.records[theirs].iloc[some].duplicated().to_numpy(dtype=bool)]
            places = pd.Index(self.records[theirs].iloc[some]).get_indexer(
                pd.Index(self.records[mine].iloc[cases])
            )
            found = np.append(some, -1)[places]
            if way == _INQUIRY_ID:  # the same number proves nothing against another line
                ends = self.line[found], self.line[cases]
                found[(ends[0] >= 0) & (ends[1] >= 0) & (ends[0] != ends[1])] = -1
            new = (self.parent[cases] < 0) & (found >= 0)
            self.parent[cases[new]] = found[new]
            self.link[cases[new]] = way
            self.certainty[cases[new]] = _CERTAIN

    def _follow_parents(self) -> None:
        """Put a case into the line of the record it came from, or that record into the case's."""
        cases = np.flatnonzero(self.parent >= 0)
        parents = self.parent[cases]
        lost = (self.line[parents] < 0) & (self.line[cases] >= 0)
        self._settle(parents[lost], self.line[cases[lost]], _CASE_ID, _CERTAIN)
        # A case that tells another line than the one it stands in tells nothing of that one.
        self.exact[cases] &= self.line[cases] == self.line[parents]
        self.line[cases] = self.line[parents]

    def _settle(self, places: Codes, lines: Codes, link: int, certainty: int) -> None:
        self.line[places] = lines
        self.link[places] = link
        self.certainty[places] = certainty

    def _join(
        self, column: str, held: pd.DataFrame, link: int, certainty: int, only: Flags | None = None
    ) -> None:
        """Join the records that are lost to the one line with their key; if several, mark them."""
        lost = (self.line < 0) & (self.parent < 0) & (self.certainty < 0)
        places = np.flatnonzero(lost if only is None else lost & only)
        if not len(places) or held.empty:
            return
        some = self.records.iloc[places]
        wanted = _item_buyer(some) if column == "item_buyer" else some[column]
        lines = held.drop_duplicates().groupby("key")["line"].agg(["size", "first"])
        fitting = lines.reindex(wanted)
        n = fitting["size"].fillna(0).to_numpy(dtype="int64")
        one = n == 1
        items = self.told("item_id", self.exact)
        its = items.take(fitting["first"].fillna(0).to_numpy(dtype="int64"))
        other = (some["item_id"].array != its).fillna(False)  # another line of the same order
        one &= ~np.asarray(other, dtype=bool)
        self._settle(places[one], fitting["first"].to_numpy()[one].astype("int64"), link, certainty)
        self.link[places[n > 1]] = link
        self.certainty[places[n > 1]] = _AMBIGUOUS

    def _stand_apart(self) -> None:
        """Give the rest lines of their own: one for each order, else one for each record."""
        places = np.flatnonzero((self.line < 0) & (self.parent < 0))
        if not len(places):
            return
        some = self.records.iloc[places]
        orders, _ = pd.factorize(some["order_id"] + " " + some["item_id"].fillna(""))
        alone = orders < 0
        orders[alone] = orders.max() + 1 + np.arange(alone.sum())
        self.line[places] = int(self.line.max(initial=-1)) + 1 + orders
        ordered = places[~alone & (self.certainty[places] < 0)]
        self.link[ordered] = _ORDER
        _, place, sizes = np.unique(self.line[places], return_inverse=True, return_counts=True)
        self.certainty[ordered] = np.where(sizes[place] > 1, _LIKELY, _CERTAIN)[
            np.searchsorted(places, ordered)
        ]

    # -- rows

    def find_rows(self) -> None:
        """Find the row of every record within its line."""
        self.chain = self._ranks(self.kind, np.arange(len(self.kind)))
        cases = np.flatnonzero(self.kind == _CASE)
        beside = cases[self.parent[cases] >= 0]
        self.chain[beside] = self.chain[self.parent[beside]]
        taken = pd.DataFrame({"line": self.line[beside], "chain": self.chain[beside]})
        beside = beside[~taken.duplicated().to_numpy()]
        self._seat(np.setdiff1d(cases, beside), beside)
        self._doubt(beside)

    def _ranks(self, groups: Codes, places: Codes) -> Codes:
        """Count the records at `places` from 0, oldest first, in each line and group."""
        moments = self.records["created_at"].dt.tz_convert(None).to_numpy(dtype="datetime64[us]")
        created = moments.astype("int64")[places]
        group = self.line[places] * 4 + groups
        order = np.lexsort((created, group))
        new = np.ones(len(order), dtype=bool)
        new[1:] = np.diff(group[order]) != 0
        count = np.arange(len(order))
        ranks = np.empty(len(order), dtype="int64")
        ranks[order] = count - np.maximum.accumulate(np.where(new, count, 0))
        return ranks

    def _seat(self, standing: Codes, seated: Codes) -> None:
        """Give the cases that came from no known record the first rows that hold no case."""
        if not len(standing):
            return
        order = np.lexsort((self._ranks(np.zeros_like(standing), standing), self.line[standing]))
        lines, counts = np.unique(self.line[standing], return_counts=True)
        there = np.flatnonzero(np.isin(self.line[seated], lines))
        full = counts + np.bincount(
            np.searchsorted(lines, self.line[seated][there]), minlength=len(lines)
        )
        line = np.repeat(lines, full)
        row = np.arange(len(line)) - np.repeat(np.cumsum(full) - full, full)
        width = int(max(self.chain.max(), row.max())) + 1
        free = ~np.isin(line * width + row, (self.line * width + self.chain)[seated])
        line, row = line[free], row[free]
        start = np.searchsorted(line, lines)
        rank = np.arange(len(line)) - np.repeat(start, np.diff(np.append(start, len(line))))
        first = rank < np.repeat(counts, np.diff(np.append(start, len(line))))
        self.chain[standing[order]] = row[first]

    def _doubt(self, beside: Codes) -> None:
        """Mark what shares a row by rank alone, in lines of several rows."""
        n = int(self.line.max(initial=-1)) + 1
        counts = np.bincount(self.line * 4 + self.kind, minlength=4 * n).reshape(n, 4)
        last = np.zeros(n, dtype="int64")
        np.maximum.at(last, self.line, self.chain)
        preferred = np.array([_RETURN, _CASE, _INQUIRY, _CANCEL])
        anchor = preferred[counts[:, preferred].argmax(axis=1)]
        row = self.line * (int(self.chain.max(initial=0)) + 1) + self.chain
        _, place, sizes = np.unique(row, return_inverse=True, return_counts=True)
        doubtful = (last[self.line] > 0) & (sizes[place] > 1) & (self.kind != anchor[self.line])
        doubtful[beside] = False
        self.certainty[doubtful] = _AMBIGUOUS


def _lines(items: pd.Series[Any], transactions: pd.Series[Any]) -> Codes:
    """Give each pair of item and transaction a number; -1 where either is missing."""
    item, _ = pd.factorize(items)
    transaction, known = pd.factorize(transactions)
    pairs = np.where((item < 0) | (transaction < 0), -1, item * (len(known) + 1) + transaction)
    codes, _ = pd.factorize(pairs)
    if (pairs < 0).any():  # the number of the missing pair is free for others
        missing = codes[np.argmax(pairs < 0)]
        codes = np.where(codes == missing, -1, codes - (codes > missing))
    return codes.astype("int64")


def _item_buyer(records: pd.DataFrame) -> pd.Series[Any]:
    return records["item_id"] + " " + records["buyer"]


def _keyed(held: pd.DataFrame, key: pd.Series[Any]) -> pd.DataFrame:
    return pd.DataFrame({"key": key, "line": held["line"]}).dropna()
