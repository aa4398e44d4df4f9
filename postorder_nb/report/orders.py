"""A table of orders, from a file of the shop's own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import InputError

_NAMES = {  # as eBay's Fulfillment API calls them
    "orderId": "order_id",
    "legacyOrderId": "order_id",
    "legacyItemId": "item_id",
    "legacyTransactionId": "transaction_id",
    "creationDate": "placed_at",
}
_KEYS = ("order_id", "item_id", "transaction_id")


def read(path: str | Path) -> pd.DataFrame:
    """
    Read the orders from a Parquet or CSV file.

    Parameters
    ----------
    path : str or Path
        One row an order line: ``placed_at`` (ISO 8601; without an offset taken as UTC), and
        ``item_id`` with ``transaction_id``, or ``order_id``. The names of eBay's Fulfillment API
        (``creationDate``, ``legacyItemId``, ``orderId`` ...) will do as well.

    Returns
    -------
    pandas.DataFrame
        Ids as text, `placed_at` in UTC; the other columns as they are.

    Raises
    ------
    InputError
        If the file cannot be read, or says not which order a line is.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"there is no file {source}", advice="name a Parquet or CSV file")
    try:
        frame = (
            pd.read_parquet(source)
            if source.suffix.lower() in {".parquet", ".pq"}
            else pd.read_csv(source, dtype="string")
        )
    except (OSError, ValueError) as error:  # of both kinds of files, and of bad encodings
        raise InputError(
            f"{source} cannot be read as a table", advice=f"give Parquet or CSV ({error})"
        ) from error
    wanted = {old: new for old, new in _NAMES.items() if new not in frame}
    named = frame.rename(columns=wanted)
    return checked(named.loc[:, ~named.columns.duplicated()], str(source))


def checked(frame: pd.DataFrame, source: str = "the table of orders") -> pd.DataFrame:
    """Return the orders with ids as text and moments in UTC; raise InputError for what lacks."""
    missing = [name for name in ("placed_at",) if name not in frame]
    if not {"order_id"} & {*frame} and not {"item_id", "transaction_id"} <= {*frame}:
        missing.append("order_id")
    if missing:
        raise InputError(
            f"{source} has no column {' and no '.join(missing)}",
            advice="name the columns placed_at, and item_id with transaction_id or order_id",
        )
    try:
        placed = pd.to_datetime(frame["placed_at"], utc=True, format="ISO8601")
    except ValueError as error:
        raise InputError(
            f"{source}: placed_at is no time", advice="write 2026-03-01T12:00:00Z"
        ) from error
    ids = {name: frame[name].astype("string") for name in _KEYS if name in frame}
    return frame.assign(placed_at=placed.astype("datetime64[us, UTC]"), **ids)
