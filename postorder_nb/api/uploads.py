"""Files on their way to eBay: pictures of items, and return labels."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Annotated

from ..enums import FilePurpose
from ..errors import InputError
from .fields import Field, one_of

MOST_BYTES = 10 * 2**20
"""The largest file that is sent: eBay names no limit, but no label and no snapshot is larger."""

_STARTS = {
    "BMP": (b"BM",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "PDF": (b"%PDF-",),
}


@dataclass(frozen=True)
class Upload:
    """A file that was read: its bytes, its format by how it starts, and its name if it has one."""

    content: bytes = field(repr=False)
    format: str
    name: str | None = None


def opened(value: object) -> Upload:
    """
    Read a file and check that eBay takes it.

    Parameters
    ----------
    value : bytes, str or path
        The bytes of the file, or its path.

    Raises
    ------
    InputError
        If there is no such file, it is empty or too large, or its format is not taken.

    Examples
    --------
    >>> opened(b"%PDF-1.4 ...")
    Upload(format='PDF', name=None)
    """
    if isinstance(value, Upload):
        return value
    name = None
    if isinstance(value, str | PathLike):
        path = Path(value)
        if not path.is_file():
            raise InputError(
                f"there is no file {str(path)[:80]!r}", advice="pass a path, or the file's bytes"
            )
        name = path.name
        if path.stat().st_size > MOST_BYTES:
            raise _too_large(path.stat().st_size)
        value = path.read_bytes()
    if not isinstance(value, bytes):
        raise InputError(f"{type(value).__name__} is no file", advice="pass bytes or a path")
    if len(value) > MOST_BYTES:
        raise _too_large(len(value))
    kind = _format(value)
    if kind is None:
        raise InputError(
            "the file is empty" if not value else _strange(value),
            advice="eBay takes BMP, GIF, JPEG and PNG, and PDF for labels",
        )
    return Upload(value, kind, name)


def body(data: object, file_name: str | None, file_purpose: str) -> dict[str, str]:
    """
    Write an upload: the file in base64, once.

    Raises
    ------
    InputError
        If a PDF is no label, or bytes have no name.
    """
    upload = opened(data)
    if upload.format == "PDF" and file_purpose != FilePurpose.LABEL_RELATED:
        raise InputError(
            f"eBay takes no PDF as {file_purpose}",
            advice="send a picture (BMP, GIF, JPEG, PNG), or a label as LABEL_RELATED",
        )
    name = file_name or upload.name
    if name is None:
        raise InputError("bytes have no name", advice='pass file_name="label.pdf"')
    return {
        "fileName": name,
        "data": b64encode(upload.content).decode("ascii"),
        "filePurpose": file_purpose,
    }


def _format(content: bytes) -> str | None:
    return next((kind for kind, starts in _STARTS.items() if content.startswith(starts)), None)


def _strange(content: bytes) -> str:
    try:
        inner = b64decode(content, validate=True)
    except NotBase64:
        inner = b""
    if _format(inner):
        return "the file is in base64 already: pass it as it is, it is encoded on its way"
    return f"the file is of no known format (it starts with {content[:8]!r})"


def _too_large(size: int) -> InputError:
    return InputError(
        f"the file has {size / 2**20:.1f} MiB, more than {MOST_BYTES // 2**20}",
        advice="make the picture smaller",
    )


def _name(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^/\\\x00-\x1f]{1,255}", value.strip()):
        raise InputError(f"{value!r} is no file name", advice='write one such as "label.pdf"')
    return value.strip()


FileData = Annotated[bytes | str | PathLike[str], Field("File", opened, "its bytes or its path")]
FileName = Annotated[str, Field("File name", _name)]
Purpose = Annotated[FilePurpose | str, Field("Purpose", one_of(FilePurpose, "UNKNOWN"))]
