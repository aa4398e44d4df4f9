"""Cassettes made by other means: what vcrpy and its kin write, as YAML or as JSON."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from postorder_nb.errors import CassetteError
from postorder_nb.recording import rows, storage
from postorder_nb.recording.compact import Stored
from postorder_nb.recording.exchange import Answer, Exchange, credentials, signature
from postorder_nb.recording.names import COMPACT
from postorder_nb.recording.rows import OURS, Unsound

_OURS = re.compile(rb"^%s:" % OURS.encode(), re.M)
_UNPACKED = ("content-encoding", "content-length", "transfer-encoding")
_GZIP_OR_ZLIB = 47  # zlib's name for "whichever of the two it is"


def is_ours(path: Path) -> bool:
    """Tell whether a file is meant to be a cassette of this package, sound or not."""
    if path.name.endswith(COMPACT):
        return True
    with path.open("rb") as file:
        return path.suffix == ".yaml" and bool(_OURS.search(file.read(storage.LONGEST_YAML)))


def read(path: Path) -> Stored:
    """
    Read a cassette that vcrpy wrote.

    Bodies are unpacked. The moment of the recording is what its first answer says, or else when
    the file was changed.

    Raises
    ------
    CassetteError
        If it is no such cassette, or an unsafe one.
    """
    advice = "record it again"
    try:
        found = _json(path) if path.suffix == ".json" else None
        found = found or storage.document(path, advice=advice, aliases=True)
        match found:
            case {"interactions": list(given)}:
                made = (_exchange(place, one) for place, one in enumerate(given))
                exchanges = rows.Tally().counted(made)
            case _:
                raise Unsound("is not laid out as a cassette")
        return Stored(_moment(path, exchanges), exchanges)
    except Unsound as error:
        raise CassetteError(f"the recording {path} {error}", advice=advice) from error
    except OSError as error:
        raise storage.unreadable(path, error, advice) from error


def _json(path: Path) -> Any:
    if path.stat().st_size > storage.LONGEST_YAML:
        raise Unsound(f"is unsafe: it has more than {storage.LONGEST_YAML >> 20} MiB")
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Unsound("is no JSON") from error


def _exchange(place: int, given: Any) -> Exchange:
    match given:
        case {
            "request": {"headers": dict(sent)} as request,
            "response": {"headers": dict(came), "status": {"code": code, **status}} as response,
        }:
            row = {
                "request": {"body": None, **request, "headers": _listed(sent)},
                "response": {
                    **response,
                    "status": {"code": code, "message": status.get("message") or ""},
                    "headers": _listed(came),
                },
            }
        case _:
            raise Unsound(f"is damaged at interaction {place + 1}: it is no request and its answer")
    asked, answer = rows.exchange(place, row)
    # A file that keeps no credentials at all does not tell which were sent.
    known = credentials(asked.headers)
    asked = replace(
        asked,
        credentials=known if known != "none" else None,
        signature=signature(asked.headers) or None,
    )
    return asked, _unpacked(answer)


def _listed(headers: Mapping[Any, Any]) -> dict[Any, Any]:
    listed = {name: [one] if isinstance(one, str) else one for name, one in headers.items()}
    return {name: values for name, values in listed.items() if values}


def _unpacked(answer: Answer) -> Answer:
    """Unpack a body within bounds; one that cannot be unpacked stays as it is."""
    headers = {name.lower(): values for name, values in answer.headers.items()}
    body = answer.body
    if headers.get("content-encoding", ["identity"])[0] not in ("gzip", "deflate") or not body:
        return answer
    packer = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        body = packer.decompress(body, rows.MOST_BYTES)
    except zlib.error:
        return answer  # the client that recorded it had unpacked it and kept the header
    if packer.unconsumed_tail:
        raise Unsound(f"is unsafe: an answer unpacks to more than {rows.MOST_BYTES >> 20} MiB")
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in _UNPACKED}
    return replace(answer, headers=kept, body=body)


def _moment(path: Path, exchanges: list[Exchange]) -> datetime:
    for _, answer in exchanges[:1]:
        headers = {name.lower(): values for name, values in answer.headers.items()}
        try:
            return parsedate_to_datetime(headers.get("date", [""])[0]).astimezone(UTC)
        except ValueError:
            break
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
