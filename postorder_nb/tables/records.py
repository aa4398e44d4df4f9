"""The four records and the child tables by name, and what is known of their answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ..errors import InputError
from .cancellations import CANCELLATIONS
from .cases import CASES
from .children import CHILDREN
from .columns import Child, Column, Record, column
from .engine import known_fields
from .inquiries import INQUIRIES
from .moments import LAST
from .returns import RETURNS

Known = Mapping[str, frozenset[str]]

RECORDS: dict[str, Record] = {
    record.name: record for record in (CANCELLATIONS, INQUIRIES, RETURNS, CASES)
}
SINGULARS = tuple(record.singular for record in RECORDS.values())
KEY_COLUMNS = (
    column("record", "enum", "", "which of the four records", SINGULARS),
    column("record_id", "id", "", "id of the record"),
    column("seq", "integer", "", "position in the record's answer, from 0"),
)

CONVERSIONS = Child(
    "conversions",
    "Amounts that eBay converted, each with what it was converted from; the amounts themselves "
    "stand in their own tables. Amounts that were not converted have no row here.",
    (
        column("table", "enum", "", "table of the amount", (*RECORDS, *CHILDREN)),
        column("row", "integer", "", "seq of its row there; missing in the record's own table"),
        column("column", "enum", "", "column of the amount"),
        column("", "amount", "*", "the amount, as it stands there"),
        column(
            "from",
            "amount",
            "*.convertedFromValue|*.convertedFromCurrency",
            "what it was converted from",
        ),
        column(
            "exchange_rate",
            "number",
            "*.exchangeRate",
            "rate it was converted by",
            unit="currency per from_currency",
        ),
    ),
)
CHILD_TABLES: dict[str, Child] = {**CHILDREN, CONVERSIONS.name: CONVERSIONS}


def record_of(name: str) -> Record:
    """
    Return the spec of a record.

    Raises
    ------
    InputError
        If there is no such record.
    """
    try:
        return RECORDS[name]
    except (KeyError, TypeError):
        raise InputError(
            f"there is no table {name!r}", advice=f"choose one of {', '.join(RECORDS)}"
        ) from None


@cache
def known_of(name: str, *, details: bool) -> Known:
    """Return the known fields of each container of a record, or of a search's member."""
    record = RECORDS[name]
    places = [path for group in record.sources.values() for s in group for path in s.paths]
    known = known_fields(record.search + record.details, places, record.unread)
    if details:  # a list of one is told by the child table that reads the list
        return {path: names for path, names in known.items() if "[only]" not in path}
    at = record.member_at
    return {
        p: names for p, names in known.items() if p == at or p.startswith(f"{at}." if at else "")
    }


@cache
def known_in_row(child: str) -> Known:
    """Return the known fields of each container of a child table's row."""
    return known_fields(CHILDREN[child].columns, (), CHILDREN[child].unread)


def moment_columns(record: Record) -> tuple[Column, ...]:
    """Return the columns of the moments found in a record's history."""
    return (LAST, *(moment.column for moment in record.moments)) if record.moments else ()


def child_columns(child: Child) -> tuple[Column, ...]:
    """Return all columns of a child table that its answers fill, and the key and the mark."""
    return (*KEY_COLUMNS, *((child.mark,) if child.mark else ()), *child.columns)
