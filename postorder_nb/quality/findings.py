"""What is looked for, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

SEVERITIES = ("error", "warning", "note")


class Rule(NamedTuple):
    """How bad a finding is, and what it means."""

    severity: str
    meaning: str


RULES: dict[str, Rule] = {
    "duplicated id": Rule("error", "the record stands in the table more than once"),
    "no id": Rule("error", "rows without an id cannot be linked or counted once"),
    "rows without a record": Rule("error", "child rows of a record that is not in its table"),
    "closed before created": Rule("error", "it ended before it began"),
    "escalated before created": Rule("error", "it was escalated before it began"),
    "refunded before created": Rule("error", "it was refunded before it began"),
    "deadline before created": Rule("warning", "the seller's deadline lies before its beginning"),
    "in the future": Rule("error", "it happened after the tables were fetched"),
    "history before created": Rule("error", "a step happened before it began"),
    "lines differ from the refund": Rule("error", "the refund's lines do not add up to it"),
    "lines differ from the estimate": Rule("warning", "the estimate's lines do not add up to it"),
    "buyer refunded less": Rule("error", "the buyer got less than the seller refunded"),
    "movements differ from the refund": Rule(
        "error", "what was moved to the buyer is neither the seller's nor the buyer's refund"
    ),
    "moved but not refunded": Rule("error", "money was moved to the buyer, but no refund is told"),
    "refunded but not moved": Rule("warning", "a refund is told, but no money moved"),
    "charge differs": Rule("error", "the charge is not the refund less the fee credit"),
    "fundings differ from the charge": Rule("error", "the fundings do not add up to the charge"),
    "refund failed and given": Rule("error", "the refund is said to have failed, yet is there"),
    "amount without currency": Rule("warning", "an amount that no sum can count"),
    "negative amount": Rule("warning", "an amount below zero"),
    "state differs from history": Rule("error", "its state is not the one its history ends in"),
    "history has a gap": Rule("warning", "a step does not begin where the one before ended"),
    "history out of order": Rule("warning", "the steps are not in the order of time"),
    "no history": Rule("warning", "its details were read, but hold no history"),
    "closed without a date": Rule("warning", "its state says closed, but no date does"),
    "open with a closing date": Rule("error", "it has a closing date, but its state is not closed"),
    "escalated without a case": Rule("error", "its status says escalated, but it names no case"),
    "case is missing": Rule("warning", "the case it names is not among the cases"),
    "return is missing": Rule("warning", "the return it came from is not among the returns"),
    "not linked back": Rule("error", "a case and a return that do not name one another"),
    "not fetched": Rule("error", "the table was not fetched, though the snapshot should hold it"),
    "cut by a limit": Rule("warning", "there are more records than the table holds"),
    "fetched for less": Rule("warning", "the table covers less time than the snapshot"),
    "unreadable": Rule("warning", "values that could not be read are missing"),
    "unknown value": Rule("note", "a value that eBay has not documented; it was kept"),
    "unknown field": Rule("note", "a field that no column reads"),
}


class Findings:
    """A growing list of findings."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def add(
        self, finding: str, table: str, ids: Iterable[Any], details: Iterable[str] | str = ""
    ) -> None:
        """Add a finding for each id, with one detail for all, or one each."""
        if some := list(ids):
            part = pd.DataFrame({"record_id": pd.Series(some, dtype="string")})
            told = details if isinstance(details, str) else list(details)
            self._parts.append(
                part.assign(
                    severity=RULES[finding].severity, table=table, finding=finding, detail=told
                )
            )

    def frame(self) -> pd.DataFrame:
        """Return all, the worst first, each severity in the order it was looked for."""
        columns = ["severity", "table", "record_id", "finding", "detail"]
        empty = pd.DataFrame({name: pd.Series(dtype="string") for name in columns})
        frame = pd.concat([empty, *self._parts], ignore_index=True)[columns].astype("string")
        frame["severity"] = pd.Categorical(frame["severity"], SEVERITIES, ordered=True)
        return frame.sort_values("severity", kind="stable", ignore_index=True)

    def summary(self, counts: Mapping[str, int]) -> str:
        """Say in a few lines what was checked and what was found."""
        frame = self.frame()
        checked = ", ".join(f"{n:,} {what}" for what, n in counts.items()) or "Nothing"
        if frame.empty:
            return f"{checked} checked: nothing is amiss."
        totals = frame["severity"].value_counts(sort=False)
        said = ", ".join(f"{n:,} {kind}{'s' * (n > 1)}" for kind, n in totals.items() if n)
        lines = [f"{checked} checked: {said}."]
        kinds = frame[["severity", "finding", "table"]].astype(object).value_counts(sort=False)
        for severity, finding, table in frame[[*kinds.index.names]].drop_duplicates().to_numpy():
            n = int(kinds[(severity, finding, table)])
            lines.append(f"- {severity}: {finding} ({n:,} in {table})")
        return "\n".join(lines)
