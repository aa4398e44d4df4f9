"""What a state machine is made of: steps, timers, and the act that takes a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .odds import Dice
from .records import Record

if TYPE_CHECKING:
    from .world import World

R = TypeVar("R", bound=Record)

OUTLOOKS = ("SUCCESS", "PENDING", "FAILED", "REFUSED", "shares")
BUYER, SELLER, SYSTEM, CSR = "BUYER", "SELLER", "SYSTEM", "CSR"


@dataclass(frozen=True, slots=True)
class Policy:
    """
    How the side that no caller speaks for behaves.

    `refund_status` is what refunds are answered with: SUCCESS, PENDING, FAILED, REFUSED (the call
    is an error, nothing moves), or ``shares`` for the shares seen in practice. `refund_lag` is
    after how many seconds a refund is confirmed; None draws 10 to 480. With `auto_refund` eBay
    refunds what the seller owes.
    """

    refund_status: str = "SUCCESS"
    refund_lag: float | None = None
    auto_refund: bool = True


@dataclass(slots=True)
class Act(Generic[R]):
    """
    Something that is done to a record, while it is done.

    `facts` is what the actor said, by name; `attributes` go into the line of the history.
    `next` collects what follows for other records: record, event, actor.
    """

    record: R
    event: str
    actor: str
    at: datetime
    dice: Dice
    world: World
    policy: Policy
    facts: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    next: list[tuple[Record, str, str]] = field(default_factory=list)


Effect = Callable[[Act[R]], None]
Guard = Callable[[Act[R]], bool]


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """
    One row of a machine: when `actor` does `event` in one of `states`, the state becomes `to`.

    `to` None keeps the state, `activity` None writes no line. The coarse status is `status`, or
    goes with the new state. Of several rows that fit, the first whose `when` holds is taken.
    """

    event: str
    actor: str
    states: frozenset[str]
    to: str | None
    activity: str | None
    status: str | None = None
    closes: str | None = None
    when: Guard[R] | None = None
    effects: tuple[Effect[R], ...] = ()


@dataclass(frozen=True, slots=True)
class Timer(Generic[R]):
    """
    In `states`, `event` happens by itself at `due` (None: not at all).

    One that `lapses` does not happen at all once its moment has passed: a reminder.
    """

    states: frozenset[str]
    due: Callable[[R], datetime | None]
    event: str | Callable[[R], str]
    actor: str | Callable[[R], str] = SYSTEM
    lapses: bool = False


@dataclass(frozen=True, slots=True)
class Machine(Generic[R]):
    """
    The life of one kind of record.

    `statuses` is the coarse status each state goes with, `ends` the states nothing follows,
    `place` the state as the steps know it.
    """

    steps: tuple[Step[R], ...]
    timers: tuple[Timer[R], ...]
    statuses: Mapping[str, str]
    ends: frozenset[str]
    place: Callable[[R], str]

    def find(self, act: Act[R]) -> Step[R] | None:
        """Return the step an act takes, None when it is not possible now."""
        place = self.place(act.record)
        for step in self.steps:
            if (
                step.event == act.event
                and step.actor == act.actor
                and place in step.states
                and (step.when is None or step.when(act))
            ):
                return step
        return None

    def timer(self, record: R, told_at: datetime | None = None) -> tuple[datetime, str, str] | None:
        """Return what happens next by itself to what was told until `told_at`: when, what, who."""
        place = self.place(record)
        found: list[tuple[datetime, str, str]] = []
        since = max(record.modified_at, told_at or record.modified_at)
        for timer in self.timers:
            due = timer.due(record) if place in timer.states else None
            if due is not None and not (timer.lapses and due <= since):
                event = timer.event if isinstance(timer.event, str) else timer.event(record)
                actor = timer.actor if isinstance(timer.actor, str) else timer.actor(record)
                found.append((due, event, actor))
        return min(found, default=None)


def states(*names: str) -> frozenset[str]:
    """Return a set of states."""
    return frozenset(names)


def own_state(record: Record) -> str:
    """Return the state itself."""
    return record.state
