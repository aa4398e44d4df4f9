"""Whether the tables of a snapshot can be trusted: what contradicts itself, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from . import amounts, dates, history, links, reading
from .findings import RULES, SEVERITIES, Findings
from .view import Snapshot, View

_TOPICS = (reading, dates, amounts, history, links)


def check(
    snapshot: Snapshot | Mapping[str, pd.DataFrame], *, now: datetime | None = None
) -> pd.DataFrame:
    """
    Look for what is wrong with the tables: in themselves, and with one another.

    Duplicated and missing ids; dates that cannot be; amounts that do not add up (refund lines
    against totals, refunds against money movements and charges), per currency and to the cent;
    histories that contradict their records; links to records that are not there; fetches that
    were cut short; and what eBay's answers held that the tables do not know (drift).
    ``quality.RULES`` lists all findings with their severity and meaning.

    Parameters
    ----------
    snapshot : Snapshot, or mapping of str to DataFrame
        The tables. Those left out, and columns that a search does not give, are not checked.
    now : datetime, optional
        The moment after which a date lies in the future; by default when the snapshot was
        fetched, or else the present.

    Returns
    -------
    pandas.DataFrame
        One row per thing found, the worst first: ``severity`` (error: the data contradict
        themselves; warning: something is missing or doubtful; note: good to know), ``table``,
        ``record_id`` (missing where it is about the table), ``finding`` (a key of ``RULES``),
        ``detail``. Empty when all is well. ``attrs["summary"]`` says it in a few lines.

    Raises
    ------
    InputError
        If `now` has no time zone.

    Examples
    --------
    >>> from postorder_nb import tables
    >>> asked, closed = ({"value": f"2025-01-0{day}T00:00:00Z"} for day in (5, 2))
    >>> page = {"cancellations": [
    ...     {"cancelId": "5001", "cancelRequestDate": asked, "cancelCloseDate": closed}]}
    >>> found = check({"cancellations": tables.from_search("cancellations", [page])})
    >>> found[["severity", "record_id", "finding"]]
      severity record_id                finding
    0    error      5001  closed before created
    >>> print(found.attrs["summary"])
    1 cancellation checked: 1 error.
    - error: closed before created (1 in cancellations)
    """
    view = View(snapshot, now)
    found = Findings()
    for topic in _TOPICS:
        topic.look(view, found)
    frame = found.frame()
    attrs: dict[Any, Any] = frame.attrs
    attrs["summary"] = found.summary(view.counts())
    return frame


__all__ = ["RULES", "SEVERITIES", "check"]
