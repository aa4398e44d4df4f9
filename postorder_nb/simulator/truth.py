"""
The truth of a world as Parquet files: what an analysis of the API's answers should come to.

The API has no orders: here they are, the denominator of every rate. Columns are named as in
`postorder_nb.tables`; money is ``decimal128(18, 2)`` with a currency beside it, moments are
``timestamp[us, tz=UTC]``, ids are text. Only this module needs pyarrow: it is imported by those who
write the truth, and by nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .orders import Columns, lines, places, quantity, tax_points
from .records import Item, Money, Order, Record
from .shop import COUNTRY
from .world import World

_RUN = 500_000
_ROWS = 20_000


class _Column(NamedTuple):
    """A column: its kind (``text``, ``time``, ``count``, ``flag``, ``money``), and its value."""

    kind: str
    value: Callable[[Any], Any]


def _of(kind: str, *names: str) -> dict[str, _Column]:
    """Return columns that are attributes of the same name."""
    return {name: _Column(kind, _attribute(name)) for name in names}


def _attribute(name: str) -> Callable[[Any], Any]:
    return lambda record: getattr(record, name, None)


_COMMON = {
    **_of("text", "order_id", "item_id", "transaction_id", "marketplace", "seller"),
    "buyer": _Column("text", lambda record: record.buyer.login),
    "category": _Column("text", lambda record: record.item.category),
    **_of("count", "quantity"),
    **_of("text", "reason", "state", "status"),
    **_of("time", "created_at", "closed_at", "modified_at"),
    **_of("money", "refund", "buyer_refund", "fee_credit", "net_charge", "donation"),
    **_of("text", "refund_status"),
    **_of("time", "refunded_at"),
    "comments": _Column("text", lambda record: record.comments),
}
_ESCALATION = {
    **_of("time", "escalated_at"),
    **_of("text", "escalated_by", "escalate_reason", "case_id"),
}


def _id(name: str) -> dict[str, _Column]:
    return {name: _Column("text", lambda record: record.id)}


RECORDS: dict[str, dict[str, _Column]] = {
    "returns": {
        **_id("return_id"),
        **_COMMON,
        **_of("text", "reason_type", "close_reason", "buyer_close_reason"),
        **_of("time", "delivered_at", "respond_by"),
        **_of("money", "estimated", "buyer_estimated", "label_cost"),
        **_of("text", "label_payee"),
        **_ESCALATION,
    },
    "inquiries": {
        **_id("inquiry_id"),
        **_COMMON,
        "claim": _Column("money", lambda record: record.estimated),
        **_of("money", "total"),
        **_of("time", "respond_by", "expires_at", "delivered_at"),
        **_ESCALATION,
    },
    "cases": {
        **_id("case_id"),
        **_COMMON,
        "parent_id": _Column("text", lambda record: record.parent.id),
        **_of("text", "return_id", "case_type", "escalated_by", "escalate_reason"),
        "claim": _Column("money", lambda record: record.estimated),
        **_of("text", "close_reason", "buyer_outcome", "seller_outcome"),
        **_of("text", "appeal_status", "appeal_grant"),
        **_of("time", "appealed_at"),
    },
    "cancellations": {
        **_id("cancel_id"),
        **_COMMON,
        **_of("text", "requestor", "close_reason"),
        "requested": _Column("money", lambda record: record.estimated),
        **_of("time", "respond_by", "shipped_at"),
    },
}

_CHILD = {
    "record": _Column("text", lambda row: row[0]),
    "record_id": _Column("text", lambda row: row[1].id),
    "seq": _Column("count", lambda row: row[2]),
}


def _part(kind: str, *names: str) -> dict[str, _Column]:
    """Return columns that are attributes of the child in a row."""
    return {name: _Column(kind, _child(name)) for name in names}


def _child(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row[3], name)


CHILDREN: dict[str, tuple[str, dict[str, _Column]]] = {
    "history": (
        "history",
        {
            **_CHILD,
            **_part("time", "at"),
            **_part("text", "actor", "activity", "from_state", "to_state", "notes"),
        },
    ),
    "money_movements": (
        "movements",
        {
            **_CHILD,
            **_part("text", "type", "status"),
            **_part("money", "requested", "actual"),
            **_part("time", "created_at", "settled_at"),
            **_part("text", "source"),
        },
    ),
}

LEDGER = {
    **_of("text", "record", "record_id", "kind", "currency"),
    "amount": _Column("amount", lambda moved: moved.amount),
    **_of("time", "at"),
}
PLANTED = {
    **_of("text", "kind", "tells", "item_id"),
    **_of("time", "since", "until"),
    **_of("texts", "buyers", "orders"),
}


def write(world: World, folder: str | Path) -> dict[str, Path]:
    """
    Write the truth of a world into a folder, one Parquet file per table.

    Tables: ``orders``, ``returns``, ``inquiries``, ``cases``, ``cancellations``, ``history``,
    ``money_movements`` (of all records), ``ledger`` (what moved since the world began to move)
    and ``planted`` (what its scenario planted where).

    Parameters
    ----------
    world : World
        The world; nothing in it moves meanwhile.
    folder : str or Path
        Where to; it is made where it is missing, files of the same names are replaced.

    Returns
    -------
    dict of str to Path
        The files by table.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    with world.lock:
        for name, batches in _tables(world).items():
            paths[name] = folder / f"{name}.parquet"
            first = next(batches)
            with pq.ParquetWriter(paths[name], first.schema, compression="zstd") as writer:
                writer.write_batch(first)
                for batch in batches:
                    writer.write_batch(batch)
    return paths


