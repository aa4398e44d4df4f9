"""
The control of one argument: what it asks for, beside it what is wrong, and its value.

A control keeps what it was given until somebody edits it, so that a prefilled argument is sent as
it was passed. The value is what the call's method takes; None means that it is left out.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets
from traitlets import MetaHasTraits

from ..api.parts import Text
from ..enums import label as in_words
from ..errors import InputError
from ..money import Money
from .box import Box
from .facts import Facts
from .messages import small

WIDE = {"description_width": "initial"}
"""The style of an input: its description is never cut."""

_UNSET = "(choose)"
PAID = ("amount", "partial_refund_amount")
"""The amounts that are paid out, unlike what a label has cost."""

CURRENCIES = ("USD", "EUR", "GBP", "AUD", "CAD", "CHF", "PLN", "SEK", "DKK", "HKD", "SGD", "JPY")


class _Kind(ABCMeta, MetaHasTraits):
    """The class of controls: a widget's, and one that knows what is abstract."""


class Control(Box, metaclass=_Kind):
    """
    One argument of a call.

    Parameters
    ----------
    name : str
        The argument's name.
    label : str
        What it is called on the page.
    help : str
        What stands below it.
    required : bool
        Whether it must be given, whatever the others are.
    """

    sample: Any = "1"
    """Some valid value: stands in while it is found out which arguments go together."""

    def __init__(self, name: str, label: str, *, help: str = "", required: bool = False) -> None:
        self.name, self.label, self.help = name, label, help
        self.always = self.required = required
        self.fixed = self.idle = False
        self.untouched = True
        self._given: Any = None
        self._kept = False
        self._edits: list[Callable[[], None]] = []
        self._note = widgets.HTML().add_class("po-field-note")
        self._problem = widgets.HTML().add_class("po-field-problem")
        self.inputs: list[Any] = self._made()
        self._name()
        self._empty = [each.value for each in self.inputs]
        super().__init__([*self._shown(), self._note, self._problem])
        self.add_class("po-field").add_class(f"po-field-{name}")
        for each in self.inputs:
            each.observe(self._edited, names="value")
        self.mark(required)

    @abstractmethod
    def _made(self) -> list[Any]:
        """Make the inputs, the first of which is named after the argument."""

    def _name(self) -> None:
        """Name the input that bears the mark of what is required."""
        self.inputs[0].description = self.label
        self.inputs[0].add_class("po-named")

    def _shown(self) -> list[Any]:
        """Return what is shown, the inputs and what stands around them."""
        return self.inputs

    @abstractmethod
    def _read(self) -> Any:
        """Return what the inputs say; None where they say nothing."""

    @abstractmethod
    def _write(self, value: Any) -> None:
        """Show a value in the inputs."""

    def clear(self) -> None:
        """Empty the inputs."""
        self._kept, self._given = True, None  # emptying is no edit
        for each, empty in zip(self.inputs, self._empty, strict=True):
            each.value = empty
        self._kept = False
        self.untouched = True
        self.complain("")

    def know(self, facts: Facts) -> None:
        """Take over what the record says: its currency, what is left to refund ..."""

    @property
    def value(self) -> Any:
        """The argument, or None; raises InputError if the inputs make no value."""
        return self._given if self._kept else self._read()

    def put(self, value: Any) -> None:
        """Start with a value: it is sent as it is, unless somebody edits it."""
        self._given, self._kept = None, False
        if value is not None:
            self._kept = True  # writing is no edit
            self._write(value)
            self._given = value
        self.mark(self.required)

    def on_edit(self, callback: Callable[[], None]) -> None:
        """Have `callback()` called after each edit."""
        self._edits.append(callback)

    def lock(self, locked: bool) -> None:
        """Make the inputs deaf, or let them be edited again."""
        for each in self.inputs:
            each.disabled = locked or self.fixed

    def complain(self, problem: str) -> None:
        """Say beside the control what is wrong with it; the empty text takes it back."""
        self._problem.value = f'<span role="alert">{small(problem)}</span>' if problem else ""
        (self.add_class if problem else self.remove_class)("po-wrong")

    def mark(self, required: bool, reason: str = "") -> None:
        """
        Show whether it is required, and why it is here at all.

        By a class of what is around the input, and never by the input's own description: an
        input of which anything is changed is shown anew, and loses what is just being typed.
        """
        self.required = required
        (self.add_class if required else self.remove_class)("po-required")
        self._note.value = small(". ".join(part for part in (reason, self._remark()) if part))

    def _remark(self) -> str:
        """Return what stands below the control."""
        return self.help

    def visible(self, visible: bool) -> None:
        """Show or hide it; what is hidden is not sent."""
        self.layout.display = None if visible else "none"

    @property
    def hidden(self) -> bool:
        """Whether it is out of sight, because it does not go with the other arguments."""
        return bool(self.layout.display == "none")

    def _edited(self, _change: Any) -> None:
        if self._kept and self._given is None:
            return  # it is being prefilled
        self._kept, self._given, self.untouched = False, None, False
        self.complain("")
        for callback in self._edits:
            callback()


