"""
What is known of the API, as tables beside this module: its calls, answers, values and errors.

The simulator routes and refuses by these tables, and describes itself from them (`description`).

- ``calls.tsv``: the 38 calls; ``also`` lists the errors that do not follow from the rest.
- ``types.tsv``: the fields of what is answered: ``always`` or not, ``null`` or not, and whether
  the documents name the field or it was only ``seen`` in answers.
- ``values.tsv``: sets of values that `postorder_nb.enums` does not name, and values beyond one.
- ``errors.tsv``: the errors that are answered, by status, domain and number.
"""

from __future__ import annotations

import re
from csv import DictReader
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from ...enums import Marketplace


@dataclass(frozen=True, slots=True)
class Facts:
    """
    One call, as the documents have it.

    `path` is below ``/post-order/v2``; `role` is SELLER, BUYER or EITHER; `effect` read, write,
    final (no call undoes it) or money (it moves money). `signed` ones need a signature of sellers
    in the EU and the UK. `gone` is the day from which the call is no more, or empty. `takes` and
    `gives` name the type of the body and of the answer, empty for none; `also` are the numbers of
    errors of its own.
    """

    name: str
    method: str
    path: str
    role: str
    effect: str
    signed: bool
    takes: str
    gives: str
    status: int
    gone: str
    also: tuple[int, ...]
    words: str

    @property
    def pattern(self) -> str:
        """The path as a regular expression, the record's id as its group ``id``."""
        return re.sub(r"\\{\w+\\}", "(?P<id>[^/]+)", re.escape(self.path)) + "/?"

    @property
    def id_name(self) -> str:
        """What the path calls the record's id; empty where there is none."""
        found = re.search(r"{(\w+)}", self.path)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One field of an answer.

    `kind` is a type or a set of values by name, or in square brackets, of which it is a list.
    """

    type: str
    field: str
    kind: str
    always: bool
    null: bool
    seen: bool


@dataclass(frozen=True, slots=True)
class Error:
    """One error: `group` says when it comes (see `description`), `words` what it means."""

    group: str
    status: int
    domain: str
    number: int
    words: str


SITES = frozenset(Marketplace.__members__) | {"EBAY_UK"}


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath(f"{name}.tsv").read_text(encoding="utf-8")
    return list(DictReader(text.splitlines(), delimiter="\t", quoting=3))


def _calls() -> dict[str, Facts]:
    calls = {}
    for row in _rows("calls"):
        calls[row["name"]] = Facts(
            name=row["name"],
            method=row["method"],
            path=row["path"],
            role=row["role"].upper(),
            effect=row["effect"],
            signed=row["signed"] == "yes",
            takes=row["takes"],
            gives=row["gives"],
            status=int(row["status"]),
            gone=row["gone"],
            also=tuple(int(number) for number in row["also"].split()),
            words=row["words"],
        )
    return calls


CALLS = MappingProxyType(_calls())


@cache
def fields() -> dict[str, list[Fact]]:
    """Return the fields of the answers, by type."""
    types: dict[str, list[Fact]] = {}
    for row in _rows("types"):
        flags = {name: row[name] == "yes" for name in ("always", "null", "seen")}
        fact = Fact(row["type"], row["field"], row["kind"], **flags)
        types.setdefault(fact.type, []).append(fact)
    return types


@cache
def values() -> dict[str, tuple[str, ...]]:
    """Return sets of values that have no enum, and what is answered beyond an enum, by name."""
    return {row["name"]: tuple(row["values"].split()) for row in _rows("values")}


@cache
def errors() -> tuple[Error, ...]:
    """Return the errors."""
    return tuple(
        Error(row["group"], int(row["status"]), row["domain"], int(row["number"]), row["words"])
        for row in _rows("errors")
    )
