"""The calls of the API as a table."""

from __future__ import annotations

import pandas as pd

from .api.client import CATALOGUE
from .api.lives import Life, ended
from .api.operation import Operation

_GROUPS = {
    "cancellation": "cancellations",
    "inquiry": "inquiries",
    "resolutioncasemanagement": "cases",
    "return": "returns",
}
_BARE = {"GET": "get", "POST": "create", "PUT": "update", "DELETE": "delete"}


def operations(*, withdrawn: bool = False, v1: bool = False) -> pd.DataFrame:
    """
    List the calls.

    Parameters
    ----------
    withdrawn : bool
        Also those that eBay took out of the present API before: 34.
    v1 : bool
        Also those of 2014, with what followed them: 66.

    Returns
    -------
    pandas.DataFrame
        One row a call, all columns text but `signed`: ``group``, ``name``, ``verb``, ``path``
        (below ``/post-order/v2``; of 2014 whole), ``effect`` (read, write, final: no call undoes
        it, money: it moves money), ``role`` (seller, buyer, either), ``signed`` (whether sellers
        in the EU and UK sign it), ``life`` (live, or when it ended), ``instead`` (what to do
        instead of a call that ended) and ``generation`` (v2, withdrawn, v1). What nobody has told
        of calls that ended is empty.

    Examples
    --------
    >>> calls = operations().set_index(["group", "name"])
    >>> calls.loc[("returns", "issue_refund"), ["effect", "role", "life"]].to_list()
    ['money', 'seller', 'live']
    >>> calls.loc[("cases", "close"), "life"]
    'gone since 2026-03-02'
    >>> len(operations(withdrawn=True, v1=True))
    138
    """
    wanted = {"withdrawn": withdrawn, "v1": v1}
    rows = [_present(row) for row in CATALOGUE.values()]
    rows += [_past(life) for life in ended() if wanted[life.generation]]
    return pd.DataFrame(rows)


def _present(row: Operation) -> dict[str, object]:
    return {
        "group": row.group,
        "name": row.name,
        "verb": row.verb,
        "path": row.path,
        "effect": row.effect.value,
        "role": row.role.value,
        "signed": row.signed,
        "life": f"gone since {row.gone_on}" if row.gone_on else "live",
        "instead": row.instead,
        "generation": "v2",
    }


def _past(life: Life) -> dict[str, object]:
    words = life.path.strip("/").removeprefix("buy/order/").removeprefix("sell/order/").split("/")
    resource, *rest = words[1:] if life.generation == "v1" else words
    follower = CATALOGUE.get(life.successor)
    return {
        "group": _GROUPS.get(resource, resource),
        "name": "_".join(word for word in rest if word[0] != "{") or _BARE[life.verb],
        "verb": life.verb,
        "path": life.path,
        "effect": "",
        "role": life.role,
        "signed": False,
        "life": f"gone since {life.gone}" if life.gone else "gone",
        "instead": f"{life.successor} followed, gone since {follower.gone_on}: {follower.instead}"
        if follower and follower.gone_on
        else life.instead,
        "generation": life.generation,
    }