def _tables(world: World) -> dict[str, Iterator[pa.RecordBatch]]:
    tables = {"orders": orders(world)}
    for name, columns in RECORDS.items():
        tables[name] = _batches(columns, getattr(world, name).values())
    for name, (attribute, columns) in CHILDREN.items():
        tables[name] = _batches(columns, _children(world, attribute))
    tables["ledger"] = _batches(LEDGER, world.ledger)
    tables["planted"] = _batches(PLANTED, world.planted)
    return tables


def _children(world: World, attribute: str) -> Iterator[tuple[str, Record, int, Any]]:
    """Yield the children of all records: kind of record, record, place, child."""
    for name in RECORDS:
        for record in getattr(world, name).values():
            kind = type(record).__name__.lower()
            for seq, child in enumerate(getattr(record, attribute)):
                yield kind, record, seq, child


def _batches(columns: dict[str, _Column], rows: Iterable[Any]) -> Iterator[pa.RecordBatch]:
    """Yield rows as record batches; at least one, which may be empty."""
    run: list[Any] = []
    schema = _schema(columns)
    empty = True
    for row in rows:
        run.append(row)
        if len(run) == _ROWS:
            yield pa.record_batch(_arrays(columns, run), schema=schema)
            run, empty = [], False
    if run or empty:
        yield pa.record_batch(_arrays(columns, run), schema=schema)


def _types() -> dict[str, Any]:
    return {
        "text": pa.string(), "time": pa.timestamp("us", tz="UTC"), "count": pa.int64(),
        "flag": pa.bool_(), "amount": pa.decimal128(18, 2), "texts": pa.list_(pa.string()),
    }  # fmt: skip


def _schema(columns: dict[str, _Column]) -> pa.Schema:
    types, fields = _types(), []
    for name, column in columns.items():
        if column.kind == "money":
            fields += [(f"{name}_amount", types["amount"]), (f"{name}_currency", types["text"])]
        else:
            fields.append((name, types[column.kind]))
    return pa.schema(fields)


def _arrays(columns: dict[str, _Column], rows: list[Any]) -> list[Any]:
    types, arrays = _types(), []
    for column in columns.values():
        values = [column.value(row) for row in rows]
        if column.kind == "money":
            amounts: list[Money | None] = values
            arrays.append(pa.array([m.amount if m else None for m in amounts], types["amount"]))
            # An amount of nothing has no currency.
            names = [(m.currency or None) if m else None for m in amounts]
            arrays.append(pa.array(names, types["text"]))
        else:
            arrays.append(pa.array(values, types[column.kind]))
    return arrays


# -- orders ---------------------------------------------------------------------------------------

_ORDER = {
    "order_id": "text", "transaction_id": "text", "item_id": "text", "item_title": "text",
    "category": "text", "buyer": "text", "marketplace": "text", "country": "text",
    "quantity": "count", "placed_at": "time", "dispatch_at": "time", "paid": "flag",
    "price": "money", "shipping": "money", "total": "money", "tax_points": "count",
}  # fmt: skip


