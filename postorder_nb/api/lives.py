"""
Calls that have ended: those withdrawn from the present API, and those of 2014.

The calls of `CATALOGUE` carry their own life; here is what came before them, as data beside this
module (``lives.tsv``): what it was, when it ended, and what to do instead.
"""

from __future__ import annotations

import re
from csv import DictReader
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Life:
    """
    A call that has ended.

    Parameters
    ----------
    generation : str
        ``withdrawn`` for a call of ``/post-order/v2``, ``v1`` for one of 2014.
    gone : str
        Since when, as a date or a release; empty where nobody has told.
    verb, path : str
        HTTP verb and path; of a withdrawn call, what is below ``/post-order/v2``.
    role : str
        Who made it: seller, buyer, either, or empty where that is not known.
    successor : str
        The call that took its place, as a key of the catalogue; empty where there is none.
    instead : str
        What to do instead.
    """

    generation: str
    gone: str
    verb: str
    path: str
    role: str
    successor: str
    instead: str

    @property
    def gone_on(self) -> date | None:
        """The day it ended, where that is known."""
        return date.fromisoformat(self.gone) if self.gone[:1].isdigit() else None


@cache
def ended() -> tuple[Life, ...]:
    """
    Return the 34 withdrawn calls and the 66 of 2014.

    Examples
    --------
    >>> first = ended()[0]
    >>> first.verb, first.path, first.instead
    ('POST', '/cancellation/cancel', 'use cancellations.create')
    """
    text = files(__package__).joinpath("lives.tsv").read_text(encoding="utf-8")
    rows = list(DictReader(text.splitlines(), delimiter="\t"))
    advice = {f"{row['verb']} {row['path']}": row["instead"] for row in rows}
    lives = []
    for row in rows:
        # A call of 2014 may have been followed by one that is withdrawn by now: say what that says.
        inherited = advice.get(row["successor"], "")
        if inherited:
            row["successor"] = ""
        named = row["successor"] and f"use {row['successor']}"
        lives.append(Life(**{**row, "instead": row["instead"] or inherited or named}))
    return tuple(lives)


def of(verb: str, path: str) -> Life | None:
    """
    Find the ended call that a request would be.

    Parameters
    ----------
    verb, path : str
        HTTP verb and path, with ids in it; of ``/post-order/v2``, what is below that.

    Returns
    -------
    Life or None
        None for any other request.

    Examples
    --------
    >>> of("POST", "/return/5001/mark_refund_sent").instead
    'refund with returns.issue_refund'
    """
    found = (life for life in ended() if life.verb == verb and pattern(life.path).fullmatch(path))
    # A path without ids fits better than one whose id would be a fixed word.
    return min(found, key=lambda life: life.path.count("{"), default=None)


@cache
def pattern(path: str) -> re.Pattern[str]:
    """Return what matches a path with any ids in the place of ``{...}``."""
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
