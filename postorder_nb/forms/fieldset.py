"""The fields of a form: those that go together are shown, and what they say becomes arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..api.operation import Group, Operation
from ..errors import InputError, PostOrderError
from ..money import Money
from .box import Box
from .composite import Lines
from .controls import Amount, Choice, Control
from .facts import Facts
from .kinds import control
from .together import Together


class Fieldset(Box):
    """
    The controls of a call's arguments, in the order of its signature.

    Parameters
    ----------
    row : Operation
        The call.
    group : Group
        The group it belongs to; nothing is sent.
    known : mapping
        What the fields start with; an id among them is fixed.
    """

    def __init__(self, row: Operation, group: Group, known: Mapping[str, Any]) -> None:
        self._row, self._known = row, known
        self.controls = {name: control(row, name) for name in list(row.signature.parameters)[1:]}
        self._together = Together(row, group, {c.name: c.sample for c in self.controls.values()})
        self._uses: dict[str, str] = {}
        self._listeners: list[Callable[[str], None]] = []
        for name, each in self.controls.items():
            each.fixed = name in row.ids and name in known
            each.on_edit(partial(self._edited, name))
        super().__init__(list(self.controls.values()))
        self.add_class("po-fields")
        self.start()

    def start(self) -> None:
        """Show what was known at the beginning, and nothing else."""
        for name, each in self.controls.items():
            default = self._row.signature.parameters[name].default
            each.clear()
            each.put(self._known.get(name, default if isinstance(default, str) else None))
            each.lock(False)
        self.arrange()

    def know(self, facts: Facts, *, decisions: list[str]) -> None:
        """
        Take over what the record says.

        Where nothing was said about a refund yet, it starts with all that can be refunded.
        """
        for each in self.controls.values():
            each.know(facts)
        decision = self.controls.get("decision")
        if isinstance(decision, Choice) and decisions:
            decision.restrict(decisions)
        amount, lines = self.controls.get("amount"), self.controls.get("lines")
        said = {"amount", "lines"} & set(self._known)
        if isinstance(amount, Amount) and isinstance(lines, Lines) and facts.whole and not said:
            lines.idle = len(facts.refundable) == 1  # there is nothing to share out
            if amount.untouched and lines.untouched:
                amount.put(facts.whole)
                lines.put(dict(facts.estimated))
        self.arrange()

    def on_edit(self, callback: Callable[[str], None]) -> None:
        """Have `callback(name)` called after each edit of an argument."""
        self._listeners.append(callback)

    def lock(self, locked: bool) -> None:
        """Make all controls deaf, or let them be edited again."""
        for each in self.controls.values():
            each.lock(locked)

    def arguments(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the arguments that are given, and what is wrong with the others, by name."""
        given: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, each in self.controls.items():
            if each.hidden:
                continue
            try:
                value = each.value
                if value is not None:
                    self._row.check({name: value})
                    given[name] = value
                elif each.required:
                    wrong[name] = "This is needed"
            except InputError as error:
                wrong[name] = _plain(error, f"{self._row.key}: {name}: ")
        return given, wrong

    def complain(self, wrong: Mapping[str, str]) -> None:
        """Say beside each control what is wrong with it, and lead to the first."""
        for name, each in self.controls.items():
            each.complain(wrong.get(name, ""))
        for name in wrong:
            self.controls[name].inputs[0].focus()
            break

    def arrange(self) -> None:
        """Show the controls that go with what is given, and mark those that are needed."""
        given, _ = self.arguments()
        standings = self._together.standings(given)
        for name, each in self.controls.items():
            standing = standings[name]
            if not standing.fits:
                self._uses[name] = f"Goes with {standing.reason}"
            reason = standing.reason if standing.needed else self._uses.get(name, "")
            # Marked before it is seen: a change from here takes away what is being typed there.
            each.mark(each.always or standing.needed, reason)
            each.visible(standing.fits and not each.idle)
        lines = self.controls.get("lines")
        if isinstance(lines, Lines):
            self._add_up(lines, given.get("amount"))

    def _add_up(self, lines: Lines, amount: Any) -> None:
        money = Money.parse(amount) if isinstance(amount, str) else amount
        lines.currency = money.currency if money else ""
        lines.add_up(money)

    def _edited(self, name: str) -> None:
        given, wrong = self.arguments()
        if name in wrong and name not in given and _says_something(self.controls[name]):
            self.controls[name].complain(wrong[name])
        self.arrange()
        for callback in self._listeners:
            callback(name)


def _says_something(each: Control) -> bool:
    """Tell whether anything stands in it: an empty control is not wrong yet."""
    try:
        return each.value is not None
    except InputError:
        return True


def _plain(error: PostOrderError, start: str) -> str:
    words = error.message.removeprefix(start)
    return f"{words}: {error.advice}" if error.advice else words
