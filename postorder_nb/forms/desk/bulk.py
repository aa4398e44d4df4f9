"""The same harmless call on many records: who takes part, what each would send, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from ...api.client import PostOrder
from ...api.operation import CATALOGUE, Effect
from ...api.receipt import Receipt
from ...errors import InDoubt, NoAnswer, PostOrderError, RateLimited, TokenRefused
from . import words

CALLS = {"send_message": "Send a message", "mark_as_received": "Mark returns as received"}
"""The calls that may be made on many records at once: none of them moves money."""

_OPTIONS = {
    "send_message": "SELLER_SEND_MESSAGE",
    "mark_as_received": "SELLER_MARK_AS_RECEIVED",
}
# After these the next record would fare no better.
_ENDINGS = (TokenRefused, RateLimited, NoAnswer)
_REST = "not sent: the one before went wrong"
_STOPPED = "not sent: stopped"


class Key(NamedTuple):
    """Which record."""

    group: str
    record_id: str

    def __str__(self) -> str:
        return words.named(self.group, self.record_id)


@dataclass(frozen=True)
class Batch:
    """
    One call on several records, checked and ready to be sent.

    Parameters
    ----------
    name : str
        A key of `CALLS`.
    keys : list of Key
        The records that take part.
    left_out : list of Key
        Those whose state does not allow the call.
    arguments : dict
        What the call is given beside the id.
    example : str
        The first request as it would be sent; empty if no record takes part.
    """

    name: str
    keys: list[Key]
    left_out: list[Key]
    arguments: dict[str, Any] = field(default_factory=dict)
    example: str = ""

    @property
    def final(self) -> bool:
        """Whether no call undoes it."""
        return any(
            CATALOGUE[f"{key.group}.{self.name}"].effect is Effect.FINAL for key in self.keys
        )

    @property
    def sentence(self) -> str:
        """What will happen, as a person would say it."""
        n = f"{len(self.keys):,} {'record' if len(self.keys) == 1 else 'records'}"
        if self.name == "send_message":
            return f"Send this message to the other party of {n}"
        return f"State that the items of {n} came back"


class Step(NamedTuple):
    """How it went with one record."""

    key: Key
    said: str
    ok: bool
    error: Exception | None = None


def plan(po: PostOrder, rows: pd.DataFrame, name: str, text: str = "") -> Batch:
    """
    Prepare the call on the records of these rows of the queue; nothing is sent.

    Raises
    ------
    InputError
        If the text is missing or not what eBay takes.
    """
    fit: list[Key] = []
    out: list[Key] = []
    for group, record_id, options in rows[["group", "record_id", "options"]].itertuples(
        index=False
    ):
        (fit if _takes(group, options, name) else out).append(Key(group, record_id))
    argument = "message" if name == "send_message" else "comments"
    arguments = {argument: text} if text or name == "send_message" else {}
    example = ""
    if fit:
        would = _call(po.preview, name, fit[0], arguments)
        example = f"{would.request.method} {would.request.path}\n{would.body}"
    return Batch(name, fit, out, arguments, example)


async def run(po: PostOrder, batch: Batch, stopped: Callable[[], bool]) -> AsyncIterator[Step]:
    """
    Make the calls one after the other, and tell of each how it went.

    A record's refusal, or a doubt after eBay's own fault, is its own; a token that is refused, a
    lost answer or a used-up quota ends the run, and the rest is told as not sent.
    """
    ending = ""
    for key in batch.keys:
        ending = ending or (_STOPPED if stopped() else "")
        if ending:
            yield Step(key, ending, ok=False)
            continue
        try:
            receipt = await asyncio.to_thread(_call, po, batch.name, key, batch.arguments)
        except PostOrderError as error:
            ending = _REST if _ends(error) else ""
            yield Step(key, "; ".join(str(error).splitlines()), ok=False, error=error)
        else:
            yield Step(key, receipt.outcome, ok=receipt.ok)


def _ends(error: PostOrderError) -> bool:
    """Tell whether the others would meet the same; eBay's HTTP 500 may be this record's refusal."""
    cause = error.__cause__ if isinstance(error, InDoubt) else error
    return isinstance(cause, _ENDINGS)


def _takes(group: str, options: object, name: str) -> bool:
    if f"{group}.{name}" not in CATALOGUE:
        return False
    # An inquiry names no options: eBay's answer tells.
    return group != "returns" or _OPTIONS[name] in words.raw(options).split()


def _call(po: Any, name: str, key: Key, arguments: dict[str, Any]) -> Receipt:
    receipt: Receipt = getattr(getattr(po, key.group), name)(key.record_id, **arguments)
    return receipt
