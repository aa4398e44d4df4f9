"""The files of a return: what may be shown of them."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from ... import tables
from ...api.operation import Answer
from ..pictures import thumbnail
from . import words


class File(NamedTuple):
    """One file: `picture` is a small PNG of our own drawing; None if there is none to show."""

    name: str
    told: str
    address: str
    picture: bytes | None


def read(return_id: str, answer: Answer, tz: str) -> list[File]:
    """Return the files of the answer of ``returns.files``."""
    entries = [entry for entry in answer.get("files") or [] if isinstance(entry, dict)]
    frames = tables.from_details("returns", [{"detail": {"files": entries}}], ids=[return_id])
    return [
        File(
            words.cut(words.raw(row["name"]), 120) or f"file {row['file_id']}",
            ", ".join(
                filter(
                    None,
                    [
                        words.plain(row["purpose"]),
                        f"from the {words.plain(row['submitter']).lower()}",
                        words.when(row["created_at"], tz),
                    ],
                )
            ),
            words.raw(row["url"]),
            _picture(entry),
        )
        for row, entry in zip(frames["files"].to_dict("records"), entries, strict=True)
    ]


def _picture(entry: Answer) -> bytes | None:
    """Decode the small picture eBay made of it, else the file itself."""
    for name in ("resizedFileData", "fileData"):
        data = entry.get(name)
        if not isinstance(data, str):
            continue
        try:
            picture = thumbnail(base64.b64decode(data, validate=True))
        except binascii.Error:
            continue
        if picture:
            return picture
    return None
