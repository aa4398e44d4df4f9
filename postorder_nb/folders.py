"""The user's own folders, and files in them that nobody else reads."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Literal

NAME = "postorder_nb"

Kind = Literal["config", "data", "cache"]
# The folder below the home folder, and the variable that puts another one in its place.
_LINUX = {
    "config": (".config", "XDG_CONFIG_HOME"),
    "data": (".local/share", "XDG_DATA_HOME"),
    "cache": (".cache", "XDG_CACHE_HOME"),
}
_MAC = {
    "config": "Library/Application Support",
    "data": "Library/Application Support",
    "cache": "Library/Caches",
}


def user_folder(kind: Kind) -> Path | None:
    """
    Return the folder where this user's files of a kind belong on this system.

    The answer does not depend on what else is installed: a journal that moved would be forgotten.

    Parameters
    ----------
    kind : {"config", "data", "cache"}
        What is kept there.

    Returns
    -------
    pathlib.Path or None
        An absolute path, which may not exist yet. None if the home folder is not known: the
        working directory never stands in for it.
    """
    if sys.platform == "win32":
        base = _absolute(os.environ.get("LOCALAPPDATA")) or _home("AppData/Local")
        return base / NAME / ("Cache" if kind == "cache" else "") if base else None
    if sys.platform == "darwin":
        base = _home(_MAC[kind])
    else:
        below_home, variable = _LINUX[kind]
        base = _absolute(os.environ.get(variable)) or _home(below_home)
    return base / NAME if base else None


def _home(below: str) -> Path | None:
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / below if home.is_absolute() else None


def _absolute(value: str | None) -> Path | None:
    """Return a path; None for a relative one, which would depend on the working directory."""
    path = Path(value) if value else None
    return path if path and path.is_absolute() else None


def is_open_to_others(path: Path) -> bool:
    """Tell whether other users of this computer may read or change a file (POSIX only)."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


def write(path: Path, content: bytes) -> None:
    """
    Write a file that only its owner reads, whole or not at all; its folder is made if need be.

    Raises
    ------
    OSError
        If the folder or the file cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp gives it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
