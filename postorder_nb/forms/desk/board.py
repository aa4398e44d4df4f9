"""The Desk itself: queue, card and journal on one page, and what happens between them."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import ref

import ipywidgets

from ... import display
from ...api.client import PostOrder
from ...errors import InputError
from ...fetch.windows import When
from ...metrics.periods import check_zone
from .. import style
from ..banner import PLACES
from ..box import Box
from ..form import Form
from . import audit, markup, words
from .batch import BatchBar
from .bulk import Key
from .card import Card
from .listing import Listing
from .queue import KINDS, SHOW, SORTS, View, sums
from .records import Records
from .saving import Saving
from .status import Status

ZONES = (
    "UTC", "America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Berlin",
    "Europe/Rome", "Australia/Sydney",
)  # fmt: skip
_TICK = 30  # seconds between two looks at the clock


class Desk(Box):
    """
    The work queue, the chosen record, what may be done with it, and the journal.

    Parameters
    ----------
    po : PostOrder
        The client.
    tz : str, optional
        The zone in which moments are shown; UTC by default. The page lets one choose another.
    writes : bool, optional
        False makes a viewer of it; by default the client's own setting counts.
    since : str, date or datetime
        From when on records were opened.

    Attributes
    ----------
    records : Records
        The records behind it.
    card : Card
        The chosen record: ``card.record``, and the open form in ``card.form``.
    listing : Listing
        The queue as it is shown.
    saving : Saving
        The queue as a file.
    batch : BatchBar or None
        The bulk bar; None in a viewer.
    error : Exception or None
        What went wrong in the last step.

    Raises
    ------
    InputError
        If there is no such zone, or `writes` is True for a client that is read-only.
    """

    def __init__(
        self,
        po: PostOrder,
        *,
        tz: str | None = None,
        writes: bool | None = None,
        since: When = "180d",
    ) -> None:
        if tz is not None:
            check_zone(tz)
        may = bool(po.settings["writes"] or po.settings["dry_run"])
        if writes and not may:
            raise InputError("this client is read-only", advice="connect with writes=True")
        self.po = po
        self.writes = may if writes is None else writes
        self.records = Records(po, since)
        self.status = Status()
        self.card = Card(po, self.status, self.choose, self._go_on, self._acted, writes=self.writes)
        self.listing = Listing(self.status.guard(self.choose), self._ticked, writes=self.writes)
        self.saving = Saving(lambda: self.listing.rows, po.now, self.status)
        self.batch = (
            BatchBar(po, self.listing, lambda: self.records.rows, self.status, self.refresh)
            if self.writes
            else None
        )
        self._build(tz)
        super().__init__(
            [style.sheet(), self._head, self.status.box, self._summary, self._tabs],
            _dom_classes=("po-desk", style.FOLLOW),
        )
        self.status.guard(self.refresh)()
        self._keep_time()

    @property
    def error(self) -> Exception | None:
        """What went wrong in the last step; None if nothing did."""
        return self.status.error

    @property
    def tz(self) -> str:
        """The zone in which moments are shown."""
        return str(self.zone.value)

    @property
    def view(self) -> View:
        """What of the queue is shown."""
        return View(self.show.value, self.kind.value, self.search.value, self.sort.value)

    def __repr__(self) -> str:
        return f"<Desk {self.po.environment}: {len(self.records.rows):,} open records>"

    def refresh(self) -> None:
        """Read all records again; filters, page, ticks and the chosen record stay."""
        self.status.say("Reading the records ...")
        self.records.load()
        open_ = set(self.records.rows[["group", "record_id"]].itertuples(index=False, name=None))
        self.listing.marked = {key: None for key in self.listing.marked if key in open_}
        self._paint()
        self._ticked()
        if self.listing.chosen is not None:
            self._read(self.listing.chosen)
            self._paint()
        at = words.when(self.po.now(), self.tz)
        self.status.say(f"As of {at}: {len(self.records.rows):,} open records")

    def choose(self, key: Key) -> None:
        """Open a record, whether it is in the queue or not."""
        key = Key(*key)
        self._read(key)
        self.listing.chosen = key
        self._paint()
        self.card.back.focus()
        self.status.say(f"{key} is shown")

    def _build(self, tz: str | None) -> None:
        zones = dict.fromkeys([tz or ZONES[0], *ZONES])
        self.zone = ipywidgets.Dropdown(options=list(zones), description="Times in:")
        self.reload = ipywidgets.Button(description="Refresh")
        self.show = _choice("Show:", SHOW)
        self.kind = _choice("Records:", KINDS)
        self.sort = _choice("Sort by:", SORTS)
        self.search = ipywidgets.Text(
            description="Search:", placeholder="id, buyer, item, words", continuous_update=False
        )
        self.reload.on_click(lambda _: self.status.guard(self.refresh)())
        for control in (self.show, self.kind, self.sort, self.search):
            control.observe(self.status.guard(lambda _: self._paint(page=0)), "value")
        self.zone.observe(self.status.guard(lambda _: self._move()), "value")
        self._head = ipywidgets.HBox([ipywidgets.HTML(self._title()), self.zone, self.reload])
        self._summary = ipywidgets.HTML()
        filters = ipywidgets.HBox([self.show, self.kind, self.sort, self.search])
        pane = ipywidgets.VBox(
            [
                filters,
                *([self.batch.box] if self.batch else []),
                self.listing.box,
                self.saving.box,
            ]
        )
        beside = ipywidgets.VBox([self.card.box])
        columns = ipywidgets.HBox([pane, beside])
        self.journal = ipywidgets.HTML()
        self._tabs = ipywidgets.Tab([columns, self.journal], titles=("Queue", "Journal"))
        self._tabs.observe(self.status.guard(lambda _: self._audit()), "selected_index")
        for part, name in (
            (self.zone, "zone"), (self.reload, "refresh"), (self.show, "show"),
            (self.kind, "kind"), (self.sort, "sort"), (self.search, "search"),
            (self._head, "desk-head"), (self._summary, "summary"), (filters, "filters"),
            (pane, "queue-pane"), (beside, "card-pane"), (columns, "columns"),
            (self.journal, "audit"), (self._tabs, "tabs"),
        ):  # fmt: skip
            part.add_class(f"po-{name}")

    def _title(self) -> str:
        where, _, note = PLACES[self.po.environment].rstrip(".").partition(":")
        if self.po.settings["dry_run"]:
            note = " dry run, nothing is sent"
        mode = "you can act" if self.writes else "read-only"
        return (
            f"<h2>Desk</h2><p><strong>{where}</strong>:{display.text(note)}; "
            f"{display.text(self.po.settings['marketplace'])}, {mode}</p>"
        )

    def _go_on(self) -> None:
        """Lead from the card to its record in the queue, or to the search if it is not there."""
        lines = [line for line in self.listing.shown if line.key == self.listing.chosen]
        (lines[0].open if lines else self.search).focus()

    def _read(self, key: Key) -> None:
        self.card.show(self.records.read(*key), self.tz, self.po.now())

    def _paint(self, page: int | None = None) -> None:
        """Show the queue, the sums and the card's times as of this moment."""
        now, tz = self.po.now(), self.tz
        self.listing.show(self.view.of(self.records.rows, now, tz), tz, now, page=page)
        self.saving.clear()
        self._summary.value = markup.summary(sums(self.records.rows, now, tz))
        self._audit()

    def _move(self) -> None:
        """Say every moment in the zone that was chosen."""
        self._paint()
        self.card.repaint(self.tz, self.po.now())

    def _audit(self) -> None:
        if self._tabs.selected_index == 1:
            rows = audit.rows(self.po.journal, self.tz)
            self.journal.value = (
                display.table(audit.HEADERS, rows, f"Every write of this account: {len(rows):,}")
                if rows
                else "<p>Nothing was written with this account yet.</p>"
            )

    def _ticked(self) -> None:
        if self.batch is not None:
            self.batch.follow()

    def _acted(self, _: Form | None) -> None:
        """Read the record again after an attempt, however it ended."""
        if self.listing.chosen is not None:
            self.status.guard(self._read)(self.listing.chosen)
            self._paint()

    def _keep_time(self) -> None:
        """Let the countdowns run while the page is there, if there is a kernel to do it."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        mine = ref(self)

        def tick() -> None:
            desk = mine()
            if desk is not None and desk.comm is not None:
                now = desk.po.now()
                desk.listing.paint(now)
                loop.call_later(_TICK, tick)

        loop.call_later(_TICK, tick)


def _choice(name: str, options: Any) -> ipywidgets.Dropdown:
    pairs = [(said, value) for value, said in options.items()]
    return ipywidgets.Dropdown(options=pairs, description=name)
