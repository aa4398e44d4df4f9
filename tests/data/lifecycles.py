"""
Write ``lifecycles.tsv``, ``legality.tsv`` and ``states.tsv`` from a description as JSON.

``python tests/data/lifecycles.py DESCRIPTION.json`` reads the facts that were collected on the
real service: states, transitions, and which call is legal where. The tests compare the simulator
with these tables, which are written from the description alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ACTORS = {"buyer": "BUYER", "seller": "SELLER", "system": "SYSTEM", "csr": "CSR"}


def transitions(facts: dict[str, Any]) -> list[list[str]]:
    rows = [["id", "kind", "from", "by", "actors", "to", "status", "activity", "closes"]]
    for kind, record in facts["records"].items():
        for step in record["transitions"]:
            code = step.get("activity") or ""
            rows.append(
                [
                    step["id"], kind, " ".join(state.strip("()") for state in step["from"]),
                    step["kind"],
                    " ".join(ACTORS[word] for word in step["actor"].split() if word in ACTORS),
                    step["to"], step.get("to_status") or "",
                    code if kind in ("return", "cancellation") else "",
                    step.get("close_reason") or "",
                ]
            )  # fmt: skip
    return rows


def legality(facts: dict[str, Any]) -> list[list[str]]:
    rows = [["call", "role", "states", "status", "number"]]
    for entry in facts["legality"]:
        if not all(word.isupper() for word in entry["allowed_states"]):
            continue  # any state, or none yet
        states = " ".join(entry["allowed_states"])
        illegal = entry["illegal"] or {}
        numbers = illegal.get("errorId")
        known = illegal.get("http") == 500 and isinstance(numbers, int)
        answer = ["500", str(numbers)] if known else ["", ""]
        kind, _, rest = entry["operation"].partition(".")
        head, _, words = rest.partition(" ")
        names = [f"decide {word}" for word in words.split(" / ")] if head == "decide" else None
        for name in names or rest.split(", "):
            for role in entry["role"].upper().split(", "):
                rows.append([f"{kind}.{name}", role, states, *answer])
    return rows


def states(facts: dict[str, Any]) -> list[list[str]]:
    rows = [["kind", "state", "status", "over", "alive"]]
    for kind, record in facts["records"].items():
        rows += [
            [kind, entry["state"], " ".join(entry["status"]), str(entry["terminal"]),
             str(entry["alive"])]
            for entry in record["states"]
            if "*" not in entry["state"]
        ]  # fmt: skip
    return rows


def main() -> None:
    facts = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    tables = {"lifecycles": transitions, "legality": legality, "states": states}
    for name, rows in tables.items():
        text = "\n".join("\t".join(row) for row in rows(facts)) + "\n"
        (HERE / f"{name}.tsv").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
