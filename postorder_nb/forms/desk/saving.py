"""The queue as a file to keep: the page itself holds it, and the browser saves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import ipywidgets
import pandas as pd

from ... import display, tables
from .boxes import button
from .queue import COLUMNS
from .status import Status

_KINDS = {".xlsx": "Save as Excel", ".csv": "Save as CSV"}


class Saving:
    """
    The buttons that make a file of the queue as it is shown, and the link that saves it.

    Parameters
    ----------
    queue : callable
        Returns the rows as they are shown.
    now : callable
        Returns the present moment.
    status : Status
        Where it is told what went wrong.

    Attributes
    ----------
    box : ipywidgets.HBox
        The widget.
    """

    def __init__(
        self, queue: Callable[[], pd.DataFrame], now: Callable[[], datetime], status: Status
    ) -> None:
        self._queue, self._now = queue, now
        buttons = [
            button(
                said,
                f"po-save po-save-{ending[1:]}",
                status.guard(lambda ending=ending: self._offer(ending)),
            )
            for ending, said in _KINDS.items()
        ]
        self.link = ipywidgets.HTML()
        self.link.add_class("po-saved")
        self.box = ipywidgets.HBox([*buttons, self.link])
        self.box.add_class("po-saving")

    def clear(self) -> None:
        """Take the link away: the queue is another one now."""
        self.link.value = ""

    def _offer(self, ending: str) -> None:
        rows, day = self._queue(), f"{self._now():%Y-%m-%d}"
        said = f"Save the file: {len(rows):,} record{'s' if len(rows) != 1 else ''}"
        link = display.download(packed(rows, ending), f"queue-{day}{ending}", said)
        self.link.value = f'<span role="status">{link}</span>'


def packed(rows: pd.DataFrame, ending: str) -> bytes:
    """Return the queue as the bytes of a file; formulas are neutralised, times are in UTC."""
    with TemporaryDirectory(prefix="postorder-queue-") as folder:
        told = rows[[column for column in COLUMNS if column != "search"]]
        return tables.export(told, Path(folder) / f"queue{ending}").read_bytes()