class Line(Control):
    """A text of one line."""

    def _made(self) -> list[Any]:
        return [widgets.Text(continuous_update=False, style=WIDE)]

    def _read(self) -> Any:
        return self.inputs[0].value.strip() or None

    def _write(self, value: Any) -> None:
        self.inputs[0].value = str(value)


class UploadedLabel(Line):
    """The label to send: one of those that were uploaded to the return."""

    def _made(self) -> list[Any]:
        return [widgets.Combobox(ensure_option=False, continuous_update=False, style=WIDE)]

    def know(self, facts: Facts) -> None:
        """Offer the labels on the return, and start with the newest."""
        self._names = facts.labels
        self.inputs[0].options = tuple(self._names)
        if self.untouched and self._names:
            self.put(list(self._names)[-1])
        self.mark(self.required)

    def _remark(self) -> str:
        there = ", ".join(f"{number} ({name})" for number, name in self._names.items())
        return f"On this return: {there}" if there else "Upload the label first, as a file"

    _names: Mapping[str, str] = MappingProxyType({})


class Number(Line):
    """A whole number."""

    sample = 1

    def _read(self) -> Any:
        text = super()._read()
        if text is None:
            return None
        if not text.isdecimal():
            raise InputError(f"{text!r} is no whole number", advice="write digits only")
        return int(text)


class Prose(Control):
    """A text for the other party, with its length."""

    _language: str | None = None

    def _made(self) -> list[Any]:
        self._counter = widgets.HTML(_length("")).add_class("po-counter")
        # Sent as it is left: what is sent while typing can arrive after the click on a button.
        return [widgets.Textarea(rows=4, continuous_update=False, style=WIDE)]

    def _shown(self) -> list[Any]:
        self.inputs[0].observe(self._count, names="value")
        return [*self.inputs, self._counter]

    def _read(self) -> Any:
        content = self.inputs[0].value.strip()
        return Text(content, self._language) if content and self._language else content or None

    def _write(self, value: Any) -> None:
        self.inputs[0].value = value.content if isinstance(value, Text) else str(value)

    def put(self, value: Any) -> None:
        """Start with a text; when its words are edited, it keeps its language."""
        super().put(value)
        self._language = value.language if isinstance(value, Text) else None

    def _count(self, _change: Any) -> None:
        self._counter.value = _length(self.inputs[0].value)


def _length(text: str) -> str:
    return small(f"{len(text):,} characters" if len(text) != 1 else "1 character")


def dropdown(options: Iterable[tuple[str, Any]]) -> Any:
    """Make a dropdown whose first option is None; where that is chosen, its words are shown."""

    def show(change: Any) -> None:
        if change.owner.index is None:  # a value of None is no option at all for ipywidgets
            change.owner.index = 0

    made = widgets.Dropdown(options=list(options), style=WIDE)
    made.observe(show, names="index")
    made.index = 0
    return made


