"""How answers are written: in which dialect, and how full of surprises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from . import legal, wire
from .dialects import DIALECTS, Release, page, told
from .records import Cancellation, Case, Inquiry, Record, Return, Shipment
from .surprises import surprise
from .world import World

Json = dict[str, Any]

KEPT_MOST = 20_000

SUMMARIES: dict[type[Record], Callable[[Any, datetime], Json]] = {
    Return: wire.returns.summary,
    Inquiry: lambda record, now: wire.inquiries.summary(record),
    Case: lambda record, now: wire.cases.summary(record),
    Cancellation: lambda record, now: wire.cancellations.summary(record),
}
DETAILS: dict[type[Record], Callable[[Any, bool], Json]] = {
    Return: lambda record, full: wire.returns.detail(record),
    Inquiry: lambda record, full: wire.inquiries.detail(record),
    Case: lambda record, full: wire.cases.detail(record),
    Cancellation: lambda record, full: wire.cancellations.detail(record, full=full),
}


class Style:
    """
    The writer of answers.

    Parameters
    ----------
    dialect : str
        ``2015`` (PayPal, ids of orders as item and transaction, names of users), ``2020``
        (managed payments begin), ``2026``, or ``2026-ids`` with ids for the names of US buyers.
    surprises : float
        The share of records whose answers are odd in the ways that real ones are now and then:
        fields and words nobody knows, numbers as text, nulls, two spellings at once. What they
        say of amounts, ids and times stays true. The same records are odd in the same ways
        whenever they are asked for.
    at : tuple of int, optional
        A release, where the dialect has no name.

    Examples
    --------
    >>> Style("2015").at
    (2, 0)
    """

    def __init__(
        self, dialect: str = "2026", surprises: float = 0.0, *, at: Release | None = None
    ) -> None:
        self.dialect = dialect
        self.surprises = surprises
        self.at = at or DIALECTS[dialect]
        self._kept: dict[tuple[type[Record], str], tuple[object, orjson.Fragment]] = {}

    def summary(self, record: Record, now: datetime) -> Json:
        """Return a record as a search lists it; of a return also the ``summary`` of the get."""
        return self._written(SUMMARIES[type(record)](record, now), record, "summary")

    def detail(self, record: Record, *, full: bool = True) -> Json:
        """
        Return what the get answers; of a return what stands under ``detail``.

        Only a cancellation knows an answer that is not `full`: one without history and money.
        """
        return self._written(DETAILS[type(record)](record, full), record, "detail")

    def files(self, record: Return) -> Json:
        """Return the answer of the files call."""
        tree = {"files": [wire.returns.file_entry(record, n) for n in range(len(record.files))]}
        return self._written(tree, record, "files")

    def tracking(self, parcel: Shipment) -> Json:
        """Return the answer of the tracking call."""
        return wire.returns.tracking(parcel)

    def member(self, record: Record, now: datetime, world: World) -> orjson.Fragment:
        """Return the summary as JSON; drawn once, until something is written to the record."""
        place = (type(record), record.id)
        stand = _stand(record, now, world)
        kept = self._kept.get(place)
        if kept is None or kept[0] != stand:
            if len(self._kept) >= KEPT_MOST:
                self._kept.clear()
            kept = (stand, orjson.Fragment(orjson.dumps(self.summary(record, now))))
            self._kept[place] = kept
        return kept[1]

    def page(self, answer: Json, members: str) -> Json:
        """Return a search page in this dialect."""
        return page(answer, members, self.at)

    def _written(self, tree: Json, record: Record, part: str) -> Json:
        tree = told(tree, record, self.at, ids=self.dialect == "2026-ids")
        return surprise(tree, record, part, self.surprises) if self.surprises else tree


def _stand(record: Record, now: datetime, world: World) -> object:
    """Return what a summary is drawn from, as far as it changes."""
    if not isinstance(record, Return):
        return record.version
    case = world.cases.get(record.case_id) if record.case_id else None
    if case is None and record.closed_at:
        return record.version
    return record.version, case and case.version, legal.may_escalate(record, now)
