"""
The files of cassettes: YAML in vcrpy's layout, which people read, and the compact form.

Written whole or not at all; read with a loader that makes nothing but plain values, and within
bounds: what somebody else made may be meant to run code, or to fill the memory.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from postorder_nb.errors import CassetteError
from postorder_nb.recording import compact, rows
from postorder_nb.recording.compact import Stored
from postorder_nb.recording.names import COMPACT, Place
from postorder_nb.recording.rows import OURS, Tally, Unsound

_VCR_VERSION = 1
LONGEST_YAML = 64 * 2**20
_DEEPEST_YAML = 50
_READABLE = 200, 2**20  # a recording up to so many exchanges and bytes is written as YAML
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Text(str):
    """A body, to be written over several lines."""

    __slots__ = ()


class _Dumper(_SafeDumper):  # type: ignore[misc]  # yaml tells no types
    def ignore_aliases(self, data: Any) -> bool:
        """Write equal things out each time: a reader should not have to look them up."""
        return True


def _represent_text(dumper: Any, text: _Text) -> Any:
    # Within a block YAML reads some breaks as others and cannot escape; a quoted text keeps all.
    style = "|" if all(map(_fits_block, text)) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style=style)


_Dumper.add_representer(_Text, _represent_text)


def prepare(path: Path) -> None:
    """
    Make the folder of a cassette, so that a wrong one shows before the recording, not after.

    Raises
    ------
    CassetteError
        If it cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK) or path.is_dir():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise unwritable(path, error) from error


def write(path: Path, stored: Stored) -> None:
    """
    Put a cassette's file in place of what was there; the ending of `path` tells the form.

    Raises
    ------
    CassetteError
        If it cannot be written; what was there before stays.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.name.endswith(COMPACT):
            compact.write(temporary, stored)
        else:
            _write_yaml(temporary, stored)
        temporary.replace(path)
    except Unsound as error:
        raise CassetteError(f"the recording {path} {error}", advice="record less in one") from error
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def settle(place: Place, journal: compact.Journal) -> None:
    """
    End a recording: a small one becomes YAML, a large one stays compact; other files of it go.

    Raises
    ------
    CassetteError
        If that cannot be written; what was there before stays, and so does the journal.
    """
    try:
        journal.close()
        if not journal.begun:
            write(place.yaml, Stored(journal.recorded_at, [], scrubbed=journal.scrubbed))
        elif journal.tally.exchanges <= _READABLE[0] and journal.tally.bytes <= _READABLE[1]:
            write(place.yaml, compact.read(place.part))
        else:
            place.part.replace(place.compact)
            place.yaml.unlink(missing_ok=True)
            return
        place.compact.unlink(missing_ok=True)
        place.part.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(place.yaml, error) from error


def _write_yaml(path: Path, stored: Stored) -> None:
    document = {
        OURS: rows.head(stored.recorded_at, stored.scrubbed),
        "version": _VCR_VERSION,
        "interactions": [rows.row(one, _readable) for one in stored.exchanges],
    }
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def unwritable(path: Path, error: OSError) -> CassetteError:
    """Return the error that says that a cassette cannot be written."""
    return CassetteError(
        f"the recording {path} cannot be written: {error.strerror or error}",
        advice="check that the folder exists and may be written to, or give another folder=",
    )


def read(path: Path, *, advice: str) -> Stored:
    """
    Read a cassette's file, in either form.

    Parameters
    ----------
    path : Path
        Where it lies.
    advice : str
        What to do if it cannot be used.

    Raises
    ------
    CassetteError
        If there is no such file, or it is no cassette of this package, or holds anything but
        plain values, leads to another host, or is larger than `rows.MOST_EXCHANGES` and
        `rows.MOST_BYTES` allow.
    """
    try:
        if path.name.endswith(COMPACT):
            return compact.read(path)
        found = document(path, advice=advice)
        match found:
            case {"postorder_nb": mark, "interactions": list(given)}:
                moment, scrubbed = rows.read_head(mark)
                made = (rows.exchange(place, one) for place, one in enumerate(given))
                return Stored(moment, Tally().counted(made), scrubbed=scrubbed)
            case {"postorder_nb": mark}:
                rows.read_head(mark)
        raise Unsound("was not made by this package, or has been damaged")
    except Unsound as error:
        raise CassetteError(f"the recording {path} {error}", advice=advice) from error
    except OSError as error:
        raise unreadable(path, error, advice) from error


def document(path: Path, *, advice: str, aliases: bool = False) -> Any:
    """
    Load a YAML file that may come from anywhere, also vcrpy's own.

    Parameters
    ----------
    path : Path
        Where it lies; at most 64 MiB, nested 50 deep.
    advice : str
        What to do if it cannot be used.
    aliases : bool
        Whether one part of it may stand for another. A cassette of this package never does that.

    Returns
    -------
    object
        Dicts, lists, texts, numbers, booleans, bytes, dates and None.

    Raises
    ------
    CassetteError
        If it cannot be read, or is anything else.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_YAML + 1)
        _inspect(text, aliases=aliases)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise unreadable(path, error, advice) from error
    except yaml.constructor.ConstructorError as error:
        raise _unsafe(path, str(error.problem), advice) from error
    except Unsound as error:
        raise _unsafe(path, str(error), advice) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CassetteError(f"the recording {path} is not readable YAML", advice=advice) from error


