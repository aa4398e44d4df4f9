"""Names of cassettes, and where their files lie."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

from postorder_nb.errors import InputError

FOLDER = "cassettes"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9_-]{0,99})*")


def checked(name: str) -> str:
    """
    Return `name` if it can name a cassette.

    Raises
    ------
    InputError
        If it is not made of words of letters, digits, ``_`` and ``-``, parted by ``/``.

    Examples
    --------
    >>> checked("demo/snapshot")
    'demo/snapshot'
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise InputError(
        f"a cassette cannot be named {name!r}",
        advice='use words of letters, digits, "_" and "-", parted by "/", without an ending: '
        '"demo/snapshot"',
    )


def locate(name: str, folder: str | PathLike[str] | None) -> Path:
    """
    Return the path of a cassette's file, whether or not it exists.

    Without `folder` it is under ``cassettes/`` in the working directory, or in the nearest
    directory above it that has one.
    """
    return (Path(folder) if folder is not None else _nearest_folder()) / f"{name}.yaml"


def line(verb: str, name: str, folder: str | PathLike[str] | None) -> str:
    """Return the line of code that records or replays a cassette, for advice."""
    where = f", folder={str(folder)!r}" if folder is not None else ""
    return f'with pn.{verb}("{name}"{where}): ...'


def _nearest_folder() -> Path:
    here = Path.cwd()
    found = (above / FOLDER for above in (here, *here.parents) if (above / FOLDER).is_dir())
    return next(found, here / FOLDER)
