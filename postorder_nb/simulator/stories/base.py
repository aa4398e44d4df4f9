"""The walk every story takes."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from ..odds import Dice
from ..records import Event, Record

R = TypeVar("R", bound=Record)


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
    """

    statuses: ClassVar[dict[str, str]] = {}

    def __init__(self, record: R, dice: Dice, now: datetime) -> None:
        self.record = record
        self.dice = dice
        self.now = now
        self.at = record.created_at

    def tell(self) -> R:
        """Walk the story until now, and return the record."""
        with suppress(NotYet):
            self.walk()
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
        **attributes: Any,
    ) -> datetime:
        """
        Write a line: at `when`, or that long after the line before; `to` None keeps the state.

        The coarse status follows the state unless `status` says otherwise. Raises `NotYet` when
        the moment lies after now.
        """
        at = self.at + when if isinstance(when, timedelta) else max(when, self.at)
        if at > self.now:
            raise NotYet
        record = self.record
        state = to or record.state
        record.history.append(Event(at, actor, activity, record.state, state, notes, attributes))
        self.at, record.state = at, state
        if status or state in self.statuses:
            record.status = status or self.statuses[state]
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

    def job(self, due: datetime) -> datetime:
        """Return when the timer that was set to `due` is served: some minutes later."""
        return due + self.dice.seconds(300, 1560)
