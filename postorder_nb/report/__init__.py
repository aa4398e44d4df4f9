"""
The whole report on a snapshot: as one HTML page, or as lines in a terminal.

The module is itself the function that makes it: ``pn.report(snapshot, "report.html")`` computes
the report once and writes the page; what it returns shows itself in a notebook. ``report.write``,
``report.html`` and ``report.terminal`` do one thing each.
"""

from __future__ import annotations

import shutil
import sys
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pandas as pd

from .. import display
from ..errors import InputError
from . import contents, lines, page
from .material import Material, Snapshot
from .parts import Section


class Report:
    """
    What `pn.report` returns: the figures, computed once.

    Parameters
    ----------
    snapshot, buyers, orders, tz, days
        As for `pn.report`.
    """

    def __init__(self, snapshot: Snapshot, **options: Any) -> None:
        self._material = Material(snapshot, **options)

    @cached_property
    def sections(self) -> list[Section]:
        """The sections, in their order."""
        return contents.sections(self._material)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Where the tables come from and what time they cover."""
        return contents.facts(self._material)

    @cached_property
    def html(self) -> str:
        """
        The report as a whole HTML page.

        Pictures and style are inside it, a policy forbids it to load or run anything, and all
        text from the tables is escaped.
        """
        return page.html(self.facts, self.sections)

    def terminal(self, *, width: int | None = None) -> str:
        """Return the report as lines for a terminal, by default as wide as the terminal."""
        return lines.text(self.facts, self.sections, width or shutil.get_terminal_size().columns)

    def write(self, path: str | Path) -> Path:
        """
        Write the page; a file that is there already is overwritten.

        Raises
        ------
        InputError
            If the path is a folder, or its folder does not exist.
        """
        target = Path(path)
        if target.is_dir():
            raise InputError(f"{target} is a folder", advice=f"name a file: {target / PAGE}")
        if not target.parent.is_dir():
            raise InputError(f"there is no folder {target.parent}", advice="make the folder first")
        target.write_text(self.html, encoding="utf-8")
        return target

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(f):,} {name}" for name, f in self._material.records.items())
        return f"<Report on {counts}>"

    def _repr_html_(self) -> str:
        """Show the page in a frame of its own, in which nothing can run."""
        return (
            f'<iframe sandbox="" title="After-sale report" srcdoc="{display.text(self.html)}"'
            ' style="width:100%;height:40rem;border:1px solid"></iframe>'
        )


PAGE = "report.html"


class Reporting(ModuleType):
    """
    The type of this module, which is a module that can be called.

    ``postorder_nb.report`` is bound to the module by the import system, whoever imports it first;
    so for ``pn.report(...)`` to be always the same thing, the module takes the call.
    """

    def __call__(
        self,
        snapshot: Snapshot,
        path: str | Path | None = None,
        *,
        buyers: bool = False,
        orders: pd.DataFrame | str | Path | None = None,
        tz: str = "UTC",
        days: int = 28,
    ) -> Report:
        """
        Make the report on a snapshot.

        Parameters
        ----------
        snapshot : Snapshot
            What `pn.fetch.snapshot` returned, or anything with the tables `cancellations`,
            `inquiries`, `returns` and `cases` as pandas DataFrames. With details it tells more;
            of a section whose columns are missing it says what to fetch.
        path : str or Path, optional
            Where to write the page; one that is there already is overwritten.
        buyers : bool
            Name the buyers. By default they are "Buyer 1", "Buyer 2" ..., the same throughout
            the page, and no login is in the file.
        orders : DataFrame, str or Path, optional
            All orders of the time, or a Parquet or CSV file of them, for return rates: see
            `postorder_nb.metrics.return_rate`.
        tz : str
            Time zone of days and periods.
        days : int
            The headline figures are those of the last so many days, against as many before; where
            the snapshot covers less, of half its time.

        Returns
        -------
        Report
            Shows the page in a notebook; ``.write(path)``, ``.html``, ``.terminal()``.

        Raises
        ------
        InputError
            If an argument is wrong.

        Examples
        --------
        >>> import postorder_nb as pn
        >>> pn.report(pn.Snapshot())
        <Report on 0 cancellations, 0 inquiries, 0 returns, 0 cases>
        """
        made = Report(snapshot, buyers=buyers, orders=orders, tz=tz, days=days)
        if path is not None:
            made.write(path)
        return made

    def write(self, snapshot: Snapshot, path: str | Path, **options: Any) -> Path:
        """Write the report as an HTML page; options as for `pn.report`."""
        return Report(snapshot, **options).write(path)

    def html(self, snapshot: Snapshot, **options: Any) -> str:
        """Return the report as an HTML page; options as for `pn.report`."""
        return Report(snapshot, **options).html

    def terminal(self, snapshot: Snapshot, *, width: int | None = None, **options: Any) -> str:
        """Return the report as lines for a terminal; options as for `pn.report`."""
        return Report(snapshot, **options).terminal(width=width)


sys.modules[__name__].__class__ = Reporting
# The module's own name for what it has become, so that other modules can import the functions.
_this = cast("Reporting", sys.modules[__name__])
write, html, terminal = _this.write, _this.html, _this.terminal

__all__ = ["Report", "Reporting", "Snapshot", "html", "terminal", "write"]
