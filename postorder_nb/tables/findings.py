"""What was met in answers that the specs do not know, or that could not be read."""

from __future__ import annotations

import logging
from typing import Any, Literal

import pandas as pd

Found = Literal["unknown field", "unknown value", "unreadable"]

HIDDEN = "•••"
REST = "(others)"
_MOST = 500
_LONGEST = 80
_KINDS = {
    dict: "object", list: "list", str: "text", bool: "flag", int: "number", float: "number",
    type(None): "null",
}  # fmt: skip

logger = logging.getLogger("postorder_nb")


def json_kind(value: object) -> str:
    """Name the JSON kind of a decoded value: object, list, text, flag, number, null."""
    return _KINDS.get(type(value), type(value).__name__)


def short(text: str) -> str:
    """Cut a text to a length that suits a log line."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class Findings:
    """
    Counts of unknown fields, unknown values and unreadable values.

    The number of different findings is bounded, so that an answer full of rubbish cannot fill
    the memory: the surplus is counted under ``(others)``.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[Found, str, str], tuple[str, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, kind: Found, path: str, example: str, n: int = 1) -> None:
        """Count `n` findings; only unknown values are told apart by their value."""
        example = short(example)
        key = (kind, short(path), example if kind == "unknown value" else "")
        if key not in self._found and len(self._found) >= _MOST:
            key, example = (kind, REST, ""), REST
        first, before = self._found.get(key, (example, 0))
        self._found[key] = (first, before + n)

    def unreadable(self, path: str, value: object, *, personal: bool = False) -> None:
        """Count a value that could not be read; the example shows scalars only."""
        if isinstance(value, dict | list):
            example = json_kind(value)
        else:
            example = HIDDEN if personal else str(value)[:_LONGEST]
        self.add("unreadable", path, example)

    def merge(self, other: Findings) -> None:
        """Add the counts of `other`."""
        for (kind, path, _), (example, n) in other._found.items():
            self.add(kind, path, example, n)

    def summary(self) -> dict[str, dict[str, int]]:
        """Return the counts as plain data, ``{"unknown value": {"summary.state = X": 2}}``."""
        told: dict[str, dict[str, int]] = {}
        for (kind, path, value), (_, n) in sorted(self._found.items()):
            told.setdefault(kind, {})[f"{path} = {value}" if value else path] = n
        return told

    def frame(self) -> pd.DataFrame:
        """Return the counts as a DataFrame: kind, path, value (an example), n."""
        rows = [(k, p, example, n) for (k, p, _), (example, n) in self._found.items()]
        rows.sort(key=lambda row: (row[0], -row[3], row[1], row[2]))
        frame = pd.DataFrame(rows, columns=["kind", "path", "value", "n"])
        return frame.astype({"kind": "string", "path": "string", "value": "string", "n": "Int64"})

    def warn(self, name: str) -> None:
        """Say once, in the log, what was met."""
        if not self:
            return
        lines = [
            f"{kind}: " + ", ".join(f"{what} ({n})" for what, n in list(entries.items())[:10])
            + (f" and {len(entries) - 10} more" if len(entries) > 10 else "")
            for kind, entries in self.summary().items()
        ]  # fmt: skip
        logger.warning("%s: answers hold what the tables do not know. %s", name, "; ".join(lines))


def attach(frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Put the summary of `findings`, if any, into ``frame.attrs["drift"]``."""
    if findings:
        attrs: dict[Any, Any] = frame.attrs
        attrs["drift"] = findings.summary()
    return frame
