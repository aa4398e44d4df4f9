"""The queue on the page: a few rows of widgets that are filled with the records of a page."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import ipywidgets
import pandas as pd

from . import markup
from .bulk import Key

PAGE = 20
_CLEAR = "Nothing here: choose another view, or clear the search."


class Row:
    """One line of the queue. It is a record's as long as this is shown, and deaf without one."""

    def __init__(self, opened: Callable[[Key], None], ticked: Callable[[Key, bool], None]) -> None:
        self.key: Key | None = None
        self.row: Mapping[Any, Any] = {}
        self.tick = ipywidgets.Checkbox(indent=False)
        self.tick.add_class("po-tick")
        self.open = ipywidgets.Button()
        self.open.add_class("po-open")
        self.cells = ipywidgets.HTML()
        self.box = ipywidgets.HBox([self.tick, self.open, self.cells])
        self.box.add_class("po-row")
        self._opened, self._ticked = opened, ticked
        self.open.on_click(self._open)
        self.tick.observe(self._tick, "value")

    def fill(self, row: Mapping[Any, Any], *, ticked: bool) -> None:
        """Show a record."""
        self.key = None  # what changes until the end of this is not the user's doing
        self.row = row
        key = Key(row["group"], row["record_id"])
        self.tick.value = ticked
        self.tick.description = f"Tick {key}"
        self.key = key

    def paint(self, tz: str, now: datetime, chosen: Key | None) -> None:
        """Show the times of this moment, and whether the record is the chosen one."""
        self.cells.value = markup.cells(self.row, tz, now)
        name = str(self.key)
        mine = self.key == chosen
        self.open.description = f"{'▸ ' if mine else ''}{name[0].upper()}{name[1:]}"
        (self.box.add_class if mine else self.box.remove_class)("po-chosen")

    def _open(self, _: Any) -> None:
        if self.key is not None:
            self._opened(self.key)

    def _tick(self, change: Mapping[str, Any]) -> None:
        if self.key is not None:
            self._ticked(self.key, change["new"])


class Listing:
    """
    Pages of records.

    Parameters
    ----------
    opened : callable
        Called with the key of the record whose button was clicked.
    ticked : callable
        Called after a tick was set or taken away.
    writes : bool
        Whether records can be ticked.

    Attributes
    ----------
    box : ipywidgets.VBox
        The widget.
    marked : dict of Key to None
        The records that are ticked, in the order of ticking; they stay so on other pages.
    """

    def __init__(
        self, opened: Callable[[Key], None], ticked: Callable[[], None], *, writes: bool
    ) -> None:
        self.marked: dict[Key, None] = {}
        self.rows = pd.DataFrame()
        self.page = 0
        self.chosen: Key | None = None
        self._told = ticked
        self._when: tuple[str, datetime] | None = None
        self._opened, self._writes = opened, writes
        self._lines: dict[Key, Row] = {}
        self._free: deque[Row] = deque()
        head = _head(writes=writes)
        self._list = ipywidgets.VBox()
        self._list.add_class("po-queue")
        self.first, self.back, self.next = (
            ipywidgets.Button(description=name) for name in ("First page", "Previous", "Next")
        )
        self.first.on_click(lambda _: self.turn(0))
        self.back.on_click(lambda _: self.turn(self.page - 1))
        self.next.on_click(lambda _: self.turn(self.page + 1))
        self.where = ipywidgets.HTML()
        pager = ipywidgets.HBox([self.first, self.back, self.where, self.next])
        pager.add_class("po-pager")
        self.box = ipywidgets.VBox([head, self._list, pager])

    @property
    def pages(self) -> int:
        """How many pages there are; one at least."""
        return max(1, -(-len(self.rows) // PAGE))

    @property
    def shown(self) -> list[Row]:
        """The rows of widgets that show a record, from the top."""
        return list(self._lines.values())

    def show(self, rows: pd.DataFrame, tz: str, now: datetime, *, page: int | None = None) -> None:
        """Show records; the page stays where it is unless one is given."""
        self.rows, self._when = rows, (tz, now)
        self.turn(self.page if page is None else page)

    def turn(self, page: int) -> None:
        """Show another page; beyond the last one is the last one."""
        self.page = min(max(page, 0), self.pages - 1)
        start = self.page * PAGE
        records = self.rows.iloc[start : start + PAGE].to_dict("records")
        before, self._lines = self._lines, {}
        for row in records:
            key = Key(row["group"], row["record_id"])
            line = before.pop(key, None) or self._line()
            line.fill(row, ticked=key in self.marked)
            self._lines[key] = line
        for line in before.values():
            line.key = None
            self._free.append(line)
        self._list.children = [line.box for line in self.shown]
        self.first.disabled = self.back.disabled = self.page == 0
        self.next.disabled = self.page == self.pages - 1
        end = start + len(records)
        said = f"{start + 1:,} to {end:,} of {len(self.rows):,}" if records else _CLEAR
        self.where.value = f'<span role="status">{said}</span>'
        self.paint()

    def _line(self) -> Row:
        """
        Return a row that is free, and has been for long.

        A click may be on its way while the page changes. It must not fall on another record: a
        row is a record's until two more pages were shown.
        """
        if len(self._free) >= 2 * PAGE:
            return self._free.popleft()
        made = Row(self._opened, self._mark)
        if not self._writes:
            made.box.children = (made.open, made.cells)
        return made

    def paint(self, now: datetime | None = None) -> None:
        """Show what changes by itself: countdowns, and which record is the chosen one."""
        if self._when is None:
            return
        tz, then = self._when
        self._when = (tz, now or then)
        for line in self.shown:
            line.paint(*self._when, self.chosen)

    def mark(self, keys: list[Key]) -> None:
        """Have exactly these records ticked."""
        self.marked = dict.fromkeys(keys)
        self.turn(self.page)
        self._told()

    def _mark(self, key: Key, ticked: bool) -> None:
        if ticked:
            self.marked[key] = None
        else:
            self.marked.pop(key, None)
        self._told()


def _head(*, writes: bool) -> ipywidgets.HBox:
    names = {"po-head-tick": "", "po-head-open": "Record", "po-head-cells": markup.headings()}
    parts = []
    for name, inner in names.items():
        part = ipywidgets.HTML(inner)
        part.add_class(name)
        parts.append(part)
    head = ipywidgets.HBox(parts if writes else parts[1:])
    head.add_class("po-queue-head")
    return head
