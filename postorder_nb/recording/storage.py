"""
The file of a cassette: YAML in vcrpy's layout, with the moment of the recording beside it.

Written whole or not at all; read with a loader that makes nothing but plain values.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from postorder_nb.errors import CassetteError
from postorder_nb.recording.exchange import Answer, Exchange, Request

_OURS = "postorder_nb"
_VERSION = 1
_VCR_VERSION = 1
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Stored:
    """What a cassette's file holds."""

    recorded_at: datetime
    exchanges: list[Exchange]


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
        raise _unwritable(path, error) from error


def write(path: Path, stored: Stored) -> None:
    """
    Put a cassette's file in place of what was there.

    Raises
    ------
    CassetteError
        If it cannot be written; what was there before stays.
    """
    document = {
        _OURS: {"version": _VERSION, "recorded_at": stored.recorded_at.isoformat()},
        "version": _VCR_VERSION,
        "interactions": [_row(request, answer) for request, answer in stored.exchanges],
    }
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> CassetteError:
    """Say that a cassette cannot be written."""
    return CassetteError(
        f"the recording {path} cannot be written: {error.strerror or error}",
        advice="check that the folder exists and may be written to, or give another folder=",
    )


def read(path: Path, *, advice: str) -> Stored:
    """
    Read a cassette's file.

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
        plain values.
    """
    try:
        document = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError as error:
        raise CassetteError(f"there is no recording {path}", advice=advice) from error
    except OSError as error:
        words = f"the recording {path} cannot be read: {error.strerror or error}"
        raise CassetteError(words, advice=advice) from error
    except yaml.constructor.ConstructorError as error:
        raise CassetteError(
            f"the recording {path} is unsafe: {error.problem}",
            advice=f"do not use a file you did not record yourself; {advice}",
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CassetteError(f"the recording {path} is not readable YAML", advice=advice) from error
    try:
        return _stored(document)
    except _Foreign as error:
        raise CassetteError(f"the recording {path} {error}", advice=advice) from error


class _Foreign(Exception):
    """The document is not laid out as this package writes it."""


def _stored(document: Any) -> Stored:
    match document:
        case {
            "postorder_nb": {"version": 1, "recorded_at": str(moment)},
            "interactions": list(rows),
        }:
            exchanges = [_exchange(place, row) for place, row in enumerate(rows)]
            return Stored(_moment(moment), exchanges)
        case {"postorder_nb": {"version": int(version)}} if version > _VERSION:
            raise _Foreign(f"has format {version}; this version of the package reads {_VERSION}")
    raise _Foreign("was not made by this package, or has been damaged")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _Foreign(f"says it was recorded at {text!r}, which is no moment") from error
    if moment.tzinfo is None:
        raise _Foreign(f"says it was recorded at {text}, without a time zone")
    return moment


def _exchange(place: int, row: Any) -> Exchange:
    match row:
        case {
            "request": {
                "method": str(method),
                "uri": str(url),
                "headers": dict(sent),
                "body": str() | bytes() | None as asked,
            },
            "response": {
                "status": {"code": int(code), "message": str(reason)},
                "headers": dict(came),
                "body": {"string": str() | bytes() as said},
            },
        } if _are_headers(sent) and _are_headers(came):
            headers = {name: values[0] for name, values in sent.items()}
            return Request(method, url, headers, _raw(asked)), Answer(
                code, reason, came, _raw(said)
            )
    raise _Foreign(f"is damaged at interaction {place + 1}")


def _are_headers(headers: dict[Any, Any]) -> bool:
    return all(
        isinstance(name, str) and isinstance(values, list) and values
        # A line break would start a header of its own.
        and all(isinstance(value, str) and not {"\r", "\n"} & {*value} for value in values)
        for name, values in headers.items()
    )  # fmt: skip


def _row(request: Request, answer: Answer) -> dict[str, Any]:
    return {
        "request": {
            "method": request.method,
            "uri": request.url,
            "headers": {name: [value] for name, value in request.headers.items()},
            "body": _readable(request.body) if request.body else None,
        },
        "response": {
            "status": {"code": answer.status, "message": answer.reason},
            "headers": {name: list(values) for name, values in answer.headers.items()},
            "body": {"string": _readable(answer.body)},
        },
    }


def _raw(body: str | bytes | None) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


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
