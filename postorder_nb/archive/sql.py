"""Questions to an archive in SQL, answered by DuckDB where the files lie."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import pandas as pd

from ..errors import InputError
from ..fetch.windows import When
from . import engines, frames, schema
from .store import Store


def sql(
    store: Store,
    query: str,
    parameters: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    as_of: When | None = None,
) -> pd.DataFrame:
    """Answer a query; see `Archive.sql`."""
    module = import_module("duckdb")
    opened = engines.opener("duckdb", connection := engines.connect(), store.options)
    try:
        for name in schema.ROWS:
            if re.search(rf"\b{name}\b", query, re.IGNORECASE):
                rows = frames.lazy(store, name, opened, as_of=as_of)
                rows.to_native().create_view(name)
        answer = connection.sql(query, params=parameters)
        return pd.DataFrame() if answer is None else engines.to_pandas(answer.to_arrow_table())
    except module.Error as error:
        raise InputError(
            f"DuckDB refuses the query: {str(error).splitlines()[0]}",
            advice=f"its tables are {', '.join(schema.ROWS)}; tables.describe tells their columns",
        ) from error
    finally:
        connection.close()
