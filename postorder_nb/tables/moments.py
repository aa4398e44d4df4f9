"""
What the history of a record tells at one glance: when something was first done, or last.

Each moment is written down once, as what a line of the history holds: the tables find it while
they are parsed, and metrics find it in histories whose records have no such columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..enums import CancelState, Party, ReturnActivity, ReturnState
from .columns import Column, First

Texts = tuple[str | None, ...]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PROSE = ("inquiry", "case")
"""Records whose history names no states: there each line is a stage, named by its activity."""


LAST = Column(
    "last_step_at",
    "time",
    (),
    "the last line of its history; missing where no history was read",
)

_UNANSWERED = (
    ReturnState.RETURN_REQUESTED,
    ReturnState.RETURN_REQUEST_TIMEOUT,
    CancelState.APPROVAL_PENDING,
)
_MESSAGES = (
    ReturnActivity.SELLER_SEND_MESSAGE,
    ReturnActivity.SUBMIT_FILE,
    ReturnActivity.DELETE_FILE,
    "A message was sent from one party to another.",
)
ANSWERS = (
    First(
        "answered_at",
        "the seller's first answer, which is no plain message or file",
        {"actor": (Party.SELLER,)},
        {"activity": _MESSAGES},
    ),
    First(
        "settled_at",
        "the first step of others that ended the wait for the seller's answer",
        {"from_state": _UNANSWERED},
        {"to_state": (*_UNANSWERED, None), "actor": (Party.SELLER,)},
    ),
)
"""What answers a request, or ends the wait for the answer."""

STEPS = {
    "answer": ReturnState.RETURN_REQUESTED,
    "rma": ReturnState.RMA_PENDING,
    "label": ReturnState.RETURN_LABEL_PENDING,
    "refund": ReturnState.ITEM_DELIVERED,
}
"""What the seller of a return owes, and the state of the return that waits for it."""

_OVERDUE = ("TIME_OUT*", ReturnActivity.SYSTEM_INITIATED_REFUND)


def _steps() -> Iterable[First]:
    for step, state in STEPS.items():
        left = {"to_state": (state, None)}
        done = {"from_state": (state,), "actor": (Party.SELLER,)}
        missed = {"from_state": (state,), "activity": _OVERDUE}
        yield First(f"{step}_done_at", f"the seller's step out of {state}", done, left)
        yield First(f"{step}_missed_at", f"eBay's step out of {state}, past its time", missed, left)


OF_RETURNS = (
    *ANSWERS,
    First(
        "escalated_at",
        "the first step that handed it to eBay",
        {"activity": (ReturnActivity.BUYER_ESCALATE, ReturnActivity.SELLER_ESCALATE)},
    ),
    First(
        "ready_to_ship_at",
        "accepted: the buyer may send the item back",
        {"to_state": (ReturnState.ITEM_READY_TO_SHIP,)},
    ),
    First(
        "shipped_back_at",
        "the item is on its way back, or has come",
        {"to_state": (ReturnState.ITEM_SHIPPED, ReturnState.ITEM_DELIVERED)},
    ),
    *_steps(),
)

BESIDE = (
    Column("moved", "flag", (), "whether the step led to another stage of the record"),
    Column("since", "time", (), "when the stage that it ended had begun; missing if not known"),
    Column("until", "time", (), "when the stage that it began was ended; missing if it is not"),
    Column(
        "last_activity",
        "enum",
        (),
        "the stage that it ended, of records whose history names no states",
    ),
)
"""What each line of a history tells of the lines before and after it."""


def matching(words: Iterable[str], texts: Iterable[str | None]) -> list[str]:
    """Return those of the words that are among the texts, or begin as one with ``*`` does."""
    whole = {text for text in texts if text is not None}
    starts = tuple(text.removesuffix("*") for text in whole if text.endswith("*"))
    return [word for word in words if word in whole or word.startswith(starts)]


def firsts(
    moments: Sequence[First], history: pa.Table, keys: pa.Array
) -> dict[Column, pa.ChunkedArray]:
    """
    Return the moments of the records with these keys, and when their last line was written.

    Parameters
    ----------
    moments : sequence of First
        Which moments to find.
    history : pyarrow.Table
        The history of these records, and maybe of others with other keys.
    keys : pyarrow.Array
        The `record_id` of each record; null has no moments.
    """
    coded = {
        name: _Coded(history[name]) for name in ("actor", "activity", "from_state", "to_state")
    }
    at = history["at"].combine_chunks()
    kept = [
        pc.if_else(pa.array(_fits(coded, moment)), at, pa.scalar(None, at.type))
        for moment in moments
    ]
    ends = [(LAST, "max"), *((moment.column, "min") for moment in moments)]
    lines = pa.table([history["record_id"], at, *kept], ["key", *(c.name for c, _ in ends)])
    wanted = [(column.name, how) for column, how in ends]
    found = lines.group_by("key", use_threads=False).aggregate(wanted)
    places = pc.index_in(keys, value_set=found["key"].combine_chunks(), skip_nulls=True)
    return {column: found[f"{column.name}_{how}"].take(places) for column, how in ends}


def beside(history: pa.Table) -> dict[Column, pa.ChunkedArray]:
    """
    Return the columns `BESIDE` of a history; each record's moves are ordered by `at` and `seq`.

    A move is a line that leads to another state, or any line of the records in `PROSE`; lines
    without a moment are none.
    """
    kind, whose = _Coded(history["record"]), _Coded(history["record_id"])
    before, after, activity = (
        _Coded(history[name]) for name in ("from_state", "to_state", "activity")
    )
    moments = history["at"].combine_chunks().cast(pa.timestamp("us", "UTC"))
    prose = kind.holds(PROSE)
    told = (kind.codes >= 0) & (whose.codes >= 0) & moments.is_valid().to_numpy(False)
    moved = told & (prose | ((after.codes >= 0) & (before.among(after) != after.codes)))
    place = np.flatnonzero(moved)
    at = moments.cast(pa.int64()).fill_null(0).to_numpy()[place]
    owner = whose.codes[place].astype(np.int64) * len(kind.words) + kind.codes[place]
    order = _order(owner, at, history["seq"].to_numpy().astype("float64")[place])
    place, at, owner = place[order], at[order], owner[order]
    same = owner[1:] == owner[:-1]
    later, earlier = np.flatnonzero(same) + 1, np.flatnonzero(same)
    words = np.where(prose[place[later]], activity.codes[place[earlier]], -1)
    size, time = history.num_rows, moments.type
    codes = np.full(size, -1, dtype=np.int32)
    codes[place[later]] = words
    made = (
        pa.array(moved),
        _scattered(size, place[later], at[earlier]).cast(time),
        _scattered(size, place[earlier], at[later]).cast(time),
        pa.DictionaryArray.from_arrays(
            pa.array(codes, mask=codes < 0), pa.array(activity.words, pa.string())
        ),
    )
    return {c: pa.chunked_array([array]) for c, array in zip(BESIDE, made, strict=True)}


class _Coded:
    """A column of texts as numbers: `codes`, -1 for a gap, are places among the `words`."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        plain = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        held = plain.unify_dictionaries().combine_chunks()
        self.words: list[str] = held.dictionary.to_pylist()
        self.codes: npt.NDArray[np.int32] = held.indices.cast(pa.int32()).fill_null(-1).to_numpy()

    def holds(self, texts: Texts) -> Flags:
        """Tell which rows hold one of the texts."""
        found = set(matching(self.words, texts))
        hit = np.array([*(word in found for word in self.words), None in texts])
        flags: Flags = hit[self.codes]  # the last one is that of -1
        return flags

    def among(self, other: _Coded) -> npt.NDArray[np.int32]:
        """Return the codes that the rows have among the words of another column, or -1."""
        place = {word: code for code, word in enumerate(other.words)}
        codes = np.array([*(place.get(word, -1) for word in self.words), -1], dtype=np.int32)
        return codes[self.codes]


def _fits(coded: Mapping[str, _Coded], moment: First) -> Flags:
    held = [coded[name].holds(texts) for name, texts in moment.fits.items()]
    held += [~coded[name].holds(texts) for name, texts in moment.but.items()]
    return reduce(np.logical_and, held)


def _order(owner: Places, at: Places, seq: npt.NDArray[np.float64]) -> Places | slice:
    """Sort lines by record and time, unless they lie so already, as tables mostly do."""
    same = owner[1:] == owner[:-1]
    later = (at[1:] > at[:-1]) | ((at[1:] == at[:-1]) & (seq[1:] >= seq[:-1]))
    together = len(owner) - same.sum() == len(np.unique(owner))
    if together and (~same | later).all():
        return slice(None)
    return np.lexsort((seq, at, owner))


def _scattered(size: int, place: Places, values: Places) -> pa.Array:
    """Return an array with the values at their places and gaps everywhere else."""
    spread, gaps = np.zeros(size, dtype=np.int64), np.ones(size, dtype=bool)
    spread[place], gaps[place] = values, False
    return pa.array(spread, mask=gaps)
