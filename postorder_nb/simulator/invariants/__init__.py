"""
The rules every record keeps at every moment, and a walker that names those it breaks.

The rules stand on what is known of the life cycles (``facts/lives.tsv`` and the tables beside the
rules), not on the machines that move the records; only which timer comes next is asked of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..ledger import Moved
from ..records import Case, Record, Return
from ..world import World
from . import duties, links, lives, money

Rule = Callable[[Any, World], Iterator[str]]

RULES: tuple[tuple[type[Record], Rule], ...] = (
    (Record, lives.history_starts),
    (Record, lives.history_in_order),
    (Record, lives.history_chains),
    (Record, lives.history_is_legal),
    (Record, lives.status_goes_with_state),
    (Record, lives.closed_says_when),
    (Record, lives.closed_says_why),
    (Return, duties.options_are_possible),
    (Return, duties.options_are_complete),
    (Return, duties.dues_go_with_state),
    (Record, duties.deadlines_end_the_day),
    (Record, duties.deadlines_fire),
    (Record, money.refund_goes_with_reason),
    (Record, money.movements_make_the_refund),
    (Record, money.movements_have_a_time),
    (Record, money.one_refund_is_under_way),
    (Record, money.status_says_how_it_went),
    (Record, money.charge_is_refund_less_credit),
    (Record, money.fundings_make_the_charge),
    (Record, money.debts_stand_in_the_books),
    (Return, money.lines_make_the_refund),
    (Return, money.labels_are_charged_once),
    (Record, money.donation_is_a_part),
    (Record, links.escalated_has_a_case),
    (Case, links.case_has_a_parent),
    (Case, links.appeals_have_their_time),
    (Case, links.outcomes_go_together),
    (Record, links.one_open_record_of_a_kind),
    (Record, links.dates_follow_each_other),
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a record breaks, and what was found."""

    rule: str
    kind: str
    record_id: str
    found: str

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} breaks {self.rule}: {self.found}"


def check(record: Record, world: World, entries: list[Moved] | None = None) -> list[Violation]:
    """
    Walk a record through every rule, and return those it breaks.

    Parameters
    ----------
    record : Return, Inquiry, Case or Cancellation
        The record.
    world : World
        Where it is.
    entries : list of Moved or None
        What the ledger says of the record; None: look for it in the world's.

    Returns
    -------
    list of Violation
        What is wrong; empty when nothing is.

    Examples
    --------
    >>> from postorder_nb.simulator import Clock, World
    >>> world = World(returns=3, days=90, seed=1, clock=Clock("2026-03-01T12:00:00Z"))
    >>> record = next(iter(world.returns.values()))
    >>> check(record, world)
    []
    >>> record.state = "ITEM_SHIPPED"
    >>> "history_chains" in {violation.rule for violation in check(record, world)}
    True
    """
    kind = lives.kind_of(record)
    broken = [
        Violation(rule.__name__, kind, record.id, found)
        for who, rule in RULES
        if isinstance(record, who)
        for found in rule(record, world)
    ]
    ledger = money.ledger_agrees(record, world, entries)
    return broken + [Violation("ledger_agrees", kind, record.id, found) for found in ledger]


def walk(world: World) -> list[Violation]:
    """Walk every record of a world, and the ledger; return every rule that is broken."""
    by_record: dict[tuple[str, str], list[Moved]] = {}
    for entry in world.ledger:
        by_record.setdefault((entry.record, entry.record_id), []).append(entry)
    broken: list[Violation] = []
    for shelf in (world.returns, world.inquiries, world.cases, world.cancellations):
        for record in shelf.values():
            entries = by_record.pop((lives.kind_of(record), record.id), [])
            broken += check(record, world, entries)
    broken += [
        Violation("ledger_agrees", kind, record_id, "no such record")
        for kind, record_id in by_record
    ]
    return broken
