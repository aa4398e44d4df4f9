"""What a sync did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from .. import display, tables


def _counts() -> dict[str, int]:
    return dict.fromkeys(tables.NAMES, 0)


@dataclass(repr=False)
class Result:
    """
    What a sync brought, by table, and what it left.

    Attributes
    ----------
    seller : str
        Whose records they are.
    sync : str
        The run's name in the archive's log.
    began, ended : datetime
        When, by the clock of the server.
    calls : int
        The calls it took, repeated ones included.
    new, changed : dict
        Records seen for the first time, and known ones whose answers changed.
    gone : dict
        Records that eBay knows no more; what they were stays in the archive.
    owed : dict
        Records whose details are still to be read: the next sync goes on with them.
    failed : dict
        Records of which eBay's answer was an error; they are owed, too.
    backfill : dict
        The moment back to which all records are there, by table; missing where none was read.
    stopped : str
        Why it ended early; empty if it did not.
    """

    seller: str
    sync: str
    began: datetime
    ended: datetime | None = None
    calls: int = 0
    new: dict[str, int] = field(default_factory=_counts)
    changed: dict[str, int] = field(default_factory=_counts)
    gone: dict[str, int] = field(default_factory=_counts)
    owed: dict[str, int] = field(default_factory=_counts)
    failed: dict[str, int] = field(default_factory=_counts)
    backfill: dict[str, datetime] = field(default_factory=dict)
    stopped: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is owed."""
        return not self.stopped and not any(self.owed.values())

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        found = asdict(self)
        found["began"] = self.began.isoformat()
        found["ended"] = self.ended.isoformat() if self.ended else None
        found["backfill"] = {name: at.isoformat() for name, at in self.backfill.items()}
        return found

    def __repr__(self) -> str:
        return f"<Sync of {self.seller}: {'; '.join(f'{n} {v}' for n, v in self._rows())}>"

    def _repr_html_(self) -> str:
        return display.card(f"Sync of {self.seller}", list(self._rows()))

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("calls", str(self.calls))]
        for name in ("new", "changed", "gone", "owed", "failed"):
            told = [f"{n} {table}" for table, n in getattr(self, name).items() if n]
            if told:
                rows.append((name, ", ".join(told)))
        return [*rows, ("stopped", self.stopped)] if self.stopped else rows