class Choice(Control):
    """One of a closed set, in words."""

    def __init__(self, *args: Any, options: Iterable[tuple[str, Any]], **more: Any) -> None:
        self._options = list(options)
        self.sample = self._options[0][1]
        super().__init__(*args, **more)

    def _made(self) -> list[Any]:
        return [dropdown([(_UNSET, None), *self._options])]

    def _read(self) -> Any:
        return self.inputs[0].value

    def _write(self, value: Any) -> None:
        chosen = next((option for _, option in self._options if option == value), None)
        if chosen is None:
            self._options.append((in_words(str(value)), value))
            self.restrict([option for _, option in self._options])
        self.inputs[0].value = value if chosen is None else chosen

    def restrict(self, values: Iterable[Any]) -> None:
        """Offer these values only, and the one that is chosen."""
        offered, present = {*values, self.inputs[0].value}, self.inputs[0].value
        kept = [(text, value) for text, value in self._options if value in offered]
        # Another list of options is no edit by a person.
        self.inputs[0].unobserve(self._edited, names="value")
        self.inputs[0].options = [(_UNSET, None), *kept]
        self.inputs[0].value = present
        self.inputs[0].observe(self._edited, names="value")


class YesNo(Choice):
    """A yes or a no; saying neither is possible where the call does not ask for it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, options=[("Yes", True), ("No", False)], **more)

    def _made(self) -> list[Any]:
        unset = _UNSET if self.always else "(not said)"
        return [dropdown([(unset, None), *self._options])]


class Moment(Control):
    """A moment, picked in the browser's own time zone and sent in UTC."""

    sample = "2015-01-01T00:00:00Z"

    def _made(self) -> list[Any]:
        return [widgets.DatetimePicker(style=WIDE)]

    def _read(self) -> Any:
        return self.inputs[0].value

    def _write(self, value: Any) -> None:
        then = datetime.fromisoformat(value) if isinstance(value, str) else value
        if then.tzinfo is None:
            raise InputError(f"{self.name}: {value!r} has no time zone", advice="add one")
        self.inputs[0].value = then

    def _remark(self) -> str:
        return ". ".join(part for part in (self.help.rstrip("."), "Your local time") if part)


class Amount(Control):
    """An amount as decimal text, and its currency."""

    sample = "1 USD"
    most: Money | None = None
    """What it may be at most; only what is refunded has such a limit."""

    def _made(self) -> list[Any]:
        return [
            widgets.Text(placeholder="24.90", continuous_update=False, style=WIDE),
            widgets.Combobox(
                description="Currency", options=CURRENCIES, ensure_option=False,
                continuous_update=False, style=WIDE, layout=widgets.Layout(width="12em"),
            ),
        ]  # fmt: skip

    def _shown(self) -> list[Any]:
        return [widgets.HBox(self.inputs).add_class("po-amount")]

    def _read(self) -> Any:
        number, currency = (each.value.strip() for each in self.inputs)
        return Money.parse(f"{number} {currency.upper()}") if number else None

    def _write(self, value: Any) -> None:
        money = Money.parse(value) if isinstance(value, str) else value
        self.inputs[0].value, self.inputs[1].value = str(money.amount), money.currency

    @property
    def value(self) -> Any:
        """The amount; raises InputError above what can be refunded, and in another currency."""
        found = super().value
        money = Money.parse(found) if isinstance(found, str) else found
        if self.most and money and money.currency != self.most.currency:
            raise InputError(f"the record is in {self.most.currency}", advice="change the currency")
        if self.most and money and self.most < money:
            raise InputError(f"{money} is more than can be refunded", advice=f"{self.most} at most")
        return found

    def know(self, facts: Facts) -> None:
        """Take over the record's currency and what can be refunded at most."""
        self.most = facts.most if self.name in PAID else None
        if facts.currency and not self.inputs[1].value:
            self.inputs[1].unobserve(self._edited, names="value")
            self.inputs[1].value = facts.currency
            self.inputs[1].observe(self._edited, names="value")
        self.mark(self.required)

    def _remark(self) -> str:
        if self.most is None:
            return self.help
        return f"At most {self.most} can be refunded"
