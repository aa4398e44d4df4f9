"""The record beside the queue: what is known, what may be done, what came before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import ipywidgets

from ... import display
from ...api.client import PostOrder
from ...api.operation import CATALOGUE
from ..allowed import allowed
from ..form import Form
from ..messages import told
from ..opening import form
from ..sentences import verb
from . import files, markup, words
from .boxes import button, put, visible
from .bulk import Key
from .record import Other, Record
from .status import Status

_NOTHING = "Choose a record of the queue: its button opens it here."
_READ_ONLY = "Read-only: this Desk shows and changes nothing."
_NO_ACTION = "In its present state there is nothing you can do with it."
_DECIDE = "Approve, decline or make an offer"
_OTHERS = 12


class Card:
    """
    A record with its actions.

    Parameters
    ----------
    po : PostOrder
        The client.
    status : Status
        Where it is told what went wrong.
    opened : callable
        Called with the key of another record that is to be opened.
    left : callable
        Called when one wants to go on in the queue.
    acted : callable
        Called with the form after an attempt, and with None after a doubt was looked into.
    writes : bool
        Whether actions are offered.

    Attributes
    ----------
    box : ipywidgets.VBox
        The widget.
    record : Record or None
        What is shown.
    form : Form or None
        The action that is open.
    """

    def __init__(
        self,
        po: PostOrder,
        status: Status,
        opened: Callable[[Key], None],
        left: Callable[[], None],
        acted: Callable[[Form | None], None],
        *,
        writes: bool,
    ) -> None:
        self.record: Record | None = None
        self.form: Form | None = None
        self._tz = "UTC"
        self._po, self._status, self._writes = po, status, writes
        self._opened, self._acted = opened, acted
        self._title = ipywidgets.HTML(markup.heading(_NOTHING))
        # The keyboard can go only to what takes input and is on the page already: these two are
        # where it goes when a record, or a form, was opened.
        self.back = button("Back to the queue", "po-back", left)
        self.shut = button("Close this form", "po-shut", self.close_form)
        visible(self.back, on=False)
        visible(self.shut, on=False)
        heading = ipywidgets.HBox([self._title, self.back])
        self._buttons: dict[str, ipywidgets.Button] = {}
        self._none = ipywidgets.HTML()
        self.doubt, self.acting = ipywidgets.VBox(), ipywidgets.VBox()
        self.actions, self.files, self.others = (ipywidgets.HBox() for _ in range(3))
        self.facts, self.story = ipywidgets.HTML(), ipywidgets.HTML()
        # All parts are there from the start: a part put in later would take the focus away.
        parts = {
            "card-head": heading,
            "doubt": self.doubt,
            "actions": self.actions,
            "no-actions": self._none,
            "shutting": ipywidgets.HBox([self.shut]),
            "acting": self.acting,
            "facts": self.facts,
            "files": self.files,
            "timeline": self.story,
            "others": self.others,
        }
        self.box = ipywidgets.VBox(list(parts.values()))
        for name, part in {"card": self.box, **parts}.items():
            part.add_class(f"po-{name}")

    def show(self, record: Record, tz: str, now: datetime) -> None:
        """Show a record; a form that is open on the same record stays open."""
        same = self.record is not None and self.record.name == record.name
        if not same:
            self.close_form()
        self.record = record
        self.repaint(tz, now)
        self._show_doubt()
        self._show_actions()
        self._show_files(keep=same)
        self._show_others()
        self._title.value = markup.heading(f"{record.name[0].upper()}{record.name[1:]}")
        visible(self.back, on=True)

    def repaint(self, tz: str, now: datetime) -> None:
        """Say the moments and the countdown again."""
        self._tz = tz
        if self.record is not None:
            self.facts.value = markup.facts(self.record.facts(tz, now))
            self.story.value = markup.story(self.record, tz)

    def open_form(self, operation: str) -> None:
        """Open the form of a call on this record."""
        if self.record is None:
            return
        self.close_form()
        known = {CATALOGUE[operation].ids[0]: self.record.record_id}
        self.form = form(self._po, operation, answer=self.record.known, **known)
        self.form.on_done(self._acted)
        put(self.acting, [self.form])
        visible(self.shut, on=True)
        self.shut.focus()

    def close_form(self) -> None:
        """Take the form away."""
        if self.form is not None:
            self.form = None
            put(self.acting, [])
            self.back.focus()
            visible(self.shut, on=False)

    def _show_doubt(self) -> None:
        doubts = self._po.journal.open(self.record.name) if self.record else []
        if not doubts or (self.form is not None and self.form.stage == "doubt"):
            put(self.doubt, [])  # an open form says so itself
            return
        lines = [f"{attempt} is in doubt: its answer was lost." for attempt in doubts]
        said = ipywidgets.HTML(
            told([*lines, "Look again first: the record tells whether it happened."], "bad")
        )
        look = button("Look again", "po-look", self._status.guard(self._look))
        put(self.doubt, [said, look] if self._writes else [said])

    def _look(self) -> None:
        """Read the record and let it tell whether the write happened."""
        if self.record is not None:
            found = self._po.settle(self.record.name)
            self._acted(None)
            self._status.say([str(settlement) for settlement in found])

    def _show_actions(self) -> None:
        if self.record is None:
            return
        keys = allowed(self._po, self.record.group, self.record.known) if self._writes else []
        # The same buttons as before where they fit: one of them may have the keyboard.
        self.actions.children = [self._doing(key) for key in keys]
        none = "" if keys else told(_NO_ACTION if self._writes else _READ_ONLY)
        self._none.value = none

    def _doing(self, key: str) -> ipywidgets.Button:
        """Return the button that opens the form of a call on the record that is shown then."""
        if key not in self._buttons:
            self._buttons[key] = button(
                _DECIDE if key == "returns.decide" else verb(CATALOGUE[key], {}),
                f"po-do po-do-{key.replace('.', '-')}",
                self._status.guard(lambda: self._do(key)),
            )
        return self._buttons[key]

    def _do(self, key: str) -> None:
        if self._buttons[key] in self.actions.children:  # the click was on an earlier record's
            self.open_form(key)

    def _show_files(self, *, keep: bool) -> None:
        if self.record is None or (keep and self.files.children):
            return
        n = self.record.files
        said = f"Show {n} file{'s' if n > 1 else ''}"
        show = button(said, "po-show-files", self._status.guard(self._read_files))
        put(self.files, [show] if n and self.record.group == "returns" else [])

    def _read_files(self) -> None:
        if self.record is not None:
            answer = self._po.returns.files(self.record.record_id)
            found = files.read(self.record.record_id, answer, self._tz)
            put(self.files, [_file(each) for each in found])

    def _show_others(self) -> None:
        if self.record is None:
            return
        found = self.record.others
        title = f"This buyer's other records: {len(found):,}" if found else ""
        buttons = [
            button(_other(other, self._tz), "po-other", self._status.guard(self._opener(other)))
            for other in found[:_OTHERS]
        ]
        heading = [ipywidgets.HTML(markup.heading(title, 4))]
        put(self.others, heading + buttons if found else [])

    def _opener(self, other: Other) -> Callable[[], None]:
        return lambda: self._opened(Key(other.group, other.record_id))


def _other(other: Other, tz: str) -> str:
    name = words.named(other.group, other.record_id)
    since = words.when(other.created_at, tz)
    return f"{name[0].upper()}{name[1:]}, {other.state.lower()}, opened {since}"


def _file(file: files.File) -> ipywidgets.HTML:
    shown = display.picture(file.picture, file.name) if file.picture else ""
    said = f"{display.link(file.address, file.name)}<br>{display.text(file.told)}"
    box = ipywidgets.HTML(f"<figure>{shown}<figcaption>{said}</figcaption></figure>")
    box.add_class("po-file")
    return box
