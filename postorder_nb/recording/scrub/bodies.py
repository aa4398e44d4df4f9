"""Bodies of requests and answers: opened, whatever they are packed in, and closed again."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from typing import Any

from postorder_nb.recording.scrub.blobs import stand_in
from postorder_nb.recording.scrub.values import Known, Values, learn, parse, written

_MOST = 64 * 2**20
_GZIP = b"\x1f\x8b\x08"
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.I)
_TEXTUAL = re.compile(r"^\s*(text/|application/[\w.+-]*(json|xml|javascript))", re.I)
_FORM = "application/x-www-form-urlencoded"
_NO_JSON = object()


@dataclass(frozen=True)
class Body:
    """A body, opened: a value of JSON, or text, or bytes that are neither."""

    raw: bytes
    text: str | None
    value: Any
    form: bool = False
    charset: str = "utf-8"
    packed: bool = False

    @property
    def is_json(self) -> bool:
        """Whether it is a value of JSON."""
        return self.value is not _NO_JSON

    def learn(self, known: Known) -> None:
        """Note the ids and persons that it tells."""
        if self.is_json:
            learn(self.value, "", known)

    def scrubbed(self, values: Values, known: Known) -> bytes:
        """Return what may be kept of it, in what it came in."""
        kept = self._scrubbed(values, known)
        return gzip.compress(kept, mtime=0) if self.packed else kept

    def _scrubbed(self, values: Values, known: Known) -> bytes:
        if self.text is None:
            return stand_in(self.raw, values.cipher.mark(self.raw))
        if self.is_json:
            try:
                kept = written(values.value(self.value, "", known))
            except RecursionError:
                kept = values.prose(self.text, known)
        elif self.form:
            kept = values.form(self.text, known)
        else:
            kept = values.prose(self.text, known)
        return kept.encode(self.charset, errors="replace")


def opened(raw: bytes, media: str) -> Body:
    """
    Open a body.

    Parameters
    ----------
    raw : bytes
        As it came.
    media : str
        Its content type; empty if that is not known.
    """
    if not raw:  # most requests
        return Body(raw, "", _NO_JSON)
    if raw.startswith(_GZIP):
        inner = _unpacked(raw)
        if inner is not None:
            body = opened(inner, media)
            return Body(inner, body.text, body.value, body.form, body.charset, packed=True)
    text, charset = _text(raw, media)
    if text is None:
        return Body(raw, None, _NO_JSON)
    if media.lower().lstrip().startswith(_FORM):
        return Body(raw, text, _NO_JSON, form=True, charset=charset)
    try:
        return Body(raw, text, parse(text), charset=charset)
    except (ValueError, RecursionError):
        return Body(raw, text, _NO_JSON, charset=charset)


def _text(raw: bytes, media: str) -> tuple[str | None, str]:
    named = _CHARSET.search(media)
    for charset in ("utf-8", named[1] if named else "utf-8"):
        try:
            return raw.decode(charset), charset
        except (UnicodeDecodeError, LookupError):
            continue
    # A text that was cut within a letter, say.
    return (raw.decode(errors="replace") if _TEXTUAL.match(media) else None), "utf-8"


def _unpacked(raw: bytes) -> bytes | None:
    packer = zlib.decompressobj(31)
    try:
        inner = packer.decompress(raw, _MOST)
    except zlib.error:
        return None
    return inner if packer.eof and not packer.unused_data else None
