"""Every field an answer may hold is read by a column, or left unread for a stated reason."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from postorder_nb import tables
from postorder_nb.tables.children import CHILDREN
from postorder_nb.tables.describing import page
from postorder_nb.tables.records import RECORDS

DATA = Path(__file__).parent.parent / "data" / "fields.txt"
KEYS = {"record", "record_id", "seq", "stage", "direction"}
VALUES: dict[str, Any] = {
    "$": {
        "value": 12.5,
        "currency": "GBP",
        "convertedFromValue": 10,
        "convertedFromCurrency": "USD",
        "exchangeRate": "1.25",
    },
    "@": {"value": "2026-01-05T12:00:00.000Z", "formattedValue": None},
    '"': {"content": "Hello", "language": "en"},
    "#": 7,
    "?": True,
    "*": [5],
    "": "BUYER",
}


def fields(name: str) -> Iterator[tuple[str, Any]]:
    """Yield the path of each field and a value that may stand there."""
    for line in DATA.read_text(encoding="utf-8").splitlines():
        head, _, names = line.partition(": ")
        record, _, container = head.partition(" ")
        if record != name:
            continue
        for field in names.split():
            bare = field.rstrip('$@"#?*')
            path = f"{container}.{bare}" if container else bare
            yield path, VALUES[field[len(bare) :]]


def answer(path: str, value: Any) -> dict[str, Any]:
    """Return an answer that holds nothing but `value` at `path`."""
    head, _, rest = path.partition(".")
    inner = answer(rest, value) if rest else value
    return {head.removesuffix("[]"): [inner] if head.endswith("[]") else inner}


@cache
def read(name: str) -> dict[str, set[str]]:
    """Return of each field the columns, ``table.column``, that an answer with it alone fills."""
    paths = [path for path, _ in fields(name)]
    ids = [f"{n}" for n in range(len(paths))]
    frames = tables.from_details(name, [answer(*field) for field in fields(name)], ids=ids)
    filled: dict[str, set[str]] = {path: set() for path in paths}
    for table, frame in frames.items():  # what follows from other fields is no field's own
        described = tables.describe(table)
        frames[table] = frame[described.loc[described["source"] != "reckoned", "column"]]
    own = frames.pop(name)
    for path, record_id, row in zip(paths, ids, own.to_dict("records"), strict=True):
        if row.pop(tables.KEYS[name]) != record_id:
            filled[path].add(f"{name}.{tables.KEYS[name]}")
        filled[path] |= {f"{name}.{column}" for column, held in row.items() if not pd.isna(held)}
    for child, frame in frames.items():
        for row in frame.to_dict("records"):
            told = {column for column, held in row.items() if not pd.isna(held)} - KEYS
            filled[paths[int(row["record_id"])]] |= {f"{child}.{column}" for column in told}
    return filled


def unread(name: str) -> dict[str, str]:
    """Return the paths that the specs say no column reads, and why."""
    record = RECORDS[name]
    places = [("", record.unread)]
    for child, sources in record.sources.items():
        places += [(p, CHILDREN[child].unread) for source in sources for p in source.paths]
    return {
        ".".join(filter(None, (place, left.at, field))): left.why
        for place, lefts in places
        for left in lefts
        if "are rows of" not in left.why  # another child table reads them
        for field in left.names.split()
    }


def within(path: str, places: dict[str, str]) -> bool:
    """Tell whether a path, or a container of it, is among `places`."""
    parts = path.replace("[]", "").split(".")
    bare = {place.replace("[]", "") for place in places}
    return any(".".join(parts[:n]) in bare for n in range(1, len(parts) + 1))


@pytest.mark.parametrize("name", tables.NAMES)
def test_each_field_is_read_or_left_for_a_reason(name):
    left = unread(name)
    undecided = {
        path for path, columns in read(name).items() if bool(columns) == within(path, left)
    }
    assert undecided == set()
    assert all(len(why) > 10 for why in left.values())


@pytest.mark.parametrize("name", tables.NAMES)
def test_none_of_them_is_taken_for_unknown(name):
    told = tables.drift(name, [answer(*field) for field in fields(name)])
    assert told.loc[told["kind"] == "unknown field", "path"].tolist() == []


@pytest.mark.parametrize("name", tables.NAMES)
def test_each_column_reads_a_field_that_is_there(name):
    filled = set().union(*read(name).values())
    described = tables.describe(name)
    columns = described.loc[described["source"] != "reckoned", "column"]
    assert {column for column in columns if f"{name}.{column}" not in filled} == set()


def test_each_column_of_a_child_table_is_filled_by_some_record():
    filled = set().union(*(columns for name in tables.NAMES for columns in read(name).values()))
    for child in tables.CHILD_NAMES:
        described = tables.describe(child)
        columns = set(described.loc[described["source"] != "reckoned", "column"]) - KEYS
        assert {column for column in columns if f"{child}.{column}" not in filled} == set()


@pytest.mark.parametrize(
    ("name", "path", "columns"),
    [
        ("returns", "detail.payoutRecoupInfo.payoutId", {"returns.payout_id"}),
        ("returns", "detail.files[].fileData", set()),
        (
            "cancellations",
            "refundInfo.actualRefundDetail.fundings[].fundingSource.memo",
            {"fundings.memo"},
        ),
        ("cases", "actionDeadlines.daysToReturnItem", {"cases.return_item_days"}),
        (
            "inquiries",
            "inquiryHistoryDetails.history[].moneyMovement.moneyMovementEntryList[].amount",
            {
                "money_movements.actual_amount",
                "money_movements.actual_currency",
                "conversions.table",
                "conversions.row",
                "conversions.column",
                "conversions.amount",
                "conversions.currency",
                "conversions.from_amount",
                "conversions.from_currency",
                "conversions.exchange_rate",
            },
        ),
    ],
)
def test_some_fields_fill_just_these_columns(name, path, columns):
    assert read(name)[path] == columns


def test_the_page_about_the_columns_is_current():
    written = Path(tables.__file__).with_name("COLUMNS.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m postorder_nb.tables"


def test_the_page_names_every_column_and_every_unread_field():
    text = page()
    for name in (*tables.NAMES, *tables.CHILD_NAMES):
        described = tables.describe(name)
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == described["column"].tolist()
        assert all(row.count("|") == 7 for row in rows)
    assert "`detail.sellerAddress.address.city`" in text
