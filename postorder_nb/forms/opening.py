"""Which form is meant: a call by its key, or by its bare name and the id that is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from ..api.client import CATALOGUE, PostOrder
from ..api.operation import Answer, Effect, Operation
from ..errors import InputError
from .facts import Facts
from .form import Form


def form(
    po: PostOrder, operation: str, *, answer: Answer | Facts | None = None, **known: Any
) -> Form:
    """
    Open the form of a call.

    Parameters
    ----------
    po : PostOrder
        The client that will make the call.
    operation : str
        The call's key, such as ``"returns.issue_refund"``.
    answer : dict or Facts, optional
        The record as `get` answered it, or the facts that were read of it; else the form reads it.
    **known
        Arguments of the call that are known: the form starts with them. An id is fixed.

    Returns
    -------
    Form
        The form; show it as the last line of a cell.

    Raises
    ------
    InputError
        If there is no such call, it only reads, or has no such argument.

    Examples
    --------
    >>> from postorder_nb import connect
    >>> po = connect(token="a-user-token", marketplace="EBAY_US")
    >>> form(po, "returns.issue_refund")
    <Form returns.issue_refund of a new record: open>
    """
    row = CATALOGUE.get(operation)
    if row is None or row.effect is Effect.READ:
        why = "only reads: there is nothing to send" if row else "is no call"
        near = get_close_matches(operation, [row.key for row in _writing()], n=2)
        raise InputError(
            f"{operation!r} {why}",
            advice=f"use {' or '.join(near) or 'one of pn.operations()'}",
        )
    strange = [name for name in known if name not in list(row.signature.parameters)[1:]]
    if strange:
        raise InputError(
            f"{operation} has no argument {strange[0]!r}",
            advice=f"its arguments are {', '.join(list(row.signature.parameters)[1:])}",
        )
    return Form(po, row, known, answer=answer)


def names() -> list[str]:
    """Return the names of all calls that write, each once."""
    return list(dict.fromkeys(row.name for row in _writing()))


def door(name: str) -> Callable[..., Form]:
    """Return the function that opens the form of the calls of that name."""
    rows = [row for row in _writing() if row.name == name]

    def opened(
        po: PostOrder,
        *,
        group: str | None = None,
        answer: Answer | Facts | None = None,
        **known: Any,
    ) -> Form:
        return form(po, _meant(rows, group, known).key, answer=answer, **known)

    opened.__name__ = opened.__qualname__ = name
    opened.__doc__ = "\n\n".join(f"{row.key}: {inspect.getdoc(row.function)}" for row in rows)
    vars(opened)["__signature__"] = _signature(rows)
    return opened


def _writing() -> list[Operation]:
    return [row for row in CATALOGUE.values() if row.effect is not Effect.READ]


def _meant(rows: list[Operation], group: str | None, known: Mapping[str, Any]) -> Operation:
    """Choose among calls of one name: by group, else by the ids that are given."""
    fitting = [row for row in rows if group in (None, row.group)]
    if len(fitting) > 1:
        fitting = [row for row in fitting if set(row.ids) & set(known)]
    if len(fitting) == 1:
        return fitting[0]
    ways = [row.ids[0] + "=..." if row.ids else f'group="{row.group}"' for row in rows]
    raise InputError(
        f"{' and '.join(row.key for row in rows)} have the name {rows[0].name}"
        if len(rows) > 1
        else f"there is no {group}.{rows[0].name}",
        advice=f"pass {' or '.join(ways)}",
    )


def _signature(rows: list[Operation]) -> inspect.Signature:
    """Make the signature that Tab shows: every argument of the calls, by keyword, optional."""
    kind = inspect.Parameter.KEYWORD_ONLY
    shown = {
        "po": inspect.Parameter("po", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        "group": inspect.Parameter("group", kind, default=None),
        "answer": inspect.Parameter("answer", kind, default=None),
    }
    for row in rows:
        for name, parameter in list(row.signature.parameters.items())[1:]:
            shown.setdefault(name, parameter.replace(kind=kind, default=None))
    return inspect.Signature(list(shown.values()), return_annotation="Form")
