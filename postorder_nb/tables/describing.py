"""What the columns mean, as a table and as a page."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from .columns import DTYPES, Child, Column, Record, Unread
from .records import CHILD_TABLES, RECORDS, child_columns, moment_columns, record_of

_COLUMNS = ("column", "dtype", "path", "meaning", "unit", "source", "personal")


def describe(name: str) -> pd.DataFrame:
    """
    Say what the columns of a table mean.

    Parameters
    ----------
    name : str
        A record (cancellations, inquiries, returns, cases) or a child table (history,
        refund_lines, money_movements, files, shipments, fundings, lines, label_costs,
        conversions).

    Returns
    -------
    pandas.DataFrame
        One row per column: ``column``, ``dtype``, ``path`` (places in the answer, the first that
        holds something counts; in a search page of returns the member is the ``summary``; of a
        child table the path is inside its row, and ``*`` is any amount), ``meaning``, ``unit``
        (of an amount: the column of its currency), ``source`` (search, details, or reckoned from
        other columns), ``personal`` (whether it is personal data).

    Raises
    ------
    InputError
        If there is no table of that name.

    Examples
    --------
    >>> cases = describe("cases").set_index("column")
    >>> cases.loc["claim_amount", ["dtype", "path", "unit"]].tolist()
    ['float64', 'claimAmount', 'claim_currency']
    """
    rows = [
        (field, DTYPES[kind], path, _meaning(spec, kind), unit, source, spec.personal)
        for spec, path, source in specs(name)
        for (field, kind), unit in zip(spec.fields, spec.units, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype(dict.fromkeys(_COLUMNS[:-1], "string") | {"personal": "boolean"})


def _meaning(spec: Column, kind: str) -> str:
    return f"currency of {spec.amount}" if kind == "currency" else spec.meaning


def specs(name: str) -> Iterator[tuple[Column, str, str]]:
    """Yield (column, path, source) of a table."""
    if name in CHILD_TABLES:
        child = CHILD_TABLES[name]
        yield from ((spec, spec.path, "details") for spec in child_columns(child))
        yield from ((spec, child.name, "reckoned") for spec in child.beside)
        return
    record = record_of(name)
    yield from ((spec, spec.path, "search") for spec in record.search)
    yield from ((spec, spec.path, "details") for spec in record.details)
    for difference in record.differences:
        path = f"{difference.of} - {difference.less}"
        yield difference.column, path, "reckoned"
    for spec in moment_columns(record):
        yield spec, "history", "reckoned"


def _spec(name: str) -> Record | Child:
    return CHILD_TABLES[name] if name in CHILD_TABLES else record_of(name)


def page() -> str:
    """Return the page about all tables, in Markdown."""
    parts = [_HEAD]
    for name in (*RECORDS, *CHILD_TABLES):
        parts.append(f"## {name}\n\n{_spec(name).meaning}\n\n{_table(name)}\n")
        if left := _spec(name).unread:
            parts.append("Not read:\n\n" + "\n".join(map(_left, left)) + "\n")
    return "\n".join(parts)


_HEAD = """\
# The columns of the tables

Made from `postorder_nb.tables.describe` by `python -m postorder_nb.tables`; do not edit it by hand.

Ids are text, times are in UTC, an amount is a number and a currency. A path says where in eBay's
answer a value stands: of several, the first that holds something counts. Columns whose source is
*search* are there after a search, too; the others come with the details. Columns marked
*personal* hold personal data of a buyer or a seller.
"""


def _table(name: str) -> str:
    lines = ["| column | dtype | unit | meaning | source | path |", "|---|---|---|---|---|---|"]
    for row in describe(name).to_dict("records"):
        told = {key: str(value) for key, value in row.items()}
        told["meaning"] += " (personal)" if row["personal"] else ""
        told["path"] = ", ".join(f"`{path}`" for path in told["path"].split("|") if path)
        told["column"] = f"`{told['column']}`"
        shown = (told[key] for key in ("column", "dtype", "unit", "meaning", "source", "path"))
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def _left(left: Unread) -> str:
    prefix = f"{left.at}." if left.at else ""
    names = ", ".join(f"`{prefix}{name}`" for name in left.names.split())
    return f"- {names}: {left.why}."