def orders(world: World) -> Iterator[pa.RecordBatch]:
    """
    Yield all orders of a world as Arrow record batches, oldest first.

    Those placed one by one come last. ``tax_points`` is the tax rate in hundredths of a percent;
    ``total`` is goods and shipping, without tax.
    """
    schema = _schema({name: _Column(kind, repr) for name, kind in _ORDER.items()})
    book = world.orders
    for start in range(0, book.count, _RUN):
        columns = book.columns(start, min(book.count, start + _RUN))
        yield pa.record_batch(_order_arrays(world, columns, schema), schema=schema)
    if book.extra or not book.count:
        yield pa.record_batch(_extra_arrays(book.extra), schema=schema)


def _order_arrays(world: World, columns: Columns, schema: pa.Schema) -> list[Any]:
    stock, mixed = world.orders.items_sold, columns.mixed
    item = pa.array(columns.item)
    pieces = quantity(mixed).astype(np.int64)
    american = np.array([thing.marketplace == "EBAY_US" for thing in stock])[columns.item]

    def of_item(get: Callable[[Item], Any], kind: Any = None) -> Any:
        return pc.take(pa.array([get(thing) for thing in stock], kind), item)

    def money(get: Callable[[Item], Money], name: str) -> list[Any]:
        amount = of_item(lambda i: get(i).amount, schema.field(f"{name}_amount").type)
        return [amount, of_item(lambda i: get(i).currency)]

    # Quantities are 1 to 3: all totals there can be, and which of them it is.
    totals = pa.array(
        [i.price.amount * n + i.shipping.amount for i in stock for n in (1, 2, 3)],
        schema.field("total_amount").type,
    )
    unpaid = world.orders.unpaid
    paid = np.array(
        [i not in unpaid for i in range(columns.start, columns.start + len(mixed))], dtype=bool
    )
    moments = schema.field("placed_at").type
    return [
        _order_ids(world, columns),
        pc.cast(pa.array(lines(columns.start, len(mixed))), pa.string()),
        of_item(lambda i: i.item_id),
        of_item(lambda i: i.title),
        of_item(lambda i: i.category),
        _logins(world, columns),
        of_item(lambda i: i.marketplace),
        of_item(lambda i: COUNTRY[i.marketplace]),
        pa.array(pieces),
        pa.array(columns.placed * 1_000_000).cast(moments),
        pa.array(columns.dispatched * 1_000_000).cast(moments),
        pa.array(paid),
        *money(lambda i: i.price, "price"),
        *money(lambda i: i.shipping, "shipping"),
        pc.take(totals, pa.array(columns.item * 3 + pieces - 1)),
        of_item(lambda i: i.price.currency),
        pa.array(tax_points(mixed, taxed=american).astype(np.int64)),
    ]


def _order_ids(world: World, columns: Columns) -> Any:
    blocks, last = places(columns.start, len(columns.placed))
    known, place = np.unique(blocks, return_inverse=True)
    heads = [world.orders.prefix(block) for block in known.tolist()]
    head = pc.take(pa.array([f"{one}-{two:05d}-" for one, two in heads]), pa.array(place))
    tail = pc.utf8_lpad(pc.cast(pa.array(last), pa.string()), 5, "0")
    return pc.binary_join_element_wise(head, tail, "")


def _logins(world: World, columns: Columns) -> Any:
    """Return the logins of the buyers: spelled out once for each that occurs."""
    stock = world.orders.items_sold
    sites = sorted({thing.marketplace for thing in stock})
    site = np.array([sites.index(thing.marketplace) for thing in stock])[columns.item]
    known, place = np.unique(columns.buyer * len(sites) + site, return_inverse=True)
    login = world.crowd.login
    names = [login(key // len(sites), sites[key % len(sites)]) for key in known.tolist()]
    return pc.take(pa.array(names, pa.string()), pa.array(place))


def _extra_arrays(found: list[Order]) -> list[Any]:
    columns: dict[str, _Column] = {
        **_of("text", "order_id", "transaction_id"),
        "item_id": _Column("text", lambda o: o.item.item_id),
        "item_title": _Column("text", lambda o: o.item.title),
        "category": _Column("text", lambda o: o.item.category),
        "buyer": _Column("text", lambda o: o.buyer.login),
        **_of("text", "marketplace"),
        "country": _Column("text", lambda o: COUNTRY[o.marketplace]),
        **_of("count", "quantity"),
        **_of("time", "placed_at", "dispatch_at"),
        **_of("flag", "paid"),
        "price": _Column("money", lambda o: o.item.price),
        "shipping": _Column("money", lambda o: o.item.shipping),
        **_of("money", "total"),
        "tax_points": _Column("count", lambda o: int(o.tax_rate * 10_000)),
    }
    return _arrays(columns, found)


__all__ = ["orders", "write"]
