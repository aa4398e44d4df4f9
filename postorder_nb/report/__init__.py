"""The whole report on a snapshot: as one HTML page, or as lines in a terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

from .. import display
from ..errors import InputError
from ..metrics import as_text
from . import contents
from .contents import Snapshot
from .page import html

_MOST_ROWS = 12


def write(snapshot: Snapshot, path: str | Path) -> Path:
    """
    Write the report as an HTML page.

    Parameters
    ----------
    snapshot : Snapshot
        Anything with the tables `cancellations`, `inquiries`, `returns` and `cases` as pandas
        DataFrames.
    path : str or Path
        The file; one that is there already is overwritten.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the path is a folder, or its folder does not exist.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target} is a folder", advice=f"name a file: {target / 'report.html'}")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}", advice="make the folder first")
    target.write_text(html(snapshot), encoding="utf-8")
    return target


def terminal(snapshot: Snapshot, *, width: int | None = None) -> str:
    """
    Return the report as lines for a terminal.

    Parameters
    ----------
    snapshot : Snapshot
        As for `write`.
    width : int, optional
        Cells to a line; by default the width of the terminal.

    Returns
    -------
    str
        The figures of the page without its pictures; of long tables the first rows.
    """
    width = width or shutil.get_terminal_size().columns
    parts = ["\n".join(f"{name}: {display.clean(v)}" for name, v in contents.facts(snapshot))]
    parts.append(display.columns(*contents.counts(snapshot), width=width))
    for table in ("returns", "inquiries", "cancellations"):
        for found in contents.findings(snapshot, table):
            heading = f"{found.title} ({table})"
            parts.append(f"{heading}\n{'-' * len(heading)}\n{_lines(found, width)}")
    return "\n\n".join(parts)


def _lines(found: contents.Finding, width: int) -> str:
    if found.result is None:
        return display.clean(f"not in this report: {found.missing}")
    if found.result.empty:
        return "no records"
    headers, rows = as_text(found.result)
    more = len(rows) - _MOST_ROWS
    rest = f"\n({more:,} more rows)" if more > 0 else ""
    return display.columns(headers, rows[:_MOST_ROWS], width=width) + rest


__all__ = ["Snapshot", "html", "terminal", "write"]
