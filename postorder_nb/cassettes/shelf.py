"""Finding cassettes, and reading them whoever made them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..errors import CassetteError
from ..recording import foreign, names, storage
from ..recording.compact import Stored
from ..recording.names import COMPACT, PART

_ENDINGS = (PART, COMPACT, ".yaml", ".yml", ".json")  # a longer one before its own end


@dataclass(frozen=True)
class Cassette:
    """
    A cassette and its file.

    `name` is what `record` and `replay` take, or the path of a file that lies elsewhere.
    """

    name: str
    path: Path

    @cached_property
    def ours(self) -> bool:
        """Whether this package made it, or other means did."""
        return foreign.is_ours(self.path)

    @cached_property
    def stored(self) -> Stored:
        """
        What it holds.

        Raises
        ------
        CassetteError
            If it is damaged or unsafe.
        """
        if self.ours:
            return storage.read(self.path, advice="record it again")
        return foreign.read(self.path)

    @property
    def form(self) -> str:
        """How its file is laid out: yaml, compact, cut off (a killed recording), or foreign."""
        if self.path.name.endswith(PART):
            return "cut off"
        if self.path.name.endswith(COMPACT):
            return "compact"
        return "yaml" if self.ours else "foreign"


def find(
    wanted: Sequence[str | os.PathLike[str]] = (), folder: str | os.PathLike[str] | None = None
) -> list[Cassette]:
    """
    Find cassettes.

    Parameters
    ----------
    wanted : sequence of str or path
        Names of cassettes, files, or folders; all of `folder` if there are none.
    folder : path, optional
        Where names are looked up; by default as `postorder_nb.record` does.

    Returns
    -------
    list of Cassette
        In the order that was asked for; those of a folder by name. They are not read yet.

    Raises
    ------
    CassetteError
        If there is none of a name, or nothing at a path, or several files of one name.
    """
    home = names.folder_of(folder)
    found: dict[Path, Cassette] = {}
    for one in wanted or [home]:
        for path in _files(one, home):
            found.setdefault(path.resolve(), Cassette(_name(path, home), path))
    return list(found.values())


def _files(wanted: str | os.PathLike[str], home: Path) -> Iterator[Path]:
    path = Path(wanted)
    if path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.name.endswith(_ENDINGS) and p.is_file())
    elif path.is_file():
        yield path
    elif not path.name.endswith(_ENDINGS):
        at = names.place(names.checked(os.fspath(wanted)), home)
        if not (found := at.found()):
            raise CassetteError(f"there is no cassette {wanted} in {home}", advice="see `list`")
        yield found
    elif path != home:
        raise CassetteError(f"there is no file {path}", advice="give a name, a file or a folder")


def _name(path: Path, home: Path) -> str:
    """
    Name a cassette by its file.

    Examples
    --------
    >>> _name(Path("cassettes/demo/snapshot.part.jsonl.gz"), Path("cassettes"))
    'demo/snapshot'
    """
    if not path.resolve().is_relative_to(home.resolve()):
        return str(path)
    within = path.resolve().relative_to(home.resolve()).as_posix()
    ending = next((ending for ending in _ENDINGS if within.endswith(ending)), "")
    return within.removesuffix(ending)
