"""The bulk bar: one harmless call on the ticked records, previewed, confirmed once, stoppable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import ipywidgets
import pandas as pd

from ... import display
from ...api.client import PostOrder
from . import bulk, words
from .boxes import button, visible
from .listing import Listing
from .status import Status


class BatchBar:
    """
    The bulk bar.

    Parameters
    ----------
    po : PostOrder
        The client.
    listing : Listing
        Where records are ticked.
    queue : callable
        Returns the rows of the queue as they are now.
    status : Status
        Where it is told what went wrong.
    done : callable
        Called when a run has ended.

    Attributes
    ----------
    box : ipywidgets.VBox
        The widget.
    results : list of Step
        What became of each record of the last run.
    """

    def __init__(
        self,
        po: PostOrder,
        listing: Listing,
        queue: Callable[[], pd.DataFrame],
        status: Status,
        done: Callable[[], None],
    ) -> None:
        self.results: list[bulk.Step] = []
        self._po, self._listing, self._queue = po, listing, queue
        self._status, self._done = status, done
        self._armed: bulk.Batch | None = None
        self._stopped = self._running = False
        self._task: asyncio.Task[None] | None = None
        self._build()
        self.follow()

    def _build(self) -> None:
        self.count = ipywidgets.HTML()
        self.all = button("Tick all on this page", "po-bulk-all", self._tick_all)
        self.none = button("Untick all", "po-bulk-none", lambda: self._listing.mark([]))
        self.what = ipywidgets.Dropdown(
            options=[(said, name) for name, said in bulk.CALLS.items()], description="With these:"
        )
        self.what.add_class("po-bulk-what")
        self.text = ipywidgets.Textarea(
            description="Message or comment:",
            continuous_update=False,
            style={"description_width": "initial"},
        )
        self.text.add_class("po-bulk-message")
        self.preview = button("Preview", "po-bulk-preview-button", self._status.guard(self._look))
        self.shown = ipywidgets.HTML()
        self.shown.add_class("po-bulk-preview")
        self.sure = ipywidgets.Checkbox(
            description="I know that this cannot be undone", indent=False
        )
        self.sure.add_class("po-bulk-deliberate")
        self.confirm = button("Send", "po-bulk-confirm", self._status.guard(self._send))
        self.stop = button("Stop", "po-bulk-stop", self._stop)
        self.outcome = ipywidgets.HTML()
        self.outcome.add_class("po-bulk-results")
        for control in (self.what, self.text):
            control.observe(lambda _: self._disarm(), "value")
        self.sure.observe(lambda _: self._arm(), "value")
        ticks = ipywidgets.HBox([self.count, self.all, self.none])
        ticks.add_class("po-bulk-ticks")
        go = ipywidgets.HBox([self.confirm, self.stop])
        self._asked = ipywidgets.VBox([self.what, self.text, self.preview])
        self._sent = ipywidgets.VBox([self.shown, self.sure, go])
        self.box = ipywidgets.VBox([ticks, self._asked, self._sent, self.outcome])
        self.box.add_class("po-bulk")

    def follow(self) -> None:
        """Take in that other records are ticked now; what was previewed is void."""
        n = len(self._listing.marked)
        self.count.value = f'<span role="status">{n:,} ticked</span>'
        if self._running:  # the button that stops it must stay
            return
        self.none.disabled = n == 0
        visible(self._asked, on=n > 0)
        self._disarm()

    def _tick_all(self) -> None:
        here = [line.key for line in self._listing.shown if line.key is not None]
        self._listing.mark(list(dict.fromkeys([*self._listing.marked, *here])))

    def _disarm(self) -> None:
        self._armed = None
        self.shown.value = ""
        self.sure.value = False
        visible(self._sent, on=False)

    def _look(self, _: Any = None) -> None:
        """Check the call and show what would be sent."""
        self._disarm()
        self.outcome.value = ""
        queue = self._queue()
        there = queue.set_index(["group", "record_id"], drop=False)
        rows = there.loc[[key for key in self._listing.marked if key in there.index]]
        batch = bulk.plan(self._po, rows, self.what.value, self.text.value.strip())
        self.shown.value = _preview(batch, self._po.environment)
        visible(self.sure, on=batch.final)
        self.confirm.description = f"{bulk.CALLS[batch.name]}: {len(batch.keys):,}"
        self._armed = batch if batch.keys else None
        visible(self._sent, on=True)
        self.stop.disabled = True
        self._arm()

    def _arm(self) -> None:
        batch = self._armed
        self.confirm.disabled = batch is None or (batch.final and not self.sure.value)

    def _send(self, _: Any = None) -> None:
        """Use up what is armed: a second click finds nothing."""
        if self.confirm.disabled or self._armed is None:
            return
        batch, self._armed = self._armed, None
        self.confirm.disabled = True
        self._stopped = False
        running = self._run(batch)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel: a plain program waits
            asyncio.run(running)
        else:
            self._task = loop.create_task(running)
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Show what ended a run that nobody waits for."""
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._status.fail(error)

    async def _run(self, batch: bulk.Batch) -> None:
        controls = (self.all, self.none, self.what, self.text, self.preview)
        _enable(controls, on=False)
        self.stop.disabled = False
        self.stop.focus()
        self._running = True
        self.results = []
        try:
            async for step in bulk.run(self._po, batch, lambda: self._stopped):
                self.results.append(step)
                self.outcome.value = _results(self.results, len(batch.keys))
            went_well = {step.key for step in self.results if step.ok}
            self._listing.mark([key for key in self._listing.marked if key not in went_well])
            self._done()
        finally:
            self._running = False
            _enable(controls, on=True)
            self.stop.disabled = True
            self.follow()

    def _stop(self) -> None:
        self._stopped = True
        self.stop.disabled = True


def _preview(batch: bulk.Batch, environment: str) -> str:
    text = next(iter(batch.arguments.values()), "")
    lines = [
        f"<p><strong>{display.text(batch.sentence)}</strong> ({display.text(environment)})</p>"
    ]
    if text:
        lines.append(f"<blockquote>{display.text(words.cut(text))}</blockquote>")
    if batch.keys:
        records = ", ".join(key.record_id for key in batch.keys)
        lines.append(f"<p>To: {display.text(records)}</p>")
        lines.append(f"<p>The first request:</p><pre>{_lines(batch.example)}</pre>")
    if batch.left_out:
        left = ", ".join(str(key) for key in batch.left_out)
        lines.append(f"<p>Left out, for their state does not allow it: {display.text(left)}</p>")
    return "".join(lines)


def _results(steps: list[bulk.Step], total: int) -> str:
    good = sum(step.ok for step in steps)
    told = f"{len(steps):,} of {total:,}: {good:,} done, {len(steps) - good:,} not"
    rows = [(str(step.key), "✓ " + step.said if step.ok else "✗ " + step.said) for step in steps]
    return f'<p role="status">{told}</p>' + display.table(("Record", "Outcome"), rows)


def _lines(block: str) -> str:
    return "\n".join(display.text(line) for line in block.splitlines())


def _enable(controls: tuple[Any, ...], *, on: bool) -> None:
    for control in controls:
        control.disabled = not on