def _inspect(text: bytes, *, aliases: bool) -> None:
    """Look at a YAML text before it is loaded: the loader's C library crashes on a deep one."""
    if len(text) > LONGEST_YAML:
        raise Unsound(f"it has more than {LONGEST_YAML >> 20} MiB")
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST_YAML:
                raise Unsound(f"it is nested more than {_DEEPEST_YAML} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent) and not aliases:
            raise Unsound("one part of it stands for another")


def _unsafe(path: Path, words: str, advice: str) -> CassetteError:
    return CassetteError(
        f"the recording {path} is unsafe: {words}",
        advice=f"do not use a file you did not record yourself; {advice}",
    )


def unreadable(path: Path, error: OSError, advice: str) -> CassetteError:
    """Return the error that says that a cassette cannot be read."""
    if isinstance(error, FileNotFoundError):
        return CassetteError(f"there is no recording {path}", advice=advice)
    words = f"the recording {path} cannot be read: {error.strerror or error}"
    return CassetteError(words, advice=advice)


def _readable(body: bytes) -> _Text | bytes:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return _Text(indented(text))


def indented(text: str) -> str:
    """
    Return JSON text with one value a line; other text as it is.

    Only white space is changed, and signs that YAML would quote the whole text for are escaped:
    every number keeps its digits.

    Examples
    --------
    >>> print(indented('{"amount":12.50,"lines":[]}'))
    {
      "amount": 12.50,
      "lines": []
    }
    """
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    laid_out = "".join(_laid_out(_JSON_TOKEN.findall(text)))
    return laid_out if laid_out.isascii() else "".join(map(_escaped, laid_out))


def _escaped(sign: str) -> str:
    return sign if _fits_block(sign) else json.dumps(sign)[1:-1]


def _fits_block(sign: str) -> bool:
    """Tell whether YAML can have `sign` in a text that is not quoted; libyaml's limit is U+FFFF."""
    return sign == "\n" or (sign.isprintable() and sign <= "\uffff")


def _laid_out(tokens: list[str]) -> Iterator[str]:
    depth = 0
    for before, mark in zip(["", *tokens], tokens, strict=False):
        opened, closes = before in ("{", "["), mark in ("}", "]")
        depth -= closes
        if before == "," or opened != closes:
            yield "\n" + "  " * depth
        depth += mark in ("{", "[")
        yield f"{mark} " if mark == ":" else mark
