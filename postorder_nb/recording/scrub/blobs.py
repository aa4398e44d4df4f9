"""Stand-ins for files: another picture of the same kind and length, with nothing on it."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data).to_bytes(4)
    return len(data).to_bytes(4) + name + data + check


# One grey pixel, one empty page. What follows their end no reader looks at.
_PNG = b"".join((
    b"\x89PNG\r\n\x1a\n",
    _chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"),
    _chunk(b"IDAT", zlib.compress(b"\0\x80")),
    _chunk(b"IEND", b""),
))  # fmt: skip
_GIF = b64decode("R0lGODlhAQABAIAAAICAgAAAACwAAAAAAQABAAACAkQBADs=")
_JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp"
    "LDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgED"
    "AwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RF"
    "RkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJ"
    "ytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APvOiiiv/9k="
)
_BMP = b64decode("Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAgICAAA==")
_PDF = (
    b"%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 9 9]>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_EMPTY = {
    b"\x89PNG\r\n\x1a\n": _PNG, b"GIF8": _GIF, b"\xff\xd8\xff": _JPEG, b"BM": _BMP, b"%PDF": _PDF,
}  # fmt: skip


def stand_in(data: bytes, mark: bytes) -> bytes:
    """
    Return what stands for a file: as long, and to be opened if it is a picture or a PDF.

    Parameters
    ----------
    data : bytes
        The file.
    mark : bytes
        What tells it from other files.
    """
    empty = next((one for start, one in _EMPTY.items() if data.startswith(start)), b"")
    return empty + (mark + bytes(max(len(data) - len(mark), 0)))[: max(len(data) - len(empty), 0)]


def in_base64(text: str, mark: bytes) -> str | None:
    """Return what stands for a file in base64; None if it is none."""
    start, comma, rest = text.rpartition(",") if text.startswith("data:") else ("", "", text)
    try:
        data = b64decode("".join(rest.split()), validate=True)
    except ValueError:
        return None
    return start + comma + b64encode(stand_in(data, mark)).decode()


def is_stand_in(data: bytes) -> bool:
    """Tell whether a file is one that shows nothing."""
    empty = next((one for start, one in _EMPTY.items() if data.startswith(start)), b"")
    return data.startswith(empty) and not any(data[len(empty) + 16 :])
