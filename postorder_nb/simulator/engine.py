"""What takes the steps: one act at a time, and the timers when their moment has come."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from . import machines
from .acts import SYSTEM, Act, Policy, Step
from .effects.money import drawn
from .ledger import Moved
from .odds import Dice
from .records import Event, Record
from .settle import owed
from .world import World

if TYPE_CHECKING:
    from .behaviour import Behaviour

GRACE = timedelta(hours=1)
Key = tuple[str, str]


class Impossible(Exception):
    """An act the record's present state does not allow."""

    def __init__(self, record: Record, event: str, actor: str) -> None:
        super().__init__(f"{actor} cannot {event} while {record.id} is {record.state}")
        self.record, self.event, self.actor = record, event, actor


class Deed(NamedTuple):
    """What happens next to a record: when, what, who does it, and what goes with it."""

    at: datetime
    event: str
    actor: str
    facts: Mapping[str, Any] | None = None
    attributes: Mapping[str, Any] | None = None


class Engine:
    """
    The writer of a world.

    While time passes, timers, the reactions of a `behaviour` and the records it lets arrive happen
    in the order of their moments; without one there are only the timers. A record that a story
    has told waits for its next timer from the moment it was told: what was overdue by then
    happens an hour later at the earliest, never at once.
    """

    def __init__(self, world: World, policy: Policy, behaviour: Behaviour | None = None) -> None:
        self.world = world
        self.policy = policy
        self.behaviour = behaviour
        self._heap: list[tuple[datetime, int, Record]] = []
        self._order = count()
        self._told: dict[Key, datetime] = {}
        self._dropped: dict[Key, int] = {}

    # -- acts ---------------------------------------------------------------------------------

    def act(
        self,
        record: Record,
        event: str,
        actor: str,
        *,
        at: datetime | None = None,
        facts: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Act[Any]:
        """Take a step; raises `Impossible` where none fits."""
        with self.world.lock:
            self._notice()
            moment = max(at or self.world.clock.now(), record.modified_at)
            dice = Dice(f"{record.id}:{len(record.history)}:{event}:{actor}")
            act: Act[Any] = Act(
                record, event, actor, moment, dice, self.world, self.policy,
                dict(facts or {}), dict(attributes or {}),
            )  # fmt: skip
            step = machines.of(record).find(act)
            if step is None:
                raise Impossible(record, event, actor)
            self._commit(act, step)
            for other, follows, who in act.next:
                self.act(other, follows, who, at=moment)
            return act

    def _commit(self, act: Act[Any], step: Step[Any]) -> None:
        record, machine = act.record, machines.of(act.record)
        settled = {id(move) for move in record.movements if move.status == "SUCCESS"}
        state = step.to or record.state
        if step.activity:
            line = Event(
                act.at, act.actor, step.activity, record.state, state,
                act.facts.get("comments"), act.attributes,
            )  # fmt: skip
            record.history.append(line)
        record.state = state
        if step.to in machine.ends:
            record.closed_at, record.close_reason = act.at, step.closes
        status = step.status or (machine.statuses.get(state) if step.to else None)
        record.status = status or record.status
        for effect in step.effects:
            effect(act)
        if step.to in machine.ends:
            record.payment = None
            if record.close_reason != "REFUND_FAILED" and not owed(record):
                record.outstanding = None
        if act.event not in ("case_ends", "case_recouped"):  # the case's money: under the case
            self._book(record, act.at, settled)
        record.version += 1
        self._told.pop(_key(record), None)
        self._schedule(record)

    def _book(self, record: Record, at: datetime, settled: set[int]) -> None:
        """Enter into the ledger what has moved."""
        kind = type(record).__name__.lower()
        for move in record.movements:
            if move.status == "SUCCESS" and id(move) not in settled and move.actual:
                amount, currency = move.actual.amount, move.actual.currency
                move.booked = True
                self.world.ledger.append(Moved(kind, record.id, move.type, amount, currency, at))

    def possible(self, record: Record, event: str, actor: str) -> bool:
        """Tell whether the state, leaving all else aside, allows an act."""
        machine = machines.of(record)
        place = machine.place(record)
        return any(
            step.event == event and step.actor == actor and place in step.states
            for step in machine.steps
        )

    # -- time ---------------------------------------------------------------------------------

    def catch_up(self, now: datetime) -> None:
        """Let everything happen that was due up to `now`, in order."""
        with self.world.lock:
            self._notice()
            while True:
                due = self._heap[0][0] if self._heap else None
                arrival = self._next_arrival()
                if arrival and arrival <= now and (due is None or arrival < due):
                    self._arrive()
                elif due and due <= now:
                    _, _, record = heapq.heappop(self._heap)
                    deed = self._next(record)
                    if deed and deed.at == due:
                        self._perform(record, deed)
                else:
                    return

    def next_due(self) -> datetime | None:
        """Return when something happens next by itself."""
        with self.world.lock:
            self._notice()
            arrival = self._next_arrival()
            while self._heap:
                due, _, record = self._heap[0]
                deed = self._next(record)
                if deed and deed.at == due:
                    return min(due, arrival or due)
                heapq.heappop(self._heap)
            return arrival

    def _next_arrival(self) -> datetime | None:
        rate = self.behaviour.arrivals if self.behaviour else 0.0
        return self.world.next_arrival(rate) if rate else None

    def _arrive(self) -> None:
        """Let a record come into the world."""
        record, actor, facts, attributes = self.world.arrive()
        self.act(record, "create", actor, at=record.created_at, facts=facts, attributes=attributes)

    def _perform(self, record: Record, deed: Deed) -> None:
        """Do what is due; a reaction in vain is forgotten until the next act."""
        try:
            self.act(
                record, deed.event, deed.actor,
                at=deed.at, facts=deed.facts, attributes=deed.attributes,
            )  # fmt: skip
        except Impossible:
            if self._reaction(record) is None:
                raise
            self._dropped[_key(record)] = record.version
            self._schedule(record)

    def _notice(self) -> None:
        """Watch the records that have come into the world since."""
        fresh, self.world.fresh = self.world.fresh, []
        for record, told_at in fresh:
            self._told[_key(record)] = told_at
            self._schedule(record)

    def _next(self, record: Record) -> Deed | None:
        """Return what happens next to a record: by itself, or because somebody reacts."""
        told_at = self._told.get(_key(record))
        timer = machines.of(record).timer(record, told_at)
        deeds = [Deed(*timer)] if timer else []
        reaction = self._reaction(record)
        if reaction:
            deeds.append(reaction)
        if not deeds:
            return None
        deed = min(deeds, key=lambda deed: deed.at)
        due = deed.at
        if told_at is not None and due <= told_at:
            due = told_at + GRACE + drawn(record, "late").seconds(300, 1560)
        return deed._replace(at=max(due, record.modified_at))

    def _reaction(self, record: Record) -> Deed | None:
        if self.behaviour is None or self._dropped.get(_key(record)) == record.version:
            return None
        reaction = self.behaviour.reaction(record)
        if reaction is None:
            return None
        due, event, actor = reaction.due, reaction.event, reaction.actor
        return Deed(due, event, actor, reaction.facts, reaction.attributes)

    def _schedule(self, record: Record) -> None:
        deed = self._next(record)
        if deed:
            heapq.heappush(self._heap, (deed.at, next(self._order), record))


def _key(record: Record) -> Key:
    return type(record).__name__, record.id


def happen(
    engine: Engine, record: Record, event: str, actor: str | None, facts: Mapping[str, Any]
) -> Act[Any]:
    """
    Let something happen that no call does: a scan, a decision, a click on the site.

    Without `actor` it is whoever may do it in the record's state.
    """
    steps = [step for step in machines.of(record).steps if step.event == event]
    place = machines.of(record).place(record)
    here = [step.actor for step in steps if place in step.states]
    who = actor or (here or [step.actor for step in steps] or [SYSTEM])[0]
    escalates = event == "escalate"
    attributes = {"escalateReason": facts.get("reason", "OTHER")} if escalates else {}
    return engine.act(record, event, who, facts=facts, attributes=attributes)
