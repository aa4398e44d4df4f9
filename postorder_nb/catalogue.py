"""The calls of the API as a table."""

from __future__ import annotations

import pandas as pd

from .api import client  # noqa: F401  (importing the groups fills the catalogue)
from .api.operation import CATALOGUE


def operations() -> pd.DataFrame:
    """
    List the calls.

    Returns
    -------
    pandas.DataFrame
        One row a call: ``group``, ``name``, ``verb``, ``path`` (below ``/post-order/v2``),
        ``effect`` (read, write, final, money), ``role`` (seller, buyer, either), ``signed``
        (whether sellers in the EU and UK sign it) and ``life`` (live, or when it ended).

    Examples
    --------
    >>> operations().set_index(["group", "name"]).loc[("returns", "search"), "path"]
    '/return/search'
    """
    rows = [
        {
            "group": row.group,
            "name": row.name,
            "verb": row.verb,
            "path": row.path,
            "effect": row.effect.value,
            "role": row.role.value,
            "signed": row.signed,
            "life": f"gone since {row.gone_on}" if row.gone_on else "live",
        }
        for row in CATALOGUE.values()
    ]
    return pd.DataFrame(rows)
