"""The walk every story takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from ..odds import Dice
from ..records import Event, Record
from ..texts import PLAIN, Texts

R = TypeVar("R", bound=Record)

NOTHING: dict[str, Any] = {}  # one for all lines that have no attributes; nobody writes to it


class NotYet(Exception):
    """The next step lies after now."""


class Story(Generic[R]):
    """
    The making of one record.

    Parameters
    ----------
    record : Record
        The record, just created and without history.
    dice : Dice
        Where chance comes from.
    now : datetime
        No step happens after this.
    texts : Texts
        What people write.
    """

    statuses: ClassVar[dict[str, str]] = {}

    def __init__(self, record: R, dice: Dice, now: datetime, texts: Texts = PLAIN) -> None:
        self.record = record
        self.texts = texts
        self.dice = dice
        self.now = now
        self.at = record.created_at

    def tell(self) -> R:
        """Walk the story until now, and return the record."""
        try:  # noqa: SIM105  # `suppress` would be a tenth of a short story's time
            self.walk()
        except NotYet:
            pass
        return self.record

    def walk(self) -> None:
        """Take the steps."""
        raise NotImplementedError

    def step(
        self,
        when: datetime | timedelta,
        actor: str,
        activity: str,
        to: str | None = None,
        *,
        status: str | None = None,
        notes: str | None = None,
        facts: Mapping[str, Any] | None = None,
        **attributes: Any,
    ) -> datetime:
        """
        Write a line: at `when`, or that long after the line before; `to` None keeps the state.

        `facts` are attributes that several lines may share. The coarse status follows the state
        unless `status` says otherwise. Raises `NotYet` when the moment lies after now.
        """
        at = self.at + when if isinstance(when, timedelta) else max(when, self.at)
        if at > self.now:
            raise NotYet
        record = self.record
        before = record.state
        state = to or before
        record.history.append(
            Event(at, actor, activity, before, state, notes, facts or attributes or NOTHING)
        )
        self.at, record.state = at, state
        status = status or self.statuses.get(state)
        if status:
            record.status = status
        return at

    def close(
        self,
        when: datetime | timedelta,
        actor: str,
        activity: str,
        reason: str | None = None,
        *,
        to: str = "CLOSED",
        status: str | None = None,
        notes: str | None = None,
    ) -> None:
        """Write the last line."""
        at = self.step(when, actor, activity, to, status=status, notes=notes)
        self.record.closed_at, self.record.close_reason = at, reason

    def say(self, moment: str) -> str:
        """Return what is written at a moment of the story."""
        return self.texts.note(self.dice, moment)

    def job(self, due: datetime) -> datetime:
        """Return when the timer that was set to `due` is served: some minutes later."""
        return due + self.dice.seconds(300, 1560)
