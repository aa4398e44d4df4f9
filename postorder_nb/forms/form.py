"""
The form of one call: fill in, preview, confirm, receipt.

A preview makes the exact request with the client's own `preview` and arms the button; any edit
disarms it. The click takes the armed request away before it is sent, so that a second click in
the queue finds nothing. An outcome in doubt leaves one way on: to look again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import ipywidgets as widgets

from .. import display
from ..api.client import PostOrder
from ..api.journal import Attempt
from ..api.operation import Answer, Effect, Operation
from ..api.receipt import Receipt
from ..errors import AnswerError, CallGone, InDoubt, InputError, PostOrderError
from .allowed import decisions, fits, is_gone
from .banner import banner
from .box import Box, attempt
from .deliberate import Deliberate
from .facts import Facts
from .fieldset import Fieldset
from .messages import explained, told
from .sentences import sentence, verb
from .style import sheet

Stage = Literal["open", "armed", "sending", "done", "doubt", "gone"]


class Form(Box):
    """
    The form of one call; made by `postorder_nb.forms.form` and its neighbours.

    Attributes
    ----------
    operation : str
        The call's key.
    result : Receipt or None
        What the call returned; None before it, and where it failed.
    error : BaseException or None
        What went wrong last.
    preview_text : str
        The sentence and the exact request that stand in the preview; empty without one.
    """

    def __init__(
        self,
        po: PostOrder,
        row: Operation,
        known: Mapping[str, Any],
        *,
        answer: Answer | Facts | None,
    ) -> None:
        self.operation = row.key
        self.result: Receipt | None = None
        self.error: BaseException | None = None
        self.preview_text = ""
        self.stage: Stage = "open"
        self._po, self._row = po, row
        self._armed: dict[str, Any] | None = None
        self._record = self._said = ""
        self._doubtful: str | None = None  # what a look is to settle: a record, or an attempt
        self._facts = Facts()
        self._listeners: list[Callable[[Form], None]] = []
        self._title = widgets.HTML().add_class("po-title")
        self.fields = Fieldset(row, getattr(po, row.group), known)
        self._shown = widgets.HTML().add_class("po-preview")
        self.deliberate = Deliberate(row, self._refresh)
        self._preview = _button("Preview", "po-preview-button", self._on_preview)
        self._confirm = _button(verb(row, known), "po-confirm", self._on_confirm)
        self._look = _button("Look again", "po-look", self._on_look)
        self._again = _button("Start another", "po-again", self._on_again)
        self._status = widgets.HTML().add_class("po-status")
        self._receipt = widgets.HTML().add_class("po-receipt")
        buttons = widgets.HBox([self._preview, self._confirm, self._look, self._again])
        super().__init__(
            [
                sheet(), banner(po, row), self._title, self.fields, self._shown, self.deliberate,
                buttons.add_class("po-buttons"), self._status, self._receipt,
            ]
        )  # fmt: skip
        for name in ("form", row.effect, f"form-{row.key.replace('.', '-')}"):
            self.add_class(f"po-{name}")
        self.fields.on_edit(self._on_edit)
        if is_gone(po, row):
            self._explain()
        else:
            self._start(answer)

    def __repr__(self) -> str:
        return f"<Form {self.operation} {self._record or 'of a new record'}: {self.stage}>"

    def on_done(self, callback: Callable[[Form], None]) -> None:
        """Have `callback(form)` called after each attempt and each look, however it ended."""
        self._listeners.append(callback)

    def preview(self) -> None:
        """
        Show what would be sent, and arm the button: what the button "Preview" does.

        Problems are shown in the form; `error` holds the last one.
        """
        if self.stage not in ("open", "armed"):
            return
        self._disarm()
        self.error = None
        arguments, wrong = self.fields.arguments()
        self.fields.complain(wrong)
        if wrong:
            names = ", ".join(self.fields.controls[name].label for name in wrong)
            self.error = InputError(f"{self.operation}: {'; '.join(wrong.values())}")
            self._tell([f"Please mend: {names}"], "bad")
            return
        try:
            receipt = self._call(self._po.preview, arguments)
        except PostOrderError as error:
            self._fail(error)
            return
        self._record = receipt.record
        if self._waiting():
            self._enter_doubt()
            return
        self._show_request(receipt, arguments)
        if not (self._po.settings["writes"] or self._po.settings["dry_run"]):
            self._tell("This is what would be sent. This client is read-only: it cannot send it.")
            return
        self._armed = arguments
        self.deliberate.start(arguments)
        self._enter("armed")
        self._tell("Nothing is sent yet. Read it, then confirm.")
        (self.deliberate.asks or self._confirm).focus()

    def confirm(self) -> None:
        """
        Send what the preview showed, once: what the button with the verb does.

        Without an armed request, or without the deliberate act that it asks for, nothing happens.
        """
        if self._armed is None or not self.deliberate.given:
            return
        arguments, self._armed = self._armed, None
        self._enter("sending")
        self._tell("Sending ...")
        try:
            receipt = self._call(self._po, arguments)
        except BaseException as error:
            self._fail(error, sent=True)
            if not isinstance(error, Exception):
                raise
        else:
            self._finish(receipt)
        self._announce()

    def look_again(self) -> None:
        """Read the record to settle what is in doubt; nothing is sent that changes anything."""
        try:
            found = self._po.settle(self._doubtful)
        except PostOrderError as error:
            self._fail(error)
            return
        lines = [str(settlement) for settlement in found] or [
            "Nothing is in doubt any more: somebody else has looked. See the record first."
        ]
        if not all(settlement.settled for settlement in found):
            self._tell(lines, "attention")
        elif any(settlement.verdict == "happened" for settlement in found):
            self.error = None
            self._enter("done")
            self._tell(lines, "good")
        else:
            self.error = None
            self._enter("open")
            self._learn()
            self._tell([*lines, "You can preview it again."], "attention")
        self._announce()

    def start_another(self) -> None:
        """Empty the form for the next call of its kind."""
        self.result = self.error = None
        self.fields.start()
        self._start(None)
        self._preview.focus()

    def _waiting(self) -> list[Attempt]:
        """List what is in doubt on the record and must be settled before this call."""
        found = self._po.journal.open(self._record) if self._record else []
        money = self._row.effect is Effect.MONEY
        return [each for each in found if money or each.operation == self.operation]

    def _start(self, answer: Answer | Facts | None) -> None:
        self._disarm()
        self._tell("")
        self._receipt.value = ""
        self._enter("open")
        self._learn(answer)
        if self._waiting():
            self._enter_doubt()

    def _explain(self) -> None:
        """Show why there is no such form any more, and what to do instead."""
        row = self._row
        self.error = CallGone(
            f"{row.key}: eBay switched this call off on {row.gone_on}", advice=row.instead
        )
        self._show_title()
        self._enter("gone")
        self._tell([f"{self.error.message}.", f"What to do instead: {row.instead}."], "attention")

    def _learn(self, answer: Answer | Facts | None = None) -> None:
        """Read the record, if it is known, and let the fields know what it says."""
        given, _ = self.fields.arguments()
        ids = [given[name] for name in self._row.ids if name in given]
        self._facts = Facts()
        if ids:
            self._record = self._row.record.format_map(given)
            try:
                answer = answer or getattr(self._po, self._row.group).get(*ids)
                self._facts = Facts.of(self._row.group, answer)
            except PostOrderError as error:
                self.error = error
                self._tell(["The record could not be read.", *explained(error)], "bad")
        offered = decisions(self._po, self._facts) if self._facts.row else []
        self.fields.know(self._facts, decisions=offered)
        self._show_title()

    def _show_title(self) -> None:
        facts = self._facts
        parts = [self._record, facts.text("item_title")]
        parts += [f"buyer {facts.text('buyer')}"] if facts.text("buyer") else []
        summary = display.text((self._row.function.__doc__ or "").strip().splitlines()[0])
        lines = [f"<h3>{summary}</h3>", f"<p>{display.text(' · '.join(filter(None, parts)))}</p>"]
        if facts.row and not fits(self._po, self._row, facts):
            lines.append("<p>eBay does not offer this in the record's present state.</p>")
        self._title.value = "".join(lines)

    def _show_request(self, receipt: Receipt, arguments: Mapping[str, Any]) -> None:
        self._said = said = sentence(self._row, receipt.record, arguments, self._facts)
        query = "&".join(f"{name}={value}" for name, value in receipt.request.query.items())
        line = f"{receipt.request.method} {receipt.request.path}" + (query and f"?{query}")
        self.preview_text = "\n".join(filter(None, [said, line, receipt.body]))
        self._confirm.description = verb(self._row, arguments)
        body = display.text(_LONG.sub(_shortened, receipt.body))
        self._shown.value = (
            f'<p class="po-sentence">{display.text(said)}</p>'
            f'<pre class="po-request">{display.text(line)}\n{body}</pre>'
        )

    def _finish(self, receipt: Receipt) -> None:
        self.result, self.error = receipt, None
        self._enter("done")
        tone = {"done": "good", "failed": "bad"}.get(receipt.outcome, "attention")
        self._tell([_ENDS[receipt.outcome], self._said], tone)
        self._receipt.value = receipt._repr_html_()
        self._again.focus()

    def _fail(self, error: BaseException, *, sent: bool = False) -> None:
        """Show what went wrong; what was sent may be in doubt, and stays so if looking fails."""
        self.error = error
        lines = explained(error)
        if isinstance(error, InDoubt):
            self._record = error.record or self._record
            self._doubtful = self._record or error.attempt
        elif sent and (left := self._left_open(error)):
            self._doubtful = self._record or left[-1].attempt
        elif self.stage == "doubt":
            lines = ["It is still in doubt: it could not be looked into.", *lines]
        else:
            self._disarm()
            self._enter("open")
            if isinstance(error, AnswerError) and sent:
                self._learn()  # the record may have changed meanwhile
                self.error = error
            self._tell(lines, "bad")
            return
        self._enter("doubt")
        self._tell(lines, "attention")
        self._look.focus()

    def _left_open(self, error: BaseException) -> list[Attempt]:
        """List what an error nobody foresaw has left in doubt; the client's own errors tell."""
        if isinstance(error, PostOrderError):
            return []
        return self._po.journal.open(self._record)

    def _enter_doubt(self) -> None:
        self._doubtful = self._record
        self._enter("doubt")
        self._tell(
            [f"{self._waiting()[-1]} is in doubt: nobody knows yet whether it happened.",
             "Look again: the record is read, and tells. Nothing is sent."],
            "attention",
        )  # fmt: skip

    def _disarm(self) -> None:
        self._armed = None
        self.preview_text = self._shown.value = ""
        self.deliberate.start(None)

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._refresh()

    def _refresh(self) -> None:
        """Let the buttons follow the stage."""
        stage = self.stage
        self.fields.layout.display = "none" if stage == "gone" else None
        self.fields.lock(stage not in ("open", "armed"))
        self._preview.disabled = stage not in ("open", "armed")
        self._confirm.disabled = self._armed is None or not self.deliberate.given
        if stage in ("done", "doubt") and self.deliberate.asks:
            self.deliberate.start(None)
        for button, stages in (
            (self._preview, ("open", "armed", "sending")),
            (self._confirm, ("open", "armed", "sending")),
            (self._look, ("doubt",)),
            (self._again, ("done",)),
        ):
            button.layout.display = None if stage in stages else "none"

    def _tell(self, lines: str | list[str], tone: str = "neutral") -> None:
        self._status.value = told(lines, tone) if lines else ""

    def _announce(self) -> None:
        for callback in self._listeners:
            attempt(callback, self._add, self)

    def _add(self, error: Exception) -> None:
        """Show an error below what is said: the call itself has ended already."""
        self.error = error
        self._status.value += told(explained(error), "bad")

    def _call(self, client: Any, arguments: Mapping[str, Any]) -> Receipt:
        receipt: Receipt = getattr(getattr(client, self._row.group), self._row.name)(**arguments)
        return receipt

    def _on_edit(self, name: str) -> None:
        if self._armed is not None or self.preview_text:
            self._disarm()
            self._enter("open")
            self._tell("Changed: preview it again before it can be sent.")
        given, _ = self.fields.arguments()
        self._confirm.description = verb(self._row, given)
        if name in self._row.ids:
            self._guarded(self._learn)

    def _on_preview(self, _button: object) -> None:
        self._guarded(self.preview)

    def _on_confirm(self, _button: object) -> None:
        self._guarded(self.confirm)

    def _on_look(self, _button: object) -> None:
        self._guarded(self.look_again)

    def _on_again(self, _button: object) -> None:
        self._guarded(self.start_another)

    def _guarded(self, act: Callable[[], None]) -> None:
        attempt(act, lambda error: self._fail(error, sent=self.stage == "sending"))


_ENDS = {
    "done": "Done.",
    "pending": "Accepted, and not done yet: look at the record again later.",
    "failed": "Accepted, and failed: no money has moved. Look at the record before another try.",
    "not sent": "Dry run: nothing was sent.",
}

# Files are in base64: hundreds of letters that nobody reads.
_LONG = re.compile(r"[A-Za-z0-9+/=]{200,}")


def _shortened(found: re.Match[str]) -> str:
    return f"{found[0][:40]}… ({len(found[0]):,} characters)"


def _button(text: str, name: str, act: Callable[[object], None]) -> Any:
    button = widgets.Button(description=text, tooltip=text).add_class(name)
    button.on_click(act)
    return button
