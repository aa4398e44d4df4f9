"""Names of cassettes, and where their files lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from postorder_nb.errors import CassetteError, InputError

FOLDER = "cassettes"
COMPACT = ".jsonl.gz"
PART = ".part.jsonl.gz"  # names have no dot, so this is nobody else's

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


@dataclass(frozen=True)
class Place:
    """
    The files a cassette may lie in; at most one of them exists.

    `yaml` is the readable form, `compact` the one for large recordings, and `part` a recording
    that goes on, or was cut off.
    """

    yaml: Path

    @property
    def compact(self) -> Path:
        """JSON lines, compressed."""
        return self.yaml.with_suffix(COMPACT)

    @property
    def part(self) -> Path:
        """The same, not finished."""
        return self.yaml.with_suffix(PART)

    @property
    def lock(self) -> Path:
        """What a recording holds, so that another process does not write the same files."""
        return self.yaml.with_name(f".{self.yaml.stem}.lock")

    def found(self) -> Path | None:
        """
        Return the file of the cassette, None if there is none.

        Raises
        ------
        CassetteError
            If there are several.
        """
        files = [path for path in (self.yaml, self.compact, self.part) if path.is_file()]
        if len(files) > 1:
            listed = " and ".join(path.name for path in files)
            raise CassetteError(
                f"one cassette lies in several files of {self.yaml.parent}: {listed}",
                advice=f"keep one and delete the other; {self.part.name} would be a recording that "
                "was cut off"
                if self.part in files
                else "keep one and delete the other",
            )
        return files[0] if files else None


def place(name: str, folder: str | PathLike[str] | None) -> Place:
    """
    Return where a cassette's files lie, whether or not there are any.

    Without `folder` it is under ``cassettes/`` in the working directory, or in the nearest
    directory above it that has one.
    """
    return Place(folder_of(folder) / f"{name}.yaml")


def folder_of(given: str | PathLike[str] | None) -> Path:
    """Return the folder of cassettes: `given`, or the nearest one called ``cassettes``."""
    if given is not None:
        return Path(given)
    here = Path.cwd()
    found = (above / FOLDER for above in (here, *here.parents) if (above / FOLDER).is_dir())
    return next(found, here / FOLDER)


def line(verb: str, name: str, folder: str | PathLike[str] | None) -> str:
    """Return the line of code that records or replays a cassette, for advice."""
    where = f", folder={str(folder)!r}" if folder is not None else ""
    return f'with pn.{verb}("{name}"{where}): ...'
